//! Whether signatures are those that a rule demands: who made each, what it says, and what is missing.
//! It never counts a key twice, and reads no word of a signature before a key was found that made it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Serialize;

use super::repository::Repository;
use super::signature::{Claim, Examined, MAX_SIGNATURES};
use super::{PublicKey, Signature};

/// Whose signatures are required.
#[derive(Clone, Debug)]
pub(super) struct Demand {
    pub all_of: Vec<Requirement>,
    /// How many different keys of the list.
    pub any_of: Option<(usize, Vec<Requirement>)>,
    /// Whether a signature has to name the repository.
    pub require_repository: bool,
}

/// One key, and what has to be in its signature.
#[derive(Clone, Debug)]
pub(super) struct Requirement {
    pub owner: String,
    pub key: PublicKey,
    pub annotations: BTreeMap<String, String>,
}

/// A key that signed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct SignedBy {
    /// Whose key it is, as the policy says.
    pub owner: String,
    /// The key: `sha256:…`.
    pub fingerprint: String,
}

/// One artifact under one demand.
pub(super) struct Case<'a> {
    pub demand: &'a Demand,
    /// The manifest's.
    pub digest: &'a str,
    /// Where its signatures were made.
    pub repository: &'a Repository,
}

impl Case<'_> {
    /// Looks at one signature.
    pub(super) fn examine(&self, signature: &Signature) -> Examined {
        let mut found = Examined {
            form: signature.form(),
            made_by: Vec::new(),
            repository: None,
            annotations: BTreeMap::new(),
            problem: None,
        };
        found.problem = self.look_at(signature, &mut found).err();
        found
    }

    fn look_at(&self, signature: &Signature, found: &mut Examined) -> Result<(), String> {
        let sealed = signature.unseal()?;
        let mut tried: BTreeMap<&str, bool> = BTreeMap::new();
        for one in self.demand.requirements() {
            let fingerprint = one.key.fingerprint();
            let by = SignedBy { owner: one.owner.clone(), fingerprint: fingerprint.to_owned() };
            if *tried.entry(fingerprint).or_insert_with(|| sealed.made_by(&one.key)) && !found.made_by.contains(&by) {
                found.made_by.push(by);
            }
        }
        if found.made_by.is_empty() {
            let unknown = "made by none of the keys that the policy names";
            // Such signatures are as long as plain ones, and nothing in them says which they are.
            let ambiguous = sealed.signature.len() == 64 && self.demand.requirements().any(|one| one.key.is_ed25519());
            return Err(if ambiguous {
                format!(
                    "{unknown}, or with Ed25519ph, which is not supported: cosign 3 signs so with Ed25519 keys, use ECDSA"
                )
            } else {
                unknown.to_owned()
            });
        }
        let Claim { digest, repository, annotations } = sealed.claim()?;
        found.repository.clone_from(&repository);
        found.annotations = annotations;
        if digest != self.digest {
            return Err(format!("it is about another artifact: {digest}"));
        }
        match repository {
            Some(name) if Repository::parse(&name).as_ref() != Ok(self.repository) => {
                Err(format!("it was made for {name}, not for {}", self.repository.as_str()))
            }
            None if self.demand.require_repository => {
                Err("it names no repository, which the policy requires (requireRepository)".into())
            }
            _ => Ok(()),
        }
    }
}

impl Demand {
    fn requirements(&self) -> impl Iterator<Item = &Requirement> {
        self.all_of.iter().chain(self.any_of.iter().flat_map(|(_, list)| list))
    }

    /// Names and fingerprints, for messages.
    pub(super) fn keys(&self) -> String {
        let mut names: Vec<String> = Vec::new();
        for one in self.requirements() {
            let name = one.name();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names.join(", ")
    }

    /// The keys that signed, or what is missing.
    pub(super) fn satisfied_by(&self, examined: &[Examined]) -> Result<Vec<SignedBy>, Vec<String>> {
        let mut counted = BTreeSet::new();
        let mut missing = Vec::new();
        for one in &self.all_of {
            match one.met_by(examined) {
                Ok(by) => drop(counted.insert(by)),
                Err(why) => missing.push(why),
            }
        }
        if let Some((minimum, list)) = &self.any_of {
            let met: Vec<SignedBy> = list.iter().filter_map(|one| one.met_by(examined).ok()).collect();
            let keys: BTreeSet<&str> = met.iter().map(|by| by.fingerprint.as_str()).collect();
            if keys.len() < *minimum {
                let names: Vec<String> = list.iter().map(Requirement::name).collect();
                missing.push(format!("{minimum} of {} have to sign, and {} did", names.join(", "), keys.len()));
            }
            counted.extend(met);
        }
        if missing.is_empty() && !counted.is_empty() { Ok(counted.into_iter().collect()) } else { Err(missing) }
    }
}

impl Requirement {
    fn name(&self) -> String {
        format!("{} ({})", self.owner, self.key.short())
    }

    fn met_by(&self, examined: &[Examined]) -> Result<SignedBy, String> {
        let by = SignedBy { owner: self.owner.clone(), fingerprint: self.key.fingerprint().to_owned() };
        let mut of_key = examined.iter().filter(|one| one.problem.is_none() && one.made_by.contains(&by)).peekable();
        if of_key.peek().is_none() {
            return Err(format!("{} has to sign, and did not", self.name()));
        }
        let says =
            |one: &Examined| self.annotations.iter().all(|(name, value)| one.annotations.get(name) == Some(value));
        if of_key.any(says) {
            return Ok(by);
        }
        let wanted = self.annotations.iter().fold(String::new(), |mut text, (name, value)| {
            let _ = write!(text, " {name}={value}");
            text
        });
        Err(format!("{} signed, but not with{wanted}", self.name()))
    }
}

/// What each signature is, and what is missing.
pub(super) fn lines(examined: &[Examined], left_out: usize, missing: &[String]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (at, one) in examined.iter().enumerate() {
        let by: Vec<&str> = one.made_by.iter().map(|by| by.owner.as_str()).collect();
        let by = if by.is_empty() { String::new() } else { format!(" by {}", by.join(", ")) };
        lines.push(match &one.problem {
            Some(problem) => format!("signature {} ({}){by}: {problem}", at + 1, one.form),
            None => format!("signature {} ({}){by}: good", at + 1, one.form),
        });
    }
    if left_out > 0 {
        lines.push(format!("{left_out} more signatures were not tried: at most {MAX_SIGNATURES} are"));
    }
    lines.extend(missing.iter().map(|one| format!("missing: {one}")));
    lines
}
