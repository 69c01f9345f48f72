//! The content of a message: what follows DATA or BDAT.

mod chunk;
mod dot_decoder;
mod dot_encoder;
mod text;

use crate::fast::content as scan;
use thiserror::Error;

pub use chunk::ChunkDecoder;
pub use dot_decoder::DotDecoder;
pub use dot_encoder::DotEncoder;
pub use text::TextCheck;

/// What to do with a CR or LF inside content that is not part of a CRLF.
///
/// Clients must not send one (RFC 5321 2.3.8); the standard leaves open what a receiver does with it. Either way it is
/// never a line terminator, and it is never turned into one: repairing it in one program is how a message smuggles a second
/// one into the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BareLineEnding {
    /// A bare CR or LF is a [`ContentFault`]: the content is refused.
    #[default]
    Refuse,
    /// A bare CR or LF is an octet like any other.
    Pass,
}

/// A piece of a message's content, or its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Content<'a> {
    /// The next octets of the content, at least one. Where one piece ends and the next begins means nothing.
    Octets(&'a [u8]),
    /// The content has ended, and the next octet of the input is no longer part of it. With a fault, the content that was
    /// given out is not to be accepted.
    End(Result<(), ContentFault>),
}

/// The first fault of a message's content.
///
/// "First" is the fault with the lowest offset. An octet that is both a bare CR or LF and the first beyond the line limit
/// counts as [`LineTooLong`](ContentFaultKind::LineTooLong).
///
/// A server answers 554 once the content has ended, or 500 for a line that is too long (RFC 5321 4.5.3.1.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[error("{kind} at octet {offset} of the content")]
#[non_exhaustive]
pub struct ContentFault {
    /// What is wrong.
    pub kind: ContentFaultKind,
    /// Where: the offset of the octet at fault in the content, counted from 0, without the dots that transparency adds.
    ///
    /// It is the octet of the bare CR or LF itself. Of a line that is too long it is the first octet beyond the limit, so
    /// offset 1000 if the first line is too long for the usual 1000 octets.
    pub offset: u64,
}

/// What is wrong with a message's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum ContentFaultKind {
    /// A CR that no LF follows.
    #[error("CR without LF")]
    BareCr,
    /// A LF that does not follow a CR.
    #[error("LF without CR")]
    BareLf,
    /// A line longer than the limit (RFC 5321 4.5.3.1.6).
    #[error("line too long")]
    LineTooLong,
}
