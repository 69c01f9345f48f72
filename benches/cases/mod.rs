//! The cases that every measurement shares: what is done, on which octets, and what it is held against.
//!
//! All octets are made by rule from a fixed seed, with lengths that vary as real ones do: a corpus of a few lines would be
//! learnt by heart by the branch predictor, and every parser looks fast on it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a measurement may stop"
)]

mod addresses;
mod by_hand;
mod commands;
mod content;
pub(crate) mod memory;
mod replies;
mod sessions;
mod write;

/// One piece of work, and the goal for it.
pub(crate) struct Case {
    /// Named after a row of the table in `benches/README.md`.
    pub(crate) group: &'static str,
    pub(crate) name: String,
    /// How many octets one run of the work goes through.
    pub(crate) octets: usize,
    /// How many lines, addresses or replies those are.
    pub(crate) items: usize,
    pub(crate) goal: Goal,
    pub(crate) work: Box<dyn FnMut()>,
}

impl Case {
    pub(crate) fn title(&self) -> String {
        format!("{}: {}", self.group, self.name)
    }
}

/// What the work is held against. A limit is work too, measured in the same run.
pub(crate) enum Goal {
    /// At most so many times as long as the limit, and so many nanoseconds an item.
    Within { times: f64, nanoseconds: f64, limit: Limit },
    /// At least this share of the limit's throughput.
    Share { share: f64, limit: Limit },
    /// None, but what share of the limit's throughput it is, for others to be compared with.
    Told(Limit),
    /// At least so many GB/s.
    Throughput(f64),
    /// At most so many nanoseconds an item.
    Time(f64),
    /// At most so many nanoseconds an octet.
    PerOctet(f64),
}

pub(crate) struct Limit {
    pub(crate) name: &'static str,
    pub(crate) work: Box<dyn FnMut()>,
}

impl Limit {
    pub(crate) fn new(name: &'static str, work: impl FnMut() + 'static) -> Self {
        Self { name, work: Box::new(work) }
    }
}

/// All cases, group by group.
pub(crate) fn all() -> Vec<Case> {
    let mut cases = Vec::new();
    commands::add(&mut cases);
    addresses::add(&mut cases);
    replies::add(&mut cases);
    content::add(&mut cases);
    write::add(&mut cases);
    sessions::add(&mut cases);
    cases
}

/// Numbers that look random and are the same in every run (xorshift64).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new() -> Self {
        Self(0x9E37_79B9_7F4A_7C15)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % end
    }

    pub(crate) fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// So many octets of an alphabet.
    pub(crate) fn text(&mut self, alphabet: &[u8], length: usize) -> String {
        (0..length).map(|_| char::from(self.one_of(alphabet))).collect()
    }
}

pub(crate) const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
pub(crate) const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// A domain of two to four labels.
pub(crate) fn domain(random: &mut Random) -> String {
    let mut name = String::new();
    for _ in 0..random.one_of(&[1, 1, 1, 2, 2, 3]) {
        let length = 2 + random.below(10);
        name += &random.text(LOWER, length);
        if random.below(8) == 0 {
            name += "-";
            name += &random.text(b"0123456789", 2);
        }
        name += ".";
    }
    name + random.one_of(&["com", "org", "net", "example", "co.uk", "de"])
}

/// A mailbox as most are: one or two atoms, now and then a tag.
pub(crate) fn mailbox(random: &mut Random) -> String {
    let length = 2 + random.below(9);
    let mut local = random.text(LOWER, length);
    if random.below(2) == 0 {
        let length = 3 + random.below(7);
        local = local + random.one_of(&[".", ".", "_", "-"]) + &random.text(LOWER, length);
    }
    if random.below(10) == 0 {
        local += "+news";
    }
    local + "@" + &domain(random)
}
