//! The grammar of replies, line by line, and the properties that the lines of a reply share.
//!
//! [`Reply::parse`] and [`ReplyDecoder`](crate::codec::ReplyDecoder) use it. It must not know a stream: its lines are
//! complete. No dialect changes where a line ends.

use super::{LINE_LIMIT, Reply, Text, enhanced_prefix, first_line};
use crate::fast;
use crate::syntax::auth;
use crate::syntax::reply_code::reply_code;
use crate::syntax::scan::{Class, Fault, Parse, fail, line, span, taken, utf8};
use crate::syntax::{EnhancedCode, Expected, Extension, Grammar, ReplyCode, SyntaxError};

/// ```text
/// Reply-line = *( Reply-code "-" [ textstring ] CRLF )
///              Reply-code [ SP textstring ] CRLF
/// ```
/// The SP may also come with nothing after it (RFC 5321 section 4.2.1), and all lines have the same code.
///
/// With `reply_form` the codes may differ, and lines after the first may have none.
pub(super) fn reply(i: &[u8], grammar: Grammar) -> Parse<'_, Reply<'_>> {
    let mut codes = ReplyCodes::NONE;
    let mut rest = i;
    loop {
        let (after, line) = reply_line(rest, codes.first(), grammar)?;
        rest = after;
        if codes.take(line, grammar) {
            return Ok((rest, codes.reply(taken(i, rest))));
        }
    }
}

/// One line of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ReplyLine<'a> {
    /// The code of this line, or of the first line if this one has none.
    pub(crate) code: ReplyCode,
    pub(crate) has_code: bool,
    pub(crate) text: &'a [u8],
    /// Whether this is the last line of the reply.
    pub(crate) last: bool,
}

/// The properties that the lines read so far share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ReplyCodes {
    /// The code of the first line, or [`ReplyCode::NONE`] before it.
    code: ReplyCode,
    /// The enhanced code that all lines with a code share.
    enhanced: Option<EnhancedCode>,
    flaw: Flaw,
    /// Whether the last received octets after these lines end in a bare LF. It is kept here for the decoder, to save
    /// room.
    pub(crate) after_lf: bool,
}

/// The way in which the lines of a reply do not belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flaw {
    None,
    /// Some lines have no code.
    NoCode,
    /// The lines have different codes. Holds the one that counts, and whether some lines have no code.
    Codes(ReplyCode, bool),
}

impl ReplyCodes {
    pub(crate) const NONE: Self = Self { code: ReplyCode::NONE, enhanced: None, flaw: Flaw::None, after_lf: false };

    /// Returns the code of the first line, if there was one.
    fn first(self) -> Option<ReplyCode> {
        (self.code != ReplyCode::NONE).then_some(self.code)
    }

    /// Reads the line of a reply at `at`, which ends where the octets end. Returns `true` if it was the last.
    ///
    /// # Errors
    /// Returns a [`SyntaxError`] if it is not a line of this reply. The offset counts from the start of the octets.
    pub(crate) fn read(&mut self, i: &[u8], at: usize, grammar: Grammar) -> Result<bool, SyntaxError> {
        let found = line(i, |i| reply_line(i.get(at..).unwrap_or_default(), self.first(), grammar))?;
        Ok(self.take(found, grammar))
    }

    /// Reads the complete lines from `at` on that have the usual form. `i` starts at the first octet of the reply.
    /// Returns the offset after these lines, and whether the reply ends there.
    pub(crate) fn read_common(&mut self, i: &[u8], at: usize, grammar: Grammar) -> (usize, bool) {
        let Some([a, b, c, _]) = i.first_chunk() else { return (at, false) };
        let is_begun = self.code != ReplyCode::NONE;
        let code = if is_begun { Some(self.code) } else { ReplyCode::of_digits([*a, *b, *c]) };
        let Some(code) = code.filter(|_| self.flaw == Flaw::None) else { return (at, false) };
        let is_coded = looks_for_enhanced_codes(grammar);
        let (mut at, mut last, mut before, mut enhanced) = (at, false, is_begun, self.enhanced);
        while !last {
            let Some((end, text, separator)) = fast::reply_line(i, at, [*a, *b, *c]) else { break };
            last = separator == b' ';
            debug_assert!(fast::agrees(
                i.get(end..).unwrap_or_default(),
                &ReplyLine { code, has_code: true, text, last },
                || reply_line(i.get(at..).unwrap_or_default(), before.then_some(code), grammar)
            ));
            if is_coded {
                enhanced = common(before, enhanced, enhanced_prefix(text, code));
            }
            (at, before) = (end, true);
        }
        if before {
            (self.code, self.enhanced) = (code, enhanced);
        }
        (at, last)
    }

    /// Adds a line. Returns `true` if it was the last.
    fn take(&mut self, line: ReplyLine<'_>, grammar: Grammar) -> bool {
        if !line.has_code {
            self.flaw = match self.flaw {
                Flaw::None | Flaw::NoCode => Flaw::NoCode,
                Flaw::Codes(code, _) => Flaw::Codes(code, true),
            };
            return false;
        }
        let first = self.first();
        if looks_for_enhanced_codes(grammar) {
            self.enhanced = common(first.is_some(), self.enhanced, enhanced_prefix(line.text, line.code));
        }
        self.code = first.unwrap_or(line.code);
        if self.code != line.code || self.flaw != Flaw::None {
            self.differ(self.code, line.code);
        }
        line.last
    }

    /// Records that lines have different codes. The last code counts, among those of the worst class.
    #[cold]
    fn differ(&mut self, first: ReplyCode, found: ReplyCode) {
        let (decisive, some_without) = match self.flaw {
            Flaw::None => (first, false),
            Flaw::NoCode => (first, true),
            Flaw::Codes(code, some_without) => (code, some_without),
        };
        let is_as_bad = found.class().digit() >= decisive.class().digit();
        self.flaw = Flaw::Codes(if is_as_bad { found } else { decisive }, some_without);
    }

    /// Returns the reply, after its last line was added.
    #[inline]
    pub(crate) fn reply(self, octets: &[u8]) -> Reply<'_> {
        if self.flaw != Flaw::None {
            return self.flawed_reply(octets);
        }
        Reply { code: self.code, enhanced: self.enhanced, text: Text::received(octets, self.enhanced) }
    }

    #[cold]
    fn flawed_reply(self, octets: &[u8]) -> Reply<'_> {
        let (code, some_without) = match self.flaw {
            Flaw::Codes(code, some_without) => (code, some_without),
            Flaw::None | Flaw::NoCode => (self.code, true),
        };
        let enhanced = self.enhanced.filter(|enhanced| enhanced.fits(code));
        let text = match some_without {
            true => Text::Flawed(octets, enhanced.is_some()),
            false => Text::received(octets, enhanced),
        };
        Reply { code, enhanced, text }
    }
}

/// Returns `true` if enhanced codes are offered, so that they do not belong to the text.
fn looks_for_enhanced_codes(grammar: Grammar) -> bool {
    grammar.extensions.is_some_and(|offered| offered.contains(Extension::EnhancedStatusCodes))
}

/// Returns the enhanced code shared by a line with `found` and the lines before with `all`, if there were any `before`.
fn common(before: bool, all: Option<EnhancedCode>, found: Option<EnhancedCode>) -> Option<EnhancedCode> {
    if before { all.filter(|_| all == found) } else { found }
}

/// Parses one line of a reply, with its CRLF. It has to have the code of the previous lines, if there are any.
fn reply_line(i: &[u8], code: Option<ReplyCode>, grammar: Grammar) -> Parse<'_, ReplyLine<'_>> {
    let dialect = grammar.dialect;
    let lenient = dialect.any_reply_text;
    let (found, has_code, (text, last)) = match code {
        Some(first) if dialect.reply_form && !begins_with_digits(i) => (first, false, (i, false)),
        _ => {
            let (after, found) = reply_code(i, dialect)?;
            if !dialect.reply_form && code.is_some_and(|code| code != found) {
                return fail(i, Expected::SameCode);
            }
            (found, true, separated_text(after)?)
        }
    };
    // RFC 6531 section 3.7.4: some replies may be in UTF-8.
    let class = Class::TEXT.extended(grammar.smtputf8);
    let (run, rest) = if lenient { lenient_text(text) } else { span(text, class) };
    if grammar.smtputf8 && !lenient {
        utf8(text, run)?;
    }
    let [b'\r', b'\n', rest @ ..] = rest else { return fail(rest, Expected::Text) };
    // RFC 4954 section 4: a challenge has its own limit.
    let limit = if found == ReplyCode::CHALLENGE { auth::LINE_LIMIT } else { LINE_LIMIT };
    if !lenient && taken(i, rest).len() > limit {
        return fail(i.get(limit..).unwrap_or_default(), Expected::LineWithinLimit);
    }
    Ok((rest, ReplyLine { code: found, has_code, text: run, last }))
}

/// Returns the unchecked text after a code and its separator, and whether it is the last line.
fn separated_text(after: &[u8]) -> Result<(&[u8], bool), nom::Err<Fault>> {
    match after {
        [b'-', text @ ..] => Ok((text, false)),
        [b' ', text @ ..] => Ok((text, true)),
        [b'\r', b'\n', ..] => Ok((after, true)),
        _ => Err(Fault::at(after, Expected::Separator)),
    }
}

/// Splits off everything up to the CRLF.
fn lenient_text(i: &[u8]) -> (&[u8], &[u8]) {
    let line = first_line(i).0;
    i.split_at_checked(line.len()).unwrap_or((i, &[]))
}

/// Returns `true` if a line was meant to have a reply code. With [`reply_form`](super::Dialect::reply_form), other
/// lines can be treated as text.
pub(crate) fn begins_with_digits(line: &[u8]) -> bool {
    matches!(line, [b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', ..])
}
