//! Conversions of text, octets and IP addresses into the values of `address`, by their constructors.

use super::{Domain, ForwardPath, Host, Mailbox, ReversePath};
use crate::syntax::convert::{from_octets, from_text};
use crate::syntax::{AddressLiteral, Grammar, SyntaxError};
use core::net::IpAddr;

from_text!(Domain, Host, Mailbox);
from_octets! {
    Domain: |octets| Self::parse(octets, Grammar::SMTPUTF8),
    Host: Self::of_ascii,
    Mailbox: |octets| Self::parse(octets, Grammar::SMTPUTF8),
}

impl<'a> From<Domain<'a>> for Host<'a> {
    fn from(domain: Domain<'a>) -> Self {
        Self::Domain(domain)
    }
}

impl<'a> From<AddressLiteral<'a>> for Host<'a> {
    fn from(literal: AddressLiteral<'a>) -> Self {
        Self::Literal(literal)
    }
}

impl From<IpAddr> for Host<'_> {
    /// Returns the host as an address literal.
    fn from(ip: IpAddr) -> Self {
        Self::Literal(ip.into())
    }
}

/// Creates a path of the caller's text, brackets included, by the grammar of RFC 6531.
macro_rules! path_of_text {
    ($($type:ident),*) => { $(
        impl<'a> TryFrom<&'a [u8]> for $type<'a> {
            type Error = SyntaxError;

            /// Parses a path with its brackets, as [`parse`](Self::parse) does with [`Grammar::SMTPUTF8`].
            fn try_from(octets: &'a [u8]) -> Result<Self, SyntaxError> {
                Self::parse(octets, Grammar::SMTPUTF8)
            }
        }

        impl<'a> TryFrom<&'a str> for $type<'a> {
            type Error = SyntaxError;

            /// Parses a path with its brackets, as [`parse`](Self::parse) does with [`Grammar::SMTPUTF8`].
            fn try_from(text: &'a str) -> Result<Self, SyntaxError> {
                Self::parse(text.as_bytes(), Grammar::SMTPUTF8)
            }
        }
    )* };
}

path_of_text!(ReversePath, ForwardPath);
