//! The hosts to try for a domain, and the order of their addresses (RFC 5321 sections 5.1 and 5.2, RFC 7505).

use crate::syntax::{EnhancedCode, Host, Reply, ReplyCode};
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The way to reach the host of a mailbox.
///
/// ```
/// use smtp_core::routing::Destination;
/// use smtp_core::syntax::Host;
///
/// let destination = |host| Host::new(host).map(Destination::of);
/// assert_eq!(destination("example.net")?, Destination::Lookup("example.net"));
/// assert_eq!(destination("[192.0.2.1]")?, Destination::Address([192, 0, 2, 1].into()));
/// assert_eq!(destination("localhost")?, Destination::Loopback);
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Destination<'a> {
    /// Look up the MX records of this domain and pass the answer to [`next_hops`]. The name has no final dot.
    ///
    /// If the answer is a CNAME record, look up its target instead ([RFC 5321 section
    /// 5.1](https://www.rfc-editor.org/rfc/rfc5321#section-5.1)).
    Lookup(&'a str),
    /// Connect to this address. An address literal needs no lookup.
    Address(IpAddr),
    /// Deliver on this machine: `localhost` and the names below it are not in the DNS ([RFC 6761 section
    /// 6.3](https://www.rfc-editor.org/rfc/rfc6761#section-6.3)), and a mailbox without a domain belongs to this
    /// machine.
    Loopback,
}

impl<'a> Destination<'a> {
    /// Returns the way to reach a host.
    #[must_use]
    pub fn of(host: Host<'a>) -> Self {
        match host {
            Host::Domain(domain) => {
                let name = without_final_dot(domain.as_str());
                if is_localhost(name) { Self::Loopback } else { Self::Lookup(name) }
            }
            Host::Literal(literal) => Self::Address(literal.ip()),
            Host::Text(_) => Self::Loopback,
        }
    }
}

/// One MX record.
///
/// ```
/// use smtp_core::routing::Mx;
///
/// let mx = Mx::new(10, "mx.example.net.");
/// assert_eq!((mx.preference, mx.exchange), (10, "mx.example.net."));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Mx<'a> {
    /// The preference. Lower numbers are tried first.
    pub preference: u16,
    /// The name of the host, with or without its final dot. A single `.` means that the domain accepts no mail ([RFC
    /// 7505](https://www.rfc-editor.org/rfc/rfc7505)).
    pub exchange: &'a str,
}

impl<'a> Mx<'a> {
    /// Creates a record.
    #[must_use]
    pub const fn new(preference: u16, exchange: &'a str) -> Self {
        Self { preference, exchange }
    }
}

/// The answer of the DNS to the query for MX records.
///
/// ```
/// use smtp_core::routing::{Mx, MxAnswer, RelayNames, Unroutable, next_hops};
///
/// let null = [Mx::new(0, ".")];
/// let hops = |answer| next_hops("example.net", answer, RelayNames::default(), |_| 0);
/// assert_eq!(hops(MxAnswer::Records(&[])).unwrap(), ["example.net"]);
/// assert_eq!(hops(MxAnswer::Records(&null)), Err(Unroutable::NullMx));
/// assert_eq!(hops(MxAnswer::NoSuchDomain), Err(Unroutable::NoSuchDomain));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MxAnswer<'r, 'a> {
    /// The domain exists and has these records. If there are none, the domain is its own host, as if it had one record
    /// with its own name.
    Records(&'r [Mx<'a>]),
    /// The domain does not exist.
    NoSuchDomain,
    /// The query could not be answered now.
    Failed,
}

/// The names of the relay that looks for a next hop. `localhost` is always one of them. Hosts with the same or a higher
/// preference number than the relay itself are not tried, so that mail does not loop ([RFC 5321 section
/// 5.1](https://www.rfc-editor.org/rfc/rfc5321#section-5.1)). A client that is not an exchange of the domain passes an
/// empty list.
///
/// ```
/// use smtp_core::routing::{Mx, MxAnswer, RelayNames, next_hops};
///
/// // The second exchange of the domain passes mail on to the first only.
/// let names = ["mx1.example", "mx2.example", "mx3.example"];
/// let records = [Mx::new(10, names[0]), Mx::new(20, names[1]), Mx::new(30, names[2])];
/// let relay = RelayNames(&["mx2.example"]);
/// let hops = next_hops("example", MxAnswer::Records(&records), relay, |_| 0);
/// assert_eq!(hops.unwrap(), ["mx1.example"]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "a list of names")]
pub struct RelayNames<'a>(pub &'a [&'a str]);

impl RelayNames<'_> {
    fn has(self, name: &str) -> bool {
        is_localhost(name) || self.0.iter().any(|own| without_final_dot(own).eq_ignore_ascii_case(name))
    }
}

/// The reason why there is no host to try ([RFC 5321 section
/// 5.1](https://www.rfc-editor.org/rfc/rfc5321#section-5.1)).
///
/// ```
/// use smtp_core::routing::Unroutable;
///
/// assert!(Unroutable::NullMx.is_permanent());
/// assert_eq!(Unroutable::NullMx.reply().to_string(), "556 5.1.10 Domain does not accept mail");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Unroutable {
    /// The domain does not exist.
    #[error("the domain does not exist")]
    NoSuchDomain,
    /// The DNS did not answer. Try again later.
    #[error("the lookup failed")]
    LookupFailed,
    /// The domain declares that it accepts no mail ([RFC 7505 section
    /// 3](https://www.rfc-editor.org/rfc/rfc7505#section-3)).
    #[error("the domain takes no mail")]
    NullMx,
    /// There are MX records, but none of them names a host.
    #[error("no record names a usable host")]
    NoUsableHost,
    /// The relay itself is the most preferred host, so the mail would loop back to it.
    #[error("the mail would come back to this host")]
    LoopsBack,
}

impl Unroutable {
    /// Returns the reply with this reason, for a client or for a report to the sender.
    #[must_use]
    pub const fn reply(self) -> Reply<'static> {
        use {EnhancedCode as E, ReplyCode as C};
        match self {
            Self::NoSuchDomain => {
                Reply::fixed(C::MAILBOX_UNAVAILABLE, E::BAD_DESTINATION_SYSTEM, "Domain does not exist")
            }
            Self::LookupFailed => {
                Reply::fixed(C::LOCAL_ERROR, E::TRANSIENT_LOOKUP_FAILURE, "Cannot look up the domain now")
            }
            Self::NullMx => {
                Reply::fixed(C::DOMAIN_DOES_NOT_ACCEPT_MAIL, E::RECIPIENT_NULL_MX, "Domain does not accept mail")
            }
            Self::NoUsableHost => Reply::fixed(C::MAILBOX_UNAVAILABLE, E::UNABLE_TO_ROUTE, "No host for the domain"),
            Self::LoopsBack => Reply::fixed(C::TRANSACTION_FAILED, E::ROUTING_LOOP, "Mail loops back to this host"),
        }
    }

    /// Returns `true` if the same lookup will fail again later.
    #[must_use]
    pub const fn is_permanent(self) -> bool {
        !matches!(self, Self::LookupFailed)
    }
}

/// Returns the hosts to try for a domain, the first one first ([RFC 5321 section
/// 5.1](https://www.rfc-editor.org/rfc/rfc5321#section-5.1)). Their names have no final dot.
///
/// - Hosts with a lower preference come first. Hosts with the same preference are shuffled: `random(n)` must return a
///   number below `n`.
/// - If there is no record, the domain is its own host.
/// - The relay itself, and the hosts that are not preferred to it, are omitted: see [`RelayNames`].
/// - Records that name no host are omitted: an empty name, an IP address, or a single dot among other records ([RFC
///   7505 section 3](https://www.rfc-editor.org/rfc/rfc7505#section-3) allows it only alone).
///
/// Look up the addresses of each host with A and AAAA queries. A host name that has only a CNAME record is outside the
/// scope of the standard; report [`HostFailure::NoAddress`](super::HostFailure::NoAddress) if there is no address.
///
/// # Errors
/// Returns [`Unroutable`] if there is no host to try.
#[doc(alias = "MX")]
pub fn next_hops<'a>(
    domain: &'a str,
    answer: MxAnswer<'_, 'a>,
    relay: RelayNames<'_>,
    mut random: impl FnMut(usize) -> usize,
) -> Result<Vec<&'a str>, Unroutable> {
    let records = match answer {
        MxAnswer::NoSuchDomain => return Err(Unroutable::NoSuchDomain),
        MxAnswer::Failed => return Err(Unroutable::LookupFailed),
        MxAnswer::Records([Mx { exchange: ".", .. }]) => return Err(Unroutable::NullMx),
        MxAnswer::Records(records) => records,
    };
    let implicit = [Mx::new(0, domain)];
    let mut hosts: Vec<Mx<'a>> = if records.is_empty() { &implicit[..] } else { records }
        .iter()
        .map(|mx| Mx::new(mx.preference, without_final_dot(mx.exchange)))
        .filter(|mx| !mx.exchange.is_empty() && mx.exchange.parse::<IpAddr>().is_err())
        .collect();
    if hosts.is_empty() {
        return Err(Unroutable::NoUsableHost);
    }
    if let Some(own) = hosts.iter().filter(|mx| relay.has(mx.exchange)).map(|mx| mx.preference).min() {
        hosts.retain(|mx| mx.preference < own);
        if hosts.is_empty() {
            return Err(Unroutable::LoopsBack);
        }
    }
    hosts.sort_by_key(|mx| mx.preference);
    for equal in hosts.chunk_by_mut(|one, other| one.preference == other.preference) {
        shuffle(equal, &mut random);
    }
    Ok(hosts.iter().map(|mx| mx.exchange).collect())
}

/// Swaps each element with one of those up to it, so that every order has the same probability.
pub(super) fn shuffle<T>(list: &mut [T], random: &mut impl FnMut(usize) -> usize) {
    for last in (1..list.len()).rev() {
        let below = last.saturating_add(1);
        list.swap(last, random(below).checked_rem(below).unwrap_or_default());
    }
}

/// The address families to try, and the family to try first ([RFC 5321 section
/// 5.2](https://www.rfc-editor.org/rfc/rfc5321#section-5.2)).
///
/// ```
/// use smtp_core::routing::{Families, addresses};
///
/// let (v4, v6) = (["192.0.2.1".parse()?], ["2001:db8::1".parse()?]);
/// assert!(addresses(&v4, &v6, Families::default()).next().unwrap().is_ipv6());
/// assert_eq!(addresses(&v4, &v6, Families::Ipv4Only).count(), 1);
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Families {
    /// Both in turn, IPv6 first. With two addresses, an attempt then also reaches a host that one family cannot reach.
    #[default]
    Ipv6First,
    /// Both in turn, IPv4 first.
    Ipv4First,
    /// IPv6 only.
    Ipv6Only,
    /// IPv4 only.
    Ipv4Only,
}

/// Returns the addresses of a host in the order to try them.
///
/// Within a family the order of the resolver is kept ([RFC 5321 section
/// 5.1](https://www.rfc-editor.org/rfc/rfc5321#section-5.1)). The two families alternate. Addresses that are not those
/// of a host are omitted: 0.0.0.0, ::, broadcast and multicast.
///
/// ```
/// use smtp_core::routing::{Families, addresses};
/// use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
///
/// let v4 = [Ipv4Addr::new(192, 0, 2, 1), Ipv4Addr::new(192, 0, 2, 2)];
/// let v6 = ["2001:db8::1".parse::<Ipv6Addr>()?];
/// let order: Vec<_> = addresses(&v4, &v6, Families::Ipv6First).collect();
/// assert_eq!(order, [v6[0].into(), IpAddr::from(v4[0]), v4[1].into()]);
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
pub fn addresses<'a>(v4: &'a [Ipv4Addr], v6: &'a [Ipv6Addr], families: Families) -> impl Iterator<Item = IpAddr> + 'a {
    let mut v4 = v4.iter().filter(|one| !one.is_unspecified() && !one.is_broadcast() && !one.is_multicast());
    let mut v6 = v6.iter().filter(|one| !one.is_unspecified() && !one.is_multicast());
    let mut next_is_v6 = matches!(families, Families::Ipv6First | Families::Ipv6Only);
    let (use_v4, use_v6) = (families != Families::Ipv6Only, families != Families::Ipv4Only);
    core::iter::from_fn(move || {
        let mut take = |of_v6: bool| match of_v6 {
            true if use_v6 => v6.next().map(|one| IpAddr::V6(*one)),
            false if use_v4 => v4.next().map(|one| IpAddr::V4(*one)),
            _ => None,
        };
        let this = next_is_v6;
        next_is_v6 = !this;
        take(this).or_else(|| take(!this))
    })
}

fn without_final_dot(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

/// Returns `true` for `localhost` and the names below it (RFC 6761 section 6.3).
fn is_localhost(name: &str) -> bool {
    name.rsplit('.').next().is_some_and(|label| label.eq_ignore_ascii_case("localhost"))
}
