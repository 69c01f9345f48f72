//! The size of each session and decoder in octets, without the caller's buffers. `tests/cost/memory.rs` asserts the goals.

use smtp_core::codec::{ChunkDecoder, DotDecoder, DotEncoder, LineDecoder, ReplyDecoder};
use smtp_core::observer::Observer;
use smtp_core::session::{Client, Server};

/// Name, size, and goal.
pub(crate) const SIZES: &[(&str, usize, usize)] = &[
    ("memory: Server", size_of::<Server>(), 256),
    ("memory: Client", size_of::<Client>(), 256),
    ("memory: Observer", size_of::<Observer>(), 1024),
    ("memory: LineDecoder", size_of::<LineDecoder>(), 128),
    ("memory: ReplyDecoder", size_of::<ReplyDecoder>(), 128),
    ("memory: DotDecoder", size_of::<DotDecoder>(), 128),
    ("memory: ChunkDecoder", size_of::<ChunkDecoder>(), 128),
    ("memory: DotEncoder", size_of::<DotEncoder>(), 128),
];
