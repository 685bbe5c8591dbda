//! Another tenant cannot steer us (security.md, P22): records forged by somebody who may only write ConfigMaps and Leases
//! in a namespace of his own, and by somebody who may write our own record. The victim is an administrator who runs the
//! ordinary commands there; nothing outside the granted scope is ever written.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::stage::{Ran, Space, config_map, service, text, uid, version, yaml};

/// A head as it is written, about these objects.
fn head(name: &str, namespace: &str, manifests: &[Value], inventory: &Value) -> Value {
    let definition = json!({"apiVersion": "ku8.dev/v1", "kind": "Definition", "metadata": {"name": name, "namespace": namespace},
        "spec": {"manifests": manifests}});
    let state = json!({"format": 1, "phase": "Published", "current": 1, "pending": 0, "lastGood": 1,
        "publishedDigest": "sha256:0", "inventory": inventory});
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": format!("ku8.{name}"), "namespace": namespace,
        "labels": {"ku8.dev/kind": "definition", "ku8.dev/name": name, "ku8.dev/template": "manifests", "ku8.dev/status": "Published"},
        "annotations": {"ku8.dev/format": "1", "ku8.dev/revision": "1", "ku8.dev/objects": "1", "ku8.dev/definition-digest": "a",
            "ku8.dev/published-digest": "b", "ku8.dev/updated-at": "2026-01-01T00:00:00Z", "ku8.dev/updated-by": "mallory"}},
        "data": {"definition": definition.to_string(), "state": state.to_string()}})
}

fn entry(namespace: &str, kind: &str, name: &str, uid: &str) -> Value {
    json!({"group": "", "version": "v1", "kind": kind, "namespace": namespace, "name": name, "uid": uid})
}

fn gz(bytes: &[u8]) -> String {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packer, bytes).expect("memory");
    STANDARD.encode(packer.finish().expect("memory"))
}

fn revision(name: &str, number: &str, namespace: &str, render: &Value) -> Value {
    let definition = json!({"apiVersion": "ku8.dev/v1", "kind": "Definition", "metadata": {"name": name}, "spec": {"manifests": [config_map("a", "1")]}});
    let meta = json!({"number": 1, "cause": "publish", "startedAt": "2026-01-01T00:00:00Z", "by": "mallory", "tool": "0",
        "template": "manifests", "summary": "1 create"});
    json!({"apiVersion": "v1", "kind": "ConfigMap", "immutable": true, "metadata": {"name": format!("ku8.{name}.r{number}"),
        "namespace": namespace, "labels": {"ku8.dev/kind": "revision", "ku8.dev/name": name, "ku8.dev/template": "manifests"},
        "annotations": {"ku8.dev/format": "1", "ku8.dev/result": "published"}},
        "data": {"definition": definition.to_string(), "meta": meta.to_string(), "effective": "{\"template\":null}", "inventory": "[]"},
        "binaryData": {"render": gz(render.to_string().as_bytes())}})
}

struct Tenant {
    /// Where the attacker may write.
    evil: Space,
    /// Somebody else's namespace, with a definition and a precious object.
    victim: Space,
    stolen: Vec<(String, Value)>,
    attacks: u32,
    wrong: Vec<String>,
}

impl Tenant {
    fn new(name: &str) -> Option<Self> {
        let evil = Space::new(&format!("{name}-evil"))?;
        let victim = Space::new(&format!("{name}-victim"))?;
        victim.kubectl(&["create", "configmap", "precious", "--from-literal=a=b"]);
        victim.feed(&yaml(&[config_map("conf", "1"), service("web", 80)]), &["define", "web", "-f", "-"]).ok();
        victim.run("publish web --yes").ok();
        evil.kubectl(&["create", "role", "tenant", "--verb=*", "--resource=configmaps,leases.coordination.k8s.io"]);
        evil.kubectl(&["create", "rolebinding", "tenant", "--role=tenant", "--user=mallory"]);
        let stolen = Self::objects(&victim);
        Some(Self { evil, victim, stolen, attacks: 0, wrong: Vec::new() })
    }

    fn objects(victim: &Space) -> Vec<(String, Value)> {
        let names =
            ["configmap/precious", "configmap/conf", "service/web", "configmap/ku8.web", "configmap/ku8.web.r1"];
        names.iter().map(|name| ((*name).to_owned(), victim.get(name))).collect()
    }

    /// The attacker writes something, as himself.
    fn forge(&self, object: &Value) {
        let mallory = self.evil.as_user("mallory");
        let file = self.evil.file("forged.json", object.to_string());
        let done = std::process::Command::new(self.evil.kubectl_program())
            .arg("--kubeconfig")
            .arg(&mallory.kubeconfig)
            .args(["apply", "--server-side", "--force-conflicts", "-f", &file])
            .output()
            .expect("kubectl");
        assert!(done.status.success(), "he may: {}", String::from_utf8_lossy(&done.stderr));
    }

    /// The administrator runs commands; afterwards nothing outside of the attacker's namespace is written.
    fn check(&mut self, what: &str, commands: &[&str]) -> Vec<Ran> {
        self.attacks += 1;
        let before = self.evil.requests().len();
        let ran: Vec<Ran> = commands.iter().map(|command| self.evil.run(command)).collect();
        for one in &ran {
            if one.code == 101 || one.stderr.contains("thread '") {
                self.wrong.push(format!("{what}: {} panics: {}", one.line, one.stderr));
            }
        }
        for entry in self.evil.requests_since(before) {
            if entry.writes() && entry.code < 300 && entry.namespace != self.evil.namespace {
                self.wrong.push(format!("{what}: {} {}", entry.verb, entry.uri));
            }
        }
        if Self::objects(&self.victim) != self.stolen {
            self.wrong.push(format!("{what}: the victim's objects changed"));
            self.stolen = Self::objects(&self.victim);
        }
        ran
    }

    fn clean(&self) {
        self.evil.kubectl(&["delete", "configmap,lease", "--all"]);
    }

    #[track_caller]
    fn end(self, of: &str) {
        let figure = format!(
            "P22: {} attacks {of}, {} writes or faults outside the granted scope\n",
            self.attacks,
            self.wrong.len()
        );
        let _ = std::io::Write::write_all(&mut std::io::stderr(), figure.as_bytes());
        assert!(self.wrong.is_empty(), "{}", self.wrong.join("\n"));
    }
}

/// Every command that reads or writes a definition.
const ALL: &[&str] = &[
    "list",
    "status",
    "plan bait",
    "publish bait --yes --no-wait",
    "history bait",
    "doctor",
    "repair bait --yes",
    "delete bait --yes",
];

#[test]
#[expect(clippy::too_many_lines, reason = "a list of attacks, one after the other")]
fn p22_who_writes_records_of_his_own_cannot_reach_beyond_his_namespace() {
    let Some(mut tenant) = Tenant::new("p22a") else { return };
    let (here, there) = (tenant.evil.namespace.clone(), tenant.victim.namespace.clone());
    let precious = uid(&tenant.victim.get("configmap/precious"));
    let own = config_map("own", "1");

    // An inventory that names what is not his.
    let foreign = json!([entry(&there, "ConfigMap", "precious", &precious)]);
    tenant.forge(&head("bait", &here, std::slice::from_ref(&own), &foreign));
    tenant.check("an inventory with another namespace's object", ALL);
    tenant.clean();
    let owned = json!([
        entry(&there, "ConfigMap", "conf", &uid(&tenant.victim.get("configmap/conf"))),
        entry(&there, "Service", "web", "")
    ]);
    tenant.forge(&head("bait", &here, std::slice::from_ref(&own), &owned));
    tenant.check("an inventory with another definition's objects", ALL);
    tenant.clean();
    // Names that are paths.
    for (name, namespace) in [
        (format!("../../../{there}/configmaps/precious"), here.clone()),
        (format!("x?dryRun=All&/../../namespaces/{there}/configmaps/precious"), here.clone()),
        ("precious".to_owned(), format!("{there}/configmaps/precious?x=")),
        ("precious".to_owned(), format!("../namespaces/{there}")),
    ] {
        tenant.forge(&head(
            "bait",
            &here,
            std::slice::from_ref(&own),
            &json!([entry(&namespace, "ConfigMap", &name, &precious)]),
        ));
        tenant.check(&format!("an inventory with the name {name} in {namespace}"), ALL);
        tenant.clean();
    }
    // A definition that asks for another namespace.
    let mut elsewhere = config_map("precious", "stolen");
    elsewhere["metadata"]["namespace"] = json!(there);
    tenant.forge(&head("bait", &here, &[elsewhere.clone()], &json!([])));
    let ran = tenant.check("a definition with an object in another namespace", &["plan bait", "publish bait --yes"]);
    assert!(ran.iter().all(|one| one.code != 0 && one.stderr.contains(&there)), "it is named: {ran:?}");
    tenant.clean();
    let mut document = head("bait", &here, std::slice::from_ref(&own), &json!([]));
    let moved = text(&document["data"]["definition"])
        .replace(&format!("\"namespace\":\"{here}\""), &format!("\"namespace\":\"{there}\""));
    document["data"]["definition"] = json!(moved);
    tenant.forge(&document);
    tenant.check("a definition that says it lives elsewhere", ALL);
    tenant.clean();
    // One of our own records as an object.
    tenant.forge(&head("bait", &here, &[config_map("ku8.web", "x")], &json!([])));
    tenant.check("a definition that renders a record", &["plan bait", "publish bait --yes"]);
    tenant.clean();
    // Forged history.
    tenant.forge(&head("bait", &here, std::slice::from_ref(&own), &json!([])));
    tenant.forge(&revision("bait", "1", &here, &json!([elsewhere])));
    tenant.check(
        "a revision that renders into another namespace",
        &["history bait", "rollback bait --to 1 --yes", "show bait --rendered"],
    );
    tenant.clean();
    tenant.forge(&head("bait", &here, std::slice::from_ref(&own), &json!([])));
    for number in ["0", "-1", "99999999999", "01", "nan"] {
        tenant.forge(&revision("bait", number, &here, &json!([])));
    }
    tenant.check(
        "revisions with numbers that are none",
        &["history bait", "publish bait --yes --history-max 1", "rollback bait --yes", "doctor"],
    );
    tenant.clean();
    // A template of his own under the name of ours.
    let mut with_template = head("bait", &here, &[], &json!([]));
    with_template["data"]["definition"] = json!(
        json!({"apiVersion": "ku8.dev/v1", "kind": "Definition", "metadata": {"name": "bait"},
        "spec": {"template": {"name": "./evil.wasm", "digest": format!("sha256:{}", "ab".repeat(32))}}})
        .to_string()
    );
    tenant.forge(&with_template);
    tenant.forge(&json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": format!("ku8.template.{}", "ab".repeat(8)), "namespace": here,
        "labels": {"ku8.dev/kind": "template"}, "annotations": {"ku8.dev/format": "1"}}, "binaryData": {"component": gz(b"\0asm\x0d\0\x01\0")}}));
    let ran = tenant.check("a template whose bytes have another digest", &["plan bait", "publish bait --yes"]);
    assert!(ran.iter().all(|one| one.code != 0), "it is not believed: {ran:?}");
    tenant.clean();
    // Locks that never end, and that are no locks.
    for spec in [
        json!({"holderIdentity": "mallory", "leaseDurationSeconds": 2_000_000_000, "renewTime": "2099-01-01T00:00:00.000000Z", "acquireTime": "2099-01-01T00:00:00.000000Z"}),
        json!({"holderIdentity": "\u{1b}[2J", "leaseDurationSeconds": 1, "leaseTransitions": 2_147_483_647}),
    ] {
        tenant.forge(&head("bait", &here, std::slice::from_ref(&own), &json!([])));
        tenant.forge(&json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "ku8.bait", "namespace": here}, "spec": spec}));
        tenant.check(
            "a lock of his",
            &["publish bait --yes --no-wait", "status bait", "unlock bait --force --yes", "doctor bait"],
        );
        tenant.clean();
    }
    // A name in its labels that is another one's.
    let mut other = head("bait", &here, std::slice::from_ref(&own), &json!([]));
    other["metadata"]["labels"]["ku8.dev/name"] = json!("web.r1");
    tenant.forge(&other);
    tenant.check(
        "a name in the labels that is another one's",
        &["list", "status", "plan --all", "publish --all --yes", "doctor"],
    );
    tenant.clean();
    // Objects that claim to be the victim's.
    let victim_head = uid(&tenant.victim.get("configmap/ku8.web"));
    let mut claimed = config_map("conf", "1");
    claimed["metadata"] = json!({"name": "conf", "namespace": here, "labels": {"ku8.dev/owner": "web"},
        "annotations": {"ku8.dev/owner-id": format!("{there}/web/{victim_head}")}});
    tenant.forge(&claimed);
    tenant.forge(&head("bait", &here, &[config_map("conf", "2")], &json!([])));
    tenant.check("an object that says it is the victim's", ALL);
    tenant.victim.run("plan web --detailed-exitcode").exits(0);
    // State that is too large, too deep, or not what it says.
    for state in [
        "[".repeat(100_000),
        "{\"inventory\":".repeat(1_000),
        format!("{{\"format\":1,\"reason\":\"{}\"}}", "x".repeat(500_000)),
    ] {
        let mut odd = head("bait", &here, std::slice::from_ref(&own), &json!([]));
        odd["data"]["state"] = json!(state);
        tenant.clean();
        tenant.forge(&odd);
        tenant.check("a state that is no state", ALL);
    }
    tenant.end("by a writer of ConfigMaps and Leases of his own namespace");
}

#[test]
fn p22_who_writes_our_record_is_shown_in_the_plan_and_reaches_nothing_else() {
    let Some(mut tenant) = Tenant::new("p22b") else { return };
    let there = tenant.victim.namespace.clone();
    let space = &tenant.evil;
    space.kubectl(&["create", "configmap", "bystander", "--from-literal=a=b"]);
    space.feed(&yaml(&[config_map("conf", "1"), service("web", 80)]), &["define", "web", "-f", "-"]).ok();
    space.run("publish web --yes").ok();
    let bystander = version(&space.get("configmap/bystander"));
    let change = |tenant: &Tenant, change: &dyn Fn(&mut Value, &mut Value)| {
        let head = tenant.evil.get("configmap/ku8.web");
        let mut state: Value = serde_json::from_str(text(&head["data"]["state"])).unwrap();
        let mut data = head["data"].clone();
        change(&mut state, &mut data);
        data["state"] = json!(state.to_string());
        tenant.evil.patch("configmap/ku8.web", &json!({"data": data}));
    };

    // What is published next: the plan shows it.
    change(&tenant, &|_, data| data["definition"] = json!(text(&data["definition"]).replace("80", "6666")));
    let ran = tenant.check("another port in our definition", &["plan web --detailed-exitcode", "status web"]);
    assert!(ran[0].code == 2 && ran[0].stdout.contains("6666") && ran[1].stdout.contains("Modified"), "{ran:?}");
    change(&tenant, &|_, data| data["definition"] = json!(text(&data["definition"]).replace("6666", "80")));
    // Objects that are not ours, as ours to remove.
    let foreign = [
        entry(&tenant.evil.namespace, "ConfigMap", "bystander", &uid(&tenant.evil.get("configmap/bystander"))),
        entry(&there, "ConfigMap", "precious", &uid(&tenant.victim.get("configmap/precious"))),
        entry(&there, "ConfigMap", "conf", ""),
    ];
    change(&tenant, &|state, _| state["inventory"].as_array_mut().unwrap().extend(foreign.iter().cloned()));
    tenant.check(
        "foreign objects in our inventory",
        &["plan web", "publish web --yes", "repair web --yes", "doctor web"],
    );
    // Revisions that are not there, and an operation that never was.
    change(&tenant, &|state, _| state["current"] = json!(4_000_000_000_u32));
    tenant.check(
        "a current revision that is not there",
        &["plan web", "show web --rendered", "rollback web --yes", "history web", "status web"],
    );
    change(&tenant, &|state, _| {
        state["current"] = json!(1);
        state["pending"] = json!(7);
        state["phase"] = json!("Publishing");
        state["operation"] = json!({"holder": "\u{1b}]0;x\u{7}", "startedAt": "not a time", "cause": "delete"});
    });
    tenant.check(
        "an operation that never was",
        &["status web", "plan web", "list", "publish web --yes --no-wait", "doctor web"],
    );
    change(&tenant, &|state, _| {
        state["current"] = json!(u32::MAX);
        state["pending"] = json!(u32::MAX);
    });
    tenant.check(
        "numbers at their end",
        &["status web", "plan web", "publish web --yes --no-wait", "rollback web --yes"],
    );
    change(&tenant, &|state, _| {
        state["current"] = json!(1);
        state["pending"] = json!(0);
        state["phase"] = json!("Published");
        state["operation"] = Value::Null;
        state["inventory"] = json!([]);
    });
    // An empty inventory makes nothing of ours somebody else's.
    tenant.check("an inventory that was emptied", &["plan web", "publish web --yes", "status web"]);
    // A kind that the definition may render, and does not.
    change(&tenant, &|_, data| {
        let mut definition: Value = serde_json::from_str(text(&data["definition"])).unwrap_or_else(|_| json!({}));
        definition["apiVersion"] = json!("ku8.dev/v1");
        definition["kind"] = json!("Definition");
        definition["metadata"] = json!({"name": "web", "namespace": "kube-system"});
        definition["spec"] = json!({"manifests": [config_map("conf", "1")]});
        data["definition"] = json!(definition.to_string());
    });
    tenant.check("a definition that moved to kube-system", &["plan web", "publish web --yes", "delete web --yes"]);
    assert_eq!(version(&tenant.evil.get("configmap/bystander")), bystander, "the bystander was not touched");
    tenant.end("by a writer of our record");
}
