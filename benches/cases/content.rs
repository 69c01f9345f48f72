//! The cases of message content, received and sent.

use super::traffic::{self, BASE64, Random};
use super::{Case, Limit};
use smtp_core::codec::{BareLineEnding, Content, DotDecoder, DotEncoder};
use std::hint::black_box;

const KB: usize = 1 << 10;
const IN_CACHE: usize = 64 * KB;
const BEYOND: usize = 10 * KB * KB;
/// The octets of a segment of TCP over Ethernet.
const SEGMENT: usize = 1460;
/// The octets of a word and the space after it, as from a program that writes each word for itself.
const WORD: usize = 13;

// The goals, as multiples of the limit's time.
/// Half of the throughput of `memcpy`.
const HALF: f64 = 2.0;
/// For content that the caches do not hold: reading in place is then no slower than a copy.
const SAME: f64 = 1.0;
/// A decoder that checks content looks for three octets, which are not found in vain, and compares their positions.
const SHORT: f64 = 3.0;
/// A call with a few octets, against one that copies them.
const CALL: f64 = 4.5;

pub(crate) fn add(cases: &mut Vec<Case>) {
    decoded(cases);
    encoded(cases);
}

fn decoded(cases: &mut Vec<Case>) {
    let checked = |name: &str, body: Vec<u8>, cut, limit| decode(name, body, cut, BareLineEnding::Refuse, limit);
    cases.push(checked("text, 1 KB", text(KB), KB, searches(KB, KB, SHORT)));
    cases.push(checked("text, 64 KB", text(IN_CACHE), IN_CACHE, memcpy(IN_CACHE, HALF)));
    cases.push(checked("text, 10 MB", text(BEYOND), BEYOND, memcpy(BEYOND, SAME)));
    cases.push(checked("base64, 64 KB", base64(IN_CACHE), IN_CACHE, memcpy(IN_CACHE, HALF)));
    let unchecked = BareLineEnding::Pass;
    cases.push(decode("text, 64 KB, unchecked", text(IN_CACHE), IN_CACHE, unchecked, memcpy(IN_CACHE, HALF)));
    let by_segment = checked("text by 1460 octets", text(IN_CACHE), SEGMENT, searches(IN_CACHE, SEGMENT, SHORT));
    cases.push(Case { item: "piece", items: IN_CACHE.div_ceil(SEGMENT), ..by_segment });
    let by_word = checked("text by 13 octets", text(IN_CACHE), WORD, copies(&text(IN_CACHE), WORD, CALL));
    cases.push(Case { item: "piece", items: by_word.octets.div_ceil(WORD), ..by_word });
    let by_octet = checked("text octet by octet", text(IN_CACHE), 1, Limit::octet_by_octet(text(IN_CACHE)));
    cases.push(Case { item: "octet", items: by_octet.octets, ..by_octet });
    let dots = b"..\r\n".repeat(IN_CACHE / 4);
    let case = checked("each line \"..\"", dots.clone(), IN_CACHE, Limit::octet_by_octet(dots));
    cases.push(Case { item: "octet", items: case.octets, ..case });
    for (name, line) in [("only CRLF, 64 KB", &b"\r\n"[..]), ("only CR, 64 KB", b"\r")] {
        let common = checked("", text(IN_CACHE), IN_CACHE, memcpy(0, SAME)).work;
        let limit = Limit { name: "text", goal: Some(2.0), work: common };
        cases.push(checked(name, line.repeat(IN_CACHE / line.len()), IN_CACHE, limit));
    }
}

fn encoded(cases: &mut Vec<Case>) {
    cases.push(encode("text, 1 KB, into a Vec", text(KB), true, searches(KB, KB, SHORT)));
    cases.push(encode("text, 64 KB, into a Vec", text(IN_CACHE), true, memcpy(IN_CACHE, 4.0)));
    cases.push(encode("text, 64 KB, in place", text(IN_CACHE), false, memcpy(IN_CACHE, HALF)));
    let dots = b".\r\n".repeat(IN_CACHE / 3);
    let case = encode("each line \".\", into a Vec", dots.clone(), true, Limit::octet_by_octet(dots));
    cases.push(Case { item: "octet", items: case.octets, ..case });
}

fn text(length: usize) -> Vec<u8> {
    repeated(traffic::text(&mut Random::new(), length.min(IN_CACHE)), length)
}

/// Returns lines of base64 of 76 octets, each with a CRLF.
fn base64(length: usize) -> Vec<u8> {
    let mut random = Random::new();
    let mut body = Vec::new();
    while body.len() < length.min(IN_CACHE) {
        body.extend_from_slice(random.text(BASE64, 76).as_bytes());
        body.extend_from_slice(b"\r\n");
    }
    repeated(body, length)
}

fn repeated(body: Vec<u8>, length: usize) -> Vec<u8> {
    body.repeat(length.div_ceil(IN_CACHE))
}

fn memcpy(length: usize, goal: f64) -> Limit {
    let mut to = vec![0; length];
    let (from, start) = half_a_page_from(&to, &vec![b'x'; length]);
    Limit::new("memcpy", goal, move || {
        black_box(&mut to[..]).copy_from_slice(black_box(&from[start..]));
        black_box(&to);
    })
}

/// Searches pieces of `cut` octets, of which none is one of the three.
fn searches(length: usize, cut: usize, goal: f64) -> Limit {
    let stream = vec![b'x'; length];
    Limit::new("memchr3", goal, move || {
        for piece in black_box(&stream[..]).chunks(cut) {
            assert!(black_box(memchr::memchr3(b'\r', b'\n', b'.', piece)).is_none());
        }
    })
}

/// Copies each piece of `cut` octets by itself.
fn copies(stream: &[u8], cut: usize, goal: f64) -> Limit {
    let (stream, mut copy) = (stream.to_vec(), Vec::with_capacity(stream.len()));
    Limit::new("copy of each", goal, move || {
        copy.clear();
        for piece in black_box(&stream[..]).chunks(cut) {
            copy.extend_from_slice(black_box(piece));
        }
        black_box(&copy);
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

fn decode(name: &str, mut stream: Vec<u8>, cut: usize, policy: BareLineEnding, limit: Limit) -> Case {
    stream.extend_from_slice(b".\r\n");
    let octets = stream.len();
    let work = Box::new(move || {
        let mut decoder = DotDecoder::new(policy);
        for mut chunk in black_box(&stream[..]).chunks(cut) {
            while let Some(content) = decoder.decode(&mut chunk) {
                if let Content::Octets(octets) = content {
                    black_box(octets);
                }
            }
        }
    });
    Case { group: "content decode", name: name.into(), octets, item: "message", items: 1, limit, work }
}

fn encode(name: &str, body: Vec<u8>, copied: bool, limit: Limit) -> Case {
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
    Case { group: "content encode", name: name.into(), octets, item: "message", items: 1, limit, work }
}
