//! `smtp-lab conform`: testers that say clause by clause what a program does wrong.

#[allow(dead_code, reason = "the testers use it")]
mod report;
