//! The getters of a server: they read its state and change nothing.

use super::{Hello, Receiving, Server, ServerConfig};
use crate::session::{State, Timer};
use crate::syntax::{Bdat, Extensions};
use crate::trace::WithProtocol;

impl Server {
    /// Returns the state of the session.
    #[must_use]
    pub const fn state(&self) -> State {
        self.facts.state()
    }

    /// Returns `true` if there is more to read. After a 221 or 421, write the rest of the output and close the
    /// connection.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        !matches!(self.facts.state(), State::Closed)
    }

    /// Returns the configuration.
    #[must_use]
    pub fn config(&self) -> &ServerConfig {
        &self.config
    }

    /// Returns the hello that was accepted last.
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

    /// Returns the number of accepted recipients of the transaction.
    #[must_use]
    pub const fn recipients(&self) -> u32 {
        self.facts.recipients()
    }

    /// Returns the protocol by which the current message is received, for the WITH clause of a Received field ([RFC
    /// 5321 section 4.4](https://www.rfc-editor.org/rfc/rfc5321#section-4.4), [RFC
    /// 3848](https://www.rfc-editor.org/rfc/rfc3848)).
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

    /// Returns the rest of the current chunk, from its [`Begin`](crate::session::ServerEvent::Begin) or first content
    /// to its end: the number of octets that have not arrived yet, and LAST.
    #[must_use]
    pub fn chunk(&self) -> Option<Bdat> {
        match &self.receiving {
            Receiving::Chunk { decoder, last, .. } => Some(Bdat { size: decoder.remaining(), last: *last }),
            Receiving::Lines | Receiving::Content => None,
        }
    }

    /// Returns the number of answers that are owed.
    #[must_use]
    pub fn answers_owed(&self) -> u32 {
        self.pending.as_ref().map_or(0, |pending| pending.replies)
    }

    /// Returns `true` if a 421 may be written. After the 220 to STARTTLS nothing may follow in the clear.
    pub(super) const fn may_close(&self) -> bool {
        !matches!(self.facts.state(), State::Closed | State::Tls)
    }

    /// Returns `true` if the next event is [`Abandoned`](super::ServerEvent::Abandoned).
    pub(in crate::session) const fn is_abandoning(&self) -> bool {
        self.abandoned
    }

    /// Returns the timer that runs while the server waits for the client. Returns `None` while an answer is owed or
    /// nothing is awaited.
    #[must_use]
    pub fn timer(&self) -> Option<Timer> {
        (self.pending.is_none() && self.is_open()).then_some(Timer::Command)
    }

    /// Returns `true` if the last octets of the client end in a LF without CR, which does not end a line: the client
    /// may believe that it has sent its command, while the server waits for a CRLF. This happens to people who type
    /// commands at a terminal.
    #[must_use]
    pub const fn awaits_crlf_after_lf(&self) -> bool {
        self.lines.awaits_crlf_after_lf()
    }

    /// Returns `true` if the client sent something before the greeting ([RFC 5321 section
    /// 4.3.1](https://www.rfc-editor.org/rfc/rfc5321#section-4.3.1)). To detect this, call
    /// [`next_event`](Self::next_event) before you answer the greeting.
    #[must_use]
    pub const fn is_early_talker(&self) -> bool {
        self.early_talker
    }

    /// Returns `true` if more input followed a command that must be the last of its group ([RFC 2920 section
    /// 3.1](https://www.rfc-editor.org/rfc/rfc2920#section-3.1)). That input was not lost.
    #[must_use]
    pub const fn is_unsynchronized(&self) -> bool {
        self.unsynchronized
    }

    /// Returns the extensions in force: those that the last EHLO was offered, none after HELO.
    #[must_use]
    pub const fn extensions(&self) -> Extensions {
        self.offered
    }
}
