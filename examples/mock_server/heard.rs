//! What a refusal was of, as it may be printed.

use super::shown::shown;
use smtp_core::session::{Rejected, ServerEvent};
use smtp_core::syntax::Command;

/// What was read since the last event: a refusal comes without the line, and people want to see it.
#[derive(Default)]
pub(crate) struct Heard {
    octets: Vec<u8>,
    /// Content was given out since the last command.
    content: bool,
    /// The rest of a line that was too long comes next.
    within_line: bool,
    /// From AUTH to the next other command: what is refused there may be a password.
    secret: bool,
}

impl Heard {
    /// Of a longer line this much is shown.
    const MOST: usize = 512;

    pub(crate) fn add(&mut self, mut octets: &[u8]) {
        if self.within_line {
            let Some(end) = octets.iter().position(|octet| *octet == b'\n') else { return };
            (self.within_line, octets) = (false, &octets[end + 1..]);
        }
        let room = Self::MOST.saturating_sub(self.octets.len());
        self.octets.extend_from_slice(octets.get(..room).unwrap_or(octets));
    }

    /// What was refused, as it may be shown.
    pub(crate) fn refused(&mut self, rejected: Rejected) -> String {
        self.within_line = matches!(rejected, Rejected::LineTooLong | Rejected::ResponseTooLong);
        let end = self.octets.windows(2).position(|pair| pair == b"\r\n").unwrap_or(self.octets.len());
        let line = &self.octets[..end];
        self.secret |= line.trim_ascii_start().get(..4).is_some_and(|verb| verb.eq_ignore_ascii_case(b"AUTH"));
        match (self.content, self.secret) {
            (true, _) => "(content)".to_owned(),
            (_, true) => format!("({} octets, not shown)", line.len()),
            _ => shown(line),
        }
    }

    /// Forgets what an event was made of.
    pub(crate) fn after(&mut self, event: &ServerEvent<'_>) {
        self.octets.clear();
        self.content = matches!(event, ServerEvent::Content(_) | ServerEvent::Begin);
        if let ServerEvent::Command(command) = event {
            self.secret = matches!(command, Command::Auth(_));
        }
    }
}
