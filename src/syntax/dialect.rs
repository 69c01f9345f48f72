//! Which grammar is in force for a line.

use super::{Extension, Extensions};

/// The grammar in force for a line: the ABNF of RFC 5321, widened by a [`Dialect`] and by the extensions in force.
///
/// ```
/// use smtp_core::syntax::{Command, Dialect, Grammar};
///
/// let line = b"MAIL FROM: joe@example.com";
/// assert!(Command::parse(line, Grammar::STRICT).is_err());
/// assert!(Command::parse(line, Grammar::LENIENT).is_ok());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Grammar {
    /// Deviations of real peers that are let pass.
    pub dialect: Dialect,
    /// RFC 6531 is in force for this line: local-parts, domains and parameter values may be UTF-8.
    pub smtputf8: bool,
    /// The extensions that the last EHLO reply offered. With `Some`, parameters of MAIL and RCPT are held against their
    /// own grammar and against the offer; with `None` they stay opaque text.
    pub extensions: Option<Extensions>,
}

impl Grammar {
    /// RFC 5321 to the letter, with opaque parameters.
    pub const STRICT: Self = Self { dialect: Dialect::STRICT, smtputf8: false, extensions: None };
    /// RFC 5321 to the letter, extended by RFC 6531, with opaque parameters.
    pub const SMTPUTF8: Self = Self { smtputf8: true, ..Self::STRICT };
    /// RFC 5321 with any text in replies, whose form is strict: for whoever judges that.
    pub(crate) const ANY_REPLY_TEXT: Self =
        Self { dialect: Dialect { any_reply_text: true, ..Dialect::STRICT }, ..Self::STRICT };
    /// RFC 5321 with every leniency of [`Dialect::LENIENT`], with opaque parameters.
    pub const LENIENT: Self = Self { dialect: Dialect::LENIENT, ..Self::STRICT };

    /// The same grammar with parameters held against what was offered.
    #[must_use]
    pub const fn with_extensions(self, offered: Extensions) -> Self {
        Self { extensions: Some(offered), ..self }
    }

    /// The same grammar with RFC 6531 in force where SMTPUTF8 is offered: MAIL may go on to ask for it.
    pub(crate) fn with_offered_smtputf8(self) -> Self {
        let offered = self.extensions.is_some_and(|offered| offered.contains(Extension::SmtpUtf8));
        Self { smtputf8: self.smtputf8 || offered, ..self }
    }
}

/// Deviations from the grammar that real peers need, each a switch; all off by default.
///
/// What is read leniently is written strictly: encoding a leniently parsed value gives a strict line, which means the same
/// (see [`Command::equivalent`](super::Command::equivalent)) and which a client can send. Some is written as it
/// was read all the same: [`literal_in_helo`](Self::literal_in_helo), which has no stricter form;
/// [`lower_case_xtext`](Self::lower_case_xtext) and [`eight_bit_orcpt`](Self::eight_bit_orcpt) in parameters, which are relayed
/// unchanged; and the code of a reply and its lines where they are too long, with [`any_reply_text`](Self::any_reply_text). The
/// strict grammar refuses these again. Framing has no leniency at all (see [`codec`](crate::codec)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
#[allow(clippy::struct_excessive_bools, reason = "each is an independent, documented deviation")]
pub struct Dialect {
    /// A space behind `FROM:` or `TO:`.
    ///
    /// People at a keyboard and many scripts send it. RFC 5321 section 3.3: "spaces are not permitted on either side of
    /// the colon". Example: `MAIL FROM: <joe@example.com>`.
    pub space_after_colon: bool,
    /// A path without its angle brackets.
    ///
    /// Sent by people at a keyboard. RFC 5321 section 4.1.2: `Path = "<" [ A-d-l ":" ] Mailbox ">"`. Example:
    /// `RCPT TO:joe@example.com`.
    pub path_without_brackets: bool,
    /// White space before the CRLF.
    ///
    /// RFC 5321 section 4.1.1: servers SHOULD tolerate it. Example: `DATA ` with a space behind it.
    pub trailing_white_space: bool,
    /// Text behind the argument of EHLO, HELO or LHLO.
    ///
    /// RFC 5321 section 4.1.1.1 finds it wise to be prepared for it. The text is dropped. Example:
    /// `EHLO client.example.com here I am`.
    pub text_after_hello: bool,
    /// An address literal in HELO, whose grammar has only a domain.
    ///
    /// RFC 5321 section 4.1.1.1 lets a client without a name send one; HELO has no stricter form of it, so it is written as
    /// it is. Example: `HELO [192.0.2.1]`.
    pub literal_in_helo: bool,
    /// Any text as the argument of VRFY, EXPN, NOOP and HELP, whose grammar has one String: in VRFY and EXPN any UTF-8
    /// without control characters, in NOOP and HELP any octets but NUL, CR and LF.
    ///
    /// RFC 5321 section 3.5.1 wants `user@domain` understood in VRFY, section 4.1.1.9 wants the text of NOOP ignored.
    /// Such a text is written as a quoted-string, in NOOP and HELP with `?` for control characters and octets that are no
    /// UTF-8. Letters beyond ASCII stay (RFC 6531 section 3.3 extends Atom and Quoted-string), so they can be sent where
    /// SMTPUTF8 is offered. Example: `VRFY joe@example.com`.
    pub any_text_argument: bool,
    /// `::` that stands for a single group in an IPv6 literal.
    ///
    /// RFC 4291 section 2.2 allows it; RFC 5321 section 4.1.3 wants two (EID 4315). Example: `[IPv6:1:2:3:4:5:6:7::]`.
    pub ipv6_single_group: bool,
    /// Lower-case hexadecimal digits in xtext.
    ///
    /// RFC 3461 section 4 has upper case only, RFC 4954 section 8 either, so `AUTH=` takes both anyway. Parameters are written
    /// as they were sent (RFC 3461 section 5.2.1 wants ORCPT relayed so), the attributes of XCLIENT and XFORWARD in upper
    /// case. Example: `ENVID=a+2bb`.
    pub lower_case_xtext: bool,
    /// Octets outside ASCII, encoded, in an ORCPT of another type than `utf-8`.
    ///
    /// Relays send it that were given an internationalized recipient without ORCPT. RFC 3461 section 4.2: before encoding,
    /// the address "MUST consist entirely of printable (graphic and white space) characters from the US-ASCII repertoire";
    /// RFC 6533 section 3 has the type `utf-8` for others. Written as it was sent. Example:
    /// `ORCPT=rfc822;+C3+BCn@example.com`.
    pub eight_bit_orcpt: bool,
    /// Any octets in the text of a reply, lines over 512 octets, and a second digit above 5.
    ///
    /// Servers send 8-bit text and long capability lists. RFC 5321 section 4.2: text is printable ASCII and HT; section
    /// 4.5.3.1.5: at most 512 octets. Control characters and octets that are no UTF-8 are written as `?`; the code and the
    /// division into lines stay. Example: `250 Prêt`.
    pub any_reply_text: bool,
    /// A 4yz or 5yz that answers nothing, or content whose end was not sent. A client takes it for a refusal, and goes no further.
    ///
    /// Servers send one before they close an idle connection, or when content has grown too large. RFC 5321 section 4.2: "Every
    /// command MUST generate exactly one reply"; section 3.8 has 421 alone for a server that has to close, and that is
    /// always let pass. Example: `552 5.3.4 Message too big` before the client has sent the final dot.
    pub unsolicited_refusal: bool,
    /// Lines of a reply to EHLO with any run of SP and HTAB before the keyword, after it and between what follows, or with `=` after
    /// it; commas between the mechanisms of AUTH.
    ///
    /// Servers send them that were written before RFC 2554, or for one client, and proxies that rewrite the reply. RFC 5321 section
    /// 4.1.1.1: `ehlo-line = ehlo-keyword *( SP ehlo-param )`; RFC 4954 section 3: mechanisms are "a space-separated list". They are
    /// offers all the same. Words are written with single spaces between them. Examples: `AUTH=LOGIN PLAIN`, `AUTH LOGIN,PLAIN`,
    /// `SIZE  1000`.
    pub offer_text: bool,
    /// A 334 whose text is no base64.
    ///
    /// Servers say in words what they wait for, most of all for the first message of NTLM. RFC 4954 section 4: the text of a 334
    /// is "a BASE64 encoded string". A client that gets one gives the text out, and may answer. Responses are always base64. Examples:
    /// `334 NTLM supported`, `334 Username:`.
    pub challenge_text: bool,
    /// Replies with a flaw in their form: blank lines before a reply, lines without a code in one or after one, several codes in one,
    /// and codes whose first digit is not 2 to 5.
    ///
    /// Servers send them when an administrator writes the text, or a filter puts its own lines among those of the server. RFC
    /// 5321 section 4.2.1: "every line of a multiline reply contains the same code"; section 4.2: `Reply-code = %x32-35 %x30-35
    /// %x30-39`. Of several codes the last one counts, or the last of the worst class (5yz, 4yz, 3yz, 2yz); a code of another first
    /// digit is a permanent failure. A line without a code in a reply is text of the reply, and outside of one it is text by
    /// itself. Every line is written with the code that counts, and codes are written as they were read. Examples:
    /// `550-5.1.8 Rejected` before `554 5.1.8 see`, `117 not whitelisted`.
    pub reply_form: bool,
}

impl Dialect {
    /// No deviation at all.
    pub const STRICT: Self = Self {
        space_after_colon: false,
        path_without_brackets: false,
        trailing_white_space: false,
        text_after_hello: false,
        literal_in_helo: false,
        any_text_argument: false,
        ipv6_single_group: false,
        lower_case_xtext: false,
        eight_bit_orcpt: false,
        any_reply_text: false,
        unsolicited_refusal: false,
        offer_text: false,
        challenge_text: false,
        reply_form: false,
    };
    /// What a client for all servers takes, whose meaning is in no doubt: every deviation but
    /// [`challenge_text`](Self::challenge_text), since a client MUST cancel what it cannot decode (RFC 4954 section 4), and
    /// [`reply_form`](Self::reply_form), since it would have to guess where a reply ends and what it says. The default of a
    /// [`ClientConfig`](crate::session::ClientConfig).
    pub const SENDER: Self = Self { challenge_text: false, reply_form: false, ..Self::LENIENT };
    /// The deviations in which values are written as they were read: a client's lines have them, and no other.
    #[cfg(feature = "alloc")]
    pub(crate) const WRITTEN: Self =
        Self { literal_in_helo: true, lower_case_xtext: true, eight_bit_orcpt: true, ..Self::STRICT };
    /// Every deviation.
    pub const LENIENT: Self = Self {
        space_after_colon: true,
        path_without_brackets: true,
        trailing_white_space: true,
        text_after_hello: true,
        literal_in_helo: true,
        any_text_argument: true,
        ipv6_single_group: true,
        lower_case_xtext: true,
        eight_bit_orcpt: true,
        any_reply_text: true,
        unsolicited_refusal: true,
        offer_text: true,
        challenge_text: true,
        reply_form: true,
    };
}
