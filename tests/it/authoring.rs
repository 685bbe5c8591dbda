//! What authors are given agrees with itself: the guide shows pieces of the finished project, and golden cases say the
//! same natively as in the sandbox. It never runs a command of the guide: `e2e` does.

use std::fs;
use std::path::{Path, PathBuf};

use template_sdk::Template;
use template_sdk::testing::golden;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Blocks that name a file: the file, and the pieces between lines of `…`.
fn excerpts(guide: &str) -> Vec<(String, Vec<String>)> {
    let (mut found, mut open): (Vec<(String, Vec<String>)>, bool) = (Vec::new(), false);
    let mut taken = false;
    for line in guide.lines() {
        if let Some(fence) = line.strip_prefix("```") {
            open = !open;
            let file = fence.split_once(' ').map(|(_, file)| file).filter(|file| file.starts_with("src/"));
            taken = open && file.is_some();
            if let Some(file) = file.filter(|_| taken) {
                found.push((file.to_owned(), vec![String::new()]));
            }
        } else if taken {
            let (_, pieces) = found.last_mut().unwrap();
            if line == "…" {
                pieces.push(String::new());
            } else {
                let piece = pieces.last_mut().unwrap();
                piece.push_str(line);
                piece.push('\n');
            }
        }
    }
    found
}

#[test]
fn the_guide_shows_what_is_in_the_finished_project() {
    let guide = fs::read_to_string(root().join("docs/authoring.md")).unwrap();
    let excerpts = excerpts(&guide);
    assert!(excerpts.len() > 9, "the guide lost its code: {}", excerpts.len());
    for (file, pieces) in excerpts {
        let text = fs::read_to_string(root().join("examples/rabbitmq").join(&file)).unwrap();
        let mut rest = text.as_str();
        for piece in pieces {
            let at = rest
                .find(&piece)
                .unwrap_or_else(|| panic!("docs/authoring.md: not in {file}, or not in order:\n{piece}"));
            rest = &rest[at + piece.len()..];
        }
    }
}

#[test]
fn golden_cases_say_the_same_natively() {
    fn cases<T: Template>(name: &str) {
        let count = golden::<T>(root().join("templates-wasm").join(name).join("tests"))
            .unwrap_or_else(|differ| panic!("{name}: {differ}"));
        assert!(count > 2, "{name}: {count} cases");
    }
    cases::<template_fastdfs::FastDfs>("fastdfs");
    cases::<template_kafka::Kafka>("kafka");
    cases::<template_memcached::Memcached>("memcached");
    cases::<template_mongodb::MongoDb>("mongodb");
    cases::<template_mysql::MySql>("mysql");
    cases::<template_redis::Redis>("redis");
    cases::<template_web::Web>("web");
    cases::<template_zookeeper::ZooKeeper>("zookeeper");
}
