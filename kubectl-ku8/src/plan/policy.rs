//! How each object may be written: what is adopted, forced, replaced, left to others.
//! It turns a manifest and what is there into a patch, and never talks to a server.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::PathStep;
use super::compare::lookup;
use super::local::laid_over;
use super::managed_fields::{self, FieldSet, Manager, TakeOver, managers};
use super::ownership::{as_shown, same};
use crate::object::{LiveObject, Manifest, Names, ObjectKey, Patch, PatchPolicy, Yielded, labels};

/// What a person allowed, and what was published before.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Our owner-id.
    pub owner_id: String,
    /// `<namespace>/<definition>`, for objects an earlier head left behind.
    pub home: String,
    /// `--adopt KIND/NAME`.
    pub adopt: Names,
    /// `--force-conflicts[=KIND/NAME[:path]]`.
    pub force: Vec<ForceConflicts>,
    /// `--allow-replace KIND/NAME`.
    pub replace: Names,
    /// The objects of the current revision.
    pub published: BTreeMap<ObjectKey, Value>,
    /// `--allow-unverified`: a webhook that does not answer is no obstacle.
    pub allow_unverified: bool,
}

/// Conflicts that may be won.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForceConflicts {
    /// On these objects; on all of them when `None`.
    object: Option<Names>,
    /// Below this field; everywhere when `None`.
    path: Option<String>,
}

impl ForceConflicts {
    /// Reads `KIND/NAME[:path]`; an empty word means everything.
    pub fn new(word: &str) -> Self {
        if word.is_empty() {
            return Self::default();
        }
        let (object, path) = word.split_once(':').map_or((word, None), |(object, path)| (object, Some(path)));
        Self { object: Some(Names::new([object])), path: path.map(as_shown) }
    }

    /// The object it names, if it names one.
    pub fn names(&self) -> Option<&Names> {
        self.object.as_ref()
    }

    fn allows(&self, key: &ObjectKey, field: &str) -> bool {
        let below = |path: &String| {
            field.strip_prefix(path.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        self.object.as_ref().is_none_or(|names| names.contains(key)) && self.path.as_ref().is_none_or(below)
    }
}

impl Policy {
    /// Says whether the object is this definition's, or was left behind by an earlier one of its name.
    pub fn is_ours(&self, live: &LiveObject) -> bool {
        live.owner_id() == Some(self.owner_id.as_str())
            || live.annotation(labels::RETAINED_FROM) == Some(self.home.as_str())
    }

    /// Says whether a conflict on this field (as we show paths) may be won.
    pub(crate) fn may_force(&self, key: &ObjectKey, field: &str) -> bool {
        self.force.iter().any(|rule| rule.allows(key, field))
    }

    /// What becomes ours before the object is applied: everything client-side tools left on an object that is adopted;
    /// on our own objects what others wrote by hand and set back to what we had published, where we now want something
    /// else. Nobody's wish is lost by that.
    pub(crate) fn take_over(&self, manifest: &Manifest, live: &LiveObject) -> Option<TakeOver> {
        if self.adopts(manifest.key(), live) {
            let whole = |manager: &Manager| {
                if manager.is_left_behind() { manager.set.clone() } else { FieldSet::default() }
            };
            return managed_fields::taken(&live.value, &whole, contradicting(manifest, live));
        }
        if !self.is_ours(live) {
            return None;
        }
        let nothing = Value::Null;
        let published = self.published.get(manifest.key()).unwrap_or(&nothing);
        let equal = |one: Option<&Value>, two: Option<&Value>| match (one, two) {
            (Some(one), Some(two)) => same(one, two),
            (one, two) => one.is_none() && two.is_none(),
        };
        let set_back = |path: &[PathStep]| {
            let now = lookup(&live.value, path);
            let before = lookup(published, path);
            let is_item = matches!(path.last(), Some(PathStep::Key(_)));
            // An item of a list stands for itself; what is in it is judged field by field.
            let as_published = before.is_some() && (is_item || equal(now, before));
            as_published
                && !equal(lookup(manifest.value(), path), now)
                && !(is_item && lookup(manifest.value(), path).is_some())
        };
        // An object that was put back after a refused replacement was written whole, by us.
        let of_ours = |path: &[PathStep]| lookup(published, path).is_some() || lookup(manifest.value(), path).is_some();
        let by_hand = |manager: &Manager| match (manager.applies, manager.subresource.is_empty()) {
            (false, true) if manager.name == labels::FIELD_MANAGER => manager.set.only(&of_ours),
            (false, true) => manager.set.only(&set_back),
            _ => FieldSet::default(),
        };
        managed_fields::taken(&live.value, &by_hand, contradicting(manifest, live))
    }

    /// Says whether the object exists, is nobody's, and was named to be taken over.
    fn adopts(&self, key: &ObjectKey, live: &LiveObject) -> bool {
        self.adopt.contains(key) && live.owner_id().is_none() && !self.is_ours(live)
    }
}

fn replicas() -> [PathStep; 2] {
    [PathStep::Field("spec".into()), PathStep::Field("replicas".into())]
}

/// Whoever scales the object through its scale subresource: an autoscaler, or `kubectl scale`.
fn scaler(live: &LiveObject) -> Option<Manager> {
    managers(&live.value).into_iter().find(|manager| manager.subresource == "scale" && manager.set.holds(&replicas()))
}

impl PatchPolicy for Policy {
    fn patch(&self, manifest: &Manifest, live: Option<&LiveObject>) -> Patch {
        let mut patch = Patch::plain(manifest.clone());
        let Some(live) = live else { return patch };
        let key = manifest.key();
        let adopts = self.adopts(key, live);
        patch.force = adopts;
        patch.take_over = self.take_over(manifest, live).map(|over| over.list);
        let wanted = &manifest.value()["spec"]["replicas"];
        let now = &live.value["spec"]["replicas"];
        if !wanted.is_null() && !now.is_null() {
            let quorum = manifest.annotation(labels::QUORUM).is_some() || live.annotation(labels::QUORUM).is_some();
            let before = self.published.get(key).map(|object| &object["spec"]["replicas"]);
            // An explicit change is never dropped in silence (decisions.md, 28).
            if let Some(holder) = scaler(live).filter(|_| !quorum && before.is_none_or(|before| before == wanted)) {
                patch.manifest = without_replicas(manifest);
                patch.yielded.push(Yielded {
                    field: "spec.replicas".into(),
                    value: now.clone(),
                    holder: holder.title(),
                });
            }
        } else if wanted.is_null() && !now.is_null() && only_ours(live) {
            patch.hand_off = Some(keeping(manifest, now));
        }
        patch
    }

    fn after_take_over(&self, manifest: &Manifest, live: &LiveObject, answer: &Value) -> Value {
        let mut after = answer.clone();
        let Some(over) = self.take_over(manifest, live) else { return after };
        let held = managers(&over_list(&over.list)).into_iter().filter(|other| !other.is_ours());
        let held = held.fold(managed_fields::ours(answer).unwrap_or_default(), |held, other| held.union(&other.set));
        over.mine.minus(&held).take_out(&mut after);
        after
    }

    fn merged(&self, manifest: &Manifest, live: &LiveObject) -> Value {
        let mut before = live.value.clone();
        if let Some(over) = self.take_over(manifest, live) {
            before["metadata"]["managedFields"] = over.list;
        }
        laid_over(&before, manifest.value())
    }
}

fn over_list(list: &Value) -> Value {
    json!({"metadata": {"managedFields": list}})
}

/// Defaults of the server that contradict what is wanted now, and that no patch removes because nobody holds them:
/// the parameters of a rolling update, when there is to be none.
fn contradicting(manifest: &Manifest, live: &LiveObject) -> FieldSet {
    let (strategy, none) = match manifest.key().kind.as_str() {
        "Deployment" => ("strategy", "Recreate"),
        "StatefulSet" => ("updateStrategy", "OnDelete"),
        _ => return FieldSet::default(),
    };
    let wanted = &manifest.value()["spec"][strategy];
    let is_left = wanted["type"] == none
        && wanted["rollingUpdate"].is_null()
        && !live.value["spec"][strategy]["rollingUpdate"].is_null();
    if !is_left {
        return FieldSet::default();
    }
    FieldSet::of(&json!({"f:spec": {format!("f:{strategy}"): {"f:rollingUpdate": {}}}}))
}

/// Says whether the replica count is held by us and nobody else.
fn only_ours(live: &LiveObject) -> bool {
    let mut holders = managers(&live.value).into_iter().filter(|manager| manager.set.holds(&replicas())).peekable();
    holders.peek().is_some() && holders.all(|manager| manager.is_ours())
}

fn without_replicas(manifest: &Manifest) -> Manifest {
    let changed = manifest.clone().map(|value| {
        if let Some(spec) = value["spec"].as_object_mut() {
            spec.remove("replicas");
        }
    });
    changed.expect("the identity is untouched")
}

/// A manifest that sets nothing but the live replica count.
fn keeping(manifest: &Manifest, replicas: &Value) -> Manifest {
    let key = manifest.key();
    let mut value = json!({
        "apiVersion": manifest.api_version(), "kind": key.kind,
        "metadata": {"name": key.name}, "spec": {"replicas": replicas},
    });
    if !key.namespace.is_empty() {
        value["metadata"]["namespace"] = key.namespace.as_str().into();
    }
    Manifest::new(value).expect("the identity is that of a manifest")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deployment(replicas: Option<u64>) -> Manifest {
        let mut value = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}, "spec": {}});
        if let Some(replicas) = replicas {
            value["spec"]["replicas"] = replicas.into();
        }
        Manifest::new(value).unwrap()
    }

    fn live(replicas: u64, manager: &str, operation: &str, subresource: &str) -> LiveObject {
        let mut value = deployment(Some(replicas)).value().clone();
        value["metadata"]["annotations"] = json!({labels::OWNER_ID: "shop/web/u"});
        value["metadata"]["managedFields"] = json!([{"manager": manager, "operation": operation, "subresource": subresource,
            "fieldsV1": {"f:spec": {"f:replicas": {}}}}]);
        LiveObject { value }
    }

    fn policy(published: Option<u64>) -> Policy {
        let key = deployment(None).key().clone();
        let published = published.map(|count| (key, deployment(Some(count)).value().clone()));
        Policy { owner_id: "shop/web/u".into(), published: published.into_iter().collect(), ..Policy::default() }
    }

    #[test]
    fn replicas_that_somebody_scales_are_left_alone_unless_they_are_changed_here() {
        let scaled = live(7, "kube-controller-manager", "Update", "scale");
        let kept = policy(Some(3)).patch(&deployment(Some(3)), Some(&scaled));
        assert_eq!((kept.manifest.value()["spec"].get("replicas"), kept.yielded[0].value.clone()), (None, json!(7)));
        let changed = policy(Some(3)).patch(&deployment(Some(5)), Some(&scaled));
        assert!(changed.yielded.is_empty() && changed.manifest.value()["spec"]["replicas"] == 5);
        let mut quorum = deployment(Some(3));
        quorum.set_annotation(labels::QUORUM, "true");
        assert!(policy(Some(3)).patch(&quorum, Some(&scaled)).yielded.is_empty());
    }

    #[test]
    fn replicas_that_are_no_longer_set_are_handed_off_and_not_reset() {
        let patch = policy(Some(3)).patch(&deployment(None), Some(&live(3, "ku8", "Apply", "")));
        assert_eq!(patch.hand_off.unwrap().value()["spec"]["replicas"], 3);
        let scaled = live(7, "kube-controller-manager", "Update", "scale");
        assert!(policy(Some(3)).patch(&deployment(None), Some(&scaled)).hand_off.is_none());
    }

    #[test]
    fn conflicts_are_won_only_where_that_was_said() {
        let key = ObjectKey::new("apps", "Deployment", "shop", "web");
        let with = |word: &str| Policy { force: vec![ForceConflicts::new(word)], ..Policy::default() };
        assert!(with("").may_force(&key, "spec.replicas"));
        assert!(with("deployment/web").may_force(&key, "spec.replicas"));
        assert!(with("deployment/web:.spec.template").may_force(&key, "spec.template.spec.containers[web].image"));
        assert!(!with("deployment/web:spec.templ").may_force(&key, "spec.template.spec"));
        assert!(!with("deployment/api").may_force(&key, "spec.replicas"));
        assert!(!Policy::default().may_force(&key, "spec.replicas"));
    }
}
