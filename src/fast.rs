//! Fast paths: they recognize the common forms of common lines faster than the grammar does.
//!
//! The productions in [`syntax`](crate::syntax) and the decoders in [`codec`](crate::codec) use them. The CPU cannot
//! predict where a loop over octets ends, and the misprediction costs more than the loop itself. The functions in this
//! module therefore look at eight, sixteen or more octets at once. They know no session state and no order of lines,
//! and hold no rule of their own.
//!
//! # Contract
//!
//! - A fast path returns an `Option`. **`None` means "ask the grammar"**, never that the octets are wrong.
//! - A fast path is never the only place of a rule. The grammar accepts everything that a fast path accepts, with the
//!   same result.
//! - A fast path is called from inside the production that it shortens and has the name of that production: `domain`
//!   asks `fast::domain` first, and then `any_domain`, the production by its ABNF. [`or_grammar`] joins the two. Where
//!   a result is better built in place than returned, [`agrees`] compares them.
//! - Builds with debug assertions ask both and compare the results. So do all tests, and every fuzz target that parses,
//!   because `cargo fuzz` turns debug assertions on.
//! - If a fast path returns `None`, the grammar scans the octets once more; the fast path does not see them again. The
//!   tests in `work` count the scans.
//!
//! # Modules
//!
//! | module | scans | used for |
//! |---|---|---|
//! | [`swar`] | eight octets in a word, or sixteen in a vector, compared with a set | base64, xtext, the text of replies |
//! | [`keyword`] | up to eight octets as one number | verbs, parameters, extensions, mechanisms |
//! | `mailbox` | sixteen octets | mailboxes and domains |
//! | `parameter` | a parameter of MAIL or RCPT | parameters and their values |
//! | `capability` | the values of SIZE and AUTH in a reply to EHLO | offers |
//! | `bdat` | the arguments of BDAT | BDAT |
//! | `reply` | a line of a reply, an enhanced code | replies |
//! | [`content`], [`blocks`] | blocks of 64 octets | the content of messages |
//!
//! `sse2` is the implementation of `swar` and `mailbox` with the vectors of x86-64 (feature `simd`). Content has no
//! grammar: the tests of `content` compare its functions with octet-by-octet versions.

mod bdat;
pub(crate) mod blocks;
pub(crate) mod capability;
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

pub(crate) use bdat::bdat;
pub(crate) use mailbox::{domain, mailbox};
pub(crate) use parameter::parameter;
pub(crate) use reply::{enhanced_code, is_printable, reply_line};

use crate::syntax::scan::Parse;

/// Returns what a fast path has found (the rest of the line and a value), or else the result of the grammar. Debug
/// builds ask the grammar in both cases.
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

/// Returns `true` if the grammar finds the same rest and value.
pub(crate) fn agrees<'a, T: PartialEq>(rest: &[u8], value: &T, grammar: impl FnOnce() -> Parse<'a, T>) -> bool {
    #[cfg(test)]
    let _uncounted = work::pause();
    matches!(grammar(), Ok((same_rest, same)) if same_rest.len() == rest.len() && same == *value)
}
