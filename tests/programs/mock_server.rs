//! The example `mock_server`: what it prints of a refused line, and where it keeps messages.

#[path = "../../examples/mock_server/folder.rs"]
mod folder;
#[path = "../../examples/mock_server/heard.rs"]
mod heard;
#[path = "../../examples/mock_server/shown.rs"]
mod shown;

use folder::Folder;
use heard::Heard;
use shown::shown;
use smtp_core::session::{Server, ServerConfig, ServerEvent};
use smtp_core::syntax::{CapabilityValue, EnhancedCode, Host, Mechanisms, Reply, ReplyCode};
use std::fs;
use std::path::Path;

fn server() -> Server {
    let mut config = ServerConfig::new(Host::new("mock.example").unwrap());
    let offer = CapabilityValue::Auth(Mechanisms::new("PLAIN LOGIN").unwrap());
    config.capabilities = config.capabilities.with_value(offer).unwrap();
    let mut server = Server::new(config);
    server.reply_default(&mut Vec::new()).unwrap();
    server
}

/// What is printed of each refusal, where the input comes in such pieces. AUTH is refused.
fn printed(input: &[u8], step: usize) -> Vec<String> {
    let (mut server, mut heard, mut printed) = (server(), Heard::default(), Vec::new());
    let no = Reply::new(ReplyCode::CREDENTIALS_INVALID, EnhancedCode::CREDENTIALS_INVALID, "No").unwrap();
    let (mut shown, mut unread) = (Vec::new(), 0);
    for piece in input.chunks(step) {
        shown.extend_from_slice(piece);
        let mut rest = &shown[unread..];
        loop {
            let before = rest;
            let event = server.next_event(&mut rest).unwrap();
            heard.add(&before[..before.len() - rest.len()]);
            let Some(event) = event else { break };
            match event {
                ServerEvent::Rejected(rejected) => {
                    printed.push(heard.refused(rejected.why));
                    server.reply_default(&mut Vec::new()).unwrap();
                }
                ServerEvent::Content(_) | ServerEvent::Abandoned => {}
                _ if server.reply_default(&mut Vec::new()).is_err() => server.reply(&no, &mut Vec::new()).unwrap(),
                _ => {}
            }
            heard.after(&event);
        }
        unread = shown.len() - rest.len();
    }
    printed
}

/// The refused line is shown, escaped, but not where it may hold a credential, however the input is cut.
#[test]
fn refused_lines() {
    let long = "y".repeat(2000);
    for (input, expected) in [
        ("FOO \u{9b}31m\u{1b}[0m 'x' \u{e9}\r\n".to_owned(), &["FOO \\u{9b}31m\\u{1b}[0m 'x' \u{e9}"][..]),
        ("EHLO a\r\nBDAT 6 LAST\r\nQUIT\r\nFOO\r\n".to_owned(), &["BDAT 6 LAST", "FOO"]),
        // What follows a line that was too long is shown without its rest.
        (format!("{}\r\nFOO\r\n", "x".repeat(2000)), &[&"x".repeat(512), "FOO"]),
        // RFC 4954 section 4: a refused AUTH whose client goes on all the same, one that is not read, one that is too long.
        (
            "EHLO a\r\nAUTH LOGIN\r\ndXNlcg==\r\ncGFzcw==\r\nNOOP\r\nFOO\r\n".to_owned(),
            &["(8 octets, not shown)", "(8 octets, not shown)", "FOO"],
        ),
        (
            "auth plain AHVzZXIAcGFzcw==\r\ncGFzcw==\r\n".to_owned(),
            &["(27 octets, not shown)", "(8 octets, not shown)"],
        ),
        (" AUTH PLAIN AHVzZXIAcGFzcw==\r\n".to_owned(), &["(28 octets, not shown)"]),
        (
            format!("EHLO a\r\nAUTH PLAIN {}\r\ncGFzcw==\r\n", long.repeat(7)),
            &["(512 octets, not shown)", "(8 octets, not shown)"],
        ),
        (
            "EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\nDATA\r\nx\ny\r\n.\r\nFOO\r\n".to_owned(),
            &["(content)", "FOO"],
        ),
    ] {
        for step in [input.len(), 1] {
            assert_eq!(printed(input.as_bytes(), step), expected, "{input:?}, by {step}");
        }
    }
    assert_eq!(shown(b"\xff\x9b1m"), "\\xff\\x9b1m");
}

/// Messages of an earlier run, and of another server, stay as they are.
#[test]
fn messages_are_kept() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mock-server");
    _ = fs::remove_dir_all(&path); // of an earlier run of the test
    let write = |name: &str| fs::write(path.join(name), name).unwrap();
    let kept = |name: &str| fs::read_to_string(path.join(name)).unwrap();
    let first = Folder::open(&path).unwrap();
    ["1.eml", "1.json", "7.json", "notes.txt", "99.txt"].into_iter().for_each(write);
    first.keep(b"two", "{}").unwrap();
    let second = Folder::open(&path).unwrap();
    second.keep(b"eight", "[]").unwrap();
    first.keep(b"three", "{}").unwrap();
    let names = ["1.eml", "1.json", "2.eml", "2.json", "3.eml", "7.json", "8.eml", "8.json"];
    assert_eq!(names.map(kept), ["1.eml", "1.json", "two", "{}", "three", "7.json", "eight", "[]"]);
}
