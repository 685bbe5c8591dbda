//! Names that end up on objects in the cluster: labels, annotations, the field manager.
//! A constant here is a stored format: it never changes its value once released.

/// The one field manager of every write (plan-apply.md, section 3.8).
pub const FIELD_MANAGER: &str = "ku8";

/// Label on our records: `definition` or `revision`.
pub const KIND: &str = "ku8.dev/kind";
/// Label on our records: the definition's name.
pub const NAME: &str = "ku8.dev/name";
/// Label on the head: the template's plain name.
pub const TEMPLATE: &str = "ku8.dev/template";
/// Label on heads and revisions: first 16 hex digits of the template's digest, to find templates nobody uses.
pub const TEMPLATE_DIGEST: &str = "ku8.dev/template-digest";
/// Label on the head: the phase, in the words of product.md.
pub const STATUS: &str = "ku8.dev/status";
/// Label on the head: the app it belongs to, if any.
pub const APP: &str = "ku8.dev/app";

/// Label on every object of a definition: the definition's name.
pub const OWNER: &str = "ku8.dev/owner";
/// Annotation on every object of a definition: `<namespace>/<definition>/<head uid>`.
pub const OWNER_ID: &str = "ku8.dev/owner-id";
/// Annotation on an object that outlived its definition: `<namespace>/<definition>`.
pub const RETAINED_FROM: &str = "ku8.dev/retained-from";
/// Label on a Secret whose values the host generated.
pub const GENERATED: &str = "ku8.dev/generated";
/// Annotation on a Secret and on the pods that use it: how often its values were rotated (decisions.md, 23).
pub const SECRET_REVISION: &str = "ku8.dev/secret-revision";
/// Annotation that keeps an object from being pruned: `keep`.
pub const PRUNE: &str = "ku8.dev/prune";
/// Annotation on a workload that is a quorum: its replica count is never changed without its template.
pub const QUORUM: &str = "ku8.dev/quorum";
/// Annotation on an object of a plain manifest set: `Kind/name, Kind/name` of what must be ready before it.
pub const DEPENDS_ON: &str = "ku8.dev/depends-on";

/// Annotation on the head: current revision number.
pub const REVISION: &str = "ku8.dev/revision";
/// Annotation on the head: when it was last written (RFC 3339).
pub const UPDATED_AT: &str = "ku8.dev/updated-at";
/// Annotation on the head: who wrote it last.
pub const UPDATED_BY: &str = "ku8.dev/updated-by";
/// Annotation on the head: how many objects the current revision has.
pub const OBJECTS: &str = "ku8.dev/objects";
/// Annotation on the head: digest of the stored definition, to tell Modified in a metadata-only list.
pub const DEFINITION_DIGEST: &str = "ku8.dev/definition-digest";
/// Annotation on the head: digest of the definition that was published last.
pub const PUBLISHED_DIGEST: &str = "ku8.dev/published-digest";
/// Annotation on the head: format version of the record.
pub const FORMAT: &str = "ku8.dev/format";
/// Annotation on a revision once its operation ended: `published` or `failed`.
pub const RESULT: &str = "ku8.dev/result";
/// Annotation on a revision once its operation ended: what became of each object, as JSON.
pub const OUTCOMES: &str = "ku8.dev/outcomes";

/// Standard label: which tool manages the object.
pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// Standard label: which instance the object belongs to.
pub const INSTANCE: &str = "app.kubernetes.io/instance";
/// Standard label: which larger application the object is part of.
pub const PART_OF: &str = "app.kubernetes.io/part-of";
/// What [`MANAGED_BY`] holds on our objects.
pub const MANAGED_BY_VALUE: &str = "ku8";

/// What kubectl's client-side apply leaves; it may hold Secret data, so it is dropped from every reply.
pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
