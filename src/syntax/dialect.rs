//! Which grammar is in force for a line: the ABNF, and the kinds of deviation that are let pass.
//!
//! The productions in [`syntax`](super) ask it, and the roles of a session set it. It holds no grammar itself: what a kind takes
//! stands in the production that it widens, beneath the ABNF.

use super::scan::{Parse, fail};
use super::{Expected, Extension, Extensions};

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
    /// Parameters of MAIL and RCPT that are not registered are taken, whatever was offered: a private agreement may have some.
    /// Without `extensions` all are.
    pub unregistered: bool,
}

impl Grammar {
    /// RFC 5321 to the letter, with opaque parameters.
    pub const STRICT: Self = Self { dialect: Dialect::STRICT, smtputf8: false, extensions: None, unregistered: false };
    /// RFC 5321 to the letter, extended by RFC 6531, with opaque parameters.
    pub const SMTPUTF8: Self = Self { smtputf8: true, ..Self::STRICT };
    /// RFC 5321 with any text in replies, whose form is strict: for whoever judges that.
    #[cfg(feature = "alloc")]
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

/// The word in the table for a kind that a preset takes.
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
        /// Deviations from the grammar that real peers need, by kinds. Each kind is a switch of its own, and
        /// [`STRICT`](Self::STRICT), the default, has none.
        ///
        /// | kind | takes | [`RECEIVER`](Self::RECEIVER) | [`LENIENT`](Self::LENIENT) | is written on |
        /// |---|---|---|---|---|
        $(#[doc = concat!(
            "| [`", stringify!($kind), "`](Self::", stringify!($kind), ") | ", $what, " | ", mark!($receiver), " | yes | ",
            mark!($written), " |",
        )])*
        ///
        /// What is read leniently is written strictly where there is a strict form: encoding the value gives a strict line, which
        /// means the same (see [`Command::equivalent`](super::Command::equivalent)). Where there is none, it is written as it was
        /// read, and the strict grammar refuses it again. A [`Client`](crate::session::Client) sends either: a value that was
        /// parsed leniently is the permission.
        ///
        /// No kind touches framing (see [`codec`](crate::codec)): with all of them a line ends in CRLF, content in CRLF "." CRLF,
        /// and a chunk after so many octets as with none.
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
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
            /// No deviation at all.
            pub const STRICT: Self = Self { $($kind: false),* };
            /// What a server for all comers takes: what RFC 5321 says that receivers SHOULD take, and what nearly all servers
            /// take because its meaning is in no doubt. The default of a [`ServerConfig`](crate::session::ServerConfig).
            pub const RECEIVER: Self = Self { $($kind: is!($receiver)),* };
            /// Every deviation.
            pub const LENIENT: Self = Self { $($kind: true),* };
            /// What a client for all servers takes, because its meaning is in no doubt: every deviation but
            /// [`challenge_text`](Self::challenge_text) and [`reply_form`](Self::reply_form), in which it would have to guess where a
            /// reply ends and what it says. The default of a [`ClientConfig`](crate::session::ClientConfig).
            pub const SENDER: Self = Self { challenge_text: false, reply_form: false, ..Self::LENIENT };
            /// The deviations in which values are written as they were read: a client's lines have them, and no other.
            #[cfg(feature = "alloc")]
            pub(crate) const WRITTEN: Self = Self { $($kind: is!($written)),* };
            /// The names of the kinds, which are those of the fields.
            pub const KINDS: &'static [&'static str] = &[$(stringify!($kind)),*];

            /// The strict dialect with this one kind. `None` where there is no kind of this name.
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
    /// A space or tab before the verb, several between it and its argument, before and between parameters, and after the colon of
    /// `FROM:` and `TO:`. People at a keyboard send it, and scripts. RFC 5321 section 3.3: "spaces are not permitted on either
    /// side of the colon"; section 4.1.1: arguments follow the verb after one `<SP>`. Single spaces are written, and none after
    /// the colon. Example: `MAIL FROM:  <joe@example.com>   SIZE=1000`.
    white_space: "any run of SP and HTAB in place of a single SP, before the verb and after the colon", in RECEIVER: yes,
        written strictly;
    /// Scripts and old clients send it, also at the end of the lines of AUTH. RFC 5321 section 4.1.1: servers SHOULD tolerate it.
    /// It is not written. Example: `DATA` with a space after it.
    trailing_white_space: "SP and HTAB before the CRLF", in RECEIVER: yes, written strictly;
    /// With `_`, a final dot, letters beyond ASCII, an IPv6 address without tag or brackets, a literal in HELO, or nothing at all.
    /// Hosts send the names that they were given. RFC 5321 section 4.1.1.1: `ehlo = "EHLO" SP ( Domain / address-literal )`;
    /// section 4.1.2 has servers answer `_` with 501, which few do, since the name says nothing that the address does not.
    /// What stands after the name is dropped: section 4.1.1.1 finds it wise to be prepared for it. The name is kept as [`Host::Text`](super::Host::Text); it has no
    /// stricter form and is written as it was read. Example: `EHLO MY_PC`.
    hello_names: "any text without controls as the name in EHLO, HELO and LHLO, or none; text after the name",
        in RECEIVER: yes, written as_read;
    /// Dots at either end of a local-part and next to one another, which some telephone companies gave out; domains with `_`, a
    /// hyphen at either end of a label, and a final dot, as the DNS has them; no domain at all, as in LMTP and in submission; an
    /// empty quoted-string; no angle brackets. RFC 5321 section 4.1.2 has none of them, and a 501 for such octets in domains. A
    /// local-part with odd dots is written as
    /// a quoted-string and a path with brackets; the others have no stricter form and are written as they were read. A mailbox
    /// without a domain has an empty [`Host::Text`](super::Host::Text). Examples: `<a..b@example.com>`, `<a@b_c.example>`,
    /// `<joe>`, `RCPT TO:joe@example.com`.
    path_shapes: "odd dots in local-parts, odd octets in domains, paths without domain or without brackets", in RECEIVER: no,
        written as_read;
    /// Up to what a path may have (256 octets). Addresses that hold others do: variable envelope return paths, rewritten senders,
    /// tokens. RFC 5321 section 4.5.3.1.1 has 64 octets, but section 4.5.3.1 wants no limits "to the maximum extent possible".
    /// Written as it was read. Example: `<bounces-` and 70 more octets before the `@`.
    long_local_parts: "local-parts of more than 64 octets", in RECEIVER: yes, written as_read;
    /// In VRFY and EXPN any UTF-8 without control characters, in NOOP and HELP any octets but NUL, CR and LF. RFC 5321 section
    /// 3.5.1 wants `user@domain` understood in VRFY, and section 4.1.1.9 wants the text of NOOP ignored; the grammar has one
    /// String. Such a text is written as a quoted-string, in NOOP and HELP with `?` for control characters and octets that are
    /// no UTF-8. Letters beyond ASCII stay (RFC 6531 section 3.3 extends Atom and Quoted-string), so they can be sent where
    /// SMTPUTF8 is offered. Example: `VRFY joe@example.com`.
    text_arguments: "any text as the argument of VRFY, EXPN, NOOP and HELP", in RECEIVER: yes, written strictly;
    /// RFC 4291 section 2.2 allows it, and libraries write it; RFC 5321 section 4.1.3 wants two groups (EID 4315). Such a literal
    /// is written with all its groups. Example: `[IPv6:1:2:3:4:5:6:7::]`.
    address_literals: "`::` for a single group of an IPv6 literal", in RECEIVER: yes, written strictly;
    /// Lower-case hexadecimal digits in xtext (RFC 3461 section 4 has upper case only), octets beyond ASCII, encoded, in an ORCPT
    /// of another type than `utf-8` (section 4.2: "printable (graphic and white space) characters from the US-ASCII
    /// repertoire"), which relays make of an internationalized recipient; both are written as they were sent (section 5.2.1).
    /// And an AUTH that is empty, or xtext that is no mailbox, such as a login name: it is read and written as `AUTH=<>`, which
    /// is what it comes to where the client is not trusted (RFC 4954 section 5). Examples: `ENVID=a+2bb`,
    /// `ORCPT=rfc822;+C3+BCn@example.com`, `AUTH=joe`.
    parameter_values: "lower-case xtext, eight-bit ORCPT, an AUTH that names no mailbox", in RECEIVER: yes, written as_read;
    /// Clients send SIZE, `AUTH=<>` or NOTIFY to whoever answers EHLO, or after HELO. RFC 5321 section 4.1.1.11 has a 555 for
    /// them. They are kept, and their values are not looked at. [`ParameterName::may_be_ignored`](super::ParameterName::may_be_ignored)
    /// says which: where a client would be promised what is not kept, as with REQUIRETLS or BODY=BINARYMIME, the 555 stays.
    /// Written as it was sent, and a client sends it only where it is offered. Example: `MAIL FROM:<> SIZE=1000` where SIZE is
    /// not offered.
    unoffered_parameters: "registered parameters that were not offered, and ignores them", in RECEIVER: no, written strictly;
    /// Also lines over 512 octets and a second digit above 5. Servers send 8-bit text and long capability lists. RFC 5321 section
    /// 4.2: text is printable ASCII and HT; section 4.5.3.1.5: at most 512 octets. Control characters and octets that are no
    /// UTF-8 are written as `?`; the code and the division into lines stay. Example: `250 Prêt`.
    any_reply_text: "any octets in the text of a reply", in RECEIVER: no, written strictly;
    /// It answers nothing, or content whose end was not sent. A client takes it for a refusal, and goes no further. Servers send
    /// one before they close an idle connection, or when content has grown too large. RFC 5321 section 4.2: "Every command MUST
    /// generate exactly one reply"; section 3.8 has 421 alone for a server that has to close, and that is always let pass.
    /// Example: `552 5.3.4 Message too big` before the client has sent the final dot.
    unsolicited_refusal: "a 4yz or 5yz that nothing asked for", in RECEIVER: no, written strictly;
    /// Also any run of SP and HTAB before the keyword, after it and between what follows. Servers send them that were written before
    /// RFC 2554, or for one client, and proxies that rewrite the reply. RFC 5321 section 4.1.1.1:
    /// `ehlo-line = ehlo-keyword *( SP ehlo-param )`; RFC 4954 section 3: mechanisms are "a space-separated list". They are
    /// offers all the same. Words are written with single spaces between them. Examples: `AUTH=LOGIN PLAIN`,
    /// `AUTH LOGIN,PLAIN`, `SIZE  1000`.
    offer_text: "offers with `=` after the keyword, and with commas between the mechanisms of AUTH", in RECEIVER: no,
        written strictly;
    /// Servers say in words what they wait for, most of all for the first message of NTLM. RFC 4954 section 4: the text of a 334 is "a
    /// BASE64 encoded string", and a client MUST cancel what it cannot decode. A client that gets one gives the text out, and may
    /// answer. Responses are always base64. Examples: `334 NTLM supported`, `334 Username:`.
    challenge_text: "a 334 whose text is no base64", in RECEIVER: no, written strictly;
    /// Blank lines before a reply, lines without a code in one or after one, several codes in one, and codes whose first digit is not
    /// 2 to 5. Servers send them when an administrator writes the text, or a filter puts its own lines among those of the
    /// server. RFC 5321 section 4.2.1: "every line of a multiline reply contains the same code"; section 4.2: `Reply-code =
    /// %x32-35 %x30-35 %x30-39`. Of several codes the last one counts, or the last of the worst class (5yz, 4yz, 3yz, 2yz); a code of
    /// another first digit is a permanent failure. A line without a code in a reply is text of the reply, and outside of one it
    /// is text by itself. Every line is written with the code that counts, and codes are written as they were read. Examples:
    /// `550-5.1.8 Rejected` before `554 5.1.8 see`, `117 not whitelisted`.
    reply_form: "replies with a flaw in their form", in RECEIVER: no, written strictly;
}

impl Dialect {
    /// A line without the white space at its end, where that is let pass.
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

    /// What stands after any number of SP and HTAB, where they are let pass.
    #[inline(always)]
    pub(crate) fn after_white_space(self, i: &[u8]) -> &[u8] {
        let mut rest = i;
        while let [b' ' | b'\t', behind @ ..] = rest {
            if !self.white_space {
                break;
            }
            rest = behind;
        }
        rest
    }
}

/// The words of a text, between which white space stands.
pub(crate) fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> + Clone {
    text.split(|octet| matches!(octet, b' ' | b'\t')).filter(|word| !word.is_empty())
}
