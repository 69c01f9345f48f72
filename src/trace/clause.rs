//! The additional clauses of a `Received` field, which other standards define: their grammar, their values, and how
//! they are written.

use super::grammar::{atom, cfws, foldable, fws, skip, unfolded};
use crate::syntax::command::string;
use crate::syntax::convert::from_text;
use crate::syntax::parameter::priority;
use crate::syntax::scan::{Class, Parse, fail, line, mark, optional, recognized, some, taken, word};
use crate::syntax::wire::{Sink, Wire, debug_is_wire, display_is_wire};
use crate::syntax::{Expected, Grammar, SyntaxError, Text};
use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{take_while_m_n, take_while1};
use nom::combinator::peek;
use nom::sequence::preceded;

/// The additional clauses of a `Received` field: names with values ([RFC 5321 section
/// 4.4](https://www.rfc-editor.org/rfc/rfc5321#section-4.4), EID 1683).
///
/// ```
/// use smtp_core::syntax::Text;
/// use smtp_core::trace::{ClauseValue, Clauses, HandlingState};
///
/// let text = "tls TLS_AES_128_GCM_SHA256 group x25519 state quarantine/spam PRIORITY -3";
/// let clauses = Clauses::new(text)?;
/// assert_eq!(clauses.iter().count(), 4);
/// assert_eq!(clauses.iter().last().unwrap().interpret(), Some(ClauseValue::Priority(-3)));
/// let state = clauses.iter().find(|clause| clause.name.as_str() == "state").unwrap();
/// let why = Some(Text::new("spam")?);
/// assert_eq!(state.interpret(), Some(ClauseValue::State(HandlingState::Quarantine, why)));
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, Default)]
pub struct Clauses<'a>(&'a [u8]);

impl<'a> Clauses<'a> {
    /// No clauses.
    pub const NONE: Clauses<'static> = Clauses(&[]);

    /// Creates clauses from a text in which single spaces separate names and values. Servers SHOULD NOT use names that
    /// are not registered.
    ///
    /// # Errors
    /// Returns [`SyntaxError`] if the text is not a sequence of names and Strings, or if a name is that of another
    /// clause (FROM, BY, VIA, WITH, ID, FOR).
    pub fn new(text: &'a str) -> Result<Self, SyntaxError> {
        line(text.as_bytes(), |i| unfolded(i).and_then(|_| clauses(i, Grammar::SMTPUTF8)))
    }

    /// Returns `true` if there are no clauses.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.iter().next().is_none()
    }

    /// Returns an iterator over the clauses, in order.
    pub fn iter(self) -> impl Iterator<Item = Clause<'a>> + Clone {
        let mut rest = self.0;
        core::iter::from_fn(move || {
            let (after, found) = clause(skip(rest, cfws), Grammar::SMTPUTF8).ok()?;
            rest = after;
            Some(found)
        })
    }
}

from_text!(Clauses);

impl PartialEq for Clauses<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Clauses<'_> {}

impl core::hash::Hash for Clauses<'_> {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        self.iter().for_each(|clause| clause.hash(state));
    }
}

/// One additional clause: `Atom FWS String`.
///
/// ```
/// use smtp_core::trace::Clauses;
///
/// let clauses = Clauses::new("PRIORITY 3")?;
/// let clause = clauses.iter().next().unwrap();
/// assert_eq!((clause.name.as_str(), clause.value.as_str()), ("PRIORITY", "3"));
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Clause<'a> {
    /// The name, in the case in which it was written. Case does not matter.
    pub name: Text<'a>,
    /// The value: an atom, or a quoted-string with its quotes.
    pub value: Text<'a>,
}

/// The meaning of a registered clause (IANA registry "Additional-registered-clauses").
///
/// ```
/// use smtp_core::trace::{Clauses, ClauseValue};
///
/// let clauses = Clauses::new("PRIORITY 3")?;
/// assert_eq!(clauses.iter().next().unwrap().interpret(), Some(ClauseValue::Priority(3)));
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ClauseValue<'a> {
    /// PRIORITY, -9 to 9: the value of MT-PRIORITY ([RFC 6710 section
    /// 7](https://www.rfc-editor.org/rfc/rfc6710#section-7)).
    Priority(i8),
    /// state: the message enters this state. The optional value after it gives details ([RFC 6729 section
    /// 3](https://www.rfc-editor.org/rfc/rfc6729#section-3)).
    State(HandlingState, Option<Text<'a>>),
    /// tls: the cipher suite by its registered name, or `0x` and four hexadecimal digits ([RFC 8314 section
    /// 4.3](https://www.rfc-editor.org/rfc/rfc8314#section-4.3)).
    Tls(Text<'a>),
    /// group: the Diffie-Hellman group. It comes immediately after tls ([RFC 8314 section
    /// 4.3](https://www.rfc-editor.org/rfc/rfc8314#section-4.3)).
    Group(Text<'a>),
}

macro_rules! states {
    ($($name:ident $keyword:literal $text:literal;)*) => {
        /// A registered state of a message in transit ([RFC 6729](https://www.rfc-editor.org/rfc/rfc6729), IANA
        /// registry "Registered-states").
        ///
        /// ```
        /// use smtp_core::trace::HandlingState;
        ///
        /// assert_eq!(HandlingState::Auth.keyword(), "auth");
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum HandlingState {
            $(
                #[doc = concat!("`", $keyword, "`: ", $text, ".")]
                $name,
            )*
        }

        impl HandlingState {
            /// All registered states.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Returns the keyword, in lower case.
            #[must_use]
            pub const fn keyword(self) -> &'static str {
                match self {
                    $(Self::$name => $keyword,)*
                }
            }
        }
    };
}

states! {
    Auth "auth" "held for message authentication";
    Content "content" "held for message content analysis";
    Convert "convert" "held for message content conversion";
    Moderation "moderation" "held for list moderation";
    Normal "normal" "not held other than to accommodate typical relaying handling";
    Other "other" "held for causes not covered by other states";
    Outbound "outbound" "placed in the outbound queue";
    Quarantine "quarantine" "held for operator action due to content analysis or local policy";
    Timed "timed" "held to accommodate a specific requested delivery window";
}

impl<'a> Clause<'a> {
    /// Parses the value by the grammar of this clause. Returns `None` if the name is not registered or the value does
    /// not match.
    #[must_use]
    pub fn interpret(self) -> Option<ClauseValue<'a>> {
        let value = self.value.as_bytes();
        let is = |name: &str| self.name.as_bytes().eq_ignore_ascii_case(name.as_bytes());
        if is("PRIORITY") {
            line(value, priority).ok().map(ClauseValue::Priority)
        } else if is("state") {
            line(value, state).ok().map(|(state, label)| ClauseValue::State(state, label))
        } else if is("tls") {
            line(value, tls_cipher).ok().map(ClauseValue::Tls)
        } else if is("group") {
            line(value, dh_group).ok().map(ClauseValue::Group)
        } else {
            None
        }
    }
}

/// ```text
/// queue-state-keyword [ "/" value ]
/// value = token
/// ```
/// (RFC 6729 section 3, for the registered states). The whole is a String of RFC 5321, here an atom. The value is
/// therefore limited to octets that both a token of RFC 2045 section 5.1 and an atom may contain: no ".", which only a
/// token may have, and no "/", "?", "=" or octets outside ASCII, which only an atom may have.
fn state(i: &[u8]) -> Parse<'_, (HandlingState, Option<Text<'_>>)> {
    let registered = |keyword: &[u8]| {
        let is_it = |state: &HandlingState| keyword.eq_ignore_ascii_case(state.keyword().as_bytes());
        HandlingState::ALL.iter().copied().find(is_it)
    };
    let token = take_while1(|octet| Class::ATEXT.has(octet) && !matches!(octet, b'/' | b'?' | b'='));
    (some(Class::ALPHA).map_opt(registered), optional(mark(b'/'), token.map(Text))).parse(i)
}

/// `tls-cipher = tls-cipher-name / tls-cipher-hex`, `tls-cipher-name = ALPHA *(ALPHA / DIGIT / "_")`,
/// `tls-cipher-hex = "0x" 4HEXDIG` (RFC 8314 section 4.3)
fn tls_cipher(i: &[u8]) -> Parse<'_, Text<'_>> {
    let name = preceded(peek(some(Class::ALPHA)), take_while1(|octet| Class::LET_DIG.has(octet) || octet == b'_'));
    let hex = recognized((word("0x"), take_while_m_n(4, 4, |octet| Class::HEXDIG.has(octet))));
    alt((name, hex)).map(Text).parse(i)
}

/// `dh-group = ALPHA *(ALPHA / DIGIT / "_" / "-")` (RFC 8314 section 4.3)
fn dh_group(i: &[u8]) -> Parse<'_, Text<'_>> {
    preceded(peek(some(Class::ALPHA)), some(Class::TOKEN)).map(Text).parse(i)
}

/// `Additional-Registered-Clauses = 1*(CFWS Atom FWS String)` (EID 1683). The first CFWS may be missing.
pub(super) fn clauses(i: &[u8], grammar: Grammar) -> Parse<'_, Clauses<'_>> {
    let mut rest = i;
    loop {
        // A quoted-string ends at its quote, but the next clause must not follow it without white space.
        let start = match cfws(rest) {
            Ok((start, ())) => start,
            Err(_) if rest.len() == i.len() || matches!(rest, [] | [b';', ..]) => rest,
            Err(error) => return Err(error),
        };
        match start {
            [] | [b';', ..] => break,
            _ => rest = clause(start, grammar)?.0,
        }
    }
    Ok((rest, Clauses(taken(i, rest))))
}

/// `Atom FWS String`
fn clause(i: &[u8], grammar: Grammar) -> Parse<'_, Clause<'_>> {
    let (rest, name) = atom(i, grammar)?;
    // These clauses have their own place and grammar, and occur once.
    if ["FROM", "BY", "VIA", "WITH", "ID", "FOR"].iter().any(|taken| name.eq_ignore_ascii_case(taken.as_bytes())) {
        return fail(i, Expected::Clause);
    }
    let string = |i| string(i, Grammar { smtputf8: grammar.smtputf8, ..Grammar::STRICT });
    let (rest, value) = preceded(fws, foldable(string)).parse(rest)?;
    Ok((rest, Clause { name: Text(name), value }))
}

/// Writes the clauses with single spaces.
impl Wire for Clauses<'_> {
    fn write<S: Sink + ?Sized>(&self, out: &mut S) {
        for (n, clause) in self.iter().enumerate() {
            if n > 0 {
                out.octet(b' ');
            }
            clause.write(out);
        }
    }
}

impl Wire for Clause<'_> {
    fn write<S: Sink + ?Sized>(&self, out: &mut S) {
        out.put(self.name.as_bytes());
        out.octet(b' ');
        out.put(self.value.as_bytes());
    }
}

impl Wire for ClauseValue<'_> {
    fn write<S: Sink + ?Sized>(&self, out: &mut S) {
        match self {
            Self::Priority(priority) => {
                out.put(if *priority < 0 { b"PRIORITY -" } else { b"PRIORITY " });
                out.number(u64::from(priority.unsigned_abs()));
            }
            Self::State(state, label) => {
                out.put(b"state ");
                out.put(state.keyword().as_bytes());
                if let Some(label) = label {
                    out.octet(b'/');
                    label.write(out);
                }
            }
            Self::Tls(cipher) => {
                out.put(b"tls ");
                cipher.write(out);
            }
            Self::Group(group) => {
                out.put(b"group ");
                group.write(out);
            }
        }
    }
}

display_is_wire!(Clauses<'_>, Clause<'_>, ClauseValue<'_>);
debug_is_wire!(Clauses);

#[cfg(feature = "alloc")]
mod owned {
    use super::{ClauseValue, Clauses, Expected, SyntaxError, Wire};
    use alloc::vec::Vec;

    /// Owned additional clauses, built one by one.
    ///
    /// ```
    /// use smtp_core::syntax::Text;
    /// use smtp_core::trace::{ClauseValue, ClausesBuf};
    ///
    /// let mut clauses = ClausesBuf::new();
    /// clauses.push(ClauseValue::Tls(Text::new("TLS_AES_128_GCM_SHA256")?))?;
    /// clauses.push(ClauseValue::Group(Text::new("x25519")?))?;
    /// assert_eq!(clauses.as_clauses().to_string(), "tls TLS_AES_128_GCM_SHA256 group x25519");
    /// assert!(clauses.push(ClauseValue::Priority(10)).is_err());
    /// assert!(clauses.push(ClauseValue::Group(Text::new("x25519")?)).is_err(), "not after tls");
    /// # Ok::<(), smtp_core::syntax::SyntaxError>(())
    /// ```
    #[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
    pub struct ClausesBuf(Vec<u8>);

    impl ClausesBuf {
        /// Creates an empty list.
        #[must_use]
        pub const fn new() -> Self {
            Self(Vec::new())
        }

        /// Appends a clause.
        ///
        /// # Errors
        /// Returns [`SyntaxError`] if the value does not match the grammar of its clause, or if group would not follow
        /// immediately after tls.
        pub fn push(&mut self, value: ClauseValue<'_>) -> Result<(), SyntaxError> {
            let mut text = Vec::new();
            value.write(&mut text);
            let wrong = SyntaxError::new(Expected::Clause, crate::syntax::Part::Argument, 0);
            let last = self.as_clauses().iter().last().and_then(super::Clause::interpret);
            if matches!(value, ClauseValue::Group(_)) && !matches!(last, Some(ClauseValue::Tls(_))) {
                return Err(wrong);
            }
            let parsed = crate::syntax::scan::line(&text, |i| super::clauses(i, crate::syntax::Grammar::SMTPUTF8))?;
            if parsed.iter().next().and_then(super::Clause::interpret) != Some(value) {
                return Err(wrong);
            }
            if !self.0.is_empty() {
                self.0.push(b' ');
            }
            self.0.append(&mut text);
            Ok(())
        }

        /// Borrows the clauses.
        #[must_use]
        pub fn as_clauses(&self) -> Clauses<'_> {
            Clauses(&self.0)
        }
    }
}

#[cfg(feature = "alloc")]
pub use owned::ClausesBuf;
