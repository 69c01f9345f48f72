//! The buffers of output: each gets the octets that a `Vec` gets.

use bytes::BytesMut;
use smtp_core::codec::{BareLineEnding, DotEncoder};
use smtp_core::syntax::{Command, Grammar, Reply, ReversePath};
use smtp_core::trace::ReturnPath;

/// The lines of a transaction, in each buffer; RFC 5321 section 4.5.2 for the content.
#[test]
fn buffers() {
    let expected =
        b"MAIL FROM:<ann@example.com> SIZE=9\r\n250-One\r\n250 Two\r\nReturn-Path: <>\r\n..\r\nHello\r\n.\r\n";
    let mail = Command::parse(b"MAIL FROM:<ann@example.com> SIZE=9", Grammar::STRICT).unwrap();
    let reply = Reply::parse(b"250-One\r\n250 Two\r\n", Grammar::STRICT).unwrap();
    let field = ReturnPath(ReversePath::Null);

    let (mut vec, mut bytes) = (Vec::new(), BytesMut::new());
    mail.encode(&mut vec);
    reply.encode(&mut vec);
    field.encode(&mut vec);
    mail.encode(&mut bytes);
    reply.encode(&mut bytes);
    field.encode(&mut bytes);
    for out in [&mut vec, &mut Vec::new()] {
        let mut encoder = DotEncoder::new(BareLineEnding::Refuse);
        encoder.encode_into(b".\r\nHello\r\n", out).unwrap();
        out.extend_from_slice(encoder.finish().unwrap());
    }
    let mut encoder = DotEncoder::default();
    encoder.encode_into(b".\r\nHello\r\n", &mut bytes).unwrap();
    bytes.extend_from_slice(encoder.finish().unwrap());
    assert_eq!((&vec[..], &bytes[..]), (&expected[..], &expected[..]));
}

/// A slice takes a value whole or not at all, and says how much room it needs.
#[test]
fn slices() {
    let mail = Command::parse(b"MAIL FROM:<ann@example.com> SIZE=9", Grammar::STRICT).unwrap();
    let mut whole = Vec::new();
    mail.encode(&mut whole);
    for room in 0..=whole.len() + 1 {
        let mut buffer = vec![b'#'; room];
        let mut rest = &mut buffer[..];
        let written = mail.encode_to(&mut rest);
        let left = rest.len();
        if room < whole.len() {
            assert_eq!(written.unwrap_err().needed(), whole.len());
            assert_eq!((left, buffer), (room, vec![b'#'; room]), "nothing was written");
        } else {
            assert_eq!((written, left), (Ok(()), room - whole.len()));
            assert_eq!(buffer[..whole.len()], whole);
        }
    }
    let mut buffer = [0; 64];
    let mut rest = &mut buffer[..];
    Reply::OK.encode_to(&mut rest).unwrap();
    Reply::AUTHENTICATED.encode_to(&mut rest).unwrap();
    assert!(Reply::AUTHENTICATED.encode_to(&mut rest).is_err());
    let length = 64 - rest.len();
    assert_eq!(&buffer[..length], b"250 2.0.0 OK\r\n235 2.7.0 Authentication succeeded\r\n");
}
