//! The client in AUTH exchanges (RFC 4954).

use crate::session::{MAIL, OK, PENDING, Session, WRONG, config, not_offered, wrong};
use smtp_core::session::{Action, Client, ClientConfig, Misuse, NotOffered, State};
use smtp_core::syntax::{Dialect, Extension};

const OFFER: &str = "PIPELINING,AUTH PLAIN LOGIN";

#[test]
fn an_exchange() {
    let mut session = Session::offered(OFFER);
    assert_eq!(session.responds(b"joe"), WRONG);
    assert_eq!(session.says("AUTH LOGIN"), OK);
    assert_eq!(session.responds(b"joe"), WRONG);
    assert_eq!(session.hears("334 VXNlcm5hbWU6\r\n"), ["challenge Username:"]);
    assert_eq!(session.client.state(), State::Auth);
    assert_eq!(session.says(MAIL), WRONG);
    assert_eq!(session.says("QUIT"), WRONG);
    assert_eq!(session.responds(b"joe"), OK);
    assert_eq!(session.wrote(), "am9l\r\n");
    assert_eq!(session.responds(b"joe"), PENDING);
    assert_eq!(session.acts(Action::Response, Client::cancel), PENDING);
    assert_eq!(session.hears("334 UGFzc3dvcmQ6\r\n"), ["challenge Password:"]);
    assert_eq!(session.responds(b"secret"), OK);
    assert_eq!(session.hears("235 2.7.0 in\r\n"), ["Response 235"]);
    assert_eq!((session.client.state(), session.client.is_authenticated()), (State::Ready, true));
    // Section 4: no AUTH after a successful one. The offer remains.
    assert_eq!(session.says("AUTH LOGIN"), WRONG);
    assert_eq!(session.says(MAIL), OK);
}

#[test]
fn initial_response() {
    let mut session = Session::offered(OFFER);
    assert_eq!(session.says("AUTH PLAIN AGpvZQBzZWNyZXQ="), OK);
    assert_eq!(session.says(MAIL), PENDING);
    assert_eq!(session.hears("535 no\r\n"), ["Auth 535"]);
    assert_eq!((session.client.state(), session.client.is_authenticated()), (State::Ready, false));
    assert_eq!(session.says("AUTH PLAIN ="), OK);
    assert_eq!(session.wrote(), "AUTH PLAIN =\r\n");
    assert_eq!(session.hears("235 in\r\n"), ["Auth 235"]);
}

#[test]
fn empty_challenge_and_empty_response() {
    for reply in ["334 \r\n", "334\r\n"] {
        let mut session = Session::offered(OFFER);
        assert_eq!(session.says("AUTH PLAIN"), OK);
        assert_eq!(session.hears(reply), ["challenge "]);
        assert_eq!(session.responds(b""), OK);
        assert_eq!(session.wrote(), "\r\n");
        assert_eq!(session.hears("501 no\r\n"), ["Response 501"]);
    }
}

#[test]
fn cancelled() {
    let mut session = Session::offered(OFFER);
    assert_eq!(session.says("AUTH LOGIN"), OK);
    assert_eq!(session.hears("334 VXNlcm5hbWU6\r\n"), ["challenge Username:"]);
    assert_eq!(session.acts(Action::Response, Client::cancel), OK);
    assert_eq!(session.wrote(), "*\r\n");
    assert_eq!(session.responds(b"joe"), PENDING);
    let mut accepted = session.clone();
    assert_eq!(session.hears("501 cancelled\r\n"), ["Response 501"]);
    assert_eq!(session.client.state(), State::Ready);
    // "the server MUST reject the AUTH command"
    assert_eq!(accepted.reads(b"235 in\r\n"), Err(wrong(Action::Response, "235 in")));
    assert!(!accepted.client.is_authenticated());
}

/// Section 4: a challenge that cannot be decoded is answered with `*` and nothing else.
#[test]
fn challenge_that_is_not_base64() {
    for text in ["Username:", "=AAA", "AAA=BBBB", "VXNlc", "VXNl cm5h", " VXNl", "!!!!"] {
        let mut session = Session::offered(OFFER);
        assert_eq!(session.says("AUTH LOGIN"), OK);
        assert_eq!(session.hears(&format!("334 {text}\r\n")), ["bad challenge"], "{text}");
        assert_eq!(session.responds(b"joe"), WRONG);
        assert_eq!(session.acts(Action::Response, Client::cancel), OK);
        assert_eq!(session.hears("501 cancelled\r\n"), ["Response 501"]);
        assert_eq!(session.says("AUTH LOGIN"), OK);
        assert_eq!(session.hears("334 VXNlcm5hbWU6\r\n"), ["challenge Username:"]);
        assert_eq!(session.responds(b"joe"), OK);
    }
    let mut session = Session::offered(OFFER);
    assert_eq!(session.says("AUTH LOGIN"), OK);
    assert_eq!(session.hears("334-VXNl\r\n334 VXNl\r\n"), ["bad challenge"]);
}

#[test]
fn mechanisms_that_are_not_offered_are_not_sent() {
    assert_eq!(Session::offered("PIPELINING").says("AUTH PLAIN"), not_offered(Extension::Auth));
    let mechanism = Err(Misuse::NotOffered(NotOffered::Mechanism));
    assert_eq!(Session::offered(OFFER).says("AUTH CRAM-MD5"), mechanism);
    assert_eq!(Session::offered(OFFER).says("AUTH login"), OK);
}

/// Section 4: 12288 octets for a line of the exchange, 512 for the command with its initial response.
#[test]
fn limits() {
    let mut session = Session::offered(OFFER);
    // 13 octets besides the base64, whose length is a multiple of four: 509 octets, then 513.
    let fits = "A".repeat(496);
    assert_eq!(session.clone().says(&format!("AUTH PLAIN {fits}")), OK);
    assert!(matches!(session.says(&format!("AUTH PLAIN {fits}AAAA")), Err(Misuse::Unsendable(_))));
    assert_eq!(session.says("AUTH PLAIN"), OK);
    assert_eq!(session.hears("334 \r\n"), ["challenge "]);
    // 9213 octets are 12284 of base64 and so 12286 with CRLF; one more makes 12290.
    assert!(matches!(session.responds(&[0; 9214]), Err(Misuse::Unsendable(_))));
    assert_eq!(session.responds(&[0; 9213]), OK);
    assert_eq!(session.out.len(), 12_286);
}

/// RFC 4954 section 4: a challenge may be longer than the limit for other reply lines.
#[test]
fn long_challenges() {
    let mut config = config();
    config.dialect = Dialect::STRICT;
    for (length, fits) in [(1200, true), (12_288 - 6, true), (12_288 - 2, false)] {
        let mut session = Session::new(config);
        session.hears("220 mx.example\r\n");
        session.hello("EHLO", OFFER);
        assert_eq!(session.says("AUTH LOGIN"), OK);
        let challenge = format!("334 {}\r\n", "A".repeat(length / 4 * 4));
        assert_eq!(session.reads(challenge.as_bytes()).is_ok(), fits, "{length}");
    }
}

/// Section 4, RFC 8314 section 3, RFC 7628 section 4: passwords and tokens are not sent without TLS.
#[test]
fn no_password_in_the_clear() {
    let offer = "AUTH PLAIN LOGIN XOAUTH2 OAUTHBEARER CRAM-MD5 SCRAM-SHA-256";
    let clear = [
        ("AUTH XOAUTH2", Err(Misuse::EncryptionRequired)),
        ("AUTH OAUTHBEARER", Err(Misuse::EncryptionRequired)),
        ("AUTH PLAIN", Err(Misuse::EncryptionRequired)),
        ("AUTH PLAIN AGpvZQBzZWNyZXQ=", Err(Misuse::EncryptionRequired)),
        ("AUTH login", Err(Misuse::EncryptionRequired)),
        ("AUTH CRAM-MD5", OK),
        ("AUTH SCRAM-SHA-256", OK),
    ];
    for (line, expected) in clear {
        let mut session = Session::new(ClientConfig::default());
        assert_eq!(session.hears("220 mx.example\r\n"), ["greeting 220"]);
        session.hello("EHLO", offer);
        assert_eq!(session.says(line), expected, "{line}");

        let mut session = Session { client: Client::over_tls(ClientConfig::default()), out: Vec::new() };
        assert_eq!(session.hears("220 mx.example\r\n"), ["greeting 220"]);
        session.hello("EHLO", offer);
        assert_eq!(session.says(line), OK, "{line} within TLS");

        let mut session = Session::new(config());
        assert_eq!(session.hears("220 mx.example\r\n"), ["greeting 220"]);
        session.hello("EHLO", offer);
        assert_eq!(session.says(line), OK, "{line} where the configuration allows it");
    }
}

#[test]
fn secrets_are_not_shown() {
    let mut session = Session::offered(OFFER);
    assert_eq!(session.says("AUTH LOGIN"), OK);
    assert_eq!(session.hears("334 UGFzc3dvcmQ6\r\n"), ["challenge Password:"]);
    assert_eq!(session.responds(b"secret"), OK);
    let shown = format!("{:?}", session.client);
    assert!(!shown.contains("secret") && !shown.contains("c2VjcmV0"));
}
