//! Sends one message. This is the shortest client to copy; `send` does the same with options, and prints the dialogue.
//!
//! ```text
//! cargo run --example client -- mx.example:25 joe@client.example ann@mx.example <message
//! ```

#![allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "lengths and numbers that cannot be off")]

use smtp_core::session::ClientConfig;
use smtp_core::session::delivery::{Delivery, Message, Opening, Step};
use smtp_core::syntax::{Host, Mailbox};
use std::error::Error;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [server, from, to @ ..] = &arguments[..] else { return Err("usage: client HOST:PORT FROM TO...".into()) };
    let recipients = to.iter().map(|to| Mailbox::new(to)).collect::<Result<Vec<_>, _>>()?;
    // Lines end in CRLF on the wire.
    let content = std::io::read_to_string(std::io::stdin())?.replace("\r\n", "\n").replace('\n', "\r\n");

    let mut stream = TcpStream::connect(server)?;
    let mut delivery = Delivery::new(ClientConfig::SMTP, Opening::new(Host::new("localhost")?));
    delivery.push((Mailbox::new(from)?, &recipients[..]), Message::of(content.as_bytes()));
    delivery.quit();
    let mut buffer = [0; 4096];
    loop {
        match delivery.next_step() {
            Step::Read(timer) => {
                // A server that refuses may close before it has read everything. Its replies can still be read. After a
                // write that failed, nothing more may be sent.
                match stream.write_all(delivery.to_write()) {
                    Ok(()) => delivery.written(delivery.to_write().len()),
                    Err(_) => _ = stream.shutdown(Shutdown::Write),
                }
                stream.set_read_timeout(Some(timer.minimum()))?;
                match stream.read(&mut buffer) {
                    Ok(octets @ 1..) => delivery.received(&buffer[..octets]),
                    Ok(0) | Err(_) => delivery.lost(),
                }
            }
            Step::Content { from, .. } => delivery.content(&content.as_bytes()[from as usize..], true)?,
            Step::Fate { recipient, outcome, .. } => println!("{}: {:?} ({outcome})", to[recipient], outcome.status),
            _ => return Ok(()),
        }
    }
}
