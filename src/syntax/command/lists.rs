//! The lists among the arguments: the domains of ATRN, and the attributes of XCLIENT and XFORWARD. The grammar of the
//! lists is in `grammar/relay.rs`.

use super::Text;
use crate::syntax::convert::from_text;
use crate::syntax::dialect::words;
use crate::syntax::wire::token;
use crate::syntax::{Domain, Xtext};

/// Domains separated by commas, or none.
///
/// ```
/// use smtp_core::syntax::{Command, Grammar};
///
/// let command = Command::parse(b"ATRN one.example,two.example", Grammar::STRICT)?;
/// let Command::Atrn(domains) = command else { panic!() };
/// let names: Vec<_> = domains.iter().map(|domain| domain.as_str()).collect();
/// assert_eq!(names, ["one.example", "two.example"]);
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Domains<'a>(pub(crate) &'a [u8]);

impl<'a> Domains<'a> {
    /// Returns an iterator over the domains, in order.
    pub fn iter(self) -> impl Iterator<Item = Domain<'a>> {
        self.0.split(|&octet| octet == b',').filter(|name| !name.is_empty()).map(Domain)
    }
}

/// The attributes of XCLIENT or XFORWARD: names with xtext values.
///
/// ```
/// use smtp_core::syntax::{Command, Grammar};
///
/// let command = Command::parse(b"XCLIENT ADDR=192.0.2.1 NAME=[UNAVAILABLE]", Grammar::STRICT)?;
/// let Command::Xclient(attributes) = command else { panic!() };
/// let (name, value) = attributes.iter().next().unwrap();
/// assert_eq!((name.as_str(), value.as_bytes()), ("ADDR", &b"192.0.2.1"[..]));
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Attributes<'a>(pub(crate) &'a [u8]);

impl<'a> Attributes<'a> {
    /// Returns an iterator over the names and values, in order. Names are in the case in which they were sent.
    pub fn iter(self) -> impl Iterator<Item = (Text<'a>, Xtext<'a>)> {
        words(self.0).filter_map(|attribute| {
            let name = attribute.split(|&octet| octet == b'=').next()?;
            Some((Text(name), Xtext(attribute.get(name.len().saturating_add(1)..)?)))
        })
    }
}

token!(Domains, Attributes);
from_text!(Domains);
