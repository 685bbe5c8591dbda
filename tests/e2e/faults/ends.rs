//! P7: every command ends, with a clear verdict, whatever the server does not say.
//! The limit is the request timeout, and a few seconds for what has to be tidied up.

use std::io::Read as _;
use std::net::TcpListener;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Value, json};

use super::full;
use super::proxy::{Aim, Fault};
use super::table::{Desk, each};
use crate::stage::{Ran, Space, config_map, stateful_set, yaml};

/// `--request-timeout` of every command here, in seconds.
const LIMIT: u64 = 5;

/// What a command may take beyond it.
const BEYOND: Duration = Duration::from_secs(5);

/// What a machine that runs other tests beside may add; the figure that is printed has nothing added.
const BUSY: Duration = Duration::from_secs(5);

const COMMANDS: [&str; 6] =
    ["list", "plan NAME", "publish NAME --yes", "status NAME", "show NAME", "delete NAME --yes"];

const FAULTS: [(&str, Fault); 6] = [
    ("hangs in the body", Fault::HangMidBody),
    ("one byte a second", Fault::Drip),
    ("Retry-After: 86400", Fault::Answer(503, Some(86_400))),
    ("endless 504", Fault::Answer(504, None)),
    ("endless 429", Fault::Answer(429, None)),
    ("never answers", Fault::BlackHole),
];

/// Which requests are hit: all, all from one in the middle on, all writes but the first.
const PLACES: [fn() -> Aim; 3] = [|| Aim::from(1), || Aim::from(4), || Aim { times: usize::MAX, ..Aim::write(2) }];

/// One command under one fault; without a place, the server itself is not there.
#[derive(Clone, Copy, Debug)]
struct Point {
    command: usize,
    fault: usize,
    place: Option<usize>,
}

#[test]
fn p7_every_command_ends_whatever_the_server_does_not_say() {
    let Some(space) = Space::new("ends") else { return };
    let mut points = Vec::new();
    for (command, words) in COMMANDS.iter().enumerate() {
        points.extend((0..2).map(|fault| Point { command, fault, place: None }));
        for fault in 0..FAULTS.len() {
            let places = if words.contains("--yes") { 0..3 } else { 0..2 };
            points.extend(places.map(|place| Point { command, fault, place: Some(place) }));
        }
    }
    if !full() {
        points = points.into_iter().step_by(5).collect();
    }
    let nowhere = [("nobody listens", closed(&space)), ("half-open TLS", half_open(&space))];
    let worst = Mutex::new(Duration::ZERO);
    let tally = each(&space, &points, |desk, name, point| {
        let command = COMMANDS[point.command].replace("NAME", name);
        let line = format!("{command} --request-timeout={LIMIT}s");
        let (what, ran) = match point.place {
            None => {
                let (what, kubeconfig) = &nowhere[point.fault];
                (*what, desk.space.with_kubeconfig(kubeconfig.clone(), &desk.space.user).run(&line))
            }
            Some(place) => {
                for value in ["1", "2"] {
                    desk.space.feed(&yaml(&[config_map(name, value)]), &["define", name, "-f", "-"]).ok();
                    if value == "1" {
                        desk.space.run(&format!("publish {name} --yes")).ok();
                    }
                }
                let (what, fault) = &FAULTS[point.fault];
                desk.proxy.set(PLACES[place](), fault.clone());
                (*what, desk.through.run(&line))
            }
        };
        // A command of few requests ends before a later one.
        let hit = point.place.is_none_or(|place| place == 0) || desk.proxy.trace().iter().any(|seen| seen.hit);
        desk.proxy.clear();
        let mut worst = worst.lock().expect("no thread panics");
        *worst = ran.took.max(*worst);
        // Written, although every answer was lost: it may find that out for itself, one short look for each.
        let carried = point.place == Some(2) && matches!(FAULTS[point.fault].1, Fault::HangMidBody | Fault::Drip);
        if carried && ran.code == 0 && ran.took <= Duration::from_secs(LIMIT) + BEYOND * 2 {
            return Ok("came through");
        }
        if hit { verdict(&ran, what) } else { Ok("had no such request") }
    });
    let worst = worst.into_inner().expect("no thread panics");
    let what = format!("commands with {LIMIT} s, the slowest ended after {:.1} s", worst.as_secs_f64());
    tally.conclude("P7", &what);
}

/// It must have failed, in time, with one error that says something.
fn verdict(ran: &Ran, what: &str) -> Result<&'static str, String> {
    let limit = Duration::from_secs(LIMIT) + BEYOND + BUSY;
    let error = ran.stderr.lines().find(|line| line.starts_with("error:"));
    if ran.code != 0 && ran.took <= limit && error.is_some_and(|line| line.len() > 20) {
        return Ok("failed in time");
    }
    Err(format!("{} under `{what}` took {:?} and ended with {}:\n{}", ran.line, ran.took, ran.code, ran.stderr))
}

/// A person is told when it takes longer than a moment, and what is refused for good is asked once.
#[test]
fn tries_are_said_aloud_and_a_typo_is_tried_once() {
    let Some(space) = Space::new("tries") else { return };
    let desk = Desk::new(&space, "tries");
    space.feed(&yaml(&[config_map("conf", "1")]), &["define", "web", "-f", "-"]).ok();
    desk.proxy.set(Aim::at(3), Fault::Answer(429, Some(2)));
    let ran = desk.through.run("plan web").ok();
    assert!(ran.stderr.contains("trying again in 2 s") && ran.stderr.contains("429"), "{}", ran.stderr);
    assert!(ran.took >= Duration::from_secs(2), "{:?}", ran.took);
    desk.proxy.set(Aim::at(3), Fault::Answer(503, None));
    let ran = desk.through.run("plan web").ok();
    assert!(!ran.stderr.contains("trying again"), "half a second is nobody's business: {}", ran.stderr);

    let mut typo = stateful_set("web", &json!({}));
    typo["spec"]["replica"] = json!(3);
    space.feed(&yaml(&[typo]), &["define", "web", "-f", "-"]).ok();
    desk.proxy.clear();
    let ran = desk.through.run("plan web").fails(1, &[".spec.replica"]);
    let asked: Vec<_> = desk.proxy.clear().into_iter().filter(|seen| seen.status == 500).collect();
    assert_eq!(asked.len(), 1, "the server says 500, and means what it says: {asked:?}");
    assert!(ran.took < Duration::from_secs(5), "{:?}", ran.took);
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
