//! The template `kafka`, begun.
//! It is not exported yet.

use template_sdk::{Findings, Metadata, Rendered, Request, Template, Value, json};

/// The template.
#[derive(Debug)]
pub struct Kafka;

impl Template for Kafka {
    fn metadata() -> Metadata {
        Metadata {
            name: "kafka",
            version: env!("CARGO_PKG_VERSION"),
            title: "Kafka",
            description: "Kafka",
            app_version: "",
            produces: vec![],
        }
    }

    fn schema() -> Value {
        json!({})
    }

    fn render(_: &Request) -> Result<Rendered, Findings> {
        Ok(Rendered::new())
    }
}
