//! Comparison of two commands by their meaning, however each is written. `Client::send` uses it to check a command
//! before it goes out.

use super::{
    Attributes, Auth, Bdat, Burl, Command, Domains, Etrn, EtrnOption, Lookup, Mail, Rcpt, Text, Unknown, string,
};
use crate::syntax::scan::line;
use crate::syntax::{Domain, Grammar, Host, LocalPart, Xtext};

impl Command<'_> {
    /// Returns `true` if both commands ask a server for the same. The client sends a command if its written form parses
    /// back as equivalent, so a command that was parsed leniently can be sent in its strict form.
    ///
    /// - Hosts, paths, parameters and attributes are compared by their own `equivalent`.
    /// - VRFY and EXPN are equal if their texts are equivalent by [`Text::equivalent`] and they allow the same reply.
    /// - HELP is equal if the strict forms of the texts are equal: characters that a String cannot contain are written
    ///   as `?` and are not compared (by [RFC 5321 section
    ///   4.1.1.8](https://www.rfc-editor.org/rfc/rfc5321#section-4.1.1.8) the text names a topic).
    /// - NOOP is always equal: servers SHOULD ignore its text (RFC 5321 section 4.1.1.9).
    /// - The verb of a command that is not implemented is compared without case, its argument with case.
    ///
    /// ```
    /// use smtp_core::syntax::{Command, Grammar};
    ///
    /// let typed = Command::parse(b"vrfy joe@example.com", Grammar::LENIENT)?;
    /// let strict = Command::parse(b"VRFY \"joe@example.com\"", Grammar::STRICT)?;
    /// assert_ne!(typed, strict);
    /// assert!(typed.equivalent(&strict));
    /// assert!(!typed.equivalent(&Command::parse(b"EXPN \"joe@example.com\"", Grammar::STRICT)?));
    /// # Ok::<(), smtp_core::syntax::SyntaxError>(())
    /// ```
    #[must_use]
    pub fn equivalent(&self, other: &Command<'_>) -> bool {
        matches!((self, other), (Self::Noop(_), Command::Noop(_))) || means_the_same(self, other)
    }
}

macro_rules! means_the_same {
    (
        commands { $($(#[$form:meta])* $name:ident $(($argument:ty))? $text:literal $reference:literal $($extension:ident)?;)* }
        obsolete { $($old:tt)* }
    ) => {
        fn means_the_same<'a>(one: &Command<'a>, two: &Command<'a>) -> bool {
            match (one, two) {
                $(
                    (
                        Command::$name $((argument!(one, $argument)))?,
                        Command::$name $((argument!(two, $argument)))?,
                    ) => true $(&& <$argument as Argument>::means(argument!(one, $argument), two))?,
                )*
                (Command::Obsolete(one), Command::Obsolete(two)) | (Command::Unknown(one), Command::Unknown(two)) => {
                    one.equivalent(*two)
                }
                _ => false,
            }
        }
    };
}

with_verbs!(means_the_same);

/// The argument of a command. By default it is compared with `==`.
trait Argument: PartialEq + Sized {
    fn means(&self, other: &Self) -> bool {
        self == other
    }
}

impl Argument for Bdat {}
impl Argument for Burl<'_> {}
impl Argument for Auth<'_> {}

impl Argument for Host<'_> {
    fn means(&self, other: &Self) -> bool {
        self.equivalent(*other)
    }
}

impl Argument for Mail<'_> {
    fn means(&self, other: &Self) -> bool {
        self.reverse_path.equivalent(other.reverse_path) && self.parameters.equivalent(other.parameters)
    }
}

impl Argument for Rcpt<'_> {
    fn means(&self, other: &Self) -> bool {
        self.forward_path.equivalent(other.forward_path) && self.parameters.equivalent(other.parameters)
    }
}

impl Argument for Lookup<'_> {
    fn means(&self, other: &Self) -> bool {
        self.smtputf8 == other.smtputf8 && self.text.equivalent(other.text)
    }
}

/// The argument of HELP.
impl Argument for Option<Text<'_>> {
    fn means(&self, other: &Self) -> bool {
        match (self, other) {
            (Some(one), Some(two)) => one.written_content().eq(two.written_content()),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        }
    }
}

impl Argument for Etrn<'_> {
    /// Compares a domain without case, the name of a queue with case.
    fn means(&self, other: &Self) -> bool {
        self.option == other.option
            && match self.option {
                EtrnOption::Host | EtrnOption::Subdomains => Domain(self.node.0).equivalent(Domain(other.node.0)),
                EtrnOption::Queue => self.node == other.node,
            }
    }
}

impl Argument for Domains<'_> {
    fn means(&self, other: &Self) -> bool {
        Domain(self.0).equivalent(Domain(other.0))
    }
}

impl Argument for Attributes<'_> {
    fn means(&self, other: &Self) -> bool {
        self.equivalent(*other)
    }
}

impl<'a> Text<'a> {
    /// Returns the octets that the argument of VRFY, EXPN, HELP or NOOP means: those of a quoted-string without quotes
    /// and escapes ([RFC 5321 section 4.1.2](https://www.rfc-editor.org/rfc/rfc5321#section-4.1.2)), those of any other
    /// text unchanged.
    ///
    /// ```
    /// use smtp_core::syntax::{Command, Grammar, Text};
    ///
    /// assert!(Text::new(r#""joe\ smith""#)?.content().eq(*b"joe smith"));
    /// let command = Command::parse(b"VRFY joe smith", Grammar::LENIENT)?;
    /// let Command::Vrfy(lookup) = command else { unreachable!() };
    /// assert!(lookup.text.content().eq(*b"joe smith"));
    /// # Ok::<(), smtp_core::syntax::SyntaxError>(())
    /// ```
    pub fn content(self) -> impl Iterator<Item = u8> + Clone + use<'a> {
        let (quoted, plain) = self.quoted_or_plain();
        quoted.content().chain(plain.iter().copied())
    }

    /// Returns `true` if both mean the same as the argument of VRFY or EXPN. Quoting does not matter, case does.
    #[must_use]
    pub fn equivalent(self, other: Text<'_>) -> bool {
        self.content().eq(other.content())
    }

    /// Returns the content of the String that is written, with "?" for each control character and each sequence that is
    /// not UTF-8.
    fn written_content(self) -> impl Iterator<Item = u8> + use<'a> {
        let (quoted, plain) = self.quoted_or_plain();
        let clean = |octet: u8| if octet.is_ascii_control() { b'?' } else { octet };
        let plain = plain.utf8_chunks().flat_map(move |chunk| {
            let unreadable = (!chunk.invalid().is_empty()).then_some(b'?');
            chunk.valid().bytes().map(clean).chain(unreadable)
        });
        quoted.content().chain(plain)
    }

    /// Returns the text as a quoted-string or as plain octets. The other of the two is empty.
    fn quoted_or_plain(self) -> (LocalPart<'a>, &'a [u8]) {
        let quoted = self.0.first() == Some(&b'"') && line(self.0, |i| string(i, Grammar::SMTPUTF8)).is_ok();
        if quoted { (LocalPart(self.0), &[]) } else { (LocalPart(&[]), self.0) }
    }
}

impl Unknown<'_> {
    fn equivalent(self, other: Unknown<'_>) -> bool {
        self.verb.0.eq_ignore_ascii_case(other.verb.0) && self.argument == other.argument
    }
}

impl Attributes<'_> {
    /// Returns `true` if both set the same attributes in the same order. Names are compared without case, and values by
    /// the octets that the xtext encodes.
    #[must_use]
    pub fn equivalent(self, other: Attributes<'_>) -> bool {
        let mut others = other.iter();
        let alike = |(name, value): (Text<'_>, Xtext<'_>)| {
            let same = |(other, of_other): (Text<'_>, Xtext<'_>)| {
                name.0.eq_ignore_ascii_case(other.0) && value.equivalent(of_other)
            };
            others.next().is_some_and(same)
        };
        self.iter().all(alike) && others.next().is_none()
    }
}
