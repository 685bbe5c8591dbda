//! The objects: the Deployment, its Service, what it is configured with, and the Job that runs before it.
//! It never decides about values: they are judged before it is called.

use template_sdk::build::{
    Container, Deployment, Job, Meta, Pod, Probe, config_map, horizontal_pod_autoscaler, pod_disruption_budget, volume,
};
use template_sdk::{Rendered, Value, json};

use crate::values::{Autoscale, HEALTH, Health, HealthKind, Migration};
use crate::{Given, outside};

/// What the pods need, what must have run before them, the pods.
const BEFORE: u32 = 0;
const MIGRATION: u32 = 1;
const PODS: u32 = 2;

/// Renders every object.
pub(crate) fn render(given: &Given<'_>) -> Rendered {
    let meta = meta(given, "server");
    let name = &given.block.name;
    let config = config(given, &meta);
    let job = given.values.migration.as_ref().map(|migration| migrate(given, migration, config.as_ref()));
    let scaler = given
        .values
        .autoscale
        .map(|Autoscale { min, max, cpu_percent }| horizontal_pod_autoscaler(&meta, name, min..=max, cpu_percent));
    let budget = pod_disruption_budget(&meta, name, given.values.fewest());
    let deployment = deployment(given, &meta, config.as_ref());
    Rendered::new()
        .object("serviceaccount/server", BEFORE, given.block.service_account(&meta))
        .maybe("configmap/config", BEFORE, config)
        .maybe("networkpolicy/server", BEFORE, outside::network_policy(given, &meta))
        .object("service/server", BEFORE, outside::service(given, &meta))
        .maybe("job/migration", MIGRATION, job)
        .object("deployment/server", PODS, deployment)
        .maybe("poddisruptionbudget/server", PODS, budget)
        .maybe("horizontalpodautoscaler/server", PODS, scaler)
        .maybe("ingress/server", PODS, outside::ingress(given, &meta))
        .maybe("httproute/server", PODS, outside::route(given, &meta))
}

fn meta(given: &Given<'_>, component: &str) -> Meta {
    Meta::new("web", &given.block.name, component, &given.block.namespace).version(given.image.version())
}

/// The configuration files, each under a key made from its path.
fn config(given: &Given<'_>, meta: &Meta) -> Option<Value> {
    let files = given.values.config_files.iter().map(|file| (key(&file.path), file.content.as_str()));
    let name = format!("{}-config", given.block.name);
    (!given.values.config_files.is_empty()).then(|| config_map(meta, &name, files))
}

/// `/etc/app/app.yaml` → `etc_app_app.yaml`: a ConfigMap's keys hold no slashes.
pub(crate) fn key(path: &str) -> String {
    path.trim_start_matches('/').replace('/', "_")
}

fn deployment(given: &Given<'_>, meta: &Meta, config: Option<&Value>) -> Value {
    let (values, block) = (&given.values, &given.block);
    // Always as for many: a number of replicas in the pods would roll all of them when it changes.
    let pod = block.pod(meta, 3).spread_by_revision(given.request.cluster_at_least(1, 31));
    let pod = volumes(given, pod, config).grace_period(values.shutdown.grace_seconds).container(server(given));
    let rolling = json!({"maxSurge": values.rollout.max_surge, "maxUnavailable": values.rollout.max_unavailable});
    let deployment = Deployment::new(meta, &block.name, values.replicas(), pod)
        .set("strategy", json!({"type": "RollingUpdate", "rollingUpdate": rolling}));
    // Kubernetes calls a rollout failed after ten minutes without progress; a start may take longer.
    let patience = values.health.startup_seconds.saturating_add(120);
    let deployment =
        if patience > 600 { deployment.set("progressDeadlineSeconds", json!(patience)) } else { deployment };
    if values.autoscale.is_some() { deployment.autoscaled().value() } else { deployment.value() }
}

/// The volumes of a pod, and the checksum that rolls it when a file changes.
fn volumes(given: &Given<'_>, pod: Pod, config: Option<&Value>) -> Pod {
    let (values, block) = (&given.values, &given.block);
    let mut pod = pod;
    if let Some(config) = config {
        let files = volume::config_map("config", &format!("{}-config", block.name), 0o444);
        pod = pod.checksum("config", config).volume(files);
    }
    for at in 0..values.writable_paths.len() {
        pod = pod.volume(volume::empty_dir(&format!("writable-{at}"), values.writable_size()));
    }
    pod
}

/// What every container of the image has: environment, files, writable folders.
fn container(given: &Given<'_>, name: &str) -> Container {
    let (values, block) = (&given.values, &given.block);
    let mut container = Container::new(name, &block.mapped(&given.image.full()), block.resources);
    if let Some(policy) = &values.pull_policy {
        container = container.pull_policy(policy);
    }
    for variable in &given.environment.variables {
        container = container.env(variable.clone());
    }
    for (at, path) in values.writable_paths.iter().enumerate() {
        container = container.mount(&format!("writable-{at}"), path);
    }
    for file in &values.config_files {
        container = container.file("config", &key(&file.path), &file.path);
    }
    container
}

fn server(given: &Given<'_>) -> Container {
    let values = &given.values;
    let mut container = container(given, "web");
    if !values.command.is_empty() {
        container = container.command(&values.command);
    }
    if !values.args.is_empty() {
        container = container.args(&values.args);
    }
    for (name, number, _) in values.ports() {
        container = container.port(name, number);
    }
    let (name, number) = values.health_port();
    if name == HEALTH && values.health.kind != HealthKind::None {
        container = container.port(name, number);
    }
    // Endpoints are taken away while the program is told to stop: requests still arrive for some seconds.
    let drain = values.shutdown.drain_seconds;
    container = match drain {
        0 => container,
        _ if given.request.cluster_at_least(1, 30) => container.pre_stop_sleep(drain),
        _ => container.pre_stop(["sleep".to_owned(), drain.to_string()]),
    };
    probed(&values.health, (name, number), container)
}

fn probed(health: &Health, (name, number): (&str, u16), container: Container) -> Container {
    let probe = |path: &str| match health.kind {
        HealthKind::Http => Some(Probe::http(name, path)),
        HealthKind::Tcp => Some(Probe::tcp(name)),
        HealthKind::Grpc => Some(Probe::grpc(number)),
        HealthKind::None => None,
    };
    let alive = health.liveness_path.as_deref();
    // A start is over when the program lives; what it needs from others is the readiness path's to say.
    let (Some(start), Some(ready)) = (probe(alive.unwrap_or(&health.path)), probe(&health.path)) else {
        return container;
    };
    let container = container
        .startup(start.period(2).timeout(3).failures(health.startup_seconds.div_ceil(2)))
        .readiness(ready.period(5).timeout(3).failures(3));
    match alive.and_then(probe) {
        Some(alive) => container.liveness(alive.period(10).timeout(5).failures(6)),
        None => container,
    }
}

/// The Job that runs before a new version: another image, command, environment or file is another Job.
fn migrate(given: &Given<'_>, migration: &Migration, config: Option<&Value>) -> Value {
    let meta = meta(given, "migration");
    let mut container = container(given, "migration").command(&migration.command);
    if !migration.args.is_empty() {
        container = container.args(&migration.args);
    }
    let pod = volumes(given, given.block.pod(&meta, 1), config).container(container);
    // The digest of the content takes nine characters more, and a Job's name is a label of its pods.
    let name: String = given.block.name.chars().take(46).collect();
    Job::new(&meta, &format!("{}-migrate", name.trim_end_matches('-')), pod)
        .retries(migration.retries)
        .deadline(migration.timeout_seconds)
        .value()
}
