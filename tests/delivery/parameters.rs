//! Parameters that a server does not offer, and content in pieces.

use smtp_core::session::delivery::{Cause, Delivery, Message, Opening, Scope, Status, Step};
use smtp_core::session::{ClientConfig, Misuse};
use smtp_core::syntax::{Body, ForwardPath, Host, Mailbox, Parameters, ReversePath};

type Envelope<'a> = ((ReversePath<'a>, Parameters<'a>), (&'a [ForwardPath<'a>], Parameters<'a>));

/// Opens a session with a server that offers this, and gives it one message to ann.
fn delivery<'a>(
    offer: &str,
    to: &'a [ForwardPath<'a>],
    (of_mail, of_rcpt): (&'a str, &'a str),
    message: Message,
) -> Delivery<Envelope<'a>> {
    let mut delivery = Delivery::new(ClientConfig::SMTP, Opening::new(Host::new("client.example").unwrap()));
    let joe = Mailbox::new("joe@client.example").unwrap().into();
    delivery.push(((joe, Parameters::new(of_mail).unwrap()), (to, Parameters::new(of_rcpt).unwrap())), message);
    delivery.received(b"220 mx.example\r\n");
    assert!(matches!(delivery.next_step(), Step::Read(_)));
    delivery.written(usize::MAX);
    let lines: String =
        ["mx.example"].into_iter().chain(offer.split(',')).map(|line| format!("250-{line}\r\n")).collect();
    delivery.received(lines.as_bytes());
    delivery.received(b"250 HELP\r\n");
    delivery
}

fn written(delivery: &mut Delivery<Envelope<'_>>) -> String {
    assert!(matches!(delivery.next_step(), Step::Read(_)));
    let written = String::from_utf8(delivery.to_write().to_vec()).unwrap();
    delivery.written(written.len());
    written
}

/// RFC 3461 section 5.2.2 and similar clauses: the parameter is left out, or the message is not sent.
#[test]
fn parameters_that_are_not_offered() {
    let ann = [Mailbox::new("ann@mx.example").unwrap().into()];
    let message = Message::default();
    let left_out = (
        "RET=HDRS ENVID=1 AUTH=<> SUBMITTER=a@b.example MT-PRIORITY=3 BY=60;N MTRK=eHl6 TRANSID=<1@a>",
        "NOTIFY=NEVER ORCPT=rfc822;a@b.example RRVS=2014-04-03T23:01:00Z;C",
    );
    let mut without = delivery("PIPELINING", &ann, left_out, message);
    assert_eq!(written(&mut without), "MAIL FROM:<joe@client.example>\r\nRCPT TO:<ann@mx.example>\r\nDATA\r\n");
    for (parameters, extension) in [
        (("REQUIRETLS", ""), "REQUIRETLS"),
        (("HOLDFOR=60", ""), "FUTURERELEASE"),
        (("BY=60;R", ""), "DELIVERBY"),
        (("", "RRVS=2014-04-03T23:01:00Z"), "RRVS"),
    ] {
        let mut delivery = delivery("PIPELINING", &ann, parameters, message);
        let Step::Fate { outcome, .. } = delivery.next_step() else { panic!("{parameters:?}") };
        let said = format!("the server does not offer {extension}");
        assert_eq!((outcome.status, outcome.to_string()), (Status::Unsendable, said));
    }
    let mut require = message;
    require.require_dsn = true;
    let mut delivery = delivery("PIPELINING", &ann, ("RET=HDRS", ""), require);
    assert!(matches!(delivery.next_step(), Step::Fate { outcome, .. } if outcome.status == Status::Unsendable));
}

/// Parameters that are offered are sent unchanged.
#[test]
fn parameters_that_are_offered() {
    let ann = [Mailbox::new("ann@mx.example").unwrap().into()];
    let mut message = Message::default();
    (message.size, message.body) = (Some(7), Body::EightBitMime);
    let mut delivery = delivery("PIPELINING,DSN,SIZE,8BITMIME", &ann, ("RET=HDRS SIZE=1", "NOTIFY=NEVER"), message);
    assert_eq!(
        written(&mut delivery),
        "MAIL FROM:<joe@client.example> RET=HDRS SIZE=7 BODY=8BITMIME\r\nRCPT TO:<ann@mx.example> NOTIFY=NEVER\r\nDATA\r\n"
    );
}

/// RFC 3030 section 3: BINARYMIME is sent with BDAT, and only if CHUNKING is offered.
#[test]
fn binary() {
    let ann = [Mailbox::new("ann@mx.example").unwrap().into()];
    let mut message = Message::default();
    message.body = Body::BinaryMime;
    let mut chunks = delivery("PIPELINING,CHUNKING,BINARYMIME", &ann, ("", ""), message);
    assert_eq!(written(&mut chunks), "MAIL FROM:<joe@client.example> BODY=BINARYMIME\r\nRCPT TO:<ann@mx.example>\r\n");
    chunks.received(b"250 ok\r\n250 ok\r\n");
    assert!(matches!(chunks.next_step(), Step::Content { from: 0, .. }));
    chunks.content(b"\0\n", false).unwrap();
    assert!(matches!(chunks.next_step(), Step::Content { from: 2, .. }));
    chunks.content(b"\r", true).unwrap();
    assert_eq!(written(&mut chunks), "BDAT 2\r\n\0\nBDAT 1 LAST\r\n\r");
    let mut without = delivery("PIPELINING,BINARYMIME", &ann, ("", ""), message);
    let Step::Fate { outcome, .. } = without.next_step() else { panic!() };
    assert_eq!(outcome.to_string(), "the server does not offer CHUNKING");
}

/// RFC 5321 section 2.3.8: content that cannot be sent is refused. The delivery does not change, and content that was begun is not
/// ended.
#[test]
fn content_that_cannot_be_sent() {
    let ann = [Mailbox::new("ann@mx.example").unwrap().into()];
    for chunking in [false, true] {
        let mut message = Message::default();
        message.chunking = chunking;
        let mut delivery = delivery("PIPELINING,CHUNKING", &ann, ("", ""), message);
        written(&mut delivery);
        delivery.received(b"250 ok\r\n250 ok\r\n354 go\r\n".get(..if chunking { 16 } else { 24 }).unwrap());
        assert!(matches!(delivery.next_step(), Step::Content { from: 0, .. }));
        delivery.content(b"one\r\n", false).unwrap();
        let before = delivery.to_write().to_vec();
        for (octets, last) in [(&b"a\nb"[..], false), (b"a\r", true), (b"a\nb", true)] {
            let error = delivery.content(octets, last).unwrap_err();
            assert!(matches!(error, Misuse::Content(_)), "{error:?}");
            assert_eq!(delivery.to_write(), before);
        }
        assert!(matches!(delivery.next_step(), Step::Content { from: 5, .. }));
        let error = delivery.content(b"a\nb", false).unwrap_err();
        delivery.abandon(Cause::Cannot(error));
        assert!(matches!(delivery.next_step(), Step::Fate { outcome, .. } if outcome.status == Status::Unsendable));
        assert_eq!(delivery.next_step(), Step::Closed);
        assert_eq!(delivery.to_write(), before);
    }
}

/// RFC 6152 section 3: octets above 127 must not be sent unless 8BITMIME is offered and MAIL declares them; RFC 6531 section 3.2: with
/// SMTPUTF8 the header may have them.
#[test]
fn octets_that_are_not_declared_are_not_sent() {
    let ann = [Mailbox::new("ann@mx.example").unwrap().into()];
    let text = b"caf\xc3\xa9\r\n";
    for (body, smtputf8, chunking, is_sent) in [
        (Body::SevenBit, false, false, false),
        (Body::SevenBit, false, true, false),
        (Body::SevenBit, true, false, true),
        (Body::EightBitMime, false, false, true),
        (Body::EightBitMime, false, true, true),
        (Body::BinaryMime, false, true, true),
    ] {
        let mut message = Message::default();
        (message.body, message.smtputf8, message.chunking) = (body, smtputf8, chunking);
        let offer = "PIPELINING,CHUNKING,8BITMIME,BINARYMIME,SMTPUTF8";
        let mut delivery = delivery(offer, &ann, ("", ""), message);
        written(&mut delivery);
        delivery.received(b"250 ok\r\n250 ok\r\n354 go\r\n".get(..if chunking { 16 } else { 24 }).unwrap());
        assert!(matches!(delivery.next_step(), Step::Content { from: 0, .. }));
        delivery.content(b"one\r\n", false).unwrap();
        let before = delivery.to_write().to_vec();
        let sent = delivery.content(text, true);
        if is_sent {
            assert_eq!(sent, Ok(()), "{message:?}");
            assert!(delivery.to_write().windows(text.len()).any(|octets| octets == text), "{message:?}");
            continue;
        }
        let misuse = sent.unwrap_err();
        assert_eq!(misuse, Misuse::NotSevenBit { offset: 8 }, "{message:?}");
        let said = "an octet above 127 at offset 8 of the content, which MAIL did not declare";
        assert_eq!((misuse.to_string().as_str(), delivery.to_write()), (said, &before[..]));
        assert!(matches!(delivery.next_step(), Step::Content { from: 5, .. }));
        delivery.abandon(Cause::Cannot(misuse));
        let Step::Fate { outcome, .. } = delivery.next_step() else { panic!("{message:?}") };
        // RFC 3463 section 3.7: X.6.3, conversion required but not supported.
        let code = outcome.enhanced_code().to_string();
        assert_eq!((outcome.status, outcome.scope, code.as_str()), (Status::Unsendable, Scope::Everywhere, "5.6.3"));
    }
}
