//! The cases of whole sessions: EHLO, MAIL, two RCPT, DATA with 4 KB, QUIT, pipelined. Each session has mailboxes of its own, and one
//! of a few messages.

use super::traffic::{self, Random, SESSIONS};
use super::{Case, Limit, by_hand, peer};
use smtp_core::observer::{Observer, ObserverEvent};
use smtp_core::session::delivery::{Delivery, Message, Opening, Step};
use smtp_core::session::reception::{Question, Reception, Verdict};
use smtp_core::session::{Action, Client, ClientConfig, ClientEvent, Server, ServerConfig, ServerEvent, State};
use smtp_core::syntax::{Body, Command, Host, Mailbox, Parameters};
use std::hint::black_box;
use std::io::Write;
use std::sync::Arc;

/// The number of messages, and their octets: few enough that all of them stay in the nearest caches.
const MESSAGES: usize = 4;
const MESSAGE: usize = 4000;
/// The commands that RFC 2920 lets a client send in one piece, again and again.
const PIPELINED: usize = 1000;

/// A session, as both sides send it.
struct Session {
    /// The values that a client has checked when it took the message over.
    host: Host<'static>,
    from: Mailbox<'static>,
    to: [Mailbox<'static>; 2],
    parameters: Parameters<'static>,
    /// The same as text: host, sender and recipients.
    texts: [&'static str; 4],
    content: &'static [u8],
    /// What the client sends: hello and envelope, content and QUIT.
    turns: [Vec<u8>; 3],
    /// What the server sends: the greeting, and what answers each turn.
    replies: [Vec<u8>; 4],
}

/// Returns the sessions, with what a server answers. They are never freed.
fn sessions(config: &Arc<ServerConfig>) -> &'static [Session] {
    let mut random = Random::new();
    let messages = [(); MESSAGES].map(|()| &*traffic::text(&mut random, MESSAGE).leak());
    let session = |number: usize| {
        let host: &str = traffic::domain(&mut random).leak();
        let [from, ann, bob] = [(); 3].map(|()| &*traffic::mailbox(&mut random).leak());
        let content = messages[number % MESSAGES];
        let envelope = format!("MAIL FROM:<{from}> BODY=8BITMIME\r\nRCPT TO:<{ann}>\r\nRCPT TO:<{bob}>\r\nDATA\r\n");
        let message = [content, b".\r\nQUIT\r\n"].concat();
        let turns = [format!("EHLO {host}\r\n").into_bytes(), envelope.into_bytes(), message];
        let (mut server, mut replies) = (Server::new(Arc::clone(config)), [const { Vec::new() }; 4]);
        server.reply_default(&mut replies[0]).unwrap();
        for (turn, replies) in turns.iter().zip(&mut replies[1..]) {
            serve(&mut server, turn, replies);
        }
        Session {
            host: Host::new(host).unwrap(),
            from: Mailbox::new(from).unwrap(),
            to: [ann, bob].map(|to| Mailbox::new(to).unwrap()),
            parameters: Parameters::new("BODY=8BITMIME").unwrap(),
            texts: [host, from, ann, bob],
            content,
            turns,
            replies,
        }
    };
    (0..SESSIONS).map(session).collect::<Vec<_>>().leak()
}

pub(crate) fn add(cases: &mut Vec<Case>) {
    let config = Arc::new(ServerConfig::new(Host::new("mx.example").unwrap()));
    let sessions = sessions(&config);
    let up: usize = sessions.iter().flat_map(|session| &session.turns).map(Vec::len).sum();
    let down: usize = sessions.iter().flat_map(|session| &session.replies).map(Vec::len).sum();
    let case = |name: &str, octets, limit, work| Case {
        group: "session",
        name: name.into(),
        octets,
        item: "session",
        items: SESSIONS,
        limit,
        work,
    };

    let peer = each(sessions, |session, message| {
        peer::session(session.turns.iter().map(Vec::as_slice), message);
        assert_eq!(message.len(), session.content.len());
    });
    cases.push(case("server", up, limit(peer::NAME, 1.3, peer), serving(sessions, &config)));
    let again = Arc::clone(&config);
    let reception = each(sessions, move |session, _| receive(&again, &session.turns));
    let again = Arc::clone(&config);
    let by_hand = each(sessions, move |session, _| by_hand::receive(&again, &session.turns));
    cases.push(case("reception", up, limit("by hand", 1.1, by_hand), reception));

    cases.push(case(
        "client",
        up + down,
        limit("smtp-proto, write!", 2.0, each(sessions, without_client)),
        talking(sessions),
    ));
    let by_hand = each(sessions, |session, out| {
        let envelope = (session.host, session.from, &session.to[..]);
        by_hand::deliver(&turns_of_a_delivery(session), envelope, session.content, out);
    });
    cases.push(case("delivery", up + down, limit("by hand", 1.3, by_hand), each(sessions, deliver)));

    let (mut server, mut client) = (serving(sessions, &config), talking(sessions));
    let both = Limit::new("both ends", 1.5, move || {
        server();
        client();
    });
    cases.push(case("observer", up + down, both, each(sessions, |session, _| observe(session))));
    cases.push(pipelined(&config));
}

fn limit(name: &'static str, goal: f64, work: Box<dyn FnMut()>) -> Limit {
    Limit { name, goal: Some(goal), work }
}

/// Plays every session, each with the same empty buffer.
fn each(
    sessions: &'static [Session],
    mut play: impl FnMut(&'static Session, &mut Vec<u8>) + 'static,
) -> Box<dyn FnMut()> {
    let mut out = Vec::new();
    Box::new(move || {
        for session in sessions {
            out.clear();
            play(black_box(session), &mut out);
            black_box(&out);
        }
    })
}

fn serving(sessions: &'static [Session], config: &Arc<ServerConfig>) -> Box<dyn FnMut()> {
    let config = Arc::clone(config);
    each(sessions, move |session, out| {
        let mut server = Server::new(Arc::clone(&config));
        server.reply_default(out).unwrap();
        for turn in &session.turns {
            serve(&mut server, turn, out);
        }
        assert_eq!(server.state(), State::Closed);
    })
}

fn talking(sessions: &'static [Session]) -> Box<dyn FnMut()> {
    each(sessions, talk)
}

/// Measures commands in one piece, against the same number of commands that arrive one by one.
fn pipelined(config: &Arc<ServerConfig>) -> Case {
    let mut random = Random::new();
    let lines: Vec<Vec<u8>> =
        (0..PIPELINED).map(|_| format!("RCPT TO:<{}>\r\n", traffic::mailbox(&mut random)).into_bytes()).collect();
    let mut server = Server::new(Arc::clone(config));
    server.reply_default(&mut Vec::new()).unwrap();
    serve(&mut server, b"EHLO client.example\r\nMAIL FROM:<>\r\n", &mut Vec::new());
    let work = |pieces: Vec<Vec<u8>>| -> Box<dyn FnMut()> {
        let (server, mut out) = (server.clone(), Vec::new());
        Box::new(move || {
            let mut server = server.clone();
            out.clear();
            for piece in &pieces {
                serve(&mut server, black_box(piece), &mut out);
            }
            black_box(&out);
        })
    };
    Case {
        group: "session",
        name: format!("{PIPELINED} RCPT in one piece"),
        octets: lines.concat().len(),
        item: "line",
        items: lines.len(),
        work: work(vec![lines.concat()]),
        limit: limit("line by line", 1.1, work(lines)),
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

fn receive(config: &Arc<ServerConfig>, turns: &[Vec<u8>]) {
    let mut reception = Reception::new(Arc::clone(config));
    for turn in turns {
        let mut rest = &turn[..];
        while let Some(question) = reception.next(&mut rest).unwrap() {
            match question {
                Question::Content(octets) => _ = black_box(&octets),
                Question::Abandoned | Question::Refused(_) => {}
                _ => reception.answer(Verdict::Usual).unwrap(),
            }
        }
    }
    assert_eq!(reception.state(), State::Closed);
    black_box(reception.to_write());
}

/// Plays a client. The replies to each turn arrive together, as they do if the client waits for them.
fn talk(session: &Session, out: &mut Vec<u8>) {
    let mut client = Client::new(ClientConfig::default());
    for replies in &session.replies {
        hear(&mut client, replies, session, out);
    }
    assert_eq!(client.state(), State::Closed);
}

fn hear(client: &mut Client, replies: &[u8], session: &Session, out: &mut Vec<u8>) {
    let mut rest = replies;
    while let Some(event) = client.next_event(&mut rest).unwrap() {
        match event {
            ClientEvent::Greeting(_) => client.send(&Command::Ehlo(session.host), out).unwrap(),
            ClientEvent::Reply { to: Action::Ehlo, .. } => {
                client.send(&Command::mail(session.from, session.parameters), out).unwrap();
                for to in session.to {
                    client.send(&Command::rcpt(to, Parameters::NONE), out).unwrap();
                }
                client.send(&Command::Data, out).unwrap();
            }
            ClientEvent::Reply { to: Action::Data, .. } => {
                client.content(session.content, out).unwrap();
                client.finish_content(out).unwrap();
                client.send(&Command::Quit, out).unwrap();
            }
            _ => {}
        }
    }
}

/// Reads the replies with the peer's parsers, and writes the lines unchecked and the content as it is. It has no state.
fn without_client(session: &Session, out: &mut Vec<u8>) {
    let [greeting, hello, replies, last] = &session.replies;
    let [host, from, ann, bob] = session.texts;
    peer::replies(greeting);
    write!(out, "EHLO {host}\r\n").unwrap();
    peer::offers(hello);
    write!(out, "MAIL FROM:<{from}> BODY=8BITMIME\r\nRCPT TO:<{ann}>\r\nRCPT TO:<{bob}>\r\nDATA\r\n").unwrap();
    peer::replies(replies);
    out.extend_from_slice(black_box(session.content));
    out.extend_from_slice(b".\r\nQUIT\r\n");
    peer::replies(last);
}

/// Splits the replies into the turns of a delivery. It sends QUIT after the reply to its content, so the last two replies are
/// separate.
fn turns_of_a_delivery(session: &Session) -> [&[u8]; 5] {
    let [greeting, hello, replies, last] = &session.replies;
    let end = last.iter().position(|octet| *octet == b'\n').unwrap() + 1;
    let (content, quit) = last.split_at(end);
    [greeting, hello, replies, content, quit]
}

/// Plays the same session by a delivery, which has its own buffers.
fn deliver(session: &'static Session, out: &mut Vec<u8>) {
    let mut delivery = Delivery::new(ClientConfig::default(), Opening::new(session.host));
    let mut message = Message::default();
    message.body = Body::EightBitMime;
    delivery.push((session.from, session.to), message);
    delivery.quit();
    let mut replies = turns_of_a_delivery(session).into_iter();
    loop {
        match delivery.next_step() {
            Step::Read(_) => {
                out.extend_from_slice(delivery.to_write());
                delivery.written(delivery.to_write().len());
                delivery.received(replies.next().unwrap());
            }
            Step::Content { .. } => delivery.content(session.content, true).unwrap(),
            Step::Fate { outcome, .. } => _ = black_box(outcome),
            step => return assert_eq!(step, Step::Closed),
        }
    }
}

/// Gives the observer what both sides send, turn by turn.
fn observe(session: &Session) {
    let mut observer = Observer::new();
    let [greeting, replies @ ..] = &session.replies;
    let turns = session.turns.iter().map(Vec::as_slice).zip(replies);
    for (mut client, server) in std::iter::once((&b""[..], greeting)).chain(turns) {
        let mut server = &server[..];
        while let Some(event) = observer.next_event(&mut client, &mut server) {
            assert!(!matches!(event, ObserverEvent::Violation(_)));
            black_box(&event);
        }
    }
    assert!(observer.is_ended() && observer.messages() == 1);
}
