//! Apache Kafka in KRaft mode as one StatefulSet: one or three controllers that are brokers too, and further brokers.
//! It never renders a change of the controllers, nor fewer brokers than may hold data.

mod config;
mod guide;
mod objects;
mod pods;
mod rules;
mod schema;
mod setup;
mod topics;
mod transition;
mod values;

#[cfg(test)]
mod tests;

use template_sdk::block::{AuthMode, Block, Exporter, Preset, Spec, transitions};
use template_sdk::{Findings, Kind, Metadata, Operation, Rendered, Request, Rule, Template, Value};

use crate::values::Values;

/// What the shared block needs to know of Kafka.
const SPEC: Spec = Spec {
    template: "kafka",
    repository: "docker.io/apache/kafka",
    tag: "4.1.0",
    user: 1000,
    group: 1000,
    presets: [
        Preset::new("500m", "1Gi", "5Gi"),
        Preset::new("1", "2Gi", "50Gi"),
        Preset::new("2", "6Gi", "200Gi"),
        Preset::new("4", "16Gi", "1Ti"),
    ],
    storage_per_memory: 25,
    stateful: true,
    auth: AuthMode::Optional(false),
    exporter: Some(Exporter { image: "docker.io/danielqsj/kafka-exporter:v1.9.0", port: 9308 }),
    extra_config: Some("lines of server.properties"),
    major_downgrade: false,
};

/// The template.
#[derive(Debug)]
pub struct Kafka;

template_sdk::export_template!(Kafka);

impl Template for Kafka {
    fn metadata() -> Metadata {
        Metadata {
            name: "kafka",
            version: env!("CARGO_PKG_VERSION"),
            title: "Apache Kafka",
            description: "Event streaming without ZooKeeper: one broker for development, or three that are controllers \
                          too, and as many brokers more as you like. Topics and users are kept as defined.",
            app_version: SPEC.tag,
            produces: vec![
                Kind::new("", "ConfigMap"),
                Kind::new("", "Service"),
                Kind::new("", "ServiceAccount"),
                Kind::new("apps", "StatefulSet"),
                Kind::new("apps", "Deployment"),
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
        findings.extend(topics::judge(&values));
        findings.extend(transition::judge(request, &values, &block));
        let warnings = findings.refuse()?;
        Ok(objects::render(&block, &values).warnings(warnings))
    }
}
