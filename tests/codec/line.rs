//! `LineDecoder`.

use smtp_core::codec::LineDecoder;

use super::oracle::{every_cut, every_text, lines};

/// Lines without CRLF; `None` for a line that is too long.
type Lines = Vec<Option<Vec<u8>>>;

/// Returns the lines of a whole input by the clause, and the number of octets that belong to them or are dropped.
fn oracle(input: &[u8], limit: usize) -> (Lines, usize) {
    let mut found = Vec::new();
    let mut consumed = 0;
    for line in lines(input) {
        match line.strip_suffix(b"\r\n") {
            Some(text) => {
                consumed += line.len();
                found.push((line.len() <= limit).then(|| text.to_vec()));
            }
            // The last line is too long as soon as it has `limit` octets, because CRLF is still to come.
            None if !line.is_empty() && line.len() >= limit => {
                consumed += line.len();
                found.push(None);
            }
            None => {}
        }
    }
    (found, consumed)
}

fn decode_in_pieces(input: &[u8], cuts: &[usize], limit: usize) -> (Lines, usize) {
    let mut decoder = LineDecoder::new();
    let mut found = Vec::new();
    let mut consumed = 0;
    for &shown in cuts.iter().chain([&input.len()]) {
        let mut rest = &input[consumed..shown];
        loop {
            match decoder.decode(&mut rest, limit) {
                Ok(Some(line)) => found.push(Some(line.to_vec())),
                Ok(None) => break,
                Err(error) => {
                    assert_eq!(error.limit, limit);
                    found.push(None);
                }
            }
        }
        consumed = shown - rest.len();
    }
    (found, consumed)
}

#[track_caller]
fn agrees(input: &[u8], cuts: &[usize], limit: usize) {
    assert_eq!(
        decode_in_pieces(input, cuts, limit),
        oracle(input, limit),
        "{:?} cut at {cuts:?}, limit {limit}",
        String::from_utf8_lossy(input)
    );
}

#[test]
fn every_short_text_at_every_single_cut() {
    for length in 0..=8 {
        for input in every_text(length) {
            for limit in [4, 512] {
                agrees(&input, &[], limit);
                for cut in 1..input.len() {
                    agrees(&input, &[cut], limit);
                }
            }
        }
    }
}

#[test]
fn every_short_text_at_all_cuts_and_limits() {
    for length in 0..=6 {
        for input in every_text(length) {
            for cuts in every_cut(input.len()) {
                for limit in 0..=5 {
                    agrees(&input, &cuts, limit);
                }
            }
        }
    }
}

/// RFC 5321 4.5.3.1.4: 512 octets, CRLF included.
#[test]
fn a_line_of_512_octets_is_the_longest() {
    for length in 510..=515 {
        let mut input = vec![b'a'; length - 2];
        input.extend_from_slice(b"\r\nQUIT\r\n");
        let (lines, consumed) = oracle(&input, 512);
        assert_eq!(lines[0].is_some(), length <= 512);
        assert_eq!(lines[1].as_deref(), Some(&b"QUIT"[..]));
        assert_eq!(consumed, input.len());
        for first in 0..input.len() {
            agrees(&input, &[first], 512);
            for second in first..(first + 4).min(input.len()) {
                agrees(&input, &[first, second], 512);
            }
        }
        agrees(&input, &(1..input.len()).collect::<Vec<_>>(), 512);
    }
}

#[test]
fn a_line_is_refused_as_soon_as_it_is_certain() {
    let mut decoder = LineDecoder::new();
    let input = [&[b'a'; 511][..], b"\r"].concat();
    assert_eq!(decoder.decode(&mut &input[..511], 512), Ok(None));
    let mut rest = &input[..];
    assert_eq!(decoder.decode(&mut rest, 512).unwrap_err().limit, 512);
    assert_eq!(rest, b"");
    // The CR that was consumed with the error and this LF are the CRLF.
    let mut rest = &b"\nQUIT\r\n"[..];
    assert_eq!(decoder.decode(&mut rest, 512), Ok(Some(&b"QUIT"[..])));
}

#[test]
fn exactly_the_limit_is_consumed_with_the_error() {
    let input = [b'a'; 2000];
    let mut rest = &input[..];
    let mut decoder = LineDecoder::new();
    assert!(decoder.decode(&mut rest, 512).is_err());
    assert_eq!(rest.len(), 2000 - 512);
}

#[test]
fn the_limit_may_change_between_calls() {
    let mut decoder = LineDecoder::new();
    let input = [&[b'a'; 700][..], b"\r\nQUIT\r\n"].concat();
    let mut rest = &input[..690];
    assert_eq!(decoder.decode(&mut rest, 1000), Ok(None));
    let mut rest = &input[..];
    assert!(decoder.decode(&mut rest, 512).is_err());
    assert_eq!(decoder.decode(&mut rest, 512), Ok(Some(&b"QUIT"[..])));
}

#[test]
fn a_bare_cr_or_lf_is_part_of_the_line() {
    let mut rest = &b"\n\rNO\nOP\r\r\n\r\n"[..];
    let mut decoder = LineDecoder::new();
    assert_eq!(decoder.decode(&mut rest, 512), Ok(Some(&b"\n\rNO\nOP\r"[..])));
    assert_eq!(decoder.decode(&mut rest, 512), Ok(Some(&b""[..])));
}

/// Also while the rest of a line that is too long is dropped.
#[test]
fn the_decoder_reports_a_lf_that_does_not_end_a_line() {
    let mut decoder = LineDecoder::new();
    for (shown, waits) in [("NOOP", false), ("NOOP\n", true), ("NOOP\nNOOP", false), ("NOOP\nNOOP\n", true)] {
        assert_eq!(decoder.decode(&mut shown.as_bytes(), 16), Ok(None));
        assert_eq!(decoder.awaits_crlf_after_lf(), waits, "{shown:?}");
    }
    let mut rest = &b"NOOP 1234567890\nNOOP\n"[..];
    assert!(decoder.decode(&mut rest, 16).is_err());
    assert_eq!(decoder.decode(&mut rest, 16), Ok(None));
    assert!(rest.is_empty() && decoder.awaits_crlf_after_lf());
    assert_eq!(decoder.decode(&mut &b"\r\nNOOP\r\n"[..], 16), Ok(Some(&b"NOOP"[..])));
    assert!(!decoder.awaits_crlf_after_lf());
}
