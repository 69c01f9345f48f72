//! Commands: one line from client to server (RFC 5321 section 4.1.1 and the extensions). This file has the table of
//! verbs, the values, and how they are written. The productions are in `command/grammar.rs`. Whether a command is in
//! sequence is up to the session.

use super::dialect::words;
use super::wire::{Sink, Wire, display_is_wire, token, write_character, write_clean};
use super::xtext::{Xtext, write_in_upper_case};
use super::{
    Base64, Body, Dialect, Domain, Expected, Extension, ForwardPath, Grammar, Host, Mechanism, ParameterName,
    ParameterValue, Parameters, Part, ReversePath, SyntaxError, scan,
};
use crate::fast::keyword;

/// The table of verbs, passed to each macro that builds something from its rows. A row has the type of the argument,
/// the text of the verb, the document that defines it, and the extension that offers it. [`Verb`], [`Command`] and
/// `session::Action` are built from it, and so is the code that treats each argument by its type.
macro_rules! with_verbs {
    ($make:ident) => {
        $make! {
            commands {
                /// `HELO SP Domain`: a session without extensions. The strict grammar has no HELO with an address
                /// literal; a client whose name is one sends it nevertheless.
                Helo(Host<'a>) "HELO" "RFC 5321 section 4.1.1.1";
                /// `EHLO SP ( Domain / address-literal )`: a session with extensions.
                Ehlo(Host<'a>) "EHLO" "RFC 5321 section 4.1.1.1";
                /// `LHLO SP ( Domain / address-literal )`: an LMTP session.
                Lhlo(Host<'a>) "LHLO" "RFC 2033 section 4.1";
                /// `MAIL FROM:Reverse-path [SP Mail-parameters]`
                Mail(Mail<'a>) "MAIL" "RFC 5321 section 4.1.1.2";
                /// `RCPT TO:Forward-path [SP Rcpt-parameters]`
                Rcpt(Rcpt<'a>) "RCPT" "RFC 5321 section 4.1.1.3";
                /// `DATA`
                Data "DATA" "RFC 5321 section 4.1.1.4";
                /// `BDAT SP chunk-size [SP LAST]`
                Bdat(Bdat) "BDAT" "RFC 3030 section 2" Chunking;
                /// `BURL SP absolute-URI [SP LAST]`
                Burl(Burl<'a>) "BURL" "RFC 4468 section 3" Burl;
                /// `RSET`
                Rset "RSET" "RFC 5321 section 4.1.1.5";
                /// `VRFY SP String [SP SMTPUTF8]`
                Vrfy(Lookup<'a>) "VRFY" "RFC 5321 section 4.1.1.6" Vrfy;
                /// `EXPN SP String [SP SMTPUTF8]`
                Expn(Lookup<'a>) "EXPN" "RFC 5321 section 4.1.1.7" Expn;
                /// `HELP [SP String]`
                Help(Option<Text<'a>>) "HELP" "RFC 5321 section 4.1.1.8" Help;
                /// `NOOP [SP String]`
                Noop(Option<Text<'a>>) "NOOP" "RFC 5321 section 4.1.1.9";
                /// `QUIT`
                Quit "QUIT" "RFC 5321 section 4.1.1.10";
                /// `STARTTLS`
                StartTls "STARTTLS" "RFC 3207 section 4" StartTls;
                /// `AUTH SP sasl-mech [SP initial-response]`
                Auth(Auth<'a>) "AUTH" "RFC 4954 section 4" Auth;
                /// `ETRN SP [option character] node name`
                Etrn(Etrn<'a>) "ETRN" "RFC 1985 section 5" Etrn;
                /// `ATRN [SP domain *("," domain)]`
                Atrn(Domains<'a>) "ATRN" "RFC 2645 section 5.2" Atrn;
                /// `XCLIENT 1*( SP attribute-name "=" attribute-value )`
                Xclient(Attributes<'a>) "XCLIENT" "Postfix XCLIENT" Xclient;
                /// `XFORWARD 1*( SP attribute-name "=" attribute-value )`
                Xforward(Attributes<'a>) "XFORWARD" "Postfix XFORWARD" Xforward;
            }
            obsolete {
                Send "SEND" "RFC 821, obsolete";
                Soml "SOML" "RFC 821, obsolete";
                Saml "SAML" "RFC 821, obsolete";
                Turn "TURN" "RFC 821, obsolete";
            }
        }
    };
}
#[cfg(feature = "alloc")]
pub(crate) use with_verbs;

/// Names the argument of a row that has one: `$(argument!(x, $argument))?` expands to `x` or to nothing.
macro_rules! argument {
    ($name:ident, $argument:ty) => {
        $name
    };
}

macro_rules! verbs {
    (
        commands { $($(#[$form:meta])* $name:ident $(($argument:ty))? $text:literal $reference:literal $($extension:ident)?;)* }
        obsolete { $($old:ident $old_text:literal $old_reference:literal;)* }
    ) => {
        /// The verb of a command, without its arguments.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Verb {
            $(
                #[doc = concat!("`", $text, "` (", $reference, ").")]
                $name,
            )*
            $(
                #[doc = concat!("`", $old_text, "` (", $old_reference, ").")]
                $old,
            )*
            /// Any other verb.
            Unknown,
        }

        impl Verb {
            /// All verbs that the crate knows.
            pub const ALL: &'static [Self] = &[$(Self::$name,)* $(Self::$old),*];

            /// Returns the verb in upper case. Empty for [`Verb::Unknown`].
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                    $(Self::$old => $old_text,)*
                    Self::Unknown => "",
                }
            }

            /// Returns the extension that offers the verb in the reply to EHLO. Returns `None` for verbs that need no
            /// offer, and for those that no extension offers.
            ///
            /// VRFY, EXPN and HELP are commands of RFC 5321 itself: a server may implement them without listing them
            /// (section 3.5.2).
            ///
            /// ```
            /// use smtp_core::syntax::{Extension, Verb};
            ///
            /// assert_eq!(Verb::Bdat.offered_by(), Some(Extension::Chunking));
            /// assert_eq!(Verb::Data.offered_by(), None);
            /// ```
            #[must_use]
            pub const fn offered_by(self) -> Option<Extension> {
                match self {
                    $($(Self::$name => Some(Extension::$extension),)?)*
                    _ => None,
                }
            }

            /// Returns the verb with this text, in any case (RFC 5321 section 2.4).
            #[must_use]
            pub const fn from_bytes(text: &[u8]) -> Self {
                // A key has the first eight octets, with zeros after a shorter text.
                match Self::from_key(keyword::key_of(text)) {
                    verb if verb.as_str().len() == text.len() => verb,
                    _ => Self::Unknown,
                }
            }

            #[inline]
            const fn from_key(key: u64) -> Self {
                match key {
                    $(keys::$name => Self::$name,)*
                    $(keys::$old => Self::$old,)*
                    _ => Self::Unknown,
                }
            }
        }

        #[allow(non_upper_case_globals, reason = "named after the verbs, to be matched")]
        mod keys {
            $(pub(super) const $name: u64 = crate::fast::keyword::key($text);)*
            $(pub(super) const $old: u64 = crate::fast::keyword::key($old_text);)*
        }

        /// A command with its arguments, as it is on one line.
        ///
        /// ```
        /// use smtp_core::syntax::{Command, Grammar, Rcpt};
        ///
        /// let command = Command::parse(b"rcpt to:<joe@example.com> NOTIFY=NEVER", Grammar::STRICT)?;
        /// assert_eq!(command.to_string(), "RCPT TO:<joe@example.com> NOTIFY=NEVER");
        /// let Command::Rcpt(Rcpt { forward_path, parameters, .. }) = command else { unreachable!() };
        /// assert_eq!(forward_path.mailbox().unwrap().local_part().as_str(), "joe");
        /// assert_eq!(parameters.iter().count(), 1);
        /// # Ok::<(), smtp_core::syntax::SyntaxError>(())
        /// ```
        ///
        /// A parsed command is written as a line that parses back as the same. If it was parsed leniently, it is
        /// written as a strict line that is [`equivalent`](Self::equivalent). A command that is put together by hand is
        /// written with its parts as they are, even if they do not belong together: EHLO with a [`Domain`] of U-labels,
        /// a path over 256 octets, or an [`Unknown`] with a registered verb gives a line that is refused, or that is
        /// another command. `Client::send` parses each line before it goes out, and refuses such a command.
        ///
        /// # Credentials
        ///
        /// `Display` writes the line as it is sent on the wire, and therefore shows the credential in the initial
        /// response of AUTH. `Debug` does not show it: use `Debug` for logs.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Command<'a> {
            $(
                $(#[$form])*
                $name $(($argument))?,
            )*
            /// SEND, SOML, SAML or TURN: recognized, but never implemented (RFC 5321 appendix F).
            Obsolete(Unknown<'a>),
            /// A verb that is not registered.
            Unknown(Unknown<'a>),
        }

        impl Command<'_> {
            /// Returns the verb.
            #[must_use]
            pub const fn verb(&self) -> Verb {
                match self {
                    $(Self::$name { .. } => Verb::$name,)*
                    Self::Obsolete(unknown) | Self::Unknown(unknown) => Verb::from_bytes(unknown.verb.0),
                }
            }
        }
    };
}

with_verbs!(verbs);

mod equivalent;
mod grammar;
mod parts;
#[cfg(feature = "alloc")]
mod relocate;
mod uri;

impl Verb {
    /// Returns the verb at the start of a command line.
    pub(crate) fn of_line(line: &[u8], dialect: Dialect) -> Self {
        let line = dialect.after_white_space(line);
        match Self::at_start(line) {
            Some((verb, _)) => verb,
            None => Self::from_bytes(scan::span(line, scan::Class::TOKEN).0),
        }
    }
}

impl core::fmt::Display for Verb {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Verb {
    /// Returns the verb of four letters at the start of a line. Returns `None` for any other verb, and if there is
    /// none.
    #[inline]
    pub(crate) fn at_start(line: &[u8]) -> Option<(Self, &[u8])> {
        let (letters, rest) = line.split_first_chunk::<4>()?;
        let verb = Self::from_key(keyword::four(letters));
        (verb != Self::Unknown && matches!(rest, [] | [b' ', ..])).then_some((verb, rest))
    }
}

/// The arguments of MAIL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Mail<'a> {
    /// The mailbox to which failures are reported.
    pub reverse_path: ReversePath<'a>,
    /// The parameters after the path.
    pub parameters: Parameters<'a>,
}

impl Mail<'_> {
    /// Returns the size that SIZE declares, if it is given (RFC 1870 section 4).
    #[must_use]
    pub fn declared_size(&self) -> Option<u64> {
        match self.parameters.find(ParameterName::Size)? {
            ParameterValue::Size(size) => Some(size),
            _ => None,
        }
    }

    /// Returns the body type that BODY declares, or 7BIT if it is not given (RFC 6152 section 2).
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

    /// Returns `true` if it requests SMTPUTF8 (RFC 6531 section 3.4).
    #[must_use]
    pub fn is_smtputf8(&self) -> bool {
        self.parameters.has(ParameterName::SmtpUtf8)
    }
}

/// The arguments of RCPT.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Rcpt<'a> {
    /// The recipient.
    pub forward_path: ForwardPath<'a>,
    /// The parameters after the path.
    pub parameters: Parameters<'a>,
}

/// The arguments of BDAT (RFC 3030 section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Bdat {
    /// The number of octets that follow the line.
    pub size: u64,
    /// Whether it is the last chunk of the message.
    pub last: bool,
}

impl Bdat {
    /// Parses what a BDAT line announces that [`Command::parse`] rejects. Its octets follow even if it is refused, and
    /// are not commands (RFC 3030 section 2). Returns `None` for another verb.
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

/// The arguments of BURL (RFC 4468 section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Burl<'a> {
    /// The URL from which the server fetches the content.
    pub url: Text<'a>,
    /// Whether it is the last piece of the message.
    pub last: bool,
}

/// The arguments of VRFY and EXPN (RFC 5321 sections 4.1.1.6 and 4.1.1.7, RFC 6531 section 3.7.4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Lookup<'a> {
    /// The text to look up, with its quotes if it has any.
    pub text: Text<'a>,
    /// Whether the reply may be in UTF-8.
    pub smtputf8: bool,
}

/// The arguments of AUTH (RFC 4954 section 4).
///
/// The initial response holds a credential. `Display` of the [`Command`] and of the response shows it; `Debug` of
/// either does not.
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

/// The argument of ETRN (RFC 1985 section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Etrn<'a> {
    /// The kind of name that `node` is.
    pub option: EtrnOption,
    /// The node: a fully qualified domain name, or after `#` the name of a queue.
    pub node: Text<'a>,
}

/// The option character of ETRN (RFC 1985 section 5.3).
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Unknown<'a> {
    /// The verb, as it was sent.
    pub verb: Text<'a>,
    /// The text after the first space.
    pub argument: Option<Text<'a>>,
}

/// Text of one line, without NUL, CR and LF. As an argument in the strict grammar it is a String, quotes included (RFC
/// 5321 section 4.1.2).
///
/// After a verb that is not registered, and in HELP and NOOP with [`text_arguments`](super::Dialect::text_arguments),
/// the octets may be other than UTF-8. [`as_str`](Self::as_str) is then empty; [`as_bytes`](Self::as_bytes) returns
/// them.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Text<'a>(pub(crate) &'a [u8]);

/// Domains separated by commas, or none.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Domains<'a>(pub(crate) &'a [u8]);

impl<'a> Domains<'a> {
    /// Returns an iterator over the domains, in order.
    pub fn iter(self) -> impl Iterator<Item = Domain<'a>> {
        self.0.split(|&octet| octet == b',').filter(|name| !name.is_empty()).map(Domain)
    }
}

/// The attributes of XCLIENT or XFORWARD: names with xtext values.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Attributes<'a>(pub(crate) &'a [u8]);

impl<'a> Attributes<'a> {
    /// Returns an iterator over the names and values, in order. Names are in the case in which they were sent.
    pub fn iter(self) -> impl Iterator<Item = (Text<'a>, Xtext<'a>)> {
        words(self.0).filter_map(|attribute| {
            let name = attribute.split(|&octet| octet == b'=').next()?;
            Some((Text(name), Xtext(attribute.get(name.len().saturating_add(1)..)?)))
        })
    }
}

token!(Text, Domains, Attributes);

impl<'a> Command<'a> {
    /// Parses a command line without its CRLF.
    ///
    /// # Errors
    /// Returns [`SyntaxError`] with the offset at which the line leaves this grammar, and the reply to send. An unknown
    /// verb is not an error, but a [`Command::Unknown`]. After a BDAT come octets that are not commands, even if it is
    /// refused: see [`Bdat::announced`].
    pub fn parse(line: &'a [u8], grammar: Grammar) -> Result<Self, SyntaxError> {
        scan::line(grammar.dialect.trimmed(line), |i| grammar::command(i, grammar))
    }

    /// Creates MAIL with parameters.
    pub fn mail(reverse_path: impl Into<ReversePath<'a>>, parameters: Parameters<'a>) -> Self {
        Self::Mail(Mail { reverse_path: reverse_path.into(), parameters })
    }

    /// Creates RCPT with parameters.
    pub fn rcpt(forward_path: impl Into<ForwardPath<'a>>, parameters: Parameters<'a>) -> Self {
        Self::Rcpt(Rcpt { forward_path: forward_path.into(), parameters })
    }

    /// Creates BDAT for a chunk of `size` octets that is not the last.
    #[must_use]
    pub const fn bdat(size: u64) -> Self {
        Self::Bdat(Bdat { size, last: false })
    }

    /// Creates BDAT LAST for the last chunk, of `size` octets.
    #[must_use]
    pub const fn bdat_last(size: u64) -> Self {
        Self::Bdat(Bdat { size, last: true })
    }

    /// Creates AUTH, with or without an initial response.
    #[must_use]
    pub const fn auth(mechanism: Mechanism<'a>, initial_response: Option<Base64<'a>>) -> Self {
        Self::Auth(Auth { mechanism, initial_response })
    }

    /// Appends the line with its CRLF.
    #[cfg(feature = "alloc")]
    pub fn encode(&self, out: &mut alloc::vec::Vec<u8>) {
        self.write(out);
        out.put(b"\r\n");
    }
}

impl Wire for Command<'_> {
    fn write<S: Sink>(&self, out: &mut S) {
        match self {
            Self::Mail(_) => out.put(b"MAIL FROM:"),
            Self::Rcpt(_) => out.put(b"RCPT TO:"),
            Self::Obsolete(unknown) | Self::Unknown(unknown) => out.put(unknown.verb.0),
            _ => match self.verb().as_str().as_bytes() {
                // A slice of known length is copied without a call.
                &[a, b, c, d] => out.put(&[a, b, c, d]),
                verb => out.put(verb),
            },
        }
        match self {
            Self::Data | Self::Rset | Self::Quit | Self::StartTls => {}
            Self::Helo(host) | Self::Ehlo(host) | Self::Lhlo(host) => optional(host.is_named().then_some(*host), out),
            Self::Mail(mail) => {
                mail.reverse_path.write(out);
                optional((!mail.parameters.is_empty()).then_some(mail.parameters), out);
            }
            Self::Rcpt(rcpt) => {
                rcpt.forward_path.write(out);
                optional((!rcpt.parameters.is_empty()).then_some(rcpt.parameters), out);
            }
            Self::Bdat(bdat) => {
                out.octet(b' ');
                out.number(bdat.size);
                last(bdat.last, out);
            }
            Self::Burl(burl) => {
                argument(&burl.url, out);
                last(burl.last, out);
            }
            Self::Vrfy(lookup) | Self::Expn(lookup) => {
                argument(&StringArgument(lookup.text), out);
                if lookup.smtputf8 {
                    out.put(b" SMTPUTF8");
                }
            }
            Self::Help(text) | Self::Noop(text) => optional(text.map(StringArgument), out),
            Self::Auth(auth) => {
                argument(&auth.mechanism, out);
                match auth.initial_response {
                    Some(Base64::EMPTY) => out.put(b" ="),
                    response => optional(response, out),
                }
            }
            Self::Etrn(etrn) => {
                out.octet(b' ');
                match etrn.option {
                    EtrnOption::Host => {}
                    EtrnOption::Subdomains => out.octet(b'@'),
                    EtrnOption::Queue => out.octet(b'#'),
                }
                etrn.node.write(out);
            }
            Self::Atrn(domains) => optional((!domains.0.is_empty()).then_some(*domains), out),
            Self::Xclient(attributes) | Self::Xforward(attributes) => {
                for attribute in words(attributes.0) {
                    out.octet(b' ');
                    write_in_upper_case(attribute, out);
                }
            }
            Self::Obsolete(unknown) | Self::Unknown(unknown) => optional(unknown.argument, out),
        }
    }
}

/// A text in the place of a String. It is quoted if it is not a String, which only a dialect allows. Characters that
/// even quotes do not allow are written as "?".
struct StringArgument<'a>(Text<'a>);

impl Wire for StringArgument<'_> {
    fn write<S: Sink>(&self, out: &mut S) {
        let text = self.0.0;
        if scan::line(text, |i| string(i, Grammar::SMTPUTF8)).is_ok() {
            return out.put(text);
        }
        out.octet(b'"');
        write_clean(text, out, |character, out| match character {
            '"' | '\\' => {
                out.octet(b'\\');
                write_character(character, out);
            }
            _ => write_character(if character.is_ascii_control() { '?' } else { character }, out),
        });
        if text.is_empty() {
            out.octet(b' ');
        }
        out.octet(b'"');
    }
}

fn argument<S: Sink>(value: &impl Wire, out: &mut S) {
    out.octet(b' ');
    value.write(out);
}

fn optional<S: Sink>(value: Option<impl Wire>, out: &mut S) {
    if let Some(value) = value {
        argument(&value, out);
    }
}

fn last<S: Sink>(last: bool, out: &mut S) {
    if last {
        out.put(b" LAST");
    }
}

display_is_wire!(Command<'_>);

pub(crate) use grammar::string;
#[cfg(feature = "alloc")]
pub(crate) use grammar::{XCLIENT, XFORWARD, attribute};
