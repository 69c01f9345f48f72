//! What the observer has to say of the sessions: a check for each violation that a server can commit.

use super::super::report::{Check, Finding, Verdict};
use super::play::{Played, Site};
use smtp_core::observer::{Side, ViolationKind};

/// The checks, each with its violation.
pub(super) fn checks() -> impl Iterator<Item = (Check, ViolationKind)> {
    ViolationKind::ALL.iter().filter(|kind| kind.who() == Side::Server).map(|kind| {
        let id = format!("observer-{}", kind.name()).into();
        let clause = kind.clause();
        // One clause: what stands after it is a further one.
        let clause = clause.split_once(',').map_or(clause, |(first, _)| first);
        (Check { id, clause, level: kind.level().into(), sentence: kind.text() }, *kind)
    })
}

/// The verdict on one violation over all sessions.
pub(super) fn judge(check: &Check, kind: ViolationKind, sessions: &[(&Check, Played)], site: &Site) -> Finding {
    if let Some((of, played)) = sessions.iter().find(|(_, played)| played.violations.contains(&kind)) {
        let detail = format!("{}, in the session of {}", kind.text(), of.id);
        return Finding::new(Verdict::Fail, detail, played.finding.octets.clone());
    }
    let (rfc, _) = check.section();
    let offers =
        |keyword: &str| sessions.iter().any(|(_, played)| played.offer.iter().any(|offered| offered == keyword));
    let keyword = match rfc {
        "1870" => "SIZE",
        "2034" => "ENHANCEDSTATUSCODES",
        "2852" => "DELIVERBY",
        "3030" => "CHUNKING",
        "3207" => "STARTTLS",
        "4865" => "FUTURERELEASE",
        "4954" => "AUTH",
        "2033" if !site.lmtp => {
            return Finding::new(Verdict::NotOffered, "the server is not tested with --lmtp", Vec::new());
        }
        _ => return Finding::new(Verdict::Pass, "", Vec::new()),
    };
    if offers(keyword) {
        Finding::new(Verdict::Pass, "", Vec::new())
    } else {
        Finding::new(Verdict::NotOffered, format!("the server does not offer {keyword}"), Vec::new())
    }
}
