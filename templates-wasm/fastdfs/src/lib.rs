//! The template `fastdfs`, begun.
//! It is not exported yet.

use template_sdk::{Findings, Metadata, Rendered, Request, Template, Value, json};

/// The template.
#[derive(Debug)]
pub struct FastDfs;

impl Template for FastDfs {
    fn metadata() -> Metadata {
        Metadata {
            name: "fastdfs",
            version: env!("CARGO_PKG_VERSION"),
            title: "FastDFS",
            description: "FastDFS",
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
