//! The check of a command against the limits that a reply to EHLO declares.
//!
//! Server, client and observer use the same function. It needs only the [`Offer`]: the session has to count the
//! commands for limits on their number.

use super::offer::MechanismBits;
use super::{Offer, words};
use crate::syntax::{
    Command, DateTime, DeliverByMode, Extension, Grammar, MailOrRcpt, ParameterName, ParameterValue, Parameters,
};

/// The limit of a reply to EHLO that a command exceeds.
///
/// ```
/// use smtp_core::syntax::{Command, Grammar, Offer, OverLimit};
///
/// let mut offer = Offer::default();
/// offer.size = Some(1000);
/// let mail = Command::parse(b"MAIL FROM:<> SIZE=1001", Grammar::STRICT)?;
/// assert_eq!(offer.permits(&mail), Err(OverLimit::Size));
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum OverLimit {
    /// MAIL with a SIZE that is larger than the largest message the server takes ([RFC 1870 section
    /// 6.1](https://www.rfc-editor.org/rfc/rfc1870#section-6.1), item 2).
    #[error("the message is larger than SIZE allows")]
    Size,
    /// MAIL with a HOLDFOR that is longer than the longest interval ([RFC 4865](https://www.rfc-editor.org/rfc/rfc4865)
    /// sections 4.1, item 3, and 4.2, item 7).
    #[error("HOLDFOR is longer than FUTURERELEASE allows")]
    HoldFor,
    /// MAIL with a HOLDUNTIL that is later than the latest time ([RFC 4865](https://www.rfc-editor.org/rfc/rfc4865)
    /// sections 4.1, item 4, and 4.2, item 8).
    #[error("HOLDUNTIL is later than FUTURERELEASE allows")]
    HoldUntil,
    /// MAIL with a BY of mode R whose by-time is less than the minimum ([RFC 2852 section
    /// 3](https://www.rfc-editor.org/rfc/rfc2852#section-3)).
    #[error("the by-time is less than DELIVERBY allows")]
    ByTime,
    /// BURL with an IMAP URL of a form that the words after BURL do not name ([RFC
    /// 4468](https://www.rfc-editor.org/rfc/rfc4468) sections 3.1, item 3, and 3.3).
    #[error("BURL was not offered for this URL")]
    Url,
    /// One MAIL command more than MAILMAX ([RFC 9422 section 4](https://www.rfc-editor.org/rfc/rfc9422#section-4)).
    #[error("a MAIL command more than MAILMAX")]
    MailMax,
    /// One RCPT command more than RCPTMAX ([RFC 9422 section 4](https://www.rfc-editor.org/rfc/rfc9422#section-4)).
    #[error("a RCPT command more than RCPTMAX")]
    RcptMax,
}

impl OverLimit {
    /// Returns the extension that declares the limit.
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

/// The values of FUTURERELEASE, DELIVERBY, BURL and AUTH, in a few octets. 0 and `false` mean that nothing was
/// declared; no declared value is equal to them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Declared {
    /// The longest HOLDFOR in seconds, at least 1.
    pub(super) hold_for: u32,
    /// The latest HOLDUNTIL in microseconds since 1970, the precision in which times are compared. Valid if `hold_for`
    /// is not 0.
    pub(super) hold_until: i64,
    /// The smallest by-time in seconds.
    pub(super) by_time: u32,
    /// Whether BURL accepts URLs with URLAUTH.
    pub(super) imap: bool,
    /// Whether BURL accepts other IMAP URLs, of some host.
    pub(super) imap_host: bool,
    /// The mechanisms of AUTH that have a bit. `other_mechanisms` says whether there are others.
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

    /// Sets the words of BURL. `burl-param = "imap" / ("imap://" authority)` (RFC 4468 section 3.5); other words are
    /// ignored (section 3.1, item 3).
    pub(super) fn set_burl(&mut self, text: &[u8]) {
        self.imap = words(text, false).any(|word| word.eq_ignore_ascii_case(b"imap"));
        self.imap_host = words(text, false).any(is_imap_url);
    }
}

/// Returns microseconds since 1970. The years 0 to 9999 fit.
fn instant(time: DateTime) -> i64 {
    time.unix_seconds().saturating_mul(1_000_000).saturating_add(i64::from(time.nanosecond / 1000))
}

fn is_imap_url(text: &[u8]) -> bool {
    text.get(..b"imap://".len()).is_some_and(|start| start.eq_ignore_ascii_case(b"imap://"))
}

impl Offer {
    /// Checks the command against the limits that the offer declares: HOLDFOR, HOLDUNTIL, BY and SIZE of MAIL, and the
    /// URL of BURL. A parameter with an invalid value is not checked. The session has to check MAILMAX and RCPTMAX of
    /// LIMITS, which need a count.
    ///
    /// The other values of a reply to EHLO do not limit a parameter. The caller has to check RCPTDOMAINMAX, which needs
    /// the domains of a session, and NO-SOLICITING, which says which messages are not welcome: [RFC 3865 section
    /// 2.3](https://www.rfc-editor.org/rfc/rfc3865#section-2.3) leaves that to the receiver for each message.
    ///
    /// ```
    /// use smtp_core::syntax::{Command, EhloReply, Grammar, OverLimit};
    ///
    /// let reply = b"250-mx.example\r\n250-SIZE 1000\r\n\
    ///     250 FUTURERELEASE 86400 2030-01-01T00:00:00Z\r\n";
    /// let offer = EhloReply::parse(reply, Grammar::STRICT)?.offer();
    /// let parse = |line| Command::parse(line, Grammar::STRICT).unwrap();
    /// let permits = |line: &'static [u8]| offer.permits(&parse(line));
    /// assert_eq!(permits(b"MAIL FROM:<> SIZE=1000 HOLDFOR=86400"), Ok(()));
    /// assert_eq!(permits(b"MAIL FROM:<> HOLDFOR=86401"), Err(OverLimit::HoldFor));
    /// assert_eq!(permits(b"MAIL FROM:<> HOLDUNTIL=2030-01-01T00:00:01Z"), Err(OverLimit::HoldUntil));
    /// # Ok::<(), smtp_core::syntax::SyntaxError>(())
    /// ```
    ///
    /// # Errors
    /// Returns the first limit that is exceeded.
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
                // With mode N any by-time is valid, even one that has passed (RFC 2852 section 4).
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

    /// Checks an IMAP URL. "imap" accepts URLs that carry an authorization (URLAUTH) and others, "imap://host" only
    /// others of that host; without either, no IMAP URLs are accepted. The host is not kept, so it is not compared.
    /// Other schemes are always accepted.
    #[cold]
    fn permits_url(&self, url: &[u8]) -> Result<(), OverLimit> {
        let declared = &self.declared;
        let is_taken = if has_authorization(url) { declared.imap } else { declared.imap || declared.imap_host };
        let is_offered = self.extensions.contains(Extension::Burl);
        if is_taken || !is_offered || !is_imap_url(url) { Ok(()) } else { Err(OverLimit::Url) }
    }
}

/// Returns `true` if the URL has `";URLAUTH=" access` (RFC 4467 section 3).
fn has_authorization(url: &[u8]) -> bool {
    const MARK: &[u8] = b";urlauth=";
    url.windows(MARK.len()).any(|window| window.eq_ignore_ascii_case(MARK))
}
