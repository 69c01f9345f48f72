//! What the reply to a hello says: which extensions are offered, and which the client may take for offered. `facts.rs`
//! keeps both. This file reads the lines of that one reply and reports nothing.

use crate::observer::exchange::Exchange;
use crate::session::Action;
use crate::syntax::{Capability, Dialect, EhloReply, Extension, Extensions, Offer};

/// The result of the last hello that was accepted.
#[derive(Clone, Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts of one reply")]
pub(crate) struct Hello {
    /// Whether it was EHLO or LHLO.
    pub(crate) extended: bool,
    /// What the lines of the reply offer that are right.
    pub(crate) offer: Offer,
    /// The extensions that the client may take for offered: those of the offer, and those of wrong lines. If the reply
    /// cannot be read, these are all.
    pub(crate) possible: Extensions,
    /// Whether the lines are those of a reply, but not of a reply to EHLO.
    pub(crate) malformed: bool,
    /// Whether such a line is in the place of an offer. What it offers and limits is uncertain.
    pub(crate) misspelt: bool,
    /// Whether a keyword was neither registered nor private. What it allows is unknown.
    pub(crate) unregistered: bool,
    /// Whether a keyword was private (X-).
    pub(crate) private: bool,
    /// Whether SMTPUTF8 had parameters.
    pub(crate) utf8_parameters: bool,
    /// Whether replies must have enhanced codes: the reply to the last accepted EHLO or LHLO offered
    /// ENHANCEDSTATUSCODES. HELO does not change this.
    pub(crate) enhanced: bool,
}

impl Hello {
    /// Returns the result of a hello that is accepted after this one.
    pub(crate) fn then(&self, exchange: &Exchange<'_>) -> Self {
        let extended = exchange.reply.filter(|_| exchange.sent.action != Action::Helo);
        match extended.and_then(|reply| EhloReply::from_reply(*reply)) {
            Some(ehlo) => Self::offered(ehlo),
            None => self.then_unread(exchange.sent.action),
        }
    }

    /// Returns the result of this hello after this one, if its reply is not read. That to HELO offers nothing. Of
    /// another the client need read only the code (RFC 5321 section 4.2), and may have read some of the lines.
    pub(crate) fn then_unread(&self, hello: Action) -> Self {
        if hello == Action::Helo {
            return Self { enhanced: self.enhanced, ..Self::default() };
        }
        let possible = Extensions::ALL;
        Self { extended: true, possible, unregistered: true, private: true, ..Self::default() }
    }

    fn offered(ehlo: EhloReply<'_>) -> Self {
        let misspelt = !ehlo.has_only_ehlo_lines();
        let malformed = misspelt || !ehlo.begins_with_domain();
        let mut hello = Self { extended: true, malformed, misspelt, ..Self::default() };
        hello.offer = ehlo.offer_and(|capability| {
            hello.utf8_parameters |=
                capability.extension() == Some(Extension::SmtpUtf8) && capability.words().next().is_some();
            hello.note_unregistered(capability);
        });
        hello.possible = hello.offer.extensions;
        if hello.misspelt {
            hello.note_misspelt(ehlo.with_dialect(Dialect::LENIENT));
        }
        hello.enhanced = hello.offer.extensions.contains(Extension::EnhancedStatusCodes);
        hello
    }

    fn note_unregistered(&mut self, capability: Capability<'_>) {
        match (capability.extension(), capability.keyword.as_bytes()) {
            (Some(_), _) => {}
            (None, [b'X' | b'x', ..]) => self.private = true,
            (None, _) => self.unregistered = true,
        }
    }

    /// Notes what the client may take misspelt lines for. A line that nothing can be made of may mean anything that is
    /// not registered.
    #[cold]
    fn note_misspelt(&mut self, ehlo: EhloReply<'_>) {
        let offer = ehlo.offer_and(|capability| self.note_unregistered(capability));
        self.possible = self.possible.with_all(offer.extensions);
        let has_more = ehlo.capabilities().count() < ehlo.reply().lines().skip(1).count();
        self.private |= has_more;
        self.unregistered |= has_more;
    }
}
