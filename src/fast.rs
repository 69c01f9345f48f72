//! Fast paths: what most lines are, in the form that most have, found faster than by the grammar.
//!
//! Used by the productions in [`syntax`](crate::syntax) and by the decoders in [`codec`](crate::codec). A loop over octets ends
//! at a place that the processor cannot predict, which costs more than the loop itself; the functions in here look at eight,
//! sixteen or more octets together.
//!
//! # Contract
//!
//! - A fast path returns an `Option`. **`None` means "ask the grammar"**, never that the octets are wrong.
//! - It is never the only place of a rule: the production of the grammar takes whatever the fast path takes, with the same
//!   result.
//! - It stands inside the production it shortens, and its name is that of the production: `fast::domain` in `domain`, which
//!   otherwise calls `any_domain`, the production by its ABNF. [`or_grammar`] joins the two, and where a result is
//!   better not copied, [`agrees`] compares them.
//! - Where there are debug assertions, both are asked and compared: in all tests, and in every fuzz target that parses
//!   (`cargo fuzz` builds with debug assertions).
//! - It does not look at an octet again that the grammar has refused, and the grammar does not ask it again about octets that
//!   it did not take.
//!
//! # What is here
//!
//! | module | looks at | for |
//! |---|---|---|
//! | `swar` | eight octets in a word, or sixteen in a vector of [`sse2`], as a set | base64, xtext, the text of replies |
//! | `keyword` | up to eight octets as one number | verbs, keywords of parameters and extensions, mechanisms |
//! | `mailbox` | sixteen octets | mailboxes and domains |
//! | `parameter` | the common parameters of MAIL and RCPT | the check against the offer |
//! | `reply` | a line of a reply, an enhanced code | replies |
//! | `content`, `blocks` | blocks of 64 octets | content of messages |
//!
//! `content` searches what has no grammar; its tests hold it to an octet-by-octet form.

pub(crate) mod blocks;
pub(crate) mod content;
pub(crate) mod keyword;
mod mailbox;
mod parameter;
mod reply;
#[cfg(all(feature = "simd", target_arch = "x86_64"))]
mod sse2;
pub(crate) mod swar;
#[cfg(test)]
pub(crate) mod work;

pub(crate) use mailbox::{domain, mailbox};
pub(crate) use parameter::{Common, parameter};
pub(crate) use reply::{enhanced_code, reply_line};

use crate::syntax::lexical::Parse;

/// What a fast path has found, the rest of the line and a value; or what the grammar says where it has found nothing. Debug builds
/// ask the grammar in either case.
#[inline(always)]
pub(crate) fn or_grammar<'a, T: PartialEq>(
    found: Option<(&'a [u8], T)>,
    grammar: impl FnOnce() -> Parse<'a, T>,
) -> Parse<'a, T> {
    match found {
        Some((rest, value)) => {
            debug_assert!(agrees(rest, &value, grammar), "a fast path takes what the grammar does not");
            Ok((rest, value))
        }
        None => grammar(),
    }
}

/// Does the grammar find the same?
pub(crate) fn agrees<'a, T: PartialEq>(rest: &[u8], value: &T, grammar: impl FnOnce() -> Parse<'a, T>) -> bool {
    #[cfg(test)]
    let _uncounted = work::pause();
    matches!(grammar(), Ok((same_rest, same)) if same_rest.len() == rest.len() && same == *value)
}
