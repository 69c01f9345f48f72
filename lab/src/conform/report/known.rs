//! The file of `--known`: fails that are known, each with its reason.

use super::Check;
use crate::output::{Failure, Result};
use std::fs;
use std::path::Path;

/// The fails that are known.
#[derive(Debug, Default)]
pub(super) struct Known(Vec<(String, String)>);

impl Known {
    /// Reads a file: on each line the id of a check, white space, and the reason. Empty lines and lines that begin with `#` are skipped.
    pub(super) fn open<'a>(path: &Path, checks: impl Iterator<Item = &'a Check> + Clone) -> Result<Self> {
        let text = fs::read_to_string(path).map_err(|error| Failure::of(path.display(), error))?;
        Self::read(&text, checks).map_err(|error| Failure::of(path.display(), error))
    }

    pub(super) fn read<'a>(
        text: &str,
        checks: impl Iterator<Item = &'a Check> + Clone,
    ) -> std::result::Result<Self, String> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let read = |line: &str| {
            let (id, reason) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
            let shown = id.escape_debug();
            if !checks.clone().any(|check| check.id == id) {
                return Err(format!("no check is named {shown}"));
            }
            if reason.trim().is_empty() {
                return Err(format!("{shown} has no reason"));
            }
            Ok((id.to_owned(), reason.trim().to_owned()))
        };
        lines.map(read).collect::<std::result::Result<_, _>>().map(Self)
    }

    /// Why a fail of this check does not count.
    pub(super) fn reason(&self, id: &str) -> Option<String> {
        self.0.iter().find(|(known, _)| known == id).map(|(_, reason)| reason.clone())
    }
}
