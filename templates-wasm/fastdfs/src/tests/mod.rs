//! What the template must render and refuse, run natively, and the wrapper in a real shell.
//! It never starts FastDFS, which no package carries.

mod render;
mod rules;
mod wrapper;

use template_sdk::testing::{Case, fill, render};
use template_sdk::{Findings, Rendered, Template as _, Value, json};

use crate::FastDfs;

/// Values with an image, which there is no default for.
fn with_image(mut values: Value) -> Value {
    if values.get("image").is_none() {
        values["image"] = json!({"repository": "registry.example.com/fastdfs", "tag": "6.12"});
    }
    values
}

fn rendered(values: Value) -> Rendered {
    render::<FastDfs>(with_image(values)).unwrap()
}

fn refused(values: Value) -> Findings {
    render::<FastDfs>(with_image(values)).unwrap_err()
}

/// The change from one set of values to another.
fn change(from: Value, to: Value) -> Result<Rendered, Findings> {
    Case::new(with_image(to)).previous(with_image(from)).render::<FastDfs>()
}

/// Every refusal must come with a way out.
fn breaks(findings: &Findings, code: &str) {
    assert!(findings.has(code), "{code}: {findings:?}");
    assert!(findings.iter().all(|finding| finding.hint.is_some()), "{findings:?}");
}

fn file(values: Value, name: &str) -> String {
    let rendered = rendered(values);
    rendered.find("ConfigMap", "demo-config").unwrap()["data"][name].as_str().unwrap().to_owned()
}

#[test]
fn defaults_name_one_group_of_two() {
    let values = fill(&FastDfs::schema(), json!({}));
    assert_eq!(values["groups"], json!([{"name": "group1", "replicas": 2}]));
}
