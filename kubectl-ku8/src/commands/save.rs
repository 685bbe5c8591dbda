//! Writing the head of a definition, never over somebody else's write, and saying what changed in it.
//! It never touches the definition's objects.

use super::Context;
use super::resolve::{no_namespace, read_head};
use crate::cluster::{Cluster, ClusterError, PlanClient};
use crate::definition::{Definition, TemplateRef};
use crate::error::{CommandError, exit, id};
use crate::object::{ObjectKey, printable};
use crate::plan::{FieldOp, differences, display_path};
use crate::release::{Head, head_name};
use crate::secrets::redact::redact;

/// Stores a definition and says what changed, and how it goes on.
///
/// # Errors
/// When somebody else wrote meanwhile, or the server refuses.
pub(super) async fn save(
    context: &Context,
    cluster: &Cluster,
    namespace: &str,
    head: Option<Head>,
    definition: Definition,
) -> Result<u8, CommandError> {
    let name = definition.name().to_owned();
    if store(context, cluster, namespace, head, definition).await? {
        tell_next(context, &name);
    }
    Ok(exit::DONE)
}

/// Stores a definition, says what changed, and returns whether anything did.
///
/// # Errors
/// As [`save`].
pub(super) async fn store(
    context: &Context,
    cluster: &Cluster,
    namespace: &str,
    head: Option<Head>,
    definition: Definition,
) -> Result<bool, CommandError> {
    let ui = &context.ui;
    let name = definition.name().to_owned();
    let created = head.is_none();
    let changes = head.as_ref().map(|head| describe_changes(&head.definition, &definition)).unwrap_or_default();
    if head.as_ref().is_some_and(|head| head.definition == definition) {
        ui.print(&format!("definition {namespace}/{name} unchanged"));
        return Ok(false);
    }
    let base = head.as_ref().map(|head| head.definition.clone());
    let mut head = head.unwrap_or_else(|| Head::draft(definition.clone()));
    head.definition = definition;
    if let Err(error) = write_head(context, cluster, namespace, &head).await {
        return Err(both_sides(cluster.reader(), namespace, base.as_ref(), &changes, error).await);
    }
    ui.print(&format!("definition {namespace}/{name} {}", if created { "created" } else { "updated" }));
    for line in changes {
        ui.print(&format!("  {line}"));
    }
    Ok(true)
}

/// Says how it goes on.
pub(super) fn tell_next(context: &Context, name: &str) {
    let ui = &context.ui;
    ui.say(&ui.err.dim(&format!("next: kubectl ku8 plan {name}{}", context.again())));
}

/// Creates or replaces the head, never over somebody else's write.
///
/// # Errors
/// When it changed since it was read, with who changed it.
pub(super) async fn write_head(
    context: &Context,
    cluster: &Cluster,
    namespace: &str,
    head: &Head,
) -> Result<Head, CommandError> {
    let value = without_secrets(head).to_config_map(namespace, &context.now(), &context.who());
    let key = ObjectKey::new("", "ConfigMap", namespace, head_name(head.definition.name()));
    let resource = PlanClient::config_maps();
    let written = if head.uid.is_empty() {
        cluster.create(&resource, &key, &value).await
    } else {
        cluster.replace(&resource, &key, &value).await
    };
    match written {
        Ok(live) => Ok(Head {
            uid: live.uid().to_owned(),
            resource_version: live.resource_version().to_owned(),
            ..head.clone()
        }),
        Err(error) if error.is_conflict() || (error.is_not_found() && !head.uid.is_empty()) => {
            Err(changed_meanwhile(cluster.reader(), &key).await)
        }
        Err(ClusterError::NamespaceMissing(namespace)) => Err(no_namespace(cluster.reader(), &namespace).await),
        Err(error) => Err(error.into()),
    }
}

/// What failed is told in the server's words, and those may quote what was sent.
fn without_secrets(head: &Head) -> Head {
    let mut head = head.clone();
    head.state.reason = head.state.reason.map(|reason| redact(&reason));
    for one in &mut head.result {
        one.message = one.message.take().map(|message| redact(&message));
    }
    head
}

async fn changed_meanwhile(cluster: &PlanClient, key: &ObjectKey) -> CommandError {
    let now = cluster.read(&PlanClient::config_maps(), key).await.ok().flatten();
    let by = now.as_ref().and_then(|live| live.annotation(crate::object::labels::UPDATED_BY)).unwrap_or("somebody");
    let message = match &now {
        Some(_) => format!("definition was changed by {by} since you read it; your change was not written"),
        None => "definition was deleted since you read it; your change was not written".to_owned(),
    };
    CommandError::new(message)
        .id(id::DEFINITION_CHANGED)
        .code(exit::STALE)
        .hint("look at it again, and repeat your change")
}

/// What the other writer changed beside what this one wanted to, when both started from the same document.
async fn both_sides(
    cluster: &PlanClient,
    namespace: &str,
    base: Option<&Definition>,
    mine: &[String],
    error: CommandError,
) -> CommandError {
    let Some(base) = base.filter(|_| error.code == exit::STALE) else { return error };
    let Ok(Some(now)) = read_head(cluster, namespace, base.name()).await else { return error };
    let theirs = describe_changes(base, &now.definition);
    let mut lines = vec![error.message.clone()];
    for (whose, changes) in [("theirs", theirs.as_slice()), ("yours", mine)] {
        lines.extend(changes.iter().map(|line| format!("  {whose:<6}  {line}")));
    }
    CommandError { message: lines.join("\n"), ..error }
}

/// What differs, a line each; the template's pin is told elsewhere.
pub(super) fn describe_changes(before: &Definition, after: &Definition) -> Vec<String> {
    let value = |definition: &Definition| {
        let mut value = serde_json::to_value(definition).expect("a definition is plain data");
        if let Some(metadata) = value["metadata"].as_object_mut() {
            metadata.remove("namespace");
        }
        value
    };
    let objects = (before.spec.manifests.len(), after.spec.manifests.len());
    let replaced = (before.spec.manifests != after.spec.manifests)
        .then(|| format!("manifests: {} objects → {}", objects.0, objects.1));
    let template = template_words(before.spec.template.as_ref(), after.spec.template.as_ref());
    let after = value(after);
    let values = differences(&value(before), &after, &after)
        .into_iter()
        .filter(|field| !field.pointer.starts_with("/spec/template/"))
        .filter(|field| !field.pointer.starts_with("/spec/manifests"))
        .map(|field| {
            let path = display_path(&field.path);
            let path = path.strip_prefix("spec.values.").unwrap_or(&path).to_owned();
            match field.op {
                FieldOp::Add => format!("{path}: {}", field.after),
                FieldOp::Remove => format!("{path}: {} → (unset)", field.before),
                _ => format!("{path}: {} → {}", field.before, field.after),
            }
        });
    template.into_iter().chain(values).chain(replaced).collect()
}

/// A template with other bytes than before.
fn template_words(before: Option<&TemplateRef>, after: Option<&TemplateRef>) -> Option<String> {
    let (before, after) = (before?, after?);
    let (from, to) = (before.digest.as_deref()?, after.digest.as_deref()?);
    let arrow = |from: &str, to: &str| if from == to { to.to_owned() } else { format!("{from} → {to}") };
    let brief = |digest: &str| digest.chars().take("sha256:".len() + 12).collect::<String>() + "…";
    let version = |template: &TemplateRef| template.version.clone().unwrap_or_else(|| "?".into());
    let names = arrow(&before.plain_name(), &after.plain_name());
    let versions = arrow(&version(before), &version(after));
    (from != to).then(|| printable(&format!("template: {names} {versions} ({})", arrow(&brief(from), &brief(to)))))
}
