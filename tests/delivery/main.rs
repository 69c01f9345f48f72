//! Tests of deliveries to servers that are scripts, in memory.

mod outcome;
mod parameters;
mod scenario;

use scenario::Scenario;
use smtp_core::sasl::Password;
use smtp_core::session::ClientConfig;
use smtp_core::session::delivery::{
    Delivery, Envelope, Message, Opening, Outcome, Quorum, Scope, Status, Step, TlsPolicy,
};
use smtp_core::syntax::{ForwardPath, Host, Mailbox, Mechanism, Parameters, ReversePath};

const CONTENT: &[u8] = b"Hello\r\n";

/// An envelope of texts, as a mail program may have it.
#[derive(Clone)]
struct Texts {
    to: Vec<String>,
    of_rcpt: String,
}

impl Envelope for Texts {
    fn sender(&self) -> (ReversePath<'_>, Parameters<'_>) {
        (Mailbox::new("joe@client.example").unwrap().into(), Parameters::NONE)
    }

    fn recipient(&self, index: usize) -> Option<(ForwardPath<'_>, Parameters<'_>)> {
        let path = Mailbox::new(self.to.get(index)?).unwrap();
        Some((path.into(), Parameters::new(&self.of_rcpt).unwrap()))
    }
}

/// The result of a delivery.
#[derive(Default)]
struct Played {
    outcomes: Vec<(usize, Outcome)>,
    /// The written octets, one piece for each time that there was something to write.
    written: Vec<String>,
    /// The end of a content was written.
    ended: bool,
}

impl Played {
    fn shown(&self, to: &[String]) -> Vec<[String; 4]> {
        let shown = |(recipient, outcome): &(usize, Outcome)| {
            let lower = |name: String| name.to_lowercase();
            let (status, scope) = (format!("{:?}", outcome.status), format!("{:?}", outcome.scope));
            [to[*recipient].clone(), lower(status), lower(scope), outcome.to_string()]
        };
        self.outcomes.iter().map(shown).collect()
    }
}

fn start(scenario: &Scenario) -> Delivery<Texts> {
    let mut config = if scenario.has("lmtp") { ClientConfig::LMTP } else { ClientConfig::SMTP };
    config.auth_in_clear = true;
    let mut opening = Opening::new(Host::new("localhost").unwrap()).with_tls(match scenario.value("tls") {
        Some("required") => TlsPolicy::Required,
        Some("may") => TlsPolicy::Opportunistic,
        _ => TlsPolicy::Never,
    });
    if scenario.value("auth").is_some() {
        for mechanism in [Mechanism::PLAIN, Mechanism::LOGIN] {
            opening = opening.with_authenticator(Password::new(mechanism, "joe", "secret").unwrap());
        }
    }
    let mut delivery = Delivery::new(config, opening);
    let mut message = Message::of(CONTENT);
    message.chunking = scenario.has("bdat");
    message.require_dsn = true;
    if scenario.has("all") {
        message.quorum = Quorum::All;
    }
    if let Some(group) = scenario.value("group") {
        message.group = group.parse().unwrap();
    }
    let of_rcpt = scenario.value("notify").map(|value| format!("NOTIFY={value}")).unwrap_or_default();
    let messages: usize = scenario.value("messages").map_or(1, |count| count.parse().unwrap());
    for _ in 0..messages {
        delivery.push(Texts { to: scenario.to.clone(), of_rcpt: of_rcpt.clone() }, message);
    }
    delivery.quit();
    delivery
}

/// Plays a scenario. `server` returns what the server sends after what was written since the last call, until it returns `None` and
/// closes.
fn play(scenario: &Scenario, mut server: impl FnMut(String) -> Option<String>) -> Played {
    let mut delivery = start(scenario);
    let mut played = Played::default();
    let mut steps = 0;
    loop {
        steps += 1;
        assert!(steps < 1000, "the delivery does not end");
        match delivery.next_step() {
            Step::Read(_) => {
                assert!(delivery.client().awaiting().next().is_some(), "the delivery waits for nothing");
                let written = String::from_utf8(delivery.to_write().to_vec()).unwrap();
                delivery.written(written.len());
                played.ended |= written.ends_with("\r\n.\r\n") || written.ends_with(" LAST\r\nHello\r\n");
                match server(written.clone()) {
                    Some(octets) => delivery.received(octets.as_bytes()),
                    None => delivery.lost(),
                }
                played.written.push(written);
            }
            Step::Content { from, .. } => delivery.content(&CONTENT[usize::try_from(from).unwrap()..], true).unwrap(),
            Step::Handshake if scenario.value("handshake") == Some("fails") => delivery.handshake_failed(),
            Step::Handshake => delivery.start_tls().unwrap(),
            Step::Fate { recipient, outcome, .. } => played.outcomes.push((recipient, outcome.clone())),
            Step::Closed => break,
            step => panic!("{step:?}"),
        }
    }
    played.written.push(String::from_utf8(delivery.to_write().to_vec()).unwrap());
    played.written.retain(|written| !written.is_empty());
    played
}

#[test]
fn each_scenario_ends_as_it_says() {
    let scenarios = scenario::all();
    assert!(scenarios.len() >= 40);
    for scenario in &scenarios {
        let name = &scenario.name;
        let mut turns = scenario.turns.iter().peekable();
        let mut pieces = Vec::new().into_iter();
        let played = play(scenario, |written| {
            if let Some(piece) = pieces.next() {
                assert!(written.is_empty(), "{name}: {written}");
                return Some(piece);
            }
            let turn = turns.next()?;
            assert_eq!(written, turn.client, "{name}");
            pieces = turn.server.clone().into_iter();
            pieces.next()
        });
        assert_eq!(played.shown(&scenario.to), scenario.outcomes, "{name}");
        // Octets that the server did not read before it closed were written nevertheless.
        let expected: String = scenario.turns.iter().map(|turn| &*turn.client).collect();
        assert_eq!(played.written.concat(), expected, "{name}");
    }
}

/// RFC 5321 sections 3.8 and 4.5.3.2.6: if a server closes after any octet, each outcome is what the server has replied, or a
/// deferral, or unknown if the end of a content was written. No outcome becomes better.
#[test]
fn each_scenario_closed_after_each_octet() {
    for scenario in &scenario::all() {
        let whole: String = scenario.turns.iter().flat_map(|turn| &turn.server).map(|piece| &**piece).collect();
        for closed in 0..whole.len() {
            let mut turns = scenario.turns.iter();
            let mut said = 0;
            let played = play(scenario, |_| {
                let octets = turns.next()?.server.concat();
                let octets = octets.get(..octets.len().min(closed - said))?.to_owned();
                said += octets.len();
                (!octets.is_empty()).then_some(octets)
            });
            assert_eq!(played.outcomes.len(), scenario.outcomes.len(), "{}: {closed}", scenario.name);
            for ((_, outcome), [to, status, ..]) in played.outcomes.iter().zip(&scenario.outcomes) {
                let same = format!("{:?}", outcome.status).to_lowercase() == *status;
                let lost = match outcome.status {
                    Status::Deferred => outcome.scope == Scope::Host,
                    Status::Unknown => played.ended,
                    _ => false,
                };
                assert!(same || lost, "{} for {to}, closed after {closed}: {outcome:?}", scenario.name);
            }
        }
    }
}

/// Replies that arrive octet by octet have the same outcome. Commands are then sent earlier, so that a surplus reply may answer one
/// of them; the scenarios about surplus replies are left out.
#[test]
fn each_scenario_octet_by_octet() {
    let at_once = [
        "reply too many",
        "two greetings",
        "nothing asked for",
        "plaintext",
        "before it was sent",
        "before the content",
    ];
    for scenario in &scenario::all() {
        if at_once.iter().any(|words| scenario.name.contains(words)) {
            continue;
        }
        let mut turns = scenario.turns.iter();
        let mut octets = String::new();
        let played = play(scenario, |_| {
            while octets.is_empty() {
                octets = turns.next()?.server.concat();
            }
            Some(octets.remove(0).to_string())
        });
        assert_eq!(played.shown(&scenario.to), scenario.outcomes, "{}", scenario.name);
    }
}
