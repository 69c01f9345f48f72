//! The configuration of a server: what it offers, what it demands and what it allows a client to cost. The other files
//! of this folder read it; the rules that apply it are in `judge.rs` and `tally.rs`.

use crate::codec::BareLineEnding;
use crate::syntax::wire::Wire;
use crate::syntax::{Capabilities, Dialect, Domain, Host, auth};
use alloc::vec::Vec;

/// A condition that a client has to meet before it may send mail. Until then, all but the exempt commands are answered
/// with 530.
///
/// ```
/// use smtp_core::session::{Require, Server, ServerConfig};
/// use smtp_core::syntax::Host;
///
/// let mut server = Server::new(ServerConfig::new(Host::new("mx.example")?));
/// let mut out = Vec::new();
/// server.reply_default(&mut out)?;
/// let mut config = server.config().clone();
/// config.require = Require::Authentication;
/// server.set_config(config)?; // MAIL is now answered with 530
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Require {
    /// No condition: a host that receives mail from anyone.
    #[default]
    Nothing,
    /// TLS. NOOP, EHLO, STARTTLS and QUIT are exempt ([RFC 3207 section
    /// 4](https://www.rfc-editor.org/rfc/rfc3207#section-4)).
    Tls,
    /// AUTH. AUTH, EHLO, HELO, NOOP, RSET and QUIT ([RFC 4954 section
    /// 6](https://www.rfc-editor.org/rfc/rfc4954#section-6)) and STARTTLS are exempt. This is submission ([RFC 6409
    /// section 4.3](https://www.rfc-editor.org/rfc/rfc6409#section-4.3)).
    Authentication,
}

/// The configuration of a [`Server`](super::Server). Create one with [`new`](Self::new), change fields, and share it
/// between sessions in an `Arc`, or in an `Rc` on targets without atomic pointers, which have no `Arc`.
///
/// ```
/// use smtp_core::session::{Require, ServerConfig};
/// use smtp_core::syntax::{CapabilityValue, Extension, Host, Mechanisms};
///
/// let mut config = ServerConfig::new(Host::new("mx.example")?);
/// config.capabilities = config
///     .capabilities
///     .with_value(CapabilityValue::Size(Some(50_000_000)))?
///     .with(Extension::StartTls)
///     .with_value(CapabilityValue::Auth(Mechanisms::new("PLAIN")?))?;
/// config.require = Require::Authentication;
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
///
/// # Limits
///
/// Each limit has a default. The columns for Postfix and Exim show the defaults that Postfix 3.7.11 and Exim 4.96 print
/// (December 2026); under stress Postfix lowers the first two to 1.
///
/// | limit | default | when exceeded | Postfix | Exim |
/// |---|---|---|---|---|
/// | [`max_errors`](Self::max_errors): refused commands | 20 | 421 | 20 | 3 unknown commands, 3 syntax or protocol errors |
/// | [`max_idle_commands`](Self::max_idle_commands): commands that send no mail | 100 | 421 | 100 | 10 |
/// | [`max_failed_auth`](Self::max_failed_auth): failed AUTH | 5 | 421 | counted as errors | counted with the commands that send no mail |
/// | [`max_recipients`](Self::max_recipients) of a message | 1000 | 452 | 1000 | 50000 |
/// | [`max_size`](Self::max_size) of a message, in octets | 50000000 | 552 | 10240000 | 52428800 |
/// | [`max_dropped_octets`](Self::max_dropped_octets) | 100000000 | 421 | | |
///
/// Errors, commands that send no mail and dropped octets are counted until a message is accepted: a 2yz reply to the
/// end of its content, in LMTP for any recipient. No other reply resets them. Failed AUTH exchanges are counted over
/// the whole session, and nothing resets that count, not even TLS. QUIT is answered whatever limit was exceeded.
///
/// These refusals do not count as errors, up to 1000 of them until a message is accepted:
///
/// - Commands that a pipelining client may have sent before it knew of an earlier refusal: those after a refused MAIL,
///   refused recipients or a refused chunk ([RFC 2920 section 3.1](https://www.rfc-editor.org/rfc/rfc2920#section-3.1),
///   [RFC 3030 section 2](https://www.rfc-editor.org/rfc/rfc3030#section-2)).
/// - Recipients over their limit, which the client tries again ([RFC 5321 section
///   4.5.3.1.10](https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.10)).
/// - Recipients that the caller refuses, as long as more recipients of the same message were accepted. A message to a
///   thousand recipients may have some that no longer exist.
///
/// To lift a limit, set it to `None`, or `max_recipients` to `u32::MAX`.
///
/// ```
/// use smtp_core::session::ServerConfig;
/// use smtp_core::syntax::Host;
///
/// let mut config = ServerConfig::new(Host::new("mx.example")?);
/// assert_eq!((config.max_errors, config.max_idle_commands), (Some(20), Some(100)));
/// config.max_size = Some(10_000_000);
/// config.max_idle_commands = None;
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[doc(alias = "LMTP")]
pub struct ServerConfig {
    host: Vec<u8>,
    /// The capabilities in the reply to EHLO. Default: PIPELINING, 8BITMIME, ENHANCEDSTATUSCODES, CHUNKING and
    /// SMTPUTF8, which the session implements without help of the caller.
    ///
    /// The session enforces the limits that are declared here: those of
    /// [`Offer::permits`](crate::syntax::Offer::permits), a SIZE with a number other than 0 for content too, MAILMAX
    /// and RCPTMAX of LIMITS, and the mechanisms of AUTH. The caller has to enforce RCPTDOMAINMAX and the keywords of
    /// NO-SOLICITING: a session does not store domains, and [RFC 3865 section
    /// 2.3](https://www.rfc-editor.org/rfc/rfc3865#section-2.3) leaves the decision to the receiver for each message.
    pub capabilities: Capabilities,
    /// Speaks LMTP ([RFC 2033](https://www.rfc-editor.org/rfc/rfc2033)): LHLO instead of EHLO, and one reply for each
    /// accepted recipient after the content. Default: `false`.
    pub lmtp: bool,
    /// The deviations from the grammar that are accepted. Default: [`Dialect::RECEIVER`], for a server that receives
    /// mail from anyone. [`Dialect::STRICT`] refuses all deviations, [`Dialect::LENIENT`] accepts everything that can
    /// be understood.
    pub dialect: Dialect,
    /// Hands unregistered verbs and parameters to the caller, for a private agreement, instead of refusing them with
    /// 500 and 555. A verb is reported as [`Command::Unknown`](crate::syntax::Command::Unknown), whose usual answer is
    /// still the refusal. If `false`, only those that are the keyword of a line of [`capabilities`](Self::capabilities)
    /// count as offered: the verb always, the parameter after EHLO. Default: `false`.
    pub unregistered: bool,
    /// Accepts MAIL from a client that has sent no hello, as after HELO. [RFC 5321 section
    /// 4.1.4](https://www.rfc-editor.org/rfc/rfc5321#section-4.1.4) forbids it: "A session that will contain mail
    /// transactions MUST first be initialized by the use of the EHLO command". Some old clients of local networks do
    /// it. Default: `false`.
    pub mail_without_hello: bool,
    /// The condition for accepting mail. Default: [`Require::Nothing`].
    pub require: Require,
    /// Offers and accepts AUTH only under TLS. Without TLS, AUTH is answered with 538. Default: `false`.
    pub auth_only_under_tls: bool,
    /// Includes in the reply to a syntax error what was expected, and at which octet:
    /// [`Rejected::explained`](crate::session::Rejected::explained). Default: `false`.
    pub explain_refusals: bool,
    /// The policy on a bare CR or LF in content after DATA, and in the text of chunks ([RFC 3030 section
    /// 2](https://www.rfc-editor.org/rfc/rfc3030#section-2)). With [`Refuse`](BareLineEnding::Refuse) the message is
    /// refused at its end. BODY=BINARYMIME permits any octets (RFC 3030 section 3), and content that BURL fetches is
    /// not checked. Default: `Refuse`.
    pub bare_line_endings: BareLineEnding,
    /// The longest line of content after DATA, and of the text of chunks, in octets including its CRLF ([RFC 5321
    /// section 4.5.3.1.6](https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.6)). `None` sets no limit: receivers
    /// should impose none if possible (section 4.5.3.1), and most servers accept longer lines. Beware when the message
    /// is sent on: the next server may refuse such a line, or cut it. Default: `None`; [`strict`](Self::strict) sets
    /// 1000.
    pub content_line_limit: Option<usize>,
    /// The longest line of an AUTH exchange and of the AUTH command, in octets including CRLF ([RFC 4954 section
    /// 4](https://www.rfc-editor.org/rfc/rfc4954#section-4)). Default: 12288.
    pub response_limit: usize,
    /// The largest message, in octets as SIZE counts them ([RFC 1870 section
    /// 5](https://www.rfc-editor.org/rfc/rfc1870#section-5)). A number other than 0 in the SIZE of
    /// [`capabilities`](Self::capabilities) replaces it; declare it there, so that clients know the limit before they
    /// send. Default: 50000000.
    pub max_size: Option<u64>,
    /// The largest number of recipients of a transaction. [RFC 5321 section
    /// 4.5.3.1.8](https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.8) requires at least 100. Default: 1000.
    pub max_recipients: u32,
    /// The largest number of commands that are refused, by the session or by the caller, until a message is accepted.
    /// One more ends the session. See [the limits](Self#limits) for the refusals that do not count. Default: 20.
    pub max_errors: Option<u32>,
    /// The largest number of commands that do not advance a message, until one is accepted. These are all commands but
    /// RCPT, DATA, BDAT, BURL and QUIT. A BDAT without octets and each line of an AUTH exchange count too. One more
    /// ends the session. Default: 100.
    pub max_idle_commands: Option<u32>,
    /// The largest number of AUTH exchanges in the session that fail: refused by the caller, cancelled, or not
    /// readable. After one more, the next command ends the session. Default: 5.
    pub max_failed_auth: Option<u32>,
    /// The largest number of octets that are read and dropped until a message is accepted: those of refused chunks,
    /// those of a message beyond its largest size, and the rest of lines that are too long. One more ends the session.
    /// A client that pipelines sends all of a message even if its recipients are refused, so this should be at least
    /// the largest size of a message. Default: 100000000.
    pub max_dropped_octets: Option<u64>,
}

impl ServerConfig {
    /// Creates the configuration of a server with this name that accepts mail from anyone.
    #[must_use]
    pub fn new(host: Host<'_>) -> Self {
        use crate::syntax::Extension as E;
        let mut name = Vec::new();
        host.write(&mut name);
        Self {
            host: name,
            capabilities: Capabilities::new()
                .with(E::Pipelining)
                .with(E::EightBitMime)
                .with(E::EnhancedStatusCodes)
                .with(E::Chunking)
                .with(E::SmtpUtf8),
            lmtp: false,
            dialect: Dialect::RECEIVER,
            unregistered: false,
            mail_without_hello: false,
            require: Require::Nothing,
            auth_only_under_tls: false,
            explain_refusals: false,
            bare_line_endings: BareLineEnding::Refuse,
            content_line_limit: None,
            response_limit: auth::LINE_LIMIT,
            max_size: Some(50_000_000),
            max_recipients: 1000,
            max_errors: Some(20),
            max_idle_commands: Some(100),
            max_failed_auth: Some(5),
            max_dropped_octets: Some(100_000_000),
        }
    }

    /// Creates the configuration of a server with this name that accepts only what the standards allow: no deviation
    /// from the grammar, and no line of content over 1000 octets ([RFC 5321 section
    /// 4.5.3.1.6](https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.6)).
    #[must_use]
    pub fn strict(host: Host<'_>) -> Self {
        Self { dialect: Dialect::STRICT, content_line_limit: Some(1000), ..Self::new(host) }
    }

    /// Returns the largest number of octets of content. The SIZE that is offered comes first.
    pub(super) fn size_limit(&self) -> Option<u64> {
        self.capabilities.size_limit().or(self.max_size)
    }

    pub(super) fn host_text(&self) -> &[u8] {
        &self.host
    }

    /// Returns the server's name.
    #[must_use]
    pub fn host(&self) -> Host<'_> {
        Host::parse(&self.host, crate::syntax::Grammar::SMTPUTF8).unwrap_or(Host::Domain(Domain(&self.host)))
    }
}
