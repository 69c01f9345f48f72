//! Constructors of the arguments of commands from a text of the caller. Each checks the text with the production that
//! parses it.

use super::grammar::{any_text, domains, node_name, text, unknown};
use super::uri::absolute_uri;
use super::{Burl, Domains, Etrn, EtrnOption, Lookup, Text, Unknown, Verb};
use crate::syntax::scan::{fail, line, within};
use crate::syntax::{Dialect, Expected, Grammar, Part, SyntaxError};

impl<'a> Text<'a> {
    /// Creates a String, `String = Atom / Quoted-string` ([RFC 5321 section
    /// 4.1.2](https://www.rfc-editor.org/rfc/rfc5321#section-4.1.2)), quotes included: the argument of NOOP and HELP.
    /// Letters beyond ASCII are allowed ([RFC 6531 section 3.3](https://www.rfc-editor.org/rfc/rfc6531#section-3.3)).
    ///
    /// ```
    /// use smtp_core::syntax::{Command, Text};
    ///
    /// let noop = Command::Noop(Some(Text::new(r#""still here""#)?));
    /// assert_eq!(noop.to_string(), r#"NOOP "still here""#);
    /// assert!(Text::new("still here").is_err());
    /// assert!(Text::new("x\r\nQUIT").is_err());
    /// # Ok::<(), smtp_core::syntax::SyntaxError>(())
    /// ```
    ///
    /// # Errors
    /// Returns [`SyntaxError`] if the text is not a String.
    pub fn new(text: &'a str) -> Result<Self, SyntaxError> {
        Self::parse(text.as_bytes(), Grammar::SMTPUTF8)
    }

    /// Parses a String that a peer sent. With [`text_arguments`](crate::syntax::Dialect::text_arguments), any text
    /// without NUL, CR and LF is accepted.
    ///
    /// # Errors
    /// Returns [`SyntaxError`] if the octets are not such a text, or are empty.
    pub fn parse(octets: &'a [u8], grammar: Grammar) -> Result<Self, SyntaxError> {
        line(octets, |i| text(i, grammar))
    }
}

impl<'a> Lookup<'a> {
    /// Creates the argument of VRFY or EXPN: a String (see [`Text::new`]).
    ///
    /// ```
    /// use smtp_core::syntax::{Command, Lookup};
    ///
    /// let verify = Command::Vrfy(Lookup::new("joe")?);
    /// assert_eq!(verify.to_string(), "VRFY joe");
    /// let verify = Command::Vrfy(Lookup::new_smtputf8(r#""joe@example.com""#)?);
    /// assert_eq!(verify.to_string(), r#"VRFY "joe@example.com" SMTPUTF8"#);
    /// assert!(Lookup::new("joe@example.com").is_err());
    /// # Ok::<(), smtp_core::syntax::SyntaxError>(())
    /// ```
    ///
    /// # Errors
    /// Returns [`SyntaxError`] if the text is not a String.
    pub fn new(text: &'a str) -> Result<Self, SyntaxError> {
        Ok(Self { text: Text::new(text)?, smtputf8: false })
    }

    /// Creates the argument with SMTPUTF8: the reply may be in UTF-8 ([RFC 6531 section
    /// 3.7.4.2](https://www.rfc-editor.org/rfc/rfc6531#section-3.7.4.2)).
    ///
    /// # Errors
    /// Returns [`SyntaxError`] if the text is not a String.
    pub fn new_smtputf8(text: &'a str) -> Result<Self, SyntaxError> {
        Ok(Self { text: Text::new(text)?, smtputf8: true })
    }
}

impl<'a> Burl<'a> {
    /// Creates the arguments of BURL: an absolute URI ([RFC 3986 section
    /// 4.3](https://www.rfc-editor.org/rfc/rfc3986#section-4.3)) of a piece of the message that is not the last.
    ///
    /// ```
    /// use smtp_core::syntax::{Burl, Command};
    ///
    /// let burl = Command::Burl(Burl::new("imap://imap.example/Drafts/;UID=20")?);
    /// assert_eq!(burl.to_string(), "BURL imap://imap.example/Drafts/;UID=20");
    /// let burl = Command::Burl(Burl::new_last("imap://imap.example/Drafts/;UID=20")?);
    /// assert_eq!(burl.to_string(), "BURL imap://imap.example/Drafts/;UID=20 LAST");
    /// assert!(Burl::new("imap://imap.example/ LAST").is_err());
    /// # Ok::<(), smtp_core::syntax::SyntaxError>(())
    /// ```
    ///
    /// # Errors
    /// Returns [`SyntaxError`] if the text is not an absolute URI.
    pub fn new(url: &'a str) -> Result<Self, SyntaxError> {
        Ok(Self { url: line(url.as_bytes(), absolute_uri)?, last: false })
    }

    /// Creates the arguments of BURL for the last piece of the message.
    ///
    /// # Errors
    /// Returns [`SyntaxError`] if the text is not an absolute URI.
    pub fn new_last(url: &'a str) -> Result<Self, SyntaxError> {
        Ok(Self { last: true, ..Self::new(url)? })
    }
}

impl<'a> Etrn<'a> {
    /// Creates the arguments of ETRN: the node whose queue the server should run. It is a domain of at least two
    /// labels, or with [`EtrnOption::Queue`] the name of a queue.
    ///
    /// ```
    /// use smtp_core::syntax::{Command, Etrn, EtrnOption};
    ///
    /// let turn = Command::Etrn(Etrn::new(EtrnOption::Subdomains, "example.com")?);
    /// assert_eq!(turn.to_string(), "ETRN @example.com");
    /// assert!(Etrn::new(EtrnOption::Host, "@example.com").is_err());
    /// # Ok::<(), smtp_core::syntax::SyntaxError>(())
    /// ```
    ///
    /// # Errors
    /// Returns [`SyntaxError`] if the text is not such a name.
    pub fn new(option: EtrnOption, node: &'a str) -> Result<Self, SyntaxError> {
        Ok(Self { option, node: line(node.as_bytes(), |i| node_name(i, option))? })
    }
}

impl<'a> Domains<'a> {
    /// Creates the argument of ATRN: domains of at least two labels each, separated by commas. An empty text means the
    /// default domains.
    ///
    /// ```
    /// use smtp_core::syntax::{Command, Domains};
    ///
    /// let turn = Command::Atrn(Domains::new("example.com,example.org")?);
    /// assert_eq!(turn.to_string(), "ATRN example.com,example.org");
    /// assert!(Domains::new("example.com, example.org").is_err());
    /// # Ok::<(), smtp_core::syntax::SyntaxError>(())
    /// ```
    ///
    /// # Errors
    /// Returns [`SyntaxError`] if the text is not a list of such domains.
    pub fn new(text: &'a str) -> Result<Self, SyntaxError> {
        if text.is_empty() { Ok(Self::default()) } else { line(text.as_bytes(), domains) }
    }
}

impl<'a> Unknown<'a> {
    /// Creates a command with a verb that the crate does not know, and an optional argument.
    ///
    /// ```
    /// use smtp_core::syntax::{Command, Unknown};
    ///
    /// let private = Command::Unknown(Unknown::new("XCHECK", Some("now please"))?);
    /// assert_eq!(private.to_string(), "XCHECK now please");
    /// assert!(Unknown::new("DATA", None).is_err());
    /// assert!(Unknown::new("XCHECK", Some("now\r\nDATA")).is_err());
    /// # Ok::<(), smtp_core::syntax::SyntaxError>(())
    /// ```
    ///
    /// # Errors
    /// Returns [`SyntaxError`] if the text is not a verb, if the verb is one of [`Verb::ALL`], or if the argument
    /// contains NUL, CR or LF.
    pub fn new(verb: &'a str, argument: Option<&'a str>) -> Result<Self, SyntaxError> {
        let Self { verb, .. } = line(verb.as_bytes(), |i| {
            if Verb::from_bytes(i) == Verb::Unknown && !i.contains(&b' ') {
                unknown(i, Dialect::STRICT)
            } else {
                within(Part::Verb, fail(i, Expected::Verb))
            }
        })?;
        let argument = match argument {
            Some("") => Some(Text(&[])),
            Some(text) => Some(Text(line(text.as_bytes(), any_text)?)),
            None => None,
        };
        Ok(Self { verb, argument })
    }
}
