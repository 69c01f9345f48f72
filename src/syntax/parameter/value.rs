//! The meaning of each registered parameter.

mod write;

use super::{Extension, Keyword, ParameterName};
use crate::syntax::scan::line;
use crate::syntax::wire::token;
use crate::syntax::{DateTime, Grammar, Mailbox, SyntaxError, Xtext};

/// The meaning of a registered parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ParameterValue<'a> {
    /// SIZE: the size of the content in octets (RFC 1870 section 4). 20 digits exceed 64 bits; such a size is
    /// [`u64::MAX`].
    Size(u64),
    /// BODY (RFC 6152 section 2, RFC 3030 section 3).
    Body(Body),
    /// RET: what to return with a failure (RFC 3461 section 4.3).
    Ret(Return),
    /// ENVID: the sender's name for this transaction (RFC 3461 section 4.4), at most 100 octets. Beside MTRK it has the form
    /// `local-envid "@" fqhn` (RFC 3885 section 3.2).
    Envid(Xtext<'a>),
    /// AUTH: who submitted the message (RFC 4954 section 5).
    Auth(AuthSender<'a>),
    /// SMTPUTF8 (RFC 6531 section 3.4).
    SmtpUtf8,
    /// REQUIRETLS (RFC 8689 section 2).
    RequireTls,
    /// MT-PRIORITY, -9 to 9 (RFC 6710 section 3, item 5).
    MtPriority(i8),
    /// HOLDFOR, in seconds, 1 to 999999999 (RFC 4865 section 3).
    HoldFor(u32),
    /// HOLDUNTIL, a time in UTC (RFC 4865 section 3).
    HoldUntil(DateTime),
    /// BY (RFC 2852 section 4).
    By(DeliverBy),
    /// MTRK (RFC 3885 section 3.1), which goes only with an ENVID that has an "@" between two parts.
    Mtrk(MessageTracking<'a>),
    /// SOLICIT (RFC 3865 section 2.3), at most 1000 octets.
    Solicit(SolicitationKeywords<'a>),
    /// CONPERM (RFC 4141 sections 4.2 and 4.3).
    Conperm,
    /// SUBMITTER: a mailbox in xtext (RFC 4405 section 4).
    Submitter(Xtext<'a>),
    /// TRANSID (RFC 1845 section 2, item 4), at most 80 octets.
    TransId(TransactionId<'a>),
    /// NOTIFY (RFC 3461 section 4.1).
    Notify(Notify),
    /// ORCPT (RFC 3461 section 4.2, RFC 6533 section 3), at most 500 octets.
    Orcpt(Orcpt<'a>),
    /// RRVS (RFC 7293 section 3.1).
    Rrvs(Rrvs),
    /// CONNEG (RFC 4141 sections 5.2 and 5.3).
    Conneg,
}

impl ParameterValue<'_> {
    /// Which parameter it is the value of.
    #[must_use]
    pub const fn name(&self) -> ParameterName {
        match self {
            Self::Size(_) => ParameterName::Size,
            Self::Body(_) => ParameterName::Body,
            Self::Ret(_) => ParameterName::Ret,
            Self::Envid(_) => ParameterName::Envid,
            Self::Auth(_) => ParameterName::Auth,
            Self::SmtpUtf8 => ParameterName::SmtpUtf8,
            Self::RequireTls => ParameterName::RequireTls,
            Self::MtPriority(_) => ParameterName::MtPriority,
            Self::HoldFor(_) => ParameterName::HoldFor,
            Self::HoldUntil(_) => ParameterName::HoldUntil,
            Self::By(_) => ParameterName::By,
            Self::Mtrk(_) => ParameterName::Mtrk,
            Self::Solicit(_) => ParameterName::Solicit,
            Self::Conperm => ParameterName::Conperm,
            Self::Submitter(_) => ParameterName::Submitter,
            Self::TransId(_) => ParameterName::TransId,
            Self::Notify(_) => ParameterName::Notify,
            Self::Orcpt(_) => ParameterName::Orcpt,
            Self::Rrvs(_) => ParameterName::Rrvs,
            Self::Conneg => ParameterName::Conneg,
        }
    }

    /// Returns `true` if both mean the same: values in xtext are compared by what they stand for, and the address type of
    /// ORCPT folds case.
    #[must_use]
    pub fn equivalent(&self, other: &ParameterValue<'_>) -> bool {
        match (self, other) {
            (Self::Envid(one), ParameterValue::Envid(two))
            | (Self::Submitter(one), ParameterValue::Submitter(two))
            | (Self::Auth(AuthSender::Mailbox(one)), ParameterValue::Auth(AuthSender::Mailbox(two))) => {
                one.equivalent(*two)
            }
            (Self::Orcpt(one), ParameterValue::Orcpt(two)) => one.equivalent(*two),
            (one, two) => one == two,
        }
    }
}

/// What the content may hold: `body-value` (RFC 6152 section 2, RFC 3030 section 3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Body {
    /// 7BIT: lines of ASCII; what a message without BODY has.
    #[default]
    SevenBit,
    /// 8BITMIME: lines of any octets.
    EightBitMime,
    /// BINARYMIME: any octets, sent with BDAT only.
    BinaryMime,
}

impl Body {
    pub(super) const WORDS: &[(&str, Self)] =
        &[("7BIT", Self::SevenBit), ("8BITMIME", Self::EightBitMime), ("BINARYMIME", Self::BinaryMime)];

    /// The extension that this value needs; 7BIT needs none.
    #[must_use]
    pub const fn offered_by(self) -> Option<Extension> {
        match self {
            Self::SevenBit => None,
            Self::EightBitMime => Some(Extension::EightBitMime),
            Self::BinaryMime => Some(Extension::BinaryMime),
        }
    }
}

/// What a failure report returns of the message (RFC 3461 section 4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Return {
    /// FULL: the whole message.
    Full,
    /// HDRS: its header only.
    Headers,
}

impl Return {
    pub(super) const WORDS: &[(&str, Self)] = &[("FULL", Self::Full), ("HDRS", Self::Headers)];
}

/// Who submitted a message, as the AUTH parameter of MAIL says (RFC 4954 section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuthSender<'a> {
    /// `<>`: not known, or not trusted.
    Unknown,
    /// A mailbox, in xtext.
    Mailbox(Xtext<'a>),
}

/// When to report on a recipient (RFC 3461 section 4.1). None of the three means NEVER.
///
/// ```
/// use smtp_core::syntax::Notify;
///
/// assert_eq!(Notify::NEVER.to_string(), "NEVER");
/// let mut notify = Notify::NEVER;
/// notify.failure = true;
/// notify.delay = true;
/// assert_eq!(notify.to_string(), "FAILURE,DELAY");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Notify {
    /// SUCCESS: when it was delivered.
    pub success: bool,
    /// FAILURE: when it could not be.
    pub failure: bool,
    /// DELAY: when it takes long.
    pub delay: bool,
}

impl Notify {
    /// NEVER: no report at all.
    pub const NEVER: Self = Self { success: false, failure: false, delay: false };
}

/// The recipient for whom a message was meant at first: `addr-type ";" xtext` (RFC 3461 section 4.2).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Orcpt<'a> {
    pub(super) text: &'a [u8],
}

impl<'a> Orcpt<'a> {
    /// The address type, an atom in any case; registered are `rfc822`, `x400` and `utf-8`.
    #[must_use]
    pub fn addr_type(self) -> Keyword<'a> {
        Keyword(self.text.split(|&octet| octet == b';').next().unwrap_or_default())
    }

    /// The address as it was sent: xtext, or for `utf-8` one of the forms of RFC 6533 section 3.
    #[must_use]
    pub fn encoded(self) -> &'a [u8] {
        self.text.get(self.addr_type().0.len().saturating_add(1)..).unwrap_or_default()
    }

    /// Returns `true` if both name the same address of the same type. The type folds case, the address does not.
    #[must_use]
    pub fn equivalent(self, other: Orcpt<'_>) -> bool {
        self.addr_type().equivalent(other.addr_type()) && self.decode().eq(other.decode())
    }

    /// The octets of the address: `+XX` decoded, and for the type `utf-8` also `\x{HEXPOINT}`.
    pub fn decode(self) -> impl Iterator<Item = u8> + use<'a> {
        let unicode = self.addr_type().is("utf-8");
        let mut xtext = Xtext(if unicode { &[] } else { self.encoded() }).decode();
        let mut rest = if unicode { self.encoded() } else { &[] };
        let mut pending: [u8; 4] = [0; 4];
        let mut queued = 0..0usize;
        core::iter::from_fn(move || {
            if let Some(at) = queued.next() {
                return pending.get(at).copied();
            }
            if let Some((behind, scalar)) = super::grammar::embedded(rest) {
                rest = behind;
                let length = scalar.encode_utf8(&mut pending).len();
                queued = 1..length;
                return pending.first().copied();
            }
            match rest.split_first() {
                Some((octet, behind)) => {
                    rest = behind;
                    Some(*octet)
                }
                None => xtext.next(),
            }
        })
    }
}

/// By when to deliver: `by-value` (RFC 2852 section 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct DeliverBy {
    /// Seconds from now, up to nine digits; zero or less only with [`DeliverByMode::Notify`].
    pub seconds: i32,
    /// What to do when the time is over.
    pub mode: DeliverByMode,
    /// Whether relays that do not know the extension are to be reported.
    pub trace: bool,
}

/// What happens to a message that was not delivered in time (RFC 2852 section 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DeliverByMode {
    /// N: the sender is told and the message goes on.
    Notify,
    /// R: the message is returned.
    Return,
}

/// Since when the recipient has to have owned the mailbox (RFC 7293 section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Rrvs {
    /// The time.
    pub since: DateTime,
    /// What a relay does that cannot pass the parameter on.
    pub action: RrvsAction,
}

/// What a relay does when the next hop does not offer RRVS (RFC 7293 section 3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RrvsAction {
    /// C: go on without.
    Continue,
    /// R: refuse the message; the default.
    #[default]
    Reject,
}

/// `mtrk-certifier [ ":" mtrk-timeout ]` (RFC 3885 section 3.1).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct MessageTracking<'a> {
    pub(super) certifier: &'a [u8],
    /// For how many seconds tracking is wished; at most 999999999.
    pub timeout: Option<u32>,
}

impl<'a> MessageTracking<'a> {
    /// That of a certifier.
    ///
    /// # Errors
    /// [`SyntaxError`] where it is no base64 without padding, or has colons and more.
    pub fn new(certifier: &'a str) -> Result<Self, SyntaxError> {
        line(certifier.as_bytes(), super::grammar::certifier).map(|certifier| Self { certifier, timeout: None })
    }

    /// The certifier, base64 whose padding is dropped because a value cannot hold `=`.
    #[must_use]
    pub const fn certifier(self) -> &'a [u8] {
        self.certifier
    }
}

/// `Solicitation-keywords = word 0*("," word)`, at most 1000 octets (RFC 3865 section 2.2).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SolicitationKeywords<'a>(pub(crate) &'a [u8]);

impl<'a> SolicitationKeywords<'a> {
    /// The words, in order.
    pub fn words(self) -> impl Iterator<Item = &'a [u8]> {
        self.0.split(|&octet| octet == b',')
    }
}

/// `transid-value ::= "<" transid-local "@" transid-domain ">"`, case-sensitive, at most 80 octets (RFC 1845 section 2, item
/// 4).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TransactionId<'a>(pub(crate) &'a [u8]);

token!(SolicitationKeywords, TransactionId);

impl<'a> AuthSender<'a> {
    /// Is it this mailbox? What the xtext stands for is compared as [`Mailbox::equivalent`] does: quoting and the case of the
    /// domain do not matter, the case of the local-part does.
    #[must_use]
    pub fn is(self, mailbox: Mailbox<'_>) -> bool {
        match self {
            Self::Unknown => false,
            Self::Mailbox(xtext) => {
                let mut buffer = [0; super::grammar::MAILBOX_LIMIT];
                xtext
                    .decode_into(&mut buffer)
                    .and_then(|text| Mailbox::parse(text, Grammar::SMTPUTF8).ok())
                    .is_some_and(|sender| sender.equivalent(mailbox))
            }
        }
    }
}
