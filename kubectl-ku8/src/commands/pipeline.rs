//! The one path from a definition to a plan: resolve → validate → render → transform → observe → plan.
//! plan, publish and delete all take it, so they cannot drift apart; it never writes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::Context;
use crate::cluster::{Ask, PlanClient, Resource};
use crate::definition::{Definition, TemplateRef};
use crate::error::CommandError;
use crate::object::{GroupKind, LiveObject, ObjectKey, labels, nearest};
use crate::plan::{Input, Plan, SecretObservation, Subject, plan};
use crate::release::{Head, Inventory, InventoryEntry, RevisionRecord, head_name, revision_name};
use crate::render::{Diagnostic, Origin, Rendered, SecretIntent, Template, builtin, render};
use crate::transform::{self, Desired, Ownership};

/// Choices that change what a plan allows.
#[derive(Clone, Debug, Default)]
pub struct PlanOptions {
    /// `--adopt KIND/NAME`.
    pub adopt: BTreeSet<String>,
    /// `--allow-empty`.
    pub allow_empty: bool,
    /// The definition goes away.
    pub deleting: bool,
    /// `--purge-data`.
    pub purge_data: bool,
    /// `--purge-secrets`.
    pub purge_secrets: bool,
    /// `--new-credentials`.
    pub new_credentials: bool,
}

/// A plan with what publishing it needs beside.
pub struct Prepared {
    /// The plan.
    pub plan: Plan,
    /// The desired objects, as they will be applied.
    pub desired: Desired,
    /// Owner-id of every object.
    pub owner_id: String,
    /// For the revision: template version, values, their origins, outputs.
    pub effective: Value,
    /// The template's words for the person who published.
    pub notes: String,
}

/// Reads the head of a definition.
///
/// # Errors
/// When it does not exist, is damaged, or cannot be read.
pub async fn read_head(cluster: &PlanClient, namespace: &str, name: &str) -> Result<Option<Head>, CommandError> {
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
pub async fn require_head(cluster: &PlanClient, namespace: &str, name: &str) -> Result<Head, CommandError> {
    if let Some(head) = read_head(cluster, namespace, name).await? {
        return Ok(head);
    }
    if cluster.namespace_exists(namespace).await? == Some(false) {
        return Err(crate::cluster::ClusterError::NamespaceMissing(namespace.to_owned()).into());
    }
    let records = cluster.record_summaries(namespace, &crate::release::head_selector()).await.unwrap_or_default();
    let names: Vec<&str> = records.iter().filter_map(|record| record.label(labels::NAME)).collect();
    let failed = CommandError::new(format!("no definition `{name}` in namespace {namespace}"));
    Err(match nearest(name, names.iter().copied()) {
        Some(near) => failed.hint(format!("did you mean `{near}`?")),
        None => failed.hint("see what is there with: kubectl ku8 list"),
    })
}

/// Loads a template: a built-in name, a file, or what a pinned digest names.
///
/// # Errors
/// An unknown name, a file that cannot be read or is no template, or bytes with another digest than pinned.
pub async fn load_template(
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
        if let Some((cluster, namespace)) = cluster {
            if let Some(bytes) = super::template_store::fetch(cluster, namespace, digest).await? {
                return Ok(runtime.load(bytes, Origin::Cluster)?);
            }
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
        .hint(format!("to move to this version: kubectl ku8 define NAME -t {}", reference.name))),
        _ => Ok(template),
    }
}

/// Loads a template by what the user wrote, with no digest to hold it to.
///
/// # Errors
/// As [`load_template`].
pub fn load_by_name(context: &Context, name: &str) -> Result<Template, CommandError> {
    let runtime = context.runtime()?;
    if name.starts_with("oci://") {
        return Err(CommandError::new(format!("template `{name}`: registries are not supported by this version"))
            .hint("save the component to a file and name the file"));
    }
    if name.contains('/') || name.ends_with(".wasm") {
        let path = std::path::Path::new(name);
        let bytes = crate::files::read_bytes(path)?;
        return Ok(runtime.load(bytes, Origin::File(name.to_owned()))?);
    }
    match runtime.load_builtin(name) {
        Some(template) => Ok(template?),
        None => {
            let failed = CommandError::new(format!("no template `{name}`"));
            Err(match nearest(name, builtin::all().iter().map(|entry| entry.name)) {
                Some(near) => failed.hint(format!("did you mean `{near}`?")),
                None => failed.hint("see them with: kubectl ku8 template list"),
            })
        }
    }
}

/// What rendering gave, before anything of the cluster is added.
pub struct Render {
    /// Objects, secrets, outputs, notes.
    pub rendered: Rendered,
    /// Values with defaults.
    pub values: Value,
    /// JSON pointers of values that are defaults.
    pub filled: Vec<String>,
}

/// Validates values and renders them.
///
/// # Errors
/// Every violation at once, or what the template refuses.
pub fn render_values(
    context: &Context,
    template: &Template,
    definition: &Definition,
    namespace: &str,
    kubernetes: &str,
    previous: &Value,
) -> Result<Render, CommandError> {
    let runtime = context.runtime()?;
    let checked = runtime.check(template, Value::Object(definition.spec.values.clone()))?;
    let request = json!({
        "apiVersion": "ku8/v1", "name": definition.name(), "namespace": namespace,
        "values": checked.values, "cluster": {"version": kubernetes}, "previous": previous,
        "bindings": {}, "images": {"registryMap": {}, "pullSecrets": []},
    });
    let extra: Vec<GroupKind> = definition
        .spec
        .allow_kinds
        .iter()
        .map(|kind| {
            kind.split_once('/').map_or_else(|| GroupKind::new("", kind), |(group, kind)| GroupKind::new(group, kind))
        })
        .collect();
    let rendered = render(runtime, template, &request, &extra)?;
    Ok(Render { rendered, values: checked.values, filled: checked.filled })
}

/// From a definition to a plan. `head` is what is stored, if anything is.
///
/// # Errors
/// Anything on the way; nothing has been changed then.
pub async fn prepare(
    context: &Context,
    cluster: &PlanClient,
    definition: &Definition,
    head: Option<&Head>,
    namespace: &str,
    options: &PlanOptions,
) -> Result<Prepared, CommandError> {
    let inventory = head.map(|head| head.state.inventory.clone()).unwrap_or_default();
    let owned = observe_owned(cluster, definition.name(), namespace, &inventory).await?;
    let mut subject = Subject {
        name: definition.name().to_owned(),
        namespace: namespace.to_owned(),
        context: cluster.target().context.clone(),
        template: "manifests".into(),
        from_revision: head.map_or(0, |head| head.state.current),
        to_revision: head.map_or(1, super::publish::next_revision),
        ..Subject::default()
    };
    let mut diagnostics = Vec::new();
    let mut effective = json!({"template": null, "values": {}, "defaults": [], "outputs": []});
    let mut notes = String::new();
    let rendered = if options.deleting {
        subject.to_revision = 0;
        if let Some(template) = &definition.spec.template {
            subject.template = format!("{}@{}", template.plain_name(), template.version.as_deref().unwrap_or("?"));
        }
        Rendered::default()
    } else if let Some(reference) = &definition.spec.template {
        let template = load_template(context, reference, Some((cluster, namespace))).await?;
        let (minor, _) = cluster.version().await?;
        let previous = previous(cluster, head, namespace, &owned).await?;
        let render = render_values(context, &template, definition, namespace, &minor, &previous)?;
        subject.template = format!("{}@{}", template.metadata().name, template.metadata().version);
        subject.digest = format!("sha256:{}", template.digest());
        subject.origin = template.origin().to_string();
        diagnostics.clone_from(&render.rendered.warnings);
        notes.clone_from(&render.rendered.notes);
        effective = json!({"template": {"name": template.metadata().name, "version": template.metadata().version,
            "digest": subject.digest}, "values": render.values, "defaults": render.filled, "outputs": render.rendered.outputs});
        render.rendered
    } else {
        transform::from_manifests(&definition.spec.manifests)?
    };
    let desired = place(cluster, rendered, definition, head, namespace).await?;
    let owner_id = ownership(definition, head, namespace).id();
    let observed = observe(cluster, &desired, &inventory).await?;
    let home = format!("{namespace}/{}", definition.name());
    let secrets = observe_secrets(cluster, namespace, &desired.secrets, &owner_id, &home).await?;
    let stray = stray_secrets(cluster, namespace, &desired, options, &owner_id).await?;
    let mut plan = plan(Input {
        desired: &desired,
        observed: &observed,
        inventory: &inventory,
        owner_id: &owner_id,
        home: &home,
        secrets: &secrets,
        stray_secrets: &stray,
        volumes: &owned.volumes,
        diagnostics: sorted(diagnostics),
        subject,
        adopt: &options.adopt,
        allow_empty: options.allow_empty || options.deleting,
        deleting: options.deleting,
        purge_data: options.purge_data,
        purge_secrets: options.purge_secrets,
        new_credentials: options.new_credentials,
    });
    plan.warnings = cluster.warnings();
    Ok(Prepared { plan, desired, owner_id, effective, notes })
}

fn sorted(mut found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    found.sort_by_key(|one| std::cmp::Reverse(one.severity));
    found
}

fn ownership<'a>(definition: &'a Definition, head: Option<&'a Head>, namespace: &'a str) -> Ownership<'a> {
    let head_uid = head.map(|head| head.uid.as_str()).filter(|uid| !uid.is_empty());
    Ownership { name: definition.name(), namespace, head_uid, labels: &definition.metadata.labels }
}

/// Transforms, with the scope of kinds outside the built-in table asked from the server.
async fn place(
    cluster: &PlanClient,
    rendered: Rendered,
    definition: &Definition,
    head: Option<&Head>,
    namespace: &str,
) -> Result<Desired, CommandError> {
    let mut cluster_scoped: BTreeSet<GroupKind> = BTreeSet::new();
    for object in &rendered.objects {
        let resource: Resource = cluster.resource(&object.manifest).await?;
        if !resource.namespaced {
            cluster_scoped.insert(object.manifest.key().group_kind());
        }
    }
    let is_cluster_scoped = |key: &ObjectKey| cluster_scoped.contains(&key.group_kind());
    Ok(transform::run(rendered, &ownership(definition, head, namespace), &is_cluster_scoped)?)
}

/// Workloads and volumes a definition has in the cluster now.
pub struct Owned {
    /// Live replicas by workload name.
    pub replicas: BTreeMap<String, u64>,
    /// Claims that belong to its StatefulSets.
    pub volumes: Vec<LiveObject>,
}

async fn observe_owned(
    cluster: &PlanClient,
    name: &str,
    namespace: &str,
    inventory: &Inventory,
) -> Result<Owned, CommandError> {
    let workloads: Vec<&InventoryEntry> = inventory
        .entries()
        .iter()
        .filter(|entry| entry.group == "apps" && matches!(entry.kind.as_str(), "StatefulSet" | "Deployment"))
        .collect();
    let asks = workloads.iter().map(|entry| Ask::Read(entry.key(), Some(entry.version.clone()))).collect();
    let mut replicas = BTreeMap::new();
    let mut sets: BTreeSet<String> = BTreeSet::from([name.to_owned()]);
    let mut selectors: BTreeSet<String> = BTreeSet::from([format!("{}={name}", labels::INSTANCE)]);
    for (key, seen) in cluster.observe(asks).await? {
        let Some(live) = seen.live else { continue };
        replicas.insert(key.name.clone(), live.value["spec"]["replicas"].as_u64().unwrap_or(1));
        if key.kind == "StatefulSet" {
            sets.insert(key.name.clone());
            selectors.extend(crate::wait::status::match_labels(&live.value));
        }
    }
    let mut volumes: BTreeMap<String, LiveObject> = BTreeMap::new();
    for selector in selectors {
        for claim in cluster.list(&PlanClient::core("PersistentVolumeClaim"), namespace, &selector).await? {
            let claim_name = claim.value["metadata"]["name"].as_str().unwrap_or_default().to_owned();
            if sets.iter().any(|set| is_claim_of(&claim_name, set)) {
                volumes.insert(claim_name, claim);
            }
        }
    }
    Ok(Owned { replicas, volumes: volumes.into_values().collect() })
}

/// StatefulSet claims are named `<template>-<set>-<ordinal>`.
fn is_claim_of(claim: &str, set: &str) -> bool {
    claim.rsplit_once('-').is_some_and(|(rest, ordinal)| {
        !ordinal.is_empty() && ordinal.bytes().all(|byte| byte.is_ascii_digit()) && rest.ends_with(&format!("-{set}"))
    })
}

/// What the template is told of before: null only when nothing was published and no volume remains (decisions.md, 3).
async fn previous(
    cluster: &PlanClient,
    head: Option<&Head>,
    namespace: &str,
    owned: &Owned,
) -> Result<Value, CommandError> {
    let state = |number: u32| async move {
        let Some(head) = head.filter(|_| number > 0) else { return Ok::<Value, CommandError>(Value::Null) };
        let name = revision_name(head.definition.name(), number);
        let Some(live) = cluster.config_map(namespace, &name).await? else { return Ok(Value::Null) };
        let Ok(record) = RevisionRecord::from_config_map(&live.value) else { return Ok(Value::Null) };
        if record.effective["template"].is_null() {
            return Ok(Value::Null);
        }
        Ok(json!({"templateVersion": record.effective["template"]["version"], "values": record.effective["values"],
                  "outputs": record.effective["outputs"]}))
    };
    let (current, pending) = head.map_or((0, 0), |head| (head.state.current, head.state.pending));
    let (current, attempted) = (state(current).await?, state(pending).await?);
    if current.is_null() && attempted.is_null() && owned.volumes.is_empty() {
        return Ok(Value::Null);
    }
    let names: Vec<&str> = owned.volumes.iter().filter_map(|claim| claim.value["metadata"]["name"].as_str()).collect();
    Ok(json!({"current": current, "attempted": attempted, "observed": {"replicas": owned.replicas, "pvcs": names}}))
}

async fn observe(
    cluster: &PlanClient,
    desired: &Desired,
    inventory: &Inventory,
) -> Result<crate::object::Observed, CommandError> {
    let mut asks: Vec<Ask> =
        desired.objects.iter().map(|object| Ask::Apply(Box::new(object.manifest.clone()))).collect();
    asks.extend(
        inventory.minus(&desired.keys()).into_iter().map(|entry| Ask::Read(entry.key(), Some(entry.version.clone()))),
    );
    Ok(cluster.observe(asks).await?)
}

async fn observe_secrets(
    cluster: &PlanClient,
    namespace: &str,
    intents: &[SecretIntent],
    owner_id: &str,
    home: &str,
) -> Result<BTreeMap<String, SecretObservation>, CommandError> {
    let mut seen = BTreeMap::new();
    for intent in intents {
        let key = ObjectKey::new("", "Secret", namespace, &intent.name);
        let live = cluster.read(&PlanClient::core("Secret"), &key).await?;
        let by_id = live.as_ref().is_some_and(|live| live.owner_id() == Some(owner_id));
        let retained = live.as_ref().is_some_and(|live| live.annotation(labels::RETAINED_FROM) == Some(home));
        seen.insert(intent.name.clone(), SecretObservation { live, ours: by_id || retained, stale_owner: retained });
    }
    Ok(seen)
}

/// Generated Secrets that are ours and that nothing asks for.
async fn stray_secrets(
    cluster: &PlanClient,
    namespace: &str,
    desired: &Desired,
    options: &PlanOptions,
    owner_id: &str,
) -> Result<Vec<LiveObject>, CommandError> {
    if !options.deleting {
        return Ok(Vec::new());
    }
    let selector = format!("{}=true", labels::GENERATED);
    let found = cluster.list(&PlanClient::core("Secret"), namespace, &selector).await?;
    let wanted: BTreeSet<&str> = desired.secrets.iter().map(|intent| intent.name.as_str()).collect();
    Ok(found
        .into_iter()
        .map(with_kind)
        .filter(|live| live.owner_id() == Some(owner_id))
        .filter(|live| !wanted.contains(live.value["metadata"]["name"].as_str().unwrap_or_default()))
        .collect())
}

/// Items of a list come without their kind.
fn with_kind(mut live: LiveObject) -> LiveObject {
    if let Some(object) = live.value.as_object_mut() {
        object.entry("kind").or_insert_with(|| "Secret".into());
    }
    live
}

/// Reads `--set` and friends, and values files, into one merge patch.
///
/// # Errors
/// When one of them does not read.
pub fn collect_values(
    files: &[String],
    set: &[String],
    set_string: &[String],
    set_json: &[String],
) -> Result<Map<String, Value>, CommandError> {
    use crate::definition::{SetKind, parse_values, set_value};
    let mut patch = Map::new();
    for file in files {
        let (name, text) = crate::files::read_input(file)?;
        let values = parse_values(&name, &text)?;
        // A null in a file must stay in the patch, where it removes.
        overlay(&mut patch, values);
    }
    for (arguments, kind) in [(set, SetKind::Guess), (set_string, SetKind::String), (set_json, SetKind::Json)] {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_recognised_by_its_set_and_ordinal() {
        assert!(is_claim_of("data-orders-db-0", "orders-db") && is_claim_of("datalog-zk-12", "zk"));
        for foreign in ["data-orders-db", "data-other-0", "data-orders-db-x", "orders-db-0", "data-my-orders-0"] {
            assert!(!is_claim_of(foreign, "orders-db"), "{foreign}");
        }
    }
}
