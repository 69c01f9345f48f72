//! A server that takes mail for one domain and keeps each message in a file of its own.
//!
//! ```text
//! cargo run --example server -- 127.0.0.1:2525 mx.example DIR
//! ```
//!
//! What it decides stands here; sockets and time are in `driver.rs`. The 250 to a message is given when it is on the disk (RFC 5321
//! section 6.1).

mod driver;

use driver::{Handler, Limits};
use smtp_core::session::ServerConfig;
use smtp_core::session::reception::{Envelope, Reception};
use smtp_core::syntax::{DateTime, Host, Rcpt, ReplyBuf, ReplyCode};
use smtp_core::trace::{ExtendedDomain, Received, TcpInfo, TraceDateBuf};
use std::fs::{self, File};
use std::io::Write;
use std::net::{IpAddr, TcpListener};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::SystemTime;

/// Mail for one domain, into one directory.
struct Site {
    domain: String,
    directory: PathBuf,
    count: AtomicU64,
}

/// A message on its way into the directory. What is dropped before its end is removed.
struct Incoming {
    file: File,
    path: PathBuf,
}

impl Drop for Incoming {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.path)); // after the end it has another name
    }
}

/// A failed disk is no fault of the message: it may come again (RFC 5321 section 4.2.5).
fn full(error: std::io::Error) -> ReplyBuf {
    ReplyBuf::lossy(ReplyCode::INSUFFICIENT_STORAGE, &format!("4.3.1 cannot store the message: {error}"))
}

impl Handler for Site {
    type Message = Incoming;

    fn recipient(&self, _: &Envelope, rcpt: &Rcpt<'_>) -> Result<(), ReplyBuf> {
        let local = |host: Host<'_>| Host::new(&self.domain).is_ok_and(|domain| host.equivalent(domain));
        // `<Postmaster>` is the one recipient without a domain, and is always taken (RFC 5321 section 4.5.1).
        match rcpt.forward_path.mailbox() {
            Some(mailbox) if !local(mailbox.host()) => {
                Err(ReplyBuf::lossy(ReplyCode::MAILBOX_UNAVAILABLE, "5.7.1 no relaying"))
            }
            _ => Ok(()),
        }
    }

    fn begin(&self, reception: &Reception, peer: IpAddr) -> Result<Incoming, ReplyBuf> {
        let (now, number) = (seconds(), self.count.fetch_add(1, Ordering::Relaxed));
        let path = self.directory.join(format!("{now}-{}-{number}.part", std::process::id()));
        let mut message = Incoming { file: File::create_new(&path).map_err(full)?, path };
        message.file.write_all(&trace(reception, peer)).map_err(full)?;
        Ok(message)
    }

    fn write(&self, message: &mut Incoming, octets: &[u8]) -> Result<(), ReplyBuf> {
        message.file.write_all(octets).map_err(full)
    }

    fn finish(&self, message: Incoming, envelope: &Envelope) -> Result<(), ReplyBuf> {
        let to: Vec<String> = envelope.recipients().map(|rcpt| rcpt.forward_path.to_string()).collect();
        message.file.sync_all().map_err(full)?;
        let path = message.path.with_extension("eml");
        fs::rename(&message.path, &path).map_err(full)?;
        File::open(&self.directory).and_then(|directory| directory.sync_all()).map_err(full)?;
        println!("{} for {}", path.display(), to.join(" "));
        Ok(())
    }
}

/// The Received field that a server puts before each message (RFC 5321 section 4.4).
fn trace(reception: &Reception, peer: IpAddr) -> Vec<u8> {
    let date = DateTime::from_unix_seconds(seconds() as i64, 0).and_then(TraceDateBuf::new);
    let (Some(date), Some(client)) = (date, reception.envelope().client_name()) else { return Vec::new() };
    let Host::Domain(domain) = reception.server().config().host() else { return Vec::new() };
    let from = ExtendedDomain::new(client, TcpInfo::new(None, peer));
    let mut received = Received::new(from, domain.into(), date.as_date());
    received.with = Some(reception.with_protocol().into());
    let mut field = Vec::new();
    received.encode(&mut field);
    field
}

fn seconds() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [listen, domain, directory] = &arguments[..] else {
        eprintln!("usage: server HOST:PORT DOMAIN DIR");
        std::process::exit(2);
    };
    fs::create_dir_all(directory)?;
    let site = Site { domain: domain.clone(), directory: directory.into(), count: AtomicU64::new(0) };
    let config = ServerConfig::new(Host::new(domain)?);
    let listener = TcpListener::bind(listen)?;
    println!("listening on {}", listener.local_addr()?);
    driver::serve(&listener, config, Limits::default(), &site, &AtomicBool::new(false))?;
    Ok(())
}
