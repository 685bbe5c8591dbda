//! Cost by number of objects: plan and publish of 10, 100, 1,000 ConfigMaps, beside kubectl and the bare API.
//! It never mixes sizes: each measurement has objects of its own.

use std::time::Duration;

use crate::Error;
use crate::api::{Api, Verb};
use crate::measure::{Samples, Work};
use crate::options::Options;
use crate::peers::{config_map, config_maps};
use crate::render::kibibytes;
use crate::table::Table;
use crate::world::World;

const OURS: &str = "growth";
const PEER: &str = "peer";
const BARE: &str = "bare";
/// The size that kubectl's slow client is asked for, and the one the aims speak of.
const SMALL: usize = 100;
/// See [`SMALL`].
const AIMED: usize = 1_000;

/// Times of one size.
#[derive(Default)]
struct Times {
    plan_new: Vec<Duration>,
    publish: Vec<Duration>,
    plan: Vec<Duration>,
    update: Vec<Duration>,
}

/// Measures and adds the rows.
pub(crate) fn measure(world: &World, options: &Options, table: &mut Table) -> Result<(), Error> {
    let mut means: Vec<(usize, f64, f64)> = Vec::new();
    for size in options.sizes() {
        let repeats = if options.quick || size > AIMED { 1 } else { 3 };
        match one_size(world, table, size, repeats) {
            Ok((plan, publish)) => means.push((size, plan, publish)),
            Err(error) if size > AIMED => eprintln!("{size} objects were not measured: {error}"),
            Err(error) => return Err(error),
        }
    }
    for pair in means.windows(2) {
        if let [(few, few_plan, few_publish), (many, many_plan, many_publish)] = pair {
            let more = count(many - few);
            let (plan, publish) = ((many_plan - few_plan) / more, (many_publish - few_publish) / more);
            table.value(
                &format!("more-plan-{many}"),
                &format!("plan, each object from {few} to {many}"),
                plan,
                None,
                "ms",
            );
            table.value(
                &format!("more-publish-{many}"),
                &format!("publish, each object from {few} to {many}"),
                publish,
                None,
                "ms",
            );
        }
    }
    Ok(())
}

/// Measures one size and returns the median plan and publish, in milliseconds.
fn one_size(world: &World, table: &mut Table, size: usize, repeats: usize) -> Result<(f64, f64), Error> {
    let mut times = Times::default();
    let mut limits = Limits::default();
    let mut memory = None;
    for repeat in 0..repeats {
        let set = format!("set{size}-{repeat}");
        define(world, &set, &config_maps(&set, size, 0, 0))?;
        times.plan_new.push(run(world, &format!("plan {set}"))?);
        times.publish.push(run(world, &format!("publish {set} --yes --no-wait"))?);
        define(world, &set, &config_maps(&set, size, size / 4, 1))?;
        times.plan.push(run(world, &format!("plan {set}"))?);
        if size >= AIMED {
            memory = Work::new(world.ours(OURS, &format!("plan {set}"))).peak_memory()?;
        }
        define(world, &set, &config_maps(&set, size, size, 2))?;
        times.update.push(run(world, &format!("publish {set} --yes --no-wait"))?);
        bare(world, size, repeat, &mut limits)?;
    }
    let [plan_new, publish, plan, update] = [times.plan_new, times.publish, times.plan, times.update].map(Samples::of);
    table.times(&format!("plan-new-{size}"), &format!("plan {size} new objects"), &plan_new, None);
    for (id, work, ours, peer, bare) in [
        ("plan", format!("plan {size} objects, {} changed", size / 4), &plan, "its bare requests", &limits.plan),
        ("publish", format!("publish {size} new objects"), &publish, "bare patches", &limits.create),
        ("update", format!("publish {size} changed objects"), &update, "bare patches", &limits.update),
        ("update-all", "the same".to_owned(), &update, "bare plan and patches", &limits.plan_and_update),
    ] {
        table.times(&format!("{id}-{size}"), &work, ours, Some((peer, bare)));
    }
    if size == SMALL {
        let (diff, apply) = kubectl(world, size)?;
        table.times(&format!("plan-{size}-kubectl"), "the plan", &plan, Some(("kubectl diff", &diff)));
        table.times(&format!("publish-{size}-kubectl"), "the publish", &publish, Some(("kubectl apply", &apply)));
    }
    match memory {
        Some(memory) => table.value(
            &format!("memory-{size}"),
            &format!("most memory held by the plan of {size}"),
            kibibytes(memory * 1024) / 1024.0,
            None,
            "MiB",
        ),
        None if size >= AIMED => eprintln!("memory was not measured: this system has no /proc/<id>/status"),
        None => {}
    }
    Ok((plan.median(), publish.median()))
}

fn define(world: &World, set: &str, text: &str) -> Result<(), Error> {
    let file = world.write(&format!("{set}.yaml"), text)?;
    run(world, &format!("define {set} -f {}", file.display())).map(|_| ())
}

fn run(world: &World, words: &str) -> Result<Duration, Error> {
    Work::new(world.ours(OURS, words)).time()
}

/// What the server itself takes.
#[derive(Default)]
struct Limits {
    plan: Samples,
    create: Samples,
    update: Samples,
    plan_and_update: Samples,
}

/// Takes the limits right after ours, so that a busy moment falls on both.
fn bare(world: &World, size: usize, repeat: usize, limits: &mut Limits) -> Result<(), Error> {
    let api = Api::new(world.cluster.kubeconfig())?;
    let set = format!("bare{size}-{repeat}");
    let objects = |changed: usize, round: usize| -> Vec<_> {
        (0..size).map(|number| config_map(&set, number, if number < changed { round } else { 0 })).collect()
    };
    limits.create.add(api.each(BARE, &objects(0, 0), &[Verb::Apply])?);
    limits.plan.add(api.each(BARE, &objects(size / 4, 1), &[Verb::Get, Verb::DryRun])?);
    limits.update.add(api.each(BARE, &objects(size, 2), &[Verb::Apply])?);
    limits.plan_and_update.add(api.each(BARE, &objects(size, 3), &[Verb::Get, Verb::DryRun, Verb::Apply])?);
    Ok(())
}

/// Diff and apply of the same objects by kubectl.
fn kubectl(world: &World, size: usize) -> Result<(Samples, Samples), Error> {
    let file = world.write("peer.yaml", &config_maps("peer", size, 0, 0))?;
    let apply = format!("apply --server-side --filename {}", file.display());
    let apply = Samples::of([Work::new(world.kubectl(PEER, &apply)).time()?]);
    let file = world.write("peer.yaml", &config_maps("peer", size, size / 4, 1))?;
    let diff = format!("diff --server-side --filename {}", file.display());
    let diff = Samples::of([Work::with_differences(world.kubectl(PEER, &diff)).time()?]);
    Ok((diff, apply))
}

/// A number of objects for a division.
fn count(objects: usize) -> f64 {
    f64::from(u32::try_from(objects).unwrap_or(u32::MAX))
}
