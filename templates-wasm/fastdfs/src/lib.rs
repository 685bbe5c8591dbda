//! FastDFS (beta): trackers, and groups of storages that are known by number, not by address.
//! It never names an image of its own, nor renders a change after which files would be looked for in the wrong place.

mod config;
mod guide;
mod objects;
mod rules;
mod schema;
mod transition;
mod values;

#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use template_sdk::block::{Block, NetworkMode, transitions};
use template_sdk::{Findings, Kind, Metadata, Operation, Output, Rendered, Request, Rule, Template, Value, json};

use crate::values::{SPEC, Values};

/// The template.
#[derive(Debug)]
pub struct FastDfs;

template_sdk::export_template!(FastDfs);

impl Template for FastDfs {
    fn metadata() -> Metadata {
        Metadata {
            name: "fastdfs",
            version: env!("CARGO_PKG_VERSION"),
            title: "FastDFS (beta)",
            description: "Beta. Distributed file store: trackers, and groups of storages with stable numbers and addresses. \
                          You name the image; the configuration was checked, never run.",
            app_version: "6.11",
            produces: vec![
                Kind::new("", "ConfigMap"),
                Kind::new("", "Service"),
                Kind::new("", "ServiceAccount"),
                Kind::new("apps", "StatefulSet"),
                Kind::new("policy", "PodDisruptionBudget"),
                Kind::new("networking.k8s.io", "NetworkPolicy"),
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
        let mut findings = rules::judge(&values, &block);
        // Without an image there is no tag to judge.
        let tagged = block.image.tag.is_some();
        findings.extend(
            transitions(&block, request, true).into_iter().filter(|found| tagged || found.path != "/image/tag"),
        );
        findings.extend(transition::judge(request, &values, &block));
        let warnings = findings.refuse()?;
        let rendered = objects::render(&block, &values);
        Ok(rendered.output(output(&block, &values)).notes(notes(&block, &values)).warnings(warnings))
    }
}

/// Addresses of all trackers.
fn trackers(block: &Block, values: &Values) -> String {
    let host = |ordinal| block.host(&format!("{}-{ordinal}", config::tracker_name(block)));
    let all = (0..values.trackers).map(|ordinal| format!("{}:{}", host(ordinal), config::TRACKER_PORT));
    all.collect::<Vec<_>>().join(",")
}

fn output(block: &Block, values: &Values) -> Output {
    let groups: Vec<&str> = values.groups.iter().map(|group| group.name.as_str()).collect();
    Output::new("primary", "fastdfs", block.host(&block.name), config::TRACKER_PORT)
        .with("trackers", json!(trackers(block, values)))
        .with("groups", json!(groups.join(",")))
}

fn notes(block: &Block, values: &Values) -> String {
    let mut text = format!(
        "FastDFS (beta). Give clients every tracker, one `tracker_server` line each:\n\n    {}\n\n\
         `fdfs_monitor /ku8/conf/client.conf` in any pod shows whether all storages are ACTIVE.\n",
        trackers(block, values).replace(',', "\n    ")
    );
    // Writing to a String cannot fail.
    for group in &values.groups {
        let _ = writeln!(text, "- {}: {} storages of {}", group.name, group.replicas, group.size(block));
    }
    if block.network == NetworkMode::Labelled {
        let label = block.client_label();
        let _ = write!(text, "\nOnly pods labelled `{label}: \"true\"` may connect.\n");
    }
    text.push_str("\nFastDFS knows no passwords: the network policy is all that keeps others out.\n");
    text
}
