//! What a session has to remember of an EHLO reply.

use super::over_limit::Declared;
use super::{Capability, CapabilityValue, EhloReply, Limits, Mechanisms};
use crate::syntax::auth::{common_mechanism, mechanism};
use crate::syntax::scan::line;
use crate::syntax::{Extension, Extensions, Mechanism};

/// Which of [`Mechanism::COMMON`], a bit for each.
pub(super) type MechanismBits = u32;

const _: () =
    assert!(Mechanism::COMMON.len() <= MechanismBits::BITS as usize, "too many mechanisms for the bits of the set");

/// What the last EHLO reply offered, as far as a session has to remember it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Offer {
    /// The registered extensions, whatever stands behind their keywords.
    pub extensions: Extensions,
    /// The largest message that is taken, if the server says.
    pub size: Option<u64>,
    /// The limits that the server declares.
    pub limits: Limits,
    /// What [`Offer::permits`] and [`Offer::has_mechanism`] look at besides.
    pub(super) declared: Declared,
}

impl Offer {
    /// Was this mechanism offered? One that is not among [`Mechanism::COMMON`] is taken for offered where any such was.
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

/// Is nothing else of it remembered?
const fn keyword_says_all(extension: Extension) -> bool {
    use Extension as E;
    !matches!(extension, E::Size | E::Limits | E::Auth | E::FutureRelease | E::DeliverBy | E::Burl)
}

impl EhloReply<'_> {
    /// What is worth remembering, in a few octets. Of a capability that is repeated the last one whose
    /// [meaning](Capability::interpret) is valid counts; mechanisms add up.
    #[must_use]
    pub fn offer(self) -> Offer {
        self.offer_and(|_| {})
    }

    /// The same, and shows each capability that is more than the keyword of an extension which says it all, or none that is
    /// registered.
    #[inline]
    pub(crate) fn offer_and(self, mut show: impl FnMut(Capability<'_>)) -> Offer {
        let mut offer = Offer::default();
        let mut lines = self.reply().text_lines();
        lines.next();
        // The extension whose keyword says it all, and the length of the keyword, at the start of a line. Most lines are no more
        // than that. As a closure it is a function of this caller alone, and has no call.
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
