//! Octet classes, and the basic parsers of which every grammar is built.
//!
//! A parser is a function from the rest of a line, `fn(&[u8]) -> Parse<T>`, or a combinator of nom applied to such
//! functions. An error carries the number of octets that were left; [`line`] turns it into an offset once. Every file
//! with a grammar uses this file. It must not know any production of theirs.
//!
//! # How a production is written
//!
//! The ABNF is in the comment above the code, and the code reads like it: [`mark`], [`word`], [`one`], [`some`],
//! [`any`] and [`number`] are terminals; tuples and nom's `preceded`, `delimited` and so on are sequences; `alt` is an
//! alternative; [`optional`] is an option in brackets; [`separated`] is a list. [`recognized`] returns the octets that
//! were consumed (nom's `recognize` compares addresses, and the rest may be a `&[]` at another address), [`limited`]
//! limits their number, and [`expected`] names what was expected. If all alternatives fail, the error is that of the
//! one that got farthest.
//!
//! Productions that most sessions use many times, their white space and their separators are written by hand: with
//! slice patterns, and with functions that take the input as the first argument ([`octet`], [`literal`], [`span1`]).

mod class;

pub(crate) use class::{Class, is_esmtp_value, is_xchar};

use super::{Expected, Part, SyntaxError};
use nom::Parser;

/// The result of a parser: the rest of the line and a value.
pub(crate) type Parse<'a, T> = nom::IResult<&'a [u8], T, Fault>;

/// A parser of nom: a function `fn(&[u8]) -> Parse<T>`, or a combinator applied to such functions.
pub(crate) trait Production<'a, T>: Parser<&'a [u8], Output = T, Error = Fault> {}

impl<'a, T, P: Parser<&'a [u8], Output = T, Error = Fault>> Production<'a, T> for P {}

/// The place and the reason where a parser stopped. It has eight octets, so that results stay small.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault {
    remaining: u32,
    expected: Expected,
    part: Part,
}

impl Fault {
    #[cold]
    pub(crate) fn at(i: &[u8], expected: Expected) -> nom::Err<Self> {
        let remaining = u32::try_from(i.len()).unwrap_or(u32::MAX);
        nom::Err::Error(Self { remaining, expected, part: Part::Argument })
    }
}

/// Returns the rest of `i` at the place where a parser of it stopped, with success or not.
pub(crate) fn reached<'a, T>(i: &'a [u8], result: &Parse<'a, T>) -> &'a [u8] {
    match result {
        Ok((rest, _)) => rest,
        Err(nom::Err::Error(fault) | nom::Err::Failure(fault)) => {
            let remaining = usize::try_from(fault.remaining).unwrap_or(usize::MAX);
            i.get(i.len().saturating_sub(remaining)..).unwrap_or_default()
        }
        Err(nom::Err::Incomplete(_)) => i,
    }
}

impl nom::error::ParseError<&[u8]> for Fault {
    fn from_error_kind(i: &[u8], _: nom::error::ErrorKind) -> Self {
        Self { remaining: u32::try_from(i.len()).unwrap_or(u32::MAX), expected: Expected::Text, part: Part::Argument }
    }

    fn append(_: &[u8], _: nom::error::ErrorKind, other: Self) -> Self {
        other
    }

    /// Chooses the error of the alternative that got farther.
    fn or(self, other: Self) -> Self {
        if self.remaining < other.remaining { self } else { other }
    }
}

/// Returns an error at `i`.
#[cold]
pub(crate) fn fail<T>(i: &[u8], expected: Expected) -> Parse<'_, T> {
    Err(Fault::at(i, expected))
}

/// Sets the part of the line in which an error lies.
#[inline(always)]
pub(crate) fn within<'a, T>(part: Part, result: Parse<'a, T>) -> Parse<'a, T> {
    result.map_err(|error| error.map(|fault| Fault { part, ..fault }))
}

/// Fails if the parser has left octets.
pub(crate) fn whole<T>(result: Parse<'_, T>) -> Parse<'_, T> {
    result.and_then(|(rest, value)| Ok((end(rest)?.0, value)))
}

/// Runs a parser over a whole line, as [`finish`] requires it.
pub(crate) fn line<'a, T>(i: &'a [u8], parser: impl FnOnce(&'a [u8]) -> Parse<'a, T>) -> Result<T, SyntaxError> {
    finish(i, parser(i))
}

/// Ends the parsing of the line `i`: fails if octets are left, and turns the fault into an offset.
#[inline(always)]
pub(crate) fn finish<'a, T>(i: &'a [u8], result: Parse<'a, T>) -> Result<T, SyntaxError> {
    match result {
        Ok(([], value)) => Ok(value),
        Ok((rest, _)) => Err(locate(i, Fault::at(rest, Expected::EndOfLine))),
        Err(error) => Err(locate(i, error)),
    }
}

#[cold]
pub(crate) fn locate(i: &[u8], error: nom::Err<Fault>) -> SyntaxError {
    match error {
        nom::Err::Error(fault) | nom::Err::Failure(fault) => {
            let length = u32::try_from(i.len()).unwrap_or(u32::MAX);
            SyntaxError::new(fault.expected, fault.part, length.saturating_sub(fault.remaining))
        }
        // Complete parsers never ask for more input.
        nom::Err::Incomplete(_) => SyntaxError::new(Expected::Text, Part::Argument, 0),
    }
}

/// Corrects the fault of a parser that saw only a piece of the line, without `after`: counts it from the end of the
/// line.
pub(crate) fn nested<'a, T>(after: &[u8], result: Parse<'a, T>) -> Parse<'a, T> {
    result.map_err(|error| {
        let more = u32::try_from(after.len()).unwrap_or(u32::MAX);
        error.map(|fault| Fault { remaining: fault.remaining.saturating_add(more), ..fault })
    })
}

/// Compares octets that are often empty. `memcmp` of zero octets at the dangling address of `&[]` costs about 100 ns on
/// some processors, so it is skipped.
pub(crate) fn same(some: &[u8], others: &[u8]) -> bool {
    some.len() == others.len() && (some.is_empty() || some == others)
}

/// Parses the end of the line.
pub(crate) fn end(i: &[u8]) -> Parse<'_, ()> {
    if i.is_empty() { Ok((i, ())) } else { fail(i, Expected::EndOfLine) }
}

/// Parses one given octet.
pub(crate) fn octet(i: &[u8], wanted: u8, expected: Expected) -> Parse<'_, ()> {
    match i.split_first() {
        Some((&found, rest)) if found == wanted => Ok((rest, ())),
        _ => fail(i, expected),
    }
}

/// `SP = %x20`
pub(crate) fn space(i: &[u8]) -> Parse<'_, ()> {
    octet(i, b' ', Expected::Space)
}

/// Parses a literal of the ABNF, in any case (RFC 5234 section 2.3). Fails at the first octet that differs.
pub(crate) fn literal<'a>(i: &'a [u8], wanted: &str, expected: Expected) -> Parse<'a, &'a [u8]> {
    match begins_with(i, wanted) {
        Some(found) => Ok(found),
        None => fail(i.get(alike(i, [wanted])..).unwrap_or_default(), expected),
    }
}

/// Returns the rest after a literal of the ABNF in any case, and the literal as it was sent.
pub(crate) fn begins_with<'a>(i: &'a [u8], wanted: &str) -> Option<(&'a [u8], &'a [u8])> {
    let (head, rest) = i.split_at_checked(wanted.len())?;
    head.eq_ignore_ascii_case(wanted.as_bytes()).then_some((rest, head))
}

/// Splits off the longest run of octets of a class at the start of the input. Returns the run and the rest.
pub(crate) fn span(i: &[u8], class: Class) -> (&[u8], &[u8]) {
    let length = i.iter().position(|&octet| !class.has(octet)).unwrap_or(i.len());
    #[cfg(test)]
    crate::fast::work::by_grammar(i, length.saturating_add(1));
    i.split_at_checked(length).unwrap_or((i, &[]))
}

/// Does the same as [`span`], faster for long runs. `has` returns `true` for octets of the class. It has no branch, so the
/// compiler can compare sixteen octets at once; where it returns `false`, the class decides.
#[inline(always)]
pub(crate) fn long_span(i: &[u8], class: Class, has: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    let all = |octets: &&[u8]| octets.iter().fold(true, |all, octet| all & has(*octet));
    let begun = i.chunks_exact(16).take_while(all).count().saturating_mul(16);
    let (_, others) = i.split_at_checked(begun).unwrap_or((i, &[]));
    let (_, rest) = span(others, class);
    #[cfg(test)]
    crate::fast::work::by_grammar(i, begun);
    debug_assert_eq!(
        i.iter().position(|octet| !class.has(*octet)).unwrap_or(i.len()),
        i.len().wrapping_sub(rest.len())
    );
    (taken(i, rest), rest)
}

/// `1*class`
pub(crate) fn span1(i: &[u8], class: Class, expected: Expected) -> Parse<'_, &[u8]> {
    match span(i, class) {
        ([], _) => fail(i, expected),
        (run, rest) => Ok((rest, run)),
    }
}

/// Fails at the first octet that is not possible there in well-formed UTF-8 (RFC 3629). `token` is the start of `i`.
pub(crate) fn utf8<'a>(i: &'a [u8], token: &[u8]) -> Parse<'a, ()> {
    // Most tokens are short and of ASCII, for which `is_ascii` is faster.
    if token.is_ascii() {
        return Ok((i, ()));
    }
    let Err(error) = core::str::from_utf8(token) else { return Ok((i, ())) };
    let sequence = token.get(error.valid_up_to()..).unwrap_or_default();
    // The octets up to the wrong one may begin a character, unless the wrong one is the first.
    let begun = match (sequence.first(), error.error_len()) {
        (_, None) => sequence.len(),
        (Some(0xC2..=0xF4), Some(length)) => length,
        (_, Some(_)) => 0,
    };
    fail(i.get(error.valid_up_to().saturating_add(begun)..).unwrap_or_default(), Expected::Utf8)
}

/// Checks that the octets which a parser took of `i` are well-formed UTF-8. If the parser failed, an ill-formed octet
/// before its fault is reported instead.
pub(crate) fn in_utf8<'a>(i: &'a [u8], result: Parse<'a, &'a [u8]>) -> Parse<'a, &'a [u8]> {
    match result {
        Ok((rest, token)) => utf8(i, token).map(|_| (rest, token)),
        Err(error) => Err(error.map(|fault| earlier(fault, i))),
    }
}

/// Returns the fault, or that of an earlier octet that is not possible in well-formed UTF-8.
#[cold]
fn earlier(fault: Fault, i: &[u8]) -> Fault {
    let remaining = usize::try_from(fault.remaining).unwrap_or(usize::MAX);
    match utf8(i, i.get(..i.len().saturating_sub(remaining)).unwrap_or_default()) {
        Err(nom::Err::Error(other)) if other.remaining > fault.remaining => other,
        _ => fault,
    }
}

/// Returns the number of octets at the start of the input that may begin one of the words, in any case.
pub(crate) fn alike<'a>(i: &[u8], words: impl IntoIterator<Item = &'a str>) -> usize {
    let alike = |word: &str| i.iter().zip(word.bytes()).take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count();
    words.into_iter().map(alike).max().unwrap_or_default()
}

/// Returns the same parser with `what` as the expectation in its faults.
pub(crate) fn expected<'a, T>(what: Expected, mut parser: impl Production<'a, T>) -> impl Production<'a, T> {
    move |i| parser.parse(i).map_err(|error| error.map(|fault| Fault { expected: what, ..fault }))
}

/// Returns a parser of one given octet.
pub(crate) fn mark<'a>(wanted: u8) -> impl Production<'a, ()> {
    move |i| octet(i, wanted, Expected::Text)
}

/// Returns a parser of a literal of the ABNF, in any case. It fails at the first octet that differs.
pub(crate) fn word<'a>(wanted: &'static str) -> impl Production<'a, &'a [u8]> {
    move |i| literal(i, wanted, Expected::Text)
}

/// Returns a parser of one octet of a class.
pub(crate) fn one<'a>(class: Class) -> impl Production<'a, u8> {
    move |i: &'a [u8]| match i.split_first() {
        Some((octet, rest)) if class.has(*octet) => Ok((rest, *octet)),
        _ => fail(i, Expected::Text),
    }
}

/// `1*class`
pub(crate) fn some<'a>(class: Class) -> impl Production<'a, &'a [u8]> {
    move |i| span1(i, class, Expected::Text)
}

/// `*class`
pub(crate) fn any<'a>(class: Class) -> impl Production<'a, &'a [u8]> {
    move |i| {
        let (run, rest) = span(i, class);
        Ok((rest, run))
    }
}

/// Returns a parser of `*octet` for a set that is not a class.
pub(crate) fn many<'a>(has: impl Fn(u8) -> bool) -> impl Production<'a, &'a [u8]> {
    move |i: &'a [u8]| {
        let length = i.iter().take_while(|octet| has(**octet)).count();
        let (run, rest) = i.split_at_checked(length).unwrap_or((i, &[]));
        Ok((rest, run))
    }
}

/// Returns a parser of the octets that `parser` takes. It fails if there are more than `most`.
pub(crate) fn at_most<'a, T>(most: usize, parser: impl Production<'a, T>) -> impl Production<'a, &'a [u8]> {
    let mut parser = recognized(parser);
    move |i: &'a [u8]| match parser.parse(i)? {
        (_, text) if text.len() > most => fail(i.get(most..).unwrap_or_default(), Expected::ValueWithinLimit),
        found => Ok(found),
    }
}

/// Returns a parser of `1*DIGIT` with its value, of at most `most` digits. It fails at the first digit that is too many
/// or makes the value overflow 64 bits.
pub(crate) fn number<'a>(most: usize) -> impl Production<'a, u64> {
    move |i| {
        let (rest, digits) = span1(i, Class::DIGIT, Expected::Text)?;
        match decimal(digits) {
            Ok(value) if digits.len() <= most => Ok((rest, value)),
            found => fail(i.get(found.err().unwrap_or(most).min(most)..).unwrap_or_default(), Expected::Text),
        }
    }
}

/// Returns a parser of `[ mark value ]`. Once there is a mark, a value is required.
pub(crate) fn optional<'a, M, T>(
    mut mark: impl Production<'a, M>,
    mut value: impl Production<'a, T>,
) -> impl Production<'a, Option<T>> {
    move |i| match mark.parse(i) {
        Ok((after, _)) => value.parse(after).map(|(rest, value)| (rest, Some(value))),
        Err(_) => Ok((i, None)),
    }
}

/// Returns a parser of `*( separator item )`. After a separator, an item is required.
pub(crate) fn repeated<'a, S, T>(
    mut separator: impl Production<'a, S>,
    mut item: impl Production<'a, T>,
) -> impl Production<'a, ()> {
    move |i| {
        let mut rest = i;
        while let Ok((after, _)) = separator.parse(rest) {
            (rest, _) = item.parse(after)?;
        }
        Ok((rest, ()))
    }
}

/// Returns a parser of `item *( separator item )`. It drops the values of the items: `item` has to keep them, or see
/// [`recognized`].
pub(crate) fn separated<'a, S, T>(
    mut separator: impl Production<'a, S>,
    mut item: impl Production<'a, T>,
) -> impl Production<'a, ()> {
    move |i| {
        let (rest, _) = item.parse(i)?;
        repeated(|i| separator.parse(i), |i| item.parse(i)).parse(rest)
    }
}

/// Returns the same parser with a limit of `most` octets. The fault lies at the first octet beyond.
pub(crate) fn limited<'a, T>(
    most: usize,
    what: Expected,
    mut parser: impl Production<'a, T>,
) -> impl Production<'a, T> {
    move |i: &'a [u8]| {
        let (rest, value) = parser.parse(i)?;
        match i.get(most..) {
            Some(beyond) if beyond.len() > rest.len() => fail(beyond, what),
            _ => Ok((rest, value)),
        }
    }
}

/// Returns a parser of the octets that `parser` takes.
pub(crate) fn recognized<'a, T>(mut parser: impl Production<'a, T>) -> impl Production<'a, &'a [u8]> {
    move |i| parser.parse(i).map(|(rest, _)| (rest, taken(i, rest)))
}

/// Returns the octets of `i` that were taken before `rest`.
pub(crate) fn taken<'a>(i: &'a [u8], rest: &[u8]) -> &'a [u8] {
    i.get(..i.len().saturating_sub(rest.len())).unwrap_or_default()
}

/// Returns the value of digits, or the index of the digit with which it overflows 64 bits.
pub(crate) fn decimal(digits: &[u8]) -> Result<u64, usize> {
    digits.iter().enumerate().try_fold(0u64, |value, (at, octet)| {
        let digit = u64::from(octet.wrapping_sub(b'0'));
        value.checked_mul(10).and_then(|tens| tens.checked_add(digit)).ok_or(at)
    })
}

/// Returns the value of hexadecimal digits, at most eight.
pub(crate) fn hexadecimal(digits: &[u8]) -> u32 {
    // Without a branch: letters have the bit of 64, and the first of them, A and a, end in 1.
    let value = |digit: u8| (digit & 0x0F).wrapping_add((digit >> 6).wrapping_mul(9));
    digits.iter().fold(0, |sum, digit| sum << 4 | u32::from(value(*digit)))
}

/// Returns the value of a hexadecimal digit.
pub(crate) const fn hex_value(octet: u8) -> Option<u8> {
    match octet {
        b'0'..=b'9' => Some(octet.wrapping_sub(b'0')),
        b'A'..=b'F' => Some(octet.wrapping_sub(b'A').wrapping_add(10)),
        b'a'..=b'f' => Some(octet.wrapping_sub(b'a').wrapping_add(10)),
        _ => None,
    }
}
