//! Reads each part of the shared parameters out of values.
//! It never judges: what cannot be read is a finding and the default.

use super::read::{Auth, Exposure, Image, Metrics, Monitor, NetworkMode, Scheduling, Size, Spread, Storage};
use super::spec::{AuthMode, Spec};
use crate::pick::Pick;

pub(super) fn auth(spec: &Spec, pick: &mut Pick<'_>) -> Auth {
    let enabled = match spec.auth {
        AuthMode::None => false,
        AuthMode::Required => true,
        AuthMode::Optional(default) => pick.flag("/auth/enabled").unwrap_or(default),
    };
    Auth { enabled, existing_secret: pick.text("/auth/existingSecret") }
}

pub(super) fn size(pick: &mut Pick<'_>) -> Size {
    let all = [Size::Dev, Size::Small, Size::Medium, Size::Large, Size::Custom];
    let place = pick.word("/size", &["dev", "small", "medium", "large", "custom"]);
    place.and_then(|place| all.get(place).copied()).unwrap_or_default()
}

pub(super) fn network(pick: &mut Pick<'_>) -> NetworkMode {
    let all = [NetworkMode::Off, NetworkMode::SameNamespace, NetworkMode::Labelled];
    let place = pick.word("/networkPolicy/mode", &["off", "sameNamespace", "labelled"]);
    place.and_then(|place| all.get(place).copied()).unwrap_or_default()
}

pub(super) fn exposure(pick: &mut Pick<'_>) -> Exposure {
    let all = [Exposure::Cluster, Exposure::NodePort, Exposure::LoadBalancer];
    let place = pick.word("/service/exposure", &["cluster", "nodePort", "loadBalancer"]);
    place.and_then(|place| all.get(place).copied()).unwrap_or_default()
}

pub(super) fn storage(pick: &mut Pick<'_>) -> Storage {
    Storage {
        size: pick.quantity("/storage/size"),
        class_name: pick.text("/storage/className"),
        on_delete: pick.text("/storage/onDelete"),
        on_scale_down: pick.text("/storage/onScaleDown"),
    }
}

/// Nothing where the template has an image parameter of its own.
pub(super) fn image(spec: &Spec, pick: &mut Pick<'_>) -> Image {
    if spec.repository.is_empty() {
        return Image::default();
    }
    Image {
        repository: pick.text("/image/repository"),
        tag: pick.text("/image/tag"),
        digest: pick.text("/image/digest"),
        pull_policy: pick.text("/image/pullPolicy"),
    }
}

pub(super) fn scheduling(pick: &mut Pick<'_>) -> Scheduling {
    let all = [Spread::None, Spread::PreferNodes, Spread::RequireNodes, Spread::PreferZones, Spread::RequireZones];
    let words = ["none", "preferNodes", "requireNodes", "preferZones", "requireZones"];
    let spread = pick.word("/scheduling/spread", &words).and_then(|place| all.get(place).copied());
    Scheduling {
        spread: spread.unwrap_or_default(),
        node_selector: pick.members("/scheduling/nodeSelector"),
        tolerations: pick.items("/scheduling/tolerations"),
        priority_class_name: pick.text("/scheduling/priorityClassName"),
    }
}

pub(super) fn metrics(pick: &mut Pick<'_>) -> Metrics {
    let all = [Monitor::None, Monitor::PodMonitor, Monitor::Annotations];
    let monitor = pick.word("/metrics/monitor", &["none", "podMonitor", "annotations"]);
    Metrics {
        enabled: pick.flag("/metrics/enabled").unwrap_or_default(),
        monitor: monitor.and_then(|place| all.get(place).copied()).unwrap_or_default(),
    }
}
