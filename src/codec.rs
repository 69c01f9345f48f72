//! An octet stream to lines, replies and message content.

/// The longest command line that every server takes, CRLF included (RFC 5321 section 4.5.3.1.4).
pub const COMMAND_LINE_LIMIT: usize = 512;
