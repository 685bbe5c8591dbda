//! A master that is lost, one that comes back, one that is stopped in order, and the proxy that follows.
//! It never looks into a proxy's own figures: what counts is where writes arrive.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use template_sdk::json;

use super::{PODS, PROXIES, Set};

#[test]
fn another_server_takes_over_and_the_proxy_follows() {
    let Some(set) = Set::watched("Redis with Sentinels and HAProxy", json!({"proxy": {"enabled": true}})) else {
        return;
    };
    set.start(&PROXIES);
    set.until_written("cache.prod.svc", "before");
    let master = set.promotable(&PODS);
    assert_eq!(master, "cache-0", "the first master is the first pod");
    set.all_hold(&PODS, &["before"]);
    let check = set.stage.exec("cache-proxy-0", "haproxy", &["haproxy", "-c", "-f", "/config/haproxy.cfg"]);
    assert_eq!(check.code, 0, "{}", check.text());
    assert!(!check.text().to_lowercase().contains("warning"), "{}", check.text());

    set.stage.power_off(&master);
    let seconds = set.until_written("cache.prod.svc", "after");
    println!("Redis: written through the proxy {seconds:.1} s after the master's power failed");
    if seconds > 20.0 {
        for pod in ["cache-1", "cache-2"] {
            println!("{}", set.stage.logs(pod, "sentinel"));
        }
    }
    set.all_hold(&["cache-1", "cache-2"], &["before", "after"]);

    set.start(&["cache-0"]);
    let master = set.promotable(&PODS);
    assert_ne!(master, "cache-0", "a pod that returns follows");
    set.all_hold(&PODS, &["before", "after"]);

    in_order(&set, &master);
    nowhere_the_password(&set);
}

/// Stops the master while somebody writes: no write that was confirmed is missing.
fn in_order(set: &Set, master: &str) {
    let done = AtomicBool::new(false);
    let write = || {
        let (mut confirmed, mut longest, mut last) = (0_u64, Duration::ZERO, Instant::now());
        while !done.load(Ordering::Relaxed) {
            if set.client("cache.prod.svc", &["incr", "count"]).text().parse::<u64>().is_ok() {
                confirmed += 1;
                longest = longest.max(last.elapsed());
                last = Instant::now();
            }
        }
        (confirmed, longest)
    };
    let (confirmed, longest) = thread::scope(|scope| {
        let writer = scope.spawn(write);
        pods::wait_for("the first writes", super::MINUTES, || {
            (set.client("cache.prod.svc", &["get", "count"]).text().parse::<u64>().ok()? > 3).then_some(())
        });
        let took = set.stage.stop(master);
        println!("Redis: the master stopped in order within {:.1} s", took.as_secs_f64());
        if took.as_secs() > 20 {
            println!("{}\n{}", set.stage.logs(master, "redis"), set.stage.logs(master, "sentinel"));
        }
        set.until_written("cache.prod.svc", "handed-over");
        done.store(true, Ordering::Relaxed);
        writer.join().expect("the writer")
    });
    println!("Redis: meanwhile nothing was written for {:.1} s", longest.as_secs_f64());
    let count: u64 = set.client("cache.prod.svc", &["get", "count"]).ok().parse().expect("a number");
    assert!(count >= confirmed, "{confirmed} writes were confirmed, {count} are there");
    set.start(&[master]);
    assert_ne!(set.settled(&PODS), master);
}

/// The password is in no process list and in no log.
fn nowhere_the_password(set: &Set) {
    let password = set.password();
    for pid in std::fs::read_dir("/proc").expect("/proc").flatten() {
        let line = std::fs::read(pid.path().join("cmdline")).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&line).contains(&password), "{}", String::from_utf8_lossy(&line));
    }
    let containers = PODS.iter().flat_map(|pod| [(*pod, "init"), (*pod, "sentinel"), (*pod, "redis")]);
    for (pod, container) in containers.chain(PROXIES.map(|pod| (pod, "haproxy"))) {
        assert!(!set.stage.logs(pod, container).contains(&password), "{pod} {container}");
    }
}
