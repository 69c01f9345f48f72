//! Faults of the form of replies.

use super::super::twin::{Fault, Line, RIGHT};
use super::answer;

pub(super) fn faults() -> Vec<Fault> {
    vec![
        Fault {
            name: "the greeting has no domain",
            reply: |_, verb, reply| if verb == "greeting" { "220 (hello)\r\n".to_owned() } else { reply },
            may_fail: &["observer-greeting-syntax"],
            ..RIGHT
        },
        Fault {
            name: "EHLO has a line that is not a keyword",
            reply: |_, verb, reply| {
                if verb == "EHLO" && reply.starts_with("250-") {
                    reply.replacen("\r\n", "\r\n250-*\r\n", 1)
                } else {
                    reply
                }
            },
            may_fail: &["observer-ehlo-reply-syntax"],
            ..RIGHT
        },
        Fault {
            name: "NOOP is not implemented",
            line: |_, verb, _| if verb == "NOOP" { answer("502 5.5.1 No") } else { Line::Pass },
            may_fail: &["noop", "observer-reply-not-listed", "observer-required-command-refused"],
            ..RIGHT
        },
        Fault {
            name: "NOOP has no reply",
            silent: true,
            reply: |_, verb, reply| if verb == "NOOP" { String::new() } else { reply },
            may_fail: &["each-line-one-reply", "noop", "observer-reply-missing"],
            ..RIGHT
        },
        Fault {
            name: "NOOP has two replies",
            reply: |_, verb, reply| if verb == "NOOP" { reply.repeat(2) } else { reply },
            may_fail: &["each-line-one-reply", "observer-rset-refused", "observer-unsolicited-reply"],
            ..RIGHT
        },
        Fault {
            name: "NOOP is answered with 299",
            reply: |_, verb, reply| if verb == "NOOP" { reply.replace("250", "299") } else { reply },
            may_fail: &["noop", "observer-reply-second-digit"],
            ..RIGHT
        },
        Fault {
            name: "NOOP is answered with 150",
            reply: |_, verb, reply| if verb == "NOOP" { reply.replace("250", "150") } else { reply },
            may_fail: &["observer-reply-first-digit"],
            ..RIGHT
        },
        Fault {
            name: "a line of a reply has no code",
            reply: |_, verb, reply| if verb == "HELP" { format!("Hello!\r\n{reply}") } else { reply },
            may_fail: &["observer-reply-syntax"],
            ..RIGHT
        },
        Fault {
            name: "the lines of a reply have different codes",
            reply: |_, verb, reply| if verb == "HELP" { format!("211-2.0.0 Hello\r\n{reply}") } else { reply },
            may_fail: &["observer-reply-codes-differ"],
            ..RIGHT
        },
        Fault {
            name: "a line of a reply ends in LF",
            reply: |_, verb, reply| if verb == "HELP" { reply.replace("\r\n", "\n") } else { reply },
            may_fail: &["observer-bare-line-ending-in-reply"],
            ..RIGHT
        },
        Fault {
            name: "a reply has octets above 127",
            reply: |_, verb, reply| if verb == "HELP" { reply.replace("\r\n", " gr\u{fc}\u{df}e\r\n") } else { reply },
            may_fail: &["observer-reply-text"],
            ..RIGHT
        },
        Fault {
            name: "a reply has a control character",
            reply: |_, verb, reply| if verb == "HELP" { reply.replace("\r\n", " \x07\r\n") } else { reply },
            may_fail: &["observer-reply-text"],
            ..RIGHT
        },
        Fault {
            name: "a line of a reply has 600 octets",
            reply: |_, verb, reply| {
                if verb == "HELP" { reply.replace("\r\n", &format!(" {}\r\n", "a".repeat(590))) } else { reply }
            },
            may_fail: &["observer-reply-line-too-long"],
            ..RIGHT
        },
        Fault {
            name: "replies to RSET have no enhanced code",
            reply: |_, verb, reply| if verb == "RSET" { "250 OK\r\n".to_owned() } else { reply },
            may_fail: &["observer-argument-accepted", "observer-enhanced-code-missing", "rset-argument"],
            ..RIGHT
        },
        Fault {
            name: "the enhanced code is of another class",
            reply: |_, verb, reply| if verb == "RSET" { reply.replace(" 2.", " 5.") } else { reply },
            may_fail: &["observer-enhanced-code-class"],
            ..RIGHT
        },
        Fault {
            name: "the lines of a reply have different enhanced codes",
            reply: |_, verb, reply| {
                if verb == "RSET" && reply.starts_with("250") { format!("250-2.5.0 Well\r\n{reply}") } else { reply }
            },
            may_fail: &["observer-enhanced-codes-differ"],
            ..RIGHT
        },
        Fault {
            name: "the connection is closed after RSET",
            line: |_, verb, _| if verb == "RSET" { Line::Close } else { Line::Pass },
            may_fail: &["observer-server-closed"],
            ..RIGHT
        },
        Fault {
            name: "RSET is answered with 251",
            reply: |_, verb, reply| if verb == "RSET" { reply.replace("250 ", "251 ") } else { reply },
            may_fail: &["bdat-rset", "observer-rset-refused", "rset"],
            ..RIGHT
        },
    ]
}
