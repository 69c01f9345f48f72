//! Paths: a mailbox in angle brackets, the route before it, and the two that name none.

use super::{Domain, Mailbox, PATH_LIMIT, forward_path, reverse_path};
use crate::syntax::convert::as_text;
use crate::syntax::scan::{line, same, whole, within};
use crate::syntax::wire::{Sink, Wire, debug_is_wire, display_is_wire, token};
use crate::syntax::{Grammar, Part, SyntaxError};

/// The hops of a source route, `@one,@two` ([RFC 5321 section
/// 4.1.2](https://www.rfc-editor.org/rfc/rfc5321#section-4.1.2) and appendix C). They are accepted and kept, but should
/// be ignored.
///
/// ```
/// use smtp_core::syntax::{ForwardPath, Grammar};
///
/// let octets = b"<@one.example,@two.example:ann@mx.example>";
/// let ForwardPath::Path(path) = ForwardPath::parse(octets, Grammar::STRICT)? else { panic!() };
/// assert_eq!(path.route().hops().count(), 2);
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, Default, Eq, Hash)]
#[allow(clippy::derived_hash_with_manual_eq, reason = "what is the same octet by octet has the same hash")]
pub struct SourceRoute<'a>(pub(super) &'a [u8]);

impl PartialEq for SourceRoute<'_> {
    fn eq(&self, other: &Self) -> bool {
        same(self.0, other.0)
    }
}

impl<'a> SourceRoute<'a> {
    /// Returns `true` if there is no route. Paths should have none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// Returns an iterator over the hops, in order.
    pub fn hops(self) -> impl Iterator<Item = Domain<'a>> {
        self.0.split(|&octet| octet == b',').filter_map(|hop| hop.strip_prefix(b"@")).map(Domain)
    }

    /// Returns `true` if both name the same hops in the same order. ASCII case does not matter ([RFC 5321 section
    /// 2.3.5](https://www.rfc-editor.org/rfc/rfc5321#section-2.3.5)).
    #[must_use]
    pub fn equivalent(self, other: SourceRoute<'_>) -> bool {
        self.0.eq_ignore_ascii_case(other.0)
    }
}

/// `Path = "<" [ A-d-l ":" ] Mailbox ">"`, at most 256 octets with its brackets ([RFC
/// 5321](https://www.rfc-editor.org/rfc/rfc5321) sections 4.1.2, 4.5.3.1.3).
///
/// A parsed path keeps its source route and is written with it; `Path::from(mailbox)` has none.
///
/// ```
/// use smtp_core::syntax::{ForwardPath, Grammar};
///
/// let octets = b"<@one.example,@two.example:ann@mx.example>";
/// let ForwardPath::Path(path) = ForwardPath::parse(octets, Grammar::STRICT)? else { panic!() };
/// assert_eq!(path.mailbox().to_string(), "ann@mx.example");
/// assert_eq!(path.to_string().as_bytes(), octets);
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Path<'a> {
    pub(super) route: SourceRoute<'a>,
    pub(super) mailbox: Mailbox<'a>,
}

impl<'a> Path<'a> {
    /// Returns the source route. It is usually empty.
    #[must_use]
    pub const fn route(self) -> SourceRoute<'a> {
        self.route
    }

    /// Returns the mailbox.
    #[must_use]
    pub const fn mailbox(self) -> Mailbox<'a> {
        self.mailbox
    }

    /// Returns `true` if both name the same mailbox by the same route.
    #[must_use]
    pub fn equivalent(self, other: Path<'_>) -> bool {
        self.route.equivalent(other.route) && self.mailbox.equivalent(other.mailbox)
    }

    /// Returns `true` if it can only be sent in a transaction with SMTPUTF8 ([RFC 6531 section
    /// 3.4](https://www.rfc-editor.org/rfc/rfc6531#section-3.4)).
    #[must_use]
    pub fn needs_smtputf8(self) -> bool {
        self.mailbox.needs_smtputf8() || !self.route.0.is_ascii()
    }

    /// Returns `true` if the path is longer than 256 octets. A mailbox can match the grammar and still be too long to
    /// be sent.
    pub(crate) fn is_over_limit(self) -> bool {
        let route = if self.route.is_empty() { 0 } else { self.route.0.len().saturating_add(1) };
        let around = route.saturating_add(2);
        // A form that only a dialect allows becomes at most two octets longer when it is written.
        around.saturating_add(self.mailbox.text.len()).saturating_add(2) > PATH_LIMIT
            && around.saturating_add(self.mailbox.length()) > PATH_LIMIT
    }
}

impl<'a> From<Mailbox<'a>> for Path<'a> {
    fn from(mailbox: Mailbox<'a>) -> Self {
        Self { route: SourceRoute::default(), mailbox }
    }
}

/// The argument of MAIL: `Reverse-path = Path / "<>"` ([RFC 5321 section
/// 4.1.2](https://www.rfc-editor.org/rfc/rfc5321#section-4.1.2)).
///
/// ```
/// use smtp_core::syntax::{Grammar, Mailbox, ReversePath};
///
/// assert_eq!(ReversePath::parse(b"<>", Grammar::STRICT)?, ReversePath::Null);
/// let path = ReversePath::from(Mailbox::new("joe@client.example")?);
/// assert_eq!(path.to_string(), "<joe@client.example>");
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "the grammar has these two alternatives")]
#[doc(alias = "MAIL FROM")]
#[doc(alias = "envelope sender")]
#[doc(alias = "bounce address")]
pub enum ReversePath<'a> {
    /// `<>`: the message must not be answered with another, for example with a report ([RFC 5321 section
    /// 4.5.5](https://www.rfc-editor.org/rfc/rfc5321#section-4.5.5)).
    Null,
    /// The mailbox to which failures are reported.
    Path(Path<'a>),
}

impl<'a> ReversePath<'a> {
    /// Parses a reverse-path that a peer sent.
    ///
    /// # Errors
    /// Returns [`SyntaxError`] if the octets are not a reverse-path of this grammar.
    pub fn parse(octets: &'a [u8], grammar: Grammar) -> Result<Self, SyntaxError> {
        line(octets, |i| within(Part::ReversePath, whole(reverse_path(i, grammar))))
    }

    /// Returns the mailbox, or `None` for the null path.
    #[must_use]
    pub const fn mailbox(self) -> Option<Mailbox<'a>> {
        match self {
            Self::Null => None,
            Self::Path(path) => Some(path.mailbox),
        }
    }

    /// Returns `true` if both are the null path, or name the same mailbox by the same route.
    #[must_use]
    pub fn equivalent(self, other: ReversePath<'_>) -> bool {
        match (self, other) {
            (Self::Null, ReversePath::Null) => true,
            (Self::Path(one), ReversePath::Path(two)) => one.equivalent(two),
            (Self::Null, ReversePath::Path(_)) | (Self::Path(_), ReversePath::Null) => false,
        }
    }

    pub(crate) fn path(self) -> Option<Path<'a>> {
        match self {
            Self::Null => None,
            Self::Path(path) => Some(path),
        }
    }
}

impl<'a> From<Mailbox<'a>> for ReversePath<'a> {
    fn from(mailbox: Mailbox<'a>) -> Self {
        Self::Path(mailbox.into())
    }
}

/// The argument of RCPT: `"<Postmaster>" / Forward-path` ([RFC 5321 section
/// 4.1.1.3](https://www.rfc-editor.org/rfc/rfc5321#section-4.1.1.3)).
///
/// ```
/// use smtp_core::syntax::{ForwardPath, Grammar, Mailbox};
///
/// assert_eq!(ForwardPath::parse(b"<postmaster>", Grammar::STRICT)?, ForwardPath::Postmaster);
/// let path = ForwardPath::from(Mailbox::new("ann@mx.example")?);
/// assert_eq!(path.mailbox().unwrap().host().to_string(), "mx.example");
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "the grammar has these two alternatives")]
#[doc(alias = "RCPT TO")]
#[doc(alias = "envelope recipient")]
pub enum ForwardPath<'a> {
    /// `<Postmaster>` without a domain, in any case: the administrator of the server.
    Postmaster,
    /// A recipient.
    Path(Path<'a>),
}

impl<'a> ForwardPath<'a> {
    /// Parses a forward-path that a peer sent.
    ///
    /// # Errors
    /// Returns [`SyntaxError`] if the octets are not a forward-path of this grammar.
    pub fn parse(octets: &'a [u8], grammar: Grammar) -> Result<Self, SyntaxError> {
        line(octets, |i| within(Part::ForwardPath, whole(forward_path(i, grammar))))
    }

    /// Returns the mailbox, or `None` for `<Postmaster>`.
    #[must_use]
    pub const fn mailbox(self) -> Option<Mailbox<'a>> {
        match self {
            Self::Postmaster => None,
            Self::Path(path) => Some(path.mailbox),
        }
    }

    /// Returns `true` if both are `<Postmaster>`, or name the same mailbox by the same route.
    #[must_use]
    pub fn equivalent(self, other: ForwardPath<'_>) -> bool {
        match (self, other) {
            (Self::Postmaster, ForwardPath::Postmaster) => true,
            (Self::Path(one), ForwardPath::Path(two)) => one.equivalent(two),
            (Self::Postmaster, ForwardPath::Path(_)) | (Self::Path(_), ForwardPath::Postmaster) => false,
        }
    }

    pub(crate) fn path(self) -> Option<Path<'a>> {
        match self {
            Self::Postmaster => None,
            Self::Path(path) => Some(path),
        }
    }
}

impl<'a> From<Mailbox<'a>> for ForwardPath<'a> {
    fn from(mailbox: Mailbox<'a>) -> Self {
        Self::Path(mailbox.into())
    }
}

impl Wire for Path<'_> {
    #[inline]
    fn write<S: Sink + ?Sized>(&self, out: &mut S) {
        out.octet(b'<');
        if !self.route.is_empty() {
            out.put(self.route.0);
            out.octet(b':');
        }
        self.mailbox.write(out);
        out.octet(b'>');
    }
}

impl Wire for ReversePath<'_> {
    #[inline]
    fn write<S: Sink + ?Sized>(&self, out: &mut S) {
        match self {
            Self::Null => out.put(b"<>"),
            Self::Path(path) => path.write(out),
        }
    }
}

impl Wire for ForwardPath<'_> {
    #[inline]
    fn write<S: Sink + ?Sized>(&self, out: &mut S) {
        match self {
            Self::Postmaster => out.put(b"<Postmaster>"),
            Self::Path(path) => path.write(out),
        }
    }
}

token!(SourceRoute);
as_text!(SourceRoute);

display_is_wire!(Path<'_>, ReversePath<'_>, ForwardPath<'_>);
debug_is_wire!(Path, ReversePath, ForwardPath);
