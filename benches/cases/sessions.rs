//! Whole sessions: EHLO, MAIL, two RCPT, DATA with 4 KB, QUIT, pipelined.

use super::{Case, Goal, Limit, by_hand};
use smtp_core::observer::{Observer, ObserverEvent};
use smtp_core::session::delivery::{Delivery, Message, Opening, Step};
use smtp_core::session::reception::{Question, Reception, Verdict};
use smtp_core::session::{Action, Client, ClientConfig, ClientEvent, Server, ServerConfig, ServerEvent, State};
use smtp_core::syntax::{Body, Command, Host, Mailbox, Parameters};
use std::hint::black_box;
use std::sync::Arc;

const HELLO: &[u8] = b"EHLO client.example\r\n";
const ENVELOPE: &[u8] = b"MAIL FROM:<joe@client.example> BODY=8BITMIME\r\n\
    RCPT TO:<ann@mx.example>\r\nRCPT TO:<bob@mx.example>\r\nDATA\r\n";
const LINE: &str = "All work and no play makes for a message of lines that are as long as this one\r\n";

pub(crate) fn add(cases: &mut Vec<Case>) {
    let content: &'static str = LINE.repeat(50).leak();
    let message = [content.as_bytes(), b".\r\nQUIT\r\n"].concat();
    let config = Arc::new(ServerConfig::new(Host::new("mx.example").unwrap()));
    // Each turn of the client, and the server's answer to it; the greeting answers nothing.
    let mut turns = vec![(vec![], vec![])];
    turns.extend([HELLO, ENVELOPE, &message].map(|turn| (turn.to_vec(), vec![])));
    let mut server = Server::new(Arc::clone(&config));
    for (client, out) in &mut turns {
        if client.is_empty() {
            server.reply_default(out).unwrap();
        }
        serve(&mut server, client, out);
    }
    let to_server: Vec<u8> = turns.iter().flat_map(|(client, _)| client).copied().collect();
    let to_client: Vec<Vec<u8>> = turns.iter().map(|(_, server)| server.clone()).collect();
    let (up, down) = (to_server.len(), to_client.concat().len());

    let case =
        |name: &str, octets, goal, work| Case { group: "session", name: name.into(), octets, items: 1, goal, work };
    let serving = || -> Box<dyn FnMut()> {
        let (config, input, mut out) = (Arc::clone(&config), to_server.clone(), Vec::new());
        Box::new(move || {
            out.clear();
            let mut server = Server::new(Arc::clone(&config));
            server.reply_default(&mut out).unwrap();
            serve(&mut server, black_box(&input), &mut out);
            assert_eq!(server.state(), State::Closed);
            black_box(&out);
        })
    };
    let talking = || -> Box<dyn FnMut()> {
        let (envelope, input, mut out) = (Envelope::new(), to_client.clone(), Vec::new());
        Box::new(move || {
            out.clear();
            talk(black_box(&input), black_box(&envelope), content.as_bytes(), &mut out);
            black_box(&out);
        })
    };
    cases.push(case("server", up, Goal::Time(600.0), serving()));
    let receiving = || -> Box<dyn FnMut()> {
        let (config, input) = (Arc::clone(&config), to_server.clone());
        Box::new(move || {
            let mut reception = Reception::new(Arc::clone(&config));
            receive(&mut reception, black_box(&input));
            assert_eq!(reception.state(), State::Closed);
            black_box(reception.to_write());
        })
    };
    let serving_by_hand = || -> Box<dyn FnMut()> {
        let (config, input) = (Arc::clone(&config), to_server.clone());
        Box::new(move || by_hand::receive(&config, black_box(&input)))
    };
    let limit = Limit { name: "by hand", work: serving_by_hand() };
    cases.push(case("reception", up, Goal::Within { times: 1.1, nanoseconds: 0.0, limit }, receiving()));
    let limit = Limit { name: "server", work: serving() };
    cases.push(case(
        "server, envelope by hand",
        up,
        Goal::Within { times: 2.0, nanoseconds: 0.0, limit },
        serving_by_hand(),
    ));
    cases.push(case("client", up + down, Goal::Time(600.0), talking()));
    let Envelope { host, from, to, .. } = Envelope::new();
    let talking_by_hand = || -> Box<dyn FnMut()> {
        let (input, mut out) = (turns_of_a_delivery(&to_client), Vec::new());
        Box::new(move || {
            out.clear();
            by_hand::deliver(black_box(&input), black_box((host, from, &to)), content.as_bytes(), &mut out);
            black_box(&out);
        })
    };
    let goal = Goal::Within { times: 2.0, nanoseconds: 0.0, limit: Limit::new("client", talking()) };
    cases.push(case("client, outcomes by hand", up + down, goal, talking_by_hand()));
    let goal = Goal::Within { times: 1.3, nanoseconds: 0.0, limit: Limit::new("by hand", talking_by_hand()) };
    let (input, mut out) = (turns_of_a_delivery(&to_client), Vec::new());
    let envelope = (from, to);
    let work = Box::new(move || {
        out.clear();
        deliver(black_box(&input), black_box((host, &envelope)), content.as_bytes(), &mut out);
        black_box(&out);
    });
    cases.push(case("delivery", up + down, goal, work));
    let (mut server, mut client) = (serving(), talking());
    let both = Limit::new("both", move || {
        server();
        client();
    });
    let goal = Goal::Within { times: 1.5, nanoseconds: 0.0, limit: both };
    cases.push(case("observer", up + down, goal, Box::new(move || observe(black_box(&turns)))));

    let mut within = Server::new(Arc::clone(&config));
    within.reply_default(&mut Vec::new()).unwrap();
    serve(&mut within, b"EHLO client.example\r\nMAIL FROM:<>\r\n", &mut Vec::new());
    for count in [1, 10, 100, 1000] {
        cases.push(pipelined(&within, count));
    }
}

/// So many commands in one piece, against as many that come alone.
fn pipelined(server: &Server, count: usize) -> Case {
    let work = |count: usize, times: usize| -> Box<dyn FnMut()> {
        let (server, input, mut out) = (server.clone(), b"RCPT TO:<ann@mx.example>\r\n".repeat(count), Vec::new());
        Box::new(move || {
            for _ in 0..times {
                out.clear();
                serve(&mut server.clone(), black_box(&input), &mut out);
                black_box(&out);
            }
        })
    };
    let limit = Limit { name: "alone", work: work(1, count) };
    Case {
        group: "session",
        name: format!("{count} RCPT pipelined"),
        octets: count * 26,
        items: count,
        goal: Goal::Within { times: 1.1, nanoseconds: 0.0, limit },
        work: work(count, 1),
    }
}

fn serve(server: &mut Server, input: &[u8], out: &mut Vec<u8>) {
    let mut rest = input;
    while let Some(event) = server.next_event(&mut rest).unwrap() {
        match event {
            ServerEvent::Content(octets) => _ = black_box(&octets),
            ServerEvent::Abandoned => {}
            _ => server.reply_default(out).unwrap(),
        }
    }
}

fn receive(reception: &mut Reception, input: &[u8]) {
    let mut rest = input;
    while let Some(question) = reception.next(&mut rest).unwrap() {
        match question {
            Question::Content(octets) => _ = black_box(&octets),
            Question::Abandoned | Question::Refused(_) => {}
            _ => reception.answer(Verdict::Usual).unwrap(),
        }
    }
}

/// What a client has checked when it took the message over.
struct Envelope {
    host: Host<'static>,
    from: Mailbox<'static>,
    to: [Mailbox<'static>; 2],
    parameters: Parameters<'static>,
}

impl Envelope {
    fn new() -> Self {
        let [from, ann, bob] =
            ["joe@client.example", "ann@mx.example", "bob@mx.example"].map(|text| Mailbox::new(text).unwrap());
        let parameters = Parameters::new("BODY=8BITMIME").unwrap();
        Self { host: Host::new("client.example").unwrap(), from, to: [ann, bob], parameters }
    }
}

/// The replies to each turn come at once, as they do when they are waited for.
fn talk(replies: &[Vec<u8>], envelope: &Envelope, content: &[u8], out: &mut Vec<u8>) {
    let mut client = Client::new(ClientConfig::default());
    for replies in replies {
        hear(&mut client, replies, envelope, content, out);
    }
    assert_eq!(client.state(), State::Closed);
}

fn hear(client: &mut Client, replies: &[u8], envelope: &Envelope, content: &[u8], out: &mut Vec<u8>) {
    let mut rest = replies;
    while let Some(event) = client.next_event(&mut rest).unwrap() {
        match event {
            ClientEvent::Greeting(_) => client.send(&Command::Ehlo(envelope.host), out).unwrap(),
            ClientEvent::Reply { to: Action::Ehlo, .. } => {
                client.send(&Command::mail(envelope.from, envelope.parameters), out).unwrap();
                for to in envelope.to {
                    client.send(&Command::rcpt(to, Parameters::NONE), out).unwrap();
                }
                client.send(&Command::Data, out).unwrap();
            }
            ClientEvent::Reply { to: Action::Data, .. } => {
                client.content(content, out).unwrap();
                client.finish_content(out).unwrap();
                client.send(&Command::Quit, out).unwrap();
            }
            _ => {}
        }
    }
}

/// A delivery sends QUIT once it has the reply to its content, so that the last two replies come one after the other.
fn turns_of_a_delivery(replies: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let (last, first) = replies.split_last().unwrap();
    let end = last.iter().position(|octet| *octet == b'\n').unwrap() + 1;
    let (content, quit) = last.split_at(end);
    [first, &[content.to_vec(), quit.to_vec()]].concat()
}

/// The same session by a delivery, which has buffers of its own.
fn deliver(
    replies: &[Vec<u8>],
    (host, envelope): (Host<'_>, &(Mailbox<'_>, [Mailbox<'_>; 2])),
    content: &[u8],
    out: &mut Vec<u8>,
) {
    let mut delivery = Delivery::new(ClientConfig::default(), Opening::new(host));
    let mut message = Message::default();
    message.body = Body::EightBitMime;
    delivery.push(envelope, message);
    delivery.quit();
    let mut replies = replies.iter();
    loop {
        match delivery.next_step() {
            Step::Read(_) => {
                out.extend_from_slice(delivery.to_write());
                delivery.written(delivery.to_write().len());
                delivery.received(replies.next().unwrap());
            }
            Step::Content { .. } => delivery.content(content, true).unwrap(),
            Step::Fate { outcome, .. } => _ = black_box(outcome),
            step => return assert_eq!(step, Step::Closed),
        }
    }
}

fn observe(turns: &[(Vec<u8>, Vec<u8>)]) {
    let mut observer = Observer::new();
    for (client, server) in turns {
        let (mut client, mut server) = (&client[..], &server[..]);
        while let Some(event) = observer.next_event(&mut client, &mut server) {
            assert!(!matches!(event, ObserverEvent::Violation(_)));
            black_box(&event);
        }
    }
    assert!(observer.is_ended() && observer.messages() == 1);
}
