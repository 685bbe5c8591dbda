//! Jobs that run once for what they were rendered from.
//! They never change in place, which Kubernetes refuses: another content is another Job.

use crate::json;
use crate::shape;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::config::hex;
use super::labels::Meta;
use super::pod::Pod;

/// A Job named after its content: it runs again when anything in its pod changes, and only then.
///
/// ```
/// use template_sdk::{Quantity, build::{Container, Job, Meta, Pod, Resources}};
/// let meta = Meta::new("kafka", "events", "topics", "prod");
/// let resources = Resources::new(Quantity::from_millis(100), Quantity::from_mib(256));
/// let job = |word: &str| {
///     let container = Container::new("topics", "docker.io/apache/kafka:4.1.0", resources).command([word]);
///     Job::new(&meta, "events-topics", Pod::new(&meta, 1000, 1000).container(container)).value()
/// };
/// assert_eq!(job("a"), job("a"));
/// assert_ne!(job("a")["metadata"]["name"], job("b")["metadata"]["name"]);
/// ```
#[derive(Clone, Debug)]
pub struct Job(Box<Value>);

impl Job {
    /// Returns a Job `<name>-<8 digits of the pod's digest>`. Give `meta` a component of its own: pods with the labels
    /// of a server would be found by its Service.
    pub fn new(meta: &Meta, name: &str, pod: Pod) -> Self {
        let pod = pod.set("restartPolicy", json!("Never")).value();
        let digest = hex(&Sha256::digest(shape::text(&pod))[..4]);
        let mut object = meta.object("batch/v1", "Job", &format!("{name}-{digest}"));
        object["spec"] = json!({"backoffLimit": 10, "template": pod});
        Self(Box::new(object))
    }

    /// Sets how often a failed pod is tried again.
    pub fn retries(self, count: u32) -> Self {
        self.set("backoffLimit", json!(count))
    }

    /// Sets the seconds after which the Job has failed, whatever its pods do.
    pub fn deadline(self, seconds: u32) -> Self {
        self.set("activeDeadlineSeconds", json!(seconds))
    }

    /// Sets any other field of the spec.
    pub fn set(mut self, field: &str, value: Value) -> Self {
        self.0["spec"][field] = value;
        self
    }

    /// Returns the object as JSON.
    pub fn value(self) -> Value {
        *self.0
    }
}
