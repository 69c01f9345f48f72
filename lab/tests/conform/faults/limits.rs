//! Faults of LIMITS, and of the replies 521 and 556.

use super::super::twin::{Fault, Line, RIGHT};
use super::answer;

/// Counts the lines that begin with `counted`, since the last one that begins with `from`.
fn count(memory: &mut u32, line: &str, counted: &str, from: &str) -> u32 {
    if line.starts_with(from) {
        *memory = 0;
    }
    if line.starts_with(counted) {
        *memory += 1;
    }
    *memory
}

fn is_null_mx(line: &str) -> bool {
    line.contains("@example.com>")
}

pub(super) fn faults() -> Vec<Fault> {
    let greets = Fault {
        reply: |_, verb, reply| match verb {
            "greeting" => "521 twin.example does not accept mail\r\n".to_owned(),
            _ => reply,
        },
        ..RIGHT
    };
    vec![
        Fault {
            name: "a limit has a zero before its digits",
            reply: |_, _, reply| reply.replace("RCPTMAX=100", "RCPTMAX=0100"),
            may_fail: &["limits-syntax"],
            ..RIGHT
        },
        Fault {
            name: "RCPTMAX is more than the server takes",
            reply: |_, _, reply| reply.replace("RCPTMAX=100", "RCPTMAX=120"),
            may_fail: &["limits-rcptmax"],
            ..RIGHT
        },
        Fault {
            name: "MAILMAX is more than the server takes",
            line: |view, _, line| match count(view.memory, line, "MAIL", "EHLO") {
                11.. if line.starts_with("MAIL") => answer("503 5.5.1 That is enough"),
                _ => Line::Pass,
            },
            may_fail: &["limits-mailmax", "observer-out-of-sequence-wrongly"],
            ..RIGHT
        },
        Fault {
            name: "the connection is closed at a MAIL too many",
            line: |view, _, line| match count(view.memory, line, "MAIL", "EHLO") {
                21.. if line.starts_with("MAIL") => Line::Close,
                _ => Line::Pass,
            },
            may_fail: &["limits-mailmax-exceeded", "observer-server-closed"],
            ..RIGHT
        },
        Fault {
            name: "a recipient too many is refused for good",
            reply: |_, verb, reply| {
                if verb == "RCPT" { reply.replace("452 4.5.3", "552 5.5.3") } else { reply }
            },
            may_fail: &["limits-rcptmax-exceeded"],
            ..RIGHT
        },
        Fault {
            name: "a recipient too many ends the transaction",
            line: |view, _, line| match count(view.memory, line, "RCPT", "MAIL") {
                101.. if line.starts_with("RCPT") => Line::After("RSET\r\n", "452 4.5.3 Too many\r\n"),
                _ => Line::Pass,
            },
            may_fail: &["limits-rcptmax-exceeded-keeps-recipients", "observer-out-of-sequence-wrongly"],
            ..RIGHT
        },
        Fault {
            name: "RCPTDOMAINMAX counts a domain for each way to write it",
            line: |view, _, line| match count(view.memory, line, "RCPT", "MAIL") {
                6.. if line.contains("@MX.EXAMPLE>") => answer("452 4.5.3 Too many domains"),
                _ => Line::Pass,
            },
            may_fail: &["limits-rcptdomainmax"],
            ..RIGHT
        },
        Fault {
            name: "the connection is closed at QUIT after 521",
            line: |_, verb, _| if verb == "QUIT" { Line::Close } else { Line::Pass },
            may_fail: &["session-521"],
            ..greets
        },
        Fault {
            name: "MAIL is accepted after 521",
            line: |_, verb, _| if verb == "MAIL" { answer("250 2.1.0 OK") } else { Line::Pass },
            may_fail: &["observer-service-after-refusal", "session-521-mail"],
            ..greets
        },
        Fault {
            name: "the connection is closed at QUIT after 521 to EHLO",
            line: |view, verb, _| match verb {
                "EHLO" | "HELO" => {
                    *view.memory = 1;
                    answer("521 5.3.2 twin.example does not accept mail")
                }
                "QUIT" if *view.memory == 1 => Line::Close,
                _ => Line::Pass,
            },
            may_fail: &["hello-521", "observer-*"],
            ..RIGHT
        },
        Fault {
            name: "a null MX is answered with 550",
            line: |_, _, line| if is_null_mx(line) { answer("550 5.1.10 Null MX") } else { Line::Pass },
            may_fail: &["null-mx"],
            ..RIGHT
        },
        Fault {
            name: "556 has the enhanced code of an unknown mailbox",
            line: |_, _, line| if is_null_mx(line) { answer("556 5.1.1 Null MX") } else { Line::Pass },
            may_fail: &["null-mx"],
            ..RIGHT
        },
        Fault {
            name: "556 ends the transaction",
            line: |_, _, line| {
                if is_null_mx(line) { Line::After("RSET\r\n", "556 5.1.10 Null MX\r\n") } else { Line::Pass }
            },
            may_fail: &["null-mx-keeps-recipients", "observer-out-of-sequence-wrongly"],
            ..RIGHT
        },
    ]
}
