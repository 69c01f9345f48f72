//! The opening of a session, from the greeting until mail can be sent: hello, TLS, AUTH.
//!
//! This file knows the order of these steps and what each refusal means for the session. [`Delivery`](super::Delivery)
//! uses it, and so can a program that drives a [`Connection`] alone. It must not know about messages.

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

/// The condition for sending STARTTLS ([RFC 3207](https://www.rfc-editor.org/rfc/rfc3207)).
///
/// ```
/// use smtp_core::session::delivery::{Opening, TlsPolicy};
/// use smtp_core::syntax::Host;
///
/// let opening = Opening::new(Host::new("client.example")?).with_tls(TlsPolicy::Required);
/// # let _ = opening;
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TlsPolicy {
    /// Never sends STARTTLS.
    #[default]
    Never,
    /// Sends STARTTLS if it is offered. If it is not, or if the server refuses it, the session continues in the clear.
    /// An attacker on the path can remove the offer, so this protects against passive listeners only ([RFC
    /// 7435](https://www.rfc-editor.org/rfc/rfc7435)). If the handshake fails, the connection ends; to continue in the
    /// clear, connect again with [`Never`](Self::Never).
    Opportunistic,
    /// Sends nothing but the hello without TLS: the session fails if TLS is not available.
    Required,
}

/// The caller's next step.
///
/// ```
/// use smtp_core::session::ClientConfig;
/// use smtp_core::session::delivery::{Connection, Opening, OpeningStep};
/// use smtp_core::syntax::Host;
///
/// let mut connection = Connection::new(ClientConfig::SMTP);
/// let mut opening = Opening::new(Host::new("client.example")?);
/// connection.received(b"554 No service\r\n");
/// assert_eq!(opening.step(&mut connection), OpeningStep::Failed);
/// assert_eq!(opening.outcome().unwrap().to_string(), "554 No service");
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[must_use]
pub enum OpeningStep {
    /// Write the output, then read. This timer applies.
    Read(Timer),
    /// Do the TLS handshake and call [`Connection::start_tls`], or [`Opening::handshake_failed`].
    Handshake,
    /// The hello was accepted, and AUTH if it was requested: messages can be sent.
    Ready,
    /// The session cannot be used; [`Opening::outcome`] says why. Write the output, which is QUIT at most, and close
    /// the connection.
    Failed,
}

/// Opens a session. Reads the greeting; sends EHLO, or LHLO in LMTP, and falls back to HELO ([RFC 5321 section
/// 3.2](https://www.rfc-editor.org/rfc/rfc5321#section-3.2)); sends STARTTLS by policy, and EHLO again within TLS ([RFC
/// 3207 section 4.2](https://www.rfc-editor.org/rfc/rfc3207#section-4.2)); sends AUTH with the first usable mechanism.
///
/// A mechanism is usable if the server offers it and it is safe to send: one that [exposes its
/// secret](Authenticator::exposes_secret) is used under TLS only, unless
/// [`auth_in_clear`](crate::session::ClientConfig::auth_in_clear) is set. Mechanisms are tried in the order in which
/// they were added. If the server refuses the mechanism itself (504, 534), the next one is tried. A refusal of the
/// credentials is final, so that a wrong password is not tried twice.
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
    /// The index of the authenticator that is active, or to be tried next.
    at: usize,
    /// An initial response that does not fit on the line of AUTH. It answers the first challenge (RFC 4954 section 4).
    delayed: Option<Vec<u8>>,
    stage: Stage,
    outcome: Option<Outcome>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Waits for the greeting or the reply to a command.
    Talking,
    /// Waits for the caller to do the handshake.
    Handshake,
    Ready,
    Failed,
}

impl Opening {
    /// Creates an opening under this name, without TLS and AUTH.
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

    /// Sets the condition for sending STARTTLS. Default: [`TlsPolicy::Never`].
    #[must_use]
    pub fn with_tls(mut self, policy: TlsPolicy) -> Self {
        self.tls = policy;
        self
    }

    /// Adds a way to authenticate, tried after those added before. Without any, AUTH is not sent; otherwise one has to
    /// succeed.
    #[must_use]
    pub fn with_authenticator(mut self, authenticator: impl Authenticator + Send + 'static) -> Self {
        self.authenticators.push(Box::new(authenticator));
        self
    }

    /// Advances the session as far as the received octets allow, and returns the caller's next step.
    pub fn step(&mut self, connection: &mut Connection) -> OpeningStep {
        while matches!(self.stage, Stage::Talking | Stage::Handshake) {
            // The caller has done the handshake.
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
                // If the server sends text instead of base64, the mechanism continues with its own challenge at this
                // point.
                ClientEvent::ChallengeText(_) => self.respond(b"", connection),
                ClientEvent::BadChallenge(_) => _ = connection.cancel(),
                ClientEvent::StrayLine(_) => {}
            }
        }
        if self.stage == Stage::Ready { OpeningStep::Ready } else { OpeningStep::Failed }
    }

    /// Records that the TLS handshake failed. The connection cannot be used any more.
    pub fn handshake_failed(&mut self, connection: &mut Connection) {
        connection.lost();
        self.fail(connection, Outcome::lost(Cause::NoTls));
    }

    /// Returns why the session cannot be used, after [`OpeningStep::Failed`].
    #[must_use]
    pub const fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }

    /// Sends EHLO, or LHLO.
    fn hello(&mut self, connection: &mut Connection) {
        let lmtp = connection.client().config().lmtp;
        self.send(connection, |host| if lmtp { Command::Lhlo(host) } else { Command::Ehlo(host) });
    }

    fn send(&mut self, connection: &mut Connection, command: impl FnOnce(Host<'_>) -> Command<'_>) {
        // The text was a host when it was passed in, so a domain need not be parsed again; the client checks what it
        // sends.
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

    /// Continues after an accepted hello: TLS, then AUTH.
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

    /// Sends AUTH for the next usable mechanism. If there is none, an earlier refusal is the outcome.
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
            // The server's refusal of the cancelled exchange becomes the outcome.
            _ = connection.cancel();
        }
    }

    fn fail(&mut self, connection: &mut Connection, outcome: Outcome) {
        self.stage = Stage::Failed;
        self.outcome.get_or_insert(outcome);
        // QUIT (RFC 5321 section 4.1.1.10), if the state permits it.
        if !connection.is_closed() {
            _ = connection.send(&Command::Quit);
        }
    }
}

fn helo(host: Host<'_>) -> Command<'_> {
    Command::Helo(host)
}

/// Returns the outcome of a reply if it is a refusal.
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
