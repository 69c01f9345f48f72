//! The cases of mailboxes by themselves.

use super::{Case, Goal, Limit, Random};
use smtp_core::syntax::{Grammar, Mailbox};
use std::hint::black_box;

pub(crate) fn add(cases: &mut Vec<Case>) {
    let mut random = Random::new();
    let mailboxes: Vec<String> = (0..512).map(|_| super::mailbox(&mut random)).collect();
    let again = mailboxes.clone();
    cases.push(Case {
        group: "mailbox",
        name: "typical".into(),
        octets: mailboxes.iter().map(String::len).sum(),
        items: mailboxes.len(),
        goal: Goal::Within {
            times: 2.5,
            nanoseconds: 0.0,
            limit: Limit::new("from_utf8", move || {
                for mailbox in &again {
                    assert!(black_box(&core::str::from_utf8(black_box(mailbox.as_bytes()))).is_ok());
                }
            }),
        },
        work: Box::new(move || {
            for mailbox in &mailboxes {
                assert!(black_box(&Mailbox::parse(black_box(mailbox.as_bytes()), Grammar::STRICT)).is_ok());
            }
        }),
    });
}
