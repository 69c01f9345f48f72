//! Owned xtext, and the attributes of XCLIENT and XFORWARD, whose values are xtext.

use crate::syntax::command::{XCLIENT, XFORWARD, attribute};
use crate::syntax::scan::{fail, line};
use crate::syntax::xtext::write_xtext;
use crate::syntax::{Attributes, Command, Expected, SyntaxError, Xtext};
use alloc::vec::Vec;
use core::fmt;
use nom::Parser;

/// xtext that owns its octets ([RFC 3461 section 4](https://www.rfc-editor.org/rfc/rfc3461#section-4)).
///
/// ```
/// use smtp_core::syntax::XtextBuf;
///
/// let xtext = XtextBuf::encode(b"a+b=c d\r\n");
/// assert_eq!(xtext.to_string(), "a+2Bb+3Dc+20d+0D+0A");
/// assert!(xtext.as_xtext().decode().eq(*b"a+b=c d\r\n"));
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct XtextBuf(Vec<u8>);

impl XtextBuf {
    /// Encodes octets as xtext, with hexadecimal digits in upper case.
    #[must_use]
    pub fn encode(octets: &[u8]) -> Self {
        let mut text = Vec::with_capacity(octets.len());
        write_xtext(octets, &mut text);
        Self(text)
    }

    /// Borrows the text.
    #[must_use]
    pub fn as_xtext(&self) -> Xtext<'_> {
        Xtext(&self.0)
    }
}

impl From<Xtext<'_>> for XtextBuf {
    fn from(xtext: Xtext<'_>) -> Self {
        Self(Vec::from(xtext.as_bytes()))
    }
}

impl core::str::FromStr for XtextBuf {
    type Err = SyntaxError;

    /// Creates xtext from its encoded form, as [`Xtext::new`] does.
    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        Xtext::new(text).map(Self::from)
    }
}

impl<'a> From<&'a XtextBuf> for Xtext<'a> {
    fn from(xtext: &'a XtextBuf) -> Self {
        xtext.as_xtext()
    }
}

impl fmt::Debug for XtextBuf {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.as_xtext(), formatter)
    }
}

impl fmt::Display for XtextBuf {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.as_xtext(), formatter)
    }
}

/// The attributes of an XCLIENT or an XFORWARD, built one by one.
///
/// ```
/// use smtp_core::syntax::AttributesBuf;
///
/// let mut attributes = AttributesBuf::xclient();
/// attributes.push("ADDR", b"192.0.2.1")?;
/// attributes.push("LOGIN", b"joe smith")?;
/// let command = attributes.as_command().unwrap();
/// assert_eq!(command.to_string(), "XCLIENT ADDR=192.0.2.1 LOGIN=joe+20smith");
/// assert!(attributes.push("IDENT", b"1").is_err(), "XFORWARD only");
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct AttributesBuf {
    text: Vec<u8>,
    forward: bool,
}

impl AttributesBuf {
    /// Creates an empty list for XCLIENT, with the names NAME, ADDR, PORT, PROTO, HELO, LOGIN, DESTADDR, DESTPORT,
    /// REVERSE_NAME.
    #[must_use]
    pub const fn xclient() -> Self {
        Self { text: Vec::new(), forward: false }
    }

    /// Creates an empty list for XFORWARD, with the names NAME, ADDR, PORT, PROTO, HELO, IDENT, SOURCE.
    #[must_use]
    pub const fn xforward() -> Self {
        Self { text: Vec::new(), forward: true }
    }

    /// Adds an attribute. Its value is written as xtext.
    ///
    /// # Errors
    /// Returns [`SyntaxError`] if the command has no attribute with this name, if it was added before, or if the value
    /// is longer than 255 octets of xtext. Offsets count from the start of the attribute.
    pub fn push(&mut self, name: &str, value: &[u8]) -> Result<(), SyntaxError> {
        let mut text = Vec::with_capacity(name.len().saturating_add(value.len()).saturating_add(2));
        text.extend_from_slice(name.as_bytes());
        text.push(b'=');
        write_xtext(value, &mut text);
        let names = if self.forward { XFORWARD } else { XCLIENT };
        line(&text, |i| {
            let parsed = attribute(names, false).parse(i)?;
            let repeated = Attributes(&self.text).iter().any(|(one, _)| one.0.eq_ignore_ascii_case(name.as_bytes()));
            if repeated { fail(i, Expected::SingleParameter) } else { Ok(parsed) }
        })?;
        if !self.text.is_empty() {
            self.text.push(b' ');
        }
        self.text.append(&mut text);
        Ok(())
    }

    /// Borrows the attributes. Returns `None` if there are none, because both commands need at least one.
    #[must_use]
    pub fn as_attributes(&self) -> Option<Attributes<'_>> {
        (!self.text.is_empty()).then_some(Attributes(&self.text))
    }

    /// Returns the command. Returns `None` if there are no attributes.
    #[must_use]
    pub fn as_command(&self) -> Option<Command<'_>> {
        let attributes = self.as_attributes()?;
        Some(if self.forward { Command::Xforward(attributes) } else { Command::Xclient(attributes) })
    }
}

impl fmt::Debug for AttributesBuf {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("AttributesBuf").field(&self.as_command()).finish()
    }
}
