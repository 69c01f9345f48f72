//! Conversions of a text into the value of one parameter, each by its production in `grammar.rs`. They hold no grammar of
//! their own.

use super::grammar::{auth, by, entire, mtrk, notify, orcpt, rrvs, solicitation_keywords, transaction_id, value, word};
use super::{
    AuthSender, Body, DeliverBy, MessageTracking, Notify, Orcpt, ParameterName, ParameterValue, Return, Rrvs,
    SolicitationKeywords, TransactionId,
};
use crate::syntax::convert::from_octets;
use crate::syntax::parameter::esmtp_param;
use crate::syntax::scan::{Parse, end, fail, line, within};
use crate::syntax::{Expected, Grammar, Part, SyntaxError};
use core::str::FromStr;

/// The documentation of a `parse`, with an example of a value and of what is refused.
macro_rules! parse_doc {
    ($type:ident, $example:literal, $wrong:literal) => {
        concat!(
            "Parses the value of the parameter, without its keyword and the `=`.\n\n```\nuse smtp_core::syntax::{",
            stringify!($type),
            ", Grammar};\n\nlet value = ",
            stringify!($type),
            "::parse(br\"",
            $example,
            "\", Grammar::STRICT)?;\nassert_eq!(value.to_string(), r\"",
            $example,
            "\");\nassert!(",
            stringify!($type),
            "::parse(br\"",
            $wrong,
            "\", Grammar::STRICT).is_err());\n# Ok::<(), smtp_core::syntax::SyntaxError>(())\n```\n\n# Errors\n",
            "Returns a [`SyntaxError`] if the octets are not such a value."
        )
    };
}

/// Implements `parse`, `FromStr` and `TryFrom` for values that borrow nothing.
macro_rules! values {
    ($($type:ident $example:literal $wrong:literal $production:expr;)*) => { $(
        impl $type {
            #[doc = parse_doc!($type, $example, $wrong)]
            pub fn parse(octets: &[u8], _: Grammar) -> Result<Self, SyntaxError> {
                line(octets, |i| entire(i, $production))
            }
        }

        impl FromStr for $type {
            type Err = SyntaxError;

            /// Parses the value as [`parse`](Self::parse) does.
            fn from_str(text: &str) -> Result<Self, SyntaxError> {
                Self::parse(text.as_bytes(), Grammar::SMTPUTF8)
            }
        }

        impl TryFrom<&[u8]> for $type {
            type Error = SyntaxError;

            /// Parses the value as [`parse`](Self::parse) does.
            fn try_from(octets: &[u8]) -> Result<Self, SyntaxError> {
                Self::parse(octets, Grammar::SMTPUTF8)
            }
        }
    )* };
}

/// Implements `parse` and `TryFrom` for values that borrow their text.
macro_rules! borrowed_values {
    ($($type:ident $example:literal $wrong:literal $production:expr;)*) => { $(
        impl<'a> $type<'a> {
            #[doc = parse_doc!($type, $example, $wrong)]
            pub fn parse(octets: &'a [u8], grammar: Grammar) -> Result<Self, SyntaxError> {
                let production: fn(&'a [u8], Grammar) -> Parse<'a, Self> = $production;
                line(octets, |i| entire(i, |i| production(i, grammar)))
            }
        }

        impl<'a> TryFrom<&'a str> for $type<'a> {
            type Error = SyntaxError;

            /// Parses the value as [`parse`](Self::parse) does with [`Grammar::SMTPUTF8`].
            fn try_from(text: &'a str) -> Result<Self, SyntaxError> {
                Self::parse(text.as_bytes(), Grammar::SMTPUTF8)
            }
        }

        from_octets!($type: |octets| Self::parse(octets, Grammar::SMTPUTF8));
    )* };
}

values! {
    Body "8BITMIME" "8BIT" |i| word(i, Self::WORDS);
    Return "HDRS" "HEADERS" |i| word(i, Self::WORDS);
    Notify "SUCCESS,DELAY" "NEVER,DELAY" notify;
    DeliverBy "120;RT" "0;R" by;
    Rrvs "2014-04-03T23:01:00Z;C" "2014-04-03" rrvs;
}

borrowed_values! {
    AuthSender "e+3Dmc2@example.com" "e=mc2@example.com" auth;
    Orcpt "rfc822;joe+2Blist@example.com" "joe@example.com" orcpt;
    MessageTracking "QUJD:86400" "QUJD=" |i, _| mtrk(i);
    SolicitationKeywords "net.example:ADV,org.example:ADV:ADLT" "net.example, org.example" |i, _| {
        solicitation_keywords(i)
    };
    TransactionId "<12345@client.example>" "12345@client.example" |i, _| transaction_id(i);
}

impl<'a> ParameterValue<'a> {
    /// Parses one registered parameter of MAIL or RCPT, `KEYWORD` or `KEYWORD=value`. `Display` writes the same form.
    ///
    /// ```
    /// use smtp_core::syntax::{Grammar, ParameterValue};
    ///
    /// assert_eq!(ParameterValue::parse(b"size=1000", Grammar::STRICT)?, ParameterValue::Size(1000));
    /// assert_eq!(ParameterValue::try_from("MT-PRIORITY=-3")?, ParameterValue::MtPriority(-3));
    /// // RFC 4865 section 3: at least one second.
    /// assert!(ParameterValue::try_from("HOLDFOR=0").is_err());
    /// assert!(ParameterValue::try_from("X-TAG=1").is_err(), "not registered");
    /// # Ok::<(), smtp_core::syntax::SyntaxError>(())
    /// ```
    ///
    /// # Errors
    /// Returns a [`SyntaxError`] if the octets are not a parameter, if its keyword is not registered, or if the value
    /// violates the grammar of the parameter's RFC.
    pub fn parse(octets: &'a [u8], grammar: Grammar) -> Result<Self, SyntaxError> {
        let parameter = |i| {
            let (rest, parameter) = esmtp_param(i, grammar)?;
            end(rest)?;
            match ParameterName::of_either(parameter.keyword.as_bytes()) {
                Some(name) => value(parameter.value, name, grammar),
                None => fail(i, Expected::ParameterKeyword),
            }
        };
        line(octets, |i| within(Part::Parameters, parameter(i)))
    }
}

impl<'a> TryFrom<&'a str> for ParameterValue<'a> {
    type Error = SyntaxError;

    /// Parses a parameter as [`parse`](Self::parse) does with [`Grammar::SMTPUTF8`].
    fn try_from(text: &'a str) -> Result<Self, SyntaxError> {
        Self::parse(text.as_bytes(), Grammar::SMTPUTF8)
    }
}

from_octets!(ParameterValue: |octets| Self::parse(octets, Grammar::SMTPUTF8));
