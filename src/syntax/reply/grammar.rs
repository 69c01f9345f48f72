//! The grammar of replies, line by line, and what the lines of a reply have in common.
//!
//! [`Reply::parse`] and [`ReplyDecoder`](crate::codec::ReplyDecoder) read with it. It knows no stream: its lines are there as a
//! whole. Where a line ends no dialect changes.

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
/// The SP may also stand with nothing behind it (RFC 5321 section 4.2.1), and all lines have the same code.
///
/// With `reply_form` the codes may differ, and lines after the first may have none.
pub(super) fn reply(i: &[u8], grammar: Grammar) -> Parse<'_, Reply<'_>> {
    let mut codes = ReplyCodes::NONE;
    let mut rest = i;
    loop {
        let (behind, line) = reply_line(rest, codes.first(), grammar)?;
        rest = behind;
        if codes.take(line, grammar) {
            return Ok((rest, codes.reply(taken(i, rest))));
        }
    }
}

/// One line of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ReplyLine<'a> {
    /// That of the first line, where this one has none.
    pub(crate) code: ReplyCode,
    pub(crate) has_code: bool,
    pub(crate) text: &'a [u8],
    /// Whether the reply ends with it.
    pub(crate) last: bool,
}

/// What the lines of a reply that have been read have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ReplyCodes {
    /// The code of the first line; [`ReplyCode::NONE`] before it.
    code: ReplyCode,
    /// The enhanced code that all lines with a code have.
    enhanced: Option<EnhancedCode>,
    flaw: Flaw,
    /// The octets after these lines that were shown last end in a bare LF. It is for the decoder, which has no room of its own.
    pub(crate) after_lf: bool,
}

/// How the lines of a reply do not belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flaw {
    None,
    /// Some have no code.
    NoCode,
    /// They have several codes, of which this one counts; and whether some have none.
    Codes(ReplyCode, bool),
}

impl ReplyCodes {
    pub(crate) const NONE: Self = Self { code: ReplyCode::NONE, enhanced: None, flaw: Flaw::None, after_lf: false };

    /// The code of the first line, if there was one.
    fn first(self) -> Option<ReplyCode> {
        (self.code != ReplyCode::NONE).then_some(self.code)
    }

    /// Reads the line of a reply at `at`, which ends where the octets end. Returns `true` if it was the last.
    ///
    /// # Errors
    /// [`SyntaxError`] where it is no line of this reply; the offset counts from the start of the octets.
    pub(crate) fn read(&mut self, i: &[u8], at: usize, grammar: Grammar) -> Result<bool, SyntaxError> {
        let found = line(i, |i| reply_line(i.get(at..).unwrap_or_default(), self.first(), grammar))?;
        Ok(self.take(found, grammar))
    }

    /// Reads the lines from `at` on that are there as a whole, and in the form that most have, of octets from the start of the reply
    /// on. The offset behind them, and whether the reply ends there.
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

    /// Takes a line, and returns `true` if it was the last.
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

    /// Lines have different codes. The last decides, among those of the worst class.
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

    /// The reply, once its last line has been taken.
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

/// Are enhanced codes offered, so that they are no text?
fn looks_for_enhanced_codes(grammar: Grammar) -> bool {
    grammar.extensions.is_some_and(|offered| offered.contains(Extension::EnhancedStatusCodes))
}

/// The enhanced code of lines that have `found` after others that have `all`, if there were any `before`.
fn common(before: bool, all: Option<EnhancedCode>, found: Option<EnhancedCode>) -> Option<EnhancedCode> {
    if before { all.filter(|_| all == found) } else { found }
}

/// One line of a reply, with its CRLF. It has the code of the lines before, if there are any.
fn reply_line(i: &[u8], code: Option<ReplyCode>, grammar: Grammar) -> Parse<'_, ReplyLine<'_>> {
    let dialect = grammar.dialect;
    let lenient = dialect.any_reply_text;
    let (found, has_code, (text, last)) = match code {
        Some(first) if dialect.reply_form && !begins_with_digits(i) => (first, false, (i, false)),
        _ => {
            let (behind, found) = reply_code(i, dialect)?;
            if !dialect.reply_form && code.is_some_and(|code| code != found) {
                return fail(i, Expected::SameCode);
            }
            (found, true, separated_text(behind)?)
        }
    };
    // RFC 6531 section 3.7.4: some replies may be in UTF-8.
    let class = Class::TEXT.extended(grammar.smtputf8);
    let (run, rest) = if lenient { lenient_text(text) } else { span(text, class) };
    if grammar.smtputf8 && !lenient {
        utf8(text, run)?;
    }
    let [b'\r', b'\n', rest @ ..] = rest else { return fail(rest, Expected::Text) };
    // RFC 4954 section 4: a challenge has a limit of its own.
    let limit = if found == ReplyCode::CHALLENGE { auth::LINE_LIMIT } else { LINE_LIMIT };
    if !lenient && taken(i, rest).len() > limit {
        return fail(i.get(limit..).unwrap_or_default(), Expected::LineWithinLimit);
    }
    Ok((rest, ReplyLine { code: found, has_code, text: run, last }))
}

/// The text behind a code and its separator, which is still to be looked at, and whether it is that of the last line.
fn separated_text(behind: &[u8]) -> Result<(&[u8], bool), nom::Err<Fault>> {
    match behind {
        [b'-', text @ ..] => Ok((text, false)),
        [b' ', text @ ..] => Ok((text, true)),
        [b'\r', b'\n', ..] => Ok((behind, true)),
        _ => Err(Fault::at(behind, Expected::Separator)),
    }
}

/// Everything up to the CRLF.
fn lenient_text(i: &[u8]) -> (&[u8], &[u8]) {
    let line = first_line(i).0;
    i.split_at_checked(line.len()).unwrap_or((i, &[]))
}

/// Returns `true` if a line was meant to have a reply code. One that was not can be taken for text, with
/// [`reply_form`](super::Dialect::reply_form).
pub(crate) fn begins_with_digits(line: &[u8]) -> bool {
    matches!(line, [b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', ..])
}
