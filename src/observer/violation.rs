//! The table of what the observer knows to be wrong, each with the clause that says so.

use core::fmt;

/// One of the two ends of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "a connection has two ends")]
pub enum Side {
    /// The end that opened the connection and sends commands.
    Client,
    /// The end that answers.
    Server,
}

impl Side {
    /// The name, in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }
}

/// How strongly a clause speaks (RFC 2119).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(clippy::exhaustive_enums, reason = "MAY cannot be violated")]
pub enum Level {
    /// SHOULD and SHOULD NOT, and grammar that the prose beside it widens.
    Should,
    /// MUST and MUST NOT, and grammar.
    Must,
}

impl Level {
    /// The name, in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Should => "should",
            Self::Must => "must",
        }
    }
}

/// A breach of one clause by one end, and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Violation {
    /// What is wrong.
    pub kind: ViolationKind,
    /// The octet at which the command, reply line or fault begins, counted from 0 in what that end sent. For a
    /// connection that was closed it is the end of what was sent.
    pub offset: u64,
    /// The line in which that octet stands, counted from 1 in what that end sent.
    pub line: u64,
}

impl Violation {
    /// Who is at fault.
    #[must_use]
    pub const fn who(&self) -> Side {
        self.kind.who()
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}, {} line {}: {}", self.kind.clause(), self.who().name(), self.line, self.kind.text())
    }
}

impl fmt::Display for ViolationKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A set of kinds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct KindSet([u64; KindSet::WORDS]);

impl KindSet {
    const WORDS: usize = 3;

    pub(super) fn contains(self, kind: ViolationKind) -> bool {
        let (word, bit) = Self::place(kind);
        self.0.get(word).is_some_and(|word| word & bit != 0)
    }

    /// Returns `true` if the kind was not in the set before.
    pub(super) fn insert(&mut self, kind: ViolationKind) -> bool {
        let (at, bit) = Self::place(kind);
        let Some(word) = self.0.get_mut(at) else { return false };
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    pub(super) fn is_empty(self) -> bool {
        self == Self::default()
    }

    const fn place(kind: ViolationKind) -> (usize, u64) {
        let number = kind as u32;
        ((number / u64::BITS) as usize, 1_u64.wrapping_shl(number % u64::BITS))
    }
}

// Each kind has a bit of its own.
const _: () = assert!(ViolationKind::ALL.len() <= KindSet::WORDS * u64::BITS as usize);

macro_rules! violations {
    ($($kind:ident $name:literal $who:ident $level:ident $clause:literal $text:literal;)*) => {
        /// What can be wrong with a session.
        ///
        /// | name | who | level | clause | text |
        /// |---|---|---|---|---|
        $(#[doc = concat!(
            "| `", $name, "` | ", stringify!($who), " | ", stringify!($level), " | ", $clause, " | ", $text, " |"
        )])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum ViolationKind {
            $(
                #[doc = concat!($text, " (", $clause, ").")]
                $kind,
            )*
        }

        impl ViolationKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$kind),*];

            /// The name, in lower case with hyphens.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }

            /// Which end commits it.
            #[must_use]
            pub const fn who(self) -> Side {
                match self {
                    $(Self::$kind => Side::$who,)*
                }
            }

            /// How strongly the clause speaks.
            #[must_use]
            pub const fn level(self) -> Level {
                match self {
                    $(Self::$kind => Level::$level,)*
                }
            }

            /// The clause: an RFC and its section.
            #[must_use]
            pub const fn clause(self) -> &'static str {
                match self {
                    $(Self::$kind => $clause,)*
                }
            }

            /// What is wrong, in one sentence.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$kind => $text,)*
                }
            }
        }
    };
}

violations! {
    // The client: when it speaks.
    TalkBeforeGreeting "talk-before-greeting" Client Should "RFC 5321 4.3.1" "The client speaks before the greeting";
    CommandBeforeHello "command-before-hello" Client Should "RFC 5321 4.1.4" "A command before EHLO";
    MailBeforeHello "mail-before-hello" Client Must "RFC 5321 4.1.1.1" "A mail transaction without EHLO or HELO before it";
    NestedMail "nested-mail" Client Must "RFC 5321 4.1.4" "MAIL while a transaction is open";
    CommandOutOfOrder "command-out-of-order" Client Must "RFC 5321 3.3" "Transaction commands not in the order MAIL, RCPT, DATA";
    PipeliningNotOffered "pipelining-not-offered" Client Must "RFC 5321 4.3.1" "A command before the reply to the last one, and PIPELINING is not offered";
    PipeliningPastGroupEnd "pipelining-past-group-end" Client Must "RFC 2920 3.1" "A command behind one that can only be the last of its group";
    AuthNotLastInGroup "auth-not-last-in-group" Client Must "RFC 4954 4" "Octets behind AUTH, which has to be the last command of a group";
    OctetsBehindStartTls "octets-behind-starttls" Client Must "RFC 3207 4" "Octets in the clear behind STARTTLS, which has to be the last command of a group";
    NoTlsHandshake "no-tls-handshake" Client Must "RFC 3207 4" "Something other than a TLS handshake after the 220 to STARTTLS";
    CommandAfterQuit "command-after-quit" Client Must "RFC 5321 4.1.4" "A command after QUIT, which has to be the last";
    ClosedWithoutQuit "closed-without-quit" Client Must "RFC 5321 4.1.1.10" "The client closes the connection without QUIT";
    ContentWithout354 "content-without-354" Client Must "RFC 5321 3.3" "Content without a 354 reply";
    ContentWithoutRecipients "content-without-recipients" Client Should "RFC 2920 3.1" "Content for no accepted recipient, where a single dot is due";
    // The client: the text of its commands.
    UnknownVerb "unknown-verb" Client Must "RFC 5321 4.1.5" "A verb that is neither registered nor private (X-)";
    CommandSyntax "command-syntax" Client Must "RFC 5321 4.1.1" "A line that is no command";
    BareLineEndingInCommand "bare-line-ending-in-command" Client Must "RFC 5321 2.3.8" "A bare CR or LF in a command line";
    CommandLineTooLong "command-line-too-long" Client Should "RFC 5321 4.5.3.1.4" "A command line beyond the limit that the extensions in force give it";
    TrailingWhiteSpace "trailing-white-space" Client Should "RFC 5321 4.1.1" "White space before the CRLF of a command";
    ArgumentNotAllowed "argument-not-allowed" Client Must "RFC 5321 4.1.1" "An argument behind DATA, RSET or QUIT";
    HelloSyntax "hello-syntax" Client Must "RFC 5321 4.1.1.1" "The argument of EHLO, HELO or LHLO is neither domain nor address literal";
    LiteralInHelo "literal-in-helo" Client Should "RFC 5321 4.1.1.1" "HELO with an address literal, for which the grammar has only a domain";
    TextAfterHello "text-after-hello" Client Should "RFC 5321 4.1.1.1" "Text behind the argument of EHLO, HELO or LHLO";
    MailSyntax "mail-syntax" Client Must "RFC 5321 4.1.1.2" "MAIL is not what its grammar has";
    RcptSyntax "rcpt-syntax" Client Must "RFC 5321 4.1.1.3" "RCPT is not what its grammar has";
    SpaceAfterColon "space-after-colon" Client Must "RFC 5321 3.3" "A space behind FROM: or TO:";
    PathSyntax "path-syntax" Client Must "RFC 5321 4.1.2" "A path that is not what the grammar has";
    DomainCharacter "domain-character" Client Must "RFC 5321 4.1.2" "A domain with an octet that no domain has";
    AddressLiteralSyntax "address-literal-syntax" Client Must "RFC 5321 4.1.3" "An address literal that is not what the grammar has";
    LocalPartTooLong "local-part-too-long" Client Should "RFC 5321 4.5.3.1.1" "A local-part of more than 64 octets";
    DomainTooLong "domain-too-long" Client Should "RFC 5321 4.5.3.1.2" "A domain of more than 255 octets";
    LabelTooLong "label-too-long" Client Must "RFC 1035 2.3.4" "A label of more than 63 octets";
    PathTooLong "path-too-long" Client Should "RFC 5321 4.5.3.1.3" "A path of more than 256 octets";
    SourceRoute "source-route" Client Should "RFC 5321 3.3" "A path with a source route";
    ExcessQuoting "excess-quoting" Client Should "RFC 5321 4.1.2" "A local-part with more quoting than it needs";
    Utf8NotOffered "utf8-not-offered" Client Must "RFC 6531 3.2" "An address that is not ASCII, and SMTPUTF8 is not offered";
    Utf8NotRequested "utf8-not-requested" Client Must "RFC 6531 3.4" "An address that is not ASCII in a transaction without the SMTPUTF8 parameter";
    ParameterSyntax "parameter-syntax" Client Must "RFC 5321 4.1.2" "Parameters that are not what the grammar has";
    ParameterValue "parameter-value" Client Must "RFC 5321 4.1.1.11" "A parameter whose value is not what its own definition has";
    AuthParameter "auth-parameter" Client Must "RFC 4954 8" "AUTH= of MAIL is not xtext that stands for a mailbox or <> (see section 5)";
    MailParameterNotOffered "mail-parameter-not-offered" Client Must "RFC 5321 4.1.1.2" "A parameter of MAIL whose extension is not offered";
    RcptParameterNotOffered "rcpt-parameter-not-offered" Client Must "RFC 5321 4.1.1.3" "A parameter of RCPT whose extension is not offered";
    SizeRepeated "size-repeated" Client Must "RFC 1870 6" "SIZE given twice";
    BodyRepeated "body-repeated" Client Must "RFC 6152 3" "BODY given twice";
    DsnParameterRepeated "dsn-parameter-repeated" Client Must "RFC 3461 4" "RET, ENVID, NOTIFY or ORCPT given twice";
    LookupArgument "lookup-argument" Client Should "RFC 5321 4.1.1.6" "The argument of VRFY or EXPN is no String";
    TextArgument "text-argument" Client Should "RFC 5321 4.1.1.9" "The argument of NOOP or HELP is no String";
    // The client: extensions.
    BdatNotOffered "bdat-not-offered" Client Must "RFC 3030 2" "BDAT, and CHUNKING is not offered";
    ChunkOrLines "chunk-or-lines" Client Should "RFC 3030 2" "Octets after a refused BDAT of which the replies do not tell whether the server took them or read them as commands";
    BdatSyntax "bdat-syntax" Client Must "RFC 3030 2" "BDAT is not what its grammar has";
    BdatAfterFailure "bdat-after-failure" Client Must "RFC 3030 2" "A further BDAT after one that failed";
    BdatAfterLast "bdat-after-last" Client Must "RFC 3030 2" "BDAT after BDAT LAST";
    TransactionNotReset "transaction-not-reset" Client Must "RFC 3030 2" "Something other than RSET after a BDAT that failed";
    DataAfterBdat "data-after-bdat" Client Must "RFC 3030 2" "DATA after BDAT in one transaction";
    DataWithBinaryMime "data-with-binarymime" Client Must "RFC 3030 3" "DATA in a transaction with BODY=BINARYMIME";
    ChunkTruncated "chunk-truncated" Client Must "RFC 3030 2" "The connection ends before the chunk that was announced";
    StartTlsNotOffered "starttls-not-offered" Client Must "RFC 3207 4" "STARTTLS, and it is not offered";
    StartTlsSyntax "starttls-syntax" Client Must "RFC 3207 4" "STARTTLS with an argument";
    AuthNotOffered "auth-not-offered" Client Must "RFC 4954 3" "AUTH, and it is not offered in the present state of the connection";
    AuthSyntax "auth-syntax" Client Must "RFC 4954 4" "AUTH is not what its grammar has";
    AuthRepeated "auth-repeated" Client Must "RFC 4954 4" "AUTH after an AUTH that succeeded";
    AuthInTransaction "auth-in-transaction" Client Must "RFC 4954 4" "AUTH while a transaction is open";
    ResponseNotBase64 "response-not-base64" Client Must "RFC 4954 4" "A response in an AUTH exchange that is not base64";
    ExtensionNotOffered "extension-not-offered" Client Must "RFC 5321 2.2.2" "BURL, ETRN or ATRN, and it is not offered";
    EtrnSyntax "etrn-syntax" Client Must "RFC 1985 5" "ETRN is not what its grammar has";
    EtrnInTransaction "etrn-in-transaction" Client Must "RFC 1985 5" "ETRN while a transaction is open";
    AtrnSyntax "atrn-syntax" Client Must "RFC 2645 5.2.1" "ATRN is not what its grammar has";
    BurlSyntax "burl-syntax" Client Must "RFC 4468 3.5" "BURL is not what its grammar has";
    HoldOverLimit "hold-over-limit" Client Must "RFC 4865 4.1" "HOLDFOR or HOLDUNTIL beyond the maximum that FUTURERELEASE declares";
    ByTimeUnderMinimum "by-time-under-minimum" Client Should "RFC 2852 3" "BY of mode R with a by-time below the minimum that DELIVERBY declares";
    UrlNotOffered "url-not-offered" Client Must "RFC 4468 3.1" "BURL with an IMAP URL of a form that BURL is not offered for";
    HelloInLmtp "hello-in-lmtp" Client Must "RFC 2033 4.1" "EHLO or HELO in a session of LMTP, which has neither";
    // The client: content.
    BareCrInContent "bare-cr-in-content" Client Must "RFC 5321 2.3.8" "A bare CR in content";
    BareLfInContent "bare-lf-in-content" Client Must "RFC 5321 2.3.8" "A bare LF in content";
    EndOfDataLookalike "end-of-data-lookalike" Client Must "RFC 5321 2.3.8" "A lone dot between line endings that are not both CRLF";
    DotNotStuffed "dot-not-stuffed" Client Must "RFC 5321 4.5.2" "A line of content that begins with a single dot";
    TextLineTooLong "text-line-too-long" Client Should "RFC 5321 4.5.3.1.6" "A line of content of more than 1000 octets";
    EightBitContent "eight-bit-content" Client Must "RFC 5321 2.4" "Content with octets above 127 that was not declared";
    EightBitNotUtf8 "eight-bit-not-utf8" Client Should "RFC 6531 3.6" "Octets above 127 that are not UTF-8 in content that MAIL announced with SMTPUTF8 and without BODY=8BITMIME";
    ControlCharacter "control-character" Client Should "RFC 5321 4.1.1.4" "A control character in content other than HT, CR and LF";
    BareLineEndingInChunk "bare-line-ending-in-chunk" Client Must "RFC 3030 2" "A bare CR or LF in text that is sent with BDAT";
    UnterminatedFinalLine "unterminated-final-line" Client Should "RFC 3030 2" "The last line of text that is sent with BDAT does not end in CRLF";
    // The server: the form of its replies.
    ReplySyntax "reply-syntax" Server Must "RFC 5321 4.2" "A line that is no line of a reply";
    ReplyFirstDigit "reply-first-digit" Server Must "RFC 5321 4.2" "A code whose first digit is not 2, 3, 4 or 5";
    ReplySecondDigit "reply-second-digit" Server Must "RFC 5321 4.2" "A code whose second digit is above 5";
    ReplyCodesDiffer "reply-codes-differ" Server Must "RFC 5321 4.2.1" "Lines of one reply with different codes";
    BareReplyCode "bare-reply-code" Server Should "RFC 5321 4.2.1" "A code without even a space behind it";
    ReplyText "reply-text" Server Must "RFC 5321 4.2" "Text with octets that are neither printable ASCII nor HT";
    ReplyUtf8 "reply-utf8" Server Must "RFC 6531 3.7.4.2" "UTF-8 in a reply that may not have it";
    MailReplyUtf8 "mail-reply-utf8" Server Must "RFC 6531 3.7.4.1" "UTF-8 in a reply to MAIL or RCPT other than 251 or 551 after MAIL with SMTPUTF8";
    BareLineEndingInReply "bare-line-ending-in-reply" Server Must "RFC 5321 2.3.8" "A bare CR or LF in a reply";
    ReplyLineTooLong "reply-line-too-long" Server Should "RFC 5321 4.5.3.1.5" "A reply line of more than 512 octets";
    GreetingSyntax "greeting-syntax" Server Must "RFC 5321 4.2" "The greeting does not begin with a domain or an address literal";
    EhloReplySyntax "ehlo-reply-syntax" Server Must "RFC 5321 4.1.1.1" "The reply to EHLO is not what the grammar has";
    ExtendedHeloReply "extended-helo-reply" Server Must "RFC 5321 3.2" "HELO answered with a list of extensions";
    EnhancedCodeMissing "enhanced-code-missing" Server Must "RFC 2034 4" "A reply without enhanced code after ENHANCEDSTATUSCODES was offered";
    EnhancedCodeClass "enhanced-code-class" Server Must "RFC 2034 4" "An enhanced code whose class is not the first digit of the reply";
    EnhancedCodesDiffer "enhanced-codes-differ" Server Must "RFC 2034 4" "Lines of one reply with different enhanced codes";
    // The server: what it answers.
    UnsolicitedReply "unsolicited-reply" Server Must "RFC 5321 4.2" "A reply that nothing waits for";
    ReplyMissing "reply-missing" Server Must "RFC 5321 4.2" "A command without a reply";
    ReplyOutOfSequence "reply-out-of-sequence" Server Must "RFC 5321 4.3.2" "A reply whose first digit the command cannot have";
    ReplyNotListed "reply-not-listed" Server Should "RFC 5321 4.3.2" "A code that is not among those for the command";
    RequiredCommandRefused "required-command-refused" Server Must "RFC 5321 4.5.1" "A command that every server has is not implemented";
    OfferedNotImplemented "offered-not-implemented" Server Must "RFC 5321 4.2.4" "A command whose extension is offered is not implemented";
    OutOfSequenceWrongly "out-of-sequence-wrongly" Server Should "RFC 5321 4.3.2" "503 to a command that is in its place";
    NonTransactionRefused "non-transaction-refused" Server Should "RFC 5321 4.1.4" "503 to a command that can be used at any time";
    RsetRefused "rset-refused" Server Must "RFC 5321 4.1.1.5" "RSET not answered with 250";
    QuitRefused "quit-refused" Server Must "RFC 5321 4.1.1.10" "QUIT not answered with 221";
    QuitUnanswered "quit-unanswered" Server Must "RFC 5321 4.1.1.10" "The server closes the connection without the reply to QUIT";
    ServerClosed "server-closed" Server Must "RFC 5321 3.8" "The server closes the connection without QUIT and without 421";
    ServiceAfterRefusal "service-after-refusal" Server Should "RFC 5321 3.1" "A command other than QUIT is not refused after a 554 greeting";
    NestedMailAccepted "nested-mail-accepted" Server Should "RFC 5321 4.1.4" "MAIL accepted while a transaction is open";
    RcptWithoutMailAccepted "rcpt-without-mail-accepted" Server Must "RFC 5321 3.3" "RCPT accepted without MAIL";
    DataWithoutRecipientsAccepted "data-without-recipients-accepted" Server Should "RFC 2920 3.2" "DATA accepted without an accepted recipient";
    ArgumentAccepted "argument-accepted" Server Should "RFC 5321 4.1.1" "DATA, RSET or QUIT accepted with an argument";
    ParameterAccepted "parameter-accepted" Server Should "RFC 5321 4.1.1.11" "A parameter accepted whose extension is not offered";
    DomainCharacterAccepted "domain-character-accepted" Server Must "RFC 5321 4.1.2" "A domain accepted with octets that no domain has";
    LineFeedAccepted "line-feed-accepted" Server Must "RFC 5321 2.3.8" "A bare LF taken for the end of a line";
    EndOfDataMisread "end-of-data-misread" Server Must "RFC 5321 4.1.1.4" "A reply before the end of the content";
    SizeRefusedLate "size-refused-late" Server Should "RFC 1870 6.3" "552 to content that is no larger than the size accepted with MAIL";
    // The server: extensions.
    BinaryMimeWithoutChunking "binarymime-without-chunking" Server Must "RFC 3030 3" "BINARYMIME offered without CHUNKING";
    SmtpUtf8Without8BitMime "smtputf8-without-8bitmime" Server Must "RFC 6531 3.1" "SMTPUTF8 offered without 8BITMIME";
    SmtpUtf8Parameters "smtputf8-parameters" Server Must "RFC 6531 3.1" "SMTPUTF8 offered with parameters";
    UnlistedCommandAccepted "unlisted-command-accepted" Server Must "RFC 5321 4.1.1.1" "AUTH, STARTTLS, ETRN or ATRN accepted, and the reply to EHLO does not list it";
    PlaintextBehindStartTls "plaintext-behind-starttls" Server Must "RFC 3207 4" "Octets in the clear behind the 220 to STARTTLS";
    RepeatedAuthNotRefused "repeated-auth-not-refused" Server Must "RFC 4954 4" "AUTH after an AUTH that succeeded is not answered with 503";
    AuthInTransactionNotRefused "auth-in-transaction-not-refused" Server Must "RFC 4954 4" "AUTH in a transaction is not answered with 503";
    CancellationNotRefused "cancellation-not-refused" Server Must "RFC 4954 4" "The cancellation of an AUTH exchange is not answered with 501";
    ResponseNotRefused "response-not-refused" Server Must "RFC 4954 4" "A response in an AUTH exchange that is not base64 is not refused";
    ChallengeNotBase64 "challenge-not-base64" Server Must "RFC 4954 4" "A challenge in an AUTH exchange that is not base64";
    ChunkAnsweredEarly "chunk-answered-early" Server Must "RFC 3030 2" "A reply to BDAT before its octets have arrived";
    ChunkReply "chunk-reply" Server Must "RFC 3030 2" "A chunk accepted with a code other than 250";
    BdatAfterLastNotRefused "bdat-after-last-not-refused" Server Must "RFC 3030 2" "BDAT after BDAT LAST is not answered with 503";
    DataAfterBdatNotRefused "data-after-bdat-not-refused" Server Must "RFC 3030 2" "DATA after BDAT is not answered with 503";
    BinaryMimeDataNotRefused "binarymime-data-not-refused" Server Must "RFC 3030 3" "DATA in a transaction with BODY=BINARYMIME is not answered with 503";
    SizeAccepted "size-accepted" Server Should "RFC 1870 6.1" "MAIL accepted with a SIZE larger than the maximum that SIZE declares";
    HoldAccepted "hold-accepted" Server Must "RFC 4865 4.2" "MAIL accepted with HOLDFOR or HOLDUNTIL beyond the maximum that FUTURERELEASE declares";
    ByTimeAccepted "by-time-accepted" Server Should "RFC 2852 3" "MAIL accepted with BY of mode R and a by-time below the minimum that DELIVERBY declares";
    LmtpHelloAccepted "lmtp-hello-accepted" Server Must "RFC 2033 4.1" "An LMTP server accepts EHLO or HELO";
    LmtpDataNotRefused "lmtp-data-not-refused" Server Must "RFC 2033 4.2" "An LMTP server does not answer 503 to DATA without an accepted recipient";
    LmtpReplyMissing "lmtp-reply-missing" Server Must "RFC 2033 4.2" "Fewer replies to the content than accepted recipients";
    LmtpReplyTooMany "lmtp-reply-too-many" Server Must "RFC 2033 4.2" "More replies to the content than accepted recipients";
    LmtpWithoutExtensions "lmtp-without-extensions" Server Must "RFC 2033 5" "An LMTP server offers not both PIPELINING and ENHANCEDSTATUSCODES";
    LmtpWithout8BitMime "lmtp-without-8bitmime" Server Should "RFC 2033 5" "An LMTP server does not offer 8BITMIME";
}

impl ViolationKind {
    /// Returns `true` if it is a fault only if the session stands where the observer takes it to stand, and offers what it seems to.
    pub(super) const fn depends_on_session(self) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_a_place_of_its_own() {
        let mut set = KindSet::default();
        assert!(set.is_empty());
        for kind in ViolationKind::ALL {
            assert!(!set.contains(*kind) && set.insert(*kind), "{kind}");
            assert!(set.contains(*kind) && !set.insert(*kind), "{kind}");
        }
    }
}
