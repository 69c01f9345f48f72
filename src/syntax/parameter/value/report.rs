//! The values of the parameters by which a sender asks to be told what became of a message: RET, NOTIFY and ORCPT
//! (RFC 3461), and MTRK (RFC 3885). `ParameterValue` holds them. Nothing here writes a report.

use super::grammar::{self, embedded};
use crate::syntax::scan::line;
use crate::syntax::{Keyword, SyntaxError, Xtext};

/// The part of the message that a failure report returns ([RFC 3461 section
/// 4.3](https://www.rfc-editor.org/rfc/rfc3461#section-4.3)).
///
/// ```
/// use smtp_core::syntax::{ParameterName, ParameterValue, Parameters, Return};
///
/// let parameters = Parameters::new("RET=HDRS")?;
/// let Some(ParameterValue::Ret(part)) = parameters.find(ParameterName::Ret) else { panic!() };
/// assert_eq!(part, Return::Headers);
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[doc(alias = "DSN")]
pub enum Return {
    /// FULL: the whole message.
    Full,
    /// HDRS: its header only.
    Headers,
}

impl Return {
    pub(super) const WORDS: &[(&str, Self)] = &[("FULL", Self::Full), ("HDRS", Self::Headers)];
}

/// The events of a recipient that are reported ([RFC 3461 section
/// 4.1](https://www.rfc-editor.org/rfc/rfc3461#section-4.1)). If none is set, this is NEVER.
///
/// ```
/// use smtp_core::syntax::Notify;
///
/// assert_eq!(Notify::NEVER.to_string(), "NEVER");
/// let mut notify = Notify::NEVER;
/// notify.failure = true;
/// notify.delay = true;
/// assert_eq!(notify.to_string(), "FAILURE,DELAY");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[doc(alias = "DSN")]
pub struct Notify {
    /// SUCCESS: the message was delivered.
    pub success: bool,
    /// FAILURE: the message could not be delivered.
    pub failure: bool,
    /// DELAY: the delivery is delayed.
    pub delay: bool,
}

impl Notify {
    /// NEVER: no report at all.
    pub const NEVER: Self = Self { success: false, failure: false, delay: false };
}

/// The original recipient of a message: `addr-type ";" xtext` ([RFC 3461 section
/// 4.2](https://www.rfc-editor.org/rfc/rfc3461#section-4.2)).
///
/// ```
/// use smtp_core::syntax::{ParameterName, ParameterValue, Parameters};
///
/// let parameters = Parameters::new("ORCPT=rfc822;ann+2Blist@mx.example")?;
/// let value = parameters.find(ParameterName::Orcpt);
/// let Some(ParameterValue::Orcpt(original)) = value else { panic!() };
/// assert_eq!(original.addr_type().as_str(), "rfc822");
/// assert!(original.decode().eq(*b"ann+list@mx.example"));
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Orcpt<'a> {
    pub(crate) text: &'a [u8],
}

impl<'a> Orcpt<'a> {
    /// Returns the address type, an atom in any case. Registered types are `rfc822`, `x400` and `utf-8`.
    #[must_use]
    pub fn addr_type(self) -> Keyword<'a> {
        Keyword(self.text.split(|&octet| octet == b';').next().unwrap_or_default())
    }

    /// Returns the address as it was sent: xtext, or for `utf-8` one of the forms of [RFC 6533 section
    /// 3](https://www.rfc-editor.org/rfc/rfc6533#section-3).
    #[must_use]
    pub fn encoded(self) -> &'a [u8] {
        self.text.get(self.addr_type().0.len().saturating_add(1)..).unwrap_or_default()
    }

    /// Returns `true` if both are the same address of the same type. The type folds case, the address does not.
    #[must_use]
    pub fn equivalent(self, other: Orcpt<'_>) -> bool {
        self.addr_type().equivalent(other.addr_type()) && self.decode().eq(other.decode())
    }

    /// Returns the octets of the address: with `+XX` decoded, and for the type `utf-8` also `\x{HEXPOINT}`.
    pub fn decode(self) -> impl Iterator<Item = u8> + use<'a> {
        let unicode = self.addr_type().is("utf-8");
        let mut xtext = Xtext(if unicode { &[] } else { self.encoded() }).decode();
        let mut rest = if unicode { self.encoded() } else { &[] };
        let mut pending: [u8; 4] = [0; 4];
        let mut queued = 0..0usize;
        core::iter::from_fn(move || {
            if let Some(at) = queued.next() {
                return pending.get(at).copied();
            }
            if let Some((after, scalar)) = embedded(rest) {
                rest = after;
                let length = scalar.encode_utf8(&mut pending).len();
                queued = 1..length;
                return pending.first().copied();
            }
            match rest.split_first() {
                Some((octet, after)) => {
                    rest = after;
                    Some(*octet)
                }
                None => xtext.next(),
            }
        })
    }
}

/// `mtrk-certifier [ ":" mtrk-timeout ]` ([RFC 3885 section 3.1](https://www.rfc-editor.org/rfc/rfc3885#section-3.1)).
///
/// ```
/// use smtp_core::syntax::{MessageTracking, ParameterValue};
///
/// let mut tracking = MessageTracking::new("QUFB")?;
/// tracking.timeout = Some(3600);
/// assert_eq!(ParameterValue::Mtrk(tracking).to_string(), "MTRK=QUFB:3600");
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct MessageTracking<'a> {
    pub(super) certifier: &'a [u8],
    /// The number of seconds for which tracking is requested, at most 999999999.
    pub timeout: Option<u32>,
}

impl<'a> MessageTracking<'a> {
    /// Creates the value from a certifier, without a timeout.
    ///
    /// # Errors
    /// Returns a [`SyntaxError`] if the certifier is not base64 without padding.
    pub fn new(certifier: &'a str) -> Result<Self, SyntaxError> {
        line(certifier.as_bytes(), grammar::certifier).map(|certifier| Self { certifier, timeout: None })
    }

    /// Returns the certifier: base64 without padding, because a value cannot contain `=`.
    #[must_use]
    pub const fn certifier(self) -> &'a [u8] {
        self.certifier
    }
}
