//! The same work in sizes from a few octets to a megabyte, for the plot of cost against size. Each size is twice the last one.

use smtp_core::codec::{BareLineEnding, Content, DotDecoder, ReplyDecoder};
use smtp_core::observer::Observer;
use smtp_core::session::{Server, ServerConfig, ServerEvent};
use smtp_core::syntax::{Grammar, Host};
use std::hint::black_box;

const LARGEST: usize = 1 << 20;
const TEXT: &str = "All work and no play makes for a message of lines that are as long as this one\r\n";
const DOTS: &str = "..\r\n";
const RCPT: &str = "RCPT TO:<ann@mx.example>\r\n";

/// The work for an input of so many octets.
pub(crate) struct Point {
    pub(crate) octets: usize,
    pub(crate) work: Box<dyn FnMut()>,
}

/// The name of a line of the plot, and its points by size.
pub(crate) type Series = (&'static str, Vec<Point>);

pub(crate) fn series() -> Vec<Series> {
    vec![
        ("content, text", sizes(TEXT, |text| decode(text.to_owned() + ".\r\n"))),
        ("content, each line a dot", sizes(DOTS, |text| decode(text.to_owned() + ".\r\n"))),
        ("reply of many lines", sizes("250-a line of text\r\n", |text| reply(text.to_owned() + "250 the last\r\n"))),
        ("server, RCPT pipelined", sizes(RCPT, serve)),
        ("observer, RCPT pipelined", sizes(RCPT, observe)),
        ("server, one line too long", sizes("NOOP", |text| serve(&(text.to_owned() + "\r\n")))),
    ]
}

/// Makes a point for each size: the text, repeated until it has at least as many octets.
fn sizes(text: &str, work: impl Fn(&str) -> Box<dyn FnMut()>) -> Vec<Point> {
    let sizes = std::iter::successors(Some(64), |size| Some(size * 2)).take_while(|size| *size <= LARGEST);
    let point = |size: usize| {
        let input = text.repeat(size.div_ceil(text.len()));
        Point { octets: input.len(), work: work(&input) }
    };
    sizes.map(point).collect()
}

fn decode(input: String) -> Box<dyn FnMut()> {
    Box::new(move || {
        let (mut decoder, mut rest) = (DotDecoder::new(BareLineEnding::Refuse), black_box(input.as_bytes()));
        while let Some(Content::Octets(octets)) = decoder.decode(&mut rest) {
            black_box(octets);
        }
        assert!(rest.is_empty());
    })
}

fn reply(input: String) -> Box<dyn FnMut()> {
    Box::new(move || {
        let (mut decoder, mut rest) = (ReplyDecoder::new().with_limit(u32::MAX), black_box(input.as_bytes()));
        let reply = decoder.decode(&mut rest, Grammar::STRICT);
        assert!(matches!(black_box(&reply), Ok(Some(_))));
    })
}

/// A server in a transaction.
fn server() -> Server {
    let mut config = ServerConfig::new(Host::new("mx.example").unwrap());
    config.max_recipients = u32::MAX;
    let (mut server, mut out) = (Server::new(config), Vec::new());
    server.reply_default(&mut out).unwrap();
    run(&mut server, b"EHLO client.example\r\nMAIL FROM:<>\r\n", &mut out);
    server
}

fn run(server: &mut Server, mut input: &[u8], out: &mut Vec<u8>) {
    while let Some(event) = server.next_event(&mut input).unwrap() {
        if !matches!(event, ServerEvent::Abandoned) {
            server.reply_default(out).unwrap();
        }
    }
}

fn serve(input: &str) -> Box<dyn FnMut()> {
    let (server, input, mut out) = (server(), input.to_owned(), Vec::new());
    Box::new(move || {
        out.clear();
        run(&mut server.clone(), black_box(input.as_bytes()), &mut out);
        black_box(&out);
    })
}

/// The client's lines come first, then the replies.
fn observe(input: &str) -> Box<dyn FnMut()> {
    let begin = ["EHLO client.example\r\n", "MAIL FROM:<>\r\n"];
    let mut server = Server::new(ServerConfig::new(Host::new("mx.example").unwrap()));
    let mut replies = Vec::new();
    server.reply_default(&mut replies).unwrap();
    let mut observer = Observer::new();
    _ = observer.next_event(&mut &b""[..], &mut &replies[..]);
    for line in begin {
        let mut out = Vec::new();
        run(&mut server, line.as_bytes(), &mut out);
        let (mut client, mut said) = (line.as_bytes(), &out[..]);
        while observer.next_event(&mut client, &mut said).is_some() {}
    }
    let (input, said) = (input.to_owned(), "250 2.1.5 Recipient OK\r\n".repeat(input.len() / RCPT.len()));
    Box::new(move || {
        let mut observer = observer.clone();
        let (mut client, mut server) = (black_box(input.as_bytes()), black_box(said.as_bytes()));
        while let Some(event) = observer.next_event(&mut client, &mut server) {
            black_box(&event);
        }
        assert!(client.is_empty() && server.is_empty());
    })
}
