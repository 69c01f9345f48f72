//! `smtp-lab`: tools for those who test mail software, in one program.

mod driver;
mod mock;
mod output;
mod signal;
mod tls;
mod watcher;

use clap::{Parser, Subcommand};
use output::Result;
use std::process::ExitCode;

/// Tools for those who test mail software: what they show is judged by the RFCs.
#[derive(Parser)]
#[command(name = "smtp-lab", version, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Mock(mock::Options),
}

fn run(command: Command) -> Result<u8> {
    match command {
        Command::Mock(options) => runtime()?.block_on(mock::run(options)).map(|()| 0),
    }
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(status) => ExitCode::from(status),
        Err(failure) => {
            eprintln!("smtp-lab: {failure}");
            ExitCode::from(2)
        }
    }
}
