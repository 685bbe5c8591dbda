//! Benchmarks beside the peers: ours, helm, kubectl and the bare API in one run, printed as ratios.
//! It never judges by the clock of one machine: an aim is met by a ratio, a size or a number of bytes.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is a command, and these lines are its output")]

mod aims;
mod api;
mod growth;
mod languages;
mod list;
mod measure;
mod mysql;
mod options;
mod peers;
mod proxy;
mod render;
mod requests;
mod table;
mod templates;
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
    let mut table = Table::default();
    let failures = run(&options, &mut table);
    let verdicts = aims::judge(&table);
    if options.json {
        println!("{:#}", table.to_json(&verdicts));
    } else {
        println!("{table}");
        for verdict in &verdicts {
            println!("{verdict}");
        }
    }
    if options.debug {
        eprintln!("warning: this was the debug build of kubectl-ku8; its numbers mean nothing");
    }
    for failure in &failures {
        eprintln!("error: {failure}");
    }
    if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Takes the measurements of one room.
type Measure = fn(&World, &Options, &mut Table) -> Result<(), Error>;

const MEASURES: &[(&str, Measure)] = &[
    ("one render", render::measure),
    ("every template", templates::measure),
    ("other languages", languages::measure),
    ("one MySQL against the cluster", mysql::measure),
    ("growth with the number of objects", growth::measure),
    ("lists", list::measure),
];

/// Takes every measurement, one after the other: two at once would only measure each other.
/// What fails is returned and does not keep the others from being taken.
fn run(options: &Options, table: &mut Table) -> Vec<String> {
    let world = match World::create(options) {
        Ok(world) => world,
        Err(error) => return vec![error.to_string()],
    };
    let mut failures = Vec::new();
    for (what, measure) in MEASURES.iter().filter(|(what, _)| options.wants(what)) {
        eprintln!("measuring {what}");
        if let Err(error) = measure(&world, options, table) {
            failures.push(format!("{what}: {error}"));
        }
    }
    failures
}
