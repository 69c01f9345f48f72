//! Replies to EHLO with wrong lines: the server is blamed for them, and nobody for what they leave uncertain.

use crate::sessions::{DATA, GO, MAIL, OK, RCPT, found, session};
use smtp_core::observer::ViolationKind as V;
use smtp_core::syntax::{EhloReply, Grammar};

/// Plays a session with this reply to EHLO, and with QUIT at the end.
fn hello(reply: &str, pieces: &[&str]) -> Vec<V> {
    let reply = format!("S{reply}");
    let before = ["S220 mx.example\r\n", "CEHLO c.example\r\n", &reply];
    found(&session(&[&before, pieces, &["CQUIT\r\n", "S221 Bye\r\n", "S", "C"]].concat()))
}

const GROUP: &str = "CMAIL FROM:<a@c.example>\r\nRCPT TO:<b@mx.example>\r\nDATA\r\n";
const REPLIES: &str = "S250 OK\r\n250 OK\r\n354 Go\r\n";
const CONTENT: &str = "CHi\r\n.\r\n";

/// RFC 5321 section 4.2: each line of a reply begins with the code and "-" or SP, and a reply with another line is the server's
/// fault. A client need only read the code, and may have read some of the lines (sections 4.1.1.1 and 4.3.2). So it is not known
/// what it takes for offered.
#[test]
fn a_line_that_is_not_of_a_reply_leaves_every_offer_uncertain() {
    let wrong = [V::ReplySyntax];
    for reply in [
        "250-mx.example\r\n250-PIPELINING\r\n25#-8BITMIME\r\n250-CHUNKING\r\n250 SIZE 1000\r\n",
        "250-mx.example\r\n250-PIPELINING\r\nHello\r\nagain\r\n250 SIZE 1000\r\n",
        "250-mx.example\r\nPIPELINING\r\n250 SIZE 1000\r\n",
    ] {
        assert_eq!(hello(reply, &[GROUP, REPLIES, CONTENT, OK]), wrong, "PIPELINING: {reply}");
        let mail = "CMAIL FROM:<a@c.example> BODY=8BITMIME SIZE=2000 X-A=1\r\n";
        assert_eq!(hello(reply, &[mail, OK, RCPT, OK, DATA, GO, CONTENT, OK]), wrong, "parameters: {reply}");
        assert_eq!(hello(reply, &["CMAIL FROM:<\u{e9}@c.example> SMTPUTF8\r\n", OK]), wrong, "SMTPUTF8: {reply}");
        assert_eq!(hello(reply, &[MAIL, OK, RCPT, OK, "CBDAT 2 LAST\r\n\r\n", OK]), wrong, "CHUNKING: {reply}");
        assert_eq!(hello(reply, &["CAUTH PLAIN AGEAYg==\r\n", "S235 OK\r\n"]), wrong, "AUTH: {reply}");
        assert_eq!(hello(reply, &["CSTARTTLS\r\n", "S502 No\r\n"]), wrong, "STARTTLS: {reply}");
        assert_eq!(hello(reply, &["CETRN c.example\r\n", OK]), wrong, "ETRN: {reply}");
        assert_eq!(hello(reply, &["CFOO\r\n", "S500 What?\r\n"]), wrong, "a keyword of a verb: {reply}");
        // What no offer allows stays a violation.
        let early = [V::ReplySyntax, V::PipeliningPastGroupEnd];
        assert_eq!(hello(reply, &["CVRFY a\r\nNOOP\r\n", "S252 No\r\n250 OK\r\n"]), early, "{reply}");
        // The next reply to EHLO settles it.
        let again = ["CEHLO c.example\r\n", "S250 mx.example\r\n", GROUP, REPLIES, CONTENT, OK];
        assert_eq!(hello(reply, &again), [V::ReplySyntax, V::PipeliningNotOffered], "{reply}");
    }
}

/// RFC 5321 section 4.1.1.1: `ehlo-line = ehlo-keyword *( SP ehlo-param )`. A client may take a misspelt line for an offer, but
/// only of the extension that the line names.
#[test]
fn a_misspelt_line_leaves_its_own_offer_uncertain() {
    let reply = "250-mx.example\r\n250-AUTH=PLAIN LOGIN\r\n250-SIZE=1000\r\n250 BURL=imap\r\n";
    let wrong = [V::EhloReplySyntax];
    assert_eq!(hello(reply, &["CAUTH PLAIN AGEAYg==\r\n", "S235 OK\r\n"]), wrong);
    assert_eq!(hello(reply, &["CMAIL FROM:<a@c.example> SIZE=2000\r\n", OK]), wrong);
    assert_eq!(hello(reply, &[GROUP, REPLIES, CONTENT, OK]), [V::EhloReplySyntax, V::PipeliningNotOffered]);
    // Nobody knows what a line means that is not even a misspelt keyword, but the others are clear.
    let strange = "250-mx.example\r\n250-X_A\r\n250 8BITMIME\r\n";
    assert_eq!(hello(strange, &["CMAIL FROM:<a@c.example> X-A=1\r\n", OK]), wrong);
    assert_eq!(hello(strange, &["CETRN c.example\r\n", "S502 No\r\n"]), [V::EhloReplySyntax, V::ExtensionNotOffered]);
    // Nor does a wrong name leave an offer uncertain.
    let nameless = "250-mx_1.example\r\n250 8BITMIME\r\n";
    assert_eq!(hello(nameless, &["CFOO\r\n", "S500 What?\r\n"]), [V::EhloReplySyntax, V::UnknownVerb]);
    // The limits of a misspelt line are unknown, also if another line offers the same.
    let twice = "250-mx.example\r\n250-SIZE 1000\r\n250 SIZE=2000\r\n";
    assert_eq!(hello(twice, &["CMAIL FROM:<a@c.example> SIZE=1500\r\n", OK]), wrong);
}

/// RFC 5321 section 4.1.1.1: ehlo-ok-rsp. The observer blames the server for exactly the replies that the strict grammar refuses.
#[test]
fn a_reply_to_ehlo_is_right_if_it_matches_the_grammar() {
    let long = format!("250-mx.example\r\n250 {}\r\n", "x".repeat(507));
    let longest = format!("250-mx.example\r\n250 {}\r\n", "x".repeat(506));
    for (reply, is_right) in [
        ("250 mx.example\r\n", true),
        ("250-mx.example at your service\r\n250 8BITMIME\r\n", true),
        // ehlo-greet = 1*(%d0-9 / %d11-12 / %d14-127)
        ("250 mx.example \0\t\x7f\r\n", true),
        ("250 mx.example  two spaces\r\n", true),
        ("250 mx.example \r\n", false),
        ("250 mx.example caf\u{e9}\r\n", false),
        ("250 mx.example at\ryour\nservice\r\n", false),
        // Domain: no address literal, no underscore, no U-label, and not nothing.
        ("250 [192.0.2.1]\r\n", false),
        ("250 mx_1.example\r\n", false),
        ("250 m\u{fc}.example\r\n", false),
        ("250  mx.example\r\n", false),
        ("250 \r\n", false),
        ("250-mx.example\r\n250 X-A !b c~\r\n", true),
        ("250-mx.example\r\n250 X-A b \r\n", false),
        ("250-mx.example\r\n250 X_A\r\n", false),
        ("250-mx.example\r\n250-X-A b\tc\r\n250 8BITMIME\r\n", false),
        ("250-mx.example\r\n250 \r\n", false),
        ("250-mx.example\r\n250\r\n", false),
        // Section 4.5.3.1.5: 512 octets.
        (&longest, true),
        (&long, false),
    ] {
        assert_eq!(EhloReply::parse(reply.as_bytes(), Grammar::STRICT).is_ok(), is_right, "{reply:?}");
        assert_eq!(hello(reply, &[]).is_empty(), is_right, "{reply:?}: {:?}", hello(reply, &[]));
    }
}

/// RFC 5321 section 4.2: a client that continues after a line that is not a reply has taken it for one. It is not known for
/// which.
#[test]
fn a_line_that_is_not_a_reply_leaves_the_state_uncertain() {
    assert_eq!(hello("250 mx.example\r\n", &[MAIL, "SOK\r\n", RCPT, OK]), [V::ReplySyntax]);
    assert_eq!(hello("OK\r\n", &[MAIL, OK, RCPT, OK]), [V::ReplySyntax]);
}

/// RFC 4954 section 4, RFC 2033 section 4.2: a line that is not a reply, taken for the reply to HELO, offers nothing; after LHLO the
/// session is one of LMTP.
#[test]
fn a_line_that_is_not_a_reply_to_another_hello() {
    let helo = |pieces: &[&str]| {
        found(&session(
            &[
                &["S220 mx.example\r\n", "CHELO c.example\r\n", "SOK\r\n"],
                pieces,
                &["CQUIT\r\n", "S221 Bye\r\n", "S", "C"],
            ]
            .concat(),
        ))
    };
    assert_eq!(helo(&["CFOO\r\n", "S500 What?\r\n"]), [V::ReplySyntax, V::UnknownVerb]);
    let lmtp = [
        "S220 mx.example\r\n",
        "CLHLO c.example\r\n",
        "SOK\r\n",
        MAIL,
        OK,
        RCPT,
        OK,
        RCPT,
        OK,
        DATA,
        GO,
        CONTENT,
        OK,
        OK,
    ];
    assert_eq!(found(&session(&[&lmtp[..], &["CQUIT\r\n", "S221 Bye\r\n", "S", "C"]].concat())), [V::ReplySyntax]);
}

/// RFC 5321 section 4.2.1: the last line of a reply has SP after the code. If the client continues after a line without a code, it has
/// taken that line for the last, and the next line of the server begins the next reply.
#[test]
fn a_wrong_reply_that_ends_without_a_code() {
    let mail = [MAIL, OK, RCPT, OK, DATA, GO, CONTENT, OK];
    let noop = [&["CNOOP\r\n", "S250-a\r\nb\r\n"], &mail[..]].concat();
    assert_eq!(hello("250 mx.example\r\n", &noop), [V::ReplySyntax]);
    let pieces = [&["CNOOP\r\n", "S250-a\r\n25#-b\r\n", "Sc\r\n"], &mail[..]].concat();
    assert_eq!(hello("250 mx.example\r\n", &pieces), [V::ReplySyntax]);
    // The same if it continues with content.
    let wrong_354 = [MAIL, OK, RCPT, OK, DATA, "S354-Go\r\nHello\r\n", "CHi\r\n.\r\nNOOP\r\n", "S250 OK\r\n250 OK\r\n"];
    assert_eq!(hello("250-mx.example\r\n250 PIPELINING\r\n", &wrong_354), [V::ReplySyntax]);
    // In a group, the next line may be that of the next reply.
    let group = [GROUP, "S250-a\r\nb\r\n250 OK\r\n354 Go\r\n", CONTENT, OK];
    assert_eq!(hello("250-mx.example\r\n250 PIPELINING\r\n", &group), [V::ReplySyntax]);
}
