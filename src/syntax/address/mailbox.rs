//! Mailboxes and their local-parts: values, comparison, and the fewest quotes that a local-part needs to be written. Paths
//! and the parameters that hold an address use them. This file must not parse: the productions are in `grammar.rs`.

use super::{Domain, Host, whole_mailbox};
use crate::syntax::command::Text;
use crate::syntax::convert::as_text;
use crate::syntax::literal::AddressLiteral;
use crate::syntax::scan::Class;
use crate::syntax::wire::{Sink, Wire, debug_is_wire, display_is_wire, token, write_octets};
use crate::syntax::{Grammar, SyntaxError};

/// The part of a mailbox before the `@`, at most 64 octets, with its quotes if it has any ([RFC 5321 section
/// 4.1.2](https://www.rfc-editor.org/rfc/rfc5321#section-4.1.2)). A [`Dialect`](crate::syntax::Dialect) may allow longer ones,
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
    pub(super) text: &'a [u8],
    /// The offset of the `@` that separates the parts, or the length of the text if there is none.
    pub(super) at_sign: u32,
    /// Whether the dots of the local-part are in places that only a dialect allows. It is then written in quotes.
    pub(super) odd_dots: bool,
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
    pub(super) const fn new_unchecked(text: &'a [u8], at_sign: usize, odd_dots: bool) -> Self {
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
    /// [`path_shapes`](crate::syntax::Dialect::path_shapes) allows.
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

token!(LocalPart);
as_text!(LocalPart);
display_is_wire!(Mailbox<'_>);
debug_is_wire!(Mailbox);
