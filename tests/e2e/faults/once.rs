//! P6: publishing twice does nothing the second time. P11: a generated Secret is made once, whoever is first and
//! whatever answer is lost.

use std::collections::BTreeSet;
use std::sync::Mutex;

use serde_json::{Value, json};

use super::api::Api;
use super::proxy::{Aim, Fault};
use super::stack::{MYSQL, PLAIN, Stack};
use super::table::{Desk, each};
use super::{count, figure};
use crate::stage::{Ran, Space, text, writes};

/// Publishers of one first publication.
const RACERS: usize = 16;

/// uid and resourceVersion of everything our definitions have and are.
fn versions(api: &Api, space: &Space) -> BTreeSet<(String, String, String)> {
    let mut found = BTreeSet::new();
    for path in [
        "api/v1/{}/configmaps",
        "api/v1/{}/secrets",
        "api/v1/{}/services",
        "api/v1/{}/serviceaccounts",
        "apis/apps/v1/{}/statefulsets",
        "apis/networking.k8s.io/v1/{}/networkpolicies",
        "apis/coordination.k8s.io/v1/{}/leases",
    ] {
        let list = api.get(&format!("/{}", path.replace("{}", &format!("namespaces/{}", space.namespace))));
        for item in list["items"].as_array().expect("a list") {
            let of = |field: &str| text(&item["metadata"][field]).to_owned();
            found.insert((of("name"), of("uid"), of("resourceVersion")));
        }
    }
    found
}

#[test]
fn p6_a_publish_repeated_writes_nothing() {
    let Some(space) = Space::new("repeated") else { return };
    let api = Api::new(&space.kubeconfig);
    PLAIN.prepare(&space, "plain", true);
    MYSQL.prepare(&space, "db", true);
    space.run("define cache -t redis --set size=dev").ok();
    space.run("define zk -t zookeeper --set replicas=3").ok();
    space.run("publish --all --yes").ok();
    // Controllers report what they did; only then is every object at rest.
    let sets = format!("/apis/apps/v1/namespaces/{}/statefulsets", space.namespace);
    space.until("every workload at rest", || {
        let at_rest = |set: &Value| {
            let (status, wanted) = (&set["status"], set["spec"]["replicas"].as_u64().unwrap_or(0));
            let count = |field: &str| status[field].as_u64().unwrap_or(0);
            let all = ["replicas", "readyReplicas", "availableReplicas", "updatedReplicas", "currentReplicas"];
            all.iter().all(|field| count(field) == wanted) && status["currentRevision"] == status["updateRevision"]
        };
        api.get(&sets)["items"].as_array().is_some_and(|sets| sets.iter().all(at_rest)).then_some(())
    });
    let (before, marked) = (versions(&api, &space), space.requests().len());
    let repeats = count(100);
    for _ in 0..repeats {
        space.run("publish --all --yes").ok().says(&["No changes"]);
    }
    let requests = space.requests_since(marked);
    let written = writes(&requests);
    let moved: Vec<_> = versions(&api, &space).symmetric_difference(&before).cloned().collect();
    figure(
        "P6",
        &format!(
            "{repeats} repeats on 4 stacks: {} requests, {} mutating, {} of {} objects changed",
            requests.len(),
            written.len(),
            moved.len(),
            before.len()
        ),
    );
    assert_eq!(written, Vec::<String>::new());
    assert_eq!(moved, Vec::new());
}

fn secret(api: &Api, space: &Space, name: &str) -> Value {
    api.get(&format!("/api/v1/namespaces/{}/secrets/{name}-auth", space.namespace))
}

/// What the pods of a definition are to read: the Secret by name, and no value of it anywhere else.
#[test]
fn p11_a_generated_secret_is_made_once_by_many_first_publishers() {
    let Some(space) = Space::new("secret-race") else { return };
    let api = Api::new(&space.kubeconfig);
    let rounds = count(100);
    let mut made = 0;
    for round in 0..rounds {
        let name = format!("p{round:04}");
        MYSQL.prepare(&space, &name, false);
        let marked = space.requests().len();
        let publish = ["publish", name.as_str(), "--yes", "--no-wait"];
        let racers: Vec<Ran> = std::thread::scope(|scope| {
            let started: Vec<_> = (0..RACERS).map(|_| scope.spawn(|| space.ku8(&publish))).collect();
            started.into_iter().map(|racer| racer.join().expect("no panic")).collect()
        });
        for ran in &racers {
            assert!(matches!(ran.code, 0 | 3 | 4), "round {round}: {}: {}", ran.code, ran.stderr);
        }
        let first = secret(&api, &space, &name);
        let of_secret =
            |entry: &&playground::AuditEntry| entry.resource == "secrets" && entry.writes() && entry.code < 300;
        made += space.requests_since(marked).iter().filter(of_secret).count();
        space.ku8(&publish).ok();
        assert_eq!(secret(&api, &space, &name), first, "round {round}");
        Stack::remove(&space, &name);
    }
    figure("P11", &format!("{rounds} first publications by {RACERS} at once: {made} Secrets written, one a round"));
    assert_eq!(made, rounds);
}

#[test]
fn p11_a_secret_whose_creation_was_not_answered_is_not_made_again() {
    let Some(space) = Space::new("secret-lost") else { return };
    let points: Vec<usize> = (0..count(50)).collect();
    let values = Mutex::new(BTreeSet::new());
    let tally = each(&space, &points, |desk: &Desk<'_>, name, point| {
        MYSQL.prepare(desk.space, name, false);
        let fault =
            [Fault::DropReply, Fault::GatewayTimeout, Fault::Truncate, Fault::Twice, Fault::Reset][point % 5].clone();
        let creation = Aim { counts: |seen| seen.writes() && seen.path.ends_with("/secrets"), first: 1, times: 1 };
        desk.proxy.set(creation, fault);
        let ran = desk.through.run(&format!("publish {name} --yes --no-wait"));
        let sent =
            desk.proxy.clear().iter().filter(|seen| seen.method == "POST" && seen.path.ends_with("/secrets")).count();
        let first = secret(&desk.api, desk.space, name);
        let again = desk.space.run(&format!("publish {name} --yes --no-wait"));
        let second = secret(&desk.api, desk.space, name);
        Stack::remove(desk.space, name);
        values.lock().expect("no thread panics").insert(first["data"].to_string());
        match (ran.code, again.code, first == second) {
            (0, 0, true) if sent == 1 => Ok("sent once"),
            (0, 0, true) => Ok("sent again, made once"),
            _ => Err(format!(
                "{} then {}, sent {sent} times, the same: {}\n{}",
                ran.code,
                again.code,
                first == second,
                ran.stderr
            )),
        }
    });
    tally.conclude("P11", "creations of a Secret without an answer");
    assert_eq!(values.into_inner().expect("no thread panics").len(), points.len(), "and every definition has its own");
}

#[test]
fn p11_a_secret_of_somebody_else_is_kept_although_an_answer_is_lost() {
    let Some(space) = Space::new("secret-foreign") else { return };
    let desk = Desk::new(&space, "foreign");
    MYSQL.prepare(&space, "db", false);
    // It appears between the plan and the creation, and what the server says about that is lost.
    let (api, path) = (desk.api.clone(), format!("/api/v1/namespaces/{}/secrets", space.namespace));
    let theirs = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db-auth"},
                        "data": {"password": "dGhlaXJzLWFuZC1sb25n", "root-password": "dGhlaXJzLWFuZC1sb25n"}});
    let appear = move || {
        assert_eq!(api.call("POST", &path, Some(&theirs)).0, 201);
        super::proxy::Next::GoOn
    };
    let creation = Aim { counts: |seen| seen.writes() && seen.path.ends_with("/secrets"), first: 1, times: 1 };
    desk.proxy.set(creation, Fault::Meanwhile(super::proxy::Moment::Before, std::sync::Arc::new(appear)));
    let ran = desk.through.run("publish db --yes --no-wait");
    assert!(ran.code != 0 && ran.stderr.contains("db-auth"), "{ran:?}");
    let live = secret(&desk.api, &space, "db");
    assert_eq!((text(&live["data"]["password"]), &live["metadata"]["labels"]), ("dGhlaXJzLWFuZC1sb25n", &Value::Null));
    assert!(space.find("statefulset/db").is_none());
    space.run("publish db --yes --no-wait").fails(6, &["Secret/db-auth"]);
    figure("P11", "a Secret of somebody else that appeared meanwhile: kept");
}
