//! Paths, mailboxes, domains and address literals (RFC 5321 sections 4.1.2 and 4.1.3, RFC 6531 section 3.3).

use super::lexical::block;
use super::lexical::{Class, Fault, Parse, fail, line, literal, octet, span, utf8, whole, within};
use super::literal::AddressLiteral;
use super::wire::{Sink, Wire, debug_is_wire, display_is_wire, token, write_octets};
use super::{Expected, Grammar, Part, SyntaxError};

const LOCAL_PART_LIMIT: usize = 64;
const LABEL_LIMIT: usize = 63;
const DOMAIN_LIMIT: usize = 255;
const PATH_LIMIT: usize = 256;

/// A domain name, at most 255 octets of labels of at most 63 (RFC 5321 sections 2.3.5, 4.1.2 and 4.5.3.1.2).
///
/// Kept as sent; [`equivalent`](Self::equivalent) folds case. A label may be a U-label where RFC 6531 is in force; it is
/// then checked to be well-formed UTF-8, and whether IDNA allows it is for the caller to say.
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
pub struct Domain<'a>(pub(crate) &'a [u8]);

impl<'a> Domain<'a> {
    /// A domain of one's own; U-labels are allowed.
    ///
    /// # Errors
    /// [`SyntaxError`] where the text is no domain.
    pub fn new(text: &'a str) -> Result<Self, SyntaxError> {
        Self::parse(text.as_bytes(), Grammar::SMTPUTF8)
    }

    /// A domain somebody sent.
    ///
    /// # Errors
    /// [`SyntaxError`] where the octets are no domain of this grammar.
    pub fn parse(octets: &'a [u8], grammar: Grammar) -> Result<Self, SyntaxError> {
        line(octets, |i| domain(i, grammar))
    }

    /// The labels, from left to right.
    pub fn labels(self) -> impl Iterator<Item = &'a [u8]> {
        self.0.split(|&octet| octet == b'.')
    }

    /// Do both name the same domain? ASCII case does not matter (RFC 5321 section 2.3.5).
    #[must_use]
    pub fn equivalent(self, other: Domain<'_>) -> bool {
        self.0.eq_ignore_ascii_case(other.0)
    }
}

/// What may stand behind `EHLO` and behind the `@` of a mailbox: `( Domain / address-literal )`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "the grammar has these two alternatives")]
pub enum Host<'a> {
    /// A domain name.
    Domain(Domain<'a>),
    /// An address literal in square brackets.
    Literal(AddressLiteral<'a>),
}

impl<'a> Host<'a> {
    /// A host of one's own, as text: a domain, or an address literal with its brackets.
    ///
    /// # Errors
    /// [`SyntaxError`] where the text is neither.
    pub fn new(text: &'a str) -> Result<Self, SyntaxError> {
        Self::parse(text.as_bytes(), Grammar::SMTPUTF8)
    }

    /// A host somebody sent.
    ///
    /// # Errors
    /// [`SyntaxError`] where the octets are neither domain nor address literal.
    pub fn parse(octets: &'a [u8], grammar: Grammar) -> Result<Self, SyntaxError> {
        line(octets, |i| host(i, grammar))
    }

    /// Do both name the same host? Domains fold case; literals compare by address.
    #[must_use]
    pub fn equivalent(self, other: Host<'_>) -> bool {
        match (self, other) {
            (Host::Domain(one), Host::Domain(two)) => one.equivalent(two),
            (Host::Literal(one), Host::Literal(two)) => one.ip() == two.ip(),
            (Host::Domain(_), Host::Literal(_)) | (Host::Literal(_), Host::Domain(_)) => false,
        }
    }
}

/// The part of a mailbox before the `@`, at most 64 octets, with its quotes if it has any (RFC 5321 section 4.1.2).
///
/// Only the receiving host may interpret it, so it is kept octet for octet, case included.
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
    /// Was it sent as a quoted-string?
    #[must_use]
    pub const fn is_quoted(self) -> bool {
        matches!(self.0, [b'"', ..])
    }

    /// The octets that are meant, without quotes and escapes.
    pub fn content(self) -> impl Iterator<Item = u8> + Clone + use<'a> {
        let quoted = self.0.strip_prefix(b"\"").and_then(|inner| inner.strip_suffix(b"\""));
        let mut octets = quoted.unwrap_or(self.0).iter().copied();
        core::iter::from_fn(move || match octets.next()? {
            b'\\' if quoted.is_some() => octets.next(),
            octet => Some(octet),
        })
    }

    /// Do both mean the same? Quoting does not matter, case does (RFC 5321 sections 2.4 and 4.1.2).
    #[must_use]
    pub fn equivalent(self, other: LocalPart<'_>) -> bool {
        self.content().eq(other.content())
    }

    /// The same local-part with no more quoting than it needs, which is the form that SHOULD be sent (RFC 5321 section
    /// 4.1.2).
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
    fn write<S: Sink>(&self, out: &mut S) {
        write_local_part(self.0.content(), out);
    }
}

display_is_wire!(Minimal<'_>);

/// Writes the content of a local-part, quoted where it is no dot-string.
pub(crate) fn write_local_part<S: Sink>(content: impl Iterator<Item = u8> + Clone, out: &mut S) {
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

/// An address: `Mailbox = Local-part "@" ( Domain / address-literal )` (RFC 5321 section 4.1.2).
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
pub struct Mailbox<'a> {
    text: &'a [u8],
    /// Where in it the `@` stands that divides it.
    at_sign: usize,
}

impl<'a> Mailbox<'a> {
    /// An address of one's own, as text; RFC 6531 addresses are allowed and [`needs_smtputf8`](Self::needs_smtputf8)
    /// tells them apart.
    ///
    /// # Errors
    /// [`SyntaxError`] where the text is no mailbox.
    pub fn new(text: &'a str) -> Result<Self, SyntaxError> {
        Self::parse(text.as_bytes(), Grammar::SMTPUTF8)
    }

    /// An address somebody sent.
    ///
    /// # Errors
    /// [`SyntaxError`] where the octets are no mailbox of this grammar.
    pub fn parse(octets: &'a [u8], grammar: Grammar) -> Result<Self, SyntaxError> {
        line(octets, |i| mailbox(i, grammar))
    }

    /// The part before the `@`.
    #[must_use]
    pub const fn local_part(self) -> LocalPart<'a> {
        match self.text.split_at_checked(self.at_sign) {
            Some((local_part, _)) => LocalPart(local_part),
            None => LocalPart(&[]),
        }
    }

    /// The part behind the `@`.
    #[must_use]
    pub fn host(self) -> Host<'a> {
        match self.text.get(self.at_sign.saturating_add(1)..).unwrap_or_default() {
            [b'[', inner @ .., b']'] => Host::Literal(AddressLiteral::from_text(inner)),
            name => Host::Domain(Domain(name)),
        }
    }

    /// Do both name the same mailbox? Quoting and the case of the domain do not matter, the case of the local-part does.
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

    /// Can it be sent only in a transaction that has SMTPUTF8 (RFC 6531 section 3.4)?
    #[must_use]
    pub fn needs_smtputf8(self) -> bool {
        !self.text.is_ascii()
    }

    const fn length(self) -> usize {
        self.text.len()
    }
}

/// The hops of a source route, `@one,@two` (RFC 5321 section 4.1.2 and appendix C): accepted and kept, to be ignored.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct SourceRoute<'a>(&'a [u8]);

impl<'a> SourceRoute<'a> {
    /// No route, which is how paths should be.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// The hops, in the order in which they stand.
    pub fn hops(self) -> impl Iterator<Item = Domain<'a>> {
        self.0.split(|&octet| octet == b',').filter_map(|hop| hop.strip_prefix(b"@")).map(Domain)
    }
}

/// `Path = "<" [ A-d-l ":" ] Mailbox ">"`, at most 256 octets with its brackets (RFC 5321 sections 4.1.2, 4.5.3.1.3).
///
/// A path that was sent keeps its source route and is written with it; `Path::from(mailbox)` has none.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Path<'a> {
    route: SourceRoute<'a>,
    mailbox: Mailbox<'a>,
}

impl<'a> Path<'a> {
    /// The source route; usually empty.
    #[must_use]
    pub const fn route(self) -> SourceRoute<'a> {
        self.route
    }

    /// The mailbox, which is what a path is for.
    #[must_use]
    pub const fn mailbox(self) -> Mailbox<'a> {
        self.mailbox
    }

    /// Can it be sent only in a transaction that has SMTPUTF8 (RFC 6531 section 3.4)?
    #[must_use]
    pub fn needs_smtputf8(self) -> bool {
        self.mailbox.needs_smtputf8() || !self.route.0.is_ascii()
    }

    /// Would the path be longer than 256 octets? Such a mailbox is grammatical and cannot be sent.
    pub(crate) fn is_over_limit(self) -> bool {
        let route = if self.route.is_empty() { 0 } else { self.route.0.len().saturating_add(1) };
        route.saturating_add(self.mailbox.length()).saturating_add(2) > PATH_LIMIT
    }
}

impl<'a> From<Mailbox<'a>> for Path<'a> {
    fn from(mailbox: Mailbox<'a>) -> Self {
        Self { route: SourceRoute::default(), mailbox }
    }
}

/// The argument of MAIL: `Reverse-path = Path / "<>"` (RFC 5321 section 4.1.2).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "the grammar has these two alternatives")]
pub enum ReversePath<'a> {
    /// `<>`: a message that nobody may answer with another (RFC 5321 section 4.5.5).
    Null,
    /// Where failures are reported to.
    Path(Path<'a>),
}

impl<'a> ReversePath<'a> {
    /// A reverse-path somebody sent.
    ///
    /// # Errors
    /// [`SyntaxError`] where the octets are no reverse-path of this grammar.
    pub fn parse(octets: &'a [u8], grammar: Grammar) -> Result<Self, SyntaxError> {
        line(octets, |i| within(Part::ReversePath, whole(reverse_path(i, i, grammar))))
    }

    /// The mailbox, if it is not the null path.
    #[must_use]
    pub const fn mailbox(self) -> Option<Mailbox<'a>> {
        match self {
            Self::Null => None,
            Self::Path(path) => Some(path.mailbox),
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

/// The argument of RCPT: `"<Postmaster>" / Forward-path` (RFC 5321 section 4.1.1.3).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "the grammar has these two alternatives")]
pub enum ForwardPath<'a> {
    /// `<Postmaster>` without a domain, in any case: whoever looks after the server.
    Postmaster,
    /// A recipient.
    Path(Path<'a>),
}

impl<'a> ForwardPath<'a> {
    /// A forward-path somebody sent.
    ///
    /// # Errors
    /// [`SyntaxError`] where the octets are no forward-path of this grammar.
    pub fn parse(octets: &'a [u8], grammar: Grammar) -> Result<Self, SyntaxError> {
        line(octets, |i| within(Part::ForwardPath, whole(forward_path(i, i, grammar))))
    }

    /// The mailbox, if it has a domain.
    #[must_use]
    pub const fn mailbox(self) -> Option<Mailbox<'a>> {
        match self {
            Self::Postmaster => None,
            Self::Path(path) => Some(path.mailbox),
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

/// `Domain = sub-domain *("." sub-domain)`
///
/// `sub-domain = Let-dig [Ldh-str]`, `Ldh-str = *( ALPHA / DIGIT / "-" ) Let-dig`; RFC 6531: `sub-domain =/ U-label`
#[inline]
pub(crate) fn domain(i: &[u8], grammar: Grammar) -> Parse<'_, Domain<'_>> {
    match common_domain(i, 0) {
        Some((name, rest)) if !non_ascii(rest) => Ok((rest, Domain(name))),
        _ => any_domain(i, grammar),
    }
}

/// A domain of ASCII that is too short for a label to be over its limit, at an offset of the input; and what follows it.
#[inline]
pub(super) fn common_domain(i: &[u8], at: usize) -> Option<(&[u8], &[u8])> {
    let length = block::domain(i, at)?.saturating_sub(at);
    if length <= LABEL_LIMIT { i.get(at..)?.split_at_checked(length) } else { None }
}

/// Would it go on if there were more than ASCII?
fn non_ascii(rest: &[u8]) -> bool {
    rest.first().is_some_and(|octet| !octet.is_ascii())
}

#[inline(never)]
fn any_domain(i: &[u8], grammar: Grammar) -> Parse<'_, Domain<'_>> {
    let ldh = Class::LDH.extended(grammar.smtputf8);
    let let_dig = Class::LET_DIG.extended(grammar.smtputf8);
    let mut rest = i;
    loop {
        let (label, behind) = span(rest, ldh);
        match label {
            [first, .., last] | [first @ last] => {
                if !let_dig.has(*first) {
                    return fail(rest, Expected::Domain);
                }
                if label.len() > LABEL_LIMIT {
                    return fail(rest.get(LABEL_LIMIT..).unwrap_or_default(), Expected::LabelWithinLimit);
                }
                if !let_dig.has(*last) {
                    return fail(behind, Expected::Domain);
                }
            }
            [] => return fail(rest, Expected::Domain),
        }
        rest = behind;
        match rest {
            [b'.', behind @ ..] => rest = behind,
            _ => break,
        }
    }
    let (name, rest) = i.split_at_checked(i.len().saturating_sub(rest.len())).unwrap_or((i, &[]));
    if name.len() > DOMAIN_LIMIT {
        return fail(i.get(DOMAIN_LIMIT..).unwrap_or_default(), Expected::DomainWithinLimit);
    }
    if grammar.smtputf8 {
        utf8(i, name)?;
    }
    Ok((rest, Domain(name)))
}

/// `( Domain / address-literal )`
pub(crate) fn host(i: &[u8], grammar: Grammar) -> Parse<'_, Host<'_>> {
    if i.first() == Some(&b'[') {
        let (rest, literal) = super::literal::address_literal(i, grammar)?;
        return Ok((rest, Host::Literal(literal)));
    }
    let (rest, domain) = domain(i, grammar)?;
    Ok((rest, Host::Domain(domain)))
}

/// `Dot-string = Atom *("."  Atom)`, `Atom = 1*atext`; RFC 6531: `atext =/ UTF8-non-ascii`
fn dot_string(i: &[u8], grammar: Grammar) -> Parse<'_, &[u8]> {
    let atext = Class::ATEXT.extended(grammar.smtputf8);
    let mut rest = i;
    loop {
        let (atom, behind) = span(rest, atext);
        if atom.is_empty() {
            return fail(rest, Expected::LocalPart);
        }
        rest = behind;
        match rest {
            [b'.', behind @ ..] => rest = behind,
            _ => break,
        }
    }
    let (text, rest) = i.split_at_checked(i.len().saturating_sub(rest.len())).unwrap_or((i, &[]));
    Ok((rest, text))
}

/// `Quoted-string = DQUOTE 1*QcontentSMTP DQUOTE` (EID 5414), quotes included in the result.
///
/// `QcontentSMTP = qtextSMTP / quoted-pairSMTP`, `quoted-pairSMTP = %d92 %d32-126`,
/// `qtextSMTP = %d32-33 / %d35-91 / %d93-126`; RFC 6531: `qtextSMTP =/ UTF8-non-ascii`
pub(crate) fn quoted_string(i: &[u8], grammar: Grammar) -> Parse<'_, &[u8]> {
    let qtext = Class::QTEXT.extended(grammar.smtputf8);
    let (mut rest, ()) = octet(i, b'"', Expected::LocalPart)?;
    if rest.first() == Some(&b'"') {
        return fail(rest, Expected::LocalPart);
    }
    loop {
        rest = span(rest, qtext).1;
        rest = match rest {
            [b'\\', b' '..=b'~', rest @ ..] => rest,
            [b'\\', rest @ ..] => return fail(rest, Expected::QuoteEnd),
            [b'"', rest @ ..] => {
                let (text, rest) = i.split_at_checked(i.len().saturating_sub(rest.len())).unwrap_or((i, &[]));
                return Ok((rest, text));
            }
            _ => return fail(rest, Expected::QuoteEnd),
        };
    }
}

/// `Local-part = Dot-string / Quoted-string`
fn local_part(i: &[u8], grammar: Grammar) -> Parse<'_, LocalPart<'_>> {
    let (rest, text) = if i.first() == Some(&b'"') { quoted_string(i, grammar)? } else { dot_string(i, grammar)? };
    if text.len() > LOCAL_PART_LIMIT {
        return fail(i.get(LOCAL_PART_LIMIT..).unwrap_or_default(), Expected::LocalPartWithinLimit);
    }
    if grammar.smtputf8 {
        utf8(i, text)?;
    }
    Ok((rest, LocalPart(text)))
}

/// `Mailbox = Local-part "@" ( Domain / address-literal )`
#[inline]
pub(crate) fn mailbox(i: &[u8], grammar: Grammar) -> Parse<'_, Mailbox<'_>> {
    match common_mailbox(i, 0) {
        Some((mailbox, rest)) if !non_ascii(rest) => Ok((rest, mailbox)),
        _ => any_mailbox(i, grammar),
    }
}

/// A mailbox of ASCII, without quotes and without an address literal, at an offset of the input; and what follows it.
#[inline(always)]
fn common_mailbox(i: &[u8], at: usize) -> Option<(Mailbox<'_>, &[u8])> {
    let (at_sign, end) = block::mailbox(i, at)?;
    let (text, rest) = i.get(at..)?.split_at_checked(end.wrapping_sub(at))?;
    let at_sign = at_sign.wrapping_sub(at);
    let fits = at_sign <= LOCAL_PART_LIMIT && text.len().wrapping_sub(at_sign) <= LABEL_LIMIT + 1;
    fits.then_some((Mailbox { text, at_sign }, rest))
}

#[inline(never)]
fn any_mailbox(i: &[u8], grammar: Grammar) -> Parse<'_, Mailbox<'_>> {
    let (rest, local_part) = local_part(i, grammar)?;
    let (rest, ()) = octet(rest, b'@', Expected::At)?;
    let (rest, _) = host(rest, grammar)?;
    let (text, rest) = i.split_at_checked(i.len().saturating_sub(rest.len())).unwrap_or((i, &[]));
    Ok((rest, Mailbox { text, at_sign: local_part.0.len() }))
}

/// `A-d-l = At-domain *( "," At-domain )`, `At-domain = "@" Domain`, and the ":" behind it
fn source_route(i: &[u8], grammar: Grammar) -> Parse<'_, SourceRoute<'_>> {
    if i.first() != Some(&b'@') {
        return Ok((i, SourceRoute::default()));
    }
    let mut rest = i;
    loop {
        let (behind, ()) = octet(rest, b'@', Expected::RouteEnd)?;
        let (behind, _) = domain(behind, grammar)?;
        match behind {
            [b',', behind @ ..] => rest = behind,
            [b':', behind @ ..] => {
                let length = i.len().saturating_sub(behind.len()).saturating_sub(1);
                return Ok((behind, SourceRoute(i.get(..length).unwrap_or_default())));
            }
            _ => return fail(behind, Expected::RouteEnd),
        }
    }
}

/// `Path = "<" [ A-d-l ":" ] Mailbox ">"`
pub(crate) fn path(i: &[u8], grammar: Grammar) -> Parse<'_, Path<'_>> {
    let bare = grammar.dialect.path_without_brackets && i.first() != Some(&b'<');
    let start = if bare { i } else { octet(i, b'<', Expected::PathStart)?.0 };
    let (rest, route) = source_route(start, grammar)?;
    let (rest, mailbox) = mailbox(rest, grammar)?;
    let path = Path { route, mailbox };
    if path.is_over_limit() {
        return fail(i.get(PATH_LIMIT..).unwrap_or_default(), Expected::PathWithinLimit);
    }
    let rest = if bare { rest } else { octet(rest, b'>', Expected::PathEnd)?.0 };
    Ok((rest, path))
}

/// A path in brackets of a mailbox that [`common_mailbox`] takes, which is shorter than any limit, and what follows it. The
/// path is the end of `line` from `i` on: a block needs more octets than a short path has.
#[inline]
fn common_path<'a>(line: &'a [u8], i: &'a [u8]) -> Option<(Path<'a>, &'a [u8])> {
    let [b'<', inner @ ..] = i else { return None };
    let (mailbox, [b'>', rest @ ..]) = common_mailbox(line, line.len().saturating_sub(inner.len()))? else {
        return None;
    };
    Some((mailbox.into(), rest))
}

/// `Reverse-path = Path / "<>"`, at the end of a line
#[inline]
pub(crate) fn reverse_path<'a>(line: &'a [u8], i: &'a [u8], grammar: Grammar) -> Parse<'a, ReversePath<'a>> {
    if let [b'<', b'>', rest @ ..] = i {
        return Ok((rest, ReversePath::Null));
    }
    if let Some((path, rest)) = common_path(line, i) {
        return Ok((rest, ReversePath::Path(path)));
    }
    let (rest, path) = path(i, grammar)?;
    Ok((rest, ReversePath::Path(path)))
}

/// `( "<Postmaster>" / Forward-path )`, `Forward-path = Path`, at the end of a line
#[inline]
pub(crate) fn forward_path<'a>(line: &'a [u8], i: &'a [u8], grammar: Grammar) -> Parse<'a, ForwardPath<'a>> {
    match common_path(line, i) {
        Some((path, rest)) => Ok((rest, ForwardPath::Path(path))),
        None => any_forward_path(i, grammar),
    }
}

#[inline(never)]
fn any_forward_path(i: &[u8], grammar: Grammar) -> Parse<'_, ForwardPath<'_>> {
    if let Ok((rest, _)) = literal(i, "<Postmaster>", Expected::PathStart) {
        return Ok((rest, ForwardPath::Postmaster));
    }
    if grammar.dialect.path_without_brackets {
        if let Ok((rest @ ([] | [b' ', ..]), _)) = literal(i, "Postmaster", Expected::PathStart) {
            return Ok((rest, ForwardPath::Postmaster));
        }
    }
    let (rest, path) = path(i, grammar)?;
    Ok((rest, ForwardPath::Path(path)))
}

/// Where the first octet outside ASCII stands, as a fault of an address that SMTPUTF8 would allow.
pub(crate) fn ascii_only<'a>(i: &'a [u8], path: &[u8]) -> Parse<'a, ()> {
    match path.iter().position(|octet| !octet.is_ascii()) {
        None => Ok((i, ())),
        Some(at) => Err(Fault::at(i.get(at..).unwrap_or_default(), Expected::Ascii)),
    }
}

impl Wire for Host<'_> {
    fn write<S: Sink>(&self, out: &mut S) {
        match self {
            Self::Domain(domain) => domain.write(out),
            Self::Literal(literal) => literal.write(out),
        }
    }
}

impl Wire for Mailbox<'_> {
    fn write<S: Sink>(&self, out: &mut S) {
        if !self.text.ends_with(b"]") {
            return out.put(self.text);
        }
        out.put(self.local_part().0);
        out.octet(b'@');
        self.host().write(out);
    }
}

impl Wire for Path<'_> {
    fn write<S: Sink>(&self, out: &mut S) {
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
    fn write<S: Sink>(&self, out: &mut S) {
        match self {
            Self::Null => out.put(b"<>"),
            Self::Path(path) => path.write(out),
        }
    }
}

impl Wire for ForwardPath<'_> {
    fn write<S: Sink>(&self, out: &mut S) {
        match self {
            Self::Postmaster => out.put(b"<Postmaster>"),
            Self::Path(path) => path.write(out),
        }
    }
}

token!(Domain, LocalPart, SourceRoute);
display_is_wire!(Host<'_>, Mailbox<'_>, Path<'_>, ReversePath<'_>, ForwardPath<'_>);
debug_is_wire!(Mailbox, Path, ReversePath, ForwardPath);

#[cfg(feature = "alloc")]
mod relocate {
    use super::{Domain, ForwardPath, Host, Mailbox, Path, ReversePath, SourceRoute};

    impl<'a> Host<'a> {
        pub(crate) fn relocate<'b>(self, place: &mut impl FnMut(&'a [u8]) -> &'b [u8]) -> Host<'b> {
            match self {
                Self::Domain(domain) => Host::Domain(Domain(place(domain.0))),
                Self::Literal(literal) => Host::Literal(literal.relocate(place)),
            }
        }
    }

    impl<'a> Path<'a> {
        fn relocate<'b>(self, place: &mut impl FnMut(&'a [u8]) -> &'b [u8]) -> Path<'b> {
            let route = SourceRoute(place(self.route.0));
            let Mailbox { text, at_sign } = self.mailbox;
            Path { route, mailbox: Mailbox { text: place(text), at_sign } }
        }
    }

    impl<'a> ReversePath<'a> {
        pub(crate) fn relocate<'b>(self, place: &mut impl FnMut(&'a [u8]) -> &'b [u8]) -> ReversePath<'b> {
            match self {
                Self::Null => ReversePath::Null,
                Self::Path(path) => ReversePath::Path(path.relocate(place)),
            }
        }
    }

    impl<'a> ForwardPath<'a> {
        pub(crate) fn relocate<'b>(self, place: &mut impl FnMut(&'a [u8]) -> &'b [u8]) -> ForwardPath<'b> {
            match self {
                Self::Postmaster => ForwardPath::Postmaster,
                Self::Path(path) => ForwardPath::Path(path.relocate(place)),
            }
        }
    }
}

#[cfg(feature = "alloc")]
mod owned {
    use super::{Host, Mailbox, SyntaxError, Wire, write_local_part};
    use alloc::vec::Vec;

    /// A mailbox that owns its text.
    ///
    /// ```
    /// use smtp_core::syntax::{Host, Mailbox, MailboxBuf};
    ///
    /// let mailbox = MailboxBuf::from_parts("john smith", Host::new("example.com")?)?;
    /// assert_eq!(mailbox.as_mailbox().to_string(), r#""john smith"@example.com"#);
    /// assert_eq!(MailboxBuf::from(Mailbox::new("joe@example.com")?).as_mailbox().to_string(), "joe@example.com");
    /// # Ok::<(), smtp_core::syntax::SyntaxError>(())
    /// ```
    #[derive(Clone, PartialEq, Eq, Hash)]
    pub struct MailboxBuf {
        text: Vec<u8>,
        at_sign: usize,
    }

    impl MailboxBuf {
        /// A mailbox from what its local-part means and its host; quotes and escapes are added where the local-part
        /// needs them, and only there.
        ///
        /// # Errors
        /// [`SyntaxError`] where no quoting can express the local-part (control characters, nothing at all, more than 64
        /// octets).
        pub fn from_parts(local_part: &str, host: Host<'_>) -> Result<Self, SyntaxError> {
            let mut text = Vec::with_capacity(local_part.len().saturating_add(32));
            write_local_part(local_part.bytes(), &mut text);
            let at_sign = text.len();
            text.push(b'@');
            host.write(&mut text);
            Mailbox::parse(&text, crate::syntax::Grammar::SMTPUTF8)?;
            Ok(Self { text, at_sign })
        }

        /// The mailbox, borrowed.
        #[must_use]
        pub fn as_mailbox(&self) -> Mailbox<'_> {
            Mailbox { text: &self.text, at_sign: self.at_sign }
        }
    }

    impl From<Mailbox<'_>> for MailboxBuf {
        fn from(mailbox: Mailbox<'_>) -> Self {
            let mut text = Vec::with_capacity(mailbox.length());
            mailbox.write(&mut text);
            Self { text, at_sign: mailbox.at_sign }
        }
    }

    impl core::fmt::Debug for MailboxBuf {
        fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
            self.as_mailbox().fmt(formatter)
        }
    }

    impl core::fmt::Display for MailboxBuf {
        fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
            self.as_mailbox().fmt(formatter)
        }
    }
}

#[cfg(feature = "alloc")]
pub use owned::MailboxBuf;
