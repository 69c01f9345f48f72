//! The meaning of each capability, and how it is written. `Capability::interpret` creates the values.

use super::{Mechanisms, words};
use crate::syntax::wire::{Sink, Wire, display_is_wire};
use crate::syntax::{DateTime, Extension, SolicitationKeywords, Text};
use core::num::NonZeroU32;

/// The meaning of a capability.
///
/// ```
/// use smtp_core::syntax::{Capabilities, CapabilityValue, Extension, Mechanisms};
///
/// let offered = Capabilities::new()
///     .with(Extension::Pipelining)
///     .with_value(CapabilityValue::Size(Some(10_000_000)))?
///     .with_value(CapabilityValue::Auth(Mechanisms::new("PLAIN")?))?;
/// assert_eq!(offered.size_limit(), Some(10_000_000));
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CapabilityValue<'a> {
    /// An extension whose keyword has no parameters.
    Plain(Extension),
    /// SIZE: the largest message that is accepted. `None` if the server declares none, or no fixed maximum, which is 0
    /// ([RFC 1870 section 3](https://www.rfc-editor.org/rfc/rfc1870#section-3)) or a number beyond 64 bits.
    Size(Option<u64>),
    /// AUTH: the mechanisms ([RFC 4954 section 3](https://www.rfc-editor.org/rfc/rfc4954#section-3)).
    Auth(Mechanisms<'a>),
    /// LIMITS ([RFC 9422 section 3](https://www.rfc-editor.org/rfc/rfc9422#section-3)).
    Limits(Limits),
    /// DELIVERBY: the smallest by-time, in seconds ([RFC 2852 section
    /// 2](https://www.rfc-editor.org/rfc/rfc2852#section-2)).
    DeliverBy(Option<u32>),
    /// FUTURERELEASE: the longest interval in seconds, and the latest time, for which a message is held ([RFC 4865
    /// section 3](https://www.rfc-editor.org/rfc/rfc4865#section-3)).
    FutureRelease(u32, DateTime),
    /// MT-PRIORITY: the priority assignment policy ([RFC 6710 section
    /// 3](https://www.rfc-editor.org/rfc/rfc6710#section-3)). Like the words of the following ones it is created by
    /// [`Text::ehlo_params`].
    MtPriority(Option<Text<'a>>),
    /// NO-SOLICITING: the solicitation classes that are not welcome ([RFC 3865 section
    /// 2.1](https://www.rfc-editor.org/rfc/rfc3865#section-2.1)).
    NoSoliciting(Option<SolicitationKeywords<'a>>),
    /// BURL: words that name the URLs that are accepted, separated by spaces ([RFC 4468 section
    /// 3.1](https://www.rfc-editor.org/rfc/rfc4468#section-3.1)).
    Burl(Text<'a>),
    /// XCLIENT: the attributes that may be set, separated by spaces.
    Xclient(Text<'a>),
    /// XFORWARD: the attributes that may be set, separated by spaces.
    Xforward(Text<'a>),
}

/// The limits that a server declares ([RFC 9422 section 4](https://www.rfc-editor.org/rfc/rfc9422#section-4)). `None`
/// means that a limit is not declared.
///
/// ```
/// use smtp_core::syntax::{CapabilityValue, Limits};
/// use std::num::NonZeroU32;
///
/// let mut limits = Limits::default();
/// limits.rcpt_max = NonZeroU32::new(100);
/// assert_eq!(CapabilityValue::Limits(limits).to_string(), "LIMITS RCPTMAX=100");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[non_exhaustive]
pub struct Limits {
    /// MAILMAX: the largest number of MAIL commands in a session.
    pub mail_max: Option<NonZeroU32>,
    /// RCPTMAX: the largest number of RCPT commands in a transaction.
    pub rcpt_max: Option<NonZeroU32>,
    /// RCPTDOMAINMAX: the largest number of recipient domains in a session.
    pub rcpt_domain_max: Option<NonZeroU32>,
}

impl CapabilityValue<'_> {
    /// Returns the extension.
    #[must_use]
    pub const fn extension(&self) -> Extension {
        match self {
            Self::Plain(extension) => *extension,
            Self::Size(_) => Extension::Size,
            Self::Auth(_) => Extension::Auth,
            Self::Limits(_) => Extension::Limits,
            Self::DeliverBy(_) => Extension::DeliverBy,
            Self::FutureRelease(..) => Extension::FutureRelease,
            Self::MtPriority(_) => Extension::MtPriority,
            Self::NoSoliciting(_) => Extension::NoSoliciting,
            Self::Burl(_) => Extension::Burl,
            Self::Xclient(_) => Extension::Xclient,
            Self::Xforward(_) => Extension::Xforward,
        }
    }
}

/// Writes the ehlo-line.
impl Wire for CapabilityValue<'_> {
    fn write<S: Sink + ?Sized>(&self, out: &mut S) {
        out.put(self.extension().keyword().as_bytes());
        let text = |text: &[u8], out: &mut S| {
            if !text.is_empty() {
                out.octet(b' ');
                out.put(text);
            }
        };
        match self {
            Self::Plain(_) | Self::Size(None) | Self::DeliverBy(None) => {}
            Self::Size(Some(size)) => {
                out.octet(b' ');
                out.number(*size);
            }
            Self::Auth(mechanisms) => write_words(mechanisms.words(), out),
            Self::Limits(limits) => {
                let named = [
                    ("MAILMAX", limits.mail_max),
                    ("RCPTMAX", limits.rcpt_max),
                    ("RCPTDOMAINMAX", limits.rcpt_domain_max),
                ];
                for (name, value) in named {
                    if let Some(value) = value {
                        out.octet(b' ');
                        out.put(name.as_bytes());
                        out.octet(b'=');
                        out.number(u64::from(value.get()));
                    }
                }
            }
            Self::DeliverBy(Some(seconds)) => {
                out.octet(b' ');
                out.number(u64::from(*seconds));
            }
            Self::FutureRelease(seconds, until) => {
                out.octet(b' ');
                out.number(u64::from(*seconds));
                out.octet(b' ');
                until.write(out);
            }
            Self::MtPriority(profile) => text(profile.map_or(&[], Text::as_bytes), out),
            Self::NoSoliciting(keywords) => text(keywords.map_or(&[], SolicitationKeywords::as_bytes), out),
            Self::Burl(text) | Self::Xclient(text) | Self::Xforward(text) => write_words(words(text.0, false), out),
        }
    }
}

fn write_words<'a, S: Sink + ?Sized>(words: impl Iterator<Item = &'a [u8]>, out: &mut S) {
    for word in words {
        out.octet(b' ');
        out.put(word);
    }
}

display_is_wire!(CapabilityValue<'_>);
