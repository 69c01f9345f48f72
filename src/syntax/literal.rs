//! Address literals: their values, their grammar, and how they are written (RFC 5321 section 4.1.3). The productions of
//! hosts and mailboxes use it.

use super::scan::{Class, Parse, decimal, expected, fail, hexadecimal, line, literal, mark, recognized, span, span1};
use super::wire::{LOWER_CASE, Sink, Wire, debug_is_wire, display_is_wire};
use super::{Expected, Grammar, SyntaxError};
use core::hash::{Hash, Hasher};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use nom::Parser;
use nom::sequence::{delimited, preceded};

/// An address in the place of a domain: `[192.0.2.1]` or `[IPv6:2001:db8::1]` ([RFC 5321 section
/// 4.1.3](https://www.rfc-editor.org/rfc/rfc5321#section-4.1.3)).
///
/// A literal that was parsed is written as it was sent, unless only a [`Dialect`](super::Dialect) allows that form. A
/// literal that was created from an address is written with all its groups. Two literals are equal if their written
/// forms are. `IPv6` is the only registered tag of a General-address-literal, so all others are rejected.
///
/// ```
/// use smtp_core::syntax::{AddressLiteral, Grammar};
/// use core::net::Ipv4Addr;
///
/// let literal = AddressLiteral::parse(b"[192.000.2.1]", Grammar::STRICT)?;
/// assert_eq!(literal.ip(), Ipv4Addr::new(192, 0, 2, 1));
/// assert_eq!(literal.to_string(), "[192.000.2.1]");
/// assert_eq!(AddressLiteral::from(literal.ip()).to_string(), "[192.0.2.1]");
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy)]
pub struct AddressLiteral<'a>(Form<'a>);

#[derive(Clone, Copy)]
enum Form<'a> {
    /// The text as it was sent, without brackets. It is known to be an address.
    Text(&'a [u8]),
    Ip(IpAddr),
}

impl<'a> AddressLiteral<'a> {
    /// Parses a literal that a peer sent, brackets included.
    ///
    /// # Errors
    /// Returns [`SyntaxError`] if the octets are not an address literal.
    pub fn parse(octets: &'a [u8], grammar: Grammar) -> Result<Self, SyntaxError> {
        line(octets, |i| address_literal(i, grammar))
    }

    /// Returns the address.
    #[must_use]
    pub fn ip(self) -> IpAddr {
        match self.0 {
            Form::Ip(ip) => ip,
            // The text was parsed before, so the fallback is never used.
            Form::Text(text) => ip(text, Grammar::LENIENT).map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |(_, ip)| ip),
        }
    }

    /// Creates a literal from the text between the brackets, which was parsed before.
    pub(crate) const fn from_text(text: &'a [u8]) -> Self {
        Self(Form::Text(text))
    }

    #[cfg(feature = "alloc")]
    pub(crate) fn relocate<'b>(self, place: &mut impl FnMut(&'a [u8]) -> &'b [u8]) -> AddressLiteral<'b> {
        AddressLiteral(match self.0 {
            Form::Text(text) => Form::Text(place(text)),
            Form::Ip(ip) => Form::Ip(ip),
        })
    }
}

/// The longest literal is `[IPv6:` with eight groups, or with six groups and an IPv4 address, and `]`.
const LITERAL_LIMIT: usize = 64;

/// The written form of a literal, for comparison.
struct Written {
    octets: [u8; LITERAL_LIMIT],
    length: usize,
}

impl Written {
    fn of(literal: &AddressLiteral<'_>) -> Self {
        let mut octets = [0; LITERAL_LIMIT];
        let mut rest = &mut octets[..];
        literal.write::<dyn Sink>(&mut rest);
        let length = LITERAL_LIMIT.saturating_sub(rest.len());
        Self { octets, length }
    }

    fn text(&self) -> &[u8] {
        self.octets.get(..self.length).unwrap_or_default()
    }
}

impl PartialEq for AddressLiteral<'_> {
    fn eq(&self, other: &Self) -> bool {
        Written::of(self).text() == Written::of(other).text()
    }
}

impl Eq for AddressLiteral<'_> {}

impl Hash for AddressLiteral<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Written::of(self).text().hash(state);
    }
}

impl From<IpAddr> for AddressLiteral<'_> {
    fn from(ip: IpAddr) -> Self {
        Self(Form::Ip(ip))
    }
}

impl From<Ipv4Addr> for AddressLiteral<'_> {
    fn from(ip: Ipv4Addr) -> Self {
        Self(Form::Ip(IpAddr::V4(ip)))
    }
}

impl From<Ipv6Addr> for AddressLiteral<'_> {
    fn from(ip: Ipv6Addr) -> Self {
        Self(Form::Ip(IpAddr::V6(ip)))
    }
}

impl From<AddressLiteral<'_>> for IpAddr {
    fn from(literal: AddressLiteral<'_>) -> Self {
        literal.ip()
    }
}

impl<'a> TryFrom<&'a [u8]> for AddressLiteral<'a> {
    type Error = SyntaxError;

    /// Parses a literal with its brackets by the strict grammar.
    fn try_from(octets: &'a [u8]) -> Result<Self, SyntaxError> {
        Self::parse(octets, Grammar::STRICT)
    }
}

impl<'a> TryFrom<&'a str> for AddressLiteral<'a> {
    type Error = SyntaxError;

    /// Parses a literal with its brackets by the strict grammar.
    fn try_from(text: &'a str) -> Result<Self, SyntaxError> {
        Self::parse(text.as_bytes(), Grammar::STRICT)
    }
}

/// `address-literal = "[" ( IPv4-address-literal / IPv6-address-literal / General-address-literal ) "]"`
pub(crate) fn address_literal(i: &[u8], grammar: Grammar) -> Parse<'_, AddressLiteral<'_>> {
    let bracket = |octet| expected(Expected::AddressLiteral, mark(octet));
    let text = recognized(|i| ip(i, grammar));
    delimited(bracket(b'['), text, bracket(b']')).map(AddressLiteral::from_text).parse(i)
}

/// Parses the text between the brackets. `IPv6-address-literal = "IPv6:" IPv6-addr`
fn ip(i: &[u8], grammar: Grammar) -> Parse<'_, IpAddr> {
    if let [b'I' | b'i', ..] = i {
        let (i, _) = literal(i, "IPv6:", Expected::AddressLiteral)?;
        let (i, address) = ipv6(i, grammar)?;
        return Ok((i, IpAddr::V6(address)));
    }
    let (i, address) = ipv4(i)?;
    Ok((i, IpAddr::V4(address)))
}

/// `IPv4-address-literal = Snum 3("."  Snum)`
pub(crate) fn ipv4(i: &[u8]) -> Parse<'_, Ipv4Addr> {
    let dot_snum = || preceded(expected(Expected::AddressLiteral, mark(b'.')), snum);
    (snum, dot_snum(), dot_snum(), dot_snum()).map(|(a, b, c, d)| Ipv4Addr::new(a, b, c, d)).parse(i)
}

/// `Snum = 1*3DIGIT ; representing a decimal integer value in the range 0 through 255`
fn snum(i: &[u8]) -> Parse<'_, u8> {
    let (rest, digits) = span1(i, Class::DIGIT, Expected::AddressLiteral)?;
    let value = match digits {
        [_] | [_, _] | [_, _, _] => decimal(digits).ok().and_then(|value| u8::try_from(value).ok()),
        _ => return fail(i.get(3..).unwrap_or_default(), Expected::AddressLiteral),
    };
    match value {
        Some(value) => Ok((rest, value)),
        // The third digit is the first that exceeds the range.
        None => fail(i.get(2..).unwrap_or_default(), Expected::AddressLiteral),
    }
}

/// ```text
/// IPv6-addr   = IPv6-full / IPv6-comp / IPv6v4-full / IPv6v4-comp
/// IPv6-full   = IPv6-hex 7(":" IPv6-hex)
/// IPv6-comp   = [IPv6-hex *5(":" IPv6-hex)] "::" [IPv6-hex *5(":" IPv6-hex)]
///             ; The "::" represents at least 2 16-bit groups of zeros.
/// IPv6v4-full = IPv6-hex 5(":" IPv6-hex) ":" IPv4-address-literal
/// IPv6v4-comp = [IPv6-hex *3(":" IPv6-hex)] "::" [IPv6-hex *3(":" IPv6-hex) ":"] IPv4-address-literal
/// ```
/// With `address_literals`, the "::" represents at least one group.
pub(crate) fn ipv6(i: &[u8], grammar: Grammar) -> Parse<'_, Ipv6Addr> {
    let fewest_zeros = if grammar.dialect.address_literals { 1 } else { 2 };
    // The groups so far, without the zeros of the "::", and their number.
    let mut groups = 0u128;
    let mut count = 0u32;
    // The number of groups before the "::".
    let mut gap = None;
    let mut rest = i;
    match rest {
        [b':', b':', after @ ..] => (gap, rest) = (Some(0), after),
        // A single colon is only allowed as the beginning of "::".
        [b':', after @ ..] => return fail(after, Expected::AddressLiteral),
        _ => {}
    }
    loop {
        let (digits, after) = span(rest, Class::HEXDIG);
        if digits.is_empty() && gap == Some(count) {
            break; // "::" may end the address
        }
        if after.first() == Some(&b'.') {
            let (after, tail) = ipv4(rest)?;
            groups = groups << 32 | u128::from(tail.to_bits());
            count = count.saturating_add(2);
            rest = after;
            break;
        }
        let (_, value) = ipv6_hex(rest, digits)?;
        if count == GROUPS {
            return fail(rest, Expected::AddressLiteral);
        }
        groups = groups << 16 | u128::from(value);
        count = count.saturating_add(1);
        rest = match after {
            [b':', b':', after @ ..] if gap.is_none() => {
                gap = Some(count);
                after
            }
            [b':', after @ ..] => after,
            _ => {
                rest = after;
                break;
            }
        };
    }
    // The groups after the "::" stay at the end; those before it move up to the beginning.
    match (gap, GROUPS.checked_sub(count)) {
        (None, Some(0)) => {}
        (Some(gap), Some(zeros)) if zeros >= fewest_zeros => {
            let after = groups & !u128::MAX.checked_shl(count.saturating_sub(gap).saturating_mul(16)).unwrap_or(0);
            let before = groups ^ after;
            groups = before.checked_shl(zeros.saturating_mul(16)).unwrap_or(0) | after;
        }
        _ => return fail(rest, Expected::AddressLiteral),
    }
    Ok((rest, Ipv6Addr::from(groups)))
}

/// The number of groups of an IPv6 address.
const GROUPS: u32 = 8;

/// `IPv6-hex = 1*4HEXDIG`, for all digits at the start of the input
fn ipv6_hex<'a>(i: &'a [u8], digits: &[u8]) -> Parse<'a, u32> {
    if digits.is_empty() {
        return fail(i, Expected::AddressLiteral);
    }
    if digits.len() > 4 {
        return fail(i.get(4..).unwrap_or_default(), Expected::AddressLiteral);
    }
    Ok((i, hexadecimal(digits)))
}

impl Wire for AddressLiteral<'_> {
    fn write<S: Sink + ?Sized>(&self, out: &mut S) {
        out.octet(b'[');
        // A form that only a dialect allows is written with all its groups.
        let form = match self.0 {
            Form::Text(text) if ip(text, Grammar::STRICT).is_err() => Form::Ip(self.ip()),
            form => form,
        };
        match form {
            Form::Text(text) => out.put(text),
            Form::Ip(IpAddr::V4(ip)) => {
                for (n, octet) in ip.octets().into_iter().enumerate() {
                    if n > 0 {
                        out.octet(b'.');
                    }
                    out.number(u64::from(octet));
                }
            }
            Form::Ip(IpAddr::V6(ip)) => {
                out.put(b"IPv6");
                for group in ip.segments() {
                    out.octet(b':');
                    out.hex(u64::from(group), 1, LOWER_CASE);
                }
            }
        }
        out.octet(b']');
    }
}

display_is_wire!(AddressLiteral<'_>);
debug_is_wire!(AddressLiteral);
