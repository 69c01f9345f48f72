//! `ReplyDecoder`: the limit of a whole reply.

use smtp_core::codec::ReplyDecoder;
use smtp_core::syntax::{Expected, Grammar};

/// The number of lines or the fault of the first reply of an input of which so many octets are shown at first, and then
/// one more at a time; how many it took to say so, and how many of them were consumed.
fn decode(input: &[u8], first: usize, limit: usize) -> (Result<usize, (Expected, usize)>, usize, usize) {
    let fresh = ReplyDecoder::new().with_limit(limit as u32);
    let mut decoder = fresh.clone();
    for shown in first..=input.len() {
        let mut rest = &input[..shown];
        if let Some(result) = decoder.decode(&mut rest, Grammar::STRICT).transpose() {
            assert_eq!(decoder, fresh, "as new");
            let lines = result.map(|reply| reply.lines().count()).map_err(|error| (error.expected(), error.offset()));
            return (lines, shown, shown - rest.len());
        }
        assert_eq!(rest.len(), shown);
    }
    panic!("no reply");
}

/// A reply may have as many octets as the limit allows. Without an end it is refused as soon as it has so many, and exactly
/// they are consumed (one, if that is 0).
#[test]
fn the_limit_at_every_octet_and_every_cut() {
    for (reply, lines) in [
        (&b"250 OK\r\n"[..], 1),
        (b"250-one\r\n250-\r\n250 three\r\n", 3),
        (b"250-a\tb\r\n250-c\r\n250\r\n", 3),
        (b"354\r\n", 1),
    ] {
        let input = [reply, b"220 next\r\n"].concat();
        for limit in 0..=reply.len() + 2 {
            for first in 0..=input.len() {
                let taken = limit.clamp(1, reply.len());
                let result = if limit < reply.len() { Err((Expected::LineWithinLimit, limit)) } else { Ok(lines) };
                assert_eq!(decode(&input, first, limit), (result, first.max(taken), taken), "limit {limit}");
            }
        }
    }
}
