//! The template `redis`: Redis or Valkey, standalone, with memory, persistence and authentication that fit together.
//! It never renders a password, nor a configuration whose data an earlier one could not hand over.

mod config;
mod guide;
mod objects;
mod rules;
mod schema;
mod values;

#[cfg(test)]
mod tests;

use template_sdk::block::Block;
use template_sdk::{Findings, Kind, Metadata, Operation, Output, Rendered, Request, Rule, Template, Value};

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
            description: "In-memory data store, standalone: a persistent database or a cache, with a generated password, \
                          memory settings derived from the pod's limit and probes that survive long loads.",
            app_version: "8.2",
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
        let values: Values = request.at("")?;
        let block = Block::read(&values.engine.spec(), request)?;
        let warnings = rules::judge(&values, &block, request).refuse()?;
        let rendered = objects::render(&values, &block);
        let rendered = if block.auth.enabled { rendered.secret(block.auth_intent(&["password"])) } else { rendered };
        Ok(rendered.output(output(&block)).notes(notes(&values, &block)).warnings(warnings))
    }
}

template_sdk::export_template!(Redis);

fn output(block: &Block) -> Output {
    let host = block.host(&block.name);
    let output = Output::new("primary", "redis", host.clone(), objects::PORT).with("readOnly", false);
    if block.auth.enabled {
        let uri = format!("redis://:{{password}}@{host}:{}/0", objects::PORT);
        output.password(&block.auth_secret(), "password").uri(&uri)
    } else {
        output.uri(&format!("redis://{host}:{}/0", objects::PORT))
    }
}

fn notes(values: &Values, block: &Block) -> String {
    use std::fmt::Write as _;

    let mut notes = format!("{} is at `{}:{}`.\n", values.engine.title(), block.host(&block.name), objects::PORT);
    // Writing to a String cannot fail.
    if block.auth.enabled {
        let _ = writeln!(notes, "The password is the key `password` of the Secret `{}`.", block.auth_secret());
    }
    if block.network == template_sdk::block::NetworkMode::Labelled {
        let _ = writeln!(notes, "Clients need the label `{}: \"true\"` on their pods.", block.client_label());
    }
    let _ = writeln!(
        notes,
        "It keeps at most {} MiB of data ({} % of {}).",
        values.maxmemory(block).mib(),
        values.percent(),
        block.resources.memory_limit
    );
    notes
}
