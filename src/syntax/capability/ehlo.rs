//! The reply to EHLO as a whole: its first line and its capabilities. `offer.rs` reduces it to what a session keeps.

use super::{Capability, ehlo_line, misspelt_line};
use crate::syntax::address::domain;
use crate::syntax::reply::LINE_LIMIT;
use crate::syntax::scan::{Parse, Production, end, expected, limited, line, mark, optional, space, word};
use crate::syntax::{Dialect, Expected, Extension, Grammar, Host, Part, Reply, ReplyCode, SyntaxError};
use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while1};
use nom::combinator::value;

/// A reply to EHLO or LHLO that accepts it: the server's name and its capabilities.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EhloReply<'a> {
    reply: Reply<'a>,
    /// Whether misspelt lines count.
    misspelt: bool,
}

impl<'a> EhloReply<'a> {
    /// Parses a whole reply, from its first code to its last CRLF. With
    /// [`any_reply_text`](crate::syntax::Dialect::any_reply_text), lines that are not ehlo-lines are permitted and
    /// skipped.
    ///
    /// # Errors
    /// Returns a [`SyntaxError`] if the octets are not such a reply, for example because the code is not 250.
    pub fn parse(octets: &'a [u8], grammar: Grammar) -> Result<Self, SyntaxError> {
        if !grammar.dialect.any_reply_text {
            line(octets, |i| ehlo_ok_rsp(i, grammar.dialect))?;
        }
        // The text of ehlo-greet may have more octets than that of a reply, and it was checked above.
        let dialect = Dialect { any_reply_text: true, ..grammar.dialect };
        let reply = Reply::parse(octets, Grammar { dialect, extensions: None, ..grammar })?;
        match Self::from_reply(reply) {
            Some(ehlo) => Ok(ehlo.with_dialect(grammar.dialect)),
            None => Err(SyntaxError::new(Expected::ReplyCode, Part::Argument, 0)),
        }
    }

    /// Views a parsed reply as a reply to EHLO. Returns `None` if its code is not 250. Misspelt offers do not count,
    /// see [`with_dialect`](Self::with_dialect).
    #[must_use]
    pub fn from_reply(reply: Reply<'a>) -> Option<Self> {
        (reply.code() == ReplyCode::OK).then_some(Self { reply, misspelt: false })
    }

    /// Returns the same reply in which misspelt offers count, if the dialect has
    /// [`offer_text`](crate::syntax::Dialect::offer_text).
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

    /// Returns the server's name, the first word. Some servers do not give one.
    #[must_use]
    pub fn host(self) -> Option<Host<'a>> {
        Host::parse(self.name(), Grammar::STRICT).ok()
    }

    /// Returns the first word unchanged, whether it is a domain or not.
    #[must_use]
    pub fn name(self) -> &'a [u8] {
        self.first_line().0
    }

    /// Returns the text after the name and the space that follows it.
    #[must_use]
    pub fn greet(self) -> Option<&'a [u8]> {
        let greet = self.first_line().1;
        (!greet.is_empty()).then_some(greet)
    }

    /// Returns the capabilities in order, including repeated ones. Lines that are not capabilities are skipped;
    /// [`reply`](Self::reply) has them.
    pub fn capabilities(self) -> impl Iterator<Item = Capability<'a>> {
        self.reply.lines().skip(1).filter_map(move |text| self.capability(text))
    }

    /// Returns `true` if the first line is `Domain [ SP ehlo-greet ]`, as ehlo-ok-rsp has it.
    #[cfg(feature = "alloc")]
    pub(crate) fn begins_with_domain(self) -> bool {
        line(self.reply.lines().next().unwrap_or_default(), domain_and_greet).is_ok()
    }

    /// Returns `true` if every line after the first is an ehlo-line, and none is misspelt.
    #[cfg(feature = "alloc")]
    pub(crate) fn has_only_ehlo_lines(self) -> bool {
        self.reply.lines().skip(1).all(|text| Capability::parse(text).is_ok())
    }

    /// Returns the capability on a line, which may be misspelt.
    pub(super) fn capability(self, text: &'a [u8]) -> Option<Capability<'a>> {
        let text = text.trim_ascii_end();
        let found = match Capability::parse(text) {
            Err(_) if self.misspelt => Capability::misspelt(text),
            found => found.ok(),
        }?;
        let commas = self.misspelt && found.extension() == Some(Extension::Auth) && found.parameters.0.contains(&b',');
        Some(Capability { commas, ..found })
    }

    /// Returns the reply.
    #[must_use]
    pub const fn reply(self) -> Reply<'a> {
        self.reply
    }

    /// Returns the first word, and the text after it without the space between them. Leading spaces, which the strict
    /// grammar does not allow, belong to neither.
    fn first_line(self) -> (&'a [u8], &'a [u8]) {
        let line = self.reply.lines().next().unwrap_or_default();
        let start = line.iter().take_while(|octet| **octet == b' ').count();
        let line = line.get(start..).unwrap_or_default();
        let name = line.iter().take_while(|octet| **octet != b' ').count();
        let (name, after) = line.split_at_checked(name).unwrap_or((line, &[]));
        (name, after.get(1..).unwrap_or_default())
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
    let (mut i, mut more) = ehlo_ok_line(domain_and_greet).parse(i)?;
    while more {
        (i, more) = if dialect.offer_text {
            ehlo_ok_line(misspelt_line).parse(i)?
        } else {
            ehlo_ok_line(ehlo_line).parse(i)?
        };
    }
    end(i)
}

/// `Domain [ SP ehlo-greet ]`
fn domain_and_greet(i: &[u8]) -> Parse<'_, ()> {
    let greet = take_while1(|octet: u8| octet.is_ascii() && !matches!(octet, b'\r' | b'\n'));
    value((), (|i| domain(i, Grammar::STRICT), optional(space, expected(Expected::Text, greet)))).parse(i)
}

/// Returns a parser of `( "250-" / "250" SP ) text CRLF`, within the limit of a reply line (RFC 5321 section
/// 4.5.3.1.5). Its value is `true` if more lines follow.
fn ehlo_ok_line<'a, T>(text: impl Production<'a, T>) -> impl Production<'a, bool> {
    let code = expected(Expected::ReplyCode, tag("250"));
    let separator = expected(Expected::Separator, alt((value(true, mark(b'-')), value(false, mark(b' ')))));
    let line = (code, separator, text, expected(Expected::EndOfLine, word("\r\n")));
    limited(LINE_LIMIT, Expected::LineWithinLimit, line).map(|(_, more, ..)| more)
}
