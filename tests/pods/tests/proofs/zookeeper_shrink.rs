//! ZooKeeper in mode reconfig getting smaller while it leads from a member that leaves and clients write.
//! It never counts a write that was not confirmed, and every confirmed one must be on every member that stays.

use std::sync::PoisonError;
use std::time::Instant;

use pods::{Stage, wait_for};
use template_sdk::json;

use crate::zookeeper_reconfig::{LIMIT, TURN, host, leaders, list, publish, shell, stage, values};

/// Creates one znode after the other on the members of an address until told to stop; returns the confirmed ones.
fn writer(stage: &Stage, name: &str, address: &str) -> Vec<String> {
    let script = r#"zkCli.sh -server "$2" >"/tmp/$1" 2>&1 < <(n=0; while echo "create /w/$1-$((n += 1)) x"; do sleep 0.02; done) &
until [ -e /tmp/stop ]; do sleep 0.2; done
kill "$!"; grep -a ^Created "/tmp/$1""#;
    let text = stage.client(&["bash", "-c", script, "-", name, address]).text();
    text.lines().filter_map(|line| Some(line.strip_prefix("Created /w/")?.to_owned())).collect()
}

/// Makes the last member lead.
fn last_leads(stage: &Stage) {
    wait_for("member 4 leads", LIMIT, || {
        match leaders(stage)[..] {
            [4] => return Some(()),
            [leader] => {
                let pod = format!("zk-{leader}");
                stage.kill(&pod);
                wait_for("another leader", LIMIT, || (leaders(stage).len() == 1).then_some(()));
                stage.start(&pod);
                stage.ready(&pod);
            }
            _ => {}
        }
        None
    });
}

#[test]
fn five_become_three_without_their_leader_and_lose_nothing() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(stage) = stage("ZooKeeper from 5 to 3") else { return };
    let (three, five) = (values(3, 5, &json!({})), values(5, 5, &json!({})));
    publish(&stage, None, &five);
    shell(&stage, 0, None, "create /w x").ok();
    // Once for each change of the code; more often by hand.
    let rounds = std::env::var("KU8_PODS_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    for round in 0..rounds {
        last_leads(&stage);
        // One writes through the leader that leaves, one through those that stay.
        let stay = (0..3).map(|ordinal| format!("{}:2181", host(ordinal))).collect::<Vec<_>>().join(",");
        let names = [format!("leaves{round}"), format!("stays{round}")];
        stage.client(&["rm", "-f", "/tmp/stop"]).ok();
        let confirmed = std::thread::scope(|scope| {
            let (stage, leader) = (&stage, format!("{}:2181", host(4)));
            let writers = [(&names[0], leader), (&names[1], stay)]
                .map(|(name, address)| scope.spawn(move || writer(stage, name, &address)));
            let many = |name: &String| stage.client(&["grep", "-ac", "^Created", &format!("/tmp/{name}")]).text();
            let count = |name: &String| many(name).trim().parse::<u32>().unwrap_or_default();
            wait_for("writes by both", LIMIT, || names.iter().all(|name| count(name) > 20).then_some(()));
            let began = Instant::now();
            publish(stage, Some(&five), &three);
            println!("5 to 3 members in {:.1} s", began.elapsed().as_secs_f32());
            let before = count(&names[1]);
            wait_for("writes afterwards", LIMIT, || (count(&names[1]) > before + 20).then_some(()));
            stage.client(&["touch", "/tmp/stop"]).ok();
            writers.map(|writer| writer.join().expect("a writer"))
        });
        let counts = [confirmed[0].len(), confirmed[1].len()];
        println!("confirmed through the leader that left and the others: {counts:?}");
        assert_eq!((stage.pods().len(), leaders(&stage).len()), (3, 1));
        for ordinal in 0..3 {
            assert_eq!(list(&stage, ordinal), [1, 2, 3]);
            let text = shell(&stage, ordinal, None, "ls /w").text();
            let there: Vec<&str> = text
                .lines()
                .filter(|line| line.ends_with(']'))
                .flat_map(|line| line.trim_matches(['[', ']']).split(", "))
                .collect();
            let lost: Vec<&String> =
                confirmed.iter().flatten().filter(|name| !there.contains(&name.as_str())).collect();
            assert!(lost.is_empty(), "member {ordinal} lost {lost:?}");
        }
        // Those who left come back with their volumes and join like new ones.
        publish(&stage, Some(&three), &five);
        assert_eq!(list(&stage, 4), [1, 2, 3, 4, 5]);
    }
}
