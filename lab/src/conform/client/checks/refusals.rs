//! Refusals and lost connections at every stage: what nobody accepted is not delivered.

use super::super::check::{Demand::*, Play, Protocol::Lmtp, Protocol::Smtp, must, should};
use super::super::script::Place::*;
use super::super::script::say;

/// 4yz and 5yz: "The command was not accepted and the requested action did not occur".
const NOT_DONE: &str = "RFC 5321 4.2.1";
/// "The SMTP client retains responsibility for the delivery of that message".
const RETAINS: &str = "RFC 5321 4.2.5";
const BY_CODE: &str = "RFC 5321 4.2";
/// As if 451 had been received.
const LOST: &str = "RFC 5321 3.8";
const CHECK_ALL: &str = "RFC 2920 3.1";

pub(super) static ALL: &[Play] = &[
    must("greeting-554", "RFC 5321 3.1", "A server that greets with 554 is not asked to take mail.")
        .answers(&[
            (Greeting, &[say("554 No SMTP service here\r\n")]),
            (Hello, &[say("503 Bad sequence of commands\r\n")]),
            (Helo, &[say("503 Bad sequence of commands\r\n")]),
        ])
        .demands(&[ClaimsNothing, NeverSays("MAIL"), SendsNoContent]),
    must("greeting-421", NOT_DONE, "Nothing is delivered where the greeting is 421.")
        .answers(&[(Greeting, &[say("421 Not now\r\n").and_close()])])
        .demands(&[ClaimsNothing, NeverSays("MAIL")]),
    must("greeting-521", "RFC 7504 3", "Nothing is delivered where the greeting is 521.")
        .answers(&[
            (Greeting, &[say("521 mx.example does not accept mail\r\n")]),
            (Hello, &[say("503 Bad sequence of commands\r\n")]),
            (Helo, &[say("503 Bad sequence of commands\r\n")]),
        ])
        .demands(&[ClaimsNothing, NeverSays("MAIL")]),
    should("greeting-lost", LOST, "Nothing is delivered where the connection is closed without a greeting.")
        .answers(&[(Greeting, &[say("").and_close()])])
        .demands(&[ClaimsNothing]),
    must("ehlo-421", NOT_DONE, "Nothing is delivered where EHLO is answered with 421.")
        .answers(&[(Hello, &[say("421 Not now\r\n").and_close()])])
        .demands(&[ClaimsNothing]),
    should("ehlo-lost", LOST, "Nothing is delivered where the connection is lost after EHLO.")
        .answers(&[(Hello, &[say("").and_close()])])
        .demands(&[ClaimsNothing]),
    should("ehlo-cut-off", LOST, "Nothing is delivered where the connection is lost within the reply to EHLO.")
        .answers(&[(Hello, &[say("250-mx.example\r\n250-8BIT").and_close()])])
        .demands(&[ClaimsNothing]),
    must("helo-refused", NOT_DONE, "Where both EHLO and HELO are refused no mail is begun.")
        .answers(&[(Hello, &[say("550 Not you\r\n")]), (Helo, &[say("550 Not you\r\n")])])
        .demands(&[ClaimsNothing, NeverSays("MAIL")]),
    must("mail-550", NOT_DONE, "Where MAIL is refused nothing is delivered.")
        .answers(&[(Mail, &[say("550 No\r\n")])])
        .demands(&[ClaimsNothing, NeverSays("RCPT"), SendsNoContent]),
    must("mail-451", NOT_DONE, "Where MAIL is refused for now nothing is delivered.")
        .answers(&[(Mail, &[say("451 Not now\r\n")])])
        .demands(&[ClaimsNothing, NeverSays("RCPT"), SendsNoContent]),
    must("mail-530", "RFC 4954 6", "Where MAIL is refused for want of AUTH nothing is delivered.")
        .answers(&[(Mail, &[say("530 5.7.0 Authentication required\r\n")])])
        .demands(&[ClaimsNothing, SendsNoContent]),
    must("mail-421", NOT_DONE, "Where MAIL is answered with 421 nothing is delivered.")
        .answers(&[(Mail, &[say("421 Going down\r\n").and_close()])])
        .demands(&[ClaimsNothing]),
    should("mail-lost", LOST, "Nothing is delivered where the connection is lost after MAIL.")
        .answers(&[(Mail, &[say("").and_close()])])
        .demands(&[ClaimsNothing]),
    must("mail-unknown-negative", "RFC 5321 4.3.2", "An unknown code that begins with 5 is a refusal of MAIL.")
        .answers(&[(Mail, &[say("559 No\r\n")])])
        .demands(&[ClaimsNothing, SendsNoContent]),
    must("rcpt-550", NOT_DONE, "Where every recipient is refused nothing is delivered, and no content is sent.")
        .answers(&[(Rcpt, &[say("550 No such user\r\n")])])
        .demands(&[ClaimsNothing, SendsNoContent]),
    must(
        "rcpt-450",
        NOT_DONE,
        "Where every recipient is refused for now nothing is delivered, and no content is sent.",
    )
    .answers(&[(Rcpt, &[say("450 Greylisted\r\n")])])
    .demands(&[ClaimsNothing, SendsNoContent]),
    must("rcpt-multiline-550", NOT_DONE, "A refusal of several lines is one refusal.")
        .answers(&[(Rcpt, &[say("550-250 is a number\r\n550-\r\n550 No such user\r\n")])])
        .demands(&[ClaimsNothing, SendsNoContent]),
    must("rcpt-551", "RFC 5321 3.4", "551 refuses the recipient.")
        .answers(&[(Rcpt, &[say("551 User not local; please try <ann@example.org>\r\n")])])
        .demands(&[ClaimsNothing, SendsNoContent]),
    must("rcpt-556", "RFC 7504 4", "556 refuses the recipient.")
        .answers(&[(Rcpt, &[say("556 Domain does not accept mail\r\n")])])
        .demands(&[ClaimsNothing, SendsNoContent]),
    must("rcpt-421", NOT_DONE, "Where RCPT is answered with 421 nothing is delivered.")
        .answers(&[(Rcpt, &[say("421 Going down\r\n").and_close()])])
        .demands(&[ClaimsNothing]),
    should("rcpt-lost", LOST, "Nothing is delivered where the connection is lost after RCPT.")
        .answers(&[(Rcpt, &[say("").and_close()])])
        .demands(&[ClaimsNothing]),
    should("rcpt-second-550", NOT_DONE, "Where the second of two recipients is refused, not all is delivered.")
        .answers(&[(Rcpt, &[say("250 OK\r\n"), say("550 No such user\r\n")])])
        .demands(&[ClaimsNotAll]),
    should("rcpt-first-550", NOT_DONE, "Where the first of two recipients is refused, not all is delivered.")
        .answers(&[(Rcpt, &[say("550 No such user\r\n"), say("250 OK\r\n")])])
        .demands(&[ClaimsNotAll]),
    must("data-554", NOT_DONE, "Where DATA is refused nothing is delivered, and no content is sent.")
        .answers(&[(Data, &[say("554 No valid recipients\r\n")])])
        .if_used("DATA")
        .demands(&[ClaimsNothing, SendsNoContent, SendsNoLines]),
    must("data-451", NOT_DONE, "Where DATA is refused for now nothing is delivered, and no content is sent.")
        .answers(&[(Data, &[say("451 Not now\r\n")])])
        .if_used("DATA")
        .demands(&[ClaimsNothing, SendsNoContent, SendsNoLines]),
    must("data-421", NOT_DONE, "Where DATA is answered with 421 nothing is delivered.")
        .answers(&[(Data, &[say("421 Going down\r\n").and_close()])])
        .if_used("DATA")
        .demands(&[ClaimsNothing]),
    must("data-250", "RFC 5321 3.3", "Content is sent after 354 only: 250 to DATA does not ask for it.")
        .answers(&[(Data, &[say("250 OK\r\n")])])
        .if_used("DATA")
        .demands(&[ClaimsNothing, SendsNoLines]),
    should("data-lost", LOST, "Nothing is delivered where the connection is lost after DATA.")
        .answers(&[(Data, &[say("").and_close()])])
        .if_used("DATA")
        .demands(&[ClaimsNothing]),
    should("content-lost", LOST, "Nothing is delivered where the connection is lost within the content.")
        .answers(&[(Data, &[say("354 Go on\r\n").and_drop()])])
        .if_used("DATA")
        .demands(&[ClaimsNothing]),
    must("end-554", RETAINS, "A message that is refused with 554 after its content is not delivered.")
        .answers(&[(End, &[say("554 Rejected\r\n")])])
        .demands(&[ClaimsNothing]),
    must("end-552", RETAINS, "A message that is refused with 552 after its content is not delivered.")
        .answers(&[(End, &[say("552 Too much mail data\r\n")])])
        .demands(&[ClaimsNothing]),
    must("end-451", RETAINS, "A message that is refused with 451 after its content is not delivered.")
        .answers(&[(End, &[say("451 Local error\r\n")])])
        .demands(&[ClaimsNothing]),
    must("end-421", RETAINS, "A message whose content is answered with 421 is not delivered.")
        .answers(&[(End, &[say("421 Going down\r\n").and_close()])])
        .demands(&[ClaimsNothing]),
    must("end-unknown-negative", "RFC 5321 4.3.2", "An unknown code that begins with 5 is a refusal of the message.")
        .answers(&[(End, &[say("599 Rejected\r\n")])])
        .demands(&[ClaimsNothing]),
    must("end-unknown-transient", "RFC 5321 4.3.2", "An unknown code that begins with 4 is a refusal of the message.")
        .answers(&[(End, &[say("499 Not now\r\n")])])
        .demands(&[ClaimsNothing]),
    must("end-misleading", BY_CODE, "The code decides, whatever the text of a refusal says.")
        .answers(&[(End, &[say("554 250 2.0.0 OK: queued as 12345\r\n")])])
        .demands(&[ClaimsNothing]),
    must("end-misleading-multiline", BY_CODE, "The code decides, whatever the lines of a refusal say.")
        .answers(&[(End, &[say("554-250 2.0.0 OK\r\n554-250 OK: queued\r\n554 250 OK\r\n")])])
        .demands(&[ClaimsNothing]),
    should("end-out-of-range", BY_CODE, "A reply whose code begins with 1 is an error.")
        .answers(&[(End, &[say("150 OK\r\n")])])
        .demands(&[ClaimsNothing]),
    should(
        "end-lost",
        LOST,
        "A message is not delivered where the connection is lost before the reply to its content.",
    )
    .answers(&[(End, &[say("").and_close()])])
    .demands(&[ClaimsNothing]),
    should("end-cut-off", LOST, "A reply to the content that the end of the connection cuts off is none.")
        .answers(&[(End, &[say("250-OK\r\n250-qu").and_close()])])
        .demands(&[ClaimsNothing]),
    should(
        "end-then-lost",
        RETAINS,
        "A message that was accepted is delivered, though the connection is lost after it.",
    )
    .answers(&[(End, &[say("250 OK\r\n").and_close()])])
    .of(Smtp)
    .demands(&[Delivers]),
    should("end-then-421", RETAINS, "A message that was accepted is delivered, though 421 follows.")
        .answers(&[(End, &[say("250 OK\r\n421 Going down\r\n").and_close()])])
        .of(Smtp)
        .demands(&[Delivers]),
    should("quit-lost", RETAINS, "A message that was accepted is delivered, though QUIT has no reply.")
        .answers(&[(Quit, &[say("").and_close()])])
        .demands(&[Delivers]),
    should("quit-421", RETAINS, "A message that was accepted is delivered, though QUIT is answered with 421.")
        .answers(&[(Quit, &[say("421 Going down\r\n").and_close()])])
        .demands(&[Delivers]),
    should("data-354-without-recipients", CHECK_ALL, "Content for no recipient is a single dot.")
        .offers(&["PIPELINING", "8BITMIME"])
        .answers(&[(Data, &[say("354 Go on\r\n")]), (Rcpt, &[say("550 No such user\r\n")])])
        .of(Smtp)
        .if_used("DATA in a group")
        .demands(&[SendsAtMostADot]),
    must("claim-without-recipients", CHECK_ALL, "Where every recipient was refused, 250 to the content means nothing.")
        .offers(&["PIPELINING", "8BITMIME"])
        .answers(&[(Data, &[say("354 Go on\r\n")]), (Rcpt, &[say("550 No such user\r\n")])])
        .of(Smtp)
        .if_used("DATA in a group")
        .demands(&[ClaimsNothing]),
    must("lmtp-refused", "RFC 2033 4.2", "A message that is refused for its recipients is not delivered.")
        .answers(&[(End, &[say("550 No such user\r\n")])])
        .of(Lmtp)
        .demands(&[ClaimsNothing]),
    must("lmtp-second-refused", "RFC 2033 4.2", "The second reply to the content is for the second recipient.")
        .answers(&[(End, &[say("250 OK\r\n"), say("552 Mailbox full\r\n")])])
        .of(Lmtp)
        .demands(&[ClaimsNotAll]),
    must("lmtp-first-refused", "RFC 2033 4.2", "The first reply to the content is for the first recipient.")
        .answers(&[(End, &[say("550 No such user\r\n"), say("250 OK\r\n")])])
        .of(Lmtp)
        .demands(&[ClaimsNotAll]),
    must("lmtp-multiline", "RFC 2033 4.2", "A reply of several lines is for one recipient.")
        .answers(&[(End, &[say("250-One\r\n250-Two\r\n250 Three\r\n"), say("250-One\r\n250 Two\r\n")])])
        .of(Lmtp)
        .demands(&[Delivers]),
    must(
        "lmtp-second-lost",
        "RFC 2033 5",
        "A recipient whose reply did not come before the connection was lost has failed for now.",
    )
    .answers(&[(End, &[say("250 OK\r\n"), say("").and_close()])])
    .of(Lmtp)
    .demands(&[ClaimsNotAll]),
];
