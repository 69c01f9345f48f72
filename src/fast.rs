//! Fast paths: the usual forms of the usual lines, found faster than by the grammar.
//!
//! Used by the productions in [`syntax`](crate::syntax) and by the decoders in [`codec`](crate::codec). A loop over octets ends
//! at a place that the processor cannot predict, which costs more than the loop itself; the functions in here look at eight,
//! sixteen or more octets together. They know no state and no order of lines.
//!
//! # Contract
//!
//! - A fast path returns an `Option`. **`None` means "ask the grammar"**, never that the octets are wrong.
//! - It is never the only place of a rule. The grammar takes whatever a fast path takes, with the same result.
//! - It stands inside the production that it shortens, and has the name of that production: `domain` asks `fast::domain` first,
//!   and then `any_domain`, the production by its ABNF. [`or_grammar`] joins the two; [`agrees`] compares them where a
//!   result is better built in place than returned.
//! - Builds with debug assertions ask both and compare the results. So do all tests, and every fuzz target that parses, since
//!   `cargo fuzz` turns debug assertions on.
//! - Octets that a fast path did not take are looked at once more, by the grammar; the fast path does not see them again. The
//!   tests in `work` count the looks.
//!
//! # What is here
//!
//! | module | looks at | for |
//! |---|---|---|
//! | [`swar`] | eight octets in a word, or sixteen in a vector, held against a set | base64, xtext, the text of replies |
//! | [`keyword`] | up to eight octets as one number | verbs, parameters, extensions, mechanisms |
//! | `mailbox` | sixteen octets | mailboxes and domains |
//! | `parameter` | a parameter of MAIL or RCPT | the check against the offer |
//! | `reply` | a line of a reply, an enhanced code | replies |
//! | [`content`], [`blocks`] | blocks of 64 octets | the content of messages |
//!
//! `sse2` holds what `swar` and `mailbox` do with the vectors of x86-64 (feature `simd`). Content has no grammar: the tests of
//! `content` compare its functions with their octet-by-octet forms.

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

use crate::syntax::scan::Parse;

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
