//! An octet stream to lines, replies and message content.
