//! Generates valid and nearly valid commands, replies, addresses and dialogues from octets, to fuzz or test a server, a client
//! or a program between them.
//!
//! A [`Source`] takes its choices from the front of a slice of octets, so anything that produces octets can drive it. It is
//! deterministic. When the octets are used up, every choice is the first and simplest; fewer and smaller octets generate
//! less, so a tool that shrinks its octets also shrinks the output. The words come from the registries of `smtp_core`.
//!
//! | to test | use | octets |
//! |---|---|---|
//! | a parser | [`command`](Source::command), [`reply`](Source::reply), [`mailbox`](Source::mailbox) | 64 |
//! | the errors of a parser | the same, and then [`spoil`](Source::spoil) | 64 |
//! | a server | [`smtp_client`](Source::smtp_client), [`lmtp_client`](Source::lmtp_client) | 400 |
//! | an observer, a proxy | [`dialogue`](Source::dialogue) | 400 |
//!
//! That many random octets are enough: a command takes 3 to 50, a hello with its reply 20, a transaction about 40. Of 2000
//! dialogues of 400 octets, 1549 have a message that was accepted, 1016 two or more, and 554 one in several chunks. In 555 a
//! group had its MAIL refused and all commands after it with 503. In 663 the recipients of a group were refused, and its
//! content with 503 or 554. With fewer octets more is accepted, because the first choice is an accepted one.
//!
//! With libFuzzer, in a target that shows an observer sessions without violations:
//!
//! ```text
//! libfuzzer_sys::fuzz_target!(|octets: &[u8]| {
//!     for turn in Source::new(octets).dialogue() {
//!         my_observer.show(turn.side, &turn.octets);
//!     }
//! });
//! ```
//!
//! With `arbitrary`, for instance in an implementation of `Arbitrary`:
//!
//! ```
//! use arbitrary::Unstructured;
//! use smtp_testkit::generate::Source;
//! use smtp_core::syntax::Grammar;
//!
//! # fn line(u: &mut Unstructured<'_>) -> arbitrary::Result<Vec<u8>> {
//! let octets = u.arbitrary::<Vec<u8>>()?;
//! let mut source = Source::new(&octets);
//! let mut line = source.command(Grammar::STRICT);
//! let valid = line.clone();
//! source.spoil(&mut line); // nearly valid
//! assert_ne!(line, valid);
//! # Ok(line)
//! # }
//! # assert!(line(&mut Unstructured::new(&[7; 100])).is_ok());
//! ```
//!
//! With proptest:
//!
//! ```
//! use proptest::prelude::*;
//! use smtp_testkit::generate::Source;
//! use smtp_core::syntax::{Command, Grammar};
//!
//! fn command() -> impl Strategy<Value = Vec<u8>> {
//!     let octets = prop::collection::vec(any::<u8>(), 0..64);
//!     octets.prop_map(|octets| Source::new(&octets).command(Grammar::SMTPUTF8))
//! }
//!
//! proptest!(|(line in command())| {
//!     let line = line.strip_suffix(b"\r\n").unwrap();
//!     prop_assert!(Command::parse(line, Grammar::SMTPUTF8).is_ok());
//! });
//! ```

mod address;
mod client;
mod command;
mod dialogue;
mod parameter;
mod reply;

pub use client::ClientSide;
pub use dialogue::Turn;

use smtp_core::syntax::{Extension, Verb};

/// Generates values from the octets it is given. See [the module](self).
///
/// ```
/// use smtp_testkit::generate::Source;
/// use smtp_core::syntax::Grammar;
///
/// // The first octet chooses a form, the next a verb, and so on.
/// assert_eq!(Source::new(b"\0\x03").command(Grammar::STRICT), b"MAIL FROM:<joe@example>\r\n");
/// // Without octets every choice is the first.
/// assert_eq!(Source::new(b"").mailbox(Grammar::STRICT), "joe@example");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Source<'a>(&'a [u8]);

impl<'a> Source<'a> {
    /// Creates a source of these octets.
    #[must_use]
    pub const fn new(octets: &'a [u8]) -> Self {
        Self(octets)
    }

    /// Returns the octets that have not been used yet.
    #[must_use]
    pub const fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// Changes a valid value in a few places: removes, repeats, replaces and inserts octets, or cuts it off. The result is
    /// never empty and never equal to the input. It is mostly refused: of 20000 commands the strict grammar still accepted
    /// 2478 with a known verb, and 3766 more had become commands with an unknown verb, which the grammar accepts and a server
    /// does not.
    ///
    /// The CRLF at the end is kept, so that a server that reads a stream has a whole line to answer. The exception is one
    /// value in sixteen, where only the line ending is changed: to a bare LF, a bare CR, LF CR, CR CR LF or nothing. After
    /// all of these but CR CR LF a strict server waits for more.
    pub fn spoil(&mut self, octets: &mut Vec<u8>) {
        let ends = octets.ends_with(b"\r\n");
        if ends {
            octets.truncate(octets.len().saturating_sub(2));
        }
        let before = octets.clone();
        if ends && self.below(16) == 15 && !before.is_empty() {
            octets.extend_from_slice(self.pick(ENDINGS));
            return;
        }
        for _ in 0..=self.below(3) {
            self.change(octets);
        }
        if octets.is_empty() || *octets == before {
            octets.insert(0, self.pick(SPECIAL));
        }
        if ends {
            octets.extend_from_slice(b"\r\n");
        }
    }

    fn change(&mut self, octets: &mut Vec<u8>) {
        let at = self.place(octets.len());
        let kind = self.pick(KINDS);
        let end = at.saturating_add(1).saturating_add(self.below(4)).min(octets.len());
        match kind {
            0 => _ = octets.splice(at..at, [self.pick(SPECIAL)]),
            1 => _ = octets.drain(at..end),
            2 => _ = octets.splice(at..end, [self.pick(SPECIAL)]),
            3 => {
                let again: Vec<u8> = octets.iter().copied().skip(at).take(end.saturating_sub(at)).collect();
                octets.splice(at..at, again);
            }
            4 => _ = octets.splice(at..at, self.word().bytes()),
            5 => {
                let bit = 1_u8.wrapping_shl(self.below(8) as u32);
                octets.iter_mut().skip(at).take(1).for_each(|octet| *octet ^= bit);
            }
            _ => octets.truncate(at),
        }
    }

    /// Returns a verb or a keyword.
    fn word(&mut self) -> &'static str {
        if self.yes() {
            self.choose(Verb::ALL).map_or("", Verb::as_str)
        } else {
            self.choose(Extension::ALL).map_or("", Extension::keyword)
        }
    }

    /// Returns a number below `choices`.
    fn below(&mut self, choices: usize) -> usize {
        let [octet, rest @ ..] = self.0 else { return 0 };
        self.0 = rest;
        usize::from(*octet).checked_rem(choices).unwrap_or_default()
    }

    /// Returns an index in `length` octets, or `length` itself.
    fn place(&mut self, length: usize) -> usize {
        let high = if length > 0xFF { self.below(0x100) } else { 0 };
        let low = self.below(0x100);
        (high << 8 | low).checked_rem(length.saturating_add(1)).unwrap_or_default()
    }

    fn yes(&mut self) -> bool {
        self.below(2) == 1
    }

    /// Returns one of these. There must be at least one.
    fn pick<T: Copy + Default>(&mut self, from: &[T]) -> T {
        self.choose(from).unwrap_or_default()
    }

    /// Returns one of these, or `None` if there are none.
    fn choose<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        let at = self.below(from.len());
        from.get(at).copied()
    }
}

/// Octets that parsers often mishandle.
const SPECIAL: &[u8] = b"\r\n\0 .<>@\"\\:=+-\t\x7F\x80\xC3\xFF\xBC09";

const ENDINGS: &[&[u8]] = &[b"\n", b"\r", b"\n\r", b"\r\r\n", b""];
/// The kinds of change. A special octet is the most frequent, because it seldom leaves the value valid.
const KINDS: &[u8] = &[0, 1, 2, 3, 4, 5, 6, 0, 2, 0, 2];
