//! What the owner of a server decides: [`Handler`]. The driver calls it; it must not touch the connection.

use smtp_core::sasl::Credentials;
use smtp_core::session::reception::{Envelope, Reception};
use smtp_core::syntax::{Command, Mail, Rcpt, ReplyBuf};
use std::future::{Future, ready};

/// The reason why something is not done.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The answer is this reply, of class 4yz or 5yz.
    Reply(ReplyBuf),
    /// The connection is closed without a reply.
    HangUp,
}

impl From<ReplyBuf> for Refusal {
    fn from(reply: ReplyBuf) -> Self {
        Self::Reply(reply)
    }
}

/// `Ok` is the usual answer to what was asked.
pub(crate) type Answer<T = ()> = Result<T, Refusal>;

/// What passes on a connection, for those who watch it. Octets are those within TLS.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Passed<'a> {
    Read(&'a [u8]),
    Wrote(&'a [u8]),
    /// The handshake after STARTTLS is done.
    Tls,
    ClientClosed,
    ServerClosed,
    /// The connection is over; always the last.
    Over,
}

/// What the owner of a server decides, for one connection. A future may be dropped before it is ready: the session is over then,
/// and the client is told 421. A message that was stored all the same comes again, which is better than one that is lost.
pub(crate) trait Handler: Send {
    /// A message that is being received. It is dropped if the message is not completed.
    type Message: Send;

    /// Decides whether this client is welcome.
    fn connected(&mut self) -> impl Future<Output = Answer> + Send {
        ready(Ok(()))
    }
    /// Decides whether a hello, STARTTLS, RSET, QUIT and the like get the usual answer.
    fn command(&mut self, _command: &Command<'_>) -> impl Future<Output = Answer> + Send {
        ready(Ok(()))
    }
    /// Decides whether the credentials are right.
    fn authenticate(&mut self, _credentials: &Credentials) -> impl Future<Output = Answer<bool>> + Send {
        ready(Ok(false))
    }
    /// Decides whether this sender may send.
    fn mail(&mut self, _envelope: &Envelope, _mail: &Mail<'_>) -> impl Future<Output = Answer> + Send {
        ready(Ok(()))
    }
    /// Decides whether mail is taken for this recipient.
    fn recipient(&mut self, envelope: &Envelope, rcpt: &Rcpt<'_>) -> impl Future<Output = Answer> + Send;
    /// Begins a message.
    fn begin(&mut self, reception: &Reception) -> impl Future<Output = Answer<Self::Message>> + Send;
    /// Takes more of its content. While this waits, nothing is read, so the client waits as well.
    fn write(&mut self, message: &mut Self::Message, octets: &[u8]) -> impl Future<Output = Answer> + Send;
    /// Stores the complete message. With `Ok` this server is responsible for it, so it must be stored by then.
    fn finish(&mut self, message: Self::Message, envelope: &Envelope) -> impl Future<Output = Answer> + Send;
    /// Returns the last reply to a client that has been silent for a second and has sent no whole line, only these octets. It must
    /// have the code 421, and ends the session. `None` waits on.
    fn silent(&mut self, _reception: &Reception, _unread: &[u8]) -> Option<ReplyBuf> {
        None
    }
    /// Takes note of what has passed, in the order in which it did.
    fn watch(&mut self, _passed: Passed<'_>) {}
}
