//! What a server is and what it demands.

use crate::codec::BareLineEnding;
use crate::syntax::wire::Wire;
use crate::syntax::{Capabilities, Dialect, Domain, Host, auth};
use alloc::vec::Vec;

/// What a server has to be shown before it takes mail. Until then, all but the exempt commands are answered with 530.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Require {
    /// Nothing: a host that receives mail from anyone.
    #[default]
    Nothing,
    /// TLS; exempt are NOOP, EHLO, STARTTLS and QUIT (RFC 3207 section 4).
    Tls,
    /// AUTH; exempt are AUTH, EHLO, HELO, NOOP, RSET and QUIT (RFC 4954 section 6), and STARTTLS. This is submission
    /// (RFC 6409 section 4.3).
    Authentication,
}

/// How a [`Server`](super::Server) behaves. Make one with [`new`](Self::new), change what is to be different, and share it
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
/// Each limit has a default. The columns of Postfix and Exim have the defaults that Postfix 3.7.11 and Exim 4.96 print
/// (December 2026); under stress Postfix allows 1 of the first two.
///
/// | limit | default | beyond it | Postfix | Exim |
/// |---|---|---|---|---|
/// | [`max_errors`](Self::max_errors): refused commands | 20 | 421 | 20 | 3 unknown commands, 3 syntax or protocol errors |
/// | [`max_idle_commands`](Self::max_idle_commands): commands that send no mail | 100 | 421 | 100 | 10 |
/// | [`max_failed_auth`](Self::max_failed_auth): failed AUTH | 5 | 421 | counted as errors | counted with the commands that send no mail |
/// | [`max_recipients`](Self::max_recipients) of a message | 1000 | 452 | 1000 | 50000 |
/// | [`max_size`](Self::max_size) of a message, in octets | 50000000 | 552 | 10240000 | 52428800 |
/// | [`max_dropped_octets`](Self::max_dropped_octets) | 100000000 | 421 | | |
///
/// Errors, commands that send no mail and dropped octets are summed until a message is accepted: a 2yz to the end of its
/// content, in LMTP for any recipient. No other reply resets them. The count of failed AUTH is of the whole session and is never
/// reset, not by TLS either. QUIT is answered whatever was exceeded.
///
/// These refusals are no errors, up to 1000 of them until a message is accepted:
///
/// - What a client that pipelines may have sent before it knew of an earlier refusal: what follows a refused MAIL, refused
///   recipients or a refused chunk (RFC 2920 section 3.1, RFC 3030 section 2).
/// - Recipients over their limit, which the client tries again (RFC 5321 section 4.5.3.1.10).
/// - Recipients that the caller refuses, as long as more recipients of the same message were accepted. A message to a thousand
///   recipients may have some that no longer exist.
///
/// A limit of the type `Option` is lifted by `None`, `max_recipients` by `u32::MAX`.
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
pub struct ServerConfig {
    host: Vec<u8>,
    /// What EHLO is answered with. [`new`](Self::new) has PIPELINING, 8BITMIME, ENHANCEDSTATUSCODES, CHUNKING and SMTPUTF8, for
    /// which the session does all that is needed.
    ///
    /// The session keeps the limits that are declared here: what [`Offer::permits`](crate::syntax::Offer::permits) looks at, a SIZE
    /// with a number other than 0 also for content, MAILMAX and RCPTMAX of LIMITS, and the mechanisms of AUTH. RCPTDOMAINMAX and
    /// the keywords of NO-SOLICITING are for the caller: a session keeps no domains, and RFC 3865 section 2.3 leaves the
    /// decision to the receiver for each message.
    pub capabilities: Capabilities,
    /// Speak LMTP (RFC 2033): LHLO in place of EHLO, and one reply for each accepted recipient behind the content.
    pub lmtp: bool,
    /// Which deviations of clients are let pass. Default: [`Dialect::RECEIVER`], for a server for all comers;
    /// [`Dialect::STRICT`] refuses all of them, [`Dialect::LENIENT`] takes whatever can be understood.
    pub dialect: Dialect,
    /// Hands verbs and parameters that are not registered to the caller, as a private agreement may need, in place of refusing them
    /// with 500 and 555. A verb comes as [`Command::Unknown`](crate::syntax::Command::Unknown), whose usual answer is still the
    /// refusal. Without it, those that a line of [`capabilities`](Self::capabilities) names by its keyword count as offered:
    /// the verb always, the parameter after EHLO. Default: `false`.
    pub unregistered: bool,
    /// Takes MAIL from a client that has sent no hello, as after HELO. RFC 5321 section 4.1.4: "A session that will contain mail
    /// transactions MUST first be initialized by the use of the EHLO command", which old clients of a local network do not.
    /// Default: `false`.
    pub mail_without_hello: bool,
    /// What is demanded before mail is taken; nothing.
    pub require: Require,
    /// AUTH is offered and taken under TLS only; no. Where it is not offered it is answered with 538.
    pub auth_only_under_tls: bool,
    /// Tell clients what was expected, and at which octet, where a command has a syntax error:
    /// [`Rejected::explained`](crate::session::Rejected::explained). Default: `false`.
    pub explain_refusals: bool,
    /// What happens to a bare CR or LF in content after DATA, and in the text of chunks (RFC 3030 section 2). With
    /// [`Refuse`](BareLineEnding::Refuse) the message is refused at its end. BODY=BINARYMIME may have any octets (RFC 3030 section
    /// 3), and what BURL fetches is not looked at. Default: `Refuse`.
    pub bare_line_endings: BareLineEnding,
    /// The longest line of content after DATA, and of the text of chunks, in octets with its CRLF (RFC 5321 section
    /// 4.5.3.1.6). `None`: no limit, since receivers should impose none where it is possible (section 4.5.3.1), and most servers
    /// take longer lines. The risk is on the way out: the next server may refuse such a line, or cut it. Default: `None`;
    /// [`strict`](Self::strict) has 1000.
    pub content_line_limit: Option<usize>,
    /// The longest line of an AUTH exchange and of the AUTH command, CRLF included; 12288 octets (RFC 4954 section 4).
    pub response_limit: usize,
    /// The largest message, in octets as SIZE counts them (RFC 1870 section 5). A number other than 0 in the SIZE of
    /// [`capabilities`](Self::capabilities) takes its place; offer it there, so that clients know it before they send. Default:
    /// 50000000.
    pub max_size: Option<u64>,
    /// The most recipients of a transaction. RFC 5321 section 4.5.3.1.8 wants at least 100. Default: 1000.
    pub max_recipients: u32,
    /// The most commands that are refused, by the session or by the caller, until a message is accepted. One more ends the
    /// session. See [the limits](Self#limits) for the refusals that do not count. Default: 20.
    pub max_errors: Option<u32>,
    /// The most commands that bring no message further until one is accepted. These are all but RCPT, DATA, BDAT, BURL and
    /// QUIT, but a BDAT without octets is one of them, and so is each line of an AUTH exchange. One more ends the session.
    /// Default: 100.
    pub max_idle_commands: Option<u32>,
    /// The most AUTH exchanges of the session that fail: refused by the caller, cancelled, or not readable. After one more, the
    /// next command ends the session. Default: 5.
    pub max_failed_auth: Option<u32>,
    /// The most octets that are read and dropped until a message is accepted: those of refused chunks, those of a message
    /// beyond its largest size, and the rest of lines that are too long. One more ends the session. A client that pipelines
    /// sends all of a message whose recipients are refused, so it is no less than a message may have. Default: 100000000.
    pub max_dropped_octets: Option<u64>,
}

impl ServerConfig {
    /// A server of this name that takes mail from anyone.
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

    /// A server of this name that takes what the standards allow and nothing else: no deviation of the grammar, and no line of
    /// content over 1000 octets (RFC 5321 section 4.5.3.1.6).
    #[must_use]
    pub fn strict(host: Host<'_>) -> Self {
        Self { dialect: Dialect::STRICT, content_line_limit: Some(1000), ..Self::new(host) }
    }

    /// The most octets of content: what is offered is kept.
    pub(super) fn size_limit(&self) -> Option<u64> {
        self.capabilities.size_limit().or(self.max_size)
    }

    pub(super) fn host_text(&self) -> &[u8] {
        &self.host
    }

    /// The server's name.
    #[must_use]
    pub fn host(&self) -> Host<'_> {
        Host::parse(&self.host, crate::syntax::Grammar::SMTPUTF8).unwrap_or(Host::Domain(Domain(&self.host)))
    }
}
