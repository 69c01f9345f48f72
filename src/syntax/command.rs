//! Commands: one line from client to server (RFC 5321 section 4.1.1 and the extensions). This file has the table of
//! verbs and the values that are made from it. The productions are in `command/grammar.rs`, and how a command is written
//! is in `command/write.rs`. Whether a command is in sequence is up to the session.

use super::links::links;
use super::output::{NoRoom, Output, line_to};
use super::wire::{Sink, Wire};
use super::{Dialect, Expected, Extension, Host, Part, SyntaxError, scan};
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
        ///
        /// ```
        /// use smtp_core::syntax::{Command, Verb};
        ///
        /// assert_eq!(Command::Data.verb(), Verb::Data);
        /// assert_eq!("rcpt".parse::<Verb>()?, Verb::Rcpt);
        /// assert_eq!(Verb::Rcpt.as_str(), "RCPT");
        /// # Ok::<(), smtp_core::syntax::SyntaxError>(())
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Verb {
            $(
                #[doc = concat!("`", $text, "` ([", $reference, "]).\n", links!())]
                $name,
            )*
            $(
                #[doc = concat!("`", $old_text, "` ([", $old_reference, "]).\n", links!())]
                $old,
            )*
            /// Any other verb.
            Unknown,
        }

        impl Verb {
            /// All verbs that the crate knows.
            pub const ALL: &'static [Self] = &[$(Self::$name,)* $(Self::$old),*];

            /// Returns the verb in upper case. Empty for [`Verb::Unknown`].
            #[inline]
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
            /// VRFY, EXPN and HELP are commands of [RFC 5321](https://www.rfc-editor.org/rfc/rfc5321) itself: a server
            /// may implement them without listing them (section 3.5.2).
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

            /// Returns the verb with this text, in any case ([RFC 5321 section
            /// 2.4](https://www.rfc-editor.org/rfc/rfc5321#section-2.4)).
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
        /// written with its parts as they are, even if they do not belong together: EHLO with a
        /// [`Domain`](super::Domain) of U-labels, a path over 256 octets, or an [`Unknown`] with a registered verb gives
        /// a line that is refused or is another command. `Client::send` parses each line before it sends it, and
        /// refuses such a command.
        ///
        /// # Credentials
        ///
        /// `Display` writes the line as it is sent on the wire, and therefore shows the credential in the initial
        /// response of AUTH. `Debug` does not show it, nor an [`Unknown`], which may be the password of a client
        /// that did not wait for the refusal of AUTH: use `Debug` for logs.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Command<'a> {
            $(
                $(#[$form])*
                $name $(($argument))?,
            )*
            /// SEND, SOML, SAML or TURN: recognized, but never implemented ([RFC 5321 appendix
            /// F](https://www.rfc-editor.org/rfc/rfc5321#appendix-F)).
            Obsolete(Unknown<'a>),
            /// A verb that is not registered.
            Unknown(Unknown<'a>),
        }

        impl Command<'_> {
            /// Returns the verb.
            #[inline]
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

// Declared before the others, because rustdoc lists the constructors then first.
mod create;

mod arguments;
mod equivalent;
mod grammar;
mod lists;
mod parts;
#[cfg(feature = "alloc")]
mod relocate;
mod uri;
mod write;

pub use arguments::{Auth, Bdat, Burl, Etrn, EtrnOption, Lookup, Mail, Rcpt, Text, Unknown};
pub use lists::{Attributes, Domains};

impl Verb {
    /// Returns the verb at the start of a command line.
    pub(crate) fn of_line(line: &[u8], dialect: Dialect) -> Self {
        let line = dialect.after_white_space(line);
        match Self::at_start(line) {
            Some((verb, _)) => verb,
            None => Self::from_bytes(scan::span(line, scan::Class::TOKEN).0),
        }
    }

    /// Returns the verb that is the first word of a line, whatever octets that do not print come before it.
    #[cfg(feature = "alloc")]
    pub(crate) fn first_word(line: &[u8]) -> Self {
        let mut words = line.split(|octet| !octet.is_ascii_graphic()).filter(|word| !word.is_empty());
        words.next().map_or(Self::Unknown, |word| Self::from_bytes(scan::span(word, scan::Class::TOKEN).0))
    }
}

/// Returns `true` if a line may hold a credential: a peer that takes a bare CR or LF for the end of a line reads AUTH in
/// it.
#[cfg(feature = "alloc")]
#[cold]
pub(crate) fn holds_auth(line: &[u8]) -> bool {
    line.split(|octet| matches!(octet, b'\r' | b'\n')).any(|part| Verb::first_word(part) == Verb::Auth)
}

/// Returns the offset after `;URLAUTH=`, where the authorization token of a URL begins (RFC 4467 section 3). Whoever has
/// the token can fetch the message.
pub(crate) fn url_token(octets: &[u8]) -> Option<usize> {
    const MARK: &[u8] = b";URLAUTH=";
    let at = octets.windows(MARK.len()).position(|part| part.eq_ignore_ascii_case(MARK))?;
    at.checked_add(MARK.len())
}

impl core::fmt::Display for Verb {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl AsRef<str> for Verb {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl core::str::FromStr for Verb {
    type Err = SyntaxError;

    /// Returns the verb with this text, in any case. A verb that the crate does not know is an error;
    /// [`from_bytes`](Self::from_bytes) returns [`Verb::Unknown`] instead.
    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        match Self::from_bytes(text.as_bytes()) {
            Self::Unknown => Err(SyntaxError::new(Expected::Verb, Part::Verb, 0)),
            verb => Ok(verb),
        }
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

impl Command<'_> {
    /// Appends the line with its CRLF.
    pub fn encode(&self, out: &mut impl Output) {
        self.write(out);
        out.put(b"\r\n");
    }

    /// Writes the line with its CRLF to the front of `out`, which becomes the rest of the slice. Needs no allocation.
    ///
    /// ```
    /// use smtp_core::syntax::{Command, Mailbox, Parameters};
    ///
    /// let mut buffer = [0; 64];
    /// let mut rest = &mut buffer[..];
    /// Command::mail(Mailbox::new("joe@example.com")?, Parameters::NONE).encode_to(&mut rest)?;
    /// Command::Data.encode_to(&mut rest)?;
    /// let length = 64 - rest.len();
    /// assert_eq!(&buffer[..length], b"MAIL FROM:<joe@example.com>\r\nDATA\r\n");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Returns [`NoRoom`] if the slice is too short. Nothing is written then.
    pub fn encode_to(&self, out: &mut &mut [u8]) -> Result<(), NoRoom> {
        line_to(self, out)
    }
}

pub(crate) use grammar::string;
#[cfg(feature = "alloc")]
pub(crate) use grammar::{XCLIENT, XFORWARD, attribute};
