//! The table of states, which server, client and observer share. It must not know which end uses it, nor facts besides
//! the state.

use crate::syntax::command::with_verbs;
use crate::syntax::{Command, Extension, ReplyClass, ReplyCode, Verb};

/// The state of a session.
///
/// # Theory of operation
///
/// In SMTP every change of state is caused by a reply to an action of the client. Both ends see the same pairs of
/// action and reply, so both are in the same state, and the table does not depend on the end: [`State::permits`] says
/// what a client may do, [`State::after`] gives the state after a reply.
///
/// [`Facts`](super::Facts) keep what is not part of the state: whether TLS is on, whether the client is authenticated,
/// how many recipients were accepted.
///
/// # The table
///
/// A cell gives the state after the reply. `=` means no change. An empty cell means that the action is not permitted in
/// that state; a server refuses it (503), and the state does not change. A cell with `45` alone is not permitted
/// either, but its refusal changes the state. `2`, `3`, `4`, `5` are first digits. 421 leads to Closed from everywhere.
///
/// | action | Start | Ready | Mail | Rcpt | Bdat | Failed | clause |
/// |---|---|---|---|---|---|---|---|
/// | Helo, Ehlo, Lhlo | 2 Ready | 2 Ready | 2 Ready | 2 Ready | 2 Ready | 2 Ready | [RFC 5321 section 4.1.4](https://www.rfc-editor.org/rfc/rfc5321#section-4.1.4) |
/// | Mail | | 2 Mail, 3 Rcpt | | | | | RFC 5321 section 3.3, [RFC 1845](https://www.rfc-editor.org/rfc/rfc1845) |
/// | Rcpt | | | 2 Rcpt | = | | | RFC 5321 section 3.3 |
/// | Data | | | | 3 Data | 45 Failed | | RFC 5321 section 4.1.1.4, [RFC 3030 section 2](https://www.rfc-editor.org/rfc/rfc3030#section-2) |
/// | Bdat, Burl | | | | 2 Bdat, 45 Failed | 2 Bdat, 45 Failed | | RFC 3030 section 2, [RFC 4468](https://www.rfc-editor.org/rfc/rfc4468) |
/// | BdatLast, BurlLast | | | | 245 Ready | 245 Ready | | RFC 3030 section 2, RFC 4468 |
/// | Rset | = | = | 2 Ready | 2 Ready | 2 Ready | 2 Ready | RFC 5321 section 4.1.1.5 |
/// | Vrfy, Expn, Help, Noop, Other | = | = | = | = | = | = | RFC 5321 section 4.1.4 |
/// | Quit | 2 Closed | 2 Closed | 2 Closed | 2 Closed | 2 Closed | 2 Closed | RFC 5321 section 4.1.1.10 |
/// | StartTls | | 2 Tls | | | | | [RFC 3207 section 4](https://www.rfc-editor.org/rfc/rfc3207#section-4) |
/// | Auth | | 3 Auth | | | | | [RFC 4954 section 4](https://www.rfc-editor.org/rfc/rfc4954#section-4) |
/// | Etrn | | = | | | | | [RFC 1985 section 5](https://www.rfc-editor.org/rfc/rfc1985#section-5) |
/// | Atrn | | 2 Closed | | | | | [RFC 2645 section 5.2](https://www.rfc-editor.org/rfc/rfc2645#section-5.2) |
/// | Xclient | = | 2 Start | | | | | Postfix |
/// | Xforward | = | = | | | | | Postfix |
///
/// A server that answers 500 or 502 does not know the command, so nothing changes. Nor does anything change for a 501
/// to DATA, which had an argument. An accepted BDAT or BURL does not leave Failed.
///
/// Three more states permit one action each. Data permits Content, whose reply leads to Ready whatever its first digit
/// is (RFC 5321 section 4.1.1.4). Auth permits Response: 3 is no change, and 2, 4 and 5 lead to Ready (RFC 4954 section
/// 4). Start permits Greeting, once, and does not change. In other states these three actions change nothing. Tls waits
/// for the handshake and Closed is the end: neither permits anything.
///
/// ```
/// use smtp_core::session::{Action, State};
/// use smtp_core::syntax::ReplyCode;
///
/// assert!(State::Rcpt.permits(Action::Data) && !State::Ready.permits(Action::Data));
/// assert_eq!(State::Rcpt.after(Action::Data, ReplyCode::START_MAIL_INPUT), State::Data);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum State {
    /// No hello has been accepted: after the connection, a TLS handshake, or XCLIENT.
    #[default]
    Start,
    /// A hello has been accepted, and no transaction is open.
    Ready,
    /// A transaction without an accepted recipient.
    Mail,
    /// A transaction with at least one accepted recipient.
    Rcpt,
    /// 354 was sent: the client sends content, up to the final dot, and waits for its reply.
    Data,
    /// At least one chunk was accepted that is not the last.
    Bdat,
    /// The transaction is spoilt and needs RSET ([RFC 3030 section
    /// 2](https://www.rfc-editor.org/rfc/rfc3030#section-2)).
    Failed,
    /// 334 was sent: the client sends a response.
    Auth,
    /// 220 to STARTTLS was sent: the handshake is next.
    Tls,
    /// The session is over: after QUIT or 421, or because the roles were exchanged.
    Closed,
}

macro_rules! actions {
    (
        commands { $($(#[$form:meta])* $name:ident $(($argument:ty))? $text:literal $reference:literal $($extension:ident)?;)* }
        obsolete { $($old:ident $old_text:literal $old_reference:literal;)* }
    ) => {
        /// An action of a client that a reply answers.
        ///
        /// ```
        /// use smtp_core::session::Action;
        /// use smtp_core::syntax::{Command, Verb};
        ///
        /// assert_eq!(Action::of(&Command::Data), Action::Data);
        /// assert_eq!(Action::BdatLast.verb(), Some(Verb::Bdat));
        /// assert!(Action::Data.ends_group() && !Action::Rcpt.ends_group());
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
        #[non_exhaustive]
        pub enum Action {
            /// Connecting; the reply is the greeting.
            Greeting,
            $(
                #[doc = concat!("The command ", $text, ".")]
                $name,
            )*
            /// The end of the content after DATA.
            Content,
            /// BDAT LAST with its chunk.
            BdatLast,
            /// BURL LAST.
            BurlLast,
            /// A line of an AUTH exchange.
            Response,
            /// A line that is not one of these commands.
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

            /// Returns the action of a command with this verb; for BDAT and BURL, without LAST.
            #[must_use]
            pub const fn of_verb(verb: Verb) -> Self {
                match verb {
                    $(Verb::$name => Self::$name,)*
                    $(Verb::$old)|* | Verb::Unknown => Self::Other,
                }
            }

            /// Returns the verb of the command. Returns `None` for actions that are not commands.
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
    /// Returns the extension that offers its verb.
    pub(crate) const fn offered_by(self) -> Option<Extension> {
        match self.verb() {
            Some(verb) => verb.offered_by(),
            None => None,
        }
    }

    /// Returns the action of a command.
    #[inline]
    #[must_use]
    pub const fn of(command: &Command<'_>) -> Self {
        match command {
            Command::Bdat(bdat) if bdat.last => Self::BdatLast,
            Command::Burl(burl) if burl.last => Self::BurlLast,
            command => Self::of_verb(command.verb()),
        }
    }

    /// Returns `true` for BDAT and BURL, with or without LAST.
    pub(crate) const fn is_chunk(self) -> bool {
        matches!(self, Self::Bdat | Self::BdatLast | Self::Burl | Self::BurlLast)
    }

    /// Returns `true` if the action ends a group of pipelined commands ([RFC 2920 section
    /// 3.1](https://www.rfc-editor.org/rfc/rfc2920#section-3.1)): the client has to wait for the reply.
    ///
    /// More may follow an AUTH with an initial response if its mechanism needs no more ([RFC 4954 section
    /// 4](https://www.rfc-editor.org/rfc/rfc4954#section-4)).
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

/// Writes the action as messages name it: the command, or what it is.
impl core::fmt::Display for Action {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str(match (self, self.verb()) {
            (Self::Greeting, _) => "the greeting",
            (Self::Content, _) => "the content",
            (Self::Response, _) => "the response to a challenge",
            (Self::BdatLast, _) => "BDAT LAST",
            (Self::BurlLast, _) => "BURL LAST",
            (_, Some(verb)) => verb.as_str(),
            (_, None) => "an unknown command",
        })
    }
}

/// Returns `true` if the command, which is this action, ends its group. This is [`Action::ends_group`], except for AUTH that is over with its
/// reply (RFC 4954 section 4), and for SEND, SOML and SAML (RFC 2920 section 3.1).
#[inline]
pub(crate) fn ends_group(command: &Command<'_>, action: Action) -> bool {
    match command {
        Command::Auth(auth) => !auth.takes_one_trip(),
        Command::Obsolete(_) => command.verb() == Verb::Turn,
        _ => action.ends_group(),
    }
}

/// Returns `true` if a refusal with this code means that the line is not a known command, and not that the command
/// failed: the server does not know it (500), does not implement it (502), or it is DATA with an argument (501) (RFC
/// 5321 sections 4.2.4 and 4.3.2). It changes nothing, and spoils no transaction.
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

    /// Returns `true` if a client may do this in this state.
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

    /// Returns the state after a reply to an action. It is defined for actions that are not permitted too, because a
    /// server may accept them: a refusal then changes nothing, and an acceptance has its usual effect. Content and
    /// Response, however, have an effect only in Data and Auth, and a chunk never revives a failed transaction.
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

    /// Returns the state after a reply to an action whose extension was offered. 500 and 502 then refuse a chunk like
    /// any other code, because the server knows the command (RFC 3030 section 2).
    pub(crate) const fn after_offered(self, action: Action, code: ReplyCode) -> Self {
        let refused = matches!(code.get(), 500 | 502) && action.is_chunk();
        self.after(action, if refused { ReplyCode::TRANSACTION_FAILED } else { code })
    }

    /// Returns `true` if the next line of the client is a command.
    #[must_use]
    pub const fn takes_commands(self) -> bool {
        matches!(self, Self::Start | Self::Ready | Self::Mail | Self::Rcpt | Self::Bdat | Self::Failed)
    }

    /// Returns `true` if a transaction is open.
    #[must_use]
    pub const fn in_transaction(self) -> bool {
        matches!(self, Self::Mail | Self::Rcpt | Self::Data | Self::Bdat | Self::Failed)
    }

    /// Returns the name of the state in lower case.
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
