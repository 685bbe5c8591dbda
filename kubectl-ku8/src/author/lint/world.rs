//! A made-up template that keeps every rule, and small changes of it.
//! It runs nothing: what a template would answer is made up.

use serde_json::{Value, json};

use super::objects::{LONGEST, RENAMED};
use super::*;
use crate::object::Manifest;
use crate::render::{Diagnostic, Problem, RenderError, Rendered, RenderedObject, Severity, Usage};

/// A template that keeps every rule, and what it was asked.
pub(super) struct World {
    pub(super) metadata: Value,
    pub(super) schema: Value,
    pub(super) size: usize,
    pub(super) embedded: Embedded,
    pub(super) described: [Described; 2],
    pub(super) runs: Vec<Run>,
    pub(super) kept: Kept,
}

#[expect(clippy::needless_pass_by_value, reason = "callers write json!")]
pub(super) fn property(more: Value) -> Value {
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

pub(super) fn finding(code: &str, path: &str) -> Diagnostic {
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

    pub(super) fn with(change: impl FnOnce(&mut Self)) -> Vec<Finding> {
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
    pub(super) fn schema(name: &str, change: impl FnOnce(&mut Value)) -> Vec<Finding> {
        Self::with(|world| change(&mut world.schema["properties"][name]))
    }

    /// Changes what the first request rendered.
    pub(super) fn answer(change: impl FnOnce(&mut Rendered)) -> Vec<Finding> {
        Self::with(|world| change(world.runs[0].trial.rendered.as_mut().unwrap()))
    }

    /// Changes the workload of the run at this place.
    pub(super) fn workload(place: usize, change: impl FnOnce(&mut Value)) -> Vec<Finding> {
        Self::with(|world| {
            let rendered = world.runs[place].trial.rendered.as_mut().unwrap();
            let mut manifest = rendered.objects[0].manifest.value().clone();
            change(&mut manifest);
            rendered.objects[0].manifest = Manifest::new(manifest).unwrap();
        })
    }

    pub(super) fn refused(check: &str) -> Vec<Finding> {
        Self::with(|world| {
            let mut problem: Problem = serde_json::from_value(json!({"subject": "x", "message": "no"})).unwrap();
            check.clone_into(&mut problem.check);
            world.runs[0].trial.rendered = Err(RenderError::Refused(vec![problem]));
        })
    }

    pub(super) fn usage(change: impl FnOnce(&mut Usage)) -> Vec<Finding> {
        Self::with(|world| change(&mut world.runs[0].trial.usage))
    }
}
