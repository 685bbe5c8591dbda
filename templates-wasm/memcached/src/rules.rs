//! Rules about values and about the way from earlier ones, each with a stable code and a way out.
//! It never refuses a change of size: a cache that goes cold is slow, not wrong.

use template_sdk::block::{Block, Exposure, NetworkMode};
use template_sdk::{Finding, Findings, Quantity, Request};

use crate::values::{BESIDE_MIB, CHUNK_BYTES, Values, cores};

/// Smallest memory limit.
const SMALLEST_MIB: u64 = 128;
/// Bounds of an item the software knows.
const ITEM_BYTES: (u64, u64) = (1024, 128 << 20);

/// Entries of `-o` that would need a file nobody provides.
const FILES: [&str; 3] = ["ext_path", "proxy_config", "ssl_chain_cert"];

/// Judges the values against each other and against the resources.
pub(crate) fn judge(values: &Values, block: &Block) -> Findings {
    let mut findings = Findings::new();
    findings.extend(memory(values, block));
    findings.extend(item(values, block));
    findings.extend(threads(values, block));
    findings.extend(options(values));
    findings.extend(reach(values, block));
    findings
}

fn memory(values: &Values, block: &Block) -> Option<Finding> {
    let limit = block.resources.memory_limit;
    if limit.mib() < SMALLEST_MIB {
        let message = format!("a memory limit of {limit} leaves nothing beside the process itself");
        let finding = Finding::error("/resources/limits/memory", "memcached.memory.too-small", message);
        return Some(finding.hint("use 128Mi or more; size: small is 512Mi"));
    }
    let most = limit.mib() - BESIDE_MIB;
    values.cache_mi_b.filter(|cache| *cache > most).map(|cache| {
        let message = format!("a cache of {cache} MiB leaves less than {BESIDE_MIB} MiB of the limit of {limit}");
        let finding = Finding::error("/cacheMiB", "memcached.cache.too-large", message);
        finding.hint(format!("use {most} or less, or leave cacheMiB out"))
    })
}

fn item(values: &Values, block: &Block) -> Option<Finding> {
    let (item, cache) = (values.max_item_size, values.cache(&block.resources));
    let at = |severe: bool, rule: &str, message: String| {
        let code = format!("memcached.item.{rule}");
        let new = if severe { Finding::error } else { Finding::warning };
        new("/maxItemSize".to_owned(), code, message)
    };
    if !(ITEM_BYTES.0..=ITEM_BYTES.1).contains(&item.bytes()) {
        let message = format!("{item} is not between 1Ki and 128Mi, the sizes the server accepts");
        return Some(at(true, "bounds", message).hint("1Mi suits most"));
    }
    if item.bytes() > (cache << 20) / 2 {
        let message = format!("an item of {item} is more than half of the cache of {cache} MiB; the server refuses");
        return Some(at(true, "too-large", message).hint("use a smaller item or a larger size"));
    }
    if let Some(fit) = next_fit(item.bytes()) {
        let message = format!("the server cuts its memory into equal pieces, which {item} does not divide into");
        return Some(at(true, "step", message).hint(format!("use {fit}")));
    }
    (item > Quantity::from_mib(1)).then(|| {
        let message = format!("items up to {item} make the cache waste memory and evict more than it must");
        at(false, "large", message).hint("1Mi suits most; keep large values elsewhere")
    })
}

/// The next size the server accepts, where this one is none: a power of two up to 512 KiB, then multiples of that.
fn next_fit(bytes: u64) -> Option<Quantity> {
    let fit = if bytes < CHUNK_BYTES { bytes.next_power_of_two() } else { bytes.next_multiple_of(CHUNK_BYTES) };
    (fit != bytes).then(|| format!("{}Ki", fit >> 10).parse().unwrap_or(Quantity::from_bytes(fit)))
}

fn threads(values: &Values, block: &Block) -> Option<Finding> {
    let (threads, cores) = (values.threads?, cores(&block.resources)?);
    (threads > cores).then(|| {
        let message = format!("{threads} threads share {cores} CPU and are held back in turns");
        let finding = Finding::warning("/threads", "memcached.threads.over-limit", message);
        finding.hint(format!("use {cores}, or raise or remove resources.limits.cpu"))
    })
}

fn options(values: &Values) -> Vec<Finding> {
    let refuse = |entry: &str| {
        let option = entry.split('=').next().unwrap_or(entry);
        let (rule, message, hint) = match option {
            "idle_timeout" => ("owned", "`idle_timeout` is set by the template".to_owned(), "use idleTimeout"),
            "slab_chunk_max" => ("owned", "`slab_chunk_max` follows from maxItemSize".to_owned(), "use maxItemSize"),
            _ if FILES.contains(&option) => {
                let message = format!("`{option}` names a file that the pod does not have");
                ("file", message, "leave it out")
            }
            _ => return None,
        };
        Some(Finding::error("/extendedOptions", format!("memcached.options.{rule}"), message).hint(hint))
    };
    values.extended_options.split(',').filter_map(refuse).collect()
}

/// Who can reach a server that asks nobody for a password.
fn reach(values: &Values, block: &Block) -> Vec<Finding> {
    let mut findings = vec![];
    if block.exposure != Exposure::Cluster {
        if values.replicas > 1 {
            let message = "each key lives on one node of the pool, and one address for all of them would miss it";
            let finding = Finding::error("/service/exposure", "memcached.service.pool", message);
            findings.push(finding.hint("keep cluster and give clients the list of servers, or use replicas: 1"));
        } else {
            let message = "whoever reaches the address reads and writes without a password";
            let finding = Finding::warning("/service/exposure", "memcached.service.open", message);
            findings.push(finding.hint("keep cluster"));
        }
    }
    if block.network == NetworkMode::Off {
        let message = "every pod of the cluster reads and writes without a password";
        let finding = Finding::warning("/networkPolicy/mode", "memcached.network.open", message);
        findings.push(finding.hint("use sameNamespace or labelled"));
    }
    findings
}

/// Judges the change of size from every earlier state.
pub(crate) fn changes(request: &Request, values: &Values) -> Findings {
    let mut findings = Findings::new();
    for old in request.states().filter_map(|state| state.at::<u32>("/replicas")) {
        findings.extend(resize(&request.name, old, values.replicas));
    }
    findings
}

fn resize(name: &str, old: u32, new: u32) -> Vec<Finding> {
    if old == new || old == 0 || new == 0 {
        return vec![];
    }
    let most = old.max(new);
    let moved = old.abs_diff(new) * 100 / most;
    let message = format!(
        "from {old} to {new} nodes about {moved} % of the keys move to another node with ketama, nearly all with \
         modulo; they are missed until they are written again"
    );
    let remaps = Finding::warning("/replicas", "memcached.scale.remaps", message);
    let mut findings = vec![remaps.hint("do it when the load is low, and give clients the new list of servers")];
    if (old == 1) != (new == 1) {
        let message = if new > 1 {
            format!("the Service `{name}` goes: a pool is reached by the names of its nodes only")
        } else {
            format!("clients are to use the Service `{name}` again; the other nodes go")
        };
        let finding = Finding::warning("/replicas", "memcached.scale.address", message);
        findings.push(finding.hint("clients bound to the output get the new list; change the others by hand"));
    }
    findings
}
