//! Tests of the generator: everything that its documentation promises is generated, and without octets the simplest of it.

use smtp_core::observer::{Observer, ObserverEvent, Side};
use smtp_core::session::{Action, Server, ServerConfig, ServerEvent};
use smtp_core::syntax::{
    CapabilityValue, Command, Extension, Extensions, Grammar, Host, ParameterName, Reply, ReplyCode, Verb,
};
use smtp_testkit::generate::{Source, Turn};
use std::collections::BTreeSet;

/// Returns octets that look random and are the same in every run.
fn octets(seed: usize) -> Vec<u8> {
    let mut state = seed as u64;
    let mix = |_| {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        ((mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB) >> 56) as u8
    };
    (0..400).map(mix).collect()
}

fn made<T: Ord>(make: impl Fn(&mut Source<'_>) -> T) -> BTreeSet<T> {
    (0..4000).map(|seed| make(&mut Source::new(&octets(seed)))).collect()
}

fn commands(verb: Verb, grammar: Grammar) -> BTreeSet<String> {
    made(|source| String::from_utf8(source.command_of(verb, grammar)).unwrap())
}

fn offering(extensions: &[Extension]) -> Grammar {
    Grammar::STRICT.with_extensions(extensions.iter().copied().collect())
}

/// Checks that each of the pieces is in at least one text.
#[track_caller]
fn all_in(pieces: &[&str], texts: &BTreeSet<String>) {
    for piece in pieces {
        assert!(texts.iter().any(|text| text.contains(piece)), "{piece}");
    }
}

/// Checks that none of the pieces is in any text.
#[track_caller]
fn none_in(pieces: &[&str], texts: &BTreeSet<String>) {
    for text in texts {
        assert!(!pieces.iter().any(|piece| text.contains(piece)), "{text}");
    }
}

#[test]
fn without_octets_every_choice_is_the_first() {
    let mut nothing = Source::new(b"");
    assert_eq!(nothing.mailbox(Grammar::SMTPUTF8), "joe@example");
    assert_eq!(nothing.reply(Grammar::STRICT), b"211 OK\r\n");
    for (verb, line) in [
        (Verb::Helo, "HELO example"),
        (Verb::Ehlo, "EHLO example"),
        (Verb::Lhlo, "LHLO example"),
        (Verb::Mail, "MAIL FROM:<joe@example>"),
        (Verb::Rcpt, "RCPT TO:<joe@example>"),
        (Verb::Data, "DATA"),
        (Verb::Bdat, "BDAT 0"),
        (Verb::Burl, "BURL imap://a.example/b;uid=1"),
        (Verb::Rset, "RSET"),
        (Verb::Vrfy, "VRFY joe"),
        (Verb::Expn, "EXPN joe"),
        (Verb::Help, "HELP"),
        (Verb::Noop, "NOOP"),
        (Verb::Quit, "QUIT"),
        (Verb::StartTls, "STARTTLS"),
        (Verb::Auth, "AUTH PLAIN"),
        (Verb::Etrn, "ETRN example.example"),
        (Verb::Atrn, "ATRN"),
        (Verb::Turn, "TURN"),
        (Verb::Send, "SEND FROM:<joe@example>"),
    ] {
        let made = nothing.command_of(verb, Grammar::SMTPUTF8);
        assert_eq!(String::from_utf8(made).unwrap(), format!("{line}\r\n"));
    }
    assert_eq!(nothing.command(Grammar::STRICT), b"HELO example\r\n");
    // When the octets are used up, the rest is the simplest: SMTP without extensions.
    for (octets, hello) in [(&b""[..], "HELO"), (b"\x01", "EHLO")] {
        let turns = Source::new(octets).dialogue();
        let said: Vec<String> = turns.into_iter().map(|turn| String::from_utf8(turn.octets).unwrap()).collect();
        let hello = format!("{hello} example\r\n");
        assert_eq!(said, ["220 mx.example ready\r\n", &hello, "250 mx.example\r\n", "QUIT\r\n", "221 OK\r\n"]);
    }
}

/// RFC 5321 section 4.1.2 and 4.1.3; RFC 6531 section 3.3.
#[test]
fn mailboxes() {
    let ascii = made(|source| source.mailbox(Grammar::STRICT));
    all_in(&["joe@", ".joe@", "joe.", "@example", ".example", "\"a b", "\\\"", "@[192.0.2.1]", "@[IPv6:"], &ascii);
    assert!(ascii.iter().all(|mailbox| mailbox.is_ascii()));
    let wide = made(|source| source.mailbox(Grammar::SMTPUTF8));
    all_in(&["j\u{FC}rgen", "@b\u{FC}cher", "joe", "xn--"], &wide);
}

#[test]
fn every_verb_with_and_without_its_optional_parts() {
    let first = |line: &[u8]| String::from_utf8(line.split(|octet| b" \r".contains(octet)).next().unwrap().to_vec());
    let verbs = made(|source| first(&source.command(Grammar::STRICT)).unwrap());
    for verb in Verb::ALL {
        assert!(verbs.contains(verb.as_str()) && verbs.contains(&verb.as_str().to_lowercase()), "{verb}");
        for line in commands(*verb, Grammar::STRICT.with_extensions(Extensions::ALL)) {
            let parsed = Command::parse(line.trim_end().as_bytes(), Grammar::STRICT.with_extensions(Extensions::ALL));
            assert_eq!(parsed.map(|command| command.verb()), Ok(*verb), "{line}");
        }
    }
    all_in(&["XYZZY", "X-1", "Q_"], &verbs);

    let of = |verb| commands(verb, Grammar::STRICT);
    all_in(&["EHLO example", "EHLO [192.0.2.1]", "EHLO [IPv6:"], &of(Verb::Ehlo));
    all_in(&["FROM:<>", "FROM:<joe@", "FROM:<@example,@"], &of(Verb::Mail));
    all_in(&["TO:<Postmaster>", "TO:<joe@", "TO:<@example,@"], &of(Verb::Rcpt));
    all_in(&["BDAT 1\r\n", "BDAT 1000 LAST", "BDAT 18446744073709551615"], &of(Verb::Bdat));
    all_in(&["NOOP\r\n", "NOOP joe"], &of(Verb::Noop));
    all_in(&["HELP\r\n", "HELP joe"], &of(Verb::Help));
    all_in(&["AUTH PLAIN\r\n", "AUTH PLAIN AGpv", "AUTH PLAIN =", "AUTH LOGIN"], &of(Verb::Auth));
    all_in(&["ATRN\r\n", "ATRN example.example,"], &of(Verb::Atrn));
    all_in(&["ETRN example", "ETRN @"], &of(Verb::Etrn));
}

#[test]
fn every_parameter_that_is_offered_and_no_other() {
    for (verb, of_mail) in [(Verb::Mail, true), (Verb::Rcpt, false)] {
        let lines = commands(verb, Grammar::STRICT);
        let offered = commands(verb, Grammar::STRICT.with_extensions(Extensions::ALL));
        for name in ParameterName::ALL.iter().filter(|name| name.is_for_mail() == of_mail) {
            all_in(&[&format!(" {}", name.keyword())], &lines);
            all_in(&[&format!(" {}", name.keyword())], &offered);
        }
        // An unknown parameter is not offered.
        all_in(&[" X-TAG\r\n", " X-TAG=1", " XYZ=a,b;c"], &lines);
        none_in(&[" X-TAG", " XYZ"], &offered);
        assert!(commands(verb, offering(&[])).iter().all(|line| line.ends_with(">\r\n")));
    }
    let mail = commands(Verb::Mail, Grammar::STRICT);
    all_in(
        &[" AUTH=<>", " AUTH=joe@", " SUBMITTER=joe@", "+20", " BODY=7BIT", " BODY=8BITMIME", " BODY=BINARY"],
        &mail,
    );
    none_in(&[" SUBMITTER=<>"], &mail);
    let rcpt = commands(Verb::Rcpt, Grammar::STRICT);
    // RFC 6533 section 3: utf-8-addr-xtext everywhere, utf-8-addr-unitext only with SMTPUTF8.
    all_in(&[" ORCPT=rfc822;joe@", " ORCPT=utf-8;j\\x{FC}rgen@", " ORCPT=x400;"], &rcpt);
    none_in(&[" ORCPT=utf-8;j\u{FC}"], &rcpt);
    all_in(&[" ORCPT=utf-8;j\u{FC}rgen@"], &commands(Verb::Rcpt, Grammar::SMTPUTF8));
}

/// RFC 2034 section 4: with ENHANCEDSTATUSCODES, a code of the reply's class.
#[test]
fn every_registered_code_on_one_line_and_on_several() {
    let enhanced = offering(&[Extension::EnhancedStatusCodes]);
    let replies = made(|source| source.reply(Grammar::STRICT));
    let parsed = |reply: &Vec<u8>| {
        let reply = Reply::parse(reply, Grammar::STRICT).unwrap();
        (reply.code(), reply.lines().count())
    };
    let codes: BTreeSet<u16> = replies.iter().map(|reply| parsed(reply).0.get()).collect();
    assert_eq!(codes, ReplyCode::REGISTRY.iter().map(|(code, _)| code.get()).collect());
    assert_eq!(replies.iter().map(|reply| parsed(reply).1).collect::<BTreeSet<_>>(), (1..=4).collect());
    let replies = made(|source| String::from_utf8(source.reply(enhanced)).unwrap());
    all_in(&["250 2.", "450-4.", "550 5.7.", "354 "], &replies);
}

/// Every kind of change, alone, at every offset. The text is long enough for an offset of two octets.
#[test]
fn every_kind_of_change() {
    let text = ["abCdefgh".to_owned(), "x".repeat(292)].concat();
    let spoilt = |before: &[u8], seed: usize| {
        let octets = octets(seed);
        // The first octet chooses the number of changes.
        let octets = [&[0], &octets[..]].concat();
        let mut text = before.to_vec();
        Source::new(&octets).spoil(&mut text);
        String::from_utf8_lossy(&text).into_owned()
    };
    let short: BTreeSet<String> = (0..20_000).map(|seed| spoilt(b"abCdefgh", seed)).collect();
    for one in ["abC<defgh", "<abCdefgh", "abCdefgh<", "abC<efgh", "abCefgh", "abCgh", "abCdedefgh", "abCdeabCdefgh"] {
        // The last one needs two changes, but only one is made.
        assert_eq!(short.contains(one), one != "abCdeabCdefgh", "{one}");
    }
    for one in ["abCMAILdefgh", "abCSTARTTLSdefgh", "abCPIPELININGdefgh", "abcdefgh", "abSdefgh", "ab", "abCdefg"] {
        assert!(short.contains(one), "{one}");
    }
    assert!(!short.contains("") && !short.contains("abCdefgh"));
    let long: BTreeSet<usize> = (0..40_000).map(|seed| spoilt(text.as_bytes(), seed).len()).collect();
    assert!((1..text.len()).all(|length| long.contains(&length)), "cut off anywhere");
    let empty: BTreeSet<String> = (0..1000).map(|seed| spoilt(b"", seed)).collect();
    assert!(!empty.contains("") && empty.contains("<"));
    let often = made(|source| {
        let mut text = b"abcdefghijklmnop".to_vec();
        source.spoil(&mut text);
        text.iter().filter(|octet| **octet == b'<').count()
    });
    assert!(often.len() > 2, "several changes");
}

/// A spoilt line is never empty and never equal to the original. Nearly all keep the CRLF and have no other; few are commands.
#[test]
fn spoilt_lines_can_be_answered() {
    let (mut taken, mut unknown, mut without) = (0, 0, 0);
    let mut endings = BTreeSet::new();
    for seed in 0..20_000 {
        let octets = octets(seed);
        let mut source = Source::new(&octets);
        let before = source.command(Grammar::STRICT);
        let mut line = before.clone();
        source.spoil(&mut line);
        assert!(!line.is_empty() && line != before && line != b"\r\n", "{}", before.escape_ascii());
        let text = &before[..before.len() - 2];
        match line.strip_prefix(text) {
            Some(b"\n" | b"\r" | b"\n\r" | b"\r\r\n" | b"") => _ = endings.insert(line[text.len()..].to_vec()),
            _ => assert!(line.ends_with(b"\r\n"), "{}", line.escape_ascii()),
        }
        without += usize::from(!line.ends_with(b"\r\n"));
        let text = line.strip_suffix(b"\r\n").unwrap_or(&line);
        match Command::parse(text, Grammar::STRICT) {
            Ok(command) if command.verb() == Verb::Unknown => unknown += 1,
            Ok(_) => taken += usize::from(line.ends_with(b"\r\n")),
            Err(_) => {}
        }
    }
    assert_eq!(endings.len(), 5);
    // One in 16, of which one in five ends in CR CR LF.
    assert!((800..1300).contains(&without), "{without}");
    // One in eight; one in five has an unknown verb, which the grammar accepts and a server does not.
    assert!(taken < 2600 && unknown < 4000, "{taken} {unknown}");
    // A line ending alone has no text to change.
    for seed in 0..1000 {
        let octets = octets(seed);
        let mut line = b"\r\n".to_vec();
        Source::new(&octets).spoil(&mut line);
        assert!(line.len() > 2 && line.ends_with(b"\r\n"));
    }
}

/// Returns the octets of one side of a dialogue.
fn said(turns: &[Turn], side: Side) -> String {
    let octets: Vec<u8> = turns.iter().filter(|turn| turn.side == side).flat_map(|turn| turn.octets.clone()).collect();
    String::from_utf8_lossy(&octets).into_owned()
}

#[test]
fn every_kind_of_dialogue() {
    let dialogues: Vec<Vec<Turn>> = (0..30_000).map(|seed| Source::new(&octets(seed)).dialogue()).collect();
    let of = |side| dialogues.iter().map(|turns| said(turns, side)).collect::<BTreeSet<String>>();
    let (client, server) = (of(Side::Client), of(Side::Server));
    all_in(
        &["HELO ", "EHLO ", "LHLO ", "\r\nNOOP", "\r\nVRFY ", "\r\nEXPN ", "\r\nHELP", "\r\nETRN ", "\r\nRSET"],
        &client,
    );
    all_in(
        &["SMTPUTF8", "BODY=BINARYMIME", "BDAT 0 LAST\r\n", "AUTH PLAIN AGpv", "AUTH PLAIN\r\nAGpv", "\r\n*\r\n"],
        &client,
    );
    // A second hello, between transactions and within one.
    all_in(&["\r\n.\r\nEHLO ", "\r\n.\r\nHELO ", "\r\n.\r\nLHLO ", ">\r\nEHLO "], &client);
    // Two transactions; a transaction that failed and is reset (RFC 3030 section 2).
    all_in(&["\r\n.\r\nMAIL ", "BDAT 3\r\n.\r\nRSET\r\n"], &client);
    // A stuffed dot, and a dot in a chunk that is not stuffed; octets above 127; a chunk that ends between CR and LF.
    all_in(&["\r\n..a\r\n", "\r\n.a\r\n", "j\u{FC}rgen\r\n", "\0\0", "\rBDAT"], &client);
    all_in(
        &["SIZE 20000000000000000000", "AUTH PLAIN", "BINARYMIME", "SMTPUTF8", "\r\n421 ", "\r\n421 4.0.0 "],
        &server,
    );
    all_in(&["334 \r\n", "235 ", "535 ", "454 ", "501 ", "252 ", "550 ", "214 ", "502 ", "458 ", "354 "], &server);
    all_in(&["\r\n503 ", "\r\n554 ", "\r\n250-OK\r\n250 more\r\n", "\r\n250-2.0.0 OK\r\n250 2.0.0 more\r\n"], &server);

    let some = |what: &str, has: &dyn Fn(&[Turn], &str, &str) -> bool| {
        let found = dialogues.iter().any(|turns| has(turns, &said(turns, Side::Client), &said(turns, Side::Server)));
        assert!(found, "{what}");
    };
    for turns in &dialogues {
        let (client, server) = (said(turns, Side::Client), said(turns, Side::Server));
        // RFC 3030 section 3: a message with BINARYMIME is sent by BDAT.
        for text in client.split("MAIL FROM:") {
            let mail = text.lines().next().unwrap_or_default().to_uppercase();
            assert!(!mail.contains("BODY=BINARYMIME") || !text.contains("\r\nDATA\r\n"), "{text}");
        }
        // RFC 5321 section 3.5.2: EXPN is listed, and 250 to EXPN or VRFY contains the mailbox.
        assert!(!client.to_uppercase().contains("\r\nEXPN ") || server.contains("EXPN\r\n"), "{client}{server}");
        for [sent, reply] in turns.windows(2).filter_map(|pair| <&[Turn; 2]>::try_from(pair).ok()) {
            let is_lookup = |line: &[u8]| matches!(line.to_ascii_uppercase().get(..5), Some(b"VRFY " | b"EXPN "));
            let last = |octets: &[u8]| octets.trim_ascii_end().rsplit(|octet| *octet == b'\n').next().unwrap().to_vec();
            let (sent, reply) = (last(&sent.octets), last(&reply.octets));
            assert!(
                !is_lookup(&sent) || !reply.starts_with(b"250 ") || reply.contains(&b'@'),
                "{}",
                reply.escape_ascii()
            );
        }
    }
    some("SMTP for some recipients, and another transaction", &|_, client, _| {
        client.starts_with("EHLO") && client.matches("\r\nRCPT TO").count() > 2 && client.contains("\r\n.\r\nMAIL")
    });
    some("LMTP with a reply for each recipient (RFC 2033 section 4.2)", &|turns, client, _| {
        let each = |turns: &[Turn]| {
            turns[0].octets.ends_with(b".\r\n") && turns[1].octets.split(|octet| *octet == b'\n').count() > 2
        };
        client.starts_with("LHLO") && turns.windows(2).any(each)
    });
    some("LMTP with another transaction", &|_, client, _| client.starts_with("LHLO") && client.contains(".\r\nMAIL"));
    some("an end without QUIT, by 421", &|_, client, server| !client.contains("QUIT") && server.contains("\r\n421 "));
    some("AUTH once more after it failed, never after it succeeded", &|_, client, _| {
        client.matches("\r\nAUTH ").count() > 1
    });
}

/// The numbers of dialogues with certain facts, as an observer sees them.
#[derive(Debug, Default)]
struct Figures {
    /// Dialogues with one accepted message or more, and with two or more.
    one: usize,
    two: usize,
    /// Dialogues with a message by DATA, and with one in several chunks.
    by_data: usize,
    by_chunks: usize,
    /// Dialogues in which MAIL was refused, or all RCPT of a group, with commands after it.
    mail_refused: usize,
    recipients_refused: usize,
    /// Dialogues with a refused chunk and more of the message after it.
    chunk_refused: usize,
    with_503: usize,
    with_554: usize,
}

fn figures(number: usize, length: usize) -> Figures {
    let mut figures = Figures::default();
    for seed in 0..number {
        let turns = Source::new(&octets(seed)[..length]).dialogue();
        let mut observer = Observer::new();
        // The replies to a turn, in order.
        let mut groups: Vec<Vec<(Action, u16)>> = Vec::new();
        let mut client: &[u8] = b"";
        for turn in &turns {
            groups.push(Vec::new());
            let mut server: &[u8] = b"";
            match turn.side {
                Side::Client => client = &turn.octets,
                Side::Server => server = &turn.octets,
            }
            while let Some(event) = observer.next_event(&mut client, &mut server) {
                match event {
                    ObserverEvent::Reply { reply, to: Some(to), .. } => {
                        groups.last_mut().unwrap().push((to, reply.unwrap().code().get()));
                    }
                    ObserverEvent::Violation(violation) => panic!("{violation}"),
                    _ => {}
                }
            }
        }
        let all = groups.concat();
        let has = |action, code: u16| all.contains(&(action, code));
        let followed = |first: &dyn Fn(Action, u16) -> bool, then: &[(Action, u16)]| {
            groups
                .iter()
                .any(|group| group.windows(2).any(|pair| first(pair[0].0, pair[0].1) && then.contains(&pair[1])))
        };
        figures.one += usize::from(observer.messages() > 0);
        figures.two += usize::from(observer.messages() > 1);
        figures.by_data += usize::from(has(Action::Content, 250));
        let chunks = all.windows(2).any(|pair| pair == [(Action::Bdat, 250), (Action::BdatLast, 250)]);
        figures.by_chunks += usize::from(chunks);
        let of_mail = |action, code| action == Action::Mail && code >= 400;
        figures.mail_refused += usize::from(followed(&of_mail, &[(Action::Rcpt, 503)]));
        let of_rcpt = |action, code| action == Action::Rcpt && code >= 400;
        let content = [Action::Data, Action::Bdat, Action::BdatLast];
        let refused: Vec<_> = content.iter().flat_map(|action| [(*action, 503), (*action, 554)]).collect();
        figures.recipients_refused += usize::from(followed(&of_rcpt, &refused));
        let of_chunk = |action, code| action == Action::Bdat && code == 451;
        figures.chunk_refused += usize::from(followed(&of_chunk, &[(Action::Bdat, 503), (Action::BdatLast, 503)]));
        figures.with_503 += usize::from(all.iter().any(|(_, code)| *code == 503));
        figures.with_554 += usize::from(content.iter().any(|action| has(*action, 554)));
    }
    figures
}

/// Checks the figures that the documentation states. The numbers were 1549, 1016, 1252, 554, 555, 663, 136, 816 and 424.
#[test]
fn most_dialogues_have_mail() {
    let of = |length| figures(2000, length);
    let figures = of(400);
    let least = [
        (figures.one, 1500),
        (figures.two, 950),
        (figures.by_data, 1200),
        (figures.by_chunks, 500),
        (figures.mail_refused, 500),
        (figures.recipients_refused, 600),
        (figures.chunk_refused, 100),
        (figures.with_503, 750),
        (figures.with_554, 380),
    ];
    assert!(least.iter().all(|(number, least)| number >= least), "{figures:?}");
    // When the octets are used up, the rest is the simplest: mail that is accepted.
    for (length, one, two) in [(64, 1700, 1500), (200, 1500, 1100)] {
        let figures = of(length);
        assert!(figures.one >= one && figures.two >= two, "{length}: {figures:?}");
    }
}

/// A server that accepts everything, and offers all that needs no configuration, refuses nothing of a generated client.
#[test]
fn our_server_accepts_every_client() {
    let mut config = ServerConfig::new(Host::new("mx.example").unwrap());
    for extension in [
        Extension::BinaryMime,
        Extension::Dsn,
        Extension::DeliverBy,
        Extension::MtPriority,
        Extension::FutureRelease,
        Extension::Etrn,
        Extension::Expn,
        Extension::Help,
        Extension::Rrvs,
    ] {
        config.capabilities = config.capabilities.with(extension);
    }
    (config.max_size, config.max_idle_commands, config.max_errors) = (None, None, None);
    let sizes = [CapabilityValue::Size(None), CapabilityValue::Size(Some(100_000))];
    let (mut messages, mut content) = ([0; 4], 0);
    for seed in 0..4000 {
        let mut config = config.clone();
        config.lmtp = seed % 2 == 1;
        config.capabilities = config.capabilities.with_value(sizes[seed / 2 % 2]).unwrap();
        let mut server = Server::new(config.clone());
        let octets = octets(seed);
        let source = Source::new(&octets);
        let mut client = if config.lmtp { source.lmtp_client() } else { source.smtp_client() };
        let mut replies = Vec::new();
        server.reply_default(&mut replies).unwrap();
        let mut accepted = 0;
        // However the replies are cut.
        let (first, rest) = replies.split_at(seed % replies.len());
        assert_eq!(client.next_turn(first), None);
        replies = rest.to_vec();
        while let Some(sent) = client.next_turn(&replies) {
            assert!(!client.is_over() && !sent.is_empty());
            replies.clear();
            let mut rest = &sent[..];
            while let Some(event) = server.next_event(&mut rest).unwrap() {
                match event {
                    ServerEvent::Rejected(rejected) => panic!("{rejected:?} to {}", sent.escape_ascii()),
                    ServerEvent::Content(octets) => content += octets.len(),
                    ServerEvent::Abandoned => {}
                    event => {
                        accepted += usize::from(event == ServerEvent::ContentEnd);
                        server.reply_default(&mut replies).unwrap();
                    }
                }
            }
            assert!(rest.is_empty(), "{}", rest.escape_ascii());
        }
        assert!(client.is_over() && !server.is_open() && !server.is_unsynchronized() && !server.is_early_talker());
        messages[accepted.min(3)] += 1;
    }
    // None, one, two, more.
    assert!(messages[0] < 300 && messages[3] > 2500 && content > 100_000, "{messages:?} {content}");
}

/// Whatever a server answers, its client ends after a limited number of turns.
#[test]
fn every_client_comes_to_an_end() {
    let constant = [220, 250, 334, 354, 355, 450, 451, 500, 502, 503, 550, 554];
    for seed in 0..6000 {
        let octets = octets(seed);
        let mut dice = Source::new(&octets[200..]);
        let source = Source::new(&octets[..200]);
        let mut client = if seed % 3 == 0 { source.lmtp_client() } else { source.smtp_client() };
        let offer = "250-mx\r\n250-PIPELINING\r\n250-CHUNKING\r\n250-BINARYMIME\r\n250 AUTH PLAIN\r\n";
        let mut turns = 0;
        let mut last = Vec::new();
        for number in 0..1000 {
            let reply = match (number, seed % 4) {
                (0, 1..) => b"220 mx\r\n".to_vec(),
                (1, 2 | 3) => offer.into(),
                (_, 0..3) => format!("{} \r\n", constant[seed / 4 % constant.len()]).into_bytes(),
                _ => dice.reply(Grammar::STRICT),
            };
            if let Some(sent) = client.next_turn(&reply) {
                turns += 1;
                last = sent;
            }
            if client.is_over() {
                break;
            }
        }
        assert!(client.is_over() && turns < 200, "{seed}: {turns}, {}", last.escape_ascii());
        assert_eq!(client.next_turn(b"250 OK\r\n"), None);
    }
    // An invalid reply ends the session at once. A reply that no command waits for is ignored, except 421.
    let mut client = Source::new(b"").smtp_client();
    assert_eq!(client.next_turn(b"SSH-2.0\r\n"), None);
    assert!(client.is_over());
    let mut client = Source::new(b"").smtp_client();
    assert_eq!(client.next_turn(b"220 mx\r\n250 what?\r\n").unwrap(), b"HELO example\r\n");
    assert_eq!(client.next_turn(b"421 mx\r\n"), None);
    assert!(client.is_over());
    // A client sends HELO to an older server, and leaves one that accepts no hello.
    let mut client = Source::new(b"\x01").smtp_client();
    for (reply, sent) in [("220 mx", "EHLO example"), ("502 no", "HELO example"), ("550 no", "QUIT")] {
        assert_eq!(client.next_turn(format!("{reply}\r\n").as_bytes()).unwrap(), format!("{sent}\r\n").as_bytes());
    }
    // RFC 2920 section 3.1: if 354 comes although the message has no recipients, the client sends only a dot.
    let mut client = Source::new(b"\x01\x01").smtp_client();
    let replies = ["220 mx", "250-mx\r\n250 PIPELINING", "250 OK\r\n550 no\r\n354 go on", "554 no\r\n221 bye"];
    let sent = replies.map(|reply| client.next_turn(format!("{reply}\r\n").as_bytes()).unwrap_or_default());
    let sent = sent.map(|sent| String::from_utf8(sent).unwrap());
    let group = "MAIL FROM:<joe@example>\r\nRCPT TO:<joe@example>\r\nDATA\r\n";
    assert_eq!(sent, ["EHLO example\r\n", group, ".\r\nQUIT\r\n", ""]);
}
