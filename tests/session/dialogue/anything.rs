//! Any octets, and any answers: no panic, never stuck, every step of state is in the table, and no cut matters.

use super::cases::cases;
use proptest::prelude::*;
use smtp_core::session::{Action, Client, ClientConfig, ClientEvent, Rejected, Server, ServerEvent, State};
use smtp_core::syntax::{
    Base64Buf, Body, Command, Grammar, Mechanism, ParameterName, ParameterValue, Reply, ReplyCode,
};
use smtp_testkit::pair::{codes, server_config};

/// What arrives at once: everything, single octets, or pieces of so many.
fn cut() -> impl Strategy<Value = usize> {
    prop_oneof![Just(1), 2..40_usize]
}

fn octets(pieces: &'static [&'static [u8]]) -> impl Strategy<Value = Vec<u8>> {
    turns(pieces).prop_map(|pieces| pieces.concat())
}

fn turns(pieces: &'static [&'static [u8]]) -> impl Strategy<Value = Vec<Vec<u8>>> {
    let piece = prop_oneof![
        12 => proptest::sample::select(pieces).prop_map(<[u8]>::to_vec),
        1 => proptest::collection::vec(any::<u8>(), 0..8),
        1 => proptest::collection::vec(proptest::sample::select(b"\r\n.".to_vec()), 1..4),
        1 => (1..700_usize).prop_map(|length| vec![b'a'; length]),
    ];
    proptest::collection::vec(piece, 0..40)
}

const OF_A_CLIENT: &[&[u8]] = &[
    b"EHLO a\r\n",
    b"EHLO a\r\n",
    b"LHLO a\r\n",
    b"HELO a\r\n",
    b"MAIL FROM:<a@b>\r\n",
    b"MAIL FROM:<a@b>\r\n",
    b"MAIL FROM:<> BODY=BINARYMIME\r\n",
    b"MAIL FROM:<> SIZE=1 SIZE=2\r\n",
    b"RCPT TO:<a@b>\r\n",
    b"RCPT TO:<a@b>\r\n",
    b"RCPT TO:<\xC3\xBC@b>\r\n",
    b"DATA\r\n",
    b"DATA\r\n",
    b"Hello\r\n",
    b".\r\n",
    b".\r\n",
    b"..\r\n",
    b"BDAT 6\r\nQUIT\r\n",
    b"BDAT 6 LAST\r\nQUIT\r\n",
    b"BDAT 18446744073709551616\r\n",
    b"BDAT 40\r\n",
    b"BDAT x\r\n",
    b"RSET\r\n",
    b"NOOP\r\n",
    b"VRFY a\r\n",
    b"AUTH PLAIN\r\n",
    b"AUTH PLAIN AGEAYQ==\r\n",
    b"AGEAYQ==\r\n",
    b"*\r\n",
    b"STARTTLS\r\n",
    b"QUIT\r\n",
    b"XYZZY\r\n",
    b"\r\n",
];

const OF_A_SERVER: &[&[u8]] = &[
    b"220 a\r\n",
    b"250 a\r\n",
    b"250 a\r\n",
    b"250 a\r\n",
    b"250-a\r\n250-PIPELINING\r\n250-CHUNKING\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n",
    b"250-a\r\n250-PIPELINING\r\n250-CHUNKING\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n",
    b"250-",
    b"354 go on\r\n",
    b"354 go on\r\n",
    b"334 \r\n",
    b"334 !\r\n",
    b"235 a\r\n",
    b"450 a\r\n",
    b"550 a\r\n",
    b"550-a\r\n550 b\r\n",
    b"421 a\r\n",
    b"199 a\r\n",
    b"221 a\r\n",
    b"\r\n",
];

/// What is done at an event or instead of an answer, drawn at random.
type Choices = Vec<u8>;

/// Everything that a run shows; content that came in pieces is one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Trace {
    events: Vec<String>,
    out: Vec<u8>,
    state: Option<State>,
    unread: usize,
}

/// The codes that answers are drawn from.
const CODES: [u16; 12] = [220, 221, 235, 250, 252, 354, 421, 450, 500, 501, 550, 554];

/// Runs a server over some octets; `shown` at most arrive at once.
fn serve(input: &[u8], choices: &Choices, lmtp: bool, pieces: usize) -> Trace {
    let mut server = Server::new(server_config(lmtp, true));
    let mut trace = Trace::default();
    let mut choices = choices.iter().copied();
    let mut binary = false;
    let mut content = false;
    server.reply_default(&mut trace.out).unwrap();
    let mut consumed = 0;
    for end in (0..input.len()).step_by(pieces).skip(1).chain([input.len()]) {
        let mut rest = &input[consumed..end];
        loop {
            let (unread, before) = (rest.len(), server.state());
            let Some(event) = server.next_event(&mut rest).unwrap() else { break };
            let ends_chunk =
                matches!(event, ServerEvent::Rejected(_) | ServerEvent::ChunkEnd | ServerEvent::ContentEnd);
            let is_abandoned = event == ServerEvent::Abandoned;
            assert!(rest.len() < unread || ends_chunk || is_abandoned, "{event:?} is an event of no octets");
            let begins_chunk = event == ServerEvent::Begin && server.chunk().is_some();
            if let ServerEvent::Content(octets) = event {
                assert!(!octets.is_empty());
                assert_eq!(server.answers_owed(), 0);
                if content {
                    trace.events.last_mut().unwrap().push_str(&octets.escape_ascii().to_string());
                } else {
                    trace.events.push(octets.escape_ascii().to_string());
                }
                content = true;
                continue;
            }
            content = false;
            trace.events.push(format!("{event:?}"));
            let asks_binary = matches!(event, ServerEvent::Command(Command::Mail(mail))
                if mail.parameters.find(ParameterName::Body) == Some(ParameterValue::Body(Body::BinaryMime)));
            let mut code = None;
            while server.answers_owed() > 0 {
                let length = trace.out.len();
                answer(&mut server, choices.next().unwrap_or(0), &mut trace.out);
                code = codes(&trace.out[length..]).pop().or(code);
            }
            // The reply to a BDAT comes at the end of its chunk, but a 421 at once.
            if !(is_abandoned || begins_chunk && code.is_none()) {
                in_table(&event, before, code.unwrap(), server.state(), binary);
            }
            binary = (binary || asks_binary) && server.state().in_transaction();
        }
        consumed = end - rest.len();
        // What is left is a line that is not complete, or waits for TLS.
        let waits = server.state() == State::Tls || !rest.windows(2).any(|pair| pair == b"\r\n");
        assert!(waits && (rest.len() < 12_288 || server.state() == State::Tls), "{}", rest.escape_ascii());
    }
    trace.state = Some(server.state());
    trace.unread = input.len() - consumed;
    trace
}

/// Some answer; one that does not fit is refused, and another given.
fn answer(server: &mut Server, choice: u8, out: &mut Vec<u8>) {
    let (owed, length) = (server.answers_owed(), out.len());
    let drawn = ReplyCode::new(CODES[usize::from(choice) % CODES.len()]).unwrap();
    let given = match choice {
        0..120 => server.reply_default(out),
        120..200 => server.reply(&Reply::new(drawn, None, "x").unwrap(), out),
        200..220 => server.challenge(b"x", out),
        220 => {
            server.shutdown(out);
            Ok(())
        }
        _ => server.reply(&Reply::new(ReplyCode::MAILBOX_UNAVAILABLE, None, "x").unwrap(), out),
    };
    if given.is_err() {
        assert_eq!((server.answers_owed(), out.len()), (owed, length), "a misuse changes nothing");
        // Nothing but the usual answer fits a refusal that ends the session.
        let refused = server.reply(&Reply::new(ReplyCode::LOCAL_ERROR, None, "x").unwrap(), out);
        refused.or_else(|_| server.reply_default(out)).unwrap();
    }
}

/// The state of the table; a chunk that was offered and taken is refused by any 5yz (RFC 3030 section 2).
fn state_after(before: State, action: Action, code: ReplyCode, offered: bool) -> State {
    let chunk = matches!(action, Action::Bdat | Action::BdatLast | Action::Burl | Action::BurlLast);
    let code = if chunk && offered && matches!(code.get(), 500 | 502) { ReplyCode::TRANSACTION_FAILED } else { code };
    before.after(action, code)
}

/// Returns `true` if the step is one of the table, for the action of the event.
fn in_table(event: &ServerEvent<'_>, before: State, code: ReplyCode, after: State, binary: bool) {
    let actions: &[Action] = match event {
        ServerEvent::Command(command) => &[Action::of(command)],
        ServerEvent::Response(_) => &[Action::Response],
        ServerEvent::Begin if code == ReplyCode::SERVICE_NOT_AVAILABLE => &[Action::Data, Action::Bdat],
        ServerEvent::Begin => &[Action::Data],
        ServerEvent::ChunkEnd => &[Action::Bdat],
        ServerEvent::ContentEnd if before == State::Data => &[Action::Content],
        ServerEvent::ContentEnd => &[Action::BdatLast],
        ServerEvent::Rejected(_) if before == State::Data => &[Action::Content],
        ServerEvent::Rejected(_) if before == State::Auth => &[Action::Response],
        // The line is not shown; but it was a command.
        ServerEvent::Rejected(_) => Action::ALL,
        other => panic!("{other:?}"),
    };
    let why = match event {
        ServerEvent::Rejected(refused) => Some(refused.why),
        _ => None,
    };
    let spoils = why == Some(Rejected::Sequence) && binary && before == State::Rcpt;
    let offered = why != Some(Rejected::NotImplemented);
    let known = actions.iter().any(|action| state_after(before, *action, code, offered) == after);
    assert!(known || (spoils && after == State::Failed), "{before} {event:?} {code} {after}");
    if matches!(event, ServerEvent::Command(_) | ServerEvent::Response(_)) {
        assert!(before.permits(actions[0]), "{before} {event:?}");
    }
}

/// Runs a client over some octets. After each turn of the server it does something for each event of it, drawn at random: what
/// was there before cannot answer that, so the turns count, and the pieces in which they arrive do not.
fn listen(turns: &[Vec<u8>], choices: &Choices, lmtp: bool, pieces: usize) -> Trace {
    let mut config = if lmtp { ClientConfig::LMTP } else { ClientConfig::SMTP };
    config.auth_in_clear = true;
    let mut client = Client::new(config);
    let mut trace = Trace::default();
    let mut choices = choices.iter().copied();
    let mut input = Vec::new();
    for turn in turns {
        let events = trace.events.len();
        for piece in turn.chunks(pieces) {
            input.extend_from_slice(piece);
            let mut rest = &input[..];
            hear(&mut client, &mut rest, &mut trace);
            input = rest.to_vec();
        }
        for _ in 0..3 * (trace.events.len() - events) {
            act(&mut client, choices.next().unwrap_or(255), &mut trace.out);
        }
    }
    trace.state = Some(client.state());
    trace
}

/// Takes all events.
fn hear(client: &mut Client, rest: &mut &[u8], trace: &mut Trace) {
    loop {
        let (unread, before) = (rest.len(), client.state());
        let waiting: Vec<Action> = client.awaiting().collect();
        match client.next_event(rest) {
            Ok(Some(event)) => {
                assert!(rest.len() < unread, "{event:?} is an event of no octets");
                trace.events.push(format!("{event:?}"));
                let (action, code) = match event {
                    ClientEvent::Greeting(reply) => (Action::Greeting, Some(reply.code())),
                    ClientEvent::Reply { to, reply, .. } => (to, Some(reply.code())),
                    ClientEvent::Closing(reply) => (Action::Other, Some(reply.code())),
                    _ => (waiting[0], None),
                };
                let code = code.unwrap_or(ReplyCode::CHALLENGE);
                assert!(waiting.is_empty() || waiting[0] == action);
                // In LMTP the last reply to the content takes the step.
                let more = !waiting.is_empty() && client.awaiting().count() == waiting.len();
                // A refusal of content before its end, and one within AUTH that nothing asked for: what would follow is open.
                let ends = waiting.is_empty() && matches!(before, State::Data | State::Auth);
                let after = match (more, ends) {
                    (true, _) => before,
                    (_, true) => State::Closed,
                    _ => state_after(before, action, code, true),
                };
                assert_eq!(client.state(), after, "{before} {action:?} {code}");
            }
            Ok(None) => break,
            Err(error) => {
                assert_eq!(client.state(), State::Closed);
                let text = format!("{error:?}");
                assert_eq!(client.next_event(rest), Err(error), "an error stays");
                if trace.events.last() != Some(&text) {
                    trace.events.push(text);
                }
                break;
            }
        }
    }
}

/// Something that a client might do. A misuse changes nothing.
fn act(client: &mut Client, choice: u8, out: &mut Vec<u8>) {
    let length = out.len();
    let shown = format!("{client:?}");
    let response = Base64Buf::encode(b"\0a\0a");
    let mut send = |command: &Command<'_>| client.send(command, out);
    let line = |line: &'static str| Command::parse(line.as_bytes(), Grammar::STRICT).unwrap();
    let result = match choice % 20 {
        0 | 1 => send(&line("EHLO a")),
        2 => send(&line("LHLO a")),
        3 => send(&line("HELO a")),
        4 | 5 => send(&line("MAIL FROM:<a@b>")),
        6 | 7 => send(&line("RCPT TO:<a@b>")),
        8 => send(&line("DATA")),
        9 => send(&line("BDAT 3")),
        10 => send(&line("BDAT 3 LAST")),
        11 | 12 => client.content(b"a\r\n", out),
        13 => client.finish_content(out),
        14 => send(&line("RSET")),
        15 => send(&Command::auth(Mechanism::PLAIN, (choice > 99).then_some(response.as_base64()))),
        16 => client.respond(b"\0a\0a", out),
        17 => client.cancel(out),
        18 => send(&line("STARTTLS")),
        _ => send(&line("NOOP")),
    };
    if result.is_err() {
        assert_eq!(out.len(), length, "a misuse writes nothing");
        assert_eq!(format!("{client:?}"), shown, "a misuse changes nothing");
    }
    assert!(client.timer().is_some() || client.awaiting().next().is_none());
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn at_a_server(
        input in octets(OF_A_CLIENT),
        choices in proptest::collection::vec(any::<u8>(), 0..60),
        lmtp: bool,
        pieces in cut(),
    ) {
        let whole = serve(&input, &choices, lmtp, usize::MAX);
        prop_assert_eq!(&serve(&input, &choices, lmtp, pieces), &whole);
        prop_assert_eq!(&serve(&input, &choices, lmtp, 1), &whole);
    }

    #[test]
    fn at_a_client(
        turns in turns(OF_A_SERVER),
        choices in proptest::collection::vec(any::<u8>(), 0..60),
        lmtp: bool,
        pieces in cut(),
    ) {
        let whole = listen(&turns, &choices, lmtp, usize::MAX);
        prop_assert_eq!(&listen(&turns, &choices, lmtp, pieces), &whole);
        prop_assert_eq!(&listen(&turns, &choices, lmtp, 1), &whole);
    }
}
