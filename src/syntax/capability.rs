//! The reply to EHLO: what a server offers (RFC 5321 section 4.1.1.1).

#[cfg(feature = "alloc")]
mod capabilities;
mod offer;
mod over_limit;

#[cfg(feature = "alloc")]
pub use capabilities::Capabilities;
pub use offer::Offer;
pub use over_limit::OverLimit;

use super::address::domain;
use super::auth::mechanism;
use super::date_time::date_time;
use super::parameter::{interval, solicitation_keywords};
use super::reply::LINE_LIMIT;
use super::scan::{
    Class, Parse, Production, any, decimal, end, expected, fail, limited, line, mark, number, optional, recognized,
    repeated, separated, some, space, span, word,
};
use super::wire::{Sink, Wire, display_is_wire};
use super::{
    DateTime, Dialect, Expected, Extension, Grammar, Host, Keyword, Mechanism, Part, Reply, ReplyCode,
    SolicitationKeywords, SyntaxError, Text,
};
use core::num::NonZeroU32;
use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while_m_n, take_while1};
use nom::combinator::{not, opt, peek, value};
use nom::multi::many0_count;
use nom::sequence::{delimited, preceded, separated_pair, terminated};

/// The longest name of a priority assignment policy.
const PROFILE_LIMIT: usize = 20;

/// One line of the reply to EHLO: `ehlo-line = ehlo-keyword *( SP ehlo-param )` (RFC 5321 section 4.1.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Capability<'a> {
    /// The keyword, in the case in which it was sent.
    pub keyword: Keyword<'a>,
    /// What stands behind it, as it was sent.
    pub parameters: Text<'a>,
    /// Commas separate words as well.
    commas: bool,
}

/// The meaning of a capability.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CapabilityValue<'a> {
    /// An extension whose keyword says it all.
    Plain(Extension),
    /// SIZE: the largest message taken. `None` where the server does not say, or has no fixed maximum, which it says with 0
    /// (RFC 1870 section 3) or with a number that 64 bits do not hold.
    Size(Option<u64>),
    /// AUTH: the mechanisms (RFC 4954 section 3).
    Auth(Mechanisms<'a>),
    /// LIMITS (RFC 9422 section 3).
    Limits(Limits),
    /// DELIVERBY: the least by-time, in seconds (RFC 2852 section 2).
    DeliverBy(Option<u32>),
    /// FUTURERELEASE: for how many seconds, and until when, a message is held at most (RFC 4865 section 3).
    FutureRelease(u32, DateTime),
    /// MT-PRIORITY: the priority assignment policy (RFC 6710 section 3). Like the words of the following ones it comes from
    /// [`Text::ehlo_params`].
    MtPriority(Option<Text<'a>>),
    /// NO-SOLICITING: the classes that are not welcome (RFC 3865 section 2.1).
    NoSoliciting(Option<SolicitationKeywords<'a>>),
    /// BURL: words that say which URLs are taken, separated by spaces (RFC 4468 section 3.1).
    Burl(Text<'a>),
    /// XCLIENT: the attributes that may be set, separated by spaces.
    Xclient(Text<'a>),
    /// XFORWARD: the attributes that may be set, separated by spaces.
    Xforward(Text<'a>),
}

/// The limits that a server declares (RFC 9422 section 4); `None` is no statement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Limits {
    /// MAILMAX: how many MAIL commands in a session.
    pub mail_max: Option<NonZeroU32>,
    /// RCPTMAX: how many RCPT commands in a transaction.
    pub rcpt_max: Option<NonZeroU32>,
    /// RCPTDOMAINMAX: how many recipient domains in a session.
    pub rcpt_domain_max: Option<NonZeroU32>,
}

/// The mechanisms of an AUTH capability. Two are equal if they have the same words, whatever stands between them.
#[derive(Clone, Copy, Debug)]
pub struct Mechanisms<'a> {
    text: &'a [u8],
    commas: bool,
}

impl<'a> Mechanisms<'a> {
    /// The mechanisms, in the server's order; whatever is no mechanism name is passed over.
    pub fn iter(self) -> impl Iterator<Item = Mechanism<'a>> {
        self.words().filter_map(|word| line(word, mechanism).ok())
    }

    fn words(self) -> impl Iterator<Item = &'a [u8]> {
        words(self.text, self.commas)
    }

    /// Is this one among them?
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

/// The words of an ehlo-line. The strict grammar has single spaces between them, and no HTAB.
fn words(text: &[u8], commas: bool) -> impl Iterator<Item = &[u8]> {
    let is_between = move |octet: &u8| matches!(octet, b' ' | b'\t') || (commas && *octet == b',');
    text.split(is_between).filter(|word| !word.is_empty())
}

impl<'a> Capability<'a> {
    /// One line, without code and CRLF.
    ///
    /// # Errors
    /// [`SyntaxError`] where it is no ehlo-line.
    pub fn parse(octets: &'a [u8]) -> Result<Self, SyntaxError> {
        line(octets, ehlo_line)
    }

    fn of((keyword, parameters): (Keyword<'a>, Option<Text<'a>>)) -> Self {
        Self { keyword, parameters: parameters.unwrap_or(Text(&[])), commas: false }
    }

    /// The line as it is meant, if it is any.
    #[cold]
    fn misspelt(octets: &'a [u8]) -> Option<Self> {
        line(octets, misspelt_line).ok()
    }

    /// What stands behind the keyword, word by word.
    pub fn words(self) -> impl Iterator<Item = &'a [u8]> {
        words(self.parameters.0, self.commas)
    }

    /// The extension that the keyword is registered for.
    #[must_use]
    pub fn extension(self) -> Option<Extension> {
        Extension::from_keyword(self.keyword.0)
    }

    /// The capability by its own grammar; `None` where the keyword is not registered or what stands behind it is not
    /// valid. The extension is offered even so, see [`Offer::extensions`].
    ///
    /// Behind a keyword that has no parameters anything is valid and means nothing. RFC 6531 section 3.1 wants a client to
    /// ignore what stands behind SMTPUTF8, and whoever refused the others would do without STARTTLS for a stray word. In the
    /// same way BURL may have any words, of which RFC 4468 section 3.1 has the client ignore those it does not know, AUTH
    /// any besides the mechanisms, and LIMITS any limits besides those that are known.
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
    // Not `optional` and `separated`: the white space may be that of the end.
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

/// `size-param ::= [1*DIGIT]` (RFC 1870 section 3), where 0 is no fixed maximum. There may be any number of digits, and a number
/// beyond 64 bits, which is the size of no message, is no maximum either.
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

/// `name=value *(SP name=value)` (RFC 9422 section 3). A list that is no list is ignored whole, a limit that is unknown or
/// has a bad value alone.
fn limits(text: &[u8]) -> Option<Limits> {
    let mut limits = Limits::default();
    for word in words(text, false) {
        let (name, behind) = span(word, Class::TOKEN);
        let value = match behind {
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

/// A reply to EHLO or LHLO that accepts it: who the server says it is, and what it offers.
///
/// ```
/// use smtp_core::syntax::{EhloReply, Extension, Grammar};
///
/// let octets = b"250-mx.example at your service\r\n250-SIZE 1000000\r\n250 PIPELINING\r\n";
/// let ehlo = EhloReply::parse(octets, Grammar::STRICT)?;
/// assert_eq!(ehlo.greet(), Some(&b"at your service"[..]));
/// let offer = ehlo.offer();
/// assert!(offer.extensions.contains(Extension::Pipelining));
/// assert_eq!(offer.size, Some(1_000_000));
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EhloReply<'a> {
    reply: Reply<'a>,
    /// Misspelt lines count.
    misspelt: bool,
}

impl<'a> EhloReply<'a> {
    /// A whole reply, from its first code to its last CRLF. With
    /// [`any_reply_text`](super::Dialect::any_reply_text), lines that are no ehlo-line are let pass and skipped.
    ///
    /// # Errors
    /// [`SyntaxError`] where the octets are no such reply; most of all where the code is not 250.
    pub fn parse(octets: &'a [u8], grammar: Grammar) -> Result<Self, SyntaxError> {
        if !grammar.dialect.any_reply_text {
            line(octets, |i| ehlo_ok_rsp(i, grammar.dialect))?;
        }
        // Of the text, ehlo-greet allows more than a reply; that was looked at.
        let dialect = Dialect { any_reply_text: true, ..grammar.dialect };
        let reply = Reply::parse(octets, Grammar { dialect, extensions: None, ..grammar })?;
        match Self::from_reply(reply) {
            Some(ehlo) => Ok(ehlo.with_dialect(grammar.dialect)),
            None => Err(SyntaxError::new(Expected::ReplyCode, Part::Argument, 0)),
        }
    }

    /// Does the strict grammar have it?
    #[cfg(feature = "alloc")]
    pub(crate) fn is_ehlo_ok_rsp(octets: &[u8]) -> bool {
        line(octets, |i| ehlo_ok_rsp(i, Dialect::STRICT)).is_ok()
    }

    /// The same view of a reply that was parsed before; `None` where its code is not 250. Offers that are misspelt do not count, see
    /// [`with_dialect`](Self::with_dialect).
    #[must_use]
    pub fn from_reply(reply: Reply<'a>) -> Option<Self> {
        (reply.code() == ReplyCode::OK).then_some(Self { reply, misspelt: false })
    }

    /// The same reply, of which offers count that are meant but misspelt, if the dialect has
    /// [`offer_text`](super::Dialect::offer_text).
    ///
    /// ```
    /// use smtp_core::syntax::{Dialect, EhloReply, Grammar, Mechanism};
    ///
    /// let octets = b"250-mx.example\r\n250 AUTH=LOGIN PLAIN\r\n";
    /// let ehlo = EhloReply::parse(octets, Grammar::LENIENT)?;
    /// assert!(ehlo.offer().has_mechanism(Mechanism::PLAIN));
    /// assert!(!ehlo.with_dialect(Dialect::STRICT).offer().has_mechanism(Mechanism::PLAIN));
    /// # Ok::<(), smtp_core::syntax::SyntaxError>(())
    /// ```
    #[must_use]
    pub const fn with_dialect(self, dialect: Dialect) -> Self {
        Self { misspelt: dialect.offer_text, ..self }
    }

    /// Who the server says it is: the first word. Some servers do not say.
    #[must_use]
    pub fn host(self) -> Option<Host<'a>> {
        Host::parse(self.name(), Grammar::STRICT).ok()
    }

    /// The first word as it stands, whether it is a domain or not.
    #[must_use]
    pub fn name(self) -> &'a [u8] {
        self.first_line().0
    }

    /// What stands behind the name and the space that follows it.
    #[must_use]
    pub fn greet(self) -> Option<&'a [u8]> {
        let greet = self.first_line().1;
        (!greet.is_empty()).then_some(greet)
    }

    /// The capabilities, in order, repeated ones among them. Lines that are none are passed over; the reply itself has
    /// them.
    pub fn capabilities(self) -> impl Iterator<Item = Capability<'a>> {
        self.reply.lines().skip(1).filter_map(move |text| self.capability(text))
    }

    /// The capability that a line is, or is meant to be.
    fn capability(self, text: &'a [u8]) -> Option<Capability<'a>> {
        let text = text.trim_ascii_end();
        let found = match Capability::parse(text) {
            Err(_) if self.misspelt => Capability::misspelt(text),
            found => found.ok(),
        }?;
        let commas = self.misspelt && found.extension() == Some(Extension::Auth) && found.parameters.0.contains(&b',');
        Some(Capability { commas, ..found })
    }

    /// The reply.
    #[must_use]
    pub const fn reply(self) -> Reply<'a> {
        self.reply
    }

    /// The first word, and what stands behind it without the space between them. The spaces that a line which is not of the
    /// strict grammar may begin with belong to neither.
    fn first_line(self) -> (&'a [u8], &'a [u8]) {
        let line = self.reply.lines().next().unwrap_or_default();
        let start = line.iter().take_while(|octet| **octet == b' ').count();
        let line = line.get(start..).unwrap_or_default();
        let name = line.iter().take_while(|octet| **octet != b' ').count();
        let (name, behind) = line.split_at_checked(name).unwrap_or((line, &[]));
        (name, behind.get(1..).unwrap_or_default())
    }
}

/// ```text
/// ehlo-ok-rsp = ( "250" SP Domain [ SP ehlo-greet ] CRLF )
///             / ( "250-" Domain [ SP ehlo-greet ] CRLF
///             *( "250-" ehlo-line CRLF )
///             "250" SP ehlo-line CRLF )
/// ehlo-greet  = 1*(%d0-9 / %d11-12 / %d14-127)
/// ```
///
/// With `offer_text` the ehlo-lines may be misspelt.
fn ehlo_ok_rsp(i: &[u8], dialect: Dialect) -> Parse<'_, ()> {
    let greet = take_while1(|octet: u8| octet.is_ascii() && !matches!(octet, b'\r' | b'\n'));
    let first = (|i| domain(i, Grammar::STRICT), optional(space, expected(Expected::Text, greet)));
    let (mut i, mut more) = ehlo_ok_line(first).parse(i)?;
    while more {
        (i, more) = if dialect.offer_text {
            ehlo_ok_line(misspelt_line).parse(i)?
        } else {
            ehlo_ok_line(ehlo_line).parse(i)?
        };
    }
    end(i)
}

/// `( "250-" / "250" SP ) text CRLF`, within the limit of a reply line (RFC 5321 section 4.5.3.1.5). Returns `true` if there are
/// more lines.
fn ehlo_ok_line<'a, T>(text: impl Production<'a, T>) -> impl Production<'a, bool> {
    let code = expected(Expected::ReplyCode, tag("250"));
    let separator = expected(Expected::Separator, alt((value(true, mark(b'-')), value(false, mark(b' ')))));
    let line = (code, separator, text, expected(Expected::EndOfLine, word("\r\n")));
    limited(LINE_LIMIT, Expected::LineWithinLimit, line).map(|(_, more, ..)| more)
}

impl<'a> Mechanisms<'a> {
    /// Mechanisms of one's own, separated by spaces.
    ///
    /// # Errors
    /// [`SyntaxError`] where a word is no mechanism name.
    pub fn new(text: &'a str) -> Result<Self, SyntaxError> {
        line(text.as_bytes(), |i| separated(space, mechanism).map(|()| Self { text: i, commas: false }).parse(i))
    }
}

impl<'a> Text<'a> {
    /// Words separated by single spaces, as they stand behind the keyword of a capability. [`Text::new`] takes one String and
    /// so cannot make them.
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
    /// [`SyntaxError`] where the text is no sequence of such words.
    pub fn ehlo_params(text: &'a str) -> Result<Self, SyntaxError> {
        line(text.as_bytes(), ehlo_params)
    }
}

impl CapabilityValue<'_> {
    /// The extension.
    #[must_use]
    pub const fn extension(&self) -> Extension {
        match self {
            Self::Plain(extension) => *extension,
            Self::Size(_) => Extension::Size,
            Self::Auth(_) => Extension::Auth,
            Self::Limits(_) => Extension::Limits,
            Self::DeliverBy(_) => Extension::DeliverBy,
            Self::FutureRelease(..) => Extension::FutureRelease,
            Self::MtPriority(_) => Extension::MtPriority,
            Self::NoSoliciting(_) => Extension::NoSoliciting,
            Self::Burl(_) => Extension::Burl,
            Self::Xclient(_) => Extension::Xclient,
            Self::Xforward(_) => Extension::Xforward,
        }
    }
}

/// The ehlo-line.
impl Wire for CapabilityValue<'_> {
    fn write<S: Sink>(&self, out: &mut S) {
        out.put(self.extension().keyword().as_bytes());
        let text = |text: &[u8], out: &mut S| {
            if !text.is_empty() {
                out.octet(b' ');
                out.put(text);
            }
        };
        match self {
            Self::Plain(_) | Self::Size(None) | Self::DeliverBy(None) => {}
            Self::Size(Some(size)) => {
                out.octet(b' ');
                out.number(*size);
            }
            Self::Auth(mechanisms) => write_words(mechanisms.words(), out),
            Self::Limits(limits) => {
                let named = [
                    ("MAILMAX", limits.mail_max),
                    ("RCPTMAX", limits.rcpt_max),
                    ("RCPTDOMAINMAX", limits.rcpt_domain_max),
                ];
                for (name, value) in named {
                    if let Some(value) = value {
                        out.octet(b' ');
                        out.put(name.as_bytes());
                        out.octet(b'=');
                        out.number(u64::from(value.get()));
                    }
                }
            }
            Self::DeliverBy(Some(seconds)) => {
                out.octet(b' ');
                out.number(u64::from(*seconds));
            }
            Self::FutureRelease(seconds, until) => {
                out.octet(b' ');
                out.number(u64::from(*seconds));
                out.octet(b' ');
                until.write(out);
            }
            Self::MtPriority(profile) => text(profile.map_or(&[], Text::as_bytes), out),
            Self::NoSoliciting(keywords) => text(keywords.map_or(&[], SolicitationKeywords::as_bytes), out),
            Self::Burl(text) | Self::Xclient(text) | Self::Xforward(text) => write_words(words(text.0, false), out),
        }
    }
}

fn write_words<'a, S: Sink>(words: impl Iterator<Item = &'a [u8]>, out: &mut S) {
    for word in words {
        out.octet(b' ');
        out.put(word);
    }
}

display_is_wire!(CapabilityValue<'_>);
