//! What a client has done since its last accepted message: the counts that the limits of a configuration hold.
//!
//! Only an accepted message resets them, and nothing resets the count of failed AUTH. A command that costs the client nothing
//! must not, or it would have as many tries as it likes.

use super::{Server, ServerConfig};
use crate::session::{Action, Rejected, State};
use crate::syntax::Command;

/// How many refusals are excused until a message is accepted, because the client could not know better when it sent the
/// commands, or because its message has more recipients that are known than not.
pub(super) const EXCUSED: u32 = 1000;

/// The counts.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    errors: u32,
    /// Refusals that are no errors.
    excused: u32,
    /// Commands that send no mail.
    idle: u32,
    /// Octets that were read and not given out.
    dropped: u64,
    /// In the whole session.
    failed_auth: u32,
}

impl Tally {
    /// A message was accepted.
    pub(super) const fn message_accepted(&mut self) {
        (self.errors, self.excused, self.idle, self.dropped) = (0, 0, 0, 0);
    }

    /// A command was refused. `excusable`: it is no error, unless there were too many such.
    pub(super) const fn refused(&mut self, excusable: bool) {
        if excusable && self.excused < EXCUSED {
            self.excused = self.excused.saturating_add(1);
        } else {
            self.errors = self.errors.saturating_add(1);
        }
    }

    /// The last refusal is none after all.
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

    /// Were there more refusals than the server bears?
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

    /// Is another command that sends no mail one too many?
    pub(super) fn has_no_idle_left(&self, config: &ServerConfig) -> bool {
        config.max_idle_commands.is_some_and(|most| self.idle >= most)
    }

    /// How many more octets may be dropped; `None`: too many were.
    pub(super) fn may_drop(&self, config: &ServerConfig) -> Option<u64> {
        config.max_dropped_octets.unwrap_or(u64::MAX).checked_sub(self.dropped)
    }
}

/// Does the command bring a message no further? Those that do are limited by the number of recipients and the size of the
/// message, but for a chunk without octets.
pub(super) fn is_idle(command: &Command<'_>) -> bool {
    match command {
        Command::Bdat(bdat) => bdat.size == 0 && !bdat.last,
        Command::Rcpt(_) | Command::Data | Command::Burl(_) | Command::Quit => false,
        _ => true,
    }
}

impl Server {
    /// Could a client that pipelines have sent it before it knew of an earlier refusal? Then it has to be borne (RFC 5321
    /// section 4.5.3.1.10, RFC 2920 section 3.1, RFC 3030 section 2).
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
