//! Owned values, and lists that are built piece by piece.
//!
//! Every piece is checked by its own parser before it is added, so the result can be sent without another check.

mod command;
mod lists;
mod parameters;

pub use command::CommandBuf;
pub use lists::{AttributesBuf, XtextBuf};
pub use parameters::ParametersBuf;
