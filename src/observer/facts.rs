//! The facts of an observed session beside its state, and how an exchange changes them. The file keeps facts, never
//! lines.
//!
//! [`Facts::answered`] is the one place that changes them. Pairing, not this file, decides whether a reply may belong to
//! another command.

mod hello;

pub(crate) use hello::Hello;

use super::exchange::{Declared, Exchange, Place, Sent};
use crate::session::state::is_of_no_such_command;
use crate::session::{Action, State};
use crate::syntax::{Body, Extension, Extensions, Offer, ReplyCode};

/// The facts of the session.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    pub(crate) state: State,
    /// Whether LHLO was accepted.
    pub(crate) lmtp: bool,
    pub(crate) hello: Hello,
    pub(crate) authenticated: bool,
    pub(crate) transaction: Transaction,
    /// The result of the last BDAT LAST, if it ended a transaction and no MAIL has come since, and nothing that clears
    /// a transaction.
    pub(crate) last: Option<LastChunk>,
    /// Whether the state of the session is uncertain until a hello, RSET or MAIL succeeds. The reasons are: a command
    /// that moves the session got a reply that it cannot have; a server may have marked the transaction as failed
    /// because of a BDAT that it refused; or the server has executed a line of a chunk.
    pub(crate) unclear: bool,
    /// The code of the greeting, if that was a refusal.
    pub(crate) refusal: Option<ReplyCode>,
    /// The position of the reply if EHLO was answered with 500 or 502.
    pub(crate) ehlo_refused: Option<Place>,
    /// DATA was refused, and no command has come since: the next lines may be content that was sent without a 354.
    pub(crate) unasked: Option<Unasked>,
    pub(crate) quit_sent: bool,
    /// Whether the server has sent 221 to QUIT, or 421.
    pub(crate) ended: bool,
    pub(crate) encrypted: bool,
    pub(crate) messages: u64,
}

/// Content that was sent without a 354.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unasked {
    /// No content has come.
    Possible,
    Reported,
}

/// The reply to the last chunk of the last transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LastChunk {
    Accepted,
    Refused,
}

/// The result of the chunks of a transaction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Chunks {
    /// No BDAT was answered.
    #[default]
    None,
    Sent,
    /// One was refused although CHUNKING was offered: the transaction waits for RSET (RFC 3030 section 2).
    Refused,
}

/// The facts, beside the state, on which the place of a command depends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Past {
    /// Whether a RCPT was answered in the transaction.
    pub(crate) tried: bool,
    pub(crate) chunks: Chunks,
    /// Set if the last transaction ended with BDAT LAST.
    pub(crate) last: Option<LastChunk>,
    pub(crate) body: Body,
}

/// The open transaction.
#[derive(Clone, Debug, Default)]
pub(crate) struct Transaction {
    pub(crate) mail: Declared,
    pub(crate) recipients: u32,
    /// Whether MAIL was answered with 355: the transaction continues where it was interrupted, with the recipients that
    /// it had then (RFC 1845 section 3).
    pub(crate) resumed: bool,
    /// Whether a RCPT was answered, with any code.
    pub(crate) tried: bool,
    pub(crate) chunks: Chunks,
    /// Whether a RCPT was answered with 452 or 552: there were too many (RFC 5321 section 4.5.3.1.10).
    pub(crate) too_many: bool,
    /// Whether one of the replies to its message has accepted it.
    counted: bool,
}

impl Facts {
    /// Returns `true` if the server has offered the extension. Only then is the server blamed for not having it.
    pub(crate) fn offers(&self, extension: Extension) -> bool {
        self.hello.offer.extensions.contains(extension)
    }

    /// Returns `true` if the client may take the extension for offered. Only otherwise is anybody blamed for using it.
    pub(crate) fn may_offer(&self, extension: Extension) -> bool {
        self.hello.possible.contains(extension)
    }

    pub(crate) fn past(&self) -> Past {
        let Transaction { tried, chunks, mail, .. } = self.transaction;
        Past { tried, chunks, last: self.last, body: mail.body }
    }

    /// Returns `true` if the server must take the chunk of a BDAT (RFC 3030 section 2). `sound` says that its syntax is
    /// right.
    pub(crate) fn owes_chunk(&self, sound: bool) -> bool {
        sound && self.offers(Extension::Chunking)
    }

    /// Returns `true` if the server has refused the whole session (RFC 7504 section 3: 521).
    pub(crate) fn takes_no_mail(&self) -> bool {
        self.refusal == Some(ReplyCode::DOES_NOT_ACCEPT_MAIL)
    }

    /// Clears the transaction after a hello, RSET or the end of a message.
    pub(crate) fn clear_transaction(&mut self) {
        self.transaction = Transaction::default();
        self.last = None;
    }

    /// Ends a message whose reply has not come and will not come.
    pub(crate) fn end_message(&mut self) {
        self.state = State::Ready;
        self.clear_transaction();
    }

    /// Changes the facts after the client has taken a line that is not a reply for the reply to this. It is not known
    /// for which reply.
    pub(crate) fn answered_somehow(&mut self, sent: &Sent) {
        if sent.ends_message() {
            self.end_message();
        }
        if sent.is_hello() {
            self.hello = self.hello.then_unread(sent.action);
            self.lmtp |= sent.action == Action::Lhlo;
        }
        self.unclear |= moves(sent.action);
    }

    /// Changes the facts according to an exchange. `astray` says that the reply may belong to another command.
    pub(crate) fn answered(&mut self, exchange: &Exchange<'_>, astray: bool) {
        use Action as A;
        let (Exchange { sent, code, .. }, before) = (exchange, self.state);
        let success = exchange.succeeds();
        let offered = match sent.action {
            A::Bdat | A::BdatLast => self.offers(Extension::Chunking),
            A::Burl | A::BurlLast => self.offers(Extension::Burl),
            _ => true,
        };
        self.unclear |= exchange.misfits() && moves(sent.action);
        self.state = match (exchange.misfits(), offered) {
            (false, true) => before.after_offered(sent.action, *code),
            (false, false) => before.after(sent.action, *code),
            (true, _) if ends(sent.action) => before.after(sent.action, ReplyCode::TRANSACTION_FAILED),
            (true, _) => before,
        };
        if exchange.closes() {
            self.ended = true;
            return;
        }
        if sent.is_bdat() && self.state.in_transaction() {
            let refused = offered && exchange.fails();
            let chunks = &mut self.transaction.chunks;
            *chunks = if refused || *chunks == Chunks::Refused { Chunks::Refused } else { Chunks::Sent };
        }
        match sent.action {
            A::Greeting if exchange.fails() => self.refusal = Some(*code),
            A::Helo | A::Ehlo | A::Lhlo if success => {
                self.greeted(exchange);
                self.unclear = astray;
            }
            A::Ehlo if exchange.is_unknown() && sent.sound => self.ehlo_refused = Some(exchange.at),
            A::Mail => {
                // The next BDAT belongs to this MAIL, whatever the reply to it.
                self.last = None;
                if success || exchange.continues() {
                    let resumed = exchange.continues();
                    self.transaction = Transaction { mail: sent.declared, resumed, ..Transaction::default() };
                    self.unclear = astray;
                }
            }
            A::Rcpt => {
                let transaction = &mut self.transaction;
                transaction.tried = true;
                transaction.too_many |= matches!(code.get(), 452 | 552);
                transaction.recipients = transaction.recipients.saturating_add(u32::from(success));
            }
            A::Data if !exchange.continues() => {
                self.unasked = Some(Unasked::Possible);
                let transaction = &self.transaction;
                let spoilt = transaction.chunks != Chunks::None || transaction.mail.body == Body::BinaryMime;
                if spoilt && before == State::Rcpt && !is_of_no_such_command(sent.action, *code) {
                    // RFC 3030 sections 2 and 3: then the transaction waits for RSET.
                    self.state = State::Failed;
                }
            }
            A::Content | A::BdatLast | A::BurlLast => self.message(exchange, before),
            A::Rset if success => {
                self.clear_transaction();
                self.unclear = astray;
            }
            A::StartTls if success => self.encrypted = true,
            A::Auth | A::Response if success => self.authenticated = true,
            A::Xclient if success => {
                // The client after the proxy starts without the offer, the authentication and the transaction of the
                // proxy.
                self.hello.offer = Offer::default();
                self.hello.possible = Extensions::NONE;
                self.authenticated = false;
                self.clear_transaction();
            }
            A::Quit if success => self.ended = true,
            _ => {}
        }
        if sent.is_bdat() && !offered && !success {
            // It is not known whether the server knows BDAT, so the transaction has not failed.
            self.state = before;
        }
    }

    /// Processes one of the replies to a message. `before` is the state before the reply.
    fn message(&mut self, exchange: &Exchange<'_>, before: State) {
        let Exchange { sent, code, .. } = exchange;
        let has_recipients = !self.lmtp || self.transaction.recipients > 0 || self.unclear;
        if exchange.succeeds() && has_recipients && !self.transaction.counted {
            self.transaction.counted = true;
            self.messages = self.messages.saturating_add(1);
        }
        // A last chunk that is refused because there are no recipients ends nothing.
        if !exchange.more && !self.state.in_transaction() {
            // A last chunk does not end the transaction either if it is refused for its sequence, its syntax or a
            // policy.
            let ended = (matches!(before, State::Rcpt | State::Bdat) || sent.replies > 1)
                && !matches!(code.get(), 500..=503 | 530);
            let last = ended && sent.action == Action::BdatLast && self.state == State::Ready;
            let how = if exchange.succeeds() { LastChunk::Accepted } else { LastChunk::Refused };
            self.clear_transaction();
            self.last = last.then_some(how);
        }
    }

    /// Processes a hello that was accepted.
    fn greeted(&mut self, exchange: &Exchange<'_>) {
        self.clear_transaction();
        self.hello = self.hello.then(exchange);
        self.lmtp |= exchange.sent.action == Action::Lhlo;
        self.ehlo_refused = None;
    }
}

/// Returns `true` if a success of the action changes the state of the session or its offer.
fn moves(action: Action) -> bool {
    use Action as A;
    matches!(
        action,
        A::Helo | A::Ehlo | A::Lhlo | A::Mail | A::Rcpt | A::Data | A::Bdat | A::Burl | A::Rset | A::Xclient
    )
}

/// Returns `true` if something ends with the reply to the action, whatever the reply is.
fn ends(action: Action) -> bool {
    matches!(action, Action::Content | Action::BdatLast | Action::BurlLast | Action::Response)
}
