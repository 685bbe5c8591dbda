//! Finding what a command names: a stored definition, a template, values from files and flags.
//! It changes nothing in the cluster; an unknown name gets the nearest known one as a hint.

mod changed;
mod fetch;
mod loaded;
mod policy;
mod settings;
mod signatures;
mod tags;
mod template;
mod values;

pub(super) use changed::template_change;
pub(super) use fetch::{Fetcher, Reach};
pub(super) use loaded::{Kept, Loaded};
pub(super) use policy::policy;
pub(super) use settings::settings;
pub(super) use signatures::{from_json as signatures_from_json, to_json as signatures_to_json};
pub(super) use tags::Moved;
pub(super) use template::{
    Pin, find, is_path, load, load_by_name, load_here, load_template, load_unpinned, of_registry, pin_template,
};
pub use values::SetArgs;
pub(super) use values::{Values, as_typed, read_values};

use crate::cluster::{ClusterError, PlanClient};
use crate::error::{CommandError, id};
use crate::object::{labels, nearest};
use crate::release::{Head, head_name};

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
        return Err(no_namespace(cluster, namespace).await);
    }
    let records = cluster.record_summaries(namespace, &crate::release::head_selector()).await.unwrap_or_default();
    let names: Vec<&str> = records.iter().filter_map(|record| record.label(labels::NAME)).collect();
    let failed = CommandError::new(format!("no definition `{name}` in namespace {namespace}")).id(id::NO_DEFINITION);
    Err(match nearest(name, names.iter().copied()) {
        Some(near) => failed.hint(format!("did you mean `{near}`?")),
        None => failed.hint("see what is there with: kubectl ku8 list"),
    })
}

/// A namespace that does not exist, with the nearest that does where they may be listed.
pub(super) async fn no_namespace(cluster: &PlanClient, name: &str) -> CommandError {
    let mut error = CommandError::from(ClusterError::NamespaceMissing(name.to_owned()));
    let known = cluster.list(&PlanClient::core("Namespace"), "", "").await.unwrap_or_default();
    if let Some(near) = nearest(name, known.iter().filter_map(|live| live.value["metadata"]["name"].as_str())) {
        error.hints.insert(0, format!("did you mean `{near}`?"));
    }
    error
}
