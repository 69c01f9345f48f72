//! `smtp-lab conform client`: a scripted server for each check, and a verdict on what the client did and what it claims.
//!
//! [`checks`] has the tables, [`session`] plays a script, [`judge`] gives the verdict. Nothing here knows how a client works inside.

mod check;
mod checks;
mod command;
mod judge;
mod message;
mod script;
mod session;
#[cfg(test)]
mod tests;
mod wire;

use super::report::{self, Check, Finding, Report, Verdict};
use crate::output::{Failure, Result};
use check::Play;
use command::{Client, Folder, Program, Run, Values};
use judge::Known;
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use session::Server;
use smtp_core::observer::{Side, ViolationKind};
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

const FROM: &str = "joe@client.example";
const TO: &str = "ann@mx.example";
const SECOND: &str = "bob@mx.example";
const INTERNATIONAL: &str = "j\u{f6}rg@mx.example";

/// A client that does not wait for an answer speaks within this time.
const PATIENCE: Duration = Duration::from_millis(750);

/// Test a client: run it against a scripted server for each check, and judge what it did and what it claims.
///
/// COMMAND sends one message. Its exit status 0 claims that all recipients have it, any other that they have not. Filled in are {host},
/// {port}, {from}, {to} and {to2} (two recipients), {message} (a file whose lines end with CRLF) or {message-lf} (with LF), and {ca} (the
/// certificate of the server). Without a command it says where to connect, once for each check.
///
/// Exit status: 0 where nothing fails that a clause says with MUST, 1 where something does, 2 where nothing could be told of the client,
/// and for arguments that cannot be used.
#[derive(clap::Args, Debug)]
pub(crate) struct Options {
    /// Listen here
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    listen: String,
    /// Speak LMTP
    #[arg(long)]
    lmtp: bool,
    /// Print the message that the client is to send, and play nothing
    #[arg(long)]
    message: bool,
    #[command(flatten)]
    report: report::Options,
    /// The client, with its arguments
    #[arg(last = true)]
    command: Vec<String>,
}

/// What is played, and with what.
struct Stage<'a> {
    listener: TcpListener,
    server: Server,
    folder: Folder,
    /// Reports whether a check is to be told.
    selects: &'a (dyn Fn(&Check) -> bool + Sync),
    /// The arguments have `{message}`, and `{to}`.
    has_message: bool,
    has_recipient: bool,
    /// So long an answer is held back to see whether the client waits for it.
    patience: &'a (dyn Fn(&Check) -> Duration + Sync),
}

/// Every check, those of the observer too.
fn all() -> Vec<Check> {
    let of_client =
        ViolationKind::ALL.iter().filter(|kind| kind.who() == Side::Client && !judge::hangs_on_time(**kind));
    checks::all().map(|play| play.check.clone()).chain(of_client.map(|kind| judge::observed(*kind))).collect()
}

pub(crate) async fn run(options: Options) -> Result<u8> {
    let all = all();
    if options.report.lists() {
        report::list(all.iter());
        return Ok(0);
    }
    if options.message {
        let mut out = std::io::stdout().lock();
        out.write_all(&message::message(true))?;
        return out.flush().map(|()| 0).map_err(Into::into);
    }
    let mut report = options.report.open("smtp-lab conform client", all.iter())?;
    let listener = TcpListener::bind(&options.listen).await.map_err(|error| Failure::of(&options.listen, error))?;
    let (server, certificate) = server(options.lmtp)?;
    let folder = folder(&certificate)?;
    let selects = |check: &Check| options.report.selects(check);
    let has = |name: &str| options.command.iter().any(|argument| argument.contains(name));
    let (has_message, has_recipient) = (has("{message"), has("{to}"));
    let output = folder.path("output");
    let stage =
        Stage { listener, server, folder, selects: &selects, has_message, has_recipient, patience: &|_| PATIENCE };
    let told = if options.command.is_empty() {
        let mut nobody = Anybody { most: options.report.timeout() };
        stage.play(&mut nobody, &mut report).await?
    } else {
        let mut program = Program { arguments: options.command, timeout: options.report.timeout(), output };
        stage.play(&mut Running(&mut program), &mut report).await?
    };
    let status = report.finish()?;
    Ok(if told { status } else { 2 })
}

/// The files that a command may want.
fn folder(certificate: &str) -> Result<Folder> {
    let folder = Folder::new()?;
    folder.write("ca.pem", certificate.as_bytes())?;
    for (name, eight_bit) in [("7-bit", false), ("8-bit", true)] {
        let message = message::message(eight_bit);
        folder.write(name, &message)?;
        folder.write(&format!("{name}-lf"), &message::native(&message))?;
    }
    Ok(folder)
}

/// A server, and its certificate in PEM.
fn server(lmtp: bool) -> Result<(Server, String)> {
    let failed = |error: &dyn std::fmt::Display| Failure::of("a certificate", error);
    let names = ["localhost", "127.0.0.1", "::1", "mx.example"].map(str::to_owned);
    let made = rcgen::generate_simple_self_signed(names).map_err(|error| failed(&error))?;
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).map_err(|error| failed(&error))?;
    let certificate = made.cert.pem();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![made.cert.into()], key);
    let acceptor = Arc::new(config.map_err(|error| failed(&error))?).into();
    Ok((Server { lmtp, patience: PATIENCE, acceptor }, certificate))
}

/// How a check is played: with a program, or with anybody who connects.
trait Player {
    async fn play(&mut self, stage: &Stage<'_>, play: &Play, values: &Values<'_>) -> Result<Run>;
}

struct Running<'a, C>(&'a mut C);

impl<C: Client> Player for Running<'_, C> {
    async fn play(&mut self, stage: &Stage<'_>, play: &Play, values: &Values<'_>) -> Result<Run> {
        let server = Server { patience: (stage.patience)(&play.check), ..stage.server.clone() };
        command::run(&stage.listener, &server, play.script, self.0, values).await
    }
}

struct Anybody {
    most: Duration,
}

impl Player for Anybody {
    async fn play(&mut self, stage: &Stage<'_>, play: &Play, _: &Values<'_>) -> Result<Run> {
        command::wait(&stage.listener, &stage.server, play.script, self.most, &play.check.id).await
    }
}

impl Stage<'_> {
    /// Plays every check that is selected, and tells what came of it. `false`: nothing could be told of the client.
    async fn play(&self, player: &mut impl Player, report: &mut Report) -> Result<bool> {
        let findings = self.findings(player).await?;
        for (check, finding) in &findings {
            report.tell(check, finding.clone());
        }
        Ok(findings.iter().any(|(_, finding)| matches!(finding.verdict, Verdict::Pass | Verdict::Fail)))
    }

    /// The findings in the order of the checks; those of the observer after them.
    async fn findings(&self, player: &mut impl Player) -> Result<Vec<(Check, Finding)>> {
        let plays: Vec<&Play> = checks::all().filter(|play| play.is_of(self.server.lmtp)).collect();
        let is_reference = |play: &&&Play| checks::REFERENCES.contains(&play.check.id.as_ref());
        let mut known = Known { has_message: self.has_message, has_recipient: self.has_recipient, ..Known::default() };
        let mut runs = BTreeMap::new();
        for play in plays.iter().filter(is_reference) {
            let run = self.run(player, play).await?;
            known.learn(play, &run);
            runs.insert(play.check.id.as_ref(), run);
        }
        let mut findings = Vec::new();
        let mut observed = BTreeMap::new();
        for play in &plays {
            let run = match runs.remove(play.check.id.as_ref()) {
                Some(run) => run,
                None if !(self.selects)(&play.check) => continue,
                None => self.run(player, play).await?,
            };
            for violation in run.sessions.iter().flat_map(judge::client_at_fault) {
                if !judge::hangs_on_time(violation.kind) && !judge::may_be_in_flight(violation.kind, play) {
                    observed.entry(violation.kind).or_insert_with(|| {
                        Finding::new(
                            Verdict::Fail,
                            format!("in the check {}: {violation}", play.check.id),
                            judge::octets_of(&run),
                        )
                    });
                }
            }
            if (self.selects)(&play.check) {
                findings.push((play.check.clone(), judge::judge(play, &run, &known)));
            }
        }
        let observed = observed.into_iter().map(|(kind, finding)| (judge::observed(kind), finding));
        findings.extend(observed.filter(|(check, _)| (self.selects)(check)));
        Ok(findings)
    }

    async fn run(&self, player: &mut impl Player, play: &Play) -> Result<Run> {
        let file = |name: &str| self.folder.path(name).display().to_string();
        let (message, native) = if play.letter.eight_bit { ("8-bit", "8-bit-lf") } else { ("7-bit", "7-bit-lf") };
        let address = self.listener.local_addr()?;
        let to = if play.letter.international { INTERNATIONAL } else { TO };
        let values = [
            ("host", address.ip().to_string()),
            ("port", address.port().to_string()),
            ("from", FROM.to_owned()),
            ("to", to.to_owned()),
            ("to2", SECOND.to_owned()),
            ("message", file(message)),
            ("message-lf", file(native)),
            ("ca", file("ca.pem")),
        ];
        player.play(self, play, &Values(&values)).await
    }
}
