//! The ends of the two directions: what a close leaves unfinished, and which side it is held against.

use super::recovery::Recovery;
use super::{Closed, Mode, Surplus};
use crate::observer::Observer;
use crate::observer::exchange::Place;
use crate::observer::rules::order;
use crate::observer::violation::ViolationKind as V;
use core::mem::replace;

impl Observer {
    /// Notes that the client has closed its direction.
    pub(crate) fn close_client(&mut self) {
        let pairing = &mut self.pairing;
        let at = pairing.client;
        let unheard = at == Place::START && pairing.queue.awaits_greeting();
        let excused =
            !pairing.judges_client() || pairing.client_closed || unheard || matches!(pairing.mode, Mode::Opaque { .. });
        pairing.client_closed = true;
        let in_chunk = matches!(pairing.mode, Mode::Chunk { .. });
        let fault = order::closed_by_client(in_chunk, &self.facts).filter(|_| !excused);
        self.report_if(fault, at);
    }

    /// Notes that the server has closed its direction.
    pub(crate) fn close_server(&mut self) {
        // The unread octets may be a last reply, which comes first.
        if matches!(self.pairing.recovery, Recovery::Unfinished { .. }) && self.pairing.server_closed == Closed::No {
            self.pairing.server_closed = Closed::AfterReply;
            return;
        }
        let at = self.pairing.server;
        if matches!(self.pairing.surplus, Surplus::Owed { .. }) {
            self.pairing.surplus = Surplus::None;
            self.report(V::LmtpReplyMissing, at);
        }
        self.end_doubt();
        let pairing = &mut self.pairing;
        let before = replace(&mut pairing.server_closed, Closed::Yes);
        if before == Closed::Yes || matches!(pairing.mode, Mode::Opaque { .. }) {
            return;
        }
        let lacks_reply = pairing.queue.front().is_some_and(|sent| sent.replies > 0) && !self.facts.unclear;
        let fault = order::closed_by_server(pairing.queue.has_quit(), &self.facts);
        let fault = fault.filter(|kind| *kind != V::ServerClosed || pairing.judges_server());
        if let Mode::Undecided(undecided) = pairing.mode {
            if !self.facts.ended && !self.facts.takes_no_mail() {
                pairing.read_chunk(undecided.bdat);
            }
        }
        self.report_if(lacks_reply.then_some(V::LmtpReplyMissing), at);
        self.report_if(fault, at);
    }
}
