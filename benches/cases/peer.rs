//! The same octets in another parser, [smtp-proto](https://crates.io/crates/smtp-proto), called as its own tests call it. What it
//! does more or less than `smtp-core` stands at each function.

use smtp_proto::request::parser::Rfc5321Parser;
use smtp_proto::request::receiver::{DataReceiver, RequestReceiver};
use smtp_proto::response::parser::ResponseReceiver;
use smtp_proto::{EhloResponse, Request};
use std::hint::black_box;

pub(super) const NAME: &str = "smtp-proto";

/// Frames and parses command lines. Every parameter is read as a typed value. It does more: xtext is decoded. It does less: domains,
/// base64, the offer, and whether a parameter is there twice are not checked.
pub(super) fn commands(octets: &[u8]) {
    let (mut receiver, mut bytes) = (RequestReceiver::default(), black_box(octets).iter());
    while !bytes.as_slice().is_empty() {
        assert!(black_box(&receiver.ingest(&mut bytes)).is_ok());
    }
}

/// Parses mailboxes, each with the ">" that ends its path. It does more: a source route or quotes would be removed. It does less: the
/// characters of a domain are those of a local-part.
pub(super) fn mailboxes(paths: &[String]) {
    for path in paths {
        let mut bytes = black_box(path.as_bytes()).iter();
        assert!(matches!(black_box(&Rfc5321Parser::new(&mut bytes).address()), Ok(Some(_))));
    }
}

/// Frames and parses replies. It does more: the text is copied into a `String`. It does less: control characters are not looked for, and
/// the lines of a reply may have different codes.
pub(super) fn replies(octets: &[u8]) {
    let (mut receiver, mut bytes) = (ResponseReceiver::default(), black_box(octets).iter());
    while !bytes.as_slice().is_empty() {
        assert!(black_box(&receiver.parse(&mut bytes)).is_ok());
        receiver.reset();
    }
}

/// Frames and parses replies to EHLO. It does more: the host is copied into a `String`. It does less: the text after what it knows is
/// dropped unread, and the reply is not kept.
pub(super) fn offers(octets: &[u8]) {
    let mut bytes = black_box(octets).iter();
    while !bytes.as_slice().is_empty() {
        assert!(black_box(&EhloResponse::parse(&mut bytes)).is_ok());
    }
}

/// Reads the client's side of a session, in pieces as they arrive. It does more: the content is copied into a buffer. It does less: there
/// is no state of the session and no reply, and bare CR and LF are not looked for.
pub(super) fn session<'a>(pieces: impl Iterator<Item = &'a [u8]>, message: &mut Vec<u8>) {
    let mut receiver = RequestReceiver::default();
    let mut content = None;
    for piece in pieces {
        let mut bytes = black_box(piece).iter();
        while !bytes.as_slice().is_empty() {
            match &mut content {
                None => {
                    let request = receiver.ingest(&mut bytes);
                    assert!(request.is_ok());
                    if matches!(black_box(&request), Ok(Request::Data)) {
                        message.clear();
                        content = Some(DataReceiver::new());
                    }
                }
                Some(data) => {
                    if data.ingest(&mut bytes, message) {
                        black_box(&message);
                        content = None;
                    }
                }
            }
        }
    }
}
