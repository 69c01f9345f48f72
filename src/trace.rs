//! Trace fields: what a server puts in front of a message (RFC 5321 section 4.4).
//!
//! They are read as they stand in a header, folded or not, without the CRLF at the end, and written folded: lines of at
//! most 78 octets where the text allows it, and never of more than 998 (RFC 5322 section 2.1.1).

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

use crate::syntax::scan::{fail, line, utf8};
use crate::syntax::wire::{debug_is_wire, display_is_wire};
use crate::syntax::{AddressLiteral, Domain, Expected, Grammar, Host, Mailbox, Path, ReversePath, SyntaxError};

/// A `Received` field: who sent the message to whom, how, and when (RFC 5321 section 4.4).
///
/// Comments may stand in a field that is read and are not kept, except behind the date. A server prepends the field to the
/// message and changes none that is there.
///
/// ```
/// use smtp_core::syntax::{Domain, Grammar, Host, Mailbox};
/// use smtp_core::trace::{ExtendedDomain, Protocol, Received, TcpInfo, TraceDate, TraceId, WithProtocol};
/// use core::net::{IpAddr, Ipv4Addr};
///
/// let tcp_info = TcpInfo::new(Some(Domain::new("mail.example.com")?), IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)));
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
    /// FROM: the name from the client's EHLO and, SHOULD, its address as the connection has it.
    pub from: ExtendedDomain<'a>,
    /// BY: the server that writes the field.
    pub by: ExtendedDomain<'a>,
    /// VIA: the link, which is of interest where it is not TCP.
    pub via: Option<Link<'a>>,
    /// WITH: the protocol.
    pub with: Option<Protocol<'a>>,
    /// ID: the server's name for the message.
    pub id: Option<TraceId<'a>>,
    /// FOR: one recipient at most; for privacy, none where there are several (RFC 5321 section 7.2).
    pub for_recipient: Option<TraceFor<'a>>,
    /// What other standards add.
    pub clauses: Clauses<'a>,
    /// When the message was received.
    pub date: TraceDate<'a>,
}

impl<'a> Received<'a> {
    /// A field with what it has to have; the rest is added by assignment.
    #[must_use]
    pub const fn new(from: ExtendedDomain<'a>, by: ExtendedDomain<'a>, date: TraceDate<'a>) -> Self {
        Self { from, by, via: None, with: None, id: None, for_recipient: None, clauses: Clauses::NONE, date }
    }

    /// A field somebody wrote, from its name to before its last CRLF.
    ///
    /// Two limits are the crate's own. Comments may lie in one another 32 deep, for which RFC 5322 has no limit. A word that
    /// cannot be folded (an atom, a msg-id, the String of a clause, a date with the comment behind it) may have 900 octets,
    /// so that what is written around it leaves a line within the 998 of RFC 5322 section 2.1.1.
    ///
    /// # Errors
    /// [`SyntaxError`] at the octet at which the field leaves the grammar, which many fields in the wild do, or exceeds one
    /// of these limits.
    pub fn parse(octets: &'a [u8], grammar: Grammar) -> Result<Self, SyntaxError> {
        line(octets, |i| {
            let parsed = grammar::received(i, grammar)?;
            // Comments were skipped, whatever is in them.
            match i.iter().position(|octet| !octet.is_ascii()) {
                Some(_) if grammar.smtputf8 => utf8(i, i)?,
                Some(at) => return fail(i.get(at..).unwrap_or_default(), Expected::Clause),
                None => (i, ()),
            };
            Ok(parsed)
        })
    }

    /// Appends the field with its CRLF.
    #[cfg(feature = "alloc")]
    pub fn encode(&self, out: &mut alloc::vec::Vec<u8>) {
        use crate::syntax::wire::{Sink, Wire};
        self.write(out);
        out.put(b"\r\n");
    }
}

/// A host and what the TCP connection says of it (RFC 5321 section 4.4).
///
/// ```text
/// Extended-Domain  = Domain / ( Domain FWS "(" TCP-info ")" ) / ( address-literal FWS "(" TCP-info ")" )
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ExtendedDomain<'a> {
    host: Host<'a>,
    tcp_info: Option<TcpInfo<'a>>,
}

impl<'a> ExtendedDomain<'a> {
    /// A host, by name or by address, with what the connection says of it. Of a [`Host::Text`], the name of a client that is no
    /// domain, all but letters, digits, dots and the signs of an Atom are written as `?`, and such a name is read back with
    /// [`hello_names`](crate::syntax::Dialect::hello_names) only.
    #[must_use]
    pub const fn new(host: Host<'a>, tcp_info: TcpInfo<'a>) -> Self {
        Self { host, tcp_info: Some(tcp_info) }
    }

    /// The host as it calls itself.
    #[must_use]
    pub const fn host(self) -> Host<'a> {
        self.host
    }

    /// What the connection says of it; always there beside an address literal.
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

/// What a server knows from the TCP connection and not from EHLO (RFC 5321 section 4.4).
///
/// `TCP-info = address-literal / ( Domain FWS address-literal )`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_structs, reason = "the grammar has these two parts")]
pub struct TcpInfo<'a> {
    /// The name that the address has in the DNS.
    pub domain: Option<Domain<'a>>,
    /// The address.
    pub address: AddressLiteral<'a>,
}

impl<'a> TcpInfo<'a> {
    /// An address, and the name it has.
    pub fn new(domain: Option<Domain<'a>>, address: impl Into<AddressLiteral<'a>>) -> Self {
        Self { domain, address: address.into() }
    }
}

/// The recipient in a `Received` field: `FOR FWS ( Path / Mailbox )` (RFC 5321 section 4.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "the grammar has these two alternatives")]
pub enum TraceFor<'a> {
    /// In angle brackets.
    Path(Path<'a>),
    /// Without them.
    Mailbox(Mailbox<'a>),
}

impl<'a> TraceFor<'a> {
    /// The mailbox.
    #[must_use]
    pub const fn mailbox(self) -> Mailbox<'a> {
        match self {
            Self::Path(path) => path.mailbox(),
            Self::Mailbox(mailbox) => mailbox,
        }
    }
}

/// In angle brackets, or without them where the path would exceed 256 octets (RFC 5321 section 4.5.3.1.3).
impl<'a> From<Mailbox<'a>> for TraceFor<'a> {
    fn from(mailbox: Mailbox<'a>) -> Self {
        let path = Path::from(mailbox);
        if path.is_over_limit() { Self::Mailbox(mailbox) } else { Self::Path(path) }
    }
}

/// A `Return-Path` field: the reverse-path of the transaction, put first at final delivery (RFC 5321 section 4.4).
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
    /// The path, route included.
    pub ReversePath<'a>,
);

impl<'a> ReturnPath<'a> {
    /// A field somebody wrote, from its name to before its last CRLF.
    ///
    /// # Errors
    /// [`SyntaxError`] at the octet at which the field leaves the grammar.
    pub fn parse(octets: &'a [u8], grammar: Grammar) -> Result<Self, SyntaxError> {
        line(octets, |i| grammar::return_path(i, grammar))
    }

    /// Appends the field with its CRLF.
    #[cfg(feature = "alloc")]
    pub fn encode(&self, out: &mut alloc::vec::Vec<u8>) {
        use crate::syntax::wire::{Sink, Wire};
        self.write(out);
        out.put(b"\r\n");
    }
}

display_is_wire!(Received<'_>, ReturnPath<'_>);
debug_is_wire!(Received, ReturnPath);
