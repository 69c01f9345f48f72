//! The law of our server as an observer sees it.

use super::generated::Watch;
use super::input::{Dice, Input, cuts};
use super::server;
use smtp_core::observer::{Side, Violation};
use smtp_core::session::{Server, ServerConfig, ServerEvent, State};
use smtp_core::syntax::{Command, Reply, ReplyCode};

/// Returns the codes that a server may answer by its policy, all of which the command can have. 0 is the default answer.
fn policy(event: Option<&ServerEvent<'_>>) -> &'static [u16] {
    match event {
        None => &[0, 0, 0, 554, 521],
        Some(ServerEvent::Command(command)) => match command {
            Command::Ehlo(_) | Command::Helo(_) | Command::Lhlo(_) => &[0, 0, 0, 0, 550],
            Command::Mail(_) => &[0, 0, 0, 550, 451],
            Command::Rcpt(_) => &[0, 0, 251, 550, 450],
            Command::Vrfy(_) => &[0, 250, 550],
            Command::Expn(_) => &[250, 252, 550],
            Command::Help(_) => &[0, 211, 504],
            Command::StartTls => &[0, 454],
            Command::Auth(_) => &[235, 334, 535, 504, 454],
            Command::Etrn(_) => &[250, 253, 458],
            Command::Atrn(_) => &[0, 450, 250],
            Command::Burl(_) => &[250, 250, 554],
            Command::Xclient(_) => &[220, 550],
            Command::Xforward(_) => &[0, 550],
            _ => &[0],
        },
        Some(ServerEvent::Response(_)) => &[235, 334, 535, 454],
        Some(ServerEvent::Begin | ServerEvent::ChunkEnd) => &[0, 0, 0, 451, 554],
        Some(ServerEvent::ContentEnd) => &[0, 250, 250, 450, 554],
        Some(_) => &[0],
    }
}

/// Answers everything that is owed. Returns `true` if a message was accepted.
fn answer(server: &mut Server, event: Option<&ServerEvent<'_>>, dice: &mut Dice, out: &mut Vec<u8>) -> bool {
    let is_message = matches!(event, Some(ServerEvent::ContentEnd))
        || matches!(event, Some(ServerEvent::Command(Command::Burl(burl))) if burl.last);
    let codes = policy(event);
    let start = out.len();
    while server.answers_owed() > 0 {
        let code = if dice.roll(200) == 1 { 421 } else { codes[dice.roll(codes.len())] };
        match code {
            0 => server.reply_default(out).unwrap(),
            334 => server.challenge(b"", out).unwrap(),
            code => {
                let reply = Reply::new(ReplyCode::new(code).unwrap(), None, "by the policy").unwrap();
                // The policy cannot accept what the session refuses.
                if server.reply(&reply, out).is_err() {
                    server.reply_default(out).unwrap();
                }
            }
        }
        if code == 334 {
            break;
        }
    }
    is_message && server::codes(&out[start..]).iter().any(|code| (200..300).contains(code))
}

/// Gives the observer each piece of the client before the server reads it, and the replies to it before the next piece.
fn watch(config: &ServerConfig, answers: u8, octets: &[u8], places: &[usize]) {
    let (mut server, mut watch) = (Server::new(config.clone()), Watch::default());
    let (mut dice, mut out) = (Dice::new(answers), Vec::new());
    answer(&mut server, None, &mut dice, &mut out);
    watch.show(Side::Server, &out);
    let (mut shown, mut consumed, mut accepted) = (0, 0, 0);
    let mut ends = places.iter().copied().chain([octets.len()]);
    while let Some(end) = ends.next().filter(|_| server.is_open() && server.state() != State::Tls) {
        watch.show(Side::Client, &octets[shown..end]);
        shown = end;
        let mut rest = &octets[consumed..end];
        out.clear();
        while let Some(event) = server.next_event(&mut rest).unwrap() {
            accepted += u64::from(answer(&mut server, Some(&event), &mut dice, &mut out));
        }
        consumed = end - rest.len();
        watch.show(Side::Server, &out);
    }
    if server.state() != State::Tls {
        let sides = if server.is_open() { [Side::Client, Side::Server] } else { [Side::Server, Side::Client] };
        sides.into_iter().for_each(|side| watch.close(side));
    }
    let blames =
        |violation: &&Violation| violation.who() == Side::Server && !server::allows_violation(config, violation.kind);
    let blamed: Vec<_> = watch.violations.iter().filter(blames).collect();
    assert!(blamed.is_empty(), "{blamed:#?} of {places:?}: {:#?}", watch.events);
    assert_eq!(watch.messages(), accepted, "{places:?}: {:#?}", watch.events);
}

/// A client that sends any octets, and our server, which answers by a policy. An observer of both counts the messages that the
/// server accepted, and reports no violation of the server, whether the client sends everything at once, waits after each line,
/// or is cut anywhere.
///
/// The first three octets choose the server, its policy and the cuts.
pub fn watched(octets: &[u8]) {
    let mut input = Input(octets);
    let config = server::config(input.octet());
    let (answers, seed) = (input.octet(), input.octet());
    let length = input.0.len();
    let lines = (1..length).filter(|end| input.0[end - 1] == b'\n').collect();
    for places in [Vec::new(), lines, cuts(length, seed), cuts(length, b'1')] {
        for answers in [answers, 0] {
            watch(&config, answers, input.0, &places);
        }
    }
}
