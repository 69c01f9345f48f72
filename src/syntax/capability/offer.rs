//! What a session has to remember of an EHLO reply.

use super::{Capability, CapabilityValue, EhloReply, Limits, Mechanisms};
use crate::fast::swar;
use crate::syntax::auth::common_mechanism;
use crate::syntax::lexical::number;
use crate::syntax::{Expected, Extension, Extensions, Mechanism};

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
    mechanisms: u16,
    other_mechanisms: bool,
}

impl Offer {
    /// Was this mechanism offered? One that is not among [`Mechanism::COMMON`] is taken for offered where any such was.
    #[must_use]
    pub fn has_mechanism(&self, mechanism: Mechanism<'_>) -> bool {
        match mechanism.common() {
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
            match mechanism.common() {
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
    /// What is worth remembering, in a few octets. Of a capability that is repeated the last one whose
    /// [meaning](Capability::interpret) is valid counts; mechanisms add up.
    #[must_use]
    pub fn offer(self) -> Offer {
        self.offer_and(|_| {})
    }

    /// The same, and shows each capability that is more than the keyword of an extension, or none that is registered. SIZE
    /// and AUTH may be left out.
    #[inline]
    pub(crate) fn offer_and(self, mut show: impl FnMut(Capability<'_>)) -> Offer {
        let mut offer = Offer::default();
        let mut lines = self.0.lines();
        lines.next();
        loop {
            let mut octets = lines.received();
            if !octets.is_empty() {
                while let Some(rest) = offer.add_common(octets) {
                    octets = rest;
                }
                lines.leave(octets);
            }
            let Some(text) = lines.next() else { return offer };
            if let Ok(capability) = Capability::parse(text.trim_ascii_end()) {
                offer.add(capability);
                show(capability);
            }
        }
    }
}

impl Offer {
    /// Takes a line in the form that most have, with its code and CRLF. What follows it; `None` where it is of another form
    /// and was not taken.
    #[inline]
    fn add_common<'a>(&mut self, line: &'a [u8]) -> Option<&'a [u8]> {
        let text = line.get("250-".len()..)?;
        let extension = Extension::at_start(text)?;
        let behind = text.get(extension.keyword().len()..)?;
        if let ([b'\r', b'\n', rest @ ..], true) = (behind, keyword_says_all(extension)) {
            self.extensions = self.extensions.with(extension);
            return Some(rest);
        }
        let (behind, size, mechanisms) = match (extension, behind) {
            (Extension::Size, [b' ', digits @ ..]) => {
                let (behind, size) = number(digits, 20, Expected::ParameterValue).ok()?;
                (behind, Some(size).filter(|&size| size > 0), 0)
            }
            (Extension::Auth, [b' ', ..]) => {
                let (behind, mechanisms) = common_mechanisms(behind)?;
                (behind, self.size, mechanisms)
            }
            _ => return None,
        };
        let [b'\r', b'\n', rest @ ..] = behind else { return None };
        *self = Self {
            extensions: self.extensions.with(extension),
            size,
            mechanisms: self.mechanisms | mechanisms,
            ..*self
        };
        Some(rest)
    }
}

/// Mechanisms of [`Mechanism::COMMON`], each behind one space, and what follows them.
fn common_mechanisms(i: &[u8]) -> Option<(&[u8], u16)> {
    let (mut rest, mut mechanisms) = (i, 0);
    while let [b' ', names @ ..] = rest {
        let (name, behind) = names.split_at_checked(swar::span::<swar::Vchar>(names, 0)?)?;
        mechanisms |= 1 << common_mechanism(name)?;
        rest = behind;
    }
    Some((rest, mechanisms))
}
