//! When a client may speak, and which reply answers what.

use super::super::check::{Demand::*, Play, Protocol::Lmtp, Protocol::Smtp, must, should};
use super::super::script::Place::*;
use super::super::script::say;
use smtp_core::observer::ViolationKind as V;

/// "Unless other arrangements are negotiated through service extensions, the sender MUST wait for this response before sending further
/// commands."
const WAITS: &str = "RFC 5321 4.3.1";
/// EHLO, DATA, QUIT and NOOP "can only appear as the last command in a group".
const GROUP: &str = "RFC 2920 3.1";

const PIPELINING: &[&str] = &["PIPELINING", "8BITMIME"];

pub(super) static ALL: &[Play] = &[
    should("greeting-awaited", WAITS, "The client waits for the greeting.")
        .answers(&[(Greeting, &[say("220 mx.example ready\r\n").held_at(0)])])
        .demands(&[Waits]),
    must("ehlo-awaited", WAITS, "The client waits for the reply to EHLO.")
        .answers(&[(Hello, &[say("250-mx.example\r\n250 8BITMIME\r\n").held_at(0)])])
        .demands(&[Waits]),
    must("mail-awaited", WAITS, "Where PIPELINING is not offered the client waits for the reply to MAIL.")
        .answers(&[(Mail, &[say("250 OK\r\n").held_at(0)])])
        .demands(&[Waits]),
    must("rcpt-awaited", WAITS, "Where PIPELINING is not offered the client waits for the reply to RCPT.")
        .answers(&[(Rcpt, &[say("250 OK\r\n").held_at(0)])])
        .demands(&[Waits]),
    must("end-awaited", WAITS, "Where PIPELINING is not offered the client waits for the reply to the content.")
        .answers(&[(End, &[say("250 OK\r\n").held_at(0)])])
        .demands(&[Waits]),
    must("data-awaited", "RFC 5321 3.3", "The client waits for the reply to DATA.")
        .answers(&[(Data, &[say("354 Go on\r\n").held_at(0)])])
        .if_used("DATA")
        .demands(&[Waits]),
    must("helo-awaited", WAITS, "After HELO the client waits for each reply.")
        .answers(&[(Mail, &[say("250 OK\r\n").held_at(0)]), (Hello, &[say("500 Not a command here\r\n")])])
        .of(Smtp)
        .if_used("HELO")
        .demands(&[Waits]),
    must("group-ehlo-last", GROUP, "EHLO is the last command of its group.")
        .offers(PIPELINING)
        .answers(&[(Hello, &[say("250-mx.example\r\n250-PIPELINING\r\n250 8BITMIME\r\n").held_at(0)])])
        .demands(&[Waits]),
    must("group-data-last", GROUP, "DATA is the last command of its group: the content waits for 354.")
        .offers(PIPELINING)
        .answers(&[(Data, &[say("354 Go on\r\n").held_at(0)])])
        .if_used("DATA")
        .demands(&[Waits]),
    must("group-replies", GROUP, "The replies to a group are matched with its commands by their count.")
        .offers(PIPELINING)
        .answers(&[(Rcpt, &[say("250-One\r\n250 Two\r\n")]), (Mail, &[say("250-One\r\n250-Two\r\n250 Three\r\n")])])
        .demands(&[Delivers]),
    must("group-mail-550", GROUP, "Where the MAIL of a group is refused nothing is delivered.")
        .offers(PIPELINING)
        .answers(&[
            (Mail, &[say("550 No\r\n")]),
            (Rcpt, &[say("503 MAIL first\r\n")]),
            (Data, &[say("503 MAIL first\r\n")]),
        ])
        .demands(&[ClaimsNothing, SendsNoContent, SendsNoLines]),
    must("group-rcpt-550", GROUP, "Where every RCPT of a group is refused, and DATA too, nothing is delivered.")
        .offers(PIPELINING)
        .answers(&[(Rcpt, &[say("550 No such user\r\n")]), (Data, &[say("503 RCPT first\r\n")])])
        .demands(&[ClaimsNothing, SendsNoContent, SendsNoLines]),
    must("group-data-554", GROUP, "Where the DATA of a group is refused nothing is delivered.")
        .offers(PIPELINING)
        .answers(&[(Data, &[say("554 Not now\r\n")])])
        .if_used("DATA")
        .demands(&[ClaimsNothing, SendsNoContent, SendsNoLines]),
    must("group-octets", GROUP, "Replies to a group that come one octet at a time are understood.")
        .offers(PIPELINING)
        .in_octets()
        .demands(&[Delivers]),
    should("surplus-greeting", WAITS, "A reply that was there before EHLO does not answer it.")
        .answers(&[
            (Greeting, &[say("220 mx.example ready\r\n250 mx.example\r\n")]),
            (Hello, &[say("250-mx.example\r\n250 8BITMIME\r\n").held_at(0)]),
        ])
        .demands(&[Waits]),
    should("surplus-rcpt", WAITS, "A 354 that was there before DATA does not answer it.")
        .answers(&[(Rcpt, &[say("250 OK\r\n354 Go on\r\n")]), (Data, &[say("554 No\r\n").held_at(0)])])
        .demands(&[Waits, SendsNoLines, ClaimsNothing]),
    should("surplus-mail", WAITS, "A reply that was there before RCPT does not accept the recipient.")
        .answers(&[
            (Mail, &[say("250 OK\r\n250 OK\r\n")]),
            (Rcpt, &[say("550 No such user\r\n")]),
            (Data, &[say("503 RCPT first\r\n")]),
        ])
        .demands(&[ClaimsNothing, SendsNoContent]),
    should("surplus-data", WAITS, "A 250 that was there before the content does not accept it.")
        .answers(&[(Data, &[say("354 Go on\r\n250 OK\r\n")]), (End, &[say("554 Rejected\r\n")])])
        .of(Smtp)
        .if_used("DATA")
        .demands(&[ClaimsNothing]),
    must("hello", "RFC 5321 4.1.1.1", "A mail transaction begins after EHLO or HELO.").demands(&[Without(&[
        V::MailBeforeHello,
        V::CommandBeforeHello,
        V::HelloSyntax,
        V::HelloInLmtp,
    ])]),
    must("transaction", "RFC 5321 3.3", "MAIL, RCPT and DATA come in their order.")
        .demands(&[Without(&[V::CommandOutOfOrder, V::NestedMail])]),
    must(
        "envelope",
        "RFC 5321 4.1.2",
        "The paths of MAIL and RCPT stand in angle brackets after the colon, without a space.",
    )
    .demands(&[Without(&[V::SpaceAfterColon, V::PathSyntax, V::MailSyntax, V::RcptSyntax])]),
    must("command-lines", "RFC 5321 2.3.8", "Command lines end with CRLF.")
        .demands(&[Without(&[V::BareLineEndingInCommand])]),
    must("quit", "RFC 5321 4.1.1.10", "The client sends QUIT before it closes.")
        .demands(&[Without(&[V::ClosedWithoutQuit])]),
    must("quit-after-refusal", "RFC 5321 4.1.1.10", "The client sends QUIT before it closes, after a refusal too.")
        .answers(&[(Rcpt, &[say("550 No such user\r\n")])])
        .demands(&[Without(&[V::ClosedWithoutQuit])]),
    must(
        "quit-after-greeting-554",
        "RFC 5321 4.1.1.10",
        "The client sends QUIT before it closes, after a 554 greeting too.",
    )
    .answers(&[(Greeting, &[say("554 No SMTP service here\r\n")])])
    .demands(&[Without(&[V::ClosedWithoutQuit])]),
    should("quit-reply-awaited", "RFC 5321 4.1.1.10", "The client waits for the reply to QUIT.")
        .answers(&[(Quit, &[say("221 Bye\r\n").held_at(0)])])
        .demands(&[Stays]),
    must("lmtp-lhlo", "RFC 2033 4.1", "A client of LMTP says LHLO.").of(Lmtp).demands(&[OpensWith("LHLO")]),
    must("lmtp-replies", "RFC 2033 4.2", "Each accepted recipient has a reply of its own.")
        .answers(&[(End, &[say("250 One\r\n"), say("250 Two\r\n")])])
        .of(Lmtp)
        .demands(&[Delivers]),
];
