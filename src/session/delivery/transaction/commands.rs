//! Sends the commands of a message, each as soon as it may be sent.
//!
//! This file knows which commands a message needs and which replies have to come before each. It must not look at a
//! reply: the places of the recipients are in the parent, and `replies.rs` moves them.

use super::{Flags, Place, Stage, Transaction, usable};
use crate::session::Misuse;
use crate::session::delivery::envelope::{OWN_LIMIT, own_parameters, sendable};
use crate::session::delivery::{Cause, Connection, Envelope, Message, Outcome, Quorum, Scope};
use crate::syntax::{Command, Extension, MailOrRcpt, OverLimit, Parameters};

impl Transaction {
    /// Sends as much as can be sent now.
    pub(super) fn act<E: Envelope + ?Sized>(&mut self, connection: &mut Connection, envelope: &E) {
        loop {
            let answered = connection.client().is_quiet();
            if answered {
                self.unanswered = 0;
            }
            match self.stage {
                Stage::Begin if !self.is_undecided() => self.stage = Stage::Done,
                Stage::Begin if connection.is_closed() => return,
                Stage::Begin if answered => self.begin(connection),
                // Nothing is sent between DATA and its reply.
                Stage::Envelope if self.flags.data_sent || connection.is_closed() => return,
                Stage::Envelope => {
                    while self.stage == Stage::Envelope {
                        if !self.has_room(connection) || !self.send_next(connection, envelope) {
                            return;
                        }
                    }
                }
                // All recipients were decided while RSET was in flight, for example because it was refused.
                Stage::Reset if !self.is_undecided() => self.stage = Stage::Ending,
                // No recipient was accepted, so only the end of the content may be sent (RFC 2920 section 3.1).
                Stage::Content if !self.has(Place::Accepted) => self.end_content(connection),
                Stage::Ending if connection.is_closed() && self.is_undecided() => return,
                Stage::Ending if answered || connection.is_closed() => {
                    if !self.flags.progress {
                        self.decide_all(Outcome::lost(Cause::Lost));
                    }
                    self.stage = Stage::Begin;
                }
                Stage::Begin | Stage::Reset | Stage::Content | Stage::Ending | Stage::Done => return,
            }
        }
    }

    /// Begins a transaction.
    fn begin(&mut self, connection: &mut Connection) {
        let client = connection.client();
        // Wait for the reply: if the RSET was refused, a MAIL would belong to the previous transaction.
        if client.state().in_transaction() || self.flags.reset {
            self.flags.reset = false;
            match connection.send(&Command::Rset) {
                Ok(()) => {
                    self.stage = Stage::Reset;
                    self.unanswered = 1;
                }
                Err(misuse) => self.end_with(Outcome::lost(Cause::Cannot(misuse))),
            }
            return;
        }
        self.room = client.offer().limits.rcpt_max.map_or(u32::MAX, core::num::NonZeroU32::get);
        (self.next, self.heard, self.told, self.accepted, self.given) = (0, 0, 0, 0, 0);
        let Flags { smtputf8, chunking, .. } = self.flags;
        self.flags = Flags { smtputf8, chunking, ..Flags::default() };
        self.stage = Stage::Envelope;
    }

    /// Sends the next command of the envelope. Returns `false` if a reply has to come first.
    fn send_next<E: Envelope + ?Sized>(&mut self, connection: &mut Connection, envelope: &E) -> bool {
        let sent = if !self.flags.mail_sent {
            self.flags.mail_sent = true;
            let sent = self.mail(connection, envelope);
            if let Err(misuse) = sent {
                self.decide_all(Outcome::cannot(misuse, Scope::Message));
            }
            sent
        } else if let Some(index) = self.next_recipient() {
            self.room = self.room.saturating_sub(1);
            let sent = self.rcpt(index, connection, envelope);
            match sent {
                Ok(()) => self.put(index, Place::Asked),
                Err(misuse) => {
                    self.decide(index, Outcome::cannot(misuse, Scope::Recipient));
                    self.hold_quorum();
                }
            }
            sent
        } else {
            return self.send_data(connection);
        };
        if sent.is_ok() {
            self.unanswered = self.unanswered.saturating_add(1);
        }
        true
    }

    /// Sends DATA after the last RCPT, or goes on to the content. Returns `false` if a reply has to come first.
    fn send_data(&mut self, connection: &mut Connection) -> bool {
        let asked = self.has(Place::Asked);
        if asked && (self.flags.chunking || self.message.quorum == Quorum::All) {
            return false;
        }
        if !asked {
            self.hold_quorum();
        }
        if !asked && !self.has(Place::Accepted) {
            // No recipient is left, but replies may be.
            self.stage = Stage::Ending;
            return true;
        }
        if self.flags.chunking {
            self.stage = Stage::Content;
            return true;
        }
        match connection.send(&Command::Data) {
            Ok(()) => {
                self.flags.data_sent = true;
                self.unanswered = self.unanswered.saturating_add(1);
            }
            Err(Misuse::AwaitingReply | Misuse::WrongState { .. }) if self.unanswered > 0 => return false,
            Err(misuse) => self.decide_all(Outcome::cannot(misuse, Scope::Message)),
        }
        true
    }

    /// Ends content that has no recipient.
    fn end_content(&mut self, connection: &mut Connection) {
        self.stage = Stage::Ending;
        let nobody = connection.client().recipients() == 0;
        let ended = self.flags.chunking || (nobody && connection.finish_content().is_ok());
        if !ended {
            // The server has accepted recipients after it had refused MAIL. The end of the content would send them an
            // empty message.
            connection.lost();
            self.end_with(Outcome::lost(Cause::Lost));
        }
    }

    fn mail<E: Envelope + ?Sized>(&self, connection: &mut Connection, envelope: &E) -> Result<(), Misuse> {
        let (sender, parameters) = envelope.sender();
        let offered = usable(connection.client());
        let mut text = sendable(parameters, MailOrRcpt::Mail, offered, self.message.require_dsn)?;
        let mut place = [0; OWN_LIMIT];
        let own = own_parameters(&Message { smtputf8: self.flags.smtputf8, ..self.message }, offered, &mut place);
        let parameters = if text.is_empty() {
            own
        } else {
            if !own.is_empty() {
                text.push(b' ');
                text.extend_from_slice(own);
            }
            &text
        };
        connection.send(&Command::mail(sender, Parameters::strict(parameters)))
    }

    fn rcpt<E: Envelope + ?Sized>(
        &self,
        index: usize,
        connection: &mut Connection,
        envelope: &E,
    ) -> Result<(), Misuse> {
        // The recipient does not exist if the envelope has become shorter.
        let (path, parameters) = envelope.recipient(index).ok_or(Misuse::NoRecipients)?;
        if !connection.count_domain(path) {
            return Err(OverLimit::RcptMax.into());
        }
        let text = sendable(parameters, MailOrRcpt::Rcpt, usable(connection.client()), self.message.require_dsn)?;
        connection.send(&Command::rcpt(path, Parameters::strict(&text)))
    }

    fn next_recipient(&mut self) -> Option<usize> {
        if self.room == 0 {
            return None;
        }
        let index = self.find(Place::Waiting, self.next)?;
        self.next = index.saturating_add(1);
        Some(index)
    }

    /// Returns `true` if one more command may be sent before the next reply.
    pub(super) fn has_room(&self, connection: &Connection) -> bool {
        let pipelining = connection.client().offer().extensions.contains(Extension::Pipelining);
        self.unanswered < if pipelining { self.message.group.get() } else { 1 }
    }
}
