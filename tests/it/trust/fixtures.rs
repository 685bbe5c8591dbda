//! What cosign itself signed, verified offline; `cosign/README.md` says how it was made.
//! Here the forms are cosign's own, not what this repository believes them to be.

use std::path::{Path, PathBuf};

use kubectl_ku8::trust::{PublicKey, Signature};
use ring::digest::{SHA256, digest};

use super::{REPOSITORY, all_of, policy, wanted};

const KEYS: [(&str, &str); 3] = [("p256", "ECDSA P-256"), ("p384", "ECDSA P-384"), ("rsa", "RSA")];

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/it/trust/cosign").join(name)
}

fn read(name: &str) -> Vec<u8> {
    std::fs::read(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn text(name: &str) -> String {
    String::from_utf8(read(name)).unwrap()
}

fn simple(name: &str) -> Signature {
    Signature::Simple { payload: read(&format!("{name}.payload.json")), signature: text(&format!("{name}.signature")) }
}

fn bundle(name: &str) -> Signature {
    Signature::Bundle(read(&format!("{name}.bundle.json")))
}

fn manifest() -> String {
    digest(&SHA256, &read("manifest.json"))
        .as_ref()
        .iter()
        .fold("sha256:".into(), |hex, byte| format!("{hex}{byte:02x}"))
}

#[test]
fn every_key_in_both_forms_of_cosign() {
    let manifest = manifest();
    for (name, algorithm) in KEYS {
        let pem = text(&format!("{name}.pub"));
        assert_eq!(PublicKey::from_pem(name, &pem).unwrap().algorithm(), algorithm);
        let policy = all_of(&[(name, &pem)]);
        for signature in [simple(name), bundle(name)] {
            let verdict = policy.judge(REPOSITORY, &manifest, std::slice::from_ref(&signature)).unwrap();
            assert_eq!(verdict.admit("1.0.0").unwrap().to_string(), format!("signed by {name}"));
            for (other, _) in KEYS.iter().filter(|(other, _)| *other != name) {
                let other = all_of(&[(other, &text(&format!("{other}.pub")))]);
                assert!(other.judge(REPOSITORY, &manifest, std::slice::from_ref(&signature)).is_err());
            }
        }
    }
}

#[test]
fn a_form_of_ed25519_that_is_not_supported_is_named() {
    let policy = all_of(&[("acme", &text("ed25519.pub"))]);
    for signature in [simple("ed25519"), bundle("ed25519")] {
        let error = policy.judge(REPOSITORY, &manifest(), &[signature]).unwrap_err().to_string();
        assert!(error.contains("Ed25519ph, which is not supported"), "{error}");
    }
}

#[test]
fn annotations_of_cosign_are_read() {
    let pem = text("p256.pub");
    for (value, accepted) in [("prod", true), ("stage", false)] {
        let rule = format!("{}        annotations: {{env: {value}}}\n", wanted(6, &[("acme", &pem)]));
        let policy = policy(&format!("  - match: {REPOSITORY}\n    allOf:\n{rule}"));
        for signature in [simple("p256"), bundle("p256")] {
            assert_eq!(policy.judge(REPOSITORY, &manifest(), &[signature]).is_ok(), accepted, "{value}");
        }
    }
}

#[test]
fn what_else_that_key_signed_does_not_count() {
    let policy = all_of(&[("acme", &text("p256.pub"))]);
    for (signature, words) in [
        (simple("other-artifact"), "another artifact"),
        (bundle("other-artifact"), "another artifact"),
        (simple("other-repository"), "made for registry.example/acme/other"),
        (bundle("attestation"), "the statement's type is"),
        (bundle("file"), "signs a file"),
    ] {
        let error = policy.judge(REPOSITORY, &manifest(), &[signature]).unwrap_err().to_string();
        assert!(error.contains(words), "«{words}»: {error}");
    }
}

#[test]
fn fingerprints_are_what_openssl_prints() {
    // openssl pkey -pubin -in p256.pub -outform DER | sha256sum
    let key = PublicKey::from_pem("acme", &text("p256.pub")).unwrap();
    assert_eq!(key.fingerprint(), "sha256:6fdba9669da8f4470e504f770ad1a09a054a87476bdafa6c902ad2c6041a5d20");
    assert!(key.fingerprint().starts_with(key.short()));
    assert!(!format!("{key:?}").contains("bytes"));
}
