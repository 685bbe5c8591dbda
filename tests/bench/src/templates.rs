//! Every built-in template alone: its render with and without compiled code, and the size of its component.
//! It names no template: what the program lists is measured, each by its golden case `defaults`.

use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::Value;

use crate::Error;
use crate::measure::{Work, in_turn};
use crate::options::Options;
use crate::peers::write_chart;
use crate::table::Table;
use crate::world::World;

/// Rows that aims are held against, by what their names begin with.
pub(crate) const WARM: &str = "warm-";
pub(crate) const COLD: &str = "cold-";
pub(crate) const SIZE: &str = "component-";

/// Measures and adds three rows for each template.
pub(crate) fn measure(world: &World, options: &Options, table: &mut Table) -> Result<(), Error> {
    let chart = write_chart(world)?;
    // The one chart here; it has as many objects as a template renders.
    let chart_words = format!("template orders {} --set database=orders", chart.display());
    for name in names(world)? {
        let words = format!("template render -f {}", case(&name)?.display());
        let [warm, cold, helm] = in_turn(
            options.short_runs() / 2,
            [
                &mut |_| Work::new(world.ours("default", &words)).time(),
                &mut |run| {
                    let mut command = world.ours("default", &words);
                    command.env("XDG_CACHE_HOME", world.path(&format!("cold-{name}-{run}")));
                    Work::new(command).time()
                },
                &mut |_| Work::new(world.helm("default", &chart_words)).time(),
            ],
        )?;
        let peer = Some(("helm template mysql", &helm));
        table.times(&format!("{WARM}{name}"), &format!("render {name}, compiled before"), &warm, peer);
        table.times(&format!("{COLD}{name}"), &format!("render {name}, nothing compiled"), &cold, peer);
        let bytes = templates().join("dist").join(format!("{name}.wasm")).metadata()?.len();
        let kilobytes = f64::from(u32::try_from(bytes)?) / 1e3;
        table.value(&format!("{SIZE}{name}"), &format!("component {name}"), kilobytes, None, "KB");
    }
    Ok(())
}

/// The built-in templates, as the program lists them.
fn names(world: &World) -> Result<Vec<String>, Error> {
    let started = Instant::now();
    let output = world.ours("default", "template list -o json").output()?;
    let list: Value = serde_json::from_slice(&output.stdout)?;
    let items = list["items"].as_array().ok_or("`template list -o json` has no items")?;
    let names: Vec<String> =
        items.iter().filter_map(|item| item["metadata"]["name"].as_str().map(str::to_owned)).collect();
    eprintln!("{} templates, listed and compiled in {:.1} s", names.len(), started.elapsed().as_secs_f64());
    Ok(names)
}

/// The definition a template's first golden case renders.
fn case(name: &str) -> Result<PathBuf, Error> {
    let file = templates().join(name).join("tests/defaults/definition.yaml");
    if file.is_file() { Ok(file) } else { Err(format!("{} is not there", file.display()).into()) }
}

fn templates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates-wasm")
}
