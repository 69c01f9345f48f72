//! The part of an EHLO reply that a session keeps. Server, client and observer use it; the limits are compared in
//! `over_limit.rs`.

use super::over_limit::Declared;
use super::{Capability, CapabilityValue, EhloReply, Limits, Mechanisms};
use crate::syntax::auth::{common_mechanism, mechanism};
use crate::syntax::scan::line;
use crate::syntax::{Extension, Extensions, Mechanism};

/// A set of [`Mechanism::COMMON`] with one bit for each.
pub(super) type MechanismBits = u32;

const _: () =
    assert!(Mechanism::COMMON.len() <= MechanismBits::BITS as usize, "too many mechanisms for the bits of the set");

/// The last offer of a server in a reply to EHLO, as far as a session has to keep it.
///
/// ```
/// use smtp_core::syntax::{EhloReply, Extension, Grammar, Mechanism, Reply};
///
/// let reply = Reply::parse(b"250-mx.example\r\n250-SIZE 1000\r\n250 AUTH PLAIN\r\n", Grammar::STRICT)?;
/// let offer = EhloReply::from_reply(reply).unwrap().offer();
/// assert!(offer.extensions.contains(Extension::Size) && offer.has_mechanism(Mechanism::PLAIN));
/// assert_eq!(offer.size, Some(1000));
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Offer {
    /// The registered extensions, whatever follows their keywords.
    pub extensions: Extensions,
    /// The largest message that the server accepts, if it declares one.
    pub size: Option<u64>,
    /// The limits that the server declares.
    pub limits: Limits,
    /// The other values that [`Offer::permits`] and [`Offer::has_mechanism`] need.
    pub(super) declared: Declared,
}

impl Offer {
    /// Returns `true` if the mechanism was offered. A mechanism that is not in [`Mechanism::COMMON`] counts as offered
    /// if any such mechanism was.
    #[must_use]
    pub fn has_mechanism(&self, mechanism: Mechanism<'_>) -> bool {
        match mechanism.common() {
            Some(bit) => self.declared.mechanisms >> bit & 1 == 1,
            None => self.declared.other_mechanisms,
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
            Some(CapabilityValue::FutureRelease(seconds, until)) => self.declared.set_future_release(seconds, until),
            Some(CapabilityValue::DeliverBy(least)) => self.declared.set_deliver_by(least),
            Some(CapabilityValue::Burl(words)) => self.declared.set_burl(words.as_bytes()),
            _ => {}
        }
    }

    fn add_mechanisms(&mut self, mechanisms: Mechanisms<'_>) {
        for word in mechanisms.words() {
            match common_mechanism(word) {
                Some(bit) => self.declared.mechanisms |= 1 << bit,
                None => self.declared.other_mechanisms |= line(word, mechanism).is_ok(),
            }
        }
    }
}

/// Returns `true` if only the keyword of the extension is kept.
const fn keyword_says_all(extension: Extension) -> bool {
    use Extension as E;
    !matches!(extension, E::Size | E::Limits | E::Auth | E::FutureRelease | E::DeliverBy | E::Burl)
}

impl EhloReply<'_> {
    /// Reduces the reply to what a session keeps, in a few octets. If a capability is repeated, the last one with a
    /// valid [meaning](Capability::interpret) counts; mechanisms are added up.
    #[must_use]
    pub fn offer(self) -> Offer {
        self.offer_and(|_| {})
    }

    /// Does the same, and passes each capability to `show`. A line that is only the keyword of an extension without
    /// kept parameters is not passed.
    #[inline]
    pub(crate) fn offer_and(self, mut show: impl FnMut(Capability<'_>)) -> Offer {
        let mut offer = Offer::default();
        let mut lines = self.reply().text_lines();
        lines.next();
        // Returns the extension and the length of its keyword at the start of a line, if only the keyword is kept. Most
        // lines are such a keyword. A closure is inlined here, so it costs no call.
        let keyword_alone = |text: &[u8]| {
            let extension = Extension::at_start(text).filter(|extension| keyword_says_all(*extension))?;
            let length = extension.keyword().len();
            debug_assert_eq!(Capability::parse(text.get(..length)?).map(Capability::extension), Ok(Some(extension)));
            Some((length, extension))
        };
        loop {
            if let Some(extension) = lines.next_if(keyword_alone) {
                offer.extensions = offer.extensions.with(extension);
                continue;
            }
            let Some(text) = lines.next() else { return offer };
            if let Some(capability) = self.capability(text) {
                offer.add(capability);
                show(capability);
            }
        }
    }
}
