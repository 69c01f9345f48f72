//! Takes the credentials out of a recording so that it is judged as before.

use super::capture::Record;
use super::play::Report;
use smtp_core::observer::Side;
use smtp_core::syntax::Base64;

/// The type of the first record of TLS (RFC 8446 section 5.1).
const TLS_HANDSHAKE: u8 = 22;

/// Replaces each possible credential in what the client has sent; replies stay, also if a server has echoed one. The length, the white space, and whatever a rule of the observer looks at stay as
/// they are, so the recording has the same violations at the same offsets: what is base64 stays base64, and what a server
/// can read as an unregistered verb stays one.
pub fn without_secrets(records: &mut [Record], report: &Report) {
    // A credential may be cut anywhere.
    let mut sent: Vec<u8> = client_octets(records).flat_map(|octets| octets.iter().copied()).collect();
    let unread = report.unread_secret.map(|from| (from, u64::MAX));
    // After STARTTLS nothing is read. If it is not a TLS record, it may be a session that goes on in clear.
    let first = |from: u64| {
        let after = sent.get(usize::try_from(from).ok()?..)?;
        after.iter().find(|octet| !matches!(octet, b'\r' | b'\n')).copied()
    };
    let in_clear = report.starttls_end.filter(|from| first(*from) != Some(TLS_HANDSHAKE)).map(|from| (from, u64::MAX));
    for (from, to) in report.secrets.iter().chain(&unread).chain(&in_clear) {
        let place = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(sent.len());
        let (from, to) = (place(*from), place(*to));
        if let Some(secret) = sent.get_mut(from..to) {
            secret.split_mut(|octet| octet.is_ascii() && !octet.is_ascii_graphic()).for_each(mask);
        }
    }
    let mut rest = &sent[..];
    for octets in client_octets(records) {
        let (here, after) = rest.split_at(octets.len());
        octets.copy_from_slice(here);
        rest = after;
    }
}

fn client_octets(records: &mut [Record]) -> impl Iterator<Item = &mut Vec<u8>> {
    records.iter_mut().filter_map(|record| match record {
        Record::Data(Side::Client, octets) => Some(octets),
        _ => None,
    })
}

/// Masks one word. RFC 4954 section 4 has `*` to cancel an exchange, and `=` for an empty initial response; they stay.
fn mask(word: &mut [u8]) {
    let Some(first) = word.first().copied().filter(|_| !matches!(&*word, b"*" | b"=")) else { return };
    if !word.is_ascii() {
        return mask_text(word);
    }
    let is_base64 = Base64::parse(word).is_ok();
    let is_verb = word.iter().all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_'));
    let is_alphanumeric = word.iter().all(u8::is_ascii_alphanumeric);
    let padding = if is_base64 { word.iter().filter(|octet| **octet == b'=').count() } else { 0 };
    let (text, _) = word.split_at_mut(word.len() - padding);
    text.fill(b'A');
    match text {
        // A private verb, which is no violation.
        [begin, ..] if is_verb && matches!(first, b'X' | b'x') => *begin = b'X',
        // No verb.
        [begin, ..] if !is_verb => *begin = if is_base64 { b'+' } else { b'#' },
        _ => {}
    }
    // A verb that is not base64, whatever its length.
    if let ([.., end], true) = (text, is_verb && !is_alphanumeric) {
        *end = b'-';
    }
}

/// Masks a word with octets beyond ASCII. What is UTF-8 stays UTF-8, and what is not stays so.
fn mask_text(word: &mut [u8]) {
    let masked: Vec<u8> = word
        .utf8_chunks()
        .flat_map(|chunk| {
            let valid = chunk.valid().chars().flat_map(|c| match c.len_utf8() {
                1 => "A".bytes(),
                2 => "\u{C0}".bytes(),
                3 => "\u{1000}".bytes(),
                _ => "\u{40000}".bytes(),
            });
            valid.chain(chunk.invalid().iter().map(|_| 0xFF)).collect::<Vec<u8>>()
        })
        .collect();
    word.copy_from_slice(&masked);
}
