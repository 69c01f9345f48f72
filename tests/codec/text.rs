//! `TextCheck` against the simple oracle, at the ends of the pieces of the content.

use smtp_core::codec::{BareLineEnding, ContentFaultKind, TextCheck};

use super::oracle::{PASS, REFUSE, Setup, checked_in_pieces, every_cut, every_text, fault};

/// All short texts, cut in all ways, with each policy.
#[test]
fn every_short_text() {
    for length in 0..=6 {
        for text in every_text(length) {
            for bare in [BareLineEnding::Refuse, BareLineEnding::Pass] {
                for limit in [None, Some(0), Some(1), Some(2), Some(3), Some(4)] {
                    let setup = Setup { bare, limit };
                    let expected = fault(&text, setup);
                    for cuts in every_cut(text.len()) {
                        assert_eq!(checked_in_pieces(&text, &cuts, setup), expected, "{text:?} at {cuts:?}, {setup:?}");
                    }
                }
            }
        }
    }
}

/// RFC 5321 section 2.3.8: CRLF is one line ending also if it is cut, and a CR at the end of the content is a bare one.
#[test]
fn a_line_ending_that_is_cut() {
    assert_eq!(checked_in_pieces(b"one\r\ntwo", &[4], REFUSE), None);
    assert_eq!(checked_in_pieces(b"one\r", &[3], REFUSE), Some((ContentFaultKind::BareCr, 3)));
    assert_eq!(checked_in_pieces(b"one\r", &[3], PASS), None);
    assert_eq!(checked_in_pieces(b"one\rtwo\n", &[4], REFUSE), Some((ContentFaultKind::BareCr, 3)));
}

/// RFC 5321 section 4.5.3.1.6: 1000 octets, CRLF included, wherever a piece ends.
#[test]
fn the_usual_limit() {
    for (length, expected) in [(1000, None), (1001, Some((ContentFaultKind::LineTooLong, 1000)))] {
        let line = [vec![b'x'; length - 2], b"\r\n".to_vec()].concat();
        for cut in [0, 1, 998, 999, 1000] {
            assert_eq!(checked_in_pieces(&line, &[cut], REFUSE), expected);
        }
        let mut check = TextCheck::default();
        check.check(&line);
        assert_eq!(check.finish().err().map(|fault| (fault.kind, fault.offset)), expected);
    }
}
