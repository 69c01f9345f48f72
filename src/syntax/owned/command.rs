//! The owned command, which outlives the line it was parsed from.

use crate::syntax::{Command, Grammar, SyntaxError};
use alloc::vec::Vec;
use core::fmt;
use core::hash::{Hash, Hasher};

/// A command that owns its octets. It returns exactly the command it was created from; nothing is parsed again.
///
/// `Debug` and `Display` show the same as those of [`Command`]: `Debug` shows no credential, `Display` shows the line,
/// including the credential of AUTH.
///
/// ```
/// use smtp_core::syntax::{Command, CommandBuf, Grammar};
///
/// let line = String::from("MAIL FROM:<joe@example.com> SIZE=1000");
/// let command = Command::parse(line.as_bytes(), Grammar::STRICT)?;
/// let kept = CommandBuf::from(&command);
/// assert_eq!(kept.as_command(), command);
/// drop(line);
/// assert_eq!(kept.to_string(), "MAIL FROM:<joe@example.com> SIZE=1000");
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone)]
pub struct CommandBuf {
    /// The command, with empty octets in place of its own.
    form: Command<'static>,
    /// Its octets, one run after the other.
    octets: Vec<u8>,
    /// The end of each run. No command has more than the three runs of MAIL and RCPT: route, mailbox, parameters.
    ends: [usize; 3],
}

impl CommandBuf {
    /// Borrows the command.
    #[must_use]
    pub fn as_command(&self) -> Command<'_> {
        let mut ends = self.ends.iter();
        let mut start = 0;
        self.form.relocate(&mut |_| {
            let end = ends.next().copied().unwrap_or(start);
            let run = self.octets.get(start..end).unwrap_or_default();
            start = end;
            run
        })
    }
}

impl From<&Command<'_>> for CommandBuf {
    fn from(command: &Command<'_>) -> Self {
        let mut octets = Vec::new();
        let mut ends = [0; 3];
        let mut slots = ends.iter_mut();
        let form = command.relocate(&mut |run| {
            octets.extend_from_slice(run);
            if let Some(slot) = slots.next() {
                *slot = octets.len();
            }
            &[]
        });
        Self { form, octets, ends }
    }
}

impl From<Command<'_>> for CommandBuf {
    fn from(command: Command<'_>) -> Self {
        Self::from(&command)
    }
}

impl core::str::FromStr for CommandBuf {
    type Err = SyntaxError;

    /// Parses a command line without its CRLF, by [`Grammar::SMTPUTF8`]. An unregistered verb is not an error.
    fn from_str(line: &str) -> Result<Self, SyntaxError> {
        Command::parse(line.as_bytes(), Grammar::SMTPUTF8).map(Self::from)
    }
}

impl<'a> From<&'a CommandBuf> for Command<'a> {
    fn from(command: &'a CommandBuf) -> Self {
        command.as_command()
    }
}

impl PartialEq<Command<'_>> for CommandBuf {
    fn eq(&self, other: &Command<'_>) -> bool {
        self.as_command() == *other
    }
}

impl Hash for CommandBuf {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_command().hash(state);
    }
}

impl PartialEq for CommandBuf {
    fn eq(&self, other: &Self) -> bool {
        self.as_command() == other.as_command()
    }
}

impl Eq for CommandBuf {}

impl fmt::Debug for CommandBuf {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.as_command(), formatter)
    }
}

impl fmt::Display for CommandBuf {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.as_command(), formatter)
    }
}
