//! The events of a server: the values that `Server::next_event` returns. `receive.rs` and `judge.rs` create them.

use crate::session::Rejected;
use crate::syntax::{Base64, Command, Dialect, Grammar};
use core::fmt;

/// An action of the client. All events but `Content` and `Abandoned` are owed an answer.
///
/// A message that was begun is either completed or abandoned: an accepted [`Begin`](Self::Begin) is followed by exactly
/// one [`ContentEnd`](Self::ContentEnd) or [`Abandoned`](Self::Abandoned), or by a BURL LAST, whatever the client does.
/// Its `Content` and `ChunkEnd` come in between.
///
/// `Debug` shows no credential, and no command that is not registered, because it may be one. It shows the octets of
/// `Content`.
///
/// ```
/// use smtp_core::session::{Server, ServerConfig, ServerEvent};
/// use smtp_core::syntax::Host;
///
/// let mut server = Server::new(ServerConfig::new(Host::new("mx.example")?));
/// let mut out = Vec::new();
/// server.reply_default(&mut out)?;
/// let mut input = &b"HELO client.example\r\nXYZZY\r\n"[..];
/// while let Some(event) = server.next_event(&mut input)? {
///     match event {
///         ServerEvent::Command(command) => println!("{command}"),
///         ServerEvent::Rejected(refused) => println!("refused: {}", refused.why),
///         ServerEvent::Content(_) | ServerEvent::Abandoned => continue, // no answer is owed
///         _ => {}
///     }
///     server.reply_default(&mut out)?;
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[must_use]
pub enum ServerEvent<'a> {
    /// A command that is valid and permitted in the current state. Never DATA or BDAT: see [`Begin`](Self::Begin).
    Command(Command<'a>),
    /// A command, line or message that is refused. [`Server::reply_default`](crate::session::Server::reply_default)
    /// gives the reply that is owed, [`reply_explained`](crate::session::Server::reply_explained) gives it with an
    /// explanation, and [`overrule`](crate::session::Server::overrule) accepts a command after all. If the refusal ends
    /// a message, drop the content that was returned.
    Rejected(Refused<'a>),
    /// A line of an AUTH exchange.
    Response(Base64<'a>),
    /// The beginning of a message, by DATA or by the first BDAT of its transaction
    /// ([`Server::chunk`](crate::session::Server::chunk) says which). The usual answer to DATA is 354. BDAT gets no
    /// answer yet: its reply is owed at the end of the chunk. A refusal of BDAT is kept until the octets of the chunk
    /// are dropped, and is then owed as [`Rejected::ChunkRefused`](crate::session::Rejected::ChunkRefused).
    Begin,
    /// Octets of the message. Append them to the previous ones.
    Content(&'a [u8]),
    /// The end of a chunk that is not the last.
    ChunkEnd,
    /// The end of the message. In LMTP every accepted recipient is owed an answer, in the order of the RCPT commands.
    ContentEnd,
    /// The message that was begun will not be completed; drop its content. This event follows the answer that ended the
    /// message: a refusal of its end or of a chunk, the answer to RSET, a hello or QUIT, a 421. It also follows
    /// [`connection_lost`](crate::session::Server::connection_lost). No answer is owed.
    Abandoned,
}

/// The hello that was accepted last.
///
/// ```
/// use smtp_core::session::{Hello, Server, ServerConfig};
/// use smtp_core::syntax::Host;
///
/// let mut server = Server::new(ServerConfig::new(Host::new("mx.example")?));
/// let mut out = Vec::new();
/// server.reply_default(&mut out)?;
/// assert_eq!(server.hello(), Hello::None);
/// let _ = server.next_event(&mut &b"HELO client.example\r\n"[..])?;
/// server.reply_default(&mut out)?;
/// assert_eq!(server.hello(), Hello::Helo);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Hello {
    /// No hello has been accepted.
    #[default]
    None,
    /// HELO: no extension is in force.
    Helo,
    /// EHLO, or LHLO in LMTP.
    Ehlo,
}

/// A refusal by the server: the reason, and the line that was refused.
///
/// `Debug` does not show a line that [may hold a credential](Self::may_be_credential).
///
/// ```
/// use smtp_core::session::{Server, ServerConfig, ServerEvent};
/// use smtp_core::syntax::Host;
///
/// let mut server = Server::new(ServerConfig::new(Host::new("mx.example")?));
/// let mut out = Vec::new();
/// server.reply_default(&mut out)?;
/// let mut input = &b"EHLO client.example\r\nMAIL FROM:joe@client.example\r\n"[..];
/// while let Some(event) = server.next_event(&mut input)? {
///     if let ServerEvent::Rejected(refused) = event {
///         assert_eq!(refused.line(), Some(&b"MAIL FROM:joe@client.example"[..]));
///         assert_eq!(refused.command().unwrap().to_string(), "MAIL FROM:<joe@client.example>");
///     }
///     server.reply_default(&mut out)?;
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Refused<'a> {
    /// The reason of the refusal.
    pub why: Rejected,
    pub(super) line: Option<&'a [u8]>,
    pub(super) secret: bool,
}

impl<'a> Refused<'a> {
    /// Returns the line without its CRLF. Returns `None` if there is no whole line: a line over its limit, content, or
    /// the end of a chunk.
    #[must_use]
    pub const fn line(&self) -> Option<&'a [u8]> {
        self.line
    }

    /// Parses the line by the most lenient grammar, as if every extension was offered. Returns `None` if it is not a
    /// command even then.
    #[must_use]
    pub fn command(&self) -> Option<Command<'a>> {
        Command::parse(self.line?, Grammar { dialect: Dialect::LENIENT, ..Grammar::SMTPUTF8 }).ok()
    }

    /// Returns `true` if the line may hold a credential:
    ///
    /// - It belongs to AUTH or its exchange, or holds the token of a URL after `;URLAUTH=`.
    /// - AUTH comes in it after a bare CR or LF or after octets that do not print.
    /// - It follows an AUTH that was not accepted, and neither it nor a line between them begins with a registered verb. A
    ///   client that does not wait for the reply to AUTH sends its credentials even if AUTH is refused.
    #[must_use]
    pub const fn may_be_credential(&self) -> bool {
        self.secret
    }
}

impl fmt::Debug for Refused<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = formatter.debug_struct("Refused");
        debug.field("why", &self.why);
        match self.line {
            Some(_) if self.secret => debug.field("line", &format_args!("[redacted]")),
            Some(line) => debug.field("line", &format_args!("{}", line.escape_ascii())),
            None => &mut debug,
        };
        debug.finish()
    }
}
