//! The submission servers of a domain, for a mail program (RFC 6186, RFC 8314 section 5.1).

use super::next_hop::shuffle;
use alloc::vec::Vec;

/// One SRV record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Srv<'a> {
    /// The priority. Lower numbers are tried first.
    pub priority: u16,
    /// The weight. Among records with the same priority, one with a higher weight is chosen more often.
    pub weight: u16,
    /// The port.
    pub port: u16,
    /// The name of the host, with or without its final dot. A single `.` means that the service is not offered.
    pub target: &'a str,
}

impl<'a> Srv<'a> {
    /// Creates a record.
    #[must_use]
    pub const fn new(priority: u16, weight: u16, port: u16, target: &'a str) -> Self {
        Self { priority, weight, port, target }
    }
}

/// The way a submission server uses TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SubmissionSecurity {
    /// TLS from the first octet: `_submissions._tcp`, usually port 465 (RFC 8314 section 3.3).
    ImplicitTls,
    /// STARTTLS: `_submission._tcp`, usually port 587. RFC 8314 section 4.1 deprecates cleartext servers, so require TLS
    /// here too.
    StartTls,
}

/// A submission server to try.
///
/// ```
/// use smtp_core::routing::{Srv, SubmissionSecurity, submission_servers};
///
/// let servers = submission_servers(&[], &[Srv::new(0, 1, 587, "smtp.example.net.")], |below| below - 1);
/// assert_eq!((servers[0].host, servers[0].port), ("smtp.example.net", 587));
/// assert_eq!(servers[0].security, SubmissionSecurity::StartTls);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct SubmissionServer<'a> {
    /// The name of the host, without a final dot.
    pub host: &'a str,
    /// The port.
    pub port: u16,
    /// The way it uses TLS.
    pub security: SubmissionSecurity,
}

/// Returns the submission servers to try, the first one first.
///
/// `implicit` are the records of `_submissions._tcp.DOMAIN`, `starttls` those of `_submission._tcp.DOMAIN`. All servers
/// with implicit TLS come before those with STARTTLS (RFC 8314 section 3.3 prefers it). Each group is in the order of
/// RFC 2782: lower priorities first, and records with the same priority in a random order by weight. `random(n)` must
/// return a number below `n`.
///
/// The records come from the DNS and may be forged: check the certificate of the server against the domain, or ask the
/// user (RFC 8314 section 5.1, RFC 6186 section 6).
///
/// ```
/// use smtp_core::routing::{Srv, SubmissionSecurity, submission_servers};
///
/// let servers = submission_servers(
///     &[Srv::new(0, 1, 465, "smtp.example.net.")],
///     &[Srv::new(0, 1, 587, "smtp.example.net.")],
///     |below| below - 1,
/// );
/// assert_eq!(servers[0].security, SubmissionSecurity::ImplicitTls);
/// assert_eq!((servers[1].host, servers[1].port), ("smtp.example.net", 587));
/// ```
#[must_use]
pub fn submission_servers<'a>(
    implicit: &[Srv<'a>],
    starttls: &[Srv<'a>],
    mut random: impl FnMut(usize) -> usize,
) -> Vec<SubmissionServer<'a>> {
    let mut servers = Vec::new();
    for (records, security) in [(implicit, SubmissionSecurity::ImplicitTls), (starttls, SubmissionSecurity::StartTls)] {
        for Srv { port, target, .. } in in_order(records, &mut random) {
            let host = target.strip_suffix('.').unwrap_or(target);
            if !host.is_empty() {
                servers.push(SubmissionServer { host, port, security });
            }
        }
    }
    servers
}

/// Returns the records in the order of RFC 2782.
fn in_order<'a>(records: &[Srv<'a>], random: &mut impl FnMut(usize) -> usize) -> Vec<Srv<'a>> {
    let mut records = records.to_vec();
    shuffle(&mut records, random);
    // RFC 2782: records with weight 0 come first, so that they have a small chance to be chosen before others.
    records.sort_by_key(|srv| (srv.priority, srv.weight != 0));
    for equal in records.chunk_by_mut(|one, other| one.priority == other.priority) {
        let mut left = equal;
        while left.len() > 1 {
            let sum: usize = left.iter().map(|srv| usize::from(srv.weight)).fold(0, usize::saturating_add);
            let below = sum.saturating_add(1);
            let mut draw = random(below).checked_rem(below).unwrap_or_default();
            let drawn = left.iter().position(|srv| {
                let weight = usize::from(srv.weight);
                let found = weight >= draw;
                draw = draw.saturating_sub(weight);
                found
            });
            if let Some(head) = left.get_mut(..=drawn.unwrap_or_default()) {
                head.rotate_right(1);
            }
            left = left.get_mut(1..).unwrap_or_default();
        }
    }
    records
}
