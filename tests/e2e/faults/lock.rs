//! P1 and P23: two publishers never write at once, whatever their clocks say and however long one of them slept.
//! The lock is only a courtesy, and these are its manners.

use std::collections::BTreeSet;
use std::sync::{Arc, Barrier, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::api::Api;
use super::crash::Target;
use super::proxy::{Aim, Fault, Moment, Next, Seen};
use super::table::{Desk, each};
use super::{count, figure};
use crate::stage::{Ran, Space, config_map, text, yaml};

/// Publishers in one race.
const RACERS: usize = 16;

fn lease_path(space: &Space, name: &str) -> String {
    format!("/apis/coordination.k8s.io/v1/namespaces/{}/leases/ku8.{name}", space.namespace)
}

/// Writes a Lease as its holder would, whoever holds it now.
fn steal(api: &Api, path: &str, spec: &Value) {
    let (status, lease) = api.call("PATCH", path, Some(&json!({"spec": spec})));
    assert_eq!(status, 200, "{lease}");
}

#[test]
fn p1_of_many_publishers_at_once_one_writes() {
    let Some(space) = Space::new("race") else { return };
    let api = Api::new(&space.kubeconfig);
    let objects = |round: usize| yaml(&[config_map("one", &round.to_string()), config_map("two", &round.to_string())]);
    let rounds = count(200);
    let mut ends = std::collections::BTreeMap::<i32, usize>::new();
    for round in 1..=rounds {
        space.feed(&objects(round), &["define", "web", "-f", "-"]).ok();
        let before = api.get(&format!("/api/v1/namespaces/{}/configmaps", space.namespace));
        let version: u64 = text(&before["metadata"]["resourceVersion"]).parse().expect("a number");
        let racers: Vec<Ran> = std::thread::scope(|scope| {
            let started: Vec<_> =
                (0..RACERS).map(|_| scope.spawn(|| space.run("publish web --yes --no-wait"))).collect();
            started.into_iter().map(|racer| racer.join().expect("no panic")).collect()
        });
        let codes: Vec<i32> = racers.iter().map(|ran| ran.code).collect();
        for ran in &racers {
            // 0: done, or done by another one already. 3: planned before, too late. 4: somebody has the lock.
            assert!(matches!(ran.code, 0 | 3 | 4), "round {round}: {codes:?}: {}", ran.stderr);
            *ends.entry(ran.code).or_default() += 1;
        }
        assert!(codes.contains(&0), "round {round}: nobody won: {codes:?}");
        let head = space_head(&api, &space, "web");
        let words: String = racers.iter().filter(|ran| ran.code == 0).map(|ran| ran.stdout.as_str()).collect();
        assert_eq!(head["current"], round, "round {round}: one revision for all: {words}");
        assert_eq!(head["phase"], "Published", "round {round}");
        for object in ["one", "two"] {
            let path = format!("/api/v1/namespaces/{}/configmaps/{object}", space.namespace);
            let live = api.get(&path);
            assert_eq!(live["data"]["key"], round.to_string(), "round {round}");
            assert!(text(&live["metadata"]["resourceVersion"]).parse::<u64>().expect("a number") > version);
        }
    }
    // Written once a round: the server counts an object's changes of content by its managers' times only, so that the
    // audit log has the word.
    let writes = space.requests().into_iter().filter(|entry| {
        entry.writes() && entry.verb == "patch" && entry.code < 300 && matches!(entry.name.as_str(), "one" | "two")
    });
    let writes = writes.count();
    figure(
        "P1",
        &format!(
            "{rounds} rounds of {RACERS} publishers: {writes} object writes for {} due, 0 double holders, ends {ends:?}",
            rounds * 2
        ),
    );
    assert_eq!(writes, rounds * 2, "every object was written once a round");
}

fn space_head(api: &Api, space: &Space, name: &str) -> Value {
    let head = api.get(&format!("/api/v1/namespaces/{}/configmaps/ku8.{name}", space.namespace));
    serde_json::from_str(text(&head["data"]["state"])).expect("a state")
}

/// The primitive below the lock: of many who write one version of a Lease, the server lets one through.
#[test]
fn p1_of_many_writers_of_one_lease_one_wins() {
    let Some(space) = Space::new("cas") else { return };
    let api = Api::new(&space.kubeconfig);
    let path = lease_path(&space, "cas");
    let body = json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "ku8.cas"},
                      "spec": {"holderIdentity": ""}});
    let collection = path.rsplit_once('/').expect("a path").0.to_owned();
    assert_eq!(api.call("POST", &collection, Some(&body)).0, 201);
    let (rounds, racers) = (count(1000), 4);
    let holders: Mutex<Vec<BTreeSet<usize>>> = Mutex::new(vec![BTreeSet::new(); rounds]);
    let gate = Barrier::new(racers);
    std::thread::scope(|scope| {
        for racer in 0..racers {
            let (api, path, holders, gate) = (&api, &path, &holders, &gate);
            scope.spawn(move || {
                for round in 0..rounds {
                    let mut lease = api.get(path);
                    lease["spec"]["holderIdentity"] = json!(format!("racer-{racer}/{round}"));
                    gate.wait();
                    if api.call("PUT", path, Some(&lease)).0 == 200 {
                        holders.lock().expect("no thread panics")[round].insert(racer);
                    }
                    gate.wait();
                }
            });
        }
    });
    let holders = holders.into_inner().expect("no thread panics");
    let double = holders.iter().filter(|round| round.len() != 1).count();
    figure("P1", &format!("{rounds} rounds of {racers} writers of one Lease: {double} with other than one winner"));
    assert_eq!(double, 0);
}

/// Stops a publish after each of its writes in turn, lets its lease run out and another one finish, and wakes it.
#[test]
fn p1_a_holder_that_slept_past_its_lease_writes_nothing_more() {
    let Some(mut space) = Space::new("slept") else { return };
    space.set("KU8_LEASE_SECONDS", "2");
    let runs: Vec<usize> = (0..count(100)).collect();
    // Lease, revision, head, six objects: from the first write to one before the last.
    each(&space, &runs, |desk, name, run| sleep_at(desk, name, 1 + run % 8))
        .conclude("P1", "holders stopped past their lease and woken");
}

fn sleep_at(desk: &Desk<'_>, name: &str, write: usize) -> Result<&'static str, String> {
    let space = desk.space;
    let objects: Vec<Value> = (0..6).map(|number| config_map(&format!("{name}-{number}"), "1")).collect();
    space.feed(&yaml(&objects), &["define", name, "-f", "-"]).ok();
    let target = Target::default();
    let stopped = target.clone();
    let stop = move || {
        stopped.signal(rustix::process::Signal::STOP);
        Next::GoOn
    };
    desk.proxy.set(Aim::write(write), Fault::Meanwhile(Moment::Carried, Arc::new(stop)));
    let sleeper = desk.through.start(&["publish", name, "--yes", "--no-wait"]);
    target.set(sleeper.id());
    space.until("the write", || {
        let answered = |seen: &&Seen| seen.writes() && seen.status > 0;
        (desk.proxy.trace().iter().filter(answered).count() >= write).then_some(())
    });
    let other = space.run(&format!("publish {name} --yes --no-wait --lock-timeout 60s"));
    // What the sleeper had sent before it was stopped has arrived by now.
    let (done, before) = (desk.proxy.trace().len(), contents(desk, name));
    target.signal(rustix::process::Signal::CONT);
    let code = sleeper.wait();
    let later: Vec<Seen> = desk.proxy.clear().split_off(done);
    let wrote = later.iter().any(|seen| seen.writes() && !seen.is_lease() && seen.status < 300);
    if other.code != 0 {
        return Err(format!("write {write}: the other one ended with {}: {}", other.code, other.stderr));
    }
    if wrote || contents(desk, name) != before {
        return Err(format!("write {write}: the woken one wrote: {later:?}"));
    }
    match code {
        4 => Ok("wrote nothing"),
        // It had done no more than ask for the lock, and found on waking that everything is as it wants it.
        0 if write == 1 => Ok("found nothing left to do"),
        _ => Err(format!("write {write}: it ended with {code}: {later:?}")),
    }
}

/// Name and resourceVersion of every ConfigMap of a definition.
fn contents(desk: &Desk<'_>, name: &str) -> Vec<(String, String)> {
    let list = desk.api.get(&format!("/api/v1/namespaces/{}/configmaps", desk.space.namespace));
    let items = list["items"].as_array().expect("a list");
    let of = |item: &Value, field: &str| text(&item["metadata"][field]).to_owned();
    let all = items.iter().map(|item| (of(item, "name"), of(item, "resourceVersion")));
    all.filter(|(object, _)| object.contains(name)).collect()
}

/// The lock goes to somebody else when everything is written and nothing is removed yet.
#[test]
fn p1_a_lock_lost_between_apply_and_prune_removes_nothing() {
    let Some(space) = Space::new("lost-before-prune") else { return };
    let desk = Desk::new(&space, "lost");
    space.feed(&yaml(&[config_map("keep", "1"), config_map("drop", "1")]), &["define", "web", "-f", "-"]).ok();
    space.run("publish web --yes").ok();
    space.feed(&yaml(&[config_map("keep", "2")]), &["define", "web", "-f", "-"]).ok();
    let (api, path) = (desk.api.clone(), lease_path(&space, "web"));
    let steal = move || {
        steal(&api, &path, &json!({"holderIdentity": "ada@laptop/42/elsewhere", "leaseTransitions": 77}));
        Next::GoOn
    };
    // The last write before the removals: `keep` itself.
    let keep = Aim { counts: |seen| seen.writes() && seen.path.ends_with("/configmaps/keep"), first: 1, times: 1 };
    desk.proxy.set(keep, Fault::Meanwhile(Moment::Carried, Arc::new(steal)));
    desk.through.run("publish web --yes").fails(4, &["lock", "lost"]).hints();
    let trace = desk.proxy.clear();
    assert!(!trace.iter().any(|seen| seen.method == "DELETE"), "{trace:?}");
    assert!(space.find("configmap/drop").is_some());
    let state = space_head(&desk.api, &space, "web");
    let names: Vec<&str> =
        state["inventory"].as_array().expect("a list").iter().map(|entry| text(&entry["name"])).collect();
    assert_eq!(names, ["drop", "keep"], "the inventory is still the superset");
    // Its new holder never renews it: as soon as it has run out, the next publish goes on.
    space.patch("lease/ku8.web", &json!({"spec": {"renewTime": "2020-01-01T00:00:00.000000Z"}}));
    space.run("publish web --yes").ok().says(&["Taking over from ada@laptop"]);
    assert!(space.find("configmap/drop").is_none());
}

/// An hour ahead, an hour behind: neither takes a lock from somebody alive, nor waits for ever for somebody dead.
#[test]
fn p23_wrong_clocks_do_no_harm() {
    let Some(mut space) = Space::new("clocks") else { return };
    // Long enough for a busy machine to renew in time: a holder that cannot stops by itself, which is not the point.
    space.set("KU8_LEASE_SECONDS", "4");
    let rounds: Vec<usize> = (0..count(100)).collect();
    let worst = Mutex::new(Duration::ZERO);
    let tally = each(&space, &rounds, |desk, name, round| {
        let (mine, theirs) = if round % 2 == 0 { ("3600", "-3600") } else { ("-3600", "3600") };
        let took = apart(desk, name, mine, theirs)?;
        let mut worst = worst.lock().expect("no thread panics");
        *worst = took.max(*worst);
        Ok("kept apart")
    });
    let worst = worst.into_inner().expect("no thread panics");
    tally.conclude(
        "P23",
        &format!("clocks two hours apart, taken over {:.1} s after the last renewal at most", worst.as_secs_f64()),
    );
    assert!(worst < Duration::from_secs(4 + 5), "{worst:?}");
}

/// One publish is held up while it renews, then dies unseen; another one, of another time, must wait, then need not.
fn apart(desk: &Desk<'_>, name: &str, mine: &str, theirs: &str) -> Result<Duration, String> {
    let space = desk.space;
    let skewed = |offset: &str, kubeconfig: &std::path::Path| {
        let mut skewed = space.with_kubeconfig(kubeconfig.to_owned(), &space.user);
        skewed.set("KU8_CLOCK_OFFSET_SECONDS", offset);
        skewed
    };
    let (holder, other) = (skewed(mine, &desk.proxy.kubeconfig), skewed(theirs, &space.kubeconfig));
    space.feed(&yaml(&[config_map(name, "1")]), &["define", name, "-f", "-"]).ok();
    let at_object = |seen: &Seen| seen.writes() && seen.method == "PATCH" && seen.path.contains("/configmaps/p");
    desk.proxy.set(Aim { counts: at_object, first: 1, times: 1 }, Fault::Delay(Duration::from_mins(1)));
    let first = holder.start(&["publish", name, "--yes", "--no-wait"]);
    let lease = |what: &str| text(&desk.api.get(&lease_path(space, name))["spec"][what]).to_owned();
    space.until("its object", || desk.proxy.trace().iter().any(at_object).then_some(()));
    // Several renewals, longer than one lease lasts: nobody may take it.
    let renewals = |seen: &&Seen| seen.writes() && seen.is_lease() && seen.status == 200;
    let count = desk.proxy.trace().iter().filter(renewals).count();
    space.until("renewals", || (desk.proxy.trace().iter().filter(renewals).count() >= count + 5).then_some(()));
    let refused = other.run(&format!("publish {name} --yes --no-wait"));
    if refused.code != 4 {
        return Err(format!("it took a lock that was renewed: {}{}", refused.stdout, refused.stderr));
    }
    first.kill();
    let took = Instant::now();
    // As if it had run on another machine, where nobody can see that it has ended.
    let elsewhere = lease("holderIdentity").rsplit_once('/').map(|(who, _)| format!("{who}/elsewhere"));
    steal(&desk.api, &lease_path(space, name), &json!({"holderIdentity": elsewhere}));
    let taken = other.run(&format!("publish {name} --yes --no-wait --lock-timeout 30s"));
    desk.proxy.clear();
    if taken.code == 0 && taken.stderr.contains("Taking over from") {
        Ok(took.elapsed())
    } else {
        Err(format!("it did not take over: {}{}", taken.stdout, taken.stderr))
    }
}
