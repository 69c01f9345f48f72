//! The client with STARTTLS (RFC 3207).

use crate::session::{MAIL, OK, PENDING, RCPT, Session, WRONG, not_offered};
use smtp_core::session::{Client, ClientConfig, ClientError, Misuse, State};
use smtp_core::syntax::Extension;

fn asked() -> Session {
    let mut session = Session::offered("PIPELINING,SIZE,STARTTLS,REQUIRETLS,AUTH PLAIN");
    assert_eq!(session.says("STARTTLS"), OK);
    session
}

fn within() -> Session {
    let mut session = asked();
    assert_eq!(session.hears("220 go\r\n"), ["StartTls 220"]);
    session.client = session.client.into_tls(b"").unwrap();
    session
}

/// Section 4.2: the client forgets everything that it learnt in the clear.
#[test]
fn everything_is_forgotten() {
    let mut session = within();
    assert!(session.client.is_tls());
    assert_eq!(session.client.state(), State::Start);
    assert_eq!(session.client.offer().extensions, Default::default());
    assert_eq!(session.says(MAIL), WRONG);
    assert_eq!(session.says("STARTTLS"), WRONG);
    session.hello("EHLO", "8BITMIME,STARTTLS");
    assert_eq!(session.says("MAIL FROM:<> SIZE=1"), not_offered(Extension::Size));
    assert_eq!(session.says("AUTH PLAIN"), not_offered(Extension::Auth));
    assert_eq!(session.says("STARTTLS"), WRONG, "not within TLS");
    assert_eq!(session.says(MAIL), OK);
    assert_eq!(session.says(RCPT), PENDING);
}

/// The octets after the 220 were not protected, and are never read.
#[test]
fn injected_replies() {
    for injected in ["250-mx.example\r\n250 AUTH PLAIN\r\n", "2", "\r\n", "421 bye\r\n", "\u{16}\u{3}"] {
        let octets = format!("220 go\r\n{injected}");
        let mut session = asked();
        let mut rest = octets.as_bytes();
        assert!(session.client.next_event(&mut rest).unwrap().is_some());
        assert_eq!(session.client.state(), State::Tls);
        assert_eq!(rest, injected.as_bytes());

        let direct = session.client.clone().into_tls(rest);
        assert_eq!(direct.map(|_| ()), Err(ClientError::PlaintextAfterStartTls));
        assert_eq!(session.client.next_event(&mut rest), Err(ClientError::PlaintextAfterStartTls));
        assert_eq!(rest, injected.as_bytes(), "nothing was consumed");
        assert_eq!(session.says("QUIT"), WRONG);
        let later = session.client.into_tls(b"");
        assert_eq!(later.map(|_| ()), Err(ClientError::PlaintextAfterStartTls), "the error repeats");
    }
}

#[test]
fn nothing_until_the_handshake() {
    let mut session = asked();
    assert_eq!(session.says("NOOP"), PENDING);
    assert_eq!(session.hears("220 go\r\n"), ["StartTls 220"]);
    for line in ["NOOP", "QUIT", "EHLO client.example", MAIL] {
        assert_eq!(session.says(line), WRONG);
    }
    assert_eq!(session.reads(b""), Ok(vec![]));
    assert_eq!(session.client.timer(), None);
}

/// A refusal is an event of its own; the state does not change.
#[test]
fn refused() {
    for code in [454, 501, 500, 502, 554] {
        let mut session = asked();
        assert_eq!(session.hears(&format!("{code} no\r\n")), [format!("StartTls {code}")]);
        assert!(!session.client.is_tls());
        assert_eq!(session.client.state(), State::Ready);
        assert_eq!(session.client.into_tls(b"").map(|_| ()), Err(Misuse::NoHandshake.into()));
    }
}

#[test]
fn from_the_start() {
    let mut session = Session { client: Client::over_tls(ClientConfig::default()), out: Vec::new() };
    assert_eq!(session.says("EHLO client.example"), PENDING);
    assert_eq!(session.hears("220 hi\r\n"), ["greeting 220"]);
    session.hello("EHLO", "STARTTLS,REQUIRETLS");
    assert_eq!(session.says("STARTTLS"), WRONG);
    assert_eq!(session.says("MAIL FROM:<> REQUIRETLS"), OK);
}

/// RFC 8689 section 2: REQUIRETLS only within TLS, and only if it was offered there.
#[test]
fn require_tls() {
    assert_eq!(Session::offered("REQUIRETLS").says("MAIL FROM:<> REQUIRETLS"), not_offered(Extension::RequireTls));
    let mut session = within();
    session.hello("EHLO", "SIZE");
    assert_eq!(session.says("MAIL FROM:<> REQUIRETLS"), not_offered(Extension::RequireTls));
    session.hello("EHLO", "REQUIRETLS");
    assert_eq!(session.says("MAIL FROM:<> REQUIRETLS"), OK);
}
