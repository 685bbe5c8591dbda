//! A plan as it is kept in a file: what was approved, and what it was approved against.
//! It holds no secret value and no object; whoever applies it renders the same inputs again and compares.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Action, Change, FieldCause, Plan, SecretAction, SecretChange, display_path};

/// Format of the file.
pub(super) const FORMAT: &str = "ku8.dev/plan/v1";
/// What stands in place of a value that is not shown.
const HIDDEN: &str = super::compare::HIDDEN;

/// A plan file that cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SavedError {
    /// Not JSON, or not a plan.
    #[error("it is no saved plan: {0}")]
    Format(String),
    /// Written by a newer version.
    #[error("it has format {0}, which this version does not read")]
    Newer(String),
    /// Its digest is not that of its content.
    #[error("plan digest mismatch: the file was changed after it was written")]
    Digest,
}

/// The cluster a plan was made on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedCluster {
    /// uid of the namespace `kube-system`, where it may be read.
    pub uid: Option<String>,
    /// URL of the server, for people.
    pub server: String,
}

/// The record a plan was made against.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SavedSubject {
    /// Namespace of the definition.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// uid of its head.
    pub head_uid: String,
    /// Digest of the stored definition; values are part of it.
    pub digest: String,
    /// Current revision then.
    pub from_revision: u32,
    /// Template and version.
    pub template: String,
    /// Digest of the template.
    pub template_digest: String,
}

/// What was allowed when the plan was made, as the flags were written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SavedOptions {
    /// `--adopt`.
    pub adopt: Vec<String>,
    /// `--allow-replace`.
    pub allow_replace: Vec<String>,
    /// `--force-conflicts`.
    pub force_conflicts: Vec<String>,
    /// `--allow-empty`.
    pub allow_empty: bool,
    /// `--new-credentials`.
    pub new_credentials: bool,
    /// `--allow-unverified`.
    pub allow_unverified: bool,
}

/// One object of a saved plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SavedChange {
    /// `Kind/name`.
    pub object: String,
    /// What was to happen: `create`, `update`, …
    pub action: String,
    /// uid it was planned against; empty when it did not exist.
    #[serde(default)]
    pub uid: String,
    /// resourceVersion it was planned against.
    #[serde(default)]
    pub resource_version: String,
    /// Digest over what we change: action, paths, values before and after, conflicts. No status, no foreign field.
    pub change_digest: String,
    /// Digest of the object to apply.
    pub object_digest: String,
    /// The changed fields in words, secrets hidden.
    pub fields: Vec<String>,
}

/// A Secret of a saved plan: names only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedSecret {
    /// Its name.
    pub name: String,
    /// What was to happen.
    pub action: SecretAction,
    /// Keys to generate.
    pub generated: Vec<String>,
}

/// A whole plan file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SavedPlan {
    /// `ku8.dev/plan/v1`.
    pub api_version: String,
    /// `Plan`.
    pub kind: String,
    /// RFC 3339.
    pub created_at: String,
    /// Version of the tool.
    pub tool: String,
    /// Where.
    pub cluster: SavedCluster,
    /// Of what.
    pub definition: SavedSubject,
    /// What was allowed.
    pub options: SavedOptions,
    /// Counts, for people.
    pub summary: Value,
    /// Every object with something to do.
    pub changes: Vec<SavedChange>,
    /// Secrets with something to do.
    pub secrets: Vec<SavedSecret>,
    /// sha256 over all of the above, keys sorted.
    #[serde(default)]
    pub digest: String,
}

impl SavedPlan {
    /// Collects what has to be the same when it is applied.
    pub fn new(
        plan: &Plan,
        cluster: SavedCluster,
        definition: SavedSubject,
        options: SavedOptions,
        created_at: String,
    ) -> Self {
        let mut saved = Self {
            api_version: FORMAT.to_owned(),
            kind: "Plan".to_owned(),
            created_at,
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            cluster,
            definition,
            options,
            summary: serde_json::to_value(plan.summary).expect("counts are plain data"),
            changes: plan.changes.iter().filter(|change| change.action != Action::NoOp).map(saved_change).collect(),
            secrets: plan.secrets.iter().filter(|secret| secret.action.writes()).map(saved_secret).collect(),
            digest: String::new(),
        };
        saved.digest = saved.own_digest();
        saved
    }

    /// The text of the file.
    pub fn to_text(&self) -> String {
        serde_json::to_string_pretty(self).expect("a saved plan is plain data") + "\n"
    }

    /// Reads a file back and checks its digest.
    ///
    /// # Errors
    /// When it is no plan, of a newer format, or was changed.
    pub fn from_text(text: &str) -> Result<Self, SavedError> {
        let value: Value = serde_json::from_str(text).map_err(|error| SavedError::Format(error.to_string()))?;
        match value["apiVersion"].as_str() {
            Some(FORMAT) => {}
            Some(other) if other.starts_with("ku8.dev/plan/") => {
                return Err(SavedError::Newer(crate::object::printable(other)));
            }
            _ => return Err(SavedError::Format("apiVersion is not ku8.dev/plan/v1".to_owned())),
        }
        let saved: Self = serde_json::from_value(value).map_err(|error| SavedError::Format(error.to_string()))?;
        if saved.digest == saved.own_digest() { Ok(saved) } else { Err(SavedError::Digest) }
    }

    pub(super) fn own_digest(&self) -> String {
        let mut copy = self.clone();
        copy.digest = String::new();
        digest(&serde_json::to_value(copy).expect("a saved plan is plain data"))
    }
}

fn saved_secret(secret: &SecretChange) -> SavedSecret {
    SavedSecret { name: secret.name.clone(), action: secret.action, generated: secret.generated.clone() }
}

fn saved_change(change: &Change) -> SavedChange {
    let action = serde_json::to_value(change.action).expect("an action is a word");
    let mut fields = Vec::new();
    let mut intent = Vec::new();
    for field in change.fields.iter().filter(|field| field.cause != FieldCause::Server) {
        let value = |value: &Value| if field.sensitive && !value.is_null() { HIDDEN.into() } else { value.clone() };
        let (before, after) = (value(&field.before), value(&field.after));
        // A hidden value changes its mask with every run, so only the path and that it changes count.
        intent.push(json!([field.pointer, before, after, field.conflict.is_some()]));
        if change.action != Action::Create {
            fields.push(format!("{}  {} → {}", display_path(&field.path), brief(&before), brief(&after)));
        }
    }
    let conflicts: Vec<&String> = change.fields.iter().filter_map(|field| field.conflict.as_ref()).collect();
    fields.extend(conflicts.iter().map(|holder| (*holder).clone()));
    let seen = change.precondition.as_ref();
    SavedChange {
        object: change.key.to_string(),
        change_digest: digest(&json!({
            "action": action, "intent": intent, "replace": change.write.replace, "yielded": change.yielded,
            "grow": change.write.grow,
        })),
        object_digest: digest(&change.manifest.as_ref().map_or(Value::Null, |manifest| manifest.value().clone())),
        action: action.as_str().unwrap_or_default().to_owned(),
        uid: seen.map(|seen| seen.uid.clone()).unwrap_or_default(),
        resource_version: seen.map(|seen| seen.resource_version.clone()).unwrap_or_default(),
        fields,
    }
}

fn brief(value: &Value) -> String {
    let text = match value {
        Value::Null => "(unset)".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if text.chars().count() > 60 { format!("{}…", text.chars().take(60).collect::<String>()) } else { text }
}

/// sha256 over JSON with sorted keys (RFC 8785 for what we write: no floats).
fn digest(value: &Value) -> String {
    let bytes = serde_json::to_vec(value).expect("JSON serialises");
    let sum = Sha256::digest(&bytes);
    sum.iter().fold("sha256:".to_owned(), |hex, byte| format!("{hex}{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::super::moved::tests::{change, saved};
    use super::*;

    #[test]
    fn a_file_reads_back_and_one_changed_letter_is_noticed() {
        let one = saved(vec![change("u", "1", "a")]);
        let text = one.to_text();
        assert_eq!(SavedPlan::from_text(&text), Ok(one));
        assert_eq!(SavedPlan::from_text(&text.replace("80 → 81", "80 → 82")), Err(SavedError::Digest));
        assert!(matches!(SavedPlan::from_text("[]"), Err(SavedError::Format(_))));
        assert!(matches!(SavedPlan::from_text(&text.replace("plan/v1", "plan/v2")), Err(SavedError::Newer(_))));
    }
}
