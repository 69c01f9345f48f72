//! Domains and hosts: their values, comparison and writing (RFC 5321 section 4.1.2, RFC 6531 section 3.3). Mailboxes are
//! in `address/mailbox.rs`, paths in `address/path.rs`, the productions in `address/grammar.rs`, address literals in
//! `literal.rs`. Nothing here looks up a name or decides whether an address exists.

mod convert;
mod grammar;
mod mailbox;
#[cfg(feature = "alloc")]
mod owned;
mod path;
#[cfg(feature = "alloc")]
mod relocate;

pub(crate) use grammar::{
    DOMAIN_LIMIT, LABEL_LIMIT, LOCAL_PART_LIMIT, any_domain, any_forward_path, any_path, ascii_only, bracketed_mailbox,
    common_domain, common_path, domain, forward_path, hello_name, host, mailbox, null_path, path, quoted_string,
    reverse_path, whole_mailbox,
};
#[cfg(feature = "alloc")]
use mailbox::write_local_part;
pub use mailbox::{LocalPart, Mailbox};
#[cfg(feature = "alloc")]
pub use owned::{DomainBuf, ForwardPathBuf, MailboxBuf, ReversePathBuf};
pub use path::{ForwardPath, Path, ReversePath, SourceRoute};

use super::command::Text;
use super::convert::as_text;
use super::literal::AddressLiteral;
use super::scan::line;
use super::wire::{Sink, Wire, display_is_wire, token};
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
/// let Host::Domain(domain) = Host::new("mx.example")? else { panic!() };
/// assert_eq!(domain.as_str(), "mx.example");
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

token!(Domain);
as_text!(Domain);
display_is_wire!(Host<'_>);
