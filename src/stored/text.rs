//! The values that are stored as a string: written by `Display`, read by their parser.

use crate::observer::ViolationKind;
use crate::syntax::wire::Wire;
use crate::syntax::{
    AddressLiteral, Body, Command, CommandBuf, DateTime, DeliverBy, Dialect, Domain, DomainBuf, EnhancedCode,
    Extension, ForwardPath, ForwardPathBuf, Grammar, Host, Keyword, Mailbox, MailboxBuf, Mechanism, Notify,
    ParameterName, ParameterValue, Parameters, ParametersBuf, Path, ReplyCode, Return, ReversePath, ReversePathBuf,
    Rrvs, SyntaxError, Verb, Xtext, XtextBuf,
};
use crate::trace::{TraceDate, TraceDateBuf};
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;
use serde::de::{Deserialize, Deserializer, Visitor};
use serde::ser::{Error as _, Serialize, Serializer};

/// Reads a string by a function.
struct FromText<T, E> {
    read: fn(&str) -> Result<T, E>,
    what: &'static str,
    value: PhantomData<T>,
}

impl<T, E: fmt::Display> Visitor<'_> for FromText<T, E> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "a string with {}", self.what)
    }

    fn visit_str<F: serde::de::Error>(self, text: &str) -> Result<T, F> {
        (self.read)(text).map_err(F::custom)
    }
}

/// Parses by the strict grammar, and where that fails by all dialects. The error is that of the strict grammar.
fn by_any_dialect<T>(parse: impl Fn(Grammar) -> Result<T, SyntaxError>) -> Result<T, SyntaxError> {
    let lenient = Grammar { dialect: Dialect::LENIENT, ..Grammar::SMTPUTF8 };
    parse(Grammar::SMTPUTF8).or_else(|error| parse(lenient).map_err(|_| error))
}

macro_rules! written {
    ($($type:ty),* $(,)?) => { $(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    )* };
}

macro_rules! read {
    ($($type:ty, $what:literal, $read:expr;)*) => { $(
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(FromText { read: $read, what: $what, value: PhantomData })
            }
        }
    )* };
}

written! {
    AddressLiteral<'_>, Body, DateTime, DeliverBy, Domain<'_>, DomainBuf, EnhancedCode, Extension, ForwardPath<'_>,
    ForwardPathBuf, Host<'_>, Keyword<'_>, Mailbox<'_>, MailboxBuf, Mechanism<'_>, Notify, ParameterName,
    ParameterValue<'_>, Parameters<'_>, ParametersBuf, Path<'_>, ReplyCode, Return, ReversePath<'_>, ReversePathBuf,
    Rrvs, TraceDate<'_>, TraceDateBuf, Verb, ViolationKind, Xtext<'_>, XtextBuf,
}

read! {
    Body, "a value of BODY", str::parse;
    CommandBuf, "a command", |text| by_any_dialect(|grammar| Command::parse(text.as_bytes(), grammar)).map(Self::from);
    DateTime, "a date and time of RFC 3339", str::parse;
    DeliverBy, "a value of BY", str::parse;
    DomainBuf, "a domain", |text| by_any_dialect(|grammar| Domain::parse(text.as_bytes(), grammar)).map(Self::from);
    EnhancedCode, "an enhanced code", str::parse;
    Extension, "the keyword of an extension", str::parse;
    ForwardPathBuf, "a forward-path", |text| by_any_dialect(|grammar| ForwardPath::parse(text.as_bytes(), grammar)).map(Self::from);
    MailboxBuf, "a mailbox", |text| by_any_dialect(|grammar| Mailbox::parse(text.as_bytes(), grammar)).map(Self::from);
    Notify, "a value of NOTIFY", str::parse;
    ParameterName, "the keyword of a parameter", str::parse;
    ParametersBuf, "parameters of MAIL or RCPT", str::parse;
    ReplyCode, "a reply code", ReplyCode::from_any_digits;
    Return, "a value of RET", str::parse;
    ReversePathBuf, "a reverse-path", |text| by_any_dialect(|grammar| ReversePath::parse(text.as_bytes(), grammar)).map(Self::from);
    Rrvs, "a value of RRVS", str::parse;
    TraceDateBuf, "a date of RFC 5322", str::parse;
    Verb, "a verb", str::parse;
    ViolationKind, "the name of a violation", str::parse;
    XtextBuf, "xtext", |text| by_any_dialect(|grammar| Xtext::parse(text.as_bytes(), grammar)).map(Self::from);
}

impl Serialize for Command<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Auth(auth) if auth.initial_response.is_some() => {
                Err(S::Error::custom("a command with a credential is not stored"))
            }
            _ => {
                let mut line = Vec::new();
                self.write(&mut line);
                serializer.serialize_str(core::str::from_utf8(&line).map_err(S::Error::custom)?)
            }
        }
    }
}

impl Serialize for CommandBuf {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_command().serialize(serializer)
    }
}
