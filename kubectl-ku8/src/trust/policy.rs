//! The operator's policy: which keys must have signed a template of which repository, and whether they have.
//! It never counts a key twice, and never takes the lack of an answer for a yes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Serialize;

use super::repository::{Pattern, Repository};
use super::signature::{Claim, Examined, MAX_SIGNATURES};
use super::{PublicKey, Signature, Tier, TrustError, document};

/// What the operator allows: from a file of theirs, never from the cluster.
#[derive(Clone, Debug)]
pub struct Policy {
    source: String,
    /// The nearest first.
    rules: Vec<Rule>,
    default: Action,
}

/// What holds for some repositories.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    /// As it was written.
    pub name: String,
    pub pattern: Pattern,
    pub action: Action,
    /// Where signatures were made that count here: for mirrors.
    pub signed_for: Option<Pattern>,
    pub minimum_version: Option<semver::Version>,
}

/// What is done with templates of a repository.
#[derive(Clone, Debug)]
pub(super) enum Action {
    Require(Demand),
    Pinned,
    Refuse,
}

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

/// What the policy says about an artifact.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a verdict says yes only to versions that it admits"]
pub struct Verdict {
    repository: String,
    policy: String,
    signed_by: Vec<SignedBy>,
    minimum_version: Option<semver::Version>,
}

/// Every signature looked at, and what follows.
#[derive(Clone, Debug)]
pub struct Examination {
    /// One for each signature that was tried, in their order.
    pub signatures: Vec<Examined>,
    /// How many more there are, which were not tried.
    pub left_out: usize,
    /// The policy's file and the rule that holds.
    pub policy: String,
    /// What the policy says.
    pub outcome: Result<Verdict, TrustError>,
}

impl Policy {
    /// Reads a policy. `source` is how messages call its file.
    ///
    /// # Errors
    /// A text that is not a policy, or says a thing that cannot hold; unknown fields are refused.
    pub fn parse(source: &str, text: &str) -> Result<Self, TrustError> {
        let (rules, default) = document::read(source, text)?;
        Ok(Self { source: source.to_owned(), rules, default })
    }

    /// Where the operator has no policy: templates of registries are pinned by their digest, and nobody vouches for them.
    pub fn none() -> Self {
        Self { source: "none".to_owned(), rules: Vec::new(), default: Action::Pinned }
    }

    /// A policy that one key has to have signed everything.
    pub fn of_key(owner: &str, key: PublicKey) -> Self {
        Self { source: format!("the key {owner}"), rules: Vec::new(), default: document::of_key(owner, key) }
    }

    /// Says whether templates of a repository have to be proved, by signatures or by a version that is not too old: then
    /// bytes whose manifest nobody has are not enough.
    ///
    /// # Errors
    /// When the policy refuses the repository, or the name is not one.
    pub fn needs_signatures(&self, repository: &str) -> Result<bool, TrustError> {
        let name = self.repository(repository)?;
        let (rule, action) = self.rule_of(&name);
        match action {
            Action::Refuse => Err(self.refused(&name, rule)),
            Action::Require(_) => Ok(true),
            Action::Pinned => Ok(rule.is_some_and(|rule| rule.minimum_version.is_some())),
        }
    }

    /// Says whether an artifact may be used: `repository` is `host/path`, `manifest_digest` is `sha256:…` of the manifest
    /// that was read, `signatures` all that the registry has of it.
    ///
    /// # Errors
    /// When it may not.
    pub fn judge(
        &self,
        repository: &str,
        manifest_digest: &str,
        signatures: &[Signature],
    ) -> Result<Verdict, TrustError> {
        self.examine(repository, manifest_digest, signatures).outcome
    }

    /// As [`Policy::judge`], with what was found out about each signature.
    pub fn examine(&self, repository: &str, manifest_digest: &str, signatures: &[Signature]) -> Examination {
        let empty = |outcome, policy| Examination { signatures: Vec::new(), left_out: 0, policy, outcome };
        let name = match self.repository(repository) {
            Ok(name) => name,
            Err(error) => return empty(Err(error), self.source.clone()),
        };
        let (rule, action) = self.rule_of(&name);
        let policy = self.place(rule);
        if !is_digest(manifest_digest) {
            let reason = "not a digest: sha256: and 64 hexadecimal digits".to_owned();
            return empty(Err(TrustError::Unclear { what: manifest_digest.to_owned(), reason }), policy);
        }
        let minimum_version = rule.and_then(|rule| rule.minimum_version.clone());
        let verdict = |signed_by| Verdict {
            repository: name.as_str().to_owned(),
            policy: policy.clone(),
            signed_by,
            minimum_version: minimum_version.clone(),
        };
        let demand = match action {
            Action::Refuse => return empty(Err(self.refused(&name, rule)), policy),
            Action::Pinned => return empty(Ok(verdict(Vec::new())), policy),
            Action::Require(demand) => demand,
        };
        let signed_for = rule.and_then(|rule| rule.pattern.moved(&name, rule.signed_for.as_ref()?));
        let case = Case { demand, digest: manifest_digest, repository: signed_for.as_ref().unwrap_or(&name) };
        let examined: Vec<Examined> = signatures.iter().take(MAX_SIGNATURES).map(|one| case.examine(one)).collect();
        let left_out = signatures.len().saturating_sub(MAX_SIGNATURES);
        let outcome = if signatures.is_empty() {
            Err(TrustError::Unsigned {
                repository: name.as_str().to_owned(),
                digest: manifest_digest.to_owned(),
                policy: policy.clone(),
                keys: demand.keys(),
            })
        } else {
            demand.satisfied_by(&examined).map(verdict).map_err(|missing| TrustError::WronglySigned {
                repository: name.as_str().to_owned(),
                digest: manifest_digest.to_owned(),
                policy: policy.clone(),
                lines: lines(&examined, left_out, &missing),
            })
        };
        Examination { signatures: examined, left_out, policy, outcome }
    }

    fn repository(&self, text: &str) -> Result<Repository, TrustError> {
        Repository::parse(text).map_err(|reason| TrustError::Unclear { what: text.to_owned(), reason })
    }

    fn rule_of(&self, name: &Repository) -> (Option<&Rule>, &Action) {
        let rule = self.rules.iter().find(|rule| rule.pattern.covers(name));
        (rule, rule.map_or(&self.default, |rule| &rule.action))
    }

    fn place(&self, rule: Option<&Rule>) -> String {
        match rule {
            Some(rule) => format!("{}, rule {}", self.source, rule.name),
            None if self.rules.is_empty() => self.source.clone(),
            None => format!("{}, default", self.source),
        }
    }

    fn refused(&self, name: &Repository, rule: Option<&Rule>) -> TrustError {
        TrustError::Refused { repository: name.as_str().to_owned(), policy: self.place(rule) }
    }
}

impl Verdict {
    /// The tier of a template of this version: its own word about itself, from the bytes that were judged.
    ///
    /// # Errors
    /// When the policy wants a newer one, or the version cannot be compared.
    pub fn admit(&self, version: &str) -> Result<Tier, TrustError> {
        if let Some(minimum) = &self.minimum_version
            && !semver::Version::parse(version).is_ok_and(|version| version.cmp_precedence(minimum).is_ge())
        {
            return Err(TrustError::TooOld {
                repository: self.repository.clone(),
                version: version.to_owned(),
                minimum: minimum.to_string(),
                policy: self.policy.clone(),
            });
        }
        if self.signed_by.is_empty() {
            return Ok(Tier::Pinned);
        }
        let owners: BTreeSet<&str> = self.signed_by.iter().map(|by| by.owner.as_str()).collect();
        Ok(Tier::Signed { by: owners.into_iter().collect::<Vec<_>>().join(", ") })
    }

    /// Says whether the version matters.
    pub fn wants_version(&self) -> bool {
        self.minimum_version.is_some()
    }

    /// The keys whose signatures counted; none where the policy asks for none.
    pub fn signed_by(&self) -> &[SignedBy] {
        &self.signed_by
    }

    /// The policy's file and the rule that holds.
    pub fn policy(&self) -> &str {
        &self.policy
    }
}

/// One artifact under one demand.
struct Case<'a> {
    demand: &'a Demand,
    digest: &'a str,
    /// Where its signatures were made.
    repository: &'a Repository,
}

impl Case<'_> {
    fn examine(&self, signature: &Signature) -> Examined {
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
    fn keys(&self) -> String {
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
    fn satisfied_by(&self, examined: &[Examined]) -> Result<Vec<SignedBy>, Vec<String>> {
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
fn lines(examined: &[Examined], left_out: usize, missing: &[String]) -> Vec<String> {
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

/// `sha256:` and 64 lower-case hexadecimal digits.
fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|hex| {
        hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    })
}
