//! The texts and fields of an outcome: for programs that report it, and for those that try again.

use crate::{Texts, scenario};
use smtp_core::routing::HostFailure;
use smtp_core::session::ClientConfig;
use smtp_core::session::delivery::{Delivery, Message, Opening, Outcome, Status, Step};
use smtp_core::syntax::{ForwardPath, Host, Mailbox, Notify, ReplyCode, ReversePath};

/// Returns the outcomes for ann and jörg from a server that sends this, turn by turn.
fn outcomes(server: &[&str]) -> Vec<Outcome> {
    let mut delivery = Delivery::new(ClientConfig::SMTP, Opening::new(Host::new("client.example").unwrap()));
    let to = ["ann@mx.example", "j\u{F6}rg@mx.example"].map(str::to_owned).to_vec();
    delivery.push(Texts { to, of_rcpt: String::new() }, Message::of(b"Hello\r\n"));
    delivery.quit();
    let mut server = server.iter();
    let mut outcomes = Vec::new();
    loop {
        delivery.written(delivery.to_write().len());
        match delivery.next_step() {
            Step::Read(_) => match server.next() {
                Some(octets) => delivery.received(octets.as_bytes()),
                None => delivery.lost(),
            },
            Step::Content { .. } => delivery.content(b"Hello\r\n", true).unwrap(),
            Step::Fate { outcome, .. } => outcomes.push(outcome.clone()),
            _ => return outcomes,
        }
    }
}

const GREETING: &str = "220 mx.example\r\n";
const OFFER: &str = "250-mx.example\r\n250-ENHANCEDSTATUSCODES\r\n250-SMTPUTF8\r\n250-8BITMIME\r\n250 PIPELINING\r\n";

fn report(outcome: &Outcome, to: &str) -> String {
    outcome.report(ForwardPath::from(Mailbox::new(to).unwrap()), "mx.example").to_string()
}

/// RFC 3464 section 2.3, RFC 6533 section 3.
#[test]
fn reports() {
    let both = outcomes(&[
        GREETING,
        OFFER,
        "250 ok\r\n550-5.1.1 Nobody\r\n550 5.1.1 here\x07 \u{FC}\r\n250 ok\r\n354 go\r\n",
        "250 2.6.0 ok\r\n",
    ]);
    assert_eq!(
        report(&both[0], "ann@mx.example"),
        "Final-Recipient: rfc822; ann@mx.example\r\nAction: failed\r\nStatus: 5.1.1\r\nRemote-MTA: dns; mx.example\r\n\
         Diagnostic-Code: smtp; 550-5.1.1 Nobody 550 5.1.1 here? ?\r\n"
    );
    assert_eq!(
        report(&both[1], "j\u{F6}rg@mx.example"),
        "Final-Recipient: utf-8; j\u{F6}rg@mx.example\r\nAction: relayed\r\nStatus: 2.6.0\r\nRemote-MTA: dns; mx.example\r\n\
         Diagnostic-Code: smtp; 250 2.6.0 ok\r\n"
    );
    // Without a reply there is no diagnostic code, and no octet of a peer ends a field.
    let lost = &outcomes(&[GREETING])[0];
    let said = lost.report(ForwardPath::Postmaster, "mx\r\nX: y\u{E9}").to_string();
    assert_eq!(
        said,
        "Final-Recipient: rfc822; postmaster\r\nAction: delayed\r\nStatus: 4.4.2\r\nRemote-MTA: dns; mx X: y?\r\n"
    );
}

/// RFC 3463 section 2: the class agrees with the outcome, whatever the code of the reply was.
#[test]
fn enhanced_codes() {
    let rcpt =
        |reply: &str| outcomes(&[GREETING, OFFER, &format!("250 ok\r\n{reply}\r\n550 no\r\n554 no\r\n")]).remove(0);
    for (reply, status, code) in [
        ("550 5.1.1 who", Status::Refused, "5.1.1"),
        ("550 who", Status::Refused, "5.0.0"),
        ("450 4.2.1 later", Status::Deferred, "4.2.1"),
        ("552 5.2.2 full", Status::Deferred, "4.2.2"),
        ("421 4.3.2 closing", Status::Deferred, "4.3.2"),
    ] {
        let outcome = rcpt(reply);
        assert_eq!((outcome.status, outcome.enhanced_code().to_string().as_str()), (status, code), "{reply}");
    }
    // RFC 6531 section 3.5.
    let no_utf8 = &outcomes(&[GREETING, "250 mx.example\r\n"])[1];
    assert_eq!((no_utf8.status, no_utf8.enhanced_code().to_string().as_str()), (Status::Unsendable, "5.6.7"));
    let not_smtp = &outcomes(&["hello\r\n"])[0];
    assert_eq!(not_smtp.enhanced_code().to_string(), "4.5.0");
}

/// RFC 5321 sections 3.6.3 and 6.1, RFC 3461 section 4.1.
#[test]
fn content_that_is_returned_to_the_sender() {
    let of =
        |reply: &str| outcomes(&[GREETING, OFFER, &format!("{reply}\r\n503 no\r\n503 no\r\n503 no\r\n")]).remove(0);
    let (refused, deferred) = (of("550 no"), of("451 no"));
    let joe = ReversePath::from(Mailbox::new("joe@client.example").unwrap());
    let (mut failure, mut success) = (Notify::NEVER, Notify::NEVER);
    (failure.failure, success.success) = (true, true);
    assert!(refused.is_to_be_returned(joe, None) && refused.is_to_be_returned(joe, Some(failure)));
    assert!(!refused.is_to_be_returned(ReversePath::Null, None));
    assert!(!refused.is_to_be_returned(joe, Some(Notify::NEVER)) && !refused.is_to_be_returned(joe, Some(success)));
    assert!(!deferred.is_to_be_returned(joe, None));
    assert!(!refused.is_to_be_retried() && deferred.is_to_be_retried());
}

/// RFC 5321 section 5.1: another host is tried if this host failed, but not if it judged the message.
#[test]
fn hosts() {
    let failure = |server: &[&str]| outcomes(server)[0].host_failure();
    let code = |code| ReplyCode::new(code).unwrap();
    assert_eq!(failure(&["554 no\r\n"]), Some(HostFailure::Refused(code(554))));
    assert_eq!(failure(&["421 no\r\n"]), Some(HostFailure::Refused(code(421))));
    assert_eq!(failure(&[]), Some(HostFailure::ConnectionLost));
    assert_eq!(failure(&["hello\r\n"]), Some(HostFailure::Protocol));
    assert_eq!(failure(&[GREETING, OFFER, "550 no\r\n503 no\r\n503 no\r\n503 no\r\n"]), None);
}

/// Each text is one line, whatever the server sent.
#[test]
fn texts() {
    for scenario in scenario::all() {
        for [_, _, _, text] in &scenario.outcomes {
            assert!(!text.contains(['\r', '\n']), "{text}");
        }
    }
}
