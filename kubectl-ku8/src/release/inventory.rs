//! Which objects a definition owns, as the head remembers them.
//! It says what may be pruned and never prunes anything itself.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::object::ObjectKey;

/// One owned object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct InventoryEntry {
    /// API group, empty for core.
    pub group: String,
    /// Version it was last written in.
    pub version: String,
    /// Kind.
    pub kind: String,
    /// Namespace, empty for cluster scope.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// `metadata.uid`, once known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub uid: String,
}

impl InventoryEntry {
    /// An entry for a key, its uid not known yet.
    pub fn new(key: &ObjectKey, version: &str) -> Self {
        Self {
            group: key.group.clone(),
            version: version.to_owned(),
            kind: key.kind.clone(),
            namespace: key.namespace.clone(),
            name: key.name.clone(),
            uid: String::new(),
        }
    }

    /// Identity without version and uid.
    pub fn key(&self) -> ObjectKey {
        ObjectKey::new(&self.group, &self.kind, &self.namespace, &self.name)
    }
}

/// The owned objects, one entry for each identity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Inventory(Vec<InventoryEntry>);

impl Inventory {
    /// Collects entries; a later one with the same identity replaces an earlier one.
    pub fn new(entries: impl IntoIterator<Item = InventoryEntry>) -> Self {
        let mut known: BTreeMap<ObjectKey, InventoryEntry> = BTreeMap::new();
        for mut entry in entries {
            if let Some(earlier) = known.get(&entry.key()).filter(|_| entry.uid.is_empty()) {
                entry.uid.clone_from(&earlier.uid);
            }
            known.insert(entry.key(), entry);
        }
        Self(known.into_values().collect())
    }

    /// All entries in the order of their keys.
    pub fn entries(&self) -> &[InventoryEntry] {
        &self.0
    }

    /// Says whether nothing is owned.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Old ∪ new: what may exist while an operation runs.
    pub fn union(&self, new: &Self) -> Self {
        Self::new(self.0.iter().chain(&new.0).cloned())
    }

    /// What is owned and no longer desired.
    pub fn minus(&self, desired: &BTreeSet<ObjectKey>) -> Vec<InventoryEntry> {
        self.0.iter().filter(|entry| !desired.contains(&entry.key())).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, version: &str, uid: &str) -> InventoryEntry {
        let mut entry = InventoryEntry::new(&ObjectKey::new("apps", "Deployment", "n", name), version);
        uid.clone_into(&mut entry.uid);
        entry
    }

    #[test]
    fn a_version_move_is_the_same_object_and_keeps_its_uid() {
        let old = Inventory::new([entry("a", "v1beta1", "u1"), entry("b", "v1", "u2")]);
        let both = old.union(&Inventory::new([entry("a", "v1", "")]));
        assert_eq!(both.entries(), &[entry("a", "v1", "u1"), entry("b", "v1", "u2")]);
        let desired = BTreeSet::from([entry("a", "v1", "").key()]);
        assert_eq!(both.minus(&desired), vec![entry("b", "v1", "u2")]);
    }
}
