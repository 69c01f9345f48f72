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
//! # Conversions
//!
//! `TryFrom` and `FromStr` accept what `new` accepts, and fail with the same [`SyntaxError`]; `AsRef` returns what `as_bytes`
//! and `as_str` return. Owned values lend the borrowed ones. Registered names are parsed in any case.
//!
//! ```
//! # #[cfg(feature = "alloc")] {
//! use smtp_core::syntax::{
//!     AddressLiteral, Command, CommandBuf, EnhancedCode, Extension, Host, Mailbox, MailboxBuf,
//!     Parameters, ParametersBuf, ReplyCode, Verb,
//! };
//! use std::net::IpAddr;
//!
//! let ann: MailboxBuf = "ann@example.com".parse()?;
//! assert_eq!(ann, Mailbox::try_from("ann@example.com")?);
//! assert_eq!(ann, Mailbox::try_from(&b"ann@example.com"[..])?);
//! assert_eq!(Command::mail(&ann, Parameters::NONE).to_string(), "MAIL FROM:<ann@example.com>");
//!
//! let Host::Literal(literal) = Host::try_from("[192.0.2.1]")? else { panic!() };
//! assert!(IpAddr::from(literal).is_ipv4());
//! assert_eq!(AddressLiteral::from(IpAddr::from([192, 0, 2, 1])).to_string(), "[192.0.2.1]");
//!
//! assert_eq!(ReplyCode::try_from(550)?, ReplyCode::MAILBOX_UNAVAILABLE);
//! assert_eq!(u16::from(ReplyCode::OK), 250);
//! assert_eq!("5.1.1".parse::<EnhancedCode>()?, EnhancedCode::BAD_DESTINATION_MAILBOX);
//! assert_eq!("mail".parse::<Verb>()?, Verb::Mail);
//! assert_eq!("size".parse::<Extension>()?, Extension::Size);
//!
//! let offered = Extension::Size | Extension::Pipelining;
//! let keywords: Vec<_> = offered.into_iter().map(|extension| extension.to_string()).collect();
//! assert_eq!(keywords, ["SIZE", "PIPELINING"]);
//!
//! let parameters: ParametersBuf = "SIZE=1000 BODY=8BITMIME".parse()?;
//! for parameter in &parameters {
//!     assert!(parameter.value.is_some());
//! }
//! let kept: CommandBuf = "RCPT TO:<joe@example.com>".parse()?;
//! assert!(matches!(Command::from(&kept), Command::Rcpt(_)));
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What a server offers
//!
//! | type | what it is |
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
mod links;
pub(crate) mod literal;
pub(crate) mod output;
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
pub use output::{NoRoom, Output};
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
    address::{DomainBuf, ForwardPathBuf, MailboxBuf, ReversePathBuf},
    auth::Base64Buf,
    capability::Capabilities,
    owned::{AttributesBuf, CommandBuf, ParametersBuf, XtextBuf},
    reply::ReplyBuf,
};
