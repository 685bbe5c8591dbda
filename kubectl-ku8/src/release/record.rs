//! The head: a ConfigMap that holds a definition, its state and the result of the last operation.
//! Nothing in it is trusted when it is read back, and it never holds a secret.

use serde_json::{Map, Value, json};

use super::{ObjectResult, Phase, RecordError, State, damaged, read_json};
use crate::definition::{Definition, yaml};
use crate::object::labels;

/// Newest record format this version reads and the one it writes.
pub const FORMAT_VERSION: u32 = 1;

/// One every second for thirty years.
const MOST_REVISIONS: u32 = 1_000_000_000;

/// Name of the head ConfigMap of a definition.
pub fn head_name(definition: &str) -> String {
    format!("ku8.{definition}")
}

/// Label selector of all heads.
pub fn head_selector() -> String {
    format!("{}=definition", labels::KIND)
}

/// A head as it was read: what it says and which version of it that was.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// The stored document.
    pub definition: Definition,
    /// Where it stands.
    pub state: State,
    /// Per object, of the last operation.
    pub result: Vec<ObjectResult>,
    /// `metadata.uid`, empty before it is created.
    pub uid: String,
    /// `metadata.resourceVersion`, empty before it is created.
    pub resource_version: String,
}

impl Head {
    /// A head that does not exist yet.
    pub fn draft(definition: Definition) -> Self {
        let state = State { format: FORMAT_VERSION, ..State::default() };
        Self { definition, state, result: Vec::new(), uid: String::new(), resource_version: String::new() }
    }

    /// Says whether the stored definition differs from the published one.
    pub fn is_modified(&self) -> bool {
        self.state.current > 0 && self.state.published_digest != self.definition.digest()
    }

    /// The ConfigMap to write. `now` is RFC 3339, `who` the writer.
    pub fn to_config_map(&self, namespace: &str, now: &str, who: &str) -> Value {
        let definition = serde_json::to_value(&self.definition).expect("a definition is plain data");
        let state = serde_json::to_string_pretty(&self.state).expect("state is plain data");
        let result = serde_json::to_string_pretty(&self.result).expect("results are plain data");
        // The definition's own, so that `-l` finds them; ours win.
        let own = self.definition.metadata.labels.iter();
        let mut labels_map: Map<String, Value> =
            own.map(|(key, value)| (key.clone(), Value::String(value.clone()))).collect();
        for (key, value) in [
            (labels::KIND, "definition"),
            (labels::NAME, self.definition.name()),
            (labels::TEMPLATE, &self.definition.template_label()),
            (labels::STATUS, &self.state.phase.to_string()),
            (labels::MANAGED_BY, labels::MANAGED_BY_VALUE),
        ] {
            labels_map.insert(key.into(), value.into());
        }
        if let Some(digest) = self.definition.template_digest_label() {
            labels_map.insert(labels::TEMPLATE_DIGEST.into(), digest.into());
        }
        if let Some(app) = &self.definition.spec.app {
            labels_map.insert(labels::APP.into(), app.as_str().into());
        }
        let mut config_map = json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {
                "name": head_name(self.definition.name()), "namespace": namespace, "labels": labels_map,
                "annotations": {
                    labels::FORMAT: FORMAT_VERSION.to_string(),
                    labels::REVISION: self.state.current.to_string(),
                    labels::UPDATED_AT: now, labels::UPDATED_BY: who,
                    labels::OBJECTS: self.state.inventory.entries().len().to_string(),
                    labels::DEFINITION_DIGEST: self.definition.digest(),
                    labels::PUBLISHED_DIGEST: self.state.published_digest,
                },
            },
            "data": {"definition": yaml::to_string(&definition), "state": state, "result": result},
        });
        if !self.uid.is_empty() {
            config_map["metadata"]["uid"] = json!(self.uid);
            config_map["metadata"]["resourceVersion"] = json!(self.resource_version);
        }
        config_map
    }

    /// Reads a head back.
    ///
    /// # Errors
    /// [`RecordError::Damaged`] names the part that does not read; [`RecordError::Newer`] for a later format.
    pub fn from_config_map(config_map: &Value) -> Result<Self, RecordError> {
        let metadata = &config_map["metadata"];
        let name = metadata["name"].as_str().unwrap_or("?").to_owned();
        let data = &config_map["data"];
        refuse_newer(&name, metadata)?;
        let text = data["definition"].as_str().ok_or_else(|| damaged(&name, "data.definition is missing"))?;
        let definition =
            crate::definition::parse("data.definition", text).map_err(|error| damaged(&name, error.to_string()))?;
        if head_name(definition.name()) != name {
            return Err(damaged(&name, format!("data.definition is about `{}`", definition.name())));
        }
        let state: State = read_json(&name, data, "state")?;
        // Nobody published that often, and the next number must exist.
        if state.current.max(state.pending).max(state.last_good) > MOST_REVISIONS {
            return Err(damaged(&name, "data.state: a revision number is impossible"));
        }
        let result = if data["result"].is_string() { read_json(&name, data, "result")? } else { Vec::new() };
        let text = |field: &str| metadata[field].as_str().unwrap_or_default().to_owned();
        Ok(Self { definition, state, result, uid: text("uid"), resource_version: text("resourceVersion") })
    }
}

/// A later format is read by nobody who does not know it.
pub(super) fn refuse_newer(name: &str, metadata: &Value) -> Result<(), RecordError> {
    let found = format_of(name, metadata)?;
    if found > FORMAT_VERSION {
        return Err(RecordError::Newer { name: name.to_owned(), found, known: FORMAT_VERSION });
    }
    Ok(())
}

fn format_of(name: &str, metadata: &Value) -> Result<u32, RecordError> {
    let text = metadata["annotations"][labels::FORMAT].as_str();
    let text = text.ok_or_else(|| damaged(name, format!("annotation {} is missing", labels::FORMAT)))?;
    text.parse().map_err(|_| damaged(name, format!("annotation {} is not a number", labels::FORMAT)))
}

/// The word a list shows, from labels and annotations alone: the phase, or `Modified` on top of `Published`.
/// `None` when the metadata is not what we write.
pub fn list_phase(metadata: &Value) -> Option<String> {
    let phase = metadata["labels"][labels::STATUS].as_str()?;
    let known = ["Draft", "Publishing", "Published", "Failed", "Paused"].contains(&phase);
    let annotations = &metadata["annotations"];
    let digests = (annotations[labels::DEFINITION_DIGEST].as_str()?, annotations[labels::PUBLISHED_DIGEST].as_str()?);
    if !known || annotations[labels::FORMAT].as_str()?.parse::<u32>().is_err() {
        return None;
    }
    let modified = phase == "Published" && digests.0 != digests.1;
    Some(if modified { "Published, Modified".to_owned() } else { phase.to_owned() })
}

impl Phase {
    /// Says whether an operation is or was under way.
    pub fn is_publishing(self) -> bool {
        self == Self::Publishing
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::parse;

    type Damage = fn(&mut Value);

    fn head() -> Head {
        let text = "apiVersion: ku8.dev/v1\nkind: Definition\nmetadata: {name: orders-db}\n\
            spec: {template: {name: ./x/my_db.wasm}, values: {database: orders}}\n";
        Head::draft(parse("f", text).unwrap())
    }

    #[test]
    fn a_head_reads_back_as_it_was_written() {
        let mut head = head();
        head.uid = "u".into();
        head.resource_version = "7".into();
        head.state.current = 3;
        head.state.phase = Phase::Published;
        let config_map = head.to_config_map("prod", "2026-01-01T00:00:00Z", "me");
        assert_eq!(config_map["metadata"]["labels"][labels::TEMPLATE], "my-db");
        assert_eq!(Head::from_config_map(&config_map).unwrap(), head);
        assert_eq!(list_phase(&config_map["metadata"]).as_deref(), Some("Published, Modified"));
    }

    #[test]
    fn damage_is_named_and_never_a_panic() {
        let good = head().to_config_map("prod", "t", "me");
        let cases: [(&str, Damage); 6] = [
            ("revision number", |value| {
                let state =
                    value["data"]["state"].as_str().unwrap().replace("\"current\": 0", "\"current\": 4294967295");
                value["data"]["state"] = json!(state);
            }),
            ("data.definition is missing", |value| value["data"] = json!({})),
            ("data.definition", |value| value["data"]["definition"] = json!("][")),
            ("data.state", |value| value["data"]["state"] = json!("{")),
            ("is about", |value| value["metadata"]["name"] = json!("ku8.other")),
            ("ku8.dev/format", |value| value["metadata"]["annotations"] = json!({})),
        ];
        for (expected, damage) in cases {
            let mut bad = good.clone();
            damage(&mut bad);
            let error = Head::from_config_map(&bad).unwrap_err().to_string();
            assert!(error.contains("is damaged") && error.contains(expected), "{error}");
        }
        let mut newer = good;
        newer["metadata"]["annotations"][labels::FORMAT] = json!("99");
        assert!(matches!(Head::from_config_map(&newer), Err(RecordError::Newer { found: 99, .. })));
    }
}
