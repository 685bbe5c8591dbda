//! No secret leaves the process but to the API server (security.md, P12): canaries in every place a secret can be, all
//! commands in all their forms, and then everything that was ever written is searched in every encoding.

use std::fmt::Write as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::stage::{Space, config_map, text, yaml};

struct Canary {
    what: &'static str,
    value: String,
    /// It is the user's own plain text in a definition, which is stored as it was given.
    in_definition: bool,
}

impl Canary {
    fn new(what: &'static str, value: impl Into<String>) -> Self {
        Self { what, value: value.into(), in_definition: false }
    }

    /// Plain, base64 at each of three places, hex, URL, JSON.
    fn forms(&self) -> Vec<String> {
        let bytes = self.value.as_bytes();
        let mut forms = vec![self.value.clone()];
        for offset in 0..3 {
            let padded: Vec<u8> = std::iter::repeat_n(b'x', offset).chain(bytes.iter().copied()).collect();
            let encoded = STANDARD.encode(padded);
            // What does not mix with its neighbours.
            let core = encoded.trim_end_matches('=');
            forms.push(core[[0, 2, 3][offset]..core.len() - 2].to_owned());
        }
        let hex = bytes.iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").expect("memory");
            hex
        });
        forms.push(hex.to_uppercase());
        forms.push(hex);
        let url = bytes.iter().fold(String::new(), |mut url, byte| {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
                url.push(char::from(*byte));
            } else {
                write!(url, "%{byte:02X}").expect("memory");
            }
            url
        });
        forms.push(url);
        let json = Value::from(self.value.as_str()).to_string();
        forms.push(json[1..json.len() - 1].to_owned());
        forms.sort_unstable();
        forms.dedup();
        forms
    }
}

/// A kubeconfig with another way to say who one is.
fn kubeconfig_with(space: &Space, name: &str, user: &Value) -> String {
    let text = std::fs::read_to_string(&space.kubeconfig).expect("a kubeconfig");
    let mut config: Value = serde_json::from_str(&text).expect("JSON");
    config["users"][0]["user"] = user.clone();
    let folder = space.folder.join("planted");
    std::fs::create_dir_all(&folder).expect("a folder");
    space.file(&format!("planted/{name}"), config.to_string())
}

/// Every file below a folder, without those the test planted itself.
fn files(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && !path.ends_with("planted") {
            files(&path, found);
        } else if path.is_file() {
            found.push((path.display().to_string(), std::fs::read(&path).unwrap_or_default()));
        }
    }
}

fn in_text(haystack: &[u8], needle: &str) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle.as_bytes())
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story: plant, run everything, search everything")]
fn p12_no_secret_leaves_the_process_but_to_the_server() {
    let Some(mut space) = Space::new("p12") else { return };
    let home = space.folder.join("tmp");
    std::fs::create_dir_all(&home).expect("a folder");
    space.set("TMPDIR", home.display().to_string());
    let pem = "-----BEGIN PRIVATE KEY-----\nY2FuYXJ5LW11bHRpLWxpbmUtZmlyc3Q3MTE=\nY2FuYXJ5LW11bHRpLWxpbmUtc2Vjb25kODEx\n-----END PRIVATE KEY-----\n";
    let mut canaries = vec![
        Canary::new("given to secret set", "canary \"set\" ä/4711+x"),
        Canary::new("typed as a value", "canary-typed-4712"),
        Canary::new("a live Secret", "canary-live-4713"),
        Canary::new("a number", "867530912345"),
        Canary::new("one line of many", "Y2FuYXJ5LW11bHRpLWxpbmUtc2Vjb25kODEx"),
        Canary::new("in last-applied", "canary-last-applied-4714"),
        Canary::new("a token in the kubeconfig", "canary-token-4715"),
        Canary::new("a password in the kubeconfig", "canary-basic-4716"),
        Canary::new("a credential plugin's output", "canary-plugin-4717"),
        Canary::new("an argument of secret set", "canary-argument-4718"),
    ];
    canaries.push(Canary { in_definition: true, ..Canary::new("a variable, echoed by the server", "canary-env-4719") });
    let value = |what: &str| canaries.iter().find(|one| one.what == what).expect("a canary").value.clone();

    // Planted in the cluster.
    let mine = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "mine", "annotations": {
            "kubectl.kubernetes.io/last-applied-configuration": json!({"kind": "Secret", "stringData": {"old": value("in last-applied")}}).to_string()}},
        "stringData": {"password": value("a live Secret"), "pin": value("a number"), "key.pem": pem}});
    std::fs::create_dir_all(space.folder.join("planted")).expect("a folder");
    let file = space.file("planted/mine.json", mine.to_string());
    space.kubectl(&["create", "-f", &file]);
    let job = |env: &str| {
        json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "once"}, "spec": {"template": {"spec": {
            "restartPolicy": "Never", "containers": [{"name": "main", "image": "docker.io/library/busybox:1.37",
            "env": [{"name": "DB_PASSWORD", "value": value("a variable, echoed by the server")}, {"name": "MODE", "value": env}]}]}}}})
    };

    // All commands, and then all of them again as a machine and with logs.
    let mut commands = 0_u32;
    let mut transcript = String::new();
    let mut run = |line: &str, input: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let forms: [&[&str]; 3] = [&[], &["-v", "8"], &["-o", "json"]];
        for extra in forms {
            commands += 1;
            let all: Vec<&str> = words.iter().chain(extra).copied().collect();
            let ran = space.feed(input, &all);
            assert_ne!(ran.code, 101, "no panic: {}", ran.stderr);
            // Without the command line, which holds what was typed.
            write!(transcript, "{}\n{}\n", ran.stdout, ran.stderr).expect("memory");
        }
    };
    let set = value("given to secret set");
    run("define db -t mysql --set database=orders", "");
    run("publish db --yes", "");
    run("secret set db password --yes", &set);
    run("secret set db extra-auth/more --yes", &set);
    run(&format!("secret set db password {}", value("an argument of secret set")), "");
    run("secret list db", "");
    run("secret rotate db root-password --yes", "");
    run(&format!("define typed -t mysql --set database=orders --set rootPassword={}", value("typed as a value")), "");
    run(&format!("define typed -t mysql --set database=orders --set auth.password={}", value("typed as a value")), "");
    run("define cache -t redis --set size=dev --set auth.secretRef.name=mine --set auth.secretRef.key=password", "");
    run("plan cache", "");
    run("publish cache --yes", "");
    run("define web -f -", &yaml(&[job("1"), config_map("conf", "1")]));
    run("publish web --yes --no-wait", "");
    // The server's refusal quotes the whole pod template.
    run("define web -f -", &yaml(&[job("2"), config_map("conf", "2")]));
    run("plan web", "");
    run("publish web --yes", "");
    run("define bad -f -", &mine.to_string());
    run("plan bad -f -", &mine.to_string());
    for command in [
        "plan db",
        "plan --all --full",
        "plan db --out plan.json",
        "apply plan.json --yes",
        "show db --values",
        "show db --rendered",
        "status",
        "status db",
        "status web",
        "history db",
        "list",
        "list -A",
        "rbac db",
        "define db --set maxConnections=222",
        "publish db --yes",
        "rollback db --to 1 --yes",
        "unlock db --force",
        "template render mysql --set database=orders",
        "version",
        "plan nothing",
        "doctor",
        "delete db --yes",
        "delete cache --yes",
    ] {
        run(command, "");
    }
    let plugin =
        space.file("planted/plugin", format!("#!/bin/sh\necho '{}'\nexit 3\n", value("a credential plugin's output")));
    std::fs::set_permissions(&plugin, std::os::unix::fs::PermissionsExt::from_mode(0o700)).expect("a mode");
    for (name, user) in [
        ("token", json!({"token": value("a token in the kubeconfig")})),
        ("basic", json!({"username": "ada", "password": value("a password in the kubeconfig")})),
        (
            "exec",
            json!({"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": plugin, "interactiveMode": "Never"}}),
        ),
    ] {
        let config = kubeconfig_with(&space, name, &user);
        for command in ["list", "plan web", "publish web --yes", "define x -t redis --set size=dev"] {
            run(&format!("--kubeconfig {config} {command}"), "");
        }
    }
    // The generated ones, of which only the server and the pods know.
    for live in space.list("secret", "ku8.dev/generated=true") {
        for (_, encoded) in live["data"].as_object().expect("data") {
            let plain = STANDARD.decode(text(encoded)).expect("base64");
            let plain = String::from_utf8(plain).expect("text");
            if plain != set {
                canaries.push(Canary::new("generated", plain));
            }
        }
    }
    assert!(canaries.len() >= 12, "generated ones are among them: {}", canaries.len());

    // Everything that was written.
    let echoed = transcript.matches("(redacted)").count();
    assert!(echoed > 0, "the server's echo came through the redactor, or this test tests nothing");
    let mut written = vec![("what the commands wrote".to_owned(), transcript.into_bytes())];
    files(&space.folder, &mut written);
    files(&space.folder.parent().expect("tests").join("cache"), &mut written);
    let mut records = Vec::new();
    for record in space.list("configmap,lease,event,statefulset,job,service,serviceaccount", "") {
        let name = format!("{}/{}", text(&record["kind"]), text(&record["metadata"]["name"]));
        for packed in record["binaryData"].as_object().into_iter().flatten() {
            let packed = STANDARD.decode(text(packed.1)).expect("base64");
            let mut plain = Vec::new();
            // A component is no text, and it is searched all the same.
            let _ = std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(packed.as_slice()), &mut plain);
            records.push((format!("{name} unpacked"), plain));
        }
        records.push((name, record.to_string().into_bytes()));
    }
    for secret in space.list("secret", "") {
        let name = text(&secret["metadata"]["name"]).to_owned();
        if name != "mine" {
            records.push((format!("marks of Secret/{name}"), secret["metadata"].to_string().into_bytes()));
        }
    }
    let mut searched = 0_u64;
    let mut hits = Vec::new();
    for canary in &canaries {
        for form in canary.forms() {
            let places = if canary.in_definition { written.iter().chain(&[]) } else { written.iter().chain(&records) };
            for (place, bytes) in places {
                searched += 1;
                if let Some(at) = in_text(bytes, &form) {
                    let around = String::from_utf8_lossy(&bytes[at.saturating_sub(200)..at]).into_owned();
                    hits.push(format!("{} ({}) in {place} after: {around}", canary.what, canary.value));
                }
            }
        }
    }
    let count = canaries.len();
    let _ = std::io::Write::write_all(
        &mut std::io::stderr(),
        format!("P12: {count} canaries, {commands} commands, {searched} searches, {} hits\n", hits.len()).as_bytes(),
    );
    assert!(hits.is_empty(), "{}", hits.join("\n\n"));
}
