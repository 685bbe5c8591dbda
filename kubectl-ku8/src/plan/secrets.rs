//! Secrets the host provides: what must be made, what is there already, what is missing.
//! Only names and key names are known here; no value ever is.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Problem, ProblemKind};
use crate::object::LiveObject;
use crate::render::{SecretIntent, SecretSource};

/// What is known of one Secret.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SecretObservation {
    /// The live Secret with its values masked, if there is one.
    pub live: Option<LiveObject>,
    /// It carries our owner-id, or was retained from a definition of this name.
    pub ours: bool,
    /// We may not read Secrets here, so nothing is known of it.
    pub unreadable: bool,
    /// It was retained, or made under an earlier head, and must be stamped again.
    pub stale_owner: bool,
}

impl SecretObservation {
    /// Names of its keys.
    pub fn keys(&self) -> BTreeSet<String> {
        let data = self.live.as_ref().and_then(|live| live.value["data"].as_object());
        data.map(|data| data.keys().cloned().collect()).unwrap_or_default()
    }
}

/// What happens to a Secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SecretAction {
    /// Make it with generated values.
    Create,
    /// Add the keys that are missing, touch no other.
    AddKeys,
    /// It has everything; it stays as it is.
    Keep,
    /// It has everything and comes back to its definition; only its owner marks are written.
    TakeBack,
    /// We may not read it, so what would happen cannot be told; it cannot be published either.
    Unreadable,
    /// Its definition goes, it stays.
    Retain,
    /// It goes with its definition.
    Delete,
}

impl SecretAction {
    /// Says whether anything is written.
    pub fn writes(self) -> bool {
        !matches!(self, Self::Keep | Self::Unreadable)
    }
}

/// One Secret of a plan.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretChange {
    /// Its name.
    pub name: String,
    /// What happens.
    pub action: SecretAction,
    /// Keys that will be generated.
    pub generated: Vec<String>,
    /// What to generate, and from what.
    #[serde(skip)]
    pub intent: Option<SecretIntent>,
    /// The Secret as it was seen, masked.
    #[serde(skip)]
    pub live: Option<LiveObject>,
}

/// Plans one intent. `has_data` says that volumes of the definition exist, so a lost Secret is a lost password
/// (templates.md, section 1.5).
pub(crate) fn plan_secret(
    intent: &SecretIntent,
    seen: &SecretObservation,
    has_data: bool,
    new_credentials: bool,
) -> Result<SecretChange, Problem> {
    let generated: BTreeSet<String> = intent
        .keys
        .iter()
        .filter(|(_, source)| matches!(source, SecretSource::Generate { .. }))
        .map(|(key, _)| key.clone())
        .collect();
    let refused = |kind, message: String, hint: &str| Problem {
        kind,
        object: format!("Secret/{}", intent.name),
        message,
        hint: hint.to_owned(),
    };
    if seen.unreadable {
        let (name, generated) = (intent.name.clone(), generated.into_iter().collect());
        return Ok(SecretChange { name, action: SecretAction::Unreadable, generated, intent: None, live: None });
    }
    if generated.is_empty() {
        return referenced(intent, seen);
    }
    let change = |action, generated: Vec<String>| SecretChange {
        name: intent.name.clone(),
        action,
        generated,
        intent: Some(intent.clone()),
        live: seen.live.clone(),
    };
    if seen.live.is_none() {
        if has_data && !new_credentials {
            return Err(refused(
                ProblemKind::Invalid,
                "data volumes of this definition exist, but the Secret with their password is gone".into(),
                "restore the Secret from a backup, or pass --new-credentials if the data may be lost",
            ));
        }
        return Ok(change(SecretAction::Create, generated.into_iter().collect()));
    }
    if !seen.ours {
        return Err(refused(
            ProblemKind::Ownership,
            "a Secret of this name exists and is not ours".into(),
            "rename the definition, or refer to it with a secretRef value",
        ));
    }
    let missing: Vec<String> = generated.difference(&seen.keys()).cloned().collect();
    Ok(match (missing.is_empty(), seen.stale_owner) {
        (false, _) => change(SecretAction::AddKeys, missing),
        (true, true) => change(SecretAction::TakeBack, Vec::new()),
        (true, false) => change(SecretAction::Keep, Vec::new()),
    })
}

/// An intent without anything to generate: the named keys must exist.
fn referenced(intent: &SecretIntent, seen: &SecretObservation) -> Result<SecretChange, Problem> {
    let keys = seen.keys();
    let missing: Vec<&str> = intent
        .keys
        .values()
        .filter_map(|source| match source {
            SecretSource::SecretRef { key, .. } if !keys.contains(key) => Some(key.as_str()),
            _ => None,
        })
        .collect();
    if seen.live.is_none() || !missing.is_empty() {
        let what = if seen.live.is_none() {
            "does not exist".to_owned()
        } else {
            format!("has no key {}", missing.join(", "))
        };
        return Err(Problem {
            kind: ProblemKind::Invalid,
            object: format!("Secret/{}", intent.name),
            message: format!("the values refer to this Secret, which {what}"),
            hint: "create it first, or let ku8 generate it by leaving the reference out".to_owned(),
        });
    }
    let live = seen.live.clone();
    Ok(SecretChange {
        name: intent.name.clone(),
        action: SecretAction::Keep,
        generated: Vec::new(),
        intent: None,
        live,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::render::Alphabet;

    fn intent() -> SecretIntent {
        let generate = || SecretSource::Generate { length: 24, alphabet: Alphabet::Alphanumeric };
        let keys = BTreeMap::from([("password".to_owned(), generate()), ("root".to_owned(), generate())]);
        SecretIntent { name: "db-auth".into(), keys }
    }

    fn seen(keys: &[&str], ours: bool) -> SecretObservation {
        let data: serde_json::Map<_, _> = keys.iter().map(|key| ((*key).to_owned(), json!("masked:x"))).collect();
        SecretObservation {
            live: Some(LiveObject { value: json!({"data": data}) }),
            ours,
            ..SecretObservation::default()
        }
    }

    #[test]
    fn a_secret_is_made_once_and_never_touched_again() {
        let none = SecretObservation::default();
        assert_eq!(plan_secret(&intent(), &none, false, false).unwrap().action, SecretAction::Create);
        assert_eq!(
            plan_secret(&intent(), &seen(&["password", "root"], true), true, false).unwrap().action,
            SecretAction::Keep
        );
        let partial = plan_secret(&intent(), &seen(&["password", "mine"], true), true, false).unwrap();
        assert_eq!((partial.action, partial.generated), (SecretAction::AddKeys, vec!["root".to_owned()]));
    }

    #[test]
    fn a_lost_password_and_a_foreign_secret_stop_the_plan() {
        let none = SecretObservation::default();
        assert!(plan_secret(&intent(), &none, true, false).unwrap_err().message.contains("gone"));
        assert!(plan_secret(&intent(), &none, true, true).is_ok());
        assert_eq!(plan_secret(&intent(), &seen(&[], false), false, false).unwrap_err().kind, ProblemKind::Ownership);
    }
}
