//! The values that are stored as a list of strings.

use crate::syntax::{Capabilities, Extension, Extensions};
use alloc::string::String;
use alloc::vec::Vec;
use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, Serializer};

impl Serialize for Extensions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Extensions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<Extension>::deserialize(deserializer)?.into_iter().collect())
    }
}

impl Serialize for Capabilities {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // An ehlo-line is ASCII.
        serializer.collect_seq(self.ehlo_lines().map(|line| core::str::from_utf8(line).unwrap_or_default()))
    }
}

impl<'de> Deserialize<'de> for Capabilities {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let lines = Vec::<String>::deserialize(deserializer)?;
        lines.iter().try_fold(Self::new(), |list, line| list.with_line(line).map_err(D::Error::custom))
    }
}
