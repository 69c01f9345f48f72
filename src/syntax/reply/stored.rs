//! The stored form of a reply: its codes, and its text with a line feed between the lines. The line alone would not say
//! whether an enhanced code belongs to the text.

use super::{Reply, ReplyBuf, write_text};
use crate::syntax::{EnhancedCode, ReplyCode};
use alloc::string::String;
use alloc::vec::Vec;
use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, Serializer};

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(rename = "Reply")]
struct Form {
    code: ReplyCode,
    #[serde(default)]
    enhanced: Option<EnhancedCode>,
    text: String,
}

impl Serialize for Reply<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = Vec::new();
        for (at, line) in self.lines().enumerate() {
            if at > 0 {
                text.push(b'\n');
            }
            write_text(line, &mut text);
        }
        let text = String::from_utf8_lossy(&text).into_owned();
        Form { code: self.code, enhanced: self.enhanced, text }.serialize(serializer)
    }
}

impl Serialize for ReplyBuf {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_reply().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ReplyBuf {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Form { code, enhanced, text } = Form::deserialize(deserializer)?;
        Reply::new(code, enhanced, &text).map(Self::from).map_err(D::Error::custom)
    }
}
