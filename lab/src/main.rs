//! smtp-lab: tools for those who test mail software.
#[allow(dead_code)]
mod driver;
fn main() {}
