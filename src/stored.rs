//! The stored form of values, with the feature `serde`: what a mail server writes into its queue, its log and its
//! database.
//!
//! A value with a text form in an RFC is a string in that form, as `Display` writes it. Everything else is a small object
//! with the names of its public fields; the variants of an enum are in lower case with hyphens. This form is part of the
//! public interface: what one version writes, later versions read.
//!
//! | type | form | example in JSON |
//! |---|---|---|
//! | [`MailboxBuf`] | Mailbox | `"ann@example.com"` |
//! | [`ReversePathBuf`], [`ForwardPathBuf`] | path in brackets | `"<ann@example.com>"`, `"<>"` |
//! | [`DomainBuf`] | Domain | `"example.com"` |
//! | [`ParametersBuf`] | parameters of MAIL or RCPT | `"RET=HDRS ENVID=QQ314159"` |
//! | [`XtextBuf`] | xtext | `"a+2Bb"` |
//! | [`Body`], [`Return`], [`Notify`], [`DeliverBy`], [`Rrvs`] | value of the parameter | `"8BITMIME"`, `"SUCCESS,DELAY"` |
//! | [`CommandBuf`] | line without CRLF | `"RCPT TO:<ann@example.com>"` |
//! | [`ReplyCode`], [`EnhancedCode`] | digits | `"550"`, `"5.1.1"` |
//! | [`ReplyBuf`] | object | `{"code":"550","enhanced":"5.1.1","text":"No such user"}` |
//! | [`DateTime`] | [RFC 3339](https://www.rfc-editor.org/rfc/rfc3339) | `"2002-02-15T17:19:22-08:00"` |
//! | [`TraceDateBuf`] | [RFC 5322](https://www.rfc-editor.org/rfc/rfc5322) | `"Fri, 15 Feb 2002 17:19:22 -0800"` |
//! | [`Verb`], [`Extension`], [`ParameterName`] | keyword | `"SIZE"` |
//! | [`Extensions`] | list | `["SIZE","PIPELINING"]` |
//! | [`Capabilities`] | list of ehlo-lines | `["SIZE 1000","AUTH PLAIN"]` |
//! | [`Offer`] | object | `{"extensions":["SIZE"],"size":1000,...}` |
//! | [`reception::Envelope`] | object | `{"hello":"EHLO c.example","tls":true,"user":null,"mail":"MAIL FROM:<>","rcpt":["RCPT TO:<ann@example.com>"]}` |
//! | [`Outcome`] | object | `{"status":"refused","scope":"recipient","cause":{"reply":{"to":"rcpt","reply":{"code":"550",...}}}}` |
//! | [`Violation`] | object | `{"kind":"bare-lf-in-content","offset":120,"line":9}` |
//! | [`Message`], [`RetryPolicy`], [`Attempt`], [`HostFailure`], [`SyntaxError`], [`Misuse`], [`ClientError`] | object or string | `{"size":1000,"body":"7BIT",...}` |
//!
//! # Reading
//!
//! Reading refuses what the constructor of the type refuses, with the text of its error. A value that a server has accepted
//! by a [`Dialect`](crate::syntax::Dialect) is written in its strict form if it has one, and unchanged otherwise. For this
//! reason addresses, domains, commands and xtext are read by every dialect: a queue must not lose what was accepted. So a
//! mailbox without a domain is read too. Parse text that comes from a person with the `FromStr` of the type, which is
//! strict. No dialect accepts a CR, an LF or a NUL.
//!
//! A field that is missing has its default in [`Message`] and [`RetryPolicy`], and is `null` where the type is an `Option`.
//! A `Duration` is an object: `{"secs":1800,"nanos":0}`. A code of three digits that no RFC permits is read, because a client
//! may have received it.
//!
//! # Borrowed values
//!
//! Borrowed values are written in the form of the owned ones, for logs, and are not read.
//!
//! A command with a credential (AUTH with an initial response) is an error when it is written, because a credential does
//! not belong in a log or a queue. So is a command with octets that are not UTF-8, which no string can hold.
//!
//! ```
//! use smtp_core::syntax::{MailboxBuf, ReplyBuf, ReplyCode};
//! use serde::Deserialize;
//! use serde::de::IntoDeserializer;
//! use serde::de::value::{Error, StrDeserializer};
//!
//! let text: StrDeserializer<'_, Error> = "ann@example.com".into_deserializer();
//! assert_eq!(MailboxBuf::deserialize(text)?.to_string(), "ann@example.com");
//! let text: StrDeserializer<'_, Error> = "601".into_deserializer();
//! assert!(ReplyCode::deserialize(text).is_ok(), "servers send such codes");
//! let text: StrDeserializer<'_, Error> = "OK".into_deserializer();
//! let error = ReplyCode::deserialize(text).unwrap_err();
//! assert_eq!(error.to_string(), "expected a reply code at octet 0");
//! # Ok::<(), Error>(())
//! ```
//!
//! [`Attempt`]: crate::routing::Attempt
//! [`Body`]: crate::syntax::Body
//! [`Capabilities`]: crate::syntax::Capabilities
//! [`ClientError`]: crate::session::ClientError
//! [`CommandBuf`]: crate::syntax::CommandBuf
//! [`DateTime`]: crate::syntax::DateTime
//! [`DeliverBy`]: crate::syntax::DeliverBy
//! [`DomainBuf`]: crate::syntax::DomainBuf
//! [`EnhancedCode`]: crate::syntax::EnhancedCode
//! [`Extension`]: crate::syntax::Extension
//! [`Extensions`]: crate::syntax::Extensions
//! [`ForwardPathBuf`]: crate::syntax::ForwardPathBuf
//! [`HostFailure`]: crate::routing::HostFailure
//! [`MailboxBuf`]: crate::syntax::MailboxBuf
//! [`Message`]: crate::session::delivery::Message
//! [`Misuse`]: crate::session::Misuse
//! [`Notify`]: crate::syntax::Notify
//! [`Offer`]: crate::syntax::Offer
//! [`Outcome`]: crate::session::delivery::Outcome
//! [`ParameterName`]: crate::syntax::ParameterName
//! [`ParametersBuf`]: crate::syntax::ParametersBuf
//! [`ReplyBuf`]: crate::syntax::ReplyBuf
//! [`ReplyCode`]: crate::syntax::ReplyCode
//! [`RetryPolicy`]: crate::routing::RetryPolicy
//! [`Return`]: crate::syntax::Return
//! [`ReversePathBuf`]: crate::syntax::ReversePathBuf
//! [`Rrvs`]: crate::syntax::Rrvs
//! [`SyntaxError`]: crate::syntax::SyntaxError
//! [`TraceDateBuf`]: crate::trace::TraceDateBuf
//! [`Verb`]: crate::syntax::Verb
//! [`Violation`]: crate::observer::Violation
//! [`XtextBuf`]: crate::syntax::XtextBuf
//! [`reception::Envelope`]: crate::session::reception::Envelope

mod lists;
mod text;
