//! What k9s is given: each file has the shape k9s asks for, and a user's own settings stay as they are.
//! The shapes are written down here from k9s' own schemas, which are read by k9s and not by us.

use kubectl_ku8::definition::yaml::documents;
use serde_json::{Value, json};

use super::super::cli::Home;
use super::text;

/// As `internal/config/json/schemas` of k9s has them (0.51): the top key, and what an entry may and must hold.
fn schema(file: &str) -> Value {
    let words = json!({"type": "string", "minLength": 1});
    let (key, entry) = match file {
        "aliases" => ("aliases", words),
        "hotkeys" => (
            "hotKeys",
            json!({
                "type": "object", "additionalProperties": false, "required": ["shortCut", "command"],
                "properties": {"shortCut": words, "description": words, "command": words, "keepHistory": {"type": "boolean"}},
            }),
        ),
        "views" => (
            "views",
            json!({
                "type": "object", "additionalProperties": false, "required": ["columns"],
                "properties": {"sortColumn": words, "columns": {"type": "array", "minItems": 1, "items": words}},
            }),
        ),
        "plugins" => (
            "plugins",
            json!({
                "type": "object", "additionalProperties": false, "required": ["shortCut", "description", "scopes", "command"],
                "properties": {
                    "shortCut": {"type": "string", "pattern": "^(Shift|Ctrl)-[A-Z0-9]$|^[a-z]$"},
                    "override": {"type": "boolean"}, "description": words, "confirm": {"type": "boolean"},
                    "dangerous": {"type": "boolean"}, "background": {"type": "boolean"}, "overwriteOutput": {"type": "boolean"},
                    "command": words, "scopes": {"type": "array", "minItems": 1, "items": words},
                    "args": {"type": "array", "items": {"type": ["string", "number"]}},
                },
            }),
        ),
        _ => unreachable!("{file}"),
    };
    json!({"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "additionalProperties": false,
           "required": [key], "properties": {key: {"type": "object", "additionalProperties": entry}}})
}

fn read(text: &str) -> Value {
    documents(text).unwrap().pop().unwrap()
}

#[test]
fn each_file_has_the_shape_k9s_asks_for() {
    for file in ["aliases", "views", "hotkeys", "plugins"] {
        let document = read(&text(&format!("integrations/k9s/{file}.yaml")));
        let schema = jsonschema::validator_for(&schema(file)).unwrap();
        let wrong: Vec<String> = schema.iter_errors(&document).map(|error| error.to_string()).collect();
        assert_eq!(wrong, Vec::<String>::new(), "{file}");
    }
    let columns = read(&text("integrations/k9s/views.yaml"))["views"]["v1/configmaps"]["columns"].clone();
    let labels = std::fs::read_to_string(super::root().join("kubectl-ku8/src/object/labels.rs")).unwrap();
    for column in columns.as_array().unwrap() {
        // `NAME:.metadata.labels.ku8\.dev/x|W`: a key we do write.
        if let Some((_, path)) = column.as_str().unwrap().split_once(':') {
            let key = path.split("ku8\\.dev/").nth(1).unwrap().split('|').next().unwrap();
            assert!(labels.contains(&format!("\"ku8.dev/{key}\"")), "{key}");
        }
    }
}

#[test]
fn plugins_pass_names_as_arguments_and_ask_before_danger() {
    let plugins = read(&text("integrations/k9s/plugins.yaml"))["plugins"].clone();
    let plugins = plugins.as_object().unwrap();
    assert!(plugins.len() >= 4);
    let mut keys: Vec<&str> = plugins.values().map(|plugin| plugin["shortCut"].as_str().unwrap()).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), plugins.len(), "one key, one plugin");
    for (name, plugin) in plugins {
        let arguments: Vec<&str> = plugin["args"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
        let [flag, script, given @ ..] = &arguments[..] else { panic!("{name}") };
        assert_eq!((*flag, given), ("-c", &["$NAME", "$CONTEXT", "$NAMESPACE"][..]), "{name}");
        // k9s replaces every `$word` it finds, and complains about those it does not know.
        let mut rest = *script;
        while let Some((_, after)) = rest.split_once('$') {
            assert!(after.starts_with('{'), "{name}: k9s would take `${}`", &after[..after.len().min(10)]);
            rest = after;
        }
        if name == "ku8-rollback" {
            assert_eq!((&plugin["dangerous"], &plugin["confirm"]), (&json!(true), &json!(true)));
        } else {
            assert!(script.contains("--color=always") && script.ends_with("| less -R"), "{name}: {script}");
        }
    }
}

#[test]
fn a_plugin_hands_the_name_over_whatever_is_in_it() {
    let plugins = read(&text("integrations/k9s/plugins.yaml"))["plugins"].clone();
    let home = Home::new();
    let bin = home.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    for (name, body) in [("kubectl", "printf '<%s>' \"$@\"; echo"), ("less", "cat")] {
        let path = bin.join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
        super::run("chmod", &["755", &path.display().to_string()]);
    }
    let act = |plugin: &str, answer: &str| {
        let script = plugins[plugin]["args"][1].as_str().unwrap();
        let line = format!(
            "printf '{answer}' | PATH={}:$PATH sh -c '{}' 'ku8.orders-db' 'prod $(x)' 'shop'",
            bin.display(),
            script.replace('\'', "'\\''")
        );
        super::run("sh", &["-c", &line])
    };
    assert_eq!(act("ku8-plan", ""), "<ku8><plan><orders-db><--context><prod $(x)><-n><shop><--color=always>\n");
    let back = act("ku8-rollback", "7\\n\\n");
    assert!(back.starts_with("<ku8><history><orders-db>"), "{back}");
    assert!(back.contains("<ku8><rollback><orders-db><--to><7><--context><prod $(x)><-n><shop>"), "{back}");
    assert!(act("ku8-rollback", "\\n\\n").contains("<ku8><rollback><orders-db><--context>"));
}

#[test]
fn settings_of_the_user_stay_and_a_second_time_changes_nothing() {
    let home = Home::new();
    let config = home.path().join(".config/k9s");
    std::fs::create_dir_all(&config).unwrap();
    let mine = "# mine\naliases:\n  dp: apps/v1/deployments # often\n  ku8r: v1/secrets\n";
    std::fs::write(config.join("aliases.yaml"), mine).unwrap();
    std::fs::write(config.join("hotkeys.yaml"), "hotKeys: {a: {shortCut: Shift-1, command: pods}}\n").unwrap();
    let ran = home.run(&["integrate", "k9s"]);
    // What could not be added to safely is shown, to be added by hand.
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stdout.contains("aliases.yaml: added ku8; left as it is: ku8r"), "{ran:?}");
    assert!(
        ran.stderr.contains("hotkeys.yaml: `hotKeys` is not written as a block")
            && ran.stderr.contains("shortCut: Shift-8"),
        "{ran:?}"
    );
    let read = |name: &str| std::fs::read_to_string(config.join(name)).unwrap();
    assert_eq!(
        read("aliases.yaml"),
        "# mine\naliases:\n  ku8: v1/configmaps ku8.dev/kind=definition\n  dp: apps/v1/deployments # often\n  ku8r: v1/secrets\n"
    );
    assert_eq!(read("hotkeys.yaml"), "hotKeys: {a: {shortCut: Shift-1, command: pods}}\n");
    assert_eq!(read("views.yaml"), text("integrations/k9s/views.yaml"));
    let plugins = std::fs::read_to_string(home.path().join(".local/share/k9s/plugins/ku8.yaml")).unwrap();
    assert_eq!(plugins, text("integrations/k9s/plugins.yaml"));

    std::fs::remove_file(config.join("hotkeys.yaml")).unwrap();
    assert_eq!(home.run(&["integrate", "k9s"]).code, Some(0));
    let before = ["aliases.yaml", "views.yaml", "hotkeys.yaml"].map(read);
    let again = home.run(&["integrate", "k9s"]);
    assert_eq!(again.code, Some(0));
    assert!(again.stdout.contains("views.yaml: nothing to add"), "{again:?}");
    assert_eq!(["aliases.yaml", "views.yaml", "hotkeys.yaml"].map(read), before);

    let elsewhere = home.run(&["integrate", "k9s", "--dir", "look"]);
    assert_eq!(elsewhere.code, Some(0));
    assert!(home.path().join("look/plugins/ku8.yaml").is_file() && home.path().join("look/views.yaml").is_file());
}
