//! Runs between a client and a server, passes every octet on unchanged, and prints each action and reply with the
//! state. It uses the decoders of `codec` and the table of states, without a session. Commands may be pipelined. Within
//! TLS nothing is visible.
//!
//! ```text
//! cargo run --example proxy -- 127.0.0.1:2526 127.0.0.1:2525
//! ```

use smtp_core::codec::{ChunkDecoder, Content, DotDecoder, LineDecoder, ReplyDecoder};
use smtp_core::session::{Action, State};
use smtp_core::syntax::{Command, Grammar};
use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// The state that the replies have confirmed, the actions without a reply, and the decoders of both sides.
#[derive(Default)]
pub(crate) struct Session {
    pub(crate) state: State,
    pub(crate) waiting: VecDeque<Action>,
    lines: LineDecoder,
    content: DotDecoder,
    chunk: Option<ChunkDecoder>,
    replies: ReplyDecoder,
}

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [listen, server] = &arguments[..] else { return Err(io::Error::other("usage: proxy LISTEN SERVER")) };
    serve(&TcpListener::bind(listen)?, server)
}

pub(crate) fn serve(listener: &TcpListener, server: &str) -> io::Result<()> {
    for client in listener.incoming() {
        let (client, server) = (client?, TcpStream::connect(server)?);
        let session = Arc::new(Mutex::new(Session { waiting: [Action::Greeting].into(), ..Session::default() }));
        let (up, down) = ((client.try_clone()?, server.try_clone()?, Arc::clone(&session)), (server, client, session));
        thread::spawn(|| pass(up, commands));
        thread::spawn(|| pass(down, replies));
    }
    Ok(())
}

/// Passes octets on after `look` has read them, so that a command is known before its reply comes.
fn pass((mut from, mut to, session): (TcpStream, TcpStream, Arc<Mutex<Session>>), look: Look) {
    let (mut buffer, mut unread) = ([0; 16 * 1024], Vec::new());
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        let octets = buffer.get(..count).unwrap_or_default();
        let Ok(mut session) = session.lock() else { break };
        if !matches!(session.state, State::Tls | State::Closed) {
            unread.extend_from_slice(octets);
            let mut rest = &unread[..];
            _ = look(&mut rest, &mut session);
            let used = unread.len().saturating_sub(rest.len());
            unread.drain(..used);
        }
        drop(session);
        if to.write_all(octets).is_err() {
            break;
        }
    }
    _ = to.shutdown(Shutdown::Write);
}

/// Reads all that is complete from the octets, and ends with `None`.
type Look = fn(&mut &[u8], &mut Session) -> Option<()>;

/// Reads what the client sends: the octets of a chunk, content after 354, or lines.
pub(crate) fn commands(input: &mut &[u8], session: &mut Session) -> Option<()> {
    loop {
        if let Some(chunk) = &mut session.chunk {
            if let Content::End(_) = chunk.decode(input)? {
                session.chunk = None;
            }
            continue;
        }
        let action = if session.state == State::Data && session.waiting.is_empty() {
            let Content::End(_) = session.content.decode(input)? else { continue };
            Action::Content
        } else {
            let line = session.lines.decode(input, 65_536).unwrap_or(Some(b"too long"))?;
            let command = Command::parse(line, Grammar::LENIENT);
            if let Ok(Command::Bdat(bdat)) = &command {
                session.chunk = Some(ChunkDecoder::new(bdat.size));
            }
            if session.state == State::Auth {
                Action::Response
            } else {
                command.as_ref().map_or(Action::Other, Action::of)
            }
        };
        println!("C [{}] {action}", session.state);
        session.waiting.push_back(action);
    }
}

/// Reads the server's replies, which come in the order of the actions. A reply to no action can only be 421.
pub(crate) fn replies(input: &mut &[u8], session: &mut Session) -> Option<()> {
    loop {
        let reply = session.replies.decode(input, Grammar::LENIENT).ok()??;
        let action = session.waiting.pop_front().unwrap_or(Action::Other);
        session.state = session.state.after(action, reply.code());
        println!("S [{}] {} to {action}", session.state, reply.code());
    }
}
