//! Probes.
//! It never chooses thresholds for a template: what is slow or dead differs per software.

use super::container::texts;
use crate::json;
use serde_json::Value;

/// A startup, liveness or readiness probe.
///
/// ```
/// use template_sdk::build::Probe;
/// let probe = Probe::exec(["sh", "/scripts/ready.sh"]).period(5).timeout(3).failures(3).value();
/// assert_eq!(probe["exec"]["command"][0], "sh");
/// ```
#[derive(Clone, Debug)]
pub struct Probe(Box<Value>);

impl Probe {
    /// Runs a command in the container.
    pub fn exec<S: Into<String>>(command: impl IntoIterator<Item = S>) -> Self {
        let command = texts(&mut command.into_iter().map(Into::into));
        Self(Box::new(json!({"exec": {"command": command}})))
    }

    /// Opens a TCP connection to a named port.
    pub fn tcp(port: &str) -> Self {
        Self(Box::new(json!({"tcpSocket": {"port": port}})))
    }

    /// Gets a path over HTTP from a named port.
    pub fn http(port: &str, path: &str) -> Self {
        Self(Box::new(json!({"httpGet": {"port": port, "path": path}})))
    }

    /// Asks the gRPC health service on a port, which has no name here.
    pub fn grpc(port: u16) -> Self {
        Self(Box::new(json!({"grpc": {"port": port}})))
    }

    /// Seconds before the first try.
    pub fn delay(self, seconds: u32) -> Self {
        self.set("initialDelaySeconds", seconds)
    }

    /// Seconds between tries.
    pub fn period(self, seconds: u32) -> Self {
        self.set("periodSeconds", seconds)
    }

    /// Seconds until a try counts as failed.
    pub fn timeout(self, seconds: u32) -> Self {
        self.set("timeoutSeconds", seconds)
    }

    /// Failed tries in a row that count.
    pub fn failures(self, count: u32) -> Self {
        self.set("failureThreshold", count)
    }

    /// Returns the probe as JSON.
    pub fn value(self) -> Value {
        *self.0
    }

    fn set(mut self, field: &str, value: u32) -> Self {
        self.0[field] = json!(value);
        self
    }
}
