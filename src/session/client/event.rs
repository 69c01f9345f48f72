//! How a client behaves, and what happens to it.

use crate::codec::BareLineEnding;
use crate::session::Action;
use crate::syntax::{Base64, Dialect, Extensions, Reply};

/// How a [`Client`](super::Client) behaves. Take the default and change what is to be different.
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
pub struct ClientConfig {
    /// Speak LMTP (RFC 2033): LHLO in place of EHLO and HELO, and one reply for each accepted recipient behind the content.
    pub lmtp: bool,
    /// Which deviations in replies are let pass. Default: [`Dialect::SENDER`], all that servers for all comers may send. With
    /// [`Dialect::STRICT`], a reply that is not what the ABNF says ends the session. [`Dialect::LENIENT`] goes on after
    /// replies with a flaw in their form, and lets challenges be answered that are words. What is sent is
    /// strict, but for values that were parsed leniently and have no strict form.
    pub dialect: Dialect,
    /// What happens to a bare CR or LF in content: it is refused. RFC 5321 section 2.3.8 forbids to send one. This holds for the
    /// chunks of BDAT too, which are text (RFC 3030 section 2), unless MAIL had BODY=BINARYMIME.
    pub bare_line_endings: BareLineEnding,
    /// The most octets of one reply: 65536.
    pub reply_limit: u32,
    /// Send verbs and parameters that are not registered, as a private agreement with the server may need; no.
    pub unregistered: bool,
    /// Send AUTH PLAIN and AUTH LOGIN outside TLS. Default: `false`.
    ///
    /// Everybody on the way can then read the password. RFC 4954 section 4 lets a client use such a mechanism only under the
    /// protection of TLS or the like, and RFC 8314 section 3 wants TLS for all submission. `true` is for a connection that does not leave
    /// the machine, and for tests.
    pub auth_in_clear: bool,
    /// What may be sent although the server has not offered it: the commands and parameters of these extensions, and with
    /// [`Extension::Auth`](crate::syntax::Extension::Auth) every mechanism. Default: none.
    ///
    /// Servers leave things out that they take: a mechanism that is offered under a name of its own, or an offer that a proxy
    /// has removed on the way. Clients SHOULD NOT use what was not offered (RFC 5321 section 4.1.1.1: "client SMTPs MUST NOT
    /// require"), so this is for a server that is known. It grants no more than that. Commands are not pipelined, and no
    /// enhanced codes are looked for, unless the server offers that.
    pub insist_on: Extensions,
}

impl ClientConfig {
    /// The usual client of SMTP.
    pub const SMTP: Self = Self {
        lmtp: false,
        dialect: Dialect::SENDER,
        bare_line_endings: BareLineEnding::Refuse,
        reply_limit: 65_536,
        unregistered: false,
        auth_in_clear: false,
        insist_on: Extensions::NONE,
    };
    /// The usual client of LMTP.
    pub const LMTP: Self = Self { lmtp: true, ..Self::SMTP };
}

impl Default for ClientConfig {
    /// [`SMTP`](Self::SMTP).
    fn default() -> Self {
        Self::SMTP
    }
}

/// What a server said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientEvent<'a> {
    /// The greeting. With 2yz, go on with EHLO, or LHLO in LMTP. With 5yz or 4yz the server takes no mail, and only QUIT may
    /// be sent (RFC 5321 section 3.1); after 421 nothing at all.
    Greeting(Reply<'a>),
    /// A reply to something that was done. Its code is one that this can have.
    ///
    /// A refusal of content may come before the end of the content was sent. After DATA the session is then over: the state is
    /// [`State::Closed`](crate::session::State::Closed), since it cannot be told whether the end would have a reply of its own. A chunk
    /// has to be sent all the same.
    ///
    /// The reply to EHLO is best looked at through [`Client::offer`](super::Client::offer) and
    /// [`EhloReply::from_reply`](crate::syntax::EhloReply::from_reply). A 5yz or 4yz to STARTTLS means that the session goes
    /// on in the clear, if the caller does: nothing else says so.
    #[non_exhaustive]
    Reply {
        /// What is answered.
        to: Action,
        /// Which of the accepted recipients the reply speaks of, counted from 0: that of an RCPT which is accepted with
        /// this reply, and in LMTP that of a reply to the content (RFC 2033 section 4.2). Which RCPT that was is for the caller
        /// to know: replies come in the order of the commands, and those that were refused do not count here.
        recipient: Option<u32>,
        /// The reply.
        reply: Reply<'a>,
    },
    /// 334: what the server asks for within AUTH; empty if it just waits for the first response.
    Challenge(Base64<'a>),
    /// A 334 whose text is not base64, where the dialect has [`challenge_text`](crate::syntax::Dialect::challenge_text). It can be
    /// [answered](super::Client::respond), most often as if it were empty, or cancelled.
    ChallengeText(Reply<'a>),
    /// A 334 whose text is not base64: the exchange has to be [cancelled](super::Client::cancel) (RFC 4954 section 4).
    BadChallenge(Reply<'a>),
    /// A failure that nothing asked for: the server ends the session. A failure that comes while a reply is awaited is a
    /// [`Reply`](Self::Reply).
    ///
    /// After 421 nothing can be sent (RFC 5321 section 3.8). After another code, which comes only where the dialect has
    /// [`unsolicited_refusal`](crate::syntax::Dialect::unsolicited_refusal), QUIT alone can, before the connection is closed (RFC
    /// 5321 section 4.1.1.10). Within AUTH no QUIT has its place, and there the session is over.
    Closing(Reply<'a>),
    /// A line that belongs to no reply, where the dialect has [`reply_form`](crate::syntax::Dialect::reply_form): it is empty, or
    /// text without a code after a reply. It answers nothing. Here it is without its CRLF; it may say more of the reply before it.
    StrayLine(&'a [u8]),
}

/// Where the initial response of [`Client::authenticate`](super::Client::authenticate) goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "there is no third place")]
#[must_use]
pub enum InitialResponse {
    /// It was sent in the line of AUTH, or there is none.
    InLine,
    /// It was not sent: it is due as the response to the first challenge.
    Due,
}

/// What became of a message, for the recipients whose own reply did not come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fate {
    /// No message is under way: what the replies said stands.
    #[default]
    Settled,
    /// The message was not sent to its end, or it was refused for now: nobody has it. It is a temporary failure for every
    /// recipient (RFC 5321 section 3.8).
    NotDelivered,
    /// The whole message was sent, and the reply did not come: the server may have it or not. It has to be sent again
    /// nevertheless, as after a temporary failure, and may then be delivered twice (RFC 5321 section 4.5.3.2.6).
    Unknown,
}
