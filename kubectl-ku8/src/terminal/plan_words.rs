//! Consequences and new objects in words, shared by every form a plan is shown in.
//! It finds words for what the plan says and adds nothing to it.

use super::Styles;
use super::value_view::one_line;
use crate::plan::{Change, Effect, FieldClass};

/// What a person wants to know of a new object: image, replicas, sizes, ports.
pub(super) fn highlights(change: &Change) -> Vec<String> {
    let find = |class: FieldClass, end: &'static str| {
        change
            .fields
            .iter()
            .filter(move |field| field.class == class && field.pointer.ends_with(end))
            .map(|field| one_line(&field.after))
    };
    let mut words = Vec::new();
    if let Some(replicas) = find(FieldClass::Replicas, "/spec/replicas").next() {
        words.push(format!("{replicas} {}", if replicas == "1" { "pod" } else { "pods" }));
    }
    let mut images: Vec<String> = Vec::new();
    for image in find(FieldClass::Image, "/image") {
        if !images.contains(&image) {
            images.push(image);
        }
    }
    words.extend(images);
    let memory = change.fields.iter().find(|field| field.pointer.ends_with("/containers/0/resources/limits/memory"));
    words.extend(memory.map(|field| format!("memory {}", one_line(&field.after))));
    let disk = change.fields.iter().find(|field| field.pointer.ends_with("/resources/requests/storage"));
    words.extend(disk.map(|field| format!("disk {}", one_line(&field.after))));
    if change.key.is_core("Service") {
        let ports: Vec<String> = change
            .fields
            .iter()
            .filter(|field| field.pointer.ends_with("/port"))
            .map(|field| one_line(&field.after))
            .collect();
        if !ports.is_empty() {
            words.push(format!("port {}", ports.join(", ")));
        }
    }
    words
}

pub(super) fn effect_words(effect: &Effect, styles: Styles) -> String {
    let pods = |count: u64| if count == 1 { "1 pod".to_owned() } else { format!("{count} pods") };
    match effect {
        Effect::RollingRestart { pods: 1 } => styles.warn("restart of its only pod: down meanwhile"),
        Effect::RollingRestart { pods: count } => styles.warn(&format!("rolling restart of {}", pods(*count))),
        Effect::Downtime { pods: count } => styles.bad(&format!("downtime: all {} stop first", pods(*count))),
        Effect::OnDelete { pods: count } => format!("{} keep the old version until deleted", pods(*count)),
        Effect::Scale { from, to } if to > from => format!("{} more", pods(to - from)),
        Effect::Scale { from, to } => styles.warn(&format!("{} fewer", pods(from - to))),
        Effect::ReadAfterRestart => "running pods keep the old file".to_owned(),
        Effect::VolumeGrows => "its data stays".to_owned(),
        Effect::Replaced { keeps_pods: true } => "it alone is deleted and created again, not its pods".to_owned(),
        Effect::Replaced { keeps_pods: false } => styles.warn("deleted and created again"),
        Effect::AddressChanges => styles.warn("clients that remember its address lose their connections"),
        Effect::OtherPods => styles.warn("its clients are sent to other pods"),
        Effect::Paused => "it is paused: its pods change when it is resumed".to_owned(),
        Effect::Retained | Effect::TakenBack => String::new(),
        Effect::DataLoss => styles.bad("its data is lost"),
    }
}
