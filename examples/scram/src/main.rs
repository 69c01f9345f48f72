//! AUTH with a mechanism that smtp-core does not have: SCRAM-SHA-256, by the SASL library rsasl. A client and a server talk in
//! memory, and what they say is printed.
//!
//! ```text
//! cargo run -p scram -- PASSWORD
//! ```
//!
//! The user is `user`, the password `pencil`. `client.rs` is what a mailer needs, `server.rs` what a server needs.

mod client;
mod server;

use client::Scram;
use rsasl::prelude::SASLConfig;
use server::{Exchange, Step, Stored};
use smtp_core::session::delivery::{Connection, Opening, OpeningStep, Outcome};
use smtp_core::session::reception::{Question, Reception, Verdict};
use smtp_core::session::{ClientConfig, ServerConfig};
use smtp_core::syntax::{Base64, CapabilityValue, EnhancedCode, Host, Mechanism, Mechanisms, Reply, ReplyCode};
use std::error::Error;
use std::sync::Arc;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let password = std::env::args().nth(1).ok_or("usage: scram PASSWORD")?;
    let failure = talk(Scram::new("user", &password)?, Site::new(STORED)?, |line| println!("{line}"))?;
    println!("{}", failure.map_or_else(|| "authenticated".to_owned(), |outcome| outcome.to_string()));
    Ok(())
}

/// Opens a session with the site. Each line goes to `heard`. Returns why it failed, if it did.
fn talk(scram: Scram, mut site: Site, mut heard: impl FnMut(&str)) -> Result<Option<Outcome>> {
    let mut connection = Connection::new(ClientConfig::SMTP);
    let mut opening = Opening::new(Host::new("client.example")?).with_authenticator(scram);
    loop {
        let step = opening.step(&mut connection);
        let said = connection.to_write().to_vec();
        connection.written(said.len());
        let answer = site.answer(&said)?;
        for (who, octets) in [("C", &said), ("S", &answer)] {
            String::from_utf8_lossy(octets).lines().for_each(|line| heard(&format!("{who}: {line}")));
        }
        connection.received(&answer);
        if matches!(step, OpeningStep::Ready | OpeningStep::Failed) {
            return Ok(opening.outcome().cloned());
        }
    }
}

/// What is kept of the user `user` with the password `pencil`: the salt of RFC 7677 section 3, the StoredKey and the ServerKey.
const STORED: [&str; 3] = [
    "W22ZaJ0SNY7soEsUEjb6gQ==",
    "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=",
    "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
];

/// A server with one user, and its session.
struct Site {
    reception: Reception,
    users: Arc<SASLConfig>,
    exchange: Option<Exchange>,
}

impl Site {
    fn new(stored: [&str; 3]) -> Result<Self> {
        let [salt, stored_key, server_key] =
            stored.map(|text| Base64::parse(text.as_bytes()).map(|octets| octets.decode().collect::<Vec<u8>>()));
        let user =
            Stored { user: "user", iterations: 4096, salt: salt?, stored_key: stored_key?, server_key: server_key? };
        let mut config = ServerConfig::new(Host::new("mx.example")?);
        let offer = CapabilityValue::Auth(Mechanisms::new("SCRAM-SHA-256")?);
        config.capabilities = config.capabilities.with_value(offer)?;
        let users = SASLConfig::builder().with_defaults().with_callback(user)?;
        Ok(Self { reception: Reception::new(config), users, exchange: None })
    }

    /// Takes whole lines of the client, and answers them.
    fn answer(&mut self, mut octets: &[u8]) -> Result<Vec<u8>> {
        while let Some(question) = self.reception.next(&mut octets)? {
            let response = match question {
                Question::Auth(auth) if auth.mechanism == Mechanism::SCRAM_SHA_256 => {
                    self.exchange = Some(Exchange::new(&self.users)?);
                    auth.initial_response
                }
                Question::Response(response) => Some(response),
                Question::Refused(_) => continue,
                _ => {
                    self.reception.answer(Verdict::Usual)?;
                    continue;
                }
            };
            let response = response.map(|response| response.decode().collect::<Vec<u8>>());
            match self.exchange.as_mut().map(|exchange| exchange.step(response.as_deref())) {
                Some(Step::Challenge(challenge)) => self.reception.answer(Verdict::Challenge(&challenge))?,
                Some(Step::Accepted(_user)) => self.reception.answer(Reply::AUTHENTICATED)?,
                Some(Step::Refused) | None => self.reception.answer(Reply::new(
                    ReplyCode::CREDENTIALS_INVALID,
                    EnhancedCode::CREDENTIALS_INVALID,
                    "Not the password",
                )?)?,
            }
        }
        let output = self.reception.to_write().to_vec();
        self.reception.written(output.len());
        Ok(output)
    }
}

#[cfg(test)]
mod tests {
    use super::{STORED, Scram, Site, talk};
    use smtp_core::syntax::ReplyCode;

    /// What is said from AUTH on, and the code that ended it; `None` is success.
    fn play(user: &str, password: &str, stored: [&str; 3]) -> (Vec<String>, Option<ReplyCode>) {
        let mut lines = Vec::new();
        let scram = Scram::new(user, password).unwrap();
        let outcome = talk(scram, Site::new(stored).unwrap(), |line| lines.push(line.to_owned())).unwrap();
        let auth = lines.iter().position(|line| line.starts_with("C: AUTH")).unwrap();
        (lines.split_off(auth), outcome.map(|outcome| outcome.reply().unwrap().code()))
    }

    /// RFC 5802 section 5 and RFC 4954 section 4: two messages of each side, and an empty response to the server's last.
    #[test]
    fn both_prove_that_they_know_the_password() {
        let (lines, end) = play("user", "pencil", STORED);
        assert_eq!(end, None);
        let shapes: Vec<&str> = lines.iter().map(|line| line.get(..8).unwrap_or(line)).collect();
        assert_eq!(shapes[0], "C: AUTH ");
        assert!(shapes[1].starts_with("S: 334 ") && shapes[3].starts_with("S: 334 "), "{lines:?}");
        assert_eq!((shapes[4], shapes[5].get(..6)), ("C: ", Some("S: 235")));
        assert!(lines.iter().all(|line| !line.contains("pencil")));
    }

    /// RFC 4954 section 6.
    #[test]
    fn a_wrong_password_and_an_unknown_user_are_535() {
        for (user, password) in [("user", "pen"), ("nobody", "pencil")] {
            let (lines, end) = play(user, password, STORED);
            assert_eq!(end, Some(ReplyCode::CREDENTIALS_INVALID), "{lines:?}");
        }
    }

    /// RFC 5802 section 3: the client checks the server's signature. RFC 4954 section 4: `*` cancels, and the reply is 501.
    #[test]
    fn a_server_that_does_not_know_the_password_is_left() {
        let [salt, stored_key, _] = STORED;
        let (lines, end) = play("user", "pencil", [salt, stored_key, stored_key]);
        assert_eq!(lines[4], "C: *");
        assert_eq!(end, ReplyCode::new(501).ok(), "{lines:?}");
    }
}
