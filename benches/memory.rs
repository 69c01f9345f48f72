//! Prints what idle sessions cost, one and a million of them: `cargo bench --bench memory`. The figures are those of the target, and do
//! not depend on the machine.

#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a measurement may stop")]

mod idle;

fn main() {
    println!("| type | size | heap | goal for both | a million |\n|---|--:|--:|--:|--:|");
    for idle::Idle { name, size, heap, goal } in idle::all() {
        let both = size + heap;
        let mark = if both > goal { " missed" } else { "" };
        println!("| {name} | {size} | {heap} | <= {goal}{mark} | {both} MB |");
    }
}
