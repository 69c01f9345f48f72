//! Whole sessions: EHLO, MAIL, two RCPT, DATA with 4 KB, QUIT, pipelined.

use super::{Case, Goal};
use smtp_core::session::{Action, Client, ClientConfig, ClientEvent, Event, Server, ServerConfig, State};
use smtp_core::syntax::{Command, Host, Mailbox, Parameters};
use std::hint::black_box;
use std::sync::Arc;

const COMMANDS: &[u8] = b"EHLO client.example\r\nMAIL FROM:<joe@client.example> BODY=8BITMIME\r\n\
    RCPT TO:<ann@mx.example>\r\nRCPT TO:<bob@mx.example>\r\nDATA\r\n";

pub(crate) fn add(cases: &mut Vec<Case>) {
    let content = "All work and no play makes for a message of lines that are as long as this one\r\n".repeat(50);
    let mut to_server = COMMANDS.to_vec();
    to_server.extend_from_slice(content.as_bytes());
    to_server.extend_from_slice(b".\r\nQUIT\r\n");
    let config = Arc::new(ServerConfig::new(Host::new("mx.example").unwrap()));
    let mut to_client = Vec::new();
    serve(&config, &to_server, &mut to_client);

    let (octets, mut out, replies) = (to_server.len(), Vec::new(), to_client.clone());
    cases.push(Case {
        group: "session",
        name: "server".into(),
        octets,
        items: 1,
        goal: Goal::Time(600.0),
        work: Box::new(move || {
            out.clear();
            serve(&config, black_box(&to_server), &mut out);
            black_box(&out);
        }),
    });
    let mut out = Vec::new();
    cases.push(Case {
        group: "session",
        name: "client".into(),
        octets: octets + replies.len(),
        items: 1,
        goal: Goal::Time(600.0),
        work: Box::new(move || {
            out.clear();
            talk(black_box(&replies), content.as_bytes(), &mut out);
            black_box(&out);
        }),
    });
}

fn serve(config: &Arc<ServerConfig>, input: &[u8], out: &mut Vec<u8>) {
    let mut server = Server::new(Arc::clone(config));
    server.accept(out).unwrap();
    let mut rest = input;
    while let Some(event) = server.next_event(&mut rest).unwrap() {
        match event {
            Event::Content(octets) => _ = black_box(octets),
            _ => server.accept(out).unwrap(),
        }
    }
    assert_eq!(server.state(), State::Closed);
}

/// The replies come one by one, as they do when each is waited for.
fn talk(replies: &[u8], content: &[u8], out: &mut Vec<u8>) {
    let mut client = Client::new(ClientConfig::default());
    let mut rest = replies;
    let host = Host::new("client.example").unwrap();
    let [joe, ann, bob] =
        ["joe@client.example", "ann@mx.example", "bob@mx.example"].map(|text| Mailbox::new(text).unwrap());
    let body = Parameters::new("BODY=8BITMIME").unwrap();
    while let Some(event) = client.next_event(&mut rest).unwrap() {
        match event {
            ClientEvent::Greeting(_) => client.send(&Command::Ehlo(host), out).unwrap(),
            ClientEvent::Reply { to: Action::Ehlo, .. } => {
                client.send(&Command::mail(joe, body), out).unwrap();
                client.send(&Command::rcpt(ann, Parameters::NONE), out).unwrap();
                client.send(&Command::rcpt(bob, Parameters::NONE), out).unwrap();
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
    assert_eq!(client.state(), State::Closed);
}
