//! The choice of the grammar for a line: the ABNF, and the kinds of deviation that are accepted.
//!
//! The productions in [`syntax`](super) read it, and the roles of a session set it. It holds no grammar itself: each
//! kind is implemented in the production that it extends, with its ABNF below that of the standard.

use super::scan::{Parse, fail};
use super::{Expected, Extension, Extensions};

/// The grammar in force for a line: the ABNF of [RFC 5321](https://www.rfc-editor.org/rfc/rfc5321), extended by a
/// [`Dialect`] and by the extensions in force.
///
/// ```
/// use smtp_core::syntax::{Command, Dialect, Grammar};
///
/// let line = b"MAIL FROM: joe@example.com";
/// assert!(Command::parse(line, Grammar::STRICT).is_err());
/// assert!(Command::parse(line, Grammar::LENIENT).is_ok());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Grammar {
    /// The deviations of real peers that are accepted. Default: none.
    pub dialect: Dialect,
    /// Whether [RFC 6531](https://www.rfc-editor.org/rfc/rfc6531) is in force for this line: local-parts, domains and
    /// parameter values may be UTF-8. Default: `false`.
    pub smtputf8: bool,
    /// The extensions that the last EHLO reply offered. With `Some`, parameters of MAIL and RCPT are checked against
    /// their own grammar and against the offer. With `None` they are opaque text. Default: `None`.
    pub extensions: Option<Extensions>,
    /// Whether parameters of MAIL and RCPT that are not registered are accepted, whatever was offered: the peers may
    /// have agreed on them. Without `extensions`, all parameters are accepted. Default: `false`.
    pub unregistered: bool,
}

impl Grammar {
    /// [RFC 5321](https://www.rfc-editor.org/rfc/rfc5321) without deviations, with opaque parameters.
    pub const STRICT: Self = Self { dialect: Dialect::STRICT, smtputf8: false, extensions: None, unregistered: false };
    /// [RFC 5321](https://www.rfc-editor.org/rfc/rfc5321) without deviations, extended by [RFC
    /// 6531](https://www.rfc-editor.org/rfc/rfc6531), with opaque parameters.
    pub const SMTPUTF8: Self = Self { smtputf8: true, ..Self::STRICT };
    /// RFC 5321 with any text in replies, but a strict form of replies, for code that judges the text itself.
    #[cfg(feature = "alloc")]
    pub(crate) const ANY_REPLY_TEXT: Self =
        Self { dialect: Dialect { any_reply_text: true, ..Dialect::STRICT }, ..Self::STRICT };
    /// [RFC 5321](https://www.rfc-editor.org/rfc/rfc5321) with all deviations of [`Dialect::LENIENT`], with opaque
    /// parameters.
    pub const LENIENT: Self = Self { dialect: Dialect::LENIENT, ..Self::STRICT };

    /// Returns the same grammar with parameters checked against the offered extensions.
    #[must_use]
    pub const fn with_extensions(self, offered: Extensions) -> Self {
        Self { extensions: Some(offered), ..self }
    }

    /// Returns the same grammar with RFC 6531 in force if SMTPUTF8 is offered: a parameter of MAIL may still request
    /// it.
    pub(crate) fn with_offered_smtputf8(self) -> Self {
        let offered = self.extensions.is_some_and(|offered| offered.contains(Extension::SmtpUtf8));
        Self { smtputf8: self.smtputf8 || offered, ..self }
    }
}

/// The entry in the table for a kind in a preset.
macro_rules! mark {
    (yes) => {
        "yes"
    };
    (no) => {
        ""
    };
    (as_read) => {
        "as it was read"
    };
    (strictly) => {
        "strictly"
    };
}

macro_rules! is {
    (yes) => {
        true
    };
    (as_read) => {
        true
    };
    ($no:ident) => {
        false
    };
}

/// Declares the kinds once: the fields, the presets, the names, and the table in the docs.
macro_rules! kinds {
    ($($(#[doc = $doc:literal])* $kind:ident: $what:literal, in RECEIVER: $receiver:ident, written $written:ident;)*) => {
        /// Deviations from the grammar that real peers need, by kind. Each kind has its own switch. Default: none, as
        /// in [`STRICT`](Self::STRICT).
        ///
        /// | kind | takes | [`RECEIVER`](Self::RECEIVER) | [`LENIENT`](Self::LENIENT) | is written on |
        /// |---|---|---|---|---|
        $(#[doc = concat!(
            "| [`", stringify!($kind), "`](Self::", stringify!($kind), ") | ", $what, " | ", mark!($receiver), " | yes | ",
            mark!($written), " |",
        )])*
        ///
        /// A value that was parsed leniently is written strictly if it has a strict form: encoding the value gives a
        /// strict line with the same meaning (see [`Command::equivalent`](super::Command::equivalent)). If it has none,
        /// it is written as it was read, and the strict grammar rejects it again. A [`Client`](crate::session::Client)
        /// sends both: the fact that a value was parsed leniently is the permission.
        ///
        /// No kind affects framing (see [`codec`](crate::codec)): with all of them, a line still ends in CRLF, content
        /// in CRLF "." CRLF, and a chunk after the announced number of octets.
        ///
        /// ```
        /// use smtp_core::syntax::{Command, Dialect, Grammar};
        ///
        /// let mut grammar = Grammar::STRICT;
        /// grammar.dialect.hello_names = true;
        /// assert!(Command::parse(b"EHLO MY_PC", grammar).is_ok());
        /// assert_eq!(Dialect::only("hello_names"), Some(grammar.dialect));
        /// assert!(Dialect::KINDS.contains(&"hello_names"));
        /// ```
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        #[allow(clippy::struct_excessive_bools, reason = "each is an independent, documented deviation")]
        pub struct Dialect {
            $(
                #[doc = concat!("Takes ", $what, ".")]
                ///
                $(#[doc = $doc])*
                pub $kind: bool,
            )*
        }

        impl Dialect {
            /// No deviations.
            pub const STRICT: Self = Self { $($kind: false),* };
            /// The deviations that a public server should accept: those that [RFC
            /// 5321](https://www.rfc-editor.org/rfc/rfc5321) says receivers SHOULD accept, and those that nearly all
            /// servers accept because their meaning is clear. The default of a
            /// [`ServerConfig`](crate::session::ServerConfig).
            pub const RECEIVER: Self = Self { $($kind: is!($receiver)),* };
            /// All deviations.
            pub const LENIENT: Self = Self { $($kind: true),* };
            /// The deviations that a client for all servers should accept because their meaning is clear: all except
            /// [`challenge_text`](Self::challenge_text) and [`reply_form`](Self::reply_form), with which it would have
            /// to guess where a reply ends and what it means. The default of a
            /// [`ClientConfig`](crate::session::ClientConfig).
            pub const SENDER: Self = Self { challenge_text: false, reply_form: false, ..Self::LENIENT };
            /// The deviations whose values are written as they were read. Only these occur in the lines of a client.
            #[cfg(feature = "alloc")]
            pub(crate) const WRITTEN: Self = Self { $($kind: is!($written)),* };
            /// The names of the kinds, which are those of the fields.
            pub const KINDS: &'static [&'static str] = &[$(stringify!($kind)),*];

            /// Returns the strict dialect with this one kind. Returns `None` if no kind has this name.
            #[must_use]
            pub fn only(kind: &str) -> Option<Self> {
                match kind {
                    $(stringify!($kind) => Some(Self { $kind: true, ..Self::STRICT }),)*
                    _ => None,
                }
            }
        }
    };
}

kinds! {
    /// A space or tab before the verb; several between the verb and its argument, before and between parameters, and
    /// after the colon of `FROM:` and `TO:`. People who type commands send it, and scripts. [RFC 5321 section
    /// 3.3](https://www.rfc-editor.org/rfc/rfc5321#section-3.3): "spaces are not permitted on either side of the
    /// colon"; section 4.1.1: arguments follow the verb after one `<SP>`. Single spaces are written, and none after the
    /// colon. Example: `MAIL FROM:  <joe@example.com>   SIZE=1000`.
    white_space: "any run of SP and HTAB in place of a single SP, before the verb and after the colon", in RECEIVER: yes,
        written strictly;
    /// Scripts and old clients send it, also at the end of the lines of AUTH. [RFC 5321 section
    /// 4.1.1](https://www.rfc-editor.org/rfc/rfc5321#section-4.1.1): servers SHOULD tolerate it. It is not written.
    /// Example: `DATA` with a space after it.
    trailing_white_space: "SP and HTAB before the CRLF", in RECEIVER: yes, written strictly;
    /// A name with `_`, a final dot, or letters beyond ASCII, an IPv6 address without tag or brackets, a literal in
    /// HELO, or no name at all. Hosts send the names that they were given. [RFC 5321 section
    /// 4.1.1.1](https://www.rfc-editor.org/rfc/rfc5321#section-4.1.1.1): `ehlo = "EHLO" SP ( Domain / address-literal
    /// )`; by section 4.1.2, servers reply 501 to `_`, which few do, because the name adds nothing to the address. Text
    /// after the name is dropped: section 4.1.1.1 recommends to be prepared for it. The name is kept as
    /// [`Host::Text`](super::Host::Text). It has no strict form and is written as it was read. Example: `EHLO MY_PC`.
    hello_names: "any text without controls as the name in EHLO, HELO and LHLO, or none; text after the name",
        in RECEIVER: yes, written as_read;
    /// Dots at either end of a local-part and next to each other, as in addresses that some telephone companies gave
    /// out; domains with `_`, a hyphen at either end of a label, or a final dot, as the DNS has them; no domain at all,
    /// as in LMTP and in submission; an empty quoted-string; no angle brackets. [RFC 5321 section
    /// 4.1.2](https://www.rfc-editor.org/rfc/rfc5321#section-4.1.2) allows none of them, and requires a 501 for such
    /// octets in domains. A local-part with odd dots is written as a quoted-string, and a path with brackets. The
    /// others have no strict form and are written as they were read. A mailbox without a domain has an empty
    /// [`Host::Text`](super::Host::Text). Examples: `<a..b@example.com>`, `<a@b_c.example>`, `<joe>`, `RCPT
    /// TO:joe@example.com`.
    path_shapes: "odd dots in local-parts, odd octets in domains, paths without domain or without brackets", in RECEIVER: no,
        written as_read;
    /// Up to the limit of a path (256 octets). Addresses that contain other addresses are so long: variable envelope
    /// return paths, rewritten senders, tokens. [RFC 5321 section
    /// 4.5.3.1.1](https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.1) allows 64 octets, but section 4.5.3.1 asks
    /// to avoid limits "to the maximum extent possible". Written as it was read. Example: `<bounces-` and 70 more
    /// octets before the `@`.
    long_local_parts: "local-parts of more than 64 octets", in RECEIVER: yes, written as_read;
    /// In VRFY and EXPN, any UTF-8 without control characters; in NOOP and HELP, any octets except NUL, CR and LF. [RFC
    /// 5321 section 3.5.1](https://www.rfc-editor.org/rfc/rfc5321#section-3.5.1) requires VRFY to understand
    /// `user@domain`, and section 4.1.1.9 says to ignore the text of NOOP; the grammar allows one String. Such a text
    /// is written as a quoted-string, in NOOP and HELP with `?` for control characters and octets that are not UTF-8.
    /// Letters beyond ASCII stay ([RFC 6531 section 3.3](https://www.rfc-editor.org/rfc/rfc6531#section-3.3) extends
    /// Atom and Quoted-string), so they can be sent if SMTPUTF8 is offered. Example: `VRFY joe@example.com`.
    text_arguments: "any text as the argument of VRFY, EXPN, NOOP and HELP", in RECEIVER: yes, written strictly;
    /// [RFC 4291 section 2.2](https://www.rfc-editor.org/rfc/rfc4291#section-2.2) allows it, and libraries write it;
    /// [RFC 5321 section 4.1.3](https://www.rfc-editor.org/rfc/rfc5321#section-4.1.3) requires two groups (EID 4315).
    /// Such a literal is written with all its groups. Example: `[IPv6:1:2:3:4:5:6:7::]`.
    address_literals: "`::` for a single group of an IPv6 literal", in RECEIVER: yes, written strictly;
    /// Lower-case hexadecimal digits in xtext ([RFC 3461 section 4](https://www.rfc-editor.org/rfc/rfc3461#section-4)
    /// has upper case only), and encoded octets beyond ASCII in an ORCPT of another type than `utf-8`, which relays
    /// create for an internationalized recipient (section 4.2: "printable (graphic and white space) characters from the
    /// US-ASCII repertoire"). Both are written as they were sent (section 5.2.1). Also an AUTH that is empty, or whose
    /// xtext is not a mailbox, such as a login name: it is read and written as `AUTH=<>`, which is its effect if the
    /// client is not trusted ([RFC 4954 section 5](https://www.rfc-editor.org/rfc/rfc4954#section-5)). Examples:
    /// `ENVID=a+2bb`, `ORCPT=rfc822;+C3+BCn@example.com`, `AUTH=joe`.
    parameter_values: "lower-case xtext, eight-bit ORCPT, an AUTH that names no mailbox", in RECEIVER: yes, written as_read;
    /// Clients send SIZE, `AUTH=<>` or NOTIFY to any server that answers EHLO, or after HELO. [RFC 5321 section
    /// 4.1.1.11](https://www.rfc-editor.org/rfc/rfc5321#section-4.1.1.11) requires a 555 for them. They are kept, and
    /// their values are not checked. [`ParameterName::may_be_ignored`](super::ParameterName::may_be_ignored) returns
    /// `true` for the parameters that are accepted. The 555 stays if the client would be promised something that is not
    /// kept, as with REQUIRETLS or BODY=BINARYMIME. Written as it was sent, but a client sends it only if it is
    /// offered. Example: `MAIL FROM:<> SIZE=1000` if SIZE is not offered.
    unoffered_parameters: "registered parameters that were not offered, and ignores them", in RECEIVER: no, written strictly;
    /// Also lines over 512 octets and a second digit above 5. Servers send 8-bit text and long capability lists. [RFC
    /// 5321 section 4.2](https://www.rfc-editor.org/rfc/rfc5321#section-4.2): text is printable ASCII and HT; section
    /// 4.5.3.1.5: at most 512 octets. Control characters and octets that are not UTF-8 are written as `?`; the code and
    /// the division into lines stay. Example: `250 Prêt`.
    any_reply_text: "any octets in the text of a reply", in RECEIVER: no, written strictly;
    /// A refusal that answers nothing, or answers content whose end was not sent. A client treats it as a refusal, and
    /// stops. Servers send one before they close an idle connection, or when content has grown too large. [RFC 5321
    /// section 4.2](https://www.rfc-editor.org/rfc/rfc5321#section-4.2): "Every command MUST generate exactly one
    /// reply"; section 3.8 has only 421 for a server that must close, and 421 is always accepted. Example: `552 5.3.4
    /// Message too big` before the client has sent the final dot.
    unsolicited_refusal: "a 4yz or 5yz that answers nothing", in RECEIVER: no, written strictly;
    /// Also any run of SP and HTAB before the keyword, after it and between its parameters. Servers send them that were
    /// written before [RFC 2554](https://www.rfc-editor.org/rfc/rfc2554), or for a single client, and so do proxies
    /// that rewrite the reply. [RFC 5321 section 4.1.1.1](https://www.rfc-editor.org/rfc/rfc5321#section-4.1.1.1):
    /// `ehlo-line = ehlo-keyword *( SP ehlo-param )`; [RFC 4954 section
    /// 3](https://www.rfc-editor.org/rfc/rfc4954#section-3): mechanisms are "a space-separated list". They are offers
    /// nevertheless. Words are written with single spaces between them. Examples: `AUTH=LOGIN PLAIN`, `AUTH
    /// LOGIN,PLAIN`, `SIZE  1000`.
    offer_text: "offers with `=` after the keyword, and with commas between the mechanisms of AUTH", in RECEIVER: no,
        written strictly;
    /// Servers say in words what they wait for, above all for the first message of NTLM. [RFC 4954 section
    /// 4](https://www.rfc-editor.org/rfc/rfc4954#section-4): the text of a 334 is "a BASE64 encoded string", and a
    /// client MUST cancel if it cannot decode it. A client that gets such a text returns it, and may answer. Responses
    /// are always base64. Examples: `334 NTLM supported`, `334 Username:`.
    challenge_text: "a 334 whose text is not base64", in RECEIVER: no, written strictly;
    /// Blank lines before a reply, lines without a code in a reply or after it, several codes in one reply, and codes
    /// whose first digit is not 2 to 5. Servers send them if an administrator writes the text, or if a filter inserts
    /// its own lines among those of the server. [RFC 5321 section
    /// 4.2.1](https://www.rfc-editor.org/rfc/rfc5321#section-4.2.1): "every line of a multiline reply contains the same
    /// code"; section 4.2: `Reply-code = %x32-35 %x30-35 %x30-39`. Of several codes the last one counts, or the last of
    /// the worst class (5yz, 4yz, 3yz, 2yz). A code with another first digit is a permanent failure. A line without a
    /// code is text of the reply if it is inside one; otherwise it is text by itself. Every line is written with the
    /// code that counts, and codes are written as they were read. Examples: `550-5.1.8 Rejected` before `554 5.1.8
    /// see`, `117 not whitelisted`.
    reply_form: "replies with a flaw in their form", in RECEIVER: no, written strictly;
}

impl Dialect {
    /// Returns a line without the white space at its end, if that is accepted.
    pub(crate) fn trimmed(self, line: &[u8]) -> &[u8] {
        if !self.trailing_white_space {
            return line;
        }
        let kept = line.iter().rposition(|octet| !matches!(octet, b' ' | b'\t'));
        line.get(..kept.map_or(0, |last| last.saturating_add(1))).unwrap_or_default()
    }

    /// `SP`
    ///
    /// With `white_space`: `1*( SP / HTAB )`
    #[inline(always)]
    pub(crate) fn space(self, i: &[u8]) -> Parse<'_, ()> {
        match i {
            [b' ', rest @ ..] => Ok((self.after_white_space(rest), ())),
            [b'\t', rest @ ..] if self.white_space => Ok((self.after_white_space(rest), ())),
            _ => fail(i, Expected::Space),
        }
    }

    /// Returns the input after any number of SP and HTAB, if they are accepted.
    #[inline(always)]
    pub(crate) fn after_white_space(self, i: &[u8]) -> &[u8] {
        let mut rest = i;
        while let [b' ' | b'\t', after @ ..] = rest {
            if !self.white_space {
                break;
            }
            rest = after;
        }
        rest
    }
}

/// Returns the words of a text that are separated by white space.
pub(crate) const fn words(text: &[u8]) -> Words<'_> {
    Words { rest: text, commas: false }
}

/// The words of a text that white space separates, and with `commas` also commas. No word is empty.
#[derive(Clone, Debug)]
pub(crate) struct Words<'a> {
    pub(crate) rest: &'a [u8],
    pub(crate) commas: bool,
}

impl<'a> Iterator for Words<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let is_between = |octet: &u8| matches!(octet, b' ' | b'\t') || (self.commas && *octet == b',');
        let start = self.rest.iter().position(|octet| !is_between(octet))?;
        let text = self.rest.get(start..)?;
        let length = text.iter().position(is_between).unwrap_or(text.len());
        let (word, rest) = text.split_at_checked(length)?;
        self.rest = rest;
        Some(word)
    }
}
