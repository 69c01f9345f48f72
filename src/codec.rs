//! The decoders and encoders between an octet stream and its lines, replies and message content.
//!
//! SMTP sends two kinds of thing over one stream: *lines* (commands and replies, [RFC 5321 section
//! 2.3.8](https://www.rfc-editor.org/rfc/rfc5321#section-2.3.8)) and the *content* of a message, which is either
//! dot-stuffed lines after DATA (RFC 5321 section 4.5.2) or a counted chunk after BDAT ([RFC
//! 3030](https://www.rfc-editor.org/rfc/rfc3030)). This layer finds where each of them ends. It does not know which
//! kind comes next: the session does, and calls the decoder for it. It does not know the grammar of a line either:
//! [`syntax`](crate::syntax) does.
//!
//! | | read by | written by |
//! |---|---|---|
//! | a line | [`LineDecoder`] | the values of [`syntax`](crate::syntax) |
//! | a reply of one or more lines | [`ReplyDecoder`] | likewise |
//! | content after DATA | [`DotDecoder`] | [`DotEncoder`] |
//! | content after BDAT | [`ChunkDecoder`] | the caller: the octets go out unchanged |
//! | text in chunks | [`ChunkDecoder`], checked by [`TextCheck`] | likewise |
//!
//! # The contract of every decoder
//!
//! The caller owns the buffer. It passes `input: &mut &'a [u8]`, all octets that have arrived and are not yet consumed.
//! The decoder **advances `input` in place** past the octets that it consumes, also when the call fails. The returned
//! value borrows from the buffer (`'a`), not from the decoder, so nothing is copied.
//!
//! A return value of `None` or `Ok(None)` means that more octets are needed. **The next call must pass the same unread
//! octets, with new ones only at the end.** A decoder remembers how many of the unread octets it has searched and does
//! not search them again. If the caller changes them, the result is wrong, but the decoder never panics.
//!
//! The result does not depend on where the input is cut: the octets consumed, the lines, the content and the errors are
//! the same whether the input comes whole or octet by octet. Only the number of content fragments differs.
//!
//! # Only CRLF ends a line
//!
//! There is no lenient mode. "SMTP server implementations MUST NOT recognize or generate any other character or
//! character sequence as a line terminator" (RFC 5321 section 2.3.8). If two programs disagree about the end of a line,
//! a sender can smuggle one message inside another. A bare CR or LF never ends a line or the content.
//! [`BareLineEnding`] says whether content may contain one.

pub(crate) mod content;
mod line;
mod reply;

#[cfg(feature = "alloc")]
pub(crate) use crate::fast::blocks::{pass_blocks, widely};
pub use crate::syntax::extension::COMMAND_LINE_LIMIT;
pub use content::{
    BareLineEnding, ChunkDecoder, Content, ContentFault, ContentFaultKind, DotDecoder, DotEncoder, TextCheck,
};
#[cfg(feature = "alloc")]
pub(crate) use line::first_line;
pub use line::{LineDecoder, LineTooLong};
pub use reply::ReplyDecoder;

/// Carriage return.
pub(crate) const CR: u8 = b'\r';
/// Line feed.
pub(crate) const LF: u8 = b'\n';
