//! MySQL as one StatefulSet: a single server, or a primary with replicas that copy its data by themselves.
//! It never renders a password: accounts are made in the pod from a mounted Secret.

mod config;
mod guide;
mod members;
mod memory;
mod notes;
mod objects;
mod rules;
mod schema;
mod schema_members;
mod server;
mod transition;
mod values;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_members;

use template_sdk::block::{AuthMode, Block, Exporter, Preset, Spec, transitions};
use template_sdk::{Findings, Kind, Metadata, Operation, Rendered, Request, Rule, Template, Value};

use crate::values::{Values, Version};

/// What the shared block needs to know of MySQL; `spec` fills the tag in.
const SPEC: Spec = Spec {
    template: "mysql",
    repository: "docker.io/library/mysql",
    tag: "8.4",
    user: 999,
    group: 999,
    presets: [
        Preset::new("250m", "1Gi", "4Gi"),
        Preset::new("500m", "2Gi", "20Gi"),
        Preset::new("2", "8Gi", "100Gi"),
        Preset::new("4", "32Gi", "500Gi"),
    ],
    storage_per_memory: 10,
    stateful: true,
    auth: AuthMode::Required,
    exporter: Some(Exporter { image: "docker.io/prom/mysqld-exporter:v0.17.2", port: 9104 }),
    extra_config: Some("lines of the [mysqld] section of my.cnf"),
    // Judged by `transition.rs`, which knows `version` as well as the tag.
    major_downgrade: true,
};

/// The shared block's view with the tag the version stands for.
fn spec(version: Version) -> Spec {
    Spec { tag: version.tag(), ..SPEC }
}

/// The template.
pub struct MySql;

template_sdk::export_template!(MySql);

impl Template for MySql {
    fn metadata() -> Metadata {
        Metadata {
            name: "mysql",
            version: env!("CARGO_PKG_VERSION"),
            title: "MySQL",
            description: "Relational database: one server, or a primary with replicas by GTID and clone. Accounts \
                          are made once, memory settings follow the limit, the primary moves by a plan.",
            app_version: SPEC.tag,
            produces: vec![
                Kind::new("", "ConfigMap"),
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
        let values = Values::read(request)?;
        let block = Block::read(&spec(values.version), request)?;
        let mut findings = transitions(&block, request, true);
        findings.extend(rules::judge(&values, &block));
        findings.extend(members::judge(&values));
        findings.extend(members::changes(request, &values, &block));
        findings.extend(transition::judge(request, &values, &block));
        let warnings = findings.refuse()?;
        Ok(objects::render(&block, &values).warnings(warnings))
    }
}
