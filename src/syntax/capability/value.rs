//! The meaning of a line of the reply to EHLO.

use super::{Mechanisms, words};
use crate::syntax::wire::{Sink, Wire, display_is_wire};
use crate::syntax::{DateTime, Extension, SolicitationKeywords, Text};
use core::num::NonZeroU32;

/// The meaning of a capability.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CapabilityValue<'a> {
    /// An extension whose keyword says it all.
    Plain(Extension),
    /// SIZE: the largest message taken. `None` where the server does not say, or has no fixed maximum, which it says with 0
    /// (RFC 1870 section 3) or with a number that 64 bits do not hold.
    Size(Option<u64>),
    /// AUTH: the mechanisms (RFC 4954 section 3).
    Auth(Mechanisms<'a>),
    /// LIMITS (RFC 9422 section 3).
    Limits(Limits),
    /// DELIVERBY: the least by-time, in seconds (RFC 2852 section 2).
    DeliverBy(Option<u32>),
    /// FUTURERELEASE: for how many seconds, and until when, a message is held at most (RFC 4865 section 3).
    FutureRelease(u32, DateTime),
    /// MT-PRIORITY: the priority assignment policy (RFC 6710 section 3). Like the words of the following ones it comes from
    /// [`Text::ehlo_params`].
    MtPriority(Option<Text<'a>>),
    /// NO-SOLICITING: the classes that are not welcome (RFC 3865 section 2.1).
    NoSoliciting(Option<SolicitationKeywords<'a>>),
    /// BURL: words that say which URLs are taken, separated by spaces (RFC 4468 section 3.1).
    Burl(Text<'a>),
    /// XCLIENT: the attributes that may be set, separated by spaces.
    Xclient(Text<'a>),
    /// XFORWARD: the attributes that may be set, separated by spaces.
    Xforward(Text<'a>),
}

/// The limits that a server declares (RFC 9422 section 4); `None` is no statement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Limits {
    /// MAILMAX: how many MAIL commands in a session.
    pub mail_max: Option<NonZeroU32>,
    /// RCPTMAX: how many RCPT commands in a transaction.
    pub rcpt_max: Option<NonZeroU32>,
    /// RCPTDOMAINMAX: how many recipient domains in a session.
    pub rcpt_domain_max: Option<NonZeroU32>,
}

impl CapabilityValue<'_> {
    /// The extension.
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

/// The ehlo-line.
impl Wire for CapabilityValue<'_> {
    fn write<S: Sink>(&self, out: &mut S) {
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

fn write_words<'a, S: Sink>(words: impl Iterator<Item = &'a [u8]>, out: &mut S) {
    for word in words {
        out.octet(b' ');
        out.put(word);
    }
}

display_is_wire!(CapabilityValue<'_>);
