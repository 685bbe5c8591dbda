//! What a template says of the live objects of a definition, asked with the request of the published revision.
//! It only reads, never shows a Secret to a template, and never lets its word replace the host's own judgement.

use serde_json::{Map, Value, json};

use super::Context;
use super::owned::{observe_owned, previous, revision};
use super::resolve::load_here;
use crate::cluster::PlanClient;
use crate::error::CommandError;
use crate::object::{LiveObject, printable};
use crate::registry::Reference;
use crate::release::{Head, InventoryEntry, RevisionRecord};
use crate::render::{Origin, Template, Verdict, abilities_of, builtin, probe};
use crate::wait::WaitReport;

/// Bytes of one object, and of all of them, that a template is shown.
const OBJECT_BYTES: usize = 256 * 1024;
const ALL_BYTES: usize = 4 * 1024 * 1024;

/// The template's verdict; `None` when it has no opinion, is not here, or nothing is published. What goes wrong on the
/// way is a warning: the host's judgement stands without it.
pub(super) async fn ask(
    context: &Context,
    cluster: &PlanClient,
    namespace: &str,
    head: &Head,
    report: &WaitReport,
) -> Option<Verdict> {
    let warn = |reason: &str| {
        context.ui.warn(&format!("the template of {} did not judge its objects: {reason}", head.definition.name()));
    };
    match try_ask(context, cluster, namespace, head, report).await {
        Ok(None) => None,
        Ok(Some(mut verdict)) => {
            let known = |kind: &str, name: &str| report.objects.keys().any(|key| key.kind == kind && key.name == name);
            let told = verdict.objects.len();
            verdict.objects.retain(|remark| known(&remark.kind, &remark.name));
            if verdict.objects.len() < told {
                warn("it speaks of objects that are not of this definition; those words are left out");
            }
            Some(verdict)
        }
        Err(error) => {
            warn(&error.message);
            None
        }
    }
}

async fn try_ask(
    context: &Context,
    cluster: &PlanClient,
    namespace: &str,
    head: &Head,
    report: &WaitReport,
) -> Result<Option<Verdict>, CommandError> {
    let Some(record) = revision(cluster, Some(head), namespace, head.state.current).await? else { return Ok(None) };
    let Some(template) = template_of(context, cluster, namespace, &record).await? else { return Ok(None) };
    let (owned, version) = tokio::join!(
        observe_owned(cluster, head.definition.name(), namespace, &head.state.inventory),
        cluster.version()
    );
    let request = json!({
        "apiVersion": "ku8/v1", "name": head.definition.name(), "namespace": namespace,
        "values": record.effective["values"], "cluster": {"version": version?.0},
        "previous": previous(Some(&record), None, &owned?), "bindings": {}, "images": context.images()?.to_request(),
    });
    let live = live(cluster, head.state.inventory.entries(), report).await?;
    Ok(Some(probe(context.runtime()?, &template, &request, &live)?))
}

/// The template that rendered the revision, when it judges and is here: nothing is fetched from afar for an opinion.
async fn template_of(
    context: &Context,
    cluster: &PlanClient,
    namespace: &str,
    record: &RevisionRecord,
) -> Result<Option<Template>, CommandError> {
    let digest = record.effective["template"]["digest"].as_str().unwrap_or_default().trim_start_matches("sha256:");
    if digest.is_empty() {
        return Ok(None);
    }
    let runtime = context.runtime()?;
    let reference = record.definition.spec.template.as_ref().filter(|found| Reference::is_meant(&found.name));
    let template = if let Some(entry) = builtin::all().iter().find(|entry| entry.sha256 == digest) {
        runtime.load_embedded(entry)?
    } else if let Some(reference) = reference {
        // Where a policy says whom to trust, this is no way around it.
        let Ok(template) = load_here(context, reference, Some((cluster, namespace))).await else { return Ok(None) };
        template
    } else {
        match super::template_store::fetch(cluster, namespace, digest).await?.bytes {
            // Read from its bytes: most templates have no opinion, and need not be compiled to know.
            Some(bytes) if abilities_of(&bytes).status => runtime.load(bytes, Origin::Cluster)?,
            _ => return Ok(None),
        }
    };
    Ok(template.abilities().status.then_some(template))
}

/// The objects as live.schema.json has them.
async fn live(cluster: &PlanClient, entries: &[InventoryEntry], report: &WaitReport) -> Result<Value, CommandError> {
    let asked = entries
        .iter()
        .filter(|entry| entry.kind != "Secret")
        .map(|entry| (entry.key(), Some(entry.version.clone())))
        .collect();
    let mut seen = cluster.read_all(asked).await?;
    let mut left = ALL_BYTES;
    let mut objects = Vec::with_capacity(entries.len());
    for entry in entries {
        let key = entry.key();
        let health = report.objects.get(&key);
        let object = seen.remove(&key).and_then(|one| one.live).and_then(|live| shown(live, &mut left));
        let version =
            if entry.group.is_empty() { entry.version.clone() } else { format!("{}/{}", entry.group, entry.version) };
        objects.push(json!({
            "apiVersion": version, "kind": key.kind, "name": key.name, "namespace": key.namespace,
            "state": health.map_or_else(|| "Unknown".to_owned(), |health| health.status.to_string()),
            "message": health.map_or("", |health| &health.message), "object": object,
        }));
    }
    Ok(json!({"apiVersion": "ku8/v1", "objects": objects}))
}

/// A live object without what only the server's bookkeeping needs; nothing when it is too large.
fn shown(live: LiveObject, left: &mut usize) -> Option<Value> {
    let mut value = live.value;
    if let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("managedFields");
        let annotations: Option<&mut Map<String, Value>> =
            metadata.get_mut("annotations").and_then(Value::as_object_mut);
        if let Some(annotations) = annotations {
            annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
        }
    }
    let size = value.to_string().len();
    if size > OBJECT_BYTES.min(*left) {
        return None;
    }
    *left -= size;
    Some(value)
}

/// The verdict as people read it.
pub(super) fn lines(verdict: &Verdict) -> Vec<String> {
    let mut lines = vec![if verdict.message.is_empty() {
        format!("the template says: {}", verdict.state)
    } else {
        format!("the template says: {}: {}", verdict.state, printable(&verdict.message))
    }];
    let remarks = verdict.objects.iter();
    lines.extend(remarks.map(|one| format!("  {}/{}: {}", one.kind, one.name, printable(&one.message))));
    lines
}
