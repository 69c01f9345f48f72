//! What the observer returns. `Observer::next_event` creates the values. They borrow the octets that were shown, and must
//! not show a credential in `Debug`.

use super::Violation;
use crate::session::{Action, State};
use crate::syntax::{Command, Reply, SyntaxError};
use core::fmt;

/// Something that happened in a session.
///
/// ```
/// use smtp_core::observer::{Observer, ObserverEvent};
/// use smtp_core::session::{Action, State};
///
/// let mut observer = Observer::new();
/// let event = observer.next_event(&mut &b""[..], &mut &b"220 mx.example\r\n"[..]);
/// let Some(ObserverEvent::Reply { to, state, .. }) = event else { unreachable!() };
/// assert_eq!((to, state), (Some(Action::Greeting), State::Start));
/// let event = observer.next_event(&mut &b"NOOP\r\n"[..], &mut &b""[..]);
/// assert!(matches!(event, Some(ObserverEvent::Command { line: b"NOOP", command: Ok(_) })));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[must_use]
pub enum ObserverEvent<'a> {
    /// A line that the server reads as a command. Also the octets that a client has left without CRLF when it closed;
    /// `command` is then an error.
    Command {
        /// The line, without its CRLF. It may hold a credential, so `Debug` does not show it. See
        /// [`may_be_credential`](super::Observer::may_be_credential).
        line: &'a [u8],
        /// The command, parsed with the lenient grammar. `Debug` does not show commands that are not registered: after
        /// an AUTH that was refused they may be credentials.
        command: Result<Command<'a>, SyntaxError>,
    },
    /// A line of an AUTH exchange, without its CRLF, or what the client has left of one when it closed. It may be a
    /// credential, so `Debug` does not show it.
    Response(&'a [u8]),
    /// The next octets of content, without dot-stuffing. The boundary between two pieces has no meaning.
    Content(&'a [u8]),
    /// The end of a message's content: the final dot, or the end of the chunk of BDAT LAST.
    ContentEnd,
    /// A reply. A server may repeat in its text the line that it answers, even if that was a credential.
    Reply {
        /// The lines as they were sent, each with its CRLF. Of a reply of more than 65536 octets, those lines that are
        /// within this limit, or its first 65536 octets if its last line there is too long; the rest is dropped.
        octets: &'a [u8],
        /// The reply, parsed with the lenient grammar. An error if it is too long.
        reply: Result<Reply<'a>, SyntaxError>,
        /// The action that it answers: [`Action::Other`] for a line of a chunk that the server read as a command,
        /// `None` for a reply that answers nothing.
        to: Option<Action>,
        /// The state after it.
        state: State,
    },
    /// STARTTLS was accepted. The octets after it are consumed without a look at them.
    TlsBegun,
    /// A violation of a clause. It comes after the command or reply that it concerns. A command whose place depends on
    /// replies before it is judged when its own reply comes.
    Violation(Violation),
}

impl fmt::Debug for ObserverEvent<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command { command, .. } => formatter.debug_tuple("Command").field(command).finish(),
            Self::Response(_) => formatter.write_str("Response([redacted])"),
            Self::Content(octets) => write!(formatter, "Content(\"{}\")", octets.escape_ascii()),
            Self::ContentEnd => formatter.write_str("ContentEnd"),
            Self::Reply { octets, to, state, .. } => formatter
                .debug_struct("Reply")
                .field("octets", &format_args!("\"{}\"", octets.escape_ascii()))
                .field("to", to)
                .field("state", state)
                .finish(),
            Self::TlsBegun => formatter.write_str("TlsBegun"),
            Self::Violation(violation) => formatter.debug_tuple("Violation").field(violation).finish(),
        }
    }
}
