//! The parameters after a path: the list as it was sent, and the iterator over it. `Mail` and `Rcpt` hold it. It must not
//! know what was offered: that is in `offered.rs`.

use super::grammar::esmtp_params;
use super::{AuthSender, Keyword, MailOrRcpt, Parameter, ParameterName, ParameterValue, WIDEST};
use crate::fast;
use crate::syntax::convert::{as_octets, as_text, from_text};
use crate::syntax::dialect::{Words, words};
use crate::syntax::scan::{Class, line, same, span};
use crate::syntax::wire::{Sink, Wire, debug_is_wire, display_is_wire};
use crate::syntax::{Grammar, SyntaxError};
use core::hash::{Hash, Hasher};

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
    pub(super) text: &'a [u8],
    /// Whether only a dialect accepts the text, so that it must be written in another form.
    pub(super) loose: bool,
}

impl Wire for Parameters<'_> {
    #[inline]
    fn write<S: Sink + ?Sized>(&self, out: &mut S) {
        if self.loose { self.write_strictly(out) } else { out.put(self.text) }
    }
}

display_is_wire!(Parameters<'_>);
debug_is_wire!(Parameters);
as_octets!(Parameters);
as_text!(Parameters);
from_text!(Parameters);

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
