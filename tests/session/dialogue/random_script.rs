//! Long scripts, drawn at random, with whatever cut.

use super::cases::cases;
use proptest::prelude::*;
use smtp_testkit::pair::{DOTS, Pair, Step, server_config};

fn step() -> impl Strategy<Value = Step> {
    let all: Vec<Step> = [Step::SESSION, Step::TRANSACTION].concat();
    // The steps of a whole message are drawn more often, so that scripts get somewhere.
    let message = ["MAIL FROM:<joe@client.example>", "RCPT TO:<ann@mx.example>", "DATA", "BDAT 9", "BDAT 9 LAST"];
    let often: Vec<Step> = message.into_iter().map(Step::Line).chain([Step::Content(DOTS)]).collect();
    prop_oneof![
        2 => proptest::sample::select(all),
        4 => proptest::sample::select(often),
        3 => Just(Step::Exchange),
        // Otherwise most scripts would be over soon.
    ]
    .prop_filter("QUIT comes last", |step| *step != Step::Line("QUIT"))
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn arrives(
        steps in proptest::collection::vec(step(), 0..120),
        lmtp: bool,
        pipelining: bool,
        cut in prop_oneof![Just(1), 2..20_usize, Just(usize::MAX)],
    ) {
        let mut pair = Pair::new(server_config(lmtp, pipelining), cut);
        for step in steps {
            _ = step.take(&mut pair);
            if step == Step::Exchange {
                pair.check();
            }
        }
        if pair.client.chunk_remaining() == 4 {
            Step::Rest.take(&mut pair).unwrap();
        }
        pair.exchange();
        pair.check();
        let takes_quit = pair.client.state().takes_commands();
        prop_assert_eq!(Step::Line("QUIT").take(&mut pair).is_ok(), takes_quit);
        pair.exchange();
        pair.check();
        prop_assert_eq!(pair.client.state() == smtp_core::session::State::Closed, takes_quit);
    }
}
