//! Tests that count how often each octet is scanned: by searches of unknown length, which are
//! [`span`](crate::syntax::scan::span), on which the lists of the grammar are built, and the fast paths. Only tests use
//! this file.

// In tests, the panics that these lints prevent are the failures we want.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)]

extern crate std;

use crate::codec::ReplyDecoder;
#[cfg(feature = "alloc")]
use crate::syntax::{Capabilities, ParametersBuf};
use crate::syntax::{Command, Dialect, Extensions, Grammar, ParameterName, Parameters};
use core::cell::{Cell, RefCell};
use std::string::String;
use std::vec::Vec;

std::thread_local! {
    static LOOKS: RefCell<Vec<Look>> = const { RefCell::new(Vec::new()) };
    /// Whether scans are counted.
    static COUNTING: Cell<bool> = const { Cell::new(false) };
}

/// One scan of octets, by their addresses.
#[derive(Clone, Copy)]
struct Look {
    start: usize,
    end: usize,
    fast: bool,
}

/// Counts that a production has scanned the first `octets` of the input.
pub(crate) fn by_grammar(i: &[u8], octets: usize) {
    looked(i, octets, false);
}

/// Counts that a fast path has scanned the first `octets` of the input.
pub(crate) fn by_fast_path(i: &[u8], octets: usize) {
    looked(i, octets, true);
}

fn looked(i: &[u8], octets: usize, fast: bool) {
    if COUNTING.get() {
        let start = i.as_ptr() as usize;
        LOOKS.with_borrow_mut(|looks| looks.push(Look { start, end: start + octets.min(i.len()), fast }));
    }
}

/// Stops counting until it is dropped, so that comparisons in debug builds are not counted.
pub(crate) struct Pause {
    before: bool,
}

pub(crate) fn pause() -> Pause {
    Pause { before: COUNTING.replace(false) }
}

impl Drop for Pause {
    fn drop(&mut self) {
        COUNTING.set(self.before);
    }
}

/// Returns the number of octets that a search for the end of a domain scans, including the one after it.
pub(crate) fn domain(i: &[u8]) -> usize {
    let in_domain = |octet: &&u8| octet.is_ascii_alphanumeric() || b"-.".contains(octet);
    i.iter().take_while(in_domain).count() + 1
}

/// Returns the same for a mailbox.
pub(crate) fn mailbox(i: &[u8]) -> usize {
    let in_local_part = |octet: &&u8| octet.is_ascii_alphanumeric() || b"-._+=/*^`{|}~".contains(octet);
    let local_part = i.iter().take_while(in_local_part).count() + 1;
    match i.get(local_part - 1) {
        Some(b'@') if local_part > 1 => local_part + domain(&i[local_part..]),
        _ => local_part,
    }
}

fn looks(work: impl FnOnce()) -> Vec<Look> {
    COUNTING.set(true);
    work();
    COUNTING.set(false);
    LOOKS.take()
}

/// Returns how many octets `work` scans, counting repeated scans.
fn count(work: impl FnOnce()) -> usize {
    looks(work).iter().map(|look| look.end - look.start).sum()
}

/// Returns how often each octet of a command line is scanned by fast paths and by the grammar while the line is parsed.
fn looks_at_each(line: &[u8], grammar: Grammar) -> Vec<(u32, u32)> {
    looks_of(line, || {
        let _ = Command::parse(line, grammar);
    })
}

/// Returns the same for any octets and any work.
fn looks_of(octets: &[u8], work: impl FnOnce()) -> Vec<(u32, u32)> {
    let looks = looks(work);
    let first = octets.as_ptr() as usize;
    let at = |address: usize| looks.iter().filter(move |look| (look.start..look.end).contains(&address));
    let each = |address: usize| {
        let fast = at(address).filter(|look| look.fast).count() as u32;
        (fast, at(address).count() as u32 - fast)
    };
    (0..octets.len()).map(|place| each(first + place)).collect()
}

fn grammars() -> [Grammar; 4] {
    let strict = Grammar::STRICT;
    let offered = Grammar::STRICT.with_extensions(Extensions::ALL);
    [strict, offered, Grammar { dialect: Dialect::LENIENT, ..strict }, Grammar { dialect: Dialect::LENIENT, ..offered }]
}

/// Building a list parses each octet a few times: the items that are in it are not parsed again when another is added.
#[cfg(feature = "alloc")]
#[test]
fn lists_cost_what_they_are_long_to_build() {
    for number in [10usize, 10_000] {
        let keywords: Vec<String> = (0..number).map(|at| std::format!("X-{at}")).collect();
        let octets = keywords.iter().map(String::len).sum::<usize>();
        let mut parameters = ParametersBuf::new();
        let pushing = count(|| {
            for keyword in &keywords {
                parameters.push_raw(keyword, Some("y")).unwrap();
            }
        });
        assert!((number..=4 * octets + 8 * number).contains(&pushing), "{pushing} of {octets}");
        let repeating = count(|| assert!(parameters.push_raw("x-1", None).is_err()));
        assert!(repeating <= 32, "{repeating}");
    }
    // Of lines there can be fewer. The second half adds each keyword again. The search for the keyword is not counted.
    for number in [10usize, 4_000] {
        let keywords: Vec<String> = (0..number).map(|at| std::format!("X-{at}")).collect();
        let octets = keywords.iter().map(String::len).sum::<usize>();
        let mut capabilities = Capabilities::new();
        let offering = count(|| {
            for keyword in keywords.iter().chain(&keywords) {
                capabilities = core::mem::take(&mut capabilities).with_line(keyword).unwrap();
            }
        });
        assert!((number..=4 * octets + 8 * number).contains(&offering), "{offering} of {octets}");
    }
}

/// Each octet is scanned a few times, however many parameters there are. Each iteration over them scans each octet once
/// more.
#[test]
fn parameters_cost_what_they_are_long() {
    for number in [10, 10_000] {
        let text = [String::from("SIZE=1"), " X=y RET=FULL".repeat(number / 2)].concat();
        let line = ["MAIL FROM:<> ", &text].concat();
        let parsing = count(|| assert!(Command::parse(line.as_bytes(), Grammar::STRICT).is_ok()));
        assert!((number..=3 * text.len()).contains(&parsing), "{parsing} of {}", text.len());
        let parameters = Parameters::new(&text).unwrap();
        let walking = count(|| assert_eq!(parameters.iter().count(), number + 1));
        assert!((number..=2 * text.len()).contains(&walking), "{walking} of {}", text.len());
        let finding = count(|| assert!(parameters.find(ParameterName::Envid).is_none()));
        assert!(finding <= 3 * text.len(), "{finding} of {}", text.len());
    }
}

/// The common forms are recognized by fast paths alone, and each of their octets is scanned once.
#[test]
fn what_is_common_is_taken() {
    for (line, taken) in [
        ("MAIL FROM:<>", true),
        ("mail from:<joe@client.example>", true),
        ("MAIL FROM:<joe@client.example> SIZE=1000 BODY=8BITMIME", true),
        ("MAIL FROM:<\"joe\"@client.example>", false),
        ("MAIL FROM:<@a.example:joe@client.example>", true),
        ("MAIL FROM:<joe@client.example> SIZE=x", false),
        ("RCPT TO:<ann@mx.example>", true),
        ("RCPT TO:<ann@mx.example> NOTIFY=NEVER", true),
        ("RCPT TO:<ann@[192.0.2.1]>", false),
        ("EHLO mail.client.example", true),
        ("HELO mail.client.example", true),
        ("LHLO mail.client.example", true),
        ("DATA", true),
        ("quit", true),
        ("NOOP", true),
        ("DATAX", false),
    ] {
        let grammar = Grammar::STRICT.with_extensions(Extensions::ALL);
        for grammar in [grammar, Grammar { dialect: Dialect::LENIENT, ..grammar }] {
            let looks = looks_at_each(line.as_bytes(), grammar);
            assert_eq!(looks.iter().all(|(_, by_grammar)| *by_grammar == 0), taken, "{line} {looks:?}");
            assert!(!taken || looks.iter().all(|(fast, _)| *fast <= 1), "{line} {looks:?}");
        }
    }
}

/// The octets of rare or invalid forms are scanned once by a fast path and once by the grammar.
#[test]
fn no_octet_of_a_command_is_looked_at_three_times() {
    for line in [
        "MAIL FROM:<\"joe smith\"@client.example>",
        "MAIL FROM:<@a.example,@b.example:joe@client.example>",
        "MAIL FROM:<joe@client.example",
        "MAIL FROM:<joe@client.example.>",
        "MAIL FROM:<joe..smith@client.example>",
        "MAIL FROM:<joe!smith@client.example>",
        "MAIL FROM:<joe@-client.example>",
        "MAIL FROM:<joe@[IPv6:2001:db8::1]>",
        "MAIL FROM:joe@client.example",
        "MAIL FROM:<joe@client.example> BODY=8BITMIME SIZE=x RET=HDRS X=y",
        "MAIL FROM:<joe@client.example> SIZE=123456789 BODY=8BITMIME SIZE=1 RET=HDRS",
        "MAIL FROM:<joe@client.example> X-UNKNOWN=value RET=HDRS ENVID=abc =",
        "MAIL FROM:<joe@client.example> SIZE=1000 ENVID=abc RET=HDRS  BODY=7BIT",
        "RCPT TO:<ann@mx.example> NOTIFY=SUCCESS,NEVER ORCPT=rfc822;ann@mx.example",
        "RCPT TO:<Postmaster>",
        "RCPT TO:<Postmaster@mx.example> NOTIFY=DELAY",
        "RCPT TO:<ann@mx.example>x",
        "RCPT TO:<a.long.local.part.of.some.sixty.octets.or.more.than.that.to.be.over@mx.example>",
        "EHLO client.example here I am",
        "EHLO client.-example",
        "EHLO [192.0.2.1]",
        "HELO [192.0.2.1]",
        "ETRN @client.example",
        "ATRN a.example,b.example,-c.example",
        "EHLO my_pc.client.example",
        "HELO -client..example.",
        "EHLO [IPv6:2001:db8::1",
        "LHLO B\u{FC}ro here I am",
        " \tMAIL  FROM: \t<joe@client.example>  RET=FULL\tENVID=x",
        "MAIL FROM:<joe..smith.@client_a.example.>",
        "MAIL FROM:<joe@client-.example->",
        "MAIL FROM:<joe.smith>",
        "MAIL FROM:<\"\"@client.example>",
        "RCPT TO:joe..smith@client_a.example.",
        "RCPT TO:<joe@[IPv6:1:2:3:4:5:6:7::]>",
        "MAIL FROM:<joe@client.example> SIZE=x AUTH= BODY=8BITMIME",
        "BDAT\t 86  LAST",
    ] {
        for grammar in grammars() {
            for (at, (fast, by_grammar)) in looks_at_each(line.as_bytes(), grammar).into_iter().enumerate() {
                assert!(fast <= 1 && fast + by_grammar <= 2, "{line}: octet {at} {fast} {by_grammar}, {grammar:?}");
            }
        }
    }
}

/// A value of xtext is scanned as an esmtp-value and as xtext. Up to a "+", its fast path has scanned it as well.
#[test]
fn no_octet_of_xtext_is_looked_at_four_times() {
    for line in [
        "MAIL FROM:<> ENVID=a-long-identifier+20of+20an+20envelope RET=HDRS",
        "RCPT TO:<ann@mx.example> ORCPT=rfc822;ann+2Bsmith@mx.example NOTIFY=NEVER",
        "RCPT TO:<ann@mx.example> ORCPT=rfc822;ann+2bsmith@mx.example NOTIFY=NEVER",
        "MAIL FROM:<> ENVID=a-long-identifier+2 RET=HDRS",
    ] {
        for grammar in grammars() {
            for (at, (fast, by_grammar)) in looks_at_each(line.as_bytes(), grammar).into_iter().enumerate() {
                assert!(fast <= 1 && by_grammar <= 2, "{line}: octet {at} {fast} {by_grammar}, {grammar:?}");
            }
        }
    }
}

/// The search for the ends of lines is not counted.
#[test]
fn no_octet_of_a_reply_is_looked_at_three_times() {
    for reply in [
        "250 Ok, as most are\r\n",
        "250-mx.example\r\n250-SIZE\t1000\r\n250 DSN, and more\r\n",
        "250-mx.example\r\n251 SIZE 1000\r\n",
        "250-mx.example\r\n250 \u{E9}t\u{E9}, and more\r\n",
        "250-mx.example\r\n250\r\n",
        "250 a line with an LF\n in it\r\n",
    ] {
        for grammar in grammars() {
            let each = looks_of(reply.as_bytes(), || {
                let _ = ReplyDecoder::new().decode(&mut reply.as_bytes(), grammar);
            });
            for (at, (fast, by_grammar)) in each.into_iter().enumerate() {
                assert!(
                    by_grammar <= 1 && fast + by_grammar <= 2,
                    "{reply}: octet {at} {fast} {by_grammar}, {grammar:?}"
                );
            }
        }
    }
}
