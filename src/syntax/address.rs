//! Paths, mailboxes and domains: their values, comparison and writing (RFC 5321 section 4.1.2, RFC 6531 section 3.3).
//! The productions are in `address/grammar.rs`, address literals in `literal.rs`. Nothing here looks up a name or
//! decides whether an address exists.

mod convert;
mod grammar;
#[cfg(feature = "alloc")]
mod owned;
mod path;

pub(crate) use grammar::{
    DOMAIN_LIMIT, LABEL_LIMIT, LOCAL_PART_LIMIT, any_domain, ascii_only, common_domain, domain, forward_path,
    hello_name, host, mailbox, path, quoted_string, reverse_path, whole_mailbox,
};
#[cfg(feature = "alloc")]
pub use owned::{DomainBuf, ForwardPathBuf, MailboxBuf, ReversePathBuf};

pub use path::{ForwardPath, Path, ReversePath, SourceRoute};

use super::command::Text;
use super::convert::as_text;
use super::literal::AddressLiteral;
use super::scan::{Class, line};
use super::wire::{Sink, Wire, debug_is_wire, display_is_wire, token, write_octets};
use super::{Grammar, SyntaxError};

/// The limit for a path in octets, brackets included (RFC 5321 section 4.5.3.1.3).
const PATH_LIMIT: usize = 256;

/// A domain name of at most 255 octets, with labels of at most 63 ([RFC 5321](https://www.rfc-editor.org/rfc/rfc5321)
/// sections 2.3.5, 4.1.2 and 4.5.3.1.2).
///
/// It is kept as it was sent; [`equivalent`](Self::equivalent) ignores case. A label may be a U-label where [RFC
/// 6531](https://www.rfc-editor.org/rfc/rfc6531) is in force. It is checked to be well-formed UTF-8, but not whether
/// IDNA allows it. With [`path_shapes`](super::Dialect::path_shapes), labels may contain `_` and begin and end with
/// hyphens, and the name may end with a dot.
///
/// ```
/// use smtp_core::syntax::Domain;
///
/// let domain = Domain::new("Example.com")?;
/// assert_eq!(domain.as_str(), "Example.com");
/// assert!(domain.equivalent(Domain::new("eXAMPLE.com")?));
/// assert!(Domain::new("under_score.example").is_err());
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[doc(alias = "hostname")]
pub struct Domain<'a>(pub(crate) &'a [u8]);

impl<'a> Domain<'a> {
    /// Creates a domain from a text. U-labels are allowed, for mailboxes with SMTPUTF8. The name in EHLO and HELO and
    /// the name of a server must consist of A-labels instead ([RFC 6531 section
    /// 3.7.1](https://www.rfc-editor.org/rfc/rfc6531#section-3.7.1)); see [`Host::new`].
    ///
    /// # Errors
    /// Returns [`SyntaxError`] if the text is not a domain.
    pub fn new(text: &'a str) -> Result<Self, SyntaxError> {
        Self::parse(text.as_bytes(), Grammar::SMTPUTF8)
    }

    /// Parses a domain that a peer sent.
    ///
    /// # Errors
    /// Returns [`SyntaxError`] if the octets are not a domain of this grammar.
    pub fn parse(octets: &'a [u8], grammar: Grammar) -> Result<Self, SyntaxError> {
        line(octets, |i| domain(i, grammar))
    }

    /// Returns an iterator over the labels, from left to right.
    pub fn labels(self) -> impl Iterator<Item = &'a [u8]> {
        self.0.split(|&octet| octet == b'.')
    }

    /// Returns `true` if both name the same domain. ASCII case does not matter ([RFC 5321 section
    /// 2.3.5](https://www.rfc-editor.org/rfc/rfc5321#section-2.3.5)).
    #[must_use]
    pub fn equivalent(self, other: Domain<'_>) -> bool {
        self.0.eq_ignore_ascii_case(other.0)
    }
}

/// The argument of `EHLO`, and the part after the `@` of a mailbox: `( Domain / address-literal )`, or text that a
/// [`Dialect`](super::Dialect) allows in its place.
///
/// ```
/// use smtp_core::syntax::Host;
///
/// assert!(matches!(Host::new("mx.example")?, Host::Domain(domain) if domain.as_str() == "mx.example"));
/// assert!(matches!(Host::new("[192.0.2.1]")?, Host::Literal(_)));
/// assert!(Host::new("MX.example")?.equivalent(Host::new("mx.EXAMPLE")?));
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "the grammar has two alternatives, and the third is whatever is neither")]
pub enum Host<'a> {
    /// A domain name.
    Domain(Domain<'a>),
    /// An address literal in square brackets.
    Literal(AddressLiteral<'a>),
    /// Any other text. The strict grammar never returns it. With [`hello_names`](super::Dialect::hello_names), the name
    /// of a client as it was sent, without white space and control characters, and possibly empty. With
    /// [`path_shapes`](super::Dialect::path_shapes), empty for a mailbox without a domain.
    Text(Text<'a>),
}

impl<'a> Host<'a> {
    /// Creates a host from a text: a domain of ASCII, or an address literal with its brackets. This is the name of a
    /// client in EHLO and the name of a server, which cannot contain U-labels ([RFC 6531 section
    /// 3.7.1](https://www.rfc-editor.org/rfc/rfc6531#section-3.7.1)). For the host of a mailbox with SMTPUTF8, use
    /// [`parse`](Self::parse) with [`Grammar::SMTPUTF8`].
    ///
    /// # Errors
    /// Returns [`SyntaxError`] if the text is neither.
    pub fn new(text: &'a str) -> Result<Self, SyntaxError> {
        Self::of_ascii(text.as_bytes())
    }

    fn of_ascii(octets: &'a [u8]) -> Result<Self, SyntaxError> {
        line(octets, |i| ascii_only(i, i).and_then(|_| host(i, Grammar::STRICT)))
    }

    /// Parses a host that a peer sent.
    ///
    /// # Errors
    /// Returns [`SyntaxError`] if the octets are neither a domain nor an address literal.
    pub fn parse(octets: &'a [u8], grammar: Grammar) -> Result<Self, SyntaxError> {
        line(octets, |i| host(i, grammar))
    }

    /// Returns `false` for the empty [`Text`](Self::Text): a hello without a name, a mailbox without a domain.
    #[must_use]
    pub const fn is_named(self) -> bool {
        !matches!(self, Host::Text(Text([])))
    }

    /// Returns `true` if both name the same host. Domains and other texts are compared without case, literals by
    /// address.
    #[must_use]
    pub fn equivalent(self, other: Host<'_>) -> bool {
        match (self, other) {
            (Host::Domain(one), Host::Domain(two)) => one.equivalent(two),
            (Host::Literal(one), Host::Literal(two)) => one.ip() == two.ip(),
            (Host::Text(one), Host::Text(two)) => one.0.eq_ignore_ascii_case(two.0),
            (Host::Domain(_) | Host::Literal(_) | Host::Text(_), _) => false,
        }
    }
}

/// The part of a mailbox before the `@`, at most 64 octets, with its quotes if it has any ([RFC 5321 section
/// 4.1.2](https://www.rfc-editor.org/rfc/rfc5321#section-4.1.2)). A [`Dialect`](super::Dialect) may allow longer ones,
/// and dots in any place.
///
/// Only the receiving host may interpret it, so every octet and its case are kept.
///
/// ```
/// use smtp_core::syntax::Mailbox;
///
/// let mailbox = Mailbox::new(r#""john\ smith"@example.com"#)?;
/// let local_part = mailbox.local_part();
/// assert!(local_part.is_quoted());
/// assert_eq!(local_part.as_str(), r#""john\ smith""#);
/// assert!(local_part.content().eq(*b"john smith"));
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct LocalPart<'a>(pub(crate) &'a [u8]);

impl<'a> LocalPart<'a> {
    /// Returns `true` if it was sent as a quoted-string.
    #[must_use]
    pub const fn is_quoted(self) -> bool {
        matches!(self.0, [b'"', ..])
    }

    /// Returns the octets that it means, without quotes and escapes.
    pub fn content(self) -> impl Iterator<Item = u8> + Clone + use<'a> {
        let quoted = self.0.strip_prefix(b"\"").and_then(|inner| inner.strip_suffix(b"\""));
        let mut octets = quoted.unwrap_or(self.0).iter().copied();
        core::iter::from_fn(move || match octets.next()? {
            // An atom contains no backslash.
            b'\\' => octets.next(),
            octet => Some(octet),
        })
    }

    /// Returns `true` if both mean the same. Quoting does not matter, case does ([RFC
    /// 5321](https://www.rfc-editor.org/rfc/rfc5321) sections 2.4 and 4.1.2).
    #[must_use]
    pub fn equivalent(self, other: LocalPart<'_>) -> bool {
        self.content().eq(other.content())
    }

    /// Returns the same local-part with no more quotes and escapes than it needs. This is the form that SHOULD be sent
    /// ([RFC 5321 section 4.1.2](https://www.rfc-editor.org/rfc/rfc5321#section-4.1.2)).
    ///
    /// ```
    /// use smtp_core::syntax::Mailbox;
    ///
    /// let mailbox = Mailbox::new(r#""jo\e"@example.com"#)?;
    /// assert_eq!(mailbox.local_part().minimal().to_string(), "joe");
    /// # Ok::<(), smtp_core::syntax::SyntaxError>(())
    /// ```
    #[must_use]
    pub fn minimal(self) -> impl core::fmt::Display + 'a {
        Minimal(self)
    }
}

struct Minimal<'a>(LocalPart<'a>);

impl Wire for Minimal<'_> {
    fn write<S: Sink + ?Sized>(&self, out: &mut S) {
        write_local_part(self.0.content(), out);
    }
}

display_is_wire!(Minimal<'_>);

/// Writes the content of a local-part, in quotes if it is not a dot-string.
pub(crate) fn write_local_part<S: Sink + ?Sized>(content: impl Iterator<Item = u8> + Clone, out: &mut S) {
    let atext = Class::ATEXT.or(Class::NON_ASCII);
    let mut previous = b'.';
    let mut plain = true;
    for octet in content.clone() {
        plain &= atext.has(octet) || (octet == b'.' && previous != b'.');
        previous = octet;
    }
    if plain && previous != b'.' {
        write_octets(content, out);
        return;
    }
    out.octet(b'"');
    let escape = |octet| matches!(octet, b'"' | b'\\').then_some(b'\\').into_iter().chain([octet]);
    write_octets(content.flat_map(escape), out);
    out.octet(b'"');
}

/// An address: `Mailbox = Local-part "@" ( Domain / address-literal )` ([RFC 5321 section
/// 4.1.2](https://www.rfc-editor.org/rfc/rfc5321#section-4.1.2)).
///
/// ```
/// use smtp_core::syntax::{Host, Mailbox};
///
/// let mailbox = Mailbox::new("Joe@[IPv6:2001:db8::1]")?;
/// assert_eq!(mailbox.local_part().as_str(), "Joe");
/// assert!(matches!(mailbox.host(), Host::Literal(literal) if literal.ip().is_ipv6()));
/// assert_eq!(mailbox.to_string(), "Joe@[IPv6:2001:db8::1]");
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[doc(alias = "email address")]
pub struct Mailbox<'a> {
    text: &'a [u8],
    /// The offset of the `@` that separates the parts, or the length of the text if there is none.
    at_sign: u32,
    /// Whether the dots of the local-part are in places that only a dialect allows. It is then written in quotes.
    odd_dots: bool,
}

impl<'a> Mailbox<'a> {
    /// Creates a mailbox from a text. Addresses of [RFC 6531](https://www.rfc-editor.org/rfc/rfc6531) are allowed;
    /// [`needs_smtputf8`](Self::needs_smtputf8) returns `true` for them.
    ///
    /// # Errors
    /// Returns [`SyntaxError`] if the text is not a mailbox.
    pub fn new(text: &'a str) -> Result<Self, SyntaxError> {
        Self::parse(text.as_bytes(), Grammar::SMTPUTF8)
    }

    /// Parses a mailbox that a peer sent.
    ///
    /// # Errors
    /// Returns [`SyntaxError`] if the octets are not a mailbox of this grammar.
    pub fn parse(octets: &'a [u8], grammar: Grammar) -> Result<Self, SyntaxError> {
        whole_mailbox(octets, grammar)
    }

    /// Creates a mailbox from a text that has been parsed. Its parts are shorter than a line.
    #[inline(always)]
    #[allow(clippy::cast_possible_truncation, reason = "a local-part is shorter than a path")]
    const fn new_unchecked(text: &'a [u8], at_sign: usize, odd_dots: bool) -> Self {
        Self { text, at_sign: at_sign as u32, odd_dots }
    }

    /// Returns the part before the `@`.
    #[must_use]
    pub const fn local_part(self) -> LocalPart<'a> {
        match self.text.split_at_checked(self.at_sign as usize) {
            Some((local_part, _)) => LocalPart(local_part),
            None => LocalPart(&[]),
        }
    }

    /// Returns the part after the `@`. Returns an empty [`Host::Text`] if there is none, which only
    /// [`path_shapes`](super::Dialect::path_shapes) allows.
    #[must_use]
    pub fn host(self) -> Host<'a> {
        match self.text.get((self.at_sign as usize).saturating_add(1)..) {
            Some([b'[', inner @ .., b']']) => Host::Literal(AddressLiteral::from_text(inner)),
            Some(name) => Host::Domain(Domain(name)),
            None => Host::Text(Text(&[])),
        }
    }

    /// Returns `true` if both name the same mailbox. Quoting and the case of the domain do not matter, the case of the
    /// local-part does.
    ///
    /// ```
    /// use smtp_core::syntax::Mailbox;
    ///
    /// let mailbox = Mailbox::new(r#""a"@X.example"#)?;
    /// assert!(mailbox.equivalent(Mailbox::new("a@x.example")?));
    /// assert_ne!(mailbox, Mailbox::new("a@x.example")?);
    /// # Ok::<(), smtp_core::syntax::SyntaxError>(())
    /// ```
    #[must_use]
    pub fn equivalent(self, other: Mailbox<'_>) -> bool {
        self.local_part().equivalent(other.local_part()) && self.host().equivalent(other.host())
    }

    /// Returns `true` if it can only be sent in a transaction with SMTPUTF8 ([RFC 6531 section
    /// 3.4](https://www.rfc-editor.org/rfc/rfc6531#section-3.4)).
    #[must_use]
    pub fn needs_smtputf8(self) -> bool {
        !self.text.is_ascii()
    }

    /// Returns `true` if the written form is the text itself. A literal may have a form that only a dialect allows.
    fn is_written_as_read(self) -> bool {
        !self.odd_dots && !self.text.ends_with(b"]")
    }
}

impl Wire for Host<'_> {
    #[inline]
    fn write<S: Sink + ?Sized>(&self, out: &mut S) {
        match self {
            Self::Domain(domain) => domain.write(out),
            Self::Literal(literal) => literal.write(out),
            Self::Text(text) => text.write(out),
        }
    }
}

impl Wire for Mailbox<'_> {
    #[inline]
    fn write<S: Sink + ?Sized>(&self, out: &mut S) {
        if self.is_written_as_read() {
            return out.put(self.text);
        }
        if self.odd_dots {
            write_local_part(self.local_part().content(), out);
        } else {
            out.put(self.local_part().0);
        }
        match self.host() {
            Host::Text(_) => {}
            host => {
                out.octet(b'@');
                host.write(out);
            }
        }
    }
}

token!(Domain, LocalPart);
as_text!(Domain, LocalPart);
display_is_wire!(Host<'_>, Mailbox<'_>);
debug_is_wire!(Mailbox);

#[cfg(feature = "alloc")]
mod relocate {
    use super::{Domain, ForwardPath, Host, Mailbox, Path, ReversePath, SourceRoute, Text};

    impl<'a> Host<'a> {
        pub(crate) fn relocate<'b>(self, place: &mut impl FnMut(&'a [u8]) -> &'b [u8]) -> Host<'b> {
            match self {
                Self::Domain(domain) => Host::Domain(Domain(place(domain.0))),
                Self::Literal(literal) => Host::Literal(literal.relocate(place)),
                Self::Text(text) => Host::Text(Text(place(text.0))),
            }
        }
    }

    impl<'a> Path<'a> {
        fn relocate<'b>(self, place: &mut impl FnMut(&'a [u8]) -> &'b [u8]) -> Path<'b> {
            let route = SourceRoute(place(self.route.0));
            let Mailbox { text, at_sign, odd_dots } = self.mailbox;
            Path { route, mailbox: Mailbox { text: place(text), at_sign, odd_dots } }
        }
    }

    impl<'a> ReversePath<'a> {
        pub(crate) fn relocate<'b>(self, place: &mut impl FnMut(&'a [u8]) -> &'b [u8]) -> ReversePath<'b> {
            match self {
                Self::Null => ReversePath::Null,
                Self::Path(path) => ReversePath::Path(path.relocate(place)),
            }
        }
    }

    impl<'a> ForwardPath<'a> {
        pub(crate) fn relocate<'b>(self, place: &mut impl FnMut(&'a [u8]) -> &'b [u8]) -> ForwardPath<'b> {
            match self {
                Self::Postmaster => ForwardPath::Postmaster,
                Self::Path(path) => ForwardPath::Path(path.relocate(place)),
            }
        }
    }
}
