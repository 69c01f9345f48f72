//! The law of deliveries: any octets of a server.

use super::client::READ_OTHERWISE;
use super::dialogue::OF_THE_CALLER;
use super::generated::Watch;
use super::input::{Input, cuts};
use smtp_core::observer::{Side, Violation};
use smtp_core::sasl::Password;
use smtp_core::session::delivery::{Cause, Delivery, Message, Opening, Outcome, Quorum, Status, Step, TlsPolicy};
use smtp_core::session::{Action, ClientConfig};
use smtp_core::syntax::{Body, Host, Mailbox, Mechanism, ReplyClass};
use std::num::NonZeroU32;

const CONTENT: &[u8] = b"Subject: x\r\n\r\n.\r\n..y\r\n";
const TO: [&[&str]; 3] = [
    &["ann@mx.example", "bob@mx.example", "cat@other.example"],
    &["dan@mx.example", "j\u{F6}rg@mx.example"],
    &["eve@mx.example"],
];

/// The choices of the first octets.
struct Choices {
    delivery: u8,
    message: u8,
    seed: u8,
}

impl Choices {
    fn start(&self) -> Delivery<(Mailbox<'static>, Vec<Mailbox<'static>>)> {
        let mut config = if self.delivery & 1 == 0 { ClientConfig::SMTP } else { ClientConfig::LMTP };
        config.auth_in_clear = true;
        let mut opening = Opening::new(Host::new("client.example").unwrap());
        if self.delivery & 2 != 0 {
            opening = opening
                .with_authenticator(Password::new(Mechanism::PLAIN, "joe", "secret").unwrap())
                .with_authenticator(Password::new(Mechanism::LOGIN, "joe", "secret").unwrap());
        }
        match self.delivery >> 2 & 3 {
            0 => {}
            1 => opening = opening.with_tls(TlsPolicy::Required),
            _ => opening = opening.with_tls(TlsPolicy::Opportunistic),
        }
        let mut delivery = Delivery::new(config, opening);
        let mut message = Message::of(CONTENT);
        message.chunking = self.message & 1 != 0;
        message.quorum = if self.message & 2 != 0 { Quorum::All } else { Quorum::Any };
        if self.message & 4 != 0 {
            message.group = NonZeroU32::new(2).unwrap();
        }
        if self.message & 8 != 0 {
            message.body = if message.chunking { Body::BinaryMime } else { Body::EightBitMime };
        }
        for to in TO {
            let to = to.iter().map(|to| Mailbox::new(to).unwrap()).collect();
            delivery.push((Mailbox::new("joe@client.example").unwrap(), to), message);
        }
        delivery.quit();
        delivery
    }

    /// Returns the number of octets of the content that are given at once.
    fn piece(&self) -> usize {
        if self.message & 1 != 0 && self.message & 4 != 0 { 7 } else { CONTENT.len() }
    }
}

/// Returns the ends of the pieces that arrive. With the seed 0 each piece is a reply, together with the next if its line ends
/// with a space.
fn arrivals(stream: &[u8], seed: u8) -> Vec<usize> {
    if !matches!(seed, 0 | b'0') {
        return cuts(stream.len(), seed).into_iter().chain([stream.len()]).collect();
    }
    let mut ends = Vec::new();
    let mut at = 0;
    for line in stream.split_inclusive(|octet| *octet == b'\n') {
        at += line.len();
        if line.get(3) != Some(&b'-') && !line.ends_with(b" \r\n") {
            ends.push(at);
        }
    }
    ends.push(stream.len());
    ends
}

/// The facts about a message that an outside observer knows.
#[derive(Default)]
struct Seen {
    outcomes: Vec<Option<Outcome>>,
    /// The length of the server's stream that had arrived when the end of the content was first written.
    end: Option<usize>,
}

/// Messages to a server that sends any octets and closes at their end. Each recipient of each message gets exactly one outcome,
/// in order. A delivered message was accepted by a 2yz that answers the end of its content and came after that had been written.
/// A session that ends before any end of content leaves no outcome unknown. The number of steps is bounded by the length of the
/// octets, and the delivery reads only if it awaits a reply. An observer reports no violation of the client, and has seen a
/// message accepted if one was delivered.
///
/// The first three octets choose the delivery, the messages and the cuts; after the LF come the octets of the server. Written
/// octets are sent before more arrive.
pub fn delivery(octets: &[u8]) {
    let mut input = Input(octets);
    let choices = Choices { delivery: input.octet(), message: input.octet(), seed: input.octet() };
    input.octet();
    let stream = input.0;
    let ends = arrivals(stream, choices.seed);
    let mut ends = ends.into_iter();
    let mut delivery = choices.start();
    let mut seen: Vec<Seen> = TO.iter().map(|to| Seen { outcomes: vec![None; to.len()], ..Seen::default() }).collect();
    let (mut watch, mut encrypted, mut arrived, mut at) = (Watch::default(), false, 0, None);
    let mut reported = 0;
    // Each reading brings at least one octet, except the last.
    let mut budget = 100 + 12 * stream.len();
    loop {
        budget -= 1;
        assert!(budget > 0, "the delivery does not end");
        match delivery.next_step() {
            Step::Read(_) => {
                assert!(delivery.client().awaiting().next().is_some(), "the delivery awaits nothing");
                if !encrypted {
                    watch.show(Side::Client, delivery.to_write());
                }
                delivery.written(delivery.to_write().len());
                // The end of a content was written.
                if let Some(message) = at.take() {
                    let seen: &mut Seen = &mut seen[message];
                    seen.end.get_or_insert(arrived);
                }
                match ends.find(|end| *end > arrived) {
                    Some(end) => {
                        if !encrypted {
                            watch.show(Side::Server, &stream[arrived..end]);
                        }
                        delivery.received(&stream[arrived..end]);
                        arrived = end;
                    }
                    None => delivery.lost(),
                }
            }
            Step::Handshake => match delivery.start_tls() {
                Ok(()) => encrypted = true,
                Err(_) => delivery.handshake_failed(),
            },
            Step::Content { message, from, .. } => {
                let from = usize::try_from(from).unwrap();
                let to = (from + choices.piece()).min(CONTENT.len());
                delivery.content(&CONTENT[from..to], to == CONTENT.len()).unwrap();
                at = (to == CONTENT.len()).then(|| usize::try_from(message).unwrap());
            }
            Step::Fate { message, recipient, outcome, .. } => {
                let message = usize::try_from(message).unwrap();
                assert!(seen[message].outcomes[recipient].is_none(), "a second outcome");
                check(outcome, &seen[message], stream);
                seen[message].outcomes[recipient] = Some(outcome.clone());
                assert_eq!(TO[..message].iter().map(|to| to.len()).sum::<usize>() + recipient, reported, "in order");
                reported += 1;
            }
            Step::Closed => break,
            step => panic!("{step:?}"),
        }
    }
    assert_eq!(delivery.next_step(), Step::Closed);
    assert!(seen.iter().all(|seen| seen.outcomes.iter().all(Option::is_some)), "each has an outcome");
    let sound = |violation: &&Violation| !READ_OTHERWISE.contains(&violation.kind);
    let violations = || watch.violations.iter();
    for violation in violations().take_while(sound) {
        let excused = violation.who() == Side::Server || OF_THE_CALLER.contains(&violation.kind);
        assert!(excused, "{violation}: {:#?}", watch.events);
    }
    let is_delivered = |outcome: &Option<Outcome>| outcome.as_ref().is_some_and(|it| it.status == Status::Delivered);
    let delivered = seen.iter().any(|seen| seen.outcomes.iter().any(is_delivered));
    assert!(
        !delivered || encrypted || !violations().all(|it| sound(&it)) || watch.messages() > 0,
        "{:#?}",
        watch.events
    );
}

fn check(outcome: &Outcome, seen: &Seen, stream: &[u8]) {
    match (outcome.status, &outcome.cause) {
        (Status::Delivered, Cause::Reply { to, reply, .. }) => {
            assert!(matches!(to, Some(Action::Content | Action::BdatLast)), "{to:?}");
            let reply = reply.as_reply();
            assert_eq!(reply.code().class(), ReplyClass::Success);
            let after = &stream[seen.end.expect("the end of the content was written")..];
            let first = reply.lines().next().unwrap_or_default();
            let code = reply.code().get().to_string();
            let is_there = after.windows(3).enumerate().any(|(place, octets)| {
                octets == code.as_bytes()
                    && after[place..].windows(first.len().max(1)).any(|text| text.starts_with(first))
            });
            assert!(is_there, "{reply} came before the end of the content");
        }
        (Status::Delivered, cause) => panic!("delivered without a reply: {cause:?}"),
        (Status::Unknown, cause) => {
            assert!(seen.end.is_some(), "unknown before the end of the content: {cause:?}");
            assert!(matches!(cause, Cause::Lost | Cause::Protocol(_)), "{cause:?}");
        }
        (Status::Refused, Cause::Reply { reply, .. }) => {
            assert_eq!(reply.as_reply().code().class(), ReplyClass::PermanentFailure);
        }
        (Status::Deferred, Cause::Reply { reply, .. }) => assert!(reply.as_reply().code().class().is_failure()),
        (Status::Refused, cause) => panic!("refused without a reply: {cause:?}"),
        (Status::Unsendable | Status::Later, cause) => assert!(matches!(cause, Cause::Cannot(_)), "{cause:?}"),
        _ => {}
    }
}
