//! The objects of an ensemble, and what to tell the person who published it.
//! It never decides whether they may exist: the rules have spoken before.

use std::fmt::Write as _;

use template_sdk::block::Block;
use template_sdk::build::{Meta, Service, config_map, pod_disruption_budget, volume};
use template_sdk::{Output, Rendered, Request, Value, json};

use crate::config::{self, CLIENT_PORT, ELECTION_PORT, QUORUM_PORT};
use crate::values::Values;
use crate::{jobs, pod};

/// Renders everything. Where Jobs change the member list, those who leave are taken off it before the pods change
/// (stage 0), and those who join are put on it when their pods are ready (stage 2).
pub(crate) fn render(block: &Block, values: &Values, request: &Request) -> Rendered {
    let (name, members) = (block.name.as_str(), values.members());
    let meta = block.meta("server");
    let config = config_map(&meta, &format!("{name}-config"), config::files(block, values));
    let pod = pod::pod(block, values, &meta, &config);
    let headless = format!("{name}-headless");
    let mut set = block
        .stateful_set(&meta, name, members, &headless, pod)
        .parallel()
        .min_ready(10)
        .quorum()
        .claim(block.claim(&meta, "data"));
    if let Some(size) = values.data_log() {
        set = set.claim(volume::claim(&meta, "datalog", size, block.storage.class_name.as_deref()));
    }
    let (stage, peers): (u32, &[u16]) = if values.reconfigures() {
        // A member asks the others for the list before it starts.
        (1, &[QUORUM_PORT, ELECTION_PORT, CLIENT_PORT])
    } else {
        (0, &[QUORUM_PORT, ELECTION_PORT])
    };
    let policy = block.network_policy(&meta, &[CLIENT_PORT], peers);
    let mut rendered = Rendered::new();
    if values.reconfigures() {
        // In no checksum: a member that runs need not restart because others join.
        let count = config_map(&meta, &format!("{name}-members"), [("count", members.to_string())]);
        rendered = rendered
            .object("configmap/members", 0, count)
            .object("job/remove", 0, jobs::job(block, values, request, "rm"))
            .object("job/add", 2, jobs::job(block, values, request, "add"));
    }
    let passwords = values.passwords();
    if !passwords.is_empty() {
        rendered = rendered.secret(block.auth_intent(&passwords));
    }
    rendered
        .object("serviceaccount/server", 0, block.service_account(&meta))
        .object("configmap/config", 0, config)
        .object("service/headless", 0, headless_service(&meta, &headless))
        .object("service/client", 0, block.client_service(&meta, name).port("tcp-client", CLIENT_PORT).value())
        .maybe("networkpolicy/server", 0, policy)
        .maybe("poddisruptionbudget/server", 0, pod_disruption_budget(&meta, name, members))
        .object("statefulset/server", stage, set.value())
        .maybe("podmonitor/server", 0, block.pod_monitor(&meta))
        .output(output(block, values))
        .notes(notes(block, values))
}

fn headless_service(meta: &Meta, name: &str) -> Value {
    Service::headless(meta, name)
        .port("tcp-client", CLIENT_PORT)
        .port("tcp-quorum", QUORUM_PORT)
        .port("tcp-election", ELECTION_PORT)
        .value()
}

/// Addresses of all members: a client that knows one member only loses its session with that member.
fn hosts(block: &Block, values: &Values) -> String {
    let name = &block.name;
    let host = |ordinal: u32| format!("{}:{CLIENT_PORT}", block.host(&format!("{name}-{ordinal}.{name}-headless")));
    (0..values.members()).map(host).collect::<Vec<_>>().join(",")
}

fn output(block: &Block, values: &Values) -> Output {
    let hosts = hosts(block, values);
    let output = Output::new("primary", "zookeeper", block.host(&block.name), CLIENT_PORT)
        .uri(&format!("{hosts}{}", values.chroot))
        .with("hosts", json!(hosts))
        .with("chroot", json!(values.chroot));
    if !values.auth.client {
        return output;
    }
    output
        .with("username", json!(values.auth.username))
        .with("sasl", json!("DIGEST-MD5"))
        .password(&block.auth_secret(), "client-password")
}

fn notes(block: &Block, values: &Values) -> String {
    let members = values.members();
    let survives = match (members - 1) / 2 {
        0 => "none".to_owned(),
        number => number.to_string(),
    };
    let mut text = format!(
        "ZooKeeper with {members} member{s}; {survives} may be missing.\n\nConnect to `{hosts}{chroot}`.\n",
        s = if members == 1 { "" } else { "s" },
        hosts = hosts(block, values),
        chroot = values.chroot,
    );
    // Writing to a String cannot fail.
    if block.network == template_sdk::block::NetworkMode::Labelled {
        let label = block.client_label();
        let _ = write!(text, "\nOnly pods labelled `{label}: \"true\"` may connect.\n");
    }
    if values.auth.client {
        let (secret, user) = (block.auth_secret(), &values.auth.username);
        let _ = write!(
            text,
            "\nClients log in by SASL digest as `{user}`, with the key `client-password` of the Secret `{secret}`. Java \
             clients of 3.9 need `-Dzookeeper.fips-mode=false` for it.\n"
        );
    }
    if values.reconfigures() {
        text.push_str(
            "\nTo change the size, set `replicas` and publish: Jobs change the member list while the ensemble runs. \
             `kubectl logs` of the Job says what was done.\n",
        );
    }
    if let Some(bytes) = values.jute.maxbuffer_bytes {
        let _ = write!(text, "\nGive clients `-Djute.maxbuffer={bytes}` as well.\n");
    }
    text
}
