//! The example `proxy`: what it sees of pipelined commands, content and chunks, and that it passes on what it cannot see.

#[path = "../../examples/proxy.rs"]
#[allow(dead_code, reason = "the tests call what `main` calls")]
mod example;

use example::{Session, commands, replies};
use smtp_core::session::{Action, State};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;

/// What each side says, one after the other, and then the state and what is not answered yet.
type Turn = (&'static str, &'static str, State, &'static [Action]);

/// RFC 2920 section 3.1: groups end with DATA, and the next one may follow the content at once. What looks like commands in content
/// and chunks is none.
const SESSION: [Turn; 7] = [
    ("", "220 mx.example ESMTP\r\n", State::Start, &[]),
    ("EHLO client.example\r\n", "250-mx.example\r\n250 PIPELINING\r\n", State::Ready, &[]),
    (
        "MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nRCPT TO:<e@f.example>\r\nDATA\r\n",
        "250 ok\r\n550 no\r\n",
        State::Mail,
        &[Action::Rcpt, Action::Data],
    ),
    ("", "250 ok\r\n354 go\r\n", State::Data, &[]),
    ("QUIT\r\n..\r\n.\r\nRSET\r\n", "", State::Data, &[Action::Content, Action::Rset]),
    (
        "MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nBDAT 6\r\nQUIT\r\nBDAT 6 LAST\r\nQUIT\r\n",
        "250 taken\r\n250 reset\r\n250 ok\r\n250 ok\r\n250 chunk\r\n",
        State::Bdat,
        &[Action::BdatLast],
    ),
    ("QUIT\r\n", "250 taken\r\n221 bye\r\n", State::Closed, &[]),
];

#[test]
fn states_of_a_pipelined_session() {
    // However the octets are cut.
    for size in [1, 2, 7, 1000] {
        let mut session = Session::default();
        session.waiting.push_back(Action::Greeting);
        let (mut up, mut down) = (Vec::new(), Vec::new());
        for (client, server, state, waiting) in SESSION {
            for piece in client.as_bytes().chunks(size) {
                up.extend_from_slice(piece);
                let mut rest = &up[..];
                assert_eq!(commands(&mut rest, &mut session), None);
                up = rest.to_vec();
            }
            for piece in server.as_bytes().chunks(size) {
                down.extend_from_slice(piece);
                let mut rest = &down[..];
                assert_eq!(replies(&mut rest, &mut session), None);
                down = rest.to_vec();
            }
            assert_eq!((session.state, session.waiting.make_contiguous() as &[_]), (state, waiting), "{client}");
            assert!(up.is_empty() && down.is_empty());
        }
    }
}

/// RFC 5321 section 3.8: a server that shuts down says 421 without being asked.
#[test]
fn a_421_that_nobody_asked_for_is_the_end() {
    let mut session = Session::default();
    assert_eq!(replies(&mut &b"421 4.3.2 closing\r\n"[..], &mut session), None);
    assert_eq!(session.state, State::Closed);
}

/// RFC 3207 section 4: after the 220 come octets that are no lines.
#[test]
fn tls_is_passed_on() {
    const TURNS: [(&str, &str); 3] =
        [("", "220 mx.example\r\n"), ("EHLO c.example\r\n", "250 STARTTLS\r\n"), ("STARTTLS\r\n", "220 go\r\n")];
    let tls: Vec<u8> = (0..=u8::MAX).cycle().take(100_000).collect();
    let (listener, server) = (TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
    let (address, to) = (listener.local_addr().unwrap(), server.local_addr().unwrap().to_string());
    thread::spawn(move || example::serve(&listener, &to));
    // Sends back what it is sent after STARTTLS.
    let echo = thread::spawn(move || {
        let (mut stream, mut received) = (server.accept().unwrap().0, Vec::new());
        for (client, server) in TURNS {
            expect(&mut stream, client);
            stream.write_all(server.as_bytes()).unwrap();
        }
        stream.read_to_end(&mut received).unwrap();
        stream.write_all(&received).unwrap();
    });
    let mut stream = TcpStream::connect(address).unwrap();
    for (client, server) in TURNS {
        stream.write_all(client.as_bytes()).unwrap();
        expect(&mut stream, server);
    }
    stream.write_all(&tls).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut back = Vec::new();
    stream.read_to_end(&mut back).unwrap();
    assert!(back == tls, "{} octets of {}", back.len(), tls.len());
    echo.join().unwrap();
}

fn expect(stream: &mut TcpStream, octets: &str) {
    let mut read = vec![0; octets.len()];
    stream.read_exact(&mut read).unwrap();
    assert_eq!(std::str::from_utf8(&read), Ok(octets));
}
