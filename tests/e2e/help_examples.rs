//! Every example the help shows, typed as it stands into a shell: what people copy first must work.
//! A command that would ask is right when the only thing missing is somebody to answer.

use std::collections::BTreeSet;

use playground::{Registry, RegistryOptions};
use serde_json::json;

use crate::components::versioned;
use crate::stage::{Ran, Space, say};

/// The help as it is read by `tests/it/help.rs`, which keeps it current.
const HELP: &str = include_str!("../it/help.md");

const DEFINITION: &str = "apiVersion: ku8.dev/v1
kind: Definition
metadata: {name: orders-db}
spec:
  template: {name: mysql}
  values: {database: orders, size: dev}
";

/// Lines below `Examples:`, each once, in the order of the help.
fn examples() -> Vec<String> {
    let mut known = BTreeSet::new();
    let mut inside = false;
    let mut found = Vec::new();
    for line in HELP.lines() {
        let text = line.trim();
        inside = text == "Examples:" || text == "Start with:" || (inside && line.starts_with("  "));
        let command = text.split("   #").next().unwrap_or_default().trim();
        if inside && command.contains("kubectl ku8 ") && known.insert(command.to_owned()) {
            found.push(command.to_owned());
        }
    }
    found
}

/// Brings back what an example before this one took away.
fn prepare(space: &Space) {
    if space.find("configmap/ku8.orders-db").is_none() || space.find("statefulset/orders-db").is_none() {
        for connections in ["maxConnections=100", "maxConnections=120"] {
            let values = ["--set", "database=orders", "--set", "size=dev", "--set", connections];
            space.ku8(&[&["define", "orders-db", "-t", "mysql"], &values[..]].concat()).ok();
            // Forgotten, its objects stayed: they are marked again first, as the refusal says.
            if space.find("statefulset/orders-db").is_some() {
                space.run("repair orders-db --yes").ok();
            }
            space.run("publish orders-db --yes").ok();
        }
    }
    for (name, template) in [("cache", "redis"), ("scratch-db", "redis")] {
        if space.find(&format!("configmap/ku8.{name}")).is_none() {
            space.run(&format!("define {name} -t {template} --set size=dev")).ok();
        }
    }
    space.file("definition.yaml", DEFINITION);
    space.file("values.yaml", "size: dev\n");
}

/// What stands in an example for something of the reader's own.
fn of_this_place(example: &str, registry: &str, mirror: &str) -> String {
    let own = [
        ("--to 7", "--to 1"),
        ("ku8 new orders-db", "ku8 new another-db"),
        ("-n prod", "-n help-examples"),
        ("-n staging", "-n help-examples-staging"),
        ("hosts[0].name", "storage.size"),
        ("registry.example.com", registry),
        ("mirror.example.com", mirror),
        // The tools of languages are tried by tests/it/toolchains.
        ("template build", "template build --help"),
        // What is pushed here breaks rules; a sound one is judged by tests/e2e/registries/looks.rs.
        ("template lint oci://", "template lint --help oci://"),
        // Registries and what is signed in them are tried by tests/e2e/signed.rs.
        ("template verify oci://", "template verify --help oci://"),
        ("template verify templates.tar", "template verify --help templates.tar"),
    ];
    own.iter().fold(example.to_owned(), |line, (theirs, ours)| line.replace(theirs, ours))
}

fn is_right(ran: &Ran) -> bool {
    let asks = ran.code == 1 && ran.stderr.contains("can be asked");
    let watched = ran.code == 124 && ran.stderr.is_empty();
    ran.code == 0 || asks || watched || (ran.code == 2 && ran.line.contains("--detailed-exitcode"))
}

#[test]
fn every_example_of_the_help_works_as_it_stands() {
    let Some(mut space) = Space::new("help-examples") else { return };
    let build = space.folder.join("build");
    std::fs::create_dir_all(&build).expect("a folder");
    let component = concat!(env!("CARGO_MANIFEST_DIR"), "/../templates-wasm/dist/redis.wasm");
    std::fs::copy(component, build.join("mine.wasm")).expect("a component");
    std::fs::copy(component, space.folder.join("core.wasm")).expect("a module");
    for project in ["", "mine/"] {
        let case = space.folder.join(format!("{project}tests/defaults"));
        std::fs::create_dir_all(&case).expect("a folder");
        std::fs::create_dir_all(space.folder.join(format!("{project}build"))).expect("a folder");
        std::fs::copy(component, space.folder.join(format!("{project}build/mine.wasm"))).expect("a component");
        let definition = DEFINITION.replace("mysql", "redis").replace("database: orders, ", "");
        std::fs::write(case.join("definition.yaml"), definition).expect("a case");
        let folder = if project.is_empty() { "." } else { "./mine" };
        space.run(&format!("template test {folder} --bless")).ok();
    }
    let manifest = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "web-token"}, "type": "Opaque"});
    space.file("web-token.json", manifest.to_string());
    let web = crate::stage::config_map("web", "hello").to_string();
    space.feed(&web, &["define", "shop-web", "-f", "-"]).ok();
    for (program, says) in [("kustomize", web.as_str()), ("pass", "correct horse battery"), ("nano", ""), ("vi", "")] {
        let path = space.file(program, format!("#!/bin/sh\ncat <<'END'\n{says}\nEND\n"));
        let executable = std::process::Command::new("chmod").args(["755", &path]).status();
        assert!(executable.expect("chmod").success());
    }
    space.kubectl(&["create", "namespace", "help-examples-staging"]);
    space.set("TOKEN", "a-token-of-eight-or-more");

    // Those of the examples; what they push themselves is not there before.
    let start = || Registry::start(RegistryOptions::default(), &mut |line| say(line)).expect("a registry");
    let (registry, mirror) = (start(), start());
    space.set("KU8_PLAIN_HTTP", format!("{},{}", registry.host(), mirror.host()));
    for (name, version) in [("kafka", "1.0.0"), ("kafka", "1.1.0")] {
        let file = space.file(&format!("{name}.wasm"), versioned(name, version, &[name]));
        space.ku8(&["template", "push", &file, &format!("oci://{}/team/{name}", registry.host())]).ok();
    }

    let examples = examples();
    assert!(examples.len() > 50, "{} examples", examples.len());
    let mut wrong = Vec::new();
    for example in &examples {
        prepare(&space);
        // What watches has no end of its own.
        let watch = ["--watch", " -w"].iter().any(|flag| example.contains(flag));
        let end = if watch { "timeout 3 " } else { "" };
        let line = format!("PATH=\"$PWD:$PATH\"; {end}{}", of_this_place(example, &registry.host(), &mirror.host()));
        let ran = space.shell(&line);
        if !is_right(&ran) {
            wrong.push(format!("$ {example}\n{}{}→ {}", ran.stdout, ran.stderr, ran.code));
        }
    }
    say(&format!("{} examples of the help, {} wrong", examples.len(), wrong.len()));
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
