//! The shortest server on tokio, with STARTTLS. The page `async_server` of the guide shows this file up to its test. The driver
//! to copy for a public server is `src/driver.rs`.
//!
//! ```text
//! cargo run -p smtp-lab --example async_server -- 127.0.0.1:2525 cert.pem key.pem
//! ```

#![allow(clippy::arithmetic_side_effects, reason = "lengths of a slice and of its rest")]

use smtp_core::session::reception::{Question, Reception, Verdict};
use smtp_core::session::{ServerConfig, State, Timer};
use smtp_core::syntax::{Extension, ForwardPath, Host, ReplyBuf, ReplyCode};
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig as TlsConfig};

type Chain = Vec<CertificateDer<'static>>;
type Config = Arc<ServerConfig>;

/// Returns `true` for the recipients of this server. `<Postmaster>`, which is not a mailbox,
/// always is one of them (RFC 5321 section 4.5.1).
fn is_ours(path: ForwardPath<'_>) -> bool {
    let ours = |host: Host<'_>| host.to_string().eq_ignore_ascii_case("mx.example");
    path.mailbox().is_none_or(|mailbox| ours(mailbox.host()))
}

/// Reads, answers and writes until the session ends or the TLS handshake is due.
async fn talk(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    reception: &mut Reception,
    input: &mut Vec<u8>,
) -> io::Result<()> {
    let foreign = ReplyBuf::lossy(ReplyCode::MAILBOX_UNAVAILABLE, "5.7.1 no relaying");
    let mut message = Vec::new();
    loop {
        let mut rest = &input[..];
        while let Some(question) = reception.next(&mut rest).map_err(io::Error::other)? {
            match question {
                Question::Rcpt(rcpt) if !is_ours(rcpt.forward_path) => {
                    reception.answer(&foreign).map_err(io::Error::other)?;
                }
                Question::Content(octets) => message.extend_from_slice(octets),
                Question::Abandoned => message.clear(), // it will not be completed
                Question::Refused(_) => {}              // the reply is already written
                Question::Finish => {
                    message.clear(); // store it first: the answer is 250
                    reception.answer(Verdict::Usual).map_err(io::Error::other)?;
                }
                _ => reception.answer(Verdict::Usual).map_err(io::Error::other)?,
            }
        }
        let consumed = input.len() - rest.len();
        input.drain(..consumed);
        stream.write_all(reception.to_write()).await?;
        stream.flush().await?; // TLS has a buffer
        reception.written(reception.to_write().len());
        if !reception.is_open() || reception.state() == State::Tls {
            return Ok(());
        }
        match timeout(Timer::Command.minimum(), stream.read_buf(input)).await {
            Ok(Ok(0)) => reception.connection_lost(),
            Ok(read) => _ = read?,
            Err(_) => reception.shutdown(),
        }
    }
}

/// Serves one connection: in the clear, and after STARTTLS within TLS.
async fn serve(mut stream: TcpStream, config: Config, tls: TlsAcceptor) -> io::Result<()> {
    let (mut reception, mut input) = (Reception::new(config), Vec::new());
    talk(&mut stream, &mut reception, &mut input).await?;
    if reception.state() == State::Tls {
        // Fails if octets came in the clear after STARTTLS.
        reception.start_tls(&input).map_err(io::Error::other)?;
        let mut stream = tls.accept(stream).await?;
        talk(&mut stream, &mut reception, &mut input).await?;
        stream.shutdown().await?;
    }
    Ok(())
}

/// Serves every connection in a task of its own.
async fn listen(listener: TcpListener, tls: TlsAcceptor) -> io::Result<()> {
    let mut config = ServerConfig::new(Host::new("mx.example").map_err(io::Error::other)?);
    config.capabilities = config.capabilities.with(Extension::StartTls);
    let config = Arc::new(config);
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(serve(stream, Arc::clone(&config), tls.clone()));
    }
}

/// Makes an acceptor from a certificate chain and its key.
fn acceptor(chain: Chain, key: PrivateKeyDer<'static>) -> Result<TlsAcceptor, rustls::Error> {
    let config = TlsConfig::builder().with_no_client_auth().with_single_cert(chain, key)?;
    Ok(Arc::new(config).into())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let usage = "usage: async_server LISTEN CERT KEY";
    let [address, cert, key] = &arguments[..] else { return Err(usage.into()) };
    let chain = CertificateDer::pem_file_iter(cert)?.collect::<Result<_, _>>()?;
    let tls = acceptor(chain, PrivateKeyDer::from_pem_file(key)?)?;
    Ok(listen(TcpListener::bind(address).await?, tls).await?)
}

#[cfg(test)]
mod tests {
    use super::{acceptor, listen};
    use std::sync::Arc;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio_rustls::TlsConnector;
    use tokio_rustls::rustls::pki_types::PrivateKeyDer;
    use tokio_rustls::rustls::{ClientConfig, RootCertStore};

    /// RFC 3207 sections 4 and 4.2: after the handshake the client begins again with EHLO, and STARTTLS is not offered any more.
    /// RFC 5321 section 4.5.1: every server has a postmaster.
    #[tokio::test]
    async fn a_session_goes_on_within_tls() {
        let made = rcgen::generate_simple_self_signed(["mx.example".to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(listen(listener, acceptor(vec![made.cert.der().clone()], key).unwrap()));

        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"EHLO client.example\r\nSTARTTLS\r\n").await.unwrap();
        let mut replies = String::new();
        while !replies.contains("\r\n220 2.0.0 ") {
            let mut buffer = [0; 1024];
            let read = stream.read(&mut buffer).await.unwrap();
            assert!(read > 0, "{replies}");
            replies += std::str::from_utf8(&buffer[..read]).unwrap();
        }
        assert!(replies.contains("STARTTLS\r\n"), "{replies}");

        let mut roots = RootCertStore::empty();
        roots.add(made.cert.der().clone()).unwrap();
        let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        let name = "mx.example".try_into().unwrap();
        let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
        stream.write_all(b"EHLO client.example\r\nMAIL FROM:<joe@client.example>\r\n").await.unwrap();
        stream.write_all(b"RCPT TO:<ann@mx.example>\r\nRCPT TO:<postmaster>\r\n").await.unwrap();
        stream.write_all(b"RCPT TO:<eve@other.example>\r\nDATA\r\n").await.unwrap();
        stream.write_all(b"Hello\r\n.\r\nQUIT\r\n").await.unwrap();
        let mut replies = String::new();
        stream.read_to_string(&mut replies).await.unwrap();
        assert!(!replies.contains("STARTTLS"), "{replies}");
        let codes: Vec<&str> = replies.lines().filter(|line| &line[3..4] == " ").map(|line| &line[..3]).collect();
        assert_eq!(codes, ["250", "250", "250", "250", "550", "354", "250", "221"], "{replies}");
    }
}
