//! How many octets [`span`](super::span) looks at, which is what every parser of a list is made of.

extern crate std;

#[cfg(feature = "alloc")]
use crate::syntax::{Capabilities, ParametersBuf};
use crate::syntax::{Command, Grammar, ParameterName, Parameters};
use core::cell::Cell;
use std::string::String;

std::thread_local! {
    static OCTETS: Cell<usize> = const { Cell::new(0) };
}

pub(super) fn looked_at(octets: usize) {
    OCTETS.set(OCTETS.get().saturating_add(octets));
}

fn count(work: impl FnOnce()) -> usize {
    OCTETS.set(0);
    work();
    OCTETS.get()
}

/// A list is built for what it is long: nothing that stands in it is looked at again when something is added.
#[cfg(feature = "alloc")]
#[test]
fn lists_cost_what_they_are_long_to_build() {
    for number in [10usize, 10_000] {
        let keywords: std::vec::Vec<String> = (0..number).map(|at| std::format!("X-{at}")).collect();
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

        // Anew, each of them, in the end.
        let mut capabilities = Capabilities::new();
        let offering = count(|| {
            for keyword in keywords.iter().chain(&keywords) {
                capabilities = core::mem::take(&mut capabilities).with_line(keyword).unwrap();
            }
        });
        assert!((number..=4 * octets + 8 * number).contains(&offering), "{offering} of {octets}");
    }
}

/// Each octet a few times, however many parameters there are; and each walk over them is one look at each.
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
