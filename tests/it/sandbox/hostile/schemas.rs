//! Schemas that would hang, fetch or crash whoever evaluates them, through the child: each is refused with its reason,
//! or judged as fast as any other (P16).
//! None of them is ever evaluated in this process.

use std::path::Path;
use std::time::{Duration, Instant};

use kubectl_ku8::render::child::SUBCOMMAND;
use kubectl_ku8::render::{Origin, RenderError, Runtime};
use serde_json::{Value, json};

use super::{Watched, variant, with};

/// Memory a schema may take, in MiB.
const PEAK: u64 = 256;

/// A schema and why it is refused; without a reason it is one we take, and `values` are judged by it.
struct Hostile {
    name: &'static str,
    schema: String,
    refused: Option<&'static str>,
    values: Value,
}

fn refused(name: &'static str, schema: &Value, words: &'static str) -> Hostile {
    text(name, schema.to_string(), words)
}

fn text(name: &'static str, schema: String, words: &'static str) -> Hostile {
    Hostile { name, schema, refused: Some(words), values: Value::Null }
}

fn taken(name: &'static str, schema: &Value, values: Value) -> Hostile {
    Hostile { name, schema: schema.to_string(), refused: None, values }
}

fn schemas() -> Vec<Hostile> {
    [fetching(), circular(), costly(), patterns(), large(), wrong()].into_iter().flatten().collect()
}

/// References to elsewhere, in every keyword that holds a schema.
fn fetching() -> Vec<Hostile> {
    let file = json!({"$ref": "file:///etc/passwd"});
    let outside = "refers outside the schema";
    vec![
        refused("a file", &json!({"$ref": "file:///etc/passwd"}), outside),
        refused("a file in properties", &json!({"properties": {"a": file}}), outside),
        refused("a file in items", &json!({"items": file}), outside),
        refused("a file in allOf", &json!({"allOf": [file]}), outside),
        refused("a file in not", &json!({"not": file}), outside),
        refused("a file in if", &json!({"if": file}), outside),
        refused("a file in a definition nobody uses", &json!({"$defs": {"a": file}}), outside),
        refused("a file in additionalProperties", &json!({"additionalProperties": file}), outside),
        refused("a file in dependentSchemas", &json!({"dependentSchemas": {"a": file}}), outside),
        refused("an address", &json!({"$ref": "http://127.0.0.1:9/schema"}), outside),
        refused("the cloud's own address", &json!({"$ref": "http://169.254.169.254/latest/meta-data"}), outside),
        refused("a device", &json!({"$ref": "file:///dev/zero"}), outside),
        refused("another document", &json!({"$ref": "other.json#/a"}), outside),
        taken("a language from an address", &json!({"$schema": "http://127.0.0.1:9/meta"}), json!({})),
    ]
}

fn circular() -> Vec<Hostile> {
    let chain = |length: usize| {
        let definitions: serde_json::Map<String, Value> =
            (0..length).map(|n| (format!("d{n}"), json!({"$ref": format!("#/$defs/d{}", n + 1)}))).collect();
        json!({"$ref": "#/$defs/d0", "$defs": definitions})
    };
    vec![
        refused("itself", &json!({"$ref": "#"}), "refers to itself"),
        refused(
            "two that refer to each other",
            &json!({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}),
            "refers to itself",
        ),
        refused("a reference that moves", &json!({"$dynamicRef": "#a"}), "keyword `$dynamicRef` is not allowed"),
        refused("an anchor that moves", &json!({"$defs": {"a": {"$dynamicAnchor": "x"}}}), "keyword `$dynamicAnchor`"),
        refused("a base inside", &json!({"properties": {"a": {"$id": "http://x/"}}}), "keyword `$id` is not allowed"),
        refused("a chain of 500 references", &chain(500), "nested deeper than 200 levels"),
        refused("a chain of 5,000 references", &chain(5_000), "more than 512 references"),
    ]
}

/// Alternatives that refer to alternatives (security.md, F15).
fn fan_out(levels: usize, keyword: &str) -> Value {
    let mut definitions = serde_json::Map::new();
    definitions.insert("d0".into(), json!({"type": "string"}));
    for level in 1..=levels {
        let below = json!({"$ref": format!("#/$defs/d{}", level - 1)});
        definitions.insert(format!("d{level}"), json!({(keyword): [below, below]}));
    }
    json!({"$ref": format!("#/$defs/d{levels}"), "$defs": definitions})
}

fn costly() -> Vec<Hostile> {
    let many = |keyword: &str, count: usize| {
        let members: serde_json::Map<String, Value> =
            (0..count).map(|n| (format!("p{n}"), json!({"type": "integer"}))).collect();
        json!({"type": "object", (keyword): members})
    };
    let big = "x".repeat(200_000);
    let users: serde_json::Map<String, Value> =
        (0..500).map(|n| (format!("p{n}"), json!({"$ref": "#/$defs/big"}))).collect();
    vec![
        refused("30 levels of anyOf", &fan_out(30, "anyOf"), "multiply to more than 20000 steps"),
        refused("60 levels of allOf", &fan_out(60, "allOf"), "multiply to more than 20000 steps"),
        refused("30 levels of oneOf", &fan_out(30, "oneOf"), "multiply to more than 20000 steps"),
        taken("12 levels of anyOf", &fan_out(12, "anyOf"), json!({})),
        taken("5,000 properties", &many("properties", 5_000), json!({"p1": "x"})),
        refused(
            "a default of 200 KB, 500 times",
            &json!({"type": "object", "properties": users, "$defs": {"big": {"type": "string", "default": big}}}),
            "defaults come to more than 1048576 bytes",
        ),
    ]
}

fn patterns() -> Vec<Hostile> {
    let pattern =
        |pattern: &str| json!({"type": "object", "properties": {"a": {"type": "string", "pattern": pattern}}});
    let invalid = "not valid JSON Schema";
    let letters = json!({"a": "a".repeat(100_000) + "!"});
    vec![
        taken("a pattern that backtracks elsewhere", &pattern("^(a+)+$"), letters.clone()),
        taken("alternatives that overlap", &pattern("^(a|aa)+$"), letters),
        refused("a backreference", &pattern("(a)\\1"), invalid),
        refused("a look ahead", &pattern("(?=a)b"), invalid),
        refused("repetitions of repetitions", &pattern("((a{1000}){1000}){1000}"), invalid),
        refused("a pattern of 1 MiB", &pattern(&"a".repeat(1 << 20)), "bytes; at most 262144"),
        refused("a pattern of 200 KB", &pattern(&"[a-z]?".repeat(33_000)), invalid),
    ]
}

fn large() -> Vec<Hostile> {
    let deep = |open: &str, depth: usize, close: &str| format!("{}{{}}{}", open.repeat(depth), close.repeat(depth));
    let words: Vec<String> = (0..1_000_000).map(|n| format!("{n:x}")).collect();
    vec![
        refused("a million choices", &json!({"enum": words}), "bytes; at most 262144"),
        text("100,000 levels", deep(r#"{"not":"#, 100_000, "}"), "nested deeper than 64 levels"),
        text("65 levels", deep(r#"{"not":"#, 65, "}"), "nested deeper than 64 levels"),
        refused("a title of 10 MB", &json!({"title": "x".repeat(10_000_000)}), "bytes; at most 262144"),
    ]
}

fn wrong() -> Vec<Hostile> {
    vec![
        refused("a list", &json!([]), "the schema is not a JSON object"),
        refused("yes", &json!(true), "the schema is not a JSON object"),
        refused("a type there is not", &json!({"type": "strnig"}), "not valid JSON Schema 2020-12 at `/type`"),
        refused("a reference to nothing", &json!({"$ref": "#/$defs/a"}), "refers to nothing in the schema"),
        refused("a number for a reference", &json!({"$ref": 7}), "not valid JSON Schema"),
        text("a key twice", r#"{"type":"object","type":"string"}"#.into(), "duplicate key"),
        refused(
            "a secret for everyone",
            &json!({"properties": {"p": {"x-ku8-secret": true, "default": "hunter2"}}}),
            "is a secret value",
        ),
    ]
}

fn judge(runtime: &Runtime, one: &Hostile) -> Result<(), RenderError> {
    let guest = with(|g| g.schema = one.schema.clone().into_bytes());
    let template = runtime.load(guest.bytes(), Origin::Cluster)?;
    match runtime.check(&template, one.values.clone()) {
        // Values that do not fit are what a schema is for.
        Ok(_) | Err(RenderError::Values(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

#[test]
fn p16_a_schema_cannot_hang_fetch_or_crash_us() {
    let children = Watched::new();
    let runtime = children.runtime(None);
    let schemas = schemas();
    let (mut failed, mut slowest, mut peak) = (Vec::new(), 0.0_f64, 0);
    for one in &schemas {
        let begin = Instant::now();
        let (outcome, taken) = children.watch(|| judge(&runtime, one));
        let wall = begin.elapsed();
        runtime.rest();
        children.assert_reaped();
        let sentence = outcome.as_ref().err().map(ToString::to_string).unwrap_or_default();
        let right = match (&outcome, one.refused) {
            (Ok(()), None) => true,
            (Err(error), Some(words)) => {
                variant(error) == "Refused" && sentence.contains(words) && !sentence.contains("hunter2")
            }
            _ => false,
        };
        if !right || sentence.len() > 4_000 {
            failed.push(format!("{}: expected {:?}, got {outcome:.600?}", one.name, one.refused));
        }
        if taken.busy > 2.0 || wall > Duration::from_secs(30) || taken.peak > PEAK {
            failed.push(format!("{}: {wall:?}, {taken:?}", one.name));
        }
        (slowest, peak) = (slowest.max(taken.busy), peak.max(taken.peak));
    }
    println!(
        "P16 schemas: {} hostile, {} failed; slowest {slowest:.2} s of processor; child peak {peak} MiB",
        schemas.len(),
        failed.len()
    );
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(schemas.len() >= 30);
}

#[test]
fn p16_a_schema_opens_nothing() {
    if std::process::Command::new("strace").arg("-V").output().is_err() {
        eprintln!("SKIPPED the system calls of the child: strace is not installed");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let calls = folder.path().join("calls");
    // Appended to: loading and judging are two processes.
    let traced = Watched::running(&format!(
        "exec strace -f -A -e trace=%network,open,openat,openat2,execve,fork,vfork -o '{}' '{}' {SUBCOMMAND}",
        calls.display(),
        env!("CARGO_BIN_EXE_kubectl-ku8")
    ));
    let runtime = traced.runtime(None);
    let schemas = schemas();
    for one in &schemas {
        assert_eq!(judge(&runtime, one).is_err(), one.refused.is_some(), "{}", one.name);
    }
    runtime.rest();
    let text = std::fs::read_to_string(&calls).unwrap();
    let outside: Vec<&str> = text.lines().filter(|line| !harmless(line)).collect();
    assert!(text.matches("execve(").count() >= schemas.len(), "nothing was traced: {text:.300}");
    assert!(outside.is_empty(), "{}", outside.join("\n"));
    println!("P16 system calls: {} schemas, 0 connections, 0 files opened but the program's own", schemas.len());
}

/// What starting any program takes: itself, its libraries, what the allocator asks the kernel, threads.
fn harmless(line: &str) -> bool {
    const OWN: [&str; 5] = ["\"/etc/ld.so.", "\"/lib/", "\"/usr/lib/", "\"/proc/", "\"/sys/"];
    let call = ["connect(", "socket(", "sendto(", "bind(", "open(", "openat(", "openat2(", "fork(", "execve("];
    if !call.iter().any(|call| line.contains(call)) || line.contains("+++") || line.contains("---") {
        return true;
    }
    let program = Path::new(env!("CARGO_BIN_EXE_kubectl-ku8")).display().to_string();
    (line.contains("execve(") && line.contains(&program))
        || (line.contains("open") && OWN.iter().any(|place| line.contains(place)))
}
