//! Generates commands, one line each.

use super::Source;
use smtp_core::syntax::{Grammar, Mechanism, Verb};

const TEXTS: &[&str] = &["joe", "a", "\"joe smith\"", "\"\\\"\"", "x+y"];
const BASE64: &[&str] = &["AGpvZQBzZWNyZXQ=", "AAAA", "AA==", "="];

impl Source<'_> {
    /// Generates a command with its CRLF that is valid in the grammar. The verb is any that the crate knows, or an unknown
    /// one. Parameters are those that the grammar's extensions offer, or all of them.
    ///
    /// The result is one line. BDAT comes without the octets that it announces, up to 18446744073709551615 of them: a server
    /// takes the next octets for these, whatever they are. The same holds for DATA and AUTH where the server has accepted
    /// them. [`smtp_client`](Self::smtp_client) sends what belongs to a command along with it.
    pub fn command(&mut self, grammar: Grammar) -> Vec<u8> {
        // The simplest verbs come first.
        let verb = if self.below(16) == 15 { None } else { self.choose(Verb::ALL) };
        self.command_of(verb.unwrap_or(Verb::Unknown), grammar)
    }

    /// Generates a command with this verb, as [`command`](Self::command) does. BDAT comes without its octets.
    pub fn command_of(&mut self, verb: Verb, grammar: Grammar) -> Vec<u8> {
        let argument = match verb {
            Verb::Helo => format!(" {}", self.domain(Grammar::STRICT)),
            Verb::Ehlo | Verb::Lhlo => format!(" {}", self.host(Grammar::STRICT)),
            Verb::Mail => format!(" FROM:{}{}", self.path(true, grammar), self.parameters(true, grammar, u64::MAX)),
            Verb::Rcpt => format!(" TO:{}{}", self.path(false, grammar), self.parameters(false, grammar, u64::MAX)),
            Verb::Data | Verb::Rset | Verb::Quit | Verb::StartTls => String::new(),
            Verb::Bdat => {
                format!(
                    " {}{}",
                    self.pick(&["0", "1", "1000", "18446744073709551615"]),
                    self.pick(&["", " LAST", " last"])
                )
            }
            Verb::Burl => format!(" {}{}", self.pick(&["imap://a.example/b;uid=1", "a:"]), self.pick(&["", " LAST"])),
            Verb::Vrfy | Verb::Expn => format!(" {}", self.pick(TEXTS)),
            Verb::Help | Verb::Noop if self.yes() => format!(" {}", self.pick(TEXTS)),
            Verb::Help | Verb::Noop => String::new(),
            Verb::Auth => {
                let mechanism = self.choose(Mechanism::COMMON).unwrap_or(Mechanism::PLAIN);
                if self.yes() { format!(" {mechanism} {}", self.pick(BASE64)) } else { format!(" {mechanism}") }
            }
            Verb::Etrn => format!(" {}{}", self.pick(&["", "@"]), self.qualified_domain()),
            Verb::Atrn if self.yes() => format!(" {},{}", self.qualified_domain(), self.qualified_domain()),
            Verb::Atrn => String::new(),
            Verb::Xclient => self.pick(&[" NAME=a.example ADDR=192.0.2.1", " LOGIN=joe", " NAME=[UNAVAILABLE]"]).into(),
            Verb::Xforward => self.pick(&[" NAME=a.example SOURCE=REMOTE", " IDENT=a+2Bb", " HELO=x"]).into(),
            Verb::Send | Verb::Soml | Verb::Saml => format!(" FROM:{}", self.path(true, Grammar::STRICT)),
            Verb::Turn => String::new(),
            Verb::Unknown => self.pick(&["XYZZY", "X-1 any text", "Q_"]).into(),
            // The test `every_verb_with_and_without_its_optional_parts` shows a verb that is missing here.
            _ => String::new(),
        };
        let mut verb = String::from(verb.as_str());
        if self.below(8) == 7 {
            verb.make_ascii_lowercase();
        }
        format!("{verb}{argument}\r\n").into_bytes()
    }
}
