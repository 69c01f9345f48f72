//! The steps that scripts consist of.

use super::{CREDENTIALS, Pair, Sent};
use smtp_core::session::{Action, Misuse};
use smtp_core::syntax::{Base64Buf, Command, Grammar, Mechanism};

/// Lines that begin with dots, and a line that would be a command elsewhere.
pub const DOTS: &[u8] = b".\r\n..\r\nQUIT\r\n\r\n.x\r\nlast";
/// The same as it arrives: content after DATA ends with CRLF.
const DOTS_RECEIVED: &[u8] = b".\r\n..\r\nQUIT\r\n\r\n.x\r\nlast\r\n";
const REFUSED: &[u8] = b"REFUSE\r\n";
/// A chunk that would do harm if a server read it as lines.
const CHUNK: &[u8] = b".\r\nRSET\r\n";

/// The next step of a client, of its user or of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// A command as text. BDAT is sent with a chunk.
    Line(&'static str),
    /// BDAT and the first half of a chunk of eight octets.
    Begin,
    /// The second half of that chunk.
    Rest,
    /// Content after DATA, all of it with its terminator; only the terminator if it is empty.
    Content(&'static [u8]),
    /// AUTH PLAIN with an initial response, which is right if `true`.
    Auth(bool),
    /// The response to a challenge, which is right if `true`.
    Respond(bool),
    /// The cancellation of an AUTH exchange.
    Cancel,
    /// The TLS handshake.
    Handshake,
    /// Everything that is on its way arrives and is answered.
    Exchange,
}

impl Step {
    /// The steps of a session.
    pub const SESSION: &'static [Self] = &[
        Self::Line("EHLO client.example"),
        Self::Line("LHLO client.example"),
        Self::Line("HELO client.example"),
        Self::Line("NOOP"),
        Self::Line("VRFY joe"),
        Self::Line("EXPN list"),
        Self::Line("HELP"),
        Self::Line("QUIT"),
        Self::Line("STARTTLS"),
        Self::Handshake,
        Self::Auth(true),
        Self::Auth(false),
        Self::Line("AUTH PLAIN"),
        Self::Respond(true),
        Self::Respond(false),
        Self::Cancel,
    ];

    /// The steps of a transaction.
    pub const TRANSACTION: &'static [Self] = &[
        Self::Line("MAIL FROM:<joe@client.example>"),
        Self::Line("MAIL FROM:<no@client.example>"),
        Self::Line("MAIL FROM:<> BODY=BINARYMIME"),
        Self::Line("MAIL FROM:<joe@client.example> SMTPUTF8 BODY=8BITMIME"),
        Self::Line("RCPT TO:<ann@mx.example>"),
        Self::Line("RCPT TO:<no@mx.example>"),
        Self::Line("RCPT TO:<full@mx.example>"),
        Self::Line("RCPT TO:<\u{FC}@mx.example>"),
        Self::Line("DATA"),
        Self::Content(DOTS),
        Self::Content(b""),
        Self::Content(REFUSED),
        Self::Line("BDAT 9"),
        Self::Line("BDAT 8"),
        Self::Line("BDAT 9 LAST"),
        Self::Line("BDAT 8 LAST"),
        Self::Line("BDAT 0 LAST"),
        Self::Begin,
        Self::Rest,
        Self::Line("RSET"),
    ];

    /// Returns the chunk that goes with a line.
    fn chunk(line: &str) -> &'static [u8] {
        match line.split(' ').nth(1) {
            Some("9") if line.starts_with("BDAT") => CHUNK,
            Some("8") if line.starts_with("BDAT") => REFUSED,
            _ => b"",
        }
    }

    /// Returns the action of the step, if it is one.
    pub fn action(self) -> Option<Action> {
        match self {
            Self::Line(line) => Some(Action::of(&command(line))),
            Self::Begin => Some(Action::Bdat),
            Self::Content(_) => Some(Action::Content),
            Self::Auth(_) => Some(Action::Auth),
            Self::Respond(_) | Self::Cancel => Some(Action::Response),
            Self::Rest | Self::Handshake | Self::Exchange => None,
        }
    }

    /// Returns what another client might send for the step, if it is a command.
    pub fn octets(self) -> Option<Vec<u8>> {
        match self {
            Self::Line(line) => Some([line.as_bytes(), b"\r\n", Self::chunk(line)].concat()),
            Self::Auth(_) => Some(b"AUTH PLAIN AGpvZQBzZWNyZXQ=\r\n".to_vec()),
            _ => None,
        }
    }

    /// Does the step.
    pub fn take(self, pair: &mut Pair) -> Result<(), Misuse> {
        pair.script.0.push(self);
        match self {
            Self::Line(line) => {
                pair.send(&command(line))?;
                let chunk = Self::chunk(line);
                if line.starts_with("BDAT") {
                    pair.act(|client, out| client.content(chunk, out))?;
                    pair.desk.add_to_chunk(chunk);
                }
            }
            Self::Begin => {
                pair.send(&Command::bdat(8))?;
                pair.act(|client, out| client.content(b"QUIT", out))?;
                pair.desk.add_to_chunk(b"QUIT");
                assert_eq!(pair.client.chunk_remaining(), 4);
            }
            Self::Rest => {
                if pair.client.chunk_remaining() != 4 {
                    return Err(not_now(pair));
                }
                let excess = pair.act(|client, out| client.content(b"\r\n.\r\n", out));
                assert_eq!(excess, Err(Misuse::ChunkExceeded));
                pair.act(|client, out| client.content(b"\r\n..", out))?;
                pair.desk.add_to_chunk(b"\r\n..");
            }
            Self::Content(octets) => {
                // Within a chunk these octets would belong to the chunk.
                if pair.client.chunk_remaining() > 0 {
                    return Err(not_now(pair));
                }
                for piece in octets.chunks(3) {
                    pair.act(|client, out| client.content(piece, out))?;
                }
                pair.act(|client, out| client.finish_content(out))?;
                pair.departs(Sent::Content(if octets == DOTS { DOTS_RECEIVED } else { octets }.to_vec()));
            }
            Self::Auth(right) => {
                let response = Base64Buf::encode(if right { CREDENTIALS } else { b"\0joe\0wrong" });
                pair.send(&Command::auth(Mechanism::PLAIN, Some(response.as_base64())))?;
            }
            Self::Respond(right) => {
                let response = if right { CREDENTIALS } else { b"" };
                pair.act(|client, out| client.respond(response, out))?;
                pair.departs(Sent::Plain(Action::Response));
            }
            Self::Cancel => {
                pair.act(|client, out| client.cancel(out))?;
                pair.departs(Sent::Plain(Action::Response));
            }
            Self::Handshake => {
                if pair.client.clone().into_tls(b"").is_err() {
                    assert!(pair.server.clone().into_tls(b"").is_err() || !pair.is_quiet());
                    return Err(Misuse::NoHandshake);
                }
                pair.handshake();
            }
            Self::Exchange => pair.exchange(),
        }
        Ok(())
    }
}

fn command(line: &str) -> Command<'_> {
    Command::parse(line.as_bytes(), Grammar::SMTPUTF8).unwrap()
}

/// Returns the error for a step that is out of sequence in a way that the client cannot know.
fn not_now(pair: &Pair) -> Misuse {
    Misuse::WrongState { state: pair.client.state(), action: Action::Content }
}
