//! The template `rabbitmq`: one node, or a cluster of 3 or 5 whose queues survive the loss of a minority.
//! It never renders a password, and never shrinks a cluster whose leaving nodes were not emptied first.

mod config;
mod guide;
mod objects;
mod rules;
mod schema;
mod values;

#[cfg(test)]
mod tests;

use template_sdk::prelude::*;

use crate::values::Values;

/// What the shared parameters need to know of RabbitMQ.
const SPEC: Spec = Spec::new("rabbitmq", "docker.io/library/rabbitmq", "4.3")
    .user(999, 999)
    .presets([
        Preset::new("250m", "512Mi", "2Gi"),
        Preset::new("500m", "2Gi", "8Gi"),
        Preset::new("1", "4Gi", "32Gi"),
        Preset::new("4", "16Gi", "128Gi"),
    ])
    .stateful(4)
    .auth(AuthMode::Required)
    .exporter(Exporter { image: "", port: 15692 })
    .extra_config("lines of rabbitmq.conf")
    .no_major_downgrade();

/// The template.
#[derive(Debug)]
pub struct RabbitMq;

impl Template for RabbitMq {
    fn metadata() -> Metadata {
        Metadata {
            name: "rabbitmq",
            version: env!("CARGO_PKG_VERSION"),
            title: "RabbitMQ",
            description: "Message broker: one node, or a cluster of 3 or 5 with quorum queues, a generated password, \
                          and limits derived from the memory of the pods.",
            app_version: SPEC.tag,
            produces: vec![
                Kind::new("", "ConfigMap"),
                Kind::new("", "Service"),
                Kind::new("", "ServiceAccount"),
                Kind::new("apps", "StatefulSet"),
                Kind::new("monitoring.coreos.com", "PodMonitor"),
                Kind::new("networking.k8s.io", "NetworkPolicy"),
                Kind::new("policy", "PodDisruptionBudget"),
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
        let values: Values = request.read()?;
        let block = Block::read(&SPEC, request)?;
        let warnings = rules::judge(&values, &block, request)?.refuse()?;
        Ok(objects::render(&values, &block).warnings(warnings))
    }
}

export_template!(RabbitMq);
