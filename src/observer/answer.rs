//! Whether a reply is one that the command can have.

use super::facts::{Chunks, Session, depends_on_session};
use super::in_flight::InFlight;
use super::violation::ViolationKind as V;
use crate::session::codes::{can_have, is_listed};
use crate::session::{Action, State};
use crate::syntax::{Body, Extension, OverLimit, ReplyClass, ReplyCode};

/// What is wrong with a code as the reply to this; the first of what applies, the most telling before the rest. The session
/// is as it was before the reply.
pub(super) fn fault(one: &InFlight, code: ReplyCode, session: &Session) -> Option<V> {
    if code == ReplyCode::SERVICE_NOT_AVAILABLE {
        return None;
    }
    if session.refusal.is_some() && one.action != Action::Quit {
        return (!code.class().is_failure()).then_some(V::ServiceAfterRefusal);
    }
    // A 2yz that belongs to another command has the right first digit, and is only not listed.
    let is_success = code.class() == ReplyClass::Success && one.action != Action::Data;
    if !can_have(one.action, code) && !is_success {
        return Some(V::ReplyOutOfSequence);
    }
    let known = |kind: &V| !session.unclear || !depends_on_session(*kind);
    refused(one, code, session)
        .or_else(|| not_refused(one, code, session))
        .or_else(|| accepted(one, code, session))
        .filter(known)
        .or_else(|| size(one, code))
        .or_else(|| (!is_listed(one.action, code, session.offers(Extension::Checkpoint))).then_some(V::ReplyNotListed))
}

/// Something that the server has to accept, or to refuse otherwise.
fn refused(one: &InFlight, code: ReplyCode, session: &Session) -> Option<V> {
    use Action as A;
    let number = code.get();
    let transaction = &session.transaction;
    if !one.sound {
        return None;
    }
    match one.action {
        A::Quit if number != 221 => return Some(V::QuitRefused),
        A::Rset if !matches!(number, 250 | 530) => return Some(V::RsetRefused),
        A::Noop | A::Help | A::Expn | A::Vrfy if number == 503 => return Some(V::NonTransactionRefused),
        _ => {}
    }
    let offered = of_rfc(one.action.offered_by()).is_some_and(|extension| session.offers(extension));
    if matches!(number, 500 | 502) {
        if offered {
            // 500 to octets that were read may be said of a line among them (RFC 5321 section 4.2.2).
            let of_line = number == 500 && matches!(one.action, A::Bdat | A::BdatLast) && one.size > 0;
            return (!of_line).then_some(V::OfferedNotImplemented);
        }
        let required = matches!(one.action, A::Mail | A::Rcpt | A::Data | A::Noop | A::Vrfy);
        let hello = one.action == A::Helo && !session.lmtp && session.state != State::Start;
        return (required || hello).then_some(V::RequiredCommandRefused);
    }
    // A server that wants AUTH first may say so with 503, too.
    let wants_auth = session.offers(Extension::Auth) && !session.authenticated;
    let in_place = session.state.permits(one.action) && one.suspect.is_none();
    let excused = match one.action {
        A::Mail | A::Rcpt => wants_auth,
        // RFC 5321 section 4.5.3.1.10: 503 to DATA after too many recipients. RFC 3030 section 2: after BDAT.
        A::Data => {
            transaction.too_many || transaction.chunks != Chunks::None || transaction.mail.body == Body::BinaryMime
        }
        _ => true,
    };
    (number == 503 && in_place && !excused).then_some(V::OutOfSequenceWrongly)
}

/// Something that the server has to refuse with one code.
fn not_refused(one: &InFlight, code: ReplyCode, session: &Session) -> Option<V> {
    use Action as A;
    if !one.sound {
        return None;
    }
    let number = code.get();
    let transaction = &session.transaction;
    match one.action {
        A::Auth if one.repeated && number != 503 => Some(V::RepeatedAuthNotRefused),
        // A server that does not know AUTH refuses it as any other verb.
        A::Auth if session.state.in_transaction() && session.offers(Extension::Auth) && number != 503 => {
            Some(V::AuthInTransactionNotRefused)
        }
        A::Response if one.cancels && number != 501 => Some(V::CancellationNotRefused),
        A::Bdat | A::BdatLast if session.last.is_some() && session.state == State::Ready && number != 503 => {
            Some(V::BdatAfterLastNotRefused)
        }
        A::Data if session.state == State::Bdat && number != 503 => Some(V::DataAfterBdatNotRefused),
        A::Data if session.state == State::Rcpt && transaction.mail.body == Body::BinaryMime && number != 503 => {
            Some(V::BinaryMimeDataNotRefused)
        }
        A::Data if session.lmtp && session.state == State::Mail && number != 503 => Some(V::LmtpDataNotRefused),
        A::Helo | A::Ehlo if session.lmtp && code.class() == ReplyClass::Success => Some(V::LmtpHelloAccepted),
        _ => None,
    }
}

/// Something that was accepted and should not have been.
fn accepted(one: &InFlight, code: ReplyCode, session: &Session) -> Option<V> {
    use Action as A;
    if code.class().is_failure() {
        return None;
    }
    let before_rcpt = matches!(session.state, State::Start | State::Ready | State::Mail);
    match one.action {
        A::Mail if matches!(session.state, State::Mail | State::Rcpt | State::Bdat) => Some(V::NestedMailAccepted),
        A::Rcpt if matches!(session.state, State::Start | State::Ready) => Some(V::RcptWithoutMailAccepted),
        // The transaction is spoilt by BDAT, or by DATA for BINARYMIME.
        A::Data if session.state == State::Failed => Some(match session.transaction.mail.body {
            Body::BinaryMime => V::BinaryMimeDataNotRefused,
            _ => V::DataAfterBdatNotRefused,
        }),
        // RFC 5321 section 3.3 leaves it open; RFC 2920 does not.
        A::Data if before_rcpt && session.offers(Extension::Pipelining) => Some(V::DataWithoutRecipientsAccepted),
        A::Auth | A::Response if one.undecodable => Some(V::ResponseNotRefused),
        _ if one.argument => Some(V::ArgumentAccepted),
        _ if one.parameter => Some(V::ParameterAccepted),
        _ if one.over_limit.is_some() => one.over_limit.and_then(|limit| beyond(limit, session.authenticated)),
        _ if one.domain => Some(V::DomainCharacterAccepted),
        _ if one.unlisted => Some(V::UnlistedCommandAccepted),
        A::Bdat | A::BdatLast if code != ReplyCode::OK => Some(V::ChunkReply),
        _ => None,
    }
}

/// What a server does wrong that accepts a command beyond a limit of its offer. It may take more messages, recipients and URLs
/// than it offers. RFC 1870 speaks of the maximum that it has, which AUTH may raise without another EHLO.
const fn beyond(limit: OverLimit, authenticated: bool) -> Option<V> {
    match limit {
        OverLimit::Size if authenticated => None,
        OverLimit::Size => Some(V::SizeAccepted),
        OverLimit::HoldFor | OverLimit::HoldUntil => Some(V::HoldAccepted),
        OverLimit::ByTime => Some(V::ByTimeAccepted),
        OverLimit::Url | OverLimit::MailMax | OverLimit::RcptMax => None,
    }
}

/// A message that is refused for its size, and is no larger than what was accepted (RFC 1870 section 6.3).
fn size(one: &InFlight, code: ReplyCode) -> Option<V> {
    let fits = one.mail.size.is_some_and(|declared| one.size <= declared);
    (one.ends_message() && code == ReplyCode::EXCEEDED_STORAGE && fits).then_some(V::SizeRefusedLate)
}

/// The extension of an RFC that offers a verb. What no RFC defines breaks none.
pub(super) fn of_rfc(extension: Option<Extension>) -> Option<Extension> {
    extension.filter(|extension| !matches!(extension, Extension::Xclient | Extension::Xforward))
}
