//! The operator's policy: which keys must have signed a template of which repository, and whether they have.
//! It never takes the lack of an answer for a yes.

use std::collections::BTreeSet;

use super::judge::{Case, Demand, SignedBy, lines};
use super::repository::{Pattern, Repository};
use super::signature::{Examined, MAX_SIGNATURES};
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
        let name = named(repository)?;
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
        let name = match named(repository) {
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

fn named(text: &str) -> Result<Repository, TrustError> {
    Repository::parse(text).map_err(|reason| TrustError::Unclear { what: text.to_owned(), reason })
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

/// `sha256:` and 64 lower-case hexadecimal digits.
fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|hex| {
        hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    })
}
