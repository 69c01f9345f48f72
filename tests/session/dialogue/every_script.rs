//! Every script of a set of steps, up to a bound.
//!
//! Two scripts that lead to the same pair of sessions, with the same octets under way, go on alike. So the scripts are
//! walked as a graph: each pair is visited once, with every step from there, and the walks through the graph are the scripts.

use smtp_core::session::{Action, Misuse, State};
use smtp_testkit::pair::{DOTS, Pair, Step, server_config};
use std::collections::HashMap;

/// A set of scripts.
struct Scripts {
    lmtp: bool,
    pipelining: bool,
    steps: Vec<Step>,
    /// What has happened before the scripts begin.
    prelude: &'static [Step],
    /// The most actions that wait for their reply.
    in_flight: usize,
    /// The most recipients of a transaction, and chunks of a message.
    recipients: usize,
    chunks: usize,
    /// The most steps of a script.
    depth: usize,
    /// The most octets that arrive at once.
    cut: usize,
}

/// What was walked.
#[derive(Debug, Default)]
struct Walked {
    pairs: usize,
    steps: usize,
    refused: usize,
    /// How many scripts there are of the full depth.
    scripts: f64,
    /// The length from which on scripts lead nowhere new.
    closed_at: Option<usize>,
}

impl Scripts {
    fn begin(&self) -> Pair {
        let mut pair = Pair::new(server_config(self.lmtp, self.pipelining), self.cut);
        for step in self.prelude {
            step.take(&mut pair).unwrap();
            pair.exchange();
        }
        pair.check();
        pair
    }

    /// Returns `true` if the step is within the bounds here.
    fn within(&self, pair: &Pair, step: Step) -> bool {
        let waiting = pair.desk.sent.len();
        let of = |actions: &[Action]| pair.desk.sent.iter().filter(|sent| actions.contains(&sent.action())).count();
        match step.action() {
            None => true,
            Some(action) => {
                let recipients = pair.desk.recipients() + of(&[Action::Rcpt]);
                let chunks = pair.desk.chunks() + of(&[Action::Bdat, Action::BdatLast]);
                waiting < self.in_flight
                    && (action != Action::Rcpt || recipients < self.recipients)
                    && (action != Action::Bdat || chunks < self.chunks)
            }
        }
    }

    /// Walks all of them.
    fn walk(&self) -> Walked {
        let steps: Vec<Step> = self.steps.iter().copied().chain([Step::Exchange]).collect();
        let first = self.begin();
        let mut places = HashMap::from([(first.key(), 0_usize)]);
        let mut edges: Vec<Vec<usize>> = vec![Vec::new()];
        let mut front = vec![(0, first)];
        let mut walked = Walked::default();
        for length in 0..self.depth {
            for (place, pair) in std::mem::take(&mut front) {
                for &step in &steps {
                    if !self.within(&pair, step) || (step == Step::Exchange && pair.is_quiet()) {
                        continue;
                    }
                    let mut next = pair.clone();
                    match step.take(&mut next) {
                        Ok(()) => {}
                        Err(misuse) => {
                            walked.refused += 1;
                            // What is refused changes nothing, so the walk does not go on from it. One in sixteen is held
                            // against that, for it takes time.
                            if walked.refused % 16 == 0 {
                                assert_eq!(next.key(), pair.key(), "{step:?}");
                            }
                            if pair.is_quiet() {
                                refused_by_both(&pair, step, misuse);
                            }
                            continue;
                        }
                    }
                    walked.steps += 1;
                    if pair.is_quiet() && step.action().is_some() {
                        accepted_by_both(&next);
                    }
                    if step == Step::Exchange {
                        next.check();
                    }
                    let count = places.len();
                    let target = *places.entry(next.key()).or_insert(count);
                    edges[place].push(target);
                    if target == count {
                        edges.push(Vec::new());
                        front.push((target, next));
                    }
                }
            }
            if front.is_empty() {
                walked.closed_at = Some(length);
                break;
            }
        }
        walked.pairs = places.len();
        walked.scripts = self.count(&edges);
        println!("{walked:?}");
        walked
    }

    /// How many walks of `depth` steps there are in the graph.
    fn count(&self, edges: &[Vec<usize>]) -> f64 {
        let mut walks = vec![1.0; edges.len()];
        for _ in 0..self.depth {
            walks = edges.iter().map(|targets| targets.iter().map(|target| walks[*target]).sum::<f64>()).collect();
        }
        walks[0]
    }
}

/// What a client may not send, a server does not take from another client either: it has no place, and the session goes on.
fn refused_by_both(pair: &Pair, step: Step, misuse: Misuse) {
    let (Some(octets), Some(action)) = (step.octets(), step.action()) else { return };
    if !matches!(misuse, Misuse::WrongState { .. }) || !pair.server.state().takes_commands() {
        return;
    }
    // After a chunk that was refused nothing but RSET may be sent (RFC 3030 section 2). A server answers NOOP and its like at
    // any time (RFC 5321 section 4.1.4), and where there was no recipient, it need not know of the chunk.
    let any_time = matches!(action, Action::Noop | Action::Help | Action::Vrfy | Action::Expn | Action::Other);
    if (pair.server.state() == State::Failed && any_time) || (pair.desk.spoilt && pair.server.state() == State::Mail) {
        return;
    }
    let mut pair = pair.clone();
    let before = pair.server.state();
    pair.inject(&octets, action);
    let rejections = pair.site.rejections;
    let reply = pair.serve_all();
    assert_eq!(pair.site.rejections, rejections + 1, "{before}: {step:?}: {}", reply.escape_ascii());
    assert!(matches!(reply[..3], [b'5', ..]), "{before}: {step:?}: {}", reply.escape_ascii());
    // Whatever followed the command, it was not read as one.
    pair.inject(b"NOOP\r\n", Action::Noop);
    assert!(pair.serve_all().starts_with(b"250 "), "{before}: {step:?}");
}

/// What a client may send has its place at the server.
fn accepted_by_both(pair: &Pair) {
    let mut pair = pair.clone();
    let rejections = pair.site.rejections;
    let cancels = pair.desk.sent.back().is_some_and(|sent| sent.action() == Action::Response);
    pair.serve_all();
    assert!(cancels || pair.site.rejections == rejections, "{:?}", pair.desk.sent);
}

const WHOLE: usize = usize::MAX;
const HELLO: Step = Step::Line("EHLO client.example");
const LMTP_HELLO: Step = Step::Line("LHLO client.example");

/// Hellos, AUTH, STARTTLS and all that is not a transaction, with a plain transaction in between.
#[test]
fn sessions() {
    for (lmtp, pipelining) in [(false, false), (false, true), (true, true)] {
        let transaction = [
            Step::Line("MAIL FROM:<joe@client.example>"),
            Step::Line("RCPT TO:<ann@mx.example>"),
            Step::Line("DATA"),
            Step::Content(DOTS),
            Step::Line("BDAT 9"),
            Step::Line("BDAT 8 LAST"),
            Step::Line("RSET"),
        ];
        let walked = Scripts {
            lmtp,
            pipelining,
            steps: [Step::SESSION, &transaction].concat(),
            prelude: &[],
            in_flight: 2,
            recipients: 1,
            chunks: 1,
            depth: 40,
            cut: WHOLE,
        }
        .walk();
        assert!(walked.closed_at.is_some());
    }
}

/// All that happens in transactions, one by one.
#[test]
fn transactions() {
    for lmtp in [false, true] {
        let hello = if lmtp { LMTP_HELLO } else { HELLO };
        let walked = Scripts {
            lmtp,
            pipelining: false,
            steps: [Step::TRANSACTION, &[hello]].concat(),
            prelude: if lmtp { &[LMTP_HELLO] } else { &[HELLO] },
            in_flight: 1,
            recipients: 2,
            chunks: 2,
            depth: 40,
            cut: WHOLE,
        }
        .walk();
        assert!(walked.closed_at.is_some());
    }
}

/// The same in groups: what is refused, and what follows it all the same.
#[test]
fn pipelined_transactions() {
    for lmtp in [false, true] {
        let steps = [
            "MAIL FROM:<joe@client.example>",
            "MAIL FROM:<no@client.example>",
            "RCPT TO:<ann@mx.example>",
            "RCPT TO:<no@mx.example>",
            "DATA",
            "BDAT 9",
            "BDAT 8",
            "BDAT 9 LAST",
            "BDAT 8 LAST",
            "RSET",
        ];
        let walked = Scripts {
            lmtp,
            pipelining: true,
            steps: steps.into_iter().map(Step::Line).chain([Step::Content(DOTS), Step::Content(b"")]).collect(),
            prelude: if lmtp { &[LMTP_HELLO] } else { &[HELLO] },
            in_flight: 4,
            recipients: 2,
            chunks: 2,
            depth: 40,
            cut: WHOLE,
        }
        .walk();
        assert!(walked.closed_at.is_some());
    }
}

/// With every step there is, in groups.
#[test]
fn pipelined_beginnings() {
    for lmtp in [false, true] {
        let walked = Scripts {
            lmtp,
            pipelining: true,
            steps: Step::TRANSACTION.to_vec(),
            prelude: if lmtp { &[LMTP_HELLO] } else { &[HELLO] },
            in_flight: 4,
            recipients: 3,
            chunks: 2,
            depth: 6,
            cut: WHOLE,
        }
        .walk();
        assert!(walked.scripts > 10_000.0);
    }
}

/// Every octet alone: nothing changes.
#[test]
fn octet_by_octet() {
    for lmtp in [false, true] {
        let scripts = |cut| Scripts {
            lmtp,
            pipelining: true,
            steps: [Step::SESSION, Step::TRANSACTION].concat(),
            prelude: if lmtp { &[LMTP_HELLO] } else { &[HELLO] },
            in_flight: 3,
            recipients: 1,
            chunks: 1,
            depth: 5,
            cut,
        };
        let (whole, cut) = (scripts(WHOLE).walk(), scripts(1).walk());
        assert_eq!((whole.pairs, whole.steps, whole.refused), (cut.pairs, cut.steps, cut.refused));
    }
}
