//! The facts of a session: its state, what is known besides the state, and the changes that a reply makes to both.
//!
//! Both ends of a session see the same pairs of action and reply, so both know the same facts, and so does an observer.
//! This file keeps them for all three and does not depend on the end. [`Server`](super::Server) adds the demands and
//! answers of its caller, [`Client`](super::Client) its actions in flight. The offer in force stays with them, because
//! a server's offer is its configuration. This file must not know octets, nor need anything that a reply does not say.

use super::Hello;
use super::state::{Action, State, is_of_no_such_command};
use crate::syntax::{
    Body, Command, Extension, Extensions, ParameterName, ParameterValue, Parameters, ReplyClass, ReplyCode, Verb,
};

/// The facts that both ends of a session know from the replies: the [`State`], and what is known besides it.
///
/// [`Server`](super::Server) and [`Client`](super::Client) use it. Use it yourself to follow a session in which
/// commands are sent without a `Client` or read without a `Server`.
///
/// ```
/// use smtp_core::session::{Action, Facts, State};
/// use smtp_core::syntax::ReplyCode;
///
/// let mut facts = Facts::default();
/// let hello = [(Action::Greeting, 220), (Action::Ehlo, 250)];
/// let envelope = [(Action::Mail, 250), (Action::Rcpt, 251)];
/// for (action, code) in hello.into_iter().chain(envelope) {
///     facts.answered(action, ReplyCode::new(code).unwrap());
/// }
/// assert_eq!((facts.state(), facts.recipients()), (State::Rcpt, 1));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    state: State,
    hello: Hello,
    tls: bool,
    authenticated: bool,
    /// Whether ATRN was accepted.
    turned: bool,
    /// The code of the greeting, if it was a refusal.
    refusal: Option<ReplyCode>,
    transaction: Transaction,
    /// The declarations of the last MAIL, whether it was accepted or not.
    declared: Declared,
    /// The MAIL commands in the session, and the RCPT commands since the last MAIL, accepted or not (RFC 9422).
    mail_commands: u32,
    rcpt_commands: u32,
}

/// The open transaction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Transaction {
    /// The number of accepted recipients.
    recipients: u32,
    /// Whether MAIL was answered with 355: the recipients are those of the interrupted transaction (RFC 1845).
    resumed: bool,
    spoilt: Spoilt,
}

/// A refusal within a transaction that stays open, so that more content might not be what the client intended. Ordered
/// by weight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Spoilt {
    #[default]
    No,
    /// A MAIL was refused that should have begun another transaction; the RSET before it was refused too.
    ByMail,
    /// A BURL was refused: the message would begin in its middle, or after its last chunk (RFC 3030 section 2).
    ByBurl,
    /// A BDAT was refused: as for BURL, and DATA is no longer permitted.
    ByBdat,
}

/// The declarations in the parameters of MAIL that a session has to know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Declared {
    /// BODY: whether the content is binary or text.
    pub(crate) body: Body,
    /// Whether SMTPUTF8 is declared.
    pub(crate) smtputf8: bool,
    /// Whether TRANSID is declared: the transaction may resume where it was interrupted.
    pub(crate) resumable: bool,
}

impl Declared {
    /// Reads the parameters of MAIL. If a parameter is repeated, the first counts.
    pub(crate) fn of(parameters: Parameters<'_>) -> Self {
        Self {
            body: match parameters.find(ParameterName::Body) {
                Some(ParameterValue::Body(body)) => body,
                _ => Body::default(),
            },
            smtputf8: parameters.find(ParameterName::SmtpUtf8).is_some(),
            resumable: parameters.find(ParameterName::TransId).is_some(),
        }
    }

    /// Returns `true` for BINARYMIME, which cannot be sent with DATA and is the only content that is not text (RFC 3030
    /// section 3).
    pub(crate) const fn is_binary(self) -> bool {
        matches!(self.body, Body::BinaryMime)
    }
}

/// The reason why a command is not permitted. Server, client and observer each report it in their own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Misplaced {
    /// The greeting was a refusal with this code: only QUIT is permitted (RFC 5321 section 3.1).
    NoService(ReplyCode),
    /// HELO and EHLO in LMTP, or LHLO in SMTP (RFC 2033 section 4.1).
    OtherProtocol,
    /// No extension offers it: SEND, SOML, SAML, TURN, and everything unregistered.
    Unregistered,
    /// The extension of the verb is not offered.
    NotOffered(Extension),
    /// STARTTLS within TLS (RFC 3207 section 4.2), or AUTH after an AUTH that succeeded (RFC 4954 section 4).
    Repeated,
    /// DATA for BODY=BINARYMIME (RFC 3030 section 3).
    BinaryData,
    /// The command cannot follow a chunk that was refused (RFC 3030 section 2).
    AfterRefusal,
    /// Content was sent before any recipient was accepted ([RFC 5321 section
    /// 3.3](https://www.rfc-editor.org/rfc/rfc5321#section-3.3)).
    NoRecipients,
    /// The table of states does not permit it.
    State,
}

/// Returns the extension that a server has to offer before a client sends the verb. VRFY, EXPN and HELP are commands of
/// RFC 5321 itself and may be tried.
#[inline]
pub(crate) const fn needed(verb: Verb) -> Option<Extension> {
    match verb {
        Verb::Vrfy | Verb::Expn | Verb::Help => None,
        verb => verb.offered_by(),
    }
}

/// Checks that the protocol has the verb, and that the extension `needed` is offered. [`Verb::Unknown`] always passes:
/// whether a verb is registered is checked elsewhere.
#[inline]
pub(crate) const fn is_offered(
    verb: Verb,
    needed: Option<Extension>,
    offered: Extensions,
    lmtp: bool,
) -> Result<(), Misplaced> {
    match (needed, verb) {
        (Some(needed), _) if offered.contains(needed) => Ok(()),
        (Some(needed), _) => Err(Misplaced::NotOffered(needed)),
        (None, Verb::Helo | Verb::Ehlo) if lmtp => Err(Misplaced::OtherProtocol),
        (None, Verb::Lhlo) if !lmtp => Err(Misplaced::OtherProtocol),
        (None, Verb::Send | Verb::Soml | Verb::Saml | Verb::Turn) => Err(Misplaced::Unregistered),
        _ => Ok(()),
    }
}

impl Facts {
    /// Records that the connection is over TLS from the start.
    pub(crate) const fn set_tls(&mut self) {
        self.tls = true;
    }

    /// Returns the state of the session.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// Returns the hello that was accepted last. It is `None` after XCLIENT and the TLS handshake.
    #[must_use]
    pub const fn hello(&self) -> Hello {
        self.hello
    }

    /// Returns `true` if the session is within TLS.
    #[must_use]
    pub const fn is_tls(&self) -> bool {
        self.tls
    }

    /// Returns `true` if an AUTH has succeeded.
    #[must_use]
    pub const fn is_authenticated(&self) -> bool {
        self.authenticated
    }

    /// Returns the number of accepted recipients of the transaction.
    #[must_use]
    pub const fn recipients(&self) -> u32 {
        self.transaction.recipients
    }

    /// Returns `true` if the roles were exchanged: ATRN was accepted ([RFC 2645 section
    /// 5.2.2](https://www.rfc-editor.org/rfc/rfc2645#section-5.2.2)).
    #[must_use]
    pub const fn is_turned(&self) -> bool {
        self.turned
    }

    /// Returns `true` after a 355: the recipients are those of the interrupted transaction.
    pub(crate) const fn is_resumed(&self) -> bool {
        self.transaction.resumed
    }

    pub(crate) const fn spoilt(&self) -> Spoilt {
        self.transaction.spoilt
    }

    /// Returns the declarations of the last MAIL.
    pub(crate) const fn declared(&self) -> Declared {
        self.declared
    }

    pub(crate) const fn mail_commands(&self) -> u32 {
        self.mail_commands
    }

    pub(crate) const fn rcpt_commands(&self) -> u32 {
        self.rcpt_commands
    }

    /// Records a permitted command that a client has sent. The declarations of MAIL apply to what follows.
    pub fn sent(&mut self, command: &Command<'_>) {
        self.done(Action::of(command));
        if let Command::Mail(mail) = command {
            self.begun(Declared::of(mail.parameters));
        }
    }

    /// Counts an action of a client. RFC 9422 counts each MAIL and RCPT, whether it is accepted or not.
    pub(crate) const fn done(&mut self, action: Action) {
        match action {
            Action::Mail => self.mail_commands = self.mail_commands.saturating_add(1),
            Action::Rcpt => self.rcpt_commands = self.rcpt_commands.saturating_add(1),
            _ => {}
        }
    }

    /// Records a MAIL that is permitted: what follows belongs to it, unless it is refused.
    pub(crate) const fn begun(&mut self, declared: Declared) {
        self.declared = declared;
        self.rcpt_commands = 0;
    }

    /// Ends the session without a reply: the connection is lost or will be closed. The other facts stay.
    pub const fn close(&mut self) {
        self.state = State::Closed;
    }

    /// Records the last reply to an action. Every change that a reply makes is made here, except for the offer.
    ///
    /// If a server refuses a command that it did not offer, pass [`Action::Other`], whatever its verb. Otherwise the
    /// command could spoil a transaction of a server that does not know it.
    #[inline]
    pub fn answered(&mut self, action: Action, code: ReplyCode) {
        match code.class() {
            ReplyClass::TransientFailure | ReplyClass::PermanentFailure => self.refused(action, code),
            class => self.accepted(action, code, class == ReplyClass::Success),
        }
        if !self.state.in_transaction() {
            self.transaction = Transaction::default();
        }
    }

    #[inline]
    fn accepted(&mut self, action: Action, code: ReplyCode, success: bool) {
        self.state = self.state.after(action, code);
        match action {
            Action::Rcpt if success => self.transaction.recipients = self.transaction.recipients.saturating_add(1),
            Action::Mail => {
                self.transaction = Transaction { recipients: 0, resumed: !success, ..self.transaction };
            }
            Action::Greeting => self.refusal = None,
            Action::Helo if success => self.hello = Hello::Helo,
            Action::Ehlo | Action::Lhlo if success => self.hello = Hello::Ehlo,
            // The proxy's authentication must not carry over to the client after it.
            Action::Xclient if success => (self.hello, self.authenticated) = (Hello::None, false),
            Action::Auth | Action::Response if success => self.authenticated = true,
            Action::Atrn if success => self.turned = true,
            _ => {}
        }
    }

    fn refused(&mut self, action: Action, code: ReplyCode) {
        self.state = if self.spoils(action, code) { State::Failed } else { self.state.after_offered(action, code) };
        let spoilt = match action {
            Action::Mail => Spoilt::ByMail,
            Action::Burl | Action::BurlLast => Spoilt::ByBurl,
            Action::Bdat | Action::BdatLast => Spoilt::ByBdat,
            _ => Spoilt::No,
        };
        self.transaction.spoilt = self.transaction.spoilt.max(spoilt);
        if action == Action::Greeting {
            self.refusal = Some(code);
        }
    }

    /// Returns `true` if the refusal leaves nothing but RSET, although the table would let the transaction continue:
    /// the refusal of a DATA that BINARYMIME or an earlier BDAT forbids (RFC 3030 sections 2 and 3).
    fn spoils(&self, action: Action, code: ReplyCode) -> bool {
        action == Action::Data
            && self.state == State::Rcpt
            && (self.declared.is_binary() || self.transaction.spoilt == Spoilt::ByBdat)
            && code != ReplyCode::SERVICE_NOT_AVAILABLE
            && !is_of_no_such_command(action, code)
    }

    /// Checks that a server may accept the action now. Returns the first reason against it.
    #[inline]
    pub(crate) fn may_take(&self, action: Action) -> Result<(), Misplaced> {
        self.may_do(action)?;
        let spoilt = self.transaction.spoilt;
        if spoilt > Spoilt::No
            && ((action == Action::Data && spoilt >= Spoilt::ByBdat) || (action.is_chunk() && spoilt >= Spoilt::ByBurl))
        {
            return Err(Misplaced::AfterRefusal);
        }
        if self.state.permits(action) {
            return Ok(());
        }
        let content = action == Action::Data || action.is_chunk();
        Err(if content && self.state == State::Mail { Misplaced::NoRecipients } else { Misplaced::State })
    }

    /// Checks that a client may send the action, if the server will read it in the state `ahead`.
    #[inline]
    pub(crate) fn may_send(&self, action: Action, ahead: State) -> Result<(), Misplaced> {
        self.serves(action.verb().unwrap_or(Verb::Unknown))?;
        self.may_do(action)?;
        // RFC 3030 section 2: RSET must be sent before additional commands.
        let resets = matches!(action, Action::Rset | Action::Quit | Action::Ehlo | Action::Helo | Action::Lhlo);
        if ahead == State::Failed && !resets {
            return Err(Misplaced::AfterRefusal);
        }
        if ahead.permits(action) { Ok(()) } else { Err(Misplaced::State) }
    }

    /// Checks what is never permitted in this session or transaction, whatever its state.
    #[inline]
    fn may_do(&self, action: Action) -> Result<(), Misplaced> {
        match action {
            Action::StartTls if self.tls => Err(Misplaced::Repeated),
            Action::Auth if self.authenticated => Err(Misplaced::Repeated),
            Action::Data if self.declared.is_binary() => Err(Misplaced::BinaryData),
            _ => Ok(()),
        }
    }

    /// Checks that the greeting was not a refusal, after which a server accepts nothing but QUIT.
    pub(crate) const fn serves(&self, verb: Verb) -> Result<(), Misplaced> {
        match self.refusal {
            Some(code) if !matches!(verb, Verb::Quit) => Err(Misplaced::NoService(code)),
            _ => Ok(()),
        }
    }
}
