//! The memory of a session: a machine with thousands of idle sessions needs little for each.

use smtp_core::observer::Observer;
use smtp_core::session::delivery::{Delivery, Message, Opening, Step};
use smtp_core::session::{Client, ClientConfig, Server, ServerEvent, State};
use smtp_core::syntax::{Command, Host, Mailbox, Reply, ReplyCode};
use smtp_testkit::pair::server_config;
use std::sync::Arc;

#[path = "../../benches/idle.rs"]
mod idle;

#[test]
fn sessions_are_small() {
    assert!(size_of::<Server>() <= 256, "{}", size_of::<Server>());
    assert!(size_of::<Client>() <= 256, "{}", size_of::<Client>());
    assert!(size_of::<Observer>() <= 1024, "{}", size_of::<Observer>());
}

/// The goals are those of the table in `benches/RESULTS.md`.
#[test]
fn idle_sessions_and_decoders_hold_little() {
    for idle::Idle { name, size, heap, goal } in idle::all() {
        assert!(size + heap <= goal, "{name} has {size} octets and {heap} on the heap, more than {goal}");
    }
}

/// A waiting session of a server has no heap at all.
#[test]
fn an_idle_session_of_a_server_has_no_heap() {
    let config = Arc::new(server_config(false, true));
    let mut session = None;
    let info = allocation_counter::measure(|| session = Some(Server::new(Arc::clone(&config))));
    assert_eq!(info.count_total, 0);
}

/// The configuration is shared and the buffers belong to the caller, so a session of a server has no heap of its own: neither idle,
/// nor within a message, nor in AUTH.
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

/// A client allocates once, for the commands in flight.
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

/// A delivery of a message to 10 recipients holds less than 1 KiB. That excludes the envelope, which belongs to the caller, the
/// text of replies, and the buffers, whose octets come from or go to the socket.
#[test]
fn a_delivery_holds_little() {
    type Envelope<'a> = (Mailbox<'a>, &'a [Mailbox<'a>]);
    let to = [Mailbox::new("ann@mx.example").unwrap(); 10];
    let opening = Opening::new(Host::new("client.example").unwrap());
    let mut delivery = Delivery::<Envelope<'_>>::new(ClientConfig::SMTP, opening);
    delivery.received(b"220 mx.example\r\n");
    assert!(matches!(delivery.next_step(), Step::Read(_)));
    delivery.received(b"250-mx.example\r\n250 PIPELINING\r\n");
    assert_eq!(delivery.next_step(), Step::Idle);
    delivery.written(delivery.to_write().len());
    let info = allocation_counter::measure(|| {
        delivery.push((to[0], &to), Message::default());
        assert!(matches!(delivery.next_step(), Step::Read(_)));
    });
    let written = u64::try_from(delivery.to_write().len()).unwrap();
    let size = u64::try_from(size_of::<Delivery<Envelope<'_>>>()).unwrap();
    let held = u64::try_from(info.bytes_current).unwrap();
    assert!(
        size + held <= 1024 + written,
        "{size} octets, and {held} on the heap, of which {written} are still to be written"
    );
}

/// Ten refusals, each with a reply of its own, hold 1 KB beyond the text of these.
#[test]
fn outcomes_hold_little() {
    type Envelope<'a> = (Mailbox<'a>, &'a [Mailbox<'a>]);
    let to = [Mailbox::new("ann@mx.example").unwrap(); 10];
    let opening = Opening::new(Host::new("client.example").unwrap());
    let mut delivery = Delivery::<Envelope<'_>>::new(ClientConfig::SMTP, opening);
    delivery.push((to[0], &to), Message::default());
    for replies in ["220 mx.example\r\n", "250-mx.example\r\n250 PIPELINING\r\n"] {
        delivery.received(replies.as_bytes());
        assert!(matches!(delivery.next_step(), Step::Read(_)));
    }
    delivery.written(delivery.to_write().len());
    let refusals: Vec<String> = (0..10).map(|number| format!("550 5.1.{number} No such user\r\n")).collect();
    let text: usize = refusals.iter().map(String::len).sum();
    let replies = ["250 OK\r\n".into(), refusals.concat(), "503 No recipients\r\n".into()].concat();
    let info = allocation_counter::measure(|| {
        delivery.received(replies.as_bytes());
        for number in 0..10 {
            assert!(matches!(delivery.next_step(), Step::Fate { recipient, .. } if recipient == number));
        }
    });
    let held = usize::try_from(info.bytes_current).unwrap();
    assert!(held <= 1024 + text, "{held} octets, of which {text} are the text of replies");
}
