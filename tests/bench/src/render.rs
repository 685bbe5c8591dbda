//! One render as a whole process: beside helm, beside a process that does nothing, and with nothing compiled yet.
//! No cluster takes part.

use std::path::Path;

use crate::Error;
use crate::measure::{Work, in_turn};
use crate::options::Options;
use crate::peers::write_chart;
use crate::table::Table;
use crate::world::World;

/// Measures and adds the rows.
pub(crate) fn measure(world: &World, options: &Options, table: &mut Table) -> Result<(), Error> {
    const RENDER: &str = "template render mysql --set database=orders";
    let chart = write_chart(world)?;
    let chart_words = format!("template orders {} --set database=orders", chart.display());
    let [nothing, version, warm, cold, helm] = in_turn(
        options.short_runs(),
        [
            &mut |_| Work::new(world.bare(Path::new("true"))).time(),
            &mut |_| {
                let mut command = world.bare(&world.plugin);
                command.arg("--version");
                Work::new(command).time()
            },
            &mut |_| Work::new(world.ours("default", RENDER)).time(),
            &mut |run| {
                let mut command = world.ours("default", RENDER);
                command.env("XDG_CACHE_HOME", world.path(&format!("cold-{run}")));
                Work::new(command).time()
            },
            &mut |_| Work::new(world.helm("default", &chart_words)).time(),
        ],
    )?;
    table.times("nothing", "a process that does nothing", &nothing, None);
    table.times("version", "ours doing nothing (--version)", &version, None);
    table.times("render", "render one MySQL, compiled before", &warm, Some(("helm template", &helm)));
    table.times("first-render", "render one MySQL, nothing compiled", &cold, Some(("helm template", &helm)));
    size(world, table)
}

fn size(world: &World, table: &mut Table) -> Result<(), Error> {
    // Megabytes of a million bytes, as programs are offered for download.
    let megabytes = |path: &Path| path.metadata().map(|data| kibibytes(data.len()) * 1024.0 / 1e6);
    let (ours, helm) = (megabytes(&world.plugin)?, megabytes(&world.helm)?);
    table.value("binary", "size of the binary", ours, Some(("helm", helm)), "MB");
    Ok(())
}

/// Bytes as KiB for a table.
pub(crate) fn kibibytes(bytes: u64) -> f64 {
    f64::from(u32::try_from(bytes / 1024).unwrap_or(u32::MAX))
}
