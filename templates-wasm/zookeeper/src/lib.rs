//! Apache ZooKeeper as one StatefulSet: a member alone, or an ensemble of three, five or seven.
//! It never renders a change of size that could let empty members outvote the ones that hold the data.

mod auth;
mod config;
mod guide;
mod jobs;
mod objects;
mod pod;
mod rules;
mod schema;
mod transition;
mod values;

#[cfg(test)]
mod tests;

use template_sdk::block::{AuthMode, Block, Exporter, Preset, Spec, transitions};
use template_sdk::{Findings, Kind, Metadata, Operation, Rendered, Request, Rule, Template, Value};

use crate::values::Values;

/// What the shared block needs to know of ZooKeeper.
const SPEC: Spec = Spec {
    template: "zookeeper",
    repository: "docker.io/library/zookeeper",
    tag: "3.9",
    user: 1000,
    group: 1000,
    presets: [
        Preset::new("100m", "512Mi", "1Gi"),
        Preset::new("250m", "1Gi", "8Gi"),
        Preset::new("500m", "2Gi", "16Gi"),
        Preset::new("1", "4Gi", "32Gi"),
    ],
    storage_per_memory: 8,
    stateful: true,
    auth: AuthMode::Required,
    exporter: Some(Exporter { image: "", port: config::METRICS_PORT }),
    extra_config: Some("lines of zoo.cfg"),
    major_downgrade: false,
};

/// The template.
pub struct ZooKeeper;

template_sdk::export_template!(ZooKeeper);

impl Template for ZooKeeper {
    fn metadata() -> Metadata {
        Metadata {
            name: "zookeeper",
            version: env!("CARGO_PKG_VERSION"),
            title: "Apache ZooKeeper",
            description: "Coordination service: one member for development, or an ensemble of 3, 5 or 7 that \
                          survives the loss of a minority. Changes of size that could lose data are refused, or made by Jobs while \
                          it runs.",
            app_version: SPEC.tag,
            produces: vec![
                Kind::new("", "ConfigMap"),
                Kind::new("", "Service"),
                Kind::new("", "ServiceAccount"),
                Kind::new("apps", "StatefulSet"),
                Kind::new("batch", "Job"),
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
        let mut findings = transitions(&block, request, true);
        findings.extend(rules::judge(&values, &block));
        findings.extend(transition::judge(request, &values));
        findings.extend(auth::judge(request, &values, &block));
        let warnings = findings.refuse()?;
        Ok(objects::render(&block, &values, request).warnings(warnings))
    }
}
