//! The samples of README.md for a server and a mailer, played against each other. The first test holds them to the text.

use smtp_core::session::delivery::{Delivery as Mail, Message, Opening};
use smtp_core::session::reception::Reception;
use smtp_core::session::{ClientConfig, ServerConfig};
use smtp_core::syntax::{Host, Mailbox as Address};
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::thread;
use std::time::Duration;

#[rustfmt::skip]
mod serve {
// sample
use smtp_core::session::{Misuse, reception::{Question, Reception, Verdict}};
use smtp_core::syntax::{Mailbox, ReplyBuf, ReplyCode};
fn serve(session: &mut Reception, rest: &mut &[u8], mail: &mut Vec<u8>, store: fn(Vec<u8>))
    -> Result<(), Misuse> {
    let foreign = |to: Mailbox<'_>| !to.host().to_string().eq_ignore_ascii_case("mx.example");
    while let Some(question) = session.next(rest)? { match question {
        Question::Rcpt(to) if to.forward_path.mailbox().is_some_and(foreign) =>
            session.answer(&ReplyBuf::lossy(ReplyCode::MAILBOX_UNAVAILABLE, "5.7.1 foreign"))?,
        Question::Content(octets) => mail.extend_from_slice(octets),
        Question::Finish => { store(std::mem::take(mail)); session.answer(Verdict::Usual)? }
        Question::Abandoned => mail.clear(), // it will not be completed
        Question::Refused(_) => {} // the reply is already written
        _ => session.answer(Verdict::Usual)?, // also to `<Postmaster>`, which has no mailbox
    } } Ok(())
}
// end
use std::sync::Mutex;
pub(super) static STORED: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());
fn store(mail: Vec<u8>) {
    STORED.lock().unwrap().push(mail);
}
pub(super) fn step(session: &mut Reception, input: &mut &[u8], mail: &mut Vec<u8>) {
    serve(session, input, mail, store).unwrap();
}
}

#[rustfmt::skip]
mod deliver {
// sample
use smtp_core::session::delivery::{Delivery, Envelope, Step};
use std::{io::{Error, Read, Result, Write}, net::TcpStream};
fn deliver(mail: &mut Delivery<impl Envelope>, mut io: TcpStream, text: &[u8]) -> Result<()> {
    let mut buf = [0; 4096];
    loop { match mail.next_step() {
        Step::Read(_timer) => {
            if io.write_all(mail.to_write()).is_ok() { mail.written(mail.to_write().len()) }
            let count = io.read(&mut buf).unwrap_or(0);
            if count > 0 { mail.received(&buf[..count]) } else { mail.lost() }
        }
        Step::Content { from, .. } =>
            mail.content(&text[from as usize..], true).map_err(Error::other)?,
        Step::Fate { recipient, outcome, .. } => println!("recipient {recipient}: {outcome}"),
        _ => return Ok(()),
} } }
// end
pub(super) fn all(mail: &mut Delivery<impl Envelope>, io: TcpStream, text: &[u8]) {
    deliver(mail, io, text).unwrap();
}
}

#[test]
fn the_samples_are_those_of_the_readme() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("../README.md")).unwrap();
    let own = fs::read_to_string(root.join("programs/samples.rs")).unwrap();
    let samples: Vec<&str> =
        own.split("\n// sample\n").skip(1).map(|rest| rest.split("// end\n").next().unwrap()).collect();
    assert_eq!(samples.len(), 2);
    for sample in samples {
        assert!(readme.contains(&format!("```rust\n{sample}```\n")), "{sample}");
    }
}

/// Serves one session.
fn serve_once(listener: &TcpListener) {
    let (mut stream, _) = listener.accept().unwrap();
    let mut session = Reception::new(ServerConfig::new(Host::new("mx.example").unwrap()));
    let (mut input, mut mail, mut buffer) = (Vec::new(), Vec::new(), [0; 4096]);
    loop {
        let mut rest = &input[..];
        serve::step(&mut session, &mut rest, &mut mail);
        let consumed = input.len() - rest.len();
        input.drain(..consumed);
        stream.write_all(session.to_write()).unwrap();
        session.written(session.to_write().len());
        if !session.is_open() {
            return;
        }
        match stream.read(&mut buffer).unwrap() {
            0 => session.connection_lost(),
            length => input.extend_from_slice(&buffer[..length]),
        }
    }
}

#[test]
fn one_sample_delivers_to_the_other() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || serve_once(&listener));
    let text = b"Subject: sample\r\n\r\nHello\r\n";
    let to = ["ann@mx.example", "eve@other.example"].map(|to| Address::new(to).unwrap());
    let mut mail = Mail::new(ClientConfig::SMTP, Opening::new(Host::new("client.example").unwrap()));
    for _ in 0..2 {
        mail.push((Address::new("joe@client.example").unwrap(), to), Message::of(text));
    }
    mail.quit();
    let stream = TcpStream::connect(address).unwrap();
    // If both ends wait for each other, the test fails instead of hanging.
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    deliver::all(&mut mail, stream, text);
    server.join().unwrap();
    assert_eq!(*serve::STORED.lock().unwrap(), [text, text]);
}
