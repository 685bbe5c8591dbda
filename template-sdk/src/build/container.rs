//! Containers: always with requests and limits, always within Pod Security "restricted".
//! It never lets a template switch a security field off.

use crate::json;
use serde_json::Value;

use super::{Probe, volume};
use crate::quantity::Quantity;

/// What a container may use: memory is reserved and capped, CPU reserved and by default not capped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resources {
    /// Reserved CPU.
    pub cpu: Quantity,
    /// Highest CPU; none by default, because throttling hurts latency more than neighbours do.
    pub cpu_limit: Option<Quantity>,
    /// Reserved memory.
    pub memory: Quantity,
    /// Highest memory: settings are derived from it.
    pub memory_limit: Quantity,
}

impl Resources {
    /// Returns resources with memory reserved up to its limit.
    ///
    /// ```
    /// use template_sdk::{Quantity, build::Resources};
    /// let small = Resources::new(Quantity::from_millis(10), Quantity::from_mib(32));
    /// assert_eq!(small.value()["limits"]["memory"], "32Mi");
    /// ```
    pub fn new(cpu: Quantity, memory: Quantity) -> Self {
        Self { cpu, cpu_limit: None, memory, memory_limit: memory }
    }

    /// Returns the resources as JSON.
    pub fn value(&self) -> Value {
        let mut limits = json!({"memory": self.memory_limit});
        if let Some(cpu) = self.cpu_limit {
            limits["cpu"] = json!(cpu);
        }
        json!({"requests": {"cpu": self.cpu, "memory": self.memory}, "limits": limits})
    }
}

/// Entries of a container's environment.
pub mod env {
    use crate::json;
    use serde_json::Value;

    /// Returns a variable with a plain value; never a secret.
    pub fn value(name: &str, value: impl Into<String>) -> Value {
        json!({"name": name, "value": value.into()})
    }

    /// Returns a variable from a key of a Secret, for programs that cannot read files.
    pub fn secret(name: &str, secret: &str, key: &str) -> Value {
        json!({"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}})
    }

    /// Returns a variable from a field of the pod, such as `metadata.name`.
    pub fn field(name: &str, path: &str) -> Value {
        json!({"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}})
    }
}

/// A container of a pod.
///
/// ```
/// use template_sdk::{Quantity, build::{Container, Resources, env}};
/// let resources = Resources::new(Quantity::from_millis(100), Quantity::from_mib(256));
/// let container = Container::new("redis", "docker.io/library/redis:8.2", resources)
///     .command(["redis-server", "/conf/redis.conf"])
///     .env(env::value("TZ", "UTC"))
///     .port("tcp-redis", 6379)
///     .mount("data", "/data")
///     .value();
/// assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], true);
/// ```
#[derive(Clone, Debug)]
pub struct Container(Box<Value>);

impl Container {
    /// Returns a container that may not gain privileges nor write to its image.
    pub fn new(name: &str, image: &str, resources: Resources) -> Self {
        Self(Box::new(json!({
            "name": name,
            "image": image,
            "imagePullPolicy": "IfNotPresent",
            "resources": resources.value(),
            "securityContext": {
                "allowPrivilegeEscalation": false,
                "readOnlyRootFilesystem": true,
                "capabilities": {"drop": ["ALL"]},
            },
        })))
    }

    /// Sets when the image is pulled.
    pub fn pull_policy(self, policy: &str) -> Self {
        self.set("imagePullPolicy", json!(policy))
    }

    /// Replaces the image's entrypoint.
    pub fn command<S: Into<String>>(self, command: impl IntoIterator<Item = S>) -> Self {
        self.set("command", texts(&mut command.into_iter().map(Into::into)))
    }

    /// Sets the arguments.
    pub fn args<S: Into<String>>(self, args: impl IntoIterator<Item = S>) -> Self {
        self.set("args", texts(&mut args.into_iter().map(Into::into)))
    }

    /// Adds a variable made by [`mod@env`].
    pub fn env(self, variable: Value) -> Self {
        self.push("env", variable)
    }

    /// Adds a named TCP port.
    pub fn port(self, name: &str, number: u16) -> Self {
        self.push("ports", json!({"name": name, "containerPort": number, "protocol": "TCP"}))
    }

    /// Mounts a volume.
    pub fn mount(self, name: &str, path: &str) -> Self {
        self.push("volumeMounts", volume::mount(name, path))
    }

    /// Mounts a volume that the container may not write.
    pub fn read_only(self, name: &str, path: &str) -> Self {
        self.push("volumeMounts", json!({"name": name, "mountPath": path, "readOnly": true}))
    }

    /// Mounts one file of a volume over one file of the image; what else is in the folder stays visible.
    pub fn file(self, name: &str, key: &str, path: &str) -> Self {
        self.push("volumeMounts", json!({"name": name, "mountPath": path, "subPath": key, "readOnly": true}))
    }

    /// Sets the probe that holds the other two back until the software has started.
    pub fn startup(self, probe: Probe) -> Self {
        self.set("startupProbe", probe.value())
    }

    /// Sets the probe whose failure restarts the container.
    pub fn liveness(self, probe: Probe) -> Self {
        self.set("livenessProbe", probe.value())
    }

    /// Sets the probe whose failure takes the pod out of its Services.
    pub fn readiness(self, probe: Probe) -> Self {
        self.set("readinessProbe", probe.value())
    }

    /// Runs a command before the container is told to stop.
    pub fn pre_stop<S: Into<String>>(self, command: impl IntoIterator<Item = S>) -> Self {
        let command = texts(&mut command.into_iter().map(Into::into));
        self.set("lifecycle", json!({"preStop": {"exec": {"command": command}}}))
    }

    /// Waits before the container is told to stop, without a program of the image: Kubernetes 1.30 and newer. At least one
    /// second, and less than the pod's grace period.
    pub fn pre_stop_sleep(self, seconds: u32) -> Self {
        self.set("lifecycle", json!({"preStop": {"sleep": {"seconds": seconds}}}))
    }

    /// Makes an init container a native sidecar: it starts first and stops last.
    pub fn sidecar(self) -> Self {
        self.set("restartPolicy", json!("Always"))
    }

    /// Sets any other field.
    pub fn set(mut self, field: &str, value: Value) -> Self {
        self.0[field] = value;
        self
    }

    /// Returns the container as JSON.
    pub fn value(self) -> Value {
        *self.0
    }

    fn push(mut self, field: &str, entry: Value) -> Self {
        push(&mut self.0, field, entry);
        self
    }
}

/// Returns a list of texts; one piece of code, whatever the callers' types are.
pub(crate) fn texts(texts: &mut dyn Iterator<Item = String>) -> Value {
    Value::Array(texts.map(Value::String).collect())
}

/// Appends to a list, making it where it is missing.
pub(crate) fn push(object: &mut Value, field: &str, entry: Value) {
    match object[field].as_array_mut() {
        Some(list) => list.push(entry),
        None => object[field] = json!([entry]),
    }
}
