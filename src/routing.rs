//! The next hop of a message, the time of the next attempt, and the detection of mail loops. Relays and mail programs
//! use it.
//!
//! All functions are pure: they look nothing up, open no connection, and read no clock. The caller queries the DNS and
//! passes the answers in.
//!
//! 1. [`Destination::of`] returns what to look up for the domain of a recipient.
//! 2. [`next_hops`] turns the MX records into the hosts to try, in order ([RFC 5321 section
//!    5.1](https://www.rfc-editor.org/rfc/rfc5321#section-5.1)).
//! 3. [`addresses`] puts the addresses of one host in order.
//! 4. [`Attempt`] collects the failures of the hosts, and returns what to do with the message.
//! 5. [`RetryPolicy`] returns the time until the next attempt (RFC 5321 section 4.5.4.1).
//!
//! [`submission_servers`] does for a mail program what [`next_hops`] does for a relay ([RFC
//! 6186](https://www.rfc-editor.org/rfc/rfc6186), [RFC 8314](https://www.rfc-editor.org/rfc/rfc8314)), and
//! [`ReceivedCounter`] detects mail loops (RFC 5321 section 6.3).
//!
//! ```
//! use smtp_core::routing::{Destination, Mx, MxAnswer, RelayNames, next_hops};
//! use smtp_core::syntax::Mailbox;
//!
//! let recipient = Mailbox::new("ann@example.net")?;
//! let Destination::Lookup(domain) = Destination::of(recipient.host()) else { unreachable!() };
//! assert_eq!(domain, "example.net");
//!
//! // The MX records from the DNS, in any order.
//! let records = [Mx::new(20, "backup.example.net."), Mx::new(10, "mx.example.net.")];
//! let random = |below: usize| below - 1; // in real use: a random number below `below`
//! let answer = MxAnswer::Records(&records);
//! let hosts = next_hops(domain, answer, RelayNames(&["relay.example"]), random)?;
//! assert_eq!(hosts, ["mx.example.net", "backup.example.net"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod attempt;
mod next_hop;
mod received;
mod retry;
mod submission;

pub use attempt::{Attempt, HostFailure, Next};
pub use next_hop::{Destination, Families, Mx, MxAnswer, RelayNames, Unroutable, addresses, next_hops};
pub use received::ReceivedCounter;
pub use retry::RetryPolicy;
pub use submission::{Srv, SubmissionSecurity, SubmissionServer, submission_servers};
