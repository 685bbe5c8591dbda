//! What a change does to running pods and to data, told from the fields that change.
//! It predicts what controllers will do; it never looks at pods.

use serde::Serialize;
use serde_json::Value;

use super::{FieldChange, PathStep};
use crate::object::ObjectKey;

/// One consequence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Effect {
    /// Pods restart one after another.
    RollingRestart {
        /// How many.
        pods: u64,
    },
    /// All pods stop before new ones start.
    Downtime {
        /// How many.
        pods: u64,
    },
    /// Pods keep running the old version until somebody deletes them.
    OnDelete {
        /// How many.
        pods: u64,
    },
    /// More or fewer pods.
    Scale {
        /// Before.
        from: u64,
        /// After.
        to: u64,
    },
    /// Running pods keep the old file until they restart.
    ReadAfterRestart,
    /// A volume becomes larger; its data stays.
    VolumeGrows,
    /// The object is deleted and created again.
    Replaced {
        /// Its pods keep running and belong to the new one.
        keeps_pods: bool,
    },
    /// The Service gets another address: clients that remember the old one lose their connections.
    AddressChanges,
    /// The Service sends its clients to other pods.
    OtherPods,
    /// The Deployment is paused: its pods change when it is resumed.
    Paused,
    /// The object outlives its definition and is marked so.
    Retained,
    /// The object outlived its definition and belongs to it again.
    TakenBack,
    /// A volume and its data go away.
    DataLoss,
}

impl Effect {
    /// Pods that restart because of it.
    pub fn pods_restarted(&self) -> u64 {
        match self {
            Self::RollingRestart { pods } | Self::Downtime { pods } => *pods,
            _ => 0,
        }
    }
}

/// Effects of an update.
pub(crate) fn of_update(key: &ObjectKey, live: &Value, after: &Value, fields: &[FieldChange]) -> Vec<Effect> {
    let touches = |first: &str, second: &str| {
        fields.iter().any(|field| {
            matches!(&field.path[..], [PathStep::Field(one), PathStep::Field(two), ..] if one == first && two == second)
        })
    };
    let mut effects = Vec::new();
    let replicas = |value: &Value| value["spec"]["replicas"].as_u64().unwrap_or(1);
    match (key.group.as_str(), key.kind.as_str()) {
        ("apps", kind @ ("StatefulSet" | "Deployment" | "DaemonSet")) => {
            let pods = if kind == "DaemonSet" {
                live["status"]["desiredNumberScheduled"].as_u64().unwrap_or(0)
            } else {
                replicas(live).min(replicas(after))
            };
            if kind != "DaemonSet" && replicas(live) != replicas(after) {
                effects.push(Effect::Scale { from: replicas(live), to: replicas(after) });
            }
            if touches("spec", "template") && pods > 0 && after["spec"]["paused"] == true {
                effects.push(Effect::Paused);
            } else if touches("spec", "template") && pods > 0 {
                let strategy =
                    after["spec"]["updateStrategy"]["type"].as_str().or(after["spec"]["strategy"]["type"].as_str());
                effects.push(match strategy {
                    Some("OnDelete") => Effect::OnDelete { pods },
                    Some("Recreate") => Effect::Downtime { pods },
                    _ => Effect::RollingRestart { pods },
                });
            }
        }
        ("", "Service") if touches("spec", "selector") => effects.push(Effect::OtherPods),
        ("", "ConfigMap" | "Secret") if touches("data", "") || fields.iter().any(is_data) => {
            effects.push(Effect::ReadAfterRestart);
        }
        _ => {}
    }
    effects
}

fn is_data(field: &FieldChange) -> bool {
    matches!(field.path.first(), Some(PathStep::Field(name)) if name == "data" || name == "binaryData")
}
