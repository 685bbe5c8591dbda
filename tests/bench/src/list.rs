//! The list of 200 definitions, with few and with many revisions, beside helm's list of as many releases:
//! time, and bytes received. It never counts by itself: a pass-through on the way to the server does.

use std::time::Duration;

use serde_json::Value;

use crate::Error;
use crate::api::{Api, Verb};
use crate::measure::{Work, in_turn};
use crate::options::Options;
use crate::proxy::CountingProxy;
use crate::render::kibibytes;
use crate::table::Table;
use crate::world::World;

const NAMESPACE: &str = "list";
const DEFINITIONS: usize = 200;
const MORE_REVISIONS: usize = 4;
/// A name that occurs nowhere else, so that a copy is a replacement of text.
const ORIGINAL: &str = "copied-from-here";

/// Measures and adds the rows.
pub(crate) fn measure(world: &World, options: &Options, table: &mut Table) -> Result<(), Error> {
    let (heads, revision, release) = originals(world)?;
    let api = Api::new(world.cluster.kubeconfig())?;
    let copies = |original: &Value, revision: usize| -> Result<Vec<Value>, Error> {
        (0..DEFINITIONS).map(|number| copy(original, &format!("copy-{number:04}"), revision)).collect()
    };
    for original in [&heads, &revision, &release] {
        api.each(NAMESPACE, &copies(original, 1)?, &[Verb::Apply])?;
    }
    let few = rows(world, options, table, "one revision each", "list")?;
    for number in 2..=MORE_REVISIONS + 1 {
        for original in [&revision, &release] {
            api.each(NAMESPACE, &copies(original, number)?, &[Verb::Apply])?;
        }
    }
    let many = rows(world, options, table, "five revisions each", "list-revisions")?;
    table.value("list-growth", "bytes of ours, five revisions beside one", many, Some(("one revision", few)), "KiB");
    Ok(())
}

/// Head and revision of a definition of ours, and helm's record of a release.
fn originals(world: &World) -> Result<(Value, Value, Value), Error> {
    let chart = world.path("chart");
    Work::new(world.ours(NAMESPACE, &format!("define {ORIGINAL} -t mysql --set database=orders"))).time()?;
    Work::new(world.ours(NAMESPACE, &format!("publish {ORIGINAL} --yes --no-wait"))).time()?;
    Work::new(world.helm(NAMESPACE, &format!("install {ORIGINAL} {}", chart.display()))).time()?;
    let first = |kind: &str, selector: &str| -> Result<Value, Error> {
        let text = world.cluster.kubectl(&["get", kind, "-n", NAMESPACE, "-l", selector, "-o", "json"])?;
        let list: Value = serde_json::from_str(&text)?;
        let found = list["items"].get(0).cloned();
        found.ok_or_else(|| format!("there is no {kind} with {selector}").into())
    };
    let of = |kind: &str| format!("ku8.dev/kind={kind},ku8.dev/name={ORIGINAL}");
    Ok((
        first("configmaps", &of("definition"))?,
        first("configmaps", &of("revision"))?,
        first("secrets", &format!("owner=helm,name={ORIGINAL}"))?,
    ))
}

/// The same record under another name; the last number in a record's name is its revision.
fn copy(original: &Value, name: &str, revision: usize) -> Result<Value, Error> {
    let mut copy: Value = serde_json::from_str(&original.to_string().replace(ORIGINAL, name))?;
    if let Some(metadata) = copy["metadata"].as_object_mut() {
        metadata.retain(|key, _| ["name", "labels", "annotations"].contains(&key.as_str()));
        let name = metadata["name"].as_str().unwrap_or_default();
        if let Some(front) = name.strip_suffix('1').filter(|_| revision > 1) {
            metadata["name"] = format!("{front}{revision}").into();
        }
    }
    Ok(copy)
}

/// Adds time and bytes of both lists; returns the KiB that ours received.
fn rows(world: &World, options: &Options, table: &mut Table, what: &str, id: &str) -> Result<f64, Error> {
    let [ours, helm] = in_turn(
        options.cluster_runs(),
        [&mut |_| Work::new(world.ours(NAMESPACE, "list")).time(), &mut |_| {
            Work::new(world.helm(NAMESPACE, "list")).time()
        }],
    )?;
    table.times(id, &format!("list {DEFINITIONS} definitions, {what}"), &ours, Some(("helm list", &helm)));
    let server = world.cluster.server();
    let address = server.trim_start_matches("https://");
    let proxy = CountingProxy::start(address)?;
    let text = std::fs::read_to_string(world.cluster.kubeconfig())?;
    let kubeconfig = world.write("counted.kubeconfig", &text.replace(address, &proxy.address()))?;
    let counted = |mut command: std::process::Command| -> Result<f64, Error> {
        command.env("KUBECONFIG", &kubeconfig);
        Work::new(command).time()?;
        // The last packets may still be on their way through the pass-through.
        std::thread::sleep(Duration::from_millis(50));
        Ok(kibibytes(proxy.take_received()))
    };
    let bytes = counted(world.ours(NAMESPACE, "list"))?;
    let theirs = counted(world.helm(NAMESPACE, "list"))?;
    table.value(&format!("{id}-bytes"), "the same, received", bytes, Some(("helm list", theirs)), "KiB");
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_has_its_own_name_everywhere_and_nothing_of_the_server() {
        let original = serde_json::json!({"metadata": {"name": format!("ku8.{ORIGINAL}.v1"), "uid": "u"}, "data": {"of": ORIGINAL}});
        let copy = copy(&original, "a", 3).unwrap();
        assert_eq!(copy, serde_json::json!({"metadata": {"name": "ku8.a.v3"}, "data": {"of": "a"}}));
    }
}
