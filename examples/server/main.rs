//! A server that accepts mail for one domain and stores each message in a file. Sockets and time are in `driver.rs`.
//!
//! ```text
//! cargo run --example server -- 127.0.0.1:2525 mx.example DIR
//! ```

mod driver;

use driver::{Handler, Refusal};
use smtp_core::session::ServerConfig;
use smtp_core::session::reception::Envelope;
use smtp_core::syntax::{Host, Rcpt, ReplyBuf, ReplyCode};
use std::fs::{File, create_dir_all, remove_file, rename};
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::SystemTime;

/// Accepts mail for one domain into one directory.
struct Site {
    domain: String,
    directory: PathBuf,
    next: AtomicU64,
}

/// A message that is being received. If it is abandoned, it is dropped and its file removed.
struct Incoming {
    file: File,
    path: PathBuf,
}

impl Drop for Incoming {
    fn drop(&mut self) {
        drop(remove_file(&self.path)); // a complete message has another name by now
    }
}

impl Handler for Site {
    type Message = Incoming;

    fn recipient(&self, _: &Envelope, rcpt: &Rcpt<'_>) -> Result<(), Refusal> {
        let ours = |host: Host<'_>| Host::new(&self.domain).is_ok_and(|domain| host.equivalent(domain));
        // `<Postmaster>` is the only recipient without a domain, and is always accepted (RFC 5321 section 4.5.1).
        if rcpt.forward_path.mailbox().is_none_or(|mailbox| ours(mailbox.host())) {
            return Ok(());
        }
        Err(ReplyBuf::lossy(ReplyCode::MAILBOX_UNAVAILABLE, "5.7.1 no relaying").into())
    }

    fn begin(&self, _: &Envelope, received: &[u8]) -> Result<Incoming, Refusal> {
        let path = self.directory.join(format!("{}.part", self.next.fetch_add(1, Relaxed)));
        let mut message = Incoming { file: File::create_new(&path)?, path };
        message.file.write_all(received)?;
        Ok(message)
    }

    fn write(&self, message: &mut Incoming, octets: &[u8]) -> Result<(), Refusal> {
        Ok(message.file.write_all(octets)?)
    }

    fn finish(&self, message: Incoming, envelope: &Envelope) -> Result<(), Refusal> {
        message.file.sync_all()?; // before 250 the message has to be on the disk (RFC 5321 section 6.1)
        let path = message.path.with_extension("eml");
        rename(&message.path, &path)?;
        File::open(&self.directory)?.sync_all()?; // so that the new name is on the disk too
        let to: Vec<String> = envelope.recipients().map(|rcpt| rcpt.forward_path.to_string()).collect();
        println!("{} for {}", path.display(), to.join(" "));
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [listen, domain, directory] = &arguments[..] else { return Err("usage: server HOST:PORT DOMAIN DIR".into()) };
    create_dir_all(directory)?;
    let next = AtomicU64::new(SystemTime::UNIX_EPOCH.elapsed()?.as_micros().try_into()?); // new names after a restart
    let site = Site { domain: domain.clone(), directory: directory.into(), next };
    Ok(driver::listen(listen, ServerConfig::new(Host::new(domain)?), &site)?)
}
