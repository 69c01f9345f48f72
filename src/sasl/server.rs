//! The server's half: responses in, challenges and credentials out.

use super::SEPARATOR;
use crate::syntax::auth::{LOGIN_PASSWORD, LOGIN_USERNAME};
use crate::syntax::{Mechanism, Plain};
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// The server's half of one AUTH exchange.
///
/// Call [`step`](Self::step) with the initial response of AUTH, or with `None` if it had none, and then with each response,
/// decoded from base64, until it gives something other than a challenge. `Debug` shows no response.
#[derive(Clone)]
pub struct Exchange {
    state: State,
    /// The response; of LOGIN the name and then the password, of OAUTHBEARER the name and then the token.
    text: String,
    /// How many octets of `text` are the name, of LOGIN and of OAUTHBEARER.
    name: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Plain,
    LoginName,
    LoginPassword,
    External,
    XOauth2,
    OauthBearer,
    /// The error of a bearer mechanism was sent, and the client owes its last response.
    Refused,
    Ended,
}

/// What a step of an exchange gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step<'a> {
    /// Send these octets, encoded in base64, as a 334, and pass the response to the next step.
    Challenge(&'a [u8]),
    /// The client has shown this. Check it: the reply is 235, or 535 with the enhanced code 5.7.8 (RFC 4954 section 6).
    Credentials(Credentials<'a>),
    /// The response is not what the mechanism has. The reply is 535 or 501 (RFC 4954 section 4 and 6).
    Malformed,
    /// The exchange had ended before, or the client has acknowledged the error of a refused token: the reply is 535.
    Ended,
}

/// What a client shows of itself. `Debug` shows neither password nor token.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Credentials<'a> {
    /// PLAIN and LOGIN.
    #[non_exhaustive]
    Password {
        /// The name of the user to act for. Empty for the user itself.
        authorization: &'a str,
        /// The name of the user.
        user: &'a str,
        /// The password. Compare it in constant time.
        password: &'a str,
    },
    /// EXTERNAL.
    #[non_exhaustive]
    External {
        /// The name of the user to act for. Empty for the one that the connection shows, by a TLS certificate for instance.
        authorization: &'a str,
    },
    /// XOAUTH2 and OAUTHBEARER.
    #[non_exhaustive]
    Bearer {
        /// The name of the user. Empty where OAUTHBEARER leaves it to the token.
        user: &'a str,
        /// The token (RFC 6750).
        token: &'a str,
    },
}

impl fmt::Debug for Credentials<'_> {
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
    /// The mechanisms that this type has.
    pub const MECHANISMS: &'static [Mechanism<'static>] =
        &[Mechanism::PLAIN, Mechanism::LOGIN, Mechanism::EXTERNAL, Mechanism::XOAUTH2, Mechanism::OAUTHBEARER];

    /// Begins an exchange. Returns `None` for a mechanism that is not among [`MECHANISMS`](Self::MECHANISMS); the reply is then
    /// 504 with the enhanced code 5.5.4 (RFC 4954 section 4).
    #[must_use]
    pub fn new(mechanism: Mechanism<'_>) -> Option<Self> {
        let states = [State::Plain, State::LoginName, State::External, State::XOauth2, State::OauthBearer];
        let (_, state) = Self::MECHANISMS.iter().zip(states).find(|(known, _)| **known == mechanism)?;
        Some(Self { state, text: String::new(), name: 0 })
    }

    /// Takes a response and returns what is next. `None` stands for an AUTH command without an initial response.
    pub fn step(&mut self, response: Option<&[u8]>) -> Step<'_> {
        let Some(response) = response else {
            return match self.state {
                State::LoginName => Step::Challenge(LOGIN_USERNAME),
                State::LoginPassword | State::Refused | State::Ended => self.end(Step::Malformed),
                // The client speaks first: an empty challenge asks for its response (RFC 4954 section 4).
                _ => Step::Challenge(b""),
            };
        };
        let Ok(text) = core::str::from_utf8(response) else { return self.end(Step::Malformed) };
        match core::mem::replace(&mut self.state, State::Ended) {
            State::LoginName if !text.is_empty() => {
                text.clone_into(&mut self.text);
                self.name = text.len();
                self.state = State::LoginPassword;
                Step::Challenge(LOGIN_PASSWORD)
            }
            State::LoginPassword => {
                self.text.push_str(text);
                self.login().map_or(Step::Malformed, Step::Credentials)
            }
            State::Refused | State::Ended => Step::Ended,
            state => {
                text.clone_into(&mut self.text);
                let credentials = match state {
                    State::Plain => plain(&self.text),
                    State::External => external(&self.text),
                    State::XOauth2 => xoauth2(&self.text),
                    State::OauthBearer => match oauthbearer(text) {
                        Some((user, token)) => {
                            self.name = user.len();
                            self.text = [&user, token].concat();
                            self.text
                                .split_at_checked(self.name)
                                .map(|(user, token)| Credentials::Bearer { user, token })
                        }
                        None => None,
                    },
                    _ => None,
                };
                // Whoever refuses a token says so before the end.
                if matches!(credentials, Some(Credentials::Bearer { .. })) {
                    self.state = State::Refused;
                }
                credentials.map_or(Step::Malformed, Step::Credentials)
            }
        }
    }

    /// Returns the challenge with which XOAUTH2 and OAUTHBEARER refuse a token, and `None` for the other mechanisms (RFC 7628
    /// section 3.2.2). The client answers it with an empty response or %x01; [`step`](Self::step) takes that and gives
    /// [`Step::Ended`], and the reply is 535. To leave the challenge out and reply 535 at once is simpler, and clients take it.
    ///
    /// `status` is an error code of RFC 6750 section 3.1, such as `invalid_token`; anything but letters, digits, `_` and `-` is
    /// left out of it.
    #[must_use]
    pub fn refusal(&self, status: &str) -> Option<Vec<u8>> {
        let is_code = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        (self.state == State::Refused).then(|| {
            let status: String = status.chars().filter(is_code).collect();
            [r#"{"status":""#, &status, r#""}"#].concat().into_bytes()
        })
    }

    fn end<'a>(&mut self, step: Step<'a>) -> Step<'a> {
        self.state = State::Ended;
        step
    }

    fn login(&self) -> Option<Credentials<'_>> {
        let (user, password) = self.text.split_at_checked(self.name)?;
        let sound = !password.is_empty() && !self.text.contains('\0');
        sound.then_some(Credentials::Password { authorization: "", user, password })
    }
}

fn plain(text: &str) -> Option<Credentials<'_>> {
    let Plain { authorization, authentication, password } = Plain::parse(text.as_bytes())?;
    Some(Credentials::Password { authorization, user: authentication, password })
}

/// `extern-initial-resp = external-authz-id-string`, any UTF-8 without NUL (RFC 4422 appendix A.1).
fn external(text: &str) -> Option<Credentials<'_>> {
    (!text.contains('\0')).then_some(Credentials::External { authorization: text })
}

/// `"user=" name %x01 "auth=Bearer " token %x01 %x01`
fn xoauth2(text: &str) -> Option<Credentials<'_>> {
    let (user, rest) = text.strip_prefix("user=")?.split_once(SEPARATOR)?;
    let token = token(rest.strip_suffix(SEPARATOR)?)?;
    (!user.is_empty()).then_some(Credentials::Bearer { user, token })
}

/// ```text
/// gs2-header  = gs2-cb-flag "," [ "a=" saslname ] ","
/// client-resp = (gs2-header kvsep *kvpair kvsep) / kvsep
/// kvpair      = key "=" value kvsep
/// ```
/// (RFC 7628 section 3.1). Gives the name and the token.
fn oauthbearer(text: &str) -> Option<(String, &str)> {
    let (header, pairs) = text.split_once(SEPARATOR)?;
    let flagged = header.strip_prefix("n,").or_else(|| header.strip_prefix("y,"))?;
    let user = match flagged.strip_suffix(',')? {
        "" => String::new(),
        named => saslname(named.strip_prefix("a=")?)?,
    };
    Some((user, token(pairs.strip_suffix(SEPARATOR)?)?))
}

/// The token of `key "=" value %x01` pairs, which is the value of `auth` after "Bearer ".
fn token(pairs: &str) -> Option<&str> {
    let auth = pairs.split(SEPARATOR).find_map(|pair| pair.strip_prefix("auth="))?;
    let (scheme, token) = auth.split_once(' ')?;
    let sound =
        scheme.eq_ignore_ascii_case("Bearer") && !token.is_empty() && token.bytes().all(|c| c.is_ascii_graphic());
    sound.then_some(token)
}

/// `saslname`, in which `=2C` stands for a comma and `=3D` for `=` (RFC 5801 section 4).
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
