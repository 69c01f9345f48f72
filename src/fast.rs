//! Fast paths.

pub(crate) mod blocks;
pub(crate) mod content;
pub(crate) mod keyword;
pub(crate) mod mailbox;
pub(crate) mod parameter;
pub(crate) mod swar;
