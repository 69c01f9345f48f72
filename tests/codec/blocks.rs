//! `DotDecoder` and `DotEncoder` at the ends of blocks, by which they search, and of pieces, in content that is larger than a
//! piece.

use smtp_core::codec::{BareLineEnding, Content, ContentFaultKind, DotDecoder, DotEncoder};

use super::oracle::{self, Fault, Setup, checked_in_pieces, decode_in_pieces};
use ContentFaultKind::{BareCr, BareLf, LineTooLong};

/// The size of a block, and the largest size of a piece.
const BLOCK: usize = 64;
const PIECE: usize = 64 * 1024;

/// Checks that the content comes out whole, however its wire form is cut, and that this is its first fault.
#[track_caller]
fn first_fault(content: &[u8], cuts: &[usize], limit: usize, fault: Option<Fault>) {
    first_fault_with(content, cuts, Setup { bare: BareLineEnding::Refuse, limit: Some(limit) }, fault);
}

#[track_caller]
fn first_fault_with(content: &[u8], cuts: &[usize], setup: Setup, fault: Option<Fault>) {
    let end = oracle::encode(content);
    let wire = [&end[..], b"\nQUIT\r"].concat();
    for cuts in [&[][..], cuts] {
        let found = decode_in_pieces(&wire, cuts, setup);
        assert_eq!(found.end, Some(fault.map_or(Ok(()), Err)), "cut at {cuts:?}, {setup:?}");
        assert!(found.content == content, "other content, cut at {cuts:?}");
        assert_eq!(found.consumed, end.len());
        assert_eq!(checked_in_pieces(content, cuts, setup), fault, "as text cut at {cuts:?}, {setup:?}");
    }
}

/// Creates lines of up to 64 octets, or the limit if it is lower, with `length` octets in all. With `dotted`, each line begins with
/// a dot. `length` must not be 1, because a line has at least two octets.
fn lines(length: usize, limit: usize, dotted: bool) -> Vec<u8> {
    let mut lines = Vec::with_capacity(length);
    while lines.len() < length {
        let left = length - lines.len();
        let mut next = left.min(limit).min(64);
        if left - next == 1 {
            next -= 1;
        }
        let start = lines.len();
        lines.resize(start + next - 2, b'x');
        lines.extend_from_slice(b"\r\n");
        if dotted && next > 2 {
            lines[start] = b'.';
        }
    }
    lines
}

/// Creates a line of `length` octets.
fn line(length: usize, dotted: bool) -> Vec<u8> {
    let mut line = vec![b'y'; length - 2];
    line.extend_from_slice(b"\r\n");
    if dotted {
        line[0] = b'.';
    }
    line
}

/// Returns offsets near those at which something begins or ends.
fn around<const N: usize>(places: [usize; N]) -> impl Iterator<Item = usize> {
    places.into_iter().flat_map(|place| place.saturating_sub(2)..=place + 2)
}

/// Returns the offset on the wire of an octet of the content, or of the dot that protects it.
fn on_the_wire(content: &[u8], at: usize) -> usize {
    at + usize::from(content.starts_with(b".")) + content[..at].windows(3).filter(|octets| octets == b"\r\n.").count()
}

/// At the start of a line and within it, at any offset of a block and near the end of a piece.
#[test]
fn a_bare_line_ending_anywhere() {
    for before in (0..=2 * BLOCK + 2).chain(around([PIECE - BLOCK, PIECE, PIECE + BLOCK])).filter(|before| *before != 1)
    {
        for (bare, kind) in [("\r", BareCr), ("\n", BareLf), ("z\r", BareCr), ("z\n", BareLf)] {
            for after in ["z\r\n", "\r\n", ".\r\n"] {
                for dotted in [false, true] {
                    let at = before + bare.len() - 1;
                    let (first, last) = (lines(before, 64, dotted), lines(3 * BLOCK, 64, dotted));
                    let content = [&first[..], bare.as_bytes(), after.as_bytes(), &last].concat();
                    let cut = on_the_wire(&content, at);
                    first_fault(&content, &[cut, cut + 1, cut + 2], 1000, Some((kind, at as u64)));
                }
            }
        }
    }
}

/// A line may have as many octets as the limit, without a stuffed dot, wherever it begins: at any offset of a block, and where a
/// piece ends within the line or at one of its ends.
#[test]
fn a_line_of_the_limit_anywhere() {
    for limit in [2, 3, 10, 63, 64, 65, 127, 128, 129, 1000, 5000, PIECE - 1, PIECE, PIECE + 1] {
        let end = PIECE.saturating_sub(limit);
        let starts = (0..=4).chain(around([BLOCK, end, PIECE]));
        for before in starts.filter(|before| *before != 1 && (limit > 2 || before % 2 == 0)) {
            for dotted in [false, true] {
                for length in [limit, limit + 1] {
                    let (first, last) = (lines(before, limit, dotted), lines(2 * BLOCK, limit, dotted));
                    let content = [&first[..], &line(length, dotted && length > 2), &last].concat();
                    let fault = (length > limit).then_some((LineTooLong, (before + limit) as u64));
                    let cut = on_the_wire(&content, before + limit);
                    first_fault(&content, &[cut - 1, cut, cut + 1], limit, fault);
                }
            }
        }
    }
}

/// Consecutive lines of the limit, one of which is longer by an octet.
#[test]
fn one_of_many_lines_is_too_long() {
    for limit in (3..=2 * BLOCK + 10).chain([1000]) {
        for dotted in [false, true] {
            for which in 0..8 {
                let lines: Vec<Vec<u8>> = (0..8).map(|n| line(limit + usize::from(n == which), dotted)).collect();
                let content = lines.concat();
                let at = which * limit + limit;
                let cut = on_the_wire(&content, at);
                first_fault(&content, &[cut, cut + 1], limit, Some((LineTooLong, at as u64)));
            }
            first_fault(&line(limit, dotted).repeat(20), &[limit], limit, None);
        }
    }
}

/// A line that is too long among many short ones, cut anywhere; and the same with many bare CRs or LFs in it, which do not end it.
#[test]
fn one_of_many_short_lines_is_too_long() {
    for limit in [256, 300, 1000] {
        let setup = Setup { bare: BareLineEnding::Pass, limit: Some(limit) };
        for before in [0, 100, 5 * limit + 1] {
            let (first, last) = (lines(before, limit, false), lines(10 * limit, limit, false));
            for length in [limit, limit + 1, limit + 70, 2 * limit, 4 * limit] {
                for (bare, step) in [("", 1), ("\r", 1), ("\r", 50), ("\n", 1), ("\n", 50), ("\n\r", 90)] {
                    let mut long = ["x".repeat(step), bare.to_owned()].concat().repeat(length).into_bytes();
                    long.truncate(length - 3);
                    long.extend_from_slice(b"x\r\n");
                    let content = [&first[..], &long, &last].concat();
                    let fault = (length > limit).then_some((LineTooLong, (before + limit) as u64));
                    for shown in (0..length).step_by(limit / 4 - 1) {
                        first_fault_with(&content, &[before + shown], setup, fault);
                    }
                }
            }
        }
    }
}

/// The first fault is reported. At the same octet, the length of the line is the first.
#[test]
fn two_faults_in_a_line() {
    for limit in [10, 64, 100, 1000] {
        for before in [0, 2, 30, BLOCK, 3 * BLOCK - 1, PIECE - limit - 1, PIECE - limit, PIECE - 5, PIECE] {
            for (octet, kind) in [(b'\r', BareCr), (b'\n', BareLf)] {
                for at in limit - 3..=limit + 3 {
                    for dotted in [false, true] {
                        let mut long = line(limit + 20, dotted);
                        long[at] = octet;
                        let content = [lines(before, limit, dotted), long, lines(200, limit, dotted)].concat();
                        let first = if at < limit { (kind, before + at) } else { (LineTooLong, before + limit) };
                        let cut = on_the_wire(&content, before + at);
                        first_fault(&content, &[cut, cut + 1], limit, Some((first.0, first.1 as u64)));
                    }
                }
            }
        }
    }
}

/// `encode_into` doubles dots too, wherever they are in blocks and however far from one another.
#[test]
fn dots_are_doubled_anywhere() {
    for distance in 3..=2 * BLOCK + 2 {
        for before in (0..=BLOCK + 1).filter(|before| *before != 1) {
            for others in [0, 1, 7] {
                let group = [line(distance, true), line(3, true).repeat(others)].concat();
                let content = [lines(before, 64, false), group.repeat(8 * BLOCK / group.len() + 2)].concat();
                let (mut encoder, mut wire) = (DotEncoder::default(), b"DATA\r\n".to_vec());
                encoder.encode_into(&content, &mut wire).unwrap();
                wire.extend_from_slice(encoder.finish().unwrap());
                assert!(wire[6..] == oracle::encode(&content), "{distance} octets after {before}, and {others} others");
            }
        }
    }
}

/// Returns the sizes of the pieces that `next` gives. Their octets must be `wanted`.
fn sizes<'a>(wanted: &[u8], mut next: impl FnMut() -> Option<&'a [u8]>) -> Vec<usize> {
    let mut all = Vec::with_capacity(wanted.len());
    let sizes =
        std::iter::from_fn(|| next().inspect(|octets| all.extend_from_slice(octets)).map(<[u8]>::len)).collect();
    assert!(all == wanted, "other octets");
    sizes
}

/// Pieces are as large as possible up to 64 KiB; only a dot at the start of a line ends one earlier.
#[test]
fn pieces_have_up_to_64_kib() {
    for bare in [BareLineEnding::Refuse, BareLineEnding::Pass] {
        for unit in ["x", "\r\n", "xx\r\n", "0123456789\r\n", ".", "x\r\n..\r\n", ".x.\r\n"] {
            for length in around([PIECE, 2 * PIECE, 3 * PIECE + 1000]) {
                let mut content = unit.as_bytes().repeat(length / unit.len() + 1);
                content.truncate(length);
                // Without a bare CR at its end.
                content.truncate(content.strip_suffix(b"\r").unwrap_or(&content).len());
                content.extend_from_slice(if content.ends_with(b"\n") { b"" } else { b"\r\n" });
                let dots = unit.contains("\n.") || unit.starts_with('.') && unit.contains('\n');

                let wire = oracle::encode(&content);
                let mut encoder = DotEncoder::new(bare);
                let mut rest = &content[..];
                let body = &wire[..wire.len() - b".\r\n".len()];
                let encoded = sizes(body, || encoder.encode(&mut rest).unwrap());
                assert_eq!(encoder.finish(), Ok(&b".\r\n"[..]));

                let mut decoder = DotDecoder::new(bare).with_line_limit(None);
                let mut rest = &wire[..];
                let decoded = sizes(&content, || match decoder.decode(&mut rest) {
                    Some(Content::Octets(octets)) => Some(octets),
                    end => {
                        assert_eq!(end, Some(Content::End(Ok(()))));
                        None
                    }
                });
                assert!(encoded.iter().chain(&decoded).all(|size| (1..=PIECE).contains(size)));
                if !dots && !content.starts_with(b".") {
                    let pieces = content.len().div_ceil(PIECE);
                    assert_eq!((encoded.len(), decoded.len()), (pieces, pieces), "{unit:?} {length}");
                }
            }
        }
    }
}
