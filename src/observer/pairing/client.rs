//! Reads the octets of the client: lines, content and chunks. The rules in `observer/rules` judge them.

use super::recovery::{LineEnd, Recovery};
use super::{Ending, Mode, Outgoing, Pairing};
use crate::codec::{BareLineEnding, Content, DotDecoder};
use crate::observer::exchange::{Declared, Place, Sent};
use crate::observer::facts::Facts;
use crate::observer::rules::command::read;
use crate::observer::rules::content::{Checker, Rules};
use crate::observer::rules::order;
use crate::observer::violation::ViolationKind as V;
use crate::observer::{Observer, ObserverEvent, Pending};
use crate::session::{Action, State};
use crate::syntax::{Body, Command, Extension, SyntaxError};
use alloc::vec::Vec;
use core::mem::take;

/// The number of commands that may be in flight. Beyond that, the client's octets are left unread until replies come.
/// This bounds the memory of the observer.
const IN_FLIGHT_LIMIT: usize = 32 * 1024 / size_of::<Sent>();
/// The length of the longest line that is judged as a whole. Of a longer line, this many octets are judged.
const LINE_LIMIT: usize = 65_536;

/// A line of the client.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line<'a> {
    /// The octets without the line ending.
    pub(crate) text: &'a [u8],
    /// The length with the line ending.
    pub(crate) length: usize,
    pub(crate) at: Place,
}

impl Pairing {
    /// Returns the next line. It ends in CRLF, unless the server has answered a line that ends otherwise.
    fn line<'a>(&mut self, client: &mut &'a [u8]) -> Option<Line<'a>> {
        let Recovery::Reread(end) = self.recovery else { return self.line_within(client, LINE_LIMIT) };
        self.recovery = Recovery::None;
        if end == LineEnd::LineFeed {
            return self.line_fed(client);
        }
        let line = self.line_within(client, client.len().min(LINE_LIMIT))?;
        // The rest of the line is still to come.
        Some(Line { length: line.length.saturating_add(b"\r\n".len()), ..line })
    }

    /// Returns `true` if the next line is not read before a reply comes.
    pub(super) fn waits_for_reply(&self) -> bool {
        // The reply to a hello only decides which commands may follow. It does not matter if nothing more of the client
        // is judged because the server has closed.
        let decides = self.queue.decides() && (self.judges_client() || !self.queue.ends_with_hello());
        decides || self.queue.len() >= IN_FLIGHT_LIMIT
    }

    /// Returns the next line, or as much of it as the limit allows.
    fn line_within<'a>(&mut self, client: &mut &'a [u8], limit: usize) -> Option<Line<'a>> {
        let octets = *client;
        let decoded = self.lines.decode(client, limit);
        let taken = consumed(octets, client);
        let start = self.client;
        self.client = start.after(taken);
        let (text, length) = match decoded {
            Ok(Some(text)) => (text, text.len().saturating_add(b"\r\n".len())),
            Ok(None) => return None,
            Err(_) => (taken.get(taken.len().saturating_sub(limit)..).unwrap_or(taken), limit),
        };
        // The rest of a line that was too long may come before the line.
        let skipped = taken.get(..taken.len().saturating_sub(length)).unwrap_or_default();
        Some(Line { text, length, at: start.after(skipped) })
    }

    /// Returns the next line, which ends at its first LF.
    #[cold]
    fn line_fed<'a>(&mut self, client: &mut &'a [u8]) -> Option<Line<'a>> {
        let end = self.line_feed_of(client)?;
        let (line, rest) = client.split_at_checked(end.saturating_add(1)).unwrap_or_default();
        *client = rest;
        self.lines.skip(line.len());
        let at = self.client;
        self.client = at.after(line);
        Some(Line { text: line.strip_suffix(b"\n").unwrap_or(line), length: line.len(), at })
    }

    /// Returns the offset of the first LF among the unread octets of the client.
    pub(super) fn line_feed_of(&mut self, client: &[u8]) -> Option<usize> {
        let searched = self.line_feed_from.saturating_sub(self.client.offset);
        let from = usize::try_from(searched).unwrap_or(usize::MAX).min(client.len());
        let found = memchr::memchr(b'\n', client.get(from..)?).map(|at| from.saturating_add(at));
        self.line_feed_from = self.client.after_text(found.unwrap_or(client.len())).offset;
        found
    }

    /// Reads the next octets as content after DATA.
    pub(super) fn read_content(&mut self, facts: &Facts) {
        let decoder = DotDecoder::new(BareLineEnding::Pass).with_line_limit(None);
        self.mode = Mode::Content(decoder);
        self.outgoing.checker = Some(Checker::new(rules(true, facts.transaction.mail)));
    }

    fn count(&mut self, octets: &[u8]) {
        self.outgoing.size = self.outgoing.size.saturating_add(octets.len() as u64);
    }
}

impl Observer {
    /// Returns the next event from the client's octets.
    pub(crate) fn client_event<'a>(&mut self, client: &mut &'a [u8]) -> Option<ObserverEvent<'a>> {
        self.pairing.end_skipping(client);
        match self.pairing.mode {
            Mode::Lines if client.is_empty() => None,
            Mode::Lines => self.client_line(client),
            Mode::Content(..) => self.content(client),
            Mode::Chunk { .. } => self.chunk(client),
            Mode::Undecided(_) => {
                self.give_up_waiting(client.len());
                self.chunk(client)
            }
            Mode::Opaque { greeted } => {
                if let ([first, ..], false) = (*client, greeted) {
                    // A TLS connection begins with a handshake record, which is type 22 (RFC 8446 section 5.1).
                    if *first != 22 && self.facts.encrypted {
                        self.report(V::NoTlsHandshake, self.pairing.client);
                    }
                    self.pairing.mode = Mode::Opaque { greeted: true };
                }
                self.skip_client(client);
                None
            }
        }
    }

    // Most calls find no line, and need not prepare for one.
    #[inline(never)]
    fn client_line<'a>(&mut self, client: &mut &'a [u8]) -> Option<ObserverEvent<'a>> {
        let pairing = &mut self.pairing;
        let took_noise = pairing.recovery.has_noise() && pairing.line_feed_of(client).is_some();
        // If the client has taken another line for the reply to a hello, that does not decide anything any more.
        let took_for_hello = took_noise && pairing.queue.len() == 1 && pairing.queue.ends_with_hello();
        if !took_for_hello && pairing.waits_for_reply() {
            return None;
        }
        if took_noise {
            // The client continues, so it has taken that line for the reply.
            pairing.recovery = Recovery::None;
            if let Some(sent) = pairing.queue.pop() {
                self.facts.answered_somehow(&sent);
            }
        }
        let line = pairing.line(client)?;
        if let Some(missed) = pairing.goes_on() {
            self.report(missed, self.pairing.server);
        }
        if self.facts.state == State::Auth {
            self.response(line);
            return Some(ObserverEvent::Response(line.text));
        }
        let command = self.line_of_chunk(line).unwrap_or_else(|| self.command(line));
        self.credentials.note(line.text, &command);
        Some(ObserverEvent::Command { line: line.text, command })
    }

    /// Processes a line that begins in a chunk and that the server reads as a command. Only the octets after the chunk
    /// are a command of the client. The line changes nothing here, except that it may get a reply.
    fn line_of_chunk<'a>(&mut self, line: Line<'a>) -> Option<Result<Command<'a>, SyntaxError>> {
        let in_chunk = self.pairing.chunk_until.saturating_sub(line.at.offset);
        if in_chunk == 0 {
            return None;
        }
        let declared = self.pairing.declared(&self.facts);
        let (mut sent, mut found) = (Sent::new(Action::Other, line.at), Vec::new());
        let whole = read(line.text, &self.facts, declared, &mut sent, &mut found);
        let own = usize::try_from(in_chunk).ok().and_then(|at| line.text.get(at..));
        let Some(own) = own.filter(|own| !own.is_empty()) else {
            self.pairing.pass_lines(1, true);
            return Some(whole);
        };
        let at = Place { offset: self.pairing.chunk_until, ..line.at };
        found.clear();
        if let Ok(Command::Bdat(bdat)) = read(own, &self.facts, declared, &mut sent, &mut found) {
            if !self.facts.may_offer(Extension::Chunking) {
                found.push(V::BdatNotOffered);
            }
            self.pairing.chunk_until = self.pairing.client.offset.saturating_add(bdat.size);
        }
        found.into_iter().for_each(|kind| self.report(kind, at));
        let sent = Sent { sound: false, ends_group: false, ..Sent::new(Action::Other, at) };
        self.pairing.queue.push(sent, self.facts.state);
        Some(whole)
    }

    #[inline(never)]
    fn content<'a>(&mut self, client: &mut &'a [u8]) -> Option<ObserverEvent<'a>> {
        let pairing = &mut self.pairing;
        let (Mode::Content(decoder), Some(checker)) = (&mut pairing.mode, &mut pairing.outgoing.checker) else {
            return None;
        };
        let octets = *client;
        let content = decoder.decode(client);
        let taken = consumed(octets, client);
        let mut found = Vec::new();
        let after = checker.look(taken, pairing.client, &mut found);
        pairing.client = after;
        pairing.lines.skip(taken.len());
        if found.iter().any(|(kind, _)| *kind == V::EndOfDataLookalike) {
            pairing.ending = match pairing.ending {
                Ending::Certain | Ending::Lookalike => Ending::Lookalike,
                Ending::Interrupted | Ending::Misread => Ending::Misread,
            };
        }
        self.report_in_content(&found);
        match content? {
            Content::Octets(octets) => {
                self.pairing.count(octets);
                Some(ObserverEvent::Content(octets))
            }
            Content::End(_) => {
                // The position of the dot in the final ".", CR, LF.
                let dot = Place { offset: after.offset.saturating_sub(3), line: after.line.saturating_sub(1) };
                self.pairing.mode = Mode::Lines;
                let transaction = &self.facts.transaction;
                let size = take(&mut self.pairing.outgoing).size;
                let sent = Sent { declared: transaction.mail, size, ..Sent::new(Action::Content, dot) };
                let fault = order::content(size, &self.facts).filter(|_| self.pairing.judges_client());
                self.report_if(fault, dot);
                self.pairing.queue.push(sent, self.facts.state);
                self.end_event()
            }
        }
    }

    fn chunk<'a>(&mut self, client: &mut &'a [u8]) -> Option<ObserverEvent<'a>> {
        let mut declared = self.pairing.declared(&self.facts);
        let pairing = &mut self.pairing;
        let Mode::Chunk { decoder, last, unsure } = &mut pairing.mode else { return None };
        let (octets, at, last) = (*client, pairing.client, *last);
        let content = decoder.decode(client)?;
        let taken = consumed(octets, client);
        pairing.lines.skip(taken.len());
        if let Some(ends) = unsure {
            let lines = ends.count(taken);
            pairing.pass_lines(lines, false);
        }
        pairing.client = at.after(taken);
        let checker = pairing.outgoing.checker.get_or_insert_with(|| Checker::new(rules(false, declared)));
        let mut found = Vec::new();
        match content {
            Content::Octets(taken) => {
                checker.look(taken, at, &mut found);
                pairing.count(taken);
                self.report_in_content(&found);
                Some(ObserverEvent::Content(taken))
            }
            Content::End(_) => {
                pairing.mode = Mode::Lines;
                if !last {
                    return self.client_event(client);
                }
                checker.end(at.back(), &mut found);
                let Outgoing { size, nested_mail, .. } = take(&mut pairing.outgoing);
                if nested_mail {
                    // It is not known to which of the two MAILs the content belongs, so the declared size is not known
                    // either.
                    declared.size = None;
                }
                if let Some(sent) = pairing.queue.back_mut().filter(|sent| sent.action == Action::BdatLast) {
                    (sent.declared, sent.size) = (declared, size);
                }
                self.report_in_content(&found);
                self.end_event()
            }
        }
    }

    fn end_event<'a>(&mut self) -> Option<ObserverEvent<'a>> {
        if self.pending.is_empty() {
            return Some(ObserverEvent::ContentEnd);
        }
        self.pending.push_back(Pending::ContentEnd);
        None
    }

    fn report_in_content(&mut self, found: &[(V, Place)]) {
        if self.pairing.judges_client() {
            found.iter().for_each(|(kind, at)| self.report(*kind, *at));
        }
    }
}

/// Returns the rules for the content of a message. `stuffed` says that it comes after DATA.
fn rules(stuffed: bool, declared: Declared) -> Rules {
    let eight_bit = declared.body != Body::SevenBit;
    let utf8 = declared.smtputf8 && !eight_bit;
    Rules { stuffed, eight_bit, utf8, binary: declared.body == Body::BinaryMime && !stuffed }
}

/// Returns the octets that have been consumed from `octets` if `rest` is left.
pub(super) fn consumed<'a>(octets: &'a [u8], rest: &[u8]) -> &'a [u8] {
    octets.get(..octets.len().saturating_sub(rest.len())).unwrap_or_default()
}
