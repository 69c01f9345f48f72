//! The parameters of MAIL and RCPT as text (RFC 5321 section 4.1.2): keyword, value, list. Their names are in
//! `parameter/name.rs`, the meaning of their values in `parameter/value.rs`, the check against an offer in
//! `parameter/offered.rs`.

mod convert;
mod grammar;
mod name;
mod offered;
mod value;

pub(crate) use grammar::{ENVID_LIMIT, ORCPT_LIMIT, interval, priority, solicitation_keywords};
pub use name::{MailOrRcpt, ParameterName};
pub(crate) use offered::offered_params;
pub use value::{
    AuthSender, Body, DeliverBy, DeliverByMode, MessageTracking, Notify, Orcpt, ParameterValue, Return, Rrvs,
    RrvsAction, SolicitationKeywords, TransactionId,
};

use super::convert::{as_octets, as_text, from_text};
use super::dialect::{Words, words};
use super::scan::{Class, Parse, fail, line, long_span, octet, same, span, span1, taken, utf8};
use super::wire::{Sink, Wire, debug_is_wire, display_is_wire, token};
use super::{Expected, Extension, Grammar, SyntaxError};
use crate::fast;
use core::hash::{Hash, Hasher};

/// `esmtp-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")` ([RFC 5321 section
/// 4.1.2](https://www.rfc-editor.org/rfc/rfc5321#section-4.1.2)). Case does not matter.
///
/// ```
/// use smtp_core::syntax::Parameters;
///
/// let parameters = Parameters::new("SIZE=1000 SMTPUTF8")?;
/// let keyword = parameters.iter().next().unwrap().keyword;
/// assert_eq!(keyword.as_str(), "SIZE");
/// assert!(keyword.is("size"));
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Keyword<'a>(pub(crate) &'a [u8]);

impl<'a> Keyword<'a> {
    /// Creates a keyword from a text.
    ///
    /// ```
    /// use smtp_core::syntax::Keyword;
    ///
    /// assert!(Keyword::new("x-tag")?.is("X-TAG"));
    /// assert!(Keyword::new("X TAG").is_err());
    /// # Ok::<(), smtp_core::syntax::SyntaxError>(())
    /// ```
    ///
    /// # Errors
    /// Returns a [`SyntaxError`] if the text is not an esmtp-keyword.
    pub fn new(text: &'a str) -> Result<Self, SyntaxError> {
        line(text.as_bytes(), |i| match span1(i, Class::LDH, Expected::ParameterKeyword)? {
            (_, [b'-', ..]) => fail(i, Expected::ParameterKeyword),
            (rest, keyword) => Ok((rest, Self(keyword))),
        })
    }

    /// Returns `true` if it is this keyword, in any case.
    #[must_use]
    pub fn is(self, keyword: &str) -> bool {
        self.0.eq_ignore_ascii_case(keyword.as_bytes())
    }

    /// Returns `true` if both are the same keyword, in any case.
    #[must_use]
    pub fn equivalent(self, other: Keyword<'_>) -> bool {
        self.0.eq_ignore_ascii_case(other.0)
    }
}

token!(Keyword);
as_text!(Keyword);
from_text!(Keyword, Parameters);
as_octets!(Parameters);
as_text!(Parameters);

/// One parameter as it was sent: `esmtp-param = esmtp-keyword ["=" esmtp-value]` ([RFC 5321 section
/// 4.1.2](https://www.rfc-editor.org/rfc/rfc5321#section-4.1.2)).
///
/// ```
/// use smtp_core::syntax::Parameters;
///
/// let parameters = Parameters::new("SIZE=1000 SMTPUTF8")?;
/// let size = parameters.iter().next().unwrap();
/// assert_eq!((size.keyword.as_str(), size.value), ("SIZE", Some(&b"1000"[..])));
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Parameter<'a> {
    /// The keyword, in the case in which it was sent.
    pub keyword: Keyword<'a>,
    /// The value, without the `=`.
    pub value: Option<&'a [u8]>,
}

impl<'a> Parameter<'a> {
    /// Interprets the parameter by its own grammar, for MAIL or for RCPT. Returns `None` if it is not registered for
    /// that command.
    ///
    /// # Errors
    /// Returns a [`SyntaxError`] if the value violates the grammar of the parameter's RFC. The offset counts from the
    /// start of the value.
    pub fn interpret(self, command: MailOrRcpt, grammar: Grammar) -> Option<Result<ParameterValue<'a>, SyntaxError>> {
        let name = ParameterName::from_keyword(self.keyword.0, command)?;
        Some(line(self.value.unwrap_or_default(), |_| grammar::value(self.value, name, grammar)))
    }

    /// Returns the value, interpreted by the widest grammar, whichever command the parameter is registered for.
    #[inline(never)]
    fn meaning(self) -> Option<ParameterValue<'a>> {
        let name = ParameterName::of_either(self.keyword.0)?;
        self.interpret(name.command(), WIDEST)?.ok()
    }

    /// Returns `true` if the keyword is registered for either command.
    pub(crate) fn is_registered(self) -> bool {
        ParameterName::of_either(self.keyword.0).is_some()
    }

    /// Returns `true` if only a dialect accepts its text.
    fn is_loose(self, grammar: Grammar) -> bool {
        grammar.dialect.parameter_values && self.keyword.is("AUTH")
    }

    /// Returns `true` if a server that did not offer the parameter may ignore it, by its name and its value.
    fn may_be_ignored(self, name: ParameterName) -> bool {
        let binary = || self.value.is_some_and(|value| value.eq_ignore_ascii_case(b"BINARYMIME"));
        name.may_be_ignored() && !(name == ParameterName::Body && binary())
    }

    fn equivalent(self, other: Parameter<'_>) -> bool {
        let alike = self.keyword.equivalent(other.keyword);
        // No parameter is registered for both commands.
        let meaning = |command| match (self.interpret(command, WIDEST), other.interpret(command, WIDEST)) {
            (Some(Ok(one)), Some(Ok(two))) => one.equivalent(&two),
            _ => false,
        };
        alike && (self.value == other.value || meaning(MailOrRcpt::Mail) || meaning(MailOrRcpt::Rcpt))
    }
}

/// The grammar that accepts every value that any grammar accepts. Used to interpret a value.
const WIDEST: Grammar = Grammar { dialect: super::Dialect::LENIENT, ..Grammar::SMTPUTF8 };

/// The parameters after a path, in the order in which they were sent ([RFC 5321 section
/// 4.1.2](https://www.rfc-editor.org/rfc/rfc5321#section-4.1.2)).
///
/// ```
/// use smtp_core::syntax::{Command, Grammar, ParameterName, ParameterValue};
///
/// let line = b"MAIL FROM:<> SIZE=1000 x-private=1";
/// let Ok(Command::Mail(mail)) = Command::parse(line, Grammar::STRICT) else { unreachable!() };
/// assert_eq!(mail.parameters.find(ParameterName::Size), Some(ParameterValue::Size(1000)));
/// let last = mail.parameters.iter().last().unwrap();
/// assert!(last.keyword.is("X-PRIVATE"));
/// assert_eq!(last.value, Some(&b"1"[..]));
/// ```
#[derive(Clone, Copy, Default, Eq)]
pub struct Parameters<'a> {
    text: &'a [u8],
    /// Whether only a dialect accepts the text, so that it must be written in another form.
    loose: bool,
}

impl Wire for Parameters<'_> {
    #[inline]
    fn write<S: Sink + ?Sized>(&self, out: &mut S) {
        if self.loose { self.write_strictly(out) } else { out.put(self.text) }
    }
}

display_is_wire!(Parameters<'_>);
debug_is_wire!(Parameters);

impl PartialEq for Parameters<'_> {
    fn eq(&self, other: &Self) -> bool {
        same(self.text, other.text)
    }
}

impl Hash for Parameters<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl<'a> Parameters<'a> {
    /// No parameters.
    pub const NONE: Parameters<'static> = Parameters { text: &[], loose: false };

    /// Creates parameters from a text with single spaces between them.
    ///
    /// ```
    /// use smtp_core::syntax::Parameters;
    ///
    /// assert!(Parameters::new("SIZE=1000 BODY=8BITMIME").is_ok());
    /// assert!(Parameters::new("SIZE=1\r\nQUIT").is_err());
    /// ```
    ///
    /// # Errors
    /// Returns a [`SyntaxError`] if the text is not a sequence of parameters.
    pub fn new(text: &'a str) -> Result<Self, SyntaxError> {
        if text.is_empty() {
            return Ok(Self::NONE);
        }
        line(text.as_bytes(), |i| esmtp_params(i, Grammar::SMTPUTF8))
    }

    /// Creates parameters from a text that is known to match the strict grammar.
    #[cfg(feature = "alloc")]
    pub(crate) const fn strict(text: &'a [u8]) -> Self {
        Self { text, loose: false }
    }

    #[cfg(feature = "alloc")]
    pub(crate) fn relocate<'b>(self, place: &mut impl FnMut(&'a [u8]) -> &'b [u8]) -> Parameters<'b> {
        Parameters { text: place(self.text), loose: self.loose }
    }

    /// Returns the octets as they were sent.
    #[must_use]
    pub const fn as_bytes(self) -> &'a [u8] {
        self.text
    }

    /// Returns the text as it was sent. Checks it again for UTF-8, in one pass; use [`as_bytes`](Self::as_bytes) if
    /// speed matters.
    #[must_use]
    pub fn as_str(self) -> &'a str {
        core::str::from_utf8(self.text).unwrap_or_default()
    }

    /// Writes the parameters with single spaces, and with `<>` for an AUTH that does not name a mailbox.
    #[cold]
    fn write_strictly<S: Sink + ?Sized>(self, out: &mut S) {
        for (at, parameter) in self.iter().enumerate() {
            if at > 0 {
                out.octet(b' ');
            }
            parameter.keyword.write(out);
            if let Some(value) = parameter.value {
                out.octet(b'=');
                match parameter.interpret(MailOrRcpt::Mail, WIDEST) {
                    Some(Ok(ParameterValue::Auth(AuthSender::Unknown))) => out.put(b"<>"),
                    _ => out.put(value),
                }
            }
        }
    }

    /// Returns `true` if there are no parameters.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.text.is_empty()
    }

    /// Returns the parameters in order, including unregistered ones.
    #[must_use]
    pub fn iter(self) -> ParametersIter<'a> {
        ParametersIter(words(self.text))
    }

    /// Returns the value of the first parameter with this name, interpreted by its own grammar. Returns `None` if there
    /// is none or its value is not valid.
    #[must_use]
    pub fn find(self, name: ParameterName) -> Option<ParameterValue<'a>> {
        let mut rest = self.iter();
        loop {
            match rest.next_common() {
                Some(value) if value.name() == name => return Some(value),
                Some(_) => {}
                None => {
                    let parameter = rest.next()?;
                    if parameter.keyword.is(name.keyword()) {
                        return parameter.interpret(name.command(), WIDEST)?.ok();
                    }
                }
            }
        }
    }

    /// Returns the value of each parameter, in order, interpreted by its own grammar. Parameters that are not
    /// registered, or whose value is not valid, are left out; [`iter`](Self::iter) has them.
    ///
    /// ```
    /// use smtp_core::syntax::{Body, ParameterValue, Parameters};
    ///
    /// let (mut size, mut body) = (None, Body::default());
    /// for value in Parameters::new("SIZE=1000 X-TAG=1 BODY=8BITMIME")?.values() {
    ///     match value {
    ///         ParameterValue::Size(declared) => size = Some(declared),
    ///         ParameterValue::Body(declared) => body = declared,
    ///         _ => {}
    ///     }
    /// }
    /// assert_eq!((size, body), (Some(1000), Body::EightBitMime));
    /// # Ok::<(), smtp_core::syntax::SyntaxError>(())
    /// ```
    pub fn values(self) -> impl Iterator<Item = ParameterValue<'a>> {
        let mut rest = self.iter();
        core::iter::from_fn(move || {
            loop {
                if let Some(value) = rest.next_common() {
                    return Some(value);
                }
                if let Some(value) = rest.next()?.meaning() {
                    return Some(value);
                }
            }
        })
    }

    /// Returns `true` if both are the same parameters in the same order. Keywords fold case. Values that differ as text
    /// are compared by [`ParameterValue::equivalent`] if they are registered, and are different otherwise.
    ///
    /// ```
    /// use smtp_core::syntax::Parameters;
    ///
    /// let parameters = Parameters::new("SIZE=1000 ENVID=a+2Bb X=y")?;
    /// assert!(parameters.equivalent(Parameters::new("size=01000 ENVID=+61+2Bb x=y")?));
    /// assert!(!parameters.equivalent(Parameters::new("SIZE=1000 ENVID=a+2Bb X=Y")?));
    /// # Ok::<(), smtp_core::syntax::SyntaxError>(())
    /// ```
    #[must_use]
    pub fn equivalent(self, other: Parameters<'_>) -> bool {
        let mut others = other.iter();
        self.iter().all(|one| others.next().is_some_and(|two| one.equivalent(two))) && others.next().is_none()
    }

    /// Returns `true` if there is a parameter with this name, whatever its value.
    #[must_use]
    pub fn has(self, name: ParameterName) -> bool {
        self.iter().any(|parameter| parameter.keyword.is(name.keyword()))
    }
}

/// The iterator over the parameters of [`Parameters`], in the order in which they were sent.
///
/// ```
/// use smtp_core::syntax::Parameters;
///
/// let parameters = Parameters::new("SIZE=1000 SMTPUTF8")?;
/// assert!(parameters.iter().map(|parameter| parameter.value.is_some()).eq([true, false]));
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ParametersIter<'a>(Words<'a>);

impl<'a> ParametersIter<'a> {
    /// Takes the next parameter if a fast path reads its value. Takes nothing otherwise.
    #[inline]
    fn next_common(&mut self) -> Option<ParameterValue<'a>> {
        let text = self.0.rest;
        let (rest, value) = fast::parameter(text.strip_prefix(b" ").unwrap_or(text))?;
        debug_assert_eq!(self.clone().next().and_then(Parameter::meaning), Some(value));
        self.0.rest = rest;
        Some(value)
    }
}

impl<'a> Iterator for ParametersIter<'a> {
    type Item = Parameter<'a>;

    fn next(&mut self) -> Option<Parameter<'a>> {
        let text = self.0.next()?;
        let keyword = span(text, Class::LDH).0;
        Some(Parameter { keyword: Keyword(keyword), value: text.get(keyword.len().saturating_add(1)..) })
    }
}

impl core::iter::FusedIterator for ParametersIter<'_> {}

impl<'a> IntoIterator for Parameters<'a> {
    type Item = Parameter<'a>;
    type IntoIter = ParametersIter<'a>;

    fn into_iter(self) -> ParametersIter<'a> {
        self.iter()
    }
}

/// `Mail-parameters = esmtp-param *(SP esmtp-param)`, and the same for Rcpt-parameters
///
/// With `white_space`: `esmtp-param *( 1*( SP / HTAB ) esmtp-param )`
pub(crate) fn esmtp_params(i: &[u8], grammar: Grammar) -> Parse<'_, Parameters<'_>> {
    let (mut rest, mut loose) = (i, false);
    loop {
        // No parameter of the fast path is loose.
        let found = fast::parameter(rest).map(|(after, _)| (after, false));
        let (after, is_loose) = fast::or_grammar(found, || {
            esmtp_param(rest, grammar).map(|(after, parameter)| (after, parameter.is_loose(grammar)))
        })?;
        (rest, loose) = (after, loose || is_loose);
        let Ok((after, ())) = grammar.dialect.space(rest) else { break };
        (rest, loose) = (after, loose || is_wide(rest, after));
    }
    Ok((rest, Parameters { text: taken(i, rest), loose }))
}

/// Returns `true` unless exactly one SP is between `i` and `rest`.
fn is_wide(i: &[u8], rest: &[u8]) -> bool {
    i.len().saturating_sub(rest.len()) != 1 || i.first() != Some(&b' ')
}

/// ```text
/// esmtp-param   = esmtp-keyword ["=" esmtp-value]
/// esmtp-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")
/// esmtp-value   = 1*(%d33-60 / %d62-126)            ; RFC 6531: =/ UTF8-non-ascii
/// ```
/// With `parameter_values`: `esmtp-param =/ "AUTH="`
pub(crate) fn esmtp_param(i: &[u8], grammar: Grammar) -> Parse<'_, Parameter<'_>> {
    let (rest, keyword) = span1(i, Class::LDH, Expected::ParameterKeyword)?;
    if keyword.first() == Some(&b'-') {
        return fail(i, Expected::ParameterKeyword);
    }
    let keyword = Keyword(keyword);
    let Ok((start, ())) = octet(rest, b'=', Expected::ParameterValue) else {
        return Ok((rest, Parameter { keyword, value: None }));
    };
    if let [] | [b' ' | b'\t', ..] = start {
        if grammar.dialect.parameter_values && keyword.is("AUTH") {
            return Ok((start, Parameter { keyword, value: Some(&[]) }));
        }
    }
    let (mut value, mut rest) =
        long_span(start, Class::ESMTP_VALUE, |octet| octet.is_ascii_graphic() & (octet != b'='));
    if grammar.smtputf8 && rest.first().is_some_and(|octet| !octet.is_ascii()) {
        (_, rest) = span(rest, Class::ESMTP_VALUE.extended(true));
        value = taken(start, rest);
        utf8(start, value)?;
    }
    if value.is_empty() {
        return fail(start, Expected::ParameterValue);
    }
    Ok((rest, Parameter { keyword, value: Some(value) }))
}
