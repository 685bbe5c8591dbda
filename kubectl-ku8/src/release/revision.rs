//! A revision: an immutable ConfigMap with what was published, when, by whom and which objects it made.
//! It never changes after it is written; how it ended becomes an annotation (decisions.md, 18).

use std::io::{Read, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Cause, Inventory, RecordError, damaged, read_json};
use crate::definition::{Definition, yaml};
use crate::object::labels;

/// Refused above this; the server's own limit is 1 MiB of decoded values (plan-apply.md, section 3.1).
pub const MAX_REVISION_BYTES: usize = 900 * 1024;
/// A stored render never unpacks to more than this.
const MAX_RENDER_BYTES: u64 = 16 * 1024 * 1024;

/// Name of the ConfigMap of one revision.
pub fn revision_name(definition: &str, number: u32) -> String {
    format!("ku8.{definition}.r{number}")
}

/// The number in a revision's ConfigMap name, when it is one of this definition.
pub fn revision_number(definition: &str, name: &str) -> Option<u32> {
    let digits = name.strip_prefix("ku8.")?.strip_prefix(definition)?.strip_prefix(".r")?;
    if digits.starts_with('0') { None } else { digits.parse().ok() }
}

/// Label selector of a definition's revisions.
pub fn revision_selector(definition: &str) -> String {
    format!("{}=revision,{}={definition}", labels::KIND, labels::NAME)
}

/// Who published what, when and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RevisionMeta {
    /// Revision number, from 1.
    pub number: u32,
    /// Why.
    pub cause: Cause,
    /// RFC 3339.
    pub started_at: String,
    /// Who.
    pub by: String,
    /// Version of this tool.
    pub tool: String,
    /// Template and version, or `manifests`.
    pub template: String,
    /// The plan's summary line.
    pub summary: String,
}

/// Everything a revision holds.
#[derive(Clone, Debug, PartialEq)]
pub struct RevisionRecord {
    /// The document as published.
    pub definition: Definition,
    /// Template version, values with defaults, their origins, outputs.
    pub effective: Value,
    /// Who, when, why.
    pub meta: RevisionMeta,
    /// The objects of this revision.
    pub inventory: Inventory,
    /// The objects themselves, without any secret value.
    pub render: Vec<Value>,
}

impl RevisionRecord {
    /// The ConfigMap to create. It has no ownerReference: a restored head has another uid, and the garbage collector
    /// would take the history with it.
    ///
    /// # Errors
    /// [`RecordError::TooLarge`] names the largest objects.
    pub fn to_config_map(&self, namespace: &str) -> Result<Value, RecordError> {
        let name = self.definition.name();
        let definition = yaml::to_string(&serde_json::to_value(&self.definition).expect("a definition is plain data"));
        let effective = serde_json::to_string(&self.effective).expect("JSON serialises");
        let meta = serde_json::to_string(&self.meta).expect("meta is plain data");
        let inventory = serde_json::to_string(&self.inventory).expect("an inventory is plain data");
        let render = compress(&serde_json::to_vec(&self.render).expect("JSON serialises"));
        let size = definition.len() + effective.len() + meta.len() + inventory.len() + render.len();
        if size > MAX_REVISION_BYTES {
            return Err(RecordError::TooLarge { size, limit: MAX_REVISION_BYTES, largest: self.largest() });
        }
        let mut config_map = json!({
            "apiVersion": "v1", "kind": "ConfigMap", "immutable": true,
            "metadata": {
                "name": revision_name(name, self.meta.number), "namespace": namespace,
                "labels": {
                    labels::KIND: "revision", labels::NAME: name,
                    labels::TEMPLATE: self.definition.template_label(), labels::MANAGED_BY: labels::MANAGED_BY_VALUE,
                },
                "annotations": {labels::FORMAT: super::FORMAT_VERSION.to_string(), labels::UPDATED_AT: self.meta.started_at, labels::UPDATED_BY: self.meta.by},

            },
            "data": {"definition": definition, "effective": effective, "meta": meta, "inventory": inventory},
            "binaryData": {"render": STANDARD.encode(render)},
        });
        if let Some(digest) = self.definition.template_digest_label() {
            config_map["metadata"]["labels"][labels::TEMPLATE_DIGEST] = digest.into();
        }
        Ok(config_map)
    }

    /// Reads a revision back.
    ///
    /// # Errors
    /// [`RecordError::Damaged`] names the part that does not read.
    pub fn from_config_map(config_map: &Value) -> Result<Self, RecordError> {
        let name = config_map["metadata"]["name"].as_str().unwrap_or("?").to_owned();
        super::record::refuse_newer(&name, &config_map["metadata"])?;
        let data = &config_map["data"];
        let text = data["definition"].as_str().ok_or_else(|| damaged(&name, "data.definition is missing"))?;
        let definition =
            crate::definition::parse("data.definition", text).map_err(|error| damaged(&name, error.to_string()))?;
        let packed = config_map["binaryData"]["render"].as_str().unwrap_or_default();
        let render = unpack(packed).map_err(|reason| damaged(&name, format!("binaryData.render: {reason}")))?;
        Ok(Self {
            definition,
            effective: read_json(&name, data, "effective")?,
            meta: read_json(&name, data, "meta")?,
            inventory: read_json(&name, data, "inventory")?,
            render,
        })
    }

    /// Says whether both publish the same objects from the same definition; who did so and when does not matter.
    pub fn publishes_the_same(&self, other: &Self) -> bool {
        self.definition.digest() == other.definition.digest()
            && self.effective == other.effective
            && self.inventory == other.inventory
            && self.render == other.render
    }

    fn largest(&self) -> String {
        let mut sizes: Vec<(usize, String)> = self
            .render
            .iter()
            .map(|object| {
                let name = object["metadata"]["name"].as_str().unwrap_or("?");
                (object.to_string().len(), format!("{}/{name}", object["kind"].as_str().unwrap_or("?")))
            })
            .collect();
        sizes.sort_unstable_by(|left, right| right.cmp(left));
        sizes.iter().take(3).map(|(size, name)| format!("{name} ({size} bytes)")).collect::<Vec<_>>().join(", ")
    }
}

/// Which revisions may go: all but the newest `keep`, never one of `protected`. Numbers compare as numbers.
pub fn expired(mut numbers: Vec<u32>, keep: usize, protected: &[u32]) -> Vec<u32> {
    numbers.sort_unstable_by(|left, right| right.cmp(left));
    numbers.into_iter().skip(keep).filter(|number| !protected.contains(number)).collect()
}

fn compress(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("writing to memory cannot fail");
    encoder.finish().expect("writing to memory cannot fail")
}

fn unpack(text: &str) -> Result<Vec<Value>, String> {
    let packed = STANDARD.decode(text).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    GzDecoder::new(packed.as_slice())
        .take(MAX_RENDER_BYTES)
        .read_to_end(&mut bytes)
        .map_err(|error| error.to_string())?;
    serde_json::from_slice(&bytes).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(render: Vec<Value>) -> RevisionRecord {
        let text = "apiVersion: ku8.dev/v1\nkind: Definition\nmetadata: {name: db}\nspec: {template: {name: redis}}\n";
        let meta = RevisionMeta {
            number: 12,
            cause: Cause::Publish,
            started_at: "t".into(),
            by: "me".into(),
            tool: "0".into(),
            template: "redis@1.0.0".into(),
            summary: "1 create".into(),
        };
        let definition = crate::definition::parse("f", text).unwrap();
        RevisionRecord { definition, effective: json!({"values": {}}), meta, inventory: Inventory::default(), render }
    }

    #[test]
    fn a_revision_reads_back_and_a_huge_one_is_refused_with_names() {
        let record_small = record(vec![json!({"kind": "ConfigMap", "metadata": {"name": "a"}})]);
        let config_map = record_small.to_config_map("n").unwrap();
        assert_eq!(config_map["metadata"]["name"], "ku8.db.r12");
        assert_eq!(RevisionRecord::from_config_map(&config_map).unwrap(), record_small);
        // Bytes that do not compress: a hash chain.
        let mut noise = String::new();
        let mut block = crate::definition::hex(b"seed");
        while noise.len() < 2_000_000 {
            use sha2::Digest;
            block = crate::definition::hex(&sha2::Sha256::digest(block.as_bytes()));
            noise.push_str(&block);
        }
        let big = record(vec![json!({"kind": "ConfigMap", "metadata": {"name": "big"}, "data": {"x": noise}})]);
        assert!(big.to_config_map("n").unwrap_err().to_string().contains("ConfigMap/big"));
    }

    #[test]
    fn numbers_are_numbers() {
        assert_eq!(revision_number("db", "ku8.db.r10"), Some(10));
        for foreign in ["ku8.db.r01", "ku8.db.rx", "ku8.dbx.r1", "ku8.db", "ku8.db.r-1", "ku8.db.r99999999999"] {
            assert_eq!(revision_number("db", foreign), None, "{foreign}");
        }
        assert_eq!(expired(vec![2, 10, 9, 1, 11], 2, &[1]), vec![9, 2]);
    }
}
