//! The arguments of each command, as values. What makes them of text of one's own is in `parts.rs`.

use super::url_token;
use crate::syntax::convert::from_text;
use crate::syntax::wire::token;
use crate::syntax::{
    Base64, Body, Dialect, Expected, ForwardPath, Mechanism, ParameterName, ParameterValue, Parameters, Part,
    ReversePath, SyntaxError, Verb,
};
use core::fmt;

/// The arguments of MAIL.
///
/// ```
/// use smtp_core::syntax::{Command, Grammar};
///
/// let command = Command::parse(b"MAIL FROM:<joe@client.example> SIZE=1000", Grammar::STRICT)?;
/// let Command::Mail(mail) = command else { panic!() };
/// assert_eq!(mail.reverse_path.to_string(), "<joe@client.example>");
/// assert_eq!(mail.declared_size(), Some(1000));
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[doc(alias = "MAIL FROM")]
pub struct Mail<'a> {
    /// The mailbox to which failures are reported.
    pub reverse_path: ReversePath<'a>,
    /// The parameters after the path.
    pub parameters: Parameters<'a>,
}

impl Mail<'_> {
    /// Returns the size that SIZE declares, if it is given ([RFC 1870 section
    /// 4](https://www.rfc-editor.org/rfc/rfc1870#section-4)).
    #[must_use]
    pub fn declared_size(&self) -> Option<u64> {
        match self.parameters.find(ParameterName::Size)? {
            ParameterValue::Size(size) => Some(size),
            _ => None,
        }
    }

    /// Returns the body type that BODY declares, or 7BIT if it is not given ([RFC 6152 section
    /// 2](https://www.rfc-editor.org/rfc/rfc6152#section-2)).
    ///
    /// ```
    /// use smtp_core::syntax::{Body, Command, Grammar};
    ///
    /// let line = b"MAIL FROM:<joe@example.com> BODY=8BITMIME SIZE=1000";
    /// let Ok(Command::Mail(mail)) = Command::parse(line, Grammar::STRICT) else { unreachable!() };
    /// assert_eq!(mail.body(), Body::EightBitMime);
    /// assert_eq!(mail.declared_size(), Some(1000));
    /// assert!(!mail.is_smtputf8());
    /// ```
    #[must_use]
    pub fn body(&self) -> Body {
        match self.parameters.find(ParameterName::Body) {
            Some(ParameterValue::Body(body)) => body,
            _ => Body::default(),
        }
    }

    /// Returns `true` if it requests SMTPUTF8 ([RFC 6531 section
    /// 3.4](https://www.rfc-editor.org/rfc/rfc6531#section-3.4)).
    #[must_use]
    pub fn is_smtputf8(&self) -> bool {
        self.parameters.has(ParameterName::SmtpUtf8)
    }
}

/// The arguments of RCPT.
///
/// ```
/// use smtp_core::syntax::{Command, Grammar};
///
/// let command = Command::parse(b"RCPT TO:<ann@mx.example> NOTIFY=NEVER", Grammar::STRICT)?;
/// let Command::Rcpt(rcpt) = command else { panic!() };
/// assert_eq!(rcpt.forward_path.to_string(), "<ann@mx.example>");
/// assert_eq!(rcpt.parameters.iter().count(), 1);
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[doc(alias = "RCPT TO")]
pub struct Rcpt<'a> {
    /// The recipient.
    pub forward_path: ForwardPath<'a>,
    /// The parameters after the path.
    pub parameters: Parameters<'a>,
}

/// The arguments of BDAT ([RFC 3030 section 2](https://www.rfc-editor.org/rfc/rfc3030#section-2)).
///
/// ```
/// use smtp_core::syntax::{Command, Grammar};
///
/// let command = Command::parse(b"BDAT 1000 LAST", Grammar::STRICT)?;
/// let Command::Bdat(bdat) = command else { panic!() };
/// assert_eq!((bdat.size, bdat.last), (1000, true));
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Bdat {
    /// The number of octets that follow the line.
    pub size: u64,
    /// Whether it is the last chunk of the message.
    pub last: bool,
}

impl Bdat {
    /// Parses what a BDAT line announces that [`Command::parse`](crate::syntax::Command::parse) rejects. Its octets
    /// follow even if it is refused, and are not commands ([RFC 3030 section
    /// 2](https://www.rfc-editor.org/rfc/rfc3030#section-2)). Returns `None` for another verb.
    ///
    /// ```
    /// use smtp_core::syntax::{Bdat, Command, Grammar};
    ///
    /// let line = b"BDAT 6 LAST now";
    /// assert!(Command::parse(line, Grammar::STRICT).is_err());
    /// let announced = Bdat::announced(line)?.unwrap();
    /// assert_eq!((announced.size, announced.last), (6, true));
    /// assert_eq!(Bdat::announced(b"BDATA 6")?, None);
    /// assert!(Bdat::announced(b"BDAT six").is_err());
    /// assert_eq!(Bdat::announced(b"BDAT 18446744073709551616").unwrap_err().offset(), 5);
    /// # Ok::<(), smtp_core::syntax::SyntaxError>(())
    /// ```
    ///
    /// # Errors
    /// Returns [`SyntaxError`] if there is no size, if the size is not a number, or if it exceeds 64 bits. The octets
    /// after such a line cannot be told apart from commands: end the session with 421, whatever reply the error
    /// suggests.
    pub fn announced(whole: &[u8]) -> Result<Option<Self>, SyntaxError> {
        // Some servers accept white space before the verb, and the octets follow for them as well.
        let line = Dialect::LENIENT.after_white_space(whole);
        let mut words = line.split(|octet| !octet.is_ascii_graphic());
        if !words.next().is_some_and(|verb| verb.eq_ignore_ascii_case(b"BDAT")) {
            return Ok(None);
        }
        let mut words = words.filter(|word| !word.is_empty());
        let size = words.next().unwrap_or_default();
        let last = words.next().is_some_and(|word| word.eq_ignore_ascii_case(b"LAST"));
        let is_number = !size.is_empty() && size.iter().all(u8::is_ascii_digit);
        let number = if is_number { core::str::from_utf8(size).ok() } else { None };
        match number.map(str::parse) {
            Some(Ok(size)) => Ok(Some(Self { size, last })),
            unreadable => {
                let expected = if unreadable.is_some() { Expected::ChunkSizeWithinLimit } else { Expected::ChunkSize };
                // After the verb and its separator.
                let before = whole.len().saturating_sub(line.len()).saturating_add(4);
                let at = whole.iter().skip(before).position(u8::is_ascii_graphic).and_then(|at| at.checked_add(before));
                let offset = u32::try_from(at.unwrap_or(whole.len())).unwrap_or(u32::MAX);
                Err(SyntaxError::new(expected, Part::Argument, offset))
            }
        }
    }
}

/// The arguments of BURL ([RFC 4468 section 3](https://www.rfc-editor.org/rfc/rfc4468#section-3)).
///
/// The URL may hold an authorization token after `;URLAUTH=` ([RFC
/// 4467](https://www.rfc-editor.org/rfc/rfc4467)), which `Debug` does not show.
///
/// ```
/// use smtp_core::syntax::{Command, Grammar};
///
/// let line = b"BURL imap://mail.example/Drafts;UID=7;URLAUTH=submit+ann:internal:91354a LAST";
/// let Command::Burl(burl) = Command::parse(line, Grammar::STRICT)? else { panic!() };
/// assert!(burl.url.as_str().starts_with("imap://mail.example/Drafts;UID=7") && burl.last);
/// assert!(!format!("{burl:?}").contains("91354a"));
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Burl<'a> {
    /// The URL from which the server fetches the content.
    pub url: Text<'a>,
    /// Whether it is the last piece of the message.
    pub last: bool,
}

impl fmt::Debug for Burl<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = url_token(self.url.0).and_then(|at| self.url.0.get(..at));
        let token = if shown.is_some() { "[redacted]" } else { "" };
        let shown = shown.unwrap_or(self.url.0).escape_ascii();
        formatter.debug_struct("Burl").field("url", &format_args!("{shown}{token}")).field("last", &self.last).finish()
    }
}

/// The arguments of VRFY and EXPN ([RFC 5321](https://www.rfc-editor.org/rfc/rfc5321) sections 4.1.1.6 and 4.1.1.7,
/// [RFC 6531 section 3.7.4.2](https://www.rfc-editor.org/rfc/rfc6531#section-3.7.4.2)).
///
/// ```
/// use smtp_core::syntax::{Command, Grammar};
///
/// let command = Command::parse(b"VRFY ann", Grammar::STRICT)?;
/// let Command::Vrfy(lookup) = command else { panic!() };
/// assert_eq!(lookup.text.as_str(), "ann");
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Lookup<'a> {
    /// The text to look up, with its quotes if it has any.
    pub text: Text<'a>,
    /// Whether the reply may be in UTF-8.
    pub smtputf8: bool,
}

/// The arguments of AUTH ([RFC 4954 section 4](https://www.rfc-editor.org/rfc/rfc4954#section-4)).
///
/// The initial response holds a credential. `Display` of the [`Command`](crate::syntax::Command) and of the response
/// shows it; `Debug` of either does not.
///
/// ```
/// use smtp_core::syntax::{Command, Grammar, Mechanism};
///
/// let command = Command::parse(b"AUTH PLAIN AGpvZQBzZWNyZXQ=", Grammar::STRICT)?;
/// let Command::Auth(auth) = command else { panic!() };
/// assert_eq!(auth.mechanism, Mechanism::PLAIN);
/// assert!(auth.initial_response.unwrap().decode().eq(*b"\0joe\0secret"));
/// assert!(!format!("{auth:?}").contains("AGpv"));
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Auth<'a> {
    /// The mechanism.
    pub mechanism: Mechanism<'a>,
    /// The initial response, if there is one. `=` is an empty one.
    pub initial_response: Option<Base64<'a>>,
}

#[cfg(feature = "alloc")]
impl Auth<'_> {
    /// Returns `true` if the exchange ends with the reply to AUTH, so that more commands may follow in its group (RFC
    /// 4954 section 4). This holds if there is an initial response and the mechanism has only one response.
    pub(crate) fn takes_one_trip(&self) -> bool {
        let name = self.mechanism.as_bytes();
        let one_response =
            ["PLAIN", "EXTERNAL", "ANONYMOUS"].iter().any(|one| name.eq_ignore_ascii_case(one.as_bytes()));
        self.initial_response.is_some() && one_response
    }
}

/// The argument of ETRN ([RFC 1985 section 5](https://www.rfc-editor.org/rfc/rfc1985#section-5)).
///
/// ```
/// use smtp_core::syntax::{Command, EtrnOption, Grammar};
///
/// let command = Command::parse(b"ETRN @example.com", Grammar::STRICT)?;
/// let Command::Etrn(etrn) = command else { panic!() };
/// assert_eq!((etrn.option, etrn.node.as_str()), (EtrnOption::Subdomains, "example.com"));
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Etrn<'a> {
    /// The kind of name that `node` is.
    pub option: EtrnOption,
    /// The node: a fully qualified domain name, or after `#` the name of a queue.
    pub node: Text<'a>,
}

/// The option character of ETRN ([RFC 1985 section 5.3](https://www.rfc-editor.org/rfc/rfc1985#section-5.3)).
///
/// ```
/// use smtp_core::syntax::{Command, EtrnOption, Grammar};
///
/// let command = Command::parse(b"ETRN #queue", Grammar::STRICT)?;
/// let Command::Etrn(etrn) = command else { panic!() };
/// assert_eq!((etrn.option, etrn.option.character()), (EtrnOption::Queue, Some('#')));
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EtrnOption {
    /// No character: mail for this host.
    #[default]
    Host,
    /// `@`: mail for this domain and its subdomains.
    Subdomains,
    /// `#`: a queue of the server.
    Queue,
}

impl EtrnOption {
    /// Returns the character, if there is one.
    #[must_use]
    pub const fn character(self) -> Option<char> {
        match self {
            Self::Host => None,
            Self::Subdomains => Some('@'),
            Self::Queue => Some('#'),
        }
    }
}

/// A verb that is not implemented, with its argument.
///
/// A client that does not wait for the refusal of its AUTH sends its password as the next line, which is then read as
/// such a command. `Debug` therefore shows neither the argument nor a verb that is not registered. `Display` of the
/// [`Command`](crate::syntax::Command) shows both.
///
/// ```
/// use smtp_core::syntax::{Command, Grammar};
///
/// let command = Command::parse(b"XYZZY and more", Grammar::STRICT)?;
/// let Command::Unknown(unknown) = command else { panic!() };
/// assert_eq!(unknown.verb.as_str(), "XYZZY");
/// assert_eq!(unknown.argument.unwrap().as_str(), "and more");
/// assert_eq!(format!("{unknown:?}"), "Unknown { verb: [redacted], .. }");
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Unknown<'a> {
    /// The verb, as it was sent.
    pub verb: Text<'a>,
    /// The text after the first space.
    pub argument: Option<Text<'a>>,
}

impl fmt::Debug for Unknown<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = match Verb::from_bytes(self.verb.0) {
            Verb::Unknown => "[redacted]",
            registered => registered.as_str(),
        };
        formatter.debug_struct("Unknown").field("verb", &format_args!("{verb}")).finish_non_exhaustive()
    }
}

/// Text of one line, without NUL, CR and LF. As an argument in the strict grammar it is a String, quotes included ([RFC
/// 5321 section 4.1.2](https://www.rfc-editor.org/rfc/rfc5321#section-4.1.2)).
///
/// After a verb that is not registered, and in HELP and NOOP with [`text_arguments`](super::Dialect::text_arguments),
/// the octets may be other than UTF-8. [`as_str`](Self::as_str) is then empty; [`as_bytes`](Self::as_bytes) returns
/// them.
///
/// ```
/// use smtp_core::syntax::{Command, Grammar};
///
/// let command = Command::parse(b"NOOP hello", Grammar::STRICT)?;
/// let Command::Noop(Some(text)) = command else { panic!() };
/// assert_eq!((text.as_str(), text.as_bytes()), ("hello", &b"hello"[..]));
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Text<'a>(pub(crate) &'a [u8]);

token!(Text);
from_text!(Text);
