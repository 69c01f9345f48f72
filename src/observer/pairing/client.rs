//! What the client sends.

use super::chunk::Undecided;
use crate::codec::{BareLineEnding, COMMAND_LINE_LIMIT, Content, DotDecoder};
use crate::observer::exchange::{Ahead, Declared, Place, Sent};
use crate::observer::facts::Unasked;
use crate::observer::rules::command::read;
use crate::observer::rules::content::{Checker, Rules};
use crate::observer::rules::order::{self, depends_on_session};
use crate::observer::violation::ViolationKind as V;
use crate::observer::{Mode, Observer, ObserverEvent, Outgoing, Pending};
use crate::session::{Action, State};
use crate::syntax::{Base64, Bdat, Body, Command, Extension, ReplyCode, SyntaxError, Verb};
use alloc::vec::Vec;
use core::mem::take;

/// How many commands may be in flight; beyond that the client's octets are left unread until replies come. This bounds what
/// is held.
const IN_FLIGHT_LIMIT: usize = 32 * 1024 / size_of::<Sent>();
/// The longest line that is looked at as a whole. Of a longer one this much is taken for the line.
const LINE_LIMIT: usize = 65_536;

impl Observer {
    /// The next event from the client's octets.
    pub(in crate::observer) fn client_event<'a>(&mut self, client: &mut &'a [u8]) -> Option<ObserverEvent<'a>> {
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
                    if *first != 22 && self.facts.encrypted {
                        self.report(V::NoTlsHandshake, self.client);
                    }
                    self.mode = Mode::Opaque { greeted: true };
                }
                self.client = self.client.after(client);
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
                self.facts.end_message();
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
                    self.client = at.after(consumed(octets, client));
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
        let at = at.after(skipped);
        self.client = self.client.after(taken);
        self.after_lmtp_content = false;
        self.miss_owed();
        self.lookalike &= self.misread;
        if self.facts.state == State::Auth {
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
        let mut one = Sent::new(Action::Response, at);
        let mut found = Vec::new();
        let ahead = self.ahead();
        self.look_at_pipelining(one.action, &ahead, &mut found);
        if line == b"*" {
            one.only = Some((ReplyCode::SYNTAX_ERROR_IN_ARGUMENTS, V::CancellationNotRefused));
        } else if Base64::parse(line).is_err() {
            one.if_accepted = Some(V::ResponseNotRefused);
            if found.is_empty() {
                found.push(V::ResponseNotBase64);
            }
        }
        if self.judges() {
            self.report_all(&found, at);
        }
        self.in_flight.push(one, self.facts.state);
    }

    /// Where the first LF stands among the unread octets of the client.
    pub(in crate::observer) fn line_feed_of(&mut self, client: &[u8]) -> Option<usize> {
        let searched = self.line_feed_from.saturating_sub(self.client.offset);
        let from = usize::try_from(searched).unwrap_or(usize::MAX).min(client.len());
        let found = memchr::memchr(b'\n', client.get(from..)?).map(|at| from.saturating_add(at));
        self.line_feed_from = self.client.after_text(found.unwrap_or(client.len())).offset;
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
            let (whole, _) = read(line, at, &self.facts, declared, &mut |_| {});
            let own = usize::try_from(in_chunk).ok().and_then(|at| line.get(at..));
            let Some(own) = own.filter(|own| !own.is_empty()) else {
                self.pass_lines(1, true);
                return whole;
            };
            let at = Place { offset: self.chunk_until, ..at };
            let (part, _) = read(own, at, &self.facts, declared, &mut |kind| found.push(kind));
            if let Ok(Command::Bdat(bdat)) = part {
                found.push(V::BdatNotOffered);
                self.chunk_until = behind.saturating_add(bdat.size);
            }
            self.report_all(&found, at);
            let one = Sent { sound: false, ends_group: false, ..Sent::new(Action::Other, at) };
            self.in_flight.push(one, self.facts.state);
            return whole;
        }
        let (command, mut one) = read(line, at, &self.facts, declared, &mut |kind| found.push(kind));
        let verb = command.as_ref().map_or(Verb::Unknown, Command::verb);
        if let Some(unasked) = self.facts.unasked {
            if matches!(found.as_slice(), [V::UnknownVerb | V::CommandSyntax]) {
                // The lines of a content for which there was no 354.
                found.clear();
                // Sent together with DATA, they are one fault of pipelining.
                if self.early.is_none() && unasked == Unasked::Possible {
                    found.push(V::ContentWithout354);
                }
                self.burst |= unasked == Unasked::Reported;
                self.facts.unasked = Some(Unasked::Reported);
            } else {
                self.facts.unasked = None;
            }
        }
        if length > COMMAND_LINE_LIMIT && length > self.line_limit(verb) {
            one.sound = false;
            if found.is_empty() {
                found.push(V::CommandLineTooLong);
            }
        }
        if self.facts.lmtp && matches!(verb, Verb::Helo | Verb::Ehlo) {
            found.push(V::HelloInLmtp);
        }
        let not_offered = order::offer(verb, &self.facts);
        found.extend(not_offered);
        if not_offered == Some(V::AuthRepeated) {
            one.only = Some((ReplyCode::BAD_SEQUENCE, V::RepeatedAuthNotRefused));
        } else if not_offered.is_some() && self.facts.hello.extended && !matches!(verb, Verb::Bdat | Verb::Burl) {
            one.if_accepted = one.if_accepted.or(Some(V::UnlistedCommandAccepted));
        }
        if self.chunk_lines.may_come() {
            self.take_turn();
        }
        let ahead = self.ahead();
        self.look_at_pipelining(one.action, &ahead, &mut found);
        // Without EHLO nothing is offered, and the place is the greater fault of these.
        let in_any_place = match not_offered {
            Some(V::StartTlsNotOffered | V::AuthNotOffered) => self.facts.hello.extended,
            Some(V::BdatNotOffered | V::ExtensionNotOffered) => true,
            _ => false,
        };
        match order::place(one.action, &ahead, self.declared().body, &self.facts) {
            Some(kind @ V::CommandAfterQuit) => found.push(kind),
            _ if in_any_place => {}
            Some(kind) if ahead.is_known() || kind == V::CommandBeforeHello => {
                if !(kind == V::CommandBeforeHello && found.contains(&V::TalkBeforeGreeting)) {
                    found.push(kind);
                }
            }
            // What the client did not know may yet excuse it.
            suspect => one.suspect = suspect,
        }
        if self.facts.unclear {
            found.retain(|kind| !depends_on_session(*kind));
            one.suspect = None;
        }
        if self.judges() {
            self.report_all(&found, at);
        }
        match one.action {
            Action::Quit => self.facts.quit_sent = true,
            // Whether it begins another message is for its reply to say.
            Action::Mail if self.in_flight.if_all_succeed(self.facts.state).in_transaction() => {
                self.outgoing.nested_mail = true;
            }
            Action::Mail | Action::Rset | Action::Helo | Action::Ehlo | Action::Lhlo => {
                self.outgoing = Outgoing::default();
            }
            _ => {}
        }
        self.begin(line, &command, &mut one);
        self.in_flight.push(one, self.facts.state);
        command
    }

    fn line_limit(&self, verb: Verb) -> usize {
        let offer = self.facts.offer.extensions;
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
    fn declared(&self) -> Declared {
        self.in_flight.declared().unwrap_or(self.facts.transaction.mail)
    }

    /// What the client has no reply to yet.
    fn ahead(&mut self) -> Ahead {
        let early = self.early.take();
        let waiting = self.in_flight.waiting();
        let last_chunk = self.in_flight.has_last_chunk();
        let mail = self.in_flight.declared();
        let state = early.map_or_else(|| self.in_flight.if_all_succeed(self.facts.state), |early| early.state);
        Ahead { early, waiting, last_chunk, mail, state }
    }

    /// Was it sent before it might have been? That is said once, until the client waits.
    fn look_at_pipelining(&mut self, action: Action, ahead: &Ahead, found: &mut Vec<V>) {
        self.burst &= !ahead.is_nothing();
        if let Some(kind) = order::pipelining(action, ahead, &self.facts).filter(|_| !self.burst) {
            found.push(kind);
            self.burst = true;
        }
    }

    /// What a command brings along.
    fn begin(&mut self, line: &[u8], command: &Result<Command<'_>, SyntaxError>, one: &mut Sent) {
        let bdat = match command {
            Ok(Command::Bdat(bdat)) => *bdat,
            Ok(_) => return,
            Err(_) => {
                // Does the server take the octets of what it refuses?
                if let Ok(Some(bdat @ Bdat { size: 1.., .. })) = Bdat::announced(line) {
                    self.mode = Mode::Undecided(Undecided::new(bdat, one.at));
                }
                return;
            }
        };
        if self.facts.offers(Extension::Chunking) || self.reads_lines == Some(false) || bdat.size == 0 {
            self.read_chunk(bdat);
        } else if self.reads_lines == Some(true) {
            one.action = Action::Other;
            self.chunk_until = self.client.offset.saturating_add(bdat.size);
        } else {
            self.mode = Mode::Undecided(Undecided::new(bdat, one.at));
        }
    }

    /// The next octets are content behind DATA.
    pub(in crate::observer) fn read_content(&mut self) {
        let decoder = DotDecoder::new(BareLineEnding::Pass).with_line_limit(None);
        self.mode = Mode::Content(decoder, Checker::new(self.rules(true, self.facts.transaction.mail)));
    }

    fn rules(&self, stuffed: bool, mail: Declared) -> Rules {
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
                let transaction = &self.facts.transaction;
                let fitting = transaction.recipients > 0 || transaction.resumed || self.outgoing.size == 0;
                if !fitting && self.facts.offers(Extension::Pipelining) && self.judges() {
                    self.report(V::ContentWithoutRecipients, dot);
                }
                let mut one = Sent::new(Action::Content, dot);
                one.declared = self.facts.transaction.mail;
                one.size = self.end_message();
                self.in_flight.push(one, self.facts.state);
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
        self.client = at.after(consumed(octets, client));
        let checker = self.outgoing.chunks.get_or_insert_with(|| Checker::new(rules));
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
                if self.outgoing.nested_mail {
                    // Which of the two it belongs to is not known, and so neither what was declared.
                    mail.size = None;
                }
                let size = self.end_message();
                if let Some(one) = self.in_flight.back_mut().filter(|one| one.action == Action::BdatLast) {
                    one.declared = mail;
                    one.size = size;
                }
                self.end_event()
            }
        }
    }

    fn count(&mut self, octets: &[u8]) {
        let outgoing = &mut self.outgoing;
        outgoing.size = outgoing.size.saturating_add(octets.len() as u64);
    }

    /// All octets of a message have been seen: how many?
    fn end_message(&mut self) -> u64 {
        take(&mut self.outgoing).size
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
pub(in crate::observer) fn consumed<'a>(octets: &'a [u8], rest: &[u8]) -> &'a [u8] {
    octets.get(..octets.len().saturating_sub(rest.len())).unwrap_or_default()
}
