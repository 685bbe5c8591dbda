//! Memcached on the real server: a pool by name, the item limit, one node that dies.
//! It never tests a client's hashing: which key goes where is the client's.

use std::time::{Duration, Instant};

use pods::Stage;
use template_memcached::Memcached;
use template_sdk::testing::Case;
use template_sdk::{Value, json};

const LIMIT: Duration = Duration::from_mins(1);

fn host(ordinal: u32) -> String {
    format!("cache-{ordinal}.cache-headless.prod.svc")
}

/// Sends commands and reads until the server closes.
fn say(stage: &Stage, host: &str, commands: &str) -> String {
    stage.ask(host, 11211, &format!("{commands}quit\r\n"))
}

fn deploy(stage: &Stage, before: Option<&Value>, now: &Value) {
    let case = Case::new(now.clone()).name("cache");
    let case = before.into_iter().fold(case, |case, before| case.previous(before.clone()));
    stage.deploy(&case.render::<Memcached>().expect("a pool"));
    stage.settle();
}

#[test]
fn a_pool_by_name_loses_only_what_one_node_held() {
    let Some(stage) = Stage::new("memcached", &["memcached"]) else { return };
    let three = json!({"replicas": 3, "size": "dev", "maxItemSize": "64Ki", "idleTimeout": 600});
    deploy(&stage, None, &three);
    for ordinal in 0..3 {
        let answer = say(&stage, &host(ordinal), &format!("set key 0 0 1\r\n{ordinal}\r\n"));
        assert_eq!(answer, "STORED\r\n", "{ordinal}");
    }
    assert_eq!(stage.exec("cache-0", "memcached", &["id", "-u"]).ok(), "11211");
    let stats = say(&stage, &host(0), "stats settings\r\n");
    for line in ["STAT maxbytes 67108864", "STAT item_size_max 65536", "STAT maxconns 1024", "STAT num_threads 4"] {
        assert!(stats.contains(line), "{line}: {stats}");
    }

    // The largest item is obeyed: one that fits, one that does not.
    let set = |bytes: usize| say(&stage, &host(0), &format!("set big 0 0 {bytes}\r\n{}\r\n", "x".repeat(bytes)));
    assert_eq!(set(60_000), "STORED\r\n");
    assert!(set(70_000).contains("object too large"), "{}", set(70_000));

    stage.kill("cache-1");
    for ordinal in [0, 2] {
        assert!(say(&stage, &host(ordinal), "get key\r\n").contains(&format!("\r\n{ordinal}\r\n")));
    }
    let began = Instant::now();
    stage.start("cache-1");
    stage.ready("cache-1");
    println!("a node that died is back, empty, after {:.1} s", began.elapsed().as_secs_f32());
    assert_eq!(say(&stage, &host(1), "get key\r\n"), "END\r\n");

    // Growing starts one node more and touches nobody.
    let four = json!({"replicas": 4, "size": "dev", "maxItemSize": "64Ki", "idleTimeout": 600});
    deploy(&stage, Some(&three), &four);
    assert!(say(&stage, &host(3), "version\r\n").starts_with("VERSION "));
    assert!(say(&stage, &host(0), "get key\r\n").contains("\r\n0\r\n"));

    let took = stage.stop("cache-3");
    assert!(took < LIMIT, "an orderly stop took {took:?}");
}

#[test]
fn every_size_of_item_the_template_lets_pass_starts() {
    let Some(stage) = Stage::new("memcached item sizes", &["memcached"]) else { return };
    let mut before = None;
    for item in ["1Ki", "256Ki", "512Ki", "1536Ki", "32Mi"] {
        let values = json!({"size": "dev", "maxItemSize": item, "verbosity": "quiet"});
        deploy(&stage, before.as_ref(), &values);
        assert!(say(&stage, "cache.prod.svc", "version\r\n").starts_with("VERSION "), "{item}");
        before = Some(values);
    }
}
