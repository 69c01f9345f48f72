//! The limits that a server declares with LIMITS (RFC 9422), as far as checks play with them.

use super::super::report::Verdict;
use super::play::Ended;

/// A limit above this is not tried out.
const MOST: usize = 1000;

/// How often steps are played that a limit counts. Without a valid value there is no such limit: a client ignores it.
pub(super) fn count(parameters: Option<&str>, limit: &str) -> Result<usize, Ended> {
    let declared = pairs(parameters.unwrap_or_default())
        .find_map(|(name, value)| (name.eq_ignore_ascii_case(limit) && is_count(value)).then(|| value.parse().ok())?);
    match declared {
        None => Err((Verdict::NotOffered, format!("the server declares no {limit}"))),
        Some(count) if count > MOST => {
            Err((Verdict::Inconclusive, format!("{limit}={count}: limits above {MOST} are not tried")))
        }
        Some(count) => Ok(count),
    }
}

/// Fails if a limit has no name, or a registered one has a value that is not one to six digits without a zero before them.
pub(super) fn judge(parameters: &str) -> Result<(), Ended> {
    let is_registered = |name: &str| {
        ["MAILMAX", "RCPTMAX", "RCPTDOMAINMAX"].iter().any(|registered| registered.eq_ignore_ascii_case(name))
    };
    let is_right = |(name, value): &(&str, &str)| {
        let is_name = !name.is_empty() && name.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_'));
        let is_value = value.bytes().all(|c| c.is_ascii_graphic() && c != b';');
        is_name && is_value && (!is_registered(name) || is_count(value))
    };
    match pairs(parameters).find(|pair| !is_right(pair)) {
        Some((name, value)) => Err((Verdict::Fail, format!("LIMITS {}={}", name.escape_debug(), value.escape_debug()))),
        None => Ok(()),
    }
}

fn pairs(parameters: &str) -> impl Iterator<Item = (&str, &str)> {
    parameters.split_ascii_whitespace().map(|word| word.split_once('=').unwrap_or((word, "")))
}

fn is_count(value: &str) -> bool {
    matches!(value.len(), 1..=6) && !value.starts_with('0') && value.bytes().all(|digit| digit.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The value syntax of the registry: `%x31-39 0*5DIGIT`.
    #[test]
    fn forms() {
        for right in ["MAILMAX=1", "RCPTMAX=999999 MAILMAX=20", "X-LUNCH=a:b", "X-LUNCH", "rcptdomainmax=5"] {
            assert_eq!(judge(right), Ok(()), "{right}");
        }
        for wrong in ["MAILMAX=0", "RCPTMAX=0100", "RCPTMAX=1000000", "RCPTMAX=many", "RCPTMAX", "=5", "X=a;b", "A.B=1"]
        {
            assert!(matches!(judge(wrong), Err((Verdict::Fail, _))), "{wrong}");
        }
    }

    #[test]
    fn counts() {
        assert_eq!(count(Some("MAILMAX=20 RcptMax=100"), "RCPTMAX"), Ok(100));
        for (parameters, verdict) in [
            (None, Verdict::NotOffered),
            (Some("MAILMAX=20"), Verdict::NotOffered),
            (Some("RCPTMAX=0"), Verdict::NotOffered),
            (Some("RCPTMAX=5000"), Verdict::Inconclusive),
        ] {
            assert_eq!(count(parameters, "RCPTMAX").map_err(|(verdict, _)| verdict), Err(verdict), "{parameters:?}");
        }
    }
}
