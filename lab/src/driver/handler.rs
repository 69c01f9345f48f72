//! What the owner of a server decides: [`Handler`]. The driver calls it; it must not touch the connection.

use smtp_core::sasl::Credentials;
use smtp_core::session::reception::{Envelope, Reception};
use smtp_core::syntax::{Command, Mail, Rcpt, ReplyBuf};
use std::future::{Future, ready};

/// Why something is not done.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// This is answered: a reply of class 4yz or 5yz.
    Reply(ReplyBuf),
    /// The connection is closed without a word.
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
    /// A message that is being received. It is dropped where the message comes to nothing.
    type Message: Send;

    /// Is this client welcome?
    fn connected(&mut self) -> impl Future<Output = Answer> + Send {
        ready(Ok(()))
    }
    /// A hello, STARTTLS, RSET, QUIT and the like: is the usual answer right?
    fn command(&mut self, _command: &Command<'_>) -> impl Future<Output = Answer> + Send {
        ready(Ok(()))
    }
    /// Are the credentials right?
    fn authenticate(&mut self, _credentials: &Credentials) -> impl Future<Output = Answer<bool>> + Send {
        ready(Ok(false))
    }
    /// May this sender send?
    fn mail(&mut self, _envelope: &Envelope, _mail: &Mail<'_>) -> impl Future<Output = Answer> + Send {
        ready(Ok(()))
    }
    /// Is mail taken for this recipient?
    fn recipient(&mut self, envelope: &Envelope, rcpt: &Rcpt<'_>) -> impl Future<Output = Answer> + Send;
    /// A message begins.
    fn begin(&mut self, reception: &Reception) -> impl Future<Output = Answer<Self::Message>> + Send;
    /// More of its content. While this waits, nothing is read, so the client waits as well.
    fn write(&mut self, message: &mut Self::Message, octets: &[u8]) -> impl Future<Output = Answer> + Send;
    /// The message is complete. With `Ok` this server is responsible for it, so it has to be stored by then.
    fn finish(&mut self, message: Self::Message, envelope: &Envelope) -> impl Future<Output = Answer> + Send;
    /// The client has been silent for a second, and these octets make no whole line. A reply, of the code 421, ends the session.
    fn silent(&mut self, _reception: &Reception, _unread: &[u8]) -> Option<ReplyBuf> {
        None
    }
    /// Something has passed, in the order in which it did.
    fn watch(&mut self, _passed: Passed<'_>) {}
}
