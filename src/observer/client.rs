//! What the client sends.

use super::answer::of_rfc;
use super::chunk::Undecided;
use super::command::{Read, read};
use super::content::{Checker, Rules};
use super::facts::{Chunks, LastChunk, MailFacts, Outgoing, Past, Place, depends_on_session, out_of_place};
use super::in_flight::{Early, InFlight};
use super::violation::ViolationKind as V;
use super::{Mode, Observer, ObserverEvent, Pending};
use crate::codec::{BareLineEnding, COMMAND_LINE_LIMIT, Content, DotDecoder};
use crate::session::facts::needed;
use crate::session::{Action, State};
use crate::syntax::{Base64, Bdat, Body, Command, Extension, SyntaxError, Verb};
use alloc::vec::Vec;
use core::mem::take;

/// How many commands may be in flight; beyond that the client's octets are left unread until replies come. This bounds what
/// is held.
const IN_FLIGHT_LIMIT: usize = 32 * 1024 / size_of::<InFlight>();
/// The longest line that is looked at as a whole. Of a longer one this much is taken for the line.
const LINE_LIMIT: usize = 65_536;

impl Observer {
    /// The next event from the client's octets.
    pub(super) fn client_event<'a>(&mut self, client: &mut &'a [u8]) -> Option<ObserverEvent<'a>> {
        match self.mode {
            Mode::Lines => self.client_line(client),
            Mode::Content(..) => self.content(client),
            Mode::Chunk { .. } => self.chunk(client),
            Mode::Undecided(_) => {
                if self.give_up_waiting(client.len()) {
                    self.chunk(client)
                } else {
                    None
                }
            }
            Mode::Opaque { greeted } => {
                if let ([first, ..], false) = (*client, greeted) {
                    // A TLS connection begins with a handshake record, which is type 22 (RFC 8446 section 5.1).
                    if *first != 22 && self.session.encrypted {
                        self.report(V::NoTlsHandshake, self.client);
                    }
                    self.mode = Mode::Opaque { greeted: true };
                }
                self.client = self.client.behind(client);
                *client = &[];
                None
            }
        }
    }

    fn client_line<'a>(&mut self, client: &mut &'a [u8]) -> Option<ObserverEvent<'a>> {
        let decides = self.in_flight.decides() && !(self.server_closed && self.in_flight.ends_with_hello());
        if client.is_empty() || self.in_flight.len() >= IN_FLIGHT_LIMIT || decides {
            return None;
        }
        if self.noise && self.line_feed_of(client).is_some() {
            // The client goes on, so it has taken that for the answer.
            self.noise = false;
            if self.in_flight.pop().is_some_and(|one| one.ends_message()) {
                self.session.state = State::Ready;
                self.finish_transaction();
            }
        }
        let octets = *client;
        let at = self.client;
        let line = if self.line_feed {
            let end = self.line_feed_of(octets)?;
            self.line_feed = false;
            *client = octets.get(end.saturating_add(1)..).unwrap_or_default();
            self.lines.skip(end.saturating_add(1));
            octets.get(..end).unwrap_or_default()
        } else {
            let limit = if self.cut_short { octets.len().min(LINE_LIMIT) } else { LINE_LIMIT };
            match self.lines.decode(client, limit) {
                Ok(Some(line)) => line,
                Ok(None) => {
                    // What is dropped of a line that was too long.
                    self.client = at.behind(consumed(octets, client));
                    return None;
                }
                Err(_) => octets.get(..limit).unwrap_or(octets),
            }
        };
        // The rest of a line that was too long may stand before the line.
        let taken = consumed(octets, client);
        let ending = if taken.ends_with(b"\r\n") { 2 } else { taken.len().saturating_sub(line.len()).min(1) };
        let length = line.len().saturating_add(ending);
        let skipped = taken.get(..taken.len().saturating_sub(length)).unwrap_or_default();
        let at = at.behind(skipped);
        self.client = self.client.behind(taken);
        self.after_lmtp_content = false;
        self.miss_owed();
        self.lookalike &= self.misread;
        if self.session.state == State::Auth {
            self.cut_short = false;
            self.response(line, at);
            return Some(ObserverEvent::Response(line));
        }
        // More of it is to come.
        let length = if take(&mut self.cut_short) { length.saturating_add(b"\r\n".len()) } else { length };
        let command = self.command(line, length, at);
        match command {
            Ok(Command::Unknown(_)) | Err(_) => {
                self.credential = self.after_auth;
                self.after_auth |= begins_auth(line);
            }
            Ok(command) => {
                self.credential = false;
                self.after_auth = matches!(command, Command::Auth(_));
            }
        }
        Some(ObserverEvent::Command { line, command })
    }

    /// A line of an AUTH exchange.
    fn response(&mut self, line: &[u8], at: Place) {
        let mut one = InFlight::new(Action::Response, at);
        one.cancels = line == b"*";
        one.undecodable = !one.cancels && Base64::parse(line).is_err();
        let mut found = Vec::new();
        self.look_at_pipelining(&one, &mut found);
        if one.undecodable && found.is_empty() {
            found.push(V::ResponseNotBase64);
        }
        if self.judges() {
            self.report_all(&found, at);
        }
        self.in_flight.push(one, self.session.state);
    }

    /// Where the first LF stands among the unread octets of the client.
    pub(super) fn line_feed_of(&mut self, client: &[u8]) -> Option<usize> {
        let searched = self.line_feed_from.saturating_sub(self.client.offset);
        let from = usize::try_from(searched).unwrap_or(usize::MAX).min(client.len());
        let found = memchr::memchr(b'\n', client.get(from..)?).map(|at| from.saturating_add(at));
        self.line_feed_from = self.client.behind_text(found.unwrap_or(client.len())).offset;
        found
    }

    fn judges(&self) -> bool {
        !self.server_closed
    }

    fn command<'a>(&mut self, line: &'a [u8], length: usize, at: Place) -> Result<Command<'a>, SyntaxError> {
        // A line that begins in a chunk, which the server reads as a command: only what stands behind the chunk is the
        // client's.
        let behind = self.client.offset;
        let in_chunk = self.chunk_until.saturating_sub(at.offset);
        let declared = self.declared();
        let mut found = Vec::new();
        if in_chunk > 0 {
            // Whatever it says, the line changes nothing here but that it may have a reply.
            let whole = read(line, at, &self.session, declared, &mut |_| {});
            let own = usize::try_from(in_chunk).ok().and_then(|at| line.get(at..));
            let Some(own) = own.filter(|own| !own.is_empty()) else {
                self.pass_lines(1, true);
                return whole.command;
            };
            {
                let at = Place { offset: self.chunk_until, ..at };
                let part = read(own, at, &self.session, declared, &mut |kind| found.push(kind));
                if let Ok(Command::Bdat(bdat)) = part.command {
                    found.push(V::BdatNotOffered);
                    self.chunk_until = behind.saturating_add(bdat.size);
                }
                let mut one = InFlight::new(Action::Other, at);
                one.sound = false;
                one.ends_group = false;
                self.report_all(&found, at);
                self.in_flight.push(one, self.session.state);
            }
            return whole.command;
        }
        let Read { command, facts: mut one } = read(line, at, &self.session, declared, &mut |kind| found.push(kind));
        let verb = command.as_ref().map_or(Verb::Unknown, Command::verb);
        if self.session.data_refused {
            if matches!(found.as_slice(), [V::UnknownVerb | V::CommandSyntax]) {
                // The lines of a content for which there was no 354.
                found.clear();
                // Sent together with DATA, they are one fault of pipelining.
                if self.early.is_none() && !self.session.content_reported {
                    found.push(V::ContentWithout354);
                }
                self.burst |= self.session.content_reported;
                self.session.content_reported = true;
            } else {
                self.session.data_refused = false;
                self.session.content_reported = false;
            }
        }
        if length > COMMAND_LINE_LIMIT && length > self.line_limit(verb) {
            one.sound = false;
            if found.is_empty() {
                found.push(V::CommandLineTooLong);
            }
        }
        if self.session.lmtp && matches!(verb, Verb::Helo | Verb::Ehlo) {
            found.push(V::HelloInLmtp);
        }
        self.look_at_offer(verb, &mut one, &mut found);
        if self.chunk_lines.may_come() {
            self.take_turn();
        }
        let early = self.early;
        self.look_at_pipelining(&one, &mut found);
        self.look_at_place(&mut one, early, &mut found);
        if self.session.unclear {
            found.retain(|kind| !depends_on_session(*kind));
            one.suspect = None;
        }
        if self.judges() {
            self.report_all(&found, at);
        }
        match one.action {
            Action::Quit => self.session.quit_sent = true,
            // Whether it begins another message is for its reply to say.
            Action::Mail if self.in_flight.if_all_succeed(self.session.state).in_transaction() => {
                self.session.outgoing.nested_mail = true;
            }
            Action::Mail | Action::Rset | Action::Helo | Action::Ehlo | Action::Lhlo => {
                self.session.outgoing = Outgoing::default();
            }
            _ => {}
        }
        self.begin(line, &command, &mut one);
        self.in_flight.push(one, self.session.state);
        command
    }

    fn line_limit(&self, verb: Verb) -> usize {
        let offer = self.session.offer.extensions;
        match verb {
            Verb::Mail => offer.mail_line_limit(),
            Verb::Rcpt => offer.rcpt_line_limit(),
            _ => COMMAND_LINE_LIMIT,
        }
    }

    fn report_all(&mut self, kinds: &[V], at: Place) {
        for kind in kinds {
            self.report(*kind, at);
        }
    }

    /// What the MAIL of the transaction declared that the next command belongs to.
    fn declared(&self) -> MailFacts {
        self.in_flight.declared().unwrap_or(self.session.transaction.mail)
    }

    /// Is the extension of the verb in force?
    fn look_at_offer(&self, verb: Verb, one: &mut InFlight, found: &mut Vec<V>) {
        let Some(extension) = of_rfc(needed(verb)) else { return };
        let kind = match verb {
            Verb::StartTls => V::StartTlsNotOffered,
            Verb::Auth => V::AuthNotOffered,
            Verb::Bdat => V::BdatNotOffered,
            _ => V::ExtensionNotOffered,
        };
        if verb == Verb::Auth && self.session.authenticated {
            // Then the server does not have to offer it any more.
            one.repeated = true;
            found.push(V::AuthRepeated);
        } else if !self.session.offers(extension) {
            one.unlisted = !matches!(verb, Verb::Bdat | Verb::Burl) && self.session.extended;
            found.push(kind);
        }
    }

    /// Was it sent before it might have been?
    fn look_at_pipelining(&mut self, one: &InFlight, found: &mut Vec<V>) {
        let early = self.early.take();
        let allowed = if early.is_some() { self.early_allowed } else { self.session.offers(Extension::Pipelining) };
        if early.is_none() && self.in_flight.is_empty() {
            self.burst = false;
            return;
        }
        let greeting = self.in_flight.has_no_command() && early.is_none_or(|early| early.action == Action::Greeting);
        // What decides is not in flight any more when a line is read.
        let ended = early.filter(|early| early.ends_group).map(|early| early.action);
        let kind = if greeting {
            V::TalkBeforeGreeting
        } else if self.session.quit_sent && one.action != Action::Quit {
            return;
        } else if !allowed {
            V::PipeliningNotOffered
        } else if matches!(ended, Some(Action::Auth | Action::Response)) {
            V::AuthNotLastInGroup
        } else if ended == Some(Action::StartTls) {
            V::OctetsBehindStartTls
        } else if self.in_flight.has_group_end() || ended.is_some_and(|action| action != Action::Greeting) {
            V::PipeliningPastGroupEnd
        } else {
            return;
        };
        if !self.burst {
            found.push(kind);
            self.burst = true;
        }
    }

    /// Is it in its place, as far as the client could know?
    fn look_at_place(&mut self, one: &mut InFlight, early: Option<Early>, found: &mut Vec<V>) {
        if self.session.quit_sent && one.action != Action::Quit {
            found.push(V::CommandAfterQuit);
            return;
        }
        if self.session.state == State::Closed || self.session.data_refused {
            return;
        }
        let state = match early {
            Some(early) => early.state,
            None => self.in_flight.if_all_succeed(self.session.state),
        };
        let mut past = self.session.past();
        if self.in_flight.declared().is_some() {
            // A transaction that is to begin has no chunks yet.
            past = Past { chunks: Chunks::None, last: None, ..past };
        }
        if self.in_flight.has_last_chunk() {
            past.last = past.last.or(Some(LastChunk::Accepted));
        }
        if one.unlisted || found.contains(&V::BdatNotOffered) || found.contains(&V::ExtensionNotOffered) {
            return;
        }
        let mut fault = out_of_place(state, one.action, past);
        if one.action == Action::Data && state == State::Rcpt && self.declared().body == Body::BinaryMime {
            fault = Some(V::DataWithBinaryMime);
        }
        if let Some(kind) = fault {
            // What the client did not know may yet excuse it.
            let known = early.is_none() && self.in_flight.has_no_command();
            if known || kind == V::CommandBeforeHello {
                if !(kind == V::CommandBeforeHello && found.contains(&V::TalkBeforeGreeting)) {
                    found.push(kind);
                }
            } else {
                one.suspect = Some(kind);
            }
        }
    }

    /// What a command brings along.
    fn begin(&mut self, line: &[u8], command: &Result<Command<'_>, SyntaxError>, one: &mut InFlight) {
        let bdat = match command {
            Ok(Command::Bdat(bdat)) => {
                one.is_bdat = true;
                one.size = bdat.size;
                *bdat
            }
            Ok(_) => return,
            Err(_) => {
                // Does the server take the octets of what it refuses?
                one.is_bdat = matches!(one.action, Action::Bdat | Action::BdatLast);
                if let Ok(Some(bdat @ Bdat { size: 1.., .. })) = Bdat::announced(line) {
                    self.mode = Mode::Undecided(Undecided::new(bdat, one.at));
                }
                return;
            }
        };
        if self.session.offers(Extension::Chunking) || self.reads_lines == Some(false) || bdat.size == 0 {
            self.read_chunk(bdat);
        } else if self.reads_lines == Some(true) {
            one.action = Action::Other;
            self.chunk_until = self.client.offset.saturating_add(bdat.size);
        } else {
            self.mode = Mode::Undecided(Undecided::new(bdat, one.at));
        }
    }

    /// The next octets are content behind DATA.
    pub(super) fn read_content(&mut self) {
        let decoder = DotDecoder::new(BareLineEnding::Pass).with_line_limit(None);
        self.mode = Mode::Content(decoder, Checker::new(self.rules(true, self.session.transaction.mail)));
    }

    fn rules(&self, stuffed: bool, mail: MailFacts) -> Rules {
        let eight_bit = mail.body != Body::SevenBit;
        let utf8 = mail.smtputf8 && !eight_bit;
        Rules { stuffed, eight_bit, utf8, binary: mail.body == Body::BinaryMime && !stuffed }
    }

    fn content<'a>(&mut self, client: &mut &'a [u8]) -> Option<ObserverEvent<'a>> {
        let Mode::Content(decoder, checker) = &mut self.mode else { return None };
        let octets = *client;
        let content = decoder.decode(client);
        let taken = consumed(octets, client);
        self.lines.skip(taken.len());
        let mut found = Vec::new();
        self.client = checker.look(taken, self.client, &mut |kind, at| found.push((kind, at)));
        self.lookalike |= found.iter().any(|(kind, _)| *kind == V::EndOfDataLookalike);
        self.report_in_content(&found);
        match content? {
            Content::Octets(octets) => {
                self.count(octets);
                Some(ObserverEvent::Content(octets))
            }
            Content::End(_) => {
                // The dot, of the dot and its CRLF.
                let dot =
                    Place { offset: self.client.offset.saturating_sub(3), line: self.client.line.saturating_sub(1) };
                self.mode = Mode::Lines;
                let transaction = &self.session.transaction;
                let fitting = transaction.recipients > 0 || transaction.resumed || self.session.outgoing.size == 0;
                if !fitting && self.session.offers(Extension::Pipelining) && self.judges() {
                    self.report(V::ContentWithoutRecipients, dot);
                }
                let mut one = InFlight::new(Action::Content, dot);
                one.mail = self.session.transaction.mail;
                one.size = self.end_message();
                self.in_flight.push(one, self.session.state);
                self.end_event()
            }
        }
    }

    fn chunk<'a>(&mut self, client: &mut &'a [u8]) -> Option<ObserverEvent<'a>> {
        let rules = self.rules(false, self.declared());
        let Mode::Chunk { decoder, last, unsure } = &mut self.mode else { return None };
        let last = *last;
        let octets = *client;
        let content = decoder.decode(client)?;
        let at = self.client;
        let taken = consumed(octets, client);
        self.lines.skip(taken.len());
        if let Some(ends) = unsure {
            let lines = ends.count(taken);
            self.pass_lines(lines, false);
        }
        self.client = at.behind(consumed(octets, client));
        let checker = self.session.outgoing.chunks.get_or_insert_with(|| Checker::new(rules));
        let mut found = Vec::new();
        match content {
            Content::Octets(taken) => {
                checker.look(taken, at, &mut |kind, at| found.push((kind, at)));
                self.report_in_content(&found);
                self.count(taken);
                Some(ObserverEvent::Content(taken))
            }
            Content::End(_) => {
                self.mode = Mode::Lines;
                if !last {
                    return self.client_event(client);
                }
                checker.end(at.back(), &mut |kind, at| found.push((kind, at)));
                self.report_in_content(&found);
                let mut mail = self.declared();
                if self.session.outgoing.nested_mail {
                    // Which of the two it belongs to is not known, and so neither what was declared.
                    mail.size = None;
                }
                let size = self.end_message();
                if let Some(one) = self.in_flight.back_mut().filter(|one| one.action == Action::BdatLast) {
                    one.mail = mail;
                    one.size = size;
                }
                self.end_event()
            }
        }
    }

    fn count(&mut self, octets: &[u8]) {
        let outgoing = &mut self.session.outgoing;
        outgoing.size = outgoing.size.saturating_add(octets.len() as u64);
    }

    /// All octets of a message have been seen: how many?
    fn end_message(&mut self) -> u64 {
        take(&mut self.session.outgoing).size
    }

    fn end_event<'a>(&mut self) -> Option<ObserverEvent<'a>> {
        if self.pending.is_empty() {
            return Some(ObserverEvent::ContentEnd);
        }
        self.pending.push_back(Pending::ContentEnd);
        None
    }

    fn report_in_content(&mut self, found: &[(V, Place)]) {
        if self.judges() {
            for &(kind, at) in found {
                self.report(kind, at);
            }
        }
    }
}

/// Is it AUTH, however it goes on, and whatever stands before it?
fn begins_auth(line: &[u8]) -> bool {
    let mut words = line.split(|octet| !octet.is_ascii_graphic()).filter(|word| !word.is_empty());
    words.next().is_some_and(|verb| verb.eq_ignore_ascii_case(b"AUTH"))
}

/// What has been consumed of `octets` when `rest` is left.
pub(super) fn consumed<'a>(octets: &'a [u8], rest: &[u8]) -> &'a [u8] {
    octets.get(..octets.len().saturating_sub(rest.len())).unwrap_or_default()
}
