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
/// Helm's records would be about the same objects.
const HELM_NAMESPACE: &str = "helm-list";
const DEFINITIONS: usize = 200;
const MORE_REVISIONS: usize = 4;
/// Different releases of helm's, so that its compressed replies do not profit from copies of one.
const RELEASES: usize = 12;
/// A name that occurs nowhere else, so that a copy is a replacement of text.
const ORIGINAL: &str = "copied-from-here";

/// Measures and adds the rows.
pub(crate) fn measure(world: &World, options: &Options, table: &mut Table) -> Result<(), Error> {
    let (head, revision, releases) = originals(world)?;
    let api = Api::new(world.cluster.kubeconfig())?;
    let store = |namespace: &str, originals: &[Value], revision: usize| -> Result<Duration, Error> {
        let numbered = originals.iter().cycle().take(DEFINITIONS).enumerate();
        let copies: Result<Vec<Value>, Error> =
            numbered.map(|(number, original)| copy(original, &format!("copy-{number:04}"), revision)).collect();
        api.each(namespace, &copies?, &[Verb::Apply])
    };
    store(NAMESPACE, &[head], 1)?;
    store(NAMESPACE, std::slice::from_ref(&revision), 1)?;
    store(HELM_NAMESPACE, &releases, 1)?;
    let few = rows(world, options, table, "one revision each", "list")?;
    for number in 2..=MORE_REVISIONS + 1 {
        store(NAMESPACE, std::slice::from_ref(&revision), number)?;
        store(HELM_NAMESPACE, &releases, number)?;
    }
    let many = rows(world, options, table, "five revisions each", "list-revisions")?;
    table.value("list-growth", "bytes of ours, five revisions beside one", many, Some(("one revision", few)), "KiB");
    Ok(())
}

/// Head and revision of a definition of ours, and helm's records of some releases.
fn originals(world: &World) -> Result<(Value, Value, Vec<Value>), Error> {
    let chart = world.path("chart");
    Work::new(world.ours(NAMESPACE, &format!("define {ORIGINAL} -t mysql --set database=orders"))).time()?;
    Work::new(world.ours(NAMESPACE, &format!("publish {ORIGINAL} --yes --no-wait"))).time()?;
    for number in 0..RELEASES {
        let words = format!("install {ORIGINAL}-{number} {} --set database=orders{number}", chart.display());
        Work::new(world.helm(HELM_NAMESPACE, &words)).time()?;
    }
    let all = |namespace: &str, kind: &str, selector: &str| -> Result<Vec<Value>, Error> {
        let text = world.cluster.kubectl(&["get", kind, "-n", namespace, "-l", selector, "-o", "json"])?;
        let mut list: Value = serde_json::from_str(&text)?;
        match list["items"].as_array_mut().map(std::mem::take) {
            Some(items) if !items.is_empty() => Ok(items),
            _ => Err(format!("there are no {kind} with {selector}").into()),
        }
    };
    let of = |kind: &str| format!("ku8.dev/kind={kind},ku8.dev/name={ORIGINAL}");
    Ok((
        all(NAMESPACE, "configmaps", &of("definition"))?.remove(0),
        all(NAMESPACE, "configmaps", &of("revision"))?.remove(0),
        all(HELM_NAMESPACE, "secrets", "owner=helm")?,
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
            Work::new(world.helm(HELM_NAMESPACE, "list")).time()
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
    let theirs = counted(world.helm(HELM_NAMESPACE, "list"))?;
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
