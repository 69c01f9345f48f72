//! The table of registered service extensions (IANA registry "SMTP Service Extensions"), and sets of them. Offers,
//! parsers and sessions use it. The parameters of an extension are in `parameter.rs`.

use super::links::links;
use super::parameter::ParameterName;
use super::{Expected, Part, SyntaxError};
use crate::fast::keyword;
use core::fmt;
use core::ops::{BitOr, BitOrAssign};

/// The length of the longest command line that every server accepts, in octets, CRLF included ([RFC 5321 section
/// 4.5.3.1.4](https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.4)). Extensions raise it: see
/// [`Extensions::mail_line_limit`](crate::syntax::Extensions::mail_line_limit).
pub const COMMAND_LINE_LIMIT: usize = 512;

macro_rules! extensions {
    ($($name:ident $keyword:literal $reference:literal;)*) => {
        /// A registered service extension, named by the keyword of an EHLO line. The historic entries of the registry
        /// (SEND, SOML, SAML, TURN, VERB, ONEX, UTF8SMTP) are not included.
        ///
        /// ```
        /// use smtp_core::syntax::Extension;
        ///
        /// assert_eq!("8bitmime".parse::<Extension>()?, Extension::EightBitMime);
        /// assert_eq!((Extension::Size.keyword(), Extension::Size.reference()), ("SIZE", "RFC 1870"));
        /// # Ok::<(), smtp_core::syntax::SyntaxError>(())
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Extension {
            $(
                #[doc = concat!("`", $keyword, "` ([", $reference, "]).\n", links!())]
                $name,
            )*
        }

        impl Extension {
            /// All extensions, in the order of this list.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Returns the keyword, in upper case.
            #[must_use]
            pub const fn keyword(self) -> &'static str {
                match self {
                    $(Self::$name => $keyword,)*
                }
            }

            const fn from_key(key: u64) -> Option<Self> {
                match key {
                    $(keys::$name => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// Returns the name of the document that defines it.
            #[must_use]
            pub const fn reference(self) -> &'static str {
                match self {
                    $(Self::$name => $reference,)*
                }
            }
        }

        #[allow(non_upper_case_globals, reason = "named after the extensions, to be matched")]
        mod keys {
            use crate::fast::keyword::key;

            $(pub(super) const $name: u64 = key($keyword);)*
        }
    };
}

extensions! {
    Size "SIZE" "RFC 1870";
    EightBitMime "8BITMIME" "RFC 6152";
    Pipelining "PIPELINING" "RFC 2920";
    EnhancedStatusCodes "ENHANCEDSTATUSCODES" "RFC 2034";
    Chunking "CHUNKING" "RFC 3030";
    BinaryMime "BINARYMIME" "RFC 3030";
    SmtpUtf8 "SMTPUTF8" "RFC 6531";
    Dsn "DSN" "RFC 3461";
    StartTls "STARTTLS" "RFC 3207";
    Auth "AUTH" "RFC 4954";
    RequireTls "REQUIRETLS" "RFC 8689";
    Limits "LIMITS" "RFC 9422";
    MtPriority "MT-PRIORITY" "RFC 6710";
    Rrvs "RRVS" "RFC 7293";
    DeliverBy "DELIVERBY" "RFC 2852";
    FutureRelease "FUTURERELEASE" "RFC 4865";
    Burl "BURL" "RFC 4468";
    NoSoliciting "NO-SOLICITING" "RFC 3865";
    Mtrk "MTRK" "RFC 3885";
    Conperm "CONPERM" "RFC 4141";
    Conneg "CONNEG" "RFC 4141";
    Submitter "SUBMITTER" "RFC 4405";
    Etrn "ETRN" "RFC 1985";
    Atrn "ATRN" "RFC 2645";
    Checkpoint "CHECKPOINT" "RFC 1845";
    Expn "EXPN" "RFC 5321";
    Help "HELP" "RFC 5321";
    Vrfy "VRFY" "RFC 5321";
    Xclient "XCLIENT" "Postfix XCLIENT";
    Xforward "XFORWARD" "Postfix XFORWARD";
}

impl Extension {
    /// Returns the extension with this keyword, in any case.
    #[must_use]
    pub fn from_keyword(keyword: &[u8]) -> Option<Self> {
        let extension = Self::from_key(keyword::key_of(keyword))?;
        keyword::is_alike(keyword, extension.keyword().as_bytes()).then_some(extension)
    }

    /// Returns the extension whose keyword is at the start of these octets, and the rest. A keyword of eight octets and
    /// more may be the beginning of a longer word.
    #[inline(always)]
    pub(crate) fn at_start(octets: &[u8]) -> Option<(Self, &[u8])> {
        let extension = Self::from_key(keyword::first_word(keyword::eight(octets, 0)?))?;
        let (keyword, rest) = octets.split_at_checked(extension.keyword().len())?;
        keyword::is_alike(keyword, extension.keyword().as_bytes()).then_some((extension, rest))
    }

    const fn bit(self) -> u32 {
        1 << self as u32
    }
}

impl fmt::Display for Extension {
    /// Writes the keyword.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.keyword())
    }
}

impl core::str::FromStr for Extension {
    type Err = SyntaxError;

    /// Returns the extension with this keyword, in any case. An unregistered keyword is an error.
    fn from_str(keyword: &str) -> Result<Self, SyntaxError> {
        Self::from_keyword(keyword.as_bytes()).ok_or(SyntaxError::new(Expected::Keyword, Part::Argument, 0))
    }
}

// A set of extensions is a single number.
const _: () = assert!(Extension::ALL.len() <= u32::BITS as usize, "too many extensions for the bits of the set");

/// A set of extensions, in four octets.
///
/// ```
/// use smtp_core::syntax::{Extension, Extensions};
///
/// let offered = Extensions::NONE.with(Extension::Size).with(Extension::Pipelining);
/// assert!(offered.contains(Extension::Size));
/// assert_eq!(offered.without(Extension::Size), Extensions::NONE.with(Extension::Pipelining));
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Extensions(u32);

impl Extensions {
    /// No extensions: the session of a client that sent HELO.
    pub const NONE: Self = Self(0);

    /// All registered extensions.
    pub const ALL: Self = {
        let mut set = Self::NONE;
        let mut rest = Extension::ALL;
        while let [first, others @ ..] = rest {
            set = set.with(*first);
            rest = others;
        }
        set
    };

    /// Returns the set with this extension added.
    #[must_use]
    pub const fn with(self, extension: Extension) -> Self {
        Self(self.0 | extension.bit())
    }

    /// Returns the set with this extension removed.
    #[must_use]
    pub const fn without(self, extension: Extension) -> Self {
        Self(self.0 & !extension.bit())
    }

    #[cfg(feature = "alloc")]
    pub(crate) const fn without_all(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    #[cfg(feature = "alloc")]
    pub(crate) const fn with_all(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Returns `true` if the extension is in the set.
    #[must_use]
    pub const fn contains(self, extension: Extension) -> bool {
        self.0 & extension.bit() != 0
    }

    pub(crate) const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Returns an iterator over the extensions of the set, in the order of the registry.
    #[must_use]
    pub fn iter(self) -> ExtensionsIter {
        ExtensionsIter { set: self, rest: Extension::ALL.iter() }
    }

    /// Returns the limit for a MAIL line, CRLF included: 512 octets plus the octets that each extension of the set adds
    /// ([RFC 5321 section 4.5.3.1.4](https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.4)).
    ///
    /// ```
    /// use smtp_core::syntax::{Extension, Extensions};
    ///
    /// assert_eq!(Extensions::NONE.mail_line_limit(), 512);
    /// assert_eq!(Extensions::NONE.with(Extension::Size).mail_line_limit(), 538);
    /// ```
    #[must_use]
    pub fn mail_line_limit(self) -> usize {
        self.line_limit(|parameter| parameter.is_for_mail())
    }

    /// Returns the limit for a RCPT line, CRLF included.
    #[must_use]
    pub fn rcpt_line_limit(self) -> usize {
        self.line_limit(|parameter| !parameter.is_for_mail())
    }

    fn line_limit(self, counts: impl Fn(ParameterName) -> bool) -> usize {
        let added = ParameterName::ALL.iter().filter(|name| counts(**name) && name.is_offered(self));
        added.fold(COMMAND_LINE_LIMIT, |limit, name| limit.saturating_add(name.added_length()))
    }
}

impl FromIterator<Extension> for Extensions {
    fn from_iter<I: IntoIterator<Item = Extension>>(extensions: I) -> Self {
        extensions.into_iter().fold(Self::NONE, Self::with)
    }
}

impl Extend<Extension> for Extensions {
    fn extend<I: IntoIterator<Item = Extension>>(&mut self, extensions: I) {
        *self = extensions.into_iter().fold(*self, Self::with);
    }
}

impl From<Extension> for Extensions {
    fn from(extension: Extension) -> Self {
        Self::NONE.with(extension)
    }
}

impl<T: Into<Extensions>> BitOr<T> for Extensions {
    type Output = Self;

    /// Returns the extensions of either set.
    fn bitor(self, other: T) -> Self {
        Self(self.0 | other.into().0)
    }
}

impl<T: Into<Extensions>> BitOr<T> for Extension {
    type Output = Extensions;

    /// Returns the set of both.
    fn bitor(self, other: T) -> Extensions {
        Extensions::from(self) | other
    }
}

impl<T: Into<Extensions>> BitOrAssign<T> for Extensions {
    fn bitor_assign(&mut self, other: T) {
        *self = *self | other;
    }
}

/// The iterator over the extensions of a set, in the order of the registry.
///
/// ```
/// use smtp_core::syntax::Extension;
///
/// let mut extensions = (Extension::Pipelining | Extension::Size).into_iter();
/// assert_eq!(extensions.next(), Some(Extension::Size));
/// ```
#[derive(Clone, Debug)]
pub struct ExtensionsIter {
    set: Extensions,
    rest: core::slice::Iter<'static, Extension>,
}

impl Iterator for ExtensionsIter {
    type Item = Extension;

    fn next(&mut self) -> Option<Extension> {
        let set = self.set;
        self.rest.find(|extension| set.contains(**extension)).copied()
    }
}

impl core::iter::FusedIterator for ExtensionsIter {}

impl IntoIterator for Extensions {
    type Item = Extension;
    type IntoIter = ExtensionsIter;

    fn into_iter(self) -> ExtensionsIter {
        self.iter()
    }
}

impl fmt::Debug for Extensions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.iter()).finish()
    }
}
