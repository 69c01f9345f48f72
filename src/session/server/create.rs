//! The constructors of the server's side of a session.

use super::{Message, Pending, Receiving, Server, ServerConfig, Tally};
use crate::codec::{DotDecoder, LineDecoder};
use crate::session::{Action, Arc, Facts};
use crate::syntax::Extensions;

impl Server {
    /// Creates a session on a new connection. The greeting is owed.
    #[must_use]
    pub fn new(config: impl Into<Arc<ServerConfig>>) -> Self {
        Self {
            config: config.into(),
            lines: LineDecoder::new(),
            receiving: Receiving::Lines,
            pending: Some(Pending::new(Action::Greeting)),
            message: Message::default(),
            content: DotDecoder::default(),
            refusal: None,
            tally: Tally::default(),
            facts: Facts::default(),
            offered: Extensions::NONE,
            mail_refused: false,
            early_talker: false,
            unsynchronized: false,
            begun: false,
            secret: false,
            abandoned: false,
        }
    }

    /// Creates a session on a new connection over TLS ([RFC 8314 section
    /// 3.3](https://www.rfc-editor.org/rfc/rfc8314#section-3.3)). The greeting is owed.
    #[must_use]
    pub fn over_tls(config: impl Into<Arc<ServerConfig>>) -> Self {
        let mut server = Self::new(config);
        server.facts.set_tls();
        server
    }
}
