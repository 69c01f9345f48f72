//! Enhanced status codes (RFC 3463, RFC 2034) and their registry (RFC 5248). Replies contain them; the choice of a code
//! is up to the server.

use super::scan::{Parse, expected, fail, line, mark, number};
use super::wire::{Sink, Wire, display_is_wire};
use super::{Expected, OutOfRange, ReplyCode, SyntaxError};
use crate::fast;
use core::fmt;
use core::num::NonZeroU32;
use nom::Parser;
use nom::branch::alt;
use nom::combinator::value;
use nom::sequence::preceded;

/// An enhanced status code, `class "." subject "." detail` ([RFC 3463 section
/// 2](https://www.rfc-editor.org/rfc/rfc3463#section-2)).
///
/// The constants have the class that matches the basic codes with which they are registered.
/// [`with_class`](Self::with_class) returns the code with another class, because the registry has only `X.2.2`.
///
/// ```
/// use smtp_core::syntax::{EnhancedCode, ReplyClass};
///
/// let full = EnhancedCode::MAILBOX_FULL;
/// assert_eq!(full.to_string(), "5.2.2");
/// assert_eq!(full.text(), Some("Mailbox full"));
/// assert_eq!(full.with_class(ReplyClass::TransientFailure).unwrap().to_string(), "4.2.2");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EnhancedCode(
    /// The class, with ten bits each for subject and detail below it. The order of the numbers is that of the codes,
    /// and 0 is not a code.
    NonZeroU32,
);

/// The class of a reply, given by the first digit of its code, and the class of an enhanced code ([RFC 5321 section
/// 4.2.1](https://www.rfc-editor.org/rfc/rfc5321#section-4.2.1), [RFC 3463 section
/// 3.1](https://www.rfc-editor.org/rfc/rfc3463#section-3.1)).
///
/// ```
/// use smtp_core::syntax::{ReplyClass, ReplyCode};
///
/// let class = ReplyCode::new(452)?.class();
/// assert_eq!(class, ReplyClass::TransientFailure);
/// assert_eq!((class.is_failure(), class.digit()), (true, 4));
/// # Ok::<(), smtp_core::syntax::OutOfRange>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(clippy::exhaustive_enums, reason = "the grammar has these four digits")]
pub enum ReplyClass {
    /// 2: the command has succeeded.
    Success,
    /// 3: the command continues with what the client sends next. Enhanced codes do not have this class.
    Intermediate,
    /// 4: refused now; the same command may succeed later.
    TransientFailure,
    /// 5: refused permanently.
    PermanentFailure,
}

impl ReplyClass {
    /// Returns the digit.
    #[must_use]
    pub const fn digit(self) -> u8 {
        match self {
            Self::Success => 2,
            Self::Intermediate => 3,
            Self::TransientFailure => 4,
            Self::PermanentFailure => 5,
        }
    }

    /// Returns `true` for a transient or permanent failure.
    #[must_use]
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::TransientFailure | Self::PermanentFailure)
    }
}

impl fmt::Display for ReplyClass {
    /// Writes the digit.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.digit(), formatter)
    }
}

/// One entry of the registry of enhanced status codes.
///
/// ```
/// use smtp_core::syntax::EnhancedCode;
///
/// let mut entries = EnhancedCode::REGISTRY.iter();
/// let entry = entries.find(|entry| entry.code == EnhancedCode::MAILBOX_FULL).unwrap();
/// assert_eq!(entry.text, "Mailbox full");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct RegisteredStatus {
    /// The code, with the class of its basic codes.
    pub code: EnhancedCode,
    /// The sample text.
    pub text: &'static str,
    /// The basic codes with which it is registered. Empty if the registry does not name any.
    pub basic: &'static [u16],
}

macro_rules! registry {
    ($($name:ident: $class:ident, $subject:literal, $detail:literal, $text:literal, [$($basic:literal),*];)*) => {
        impl EnhancedCode {
            $(
                #[doc = concat!("X.", $subject, ".", $detail, ": ", $text, ".")]
                pub const $name: Self = Self::of(ReplyClass::$class, $subject, $detail);
            )*

            /// The registry of [RFC 5248](https://www.rfc-editor.org/rfc/rfc5248) as of 2026-08, in order.
            pub const REGISTRY: &'static [RegisteredStatus] = &[
                $(RegisteredStatus { code: Self::$name, text: $text, basic: &[$($basic),*] },)*
            ];
        }
    };
}

registry! {
    OTHER: Success, 0, 0, "Other undefined Status", [];
    OTHER_ADDRESS: PermanentFailure, 1, 0, "Other address status", [];
    BAD_DESTINATION_MAILBOX: PermanentFailure, 1, 1, "Bad destination mailbox address", [451, 550];
    BAD_DESTINATION_SYSTEM: PermanentFailure, 1, 2, "Bad destination system address", [];
    BAD_DESTINATION_SYNTAX: PermanentFailure, 1, 3, "Bad destination mailbox address syntax", [501];
    DESTINATION_AMBIGUOUS: PermanentFailure, 1, 4, "Destination mailbox address ambiguous", [];
    DESTINATION_VALID: Success, 1, 5, "Destination address valid", [250];
    DESTINATION_MOVED: PermanentFailure, 1, 6, "Destination mailbox has moved, No forwarding address", [];
    BAD_SENDER_SYNTAX: PermanentFailure, 1, 7, "Bad sender's mailbox address syntax", [];
    BAD_SENDER_SYSTEM: PermanentFailure, 1, 8, "Bad sender's system address", [451, 501];
    RELAYED_TO_NON_COMPLIANT: PermanentFailure, 1, 9, "Message relayed to non-compliant mailer", [];
    RECIPIENT_NULL_MX: PermanentFailure, 1, 10, "Recipient address has null MX", [556];
    OTHER_MAILBOX: PermanentFailure, 2, 0, "Other or undefined mailbox status", [];
    MAILBOX_DISABLED: PermanentFailure, 2, 1, "Mailbox disabled, not accepting messages", [];
    MAILBOX_FULL: PermanentFailure, 2, 2, "Mailbox full", [552];
    MESSAGE_EXCEEDS_ADMINISTRATIVE_LIMIT: PermanentFailure, 2, 3, "Message length exceeds administrative limit", [552];
    LIST_EXPANSION_PROBLEM: TransientFailure, 2, 4, "Mailing list expansion problem", [450, 452];
    OTHER_MAIL_SYSTEM: PermanentFailure, 3, 0, "Other or undefined mail system status", [221, 250, 421, 451, 550, 554];
    MAIL_SYSTEM_FULL: TransientFailure, 3, 1, "Mail system full", [452];
    NOT_ACCEPTING_MESSAGES: PermanentFailure, 3, 2, "System not accepting network messages", [453, 521];
    NOT_CAPABLE_OF_FEATURES: PermanentFailure, 3, 3, "System not capable of selected features", [];
    MESSAGE_TOO_BIG: PermanentFailure, 3, 4, "Message too big for system", [552, 554];
    SYSTEM_MISCONFIGURED: PermanentFailure, 3, 5, "System incorrectly configured", [];
    PRIORITY_CHANGED: Success, 3, 6, "Requested priority was changed", [250, 251];
    OTHER_NETWORK: PermanentFailure, 4, 0, "Other or undefined network or routing status", [];
    NO_ANSWER_FROM_HOST: TransientFailure, 4, 1, "No answer from host", [451];
    BAD_CONNECTION: TransientFailure, 4, 2, "Bad connection", [421];
    DIRECTORY_SERVER_FAILURE: PermanentFailure, 4, 3, "Directory server failure", [451, 550];
    UNABLE_TO_ROUTE: PermanentFailure, 4, 4, "Unable to route", [];
    MAIL_SYSTEM_CONGESTION: TransientFailure, 4, 5, "Mail system congestion", [451];
    ROUTING_LOOP: PermanentFailure, 4, 6, "Routing loop detected", [];
    DELIVERY_TIME_EXPIRED: PermanentFailure, 4, 7, "Delivery time expired", [];
    OTHER_PROTOCOL: PermanentFailure, 5, 0, "Other or undefined protocol status", [220, 250, 251, 252, 253, 451, 452, 454, 458, 459, 501, 502, 503, 554];
    INVALID_COMMAND: PermanentFailure, 5, 1, "Invalid command", [430, 500, 501, 503, 530, 550, 554, 555];
    SYNTAX_ERROR: PermanentFailure, 5, 2, "Syntax error", [500, 501, 502, 550, 555];
    TOO_MANY_RECIPIENTS: TransientFailure, 5, 3, "Too many recipients", [451];
    INVALID_ARGUMENTS: PermanentFailure, 5, 4, "Invalid command arguments", [451, 501, 502, 503, 504, 550, 555];
    WRONG_PROTOCOL_VERSION: PermanentFailure, 5, 5, "Wrong protocol version", [];
    AUTH_LINE_TOO_LONG: PermanentFailure, 5, 6, "Authentication Exchange line is too long", [500];
    OTHER_MEDIA: PermanentFailure, 6, 0, "Other or undefined media error", [];
    MEDIA_NOT_SUPPORTED: PermanentFailure, 6, 1, "Media not supported", [];
    CONVERSION_PROHIBITED: PermanentFailure, 6, 2, "Conversion required and prohibited", [];
    CONVERSION_NOT_SUPPORTED: PermanentFailure, 6, 3, "Conversion required but not supported", [554];
    CONVERSION_WITH_LOSS: Success, 6, 4, "Conversion with loss performed", [250];
    CONVERSION_FAILED: PermanentFailure, 6, 5, "Conversion Failed", [];
    CONTENT_NOT_AVAILABLE: PermanentFailure, 6, 6, "Message content not available", [554];
    NON_ASCII_ADDRESS: PermanentFailure, 6, 7, "Non-ASCII addresses not permitted for that sender/recipient", [553, 550];
    UTF8_REPLY_NOT_PERMITTED: PermanentFailure, 6, 8, "UTF-8 string reply is required, but not permitted by the SMTP client", [252, 553, 550];
    UTF8_HEADER_NOT_TRANSFERABLE: PermanentFailure, 6, 9, "UTF-8 header message cannot be transferred to one or more recipients, so the message must be rejected", [550];
    UTF8_REPLY_NOT_PERMITTED_DEPRECATED: PermanentFailure, 6, 10, "UTF-8 string reply is required, but not permitted by the SMTP client", [];
    OTHER_SECURITY: PermanentFailure, 7, 0, "Other or undefined security status", [220, 235, 450, 454, 500, 501, 503, 504, 530, 535, 550];
    NOT_AUTHORIZED: PermanentFailure, 7, 1, "Delivery not authorized, message refused", [451, 454, 502, 503, 533, 550, 551];
    LIST_EXPANSION_PROHIBITED: PermanentFailure, 7, 2, "Mailing list expansion prohibited", [550];
    SECURITY_CONVERSION_NOT_POSSIBLE: PermanentFailure, 7, 3, "Security conversion required but not possible", [];
    SECURITY_FEATURES_NOT_SUPPORTED: PermanentFailure, 7, 4, "Security features not supported", [504];
    CRYPTOGRAPHIC_FAILURE: PermanentFailure, 7, 5, "Cryptographic failure", [];
    ALGORITHM_NOT_SUPPORTED: PermanentFailure, 7, 6, "Cryptographic algorithm not supported", [];
    MESSAGE_INTEGRITY_FAILURE: PermanentFailure, 7, 7, "Message integrity failure", [];
    CREDENTIALS_INVALID: PermanentFailure, 7, 8, "Authentication credentials invalid", [535, 554];
    MECHANISM_TOO_WEAK: PermanentFailure, 7, 9, "Authentication mechanism is too weak", [534];
    ENCRYPTION_NEEDED: PermanentFailure, 7, 10, "Encryption Needed", [523];
    ENCRYPTION_REQUIRED_FOR_MECHANISM: PermanentFailure, 7, 11, "Encryption required for requested authentication mechanism", [524, 538];
    PASSWORD_TRANSITION_NEEDED: TransientFailure, 7, 12, "A password transition is needed", [422, 432];
    ACCOUNT_DISABLED: PermanentFailure, 7, 13, "User Account Disabled", [525];
    TRUST_RELATIONSHIP_REQUIRED: PermanentFailure, 7, 14, "Trust relationship required", [535, 554];
    PRIORITY_TOO_LOW: PermanentFailure, 7, 15, "Priority Level is too low", [450, 550];
    MESSAGE_TOO_BIG_FOR_PRIORITY: PermanentFailure, 7, 16, "Message is too big for the specified priority", [552];
    MAILBOX_OWNER_CHANGED: PermanentFailure, 7, 17, "Mailbox owner has changed", [];
    DOMAIN_OWNER_CHANGED: PermanentFailure, 7, 18, "Domain owner has changed", [];
    RRVS_NOT_COMPLETED: PermanentFailure, 7, 19, "RRVS test cannot be completed", [];
    NO_PASSING_DKIM: PermanentFailure, 7, 20, "No passing DKIM signature found", [550];
    NO_ACCEPTABLE_DKIM: PermanentFailure, 7, 21, "No acceptable DKIM signature found", [550];
    NO_AUTHOR_MATCHED_DKIM: PermanentFailure, 7, 22, "No valid author-matched DKIM signature found", [550];
    SPF_FAILED: PermanentFailure, 7, 23, "SPF validation failed", [550];
    SPF_ERROR: PermanentFailure, 7, 24, "SPF validation error", [451, 550];
    REVERSE_DNS_FAILED: PermanentFailure, 7, 25, "Reverse DNS validation failed", [550];
    MULTIPLE_CHECKS_FAILED: PermanentFailure, 7, 26, "Multiple authentication checks failed", [550];
    SENDER_NULL_MX: PermanentFailure, 7, 27, "Sender address has null MX", [550];
    MAIL_FLOOD: PermanentFailure, 7, 28, "Mail flood detected", [];
    ARC_FAILURE: PermanentFailure, 7, 29, "ARC validation failure", [550];
    REQUIRETLS_NEEDED: PermanentFailure, 7, 30, "REQUIRETLS support required", [550];
}

impl EnhancedCode {
    /// 2.0.0, the code of a success without details.
    pub const OK: Self = Self::OTHER;

    /// 4.4.3: a directory cannot be queried now. Goes with 451.
    pub(crate) const TRANSIENT_LOOKUP_FAILURE: Self = Self::of(ReplyClass::TransientFailure, 4, 3);
    /// 4.3.2: the system accepts no more messages for now. Goes with 421.
    pub(crate) const TRANSIENT_NOT_ACCEPTING: Self = Self::of(ReplyClass::TransientFailure, 3, 2);

    /// Creates a code from a subject and a detail, 0 to 999 each.
    ///
    /// # Errors
    /// Returns [`OutOfRange`] if one of them is greater, and for [`ReplyClass::Intermediate`], which enhanced codes do
    /// not have ([RFC 2034 section 4](https://www.rfc-editor.org/rfc/rfc2034#section-4)).
    pub const fn new(class: ReplyClass, subject: u16, detail: u16) -> Result<Self, OutOfRange> {
        if matches!(class, ReplyClass::Intermediate) || subject > 999 || detail > 999 {
            return Err(OutOfRange::ENHANCED_CODE);
        }
        Ok(Self::of(class, subject, detail))
    }

    /// Creates a code. The class must not be [`ReplyClass::Intermediate`], and the numbers must not exceed 999.
    #[inline(always)]
    pub(crate) const fn of(class: ReplyClass, subject: u16, detail: u16) -> Self {
        let packed = (class.digit() as u32) << 20 | (subject as u32) << 10 | detail as u32;
        match NonZeroU32::new(packed) {
            Some(packed) => Self(packed),
            // Not reached: the class is 2 or more.
            None => Self(NonZeroU32::MAX),
        }
    }

    /// Returns the class.
    #[must_use]
    pub const fn class(self) -> ReplyClass {
        match self.0.get() >> 20 {
            2 => ReplyClass::Success,
            4 => ReplyClass::TransientFailure,
            _ => ReplyClass::PermanentFailure,
        }
    }

    /// Returns the subject: 1 addressing, 2 mailbox, 3 mail system, 4 network and routing, 5 mail delivery protocol, 6
    /// message content, 7 security or policy ([RFC 3463 section 3](https://www.rfc-editor.org/rfc/rfc3463#section-3)).
    #[must_use]
    pub const fn subject(self) -> u16 {
        (self.0.get() >> 10 & 0x3FF) as u16
    }

    /// Returns the detail.
    #[must_use]
    pub const fn detail(self) -> u16 {
        (self.0.get() & 0x3FF) as u16
    }

    /// Returns the same subject and detail in another class. Returns `None` for [`ReplyClass::Intermediate`].
    #[must_use]
    pub const fn with_class(self, class: ReplyClass) -> Option<Self> {
        match class {
            ReplyClass::Intermediate => None,
            class => Some(Self::of(class, self.subject(), self.detail())),
        }
    }

    /// Returns the code that a [`Server`](crate::session::Server) adds to a reply without one: 2.7.0 to 235 ([RFC 4954
    /// section 6](https://www.rfc-editor.org/rfc/rfc4954#section-6)), X.0.0 to any other ([RFC 2034 section
    /// 4](https://www.rfc-editor.org/rfc/rfc2034#section-4)). Returns `None` for 3yz, which has no enhanced code.
    #[must_use]
    pub const fn usual(code: ReplyCode) -> Option<Self> {
        let of_code =
            if code.get() == ReplyCode::AUTHENTICATION_SUCCEEDED.get() { Self::OTHER_SECURITY } else { Self::OTHER };
        of_code.with_class(code.class())
    }

    /// Returns the registered sample text for this subject and detail.
    #[must_use]
    pub fn text(self) -> Option<&'static str> {
        self.registered().map(|entry| entry.text)
    }

    /// Returns the basic codes with which this subject and detail are registered.
    #[must_use]
    pub fn basic_codes(self) -> &'static [u16] {
        self.registered().map_or(&[], |entry| entry.basic)
    }

    /// Returns `true` if it may be in a reply with this code: the class must be the first digit ([RFC 2034 section
    /// 4](https://www.rfc-editor.org/rfc/rfc2034#section-4)).
    #[must_use]
    pub fn fits(self, code: ReplyCode) -> bool {
        self.class() == code.class()
    }

    fn registered(self) -> Option<&'static RegisteredStatus> {
        let same = |other: Self| (other.subject(), other.detail()) == (self.subject(), self.detail());
        Self::REGISTRY.iter().find(|entry| same(entry.code))
    }
}

/// ```text
/// status-code ::= class "." subject "." detail
/// class       ::= "2" / "4" / "5"
/// subject     ::= 1*3digit
/// detail      ::= 1*3digit        ; RFC 3463 section 2: no leading zeros
/// ```
#[inline(never)]
pub(crate) fn enhanced_code(i: &[u8]) -> Parse<'_, EnhancedCode> {
    let class = alt((
        value(ReplyClass::Success, mark(b'2')),
        value(ReplyClass::TransientFailure, mark(b'4')),
        value(ReplyClass::PermanentFailure, mark(b'5')),
    ));
    let code = |(class, subject, detail)| EnhancedCode::of(class, subject, detail);
    expected(Expected::ReplyCode, (class, preceded(mark(b'.'), component), preceded(mark(b'.'), component)))
        .map(code)
        .parse(i)
}

/// `1*3digit` without leading zeros
fn component(i: &[u8]) -> Parse<'_, u16> {
    if let [b'0', b'0'..=b'9', ..] = i {
        return fail(i.get(1..).unwrap_or_default(), Expected::ReplyCode);
    }
    number(3).map_opt(|value| u16::try_from(value).ok()).parse(i)
}

impl EnhancedCode {
    /// Returns the code at the start of a reply's text, if it is well formed and followed by a space or nothing (RFC
    /// 2034 section 4).
    #[inline]
    pub(crate) fn at_start(text: &[u8]) -> Option<Self> {
        let (rest, enhanced) = fast::or_grammar(fast::enhanced_code(text), || enhanced_code(text)).ok()?;
        matches!(rest, [] | [b' ', ..]).then_some(enhanced)
    }
}

impl EnhancedCode {
    /// Returns the written form if the subject and the detail have one digit each, as most have.
    #[inline]
    pub(crate) fn short_form(self) -> Option<[u8; 5]> {
        let class = b'0'.wrapping_add(self.class().digit());
        match (self.subject().to_le_bytes(), self.detail().to_le_bytes()) {
            ([subject @ 0..=9, 0], [detail @ 0..=9, 0]) => {
                Some([class, b'.', b'0'.wrapping_add(subject), b'.', b'0'.wrapping_add(detail)])
            }
            _ => None,
        }
    }
}

impl Wire for EnhancedCode {
    fn write<S: Sink + ?Sized>(&self, out: &mut S) {
        if let Some(octets) = self.short_form() {
            return out.put(&octets);
        }
        out.number(u64::from(self.class().digit()));
        out.octet(b'.');
        out.number(u64::from(self.subject()));
        out.octet(b'.');
        out.number(u64::from(self.detail()));
    }
}

display_is_wire!(EnhancedCode);

impl core::str::FromStr for EnhancedCode {
    type Err = SyntaxError;

    /// Parses a code such as `5.1.1`, without leading zeros ([RFC 3463 section
    /// 2](https://www.rfc-editor.org/rfc/rfc3463#section-2)).
    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        line(text.as_bytes(), enhanced_code)
    }
}

impl fmt::Debug for EnhancedCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "EnhancedCode({self})")
    }
}
