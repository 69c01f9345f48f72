//! `ChunkDecoder`.

use smtp_core::codec::{ChunkDecoder, Content};

#[test]
fn exactly_the_announced_octets_at_every_cut() {
    let input = b"\r\n.\r\n\n.\r\nQUIT\r\n";
    for size in 0..=input.len() {
        for cut in 0..=input.len() {
            let mut decoder = ChunkDecoder::new(size as u64);
            let mut content = Vec::new();
            let mut consumed = 0;
            let mut ends = 0;
            for shown in [cut, input.len()] {
                let mut rest = &input[consumed..shown];
                while let Some(piece) = decoder.decode(&mut rest) {
                    match piece {
                        Content::Octets(octets) => {
                            assert_ne!(octets, b"");
                            content.extend_from_slice(octets);
                        }
                        Content::End(result) => {
                            assert_eq!(result, Ok(()));
                            ends += 1;
                        }
                        _ => unreachable!(),
                    }
                    assert_eq!(decoder.remaining(), (size - content.len()) as u64);
                }
                consumed = shown - rest.len();
            }
            assert_eq!(ends, 1);
            assert_eq!(consumed, size);
            assert_eq!(content, input[..size]);
        }
    }
}

#[test]
fn no_octets_end_at_once() {
    let mut decoder = ChunkDecoder::new(0);
    let mut input = &b""[..];
    assert_eq!(decoder.decode(&mut input), Some(Content::End(Ok(()))));
    assert_eq!(decoder.decode(&mut input), None);
}

#[test]
fn the_largest_size_takes_what_is_there() {
    let mut decoder = ChunkDecoder::new(u64::MAX);
    let mut input = &b"abc"[..];
    assert_eq!(decoder.decode(&mut input), Some(Content::Octets(b"abc")));
    assert_eq!(decoder.remaining(), u64::MAX - 3);
    assert_eq!(decoder.decode(&mut input), None);
}
