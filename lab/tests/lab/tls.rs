//! `mock` under TLS: after STARTTLS, and from the first octet.

use crate::harness::{MESSAGE, Server, codes, connect, directory, read_all, read_until};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::sync::Arc;

/// A certificate for `localhost`, in files, and a client that trusts it.
pub(crate) fn certificate(name: &str) -> (Vec<String>, Arc<ClientConfig>) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let path = directory(name);
    let (cert, key) = (path.join("cert.pem"), path.join("key.pem"));
    fs::write(&cert, made.cert.pem()).unwrap();
    fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.into()).unwrap();
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let options = ["--cert", cert.to_str().unwrap(), "--key", key.to_str().unwrap()].map(str::to_owned);
    (options.to_vec(), Arc::new(config))
}

fn secure(stream: TcpStream, config: &Arc<ClientConfig>) -> StreamOwned<ClientConnection, TcpStream> {
    let name = ServerName::try_from("localhost").unwrap();
    StreamOwned::new(ClientConnection::new(Arc::clone(config), name).unwrap(), stream)
}

#[test]
fn starttls() {
    let (options, config) = certificate("starttls");
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let server = Server::mock_with_api(&options);
    let mut stream = server.connect();
    stream.write_all(b"EHLO client.example\r\n").unwrap();
    read_until(&mut stream, "250 STARTTLS\r\n");
    stream.write_all(b"STARTTLS\r\n").unwrap();
    read_until(&mut stream, "220 2.0.0 Ready to start TLS\r\n");
    let mut stream = secure(stream, &config);
    stream.write_all(MESSAGE.as_bytes()).unwrap();
    let heard = read_all(&mut stream);
    // RFC 3207 section 4.2: there is no greeting, and it is not offered again.
    assert_eq!(codes(&heard), ["250", "250", "250", "354", "250", "221"], "{heard}");
    assert!(!heard.contains("STARTTLS"), "{heard}");
    assert_eq!(server.get("/api/messages/1")["envelope"]["tls"], true);
    let session = server.get("/api/sessions/1");
    assert!(session["records"].as_array().unwrap().iter().any(|record| record["text"] == "DATA"), "{session}");
}

/// RFC 3207 section 5 and its like: octets in the clear after STARTTLS are not taken for what was said within TLS.
#[test]
fn octets_after_starttls_end_the_connection() {
    let server = Server::mock(&["--tls"]);
    let mut stream = server.connect();
    stream.write_all(b"EHLO client.example\r\nSTARTTLS\r\nNOOP\r\n").unwrap();
    let mut heard = Vec::new();
    // The end may be a reset, since there are octets that nobody reads.
    drop(std::io::Read::read_to_end(&mut stream, &mut heard));
    assert!(!String::from_utf8(heard).unwrap().contains("250 2.0.0 OK"));
}

#[test]
fn implicit_tls() {
    let (options, config) = certificate("implicit-tls");
    let mut arguments = vec!["mock", "--listen", "127.0.0.1:0", "--listen-tls", "127.0.0.1:0"];
    arguments.extend(options.iter().map(String::as_str));
    let server = Server::start(&arguments, 2);
    let mut stream = secure(connect(server.addresses[1]), &config);
    stream.write_all(MESSAGE.as_bytes()).unwrap();
    assert_eq!(codes(&read_all(&mut stream)), ["220", "250", "250", "250", "354", "250", "221"]);
}

/// RFC 3207 section 4: 530 to everything but NOOP, EHLO, STARTTLS and QUIT. Where AUTH is required too, RFC 4954 section 4 has 538 for
/// AUTH PLAIN in the clear. Neither offers it there.
#[test]
fn tls_may_be_required() {
    for (name, options, auth, mail) in [
        ("require-tls", &["--require-tls"][..], "530", "250"),
        ("require-both", &["--require-tls", "--require-auth"], "538", "530"),
    ] {
        let (certificate, config) = certificate(name);
        let mut arguments: Vec<&str> = options.to_vec();
        arguments.extend(certificate.iter().map(String::as_str));
        let server = Server::mock(&arguments);
        let mut stream = server.connect();
        stream
            .write_all(b"EHLO client.example\r\nAUTH PLAIN AGpvZQBzZWNyZXQ=\r\nMAIL FROM:<>\r\nSTARTTLS\r\n")
            .unwrap();
        let clear = read_until(&mut stream, "220 2.0.0 Ready to start TLS\r\n");
        assert_eq!(codes(&clear), ["220", "250", auth, "530", "220"], "{clear}");
        assert!(!clear.contains("AUTH PLAIN"), "{clear}");
        let mut stream = secure(stream, &config);
        stream.write_all(b"EHLO client.example\r\nMAIL FROM:<>\r\nQUIT\r\n").unwrap();
        let heard = read_all(&mut stream);
        assert_eq!(codes(&heard), ["250", mail, "221"], "{heard}");
        assert!(heard.contains("AUTH PLAIN LOGIN"), "{heard}");
    }
}
