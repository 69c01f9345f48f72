//! `smtp-lab`: tools for those who test mail software, in one program.

mod audit;
mod conform;
mod driver;
mod mock;
mod output;
mod proxy;
mod results;
mod send;
mod signal;
mod tls;
mod vectors;
mod watcher;

use clap::{Parser, Subcommand};
use output::Result;
use std::process::ExitCode;

const FIRST: &str = "\
To begin with:
  smtp-lab mock --http 127.0.0.1:8025        a server for tests, with a web page
  smtp-lab send --server 127.0.0.1:2525 --from joe@client.example --to ann@mx.example message.eml
  smtp-lab help mock                         more of each command";

/// Tools for those who test mail software: what they show is judged by the RFCs.
#[derive(Parser)]
#[command(name = "smtp-lab", version, propagate_version = true, max_term_width = 100, after_help = FIRST)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Mock(mock::Options),
    Audit(audit::Options),
    Conform(conform::Options),
    Proxy(proxy::Options),
    Results(results::Options),
    Send(send::Options),
    Vectors(vectors::Options),
}

fn run(command: Command) -> Result<u8> {
    match command {
        Command::Audit(options) => audit::run(&options),
        Command::Conform(options) => conform::run(options),
        Command::Results(options) => results::run(&options),
        Command::Vectors(options) => vectors::run(&options),
        Command::Send(options) => runtime()?.block_on(send::run(options)),
        Command::Proxy(options) => runtime()?.block_on(proxy::run(options)).map(|()| 0),
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
