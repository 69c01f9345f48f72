//! Which codes the standards list for which command.

use crate::session::Action;
use crate::syntax::{ReplyCode, Severity};

/// Can the command have a reply of this first digit? 3yz belongs to those that the client goes on with (RFC 5321 section
/// 4.2.1), and a 3yz of one of them is none of the others'; DATA has no 2yz, since nothing is complete before the content
/// (section 4.3.2).
pub(super) fn can_have(action: Action, code: ReplyCode) -> bool {
    match code.severity() {
        Severity::Success => action != Action::Data,
        Severity::Intermediate => match action {
            Action::Data => !matches!(code.get(), 334 | 355),
            Action::Auth | Action::Response => !matches!(code.get(), 354 | 355),
            // RFC 1845 section 3.
            Action::Mail => code.get() == 355,
            action => action == Action::Other,
        },
        Severity::TransientFailure | Severity::PermanentFailure => true,
    }
}

/// Is the code among those for the command (RFC 5321 section 4.3.2, RFC 7504, and the extensions)? What no RFC lists at
/// all is open: Postfix's verbs, verbs that are not known, failures of BDAT and BURL.
pub(super) fn is_listed(action: Action, code: ReplyCode, offers_checkpoint: bool) -> bool {
    use Action as A;
    let code = code.get();
    // What is no code at all has its own violation.
    if code / 10 % 10 > 5 {
        return true;
    }
    // RFC 5321 section 4.3.2: any command; RFC 4954 section 6 and RFC 3207 section 4: what a policy may require first.
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
        A::Xclient | A::Xforward | A::Other => true,
    }
}
