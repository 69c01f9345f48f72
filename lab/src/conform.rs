//! `smtp-lab conform`: testers that say clause by clause what a program does wrong.

mod client;
mod report;
mod server;

use crate::output::Result;
use clap::Subcommand;

/// Test a server or a client, clause by clause.
#[derive(clap::Args, Debug)]
pub(crate) struct Options {
    #[command(subcommand)]
    tester: Tester,
}

#[derive(Subcommand, Debug)]
enum Tester {
    Client(client::Options),
    Server(server::Options),
}

pub(crate) fn run(options: Options) -> Result<u8> {
    match options.tester {
        Tester::Client(options) => crate::runtime()?.block_on(client::run(options)),
        Tester::Server(options) => server::run(options),
    }
}
