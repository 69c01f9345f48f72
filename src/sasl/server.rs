//! The server side of the mechanisms: responses in, challenges and credentials out. It checks no password.

use super::SEPARATOR;
use crate::syntax::auth::{LOGIN_PASSWORD, LOGIN_USERNAME};
use crate::syntax::{Mechanism, Plain};
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// The server side of one AUTH exchange.
///
/// Call [`step`](Self::step) with the initial response of AUTH, or with `None` if it had none, and then with each
/// response, decoded from base64, until it returns something other than a challenge. `Debug` does not show responses.
///
/// ```
/// use smtp_core::sasl::{Credentials, Exchange, Step};
/// use smtp_core::syntax::Mechanism;
///
/// let mut exchange = Exchange::new(Mechanism::PLAIN).unwrap();
/// assert_eq!(exchange.step(None), Step::Challenge(b""));
/// let step = exchange.step(Some(b"\0joe\0secret"));
/// let Step::Credentials(Credentials::Password { user, password, .. }) = step else {
///     panic!("malformed");
/// };
/// assert_eq!((user.as_str(), password.as_str()), ("joe", "secret"));
/// ```
#[derive(Clone)]
#[doc(alias = "SASL")]
pub struct Exchange {
    state: State,
    /// The user name that LOGIN has given.
    name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Plain,
    LoginName,
    LoginPassword,
    External,
    XOauth2,
    OauthBearer,
    /// The error of a bearer mechanism was sent, and the last response of the client has not come yet.
    Refused,
    Ended,
}

/// The result of a step of an exchange.
///
/// ```
/// use smtp_core::sasl::{Exchange, Step};
/// use smtp_core::syntax::Mechanism;
///
/// let mut exchange = Exchange::new(Mechanism::LOGIN).unwrap();
/// assert_eq!(exchange.step(None), Step::Challenge(b"Username:"));
/// assert_eq!(exchange.step(Some(b"joe")), Step::Challenge(b"Password:"));
/// assert!(matches!(exchange.step(Some(b"secret")), Step::Credentials(_)));
/// assert_eq!(exchange.step(Some(b"again")), Step::Ended);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[must_use]
pub enum Step {
    /// Send these octets, encoded in base64, as a 334, and pass the response to the next step.
    Challenge(&'static [u8]),
    /// The credentials of the client. Check them, and reply 235, or 535 with the enhanced code 5.7.8 ([RFC 4954 section
    /// 6](https://www.rfc-editor.org/rfc/rfc4954#section-6)).
    Credentials(Credentials),
    /// The response does not match the mechanism. Reply 535 or 501 ([RFC 4954](https://www.rfc-editor.org/rfc/rfc4954)
    /// sections 4 and 6).
    Malformed,
    /// The exchange had already ended, or the client has acknowledged the refusal of its token. Reply 535.
    Ended,
}

/// The credentials of a client. `Debug` shows neither password nor token.
///
/// ```
/// use smtp_core::sasl::{Exchange, Step};
/// use smtp_core::syntax::Mechanism;
///
/// let step = Exchange::new(Mechanism::PLAIN).unwrap().step(Some(b"\0joe\0secret"));
/// let Step::Credentials(credentials) = step else { panic!("malformed") };
/// assert_eq!(credentials.user(), "joe");
/// assert!(!format!("{credentials:?}").contains("secret"));
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Credentials {
    /// PLAIN and LOGIN.
    #[non_exhaustive]
    Password {
        /// The user to act for. Empty for the authenticated user. If it is another, refuse the credentials unless the
        /// authenticated user may act for that one ([RFC 4616 section
        /// 2](https://www.rfc-editor.org/rfc/rfc4616#section-2)).
        authorization: String,
        /// The user name.
        user: String,
        /// The password. Compare it in constant time.
        password: String,
    },
    /// EXTERNAL.
    #[non_exhaustive]
    External {
        /// The user to act for. Empty for the user that the connection identifies, for example by a TLS certificate.
        authorization: String,
    },
    /// XOAUTH2 and OAUTHBEARER.
    #[non_exhaustive]
    Bearer {
        /// The user name. Empty if OAUTHBEARER leaves it to the token.
        user: String,
        /// The token ([RFC 6750](https://www.rfc-editor.org/rfc/rfc6750)).
        token: String,
    },
}

impl Credentials {
    /// Returns the user name. For [`External`](Self::External), returns the user to act for. It may be empty.
    #[must_use]
    pub fn user(&self) -> &str {
        match self {
            Self::Password { user, .. } | Self::Bearer { user, .. } => user,
            Self::External { authorization } => authorization,
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secret = &format_args!("[redacted]");
        match self {
            Self::Password { authorization, user, .. } => formatter
                .debug_struct("Password")
                .field("authorization", authorization)
                .field("user", user)
                .field("password", secret)
                .finish(),
            Self::External { authorization } => {
                formatter.debug_struct("External").field("authorization", authorization).finish()
            }
            Self::Bearer { user, .. } => {
                formatter.debug_struct("Bearer").field("user", user).field("token", secret).finish()
            }
        }
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Exchange").field("state", &self.state).finish_non_exhaustive()
    }
}

impl Exchange {
    /// The mechanisms that this type implements.
    pub const MECHANISMS: &'static [Mechanism<'static>] =
        &[Mechanism::PLAIN, Mechanism::LOGIN, Mechanism::EXTERNAL, Mechanism::XOAUTH2, Mechanism::OAUTHBEARER];

    /// Begins an exchange. Returns `None` for a mechanism that is not among [`MECHANISMS`](Self::MECHANISMS); the reply
    /// is then 504 with the enhanced code 5.5.4 ([RFC 4954 section
    /// 4](https://www.rfc-editor.org/rfc/rfc4954#section-4)).
    #[must_use]
    pub fn new(mechanism: Mechanism<'_>) -> Option<Self> {
        let states = [State::Plain, State::LoginName, State::External, State::XOauth2, State::OauthBearer];
        let (_, state) = Self::MECHANISMS.iter().zip(states).find(|(known, _)| **known == mechanism)?;
        Some(Self { state, name: String::new() })
    }

    /// Takes a response and returns the next step.
    pub fn step(&mut self, response: Option<&[u8]>) -> Step {
        let Some(response) = response else {
            return match self.state {
                State::LoginName => Step::Challenge(LOGIN_USERNAME),
                State::LoginPassword | State::Refused | State::Ended => self.end(Step::Malformed),
                // The client speaks first: an empty challenge asks for its response (RFC 4954 section 4).
                _ => Step::Challenge(b""),
            };
        };
        let Ok(text) = core::str::from_utf8(response) else { return self.end(Step::Malformed) };
        let credentials = match core::mem::replace(&mut self.state, State::Ended) {
            State::LoginName if !text.is_empty() => {
                text.clone_into(&mut self.name);
                self.state = State::LoginPassword;
                return Step::Challenge(LOGIN_PASSWORD);
            }
            State::LoginPassword => self.login(text),
            State::Refused | State::Ended => return Step::Ended,
            State::LoginName => None,
            State::Plain => plain(text),
            State::External => external(text),
            State::XOauth2 => xoauth2(text),
            State::OauthBearer => oauthbearer(text),
        };
        // A server that refuses a token first sends the reason as a challenge.
        if matches!(credentials, Some(Credentials::Bearer { .. })) {
            self.state = State::Refused;
        }
        credentials.map_or(Step::Malformed, Step::Credentials)
    }

    /// Returns the challenge with which XOAUTH2 and OAUTHBEARER refuse a token, or `None` for the other mechanisms
    /// ([RFC 7628 section 3.2.2](https://www.rfc-editor.org/rfc/rfc7628#section-3.2.2)). The client answers it with an
    /// empty response or %x01. Pass that response to [`step`](Self::step), which returns [`Step::Ended`], and reply
    /// 535. It is simpler to skip the challenge and to reply 535 at once, and clients accept that.
    ///
    /// `status` is an error code of [RFC 6750 section 3.1](https://www.rfc-editor.org/rfc/rfc6750#section-3.1), such as
    /// `invalid_token`. All characters except letters, digits, `_` and `-` are removed from it.
    #[must_use]
    pub fn refusal(&self, status: &str) -> Option<Vec<u8>> {
        let is_code = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        (self.state == State::Refused).then(|| {
            let status: String = status.chars().filter(is_code).collect();
            [r#"{"status":""#, &status, r#""}"#].concat().into_bytes()
        })
    }

    fn end(&mut self, step: Step) -> Step {
        self.state = State::Ended;
        step
    }

    fn login(&mut self, password: &str) -> Option<Credentials> {
        let user = core::mem::take(&mut self.name);
        let sound = !password.is_empty() && !user.contains('\0') && !password.contains('\0');
        let password = password.to_owned();
        sound.then_some(Credentials::Password { authorization: String::new(), user, password })
    }
}

fn plain(text: &str) -> Option<Credentials> {
    let Plain { authorization, authentication, password } = Plain::parse(text.as_bytes())?;
    let (authorization, user) = (authorization.to_owned(), authentication.to_owned());
    Some(Credentials::Password { authorization, user, password: password.to_owned() })
}

/// `extern-initial-resp = external-authz-id-string`, any UTF-8 without NUL (RFC 4422 appendix A.1).
fn external(text: &str) -> Option<Credentials> {
    (!text.contains('\0')).then(|| Credentials::External { authorization: text.to_owned() })
}

/// `"user=" name %x01 "auth=Bearer " token %x01 %x01`
fn xoauth2(text: &str) -> Option<Credentials> {
    let (user, rest) = text.strip_prefix("user=")?.split_once(SEPARATOR)?;
    let token = token(rest.strip_suffix(SEPARATOR)?)?.to_owned();
    (!user.is_empty()).then(|| Credentials::Bearer { user: user.to_owned(), token })
}

/// ```text
/// gs2-header  = gs2-cb-flag "," [ "a=" saslname ] ","
/// client-resp = (gs2-header kvsep *kvpair kvsep) / kvsep
/// kvpair      = key "=" value kvsep
/// ```
/// (RFC 7628 section 3.1)
fn oauthbearer(text: &str) -> Option<Credentials> {
    let (header, pairs) = text.split_once(SEPARATOR)?;
    let flagged = header.strip_prefix("n,").or_else(|| header.strip_prefix("y,"))?;
    let user = match flagged.strip_suffix(',')? {
        "" => String::new(),
        named => saslname(named.strip_prefix("a=")?)?,
    };
    Some(Credentials::Bearer { user, token: token(pairs.strip_suffix(SEPARATOR)?)?.to_owned() })
}

/// Returns the token from pairs of `key "=" value %x01`: the value of `auth` after "Bearer ".
fn token(pairs: &str) -> Option<&str> {
    let auth = pairs.split(SEPARATOR).find_map(|pair| pair.strip_prefix("auth="))?;
    let (scheme, token) = auth.split_once(' ')?;
    let sound =
        scheme.eq_ignore_ascii_case("Bearer") && !token.is_empty() && token.bytes().all(|c| c.is_ascii_graphic());
    sound.then_some(token)
}

/// `saslname`, in which `=2C` means a comma and `=3D` means `=` (RFC 5801 section 4).
fn saslname(escaped: &str) -> Option<String> {
    let mut name = String::new();
    let mut rest = escaped;
    while let Some((plain, after)) = rest.split_once('=') {
        name.push_str(plain);
        name.push(match after.get(..2)? {
            "2C" => ',',
            "3D" => '=',
            _ => return None,
        });
        rest = after.get(2..)?;
    }
    name.push_str(rest);
    (!name.is_empty() && !rest.contains(',')).then_some(name)
}
