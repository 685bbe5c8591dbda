//! MongoDB as one StatefulSet: a replica set of one, three, five or seven members.
//! It never starts a second set beside one that exists, nor lets a member go that the others still count.

mod config;
mod connect;
mod guide;
mod leave;
mod objects;
mod rules;
mod schema;
mod transition;
mod values;

#[cfg(test)]
mod tests;

use template_sdk::block::{Block, transitions};
use template_sdk::{Findings, Kind, Metadata, Operation, Rendered, Request, Rule, Template, Value};

use crate::values::{SPEC, Values};

/// The template.
#[derive(Debug)]
pub struct MongoDb;

template_sdk::export_template!(MongoDb);

impl Template for MongoDb {
    fn metadata() -> Metadata {
        Metadata {
            name: "mongodb",
            version: env!("CARGO_PKG_VERSION"),
            title: "MongoDB",
            description: "Document database: a replica set of 1, 3, 5 or 7 members that starts itself once, takes new \
                          members in one at a time and lets members go before their pods do.",
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
        let values = Values::read(request)?;
        let block = Block::read(&values.version.spec(), request)?;
        let mut findings = transitions(&block, request, true);
        findings.extend(rules::judge(&values, &block));
        findings.extend(transition::judge(request, &values, &block));
        let warnings = findings.refuse()?;
        let was = transition::members_to_be_seen(request);
        let rendered = objects::render(&block, &values, was);
        Ok(rendered.output(connect::output(&block, &values)).notes(connect::notes(&block, &values)).warnings(warnings))
    }
}
