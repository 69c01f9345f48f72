//! The value of a reply (RFC 5321 section 4.2), of one or more lines, and how it is written. The grammar is in
//! `reply/grammar.rs`. It must not know which command a reply answers.

mod grammar;
mod lines;
#[cfg(feature = "alloc")]
mod owned;
#[cfg(feature = "serde")]
mod stored;

pub(crate) use grammar::{ReplyCodes, begins_with_digits};

use super::output::{NoRoom, Output, line_to};
use super::scan::{Class, line};
use super::wire::{Sink, Wire, display_is_wire, write_character, write_clean};
use super::{EnhancedCode, Expected, Grammar, Part, ReplyClass, ReplyCode, SyntaxError};
use crate::fast;
use core::fmt;
use grammar::reply;
use lines::{Lines, Text, first_line};

/// The longest reply line, code and CRLF included (RFC 5321 section 4.5.3.1.5).
pub(crate) const LINE_LIMIT: usize = 512;

/// The longest reply that a client reads by default, in octets.
pub(crate) const REPLY_LIMIT: usize = 65_536;
/// The text length that always fits on a line: besides "250-" and CRLF it may have an enhanced code of nine octets and
/// a space.
const ALWAYS_FITS: usize = LINE_LIMIT - 16;

/// A reply: a code, perhaps an enhanced code, and one or more lines of text.
///
/// [`Reply::new`] takes the lines from a text with line feeds between them. Lines that are too long for the wire are
/// divided. Every line is written with the code and the enhanced code, so a reply is always complete, and its text
/// cannot start another reply.
///
/// ```
/// use smtp_core::syntax::{EnhancedCode, Reply, ReplyCode};
///
/// let (code, enhanced) = (ReplyCode::MAILBOX_UNAVAILABLE, EnhancedCode::BAD_DESTINATION_MAILBOX);
/// let reply = Reply::new(code, enhanced, "Nobody\nby that name")?;
/// let mut out = Vec::new();
/// reply.encode(&mut out);
/// assert_eq!(out, b"550-5.1.1 Nobody\r\n550 5.1.1 by that name\r\n");
/// # Ok::<(), smtp_core::syntax::ReplyError>(())
/// ```
#[derive(Clone, Copy)]
pub struct Reply<'a> {
    code: ReplyCode,
    enhanced: Option<EnhancedCode>,
    text: Text<'a>,
}

/// The reason why a reply cannot be created.
///
/// ```
/// use smtp_core::syntax::{EnhancedCode, Reply, ReplyCode, ReplyError};
///
/// let error = Reply::new(ReplyCode::OK, EnhancedCode::MAILBOX_FULL, "Full").unwrap_err();
/// assert_eq!(error, ReplyError::ClassMismatch);
/// assert_eq!(Reply::new(ReplyCode::OK, None, "a\rb").unwrap_err(), ReplyError::ControlCharacter);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ReplyError {
    /// The text has a control character other than HT and LF, such as a CR or a NUL.
    #[error("the text of a reply has a control character")]
    ControlCharacter,
    /// The class of the enhanced code is not the first digit of the code ([RFC 2034 section
    /// 4](https://www.rfc-editor.org/rfc/rfc2034#section-4)).
    #[error("the class of the enhanced code is not the first digit of the reply code")]
    ClassMismatch,
}

impl<'a> Reply<'a> {
    /// Creates a reply. Line feeds in `text` separate its lines. Pass `None` if the reply must have no enhanced code:
    /// in the greeting, in replies to EHLO, HELO and LHLO, and with 3yz.
    ///
    /// The caller decides whether text beyond ASCII is permitted: only in replies to VRFY and EXPN with SMTPUTF8, and
    /// in 251 and 551 within a transaction that MAIL with SMTPUTF8 began ([RFC
    /// 6531](https://www.rfc-editor.org/rfc/rfc6531) sections 3.7.4.1 and 3.7.4.2).
    ///
    /// # Errors
    /// Returns a [`ReplyError`] if the text has control characters, or if the enhanced code is of another class than
    /// the code; [`EnhancedCode::with_class`] changes its class.
    #[inline]
    pub fn new(code: ReplyCode, enhanced: impl Into<Option<EnhancedCode>>, text: &'a str) -> Result<Self, ReplyError> {
        let enhanced = enhanced.into();
        let divided = has_line_feeds(text)?;
        if enhanced.is_some_and(|enhanced| !enhanced.fits(code)) {
            return Err(ReplyError::ClassMismatch);
        }
        let one_line = text.len() <= ALWAYS_FITS && !divided;
        Ok(Self { code, enhanced, text: if one_line { Text::Line(text) } else { Text::Lines(text) } })
    }

    /// Creates a reply whose text is known to be valid and short.
    pub(crate) const fn fixed(code: ReplyCode, enhanced: EnhancedCode, text: &'static str) -> Self {
        Self { code, enhanced: Some(enhanced), text: Text::Line(text) }
    }

    /// 250 2.0.0 OK
    pub const OK: Reply<'static> = Reply::fixed(ReplyCode::OK, EnhancedCode::OK, "OK");

    /// 235 2.7.0 Authentication succeeded ([RFC 4954 section 6](https://www.rfc-editor.org/rfc/rfc4954#section-6))
    pub const AUTHENTICATED: Reply<'static> = Reply::fixed(
        ReplyCode::AUTHENTICATION_SUCCEEDED,
        EnhancedCode::of(ReplyClass::Success, 7, 0),
        "Authentication succeeded",
    );

    /// Parses a whole received reply, from its first code to its last CRLF. Enhanced codes are separated from the text
    /// if the grammar's extensions have ENHANCEDSTATUSCODES, every line has the same well-formed one, and it fits the
    /// code.
    ///
    /// # Errors
    /// Returns a [`SyntaxError`] if the octets are not exactly one reply, or are 4 GiB or more.
    pub fn parse(octets: &'a [u8], grammar: Grammar) -> Result<Self, SyntaxError> {
        counted(octets.len())?;
        line(octets, |i| reply(i, grammar))
    }

    /// Returns the code.
    #[must_use]
    pub const fn code(&self) -> ReplyCode {
        self.code
    }

    /// Returns the enhanced code.
    #[must_use]
    pub const fn enhanced_code(&self) -> Option<EnhancedCode> {
        self.enhanced
    }

    /// Returns the text of each line, without codes. There is at least one line, which may be empty.
    pub fn lines(&self) -> impl Iterator<Item = &'a [u8]> + Clone + fmt::Debug + use<'a> {
        self.text_lines()
    }

    #[inline]
    pub(crate) fn text_lines(&self) -> Lines<'a> {
        Lines { text: Some(self.text), room: self.room() }
    }

    /// Returns the same reply without its enhanced code, for a peer to which enhanced codes were not offered.
    #[must_use]
    pub(crate) fn without_enhanced_code(self) -> Self {
        Self { enhanced: None, ..self.with_the_code_of_its_text() }
    }

    /// Returns the same reply with the [usual](EnhancedCode::usual) enhanced code, if it has none and its class may
    /// have one. A reply that was received stays unchanged if the code would make one of its lines too long.
    #[must_use]
    pub(crate) fn with_some_enhanced_code(self) -> Self {
        let reply = self.with_the_code_of_its_text();
        if reply.enhanced.is_some() {
            return reply;
        }
        let coded = Self { enhanced: EnhancedCode::usual(self.code), ..reply };
        let room = coded.room();
        let fits =
            !matches!(coded.text, Text::Received(_) | Text::Flawed(..)) || coded.lines().all(|text| text.len() <= room);
        if fits { coded } else { reply }
    }

    /// Returns the same reply with an enhanced code that is still in its text separated from it. The reply was then
    /// parsed without ENHANCEDSTATUSCODES.
    fn with_the_code_of_its_text(self) -> Self {
        let Text::Received(octets) = self.text else { return self };
        let mut found = self.lines().map(|text| enhanced_prefix(text, self.code));
        match found.next().flatten() {
            Some(first) if found.all(|code| code == Some(first)) => {
                Self { enhanced: Some(first), text: Text::Coded(octets), ..self }
            }
            _ => self,
        }
    }

    /// Appends the reply with its CRLFs.
    pub fn encode(&self, out: &mut impl Output) {
        self.write(out);
        out.put(b"\r\n");
    }

    /// Writes the reply with its CRLFs to the front of `out`, which becomes the rest of the slice. Needs no allocation.
    ///
    /// ```
    /// use smtp_core::syntax::Reply;
    ///
    /// let mut buffer = [0; 14];
    /// Reply::OK.encode_to(&mut &mut buffer[..])?;
    /// assert_eq!(&buffer, b"250 2.0.0 OK\r\n");
    /// # Ok::<(), smtp_core::syntax::NoRoom>(())
    /// ```
    ///
    /// # Errors
    /// Returns [`NoRoom`] if the slice is too short. Nothing is written then.
    pub fn encode_to(&self, out: &mut &mut [u8]) -> Result<(), NoRoom> {
        line_to(self, out)
    }

    /// Writes the codes and the separator at the start of a line.
    fn write_codes<S: Sink + ?Sized>(&self, separator: u8, out: &mut S) {
        let [a, b, c] = self.code.digits();
        // What is written in one piece is copied without a call.
        if let Some([d, e, f, g, h]) = self.enhanced.and_then(EnhancedCode::short_form) {
            return out.put(&[a, b, c, separator, d, e, f, g, h, b' ']);
        }
        out.put(&[a, b, c, separator]);
        if let Some(enhanced) = self.enhanced {
            enhanced.write(out);
            out.octet(b' ');
        }
    }

    /// Writes every line with its codes, without the last CRLF.
    fn write_lines<S: Sink + ?Sized>(&self, out: &mut S, write_text: impl Fn(&[u8], &mut S)) {
        let mut lines = self.lines();
        let mut next = lines.next();
        while let Some(text) = next {
            next = lines.next();
            self.write_codes(if next.is_some() { b'-' } else { b' ' }, out);
            write_text(text, out);
            if next.is_some() {
                out.put(b"\r\n");
            }
        }
    }

    /// Returns the number of octets of text that fit on a line that this crate writes.
    fn room(&self) -> usize {
        let code = self.enhanced.map_or(0, |enhanced| enhanced.length().saturating_add(1));
        LINE_LIMIT.saturating_sub("250-\r\n".len()).saturating_sub(code)
    }
}

impl Wire for Reply<'_> {
    fn write<S: Sink + ?Sized>(&self, out: &mut S) {
        if let Text::Line(text) = self.text {
            self.write_codes(b' ', out);
            return out.put(text.as_bytes());
        }
        self.write_lines(out, write_text);
    }
}

/// Writes the text of a line. A reply that was parsed leniently may have octets that are forbidden in a reply (RFC 5321
/// section 4.2); those are replaced.
fn write_text<S: Sink + ?Sized>(text: &[u8], out: &mut S) {
    if text.iter().all(|octet| Class::TEXT.has(*octet)) {
        return out.put(text);
    }
    write_clean(text, out, |character, out| {
        let sent = character == '\t' || !character.is_ascii_control();
        write_character(if sent { character } else { '?' }, out);
    });
}

display_is_wire!(Reply<'_>);

impl fmt::Debug for Reply<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Reply(")?;
        fmt::Write::write_fmt(&mut Escaping(formatter), format_args!("{self}"))?;
        formatter.write_str(")")
    }
}

/// Writes a text so that it stays on one line, whatever it contains.
struct Escaping<'a, 'f>(&'a mut fmt::Formatter<'f>);

impl fmt::Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|character| write!(self.0, "{}", character.escape_debug()))
    }
}

impl PartialEq for Reply<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.code == other.code && self.enhanced == other.enhanced && self.lines().eq(other.lines())
    }
}

impl Eq for Reply<'_> {}

impl core::hash::Hash for Reply<'_> {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        (self.code, self.enhanced).hash(state);
        self.lines().for_each(|line| line.hash(state));
    }
}

/// Checks that a text has no control characters except HT and LF. Returns `true` if it has LF.
#[inline]
fn has_line_feeds(text: &str) -> Result<bool, ReplyError> {
    if fast::is_printable(text.as_bytes()).is_some() {
        debug_assert_eq!(any_has_line_feeds(text), Ok(false));
        return Ok(false);
    }
    any_has_line_feeds(text)
}

#[inline(never)]
fn any_has_line_feeds(text: &str) -> Result<bool, ReplyError> {
    let (mut forbidden, mut feeds) = (false, false);
    // All octets are looked at, so that the compiler can use vectors.
    for octet in text.bytes() {
        feeds |= octet == b'\n';
        forbidden |= octet.is_ascii_control() & (octet != b'\t') & (octet != b'\n');
    }
    if forbidden { Err(ReplyError::ControlCharacter) } else { Ok(feeds) }
}

/// Refuses more octets than an error can point at.
fn counted(length: usize) -> Result<(), SyntaxError> {
    match u32::try_from(length) {
        Ok(_) => Ok(()),
        Err(_) => Err(SyntaxError::new(Expected::LineWithinLimit, Part::Argument, u32::MAX)),
    }
}

/// Returns the enhanced code at the start of a reply's text, if its class fits the code (RFC 2034 section 4).
#[inline]
fn enhanced_prefix(text: &[u8], code: ReplyCode) -> Option<EnhancedCode> {
    EnhancedCode::at_start(text).filter(|enhanced| enhanced.fits(code))
}

#[cfg(feature = "alloc")]
pub use owned::ReplyBuf;

#[cfg(test)]
mod tests {
    use super::counted;
    use super::lines::divide;
    use crate::syntax::Expected;

    /// A test should not allocate 4 GiB, so it checks the number alone.
    #[test]
    #[cfg(target_pointer_width = "64")]
    fn what_cannot_be_counted_is_refused() {
        let most = u32::MAX as usize;
        assert_eq!((counted(0), counted(most)), (Ok(()), Ok(())));
        for length in [most + 1, most + 2, usize::MAX] {
            let error = counted(length).unwrap_err();
            assert_eq!((error.expected(), error.offset()), (Expected::LineWithinLimit, most));
        }
    }

    #[test]
    fn a_line_ends_at_the_room_it_has() {
        for (text, line, rest) in [
            ("", "", None),
            ("abc", "abc", None),
            ("abc\n", "abc", Some("")),
            ("abcd", "abcd", None),
            ("abcd\ne", "abcd", Some("e")),
            ("abcde\nf", "abcd", Some("e\nf")),
            ("ab cde\nf", "ab", Some("cde\nf")),
            ("abc\u{E9}\nf", "abc", Some("\u{E9}\nf")),
            (" abcde", " abc", Some("de")),
            ("\nabcde", "", Some("abcde")),
        ] {
            assert_eq!(divide(text, 4), (line, rest), "{text:?}");
        }
    }
}
