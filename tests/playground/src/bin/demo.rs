//! `cargo demo`: the main job of `kubectl ku8` from end to end, through the real binary, against a real control plane.
//! It never touches a cluster or a kubeconfig that it did not make, and says every command before running it.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is a command, and these lines are its output")]

use std::error::Error;
use std::ffi::OsString;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use playground::{Binaries, Cluster};

const USAGE: &str = "usage: cargo demo [--keep]";

/// What a person would type, one command a line.
const STEPS: &[&str] = &[
    "kubectl create namespace shop",
    "kubectl config set-context --current --namespace shop",
    "kubectl ku8 template list",
    "kubectl ku8 define orders-db -t mysql --set database=orders",
    "kubectl ku8 define cache -t redis --set size=dev",
    "kubectl ku8 define zk -t zookeeper --set replicas=3",
    "kubectl ku8 list",
    "kubectl ku8 plan orders-db",
    "kubectl ku8 publish orders-db cache zk --yes",
    "kubectl ku8 status",
    "kubectl get configmap -l ku8.dev/kind=definition -L ku8.dev/template,ku8.dev/status",
    "kubectl ku8 define orders-db --set maxConnections=300",
    "kubectl ku8 plan orders-db",
    "kubectl ku8 publish orders-db --yes",
    "kubectl ku8 history orders-db",
];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let keep = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => false,
        ["--keep"] => true,
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    demo(keep).unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::FAILURE
    })
}

/// Builds what is missing, starts a cluster and runs the steps.
fn demo(keep: bool) -> Result<ExitCode, Box<dyn Error>> {
    let plugin = build_plugin()?;
    let mut progress = |line: &str| eprintln!("{line}");
    let binaries = Binaries::find_or_build(&mut progress)?;
    let cluster = Cluster::start(&binaries, &mut progress)?;
    let code = run_steps(&cluster, &plugin)?;
    if keep {
        println!("\nexport KUBECONFIG={}", cluster.kubeconfig().display());
        let folder = cluster.keep();
        eprintln!("the cluster stays up; end it with\n  cargo playground --stop {}", folder.display());
    }
    Ok(code)
}

/// Builds the plugin beside this program and returns the folder both lie in.
fn build_plugin() -> Result<PathBuf, Box<dyn Error>> {
    let here = std::env::current_exe()?;
    let folder = here.parent().ok_or("this program lies in no folder")?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.args(["build", "--workspace"]).current_dir(workspace());
    if folder.ends_with("release") {
        build.arg("--release");
    }
    if !build.status()?.success() {
        return Err("`cargo build --workspace` failed".into());
    }
    Ok(folder.to_owned())
}

/// Returns the workspace's folder: built from there, the plugin shares its dependencies with this program.
fn workspace() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here)
}

/// Runs the steps until one fails and returns its exit code.
fn run_steps(cluster: &Cluster, plugin: &Path) -> Result<ExitCode, Box<dyn Error>> {
    let path = path(plugin, cluster.binaries())?;
    let (bold, plain) = if std::io::stdout().is_terminal() { ("\x1b[1m", "\x1b[0m") } else { ("", "") };
    for step in STEPS {
        println!("\n{bold}$ {step}{plain}");
        std::io::stdout().flush()?;
        let mut words = step.split(' ');
        let program = words.next().unwrap_or_default();
        let status = Command::new(program)
            .args(words)
            .env("PATH", &path)
            .env("KUBECONFIG", cluster.kubeconfig())
            .env("KUBECACHEDIR", cluster.folder().join("kubectl-cache"))
            .status()?;
        if !status.success() {
            let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
            eprintln!("the demo ends here: `{step}` ended with exit code {code}");
            return Ok(ExitCode::from(code));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Returns a search path with the plugin and the cluster's own kubectl before everything else.
fn path(plugin: &Path, binaries: &Binaries) -> Result<OsString, Box<dyn Error>> {
    let mut folders = vec![plugin.to_owned()];
    folders.extend(binaries.kubectl().parent().map(Path::to_owned));
    folders.extend(std::env::var_os("PATH").iter().flat_map(std::env::split_paths));
    Ok(std::env::join_paths(folders)?)
}
