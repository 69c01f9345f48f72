//! The example `server`: its driver, under clients that are cut off, a handler that takes its time, and a disk that is full.

#[path = "../../examples/server/driver.rs"]
mod driver;

use driver::{Handler, Limits, Refusal};
use smtp_core::session::ServerConfig;
use smtp_core::session::reception::Envelope;
use smtp_core::syntax::{Host, Rcpt, ReplyBuf, ReplyCode};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

/// Counts messages that begin and that end, and how they end.
#[derive(Default)]
struct Counts {
    begun: AtomicUsize,
    dropped: AtomicUsize,
    finished: AtomicUsize,
    stored: Mutex<Vec<(Vec<String>, String)>>,
}

struct Counting {
    counts: Arc<Counts>,
    /// How many octets the disk has room for.
    room: usize,
    /// Tells that a recipient is asked about, and waits until the other end says go on.
    gate: Option<(Sender<()>, Mutex<Receiver<()>>)>,
}

/// A message under way.
struct Message {
    counts: Arc<Counts>,
    content: Vec<u8>,
}

impl Drop for Message {
    fn drop(&mut self) {
        self.counts.dropped.fetch_add(1, SeqCst);
    }
}

impl Handler for Counting {
    type Message = Message;

    fn recipient(&self, _: &Envelope, rcpt: &Rcpt<'_>) -> Result<(), Refusal> {
        let to = rcpt.forward_path.to_string();
        if let Some((asked, go_on)) = self.gate.as_ref().filter(|_| to.starts_with("<slow")) {
            asked.send(()).unwrap();
            go_on.lock().unwrap().recv().unwrap();
        }
        if to.starts_with("<no") {
            return Err(ReplyBuf::lossy(ReplyCode::MAILBOX_UNAVAILABLE, "5.1.1 no").into());
        }
        Ok(())
    }

    fn begin(&self, _: &Envelope, _: &[u8]) -> Result<Message, Refusal> {
        self.counts.begun.fetch_add(1, SeqCst);
        Ok(Message { counts: Arc::clone(&self.counts), content: Vec::new() })
    }

    fn write(&self, message: &mut Message, octets: &[u8]) -> Result<(), Refusal> {
        message.content.extend_from_slice(octets);
        if message.content.len() > self.room {
            return Err(ReplyBuf::lossy(ReplyCode::INSUFFICIENT_STORAGE, "4.3.1 disk full").into());
        }
        Ok(())
    }

    fn finish(&self, message: Message, envelope: &Envelope) -> Result<(), Refusal> {
        let to = envelope.recipients().map(|rcpt| rcpt.forward_path.to_string()).collect();
        self.counts.stored.lock().unwrap().push((to, String::from_utf8_lossy(&message.content).into_owned()));
        self.counts.finished.fetch_add(1, SeqCst);
        Ok(())
    }
}

/// Serves while `talk` runs.
fn serving<T>(handler: &Counting, limits: Limits, talk: impl FnOnce(SocketAddr) -> T) -> T {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, stop) = (listener.local_addr().unwrap(), AtomicBool::new(false));
    let config = ServerConfig::new(Host::new("mx.example").unwrap());
    std::thread::scope(|scope| {
        let served = scope.spawn(|| driver::serve(&listener, config, limits, handler, &stop));
        let result = talk(address);
        stop.store(true, SeqCst);
        served.join().unwrap().unwrap();
        result
    })
}

fn handler() -> Counting {
    Counting { counts: Arc::default(), room: usize::MAX, gate: None }
}

/// Sends it all and reads until the server closes.
fn dialogue(address: SocketAddr, input: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(input.as_bytes()).unwrap();
    let mut output = String::new();
    stream.read_to_string(&mut output).unwrap();
    output
}

fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let (mut output, mut buffer) = (String::new(), [0; 1000]);
    while !output.ends_with(end) {
        let read = stream.read(&mut buffer).unwrap();
        assert!(read > 0, "closed after {output}");
        output.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
    }
    output
}

const HELLO: &str = "EHLO client.example\r\n";
const ENVELOPE: &str = "MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n";

/// RFC 2920 section 3.2: replies are not held back while a decision takes its time.
#[test]
fn replies_go_out_while_the_handler_decides() {
    let ((asked, is_asked), (go_on, gone_on)) = (channel(), channel());
    let handler = Counting { gate: Some((asked, Mutex::new(gone_on))), ..handler() };
    serving(&handler, Limits::default(), |address| {
        let mut stream = TcpStream::connect(address).unwrap();
        let group = "MAIL FROM:<>\r\nRCPT TO:<a@b>\r\nRCPT TO:<slow@b>\r\nRCPT TO:<slow@c>\r\nQUIT\r\n";
        stream.write_all(format!("{HELLO}{group}").as_bytes()).unwrap();
        is_asked.recv().unwrap();
        // Those to MAIL and the first recipient are there, although the next decision hangs.
        read_until(&mut stream, "250 2.1.0 Sender OK\r\n250 2.1.5 Recipient OK\r\n");
        go_on.send(()).unwrap();
        is_asked.recv().unwrap();
        assert_eq!(read_until(&mut stream, "\r\n"), "250 2.1.5 Recipient OK\r\n");
        go_on.send(()).unwrap();
        read_until(&mut stream, "221 2.0.0 mx.example closing\r\n");
    });
}

/// A disk that is full in mid-message: one 452 at the end, and nothing is stored.
#[test]
fn a_full_disk_is_one_refusal_at_the_end() {
    let handler = Counting { room: 100, ..handler() };
    let big = "a line of content\r\n".repeat(1000);
    let input = format!(
        "{HELLO}{ENVELOPE}DATA\r\n{big}.\r\n{ENVELOPE}BDAT 19000 LAST\r\n{big}{ENVELOPE}DATA\r\nsmall\r\n.\r\nQUIT\r\n"
    );
    let output = serving(&handler, Limits::default(), |address| dialogue(address, &input));
    let codes: Vec<&str> = output.lines().filter(|line| line.as_bytes()[3] == b' ').map(|line| &line[..3]).collect();
    let expected = ["220", "250", "250", "250", "354", "452", "250", "250", "452", "250", "250", "354", "250", "221"];
    assert_eq!(codes, expected);
    assert_eq!(*handler.counts.stored.lock().unwrap(), [(vec!["<c@d.example>".to_owned()], "small\r\n".to_owned())]);
}

/// Each message that begins is dropped once, and stored if it was finished before that, whatever the clients do and wherever
/// they are cut off.
#[test]
fn each_message_comes_to_one_end_over_sockets() {
    let sessions: usize = std::env::var("SMTP_SESSIONS").map_or(300, |sessions| sessions.parse().unwrap());
    let handler = handler();
    serving(&handler, Limits { connections: usize::MAX, ..Limits::default() }, |address| {
        let workers: Vec<_> =
            (0..4).map(|worker| std::thread::spawn(move || clients(address, worker, sessions / 4))).collect();
        workers.into_iter().for_each(|worker| worker.join().unwrap());
    });
    let Counts { begun, dropped, finished, .. } = &*handler.counts;
    let (begun, dropped, finished) = (begun.load(SeqCst), dropped.load(SeqCst), finished.load(SeqCst));
    println!("{sessions} sessions: {begun} begun, {finished} finished");
    assert_eq!(begun, dropped);
    assert!(finished > 0 && finished < begun, "{begun} {finished}");
}

/// Random clients, one after the other.
fn clients(address: SocketAddr, worker: u64, sessions: usize) {
    const PIECES: [&str; 14] = [
        HELLO,
        ENVELOPE,
        ENVELOPE,
        "DATA\r\nHello\r\n.\r\n",
        "DATA\r\nHel",
        "DATA\r\nbad\nline\r\n.\r\n",
        "BDAT 5\r\nHello",
        "BDAT 5 LAST\r\nHello",
        "BDAT 0 LAST\r\n",
        "RSET\r\n",
        "RCPT TO:<no@d>\r\n",
        "NOOP\r\n",
        "BDAT x\r\n",
        "QUIT\r\n",
    ];
    let mut dice = worker + 1;
    let mut roll = |sides: usize| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(dice >> 33).unwrap() % sides
    };
    for _ in 0..sessions {
        let mut input = format!("{HELLO}{ENVELOPE}");
        for _ in 0..roll(8) {
            input.push_str(PIECES[roll(PIECES.len())]);
        }
        let whole = roll(3) == 0;
        let end = if whole { input.len() } else { roll(input.len()) };
        let mut stream = TcpStream::connect(address).unwrap();
        let mut at = 0;
        while at < end {
            let next = (at + 1 + roll(60)).min(end);
            if stream.write_all(&input.as_bytes()[at..next]).is_err() {
                break;
            }
            at = next;
        }
        // Some close at once, with replies unread, which resets the connection; some read to the end.
        if roll(2) == 0 {
            continue;
        }
        drop(stream.shutdown(Shutdown::Write));
        let mut output = Vec::new();
        drop(stream.read_to_end(&mut output));
    }
}

/// RFC 5321 section 3.8: who has too many connections, and who is still there when the server stops, is told 421.
#[test]
fn too_many_connections_and_a_stop_are_421() {
    let handler = handler();
    let mut open = serving(&handler, Limits { connections: 1, ..Limits::default() }, |address| {
        let mut first = TcpStream::connect(address).unwrap();
        read_until(&mut first, "220 mx.example ESMTP\r\n");
        assert!(dialogue(address, "").starts_with("421 "), "one connection too many");
        first
    });
    let mut rest = String::new();
    open.read_to_string(&mut rest).unwrap();
    assert!(rest.starts_with("421 4.3.2 "), "{rest}");
}
