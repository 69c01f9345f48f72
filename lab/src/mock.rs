//! `smtp-lab mock`: a server for tests, on the driver.

mod desk;
mod fault;
mod http;
mod site;

use crate::driver::{self, Guests, Limits, Site};
use crate::output::{Failure, Folder, Result, say};
use crate::record::{self, Recorder};
use crate::{signal, tls};
use desk::Desk;
use fault::{Fault, Faults};
use site::Guest;
use smtp_core::session::{Require, ServerConfig};
use smtp_core::syntax::{CapabilityValue, Dialect, Extension, Host, Mechanisms};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;
use tokio::net::TcpListener;

const NAME: &str = "mock.example";

const EXAMPLES: &str = "\
Examples:
  smtp-lab mock --http 127.0.0.1:8025 --out messages
  smtp-lab mock --fault greeting=delay:5 --fault \"rcpt=450 4.2.1 Not now\"
  smtp-lab mock --listen 127.0.0.1:2525 --listen-tls 127.0.0.1:2465 --require-auth
Ctrl-C ends it with 421 to every session.";

/// Run a server for tests: it takes mail from anybody, shows the dialogue with every violation of an RFC beneath its line, and
/// keeps the messages.
///
/// Any user and password will do. Recipients whose local-part begins with `no` are refused for good (550), those that begin with
/// `later` for now (450). Without --lenient and --strict, it accepts the deviations that are common among clients. The exit status is 0 after Ctrl-C or SIGTERM.
#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Options {
    /// Listen here without TLS; with --tls STARTTLS is offered
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:2525")]
    listen: String,
    /// Listen here too, with TLS from the first octet; implies --tls
    #[arg(long, value_name = "HOST:PORT")]
    listen_tls: Option<String>,
    /// Serve a web page and a JSON API here
    #[arg(long, value_name = "HOST:PORT")]
    http: Option<String>,
    /// Keep message N as DIR/N.eml, octet for octet, and its envelope as DIR/N.json; nothing is overwritten
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    record: record::Options,
    /// Accept every deviation that can be understood, not only those that are common
    #[arg(long, conflicts_with = "strict")]
    lenient: bool,
    /// Accept only what the grammar of the RFCs has
    #[arg(long)]
    strict: bool,
    /// Speak LMTP
    #[arg(long)]
    lmtp: bool,
    /// Take mail only after AUTH
    #[arg(long)]
    require_auth: bool,
    /// Take mail only under TLS, and offer AUTH only there; implies --tls
    #[arg(long)]
    require_tls: bool,
    /// Offer STARTTLS, with a certificate that is made for this run
    #[arg(long)]
    tls: bool,
    /// The certificate chain, in PEM; implies --tls
    #[arg(long, value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,
    /// The key of the certificate, in PEM
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
    /// A fault; may be given several times. --help lists what it can be
    #[arg(long, value_name = "WHEN=WHAT", long_help = fault::help())]
    fault: Vec<Fault>,
    /// The largest number of connections from one address at a time
    #[arg(long, value_name = "N", default_value_t = 1000)]
    connections: usize,
    /// Close a session after this many seconds of silence
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    idle: u64,
    /// Do not print the sessions
    #[arg(long)]
    quiet: bool,
}

fn config(options: &Options, tls: bool) -> Result<ServerConfig> {
    let broken = |error| Failure::of("the configuration", error);
    let mut config = ServerConfig::new(Host::new(NAME).map_err(broken)?);
    config.capabilities = config
        .capabilities
        .with_value(CapabilityValue::Size(Some(100_000_000)))
        .and_then(|offer| offer.with(Extension::Dsn).with_value(CapabilityValue::Auth(Mechanisms::new("PLAIN LOGIN")?)))
        .map_err(broken)?;
    if tls {
        config.capabilities = config.capabilities.with(Extension::StartTls);
    }
    config.max_size = None; // SIZE says it
    config.explain_refusals = true;
    config.lmtp = options.lmtp;
    if options.lenient {
        config.dialect = Dialect::LENIENT;
    }
    if options.strict {
        (config.dialect, config.content_line_limit) = (Dialect::STRICT, Some(1000));
    }
    if options.require_tls {
        (config.require, config.auth_only_under_tls) = (Require::Tls, true);
    }
    if options.require_auth {
        // With --require-tls this requires TLS too, since there is no AUTH without.
        config.require = Require::Authentication;
    }
    Ok(config)
}

/// Listens on the address of an option.
pub(crate) async fn bind(option: &str, address: &str) -> Result<TcpListener> {
    let failed = |error| Failure::of(format_args!("{option} {}", address.escape_debug()), error);
    TcpListener::bind(address).await.map_err(failed)
}

pub(crate) fn local(listener: &TcpListener) -> Result<String> {
    Ok(listener.local_addr().map_err(|error| Failure::of("cannot listen", error))?.to_string())
}

pub(crate) async fn run(options: Options) -> Result<()> {
    let stopped = signal::stopped()?;
    let tls = match (&options.cert, &options.key) {
        (Some(cert), Some(key)) => Some(tls::from_files(cert, key)?),
        _ if options.tls || options.require_tls || options.listen_tls.is_some() => Some(tls::self_made(NAME)?),
        _ => None,
    };
    let config = Arc::new(config(&options, tls.is_some())?);
    let limits =
        Limits { idle: Duration::from_secs(options.idle), connections: options.connections, ..Limits::default() };
    let site = Arc::new(Site { config, limits, tls, guests: Guests::default() });
    // Before any file is created, which would be in the way of the next run.
    let clear = bind("--listen", &options.listen).await?;
    let implicit = match &options.listen_tls {
        Some(address) => Some(bind("--listen-tls", address).await?),
        None => None,
    };
    let web = match &options.http {
        Some(address) => Some(bind("--http", address).await?),
        None => None,
    };
    let out = match &options.out {
        Some(path) => Some(Folder::open(path, &["eml", "json"])?),
        None => None,
    };
    let recorder = Recorder::open(&options.record)?;
    recorder.create_log()?;
    let desk = Arc::new(Desk {
        faults: Faults::new(options.fault),
        quiet: options.quiet,
        remembers: options.http.is_some(),
        out,
        recorder,
        sessions: Default::default(),
        messages: Default::default(),
        last_session: AtomicU64::new(0),
    });

    let mut serving = tokio::task::JoinSet::new();
    say(&format!("listening on {}\n", local(&clear)?));
    if let Some(listener) = &implicit {
        say(&format!("listening for TLS on {}\n", local(listener)?));
    }
    if let Some(listener) = &web {
        say(&format!("web page on http://{}/\n", local(listener)?));
    }
    for (listener, implicit) in [(Some(clear), false), (implicit, true)] {
        let Some(listener) = listener else { continue };
        let (site, desk, stopped) = (Arc::clone(&site), Arc::clone(&desk), stopped.clone());
        let guest = move |peer| Guest { visit: desk.enter(peer, implicit), desk: Arc::clone(&desk) };
        serving.spawn(driver::serve(listener, implicit, site, guest, stopped));
    }
    if let Some(listener) = web {
        serving.spawn(http::serve(listener, desk, stopped));
    }
    while serving.join_next().await.is_some() {}
    Ok(())
}
