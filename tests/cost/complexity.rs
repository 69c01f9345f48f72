//! Work is linear and memory is bounded. The tests count, and do not measure time.
//!
//! A decoder can read an octet again only if it is given the octet again. It is given all octets that it has not consumed with
//! every octet that arrives. The tests therefore overwrite these octets with others that would change the outcome; if the outcome
//! does not change, they were not read again. Consumed octets cannot be read again, so the octets given are the count.

use smtp_core::codec::{BareLineEnding, ChunkDecoder, Content, DotDecoder, LineDecoder, ReplyDecoder};
use smtp_core::observer::{Observer, ObserverEvent, ViolationKind};
use smtp_core::session::{Action, Client, ClientConfig, ClientEvent, Server, ServerConfig, ServerEvent};
use smtp_core::syntax::{
    Capabilities, CapabilityValue, Command, EhloReply, Extensions, Grammar, Host, ParametersBuf, Reply, ReplyCode,
};

const LONG: usize = 64 * 1024;

/// Gives a stream octet by octet. Of the octets that were given before and are not consumed, the first `kept` and the last one,
/// which may be the CR of a CRLF, stay unchanged; those between are overwritten with line endings. `step` returns `true` if it
/// took something. With the octet that completes something, the true octets are restored, because a complete line or reply is
/// parsed once.
fn poisoned(stream: &[u8], kept: usize, completes: impl Fn(usize) -> bool, mut step: impl FnMut(&mut &[u8]) -> bool) {
    let mut shown = stream.to_vec();
    let mut start = 0;
    for end in 1..=stream.len() {
        let poison = (start + kept).min(end)..end.saturating_sub(2).max((start + kept).min(end));
        let complete = completes(end);
        if complete {
            shown[start..end].copy_from_slice(&stream[start..end]);
        } else if let Some(last) = poison.clone().last() {
            // The octets before it are already overwritten.
            shown[last] = if last % 2 == 0 { b'\r' } else { b'\n' };
        }
        let mut input = &shown[start..end];
        let mut took = false;
        while step(&mut input) {
            took = true;
        }
        assert_eq!(took, complete, "at {end}");
        start = end - input.len();
    }
    assert_eq!(start, stream.len());
}

#[test]
fn a_line_of_64_kib_is_searched_once() {
    let stream = [&vec![b'a'; LONG][..], b"\r\nb\r\n"].concat();
    let mut decoder = LineDecoder::new();
    let mut lengths = Vec::new();
    let ends = [LONG + 2, stream.len()];
    poisoned(
        &stream,
        0,
        |end| ends.contains(&end),
        |input| match decoder.decode(input, usize::MAX).unwrap() {
            Some(line) => {
                lengths.push(line.len());
                true
            }
            None => false,
        },
    );
    assert_eq!(lengths, [LONG, 1]);
}

/// Each octet is searched when it arrives, and parsed when its line is complete.
#[test]
fn a_reply_of_10_000_lines_is_read_once() {
    let mut stream = "250-a line\r\n".repeat(10_000).into_bytes();
    stream.extend_from_slice(b"250 the last\r\n");
    let line = "250-a line\r\n".len();
    let mut shown = stream.clone();
    let mut decoder = ReplyDecoder::new().with_limit(u32::MAX);
    for end in 1..stream.len() {
        // The lines before this one are overwritten.
        if end > line && end % line == 1 {
            shown[end - 1 - line..end - 1].copy_from_slice(b"251 x\r\n\r\n\r\n\0");
        }
        let mut input = &shown[..end];
        assert_eq!(decoder.decode(&mut input, Grammar::STRICT), Ok(None), "at {end}");
        assert_eq!(input.len(), end);
    }
    let reply = decoder.decode(&mut &stream[..], Grammar::STRICT).unwrap().unwrap();
    assert_eq!(reply.lines().count(), 10_001);
}

/// A text of the caller without a line feed, 16 MiB long. A search for one through the whole rest for each line would read a
/// quarter of a tera-octet.
#[test]
fn a_text_of_16_mib_is_divided_once() {
    let text = "x".repeat(16 << 20);
    let reply = Reply::new(ReplyCode::OK, None, &text).unwrap();
    let room = 512 - "250-\r\n".len();
    assert_eq!(reply.lines().count(), text.len().div_ceil(room));
    assert!(reply.lines().all(|line| line.len() <= room));
}

/// With both line endings: CRLF, and the LF that some servers send. Only the code is read again.
#[test]
fn an_observer_reads_a_reply_of_9_000_lines_once() {
    for (line, last) in [("220-a\r\n", "220 the last\r\n"), ("220-a\n", "220 the last\r\n")] {
        let mut stream = line.repeat(9_000).into_bytes();
        stream.extend_from_slice(last.as_bytes());
        let mut shown = stream.clone();
        let mut observer = Observer::new();
        for end in 1..stream.len() {
            // The octets before the unfinished line are overwritten.
            if end > line.len() && end % line.len() == 1 {
                shown[(end - 1 - line.len()).max(3)..end - 1].fill(b'\n');
            }
            assert_eq!(observer.next_event(&mut &[][..], &mut &shown[..end]), None, "at {end}");
        }
        let mut server = &stream[..];
        let event = observer.next_event(&mut &[][..], &mut server);
        assert!(matches!(event, Some(ObserverEvent::Reply { to: Some(Action::Greeting), .. })), "{event:?}");
        assert!(server.is_empty());
    }
}

/// After a LF that is not part of a CRLF, the search continues after it.
#[test]
fn bare_line_feeds_are_passed_once() {
    let stream = [&vec![b'\n'; LONG][..], b"\r\n"].concat();
    let mut decoder = LineDecoder::new();
    let mut found = 0;
    poisoned(
        &stream,
        0,
        |end| end == stream.len(),
        |input| {
            let line = decoder.decode(input, usize::MAX).unwrap();
            found += line.map_or(0, <[u8]>::len);
            line.is_some()
        },
    );
    assert_eq!(found, LONG);
}

/// Content is consumed as it arrives, except a dot and a CR that may be its end.
#[test]
fn content_is_shown_at_most_three_times() {
    for piece in [&b"text text text\r\n"[..], b"..\r\n", b"\r\n", b".\r", b"\r", b"\n.\n"] {
        let stream = [&piece.repeat(LONG / piece.len())[..], b"\r\n.\r\n"].concat();
        let mut decoder = DotDecoder::new(BareLineEnding::Pass).with_line_limit(None);
        let (mut count, mut start, mut ended) = (0, 0, false);
        for end in 1..=stream.len() {
            let mut input = &stream[start..end];
            count += input.len();
            while let Some(content) = decoder.decode(&mut input) {
                ended = matches!(content, Content::End(_));
                if ended {
                    break;
                }
            }
            start = end - input.len();
        }
        assert!(ended && start == stream.len());
        assert!(count <= 3 * stream.len(), "{count} of {}", stream.len());
    }
    let stream = vec![b'x'; LONG];
    let mut decoder = ChunkDecoder::new(LONG as u64);
    for octet in stream.chunks(1) {
        let mut input = octet;
        while decoder.decode(&mut input).is_some() {}
        assert!(input.is_empty());
    }
}

fn server() -> Server {
    let mut config = ServerConfig::new(Host::new("mx.example").unwrap());
    config.max_idle_commands = None;
    Server::new(config)
}

/// Only the four octets that determine the limit of the line are read before its end has come.
#[test]
fn a_server_reads_1_000_pipelined_commands_once() {
    let line = b"RCPT TO:<somebody@a.long.name.example>\r\n";
    let start = b"EHLO client.example\r\nMAIL FROM:<>\r\n";
    let stream = [start, &line.repeat(1000)[..]].concat();
    let mut ends: Vec<usize> = (1..=1000).map(|number| start.len() + number * line.len()).collect();
    ends.extend([b"EHLO client.example\r\n".len(), start.len()]);
    let mut server = server();
    let mut out = Vec::new();
    server.reply_default(&mut out).unwrap();
    let mut commands = 0;
    poisoned(
        &stream,
        4,
        |end| ends.contains(&end),
        |input| match server.next_event(input).unwrap() {
            Some(event) => {
                assert!(matches!(event, ServerEvent::Command(_) | ServerEvent::Rejected(_)), "{event:?}");
                commands += 1;
                server.reply_default(&mut out).unwrap();
                true
            }
            None => false,
        },
    );
    assert_eq!(commands, 1002);
}

/// The replies to 1000 commands in flight: each is read once, and matched without a search.
#[test]
fn a_client_reads_1_000_pipelined_replies_once() {
    let mut client = Client::new(ClientConfig::SMTP);
    let mut out = Vec::new();
    let takes = |client: &mut Client, mut octets: &[u8]| {
        while client.next_event(&mut octets).unwrap().is_some() {}
    };
    takes(&mut client, b"220 mx.example\r\n");
    client.send(&Command::Ehlo(Host::new("client.example").unwrap()), &mut out).unwrap();
    takes(&mut client, b"250-mx.example\r\n250 PIPELINING\r\n");
    for _ in 0..1000 {
        client.send(&Command::Rset, &mut out).unwrap();
    }
    let line = b"250 reset, and a few words\r\n";
    let stream = line.repeat(1000);
    poisoned(
        &stream,
        3,
        |end| end % line.len() == 0,
        |input| match client.next_event(input).unwrap() {
            Some(event) => matches!(event, ClientEvent::Reply { .. }),
            None => false,
        },
    );
    assert_eq!(client.awaiting().count(), 0);
}

/// Creates an observer of a session with PIPELINING.
fn observer() -> Observer {
    let mut observer = Observer::new();
    let mut none = &[][..];
    let _ = observer.next_event(&mut none, &mut &b"220 mx.example\r\n"[..]).unwrap();
    let _ = observer.next_event(&mut &b"EHLO client.example\r\n"[..], &mut none).unwrap();
    let _ = observer.next_event(&mut none, &mut &b"250-mx.example\r\n250 PIPELINING\r\n"[..]).unwrap();
    observer
}

/// In groups of as many commands as may be in flight: each octet of a command is read when it arrives and when the command is
/// complete, and so is the code of a reply.
#[test]
fn an_observer_reads_10_000_pipelined_commands_and_replies_once() {
    const GROUP: usize = 400;
    let mut observer = observer();
    let command = b"RCPT TO:<somebody@a.long.name.example>\r\n";
    let reply = b"250 a recipient, and a few words\r\n";
    let _ = observer.next_event(&mut &b"MAIL FROM:<>\r\n"[..], &mut &[][..]).unwrap();
    let _ = observer.next_event(&mut &[][..], &mut &b"250 OK\r\n"[..]).unwrap();
    for _ in 0..10_000 / GROUP {
        poisoned(
            &command.repeat(GROUP),
            0,
            |end| end % command.len() == 0,
            |client| match observer.next_event(client, &mut &[][..]) {
                None => false,
                event => matches!(event, Some(ObserverEvent::Command { command: Ok(_), .. })) || panic!("{event:?}"),
            },
        );
        poisoned(
            &reply.repeat(GROUP),
            3,
            |end| end % reply.len() == 0,
            |server| match observer.next_event(&mut &[][..], server) {
                None => false,
                event => {
                    matches!(event, Some(ObserverEvent::Reply { to: Some(Action::Rcpt), .. })) || panic!("{event:?}")
                }
            },
        );
    }
}

/// The next LF of the client shows whether the client goes on. The octets before it are searched only once, whatever waits for
/// it: a line of the server that is not a reply, or one that ends with a bare LF.
#[test]
fn an_observer_waits_for_a_line_of_64_kib_and_searches_it_once() {
    for (noise, replies) in [(&b"what\r\n"[..], 1), (b"250 OK\n", 0)] {
        let mut observer = observer();
        let _ = observer.next_event(&mut &b"RSET\r\n"[..], &mut &[][..]).unwrap();
        let mut server = noise;
        let count = core::iter::from_fn(|| observer.next_event(&mut &[][..], &mut server))
            .filter(|event| matches!(event, ObserverEvent::Reply { .. }))
            .count();
        assert_eq!(count, replies);
        let stream = [b"NOOP ", &vec![b'a'; LONG - 100][..], b"\r\n"].concat();
        let (mut commands, mut unread) = (0, server.len());
        poisoned(
            &stream,
            0,
            |end| end == stream.len(),
            |client| {
                let mut server = &noise[noise.len() - unread..];
                let event = observer.next_event(client, &mut server);
                unread = server.len();
                commands += usize::from(matches!(event, Some(ObserverEvent::Command { .. })));
                event.is_some()
            },
        );
        assert_eq!(commands, 1);
        assert_eq!(unread, 0);
        let last = observer.next_event(&mut &[][..], &mut &b"250 OK\r\n"[..]);
        assert!(matches!(last, Some(ObserverEvent::Reply { to: Some(Action::Noop), .. })), "{last:?}");
    }
}

/// A reply that no command waits for may answer a line of the client that ends with a bare LF. These octets are searched once, not
/// for each such reply.
#[test]
fn an_observer_searches_the_client_once_for_1_000_unsolicited_replies() {
    let mut observer = observer();
    assert_eq!(observer.next_event(&mut &b"NOOP aaaa"[..], &mut &b"250 OK\r\n"[..]).map(|_| ()), Some(()));
    for _ in 0..1000 {
        let mut server = &b"250 OK\r\n"[..];
        while let Some(event) = observer.next_event(&mut &b"\n\n\n\n\n\n\n\n\n"[..], &mut server) {
            if let ObserverEvent::Violation(violation) = event {
                assert_eq!(violation.kind, ViolationKind::UnsolicitedReply);
            }
        }
    }
}

/// The memory of an observer does not grow with the octets that it is given.
#[test]
fn an_observer_holds_no_more_for_more() {
    let held = |commands: usize| {
        let client = [b"EHLO a.example\r\n", &b"RSET\r\n".repeat(commands)[..], b"QUIT\r\n"].concat();
        let server =
            [b"220 b.example\r\n250-b.example\r\n250 PIPELINING\r\n", &b"250 OK\r\n".repeat(commands)[..]].concat();
        let info = allocation_counter::measure(|| {
            let mut observer = Observer::new();
            let (mut client, mut server, mut none) = (&client[..], &server[..], &b""[..]);
            // At first nothing is answered, and then everything.
            while observer.next_event(&mut client, &mut none).is_some() {}
            while let Some(event) = observer.next_event(&mut client, &mut server) {
                assert!(!matches!(event, ObserverEvent::ContentEnd));
            }
        });
        info.bytes_max
    };
    let few = held(2_000);
    assert_eq!(held(50_000), few);
    assert!(few <= 64 * 1024, "{few}");
}

/// The heap that a list uses while it is built is in proportion to its content: the list is not written again for each entry.
#[test]
fn lists_are_built_in_proportion() {
    let total = |number: usize, build: &dyn Fn(usize)| allocation_counter::measure(|| build(number)).bytes_total;
    let builds: [&dyn Fn(usize); 3] = [
        &|number| {
            let mut parameters = ParametersBuf::new();
            (0..number).for_each(|at| parameters.push_raw(&format!("X-{at:06}"), Some("y")).unwrap());
            assert_eq!(parameters.as_parameters().iter().count(), number);
        },
        &|number| {
            let mut offered = Capabilities::new();
            for at in 0..number {
                offered = offered.with_line(&format!("X-{at:06} y")).unwrap();
            }
            assert_eq!(lines(&offered), number);
        },
        // Each entry replaces another, SIZE among them.
        &|number| {
            let mut offered = Capabilities::new();
            for at in 0..number {
                offered = offered.with_line(&format!("X-{:06} y", at * 7 % (number / 2))).unwrap();
                offered = offered.with_value(CapabilityValue::Size(Some(at as u64 + 1))).unwrap();
            }
            assert_eq!((lines(&offered), offered.size_limit()), (number / 2 + 1, Some(number as u64)));
        },
    ];
    // A list of capabilities has a limit, which 4 000 such lines fit.
    for ((which, build), number) in builds.iter().enumerate().zip([1_000, 250, 250]) {
        let (few, many) = (total(number, build), total(16 * number, build));
        assert!(many <= 20 * few, "{which}: {few} and {many}");
    }
}

/// Returns the number of lines after the name.
fn lines(offered: &Capabilities) -> usize {
    let mut out = Vec::new();
    offered.encode_reply(Host::new("mx.example").unwrap(), Extensions::NONE, &mut out);
    EhloReply::parse(&out, Grammar::STRICT).unwrap().capabilities().count()
}

/// The heap of a client grows by one octet for each command that is not answered, and shrinks to nothing.
#[test]
fn a_client_holds_an_octet_for_each_command_in_flight() {
    let mut out = Vec::with_capacity(1 << 20);
    let info = allocation_counter::measure(|| {
        let mut client = Client::new(ClientConfig::SMTP);
        while client.next_event(&mut &b"220 mx.example\r\n"[..]).unwrap().is_none() {}
        client.send(&Command::Ehlo(Host::new("client.example").unwrap()), &mut out).unwrap();
        while client.next_event(&mut &b"250-mx.example\r\n250 PIPELINING\r\n"[..]).unwrap().is_none() {}
        for _ in 0..1000 {
            client.send(&Command::Rset, &mut out).unwrap();
        }
    });
    assert!(info.bytes_max <= 4096, "{}", info.bytes_max);
}

/// Each reply takes one of many lines of the client that end with a bare LF. The octets after the line are not searched again: by
/// then they are overwritten with line endings of every kind.
#[test]
fn an_observer_takes_1_000_lines_that_a_bare_lf_ends_and_searches_them_once() {
    let mut observer = observer();
    let line = b"NOOP aaaa\n";
    let stream = line.repeat(1000);
    assert_eq!(observer.next_event(&mut &stream[..], &mut &[][..]), None);
    let (mut commands, mut feeds) = (0, 0);
    for start in (0..stream.len()).step_by(line.len()) {
        let rest = stream.len() - start - line.len();
        let shown = [&line[..], &b"\r\n".repeat(rest)[..rest]].concat();
        let (mut client, mut server) = (&shown[..], &b"250 OK\r\n"[..]);
        while let Some(event) = observer.next_event(&mut client, &mut server) {
            match event {
                ObserverEvent::Command { line: taken, .. } => {
                    assert_eq!(taken, b"NOOP aaaa");
                    commands += 1;
                }
                ObserverEvent::Violation(violation) => {
                    feeds += usize::from(violation.kind == ViolationKind::LineFeedAccepted);
                }
                event => assert!(matches!(event, ObserverEvent::Reply { to: Some(Action::Noop), .. }), "{event:?}"),
            }
        }
        assert_eq!((client.len(), server.len()), (rest, 0));
    }
    assert_eq!((commands, feeds), (1000, 1000));
}

/// An observer allocates only when it has something to keep.
#[test]
fn a_new_observer_needs_no_heap() {
    let info = allocation_counter::measure(|| drop(std::hint::black_box(Observer::new())));
    assert_eq!(info.count_total, 0);
}
