//! The cases of command lines: framed, parsed, and compared with the offer.

use super::{BASE64, Case, Goal, LOWER, Limit, Random};
use smtp_core::codec::LineDecoder;
use smtp_core::syntax::{Command, Extensions, Grammar};
use std::hint::black_box;

const SESSIONS: usize = 100;

pub(crate) fn add(cases: &mut Vec<Case>) {
    let mut random = Random::new();
    let lines: Vec<String> = (0..SESSIONS).flat_map(|_| session(&mut random)).collect();
    cases.push(case("full mix", &lines));
    let plain: Vec<String> = (0..SESSIONS).flat_map(|_| plain_session(&mut random)).collect();
    cases.push(case("plain mix", &plain));
    for verb in ["EHLO", "MAIL", "RCPT", "AUTH", "BDAT", "DATA"] {
        let some: Vec<String> = lines.iter().filter(|line| line.starts_with(verb)).cloned().collect();
        cases.push(case(verb, &some));
    }
    let many: Vec<String> = (0..10 * SESSIONS).flat_map(|_| session(&mut random)).collect();
    for verb in ["MAIL", "RCPT", "BDAT"] {
        let some: Vec<String> = many.iter().filter(|line| line.starts_with(verb)).cloned().collect();
        let mut case = case_of(&format!("{verb}, every value read"), &some, |command| match command {
            Command::Mail(mail) => mail.parameters.values().for_each(|value| _ = black_box(&value)),
            Command::Rcpt(rcpt) => rcpt.parameters.values().for_each(|value| _ = black_box(&value)),
            _ => {}
        });
        if verb != "BDAT" {
            let limit = Limit::new("parsed", case_of(verb, &some, |_| {}).work);
            case.goal = Goal::Within { times: 2.0, nanoseconds: 0.0, limit };
        }
        cases.push(case);
    }
}

/// Returns the lines of a session that uses many extensions of ESMTP.
pub(crate) fn session(random: &mut Random) -> Vec<String> {
    let response = 6 + random.below(8);
    let envid = 6 + random.below(12);
    let to = super::mailbox(random);
    vec![
        format!("EHLO {}", super::domain(random)),
        format!("AUTH PLAIN {}", random.text(BASE64, response * 4)),
        format!(
            "MAIL FROM:<{}> SIZE={} BODY={} SMTPUTF8 RET={} ENVID={}",
            super::mailbox(random),
            random.below(10_000_000),
            random.one_of(&["8BITMIME", "8BITMIME", "7BIT"]),
            random.one_of(&["HDRS", "FULL"]),
            random.text(LOWER, envid)
        ),
        format!(
            "RCPT TO:<{to}> NOTIFY={} ORCPT=rfc822;{}",
            random.one_of(&["NEVER", "SUCCESS,FAILURE", "FAILURE,DELAY"]),
            to.replace('+', "+2B")
        ),
        "DATA".into(),
        format!("BDAT {}{}", random.below(1_000_000), random.one_of(&["", " LAST"])),
        "RSET".into(),
        "NOOP".into(),
        "QUIT".into(),
    ]
}

/// Returns the lines of a session like most: few parameters, some recipients.
fn plain_session(random: &mut Random) -> Vec<String> {
    let mut lines = vec![
        format!("EHLO {}", super::domain(random)),
        match random.below(4) {
            0 => "MAIL FROM:<>".into(),
            1 => format!("MAIL FROM:<{}>", super::mailbox(random)),
            2 => format!("MAIL FROM:<{}> SIZE={}", super::mailbox(random), random.below(10_000_000)),
            _ => format!("MAIL FROM:<{}> BODY=8BITMIME SIZE={}", super::mailbox(random), random.below(10_000_000)),
        },
    ];
    for _ in 0..1 + random.below(3) {
        lines.push(format!("RCPT TO:<{}>", super::mailbox(random)));
    }
    lines.push("DATA".into());
    if random.below(4) == 0 {
        lines.push("RSET".into());
    }
    lines.push("QUIT".into());
    lines
}

fn case(name: &str, lines: &[String]) -> Case {
    case_of(name, lines, |_| {})
}

/// Measures lines that are framed and parsed, with `read` called on each command.
fn case_of(name: &str, lines: &[String], read: impl Fn(&Command<'_>) + 'static) -> Case {
    let stream: Vec<u8> = lines.iter().flat_map(|line| line.bytes().chain(*b"\r\n")).collect();
    let again = stream.clone();
    Case {
        group: "command",
        name: name.into(),
        octets: stream.len(),
        items: lines.len(),
        goal: Goal::Within {
            times: 7.0,
            nanoseconds: 0.0,
            limit: Limit::new("memchr", move || {
                let mut rest = black_box(&again[..]);
                while let Some(at) = memchr::memchr(b'\n', rest) {
                    black_box(&rest[..at]);
                    rest = &rest[at + 1..];
                }
            }),
        },
        work: Box::new(move || {
            let grammar = Grammar::STRICT.with_extensions(Extensions::ALL);
            let mut decoder = LineDecoder::new();
            let mut rest = black_box(&stream[..]);
            while let Ok(Some(line)) = decoder.decode(&mut rest, 2048) {
                let command = Command::parse(line, grammar);
                read(black_box(&command).as_ref().unwrap());
            }
        }),
    }
}
