//! What the plan decides, case by case, from hand-made observations.
//! The real server's part of each answer is proved by the e2e suite.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::object::{DryRun, Names, labels};
use crate::release::{Inventory, InventoryEntry};
use crate::transform::{Desired, DesiredObject};

const OWNER: &str = "shop/web/u1";

fn config_map(name: &str, data: &str, owner: Option<&str>) -> Value {
    let mut value = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "shop"}, "data": {"k": data}});
    if let Some(owner) = owner {
        value["metadata"]["annotations"] = json!({labels::OWNER_ID: owner});
    }
    value
}

fn live(mut value: Value) -> LiveObject {
    value["metadata"]["uid"] = json!("live-uid");
    value["metadata"]["resourceVersion"] = json!("7");
    LiveObject { value }
}

struct Case {
    desired: Desired,
    observed: Observed,
    inventory: Inventory,
    options: (Names, bool, bool),
    replace: Names,
}

impl Case {
    fn new() -> Self {
        Self {
            desired: Desired::default(),
            observed: Observed::new(),
            inventory: Inventory::default(),
            options: Default::default(),
            replace: Names::default(),
        }
    }

    fn wants(mut self, value: Value, live: Option<LiveObject>, dry_run: DryRun) -> Self {
        let manifest = Manifest::new(value).unwrap();
        self.observed.insert(manifest.key().clone(), Observation { live, patch: None, dry_run });
        self.desired.objects.push(DesiredObject { id: manifest.key().name.clone(), stage: 0, manifest });
        self
    }

    fn owned(mut self, value: &Value, uid: &str, found: Option<LiveObject>) -> Self {
        let manifest = Manifest::new(value.clone()).unwrap();
        let mut entry = InventoryEntry::new(manifest.key(), "v1");
        uid.clone_into(&mut entry.uid);
        self.observed
            .insert(manifest.key().clone(), Observation { live: found, patch: None, dry_run: DryRun::NotAsked });
        self.inventory = self.inventory.union(&Inventory::new([entry]));
        self
    }

    fn plan(&self) -> Plan {
        plan(Input {
            desired: &self.desired,
            observed: &self.observed,
            inventory: &self.inventory,
            policy: Policy {
                owner_id: OWNER.into(),
                home: "shop/web".into(),
                adopt: self.options.0.clone(),
                replace: self.replace.clone(),
                ..Policy::default()
            },
            secrets: &BTreeMap::new(),
            stray_secrets: &[],
            volumes: &[],
            offers: &Offers::default(),
            diagnostics: Vec::new(),
            subject: Subject::default(),
            allow_empty: self.options.1,
            deleting: self.options.2,
            purge_data: false,
            purge_secrets: false,
            new_credentials: false,
        })
    }
}

fn actions(plan: &Plan) -> Vec<(String, Action)> {
    plan.changes.iter().map(|change| (change.key.name.clone(), change.action)).collect()
}

#[test]
fn create_update_and_nothing() {
    let same = config_map("same", "1", Some(OWNER));
    let changed = config_map("changed", "2", Some(OWNER));
    let plan = Case::new()
        .wants(config_map("new", "1", Some(OWNER)), None, DryRun::Accepted(config_map("new", "1", Some(OWNER))))
        .wants(same.clone(), Some(live(same.clone())), DryRun::Accepted(live(same).value))
        .wants(
            changed.clone(),
            Some(live(config_map("changed", "1", Some(OWNER)))),
            DryRun::Accepted(live(changed).value),
        )
        .plan();
    assert_eq!(
        actions(&plan),
        [("changed".into(), Action::Update), ("new".into(), Action::Create), ("same".into(), Action::NoOp)]
    );
    assert_eq!(plan.summary_words(), "1 create, 1 update, 1 unchanged");
    assert!(plan.applyable && plan.has_changes());
}

#[test]
fn what_belongs_to_others_is_refused_and_only_what_is_nobodys_can_be_adopted() {
    let mine = config_map("a", "1", Some(OWNER));
    let with = |found: Value, adopt: bool| {
        let mut case = Case::new().wants(mine.clone(), Some(live(found)), DryRun::Accepted(live(mine.clone()).value));
        if adopt {
            case.options.0 = Names::new(["configmap/a"]);
        }
        case.plan()
    };
    let foreign = config_map("a", "0", Some("shop/other/u9"));
    assert_eq!(with(config_map("a", "0", None), false).worst_problem(), Some(ProblemKind::Ownership));
    assert_eq!(actions(&with(config_map("a", "0", None), true)), [("a".into(), Action::Adopt)]);
    assert!(with(config_map("a", "0", None), true).applyable);
    assert!(!with(foreign.clone(), true).applyable);
    assert!(with(foreign, false).problems[0].message.contains("shop/other"));
}

#[test]
fn pruning_needs_our_mark_and_the_uid_we_knew() {
    let mine = config_map("a", "1", Some(OWNER));
    let action = |uid: &str, found: Option<LiveObject>| {
        let mut case = Case::new().owned(&mine, uid, found);
        case.options.1 = true;
        case.plan().changes.first().map(|change| change.action)
    };
    assert_eq!(action("", Some(live(mine.clone()))), Some(Action::Delete));
    assert_eq!(action("live-uid", Some(live(mine.clone()))), Some(Action::Delete));
    assert_eq!(action("another", Some(live(mine.clone()))), Some(Action::Keep));
    assert_eq!(action("", Some(live(config_map("a", "1", Some("shop/web/older"))))), Some(Action::Keep));
    assert_eq!(action("", None), None);
    let mut kept = mine.clone();
    kept["metadata"]["annotations"][labels::PRUNE] = json!("keep");
    assert_eq!(action("", Some(live(kept))), Some(Action::Keep));
}

#[test]
fn an_empty_render_is_refused_unless_allowed() {
    let mine = config_map("a", "1", Some(OWNER));
    let mut case = Case::new().owned(&mine, "", Some(live(mine.clone())));
    assert_eq!(case.plan().worst_problem(), Some(ProblemKind::Invalid));
    case.options.1 = true;
    assert!(case.plan().applyable);
}

#[test]
fn a_stateful_set_that_takes_its_volumes_along_is_not_deleted_in_passing() {
    let mut set = json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db", "namespace": "shop",
        "annotations": {labels::OWNER_ID: OWNER}}, "spec": {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete"}}});
    let mut case = Case::new().owned(&set, "", Some(live(set.clone())));
    case.options = (Names::default(), true, true);
    assert_eq!(case.plan().worst_problem(), Some(ProblemKind::Blocked));
    set["spec"]["persistentVolumeClaimRetentionPolicy"]["whenDeleted"] = json!("Retain");
    let mut case = Case::new().owned(&set, "", Some(live(set.clone())));
    case.options = (Names::default(), true, true);
    assert!(case.plan().applyable);
}

#[test]
fn immutable_and_invalid_are_told_apart_and_a_typo_finds_its_word() {
    let deployment = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop",
        "annotations": {labels::OWNER_ID: OWNER}}, "spec": {"replica": 3}});
    let attempt = |immutable: bool, message: &str| {
        let dry_run = DryRun::Invalid { message: message.into(), causes: Vec::new(), immutable };
        Case::new().wants(deployment.clone(), Some(live(deployment.clone())), dry_run).plan()
    };
    let typo = attempt(
        false,
        "failed to create typed patch object (shop/web; apps/v1, Kind=Deployment): .spec.replica: field not declared in schema",
    );
    assert_eq!(typo.worst_problem(), Some(ProblemKind::Invalid));
    assert_eq!(typo.problems[0].message, ".spec.replica: field not declared in schema; did you mean `replicas`?");
    let blocked = attempt(true, "field is immutable");
    assert_eq!((blocked.worst_problem(), blocked.changes[0].action), (Some(ProblemKind::Blocked), Action::Replace));
    let refused = |kind: &str, allow: &str| {
        let value = json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": "a", "namespace": "shop", "annotations": {labels::OWNER_ID: OWNER}}, "spec": {"x": 2}});
        let mut old = value.clone();
        old["spec"]["x"] = json!(1);
        let dry_run = DryRun::Invalid {
            message: "field is immutable".into(),
            causes: vec![("spec.x".into(), "field is immutable".into())],
            immutable: true,
        };
        let mut case = Case::new().wants(value, Some(live(old)), dry_run);
        case.replace = Names::new([allow]);
        case.plan()
    };
    assert!(refused("Service", "service/a").applyable);
    let held = refused("Service", "service/other");
    assert!(held.problems[0].hint.contains("--allow-replace Service/a"), "{}", held.problems[0].hint);
    let claim = refused("PersistentVolumeClaim", "persistentvolumeclaim/a");
    assert_eq!(claim.worst_problem(), Some(ProblemKind::Invalid), "a volume is never replaced, whatever was allowed");
}
