//! Exchanges of SASL mechanisms, both halves: PLAIN, LOGIN, EXTERNAL, XOAUTH2 and OAUTHBEARER.
//!
//! [`Exchange`] is the server's half: it turns the responses of a client into [`Credentials`], which the caller checks.
//! [`Authenticator`] is the client's half: [`Password`], [`External`] and [`Bearer`] implement it, and so can any other
//! mechanism: the example `scram` has both halves of SCRAM-SHA-256, by a SASL library. Neither knows of sessions: octets go in and
//! come out, decoded from base64.
//!
//! | mechanism | defined in | credentials |
//! |---|---|---|
//! | PLAIN | RFC 4616 | a name and a password, and whom to act for |
//! | LOGIN | no RFC; two challenges, "Username:" and "Password:" | a name and a password |
//! | EXTERNAL | RFC 4422 appendix A | whom to act for; the connection says who it is |
//! | XOAUTH2 | no RFC | a name and a bearer token |
//! | OAUTHBEARER | RFC 7628 | whom to act for and a bearer token |
//!
//! All of them show the secret to whoever reads along, so they belong under TLS (RFC 4954 section 4, RFC 8314 section 3).
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

/// What separates the fields of XOAUTH2 and OAUTHBEARER: `kvsep = %x01` (RFC 7628 section 3.1).
const SEPARATOR: char = '\u{1}';
