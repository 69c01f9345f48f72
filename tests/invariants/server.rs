//! The law of the server's side: the whole against any cut, and the whole against a slow reading.

use super::generated::Watch;
use super::input::{Dice, Input, cuts};
use super::oracle;
use super::reading::Reading;
use smtp_core::codec::{BareLineEnding, ReplyDecoder};
use smtp_core::observer::{Side, Violation, ViolationKind};
use smtp_core::session::{Action, Rejected, Require, Server, ServerConfig, ServerEvent, State};
use smtp_core::syntax::{
    Bdat, Capabilities, CapabilityValue, Command, DateTime, Dialect, Extension, Grammar, Host, Mechanisms, Reply,
    ReplyCode,
};

/// Returns one of 48 configurations. In an input written by hand the choice is a digit, or a letter for the default dialect; a
/// lower case letter also passes on unregistered verbs and parameters, and accepts MAIL without a hello.
pub(crate) fn config(choice: u8) -> ServerConfig {
    let mut config = ServerConfig::strict(Host::new("mx.example").unwrap());
    config.lmtp = choice & 1 != 0;
    if choice & 2 != 0 {
        let unlimited = [Extension::Size, Extension::Auth, Extension::Limits];
        let all = Extension::ALL.iter().filter(|extension| !unlimited.contains(extension));
        let all = all
            .filter_map(|extension| Capabilities::new().with_line(extension.keyword()).is_ok().then_some(*extension));
        config.capabilities = all
            .fold(config.capabilities, Capabilities::with)
            .with_value(CapabilityValue::Size(Some(300)))
            .unwrap()
            .with_value(CapabilityValue::Auth(Mechanisms::new("PLAIN LOGIN").unwrap()))
            .unwrap()
            .with_value(CapabilityValue::FutureRelease(86_400, DateTime::from_unix_seconds(4_000_000_000, 0).unwrap()))
            .unwrap();
    }
    if choice & 64 != 0 {
        config.dialect = Dialect::RECEIVER;
    }
    config.unregistered = choice & 96 == 96;
    // Without a hello an observer could not recognize an LMTP session.
    config.mail_without_hello = choice & 96 == 96 && !config.lmtp;
    if choice & 4 != 0 {
        config.dialect = Dialect::LENIENT;
        config.bare_line_endings = BareLineEnding::Pass;
        config.content_line_limit = None;
        config.max_recipients = 2;
    }
    if choice & 8 != 0 {
        config.require = if choice & 4 != 0 { Require::Tls } else { Require::Authentication };
        config.auth_only_under_tls = choice & 4 != 0;
        config.max_errors = Some(3);
        config.max_idle_commands = Some(9);
        config.max_failed_auth = Some(1);
        config.max_dropped_octets = Some(20);
    }
    config
}

/// Answers the event, mostly as usual, and returns the codes.
pub(crate) fn answer(
    server: &mut Server,
    event: Option<&ServerEvent<'_>>,
    dice: &mut Dice,
    out: &mut Vec<u8>,
) -> Vec<u16> {
    let start = out.len();
    let refusals = [(550, "No"), (450, "Not now"), (554, "No\nno"), (502, "Not here")];
    while server.answers_owed() > 0 {
        let roll = dice.roll(64);
        let auth = matches!(event, Some(ServerEvent::Command(Command::Auth(_)) | ServerEvent::Response(_)));
        let is_final = matches!(event, Some(ServerEvent::Rejected(rejected)) if rejected.why.is_final());
        let (code, text) = match roll % 16 {
            _ if is_final || roll == 63 => (421, "Over"),
            refusal @ 12.. => refusals[refusal - 12],
            10..=11 if auth => {
                server.challenge(b"Password:", out).unwrap();
                break;
            }
            _ if auth => (235, "Welcome"),
            _ if matches!(event, Some(ServerEvent::Command(Command::Burl(_)))) => (250, "Fetched"),
            _ if matches!(event, Some(ServerEvent::Command(Command::Xclient(_)))) => (220, "mx.example ESMTP"),
            _ => {
                server.reply_default(out).unwrap();
                continue;
            }
        };
        let reply = Reply::new(ReplyCode::new(code).unwrap(), None, text).unwrap();
        server.reply(&reply, out).unwrap();
    }
    codes(&out[start..])
}

/// Returns the codes of the octets, which must be whole replies.
pub(crate) fn codes(mut octets: &[u8]) -> Vec<u16> {
    let mut decoder = ReplyDecoder::new();
    let mut codes = Vec::new();
    while !octets.is_empty() {
        codes.push(decoder.decode(&mut octets, Grammar::STRICT).unwrap().unwrap().code().get());
    }
    codes
}

/// The result of one event of a server.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Step {
    pub(crate) what: What,
    pub(crate) codes: Vec<u16>,
    pub(crate) state: State,
    pub(crate) recipients: u32,
    pub(crate) authenticated: bool,
    pub(crate) consumed: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum What {
    Greeting,
    Command(Action, String),
    Rejected(Rejected),
    Response(Vec<u8>),
    Content(Vec<u8>),
    ChunkEnd,
    ContentEnd,
    Handshake,
    /// All octets were read.
    End,
}

fn play(config: &ServerConfig, answers: u8, octets: &[u8], places: &[usize]) -> Vec<Step> {
    let mut server = Server::new(config.clone());
    let mut dice = Dice::new(answers);
    let mut steps: Vec<Step> = Vec::new();
    let mut consumed = 0;
    let limited = config.capabilities.size_limit().is_some();
    let mut note = |server: &Server, what: What, codes: Vec<u16>, consumed: usize| {
        if let (What::Content(more), Some(Step { what: What::Content(octets), .. })) = (&what, steps.last_mut()) {
            return octets.extend_from_slice(more);
        }
        // The end of a piece of content has no meaning, and content that is or becomes too large is void.
        let merged = matches!(what, What::Content(_));
        let void =
            matches!(what, What::Rejected(rejected) if rejected == Rejected::MessageTooBig || rejected.is_final());
        let open = matches!(steps.last(), Some(Step { what: What::Content(_), .. }));
        if open && (void || (limited && what == What::End)) {
            steps.pop();
        }
        let consumed = if merged { 0 } else { consumed };
        let (state, recipients) = (server.state(), server.recipients());
        steps.push(Step { what, codes, state, recipients, authenticated: server.is_authenticated(), consumed });
    };
    let mut out = Vec::new();
    let codes = answer(&mut server, None, &mut dice, &mut out);
    note(&server, What::Greeting, codes, 0);
    for &shown in places.iter().chain([&octets.len()]) {
        let mut rest = &octets[consumed..shown.max(consumed)];
        while let Some(event) = server.next_event(&mut rest).unwrap() {
            let what = match event {
                ServerEvent::Command(command) => What::Command(Action::of(&command), command.to_string()),
                ServerEvent::Rejected(rejected) => What::Rejected(rejected.why),
                ServerEvent::Response(response) => What::Response(response.as_bytes().to_vec()),
                ServerEvent::Content(octets) => What::Content(octets.to_vec()),
                ServerEvent::ChunkEnd => What::ChunkEnd,
                ServerEvent::ContentEnd => What::ContentEnd,
                ServerEvent::Begin if server.chunk().is_none() => What::Command(Action::Data, "DATA".to_owned()),
                ServerEvent::Begin => {
                    server.reply_default(&mut out).unwrap();
                    continue;
                }
                ServerEvent::Abandoned => continue,
                _ => unreachable!(),
            };
            let owed = server.answers_owed();
            let codes = answer(&mut server, Some(&event), &mut dice, &mut out);
            assert!(codes.len() == owed as usize || codes.last() == Some(&421), "{codes:?}, {owed} owed");
            note(&server, what, codes, shown.max(consumed) - rest.len());
            if server.state() == State::Tls {
                // The rest of the input was sent in the clear; it is used as the octets after the handshake.
                if !rest.is_empty() {
                    assert!(server.clone().into_tls(rest).is_err());
                }
                server = server.into_tls(&[]).unwrap();
                note(&server, What::Handshake, Vec::new(), 0);
            }
        }
        consumed = shown.max(consumed) - rest.len();
    }
    let end = if server.is_open() { consumed } else { octets.len() };
    note(&server, What::End, Vec::new(), end);
    steps
}

/// Returns `true` if the configuration allows this violation, although a clause requires the server to refuse it.
pub(crate) fn allows_violation(config: &ServerConfig, kind: ViolationKind) -> bool {
    let dialect = config.dialect;
    match kind {
        // RFC 5321 section 4.1.2.
        ViolationKind::DomainCharacterAccepted => dialect.hello_names || dialect.path_shapes,
        ViolationKind::ParameterAccepted => dialect.unoffered_parameters || config.unregistered,
        _ => false,
    }
}

/// An observer of a server that refuses nothing by itself. The server commits no violation, whatever the client does.
fn watch(config: &ServerConfig, octets: &[u8], places: &[usize]) {
    let (mut server, mut watch) = (Server::new(config.clone()), Watch::default());
    let (mut dice, mut out) = (Dice::new(0), Vec::new());
    answer(&mut server, None, &mut dice, &mut out);
    watch.show(Side::Server, &out);
    let (mut shown, mut consumed) = (0, 0);
    for &end in places.iter().chain([&octets.len()]) {
        watch.show(Side::Client, &octets[shown..end]);
        shown = end;
        let mut rest = &octets[consumed..end];
        out.clear();
        while let Some(event) = server.next_event(&mut rest).unwrap() {
            answer(&mut server, Some(&event), &mut dice, &mut out);
        }
        consumed = end - rest.len();
        watch.show(Side::Server, &out);
    }
    // After a BDAT that is not valid or not offered, the observer cannot always tell a chunk from lines.
    let announces = |line: &[u8]| {
        let line = line.strip_suffix(b"\r\n").unwrap_or(line);
        Command::parse(line, Grammar::LENIENT).is_err() && Bdat::announced(line) != Ok(None)
    };
    if oracle::lines(octets).into_iter().any(announces) {
        return;
    }
    let offered = |violation: &&Violation| violation.kind != ViolationKind::BdatNotOffered;
    for violation in watch.violations.iter().take_while(offered) {
        let is_allowed = allows_violation(config, violation.kind);
        assert!(violation.who() == Side::Client || is_allowed, "{violation}: {:#?}", watch.events);
    }
}

/// A session of any octets, with any answers. However the input is cut, the events, replies, states and the number of consumed
/// octets are the same. They agree with a slow reading: which octets are a command, a chunk, content or a response, which
/// commands are in sequence, what is delivered, and the state. An observer reports no violation of the server.
///
/// The first three octets choose the server, its answers and the cuts.
pub fn server(octets: &[u8]) {
    let mut input = Input(octets);
    let config = config(input.octet());
    let (answers, seed) = (input.octet(), input.octet());
    let steps = play(&config, answers, input.0, &[]);
    for places in [cuts(input.0.len(), seed), cuts(input.0.len(), b'1')] {
        let cut = play(&config, answers, input.0, &places);
        let differs = steps.iter().zip(&cut).find(|(one, other)| one != other);
        assert!(differs.is_none() && cut.len() == steps.len(), "{differs:#?}, cut at {places:?}");
    }
    Reading::new(&config, input.0).follow(&steps);
    for places in [Vec::new(), cuts(input.0.len(), seed), cuts(input.0.len(), b'1')] {
        watch(&config, input.0, &places);
    }
}
