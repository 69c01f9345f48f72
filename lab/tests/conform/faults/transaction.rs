//! Faults of transactions and of addresses.

use super::super::twin::{Fault, Line, RIGHT};
use super::{answer, instead};
use smtp_core::session::State;

/// The path of MAIL or RCPT.
fn path(line: &str) -> &str {
    line.split(['<', '>']).nth(1).unwrap_or_default()
}

pub(super) fn faults() -> Vec<Fault> {
    vec![
        Fault {
            name: "RSET leaves the transaction open",
            line: |_, _, line| if line == "RSET\r\n" { answer("250 2.0.0 OK") } else { Line::Pass },
            may_fail: &[
                "group-rset",
                "observer-out-of-sequence-wrongly",
                "observer-rcpt-without-mail-accepted",
                "rset-discards-sender",
            ],
            ..RIGHT
        },
        Fault {
            name: "RSET forgets the hello",
            line: |view, verb, _| {
                match verb {
                    "RSET" => *view.memory = 1,
                    "EHLO" | "HELO" => *view.memory = 0,
                    "MAIL" if *view.memory == 1 => return answer("503 5.5.1 Say EHLO first"),
                    _ => {}
                }
                Line::Pass
            },
            may_fail: &["group-rset", "observer-out-of-sequence-wrongly", "rset-keeps-hello"],
            ..RIGHT
        },
        Fault {
            name: "RSET is refused where there is no transaction",
            line: |view, verb, _| {
                if verb == "RSET" && view.state == State::Ready {
                    answer("503 5.5.1 Nothing to reset")
                } else {
                    Line::Pass
                }
            },
            may_fail: &["observer-reply-not-listed", "observer-rset-refused", "rset"],
            ..RIGHT
        },
        Fault {
            name: "RSET with an argument is accepted",
            line: |_, verb, _| if verb == "RSET" { instead("RSET\r\n") } else { Line::Pass },
            may_fail: &["observer-argument-accepted", "rset-argument"],
            ..RIGHT
        },
        Fault {
            name: "RCPT without MAIL is accepted",
            line: |view, verb, _| {
                if verb == "RCPT" && view.state == State::Ready { answer("250 2.1.5 OK") } else { Line::Pass }
            },
            may_fail: &["observer-rcpt-without-mail-accepted", "rcpt-without-mail"],
            ..RIGHT
        },
        Fault {
            name: "RCPT without MAIL is answered with 501",
            line: |view, verb, _| {
                if verb == "RCPT" && view.state == State::Ready { answer("501 5.5.4 Whose?") } else { Line::Pass }
            },
            may_fail: &["rcpt-without-mail"],
            ..RIGHT
        },
        Fault {
            name: "MAIL in a transaction begins another",
            line: |view, verb, _| {
                let is_open = matches!(view.state, State::Mail | State::Rcpt);
                if verb == "MAIL" && is_open { Line::Before("RSET\r\n") } else { Line::Pass }
            },
            may_fail: &["nested-mail", "observer-nested-mail-accepted"],
            ..RIGHT
        },
        Fault {
            name: "MAIL in a transaction is refused and ends it",
            line: |view, verb, _| {
                let is_open = matches!(view.state, State::Mail | State::Rcpt);
                if verb == "MAIL" && is_open { Line::After("RSET\r\n", "503 5.5.1 Again?\r\n") } else { Line::Pass }
            },
            may_fail: &["nested-mail-changes-nothing", "observer-out-of-sequence-wrongly"],
            ..RIGHT
        },
        Fault {
            name: "a bad RCPT ends the transaction",
            line: |view, verb, line| {
                let is_bad =
                    verb == "RCPT" && (line.contains("<@>") || line == "RCPT TO:\r\n") && view.state != State::Ready;
                if is_bad { Line::After("RSET\r\n", "501 5.1.3 No path\r\n") } else { Line::Pass }
            },
            may_fail: &[
                "bad-rcpt-changes-nothing",
                "bad-rcpt-keeps-recipients",
                "group-with-refused-rcpt",
                "observer-out-of-sequence-wrongly",
            ],
            ..RIGHT
        },
        Fault {
            name: "after a bad MAIL the next one is refused",
            line: |view, _, line| {
                if line == "MAIL FROM:\r\n" {
                    *view.memory = 1;
                } else if line.starts_with("MAIL FROM:<") && *view.memory == 1 {
                    return answer("503 5.5.1 Reset first");
                }
                Line::Pass
            },
            may_fail: &["bad-mail-changes-nothing", "observer-out-of-sequence-wrongly"],
            ..RIGHT
        },
        Fault {
            name: "DATA without a recipient is accepted",
            line: |view, verb, _| {
                if verb == "DATA" && matches!(view.state, State::Ready | State::Mail) {
                    answer("354 Go on")
                } else {
                    Line::Pass
                }
            },
            may_fail: &[
                "data-after-refused-rcpt",
                "data-without-mail",
                "data-without-rcpt",
                "observer-data-without-recipients-accepted",
            ],
            ..RIGHT
        },
        Fault {
            name: "DATA with an argument is accepted",
            line: |_, verb, _| if verb == "DATA" { instead("DATA\r\n") } else { Line::Pass },
            may_fail: &["data-argument", "observer-argument-accepted"],
            ..RIGHT
        },
        Fault {
            name: "DATA is answered with 250",
            silent: true,
            reply: |_, verb, reply| if verb == "DATA" { reply.replace("354", "250 2.0.0") } else { reply },
            may_fail: &["data", "observer-reply-out-of-sequence"],
            ..RIGHT
        },
        Fault {
            name: "the end of a message leaves the transaction open",
            line: |view, verb, _| match verb {
                "RCPT" if *view.memory == 1 => answer("250 2.1.5 OK"),
                "RSET" | "EHLO" | "HELO" | "MAIL" => {
                    *view.memory = 0;
                    Line::Pass
                }
                _ => Line::Pass,
            },
            reply: |view, verb, reply| {
                if verb == "." {
                    *view.memory = 1;
                }
                reply
            },
            may_fail: &["message-ends-transaction", "observer-rcpt-without-mail-accepted"],
            ..RIGHT
        },
        Fault {
            name: "the end of a message keeps its recipients",
            line: |view, verb, _| match verb {
                "DATA" if *view.memory == 1 && view.state == State::Mail => answer("354 Go on"),
                "RSET" | "EHLO" | "HELO" => {
                    *view.memory = 0;
                    Line::Pass
                }
                _ => Line::Pass,
            },
            reply: |view, verb, reply| {
                if verb == "." {
                    *view.memory = 1;
                }
                reply
            },
            may_fail: &["message-discards-recipients", "observer-data-without-recipients-accepted"],
            ..RIGHT
        },
        Fault {
            name: "a second message is refused",
            line: |view, verb, _| {
                if verb == "MAIL" && *view.memory == 1 { answer("503 5.5.1 One is enough") } else { Line::Pass }
            },
            reply: |view, verb, reply| {
                if verb == "." {
                    *view.memory = 1;
                }
                reply
            },
            may_fail: &["observer-out-of-sequence-wrongly", "second-message"],
            ..RIGHT
        },
        Fault {
            name: "the null reverse-path is refused",
            line: |_, _, line| if line == "MAIL FROM:<>\r\n" { answer("501 5.1.7 Nobody") } else { Line::Pass },
            may_fail: &["null-sender"],
            ..RIGHT
        },
        Fault {
            name: "Postmaster without a domain is refused",
            line: |_, _, line| {
                let bare = path(line).eq_ignore_ascii_case("postmaster");
                if bare && line.starts_with("RCPT") { answer("550 5.1.1 Who?") } else { Line::Pass }
            },
            may_fail: &["postmaster"],
            ..RIGHT
        },
        Fault {
            name: "Postmaster has a case",
            line: |_, _, line| if path(line) == "postMASTER" { answer("550 5.1.1 Who?") } else { Line::Pass },
            may_fail: &["postmaster-any-case"],
            ..RIGHT
        },
        Fault {
            name: "postmaster at a domain is refused",
            line: |_, _, line| {
                if path(line).starts_with("postmaster@") { answer("550 5.1.1 Who?") } else { Line::Pass }
            },
            may_fail: &["postmaster-at-domain"],
            ..RIGHT
        },
        Fault {
            name: "domains have a case",
            line: |_, _, line| if path(line).ends_with("MX.EXAMPLE") { answer("550 5.1.2 Where?") } else { Line::Pass },
            may_fail: &["domain-any-case"],
            ..RIGHT
        },
        Fault {
            name: "no more than 50 recipients",
            config: |config| config.max_recipients = 50,
            may_fail: &["limits-rcptmax", "recipients-100"],
            ..RIGHT
        },
        Fault {
            name: "a recipient cannot be named twice",
            line: |view, verb, line| {
                let again = verb == "RCPT" && path(line) == "ann@mx.example" && view.state == State::Rcpt;
                if again { answer("501 5.1.3 Twice") } else { Line::Pass }
            },
            may_fail: &["same-recipient-twice"],
            ..RIGHT
        },
        Fault {
            name: "source routes are refused",
            line: |_, _, line| {
                if path(line).starts_with('@') && path(line).contains(':') {
                    answer("501 5.1.3 No routes")
                } else {
                    Line::Pass
                }
            },
            may_fail: &["mail-source-route", "rcpt-source-route"],
            ..RIGHT
        },
        Fault {
            name: "quoted strings are refused",
            line: |_, _, line| if path(line).starts_with('"') { answer("501 5.1.3 No quotes") } else { Line::Pass },
            may_fail: &["mail-quoted", "rcpt-quoted"],
            ..RIGHT
        },
        Fault {
            name: "quoted pairs are refused",
            line: |_, _, line| if path(line).contains('\\') { answer("501 5.1.3 No pairs") } else { Line::Pass },
            may_fail: &["mail-quoted-pair", "rcpt-quoted-pairs"],
            ..RIGHT
        },
        Fault {
            name: "an address is split at its first at sign",
            line: |_, _, line| {
                if path(line).starts_with('"') && path(line).matches('@').count() > 1 {
                    answer("501 5.1.3 No address")
                } else {
                    Line::Pass
                }
            },
            may_fail: &["mail-quoted-at"],
            ..RIGHT
        },
        Fault {
            name: "not all of atext is taken",
            line: |_, _, line| if path(line).contains('!') { answer("501 5.1.7 No address") } else { Line::Pass },
            may_fail: &["mail-atext"],
            ..RIGHT
        },
        Fault {
            name: "senders at an address literal are refused",
            line: |_, _, line| if path(line).contains("@[") { answer("501 5.1.7 No literals") } else { Line::Pass },
            may_fail: &["mail-ipv4-literal", "mail-ipv6-literal"],
            ..RIGHT
        },
        Fault {
            name: "local-parts end at 63 octets",
            line: |_, _, line| {
                if path(line).find('@').is_some_and(|at| at > 63) { answer("501 5.1.7 Too long") } else { Line::Pass }
            },
            may_fail: &["local-part-64"],
            ..RIGHT
        },
        Fault {
            name: "domains end at 128 octets",
            line: |_, _, line| {
                let domain = path(line).rsplit_once('@').map_or("", |(_, domain)| domain);
                if domain.len() > 128 { answer("501 5.1.7 Too long") } else { Line::Pass }
            },
            may_fail: &["domain-of-labels"],
            ..RIGHT
        },
        Fault {
            name: "paths end at 255 octets",
            line: |_, _, line| if path(line).len() > 253 { answer("501 5.1.7 Too long") } else { Line::Pass },
            may_fail: &["path-256"],
            ..RIGHT
        },
    ]
}
