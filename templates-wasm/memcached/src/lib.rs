//! Memcached: one node, or a pool of nodes with stable names among which clients share out the keys.
//! It never puts one address in front of several nodes, and never keeps anything: a cache may be lost.

mod guide;
mod objects;
mod rules;
mod schema;
mod values;

#[cfg(test)]
mod tests;

use template_sdk::block::{AuthMode, Block, Exporter, Preset, Spec, transitions};
use template_sdk::{Findings, Kind, Metadata, Operation, Rendered, Request, Rule, Template, Value};

use crate::values::Values;

/// What the shared block needs to know of Memcached.
const SPEC: Spec = Spec {
    template: "memcached",
    repository: "docker.io/library/memcached",
    tag: "1.6",
    user: 11211,
    group: 11211,
    presets: [
        Preset::new("50m", "128Mi", "0"),
        Preset::new("100m", "512Mi", "0"),
        Preset::new("250m", "2Gi", "0"),
        Preset::new("500m", "8Gi", "0"),
    ],
    storage_per_memory: 0,
    stateful: false,
    auth: AuthMode::None,
    exporter: Some(Exporter { image: "quay.io/prometheus/memcached-exporter:v0.15.3", port: 9150 }),
    extra_config: None,
    major_downgrade: true,
};

/// The template.
#[derive(Debug)]
pub struct Memcached;

template_sdk::export_template!(Memcached);

impl Template for Memcached {
    fn metadata() -> Metadata {
        Metadata {
            name: "memcached",
            version: env!("CARGO_PKG_VERSION"),
            title: "Memcached",
            description: "In-memory cache: one node, or a pool of nodes among which the clients share out the keys. \
                          It has no password and keeps nothing.",
            app_version: SPEC.tag,
            produces: vec![
                Kind::new("", "Service"),
                Kind::new("", "ServiceAccount"),
                Kind::new("apps", "StatefulSet"),
                Kind::new("policy", "PodDisruptionBudget"),
                Kind::new("networking.k8s.io", "NetworkPolicy"),
                Kind::new("monitoring.coreos.com", "PodMonitor"),
            ],
        }
    }

    fn schema() -> Value {
        schema::schema()
    }

    fn rules() -> Vec<Rule> {
        guide::rules()
    }

    fn operations() -> Vec<Operation> {
        guide::operations()
    }

    fn render(request: &Request) -> Result<Rendered, Findings> {
        let block = Block::read(&SPEC, request)?;
        let values = Values::read(request)?;
        let mut findings = transitions(&block, request, false);
        findings.extend(rules::judge(&values, &block));
        findings.extend(rules::changes(request, &values));
        let warnings = findings.refuse()?;
        Ok(objects::render(&block, &values).warnings(warnings))
    }
}
