//! kubectl's ways of writing flags, the variables, help topics, schemas, and errors as documents.
//! It never needs a cluster.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Home, PROGRAM, Ran};

fn with(home: &Home, variables: &[(&str, &str)], arguments: &[&str]) -> Ran {
    home.command(PROGRAM).envs(variables.iter().copied()).args(arguments).output().unwrap().into()
}

const LIST: &str = "template list";

#[test]
fn switches_take_true_and_false_and_the_last_one_counts() {
    let home = Home::new();
    let hint = "parameters of one";
    for (line, quiet) in [
        ("-q", true),
        ("--quiet", true),
        ("--quiet=true", true),
        ("--quiet=false", false),
        ("-q=false", false),
        ("--quiet --quiet=false", false),
        ("--quiet=false -q", true),
        ("--quiet=TRUE", true),
    ] {
        let words: Vec<&str> = LIST.split(' ').chain(line.split(' ')).collect();
        let ran = home.run(&words);
        assert_eq!((ran.code, ran.stderr.contains(hint)), (Some(0), !quiet), "{line}: {ran:?}");
    }
    // A flag of one command, and of the commands above it.
    for line in ["list --no-headers=true", "list --no-headers=false", "list --no-headers"] {
        let ran = home.run(&[&["template"], &line.split(' ').collect::<Vec<_>>()[..]].concat());
        assert_eq!(ran.stdout.starts_with("NAME"), line.ends_with("false"), "{line}: {ran:?}");
    }
    let ran = home.run(&["template", "list", "--quiet=maybe"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stderr.contains("maybe"), "{ran:?}");
    // The last of two values counts, as in kubectl.
    let ran = home.run(&["template", "list", "-o", "json", "-o", "name"]);
    assert!(ran.stdout.contains("template/mysql\n"), "{ran:?}");
}

#[test]
fn levels_are_read_in_every_form_and_never_swallow_a_name() {
    let home = Home::new();
    for form in ["-v", "-v6", "-v=6", "-v 6", "--v 8", "--v=8", "--v"] {
        let words: Vec<&str> = ["template"].into_iter().chain(form.split(' ')).chain(["list", "-q"]).collect();
        let ran = home.run(&words);
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{form}: {ran:?}");
    }
    let ran = home.run(&["template", "show", "-v", "mysql"]);
    assert!(ran.code == Some(0) && ran.stdout.starts_with("mysql "), "{ran:?}");
    assert_eq!(home.run(&["template", "list", "-v=loud"]).code, Some(1));
}

#[test]
fn every_flag_of_all_commands_has_a_variable() {
    let home = Home::new();
    let command = kubectl_ku8::commands::command_line();
    for arg in command.get_arguments().filter(|arg| arg.is_global_set()) {
        let long = arg.get_long().unwrap();
        let variable = arg.get_env().unwrap_or_else(|| panic!("--{long} has no variable")).to_str().unwrap();
        assert_eq!(variable, format!("KU8_{}", long.to_uppercase().replace('-', "_")));
    }
    // The flag wins over it; what is set to nothing is not set; a wrong one is named.
    assert_eq!(with(&home, &[("KU8_QUIET", "1")], &["template", "list"]).stderr, "");
    assert_ne!(with(&home, &[("KU8_QUIET", "1")], &["template", "list", "--quiet=false"]).stderr, "");
    assert_ne!(with(&home, &[("KU8_QUIET", "")], &["template", "list"]).stderr, "");
    assert!(with(&home, &[("KU8_COLOR", "always")], &["template", "show", "redis"]).stdout.contains('\u{1b}'));
    let ran = with(&home, &[("KU8_REQUEST_TIMEOUT", "soon")], &["list"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.starts_with("error: KU8_REQUEST_TIMEOUT is set to `soon`"), "{ran:?}");
    let ran = with(&home, &[("KU8_NAMESPACE", "shop")], &["template", "render", "redis"]);
    assert!(ran.stdout.contains("namespace: shop"), "{ran:?}");
}

/// Words in capitals in quotes, of files that read the environment.
fn variables_read(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            variables_read(&path, found);
            continue;
        }
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        if !code.contains("env::var") && !code.contains("env = \"") {
            continue;
        }
        let parts: Vec<&str> = code.split('"').collect();
        // What a flag's value is called in the help is no variable.
        let words = parts.windows(2).step_by(2).filter(|pair| !pair[0].ends_with("value_name = "));
        found.extend(words.map(|pair| pair[1]).filter(|word| is_variable(word)).map(str::to_owned));
    }
}

fn is_variable(word: &str) -> bool {
    word.len() > 1
        && word.starts_with(|letter: char| letter.is_ascii_uppercase())
        && word.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_')
}

/// For our own tests alone; nobody else is told of them.
const FOR_TESTS: &[&str] =
    &["KU8_LEASE_SECONDS", "KU8_UNSCHEDULABLE_SECONDS", "KU8_CLOCK_OFFSET_SECONDS", "KU8_FAULT", "CARGO_PKG_VERSION"];

#[test]
fn the_topic_environment_names_every_variable_that_is_read() {
    let mut read = BTreeSet::new();
    variables_read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut read);
    assert!(read.contains("KUBECONFIG") && read.contains("NO_COLOR"), "the sources are not read any more: {read:?}");
    let topic = Home::new().run(&["help", "environment"]).stdout;
    let told: BTreeSet<&str> = topic.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').collect();
    let missing: Vec<&String> =
        read.iter().filter(|name| !told.contains(name.as_str()) && !FOR_TESTS.contains(&name.as_str())).collect();
    assert!(missing.is_empty(), "`help environment` does not name {missing:?}");
}

#[test]
fn flags_of_kubectl_that_mean_nothing_here_are_refused_with_a_pointer() {
    let home = Home::new();
    for (line, words) in [
        ("list --username bob", "--token"),
        ("list --match-server-version", "kubectl ku8 version"),
        ("plan x --dry-run", "kubectl ku8 plan NAME"),
        ("publish x --field-manager=me", "always `ku8`"),
        ("publish x --wait", "--no-wait"),
        ("publish x -k .", "kustomize build"),
        ("list --kuberc f", "help environment"),
        ("list --cache-dir /tmp", "XDG_CACHE_HOME"),
    ] {
        let ran = home.run(&line.split(' ').collect::<Vec<_>>());
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{line}: {ran:?}");
        assert!(
            ran.stderr.contains("is not a flag here [KU8-G013]\nhint: ") && ran.stderr.contains(words),
            "{line}: {ran:?}"
        );
    }
}

#[test]
fn an_unknown_form_names_those_there_are() {
    let home = Home::new();
    for (line, allowed) in [
        ("list -o xml", "custom-columns, json, jsonpath, kyaml, name, text, wide, yaml"),
        ("template list --output=xml", "custom-columns, json, jsonpath, kyaml, name, text, wide, yaml"),
        ("plan x -o xml", "text, json, yaml, markdown"),
        ("show x -oxml", "text, json, yaml"),
    ] {
        let ran = home.run(&line.split(' ').collect::<Vec<_>>());
        let first = format!(
            "error: unable to match a printer suitable for the output format \"xml\", allowed formats are: {allowed} [KU8-G012]\n"
        );
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{line}: {ran:?}");
        assert!(ran.stderr.starts_with(&first), "{line}: {ran:?}");
    }
}

#[test]
fn an_error_is_one_line_of_json_when_a_document_was_asked_for() {
    let home = Home::new();
    for (line, code, reason) in [
        ("list -o json", 1, "Failed"),
        ("list -oyaml", 1, "Failed"),
        ("plan x --output=json", 1, "Failed"),
        ("list --bogus -o json", 1, "Usage"),
        ("pubish -o json", 1, "Usage"),
        ("publish x -o json --wait", 1, "Usage"),
        ("template -o json", 1, "Usage"),
        ("help nonsense -o json", 1, "Usage"),
    ] {
        let ran = home.run(&line.split(' ').collect::<Vec<_>>());
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(code), ""), "{line}: {ran:?}");
        let error: Value = serde_json::from_str(&ran.stderr).unwrap_or_else(|why| panic!("{line}: {why}: {ran:?}"));
        assert_eq!(error["reason"], reason, "{line}: {error}");
        assert_eq!(ran.stderr.lines().count(), 1, "{line}");
        fits(&error);
    }
}

/// A document of ours fits the schema that is shipped for it.
fn fits(document: &Value) {
    let word = |field: &str| document[field].as_str().unwrap_or_default();
    let schema = kubectl_ku8::commands::schema::document_schema(word("apiVersion"), word("kind"))
        .unwrap_or_else(|| panic!("no schema for {document}"));
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let wrong: Vec<String> =
        validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(wrong.is_empty(), "{wrong:?}\n{document:#}");
}

#[test]
fn schemas_are_good_and_are_what_is_printed() {
    let home = Home::new();
    let listed: Value = serde_json::from_str(&home.run(&["schema", "-o", "json"]).stdout).unwrap();
    fits(&listed);
    let names: Vec<&str> =
        listed["items"].as_array().unwrap().iter().filter_map(|item| item["name"].as_str()).collect();
    assert!(names.len() >= 14, "{names:?}");
    for name in names {
        let ran = home.run(&["schema", name]);
        let schema: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert!(jsonschema::draft202012::meta::is_valid(&schema), "{name}");
        assert_eq!(schema["$id"], format!("https://ku8.dev/schemas/v1/{name}.json"));
        // Readers may meet a field of a later version.
        assert!(!ran.stdout.contains("additionalProperties\": false"), "{name} could never get a field more");
        let undescribed = without_description(&schema["properties"], name);
        assert!(undescribed.is_empty(), "no description: {undescribed:?}");
    }
    let definition: Value = serde_json::from_str(&home.run(&["schema", "definition", "-t", "redis"]).stdout).unwrap();
    assert_eq!(definition["title"], "Definition of redis");
    assert!(home.run(&["schema", "plan", "-t", "redis"]).stderr.contains("goes with the schema of a definition"));
    let ran = home.run(&["schema", "plam"]);
    assert!(ran.code == Some(1) && ran.stderr.contains("did you mean: kubectl ku8 schema plan"), "{ran:?}");
}

fn without_description(properties: &Value, at: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (name, schema) in properties.as_object().into_iter().flatten() {
        let here = format!("{at}.{name}");
        found.extend((schema["description"].as_str().is_none() && schema["$ref"].is_null()).then(|| here.clone()));
        found.extend(without_description(&schema["properties"], &here));
        found.extend(without_description(&schema["items"]["properties"], &here));
    }
    found
}

#[test]
fn lists_without_a_cluster_have_every_form() {
    let home = Home::new();
    let form = |form: &str| home.run(&["template", "list", "-q", "-o", form]).stdout;
    let json: Value = serde_json::from_str(&form("json")).unwrap();
    fits(&json);
    for form_of_yaml in ["yaml", "kyaml"] {
        let documents = kubectl_ku8::definition::yaml::documents(&form(form_of_yaml)).unwrap();
        assert_eq!(documents, std::slice::from_ref(&json), "{form_of_yaml}");
    }
    let names: Vec<&str> = kubectl_ku8::render::builtin::all().iter().map(|entry| entry.name).collect();
    assert!(names.len() > 7, "{names:?}");
    let lines = |line: &dyn Fn(&str) -> String| names.iter().map(|name| line(name)).collect::<String>();
    assert_eq!(form("name"), lines(&|name| format!("template/{name}\n")));
    assert_eq!(form("jsonpath={.items[*].metadata.name}"), names.join(" "));
    let columns = lines(&|name| format!("{name:<12}<none>\n"));
    assert_eq!(form("custom-columns=NAME:.metadata.name,GONE:.x"), format!("{:<12}GONE\n{columns}", "NAME"));
    assert!(form("wide").lines().next().unwrap().ends_with("DIGEST"));
    assert!(!home.run(&["template", "list", "--no-headers"]).stdout.contains("NAME"));
    let ran = home.run(&["template", "list", "-o", "jsonpath={.items[99].x}"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains(&format!("array index out of bounds: index 99, length {}", names.len())), "{ran:?}");
}

#[test]
fn help_has_topics_and_falls_back_to_commands() {
    let home = Home::new();
    let help = |words: &[&str]| home.run(&[&["help"], words].concat());
    assert_eq!(help(&["template", "list"]).stdout, home.run(&["template", "list", "--help"]).stdout);
    assert_eq!(help(&[]).stdout, home.run(&["--help"]).stdout);
    assert_eq!(help(&["ls"]).stdout, home.run(&["list", "--help"]).stdout);
    for id in ["KU8-C004", "ku8-c004"] {
        assert!(help(&[id]).stdout.starts_with("# KU8-C004: "), "{id}");
    }
    for code in ["0", "1", "2", "3", "4", "5", "6", "130"] {
        assert!(help(&["exit-codes"]).stdout.contains(&format!("\n  {code} ")), "{code}");
    }
    for (words, near) in
        [(&["pubish"][..], "publish"), (&["exitcodes"], "exit-codes"), (&["template", "rendr"], "render")]
    {
        let ran = help(words);
        assert!(
            ran.code == Some(1) && ran.stderr.contains(&format!("did you mean: kubectl ku8 help {near}")),
            "{ran:?}"
        );
    }
    let ran = help(&["KU8-Z999"]);
    assert!(ran.code == Some(1) && ran.stderr.contains("no error with the id"), "{ran:?}");
    let options = home.run(&["options"]).stdout;
    for arg in kubectl_ku8::commands::command_line().get_arguments().filter(|arg| arg.is_global_set()) {
        assert!(options.contains(&format!("--{}", arg.get_long().unwrap())), "{arg}");
    }
    // -h is short, --help is whole.
    assert!(!home.run(&["list", "-h"]).stdout.contains("--tls-server-name"));
    assert!(home.run(&["list", "--help"]).stdout.contains("--tls-server-name"));
}

#[test]
fn without_arguments_it_says_what_it_is_at_once() {
    let home = Home::new();
    let mut quickest = Duration::MAX;
    for _ in 0..5 {
        let begin = Instant::now();
        let ran = home.run(&[]);
        quickest = quickest.min(begin.elapsed());
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{ran:?}");
        assert!(ran.stdout.contains("kubectl ku8 template list"), "{ran:?}");
    }
    // The aim is 50 ms; a machine that runs other tests is given some more.
    assert!(quickest < Duration::from_millis(150), "{quickest:?}");
}

#[test]
fn colours_follow_flag_environment_and_stream_and_change_nothing_else() {
    let home = Home::new();
    let show = ["template", "show", "redis"];
    let plain = home.run(&show).stdout;
    for (variables, flags, expected) in [
        (&[][..], &[][..], false),
        (&[("CLICOLOR_FORCE", "1")], &[], true),
        (&[("CLICOLOR_FORCE", "0")], &[], false),
        (&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], &[], false),
        (&[("NO_COLOR", "1")], &["--color=always"], true),
        (&[("TERM", "dumb")], &["--color", "always"], true),
        (&[("CLICOLOR_FORCE", "1")], &["--color=never"], false),
        (&[("CLICOLOR_FORCE", "1"), ("TERM", "dumb")], &[], true),
        (&[("KU8_COLOR", "always")], &[], true),
        (&[("KU8_COLOR", "always")], &["--color=auto"], false),
    ] {
        let ran = with(&home, variables, &[&show[..], flags].concat());
        assert_eq!(ran.stdout.contains('\u{1b}'), expected, "{variables:?} {flags:?}");
        assert_eq!(without_escapes(&ran.stdout), plain, "{variables:?} {flags:?}");
    }
}

fn without_escapes(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('m').map_or("", |(_, rest)| rest))
}

#[test]
fn a_fault_of_our_own_is_told_politely() {
    let home = Home::new();
    let secret = "canary-of-a-fault";
    let ran = with(&home, &[("KU8_FAULT", secret)], &["template", "list", "--set-nothing=x"]);
    assert_eq!(ran.code, Some(1), "a wrong line is told before");
    let ran = with(&home, &[("KU8_FAULT", "index out of bounds")], &["show", secret]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{ran:?}");
    assert!(
        ran.stderr.starts_with("error: a fault in kubectl ku8 itself: index out of bounds [KU8-G010]\n"),
        "{ran:?}"
    );
    assert!(
        ran.stderr.contains("command `kubectl ku8 show`, at ") && ran.stderr.contains("please report this"),
        "{ran:?}"
    );
    assert!(!ran.stderr.contains(secret) && !ran.stderr.contains("thread '"), "{ran:?}");
    let ran = with(&home, &[("KU8_FAULT", "x")], &["show", "y", "-o", "json"]);
    fits(&serde_json::from_str(&ran.stderr).unwrap());
}
