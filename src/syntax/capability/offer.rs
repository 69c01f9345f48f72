//! The part of an EHLO reply that a session keeps. Server, client and observer use it; the limits are compared in
//! `over_limit.rs`.

use super::over_limit::Declared;
use super::{Capability, CapabilityValue, EhloReply, Limits, Mechanisms};
use crate::fast::capability;
use crate::syntax::auth::{common_mechanism, mechanism};
use crate::syntax::scan::{line, taken};
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
/// let reply = b"250-mx.example\r\n250-SIZE 1000\r\n250 AUTH PLAIN\r\n";
/// let reply = Reply::parse(reply, Grammar::STRICT)?;
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

    #[inline(always)]
    fn add_common(&mut self, common: Common) {
        let extension = match common {
            Common::Keyword(extension) => extension,
            Common::Size(size) => {
                self.size = Some(size);
                Extension::Size
            }
            Common::Auth(bits) => {
                self.declared.mechanisms |= bits;
                Extension::Auth
            }
        };
        self.extensions = self.extensions.with(extension);
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

    /// Does the same, and passes each capability to `show`, except those of extensions in their common form: a keyword
    /// of which nothing else is kept and that stands alone, the number of SIZE, common mechanisms of AUTH.
    #[inline]
    pub(crate) fn offer_and(self, mut show: impl FnMut(Capability<'_>)) -> Offer {
        let mut offer = Offer::default();
        let mut lines = self.reply().text_lines();
        lines.next();
        loop {
            // A closure is inlined here, so it costs no call.
            lines.take_while_known(|text| {
                let (after, common) = common(text)?;
                let after = after.strip_prefix(b"\r\n")?;
                offer.add_common(common);
                Some(after)
            });
            let Some(text) = lines.next() else { return offer };
            if let Some(capability) = self.capability(text) {
                offer.add(capability);
                show(capability);
            }
        }
    }
}

/// A capability in its common form, as far as it is kept.
#[derive(Clone, Copy)]
enum Common {
    Keyword(Extension),
    Size(u64),
    Auth(MechanismBits),
}

/// Returns the capability at the start of these octets and the rest, if its keyword says all or a fast path reads its
/// value. The keyword is looked up once.
#[inline(always)]
fn common(text: &[u8]) -> Option<(&[u8], Common)> {
    let (extension, after) = Extension::at_start(text)?;
    let (rest, common) = match extension {
        Extension::Size => capability::size(after).map(|(rest, size)| (rest, Common::Size(size)))?,
        Extension::Auth => capability::mechanisms(after).map(|(rest, bits)| (rest, Common::Auth(bits)))?,
        extension if keyword_says_all(extension) => (after, Common::Keyword(extension)),
        _ => return None,
    };
    debug_assert!(common.is_of(taken(text, rest)));
    Some((rest, common))
}

impl Common {
    /// Returns `true` if the grammar finds the same in the text.
    fn is_of(self, text: &[u8]) -> bool {
        let (mut one, mut two) = (Offer::default(), Offer::default());
        one.add_common(self);
        Capability::parse(text).is_ok_and(|capability| {
            two.add(capability);
            one == two
        })
    }
}
