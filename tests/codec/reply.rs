//! `ReplyDecoder`: the limit of a whole reply.

use smtp_core::codec::ReplyDecoder;
use smtp_core::syntax::{Expected, Grammar};

/// Decodes the first reply of an input, of which `first` octets are given at first and then one more at a time. Returns the number
/// of lines or the fault, the number of octets given until then, and the number consumed.
fn decode(input: &[u8], first: usize, limit: usize) -> (Result<usize, (Expected, usize)>, usize, usize) {
    let fresh = ReplyDecoder::new().with_limit(limit as u32);
    let mut decoder = fresh.clone();
    for shown in first..=input.len() {
        let mut rest = &input[..shown];
        if let Some(result) = decoder.decode(&mut rest, Grammar::STRICT).transpose() {
            assert_eq!(decoder, fresh, "the decoder is as new");
            let lines = result.map(|reply| reply.lines().count()).map_err(|error| (error.expected(), error.offset()));
            return (lines, shown, shown - rest.len());
        }
        assert_eq!(rest.len(), shown);
    }
    panic!("no reply");
}

/// A reply may have as many octets as the limit allows. Without an end it is refused as soon as it has that many, and exactly that
/// many are consumed (one, if the limit is 0).
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
