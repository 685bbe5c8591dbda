//! Every rule, obeyed by one template and broken by a small change of it; a rule without a case here does not pass.
//! It runs nothing: what a template would answer is made up.

use serde_json::{Value, json};

use super::objects::{LONGEST, RENAMED};
use super::*;
use crate::object::Manifest;
use crate::render::{
    COMPONENT_BYTES, Diagnostic, OBJECTS, Problem, RenderError, Rendered, RenderedObject, Severity, Usage,
};

/// A template that keeps every rule, and what it was asked.
struct World {
    metadata: Value,
    schema: Value,
    size: usize,
    embedded: Embedded,
    described: [Described; 2],
    runs: Vec<Run>,
    kept: Kept,
}

fn property(more: Value) -> Value {
    let name = more["title"].as_str().unwrap_or_default().to_owned();
    let mut property = json!({"description": format!("What {name} does."),
        "x-ku8-i18n": {"zh": {"title": "标题", "description": "说明。"}}});
    for (key, value) in more.as_object().unwrap() {
        property[key] = value.clone();
    }
    property
}

fn workload(name: &str) -> Value {
    let labels = json!({"app.kubernetes.io/name": "echo", "app.kubernetes.io/instance": name});
    let resources = json!({"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "64Mi"}});
    let secret = json!({"name": format!("{name}-auth"), "key": "root"});
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": {
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": {
            "initContainers": [{"name": "first", "image": "docker.io/library/echo:1.2", "resources": resources}],
            "containers": [{"name": "echo", "image": "echo@sha256:0123", "resources": resources, "env": [
                {"name": "PASSWORD", "valueFrom": {"secretKeyRef": secret}},
                {"name": "PASSWORD_FILE", "value": "/run/secrets/root"}]}]}}}})
}

fn objects(manifests: Vec<(&str, Value)>) -> Vec<RenderedObject> {
    let object = |(id, manifest): (&str, Value)| RenderedObject {
        id: id.to_owned(),
        stage: 0,
        manifest: Manifest::new(manifest).unwrap(),
    };
    manifests.into_iter().map(object).collect()
}

fn answer(name: &str) -> Rendered {
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": format!("{name}-peers")},
        "spec": {"selector": {"app.kubernetes.io/instance": name}, "ports": [{"port": 7}]}});
    let settings = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": format!("{name}-settings")},
        "data": {"echo.conf": "password-file = /run/secrets/root\n"}});
    Rendered {
        objects: objects(vec![
            ("deployment/echo", workload(name)),
            ("service/peers", service),
            ("configmap/s", settings),
        ]),
        secrets: serde_json::from_value(
            json!([{"name": format!("{name}-auth"), "keys": {"root": {"generate": {"length": 24}}}}]),
        )
        .unwrap(),
        outputs: vec![
            json!({"name": "primary", "type": "echo", "password": {"secret": format!("{name}-auth"), "key": "root"}}),
        ],
        notes: "Say something to it.".into(),
        warnings: vec![finding("echo.size.small", "/size")],
    }
}

fn finding(code: &str, path: &str) -> Diagnostic {
    Diagnostic {
        severity: Severity::Warning,
        path: path.into(),
        code: code.into(),
        message: "rather small".into(),
        hint: None,
    }
}

fn run(label: &str, name: &str) -> Run {
    let usage = Usage { fuel: 1_000_000, memory: 2 << 20, elements: 10, output: 5_000 };
    let values = json!({"size": "dev", "replicas": 3});
    let trial =
        Trial { values: values.clone(), filled: Vec::new(), rendered: Ok(answer(name)), answer: "same".into(), usage };
    Run { label: label.into(), request: json!({"name": name, "values": values}), trial, again: "same".into() }
}

impl World {
    fn good() -> Self {
        let metadata = json!({"name": "echo", "version": "1.0.0", "title": "Echo", "description": "Says it again.",
            "requires": ">=0.1, <1", "produces": [{"group": "", "kind": "Service"}],
            "rules": [{"code": "echo.size.small", "text": "Not too small."}],
            "operations": [{"title": "Backup", "text": "None is needed."}]});
        let schema = json!({"type": "object", "additionalProperties": false, "properties": {
            "size": property(json!({"title": "Size", "enum": ["dev", "large"], "default": "dev"})),
            "replicas": property(json!({"title": "Replicas", "type": "integer", "minimum": 1, "maximum": 9, "default": 3, "examples": [5]})),
            "timeoutSeconds": property(json!({"title": "Timeout", "type": "integer", "minimum": 1, "maximum": 9, "default": 3, "x-ku8-unit": "seconds"})),
            "existingSecret": property(json!({"title": "Secret", "type": "string", "default": ""}))}});
        let described =
            Described { metadata: metadata.to_string(), schema: schema.to_string(), usage: Usage::default() };
        let embedded = Embedded {
            contract: "1.0.0".into(),
            metadata: Some(serde_json::to_vec_pretty(&metadata).unwrap()),
            schema: None,
        };
        let runs = vec![
            run("defaults", "example"),
            run(RENAMED, "other"),
            run(LONGEST, &"n".repeat(50)),
            run("replicas=4", "example"),
        ];
        let kept = Kept {
            names: vec!["defaults".into(), "refused-even".into()],
            refused: vec!["refused-even".into()],
            broken: Vec::new(),
        };
        Self { metadata, schema, size: 100_000, embedded, described: [described.clone(), described], runs, kept }
    }

    fn with(change: impl FnOnce(&mut Self)) -> Vec<Finding> {
        let mut world = Self::good();
        change(&mut world);
        let metadata: TemplateMetadata = serde_json::from_value(world.metadata.clone()).unwrap();
        let schema = Schema::parse(&world.schema).unwrap();
        lint(&Subject {
            metadata: &metadata,
            schema: &schema,
            size: world.size,
            embedded: &world.embedded,
            limits: Limits::default(),
            host: "0.1.0",
            described: [&world.described[0], &world.described[1]],
            runs: &world.runs,
            cases: Some(&world.kept),
        })
    }

    /// Changes the schema of one property, or adds one.
    fn schema(name: &str, change: impl FnOnce(&mut Value)) -> Vec<Finding> {
        Self::with(|world| change(&mut world.schema["properties"][name]))
    }

    /// Changes what the first request rendered.
    fn answer(change: impl FnOnce(&mut Rendered)) -> Vec<Finding> {
        Self::with(|world| change(world.runs[0].trial.rendered.as_mut().unwrap()))
    }

    /// Changes the workload of the run at this place.
    fn workload(place: usize, change: impl FnOnce(&mut Value)) -> Vec<Finding> {
        Self::with(|world| {
            let rendered = world.runs[place].trial.rendered.as_mut().unwrap();
            let mut manifest = rendered.objects[0].manifest.value().clone();
            change(&mut manifest);
            rendered.objects[0].manifest = Manifest::new(manifest).unwrap();
        })
    }

    fn refused(check: &str) -> Vec<Finding> {
        Self::with(|world| {
            let mut problem: Problem = serde_json::from_value(json!({"subject": "x", "message": "no"})).unwrap();
            check.clone_into(&mut problem.check);
            world.runs[0].trial.rendered = Err(RenderError::Refused(vec![problem]));
        })
    }

    fn usage(change: impl FnOnce(&mut Usage)) -> Vec<Finding> {
        Self::with(|world| change(&mut world.runs[0].trial.usage))
    }
}

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
        "limits.fuel" => World::usage(|usage| usage.fuel = 1_000_000_001),
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
