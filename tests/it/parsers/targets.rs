//! Every reader of input from outside, as a function of bytes: for the property tests here and for cargo fuzz.
//! None may panic, and what reads must read the same again when it is written.

use kubectl_ku8::definition::{parse_documents, yaml};
use kubectl_ku8::object::{Manifest, Quantity, printable};
use kubectl_ku8::plan::managed_fields::{FieldSet, managers, taken};
use kubectl_ku8::plan::saved::SavedPlan;
use kubectl_ku8::plan::{differences, display_path, normalise};
use kubectl_ku8::release::{Head, RevisionRecord, list_phase};
use kubectl_ku8::render::{StoredObject, check_stored};
use serde_json::Value;

/// A reader.
pub(crate) type Target = fn(&[u8]);

/// All of them, by name.
pub(crate) const TARGETS: &[(&str, Target)] = &[
    ("definition", definition),
    ("record", record),
    ("plan_file", plan_file),
    ("managed_fields", managed_fields),
    ("template_output", template_output),
    ("quantity", quantity),
    ("text", text),
];

fn json(bytes: &[u8]) -> Option<Value> {
    serde_json::from_slice(bytes).ok()
}

/// Documents of users, and values in ConfigMaps.
pub(crate) fn definition(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = parse_documents("input", text);
    if let Ok(definition) = kubectl_ku8::definition::parse("input", text) {
        let value = serde_json::to_value(&definition).unwrap();
        let again = kubectl_ku8::definition::parse("again", &yaml::to_string(&value)).unwrap();
        assert_eq!(again, definition);
        assert_eq!(again.digest(), definition.digest());
    }
}

/// Heads and revisions as they come from the cluster.
pub(crate) fn record(bytes: &[u8]) {
    let Some(value) = json(bytes) else { return };
    let _ = list_phase(&value["metadata"]);
    let _ = RevisionRecord::from_config_map(&value);
    if let Ok(head) = Head::from_config_map(&value) {
        let again = head.to_config_map("n", "now", "me");
        assert_eq!(Head::from_config_map(&again).unwrap().state, head.state);
    }
}

/// Saved plans.
pub(crate) fn plan_file(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(saved) = SavedPlan::from_text(text) {
        assert!(saved.moved(&saved).is_empty());
        assert_eq!(SavedPlan::from_text(&saved.to_text()).unwrap(), saved);
    }
}

/// `metadata.managedFields`.
pub(crate) fn managed_fields(bytes: &[u8]) {
    let Some(value) = json(bytes) else { return };
    for manager in managers(&value) {
        for path in manager.set.paths() {
            assert!(manager.set.holds(&path), "{}", display_path(&path));
        }
        assert!(manager.set.minus(&manager.set).is_empty());
        let mut object = value.clone();
        manager.set.take_out(&mut object);
    }
    let _ = taken(&value, &|manager| manager.set.clone(), FieldSet::default());
}

/// What a template returns, or a record says it returned.
pub(crate) fn template_output(bytes: &[u8]) {
    let Some(value) = json(bytes) else { return };
    let list = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
    let objects = list
        .iter()
        .enumerate()
        .map(|(place, manifest)| StoredObject { id: format!("o{place}"), stage: 0, manifest: manifest.clone() })
        .collect();
    let _ = check_stored(objects, &value["secrets"], "shop", &[]);
    for value in list {
        let Ok(manifest) = Manifest::new(value) else { continue };
        let normal = normalise(manifest);
        assert_eq!(normalise(normal.clone()), normal, "spelling settles at once");
        assert!(differences(normal.value(), normal.value(), normal.value()).is_empty());
    }
}

/// Amounts.
pub(crate) fn quantity(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(amount) = text.parse::<Quantity>() {
        let canonical = amount.canonical();
        let again: Quantity =
            canonical.parse().unwrap_or_else(|error| panic!("{text:?} became {canonical:?}: {error}"));
        assert_eq!(again.nano(), amount.nano(), "{text:?} became {canonical:?}");
    }
}

/// Text on its way to a terminal.
pub(crate) fn text(bytes: &[u8]) {
    let shown = printable(&String::from_utf8_lossy(bytes));
    assert!(shown.chars().all(|one| one == '\n' || one == '\t' || !one.is_control()), "{shown:?}");
}
