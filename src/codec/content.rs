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
/// Clients must not send one (RFC 5321 2.3.8); the standard leaves open what a receiver does with it. Whatever the policy, only
/// CRLF "." CRLF ends content, and a dot after a bare CR or LF is content. So every policy ends a message at the same octet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BareLineEnding {
    /// A bare CR or LF is a [`ContentFault`]: the content is refused.
    #[default]
    Refuse,
    /// A bare CR or LF is an octet like any other. Whoever sends the content on has to take care that the next server does not take
    /// it for the end of a line: LF "." LF smuggles a second message into some.
    Pass,
    /// A bare CR or LF is given out as CRLF, so that all lines end alike. A dot on a line of its own that comes of this is content,
    /// which [`DotEncoder`] stuffs when the message is sent on: no message is lost, and none is smuggled in. Content comes in
    /// pieces of one line each. Signatures over the original octets no longer hold.
    Normalize,
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
