//! The next hop (RFC 5321 section 5.1, RFC 7505), submission servers (RFC 6186, RFC 8314), retries (RFC 5321 section 4.5.4.1)
//! and loops (section 6.3).

use smtp_core::routing::{
    Attempt, Families, HostFailure, Mx, MxAnswer, Next, ReceivedCounter, RelayNames, RetryPolicy, Srv, Unroutable,
    addresses, next_hops, submission_servers,
};
use smtp_core::syntax::ReplyCode;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

const CLIENT: RelayNames<'_> = RelayNames(&[]);

fn hops<'a>(records: &[(u16, &'a str)], relay: &[&str]) -> Result<Vec<&'a str>, Unroutable> {
    let records: Vec<Mx<'a>> = records.iter().map(|(preference, exchange)| Mx::new(*preference, exchange)).collect();
    // The last of those that are left: no swap at all.
    next_hops("example.net", MxAnswer::Records(&records), RelayNames(relay), |below| below - 1)
}

/// "An empty list of MXs": the domain is its own host. "None of them are usable" is an error.
#[test]
fn without_records_the_domain_is_its_own_host() {
    assert_eq!(hops(&[], &[]), Ok(vec!["example.net"]));
    assert_eq!(hops(&[], &["EXAMPLE.net."]), Err(Unroutable::LoopsBack));
    assert_eq!(hops(&[(10, "")], &[]), Err(Unroutable::NoUsableHost));
    assert_eq!(hops(&[(10, "192.0.2.1"), (20, "2001:db8::1")], &[]), Err(Unroutable::NoUsableHost));
}

/// RFC 7505 section 3: one record, of a lone dot, means that the domain takes no mail. Among others it names no host.
#[test]
fn a_null_mx_is_alone() {
    assert_eq!(hops(&[(0, ".")], &[]), Err(Unroutable::NullMx));
    assert_eq!(hops(&[(0, "."), (10, "mx.example.net")], &[]), Ok(vec!["mx.example.net"]));
    assert_eq!(hops(&[(0, "."), (10, ".")], &[]), Err(Unroutable::NoUsableHost));
}

#[test]
fn lower_preferences_come_first() {
    let records = [(30, "c."), (10, "a."), (65535, "d"), (20, "b")];
    assert_eq!(hops(&records, &[]), Ok(vec!["a", "b", "c", "d"]));
}

/// "All records at that preference level and higher-numbered ones MUST be discarded."
#[test]
fn a_relay_tries_only_what_is_preferred_to_itself() {
    let records = [(10, "a.example"), (20, "relay.example."), (20, "b.example"), (30, "c.example")];
    assert_eq!(hops(&records, &["x.example", "Relay.Example"]), Ok(vec!["a.example"]));
    assert_eq!(hops(&records, &["a.example"]), Err(Unroutable::LoopsBack));
    assert_eq!(hops(&records, &["y.example"]).map(|hosts| hosts.len()), Ok(4));
    assert_eq!(hops(&[(10, "localhost."), (20, "a.example")], &[]), Err(Unroutable::LoopsBack));
}

/// "If there are multiple destinations with the same preference [...] the sender-SMTP MUST randomize them."
#[test]
fn equal_preferences_come_in_every_order() {
    let records = [Mx::new(10, "a"), Mx::new(10, "b"), Mx::new(10, "c"), Mx::new(5, "first")];
    let mut orders: BTreeMap<String, u32> = BTreeMap::new();
    // Every pair of draws that a shuffle of three makes.
    for (one, other) in (0..3).flat_map(|one| (0..2).map(move |other| (one, other))) {
        let mut draws = [one, other].into_iter();
        let random = |_| draws.next().unwrap_or_default();
        let hosts = next_hops("example.net", MxAnswer::Records(&records), CLIENT, random).unwrap();
        assert_eq!(hosts[0], "first");
        *orders.entry(hosts.concat()).or_default() += 1;
    }
    assert_eq!(orders.len(), 6);
    assert!(orders.values().all(|count| *count == 1));
    // A draw that is too large does no harm.
    assert!(next_hops("example.net", MxAnswer::Records(&records), CLIENT, |_| usize::MAX).is_ok());
}

/// RFC 5321 section 5.1, RFC 7505 section 4.1: what is told to the sender.
#[test]
fn every_error_has_its_reply() {
    for (error, code, enhanced) in [
        (Unroutable::NoSuchDomain, 550, "5.1.2"),
        (Unroutable::LookupFailed, 451, "4.4.3"),
        (Unroutable::NullMx, 556, "5.1.10"),
        (Unroutable::NoUsableHost, 550, "5.4.4"),
        (Unroutable::LoopsBack, 554, "5.4.6"),
    ] {
        let reply = error.reply();
        assert_eq!(reply.code().get(), code, "{error}");
        assert_eq!(reply.enhanced_code().unwrap().to_string(), enhanced, "{error}");
        assert_eq!(error.is_permanent(), code >= 500, "{error}");
    }
    for (answer, error) in
        [(MxAnswer::NoSuchDomain, Unroutable::NoSuchDomain), (MxAnswer::Failed, Unroutable::LookupFailed)]
    {
        assert_eq!(next_hops("example.net", answer, CLIENT, |_| 0), Err(error));
    }
}

/// The resolver's order within a family is kept (RFC 5321 section 5.1).
#[test]
fn families_take_turns() {
    let v4 = [Ipv4Addr::UNSPECIFIED, Ipv4Addr::new(192, 0, 2, 9), Ipv4Addr::new(192, 0, 2, 1)];
    let v6 = [Ipv6Addr::LOCALHOST, Ipv6Addr::UNSPECIFIED];
    let order = |families| addresses(&v4, &v6, families).map(|one| one.to_string()).collect::<Vec<_>>();
    assert_eq!(order(Families::Ipv6First), ["::1", "192.0.2.9", "192.0.2.1"]);
    assert_eq!(order(Families::Ipv4First), ["192.0.2.9", "::1", "192.0.2.1"]);
    assert_eq!(order(Families::Ipv4Only), ["192.0.2.9", "192.0.2.1"]);
    assert_eq!(order(Families::Ipv6Only), ["::1"]);
}

/// Only where every host has failed for good is the message returned.
#[test]
fn failures_of_all_hosts_decide() {
    let gone = HostFailure::Refused(ReplyCode::DOES_NOT_ACCEPT_MAIL);
    let busy = HostFailure::Refused(ReplyCode::SERVICE_NOT_AVAILABLE);
    let all = [HostFailure::NoAddress, gone, busy, HostFailure::CannotConnect, HostFailure::NoTls];
    for first in all {
        for second in all {
            let mut attempt = Attempt::new(2);
            assert_eq!(attempt.failed(first), Next::NextHost);
            let permanent = [HostFailure::NoAddress, gone];
            let lost = permanent.contains(&first) && permanent.contains(&second);
            assert_eq!(attempt.failed(second), if lost { Next::GiveUp } else { Next::Later }, "{first:?} {second:?}");
        }
    }
}

/// Two attempts in the first hour, then one every two or three hours, for five days.
#[test]
fn a_message_is_tried_for_days() {
    let policy = RetryPolicy::default();
    let (mut age, mut times) = (Duration::ZERO, vec![Duration::ZERO]);
    while let Some(wait) = policy.wait(u32::try_from(times.len()).unwrap(), age) {
        age += wait;
        times.push(age);
    }
    let hours: Vec<f64> = times.iter().map(|time| time.as_secs_f64() / 3600.0).collect();
    assert_eq!(hours[..5], [0.0, 0.5, 1.5, 3.5, 6.5]);
    assert_eq!(hours.last(), Some(&120.0));
    assert_eq!(policy.wait_for_report(1, Duration::from_secs(86_400)), None);
    assert_eq!(policy.wait(u32::MAX, Duration::ZERO), Some(policy.longest));
}

/// RFC 2782: a lower priority always first; a weight is how often a record is drawn first.
#[test]
fn submission_servers_are_drawn_by_weight() {
    let records = [Srv::new(1, 0, 465, "last."), Srv::new(0, 1, 465, "light."), Srv::new(0, 3, 465, "heavy.")];
    let mut first: BTreeMap<&str, u32> = BTreeMap::new();
    for draw in 0..=4 {
        let mut draws = [2, 1, draw].into_iter();
        let servers = submission_servers(&records, &[], |_| draws.next().unwrap_or_default());
        assert_eq!(servers.len(), 3);
        assert_eq!(servers[2].host, "last");
        *first.entry(servers[0].host).or_default() += 1;
    }
    assert_eq!(first, BTreeMap::from([("heavy", 3), ("light", 2)]));
    // RFC 2782: a lone dot means that the service is not there.
    assert_eq!(submission_servers(&[Srv::new(0, 0, 0, ".")], &[], |_| 0), []);
}

/// RFC 5321 section 6.3, however the message is cut.
#[test]
fn received_fields_are_counted() {
    let message = b"RECEIVED: a\r\n\tReceived: folded\r\nX-Received: x\r\nReceived : b\r\nreceived:c\n\
                    Received:\r\n\r\nReceived: body\r\n";
    for first in 0..message.len() {
        for second in first..message.len() {
            let mut counter = ReceivedCounter::new();
            for piece in [&message[..first], &message[first..second], &message[second..]] {
                counter.add(piece);
            }
            assert_eq!(counter.count(), 3);
        }
    }
    let mut counter = ReceivedCounter::new();
    (0..100).for_each(|_| counter.add(b"Received: x\r\n"));
    assert!(counter.is_loop(ReceivedCounter::LIMIT));
    assert!(!counter.is_loop(101));
}
