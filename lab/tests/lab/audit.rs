//! `audit`: transcripts, standard input, packets, and the forms of its output.

use crate::harness::{directory, run, text};
use etherparse::PacketBuilder;
use std::fs;

const SESSION: &str = "S: 220 mx.example\nC: HELO a.example\nS: 250 mx.example\nC: MAIL FROM: <joe@a.example>\nS: 250 OK\n\
    C: QUIT\nS: 221 Bye\n";

#[test]
fn standard_input() {
    let output = run(&["audit", "-"], SESSION.as_bytes());
    assert_eq!(output.status.code(), Some(1));
    let printed = text(&output.stdout);
    assert!(printed.contains("C: MAIL FROM: <joe@a.example>\n   ^ client must: "), "{printed}");
    assert!(!printed.contains('\u{1b}'), "colour where there is no terminal");
    let clean = SESSION.replace(": <", ":<");
    assert_eq!(run(&["audit", "-"], clean.as_bytes()).status.code(), Some(0));
    assert_eq!(run(&["audit", "-"], b"lunch\n").status.code(), Some(2));
}

/// One file that cannot be read does not keep the others from being judged.
#[test]
fn the_other_files_are_judged() {
    let output = run(&["audit", "--json", "/nonexistent/file", "-"], SESSION.as_bytes());
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stdout).contains("space-after-colon"));
    assert!(text(&output.stderr).contains("/nonexistent/file"));
}

#[test]
fn reports_are_written_and_escaped() {
    let path = directory("audit-reports");
    let (junit, html) = (path.join("report.xml"), path.join("report.html"));
    let session = SESSION.replace("joe", "<script>alert(1)</script>&\u{1b}").replace("mx.example\n", "<b>x</b>\n");
    let arguments = ["audit", "--junit", junit.to_str().unwrap(), "--html", html.to_str().unwrap(), "-"];
    assert_eq!(run(&arguments, session.as_bytes()).status.code(), Some(1));
    let xml = fs::read_to_string(&junit).unwrap();
    assert!(xml.contains("failures=\"1\"") && xml.contains("RFC 5321"), "{xml}");
    let page = fs::read_to_string(&html).unwrap();
    assert!(
        page.contains("default-src 'none'") && page.contains("https://www.rfc-editor.org/rfc/rfc5321#section-"),
        "{page}"
    );
    assert!(!page.contains("<script") && !page.contains("<b>x") && page.contains("&lt;script&gt;"), "{page}");
    // Nothing is overwritten.
    let again = run(&arguments, session.as_bytes());
    assert_eq!((again.status.code(), text(&again.stderr).contains("report.xml")), (Some(2), true));
}

/// A connection of TCP, packet by packet, as a capture has it.
struct Packets {
    frames: Vec<Vec<u8>>,
    next: [u32; 2],
}

impl Packets {
    fn new() -> Self {
        // The numbers of the client pass zero.
        Self { frames: Vec::new(), next: [u32::MAX - 20, 1000] }
    }

    fn add(&mut self, from: usize, flags: &str, payload: &[u8]) {
        let addresses = [[192, 0, 2, 1], [192, 0, 2, 2]];
        let ports = [40000, 2525];
        let builder = PacketBuilder::ethernet2([1; 6], [2; 6]).ipv4(addresses[from], addresses[1 - from], 64).tcp(
            ports[from],
            ports[1 - from],
            self.next[from],
            65535,
        );
        let builder = if flags.contains('S') { builder.syn() } else { builder };
        let builder = if flags.contains('F') { builder.fin() } else { builder };
        let builder = if flags.contains('A') { builder.ack(self.next[1 - from]) } else { builder };
        let mut frame = Vec::new();
        builder.write(&mut frame, payload).unwrap();
        self.frames.push(frame);
        let used = payload.len() as u32 + u32::from(flags.contains('S')) + u32::from(flags.contains('F'));
        self.next[from] = self.next[from].wrapping_add(used);
    }

    /// A session with a segment that is sent twice, and two that arrive in the wrong order.
    fn session() -> Self {
        let mut packets = Self::new();
        packets.add(0, "S", b"");
        packets.add(1, "SA", b"");
        packets.add(1, "A", b"220 mx.example ESMTP\r\n");
        packets.add(0, "A", b"HELO a.exa");
        packets.add(0, "A", b"mple\r\n");
        let last = packets.frames.len() - 1;
        packets.frames.swap(last, last - 1);
        packets.add(1, "A", b"250 mx.example\r\n");
        packets.frames.push(packets.frames.last().unwrap().clone());
        packets.add(0, "A", b"MAIL FROM: <joe@a.example>\r\n");
        packets.add(1, "A", b"250 OK\r\n");
        packets.add(0, "A", b"QUIT\r\n");
        packets.add(1, "A", b"221 Bye\r\n");
        packets.add(1, "FA", b"");
        packets.add(0, "FA", b"");
        packets
    }

    fn pcap(&self) -> Vec<u8> {
        let mut file = Vec::new();
        for word in [0xA1B2_C3D4_u32, 0x0004_0002, 0, 0, 65535, 1] {
            file.extend_from_slice(&word.to_le_bytes());
        }
        for frame in &self.frames {
            let length = frame.len() as u32;
            for word in [0, 0, length, length] {
                file.extend_from_slice(&word.to_le_bytes());
            }
            file.extend_from_slice(frame);
        }
        file
    }

    fn pcapng(&self) -> Vec<u8> {
        let mut file = Vec::new();
        let mut block = |kind: u32, body: &[u8]| {
            let length = 12 + body.len() as u32;
            for part in [&kind.to_le_bytes()[..], &length.to_le_bytes(), body, &length.to_le_bytes()] {
                file.extend_from_slice(part);
            }
        };
        let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
        block(0x0A0D_0D0A, &words(&[0x1A2B_3C4D, 1, u32::MAX, u32::MAX]));
        block(1, &words(&[1, 65535]));
        for frame in &self.frames {
            let length = frame.len() as u32;
            let mut body = words(&[0, 0, 0, length, length]);
            body.extend_from_slice(frame);
            body.resize(body.len().next_multiple_of(4), 0);
            block(6, &body);
        }
        file
    }
}

#[test]
fn packets_are_put_together() {
    let packets = Packets::session();
    for (name, octets) in [("session.pcap", packets.pcap()), ("session.pcapng", packets.pcapng())] {
        let path = directory(name).join(name);
        fs::write(&path, &octets).unwrap();
        let output = run(&["audit", path.to_str().unwrap()], b"");
        let printed = text(&output.stdout);
        assert_eq!(output.status.code(), Some(1), "{name}: {printed} {}", text(&output.stderr));
        for line in [
            "C: HELO a.example\n",
            "C: MAIL FROM: <joe@a.example>\n   ^ client must",
            "-- 3 commands, 4 replies, 0 messages, 1 violations\n",
        ] {
            assert!(printed.contains(line), "{name}: {line} in {printed}");
        }
        // A file that is cut off is read as far as it goes, wherever that is, and nothing panics.
        for end in (0..octets.len()).step_by(31) {
            let output = run(&["audit", "-"], &octets[..end]);
            assert!(output.status.code().is_some_and(|code| code <= 2), "{name} cut at {end}");
        }
    }
}

/// What follows octets that were lost cannot be judged.
#[test]
fn a_lost_packet_ends_the_judgement() {
    let mut packets = Packets::session();
    let lost = packets.frames.iter().position(|frame| frame.ends_with(b"<joe@a.example>\r\n")).unwrap();
    packets.frames.remove(lost);
    let output = run(&["audit", "-"], &packets.pcap());
    let printed = text(&output.stdout);
    assert!(printed.contains("1 commands, 2 replies") || printed.contains("1 commands, 3 replies"), "{printed}");
    assert!(!printed.contains("QUIT"), "{printed}");
}

/// Other protocols in the same capture are none of SMTP.
#[test]
fn sessions_are_found_by_their_greeting() {
    let mut packets = Packets::new();
    packets.add(0, "S", b"");
    packets.add(1, "SA", b"");
    packets.add(0, "A", b"GET / HTTP/1.1\r\n\r\n");
    packets.add(1, "A", b"HTTP/1.1 200 OK\r\n\r\n");
    let output = run(&["audit", "--json", "-"], &packets.pcap());
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(0), ""));
}
