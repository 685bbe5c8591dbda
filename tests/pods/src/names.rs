//! Who reaches whom by which name: files of hosts, and the node's translation of Service addresses.
//! It never closes a connection: only new ones go where it says.

use std::fmt::Write as _;
use std::fs;

use serde_json::Value;

use crate::manifest::{selects, text};
use crate::state::{Info, Pod, State};

/// Writes every pod's hosts file, and returns what `nft` is to be told.
pub(crate) fn publish(state: &State) -> String {
    let shared = shared(state);
    for pod in state.pods.values() {
        let info = &pod.info;
        let etc = info.folder.join("etc");
        let own = own_line(info, &state.setup.domain);
        let text = format!("127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n{own}{shared}");
        // Written beside and renamed: a program that reads it now sees the old one or the new one.
        fs::write(etc.join("hosts.new"), text).expect("a hosts file");
        fs::rename(etc.join("hosts.new"), etc.join("hosts")).expect("a hosts file");
    }
    translation(state)
}

fn own_line(info: &Info, domain: &str) -> String {
    let plan = &info.plan;
    if plan.subdomain.is_empty() {
        return format!("{} {}\n", info.address, plan.name);
    }
    format!("{} {}.{}.{}.svc.{domain} {}\n", info.address, plan.name, plan.subdomain, plan.namespace, plan.name)
}

/// All forms of a name in a namespace.
fn forms(name: &str, namespace: &str, domain: &str) -> String {
    format!("{name}.{namespace}.svc.{domain} {name}.{namespace}.svc {name}.{namespace} {name}")
}

/// What all pods know: Services, and the pods behind headless ones.
fn shared(state: &State) -> String {
    let mut out = String::new();
    let domain = &state.setup.domain;
    for service in services(state) {
        let (name, namespace) = (text(&service["metadata"]["name"]), text(&service["metadata"]["namespace"]));
        let mut line = |address: &str, name: &str| {
            // Writing to a String cannot fail.
            let _ = writeln!(out, "{address} {}", forms(name, &namespace, domain));
        };
        if service["spec"]["clusterIP"] != "None" {
            if let Some(address) = state.addresses.get(&format!("{namespace}/{name}")) {
                line(address, &name);
            }
            continue;
        }
        for pod in endpoints(state, service) {
            line(&pod.info.address, &name);
            if pod.info.plan.subdomain == name {
                line(&pod.info.address, &format!("{}.{name}", pod.info.plan.name));
            }
        }
    }
    out
}

fn services(state: &State) -> impl Iterator<Item = &Value> {
    state.objects.iter().filter(|object| object["kind"] == "Service")
}

/// The pods a Service sends to now.
fn endpoints<'a>(state: &'a State, service: &'a Value) -> impl Iterator<Item = &'a Pod> {
    let selector = &service["spec"]["selector"];
    let always = service["spec"]["publishNotReadyAddresses"] == true;
    let serves = move |pod: &&Pod| {
        let info = &pod.info;
        let here = service["metadata"]["namespace"] == info.plan.namespace.as_str();
        here && selects(selector, &info.plan.labels) && (always || (pod.ready && !pod.stopping))
    };
    state.pods.values().filter(serves)
}

/// The rules of the node, as one transaction.
fn translation(state: &State) -> String {
    let mut rules = String::new();
    for service in services(state) {
        let (name, namespace) = (text(&service["metadata"]["name"]), text(&service["metadata"]["namespace"]));
        let Some(address) = state.addresses.get(&format!("{namespace}/{name}")) else { continue };
        for port in service["spec"]["ports"].as_array().into_iter().flatten() {
            let number = &port["port"];
            let target = port.get("targetPort").unwrap_or(number);
            let to = endpoints(state, service).filter_map(|pod| Some((&pod.info.address, pod.info.plan.port(target)?)));
            let to: Vec<String> =
                to.enumerate().map(|(index, (address, port))| format!("{index} : {address} . {port}")).collect();
            if !to.is_empty() {
                let _ = writeln!(
                    rules,
                    "ip daddr {address} tcp dport {number} dnat to numgen inc mod {} map {{ {} }}",
                    to.len(),
                    to.join(", ")
                );
            }
        }
    }
    let mut same = String::new();
    for pod in state.pods.values() {
        let address = &pod.info.address;
        let _ = writeln!(same, "ip saddr {address} ip daddr {address} masquerade");
    }
    format!(
        "add table ip pods\nflush table ip pods\ntable ip pods {{\n\
         chain services {{\n{rules}}}\n\
         chain arriving {{\ntype nat hook prerouting priority dstnat;\njump services\n}}\n\
         chain local {{\ntype nat hook output priority -100;\njump services\n}}\n\
         chain same {{\ntype nat hook postrouting priority srcnat;\n{same}}}\n\
         chain refuse {{\ntype filter hook prerouting priority 0;\n\
         ip daddr 10.96.0.0/16 meta l4proto tcp reject with tcp reset\n}}\n}}\n"
    )
}
