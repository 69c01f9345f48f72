//! A command that outlives the line it was read from.

use crate::syntax::Command;
use alloc::vec::Vec;
use core::fmt;

/// A command that owns its octets. It gives back exactly the command it was made of; nothing is parsed again.
///
/// `Debug` shows what that of [`Command`] does, so no credential; `Display` shows the line, and with it that of AUTH.
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
    /// The command with nothing in place of its octets.
    form: Command<'static>,
    /// Its octets, run behind run.
    octets: Vec<u8>,
    /// Where each run ends. No command has more than the three of MAIL and RCPT: route, mailbox, parameters.
    ends: [usize; 3],
}

impl CommandBuf {
    /// The command, borrowed.
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
