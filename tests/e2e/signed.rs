//! Templates of a real registry under a real policy: what is not signed as it says is used by no command.
//! The keys are made here; cosign's own signatures are verified in `it/trust`.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

#[expect(dead_code, reason = "what attacks are made of is not needed here")]
#[path = "../it/trust/signer.rs"]
mod signer;

use std::collections::BTreeMap;

use kubectl_ku8::registry::{Reference, Registry, Settings, Stored};
use kubectl_ku8::trust::Signature;
use playground::RegistryOptions;
use serde_json::json;

use crate::stage::{Space, say, text};
use signer::{Signer, payload, statement};

/// A registry in which a team publishes, and who signs for it.
struct Publisher {
    registry: playground::Registry,
    client: Registry,
    runtime: tokio::runtime::Runtime,
}

impl Publisher {
    fn new() -> Self {
        let mut progress = |line: &str| say(line);
        let registry = playground::Registry::start(RegistryOptions::default(), &mut progress).unwrap();
        let settings = Settings { plain_http: vec![registry.host()], ..Settings::default() };
        let runtime = tokio::runtime::Runtime::new().unwrap();
        Self { client: Registry::new(settings).unwrap(), registry, runtime }
    }

    fn repository(&self, name: &str) -> String {
        format!("{}/{name}", self.registry.host())
    }

    fn reference(&self, name: &str) -> Reference {
        Reference::parse(&format!("oci://{}:1.0.0", self.repository(name))).unwrap()
    }

    /// Pushes a template of nobody's under the tag 1.0.0, and these signatures of it. `note` makes its bytes others.
    fn publish(&self, name: &str, note: &str, sign: impl Fn(&str, &str) -> Vec<Signature>) -> String {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../templates-wasm/dist/memcached.wasm");
        let mut component = std::fs::read(root).unwrap();
        // A section of one's own at the end changes the digest and nothing else.
        let length = u8::try_from(note.len()).unwrap();
        component.extend_from_slice(&[&[0, length + 1, length], note.as_bytes()].concat());
        let reference = self.reference(name);
        self.runtime.block_on(async {
            let digest = self.client.push(&reference, &component, &BTreeMap::new(), None).await.unwrap();
            let resolved = self.client.resolve(&reference).await.unwrap();
            let artifact = self.client.pull(&resolved, None).await.unwrap();
            let signatures = sign(&self.repository(name), &digest);
            if !signatures.is_empty() {
                self.client.push_stored(&reference, &Stored { artifact, signatures }, None).await.unwrap();
            }
            digest
        })
    }
}

/// A policy that wants a key for everything of a registry; `more` are further lines of the rule.
fn policy(space: &Space, host: &str, signer: &Signer, more: &str) {
    let key = signer.pem.lines().map(|line| format!("          {line}\n")).collect::<Vec<String>>().concat();
    let text = format!(
        "apiVersion: ku8.dev/v1\nkind: TrustPolicy\ndefault: refuse\nrules:\n  - match: {host}/acme/\n{more}    allOf:\n      - kind: pubKey\n        owner: acme-release\n        key: |\n{key}"
    );
    space.file("policy.yaml", text);
}

fn simple(signer: &Signer, repository: &str, digest: &str) -> Signature {
    signer.simple(payload(repository, digest).to_string())
}

#[test]
fn verify_says_who_signed_and_what_the_policy_says() {
    let Some(mut space) = Space::new("verify-signed") else { return };
    let publisher = Publisher::new();
    let (acme, other) = (Signer::p256(), Signer::ed25519());
    space.set("KU8_PLAIN_HTTP", publisher.registry.host());
    let reference = publisher.reference("acme/cache").to_string();

    publisher.publish("acme/cache", "one", |_, _| Vec::new());
    let open = space.ku8(&["template", "verify", &reference]).ok();
    open.says(&["pinned by digest, no signature checked", "signatures", "none"]);

    policy(&space, &publisher.registry.host(), &acme, "");
    space.set("KU8_POLICY", "policy.yaml");
    let verify = |more: &[&str]| space.ku8(&[&["template", "verify", &reference], more].concat());
    verify(&[]).fails(1, &["KU8-U003", "not signed, and the policy requires it", "acme-release (sha256:"]).hints();

    publisher.publish("acme/cache", "two", |repository, digest| vec![simple(&other, repository, digest)]);
    verify(&[]).fails(1, &["KU8-U004", "signature 1 (signature tag): made by none of the keys"]).hints();

    let digest = publisher.publish("acme/cache", "three", |repository, digest| {
        vec![
            simple(&other, repository, digest),
            simple(&acme, repository, digest),
            acme.bundle(statement(digest).to_string()),
        ]
    });
    verify(&[]).ok().says(&["signed by acme-release", "signature 2", "; for 127.0.0.1:", "env=prod"]);
    let document = verify(&["-o", "json"]).ok().json();
    let item = &document["items"][0];
    assert_eq!((&document["accepted"], &item["trust"]), (&json!(true), &json!("signed by acme-release")));
    assert_eq!((&item["found"], &item["manifest"]), (&json!(3), &json!(digest)));
    assert_eq!(item["signatures"][1]["madeBy"][0]["owner"], "acme-release");
    assert!(text(&item["signatures"][0]["problem"]).contains("made by none"), "{item}");

    let key = space.file("other.pub", &other.pem);
    verify(&["--key", &key]).ok().says(&["signed by", "other.pub"]);
    let stranger = space.file("stranger.pub", Signer::p384().pem);
    verify(&["--key", &stranger]).fails(1, &["KU8-U004"]);
    let refused = verify(&["--key", &stranger, "-o", "json"]).fails(1, &["KU8-U004"]).json();
    assert_eq!((&refused["accepted"], &refused["items"][0]["trust"]), (&json!(false), &json!(null)));

    policy(&space, &publisher.registry.host(), &acme, "    minimumVersion: 99.0.0\n");
    verify(&[]).fails(1, &["KU8-U007", "older than the policy allows: 99.0.0"]);
    let elsewhere = publisher.reference("acme-labs/cache").to_string();
    space.ku8(&["template", "verify", &elsewhere]).fails(1, &["KU8-U005"]);
}

#[test]
fn what_the_policy_refuses_no_command_uses() {
    let Some(mut space) = Space::new("refuse-unsigned") else { return };
    let publisher = Publisher::new();
    let (acme, other) = (Signer::p256(), Signer::p384());
    let host = publisher.registry.host();
    space.set("KU8_PLAIN_HTTP", host.clone());
    space.set("KU8_POLICY", "policy.yaml");
    policy(&space, &host, &acme, "");
    let reference = publisher.reference("acme/cache").to_string();
    let commands = |reference: &str| {
        [
            format!("define cache -t {reference} --set size=dev"),
            format!("template render {reference} --set size=dev"),
            format!("template show {reference}"),
            format!("template verify {reference}"),
        ]
    };

    publisher.publish("acme/cache", "one", |_, _| Vec::new());
    for command in commands(&reference) {
        space.run(&command).fails(1, &["KU8-U003"]).hints();
    }
    publisher.publish("acme/cache", "two", |_, digest| vec![simple(&acme, "ghcr.io/acme/cache", digest)]);
    for command in commands(&reference) {
        space.run(&command).fails(1, &["KU8-U004", "made for ghcr.io/acme/cache"]);
    }
    assert!(space.find("configmap/ku8.cache").is_none(), "a refused template is not stored");

    publisher.publish("acme/cache", "three", |repository, digest| vec![simple(&acme, repository, digest)]);
    space.run(&commands(&reference)[0]).ok();
    space.run("plan cache").ok().says(&["signed by acme-release"]);
    space.run("publish cache --yes").ok();

    // The definition is as it was; the policy is another one, or cannot be read.
    policy(&space, &host, &other, "");
    for command in ["plan cache", "publish cache --yes", "define cache --set size=small"] {
        space.run(command).fails(1, &["KU8-U004"]);
    }
    space.file("policy.yaml", "apiVersion: ku8.dev/v1\nkind: TrustPolicy\ndefualt: pinned\n");
    for command in ["plan cache", "publish cache --yes"] {
        space.run(command).fails(1, &["KU8-U002", "unknown field"]);
    }
    space.set("KU8_POLICY", "nowhere.yaml");
    space.run("plan cache").fails(1, &["KU8-U001", "nowhere.yaml"]);
}

/// Signs as cosign does by default, without a transparency log.
const NO_LOG: &str = r#"{"mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json", "rekorTlogConfig": {"selector": "ANY"}, "tsaConfig": {"selector": "ANY"}}"#;

#[test]
fn what_cosign_signs_on_this_machine_verifies() {
    let Some(mut space) = Space::new("cosign-signs") else { return };
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let Some(cosign) = std::env::split_paths(&folders).map(|folder| folder.join("cosign")).find(|file| file.is_file())
    else {
        say("SKIPPED what_cosign_signs_on_this_machine_verifies: there is no cosign on PATH");
        return;
    };
    let cosign = cosign.display();
    let publisher = Publisher::new();
    space.set("KU8_PLAIN_HTTP", publisher.registry.host());
    space.set("COSIGN_PASSWORD", "");
    space.file("no-log.json", NO_LOG);
    space.shell(&format!("{cosign} generate-key-pair")).ok();
    for (name, flags) in [
        ("acme/bundle", "--signing-config no-log.json"),
        ("acme/tag", "--tlog-upload=false --new-bundle-format=false --use-signing-config=false"),
    ] {
        let digest = publisher.publish(name, name, |_, _| Vec::new());
        let repository = publisher.repository(name);
        space.shell(&format!("{cosign} sign --yes --key cosign.key {flags} {repository}@{digest}")).ok();
        let verified = space.run(&format!("template verify oci://{repository}:1.0.0 --key cosign.pub")).ok();
        verified.says(&["signed by cosign.pub"]);
    }
}
