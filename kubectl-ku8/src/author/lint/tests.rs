//! Every rule, obeyed by one template and broken by a small change of it; a rule without a case here does not pass.
//! It runs nothing: what a template would answer is made up.

use serde_json::json;

use super::world::{World, finding, property};
use super::*;
use crate::object::Manifest;
use crate::render::{COMPONENT_BYTES, Diagnostic, OBJECTS, Problem, RenderError, Severity};

const POD: &str = "/spec/template/spec";

/// A template that breaks the rule of this code.
fn broken(code: &str) -> Vec<Finding> {
    let problem = |subject: &str| {
        let problem: Problem = serde_json::from_value(json!({"subject": subject, "message": "no"})).unwrap();
        unloadable(&RenderError::Refused(vec![problem]))
    };
    match code {
        "contract.load" => unloadable(&RenderError::CoreModule),
        "contract.imports" => unloadable(&RenderError::Imports(vec!["wasi:clocks/wall-clock@0.2.0".into()])),
        "contract.metadata" => problem("metadata"),
        "contract.schema" => problem("schema"),
        "contract.embedded" => World::with(|world| world.embedded.schema = Some(b"{}".to_vec())),
        "contract.newer" => World::with(|world| world.embedded.contract = "1.2.0".into()),
        "contract.requires" => World::with(|world| world.metadata["requires"] = json!(">=0.3, <1")),
        "metadata.rules" => World::with(|world| world.metadata["rules"] = json!([])),
        "metadata.operations" => World::with(|world| world.metadata["operations"] = json!([])),
        "schema.words" => World::schema("size", |one| one["description"] = json!(" ")),
        "schema.chinese" => World::schema("size", |one| one["x-ku8-i18n"] = json!({"zh": {"title": "规格"}})),
        "schema.title-twice" => World::schema("size", |one| one["title"] = json!("Replicas")),
        "schema.default" => World::schema("size", |one| drop(one.as_object_mut().unwrap().remove("default"))),
        "schema.default-fits" => World::schema("size", |one| one["default"] = json!("tiny")),
        "schema.example-fits" => World::schema("replicas", |one| one["examples"] = json!([50])),
        "schema.bounds" => World::schema("replicas", |one| drop(one.as_object_mut().unwrap().remove("maximum"))),
        "schema.unit" => World::schema("timeoutSeconds", |one| drop(one.as_object_mut().unwrap().remove("x-ku8-unit"))),
        "schema.open" => World::with(|world| world.schema["additionalProperties"] = json!(true)),
        "schema.unsettable" => World::with(|world| world.schema["required"] = json!(["replcas"])),
        "schema.secret" => World::schema("adminPassword", |one| {
            *one = property(json!({"title": "Password", "type": "string", "default": ""}));
        }),
        "render.crash" => World::with(|world| world.runs[3].trial.rendered = Err(RenderError::Memory(1 << 26))),
        "render.nothing" => World::with(|world| {
            world.runs[0].trial.rendered = Err(RenderError::Diagnostics(vec![Diagnostic {
                severity: Severity::Error,
                ..finding("echo.size.small", "/size")
            }]));
        }),
        "render.answer" => World::refused(""),
        "determinism.describe" => World::with(|world| world.described[1].schema.push(' ')),
        "determinism.render" => World::with(|world| world.runs[3].again = "other".into()),
        "limits.fuel" => World::usage(|usage| usage.fuel = 500_000_001),
        "limits.memory" => World::usage(|usage| usage.memory = 33 << 20),
        "limits.output" => World::usage(|usage| usage.output = 9 << 20),
        "limits.objects" => World::answer(|rendered| {
            let one = rendered.objects[0].clone();
            rendered.objects.resize(OBJECTS / 2 + 1, one);
        }),
        "limits.describe" => World::with(|world| world.described[0].usage.fuel = 150_000_000),
        "limits.component" => World::with(|world| world.size = COMPONENT_BYTES / 2 + 1),
        "findings.code" => World::answer(|rendered| rendered.warnings = vec![finding("echo.size.huge", "/size")]),
        "findings.form" => World::answer(|rendered| rendered.warnings[0].path = "/sise".into()),
        "findings.reasons" => {
            World::with(|world| world.runs[3].trial.rendered = Err(RenderError::Diagnostics(Vec::new())))
        }
        "objects.kind" => World::refused("kind"),
        "objects.identity" => World::refused("identity"),
        "objects.fields" => World::refused("fields"),
        "objects.name" => World::workload(0, |manifest| manifest["metadata"]["name"] = json!("examples")),
        "objects.length" => World::with(|world| {
            let problem = json!({"subject": "statefulset/echo", "message": "too long", "check": "identity"});
            let problem: Problem = serde_json::from_value(problem).unwrap();
            world.runs[2].trial.rendered = Err(RenderError::Refused(vec![problem]));
        }),
        "objects.id" => World::answer(|rendered| rendered.objects[0].id = "deployment/example".into()),
        "selectors.version" => World::with(|world| {
            let rendered = world.runs[0].trial.rendered.as_mut().unwrap();
            let mut service = rendered.objects[1].manifest.value().clone();
            service["spec"]["selector"]["app.kubernetes.io/version"] = json!("1");
            rendered.objects[1].manifest = Manifest::new(service).unwrap();
        }),
        "selectors.changes" => World::workload(3, |manifest| {
            for place in ["/spec/selector/matchLabels", "/spec/template/metadata/labels"] {
                manifest.pointer_mut(place).unwrap()["size"] = json!("dev");
            }
        }),
        "selectors.match" => {
            World::workload(0, |manifest| manifest["spec"]["template"]["metadata"]["labels"] = json!({}))
        }
        "pods.security" => World::refused("pod-security"),
        "pods.resources" => World::workload(0, |manifest| {
            drop(manifest.pointer_mut(POD).unwrap()["initContainers"][0].as_object_mut().unwrap().remove("resources"));
        }),
        "pods.image" => World::workload(0, |manifest| {
            manifest.pointer_mut(POD).unwrap()["containers"][0]["image"] = json!("localhost:5000/echo:latest");
        }),
        "secrets.plain" => World::workload(0, |manifest| {
            let variable = json!({"name": "DB_PASSWORD", "value": "hunter2hunter2"});
            manifest.pointer_mut(POD).unwrap()["containers"][0]["env"] = json!([variable]);
        }),
        "secrets.unknown" => World::answer(|rendered| rendered.secrets[0].name = "other".into()),
        "outputs.none" => World::with(|world| {
            world.runs.iter_mut().for_each(|run| run.trial.rendered.as_mut().unwrap().outputs.clear());
        }),
        "outputs.secret" => World::answer(|rendered| rendered.outputs[0]["password"]["secret"] = json!("elsewhere")),
        "notes.empty" => World::answer(|rendered| rendered.notes = "\n".into()),
        "cases.none" => World::with(|world| world.kept = Kept::default()),
        "cases.defaults" => World::with(|world| world.kept.names = vec!["refused-even".into()]),
        "cases.refused" => World::with(|world| world.kept.refused.clear()),
        "cases.broken" => World::with(|world| world.kept.broken = vec![("defaults".into(), "no YAML".into())]),
        other => panic!("{other} is a rule that nothing here breaks"),
    }
}

#[test]
fn a_template_that_keeps_every_rule_has_no_finding() {
    assert_eq!(World::with(|_| {}), []);
}

#[test]
fn every_rule_is_broken_by_something_and_says_so() {
    for rule in RULES {
        let found = broken(rule.code);
        let own: Vec<&Finding> = found.iter().filter(|finding| finding.code == rule.code).collect();
        assert!(!own.is_empty(), "{}: {found:?}", rule.code);
        for finding in own {
            assert_eq!((finding.level, finding.why), (rule.level, rule.why));
            assert!(!finding.message.is_empty() && !finding.fix.is_empty(), "{finding:?}");
        }
        // One cause, one rule, except where one thing breaks two for good reasons.
        let others: Vec<&str> = found.iter().map(|one| one.code).filter(|code| *code != rule.code).collect();
        let may: &[&str] = match rule.code {
            "schema.default-fits" | "schema.words" | "schema.title-twice" => &["schema.chinese"],
            "metadata.rules" => &["findings.code"],
            "objects.name" => &["selectors.changes"],
            "secrets.unknown" => &["outputs.secret"],
            _ => &[],
        };
        assert!(others.iter().all(|code| may.contains(code)), "{}: also {others:?}", rule.code);
    }
}

#[test]
fn values_of_secrets_are_never_repeated() {
    let told = format!("{:?}", broken("secrets.plain"));
    assert!(told.contains("DB_PASSWORD") && !told.contains("hunter2"), "{told}");
}

#[test]
fn a_rule_broken_everywhere_is_told_a_few_times_and_counted() {
    let found = World::with(|world| {
        for number in 0..30 {
            world.schema["properties"][format!("p{number}")] = json!({"type": "boolean", "default": true});
        }
    });
    let words: Vec<&Finding> = found.iter().filter(|finding| finding.code == "schema.words").collect();
    assert_eq!((words.len(), words.last().unwrap().message.as_str()), (TOLD + 1, "and 18 more of this kind"));
    assert!(found.is_sorted_by_key(|finding| finding.level));
}
