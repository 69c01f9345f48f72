//! The checks of a client, as tables.

mod content;
mod extensions;
mod order;
mod refusals;
mod replies;

use super::check::Play;

/// Every check, in the order in which they are told.
pub(super) fn all() -> impl Iterator<Item = &'static Play> + Clone {
    [replies::ALL, refusals::ALL, order::ALL, content::ALL, extensions::ALL].into_iter().flatten()
}

/// Played before the others, which refer to them: whether the client delivers at all, and what it uses where it is offered.
pub(super) const REFERENCES: [&str; 4] = ["deliver", "deliver-with-extensions", "starttls-handshake", "auth-form"];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn there_are_enough_and_each_has_its_name() {
        let ids: Vec<&str> = all().map(|play| play.check.id.as_ref()).collect();
        assert!(ids.len() >= 50, "{}", ids.len());
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
        assert!(REFERENCES.iter().all(|id| ids.contains(id)));
        for play in all() {
            assert!(!play.demands.is_empty() && play.check.sentence.ends_with('.'), "{}", play.check.id);
            assert!(play.check.clause.starts_with("RFC "), "{}", play.check.id);
            assert!(play.script.answers.iter().all(|(_, answers)| !answers.is_empty()), "{}", play.check.id);
        }
    }
}
