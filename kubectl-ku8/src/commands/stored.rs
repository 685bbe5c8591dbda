//! Revisions as something to go back to: read, doubted, and judged by the template's own rules while there is one.
//! It never changes what a revision holds, and never takes a record's word for anything that can be checked.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Context;
use super::pipeline::{allowed_kinds, try_render};
use super::resolve::{Loaded, Reach, load};
use crate::cluster::PlanClient;
use crate::error::{CommandError, id};
use crate::object::{Manifest, labels};
use crate::release::{Cause, Head, RecordError, RevisionRecord, revision_name, revision_number, revision_selector};
use crate::render::{Diagnostic, RenderError, Rendered, Severity, StoredObject, check_stored};
use crate::transform;

/// What a revision is judged in.
pub(super) struct Surroundings<'a> {
    pub(super) namespace: &'a str,
    /// Minor version of the server.
    pub(super) kubernetes: &'a str,
    /// What the template is told of before.
    pub(super) previous: &'a Value,
    /// Live replicas by workload name.
    pub(super) replicas: &'a BTreeMap<String, u64>,
}

/// A revision's objects, checked.
pub(super) struct Stored {
    pub(super) rendered: Rendered,
    /// What a person should know before going back.
    pub(super) diagnostics: Vec<Diagnostic>,
    /// The template, when it is still there.
    pub(super) template: Option<Loaded>,
}

/// Reads a revision to go back to.
///
/// # Errors
/// When it is not kept any more, does not read, or is not what its name says.
pub(super) async fn read(
    cluster: &PlanClient,
    namespace: &str,
    name: &str,
    number: u32,
) -> Result<RevisionRecord, CommandError> {
    let object = revision_name(name, number);
    let Some(live) = cluster.config_map(namespace, &object).await? else {
        return Err(CommandError::new(format!("revision {number} of {name} is not there"))
            .id(id::NO_REVISION)
            .hint(format!("see which ones are: kubectl ku8 history {name}")));
    };
    let record = RevisionRecord::from_config_map(&live.value)?;
    if record.definition.name() != name || record.meta.number != number {
        let reason = format!("it is about revision {} of `{}`", record.meta.number, record.definition.name());
        return Err(RecordError::Damaged { name: object, reason }.into());
    }
    Ok(record)
}

/// The revision a rollback without a number goes to: the last good one, or when that is the present one and it stands,
/// the good one before it.
///
/// # Errors
/// When there is none.
pub(super) async fn default_target(cluster: &PlanClient, namespace: &str, head: &Head) -> Result<u32, CommandError> {
    let name = head.definition.name();
    if let Some(Cause::Rollback(to)) = head.state.operation.as_ref().map(|operation| operation.cause) {
        // One that was cut off goes on.
        return Ok(to);
    }
    let stands = head.state.phase == crate::release::Phase::Published && head.state.last_good == head.state.current;
    if head.state.last_good > 0 && !stands {
        return Ok(head.state.last_good);
    }
    let records = cluster.record_summaries(namespace, &revision_selector(name)).await?;
    let good = records.iter().filter(|record| record.annotation(labels::RESULT) == Some("published"));
    let numbers = good.filter_map(|record| revision_number(name, &record.name));
    numbers.filter(|number| *number < head.state.current).max().ok_or_else(|| {
        CommandError::new(format!("there is no good revision of {name} before the present one"))
            .id(id::NO_GOOD_REVISION)
            .hint(format!("see what there is: kubectl ku8 history {name}"))
            .hint(format!("go to a certain one: kubectl ku8 rollback {name} --to N"))
    })
}

/// The objects of a revision as they would be applied, or why they are not gone back to.
///
/// # Errors
/// A stored object a template could not render, a change the template's rules refuse, or without the template a
/// quorum of another size.
pub(super) async fn rendered(
    context: &Context,
    cluster: &PlanClient,
    record: &RevisionRecord,
    head: Option<&Head>,
    around: &Surroundings<'_>,
) -> Result<Stored, CommandError> {
    let definition = &record.definition;
    let mut diagnostics = vec![note(
        Severity::Info,
        "data",
        "objects go back, data does not: volumes and passwords stay as they are now",
    )];
    if let Some(head) = head
        && head.definition.digest() != definition.digest()
        && is_only_in_head(cluster, around.namespace, head).await?
    {
        let name = definition.name();
        let words =
            format!("it was changed and never published; going back drops that (kubectl ku8 show {name} keeps it)");
        diagnostics.push(note(Severity::Warning, "definition", &words));
    }
    let Some(reference) = &definition.spec.template else {
        let rendered = transform::from_manifests(&definition.spec.manifests)?;
        return Ok(Stored { rendered, diagnostics, template: None });
    };
    let rendered = check_stored(
        objects(record),
        record.effective.get("secrets").unwrap_or(&Value::Array(Vec::new())),
        around.namespace,
        &allowed_kinds(definition),
    )
    .map_err(|error| doubtful(record, error))?;
    let template = match load(context, reference, Some((cluster, around.namespace)), Reach::Network).await {
        Ok(loaded) => Some(loaded),
        // What the operator does not trust is not gone back to; what is not to be had may be.
        Err(error) if error.id.starts_with("KU8-U") => return Err(error),
        Err(_) => None,
    };
    let judged = template
        .as_ref()
        .map(|loaded| {
            try_render(context, &loaded.template, definition, around.namespace, around.kubernetes, around.previous)
        })
        .transpose()?;
    match judged {
        // The template's own word on going from here to there.
        Some(Err(error @ (RenderError::Diagnostics(_) | RenderError::Values(_)))) => Err(error.into()),
        Some(Ok(render)) => {
            diagnostics.extend(render.rendered.warnings);
            Ok(Stored { rendered, diagnostics, template })
        }
        Some(Err(_)) | None => {
            refuse_quorum_change(record, &rendered, around.replicas)?;
            diagnostics.push(note(
                Severity::Warning,
                "template",
                "it cannot be used any more, so its rules were not asked; the objects are those that were stored",
            ));
            Ok(Stored { rendered, diagnostics, template: None })
        }
    }
}

/// The stored objects as the template returned them, with their ids and stages.
fn objects(record: &RevisionRecord) -> Vec<StoredObject> {
    let places = record.effective["order"].as_array();
    let mut found = Vec::with_capacity(record.render.len());
    for (index, value) in record.render.iter().enumerate() {
        let place = places.and_then(|places| places.get(index));
        let id = place.and_then(|place| place[0].as_str()).map(str::to_owned);
        let stage = place.and_then(|place| place[1].as_u64()).and_then(|stage| u32::try_from(stage).ok());
        let mut manifest = value.clone();
        for (field, ours) in [("labels", labels::OWNER), ("annotations", labels::OWNER_ID)] {
            if let Some(entries) = manifest.pointer_mut(&format!("/metadata/{field}")).and_then(Value::as_object_mut) {
                entries.remove(ours);
            }
        }
        let id = id.unwrap_or_else(|| format!("object-{}", index + 1));
        found.push(StoredObject { id, stage: stage.unwrap_or(0), manifest });
    }
    found
}

fn doubtful(record: &RevisionRecord, error: RenderError) -> CommandError {
    let reason = CommandError::from(error);
    CommandError::new(format!(
        "revision {} holds what no template may render, so it is not gone back to\n{}",
        record.meta.number, reason.message
    ))
    .id(id::REVISION_DOUBTFUL)
    .hint("the record was changed since it was written; look at who may write ConfigMaps here")
    .hint(format!("choose another revision: kubectl ku8 history {}", record.definition.name()))
}

/// Members of a quorum come and go one at a time, and only its template knows how (decisions.md, 3).
fn refuse_quorum_change(
    record: &RevisionRecord,
    rendered: &Rendered,
    replicas: &BTreeMap<String, u64>,
) -> Result<(), CommandError> {
    let is_quorum = |manifest: &Manifest| manifest.annotation(labels::QUORUM) == Some("true");
    for manifest in rendered.objects.iter().map(|object| &object.manifest).filter(|manifest| is_quorum(manifest)) {
        let wanted = manifest.value()["spec"]["replicas"].as_u64().unwrap_or(1);
        let Some(now) = replicas.get(&manifest.key().name).filter(|now| **now != wanted) else { continue };
        return Err(CommandError::new(format!(
            "{} is a quorum of {now}, and revision {} has {wanted}; without its template nobody can say whether that is safe",
            manifest.key(),
            record.meta.number
        )).id(id::QUORUM)
        .hint(format!("bring the template back first: kubectl ku8 define {} -t FILE", record.definition.name())));
    }
    Ok(())
}

/// Says whether no revision holds what the head's definition says now.
async fn is_only_in_head(cluster: &PlanClient, namespace: &str, head: &Head) -> Result<bool, CommandError> {
    if !head.is_modified() && head.state.current > 0 {
        return Ok(false);
    }
    // What was begun, well or not, is in its revision.
    let name = revision_name(head.definition.name(), head.state.current.max(head.state.pending));
    let live = cluster.config_map(namespace, &name).await?;
    let newest = live.and_then(|live| RevisionRecord::from_config_map(&live.value).ok());
    Ok(newest.is_none_or(|record| record.definition.digest() != head.definition.digest()))
}

fn note(severity: Severity, about: &str, message: &str) -> Diagnostic {
    let code = format!("rollback.{about}");
    Diagnostic { severity, path: format!("/{about}"), code, message: message.to_owned(), hint: None }
}
