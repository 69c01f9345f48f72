//! `smtp-lab conform`: testers that say clause by clause what a program does wrong.

mod client;
#[allow(dead_code, reason = "the testers use it")]
mod report;

use crate::output::Result;
use clap::Subcommand;

/// Say clause by clause what a client does wrong.
#[derive(clap::Args, Debug)]
#[command(arg_required_else_help = true)]
pub(crate) struct Options {
    #[command(subcommand)]
    tester: Tester,
}

#[derive(Subcommand, Debug)]
enum Tester {
    Client(client::Options),
}

pub(crate) async fn run(options: Options) -> Result<u8> {
    match options.tester {
        Tester::Client(options) => client::run(options).await,
    }
}
