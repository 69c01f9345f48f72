//! The common forms are taken, not left to the grammar; and what is taken is right, at every place of a block.

#![allow(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]

extern crate std;

use super::*;
use std::vec::Vec;

/// Every text of these octets up to a length.
fn texts(octets: &[u8], longest: usize) -> Vec<Vec<u8>> {
    let mut texts = std::vec![Vec::new()];
    let mut at = 0;
    while let Some(text) = texts.get(at).filter(|text| text.len() < longest).cloned() {
        texts.extend(octets.iter().map(|octet| [&text[..], &[*octet]].concat()));
        at += 1;
    }
    texts
}

/// A short text, with a run of "a" before it so that it meets the bounds of blocks, in a line that has octets enough.
fn lines(text: &[u8]) -> impl Iterator<Item = (usize, Vec<u8>)> {
    [0, 1, 11, 12, 13, 14, 15, 16, 17, 30].into_iter().flat_map(move |run| {
        let text = [&std::vec![b'a'; run][..], text].concat();
        let close = [&text[..], b"> SIZE=1000 BODY=8BITMIME"].concat();
        let behind = [&std::vec![b' '; 17][..], &text].concat();
        let open = [b" ", &text[..]].concat();
        let alone = (text.len() > BLOCK).then_some((0, text));
        [(0, close), (17, behind)].into_iter().chain(alone).chain((open.len() > BLOCK).then_some((1, open)))
    })
}

#[test]
fn classes() {
    for octet in 0..=u8::MAX {
        assert_eq!(let_dig(octet), octet.is_ascii_alphanumeric(), "{octet}");
        let common = octet.is_ascii_alphanumeric() || b"*+-/=^_`{|}~".contains(&octet);
        assert_eq!(common_atext(octet), common, "{octet}");
        let vchar = (0x21..=0x7E).contains(&octet);
        for place in 0..8 {
            for others in [b'a', b'0', b'\n', b'+', 0xFF, 0] {
                let mut octets = [others; 8];
                octets[place] = octet;
                let lanes = Lanes(u64::from_le_bytes(octets));
                let has = |class: u64| class.to_le_bytes()[place] & 0x80 != 0;
                assert_eq!(has(lanes.vchar()), vchar, "{octets:?}");
                assert_eq!(has(lanes.xchar()), vchar && octet != b'+' && octet != b'=', "{octets:?}");
                let base64 = octet.is_ascii_alphanumeric() || octet == b'+' || octet == b'/';
                assert_eq!(has(lanes.base64()), base64, "{octets:?}");
                assert_eq!(has(lanes.not_lf()), octet != b'\n', "{octets:?}");
                if others == b'a' || others == b'0' {
                    assert_eq!(has(lanes.printable()), vchar || octet == b' ', "{octets:?}");
                }
            }
        }
    }
}

/// RFC 5321 section 4.1.2: `Dot-string = Atom *("." Atom)`, `Domain = sub-domain *("." sub-domain)`.
#[test]
fn dot_strings_and_domains() {
    let atom = |text: &[u8]| !text.is_empty() && text.iter().all(|octet| common_atext(*octet));
    let label = |text: &[u8]| matches!(text, [first, .., last] if let_dig(*first) && let_dig(*last)) || text.len() == 1;
    let end =
        |text: &[u8], goes_on: fn(u8) -> bool| text.iter().position(|octet| !goes_on(*octet)).unwrap_or(text.len());
    for text in texts(b"a.-@\x80", 5) {
        for (at, line) in lines(&text) {
            let line = &line[..];
            let local = &line[at..][..end(&line[at..], |octet| common_atext(octet) || octet == b'.')];
            let whole = local.split(|octet| *octet == b'.').all(atom);
            assert_eq!(dot_string(line, at), whole.then_some(at + local.len()), "{} {at}", line.escape_ascii());
            let name = &line[at..][..end(&line[at..], |octet| let_dig(octet) || b"-.".contains(&octet))];
            let whole = name.split(|octet| *octet == b'.').all(label) && name != b"-";
            let whole = whole && name.split(|octet| *octet == b'.').all(|label| label != b"-");
            assert_eq!(domain(line, at), whole.then_some(at + name.len()), "{} {at}", line.escape_ascii());
        }
    }
}

#[test]
fn mailboxes() {
    for local in ["a", "joe", "j.r", "joe.smith", "a-b_c", "joe.smith.of.some.department"] {
        for domain in ["b", "x.example", "mx-1.mail.example", "a.b"] {
            for (before, behind) in [("<", ">"), ("<", "> SIZE=1"), ("FROM:<", ">"), ("", "")] {
                let line = [before, local, "@", domain, behind].concat();
                let at_sign = before.len() + local.len();
                let found = mailbox(line.as_bytes(), before.len());
                let taken = line.len() >= 8;
                assert_eq!(found, taken.then_some((at_sign, at_sign + 1 + domain.len())), "{line}");
                let wrong = line.replace('@', ":");
                assert_eq!(mailbox(wrong.as_bytes(), before.len()), None, "{wrong}");
            }
        }
    }
}

#[test]
fn runs() {
    for length in 0..40 {
        for from in 0..=length {
            for to in from..=length {
                let mut octets = std::vec![b'x'; length];
                if let Some(octet) = octets.get_mut(to) {
                    *octet = b' ';
                }
                let end = (length >= 8).then_some(to);
                assert_eq!(span(&octets, from, Lanes::vchar), end, "{length} {from} {to}");
            }
        }
    }
}

/// A key is the first eight octets in lower case, zeros behind them.
#[test]
fn keys() {
    let keyed = |octets: &[u8]| {
        let mut key = [0; 8];
        key.iter_mut().zip(octets).for_each(|(slot, octet)| *slot = octet.to_ascii_lowercase());
        u64::from_le_bytes(key)
    };
    for word in
        ["", "A", "8b", "Dsn", "SIZE", "BINAR", "X-1abc", "CHUNKIN", "SMTPUTF8", "PIPELINING", "SCRAM-SHA-256-PLUS"]
    {
        let octets = word.as_bytes();
        let last = &octets[octets.len().saturating_sub(8)..];
        assert_eq!((key(word), key_of(octets)), (keyed(octets), keyed(octets)), "{word}");
        assert_eq!((end_key(word), end_key_of(octets)), (keyed(last), keyed(last)), "{word}");
        for behind in ["", " x", "\tx", "\0", " 12345678"] {
            let line = ["EHLO ", word, behind].concat();
            let found = eight(line.as_bytes(), 5);
            assert_eq!(found, (line.len() >= 8).then(|| keyed(&line.as_bytes()[5..])), "{line}");
            // With nothing but a word and what ends it, zeros behind the end end it too.
            let Some(found) = found else { continue };
            assert_eq!(first_word(found), keyed(&octets[..octets.len().min(8)]), "{line}");
            assert!(
                (1..=8).all(|count| head(found, count) == keyed(&line.as_bytes()[5..][..count.min(line.len() - 5)]))
            );
        }
        for other in ["", "a", "SIZE", "SMTPUTF8", "CHUNKING", "PIPELINING", "pipelininG", "SCRAM-SHA-512-PLUS"] {
            // What they have in common is the caller's to have seen.
            let alike =
                key_of(octets) == key_of(other.as_bytes()) || end_key_of(octets) == end_key_of(other.as_bytes());
            assert_eq!(alike && is_alike(octets, other.as_bytes()), word.eq_ignore_ascii_case(other), "{word} {other}");
        }
    }
    for (text, count) in [("x", 0), ("1x", 1), ("1234567 ", 7), ("12345678", 8), ("/1", 0), ("9:1", 1), ("0\u{B1}", 1)]
    {
        assert_eq!(digits(keyed(text.as_bytes())), count, "{text}");
    }
}
