//! Every reader of input from outside, as a function of bytes: for the property tests here and for cargo fuzz.
//! None may panic, and what reads must read the same again when it is written.

#[path = "../sandbox/guest.rs"]
mod guest;

use std::fmt::Write;
use std::sync::LazyLock;

use guest::Guest;
use kubectl_ku8::definition::{parse_documents, yaml};
use kubectl_ku8::object::{Manifest, Quantity, printable};
use kubectl_ku8::plan::managed_fields::{FieldSet, managers, taken};
use kubectl_ku8::plan::saved::SavedPlan;
use kubectl_ku8::plan::{differences, display_path, normalise};
use kubectl_ku8::release::{Head, RevisionRecord, list_phase};
use kubectl_ku8::render::{
    Isolation, Limits, Origin, RenderError, Runtime, Settings, StoredObject, Template, check_stored, render,
};
use kubectl_ku8::schema::{Schema, explain, fill, parameters, questions, validate};
use serde_json::{Value, json};

/// A reader.
pub(crate) type Target = fn(&[u8]);

/// All of them, by name.
pub(crate) const TARGETS: &[(&str, Target)] = &[
    ("definition", definition),
    ("record", record),
    ("plan_file", plan_file),
    ("managed_fields", managed_fields),
    ("template_output", template_output),
    ("component", component),
    ("answer", answer),
    ("schema", schema),
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

/// Runs in this process, with less fuel than anyone needs and enough for what is tried here.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let limits = Limits { render_fuel: 5_000_000, describe_fuel: 1_000_000, ..Limits::default() };
    Runtime::new(Settings { limits, cache: None, foreign: Isolation::InProcess }).unwrap()
});

fn request(values: &Value) -> Value {
    json!({"apiVersion": "ku8/v1", "name": "echo", "namespace": "shop", "values": values, "bindings": {},
        "cluster": {"version": "1.36"}, "previous": null, "images": {"registryMap": {}, "pullSecrets": []}})
}

/// A component to begin with.
pub(crate) fn good() -> Vec<u8> {
    Guest::default().bytes()
}

/// A second one, unlike the first.
pub(crate) fn other() -> Vec<u8> {
    echo().bytes()
}

/// A file, a blob of a registry or a ConfigMap said to be a template.
pub(crate) fn component(bytes: &[u8]) {
    let told = |error: RenderError| {
        let text = error.to_string();
        assert!(!text.chars().any(|one| one.is_control() && one != '\n'), "{text:?}");
    };
    match RUNTIME.load(bytes.to_vec(), Origin::Cluster) {
        Ok(template) => {
            let _ = render(&RUNTIME, &template, &request(&json!({})), &[]).map_err(told);
        }
        Err(error) => told(error),
    }
}

/// A template that answers with what is in its request: the bytes of `hex`, of which the first says as what.
static ECHO: LazyLock<Template> = LazyLock::new(|| RUNTIME.load(echo().bytes(), Origin::Cluster).unwrap());

/// Where the echo puts the bytes: behind everything else.
const ECHOED: usize = 100 * 65_536;

fn echo() -> Guest {
    let mut guest = Guest::default();
    guest.core = "(func $nibble (param i32) (result i32)
        (if (result i32) (i32.lt_u (local.get 0) (i32.const 58))
          (then (i32.sub (local.get 0) (i32.const 48))) (else (i32.sub (local.get 0) (i32.const 87)))))"
        .to_owned();
    // The answer's words at 16 as in `result<rendered, …>`, `[]` at 100, `{}` at 104, one object at 200.
    let words = [0, 0, 0, 100, 2, 100, 2, 100, 2, 104, 2, 0, 0];
    let object = [100, 2, 0];
    let mut stores = String::from(
        "(i32.store16 (i32.const 100) (i32.const 0x5d5b))(i32.store16 (i32.const 104) (i32.const 0x7d7b))",
    );
    let places = words.iter().enumerate().map(|(index, word)| (16 + 4 * index, word));
    for (at, word) in places.chain(object.iter().enumerate().map(|(index, word)| (200 + 4 * index, word))) {
        write!(stores, "(i32.store (i32.const {at}) (i32.const {word}))").unwrap();
    }
    guest.render_body = format!(
        "(local $at i32) (local $out i32) (local $place i32) {stores}
        (drop (memory.grow (i32.const 300)))
        (local.set $at (local.get 0)) (local.set $out (i32.const {ECHOED}))
        (loop $find
          (if (i32.ne (i32.load (local.get $at)) (i32.const 0x78656822))
            (then (local.set $at (i32.add (local.get $at) (i32.const 1))) (br $find))))
        (local.set $at (i32.add (local.get $at) (i32.const 7)))
        (loop $digits
          (if (i32.ne (i32.load8_u (local.get $at)) (i32.const 34))
            (then
              (i32.store8 (local.get $out) (i32.or
                (i32.shl (call $nibble (i32.load8_u (local.get $at))) (i32.const 4))
                (call $nibble (i32.load8_u offset=1 (local.get $at)))))
              (local.set $at (i32.add (local.get $at) (i32.const 2)))
              (local.set $out (i32.add (local.get $out) (i32.const 1)))
              (br $digits))))
        (local.set $place (i32.rem_u (i32.load8_u (i32.const {ECHOED})) (i32.const 5)))
        (if (local.get $place)
          (then (local.set $place (i32.add (i32.const 20) (i32.mul (i32.const 8) (local.get $place)))))
          (else
            (i32.store (i32.const 20) (i32.const 200)) (i32.store (i32.const 24) (i32.const 1))
            (local.set $place (i32.const 212))))
        (i32.store (local.get $place) (i32.const {ECHOED_CONTENT}))
        (i32.store offset=4 (local.get $place) (i32.sub (local.get $out) (i32.const {ECHOED_CONTENT})))
        (return (i32.const 16))",
        ECHOED_CONTENT = ECHOED + 1
    );
    guest
}

/// What a template returns: an object, secrets, outputs, notes or extensions, as the first byte says.
pub(crate) fn answer(bytes: &[u8]) {
    if bytes.is_empty() || bytes.len() > 64 * 1024 {
        return;
    }
    let hex = bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    match render(&RUNTIME, &ECHO, &request(&json!({"hex": hex})), &[]) {
        Ok(rendered) => {
            assert!(rendered.objects.len() <= 1);
            text(rendered.notes.as_bytes());
            for object in &rendered.objects {
                let namespace = &object.manifest.key().namespace;
                assert!(namespace.is_empty() || namespace == "shop", "{namespace}");
            }
        }
        Err(RenderError::Refused(_) | RenderError::Unreadable { .. }) => {}
        Err(error) => panic!("{error:?}"),
    }
}

/// A template's schema, and all that is asked of one.
pub(crate) fn schema(bytes: &[u8]) {
    let Some(document) = json(bytes) else { return };
    let Ok(schema) = Schema::parse(&document) else { return };
    for mut values in [json!({}), json!({"replicas": "3", "storage": {"size": 20}, "a": [1, null]}), json!([])] {
        let _ = fill(&schema, &mut values);
        let _ = validate(&schema, &values);
    }
    for question in questions(&schema, None) {
        text(question.title.as_bytes());
    }
    let _ = parameters(&document);
    let _ = explain(&document, &["storage", "size"]);
}
