//! The cases of writing commands and replies.

use super::{Case, Goal, Limit, Random};
use smtp_core::syntax::{Command, EnhancedCode, Grammar, Reply, ReplyCode};
use std::hint::black_box;

pub(crate) fn add(cases: &mut Vec<Case>) {
    let mut random = Random::new();
    let lines: Vec<String> = (0..50).flat_map(|_| super::commands::session(&mut random)).collect();
    let lines: &'static [String] = lines.leak();
    let commands = || lines.iter().map(|line| Command::parse(line.as_bytes(), Grammar::STRICT).unwrap());
    cases.push(case("command, mix", commands().collect(), Command::encode));
    let mail = commands().filter(|command| matches!(command, Command::Mail(_) | Command::Rcpt(_))).collect();
    cases.push(case("MAIL and RCPT", mail, Command::encode));

    let texts = ["OK", "Sender ok", "Recipient ok", "Message accepted for delivery", "Requested action not taken"];
    let replies = (0..200).map(|at| {
        let text = texts[at % texts.len()];
        match at % 3 {
            0 => Reply::new(ReplyCode::OK, EnhancedCode::OK, text).unwrap(),
            1 => Reply::new(ReplyCode::MAILBOX_UNAVAILABLE, EnhancedCode::BAD_DESTINATION_MAILBOX, text).unwrap(),
            _ => Reply::new(ReplyCode::OK, None, text).unwrap(),
        }
    });
    cases.push(case("reply, one line", replies.collect(), Reply::encode));
}

/// Measures writing each value after the previous one, into a buffer with room for all.
fn case<T: 'static>(name: &str, values: Vec<T>, encode: impl Fn(&T, &mut Vec<u8>) + 'static) -> Case {
    let mut out = Vec::new();
    let finished: Vec<Vec<u8>> = values
        .iter()
        .map(|value| {
            let mut line = Vec::new();
            encode(value, &mut line);
            out.extend_from_slice(&line);
            line
        })
        .collect();
    let (octets, items) = (out.len(), values.len());
    let mut copy = Vec::with_capacity(octets * 2);
    Case {
        group: "encode",
        name: name.into(),
        octets,
        items,
        goal: Goal::Within {
            times: 1.5,
            nanoseconds: 10.0,
            limit: Limit::new("memcpy", move || {
                copy.clear();
                for line in &finished {
                    copy.extend_from_slice(black_box(line));
                }
                black_box(&copy);
            }),
        },
        work: Box::new(move || {
            out.clear();
            for value in &values {
                encode(black_box(value), &mut out);
            }
            black_box(&out);
        }),
    }
}
