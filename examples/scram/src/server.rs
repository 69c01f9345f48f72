//! The server's half of SCRAM-SHA-256, for the questions `Auth` and `Response` of a `Reception`.

use rsasl::callback::{Context, Request, SessionCallback, SessionData};
use rsasl::mechanisms::scram::properties::ScramStoredPassword;
use rsasl::prelude::{Mechname, SASLConfig, SASLServer, Session, SessionError, State, Validation};
use rsasl::property::AuthId;
use rsasl::validate::{Validate, ValidationError};
use std::error::Error;
use std::sync::Arc;

/// What a server keeps of a user: no password, and nothing that a thief could log in with (RFC 5802 section 9).
pub(crate) struct Stored {
    pub(crate) user: &'static str,
    pub(crate) iterations: u32,
    pub(crate) salt: Vec<u8>,
    pub(crate) stored_key: Vec<u8>,
    pub(crate) server_key: Vec<u8>,
}

impl SessionCallback for Stored {
    /// Looks a user up.
    fn callback(&self, _: &SessionData, context: &Context<'_>, request: &mut Request<'_>) -> Result<(), SessionError> {
        if context.get_ref::<AuthId>() == Some(self.user) {
            let stored = ScramStoredPassword::new(self.iterations, &self.salt, &self.stored_key, &self.server_key);
            request.satisfy::<ScramStoredPassword<'_>>(&stored)?;
        }
        Ok(())
    }

    /// The user has given the proof.
    fn validate(&self, _: &SessionData, context: &Context<'_>, is: &mut Validate<'_>) -> Result<(), ValidationError> {
        is.with::<User, _>(|| Ok(context.get_ref::<AuthId>().unwrap_or_default().to_owned()))?;
        Ok(())
    }
}

/// The name of the user who has given the proof.
struct User;

impl Validation for User {
    type Value = String;
}

/// One AUTH.
pub(crate) struct Exchange {
    session: Session<User>,
    user: Option<String>,
}

/// What the server says next.
pub(crate) enum Step {
    Challenge(Vec<u8>),
    /// 235.
    Accepted(String),
    /// 535.
    Refused,
}

impl Exchange {
    pub(crate) fn new(config: &Arc<SASLConfig>) -> Result<Self, Box<dyn Error>> {
        let session =
            SASLServer::<User>::new(Arc::clone(config)).start_suggested(Mechname::parse(b"SCRAM-SHA-256")?)?;
        Ok(Self { session, user: None })
    }

    /// Takes the initial response, or `None` if AUTH had none, and then each response.
    pub(crate) fn step(&mut self, response: Option<&[u8]>) -> Step {
        // The client speaks first, so a server without an initial response asks with an empty challenge (RFC 4954 section 4).
        let Some(response) = response else { return Step::Challenge(Vec::new()) };
        if let Some(user) = self.user.take() {
            return Step::Accepted(user); // the client has read the server's proof, and has nothing to add
        }
        let mut challenge = Vec::new();
        match self.session.step(Some(response), &mut challenge) {
            Ok(State::Running) => Step::Challenge(challenge),
            Ok(State::Finished(_)) => {
                self.user = self.session.validation();
                // 235 has no room for the server's proof, so it is one more challenge.
                if self.user.is_some() { Step::Challenge(challenge) } else { Step::Refused }
            }
            Err(_) => Step::Refused,
        }
    }
}
