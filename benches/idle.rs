//! What an idle session costs: its size, and what it holds on the heap after the hello was answered. The program `memory` prints it,
//! and `tests/cost/memory.rs` asserts the goals.

use smtp_core::codec::{ChunkDecoder, DotDecoder, DotEncoder, LineDecoder, ReplyDecoder};
use smtp_core::observer::Observer;
use smtp_core::session::delivery::{Connection, Delivery, Opening, Step};
use smtp_core::session::reception::{Question, Reception, Verdict};
use smtp_core::session::{Client, ClientConfig, ClientEvent, Server, ServerConfig};
use smtp_core::syntax::{Command, Host, Mailbox};
use std::sync::Arc;

const GREETING: &[u8] = b"220 mx.example ESMTP\r\n";
const HELLO: &[u8] = b"EHLO client.example\r\n";
const OFFER: &[u8] = b"250-mx.example\r\n250-PIPELINING\r\n250-SIZE 50000000\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n";

/// The octets of one value.
pub(crate) struct Idle {
    pub(crate) name: &'static str,
    /// `size_of` of its type.
    pub(crate) size: usize,
    /// What it holds on the heap.
    pub(crate) heap: usize,
    /// The most octets of both.
    pub(crate) goal: usize,
}

impl Idle {
    /// Makes a value and counts what it holds.
    fn new<T>(name: &'static str, goal: usize, make: impl FnOnce() -> T) -> Self {
        let mut value = None;
        let counted = allocation_counter::measure(|| value = Some(make()));
        drop(value);
        Self { name, size: size_of::<T>(), heap: usize::try_from(counted.bytes_current).unwrap(), goal }
    }
}

/// Returns what each kind of session and decoder costs. Buffers for input and output, which belong to the caller, are excluded, except
/// those that a type has for itself. The configuration of a server is shared.
pub(crate) fn all() -> Vec<Idle> {
    let config = Arc::new(config());
    let mut out = Vec::with_capacity(1024);
    vec![
        Idle::new("`Server`", 256, || server(&config, &mut out)),
        // The `Arc` is in the `Server`.
        Idle { size: 0, ..Idle::new("`ServerConfig`, if each session has its own", 1280, || Arc::new(self::config())) },
        Idle::new("`Reception`", 1280, || reception(&config)),
        Idle::new("`Client`", 288, || client(&mut out)),
        Idle::new("`Connection`", 1536, connection),
        Idle::new("`Delivery`", 2048, delivery),
        Idle::new("`Observer`", 1280, observer),
        Idle::new("`LineDecoder`", 128, LineDecoder::new),
        Idle::new("`ReplyDecoder`", 128, ReplyDecoder::new),
        Idle::new("`DotDecoder`", 128, DotDecoder::default),
        Idle::new("`ChunkDecoder`", 128, || ChunkDecoder::new(1)),
        Idle::new("`DotEncoder`", 128, DotEncoder::default),
    ]
}

fn config() -> ServerConfig {
    ServerConfig::new(Host::new("mx.example").unwrap())
}

fn server(config: &Arc<ServerConfig>, out: &mut Vec<u8>) -> Server {
    let (mut server, mut hello) = (Server::new(Arc::clone(config)), HELLO);
    server.reply_default(out).unwrap();
    assert!(server.next_event(&mut hello).unwrap().is_some());
    server.reply_default(out).unwrap();
    server
}

fn reception(config: &Arc<ServerConfig>) -> Reception {
    let mut reception = Reception::new(Arc::clone(config));
    for mut input in [&b""[..], HELLO] {
        while let Some(question) = reception.next(&mut input).unwrap() {
            assert!(matches!(question, Question::Connected | Question::Hello(_)));
            reception.answer(Verdict::Usual).unwrap();
        }
        reception.written(reception.to_write().len());
    }
    reception
}

fn client(out: &mut Vec<u8>) -> Client {
    let mut client = Client::new(ClientConfig::default());
    assert!(matches!(client.next_event(&mut &*GREETING).unwrap(), Some(ClientEvent::Greeting(_))));
    client.send(&Command::Ehlo(Host::new("client.example").unwrap()), out).unwrap();
    assert!(client.next_event(&mut &*OFFER).unwrap().is_some());
    client
}

fn connection() -> Connection {
    let mut connection = Connection::new(ClientConfig::default());
    connection.received(GREETING);
    assert!(connection.next_event().unwrap().is_some());
    connection.send(&Command::Ehlo(Host::new("client.example").unwrap())).unwrap();
    connection.written(connection.to_write().len());
    connection.received(OFFER);
    assert!(connection.next_event().unwrap().is_some());
    assert!(connection.next_event().unwrap().is_none());
    connection
}

fn delivery() -> Delivery<(Mailbox<'static>, [Mailbox<'static>; 1])> {
    let mut delivery = Delivery::new(ClientConfig::default(), Opening::new(Host::new("client.example").unwrap()));
    for replies in [GREETING, OFFER] {
        assert!(matches!(delivery.next_step(), Step::Read(_)));
        delivery.written(delivery.to_write().len());
        delivery.received(replies);
    }
    assert_eq!(delivery.next_step(), Step::Idle);
    delivery
}

fn observer() -> Observer {
    let mut observer = Observer::new();
    for (mut client, mut server) in [(&b""[..], GREETING), (HELLO, OFFER)] {
        while observer.next_event(&mut client, &mut server).is_some() {}
    }
    observer
}
