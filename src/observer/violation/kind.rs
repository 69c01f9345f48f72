//! The table of the kinds of violation, each with its clause. It must not know how a violation is found.

use super::{Level, Side};
use crate::syntax::{Expected, Part, SyntaxError};
use core::fmt;

/// A row of the table.
struct Row {
    variant: &'static str,
    name: &'static str,
    who: Side,
    level: Level,
    clause: &'static str,
    text: &'static str,
}

/// The clause as a link, for the documentation.
macro_rules! link {
    ($rfc:literal, $section:literal) => {
        concat!(
            "[RFC ",
            $rfc,
            " section ",
            $section,
            "](https://www.rfc-editor.org/rfc/rfc",
            $rfc,
            "#section-",
            $section,
            ")"
        )
    };
}

macro_rules! violations {
    ($($kind:ident $name:literal $who:ident $level:ident $rfc:literal $section:literal $text:literal;)*) => {
        /// The kinds of violation that the observer reports.
        ///
        /// | name | who | level | clause | text |
        /// |---|---|---|---|---|
        $(#[doc = concat!(
            "| `", $name, "` | ", stringify!($who), " | ", stringify!($level), " | ", link!($rfc, $section), " | ", $text, " |"
        )])*
        ///
        /// ```
        /// use smtp_core::observer::ViolationKind;
        ///
        /// let kind = ViolationKind::SpaceAfterColon;
        /// assert_eq!((kind.name(), kind.clause()), ("space-after-colon", "RFC 5321 3.3"));
        /// assert_eq!(kind.text(), "A space after FROM: or TO:");
        /// ```
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum ViolationKind {
            $(
                #[doc = concat!($text, " (", link!($rfc, $section), ").")]
                $kind,
            )*
        }

        impl ViolationKind {
            /// All kinds.
            pub const ALL: &'static [Self] = &[$(Self::$kind),*];

            /// Returns the row of the table.
            const fn row(self) -> &'static Row {
                match self {
                    $(Self::$kind => &Row {
                        variant: stringify!($kind),
                        name: $name,
                        who: Side::$who,
                        level: Level::$level,
                        clause: concat!("RFC ", $rfc, " ", $section),
                        text: $text,
                    },)*
                }
            }
        }
    };
}

violations! {
    // The client: when it speaks.
    TalkBeforeGreeting "talk-before-greeting" Client Should 5321 "4.3.1" "The client speaks before the greeting";
    CommandBeforeHello "command-before-hello" Client Should 5321 "4.1.4" "A command before EHLO";
    MailBeforeHello "mail-before-hello" Client Must 5321 "4.1.1.1" "A mail transaction without EHLO or HELO before it";
    NestedMail "nested-mail" Client Must 5321 "4.1.4" "MAIL while a transaction is open";
    CommandOutOfOrder "command-out-of-order" Client Must 5321 "3.3" "Transaction commands not in the order MAIL, RCPT, DATA";
    PipeliningNotOffered "pipelining-not-offered" Client Must 5321 "4.3.1" "A command before the reply to the previous one, although PIPELINING is not offered";
    PipeliningPastGroupEnd "pipelining-past-group-end" Client Must 2920 "3.1" "A command after one that must be the last of its group";
    AuthNotLastInGroup "auth-not-last-in-group" Client Must 4954 "4" "Octets after AUTH, which must be the last command of its group";
    OctetsAfterStartTls "octets-after-starttls" Client Must 3207 "4" "Cleartext octets after STARTTLS, which must be the last command of its group";
    NoTlsHandshake "no-tls-handshake" Client Must 3207 "4" "Something other than a TLS handshake after the 220 to STARTTLS";
    CommandAfterQuit "command-after-quit" Client Must 5321 "4.1.4" "A command after QUIT, which must be the last";
    ClosedWithoutQuit "closed-without-quit" Client Must 5321 "4.1.1.10" "The client closes the connection without QUIT";
    ContentWithout354 "content-without-354" Client Must 5321 "3.3" "Content without a 354 reply";
    ContentWithoutRecipients "content-without-recipients" Client Should 2920 "3.1" "Content without an accepted recipient, instead of a single dot";
    // The client: the text of its commands.
    UnknownVerb "unknown-verb" Client Must 5321 "4.1.5" "A verb that is neither registered nor private (X-)";
    CommandSyntax "command-syntax" Client Must 5321 "4.1.1" "A line that is not a command";
    BareLineEndingInCommand "bare-line-ending-in-command" Client Must 5321 "2.3.8" "A bare CR or LF in a command line";
    CommandLineTooLong "command-line-too-long" Client Should 5321 "4.5.3.1.4" "A command line longer than the extensions in force allow";
    TrailingWhiteSpace "trailing-white-space" Client Should 5321 "4.1.1" "White space before the CRLF of a command";
    ArgumentNotAllowed "argument-not-allowed" Client Must 5321 "4.1.1" "An argument after DATA, RSET or QUIT";
    HelloSyntax "hello-syntax" Client Must 5321 "4.1.1.1" "The argument of EHLO, HELO or LHLO is neither a domain nor an address literal";
    LiteralInHelo "literal-in-helo" Client Should 5321 "4.1.1.1" "HELO with an address literal, where the grammar allows only a domain";
    TextAfterHello "text-after-hello" Client Should 5321 "4.1.1.1" "Text after the argument of EHLO, HELO or LHLO";
    MailSyntax "mail-syntax" Client Must 5321 "4.1.1.2" "MAIL does not match its grammar";
    RcptSyntax "rcpt-syntax" Client Must 5321 "4.1.1.3" "RCPT does not match its grammar";
    SpaceAfterColon "space-after-colon" Client Must 5321 "3.3" "A space after FROM: or TO:";
    PathSyntax "path-syntax" Client Must 5321 "4.1.2" "A path that does not match the grammar";
    DomainCharacter "domain-character" Client Must 5321 "4.1.2" "A domain with an octet that no domain may contain";
    AddressLiteralSyntax "address-literal-syntax" Client Must 5321 "4.1.3" "An address literal that does not match the grammar";
    LocalPartTooLong "local-part-too-long" Client Should 5321 "4.5.3.1.1" "A local-part of more than 64 octets";
    DomainTooLong "domain-too-long" Client Should 5321 "4.5.3.1.2" "A domain of more than 255 octets";
    LabelTooLong "label-too-long" Client Must 1035 "2.3.4" "A label of more than 63 octets";
    PathTooLong "path-too-long" Client Should 5321 "4.5.3.1.3" "A path of more than 256 octets";
    SourceRoute "source-route" Client Should 5321 "3.3" "A path with a source route";
    ExcessQuoting "excess-quoting" Client Should 5321 "4.1.2" "A local-part with more quoting than it needs";
    Utf8NotOffered "utf8-not-offered" Client Must 6531 "3.2" "An address that is not ASCII, although SMTPUTF8 is not offered";
    Utf8NotRequested "utf8-not-requested" Client Must 6531 "3.4" "An address that is not ASCII in a transaction without the SMTPUTF8 parameter";
    ParameterSyntax "parameter-syntax" Client Must 5321 "4.1.2" "Parameters that do not match the grammar";
    ParameterValue "parameter-value" Client Must 5321 "4.1.1.11" "A parameter whose value does not match its definition";
    AuthParameter "auth-parameter" Client Must 4954 "8" "AUTH= of MAIL is not the xtext form of a mailbox or <> (see section 5)";
    MailParameterNotOffered "mail-parameter-not-offered" Client Must 5321 "4.1.1.2" "A parameter of MAIL whose extension is not offered";
    RcptParameterNotOffered "rcpt-parameter-not-offered" Client Must 5321 "4.1.1.3" "A parameter of RCPT whose extension is not offered";
    SizeRepeated "size-repeated" Client Must 1870 "6" "SIZE given twice";
    BodyRepeated "body-repeated" Client Must 6152 "3" "BODY given twice";
    DsnParameterRepeated "dsn-parameter-repeated" Client Must 3461 "4" "RET, ENVID, NOTIFY or ORCPT given twice";
    LookupArgument "lookup-argument" Client Should 5321 "4.1.1.6" "The argument of VRFY or EXPN is not a String";
    TextArgument "text-argument" Client Should 5321 "4.1.1.9" "The argument of NOOP or HELP is not a String";
    // The client: extensions.
    BdatNotOffered "bdat-not-offered" Client Must 3030 "2" "BDAT, although CHUNKING is not offered";
    ChunkOrLines "chunk-or-lines" Client Should 3030 "2" "Octets after a refused BDAT, and the replies do not show whether the server took them or read them as commands";
    BdatSyntax "bdat-syntax" Client Must 3030 "2" "BDAT does not match its grammar";
    BdatAfterFailure "bdat-after-failure" Client Must 3030 "2" "A further BDAT after one that failed";
    BdatAfterLast "bdat-after-last" Client Must 3030 "2" "BDAT after BDAT LAST";
    TransactionNotReset "transaction-not-reset" Client Must 3030 "2" "Something other than RSET after a BDAT that failed";
    DataAfterBdat "data-after-bdat" Client Must 3030 "2" "DATA after BDAT in one transaction";
    DataWithBinaryMime "data-with-binarymime" Client Must 3030 "3" "DATA in a transaction with BODY=BINARYMIME";
    ChunkTruncated "chunk-truncated" Client Must 3030 "2" "The connection ends before all octets of the announced chunk";
    StartTlsNotOffered "starttls-not-offered" Client Must 3207 "4" "STARTTLS, which is not offered";
    StartTlsSyntax "starttls-syntax" Client Must 3207 "4" "STARTTLS with an argument";
    AuthNotOffered "auth-not-offered" Client Must 4954 "3" "AUTH, which is not offered in the present state of the connection";
    AuthSyntax "auth-syntax" Client Must 4954 "4" "AUTH does not match its grammar";
    AuthRepeated "auth-repeated" Client Must 4954 "4" "AUTH after an AUTH that succeeded";
    AuthInTransaction "auth-in-transaction" Client Must 4954 "4" "AUTH while a transaction is open";
    ResponseNotBase64 "response-not-base64" Client Must 4954 "4" "A response in an AUTH exchange that is not base64";
    ExtensionNotOffered "extension-not-offered" Client Must 5321 "2.2.2" "BURL, ETRN or ATRN, which is not offered";
    EtrnSyntax "etrn-syntax" Client Must 1985 "5" "ETRN does not match its grammar";
    EtrnInTransaction "etrn-in-transaction" Client Must 1985 "5" "ETRN while a transaction is open";
    AtrnSyntax "atrn-syntax" Client Must 2645 "5.2.1" "ATRN does not match its grammar";
    BurlSyntax "burl-syntax" Client Must 4468 "3.5" "BURL does not match its grammar";
    HoldOverLimit "hold-over-limit" Client Must 4865 "4.1" "HOLDFOR or HOLDUNTIL beyond the maximum that FUTURERELEASE declares";
    ByTimeUnderMinimum "by-time-under-minimum" Client Should 2852 "3" "BY of mode R with a by-time below the minimum that DELIVERBY declares";
    UrlNotOffered "url-not-offered" Client Must 4468 "3.1" "BURL with an IMAP URL of a form that the offer does not include";
    HelloInLmtp "hello-in-lmtp" Client Must 2033 "4.1" "EHLO or HELO in an LMTP session, which has neither";
    // The client: content.
    BareCrInContent "bare-cr-in-content" Client Must 5321 "2.3.8" "A bare CR in content";
    BareLfInContent "bare-lf-in-content" Client Must 5321 "2.3.8" "A bare LF in content";
    EndOfDataLookalike "end-of-data-lookalike" Client Must 5321 "2.3.8" "A lone dot between line endings that are not both CRLF";
    DotNotStuffed "dot-not-stuffed" Client Must 5321 "4.5.2" "A line of content that begins with a single dot";
    TextLineTooLong "text-line-too-long" Client Should 5321 "4.5.3.1.6" "A line of content of more than 1000 octets";
    EightBitContent "eight-bit-content" Client Must 5321 "2.4" "Content with octets above 127 that MAIL did not declare";
    EightBitNotUtf8 "eight-bit-not-utf8" Client Should 6531 "3.6" "Octets above 127 that are not UTF-8 in content that MAIL announced with SMTPUTF8 and without BODY=8BITMIME";
    ControlCharacter "control-character" Client Should 5321 "4.1.1.4" "A control character in content other than HT, CR and LF";
    BareLineEndingInChunk "bare-line-ending-in-chunk" Client Must 3030 "2" "A bare CR or LF in text that is sent with BDAT";
    UnterminatedFinalLine "unterminated-final-line" Client Should 3030 "2" "The last line of text that is sent with BDAT does not end in CRLF";
    // The server: the form of its replies.
    ReplySyntax "reply-syntax" Server Must 5321 "4.2" "A line that is not a reply line";
    ReplyFirstDigit "reply-first-digit" Server Must 5321 "4.2" "A code whose first digit is not 2, 3, 4 or 5";
    ReplySecondDigit "reply-second-digit" Server Must 5321 "4.2" "A code whose second digit is above 5";
    ReplyCodesDiffer "reply-codes-differ" Server Must 5321 "4.2.1" "Lines of one reply with different codes";
    BareReplyCode "bare-reply-code" Server Should 5321 "4.2.1" "A reply code without a space after it";
    ReplyText "reply-text" Server Must 5321 "4.2" "Text with octets that are neither printable ASCII nor HT";
    ReplyUtf8 "reply-utf8" Server Must 6531 "3.7.4.2" "UTF-8 in a reply that may not contain it";
    MailReplyUtf8 "mail-reply-utf8" Server Must 6531 "3.7.4.1" "UTF-8 in a reply to MAIL or RCPT other than 251 or 551 after MAIL with SMTPUTF8";
    BareLineEndingInReply "bare-line-ending-in-reply" Server Must 5321 "2.3.8" "A bare CR or LF in a reply";
    ReplyLineTooLong "reply-line-too-long" Server Should 5321 "4.5.3.1.5" "A reply line of more than 512 octets";
    GreetingSyntax "greeting-syntax" Server Must 5321 "4.2" "The greeting does not begin with a domain or an address literal";
    EhloReplySyntax "ehlo-reply-syntax" Server Must 5321 "4.1.1.1" "The reply to EHLO does not match the grammar";
    ExtendedHeloReply "extended-helo-reply" Server Must 5321 "3.2" "HELO answered with a list of extensions";
    EnhancedCodeMissing "enhanced-code-missing" Server Must 2034 "4" "A reply without an enhanced code after ENHANCEDSTATUSCODES was offered";
    EnhancedCodeClass "enhanced-code-class" Server Must 2034 "4" "An enhanced code whose class is not the first digit of the reply";
    EnhancedCodesDiffer "enhanced-codes-differ" Server Must 2034 "4" "Lines of one reply with different enhanced codes";
    // The server: what it answers.
    UnsolicitedReply "unsolicited-reply" Server Must 5321 "4.2" "A reply that answers nothing";
    ReplyMissing "reply-missing" Server Must 5321 "4.2" "A command without a reply";
    ReplyOutOfSequence "reply-out-of-sequence" Server Must 5321 "4.3.2" "A reply whose first digit the command cannot have";
    ReplyNotListed "reply-not-listed" Server Should 5321 "4.3.2" "A reply code that is not listed for the command";
    RequiredCommandRefused "required-command-refused" Server Must 5321 "4.5.1" "A command that every server must implement is not implemented";
    OfferedNotImplemented "offered-not-implemented" Server Must 5321 "4.2.4" "A command whose extension is offered is not implemented";
    OutOfSequenceWrongly "out-of-sequence-wrongly" Server Should 5321 "4.3.2" "503 to a command that is in sequence";
    NonTransactionRefused "non-transaction-refused" Server Should 5321 "4.1.4" "503 to a command that can be used at any time";
    RsetRefused "rset-refused" Server Must 5321 "4.1.1.5" "RSET not answered with 250";
    QuitRefused "quit-refused" Server Must 5321 "4.1.1.10" "QUIT not answered with 221";
    QuitUnanswered "quit-unanswered" Server Must 5321 "4.1.1.10" "The server closes the connection without the reply to QUIT";
    ServerClosed "server-closed" Server Must 5321 "3.8" "The server closes the connection without QUIT and without 421";
    ServiceAfterRefusal "service-after-refusal" Server Should 5321 "3.1" "A command other than QUIT is not refused after a 554 greeting";
    NestedMailAccepted "nested-mail-accepted" Server Should 5321 "4.1.4" "MAIL accepted while a transaction is open";
    RcptWithoutMailAccepted "rcpt-without-mail-accepted" Server Must 5321 "3.3" "RCPT accepted without MAIL";
    DataWithoutRecipientsAccepted "data-without-recipients-accepted" Server Should 2920 "3.2" "DATA accepted without an accepted recipient";
    ArgumentAccepted "argument-accepted" Server Should 5321 "4.1.1" "DATA, RSET or QUIT accepted with an argument";
    ParameterAccepted "parameter-accepted" Server Should 5321 "4.1.1.11" "A parameter accepted whose extension is not offered";
    DomainCharacterAccepted "domain-character-accepted" Server Must 5321 "4.1.2" "A domain accepted with octets that no domain may contain";
    LineFeedAccepted "line-feed-accepted" Server Must 5321 "2.3.8" "A bare LF taken for the end of a line";
    EndOfDataMisread "end-of-data-misread" Server Must 5321 "4.1.1.4" "A reply before the end of the content";
    SizeRefusedLate "size-refused-late" Server Should 1870 "6.3" "552 to content that is not larger than the size accepted with MAIL";
    // The server: extensions.
    BinaryMimeWithoutChunking "binarymime-without-chunking" Server Must 3030 "3" "BINARYMIME offered without CHUNKING";
    SmtpUtf8Without8BitMime "smtputf8-without-8bitmime" Server Must 6531 "3.1" "SMTPUTF8 offered without 8BITMIME";
    SmtpUtf8Parameters "smtputf8-parameters" Server Must 6531 "3.1" "SMTPUTF8 offered with parameters";
    UnlistedCommandAccepted "unlisted-command-accepted" Server Must 5321 "4.1.1.1" "AUTH, STARTTLS, ETRN or ATRN accepted, although the reply to EHLO does not list it";
    PlaintextAfterStartTls "plaintext-after-starttls" Server Must 3207 "4" "Cleartext octets after the 220 to STARTTLS";
    RepeatedAuthNotRefused "repeated-auth-not-refused" Server Must 4954 "4" "AUTH after an AUTH that succeeded is not answered with 503";
    AuthInTransactionNotRefused "auth-in-transaction-not-refused" Server Must 4954 "4" "AUTH in a transaction is not answered with 503";
    CancellationNotRefused "cancellation-not-refused" Server Must 4954 "4" "The cancellation of an AUTH exchange is not answered with 501";
    ResponseNotRefused "response-not-refused" Server Must 4954 "4" "A response in an AUTH exchange that is not base64 is not refused";
    ChallengeNotBase64 "challenge-not-base64" Server Must 4954 "4" "A challenge in an AUTH exchange that is not base64";
    ChunkAnsweredEarly "chunk-answered-early" Server Must 3030 "2" "A reply to BDAT before its octets have arrived";
    ChunkReply "chunk-reply" Server Must 3030 "2" "A chunk accepted with a code other than 250";
    BdatAfterLastNotRefused "bdat-after-last-not-refused" Server Must 3030 "2" "BDAT after BDAT LAST is not answered with 503";
    DataAfterBdatNotRefused "data-after-bdat-not-refused" Server Must 3030 "2" "DATA after BDAT is not answered with 503";
    BinaryMimeDataNotRefused "binarymime-data-not-refused" Server Must 3030 "3" "DATA in a transaction with BODY=BINARYMIME is not answered with 503";
    SizeAccepted "size-accepted" Server Should 1870 "6.1" "MAIL accepted with a SIZE larger than the maximum that SIZE declares";
    HoldAccepted "hold-accepted" Server Must 4865 "4.2" "MAIL accepted with HOLDFOR or HOLDUNTIL beyond the maximum that FUTURERELEASE declares";
    ByTimeAccepted "by-time-accepted" Server Should 2852 "3" "MAIL accepted with BY of mode R and a by-time below the minimum that DELIVERBY declares";
    LmtpHelloAccepted "lmtp-hello-accepted" Server Must 2033 "4.1" "An LMTP server accepts EHLO or HELO";
    LmtpDataNotRefused "lmtp-data-not-refused" Server Must 2033 "4.2" "An LMTP server does not answer 503 to DATA without an accepted recipient";
    LmtpReplyMissing "lmtp-reply-missing" Server Must 2033 "4.2" "Fewer replies to the content than accepted recipients";
    LmtpReplyTooMany "lmtp-reply-too-many" Server Must 2033 "4.2" "More replies to the content than accepted recipients";
    LmtpWithoutExtensions "lmtp-without-extensions" Server Must 2033 "5" "An LMTP server does not offer both PIPELINING and ENHANCEDSTATUSCODES";
    LmtpWithout8BitMime "lmtp-without-8bitmime" Server Should 2033 "5" "An LMTP server does not offer 8BITMIME";
}

impl ViolationKind {
    /// Returns the name, in lower case with hyphens.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// Returns the end that commits the violation.
    #[must_use]
    pub const fn who(self) -> Side {
        self.row().who
    }

    /// Returns the strength of the clause.
    #[must_use]
    pub const fn level(self) -> Level {
        self.row().level
    }

    /// Returns the clause: an RFC and its section.
    #[must_use]
    pub const fn clause(self) -> &'static str {
        self.row().clause
    }

    /// Returns a description of the violation, in one sentence.
    #[must_use]
    pub const fn text(self) -> &'static str {
        self.row().text
    }

    /// Returns `true` if the violation is certain only if the state and the offer of the session are certain.
    pub(in crate::observer) const fn depends_on_session(self) -> bool {
        matches!(
            self,
            Self::CommandBeforeHello
                | Self::MailBeforeHello
                | Self::NestedMail
                | Self::CommandOutOfOrder
                | Self::PipeliningNotOffered
                | Self::MailParameterNotOffered
                | Self::RcptParameterNotOffered
                | Self::Utf8NotOffered
                | Self::Utf8NotRequested
                | Self::StartTlsNotOffered
                | Self::AuthNotOffered
                | Self::AuthInTransaction
                | Self::BdatNotOffered
                | Self::BdatAfterFailure
                | Self::BdatAfterLast
                | Self::DataAfterBdat
                | Self::DataWithBinaryMime
                | Self::TransactionNotReset
                | Self::ExtensionNotOffered
                | Self::EtrnInTransaction
                | Self::OutOfSequenceWrongly
                | Self::OfferedNotImplemented
                | Self::NestedMailAccepted
                | Self::RcptWithoutMailAccepted
                | Self::DataWithoutRecipientsAccepted
                | Self::ParameterAccepted
                | Self::UnlistedCommandAccepted
                | Self::AuthInTransactionNotRefused
                | Self::BdatAfterLastNotRefused
                | Self::DataAfterBdatNotRefused
                | Self::BinaryMimeDataNotRefused
                | Self::LmtpDataNotRefused
        )
    }
}

impl fmt::Debug for ViolationKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.row().variant)
    }
}

impl fmt::Display for ViolationKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl core::str::FromStr for ViolationKind {
    type Err = SyntaxError;

    /// Returns the kind with this name, as [`name`](Self::name) returns it.
    fn from_str(name: &str) -> Result<Self, SyntaxError> {
        let found = Self::ALL.iter().find(|kind| kind.name() == name);
        found.copied().ok_or(SyntaxError::new(Expected::Name, Part::Argument, 0))
    }
}
