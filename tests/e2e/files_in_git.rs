//! Definitions as files: `export`, `import` and `define --save`, there and back without a change.
//! A file of ours is tidy, checks in an editor, and never replaces what a person wrote.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::stage::{Space, config_map, version, yaml};

/// Every file below a folder with its content.
fn tree(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut pending = vec![folder.to_owned()];
    while let Some(next) = pending.pop() {
        for entry in fs::read_dir(next).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                pending.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("below").display().to_string();
                found.insert(name, fs::read_to_string(path).expect("text"));
            }
        }
    }
    found
}

#[test]
fn what_is_exported_and_imported_plans_no_change() {
    let Some(space) = Space::new("export") else { return };
    space.run("define db -t mysql --set database=orders --set maxConnections=300 --label team=orders").ok();
    space.run("define cache -t redis --set size=dev --public").ok();
    space.feed(&yaml(&[config_map("conf", "0644")]), &["define", "web", "-f", "-"]).ok();
    space.run("publish web --yes").ok();

    let ran = space.run("export --dir prod").ok();
    assert_eq!(ran.stdout, "prod/cache.yaml\nprod/db.yaml\nprod/web.yaml\n");
    let first = tree(&space.folder.join("prod"));
    assert_eq!(
        first.keys().collect::<Vec<_>>(),
        [
            ".ku8/definition.schema.json",
            ".ku8/mysql-1.0.0.schema.json",
            ".ku8/redis-1.0.0.schema.json",
            "cache.yaml",
            "db.yaml",
            "web.yaml"
        ]
    );
    let file = &first["db.yaml"];
    assert!(
        file.starts_with("# yaml-language-server: $schema=.ku8/mysql-1.0.0.schema.json\napiVersion: ku8.dev/v1\n"),
        "{file}"
    );
    for word in ["status", "namespace", "visibility", "uid", "resourceVersion", "small"] {
        assert!(!file.contains(word), "{word}: {file}");
    }
    // Its own schema accepts it, in both drafts.
    let schema: Value = serde_json::from_str(&first[".ku8/mysql-1.0.0.schema.json"]).expect("JSON");
    let document = kubectl_ku8::definition::yaml::documents(file).expect("YAML").remove(0);
    for draft in [jsonschema::Draft::Draft7, jsonschema::Draft::Draft202012] {
        let validator = jsonschema::options().with_draft(draft).build(&schema).expect("a schema");
        assert!(validator.is_valid(&document), "{draft:?}");
    }
    // Twice the same.
    space.run("export --dir prod").ok();
    assert_eq!(tree(&space.folder.join("prod")), first);

    let before = version(&space.get("configmap/ku8.db"));
    space.run("import prod").ok().says(&["db unchanged", "cache unchanged", "web unchanged"]);
    assert_eq!(version(&space.get("configmap/ku8.db")), before);
    space.run("plan web --detailed-exitcode").ok();

    // Into an empty namespace, and out of it again.
    space.kubectl(&["create", "namespace", "export-copy"]);
    space.run("import prod -n export-copy").ok().says(&["export-copy/db created"]);
    space.run("export --dir copy -n export-copy").ok();
    assert_eq!(tree(&space.folder.join("copy")), first);
    space.run("export db -n export-copy").ok().says(&["maxConnections: 300"]);
    let one = space.run("export db -o json").ok().json();
    assert_eq!(one["metadata"], json!({"name": "db", "labels": {"team": "orders"}}));
    space.shell("set -e; kubectl ku8 export cache | kubectl ku8 define -f - | grep unchanged").ok();
}

#[test]
fn nothing_is_imported_when_one_file_is_wrong() {
    let Some(space) = Space::new("import-wrong") else { return };
    fs::create_dir_all(space.folder.join("files")).expect("a folder");
    let good = "apiVersion: ku8.dev/v1\nkind: Definition\nmetadata: {name: a}\nspec: {template: {name: redis}}\n";
    space.file("files/a.yaml", good);
    space.file("files/notes.txt", "no YAML");
    let cases: &[(&str, &[&str])] = &[
        (
            "spec: {template: {name: redis}, values: {sizze: dev}}",
            &["files/b.yaml:4:42", "sizze", "did you mean `size`", "^^^^^"],
        ),
        ("spec: {template: {name: redist}}", &["files/b.yaml", "did you mean `redis`"]),
        ("spec: {template: {name: redis}, values: {", &["files/b.yaml:", "[KU8-D001]"]),
        (
            "spec: {template: {name: redis}}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}",
            &["files/b.yaml"],
        ),
    ];
    for (spec, words) in cases {
        space
            .file("files/b.yaml", format!("apiVersion: ku8.dev/v1\nkind: Definition\nmetadata: {{name: b}}\n{spec}\n"));
        space.run("import files").fails(1, words);
    }
    space.file("files/b.yaml", good);
    space.run("import files").fails(1, &["defined twice", "files/a.yaml", "files/b.yaml"]).hints();
    space.run("import nowhere").fails(1, &["nowhere"]);
    fs::create_dir_all(space.folder.join("empty")).expect("a folder");
    space.run("import empty").fails(1, &["no YAML file"]).hints();
    assert_eq!(space.inventory(), Vec::<String>::new());
}

#[test]
fn each_wrong_file_or_flag_is_one_error_that_points_at_it() {
    let Some(space) = Space::new("pointing") else { return };
    space.run("define db -t mysql --set database=orders").ok();
    let stored = version(&space.get("configmap/ku8.db"));
    let definition = |values: &str| {
        format!(
            "apiVersion: ku8.dev/v1\nkind: Definition\nmetadata: {{name: db}}\nspec:\n  template: {{name: mysql}}\n  values:\n{values}\n"
        )
    };
    let values: &[(&str, &str, &[&str])] = &[
        ("database: orders\nstorage:\n  size: 10GB\n", "3:9", &["  3 |   size: 10GB", "^^^^", "write \"10Gi\""]),
        ("database: orders\nversion: 8.40\n", "2:10", &["the number 8.4", "write \"8.40\" in quotes"]),
        ("database: orders\nmaxConections: 5\n", "2:1", &["did you mean `maxConnections`", "^^^^^^^^^^^^^"]),
        ("database: orders\nsize: smal\n", "2:7", &["did you mean \"small\""]),
        ("database: orders\ndatabase: sales\n", "2:1", &["stands twice: on line 1"]),
        ("database: orders\nstorage: {size: 10Gi\n", "", &["[KU8-D001]"]),
    ];
    for (text, place, words) in values {
        space.file("v.yaml", text);
        let ran = space.run("define db -f v.yaml").fails(1, words);
        assert!(ran.stderr.contains(&format!("v.yaml:{place}")) || place.is_empty(), "{}", ran.stderr);
        // The same in a document, where it stands elsewhere.
        let inside = format!("    {}", text.trim_end().replace('\n', "\n    "));
        space.file("d.yaml", definition(&inside));
        for command in ["define -f d.yaml", "plan -f d.yaml"] {
            let ran = space.run(command).fails(1, &["[KU8-"]);
            let moved = place.split_once(':').map(|(line, column)| {
                let number = |text: &str| text.parse::<usize>().expect("a number");
                format!("d.yaml:{}:{}", number(line) + 6, number(column) + 4)
            });
            assert!(moved.as_ref().is_none_or(|place| ran.stderr.contains(place)), "{moved:?}: {}", ran.stderr);
        }
    }
    // What only the template knows is told in the same way.
    space.file("d.yaml", definition("    database: orders\n    resources:\n      limits: {memory: 32Mi}"));
    space.run("plan -f d.yaml").fails(1, &["d.yaml:9:24: resources.limits.memory", "^^^^", "[KU8-T005]"]);
    let flags: &[(&[&str], &[&str])] = &[
        (&["--set", "storage.size=10GB"], &["  --set storage.size=10GB\n", "^^^^", "write \"10Gi\""]),
        (&["--set", "replicass=3"], &["  --set replicass=3", "did you mean `replicas`"]),
        (&["--set-string", "maxConnections=300"], &["write --set maxConnections=300"]),
        (&["--set", "scheduling.tolerations={a,b}"], &["commas and braces mean nothing", "--set-json"]),
        (&["--set", "maxConnections=5,size=small"], &["a comma is part of the value"]),
        (&["--set", "a..b=1"], &["--set: `a..b=1`", "[KU8-D006]"]),
        (&["--set-json", "storage={\"size\": \"10GB\"}"], &["--set-json storage=", "10GB"]),
        (&["--set-file", "extraConfig=missing.cnf"], &["missing.cnf", "[KU8-F001]"]),
        (&["--set", "scheduling.tolerations[2]=x"], &["has 0 elements"]),
    ];
    for (arguments, words) in flags {
        space.ku8(&[&["define", "db"], *arguments].concat()).fails(1, words);
    }
    assert_eq!(version(&space.get("configmap/ku8.db")), stored);
}

#[test]
fn set_reaches_into_stored_lists_and_reads_files() {
    let Some(space) = Space::new("set-forms") else { return };
    space.run("define db -t mysql --set database=orders").ok();
    let toleration = r#"scheduling.tolerations=[{"key": "a"}, {"key": "b"}]"#;
    space.ku8(&["define", "db", "--set-json", toleration]).ok();
    space.ku8(&["define", "db", "--set", "scheduling.tolerations[1].key=c"]).ok();
    space.ku8(&["define", "db", "--set", "scheduling.tolerations[2].key=d"]).ok();
    space.file("my.cnf", "slow_query_log = ON\n");
    space.ku8(&["define", "db", "--set-file", "extraConfig=my.cnf", "--set", "version=9.7"]).ok();
    let values = &space.run("show db -o json").ok().json();
    let found = values.pointer("/definition/spec/values").or_else(|| values.pointer("/spec/values")).expect("values");
    assert_eq!(found["scheduling"]["tolerations"], json!([{"key": "a"}, {"key": "c"}, {"key": "d"}]));
    assert_eq!((&found["extraConfig"], &found["version"]), (&json!("slow_query_log = ON\n"), &json!("9.7")));
}

#[test]
fn a_definition_is_saved_to_a_file_without_a_cluster() {
    let Some(mut space) = Space::new("save-file") else { return };
    space.set("KUBECONFIG", "/nonexistent");
    space.run("define db -t mysql --set database=orders --save git/db.yaml").ok().says(&["written to git/db.yaml"]);
    let text = fs::read_to_string(space.folder.join("git/db.yaml")).expect("the file");
    assert!(text.starts_with("# yaml-language-server: $schema=.ku8/mysql-1.0.0.schema.json\n"), "{text}");
    assert!(space.folder.join("git/.ku8/mysql-1.0.0.schema.json").is_file());
    // Again the same is fine; over what a person wrote it is refused.
    space.run("define db -t mysql --set database=orders --save git/db.yaml").ok();
    space.run("define db -t mysql --set database=sales --save git/db.yaml").fails(1, &["is there already"]).hints();
    assert_eq!(fs::read_to_string(space.folder.join("git/db.yaml")).expect("the file"), text);
    space.run("define db -t mysql --set sizze=dev --save git/other.yaml").fails(1, &["sizze"]);
    assert!(!space.folder.join("git/other.yaml").exists());
}
