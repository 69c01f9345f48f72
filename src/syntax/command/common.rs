//! The commands that most lines are, in the form that most have. What they are made of is put together once, where the command
//! is wanted; the grammar passes its results on from production to production, and they are copied each time.
//!
//! To whatever else `None` is said, and the grammar has the last word. What is taken is what the grammar takes: see
//! [`Command::parse`], where it is asked too if there are debug assertions.

use super::grammar::{auth, bdat, parameters};
use super::{Command, Mail, Rcpt, Verb};
use crate::fast::keyword;
use crate::syntax::address::{common_domain, common_path};
use crate::syntax::lexical::Parse;
use crate::syntax::{Domain, ForwardPath, Grammar, Host, ReversePath};

/// The command of a line without its CRLF.
#[inline(always)]
pub(super) fn command(line: &[u8], grammar: Grammar) -> Option<Command<'_>> {
    let (verb, rest) = Verb::at_start(line)?;
    let wide = grammar.with_offered_smtputf8();
    match verb {
        Verb::Mail => {
            let i = behind_word(rest, " FROM:", grammar)?;
            let (reverse_path, rest) = match i {
                [b'<', b'>', rest @ ..] => (ReversePath::Null, rest),
                _ => common_path(line, i).map(|(path, rest)| (ReversePath::Path(path), rest))?,
            };
            Some(Command::Mail(Mail { reverse_path, parameters: all(parameters(rest, wide, true))? }))
        }
        Verb::Rcpt => {
            let (path, rest) = common_path(line, behind_word(rest, " TO:", grammar)?)?;
            let parameters = all(parameters(rest, wide, false))?;
            Some(Command::Rcpt(Rcpt { forward_path: ForwardPath::Path(path), parameters }))
        }
        Verb::Ehlo => Some(Command::Ehlo(host(line, rest)?)),
        Verb::Helo => Some(Command::Helo(host(line, rest)?)),
        Verb::Lhlo => Some(Command::Lhlo(host(line, rest)?)),
        Verb::Bdat => Some(Command::Bdat(all(bdat(rest))?)),
        Verb::Auth => Some(Command::Auth(all(auth(rest))?)),
        Verb::Data if rest.is_empty() => Some(Command::Data),
        Verb::Rset if rest.is_empty() => Some(Command::Rset),
        Verb::Quit if rest.is_empty() => Some(Command::Quit),
        Verb::Noop if rest.is_empty() => Some(Command::Noop(None)),
        _ => None,
    }
}

/// What stands behind a space and a word of at most seven octets in all, and behind a space where the dialect has one there.
#[inline(always)]
fn behind_word<'a>(i: &'a [u8], word: &str, grammar: Grammar) -> Option<&'a [u8]> {
    let alike = keyword::head(keyword::eight(i, 0)?, word.len()) == keyword::key(word);
    match i.get(word.len()..)? {
        [b' ', rest @ ..] if alike && grammar.dialect.space_after_colon => Some(rest),
        rest => alike.then_some(rest),
    }
}

/// A domain behind a space, to the end of the line.
#[inline(always)]
fn host<'a>(line: &'a [u8], i: &[u8]) -> Option<Host<'a>> {
    match common_domain(line, line.len().checked_sub(i.strip_prefix(b" ")?.len())?)? {
        (name, []) => Some(Host::Domain(Domain(name))),
        _ => None,
    }
}

/// What goes to the end of the line.
#[inline(always)]
fn all<T>(result: Parse<'_, T>) -> Option<T> {
    match result {
        Ok(([], value)) => Some(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::{Dialect, Extensions};

    /// The common forms are taken, not left to the grammar; and what is taken is what the grammar says. That it is for any other
    /// line too is asserted in [`Command::parse`].
    #[test]
    fn what_is_common_is_taken() {
        let grammar = Grammar::STRICT.with_extensions(Extensions::ALL);
        for (line, taken) in [
            ("MAIL FROM:<>", true),
            ("mail from:<joe@client.example>", true),
            ("MAIL FROM:<joe@client.example> SIZE=1000 BODY=8BITMIME", true),
            ("MAIL FROM:<\"joe\"@client.example>", false),
            ("MAIL FROM:<@a.example:joe@client.example>", false),
            ("MAIL FROM:<joe@client.example> SIZE=x", false),
            ("MAIL FROM: <joe@client.example>", false),
            ("RCPT TO:<ann@mx.example>", true),
            ("RCPT TO:<ann@mx.example> NOTIFY=NEVER", true),
            ("RCPT TO:<ann@[192.0.2.1]>", false),
            ("RCPT TO:<Postmaster>", false),
            ("RCPT FROM:<ann@mx.example>", false),
            ("EHLO client.example", true),
            ("EHLO client.example here I am", false),
            ("EHLO [192.0.2.1]", false),
            ("HELO client.example", true),
            ("LHLO client.example", true),
            ("AUTH PLAIN AGpvZQBzZWNyZXQ=", true),
            ("AUTH PLAIN AGpvZQBzZWNyZXQ= x", false),
            ("BDAT 1000", true),
            ("BDAT 1000 LAST", true),
            ("BDAT 1000 LAST ", false),
            ("DATA", true),
            ("RSET", true),
            ("quit", true),
            ("NOOP", true),
            ("DATA x", false),
            ("RSET ", false),
            ("QUIT ", false),
            ("NOOP x", false),
            ("DATAX", false),
            ("VRFY joe", false),
        ] {
            let found = command(line.as_bytes(), grammar);
            assert_eq!(found.is_some(), taken, "{line}");
            assert!(found.is_none_or(|found| Command::parse_any(line.as_bytes(), grammar) == Ok(found)), "{line}");
            let lenient = Grammar { dialect: Dialect::LENIENT, ..grammar };
            assert_eq!(command(line.as_bytes(), lenient).is_some(), taken || line.contains(": <"), "{line}");
        }
    }
}
