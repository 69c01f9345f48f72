//! The constructors of the client's side of a session.

use super::{Challenge, Client, ClientConfig, Fate, InFlight};
use crate::codec::{DotEncoder, ReplyDecoder};
use crate::session::Facts;
use crate::syntax::Offer;

impl Client {
    /// Creates a session on a new connection. The greeting is awaited.
    #[must_use]
    pub fn new(config: ClientConfig) -> Self {
        Self {
            config,
            offer: Offer::default(),
            replies: ReplyDecoder::new().with_limit(config.reply_limit),
            encoder: DotEncoder::new(config.bare_line_endings),
            in_flight: InFlight::new(),
            fault: None,
            chunk: 0,
            answered: 0,
            facts: Facts::default(),
            fate: Fate::Settled,
            challenge: Challenge::None,
            greeted: false,
            leaving: false,
        }
    }

    /// Creates a session on a new connection over TLS ([RFC 8314 section
    /// 3.3](https://www.rfc-editor.org/rfc/rfc8314#section-3.3)). The greeting is awaited.
    #[must_use]
    pub fn over_tls(config: ClientConfig) -> Self {
        let mut client = Self::new(config);
        client.facts.set_tls();
        client
    }
}
