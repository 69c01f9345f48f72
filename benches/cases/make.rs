//! The cases of writing: values that were read, and values from a caller's texts and numbers.

use super::traffic::{self, LOWER, MANY, Random, SESSIONS};
use super::{Case, Limit};
use smtp_core::syntax::{
    Body, Command, EnhancedCode, Extensions, Grammar, Mailbox, ParameterValue, Parameters, ParametersBuf, Reply,
    ReplyCode,
};
use std::hint::black_box;

/// The number of values of each case.
const NUMBER: usize = MANY / 5;

pub(crate) fn add(cases: &mut Vec<Case>) {
    let mut random = Random::new();
    cases.push(read_before(&mut random));
    let texts: Vec<String> = (0..NUMBER).map(|_| text(&mut random, "recipient")).collect();
    cases.push(reply("reply with a text of 30 octets", texts));
    let texts: Vec<String> = (0..NUMBER).map(|_| text(&mut random, "bo\u{EE}te aux")).collect();
    cases.push(reply("reply with a text of 30 octets, not ASCII", texts));

    let mail: Vec<(String, u64)> =
        (0..NUMBER).map(|_| (traffic::mailbox(&mut random), random.below(10_000_000) as u64)).collect();
    cases.push(command("MAIL from a mailbox, a size and a body", &mail, |(mailbox, size), out| {
        let mut parameters = ParametersBuf::new();
        parameters.push(ParameterValue::Size(*size)).unwrap();
        parameters.push(ParameterValue::Body(Body::EightBitMime)).unwrap();
        Command::mail(Mailbox::new(mailbox).unwrap(), parameters.as_parameters()).encode(out);
    }));
    let mail: Vec<(String, String)> =
        mail.into_iter().map(|(mailbox, size)| (mailbox, format!("SIZE={size} BODY=8BITMIME"))).collect();
    cases.push(command("MAIL from texts", &mail, |(mailbox, parameters), out| {
        let parameters = Parameters::new(parameters).unwrap();
        Command::mail(Mailbox::new(mailbox).unwrap(), parameters).encode(out);
    }));
}

/// Measures writing commands that were read, as a proxy does.
fn read_before(random: &mut Random) -> Case {
    let lines: Vec<String> = (0..SESSIONS).flat_map(|_| traffic::session(random)).collect();
    let lines: &'static [String] = lines.leak();
    let grammar = Grammar::STRICT.with_extensions(Extensions::ALL);
    let commands: Vec<Command<'_>> =
        lines.iter().map(|line| Command::parse(line.as_bytes(), grammar).unwrap()).collect();
    let finished: Vec<Vec<u8>> = lines.iter().map(|line| format!("{line}\r\n").into_bytes()).collect();
    let octets = finished.iter().map(Vec::len).sum();
    case("all lines of sessions", ("copy of each", 4.0), octets, commands, Command::encode, move |at, copy| {
        copy.extend_from_slice(black_box(&finished[at]));
    })
}

/// Returns a text of 30 octets, with words that differ in length.
fn text(random: &mut Random, word: &str) -> String {
    let first = 1 + random.below(12);
    let text = random.text(LOWER, first) + " " + word + " ";
    let rest = 30 - text.len();
    text + &random.text(LOWER, rest)
}

/// Measures `Reply::new` with a text of the caller's, and its encoding. The limit checks that the text is UTF-8, and copies the
/// finished line.
fn reply(name: &str, texts: Vec<String>) -> Case {
    let make = |text: &str, out: &mut Vec<u8>| {
        let code = black_box(ReplyCode::MAILBOX_UNAVAILABLE);
        Reply::new(code, EnhancedCode::BAD_DESTINATION_MAILBOX, text).unwrap().encode(out);
    };
    let finished: Vec<Vec<u8>> = texts
        .iter()
        .map(|text| {
            let mut line = Vec::new();
            make(text, &mut line);
            line
        })
        .collect();
    let again = texts.clone();
    case(
        name,
        ("from_utf8, copy", 1.6),
        finished.iter().map(Vec::len).sum(),
        texts,
        move |text, out| make(text, out),
        move |at, copy| {
            assert!(core::str::from_utf8(black_box(again[at].as_bytes())).is_ok());
            copy.extend_from_slice(black_box(&finished[at]));
        },
    )
}

/// Measures making a command and its encoding. The limit is `format!` with the same parts, which checks nothing.
fn command<T>(name: &str, parts: &[T], make: impl Fn(&T, &mut Vec<u8>) + 'static) -> Case
where
    T: Parts + Clone + 'static,
{
    let octets = parts.iter().map(|parts| parts.formatted().len()).sum();
    let again = parts.to_vec();
    case(name, ("format!", 1.0), octets, parts.to_vec(), make, move |at, copy| {
        copy.extend_from_slice(black_box(&again[at]).formatted().as_bytes());
    })
}

/// What a MAIL command is made of.
trait Parts {
    /// Returns the line, unchecked.
    fn formatted(&self) -> String;
}

impl Parts for (String, u64) {
    fn formatted(&self) -> String {
        format!("MAIL FROM:<{}> SIZE={} BODY=8BITMIME\r\n", self.0, self.1)
    }
}

impl Parts for (String, String) {
    fn formatted(&self) -> String {
        format!("MAIL FROM:<{}> {}\r\n", self.0, self.1)
    }
}

/// Measures making each value after the previous one, into a buffer with room for all.
fn case<T: 'static>(
    name: &str,
    (limit, goal): (&'static str, f64),
    octets: usize,
    values: Vec<T>,
    make: impl Fn(&T, &mut Vec<u8>) + 'static,
    limit_of: impl Fn(usize, &mut Vec<u8>) + 'static,
) -> Case {
    let items = values.len();
    let (mut out, mut copy) = (Vec::with_capacity(octets), Vec::with_capacity(octets));
    Case {
        group: "write",
        name: name.into(),
        octets,
        item: "line",
        items,
        limit: Limit::new(limit, goal, move || {
            copy.clear();
            (0..items).for_each(|at| limit_of(at, &mut copy));
            black_box(&copy);
        }),
        work: Box::new(move || {
            out.clear();
            for value in &values {
                make(black_box(value), &mut out);
            }
            assert_eq!(out.len(), octets);
            black_box(&out);
        }),
    }
}
