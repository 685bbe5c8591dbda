//! Which objects wait for which: an object of a later stage relies on all before it, or on those its annotation names.
//! It orders nothing; stages do that. It only says whom a failure concerns.

use super::Apply;
use crate::object::{Manifest, ObjectKey, labels};
use crate::plan::Change;

impl Apply<'_> {
    /// Why a change is not made: what it depends on, and that this is not there.
    pub(super) fn blocked(&self, change: &Change) -> Option<String> {
        let named = change.manifest.as_ref().map(depends_on).unwrap_or_default();
        let relies_on = |key: &ObjectKey, stage: u32| {
            if named.is_empty() { stage < change.stage } else { named.contains(&key.to_string()) }
        };
        let missing = self.unready.iter().find(|(key, (stage, _))| relies_on(key, *stage));
        missing.map(|(key, (_, why))| format!("depends on {key}, {why}"))
    }
}

/// `Kind/name` of what an object waits for, from its annotation `ku8.dev/depends-on`.
fn depends_on(manifest: &Manifest) -> Vec<String> {
    let text = manifest.annotation(labels::DEPENDS_ON).unwrap_or_default();
    text.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
}
