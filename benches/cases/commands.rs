//! The cases of commands and mailboxes.

use super::traffic::{self, MANY, Random, SESSIONS};
use super::{Case, Limit, peer};
use smtp_core::codec::LineDecoder;
use smtp_core::syntax::{Command, Extensions, Grammar, Mailbox};
use std::hint::black_box;

/// The goal of reading every parameter as a typed value, as a server does: this share of the peer's time.
const VALUES: f64 = 0.6;

pub(crate) fn add(cases: &mut Vec<Case>) {
    let mut random = Random::new();
    let lines: Vec<String> = (0..SESSIONS).flat_map(|_| traffic::session(&mut random)).collect();
    cases.push(commands("all lines of sessions", &lines, None));
    for (name, line) in [
        ("MAIL", traffic::mail as fn(&mut Random) -> String),
        ("MAIL with five parameters", traffic::mail_with_many),
        ("RCPT", traffic::rcpt),
        ("RCPT with two parameters", traffic::rcpt_with_many),
        ("BDAT", traffic::bdat),
    ] {
        let lines: Vec<String> = (0..MANY).map(|_| line(&mut random)).collect();
        cases.push(commands(name, &lines, Some(VALUES)));
    }
    cases.push(mailboxes((0..MANY).map(|_| traffic::mailbox(&mut random)).collect()));
}

/// Measures lines that are framed and parsed, with every parameter read as a typed value.
fn commands(name: &str, lines: &[String], goal: Option<f64>) -> Case {
    let stream: Vec<u8> = lines.iter().flat_map(|line| line.bytes().chain(*b"\r\n")).collect();
    let again = stream.clone();
    Case {
        group: "command",
        name: name.into(),
        octets: stream.len(),
        item: "line",
        items: lines.len(),
        limit: Limit { name: peer::NAME, goal, work: Box::new(move || peer::commands(&again)) },
        work: Box::new(move || {
            let grammar = Grammar::STRICT.with_extensions(Extensions::ALL);
            let mut decoder = LineDecoder::new();
            let mut rest = black_box(&stream[..]);
            while let Ok(Some(line)) = decoder.decode(&mut rest, 2048) {
                match black_box(&Command::parse(line, grammar)).as_ref().unwrap() {
                    Command::Mail(mail) => mail.parameters.values().for_each(|value| _ = black_box(&value)),
                    Command::Rcpt(rcpt) => rcpt.parameters.values().for_each(|value| _ = black_box(&value)),
                    _ => {}
                }
            }
            assert!(rest.is_empty());
        }),
    }
}

fn mailboxes(mailboxes: Vec<String>) -> Case {
    let paths: Vec<String> = mailboxes.iter().map(|mailbox| format!("{mailbox}>")).collect();
    Case {
        group: "mailbox",
        name: "typical".into(),
        octets: mailboxes.iter().map(String::len).sum(),
        item: "mailbox",
        items: mailboxes.len(),
        limit: Limit::without_goal(peer::NAME, move || peer::mailboxes(&paths)),
        work: Box::new(move || {
            for mailbox in &mailboxes {
                assert!(black_box(&Mailbox::parse(black_box(mailbox.as_bytes()), Grammar::STRICT)).is_ok());
            }
        }),
    }
}
