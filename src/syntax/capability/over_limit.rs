//! Whether a command keeps within the limits that a reply to EHLO declares.
//!
//! Server, client and observer ask the same function. It needs the [`Offer`] alone: limits on the number of commands in a session
//! or a transaction are counted by those who see the commands.

use super::offer::MechanismBits;
use super::{Offer, words};
use crate::syntax::{
    Command, DateTime, DeliverByMode, Extension, Grammar, MailOrRcpt, ParameterName, ParameterValue, Parameters,
};

/// A limit of a reply to EHLO, and that a command does not keep it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum OverLimit {
    /// MAIL with a SIZE that is larger than the largest message the server takes (RFC 1870 section 6.1, item 2).
    #[error("the message is larger than SIZE allows")]
    Size,
    /// MAIL with a HOLDFOR that is longer than the longest interval (RFC 4865 sections 4.1, item 3, and 4.2, item 7).
    #[error("HOLDFOR is longer than FUTURERELEASE allows")]
    HoldFor,
    /// MAIL with a HOLDUNTIL that is later than the latest time (RFC 4865 sections 4.1, item 4, and 4.2, item 8).
    #[error("HOLDUNTIL is later than FUTURERELEASE allows")]
    HoldUntil,
    /// MAIL with a BY of mode R whose by-time is less than the minimum (RFC 2852 section 3).
    #[error("the by-time is less than DELIVERBY allows")]
    ByTime,
    /// BURL with an IMAP URL of a form that the words behind BURL do not name (RFC 4468 sections 3.1, item 3, and 3.3).
    #[error("BURL was not offered for this URL")]
    Url,
    /// One MAIL more than MAILMAX (RFC 9422 section 4).
    #[error("a MAIL command more than MAILMAX")]
    MailMax,
    /// One RCPT more than RCPTMAX (RFC 9422 section 4).
    #[error("a RCPT command more than RCPTMAX")]
    RcptMax,
}

impl OverLimit {
    /// The extension whose limit it is.
    #[must_use]
    pub const fn extension(self) -> Extension {
        match self {
            Self::Size => Extension::Size,
            Self::HoldFor | Self::HoldUntil => Extension::FutureRelease,
            Self::ByTime => Extension::DeliverBy,
            Self::Url => Extension::Burl,
            Self::MailMax | Self::RcptMax => Extension::Limits,
        }
    }
}

/// The values of FUTURERELEASE, DELIVERBY, BURL and AUTH, in a few octets: 0 and `false` are no statement, which none of the values can
/// be mistaken for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Declared {
    /// The longest HOLDFOR in seconds, at least 1.
    hold_for: u32,
    /// The latest HOLDUNTIL in microseconds since 1970, which is how finely times are compared. It counts if `hold_for` does.
    hold_until: i64,
    /// The least by-time in seconds.
    by_time: u32,
    /// BURL takes URLs with URLAUTH.
    imap: bool,
    /// BURL takes other IMAP URLs, of some host.
    imap_host: bool,
    /// The mechanisms of AUTH that have a bit, and whether there are others.
    pub(super) mechanisms: MechanismBits,
    pub(super) other_mechanisms: bool,
}

impl Declared {
    pub(super) fn set_future_release(&mut self, seconds: u32, until: DateTime) {
        self.hold_for = seconds;
        self.hold_until = instant(until);
    }

    pub(super) fn set_deliver_by(&mut self, least: Option<u32>) {
        self.by_time = least.unwrap_or_default();
    }

    /// `burl-param = "imap" / ("imap://" authority)` (RFC 4468 section 3.5); other words are ignored (section 3.1, item 3).
    pub(super) fn set_burl(&mut self, text: &[u8]) {
        self.imap = words(text, false).any(|word| word.eq_ignore_ascii_case(b"imap"));
        self.imap_host = words(text, false).any(is_imap_url);
    }
}

/// Microseconds since 1970. The years 0 to 9999 fit.
fn instant(time: DateTime) -> i64 {
    time.unix_seconds().saturating_mul(1_000_000).saturating_add(i64::from(time.nanosecond / 1000))
}

fn is_imap_url(text: &[u8]) -> bool {
    text.get(..b"imap://".len()).is_some_and(|start| start.eq_ignore_ascii_case(b"imap://"))
}

impl Offer {
    /// Does the command keep within what the offer declares? HOLDFOR, HOLDUNTIL, BY and SIZE of MAIL and the URL of BURL are looked
    /// at; a parameter whose value is not valid is not. MAILMAX and RCPTMAX of LIMITS need a count and are for the session.
    ///
    /// Of the other values of a reply to EHLO none is a limit of a parameter. RCPTDOMAINMAX needs the domains of a session, and
    /// NO-SOLICITING says which messages are not welcome, which RFC 3865 section 2.3 leaves to the receiver for each message: both
    /// are for the caller.
    ///
    /// ```
    /// use smtp_core::syntax::{Command, EhloReply, Grammar, OverLimit};
    ///
    /// let reply = b"250-mx.example\r\n250-SIZE 1000\r\n250 FUTURERELEASE 86400 2030-01-01T00:00:00Z\r\n";
    /// let offer = EhloReply::parse(reply, Grammar::STRICT)?.offer();
    /// let permits = |line: &'static [u8]| offer.permits(&Command::parse(line, Grammar::STRICT).unwrap());
    /// assert_eq!(permits(b"MAIL FROM:<> SIZE=1000 HOLDFOR=86400"), Ok(()));
    /// assert_eq!(permits(b"MAIL FROM:<> HOLDFOR=86401"), Err(OverLimit::HoldFor));
    /// assert_eq!(permits(b"MAIL FROM:<> HOLDUNTIL=2030-01-01T00:00:01Z"), Err(OverLimit::HoldUntil));
    /// # Ok::<(), smtp_core::syntax::SyntaxError>(())
    /// ```
    ///
    /// # Errors
    /// The first limit that is not kept.
    #[inline]
    pub fn permits(&self, command: &Command<'_>) -> Result<(), OverLimit> {
        match command {
            Command::Mail(mail) => self.permits_mail(mail.parameters),
            Command::Burl(burl) => self.permits_url(burl.url.as_bytes()),
            _ => Ok(()),
        }
    }

    #[inline(never)]
    fn permits_mail(&self, parameters: Parameters<'_>) -> Result<(), OverLimit> {
        let declared = &self.declared;
        if self.size.is_none() && declared.hold_for == 0 && declared.by_time == 0 {
            return Ok(());
        }
        for parameter in parameters.iter() {
            use ParameterName as N;
            match ParameterName::from_keyword(parameter.keyword.as_bytes(), MailOrRcpt::Mail) {
                Some(N::Size | N::HoldFor | N::HoldUntil | N::By) => {}
                _ => continue,
            }
            let exceeded = match parameter.interpret(MailOrRcpt::Mail, Grammar::SMTPUTF8).and_then(Result::ok) {
                Some(ParameterValue::Size(size)) => {
                    self.size.is_some_and(|most| size > most).then_some(OverLimit::Size)
                }
                Some(ParameterValue::HoldFor(seconds)) => {
                    (declared.hold_for > 0 && seconds > declared.hold_for).then_some(OverLimit::HoldFor)
                }
                Some(ParameterValue::HoldUntil(time)) => {
                    (declared.hold_for > 0 && instant(time) > declared.hold_until).then_some(OverLimit::HoldUntil)
                }
                // With mode N any by-time is in order, also one that has passed (RFC 2852 section 4).
                Some(ParameterValue::By(by)) => (by.mode == DeliverByMode::Return
                    && i64::from(by.seconds) < i64::from(declared.by_time))
                .then_some(OverLimit::ByTime),
                _ => None,
            };
            if let Some(exceeded) = exceeded {
                return Err(exceeded);
            }
        }
        Ok(())
    }

    /// "imap" is for URLs that carry an authorization (URLAUTH), "imap://host" for others of that host; without any of the two there
    /// are no IMAP URLs. Of which host is not remembered, and other schemes are not spoken of.
    #[cold]
    fn permits_url(&self, url: &[u8]) -> Result<(), OverLimit> {
        let declared = &self.declared;
        let is_taken = if has_authorization(url) { declared.imap } else { declared.imap || declared.imap_host };
        let is_offered = self.extensions.contains(Extension::Burl);
        if is_taken || !is_offered || !is_imap_url(url) { Ok(()) } else { Err(OverLimit::Url) }
    }
}

/// `";URLAUTH=" access` in the URL (RFC 4467 section 3).
fn has_authorization(url: &[u8]) -> bool {
    const MARK: &[u8] = b";urlauth=";
    url.windows(MARK.len()).any(|window| window.eq_ignore_ascii_case(MARK))
}
