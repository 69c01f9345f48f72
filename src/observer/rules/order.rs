//! The rules about whether the client may send a command now: its extension is offered, earlier commands have their
//! replies, and the command is in sequence. They do not look at the text of the command.

use crate::observer::exchange::{Ahead, Exchange, Sent, Waiting};
use crate::observer::facts::{Chunks, Facts, LastChunk, Past};
use crate::observer::violation::ViolationKind as V;
use crate::session::facts::needed;
use crate::session::{Action, State};
use crate::syntax::{Body, Extension, ReplyCode, Verb};

/// The violations for a verb whose extension is not in force, or that is used up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NotOffered {
    pub(crate) kind: V,
    /// The violation of a server that accepts it.
    pub(crate) if_accepted: Option<V>,
    /// The only code that refuses it.
    pub(crate) only: Option<(ReplyCode, V)>,
    /// Whether its sequence is judged nevertheless.
    pub(crate) has_place: bool,
}

/// Returns the violations for a verb that is not offered, or `None` if it is offered.
pub(crate) fn not_offered(verb: Verb, facts: &Facts) -> Option<NotOffered> {
    if verb == Verb::Auth && facts.authenticated {
        // After AUTH has succeeded, the server need not offer it any more.
        let only = Some((ReplyCode::BAD_SEQUENCE, V::RepeatedAuthNotRefused));
        return Some(NotOffered { kind: V::AuthRepeated, if_accepted: None, only, has_place: true });
    }
    let extension = of_rfc(needed(verb)).filter(|extension| !facts.may_offer(*extension));
    let kind = match verb {
        _ if extension.is_none() => return None,
        Verb::StartTls => V::StartTlsNotOffered,
        Verb::Auth => V::AuthNotOffered,
        Verb::Bdat => V::BdatNotOffered,
        _ => V::ExtensionNotOffered,
    };
    // No clause says whether a server may accept BDAT or BURL that it does not list, nor what applies after HELO, which
    // lists nothing.
    let unlisted = facts.hello.extended && !matches!(verb, Verb::Bdat | Verb::Burl);
    let has_place = !facts.hello.extended && matches!(verb, Verb::StartTls | Verb::Auth);
    let if_accepted = unlisted.then_some(V::UnlistedCommandAccepted);
    Some(NotOffered { kind, if_accepted, only: None, has_place })
}

/// Drops an extension that no RFC defines: its verb cannot violate an RFC.
pub(super) fn of_rfc(extension: Option<Extension>) -> Option<Extension> {
    extension.filter(|extension| !matches!(extension, Extension::Xclient | Extension::Xforward))
}

/// Returns the violation of sending an action before the replies to the actions `ahead` of it.
pub(crate) fn pipelining(action: Action, ahead: &Ahead, facts: &Facts) -> Option<V> {
    if ahead.is_nothing() {
        return None;
    }
    if ahead.is_greeting() {
        return Some(V::TalkBeforeGreeting);
    }
    if facts.quit_sent && action != Action::Quit {
        return None;
    }
    if !ahead.early.map_or_else(|| facts.may_offer(Extension::Pipelining), |early| early.pipelining) {
        return Some(V::PipeliningNotOffered);
    }
    // An action that decides how the next line is read has its reply before that line is read.
    match ahead.early.filter(|early| early.ends_group).map(|early| early.action) {
        Some(Action::Auth | Action::Response) => Some(V::AuthNotLastInGroup),
        Some(Action::StartTls) => Some(V::OctetsAfterStartTls),
        Some(Action::Greeting) | None => (ahead.waiting == Waiting::GroupEnd).then_some(V::PipeliningPastGroupEnd),
        Some(_) => Some(V::PipeliningPastGroupEnd),
    }
}

/// Returns the violation of sending a command out of sequence, as far as the client could know. `declared` is the body
/// type of its transaction.
pub(crate) fn place(action: Action, ahead: &Ahead, declared: Body, facts: &Facts) -> Option<V> {
    if facts.quit_sent && action != Action::Quit {
        return Some(V::CommandAfterQuit);
    }
    if facts.state == State::Closed || facts.unasked.is_some() {
        return None;
    }
    let mut past = Past { body: declared, ..facts.past() };
    if ahead.mail.is_some() {
        // A transaction that is to begin has no chunks yet.
        past = Past { chunks: Chunks::None, last: None, ..past };
    }
    if ahead.last_chunk {
        past.last = past.last.or(Some(LastChunk::Accepted));
    }
    out_of_place(ahead.state, action, past)
}

/// Returns the violation of content of `size` octets that has no recipient: the client has seen that none was accepted,
/// and must send only the final dot.
pub(crate) fn content(size: u64, facts: &Facts) -> Option<V> {
    let fitting = facts.transaction.recipients > 0 || facts.transaction.resumed || size == 0;
    (!fitting && facts.offers(Extension::Pipelining)).then_some(V::ContentWithoutRecipients)
}

/// Returns the violation of content that was sent before the 354 (RFC 2920 section 3.1).
pub(crate) fn content_before_354(facts: &Facts) -> V {
    if facts.may_offer(Extension::Pipelining) { V::PipeliningPastGroupEnd } else { V::PipeliningNotOffered }
}

/// Returns the violation of a client that closes its direction. `in_chunk` says that octets of an announced chunk are
/// missing.
pub(crate) fn closed_by_client(in_chunk: bool, facts: &Facts) -> Option<V> {
    match in_chunk {
        _ if facts.quit_sent || facts.ended || facts.takes_no_mail() => None,
        true => Some(V::ChunkTruncated),
        false => Some(V::ClosedWithoutQuit),
    }
}

/// Returns the violation of a server that closes its direction. `quit_waits` says that QUIT has no reply yet.
pub(crate) fn closed_by_server(quit_waits: bool, facts: &Facts) -> Option<V> {
    match facts.quit_sent {
        _ if facts.ended || facts.takes_no_mail() => None,
        true => quit_waits.then_some(V::QuitUnanswered),
        false => Some(V::ServerClosed),
    }
}

/// Returns the suspected violation of an action that was sent before the replies to others, if these replies confirm
/// it.
pub(crate) fn suspicion(exchange: &Exchange<'_>, facts: &Facts) -> Option<V> {
    let Sent { action, suspect, .. } = *exchange.sent;
    let suspicion = suspect?;
    let fault = out_of_place(facts.state, action, facts.past());
    // DATA after BDAT is out of sequence whatever the reply to the BDAT was.
    let after_bdat = (suspicion, fault) == (V::DataAfterBdat, Some(V::TransactionNotReset));
    (fault == Some(suspicion) || after_bdat).then_some(suspicion)
}

/// Returns the violation of a client that sends the action in this state.
fn out_of_place(state: State, action: Action, past: Past) -> Option<V> {
    use {Action as A, State as S};
    match (action, state) {
        (A::Bdat | A::BdatLast | A::Burl | A::BurlLast, S::Failed) => return Some(V::BdatAfterFailure),
        (A::Rset | A::Quit | A::Ehlo | A::Helo | A::Lhlo, S::Failed) => return None,
        (_, S::Failed) => return Some(V::TransactionNotReset),
        (A::Data, S::Rcpt) if past.body == Body::BinaryMime => return Some(V::DataWithBinaryMime),
        (A::Data, S::Ready) if past.last == Some(LastChunk::Refused) => return Some(V::TransactionNotReset),
        (A::Data, S::Mail | S::Rcpt) if past.chunks == Chunks::Refused => return Some(V::TransactionNotReset),
        (A::Noop | A::Help | A::Vrfy | A::Expn | A::Rset, S::Start) => return Some(V::CommandBeforeHello),
        _ if state.permits(action) => return None,
        _ => {}
    }
    match (action, state) {
        (A::Mail, S::Start) => Some(V::MailBeforeHello),
        (A::Mail, _) if state.in_transaction() => Some(V::NestedMail),
        (A::Data, S::Bdat) => Some(V::DataAfterBdat),
        (A::Data | A::Bdat | A::BdatLast | A::Burl | A::BurlLast, S::Mail) if past.tried => None,
        (A::Bdat | A::BdatLast, S::Ready) if past.last.is_some() => Some(V::BdatAfterLast),
        (
            A::Rcpt | A::Data | A::Bdat | A::BdatLast | A::Burl | A::BurlLast,
            S::Start | S::Ready | S::Mail | S::Bdat,
        ) => Some(V::CommandOutOfOrder),
        (A::Auth, _) if state.in_transaction() => Some(V::AuthInTransaction),
        (A::Etrn, _) if state.in_transaction() => Some(V::EtrnInTransaction),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observer::exchange::Early;
    use {Action as A, State as S};

    fn ahead(waiting: Waiting) -> Ahead {
        Ahead { early: None, waiting, last_chunk: false, mail: None, state: S::Ready }
    }

    /// RFC 2920 section 3.1 for the order in a group; RFC 5321 section 4.3.1 for the greeting; RFC 3207 section 4.2 and
    /// RFC 4954 section 4 for commands that end a group and have octets after them.
    #[test]
    fn what_is_said_of_a_command_before_a_reply() {
        let mut facts = Facts::default();
        let said = |ahead: Ahead| pipelining(A::Rcpt, &ahead, &facts);
        assert_eq!(said(ahead(Waiting::Nothing)), None);
        assert_eq!(said(ahead(Waiting::Greeting)), Some(V::TalkBeforeGreeting));
        assert_eq!(said(ahead(Waiting::Commands)), Some(V::PipeliningNotOffered));
        facts.hello.possible = facts.hello.possible.with(Extension::Pipelining);
        let said = |ahead: Ahead| pipelining(A::Rcpt, &ahead, &facts);
        assert_eq!(said(ahead(Waiting::Commands)), None);
        assert_eq!(said(ahead(Waiting::GroupEnd)), Some(V::PipeliningPastGroupEnd));
        for (action, kind) in [
            (A::Mail, None),
            (A::Ehlo, Some(V::PipeliningPastGroupEnd)),
            (A::Auth, Some(V::AuthNotLastInGroup)),
            (A::StartTls, Some(V::OctetsAfterStartTls)),
            (A::Greeting, Some(V::TalkBeforeGreeting)),
        ] {
            let early = Early { action, ends_group: action.ends_group(), pipelining: true, state: S::Ready };
            assert_eq!(said(Ahead { early: Some(early), ..ahead(Waiting::Nothing) }), kind, "{action:?}");
        }
    }

    /// RFC 5321 sections 3.3 and 4.1.4, RFC 3030 sections 2 and 3, RFC 4954 section 4.
    #[test]
    fn what_is_said_of_the_place_of_a_command() {
        let none = Past { tried: false, chunks: Chunks::None, last: None, body: Body::SevenBit };
        let refused = Past { chunks: Chunks::Refused, ..none };
        let binary = Past { body: Body::BinaryMime, ..none };
        let after_last = |how| Past { last: Some(how), ..none };
        for (state, action, past, kind) in [
            (S::Start, A::Mail, none, Some(V::MailBeforeHello)),
            (S::Start, A::Noop, none, Some(V::CommandBeforeHello)),
            (S::Start, A::Quit, none, None),
            (S::Ready, A::Mail, none, None),
            (S::Ready, A::Rcpt, none, Some(V::CommandOutOfOrder)),
            (S::Rcpt, A::Mail, none, Some(V::NestedMail)),
            (S::Mail, A::Data, none, Some(V::CommandOutOfOrder)),
            // The client learns only later whether the server has accepted a recipient.
            (S::Mail, A::Data, Past { tried: true, ..none }, None),
            (S::Rcpt, A::Data, binary, Some(V::DataWithBinaryMime)),
            (S::Rcpt, A::Data, refused, Some(V::TransactionNotReset)),
            (S::Bdat, A::Data, none, Some(V::DataAfterBdat)),
            (S::Failed, A::BdatLast, none, Some(V::BdatAfterFailure)),
            (S::Failed, A::Noop, none, Some(V::TransactionNotReset)),
            (S::Failed, A::Rset, none, None),
            (S::Ready, A::Bdat, none, Some(V::CommandOutOfOrder)),
            (S::Ready, A::Bdat, after_last(LastChunk::Accepted), Some(V::BdatAfterLast)),
            (S::Ready, A::Data, after_last(LastChunk::Refused), Some(V::TransactionNotReset)),
            (S::Mail, A::Auth, none, Some(V::AuthInTransaction)),
        ] {
            assert_eq!(out_of_place(state, action, past), kind, "{action:?} in {state}");
        }
    }
}
