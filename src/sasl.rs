//! Exchanges of SASL mechanisms, for both sides: PLAIN, LOGIN, EXTERNAL, XOAUTH2 and OAUTHBEARER.
//!
//! [`Exchange`] is the server side: it turns the responses of a client into [`Credentials`], which the caller checks.
//! [`Authenticator`] is the client side: [`Password`], [`External`] and [`Bearer`] implement it, and any other
//! mechanism can; the example `scram` has both sides of SCRAM-SHA-256, with a SASL library. This module knows no
//! sessions, checks no password, and does not encode base64: all octets are decoded.
//!
//! | mechanism | defined in | credentials |
//! |---|---|---|
//! | PLAIN | [RFC 4616](https://www.rfc-editor.org/rfc/rfc4616) | a user name and a password, and optionally the user to act for |
//! | LOGIN | no RFC; two challenges, "Username:" and "Password:" | a user name and a password |
//! | EXTERNAL | [RFC 4422 appendix A](https://www.rfc-editor.org/rfc/rfc4422#appendix-A) | the user to act for; the connection identifies the client |
//! | XOAUTH2 | no RFC | a user name and a bearer token |
//! | OAUTHBEARER | [RFC 7628](https://www.rfc-editor.org/rfc/rfc7628) | the user to act for, and a bearer token |
//!
//! All of them except EXTERNAL send the secret in a readable form, so use them under TLS only ([RFC 4954 section
//! 4](https://www.rfc-editor.org/rfc/rfc4954#section-4), [RFC 8314 section
//! 3](https://www.rfc-editor.org/rfc/rfc8314#section-3)).
//!
//! ```
//! use smtp_core::sasl::{Authenticator, Credentials, Exchange, Password, Step};
//! use smtp_core::syntax::Mechanism;
//!
//! let mut client = Password::new(Mechanism::LOGIN, "joe", "secret").unwrap();
//! let mut server = Exchange::new(client.mechanism()).unwrap();
//!
//! let mut response = client.initial_response();
//! loop {
//!     match server.step(response.as_deref()) {
//!         Step::Challenge(challenge) => response = client.respond(challenge),
//!         Step::Credentials(Credentials::Password { user, password, .. }) => {
//!             assert_eq!((user.as_str(), password.as_str()), ("joe", "secret"));
//!             break;
//!         }
//!         other => panic!("{other:?}"),
//!     }
//! }
//! ```

mod client;
mod server;

pub use client::{Authenticator, Bearer, External, Password};
pub use server::{Credentials, Exchange, Step};

/// The separator of the fields of XOAUTH2 and OAUTHBEARER: `kvsep = %x01` (RFC 7628 section 3.1).
const SEPARATOR: char = '\u{1}';
