//! ZooKeeper in static mode on real members: quorum, losses, and every step of scaling.
//! It never runs members of two ensembles in one network.

use pods::maven::{ZOOKEEPER, jars};
use pods::{Stage, skip};
use template_sdk::json;
use template_sdk::testing::Case;
use template_zookeeper::ZooKeeper;

const LAUNCHER: &str = r#"#!/bin/bash
[ "$1" = start-foreground ] || exit 64
: "${ZK_SERVER_HEAP:?}" "${ZOO_LOG_DIR:?}"
exec java -Xmx192m -cp "$ZOOCFGDIR:/opt/zookeeper/lib/*" $SERVER_JVMFLAGS \
    org.apache.zookeeper.server.quorum.QuorumPeerMain "$ZOOCFGDIR/zoo.cfg"
"#;

fn stage(name: &str) -> Option<Stage> {
    let jars = jars("zookeeper-3.9.4", &ZOOKEEPER).map_err(|why| skip(name, &why)).ok()?;
    let stage = Stage::new(name, &["java"])?;
    stage.bind(jars, "/opt/zookeeper/lib");
    stage.tool("zkServer.sh", LAUNCHER);
    Some(stage)
}

#[test]
fn three_members_form_a_quorum() {
    let Some(stage) = stage("ZooKeeper") else { return };
    let rendered = Case::new(json!({"replicas": 3})).name("zk").render::<ZooKeeper>().expect("three members");
    stage.deploy(&rendered);
    let pods = ["zk-0", "zk-1", "zk-2"];
    stage.start_all(&pods);
    stage.ready_all(&pods);
    assert!(stage.ask("zk.prod.svc", 2181, "srvr").contains("Mode: "));
    assert_eq!(stage.exec("zk-0", "zookeeper", &["id", "-u"]).ok(), "1000");
}
