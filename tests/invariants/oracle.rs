//! A slow and simple implementation of RFC 5321 section 4.5.2 for whole inputs, with which the laws and tests compare the codec.

use smtp_core::codec::{BareLineEnding, Content, ContentFaultKind, DotDecoder, TextCheck};

/// Kind and offset of a fault.
pub type Fault = (ContentFaultKind, u64);

/// The result of decoding an input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    pub content: Vec<u8>,
    pub end: Option<Result<(), Fault>>,
    pub consumed: usize,
}

/// The configuration of a decoder.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    pub bare: BareLineEnding,
    pub limit: Option<usize>,
}

pub const REFUSE: Setup = Setup { bare: BareLineEnding::Refuse, limit: Some(1000) };

pub const PASS: Setup = Setup { bare: BareLineEnding::Pass, limit: None };

/// Returns the lines of an input, each with its CRLF, and the octets after the last CRLF.
pub fn lines(input: &[u8]) -> Vec<&[u8]> {
    let mut lines = Vec::new();
    let mut rest = input;
    while let Some(cr) = rest.windows(2).position(|pair| pair == b"\r\n") {
        let (line, after) = rest.split_at(cr + 2);
        lines.push(line);
        rest = after;
    }
    lines.push(rest);
    lines
}

/// Decodes a whole input, line by line.
pub fn decode(input: &[u8], setup: Setup) -> Decoded {
    let mut content = Vec::new();
    let mut consumed = 0;
    for line in lines(input) {
        consumed += line.len();
        match line {
            b".\r\n" => {
                let end = Some(fault(&content, setup).map_or(Ok(()), Err));
                return Decoded { content, end, consumed };
            }
            // The last line, if it may still become ".".
            b"." | b".\r" => {}
            _ => content.extend_from_slice(line.strip_prefix(b".").unwrap_or(line)),
        }
    }
    Decoded { content, end: None, consumed }
}

/// Returns the content with CRLF for each CR, LF or CRLF.
pub fn normalized(content: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut octets = content.iter().peekable();
    while let Some(octet) = octets.next() {
        match octet {
            b'\r' => {
                octets.next_if_eq(&&b'\n');
                out.extend_from_slice(b"\r\n");
            }
            b'\n' => out.extend_from_slice(b"\r\n"),
            octet => out.push(*octet),
        }
    }
    out
}

/// Returns the first fault of a whole content.
pub fn fault(content: &[u8], setup: Setup) -> Option<Fault> {
    let mut faults = Vec::new();
    if let Some(limit) = setup.limit {
        let mut start = 0;
        for line in lines(content) {
            if line.len() > limit {
                faults.push(((start + limit) as u64, ContentFaultKind::LineTooLong));
            }
            start += line.len();
        }
    }
    if setup.bare == BareLineEnding::Refuse {
        faults.extend(bare(content).map(|(kind, offset)| (offset, kind)));
    }
    // The sort is stable: at the same octet, a long line comes before a bare line ending.
    faults.sort_by_key(|&(offset, _)| offset);
    faults.first().map(|&(offset, kind)| (kind, offset))
}

/// Returns the first bare CR or LF of a whole content.
pub fn bare(content: &[u8]) -> Option<Fault> {
    (0..content.len()).find_map(|at| match content[at] {
        b'\r' if content.get(at + 1) != Some(&b'\n') => Some((ContentFaultKind::BareCr, at as u64)),
        b'\n' if at == 0 || content[at - 1] != b'\r' => Some((ContentFaultKind::BareLf, at as u64)),
        _ => None,
    })
}

/// Encodes a whole content, line by line.
pub fn encode(content: &[u8]) -> Vec<u8> {
    let mut wire = Vec::new();
    for line in lines(content) {
        if line.starts_with(b".") {
            wire.push(b'.');
        }
        wire.extend_from_slice(line);
        if !line.is_empty() && !line.ends_with(b"\r\n") {
            wire.extend_from_slice(b"\r\n");
        }
    }
    wire.extend_from_slice(b".\r\n");
    wire
}

/// Decodes the input with the decoder under test as it arrives: first up to `cuts[0]`, then up to `cuts[1]`, and so on.
pub fn decode_in_pieces(input: &[u8], cuts: &[usize], setup: Setup) -> Decoded {
    let mut decoder = DotDecoder::new(setup.bare).with_line_limit(setup.limit);
    let mut decoded = Decoded::default();
    for &shown in cuts.iter().chain([&input.len()]) {
        let mut rest = &input[decoded.consumed..shown];
        while let Some(content) = decoder.decode(&mut rest) {
            match content {
                Content::Octets(octets) => {
                    assert_ne!(octets, b"", "an empty piece");
                    decoded.content.extend_from_slice(octets);
                }
                Content::End(result) => {
                    let fresh = DotDecoder::new(setup.bare).with_line_limit(setup.limit);
                    assert_eq!(decoder, fresh);
                    decoded.end = Some(result.map_err(|fault| (fault.kind, fault.offset)));
                    decoded.consumed = shown - rest.len();
                    return decoded;
                }
                _ => unreachable!(),
            }
        }
        assert_eq!(rest, b"", "`None` means that the input is used up");
        decoded.consumed = shown;
    }
    decoded
}

/// Returns the first fault that a check finds in a whole content, which it is given in pieces.
pub fn checked_in_pieces(content: &[u8], cuts: &[usize], setup: Setup) -> Option<Fault> {
    let fresh = TextCheck::new(setup.bare).with_line_limit(setup.limit);
    let mut check = fresh.clone();
    let mut start = 0;
    for &end in cuts.iter().filter(|cut| **cut < content.len()).chain([&content.len()]) {
        check.check(&content[start..end]);
        start = end;
    }
    let so_far = check.fault();
    let found = check.finish().err();
    // Only for a CR at the end does the end decide.
    assert!(so_far == found || so_far.is_none() && content.ends_with(b"\r"), "{so_far:?}, {found:?}");
    assert_eq!(check, fresh);
    found.map(|fault| (fault.kind, fault.offset))
}

/// Returns every text of `length` octets over {a . CR LF}.
pub fn every_text(length: u32) -> impl Iterator<Item = Vec<u8>> {
    (0..4_usize.pow(length)).map(move |number| (0..length).map(|place| b"a.\r\n"[number >> (2 * place) & 3]).collect())
}

/// Returns every way to cut `length` octets.
pub fn every_cut(length: usize) -> impl Iterator<Item = Vec<usize>> {
    (0..1_usize << length.saturating_sub(1))
        .map(move |cut| (1..length).filter(|place| cut >> (place - 1) & 1 == 1).collect())
}
