//! What a reply makes of the session, and what is wrong with it.

use super::facts::{Chunks, LastChunk, Place, Transaction, out_of_place};
use super::in_flight::{Early, InFlight};
use super::violation::ViolationKind as V;
use super::{Mode, Observer, Pending, answer};
use crate::session::codes::can_have;
use crate::session::state::is_of_no_such_command;
use crate::session::{Action, State};
use crate::syntax::{Base64, Body, Capability, EhloReply, Extension, Offer, Reply, ReplyClass, ReplyCode};
use core::mem::take;

impl Observer {
    pub(super) fn unsolicited(&mut self, code: ReplyCode, judged: bool, at: Place) {
        if code == ReplyCode::SERVICE_NOT_AVAILABLE {
            self.session.state = State::Closed;
            self.session.ended = true;
            self.owed = 0;
            self.end_doubt();
            return;
        }
        if self.owed > 0 {
            self.owed = self.owed.saturating_sub(1);
            return;
        }
        let of_chunk = matches!(self.mode, Mode::Undecided(_)) || self.client.offset < self.chunk_until;
        if !judged || of_chunk || self.session.unclear || self.session.refusal == Some(ReplyCode::DOES_NOT_ACCEPT_MAIL)
        {
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

    pub(super) fn look_at_answer(&mut self, one: &InFlight, code: ReplyCode, reply: Option<&Reply<'_>>, at: Place) {
        let state = self.session.state;
        if let Some(suspicion) = one.suspect.filter(|_| !self.session.unclear) {
            let binary = one.action == Action::Data
                && state == State::Rcpt
                && self.session.transaction.mail.body == Body::BinaryMime;
            let fault =
                if binary { Some(V::DataWithBinaryMime) } else { out_of_place(state, one.action, self.session.past()) };
            // DATA after BDAT has no place however that was answered.
            let after_bdat = (suspicion, fault) == (V::DataAfterBdat, Some(V::TransactionNotReset));
            if fault == Some(suspicion) || after_bdat {
                self.report(suspicion, one.at);
            }
        }
        if self.is_astray() {
            return;
        }
        if let Some(kind) = answer::fault(one, code, &self.session) {
            self.report(kind, at);
        }
        let unfinished = matches!(self.mode, Mode::Chunk { .. })
            && self.is_chunk_owed(one)
            && code != ReplyCode::SERVICE_NOT_AVAILABLE;
        if unfinished && self.in_flight.is_empty() && matches!(one.action, Action::Bdat | Action::BdatLast) {
            self.report(V::ChunkAnsweredEarly, at);
        }
        if code == ReplyCode::CHALLENGE && matches!(one.action, Action::Auth | Action::Response) {
            let mut lines = reply.into_iter().flat_map(Reply::lines);
            let text = lines.next().unwrap_or_default();
            if Base64::parse(text).is_err() || lines.next().is_some() {
                self.report(V::ChallengeNotBase64, at);
            }
        }
    }

    /// What a reply makes of the session.
    pub(super) fn apply(&mut self, one: &InFlight, code: ReplyCode, reply: Option<&Reply<'_>>, at: Place) {
        use Action as A;
        let before = self.session.state;
        // What has the code of another command gains nothing.
        let fits = code.class().is_failure() || can_have(one.action, code);
        let success = code.class() == ReplyClass::Success && fits;
        let offered = match one.action {
            A::Bdat | A::BdatLast => self.session.offers(Extension::Chunking),
            A::Burl | A::BurlLast => self.session.offers(Extension::Burl),
            _ => true,
        };
        self.session.unclear |= !fits && moves(one.action);
        self.session.state = match (fits, offered) {
            (true, true) => before.after_offered(one.action, code),
            (true, false) => before.after(one.action, code),
            (false, _) if ends(one.action) => before.after(one.action, ReplyCode::TRANSACTION_FAILED),
            (false, _) => before,
        };
        if code == ReplyCode::SERVICE_NOT_AVAILABLE {
            self.session.ended = true;
            self.end_doubt();
            return;
        }
        if matches!(one.action, A::Bdat | A::BdatLast) && self.session.state.in_transaction() {
            let refused = offered && code.class().is_failure();
            let chunks = &mut self.session.transaction.chunks;
            *chunks = if refused || *chunks == Chunks::Refused { Chunks::Refused } else { Chunks::Sent };
        }
        if one.action == A::Mail {
            // What follows belongs to it, however it was answered.
            self.session.last = None;
        }
        match one.action {
            A::Greeting if code.class().is_failure() => self.session.refusal = Some(code),
            A::Helo | A::Ehlo | A::Lhlo if success => self.hello(one, reply, at),
            A::Ehlo if matches!(code.get(), 500 | 502) && one.sound => self.session.ehlo_refused = Some(at),
            A::Mail if !code.class().is_failure() && fits => {
                self.session.clear_transaction();
                self.session.unclear = self.is_astray();
                let resumed = code.class() == ReplyClass::Intermediate;
                self.session.transaction = Transaction { mail: one.mail, resumed, ..Transaction::default() };
            }
            A::Rcpt => {
                let transaction = &mut self.session.transaction;
                transaction.tried = true;
                transaction.too_many |= matches!(code.get(), 452 | 552);
                transaction.recipients = transaction.recipients.saturating_add(u32::from(success));
            }
            A::Data if code.class() == ReplyClass::Intermediate && fits => {
                self.misread = false;
                self.lookalike = false;
                self.read_content();
            }
            A::Data => {
                self.session.data_refused = true;
                let transaction = &self.session.transaction;
                let spoilt = transaction.chunks != Chunks::None || transaction.mail.body == Body::BinaryMime;
                if spoilt && before == State::Rcpt && !is_of_no_such_command(one.action, code) {
                    // RFC 3030 sections 2 and 3: then the transaction waits for RSET.
                    self.session.state = State::Failed;
                }
            }
            A::Content | A::BdatLast | A::BurlLast => self.message(one, code, success, before),
            A::Rset if success => {
                self.session.unclear = self.is_astray();
                self.session.clear_transaction();
            }
            A::StartTls if success => {
                self.session.encrypted = true;
                self.mode = Mode::Opaque { greeted: false };
                self.pending.push_back(Pending::TlsBegun);
            }
            A::Auth | A::Response if success => self.session.authenticated = true,
            A::Atrn if success => self.mode = Mode::Opaque { greeted: false },
            A::Xclient if success => {
                // What the proxy was is nothing that the client behind it is.
                self.session.offer = Offer::default();
                self.session.authenticated = false;
                self.session.clear_transaction();
            }
            A::Quit if success => self.session.ended = true,
            // The refusal of one with an argument is no fault of the server, and the session goes on.
            A::Quit if !one.sound => self.session.quit_sent = self.in_flight.has_quit(),
            _ => {}
        }
        if matches!(one.action, A::Bdat | A::BdatLast) && !offered && !success {
            // Whether the server knows BDAT is not known, so nothing is spoilt.
            self.session.state = before;
        }
    }

    /// One of the replies to a message, which came in this state.
    fn message(&mut self, one: &InFlight, code: ReplyCode, success: bool, before: State) {
        let has_recipients = !self.session.lmtp || self.session.transaction.recipients > 0 || self.session.unclear;
        if success && has_recipients && !self.session.message_counted {
            self.session.message_counted = true;
            self.session.messages = self.session.messages.saturating_add(1);
        }
        if !one.more {
            self.after_lmtp_content = self.session.lmtp && self.in_flight.is_empty();
            // A last chunk that is refused for want of recipients ends nothing.
            if !self.session.state.in_transaction() {
                // Nor does one that is refused for its place, its syntax or what a policy wants first.
                let ended = (matches!(before, State::Rcpt | State::Bdat) || one.replies > 1)
                    && !matches!(code.get(), 500..=503 | 530);
                let last = ended && one.action == Action::BdatLast && self.session.state == State::Ready;
                let how = if success { LastChunk::Accepted } else { LastChunk::Refused };
                self.finish_transaction();
                self.session.last = last.then_some(how);
            }
        }
    }

    pub(super) fn finish_transaction(&mut self) {
        self.session.message_counted = false;
        self.session.clear_transaction();
    }

    /// A hello was accepted.
    fn hello(&mut self, one: &InFlight, reply: Option<&Reply<'_>>, at: Place) {
        let session = &mut self.session;
        session.clear_transaction();
        session.unclear = self.chunk_lines.may_come();
        session.astray = false;
        session.extended = one.action != Action::Helo;
        session.offer = Offer::default();
        session.unregistered = false;
        session.private = false;
        let judged = !self.client_closed;
        if one.action == Action::Lhlo {
            session.lmtp = true;
        }
        if let Some(place) = session.ehlo_refused.take() {
            if one.action == Action::Helo && judged {
                self.report(V::RequiredCommandRefused, place);
            }
        }
        let Some(reply) = reply else { return };
        if one.action == Action::Helo {
            let listed = |text: &[u8]| Capability::parse(text).is_ok_and(|line| line.extension().is_some());
            if judged && reply.lines().skip(1).any(listed) {
                self.report(V::ExtendedHeloReply, at);
            }
            return;
        }
        let Some(ehlo) = EhloReply::from_reply(*reply) else { return };
        let mut parameters = false;
        let session = &mut self.session;
        session.offer = ehlo.offer_and(|capability| match (capability.extension(), capability.keyword.as_bytes()) {
            (Some(Extension::SmtpUtf8), _) => parameters |= capability.words().next().is_some(),
            (Some(_), _) => {}
            (None, [b'X' | b'x', ..]) => session.private = true,
            (None, _) => session.unregistered = true,
        });
        self.session.enhanced = self.session.offers(Extension::EnhancedStatusCodes);
        if judged {
            self.look_at_offers(one.action, parameters, at);
        }
    }

    /// Do the offers of a reply to EHLO or LHLO go together?
    fn look_at_offers(&mut self, hello: Action, utf8_parameters: bool, at: Place) {
        use Extension as E;
        let session = &self.session;
        let lacks = |extension| !session.offers(extension);
        let faults = [
            (V::BinaryMimeWithoutChunking, session.offers(E::BinaryMime) && lacks(E::Chunking)),
            (V::SmtpUtf8Without8BitMime, session.offers(E::SmtpUtf8) && lacks(E::EightBitMime)),
            (V::SmtpUtf8Parameters, utf8_parameters),
            (
                V::LmtpWithoutExtensions,
                hello == Action::Lhlo && (lacks(E::Pipelining) || lacks(E::EnhancedStatusCodes)),
            ),
            (V::LmtpWithout8BitMime, hello == Action::Lhlo && lacks(E::EightBitMime)),
        ];
        for (kind, _) in faults.into_iter().filter(|(_, is_fault)| *is_fault) {
            self.report(kind, at);
        }
    }

    /// What the client had sent before it could have this reply.
    pub(super) fn look_ahead(&mut self, client: &mut &[u8], one: &InFlight) {
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
                    let offered = self.session.offers(Extension::Pipelining);
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
                self.client = self.client.behind(client);
                *client = &[];
            }
            _ => self.early = Some(Early { action: one.action, ends_group: one.ends_group, state: expected }),
        }
    }
}

/// Does a success of it move the session to another state, or give it other offers?
fn moves(action: Action) -> bool {
    use Action as A;
    matches!(
        action,
        A::Helo | A::Ehlo | A::Lhlo | A::Mail | A::Rcpt | A::Data | A::Bdat | A::Burl | A::Rset | A::Xclient
    )
}

/// Is something over with its reply, whatever that is?
fn ends(action: Action) -> bool {
    matches!(action, Action::Content | Action::BdatLast | Action::BurlLast | Action::Response)
}
