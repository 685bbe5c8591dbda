//! What to tell the person who published: how to connect, and what to do when something changes.
//! It never holds a password, nor a command that does.

use std::fmt::Write as _;

use template_sdk::block::{Block, NetworkMode};

use crate::server::PORT;
use crate::values::{Promotion, Values};

/// The notes of a publish.
pub(crate) fn notes(block: &Block, values: &Values) -> String {
    let (name, secret) = (&block.name, block.auth_secret());
    let mut text = format!(
        "MySQL {tag} with the database `{database}`.\n\nConnect to `{host}:{PORT}` as `{user}`; the password is the key \
         `password` of the Secret `{secret}`.\n\n`root` may log in from inside the pod only:\n\n    \
         kubectl -n {namespace} exec -it {name}-{primary} -c mysql -- mysql --socket=/var/run/mysqld/mysqld.sock -uroot -p\n",
        tag = block.tag(),
        database = values.database,
        host = block.host(name),
        user = values.username(),
        namespace = block.namespace,
        primary = values.primary(),
    );
    // Writing to a String cannot fail.
    if block.network == NetworkMode::Labelled {
        let label = block.client_label();
        let _ = write!(text, "\nOnly pods labelled `{label}: \"true\"` may connect.\n");
    }
    if values.replicated() {
        replication(&mut text, block, values);
    }
    text
}

fn replication(text: &mut String, block: &Block, values: &Values) {
    let (name, primary) = (&block.name, values.primary());
    let read = block.host(&format!("{name}-read"));
    let kept = if values.semi_sync() {
        let wait = values.replication.semi_sync_timeout_ms;
        format!("A confirmed write is on one more member, unless none of them answered for {wait} ms.")
    } else {
        "A replica is a moment behind: writes the primary confirmed last may be on it alone.".to_owned()
    };
    // Writing to a String cannot fail.
    let _ = write!(
        text,
        "\n{name}-{primary} takes writes, {replicas} replicate{v} from it. Readers may use `{read}:{PORT}`, \
         which is any member that is ready. {kept}\n\n\
         Nothing fails over by itself. When {name}-{primary} is down, its pod comes back with its volume, and writes with it. \
         To move the role, publish another `replication.primaryOrdinal`: the new primary makes the old one read-only, takes \
         over what it lacks, and then takes writes; new connections cannot write meanwhile, for about a minute. If the old \
         one is lost for good, publish `replication.promotion: force` as well: writes that never left it are lost. When it \
         does come back with such writes, it is held back, read-only and not ready, until you have looked at them.\n\n\
         More replicas copy the data by themselves. Fewer leave their claims behind.\n",
        replicas = match values.replication.replicas {
            0 => "no members yet".to_owned(),
            1 => "one more member".to_owned(),
            more => format!("{more} more members"),
        },
        v = if values.replication.replicas == 1 { "s" } else { "" },
    );
    if values.replication.promotion == Promotion::Force {
        text.push_str("\n`replication.promotion` is `force`: set it back to `wait`, which restarts nothing.\n");
    }
}
