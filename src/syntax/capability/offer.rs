//! What a session has to remember of an EHLO reply.

use super::{Capability, CapabilityValue, EhloReply, Limits, Mechanisms};
use crate::syntax::lexical::block;
use crate::syntax::{Extension, Extensions, Mechanism};

/// What the last EHLO reply offered, as far as a session has to remember it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Offer {
    /// The registered extensions.
    pub extensions: Extensions,
    /// The largest message that is taken, if the server says.
    pub size: Option<u64>,
    /// The limits that the server declares.
    pub limits: Limits,
    mechanisms: u16,
    other_mechanisms: bool,
}

impl Offer {
    /// Was this mechanism offered? One that is not among [`Mechanism::COMMON`] is taken for offered where any such was.
    #[must_use]
    pub fn has_mechanism(&self, mechanism: Mechanism<'_>) -> bool {
        match Mechanism::COMMON.iter().position(|common| *common == mechanism) {
            Some(bit) => self.mechanisms >> bit & 1 == 1,
            None => self.other_mechanisms,
        }
    }

    pub(super) fn add(&mut self, capability: Capability<'_>) {
        let Some(extension) = capability.extension() else { return };
        self.extensions = self.extensions.with(extension);
        if keyword_says_all(extension) {
            return;
        }
        match capability.meaning(extension) {
            Some(CapabilityValue::Size(size)) => self.size = size,
            Some(CapabilityValue::Limits(limits)) => self.limits = limits,
            Some(CapabilityValue::Auth(mechanisms)) => self.add_mechanisms(mechanisms),
            _ => {}
        }
    }

    fn add_mechanisms(&mut self, mechanisms: Mechanisms<'_>) {
        for mechanism in mechanisms.iter() {
            match Mechanism::COMMON.iter().position(|common| *common == mechanism) {
                Some(bit) => self.mechanisms |= 1 << bit,
                None => self.other_mechanisms = true,
            }
        }
    }
}

/// Is nothing else of it remembered?
const fn keyword_says_all(extension: Extension) -> bool {
    !matches!(extension, Extension::Size | Extension::Limits | Extension::Auth)
}

impl EhloReply<'_> {
    /// What is worth remembering, in a few octets. Of a capability that is repeated the last one
    /// counts; mechanisms add up.
    #[must_use]
    pub fn offer(self) -> Offer {
        let mut offer = Offer::default();
        let mut lines = self.0.lines();
        lines.next();
        loop {
            // Most lines are a keyword that says it all.
            let mut octets = lines.received();
            if !octets.is_empty() {
                while let Some((extension, rest)) = keyword_alone(octets) {
                    offer.extensions = offer.extensions.with(extension);
                    octets = rest;
                }
                lines.leave(octets);
            }
            let Some(text) = lines.next() else { return offer };
            if let Ok(capability) = Capability::parse(text.trim_ascii_end()) {
                offer.add(capability);
            }
        }
    }
}

/// The extension, of a line with its code and CRLF that has nothing else, and what follows it.
#[inline]
fn keyword_alone(octets: &[u8]) -> Option<(Extension, &[u8])> {
    let (keyword, [b'\r', b'\n', rest @ ..]) = octets.split_at_checked(block::span(octets, 4, block::Lanes::ldh)?)?
    else {
        return None;
    };
    let extension = Extension::from_keyword(keyword.get(4..)?)?;
    keyword_says_all(extension).then_some((extension, rest))
}
