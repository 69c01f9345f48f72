//! What a client knows of its session. None of these calls changes it.

use super::{Client, ClientConfig, Fate};
use crate::session::{Action, Hello, State, Timer};
use crate::syntax::{Extensions, Offer};

impl Client {
    /// Returns the state of the session that the replies have confirmed.
    #[must_use]
    pub const fn state(&self) -> State {
        self.facts.state()
    }

    /// Returns `true` if there is more to read. After QUIT, 421 or an error, write the rest of the output and close the
    /// connection.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        !matches!(self.state(), State::Closed)
    }

    /// Returns the configuration.
    #[must_use]
    pub const fn config(&self) -> &ClientConfig {
        &self.config
    }

    /// Returns the hello that was accepted last.
    #[must_use]
    pub const fn hello(&self) -> Hello {
        self.facts.hello()
    }

    /// Returns the extensions in force: those of the [offer](Self::offer).
    #[must_use]
    pub const fn extensions(&self) -> Extensions {
        self.offer.extensions
    }

    /// Returns the last offer of the server. It is empty without EHLO.
    #[must_use]
    pub const fn offer(&self) -> &Offer {
        &self.offer
    }

    /// Returns `true` if the session is within TLS.
    #[must_use]
    pub const fn is_tls(&self) -> bool {
        self.facts.is_tls()
    }

    /// Returns `true` if an AUTH has succeeded.
    #[must_use]
    pub const fn is_authenticated(&self) -> bool {
        self.facts.is_authenticated()
    }

    /// Returns `true` if SMTPUTF8 is in force in the transaction, or in that of a MAIL that was sent since then.
    #[must_use]
    pub fn is_smtputf8(&self) -> bool {
        (self.state().in_transaction() || self.in_flight.has_mail()) && self.facts.declared().smtputf8
    }

    /// Returns the number of accepted recipients of the transaction.
    #[must_use]
    pub const fn recipients(&self) -> u32 {
        self.facts.recipients()
    }

    /// Returns the number of octets of the chunk after BDAT that are still to be sent.
    #[must_use]
    pub const fn chunk_remaining(&self) -> u64 {
        self.chunk
    }

    /// Returns `true` if the last octets of the server end in a LF without CR, which does not end a line: the server
    /// may believe that its reply is complete, while the client waits for a CRLF. Without this the only symptom is a
    /// timeout, so report it.
    #[must_use]
    pub const fn awaits_crlf_after_lf(&self) -> bool {
        self.replies.awaits_crlf_after_lf()
    }

    /// Returns the actions without a reply, in order, beginning with the greeting if it is awaited. In LMTP, content
    /// that is owed several replies counts once, until the last of them.
    pub fn awaiting(&self) -> impl Iterator<Item = Action> + '_ {
        self.awaits_greeting().then_some(Action::Greeting).into_iter().chain(self.in_flight.iter())
    }

    /// Returns the timer that applies ([RFC 5321 section
    /// 4.5.3.2](https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.2)), if anything is awaited. Start it again after
    /// each event and each block of content.
    #[must_use]
    pub fn timer(&self) -> Option<Timer> {
        if self.chunk > 0 {
            return Some(Timer::Block);
        }
        let first = if self.awaits_greeting() { Some(Action::Greeting) } else { self.in_flight.front() };
        let Some(first) = first else { return self.takes_content().then_some(Timer::Block) };
        Some(match first {
            Action::Greeting => Timer::Greeting,
            Action::Mail => Timer::Mail,
            Action::Rcpt => Timer::Rcpt,
            Action::Data => Timer::Data,
            Action::Content | Action::BdatLast | Action::BurlLast => Timer::Content,
            Action::Atrn => Timer::Atrn,
            _ => Timer::Reply,
        })
    }

    /// Returns the delivery status of the current message if the connection is lost now, or after the session has
    /// ended. Octets count as sent once they were appended to `out`. If the next transaction was begun before the
    /// content of this one was answered, the status is that of this one; nothing of the next was delivered.
    ///
    /// The status applies to the recipients without their own reply. A refusal of RCPT remains in effect, and in LMTP
    /// so does each reply to the message ([RFC 2033 section 5](https://www.rfc-editor.org/rfc/rfc2033#section-5)).
    #[must_use]
    pub fn fate(&self) -> Fate {
        match self.state() {
            State::Closed => self.fate,
            state => self.fate_in(state),
        }
    }
}
