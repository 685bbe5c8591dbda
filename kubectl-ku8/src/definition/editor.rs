//! What editors need: the JSON Schema of a definition with its template's parameters inside, and the line that names it.
//! It keeps to what draft-07 and 2020-12 both know, and never refers to anything outside of the document.

use serde_json::{Map, Value, json};

use super::{API_VERSION, Definition, KIND, MAX_NAME, yaml};

/// Draft-07: the newest that every released language server reads.
const DRAFT: &str = "http://json-schema.org/draft-07/schema#";

/// A template's schema with what it is called by.
#[derive(Clone, Copy, Debug)]
pub struct TemplateSchema<'a> {
    /// Plain name, such as `mysql`.
    pub name: &'a str,
    /// Version of the template.
    pub version: &'a str,
    /// The JSON Schema of its values.
    pub document: &'a Value,
}

impl TemplateSchema<'_> {
    /// File the schema of its definitions is kept in: `mysql-1.0.0.schema.json`.
    pub fn file_name(&self) -> String {
        let safe = |text: &str| {
            text.chars()
                .map(|c| if c.is_ascii_alphanumeric() || ".-".contains(c) { c } else { '-' })
                .collect::<String>()
        };
        format!("{}-{}.schema.json", safe(self.name), safe(self.version))
    }
}

/// The first line of a YAML file that tells the YAML language server its schema: a path or a URL.
pub fn modeline(schema: &str) -> String {
    format!("# yaml-language-server: $schema={schema}")
}

/// The JSON Schema of a definition document; with a template, its parameters are checked too.
pub fn json_schema(template: Option<TemplateSchema<'_>>) -> Value {
    let mut definitions = Map::new();
    let values =
        template.map_or_else(|| json!({"type": "object"}), |template| portable(template.document, &mut definitions));
    let about = "The template's parameters; `kubectl ku8 explain TEMPLATE` tells all of them.";
    let about = template.map_or_else(
        || about.to_owned(),
        |template| {
            format!(
                "Parameters of {} {}; `kubectl ku8 explain {0}` tells all of them.",
                template.name, template.version
            )
        },
    );
    let values = described(values, "Values", &about);
    let title = template.map_or_else(|| "Definition".to_owned(), |template| format!("Definition of {}", template.name));
    let mut schema = json!({
        "$schema": DRAFT,
        "title": title,
        "description": "A service as its owner describes it, for kubectl ku8.",
        "type": "object",
        "additionalProperties": false,
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "properties": {
            "apiVersion": {"const": API_VERSION, "description": "Version of this form of document."},
            "kind": {"const": KIND, "description": "Kind of this document."},
            "metadata": metadata(),
            "spec": spec(template.map(|template| template.name), &values),
        },
    });
    if !definitions.is_empty() {
        schema["definitions"] = Value::Object(definitions);
    }
    schema
}

/// The JSON Schema of a template's values file.
pub fn values_schema(template: TemplateSchema<'_>) -> Value {
    let mut definitions = Map::new();
    let mut schema = portable(template.document, &mut definitions);
    schema["$schema"] = json!(DRAFT);
    schema["title"] = json!(format!("Values of {} {}", template.name, template.version));
    if !definitions.is_empty() {
        schema["definitions"] = Value::Object(definitions);
    }
    schema
}

/// A definition as a file to keep: sorted, without what is only a default, and without its namespace, which is said
/// where the file is used.
pub fn tidy(definition: &Definition) -> Value {
    let mut value = serde_json::to_value(definition).expect("a definition is plain data");
    if let Some(metadata) = value["metadata"].as_object_mut() {
        metadata.remove("namespace");
    }
    if let Some(spec) = value["spec"].as_object_mut() {
        spec.retain(|name, field| !(name == "visibility" && *field == "private"));
    }
    value
}

/// The text of a definition file, in the order people read it: what it is, then who, then what it runs.
pub fn document(definition: &Definition, schema: Option<&str>) -> String {
    let value = tidy(definition);
    let mut text = schema.map_or_else(String::new, |schema| modeline(schema) + "\n");
    // The YAML writer keeps the order of the object, and that is by name: apiVersion, kind, metadata, spec.
    text.push_str(&yaml::to_string(&value));
    text
}

fn metadata() -> Value {
    json!({
        "type": "object", "additionalProperties": false, "required": ["name"],
        "description": "Name, namespace and labels.",
        "properties": {
            "name": {"type": "string", "maxLength": MAX_NAME, "pattern": "^[a-z]([-a-z0-9]*[a-z0-9])?$", "title": "Name",
                "description": "Name of the definition, and the beginning of its objects' names. It cannot change later."},
            "namespace": {"type": "string", "title": "Namespace",
                "description": "Where it is published; left out, the namespace of the command."},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}, "title": "Labels",
                "description": "Carried onto the metadata of every object."},
        },
    })
}

fn spec(template: Option<&str>, values: &Value) -> Value {
    let mut name = json!({"type": "string", "title": "Template name",
        "description": "A built-in name, the path of a component file, or oci:// and where it lies in a registry. Change it with `define -t`."});
    if let Some(template) = template {
        name["examples"] = json!([template]);
    }
    json!({
        "type": "object", "additionalProperties": false,
        "description": "What to run and how: a template with values, or plain manifests.",
        "properties": {
            "template": {"type": "object", "additionalProperties": false, "required": ["name"],
                "description": "Which template renders it.",
                "properties": {
                    "name": name,
                    "version": {"type": "string", "title": "Template version",
                        "description": "Version when it was pinned, for people; the digest decides."},
                    "digest": {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$", "title": "Template digest",
                        "description": "The exact bytes of the template. Set by `define`; only `define -t` moves it."},
                }},
            "values": values,
            "manifests": {"type": "array", "items": {"type": "object"}, "title": "Manifests",
                "description": "Plain Kubernetes objects instead of a template. Secrets that carry data are refused."},
            "visibility": {"type": "string", "enum": ["private", "public"], "default": "private", "title": "Visibility",
                "description": "public: other apps may refer to it; private: only its own."},
            "app": {"type": "string", "title": "App", "description": "The app it belongs to."},
            "allowKinds": {"type": "array", "items": {"type": "string"}, "title": "Allowed kinds",
                "description": "Kinds beyond the usual ones that the template may render, as GROUP/KIND."},
        },
    })
}

fn described(mut schema: Value, title: &str, description: &str) -> Value {
    schema["title"] = json!(title);
    schema["description"] = json!(description);
    schema
}

/// Keywords that only one of the two drafts knows, or that name the document.
const DROPPED: [&str; 12] = [
    "$schema",
    "$id",
    "$vocabulary",
    "$anchor",
    "$dynamicRef",
    "$dynamicAnchor",
    "prefixItems",
    "dependentSchemas",
    "unevaluatedProperties",
    "unevaluatedItems",
    "minContains",
    "maxContains",
];

/// A template's schema in what both drafts know. Its named schemas move to `definitions`.
fn portable(document: &Value, definitions: &mut Map<String, Value>) -> Value {
    for keyword in ["$defs", "definitions"] {
        for (name, schema) in document.get(keyword).and_then(Value::as_object).into_iter().flatten() {
            definitions.insert(name.clone(), rewritten(schema));
        }
    }
    let mut schema = rewritten(document);
    if let Some(fields) = schema.as_object_mut() {
        fields.remove("$defs");
        fields.remove("definitions");
    }
    schema
}

fn rewritten(schema: &Value) -> Value {
    let Value::Object(keywords) = schema else { return schema.clone() };
    let mut found = Map::new();
    for (keyword, value) in keywords {
        let kept = match (keyword.as_str(), value) {
            (keyword, _) if DROPPED.contains(&keyword) => continue,
            ("$ref", Value::String(target)) => Value::String(target.replacen("#/$defs/", "#/definitions/", 1)),
            ("properties" | "patternProperties" | "$defs" | "definitions", Value::Object(schemas)) => {
                Value::Object(schemas.iter().map(|(name, schema)| (name.clone(), rewritten(schema))).collect())
            }
            ("allOf" | "anyOf" | "oneOf", Value::Array(schemas)) => schemas.iter().map(rewritten).collect(),
            (
                "items" | "additionalProperties" | "propertyNames" | "contains" | "not" | "if" | "then" | "else",
                schema,
            ) => rewritten(schema),
            (_, value) => value.clone(),
        };
        found.insert(keyword.clone(), kept);
    }
    // Beside a reference draft-07 reads nothing else.
    if found.len() > 1
        && let Some(reference) = found.remove("$ref")
    {
        let all = found.entry("allOf").or_insert_with(|| json!([]));
        if let Some(all) = all.as_array_mut() {
            all.push(json!({"$ref": reference}));
        }
    }
    Value::Object(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(document: &Value) -> TemplateSchema<'_> {
        TemplateSchema { name: "demo", version: "1.2.0", document }
    }

    fn bundle() -> Value {
        let document = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "required": ["size"],
            "additionalProperties": false,
            "properties": {
                "size": {"$ref": "#/$defs/quantity", "description": "How large."},
                "pair": {"type": "array", "prefixItems": [{"type": "string"}]},
                "$ref": {"type": "string"}
            },
            "$defs": {"quantity": {"type": "string", "pattern": "^[0-9]+Gi$"}}
        });
        json_schema(Some(template(&document)))
    }

    #[test]
    fn both_drafts_accept_the_schema_and_read_the_same_in_it() {
        let schema = bundle();
        for draft in [jsonschema::Draft::Draft7, jsonschema::Draft::Draft202012] {
            let meta = jsonschema::options().with_draft(draft).offline().build(&schema);
            assert!(meta.is_ok(), "{draft:?}: {}", meta.unwrap_err());
            let meta = meta.unwrap();
            let with = |size: Value| {
                json!({"apiVersion": "ku8.dev/v1", "kind": "Definition", "metadata": {"name": "a"},
                "spec": {"template": {"name": "demo"}, "values": {"size": size}}})
            };
            assert!(meta.is_valid(&with(json!("8Gi"))), "{draft:?}");
            assert!(!meta.is_valid(&with(json!("8GB"))), "{draft:?}: the reference counts beside a description");
            let mut unknown = with(json!("8Gi"));
            unknown["spec"]["values"]["sizee"] = json!(1);
            assert!(!meta.is_valid(&unknown), "{draft:?}");
        }
        assert!(!schema.to_string().contains("$defs") && !schema.to_string().contains("prefixItems"));
        assert!(schema.pointer("/properties/spec/properties/values/properties/$ref").is_some(), "a name is no keyword");
    }

    #[test]
    fn a_definition_without_a_template_is_checked_too() {
        let schema = json_schema(None);
        let validator = jsonschema::options().with_draft(jsonschema::Draft::Draft7).offline().build(&schema).unwrap();
        let plain = json!({"apiVersion": "ku8.dev/v1", "kind": "Definition", "metadata": {"name": "web"},
            "spec": {"manifests": [{"kind": "ConfigMap"}], "visibility": "public", "allowKinds": ["a/B"], "app": "x"}});
        assert!(validator.is_valid(&plain));
        // Every field that is written is known, so that a stored definition has no squiggles.
        let mut full = Definition::new("web", Some("prod".into()));
        full.metadata.labels.insert("a".into(), "b".into());
        full.spec.template = Some(super::super::TemplateRef {
            name: "demo".into(),
            version: Some("1.2.0".into()),
            digest: Some(format!("sha256:{}", "0".repeat(64))),
        });
        full.spec.values.insert("x".into(), json!(1));
        assert!(validator.is_valid(&serde_json::to_value(&full).unwrap()));
    }

    #[test]
    fn a_file_is_tidy_and_reads_back_as_the_same() {
        let mut definition = Definition::new("db", Some("prod".into()));
        definition.spec.template = Some(super::super::TemplateRef { name: "demo".into(), version: None, digest: None });
        definition.spec.values.insert("b".into(), json!("0644"));
        definition.spec.values.insert("a".into(), json!({"text": "one\ntwo\n", "no": false}));
        let text = document(&definition, Some("demo.schema.json"));
        assert!(
            text.starts_with("# yaml-language-server: $schema=demo.schema.json\napiVersion: ku8.dev/v1\nkind:"),
            "{text}"
        );
        assert!(!text.contains("namespace") && !text.contains("visibility"), "{text}");
        let again = super::super::parse("f.yaml", &text).unwrap();
        definition.metadata.namespace = None;
        assert_eq!(again, definition);
        assert_eq!(document(&again, Some("demo.schema.json")), text);
    }
}
