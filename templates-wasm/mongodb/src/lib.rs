//! The template `mongodb`, begun.
//! It is not exported yet.

use template_sdk::{Findings, Metadata, Rendered, Request, Template, Value, json};

/// The template.
#[derive(Debug)]
pub struct MongoDb;

impl Template for MongoDb {
    fn metadata() -> Metadata {
        Metadata {
            name: "mongodb",
            version: env!("CARGO_PKG_VERSION"),
            title: "MongoDB",
            description: "MongoDB",
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
