//! Trace fields: the Received and Return-Path fields that a server prepends to a message ([RFC 5321 section
//! 4.4](https://www.rfc-editor.org/rfc/rfc5321#section-4.4)).
//!
//! Servers write them, and programs that examine headers read them. The parser takes a field as it is in a header,
//! folded or not, without the CRLF at the end. The writer folds it: lines have at most 78 octets where the text allows
//! it, and never more than 998 ([RFC 5322 section 2.1.1](https://www.rfc-editor.org/rfc/rfc5322#section-2.1.1)). This
//! module knows no sessions and no other header fields.

mod clause;
mod date;
mod grammar;
mod protocol;
mod write;

#[cfg(feature = "alloc")]
pub use clause::ClausesBuf;
pub use clause::{Clause, ClauseValue, Clauses, HandlingState};
pub use date::{TraceDate, TraceDateBuf};
pub use protocol::{Link, Protocol, TraceId, WithProtocol};

use crate::syntax::output::line_to;
use crate::syntax::scan::{fail, line, utf8};
use crate::syntax::wire::{Sink, Wire, debug_is_wire, display_is_wire};
use crate::syntax::{
    AddressLiteral, Domain, Expected, Grammar, Host, Mailbox, NoRoom, Output, Path, ReversePath, SyntaxError,
};

/// A `Received` field: who sent the message to whom, how, and when ([RFC 5321 section
/// 4.4](https://www.rfc-editor.org/rfc/rfc5321#section-4.4)).
///
/// Comments in a parsed field are dropped, except one after the date. A server prepends its field to the message and
/// does not change the fields that are there.
///
/// ```
/// use smtp_core::syntax::{Domain, Grammar, Host, Mailbox};
/// use smtp_core::trace::{ExtendedDomain, Received, TcpInfo, TraceDate, TraceId, WithProtocol};
/// use std::net::IpAddr;
///
/// let name = Domain::new("mail.example.com")?;
/// let tcp_info = TcpInfo::new(Some(name), IpAddr::from([192, 0, 2, 1]));
/// let from = ExtendedDomain::new(Host::new("client.example.com")?, tcp_info);
/// let by = ExtendedDomain::from(Domain::new("mx.example")?);
/// let mut received = Received::new(from, by, TraceDate::new("Fri, 15 Feb 2002 17:19:22 -0800")?);
/// received.with = Some(WithProtocol::Esmtp.with_tls().into());
/// received.id = Some(TraceId::new("i7PK0sH7021929")?);
/// received.for_recipient = Some(Mailbox::new("joe@example.net")?.into());
///
/// let text = "Received: from client.example.com (mail.example.com [192.0.2.1])\r\n \
///             by mx.example with ESMTPS id i7PK0sH7021929 for <joe@example.net>;\r\n \
///             Fri, 15 Feb 2002 17:19:22 -0800";
/// assert_eq!(received.to_string(), text);
/// assert_eq!(Received::parse(text.as_bytes(), Grammar::STRICT)?, received);
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Received<'a> {
    /// FROM: the name from the client's EHLO and, as the RFC recommends, its address from the connection.
    pub from: ExtendedDomain<'a>,
    /// BY: the server that writes the field.
    pub by: ExtendedDomain<'a>,
    /// VIA: the link. Useful if it is not TCP.
    pub via: Option<Link<'a>>,
    /// WITH: the protocol.
    pub with: Option<Protocol<'a>>,
    /// ID: the server's name for the message.
    pub id: Option<TraceId<'a>>,
    /// FOR: at most one recipient. For privacy, omit it if the message has several ([RFC 5321 section
    /// 7.2](https://www.rfc-editor.org/rfc/rfc5321#section-7.2)).
    pub for_recipient: Option<TraceFor<'a>>,
    /// The clauses that other standards define.
    pub clauses: Clauses<'a>,
    /// The time at which the message was received.
    pub date: TraceDate<'a>,
}

impl<'a> Received<'a> {
    /// Creates a field with the mandatory parts. Assign the other fields afterwards.
    #[must_use]
    pub const fn new(from: ExtendedDomain<'a>, by: ExtendedDomain<'a>, date: TraceDate<'a>) -> Self {
        Self { from, by, via: None, with: None, id: None, for_recipient: None, clauses: Clauses::NONE, date }
    }

    /// Parses a field, from its name up to its last CRLF, without that CRLF.
    ///
    /// Two limits are specific to this crate. Comments may be nested 32 deep; [RFC
    /// 5322](https://www.rfc-editor.org/rfc/rfc5322) has no limit. A word that cannot be folded (an atom, a msg-id, the
    /// String of a clause, a date with the comment after it) may have 900 octets, so that a line with the text around
    /// it stays within the 998 octets of RFC 5322 section 2.1.1.
    ///
    /// # Errors
    /// Returns [`SyntaxError`] with the offset at which the field leaves the grammar or exceeds one of these limits.
    /// Many fields in real mail do not match the grammar.
    pub fn parse(octets: &'a [u8], grammar: Grammar) -> Result<Self, SyntaxError> {
        line(octets, |i| {
            let parsed = grammar::received(i, grammar)?;
            // Comments were skipped without a check of their octets.
            match i.iter().position(|octet| !octet.is_ascii()) {
                Some(_) if grammar.smtputf8 => utf8(i, i)?,
                Some(at) => return fail(i.get(at..).unwrap_or_default(), Expected::Clause),
                None => (i, ()),
            };
            Ok(parsed)
        })
    }

    /// Appends the field with its CRLF.
    pub fn encode(&self, out: &mut impl Output) {
        self.write(out);
        out.put(b"\r\n");
    }

    /// Writes the field with its CRLF to the front of `out`, which becomes the rest of the slice. Needs no allocation.
    ///
    /// ```
    /// use smtp_core::syntax::Grammar;
    /// use smtp_core::trace::Received;
    ///
    /// let field = b"Received: from a.example by b.example; Fri, 15 Feb 2002 17:19:22 -0800\r\n";
    /// let received = Received::parse(&field[..field.len() - 2], Grammar::STRICT)?;
    /// let mut buffer = [0; 128];
    /// let mut rest = &mut buffer[..];
    /// received.encode_to(&mut rest)?;
    /// let length = 128 - rest.len();
    /// assert_eq!(&buffer[..length], field);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Returns [`NoRoom`] if the slice is too short. Nothing is written then.
    pub fn encode_to(&self, out: &mut &mut [u8]) -> Result<(), NoRoom> {
        line_to(self, out)
    }
}

/// A host, with what the server knows of it from the TCP connection ([RFC 5321 section
/// 4.4](https://www.rfc-editor.org/rfc/rfc5321#section-4.4)).
///
/// ```text
/// Extended-Domain  = Domain /
///                    ( Domain FWS "(" TCP-info ")" ) /
///                    ( address-literal FWS "(" TCP-info ")" )
/// ```
///
/// ```
/// use smtp_core::syntax::Host;
/// use smtp_core::trace::{ExtendedDomain, TcpInfo};
/// use std::net::IpAddr;
///
/// let info = TcpInfo::new(None, IpAddr::from([192, 0, 2, 1]));
/// let client = ExtendedDomain::new(Host::new("client.example")?, info);
/// assert_eq!(client.host(), Host::new("client.example")?);
/// assert_eq!(client.tcp_info(), Some(info));
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ExtendedDomain<'a> {
    host: Host<'a>,
    tcp_info: Option<TcpInfo<'a>>,
}

impl<'a> ExtendedDomain<'a> {
    /// Creates an extended domain from a host, by name or by address, and the facts of its connection.
    ///
    /// A [`Host::Text`] is the name of a client that is not a domain. In it, all characters except letters, digits,
    /// dots and the other characters of an Atom are written as `?`. Such a name can only be parsed again with
    /// [`hello_names`](crate::syntax::Dialect::hello_names).
    #[must_use]
    pub const fn new(host: Host<'a>, tcp_info: TcpInfo<'a>) -> Self {
        Self { host, tcp_info: Some(tcp_info) }
    }

    /// Returns the host, as it named itself.
    #[must_use]
    pub const fn host(self) -> Host<'a> {
        self.host
    }

    /// Returns the facts of its connection. They are always there for an address literal.
    #[must_use]
    pub const fn tcp_info(self) -> Option<TcpInfo<'a>> {
        self.tcp_info
    }
}

impl<'a> From<Domain<'a>> for ExtendedDomain<'a> {
    fn from(domain: Domain<'a>) -> Self {
        Self { host: Host::Domain(domain), tcp_info: None }
    }
}

/// The facts about a host that a server takes from the TCP connection, not from EHLO ([RFC 5321 section
/// 4.4](https://www.rfc-editor.org/rfc/rfc5321#section-4.4)).
///
/// `TCP-info = address-literal / ( Domain FWS address-literal )`
///
/// ```
/// use smtp_core::trace::TcpInfo;
/// use std::net::IpAddr;
///
/// let info = TcpInfo::new(None, IpAddr::from([192, 0, 2, 1]));
/// assert_eq!(info.address.to_string(), "[192.0.2.1]");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_structs, reason = "the grammar has these two parts")]
pub struct TcpInfo<'a> {
    /// The name that the DNS has for the address.
    pub domain: Option<Domain<'a>>,
    /// The address.
    pub address: AddressLiteral<'a>,
}

impl<'a> TcpInfo<'a> {
    /// Creates the facts from an address, and its name if it has one.
    pub fn new(domain: Option<Domain<'a>>, address: impl Into<AddressLiteral<'a>>) -> Self {
        Self { domain, address: address.into() }
    }
}

/// The recipient in a `Received` field: `FOR FWS ( Path / Mailbox )` ([RFC 5321 section
/// 4.4](https://www.rfc-editor.org/rfc/rfc5321#section-4.4)).
///
/// ```
/// use smtp_core::syntax::Mailbox;
/// use smtp_core::trace::TraceFor;
///
/// let recipient = TraceFor::from(Mailbox::new("ann@mx.example")?);
/// assert!(matches!(recipient, TraceFor::Path(_)));
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "the grammar has these two alternatives")]
pub enum TraceFor<'a> {
    /// A path in angle brackets.
    Path(Path<'a>),
    /// A mailbox without angle brackets.
    Mailbox(Mailbox<'a>),
}

impl<'a> TraceFor<'a> {
    /// Returns the mailbox.
    #[must_use]
    pub const fn mailbox(self) -> Mailbox<'a> {
        match self {
            Self::Path(path) => path.mailbox(),
            Self::Mailbox(mailbox) => mailbox,
        }
    }
}

/// Converts to a path in angle brackets, or to a plain mailbox if the path would exceed 256 octets ([RFC 5321 section
/// 4.5.3.1.3](https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.3)).
impl<'a> From<Mailbox<'a>> for TraceFor<'a> {
    fn from(mailbox: Mailbox<'a>) -> Self {
        let path = Path::from(mailbox);
        if path.is_over_limit() { Self::Mailbox(mailbox) } else { Self::Path(path) }
    }
}

/// A `Return-Path` field: the reverse-path of the transaction. The server that makes the final delivery prepends it to
/// the message ([RFC 5321 section 4.4](https://www.rfc-editor.org/rfc/rfc5321#section-4.4)).
///
/// ```
/// use smtp_core::syntax::{Grammar, Mailbox, ReversePath};
/// use smtp_core::trace::ReturnPath;
///
/// let field = ReturnPath(Mailbox::new("joe@example.com")?.into());
/// assert_eq!(field.to_string(), "Return-Path: <joe@example.com>");
/// assert_eq!(ReturnPath::parse(b"Return-Path: <>", Grammar::STRICT)?.0, ReversePath::Null);
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_structs, reason = "the grammar has this one part")]
pub struct ReturnPath<'a>(
    /// The path, including its source route.
    pub ReversePath<'a>,
);

impl<'a> ReturnPath<'a> {
    /// Parses a field, from its name up to its last CRLF, without that CRLF.
    ///
    /// # Errors
    /// Returns [`SyntaxError`] with the offset at which the field leaves the grammar.
    pub fn parse(octets: &'a [u8], grammar: Grammar) -> Result<Self, SyntaxError> {
        line(octets, |i| grammar::return_path(i, grammar))
    }

    /// Appends the field with its CRLF.
    pub fn encode(&self, out: &mut impl Output) {
        self.write(out);
        out.put(b"\r\n");
    }

    /// Writes the field with its CRLF to the front of `out`, which becomes the rest of the slice. Needs no allocation.
    ///
    /// ```
    /// use smtp_core::syntax::ReversePath;
    /// use smtp_core::trace::ReturnPath;
    ///
    /// let mut buffer = [0; 17];
    /// ReturnPath(ReversePath::Null).encode_to(&mut &mut buffer[..])?;
    /// assert_eq!(&buffer, b"Return-Path: <>\r\n");
    /// # Ok::<(), smtp_core::syntax::NoRoom>(())
    /// ```
    ///
    /// # Errors
    /// Returns [`NoRoom`] if the slice is too short. Nothing is written then.
    pub fn encode_to(&self, out: &mut &mut [u8]) -> Result<(), NoRoom> {
        line_to(self, out)
    }
}

display_is_wire!(Received<'_>, ReturnPath<'_>);
debug_is_wire!(Received, ReturnPath);
