//! Extensions: what is offered, in whatever letters, and what is not.

use super::super::check::{Demand::*, Play, Protocol::Smtp, must, should};
use super::super::script::Place::*;
use super::super::script::say;
use smtp_core::observer::ViolationKind as V;

const ANY_CASE: &str = "RFC 5321 4.1.1.1";

const WITH_TLS: &[&str] = &["STARTTLS", "8BITMIME"];
const WITH_AUTH: &[&str] = &["AUTH PLAIN LOGIN", "8BITMIME"];

pub(super) static ALL: &[Play] = &[
    must("parameters-not-offered", "RFC 5321 4.1.1.2", "MAIL has no parameter whose extension is not offered.")
        .demands(&[Without(&[V::MailParameterNotOffered])]),
    must("rcpt-parameters-not-offered", "RFC 5321 4.1.1.3", "RCPT has no parameter whose extension is not offered.")
        .demands(&[Without(&[V::RcptParameterNotOffered])]),
    must("8bitmime-not-offered", "RFC 5321 2.4", "Octets above 127 are not sent where 8BITMIME is not offered.")
        .offers(&["SIZE"])
        .eight_bit()
        .demands(&[Without(&[V::EightBitContent])]),
    must("8bitmime-declared", "RFC 6152 3", "A content with octets above 127 is declared with BODY=8BITMIME.")
        .eight_bit()
        .demands(&[Without(&[V::EightBitContent])]),
    must("8bitmime-any-case", ANY_CASE, "The keyword 8BITMIME is recognized in any letters.")
        .offers(&["8bitMime"])
        .eight_bit()
        .demands(&[Recognizes("BODY=8BITMIME")]),
    must("size-any-case", ANY_CASE, "The keyword SIZE is recognized in any letters.")
        .offers(&["8BITMIME", "size 10000000"])
        .demands(&[Recognizes("SIZE=")]),
    must("size-zero", "RFC 1870 4", "SIZE 0 sets no limit.").offers(&["8BITMIME", "SIZE 0"]).demands(&[Delivers]),
    must("size-without-value", "RFC 1870 4", "SIZE without a value sets no limit.")
        .offers(&["8BITMIME", "SIZE"])
        .demands(&[Delivers]),
    must("size-refused", "RFC 1870 6.2", "A message whose SIZE is refused with 552 is not delivered.")
        .offers(&["8BITMIME", "SIZE"])
        .answers(&[(Mail, &[say("552 Too big\r\n")])])
        .demands(&[ClaimsNothing, SendsNoContent]),
    must("size-refused-late", "RFC 1870 6.2", "552 after the content is a refusal, though MAIL was accepted.")
        .offers(&["8BITMIME", "SIZE"])
        .answers(&[(End, &[say("552 Too big\r\n")])])
        .demands(&[ClaimsNothing]),
    must(
        "smtputf8-not-offered",
        "RFC 6531 3.2",
        "An address that is not ASCII is not sent where SMTPUTF8 is not offered.",
    )
    .international()
    .demands(&[Without(&[V::Utf8NotOffered])]),
    must("smtputf8-requested", "RFC 6531 3.4", "An address that is not ASCII is sent with the parameter SMTPUTF8.")
        .offers(&["8BITMIME", "SMTPUTF8"])
        .international()
        .demands(&[Without(&[V::Utf8NotRequested])]),
    must(
        "enhanced-codes-misleading",
        "RFC 5321 4.2",
        "The code decides, whatever the enhanced code of a refusal says.",
    )
    .offers(&["8BITMIME", "ENHANCEDSTATUSCODES"])
    .answers(&[
        (End, &[say("554 2.0.0 OK\r\n")]),
        (Mail, &[say("250 2.1.0 OK\r\n")]),
        (Rcpt, &[say("250 2.1.5 OK\r\n")]),
    ])
    .demands(&[ClaimsNothing]),
    must("verbs-not-offered", "RFC 5321 4.1.1.1", "STARTTLS, AUTH and BDAT are not sent where they are not offered.")
        .demands(&[Without(&[V::StartTlsNotOffered, V::AuthNotOffered, V::BdatNotOffered, V::ExtensionNotOffered])]),
    must("chunk-refused", "RFC 3030 2", "Where a chunk is refused nothing is delivered.")
        .offers(&["8BITMIME", "CHUNKING"])
        .answers(&[(Chunk, &[say("554 No\r\n")]), (End, &[say("554 No\r\n")])])
        .if_used("BDAT in several chunks")
        .demands(&[ClaimsNothing]),
    must("starttls-handshake", "RFC 3207 4", "After 220 to STARTTLS the client begins TLS, and says nothing else.")
        .offers(WITH_TLS)
        .answers(&[(StartTls, &[say("220 Go ahead\r\n")])])
        .of(Smtp)
        .if_used("STARTTLS")
        .demands(&[SaysNothingInTheClear]),
    must("starttls-any-case", ANY_CASE, "The keyword STARTTLS is recognized in any letters.")
        .offers(&["StartTls", "8BITMIME"])
        .of(Smtp)
        .demands(&[Recognizes("STARTTLS")]),
    must("starttls-multiline", "RFC 5321 4.2.1", "A reply of several lines to STARTTLS is understood.")
        .offers(WITH_TLS)
        .answers(&[(StartTls, &[say("220-One\r\n220 Two\r\n")])])
        .of(Smtp)
        .if_used("STARTTLS")
        .demands(&[BeginsTls]),
    must("starttls-held", "RFC 5321 4.2.1", "TLS begins after the last line of the reply to STARTTLS.")
        .offers(WITH_TLS)
        .answers(&[(StartTls, &[say("220-One\r\n220 Two\r\n").held_at(9)])])
        .of(Smtp)
        .if_used("STARTTLS")
        .demands(&[Waits]),
    must("starttls-last-in-group", "RFC 3207 4", "STARTTLS is the last command of its group.")
        .offers(&["STARTTLS", "PIPELINING", "8BITMIME"])
        .answers(&[(StartTls, &[say("220 Go ahead\r\n").held_at(0)])])
        .of(Smtp)
        .if_used("STARTTLS")
        .demands(&[Waits]),
    must("starttls-454", "RFC 3207 4", "TLS does not begin where STARTTLS is answered with 454.")
        .offers(WITH_TLS)
        .answers(&[(StartTls, &[say("454 TLS not available\r\n")])])
        .of(Smtp)
        .if_used("STARTTLS")
        .demands(&[BeginsNoTls]),
    should("starttls-lost", "RFC 5321 3.8", "Nothing is delivered where the connection is lost after STARTTLS.")
        .offers(WITH_TLS)
        .answers(&[(StartTls, &[say("").and_close()])])
        .of(Smtp)
        .if_used("STARTTLS")
        .demands(&[ClaimsNothing]),
    should("starttls-hello-again", "RFC 3207 4.2", "The first command within TLS is EHLO.")
        .offers(WITH_TLS)
        .answers(&[(StartTls, &[say("220 Go ahead\r\n")])])
        .of(Smtp)
        .if_used("STARTTLS")
        .demands(&[GreetsWithinTls]),
    must("starttls-forgets", "RFC 3207 4.2", "What was offered before TLS is forgotten.")
        .offers(&["STARTTLS", "SIZE 10000000", "8BITMIME", "DSN", "SMTPUTF8", "CHUNKING", "AUTH PLAIN LOGIN"])
        .offers_in_tls(&[])
        .answers(&[(StartTls, &[say("220 Go ahead\r\n")])])
        .of(Smtp)
        .if_used("STARTTLS")
        .demands(&[Without(&[
            V::MailParameterNotOffered,
            V::RcptParameterNotOffered,
            V::BdatNotOffered,
            V::AuthNotOffered,
        ])]),
    must(
        "starttls-injection",
        "RFC 3207 4.2",
        "Replies in the clear after the 220 to STARTTLS answer nothing that is said within TLS.",
    )
    .offers(WITH_TLS)
    .answers(&[
        (StartTls, &[say("220 Go ahead\r\n250-mx.example\r\n250 8BITMIME\r\n")]),
        (HelloInTls, &[say("250-mx.example\r\n250 8BITMIME\r\n").held_at(0)]),
    ])
    .of(Smtp)
    .if_used("STARTTLS")
    .demands(&[Waits]),
    must("starttls-not-again", "RFC 3207 4.2", "STARTTLS is not sent within TLS.")
        .offers(WITH_TLS)
        .offers_in_tls(WITH_TLS)
        .answers(&[(HelloInTls, &[say("250-mx.example\r\n250-STARTTLS\r\n250 8BITMIME\r\n")])])
        .of(Smtp)
        .if_used("STARTTLS")
        .demands(&[NeverSays("STARTTLS")]),
    must("auth-535", "RFC 4954 6", "Where AUTH is refused, and MAIL for want of it, nothing is delivered.")
        .offers(WITH_AUTH)
        .answers(&[
            (Auth, &[say("535 5.7.8 Authentication failed\r\n")]),
            (Mail, &[say("530 5.7.0 Authentication required\r\n")]),
        ])
        .of(Smtp)
        .if_used("AUTH")
        .demands(&[ClaimsNothing, SendsNoContent]),
    must("auth-any-case", ANY_CASE, "The keyword AUTH is recognized in any letters.")
        .offers(&["auth PLAIN LOGIN", "8BITMIME"])
        .of(Smtp)
        .demands(&[Recognizes("AUTH")]),
    must("auth-form", "RFC 4954 4", "AUTH and its responses are base64.")
        .offers(WITH_AUTH)
        .answers(&[(Auth, &[say("235 Welcome\r\n")])])
        .of(Smtp)
        .if_used("AUTH")
        .demands(&[Without(&[V::AuthSyntax, V::ResponseNotBase64, V::AuthRepeated, V::AuthInTransaction])]),
    must("auth-last-in-group", "RFC 4954 4", "AUTH is the last command of its group.")
        .offers(&["AUTH PLAIN LOGIN", "PIPELINING", "8BITMIME"])
        .answers(&[(Auth, &[say("235 Welcome\r\n").held_at(0)])])
        .of(Smtp)
        .if_used("AUTH")
        .demands(&[Waits]),
];
