//! How values are written: each type says once what its octets are, and `Display` and `encode` derive from it.

use core::fmt;

/// Where the octets of a value go.
pub(crate) trait Sink {
    fn put(&mut self, octets: &[u8]);

    fn octet(&mut self, octet: u8) {
        self.put(&[octet]);
    }

    /// A number in decimal digits.
    fn number(&mut self, value: u64) {
        self.padded(value, 1);
    }

    /// A number in decimal digits, with zeros before it up to a width of at most 20.
    fn padded(&mut self, value: u64, width: usize) {
        digits::<10, _>(value, width, UPPER_CASE, self);
    }

    /// A number in hexadecimal digits, with zeros before it up to a width of at most 16.
    fn hex(&mut self, value: u64, width: usize, digits_in: &[u8; 16]) {
        digits::<16, _>(value, width, digits_in, self);
    }
}

/// The digits of hexadecimal numbers, and of decimal ones.
pub(crate) const UPPER_CASE: &[u8; 16] = b"0123456789ABCDEF";
/// The digits of hexadecimal numbers in lower case.
pub(crate) const LOWER_CASE: &[u8; 16] = b"0123456789abcdef";

/// A number without the formatting machinery.
#[inline]
#[allow(clippy::arithmetic_side_effects, reason = "no radix is 0")]
fn digits<const RADIX: u64, S: Sink + ?Sized>(mut value: u64, width: usize, of: &[u8; 16], out: &mut S) {
    let mut digits = [b'0'; 20];
    let mut length = 0usize;
    for slot in digits.iter_mut().rev() {
        let digit = usize::try_from(value % RADIX).unwrap_or_default();
        *slot = of.get(digit).copied().unwrap_or_default();
        value /= RADIX;
        length = length.wrapping_add(1);
        if value == 0 {
            break;
        }
    }
    out.put(digits.get(digits.len().wrapping_sub(length.max(width))..).unwrap_or_default());
}

#[cfg(feature = "alloc")]
impl Sink for alloc::vec::Vec<u8> {
    fn put(&mut self, octets: &[u8]) {
        self.extend_from_slice(octets);
    }

    fn octet(&mut self, octet: u8) {
        self.push(octet);
    }
}

/// Octets of a length that is known; what does not fit is lost.
impl Sink for &mut [u8] {
    fn put(&mut self, octets: &[u8]) {
        if let Some((place, rest)) = core::mem::take(self).split_at_mut_checked(octets.len()) {
            place.copy_from_slice(octets);
            *self = rest;
        }
    }
}

/// Counts instead of writing.
#[derive(Default)]
pub(crate) struct Length(pub(crate) usize);

impl Sink for Length {
    fn put(&mut self, octets: &[u8]) {
        self.0 = self.0.saturating_add(octets.len());
    }
}

/// A formatter as a sink; octets that are not UTF-8, which only lenient text has, show as U+FFFD.
pub(crate) struct Formatted<'a, 'b> {
    formatter: &'a mut fmt::Formatter<'b>,
    result: fmt::Result,
}

impl<'a, 'b> Formatted<'a, 'b> {
    pub(crate) fn write(formatter: &'a mut fmt::Formatter<'b>, value: &impl Wire) -> fmt::Result {
        let mut sink = Self { formatter, result: Ok(()) };
        value.write(&mut sink);
        sink.result
    }
}

impl Sink for Formatted<'_, '_> {
    fn put(&mut self, octets: &[u8]) {
        for chunk in octets.utf8_chunks() {
            self.result = self.result.and_then(|()| self.formatter.write_str(chunk.valid()));
            if !chunk.invalid().is_empty() {
                self.result = self.result.and_then(|()| self.formatter.write_str("\u{FFFD}"));
            }
        }
    }
}

/// Writes text character by character, with "?" for what may not be sent and for octets that are no UTF-8.
pub(crate) fn write_clean<S: Sink>(text: &[u8], out: &mut S, mut put: impl FnMut(char, &mut S)) {
    for chunk in text.utf8_chunks() {
        chunk.valid().chars().for_each(|character| put(character, out));
        if !chunk.invalid().is_empty() {
            out.octet(b'?');
        }
    }
}

/// Octets one by one, but those of a character at once.
pub(crate) fn write_octets<S: Sink>(octets: impl Iterator<Item = u8>, out: &mut S) {
    let mut character = [0; 4];
    let mut length = 0usize;
    for octet in octets {
        // Anything but a continuation begins a character (RFC 3629 section 3).
        if octet & 0xC0 != 0x80 || length == character.len() {
            out.put(character.get(..length).unwrap_or_default());
            length = 0;
        }
        if let Some(slot) = character.get_mut(length) {
            *slot = octet;
            length = length.saturating_add(1);
        }
    }
    out.put(character.get(..length).unwrap_or_default());
}

/// One character, at once: a formatter cannot take it in pieces.
pub(crate) fn write_character<S: Sink>(character: char, out: &mut S) {
    out.put(character.encode_utf8(&mut [0; 4]).as_bytes());
}

/// A value with a form on the wire.
pub(crate) trait Wire {
    fn write<S: Sink>(&self, out: &mut S);
}

/// `Display` is the text on the wire.
macro_rules! display_is_wire {
    ($($type:ty),* $(,)?) => { $(
        impl core::fmt::Display for $type {
            fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                $crate::syntax::wire::Formatted::write(formatter, self)
            }
        }
    )* };
}

/// `Debug` is the type's name and the text on the wire.
macro_rules! debug_is_wire {
    ($($type:ident),* $(,)?) => { $(
        impl core::fmt::Debug for $type<'_> {
            fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                formatter.debug_tuple(stringify!($type)).field(&format_args!("{self}")).finish()
            }
        }
    )* };
}

/// A newtype over octets of a promised form: how to look at the octets and how they are written.
macro_rules! token {
    ($($type:ident),* $(,)?) => { $(
        impl<'a> $type<'a> {
            /// The octets as they were sent.
            #[must_use]
            pub const fn as_bytes(self) -> &'a [u8] {
                self.0
            }

            /// The text as it was sent. Checks it again for UTF-8, in one pass; use [`as_bytes`](Self::as_bytes) where
            /// speed counts. Empty where the octets are no UTF-8, as those of a [`Text`](crate::syntax::Text) may be.
            #[must_use]
            pub fn as_str(self) -> &'a str {
                core::str::from_utf8(self.0).unwrap_or_default()
            }
        }

        impl $crate::syntax::wire::Wire for $type<'_> {
            fn write<S: $crate::syntax::wire::Sink>(&self, out: &mut S) {
                out.put(self.0);
            }
        }

        $crate::syntax::wire::display_is_wire!($type<'_>);
        $crate::syntax::wire::debug_is_wire!($type);
    )* };
}

pub(crate) use {debug_is_wire, display_is_wire, token};
