//! `DotDecoder`.

use super::cases::cases;
use proptest::prelude::*;
use smtp_core::codec::{BareLineEnding, Content, ContentFaultKind, DotDecoder};

use super::oracle::{Decoded, Fault, PASS, REFUSE, Setup, decode, decode_in_pieces, every_cut, every_text};
use ContentFaultKind::{BareCr, BareLf, LineTooLong};

/// Setups with a limit that short texts reach.
const SHORT_LINES: [Setup; 2] =
    [Setup { bare: BareLineEnding::Refuse, limit: Some(4) }, Setup { bare: BareLineEnding::Pass, limit: Some(3) }];

/// Checks that the decoder agrees with the oracle on `input`, whole and in these pieces.
#[track_caller]
fn agrees(input: &[u8], cuts: &[usize], setup: Setup) {
    let expected = decode(input, setup);
    let found = decode_in_pieces(input, cuts, setup);
    assert_eq!(found, expected, "{:?} cut at {cuts:?}, {setup:?}", String::from_utf8_lossy(input));
}

#[test]
fn every_short_text_at_every_single_cut() {
    for length in 0..=9 {
        for input in every_text(length) {
            for setup in [REFUSE, PASS] {
                agrees(&input, &[], setup);
            }
            for cut in 1..input.len() {
                agrees(&input, &[cut], REFUSE);
            }
        }
    }
}

/// Each text also with a terminator after it, so that its faults are reported.
#[test]
fn every_short_text_at_all_cuts() {
    for length in 0..=6 {
        for input in every_text(length) {
            let ended = [&input[..], b"\r\n.\r\n"].concat();
            for mut cuts in every_cut(input.len()) {
                for setup in [REFUSE, PASS, SHORT_LINES[0], SHORT_LINES[1]] {
                    agrees(&input, &cuts, setup);
                    agrees(&ended, &cuts, setup);
                }
                cuts.push(input.len());
                agrees(&ended, &cuts, SHORT_LINES[0]);
            }
        }
    }
}

#[test]
fn every_short_text_octet_by_octet() {
    for length in 7..=8 {
        for input in every_text(length) {
            let cuts: Vec<_> = (1..input.len()).collect();
            for setup in [REFUSE, SHORT_LINES[0], SHORT_LINES[1]] {
                agrees(&input, &cuts, setup);
            }
        }
    }
}

/// Within text, so that the search by blocks meets it at every offset of a block.
#[test]
fn every_very_short_text_at_every_place_of_a_block() {
    for text in every_text(4) {
        for before in (0..=3).chain(50..=200) {
            let input = [&vec![b'x'; before][..], &text[..], &[b'y'; 130][..], b"\r\n.\r\n\nQUIT\r\n"].concat();
            for setup in [REFUSE, PASS] {
                agrees(&input, &[], setup);
            }
            agrees(&input, &[before + 2], REFUSE);
            agrees(&input, &[before + 4], REFUSE);
        }
    }
}

/// Repeated, so that a block contains as many dots as possible, at all offsets.
#[test]
fn every_very_short_text_again_and_again() {
    for text in (3..=5).flat_map(every_text) {
        for before in 0..=4 {
            let input = [&vec![b'x'; before][..], &text.repeat(200 / text.len()), b"\r\n.\r\n\nQUIT\r\n"].concat();
            for limit in [None, Some(1000), Some(64), Some(3)] {
                agrees(&input, &[], Setup { limit, ..REFUSE });
                agrees(&input, &[before + 100], Setup { limit, ..PASS });
            }
        }
    }
}

/// Large input is returned in pieces, which end after 64 KiB.
#[test]
fn every_very_short_text_where_a_piece_ends() {
    for text in every_text(3) {
        for before in 0..=4 {
            let line = [&[b'x'; 62][..], b"\r\n"].concat();
            let input = [&line.repeat(1024)[before..], &text[..], b"y\r\n.\r\n\nQUIT\r\n"].concat();
            agrees(&input, &[], REFUSE);
            agrees(&input, &[], PASS);
        }
    }
}

/// Generates wire content from parts with a meaning, in any order, long enough for many blocks.
fn wire() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => Just(b"\r\n".to_vec()),
        3 => Just(b"\r\n.".to_vec()),
        2 => Just(b".".to_vec()),
        2 => Just(b"\r\n..\r\n".to_vec()),
        1 => Just(b"\r".to_vec()),
        1 => Just(b"\n".to_vec()),
        1 => Just(b"\r\n.\r\n".to_vec()),
        6 => (1_usize..100).prop_map(|length| vec![b'x'; length]),
        1 => (900_usize..1100).prop_map(|length| vec![b'y'; length]),
        1 => any::<Vec<u8>>(),
    ];
    let clean = prop_oneof![
        3 => Just(b"\r\n".to_vec()),
        3 => Just(b"\r\n..".to_vec()),
        2 => Just(b".".to_vec()),
        6 => (1_usize..100).prop_map(|length| vec![b'x'; length]),
        1 => (500_usize..999).prop_map(|length| vec![b'y'; length]),
    ];
    let end = Just(b"\r\n.\r\n\n.QUIT\r\n".to_vec());
    (prop::collection::vec(clean, 0..60), prop::collection::vec(piece, 0..20), end)
        .prop_map(|(clean, any, end)| [clean.concat(), any.concat(), end].concat())
}

proptest! {
    #![proptest_config(cases(1500))]

    #[test]
    fn any_text_at_any_cuts(
        input in wire(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        pass in any::<bool>(),
        limit in prop_oneof![Just(Some(1000)), Just(None), (0_usize..200).prop_map(Some)],
    ) {
        let bare = if pass { BareLineEnding::Pass } else { BareLineEnding::Refuse };
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(input.len() + 1)).collect();
        cuts.sort_unstable();
        let setup = Setup { bare, limit };
        agrees(&input, &[], setup);
        agrees(&input, &cuts, setup);
        for size in [1, 13] {
            let cuts: Vec<_> = (0..input.len()).step_by(size).collect();
            agrees(&input, &cuts, setup);
        }
    }
}

fn decoded(input: &[u8], setup: Setup) -> Decoded {
    decode_in_pieces(input, &[], setup)
}

/// Checks that `text` does not end the content: with a line before it and a terminator after it, all of it is content, and
/// `fault` is its first fault.
#[track_caller]
fn does_not_end(text: &[u8], content: &[u8], fault: Option<Fault>) {
    let wire = [b"a line", text, b"smuggled\r\n.\r\n"].concat();
    let content = [b"a line", content, b"smuggled\r\n"].concat();
    for setup in [REFUSE, PASS] {
        let fault = fault.filter(|_| setup.bare == BareLineEnding::Refuse);
        let found = decoded(&wire, setup);
        assert_eq!(found.content, content);
        assert_eq!(found.consumed, wire.len());
        assert_eq!(found.end, Some(fault.map_or(Ok(()), Err)));
        for cut in 0..wire.len() {
            assert_eq!(decode_in_pieces(&wire, &[cut], setup), found);
        }
    }
}

#[test]
fn lf_dot_lf_does_not_end() {
    does_not_end(b"\n.\n", b"\n.\n", Some((BareLf, 6)));
}

#[test]
fn lf_dot_crlf_does_not_end() {
    does_not_end(b"\n.\r\n", b"\n.\r\n", Some((BareLf, 6)));
}

#[test]
fn crlf_dot_lf_does_not_end() {
    does_not_end(b"\r\n.\n", b"\r\n\n", Some((BareLf, 8)));
}

#[test]
fn lf_dot_cr_does_not_end() {
    does_not_end(b"\n.\r", b"\n.\r", Some((BareLf, 6)));
}

#[test]
fn cr_dot_lf_does_not_end() {
    does_not_end(b"\r.\n", b"\r.\n", Some((BareCr, 6)));
}

#[test]
fn cr_dot_cr_does_not_end() {
    does_not_end(b"\r.\r", b"\r.\r", Some((BareCr, 6)));
}

#[test]
fn cr_dot_crlf_does_not_end() {
    does_not_end(b"\r.\r\n", b"\r.\r\n", Some((BareCr, 6)));
}

#[test]
fn crlf_dot_cr_does_not_end() {
    does_not_end(b"\r\n.\r", b"\r\n\r", Some((BareCr, 8)));
}

#[test]
fn crlf_dot_cr_waits_for_more() {
    let mut decoder = DotDecoder::default();
    let mut input = &b"a line\r\n.\r"[..];
    assert_eq!(decoder.decode(&mut input), Some(Content::Octets(b"a line\r\n")));
    assert_eq!(decoder.decode(&mut input), None);
    let mut input = &b"\n"[..];
    assert_eq!(decoder.decode(&mut input), Some(Content::End(Ok(()))));
}

#[test]
fn cr_crlf_dot_cr_crlf_does_not_end() {
    does_not_end(b"\r\r\n.\r\r\n", b"\r\r\n\r\r\n", Some((BareCr, 6)));
}

#[test]
fn crlf_dot_cr_crlf_does_not_end() {
    does_not_end(b"\r\n.\r\r\n", b"\r\n\r\r\n", Some((BareCr, 8)));
}

#[test]
fn crlf_nul_dot_crlf_does_not_end() {
    does_not_end(b"\r\n\0.\r\n", b"\r\n\0.\r\n", None);
}

#[test]
fn crlf_dot_nul_crlf_does_not_end() {
    does_not_end(b"\r\n.\0\r\n", b"\r\n\0\r\n", None);
}

#[test]
fn crlf_dot_dot_crlf_does_not_end() {
    does_not_end(b"\r\n..\r\n", b"\r\n.\r\n", None);
}

#[test]
fn crlf_dot_space_crlf_does_not_end() {
    does_not_end(b"\r\n. \r\n", b"\r\n \r\n", None);
}

#[test]
fn the_first_line_may_be_the_end_or_stuffed() {
    let mut decoder = DotDecoder::default();
    let mut input = &b".\r\n..\r\n.\r\n"[..];
    assert_eq!(decoder.decode(&mut input), Some(Content::End(Ok(()))));
    // The next content, with the same decoder.
    assert_eq!(decoder.decode(&mut input), Some(Content::Octets(b".\r\n")));
    assert_eq!(decoder.decode(&mut input), Some(Content::End(Ok(()))));
    assert_eq!(decoder.decode(&mut input), None);
}

#[test]
fn octets_after_the_end_are_neither_consumed_nor_judged() {
    let input = b"text\r\n.\r\nQUIT\nbare\r".repeat(20);
    for setup in [REFUSE, PASS] {
        let found = decoded(&input, setup);
        assert_eq!(found.content, b"text\r\n");
        assert_eq!(found.end, Some(Ok(())));
        assert_eq!(found.consumed, 9);
    }
}

#[test]
fn a_fault_does_not_reach_the_next_content() {
    let mut decoder = DotDecoder::default();
    let mut input = &b"\n\r\n.\r\nx\r\n.\r\n"[..];
    decoder.decode(&mut input);
    let Some(Content::End(Err(fault))) = decoder.decode(&mut input) else { panic!("expected a fault") };
    assert_eq!((fault.kind, fault.offset), (BareLf, 0));
    assert_eq!(fault.to_string(), "LF without CR at octet 0 of the content");
    assert_eq!(decoder.decode(&mut input), Some(Content::Octets(b"x\r\n")));
    assert_eq!(decoder.decode(&mut input), Some(Content::End(Ok(()))));
}

#[test]
fn only_a_dot_or_dot_cr_at_the_start_of_a_line_is_withheld() {
    let mut decoder = DotDecoder::default();
    for (octet, out) in
        [(b".", None), (b"a", Some(&b"a"[..])), (b"\r", Some(b"\r")), (b"\n", Some(b"\n")), (b".", None), (b"\r", None)]
    {
        assert_eq!(decoder.decode(&mut &octet[..]), out.map(Content::Octets));
    }
    let mut input = &b"."[..];
    assert_eq!(decoder.decode(&mut input), Some(Content::Octets(b"\r")));
    assert_eq!(decoder.decode(&mut input), Some(Content::Octets(b".")));
}

/// Creates a line of `length` octets, CRLF included.
fn line(length: usize) -> Vec<u8> {
    [&vec![b'a'; length - 2][..], b"\r\n"].concat()
}

#[test]
fn a_line_may_have_1000_octets_with_crlf() {
    for stuffed in [&b""[..], b"."] {
        for (length, end) in [
            (999, Ok(())),
            (1000, Ok(())),
            (1001, Err((LineTooLong, 1998))),
            (1002, Err((LineTooLong, 1998))),
            (5000, Err((LineTooLong, 1998))),
        ] {
            // A stuffed dot does not count, the dot that it protects does.
            let mut last = line(length);
            if !stuffed.is_empty() {
                last[0] = b'.';
            }
            let wire = [&line(998)[..], stuffed, &last, b".\r\n"].concat();
            for cut in (0..wire.len()).filter(|cut| !(10..990).contains(cut)) {
                let found = decode_in_pieces(&wire, &[cut], REFUSE);
                assert_eq!(found.end, Some(end), "{length} octets, cut at {cut}");
            }
        }
    }
}

#[test]
fn the_line_limit_can_be_raised_or_lifted() {
    let wire = [&line(2000)[..], b".\r\n"].concat();
    for (limit, end) in [(Some(1999), Err((LineTooLong, 1999))), (Some(2000), Ok(())), (None, Ok(()))] {
        let bare = BareLineEnding::Pass;
        assert_eq!(decoded(&wire, Setup { bare, limit }).end, Some(end));
    }
}

#[test]
fn a_bare_lf_does_not_begin_a_line_for_the_limit() {
    let text = [&[b'a'; 600][..], b"\n", &[b'a'; 600], b"\r\n.\r\n"].concat();
    let setup = Setup { bare: BareLineEnding::Pass, limit: Some(1000) };
    assert_eq!(decoded(&text, setup).end, Some(Err((LineTooLong, 1000))));
}
