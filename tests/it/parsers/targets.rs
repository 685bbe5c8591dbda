//! Every reader of input from outside, as a function of bytes: for the property tests here and for cargo fuzz.
//! None may panic, and what reads must read the same again when it is written.

#[expect(clippy::duplicate_mod, reason = "the fuzz targets read this file without the other tests")]
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
use kubectl_ku8::registry::{Reference, archive as archives};
use kubectl_ku8::release::{Head, RevisionRecord, list_phase};
use kubectl_ku8::render::{
    Isolation, Limits, Origin, RenderError, Runtime, Settings, StoredObject, Template, check_stored, render,
};
use kubectl_ku8::schema::{Schema, explain, fill, parameters, questions, validate};
use kubectl_ku8::trust::{Policy, PublicKey, Signature};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

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
    ("reference", reference),
    ("manifest", manifest),
    ("archive", archive),
    ("policy", policy),
    ("signature", signature),
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
    let core = "(func $nibble (param i32) (result i32)
        (if (result i32) (i32.lt_u (local.get 0) (i32.const 58))
          (then (i32.sub (local.get 0) (i32.const 48))) (else (i32.sub (local.get 0) (i32.const 87)))))";
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
    let render_body = format!(
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
    Guest { core: core.to_owned(), render_body, ..Guest::default() }
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
    let _ = parameters(&schema, None);
    let _ = explain(&document, &["storage", "size"]);
}

/// Names of templates in registries.
pub(crate) fn reference(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(reference) = Reference::parse(text) {
        assert_eq!(Reference::parse(&reference.to_string()).unwrap(), reference);
        assert!(!reference.to_string().chars().any(char::is_control), "{reference}");
    }
}

/// Archives of templates.
pub(crate) fn archive(bytes: &[u8]) {
    if let Ok(stored) = archives::read("archive.tar", bytes) {
        assert_eq!(archives::read("again.tar", &archives::write(&stored)).unwrap().len(), stored.len());
    }
}

/// A manifest as a registry gives it, in an archive where everything else is as it should be.
pub(crate) fn manifest(bytes: &[u8]) {
    archive(&archive_of(bytes));
}

/// What the config of a template says.
pub(crate) fn config() -> Vec<u8> {
    json!({"created": "1970-01-01T00:00:00Z", "architecture": "wasm", "os": "wasip2", "layerDigests": [digest(LAYER)],
        "component": {"exports": ["ku8:template/provider@1.0.0"], "imports": []}})
    .to_string()
    .into_bytes()
}

/// What stands for a component.
pub(crate) const LAYER: &[u8] = b"\0asm\x0d\0\x01\0";

/// SHA-256 of bytes as registries write it.
pub(crate) fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold("sha256:".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}

/// An archive with this manifest, and with the config and layer that the seeds' manifest names.
pub(crate) fn archive_of(manifest: &[u8]) -> Vec<u8> {
    let list = json!({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [{
        "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest(manifest), "size": manifest.len(),
        "annotations": {"org.opencontainers.image.ref.name": "ghcr.io/acme/echo:1.0.0"}}]});
    let mut files = vec![
        ("oci-layout".to_owned(), br#"{"imageLayoutVersion":"1.0.0"}"#.to_vec()),
        ("index.json".to_owned(), list.to_string().into_bytes()),
    ];
    for blob in [manifest, &config()[..], LAYER] {
        let name = format!("blobs/sha256/{}", &digest(blob)["sha256:".len()..]);
        if files.iter().all(|(known, _)| *known != name) {
            files.push((name, blob.to_vec()));
        }
    }
    let mut tar = Vec::new();
    for (name, content) in files {
        let mut header = vec![0; 512];
        let fields = [
            (0, name),
            (100, "0000644\0".to_owned()),
            (108, "0000000\0".to_owned()),
            (116, "0000000\0".to_owned()),
            (124, format!("{:011o}\0", content.len())),
            (136, "00000000000\0".to_owned()),
            (148, "        0".to_owned()),
            (257, "ustar\x0000".to_owned()),
        ];
        for (at, text) in fields {
            header[at..at + text.len()].copy_from_slice(text.as_bytes());
        }
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        tar.extend(header);
        tar.extend(content);
        tar.resize(tar.len().next_multiple_of(512), 0);
    }
    tar.resize(tar.len() + 1_024, 0);
    tar
}

/// Policies about whom to trust.
pub(crate) fn policy(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match Policy::parse("policy", text) {
        Ok(policy) => {
            let nobody = policy.judge("ghcr.io/acme/echo", &digest(b""), &[]);
            assert!(nobody.map_or(true, |verdict| verdict.signed_by().is_empty()), "signed by nobody");
        }
        Err(error) => assert!(!error.to_string().chars().any(|one| one.is_control() && one != '\n'), "{error:?}"),
    }
}

/// Signatures in both forms, by a key that made none of them for this digest.
pub(crate) fn signature(bytes: &[u8]) {
    static TRUSTED: LazyLock<Policy> = LazyLock::new(|| {
        let key = PublicKey::from_pem("p256", include_str!("../trust/cosign/p256.pub")).unwrap();
        Policy::of_key("p256", key)
    });
    let simple = Signature::Simple {
        payload: bytes.to_vec(),
        signature: include_str!("../trust/cosign/p256.signature").trim().to_owned(),
    };
    let found = [Signature::Bundle(bytes.to_vec()), simple];
    assert!(TRUSTED.judge("ghcr.io/acme/nothing", &digest(b"nothing"), &found).is_err());
}
