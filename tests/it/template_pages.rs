//! The page of every built-in template: what `template show` prints as Markdown, kept beside the template.
//! It never looks at how the page is made; `BLESS=1` writes them anew.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use kubectl_ku8::render::builtin;
use serde_json::Value;

use super::bless::agrees;

fn show(name: &str, form: &str) -> String {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("template-pages");
    let output = Command::new(env!("CARGO_BIN_EXE_kubectl-ku8"))
        .args(["template", "show", name, "-o", form])
        .env_clear()
        .env("HOME", &cache)
        .env("XDG_CACHE_HOME", &cache)
        .output()
        .unwrap();
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_pages_of_templates_are_what_the_templates_say() {
    let mut wrong = String::new();
    for entry in builtin::all() {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../templates-wasm").join(entry.name).join("README.md");
        if let Err(why) = agrees(&page, &show(entry.name, "markdown")) {
            let _ = writeln!(wrong, "{why}");
        }
    }
    assert!(wrong.is_empty(), "run BLESS=1 cargo test -- template_pages\n{wrong}");
}

#[test]
fn every_page_says_how_the_software_is_operated_and_by_which_rules() {
    for entry in builtin::all() {
        let page: Value = serde_json::from_str(&show(entry.name, "json")).unwrap();
        let schema = kubectl_ku8::commands::schema::document_schema("ku8.dev/v1", "Template").unwrap();
        let wrong: Vec<String> =
            jsonschema::validator_for(&schema).unwrap().iter_errors(&page).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{}: {wrong:?}", entry.name);
        assert!(!page["operations"].as_array().unwrap().is_empty(), "{}: no operations", entry.name);
        assert!(page["rules"].as_array().unwrap().len() > 5, "{}: hardly any rule", entry.name);
        let forms = page["forms"].as_array().unwrap();
        assert!(forms[0]["choice"] == "" && !forms[0]["outputs"].as_array().unwrap().is_empty(), "{}", entry.name);
    }
}
