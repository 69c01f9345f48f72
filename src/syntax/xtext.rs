//! xtext (RFC 3461 section 4): printable octets, with all others as `+` and two hexadecimal digits. Parameters of MAIL
//! and RCPT and the attributes of XCLIENT and XFORWARD use it.

use super::convert::{as_text, from_octets, from_text};
use super::scan::{Class, Parse, fail, hex_value, is_xchar, line, long_span, mark, recognized, repeated};
use super::wire::{Sink, UPPER_CASE, token};
use super::{Expected, Grammar, SyntaxError};
use nom::Parser;

/// xtext in its encoded form: `xtext = *( xchar / hexchar )` ([RFC 3461 section
/// 4](https://www.rfc-editor.org/rfc/rfc3461#section-4), [RFC 4954 section
/// 8](https://www.rfc-editor.org/rfc/rfc4954#section-8)).
///
/// ```
/// use smtp_core::syntax::{Grammar, Xtext};
///
/// let xtext = Xtext::parse(b"a+2Bb", Grammar::STRICT)?;
/// assert!(xtext.decode().eq(*b"a+b"));
/// assert!(Xtext::parse(b"a+2bb", Grammar::STRICT).is_err());
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Xtext<'a>(pub(crate) &'a [u8]);

impl<'a> Xtext<'a> {
    /// Creates xtext from a text in its encoded form. `XtextBuf::encode` encodes octets.
    ///
    /// ```
    /// use smtp_core::syntax::Xtext;
    ///
    /// assert!(Xtext::new("a+2Bb")?.decode().eq(*b"a+b"));
    /// assert!(Xtext::new("a=b").is_err());
    /// # Ok::<(), smtp_core::syntax::SyntaxError>(())
    /// ```
    ///
    /// # Errors
    /// Returns [`SyntaxError`] with the offset of the first octet that is not xtext.
    pub fn new(text: &'a str) -> Result<Self, SyntaxError> {
        Self::parse(text.as_bytes(), Grammar::STRICT)
    }

    /// Parses xtext that a peer sent.
    ///
    /// # Errors
    /// Returns [`SyntaxError`] with the offset of the first octet that is not xtext.
    pub fn parse(octets: &'a [u8], grammar: Grammar) -> Result<Self, SyntaxError> {
        line(octets, |i| xtext(i, grammar.dialect.parameter_values))
    }

    /// Returns the octets that the text encodes.
    pub fn decode(self) -> impl Iterator<Item = u8> + Clone + use<'a> {
        let mut octets = self.0.iter().copied();
        core::iter::from_fn(move || match octets.next()? {
            b'+' => {
                let high = octets.next().and_then(hex_value)?;
                let low = octets.next().and_then(hex_value)?;
                Some(high << 4 | low)
            }
            octet => Some(octet),
        })
    }

    /// Returns `true` if both encode the same octets, whichever octets are encoded and whatever the case of the digits
    /// is.
    ///
    /// ```
    /// use smtp_core::syntax::{Grammar, Xtext};
    ///
    /// let lower_case = Xtext::parse(b"+61+2bb", Grammar::LENIENT)?;
    /// assert!(lower_case.equivalent(Xtext::new("a+2Bb")?));
    /// assert!(!lower_case.equivalent(Xtext::new("A+2Bb")?));
    /// # Ok::<(), smtp_core::syntax::SyntaxError>(())
    /// ```
    #[must_use]
    pub fn equivalent(self, other: Xtext<'_>) -> bool {
        self.decode().eq(other.decode())
    }

    /// Decodes into a buffer. Returns `None` if it is too small.
    pub(crate) fn decode_into(self, buffer: &mut [u8]) -> Option<&[u8]> {
        let mut length = 0usize;
        for octet in self.decode() {
            *buffer.get_mut(length)? = octet;
            length = length.saturating_add(1);
        }
        buffer.get(..length)
    }
}

/// `xtext = *( xchar / hexchar )`, `hexchar = "+" 2HEXDIG` in upper case (RFC 3461), or in either (RFC 4954)
pub(crate) fn xtext<'a>(i: &'a [u8], lower_case: bool) -> Parse<'a, Xtext<'a>> {
    let hexdig = |i: &'a [u8]| hexdig(i, lower_case);
    let xchars = |i: &'a [u8]| {
        let (xchars, rest) = long_span(i, Class::XCHAR, is_xchar);
        Ok((rest, xchars))
    };
    let hexchars = repeated(mark(b'+'), (hexdig, hexdig, xchars));
    recognized((xchars, hexchars)).map(Xtext).parse(i)
}

fn hexdig(i: &[u8], lower_case: bool) -> Parse<'_, ()> {
    match i.split_first() {
        Some((digit, rest)) if Class::HEXDIG.has(*digit) && (lower_case || !digit.is_ascii_lowercase()) => {
            Ok((rest, ()))
        }
        _ => fail(i, Expected::Xtext),
    }
}

/// Writes octets as xtext, with hexadecimal digits in upper case, which both standards accept.
pub(crate) fn write_xtext<S: Sink + ?Sized>(octets: &[u8], out: &mut S) {
    for &octet in octets {
        if Class::XCHAR.has(octet) {
            out.octet(octet);
        } else {
            out.octet(b'+');
            out.hex(u64::from(octet), 2, UPPER_CASE);
        }
    }
}

/// Writes a text with xtext in it unchanged, except that hexadecimal digits are written in upper case.
pub(crate) fn write_in_upper_case<S: Sink + ?Sized>(text: &[u8], out: &mut S) {
    let mut digits = 0u8;
    for &octet in text {
        out.octet(if digits == 0 { octet } else { octet.to_ascii_uppercase() });
        digits = if octet == b'+' { 2 } else { digits.saturating_sub(1) };
    }
}

token!(Xtext);
as_text!(Xtext);
from_text!(Xtext);
from_octets!(Xtext: |octets| Self::parse(octets, Grammar::STRICT));
