//! `smtp-lab conform server`: plays checks against a live server. The checks are data, in `server/checks/`.

mod limits;
mod link;
mod observed;
mod play;
mod script;
mod sink;
mod words;

use super::report::{self, Check, Finding, Verdict};
use crate::output::{Failure, Result};
use crate::send::security;
use play::{Played, Site};
use script::Script;
use sink::{Arrived, Sink};
use smtp_core::observer::ViolationKind;
use smtp_core::syntax::{Grammar, Host, Mailbox};
use std::net::ToSocketAddrs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// Test a server: play checks, each in a connection of its own, and judge by the RFCs what it answers.
///
/// Mail goes to --rcpt alone; without it, checks that need a recipient are inconclusive. A fail is what a clause forbids. Exit status: 0
/// where nothing of level must fails, 1 otherwise, 2 where the server cannot be reached.
#[derive(clap::Args, Debug)]
pub(crate) struct Options {
    /// The server
    #[arg(value_name = "HOST:PORT", required_unless_present = "list")]
    server: Option<String>,
    /// It speaks LMTP
    #[arg(long)]
    lmtp: bool,
    /// A mailbox that the server takes mail for
    #[arg(long, value_name = "ADDRESS")]
    rcpt: Option<String>,
    /// The sender; by default the recipient
    #[arg(long, value_name = "ADDRESS")]
    from: Option<String>,
    /// The name in EHLO
    #[arg(long, value_name = "NAME", default_value = "client.example")]
    hello: String,
    /// Credentials for AUTH PLAIN
    #[arg(long, value_name = "USER:PASSWORD", hide_default_value = true)]
    auth: Option<String>,
    /// Play the checks within TLS, after STARTTLS; any certificate will do
    #[arg(long)]
    starttls: bool,
    /// Where the server delivers mail for --rcpt: a directory, a Maildir, or http://HOST:PORT/api/messages of `mock`
    #[arg(long, value_name = "DIR|URL", requires = "rcpt")]
    sink: Option<Sink>,
    /// How many connections at a time
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=64))]
    jobs: u8,
    #[command(flatten)]
    report: report::Options,
}

/// What a check asks of the sink.
struct Question<'a> {
    check: Check,
    script: &'a Script,
}

/// The checks of the sink: whether what was smuggled was delivered, and whether the message is what was sent.
fn questions(scripts: &[Script]) -> impl Iterator<Item = Question<'_>> {
    let asks = |script: &&Script| script.smuggles || script.arrives.is_some();
    scripts.iter().filter(asks).map(|script| {
        let sentence = if script.smuggles {
            "What stands after it does not arrive as a message of its own."
        } else {
            "The message arrives as it was sent."
        };
        let id = format!("sink-{}", script.check.id).into();
        Question { check: Check { id, sentence, ..script.check.clone() }, script }
    })
}

pub(crate) fn run(options: Options) -> Result<u8> {
    let scripts = script::all().map_err(|error| Failure::of("the checks", error))?;
    let observed: Vec<(Check, ViolationKind)> = observed::checks().collect();
    let questions: Vec<Question<'_>> = questions(&scripts).collect();
    let checks = || {
        let (observed, questions) =
            (observed.iter().map(|(check, _)| check), questions.iter().map(|asked| &asked.check));
        scripts.iter().map(|script| &script.check).chain(questions).chain(observed)
    };
    if options.report.lists() {
        report::list(checks());
        return Ok(0);
    }
    let site = site(&options)?;
    let mut told = options.report.open("smtp-lab conform server", checks())?;
    site.reach().map_err(|error| Failure::of(options.server.as_deref().unwrap_or_default().escape_debug(), error))?;

    // The observer and the sink speak of sessions, which have to be played for them.
    let selects = |check: &Check| options.report.selects(check);
    let all = observed.iter().any(|(check, _)| selects(check));
    let is_played = |script: &&Script| {
        let asked = questions.iter().any(|asked| asked.script.check.id == script.check.id && selects(&asked.check));
        all || selects(&script.check) || (asked && options.sink.is_some())
    };
    let chosen: Vec<&Script> = scripts.iter().filter(is_played).collect();
    let is_reason = |script: &&Script| chosen.iter().any(|other| other.unless.iter().any(|id| script.check.id == *id));
    let played: Vec<&Script> = scripts.iter().filter(|script| is_played(script) || is_reason(script)).collect();
    let mut sessions = play_all(&site, &played, usize::from(options.jobs));
    excuse(&played, &mut sessions);
    for (check, session) in &sessions {
        if selects(check) {
            told.tell(check, session.finding.clone());
        }
    }
    if let Some(sink) = &options.sink {
        let asked: Vec<_> = questions.iter().filter(|asked| selects(&asked.check)).collect();
        for (asked, finding) in ask(sink, &site, &asked, &sessions, &options)? {
            told.tell(&asked.check, finding);
        }
    }
    for (check, kind) in observed.iter().filter(|(check, _)| selects(check)) {
        told.tell(check, observed::judge(check, *kind, &sessions, &site));
    }
    told.finish()
}

fn site(options: &Options) -> Result<Site> {
    let server = options.server.as_deref().unwrap_or_default();
    let named = || server.escape_debug().to_string();
    let mut addresses = server.to_socket_addrs().map_err(|error| Failure::of(named(), error))?;
    let address = addresses.next().ok_or_else(|| Failure::of(named(), "there is no address"))?;
    let host = server.rsplit_once(':').map_or(server, |(host, _)| host).trim_matches(['[', ']']).to_owned();
    Host::new(&options.hello).map_err(|error| Failure::of("--hello", error))?;
    for (name, mailbox) in [("--rcpt", &options.rcpt), ("--from", &options.from)] {
        if let Some(mailbox) = mailbox.as_deref().filter(|mailbox| name == "--rcpt" || !mailbox.is_empty()) {
            let parsed = Mailbox::parse(mailbox.as_bytes(), Grammar::STRICT);
            parsed.map_err(|error| Failure::of(format!("{name} {}", mailbox.escape_debug()), error))?;
        }
    }
    let plain = match &options.auth {
        Some(auth) => {
            let (user, password) = auth.split_once(':').ok_or_else(|| Failure::of("--auth", "a colon is missing"))?;
            let plain = words::plain(user, password);
            Some(plain.ok_or_else(|| Failure::of("--auth", "user and password have at least one character"))?)
        }
        None => None,
    };
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(Site {
        address,
        host,
        timeout: options.report.timeout(),
        lmtp: options.lmtp,
        starttls: options.starttls,
        tls: security::connector(None, true)?.config().clone(),
        hello: options.hello.clone(),
        from: options.from.clone().or_else(|| options.rcpt.clone()).unwrap_or_default(),
        rcpt: options.rcpt.clone(),
        plain,
        run: format!("conform-{:x}-{:x}", since.as_secs(), std::process::id()),
    })
}

/// Plays the checks, some at a time; the results are in their order.
fn play_all<'a>(site: &Site, scripts: &[&'a Script], jobs: usize) -> Vec<(&'a Check, Played)> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(script) = scripts.get(at) else { break };
                    let played = site.play(script);
                    results.lock().unwrap_or_else(PoisonError::into_inner).push((at, &script.check, played));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(at, _, _)| *at);
    results.into_iter().map(|(_, check, played)| (check, played)).collect()
}

/// Makes a fail inconclusive where another check that fails is the reason.
fn excuse(scripts: &[&Script], sessions: &mut [(&Check, Played)]) {
    let failed =
        |(check, played): &(&Check, Played)| (played.finding.verdict == Verdict::Fail).then(|| check.id.clone());
    let failed: Vec<_> = sessions.iter().filter_map(failed).collect();
    for (script, (_, played)) in scripts.iter().zip(sessions) {
        let reason = script.unless.iter().find(|id| failed.iter().any(|failed| failed == *id));
        if let (Some(reason), Verdict::Fail) = (reason, played.finding.verdict) {
            played.finding.verdict = Verdict::Inconclusive;
            played.finding.detail = format!("{reason} fails as well: {}", played.finding.detail);
            // What the observer makes of a session that went wrong so early may be wrong itself.
            played.violations.clear();
        }
    }
}

/// Asks the sink for the messages of the sessions.
fn ask<'q>(
    sink: &Sink,
    site: &Site,
    questions: &[&'q Question<'q>],
    sessions: &[(&Check, Played)],
    options: &Options,
) -> Result<Vec<(&'q Question<'q>, Finding)>> {
    let session = |asked: &Question<'_>| {
        sessions.iter().find(|(check, _)| check.id == asked.script.check.id).map(|(_, played)| played)
    };
    let accepted = |asked: &&&Question<'_>| session(asked).is_some_and(|played| played.accepted);
    let waited: Vec<&&Question<'_>> = questions.iter().filter(accepted).collect();
    let markers: Vec<String> = waited.iter().map(|asked| site.marker(&asked.script.check.id)).collect();
    let arrived = sink.wait(&markers, options.report.timeout())?;
    let judge = |asked: &'q Question<'q>| {
        let played = session(asked);
        let octets = played.map(|played| played.finding.octets.clone()).unwrap_or_default();
        let at = waited.iter().position(|other| other.check.id == asked.check.id);
        let (verdict, detail) = match (played, at.and_then(|at| arrived.get(at))) {
            (_, Some(arrived)) => judge_arrived(asked.script, arrived),
            (Some(played), None) => match played.finding.verdict {
                Verdict::NotOffered => (Verdict::NotOffered, played.finding.detail.clone()),
                _ if asked.script.smuggles && played.finding.verdict == Verdict::Pass => {
                    (Verdict::Pass, "the message was refused".to_owned())
                }
                _ => (Verdict::Inconclusive, format!("the message was not accepted: {}", played.finding.detail)),
            },
            (None, None) => (Verdict::Inconclusive, "the check was not played".to_owned()),
        };
        (asked, Finding::new(verdict, detail, octets))
    };
    Ok(questions.iter().map(|asked| judge(asked)).collect())
}

fn judge_arrived(script: &Script, arrived: &Arrived) -> (Verdict, String) {
    if arrived.smuggled {
        return (Verdict::Fail, "what stands after it has arrived as a message of its own".to_owned());
    }
    let Some(message) = &arrived.message else {
        return (Verdict::Inconclusive, "the message did not arrive in time".to_owned());
    };
    let Some(text) = script.arrives else { return (Verdict::Pass, "one message has arrived".to_owned()) };
    let words = words::Words { from: "", rcpt: "", hello: "", plain: "", marker: "", size: None };
    let wanted = words.octets(text).unwrap_or_default();
    let lines: Vec<u8> = String::from_utf8_lossy(message).replace("\r\n", "\n").into_bytes();
    let wanted = String::from_utf8_lossy(&wanted).into_owned().into_bytes();
    if lines.windows(wanted.len().max(1)).any(|window| window == wanted) {
        (Verdict::Pass, "it has arrived".to_owned())
    } else {
        (Verdict::Fail, format!("the message that has arrived does not have {text}"))
    }
}

#[cfg(test)]
mod tests;
