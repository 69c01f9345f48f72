//! The lines of the reply to EHLO (RFC 5321 section 4.1.1.1): their values and their grammar. The whole reply is in
//! `capability/ehlo.rs`, its construction in `capability/capabilities.rs`. It must not know what a session makes of an
//! offer.

#[cfg(feature = "alloc")]
mod capabilities;
mod ehlo;
mod offer;
mod over_limit;
#[cfg(feature = "serde")]
mod stored;
mod value;

#[cfg(feature = "alloc")]
pub use capabilities::Capabilities;
pub use ehlo::EhloReply;
pub use offer::Offer;
pub use over_limit::OverLimit;
pub use value::{CapabilityValue, Limits};

use super::auth::mechanism;
use super::convert::from_text;
use super::date_time::date_time;
use super::dialect::Words;
use super::parameter::{interval, solicitation_keywords};
use super::scan::{
    Class, Parse, any, decimal, expected, fail, line, mark, number, optional, recognized, repeated, separated, some,
    space, span,
};
use super::{DateTime, Expected, Extension, Keyword, Mechanism, SyntaxError, Text};
use core::num::NonZeroU32;
use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{take_while_m_n, take_while1};
use nom::combinator::{not, opt, peek};
use nom::multi::many0_count;
use nom::sequence::{delimited, preceded, separated_pair, terminated};

/// The longest name of a priority assignment policy.
const PROFILE_LIMIT: usize = 20;

/// One line of the reply to EHLO: `ehlo-line = ehlo-keyword *( SP ehlo-param )` ([RFC 5321 section
/// 4.1.1.1](https://www.rfc-editor.org/rfc/rfc5321#section-4.1.1.1)).
///
/// ```
/// use smtp_core::syntax::{Capability, CapabilityValue, Extension};
///
/// let line = Capability::parse(b"SIZE 1000")?;
/// assert_eq!(line.extension(), Some(Extension::Size));
/// assert_eq!(line.interpret().unwrap(), CapabilityValue::Size(Some(1000)));
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Capability<'a> {
    /// The keyword, in the case in which it was sent.
    pub keyword: Keyword<'a>,
    /// The text after the keyword and its separator, as it was sent.
    pub parameters: Text<'a>,
    /// Whether commas separate words too.
    commas: bool,
}

/// The mechanisms of an AUTH capability. Two values are equal if they have the same words, whatever separates them.
///
/// ```
/// use smtp_core::syntax::{Mechanism, Mechanisms};
///
/// let mechanisms = Mechanisms::new("PLAIN LOGIN SCRAM-SHA-256")?;
/// assert!(mechanisms.contains(Mechanism::LOGIN));
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Mechanisms<'a> {
    text: &'a [u8],
    commas: bool,
}

impl<'a> Mechanisms<'a> {
    /// Returns the mechanisms, in the server's order. Words that are not mechanism names are skipped.
    #[must_use]
    pub const fn iter(self) -> MechanismsIter<'a> {
        MechanismsIter(self.words())
    }

    const fn words(self) -> Words<'a> {
        words(self.text, self.commas)
    }

    /// Returns `true` if the mechanism is among them.
    #[must_use]
    pub fn contains(self, mechanism: Mechanism<'_>) -> bool {
        self.iter().any(|offered| offered == mechanism)
    }
}

impl PartialEq for Mechanisms<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.words().eq(other.words())
    }
}

impl Eq for Mechanisms<'_> {}

impl core::hash::Hash for Mechanisms<'_> {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        self.words().for_each(|word| word.hash(state));
    }
}

/// Returns the words of an ehlo-line. The strict grammar has single spaces between them, and no HTAB.
const fn words(text: &[u8], commas: bool) -> Words<'_> {
    Words { rest: text, commas }
}

/// The iterator over the mechanisms of [`Mechanisms`], in the server's order.
///
/// ```
/// use smtp_core::syntax::{Mechanism, Mechanisms};
///
/// let mechanisms = Mechanisms::new("PLAIN LOGIN SCRAM-SHA-256")?;
/// assert_eq!(mechanisms.iter().next(), Some(Mechanism::PLAIN));
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Debug)]
pub struct MechanismsIter<'a>(Words<'a>);

impl<'a> Iterator for MechanismsIter<'a> {
    type Item = Mechanism<'a>;

    fn next(&mut self) -> Option<Mechanism<'a>> {
        self.0.find_map(|word| line(word, mechanism).ok())
    }
}

impl core::iter::FusedIterator for MechanismsIter<'_> {}

impl<'a> IntoIterator for Mechanisms<'a> {
    type Item = Mechanism<'a>;
    type IntoIter = MechanismsIter<'a>;

    fn into_iter(self) -> MechanismsIter<'a> {
        self.iter()
    }
}

from_text!(Mechanisms);

impl<'a> Capability<'a> {
    /// Parses one line, without code and CRLF.
    ///
    /// # Errors
    /// Returns a [`SyntaxError`] if it is not an ehlo-line.
    pub fn parse(octets: &'a [u8]) -> Result<Self, SyntaxError> {
        line(octets, ehlo_line)
    }

    fn of((keyword, parameters): (Keyword<'a>, Option<Text<'a>>)) -> Self {
        Self { keyword, parameters: parameters.unwrap_or(Text(&[])), commas: false }
    }

    /// Parses a misspelt line. Returns `None` if it cannot be understood.
    #[cold]
    fn misspelt(octets: &'a [u8]) -> Option<Self> {
        line(octets, misspelt_line).ok()
    }

    /// Returns the words after the keyword.
    pub fn words(self) -> impl Iterator<Item = &'a [u8]> {
        words(self.parameters.0, self.commas)
    }

    /// Returns the extension for which the keyword is registered.
    #[must_use]
    pub fn extension(self) -> Option<Extension> {
        Extension::from_keyword(self.keyword.0)
    }

    /// Interprets the capability by its own grammar. Returns `None` if the keyword is not registered, or if its
    /// parameters are not valid. The extension counts as offered even then, see [`Offer::extensions`].
    ///
    /// After a keyword without parameters, any text is valid and has no meaning. [RFC 6531 section
    /// 3.1](https://www.rfc-editor.org/rfc/rfc6531#section-3.1) requires a client to ignore text after SMTPUTF8. The
    /// same is done for the others, because rejecting the line would make a client skip STARTTLS because of one stray
    /// word. Similarly BURL may have any words, of which [RFC 4468 section
    /// 3.1](https://www.rfc-editor.org/rfc/rfc4468#section-3.1) has the client ignore those it does not know, AUTH any
    /// words besides the mechanisms, and LIMITS any limits besides the known ones.
    ///
    /// ```
    /// use smtp_core::syntax::{Capability, CapabilityValue, Extension};
    ///
    /// let capability = Capability::parse(b"size 1000000")?;
    /// assert_eq!(capability.interpret(), Some(CapabilityValue::Size(Some(1_000_000))));
    /// assert_eq!(Capability::parse(b"SIZE unlimited")?.interpret(), None);
    /// let capability = Capability::parse(b"STARTTLS at any time")?;
    /// assert_eq!(capability.interpret(), Some(CapabilityValue::Plain(Extension::StartTls)));
    /// # Ok::<(), smtp_core::syntax::SyntaxError>(())
    /// ```
    #[must_use]
    pub fn interpret(self) -> Option<CapabilityValue<'a>> {
        self.meaning(self.extension()?)
    }

    fn meaning(self, extension: Extension) -> Option<CapabilityValue<'a>> {
        use CapabilityValue as V;
        let text = self.parameters;
        let absent = text.0.is_empty();
        Some(match extension {
            Extension::Size => V::Size(line(text.0, size).ok()?),
            Extension::Auth => V::Auth(Mechanisms { text: text.0, commas: self.commas }),
            Extension::Limits => V::Limits(limits(text.0)?),
            Extension::DeliverBy => V::DeliverBy(line(text.0, deliver_by).ok()?),
            Extension::FutureRelease => {
                let (interval, until) = line(text.0, future_release).ok()?;
                V::FutureRelease(interval, until)
            }
            Extension::MtPriority if absent => V::MtPriority(None),
            Extension::MtPriority => V::MtPriority(Some(line(text.0, priority_profile).ok()?)),
            Extension::NoSoliciting if absent => V::NoSoliciting(None),
            Extension::NoSoliciting => V::NoSoliciting(Some(line(text.0, solicitation_keywords).ok()?)),
            Extension::Burl => V::Burl(text),
            Extension::Xclient => V::Xclient(text),
            Extension::Xforward => V::Xforward(text),
            extension => V::Plain(extension),
        })
    }
}

/// `ehlo-line = ehlo-keyword *( SP ehlo-param )`
fn ehlo_line(i: &[u8]) -> Parse<'_, Capability<'_>> {
    (ehlo_keyword, optional(space, ehlo_params)).map(Capability::of).parse(i)
}

/// With `offer_text`: `ehlo-line = *WSP ehlo-keyword [ ( "=" *WSP / 1*WSP ) ehlo-param *( 1*WSP ehlo-param ) ] *WSP`
fn misspelt_line(i: &[u8]) -> Parse<'_, Capability<'_>> {
    let separator = alt((recognized((mark(b'='), opt(white_space))), white_space));
    // `optional` and `separated` do not work here: the white space may be that at the end.
    let params = recognized((some(Class::VCHAR), many0_count((white_space, some(Class::VCHAR))))).map(Text);
    let line = (ehlo_keyword, opt(preceded(separator, params))).map(Capability::of);
    delimited(opt(white_space), line, opt(white_space)).parse(i)
}

/// `1*WSP`
fn white_space(i: &[u8]) -> Parse<'_, &[u8]> {
    expected(Expected::Space, take_while1(|octet| matches!(octet, b' ' | b'\t'))).parse(i)
}

/// `ehlo-param *( SP ehlo-param )`, `ehlo-param = 1*(%d33-126)`
fn ehlo_params(i: &[u8]) -> Parse<'_, Text<'_>> {
    recognized(separated(space, some(Class::VCHAR))).map(Text).parse(i)
}

/// `ehlo-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")`
fn ehlo_keyword(i: &[u8]) -> Parse<'_, Keyword<'_>> {
    match span(i, Class::LDH) {
        ([b'-', ..] | [], _) => fail(i, Expected::Keyword),
        (keyword, rest) => Ok((rest, Keyword(keyword))),
    }
}

/// `size-param ::= [1*DIGIT]` (RFC 1870 section 3). 0 means that there is no fixed maximum. Any number of digits is
/// permitted; a number beyond 64 bits is not a maximum either, because no message is so large.
fn size(i: &[u8]) -> Parse<'_, Option<u64>> {
    any(Class::DIGIT).map(|digits| decimal(digits).ok().filter(|&size| size > 0)).parse(i)
}

/// ```text
/// deliverby-param = min-by-time *( ',' extension-token )
/// min-by-time     = [1*9DIGIT]
/// extension-token = 1*<any CHAR excluding SP, COMMA and all control characters (US ASCII 0-31 inclusive)>
/// ```
/// (RFC 2852 section 2)
fn deliver_by(i: &[u8]) -> Parse<'_, Option<u32>> {
    let min_by_time = optional(peek(some(Class::DIGIT)), number(9).map_opt(|seconds| u32::try_from(seconds).ok()));
    let extension_token = take_while1(|octet| Class::VCHAR.has(octet) && octet != b',');
    expected(Expected::ParameterValue, terminated(min_by_time, repeated(mark(b','), extension_token))).parse(i)
}

/// `priority-profile = 1*20(ALPHA / DIGIT / "-" / "_" / ".")` (RFC 6710 section 7)
fn priority_profile(i: &[u8]) -> Parse<'_, Text<'_>> {
    let profile = take_while_m_n(1, PROFILE_LIMIT, |octet| Class::TOKEN.has(octet) || octet == b'.');
    expected(Expected::ParameterValue, profile).map(Text).parse(i)
}

/// `max-future-release-interval SP max-future-release-date-time` (RFC 4865 section 3)
fn future_release(i: &[u8]) -> Parse<'_, (u32, DateTime)> {
    separated_pair(interval, white_space, date_time).parse(i)
}

/// `name=value *(SP name=value)` (RFC 9422 section 3). A text that is not such a list is ignored as a whole; a single
/// limit is ignored if it is unknown or has a bad value.
fn limits(text: &[u8]) -> Option<Limits> {
    let mut limits = Limits::default();
    for word in words(text, false) {
        let (name, after) = span(word, Class::TOKEN);
        let value = match after {
            [] => continue,
            [b'=', value @ ..] if !name.is_empty() && !value.contains(&b';') => value,
            _ => return None,
        };
        let value = line(value, limit_value).ok().and_then(NonZeroU32::new);
        if name.eq_ignore_ascii_case(b"MAILMAX") {
            limits.mail_max = value;
        } else if name.eq_ignore_ascii_case(b"RCPTMAX") {
            limits.rcpt_max = value;
        } else if name.eq_ignore_ascii_case(b"RCPTDOMAINMAX") {
            limits.rcpt_domain_max = value;
        }
    }
    Some(limits)
}

/// `%x31-39 0*5DIGIT`
fn limit_value(i: &[u8]) -> Parse<'_, u32> {
    preceded(not(mark(b'0')), number(6)).map_opt(|value| u32::try_from(value).ok()).parse(i)
}

impl<'a> Mechanisms<'a> {
    /// Creates a list of mechanisms from their names, separated by single spaces.
    ///
    /// # Errors
    /// Returns a [`SyntaxError`] if a word is not a mechanism name.
    pub fn new(text: &'a str) -> Result<Self, SyntaxError> {
        line(text.as_bytes(), |i| separated(space, mechanism).map(|()| Self { text: i, commas: false }).parse(i))
    }
}

impl<'a> Text<'a> {
    /// Creates a text of words separated by single spaces, as they follow the keyword of a capability. [`Text::new`]
    /// takes only one String, so it cannot create them.
    ///
    /// ```
    /// use smtp_core::syntax::{CapabilityValue, Text};
    ///
    /// let burl = CapabilityValue::Burl(Text::ehlo_params("imap imap://imap.example")?);
    /// assert_eq!(burl.to_string(), "BURL imap imap://imap.example");
    /// let xclient = CapabilityValue::Xclient(Text::ehlo_params("NAME ADDR PROTO HELO")?);
    /// assert_eq!(xclient.to_string(), "XCLIENT NAME ADDR PROTO HELO");
    /// assert!(Text::ehlo_params("NAME  ADDR").is_err());
    /// # Ok::<(), smtp_core::syntax::SyntaxError>(())
    /// ```
    ///
    /// # Errors
    /// Returns a [`SyntaxError`] if the text is not a sequence of such words.
    pub fn ehlo_params(text: &'a str) -> Result<Self, SyntaxError> {
        line(text.as_bytes(), ehlo_params)
    }
}
