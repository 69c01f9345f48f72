//! The values of the parameters that set a condition for the delivery: BY, a deadline (RFC 2852), and RRVS, since when the
//! recipient must have owned the mailbox (RFC 7293). `ParameterValue` holds them. Nothing here compares with a clock.

use crate::syntax::DateTime;

/// The deadline of delivery: `by-value` ([RFC 2852 section 4](https://www.rfc-editor.org/rfc/rfc2852#section-4)).
///
/// ```
/// use smtp_core::syntax::{DeliverByMode, ParameterName, ParameterValue, Parameters};
///
/// let parameters = Parameters::new("BY=120;R")?;
/// let Some(ParameterValue::By(by)) = parameters.find(ParameterName::By) else { panic!() };
/// assert_eq!((by.seconds, by.mode, by.trace), (120, DeliverByMode::Return, false));
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct DeliverBy {
    /// The seconds from now, up to nine digits. Zero or less is permitted only with [`DeliverByMode::Notify`].
    pub seconds: i32,
    /// The action after the deadline.
    pub mode: DeliverByMode,
    /// Whether relays that do not know the extension are reported.
    pub trace: bool,
}

/// The action on a message that was not delivered in time ([RFC 2852 section
/// 4](https://www.rfc-editor.org/rfc/rfc2852#section-4)).
///
/// ```
/// use smtp_core::syntax::{DeliverByMode, ParameterName, ParameterValue, Parameters};
///
/// let parameters = Parameters::new("BY=-60;N")?;
/// let Some(ParameterValue::By(by)) = parameters.find(ParameterName::By) else { panic!() };
/// assert_eq!(by.mode, DeliverByMode::Notify);
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DeliverByMode {
    /// N: the sender is notified and the delivery continues.
    Notify,
    /// R: the message is returned.
    Return,
}

/// The time since which the recipient must have owned the mailbox ([RFC 7293 section
/// 3.1](https://www.rfc-editor.org/rfc/rfc7293#section-3.1)).
///
/// ```
/// use smtp_core::syntax::{ParameterName, ParameterValue, Parameters};
///
/// let parameters = Parameters::new("RRVS=2014-04-03T23:01:00Z")?;
/// let Some(ParameterValue::Rrvs(rrvs)) = parameters.find(ParameterName::Rrvs) else { panic!() };
/// assert_eq!(rrvs.since.to_string(), "2014-04-03T23:01:00Z");
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Rrvs {
    /// The time.
    pub since: DateTime,
    /// The action of a relay that cannot pass the parameter on.
    pub action: RrvsAction,
}

/// The action of a relay if the next hop does not offer RRVS ([RFC 7293 section
/// 3.1](https://www.rfc-editor.org/rfc/rfc7293#section-3.1)).
///
/// ```
/// use smtp_core::syntax::{ParameterName, ParameterValue, Parameters, RrvsAction};
///
/// let parameters = Parameters::new("RRVS=2014-04-03T23:01:00Z;C")?;
/// let Some(ParameterValue::Rrvs(rrvs)) = parameters.find(ParameterName::Rrvs) else { panic!() };
/// assert_eq!(rrvs.action, RrvsAction::Continue);
/// # Ok::<(), smtp_core::syntax::SyntaxError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RrvsAction {
    /// C: continue without RRVS.
    Continue,
    /// R: reject the message. This is the default.
    #[default]
    Reject,
}
