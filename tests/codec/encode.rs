//! `DotEncoder`.

use super::cases::cases;
use proptest::prelude::*;
use smtp_core::codec::{BareLineEnding, ContentFaultKind, DotEncoder};

use super::oracle::{self, Fault, PASS, every_cut, every_text};
use BareLineEnding::{Pass, Refuse};
use ContentFaultKind::{BareCr, BareLf};

/// Gives the content to the encoder in pieces. On failure, returns the octets written until then and the fault.
fn encode_in_pieces(content: &[u8], cuts: &[usize], bare: BareLineEnding) -> Result<Vec<u8>, (Vec<u8>, Fault)> {
    let mut encoder = DotEncoder::new(bare);
    let mut wire = Vec::new();
    let mut consumed = 0;
    for &shown in cuts.iter().chain([&content.len()]) {
        let mut rest = &content[consumed..shown];
        loop {
            match encoder.encode(&mut rest) {
                Ok(Some(octets)) => {
                    assert_ne!(octets, b"", "an empty piece");
                    wire.extend_from_slice(octets);
                }
                Ok(None) => break,
                Err(fault) => {
                    // The failure is permanent.
                    assert_eq!(encoder.encode(&mut rest), Err(fault));
                    assert_eq!(encoder.encode(&mut &b"x"[..]), Err(fault));
                    assert_eq!(encoder.finish(), Err(fault));
                    return Err((wire, (fault.kind, fault.offset)));
                }
            }
        }
        assert_eq!(rest, b"", "`None` means that the input is used up");
        consumed = shown;
    }
    match encoder.finish() {
        Ok(end) => wire.extend_from_slice(end),
        Err(fault) => return Err((wire, (fault.kind, fault.offset))),
    }
    assert_eq!(encoder, DotEncoder::new(bare));
    Ok(wire)
}

/// Does the same with `encode_into`.
fn encode_into_in_pieces(content: &[u8], cuts: &[usize], bare: BareLineEnding) -> Result<Vec<u8>, (Vec<u8>, Fault)> {
    let mut encoder = DotEncoder::new(bare);
    let mut wire = Vec::new();
    let mut start = 0;
    for &end in cuts.iter().chain([&content.len()]) {
        if let Err(fault) = encoder.encode_into(&content[start..end], &mut wire) {
            return Err((wire, (fault.kind, fault.offset)));
        }
        start = end;
    }
    match encoder.finish() {
        Ok(end) => wire.extend_from_slice(end),
        Err(fault) => return Err((wire, (fault.kind, fault.offset))),
    }
    Ok(wire)
}

/// Checks that the encoder agrees with the oracle, and that the decoder restores the content.
#[track_caller]
fn agrees(content: &[u8], cuts: &[usize]) {
    let text = String::from_utf8_lossy(content);
    let expected = oracle::encode(content);
    let passed = encode_in_pieces(content, cuts, Pass);
    assert_eq!(passed, Ok(expected.clone()), "{text:?} cut at {cuts:?}");
    assert_eq!(encode_into_in_pieces(content, cuts, Pass), passed);

    let refused = encode_in_pieces(content, cuts, Refuse);
    match oracle::bare(content) {
        None => assert_eq!(refused, Ok(expected.clone()), "{text:?} cut at {cuts:?}"),
        Some((kind, offset)) => {
            // Everything before the fault, and nothing else, has been written.
            let before = oracle::encode(&[&content[..offset as usize], b"x"].concat());
            let before = before.strip_suffix(b"x\r\n.\r\n").unwrap().to_vec();
            assert_eq!(refused, Err((before, (kind, offset))), "{text:?} cut at {cuts:?}");
        }
    }
    assert_eq!(encode_into_in_pieces(content, cuts, Refuse), refused);

    let decoded = oracle::decode_in_pieces(&expected, &[], PASS);
    assert_eq!(decoded.end, Some(Ok(())));
    assert_eq!(decoded.consumed, expected.len());
    let whole = content.is_empty() || content.ends_with(b"\r\n");
    let added: &[u8] = if whole { b"" } else { b"\r\n" };
    assert_eq!(decoded.content, [content, added].concat());
}

#[test]
fn every_short_text_at_every_single_cut() {
    for length in 0..=7 {
        for content in every_text(length) {
            agrees(&content, &[]);
            for cut in 1..content.len() {
                agrees(&content, &[cut]);
            }
        }
    }
}

#[test]
fn every_short_text_at_all_cuts() {
    for length in 0..=5 {
        for content in every_text(length) {
            for cuts in every_cut(content.len()) {
                agrees(&content, &cuts);
            }
        }
    }
}

/// Within text, so that the search by blocks meets it at every offset of a block.
#[test]
fn every_very_short_text_at_every_place_of_a_block() {
    for text in every_text(4) {
        for before in (0..=3).chain(60..=140) {
            let content = [&vec![b'x'; before][..], &text[..], &[b'y'; 130][..]].concat();
            agrees(&content, &[]);
            agrees(&content, &[before + 2]);
            // At the very end.
            agrees(&[b"\r\n.", &content[..before + 4]].concat(), &[]);
        }
    }
}

/// Repeated, so that a block contains as many dots as possible, at all offsets.
#[test]
fn every_very_short_text_again_and_again() {
    for text in (3..=5).flat_map(every_text) {
        for before in 0..=4 {
            let content = [&vec![b'x'; before][..], &text.repeat(200 / text.len())].concat();
            agrees(&content, &[]);
            agrees(&content, &[before + 100]);
        }
    }
}

/// Large input is returned in pieces, which end after 64 KiB.
#[test]
fn every_very_short_text_where_a_piece_ends() {
    for text in every_text(3) {
        for before in 0..=4 {
            let line = [&[b'x'; 62][..], b"\r\n"].concat();
            agrees(&[&line.repeat(1024)[before..], &text[..], b"y"].concat(), &[]);
        }
    }
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn any_text_at_any_cuts(
        pieces in prop::collection::vec(
            prop_oneof![
                8 => Just(b"\r\n".to_vec()),
                6 => Just(b"\r\n.".to_vec()),
                4 => Just(b".".to_vec()),
                8 => (1_usize..100).prop_map(|length| vec![b'x'; length]),
                1 => Just(b"\r".to_vec()),
                1 => Just(b"\n".to_vec()),
            ],
            0..40,
        ),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let content = pieces.concat();
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(content.len() + 1)).collect();
        cuts.sort_unstable();
        agrees(&content, &[]);
        agrees(&content, &cuts);
    }
}

#[test]
fn the_empty_content_is_a_lone_dot() {
    assert_eq!(encode_in_pieces(b"", &[], Refuse), Ok(b".\r\n".to_vec()));
}

#[test]
fn the_missing_crlf_is_added() {
    for (content, wire) in [
        (&b"x"[..], &b"x\r\n.\r\n"[..]),
        (b"x\r\n", b"x\r\n.\r\n"),
        (b".", b"..\r\n.\r\n"),
        (b"\r\n\r\n.", b"\r\n\r\n..\r\n.\r\n"),
    ] {
        assert_eq!(encode_in_pieces(content, &[], Refuse), Ok(wire.to_vec()));
    }
}

#[test]
fn a_cr_at_the_very_end_is_bare() {
    let fault = (BareCr, 1);
    assert_eq!(encode_in_pieces(b"x\r", &[], Refuse), Err((b"x".to_vec(), fault)));
    assert_eq!(encode_in_pieces(b"x\r", &[], Pass), Ok(b"x\r\r\n.\r\n".to_vec()));
}

#[test]
fn nothing_of_a_bare_line_ending_is_written() {
    for (content, fault) in [
        (&b"x\n.\r\nMAIL FROM:<>\r\n"[..], (BareLf, 1)),
        (b"x\r.\r\nMAIL FROM:<>\r\n", (BareCr, 1)),
        (b"x\r\r\n.\r\nMAIL FROM:<>\r\n", (BareCr, 1)),
    ] {
        for cut in 0..content.len() {
            let written = encode_in_pieces(content, &[cut], Refuse);
            assert_eq!(written, Err((b"x".to_vec(), fault)));
        }
    }
}

/// Otherwise the lone dot would end the content if the caller does not ask again.
#[test]
fn a_dot_written_once_is_doubled_by_finish() {
    let mut encoder = DotEncoder::default();
    let mut input = &b"."[..];
    assert_eq!(encoder.encode(&mut input), Ok(Some(&b"."[..])));
    assert_eq!(encoder.finish(), Ok(&b".\r\n.\r\n"[..]));
}
