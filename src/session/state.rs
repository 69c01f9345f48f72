//! The one table of states, which server, client and observer share.

use crate::syntax::command::with_verbs;
use crate::syntax::{Command, Extension, ReplyClass, ReplyCode, Verb};

/// Where a session stands.
///
/// # Theory of operation
///
/// In SMTP every change of state is a reply to something the client did. Both ends see the same pairs of action and
/// reply, so both are in the same state, and the table need not know which end it serves: [`State::permits`] says what a
/// client may do, [`State::after`] what a reply makes of it.
///
/// What does not fit a state is a fact beside it, which [`Facts`](super::Facts) keep: TLS is on, the client is authenticated, how many
/// recipients were accepted.
///
/// # The table
///
/// A cell is the state after the reply: `=` is no change, an empty cell means that the action is not permitted there and a
/// server refuses it (503) without a change; a cell with `45` alone is not permitted either, and its refusal changes the
/// state. `2`, `3`, `4`, `5` are first digits. 421 leads to Closed from everywhere.
///
/// | action | Start | Ready | Mail | Rcpt | Bdat | Failed | clause |
/// |---|---|---|---|---|---|---|---|
/// | Helo, Ehlo, Lhlo | 2 Ready | 2 Ready | 2 Ready | 2 Ready | 2 Ready | 2 Ready | RFC 5321 4.1.4 |
/// | Mail | | 2 Mail, 3 Rcpt | | | | | RFC 5321 3.3, RFC 1845 |
/// | Rcpt | | | 2 Rcpt | = | | | RFC 5321 3.3 |
/// | Data | | | | 3 Data | 45 Failed | | RFC 5321 4.1.1.4, RFC 3030 2 |
/// | Bdat, Burl | | | | 2 Bdat, 45 Failed | 2 Bdat, 45 Failed | | RFC 3030 2, RFC 4468 |
/// | BdatLast, BurlLast | | | | 245 Ready | 245 Ready | | RFC 3030 2, RFC 4468 |
/// | Rset | = | = | 2 Ready | 2 Ready | 2 Ready | 2 Ready | RFC 5321 4.1.1.5 |
/// | Vrfy, Expn, Help, Noop, Other | = | = | = | = | = | = | RFC 5321 4.1.4 |
/// | Quit | 2 Closed | 2 Closed | 2 Closed | 2 Closed | 2 Closed | 2 Closed | RFC 5321 4.1.1.10 |
/// | StartTls | | 2 Tls | | | | | RFC 3207 4 |
/// | Auth | | 3 Auth | | | | | RFC 4954 4 |
/// | Etrn | | = | | | | | RFC 1985 5 |
/// | Atrn | | 2 Closed | | | | | RFC 2645 5.2 |
/// | Xclient | = | 2 Start | | | | | Postfix |
/// | Xforward | = | = | | | | | Postfix |
///
/// A server that answers 500 or 502 does not know the command, so nothing changes, and neither does it for a DATA with an
/// argument, 501. Nor does a Bdat or Burl lead out of Failed that is accepted there: it mends nothing.
///
/// Three more states permit one action each: Data permits Content, whose reply of any digit leads to Ready (RFC 5321
/// 4.1.1.4); Auth permits Response, where 3 is no change and 2, 4 and 5 lead to Ready (RFC 4954 4); Start permits Greeting,
/// once, and stays. Elsewhere these three change nothing. Tls waits for the handshake and Closed is the end: neither permits
/// anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum State {
    /// No hello has been accepted: after the connection, a TLS handshake, or XCLIENT.
    #[default]
    Start,
    /// A hello has been accepted; no transaction.
    Ready,
    /// A transaction without an accepted recipient.
    Mail,
    /// A transaction with at least one accepted recipient.
    Rcpt,
    /// 354 was sent: the client sends content, up to the final dot and the reply to it.
    Data,
    /// At least one chunk was accepted that is not the last.
    Bdat,
    /// The transaction is spoilt and waits for RSET (RFC 3030 section 2).
    Failed,
    /// 334 was sent: the client sends a response.
    Auth,
    /// 220 to STARTTLS was sent: the handshake is next.
    Tls,
    /// The end: QUIT or 421, or the roles were exchanged.
    Closed,
}

macro_rules! actions {
    (
        commands { $($(#[$form:meta])* $name:ident $(($argument:ty))? $text:literal $reference:literal $($extension:ident)?;)* }
        obsolete { $($old:ident $old_text:literal $old_reference:literal;)* }
    ) => {
        /// What a client does that a reply answers.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Action {
            /// Connecting; the reply is the greeting.
            Greeting,
            $(
                #[doc = concat!("The command ", $text, ".")]
                $name,
            )*
            /// The end of the content after DATA, whose own reply says whether content may follow.
            Content,
            /// BDAT LAST with its chunk.
            BdatLast,
            /// BURL LAST.
            BurlLast,
            /// A line of an AUTH exchange.
            Response,
            /// A line that is no command of these.
            Other,
        }

        impl Action {
            /// Every action.
            pub const ALL: &'static [Self] = &[
                Self::Greeting,
                $(Self::$name,)*
                Self::Content,
                Self::BdatLast,
                Self::BurlLast,
                Self::Response,
                Self::Other,
            ];

            /// What a command of this verb does; for BDAT and BURL without LAST.
            #[must_use]
            pub const fn of_verb(verb: Verb) -> Self {
                match verb {
                    $(Verb::$name => Self::$name,)*
                    $(Verb::$old)|* | Verb::Unknown => Self::Other,
                }
            }

            /// The verb of the command, if it is one; not of content and responses, which are none.
            #[must_use]
            pub const fn verb(self) -> Option<Verb> {
                match self {
                    $(Self::$name => Some(Verb::$name),)*
                    Self::BdatLast => Some(Verb::Bdat),
                    Self::BurlLast => Some(Verb::Burl),
                    Self::Greeting | Self::Content | Self::Response | Self::Other => None,
                }
            }
        }
    };
}

with_verbs!(actions);

impl Action {
    /// The extension that offers its verb.
    pub(crate) const fn offered_by(self) -> Option<Extension> {
        match self.verb() {
            Some(verb) => verb.offered_by(),
            None => None,
        }
    }

    /// What a command does.
    #[must_use]
    pub const fn of(command: &Command<'_>) -> Self {
        match command {
            Command::Bdat(bdat) if bdat.last => Self::BdatLast,
            Command::Burl(burl) if burl.last => Self::BurlLast,
            command => Self::of_verb(command.verb()),
        }
    }

    /// Is it BDAT or BURL, with LAST or without?
    pub(crate) const fn is_chunk(self) -> bool {
        matches!(self, Self::Bdat | Self::BdatLast | Self::Burl | Self::BurlLast)
    }

    /// Does it end a group of pipelined commands (RFC 2920 section 3.1)? The client waits for the reply.
    ///
    /// AUTH with an initial response may be followed by more, if its mechanism needs no more (RFC 4954 section 4).
    #[must_use]
    pub const fn ends_group(self) -> bool {
        !matches!(
            self,
            Self::Mail
                | Self::Rcpt
                | Self::Rset
                | Self::Content
                | Self::Bdat
                | Self::BdatLast
                | Self::Burl
                | Self::BurlLast
                | Self::Xforward
        )
    }
}

/// Does the command end its group? As its action does, but for AUTH that is over with its reply (RFC 4954 section 4), and for
/// SEND, SOML and SAML (RFC 2920 section 3.1).
pub(crate) fn ends_group(command: &Command<'_>) -> bool {
    match command {
        Command::Auth(auth) => !auth.takes_one_trip(),
        Command::Obsolete(_) => command.verb() == Verb::Turn,
        command => Action::of(command).ends_group(),
    }
}

/// Returns `true` if a refusal with this code says that the line is no such command, and not that the command failed: the server
/// does not know it, 500, or does not have it, 502, or it is DATA with an argument, 501 (RFC 5321 section 4.2.4 and 4.3.2).
/// It changes nothing, and spoils no transaction.
#[inline]
pub(crate) const fn is_of_no_such_command(action: Action, code: ReplyCode) -> bool {
    matches!(code.get(), 500..=502)
        && match action {
            Action::Content | Action::Response => false,
            Action::Data => true,
            _ => code.get() != 501,
        }
}

impl State {
    /// Every state.
    pub const ALL: &'static [Self] = &[
        Self::Start,
        Self::Ready,
        Self::Mail,
        Self::Rcpt,
        Self::Data,
        Self::Bdat,
        Self::Failed,
        Self::Auth,
        Self::Tls,
        Self::Closed,
    ];

    /// May a client do this now?
    #[must_use]
    pub const fn permits(self, action: Action) -> bool {
        use Action as A;
        match action {
            A::Greeting => matches!(self, Self::Start),
            A::Content => matches!(self, Self::Data),
            A::Response => matches!(self, Self::Auth),
            A::Mail | A::StartTls | A::Auth | A::Etrn | A::Atrn => matches!(self, Self::Ready),
            A::Xclient | A::Xforward => matches!(self, Self::Start | Self::Ready),
            A::Rcpt => matches!(self, Self::Mail | Self::Rcpt),
            A::Data => matches!(self, Self::Rcpt),
            A::Bdat | A::BdatLast | A::Burl | A::BurlLast => matches!(self, Self::Rcpt | Self::Bdat),
            A::Helo | A::Ehlo | A::Lhlo | A::Rset | A::Vrfy | A::Expn | A::Help | A::Noop | A::Quit | A::Other => {
                self.takes_commands()
            }
        }
    }

    /// What a reply makes of the state. It is defined for what is not permitted too, since a server may do otherwise: a
    /// refusal then changes nothing, and an acceptance has the effect it has elsewhere. Only content and responses are what
    /// they are nowhere but in their own state, and a chunk mends no transaction that another has spoilt.
    #[must_use]
    pub const fn after(self, action: Action, code: ReplyCode) -> Self {
        use {Action as A, ReplyClass as S};
        if code.get() == ReplyCode::SERVICE_NOT_AVAILABLE.get() {
            return Self::Closed;
        }
        if matches!(self, Self::Tls | Self::Closed) {
            return self;
        }
        if is_of_no_such_command(action, code) {
            return self;
        }
        let in_content = matches!(self, Self::Rcpt | Self::Bdat);
        match (action, code.class()) {
            (A::Helo | A::Ehlo | A::Lhlo, S::Success) => Self::Ready,
            (A::Mail, S::Success) => Self::Mail,
            (A::Mail, S::Intermediate) | (A::Rcpt, S::Success) => Self::Rcpt,
            (A::Data, S::Intermediate) => Self::Data,
            (A::Data, S::TransientFailure | S::PermanentFailure) if matches!(self, Self::Bdat) => Self::Failed,
            (A::Content, _) if matches!(self, Self::Data) => Self::Ready,
            (A::Bdat | A::Burl, S::Success) if !matches!(self, Self::Failed) => Self::Bdat,
            (A::Bdat | A::Burl, S::TransientFailure | S::PermanentFailure) if in_content => Self::Failed,
            (A::BdatLast | A::BurlLast, S::Success) => Self::Ready,
            (A::BdatLast | A::BurlLast, S::TransientFailure | S::PermanentFailure) if in_content => Self::Ready,
            (A::Rset, S::Success) if !matches!(self, Self::Start) => Self::Ready,
            (A::Quit | A::Atrn, S::Success) => Self::Closed,
            (A::StartTls, S::Success) => Self::Tls,
            (A::Auth, S::Intermediate) => Self::Auth,
            (A::Response, S::Success | S::TransientFailure | S::PermanentFailure) if matches!(self, Self::Auth) => {
                Self::Ready
            }
            (A::Xclient, S::Success) => Self::Start,
            _ => self,
        }
    }

    /// As [`after`](Self::after), where the extension of the action has been offered: 500 and 502 refuse a chunk then as any
    /// other code does, since it is not a command that the server does not know (RFC 3030 section 2).
    pub(crate) const fn after_offered(self, action: Action, code: ReplyCode) -> Self {
        let refused = matches!(code.get(), 500 | 502) && action.is_chunk();
        self.after(action, if refused { ReplyCode::TRANSACTION_FAILED } else { code })
    }

    /// Is the next line of the client a command?
    #[must_use]
    pub const fn takes_commands(self) -> bool {
        matches!(self, Self::Start | Self::Ready | Self::Mail | Self::Rcpt | Self::Bdat | Self::Failed)
    }

    /// Is a transaction open?
    #[must_use]
    pub const fn in_transaction(self) -> bool {
        matches!(self, Self::Mail | Self::Rcpt | Self::Data | Self::Bdat | Self::Failed)
    }

    /// The name, in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Ready => "ready",
            Self::Mail => "mail",
            Self::Rcpt => "rcpt",
            Self::Data => "data",
            Self::Bdat => "bdat",
            Self::Failed => "failed",
            Self::Auth => "auth",
            Self::Tls => "tls",
            Self::Closed => "closed",
        }
    }
}

impl core::fmt::Display for State {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str(self.name())
    }
}
