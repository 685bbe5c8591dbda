//! P18 of security.md: nothing is accepted that was not signed as the policy wants.
//! Each case is one thing away from one that is accepted; `accepted.rs` has those.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use kubectl_ku8::trust::{MAX_SIGNATURE_BYTES, Policy, Signature, TrustError};
use serde_json::{Value, json};

use super::names::LOOK_ALIKES;
use super::signer::{Signer, integer, integers, other_s, pae, payload, sequence, statement, with};
use super::{DIGEST, OTHER, REPOSITORY, all_of, judge, policy, wanted};

/// One attack: a policy, an artifact and its signatures, and words of the refusal.
struct Case {
    name: String,
    policy: Policy,
    repository: String,
    digest: String,
    signatures: Vec<Signature>,
    words: &'static str,
}

/// Cases as they are written down: the signatures of one artifact under one policy.
struct Cases {
    policy: Policy,
    list: Vec<Case>,
}

impl Cases {
    fn add(&mut self, name: &str, signatures: Vec<Signature>, words: &'static str) {
        let policy = self.policy.clone();
        let (repository, digest) = (REPOSITORY.to_owned(), DIGEST.to_owned());
        self.list.push(Case { name: name.to_owned(), policy, repository, digest, signatures, words });
    }

    fn one(&mut self, name: &str, signature: Signature, words: &'static str) {
        self.add(name, vec![signature], words);
    }

    fn under(&mut self, policy: &Policy, name: &str, signatures: Vec<Signature>, words: &'static str) {
        self.add(name, signatures, words);
        self.list.last_mut().unwrap().policy = policy.clone();
    }

    fn artifact(
        &mut self,
        name: &str,
        repository: &str,
        digest: &str,
        signatures: Vec<Signature>,
        words: &'static str,
    ) {
        self.add(name, signatures, words);
        let case = self.list.last_mut().unwrap();
        (case.repository, case.digest) = (repository.to_owned(), digest.to_owned());
    }
}

fn simple(payload: impl Into<Vec<u8>>, signature: &[u8]) -> Signature {
    Signature::Simple { payload: payload.into(), signature: STANDARD.encode(signature) }
}

fn text(signature: &str) -> Signature {
    Signature::Simple { payload: payload(REPOSITORY, DIGEST).to_string().into_bytes(), signature: signature.into() }
}

fn bundle(document: &Value) -> Signature {
    Signature::Bundle(document.to_string().into_bytes())
}

const UNKNOWN: &str = "made by none of the keys";

/// What the signer signed says something else.
fn other_words(cases: &mut Cases, acme: &Signer) {
    let good = payload(REPOSITORY, DIGEST);
    for (name, pointer, value, words) in [
        ("signature for another digest", "/critical/image/docker-manifest-digest", json!(OTHER), "another artifact"),
        (
            "digest in upper case",
            "/critical/image/docker-manifest-digest",
            json!(DIGEST.to_uppercase()),
            "another artifact",
        ),
        (
            "digest without its algorithm",
            "/critical/image/docker-manifest-digest",
            json!(&DIGEST[7..]),
            "another artifact",
        ),
        ("a digest that is a list", "/critical/image/docker-manifest-digest", json!([DIGEST]), "has no critical.image"),
        ("no digest", "/critical/image/docker-manifest-digest", Value::Null, "has no critical.image"),
        ("another repository", "/critical/identity/docker-reference", json!("registry.example/acme/db"), "made for"),
        (
            "repository with a tag",
            "/critical/identity/docker-reference",
            json!(format!("{REPOSITORY}:1.0.0")),
            "made for",
        ),
        ("a longer repository", "/critical/identity/docker-reference", json!(format!("{REPOSITORY}-evil")), "made for"),
        (
            "repository of another host",
            "/critical/identity/docker-reference",
            json!("evil.example/acme/web"),
            "made for",
        ),
        ("empty repository", "/critical/identity/docker-reference", json!(""), "made for"),
        ("no repository", "/critical/identity/docker-reference", Value::Null, "has no critical.identity"),
        ("another type", "/critical/type", json!("atomic container signature"), "of the type"),
        ("no type", "/critical/type", Value::Null, "has no critical.type"),
        ("optional is a list", "/optional", json!([1]), "optional is not an object"),
    ] {
        cases.one(name, acme.simple(with(good.clone(), pointer, value).to_string()), words);
    }
    let good = good.to_string();
    for (name, payload, words) in [
        ("empty payload", String::new(), "not one JSON value"),
        ("truncated payload", good[..good.len() - 1].to_owned(), "not one JSON value"),
        ("payload that is no JSON", "ok".to_owned(), "not one JSON value"),
        ("payload twice", format!("{good}{good}"), "trailing"),
        (
            "payload with a key twice",
            good.replacen('{', &format!("{{\"critical\":{},", json!({"type": "x"})), 1),
            "duplicate key",
        ),
        ("payload is null", "null".to_owned(), "has no critical.type"),
        ("payload nested too deep", format!("{}{}", "[".repeat(70), "]".repeat(70)), "deeper"),
        ("payload over the cap", format!("{good}{}", " ".repeat(MAX_SIGNATURE_BYTES)), "larger than 64 KiB"),
    ] {
        cases.one(name, acme.simple(payload), words);
    }
    cases.one("payload that is not UTF-8", acme.simple(b"\xff\xfe{}".to_vec()), "not UTF-8");
}

/// Nobody the policy names made it.
fn other_hands(cases: &mut Cases, acme: &Signer) {
    let good = payload(REPOSITORY, DIGEST).to_string();
    let made = acme.sign(good.as_bytes());
    let [r, s] = integers(&made);
    cases.add("no signature", vec![], "not signed, and the policy requires it");
    cases.one("another key", Signer::p256().simple(good.clone()), UNKNOWN);
    cases.one("a key on another curve", Signer::p384().simple(good.clone()), UNKNOWN);
    cases.one("a key of another kind", Signer::ed25519().simple(good.clone()), UNKNOWN);
    cases.one("payload changed by one space", simple(format!("{good} "), &made), UNKNOWN);
    cases.one(
        "payload of a stranger under a good signature",
        simple(payload(REPOSITORY, OTHER).to_string(), &made),
        UNKNOWN,
    );
    for (name, signature) in [
        ("trailing byte", [&made[..], &[0]].concat()),
        ("truncated", made[..made.len() - 1].to_vec()),
        ("length in a longer form", [&[0x30, 0x81, made[1]][..], &made[2..]].concat()),
        ("indefinite length", [&[0x30, 0x80][..], &made[2..], &[0, 0]].concat()),
        ("r with a zero more", sequence(&[&[&[0][..], &r].concat(), &s])),
        ("s with a zero more", sequence(&[&r, &[&[0][..], &s].concat()])),
        ("r and s the other way round", sequence(&[&s, &r])),
        ("a third number", sequence(&[&r, &s, &[1]])),
        ("s is zero", sequence(&[&r, &[0]])),
        ("r is zero", sequence(&[&[0], &s])),
        ("both are zero", sequence(&[&[0], &[0]])),
        ("both are one", sequence(&[&[1], &[1]])),
        ("r is negative", sequence(&[&[&[0xff][..], &r].concat(), &s])),
        ("both are the largest number", sequence(&[&integer(&[0xff; 32]), &integer(&[0xff; 32])])),
        ("r and s without ASN.1", [r.clone(), s.clone()].concat()),
        ("zeroes", vec![0; 71]),
        ("one byte", vec![0]),
    ] {
        cases.one(&format!("signature: {name}"), simple(good.clone(), &signature), UNKNOWN);
    }
    let good_text = STANDARD.encode(&made);
    for (name, signature) in [
        ("empty", String::new()),
        ("not Base64", "!".repeat(96)),
        ("Base64 for addresses", URL_SAFE_NO_PAD.encode([0xfb_u8; 70])),
        ("with a line end", format!("{good_text}\n")),
        ("twice", format!("{good_text}{good_text}")),
        ("endless", "A".repeat(1 << 20)),
    ] {
        cases.one(&format!("signature: {name}"), text(&signature), "not signed as the policy requires");
    }
    cases.one(
        "envelope's signature on a bare payload",
        simple(good.clone(), &acme.sign(&pae("application/vnd.in-toto+json", good.as_bytes()))),
        UNKNOWN,
    );
}

/// Bundles that are not a signature of this manifest by this key.
fn bundles(cases: &mut Cases, acme: &Signer) {
    let about = statement(DIGEST);
    for (name, pointer, value, words) in [
        ("for another digest", "/subject/0/digest/sha256", json!(&OTHER[7..]), "another artifact"),
        ("digest with its algorithm twice", "/subject/0/digest/sha256", json!(DIGEST), "another artifact"),
        ("another algorithm", "/subject/0/digest", json!({"sha512": &DIGEST[7..]}), "no sha256 digest"),
        (
            "two subjects",
            "/subject",
            json!([{"digest": {"sha256": &OTHER[7..]}}, {"digest": {"sha256": &DIGEST[7..]}}]),
            "exactly one subject",
        ),
        ("no subject", "/subject", json!([]), "exactly one subject"),
        ("subject is an object", "/subject", json!({"digest": {"sha256": &DIGEST[7..]}}), "exactly one subject"),
        ("another repository", "/subject/0/name", json!("registry.example/acme/db"), "made for"),
        ("a list of parts", "/predicateType", json!("https://spdx.dev/Document"), "predicateType is"),
        ("no predicate", "/predicateType", Value::Null, "predicateType is missing"),
        ("an older statement", "/_type", json!("https://in-toto.io/Statement/v0.1"), "type is"),
    ] {
        cases.one(&format!("bundle: {name}"), acme.bundle(with(about.clone(), pointer, value).to_string()), words);
    }
    let about = about.to_string();
    let good = acme.envelope(about.as_bytes());
    let signature = good["dsseEnvelope"]["signatures"][0].clone();
    let certificate = json!({"certificate": {"rawBytes": "aGk="}});
    for (name, pointer, value, words) in [
        ("statement changed", "/dsseEnvelope/payload", json!(STANDARD.encode(statement(OTHER).to_string())), UNKNOWN),
        ("payload is no Base64", "/dsseEnvelope/payload", json!("{}"), "not Base64"),
        ("no payload", "/dsseEnvelope/payload", Value::Null, "not Base64"),
        ("another type of payload", "/dsseEnvelope/payloadType", json!("text/plain"), "payloadType is"),
        ("no type of payload", "/dsseEnvelope/payloadType", Value::Null, "payloadType is missing"),
        ("two signatures", "/dsseEnvelope/signatures", json!([signature, signature]), "exactly one signature"),
        ("no signatures", "/dsseEnvelope/signatures", json!([]), "exactly one signature"),
        ("signature is a text", "/dsseEnvelope/signatures", json!(["c2ln"]), "not Base64"),
        ("no envelope", "/dsseEnvelope", Value::Null, "no dsseEnvelope"),
        ("keyless", "/verificationMaterial", certificate, "keyless"),
        (
            "a chain of certificates",
            "/verificationMaterial",
            json!({"x509CertificateChain": {"certificates": []}}),
            "keyless",
        ),
        ("material without a key", "/verificationMaterial", json!({}), "does not say that it was made with a key"),
        ("no material", "/verificationMaterial", Value::Null, "no verificationMaterial"),
        ("a file's signature", "/messageSignature", json!({"signature": "c2ln"}), "signs a file"),
        (
            "an older bundle",
            "/mediaType",
            json!("application/vnd.dev.sigstore.bundle+json;version=0.2"),
            "mediaType is",
        ),
        ("no type", "/mediaType", Value::Null, "mediaType is missing"),
    ] {
        cases.one(&format!("bundle: {name}"), bundle(&with(good.clone(), pointer, value)), words);
    }
    cases.one("bundle: another key", Signer::p256().bundle(&about), UNKNOWN);
    cases.one(
        "bundle: payload signed bare",
        bundle(&with(
            good.clone(),
            "/dsseEnvelope/signatures/0/sig",
            json!(STANDARD.encode(acme.sign(about.as_bytes()))),
        )),
        UNKNOWN,
    );
    let plain = acme.envelope_of("text/plain", about.as_bytes());
    cases.one(
        "bundle: signed as another type, shown as this one",
        bundle(&with(plain, "/dsseEnvelope/payloadType", json!("application/vnd.in-toto+json"))),
        UNKNOWN,
    );
    let whole = good.to_string();
    for (name, text) in [
        ("empty", String::new()),
        ("truncated", whole[..whole.len() - 1].to_owned()),
        ("with a key twice", whole.replacen('{', "{\"mediaType\":\"x\",", 1)),
        ("twice", format!("{whole}{whole}")),
        ("over the cap", format!("{whole}{}", " ".repeat(MAX_SIGNATURE_BYTES))),
        ("an older form's payload", payload(REPOSITORY, DIGEST).to_string()),
        ("a list", "[]".to_owned()),
    ] {
        cases.one(
            &format!("bundle: {name}"),
            Signature::Bundle(text.into_bytes()),
            "not signed as the policy requires",
        );
    }
}

/// Good signatures, and a policy that wants others.
fn demands(cases: &mut Cases, acme: &Signer) {
    let good = payload(REPOSITORY, DIGEST).to_string();
    let [qa, ops] = [Signer::p384(), Signer::ed25519()];
    let both = all_of(&[("acme", &acme.pem), ("qa", &qa.pem)]);
    cases.under(&both, "allOf with one missing", vec![acme.simple(good.clone())], "missing: qa");
    cases.under(
        &both,
        "allOf by one key twice",
        vec![acme.simple(good.clone()), acme.bundle(statement(DIGEST).to_string())],
        "missing: qa",
    );
    cases.under(
        &both,
        "allOf, one of them about another digest",
        vec![acme.simple(good.clone()), qa.bundle(statement(OTHER).to_string())],
        "missing: qa",
    );
    let any = policy(&format!(
        "  - match: registry.example/acme/\n    anyOf:\n      minimumMatches: 2\n      signatures:\n{}",
        wanted(8, &[("acme", &acme.pem), ("qa", &qa.pem), ("ops", &ops.pem), ("acme again", &acme.pem)])
    ));
    cases.under(&any, "anyOf below its minimum", vec![ops.simple(good.clone())], "missing: 2 of");
    let made = acme.sign(good.as_bytes());
    let twins = vec![
        simple(good.clone(), &made),
        simple(good.clone(), &other_s(&made)),
        acme.bundle(statement(DIGEST).to_string()),
    ];
    cases.under(&any, "anyOf by one key under two names, in three forms", twins, "and 1 did");
    let tagged = |value: &str| {
        let rule = wanted(6, &[("acme", &acme.pem)]);
        policy(&format!("  - match: registry.example/acme/\n    allOf:\n{rule}        annotations: {{{value}}}\n"))
    };
    cases.under(&tagged("env: stage"), "another annotation", vec![acme.simple(good.clone())], "but not with env=stage");
    cases.under(&tagged("env: prod, team: db"), "an annotation too few", vec![acme.simple(good.clone())], "team=db");
    cases.under(
        &tagged("expires: \"2030\""),
        "an expiry that is not the one",
        vec![acme.simple(with(payload(REPOSITORY, DIGEST), "/optional/expires", json!("2020")).to_string())],
        "expires=2030",
    );
    cases.under(
        &tagged("env: prod"),
        "annotation of another kind",
        vec![acme.simple(with(payload(REPOSITORY, DIGEST), "/optional/env", json!(["prod"])).to_string())],
        "env=prod",
    );
    cases.under(
        &tagged("env: prod"),
        "annotation in the signature of another",
        vec![
            acme.bundle(with(statement(DIGEST), "/subject/0/annotations", json!({})).to_string()),
            qa.simple(good.clone()),
        ],
        "env=prod",
    );
    let named = policy(&format!(
        "  - match: registry.example/acme/\n    requireRepository: true\n    allOf:\n{}",
        wanted(6, &[("acme", &acme.pem)])
    ));
    cases.under(
        &named,
        "a bundle, which names no repository",
        vec![acme.bundle(statement(DIGEST).to_string())],
        "requireRepository",
    );
    let flood: Vec<Signature> = (0..10_000).map(|_| text("AAAA")).chain([acme.simple(good.clone())]).collect();
    cases.add("10,000 signatures in front of the good one", flood, "9969 more signatures were not tried");
    let heavy = (0..10_000).map(|_| ops.bundle(statement(DIGEST).to_string()));
    cases.add("10,000 signatures of a stranger", heavy.collect(), UNKNOWN);
    let refuse = policy("  - match: registry.example/acme/\n    action: refuse\n");
    cases.under(&refuse, "a repository that is refused", vec![acme.simple(good)], "allows no template from there");
}

/// Other artifacts and other names than the one that was signed.
fn artifacts(cases: &mut Cases, acme: &Signer) {
    let good = vec![acme.simple(payload(REPOSITORY, DIGEST).to_string()), acme.bundle(statement(DIGEST).to_string())];
    cases.artifact("the tag was moved between verify and pull", REPOSITORY, OTHER, good.clone(), "another artifact");
    for digest in
        ["", "sha256:", "sha256:../../etc", "sha512:00", &DIGEST.to_uppercase(), &DIGEST[7..], &format!("{DIGEST}a")]
    {
        cases.artifact(&format!("digest `{digest}`"), REPOSITORY, digest, good.clone(), "not a digest");
    }
    for repository in LOOK_ALIKES {
        cases.artifact(&format!("look-alike `{repository}`"), repository, DIGEST, good.clone(), "");
    }
}

#[test]
fn only_what_was_signed_is_trusted() {
    let acme = Signer::p256();
    let mut cases = Cases { policy: all_of(&[("acme", &acme.pem)]), list: Vec::new() };
    other_words(&mut cases, &acme);
    other_hands(&mut cases, &acme);
    bundles(&mut cases, &acme);
    demands(&mut cases, &acme);
    artifacts(&mut cases, &acme);
    let (mut accepted, mut unclear) = (Vec::new(), Vec::new());
    for case in &cases.list {
        let begin = Instant::now();
        match case.policy.judge(&case.repository, &case.digest, &case.signatures) {
            Ok(_) => accepted.push(&case.name),
            Err(error) if !error.to_string().contains(case.words) => unclear.push(format!("{}: {error}", case.name)),
            Err(_) => {}
        }
        assert!(begin.elapsed() < Duration::from_secs(2), "{} took {:?}", case.name, begin.elapsed());
    }
    println!("P18 verify: {} cases, {} wrongly accepted", cases.list.len(), accepted.len());
    assert!(accepted.is_empty(), "accepted: {accepted:#?}");
    assert!(unclear.is_empty(), "{unclear:#?}");
    assert!(cases.list.len() >= 100, "cases were lost");
    let names: std::collections::BTreeSet<&String> = cases.list.iter().map(|case| &case.name).collect();
    assert_eq!(names.len(), cases.list.len(), "a case has the name of another");
}

#[test]
fn an_older_version_than_the_policy_allows() {
    let acme = Signer::ed25519();
    let policy = policy(&format!(
        "  - match: registry.example/acme/web\n    minimumVersion: 1.4.0\n    allOf:\n{}",
        wanted(6, &[("acme", &acme.pem)])
    ));
    let verdict = judge(&policy, &[acme.bundle(statement(DIGEST).to_string())]).unwrap();
    assert!(verdict.wants_version());
    for version in ["1.3.9", "0.9.0", "1.4.0-rc.1", "1.4", "v1.5.0", "", "newest"] {
        let error = verdict.admit(version).unwrap_err();
        assert!(matches!(error, TrustError::TooOld { .. }), "{version}: {error}");
    }
}

#[test]
fn bytes_without_a_manifest_are_not_enough_where_something_has_to_be_proved() {
    let acme = Signer::ed25519();
    let key = wanted(6, &[("acme", &acme.pem)]);
    for (rule, needs) in [
        (format!("    allOf:\n{key}"), true),
        ("    action: pinned\n    minimumVersion: 1.4.0\n".to_owned(), true),
        ("    action: pinned\n".to_owned(), false),
    ] {
        let policy = policy(&format!("  - match: registry.example/acme/web\n{rule}"));
        assert_eq!(policy.needs_signatures(REPOSITORY), Ok(needs), "{rule}");
        assert!(policy.needs_signatures("registry.example/acme/db").is_err(), "{rule}");
    }
}

#[test]
fn a_refusal_says_what_was_looked_for_and_what_would_do() {
    let (acme, qa) = (Signer::p256(), Signer::ed25519());
    let policy = all_of(&[("acme", &acme.pem), ("qa", &qa.pem)]);
    let unsigned = judge(&policy, &[]).unwrap_err();
    assert!(matches!(unsigned, TrustError::Unsigned { .. }));
    let told = unsigned.to_string();
    for words in [
        "policy.yaml, rule registry.example/acme/",
        "the tag sha256-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.sig and referrers",
        "acme (sha256:",
        "qa (sha256:",
    ] {
        assert!(told.contains(words), "{told}");
    }
    let wrong = judge(&policy, &[acme.bundle(statement(DIGEST).to_string()), qa.bundle(statement(OTHER).to_string())]);
    let TrustError::WronglySigned { lines, .. } = wrong.unwrap_err() else { panic!("another error") };
    assert_eq!(lines[0], "signature 1 (bundle) by acme: good");
    assert_eq!(lines[1], format!("signature 2 (bundle) by qa: it is about another artifact: {OTHER}"));
    assert!(
        lines[2].starts_with("missing: qa (sha256:") && lines[2].ends_with("has to sign, and did not"),
        "{lines:?}"
    );
}

#[test]
fn mutated_bundles_and_payloads_are_answered() {
    // Every byte once: whatever it becomes, the answer is a refusal, or the byte said nothing.
    let acme = Signer::ed25519();
    let policy = all_of(&[("acme", &acme.pem)]);
    let Signature::Bundle(bytes) = acme.bundle(statement(DIGEST).to_string()) else { panic!("a bundle") };
    let hint = String::from_utf8(bytes.clone()).unwrap().find("aGk=").unwrap();
    let mut refused = 0;
    for at in 0..bytes.len() {
        for flip in [0x01, 0x20, 0x80] {
            let mut changed = bytes.clone();
            changed[at] ^= flip;
            match judge(&policy, &[Signature::Bundle(changed)]) {
                Err(_) => refused += 1,
                // What stands beside the envelope is not read: a hint, or the name of one.
                Ok(_) => assert!(at.abs_diff(hint) < 16, "byte {at} of {}", bytes.len()),
            }
        }
    }
    assert!(refused > 2 * bytes.len(), "{refused}");
}
