//! The cases of refusals and of rare forms. The limit of each is the common form, accepted, in as many octets.

use super::traffic::{LOWER, MANY, Random};
use super::{Case, Limit};
use smtp_core::syntax::{Command, Extensions, Grammar};
use std::hint::black_box;

/// The number of lines of each case.
const NUMBER: usize = MANY / 5;

pub(crate) fn add(cases: &mut Vec<Case>) {
    let mut random = Random::new();
    let random = &mut random;
    cases.push(case("ENVID of 400 octets, refused", random, |random| {
        let id = random.text(LOWER, 400);
        (
            format!("MAIL FROM:<joe@client.example> ENVID={id}"),
            format!("RCPT TO:<joe@client.example> ORCPT=rfc822;{id}"),
        )
    }));
    cases.push(case("ENVID of 101 octets, refused", random, |random| {
        let id = random.text(LOWER, 101);
        let line = |id: &str| format!("MAIL FROM:<joe@client.example> ENVID={id}");
        (line(&id), line(&id[1..]))
    }));
    cases.push(case("unknown parameter, refused", random, |random| {
        let mailbox = super::traffic::mailbox(random);
        let size = random.below(1_000_000);
        (format!("MAIL FROM:<{mailbox}> SIZF={size} RET=FULL"), format!("MAIL FROM:<{mailbox}> SIZE={size} RET=FULL"))
    }));
    cases.push(case("path without its end, refused", random, |random| {
        let mailbox = super::traffic::mailbox(random);
        (format!("RCPT TO:<{mailbox}"), format!("RCPT TO:<{mailbox}>"))
    }));
    cases.push(case("mailbox at an IPv4 literal", random, |random| {
        let length = 2 + random.below(12);
        let local_part = random.text(LOWER, length);
        let literal = format!("[192.0.2.{}]", random.below(256));
        let domain = random.text(LOWER, literal.len() - 4) + ".com";
        (format!("RCPT TO:<{local_part}@{literal}>"), format!("RCPT TO:<{local_part}@{domain}>"))
    }));
    cases.push(case("mailbox at an IPv6 literal", random, |random| {
        let length = 2 + random.below(12);
        let local_part = random.text(LOWER, length);
        let literal = format!("[IPv6:2001:db8::{:x}:{:x}]", random.below(65_536), random.below(65_536));
        let domain = random.text(LOWER, literal.len() - 4) + ".com";
        (format!("RCPT TO:<{local_part}@{literal}>"), format!("RCPT TO:<{local_part}@{domain}>"))
    }));
    cases.push(case("mailbox with a quoted local-part", random, |random| {
        let (length, domain) = (4 + random.below(12), super::traffic::domain(random));
        let local_part = random.text(LOWER, length);
        let quoted = format!("\"{} {}\"", &local_part[..2], &local_part[2..length - 1]);
        (format!("RCPT TO:<{quoted}@{domain}>"), format!("RCPT TO:<{local_part}xx@{domain}>"))
    }));
    cases.push(long_mailboxes(random));
}

/// Measures mailboxes of 240 octets against about as many octets in common mailboxes.
fn long_mailboxes(random: &mut Random) -> Case {
    let lines = (0..NUMBER / 10).map(|_| {
        let mut long = random.text(LOWER, 64) + "@";
        while long.len() < 240 - 20 {
            let length = 5 + random.below(12);
            long = long + &random.text(LOWER, length) + ".";
        }
        let last = 240 - long.len();
        format!("RCPT TO:<{}{}>", long, random.text(LOWER, last))
    });
    let lines: Vec<String> = lines.collect();
    let common = (0..lines.len() * 7).map(|_| format!("RCPT TO:<{}>", super::traffic::mailbox(random)));
    let common = common.collect();
    measured("mailbox of 240 octets", lines, common)
}

/// Measures the first line of each pair against the second.
fn case(name: &str, random: &mut Random, pair: impl Fn(&mut Random) -> (String, String)) -> Case {
    let (lines, common) = (0..NUMBER).map(|_| pair(random)).unzip();
    measured(name, lines, common)
}

fn measured(name: &str, lines: Vec<String>, common: Vec<String>) -> Case {
    let grammar = Grammar::STRICT.with_extensions(Extensions::ALL);
    let is_refused = name.ends_with("refused");
    let parse = move |lines: &[String], is_refused: bool| {
        for line in lines {
            assert_eq!(black_box(&Command::parse(black_box(line.as_bytes()), grammar)).is_err(), is_refused);
        }
    };
    Case {
        group: "rare",
        name: name.into(),
        octets: lines.iter().map(String::len).sum(),
        item: "line",
        items: lines.len(),
        limit: Limit::new("common form", 2.0, move || parse(&common, false)),
        work: Box::new(move || parse(&lines, is_refused)),
    }
}
