//! Every golden case of every template, rendered by the embedded component under the shipped limits, and natively.
//! It knows no template by its rules: cases are folders of data beside the template they belong to.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use kubectl_ku8::author::cases::{EXPECTED, REFUSED, allowed_kinds, request};
use kubectl_ku8::definition::{Definition, parse};
use kubectl_ku8::render::{Isolation, Limits, RenderError, Rendered, Runtime, Settings, builtin, render};
use serde_json::Value;
use template_sdk::{Findings, Request, Template};

use super::bless::{agrees, blessing};

pub(crate) static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    // Nothing is read from a cache: what is checked is what was built into this binary.
    Runtime::new(Settings { limits: Limits::default(), cache: None, foreign: Isolation::InProcess }).unwrap()
});

/// A folder with a `definition.yaml`.
pub(crate) struct Case {
    pub(crate) template: String,
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    definition: Definition,
}

fn templates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../templates-wasm")
}

fn folders(path: &Path) -> Vec<(String, PathBuf)> {
    let Ok(entries) = std::fs::read_dir(path) else { return Vec::new() };
    let mut found: Vec<(String, PathBuf)> = entries
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| (entry.file_name().into_string().unwrap(), entry.path()))
        .collect();
    found.sort();
    found
}

pub(crate) fn cases() -> Vec<Case> {
    let mut found = Vec::new();
    for entry in builtin::all() {
        for (name, folder) in folders(&templates().join(entry.name).join("tests")) {
            let file = folder.join("definition.yaml");
            let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            let definition =
                parse("definition.yaml", &text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            found.push(Case { template: entry.name.to_owned(), name, folder, definition });
        }
    }
    found
}

fn checked(case: &Case) -> Result<Value, RenderError> {
    let template = RUNTIME.load_builtin(&case.template).unwrap().unwrap();
    Ok(RUNTIME.check(&template, Value::Object(case.definition.spec.values.clone()))?.values)
}

fn rendered(case: &Case) -> Result<Rendered, RenderError> {
    let template = RUNTIME.load_builtin(&case.template).unwrap()?;
    render(&RUNTIME, &template, &request(&case.definition, &checked(case)?), &allowed_kinds(&case.definition))
}

/// The file a result belongs into, and its text, as `template test` writes them.
fn written(result: &Result<Rendered, RenderError>) -> (&'static str, String) {
    // Anything but an answer is a fault of the template or the host, which no case expects.
    let answer = kubectl_ku8::author::cases::written(result).unwrap_or_else(|fault| panic!("{fault}"));
    (answer.file, answer.text)
}

#[test]
fn every_case_renders_as_expected_and_twice_the_same() {
    let mut wrong = String::new();
    for case in cases() {
        let result = rendered(&case);
        let (file, text) = written(&result);
        assert_eq!(
            written(&rendered(&case)),
            (file, text.clone()),
            "{}/{}: two renders differ",
            case.template,
            case.name
        );
        let other = case.folder.join(if file == EXPECTED { REFUSED } else { EXPECTED });
        if blessing() {
            let _ = std::fs::remove_file(&other);
        } else if other.exists() {
            let _ = writeln!(wrong, "{}: the answer is now an {file}\n{text}", other.display());
            continue;
        }
        if let Err(why) = agrees(&case.folder.join(file), &text) {
            let _ = writeln!(wrong, "{why}");
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn every_template_has_cases_of_both_kinds() {
    let cases = cases();
    for entry in builtin::all() {
        let names: Vec<&str> =
            cases.iter().filter(|case| case.template == entry.name).map(|case| case.name.as_str()).collect();
        assert!(names.contains(&"defaults"), "{}: no case `defaults` among {names:?}", entry.name);
        assert!(names.iter().any(|name| name.starts_with("refused-")), "{}: no case `refused-…`", entry.name);
    }
    let built: BTreeSet<&str> = builtin::all().iter().map(|entry| entry.name).collect();
    for (name, folder) in folders(&templates()) {
        assert!(
            !folder.join("tests").is_dir() || built.contains(name.as_str()),
            "{name} has cases and is not in dist/"
        );
    }
}

/// The crate a component is built from, compiled for this machine.
pub(crate) struct Native {
    pub(crate) render: fn(&Request) -> Result<template_sdk::Rendered, Findings>,
    pub(crate) metadata: fn() -> template_sdk::Metadata,
    pub(crate) rules: fn() -> Vec<template_sdk::Rule>,
}

fn native<T: Template>() -> Native {
    Native { render: T::render, metadata: T::metadata, rules: T::rules }
}

/// The crate of a built-in template.
pub(crate) fn crate_of(template: &str) -> Native {
    match template {
        "fastdfs" => native::<template_fastdfs::FastDfs>(),
        "kafka" => native::<template_kafka::Kafka>(),
        "memcached" => native::<template_memcached::Memcached>(),
        "mongodb" => native::<template_mongodb::MongoDb>(),
        "mysql" => native::<template_mysql::MySql>(),
        "redis" => native::<template_redis::Redis>(),
        "web" => native::<template_web::Web>(),
        "zookeeper" => native::<template_zookeeper::ZooKeeper>(),
        other => panic!("`{other}` is built in and not compared here"),
    }
}

#[test]
fn the_component_answers_as_its_crate_does() {
    for case in cases() {
        let Ok(values) = checked(&case) else { continue };
        let request = request(&case.definition, &values);
        let request_read = Request::parse(&request.to_string());
        let native = request_read.and_then(|request| (crate_of(&case.template).render)(&request));
        let at =
            format!("{}/{}: dist/ is not what the sources say; run templates-wasm/build.sh", case.template, case.name);
        match (native, rendered(&case)) {
            (Ok(native), Ok(component)) => {
                let left: Vec<(String, u32, Value)> =
                    native.objects.into_iter().map(|object| (object.id, object.stage, object.manifest)).collect();
                let right: Vec<(String, u32, Value)> = component
                    .objects
                    .into_iter()
                    .map(|object| (object.id, object.stage, object.manifest.into_value()))
                    .collect();
                assert_eq!(left, right, "{at}");
                assert_eq!(native.notes, component.notes, "{at}");
            }
            (Err(native), Err(RenderError::Diagnostics(component))) => {
                let left: Vec<(String, String)> = native.into_iter().map(|one| (one.code, one.message)).collect();
                let right: Vec<(String, String)> = component.into_iter().map(|one| (one.code, one.message)).collect();
                assert_eq!(left, right, "{at}");
            }
            (native, component) => panic!(
                "{at}\nnatively: {:?}\ncomponent: {:?}",
                native.map(|rendered| rendered.objects.len()),
                component.map(|rendered| rendered.objects.len())
            ),
        }
    }
}
