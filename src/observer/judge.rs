//! The connection between pairing and the rules.
//!
//! Pairing calls a function of this file for each line, reply and exchange. The function asks the rules, drops the
//! violations that depend on uncertain facts, reports the others, and updates the facts. It reads no octets, and holds
//! no rule.

use super::Observer;
use super::exchange::{Early, Exchange, Place, Sent};
use super::facts::Unasked;
use super::pairing::{Line, To};
use super::rules::form::Context;
use super::rules::order::{self, NotOffered};
use super::rules::{code, command, form, hello};
use super::violation::ViolationKind as V;
use crate::session::{Action, State};
use crate::syntax::{Base64, Command, Extension, Reply, ReplyCode, SyntaxError, Verb};
use alloc::vec::Vec;

impl Observer {
    /// Judges a line of an AUTH exchange.
    pub(crate) fn response(&mut self, line: Line<'_>) {
        let mut sent = Sent::new(Action::Response, line.at);
        let ahead = self.pairing.ahead(&self.facts);
        let mut fault = order::pipelining(sent.action, &ahead, &self.facts).filter(|_| self.pairing.begins_burst());
        if line.text == b"*" {
            sent.only = Some((ReplyCode::SYNTAX_ERROR_IN_ARGUMENTS, V::CancellationNotRefused));
        } else if Base64::parse(line.text).is_err() {
            sent.if_accepted = Some(V::ResponseNotRefused);
            fault = fault.or(Some(V::ResponseNotBase64));
        }
        self.report_of_client(fault.as_slice(), line.at);
        self.pairing.push(sent, &self.facts);
    }

    /// Judges a line that both ends read as a command.
    pub(crate) fn command<'a>(&mut self, line: Line<'a>) -> Result<Command<'a>, SyntaxError> {
        let (mut sent, mut found) = (Sent::new(Action::Other, line.at), Vec::new());
        let declared = self.pairing.declared(&self.facts);
        let command = command::read(line.text, &self.facts, declared, &mut sent, &mut found);
        let verb = command.as_ref().map_or(Verb::Unknown, Command::verb);
        if self.facts.unasked.is_some() {
            self.unasked(&mut found);
        }
        if command::is_too_long(line.length, verb, &self.facts) {
            sent.sound = false;
            if found.is_empty() {
                found.push(V::CommandLineTooLong);
            }
        }
        if self.facts.lmtp && matches!(verb, Verb::Helo | Verb::Ehlo) {
            found.push(V::HelloInLmtp);
        }
        let not_offered = order::not_offered(verb, &self.facts);
        if let Some(NotOffered { kind, if_accepted, only, .. }) = not_offered {
            found.push(kind);
            sent.if_accepted = sent.if_accepted.or(if_accepted);
            sent.only = only;
        }
        self.take_turn();
        let ahead = self.pairing.ahead(&self.facts);
        let early = order::pipelining(sent.action, &ahead, &self.facts);
        if let Some(kind) = early.filter(|_| self.pairing.begins_burst()) {
            found.push(kind);
        }
        let body = self.pairing.declared(&self.facts).body;
        match order::place(sent.action, &ahead, body, &self.facts) {
            Some(V::CommandAfterQuit) => found.push(V::CommandAfterQuit),
            _ if not_offered.is_some_and(|not_offered| !not_offered.has_place) => {}
            Some(V::CommandBeforeHello) if found.contains(&V::TalkBeforeGreeting) => {}
            Some(kind) if ahead.is_known() || kind == V::CommandBeforeHello => found.push(kind),
            // The replies that the client did not have may still excuse it.
            suspect => sent.suspect = suspect,
        }
        if self.facts.unclear {
            found.retain(|kind| !kind.depends_on_session());
            sent.suspect = None;
        }
        self.report_of_client(&found, line.at);
        self.facts.quit_sent |= sent.action == Action::Quit;
        self.pairing.begin(line.text, &command, &mut sent, &self.facts);
        self.pairing.push(sent, &self.facts);
        command
    }

    /// Judges a line after DATA was refused: it is the next command, or a line of content that was sent without a 354.
    fn unasked(&mut self, found: &mut Vec<V>) {
        let reported = self.facts.unasked == Some(Unasked::Reported);
        if !matches!(found.as_slice(), [V::UnknownVerb | V::CommandSyntax]) {
            self.facts.unasked = None;
            return;
        }
        self.facts.unasked = Some(Unasked::Reported);
        found.clear();
        if reported {
            // The lines of content are one violation together, also for pipelining.
            self.pairing.begins_burst();
        } else if !self.pairing.is_early() {
            // If the content was sent together with DATA, the one violation is that of pipelining.
            found.push(V::ContentWithout354);
        }
    }

    fn report_of_client(&mut self, found: &[V], at: Place) {
        if self.pairing.judges_client() {
            found.iter().for_each(|kind| self.report(*kind, at));
        }
    }

    /// Judges the form of a reply whose lines are `octets`. `is_common` has the meaning that [`form::look`] gives it.
    /// Returns `true` if the form is right. Returns `false` also if it may belong to another command, and so cannot be
    /// judged.
    pub(crate) fn form(
        &mut self,
        to: &To,
        code: Option<ReplyCode>,
        octets: &[u8],
        reply: &Result<Reply<'_>, SyntaxError>,
        is_common: bool,
        at: Place,
    ) -> bool {
        if !self.pairing.judges_server() {
            return false;
        }
        // A reply that is too long is judged as far as it was read, if it has a code.
        let is_cut = |error: &SyntaxError| form::is_over_limit(error) && code.is_some();
        if let Some(error) = reply.err().filter(|error| !is_cut(error)) {
            self.report(form::no_reply(octets, error), at);
            return false;
        }
        let is_certain = !self.pairing.is_astray();
        let context = Context { to: to.sent(), code, facts: is_certain.then_some(&self.facts) };
        let found = form::look(octets, at, is_common, context);
        let is_right = is_certain && found.is_empty() && reply.is_ok();
        found.iter().for_each(|(kind, at)| self.report(*kind, *at));
        is_right
    }

    /// Judges a reply as the answer to `to`, and updates the facts. `is_right` says that its form is right.
    pub(crate) fn answered(
        &mut self,
        client: &mut &[u8],
        to: &To,
        code: Option<ReplyCode>,
        reply: Option<&Reply<'_>>,
        is_right: bool,
        at: Place,
    ) {
        let Some(code) = code else { return };
        let (sent, more) = match to {
            To::Nothing => return self.unsolicited(code, at),
            To::LineOfChunk => return self.answered_in_chunk(code, at),
            To::Sent { sent, more } => (sent, *more),
        };
        let exchange = Exchange::new(sent, code, reply, at, more);
        if self.pairing.judges_server() {
            self.judge(&exchange);
        }
        let (recipients, refused) = (self.facts.transaction.recipients, self.facts.ehlo_refused);
        let pipelining = self.facts.may_offer(Extension::Pipelining);
        let early = Early { action: sent.action, ends_group: sent.ends_group, pipelining, state: State::Start };
        let is_hello = sent.is_hello() && exchange.succeeds();
        self.facts.answered(&exchange, self.pairing.is_astray_after(is_hello));
        if exchange.closes() {
            self.end_doubt();
        } else if is_hello && self.pairing.judges_server() {
            for at in refused.into_iter().filter(|_| sent.action == Action::Helo) {
                self.report(V::RequiredCommandRefused, at);
            }
            let faults = hello::faults(&exchange, &self.facts, is_right);
            faults.into_iter().for_each(|found| self.report_if(found, at));
        }
        self.follow(&exchange, client, early, recipients);
    }

    /// Updates the facts after a reply to a line of a chunk. The line may have changed the session: it may have begun
    /// or cleared a transaction.
    fn answered_in_chunk(&mut self, code: ReplyCode, at: Place) {
        self.facts.unclear |= !code.class().is_failure();
        if code == ReplyCode::SERVICE_NOT_AVAILABLE {
            let line = Sent::new(Action::Other, at);
            self.facts.answered(&Exchange::new(&line, code, None, at, false), true);
            self.end_doubt();
        }
    }

    /// Reports the violations of an exchange. The facts are those before the reply.
    fn judge(&mut self, exchange: &Exchange<'_>) {
        if let Some(kind) = order::suspicion(exchange, &self.facts).filter(|_| !self.facts.unclear) {
            self.report(kind, exchange.sent.at);
        }
        if self.pairing.is_astray() {
            return;
        }
        self.report_if(code::fault(exchange, &self.facts), exchange.at);
        if self.pairing.is_in_chunk() {
            self.report_if(code::chunk_answered_early(exchange, &self.facts), exchange.at);
        }
        if exchange.code == ReplyCode::CHALLENGE {
            self.report_if(code::challenge(exchange), exchange.at);
        }
    }
}
