//! The template `memcached`, begun.
//! It is not exported yet.

use template_sdk::{Findings, Metadata, Rendered, Request, Template, Value, json};

/// The template.
#[derive(Debug)]
pub struct Memcached;

impl Template for Memcached {
    fn metadata() -> Metadata {
        Metadata {
            name: "memcached",
            version: env!("CARGO_PKG_VERSION"),
            title: "Memcached",
            description: "Memcached",
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
