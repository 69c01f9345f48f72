//! The driver: clients that are cut off, a handler that takes its time, limits, and the end of the server.

use super::{Answer, Guests, Handler, Limits, Passed, Refusal, Site, serve};
use smtp_core::session::ServerConfig;
use smtp_core::session::reception::{Envelope, Reception};
use smtp_core::syntax::{Host, Rcpt, ReplyBuf, ReplyCode};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

/// Counts messages that begin and that end, and how they end.
#[derive(Default)]
struct Counts {
    begun: AtomicUsize,
    dropped: AtomicUsize,
    stored: Mutex<Vec<(Vec<String>, String)>>,
    read: Mutex<Vec<u8>>,
    /// Who closed, in this order.
    closed: Mutex<Vec<&'static str>>,
}

#[derive(Clone)]
struct Counting {
    counts: Arc<Counts>,
    /// A recipient whose name begins with `slow`, and a message that has `slow` in it, wait for a permit.
    gate: Arc<Semaphore>,
}

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

    async fn recipient(&mut self, _: &Envelope, rcpt: &Rcpt<'_>) -> Answer {
        let to = rcpt.forward_path.to_string();
        if to.starts_with("<slow") {
            self.gate.acquire().await.unwrap().forget();
        }
        if to.starts_with("<rude") {
            return Err(Refusal::HangUp);
        }
        if to.starts_with("<no") {
            return Err(ReplyBuf::lossy(ReplyCode::MAILBOX_UNAVAILABLE, "5.1.1 no").into());
        }
        Ok(())
    }

    async fn begin(&mut self, _: &Reception) -> Answer<Message> {
        self.counts.begun.fetch_add(1, SeqCst);
        Ok(Message { counts: Arc::clone(&self.counts), content: Vec::new() })
    }

    async fn write(&mut self, message: &mut Message, octets: &[u8]) -> Answer {
        message.content.extend_from_slice(octets);
        if octets.starts_with(b"slow") {
            self.gate.acquire().await.unwrap().forget();
        }
        if octets.starts_with(b"full") {
            return Err(ReplyBuf::lossy(ReplyCode::INSUFFICIENT_STORAGE, "4.3.1 disk full").into());
        }
        Ok(())
    }

    async fn finish(&mut self, message: Message, envelope: &Envelope) -> Answer {
        let to = envelope.recipients().map(|rcpt| rcpt.forward_path.to_string()).collect();
        self.counts.stored.lock().unwrap().push((to, String::from_utf8_lossy(&message.content).into_owned()));
        Ok(())
    }

    fn silent(&mut self, _: &Reception, unread: &[u8]) -> Option<ReplyBuf> {
        unread.ends_with(b"?").then(|| ReplyBuf::lossy(ReplyCode::SERVICE_NOT_AVAILABLE, "4.3.0 what?"))
    }

    fn watch(&mut self, passed: Passed<'_>) {
        match passed {
            Passed::Read(octets) => self.counts.read.lock().unwrap().extend_from_slice(octets),
            Passed::ClientClosed => self.counts.closed.lock().unwrap().push("client"),
            Passed::ServerClosed => self.counts.closed.lock().unwrap().push("server"),
            _ => {}
        }
    }
}

struct Running {
    address: SocketAddr,
    counts: Arc<Counts>,
    gate: Arc<Semaphore>,
    stop: watch::Sender<bool>,
    served: tokio::task::JoinHandle<()>,
}

async fn start(limits: Limits) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let config = Arc::new(ServerConfig::new(Host::new("mx.example").unwrap()));
    let (stop, stopped) = watch::channel(false);
    let site = Arc::new(Site { config, limits, tls: None, guests: Guests::default() });
    let counting = Counting { counts: Arc::default(), gate: Arc::new(Semaphore::new(0)) };
    let (counts, gate) = (Arc::clone(&counting.counts), Arc::clone(&counting.gate));
    let served = tokio::spawn(serve(listener, false, site, move |_| counting.clone(), stopped));
    Running { address, counts, gate, stop, served }
}

impl Running {
    async fn stop(self) -> Arc<Counts> {
        self.stop.send(true).unwrap();
        timeout(Duration::from_secs(20), self.served).await.expect("the server ends").unwrap();
        self.counts
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends it all and reads until the server closes.
    async fn dialogue(&self, input: &str) -> String {
        let mut stream = self.connect().await;
        stream.write_all(input.as_bytes()).await.unwrap();
        read_all(&mut stream).await
    }
}

async fn read_all(stream: &mut TcpStream) -> String {
    let mut output = Vec::new();
    let read = timeout(Duration::from_secs(20), stream.read_to_end(&mut output)).await.expect("the server closes");
    drop(read); // a reset is an end as well
    String::from_utf8(output).unwrap()
}

async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut output = Vec::new();
    while !output.ends_with(end.as_bytes()) {
        let read = timeout(Duration::from_secs(20), stream.read_buf(&mut output)).await.expect("an answer").unwrap();
        assert!(read > 0, "closed after {}", String::from_utf8_lossy(&output));
    }
    String::from_utf8(output).unwrap()
}

const OPENING: &str = "EHLO a.example\r\nMAIL FROM:<joe@a.example>\r\nRCPT TO:<ann@mx.example>\r\n";

/// The transcript of two messages, the first refused for a bare LF: the second is stored alone, with its own recipients.
#[tokio::test]
async fn a_refused_message_leaves_nothing() {
    let server = start(Limits::default()).await;
    let second = "MAIL FROM:<>\r\nRCPT TO:<bob@mx.example>\r\nDATA\r\nclean\r\n.\r\n";
    let heard = server.dialogue(&format!("{OPENING}DATA\r\nbare\nLF\r\n.\r\n{second}QUIT\r\n")).await;
    let codes: Vec<&str> = heard.lines().filter(|line| line.as_bytes()[3] == b' ').map(|line| &line[..3]).collect();
    assert_eq!(codes, ["220", "250", "250", "250", "354", "554", "250", "250", "354", "250", "221"], "{heard}");
    let counts = server.stop().await;
    assert_eq!(*counts.stored.lock().unwrap(), [(vec!["<bob@mx.example>".to_owned()], "clean\r\n".to_owned())]);
    assert_eq!((counts.begun.load(SeqCst), counts.dropped.load(SeqCst)), (2, 2));
}

/// Whatever ends a session: the message that was begun is dropped, and none is stored.
#[tokio::test]
async fn abandoned_messages_are_dropped() {
    let server = start(Limits::default()).await;
    for tail in ["DATA\r\nhalf", "BDAT 10\r\nhalf", "BDAT 4\r\nhalfRSET\r\nQUIT\r\n", "DATA\r\nfull\r\n.\r\nQUIT\r\n"] {
        let mut stream = server.connect().await;
        stream.write_all(format!("{OPENING}{tail}").as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let heard = read_all(&mut stream).await;
        assert_eq!(heard.contains("452 4.3.1 disk full"), tail.contains("full"), "{heard}");
    }
    let counts = server.stop().await;
    assert!(counts.stored.lock().unwrap().is_empty());
    assert_eq!((counts.begun.load(SeqCst), counts.dropped.load(SeqCst)), (4, 4));
}

/// RFC 2920 section 3.2: what is answered already is not held back by a decision that takes its time.
#[tokio::test]
async fn answers_go_out_before_a_slow_decision() {
    let server = start(Limits::default()).await;
    let mut stream = server.connect().await;
    stream.write_all(format!("{OPENING}RCPT TO:<slow@mx.example>\r\nQUIT\r\n").as_bytes()).await.unwrap();
    read_until(&mut stream, "250 2.1.5 Recipient OK\r\n").await;
    server.gate.add_permits(1);
    assert!(read_all(&mut stream).await.starts_with("250 2.1.5 Recipient OK\r\n221 "));
    server.stop().await;
}

/// While a write waits, nothing is read.
#[tokio::test]
async fn a_slow_write_is_back_pressure() {
    let server = start(Limits::default()).await;
    let mut stream = server.connect().await;
    stream.write_all(format!("{OPENING}DATA\r\n").as_bytes()).await.unwrap();
    read_until(&mut stream, "<CRLF>.<CRLF>\r\n").await;
    let mut content = b"slow\r\n".to_vec();
    content.resize(24 << 20, b'x');
    content.extend_from_slice(b"\r\n.\r\nQUIT\r\n");
    let (mut reading, mut writing) = stream.into_split();
    let sent = tokio::spawn(async move { writing.write_all(&content).await.map(|()| writing) });
    let mut heard = Vec::new();
    // So much does not fit into the buffers of two sockets, and the server has read one piece of it.
    let waited = timeout(Duration::from_millis(300), reading.read_buf(&mut heard)).await;
    assert!(waited.is_err() && !sent.is_finished(), "it was all read");
    assert!(server.counts.read.lock().unwrap().len() < 12 << 20);
    server.gate.add_permits(1);
    let writing = timeout(Duration::from_secs(60), sent).await.expect("it is read now").unwrap().unwrap();
    let mut stream = reading.reunite(writing).unwrap();
    let heard = read_all(&mut stream).await;
    assert!(heard.starts_with("250 2.0.0"), "{heard}");
    server.stop().await;
}

#[tokio::test]
async fn limits_end_a_session() {
    let second = Duration::from_millis(100);
    for limits in [
        Limits { idle: second, ..Limits::default() },
        Limits { session: second, ..Limits::default() },
        Limits { idle: Duration::from_millis(200), rate: 1_000_000, ..Limits::default() },
    ] {
        let server = start(limits).await;
        let mut stream = server.connect().await;
        stream.write_all(b"NOOP\r\n").await.unwrap();
        let heard = read_all(&mut stream).await;
        assert!(heard.ends_with("421 4.3.2 mx.example closing\r\n"), "{heard}");
        server.stop().await;
    }
}

/// One that goes on talking is not silent, but it may be too slow.
#[tokio::test]
async fn drops_of_octets_are_too_slow() {
    let server = start(Limits { idle: Duration::from_millis(300), rate: 1000, ..Limits::default() }).await;
    let (mut reading, mut writing) = server.connect().await.into_split();
    let dripping = tokio::spawn(async move {
        let mut drip = tokio::time::interval(Duration::from_millis(50));
        while writing.write_all(b"x").await.is_ok() {
            drip.tick().await;
        }
    });
    let mut heard = Vec::new();
    drop(timeout(Duration::from_secs(20), reading.read_to_end(&mut heard)).await.expect("the server closes"));
    assert!(heard.ends_with(b"421 4.3.2 mx.example closing\r\n"));
    dripping.abort();
    server.stop().await;
}

/// The place of a connection that is over is free again.
#[tokio::test]
async fn connections_of_an_address_are_limited() {
    let server = start(Limits { connections: 2, ..Limits::default() }).await;
    let (mut first, mut second) = (server.connect().await, server.connect().await);
    for stream in [&mut first, &mut second] {
        assert!(read_until(stream, "\r\n").await.starts_with("220 "));
    }
    assert!(server.dialogue("").await.starts_with("421 "));
    first.write_all(b"QUIT\r\n").await.unwrap();
    read_all(&mut first).await;
    drop(first);
    // Its place is free some time after its end.
    let mut tries = 0;
    while server.dialogue("QUIT\r\n").await.starts_with("421 ") {
        tries += 1;
        assert!(tries < 1000);
    }
    server.stop().await;
}

/// RFC 5321 section 3.8: every session is told, one whose decision is waited for and one in mid-message too.
#[tokio::test]
async fn a_shutdown_tells_every_session() {
    let server = start(Limits::default()).await;
    let mut streams = Vec::new();
    for (input, answer) in [
        (String::new(), "220 mx.example\r\n"),
        (OPENING.to_owned(), "250 2.1.5 Recipient OK\r\n"),
        (format!("{OPENING}RCPT TO:<slow@mx.example>\r\n"), "250 2.1.5 Recipient OK\r\n"),
        (format!("{OPENING}DATA\r\nhalf"), "<CRLF>.<CRLF>\r\n"),
    ] {
        let mut stream = server.connect().await;
        stream.write_all(input.as_bytes()).await.unwrap();
        let heard = read_until_either(&mut stream, answer).await;
        assert!(heard.contains("220 mx.example"), "{heard}");
        streams.push(stream);
    }
    server.stop.send(true).unwrap();
    for mut stream in streams {
        assert_eq!(read_all(&mut stream).await, "421 4.3.2 mx.example closing\r\n");
    }
    let counts = server.stop().await;
    assert!(counts.stored.lock().unwrap().is_empty());
    assert_eq!(counts.begun.load(SeqCst), counts.dropped.load(SeqCst));
}

/// Reads until the answer; the text of the greeting is the server's.
async fn read_until_either(stream: &mut TcpStream, answer: &str) -> String {
    if answer.starts_with("220") { read_until(stream, "\r\n").await } else { read_until(stream, answer).await }
}

#[tokio::test]
async fn a_handler_may_hang_up_and_explain() {
    let server = start(Limits::default()).await;
    let heard = server.dialogue(&format!("{OPENING}RCPT TO:<rude@mx.example>\r\n")).await;
    assert!(!heard.contains("421"), "{heard}");
    assert!(server.dialogue("who is there?").await.ends_with("421 4.3.0 what?\r\n"));
    server.stop().await;
}

/// A client that closes with a reply unread resets the connection (RFC 2525 section 2.17). It was not the server that closed it, which
/// may do so after QUIT and 421 alone (RFC 5321 section 3.8).
#[tokio::test]
async fn a_reset_is_an_end_by_the_client() {
    let running = start(Limits::default()).await;
    let stream = running.connect().await;
    stream.readable().await.unwrap(); // the greeting is there, and stays unread
    drop(stream);
    timeout(Duration::from_secs(20), async {
        while running.counts.closed.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("the end is told");
    assert_eq!(*running.stop().await.closed.lock().unwrap(), ["client"]);
}
