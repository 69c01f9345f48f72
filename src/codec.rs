//! An octet stream to lines, replies and message content, and back.
//!
//! SMTP sends two kinds of thing over one stream: *lines* (commands and replies, RFC 5321 2.3.8) and the *content* of a
//! message, which is either dot-stuffed lines after DATA (RFC 5321 4.5.2) or a counted chunk after BDAT (RFC 3030). This
//! layer cuts the stream into them. It does not know which kind comes next: the session does.
//!
//! | | reads | writes |
//! |---|---|---|
//! | a line | [`LineDecoder`] | (each value of [`syntax`](crate::syntax) writes its own) |
//! | a reply of one or many lines | [`ReplyDecoder`] | (likewise) |
//! | content of DATA | [`DotDecoder`] | [`DotEncoder`] |
//! | content of BDAT | [`ChunkDecoder`] | (the octets as they are) |
//! | text in chunks | [`TextCheck`] looks at it | (likewise) |
//!
//! # The contract of every decoder
//!
//! The caller owns the buffer. A decoder is shown `input: &mut &'a [u8]`, all octets that have arrived and are not yet
//! consumed, and **advances `input` in place** past what it has consumed. That holds also when the call fails. What it
//! returns borrows from the buffer (`'a`), not from the decoder, so that nothing is copied.
//!
//! "Nothing" (`None`, or `Ok(None)`) means that more octets are needed. **The next call shows the same unread octets, with
//! new ones only at the end.** A decoder remembers how far it has looked into the unread octets and does not look at them
//! again; a caller who changes them gets a wrong result, but never a panic.
//!
//! Where the input is cut makes no difference: the octets consumed, the lines, the content and the errors are the same
//! whether the input comes whole or octet by octet. Only the number of content fragments differs.
//!
//! # Only CRLF ends a line
//!
//! There is no lenient mode. "SMTP server implementations MUST NOT recognize or generate any other character or character
//! sequence as a line terminator" (RFC 5321 2.3.8), and two programs that disagree about it let one message smuggle in
//! another. A bare CR or LF never ends a line or the content; whether content may contain one is
//! [a policy](BareLineEnding).

mod content;
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
