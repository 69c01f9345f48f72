//! The rules about reply codes: whether the command can have the reply. They do not look at the text of the reply,
//! except for a challenge.

use super::order::of_rfc;
use crate::observer::exchange::{Exchange, Sent};
use crate::observer::facts::{Chunks, Facts};
use crate::observer::violation::ViolationKind as V;
use crate::session::codes::is_listed;
use crate::session::{Action, State};
use crate::syntax::{Base64, Body, Extension, Reply, ReplyClass, ReplyCode};

/// Returns the violation of a reply code. If several apply, returns the most specific. The facts are those before the
/// reply.
pub(crate) fn fault(exchange: &Exchange<'_>, facts: &Facts) -> Option<V> {
    let Exchange { sent, code, .. } = exchange;
    if exchange.closes() {
        return None;
    }
    if facts.refusal.is_some() && sent.action != Action::Quit {
        return (!exchange.fails()).then_some(V::ServiceAfterRefusal);
    }
    // The first digit of a 2yz reply that belongs to another command is right; it is only not listed.
    let is_success = code.class() == ReplyClass::Success && sent.action != Action::Data;
    if exchange.misfits() && !is_success {
        return Some(V::ReplyOutOfSequence);
    }
    let known = |kind: &V| !facts.unclear || !kind.depends_on_session();
    let of_sound = if sent.sound { refused(exchange, facts).or_else(|| not_refused(exchange, facts)) } else { None };
    of_sound.or_else(|| accepted(exchange, facts)).filter(known).or_else(|| size(exchange)).or_else(|| {
        (!is_listed(sent.action, *code, facts.may_offer(Extension::Checkpoint))).then_some(V::ReplyNotListed)
    })
}

/// Returns the violation of a server that refuses a command that it must accept, or refuses it with the wrong code.
fn refused(exchange: &Exchange<'_>, facts: &Facts) -> Option<V> {
    use Action as A;
    let Exchange { sent, code, .. } = exchange;
    let (action, number) = (sent.action, code.get());
    match action {
        A::Quit if number != 221 => return Some(V::QuitRefused),
        A::Rset if !matches!(number, 250 | 530) => return Some(V::RsetRefused),
        A::Noop | A::Help | A::Expn | A::Vrfy if number == 503 => return Some(V::NonTransactionRefused),
        _ => {}
    }
    if exchange.is_unknown() {
        if of_rfc(action.offered_by()).is_some_and(|extension| facts.offers(extension)) {
            // 500 to octets that were read may be the reply to a line among them (RFC 5321 section 4.2.2).
            let of_line = number == 500 && sent.is_bdat() && sent.size > 0;
            return (!of_line).then_some(V::OfferedNotImplemented);
        }
        let required = matches!(action, A::Mail | A::Rcpt | A::Data | A::Noop | A::Vrfy);
        let hello = action == A::Helo && !facts.lmtp && facts.state != State::Start;
        return (required || hello).then_some(V::RequiredCommandRefused);
    }
    let transaction = &facts.transaction;
    let excused = match action {
        // A server that requires AUTH first may reply 503, too.
        A::Mail | A::Rcpt => facts.may_offer(Extension::Auth) && !facts.authenticated,
        // RFC 5321 section 4.5.3.1.10: 503 to DATA after too many recipients. RFC 3030 section 2: after BDAT.
        A::Data => {
            transaction.too_many || transaction.chunks != Chunks::None || transaction.mail.body == Body::BinaryMime
        }
        _ => true,
    };
    let in_place = facts.state.permits(action) && sent.suspect.is_none();
    (number == 503 && in_place && !excused).then_some(V::OutOfSequenceWrongly)
}

/// Returns the violation of a server that does not refuse a command with the code that is required.
fn not_refused(exchange: &Exchange<'_>, facts: &Facts) -> Option<V> {
    use {Action as A, State as S};
    let Exchange { sent, code, .. } = exchange;
    if let Some((only, kind)) = sent.only {
        return (*code != only).then_some(kind);
    }
    if sent.action == A::Helo || sent.action == A::Ehlo {
        return (facts.lmtp && code.class() == ReplyClass::Success).then_some(V::LmtpHelloAccepted);
    }
    let binary = facts.transaction.mail.body == Body::BinaryMime;
    let kind = match (sent.action, facts.state) {
        // A server that does not know AUTH refuses it like any other unknown verb.
        (A::Auth, state) if state.in_transaction() && facts.offers(Extension::Auth) => V::AuthInTransactionNotRefused,
        (A::Bdat | A::BdatLast, S::Ready) if facts.last.is_some() => V::BdatAfterLastNotRefused,
        (A::Data, S::Bdat) => V::DataAfterBdatNotRefused,
        (A::Data, S::Rcpt) if binary => V::BinaryMimeDataNotRefused,
        (A::Data, S::Mail) if facts.lmtp => V::LmtpDataNotRefused,
        _ => return None,
    };
    (code.get() != 503).then_some(kind)
}

/// Returns the violation of a server that accepts a command that it should refuse.
fn accepted(exchange: &Exchange<'_>, facts: &Facts) -> Option<V> {
    use {Action as A, State as S};
    if exchange.fails() {
        return None;
    }
    match (exchange.sent.action, facts.state) {
        (A::Mail, S::Mail | S::Rcpt | S::Bdat) => Some(V::NestedMailAccepted),
        (A::Rcpt, S::Start | S::Ready) => Some(V::RcptWithoutMailAccepted),
        // The transaction has failed because of BDAT, or of DATA with BINARYMIME.
        (A::Data, S::Failed) if facts.transaction.mail.body == Body::BinaryMime => Some(V::BinaryMimeDataNotRefused),
        (A::Data, S::Failed) => Some(V::DataAfterBdatNotRefused),
        // RFC 5321 section 3.3 allows it; RFC 2920 does not.
        (A::Data, S::Start | S::Ready | S::Mail) if facts.offers(Extension::Pipelining) => {
            Some(V::DataWithoutRecipientsAccepted)
        }
        _ => match exchange.sent.if_accepted {
            // RFC 1870 is about the maximum that the server has, which AUTH may raise without another EHLO.
            Some(V::SizeAccepted) if facts.authenticated => None,
            None if exchange.sent.is_bdat() && exchange.code != ReplyCode::OK => Some(V::ChunkReply),
            kind => kind,
        },
    }
}

/// Returns the violation of a server that refuses a message for its size, although it is not larger than the size that
/// was accepted (RFC 1870 section 6.3).
fn size(exchange: &Exchange<'_>) -> Option<V> {
    let Sent { declared, size, .. } = *exchange.sent;
    let fits = declared.size.is_some_and(|declared| size <= declared);
    let refused = exchange.sent.ends_message() && exchange.code == ReplyCode::EXCEEDED_STORAGE;
    (refused && fits).then_some(V::SizeRefusedLate)
}

/// Returns the violation of a reply to a chunk whose octets have not all arrived: the server must take them (RFC 3030
/// section 2).
pub(crate) fn chunk_answered_early(exchange: &Exchange<'_>, facts: &Facts) -> Option<V> {
    let owed = exchange.sent.is_bdat() && facts.owes_chunk(exchange.sent.sound);
    (owed && !exchange.closes()).then_some(V::ChunkAnsweredEarly)
}

/// Returns the violation of a 334 with a challenge that is not base64 (RFC 4954 section 4).
pub(crate) fn challenge(exchange: &Exchange<'_>) -> Option<V> {
    if !matches!(exchange.sent.action, Action::Auth | Action::Response) {
        return None;
    }
    let mut lines = exchange.reply.into_iter().flat_map(Reply::lines);
    let text = lines.next().unwrap_or_default();
    (Base64::parse(text).is_err() || lines.next().is_some()).then_some(V::ChallengeNotBase64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observer::exchange::Place;
    use {Action as A, State as S};

    fn said(state: State, sent: &Sent, code: u16, change: impl FnOnce(&mut Facts)) -> Option<V> {
        let mut facts = Facts { state, ..Facts::default() };
        change(&mut facts);
        let code = ReplyCode::new(code).unwrap();
        fault(&Exchange::new(sent, code, None, Place::START, false), &facts)
    }

    /// RFC 5321 sections 3.1, 4.1.1, 4.1.4, 4.3.2 and 4.5.1.
    #[test]
    fn what_is_said_of_a_code() {
        for (state, action, code, kind) in [
            (S::Ready, A::Mail, 250, None),
            (S::Ready, A::Mail, 354, Some(V::ReplyOutOfSequence)),
            (S::Ready, A::Mail, 252, Some(V::ReplyNotListed)),
            (S::Ready, A::Mail, 503, Some(V::OutOfSequenceWrongly)),
            (S::Ready, A::Mail, 502, Some(V::RequiredCommandRefused)),
            (S::Ready, A::Mail, 421, None),
            (S::Rcpt, A::Mail, 250, Some(V::NestedMailAccepted)),
            (S::Ready, A::Rcpt, 250, Some(V::RcptWithoutMailAccepted)),
            (S::Ready, A::Rset, 500, Some(V::RsetRefused)),
            (S::Ready, A::Quit, 250, Some(V::QuitRefused)),
            (S::Mail, A::Noop, 503, Some(V::NonTransactionRefused)),
            (S::Bdat, A::Data, 354, Some(V::DataAfterBdatNotRefused)),
        ] {
            let sent = Sent::new(action, Place::START);
            assert_eq!(said(state, &sent, code, |_| {}), kind, "{action:?} {code} in {state}");
            // A server that has refused the session refuses every command except QUIT.
            let refused = said(state, &sent, code, |facts| facts.refusal = Some(ReplyCode::TRANSACTION_FAILED));
            let serves = (code < 400).then_some(V::ServiceAfterRefusal);
            assert_eq!(refused, if action == A::Quit { kind } else { serves }, "{action:?} {code} in {state}");
            // Violations that depend on the state of the session are not reported if that is uncertain.
            let unclear = said(state, &sent, code, |facts| facts.unclear = true);
            assert_eq!(unclear, kind.filter(|kind| !kind.depends_on_session()), "{action:?} {code} in {state}");
        }
    }

    /// The server must refuse what the client did wrong: some of it with one code (RFC 4954 section 4), most of it with
    /// any.
    #[test]
    fn what_is_said_of_an_answer_to_a_fault() {
        let cancel = Sent {
            only: Some((ReplyCode::SYNTAX_ERROR_IN_ARGUMENTS, V::CancellationNotRefused)),
            ..Sent::new(A::Response, Place::START)
        };
        assert_eq!(said(S::Auth, &cancel, 501, |_| {}), None);
        assert_eq!(said(S::Auth, &cancel, 235, |_| {}), Some(V::CancellationNotRefused));
        let large = Sent { if_accepted: Some(V::SizeAccepted), ..Sent::new(A::Mail, Place::START) };
        assert_eq!(said(S::Ready, &large, 552, |_| {}), None);
        assert_eq!(said(S::Ready, &large, 250, |_| {}), Some(V::SizeAccepted));
        assert_eq!(said(S::Ready, &large, 250, |facts| facts.authenticated = true), None);
    }
}
