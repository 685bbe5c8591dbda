//! What was signed as the policy wants is accepted, whatever stands beside it.
//! Without these cases, refusing everything would pass.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kubectl_ku8::trust::{Policy, Signature, Tier};
use serde_json::json;

use super::signer::{Signer, other_s, payload, statement, with};
use super::{DIGEST, REPOSITORY, all_of, judge, policy, wanted};

fn simple(signer: &Signer) -> Signature {
    signer.simple(payload(REPOSITORY, DIGEST).to_string())
}

fn bundle(signer: &Signer) -> Signature {
    signer.bundle(statement(DIGEST).to_string())
}

#[test]
fn each_kind_of_key_in_both_forms() {
    for signer in [Signer::p256(), Signer::p384(), Signer::ed25519()] {
        let policy = all_of(&[("acme", &signer.pem)]);
        for signature in [simple(&signer), bundle(&signer)] {
            let verdict = judge(&policy, &[signature]).unwrap();
            assert_eq!(verdict.admit("1.0.0").unwrap().to_string(), "signed by acme");
            assert_eq!(verdict.policy(), "policy.yaml, rule registry.example/acme/");
        }
    }
}

#[test]
fn one_good_signature_among_others() {
    let (acme, other) = (Signer::p256(), Signer::ed25519());
    let policy = all_of(&[("acme", &acme.pem)]);
    let mut list = vec![simple(&other), Signature::Bundle(b"{".to_vec())];
    list.extend((0..29).map(|_| Signature::Simple { payload: Vec::new(), signature: "AAAA".into() }));
    list.push(bundle(&acme));
    assert_eq!(list.len(), 32);
    assert!(judge(&policy, &list).is_ok());
}

#[test]
fn both_signatures_that_one_number_gives_are_the_signers() {
    // Who may be asked to sign half of the time makes either: what is counted are keys.
    let acme = Signer::p256();
    let payload = payload(REPOSITORY, DIGEST).to_string();
    let made = acme.sign(payload.as_bytes());
    let signature = STANDARD.encode(other_s(&made));
    assert_ne!(signature, STANDARD.encode(&made));
    let twin = Signature::Simple { payload: payload.into_bytes(), signature };
    assert!(judge(&all_of(&[("acme", &acme.pem)]), &[twin]).is_ok());
}

#[test]
fn all_of_and_any_of_together() {
    let [build, qa, ops, boss] = [Signer::p256(), Signer::p384(), Signer::ed25519(), Signer::p256()];
    let rules = format!(
        "  - match: registry.example/acme/\n    allOf:\n{}    anyOf:\n      minimumMatches: 2\n      signatures:\n{}",
        wanted(6, &[("build", &build.pem)]),
        wanted(8, &[("qa", &qa.pem), ("ops", &ops.pem), ("boss", &boss.pem)])
    );
    let policy = policy(&rules);
    let verdict = judge(&policy, &[simple(&build), bundle(&boss), simple(&qa)]).unwrap();
    assert_eq!(verdict.admit("0.1.0").unwrap(), Tier::Signed { by: "boss, build, qa".into() });
    assert!(judge(&policy, &[simple(&build), bundle(&boss)]).is_err());
    assert!(judge(&policy, &[simple(&qa), bundle(&boss)]).is_err());
}

#[test]
fn annotations_that_are_asked_for_and_further_ones() {
    let acme = Signer::p256();
    let rule = format!("{}        annotations: {{env: prod}}\n", wanted(6, &[("acme", &acme.pem)]));
    let policy = policy(&format!("  - match: registry.example/acme/web\n    allOf:\n{rule}"));
    let more = with(payload(REPOSITORY, DIGEST), "/optional/expires", json!("2001-01-01T00:00:00Z"));
    for signature in [simple(&acme), bundle(&acme), acme.simple(more.to_string())] {
        assert!(judge(&policy, &[signature]).is_ok());
    }
}

#[test]
fn a_mirror_has_the_signatures_of_what_it_mirrors() {
    let acme = Signer::p256();
    let policy = policy(&format!(
        "  - match: mirror.corp/hub/\n    signedFor: registry.example/acme/\n    requireRepository: true\n    allOf:\n{}",
        wanted(6, &[("acme", &acme.pem)])
    ));
    assert!(policy.judge("mirror.corp/hub/web", DIGEST, &[simple(&acme)]).is_ok());
    // What was signed as another one of them is not this one.
    assert!(policy.judge("mirror.corp/hub/db", DIGEST, &[simple(&acme)]).is_err());
    let as_mirror = acme.simple(payload("mirror.corp/hub/web", DIGEST).to_string());
    assert!(policy.judge("mirror.corp/hub/web", DIGEST, &[as_mirror]).is_err());
}

#[test]
fn one_registry_under_its_other_names() {
    let acme = Signer::ed25519();
    let policy = policy(&format!("  - match: docker.io/acme/\n    allOf:\n{}", wanted(6, &[("acme", &acme.pem)])));
    let made = acme.simple(payload("index.docker.io/acme/web", DIGEST).to_string());
    for repository in ["docker.io/acme/web", "index.docker.io/acme/web", "registry-1.docker.io:443/acme/web"] {
        assert!(policy.judge(repository, DIGEST, std::slice::from_ref(&made)).is_ok(), "{repository}");
    }
}

#[test]
fn without_a_policy_a_template_is_pinned_and_nothing_is_said_of_signatures() {
    let verdict = judge(&Policy::none(), &[]).unwrap();
    assert_eq!(verdict.admit("not a version").unwrap(), Tier::Pinned);
    assert!(verdict.signed_by().is_empty());
    assert_eq!(Policy::none().needs_signatures(REPOSITORY), Ok(false));
    let tiers = [Tier::BuiltIn, Tier::Signed { by: "acme".into() }, Tier::Pinned, Tier::Local, Tier::Cluster];
    assert_eq!(
        tiers.map(|tier| tier.to_string()),
        ["built in", "signed by acme", "pinned by digest, no signature checked", "local file", "kept in the cluster"]
    );
}

#[test]
fn versions_from_the_oldest_that_is_allowed() {
    let acme = Signer::ed25519();
    let policy = policy(&format!(
        "  - match: registry.example/acme/web\n    minimumVersion: 1.4.0\n    allOf:\n{}",
        wanted(6, &[("acme", &acme.pem)])
    ));
    let verdict = judge(&policy, &[bundle(&acme)]).unwrap();
    for version in ["1.4.0", "1.4.0+build.7", "1.10.0", "2.0.0-rc.1"] {
        assert!(verdict.admit(version).is_ok(), "{version}");
    }
}
