//! Templates in languages that bring a runtime of their own: the first compile, then each render.
//! A language whose tools are not on this machine is skipped, and that is said.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::Error;
use crate::measure::{Samples, Work, in_turn};
use crate::options::Options;
use crate::table::Table;
use crate::world::World;

/// Rows that aims are held against, by what their names begin with.
pub(crate) const CALL: &str = "call-";

/// As `template new --lang` has them.
const LANGUAGES: [&str; 3] = ["go", "javascript", "python"];

/// Measures and adds three rows for each language.
pub(crate) fn measure(world: &World, options: &Options, table: &mut Table) -> Result<(), Error> {
    for language in LANGUAGES {
        match component(world, language) {
            Ok(file) => rows(world, options, table, language, &file)?,
            Err(reason) => eprintln!("SKIPPED {language}: {reason}"),
        }
    }
    Ok(())
}

/// A component of this language: given in `KU8_BENCH_<LANGUAGE>`, or a new project, built.
fn component(world: &World, language: &str) -> Result<PathBuf, Error> {
    if let Some(given) = std::env::var_os(format!("KU8_BENCH_{}", language.to_uppercase())) {
        return Ok(PathBuf::from(given).canonicalize()?);
    }
    let name = format!("bench-{language}");
    let folder = world.path(&name);
    let said = |mut command: Command| -> Result<(), Error> {
        let output = command.output()?;
        if output.status.success() {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&output.stderr);
        Err(text.lines().find(|line| line.starts_with("error:")).unwrap_or("it failed").to_owned().into())
    };
    said(world.ours("default", &format!("template new {name} --lang {language} {}", folder.display())))?;
    // Where a project fetches its tool into its own folder.
    for (manifest, program, words) in [
        ("package.json", "npm", vec!["install", "--no-audit", "--no-fund", "--silent"]),
        ("requirements.txt", "sh", vec!["-c", "python3 -m venv .venv && .venv/bin/pip install -q -r requirements.txt"]),
    ] {
        if folder.join(manifest).is_file() {
            let mut command = Command::new(program);
            command.args(words).current_dir(&folder);
            said(command)?;
        }
    }
    said(world.ours("default", &format!("template build {}", folder.display())))?;
    Ok(folder.join("build").join(format!("{name}.wasm")))
}

fn rows(world: &World, options: &Options, table: &mut Table, language: &str, file: &Path) -> Result<(), Error> {
    let words = format!("template render {}", file.display());
    let mut first = world.ours("default", &words);
    first.env("XDG_CACHE_HOME", world.path(&format!("cold-{language}")));
    let first = Samples::of([Work::new(first).time()?]);
    let mut calls = Samples::default();
    let [whole] = in_turn(
        options.short_runs() / 2,
        [&mut |run| {
            let mut command = world.ours("default", &words);
            command.arg("-v=6");
            let call = render_call(&mut command)?;
            if run > 0 {
                calls.add(call);
            }
            Work::new(world.ours("default", &words)).time()
        }],
    )?;
    let megabytes = f64::from(u32::try_from(file.metadata()?.len())?) / 1e6;
    table.value(&format!("size-{language}"), &format!("component in {language}"), megabytes, None, "MB");
    table.times(&format!("compile-{language}"), &format!("first render in {language}, compiled now"), &first, None);
    table.times(&format!("whole-{language}"), &format!("render in {language}, whole process"), &whole, None);
    table.times(&format!("{CALL}{language}"), &format!("render in {language}, the call"), &calls, None);
    Ok(())
}

/// How long the parent waited for `render`, as it tells with `-v=6`.
fn render_call(command: &mut Command) -> Result<Duration, Error> {
    let output = command.output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let milliseconds: f64 = said
        .lines()
        .filter_map(|line| line.split_once(": render took ")?.1.strip_suffix(" ms")?.parse().ok())
        .next_back()
        .ok_or_else(|| format!("no render was told of:\n{said}"))?;
    Ok(Duration::from_secs_f64(milliseconds / 1e3))
}
