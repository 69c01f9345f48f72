//! The laws. Each is a plain function over octets that computes the same answer in two ways and compares them.
//!
//! `cargo test` calls them with the files of `fuzz/corpus/<law>/` and with the cases of proptest; the fuzz targets of the same
//! names call them too. The tests of the codec and of the grammar also use [`oracle`] and [`values`]. The doc comment of a law
//! states what it asserts; `fuzz/README.md` has all of them in one table.

mod abnf;
#[cfg(feature = "proptest")]
pub mod cases;
mod client;
mod delivery;
mod dialogue;
mod framing;
mod generated;
mod grammar;
mod input;
pub mod oracle;
mod reading;
mod reception;
mod relay;
mod server;
mod stream;
pub mod values;
mod watched;

/// A law: panics if the octets violate it.
pub type Law = fn(&[u8]);

pub use client::client;
pub use delivery::delivery;
pub use dialogue::dialogue;
pub use framing::framing;
pub use generated::{generated, observer};
pub use grammar::{address, capability, command, encoded_text, parameters, reply, trace};
pub use reception::reception;
pub use relay::relay;
pub use server::server;
pub use stream::{chunk, dot, line, replies};
pub use watched::watched;

/// Every law with its name, which is also that of its fuzz target and its corpus.
pub const LAWS: &[(&str, Law)] = &[
    ("address", address),
    ("capability", capability),
    ("chunk", chunk),
    ("client", client),
    ("command", command),
    ("delivery", delivery),
    ("dialogue", dialogue),
    ("dot", dot),
    ("encoded_text", encoded_text),
    ("framing", framing),
    ("generated", generated),
    ("line", line),
    ("observer", observer),
    ("parameters", parameters),
    ("reception", reception),
    ("relay", relay),
    ("replies", replies),
    ("reply", reply),
    ("server", server),
    ("trace", trace),
    ("watched", watched),
];
