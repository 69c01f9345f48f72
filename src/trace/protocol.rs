//! The protocol, link and ID of a `Received` field: how the message came, and its name at the server.

use super::grammar::{atom, foldable};
use crate::syntax::convert::{as_text, from_text};
use crate::syntax::scan::{Class, Parse, Production, any, expected, line, mark, recognized, separated, some};
use crate::syntax::wire::token;
use crate::syntax::{Expected, Grammar, SyntaxError};
use nom::Parser;
use nom::branch::alt;

macro_rules! protocols {
    ($($name:ident $keyword:literal $lmtp:literal $esmtp:literal $utf8:literal $tls:literal $auth:literal $rfc:literal;)*) => {
        /// A registered protocol of the WITH clause (IANA registry "WITH protocol types").
        ///
        /// | keyword | LMTP | extensions | SMTPUTF8 | TLS | AUTH | defined in |
        /// |---|---|---|---|---|---|---|
        $(#[doc = concat!(
            "| ", $keyword, " | ", $lmtp, " | ", $esmtp, " | ", $utf8, " | ", $tls, " | ", $auth,
            " | [RFC ", $rfc, "](https://www.rfc-editor.org/rfc/rfc", $rfc, ") |",
        )])*
        ///
        /// ```
        /// use smtp_core::trace::WithProtocol;
        ///
        /// assert_eq!(WithProtocol::EsmtpS.keyword(), "ESMTPS");
        /// assert_eq!(WithProtocol::EsmtpS.reference(), "RFC 3848");
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum WithProtocol {
            $(
                #[doc = concat!("`", $keyword, "` ([RFC ", $rfc, "](https://www.rfc-editor.org/rfc/rfc", $rfc, ")).")]
                $name,
            )*
        }

        impl WithProtocol {
            /// All registered protocols.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Returns the keyword, in upper case.
            #[must_use]
            pub const fn keyword(self) -> &'static str {
                match self {
                    $(Self::$name => $keyword,)*
                }
            }

            /// Returns the name of the document that defines it.
            #[must_use]
            pub const fn reference(self) -> &'static str {
                match self {
                    $(Self::$name => concat!("RFC ", $rfc),)*
                }
            }

            /// Returns whether it has LMTP, extensions (EHLO or LHLO), SMTPUTF8, TLS and AUTH.
            const fn facts(self) -> [bool; 5] {
                match self {
                    $(Self::$name => [$lmtp, $esmtp, $utf8, $tls, $auth],)*
                }
            }
        }
    };
}

protocols! {
    Smtp       "SMTP"       false false false false false 5321;
    Esmtp      "ESMTP"      false true  false false false 5321;
    EsmtpA     "ESMTPA"     false true  false false true  3848;
    EsmtpS     "ESMTPS"     false true  false true  false 3848;
    EsmtpSa    "ESMTPSA"    false true  false true  true  3848;
    Lmtp       "LMTP"       true  true  false false false 3848;
    LmtpA      "LMTPA"      true  true  false false true  3848;
    LmtpS      "LMTPS"      true  true  false true  false 3848;
    LmtpSa     "LMTPSA"     true  true  false true  true  3848;
    Mms        "MMS"        false false false false false 4356;
    Utf8Smtp   "UTF8SMTP"   false true  true  false false 6531;
    Utf8SmtpA  "UTF8SMTPA"  false true  true  false true  6531;
    Utf8SmtpS  "UTF8SMTPS"  false true  true  true  false 6531;
    Utf8SmtpSa "UTF8SMTPSA" false true  true  true  true  6531;
    Utf8Lmtp   "UTF8LMTP"   true  true  true  false false 6531;
    Utf8LmtpA  "UTF8LMTPA"  true  true  true  false true  6531;
    Utf8LmtpS  "UTF8LMTPS"  true  true  true  true  false 6531;
    Utf8LmtpSa "UTF8LMTPSA" true  true  true  true  true  6531;
}

impl WithProtocol {
    /// Returns the same protocol with TLS. SMTP without extensions and MMS have no such keyword and stay as they are.
    ///
    /// ```
    /// use smtp_core::trace::WithProtocol;
    ///
    /// assert_eq!(WithProtocol::Esmtp.with_tls().with_auth(), WithProtocol::EsmtpSa);
    /// assert_eq!(WithProtocol::Lmtp.with_smtputf8().keyword(), "UTF8LMTP");
    /// assert_eq!(WithProtocol::Smtp.with_tls(), WithProtocol::Smtp);
    /// ```
    #[must_use]
    pub fn with_tls(self) -> Self {
        let [lmtp, esmtp, utf8, _, auth] = self.facts();
        self.other([lmtp, esmtp, utf8, true, auth])
    }

    /// Returns the same protocol with authentication. See [`with_tls`](Self::with_tls).
    #[must_use]
    pub fn with_auth(self) -> Self {
        let [lmtp, esmtp, utf8, tls, _] = self.facts();
        self.other([lmtp, esmtp, utf8, tls, true])
    }

    /// Returns the same protocol with SMTPUTF8. See [`with_tls`](Self::with_tls).
    #[must_use]
    pub fn with_smtputf8(self) -> Self {
        let [lmtp, esmtp, _, tls, auth] = self.facts();
        self.other([lmtp, esmtp, true, tls, auth])
    }

    /// Returns the protocol with these facts, or this one if none has them.
    fn other(self, facts: [bool; 5]) -> Self {
        Self::ALL.iter().copied().find(|protocol| protocol.facts() == facts).unwrap_or(self)
    }

    /// Returns the protocol with this keyword, in any case.
    #[must_use]
    pub fn from_keyword(keyword: &[u8]) -> Option<Self> {
        Self::ALL.iter().copied().find(|protocol| keyword.eq_ignore_ascii_case(protocol.keyword().as_bytes()))
    }

    /// Returns `true` for the protocols of LMTP.
    #[must_use]
    pub const fn is_lmtp(self) -> bool {
        matches!(self.facts(), [true, ..])
    }

    /// Returns `true` if the session was opened with EHLO or LHLO.
    #[must_use]
    pub const fn is_extended(self) -> bool {
        matches!(self.facts(), [_, true, ..])
    }

    /// Returns `true` if the transaction had SMTPUTF8.
    #[must_use]
    pub const fn is_smtputf8(self) -> bool {
        matches!(self.facts(), [_, _, true, ..])
    }

    /// Returns `true` if the connection was encrypted with STARTTLS.
    #[must_use]
    pub const fn is_tls(self) -> bool {
        matches!(self.facts(), [_, _, _, true, _])
    }

    /// Returns `true` if the client had authenticated.
    #[must_use]
    pub const fn is_authenticated(self) -> bool {
        matches!(self.facts(), [.., true])
    }
}

/// The protocol of a WITH clause, an atom: one of [`WithProtocol`], or another ([RFC 5321 section
/// 4.4](https://www.rfc-editor.org/rfc/rfc5321#section-4.4)).
///
/// ```
/// use smtp_core::trace::{Protocol, WithProtocol};
///
/// assert_eq!(Protocol::from(WithProtocol::EsmtpS).as_str(), "ESMTPS");
/// assert_eq!(Protocol::new("esmtps")?.registered(), Some(WithProtocol::EsmtpS));
/// assert_eq!(Protocol::new("HTTP")?.registered(), None);
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Protocol<'a>(pub(super) &'a [u8]);

impl<'a> Protocol<'a> {
    /// Creates a protocol from its keyword. Servers SHOULD NOT use one that is not registered.
    ///
    /// # Errors
    /// Returns [`SyntaxError`] if the text is not an atom.
    pub fn new(text: &'a str) -> Result<Self, SyntaxError> {
        line(text.as_bytes(), |i| atom(i, Grammar::SMTPUTF8)).map(Self)
    }

    /// Returns the registered protocol with this keyword, if there is one.
    #[must_use]
    pub fn registered(self) -> Option<WithProtocol> {
        WithProtocol::from_keyword(self.0)
    }
}

impl From<WithProtocol> for Protocol<'_> {
    fn from(protocol: WithProtocol) -> Self {
        Self(protocol.keyword().as_bytes())
    }
}

/// The link of a VIA clause, an atom. TCP and UUCP are registered ([RFC 5321 section
/// 4.4](https://www.rfc-editor.org/rfc/rfc5321#section-4.4)).
///
/// ```
/// use smtp_core::trace::Link;
///
/// assert_eq!(Link::new("TCP")?, Link::TCP);
/// assert!(Link::new("serial line").is_err());
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Link<'a>(pub(super) &'a [u8]);

impl<'a> Link<'a> {
    /// TCP.
    pub const TCP: Link<'static> = Link(b"TCP");
    /// Unix-to-Unix Copy Program.
    pub const UUCP: Link<'static> = Link(b"UUCP");

    /// Creates a link from its keyword. Servers SHOULD NOT use one that is not registered.
    ///
    /// # Errors
    /// Returns [`SyntaxError`] if the text is not an atom.
    pub fn new(text: &'a str) -> Result<Self, SyntaxError> {
        line(text.as_bytes(), |i| atom(i, Grammar::SMTPUTF8)).map(Self)
    }
}

/// The ID clause: an atom, or a msg-id with its angle brackets ([RFC 5321 section
/// 4.4](https://www.rfc-editor.org/rfc/rfc5321#section-4.4), [RFC 5322 section
/// 3.6.4](https://www.rfc-editor.org/rfc/rfc5322#section-3.6.4)).
///
/// ```
/// use smtp_core::trace::TraceId;
///
/// assert!(!TraceId::new("4FzXkD3vWMz1")?.is_message_id());
/// assert!(TraceId::new("<42.7@mx.example>")?.is_message_id());
/// assert!(TraceId::new("42.7").is_err(), "an atom has no dot");
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId<'a>(&'a [u8]);

impl<'a> TraceId<'a> {
    /// Creates an identifier.
    ///
    /// # Errors
    /// Returns [`SyntaxError`] if the text is neither an atom nor a msg-id.
    pub fn new(text: &'a str) -> Result<Self, SyntaxError> {
        line(text.as_bytes(), |i| trace_id(i, Grammar::SMTPUTF8))
    }

    /// Returns `true` if it is a msg-id, with angle brackets.
    #[must_use]
    pub const fn is_message_id(self) -> bool {
        matches!(self.0, [b'<', ..])
    }
}

/// ```text
/// ( Atom / msg-id )
/// msg-id          = [CFWS] "<" id-left "@" id-right ">" [CFWS]
/// id-left         = dot-atom-text
/// id-right        = dot-atom-text / no-fold-literal
/// no-fold-literal = "[" *dtext "]"
/// ```
/// without the obs- forms. The white space around it belongs to the productions that use it.
pub(super) fn trace_id(i: &[u8], grammar: Grammar) -> Parse<'_, TraceId<'_>> {
    let dot_atom_text = || dot_atom_text(grammar);
    let no_fold_literal = recognized((mark(b'['), any(Class::DCONTENT), mark(b']')));
    let id_right = expected(Expected::Clause, alt((no_fold_literal, recognized(dot_atom_text()))));
    let at = expected(Expected::At, mark(b'@'));
    let begin = expected(Expected::Clause, mark(b'<'));
    let end = expected(Expected::Clause, mark(b'>'));
    let msg_id = recognized((begin, dot_atom_text(), at, id_right, end));
    foldable(alt((msg_id, |i| atom(i, grammar)))).map(TraceId).parse(i)
}

/// `dot-atom-text = 1*atext *("." 1*atext)` (RFC 5322 section 3.2.3)
fn dot_atom_text<'a>(grammar: Grammar) -> impl Production<'a, ()> {
    let atext = Class::ATEXT.extended(grammar.smtputf8);
    expected(Expected::Clause, separated(mark(b'.'), some(atext)))
}

token!(Protocol, Link, TraceId);
as_text!(Protocol, Link, TraceId);
from_text!(Protocol, Link, TraceId);
