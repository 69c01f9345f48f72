//! Runs a whole session between a client and a server in memory, and prints the state after each reply.
//!
//! ```text
//! cargo run --example dialogue
//! ```

use smtp_core::session::{Action, Client, ClientConfig, ClientEvent, Server, ServerConfig, ServerEvent, State};
use smtp_core::syntax::{Command, EnhancedCode, Host, Mailbox, Parameters, Reply, ReplyCode};
use std::error::Error;

const CONTENT: &[u8] =
    b"From: joe@client.example\r\nSubject: Dots\r\n\r\nThis line has none.\r\n.This one has.\r\n..\r\n";

fn main() -> Result<(), Box<dyn Error>> {
    let mut client = Client::new(ClientConfig::default());
    let mut server = Server::new(ServerConfig::new(Host::new("mx.example")?));
    let mut mail = Delivered::default();
    let (mut to_server, mut to_client) = (Vec::new(), Vec::new());

    while client.state() != State::Closed {
        serve(&mut server, &mut mail, &to_server, &mut to_client)?;
        to_server.clear();
        talk(&mut client, &to_client, &mut to_server)?;
        to_client.clear();
        show("C", &to_server);
    }

    println!("\ndelivered to {} from {}:", mail.to.join(", "), mail.from);
    print!("{}", String::from_utf8_lossy(&mail.content));
    Ok(())
}

/// Reads what has arrived at the server, answers it, and keeps what was accepted.
fn serve(server: &mut Server, mail: &mut Delivered, mut input: &[u8], out: &mut Vec<u8>) -> Result<(), Box<dyn Error>> {
    let nobody = Reply::new(ReplyCode::MAILBOX_UNAVAILABLE, EnhancedCode::BAD_DESTINATION_MAILBOX, "Nobody here")?;
    if server.answers_owed() > 0 {
        server.reply_default(out)?; // the greeting
    }
    while let Some(event) = server.next_event(&mut input)? {
        match event {
            ServerEvent::Command(Command::Mail(command)) => {
                mail.from = command.reverse_path.to_string();
                server.reply_default(out)?;
            }
            ServerEvent::Command(Command::Rcpt(command)) if command.forward_path.to_string().contains("nobody") => {
                server.reply(&nobody, out)?;
            }
            ServerEvent::Command(Command::Rcpt(command)) => {
                mail.to.push(command.forward_path.to_string());
                server.reply_default(out)?;
            }
            ServerEvent::Content(octets) => mail.content.extend_from_slice(octets),
            ServerEvent::Abandoned => mail.content.clear(),
            _ => server.reply_default(out)?,
        }
    }
    Ok(())
}

#[derive(Default)]
struct Delivered {
    from: String,
    to: Vec<String>,
    content: Vec<u8>,
}

/// Reads each reply at the client and sends what comes next.
fn talk(client: &mut Client, mut input: &[u8], out: &mut Vec<u8>) -> Result<(), Box<dyn Error>> {
    while let Some(event) = client.next_event(&mut input)? {
        match event {
            ClientEvent::Greeting(reply) => {
                said(&reply, client.state());
                client.send(&Command::Ehlo(Host::new("client.example")?), out)?;
            }
            ClientEvent::Reply { to, reply, .. } => {
                said(&reply, client.state());
                next(client, to, out)?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn next(client: &mut Client, answered: Action, out: &mut Vec<u8>) -> Result<(), Box<dyn Error>> {
    match answered {
        Action::Ehlo => {
            // The server offers PIPELINING, so these go in one group.
            client.send(&Command::mail(Mailbox::new("joe@client.example")?, Parameters::new("BODY=8BITMIME")?), out)?;
            client.send(&Command::rcpt(Mailbox::new("ann@mx.example")?, Parameters::NONE), out)?;
            client.send(&Command::rcpt(Mailbox::new("nobody@mx.example")?, Parameters::NONE), out)?;
            client.send(&Command::Data, out)?;
        }
        Action::Data if client.state() == State::Data => {
            client.content(CONTENT, out)?;
            client.finish_content(out)?;
            client.send(&Command::Quit, out)?;
        }
        _ => {}
    }
    Ok(())
}

fn said(reply: &Reply<'_>, state: State) {
    let text = reply.to_string();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let after = if lines.peek().is_none() { format!("    [{state}]") } else { String::new() };
        println!("S: {line}{after}");
    }
}

fn show(side: &str, octets: &[u8]) {
    for line in String::from_utf8_lossy(octets).lines() {
        println!("{side}: {line}");
    }
}
