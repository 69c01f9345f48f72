//! What a session is: its state, the facts beside it, and what moves them.
//!
//! Both ends of a session see the same pairs of action and reply, so both know the same facts, and so does whoever watches. This
//! file keeps them for all: which end it serves makes no difference. [`Server`](super::Server) adds what its caller demands and
//! answers, [`Client`](super::Client) what it has in flight. What is in force of an offer stays with them: a server's is its
//! configuration. It knows no octets, and asks for nothing that a reply does not say.

use super::Hello;
use super::state::{Action, State, is_of_no_such_command};
use crate::syntax::{
    Body, Command, Extension, Extensions, Grammar, MailOrRcpt, ParameterName, ParameterValue, Parameters, ReplyClass,
    ReplyCode, Verb,
};

/// What both ends of a session know of it: the [`State`] and what stands beside it, by the replies that have come.
///
/// [`Server`](super::Server) and [`Client`](super::Client) go by it. It is for whatever else follows a session, where commands are
/// sent without a `Client`, or are read without a `Server`.
///
/// ```
/// use smtp_core::session::{Action, Facts, State};
/// use smtp_core::syntax::ReplyCode;
///
/// let mut facts = Facts::default();
/// for (action, code) in [(Action::Greeting, 220), (Action::Ehlo, 250), (Action::Mail, 250), (Action::Rcpt, 251)] {
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
    /// ATRN was accepted.
    turned: bool,
    /// The code of a greeting that was a refusal.
    refusal: Option<ReplyCode>,
    transaction: Transaction,
    /// Of the MAIL that was done last, whatever has become of it.
    declared: Declared,
    /// MAIL commands in the session, and RCPT commands since the MAIL that was done last, accepted or not (RFC 9422).
    mail_commands: u32,
    rcpt_commands: u32,
}

/// The open transaction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Transaction {
    /// Accepted recipients.
    recipients: u32,
    /// MAIL was answered with 355: the recipients are those of the interrupted transaction (RFC 1845).
    resumed: bool,
    spoilt: Spoilt,
}

/// What was refused within a transaction that goes on, so that more of it may not be what it was to be. Each weighs more than
/// those before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Spoilt {
    #[default]
    No,
    /// A MAIL, which was to begin another: the RSET before it was refused too.
    ByMail,
    /// A BURL: the message would begin in its midst, or after its last chunk (RFC 3030 section 2).
    ByBurl,
    /// A BDAT: the same, and DATA has no place any more.
    ByBdat,
}

/// What the parameters of MAIL declare, as far as a session has to know it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Declared {
    /// BODY; the content is binary, or text.
    pub(crate) body: Body,
    /// SMTPUTF8.
    pub(crate) smtputf8: bool,
    /// TRANSID: the transaction may go on where it was interrupted.
    pub(crate) resumable: bool,
}

impl Declared {
    /// What these parameters of MAIL say. Of a parameter that is given twice the first counts.
    pub(crate) fn of(parameters: Parameters<'_>) -> Self {
        let mut declared = Self::default();
        let mut body = None;
        for parameter in parameters.iter() {
            match ParameterName::from_keyword(parameter.keyword.as_bytes(), MailOrRcpt::Mail) {
                Some(ParameterName::SmtpUtf8) => declared.smtputf8 = true,
                Some(ParameterName::TransId) => declared.resumable = true,
                Some(ParameterName::Body) if body.is_none() => {
                    body = parameter.interpret(MailOrRcpt::Mail, Grammar::SMTPUTF8)
                }
                _ => {}
            }
        }
        if let Some(Ok(ParameterValue::Body(body))) = body {
            declared.body = body;
        }
        declared
    }

    /// RFC 3030 section 3: BINARYMIME cannot be sent with DATA, and alone is no text.
    pub(crate) const fn is_binary(self) -> bool {
        matches!(self.body, Body::BinaryMime)
    }
}

/// Why a command has no place here. Server, client and observer each say it in their own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Misplaced {
    /// The greeting was a refusal, of this code: only QUIT is left (RFC 5321 section 3.1).
    NoService(ReplyCode),
    /// HELO and EHLO in LMTP, or LHLO in SMTP (RFC 2033 section 4.1).
    OtherProtocol,
    /// Nothing offers it: SEND, SOML, SAML, TURN, and whatever is not registered.
    Unregistered,
    /// The extension that has the verb is not offered.
    NotOffered(Extension),
    /// STARTTLS within TLS (RFC 3207 section 4.2), or AUTH after an AUTH that succeeded (RFC 4954 section 4).
    Repeated,
    /// DATA for BODY=BINARYMIME (RFC 3030 section 3).
    BinaryData,
    /// What cannot follow a chunk that was refused (RFC 3030 section 2).
    AfterRefusal,
    /// Content before any recipient was accepted (RFC 5321 section 3.3).
    NoRecipients,
    /// The table of states does not permit it.
    State,
}

/// The extension that has to be offered to a client before it sends the verb. VRFY, EXPN and HELP are commands of RFC 5321 itself,
/// and may be tried.
#[inline]
pub(crate) const fn needed(verb: Verb) -> Option<Extension> {
    match verb {
        Verb::Vrfy | Verb::Expn | Verb::Help => None,
        verb => verb.offered_by(),
    }
}

/// Does the protocol have the verb, and is the extension offered that is `needed`? Whether nobody has registered it is no matter of
/// place: of [`Verb::Unknown`] it says nothing.
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
    /// A session that has just been connected over TLS.
    pub(crate) const fn set_tls(&mut self) {
        self.tls = true;
    }

    /// Where the session stands.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// Which hello was accepted last; none after XCLIENT and the TLS handshake.
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

    /// How many recipients of the transaction have been accepted.
    #[must_use]
    pub const fn recipients(&self) -> u32 {
        self.transaction.recipients
    }

    /// Returns `true` if the roles were exchanged: ATRN was accepted (RFC 2645 section 5.2.2).
    #[must_use]
    pub const fn is_turned(&self) -> bool {
        self.turned
    }

    /// 355: the recipients are those of the interrupted transaction.
    pub(crate) const fn is_resumed(&self) -> bool {
        self.transaction.resumed
    }

    pub(crate) const fn spoilt(&self) -> Spoilt {
        self.transaction.spoilt
    }

    /// What the MAIL declared that was done last.
    pub(crate) const fn declared(&self) -> Declared {
        self.declared
    }

    pub(crate) const fn mail_commands(&self) -> u32 {
        self.mail_commands
    }

    pub(crate) const fn rcpt_commands(&self) -> u32 {
        self.rcpt_commands
    }

    /// A client has sent this, and it has its place. What MAIL declares counts for what follows.
    pub fn sent(&mut self, command: &Command<'_>) {
        self.done(Action::of(command));
        if let Command::Mail(mail) = command {
            self.begun(Declared::of(mail.parameters));
        }
    }

    /// A client has done this. RFC 9422 counts each MAIL and RCPT, whether it is accepted or not.
    pub(crate) const fn done(&mut self, action: Action) {
        match action {
            Action::Mail => self.mail_commands = self.mail_commands.saturating_add(1),
            Action::Rcpt => self.rcpt_commands = self.rcpt_commands.saturating_add(1),
            _ => {}
        }
    }

    /// A MAIL was done that has its place: what follows belongs to it, unless it is refused.
    pub(crate) const fn begun(&mut self, declared: Declared) {
        self.declared = declared;
        self.rcpt_commands = 0;
    }

    /// The session has ended without a reply that says so: the connection is lost, or is to be closed. What it was stays.
    pub const fn close(&mut self) {
        self.state = State::Closed;
    }

    /// The last reply to an action has come. Everything that a reply changes is changed here, but for the offer.
    ///
    /// What a server did not offer and refuses is no command of its own, so it is [`Action::Other`], whatever its verb; otherwise it
    /// could spoil a transaction for a server that does not know it.
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
            // What the proxy was is nothing that the client behind it may pass for.
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

    /// Does the refusal leave nothing but RSET, where the table would let the transaction go on? That of a DATA does that BINARYMIME
    /// or an earlier BDAT forbids (RFC 3030 sections 2 and 3).
    fn spoils(&self, action: Action, code: ReplyCode) -> bool {
        action == Action::Data
            && self.state == State::Rcpt
            && (self.declared.is_binary() || self.transaction.spoilt == Spoilt::ByBdat)
            && code != ReplyCode::SERVICE_NOT_AVAILABLE
            && !is_of_no_such_command(action, code)
    }

    /// May a server take this now? The first reason why it may not.
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

    /// May a client send this, if the state `ahead` is the one in which the server reads it?
    #[inline]
    pub(crate) fn may_send(&self, action: Action, ahead: State) -> Result<(), Misplaced> {
        self.serves(action.verb().unwrap_or(Verb::Unknown))?;
        self.may_do(action)?;
        // RFC 3030 section 2: RSET, before additional commands may be sent.
        let resets = matches!(action, Action::Rset | Action::Quit | Action::Ehlo | Action::Helo | Action::Lhlo);
        if ahead == State::Failed && !resets {
            return Err(Misplaced::AfterRefusal);
        }
        if ahead.permits(action) { Ok(()) } else { Err(Misplaced::State) }
    }

    /// What has no place in this session or transaction, wherever it stands.
    #[inline]
    fn may_do(&self, action: Action) -> Result<(), Misplaced> {
        match action {
            Action::StartTls if self.tls => Err(Misplaced::Repeated),
            Action::Auth if self.authenticated => Err(Misplaced::Repeated),
            Action::Data if self.declared.is_binary() => Err(Misplaced::BinaryData),
            _ => Ok(()),
        }
    }

    /// May a server take anything but QUIT?
    pub(crate) const fn serves(&self, verb: Verb) -> Result<(), Misplaced> {
        match self.refusal {
            Some(code) if !matches!(verb, Verb::Quit) => Err(Misplaced::NoService(code)),
            _ => Ok(()),
        }
    }
}
