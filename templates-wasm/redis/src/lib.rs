//! The template `redis`: Redis or Valkey, standalone or watched by Sentinels, with settings that fit together.
//! It never renders a password, nor a configuration whose data an earlier one could not hand over.

mod config;
mod guide;
mod objects;
mod outputs;
mod rules;
mod schema;
mod sentinel;
mod values;

#[cfg(test)]
mod tests;

use template_sdk::block::Block;
use template_sdk::{Findings, Kind, Metadata, Operation, Rendered, Request, Rule, Template, Value};

use crate::values::Values;

/// The template.
#[derive(Debug)]
pub struct Redis;

impl Template for Redis {
    fn metadata() -> Metadata {
        Metadata {
            name: "redis",
            version: env!("CARGO_PKG_VERSION"),
            title: "Redis or Valkey",
            description: "In-memory data store: a persistent database or a cache, one server or a set whose master is \
                          replaced by Sentinels, with a generated password, memory settings derived from the pod's \
                          limit and probes that survive long loads.",
            app_version: "8.2",
            produces: vec![
                Kind::new("", "ConfigMap"),
                Kind::new("", "Service"),
                Kind::new("", "ServiceAccount"),
                Kind::new("apps", "Deployment"),
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
        let values: Values = request.at("")?;
        let block = Block::read(&values.engine.spec(), request)?;
        let warnings = rules::judge(&values, &block, request).refuse()?;
        let rendered = objects::render(&values, &block);
        let rendered = if block.auth.enabled { rendered.secret(block.auth_intent(&["password"])) } else { rendered };
        Ok(outputs::add(rendered, &values, &block).notes(outputs::notes(&values, &block)).warnings(warnings))
    }
}

template_sdk::export_template!(Redis);
