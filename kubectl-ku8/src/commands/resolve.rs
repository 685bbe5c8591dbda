//! Finding what a command names: a stored definition, a template, values from files and flags.
//! It reads and never writes; an unknown name gets the nearest known one as a hint.

use clap::Args;
use serde_json::{Map, Value};

use super::Context;
use crate::cluster::PlanClient;
use crate::definition::TemplateRef;
use crate::error::{CommandError, id};
use crate::object::{labels, nearest};
use crate::release::{Head, head_name};
use crate::render::{Origin, Template, builtin};

/// Reads the head of a definition.
///
/// # Errors
/// When it does not exist, is damaged, or cannot be read.
pub(super) async fn read_head(cluster: &PlanClient, namespace: &str, name: &str) -> Result<Option<Head>, CommandError> {
    crate::definition::check_name(name)?;
    match cluster.config_map(namespace, &head_name(name)).await? {
        Some(live) => Ok(Some(Head::from_config_map(&live.value)?)),
        None => Ok(None),
    }
}

/// Reads a head that must exist; the error names the nearest one.
///
/// # Errors
/// When there is none of that name.
pub(super) async fn require_head(cluster: &PlanClient, namespace: &str, name: &str) -> Result<Head, CommandError> {
    if let Some(head) = read_head(cluster, namespace, name).await? {
        return Ok(head);
    }
    if cluster.namespace_exists(namespace).await? == Some(false) {
        return Err(crate::cluster::ClusterError::NamespaceMissing(namespace.to_owned()).into());
    }
    let records = cluster.record_summaries(namespace, &crate::release::head_selector()).await.unwrap_or_default();
    let names: Vec<&str> = records.iter().filter_map(|record| record.label(labels::NAME)).collect();
    let failed = CommandError::new(format!("no definition `{name}` in namespace {namespace}")).id(id::NO_DEFINITION);
    Err(match nearest(name, names.iter().copied()) {
        Some(near) => failed.hint(format!("did you mean `{near}`?")),
        None => failed.hint("see what is there with: kubectl ku8 list"),
    })
}

/// Loads a template: a built-in name, a file, or what a pinned digest names.
///
/// # Errors
/// An unknown name, a file that cannot be read or is no template, or bytes with another digest than pinned.
pub(super) async fn load_template(
    context: &Context,
    reference: &TemplateRef,
    cluster: Option<(&PlanClient, &str)>,
) -> Result<Template, CommandError> {
    let runtime = context.runtime()?;
    let pinned = reference.digest.as_deref().map(|digest| digest.trim_start_matches("sha256:"));
    if let Some(digest) = pinned {
        if let Some(entry) = builtin::all().iter().find(|entry| entry.sha256 == digest) {
            return Ok(runtime.load(entry.bytes, Origin::BuiltIn)?);
        }
        if let Some((cluster, namespace)) = cluster
            && let Some(bytes) = super::template_store::fetch(cluster, namespace, digest).await?
        {
            return Ok(runtime.load(bytes, Origin::Cluster)?);
        }
    }
    let template = load_by_name(context, &reference.name)?;
    match pinned {
        Some(digest) if template.digest() != digest => Err(CommandError::new(format!(
            "template `{}` is pinned to sha256:{}…, and what is here has sha256:{}…",
            reference.name,
            &digest[..digest.len().min(12)],
            &template.digest()[..12]
        ))
        .id(id::OTHER_DIGEST)
        .hint(format!("to move to this version: kubectl ku8 define NAME -t {}", reference.name))),
        _ => Ok(template),
    }
}

/// Loads a template by what the user wrote, with no digest to hold it to.
///
/// # Errors
/// As [`load_template`].
pub(super) fn load_by_name(context: &Context, name: &str) -> Result<Template, CommandError> {
    let runtime = context.runtime()?;
    if name.starts_with("oci://") {
        return Err(CommandError::new(format!("template `{name}`: registries are not supported by this version"))
            .id(id::REGISTRY)
            .hint("save the component to a file and name the file"));
    }
    let path = std::path::Path::new(name);
    if name.contains('/') || path.extension().is_some_and(|ending| ending == "wasm") {
        let bytes = crate::files::read_bytes(path)?;
        return Ok(runtime.load(bytes, Origin::File(name.to_owned()))?);
    }
    if let Some(template) = runtime.load_builtin(name) {
        Ok(template?)
    } else {
        let failed = CommandError::new(format!("no template `{name}`")).id(id::NO_TEMPLATE);
        Err(match nearest(name, builtin::all().iter().map(|entry| entry.name)) {
            Some(near) => failed.hint(format!("did you mean `{near}`?")),
            None => failed.hint("see them with: kubectl ku8 template list"),
        })
    }
}

/// Values given on the command line.
#[derive(Args, Clone, Debug, Default)]
pub struct SetArgs {
    /// Set a value: path=value
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// Set a value that stays text
    #[arg(long, value_name = "PATH=TEXT")]
    pub set_string: Vec<String>,
    /// Set a value from JSON
    #[arg(long, value_name = "PATH=JSON")]
    pub set_json: Vec<String>,
}

impl SetArgs {
    /// Says whether none was given.
    pub(super) fn is_empty(&self) -> bool {
        self.set.is_empty() && self.set_string.is_empty() && self.set_json.is_empty()
    }
}

/// Reads values files, then `--set` and friends, into one merge patch.
///
/// # Errors
/// When one of them does not read.
pub(super) fn collect_values(files: &[String], given: &SetArgs) -> Result<Map<String, Value>, CommandError> {
    use crate::definition::{SetKind, parse_values, set_value};
    let mut patch = Map::new();
    for file in files {
        let (name, text) = crate::files::read_input(file)?;
        let values = parse_values(&name, &text)?;
        // A null in a file must stay in the patch, where it removes.
        overlay(&mut patch, values);
    }
    for (arguments, kind) in
        [(&given.set, SetKind::Guess), (&given.set_string, SetKind::String), (&given.set_json, SetKind::Json)]
    {
        for argument in arguments {
            set_value(&mut patch, argument, kind)?;
        }
    }
    Ok(patch)
}

fn overlay(target: &mut Map<String, Value>, patch: Map<String, Value>) {
    for (key, value) in patch {
        match (target.get_mut(&key), value) {
            (Some(Value::Object(inner)), Value::Object(changes)) => overlay(inner, changes),
            (_, other) => {
                target.insert(key, other);
            }
        }
    }
}
