//! The values of SMTP: parsers for the text of one line, and writers for it.
//!
//! The decoders in [`codec`](crate::codec) pass whole lines to it, and the sessions use its values. It knows no streams
//! and no order of commands.
//!
//! Every value is a `Copy` view of the octets it was parsed from; nothing is allocated and nothing is lost. `X::parse`
//! takes octets from a peer and the [`Grammar`] in force; `X::new` takes a text of the caller and is strict. `Display`
//! writes the text as it is sent on the wire, and commands and replies also have `encode`, which appends the line with
//! its CRLF.
//!
//! # Equality
//!
//! `==` compares octet for octet what was sent, with these exceptions: an [`AddressLiteral`] is compared in its strict
//! form and a [`Mechanism`] in upper case, because these are the forms in which they are written; [`Mechanisms`] are
//! compared word by word and a [`Reply`] line by line. Where the same meaning can be written in several ways, the value
//! has a method `equivalent`, which ignores differences of case, quoting and encoding where the standards do.
//!
//! # What a server offers
//!
//! | | |
//! |---|---|
//! | [`Extension`], [`Extensions`] | a registered extension, and a set of them |
//! | [`EhloReply`] | a reply to EHLO or LHLO as it was received |
//! | [`Capability`] | one line of it, a keyword and its parameters |
//! | [`CapabilityValue`] | the meaning of such a line, with [`Mechanisms`] and [`Limits`]; as a [`ParameterValue`] is that of a [`Parameter`] |
//! | [`Offer`] | what a session remembers of the reply; [`permits`](Offer::permits) checks a command against it, and [`OverLimit`] is the reason if it does not |
//! | `Capabilities` | what your server offers, and its reply to EHLO |

pub(crate) mod address;
pub(crate) mod auth;
mod capability;
pub(crate) mod command;
pub(crate) mod convert;
pub(crate) mod date_time;
mod dialect;
mod enhanced;
mod error;
pub(crate) mod extension;
pub(crate) mod literal;
#[cfg(feature = "alloc")]
mod owned;
pub(crate) mod parameter;
pub(crate) mod reply;
pub(crate) mod reply_code;
pub(crate) mod scan;
pub(crate) mod wire;
mod xtext;

pub use address::{Domain, ForwardPath, Host, LocalPart, Mailbox, Path, ReversePath, SourceRoute};
pub use auth::{Base64, LOGIN_PASSWORD, LOGIN_USERNAME, Mechanism, Plain};
pub use capability::{Capability, CapabilityValue, EhloReply, Limits, Mechanisms, MechanismsIter, Offer, OverLimit};
pub use command::{
    Attributes, Auth, Bdat, Burl, Command, Domains, Etrn, EtrnOption, Lookup, Mail, Rcpt, Text, Unknown, Verb,
};
pub use date_time::DateTime;
pub use dialect::{Dialect, Grammar};
pub use enhanced::{EnhancedCode, RegisteredStatus, ReplyClass};
pub use error::{Expected, OutOfRange, Part, SyntaxError};
pub use extension::{Extension, Extensions, ExtensionsIter};
pub use literal::AddressLiteral;
pub use parameter::{
    AuthSender, Body, DeliverBy, DeliverByMode, Keyword, MailOrRcpt, MessageTracking, Notify, Orcpt, Parameter,
    ParameterName, ParameterValue, Parameters, ParametersIter, Return, Rrvs, RrvsAction, SolicitationKeywords,
    TransactionId,
};
pub(crate) use reply::ReplyCodes;
pub use reply::{Reply, ReplyError};
pub use reply_code::{Category, ReplyCode};
pub use xtext::Xtext;

#[cfg(feature = "alloc")]
pub use {
    address::MailboxBuf,
    auth::Base64Buf,
    capability::Capabilities,
    owned::{AttributesBuf, CommandBuf, ParametersBuf, XtextBuf},
    reply::ReplyBuf,
};
