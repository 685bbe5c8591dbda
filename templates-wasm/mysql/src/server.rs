//! The containers of a server's pod.
//! They never get a password by argument or environment, only as files.

use template_sdk::block::Block;
use template_sdk::build::{Container, Probe, Resources, env};
use template_sdk::{Quantity, json};

use crate::values::{TlsMode, Values};

/// Port clients connect to.
pub(crate) const PORT: u16 = 3306;
/// Where the ConfigMap is mounted.
const CONF: &str = "/ku8/conf";
/// Where the Secret is mounted, in the init container only.
const AUTH: &str = "/ku8/auth";
/// What init leaves for the probes and the exporter; memory, so that it goes with the pod.
const RUN: &str = "/ku8/run";
/// Where init scripts are mounted.
const SCRIPTS: &str = "/ku8/init";
/// Where the certificate is mounted.
pub(crate) const TLS: &str = "/ku8/tls";
/// Where what may change without a restart is mounted.
const PROMOTION: &str = "/ku8/promotion";
const VOLUME: &str = "/var/lib/mysql";
const SOCKET_DIR: &str = "/var/run/mysqld";
const SNIPPETS: &str = "/etc/mysql/ku8.d";

/// Makes the data directory and the accounts. It runs the server, so it gets the server's resources.
pub(crate) fn init(block: &Block, values: &Values, image: &str, scripts: bool) -> Container {
    let container = block.container("init", image, block.resources).command(["bash", "/ku8/conf/init.sh"]);
    let variables = [
        ("KU8_CONF", CONF.to_owned()),
        ("KU8_AUTH", AUTH.to_owned()),
        ("KU8_RUN", RUN.to_owned()),
        ("KU8_VOLUME", VOLUME.to_owned()),
        ("KU8_SNIPPETS", SNIPPETS.to_owned()),
        ("KU8_SCRIPTS", if scripts { SCRIPTS.to_owned() } else { String::new() }),
        ("KU8_SOCKET", format!("{SOCKET_DIR}/mysqld.sock")),
        ("KU8_DATABASE", values.database.clone()),
        ("KU8_USERNAME", values.username().to_owned()),
        ("KU8_CHARSET", values.charset.clone()),
        ("KU8_COLLATION", values.collation.clone()),
        ("KU8_SERVER_ID_BASE", values.server_id_base.to_string()),
        ("KU8_MONITOR", (block.metrics.enabled || values.replicated()).to_string()),
    ];
    let member = [
        ("KU8_PRIMARY", values.primary().to_string()),
        ("KU8_DOMAIN", block.fqdn(&format!("{}-headless", block.name))),
        ("KU8_SEMI_SYNC", values.semi_sync().to_string()),
        ("KU8_PROMOTION", PROMOTION.to_owned()),
    ];
    let mut container = container;
    for (name, value) in variables {
        container = container.env(env::value(name, value));
    }
    if values.replicated() {
        for (name, value) in member {
            container = container.env(env::value(name, value));
        }
        container = container.read_only("promotion", PROMOTION);
    }
    // The host counts rotations here; a new number makes init set the passwords again.
    let container = container.env(env::field("KU8_SECRET_REVISION", "metadata.annotations['ku8.dev/secret-revision']"));
    let container = shared(container, values).mount("snippets", SNIPPETS).read_only("auth", AUTH);
    if scripts { container.read_only("init-scripts", SCRIPTS) } else { container }
}

/// Runs the server.
pub(crate) fn server(block: &Block, values: &Values, image: &str) -> Container {
    let probe = |script: &str| Probe::exec(["bash", script, "/ku8/run/probe.cnf"]);
    let ready = if values.replicated() && values.readiness.require_replication {
        Probe::exec(["bash", "/ku8/conf/ready.sh", "/ku8/run/probe.cnf", "require-replication"])
    } else {
        probe("/ku8/conf/ready.sh")
    };
    let container = block
        .container("mysql", image, block.resources)
        .command(["bash", "/ku8/conf/start.sh", "/ku8/conf/my.cnf"])
        .port("tcp-mysql", PORT)
        // Recovery after a crash reads the whole redo log: half an hour, then something is wrong.
        .startup(probe("/ku8/conf/live.sh").period(5).timeout(10).failures(360))
        .liveness(probe("/ku8/conf/live.sh").period(10).timeout(10).failures(6))
        .readiness(ready.period(10).timeout(10).failures(3));
    shared(container, values).read_only("snippets", SNIPPETS)
}

/// Exports metrics from beside the server, over its socket; a sidecar that starts after init.
pub(crate) fn exporter(block: &Block) -> Option<Container> {
    let port = block.metrics_port()?;
    let image = block.mapped(block.spec.exporter?.image);
    let resources = Resources::new(Quantity::from_millis(10), Quantity::from_mib(64));
    let container = Container::new("exporter", &image, resources)
        .args([format!("--config.my-cnf={RUN}/monitor.cnf"), format!("--web.listen-address=:{port}")])
        .port("http-metrics", port)
        .read_only("run", RUN)
        .read_only("socket", SOCKET_DIR)
        .sidecar();
    Some(container.set("terminationMessagePolicy", json!("FallbackToLogsOnError")))
}

fn shared(container: Container, values: &Values) -> Container {
    let container = container
        .read_only("config", CONF)
        .mount("run", RUN)
        .mount("data", VOLUME)
        .mount("socket", SOCKET_DIR)
        .mount("tmp", "/tmp");
    if values.tls.mode == TlsMode::SecretRef { container.read_only("tls", TLS) } else { container }
}
