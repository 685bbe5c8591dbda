//! P4: whatever changes between a plan and its apply, a stale plan is refused and nothing of it is written.
//! Every refusal is checked against the resourceVersions of everything in the namespace.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::stage::{Space, config_map, full, service, sha256, text, version, yaml};

/// Something happens between plan and apply; returns the file to apply.
type Change = fn(&Space, &str, u64) -> String;

fn objects(n: u64) -> Vec<Value> {
    vec![config_map("conf", &format!("v{n}")), service("web", 80 + u16::try_from(n % 7).unwrap())]
}

fn update(space: &Space, file: &str, n: u64) -> String {
    space.patch("configmap/conf", &json!({"data": {"key": format!("theirs-{n}")}}));
    file.to_owned()
}

fn label(space: &Space, file: &str, n: u64) -> String {
    space.patch("configmap/conf", &json!({"metadata": {"labels": {"ku8.dev/owner": format!("somebody-{n}")}}}));
    file.to_owned()
}

fn owner(space: &Space, file: &str, n: u64) -> String {
    space.patch(
        "configmap/conf",
        &json!({"metadata": {"annotations": {"ku8.dev/owner-id": format!("stale/other/{n}")}}}),
    );
    file.to_owned()
}

fn deleted(space: &Space, file: &str, _: u64) -> String {
    space.kubectl(&["delete", "configmap", "conf"]);
    file.to_owned()
}

fn made_again(space: &Space, file: &str, _: u64) -> String {
    let old = space.get("configmap/conf");
    space.kubectl(&["delete", "configmap", "conf"]);
    let again = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": old["data"], "metadata": {
        "name": "conf", "labels": old["metadata"]["labels"], "annotations": old["metadata"]["annotations"]}});
    space.kubectl(&["create", "-f", &space.file("again.json", again.to_string())]);
    file.to_owned()
}

fn edited(space: &Space, file: &str, n: u64) -> String {
    space.feed(&yaml(&objects(n + 2)), &["define", "web", "-f", "-"]).ok();
    file.to_owned()
}

fn published(space: &Space, file: &str, n: u64) -> String {
    space.run("publish web --yes --no-wait").ok();
    space.feed(&yaml(&objects(n)), &["define", "web", "-f", "-"]).ok();
    file.to_owned()
}

fn head_made_again(space: &Space, file: &str, _: u64) -> String {
    let old = space.get("configmap/ku8.web");
    space.kubectl(&["delete", "configmap", "ku8.web"]);
    let again = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": old["data"], "metadata": {
        "name": "ku8.web", "labels": old["metadata"]["labels"], "annotations": old["metadata"]["annotations"]}});
    space.kubectl(&["create", "-f", &space.file("head.json", again.to_string())]);
    file.to_owned()
}

fn file_edited(space: &Space, file: &str, n: u64) -> String {
    let mut bytes = std::fs::read(file).unwrap();
    let digits: Vec<usize> = (0..bytes.len()).filter(|place| bytes[*place].is_ascii_digit()).collect();
    let place = digits[usize::try_from(n * 7919).unwrap() % digits.len()];
    bytes[place] = if bytes[place] == b'9' { b'0' } else { bytes[place] + 1 };
    space.file("edited.plan", bytes)
}

fn elsewhere(space: &Space, file: &str, n: u64) -> String {
    let mut plan: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    plan["cluster"]["uid"] = json!(format!("00000000-0000-0000-0000-{n:012}"));
    plan["digest"] = json!("");
    plan["digest"] = json!(sha256(&serde_json::to_vec(&plan).unwrap()));
    space.file("elsewhere.plan", plan.to_string())
}

fn taken(space: &Space, file: &str, n: u64) -> String {
    let mut theirs = config_map("conf", &format!("theirs-{n}"));
    theirs["metadata"]["namespace"] = json!(space.namespace);
    let path = space.file("theirs.json", theirs.to_string());
    space.kubectl(&["apply", "--server-side", "--force-conflicts", "--field-manager=night-shift", "-f", &path]);
    file.to_owned()
}

fn appeared(space: &Space, file: &str, _: u64) -> String {
    space.kubectl(&["create", "configmap", "new", "--from-literal=key=v"]);
    file.to_owned()
}

fn locked(space: &Space, file: &str, n: u64) -> String {
    let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S.000000Z").to_string();
    let lease = json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "ku8.web"}, "spec": {
        "holderIdentity": format!("ada@elsewhere/{n}/0"), "leaseDurationSeconds": 3600, "renewTime": now, "acquireTime": now, "leaseTransitions": n}});
    let verb = if space.find("lease/ku8.web").is_some() { "replace" } else { "create" };
    space.kubectl(&[verb, "-f", &space.file("lease.json", lease.to_string())]);
    file.to_owned()
}

fn record_damaged(space: &Space, file: &str, _: u64) -> String {
    space.patch("configmap/ku8.web", &json!({"data": {"state": "{"}}));
    file.to_owned()
}

const CHANGES: &[(&str, Change)] = &[
    ("a value is changed", update),
    ("our label is changed", label),
    ("the owner is changed", owner),
    ("an object is deleted", deleted),
    ("an object is made again", made_again),
    ("the definition is edited", edited),
    ("somebody publishes", published),
    ("the definition is made again", head_made_again),
    ("the plan file is edited", file_edited),
    ("it is another cluster", elsewhere),
    ("a manager takes a field", taken),
    ("an object to create appears", appeared),
    ("the lock is held", locked),
    ("the record is damaged", record_damaged),
];

/// resourceVersion of everything a plan could touch. Leases are nobody's data.
fn versions(space: &Space) -> BTreeMap<String, String> {
    space
        .list("configmap,service,secret", "")
        .iter()
        .map(|one| (format!("{}/{}", text(&one["kind"]), text(&one["metadata"]["name"])), version(one)))
        .collect()
}

#[test]
fn p4_a_stale_plan_is_refused_and_nothing_of_it_is_written() {
    let seeds: u64 = if full() { 50 } else { 3 };
    let (mut refused, mut failed) = (0, Vec::new());
    for (index, (what, change)) in CHANGES.iter().enumerate() {
        let Some(space) = Space::new(&format!("p4-{index}")) else { return };
        for seed in 1..=seeds {
            let _ = space.try_kubectl(&["delete", "configmap,service,lease", "--all", "--wait=true"]);
            space.feed(&yaml(&objects(seed)), &["define", "web", "-f", "-"]).ok();
            space.run("publish web --yes --no-wait").ok();
            let mut wanted = objects(seed + 1);
            wanted.push(config_map("new", "v"));
            space.feed(&yaml(&wanted), &["define", "web", "-f", "-"]).ok();
            let file = space.folder.join("web.plan").display().to_string();
            space.ku8(&["plan", "web", "--out", &file]).ok();
            let file = change(&space, &file, seed);
            let before = versions(&space);
            let applied = space.ku8(&["apply", &file, "--no-wait"]);
            let after = versions(&space);
            if applied.code == 0 || before != after || !applied.stderr.contains("error:") {
                failed.push(format!("{what}, seed {seed}: exit {}\n{}", applied.code, applied.stderr));
            } else {
                refused += 1;
            }
        }
    }
    println!(
        "P4: {} kinds of change x {seeds} seeds, {refused} refused without a write, {} failed",
        CHANGES.len(),
        failed.len()
    );
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
