//! The hand-over of a session: to TLS, and to the other role.

use super::{Client, ClientError};
use crate::session::{Arc, Misuse, Server, ServerConfig, State};

impl Client {
    /// Returns the session within TLS, after the handshake that the 220 to STARTTLS permits. The session has forgotten
    /// everything: send EHLO again ([RFC 3207 section 4.2](https://www.rfc-editor.org/rfc/rfc3207#section-4.2)).
    /// `unread` is the input that was received before the handshake and was not consumed.
    ///
    /// # Errors
    /// - [`ClientError::PlaintextAfterStartTls`] if `unread` is not empty: an attacker may have inserted a reply there
    ///   that would otherwise count as protected. Close the connection.
    /// - [`Misuse::NoHandshake`] if the state is not [`State::Tls`].
    /// - The error that the session ended with, if it did.
    pub fn into_tls(self, unread: &[u8]) -> Result<Self, ClientError> {
        match (self.fault, self.facts.state()) {
            (Some(fault), _) => Err(*fault),
            (None, State::Tls) if unread.is_empty() => Ok(Self { greeted: true, ..Self::over_tls(self.config) }),
            (None, State::Tls) => Err(ClientError::PlaintextAfterStartTls),
            (None, _) => Err(Misuse::NoHandshake.into()),
        }
    }

    /// Exchanges the roles after ATRN has succeeded: this side now owes the greeting and is the server ([RFC 2645
    /// section 5.2.2](https://www.rfc-editor.org/rfc/rfc2645#section-5.2.2)). Pass the input that was not consumed to
    /// the new session.
    ///
    /// # Errors
    /// Returns [`Misuse::NotTurned`] if no ATRN has succeeded.
    pub fn into_server(self, config: impl Into<Arc<ServerConfig>>) -> Result<Server, Misuse> {
        match (self.facts.is_turned(), self.facts.is_tls()) {
            (false, _) => Err(Misuse::NotTurned),
            (true, true) => Ok(Server::over_tls(config)),
            (true, false) => Ok(Server::new(config)),
        }
    }
}
