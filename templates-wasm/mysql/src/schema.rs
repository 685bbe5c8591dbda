//! The parameters of this template, on top of the shared block.
//! It never says what a rule must compute: bounds of single values only.

use template_sdk::block::{self, Group, Property};
use template_sdk::{Map, Value, json};

use crate::SPEC;

/// Returns the whole schema.
pub(crate) fn schema() -> Value {
    let own: Map<String, Value> = basic()
        .into_iter()
        .chain(server())
        .chain(first_boot())
        .chain(expert())
        .map(|(name, property)| (name.to_owned(), property.value()))
        .collect();
    block::schema(&SPEC, &json!({"properties": own, "required": ["database"]}))
}

fn basic() -> Vec<(&'static str, Property)> {
    let topology = "standalone: one server with one volume; while its node is down, so is the database.";
    let topology = Property::choice(&["standalone"], "Topology", topology).default("standalone");
    let version = "Release series, both with long-term support. It can go up later, never down.";
    let version = Property::choice(&["8.4", "9.7"], "Version", version).default("8.4").transition("mysql.version.down");
    let database = "The database made at first boot: letters, digits and underscores, usually the application's name.";
    let database = Property::text("Database", database)
        .pattern("^[A-Za-z0-9_]{1,64}$")
        .immutable()
        .transition("mysql.names.database-immutable");
    let user = "The account that owns the database and nothing else; left out, it is called like the database.";
    let user = Property::text("User name", user)
        .pattern("^[A-Za-z0-9_]{1,32}$")
        .immutable()
        .transition("mysql.names.user-immutable");
    vec![
        ("topology", topology.group(Group::Basic, 1)),
        ("version", version.group(Group::Basic, 2)),
        ("database", database.group(Group::Basic, 3)),
        ("username", user.group(Group::Basic, 4)),
    ]
}

fn server() -> Vec<(&'static str, Property)> {
    let connections = "Connections at one time; each may take 2 MiB beside the buffer pool.";
    let connections = Property::integer("Connections", connections).range(10, 10_000).default(151);
    let days = "Days the binary logs stay: how far back a point-in-time recovery can go.";
    let days = Property::new(json!({"type": "number", "minimum": 0.04, "maximum": 365}), "Binary logs", days);
    let durability = "full: nothing confirmed is ever lost. relaxed: a crash of the node may cost the last second, for \
                      much faster writes.";
    let durability = Property::choice(&["full", "relaxed"], "Durability", durability).default("full");
    let mode = "SQL mode, such as STRICT_TRANS_TABLES,NO_ZERO_DATE; left out, the server's own.";
    let mode = Property::text("SQL mode", mode).pattern("^[A-Z_]+(,[A-Z_]+)*$");
    let zone = Property::text("Time zone", "Offset from UTC that sessions begin with.")
        .pattern("^[+-](0[0-9]|1[0-4]):[0-5][0-9]$")
        .default("+00:00");
    let slow = "Queries that take longer are written to slow.log beside the data, which grows until it is moved away; \
                left out, none are.";
    let slow = Property::new(json!({"type": "number", "minimum": 0, "maximum": 3600}), "Slow queries", slow);
    vec![
        ("maxConnections", connections.group(Group::Advanced, 40)),
        ("binlogExpireDays", days.default(7).unit("days").group(Group::Advanced, 41)),
        ("durability", durability.group(Group::Advanced, 42)),
        ("sqlMode", mode.group(Group::Advanced, 45)),
        ("timeZone", zone.group(Group::Advanced, 46)),
        ("slowQueryLogSeconds", slow.unit("seconds").group(Group::Advanced, 47)),
    ]
}

fn first_boot() -> Vec<(&'static str, Property)> {
    let charset = Property::text("Character set", "Of the server and the database; utf8mb4 holds all of Unicode.")
        .pattern("^[a-z0-9]{1,32}$")
        .default("utf8mb4")
        .transition("mysql.charset.changed");
    let collation = "How text is compared and sorted; its name begins with the character set's.";
    let collation = Property::text("Collation", collation)
        .pattern("^[a-z0-9_]{1,64}$")
        .default("utf8mb4_0900_ai_ci")
        .transition("mysql.charset.changed");
    let case = "0: table names are case-sensitive, as on Linux. 1: stored in lower case. Decided at first boot.";
    let case = Property::integer("Case of table names", case)
        .set("enum", json!([0, 1]))
        .default(0)
        .immutable()
        .transition("mysql.names.case-immutable");
    let files = "File name to SQL, run in the order of the names, in the database, as root.";
    let files = Property::texts("Files", files)
        .set("propertyNames", json!({"pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,200}[.]sql$"}))
        .default(json!({}));
    let map = "Name of a ConfigMap in the same namespace whose *.sql files are run instead.";
    let map = Property::text("ConfigMap", map).pattern("^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$");
    let scripts = "SQL run once, when the volume is new. If a file fails, the volume is made afresh on the next try.";
    let scripts = Property::object("Init scripts", scripts, vec![("files", files), ("configMap", map)]);
    vec![
        ("charset", charset.group(Group::Advanced, 43)),
        ("collation", collation.group(Group::Advanced, 44)),
        ("lowerCaseTableNames", case.group(Group::Advanced, 48)),
        ("initScripts", scripts.group(Group::Advanced, 49)),
    ]
}

fn expert() -> Vec<(&'static str, Property)> {
    let pool = "InnoDB's cache; left out, most of what the connections leave of the memory limit.";
    let pool = Property::quantity("Buffer pool", pool);
    let base = "Server id of the first pod. It only matters where servers of several definitions replicate.";
    let base = Property::integer("Server id", base)
        .range(1, 4_294_967_000)
        .default(100)
        .immutable()
        .transition("mysql.server-id.immutable");
    vec![("bufferPool", pool.group(Group::Expert, 50)), ("serverIdBase", base.group(Group::Expert, 51))]
}
