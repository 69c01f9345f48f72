//! SASL exchanges: RFC 4616 (PLAIN), RFC 4422 appendix A (EXTERNAL), RFC 7628 (OAUTHBEARER), and LOGIN and XOAUTH2 as they are
//! in use.

use smtp_core::sasl::{Authenticator, Bearer, Credentials, Exchange, External, Password, Step};
use smtp_core::session::ClientConfig;
use smtp_core::session::delivery::{Cause, Connection, Opening, OpeningStep};
use smtp_core::syntax::{Host, Mechanism};

/// What the server's half gives in the end, with the challenges before it.
fn play(client: &mut dyn Authenticator, with_initial_response: bool) -> (Vec<String>, String) {
    let mut server = Exchange::new(client.mechanism()).unwrap();
    let mut challenges = Vec::new();
    let mut response = if with_initial_response { client.initial_response() } else { None };
    loop {
        match server.step(response.as_deref()) {
            Step::Challenge(challenge) => {
                challenges.push(String::from_utf8(challenge.to_vec()).unwrap());
                response = client.respond(challenge);
                assert!(response.is_some(), "the client cancels");
            }
            Step::Credentials(Credentials::Password { authorization, user, password, .. }) => {
                return (challenges, format!("{authorization}/{user}/{password}"));
            }
            Step::Credentials(Credentials::External { authorization, .. }) => {
                return (challenges, authorization);
            }
            Step::Credentials(Credentials::Bearer { user, token, .. }) => {
                return (challenges, format!("{user}/{token}"));
            }
            other => return (challenges, format!("{other:?}")),
        }
    }
}

fn one_step(mechanism: Mechanism<'_>, response: &[u8]) -> String {
    match Exchange::new(mechanism).unwrap().step(Some(response)) {
        Step::Credentials(Credentials::Password { authorization, user, password, .. }) => {
            format!("{authorization}/{user}/{password}")
        }
        Step::Credentials(Credentials::External { authorization, .. }) => authorization,
        Step::Credentials(Credentials::Bearer { user, token, .. }) => format!("{user}/{token}"),
        other => format!("{other:?}"),
    }
}

/// RFC 4954 section 4: without an initial response the server asks for it with an empty challenge.
#[test]
fn both_halves_understand_each_other() {
    let password = |mechanism| Password::new(mechanism, "joe", "a secret").unwrap();
    let cases: [(Box<dyn Authenticator>, &[&str], &str); 6] = [
        (Box::new(password(Mechanism::PLAIN)), &[], "/joe/a secret"),
        (Box::new(password(Mechanism::PLAIN).on_behalf_of("ann").unwrap()), &[], "ann/joe/a secret"),
        (Box::new(password(Mechanism::LOGIN)), &["Username:", "Password:"], "/joe/a secret"),
        (Box::new(External::new("joe").unwrap()), &[], "joe"),
        (Box::new(Bearer::xoauth2("joe@example.com", "abc==").unwrap()), &[], "joe@example.com/abc=="),
        (Box::new(Bearer::oauthbearer("a=b,c", "mx.example", 465, "abc").unwrap()), &[], "a=b,c/abc"),
    ];
    for (mut client, challenges, credentials) in cases {
        let expected = (challenges.iter().map(ToString::to_string).collect::<Vec<_>>(), credentials.to_owned());
        assert_eq!(play(client.as_mut(), true), expected);
    }
    let (challenges, credentials) = play(&mut password(Mechanism::PLAIN), false);
    assert_eq!((challenges, credentials.as_str()), (vec![String::new()], "/joe/a secret"));
    let (challenges, credentials) = play(&mut Bearer::oauthbearer("", "mx.example", 25, "x").unwrap(), false);
    assert_eq!((challenges, credentials.as_str()), (vec![String::new()], "/x"));
}

/// Many clients send the name along with AUTH LOGIN.
#[test]
fn login_takes_the_name_as_initial_response() {
    let mut server = Exchange::new(Mechanism::new("login").unwrap()).unwrap();
    assert_eq!(server.step(Some(b"joe")), Step::Challenge(b"Password:"));
    let Step::Credentials(Credentials::Password { user, password, .. }) = server.step(Some(b"secret")) else {
        panic!("no credentials")
    };
    assert_eq!((user.as_str(), password.as_str()), ("joe", "secret"));
    assert_eq!(server.step(Some(b"more")), Step::Ended);
}

#[test]
fn a_response_that_the_mechanism_has_not_is_malformed() {
    let malformed = "Malformed";
    for response in [&b""[..], b"joe", b"\0joe", b"\0joe\0", b"\0\0secret", b"a\0b\0c\0d", b"\0j\xFF\0x"] {
        assert_eq!(one_step(Mechanism::PLAIN, response), malformed, "{response:?}");
    }
    for response in [
        &b""[..],
        b"\x01",
        b"n,\x01auth=Bearer x\x01\x01",
        b"p=tls,,\x01auth=Bearer x\x01\x01",
        b"n,a=,\x01auth=Bearer x\x01\x01",
        b"n,a=j=2,\x01auth=Bearer x\x01\x01",
        b"n,a=j=2d,\x01auth=Bearer x\x01\x01",
        b"n,a=j,b,\x01auth=Bearer x\x01\x01",
        b"n,,\x01auth=Bearer x",
        b"n,,\x01auth=Basic x\x01\x01",
        b"n,,\x01auth=Bearer \x01\x01",
        b"n,,\x01auth=Bearer a b\x01\x01",
        b"n,,\x01host=x\x01\x01",
    ] {
        assert_eq!(one_step(Mechanism::OAUTHBEARER, response), malformed, "{response:?}");
    }
    for response in [&b""[..], b"user=\x01auth=Bearer x\x01\x01", b"user=joe\x01\x01", b"user=joe\x01auth=Bearer x"] {
        assert_eq!(one_step(Mechanism::XOAUTH2, response), malformed, "{response:?}");
    }
    assert_eq!(one_step(Mechanism::EXTERNAL, b"a\0b"), malformed);
    assert_eq!(one_step(Mechanism::EXTERNAL, b""), "");
    let mut login = Exchange::new(Mechanism::LOGIN).unwrap();
    assert_eq!(login.step(Some(b"")), Step::Malformed);
    assert_eq!(login.step(None), Step::Malformed);
}

/// RFC 7628 section 4.3: the example of a failure.
#[test]
fn a_token_is_refused_in_two_steps() {
    let mut server = Exchange::new(Mechanism::OAUTHBEARER).unwrap();
    let response = b"n,a=user@example.com,\x01host=server.example.com\x01port=143\x01auth=Bearer vF9dft4qmTc2\x01\x01";
    assert!(matches!(server.step(Some(response)), Step::Credentials(Credentials::Bearer { .. })));
    assert_eq!(server.refusal("invalid_token\"}").unwrap(), br#"{"status":"invalid_token"}"#);
    let mut client = Bearer::oauthbearer("user@example.com", "server.example.com", 143, "vF9dft4qmTc2").unwrap();
    assert_eq!(client.initial_response().as_deref(), Some(&response[..]));
    let last = client.respond(br#"{"status":"invalid_token"}"#);
    assert_eq!(last.as_deref(), Some(&b"\x01"[..]));
    assert_eq!(server.step(last.as_deref()), Step::Ended);
    assert_eq!(server.refusal("invalid_token"), None);
    assert_eq!(Bearer::xoauth2("joe", "x").unwrap().respond(b"").map(|response| response.len()), Some(24));
}

#[test]
fn unknown_mechanisms_are_the_callers() {
    assert!(Exchange::new(Mechanism::GSSAPI).is_none());
    assert!(Password::new(Mechanism::CRAM_MD5, "joe", "secret").is_none());
    assert!(Password::new(Mechanism::LOGIN, "joe", "secret").unwrap().on_behalf_of("ann").is_none());
}

#[test]
fn no_secret_is_shown() {
    let mut server = Exchange::new(Mechanism::LOGIN).unwrap();
    assert!(matches!(server.step(Some(b"joe")), Step::Challenge(_)));
    let credentials = format!("{:?}", server.step(Some(b"hunter2")));
    let password = format!("{:?}", Password::new(Mechanism::PLAIN, "joe", "hunter2").unwrap());
    let bearer = format!("{:?}", Bearer::xoauth2("joe", "hunter2").unwrap());
    for shown in [credentials, format!("{server:?}"), password, bearer] {
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}

/// A mechanism in which the server gives its proof in its last challenge.
struct Mutual {
    proven: bool,
}

impl Authenticator for Mutual {
    fn mechanism(&self) -> Mechanism<'_> {
        Mechanism::SCRAM_SHA_256
    }

    fn initial_response(&mut self) -> Option<Vec<u8>> {
        Some(b"first".to_vec())
    }

    fn respond(&mut self, challenge: &[u8]) -> Option<Vec<u8>> {
        self.proven = challenge == b"proof";
        Some(Vec::new())
    }

    fn exposes_secret(&self) -> bool {
        false
    }

    fn may_be_accepted(&self) -> bool {
        self.proven
    }
}

/// RFC 5802 section 3: the client checks that the server knows the secret. A 235 in place of the proof shows nothing.
#[test]
fn a_235_without_the_proof_of_the_server() {
    // "cHJvb2Y=" is "proof", "bm9uY2U=" is "nonce".
    let cases = [
        ("235 2.7.0 ok\r\n", false),
        ("334 bm9uY2U=\r\n235 2.7.0 ok\r\n", false),
        ("334 bm9uY2U=\r\n334 cHJvb2Y=\r\n235 2.7.0 ok\r\n", true),
    ];
    for (replies, ready) in cases {
        let mut connection = Connection::new(ClientConfig::SMTP);
        let mut opening =
            Opening::new(Host::new("client.example").unwrap()).with_authenticator(Mutual { proven: false });
        let replies = format!("220 mx.example\r\n250-mx.example\r\n250 AUTH SCRAM-SHA-256\r\n{replies}");
        let mut replies = replies.split_inclusive("\r\n");
        let step = loop {
            match opening.step(&mut connection) {
                OpeningStep::Read(_) => connection.received(replies.next().unwrap().as_bytes()),
                step => break step,
            }
        };
        if ready {
            assert_eq!((step, opening.outcome()), (OpeningStep::Ready, None));
        } else {
            assert_eq!(step, OpeningStep::Failed);
            assert_eq!(opening.outcome().unwrap().cause, Cause::NotProven);
            assert!(connection.to_write().ends_with(b"QUIT\r\n"));
        }
    }
}
