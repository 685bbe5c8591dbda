//! The parameters of this template, on top of the shared block.
//! It never says what a rule must compute: bounds of single values only.

use template_sdk::block::{self, Group, Property};
use template_sdk::{Value, json};

use crate::SPEC;

/// Four-letter words the server knows.
const WORDS: [&str; 17] = [
    "conf", "cons", "crst", "dirs", "dump", "envi", "gtmk", "hash", "isro", "mntr", "ruok", "srst", "srvr", "stat",
    "wchc", "wchp", "wchs",
];

/// Returns the whole schema.
pub(crate) fn schema() -> Value {
    let own: template_sdk::Map<String, Value> = basic()
        .into_iter()
        .chain(timing())
        .chain(server())
        .chain(expert())
        .map(|(name, property)| (name.to_owned(), property.value()))
        .collect();
    let mut own = json!({ "properties": own });
    // Metrics are built into the server and cost nothing; the transaction log joins the shared storage.
    own["properties"]["metrics"] = json!({"properties": {"enabled": {"default": true}}});
    own["properties"]["storage"] = json!({"properties": {"dataLog": data_log().value()}});
    block::schema(&SPEC, &own)
}

fn basic() -> Vec<(&'static str, Property)> {
    let replicas = "Members of the ensemble. 3 survive the loss of one, 5 of two, 7 of three; 1 is for development \
                    and cannot grow later.";
    let replicas = Property::integer("Members", replicas)
        .set("enum", json!([1, 3, 5, 7]))
        .default(3)
        .transition("zookeeper.scale.odd-jump")
        .group(Group::Basic, 1);
    let chroot = "Path put behind the addresses that clients get, such as /shop; the application creates it.";
    let chroot = Property::text("Client root", chroot).pattern("^(/[A-Za-z0-9._-]+)*$").default("");
    vec![("replicas", replicas), ("chroot", chroot.group(Group::Advanced, 48))]
}

fn timing() -> Vec<(&'static str, Property)> {
    let tick = Property::integer("Tick", "The unit of the other times.").range(500, 10_000).default(2000);
    let init = "Ticks a member may take to connect to the leader and copy its data; raise it for large data sets.";
    let init = Property::integer("First sync", init).range(2, 100).default(10);
    let sync = Property::integer("Keeping up", "Ticks a member may lag behind the leader.").range(2, 100).default(5);
    let shortest = "Shortest session a client may ask for; left out, two ticks.";
    let shortest = Property::integer("Shortest session", shortest).range(1000, 3_600_000);
    let longest = "Longest session a client may ask for; left out, twenty ticks.";
    let longest = Property::integer("Longest session", longest).range(1000, 86_400_000);
    let clients = "Connections from one address; 0 is no limit.";
    let clients = Property::integer("Connections per client", clients).range(0, 10_000).default(60);
    vec![
        ("tickTime", tick.unit("milliseconds").group(Group::Advanced, 41)),
        ("initLimit", init.unit("ticks").group(Group::Advanced, 42)),
        ("syncLimit", sync.unit("ticks").group(Group::Advanced, 43)),
        ("minSessionTimeout", shortest.unit("milliseconds").group(Group::Advanced, 44)),
        ("maxSessionTimeout", longest.unit("milliseconds").group(Group::Advanced, 45)),
        ("maxClientCnxns", clients.group(Group::Advanced, 40)),
    ]
}

fn server() -> Vec<(&'static str, Property)> {
    let keep = Property::integer("Snapshots kept", "Newest snapshots that stay.").range(3, 1000).default(3);
    let hours = "How often older ones are deleted; 0 never does, and the disk fills.";
    let hours = Property::integer("Hours between purges", hours).range(0, 168).unit("hours").default(1);
    let purge = vec![("snapRetainCount", keep), ("purgeIntervalHours", hours)];
    let purge = Property::object("Clean-up", "What becomes of old snapshots and logs.", purge);

    let words = "Short commands the server answers on its client port; srvr and ruok serve the probes.";
    let words = Property::list(json!({"enum": WORDS}), "Four-letter words", words)
        .set("uniqueItems", true)
        .default(json!(["srvr", "mntr", "ruok", "conf", "isro"]));
    let admin = Property::boolean("Enabled", "HTTP on port 8080, reachable from inside the pod only.").default(true);
    let admin = Property::object("Admin server", "Figures and commands over HTTP.", vec![("enabled", admin)]);
    let level = Property::choice(&["ERROR", "WARN", "INFO", "DEBUG"], "Log level", "How much the server logs.");
    vec![
        ("autopurge", purge.group(Group::Advanced, 46)),
        ("fourLetterWords", words.group(Group::Advanced, 49)),
        ("adminServer", admin.group(Group::Advanced, 50)),
        ("logLevel", level.default("INFO").group(Group::Advanced, 51)),
    ]
}

fn expert() -> Vec<(&'static str, Property)> {
    let heap = "Memory of the JVM; left out, 60 % of the memory limit.";
    let heap = Property::integer("Heap", heap).range(128, 31_000).unit("MiB");
    let snap = "Transactions between snapshots; left out, the server's own.";
    let snap = Property::integer("Snapshot interval", snap).range(1000, 10_000_000);
    let pre = "By how much the log file grows at a time; left out, the server's own.";
    let pre = Property::integer("Log growth", pre).range(1024, 1_048_576).unit("KiB");
    let buffer = "Largest request; clients must be given the same. Left out, 1 MiB.";
    let buffer = Property::integer("Largest request", buffer).range(1_048_576, 67_108_864).unit("bytes");
    let jute = Property::object("Protocol", "Limits of the wire protocol.", vec![("maxbufferBytes", buffer)]);
    let first = "Id of the member with ordinal 0. Only for taking over volumes that count from another number.";
    let first = Property::integer("First server id", first)
        .range(0, 200)
        .default(1)
        .immutable()
        .transition("zookeeper.ids.immutable");
    let mode = "static: the member list is part of the configuration and changes with a rolling restart.";
    let mode = Property::choice(&["static"], "Mode", mode).default("static").immutable();
    let via = "The even size to stand at while growing by one: 4 on the way from 3 to 5, 6 on the way from 5 to 7.";
    let via = Property::integer("Step", via).set("enum", json!([4, 6])).transition("zookeeper.scale.odd-jump");
    let scaling = Property::object("Scaling", "How the size changes.", vec![("mode", mode), ("via", via)]);
    vec![
        ("heapMiB", heap.group(Group::Expert, 52)),
        ("snapCount", snap.group(Group::Expert, 53)),
        ("preAllocSizeKiB", pre.group(Group::Expert, 54)),
        ("jute", jute.group(Group::Expert, 55)),
        ("firstServerId", first.group(Group::Expert, 56)),
        ("scaling", scaling.group(Group::Expert, 57)),
    ]
}

fn data_log() -> Property {
    let enabled = "Keeps the transaction log on a volume of its own, for disks that are busy. It cannot change later.";
    let enabled = Property::boolean("Separate log volume", enabled).default(false).immutable();
    let size = Property::quantity("Log volume size", "Size of that volume.").default("8Gi");
    let all = vec![("enabled", enabled), ("size", size)];
    Property::object("Transaction log", "Where the transaction log lives.", all).group(Group::Advanced, 22)
}
