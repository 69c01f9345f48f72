//! The counts of a client since its last accepted message, and their comparison with the limits of the configuration.
//!
//! Only an accepted message resets the counts, and nothing resets the count of failed AUTH. A command that costs the
//! client nothing must not reset them, or it would give the client unlimited tries.

use super::{Server, ServerConfig};
use crate::session::{Action, Rejected, State};
use crate::syntax::Command;

/// The number of refusals that are excused until a message is accepted, because the client could not know better when
/// it sent the commands, or because most recipients of its message were accepted.
pub(super) const EXCUSED: u32 = 1000;

/// The counts of one session.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    errors: u32,
    /// The refusals that are not errors.
    excused: u32,
    /// The commands that send no mail.
    idle: u32,
    /// The octets that were read but not returned.
    dropped: u64,
    /// The failed AUTH exchanges of the whole session.
    failed_auth: u32,
}

impl Tally {
    /// Records an accepted message: resets all counts but that of failed AUTH.
    pub(super) const fn message_accepted(&mut self) {
        (self.errors, self.excused, self.idle, self.dropped) = (0, 0, 0, 0);
    }

    /// Records a refused command. If `excusable`, it is an error only if too many refusals were excused before.
    pub(super) const fn refused(&mut self, excusable: bool) {
        if excusable && self.excused < EXCUSED {
            self.excused = self.excused.saturating_add(1);
        } else {
            self.errors = self.errors.saturating_add(1);
        }
    }

    /// Takes the last refusal back.
    pub(super) const fn forgiven(&mut self) {
        self.errors = self.errors.saturating_sub(1);
    }

    pub(super) const fn auth_failed(&mut self) {
        self.failed_auth = self.failed_auth.saturating_add(1);
    }

    pub(super) const fn idle(&mut self) {
        self.idle = self.idle.saturating_add(1);
    }

    pub(super) const fn dropped(&mut self, octets: u64) {
        self.dropped = self.dropped.saturating_add(octets);
    }

    /// Returns the reason to end the session if there were more refusals than a limit allows.
    pub(super) fn exhausted(&self, config: &ServerConfig) -> Option<Rejected> {
        let is_over = |count: u32, limit: Option<u32>| limit.is_some_and(|most| count > most);
        if is_over(self.failed_auth, config.max_failed_auth) {
            Some(Rejected::TooManyFailedAuth)
        } else if is_over(self.errors, config.max_errors) {
            Some(Rejected::TooManyErrors)
        } else {
            None
        }
    }

    /// Returns `true` if no further command that sends no mail is allowed.
    pub(super) fn has_no_idle_left(&self, config: &ServerConfig) -> bool {
        config.max_idle_commands.is_some_and(|most| self.idle >= most)
    }

    /// Returns how many more octets may be dropped. Returns `None` if too many were.
    pub(super) fn may_drop(&self, config: &ServerConfig) -> Option<u64> {
        config.max_dropped_octets.unwrap_or(u64::MAX).checked_sub(self.dropped)
    }
}

/// Returns `true` if the command does not advance a message. The commands that do are limited by the number of
/// recipients and the size of the message, except for a chunk without octets.
pub(super) fn is_idle(command: &Command<'_>) -> bool {
    match command {
        Command::Bdat(bdat) => bdat.size == 0 && !bdat.last,
        Command::Rcpt(_) | Command::Data | Command::Burl(_) | Command::Quit => false,
        _ => true,
    }
}

impl Server {
    /// Returns `true` if a pipelining client could have sent the command before it knew of an earlier refusal. Such a
    /// command must not count as an error (RFC 5321 section 4.5.3.1.10, RFC 2920 section 3.1, RFC 3030 section 2).
    pub(super) fn may_be_innocent(&self, action: Action, rejected: Rejected) -> bool {
        let follows_mail = matches!(action, Action::Rcpt | Action::Data) || action.is_chunk();
        match rejected {
            Rejected::TooManyRecipients | Rejected::NoValidRecipients => true,
            Rejected::Sequence => match self.facts.state() {
                State::Ready => follows_mail && self.mail_refused,
                State::Mail => follows_mail,
                State::Failed => action.is_chunk(),
                _ => false,
            },
            _ => false,
        }
    }
}
