//! The laws of the generator: its output against the printed grammar and against the observer.

use super::input::{Input, cuts};
use super::{abnf, values};
use smtp_core::observer::{Observer, ObserverEvent, Side, Violation};
use smtp_core::session::{Server, ServerConfig, ServerEvent};
use smtp_core::syntax::{Command, Extension, Grammar, Host, Mailbox, Reply, Verb};
use smtp_testkit::generate::{Source, Turn};

/// For any octets: a generated mailbox, command or reply matches its ABNF, and is parsed and written as the same; the observer
/// finds no violation in a generated dialogue; a server that accepts everything refuses nothing of a generated client. A spoilt
/// value differs from the original, and satisfies the laws of its kind.
pub fn generated(octets: &[u8]) {
    for (grammar, abnf) in [(Grammar::STRICT, &*abnf::STRICT), (Grammar::SMTPUTF8, &*abnf::SMTPUTF8)] {
        let mut source = Source::new(octets);
        let mailbox = source.mailbox(grammar);
        assert!(abnf.matches("Mailbox", mailbox.as_bytes()), "{mailbox}");
        assert!(Mailbox::parse(mailbox.as_bytes(), grammar).is_ok(), "{mailbox}");

        let mut line = Source::new(octets).command(grammar);
        let text = line.strip_suffix(b"\r\n").unwrap();
        let command = Command::parse(text, grammar).unwrap_or_else(|error| panic!("{}: {error}", text.escape_ascii()));
        let unprinted = [Verb::Unknown, Verb::Send, Verb::Soml, Verb::Saml, Verb::Turn];
        assert!(unprinted.contains(&command.verb()) || abnf.matches("command", text), "{}", text.escape_ascii());
        let held = grammar.with_extensions(values::all());
        let offered = Source::new(octets).command(held);
        let result = Command::parse(offered.strip_suffix(b"\r\n").unwrap(), held);
        assert!(result.is_ok(), "{}: {result:?}", offered.escape_ascii());
        let valid = line.clone();
        source.spoil(&mut line);
        assert!(!line.is_empty() && line != valid, "{}", line.escape_ascii());
        values::command(line.strip_suffix(b"\r\n").unwrap_or(&line));

        for grammar in [grammar, grammar.with_extensions(values::all())] {
            let mut reply = Source::new(octets).reply(grammar);
            assert!(abnf.matches("Reply-lines", &reply), "{}", reply.escape_ascii());
            assert!(Reply::parse(&reply, grammar).is_ok(), "{}", reply.escape_ascii());
            source.spoil(&mut reply);
            values::reply(&reply);
        }
    }
    let turns = Source::new(octets).dialogue();
    let events = observed(&turns, &[]);
    assert!(events.iter().all(|event| !event.starts_with("Violation")), "{}\n{events:#?}", shown(&turns));
    for lmtp in [false, true] {
        served(Source::new(octets), lmtp);
    }
}

/// Plays a whole generated client against a server that accepts everything.
fn served(source: Source<'_>, lmtp: bool) {
    let mut config = ServerConfig::new(Host::new("mx.example").unwrap());
    config.lmtp = lmtp;
    // A generated client may send any number of commands without a message.
    (config.max_idle_commands, config.max_errors) = (None, None);
    config.capabilities = config
        .capabilities
        .with(Extension::BinaryMime)
        .with(Extension::Dsn)
        .with(Extension::Etrn)
        .with(Extension::Expn);
    let mut server = Server::new(config);
    let mut client = if lmtp { source.lmtp_client() } else { source.smtp_client() };
    let mut replies = Vec::new();
    server.reply_default(&mut replies).unwrap();
    while let Some(sent) = client.next_turn(&replies) {
        replies.clear();
        let mut rest = &sent[..];
        while let Some(event) = server.next_event(&mut rest).unwrap() {
            match event {
                ServerEvent::Rejected(rejected) => panic!("{rejected:?}: {}", sent.escape_ascii()),
                ServerEvent::Content(_) | ServerEvent::Abandoned => {}
                _ => server.reply_default(&mut replies).unwrap(),
            }
        }
        assert!(rest.is_empty(), "{}", sent.escape_ascii());
    }
    assert!(client.is_over() && !server.is_open() && !server.is_unsynchronized());
}

/// A dialogue that is changed in a few places, so that both sides may send anything: however the octets of each side are cut, the
/// observer reports the same events and the same end.
///
/// The first octet chooses the cuts.
pub fn observer(octets: &[u8]) {
    let mut input = Input(octets);
    let seed = input.octet();
    // The choices for the changes are taken from the end, so that they do not affect the dialogue.
    let (made, spoils) = input.0.split_at(input.0.len() - input.0.len() / 3);
    let mut turns = Source::new(made).dialogue();
    let mut spoils = Source::new(spoils);
    for turn in &mut turns {
        if spoils.rest().first().is_some_and(|octet| octet % 3 == 1) {
            spoils.spoil(&mut turn.octets);
        }
    }
    let whole = observed(&turns, &[]);
    let length = turns.iter().map(|turn| turn.octets.len()).max().unwrap_or(0);
    for places in [cuts(length, seed), cuts(length, b'1')] {
        assert_eq!(observed(&turns, &places), whole, "{}", shown(&turns));
    }
}

fn shown(turns: &[Turn]) -> String {
    turns.iter().map(|turn| format!("{:?}: {}\n", turn.side, turn.octets.escape_ascii())).collect()
}

/// Returns the events. A run of content is one event.
fn observed(turns: &[Turn], cuts: &[usize]) -> Vec<String> {
    let mut watch = Watch::default();
    for turn in turns {
        let mut from = 0;
        for to in cuts.iter().copied().filter(|cut| *cut < turn.octets.len()).chain([turn.octets.len()]) {
            watch.show(turn.side, &turn.octets[from..to]);
            from = to;
        }
    }
    watch.close(Side::Server);
    watch.close(Side::Client);
    watch.events
}

/// An observer, and the octets that it was given.
#[derive(Default)]
pub(crate) struct Watch {
    observer: Observer,
    client: Vec<u8>,
    server: Vec<u8>,
    content: Vec<u8>,
    pub(crate) events: Vec<String>,
    pub(crate) violations: Vec<Violation>,
}

impl Watch {
    pub(crate) fn show(&mut self, side: Side, octets: &[u8]) {
        match side {
            Side::Client => self.client.extend_from_slice(octets),
            Side::Server => self.server.extend_from_slice(octets),
        }
        self.look();
    }

    pub(crate) fn messages(&self) -> u64 {
        self.observer.messages()
    }

    pub(crate) fn close(&mut self, side: Side) {
        self.observer.close(side);
        self.look();
    }

    fn look(&mut self) {
        let (mut client, mut server) = (&self.client[..], &self.server[..]);
        while let Some(event) = self.observer.next_event(&mut client, &mut server) {
            match event {
                ObserverEvent::Content(octets) => {
                    self.content.extend_from_slice(octets);
                    continue;
                }
                ObserverEvent::Violation(violation) => self.violations.push(violation),
                _ => {}
            }
            // A violation in content comes after the piece that shows it, and the end of a piece has no meaning.
            if !self.content.is_empty() && !matches!(event, ObserverEvent::Violation(_)) {
                let content = std::mem::take(&mut self.content);
                self.events.push(format!("Content {}", content.escape_ascii()));
            }
            self.events.push(format!("{event:?}"));
        }
        let (client, server) = (client.len(), server.len());
        self.client.drain(..self.client.len() - client);
        self.server.drain(..self.server.len() - server);
    }
}
