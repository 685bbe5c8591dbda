//! The policy as it is written: YAML, every field known, nothing said twice, nothing left empty.
//! It never fills in what is missing: a typing error must not make a policy weaker.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use super::judge::{Demand, Requirement};
use super::policy::{Action, Rule};
use super::repository::Pattern;
use super::{PublicKey, TrustError};

/// Bytes of the longest policy.
const MAX_BYTES: usize = 1024 * 1024;
/// Most requirements of one rule: each is tried with each signature.
const MAX_REQUIREMENTS: usize = 32;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Document {
    api_version: String,
    kind: String,
    default: Word,
    #[serde(default)]
    require_repository: bool,
    all_of: Option<Vec<Wanted>>,
    any_of: Option<AnyOf>,
    #[serde(default)]
    rules: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Written {
    r#match: String,
    action: Option<Word>,
    #[serde(default)]
    require_repository: bool,
    signed_for: Option<String>,
    minimum_version: Option<String>,
    all_of: Option<Vec<Wanted>>,
    any_of: Option<AnyOf>,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum Word {
    RequireSignature,
    Pinned,
    Refuse,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct AnyOf {
    #[serde(default = "one")]
    minimum_matches: usize,
    signatures: Vec<Wanted>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Wanted {
    kind: String,
    owner: String,
    key: String,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

fn one() -> usize {
    1
}

/// Reads a policy: its rules, and what holds where none does.
pub(super) fn read(source: &str, text: &str) -> Result<(Vec<Rule>, Action), TrustError> {
    let refused = |place: String, reason: String| TrustError::Policy { place, reason };
    let here = |reason: String| refused(source.to_owned(), reason);
    if text.len() > MAX_BYTES {
        return Err(here("larger than 1 MiB".into()));
    }
    let fault = |(place, reason): Fault| match place {
        Some((line, column)) => refused(format!("{source}:{line}:{column}"), reason),
        None => here(reason),
    };
    // A name with nothing after it would count as not being there.
    let plain: Value = one_document(text).map_err(fault)?;
    if let Some(path) = empty(&plain, "") {
        return Err(here(format!("{path} is empty: write what it shall be, or leave it out")));
    }
    let document: Document = one_document(text).map_err(fault)?;
    if (document.api_version.as_str(), document.kind.as_str()) != ("ku8.dev/v1", "TrustPolicy") {
        return Err(here("not a policy: it begins with `apiVersion: ku8.dev/v1` and `kind: TrustPolicy`".into()));
    }
    let told = |place: &str, error: Wrong| match error {
        Wrong::Here(reason) => here(format!("{place}: {reason}")),
        Wrong::There(error) => error,
    };
    let default = demand(document.all_of, document.any_of, document.require_repository)
        .and_then(|demand| Ok(action(Some(document.default), demand)?))
        .map_err(|error| told("default", error))?;
    let mut rules = Vec::new();
    let mut seen = BTreeSet::new();
    for written in document.rules {
        let name = format!("rule `{}`", written.r#match);
        let rule = rule(written).map_err(|error| told(&name, error))?;
        if !seen.insert(rule.pattern.clone()) {
            return Err(here(format!("{name}: two rules are about the same")));
        }
        rules.push(rule);
    }
    // The nearest first.
    rules.sort_by_key(|rule| std::cmp::Reverse(rule.pattern.nearness()));
    Ok((rules, default))
}

/// A policy that one key satisfies everywhere.
pub(super) fn of_key(owner: &str, key: PublicKey) -> Action {
    let requirement = Requirement { owner: owner.to_owned(), key, annotations: BTreeMap::new() };
    Action::Require(Demand { all_of: vec![requirement], any_of: None, require_repository: false })
}

/// What is wrong: with a rule, or with a key in it.
enum Wrong {
    Here(String),
    There(TrustError),
}

impl From<String> for Wrong {
    fn from(reason: String) -> Self {
        Self::Here(reason)
    }
}

impl From<TrustError> for Wrong {
    fn from(error: TrustError) -> Self {
        Self::There(error)
    }
}

fn rule(written: Written) -> Result<Rule, Wrong> {
    let pattern = Pattern::parse(&written.r#match)?;
    let action = action(written.action, demand(written.all_of, written.any_of, written.require_repository)?)?;
    let signed_for = written.signed_for.as_deref().map(Pattern::parse).transpose();
    let signed_for = signed_for.map_err(|reason| format!("signedFor: {reason}"))?;
    match (&signed_for, &pattern, &action) {
        (None, ..)
        | (Some(Pattern::One(_)), Pattern::One(_), Action::Require(_))
        | (Some(Pattern::Below(_)), Pattern::Below(_), Action::Require(_)) => {}
        (.., Action::Require(_)) => {
            return Err("signedFor is one repository where match is one, and ends with `/` where match does"
                .to_owned()
                .into());
        }
        _ => return Err("signedFor says whose signatures count, and none is required".to_owned().into()),
    }
    let minimum_version = written.minimum_version.as_deref().map(semver::Version::parse).transpose();
    let minimum_version = minimum_version.map_err(|_| "minimumVersion is a whole version, such as 1.4.0".to_owned())?;
    if minimum_version.is_some() && matches!(action, Action::Refuse) {
        return Err("minimumVersion has no meaning where all is refused".to_owned().into());
    }
    Ok(Rule { name: written.r#match, pattern, action, signed_for, minimum_version })
}

/// What a rule does, when what it says fits together.
fn action(word: Option<Word>, demand: Option<Demand>) -> Result<Action, String> {
    match (word, demand) {
        (None | Some(Word::RequireSignature), Some(demand)) => Ok(Action::Require(demand)),
        (Some(Word::Pinned), None) => Ok(Action::Pinned),
        (Some(Word::Refuse), None) => Ok(Action::Refuse),
        (Some(Word::RequireSignature), None) => {
            Err("require-signature needs allOf or anyOf, which say whose signatures".into())
        }
        (None, None) => Err("say whose signatures are required (allOf, anyOf), or `action: pinned` or `refuse`".into()),
        (Some(_), Some(_)) => Err("allOf and anyOf go with require-signature alone".into()),
    }
}

fn demand(
    all_of: Option<Vec<Wanted>>,
    any_of: Option<AnyOf>,
    require_repository: bool,
) -> Result<Option<Demand>, Wrong> {
    if all_of.is_none() && any_of.is_none() {
        let unused = "requireRepository says what signatures must name, and none is required".to_owned();
        return if require_repository { Err(unused.into()) } else { Ok(None) };
    }
    let count = all_of.as_ref().map_or(0, Vec::len) + any_of.as_ref().map_or(0, |any| any.signatures.len());
    if count > MAX_REQUIREMENTS {
        return Err(format!("{count} keys, and at most {MAX_REQUIREMENTS} are tried").into());
    }
    let all_of = all_of.map(|list| requirements("allOf", list)).transpose()?.unwrap_or_default();
    let any_of = any_of.map(|any| {
        let list = requirements("anyOf.signatures", any.signatures)?;
        let keys: BTreeSet<&str> = list.iter().map(|one| one.key.fingerprint()).collect();
        match any.minimum_matches {
            0 => Err("anyOf.minimumMatches is at least 1".to_owned().into()),
            minimum if minimum > keys.len() => {
                Err(format!("anyOf.minimumMatches is {minimum}, of {} different keys", keys.len()).into())
            }
            minimum => Ok::<_, Wrong>((minimum, list)),
        }
    });
    Ok(Some(Demand { all_of, any_of: any_of.transpose()?, require_repository }))
}

fn requirements(place: &str, list: Vec<Wanted>) -> Result<Vec<Requirement>, Wrong> {
    if list.is_empty() {
        return Err(format!("{place} names no key, so that nothing would be required").into());
    }
    let read = list.into_iter().map(|wanted| {
        let owner = wanted.owner;
        if wanted.kind != "pubKey" {
            return Err(format!(
                "{place}: kind `{}` is not supported: pubKey is, with a key of the signer's own",
                wanted.kind
            )
            .into());
        }
        if owner.trim().is_empty() || owner.len() > 64 || owner.contains(crate::object::steers) || owner.contains('\n')
        {
            return Err(format!("{place}: owner is a name on one line, of at most 64 letters").into());
        }
        let key = PublicKey::from_pem(&owner, &wanted.key)?;
        Ok(Requirement { owner, key, annotations: wanted.annotations })
    });
    read.collect()
}

/// The place of a fault, 1-based, and its reason.
type Fault = (Option<(u64, u64)>, String);

/// Reads exactly one YAML document; names that are there twice are refused.
fn one_document<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Fault> {
    let options = serde_saphyr::options! { with_snippet: false };
    let mut found: Vec<T> = serde_saphyr::from_multiple_with_options(text, options).map_err(|error| {
        let place = error.location().map(|place| (place.line(), place.column()));
        let message = error.without_snippet().to_string();
        let message = message.lines().next().unwrap_or("not valid YAML");
        let message = message.split(" at line ").next().unwrap_or(message);
        // The library's own switches mean nothing to a person.
        (place, message.split(", set ").next().unwrap_or(message).to_owned())
    })?;
    match (found.pop(), found.len()) {
        (Some(only), 0) => Ok(only),
        (None, _) => Err((None, "the policy is empty".into())),
        _ => Err((None, "more than one document: a policy is one".into())),
    }
}

/// The path of a null, if there is one.
fn empty(value: &Value, path: &str) -> Option<String> {
    match value {
        Value::Null => Some(path.to_owned()),
        Value::Object(members) => members.iter().find_map(|(name, value)| {
            empty(value, &if path.is_empty() { name.clone() } else { format!("{path}.{name}") })
        }),
        Value::Array(list) => list.iter().enumerate().find_map(|(at, value)| empty(value, &format!("{path}[{at}]"))),
        _ => None,
    }
}
