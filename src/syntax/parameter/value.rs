//! The meaning of each registered parameter. `Parameter::interpret` creates the values. What the sender wants to be told
//! is in `value/report.rs`, when and to whom the message may be delivered in `value/condition.rs`, the grammar in
//! `value/grammar.rs`, the text in `value/write.rs`.

mod condition;
mod convert;
mod grammar;
mod report;
mod write;

pub use condition::{DeliverBy, DeliverByMode, Rrvs, RrvsAction};
pub(super) use grammar::value;
pub(crate) use grammar::{ENVID_LIMIT, ORCPT_LIMIT, interval, priority, solicitation_keywords};
pub use report::{MessageTracking, Notify, Orcpt, Return};

use super::{Extension, ParameterName};
use crate::syntax::wire::token;
use crate::syntax::{DateTime, Grammar, Mailbox, Xtext};

/// The meaning of a registered parameter.
///
/// ```
/// use smtp_core::syntax::{ParameterName, ParameterValue, Parameters};
///
/// let parameters = Parameters::new("SIZE=1000 RET=HDRS")?;
/// assert_eq!(parameters.find(ParameterName::Size), Some(ParameterValue::Size(1000)));
/// assert_eq!(ParameterValue::Size(1000).to_string(), "SIZE=1000");
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ParameterValue<'a> {
    /// SIZE: the size of the content in octets ([RFC 1870 section
    /// 4](https://www.rfc-editor.org/rfc/rfc1870#section-4)). 20 digits exceed 64 bits; such a size is [`u64::MAX`].
    Size(u64),
    /// BODY ([RFC 6152 section 2](https://www.rfc-editor.org/rfc/rfc6152#section-2), [RFC 3030 section
    /// 3](https://www.rfc-editor.org/rfc/rfc3030#section-3)).
    Body(Body),
    /// RET: the part of the message that a failure report returns ([RFC 3461 section
    /// 4.3](https://www.rfc-editor.org/rfc/rfc3461#section-4.3)).
    Ret(Return),
    /// ENVID: the sender's identifier of this transaction ([RFC 3461 section
    /// 4.4](https://www.rfc-editor.org/rfc/rfc3461#section-4.4)), at most 100 octets. Together with MTRK it has the
    /// form `local-envid "@" fqhn` ([RFC 3885 section 3.2](https://www.rfc-editor.org/rfc/rfc3885#section-3.2)).
    Envid(Xtext<'a>),
    /// AUTH: the submitter of the message ([RFC 4954 section 5](https://www.rfc-editor.org/rfc/rfc4954#section-5)).
    Auth(AuthSender<'a>),
    /// SMTPUTF8 ([RFC 6531 section 3.4](https://www.rfc-editor.org/rfc/rfc6531#section-3.4)).
    SmtpUtf8,
    /// REQUIRETLS ([RFC 8689 section 2](https://www.rfc-editor.org/rfc/rfc8689#section-2)).
    RequireTls,
    /// MT-PRIORITY, -9 to 9 ([RFC 6710 section 3](https://www.rfc-editor.org/rfc/rfc6710#section-3), item 5).
    MtPriority(i8),
    /// HOLDFOR, in seconds, 1 to 999999999 ([RFC 4865 section 3](https://www.rfc-editor.org/rfc/rfc4865#section-3)).
    HoldFor(u32),
    /// HOLDUNTIL, a time in UTC ([RFC 4865 section 3](https://www.rfc-editor.org/rfc/rfc4865#section-3)).
    HoldUntil(DateTime),
    /// BY ([RFC 2852 section 4](https://www.rfc-editor.org/rfc/rfc2852#section-4)).
    By(DeliverBy),
    /// MTRK ([RFC 3885 section 3.1](https://www.rfc-editor.org/rfc/rfc3885#section-3.1)). It requires an ENVID that has
    /// an "@" between two parts.
    Mtrk(MessageTracking<'a>),
    /// SOLICIT ([RFC 3865 section 2.3](https://www.rfc-editor.org/rfc/rfc3865#section-2.3)), at most 1000 octets.
    Solicit(SolicitationKeywords<'a>),
    /// CONPERM ([RFC 4141](https://www.rfc-editor.org/rfc/rfc4141) sections 4.2 and 4.3).
    Conperm,
    /// SUBMITTER: a mailbox in xtext ([RFC 4405 section 4](https://www.rfc-editor.org/rfc/rfc4405#section-4)).
    Submitter(Xtext<'a>),
    /// TRANSID ([RFC 1845 section 2](https://www.rfc-editor.org/rfc/rfc1845#section-2), item 4), at most 80 octets.
    TransId(TransactionId<'a>),
    /// NOTIFY ([RFC 3461 section 4.1](https://www.rfc-editor.org/rfc/rfc3461#section-4.1)).
    Notify(Notify),
    /// ORCPT ([RFC 3461 section 4.2](https://www.rfc-editor.org/rfc/rfc3461#section-4.2), [RFC 6533 section
    /// 3](https://www.rfc-editor.org/rfc/rfc6533#section-3)), at most 500 octets.
    Orcpt(Orcpt<'a>),
    /// RRVS ([RFC 7293 section 3.1](https://www.rfc-editor.org/rfc/rfc7293#section-3.1)).
    Rrvs(Rrvs),
    /// CONNEG ([RFC 4141](https://www.rfc-editor.org/rfc/rfc4141) sections 5.2 and 5.3).
    Conneg,
}

impl ParameterValue<'_> {
    /// Returns the name of the parameter.
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

    /// Returns `true` if every value of this kind can be sent. The types of the others hold more than their grammars.
    #[cfg(feature = "alloc")]
    pub(crate) const fn is_always_valid(&self) -> bool {
        matches!(
            self,
            Self::Size(_)
                | Self::Body(_)
                | Self::Ret(_)
                | Self::SmtpUtf8
                | Self::RequireTls
                | Self::Conperm
                | Self::Notify(_)
                | Self::Conneg
        )
    }

    /// Returns `true` if both have the same meaning: values in xtext are compared decoded, and the address type of
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

/// The kind of octets in the content: `body-value` ([RFC 6152 section
/// 2](https://www.rfc-editor.org/rfc/rfc6152#section-2), [RFC 3030 section
/// 3](https://www.rfc-editor.org/rfc/rfc3030#section-3)).
///
/// ```
/// use smtp_core::syntax::{Body, ParameterName, ParameterValue, Parameters};
///
/// let parameters = Parameters::new("BODY=8BITMIME")?;
/// let Some(ParameterValue::Body(body)) = parameters.find(ParameterName::Body) else { panic!() };
/// assert_eq!(body, Body::EightBitMime);
/// assert_eq!(Body::default(), Body::SevenBit);
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Body {
    /// 7BIT: lines of ASCII. The value of a message without BODY.
    #[default]
    SevenBit,
    /// 8BITMIME: lines of any octets.
    EightBitMime,
    /// BINARYMIME: any octets, sent with BDAT only.
    BinaryMime,
}

impl Body {
    const WORDS: &[(&str, Self)] =
        &[("7BIT", Self::SevenBit), ("8BITMIME", Self::EightBitMime), ("BINARYMIME", Self::BinaryMime)];

    /// Returns the extension that this value requires. 7BIT requires none.
    #[must_use]
    pub const fn offered_by(self) -> Option<Extension> {
        match self {
            Self::SevenBit => None,
            Self::EightBitMime => Some(Extension::EightBitMime),
            Self::BinaryMime => Some(Extension::BinaryMime),
        }
    }
}

/// The submitter of a message in the AUTH parameter of MAIL ([RFC 4954 section
/// 5](https://www.rfc-editor.org/rfc/rfc4954#section-5)).
///
/// ```
/// use smtp_core::syntax::{Mailbox, ParameterName, ParameterValue, Parameters};
///
/// let parameters = Parameters::new("AUTH=joe@client.example")?;
/// let value = parameters.find(ParameterName::Auth);
/// let Some(ParameterValue::Auth(sender)) = value else { panic!() };
/// assert!(sender.is(Mailbox::new("joe@client.example")?));
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuthSender<'a> {
    /// `<>`: unknown, or not trusted.
    Unknown,
    /// A mailbox, in xtext.
    Mailbox(Xtext<'a>),
}

impl<'a> AuthSender<'a> {
    /// Returns `true` if it is this mailbox. The decoded xtext is compared by [`Mailbox::equivalent`]: quoting and the
    /// case of the domain do not matter, the case of the local-part does.
    #[must_use]
    pub fn is(self, mailbox: Mailbox<'_>) -> bool {
        match self {
            Self::Unknown => false,
            Self::Mailbox(xtext) => {
                let mut buffer = [0; grammar::MAILBOX_LIMIT];
                xtext
                    .decode_into(&mut buffer)
                    .and_then(|text| Mailbox::parse(text, Grammar::SMTPUTF8).ok())
                    .is_some_and(|sender| sender.equivalent(mailbox))
            }
        }
    }
}

/// `Solicitation-keywords = word 0*("," word)`, at most 1000 octets ([RFC 3865 section
/// 2.2](https://www.rfc-editor.org/rfc/rfc3865#section-2.2)).
///
/// ```
/// use smtp_core::syntax::{ParameterName, ParameterValue, Parameters};
///
/// let parameters = Parameters::new("SOLICIT=net.example:ADV,org.example:ADV")?;
/// let value = parameters.find(ParameterName::Solicit);
/// let Some(ParameterValue::Solicit(keywords)) = value else { panic!() };
/// assert_eq!(keywords.words().count(), 2);
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SolicitationKeywords<'a>(pub(crate) &'a [u8]);

impl<'a> SolicitationKeywords<'a> {
    /// Returns the words, in order.
    pub fn words(self) -> impl Iterator<Item = &'a [u8]> {
        self.0.split(|&octet| octet == b',')
    }
}

/// `transid-value ::= "<" transid-local "@" transid-domain ">"`, case-sensitive, at most 80 octets ([RFC 1845 section
/// 2](https://www.rfc-editor.org/rfc/rfc1845#section-2), item 4).
///
/// ```
/// use smtp_core::syntax::{ParameterName, ParameterValue, Parameters};
///
/// let parameters = Parameters::new("TRANSID=<12345@client.example>")?;
/// let value = parameters.find(ParameterName::TransId);
/// let Some(ParameterValue::TransId(id)) = value else { panic!() };
/// assert_eq!(id.as_bytes(), b"<12345@client.example>");
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TransactionId<'a>(pub(crate) &'a [u8]);

token!(SolicitationKeywords, TransactionId);
