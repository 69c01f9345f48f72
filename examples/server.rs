//! Takes mail for one domain and prints it: the shape of every server. `mock_server` keeps what it takes, and `submission` has TLS.
//!
//! ```text
//! cargo run --example server -- 127.0.0.1:2525 mx.example
//! ```

use smtp_core::session::{Server, ServerConfig, ServerEvent, State, Timer};
use smtp_core::syntax::{Command, EnhancedCode, Host, Reply, ReplyCode};
use std::error::Error;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:2525".to_owned());
    let name = arguments.next().unwrap_or_else(|| "mx.example".to_owned());
    let config = Arc::new(ServerConfig::new(Host::new(&name)?));
    let listener = TcpListener::bind(&address)?;
    println!("{name} listens at {}", listener.local_addr()?);
    for stream in listener.incoming() {
        let (stream, config) = (stream?, Arc::clone(&config));
        std::thread::spawn(move || {
            if let Err(error) = serve(stream, config) {
                eprintln!("{error}");
            }
        });
    }
    Ok(())
}

/// One session.
fn serve(mut stream: TcpStream, config: Arc<ServerConfig>) -> Result<(), Box<dyn Error>> {
    let elsewhere = Reply::new(ReplyCode::MAILBOX_UNAVAILABLE, EnhancedCode::BAD_DESTINATION_SYSTEM, "Not here")?;
    let mut server = Server::new(config);
    let (mut input, mut output, mut message) = (Vec::new(), Vec::new(), Vec::new());
    let mut buffer = [0; 16 * 1024];
    stream.set_read_timeout(Some(Timer::Command.minimum()))?;
    server.reply_default(&mut output)?; // the greeting
    loop {
        stream.write_all(&output)?;
        output.clear();
        let count = if server.state() == State::Closed { 0 } else { stream.read(&mut buffer)? };
        input.extend_from_slice(buffer.get(..count).unwrap_or_default());
        if count == 0 {
            return Ok(());
        }
        let mut rest = &input[..];
        while let Some(event) = server.next_event(&mut rest)? {
            match event {
                ServerEvent::Command(Command::Mail(mail)) => {
                    message = format!("From: {}\n", mail.reverse_path).into_bytes();
                    server.reply_default(&mut output)?;
                }
                ServerEvent::Command(Command::Rcpt(rcpt)) => match rcpt.forward_path.mailbox() {
                    Some(to) if !to.host().equivalent(server.config().host()) => {
                        server.reply(&elsewhere, &mut output)?;
                    }
                    _ => {
                        message.extend_from_slice(format!("To: {}\n", rcpt.forward_path).as_bytes());
                        server.reply_default(&mut output)?;
                    }
                },
                ServerEvent::Content(octets) => message.extend_from_slice(octets),
                ServerEvent::ContentEnd => {
                    println!("{}", String::from_utf8_lossy(&message));
                    server.reply_default(&mut output)?; // after the message is where it is safe
                }
                _ => server.reply_default(&mut output)?,
            }
        }
        let consumed = input.len().saturating_sub(rest.len());
        input.drain(..consumed);
    }
}
