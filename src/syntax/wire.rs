//! The writers of values: each type defines its octets once, and `Display` and `encode` derive from that.

use super::output::Output;
use core::fmt;

/// The destination of the octets of a value.
pub(crate) trait Sink {
    fn put(&mut self, octets: &[u8]);

    fn octet(&mut self, octet: u8) {
        self.put(&[octet]);
    }

    /// Writes a number in decimal digits.
    fn number(&mut self, value: u64) {
        self.padded(value, 1);
    }

    /// Writes a number in decimal digits, with leading zeros up to a width of at most 20.
    fn padded(&mut self, value: u64, width: usize) {
        digits::<10, _>(value, width, UPPER_CASE, self);
    }

    /// Writes a number in hexadecimal digits, with leading zeros up to a width of at most 16.
    fn hex(&mut self, value: u64, width: usize, digits_in: &[u8; 16]) {
        digits::<16, _>(value, width, digits_in, self);
    }
}

/// The digits of hexadecimal numbers in upper case, and of decimal numbers.
pub(crate) const UPPER_CASE: &[u8; 16] = b"0123456789ABCDEF";
/// The digits of hexadecimal numbers in lower case.
pub(crate) const LOWER_CASE: &[u8; 16] = b"0123456789abcdef";

/// Writes a number without the formatting machinery of `core::fmt`.
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

impl<O: Output> Sink for O {
    #[inline]
    fn put(&mut self, octets: &[u8]) {
        self.write_octets(octets);
    }

    #[inline]
    fn octet(&mut self, octet: u8) {
        self.write_octet(octet);
    }
}

/// Writes into a slice; octets that do not fit are lost.
impl Sink for &mut [u8] {
    fn put(&mut self, octets: &[u8]) {
        if let Some((place, rest)) = core::mem::take(self).split_at_mut_checked(octets.len()) {
            place.copy_from_slice(octets);
            *self = rest;
        }
    }
}

/// Counts the octets instead of writing them.
struct Length(usize);

impl Sink for Length {
    fn put(&mut self, octets: &[u8]) {
        self.0 = self.0.saturating_add(octets.len());
    }
}

/// Writes into a formatter. Octets that are not UTF-8, which only lenient text has, appear as U+FFFD.
pub(crate) struct Formatted<'a, 'b> {
    formatter: &'a mut fmt::Formatter<'b>,
    result: fmt::Result,
}

impl<'a, 'b> Formatted<'a, 'b> {
    pub(crate) fn write(formatter: &'a mut fmt::Formatter<'b>, value: &impl Wire) -> fmt::Result {
        let mut sink = Self { formatter, result: Ok(()) };
        value.write::<dyn Sink>(&mut sink);
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

/// Writes text character by character, with "?" for octets that are not UTF-8. `put` decides what is written for a
/// character.
pub(crate) fn write_clean<S: Sink + ?Sized>(text: &[u8], out: &mut S, mut put: impl FnMut(char, &mut S)) {
    for chunk in text.utf8_chunks() {
        chunk.valid().chars().for_each(|character| put(character, out));
        if !chunk.invalid().is_empty() {
            out.octet(b'?');
        }
    }
}

/// Writes octets one by one, but those of a UTF-8 character together.
pub(crate) fn write_octets<S: Sink + ?Sized>(octets: impl Iterator<Item = u8>, out: &mut S) {
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

/// Writes one character in a single call, because a formatter does not accept parts of a character.
pub(crate) fn write_character<S: Sink + ?Sized>(character: char, out: &mut S) {
    out.put(character.encode_utf8(&mut [0; 4]).as_bytes());
}

/// A value with a written form.
pub(crate) trait Wire {
    fn write<S: Sink + ?Sized>(&self, out: &mut S);

    /// Returns the number of octets that are written.
    fn length(&self) -> usize {
        let mut length = Length(0);
        self.write::<dyn Sink>(&mut length);
        length.0
    }
}

/// Implements `Display` as the written form.
macro_rules! display_is_wire {
    ($($type:ty),* $(,)?) => { $(
        impl core::fmt::Display for $type {
            fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                $crate::syntax::wire::Formatted::write(formatter, self)
            }
        }
    )* };
}

/// Implements `Debug` as the type's name and the written form.
macro_rules! debug_is_wire {
    ($($type:ident),* $(,)?) => { $(
        impl core::fmt::Debug for $type<'_> {
            fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                formatter.debug_tuple(stringify!($type)).field(&format_args!("{self}")).finish()
            }
        }
    )* };
}

/// Implements the methods and the writing of a newtype over octets of a known form.
macro_rules! token {
    ($($type:ident),* $(,)?) => { $(
        impl<'a> $type<'a> {
            /// Returns the octets as they were sent.
            #[must_use]
            pub const fn as_bytes(self) -> &'a [u8] {
                self.0
            }

            /// Returns the text as it was sent. It checks for UTF-8 again, in one pass; use
            /// [`as_bytes`](Self::as_bytes) where speed matters. Returns an empty text if the octets are not UTF-8, as
            /// those of a [`Text`](crate::syntax::Text) may be.
            #[must_use]
            pub fn as_str(self) -> &'a str {
                core::str::from_utf8(self.0).unwrap_or_default()
            }
        }

        impl $crate::syntax::wire::Wire for $type<'_> {
            fn write<S: $crate::syntax::wire::Sink + ?Sized>(&self, out: &mut S) {
                out.put(self.0);
            }
        }

        $crate::syntax::wire::display_is_wire!($type<'_>);
        $crate::syntax::wire::debug_is_wire!($type);
        $crate::syntax::convert::as_octets!($type);
    )* };
}

pub(crate) use {debug_is_wire, display_is_wire, token};
