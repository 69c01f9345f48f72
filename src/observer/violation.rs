//! A violation that the observer reports: who, how serious, and where. The table of kinds is in `violation/kind.rs`. The
//! rules and pairing report them; nothing here is a rule.

mod kind;
mod kind_set;

use core::fmt;
pub use kind::ViolationKind;
pub(super) use kind_set::KindSet;

/// One of the two ends of a session.
///
/// ```
/// use smtp_core::observer::{Side, ViolationKind};
///
/// assert_eq!(ViolationKind::SpaceAfterColon.who(), Side::Client);
/// assert_eq!(Side::Client.name(), "client");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[allow(clippy::exhaustive_enums, reason = "a connection has two ends")]
pub enum Side {
    /// The client: it opened the connection and sends commands.
    Client,
    /// The server: it sends replies.
    Server,
}

impl Side {
    /// Returns the name, in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }
}

/// The strength of a clause ([RFC 2119](https://www.rfc-editor.org/rfc/rfc2119)).
///
/// ```
/// use smtp_core::observer::{Level, ViolationKind};
///
/// let musts = ViolationKind::ALL.iter().filter(|kind| kind.level() == Level::Must);
/// assert!(musts.count() > 50);
/// assert!(Level::Must > Level::Should);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[allow(clippy::exhaustive_enums, reason = "MAY cannot be violated")]
pub enum Level {
    /// SHOULD and SHOULD NOT, and grammar that the text of the same clause relaxes.
    Should,
    /// MUST and MUST NOT, and grammar.
    Must,
}

impl Level {
    /// Returns the name, in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Should => "should",
            Self::Must => "must",
        }
    }
}

/// A violation of one clause by one end, and its position.
///
/// ```
/// use smtp_core::observer::{Observer, ObserverEvent};
///
/// let mut observer = Observer::new();
/// let mut server = &b"220 mx.example\n220 mx.example\r\n"[..];
/// while let Some(event) = observer.next_event(&mut &b""[..], &mut server) {
///     if let ObserverEvent::Violation(violation) = event {
///         println!("{violation}"); // the clause, the end, the line, and a sentence
///         assert_eq!((violation.line, violation.who().name()), (1, "server"));
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Violation {
    /// The kind of the violation.
    pub kind: ViolationKind,
    /// The offset of the first octet of the command, reply line or fault, counted from 0 in the octets that this end
    /// sent. For a connection that was closed, the end of what was sent.
    pub offset: u64,
    /// The number of the line with that octet, counted from 1 in what this end sent.
    pub line: u64,
}

impl Violation {
    /// Returns the end that committed the violation.
    #[must_use]
    pub const fn who(&self) -> Side {
        self.kind.who()
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}, {} line {}: {}", self.kind.clause(), self.who().name(), self.line, self.kind.text())
    }
}
