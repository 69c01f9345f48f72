//! Syntax errors: what was expected, where, and the reply that a server sends. All parsers of `syntax` return them.
//! Errors of sequence and policy are in `session`.

use super::{EnhancedCode, ReplyCode};

/// A line that the grammar rejects: what was expected, in which part of the line, and at which octet.
///
/// ```
/// use smtp_core::syntax::{Command, Expected, Grammar, ReplyCode};
///
/// let error = Command::parse(b"MAIL FROM: <joe@example.com>", Grammar::STRICT).unwrap_err();
/// assert_eq!(error.offset(), 10);
/// assert_eq!(error.expected(), Expected::PathStart);
/// assert_eq!(error.code(), ReplyCode::SYNTAX_ERROR_IN_ARGUMENTS);
/// assert_eq!(error.to_string(), "expected \"<\" at octet 10");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[error("expected {expected} at octet {offset}")]
pub struct SyntaxError {
    expected: Expected,
    part: Part,
    offset: u32,
}

impl SyntaxError {
    pub(crate) const fn new(expected: Expected, part: Part, offset: u32) -> Self {
        Self { expected, part, offset }
    }

    /// Returns what the grammar expected.
    #[must_use]
    pub const fn expected(self) -> Expected {
        self.expected
    }

    /// Returns the part of the line with the error.
    #[must_use]
    pub const fn part(self) -> Part {
        self.part
    }

    /// Returns the offset of the error, counted from 0 at the start of the line: the first octet that is not allowed
    /// there. If something is missing or too long, the first octet after the last one that is allowed.
    #[must_use]
    pub const fn offset(self) -> usize {
        self.offset as usize
    }

    /// Returns the code of the reply that a server sends to such a command ([RFC 5321 section
    /// 4.2.4](https://www.rfc-editor.org/rfc/rfc5321#section-4.2.4)).
    #[must_use]
    pub const fn code(self) -> ReplyCode {
        self.answer().0
    }

    /// Returns the enhanced status code that goes with [`code`](Self::code) ([RFC 3463 section
    /// 3](https://www.rfc-editor.org/rfc/rfc3463#section-3)).
    #[must_use]
    pub const fn enhanced_code(self) -> EnhancedCode {
        self.answer().1
    }

    // The only place that maps an error to a reply. It has no wildcard arms: the code of a new variant must be decided
    // here.
    const fn answer(self) -> (ReplyCode, EnhancedCode) {
        use {EnhancedCode as E, ReplyCode as C};
        let in_argument = match self.part {
            Part::Verb => (C::SYNTAX_ERROR, E::SYNTAX_ERROR),
            Part::Argument | Part::Parameters => (C::SYNTAX_ERROR_IN_ARGUMENTS, E::INVALID_ARGUMENTS),
            Part::ReversePath => (C::SYNTAX_ERROR_IN_ARGUMENTS, E::BAD_SENDER_SYNTAX),
            Part::ForwardPath => (C::SYNTAX_ERROR_IN_ARGUMENTS, E::BAD_DESTINATION_SYNTAX),
        };
        match self.expected {
            Expected::LineWithinLimit => (C::SYNTAX_ERROR, E::SYNTAX_ERROR),
            Expected::RecognizedParameter => (C::PARAMETERS_NOT_RECOGNIZED, E::INVALID_ARGUMENTS),
            Expected::Base64 => (C::SYNTAX_ERROR_IN_ARGUMENTS, E::SYNTAX_ERROR),
            // RFC 6531 section 3.5: 550 where MAIL needs an ASCII address, 553 where RCPT does.
            Expected::Ascii => match self.part {
                Part::ForwardPath => (C::MAILBOX_NAME_NOT_ALLOWED, E::NON_ASCII_ADDRESS),
                Part::Verb | Part::Argument | Part::ReversePath | Part::Parameters => {
                    (C::MAILBOX_UNAVAILABLE, E::NON_ASCII_ADDRESS)
                }
            },
            Expected::Verb
            | Expected::Space
            | Expected::EndOfLine
            | Expected::FromColon
            | Expected::ToColon
            | Expected::PathStart
            | Expected::PathEnd
            | Expected::RouteEnd
            | Expected::LocalPart
            | Expected::QuoteEnd
            | Expected::At
            | Expected::Domain
            | Expected::AddressLiteral
            | Expected::Text
            | Expected::Utf8
            | Expected::LocalPartWithinLimit
            | Expected::LabelWithinLimit
            | Expected::DomainWithinLimit
            | Expected::PathWithinLimit
            | Expected::ParameterKeyword
            | Expected::ParameterValue
            | Expected::NoParameterValue
            | Expected::ValueWithinLimit
            | Expected::SingleParameter
            | Expected::CompatibleParameter
            | Expected::Xtext
            | Expected::ChunkSize
            | Expected::ChunkSizeWithinLimit
            | Expected::Last
            | Expected::Mechanism
            | Expected::Uri
            | Expected::Attribute
            | Expected::ReplyCode
            | Expected::Separator
            | Expected::SameCode
            | Expected::Keyword
            | Expected::DateTime
            | Expected::Clause
            | Expected::Name => in_argument,
        }
    }
}

/// A number that is outside the range of the value that it was to become.
///
/// ```
/// use smtp_core::syntax::ReplyCode;
///
/// let error = ReplyCode::new(199).unwrap_err();
/// assert_eq!(error.to_string(), "a reply code must be 200 to 599");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{requirement}")]
pub struct OutOfRange {
    requirement: &'static str,
}

impl OutOfRange {
    pub(crate) const REPLY_CODE: Self = Self { requirement: "a reply code must be 200 to 599" };
    pub(crate) const ENHANCED_CODE: Self =
        Self { requirement: "an enhanced code must have class 2, 4 or 5, and a subject and a detail of at most 999" };
    pub(crate) const UNIX_TIME: Self =
        Self { requirement: "a time must be in the years 0 to 9999, with an offset of less than a day" };
    pub(crate) const TRACE_DATE: Self = Self {
        requirement: "a date of a trace field must be in the calendar, from 1900 on, with an offset of less than a day",
    };
}

/// The part of a command line with a [`SyntaxError`]. It decides the code of the reply.
///
/// ```
/// use smtp_core::syntax::{Command, Grammar, Part};
///
/// let error = Command::parse(b"RCPT TO:<ann@@mx.example>", Grammar::STRICT).unwrap_err();
/// assert_eq!(error.part(), Part::ForwardPath);
/// assert_eq!(error.enhanced_code().to_string(), "5.1.3");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Part {
    /// The verb itself: 500.
    Verb,
    /// An argument that is neither a path nor a parameter: 501.
    Argument,
    /// The reverse-path of MAIL: 501 5.1.7.
    ReversePath,
    /// The forward-path of RCPT: 501 5.1.3.
    ForwardPath,
    /// The parameters of MAIL or RCPT: 501 or 555.
    Parameters,
}

/// What the grammar expected at the offset of a [`SyntaxError`].
///
/// ```
/// use smtp_core::syntax::{Command, Expected, Grammar};
///
/// let error = Command::parse(b"RCPT <ann@mx.example>", Grammar::STRICT).unwrap_err();
/// assert_eq!((error.expected(), error.offset()), (Expected::ToColon, 5));
/// assert_eq!(error.expected().to_string(), "\"TO:\"");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Expected {
    /// A verb ([RFC 5321 section 4.1.1](https://www.rfc-editor.org/rfc/rfc5321#section-4.1.1)).
    #[error("a verb")]
    Verb,
    /// A single SP.
    #[error("a space")]
    Space,
    /// The end of the line: there is text after the command.
    #[error("the end of the line")]
    EndOfLine,
    /// A line within the limit in force ([RFC 5321 section
    /// 4.5.3.1.4](https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.4)).
    #[error("a line within its limit")]
    LineWithinLimit,
    /// `FROM:` after MAIL.
    #[error("\"FROM:\"")]
    FromColon,
    /// `TO:` after RCPT.
    #[error("\"TO:\"")]
    ToColon,
    /// The `<` of a path.
    #[error("\"<\"")]
    PathStart,
    /// The `>` of a path.
    #[error("\">\"")]
    PathEnd,
    /// The `:` after a source route, or a `,` and another hop.
    #[error("\":\" or \",\" of a source route")]
    RouteEnd,
    /// A local-part: a dot-string or a quoted-string.
    #[error("a local-part")]
    LocalPart,
    /// The closing quote of a quoted-string, or more of its content.
    #[error("the end of the quoted-string")]
    QuoteEnd,
    /// The `@` between local-part and domain.
    #[error("\"@\"")]
    At,
    /// A domain.
    #[error("a domain")]
    Domain,
    /// An address literal.
    #[error("an address literal")]
    AddressLiteral,
    /// A String argument, or printable text.
    #[error("printable text")]
    Text,
    /// Well-formed UTF-8 ([RFC 3629](https://www.rfc-editor.org/rfc/rfc3629)).
    #[error("well-formed UTF-8")]
    Utf8,
    /// An ASCII address: SMTPUTF8 was not requested in this transaction ([RFC 6531 section
    /// 3.5](https://www.rfc-editor.org/rfc/rfc6531#section-3.5)).
    #[error("an ASCII address, because SMTPUTF8 is not in force,")]
    Ascii,
    /// The end of a local-part, which has at most 64 octets ([RFC 5321 section
    /// 4.5.3.1.1](https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.1)).
    #[error("the end of a local-part of at most 64 octets")]
    LocalPartWithinLimit,
    /// The end of a label, which has at most 63 octets ([RFC 1035 section
    /// 2.3.4](https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4)).
    #[error("the end of a label of at most 63 octets")]
    LabelWithinLimit,
    /// The end of a domain, which has at most 255 octets ([RFC 5321 section
    /// 4.5.3.1.2](https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.2)).
    #[error("the end of a domain of at most 255 octets")]
    DomainWithinLimit,
    /// The end of a path, which has at most 256 octets ([RFC 5321 section
    /// 4.5.3.1.3](https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.3)).
    #[error("the end of a path of at most 256 octets")]
    PathWithinLimit,
    /// An esmtp-keyword.
    #[error("a parameter keyword")]
    ParameterKeyword,
    /// A value that matches the grammar of the parameter.
    #[error("a valid parameter value")]
    ParameterValue,
    /// No value: the parameter has none.
    #[error("no parameter value")]
    NoParameterValue,
    /// A value within the limit of its clause.
    #[error("a value within its limit")]
    ValueWithinLimit,
    /// A parameter that has not been given before in this command.
    #[error("a parameter that was not given before")]
    SingleParameter,
    /// A parameter that can be combined with the others of this command.
    #[error("a parameter that can be combined with the others")]
    CompatibleParameter,
    /// A parameter of this command whose extension was offered: 555.
    #[error("a parameter of an extension that was offered")]
    RecognizedParameter,
    /// xtext ([RFC 3461 section 4](https://www.rfc-editor.org/rfc/rfc3461#section-4)).
    #[error("xtext")]
    Xtext,
    /// Base64 text ([RFC 4954 section 8](https://www.rfc-editor.org/rfc/rfc4954#section-8)).
    #[error("base64")]
    Base64,
    /// The chunk-size of BDAT.
    #[error("a chunk-size")]
    ChunkSize,
    /// A chunk-size that fits 64 bits: the octets after such a line cannot be skipped safely.
    #[error("a chunk-size below 2^64")]
    ChunkSizeWithinLimit,
    /// The end-marker LAST.
    #[error("\"LAST\"")]
    Last,
    /// A SASL mechanism name ([RFC 4422 section 3.1](https://www.rfc-editor.org/rfc/rfc4422#section-3.1)).
    #[error("a SASL mechanism name")]
    Mechanism,
    /// An absolute URI ([RFC 3986 section 4.3](https://www.rfc-editor.org/rfc/rfc3986#section-4.3)).
    #[error("an absolute URI")]
    Uri,
    /// An attribute of XCLIENT or XFORWARD.
    #[error("an attribute")]
    Attribute,
    /// A reply code ([RFC 5321 section 4.2](https://www.rfc-editor.org/rfc/rfc5321#section-4.2)).
    #[error("a reply code")]
    ReplyCode,
    /// The `-` or SP after a reply code.
    #[error("\"-\" or a space")]
    Separator,
    /// The code of the reply's first line.
    #[error("the code of the reply's first line")]
    SameCode,
    /// An ehlo-keyword.
    #[error("a keyword")]
    Keyword,
    /// A date and time.
    #[error("a date and time")]
    DateTime,
    /// A clause of a trace field.
    #[error("a clause of a trace field")]
    Clause,
    /// A name from a table of this crate, such as that of a violation.
    #[error("a known name")]
    Name,
}
