//! Replies without an end, or longer than the limit of a reply.

use smtp_core::observer::ViolationKind as V;
use smtp_core::observer::{Observer, ObserverEvent, Side};
use smtp_core::session::Action;

/// The longest reply that is read as one, in octets.
const LIMIT: usize = 65_536;

/// What is found in a session: the replies, each with its length, whether it can be read, and what it answers; the violations,
/// each with its line; and the largest number of unread octets of the server.
#[derive(Debug, Default, PartialEq)]
struct Found {
    replies: Vec<(usize, bool, Option<Action>)>,
    violations: Vec<(V, u64)>,
    unread: usize,
}

/// Shows what the server sends in pieces of this size.
fn play(turns: &[(Side, Vec<u8>)], piece: usize) -> Found {
    let (mut observer, mut found) = (Observer::new(), Found::default());
    let (mut client, mut server) = (Vec::new(), Vec::new());
    for (side, octets) in turns {
        for piece in octets.chunks(piece) {
            if *side == Side::Client { &mut client } else { &mut server }.extend_from_slice(piece);
            let (mut rest_of_client, mut rest_of_server) = (&client[..], &server[..]);
            while let Some(event) = observer.next_event(&mut rest_of_client, &mut rest_of_server) {
                match event {
                    ObserverEvent::Reply { octets, reply, to, .. } => {
                        found.replies.push((octets.len(), reply.is_ok(), to));
                    }
                    ObserverEvent::Violation(violation) => found.violations.push((violation.kind, violation.line)),
                    _ => {}
                }
            }
            let (of_client, of_server) = (rest_of_client.len(), rest_of_server.len());
            client.drain(..client.len() - of_client);
            server.drain(..server.len() - of_server);
            found.unread = found.unread.max(of_server);
        }
    }
    found
}

/// RFC 5321 section 4.5.3.1.5: a reply line has at most 512 octets; section 4.2: it begins with a code. No clause limits the
/// number of lines, but a reader has to. After a reply that is too long the observer reads the next one, however the octets are
/// cut.
#[test]
fn a_reply_without_an_end_is_consumed() {
    use Action::{Ehlo, Greeting, Quit};
    const EHLO: &[u8] = b"EHLO c.example\r\n";
    let long = |begin: &str, length: usize| [begin.as_bytes(), &vec![b'x'; length]].concat();
    let lines = |line: &str, count: usize| line.repeat(count).into_bytes();
    let whole = |octets: usize| octets / 7 * 7;
    // The greeting, which of it is read as one, what that answers, and the violations.
    let greetings = [
        (lines("220-x\r\n", 40_000), &b"220 x\r\n"[..], whole(LIMIT), Some(Greeting), vec![]),
        // The line that ends the reply begins where the limit is.
        (lines("220-x\r\n", LIMIT / 7), b"220 x\r\n", whole(LIMIT), Some(Greeting), vec![]),
        (lines("220-x\r\n", LIMIT / 7 + 1), b"220 x\r\n", whole(LIMIT), Some(Greeting), vec![]),
        (long("220-x\r\n220-", 100_000), b"\r\n220 x\r\n", LIMIT, Some(Greeting), vec![(V::ReplyLineTooLong, 2)]),
        (long("220-x\r\n220 ", 100_000), b"\r\n", LIMIT, Some(Greeting), vec![(V::ReplyLineTooLong, 2)]),
        // The part that is dropped is not judged.
        (long(&"220-x\r\n220-x\r\n".repeat(9000), 100_000), b"\r\n220 x\r\n", whole(LIMIT), Some(Greeting), vec![]),
        (long("220-", 200_000), b"\r\n220 x\r\n", LIMIT, Some(Greeting), vec![(V::ReplyLineTooLong, 1)]),
        (long("220 ", 200_000), b"\r\n", LIMIT, Some(Greeting), vec![(V::ReplyLineTooLong, 1)]),
        (long("220 \n", 200_000), b"\r\n", LIMIT, Some(Greeting), vec![(V::BareLineEndingInReply, 1)]),
        (lines("220-x\n", 40_000), b"\r\n220 x\r\n", LIMIT, Some(Greeting), vec![(V::BareLineEndingInReply, 1)]),
        (long("", 200_000), b"\r\n220 mx.example\r\n", LIMIT, None, vec![(V::ReplySyntax, 1)]),
        // The CR is the last octet within the limit.
        (long("", LIMIT - 1), b"\r\n220 mx.example\r\n", LIMIT, None, vec![(V::ReplySyntax, 1)]),
        (long("", LIMIT - 2), b"\r\n220 mx.example\r\n", LIMIT, None, vec![(V::ReplySyntax, 1)]),
    ];
    for (begin, end, length, to, violations) in greetings {
        let turns = [
            (Side::Server, [&begin[..], end].concat()),
            (Side::Client, EHLO.to_vec()),
            (Side::Server, b"250 mx.example\r\n".to_vec()),
            (Side::Client, b"QUIT\r\n".to_vec()),
            (Side::Server, b"221 Bye\r\n".to_vec()),
        ];
        let shown = begin.get(..20).unwrap().escape_ascii();
        let mut replies = vec![(length, false, to), (16, true, Some(Ehlo)), (9, true, Some(Quit))];
        if to.is_none() {
            replies.insert(1, (16, true, Some(Greeting)));
        }
        let expected = Found { replies, violations, unread: 0 };
        for piece in [1, 7, 1000, LIMIT - 1, LIMIT, LIMIT + 1, usize::MAX] {
            let found = play(&turns, piece);
            assert!(found.unread <= LIMIT, "{shown}, {piece} at a time: {} unread", found.unread);
            assert_eq!(Found { unread: 0, ..found }, expected, "{shown}, {piece} at a time");
        }
    }
}

/// A reply of exactly the limit is read.
#[test]
fn a_reply_within_the_limit_is_read() {
    let text = [&b"220-mx.example x\r\n"[..], &b"220-x\r\n".repeat((LIMIT - 18) / 7 - 1), b"220 "].concat();
    let last = [vec![b'x'; LIMIT - 2 - text.len()], b"\r\n".to_vec()].concat();
    let reply = [text, last].concat();
    assert_eq!(reply.len(), LIMIT);
    for piece in [1, 1000, usize::MAX] {
        let found = play(&[(Side::Server, reply.clone())], piece);
        assert_eq!(found.replies, [(LIMIT, true, Some(Action::Greeting))]);
        assert_eq!(found.violations, []);
    }
}

/// A server that ends its lines with LF alone is followed by its client, which takes the long line for the whole reply. The next
/// replies are then those of the next commands.
#[test]
fn a_long_line_ends_where_the_client_continues() {
    let greeting = [b"220 ", &vec![b'x'; 70_000][..], b"\n"].concat();
    let turns = [
        (Side::Server, greeting),
        (Side::Client, b"EHLO c.example\r\n".to_vec()),
        (Side::Server, b"250 mx.example\r\n".to_vec()),
        (Side::Client, b"QUIT\r\n".to_vec()),
        (Side::Server, b"221 Bye\r\n".to_vec()),
    ];
    for piece in [1, 1000, LIMIT, usize::MAX] {
        let found = play(&turns, piece);
        let answered: Vec<_> = found.replies.iter().map(|(.., to)| *to).collect();
        assert_eq!(answered, [Some(Action::Greeting), Some(Action::Ehlo), Some(Action::Quit)], "{piece} at a time");
        assert_eq!(found.violations, [(V::ReplyLineTooLong, 1)], "{piece} at a time");
    }
}
