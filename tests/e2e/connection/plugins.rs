//! Credential plugins: run as often as by kubectl, told what they are told, and never shown.

use std::sync::Arc;

use serde_json::{Value, json};

use super::server::Seen;
use super::{Bench, bearer, cluster, config, papers, secure};

fn user(command: &str, more: &Value) -> Value {
    let mut exec =
        json!({"apiVersion": "client.authentication.k8s.io/v1", "command": command, "interactiveMode": "IfAvailable"});
    for (key, value) in more.as_object().into_iter().flatten() {
        exec[key] = value.clone();
    }
    json!({"exec": exec})
}

fn credential(version: &str, status: &Value) -> String {
    json!({"apiVersion": format!("client.authentication.k8s.io/{version}"), "kind": "ExecCredential", "status": status})
        .to_string()
}

#[test]
fn plugins_run_as_often_as_by_kubectl() {
    let Some(bench) = Bench::new("plugin-runs") else { return };
    let (server, url) = secure(bearer("good-token-1"));
    let with = |command: &str, more: &Value| config(cluster(&url), user(command, more));
    let good = bench.file("good.json", credential("v1", &json!({"token": "good-token-1"})));
    let login = bench.plugin("login", &format!("cat '{good}'"));
    bench.file("config", with(&login, &json!({})).to_string());
    assert!(bench.ours(&[]).ok && bench.runs() == 1, "one run");
    bench.try_config("a token", &with(&login, &json!({})), true);
    bench.try_config("relative to the kubeconfig", &with("./login", &json!({})), true);

    let beta = bench.file("beta.json", credential("v1beta1", &json!({"token": "good-token-1"})));
    let old = bench.plugin("old", &format!("cat '{beta}'"));
    bench.try_config(
        "v1beta1 without a mode",
        &config(cluster(&url), json!({"exec": {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": old}})),
        true,
    );
    bench.try_config("another version than asked for", &with(&old, &json!({})), false);
    bench.try_config(
        "v1 without a mode",
        &config(cluster(&url), json!({"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": login}})),
        false,
    );
    bench.try_config("v1alpha1", &with(&login, &json!({"apiVersion": "client.authentication.k8s.io/v1alpha1"})), false);

    let stale = bench.file(
        "stale.json",
        credential("v1", &json!({"token": "good-token-1", "expirationTimestamp": "2020-01-01T00:00:00Z"})),
    );
    bench.file("config", with(&bench.plugin("stale", &format!("cat '{stale}'")), &json!({})).to_string());
    let theirs = bench.kubectl(&[]);
    assert!(theirs.ok && bench.runs() >= 1, "{}", theirs.said);
    assert!(bench.ours(&[]).ok && bench.runs() == 1, "one that expired before it came is used once");
    let soon = bench.file(
        "soon.json",
        credential("v1", &json!({"token": "good-token-1", "expirationTimestamp": "2100-01-01T00:00:00Z"})),
    );
    bench.try_config("one that lives long", &with(&bench.plugin("soon", &format!("cat '{soon}'")), &json!({})), true);
    let refused = bench.file("refused.json", credential("v1", &json!({"token": "expired-canary-1"})));
    let said = bench.try_config(
        "one that is refused",
        &with(&bench.plugin("refused", &format!("cat '{refused}'")), &json!({})),
        false,
    );
    assert!(said.said.contains("you must be logged in (401): what the credential plugin"), "{}", said.said);
    assert!(!said.said.contains("canary"), "{}", said.said);

    server.take();
    let args = json!({"args": ["--for", "a b"], "env": [{"name": "WHO", "value": "ada"}]});
    let checks = bench
        .plugin("checks", &format!("[ \"$2\" = 'a b' ] && [ \"$WHO\" = ada ] && [ -n \"$PATH\" ] && cat '{good}'"));
    bench.try_config("arguments and variables", &with(&checks, &args), true);
    bench.both("--token instead of the plugin", &["--token", "good-token-1"], true);
    assert_eq!(bench.runs(), 0);
}

#[test]
fn a_certificate_of_a_plugin_is_shown_to_the_server() {
    let Some(bench) = Bench::new("plugin-certificate") else { return };
    let (_server, url) = secure(Arc::new(|seen: &Seen| seen.certificate));
    let (certificate, key) = &papers().client;
    let good = credential("v1", &json!({"clientCertificateData": certificate, "clientKeyData": key}));
    let good = bench.file("good.json", good);
    let login = bench.plugin("login", &format!("cat '{good}'"));
    bench.try_config("a certificate", &config(cluster(&url), user(&login, &json!({}))), true);
    let half = bench.file("half.json", credential("v1", &json!({"clientCertificateData": certificate})));
    let half = bench.plugin("half", &format!("cat '{half}'"));
    bench.try_config("without its key", &config(cluster(&url), user(&half, &json!({}))), false);
}

#[test]
fn a_plugin_is_told_what_kubectl_tells_it() {
    let Some(bench) = Bench::new("plugin-info") else { return };
    let (_server, url) = secure(bearer("good-token-1"));
    let good = bench.file("good.json", credential("v1", &json!({"token": "good-token-1"})));
    let told = bench.folder.path().join("told");
    let script = format!("printf '%s\\n' \"$KUBERNETES_EXEC_INFO\" >> '{}'; cat '{good}'", told.display());
    let login = bench.plugin("login", &script);
    let mut entry = cluster(&url);
    entry["extensions"] = json!([{"name": "client.authentication.k8s.io/exec", "extension": {"audience": "dev"}}]);
    entry["disable-compression"] = json!(true);
    entry["tls-server-name"] = json!("localhost");
    let take = || {
        let text = std::fs::read_to_string(&told).expect("it was told");
        std::fs::remove_file(&told).expect("a file");
        let lines = text.lines().filter(|line| !line.is_empty());
        let lines: Vec<Value> = lines.map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert_eq!(lines[0], lines[1], "kubectl's, ours");
        lines[1].clone()
    };
    bench.try_config("without the cluster", &config(entry.clone(), user(&login, &json!({}))), true);
    assert_eq!(take()["spec"], json!({"interactive": false}));
    bench.try_config("with it", &config(entry, user(&login, &json!({"provideClusterInfo": true}))), true);
    assert_eq!(take()["spec"]["cluster"]["config"], json!({"audience": "dev"}));
}

#[test]
fn a_plugin_that_fails_is_named_and_its_output_is_not() {
    let Some(bench) = Bench::new("plugin-failures") else { return };
    let (_server, url) = secure(bearer("good-token-1"));
    let with = |command: &str, more: &Value| config(cluster(&url), user(command, more));
    let fails =
        bench.plugin("fails", "echo output-canary-1; echo first >&2; echo 'Error: session expired' >&2; exit 7");
    let said =
        bench.try_config("exit 7", &with(&fails, &json!({"installHint": "brew install acme-login"})), false).said;
    assert!(said.contains("fails ended with exit code 7: Error: session expired"), "{said}");
    assert!(
        said.contains("hint:  brew install acme-login") && said.starts_with("first\nError: session expired\n"),
        "{said}"
    );
    assert!(!said.contains("canary"), "{said}");
    let said = bench
        .try_config("not there", &with("acme-login", &json!({"installHint": "brew install acme-login\n"})), false)
        .said;
    assert!(said.contains("user `ada`: its credential plugin acme-login is not installed"), "{said}");
    assert!(said.contains("hint:  brew install acme-login"), "{said}");
    bench.try_config("not there, in a folder", &with("./none", &json!({})), false);
    let cut = bench.plugin("cut", "echo cut-canary-1");
    let said = bench.try_config("no credential", &with(&cut, &json!({})), false).said;
    assert!(said.contains("something that is no ExecCredential") && !said.contains("canary"), "{said}");
    let empty = bench.file("empty.json", credential("v1", &json!({})));
    bench.try_config("an empty one", &with(&bench.plugin("empty", &format!("cat '{empty}'")), &json!({})), false);
    bench.try_config("no command", &with("", &json!({})), false);
    let said = bench.try_config("a terminal is needed", &with(&cut, &json!({"interactiveMode": "Always"})), false).said;
    assert!(said.contains("interactiveMode: Always"), "{said}");
    let endless = bench.plugin("endless", "exec cat /dev/zero");
    bench.file("config", with(&endless, &json!({})).to_string());
    let said = bench.ours(&[]).said;
    assert!(said.contains("more than 1 MiB"), "{said}");
}

/// kubectl asks once more and gives up; we go on with what it got.
#[test]
fn a_refused_credential_is_asked_for_once_more() {
    let Some(bench) = Bench::new("plugin-renewal") else { return };
    let (server, url) = secure(bearer("fresh-token-1"));
    let old = bench.file("old.json", credential("v1", &json!({"token": "stale-token-1"})));
    let new = bench.file("new.json", credential("v1", &json!({"token": "fresh-token-1"})));
    let mark = bench.folder.path().join("mark");
    let script = format!("if [ -e '{0}' ]; then cat '{new}'; else : > '{0}'; cat '{old}'; fi", mark.display());
    let login = bench.plugin("login", &script);
    bench.file("config", config(cluster(&url), user(&login, &json!({}))).to_string());
    let ended = bench.ours(&[]);
    assert!(ended.ok, "{}", ended.said);
    assert_eq!(bench.runs(), 2);
    let sent: Vec<String> =
        server.take().iter().filter_map(|one| one.header("authorization").map(str::to_owned)).collect();
    assert_eq!(sent, ["Bearer stale-token-1", "Bearer fresh-token-1"]);
}

/// What is piped into a command is the command's (`… | kubectl ku8 define -f -`).
#[test]
fn a_plugin_never_reads_what_was_piped_to_us() {
    let Some(bench) = Bench::new("plugin-stdin") else { return };
    let (server, url) = secure(bearer("good-token-1"));
    let good = bench.file("good.json", credential("v1", &json!({"token": "good-token-1"})));
    let eaten = bench.folder.path().join("eaten");
    let login = bench.plugin("login", &format!("cat > '{}'; cat '{good}'", eaten.display()));
    bench.file("config", config(cluster(&url), user(&login, &json!({}))).to_string());
    let manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: piped-canary-1}\n";
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_kubectl-ku8"));
    let ended = bench.run(program, &["define", "shop", "-f", "-", "-v=8"], manifest.as_bytes());
    let sent: Vec<String> =
        server.take().iter().map(|one| String::from_utf8_lossy(&one.request.body).into_owned()).collect();
    assert!(sent.iter().any(|body| body.contains("piped-canary-1")), "it was read by us: {}", ended.said);
    assert_eq!(bench.runs(), 1);
    assert_eq!(std::fs::read_to_string(&eaten).expect("it ran"), "");
}

/// At a terminal it may ask, unless the command reads that terminal itself.
#[test]
fn a_plugin_asks_at_a_terminal_that_is_free() {
    let Some(bench) = Bench::new("plugin-terminal") else { return };
    let (server, url) = secure(bearer("good-token-1"));
    let good = bench.file("good.json", credential("v1", &json!({"token": "good-token-1"})));
    let told = bench.folder.path().join("told");
    let script = format!(
        "printf '%s' \"$KUBERNETES_EXEC_INFO\" > '{0}'\nif grep -q '\"interactive\":true' '{0}'; then\n\
         printf 'Password: ' >&2; read answer; [ \"$answer\" = sesame ] || exit 9\nfi\ncat '{good}'",
        told.display()
    );
    let login = bench.plugin("login", &script);
    bench.file("config", config(cluster(&url), user(&login, &json!({}))).to_string());
    let ours = env!("CARGO_BIN_EXE_kubectl-ku8");
    let at_terminal = |line: &str, typed: &str| {
        let line = format!("{ours} {line}");
        bench.run(std::path::Path::new("script"), &["-qefc", &line, "/dev/null"], typed.as_bytes())
    };
    let ended = at_terminal("list", "sesame\n");
    assert!(ended.ok && ended.said.contains("Password: ") && ended.said.contains("No definitions"), "{}", ended.said);
    let ended = at_terminal("list", "wrong\n");
    assert!(!ended.ok && ended.said.contains("ended with exit code 9"), "{}", ended.said);
    server.take();
    at_terminal("define shop -f -", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: typed-canary-1}\n\u{4}");
    assert!(std::fs::read_to_string(&told).expect("it ran").contains("\"interactive\":false"));
    let sent = server.take();
    assert!(sent.iter().any(|one| String::from_utf8_lossy(&one.request.body).contains("typed-canary-1")), "{sent:?}");
    let ended = at_terminal("list --no-input", "");
    assert!(ended.ok, "{}", ended.said);
}
