//! Whom the program talks to: the API server that the kubeconfig names, and nobody else.
//! Read from the system calls, so that no library can do it unseen either.

use std::collections::BTreeSet;
use std::fs;

use crate::stage::{Space, say};

/// Addresses in a trace of `connect` and `sendto`, as `127.0.0.1:6443`; sockets of the machine itself are none.
fn addresses(trace: &str) -> BTreeSet<String> {
    let part = |line: &str, from: &str, to: &str| -> Option<String> {
        Some(line.split_once(from)?.1.split_once(to)?.0.trim_matches('"').to_owned())
    };
    let mut found = BTreeSet::new();
    for line in trace.lines().filter(|line| line.contains("sa_family=AF_INET")) {
        let port = part(line, "htons(", ")").unwrap_or_default();
        let address =
            part(line, "inet_addr(", ")").or_else(|| part(line, "inet_pton(AF_INET6, ", ",")).unwrap_or_default();
        found.insert(format!("{address}:{port}"));
    }
    found
}

#[test]
fn it_talks_to_the_api_server_and_to_nobody_else() {
    let Some(space) = Space::new("outside") else { return };
    if space.shell("strace -qq true").code != 0 {
        say("SKIPPED outside: strace is missing or may not trace");
        return;
    }
    let server = space.shell("kubectl config view --minify -o jsonpath='{.clusters[0].cluster.server}'").ok().stdout;
    let server = server.trim_start_matches("https://").to_owned();
    let offline = ["version --client", "template list", "template render redis --set size=dev", "help"];
    let online = [
        "define cache -t redis --set size=dev --set persistence.mode=none",
        "plan cache",
        "publish cache --yes",
        "list",
        "status cache",
        "doctor",
        "version",
        "delete cache --yes",
    ];
    for (number, line) in offline.iter().chain(&online).enumerate() {
        let trace = space.folder.join(format!("trace-{number}"));
        space.shell(&format!("strace -f -qq -e trace=connect,sendto -o {} kubectl-ku8 {line}", trace.display()));
        let asked = addresses(&fs::read_to_string(&trace).expect("a trace"));
        let expected: BTreeSet<String> = if number < offline.len() { BTreeSet::new() } else { [server.clone()].into() };
        assert_eq!(asked, expected, "kubectl ku8 {line}");
    }
}

#[test]
fn text_in_any_language_comes_back_as_it_went_in() {
    let Some(space) = Space::new("any-language") else { return };
    let team = "支付团队 · Équipe paiement";
    let set = format!("podAnnotations={{\"example.com/团队\": \"x\", \"example.com/team\": \"{team}\"}}");
    let define =
        ["define", "cache", "-t", "redis", "--set", "size=dev", "--set", "persistence.mode=none", "--set-json"];
    // The server's rule for names of annotations is not ours to judge, and its answer says which one it was.
    space.ku8(&[&define[..], &[&set]].concat()).ok();
    space.run("publish cache --yes").fails(1, &["团队"]);
    let set = format!("podAnnotations={{\"example.com/团队\": null, \"example.com/team\": \"{team}\"}}");
    space.ku8(&["define", "cache", "--set-json", &set]).ok().says(&["团队"]);
    space.run("publish cache --yes").ok();
    let stored = space.run("show cache -o json").ok().json();
    assert_eq!(stored["spec"]["values"]["podAnnotations"]["example.com/team"], team);
    space.run("show cache").ok().says(&[team]);
    let live = space.get("statefulset/cache");
    assert_eq!(live["spec"]["template"]["metadata"]["annotations"]["example.com/team"], team);
    space.run("plan cache").ok().says(&["No changes"]);
}
