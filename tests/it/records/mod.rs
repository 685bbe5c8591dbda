//! Old state stays readable (security.md, P24): every record format 1 ever wrote, whole and damaged, is read as it was.
//! A new format gets a folder of its own beside `v1`, whose files never change.

use std::path::Path;

use kubectl_ku8::release::{FORMAT_VERSION, Head, RecordError, RevisionRecord};
use serde_json::{Value, json};

/// `head-orders-published.json`, `revision-orders.r1-failed.json`, `damaged-head-state.json`.
fn fixtures() -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/it/records/v1");
    let mut found: Vec<(String, Value)> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap())
        })
        .collect();
    found.sort_by(|left, right| left.0.cmp(&right.0));
    found
}

fn read(value: &Value) -> Result<(), RecordError> {
    if value["metadata"]["labels"]["ku8.dev/kind"] == "definition" {
        Head::from_config_map(value).map(drop)
    } else {
        RevisionRecord::from_config_map(value).map(drop)
    }
}

#[test]
fn p24_every_record_of_format_1_is_read_as_it_was_written() {
    let all = fixtures();
    for (name, value) in &all {
        let outcome = read(value);
        match name.split('-').next() {
            Some("damaged") => {
                assert!(matches!(outcome, Err(RecordError::Damaged { .. })), "{name}: {outcome:?}");
            }
            _ => assert!(outcome.is_ok(), "{name}: {outcome:?}"),
        }
    }
    // Not only read, but understood.
    let head = |name: &str| Head::from_config_map(&all.iter().find(|one| one.0 == name).unwrap().1).unwrap();
    let db = head("head-db-published");
    assert_eq!((db.state.current, db.state.last_good, db.state.inventory.entries().len()), (4, 4, 6));
    assert!(!db.is_modified() && head("head-redis-published").is_modified());
    assert_eq!(head("head-waiting-publishing").state.pending, 1);
    assert!(head("head-crash-failed").state.reason.unwrap().contains("CrashLoopBackOff"));
    assert_eq!(head("head-draft-app-draft").definition.spec.app.as_deref(), Some("shop"));
    let revision = all.iter().find(|one| one.0 == "revision-db.r2-published").unwrap();
    let revision = RevisionRecord::from_config_map(&revision.1).unwrap();
    assert_eq!((revision.meta.number, revision.render.len()), (2, 6));
    assert_eq!(revision.effective["values"]["maxConnections"], 200);
    let text = format!("P24: {} records of format 1, {FORMAT_VERSION} is written now\n", all.len());
    let _ = std::io::Write::write_all(&mut std::io::stderr(), text.as_bytes());
    assert!(all.len() >= 20, "{}", all.len());
}

#[test]
fn p24_a_record_of_the_next_format_is_refused_and_never_guessed_at() {
    for (name, mut value) in fixtures().into_iter().filter(|one| !one.0.starts_with("damaged")) {
        value["metadata"]["annotations"]["ku8.dev/format"] = json!((FORMAT_VERSION + 1).to_string());
        // A later format may have moved everything else.
        value["data"] = json!({"somethingNew": "{}"});
        assert!(matches!(read(&value), Err(RecordError::Newer { .. })), "{name}: {:?}", read(&value));
    }
}
