//! What the observer remembers of the session, and of the open transaction. Facts, never lines.

use super::content::Checker;
use super::violation::ViolationKind;
use crate::session::{Action, State};
use crate::syntax::{Body, Extension, Offer, ReplyCode};

/// A place in what one end sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The octet, counted from 0.
    pub(super) offset: u64,
    /// The line, counted from 1.
    pub(super) line: u64,
}

impl Place {
    pub(super) const START: Self = Self { offset: 0, line: 1 };

    /// The octet before, on the same line.
    pub(super) fn back(self) -> Self {
        Self { offset: self.offset.saturating_sub(1), ..self }
    }

    /// The place behind so many octets of one line.
    pub(super) fn behind_text(self, length: usize) -> Self {
        Self { offset: self.offset.saturating_add(length as u64), ..self }
    }

    /// The place behind a line of so many octets, its LF among them.
    pub(super) fn behind_line(self, length: usize) -> Self {
        Self { line: self.line.saturating_add(1), ..self.behind_text(length) }
    }

    /// The place behind this octet.
    pub(super) fn next(self, octet: u8) -> Self {
        Self { offset: self.offset.saturating_add(1), line: self.line.saturating_add(u64::from(octet == b'\n')) }
    }

    /// The place behind these octets.
    pub(super) fn behind(self, octets: &[u8]) -> Self {
        if octets.is_empty() {
            return self;
        }
        match memchr::memchr(b'\n', octets).map(|at| octets.len().saturating_sub(at)) {
            None => self.behind_text(octets.len()),
            // Most often it is one line.
            Some(1) => self.behind_line(octets.len()),
            Some(_) => {
                let lines = memchr::memchr_iter(b'\n', octets).count();
                Self { line: self.line.saturating_add(lines as u64), ..self.behind_text(octets.len()) }
            }
        }
    }
}

/// What the session is, beside its state.
#[derive(Clone, Debug, Default)]
pub(super) struct Session {
    pub(super) state: State,
    /// LHLO was accepted.
    pub(super) lmtp: bool,
    /// The extensions in force: those of the last reply to EHLO or LHLO.
    pub(super) offer: Offer,
    /// The last hello that was accepted was EHLO or LHLO.
    pub(super) extended: bool,
    /// That reply had a keyword that is neither registered nor private: what it allows is not known here.
    pub(super) unregistered: bool,
    /// That reply had a private keyword (X-).
    pub(super) private: bool,
    /// The last EHLO or LHLO that was accepted was offered ENHANCEDSTATUSCODES.
    pub(super) enhanced: bool,
    pub(super) authenticated: bool,
    pub(super) transaction: Transaction,
    pub(super) outgoing: Outgoing,
    /// BDAT LAST has ended a transaction, and since then there was no MAIL, and nothing that clears one.
    pub(super) last: Option<LastChunk>,
    /// A reply that its command cannot have came to one that moves the session, or a success to a line of a chunk: it is not known
    /// where the session stands, until a hello, RSET or MAIL succeeds.
    pub(super) unclear: bool,
    /// It is not known which command a reply answers, until one comes that only one of those in flight can have, or a hello succeeds.
    pub(super) astray: bool,
    /// The code of a greeting that was a refusal.
    pub(super) refusal: Option<ReplyCode>,
    /// EHLO was answered with 500 or 502, here.
    pub(super) ehlo_refused: Option<Place>,
    /// DATA was refused, and no command has come since.
    pub(super) data_refused: bool,
    /// Content for which there was no 354 was reported.
    pub(super) content_reported: bool,
    pub(super) quit_sent: bool,
    /// 221 to QUIT, or 421.
    pub(super) ended: bool,
    pub(super) encrypted: bool,
    pub(super) messages: u64,
    /// One of the replies to the message at hand has accepted it.
    pub(super) message_counted: bool,
}

impl Session {
    pub(super) fn offers(&self, extension: Extension) -> bool {
        self.offer.extensions.contains(extension)
    }

    /// What a hello, RSET or the end of a transaction leaves behind.
    pub(super) fn clear_transaction(&mut self) {
        self.transaction = Transaction::default();
        self.last = None;
    }

    /// What the place of a command depends on beside the state.
    pub(super) fn past(&self) -> Past {
        Past { tried: self.transaction.tried, chunks: self.transaction.chunks, last: self.last }
    }
}

/// How the last chunk of the last transaction was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LastChunk {
    Accepted,
    Refused,
}

/// What has become of the chunks of a transaction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Chunks {
    /// No BDAT was answered.
    #[default]
    None,
    Sent,
    /// One was refused, and CHUNKING was offered: the transaction waits for RSET (RFC 3030 section 2).
    Refused,
}

/// What came before a command, beside the state.
#[derive(Clone, Copy, Debug)]
pub(super) struct Past {
    /// A RCPT was answered in the transaction.
    pub(super) tried: bool,
    pub(super) chunks: Chunks,
    /// The last transaction ended with BDAT LAST.
    pub(super) last: Option<LastChunk>,
}

/// The open transaction.
#[derive(Clone, Debug, Default)]
pub(super) struct Transaction {
    pub(super) mail: MailFacts,
    pub(super) recipients: u32,
    /// 355: it goes on where it was interrupted, with the recipients it had then (RFC 1845 section 3).
    pub(super) resumed: bool,
    /// A RCPT was answered, with whatever code.
    pub(super) tried: bool,
    pub(super) chunks: Chunks,
    /// A RCPT was answered with 452 or 552: there were too many (RFC 5321 section 4.5.3.1.10).
    pub(super) too_many: bool,
}

/// The message that the client is sending, which may be ahead of the replies.
#[derive(Clone, Debug, Default)]
pub(super) struct Outgoing {
    /// Octets of content so far.
    pub(super) size: u64,
    /// The lines of a message that comes in chunks.
    pub(super) chunks: Option<Checker>,
    /// A MAIL came in its midst.
    pub(super) nested_mail: bool,
}

/// What MAIL declared.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct MailFacts {
    pub(super) size: Option<u64>,
    pub(super) body: Body,
    pub(super) smtputf8: bool,
}

/// What is wrong with an action in this state, by the client.
pub(super) fn out_of_place(state: State, action: Action, past: Past) -> Option<ViolationKind> {
    use {Action as A, State as S, ViolationKind as V};
    if state == S::Failed {
        return match action {
            A::Bdat | A::BdatLast | A::Burl | A::BurlLast => Some(V::BdatAfterFailure),
            A::Rset | A::Quit | A::Ehlo | A::Helo | A::Lhlo => None,
            _ => Some(V::TransactionNotReset),
        };
    }
    let not_reset = match state {
        S::Ready => past.last == Some(LastChunk::Refused),
        S::Mail | S::Rcpt => past.chunks == Chunks::Refused,
        _ => false,
    };
    if action == A::Data && not_reset {
        return Some(V::TransactionNotReset);
    }
    if matches!(action, A::Noop | A::Help | A::Vrfy | A::Expn | A::Rset) && state == S::Start {
        return Some(V::CommandBeforeHello);
    }
    if state.permits(action) {
        return None;
    }
    match (action, state) {
        (A::Mail, S::Start) => Some(V::MailBeforeHello),
        (A::Mail, _) if state.in_transaction() => Some(V::NestedMail),
        (A::Data, S::Bdat) => Some(V::DataAfterBdat),
        (A::Data | A::Bdat | A::BdatLast | A::Burl | A::BurlLast, S::Mail) if past.tried => None,
        (A::Bdat | A::BdatLast, S::Ready) if past.last.is_some() => Some(V::BdatAfterLast),
        (
            A::Rcpt | A::Data | A::Bdat | A::BdatLast | A::Burl | A::BurlLast,
            S::Start | S::Ready | S::Mail | S::Bdat,
        ) => Some(V::CommandOutOfOrder),
        (A::Auth, _) if state.in_transaction() => Some(V::AuthInTransaction),
        (A::Etrn, _) if state.in_transaction() => Some(V::EtrnInTransaction),
        _ => None,
    }
}

/// Returns `true` if it is a fault only if the session stands where the observer takes it to stand, and offers what it seems to.
pub(super) fn depends_on_session(kind: ViolationKind) -> bool {
    use ViolationKind as V;
    matches!(
        kind,
        V::CommandBeforeHello
            | V::MailBeforeHello
            | V::NestedMail
            | V::CommandOutOfOrder
            | V::PipeliningNotOffered
            | V::MailParameterNotOffered
            | V::RcptParameterNotOffered
            | V::Utf8NotOffered
            | V::Utf8NotRequested
            | V::StartTlsNotOffered
            | V::AuthNotOffered
            | V::AuthInTransaction
            | V::BdatNotOffered
            | V::BdatAfterFailure
            | V::BdatAfterLast
            | V::DataAfterBdat
            | V::DataWithBinaryMime
            | V::TransactionNotReset
            | V::ExtensionNotOffered
            | V::EtrnInTransaction
            | V::OutOfSequenceWrongly
            | V::OfferedNotImplemented
            | V::NestedMailAccepted
            | V::RcptWithoutMailAccepted
            | V::DataWithoutRecipientsAccepted
            | V::ParameterAccepted
            | V::UnlistedCommandAccepted
            | V::AuthInTransactionNotRefused
            | V::BdatAfterLastNotRefused
            | V::DataAfterBdatNotRefused
            | V::BinaryMimeDataNotRefused
            | V::LmtpDataNotRefused
    )
}
