//! The client side of the mechanisms: challenges in, responses out. The client session sends them.

use super::SEPARATOR;
use crate::syntax::Mechanism;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// The client side of a mechanism. All octets are decoded; the caller encodes and decodes base64.
///
/// Implement this trait for a mechanism that this crate does not have.
///
/// ```
/// use smtp_core::sasl::Authenticator;
/// use smtp_core::syntax::Mechanism;
///
/// /// A mechanism with one response: the name of a guest.
/// struct Anonymous(String);
///
/// impl Authenticator for Anonymous {
///     fn mechanism(&self) -> Mechanism<'_> {
///         Mechanism::new("ANONYMOUS").unwrap()
///     }
///     fn initial_response(&mut self) -> Option<Vec<u8>> {
///         Some(self.0.clone().into_bytes())
///     }
///     fn respond(&mut self, _challenge: &[u8]) -> Option<Vec<u8>> {
///         self.initial_response()
///     }
///     fn exposes_secret(&self) -> bool {
///         false
///     }
/// }
///
/// assert_eq!(Anonymous("guest".to_owned()).initial_response().as_deref(), Some(&b"guest"[..]));
/// ```
#[doc(alias = "SASL")]
pub trait Authenticator {
    /// Returns the name of the mechanism.
    fn mechanism(&self) -> Mechanism<'_>;

    /// Returns the initial response, or `None` if the mechanism has none because the server speaks first. Keep the
    /// response until the exchange continues: if the line of AUTH is too short for it, it must be sent after the first
    /// challenge (see [`Client::authenticate`](crate::session::Client::authenticate)).
    fn initial_response(&mut self) -> Option<Vec<u8>>;

    /// Returns the response to a challenge, or `None` to cancel the exchange.
    fn respond(&mut self, challenge: &[u8]) -> Option<Vec<u8>>;

    /// Returns `true` if anyone who reads the exchange learns the secret, or can use what it reads. Use such a
    /// mechanism under TLS only. Default: `true`.
    fn exposes_secret(&self) -> bool {
        true
    }

    /// Returns `true` if the server may accept now. A mechanism in which the server proves that it knows the secret as
    /// well ([RFC 5802](https://www.rfc-editor.org/rfc/rfc5802)) returns `false` until it has seen the proof. A session
    /// in which the server accepts before that is not used. Default: `true`.
    fn may_be_accepted(&self) -> bool {
        true
    }
}

/// A user name and a password, sent with PLAIN or LOGIN. `Debug` does not show the password.
///
/// ```
/// use smtp_core::sasl::{Authenticator, Password};
/// use smtp_core::syntax::Mechanism;
///
/// let mut plain = Password::new(Mechanism::PLAIN, "joe", "secret").unwrap();
/// assert_eq!(plain.initial_response().as_deref(), Some(&b"\0joe\0secret"[..]));
/// // RFC 4616 section 2: neither may be empty.
/// assert!(Password::new(Mechanism::PLAIN, "joe", "").is_none());
/// ```
#[derive(Clone)]
pub struct Password {
    login: bool,
    authorization: String,
    user: String,
    password: String,
    /// The number of challenges of LOGIN that were answered.
    answered: u8,
}

impl Password {
    /// Creates the client side of PLAIN or LOGIN. Returns `None` for another mechanism, and if the user name or the
    /// password is empty or contains a NUL.
    #[must_use]
    pub fn new(mechanism: Mechanism<'_>, user: &str, password: &str) -> Option<Self> {
        let login = mechanism == Mechanism::LOGIN;
        let known = login || mechanism == Mechanism::PLAIN;
        let sound = [user, password].iter().all(|text| !text.is_empty() && !text.contains('\0'));
        (known && sound).then(|| Self {
            login,
            authorization: String::new(),
            user: user.into(),
            password: password.into(),
            answered: 0,
        })
    }

    /// Sets the user to act for. Returns `None` for LOGIN, which cannot express this, and if the name contains a NUL.
    #[must_use]
    pub fn on_behalf_of(self, user: &str) -> Option<Self> {
        (!self.login && !user.contains('\0')).then(|| Self { authorization: user.into(), ..self })
    }

    fn plain(&self) -> Vec<u8> {
        [self.authorization.as_str(), &self.user, &self.password].join("\0").into_bytes()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Password")
            .field("mechanism", &self.mechanism())
            .field("authorization", &self.authorization)
            .field("user", &self.user)
            .field("password", &format_args!("[redacted]"))
            .finish()
    }
}

impl Authenticator for Password {
    fn mechanism(&self) -> Mechanism<'_> {
        if self.login { Mechanism::LOGIN } else { Mechanism::PLAIN }
    }

    fn initial_response(&mut self) -> Option<Vec<u8>> {
        self.answered = 0;
        // Not every server accepts an initial response of LOGIN.
        (!self.login).then(|| self.plain())
    }

    fn respond(&mut self, _challenge: &[u8]) -> Option<Vec<u8>> {
        // The text of the challenges of LOGIN is not fixed. The order is: the user name, then the password.
        let response = match (self.login, self.answered) {
            (false, 0) => self.plain(),
            (true, 0) => self.user.clone().into_bytes(),
            (true, 1) => self.password.clone().into_bytes(),
            _ => return None,
        };
        self.answered = self.answered.saturating_add(1);
        Some(response)
    }
}

/// The client side of EXTERNAL: the connection identifies the client, for example by a TLS certificate ([RFC 4422
/// appendix A](https://www.rfc-editor.org/rfc/rfc4422#appendix-A)).
///
/// ```
/// use smtp_core::sasl::{Authenticator, External};
///
/// assert_eq!(External::default().initial_response().as_deref(), Some(&b""[..]));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct External {
    authorization: String,
}

impl External {
    /// Creates the client side with the user to act for. An empty name means the user that the connection identifies.
    /// Returns `None` if the name contains a NUL.
    #[must_use]
    pub fn new(user: &str) -> Option<Self> {
        (!user.contains('\0')).then(|| Self { authorization: user.into() })
    }
}

impl Authenticator for External {
    fn mechanism(&self) -> Mechanism<'_> {
        Mechanism::EXTERNAL
    }

    fn initial_response(&mut self) -> Option<Vec<u8>> {
        Some(self.authorization.clone().into_bytes())
    }

    fn respond(&mut self, _challenge: &[u8]) -> Option<Vec<u8>> {
        Some(self.authorization.clone().into_bytes())
    }

    fn exposes_secret(&self) -> bool {
        false
    }
}

/// A bearer token, sent with XOAUTH2 or OAUTHBEARER. `Debug` does not show the token.
///
/// ```
/// use smtp_core::sasl::{Authenticator, Bearer};
/// use smtp_core::syntax::Mechanism;
///
/// let mut bearer = Bearer::xoauth2("joe@example.com", "abc==").unwrap();
/// assert_eq!(bearer.mechanism(), Mechanism::XOAUTH2);
/// assert!(bearer.initial_response().unwrap().ends_with(b"auth=Bearer abc==\x01\x01"));
/// ```
#[derive(Clone)]
pub struct Bearer {
    standard: bool,
    response: String,
    sent: bool,
}

impl Bearer {
    /// Creates the client side of XOAUTH2. Returns `None` if the user name is empty or contains a control character,
    /// and if the token is empty or contains anything but printable ASCII without spaces.
    #[must_use]
    pub fn xoauth2(user: &str, token: &str) -> Option<Self> {
        let sound = is_name(user) && is_token(token);
        sound.then(|| Self::with(false, ["user=", user, "\u{1}auth=Bearer ", token, "\u{1}\u{1}"].concat()))
    }

    /// Creates the client side of OAUTHBEARER ([RFC 7628](https://www.rfc-editor.org/rfc/rfc7628)). `user` may be
    /// empty; `host` and `port` are those of the server that the client is connected to. Returns `None` if a name
    /// contains a control character, if `host` is empty, and if the token is empty or contains anything but printable
    /// ASCII without spaces.
    ///
    /// ```
    /// use smtp_core::sasl::{Authenticator, Bearer};
    ///
    /// let mut bearer = Bearer::oauthbearer("joe@a.example", "smtp.a.example", 465, "abc==").unwrap();
    /// let response = b"n,a=joe@a.example,\x01host=smtp.a.example\x01port=465\x01\
    ///     auth=Bearer abc==\x01\x01";
    /// assert_eq!(bearer.initial_response().as_deref(), Some(&response[..]));
    /// ```
    #[must_use]
    pub fn oauthbearer(user: &str, host: &str, port: u16, token: &str) -> Option<Self> {
        let sound = (user.is_empty() || is_name(user)) && is_name(host) && is_token(token);
        sound.then(|| {
            // RFC 5801 section 4.
            let name = user.replace('=', "=3D").replace(',', "=2C");
            let header = if name.is_empty() { "n,,".into() } else { alloc::format!("n,a={name},") };
            let k = SEPARATOR;
            Self::with(true, alloc::format!("{header}{k}host={host}{k}port={port}{k}auth=Bearer {token}{k}{k}"))
        })
    }

    fn with(standard: bool, response: String) -> Self {
        Self { standard, response, sent: false }
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(char::is_control)
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_graphic())
}

impl fmt::Debug for Bearer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Bearer")
            .field("mechanism", &self.mechanism())
            .field("response", &format_args!("[redacted]"))
            .finish()
    }
}

impl Authenticator for Bearer {
    fn mechanism(&self) -> Mechanism<'_> {
        if self.standard { Mechanism::OAUTHBEARER } else { Mechanism::XOAUTH2 }
    }

    fn initial_response(&mut self) -> Option<Vec<u8>> {
        self.sent = true;
        Some(self.response.clone().into_bytes())
    }

    fn respond(&mut self, _challenge: &[u8]) -> Option<Vec<u8>> {
        if !self.sent {
            return self.initial_response();
        }
        // The challenge says why the token is refused. The server waits for this response before it sends 535 (RFC 7628
        // section 3.2.3).
        Some(if self.standard { Vec::from(*b"\x01") } else { Vec::new() })
    }
}
