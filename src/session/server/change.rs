//! The calls that change a session from outside: a refusal overruled, another configuration, TLS, the other role, the end of
//! the connection.

use super::{Pending, Server, ServerConfig};
#[cfg(doc)]
use super::{Refused, ServerEvent};
use crate::session::facts::Declared;
use crate::session::{Action, Arc, Client, ClientConfig, Misuse, StartTlsError, State};
use crate::syntax::Command;

impl Server {
    /// Accepts a [refused](ServerEvent::Rejected) line after all: the session continues as if the client had sent
    /// `command`. An answer to it is then owed, which may be a success: [`reply_default`](Self::reply_default) or
    /// [`reply`](Self::reply).
    ///
    /// The refusal does not count towards the limits. The command may come from [`Refused::command`], or the caller may
    /// build it from the line.
    ///
    /// ```
    /// use smtp_core::session::{Rejected, Server, ServerConfig, ServerEvent};
    /// use smtp_core::syntax::Host;
    ///
    /// let mut server = Server::new(ServerConfig::strict(Host::new("mx.example")?));
    /// let mut out = Vec::new();
    /// server.reply_default(&mut out)?;
    /// let mut input = &b"EHLO my_pc\r\nMAIL FROM:<a..b@example.com>\r\n"[..];
    /// while let Some(event) = server.next_event(&mut input)? {
    ///     if let ServerEvent::Rejected(refused) = event {
    ///         // This server knows better than the grammar.
    ///         if let (Rejected::Syntax(_), Some(command)) = (refused.why, refused.command()) {
    ///             server.overrule(&command)?;
    ///         }
    ///     }
    ///     server.reply_default(&mut out)?;
    /// }
    /// assert!(out.ends_with(b"250 2.1.0 Sender OK\r\n"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Each of these leaves the session unchanged.
    ///
    /// - [`Misuse::NoAnswerOwed`] if nothing was refused.
    /// - [`Misuse::WrongState`] if the state does not permit the command; if the refusal ends the session, or is that
    ///   of a chunk or of content, whose octets are gone, or of a line of AUTH; and if the command is BDAT.
    pub fn overrule(&mut self, command: &Command<'_>) -> Result<(), Misuse> {
        let action = Action::of(command);
        let Some(Pending { action: refused, rejected: Some(rejected), .. }) = self.pending else {
            return Err(Misuse::NoAnswerOwed);
        };
        let gone = refused.is_chunk() || matches!(refused, Action::Content | Action::Response);
        let chunk = matches!(action, Action::Bdat | Action::BdatLast);
        if rejected.is_final() || gone || chunk || !self.state().permits(action) {
            return Err(Misuse::WrongState { state: self.state(), action });
        }
        if let Command::Mail(mail) = command {
            self.facts.begun(Declared::of(mail.parameters));
        }
        self.tally.forgiven();
        self.pending = Some(self.owed(action, None));
        Ok(())
    }

    /// Replaces the configuration, for a session that offers or demands different things later: more mechanisms under
    /// TLS, a larger size after AUTH.
    ///
    /// Limits and demands of the new configuration apply at once. A verb is known, and an enhanced code is given, if
    /// either the new configuration or the last EHLO reply offers it. The parameters remain those of the last EHLO
    /// until the next one, so call this before you answer that EHLO.
    ///
    /// # Errors
    /// Returns [`Misuse::ConfigInUse`] within an AUTH exchange, and within a transaction, unless a hello is owed its
    /// answer: a hello ends the transaction ([RFC 5321 section
    /// 4.1.4](https://www.rfc-editor.org/rfc/rfc5321#section-4.1.4)).
    ///
    /// ```
    /// use smtp_core::session::{ServerEvent, Server, ServerConfig};
    /// use smtp_core::syntax::{CapabilityValue, Command, Host};
    ///
    /// let plain = ServerConfig::new(Host::new("mx.example")?);
    /// let mut under_tls = plain.clone();
    /// let size = CapabilityValue::Size(Some(50_000_000));
    /// under_tls.capabilities = under_tls.capabilities.with_value(size)?;
    /// let (mut server, mut out) = (Server::over_tls(plain), Vec::new());
    /// server.reply_default(&mut out)?;
    ///
    /// let mut input = &b"EHLO client.example\r\n"[..];
    /// if let Some(ServerEvent::Command(Command::Ehlo(_))) = server.next_event(&mut input)? {
    ///     if server.is_tls() {
    ///         server.set_config(under_tls)?;
    ///     }
    /// }
    /// server.reply_default(&mut out)?;
    /// assert!(out.ends_with(b"SIZE 50000000\r\n"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_config(&mut self, config: impl Into<Arc<ServerConfig>>) -> Result<(), Misuse> {
        let hello = matches!(
            self.pending,
            Some(Pending { action: Action::Helo | Action::Ehlo | Action::Lhlo, rejected: None, .. })
        );
        let state = self.facts.state();
        if (state.in_transaction() && !hello) || state == State::Auth {
            return Err(Misuse::ConfigInUse(state));
        }
        self.config = config.into();
        Ok(())
    }

    /// Hands the session over to TLS after its 220 was written. The new session has forgotten everything except the
    /// counts of its limits, and its client begins with EHLO. `unread` is the input that has arrived in the clear and
    /// was not consumed.
    ///
    /// # Errors
    /// Returns [`StartTlsError::PlaintextAfterStartTls`] if `unread` is not empty; close the connection then. Returns
    /// [`Misuse::NoHandshake`] if STARTTLS was not accepted.
    pub fn into_tls(self, unread: &[u8]) -> Result<Self, StartTlsError> {
        if self.facts.state() != State::Tls {
            return Err(Misuse::NoHandshake.into());
        }
        if !unread.is_empty() {
            return Err(StartTlsError::PlaintextAfterStartTls);
        }
        Ok(Self { pending: None, tally: self.tally, ..Self::over_tls(self.config) })
    }

    /// Exchanges the roles after ATRN was accepted: the peer now sends a greeting and is the server ([RFC 2645 section
    /// 5.2.2](https://www.rfc-editor.org/rfc/rfc2645#section-5.2.2)). Pass the input that was not consumed to the new
    /// session.
    ///
    /// # Errors
    /// Returns [`Misuse::NotTurned`] if no ATRN was accepted.
    pub fn into_client(self, config: ClientConfig) -> Result<Client, Misuse> {
        match (self.facts.is_turned(), self.facts.is_tls()) {
            (false, _) => Err(Misuse::NotTurned),
            (true, true) => Ok(Client::over_tls(config)),
            (true, false) => Ok(Client::new(config)),
        }
    }

    /// Closes the session because the connection is lost. If a message was begun, the next call of
    /// [`next_event`](Self::next_event) returns [`Abandoned`](ServerEvent::Abandoned).
    pub fn connection_lost(&mut self) {
        self.pending = None;
        self.close();
    }
}
