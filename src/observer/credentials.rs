//! Finds the lines that may be or hold a credential among those that are read as commands, so that a program does not
//! log them. Lines of an AUTH exchange are events of their own.

use crate::syntax::{Command, SyntaxError, Verb, scan};

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
            Ok(Command::Unknown(_)) | Err(_) if first_verb(line) == Verb::Unknown => (self.after_auth, self.after_auth),
            _ => (false, false),
        };
        *self = Self { after_auth, last_line };
    }
}

/// Returns `true` if a peer that takes a bare CR or LF for the end of a line reads AUTH in this line.
fn holds_auth(line: &[u8]) -> bool {
    line.split(|octet| matches!(octet, b'\r' | b'\n')).any(|part| first_verb(part) == Verb::Auth)
}

/// Returns the verb that is the first word of the line, whatever comes after it and whatever separators come before it.
fn first_verb(line: &[u8]) -> Verb {
    let mut words = line.split(|octet| !octet.is_ascii_graphic()).filter(|word| !word.is_empty());
    words.next().map_or(Verb::Unknown, |word| Verb::from_bytes(scan::span(word, scan::Class::TOKEN).0))
}
