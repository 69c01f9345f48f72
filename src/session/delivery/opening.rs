//! From the greeting to where mail can be sent: hello, TLS, AUTH.
//!
//! This file knows in which order these come and what each refusal means for the session. [`Delivery`](super::Delivery) uses it,
//! and so can whoever drives a [`Connection`] alone. It must not know of messages.

use super::connection::next_event;
use super::{Cause, Connection, Outcome, Scope};
use crate::sasl::Authenticator;
use crate::session::{Action, ClientEvent, Misuse, NotOffered, State, Timer};
use crate::syntax::{Base64Buf, Command, Domain, Extension, Host, Reply, ReplyClass, ReplyCode};
use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

/// When STARTTLS is sent (RFC 3207).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TlsPolicy {
    /// Never.
    #[default]
    Never,
    /// Where it is offered. Where it is not, or the server refuses it, the session goes on in the clear, as it would if somebody on
    /// the way had taken the offer out: this protects from those who only listen (RFC 7435). A handshake that fails ends the
    /// connection all the same; connect anew with [`Never`](Self::Never).
    Opportunistic,
    /// Nothing is sent without it.
    Required,
}

/// What the caller does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpeningStep {
    /// Write what is to be written, then read. This timer applies.
    Read(Timer),
    /// Do the TLS handshake and call [`Connection::start_tls`], or [`Opening::handshake_failed`].
    Handshake,
    /// The hello was accepted, and AUTH if it was wanted: messages can be sent.
    Ready,
    /// The session cannot be used; [`Opening::outcome`] says why. Write what is to be written, which is QUIT at most, and close.
    Failed,
}

/// Opens a session: takes the greeting, sends EHLO and falls back to HELO (RFC 5321 section 3.2), or LHLO in LMTP; STARTTLS by
/// policy, and EHLO anew within TLS (RFC 3207 section 4.2); AUTH with the first mechanism that can be used.
///
/// Of the mechanisms, in the order in which they were given, the first is taken that the server offers and that may go: one that
/// [exposes its secret](Authenticator::exposes_secret) goes under TLS only, unless
/// [`auth_in_clear`](crate::session::ClientConfig::auth_in_clear) says otherwise. If the server refuses the mechanism as such (504,
/// 534) the next one is tried. A refusal of the credentials is final, so that a wrong password is not tried twice.
///
/// ```
/// use smtp_core::session::ClientConfig;
/// use smtp_core::session::delivery::{Connection, Opening, OpeningStep};
/// use smtp_core::syntax::Host;
///
/// let mut connection = Connection::new(ClientConfig::SMTP);
/// let mut opening = Opening::new(Host::new("client.example")?);
/// connection.received(b"220 mx.example ESMTP\r\n");
/// assert!(matches!(opening.step(&mut connection), OpeningStep::Read(_)));
/// assert_eq!(connection.to_write(), b"EHLO client.example\r\n");
/// connection.received(b"250-mx.example\r\n250 PIPELINING\r\n");
/// assert_eq!(opening.step(&mut connection), OpeningStep::Ready);
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
pub struct Opening {
    host: String,
    tls: TlsPolicy,
    authenticators: Vec<Box<dyn Authenticator + Send>>,
    /// Which of them is at work, or is to be tried next.
    at: usize,
    /// An initial response that does not fit the line of AUTH: it answers the first challenge (RFC 4954 section 4).
    delayed: Option<Vec<u8>>,
    stage: Stage,
    outcome: Option<Outcome>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The greeting or the reply to a command is awaited.
    Talking,
    /// The handshake is the caller's.
    Handshake,
    Ready,
    Failed,
}

impl Opening {
    /// Opens a session under this name, without TLS and AUTH.
    #[must_use]
    pub fn new(host: Host<'_>) -> Self {
        Self {
            host: match host {
                Host::Domain(domain) => domain.as_str().to_owned(),
                Host::Literal(_) | Host::Text(_) => host.to_string(),
            },
            tls: TlsPolicy::Never,
            authenticators: Vec::new(),
            at: 0,
            delayed: None,
            stage: Stage::Talking,
            outcome: None,
        }
    }

    /// Says when STARTTLS is sent. Default: [`TlsPolicy::Never`].
    #[must_use]
    pub fn with_tls(mut self, policy: TlsPolicy) -> Self {
        self.tls = policy;
        self
    }

    /// Adds a way to authenticate, less liked than those before. With none, AUTH is not sent; with some, one has to succeed.
    #[must_use]
    pub fn with_authenticator(mut self, authenticator: impl Authenticator + Send + 'static) -> Self {
        self.authenticators.push(Box::new(authenticator));
        self
    }

    /// Returns why the session cannot be used, after [`OpeningStep::Failed`].
    #[must_use]
    pub const fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }

    /// Goes on as far as what has arrived allows.
    pub fn step(&mut self, connection: &mut Connection) -> OpeningStep {
        while matches!(self.stage, Stage::Talking | Stage::Handshake) {
            // After the handshake.
            if self.stage == Stage::Handshake && connection.client().state() == State::Start {
                self.stage = Stage::Talking;
                self.hello(connection);
                continue;
            }
            let Connection { client, input, read, .. } = connection;
            let event = match next_event(client, input, read) {
                Ok(Some(event)) => event,
                Ok(None) => {
                    if connection.is_closed() {
                        self.fail(connection, Outcome::lost(Cause::Lost));
                        break;
                    }
                    if self.stage == Stage::Handshake {
                        return OpeningStep::Handshake;
                    }
                    return OpeningStep::Read(connection.client().timer().unwrap_or(Timer::Reply));
                }
                Err(error) => {
                    self.fail(connection, Outcome::lost(Cause::Protocol(error)));
                    break;
                }
            };
            match event {
                ClientEvent::Greeting(reply) => match refusal(Action::Greeting, reply) {
                    Some(outcome) => self.fail(connection, outcome),
                    None => self.hello(connection),
                },
                ClientEvent::Reply { to, reply, .. } => match refusal(to, reply) {
                    Some(outcome) => self.refused(to, reply.code(), outcome, connection),
                    None => self.accepted(to, connection),
                },
                ClientEvent::Closing(reply) => {
                    let outcome = Outcome::closing(reply);
                    self.fail(connection, outcome);
                }
                ClientEvent::Challenge(challenge) => {
                    let challenge: Vec<u8> = challenge.decode().collect();
                    self.respond(&challenge, connection);
                }
                // Words stand for the challenge that the mechanism has at this point.
                ClientEvent::ChallengeText(_) => self.respond(b"", connection),
                ClientEvent::BadChallenge(_) => _ = connection.cancel(),
                ClientEvent::StrayLine(_) => {}
            }
        }
        if self.stage == Stage::Ready { OpeningStep::Ready } else { OpeningStep::Failed }
    }

    /// Notes that the TLS handshake failed. The connection is of no use any more.
    pub fn handshake_failed(&mut self, connection: &mut Connection) {
        connection.lost();
        self.fail(connection, Outcome::lost(Cause::NoTls));
    }

    /// Sends EHLO, or LHLO.
    fn hello(&mut self, connection: &mut Connection) {
        let lmtp = connection.client().config().lmtp;
        self.send(connection, |host| if lmtp { Command::Lhlo(host) } else { Command::Ehlo(host) });
    }

    fn send(&mut self, connection: &mut Connection, command: impl FnOnce(Host<'_>) -> Command<'_>) {
        // It was a host when it came, so that a domain need not be read again; the client reads it back.
        let host = match self.host.as_bytes() {
            [b'[', ..] => Host::new(&self.host),
            domain => Ok(Host::Domain(Domain(domain))),
        };
        let sent = host.map_err(Misuse::Unsendable).and_then(|host| connection.send(&command(host)));
        if let Err(misuse) = sent {
            self.fail(connection, Outcome::cannot(misuse, Scope::Host));
        }
    }

    fn accepted(&mut self, to: Action, connection: &mut Connection) {
        match to {
            Action::StartTls => self.stage = Stage::Handshake,
            Action::Auth | Action::Response => match self.authenticators.get(self.at) {
                Some(authenticator) if !authenticator.may_be_accepted() => {
                    self.fail(connection, Outcome::lost(Cause::NotProven));
                }
                _ => self.stage = Stage::Ready,
            },
            _ => self.greeted(connection),
        }
    }

    fn refused(&mut self, to: Action, code: ReplyCode, outcome: Outcome, connection: &mut Connection) {
        let for_good = code.class() == ReplyClass::PermanentFailure;
        match to {
            _ if connection.is_closed() => self.fail(connection, outcome),
            // RFC 5321 section 3.2. 521 is about the host and not about the command (RFC 7504 section 3).
            Action::Ehlo if for_good && code != ReplyCode::DOES_NOT_ACCEPT_MAIL => {
                self.send(connection, helo);
            }
            Action::StartTls if self.tls == TlsPolicy::Opportunistic => {
                self.tls = TlsPolicy::Never;
                self.greeted(connection);
            }
            Action::Auth | Action::Response if matches!(code.get(), 504 | 534) => {
                self.at = self.at.saturating_add(1);
                self.authenticate(connection, Some(outcome));
            }
            _ => self.fail(connection, outcome),
        }
    }

    /// What comes after a hello that was accepted.
    fn greeted(&mut self, connection: &mut Connection) {
        let client = connection.client();
        if self.tls != TlsPolicy::Never && !client.is_tls() {
            if client.offer().extensions.contains(Extension::StartTls) {
                return self.send(connection, |_| Command::StartTls);
            }
            if self.tls == TlsPolicy::Required {
                return self.fail(connection, Outcome::lost(Cause::NoTls));
            }
        }
        if self.authenticators.is_empty() || client.is_authenticated() {
            self.stage = Stage::Ready;
            return;
        }
        self.at = 0;
        self.authenticate(connection, None);
    }

    /// Sends AUTH for the first mechanism from here on that can be used. If there is none, what has failed before is the outcome.
    fn authenticate(&mut self, connection: &mut Connection, mut failed: Option<Outcome>) {
        let offered = connection.client().offer().extensions.contains(Extension::Auth);
        let mut misuse =
            Misuse::NotOffered(if offered { NotOffered::Mechanism } else { NotOffered::Extension(Extension::Auth) });
        while let Some(authenticator) = self.authenticators.get_mut(self.at) {
            let client = connection.client();
            let clear = !client.is_tls() && !client.config().auth_in_clear;
            if !offered || !client.offer().has_mechanism(authenticator.mechanism()) {
                self.at = self.at.saturating_add(1);
                continue;
            }
            if clear && authenticator.exposes_secret() {
                misuse = Misuse::EncryptionRequired;
                self.at = self.at.saturating_add(1);
                continue;
            }
            let response = authenticator.initial_response();
            let encoded = response.as_deref().map(Base64Buf::encode);
            let command = Command::auth(authenticator.mechanism(), encoded.as_ref().map(Base64Buf::as_base64));
            let mut sent = connection.send(&command);
            if matches!(sent, Err(Misuse::Unsendable(_))) && response.is_some() {
                self.delayed = response;
                sent = connection.send(&Command::auth(authenticator.mechanism(), None));
            }
            match sent {
                Ok(()) => return,
                Err(error) => misuse = error,
            }
            self.at = self.at.saturating_add(1);
        }
        let outcome = failed.take().unwrap_or_else(|| Outcome::cannot(misuse, Scope::Host));
        self.fail(connection, outcome);
    }

    fn respond(&mut self, challenge: &[u8], connection: &mut Connection) {
        let response = match self.delayed.take() {
            Some(response) => Some(response),
            None => self.authenticators.get_mut(self.at).and_then(|authenticator| authenticator.respond(challenge)),
        };
        let sent = response.is_some_and(|response| connection.respond(&response).is_ok());
        if !sent {
            // The refusal that follows is the outcome.
            _ = connection.cancel();
        }
    }

    fn fail(&mut self, connection: &mut Connection, outcome: Outcome) {
        self.stage = Stage::Failed;
        self.outcome.get_or_insert(outcome);
        // RFC 5321 section 4.1.1.10, where it has its place.
        if !connection.is_closed() {
            _ = connection.send(&Command::Quit);
        }
    }
}

fn helo(host: Host<'_>) -> Command<'_> {
    Command::Helo(host)
}

/// What a reply means, if it is a refusal.
fn refusal(to: Action, reply: Reply<'_>) -> Option<Outcome> {
    reply.code().class().is_failure().then(|| Outcome::of_reply(to, reply))
}

impl fmt::Debug for Opening {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Opening");
        shown.field("host", &self.host).field("tls", &self.tls).field("stage", &self.stage);
        shown.field("outcome", &self.outcome).finish_non_exhaustive()
    }
}
