//! Reads the template's own values into types.
//! It never judges what is written; what has another shape is told with its place, and the default is used.

use template_sdk::{Findings, Pick, Value};

use crate::values::{
    Autoscale, ConfigFile, ExtraPort, Gateway, Health, HealthKind, Ingress, Migration, NetworkPolicy, Rollout, Service,
    Shutdown, Tls, Values,
};

/// Reads all of them; the defaults are also for earlier states that did not have a name yet.
pub(crate) fn read(values: &Value, findings: &mut Findings) -> Values {
    let mut pick = Pick::new(values, findings);
    let pick = &mut pick;
    Values {
        image: pick.text("/image").unwrap_or_default(),
        pull_policy: pick.text("/pullPolicy"),
        port: port(pick, "/port").unwrap_or(8080),
        replicas: number(pick, "/replicas"),
        autoscale: has(values, "/autoscale").then(|| autoscale(pick)),
        env: pick.members("/env"),
        secret_env: pick.members("/secretEnv"),
        config_files: each(values, pick, "/configFiles", config_file),
        ingress: has(values, "/ingress").then(|| ingress(pick)),
        gateway: has(values, "/gateway").then(|| gateway(pick)),
        health: health(pick),
        shutdown: Shutdown {
            drain_seconds: number(pick, "/shutdown/drainSeconds").unwrap_or(10),
            grace_seconds: number(pick, "/shutdown/graceSeconds").unwrap_or(45),
        },
        command: texts(values, pick, "/command"),
        args: texts(values, pick, "/args"),
        writable_paths: if has(values, "/writablePaths") {
            texts(values, pick, "/writablePaths")
        } else {
            vec!["/tmp".to_owned()]
        },
        writable_size: pick.quantity("/writableSize"),
        run_as_user: number(pick, "/runAsUser").unwrap_or(10_001),
        rollout: Rollout {
            max_surge: values.pointer("/rollout/maxSurge").cloned().unwrap_or_else(|| Value::from("25%")),
            max_unavailable: values.pointer("/rollout/maxUnavailable").cloned().unwrap_or_else(|| Value::from(0)),
        },
        extra_ports: each(values, pick, "/extraPorts", extra_port),
        service: Service { port: port(pick, "/service/port"), app_protocol: pick.text("/service/appProtocol") },
        network_policy: NetworkPolicy { namespaces: texts(values, pick, "/networkPolicy/namespaces") },
        migration: has(values, "/migration").then(|| Migration {
            command: texts(values, pick, "/migration/command"),
            args: texts(values, pick, "/migration/args"),
            timeout_seconds: number(pick, "/migration/timeoutSeconds").unwrap_or(600),
            retries: number(pick, "/migration/retries").unwrap_or(2),
        }),
    }
}

fn has(values: &Value, pointer: &str) -> bool {
    values.pointer(pointer).is_some_and(|value| !value.is_null())
}

fn number(pick: &mut Pick<'_>, pointer: &str) -> Option<u32> {
    pick.number(pointer).map(|number| u32::try_from(number).unwrap_or(u32::MAX))
}

fn port(pick: &mut Pick<'_>, pointer: &str) -> Option<u16> {
    pick.number(pointer).map(|number| u16::try_from(number).unwrap_or(u16::MAX))
}

/// Reads each item of a list, by its place.
fn each<T>(values: &Value, pick: &mut Pick<'_>, pointer: &str, item: fn(&mut Pick<'_>, &str) -> T) -> Vec<T> {
    let count = values.pointer(pointer).and_then(Value::as_array).map_or(0, Vec::len);
    (0..count).map(|at| item(pick, &format!("{pointer}/{at}"))).collect()
}

fn texts(values: &Value, pick: &mut Pick<'_>, pointer: &str) -> Vec<String> {
    each(values, pick, pointer, |pick, place| pick.text(place).unwrap_or_default())
}

fn autoscale(pick: &mut Pick<'_>) -> Autoscale {
    Autoscale {
        min: number(pick, "/autoscale/min").unwrap_or(2),
        max: number(pick, "/autoscale/max").unwrap_or_default(),
        cpu_percent: number(pick, "/autoscale/cpuPercent").unwrap_or(70),
    }
}

fn config_file(pick: &mut Pick<'_>, place: &str) -> ConfigFile {
    ConfigFile {
        path: pick.text(&format!("{place}/path")).unwrap_or_default(),
        content: pick.text(&format!("{place}/content")).unwrap_or_default(),
    }
}

fn extra_port(pick: &mut Pick<'_>, place: &str) -> ExtraPort {
    ExtraPort {
        name: pick.text(&format!("{place}/name")).unwrap_or_default(),
        port: port(pick, &format!("{place}/port")).unwrap_or_default(),
    }
}

fn ingress(pick: &mut Pick<'_>) -> Ingress {
    Ingress {
        host: pick.text("/ingress/host").unwrap_or_default(),
        path: pick.text("/ingress/path").unwrap_or_else(|| "/".to_owned()),
        port: pick.text("/ingress/port"),
        class_name: pick.text("/ingress/className"),
        tls: Tls { secret: pick.text("/ingress/tls/secret"), cluster_issuer: pick.text("/ingress/tls/clusterIssuer") },
        annotations: pick.members("/ingress/annotations"),
    }
}

fn gateway(pick: &mut Pick<'_>) -> Gateway {
    Gateway {
        host: pick.text("/gateway/host").unwrap_or_default(),
        path: pick.text("/gateway/path").unwrap_or_else(|| "/".to_owned()),
        port: pick.text("/gateway/port"),
        name: pick.text("/gateway/name").unwrap_or_default(),
        namespace: pick.text("/gateway/namespace"),
        section_name: pick.text("/gateway/sectionName"),
    }
}

fn health(pick: &mut Pick<'_>) -> Health {
    let all = [HealthKind::Http, HealthKind::Tcp, HealthKind::Grpc, HealthKind::None];
    let kind = pick.word("/health/type", &["http", "tcp", "grpc", "none"]);
    Health {
        kind: kind.and_then(|place| all.get(place).copied()).unwrap_or(HealthKind::Http),
        path: pick.text("/health/path").unwrap_or_else(|| "/healthz".to_owned()),
        liveness_path: pick.text("/health/livenessPath"),
        port: port(pick, "/health/port"),
        startup_seconds: number(pick, "/health/startupSeconds").unwrap_or(60),
    }
}
