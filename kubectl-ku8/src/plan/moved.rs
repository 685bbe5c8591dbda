//! Two plans of one definition compared: what was approved, and what would happen now.
//! What we do not change makes no difference; an object that was made again does.

use super::saved::{SavedChange, SavedPlan};

/// One object whose plan is no longer what was approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// `Kind/name`.
    pub object: String,
    /// What was approved.
    pub planned: Vec<String>,
    /// What would happen now.
    pub now: Vec<String>,
}

impl SavedPlan {
    /// What is different in a plan made now; empty when the same thing would happen. A resourceVersion that moved is
    /// no difference, an object that was made again is.
    pub fn moved(&self, now: &Self) -> Vec<Moved> {
        let mut moved = Vec::new();
        for planned in &self.changes {
            match now.changes.iter().find(|change| change.object == planned.object) {
                Some(change) if same(planned, change) => {}
                Some(change) => {
                    let mut words = words(change);
                    if !planned.uid.is_empty() && !change.uid.is_empty() && planned.uid != change.uid {
                        words.insert(0, "replaced by another object of that name (its uid differs)".to_owned());
                    } else if !planned.uid.is_empty() && change.uid.is_empty() {
                        words.insert(0, "deleted since planning".to_owned());
                    } else if planned.uid.is_empty() && !change.uid.is_empty() {
                        words.insert(0, "created by somebody else since planning".to_owned());
                    } else if planned.object_digest != change.object_digest {
                        words.insert(0, "the object to apply is another one".to_owned());
                    }
                    moved.push(Moved { object: planned.object.clone(), planned: self::words(planned), now: words });
                }
                None => moved.push(Moved {
                    object: planned.object.clone(),
                    planned: words(planned),
                    now: vec!["nothing to do".to_owned()],
                }),
            }
        }
        for change in now.changes.iter().filter(|change| !self.changes.iter().any(|one| one.object == change.object)) {
            moved.push(Moved {
                object: change.object.clone(),
                planned: vec!["nothing to do".to_owned()],
                now: words(change),
            });
        }
        for secret in self.secrets.iter().filter(|secret| !now.secrets.contains(secret)) {
            moved.push(Moved {
                object: format!("Secret/{}", secret.name),
                planned: vec!["values to generate".to_owned()],
                now: vec!["something else".to_owned()],
            });
        }
        for secret in now.secrets.iter().filter(|secret| !self.secrets.contains(secret)) {
            let object = format!("Secret/{}", secret.name);
            if !moved.iter().any(|one| one.object == object) {
                moved.push(Moved {
                    object,
                    planned: vec!["nothing to do".to_owned()],
                    now: vec!["values to generate".to_owned()],
                });
            }
        }
        moved
    }
}

fn same(planned: &SavedChange, now: &SavedChange) -> bool {
    planned.change_digest == now.change_digest && planned.object_digest == now.object_digest && planned.uid == now.uid
}

fn words(change: &SavedChange) -> Vec<String> {
    std::iter::once(change.action.clone()).chain(change.fields.iter().cloned()).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::Value;

    use super::super::saved::{FORMAT, SavedCluster, SavedOptions, SavedSubject};
    use super::*;

    pub(crate) fn saved(changes: Vec<SavedChange>) -> SavedPlan {
        let mut saved = SavedPlan {
            api_version: FORMAT.into(),
            kind: "Plan".into(),
            created_at: "t".into(),
            tool: "0".into(),
            cluster: SavedCluster::default(),
            definition: SavedSubject::default(),
            options: SavedOptions::default(),
            summary: Value::Null,
            changes,
            secrets: Vec::new(),
            digest: String::new(),
        };
        saved.digest = saved.own_digest();
        saved
    }

    pub(crate) fn change(uid: &str, version: &str, digest: &str) -> SavedChange {
        SavedChange {
            object: "Service/web".into(),
            action: "update".into(),
            uid: uid.into(),
            resource_version: version.into(),
            change_digest: digest.into(),
            object_digest: "o".into(),
            fields: vec!["spec.ports[80/TCP].port  80 → 81".into()],
        }
    }

    #[test]
    fn only_what_we_change_makes_a_plan_stale() {
        let one = saved(vec![change("u", "1", "a")]);
        assert!(one.moved(&saved(vec![change("u", "9", "a")])).is_empty(), "a resourceVersion alone is no difference");
        let first = |now: Vec<SavedChange>| one.moved(&saved(now))[0].now[0].clone();
        assert_eq!(first(vec![change("u", "1", "b")]), "update");
        assert!(first(vec![change("v", "1", "a")]).contains("uid differs"));
        assert_eq!(first(vec![change("", "", "c")]), "deleted since planning");
        assert_eq!(first(Vec::new()), "nothing to do");
        assert_eq!(saved(Vec::new()).moved(&one)[0].planned, ["nothing to do"]);
    }
}
