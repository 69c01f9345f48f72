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
    /// Which deviations of clients are let pass; none. A server for all comers does well to let pass white space before CRLF
    /// and any text for VRFY and NOOP (RFC 5321 sections 4.1.1, 3.5.1 and 4.1.1.9).
    pub dialect: Dialect,
    /// What is demanded before mail is taken; nothing.
    pub require: Require,
    /// AUTH is offered and taken under TLS only; no. Where it is not offered it is answered with 538.
    pub auth_only_under_tls: bool,
    /// What happens to a bare CR or LF in content behind DATA; it is refused when the content has ended. The octets of a chunk
    /// are given out as they are: they end nothing here, but must be looked at before they are sent on as lines.
    pub bare_line_endings: BareLineEnding,
    /// The longest line of content behind DATA, CRLF included; 1000 octets (RFC 5321 section 4.5.3.1.6).
    pub content_line_limit: Option<usize>,
    /// The longest line of an AUTH exchange and of the AUTH command, CRLF included; 12288 octets (RFC 4954 section 4).
    pub response_limit: usize,
    /// The largest message that is taken where SIZE offers no number other than 0; no limit. Counted as SIZE counts (RFC 1870 section 5).
    pub max_size: Option<u64>,
    /// The most recipients of a transaction; 1000. RFC 5321 section 4.5.3.1.8 wants at least 100.
    pub max_recipients: u32,
    /// The most commands refused in a row, by the session or by the caller, before the session ends; no limit. What a client
    /// that pipelines may have sent before it knew of an earlier refusal does not count, up to 1000 in a row: recipients over
    /// their limit, and what follows a refused MAIL, refused recipients or a refused chunk.
    pub max_errors: Option<u32>,
    /// The most commands outside a transaction, MAIL included, since the last message, before the session ends; no limit.
    pub max_idle_commands: Option<u32>,
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
            dialect: Dialect::STRICT,
            require: Require::Nothing,
            auth_only_under_tls: false,
            bare_line_endings: BareLineEnding::Refuse,
            content_line_limit: Some(1000),
            response_limit: auth::LINE_LIMIT,
            max_size: None,
            max_recipients: 1000,
            max_errors: None,
            max_idle_commands: None,
        }
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
