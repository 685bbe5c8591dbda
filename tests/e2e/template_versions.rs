//! Moving a definition to another version of its template, and what a template says of its own objects.
//! Both versions are fixtures of the contract; the cluster says what was really stored.

use std::path::Path;

use serde_json::{Value, json};

use crate::stage::{Space, text, writes};

/// Places where the two versions of the template lie, in the space's folder.
const OLD: &str = "./build/motd.wasm";
const NEW: &str = "./next/motd.wasm";

fn with_templates(name: &str) -> Option<Space> {
    let space = Space::new(name)?;
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/it/fixtures");
    for (place, version) in [(OLD, "1.0.0"), (NEW, "2.0.0")] {
        let file = space.folder.join(place);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        std::fs::copy(fixtures.join(format!("motd-{version}.wasm")), file).expect("a fixture");
    }
    Some(space)
}

fn published(name: &str, text: &str) -> Option<Space> {
    let space = with_templates(name)?;
    space.ku8(&["define", "motd", "-t", OLD, "--set", &format!("text={text}")]).ok();
    space.run("publish motd --yes").ok();
    Some(space)
}

fn stored(space: &Space) -> Value {
    space.get("configmap/ku8.motd")
}

#[test]
fn an_upgrade_shows_migrated_values_and_the_plan_and_stores_only_what_was_agreed_to() {
    let Some(space) = published("upgrade", "ahoy") else { return };
    let (before, object) = (stored(&space), space.get("configmap/motd"));
    let requests = space.requests().len();
    let shown = space.ku8(&["template", "upgrade", "motd", "--to", NEW, "--dry-run"]).ok();
    shown.says(&[
        "motd 1.0.0 → 2.0.0",
        "the template migrates the values:",
        r#"text: "ahoy" → (unset)"#,
        r#"message: "ahoy""#,
    ]);
    let shown = space.ku8(&["template", "upgrade", "motd", "--to", NEW, "--dry-run"]).ok();
    shown.says(&["~ update", "ConfigMap/motd"]);
    // Nobody is there to agree.
    space.ku8(&["template", "upgrade", "motd", "--to", NEW]).fails(1, &["--yes"]);
    assert_eq!(writes(&space.requests_since(requests)), Vec::<String>::new());
    assert_eq!(stored(&space), before);

    let done = space.ku8(&["template", "upgrade", "motd", "--to", NEW, "--yes", "-o", "json"]).ok().json();
    assert_eq!((&done["stored"], &done["migrated"], &done["downgrade"]), (&json!(true), &json!(true), &json!(false)));
    assert_eq!(done["values"], json!({"before": {"text": "ahoy"}, "after": {"message": "ahoy"}}));
    assert_eq!((text(&done["from"]["version"]), text(&done["to"]["version"])), ("1.0.0", "2.0.0"));
    assert_eq!(done["plan"]["summary"]["update"], 1, "{done}");
    let definition = space.run("show motd").ok();
    definition.says(&["message: ahoy", r#"version: "2.0.0""#, NEW]);
    assert_eq!(space.get("configmap/motd"), object, "nothing is published by it");
    space.run("publish motd --yes").ok();
    assert_eq!(space.get("configmap/motd")["data"], json!({"message": "ahoy\n"}));
    space.ku8(&["template", "upgrade", "motd", "--to", NEW, "--yes"]).ok().says(&["motd 2.0.0 already"]);
}

#[test]
fn a_refused_migration_leaves_everything_as_it_was() {
    let Some(space) = published("upgrade-refused", "ahoy") else { return };
    space.ku8(&["define", "motd", "--set-json", r#"text="two\nlines""#]).ok();
    let before = stored(&space);
    let upgrade = |more: &[&str]| space.ku8(&[&["template", "upgrade", "motd", "--yes"], more].concat());
    upgrade(&["--to", NEW]).fails(1, &["a message has one line", "KU8-T021", "nothing was changed"]).hints();
    // Values the new version does not take are told as what they are, with a way out.
    space.ku8(&["define", "motd", "--set", "text=ahoy", "--set", "lines=50"]).ok();
    let wide = stored(&space);
    upgrade(&["--to", NEW]).fails(1, &["do not fit motd 2.0.0", "lines", "--set NAME=VALUE"]);
    assert_eq!(stored(&space), wide);
    upgrade(&["--to", NEW, "--set", "lines=5", "--dry-run"]).ok().says(&["lines: 50 → 5"]);
    for (to, words) in [
        ("2.0.0", "came from a file"),
        ("newest", "neither a version"),
        ("./absent/motd.wasm", "./absent/motd.wasm"),
        (concat!(env!("CARGO_MANIFEST_DIR"), "/../templates-wasm/dist/redis.wasm"), "the definition has motd"),
    ] {
        upgrade(&["--to", to]).fails(1, &[words]);
    }
    assert_eq!(stored(&space), wide);
    assert_ne!(before, wide);
}

#[test]
fn going_back_is_called_so_and_needs_a_flag() {
    let Some(space) = with_templates("downgrade") else { return };
    space.ku8(&["define", "motd", "-t", NEW, "--set", "message=ahoy"]).ok();
    let before = stored(&space);
    let back = |more: &[&str]| space.ku8(&[&["template", "upgrade", "motd", "--yes", "--to", OLD], more].concat());
    back(&[]).fails(1, &["motd 1.0.0 is older than 2.0.0", "KU8-T022", "--downgrade"]);
    back(&["--downgrade"]).fails(1, &["do not fit motd 1.0.0", "message is not known here"]);
    assert_eq!(stored(&space), before);
    let done = back(&["--downgrade", "--set", "message=null", "--set", "text=ahoy"]).ok();
    done.says(&["motd 2.0.0 → 1.0.0 (downgrade"]);
    space.run("show motd").ok().says(&["text: ahoy", r#"version: "1.0.0""#]);
}

#[test]
fn a_built_in_template_is_upgraded_with_the_program() {
    let Some(space) = Space::new("upgrade-builtin") else { return };
    space.run("define cache -t redis --set size=dev").ok();
    space.run("template upgrade cache").ok().says(&["already"]);
    space.run("template upgrade cache --to 99.0.0").fails(1, &["there is no redis 99.0.0 here", "KU8-T023"]);
    space.feed(&crate::stage::config_map("web", "x").to_string(), &["define", "plain", "-f", "-"]).ok();
    space.run("template upgrade plain").fails(1, &["plain objects"]);
}

#[test]
fn a_template_judges_its_objects_beside_the_host_and_never_instead() {
    let Some(space) = with_templates("verdict") else { return };
    space.ku8(&["define", "motd", "-t", NEW, "--set", "message=ahoy"]).ok();
    space.run("publish motd --yes").ok();
    space.run("status motd").ok().says(&["health Current", "the template says: ready"]);
    space.patch("configmap/motd", &json!({"data": {"message": "boo\n"}}));
    let told = space.run("status motd").ok();
    told.says(&[
        "health Current",
        "the template says: degraded: somebody else spoke",
        "ConfigMap/motd: another message",
    ]);
    let found = space.run("status motd -o json").ok().json();
    let verdict = &found["items"][0]["verdict"];
    assert_eq!((text(&verdict["state"]), text(&found["items"][0]["health"])), ("degraded", "Current"), "{found}");
    assert_eq!(space.run("status -o json").ok().json()["items"][0]["verdict"], Value::Null, "only when it is named");

    // A probe that crashes, lies or keeps silent is a warning, and no publish fails for it.
    for (message, words) in
        [("panic", "panicked in `probe`"), ("lie", "not of this definition"), ("silent", "there is nothing to say")]
    {
        space.ku8(&["define", "motd", "--set", &format!("message={message}")]).ok();
        space.run("publish motd --yes --force-conflicts").ok();
        let told = space.run("status motd").ok().says(&["warning:", words, "health Current"]);
        assert!(!told.stdout.contains("somebody-elses"), "{}", told.stdout);
    }
}
