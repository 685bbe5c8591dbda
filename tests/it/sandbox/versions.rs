//! What keeps templates of every age running: the frozen contract, a component of its first day, later minor versions.
//! The fixtures are never built again; a change that breaks one breaks a template somebody has.

use std::path::{Path, PathBuf};
use std::time::Duration;

use kubectl_ku8::render::child::Launch;
use kubectl_ku8::render::{
    Abilities, LiveState, Origin, RenderError, Runtime, Template, builtin, host, migrate, probe, render,
};
use serde_json::{Value, json};

use super::guest::Guest;
use super::{RUNTIME, child, load, refusal, request, run, with};

/// Digests of the fixtures: whoever builds one again has made another template.
const DIGESTS: [(&str, &str); 2] = [
    ("1.0.0", "b4bb6b651bce7d8e6178bdf815ab3def2ab25961c65c94ea47e7d7659402a38f"),
    ("2.0.0", "663ddf7ed5fd2d02be8633e53df773ff70ed0382d5107d2c809f39d2e154887f"),
];

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/it/fixtures").join(name)
}

fn bytes(version: &str) -> Vec<u8> {
    std::fs::read(fixture(&format!("motd-{version}.wasm"))).unwrap()
}

fn motd(version: &str) -> Template {
    load(bytes(version)).unwrap()
}

fn asked(values: Value) -> Value {
    let mut request = request();
    request["name"] = json!("motd");
    request["values"] = values;
    request
}

fn map(value: &Value) -> serde_json::Map<String, Value> {
    value.as_object().unwrap().clone()
}

#[test]
fn the_provider_interface_is_frozen() {
    let wit = std::fs::read_to_string(fixture("../../../template-sdk/wit/template.wit")).unwrap();
    let frozen = std::fs::read_to_string(fixture("provider-1.0.0.wit")).unwrap();
    assert!(wit.contains(&frozen), "interface provider@1.0.0 was changed; add another interface instead");
    assert!(wit.starts_with("package ku8:template@1.0.0;"));
    // What a template of today exports beside it, in the same words for ever.
    for line in [
        "probe: func(request: json, live: json) -> result<json, string>;",
        "migrate: func(from-version: string, values: json) -> result<json, string>;",
    ] {
        assert!(wit.contains(line), "{line}");
    }
}

#[test]
fn a_component_of_the_first_contract_is_described_and_rendered_to_the_same_bytes() {
    for (version, digest) in DIGESTS {
        assert_eq!(motd(version).digest(), digest, "motd-{version}.wasm was built again");
    }
    let template = motd("1.0.0");
    assert_eq!((template.metadata().version.as_str(), template.abilities()), ("1.0.0", Abilities::default()));
    let text = std::fs::read_to_string(fixture("motd-1.0.0.json")).unwrap();
    let expected: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(*template.schema().document(), expected["schema"]);
    for case in expected["cases"].as_array().unwrap() {
        let values = RUNTIME.check(&template, case["values"].clone()).unwrap().values;
        let rendered = render(&RUNTIME, &template, &asked(values), &[]);
        if let Some(words) = case["refused"].as_str() {
            assert_eq!(rendered.unwrap_err().to_string(), words);
        } else {
            let rendered = rendered.unwrap();
            assert_eq!(rendered.objects[0].id, "configmap/text");
            assert_eq!(rendered.objects[0].manifest.value().to_string(), case["object"].to_string());
            assert_eq!(json!(rendered.warnings), case["warnings"]);
        }
    }
}

#[test]
fn a_later_minor_version_with_one_more_function_runs() {
    let later = with(|guest| {
        guest.export = "ku8:template/provider@1.1.0".into();
        guest.inner = r#"(func (export "explain") (result string)
            (canon lift (core func $core "schema") (memory $core "memory")))"#
            .into();
    });
    assert_eq!(run(&later).unwrap(), run(&Guest::default()).unwrap());
}

#[test]
fn a_newer_contract_is_refused_with_the_way_out() {
    let newer = with(|guest| guest.export = "ku8:template/provider@2.0.0".into());
    let error = refusal(&newer, "was built for a newer contract");
    let told = kubectl_ku8::error::CommandError::from(error);
    assert!(told.id == "KU8-T014" && told.hints.iter().any(|hint| hint.contains("update kubectl-ku8")), "{told:?}");
}

#[test]
fn a_template_says_which_hosts_it_was_written_for() {
    let requires = |range: &str| {
        with(|guest| {
            let metadata: Value = serde_json::from_slice(&guest.metadata).unwrap();
            let mut metadata = metadata;
            metadata["requires"] = json!(range);
            guest.metadata = metadata.to_string().into_bytes();
        })
    };
    assert!(run(&requires(&format!(">={}", host::VERSION))).is_ok());
    let error = refusal(&requires(">=90"), "template `echo` requires ku8 >=90; this is");
    let told = kubectl_ku8::error::CommandError::from(error);
    assert!(told.id == "KU8-T020" && told.hints[0].contains("upgrade kubectl ku8"), "{told:?}");
    let error = refusal(&requires("<0.0.1"), "requires ku8 <0.0.1");
    assert!(kubectl_ku8::error::CommandError::from(error).hints[0].contains("newer version of the template"));
    refusal(&requires("the newest"), "requires `the newest` is not a range of versions");
}

#[test]
fn optional_interfaces_are_found_and_answer() {
    let template = motd("2.0.0");
    assert_eq!(template.abilities(), Abilities { status: true, upgrade: true });
    let taken = migrate(&RUNTIME, &template, "1.0.0", map(&json!({"text": "ahoy", "lines": 2}))).unwrap();
    assert_eq!(Value::Object(taken), json!({"message": "ahoy", "lines": 2}));
    let refused = migrate(&RUNTIME, &template, "1.0.0", map(&json!({"text": "a\nb"}))).unwrap_err();
    assert_eq!(refused, RenderError::Migration("a message has one line, and text has several".into()));

    let live = |message: &str| {
        json!({"apiVersion": "ku8/v1", "objects": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "motd",
            "namespace": "shop", "state": "Current", "message": "",
            "object": {"kind": "ConfigMap", "metadata": {"name": "motd"}, "data": {"message": message}}}]})
    };
    let judge = |wanted: &str, found: &str| {
        probe(&RUNTIME, &template, &asked(json!({"message": wanted, "lines": 1})), &live(found))
    };
    assert_eq!(judge("ahoy", "ahoy\n").unwrap().state, LiveState::Ready);
    let degraded = judge("ahoy", "boo\n").unwrap();
    assert_eq!((degraded.state, degraded.objects[0].name.as_str()), (LiveState::Degraded, "motd"));
    assert!(matches!(judge("panic", "x"), Err(RenderError::Panicked { call, .. }) if call == "probe"));
    assert!(matches!(judge("silent", "x"), Err(RenderError::Answer { .. })));
    let wrong = probe(&RUNTIME, &template, &asked(json!({"message": "x", "lines": 1})), &json!({"objects": {}}));
    assert!(matches!(wrong, Err(RenderError::Request(_))), "live objects have their shape: {wrong:?}");
}

#[test]
fn optional_interfaces_answer_from_a_child_as_they_do_here() {
    let launch: Launch = child::this_binary(Duration::from_mins(1));
    let runtime: Runtime = child::runtime(launch, None);
    let template = runtime.load(bytes("2.0.0"), Origin::Cluster).unwrap();
    assert_eq!(template.abilities(), Abilities { status: true, upgrade: true });
    let values = || map(&json!({"text": "ahoy"}));
    assert_eq!(migrate(&runtime, &template, "1.0.0", values()), migrate(&RUNTIME, &motd("2.0.0"), "1.0.0", values()));
    let nothing = json!({"apiVersion": "ku8/v1", "objects": []});
    let verdict = probe(&runtime, &template, &asked(json!({"message": "x", "lines": 1})), &nothing).unwrap();
    assert_eq!((verdict.state, verdict.message.as_str()), (LiveState::Failed, "the message is gone"));
    let error = probe(&runtime, &template, &asked(json!({"message": "x"})), &nothing);
    assert_eq!(error, Ok(verdict), "and the child still serves");
}

#[test]
fn built_in_templates_without_optional_interfaces_say_so() {
    for entry in builtin::all() {
        let template = RUNTIME.load_builtin(entry.name).unwrap().unwrap();
        assert_eq!(template.abilities(), kubectl_ku8::render::abilities_of(entry.bytes), "{}", entry.name);
    }
}
