//! What a session costs: a machine that waits in thousands of idle sessions pays little for each.

use smtp_core::codec::{ChunkDecoder, DotDecoder, DotEncoder, LineDecoder, ReplyDecoder};
use smtp_core::observer::Observer;
use smtp_core::session::{Client, ClientConfig, Server, ServerEvent, State};
use smtp_core::syntax::{Command, Host, Reply, ReplyCode};
use smtp_testkit::pair::server_config;
use std::sync::Arc;

#[test]
fn sessions_are_small() {
    assert!(size_of::<Server>() <= 256, "{}", size_of::<Server>());
    assert!(size_of::<Client>() <= 256, "{}", size_of::<Client>());
    assert!(size_of::<Observer>() <= 1024, "{}", size_of::<Observer>());
}

#[test]
fn decoders_are_small() {
    for size in [
        size_of::<LineDecoder>(),
        size_of::<ReplyDecoder>(),
        size_of::<DotDecoder>(),
        size_of::<ChunkDecoder>(),
        size_of::<DotEncoder>(),
    ] {
        assert!(size <= 128, "{size}");
    }
}

/// A server's session that waits has no heap at all.
#[test]
fn an_idle_session_of_a_server_has_no_heap() {
    let config = Arc::new(server_config(false, true));
    let mut session = None;
    let info = allocation_counter::measure(|| session = Some(Server::new(Arc::clone(&config))));
    assert_eq!(info.count_total, 0);
}

/// The configuration is shared and the buffers are the caller's, so a server's session has no heap of its own: neither
/// idle, nor in the midst of a message, nor in AUTH.
#[test]
fn a_session_of_a_server_has_no_heap() {
    let config = Arc::new(server_config(false, true));
    let mut out = Vec::with_capacity(4096);
    let input: &[&[u8]] = &[
        b"EHLO client.example\r\n",
        b"AUTH PLAIN\r\n",
        b"AGpvZQBzZWNyZXQ=\r\n",
        b"MAIL FROM:<joe@client.example>\r\nRCPT TO:<ann@mx.example>\r\nDATA\r\n",
        b"Subject: x\r\n\r\n..\r\n.\r\n",
        b"MAIL FROM:<> SMTPUTF8\r\nRCPT TO:<\"a b\"@mx.example>\r\nBDAT 5\r\nQUIT\r",
        b"BDAT 1 LAST\r\n\n",
        b"BDAT 1\r\n\n",
        b"XYZZY\r\nQUIT\r\n",
    ];
    let no = Reply::new(ReplyCode::CREDENTIALS_INVALID, None, "No").unwrap();
    let info = allocation_counter::measure(|| {
        let mut server = Server::new(Arc::clone(&config));
        server.reply_default(&mut out).unwrap();
        for octets in input {
            let mut rest = *octets;
            while let Some(event) = server.next_event(&mut rest).unwrap() {
                match event {
                    ServerEvent::Content(_) | ServerEvent::Abandoned => {}
                    ServerEvent::Command(Command::Auth(_)) => server.challenge(b"", &mut out).unwrap(),
                    ServerEvent::Response(_) => server.reply(&no, &mut out).unwrap(),
                    _ => server.reply_default(&mut out).unwrap(),
                }
            }
            assert!(rest.is_empty());
        }
        assert_eq!(server.state(), State::Closed);
    });
    assert_eq!(info.count_total, 0);
    assert!(out.capacity() == 4096 && out.ends_with(b"221 2.0.0 mx.example closing\r\n"));
}

/// A client has room for what is in flight, once.
#[test]
fn a_session_of_a_client_has_little_heap() {
    let mut out = Vec::with_capacity(4096);
    let hello = Command::Ehlo(Host::new("client.example").unwrap());
    let info = allocation_counter::measure(|| {
        let mut client = Client::new(ClientConfig::default());
        assert!(client.next_event(&mut &b"220 mx.example\r\n"[..]).unwrap().is_some());
        for _ in 0..100 {
            client.send(&hello, &mut out).unwrap();
            assert!(client.next_event(&mut &b"250-mx.example\r\n250 SIZE 5\r\n"[..]).unwrap().is_some());
            out.clear();
        }
    });
    assert!(info.count_total <= 1, "{}", info.count_total);
}
