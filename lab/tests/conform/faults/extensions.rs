//! Faults of extensions: pipelining, chunking, TLS, AUTH, parameters, LMTP.

use super::super::twin::{Fault, Line, RIGHT, find};
use super::{answer, instead};
use smtp_core::session::State;
use smtp_core::syntax::Extension;

pub(super) fn faults() -> Vec<Fault> {
    [pipelining(), chunking(), security(), parameters(), lmtp()].concat()
}

fn pipelining() -> Vec<Fault> {
    vec![
        Fault {
            name: "what has arrived after a command is lost",
            silent: true,
            line: |_, verb, _| if verb == "MAIL" || verb == "RSET" { Line::Flush } else { Line::Pass },
            may_fail: &[
                "bdat-group*",
                "group*",
                "observer-reply-missing",
                "observer-reply-not-listed",
                "observer-required-command-refused",
                "observer-server-closed",
            ],
            ..RIGHT
        },
        Fault {
            name: "an unknown command in a group has no reply",
            silent: true,
            reply: |_, verb, reply| if verb == "LUNCH" { String::new() } else { reply },
            may_fail: &[
                "group-unknown-command",
                "observer-reply-missing",
                "unknown-command",
                "unknown-command-goes-on",
            ],
            ..RIGHT
        },
        Fault {
            name: "the eighth RSET in a row has two replies",
            line: |view, verb, _| {
                *view.memory = if verb == "RSET" { *view.memory + 1 } else { 0 };
                Line::Pass
            },
            reply: |view, _, reply| if *view.memory == 8 { reply.repeat(2) } else { reply },
            may_fail: &["group-of-many", "observer-unsolicited-reply"],
            ..RIGHT
        },
        Fault {
            name: "a refused RCPT ends the group",
            silent: true,
            line: |_, _, line| if line == "RCPT TO:<@>\r\n" { Line::Flush } else { Line::Pass },
            may_fail: &[
                "group-with-refused-rcpt",
                "group-without-recipients",
                "observer-quit-unanswered",
                "observer-reply-missing",
                "observer-reply-out-of-sequence",
            ],
            ..RIGHT
        },
    ]
}

fn chunking() -> Vec<Fault> {
    vec![
        Fault {
            name: "CRLF . CRLF ends a chunk",
            chunk: |octets| find(octets, b"\r\n.\r\n").map(|(at, _)| (at + 2, 3)),
            may_fail: &["bdat-dot", "observer-unsolicited-reply", "sink-bdat-dot"],
            ..RIGHT
        },
        Fault {
            name: "the octets of a refused chunk are read as commands",
            line: |view, verb, _| {
                let refused = verb == "BDAT" && !matches!(view.state, State::Rcpt | State::Bdat);
                if refused { answer("503 5.5.1 Not now") } else { Line::Pass }
            },
            may_fail: &[
                "bdat-after-last-discards",
                "bdat-without-mail-discards",
                "bdat-without-rcpt",
                "observer-unsolicited-reply",
            ],
            ..RIGHT
        },
        Fault {
            name: "DATA after BDAT is accepted",
            line: |view, verb, _| {
                if verb == "DATA" && view.state == State::Bdat { answer("354 Go on") } else { Line::Pass }
            },
            may_fail: &["bdat-then-data", "observer-data-after-bdat-not-refused"],
            ..RIGHT
        },
        Fault {
            name: "BDAT after BDAT LAST is answered with 501",
            line: |view, verb, line| {
                if verb == "BDAT" && line.contains("LAST") && view.state == State::Rcpt {
                    *view.memory = 1;
                }
                Line::Pass
            },
            reply: |view, verb, reply| {
                let again = verb == "BDAT" && *view.memory == 1 && reply.starts_with("503");
                if again { reply.replace("503 5.5.1", "501 5.5.4") } else { reply }
            },
            may_fail: &["bdat-after-last", "observer-bdat-after-last-not-refused"],
            ..RIGHT
        },
        Fault {
            name: "BDAT without MAIL is accepted",
            reply: |view, verb, reply| {
                let early = verb == "BDAT" && view.state == State::Ready && reply.starts_with("503");
                if early { "250 2.0.0 OK\r\n".to_owned() } else { reply }
            },
            may_fail: &["bdat-without-mail", "observer-bdat-after-last-not-refused"],
            ..RIGHT
        },
        Fault {
            name: "BDAT is not known in lower case",
            reply: |view, verb, reply| {
                if verb == "BDAT" && view.line.starts_with("bdat") { "500 5.5.2 What?\r\n".to_owned() } else { reply }
            },
            may_fail: &["bdat-lower-case"],
            ..RIGHT
        },
        Fault {
            name: "BDAT 0 LAST is refused",
            reply: |view, verb, reply| {
                if verb == "BDAT" && view.line == "BDAT 0 LAST\r\n" {
                    "501 5.5.4 Nothing?\r\n".to_owned()
                } else {
                    reply
                }
            },
            may_fail: &["bdat-zero-last"],
            ..RIGHT
        },
        Fault {
            name: "a chunk is answered with 251",
            silent: true,
            reply: |_, verb, reply| if verb == "BDAT" { reply.replace("250 ", "251 ") } else { reply },
            may_fail: &["bdat-last", "observer-chunk-reply"],
            ..RIGHT
        },
        Fault {
            name: "a chunk has two replies",
            silent: true,
            reply: |_, verb, reply| if verb == "BDAT" && reply.starts_with("250") { reply.repeat(2) } else { reply },
            may_fail: &["bdat-last", "observer-unsolicited-reply"],
            ..RIGHT
        },
        Fault {
            name: "BDAT LAST leaves the transaction open",
            line: |view, verb, _| match verb {
                "RCPT" if *view.memory == 1 => answer("250 2.1.5 OK"),
                "BDAT" => Line::Pass,
                _ => {
                    *view.memory = 0;
                    Line::Pass
                }
            },
            reply: |view, verb, reply| {
                if verb == "BDAT" && view.line.contains("LAST") && reply.starts_with("250") {
                    *view.memory = 1;
                }
                reply
            },
            may_fail: &["bdat-last-ends-transaction", "observer-rcpt-without-mail-accepted"],
            ..RIGHT
        },
        Fault {
            name: "dots of a chunk are unstuffed",
            keep: |message| String::from_utf8_lossy(&message).replace("\n..one\r\n.two", "\n.one\r\ntwo").into_bytes(),
            may_fail: &["sink-bdat-dots-stay"],
            ..RIGHT
        },
        Fault {
            name: "chunks of a message are put together with CRLF",
            keep: |message| String::from_utf8_lossy(&message).replace("Two chunks", "Two \r\nchunks").into_bytes(),
            may_fail: &["sink-bdat-chunks"],
            ..RIGHT
        },
        Fault {
            name: "BINARYMIME is offered without CHUNKING",
            reply: |_, verb, reply| if verb == "EHLO" { reply.replace("250-CHUNKING\r\n", "") } else { reply },
            may_fail: &["observer-binarymime-without-chunking"],
            ..RIGHT
        },
        Fault {
            name: "BODY=BINARYMIME is refused",
            line: |_, _, line| if line.contains("BINARYMIME") { answer("501 5.5.4 No") } else { Line::Pass },
            may_fail: &["binarymime"],
            ..RIGHT
        },
        Fault {
            name: "DATA with BINARYMIME is accepted",
            line: |view, verb, line| {
                if verb == "MAIL" {
                    *view.memory = u32::from(line.contains("BINARYMIME"));
                }
                if verb == "DATA" && *view.memory == 1 { answer("354 Go on") } else { Line::Pass }
            },
            may_fail: &["binarymime-data", "observer-binarymime-data-not-refused"],
            ..RIGHT
        },
        Fault {
            name: "BDAT with any marker is accepted",
            line: |_, _, line| if line == "BDAT 0 FIRST\r\n" { instead("BDAT 0\r\n") } else { Line::Pass },
            may_fail: &["bdat-bad-marker"],
            ..RIGHT
        },
    ]
}

fn security() -> Vec<Fault> {
    vec![
        Fault {
            name: "STARTTLS is offered within TLS",
            reply: |view, verb, reply| {
                let again = verb == "EHLO" && view.tls && reply.starts_with("250-");
                if again { reply.replacen("\r\n", "\r\n250-STARTTLS\r\n", 1) } else { reply }
            },
            may_fail: &["starttls-not-offered-in-tls"],
            ..RIGHT
        },
        Fault {
            name: "STARTTLS is accepted within TLS",
            line: |view, verb, _| if verb == "STARTTLS" && view.tls { answer("220 2.0.0 Again") } else { Line::Pass },
            may_fail: &["observer-unlisted-command-accepted", "starttls-in-tls"],
            ..RIGHT
        },
        Fault {
            name: "STARTTLS with an argument is accepted",
            line: |_, verb, line| {
                if verb == "STARTTLS" && line.len() > 10 { answer("220 2.0.0 Go on") } else { Line::Pass }
            },
            may_fail: &["starttls-argument"],
            ..RIGHT
        },
        Fault {
            name: "the transaction goes on within TLS",
            line: |view, verb, _| match verb {
                "MAIL" if !view.tls => {
                    *view.memory = 1;
                    Line::Pass
                }
                "STARTTLS" if view.state == State::Mail => Line::Before("RSET\r\n"),
                "RCPT" if view.tls && *view.memory == 1 => answer("250 2.1.5 OK"),
                _ => Line::Pass,
            },
            may_fail: &["observer-rcpt-without-mail-accepted", "starttls-forgets-transaction"],
            ..RIGHT
        },
        Fault {
            name: "octets after STARTTLS are commands within TLS",
            keeps_plaintext: true,
            may_fail: &[
                "observer-rcpt-without-mail-accepted",
                "observer-unsolicited-reply",
                "starttls-injected-mail",
                "starttls-injection",
            ],
            ..RIGHT
        },
        Fault {
            name: "text follows the 220 to STARTTLS",
            reply: |_, verb, reply| {
                if verb == "STARTTLS" && reply.starts_with("220") {
                    format!("{reply}250 2.0.0 Hello\r\n")
                } else {
                    reply
                }
            },
            may_fail: &["observer-plaintext-after-starttls"],
            ..RIGHT
        },
        Fault {
            name: "STARTTLS is offered and not implemented",
            line: |_, verb, _| if verb == "STARTTLS" { answer("502 5.5.1 No TLS") } else { Line::Pass },
            may_fail: &["observer-offered-not-implemented", "starttls"],
            ..RIGHT
        },
        Fault {
            name: "a cancelled exchange is answered with 535",
            line: |_, verb, line| {
                if verb == "response" && line == "*\r\n" {
                    Line::After("*\r\n", "535 5.7.8 No\r\n")
                } else {
                    Line::Pass
                }
            },
            may_fail: &["auth-cancel", "observer-cancellation-not-refused"],
            ..RIGHT
        },
        Fault {
            name: "what is not base64 is answered with 535",
            line: |_, verb, line| match (verb, line) {
                ("AUTH", "AUTH PLAIN !!!!\r\n") => answer("535 5.7.8 No"),
                ("response", "!!!!\r\n") => Line::After("*\r\n", "535 5.7.8 No\r\n"),
                _ => Line::Pass,
            },
            may_fail: &["auth-bad-base64", "auth-bad-base64-response"],
            ..RIGHT
        },
        Fault {
            name: "padding within base64 is passed over",
            line: |_, verb, line| {
                if verb == "response" && line.starts_with("AG==") {
                    Line::Lines(vec![b"AGpvZQBzZWNyZXQ=\r\n".to_vec()])
                } else {
                    Line::Pass
                }
            },
            may_fail: &["auth-pad-inside", "observer-response-not-refused"],
            ..RIGHT
        },
        Fault {
            name: "AUTH after AUTH is accepted",
            line: |view, verb, _| {
                if verb == "AUTH" && view.authenticated { answer("235 2.7.0 Again") } else { Line::Pass }
            },
            may_fail: &["auth-twice", "observer-repeated-auth-not-refused"],
            ..RIGHT
        },
        Fault {
            name: "AUTH in a transaction is accepted",
            line: |view, verb, _| {
                if verb == "AUTH" && view.state == State::Mail { answer("235 2.7.0 Welcome") } else { Line::Pass }
            },
            may_fail: &["auth-in-transaction", "observer-auth-in-transaction-not-refused"],
            ..RIGHT
        },
        Fault {
            name: "AUTH in a transaction ends it",
            line: |view, verb, _| {
                let inside = verb == "AUTH" && view.state == State::Mail;
                if inside { Line::After("RSET\r\n", "503 5.5.1 Not now\r\n") } else { Line::Pass }
            },
            may_fail: &["auth-in-transaction-changes-nothing"],
            ..RIGHT
        },
        Fault {
            name: "an unknown mechanism is answered with 535",
            line: |_, _, line| if line == "AUTH X-LUNCH\r\n" { answer("535 5.7.8 No") } else { Line::Pass },
            may_fail: &["auth-unknown-mechanism-504"],
            ..RIGHT
        },
        Fault {
            name: "AUTH without a mechanism begins an exchange",
            line: |_, _, line| if line == "AUTH\r\n" { instead("AUTH PLAIN\r\n") } else { Line::Pass },
            may_fail: &["auth-without-mechanism"],
            ..RIGHT
        },
        Fault {
            name: "mechanisms are not known in lower case",
            line: |_, _, line| if line == "auth plain\r\n" { answer("504 5.5.4 No") } else { Line::Pass },
            may_fail: &["auth-lower-case"],
            ..RIGHT
        },
        Fault {
            name: "commands are read within an exchange",
            line: |_, verb, line| {
                if verb == "response" && line == "NOOP\r\n" {
                    Line::After("*\r\n", "250 2.0.0 OK\r\n")
                } else {
                    Line::Pass
                }
            },
            may_fail: &["auth-response-is-no-command", "observer-reply-not-listed"],
            ..RIGHT
        },
        Fault {
            name: "a long response is accepted",
            line: |_, verb, line| {
                if verb == "response" && line.len() > 12_288 {
                    Line::Lines(vec![b"AGpvZQBzZWNyZXQ=\r\n".to_vec()])
                } else {
                    Line::Pass
                }
            },
            may_fail: &["auth-long-response"],
            ..RIGHT
        },
        Fault {
            name: "challenges are not in base64",
            reply: |_, verb, reply| if verb == "AUTH" { reply.replace("334 ", "334 go ahead!") } else { reply },
            may_fail: &["observer-challenge-not-base64"],
            ..RIGHT
        },
        Fault {
            name: "MAIL with AUTH= is refused",
            line: |_, _, line| if line.contains(" AUTH=<>") { answer("555 5.5.4 No") } else { Line::Pass },
            may_fail: &["auth-parameter"],
            ..RIGHT
        },
    ]
}

fn without(line: &str, parameter: &str) -> Line {
    instead(&line.replace(parameter, ""))
}

fn parameters() -> Vec<Fault> {
    vec![
        Fault {
            name: "SIZE is refused",
            line: |_, _, line| if line.contains(" SIZE=1000\r") { answer("501 5.5.4 No") } else { Line::Pass },
            may_fail: &["size"],
            ..RIGHT
        },
        Fault {
            name: "a SIZE above the maximum is accepted",
            line: |_, _, line| {
                if line.contains(" SIZE=1000001\r") { without(line, " SIZE=1000001") } else { Line::Pass }
            },
            may_fail: &["size-too-large"],
            ..RIGHT
        },
        Fault {
            name: "a SIZE above 64 bits wraps",
            line: |_, _, line| {
                let wraps = line.contains(" SIZE=18446744073709551617\r");
                if wraps { without(line, " SIZE=18446744073709551617") } else { Line::Pass }
            },
            may_fail: &["size-wraps"],
            ..RIGHT
        },
        Fault {
            name: "parameters in lower case are refused",
            line: |_, _, line| {
                if line.contains("> size=") || line.contains("> body=") { answer("555 5.5.4 No") } else { Line::Pass }
            },
            may_fail: &["body-lower-case", "size-lower-case"],
            ..RIGHT
        },
        Fault {
            name: "unknown parameters of MAIL are accepted",
            line: |_, verb, line| {
                if verb == "MAIL" && line.contains("XLUNCH") { without(line, " XLUNCH=12") } else { Line::Pass }
            },
            may_fail: &["observer-parameter-accepted", "unknown-mail-parameter"],
            ..RIGHT
        },
        Fault {
            name: "unknown parameters of RCPT are accepted",
            line: |_, verb, line| {
                if verb == "RCPT" && line.contains("XLUNCH") { without(line, " XLUNCH=12") } else { Line::Pass }
            },
            may_fail: &["observer-parameter-accepted", "unknown-rcpt-parameter"],
            ..RIGHT
        },
        Fault {
            name: "content larger than its declared size is cut, and the rest read as commands",
            content: |content| find(content, b"More than one ").map(|(at, length)| (at + length, 0)),
            may_fail: &["observer-unsolicited-reply", "size-smaller-than-content"],
            ..RIGHT
        },
        Fault {
            name: "BODY=8BITMIME is refused",
            line: |_, _, line| {
                if line.to_ascii_uppercase().contains(" BODY=8BITMIME\r") && !line.contains("7BIT ") {
                    answer("555 5.5.4 No")
                } else {
                    Line::Pass
                }
            },
            may_fail: &["eight-bit-mime"],
            ..RIGHT
        },
        Fault {
            name: "BODY=7BIT is refused",
            line: |_, _, line| if line.contains(" BODY=7BIT\r") { answer("501 5.5.4 No") } else { Line::Pass },
            may_fail: &["seven-bit"],
            ..RIGHT
        },
        Fault {
            name: "SMTPUTF8 is refused",
            line: |_, _, line| if line.ends_with(" SMTPUTF8\r\n") { answer("555 5.5.4 No") } else { Line::Pass },
            may_fail: &["smtputf8"],
            ..RIGHT
        },
        Fault {
            name: "UTF-8 is refused with SMTPUTF8",
            line: |_, _, line| if line.contains("j\u{c3}\u{b6}rg") { answer("501 5.1.7 No") } else { Line::Pass },
            may_fail: &["smtputf8-sender"],
            ..RIGHT
        },
        Fault {
            name: "SMTPUTF8 is offered without 8BITMIME",
            reply: |_, verb, reply| if verb == "EHLO" { reply.replace("250-8BITMIME\r\n", "") } else { reply },
            may_fail: &["observer-smtputf8-without-8bitmime"],
            ..RIGHT
        },
        Fault {
            name: "RET is refused",
            line: |_, _, line| {
                if line.contains("RET=FULL\r") || line.contains("RET=hdrs") {
                    answer("501 5.5.4 No")
                } else {
                    Line::Pass
                }
            },
            may_fail: &["dsn-ret-full"],
            ..RIGHT
        },
        Fault {
            name: "RET with any value is accepted",
            line: |_, _, line| if line.contains(" RET=LUNCH") { without(line, " RET=LUNCH") } else { Line::Pass },
            may_fail: &["dsn-ret-syntax"],
            ..RIGHT
        },
        Fault {
            name: "RET given twice is accepted",
            line: |_, _, line| if line.contains(" RET=HDRS\r") { without(line, " RET=FULL") } else { Line::Pass },
            may_fail: &["dsn-ret-twice"],
            ..RIGHT
        },
        Fault {
            name: "ENVID of 100 characters is refused",
            line: |_, _, line| if line.contains("ENVID=A+2BA+2B") { answer("501 5.5.4 Too long") } else { Line::Pass },
            may_fail: &["dsn-envid"],
            ..RIGHT
        },
        Fault {
            name: "ENVID given twice is accepted",
            line: |_, _, line| if line.contains(" ENVID=b") { without(line, " ENVID=b") } else { Line::Pass },
            may_fail: &["dsn-envid-twice"],
            ..RIGHT
        },
        Fault {
            name: "NOTIFY with a list is refused",
            line: |_, _, line| if line.contains("NOTIFY=SUCCESS,") { answer("501 5.5.4 No") } else { Line::Pass },
            may_fail: &["dsn-notify-list"],
            ..RIGHT
        },
        Fault {
            name: "NOTIFY=NEVER does not stand alone",
            line: |_, _, line| {
                if line.contains("NEVER,SUCCESS") { without(line, " NOTIFY=NEVER,SUCCESS") } else { Line::Pass }
            },
            may_fail: &["dsn-notify-never-and-more"],
            ..RIGHT
        },
        Fault {
            name: "ORCPT of 500 characters is refused",
            line: |_, _, line| {
                if line.contains("ORCPT=") && line.len() > 512 { answer("500 5.5.6 Too long") } else { Line::Pass }
            },
            may_fail: &["dsn-orcpt-500", "observer-required-command-refused"],
            ..RIGHT
        },
        Fault {
            name: "ORCPT is refused",
            line: |_, _, line| if line.contains("ORCPT=rfc822;ann") { answer("555 5.5.4 No") } else { Line::Pass },
            may_fail: &["dsn-orcpt"],
            ..RIGHT
        },
    ]
}

fn lmtp() -> Vec<Fault> {
    let lmtp = Fault { lmtp: true, ..RIGHT };
    vec![
        Fault {
            name: "EHLO is accepted in LMTP",
            line: |_, verb, line| {
                if verb == "EHLO" { instead(&line.replace("EHLO", "LHLO")) } else { Line::Pass }
            },
            may_fail: &["lmtp-ehlo"],
            ..lmtp
        },
        Fault {
            name: "HELO is accepted in LMTP",
            line: |_, verb, _| if verb == "HELO" { answer("250 twin.example") } else { Line::Pass },
            may_fail: &["lmtp-helo"],
            ..lmtp
        },
        Fault {
            name: "content has one reply in LMTP",
            silent: true,
            reply: |_, verb, reply| match reply.split_once("\r\n") {
                Some((first, _)) if verb == "." => format!("{first}\r\n"),
                _ => reply,
            },
            may_fail: &["lmtp-reply-for-each", "observer-lmtp-reply-missing"],
            ..lmtp
        },
        Fault {
            name: "content has a reply too many in LMTP",
            silent: true,
            reply: |_, verb, reply| if verb == "." { format!("{reply}250 2.0.0 All of them\r\n") } else { reply },
            may_fail: &[
                "end-of-data",
                "lmtp-reply-for-each",
                "observer-end-of-data-misread",
                "observer-lmtp-reply-too-many",
                "observer-quit-refused",
                "observer-quit-unanswered",
                "observer-unsolicited-reply",
            ],
            ..lmtp
        },
        Fault {
            name: "BDAT LAST has one reply in LMTP",
            silent: true,
            reply: |_, verb, reply| match reply.split_once("\r\n") {
                Some((first, _)) if verb == "BDAT" => format!("{first}\r\n"),
                _ => reply,
            },
            may_fail: &["lmtp-bdat-reply-for-each", "observer-lmtp-reply-missing"],
            ..lmtp
        },
        Fault {
            name: "DATA without a recipient is answered with 554 in LMTP",
            line: |view, verb, _| {
                if verb == "DATA" && view.state == State::Mail { answer("554 5.5.1 Nobody") } else { Line::Pass }
            },
            may_fail: &["lmtp-data-without-rcpt", "observer-lmtp-data-not-refused"],
            ..lmtp
        },
        Fault {
            name: "PIPELINING is not offered in LMTP",
            config: |config| {
                let offer = std::mem::take(&mut config.capabilities);
                config.capabilities = offer.without(Extension::Pipelining);
            },
            may_fail: &["observer-lmtp-without-extensions"],
            ..lmtp
        },
    ]
}
