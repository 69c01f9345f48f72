//! The cases of message content, received and sent.

use super::{BASE64, Case, Goal, Limit, Random};
use smtp_core::codec::{BareLineEnding, Content, DotDecoder, DotEncoder};
use std::hint::black_box;

const IN_CACHE: usize = 64 * 1024;

pub(crate) fn add(cases: &mut Vec<Case>) {
    for length in [1 << 10, 1460, IN_CACHE] {
        cases.push(search("one octet", length, |octets| memchr::memchr(b'\n', octets)));
        cases.push(search("three octets", length, |octets| memchr::memchr3(b'\r', b'\n', b'.', octets)));
    }
    for (checked, share, policy) in
        [("checked", 0.40, BareLineEnding::Refuse), ("unchecked", 0.90, BareLineEnding::Pass)]
    {
        for (body, line) in [("text", text as Body), ("base64", base64)] {
            for (size, length) in [("1 KB", 1 << 10), ("64 KB", IN_CACHE), ("10 MB", 10 << 20)] {
                let share = if length > IN_CACHE { 1.0 } else { share };
                let name = format!("{body}, {size}, whole, {checked}");
                cases.push(decode(name, line(length), usize::MAX, policy, against_memcpy(share)));
            }
            for (cut, at) in [("16 KB", 16 << 10), ("1460 octets", 1460)] {
                let name = format!("{body}, 64 KB, by {cut}, {checked}");
                cases.push(decode(name, line(IN_CACHE), at, policy, against_memcpy(share)));
            }
        }
    }
    for (name, line, goal) in WORST {
        let goal = Goal::Throughput(*goal);
        cases.push(decode(
            name.to_string(),
            line.repeat(IN_CACHE / line.len()),
            usize::MAX,
            BareLineEnding::Refuse,
            |_| goal,
        ));
    }
    cases.push(decode("octet by octet".into(), text(1 << 12), 1, BareLineEnding::Refuse, |_| Goal::PerOctet(10.0)));
    // As from a program that writes each word for itself: 15 ns for each piece.
    let goal = |_| Goal::PerOctet(15.0 / 13.0);
    cases.push(decode("by 13 octets".into(), text(1 << 12), 13, BareLineEnding::Refuse, goal));

    for (body, line) in [("text", text as Body), ("base64", base64)] {
        for (size, length) in [("1 KB", 1 << 10), ("64 KB", IN_CACHE)] {
            cases.push(encode(format!("{body}, {size}, fragments"), line(length), false, against_memcpy(0.40)));
            cases.push(encode(format!("{body}, {size}, into a Vec"), line(length), true, against_memcpy(0.25)));
        }
    }
    // If every line begins with a dot, each line is searched separately.
    for (name, line, least) in
        [("only \".\" lines", &b".\r\n"[..], 0.05), ("only CRLF", b"\r\n", 1.5), ("lines \".x\"", b".x\r\n", 0.05)]
    {
        let goal = || move |_: usize| Goal::Throughput(least);
        let body = || line.repeat(IN_CACHE / line.len());
        cases.push(encode(format!("{name}, fragments"), body(), false, goal()));
        cases.push(encode(format!("{name}, into a Vec"), body(), true, goal()));
    }
}

/// Measures searches that find nothing, for one octet and for three. A decoder that searches its octets cannot take less.
fn search(octets: &'static str, length: usize, find: fn(&[u8]) -> Option<usize>) -> Case {
    let stream = vec![b'x'; length];
    Case {
        group: "content",
        name: format!("search for {octets} in {length}, none there"),
        octets: length,
        items: 1,
        goal: Goal::Told(memcpy(length)),
        work: Box::new(move || {
            assert!(black_box(find(black_box(&stream))).is_none());
        }),
    }
}

type Body = fn(usize) -> Vec<u8>;

const WORST: &[(&str, &[u8], f64)] = &[
    ("only \"..\" lines", b"..\r\n", 0.05),
    ("only CRLF", b"\r\n", 1.0),
    ("only CR", b"\r", 1.0),
    ("short lines with dots", b"..a\r\nbc\r\n..def\r\ng\r\n", 0.05),
];

/// Returns lines of text of 60 to 76 octets, each with a CRLF.
fn text(length: usize) -> Vec<u8> {
    let mut random = Random::new();
    let mut body = Vec::new();
    while body.len() < length.min(IN_CACHE) {
        let columns = 60 + random.below(17);
        body.extend_from_slice(
            random.text(b"eeeettaaooiinsrhldcumfpgwybvkxjqz    .,", columns).trim_matches('.').as_bytes(),
        );
        body.extend_from_slice(b"\r\n");
    }
    body.repeat(length.div_ceil(IN_CACHE))
}

/// Returns lines of base64 of 76 octets, each with a CRLF.
fn base64(length: usize) -> Vec<u8> {
    let mut random = Random::new();
    let mut body = Vec::new();
    while body.len() < length.min(IN_CACHE) {
        body.extend_from_slice(random.text(BASE64, 76).as_bytes());
        body.extend_from_slice(b"\r\n");
    }
    body.repeat(length.div_ceil(IN_CACHE))
}

/// Returns the goal for a number of octets: a share of the throughput of `memcpy`.
fn against_memcpy(share: f64) -> impl FnOnce(usize) -> Goal {
    move |length| Goal::Share { share, limit: memcpy(length) }
}

fn memcpy(length: usize) -> Limit {
    let mut to = vec![0; length];
    let (from, start) = half_a_page_from(&to, &vec![b'x'; length]);
    Limit::new("memcpy", move || {
        black_box(&mut to[..]).copy_from_slice(black_box(&from[start..]));
        black_box(&to);
    })
}

/// Returns a buffer with the octets, and their offset in it, half a page away from `to` by the offsets of both in their pages.
///
/// Some processors take ten times as long for a copy to an address a few octets further on in its page. The address of a buffer
/// is random, and must not affect the result.
fn half_a_page_from(to: &[u8], octets: &[u8]) -> (Vec<u8>, usize) {
    const PAGE: usize = 4096;
    let mut buffer = Vec::with_capacity(PAGE + octets.len());
    let start = (to.as_ptr() as usize + PAGE / 2).wrapping_sub(buffer.as_ptr() as usize) % PAGE;
    buffer.resize(start, 0);
    buffer.extend_from_slice(octets);
    (buffer, start)
}

fn decode(
    name: String,
    mut stream: Vec<u8>,
    cut: usize,
    policy: BareLineEnding,
    goal: impl FnOnce(usize) -> Goal,
) -> Case {
    stream.extend_from_slice(b".\r\n");
    let octets = stream.len();
    let work = Box::new(move || {
        let mut decoder = DotDecoder::new(policy);
        for mut chunk in black_box(&stream[..]).chunks(cut.min(stream.len())) {
            while let Some(content) = decoder.decode(&mut chunk) {
                if let Content::Octets(octets) = content {
                    black_box(octets);
                }
            }
        }
    });
    Case { group: "content decode", name, octets, items: 1, goal: goal(octets), work }
}

fn encode(name: String, body: Vec<u8>, copied: bool, goal: impl FnOnce(usize) -> Goal) -> Case {
    let octets = body.len();
    let mut out = Vec::with_capacity(octets * 2);
    let (body, start) = half_a_page_from(&out, &body);
    let work: Box<dyn FnMut()> = if copied {
        Box::new(move || {
            let mut encoder = DotEncoder::new(BareLineEnding::Refuse);
            out.clear();
            encoder.encode_into(black_box(&body[start..]), &mut out).unwrap();
            black_box(&out);
            black_box(encoder.finish().unwrap());
        })
    } else {
        Box::new(move || {
            let mut encoder = DotEncoder::new(BareLineEnding::Refuse);
            let mut rest = black_box(&body[start..]);
            while let Some(octets) = encoder.encode(&mut rest).unwrap() {
                black_box(octets);
            }
            black_box(encoder.finish().unwrap());
        })
    };
    Case { group: "content encode", name, octets, items: 1, goal: goal(octets), work }
}
