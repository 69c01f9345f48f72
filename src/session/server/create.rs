//! The constructors of the server's side of a session.

use super::{Message, Pending, Receiving, Server, ServerConfig, Tally};
use crate::codec::{DotDecoder, LineDecoder};
use crate::session::{Action, Arc, Facts};
use crate::syntax::Extensions;

impl Server {
    /// Creates a session on a new connection. The greeting is owed.
    ///
    /// The session shares the configuration and does not copy it: pass a clone of one `Arc` to the sessions of all
    /// connections. This allocates nothing. A [`ServerConfig`] that is passed by value is moved into an `Arc` of its own.
    ///
    /// ```
    /// use smtp_core::session::{Server, ServerConfig};
    /// use smtp_core::syntax::Host;
    /// use std::sync::Arc;
    ///
    /// let config = Arc::new(ServerConfig::new(Host::new("mx.example")?));
    /// let sessions: Vec<Server> = (0..1000).map(|_| Server::new(Arc::clone(&config))).collect();
    /// assert_eq!(Arc::strong_count(&config), 1001);
    /// # Ok::<(), smtp_core::syntax::SyntaxError>(())
    /// ```
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
