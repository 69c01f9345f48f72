//! Stands between a client and a server, passes every octet on as it is, and prints who says what in which state: `codec` and the
//! table of states without a session. Commands may be pipelined; after STARTTLS there is nothing more to be seen.
//!
//! ```text
//! cargo run --example proxy -- 127.0.0.1:2526 127.0.0.1:2525
//! ```

use smtp_core::codec::{BareLineEnding, ChunkDecoder, Content, DotDecoder, LineDecoder, ReplyDecoder};
use smtp_core::session::{Action, State};
use smtp_core::syntax::{Command, Grammar};
use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::{io, thread};

/// Where the session stands by the replies, what is not answered yet, and how far each side has been read.
#[derive(Default)]
struct Session {
    state: State,
    waiting: VecDeque<Action>,
    lines: LineDecoder,
    chunk: Option<ChunkDecoder>,
    dots: Option<DotDecoder>,
    replies: ReplyDecoder,
}

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [listen, server] = &arguments[..] else { return Err(io::Error::other("usage: proxy LISTEN SERVER")) };
    for client in TcpListener::bind(listen)?.incoming() {
        let (client, server) = (client?, TcpStream::connect(server)?);
        let session = Arc::new(Mutex::new(Session { waiting: [Action::Greeting].into(), ..Session::default() }));
        let (up, down) = ((client.try_clone()?, server.try_clone()?, Arc::clone(&session)), (server, client, session));
        thread::spawn(|| pass(up, commands));
        thread::spawn(|| pass(down, replies));
    }
    Ok(())
}

/// Passes octets on, once `look` has seen them: no reply is there before its command is known.
fn pass((mut from, mut to, session): (TcpStream, TcpStream, Arc<Mutex<Session>>), look: fn(&mut &[u8], &mut Session)) {
    let (mut buffer, mut unread) = ([0; 16 * 1024], Vec::new());
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        let octets = buffer.get(..count).unwrap_or_default();
        let mut session = session.lock().unwrap_or_else(PoisonError::into_inner);
        // Within TLS nothing can be seen.
        if !matches!(session.state, State::Tls | State::Closed) {
            unread.extend_from_slice(octets);
            let mut rest = &unread[..];
            look(&mut rest, &mut session);
            let seen = unread.len().saturating_sub(rest.len());
            unread.drain(..seen);
        }
        drop(session);
        if to.write_all(octets).is_err() {
            break;
        }
    }
    _ = to.shutdown(Shutdown::Write);
}

/// What the client sends: the rest of a chunk, content after 354, or a line.
fn commands(input: &mut &[u8], it: &mut Session) {
    loop {
        if let Some(chunk) = &mut it.chunk {
            match chunk.decode(input) {
                Some(Content::End(_)) => it.chunk = None,
                Some(_) => {}
                None => return,
            }
        } else if it.state == State::Data && it.waiting.is_empty() {
            match it.dots.get_or_insert(DotDecoder::new(BareLineEnding::Pass)).decode(input) {
                Some(Content::End(_)) => it.waiting.push_back(Action::Content),
                Some(_) => {}
                None => return,
            }
        } else if let Ok(line) = it.lines.decode(input, 65_536) {
            let Some(line) = line else { return };
            let command = Command::parse(line, Grammar::LENIENT);
            let action = match &command {
                _ if it.state == State::Auth => Action::Response,
                Ok(command) => Action::of(command),
                Err(_) => Action::Other,
            };
            if let Ok(Command::Bdat(bdat)) = command {
                it.chunk = Some(ChunkDecoder::new(bdat.size));
            }
            println!("C [{}] {action:?}", it.state);
            it.dots = None;
            it.waiting.push_back(action);
        }
    }
}

/// What the server answers, in the order of what was asked.
fn replies(input: &mut &[u8], it: &mut Session) {
    while let Ok(Some(reply)) = it.replies.decode(input, Grammar::LENIENT) {
        let Some(action) = it.waiting.pop_front() else { continue };
        it.state = it.state.after(action, reply.code());
        println!("S [{}] {} to {action:?}", it.state, reply.code());
    }
}
