//! Benchmarks beside the peers: ours, helm, kubectl and the bare API in one run, printed as ratios.
//! It never judges by the clock of one machine: an aim is met by a ratio, a size or a number of bytes.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is a command, and these lines are its output")]

mod aims;
mod api;
mod growth;
mod list;
mod measure;
mod mysql;
mod options;
mod peers;
mod proxy;
mod render;
mod table;
mod world;

use std::process::ExitCode;

use options::{Options, USAGE};
use table::Table;
use world::World;

/// Why a measurement could not be taken.
type Error = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("error: {error}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(&options) {
        Ok(table) => {
            if options.json {
                println!("{:#}", table.to_json(&aims::judge(&table)));
            } else {
                println!("{table}");
                aims::judge(&table).iter().for_each(|verdict| println!("{verdict}"));
            }
            if options.debug {
                eprintln!("warning: this was the debug build of kubectl-ku8; its numbers mean nothing");
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Takes every measurement, one after the other: two at once would only measure each other.
fn run(options: &Options) -> Result<Table, Error> {
    let world = World::create(options)?;
    let mut table = Table::default();
    let say = |what: &str| eprintln!("measuring {what}");
    say("one render");
    render::measure(&world, options, &mut table)?;
    say("one MySQL against the cluster");
    mysql::measure(&world, options, &mut table)?;
    say("growth with the number of objects");
    growth::measure(&world, options, &mut table)?;
    say("lists");
    list::measure(&world, options, &mut table)?;
    Ok(table)
}
