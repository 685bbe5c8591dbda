//! Redis on the real server and Sentinels: a single server, a watched set, the proxy to the master.
//! It never measures on a quiet machine: seconds are printed for people and only bounded generously.

mod failover;
mod losses;
mod sizes;

use std::time::{Duration, Instant};

use pods::{Answer, Stage, wait_for};
use template_redis::Redis;
use template_sdk::testing::Case;
use template_sdk::{Rendered, Value, json};

const PODS: [&str; 3] = ["cache-0", "cache-1", "cache-2"];
const PROXIES: [&str; 2] = ["cache-proxy-0", "cache-proxy-1"];
const PROGRAMS: [&str; 4] = ["redis-server", "redis-cli", "haproxy", "sha1sum"];
const MINUTES: Duration = Duration::from_mins(2);

/// Runs redis-cli with the password of the environment's first argument.
const CLIENT: &str = r#"password=$1; shift; REDISCLI_AUTH=$password exec timeout 5 redis-cli "$@""#;

/// A definition `cache` on a stage.
struct Set {
    stage: Stage,
}

fn rendered(values: &Value) -> Rendered {
    Case::new(values.clone()).name("cache").render::<Redis>().expect("values that obey the rules")
}

impl Set {
    fn new(name: &str, values: &Value) -> Option<Self> {
        let stage = Stage::new(name, &PROGRAMS)?;
        stage.deploy(&rendered(values));
        Some(Self { stage })
    }

    /// A watched set of three, with the values on top, started for the first time.
    fn watched(name: &str, values: Value) -> Option<Self> {
        let set = Self::new(name, &watched(values))?;
        set.start(&PODS);
        Some(set)
    }

    fn start(&self, pods: &[&str]) {
        self.stage.start_all(pods);
        for pod in pods {
            self.stage.ready(pod);
        }
    }

    fn password(&self) -> String {
        self.stage.secret("cache-auth", "password")
    }

    /// What an application gets from a host.
    fn client(&self, host: &str, words: &[&str]) -> Answer {
        let password = self.password();
        let mut all = vec!["sh", "-c", CLIENT, "-", &password, "-h", host];
        all.extend(words);
        self.stage.client(&all)
    }

    /// What a pod's own server says.
    fn here(&self, pod: &str, words: &[&str]) -> String {
        self.port(pod, "6379", words)
    }

    /// What a pod's Sentinel says.
    fn sentinel(&self, pod: &str, words: &[&str]) -> String {
        self.port(pod, "26379", words)
    }

    fn port(&self, pod: &str, port: &str, words: &[&str]) -> String {
        let mut all = vec!["sh", "-c", r#"REDISCLI_AUTH=$(cat /auth/password) exec redis-cli "$@""#, "-", "-p", port];
        all.extend(words);
        self.stage.exec(pod, "redis", &all).text()
    }

    fn role(&self, pod: &str) -> String {
        self.here(pod, &["role"]).lines().next().unwrap_or_default().to_owned()
    }

    /// Waits until one of the pods is the master, the others follow it and all Sentinels say so; returns its name.
    fn settled(&self, pods: &[&str]) -> String {
        wait_for("one master that all know", MINUTES, || {
            let masters: Vec<&&str> = pods.iter().filter(|pod| self.role(pod) == "master").collect();
            let [master] = masters[..] else { return None };
            let host = format!("{master}.prod.svc.cluster.local");
            let linked = pods.iter().filter(|pod| *pod != master).all(|pod| {
                let info = self.here(pod, &["info", "replication"]);
                info.contains("master_link_status:up") && info.contains(&format!("master_host:{host}"))
            });
            let asked = ["sentinel", "get-master-addr-by-name", "mymaster"];
            let known = pods.iter().all(|pod| self.sentinel(pod, &asked).starts_with(&host));
            (linked && known).then(|| (*master).to_owned())
        })
    }

    /// The same, and every Sentinel has seen that it could promote every replica: that takes it ten seconds.
    fn promotable(&self, pods: &[&str]) -> String {
        let asked = ["sentinel", "replicas", "mymaster"];
        wait_for("replicas that could be promoted", MINUTES, || {
            pods.iter().all(|pod| good(&self.sentinel(pod, &asked)) == pods.len() - 1).then_some(())
        });
        self.settled(pods)
    }

    /// Writes through an address until it works; returns the seconds that took.
    fn until_written(&self, host: &str, key: &str) -> f64 {
        let began = Instant::now();
        wait_for("a write", MINUTES, || self.client(host, &["set", key, "1"]).text().ends_with("OK").then_some(()));
        began.elapsed().as_secs_f64()
    }

    /// Asserts that every pod holds these keys.
    fn all_hold(&self, pods: &[&str], keys: &[&str]) {
        for pod in pods {
            for key in keys {
                wait_for(&format!("{key} in {pod}"), MINUTES, || (self.here(pod, &["get", key]) == "1").then_some(()));
            }
        }
    }
}

/// The values of a watched set of three. A first copy starts at once, which saves five seconds.
fn watched(mut values: Value) -> Value {
    values["extraConfig"] = json!("repl-diskless-sync-delay 0");
    values["topology"] = json!("sentinel");
    values["size"] = json!("dev");
    values
}

/// Counts replicas a Sentinel would promote.
fn good(replicas: &str) -> usize {
    let lines: Vec<&str> = replicas.lines().collect();
    let mut count = 0;
    for pair in lines.windows(2) {
        count += usize::from(pair == ["slave-priority", "100"]);
    }
    let down = lines.windows(2).filter(|pair| pair[0] == "flags" && pair[1] != "slave").count();
    count - down.min(count)
}
