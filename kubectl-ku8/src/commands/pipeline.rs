//! The one path from a definition to a plan: resolve → validate → render → transform → observe → plan.
//! plan, publish and delete all take it, so they cannot drift apart; it never writes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::Context;
use super::owned::{observe, observe_offers, observe_owned, previous, published, revision, stray_secrets};
use super::resolve::{Loaded, Reach, load, template_change};
use super::secret_state::observe_and_stamp;
use super::stored::Surroundings;
use crate::cluster::{PlanClient, Resource};
use crate::definition::Definition;
use crate::error::CommandError;
use crate::object::{GroupKind, Names, ObjectKey};
use crate::plan::{ForceConflicts, Input, Plan, Policy, Subject, normalise, plan};
use crate::release::{Head, RevisionRecord};
use crate::render::{Diagnostic, RenderError, Rendered, Template, render};
use crate::transform::{self, Desired, Ownership};

/// Choices that change what a plan allows.
#[derive(Clone, Debug, Default)]
pub struct PlanOptions {
    /// `--adopt KIND/NAME`.
    pub adopt: Names,
    /// `--allow-replace KIND/NAME`.
    pub allow_replace: Names,
    /// `--force-conflicts[=KIND/NAME[:path]]`.
    pub force_conflicts: Vec<ForceConflicts>,
    /// `--allow-unverified`.
    pub allow_unverified: bool,
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
    /// Counts of rotations that are about to be written, by Secret.
    pub secret_revisions: BTreeMap<String, u64>,
    /// `rollback`: the objects are those of this revision, and no template renders them.
    pub towards: Option<Box<RevisionRecord>>,
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
    /// The template that rendered it, if one did.
    pub(super) template: Option<Loaded>,
    /// The template's words for the person who published.
    pub notes: String,
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
    try_render(context, template, definition, namespace, kubernetes, previous)?.map_err(CommandError::from)
}

/// As [`render_values`], with the renderer's own error inside.
///
/// # Errors
/// When this machine cannot run templates.
pub(super) fn try_render(
    context: &Context,
    template: &Template,
    definition: &Definition,
    namespace: &str,
    kubernetes: &str,
    previous: &Value,
) -> Result<Result<Render, RenderError>, CommandError> {
    let runtime = context.runtime()?;
    let mut request = request(context, definition, namespace, kubernetes, previous)?;
    let mut attempt = || {
        let checked = runtime.check(template, request["values"].take())?;
        request["values"] = checked.values.clone();
        let rendered = render(runtime, template, &request, &allowed_kinds(definition))?;
        Ok(Render { rendered, values: checked.values, filled: checked.filled })
    };
    Ok(attempt())
}

/// What a template is asked, with the values as they are written.
///
/// # Errors
/// When what is said of images cannot be read.
pub(super) fn request(
    context: &Context,
    definition: &Definition,
    namespace: &str,
    kubernetes: &str,
    previous: &Value,
) -> Result<Value, CommandError> {
    Ok(json!({
        "apiVersion": "ku8/v1", "name": definition.name(), "namespace": namespace,
        "values": definition.spec.values, "cluster": {"version": kubernetes}, "previous": previous,
        "bindings": {}, "images": context.images()?.to_request(),
    }))
}

/// Kinds the user allowed beyond the host's own list.
pub(super) fn allowed_kinds(definition: &Definition) -> Vec<GroupKind> {
    crate::author::cases::allowed_kinds(definition)
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
    // Neither needs the other, and each is a round trip.
    let server = async { Ok(cluster.version().await?) };
    let owned = observe_owned(cluster, definition.name(), namespace, &inventory);
    let (current, pending) = head.map_or((0, 0), |head| (head.state.current, head.state.pending));
    let (owned, (minor, _), current, pending) = tokio::try_join!(
        owned,
        server,
        revision(cluster, head, namespace, current),
        revision(cluster, head, namespace, pending)
    )?;
    let mut subject = Subject {
        name: definition.name().to_owned(),
        namespace: namespace.to_owned(),
        context: cluster.target().context.clone(),
        template: "manifests".into(),
        from_revision: head.map_or(0, |head| head.state.current),
        to_revision: head.map_or(1, |head| super::record::next_revision(head, definition)),
        ..Subject::default()
    };
    let mut diagnostics = Vec::new();
    let mut effective = json!({"template": null, "values": {}, "defaults": [], "outputs": []});
    let mut notes = String::new();
    let mut used = None;
    let rendered = if options.deleting {
        subject.to_revision = 0;
        subject.deleting = true;
        if let Some(template) = &definition.spec.template {
            subject.template = format!("{}@{}", template.plain_name(), template.version.as_deref().unwrap_or("?"));
        }
        Rendered::default()
    } else if let Some(record) = &options.towards {
        let previous = previous(current.as_ref(), pending.as_ref(), &owned);
        let surroundings =
            Surroundings { namespace, kubernetes: &minor, previous: &previous, replicas: &owned.replicas };
        let stored = super::stored::rendered(context, cluster, record, head, &surroundings).await?;
        subject.template.clone_from(&record.meta.template);
        record.effective["template"]["digest"].as_str().unwrap_or_default().clone_into(&mut subject.digest);
        subject.origin = format!("as stored in revision {}", record.meta.number);
        subject.template_change = template_change(current.as_ref(), &record.effective, &record.definition);
        diagnostics = stored.diagnostics;
        effective.clone_from(&record.effective);
        used = stored.template;
        stored.rendered
    } else if let Some(reference) = &definition.spec.template {
        let loaded = load(context, reference, Some((cluster, namespace)), Reach::Network).await?;
        let template = &loaded.template;
        let previous = previous(current.as_ref(), pending.as_ref(), &owned);
        let render = render_values(context, template, definition, namespace, &minor, &previous)?;
        subject.template = format!("{}@{}", template.metadata().name, template.metadata().version);
        subject.digest = format!("sha256:{}", template.digest());
        subject.origin = loaded.trust.to_string();
        subject.source = loaded.source();
        diagnostics.clone_from(&render.rendered.warnings);
        let images = context.images()?;
        diagnostics.extend(images.note(current.as_ref().map(|record| &record.effective)));
        notes.clone_from(&render.rendered.notes);
        effective = json!({"template": {"name": template.metadata().name, "version": template.metadata().version,
            "digest": subject.digest}, "values": render.values, "defaults": render.filled, "outputs": render.rendered.outputs});
        images.keep_in(&mut effective);
        subject.template_change = template_change(current.as_ref(), &effective, definition);
        used = Some(loaded);
        render.rendered
    } else {
        transform::from_manifests(&definition.spec.manifests)?
    };
    let mut desired = place(cluster, rendered, definition, head, namespace).await?;
    let owner_id = ownership(definition, head, namespace).id();
    let place_of = (namespace, definition.name());
    let secrets = observe_and_stamp(cluster, place_of, &mut desired, &owner_id, &options.secret_revisions).await?;
    let policy = policy(options, &owner_id, place_of, current.as_ref());
    let (observed, offers) = tokio::try_join!(
        observe(cluster, &desired, &inventory, &owned.volumes, &policy),
        observe_offers(cluster, &desired, &owned.volumes)
    )?;
    super::sensitive::learn_objects(&desired, &observed);
    let stray = stray_secrets(cluster, namespace, &desired, options, &owner_id).await?;
    let mut plan = plan(Input {
        desired: &desired,
        observed: &observed,
        inventory: &inventory,
        policy,
        secrets: &secrets,
        stray_secrets: &stray,
        volumes: &owned.volumes,
        offers: &offers,
        diagnostics: sorted(diagnostics),
        subject,
        allow_empty: options.allow_empty || options.deleting,
        deleting: options.deleting,
        purge_data: options.purge_data,
        purge_secrets: options.purge_secrets,
        new_credentials: options.new_credentials,
    });
    plan.warnings = cluster.warnings();
    context.note_warnings(&plan);
    super::allow::refuse_strangers(&plan, options)?;
    Ok(Prepared { plan, desired, owner_id, effective, template: used, notes })
}

fn policy(
    options: &PlanOptions,
    owner_id: &str,
    (namespace, name): (&str, &str),
    current: Option<&RevisionRecord>,
) -> Policy {
    Policy {
        owner_id: owner_id.to_owned(),
        home: format!("{namespace}/{name}"),
        adopt: options.adopt.clone(),
        force: options.force_conflicts.clone(),
        replace: options.allow_replace.clone(),
        published: published(current),
        allow_unverified: options.allow_unverified,
    }
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
    for object in rendered.objects.iter().filter(|object| object.manifest.key().kind == "CustomResourceDefinition") {
        cluster.expect_kind(&object.manifest);
    }
    for object in &rendered.objects {
        let resource: Resource = cluster.resource(&object.manifest).await?;
        if !resource.namespaced {
            cluster_scoped.insert(object.manifest.key().group_kind());
        }
    }
    let is_cluster_scoped = |key: &ObjectKey| cluster_scoped.contains(&key.group_kind());
    let mut desired = transform::run(rendered, &ownership(definition, head, namespace), &is_cluster_scoped)?;
    for object in &mut desired.objects {
        object.manifest = normalise(object.manifest.clone());
    }
    Ok(desired)
}
