//! The arguments and lines of AUTH: mechanism names, base64 text, the response of PLAIN and the challenges of LOGIN (RFC
//! 4954, RFC 4422, RFC 4616). The exchanges themselves are in `sasl`.

use super::convert::{as_octets, from_octets, from_text};
use super::scan::{Class, Parse, fail, line, span};
use super::wire::{Sink, Wire, display_is_wire};
use super::{Expected, SyntaxError};
use crate::fast::{keyword, swar};
use core::fmt;
use core::hash::{Hash, Hasher};

const MECHANISM_LIMIT: usize = 20;
/// The limit for a line of an AUTH exchange in octets, CRLF included (RFC 4954 section 4).
pub(crate) const LINE_LIMIT: usize = 12_288;

/// The name of a SASL mechanism, at most 20 octets ([RFC 4422 section
/// 3.1](https://www.rfc-editor.org/rfc/rfc4422#section-3.1)). Case does not matter ([RFC 4954 section
/// 8](https://www.rfc-editor.org/rfc/rfc4954#section-8)); names are written in upper case.
///
/// ```
/// use smtp_core::syntax::Mechanism;
///
/// assert_eq!(Mechanism::new("plain")?, Mechanism::PLAIN);
/// assert_eq!(Mechanism::new("plain")?.to_string(), "PLAIN");
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy)]
#[doc(alias = "SASL")]
pub struct Mechanism<'a>(&'a [u8]);

macro_rules! mechanisms {
    ($($name:ident = $text:literal;)*) => {
        impl Mechanism<'static> {
            $(
                #[doc = concat!("`", $text, "`")]
                pub const $name: Self = Self($text.as_bytes());
            )*

            /// The mechanisms that SMTP servers commonly offer.
            pub const COMMON: &'static [Self] = &[$(Self::$name),*];
        }

        #[allow(clippy::upper_case_acronyms, non_camel_case_types, reason = "named after the mechanisms")]
        enum Place {
            $($name,)*
        }

        /// The last octets of each name, by which the names differ.
        mod ends {
            use crate::fast::keyword::end_key;

            $(pub(super) const $name: u64 = end_key($text);)*
        }

        /// Returns the index in [`Mechanism::COMMON`] of the mechanism with this end.
        const fn place(end: u64) -> Option<usize> {
            match end {
                $(ends::$name => Some(Place::$name as usize),)*
                _ => None,
            }
        }
    };
}

mechanisms! {
    PLAIN = "PLAIN";
    LOGIN = "LOGIN";
    EXTERNAL = "EXTERNAL";
    CRAM_MD5 = "CRAM-MD5";
    DIGEST_MD5 = "DIGEST-MD5";
    SCRAM_SHA_1 = "SCRAM-SHA-1";
    SCRAM_SHA_1_PLUS = "SCRAM-SHA-1-PLUS";
    SCRAM_SHA_256 = "SCRAM-SHA-256";
    SCRAM_SHA_256_PLUS = "SCRAM-SHA-256-PLUS";
    OAUTHBEARER = "OAUTHBEARER";
    XOAUTH2 = "XOAUTH2";
    GSSAPI = "GSSAPI";
    NTLM = "NTLM";
    ANONYMOUS = "ANONYMOUS";
}

impl<'a> Mechanism<'a> {
    /// Creates a mechanism from its name.
    ///
    /// # Errors
    /// Returns [`SyntaxError`] if the text is not a mechanism name.
    pub fn new(name: &'a str) -> Result<Self, SyntaxError> {
        line(name.as_bytes(), mechanism)
    }

    /// Returns the name as it was sent.
    #[must_use]
    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// Returns the index in [`COMMON`](Self::COMMON).
    pub(crate) fn common(self) -> Option<usize> {
        common_mechanism(self.0)
    }

    #[cfg(feature = "alloc")]
    pub(crate) fn relocate<'b>(self, place: &mut impl FnMut(&'a [u8]) -> &'b [u8]) -> Mechanism<'b> {
        Mechanism(place(self.0))
    }
}

/// Returns the index in [`Mechanism::COMMON`] of the mechanism with this name, in any case.
#[inline]
pub(crate) fn common_mechanism(name: &[u8]) -> Option<usize> {
    let which = place(keyword::end_key_of(name))?;
    let known = Mechanism::COMMON.get(which)?;
    keyword::is_alike(name, known.0).then_some(which)
}

impl PartialEq for Mechanism<'_> {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.0.len() == other.0.len() && self.0.eq_ignore_ascii_case(other.0)
    }
}

impl Eq for Mechanism<'_> {}

impl Hash for Mechanism<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.iter().for_each(|octet| state.write_u8(octet.to_ascii_uppercase()));
    }
}

/// `sasl-mech = 1*20mech-char`, `mech-char = UPPER-ALPHA / DIGIT / HYPHEN / UNDERSCORE`, in either case
pub(crate) fn mechanism(i: &[u8]) -> Parse<'_, Mechanism<'_>> {
    // Written by hand: with `limited` and `some`, an AUTH line takes 7 % more instructions.
    match span(i, Class::TOKEN) {
        ([], _) => fail(i, Expected::Mechanism),
        (name, _) if name.len() > MECHANISM_LIMIT => {
            fail(i.get(MECHANISM_LIMIT..).unwrap_or_default(), Expected::Mechanism)
        }
        (name, rest) => Ok((rest, Mechanism(name))),
    }
}

impl Wire for Mechanism<'_> {
    fn write<S: Sink + ?Sized>(&self, out: &mut S) {
        self.0.iter().for_each(|octet| out.octet(octet.to_ascii_uppercase()));
    }
}

display_is_wire!(Mechanism<'_>);
as_octets!(Mechanism, Base64);
from_text!(Mechanism);
from_octets!(Mechanism: |octets| line(octets, mechanism), Base64: Self::parse);
super::wire::debug_is_wire!(Mechanism);

/// Base64 text as it is on the line. It has been checked: every character is of the alphabet, and padding is only at
/// the end ([RFC 4954 section 8](https://www.rfc-editor.org/rfc/rfc4954#section-8)). It may be a credential, so `Debug`
/// does not show it.
///
/// ```
/// use smtp_core::syntax::Base64;
///
/// let text = Base64::parse(b"AGpvZQBzZWNyZXQ=")?;
/// assert!(text.decode().eq(*b"\0joe\0secret"));
/// assert_eq!(format!("{text:?}"), "Base64([redacted])");
/// assert!(Base64::parse(b"AGpv=").is_err());
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Base64<'a>(&'a [u8]);

impl<'a> Base64<'a> {
    /// The empty text: an empty line in an exchange, or `=` as an initial response.
    pub const EMPTY: Base64<'static> = Base64(&[]);

    /// Parses base64 text that a peer sent. It may be empty.
    ///
    /// # Errors
    /// Returns [`SyntaxError`] with the offset of the first character that is not allowed there.
    pub fn parse(octets: &'a [u8]) -> Result<Self, SyntaxError> {
        line(octets, base64)
    }

    /// Returns the text.
    #[must_use]
    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// Returns the octets that the text encodes.
    pub fn decode(self) -> impl Iterator<Item = u8> + Clone + use<'a> {
        self.0.chunks(4).flat_map(|group| {
            let padding = group.iter().filter(|&&octet| octet == b'=').count();
            let bits = group.iter().fold(0u32, |bits, &octet| bits << 6 | sextet(octet));
            let [_, octets @ ..] = bits.to_be_bytes();
            octets.into_iter().take(3usize.saturating_sub(padding))
        })
    }
}

#[cfg(feature = "alloc")]
impl<'a> Base64<'a> {
    pub(crate) fn relocate<'b>(self, place: &mut impl FnMut(&'a [u8]) -> &'b [u8]) -> Base64<'b> {
        Base64(place(self.0))
    }
}

impl fmt::Debug for Base64<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Base64([redacted])")
    }
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Returns the value of a character. Padding has the value 0.
const fn sextet(octet: u8) -> u32 {
    (match octet {
        b'A'..=b'Z' => octet.wrapping_sub(b'A'),
        b'a'..=b'z' => octet.wrapping_sub(b'a').wrapping_add(26),
        b'0'..=b'9' => octet.wrapping_sub(b'0').wrapping_add(52),
        b'+' => 62,
        b'/' => 63,
        _ => 0,
    }) as u32
}

/// ```text
/// base64          = base64-terminal / ( 1*(4base64-char) [base64-terminal] )
/// base64-char     = ALPHA / DIGIT / "+" / "/"     ;; Case-sensitive
/// base64-terminal = (2base64-char "==") / (3base64-char "=")
/// ```
/// or the empty text
pub(crate) fn base64(i: &[u8]) -> Parse<'_, Base64<'_>> {
    let run = swar::span::<swar::Base64>(i, 0).and_then(|length| i.split_at_checked(length));
    let (run, rest) = run.unwrap_or_else(|| span(i, Class::BASE64));
    let rest = match (run.len() % 4, rest) {
        (0, rest) => rest,
        (2, [b'=', b'=', rest @ ..]) | (3, [b'=', rest @ ..]) => rest,
        (2, [b'=', rest @ ..]) | (_, rest) => return fail(rest, Expected::Base64),
    };
    if !rest.is_empty() {
        return fail(rest, Expected::Base64);
    }
    Ok((rest, Base64(i)))
}

/// `initial-response = base64 / "="`
pub(crate) fn initial_response(i: &[u8]) -> Parse<'_, Base64<'_>> {
    match i {
        [] => fail(i, Expected::Base64),
        [b'='] => Ok((&[], Base64::EMPTY)),
        _ => base64(i),
    }
}

impl Wire for Base64<'_> {
    fn write<S: Sink + ?Sized>(&self, out: &mut S) {
        out.put(self.0);
    }
}

display_is_wire!(Base64<'_>);

/// The response of the mechanism PLAIN: `[authzid] NUL authcid NUL passwd` ([RFC 4616 section
/// 2](https://www.rfc-editor.org/rfc/rfc4616#section-2)). `Debug` does not show the password.
///
/// ```
/// use smtp_core::syntax::Plain;
///
/// let plain = Plain::parse(b"\0joe\0secret").unwrap();
/// assert_eq!((plain.authorization, plain.authentication, plain.password), ("", "joe", "secret"));
/// assert_eq!(plain.encode().unwrap().as_base64().to_string(), "AGpvZQBzZWNyZXQ=");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "RFC 4616 has these three parts")]
pub struct Plain<'a> {
    /// authzid: the user to act for. Empty for the authenticated user.
    pub authorization: &'a str,
    /// authcid: the user who authenticates.
    pub authentication: &'a str,
    /// passwd: the password.
    pub password: &'a str,
}

impl<'a> Plain<'a> {
    /// Parses a decoded response. Returns `None` if it does not have three parts, if they are not UTF-8, or if authcid
    /// or passwd is empty.
    #[must_use]
    pub fn parse(octets: &'a [u8]) -> Option<Self> {
        let mut parts = core::str::from_utf8(octets).ok()?.split('\0');
        let (authorization, authentication, password) = (parts.next()?, parts.next()?, parts.next()?);
        let whole = parts.next().is_none() && !authentication.is_empty() && !password.is_empty();
        whole.then_some(Self { authorization, authentication, password })
    }

    /// Encodes the response in base64. Returns `None` if a part contains a NUL, or if authcid or passwd is empty.
    #[cfg(feature = "alloc")]
    #[must_use]
    pub fn encode(&self) -> Option<Base64Buf> {
        let parts = [self.authorization, self.authentication, self.password];
        let text = parts.join("\0");
        (Plain::parse(text.as_bytes())? == *self).then(|| Base64Buf::encode(text.as_bytes()))
    }
}

impl fmt::Debug for Plain<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Plain")
            .field("authorization", &self.authorization)
            .field("authentication", &self.authentication)
            .field("password", &format_args!("[redacted]"))
            .finish()
    }
}

/// The challenge of LOGIN for the user name: `Username:`. No RFC defines LOGIN.
pub const LOGIN_USERNAME: &[u8] = b"Username:";
/// The challenge of LOGIN for the password: `Password:`.
pub const LOGIN_PASSWORD: &[u8] = b"Password:";

/// Writes the base64 form of octets, as groups of four characters.
pub(crate) fn write_base64<S: Sink + ?Sized>(octets: &[u8], out: &mut S) {
    for group in octets.chunks(3) {
        let bits = group.iter().fold(0u32, |bits, &octet| bits << 8 | u32::from(octet));
        let bits = bits << (8usize.saturating_mul(3usize.saturating_sub(group.len())));
        for at in 0..4usize {
            let index = (bits >> 18usize.saturating_sub(6usize.saturating_mul(at))) & 63;
            let character = ALPHABET.get(index as usize).copied().unwrap_or(b'=');
            out.octet(if at > group.len() { b'=' } else { character });
        }
    }
}

#[cfg(feature = "alloc")]
mod owned {
    use super::{Base64, write_base64};
    use alloc::vec::Vec;
    use core::fmt;

    /// Owned base64 text.
    ///
    /// ```
    /// use smtp_core::syntax::Base64Buf;
    ///
    /// let response = Base64Buf::encode(b"\0joe\0secret");
    /// assert_eq!(response.as_base64().as_bytes(), b"AGpvZQBzZWNyZXQ=");
    /// ```
    #[derive(Clone, PartialEq, Eq, Hash)]
    pub struct Base64Buf(Vec<u8>);

    impl Base64Buf {
        /// Encodes octets in base64.
        #[must_use]
        pub fn encode(octets: &[u8]) -> Self {
            let mut text = Vec::with_capacity(octets.len().div_ceil(3).saturating_mul(4));
            write_base64(octets, &mut text);
            Self(text)
        }

        /// Borrows the text.
        #[must_use]
        pub fn as_base64(&self) -> Base64<'_> {
            Base64(&self.0)
        }
    }

    impl fmt::Debug for Base64Buf {
        fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.as_base64().fmt(formatter)
        }
    }
}

#[cfg(feature = "alloc")]
pub use owned::Base64Buf;
