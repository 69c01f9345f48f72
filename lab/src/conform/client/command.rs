//! The client under test: a command that is run once for each check, or somebody who connects.

use super::script::Script;
use super::session::{Log, Server, serve};
use crate::output::{Failure, Result, say};
use smtp_testkit::recording::readable;
use std::fs::{self, File};
use std::future::Future;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// A session that goes on after the command has ended has so long to end.
const GRACE: Duration = Duration::from_secs(2);

/// What the client says of the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    /// It is delivered.
    Delivered,
    /// It is not, or not to everybody: in these words.
    NotDelivered(String),
    /// The client did not end in time.
    Killed,
    /// Nobody can know: there is no command.
    Unknown,
}

/// What is filled in for `{NAME}` in the arguments.
pub(super) struct Values<'a>(pub(super) &'a [(&'static str, String)]);

impl Values<'_> {
    fn fill(&self, argument: &str) -> String {
        let mut filled = argument.to_owned();
        for (name, value) in self.0 {
            filled = filled.replace(&format!("{{{name}}}"), value);
        }
        filled
    }
}

/// Something that connects once or more, and ends.
pub(super) trait Client {
    fn run(&mut self, values: &Values<'_>) -> impl Future<Output = Result<Claim>> + Send;
}

/// The program of the command line.
pub(super) struct Program {
    pub(super) arguments: Vec<String>,
    pub(super) timeout: Duration,
    /// What it prints goes here.
    pub(super) output: PathBuf,
}

impl Client for Program {
    async fn run(&mut self, values: &Values<'_>) -> Result<Claim> {
        let mut arguments = self.arguments.iter().map(|argument| values.fill(argument));
        let name = arguments.next().unwrap_or_default();
        let failed = |error| Failure::of(readable(name.as_bytes()), error);
        let printed = File::create(&self.output).map_err(failed)?;
        let mut command = Command::new(&name);
        command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
        command.stdout(printed.try_clone().map_err(failed)?).stderr(printed);
        // What it starts itself is killed with it.
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn().map_err(failed)?;
        let number = child.id();
        let Ok(status) = timeout(self.timeout, child.wait()).await else {
            if let Some(number) = number.filter(|_| cfg!(unix)) {
                let group = format!("-{number}");
                drop(Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status().await);
            }
            drop(child.kill().await);
            return Ok(Claim::Killed);
        };
        let status = status.map_err(failed)?;
        Ok(if status.success() { Claim::Delivered } else { Claim::NotDelivered(self.told(&status.to_string())) })
    }
}

impl Program {
    /// The status, and the last line that was printed.
    fn told(&self, status: &str) -> String {
        let printed = fs::read(&self.output).unwrap_or_default();
        let last = printed.split(|octet| *octet == b'\n').rfind(|line| !line.trim_ascii().is_empty());
        match last {
            Some(line) => format!("{status}, \"{}\"", readable(line.trim_ascii())),
            None => status.to_owned(),
        }
    }
}

/// What came of one run of the client.
pub(super) struct Run {
    pub(super) sessions: Vec<Log>,
    pub(super) claim: Claim,
}

/// Serves the script to everybody who connects, until the client has ended.
pub(super) async fn run(
    listener: &TcpListener,
    server: &Server,
    script: Script,
    client: &mut impl Client,
    values: &Values<'_>,
) -> Result<Run> {
    let mut guests = Guests::new(server, script);
    let claim = {
        let running = client.run(values);
        tokio::pin!(running);
        loop {
            tokio::select! {
                accepted = listener.accept() => guests.serve(accepted?.0),
                claim = &mut running => break claim?,
            }
        }
    };
    // Whoever connected before the end is in the queue before this connection.
    let last = TcpStream::connect(listener.local_addr()?).await?;
    loop {
        let (stream, from) = listener.accept().await?;
        if Some(from) == last.local_addr().ok() {
            break;
        }
        guests.serve(stream);
    }
    Ok(Run { sessions: guests.leave(GRACE).await, claim })
}

/// Waits for one client to connect, and serves it.
pub(super) async fn wait(
    listener: &TcpListener,
    server: &Server,
    script: Script,
    most: Duration,
    id: &str,
) -> Result<Run> {
    let address: SocketAddr = listener.local_addr()?;
    say(&format!("{id}: connect to {address}\n"));
    let mut guests = Guests::new(server, script);
    guests.serve(listener.accept().await?.0);
    Ok(Run { sessions: guests.leave(most).await, claim: Claim::Unknown })
}

/// The sessions of one run.
struct Guests<'a> {
    server: &'a Server,
    script: Script,
    logs: Vec<Arc<Mutex<Log>>>,
    sessions: JoinSet<()>,
}

impl<'a> Guests<'a> {
    fn new(server: &'a Server, script: Script) -> Self {
        Self { server, script, logs: Vec::new(), sessions: JoinSet::new() }
    }

    fn serve(&mut self, stream: TcpStream) {
        let log = Arc::new(Mutex::new(Log::default()));
        self.logs.push(Arc::clone(&log));
        self.sessions.spawn(serve(stream, self.server.clone(), self.script, log));
    }

    /// Waits for the end of every session, and returns what happened in them.
    async fn leave(mut self, most: Duration) -> Vec<Log> {
        let all = async { while self.sessions.join_next().await.is_some() {} };
        drop(timeout(most, all).await);
        self.sessions.shutdown().await;
        let taken = |log: &Arc<Mutex<Log>>| std::mem::take(&mut *log.lock().unwrap_or_else(PoisonError::into_inner));
        self.logs.iter().map(taken).collect()
    }
}

/// A directory of this run, which is removed with what is in it.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new() -> Result<Self> {
        for number in 0_u32.. {
            let path = std::env::temp_dir().join(format!("smtp-lab-{}-{number}", std::process::id()));
            match fs::create_dir(&path) {
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                made => return made.map(|()| Self(path.clone())).map_err(|error| Failure::of(path.display(), error)),
            }
        }
        Err(Failure::of(std::env::temp_dir().display(), "too many directories"))
    }

    pub(super) fn write(&self, name: &str, octets: &[u8]) -> Result<()> {
        let path = self.path(name);
        fs::write(&path, octets).map_err(|error| Failure::of(path.display(), error))
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        Path::new(&self.0).join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}
