//! One parameter of MAIL or RCPT as text (RFC 5321 section 4.1.2): keyword and value. The list of them is in
//! `parameter/list.rs`, their names in `parameter/name.rs`, the meaning of their values in `parameter/value.rs`, the
//! grammar in `parameter/grammar.rs`, the check against an offer in `parameter/offered.rs`.

mod grammar;
mod list;
mod name;
mod offered;
mod value;

pub(crate) use grammar::{esmtp_param, esmtp_params};
pub use list::{Parameters, ParametersIter};
pub use name::{MailOrRcpt, ParameterName};
pub(crate) use offered::offered_params;
pub use value::{
    AuthSender, Body, DeliverBy, DeliverByMode, MessageTracking, Notify, Orcpt, ParameterValue, Return, Rrvs,
    RrvsAction, SolicitationKeywords, TransactionId,
};
pub(crate) use value::{ENVID_LIMIT, ORCPT_LIMIT, interval, priority, solicitation_keywords};

use super::convert::{as_text, from_text};
use super::scan::line;
use super::wire::token;
use super::{Extension, Grammar, SyntaxError};

/// `esmtp-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")` ([RFC 5321 section
/// 4.1.2](https://www.rfc-editor.org/rfc/rfc5321#section-4.1.2)). Case does not matter.
///
/// ```
/// use smtp_core::syntax::Parameters;
///
/// let parameters = Parameters::new("SIZE=1000 SMTPUTF8")?;
/// let keyword = parameters.iter().next().unwrap().keyword;
/// assert_eq!(keyword.as_str(), "SIZE");
/// assert!(keyword.is("size"));
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Keyword<'a>(pub(crate) &'a [u8]);

impl<'a> Keyword<'a> {
    /// Creates a keyword from a text.
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
    /// Returns a [`SyntaxError`] if the text is not an esmtp-keyword.
    pub fn new(text: &'a str) -> Result<Self, SyntaxError> {
        line(text.as_bytes(), grammar::esmtp_keyword)
    }

    /// Returns `true` if it is this keyword, in any case.
    #[must_use]
    pub fn is(self, keyword: &str) -> bool {
        self.0.eq_ignore_ascii_case(keyword.as_bytes())
    }

    /// Returns `true` if both are the same keyword, in any case.
    #[must_use]
    pub fn equivalent(self, other: Keyword<'_>) -> bool {
        self.0.eq_ignore_ascii_case(other.0)
    }
}

token!(Keyword);
as_text!(Keyword);
from_text!(Keyword);

/// One parameter as it was sent: `esmtp-param = esmtp-keyword ["=" esmtp-value]` ([RFC 5321 section
/// 4.1.2](https://www.rfc-editor.org/rfc/rfc5321#section-4.1.2)).
///
/// ```
/// use smtp_core::syntax::Parameters;
///
/// let parameters = Parameters::new("SIZE=1000 SMTPUTF8")?;
/// let size = parameters.iter().next().unwrap();
/// assert_eq!((size.keyword.as_str(), size.value), ("SIZE", Some(&b"1000"[..])));
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Parameter<'a> {
    /// The keyword, in the case in which it was sent.
    pub keyword: Keyword<'a>,
    /// The value, without the `=`.
    pub value: Option<&'a [u8]>,
}

impl<'a> Parameter<'a> {
    /// Interprets the parameter by its own grammar, for MAIL or for RCPT. Returns `None` if it is not registered for
    /// that command.
    ///
    /// # Errors
    /// Returns a [`SyntaxError`] if the value violates the grammar of the parameter's RFC. The offset counts from the
    /// start of the value.
    pub fn interpret(self, command: MailOrRcpt, grammar: Grammar) -> Option<Result<ParameterValue<'a>, SyntaxError>> {
        let name = ParameterName::from_keyword(self.keyword.0, command)?;
        Some(line(self.value.unwrap_or_default(), |_| value::value(self.value, name, grammar)))
    }

    /// Returns the value, interpreted by the widest grammar, whichever command the parameter is registered for.
    #[inline(never)]
    fn meaning(self) -> Option<ParameterValue<'a>> {
        let name = ParameterName::of_either(self.keyword.0)?;
        self.interpret(name.command(), WIDEST)?.ok()
    }

    /// Returns `true` if the keyword is registered for either command.
    pub(crate) fn is_registered(self) -> bool {
        ParameterName::of_either(self.keyword.0).is_some()
    }

    /// Returns `true` if only a dialect accepts its text.
    fn is_loose(self, grammar: Grammar) -> bool {
        grammar.dialect.parameter_values && self.keyword.is("AUTH")
    }

    /// Returns `true` if a server that did not offer the parameter may ignore it, by its name and its value.
    fn may_be_ignored(self, name: ParameterName) -> bool {
        let binary = || self.value.is_some_and(|value| value.eq_ignore_ascii_case(b"BINARYMIME"));
        name.may_be_ignored() && !(name == ParameterName::Body && binary())
    }

    fn equivalent(self, other: Parameter<'_>) -> bool {
        let alike = self.keyword.equivalent(other.keyword);
        // No parameter is registered for both commands.
        let meaning = |command| match (self.interpret(command, WIDEST), other.interpret(command, WIDEST)) {
            (Some(Ok(one)), Some(Ok(two))) => one.equivalent(&two),
            _ => false,
        };
        alike && (self.value == other.value || meaning(MailOrRcpt::Mail) || meaning(MailOrRcpt::Rcpt))
    }
}

/// The grammar that accepts every value that any grammar accepts. Used to interpret a value.
const WIDEST: Grammar = Grammar { dialect: super::Dialect::LENIENT, ..Grammar::SMTPUTF8 };
