//! Faults of content: where it ends, what is kept of it, and lengths.

use super::super::twin::{Fault, Line, RIGHT, find};
use super::answer;

/// Changes the message that is about dots, and no chunk.
fn dots(message: Vec<u8>, change: fn(&str) -> String) -> Vec<u8> {
    let text = String::from_utf8_lossy(&message);
    if text.contains("\nlast\r\n") { change(&text).into_bytes() } else { message }
}

pub(super) fn faults() -> Vec<Fault> {
    vec![
        Fault {
            name: "LF . LF ends the content",
            content: |content| {
                content
                    .windows(4)
                    .position(|window| window[0] != b'\r' && window[1..] == *b"\n.\n")
                    .map(|at| (at + 1, 3))
            },
            may_fail: &[
                "lf-dot-lf",
                "lf-dot-lf-octet-by-octet",
                "observer-end-of-data-misread",
                "sink-lf-dot-lf",
                "sink-lf-dot-lf-octet-by-octet",
            ],
            ..RIGHT
        },
        Fault {
            name: "LF . CRLF ends the content",
            content: |content| {
                content
                    .windows(5)
                    .position(|window| window[0] != b'\r' && window[1..] == *b"\n.\r\n")
                    .map(|at| (at + 1, 4))
            },
            may_fail: &["lf-dot-crlf", "observer-end-of-data-misread", "sink-lf-dot-crlf"],
            ..RIGHT
        },
        Fault {
            name: "CRLF . LF ends the content",
            content: |content| find(content, b"\r\n.\n"),
            may_fail: &["crlf-dot-lf", "observer-end-of-data-misread", "sink-crlf-dot-lf"],
            ..RIGHT
        },
        Fault {
            name: "CR . CR ends the content",
            content: |content| {
                content.windows(4).position(|four| four.starts_with(b"\r.\r") && four[3] != b'\n').map(|at| (at, 3))
            },
            may_fail: &["cr-dot-cr", "observer-end-of-data-misread", "sink-cr-dot-cr"],
            ..RIGHT
        },
        Fault {
            name: "CR . CRLF ends the content",
            content: |content| find(content, b"\r.\r\n"),
            may_fail: &["cr-dot-crlf", "observer-end-of-data-misread", "sink-cr-dot-crlf"],
            ..RIGHT
        },
        Fault {
            name: "CRLF . CR ends the content",
            content: |content| {
                content.windows(5).position(|five| five.starts_with(b"\r\n.\r") && five[4] != b'\n').map(|at| (at, 4))
            },
            may_fail: &[
                "crcrlf-dot-crcrlf",
                "crlf-dot-cr",
                "crlf-dot-crcrlf",
                "observer-end-of-data-misread",
                "sink-crcrlf-dot-crcrlf",
                "sink-crlf-dot-cr",
                "sink-crlf-dot-crcrlf",
            ],
            ..RIGHT
        },
        Fault {
            name: "CR . LF ends the content",
            content: |content| find(content, b"\r.\n"),
            may_fail: &["cr-dot-lf", "observer-end-of-data-misread", "sink-cr-dot-lf"],
            ..RIGHT
        },
        Fault {
            name: "LF . CR ends the content",
            content: |content| {
                content
                    .windows(5)
                    .position(|five| five[0] != b'\r' && five[1..].starts_with(b"\n.\r") && five[4] != b'\n')
                    .map(|at| (at + 1, 3))
            },
            may_fail: &[
                "lf-dot-cr",
                "lf-dot-crcrlf",
                "observer-end-of-data-misread",
                "sink-lf-dot-cr",
                "sink-lf-dot-crcrlf",
            ],
            ..RIGHT
        },
        Fault {
            name: "CRLF . CR CRLF ends the content",
            content: |content| find(content, b"\r\n.\r\r\n"),
            may_fail: &[
                "crcrlf-dot-crcrlf",
                "crlf-dot-crcrlf",
                "observer-end-of-data-misread",
                "sink-crcrlf-dot-crcrlf",
                "sink-crlf-dot-crcrlf",
            ],
            ..RIGHT
        },
        Fault {
            name: "LF . CR CRLF ends the content",
            content: |content| {
                content
                    .windows(6)
                    .position(|window| window[0] != b'\r' && window[1..] == *b"\n.\r\r\n")
                    .map(|at| (at + 1, 5))
            },
            may_fail: &["lf-dot-crcrlf", "observer-end-of-data-misread", "sink-lf-dot-crcrlf"],
            ..RIGHT
        },
        Fault {
            name: "CR CRLF . CR CRLF ends the content",
            content: |content| find(content, b"\r\r\n.\r\r\n"),
            may_fail: &["crcrlf-dot-crcrlf", "observer-end-of-data-misread", "sink-crcrlf-dot-crcrlf"],
            ..RIGHT
        },
        Fault {
            name: "CRLF .. CRLF ends the content",
            content: |content| find(content, b"\r\n..\r\n"),
            may_fail: &[
                "dot-stuffed-does-not-end",
                "dots-unstuffed",
                "observer-unsolicited-reply",
                "sink-dot-stuffed-does-not-end",
                "sink-dots-unstuffed",
            ],
            ..RIGHT
        },
        Fault {
            name: "CRLF . SP CRLF ends the content",
            content: |content| find(content, b"\r\n. \r\n"),
            may_fail: &["dot-space-does-not-end", "observer-unsolicited-reply", "sink-dot-space-does-not-end"],
            ..RIGHT
        },
        Fault {
            name: "CRLF . and text ends the content",
            content: |content| find(content, b"\r\n.x"),
            may_fail: &["dot-with-text-does-not-end", "observer-unsolicited-reply", "sink-dot-with-text-does-not-end"],
            ..RIGHT
        },
        Fault {
            name: "CRLF NUL . CRLF ends the content",
            content: |content| find(content, b"\r\n\0.\r\n"),
            may_fail: &["nul-dot-crlf", "observer-unsolicited-reply", "sink-nul-dot-crlf"],
            ..RIGHT
        },
        Fault {
            name: "CRLF . NUL CRLF ends the content",
            content: |content| find(content, b"\r\n.\0\r\n"),
            may_fail: &["crlf-dot-nul-crlf", "observer-unsolicited-reply", "sink-crlf-dot-nul-crlf"],
            ..RIGHT
        },
        Fault {
            name: "NEL . NEL ends the content",
            content: |content| find(content, b"\x85.\x85"),
            may_fail: &["nel-dot-nel", "observer-unsolicited-reply", "sink-nel-dot-nel"],
            ..RIGHT
        },
        Fault {
            name: "a dot at the end of a line ends the content",
            content: |content| find(content, b"a.\r\n"),
            may_fail: &["dot-in-line", "observer-unsolicited-reply", "sink-dot-in-line"],
            ..RIGHT
        },
        Fault {
            name: "dots are not unstuffed",
            keep: |message| dots(message, |text| text.replace("\n.", "\n..")),
            may_fail: &["sink-dots-unstuffed"],
            ..RIGHT
        },
        Fault {
            name: "all dots at the beginning of a line are deleted",
            keep: |message| dots(message, |text| text.replace("\n..", "\n.").replace("\n.", "\n")),
            may_fail: &["sink-dots-unstuffed"],
            ..RIGHT
        },
        Fault {
            name: "the high bit of content is cleared",
            keep: |message| message.into_iter().map(|octet| octet & 0x7f).collect(),
            may_fail: &["sink-eight-bit-content"],
            ..RIGHT
        },
        Fault {
            name: "text lines end at 998 octets",
            config: |config| config.content_line_limit = Some(998),
            may_fail: &["text-line-1000"],
            ..RIGHT
        },
        Fault {
            name: "messages end at 50000 octets",
            config: |config| {
                config.max_size = Some(50_000);
                let offer = std::mem::take(&mut config.capabilities);
                config.capabilities = offer.with_value(smtp_core::syntax::CapabilityValue::Size(Some(0))).unwrap();
            },
            may_fail: &["message-64k"],
            ..RIGHT
        },
        Fault {
            name: "content has two replies",
            silent: true,
            reply: |_, verb, reply| if verb == "." { format!("{reply}250 2.0.0 Really\r\n") } else { reply },
            may_fail: &[
                "end-of-data",
                "observer-end-of-data-misread",
                "observer-quit-refused",
                "observer-quit-unanswered",
                "observer-unsolicited-reply",
            ],
            ..RIGHT
        },
        Fault {
            name: "content is answered with 354",
            reply: |_, verb, reply| if verb == "." { "354 Go on\r\n".to_owned() } else { reply },
            may_fail: &["observer-reply-out-of-sequence", "transaction"],
            ..RIGHT
        },
        Fault {
            name: "content is answered with 500",
            reply: |_, verb, reply| if verb == "." { "500 5.5.2 What?\r\n".to_owned() } else { reply },
            may_fail: &["transaction"],
            ..RIGHT
        },
        Fault {
            name: "DATA is not known in lower case",
            line: |_, _, line| if line == "data\r\n" { answer("500 5.5.2 What?") } else { Line::Pass },
            may_fail: &["data-lower-case", "observer-required-command-refused"],
            ..RIGHT
        },
    ]
}
