//! The stored form of an envelope: its commands as lines, as a server puts it into its queue.

use super::Envelope;
use crate::session::Action;
use crate::syntax::{Command, CommandBuf};
use alloc::string::String;
use alloc::vec::Vec;
use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, Serializer};

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(rename = "Envelope")]
struct Form<T> {
    hello: Option<T>,
    #[serde(default)]
    tls: bool,
    #[serde(default)]
    user: Option<String>,
    mail: Option<T>,
    #[serde(default = "Vec::new")]
    rcpt: Vec<T>,
}

impl Serialize for Envelope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mail = self.mail().map(Command::Mail);
        let rcpt = self.recipients().map(Command::Rcpt).collect();
        Form { hello: self.hello(), tls: self.tls, user: self.user.clone(), mail, rcpt }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Envelope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let form = Form::<CommandBuf>::deserialize(deserializer)?;
        let misplaced =
            |command: &Command<'_>| D::Error::custom(format_args!("{} is out of place", Action::of(command)));
        let mut envelope = Self::default();
        if let Some(hello) = form.hello.as_ref().map(CommandBuf::as_command) {
            match hello {
                Command::Ehlo(_) | Command::Lhlo(_) | Command::Helo(_) => envelope.propose(&hello),
                other => return Err(misplaced(&other)),
            }
            envelope.take_line();
            envelope.hello = envelope.accepted;
        }
        let mail = form.mail.as_ref().map(CommandBuf::as_command);
        if mail.is_none() && !form.rcpt.is_empty() {
            return Err(D::Error::missing_field("mail"));
        }
        let recipients = form.rcpt.iter().map(CommandBuf::as_command);
        for (at, command) in mail.into_iter().chain(recipients).enumerate() {
            match command {
                Command::Mail(_) if at == 0 => {}
                Command::Rcpt(_) if at > 0 => {}
                other => return Err(misplaced(&other)),
            }
            envelope.propose(&command);
            envelope.take_line();
        }
        (envelope.tls, envelope.user) = (form.tls, form.user);
        Ok(envelope)
    }
}
