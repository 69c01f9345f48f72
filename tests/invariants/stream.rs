//! The laws of the decoders of a stream: the whole against any cut, and the whole against a slow reading.

use super::input::{Input, cuts};
use super::oracle::{self, Setup};
use smtp_core::codec::{BareLineEnding, ChunkDecoder, Content, DotEncoder, LineDecoder, ReplyDecoder};
use smtp_core::syntax::{Expected, Grammar, Reply, SyntaxError};

/// Gives a decoder the input as it arrives. `step` takes one item and returns `true`, or returns `false` if it needs more.
/// Returns the number of consumed octets.
fn show(octets: &[u8], cuts: &[usize], mut step: impl FnMut(&mut &[u8]) -> bool) -> usize {
    let mut consumed = 0;
    for &shown in cuts.iter().chain([&octets.len()]) {
        let mut rest = &octets[consumed..shown.max(consumed)];
        while step(&mut rest) {}
        consumed = shown.max(consumed) - rest.len();
    }
    consumed
}

/// Lines, cut anywhere, end at CRLF. A line over the limit is refused once and discarded up to its CRLF.
///
/// The first two octets choose limit and cuts.
pub fn line(octets: &[u8]) {
    let mut input = Input(octets);
    let limit = [512, 0, 1, 2, 3, 4, 10, 64][usize::from(input.octet() & 7)];
    let seed = input.octet();
    let mut expected = Vec::new();
    let mut length = 0;
    for line in oracle::lines(input.0) {
        match line.strip_suffix(b"\r\n") {
            Some(text) => expected.push((line.len() <= limit).then_some(text)),
            // CRLF is still to come, so such a line exceeds the limit as soon as it has that many octets.
            None if !line.is_empty() && line.len() >= limit => expected.push(None),
            None => continue,
        }
        length += line.len();
    }
    for places in [Vec::new(), cuts(input.0.len(), seed), cuts(input.0.len(), b'1')] {
        let mut decoder = LineDecoder::new();
        let mut found = Vec::new();
        let consumed = show(input.0, &places, |rest| match decoder.decode(rest, limit) {
            Ok(None) => false,
            Ok(Some(line)) => {
                found.push(Some(line.to_vec()));
                true
            }
            Err(error) => {
                assert_eq!(error.limit, limit);
                found.push(None);
                true
            }
        });
        assert!(found.iter().map(Option::as_deref).eq(expected.iter().copied()), "{found:?}, not {expected:?}");
        assert_eq!(consumed, length);
    }
}

/// Replies, cut anywhere, are those that [`Reply::parse`] reads from the lines up to the first last line of a reply.
///
/// The first three octets choose limit, grammar and cuts.
pub fn replies(octets: &[u8]) {
    let mut input = Input(octets);
    let limit = [65_536, 10, 64, 600][usize::from(input.octet() & 3)];
    let grammar = [Grammar::STRICT, Grammar::LENIENT, Grammar::SMTPUTF8][usize::from(input.octet()) % 3];
    let seed = input.octet();
    let decode = |places: &[usize]| {
        let mut decoder = ReplyDecoder::new().with_limit(limit);
        let mut found = Vec::new();
        let consumed = show(input.0, places, |rest| {
            let before = *rest;
            let result = decoder.decode(rest, grammar);
            let taken = before[..before.len() - rest.len()].to_vec();
            match result {
                Ok(None) => {
                    assert!(taken.is_empty());
                    false
                }
                Ok(Some(reply)) => {
                    assert_eq!(Reply::parse(&taken, grammar), Ok(reply));
                    found.push((taken, Ok(reply.to_string())));
                    true
                }
                Err(error) => {
                    found.push((taken, Err(error)));
                    true
                }
            }
        });
        (found, consumed)
    };
    let (whole, consumed) = decode(&[]);
    // A line may exceed its limit too, in a reply that does not.
    let over = |(_, result): &(Vec<u8>, Result<String, SyntaxError>)| {
        let at_limit =
            |error: &SyntaxError| error.expected() == Expected::LineWithinLimit && error.offset() == limit as usize;
        result.as_ref().is_err_and(at_limit)
    };
    // A reply over its limit consumes all octets that have arrived, which depends on the cuts.
    let certain = whole.iter().position(over).unwrap_or(whole.len());
    for places in [cuts(input.0.len(), seed), cuts(input.0.len(), b'1')] {
        let (found, end) = decode(&places);
        assert_eq!(found.get(..certain), whole.get(..certain));
        assert!(certain < whole.len() || (end == consumed && found.len() == whole.len()), "{found:?}, not {whole:?}");
    }
    let expected = slowly(input.0, limit as usize, grammar);
    let lengths = whole[..certain].iter().map(|(taken, result)| (taken.len(), result.is_ok()));
    assert!(lengths.eq(expected.iter().copied()), "{whole:?}, not {expected:?}");
}

/// Returns the length of each reply or of the refused octets, up to the first that exceeds the limit, and whether it was
/// accepted.
fn slowly(octets: &[u8], limit: usize, grammar: Grammar) -> Vec<(usize, bool)> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut end = 0;
    for line in oracle::lines(octets) {
        end += line.len();
        let reply = &octets[start..end];
        if !line.ends_with(b"\r\n") || reply.len() > limit {
            break;
        }
        let has_code = line.len() >= 3 && line[..3].iter().all(u8::is_ascii_digit);
        let accepted = match line {
            // A line of text between lines with codes.
            _ if grammar.dialect.reply_form && !has_code && line.len() < reply.len() => continue,
            _ if !grammar.dialect.reply_form && line.get(..3) != reply.get(..3) => false,
            [a, b, c, b'-', text @ ..] => {
                // A line with "-" is valid if it would be valid as the last line.
                if Reply::parse(&[&[*a, *b, *c, b' '][..], text].concat(), grammar).is_ok() {
                    continue;
                }
                false
            }
            _ => Reply::parse(reply, grammar).is_ok(),
        };
        found.push((reply.len(), accepted));
        start = end;
    }
    found
}

/// Content after DATA, cut anywhere, decodes as in a line-by-line reading, with the same faults and end. Any octets, encoded in
/// any pieces, give the result of a line-by-line writing, and decode to themselves. Checked as text without dots they have the
/// faults of a line-by-line reading.
///
/// The first two octets choose policy, limit and cuts.
pub fn dot(octets: &[u8]) {
    let mut input = Input(octets);
    let choice = input.octet();
    let seed = input.octet();
    let bare = if choice & 1 == 0 { BareLineEnding::Refuse } else { BareLineEnding::Pass };
    let setup = Setup { bare, limit: [Some(1000), None, Some(4), Some(70)][usize::from(choice >> 1 & 3)] };
    let expected = oracle::decode(input.0, setup);
    let places = cuts(input.0.len(), seed);
    for places in [&Vec::new(), &places, &cuts(input.0.len(), b'1')] {
        assert_eq!(oracle::decode_in_pieces(input.0, places, setup), expected, "cut at {places:?}, {setup:?}");
    }

    normalized(input.0, &places);

    let fault = oracle::fault(input.0, setup);
    for places in [&Vec::new(), &places, &cuts(input.0.len(), b'1')] {
        assert_eq!(oracle::checked_in_pieces(input.0, places, setup), fault, "cut at {places:?}, {setup:?}");
    }

    let fault = oracle::bare(input.0).filter(|_| bare == BareLineEnding::Refuse);
    let wire = oracle::encode(input.0);
    for places in [&Vec::new(), &places] {
        let mut encoder = DotEncoder::new(bare);
        let mut out = Vec::new();
        let mut start = 0;
        let mut result = Ok(());
        for &end in places.iter().chain([&input.0.len()]) {
            result = result.and_then(|()| encoder.encode_into(&input.0[start..end], &mut out));
            start = end;
        }
        let result = result.and_then(|()| encoder.finish().map(|end| out.extend_from_slice(end)));
        match fault {
            Some((kind, offset)) => {
                let error = result.unwrap_err();
                assert_eq!((error.kind, error.offset), (kind, offset));
                // Nothing from the fault on has been written.
                assert!(wire.starts_with(&out) && out.len() as u64 <= 2 * offset);
            }
            None => {
                assert_eq!(result, Ok(()));
                assert_eq!(out.escape_ascii().to_string(), wire.escape_ascii().to_string());
            }
        }
    }
    if fault.is_none() {
        let back = oracle::decode_in_pieces(&wire, &cuts(wire.len(), seed), Setup { bare, limit: None });
        assert_eq!(back.consumed, wire.len());
        assert_eq!(back.content.strip_prefix(input.0).map(|added| matches!(added, b"" | b"\r\n")), Some(true));
    }
}

/// With normalization, content ends at the same octet as under the other policies, and differs only in its line endings. If it is
/// sent on by an encoder with any policy, no line of it ends the content early.
fn normalized(octets: &[u8], places: &[usize]) {
    let setup = Setup { bare: BareLineEnding::Normalize, limit: None };
    let passed = oracle::decode(octets, oracle::PASS);
    // Incomplete content may have a CR that is withheld.
    let whole = oracle::normalized(&passed.content);
    let expected =
        if passed.end.is_none() && passed.content.ends_with(b"\r") { &whole[..whole.len() - 2] } else { &whole };
    for places in [&Vec::new(), places, &cuts(octets.len(), b'1')] {
        let found = oracle::decode_in_pieces(octets, places, setup);
        assert_eq!(found.content.escape_ascii().to_string(), expected.escape_ascii().to_string(), "cut at {places:?}");
        assert_eq!((found.end, found.consumed), (passed.end, passed.consumed));
    }
    for bare in [BareLineEnding::Refuse, BareLineEnding::Pass, BareLineEnding::Normalize] {
        for places in [&[], places] {
            let content = if bare == BareLineEnding::Normalize { octets } else { &oracle::normalized(octets) };
            let mut encoder = DotEncoder::new(bare);
            let (mut wire, mut start) = (Vec::new(), 0);
            for end in places.iter().copied().filter(|end| *end <= content.len()).chain([content.len()]) {
                encoder.encode_into(&content[start..end], &mut wire).unwrap();
                start = end;
            }
            wire.extend_from_slice(encoder.finish().unwrap());
            let back = oracle::decode(&wire, oracle::REFUSE);
            assert_eq!(back.consumed, wire.len());
            let added = back.content.strip_prefix(&oracle::normalized(octets)[..]);
            assert!(matches!(added, Some(b"" | b"\r\n")), "{}", wire.escape_ascii());
        }
    }
}

/// A chunk has exactly the announced octets, however they are cut, and none of them ends it.
///
/// The first two octets choose the size and the cuts.
pub fn chunk(octets: &[u8]) {
    let mut input = Input(octets);
    let size = usize::from(input.octet());
    let seed = input.octet();
    for places in [Vec::new(), cuts(input.0.len(), seed), cuts(input.0.len(), b'1')] {
        let mut decoder = ChunkDecoder::new(size as u64);
        let mut found = Vec::new();
        let mut ends = 0;
        let consumed = show(input.0, &places, |rest| match decoder.decode(rest) {
            None => false,
            Some(Content::Octets(octets)) => {
                assert!(!octets.is_empty() && ends == 0);
                found.extend_from_slice(octets);
                assert_eq!(decoder.remaining(), (size - found.len()) as u64);
                true
            }
            Some(Content::End(result)) => {
                assert_eq!(result, Ok(()));
                ends += 1;
                true
            }
            Some(_) => unreachable!(),
        });
        let length = size.min(input.0.len());
        assert_eq!((consumed, &found[..]), (length, &input.0[..length]));
        assert_eq!(ends, usize::from(length == size));
    }
}
