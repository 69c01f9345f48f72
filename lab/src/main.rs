//! `smtp-lab`: tools for those who test mail software, in one program.

mod audit;
mod conform;
mod driver;
mod mock;
mod output;
mod proxy;
mod record;
mod results;
mod send;
mod signal;
mod tls;
mod vectors;
mod watcher;

use clap::{Parser, Subcommand};
use output::{Failure, Result, complain};
use smtp_testkit::recording::readable;
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
    let built = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    built.map_err(|error| Failure::of("cannot start", error))
}

/// Tells what is wrong with the arguments, in one line. Help and version are answers, and are printed as they are.
fn usage(error: &clap::Error) -> ExitCode {
    use clap::error::ErrorKind as Kind;
    if matches!(error.kind(), Kind::DisplayHelp | Kind::DisplayVersion | Kind::DisplayHelpOnMissingArgumentOrSubcommand)
    {
        drop(error.print());
        return if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS };
    }
    let text = error.render().to_string();
    let paragraphs = text.split("\n\n").map(str::trim);
    let told = paragraphs.take_while(|part| !part.starts_with("Usage:") && !part.starts_with("For more information"));
    let lines = told.map(|part| part.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>().join("; ");
    complain(readable(lines.trim_start_matches("error: ").as_bytes()));
    ExitCode::from(2)
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
    };
    match run(arguments.command) {
        Ok(status) => ExitCode::from(status),
        Err(Failure::ClosedPipe) => ExitCode::SUCCESS,
        Err(Failure::Told(why)) => {
            complain(why);
            ExitCode::from(2)
        }
    }
}
