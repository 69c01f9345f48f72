//! The form of replies: what is legal has to be understood.

use super::super::check::{Demand::*, Play, Protocol::Smtp, must, should};
use super::super::script::Place::*;
use super::super::script::say;
use smtp_core::observer::ViolationKind as V;

const MULTILINE: &str = "RFC 5321 4.2.1";
const BY_CODE: &str = "RFC 5321 4.2";

/// A line of reply with 512 octets in all.
const LONGEST: &str = concat!(
    "250 ",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
    "ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc",
    "ddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd",
    "\r\n"
);
const _: () = assert!(LONGEST.len() == 512);

const MANY_KEYWORDS: &str = "250-mx.example\r\n250-8BITMIME\r\n\
    250-X-A1\r\n250-X-A2 a\r\n250-X-A3 a b\r\n250-X-A4 a=b\r\n250-X-A5\r\n250-X-A6\r\n250-X-A7\r\n250-X-A8\r\n250-X-A9\r\n250-X-A10\r\n\
    250-X-B1\r\n250-X-B2 a\r\n250-X-B3 a b\r\n250-X-B4 a=b\r\n250-X-B5\r\n250-X-B6\r\n250-X-B7\r\n250-X-B8\r\n250-X-B9\r\n250-X-B10\r\n\
    250-X-C1\r\n250-X-C2 a\r\n250-X-C3 a b\r\n250-X-C4 a=b\r\n250-X-C5\r\n250-X-C6\r\n250-X-C7\r\n250-X-C8\r\n250-X-C9\r\n250-X-C10\r\n\
    250-X-D1\r\n250-X-D2 a\r\n250-X-D3 a b\r\n250-X-D4 a=b\r\n250-X-D5\r\n250-X-D6\r\n250-X-D7\r\n250-X-D8\r\n250-X-D9\r\n250 X-D10\r\n";

pub(super) static ALL: &[Play] = &[
    must("deliver", "RFC 5321 3.3", "A message is delivered to a plain server, and the client says so.")
        .demands(&[Delivers]),
    must("deliver-with-extensions", "RFC 5321 2.2.1", "A message is delivered to a server with many extensions.")
        .offers(&[
            "PIPELINING",
            "SIZE 10000000",
            "8BITMIME",
            "ENHANCEDSTATUSCODES",
            "DSN",
            "CHUNKING",
            "SMTPUTF8",
            "HELP",
            "LIMITS RCPTMAX=100",
        ])
        .eight_bit()
        .demands(&[Delivers]),
    must("octet-by-octet", MULTILINE, "Replies that come one octet at a time are understood.")
        .in_octets()
        .demands(&[Delivers]),
    must("greeting-multiline", BY_CODE, "A greeting of several lines is understood.")
        .answers(&[(Greeting, &[say("220-mx.example ESMTP\r\n220-\r\n220-No 554 here\r\n220 ready\r\n")])])
        .demands(&[Delivers]),
    must("greeting-multiline-held", MULTILINE, "The client waits for the last line of a greeting.")
        .answers(&[(Greeting, &[say("220-mx.example ESMTP\r\n220 ready\r\n").held_at(22)])])
        .demands(&[Waits, Delivers]),
    must("greeting-literal", "RFC 5321 4.3.1", "A greeting that begins with an address literal is understood.")
        .answers(&[(Greeting, &[say("220 [192.0.2.1] ready\r\n")])])
        .demands(&[Delivers]),
    must("greeting-without-esmtp", "RFC 5321 4.2", "A greeting without the word ESMTP is as good as one with it.")
        .answers(&[(Greeting, &[say("220 mx.example\r\n")])])
        .demands(&[Delivers]),
    must("ehlo-one-line", "RFC 5321 4.1.1.1", "A reply to EHLO that lists no extension is understood.")
        .answers(&[(Hello, &[say("250 mx.example\r\n")])])
        .demands(&[Delivers]),
    must("ehlo-held", MULTILINE, "The client waits for the last line of the reply to EHLO.")
        .answers(&[(Hello, &[say("250-mx.example\r\n250 8BITMIME\r\n").held_at(16)])])
        .demands(&[Waits, Delivers]),
    must(
        "ehlo-many-keywords",
        "RFC 5321 4.1.1.1",
        "Forty keywords that nobody knows, with and without parameters, are passed over.",
    )
    .answers(&[(Hello, &[say(MANY_KEYWORDS)])])
    .demands(&[Delivers]),
    must("ehlo-greeting-text", "RFC 5321 4.1.1.1", "The first line of the reply to EHLO lists no extension.")
        .answers(&[(Hello, &[say("250-mx.example SIZE=1 STARTTLS AUTH=PLAIN hello\r\n250 8BITMIME\r\n")])])
        .demands(&[Delivers, NeverSays("STARTTLS"), NeverSays("AUTH")]),
    must("ehlo-only-greeting-text", "RFC 5321 4.1.1.1", "The one line of a reply to EHLO lists no extension.")
        .answers(&[(Hello, &[say("250 STARTTLS.example AUTH PLAIN SIZE CHUNKING\r\n")])])
        .demands(&[Delivers, NeverSays("STARTTLS"), NeverSays("AUTH"), NeverSays("BDAT")]),
    must("mail-multiline", MULTILINE, "A reply of several lines to MAIL is understood.")
        .answers(&[(Mail, &[say("250-550 is a number\r\n250-\r\n250 OK\r\n")])])
        .demands(&[Delivers]),
    must("mail-multiline-held", MULTILINE, "The client waits for the last line of the reply to MAIL.")
        .answers(&[(Mail, &[say("250-One\r\n250 Two\r\n").held_at(9)])])
        .demands(&[Waits, Delivers]),
    must("rcpt-multiline", MULTILINE, "A reply of several lines to RCPT is understood.")
        .answers(&[(Rcpt, &[say("250-One\r\n250-Two\r\n250 Three\r\n")])])
        .demands(&[Delivers]),
    must("data-multiline", MULTILINE, "A reply of several lines to DATA is understood.")
        .answers(&[(Data, &[say("354-One\r\n354-Two\r\n354 Three\r\n")])])
        .if_used("DATA")
        .demands(&[Delivers]),
    must("data-multiline-held", MULTILINE, "The content waits for the last line of the reply to DATA.")
        .answers(&[(Data, &[say("354-Not yet\r\n354 Now\r\n").held_at(13)])])
        .if_used("DATA")
        .demands(&[Waits, Delivers]),
    must("end-multiline", MULTILINE, "A reply of several lines to the content is understood.")
        .answers(&[(End, &[say("250-554 is a number\r\n250-\r\n250 OK\r\n")])])
        .demands(&[Delivers]),
    must("end-multiline-held", MULTILINE, "The client waits for the last line of the reply to the content.")
        .answers(&[(End, &[say("250-One\r\n250 Two\r\n").held_at(9)])])
        .demands(&[Waits, Delivers]),
    must("quit-multiline", MULTILINE, "A reply of several lines to QUIT is understood.")
        .answers(&[(Quit, &[say("221-Bye\r\n221 mx.example\r\n")])])
        .demands(&[Delivers]),
    must("code-cut", BY_CODE, "The client waits for the rest of a code.")
        .answers(&[(Mail, &[say("250 OK\r\n").held_at(1)])])
        .demands(&[Waits, Delivers]),
    must("text-cut", BY_CODE, "The client waits for the rest of a line.")
        .answers(&[(Rcpt, &[say("250 OK\r\n").held_at(5)])])
        .demands(&[Waits, Delivers]),
    must("crlf-cut", "RFC 5321 2.3.8", "The client waits for the LF after a CR.")
        .answers(&[(Mail, &[say("250 OK\r\n").held_at(7)])])
        .demands(&[Waits, Delivers]),
    must("text-none", BY_CODE, "A reply without text is understood.")
        .answers(&[
            (Mail, &[say("250 \r\n")]),
            (Rcpt, &[say("250 \r\n")]),
            (Data, &[say("354 \r\n")]),
            (End, &[say("250 \r\n")]),
        ])
        .demands(&[Delivers]),
    should("code-bare", BY_CODE, "A code without even a space after it is understood.")
        .answers(&[
            (Mail, &[say("250\r\n")]),
            (Rcpt, &[say("250\r\n")]),
            (Data, &[say("354\r\n")]),
            (End, &[say("250\r\n")]),
        ])
        .demands(&[Delivers]),
    must("text-misleading", BY_CODE, "The code decides, whatever the text of a positive reply says.")
        .answers(&[
            (Mail, &[say("250 550 5.1.0 Refused\r\n")]),
            (Rcpt, &[say("250 550 5.1.1 No such user\r\n")]),
            (Data, &[say("354 554 5.5.1 Error\r\n")]),
            (End, &[say("250 554 5.7.1 Rejected\r\n")]),
        ])
        .demands(&[Delivers]),
    must("text-tab", BY_CODE, "HT and punctuation in the text of a reply are understood.")
        .answers(&[(Mail, &[say("250 \ta\t\"b\" <c> \\ {d} ~ %s %n -\r\n")])])
        .demands(&[Delivers]),
    must("line-longest", "RFC 5321 4.5.3.1.5", "A line of reply of 512 octets is understood.")
        .answers(&[(Mail, &[say(LONGEST)]), (End, &[say(LONGEST)])])
        .demands(&[Delivers]),
    must("code-251", "RFC 5321 4.3.2", "251 to RCPT accepts the recipient.")
        .answers(&[(Rcpt, &[say("251 User not local; will forward to <ann@example.org>\r\n")])])
        .demands(&[Delivers]),
    must("code-unknown-positive", "RFC 5321 4.3.2", "An unknown code that begins with 2 is a success.")
        .answers(&[(Mail, &[say("259 OK\r\n")]), (Rcpt, &[say("259 OK\r\n")]), (End, &[say("259 OK\r\n")])])
        .demands(&[Delivers]),
    must("code-unknown-intermediate", "RFC 5321 4.3.2", "An unknown code that begins with 3 asks for the content.")
        .answers(&[(Data, &[say("359 Go on\r\n")])])
        .if_used("DATA")
        .demands(&[Delivers]),
    should("helo-after-500", "RFC 5321 3.2", "The client falls back to HELO where EHLO is not known (500).")
        .answers(&[(Hello, &[say("500 Not a command here\r\n")])])
        .of(Smtp)
        .demands(&[Says("HELO")]),
    should("helo-after-502", "RFC 5321 3.2", "The client falls back to HELO where EHLO is not implemented (502).")
        .answers(&[(Hello, &[say("502 Not implemented\r\n")])])
        .of(Smtp)
        .demands(&[Says("HELO")]),
    must("helo-without-extensions", "RFC 5321 4.1.1.1", "After HELO no extension is used.")
        .answers(&[(Hello, &[say("500 Not a command here\r\n")])])
        .of(Smtp)
        .demands(&[Without(&[
            V::MailParameterNotOffered,
            V::StartTlsNotOffered,
            V::AuthNotOffered,
            V::BdatNotOffered,
        ])]),
];
