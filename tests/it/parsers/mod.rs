//! P17: no input crashes a reader. Seeds of the real formats are mutated, byte by byte and piece by piece.
//! `cargo fuzz` runs the same functions for as long as somebody wants (fuzz/README.md).

#[path = "targets.rs"]
mod targets;

use std::time::{Duration, Instant};

use self::targets::TARGETS;

/// What the mutations start from.
const SEEDS: &[&str] = &[
    include_str!("../records/v1/head-crash-failed.json"),
    include_str!("../records/v1/revision-crash.r1-failed.json"),
    "apiVersion: ku8.dev/v1\nkind: Definition\nmetadata: {name: db, labels: {a: b}}\nspec:\n  template: {name: mysql, version: 1.0.0}\n  values: {size: small, storage: {size: 10Gi}, mode: 0644, x: &a [1, *a]}\n",
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf}\ndata: {key: \"a\\u0000b\"}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 3}\n",
    r#"{"apiVersion":"ku8.dev/plan/v1","kind":"Plan","createdAt":"t","tool":"0","cluster":{"uid":null,"server":"s"},"definition":{"namespace":"n","name":"d","headUid":"u","digest":"x","fromRevision":1,"template":"t","templateDigest":""},"options":{},"summary":{},"changes":[{"object":"Service/a","action":"update","uid":"u","resourceVersion":"1","changeDigest":"c","objectDigest":"o","fields":["a"]}],"secrets":[{"name":"s","action":"create","generated":["k"]}],"digest":"sha256:0"}"#,
    r#"{"apiVersion":"v1","metadata":{"managedFields":[{"manager":"kubectl-edit","operation":"Update","time":"2026-01-01T00:00:00Z","fieldsV1":{"f:metadata":{"f:labels":{".":{},"f:a":{}}},"f:spec":{"f:ports":{".":{},"k:{\"port\":80,\"protocol\":\"TCP\"}":{".":{},"f:port":{}}},"f:finalizers":{"v:\"x\"":{}},"f:list":{"i:0":{}}}}},{"manager":"ku8","operation":"Apply","fieldsV1":{"f:data":{"f:k":{}}}}],"labels":{"a":"b"}},"spec":{"ports":[{"port":80}],"finalizers":["x"],"list":[1]},"data":{"k":"v"}}"#,
    r#"[{"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"db"},"spec":{"replicas":1,"template":{"spec":{"containers":[{"name":"a","image":"b","resources":{"limits":{"cpu":"1000m","memory":"1024Mi"}},"ports":[{"containerPort":1}]}]}},"volumeClaimTemplates":[{"metadata":{"name":"data"},"spec":{"resources":{"requests":{"storage":"1Gi"}}}}]}},{"apiVersion":"v1","kind":"Service","metadata":{"name":"db"},"spec":{"ports":[{"port":1}]}}]"#,
    "1536Mi",
    "0.1e-3",
    "9Ei",
    "-12345678901234567890.5n",
    "1e3",
    "plain \u{1b}]0;x\u{7} \u{202e}text\r\n\t\u{9b}2J",
];

/// Pieces that mean something to one of the readers.
const PIECES: &[&str] = &[
    "null",
    "{}",
    "[]",
    "\"\"",
    "-1",
    "1e999",
    "18446744073709551616",
    "\\u0000",
    "\u{0}",
    "---\n",
    ": ",
    "- ",
    "&a ",
    "*a",
    "<<: *a\n",
    "!!binary ",
    "\"f:\"",
    "\"k:{}\"",
    "\"k:{\\\"a\\\":null}\"",
    "\"v:1\"",
    "\"i:99999999999\"",
    "\".\":{}",
    "{{",
    "[[[[[[[[",
    "Ei",
    "e9",
    "0644",
    "~",
    "\u{fe0f}",
    "é",
    "\u{10ffff}",
];

/// What template components return, with the byte that says as what, and schemas.
const ANSWERS: &[&str] = &[
    "\0{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"echo\",\"namespace\":\"shop\",\"labels\":{\"a\":\"b\"}},\"spec\":{\"ports\":[{\"port\":7}]}}",
    "\u{1}[{\"name\":\"db-auth\",\"keys\":{\"root\":{\"generate\":{\"length\":24,\"alphabet\":\"hex\"}},\"b\":{\"secretRef\":{\"name\":\"a\",\"key\":\"b\"}}}}]",
    "\u{2}[{\"name\":\"primary\",\"type\":\"mysql\",\"port\":3306,\"host\":\"db\"}]",
    "\u{3}# Ready\n\u{1b}[31mred",
    "\u{4}{\"a\":1}",
];
const SCHEMAS: &[&str] = &[
    r#"{"type":"object","required":["replicas"],"additionalProperties":false,"properties":{"replicas":{"type":"integer","minimum":1,"default":3},"storage":{"type":"object","properties":{"size":{"$ref":"\u0023/$defs/quantity","default":"8Gi"}}},"mode":{"enum":["a","b"]},"a":{"type":"array","items":{"type":"string"}}},"$defs":{"quantity":{"type":"string","pattern":"^[0-9]+(Ki|Mi|Gi)?$"}}}"#,
    r#"{"type":"object","properties":{"p":{"x-ku8-secret":true,"oneOf":[{"type":"object","required":["secretRef"]},{"type":"object","required":["generate"]}]}},"allOf":[{"if":{"properties":{"a":{"const":1}}},"then":{"required":["b"]}}],"dependentSchemas":{"a":{"minProperties":2}}}"#,
];

const REFERENCES: &[&str] = &[
    "oci://ghcr.io/acme/rabbitmq:1.0.0",
    "oci://localhost:5000/a/b-c/d@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "oci://[::1]:443/a:latest",
];
const POLICIES: &[&str] = &[
    "apiVersion: ku8.dev/v1\nkind: TrustPolicy\ndefault: pinned\n",
    concat!(
        "apiVersion: ku8.dev/v1\nkind: TrustPolicy\ndefault: refuse\nrules:\n- repositories: [ghcr.io/acme/]\n",
        "  anyOf:\n  - name: acme\n    key: |\n      -----BEGIN PUBLIC KEY-----\n      AAAA\n      -----END PUBLIC KEY-----\n"
    ),
];
const SIGNATURES: &[&str] = &[
    include_str!("../trust/cosign/p256.bundle.json"),
    include_str!("../trust/cosign/ed25519.bundle.json"),
    include_str!("../trust/cosign/attestation.bundle.json"),
    include_str!("../trust/cosign/p256.payload.json"),
];

/// A manifest as we push them.
fn manifest() -> Vec<u8> {
    let descriptor = |kind: &str, bytes: &[u8]| serde_json::json!({"mediaType": kind, "digest": targets::digest(bytes), "size": bytes.len()});
    serde_json::json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "artifactType": "application/vnd.ku8.template.v1",
        "config": descriptor("application/vnd.wasm.config.v0+json", &targets::config()),
        "layers": [descriptor("application/wasm", targets::LAYER)],
        "annotations": {"org.opencontainers.image.title": "echo", "org.opencontainers.image.version": "1.0.0"}})
    .to_string()
    .into_bytes()
}

/// What the mutations of one target start from, and how many of them there are for each of the others.
fn seeds(name: &str) -> (Vec<Vec<u8>>, usize) {
    let texts = |texts: &[&str]| texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    match name {
        "component" => (vec![targets::good(), targets::other()], 4),
        "answer" => (texts(ANSWERS), 1),
        "schema" => (texts(SCHEMAS), 1),
        "reference" => (texts(REFERENCES), 1),
        "manifest" => (vec![manifest()], 1),
        "archive" => (vec![targets::archive_of(&manifest())], 1),
        "policy" => (texts(POLICIES), 1),
        "signature" => (texts(SIGNATURES), 1),
        _ => (texts(SEEDS), 1),
    }
}

struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (end.max(1) as u64)).unwrap()
    }
}

fn mutate(seed: &[u8], other: &[u8], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=chance.below(4) {
        let place = chance.below(bytes.len() + 1);
        match chance.below(7) {
            0 if place < bytes.len() => bytes[place] ^= 1 << chance.below(8),
            1 => bytes.truncate(place),
            2 => {
                let piece = PIECES[chance.below(PIECES.len())];
                bytes.splice(place..place, piece.bytes());
            }
            3 => {
                let end = (place + chance.below(20)).min(bytes.len());
                bytes.drain(place..end);
            }
            4 => {
                let end = (place + chance.below(200)).min(bytes.len());
                let part = bytes[place..end].to_vec();
                let at = chance.below(bytes.len() + 1);
                bytes.splice(at..at, part);
            }
            5 => {
                let from = chance.below(other.len());
                let end = (from + chance.below(200)).min(other.len());
                bytes.splice(place..place, other[from..end].iter().copied());
            }
            _ if place < bytes.len() => bytes[place] = b"0123456789{}[]\":,.-eE \n"[chance.below(23)],
            _ => {}
        }
    }
    bytes
}

#[test]
fn p17_no_input_crashes_a_reader() {
    let runs = if crate::full() { 200_000 } else { 4_000 };
    for (name, target) in TARGETS {
        let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
        let mut slowest = Duration::ZERO;
        let (seeds, fewer) = seeds(name);
        // Seeds themselves are read, so that a target which refuses everything is seen.
        for seed in &seeds {
            target(seed);
        }
        let runs = runs / fewer;
        for _ in 0..runs {
            let seed = &seeds[chance.below(seeds.len())];
            let other = &seeds[chance.below(seeds.len())];
            let bytes = mutate(seed, other, &mut chance);
            let begin = Instant::now();
            let outcome = std::panic::catch_unwind(|| target(&bytes));
            slowest = slowest.max(begin.elapsed());
            assert!(outcome.is_ok(), "{name} panicked on {:?}", String::from_utf8_lossy(&bytes));
            assert!(
                begin.elapsed() < Duration::from_secs(2),
                "{name} took {:?} on {:?}",
                begin.elapsed(),
                String::from_utf8_lossy(&bytes)
            );
        }
        println!("P17: {name}: {runs} inputs, 0 crashes, slowest {slowest:?}");
    }
}

/// A seed that is refused at its door would try nothing behind it.
#[test]
fn seeds_are_what_readers_take() {
    for reference in REFERENCES {
        kubectl_ku8::registry::Reference::parse(reference).unwrap_or_else(|error| panic!("{reference}: {error}"));
    }
    kubectl_ku8::registry::archive::read("seed.tar", &targets::archive_of(&manifest())).unwrap();
    kubectl_ku8::trust::Policy::parse("seed", POLICIES[0]).unwrap();
    for schema in SCHEMAS {
        kubectl_ku8::schema::Schema::parse(&serde_json::from_str(schema).unwrap()).unwrap();
    }
}
