//! P7: every command ends, with a clear verdict, whatever the server does not say.
//! The limit is the request timeout, and a few seconds for what has to be tidied up.

use std::io::Read as _;
use std::net::TcpListener;
use std::time::Duration;

use serde_json::{Value, json};

use super::proxy::{Aim, Fault};
use super::table::Desk;
use super::{figure, full};
use crate::stage::{Ran, Space, config_map, yaml};

/// `--request-timeout` of every command here, in seconds.
const LIMIT: u64 = 5;

/// What a command may take beyond it.
const BEYOND: Duration = Duration::from_secs(5);

const COMMANDS: [&str; 6] = ["list", "plan web", "publish web --yes", "status web", "show web", "delete web --yes"];

fn faults() -> Vec<(&'static str, Fault)> {
    vec![
        ("hangs in the body", Fault::HangMidBody),
        ("one byte a second", Fault::Drip),
        ("Retry-After: 86400", Fault::Answer(503, Some(86_400))),
        ("endless 504", Fault::Answer(504, None)),
        ("endless 429", Fault::Answer(429, None)),
        ("never answers", Fault::BlackHole),
    ]
}

/// It must have failed, in time, with one error that says something.
fn verdict(ran: &Ran, what: &str) -> Result<(), String> {
    let limit = Duration::from_secs(LIMIT) + BEYOND;
    let error = ran.stderr.lines().find(|line| line.starts_with("error:"));
    let words = format!("{} under `{what}` took {:?} and ended with {}:\n{}", ran.line, ran.took, ran.code, ran.stderr);
    if ran.code == 0 || ran.took > limit || error.is_none_or(|line| line.len() < 20) { Err(words) } else { Ok(()) }
}

#[test]
fn p7_every_command_ends_whatever_the_server_does_not_say() {
    let Some(space) = Space::new("ends") else { return };
    let desk = Desk::new(&space, "ends");
    let mut wrong = Vec::new();
    let (mut tried, mut worst) = (0, Duration::ZERO);
    let timeout = format!("--request-timeout={LIMIT}s");
    for (number, command) in COMMANDS.into_iter().enumerate() {
        for (kind, (what, fault)) in faults().into_iter().enumerate() {
            // From the first request, from one in the middle, and only writes.
            let aims = [Aim::from(1), Aim::from(4), Aim { times: usize::MAX, ..Aim::write(2) }];
            for (place, aim) in aims.into_iter().enumerate() {
                let writes = place == 2;
                if writes && !command.contains("--yes") || !full() && (number + kind + place) % 4 != 0 {
                    continue;
                }
                reset(&space);
                desk.proxy.set(aim, fault.clone());
                let args: Vec<&str> = command.split(' ').chain([timeout.as_str()]).collect();
                let ran = desk.through.ku8(&args);
                let hit = desk.proxy.clear().iter().any(|seen| seen.status == 0);
                // A command of few requests may have ended before a later one.
                if ran.code == 0 && !hit && place > 0 {
                    continue;
                }
                tried += 1;
                worst = worst.max(ran.took);
                wrong.extend(verdict(&ran, what).err());
            }
        }
    }
    for command in COMMANDS {
        for (what, kubeconfig) in [("nobody listens", closed(&space)), ("half-open TLS", half_open(&space))] {
            let elsewhere = space.with_kubeconfig(kubeconfig, &space.user);
            let args: Vec<&str> = command.split(' ').chain([timeout.as_str()]).collect();
            let ran = elsewhere.ku8(&args);
            tried += 1;
            worst = worst.max(ran.took);
            wrong.extend(verdict(&ran, what).err());
        }
    }
    figure(
        "P7",
        &format!("{tried} commands under faults, {} ended well, the slowest after {worst:.1?}", tried - wrong.len()),
    );
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong[..wrong.len().min(6)].join("\n\n"));
}

/// A definition that was published and changed, and whose lock is free.
fn reset(space: &Space) {
    if let Some(lease) = space.find("lease/ku8.web")
        && lease["spec"]["holderIdentity"] != ""
    {
        space.patch("lease/ku8.web", &json!({"spec": {"holderIdentity": ""}}));
    }
    let published = space.find("configmap/conf").is_some() && space.find("configmap/ku8.web").is_some();
    if !published {
        space.feed(&yaml(&[config_map("conf", "0")]), &["define", "web", "-f", "-"]).ok();
        space.run("publish web --yes").ok();
    }
    static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(1);
    let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    space.feed(&yaml(&[config_map("conf", &number.to_string())]), &["define", "web", "-f", "-"]).ok();
}

/// A kubeconfig that leads to a port nobody listens on.
fn closed(space: &Space) -> std::path::PathBuf {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let address = listener.local_addr().expect("an address");
    leads_to(space, &format!("https://{address}"), "closed")
}

/// A kubeconfig that leads to somebody who takes the first words of a TLS handshake and says nothing.
fn half_open(space: &Space) -> std::path::PathBuf {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let mut block = [0; 4096];
                while stream.read(&mut block).is_ok_and(|size| size > 0) {}
            });
        }
    });
    leads_to(space, &format!("https://{address}"), "half-open")
}

fn leads_to(space: &Space, server: &str, name: &str) -> std::path::PathBuf {
    let text = std::fs::read_to_string(&space.kubeconfig).expect("a kubeconfig");
    let mut config: Value = serde_json::from_str(&text).expect("JSON");
    config["clusters"][0]["cluster"]["server"] = json!(server);
    let path = space.folder.join(format!("{name}.kubeconfig"));
    std::fs::write(&path, config.to_string()).expect("a file");
    path
}
