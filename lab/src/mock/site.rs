//! The decisions of the mock server: it takes mail from anybody, unless a fault is switched on. The driver asks for them.

use super::desk::{Desk, Message, Visit};
use super::fault::Place;
use crate::driver::{Answer, Handler, Passed};
use crate::output::say;
use smtp_core::observer::Side;
use smtp_core::sasl::Credentials;
use smtp_core::session::State;
use smtp_core::session::reception::{Envelope, Reception};
use smtp_core::syntax::{Command, Mail, Rcpt, ReplyBuf, ReplyCode};
use smtp_testkit::recording::Record;
use std::sync::Arc;

/// One connection to the mock server.
pub(crate) struct Guest {
    pub(crate) desk: Arc<Desk>,
    pub(crate) visit: Arc<Visit>,
}

impl Guest {
    fn failed(error: impl std::fmt::Display) -> ReplyBuf {
        ReplyBuf::lossy(ReplyCode::INSUFFICIENT_STORAGE, &format!("4.3.1 cannot store the message: {error}"))
    }
}

impl Handler for Guest {
    type Message = Vec<u8>;

    async fn connected(&mut self) -> Answer {
        self.desk.faults.at(Place::Greeting).await
    }

    async fn command(&mut self, command: &Command<'_>) -> Answer {
        self.desk.faults.at_verb(command.verb()).await
    }

    /// Accepts any user and password.
    async fn authenticate(&mut self, _: &Credentials) -> Answer<bool> {
        self.desk.faults.at(Place::Auth).await.map(|()| true)
    }

    async fn mail(&mut self, _: &Envelope, _: &Mail<'_>) -> Answer {
        self.desk.faults.at(Place::Mail).await
    }

    async fn recipient(&mut self, _: &Envelope, rcpt: &Rcpt<'_>) -> Answer {
        self.desk.faults.at(Place::Rcpt).await?;
        // Quotes are no part of what a local-part means.
        let mailbox = rcpt.forward_path.mailbox();
        let local: Vec<u8> = mailbox.iter().flat_map(|to| to.local_part().content()).collect();
        if local.starts_with(b"no") {
            return Err(ReplyBuf::lossy(ReplyCode::MAILBOX_UNAVAILABLE, "5.1.1 Not here").into());
        }
        if local.starts_with(b"later") {
            return Err(ReplyBuf::lossy(ReplyCode::MAILBOX_TEMPORARILY_UNAVAILABLE, "4.2.1 Not here now").into());
        }
        Ok(())
    }

    async fn begin(&mut self, _: &Reception) -> Answer<Vec<u8>> {
        self.desk.faults.at(Place::Data).await.map(|()| Vec::new())
    }

    async fn write(&mut self, message: &mut Vec<u8>, octets: &[u8]) -> Answer {
        message.extend_from_slice(octets);
        self.desk.faults.at(Place::Content).await
    }

    async fn finish(&mut self, content: Vec<u8>, envelope: &Envelope) -> Answer {
        self.desk.faults.at(Place::Eod).await?;
        let message = Message::new(self.visit.id, envelope, content);
        let desk = Arc::clone(&self.desk);
        let kept = tokio::task::spawn_blocking(move || desk.keep(message)).await;
        kept.map_err(Self::failed)?.map_err(Self::failed)?;
        Ok(())
    }

    /// Explains a line that ends in a bare LF to a person at `nc`, who would wait for ever.
    fn silent(&mut self, reception: &Reception, unread: &[u8]) -> Option<ReplyBuf> {
        let is_line = reception.state().takes_commands() || reception.state() == State::Auth;
        let is_line = is_line && reception.chunk().is_none();
        (is_line && unread.ends_with(b"\n")).then(|| {
            ReplyBuf::lossy(
                ReplyCode::SERVICE_NOT_AVAILABLE,
                "4.5.2 Your line ends in a bare LF, and a line of SMTP ends in CR LF (RFC 5321 section 2.3.8).\n\
                 With nc use the option -C or -c, or: openssl s_client -crlf",
            )
        })
    }

    fn watch(&mut self, passed: Passed<'_>) {
        let record = match passed {
            Passed::Read(octets) => Record::Data(Side::Client, octets.to_vec()),
            Passed::Wrote(octets) => Record::Data(Side::Server, octets.to_vec()),
            Passed::ClientClosed => Record::Eof(Side::Client),
            Passed::ServerClosed => Record::Eof(Side::Server),
            Passed::Tls => return self.visit.watcher().begin_tls(),
            Passed::Over => return self.desk.leave(&self.visit),
        };
        let printed = self.visit.watcher().take(record);
        if !self.desk.quiet {
            let tagged: String = printed.lines().map(|line| format!("#{} {line}\n", self.visit.id)).collect();
            if !tagged.is_empty() {
                say(&tagged);
            }
        }
    }
}
