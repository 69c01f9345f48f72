//! The parameters of MAIL and RCPT: their text, their registry, and what may stand beside what (RFC 5321 section
//! 4.1.2 and the extensions).

mod grammar;
mod value;

pub(crate) use grammar::{ENVID_LIMIT, ORCPT_LIMIT, interval, priority, solicitation_keywords};
pub use value::{
    AuthSender, Body, DeliverBy, DeliverByMode, MessageTracking, Notify, Orcpt, ParameterValue, Return, Rrvs,
    RrvsAction, SolicitationKeywords, TransactionId,
};

use super::dialect::words;
use super::scan::{
    Class, Parse, end, fail, line, nested, octet, recognized, same, separated, span, span1, taken, utf8,
};
use super::wire::{Sink, Wire, debug_is_wire, display_is_wire, token};
use super::{Expected, Extension, Extensions, Grammar, SyntaxError, Xtext};
use crate::fast::{self, keyword};
use core::hash::{Hash, Hasher};
use nom::Parser;

macro_rules! registry {
    ($($name:ident $keyword:literal $verb:ident [$($extension:ident)*] $reference:literal $added:literal;)*) => {
        /// A registered parameter of MAIL or RCPT.
        ///
        /// | keyword | command | offered by | defined in | added to the line |
        /// |---|---|---|---|---|
        $(#[doc = concat!(
            "| ", $keyword, " | ", stringify!($verb), " | ", $(stringify!($extension), " ",)* "| ", $reference, " | ",
            $added, " |",
        )])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ParameterName {
            $(
                #[doc = concat!("`", $keyword, "` (", $reference, ").")]
                $name,
            )*
        }

        impl ParameterName {
            /// Every registered parameter.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The keyword, in upper case.
            #[must_use]
            pub const fn keyword(self) -> &'static str {
                match self {
                    $(Self::$name => $keyword,)*
                }
            }

            /// Does it belong to MAIL? The others belong to RCPT; none belongs to both.
            #[must_use]
            pub const fn is_for_mail(self) -> bool {
                matches!(self.command(), MailOrRcpt::Mail)
            }

            /// The command that it belongs to; none belongs to both.
            #[must_use]
            pub const fn command(self) -> MailOrRcpt {
                match self {
                    $(Self::$name => MailOrRcpt::$verb,)*
                }
            }

            /// The extensions that offer it; one of them is enough.
            #[must_use]
            pub const fn offered_by(self) -> &'static [Extension] {
                match self {
                    $(Self::$name => &[$(Extension::$extension),*],)*
                }
            }

            /// The parameter of this keyword, in any case, for MAIL or for RCPT.
            #[must_use]
            pub fn from_keyword(keyword: &[u8], command: MailOrRcpt) -> Option<Self> {
                let name = match keyword::key_of(keyword) {
                    $(keys::$name => Self::$name,)*
                    _ => return None,
                };
                let alike = keyword::is_alike(keyword, name.keyword().as_bytes());
                (alike && name.command() == command).then_some(name)
            }

            const fn offered_by_any(self) -> Extensions {
                match self {
                    $(Self::$name => Extensions::NONE$(.with(Extension::$extension))*,)*
                }
            }

            /// How many octets it adds to the longest line of its command.
            #[must_use]
            pub const fn added_length(self) -> usize {
                match self {
                    $(Self::$name => $added,)*
                }
            }

            /// Where it is defined.
            #[must_use]
            pub const fn reference(self) -> &'static str {
                match self {
                    $(Self::$name => $reference,)*
                }
            }
        }

        #[allow(non_upper_case_globals, reason = "named after the parameters, to be matched")]
        mod keys {
            use crate::fast::keyword::key;

            $(pub(super) const $name: u64 = key($keyword);)*
        }
    };
}

/// The command that a parameter belongs to.
///
/// ```
/// use smtp_core::syntax::{MailOrRcpt, ParameterName};
///
/// assert_eq!(ParameterName::from_keyword(b"size", MailOrRcpt::Mail), Some(ParameterName::Size));
/// assert_eq!(ParameterName::from_keyword(b"SIZE", MailOrRcpt::Rcpt), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "no other command has parameters")]
pub enum MailOrRcpt {
    /// MAIL.
    Mail,
    /// RCPT.
    Rcpt,
}

// Lengths as the RFCs print them, with two exceptions: " SOLICIT=" and 1000 octets are 1009 where RFC 3865 prints 1007,
// and SUBMITTER, for which RFC 4405 names none, gets the longest mailbox. HOLDFOR shares the figure of HOLDUNTIL. MTRK
// brings ENVID and ORCPT with it (RFC 3885 section 2).
registry! {
    Size       "SIZE"        Mail [Size]                    "RFC 1870" 26;
    Body       "BODY"        Mail [EightBitMime BinaryMime] "RFC 6152" 16;
    Ret        "RET"         Mail [Dsn]                     "RFC 3461" 9;
    Envid      "ENVID"       Mail [Dsn Mtrk]                "RFC 3461" 107;
    Auth       "AUTH"        Mail [Auth]                    "RFC 4954" 500;
    SmtpUtf8   "SMTPUTF8"    Mail [SmtpUtf8]                "RFC 6531" 10;
    RequireTls "REQUIRETLS"  Mail [RequireTls]              "RFC 8689" 11;
    MtPriority "MT-PRIORITY" Mail [MtPriority]              "RFC 6710" 15;
    HoldFor    "HOLDFOR"     Mail [FutureRelease]           "RFC 4865" 0;
    HoldUntil  "HOLDUNTIL"   Mail [FutureRelease]           "RFC 4865" 34;
    By         "BY"          Mail [DeliverBy]               "RFC 2852" 17;
    Mtrk       "MTRK"        Mail [Mtrk]                    "RFC 3885" 40;
    Solicit    "SOLICIT"     Mail [NoSoliciting]            "RFC 3865" 1009;
    Conperm    "CONPERM"     Mail [Conperm]                 "RFC 4141" 8;
    Submitter  "SUBMITTER"   Mail [Submitter]               "RFC 4405" 331;
    TransId    "TRANSID"     Mail [Checkpoint]              "RFC 1845" 88;
    Notify     "NOTIFY"      Rcpt [Dsn]                     "RFC 3461" 29;
    Orcpt      "ORCPT"       Rcpt [Dsn Mtrk]                "RFC 3461" 507;
    Rrvs       "RRVS"        Rcpt [Rrvs]                    "RFC 7293" 33;
    Conneg     "CONNEG"      Rcpt [Conneg]                  "RFC 4141" 7;
}

impl ParameterName {
    /// Does one of the extensions that offer it stand in the set?
    #[must_use]
    pub fn is_offered(self, extensions: Extensions) -> bool {
        self.offered_by_any().intersects(extensions)
    }

    /// Returns `true` if a server to which the parameter was not offered may ignore it: the message is delivered as without
    /// it, and nobody was promised anything. [`unoffered_parameters`](super::Dialect::unoffered_parameters) lets these pass,
    /// except BODY=BINARYMIME.
    ///
    /// It may not where the client counts on it: on who reads the message or when (REQUIRETLS, RRVS, HOLDFOR, HOLDUNTIL, BY), on
    /// what it may contain (SMTPUTF8, CONPERM, CONNEG), on another course of the transaction (TRANSID), or on being told of it
    /// later (MTRK).
    #[must_use]
    pub const fn may_be_ignored(self) -> bool {
        match self {
            Self::Size
            | Self::Body
            | Self::Ret
            | Self::Envid
            | Self::Auth
            | Self::MtPriority
            | Self::Solicit
            | Self::Submitter
            | Self::Notify
            | Self::Orcpt => true,
            Self::SmtpUtf8
            | Self::RequireTls
            | Self::HoldFor
            | Self::HoldUntil
            | Self::By
            | Self::Mtrk
            | Self::Conperm
            | Self::TransId
            | Self::Rrvs
            | Self::Conneg => false,
        }
    }

    /// The parameter of this keyword, whichever command it belongs to.
    pub(crate) fn of_either(keyword: &[u8]) -> Option<Self> {
        Self::from_keyword(keyword, MailOrRcpt::Mail).or_else(|| Self::from_keyword(keyword, MailOrRcpt::Rcpt))
    }

    /// Its bit in a set of parameters.
    pub(crate) const fn bit(self) -> u32 {
        1 << self as u32
    }
}

// A set of parameters is one number.
const _: () = assert!(ParameterName::ALL.len() <= u32::BITS as usize, "too many parameters for the bits of the set");

/// `esmtp-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")` (RFC 5321 section 4.1.2). Case does not matter.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Keyword<'a>(pub(crate) &'a [u8]);

impl<'a> Keyword<'a> {
    /// A keyword of one's own.
    ///
    /// ```
    /// use smtp_core::syntax::Keyword;
    ///
    /// assert!(Keyword::new("x-tag")?.is("X-TAG"));
    /// assert!(Keyword::new("X TAG").is_err());
    /// # Ok::<(), smtp_core::syntax::SyntaxError>(())
    /// ```
    ///
    /// # Errors
    /// [`SyntaxError`] where the text is no esmtp-keyword.
    pub fn new(text: &'a str) -> Result<Self, SyntaxError> {
        line(text.as_bytes(), |i| match span1(i, Class::LDH, Expected::ParameterKeyword)? {
            (_, [b'-', ..]) => fail(i, Expected::ParameterKeyword),
            (rest, keyword) => Ok((rest, Self(keyword))),
        })
    }

    /// Is it this keyword, in whatever case?
    #[must_use]
    pub fn is(self, keyword: &str) -> bool {
        self.0.eq_ignore_ascii_case(keyword.as_bytes())
    }

    /// Returns `true` if both are the same keyword, in whatever case.
    #[must_use]
    pub fn equivalent(self, other: Keyword<'_>) -> bool {
        self.0.eq_ignore_ascii_case(other.0)
    }
}

token!(Keyword);

/// One parameter as it was sent: `esmtp-param = esmtp-keyword ["=" esmtp-value]` (RFC 5321 section 4.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Parameter<'a> {
    /// The keyword, in the case in which it was sent.
    pub keyword: Keyword<'a>,
    /// The value, without the `=`.
    pub value: Option<&'a [u8]>,
}

impl<'a> Parameter<'a> {
    /// The parameter by its own grammar, for MAIL or for RCPT; `None` for one that is not registered there.
    ///
    /// # Errors
    /// [`SyntaxError`] where the value is not what the parameter's RFC allows; the offset counts from the start of the
    /// value.
    pub fn interpret(self, command: MailOrRcpt, grammar: Grammar) -> Option<Result<ParameterValue<'a>, SyntaxError>> {
        let name = ParameterName::from_keyword(self.keyword.0, command)?;
        Some(line(self.value.unwrap_or_default(), |_| grammar::value(self.value, name, grammar)))
    }

    /// Does its keyword belong to either command?
    pub(crate) fn is_registered(self) -> bool {
        ParameterName::of_either(self.keyword.0).is_some()
    }

    /// Whether only a dialect takes it.
    fn is_loose(self, grammar: Grammar) -> bool {
        grammar.dialect.parameter_values && self.keyword.is("AUTH")
    }

    /// Whether a server that did not offer it may ignore it, by its name and by its value.
    fn may_be_ignored(self, name: ParameterName) -> bool {
        let binary = || self.value.is_some_and(|value| value.eq_ignore_ascii_case(b"BINARYMIME"));
        name.may_be_ignored() && !(name == ParameterName::Body && binary())
    }

    fn equivalent(self, other: Parameter<'_>) -> bool {
        let alike = self.keyword.equivalent(other.keyword);
        // No parameter belongs to both commands.
        let meaning = |command| match (self.interpret(command, WIDEST), other.interpret(command, WIDEST)) {
            (Some(Ok(one)), Some(Ok(two))) => one.equivalent(&two),
            _ => false,
        };
        alike && (self.value == other.value || meaning(MailOrRcpt::Mail) || meaning(MailOrRcpt::Rcpt))
    }
}

/// Takes every value that any grammar takes, to say what it means.
const WIDEST: Grammar = Grammar { dialect: super::Dialect::LENIENT, ..Grammar::SMTPUTF8 };

/// The parameters behind a path, in the order in which they were sent (RFC 5321 section 4.1.2).
///
/// ```
/// use smtp_core::syntax::{Command, Grammar, ParameterName, ParameterValue};
///
/// let line = b"MAIL FROM:<> SIZE=1000 x-private=1";
/// let Ok(Command::Mail(mail)) = Command::parse(line, Grammar::STRICT) else { unreachable!() };
/// assert_eq!(mail.parameters.find(ParameterName::Size), Some(ParameterValue::Size(1000)));
/// let last = mail.parameters.iter().last().unwrap();
/// assert!(last.keyword.is("X-PRIVATE"));
/// assert_eq!(last.value, Some(&b"1"[..]));
/// ```
#[derive(Clone, Copy, Default, Eq)]
pub struct Parameters<'a> {
    text: &'a [u8],
    /// Only a dialect takes the text as it stands, so it is not written so.
    loose: bool,
}

impl Wire for Parameters<'_> {
    #[inline]
    fn write<S: Sink>(&self, out: &mut S) {
        if self.loose { self.write_strictly(out) } else { out.put(self.text) }
    }
}

display_is_wire!(Parameters<'_>);
debug_is_wire!(Parameters);

impl PartialEq for Parameters<'_> {
    fn eq(&self, other: &Self) -> bool {
        same(self.text, other.text)
    }
}

impl Hash for Parameters<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl<'a> Parameters<'a> {
    /// No parameters.
    pub const NONE: Parameters<'static> = Parameters { text: &[], loose: false };

    /// Parameters of one's own, as text with single spaces between them.
    ///
    /// ```
    /// use smtp_core::syntax::Parameters;
    ///
    /// assert!(Parameters::new("SIZE=1000 BODY=8BITMIME").is_ok());
    /// assert!(Parameters::new("SIZE=1\r\nQUIT").is_err());
    /// ```
    ///
    /// # Errors
    /// [`SyntaxError`] where the text is no sequence of parameters.
    pub fn new(text: &'a str) -> Result<Self, SyntaxError> {
        if text.is_empty() {
            return Ok(Self::NONE);
        }
        line(text.as_bytes(), |i| esmtp_params(i, Grammar::SMTPUTF8))
    }

    /// Text of the strict grammar.
    #[cfg(feature = "alloc")]
    pub(crate) const fn strict(text: &'a [u8]) -> Self {
        Self { text, loose: false }
    }

    #[cfg(feature = "alloc")]
    pub(crate) fn relocate<'b>(self, place: &mut impl FnMut(&'a [u8]) -> &'b [u8]) -> Parameters<'b> {
        Parameters { text: place(self.text), loose: self.loose }
    }

    /// The octets as they were sent.
    #[must_use]
    pub const fn as_bytes(self) -> &'a [u8] {
        self.text
    }

    /// The text as it was sent. Checks it again for UTF-8, in one pass; use [`as_bytes`](Self::as_bytes) where speed counts.
    #[must_use]
    pub fn as_str(self) -> &'a str {
        core::str::from_utf8(self.text).unwrap_or_default()
    }

    /// With single spaces, and an AUTH that names no mailbox as `<>`.
    #[cold]
    fn write_strictly<S: Sink>(self, out: &mut S) {
        for (at, parameter) in self.iter().enumerate() {
            if at > 0 {
                out.octet(b' ');
            }
            parameter.keyword.write(out);
            if let Some(value) = parameter.value {
                out.octet(b'=');
                match parameter.interpret(MailOrRcpt::Mail, WIDEST) {
                    Some(Ok(ParameterValue::Auth(AuthSender::Unknown))) => out.put(b"<>"),
                    _ => out.put(value),
                }
            }
        }
    }

    /// Are there none?
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.text.is_empty()
    }

    /// The parameters, in order, unregistered ones among them.
    pub fn iter(self) -> impl Iterator<Item = Parameter<'a>> + Clone {
        words(self.text).map(|text| {
            let keyword = span(text, Class::LDH).0;
            Parameter { keyword: Keyword(keyword), value: text.get(keyword.len().saturating_add(1)..) }
        })
    }

    /// The first parameter of this name, by its own grammar. `None` where it is absent or its value is not valid.
    #[must_use]
    pub fn find(self, name: ParameterName) -> Option<ParameterValue<'a>> {
        let found = self.iter().find(|parameter| parameter.keyword.is(name.keyword()))?;
        found.interpret(name.command(), WIDEST)?.ok()
    }

    /// Returns `true` if both are the same parameters in the same order. Keywords fold case; values that are not written
    /// alike are compared by [`ParameterValue::equivalent`] if they are registered, and are different if not.
    ///
    /// ```
    /// use smtp_core::syntax::Parameters;
    ///
    /// let parameters = Parameters::new("SIZE=1000 ENVID=a+2Bb X=y")?;
    /// assert!(parameters.equivalent(Parameters::new("size=01000 ENVID=+61+2Bb x=y")?));
    /// assert!(!parameters.equivalent(Parameters::new("SIZE=1000 ENVID=a+2Bb X=Y")?));
    /// # Ok::<(), smtp_core::syntax::SyntaxError>(())
    /// ```
    #[must_use]
    pub fn equivalent(self, other: Parameters<'_>) -> bool {
        let mut others = other.iter();
        self.iter().all(|one| others.next().is_some_and(|two| one.equivalent(two))) && others.next().is_none()
    }

    /// Is a parameter of this name among them, whatever its value?
    #[must_use]
    pub fn has(self, name: ParameterName) -> bool {
        self.iter().any(|parameter| parameter.keyword.is(name.keyword()))
    }
}

/// `Mail-parameters = esmtp-param *(SP esmtp-param)`, and the same for Rcpt-parameters
///
/// With `white_space`: `esmtp-param *( 1*( SP / HTAB ) esmtp-param )`
pub(crate) fn esmtp_params(i: &[u8], grammar: Grammar) -> Parse<'_, Parameters<'_>> {
    let mut loose = false;
    let mut param = |i| esmtp_param(i, grammar).map(|(rest, parameter)| (rest, loose |= parameter.is_loose(grammar)));
    // Each closure has a flag of its own to set.
    let mut wide = false;
    let space = |i| grammar.dialect.space(i).map(|(rest, ())| (rest, wide |= is_wide(i, rest)));
    let (rest, text) = recognized(separated(space, &mut param)).parse(i)?;
    Ok((rest, Parameters { text, loose: loose || wide }))
}

/// Whether something else than a single SP stood between `i` and `rest`.
fn is_wide(i: &[u8], rest: &[u8]) -> bool {
    taken(i, rest) != b" "
}

/// ```text
/// esmtp-param   = esmtp-keyword ["=" esmtp-value]
/// esmtp-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")
/// esmtp-value   = 1*(%d33-60 / %d62-126)            ; RFC 6531: =/ UTF8-non-ascii
/// ```
/// With `parameter_values`: `esmtp-param =/ "AUTH="`
pub(crate) fn esmtp_param(i: &[u8], grammar: Grammar) -> Parse<'_, Parameter<'_>> {
    let (rest, keyword) = span1(i, Class::LDH, Expected::ParameterKeyword)?;
    if keyword.first() == Some(&b'-') {
        return fail(i, Expected::ParameterKeyword);
    }
    let keyword = Keyword(keyword);
    let Ok((start, ())) = octet(rest, b'=', Expected::ParameterValue) else {
        return Ok((rest, Parameter { keyword, value: None }));
    };
    if let [] | [b' ' | b'\t', ..] = start {
        if grammar.dialect.parameter_values && keyword.is("AUTH") {
            return Ok((start, Parameter { keyword, value: Some(&[]) }));
        }
    }
    let (rest, value) = span1(start, Class::ESMTP_VALUE.extended(grammar.smtputf8), Expected::ParameterValue)?;
    if grammar.smtputf8 {
        utf8(start, value)?;
    }
    Ok((rest, Parameter { keyword, value: Some(value) }))
}

/// `esmtp_params` to the end of the line, held against what was offered: unknown ones (555), bad values, repetitions and combinations
/// (501), in the order in which they stand.
pub(crate) fn offered_params(
    i: &[u8],
    command: MailOrRcpt,
    extensions: Extensions,
    grammar: Grammar,
) -> Parse<'_, Parameters<'_>> {
    let mut held = Held::default();
    let mut loose = false;
    let mut at = 0usize;
    loop {
        match fast::parameter(i, at, command == MailOrRcpt::Mail).filter(|common| held.may_take(*common, extensions)) {
            Some(common) => {
                let before = (at, held);
                (at, held.seen) = (common.end, held.seen | common.name.bit());
                debug_assert!(fast::agrees(i.get(at..).unwrap_or_default(), &held, || {
                    any_offered_param(i.get(before.0..).unwrap_or_default(), command, before.1, extensions, grammar)
                }));
            }
            None => {
                let rest = i.get(at..).unwrap_or_default();
                let (rest, with_it) = any_offered_param(rest, command, held, extensions, grammar)?;
                (at, held) = (i.len().saturating_sub(rest.len()), with_it);
            }
        }
        at = match i.get(at..) {
            Some([b' ', next, ..]) if !matches!(next, b' ' | b'\t') => at.saturating_add(1),
            rest => {
                let rest = rest.unwrap_or_default();
                let Ok((behind, ())) = grammar.dialect.space(rest) else { break };
                loose |= is_wide(rest, behind);
                i.len().saturating_sub(behind.len())
            }
        };
    }
    let rest = i.get(at..).unwrap_or_default();
    end(rest)?;
    if held.has(ParameterName::Mtrk) {
        unique_envid(i)?;
    }
    loose |= grammar.dialect.parameter_values && held.has(ParameterName::Auth);
    Ok((rest, Parameters { text: i, loose }))
}

/// One parameter, and what is held with it. The line as a whole has to be in order before any parameter of it can be unknown.
#[inline(never)]
fn any_offered_param(
    i: &[u8],
    command: MailOrRcpt,
    held: Held,
    extensions: Extensions,
    grammar: Grammar,
) -> Parse<'_, Held> {
    let (rest, parameter) = esmtp_param(i, grammar)?;
    let with_it = held.with(i, rest, parameter, command, extensions, grammar);
    if with_it.is_err() {
        let rest = match grammar.dialect.space(rest) {
            Ok((others, ())) => esmtp_params(others, grammar)?.0,
            Err(_) => rest,
        };
        end(rest)?;
    }
    with_it
}

/// ```text
/// envid-parameter = "ENVID=" unique-envid
/// unique-envid    = local-envid "@" fqhn
/// local-envid     = xtext
/// fqhn            = xtext
/// ```
/// (RFC 3885 section 3.2): MTRK makes ENVID mandatory and gives it this form, whichever of the two stands first. `i` holds
/// parameters, each of them in order.
///
/// A name and a host have to be there, so neither side is empty. No more is asked of them: the fqhn is usually a domain, but
/// it SHOULD be a hash in base64 where the domain is too long. The text is looked at decoded, for an "@" that was encoded
/// makes the same envelope identifier.
#[cold]
fn unique_envid(i: &[u8]) -> Parse<'_, ()> {
    let mut at = 0usize;
    for parameter in i.split(|octet| matches!(octet, b' ' | b'\t')) {
        at = at.saturating_add(parameter.len());
        let keyword = parameter.split_at_checked("ENVID=".len());
        if let Some((_, envid)) = keyword.filter(|(keyword, _)| keyword.eq_ignore_ascii_case(b"ENVID=")) {
            let mut from_at_sign = Xtext(envid).decode().skip(1).skip_while(|&octet| octet != b'@');
            return match from_at_sign.nth(1) {
                Some(_) => Ok((&[], ())),
                None => fail(i.get(at..).unwrap_or_default(), Expected::ParameterValue),
            };
        }
        at = at.saturating_add(1);
    }
    fail(&[], Expected::CompatibleParameter)
}

/// What has to be known of the parameters before the next one.
#[derive(Clone, Copy, Default, PartialEq)]
struct Held {
    seen: u32,
    hold_for: Option<u32>,
    by_time: Option<i32>,
}

impl Held {
    const fn has(&self, name: ParameterName) -> bool {
        self.seen & name.bit() != 0
    }

    /// Whether a parameter was offered and has not been there before; none of these concerns another.
    fn may_take(&self, common: fast::Common, extensions: Extensions) -> bool {
        common.name.is_offered(extensions)
            && common.body.offered_by().is_none_or(|extension| extensions.contains(extension))
            && !self.has(common.name)
    }

    /// With a parameter that stands between `i` and `rest`.
    fn with<'a>(
        self,
        i: &'a [u8],
        rest: &'a [u8],
        parameter: Parameter<'a>,
        command: MailOrRcpt,
        extensions: Extensions,
        grammar: Grammar,
    ) -> Parse<'a, Self> {
        let name = match ParameterName::from_keyword(parameter.keyword.0, command) {
            Some(name) => name,
            None if grammar.unregistered && !parameter.is_registered() => return Ok((rest, self)),
            None => return fail(i, Expected::RecognizedParameter),
        };
        let is_ignored = grammar.dialect.unoffered_parameters && parameter.may_be_ignored(name);
        let offered = name.is_offered(extensions);
        if !offered && !is_ignored {
            return fail(i, Expected::RecognizedParameter);
        }
        if self.has(name) {
            return fail(i, Expected::SingleParameter);
        }
        let mut held = Self { seen: self.seen | name.bit(), ..self };
        if !offered {
            return Ok((rest, held));
        }
        let (_, value) = nested(rest, grammar::value(parameter.value, name, grammar))?;
        match value {
            ParameterValue::Body(body)
                if !is_ignored && body.offered_by().is_some_and(|offer| !extensions.contains(offer)) =>
            {
                return fail(i, Expected::RecognizedParameter);
            }
            ParameterValue::HoldFor(seconds) => held.hold_for = Some(seconds),
            ParameterValue::By(by) => held.by_time = Some(by.seconds),
            _ => {}
        }
        // RFC 4865 section 3: exactly one hold-param; section 5.2: none that ends later than the deliver-by time.
        let late = held.hold_for.is_some_and(|hold| held.by_time.is_some_and(|by| i64::from(hold) > i64::from(by)));
        if late || held.seen & HOLD == HOLD {
            return fail(i, Expected::CompatibleParameter);
        }
        Ok((rest, held))
    }
}

const HOLD: u32 = ParameterName::HoldFor.bit() | ParameterName::HoldUntil.bit();
