//! `smtp-lab conform`: testers that say clause by clause what a server does wrong.

mod report;
mod server;

use crate::output::Result;
use clap::Subcommand;

/// Test a server, clause by clause.
#[derive(clap::Args, Debug)]
pub(crate) struct Options {
    #[command(subcommand)]
    tester: Tester,
}

#[derive(Subcommand, Debug)]
enum Tester {
    Server(server::Options),
}

pub(crate) fn run(options: Options) -> Result<u8> {
    match options.tester {
        Tester::Server(options) => server::run(options),
    }
}
