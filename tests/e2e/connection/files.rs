//! Which kubeconfig files count, and what of them.

use serde_json::{Value, json};

use super::{Bench, bearer, cluster, config, papers, secure, token};

#[test]
fn lists_of_files_are_merged_as_kubectl_merges_them() {
    let Some(bench) = Bench::new("kubeconfig-list") else { return };
    let (server, url) = secure(bearer("good-token-1"));
    bench.file(
        "first",
        json!({"apiVersion": "v1", "kind": "Config", "current-context": "",
        "users": [{"name": "ada", "user": token("good-token-1")}]})
        .to_string(),
    );
    bench.file("second", config(cluster(&url), token("other-token-1")).to_string());
    bench.file("empty", "");
    let folder = bench.folder.path().display().to_string();
    let list = |names: &[&str]| {
        names
            .iter()
            .map(|name| if name.is_empty() { String::new() } else { format!("{folder}/{name}") })
            .collect::<Vec<_>>()
            .join(":")
    };
    let bench = bench.set("KUBECONFIG", list(&["gone", "first", "", "empty", "second", "gone/too"]));
    bench.both("missing and empty files are skipped, the first user wins", &[], true);
    let bench = bench.set("KUBECONFIG", list(&["second", "first"]));
    bench.both("the other order", &[], false);
    let bench = bench.set("KUBECONFIG", list(&["gone", "gone/too"]));
    bench.both("nothing is there", &[], false);
    let bench = bench.set("KUBECONFIG", list(&["first"]));
    bench.both("half of it is there", &[], false);
    bench.file("broken", "clusters: [\n");
    let bench = bench.set("KUBECONFIG", list(&["first", "second", "broken"]));
    bench.both("one that cannot be read is not skipped", &[], false);
    let named = list(&["second"]);
    bench.both("--kubeconfig alone counts", &["--kubeconfig", &named, "--token", "good-token-1"], true);
    bench.both("--kubeconfig that is not there", &["--kubeconfig", &list(&["gone"])], false);
    server.take();
}

#[test]
fn the_default_file_and_paths_beside_it() {
    let Some(bench) = Bench::new("kubeconfig-default") else { return };
    let bench = bench.set("KUBECONFIG", "");
    let (_server, url) = secure(bearer("good-token-1"));
    let cluster = json!({"server": url, "certificate-authority": "../pki/ca.crt"});
    bench.file("home/.kube/config", config(cluster, json!({"tokenFile": "token"})).to_string());
    bench.file("home/.kube/token", "good-token-1");
    bench.file("home/pki/ca.crt", &papers().authority);
    bench.both("~/.kube/config", &[], true);
}

#[test]
fn forms_of_kubeconfigs_in_the_wild() {
    let Some(bench) = Bench::new("kubeconfig-forms") else { return };
    let (server, url) = secure(bearer("good-token-1"));
    let ca = cluster(&url)["certificate-authority-data"].as_str().unwrap().to_owned();
    let yaml = |user: &str, more: &str| {
        format!(
            "apiVersion: v1\nkind: Config\n# a comment\npreferences: {{}}\ncurrent-context: here\n\
             clusters:\n- cluster:\n    server: {url}\n    certificate-authority-data: {ca}\n  name: bench\n\
             contexts:\n- context: {{cluster: bench, user: ada, namespace: team}}\n  name: here\n\
             users:\n- name: ada\n  user:\n{user}\n{more}"
        )
    };
    for (what, text, ok) in [
        ("YAML", yaml("    token: good-token-1", ""), true),
        ("a key twice: the last wins", yaml("    token: old-token-12\n    token: good-token-1", ""), true),
        (
            "keys nobody knows",
            yaml("    token: good-token-1\n    color: red", "extensions: []\nx-tool: {a: 1}\n"),
            true,
        ),
        (
            "nothing set",
            yaml("    token: good-token-1\n    exec: null\n    auth-provider:\n    as-groups:\n", ""),
            true,
        ),
        ("tabs", "clusters:\n\t- name: a\n".to_owned(), false),
        ("another document", "[]".to_owned(), false),
        ("text", "not a kubeconfig".to_owned(), false),
    ] {
        bench.file("config", text);
        bench.both(what, &[], ok);
    }
    server.take();

    let mut two: Value = config(cluster(&url), token("good-token-1"));
    two["contexts"].as_array_mut().unwrap().push(json!({"name": "bare", "context": {"user": "ada"}}));
    two["contexts"]
        .as_array_mut()
        .unwrap()
        .push(json!({"name": "lost", "context": {"cluster": "gone", "user": "ada"}}));
    two["contexts"]
        .as_array_mut()
        .unwrap()
        .push(json!({"name": "ghost", "context": {"cluster": "bench", "user": "gone"}}));
    two["clusters"].as_array_mut().unwrap().push(json!({"name": "dead", "cluster": {"server": "https://127.0.0.1:1"}}));
    two["users"].as_array_mut().unwrap().push(json!({"name": "bob", "user": token("other-token-1")}));
    bench.file("config", two.to_string());
    for (what, flags, ok) in [
        ("--context", &["--context", "here"][..], true),
        ("no such context", &["--context", "her"], false),
        ("a context without a cluster", &["--context", "bare"], false),
        ("and --cluster", &["--context", "bare", "--cluster", "bench"], true),
        ("a cluster that is not there", &["--context", "lost"], false),
        ("a user that is not there is nobody", &["--context", "ghost"], false),
        ("and --token", &["--context", "ghost", "--token", "good-token-1"], true),
        ("--cluster", &["--cluster", "dead"], false),
        ("--user", &["--user", "bob"], false),
        ("no such --user", &["--user", "eve"], false),
        ("no such --cluster", &["--cluster", "eve"], false),
    ] {
        bench.both(what, flags, ok);
    }
    let ghost = bench.ours(&["--context", "ghost"]);
    assert!(ghost.said.contains("no credentials were sent, since the kubeconfig has no user `gone`"), "{}", ghost.said);
    two["current-context"] = json!("");
    bench.try_config("no current context", &two, false);
    bench.both("and --context", &["--context", "here"], true);
    bench.both("and --cluster with --user", &["--cluster", "bench", "--user", "ada"], true);
    let near = bench.ours(&["--context", "her"]);
    assert!(near.said.contains("did you mean `here`?"), "{}", near.said);
}

#[test]
fn the_pods_own_cluster_is_for_those_who_named_nothing() {
    let Some(bench) = Bench::new("in-pod") else { return };
    let (_server, url) = secure(bearer("good-token-1"));
    let bench = bench.set("KUBERNETES_SERVICE_HOST", "127.0.0.1").set("KUBERNETES_SERVICE_PORT", "1");
    bench.try_config("a kubeconfig goes first", &config(cluster(&url), token("good-token-1")), true);
    bench.both("--context", &["--context", "here"], true);
    let bench = bench.set("KUBECONFIG", "/nowhere/config");
    bench.both("--context without a kubeconfig", &["--context", "here"], false);
    bench.both("no token file, no pod", &[], false);
}

/// A person who forbids plugins in kubectl's own settings should know that this holds for kubectl alone.
#[test]
fn doctor_names_a_policy_it_does_not_keep() {
    let Some(bench) = Bench::new("kuberc") else { return };
    let (_server, url) = secure(bearer("good-token-1"));
    bench.file("config", config(cluster(&url), token("good-token-1")).to_string());
    let doctor =
        |bench: &Bench| bench.run(std::path::Path::new(env!("CARGO_BIN_EXE_kubectl-ku8")), &["doctor"], b"").said;
    let policy = "kuberc policy is not enforced by this tool";
    assert!(!doctor(&bench).contains(policy));
    let kuberc = |policy: &str| {
        format!("apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\ncredentialPluginPolicy: {policy}\n")
    };
    bench.file("home/.kube/kuberc", kuberc("DenyAll"));
    assert!(doctor(&bench).contains(policy));
    bench.file("home/.kube/kuberc", kuberc("AllowAll"));
    assert!(!doctor(&bench).contains(policy));
    let named = bench.file("mine", kuberc("Allowlist"));
    let bench = bench.set("KUBERC", named);
    assert!(doctor(&bench).contains("credentialPluginPolicy Allowlist"));
}
