//! A submission server over TLS, on tokio and rustls: mail is taken only from who has authenticated, and that only under TLS.
//!
//! ```text
//! cargo run -p submission -- --cert CERT.pem --key KEY.pem [--listen 127.0.0.1:2587] [--listen-tls 127.0.0.1:2465]
//! ```
//!
//! One port begins in the clear and offers STARTTLS (RFC 3207), the other is under TLS from the start (RFC 8314 section 3.3).
//! The user is `user`, the password `pass`. The core knows neither tokio nor rustls: it says when the handshake is due, and
//! is handed what was read.

#[path = "../../mock_server/shown.rs"]
mod shown;

use rustls::ServerConfig as TlsConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use shown::shown;
use smtp_core::session::{Require, Server, ServerConfig, ServerEvent, State, Timer};
use smtp_core::syntax::{
    Base64, CapabilityValue, Command, EnhancedCode, Extension, Host, Mechanism, Mechanisms, Plain, Reply, ReplyClass,
    ReplyCode,
};
use std::sync::Arc;
use std::time::Duration;
use subtle::ConstantTimeEq;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut config = ServerConfig::new(Host::new("submission.example")?);
    config.capabilities = config
        .capabilities
        .with_value(CapabilityValue::Size(Some(50_000_000)))?
        .with(Extension::StartTls)
        .with_value(CapabilityValue::Auth(Mechanisms::new("PLAIN")?))?;
    config.require = Require::Authentication;
    config.auth_only_under_tls = true;
    config.max_errors = Some(10);
    config.max_idle_commands = Some(50);
    config.max_failed_auth = Some(3);

    let [mut cert, mut key] = [None, None];
    let [mut clear, mut tls] = ["127.0.0.1:2587", "127.0.0.1:2465"].map(str::to_owned);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let value = arguments.next().ok_or("each option has a value")?;
        match argument.as_str() {
            "--cert" => cert = Some(value),
            "--key" => key = Some(value),
            "--listen" => clear = value,
            "--listen-tls" => tls = value,
            _ => return Err(format!("{argument} is no option").into()),
        }
    }
    let cert = cert.ok_or("--cert is missing")?;
    let chain = CertificateDer::pem_file_iter(cert)?.collect::<std::result::Result<_, _>>()?;
    let key = PrivateKeyDer::from_pem_file(key.ok_or("--key is missing")?)?;
    let acceptor: TlsAcceptor =
        Arc::new(TlsConfig::builder().with_no_client_auth().with_single_cert(chain, key)?).into();

    let (clear, tls) = (TcpListener::bind(clear).await?, TcpListener::bind(tls).await?);
    println!("listening on {} and {}", clear.local_addr()?, tls.local_addr()?);
    let config = Arc::new(config);
    loop {
        let (accepted, server) = tokio::select! {
            accepted = clear.accept() => (accepted, Server::new(Arc::clone(&config))),
            accepted = tls.accept() => (accepted, Server::over_tls(Arc::clone(&config))),
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                // One connection that cannot be had, for want of descriptors it may be, does not end the others.
                println!("--- {error}");
                tokio::time::sleep(Duration::from_secs(1)).await;
                continue;
            }
        };
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            let ended = connection(stream, server, acceptor).await;
            println!("--- {}", ended.map_or_else(|error| error.to_string(), |()| "connection closed".to_owned()));
        });
    }
}

/// A connection from its first octet to its last: in the clear and then under TLS, or under TLS alone.
async fn connection(mut stream: TcpStream, server: Server, acceptor: TlsAcceptor) -> Result<()> {
    let mut session = Session { server, message: Message::default(), input: Vec::new() };
    if !session.server.is_tls() {
        session.run(&mut stream).await?;
        if session.server.state() != State::Tls {
            return Ok(());
        }
        // Whatever came in the clear behind STARTTLS ends the connection; nothing learned before is kept.
        session.server = session.server.into_tls(&session.input)?;
        session.message = Message::default();
    }
    let handshake = tokio::time::timeout(Timer::Command.minimum(), acceptor.accept(stream)).await?;
    session.run(&mut handshake?).await
}

struct Session {
    server: Server,
    message: Message,
    /// What has arrived and is not consumed.
    input: Vec<u8>,
}

#[derive(Default)]
struct Message {
    envelope: Vec<String>,
    content: Vec<u8>,
}

impl Session {
    /// Serves one stream, until the session ends or TLS is due.
    async fn run(&mut self, stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> Result<()> {
        let mut output = Vec::new();
        if self.server.answers_owed() > 0 {
            self.server.reply_default(&mut output)?; // the greeting
        }
        loop {
            stream.write_all(&output).await?;
            output.clear();
            match self.server.state() {
                State::Tls => return Ok(stream.flush().await?),
                // Under TLS this says that nothing was cut off.
                State::Closed => return Ok(stream.shutdown().await?),
                _ => {}
            }
            // Not the few octets that a full `Vec` grows by.
            self.input.reserve(16 * 1024);
            let patience = self.server.timer().map_or(Timer::Command.minimum(), Timer::minimum);
            match tokio::time::timeout(patience, stream.read_buf(&mut self.input)).await {
                Ok(Ok(0)) => return Ok(()),
                Ok(read) => _ = read?,
                Err(_) => self.server.shutdown(&mut output),
            }
            let Self { server, message, input } = self;
            let mut rest = &input[..];
            while let Some(event) = server.next_event(&mut rest)? {
                message.take(server, &event, &mut output)?;
            }
            let consumed = input.len().saturating_sub(rest.len());
            input.drain(..consumed);
        }
    }
}

impl Message {
    fn take(&mut self, server: &mut Server, event: &ServerEvent<'_>, out: &mut Vec<u8>) -> Result<()> {
        match event {
            ServerEvent::Command(Command::Auth(auth)) if auth.mechanism != Mechanism::PLAIN => {
                let unknown = EnhancedCode::SECURITY_FEATURES_NOT_SUPPORTED;
                server.reply(&Reply::new(ReplyCode::PARAMETER_NOT_IMPLEMENTED, unknown, "PLAIN only")?, out)?;
            }
            ServerEvent::Command(Command::Auth(auth)) => match auth.initial_response {
                Some(response) => authenticate(server, response, out)?,
                None => server.challenge(b"", out)?,
            },
            ServerEvent::Response(response) => authenticate(server, *response, out)?,
            ServerEvent::Command(command @ Command::Mail(_)) => {
                *self = Self { envelope: vec![command.to_string()], ..Self::default() };
                server.reply_default(out)?;
            }
            ServerEvent::Command(command @ Command::Rcpt(_)) => {
                self.envelope.push(command.to_string());
                server.reply_default(out)?;
            }
            ServerEvent::Content(octets) => self.content.extend_from_slice(octets),
            ServerEvent::ContentEnd => {
                println!("{}; {} octets", shown(self.envelope.join(", ").as_bytes()), self.content.len());
                server.reply_default(out)?;
            }
            ServerEvent::Abandoned => self.content.clear(),
            _ => server.reply_default(out)?,
        }
        Ok(())
    }
}

fn authenticate(server: &mut Server, response: Base64<'_>, out: &mut Vec<u8>) -> Result<()> {
    let octets: Vec<u8> = response.decode().collect();
    // In a time that does not depend on where the first difference is.
    let is = |text: &str, expected: &str| text.as_bytes().ct_eq(expected.as_bytes());
    let known = Plain::parse(&octets)
        .is_some_and(|plain| bool::from(is(plain.authentication, "user") & is(plain.password, "pass")));
    let (code, enhanced, text) = if known {
        // RFC 4954 section 6.
        let succeeded = EnhancedCode::OTHER_SECURITY.with_class(ReplyClass::Success);
        (ReplyCode::AUTHENTICATION_SUCCEEDED, succeeded, "Welcome")
    } else {
        (ReplyCode::CREDENTIALS_INVALID, Some(EnhancedCode::CREDENTIALS_INVALID), "Not you")
    };
    Ok(server.reply(&Reply::new(code, enhanced, text)?, out)?)
}
