//! Faults of hello, of the commands that belong to no transaction, and of lines.

use super::super::twin::{Fault, Line, RIGHT};
use super::{answer, instead, octets};
use smtp_core::session::State;
use smtp_core::syntax::Dialect;

pub(super) fn faults() -> Vec<Fault> {
    vec![
        Fault {
            name: "EHLO with an IPv4 literal is refused",
            line: |_, _, line| if line.contains("LO [192") { answer("501 5.5.4 No literals") } else { Line::Pass },
            may_fail: &["ehlo-ipv4-literal"],
            ..RIGHT
        },
        Fault {
            name: "EHLO with an IPv6 literal is refused",
            line: |_, _, line| if line.contains("EHLO [IPv6") { answer("501 5.5.4 No literals") } else { Line::Pass },
            may_fail: &["ehlo-ipv6-literal"],
            ..RIGHT
        },
        Fault {
            name: "HELO is not implemented",
            line: |_, verb, _| if verb == "HELO" { answer("502 5.5.1 No HELO") } else { Line::Pass },
            may_fail: &["helo", "observer-required-command-refused"],
            ..RIGHT
        },
        Fault {
            name: "HELO is answered with the list of extensions",
            line: |_, verb, line| {
                if verb == "HELO" { instead(&line.replace("HELO", "EHLO")) } else { Line::Pass }
            },
            may_fail: &["observer-extended-helo-reply"],
            ..RIGHT
        },
        Fault {
            name: "EHLO leaves the transaction open",
            line: |view, verb, _| {
                let is_open = matches!(view.state, State::Mail | State::Rcpt);
                if verb == "EHLO" && is_open { Line::Answer(view.hello.to_owned()) } else { Line::Pass }
            },
            may_fail: &[
                "ehlo-discards-recipients",
                "ehlo-ends-transaction",
                "observer-data-without-recipients-accepted",
                "observer-rcpt-without-mail-accepted",
            ],
            ..RIGHT
        },
        Fault {
            name: "HELO leaves the transaction open",
            line: |view, verb, _| {
                let is_open = matches!(view.state, State::Mail | State::Rcpt);
                if verb == "HELO" && is_open { answer("250 twin.example") } else { Line::Pass }
            },
            may_fail: &["helo-ends-transaction", "observer-rcpt-without-mail-accepted"],
            ..RIGHT
        },
        Fault {
            name: "EHLO that is refused ends the transaction",
            line: |_, _, line| {
                if line == "EHLO \r\n" { Line::After("RSET\r\n", "501 5.5.4 Who?\r\n") } else { Line::Pass }
            },
            may_fail: &["ehlo-refused-changes-nothing", "observer-out-of-sequence-wrongly"],
            ..RIGHT
        },
        Fault {
            name: "a second EHLO is refused",
            line: |view, verb, line| {
                let again =
                    verb == "EHLO" && line != "EHLO \r\n" && !view.hello.is_empty() && view.state != State::Start;
                if again { answer("503 5.5.1 Once is enough") } else { Line::Pass }
            },
            may_fail: &["ehlo-twice", "observer-reply-not-listed"],
            ..RIGHT
        },
        Fault {
            name: "verbs in lower case are not known",
            silent: true,
            line: |_, _, line| {
                let verb = line.split([' ', '\r']).next().unwrap_or_default();
                let is_lower = verb.len() > 3 && verb != "bdat" && verb.bytes().any(|octet| octet.is_ascii_lowercase());
                if is_lower { answer("500 5.5.2 What?") } else { Line::Pass }
            },
            may_fail: &[
                "auth-lower-case",
                "data-lower-case",
                "ehlo-lower-case",
                "mail-lower-case",
                "observer-offered-not-implemented",
                "observer-quit-refused",
                "observer-required-command-refused",
                "observer-rset-refused",
                "quit-lower-case",
                "rcpt-mixed-case",
                "rset-lower-case",
                "starttls-lower-case",
            ],
            ..RIGHT
        },
        Fault {
            name: "MAIL is accepted before EHLO",
            config: |config| config.mail_without_hello = true,
            may_fail: &["mail-before-hello"],
            ..RIGHT
        },
        Fault {
            name: "LHLO is accepted in SMTP",
            line: |_, verb, line| {
                if verb == "LHLO" { instead(&line.replace("LHLO", "EHLO")) } else { Line::Pass }
            },
            may_fail: &["lhlo-in-smtp"],
            ..RIGHT
        },
        Fault {
            name: "NOOP with an argument is refused",
            line: |_, verb, line| {
                if verb == "NOOP" && line.len() > 8 { answer("501 5.5.4 Nothing more") } else { Line::Pass }
            },
            may_fail: &["noop-argument"],
            ..RIGHT
        },
        Fault {
            name: "nothing but EHLO is processed before EHLO",
            line: |view, verb, _| {
                let early = view.state == State::Start && ["NOOP", "RSET", "HELP", "VRFY", "EXPN"].contains(&verb);
                if early { answer("503 5.5.1 Say EHLO first") } else { Line::Pass }
            },
            may_fail: &[
                "expn-before-hello",
                "noop-before-hello",
                "observer-non-transaction-refused",
                "observer-rset-refused",
                "rset-before-hello",
                "vrfy-before-hello",
            ],
            ..RIGHT
        },
        Fault {
            name: "QUIT is refused before EHLO",
            silent: true,
            line: |view, verb, _| {
                if view.state == State::Start && verb == "QUIT" {
                    answer("503 5.5.1 Say EHLO first")
                } else {
                    Line::Pass
                }
            },
            may_fail: &["observer-quit-refused", "quit-before-hello"],
            ..RIGHT
        },
        Fault {
            name: "NOOP ends the transaction",
            line: |_, verb, _| if verb == "NOOP" { Line::Before("RSET\r\n") } else { Line::Pass },
            may_fail: &["noop-in-transaction", "observer-out-of-sequence-wrongly"],
            ..RIGHT
        },
        Fault {
            name: "VRFY ends the transaction",
            line: |_, verb, _| if verb == "VRFY" { Line::Before("RSET\r\n") } else { Line::Pass },
            may_fail: &["observer-out-of-sequence-wrongly", "vrfy-in-transaction"],
            ..RIGHT
        },
        Fault {
            name: "EXPN ends the transaction",
            line: |_, verb, _| if verb == "EXPN" { Line::Before("RSET\r\n") } else { Line::Pass },
            may_fail: &["expn-in-transaction", "observer-out-of-sequence-wrongly"],
            ..RIGHT
        },
        Fault {
            name: "HELP ends the transaction",
            line: |_, verb, _| if verb == "HELP" { Line::Before("RSET\r\n") } else { Line::Pass },
            may_fail: &["help-in-transaction", "observer-out-of-sequence-wrongly"],
            ..RIGHT
        },
        Fault {
            name: "HELP is not implemented",
            line: |_, verb, _| if verb == "HELP" { answer("502 5.5.1 No help") } else { Line::Pass },
            may_fail: &["help"],
            ..RIGHT
        },
        Fault {
            name: "VRFY is not known",
            line: |_, verb, _| if verb == "VRFY" { answer("500 5.5.2 What?") } else { Line::Pass },
            may_fail: &["observer-required-command-refused", "vrfy"],
            ..RIGHT
        },
        Fault {
            name: "VRFY is answered with 220",
            line: |_, verb, _| if verb == "VRFY" { answer("220 2.0.0 Somebody") } else { Line::Pass },
            may_fail: &["observer-reply-not-listed", "vrfy-answer"],
            ..RIGHT
        },
        Fault {
            name: "unknown commands are accepted",
            line: |_, verb, _| if verb == "LUNCH" { answer("250 2.0.0 Fine") } else { Line::Pass },
            may_fail: &["group-unknown-command", "unknown-command"],
            ..RIGHT
        },
        Fault {
            name: "unknown commands are answered with 503",
            line: |_, verb, _| if verb == "LUNCH" { answer("503 5.5.1 Not now") } else { Line::Pass },
            may_fail: &["unknown-command"],
            ..RIGHT
        },
        Fault {
            name: "unknown commands end the connection",
            line: |_, verb, _| if verb == "LUNCH" { Line::Close } else { Line::Pass },
            may_fail: &["observer-server-closed", "unknown-command-goes-on"],
            ..RIGHT
        },
        Fault {
            name: "unknown commands end the transaction",
            line: |_, verb, _| if verb == "LUNCH" { Line::Before("RSET\r\n") } else { Line::Pass },
            may_fail: &["observer-out-of-sequence-wrongly", "unknown-command-in-transaction"],
            ..RIGHT
        },
        Fault {
            name: "TURN is accepted",
            line: |_, verb, _| if verb == "TURN" { answer("250 2.0.0 Your turn") } else { Line::Pass },
            may_fail: &["turn"],
            ..RIGHT
        },
        Fault {
            name: "QUIT is answered with 250",
            reply: |_, verb, reply| if verb == "QUIT" { reply.replace("221", "250") } else { reply },
            may_fail: &[
                "group-quit-after-content",
                "observer-quit-refused",
                "observer-quit-unanswered",
                "quit",
                "quit-before-hello",
            ],
            ..RIGHT
        },
        Fault {
            name: "QUIT has no reply",
            line: |_, verb, _| if verb == "QUIT" { Line::Close } else { Line::Pass },
            may_fail: &["observer-quit-unanswered", "quit", "quit-before-hello"],
            ..RIGHT
        },
        Fault {
            name: "QUIT is refused in a transaction",
            silent: true,
            line: |view, verb, _| {
                if verb == "QUIT" && view.state == State::Rcpt { answer("503 5.5.1 Send it first") } else { Line::Pass }
            },
            may_fail: &["observer-quit-refused", "quit-in-transaction"],
            ..RIGHT
        },
        Fault {
            name: "white space at the end of a line is refused",
            config: |config| config.dialect = Dialect::STRICT,
            may_fail: &["trailing-space", "trailing-space-mail"],
            ..RIGHT
        },
        Fault {
            name: "whatever can be understood is taken",
            config: |config| config.dialect = Dialect::LENIENT,
            may_fail: &[
                "ehlo-without-argument",
                "mail-two-dots",
                "observer-domain-character-accepted",
                "underscore-in-domain",
            ],
            ..RIGHT
        },
        Fault {
            name: "a bare LF ends a line",
            line: |_, _, line| {
                let bare = line.strip_suffix("\r\n").unwrap_or(line);
                if !bare.contains('\n') {
                    return Line::Pass;
                }
                Line::Lines(bare.split('\n').map(|part| octets(&format!("{part}\r\n"))).collect())
            },
            may_fail: &["group-lf", "lf-ends-no-command", "lf-in-mail", "observer-unsolicited-reply"],
            ..RIGHT
        },
        Fault {
            name: "a bare CR ends a line",
            line: |_, _, line| {
                let bare = line.strip_suffix("\r\n").unwrap_or(line);
                if !bare.contains('\r') {
                    return Line::Pass;
                }
                Line::Lines(bare.split('\r').map(|part| octets(&format!("{part}\r\n"))).collect())
            },
            may_fail: &["cr-ends-no-command", "crcrlf-ends-one-command", "observer-unsolicited-reply"],
            ..RIGHT
        },
        Fault {
            name: "vertical tab, form feed, 0x1c and 0x85 end a line",
            line: |_, _, line| {
                if !line.contains('\x0b') {
                    return Line::Pass;
                }
                let bare = line.strip_suffix("\r\n").unwrap_or(line);
                let parts = bare.split(['\x0b', '\x0c', '\x1c', '\u{85}']);
                Line::Lines(parts.map(|part| octets(&format!("{part}\r\n"))).collect())
            },
            may_fail: &["observer-unsolicited-reply", "vertical-tab-ends-no-command"],
            ..RIGHT
        },
        Fault {
            name: "an empty line is accepted",
            line: |_, _, line| if line.trim().is_empty() { answer("250 2.0.0 Fine") } else { Line::Pass },
            may_fail: &["empty-line", "space-only-line"],
            ..RIGHT
        },
        Fault {
            name: "lines of more than 500 octets are refused",
            line: |_, _, line| {
                if (501..=512).contains(&line.len()) { answer("500 5.5.6 Too long") } else { Line::Pass }
            },
            may_fail: &["command-line-512", "observer-required-command-refused"],
            ..RIGHT
        },
        Fault {
            name: "a line that is too long is read as many",
            line: |_, _, line| {
                if line.len() < 19_000 || !line.starts_with('N') {
                    return Line::Pass;
                }
                Line::Lines(line.trim_end().as_bytes().chunks(4000).map(|part| [part, b"\r\n"].concat()).collect())
            },
            may_fail: &[
                "long-line-one-reply",
                "observer-required-command-refused",
                "observer-rset-refused",
                "observer-unsolicited-reply",
            ],
            ..RIGHT
        },
        Fault {
            name: "QUIT with an argument is accepted",
            line: |_, verb, _| if verb == "QUIT" { instead("QUIT\r\n") } else { Line::Pass },
            may_fail: &["observer-argument-accepted", "quit-argument"],
            ..RIGHT
        },
    ]
}
