//! The configuration of a client, and its events. `receive.rs` creates the events; the checks that read the
//! configuration are in `check.rs`.

use crate::codec::BareLineEnding;
use crate::session::Action;
use crate::syntax::reply::REPLY_LIMIT;
use crate::syntax::{Base64, Dialect, Extensions, Reply};

/// The configuration of a [`Client`](super::Client). Take the default and change fields.
///
/// ```
/// use smtp_core::session::{Client, ClientConfig};
///
/// let mut config = ClientConfig::default();
/// config.lmtp = true;
/// let client = Client::new(config);
/// # let _ = client;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[doc(alias = "LMTP")]
pub struct ClientConfig {
    /// Speaks LMTP ([RFC 2033](https://www.rfc-editor.org/rfc/rfc2033)): LHLO instead of EHLO and HELO, and one reply
    /// for each accepted recipient after the content. Default: `false`.
    pub lmtp: bool,
    /// The deviations in replies that are accepted. Default: [`Dialect::SENDER`], those that servers for the public may
    /// send. With [`Dialect::STRICT`], a reply that violates the ABNF ends the session. [`Dialect::LENIENT`] continues
    /// after replies with errors in their form, and permits an answer to challenges that are plain text. Output is
    /// always strict, except for values that were parsed leniently and have no strict form.
    pub dialect: Dialect,
    /// The policy on a bare CR or LF in content that is sent. [RFC 5321 section
    /// 2.3.8](https://www.rfc-editor.org/rfc/rfc5321#section-2.3.8) forbids sending one. It applies to the chunks of
    /// BDAT too, which are text ([RFC 3030 section 2](https://www.rfc-editor.org/rfc/rfc3030#section-2)), unless MAIL
    /// had BODY=BINARYMIME. Default: [`Refuse`](BareLineEnding::Refuse).
    pub bare_line_endings: BareLineEnding,
    /// The largest size of a reply in octets. Default: 65536.
    pub reply_limit: u32,
    /// Sends unregistered verbs and parameters, for a private agreement with the server. Default: `false`.
    pub unregistered: bool,
    /// Sends AUTH PLAIN, LOGIN, XOAUTH2 and OAUTHBEARER outside TLS. Default: `false`.
    ///
    /// Anyone on the path can then read the password. [RFC 4954 section
    /// 4](https://www.rfc-editor.org/rfc/rfc4954#section-4) permits such a mechanism only under the protection of TLS
    /// or an equivalent, and [RFC 8314 section 3](https://www.rfc-editor.org/rfc/rfc8314#section-3) requires TLS for
    /// all submission. Set it to `true` only for a connection that does not leave the machine, and for tests.
    pub auth_in_clear: bool,
    /// The extensions whose commands and parameters may be sent although the server has not offered them.
    /// [`Extension::Auth`](crate::syntax::Extension::Auth) permits every mechanism. Default: none.
    ///
    /// Some servers accept more than they offer: a mechanism that is offered under another name, or an offer that a
    /// proxy has removed on the path. Clients SHOULD NOT use what was not offered ([RFC 5321 section
    /// 4.1.1.1](https://www.rfc-editor.org/rfc/rfc5321#section-4.1.1.1): "client SMTPs MUST NOT require"), so set this
    /// only for a known server. It permits nothing else: commands are not pipelined, and enhanced codes are not parsed,
    /// unless the server offers that.
    pub insist_on: Extensions,
}

impl ClientConfig {
    /// The default configuration for SMTP.
    pub const SMTP: Self = Self {
        lmtp: false,
        dialect: Dialect::SENDER,
        bare_line_endings: BareLineEnding::Refuse,
        reply_limit: REPLY_LIMIT as u32,
        unregistered: false,
        auth_in_clear: false,
        insist_on: Extensions::NONE,
    };
    /// The default configuration for LMTP.
    pub const LMTP: Self = Self { lmtp: true, ..Self::SMTP };
}

impl Default for ClientConfig {
    /// Returns [`SMTP`](Self::SMTP).
    fn default() -> Self {
        Self::SMTP
    }
}

/// A reply of the server, or a line that is not one.
///
/// ```
/// use smtp_core::session::{Client, ClientConfig, ClientEvent};
///
/// let mut client = Client::new(ClientConfig::SMTP);
/// match client.next_event(&mut &b"220 mx.example ESMTP\r\n"[..])? {
///     Some(ClientEvent::Greeting(reply)) => assert_eq!(reply.code().get(), 220),
///     other => panic!("{other:?}"),
/// }
/// # Ok::<(), smtp_core::session::ClientError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[must_use]
pub enum ClientEvent<'a> {
    /// The greeting. After 2yz, send EHLO, or LHLO in LMTP. After 5yz or 4yz the server accepts no mail, and only QUIT
    /// may be sent ([RFC 5321 section 3.1](https://www.rfc-editor.org/rfc/rfc5321#section-3.1)). After 421, nothing may
    /// be sent.
    Greeting(Reply<'a>),
    /// A reply to an action. Its code is one that is possible for this action.
    ///
    /// A refusal of content may come before the end of the content was sent. After DATA the session is then over: the
    /// state is [`State::Closed`](crate::session::State::Closed), because it is not known whether the end would get its
    /// own reply. A chunk has to be sent to its end nevertheless.
    ///
    /// Read the reply to EHLO by [`Client::offer`](super::Client::offer) and
    /// [`EhloReply::from_reply`](crate::syntax::EhloReply::from_reply). After a 5yz or 4yz to STARTTLS, the session
    /// continues in the clear if the caller continues; no error reports it.
    #[non_exhaustive]
    Reply {
        /// The action that is answered.
        to: Action,
        /// The index of the accepted recipient that the reply applies to, counted from 0. It is present for an RCPT
        /// that this reply accepts, and in LMTP for a reply to the content ([RFC 2033 section
        /// 4.2](https://www.rfc-editor.org/rfc/rfc2033#section-4.2)). The caller has to know which RCPT that was:
        /// replies come in the order of the commands, and refused recipients are not counted.
        recipient: Option<u32>,
        /// The reply.
        reply: Reply<'a>,
    },
    /// A 334: the server's challenge within AUTH. It is empty if the server just waits for the first response.
    Challenge(Base64<'a>),
    /// A 334 whose text is not base64, if the dialect has [`challenge_text`](crate::syntax::Dialect::challenge_text).
    /// It can be [answered](super::Client::respond), usually as if it were empty, or cancelled.
    ChallengeText(Reply<'a>),
    /// A 334 whose text is not base64: the exchange has to be [cancelled](super::Client::cancel) ([RFC 4954 section
    /// 4](https://www.rfc-editor.org/rfc/rfc4954#section-4)).
    BadChallenge(Reply<'a>),
    /// An unsolicited failure: the server ends the session. A failure that comes while a reply is awaited is a
    /// [`Reply`](Self::Reply).
    ///
    /// After 421 nothing can be sent ([RFC 5321 section 3.8](https://www.rfc-editor.org/rfc/rfc5321#section-3.8)).
    /// Another code is reported only if the dialect has
    /// [`unsolicited_refusal`](crate::syntax::Dialect::unsolicited_refusal); after it, only QUIT may be sent before the
    /// connection is closed (RFC 5321 section 4.1.1.10). Within AUTH, QUIT is not permitted, and the session is over.
    Closing(Reply<'a>),
    /// A line that belongs to no reply, if the dialect has [`reply_form`](crate::syntax::Dialect::reply_form): an empty
    /// line, or text without a code after a reply. It is without its CRLF and answers nothing; it may continue the text
    /// of the previous reply.
    StrayLine(&'a [u8]),
}

/// The place of the initial response of [`Client::authenticate`](super::Client::authenticate).
///
/// ```
/// use smtp_core::session::{Client, ClientConfig, InitialResponse};
/// use smtp_core::syntax::{Command, Host, Mechanism};
///
/// let (mut client, mut out) = (Client::over_tls(ClientConfig::SMTP), Vec::new());
/// let _ = client.next_event(&mut &b"220 mx.example\r\n"[..])?;
/// client.send(&Command::Ehlo(Host::new("client.example")?), &mut out)?;
/// let _ = client.next_event(&mut &b"250-mx.example\r\n250 AUTH PLAIN\r\n"[..])?;
/// let due = client.authenticate(Mechanism::PLAIN, Some(b"\0joe\0secret"), &mut out)?;
/// assert_eq!(due, InitialResponse::InLine);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "there is no third place")]
#[must_use]
pub enum InitialResponse {
    /// The response was sent in the line of AUTH, or there is none.
    InLine,
    /// The response was not sent. Send it as the response to the first challenge.
    Due,
}

/// The delivery status of a message, for the recipients that did not get their own reply.
///
/// ```
/// use smtp_core::session::{Client, ClientConfig, Fate};
///
/// let client = Client::new(ClientConfig::SMTP);
/// assert_eq!(client.fate(), Fate::Settled); // no message is in progress
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fate {
    /// No message is in progress: the replies were final.
    #[default]
    Settled,
    /// The message was not sent completely, or it was refused temporarily: nobody has it. This is a temporary failure
    /// for every recipient ([RFC 5321 section 3.8](https://www.rfc-editor.org/rfc/rfc5321#section-3.8)).
    NotDelivered,
    /// The whole message was sent, and the reply did not come: the server may have accepted it or not. Send it again,
    /// as after a temporary failure, although it may then be delivered twice ([RFC 5321 section
    /// 4.5.3.2.6](https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.2.6)).
    Unknown,
}
