//! The results of a session: envelopes, outcomes, violations.

use crate::stored;
use smtp_core::codec::{ContentFault, ContentFaultKind};
use smtp_core::observer::{Level, Side, Violation, ViolationKind};
use smtp_core::routing::{Attempt, HostFailure, Next, RetryPolicy};
use smtp_core::session::delivery::{Cause, Delivery, Message, Opening, Outcome, Scope, Status, Step};
use smtp_core::session::reception::{Envelope, Question, Reception, Verdict};
use smtp_core::session::{Action, ClientConfig, ClientError, Misuse, NotOffered, ServerConfig, State};
use smtp_core::syntax::{Extension, Host, Mailbox, OverLimit, ReplyCode};
use std::time::Duration;

/// Returns the envelope of a session at its end of content.
fn received(commands: &str) -> Envelope {
    let mut reception = Reception::new(ServerConfig::new(Host::new("mx.example").unwrap()));
    let octets = format!("{commands}DATA\r\nHello\r\n.\r\n");
    let mut input = octets.as_bytes();
    while let Some(question) = reception.next(&mut input).unwrap() {
        match question {
            Question::Content(_) => {}
            Question::Finish => return reception.envelope().clone(),
            Question::Refused(refused) => panic!("{refused:?}"),
            _ => reception.answer(Verdict::Usual).unwrap(),
        }
    }
    panic!("no message");
}

/// RFC 3461 section 5.2.1: a relay passes on all parameters of DSN, so its queue keeps them.
#[test]
fn envelopes() {
    let commands = "EHLO client.example\r\nMAIL FROM:<joe@client.example>\r\nRCPT TO:<ann@mx.example>\r\n\
        RCPT TO:<\"b ob\"@[192.0.2.1]>\r\n";
    let envelope = received(commands);
    let form = r#"{"hello":"EHLO client.example","tls":false,"user":null,"mail":"MAIL FROM:<joe@client.example>","rcpt":["RCPT TO:<ann@mx.example>","RCPT TO:<\"b ob\"@[192.0.2.1]>"]}"#;
    assert_eq!(serde_json::to_string(&envelope).unwrap(), form);
    let read: Envelope = serde_json::from_str(form).unwrap();
    assert_eq!((read.hello(), read.mail()), (envelope.hello(), envelope.mail()));
    assert!(read.recipients().eq(envelope.recipients()));
    assert_eq!(serde_json::to_string(&read).unwrap(), form);

    let form = r#"{"hello":null,"tls":true,"user":"ann","mail":"MAIL FROM:<> RET=HDRS ENVID=1","rcpt":["RCPT TO:<b@c> NOTIFY=NEVER ORCPT=rfc822;b@c"]}"#;
    let read: Envelope = serde_json::from_str(form).unwrap();
    assert_eq!((read.is_tls(), read.user(), read.hello()), (true, Some("ann"), None));
    assert_eq!(serde_json::to_string(&read).unwrap(), form);
    assert_eq!(serde_json::from_str::<Envelope>("{}").unwrap().recipients().count(), 0);

    for (form, error) in [
        (r#"{"mail":"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>"}"#, "expected "),
        (r#"{"mail":"RCPT TO:<a@b>"}"#, "RCPT is out of place"),
        (r#"{"hello":"DATA"}"#, "DATA is out of place"),
        (r#"{"mail":"MAIL FROM:<>","rcpt":["MAIL FROM:<>"]}"#, "MAIL is out of place"),
        (r#"{"rcpt":["RCPT TO:<a@b>"]}"#, "missing field `mail`"),
    ] {
        let refused = serde_json::from_str::<Envelope>(form).unwrap_err().to_string();
        assert!(refused.contains(error), "{form}: {refused}");
    }
}

/// Returns the outcome of a delivery to a server that sends these octets.
fn outcome(server: &[&[u8]], message: Message) -> Outcome {
    let (from, to) = (Mailbox::new("joe@client.example").unwrap(), [Mailbox::new("ann@mx.example").unwrap()]);
    let mut delivery = Delivery::new(ClientConfig::SMTP, Opening::new(Host::new("client.example").unwrap()));
    delivery.push((from, &to[..]), message);
    let mut server = server.iter();
    loop {
        delivery.written(delivery.to_write().len());
        match delivery.next_step() {
            Step::Read(_) => match server.next() {
                Some(octets) => delivery.received(octets),
                None => delivery.lost(),
            },
            Step::Content { .. } => delivery.content(b"Hello\r\n", true).unwrap(),
            Step::Fate { outcome, .. } => return outcome.clone(),
            step => panic!("{step:?}"),
        }
    }
}

/// RFC 5321 sections 4.2.1 and 4.5.4.1: what a queue has to know of an attempt.
#[test]
fn outcomes() {
    let refused = outcome(&[b"220 a\r\n", b"250 a\r\n", b"250 OK\r\n", b"550 5.1.1 No\r\n"], Message::default());
    let form = r#"{"status":"refused","scope":"recipient","cause":{"reply":{"to":"rcpt","reply":{"code":"550","enhanced":null,"text":"5.1.1 No"}}}}"#;
    stored(&refused, form);
    let read: Outcome = serde_json::from_str(form).unwrap();
    assert_eq!(read.is_to_be_retried(), refused.is_to_be_retried());
    assert_eq!((read.enhanced_code(), read.to_string()), (refused.enhanced_code(), refused.to_string()));

    stored(&outcome(&[], Message::default()), r#"{"status":"deferred","scope":"host","cause":"lost"}"#);
    let mut eight_bit = Message::of("Prêt\r\n".as_bytes());
    eight_bit.size = None;
    let unsendable = outcome(&[b"220 a\r\n", b"250 a\r\n"], eight_bit);
    stored(
        &unsendable,
        r#"{"status":"unsendable","scope":"message","cause":{"cannot":{"not-offered":{"extension":"8BITMIME"}}}}"#,
    );
    let nonsense = outcome(&[b"hello\r\n"], Message::default());
    assert!(matches!(nonsense.cause, Cause::Protocol(ClientError::NoReply(_))), "{nonsense:?}");
    stored(
        &nonsense,
        r#"{"status":"deferred","scope":"host","cause":{"protocol":{"no-reply":{"expected":"reply-code","part":"argument","offset":0}}}}"#,
    );
}

/// Every variant of the reasons has a form.
#[test]
fn reasons() {
    for (status, form) in [
        (Status::Delivered, r#""delivered""#),
        (Status::Refused, r#""refused""#),
        (Status::Deferred, r#""deferred""#),
        (Status::Unsendable, r#""unsendable""#),
        (Status::Later, r#""later""#),
        (Status::Unknown, r#""unknown""#),
    ] {
        stored(&status, form);
    }
    for (scope, form) in [
        (Scope::Recipient, r#""recipient""#),
        (Scope::Message, r#""message""#),
        (Scope::Host, r#""host""#),
        (Scope::Everywhere, r#""everywhere""#),
    ] {
        stored(&scope, form);
    }
    let code = ReplyCode::OK;
    let fault: ContentFault = serde_json::from_str(r#"{"kind":"bare-lf","offset":12}"#).unwrap();
    assert_eq!((fault.kind, fault.offset), (ContentFaultKind::BareLf, 12));
    for (misuse, form) in [
        (Misuse::NoAnswerOwed, r#""no-answer-owed""#),
        (Misuse::WrongCode { to: Action::Data, code }, r#"{"wrong-code":{"to":"data","code":"250"}}"#),
        (
            Misuse::WrongState { state: State::Ready, action: Action::BdatLast },
            r#"{"wrong-state":{"state":"ready","action":"bdat-last"}}"#,
        ),
        (Misuse::NotOffered(NotOffered::Extension(Extension::SmtpUtf8)), r#"{"not-offered":{"extension":"SMTPUTF8"}}"#),
        (Misuse::OverLimit(OverLimit::RcptMax), r#"{"over-limit":"rcpt-max"}"#),
        (Misuse::Content(fault), r#"{"content":{"kind":"bare-lf","offset":12}}"#),
    ] {
        stored(&misuse, form);
    }
    for action in Action::ALL {
        let form = serde_json::to_string(action).unwrap();
        stored(action, &form);
    }
}

/// The names of the table of violations are the stored form, and the position stays with them.
#[test]
fn violations() {
    for kind in ViolationKind::ALL {
        stored(kind, &format!("\"{}\"", kind.name()));
        assert_eq!(kind.name().parse(), Ok(*kind));
    }
    let error = serde_json::from_str::<ViolationKind>(r#""no-such-kind""#).unwrap_err();
    assert!(error.to_string().starts_with("expected a known name"), "{error}");
    stored(&Side::Client, r#""client""#);
    stored(&Level::Must, r#""must""#);
    let form = r#"{"kind":"quit-refused","offset":120,"line":9}"#;
    let violation: Violation = serde_json::from_str(form).unwrap();
    assert_eq!((violation.kind, violation.offset, violation.line), (ViolationKind::QuitRefused, 120, 9));
    stored(&violation, form);
}

/// RFC 5321 section 4.5.4.1: the state of the attempts of a message.
#[test]
fn attempts() {
    let mut attempt = Attempt::new(2);
    assert_eq!(attempt.failed(HostFailure::NoAddress), Next::NextHost);
    let mut read: Attempt = serde_json::from_str(&serde_json::to_string(&attempt).unwrap()).unwrap();
    assert_eq!(read, attempt);
    assert_eq!(read.failed(HostFailure::NoAddress), Next::GiveUp);
    stored(&HostFailure::Refused(ReplyCode::TRANSACTION_FAILED), r#"{"refused":"554"}"#);
    stored(&HostFailure::NoTls, r#""no-tls""#);
    stored(&Next::GiveUp, r#""give-up""#);

    let policy: RetryPolicy = serde_json::from_str(r#"{"first":{"secs":60,"nanos":0}}"#).unwrap();
    assert_eq!((policy.first, policy.longest), (Duration::from_secs(60), RetryPolicy::default().longest));
    let message: Message = serde_json::from_str(r#"{"size":7,"body":"8BITMIME","quorum":"all"}"#).unwrap();
    assert_eq!((message.size, message.group), (Some(7), Message::default().group));
    assert!(serde_json::from_str::<Message>(r#"{"group":0}"#).is_err(), "a group has at least one command");
    stored(
        &message,
        r#"{"size":7,"body":"8BITMIME","smtputf8":false,"chunking":false,"quorum":"all","require_dsn":false,"group":100}"#,
    );
}
