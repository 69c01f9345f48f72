//! The stored form of an offer: what a session keeps of a reply to EHLO, with a name for each value.

use super::offer::MechanismBits;
use super::over_limit::Declared;
use super::{Limits, Offer};
use crate::syntax::{DateTime, Extensions, Mechanism};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, Serializer};

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(rename = "Offer")]
struct Form {
    extensions: Extensions,
    #[serde(default)]
    size: Option<u64>,
    #[serde(default)]
    limits: Limits,
    /// FUTURERELEASE: seconds, and microseconds since 1970.
    #[serde(default)]
    hold_for: Option<u32>,
    #[serde(default)]
    hold_until: Option<DateTime>,
    /// DELIVERBY, in seconds.
    #[serde(default)]
    by_time: Option<u32>,
    /// BURL: any IMAP URL with URLAUTH, and others.
    #[serde(default)]
    imap: bool,
    #[serde(default)]
    imap_host: bool,
    /// AUTH: those that [`Mechanism::COMMON`] has, and whether there were others.
    #[serde(default)]
    mechanisms: Vec<String>,
    #[serde(default)]
    other_mechanisms: bool,
}

impl Serialize for Offer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let declared = &self.declared;
        let is_offered = |bit: usize| declared.mechanisms >> bit & 1 == 1;
        let common = Mechanism::COMMON.iter().enumerate();
        let mechanisms = common.filter(|(bit, _)| is_offered(*bit)).map(|(_, name)| name.to_string()).collect();
        Form {
            extensions: self.extensions,
            size: self.size,
            limits: self.limits,
            hold_for: (declared.hold_for > 0).then_some(declared.hold_for),
            hold_until: (declared.hold_for > 0).then(|| time_of(declared.hold_until)),
            by_time: (declared.by_time > 0).then_some(declared.by_time),
            imap: declared.imap,
            imap_host: declared.imap_host,
            mechanisms,
            other_mechanisms: declared.other_mechanisms,
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Offer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let form = Form::deserialize(deserializer)?;
        let mut declared = Declared { imap: form.imap, imap_host: form.imap_host, ..Declared::default() };
        if let (Some(seconds), Some(until)) = (form.hold_for, form.hold_until) {
            declared.set_future_release(seconds, until);
        }
        declared.set_deliver_by(form.by_time);
        declared.other_mechanisms = form.other_mechanisms;
        for name in &form.mechanisms {
            match Mechanism::new(name).map_err(D::Error::custom)?.common() {
                Some(bit) => declared.mechanisms |= MechanismBits::from(true) << bit,
                None => declared.other_mechanisms = true,
            }
        }
        Ok(Self { extensions: form.extensions, size: form.size, limits: form.limits, declared })
    }
}

/// Returns the time in UTC of these microseconds since 1970.
fn time_of(microseconds: i64) -> DateTime {
    let (seconds, rest) = (microseconds.div_euclid(1_000_000), microseconds.rem_euclid(1_000_000));
    let nanosecond = u32::try_from(rest).unwrap_or_default().saturating_mul(1000);
    match DateTime::from_unix_seconds(seconds, 0) {
        Ok(time) => DateTime { nanosecond, ..time },
        // The first and the last hours of the calendar of RFC 3339 can be outside it in UTC.
        Err(_) if seconds < 0 => {
            DateTime { year: 0, month: 1, day: 1, hour: 0, minute: 0, second: 0, nanosecond: 0, offset: 0 }
        }
        Err(_) => DateTime { year: 9999, month: 12, day: 31, hour: 23, minute: 59, second: 59, nanosecond, offset: 0 },
    }
}
