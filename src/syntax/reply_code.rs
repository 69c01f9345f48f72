//! Reply codes (RFC 5321 section 4.2, RFC 7504) and their registered texts. Which codes a command can have is in
//! `session/codes.rs`.

use super::scan::{Parse, fail, line};
use super::wire::{Sink, Wire, display_is_wire};
use super::{Dialect, Expected, OutOfRange, ReplyClass, SyntaxError};

/// A reply code: three digits, the first of them 2 to 5 ([RFC 5321 section
/// 4.2](https://www.rfc-editor.org/rfc/rfc5321#section-4.2)).
///
/// ```
/// use smtp_core::syntax::{Category, ReplyCode, ReplyClass};
///
/// let code = ReplyCode::new(452)?;
/// assert_eq!(code, ReplyCode::INSUFFICIENT_STORAGE);
/// assert_eq!(code.class(), ReplyClass::TransientFailure);
/// assert_eq!(code.category(), Category::MailSystem);
/// assert!(ReplyCode::new(199).is_err());
/// # Ok::<(), smtp_core::syntax::OutOfRange>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReplyCode(u16);

/// The category of a reply, given by the second digit of its code ([RFC 5321 section
/// 4.2.1](https://www.rfc-editor.org/rfc/rfc5321#section-4.2.1)).
///
/// ```
/// use smtp_core::syntax::{Category, ReplyCode};
///
/// assert_eq!(ReplyCode::SERVICE_READY.category(), Category::Connections);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Category {
    /// x0z: syntax.
    Syntax,
    /// x1z: information.
    Information,
    /// x2z: connections.
    Connections,
    /// x3z and x4z: unspecified in [RFC 5321](https://www.rfc-editor.org/rfc/rfc5321); used by AUTH.
    Unspecified,
    /// x5z: the mail system.
    MailSystem,
    /// x6z to x9z: not allowed by the grammar.
    Unknown,
}

macro_rules! codes {
    ($($name:ident = $code:literal, $text:literal;)*) => {
        impl ReplyCode {
            $(
                #[doc = concat!($code, ": `", $text, "`.")]
                pub const $name: Self = Self($code);
            )*

            /// All registered codes with their registered texts, in order.
            pub const REGISTRY: &'static [(Self, &'static str)] = &[$((Self::$name, $text),)*];
        }
    };
}

codes! {
    SYSTEM_STATUS = 211, "System status, or system help reply";
    HELP_MESSAGE = 214, "Help message";
    SERVICE_READY = 220, "Service ready";
    SERVICE_CLOSING = 221, "Service closing transmission channel";
    AUTHENTICATION_SUCCEEDED = 235, "Authentication succeeded";
    OK = 250, "Requested mail action okay, completed";
    WILL_FORWARD = 251, "User not local; will forward to <forward-path>";
    CANNOT_VERIFY = 252, "Cannot VRFY user, but will accept message and attempt delivery";
    PENDING_MESSAGES_STARTED = 253, "OK, pending messages for node started";
    CHALLENGE = 334, "Server challenge";
    START_MAIL_INPUT = 354, "Start mail input; end with <CRLF>.<CRLF>";
    TRANSACTION_OFFSET = 355, "octet-offset is the transaction offset";
    SERVICE_NOT_AVAILABLE = 421, "Service not available, closing transmission channel";
    PASSWORD_TRANSITION_NEEDED = 432, "A password transition is needed";
    MAILBOX_TEMPORARILY_UNAVAILABLE = 450, "Requested mail action not taken: mailbox unavailable";
    LOCAL_ERROR = 451, "Requested action aborted: local error in processing";
    INSUFFICIENT_STORAGE = 452, "Requested action not taken: insufficient system storage";
    NO_MAIL = 453, "You have no mail";
    TEMPORARY_FAILURE = 454, "TLS not available, or temporary authentication failure";
    UNABLE_TO_ACCOMMODATE_PARAMETERS = 455, "Server unable to accommodate parameters";
    UNABLE_TO_QUEUE = 458, "Unable to queue messages for node";
    NODE_NOT_ALLOWED = 459, "Node not allowed";
    SYNTAX_ERROR = 500, "Syntax error, command unrecognized";
    SYNTAX_ERROR_IN_ARGUMENTS = 501, "Syntax error in parameters or arguments";
    COMMAND_NOT_IMPLEMENTED = 502, "Command not implemented";
    BAD_SEQUENCE = 503, "Bad sequence of commands";
    PARAMETER_NOT_IMPLEMENTED = 504, "Command parameter not implemented";
    DOES_NOT_ACCEPT_MAIL = 521, "Host does not accept mail";
    AUTHENTICATION_REQUIRED = 530, "Authentication required, or a STARTTLS command first";
    MECHANISM_TOO_WEAK = 534, "Authentication mechanism is too weak";
    CREDENTIALS_INVALID = 535, "Authentication credentials invalid";
    ENCRYPTION_REQUIRED = 538, "Encryption required for requested authentication mechanism";
    MAILBOX_UNAVAILABLE = 550, "Requested action not taken: mailbox unavailable";
    USER_NOT_LOCAL = 551, "User not local; please try <forward-path>";
    EXCEEDED_STORAGE = 552, "Requested mail action aborted: exceeded storage allocation";
    MAILBOX_NAME_NOT_ALLOWED = 553, "Requested action not taken: mailbox name not allowed";
    TRANSACTION_FAILED = 554, "Transaction failed, or no SMTP service here";
    PARAMETERS_NOT_RECOGNIZED = 555, "MAIL FROM/RCPT TO parameters not recognized or not implemented";
    DOMAIN_DOES_NOT_ACCEPT_MAIL = 556, "Domain does not accept mail";
}

impl ReplyCode {
    /// No code. No code that is parsed or created has more than three digits.
    pub(crate) const NONE: Self = Self(u16::MAX);

    /// Creates a code from its number, 200 to 599.
    ///
    /// The strict grammar does not allow a second digit of 6 to 9, as in 260 ([RFC 5321 section
    /// 4.2](https://www.rfc-editor.org/rfc/rfc5321#section-4.2): `Reply-code = %x32-35 %x30-35 %x30-39`). Servers send
    /// such codes, and [`any_reply_text`](super::Dialect::any_reply_text) accepts them, so they can be created here. Do
    /// not use them in your own replies: only lenient clients accept them. [`category`](Self::category) returns
    /// [`Unknown`](Category::Unknown) for them. A code like 117, which [`reply_form`](super::Dialect::reply_form)
    /// accepts, cannot be created.
    ///
    /// # Errors
    /// Returns [`OutOfRange`] for any other number.
    pub const fn new(code: u16) -> Result<Self, OutOfRange> {
        if matches!(code, 200..=599) { Ok(Self(code)) } else { Err(OutOfRange::REPLY_CODE) }
    }

    /// Returns the code with these digits, if the strict grammar allows it.
    #[inline]
    pub(crate) fn of_digits(digits: [u8; 3]) -> Option<Self> {
        let [a @ b'2'..=b'5', b @ b'0'..=b'5', c @ b'0'..=b'9'] = digits else { return None };
        let digit = |octet: u8| u16::from(octet.wrapping_sub(b'0'));
        Some(Self(digit(a).wrapping_mul(100).wrapping_add(digit(b).wrapping_mul(10)).wrapping_add(digit(c))))
    }

    /// Returns the number.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }

    /// Returns the three digits.
    pub(crate) const fn digits(self) -> [u8; 3] {
        #[allow(clippy::cast_possible_truncation, reason = "a digit fits an octet")]
        const fn digit(value: u16) -> u8 {
            b'0'.wrapping_add((value % 10) as u8)
        }
        [digit(self.0 / 100), digit(self.0 / 10), digit(self.0)]
    }

    /// Returns the class, given by the first digit. A client need not look at more than this. A code whose first digit
    /// has no meaning, like 117 or 601, is a permanent failure, because the server has not said that anything was done.
    /// Only [`reply_form`](super::Dialect::reply_form) accepts such codes.
    #[must_use]
    pub const fn class(self) -> ReplyClass {
        match self.0 {
            200..300 => ReplyClass::Success,
            300..400 => ReplyClass::Intermediate,
            400..500 => ReplyClass::TransientFailure,
            _ => ReplyClass::PermanentFailure,
        }
    }

    /// Returns the category, given by the second digit.
    #[must_use]
    pub const fn category(self) -> Category {
        match self.0 / 10 % 10 {
            0 => Category::Syntax,
            1 => Category::Information,
            2 => Category::Connections,
            3 | 4 => Category::Unspecified,
            5 => Category::MailSystem,
            _ => Category::Unknown,
        }
    }

    /// Returns the registered text for this code.
    #[must_use]
    pub fn text(self) -> Option<&'static str> {
        Self::REGISTRY.iter().find(|(code, _)| *code == self).map(|(_, text)| *text)
    }
}

/// `Reply-code = %x32-35 %x30-35 %x30-39`
///
/// With `any_reply_text`, also 6 to 9 as the second digit; with `reply_form`, any three digits.
pub(crate) fn reply_code(i: &[u8], dialect: Dialect) -> Parse<'_, ReplyCode> {
    // Written by hand, because each line of a reply begins with a code. Errors in the second and the third digit have
    // the same offset.
    match i {
        [a @ b'0'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9', rest @ ..]
            if dialect.reply_form || (matches!(a, b'2'..=b'5') && (dialect.any_reply_text || *b <= b'5')) =>
        {
            let digit = |octet: &u8| u16::from(octet.wrapping_sub(b'0'));
            let code = digit(a).wrapping_mul(100).wrapping_add(digit(b).wrapping_mul(10)).wrapping_add(digit(c));
            Ok((rest, ReplyCode(code)))
        }
        [b'2'..=b'5', b'0'..=b'5', rest @ ..] => fail(rest, Expected::ReplyCode),
        [b'2'..=b'5', rest @ ..] => fail(rest, Expected::ReplyCode),
        _ => fail(i, Expected::ReplyCode),
    }
}

impl Wire for ReplyCode {
    fn write<S: Sink + ?Sized>(&self, out: &mut S) {
        out.put(&self.digits());
    }
}

display_is_wire!(ReplyCode);

impl TryFrom<u16> for ReplyCode {
    type Error = OutOfRange;

    /// Creates a code as [`new`](Self::new) does.
    fn try_from(code: u16) -> Result<Self, OutOfRange> {
        Self::new(code)
    }
}

impl From<ReplyCode> for u16 {
    fn from(code: ReplyCode) -> Self {
        code.get()
    }
}

impl ReplyCode {
    /// Parses any three digits, which a client that accepts [`reply_form`](Dialect::reply_form) may have received.
    #[cfg(feature = "serde")]
    pub(crate) fn from_any_digits(text: &str) -> Result<Self, SyntaxError> {
        line(text.as_bytes(), |i| reply_code(i, Dialect { reply_form: true, ..Dialect::STRICT }))
    }
}

impl core::str::FromStr for ReplyCode {
    type Err = SyntaxError;

    /// Parses the three digits of a code that [`new`](Self::new) accepts.
    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        line(text.as_bytes(), |i| reply_code(i, Dialect { any_reply_text: true, ..Dialect::STRICT }))
    }
}
