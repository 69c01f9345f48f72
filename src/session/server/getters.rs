//! What can be asked of a server.

use super::{Hello, Receiving, Server, ServerConfig};
use crate::session::{State, Timer};
use crate::syntax::{Bdat, Extensions};
use crate::trace::WithProtocol;

impl Server {
    /// Where the session stands.
    #[must_use]
    pub const fn state(&self) -> State {
        self.facts.state()
    }

    /// Returns `true` if there is more to read. After a 221 or 421 write what is left and close.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        !matches!(self.facts.state(), State::Closed)
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &ServerConfig {
        &self.config
    }

    /// Which hello was accepted last.
    #[must_use]
    pub const fn hello(&self) -> Hello {
        self.facts.hello()
    }

    /// Returns `true` if the session is within TLS.
    #[must_use]
    pub const fn is_tls(&self) -> bool {
        self.facts.is_tls()
    }

    /// Returns `true` if an AUTH has succeeded.
    #[must_use]
    pub const fn is_authenticated(&self) -> bool {
        self.facts.is_authenticated()
    }

    /// Returns `true` if SMTPUTF8 is in force in the transaction.
    #[must_use]
    pub const fn is_smtputf8(&self) -> bool {
        self.facts.state().in_transaction() && self.facts.declared().smtputf8
    }

    /// How many recipients of the transaction have been accepted.
    #[must_use]
    pub const fn recipients(&self) -> u32 {
        self.facts.recipients()
    }

    /// How the message under way comes in, as a Received field says it (RFC 5321 section 4.4, RFC 3848).
    ///
    /// ```
    /// use smtp_core::session::{Server, ServerConfig};
    /// use smtp_core::syntax::Host;
    /// use smtp_core::trace::WithProtocol;
    ///
    /// let mut server = Server::over_tls(ServerConfig::new(Host::new("mx.example")?));
    /// let mut out = Vec::new();
    /// server.reply_default(&mut out)?;
    /// server.next_event(&mut &b"EHLO client.example\r\n"[..])?;
    /// server.reply_default(&mut out)?;
    /// assert_eq!(server.with_protocol(), WithProtocol::EsmtpS);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_protocol(&self) -> WithProtocol {
        let mut protocol = match self.hello() {
            _ if self.config.lmtp => WithProtocol::Lmtp,
            Hello::Ehlo => WithProtocol::Esmtp,
            _ => WithProtocol::Smtp,
        };
        if self.is_smtputf8() {
            protocol = protocol.with_smtputf8();
        }
        if self.is_tls() {
            protocol = protocol.with_tls();
        }
        if self.is_authenticated() { protocol.with_auth() } else { protocol }
    }

    /// The chunk under way, from its [`Begin`](crate::session::ServerEvent::Begin) or first content to its end: how many of its octets have not
    /// come yet, and LAST.
    #[must_use]
    pub fn chunk(&self) -> Option<Bdat> {
        match &self.receiving {
            Receiving::Chunk { decoder, last, .. } => Some(Bdat { size: decoder.remaining(), last: *last }),
            Receiving::Lines | Receiving::Content => None,
        }
    }

    /// How many answers are owed.
    #[must_use]
    pub fn answers_owed(&self) -> u32 {
        self.pending.as_ref().map_or(0, |pending| pending.replies)
    }

    /// The timer that runs while the server waits for the client; `None` while an answer is owed or nothing is awaited.
    #[must_use]
    pub fn timer(&self) -> Option<Timer> {
        (self.pending.is_none() && self.is_open()).then_some(Timer::Command)
    }

    /// Returns `true` if the octets of the client that were shown last end in a LF without CR, which ends no line: the client may take
    /// its command for sent, and the server waits for a CRLF. A person at a terminal does not see why.
    #[must_use]
    pub const fn awaits_crlf_after_lf(&self) -> bool {
        self.lines.awaits_crlf_after_lf()
    }

    /// Did the client send something before the greeting (RFC 5321 section 4.3.1)? Seen if
    /// [`next_event`](Self::next_event) is called before the greeting is answered.
    #[must_use]
    pub const fn is_early_talker(&self) -> bool {
        self.early_talker
    }

    /// Did more input stand behind a command that has to end its group (RFC 2920 section 3.1)? It was not lost.
    #[must_use]
    pub const fn is_unsynchronized(&self) -> bool {
        self.unsynchronized
    }

    /// The extensions in force: what the last EHLO was offered, nothing after HELO.
    #[must_use]
    pub const fn extensions(&self) -> Extensions {
        self.offered
    }
}
