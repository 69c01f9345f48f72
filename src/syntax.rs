//! One line's text to values, and values to text.
//!
//! Every value is a `Copy` view of the octets it was parsed from; nothing is allocated and nothing is lost. `X::parse`
//! takes octets that somebody sent and the [`Grammar`] in force; `X::new` takes a text of one's own and is strict.
//! `Display` writes the text as it stands on the wire, and commands and replies also have `encode`, which appends the
//! line with its CRLF.
//!
//! # Equality
//!
//! `==` compares what was sent, octet for octet; but an [`AddressLiteral`] by its strict form and a [`Mechanism`] in upper case,
//! which are the forms they are written in, [`Mechanisms`] word by word and a [`Reply`] line by line. Where two values may be sent
//! differently and mean the same, `equivalent` says whether they do: case, quoting and encoding do not matter to it where the
//! standards say so.
//!
//! # What a server offers
//!
//! | | |
//! |---|---|
//! | [`Extension`], [`Extensions`] | a registered extension, and a set of them |
//! | [`EhloReply`] | a reply to EHLO or LHLO as it was received |
//! | [`Capability`] | one line of it, a keyword and its parameters |
//! | [`CapabilityValue`] | the meaning of such a line, with [`Mechanisms`] and [`Limits`]; as a [`ParameterValue`] is that of a [`Parameter`] |
//! | [`Offer`] | what a session remembers of the reply; [`permits`](Offer::permits) holds a command against it, and [`OverLimit`] is why not |
//! | `Capabilities` | what a server of one's own offers, and the reply that says so |

pub(crate) mod address;
pub(crate) mod auth;
mod capability;
pub(crate) mod command;
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
pub use capability::{Capability, CapabilityValue, EhloReply, Limits, Mechanisms, Offer, OverLimit};
pub use command::{
    Attributes, Auth, Bdat, Burl, Command, Domains, Etrn, EtrnOption, Lookup, Mail, Rcpt, Text, Unknown, Verb,
};
pub use date_time::DateTime;
pub use dialect::{Dialect, Grammar};
pub use enhanced::{EnhancedCode, RegisteredStatus, ReplyClass};
pub use error::{Expected, Part, SyntaxError};
pub use extension::{Extension, Extensions};
pub use literal::AddressLiteral;
pub use parameter::{
    AuthSender, Body, DeliverBy, DeliverByMode, Keyword, MailOrRcpt, MessageTracking, Notify, Orcpt, Parameter,
    ParameterName, ParameterValue, Parameters, Return, Rrvs, RrvsAction, SolicitationKeywords, TransactionId,
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
