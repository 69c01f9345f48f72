//! The client's half of SCRAM-SHA-256 (RFC 7677), for `Opening::with_authenticator`.

use rsasl::prelude::{Mechname, SASLClient, SASLConfig, SASLError, Session, State};
use smtp_core::sasl::Authenticator;
use smtp_core::syntax::Mechanism;
use std::sync::Arc;

/// A name and a password, of which only a proof is sent.
pub(crate) struct Scram {
    config: Arc<SASLConfig>,
    exchange: Option<Session>,
    /// The server has proven that it knows the password too.
    proven: bool,
}

impl Scram {
    pub(crate) fn new(user: &str, password: &str) -> Result<Self, SASLError> {
        let config = SASLConfig::with_credentials(None, user.to_owned(), password.to_owned())?;
        Ok(Self { config, exchange: None, proven: false })
    }

    fn step(&mut self, challenge: Option<&[u8]>) -> Option<Vec<u8>> {
        let mut response = Vec::new();
        // An error is a server that does not know the password: the exchange is cancelled.
        let state = self.exchange.as_mut()?.step(challenge, &mut response).ok()?;
        self.proven = matches!(state, State::Finished(_));
        // SMTP has an answer to the last challenge as well, which is empty (RFC 4954 section 4).
        Some(response)
    }
}

impl Authenticator for Scram {
    fn mechanism(&self) -> Mechanism<'_> {
        Mechanism::SCRAM_SHA_256
    }

    fn initial_response(&mut self) -> Option<Vec<u8>> {
        let name = Mechname::parse(b"SCRAM-SHA-256").ok()?;
        self.proven = false;
        self.exchange = SASLClient::new(Arc::clone(&self.config)).start_suggested(&[name]).ok();
        self.step(None)
    }

    fn respond(&mut self, challenge: &[u8]) -> Option<Vec<u8>> {
        self.step(Some(challenge))
    }

    /// Who reads along learns no password, so this may go without TLS.
    fn exposes_secret(&self) -> bool {
        false
    }

    fn may_be_accepted(&self) -> bool {
        self.proven
    }
}
