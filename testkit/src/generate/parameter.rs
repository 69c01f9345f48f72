//! Generates the parameters of MAIL and RCPT.

use super::Source;
use smtp_core::syntax::{Body, Extensions, Grammar, ParameterName};

impl Source<'_> {
    /// Generates parameters that are offered, each after a space. SIZE declares at most `largest`.
    pub(super) fn parameters(&mut self, of_mail: bool, grammar: Grammar, largest: u64) -> String {
        use ParameterName as N;
        let offered = grammar.extensions.unwrap_or(Extensions::ALL);
        let mut text = String::new();
        let mut has = Has::default();
        for name in ParameterName::ALL.iter().copied().filter(|name| name.is_for_mail() == of_mail) {
            let compatible = match name {
                // RFC 3885 section 3.2, RFC 4865 section 3 and section 5.2.
                N::Mtrk => has.unique_envid,
                N::HoldUntil | N::By => !has.hold,
                _ => true,
            };
            if !name.is_offered(offered) || !compatible || self.below(6) != 5 {
                continue;
            }
            let value = self.value(name, offered, grammar, largest);
            match name {
                N::Envid => has.unique_envid = value.as_ref().is_some_and(|envid| envid.contains('@')),
                N::HoldFor | N::HoldUntil => has.hold = true,
                _ => {}
            }
            text.push(' ');
            text.push_str(name.keyword());
            if let Some(value) = value {
                text.push('=');
                text.push_str(&value);
            }
        }
        if grammar.extensions.is_none() && self.below(16) == 15 {
            text.push_str(self.pick(&[" X-TAG", " X-TAG=1", " XYZ=a,b;c"]));
        }
        text
    }

    fn value(&mut self, name: ParameterName, offered: Extensions, grammar: Grammar, largest: u64) -> Option<String> {
        use ParameterName as N;
        let words: &[&str] = match name {
            N::SmtpUtf8 | N::RequireTls | N::Conperm | N::Conneg => return None,
            N::Auth | N::Submitter => {
                let xtext = self.mailbox(Grammar::STRICT).replace('+', "+2B").replace('=', "+3D").replace(' ', "+20");
                return Some(if name == N::Auth && self.yes() { "<>".into() } else { xtext });
            }
            N::Orcpt => {
                let mailbox = self.mailbox(Grammar::STRICT).replace('+', "+2B").replace('=', "+3D").replace(' ', "+20");
                return Some(match self.below(3) {
                    0 => format!("rfc822;{mailbox}"),
                    1 => "utf-8;j\\x{FC}rgen@example".into(),
                    _ if grammar.smtputf8 => "utf-8;j\u{FC}rgen@example".into(),
                    _ => "x400;a+2Fb".into(),
                });
            }
            N::Body => {
                let mut bodies = vec!["7BIT"];
                let both = [(Body::EightBitMime, "8BITMIME"), (Body::BinaryMime, "BINARYMIME")];
                bodies.extend(both.iter().filter_map(|(body, word)| {
                    body.offered_by().is_some_and(|offer| offered.contains(offer)).then_some(*word)
                }));
                return Some(self.pick(&bodies).into());
            }
            N::Size => {
                let size = self.pick(&[4096, 65536, 12_345_678, u64::MAX]);
                return Some(size.min(largest).to_string());
            }
            N::Ret => &["FULL", "HDRS", "full"],
            N::Envid => &["QQ314159", "1@a.example", "a+2Bb", "+20"],
            N::MtPriority => &["0", "-9", "9", "3"],
            N::HoldFor => &["1", "86400", "999999999"],
            N::HoldUntil => &["2026-01-01T00:00:00Z", "2099-12-31T23:59:59Z"],
            N::By => &["60;R", "+120;RT", "-5;N", "0;NT"],
            N::Mtrk => &["QUFB", "QUFB:60", "QQ"],
            N::Solicit => &["org.example:ADV:ADLT", "a,b-c.d_e"],
            N::TransId => &["<1@a.example>", "<a.b@c>"],
            N::Notify => &["NEVER", "SUCCESS", "FAILURE,DELAY", "success,failure,delay"],
            N::Rrvs => &["2014-04-03T23:01:00Z", "2014-04-03T23:01:00-08:00;C", "2014-04-03T23:01:00Z;R"],
            // The test `every_parameter_that_is_offered_and_no_other` shows a parameter that is missing here.
            _ => return None,
        };
        Some(self.pick(words).into())
    }
}

#[derive(Default)]
struct Has {
    unique_envid: bool,
    hold: bool,
}
