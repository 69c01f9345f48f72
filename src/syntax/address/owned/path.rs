//! The owned paths and the owned domain, for a queue that keeps them.

use super::MailboxBuf;
use crate::syntax::address::{Domain, ForwardPath, Path, ReversePath, SourceRoute};
use crate::syntax::{Grammar, SyntaxError};
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

/// A path that owns its text.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Owned {
    route: Vec<u8>,
    mailbox: MailboxBuf,
}

impl Owned {
    fn of(path: Path<'_>) -> Self {
        Self { route: Vec::from(path.route.0), mailbox: path.mailbox.into() }
    }

    fn as_path(&self) -> Path<'_> {
        Path { route: SourceRoute(&self.route), mailbox: self.mailbox.as_mailbox() }
    }
}

/// Makes the owned form of a path. The two differ in the path without a mailbox.
macro_rules! owned_path {
    ($(
        $(#[$meta:meta])*
        $owned:ident of $borrowed:ident, $alone:ident;
    )*) => { $(
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, Hash)]
        pub struct $owned(Option<Owned>);

        impl $owned {
            /// Borrows the path.
            #[must_use]
            pub fn as_path(&self) -> $borrowed<'_> {
                self.0.as_ref().map_or($borrowed::$alone, |path| $borrowed::Path(path.as_path()))
            }
        }

        impl From<$borrowed<'_>> for $owned {
            fn from(path: $borrowed<'_>) -> Self {
                Self(path.path().map(Owned::of))
            }
        }

        impl From<MailboxBuf> for $owned {
            fn from(mailbox: MailboxBuf) -> Self {
                Self(Some(Owned { route: Vec::new(), mailbox }))
            }
        }

        impl<'a> From<&'a $owned> for $borrowed<'a> {
            fn from(path: &'a $owned) -> Self {
                path.as_path()
            }
        }

        impl FromStr for $owned {
            type Err = SyntaxError;

            /// Parses a path with its brackets by [`Grammar::SMTPUTF8`].
            fn from_str(text: &str) -> Result<Self, SyntaxError> {
                $borrowed::try_from(text).map(Self::from)
            }
        }

        impl TryFrom<&str> for $owned {
            type Error = SyntaxError;

            /// Parses a path with its brackets by [`Grammar::SMTPUTF8`].
            fn try_from(text: &str) -> Result<Self, SyntaxError> {
                text.parse()
            }
        }

        impl TryFrom<&[u8]> for $owned {
            type Error = SyntaxError;

            /// Parses a path with its brackets by [`Grammar::SMTPUTF8`].
            fn try_from(octets: &[u8]) -> Result<Self, SyntaxError> {
                $borrowed::try_from(octets).map(Self::from)
            }
        }

        impl PartialEq<$borrowed<'_>> for $owned {
            fn eq(&self, other: &$borrowed<'_>) -> bool {
                self.as_path() == *other
            }
        }

        impl fmt::Debug for $owned {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.as_path(), formatter)
            }
        }

        impl fmt::Display for $owned {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.as_path(), formatter)
            }
        }
    )* };
}

owned_path! {
    /// A [`ReversePath`] that owns its text.
    ///
    /// ```
    /// use smtp_core::syntax::{Command, MailboxBuf, Parameters, ReversePath, ReversePathBuf};
    ///
    /// let ann: MailboxBuf = "ann@example.com".parse()?;
    /// let sender = ReversePathBuf::from(ann);
    /// assert_eq!(sender, ReversePath::try_from("<ann@example.com>")?);
    /// let mail = Command::mail(&sender, Parameters::NONE);
    /// assert_eq!(mail.to_string(), "MAIL FROM:<ann@example.com>");
    /// assert_eq!(ReversePathBuf::from(ReversePath::Null).to_string(), "<>");
    /// # Ok::<(), smtp_core::syntax::SyntaxError>(())
    /// ```
    #[doc(alias = "MAIL FROM")]
    #[doc(alias = "envelope sender")]
    ReversePathBuf of ReversePath, Null;

    /// A [`ForwardPath`] that owns its text.
    ///
    /// ```
    /// use smtp_core::syntax::{Command, ForwardPath, ForwardPathBuf, Parameters};
    ///
    /// let recipient: ForwardPathBuf = "<joe@example.com>".parse()?;
    /// let rcpt = Command::rcpt(&recipient, Parameters::NONE);
    /// assert_eq!(rcpt.to_string(), "RCPT TO:<joe@example.com>");
    /// assert_eq!("<postmaster>".parse::<ForwardPathBuf>()?, ForwardPath::Postmaster);
    /// assert!("joe@example.com".parse::<ForwardPathBuf>().is_err(), "without brackets");
    /// # Ok::<(), smtp_core::syntax::SyntaxError>(())
    /// ```
    #[doc(alias = "RCPT TO")]
    #[doc(alias = "envelope recipient")]
    ForwardPathBuf of ForwardPath, Postmaster;
}

/// A [`Domain`] that owns its text.
///
/// ```
/// use smtp_core::syntax::{Domain, DomainBuf};
///
/// let domain: DomainBuf = "Example.com".parse()?;
/// assert!(domain.as_domain().equivalent(Domain::new("example.COM")?));
/// assert!("example..com".parse::<DomainBuf>().is_err());
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct DomainBuf(Vec<u8>);

impl DomainBuf {
    /// Borrows the domain.
    #[must_use]
    pub fn as_domain(&self) -> Domain<'_> {
        Domain(&self.0)
    }
}

impl From<Domain<'_>> for DomainBuf {
    fn from(domain: Domain<'_>) -> Self {
        Self(Vec::from(domain.0))
    }
}

impl<'a> From<&'a DomainBuf> for Domain<'a> {
    fn from(domain: &'a DomainBuf) -> Self {
        domain.as_domain()
    }
}

impl FromStr for DomainBuf {
    type Err = SyntaxError;

    /// Creates a domain as [`Domain::new`] does.
    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        Domain::new(text).map(Self::from)
    }
}

impl TryFrom<&str> for DomainBuf {
    type Error = SyntaxError;

    /// Creates a domain as [`Domain::new`] does.
    fn try_from(text: &str) -> Result<Self, SyntaxError> {
        text.parse()
    }
}

impl TryFrom<&[u8]> for DomainBuf {
    type Error = SyntaxError;

    /// Creates a domain by the grammar of [`Domain::new`].
    fn try_from(octets: &[u8]) -> Result<Self, SyntaxError> {
        Domain::parse(octets, Grammar::SMTPUTF8).map(Self::from)
    }
}

impl PartialEq<Domain<'_>> for DomainBuf {
    fn eq(&self, other: &Domain<'_>) -> bool {
        self.as_domain() == *other
    }
}

impl fmt::Debug for DomainBuf {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.as_domain(), formatter)
    }
}

impl fmt::Display for DomainBuf {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.as_domain(), formatter)
    }
}
