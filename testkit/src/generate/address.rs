//! Generates addresses. Used by the generators of commands and of the client's side.

use super::Source;
use smtp_core::syntax::Grammar;

const LABELS: &[&str] = &["example", "mx", "a", "x-y", "0", "xn--bcher-kva", "EXAMPLE"];
const WIDE_LABELS: &[&str] = &["example", "b\u{FC}cher", "\u{4F8B}"];
const ATOMS: &[&str] = &["joe", "ann", "lee", "a", "+", "x/y=z", "0", "!#$%&'*-?^_`{|}~", "JOE"];
const WIDE_ATOMS: &[&str] = &["joe", "j\u{FC}rgen", "\u{1F600}"];
const QUOTED: &[&str] = &["a", " ", ".", "@", "\\\"", "\\\\", "<", ">", ","];
const LITERALS: &[&str] =
    &["[192.0.2.1]", "[IPv6:2001:db8::1]", "[IPv6:::]", "[IPv6:::ffff:192.0.2.1]", "[IPv6:1:2:3:4:5:6:7:8]"];

impl Source<'_> {
    /// Generates a Mailbox that is valid in the grammar, beyond ASCII if the grammar has RFC 6531 (RFC 5321 section 4.1.2).
    pub fn mailbox(&mut self, grammar: Grammar) -> String {
        let mut text = self.local_part(grammar);
        text.push('@');
        text.push_str(&self.host(grammar));
        text
    }

    fn local_part(&mut self, grammar: Grammar) -> String {
        if self.below(4) == 3 {
            let parts = self.below(6);
            // The space makes the quotes necessary (RFC 5321 section 4.1.2).
            let mut text = String::from("\"a b");
            (0..=parts).for_each(|_| text.push_str(self.pick(QUOTED)));
            text.push('"');
            return text;
        }
        let words = if grammar.smtputf8 && self.yes() { WIDE_ATOMS } else { ATOMS };
        self.dotted(words)
    }

    /// Generates a Domain.
    pub(super) fn domain(&mut self, grammar: Grammar) -> String {
        let words = if grammar.smtputf8 && self.yes() { WIDE_LABELS } else { LABELS };
        self.dotted(words)
    }

    /// Generates a Domain of two labels or more.
    pub(super) fn qualified_domain(&mut self) -> String {
        let mut domain = self.domain(Grammar::STRICT);
        domain.push_str(".example");
        domain
    }

    /// Generates a Domain or an address-literal.
    pub(super) fn host(&mut self, grammar: Grammar) -> String {
        if self.below(4) == 3 { self.pick(LITERALS).into() } else { self.domain(grammar) }
    }

    /// Generates a Reverse-path or a Forward-path without the obsolete source route (RFC 5321 section 3.3).
    pub(super) fn path_in_use(&mut self, of_mail: bool, grammar: Grammar) -> String {
        match (self.below(8), of_mail) {
            (7, true) => "<>".into(),
            (7, false) => "<Postmaster>".into(),
            _ => format!("<{}>", self.mailbox(grammar)),
        }
    }

    /// Generates a Reverse-path or a Forward-path.
    pub(super) fn path(&mut self, of_mail: bool, grammar: Grammar) -> String {
        if self.below(8) == 7 {
            return format!("<@{},@{}:{}>", self.domain(grammar), self.domain(grammar), self.mailbox(grammar));
        }
        self.path_in_use(of_mail, grammar)
    }

    fn dotted(&mut self, words: &[&'static str]) -> String {
        let mut text = String::from(self.pick(words));
        for _ in 0..self.below(3) {
            text.push('.');
            text.push_str(self.pick(words));
        }
        text
    }
}
