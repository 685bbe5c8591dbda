//! What the schema says: every property in two languages, no two titles alike, no parameter that does nothing.
//! It never validates values; the host does.

use std::collections::BTreeMap;

use template_sdk::testing::fill;
use template_sdk::{Template, Value, json};

use crate::Web;

fn collect<'s>(path: &str, node: &'s Value, found: &mut Vec<(String, &'s Value)>) {
    found.push((path.to_owned(), node));
    for place in [&node["properties"], &node["items"]["properties"]] {
        for (name, property) in place.as_object().into_iter().flatten() {
            collect(&format!("{path}.{name}"), property, found);
        }
    }
}

#[test]
fn every_property_speaks_two_languages_and_no_two_titles_are_equal() {
    let schema = Web::schema();
    let mut all = Vec::new();
    collect("", &schema, &mut all);
    assert!(all.len() > 60, "{}", all.len());
    let mut titles = BTreeMap::new();
    for (path, node) in all {
        for words in [node, &node["x-ku8-i18n"]["zh"]] {
            let title = words["title"].as_str().unwrap_or_else(|| panic!("{path}: no title"));
            assert!(words["description"].as_str().is_some_and(|text| !text.is_empty()), "{path}: no description");
            let first = titles.insert(title.to_owned(), path.clone());
            assert_eq!(first, None, "`{title}` is also the title of {path}");
        }
    }
}

#[test]
fn only_the_image_is_required_and_what_is_optional_stays_absent() {
    let schema = Web::schema();
    assert_eq!(schema["required"], json!(["image"]));
    let filled = fill(&schema, json!({"image": "a"}));
    for name in ["ingress", "gateway", "autoscale", "migration", "replicas"] {
        assert!(filled.get(name).is_none(), "{name}: {filled}");
    }
    assert_eq!(filled["health"]["path"], "/healthz");
    assert_eq!(filled["service"], json!({"exposure": "cluster"}));
}

#[test]
fn the_shared_block_leaves_out_what_a_web_service_has_not() {
    let schema = Web::schema();
    let properties = schema["properties"].as_object().unwrap();
    for name in ["storage", "auth", "metrics", "extraConfig", "clusterDomain"] {
        assert!(!properties.contains_key(name), "{name}");
    }
    assert_eq!(properties["image"]["type"], "string");
    assert_eq!(properties["service"]["title"], "Service", "the block's own words");
}
