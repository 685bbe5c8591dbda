//! The template `web`, begun.
//! It is not exported yet.

use template_sdk::{Findings, Metadata, Rendered, Request, Template, Value, json};

/// The template.
#[derive(Debug)]
pub struct Web;

impl Template for Web {
    fn metadata() -> Metadata {
        Metadata {
            name: "web",
            version: env!("CARGO_PKG_VERSION"),
            title: "Web service",
            description: "Web service",
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
