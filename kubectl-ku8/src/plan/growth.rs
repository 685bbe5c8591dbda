//! Volumes that have to grow because a StatefulSet asks for larger ones: its controller never touches those it made.
//! It names claims and sizes; whether the storage can grow is the server's answer.

use serde_json::Value;

use super::{Action, Change, Confidence, Effect, Problem, ProblemKind, differences};
use crate::object::{DryRun, LiveObject, ObjectKey, Observed, Quantity};
use crate::transform::Desired;

/// A claim that is smaller than its set now wants.
#[derive(Clone, Debug, PartialEq)]
pub struct Growth {
    /// The claim.
    pub key: ObjectKey,
    /// The claim as it is.
    pub live: LiveObject,
    /// The size wanted.
    pub size: String,
    /// `StatefulSet/db`.
    pub set: String,
    /// Stage of the set.
    pub stage: u32,
}

impl Growth {
    /// The merge patch that asks for the new size.
    pub fn patch(&self) -> Value {
        serde_json::json!({"spec": {"resources": {"requests": {"storage": self.size}}}})
    }
}

/// Compares what StatefulSets ask for with the claims that exist. Derived from the claims, not from the last change,
/// so that a run that stopped half way goes on.
pub fn growth(desired: &Desired, claims: &[LiveObject]) -> Vec<Growth> {
    let mut found = Vec::new();
    for object in desired.objects.iter().filter(|object| object.manifest.key().kind == "StatefulSet") {
        let set = &object.manifest;
        for template in set.value()["spec"]["volumeClaimTemplates"].as_array().into_iter().flatten() {
            let name = template["metadata"]["name"].as_str().unwrap_or_default();
            let prefix = format!("{name}-{}-", set.key().name);
            let size = size_of(template);
            for live in claims.iter().filter(|claim| is_of(claim, &prefix)) {
                if let (Some(wanted), Some(now)) = (amount(&size), amount(&size_of(&live.value)))
                    && wanted > now
                {
                    let text = |field: &str| live.value["metadata"][field].as_str().unwrap_or_default();
                    let key = ObjectKey::new("", "PersistentVolumeClaim", text("namespace"), text("name"));
                    let (size, set) = (size.clone(), set.key().to_string());
                    found.push(Growth { key, live: live.clone(), size, set, stage: object.stage });
                }
            }
        }
    }
    found
}

fn is_of(claim: &LiveObject, prefix: &str) -> bool {
    let name = claim.value["metadata"]["name"].as_str().unwrap_or_default();
    name.strip_prefix(prefix)
        .is_some_and(|ordinal| !ordinal.is_empty() && ordinal.bytes().all(|byte| byte.is_ascii_digit()))
}

fn size_of(claim: &Value) -> String {
    claim["spec"]["resources"]["requests"]["storage"].as_str().unwrap_or_default().to_owned()
}

fn amount(size: &str) -> Option<i128> {
    size.parse::<Quantity>().ok().map(Quantity::nano)
}

/// The steps of a plan that grow volumes; a volume that cannot grow is a problem.
pub(crate) fn steps(grown: &[Growth], observed: &Observed, problems: &mut Vec<Problem>) -> Vec<Change> {
    grown.iter().map(|one| step(one, observed, problems)).collect()
}

fn step(one: &Growth, observed: &Observed, problems: &mut Vec<Problem>) -> Change {
    let mut change = Change::new(one.key.clone(), "v1", Action::Update, Some(one.live.clone()));
    change.stage = one.stage;
    change.reason = format!("{} asks for {}", one.set, one.size);
    change.effects.push(Effect::VolumeGrows);
    change.write.grow = Some(one.patch());
    let mut wanted = one.live.value.clone();
    wanted["spec"]["resources"]["requests"]["storage"] = one.size.as_str().into();
    change.fields = differences(&one.live.value, &wanted, &one.patch());
    let answer = observed.get(&one.key).map(|seen| &seen.dry_run);
    let bound = one.live.value["status"]["phase"] == "Bound";
    let refused = match answer {
        _ if !bound => Some("it is not bound to a volume yet, and only bound volumes can grow".to_owned()),
        Some(DryRun::Invalid { message, .. }) => Some(message.clone()),
        Some(DryRun::Forbidden(_)) => {
            change.confidence = Confidence::Local;
            None
        }
        _ => None,
    };
    if let Some(why) = refused {
        problems.push(Problem {
            kind: ProblemKind::Invalid,
            object: one.key.to_string(),
            message: format!("cannot grow to {}: {why}", one.size),
            hint: "keep the size, or move the data to a StorageClass with allowVolumeExpansion: true".into(),
        });
    }
    change
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::object::Manifest;
    use crate::transform::DesiredObject;

    #[test]
    fn claims_smaller_than_wanted_are_found_whatever_the_set_says_now() {
        let set = json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db", "namespace": "shop"}, "spec": {
            "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {"resources": {"requests": {"storage": "2Gi"}}}}]}});
        let manifest = Manifest::new(set).unwrap();
        let desired =
            Desired { objects: vec![DesiredObject { id: "db".into(), stage: 0, manifest }], secrets: Vec::new() };
        let claim = |name: &str, size: &str| LiveObject {
            value: json!({"metadata": {"name": name, "namespace": "shop"}, "spec": {"resources": {"requests": {"storage": size}}}}),
        };
        let claims = [
            claim("data-db-0", "1Gi"),
            claim("data-db-1", "2048Mi"),
            claim("data-db-2", "3Gi"),
            claim("data-dbx-0", "1Gi"),
            claim("log-db-0", "1Gi"),
        ];
        let names: Vec<String> = growth(&desired, &claims).iter().map(|one| one.key.name.clone()).collect();
        assert_eq!(names, ["data-db-0"]);
    }
}
