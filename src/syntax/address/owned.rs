//! The owned mailbox, for values that outlive the octets they were parsed from.

use super::{Host, Mailbox, SyntaxError, Wire, write_local_part};
use alloc::vec::Vec;

/// A mailbox that owns its text.
///
/// ```
/// use smtp_core::syntax::{Host, Mailbox, MailboxBuf};
///
/// let mailbox = MailboxBuf::from_parts("john smith", Host::new("example.com")?)?;
/// assert_eq!(mailbox.as_mailbox().to_string(), r#""john smith"@example.com"#);
/// assert_eq!(MailboxBuf::from(Mailbox::new("joe@example.com")?).as_mailbox().to_string(), "joe@example.com");
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
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
