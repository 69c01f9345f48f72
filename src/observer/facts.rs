//! The facts of the session beside its state, and what an exchange makes of them. Facts, never lines.
//!
//! [`Facts::answered`] is the one place that moves them. What is not known of the session, since a reply may be another's, is
//! for pairing to say.

use super::exchange::{Declared, Exchange, Place};
use crate::session::state::is_of_no_such_command;
use crate::session::{Action, State};
use crate::syntax::{Body, EhloReply, Extension, Offer, ReplyCode};

/// What the session is, beside its state.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    pub(crate) state: State,
    /// LHLO was accepted.
    pub(crate) lmtp: bool,
    /// The extensions in force: those of the last reply to EHLO or LHLO.
    pub(crate) offer: Offer,
    pub(crate) hello: Hello,
    pub(crate) authenticated: bool,
    pub(crate) transaction: Transaction,
    /// BDAT LAST has ended a transaction, and since then there was no MAIL, and nothing that clears one.
    pub(crate) last: Option<LastChunk>,
    /// It is not known where the session stands, until a hello, RSET or MAIL succeeds: a reply that its command cannot have came
    /// to one that moves the session, a server may take the transaction for spoilt by a BDAT that it has refused, or it has done
    /// what a line of a chunk says.
    pub(crate) unclear: bool,
    /// The code of a greeting that was a refusal.
    pub(crate) refusal: Option<ReplyCode>,
    /// EHLO was answered with 500 or 502, here.
    pub(crate) ehlo_refused: Option<Place>,
    /// DATA was refused, and no command has come since: what comes may be content for which there was no 354.
    pub(crate) unasked: Option<Unasked>,
    pub(crate) quit_sent: bool,
    /// 221 to QUIT, or 421.
    pub(crate) ended: bool,
    pub(crate) encrypted: bool,
    pub(crate) messages: u64,
}

/// What the last hello that was accepted has brought, beside the offer.
#[derive(Clone, Copy, Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts of one reply")]
pub(crate) struct Hello {
    /// It was EHLO or LHLO.
    pub(crate) extended: bool,
    /// A keyword was neither registered nor private: what it allows is not known here.
    pub(crate) unregistered: bool,
    /// A keyword was private (X-).
    pub(crate) private: bool,
    /// SMTPUTF8 had parameters.
    pub(crate) utf8_parameters: bool,
    /// Replies have enhanced codes: the last EHLO or LHLO that was accepted was offered ENHANCEDSTATUSCODES. HELO does not change it.
    pub(crate) enhanced: bool,
}

/// Content for which there was no 354.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unasked {
    /// None has come.
    Possible,
    Reported,
}

/// How the last chunk of the last transaction was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LastChunk {
    Accepted,
    Refused,
}

/// What has become of the chunks of a transaction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Chunks {
    /// No BDAT was answered.
    #[default]
    None,
    Sent,
    /// One was refused, and CHUNKING was offered: the transaction waits for RSET (RFC 3030 section 2).
    Refused,
}

/// What the place of a command depends on beside the state.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Past {
    /// A RCPT was answered in the transaction.
    pub(crate) tried: bool,
    pub(crate) chunks: Chunks,
    /// The last transaction ended with BDAT LAST.
    pub(crate) last: Option<LastChunk>,
    pub(crate) body: Body,
}

/// The open transaction.
#[derive(Clone, Debug, Default)]
pub(crate) struct Transaction {
    pub(crate) mail: Declared,
    pub(crate) recipients: u32,
    /// 355: it goes on where it was interrupted, with the recipients it had then (RFC 1845 section 3).
    pub(crate) resumed: bool,
    /// A RCPT was answered, with whatever code.
    pub(crate) tried: bool,
    pub(crate) chunks: Chunks,
    /// A RCPT was answered with 452 or 552: there were too many (RFC 5321 section 4.5.3.1.10).
    pub(crate) too_many: bool,
    /// One of the replies to its message has accepted it.
    counted: bool,
}

impl Facts {
    pub(crate) fn offers(&self, extension: Extension) -> bool {
        self.offer.extensions.contains(extension)
    }

    pub(crate) fn past(&self) -> Past {
        let Transaction { tried, chunks, mail, .. } = self.transaction;
        Past { tried, chunks, last: self.last, body: mail.body }
    }

    /// Returns `true` if the server has to take the chunk of a BDAT (RFC 3030 section 2). `sound`: its syntax is right.
    pub(crate) fn owes_chunk(&self, sound: bool) -> bool {
        sound && self.offers(Extension::Chunking)
    }

    /// The server has refused the whole session (RFC 7504 section 3: 521).
    pub(crate) fn takes_no_mail(&self) -> bool {
        self.refusal == Some(ReplyCode::DOES_NOT_ACCEPT_MAIL)
    }

    /// What a hello, RSET or the end of a transaction leaves.
    pub(crate) fn clear_transaction(&mut self) {
        self.transaction = Transaction::default();
        self.last = None;
    }

    /// A message is over whose reply has not come, and will not.
    pub(crate) fn end_message(&mut self) {
        self.state = State::Ready;
        self.clear_transaction();
    }

    /// What an exchange makes of the session. `astray`: its reply may be another's.
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
                // What follows belongs to it, however it was answered.
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
                // What the proxy was is nothing that the client behind it is.
                self.offer = Offer::default();
                self.authenticated = false;
                self.clear_transaction();
            }
            A::Quit if success => self.ended = true,
            _ => {}
        }
        if sent.is_bdat() && !offered && !success {
            // Whether the server knows BDAT is not known, so nothing is spoilt.
            self.state = before;
        }
    }

    /// One of the replies to a message, which came in this state.
    fn message(&mut self, exchange: &Exchange<'_>, before: State) {
        let Exchange { sent, code, .. } = exchange;
        let has_recipients = !self.lmtp || self.transaction.recipients > 0 || self.unclear;
        if exchange.succeeds() && has_recipients && !self.transaction.counted {
            self.transaction.counted = true;
            self.messages = self.messages.saturating_add(1);
        }
        // A last chunk that is refused for want of recipients ends nothing.
        if !exchange.more && !self.state.in_transaction() {
            // Nor does one that is refused for its place, its syntax or what a policy wants first.
            let ended = (matches!(before, State::Rcpt | State::Bdat) || sent.replies > 1)
                && !matches!(code.get(), 500..=503 | 530);
            let last = ended && sent.action == Action::BdatLast && self.state == State::Ready;
            let how = if exchange.succeeds() { LastChunk::Accepted } else { LastChunk::Refused };
            self.clear_transaction();
            self.last = last.then_some(how);
        }
    }

    /// A hello was accepted.
    fn greeted(&mut self, exchange: &Exchange<'_>) {
        let action = exchange.sent.action;
        self.clear_transaction();
        self.offer = Offer::default();
        self.hello = Hello { extended: action != Action::Helo, enhanced: self.hello.enhanced, ..Hello::default() };
        self.lmtp |= action == Action::Lhlo;
        self.ehlo_refused = None;
        let reply = exchange.reply.filter(|_| action != Action::Helo);
        let Some(ehlo) = reply.and_then(|reply| EhloReply::from_reply(*reply)) else { return };
        let hello = &mut self.hello;
        self.offer = ehlo.offer_and(|capability| match (capability.extension(), capability.keyword.as_bytes()) {
            (Some(Extension::SmtpUtf8), _) => hello.utf8_parameters |= capability.words().next().is_some(),
            (Some(_), _) => {}
            (None, [b'X' | b'x', ..]) => hello.private = true,
            (None, _) => hello.unregistered = true,
        });
        self.hello.enhanced = self.offers(Extension::EnhancedStatusCodes);
    }
}

/// Returns `true` if a success of it moves the session to another state, or gives it other offers.
fn moves(action: Action) -> bool {
    use Action as A;
    matches!(
        action,
        A::Helo | A::Ehlo | A::Lhlo | A::Mail | A::Rcpt | A::Data | A::Bdat | A::Burl | A::Rset | A::Xclient
    )
}

/// Returns `true` if something is over with its reply, whatever that is.
fn ends(action: Action) -> bool {
    matches!(action, Action::Content | Action::BdatLast | Action::BurlLast | Action::Response)
}
