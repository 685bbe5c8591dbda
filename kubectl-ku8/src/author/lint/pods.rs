//! Rules about what pods run and read, and about what stands beside the objects: outputs and notes.
//! It never repeats the value of what is named like a secret.

use serde_json::Value;

use super::{Report, Run, Subject};
use crate::object::{is_sensitive_name, printable};
use crate::render::{Rendered, RenderedObject};

/// Endings of names that point at a secret instead of holding one.
const POINTERS: [&str; 8] = ["_FILE", "_PATH", "_SECRET_NAME", "_DIR", "_URL_FILE", "_ENABLED", "_LENGTH", "_POLICY"];

pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
    let mut outputs = None;
    let base = subject.runs.first().map_or(&Value::Null, |run| &run.request["values"]);
    for run in subject.runs {
        let mut given = Vec::new();
        let own = &run.request["values"];
        texts(if run.label.starts_with("case ") { own } else { base }, own, &mut given);
        let Ok(rendered) = &run.trial.rendered else { continue };
        for object in &rendered.objects {
            for template in ["/spec/template/spec", "/spec/jobTemplate/spec/template/spec"] {
                if let Some(spec) = object.manifest.value().pointer(template) {
                    pod(run, rendered, (object, spec), &given, report);
                }
            }
            config(object, report);
        }
        outputs = Some(outputs.unwrap_or(false) || !rendered.outputs.is_empty());
        for output in &rendered.outputs {
            let secret = output["password"]["secret"].as_str().unwrap_or_default();
            if !secret.is_empty() && !is_known(run, rendered, secret) {
                let name = output["name"].as_str().unwrap_or_default();
                report.say("outputs.secret", name, format!("its password is in Secret `{secret}`, which nobody makes"));
            }
        }
        if rendered.notes.trim().is_empty() {
            report.say("notes.empty", "notes", "there are none");
        }
    }
    if outputs == Some(false) {
        report.say("outputs.none", "outputs", "there are none");
    }
}

/// Texts that a person must give, as they are in the values of one request.
fn texts<'v>(given: &Value, values: &'v Value, found: &mut Vec<&'v str>) {
    match (given, values) {
        (Value::Object(given), Value::Object(values)) => {
            for (name, given) in given {
                texts(given, values.get(name).unwrap_or(&Value::Null), found);
            }
        }
        (Value::String(_), Value::String(text)) if !text.is_empty() => found.push(text),
        _ => {}
    }
}

fn pod(run: &Run, rendered: &Rendered, (object, spec): (&RenderedObject, &Value), given: &[&str], report: &mut Report) {
    for list in ["initContainers", "containers"] {
        for container in items(&spec[list]) {
            let name = container["name"].as_str().unwrap_or_default();
            let place = format!("{} container {name}", object.id);
            resources(&place, container, report);
            let own = container["image"].as_str().unwrap_or_default();
            // Which image a person names is theirs to know.
            if !given.iter().any(|text| own.contains(text)) {
                image(&place, own, report);
            }
            for variable in items(&container["env"]) {
                environment(&place, variable, report);
                let secret = &variable["valueFrom"]["secretKeyRef"];
                secret_reference(run, rendered, &place, secret["name"].as_str(), &secret["optional"], report);
            }
            for source in items(&container["envFrom"]) {
                let secret = &source["secretRef"];
                secret_reference(run, rendered, &place, secret["name"].as_str(), &secret["optional"], report);
            }
        }
    }
    for volume in items(&spec["volumes"]) {
        let projected = items(&volume["projected"]["sources"]).map(|source| (&source["secret"], "name"));
        for (secret, name) in std::iter::once((&volume["secret"], "secretName")).chain(projected) {
            let named = secret[name].as_str();
            secret_reference(run, rendered, &object.id, named, &secret["optional"], report);
        }
    }
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn resources(place: &str, container: &Value, report: &mut Report) {
    let wanted = [("requests", "cpu"), ("requests", "memory"), ("limits", "memory")];
    let missing: Vec<String> = wanted
        .iter()
        .filter(|(list, name)| container["resources"][list].get(name).is_none_or(Value::is_null))
        .map(|(list, name)| format!("resources.{list}.{name}"))
        .collect();
    if !missing.is_empty() {
        report.say("pods.resources", place, format!("has no {}", missing.join(", no ")));
    }
}

fn image(place: &str, image: &str, report: &mut Report) {
    let name = image.rsplit('/').next().unwrap_or_default();
    let why = match name.split_once(':') {
        _ if image.contains("@sha256:") => return,
        None => "has no tag",
        Some((_, "latest")) => "is whatever is the latest when a pod starts",
        Some((_, "")) => "has an empty tag",
        Some(_) => return,
    };
    report.say("pods.image", place, format!("image `{}` {why}", printable(image)));
}

fn environment(place: &str, variable: &Value, report: &mut Report) {
    let name = variable["name"].as_str().unwrap_or_default();
    let points = POINTERS.iter().any(|ending| name.to_ascii_uppercase().ends_with(ending));
    let plain = variable["value"].as_str().unwrap_or_default();
    // What another variable or a path fills in is no value.
    let is_value = !plain.is_empty() && !plain.starts_with('/') && !plain.starts_with("$(") && !is_switch(plain);
    if is_sensitive_name(name) && !points && is_value {
        report.say("secrets.plain", place, format!("variable {} holds a plain value", printable(name)));
    }
}

fn is_switch(text: &str) -> bool {
    ["true", "false", "yes", "no", "on", "off"].contains(&text.to_ascii_lowercase().as_str())
        || text.parse::<f64>().is_ok()
}

/// Keys of ConfigMaps that are named like one secret. Files may speak of passwords without holding one.
fn config(object: &RenderedObject, report: &mut Report) {
    if object.manifest.key().kind != "ConfigMap" {
        return;
    }
    for (key, value) in object.manifest.value()["data"].as_object().into_iter().flatten() {
        let text = value.as_str().unwrap_or_default();
        let file = key.contains('.') || text.contains('\n');
        if is_sensitive_name(key) && !file && !text.is_empty() && !text.starts_with('/') && !is_switch(text) {
            report.say("secrets.plain", &object.id, format!("key {} holds a plain value", printable(key)));
        }
    }
}

fn secret_reference(
    run: &Run,
    rendered: &Rendered,
    place: &str,
    name: Option<&str>,
    optional: &Value,
    report: &mut Report,
) {
    let Some(name) = name.filter(|_| optional != &Value::Bool(true)) else { return };
    if !is_known(run, rendered, name) {
        let message = format!("refers to Secret `{}`, which nobody makes", printable(name));
        report.say("secrets.unknown", place, message);
    }
}

/// An intent, or a name that stands in the values.
fn is_known(run: &Run, rendered: &Rendered, name: &str) -> bool {
    rendered.secrets.iter().any(|intent| intent.name == name) || holds(&run.trial.values, name)
}

fn holds(values: &Value, text: &str) -> bool {
    match values {
        Value::String(own) => own == text,
        Value::Array(list) => list.iter().any(|value| holds(value, text)),
        Value::Object(members) => members.values().any(|value| holds(value, text)),
        _ => false,
    }
}
