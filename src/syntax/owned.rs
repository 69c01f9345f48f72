//! Values that own their octets, and lists that are built piece by piece.
//!
//! Every piece is read back by the parser it is meant for before it is taken, so what is built can be sent as it stands.

mod command;
mod lists;
mod parameters;

pub use command::CommandBuf;
pub use lists::{AttributesBuf, XtextBuf};
pub use parameters::ParametersBuf;
