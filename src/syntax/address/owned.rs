//! The owned mailbox, for values that outlive the octets they were parsed from. The owned paths are in `owned/path.rs`.

mod path;

pub use path::{DomainBuf, ForwardPathBuf, ReversePathBuf};

use super::{ForwardPath, Host, Mailbox, Path, ReversePath, SyntaxError, Wire, write_local_part};
use alloc::vec::Vec;
use core::str::FromStr;

/// A mailbox that owns its text.
///
/// ```
/// use smtp_core::syntax::{Host, Mailbox, MailboxBuf};
///
/// let mailbox = MailboxBuf::from_parts("john smith", Host::new("example.com")?)?;
/// assert_eq!(mailbox.as_mailbox().to_string(), r#""john smith"@example.com"#);
/// let mailbox = MailboxBuf::from(Mailbox::new("joe@example.com")?);
/// assert_eq!(mailbox.as_mailbox().to_string(), "joe@example.com");
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
#[doc(alias = "email address")]
pub struct MailboxBuf {
    text: Vec<u8>,
    at_sign: usize,
    odd_dots: bool,
}

impl MailboxBuf {
    /// Creates a mailbox from the meaning of its local-part and its host. Quotes and escapes are added only where the
    /// local-part needs them.
    ///
    /// # Errors
    /// Returns [`SyntaxError`] if the local-part cannot be expressed even with quotes (it has control characters, is
    /// empty, or has more than 64 octets).
    pub fn from_parts(local_part: &str, host: Host<'_>) -> Result<Self, SyntaxError> {
        let mut text = Vec::with_capacity(local_part.len().saturating_add(32));
        write_local_part(local_part.bytes(), &mut text);
        let at_sign = text.len();
        text.push(b'@');
        host.write(&mut text);
        Mailbox::parse(&text, crate::syntax::Grammar::SMTPUTF8)?;
        Ok(Self { text, at_sign, odd_dots: false })
    }

    /// Borrows the mailbox.
    #[must_use]
    pub fn as_mailbox(&self) -> Mailbox<'_> {
        Mailbox::new_unchecked(&self.text, self.at_sign, self.odd_dots)
    }
}

impl From<Mailbox<'_>> for MailboxBuf {
    fn from(mailbox: Mailbox<'_>) -> Self {
        Self { text: Vec::from(mailbox.text), at_sign: mailbox.at_sign as usize, odd_dots: mailbox.odd_dots }
    }
}

impl From<&Mailbox<'_>> for MailboxBuf {
    fn from(mailbox: &Mailbox<'_>) -> Self {
        Self::from(*mailbox)
    }
}

impl FromStr for MailboxBuf {
    type Err = SyntaxError;

    /// Creates a mailbox as [`Mailbox::new`] does.
    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        Mailbox::new(text).map(Self::from)
    }
}

impl TryFrom<&str> for MailboxBuf {
    type Error = SyntaxError;

    /// Creates a mailbox as [`Mailbox::new`] does.
    fn try_from(text: &str) -> Result<Self, SyntaxError> {
        text.parse()
    }
}

impl TryFrom<&[u8]> for MailboxBuf {
    type Error = SyntaxError;

    /// Creates a mailbox by the grammar of [`Mailbox::new`].
    fn try_from(octets: &[u8]) -> Result<Self, SyntaxError> {
        Mailbox::try_from(octets).map(Self::from)
    }
}

impl<'a> From<&'a MailboxBuf> for Mailbox<'a> {
    fn from(mailbox: &'a MailboxBuf) -> Self {
        mailbox.as_mailbox()
    }
}

impl<'a> From<&'a MailboxBuf> for Path<'a> {
    fn from(mailbox: &'a MailboxBuf) -> Self {
        mailbox.as_mailbox().into()
    }
}

impl<'a> From<&'a MailboxBuf> for ReversePath<'a> {
    fn from(mailbox: &'a MailboxBuf) -> Self {
        mailbox.as_mailbox().into()
    }
}

impl<'a> From<&'a MailboxBuf> for ForwardPath<'a> {
    fn from(mailbox: &'a MailboxBuf) -> Self {
        mailbox.as_mailbox().into()
    }
}

impl PartialEq<Mailbox<'_>> for MailboxBuf {
    fn eq(&self, other: &Mailbox<'_>) -> bool {
        self.as_mailbox() == *other
    }
}

impl PartialEq<MailboxBuf> for Mailbox<'_> {
    fn eq(&self, other: &MailboxBuf) -> bool {
        *self == other.as_mailbox()
    }
}

impl core::fmt::Debug for MailboxBuf {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.as_mailbox().fmt(formatter)
    }
}

impl core::fmt::Display for MailboxBuf {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.as_mailbox().fmt(formatter)
    }
}
