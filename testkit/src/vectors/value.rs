//! The kinds that are one value: domain, literal, address, path, xtext.

use super::vector::{Outcome, Report, Vector, shown};
use serde_json::{Value, json};
use smtp_core::syntax::{AddressLiteral, Domain, ForwardPath, Host, Mailbox, Path, ReversePath, Xtext};
use std::net::IpAddr;

pub(crate) fn domain(vector: &Vector) -> Report {
    let domain = Domain::parse(vector.input(), vector.grammar());
    Outcome::from(domain.map(|domain| shown(domain.as_bytes()))).into()
}

pub(crate) fn literal(vector: &Vector) -> Report {
    let literal = AddressLiteral::parse(vector.input(), vector.grammar());
    Outcome::from(literal.map(literal_value)).into()
}

pub(crate) fn address(vector: &Vector) -> Report {
    let mailbox = Mailbox::parse(vector.input(), vector.grammar());
    Outcome::from(mailbox.map(|mailbox| with_mailbox(json!({}), mailbox))).into()
}

pub(crate) fn path(vector: &Vector) -> Report {
    let (input, grammar) = (vector.input(), vector.grammar());
    let reverse = || ReversePath::parse(input, grammar).map(reverse_path_value);
    let forward = || ForwardPath::parse(input, grammar).map(forward_path_value);
    let path = match vector.text("context") {
        Some("reverse") => reverse(),
        Some("forward") => forward(),
        // Either is right if the vector does not say which.
        _ => reverse().or_else(|_| forward()),
    };
    Outcome::from(path).into()
}

pub(crate) fn xtext(vector: &Vector) -> Report {
    let xtext = Xtext::parse(vector.input(), vector.grammar());
    Outcome::from(xtext.map(|xtext| shown(xtext.decode().collect::<Vec<_>>()))).into()
}

pub(crate) fn reverse_path_value(path: ReversePath<'_>) -> Value {
    match path {
        ReversePath::Null => json!({ "null": true }),
        ReversePath::Path(path) => path_value(path),
    }
}

pub(crate) fn forward_path_value(path: ForwardPath<'_>) -> Value {
    match path {
        ForwardPath::Postmaster => json!({ "postmaster": true }),
        ForwardPath::Path(path) => path_value(path),
    }
}

/// Adds the field `domain`, `literal` or `name`.
pub(crate) fn with_host(mut object: Value, host: Host<'_>) -> Value {
    match host {
        Host::Domain(domain) => object["domain"] = shown(domain.as_bytes()),
        Host::Literal(literal) => object["literal"] = literal_value(literal),
        Host::Text(text) => object["name"] = shown(text.as_bytes()),
    }
    object
}

fn path_value(path: Path<'_>) -> Value {
    let hops = path.route().hops().map(|hop| shown(hop.as_bytes()));
    with_mailbox(json!({ "route": hops.collect::<Vec<_>>() }), path.mailbox())
}

fn with_mailbox(mut object: Value, mailbox: Mailbox<'_>) -> Value {
    let local_part = mailbox.local_part();
    object["local"] = shown(local_part.content().collect::<Vec<_>>());
    object["quoted"] = json!(local_part.is_quoted());
    // Without a domain none of these fields is present.
    if mailbox.host().is_named() { with_host(object, mailbox.host()) } else { object }
}

fn literal_value(literal: AddressLiteral<'_>) -> Value {
    let (family, octets) = match literal.ip() {
        IpAddr::V4(ip) => ("ipv4", ip.octets().to_vec()),
        IpAddr::V6(ip) => ("ipv6", ip.octets().to_vec()),
    };
    let hex: String = octets.iter().map(|octet| format!("{octet:02x}")).collect();
    json!({ "family": family, "hex": hex })
}
