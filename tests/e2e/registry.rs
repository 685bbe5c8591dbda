//! The client against the real registry: what is pushed can be pulled, by its tag and its digest, and nothing else is.
//! Commands that use it are tested beside the definitions they are for.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::stage::say;
use kubectl_ku8::registry::{Artifact, Reference, Registry as Client, RegistryError, Settings, Stored, archive};
use kubectl_ku8::trust::Signature;
use playground::{REGISTRY_PASSWORD, Registry, RegistryOptions};

/// Not a component: the client looks at digests, not into what they are of.
const COMPONENT: &[u8] = b"\0asm a component, as far as a registry can tell";

/// A registry of a test's own, or none where nothing is to be started.
fn start(options: RegistryOptions) -> Option<Registry> {
    if std::env::var_os("KU8_SKIP_E2E").is_some_and(|value| !value.is_empty()) {
        say("SKIPPED a test of the registry: KU8_SKIP_E2E is set");
        return None;
    }
    Some(Registry::start(options, &mut |line| say(line)).unwrap())
}

fn plain() -> Option<Registry> {
    start(RegistryOptions::default())
}

/// Settings that reach a registry without TLS.
fn settings(registry: &Registry) -> Settings {
    Settings { plain_http: vec![registry.host()], ..Settings::default() }
}

fn client(settings: Settings) -> Client {
    Client::new(settings).unwrap()
}

fn reference(registry: &Registry, rest: &str) -> Reference {
    Reference::parse(&format!("oci://{}/{rest}", registry.host())).unwrap()
}

fn annotations() -> BTreeMap<String, String> {
    [("org.opencontainers.image.title", "rabbitmq"), ("org.opencontainers.image.version", "1.0.0")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

async fn push(client: &Client, reference: &Reference, component: &[u8]) -> Result<String, RegistryError> {
    client.push(reference, component, &annotations(), None).await
}

async fn pull(client: &Client, reference: &Reference) -> Result<Artifact, RegistryError> {
    client.pull(&client.resolve(reference).await?, None).await
}

/// The hexadecimal digits of a digest.
fn hex(digest: &str) -> &str {
    digest.strip_prefix("sha256:").unwrap()
}

#[tokio::test]
async fn what_is_pushed_is_pulled_by_tag_and_by_digest() {
    let Some(registry) = plain() else { return };
    let client = client(settings(&registry));
    let tagged = reference(&registry, "acme/rabbitmq:1.0.0");
    assert!(client.warning(&tagged).unwrap().contains("plain HTTP"));

    let digest = push(&client, &tagged, COMPONENT).await.unwrap();
    assert_eq!(push(&client, &tagged, COMPONENT).await.unwrap(), digest, "the same bytes, another digest");
    let pulled = pull(&client, &tagged).await.unwrap();
    assert_eq!(pulled.component, COMPONENT);
    assert_eq!((pulled.resolved.digest.as_str(), &pulled.resolved.annotations), (digest.as_str(), &annotations()));
    let pinned = tagged.with_digest(&digest).unwrap();
    assert_eq!(pulled.resolved.reference, pinned);
    assert_eq!(pull(&client, &pinned).await.unwrap(), pulled);

    // A tag that moves does not move what is pinned.
    let moved = push(&client, &tagged, b"\0asm something newer").await.unwrap();
    assert_ne!(moved, digest);
    assert_eq!(pull(&client, &pinned).await.unwrap().component, COMPONENT);
    assert_eq!(client.resolve(&tagged).await.unwrap().digest, moved);

    for tag in ["1.10.0", "1.2.0", "edge"] {
        push(&client, &tagged.with_tag(tag).unwrap(), COMPONENT).await.unwrap();
    }
    assert_eq!(client.tags(&tagged).await.unwrap(), ["1.0.0", "1.10.0", "1.2.0", "edge"]);
    let missing = [reference(&registry, "acme/rabbitmq:9"), reference(&registry, "nobody/nothing:1")];
    for missing in missing {
        let error = client.resolve(&missing).await.unwrap_err();
        assert!(matches!(error, RegistryError::NotFound { .. }), "{error}");
    }
    let error = client.tags(&reference(&registry, "nobody/nothing")).await.unwrap_err();
    assert!(matches!(error, RegistryError::NotFound { .. }), "{error}");
    for wrong in [pinned, reference(&registry, "acme/rabbitmq")] {
        let error = push(&client, &wrong, COMPONENT).await.unwrap_err();
        assert!(matches!(error, RegistryError::Reference { .. }), "{error}");
    }
}

#[tokio::test]
async fn large_components_come_whole_and_tell_how_far_they_are() {
    let Some(registry) = plain() else { return };
    let client = client(settings(&registry));
    let tagged = reference(&registry, "acme/large:1.0.0");
    let large: Vec<u8> =
        (0..20_u32 * 1024 * 1024).map(|number| (number.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    push(&client, &tagged, &large).await.unwrap();
    let told = std::sync::Mutex::new(Vec::new());
    let resolved = client.resolve(&tagged).await.unwrap();
    let pulled = client.pull(&resolved, Some(&|read, total| told.lock().unwrap().push((read, total)))).await.unwrap();
    assert!(pulled.component == large, "other bytes");
    let told = told.into_inner().unwrap();
    let size = u64::try_from(large.len()).unwrap();
    assert!(told.windows(2).all(|pair| pair[0].0 <= pair[1].0), "progress goes back");
    assert_eq!(told.last(), Some(&(size, size)));
    let error = push(&client, &tagged, &vec![0; 33 * 1024 * 1024]).await.unwrap_err();
    assert!(matches!(error, RegistryError::TooLarge { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn logins_are_needed_taken_and_never_told() {
    let Some(registry) = start(RegistryOptions { login: true, ..RegistryOptions::default() }) else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.json");
    let known = || Settings { auth_files: vec![file.clone()], ..settings(&registry) };
    let tagged = reference(&registry, "acme/rabbitmq:1.0.0");

    let nobody = client(settings(&registry));
    for error in [push(&nobody, &tagged, COMPONENT).await.unwrap_err(), nobody.tags(&tagged).await.unwrap_err()] {
        assert!(matches!(error, RegistryError::Unauthorized { .. }), "{error}");
        assert!(error.to_string().contains("no login for it is stored"), "{error}");
    }
    registry.logins(&file, "canary-Wrong-4712").unwrap();
    let error = push(&client(known()), &tagged, COMPONENT).await.unwrap_err();
    assert!(error.to_string().contains("user `ku8` is not let in"), "{error}");
    assert!(!error.to_string().contains("canary"), "{error}");

    registry.logins(&file, REGISTRY_PASSWORD).unwrap();
    let client = Arc::new(client(known()));
    let digest = push(&client, &tagged, COMPONENT).await.unwrap();
    let mut pulls = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (client, tagged) = (client.clone(), tagged.clone());
        pulls.spawn(async move { pull(&client, &tagged).await.unwrap().resolved.digest });
    }
    while let Some(pulled) = pulls.join_next().await {
        assert_eq!(pulled.unwrap(), digest);
    }
}

#[tokio::test]
async fn tls_is_checked_against_the_authorities_that_are_named() {
    let Some(registry) = start(RegistryOptions { tls: true, login: true }) else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.json");
    registry.logins(&file, REGISTRY_PASSWORD).unwrap();
    let known = || Settings { auth_files: vec![file.clone()], ..Settings::default() };
    let tagged = reference(&registry, "acme/rabbitmq:1.0.0");

    let trusted = client(Settings { ca_file: Some(registry.authority()), ..known() });
    assert_eq!(trusted.warning(&tagged), None);
    push(&trusted, &tagged, COMPONENT).await.unwrap();
    assert_eq!(pull(&trusted, &tagged).await.unwrap().component, COMPONENT);

    let error = push(&client(known()), &tagged, COMPONENT).await.unwrap_err();
    assert!(matches!(error, RegistryError::Certificate { .. }), "{error}");
    // One authority is not another.
    let Some(other) = start(RegistryOptions { tls: true, login: false }) else { return };
    let error = client(Settings { ca_file: Some(other.authority()), ..known() }).resolve(&tagged).await.unwrap_err();
    assert!(matches!(error, RegistryError::Certificate { .. }), "{error}");
    let plain = Settings { plain_http: vec![registry.host()], ..known() };
    let error = client(plain).resolve(&tagged).await.unwrap_err();
    assert!(matches!(error, RegistryError::PlainHttp { .. }), "{error}");

    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "no certificate").unwrap();
    for wrong in [empty, folder.path().join("missing.pem")] {
        let made = Client::new(Settings { ca_file: Some(wrong), ..known() });
        assert!(matches!(made, Err(RegistryError::Setting { .. })));
    }
}

#[tokio::test]
async fn plain_http_and_registries_that_are_down_are_told_at_once() {
    let Some(mut registry) = plain() else { return };
    let tagged = reference(&registry, "acme/rabbitmq:1.0.0");
    let error = client(Settings::default()).resolve(&tagged).await.unwrap_err();
    assert!(matches!(error, RegistryError::PlainHttp { .. }), "{error}");

    let client = client(settings(&registry));
    push(&client, &tagged, COMPONENT).await.unwrap();
    registry.stop();
    let started = Instant::now();
    for error in [client.resolve(&tagged).await.unwrap_err(), push(&client, &tagged, COMPONENT).await.unwrap_err()] {
        assert!(matches!(error, RegistryError::Unreachable { .. }), "{error}");
    }
    assert!(started.elapsed() < Duration::from_secs(20), "it took {:?}", started.elapsed());
    registry.resume().unwrap();
    assert_eq!(pull(&client, &tagged).await.unwrap().component, COMPONENT);
}

#[tokio::test]
async fn damage_in_the_registry_s_storage_is_found() {
    let Some(registry) = plain() else { return };
    let client = client(settings(&registry));
    let tagged = reference(&registry, "acme/rabbitmq:1.0.0");
    push(&client, &tagged, COMPONENT).await.unwrap();
    let resolved = client.resolve(&tagged).await.unwrap();
    let file = registry.blob(hex(&resolved.layer_digest));
    let whole = std::fs::read(&file).unwrap();
    assert_eq!(whole, COMPONENT);

    let mut flipped = whole.clone();
    flipped[7] ^= 1;
    for damaged in [flipped, whole[..9].to_vec(), [&whole[..], b"more"].concat(), Vec::new()] {
        std::fs::write(&file, &damaged).unwrap();
        let error = client.pull(&resolved, None).await.unwrap_err();
        let told = error.to_string();
        assert!(matches!(error, RegistryError::Digest { .. } | RegistryError::TooLarge { .. }), "{told}");
    }
    std::fs::remove_file(&file).unwrap();
    let error = client.pull(&resolved, None).await.unwrap_err();
    assert!(!matches!(error, RegistryError::Timeout { .. }), "{error}");
    std::fs::write(&file, &whole).unwrap();
    assert_eq!(client.pull(&resolved, None).await.unwrap().component, COMPONENT);

    // The manifest of a pin, replaced by another one.
    let other = push(&client, &tagged.with_tag("1.1.0").unwrap(), b"\0asm other").await.unwrap();
    std::fs::copy(registry.blob(hex(&other)), registry.blob(hex(&resolved.digest))).unwrap();
    let error = client.resolve(&resolved.reference).await.unwrap_err();
    assert!(matches!(error, RegistryError::Digest { .. } | RegistryError::Refused { .. }), "{error}");
}

fn signatures() -> Vec<Signature> {
    vec![
        Signature::Simple { payload: b"{\"critical\":{}}".to_vec(), signature: "c2lnbmF0dXJl".into() },
        Signature::Simple { payload: b"{\"critical\":{\"a\":1}}".to_vec(), signature: "c2lnbmF0dXJlMg==".into() },
        Signature::Bundle(b"{\"mediaType\":\"a\"}".to_vec()),
    ]
}

fn sorted(mut found: Vec<Signature>) -> Vec<Signature> {
    found.sort_by_key(|one| format!("{one:?}"));
    found
}

#[tokio::test]
async fn an_archive_carries_templates_and_signatures_to_another_registry() {
    let (Some(here), Some(there)) = (plain(), plain()) else { return };
    let (near, far) = (client(settings(&here)), client(settings(&there)));
    let tagged = reference(&here, "acme/rabbitmq:1.0.0");
    let digest = push(&near, &tagged, COMPONENT).await.unwrap();
    assert_eq!(near.signatures(&tagged, &digest).await.unwrap(), [], "none is none, and no error");

    let artifact = pull(&near, &tagged).await.unwrap();
    let file = archive::write(&[Stored { artifact, signatures: signatures() }]);
    let read = archive::read("templates.tar", &file).unwrap();
    assert_eq!(read.len(), 1);
    let target = reference(&there, "mirror/rabbitmq:1.0.0");
    assert_eq!(far.push_stored(&target, &read[0], None).await.unwrap(), digest, "another place, another digest");
    assert_eq!(pull(&far, &target).await.unwrap().component, COMPONENT);
    assert_eq!(sorted(far.signatures(&target, &digest).await.unwrap()), sorted(signatures()));
}

#[tokio::test]
async fn mirrors_are_asked_first_and_the_digest_decides() {
    let (Some(mirror), Some(origin)) = (plain(), plain()) else { return };
    let (host, target) = (origin.host(), format!("{}/hub", mirror.host()));
    let both = || Settings { plain_http: vec![mirror.host(), host.clone()], ..Settings::default() };
    let direct = client(both());
    let mirrored = client(Settings { mirrors: vec![(format!("{host}/acme"), target)], ..both() });

    // Only the mirror has it.
    push(&direct, &reference(&mirror, "hub/only:1.0.0"), COMPONENT).await.unwrap();
    assert_eq!(pull(&mirrored, &reference(&origin, "acme/only:1.0.0")).await.unwrap().component, COMPONENT);
    assert!(direct.resolve(&reference(&origin, "acme/only:1.0.0")).await.is_err());

    // The mirror has damaged bytes under the right digest: the registry's own are taken.
    let tagged = reference(&origin, "acme/rabbitmq:1.0.0");
    push(&direct, &tagged, COMPONENT).await.unwrap();
    push(&direct, &reference(&mirror, "hub/rabbitmq:1.0.0"), COMPONENT).await.unwrap();
    let resolved = direct.resolve(&tagged).await.unwrap();
    std::fs::write(mirror.blob(hex(&resolved.layer_digest)), b"damaged").unwrap();
    assert_eq!(mirrored.pull(&resolved, None).await.unwrap().component, COMPONENT);

    // A mirror that is down does not matter.
    drop(mirror);
    assert_eq!(pull(&mirrored, &tagged).await.unwrap().component, COMPONENT);
}
