//! Whether only what was signed is trusted: signatures and policies of attackers, of careless operators, and of cosign.
//! It never asks a network: what a registry would answer is at hand.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail as tests do")]

mod accepted;
mod fixtures;
mod names;
mod policies;
mod refused;
mod signer;

use kubectl_ku8::trust::{Policy, Signature, TrustError, Verdict};

/// The repository and the manifest that signatures are about, where nothing else is said.
const REPOSITORY: &str = "registry.example/acme/web";
const DIGEST: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const OTHER: &str = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

/// A policy of these rules; all else is refused.
fn policy(rules: &str) -> Policy {
    let text = format!("apiVersion: ku8.dev/v1\nkind: TrustPolicy\ndefault: refuse\nrules:\n{rules}");
    Policy::parse("policy.yaml", &text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// The lines of a list of requirements, each an owner and a key.
fn wanted(indent: usize, keys: &[(&str, &str)]) -> String {
    let pad = " ".repeat(indent);
    let one = |(owner, pem): &(&str, &str)| {
        let key = pem.lines().map(|line| format!("{pad}    {line}\n")).collect::<Vec<String>>().concat();
        format!("{pad}- kind: pubKey\n{pad}  owner: {owner}\n{pad}  key: |\n{key}")
    };
    keys.iter().map(one).collect::<Vec<String>>().concat()
}

/// A policy that wants all of these keys for everything below `registry.example/acme/`.
fn all_of(keys: &[(&str, &str)]) -> Policy {
    policy(&format!("  - match: registry.example/acme/\n    allOf:\n{}", wanted(6, keys)))
}

fn judge(policy: &Policy, signatures: &[Signature]) -> Result<Verdict, TrustError> {
    policy.judge(REPOSITORY, DIGEST, signatures)
}
