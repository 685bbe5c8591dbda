//! `cargo playground`: a cluster to try things in, until Ctrl-C; with `--detach` until `--stop FOLDER`.
//! It never touches a cluster or a kubeconfig that it did not make.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is a command, and these lines are its output")]

use std::path::Path;
use std::process::ExitCode;

use playground::{Binaries, Cluster, Error};

const USAGE: &str = "usage: cargo playground [--detach | --stop FOLDER]";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let result = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => run(),
        ["--detach"] => detach(),
        ["--stop", folder] => playground::stop(Path::new(folder)),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Starts a cluster and holds it until Ctrl-C.
fn run() -> Result<(), Error> {
    let cluster = start()?;
    println!("export KUBECONFIG={}", cluster.kubeconfig().display());
    eprintln!("paste that line into another terminal; Ctrl-C here ends the cluster");
    wait_for_ctrl_c();
    drop(cluster);
    eprintln!("\nthe cluster is gone");
    Ok(())
}

/// Starts a cluster and leaves it running.
fn detach() -> Result<(), Error> {
    let cluster = start()?;
    println!("export KUBECONFIG={}", cluster.kubeconfig().display());
    let folder = cluster.keep();
    eprintln!("the cluster stays up; end it with\n  cargo playground --stop {}", folder.display());
    Ok(())
}

fn start() -> Result<Cluster, Error> {
    let mut progress = |line: &str| eprintln!("{line}");
    let binaries = Binaries::find_or_build(&mut progress)?;
    Cluster::start(&binaries, &mut progress)
}

/// Returns on Ctrl-C. Should the handler be impossible, the process is ended by the signal itself and the servers by
/// their leashes.
fn wait_for_ctrl_c() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
    if let Ok(runtime) = runtime
        && runtime.block_on(tokio::signal::ctrl_c()).is_ok()
    {
        return;
    }
    loop {
        std::thread::park();
    }
}
