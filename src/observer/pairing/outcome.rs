//! What a reply makes of the session, and what is wrong with it.

use super::server::To;
use crate::observer::exchange::{Early, Exchange, LinesOfChunk, Place, Sent};
use crate::observer::rules::{code, hello, order};
use crate::observer::violation::ViolationKind as V;
use crate::observer::{Mode, Observer, Pending};
use crate::session::{Action, State};
use crate::syntax::{Extension, Reply, ReplyCode};
use core::mem::take;

impl Observer {
    pub(in crate::observer) fn unsolicited(&mut self, code: ReplyCode, at: Place) {
        if code == ReplyCode::SERVICE_NOT_AVAILABLE {
            self.facts.state = State::Closed;
            self.facts.ended = true;
            self.owed = 0;
            self.end_doubt();
            return;
        }
        if self.owed > 0 {
            self.owed = self.owed.saturating_sub(1);
            return;
        }
        let of_chunk = matches!(self.mode, Mode::Undecided(_)) || self.client.offset < self.chunk_until;
        if self.client_closed || of_chunk || self.facts.unclear || self.facts.takes_no_mail() {
            return;
        }
        if self.lookalike || matches!(self.mode, Mode::Content(..)) {
            if !self.misread {
                self.report(V::EndOfDataMisread, at);
            }
            self.misread = true;
        } else if self.after_lmtp_content {
            self.report(V::LmtpReplyTooMany, at);
        } else {
            self.report(V::UnsolicitedReply, at);
        }
    }

    /// A reply, and what it answers.
    pub(in crate::observer) fn answered(
        &mut self,
        client: &mut &[u8],
        to: &To,
        code: Option<ReplyCode>,
        reply: Option<&Reply<'_>>,
        at: Place,
    ) {
        let Some(code) = code else { return };
        let (sent, more) = match to {
            To::Nothing => return self.unsolicited(code, at),
            To::LineOfChunk => (Sent::new(Action::Other, at), false),
            To::Sent { sent, more } => (*sent, *more),
        };
        let exchange = Exchange { sent, code, reply, at, more };
        if matches!(to, To::LineOfChunk) {
            // The line may have done something: begun a transaction, or cleared one.
            self.facts.unclear |= !exchange.fails();
            if exchange.closes() {
                self.facts.answered(&exchange, true);
                self.end_doubt();
            }
            return;
        }
        let judged = !self.client_closed;
        if judged {
            self.judge(&exchange);
        }
        let (recipients, refused_here) = (self.facts.transaction.recipients, self.facts.ehlo_refused);
        let early = Early {
            action: sent.action,
            ends_group: sent.ends_group,
            pipelining: self.facts.offers(Extension::Pipelining),
            state: State::Start,
        };
        let is_hello = sent.is_hello() && exchange.succeeds();
        self.astray &= !is_hello;
        self.facts.answered(&exchange, self.is_astray());
        if exchange.closes() {
            self.end_doubt();
        } else if is_hello && judged {
            for at in refused_here.into_iter().filter(|_| sent.action == Action::Helo) {
                self.report(V::RequiredCommandRefused, at);
            }
            for kind in hello::faults(&exchange, &self.facts).collect::<alloc::vec::Vec<_>>() {
                self.report(kind, at);
            }
        }
        self.follow(&exchange);
        if sent.is_bdat() || sent.lines != LinesOfChunk::Read(0) {
            self.look_at_chunk(&exchange, client.len(), recipients);
        }
        self.look_ahead(client, &sent, early);
    }

    fn judge(&mut self, exchange: &Exchange<'_>) {
        if let Some(kind) = order::suspicion(exchange, &self.facts).filter(|_| !self.facts.unclear) {
            self.report(kind, exchange.sent.at);
        }
        if self.is_astray() {
            return;
        }
        let unfinished = matches!(self.mode, Mode::Chunk { .. })
            && self.facts.owes_chunk(exchange.sent.sound)
            && self.in_flight.is_empty()
            && exchange.sent.is_bdat()
            && !exchange.closes();
        let faults = [
            code::fault(exchange, &self.facts),
            unfinished.then_some(V::ChunkAnsweredEarly),
            code::challenge(exchange),
        ];
        for kind in faults.into_iter().flatten() {
            self.report(kind, exchange.at);
        }
    }

    /// How the next octets are read after an exchange.
    fn follow(&mut self, exchange: &Exchange<'_>) {
        let sent = &exchange.sent;
        match sent.action {
            Action::Data if exchange.continues() => {
                self.misread = false;
                self.lookalike = false;
                self.read_content();
            }
            Action::Content | Action::BdatLast | Action::BurlLast if !exchange.more && !exchange.closes() => {
                self.after_lmtp_content = self.facts.lmtp && self.in_flight.is_empty();
            }
            Action::StartTls if exchange.succeeds() => {
                self.mode = Mode::Opaque { greeted: false };
                self.pending.push_back(Pending::TlsBegun);
            }
            Action::Atrn if exchange.succeeds() => self.mode = Mode::Opaque { greeted: false },
            // The refusal of one with an argument is no fault of the server, and the session goes on.
            Action::Quit if !exchange.succeeds() && !exchange.closes() && !sent.sound => {
                self.facts.quit_sent = self.in_flight.has_quit();
            }
            _ => {}
        }
    }

    /// What the client had sent before it could have this reply.
    pub(in crate::observer) fn look_ahead(&mut self, client: &mut &[u8], one: &Sent, early: Early) {
        // No reply that has come since the client began a line could change it.
        let expected = self.early.take().map_or_else(|| self.in_flight.expected_behind(one), |early| early.state);
        // A chunk that was not read before it was known for one.
        let in_chunk = matches!(&self.mode, Mode::Chunk { decoder, .. } if client.len() as u64 <= decoder.remaining());
        if client.is_empty()
            || in_chunk
            || matches!(self.mode, Mode::Undecided(_))
            || self.client.offset < self.chunk_until
        {
            return;
        }
        match self.mode {
            Mode::Content(..) => {
                if !self.server_closed {
                    let offered = self.facts.offers(Extension::Pipelining);
                    let kind = if offered { V::PipeliningPastGroupEnd } else { V::PipeliningNotOffered };
                    if !take(&mut self.burst) {
                        self.report(kind, self.client);
                    }
                }
            }
            Mode::Opaque { .. } => {
                if one.action == Action::StartTls {
                    self.report(V::OctetsBehindStartTls, self.client);
                }
                self.client = self.client.after(client);
                *client = &[];
            }
            _ => self.early = Some(Early { state: expected, ..early }),
        }
    }
}
