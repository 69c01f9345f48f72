//! Checks that common forms are accepted by the fast path, and that every result is right wherever vectors begin and
//! end.

// In tests, the panics that these lints prevent are the failures we want.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)]

extern crate std;

use super::portable;
use std::vec::Vec;

type Mailbox = fn(&[u8], usize) -> Option<(usize, usize)>;
type Domain = fn(&[u8], usize) -> Option<usize>;

/// Each implementation, and the octets besides letters and digits that it accepts in a local-part.
const WAYS: &[(Mailbox, Domain, &[u8])] = &[
    (portable::mailbox, portable::domain, b"*+-/=^_`{|}~"),
    #[cfg(all(feature = "simd", target_arch = "x86_64"))]
    (super::super::sse2::mailbox, super::super::sse2::domain, b"+-=_"),
];

/// Returns every text of these octets up to the length `longest`.
fn texts(octets: &[u8], longest: usize) -> Vec<Vec<u8>> {
    let mut texts = std::vec![Vec::new()];
    let mut at = 0;
    while let Some(text) = texts.get(at).filter(|text| text.len() < longest).cloned() {
        texts.extend(octets.iter().map(|octet| [&text[..], &[*octet]].concat()));
        at += 1;
    }
    texts
}

/// Returns lines with a short text, after runs of "a" of different lengths, so that the text crosses the bounds of
/// vectors. Each line is long enough for the fast path.
fn lines(text: &[u8]) -> impl Iterator<Item = (usize, Vec<u8>)> {
    [0, 1, 11, 12, 13, 14, 15, 16, 17, 30, 46, 47, 48].into_iter().flat_map(move |run| {
        let text = [&std::vec![b'a'; run][..], text].concat();
        let close = [&text[..], b"> SIZE=1000 BODY=8BITMIME"].concat();
        let after = [&std::vec![b' '; 17][..], &text].concat();
        let open = [b" ", &text[..]].concat();
        let alone = (text.len() > 16).then_some((0, text));
        [(0, close), (17, after)].into_iter().chain(alone).chain((open.len() > 16).then_some((1, open)))
    })
}

fn run(text: &[u8], goes_on: impl Fn(u8) -> bool) -> &[u8] {
    &text[..text.iter().position(|octet| !goes_on(*octet)).unwrap_or(text.len())]
}

fn is_let_dig(octet: u8) -> bool {
    octet.is_ascii_alphanumeric()
}

/// `sub-domain = Let-dig [Ldh-str]`, for octets that are LDH.
fn is_label(text: &[u8]) -> bool {
    matches!(text, [first, .., last] | [first @ last] if is_let_dig(*first) && is_let_dig(*last))
}

/// RFC 5321 section 4.1.2: `Domain = sub-domain *("." sub-domain)`.
#[test]
fn domains() {
    for text in texts(b"a.-@\x80", 5) {
        for (at, line) in lines(&text) {
            let name = run(&line[at..], |octet| is_let_dig(octet) || b"-.".contains(&octet));
            let whole = name.split(|octet| *octet == b'.').all(is_label);
            for (_, domain, _) in WAYS {
                assert_eq!(domain(&line, at), whole.then_some(at + name.len()), "{} {at}", line.escape_ascii());
            }
        }
    }
}

/// `Mailbox = Local-part "@" Domain`, `Dot-string = Atom *("." Atom)`. The fast path may reject atoms that do not begin
/// and end with a letter or a digit.
#[test]
fn mailboxes() {
    for text in texts(b"a.-@_\x80", 5) {
        for (at, line) in lines(&text) {
            for (mailbox, _, atext) in WAYS {
                let local_part = run(&line[at..], |octet| is_let_dig(octet) || octet == b'.' || atext.contains(&octet));
                let at_sign = at + local_part.len();
                let name = line.get(at_sign + 1..).unwrap_or_default();
                let name = run(name, |octet| is_let_dig(octet) || b"-.".contains(&octet));
                let mut atoms = local_part.split(|octet| *octet == b'.');
                let right = line.get(at_sign) == Some(&b'@')
                    && atoms.clone().all(|atom| !atom.is_empty())
                    && name.split(|octet| *octet == b'.').all(is_label);
                let found = mailbox(&line, at);
                if found.is_some() || atoms.all(is_label) {
                    let taken = right.then_some((at_sign, at_sign + 1 + name.len()));
                    assert_eq!(found, taken, "{} {at}", line.escape_ascii());
                }
            }
        }
    }
}

/// Tries every octet in a local-part and in a domain.
#[test]
fn classes() {
    for octet in 0..=u8::MAX {
        for (mailbox, domain, atext) in WAYS {
            let common = is_let_dig(octet) || octet == b'.' || atext.contains(&octet);
            let line = [b"RCPT TO:<a", &[octet][..], b"a@x.example>"].concat();
            assert_eq!(mailbox(&line, 9).is_some_and(|(at_sign, _)| at_sign == 12), common, "{octet}");
            let line = [b"RCPT TO:<a@b", &[octet][..], b"c.example>"].concat();
            let end = if is_let_dig(octet) || b"-.".contains(&octet) { line.len() - 1 } else { 12 };
            assert_eq!(mailbox(&line, 9), Some((10, end)), "{octet}");
            assert_eq!(domain(&line, 11), Some(end), "{octet}");
        }
    }
}

/// A domain that is longer than a label may be.
const LONG: &str = "mail.of.some.department.of.some.university.of.some.town.in.some-country.example";

/// RFC 5321 sections 4.5.3.1.1 and 4.5.3.1.2: a local-part has at most 64 octets and a domain 255. RFC 1035 section 2.3.4:
/// a label has at most 63.
#[test]
fn limits() {
    let label = |length: usize| "d".repeat(length);
    for (local_part, labels, taken) in [
        (64, &[63][..], true),
        (65, &[63], false),
        (64, &[64], false),
        (64, &[63, 63, 63, 63], true),
        (1, &[63, 63, 63, 62, 1], false),
        (1, &[1, 63, 63, 63, 61], true),
        (1, &[63, 64, 63], false),
        (1, &[63, 63, 64], false),
        (1, &[64, 63, 63], false),
        (1, &[1; 128], true),
        (1, &[1; 129], false),
    ] {
        let name = labels.iter().map(|length| label(*length)).collect::<Vec<_>>().join(".");
        for after in [">", "> SIZE=1", ""] {
            let line = ["<", &"l".repeat(local_part), "@", &name, after].concat();
            let at_sign = 1 + local_part;
            let end = at_sign + 1 + name.len();
            let what = std::format!("{local_part} {labels:?}");
            assert_eq!(super::mailbox(line.as_bytes(), 1), taken.then_some((at_sign, end)), "{what}");
            let taken = taken || local_part > 64;
            assert_eq!(super::domain(line.as_bytes(), at_sign + 1), taken.then_some(end), "{what}");
        }
    }
}

#[test]
fn mailboxes_of_any_length() {
    for local in ["a", "joe", "j.r", "joe.smith", "a-b_c", "joe.smith.of.some.department"] {
        for domain in ["b", "x.example", "mx-1.mail.example", "a.b", LONG, &[LONG, LONG, LONG].join(".")] {
            for (before, after) in [("<", ">"), ("<", "> SIZE=1"), ("FROM:<", ">"), ("", "")] {
                let line = [before, local, "@", domain, after].concat();
                let at_sign = before.len() + local.len();
                let taken = line.len() >= 8;
                let wrong = line.replace('@', ":");
                for (mailbox, ..) in WAYS {
                    let found = mailbox(line.as_bytes(), before.len());
                    assert_eq!(found, taken.then_some((at_sign, at_sign + 1 + domain.len())), "{line}");
                    assert_eq!(mailbox(wrong.as_bytes(), before.len()), None, "{wrong}");
                }
            }
        }
    }
}
