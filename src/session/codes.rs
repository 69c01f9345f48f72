//! The table of reply codes that each action can have. Server, client and observer share it; none of them has a copy.
//! It must not know the state of a session.

use crate::session::Action;
use crate::syntax::{ReplyClass, ReplyCode};

/// Returns `true` if a reply with this code can answer the action.
///
/// A registered 2yz or 3yz answers only the actions in its definition: the sequences of RFC 5321 section 4.3.2, with
/// the additions of the extensions. For an unregistered code the first digit decides, as that section says: a 2yz
/// answers anything but DATA, because nothing is complete before the content, and a 3yz only actions that the client
/// continues. Any action can fail.
///
/// The 355 of RFC 1845 requires a MAIL with TRANSID; the caller has to check that.
pub(crate) const fn can_have(action: Action, code: ReplyCode) -> bool {
    use Action as A;
    match code.get() {
        211 | 214 => matches!(action, A::Help | A::Other),
        220 => matches!(action, A::Greeting | A::StartTls | A::Xclient | A::Other),
        221 => matches!(action, A::Quit),
        235 => matches!(action, A::Auth | A::Response),
        250 => !matches!(
            action,
            A::Greeting | A::Data | A::StartTls | A::Auth | A::Response | A::Xclient | A::Help | A::Quit
        ),
        // RFC 5321 section 3.4 and 3.5.3, RFC 1985 section 5.2.
        251 => matches!(action, A::Rcpt | A::Vrfy | A::Etrn | A::Other),
        // "Will accept message and attempt delivery": servers also use it for a recipient.
        252 => matches!(action, A::Rcpt | A::Vrfy | A::Expn | A::Etrn | A::Other),
        253 => matches!(action, A::Etrn | A::Other),
        334 => matches!(action, A::Auth | A::Response | A::Other),
        354 => matches!(action, A::Data | A::Other),
        355 => matches!(action, A::Mail | A::Other),
        _ => match code.class() {
            ReplyClass::Success => !matches!(action, A::Data),
            ReplyClass::Intermediate => matches!(action, A::Data | A::Auth | A::Response | A::Mail | A::Other),
            ReplyClass::TransientFailure | ReplyClass::PermanentFailure => true,
        },
    }
}

/// Returns `true` if an RFC lists the code for the command (RFC 5321 section 4.3.2, RFC 7504, and the extensions), or
/// if no RFC lists codes for it: Postfix's verbs, unknown verbs, failures of BDAT and BURL.
pub(crate) fn is_listed(action: Action, code: ReplyCode, offers_checkpoint: bool) -> bool {
    use Action as A;
    let code = code.get();
    // A number that is not a reply code has its own violation.
    if code / 10 % 10 > 5 {
        return true;
    }
    // RFC 5321 section 4.3.2: any command. RFC 4954 section 6 and RFC 3207 section 4: a policy may require AUTH or TLS
    // first.
    if matches!(code, 500 | 501 | 421) || (code == 530 && !matches!(action, A::Greeting | A::Quit)) {
        return true;
    }
    match action {
        A::Greeting => matches!(code, 220 | 554 | 521),
        A::Helo | A::Ehlo | A::Lhlo => matches!(code, 250 | 502 | 504 | 521 | 550),
        A::Mail => {
            matches!(code, 250 | 450 | 451 | 452 | 455 | 503 | 504 | 521 | 550 | 552 | 553 | 555)
                || (code == 355 && offers_checkpoint)
        }
        A::Rcpt => matches!(code, 250 | 251 | 450..=452 | 455 | 503 | 504 | 521 | 550..=553 | 555 | 556),
        A::Data => matches!(code, 354 | 450..=452 | 503 | 521 | 550 | 552 | 554),
        A::Content => matches!(code, 250 | 450..=452 | 550 | 552 | 554),
        A::Bdat | A::BdatLast | A::Burl | A::BurlLast => !matches!(code, 251..=299),
        A::Rset | A::Noop => matches!(code, 250 | 521),
        A::Vrfy => matches!(code, 250..=252 | 502 | 504 | 521 | 550 | 551 | 553),
        A::Expn => matches!(code, 250 | 252 | 502 | 504 | 521 | 550),
        A::Help => matches!(code, 211 | 214 | 502 | 504 | 521),
        A::Quit => code == 221,
        A::StartTls => matches!(code, 220 | 454 | 502 | 503 | 554),
        A::Auth | A::Response => matches!(code, 235 | 334 | 432 | 454 | 502..=504 | 534 | 535 | 538),
        A::Etrn => matches!(code, 250..=253 | 458 | 459 | 502 | 503),
        A::Atrn => matches!(code, 250 | 450 | 451 | 453 | 502 | 503 | 550),
        _ => true,
    }
}
