//! Finds the lines that may be or hold a credential among those that are read as commands, so that a program does not
//! log them. Lines of an AUTH exchange are events of their own.

use crate::syntax::command::holds_auth;
use crate::syntax::{Command, SyntaxError, Verb};

/// Whether lines that are read as commands may be credentials.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Credentials {
    /// Whether a line with AUTH has come, and no line with another registered verb since then.
    after_auth: bool,
    /// Whether the last line may be or hold a credential.
    pub(super) last_line: bool,
}

impl Credentials {
    pub(super) fn note(&mut self, line: &[u8], command: &Result<Command<'_>, SyntaxError>) {
        let (after_auth, last_line) = match command {
            Ok(Command::Auth(auth)) => (true, auth.initial_response.is_some()),
            Err(_) if holds_auth(line) => (true, true),
            // A line that begins with a registered verb is a command, even if its syntax is wrong.
            Ok(Command::Unknown(_)) | Err(_) if Verb::first_word(line) == Verb::Unknown => {
                (self.after_auth, self.after_auth)
            }
            _ => (false, false),
        };
        *self = Self { after_auth, last_line };
    }
}
