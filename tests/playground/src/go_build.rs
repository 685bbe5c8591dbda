//! Builds programs from pinned Go modules into the cache folder, once.
//! It writes no Go code, never builds inside the source tree, and leaves nothing half-built under a final name.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::Progress;
use crate::error::{Error, tail};

/// Programs that one `go.mod` pins.
pub(crate) struct Module {
    /// What it is, for people.
    pub(crate) what: &'static str,
    /// The folder's name in the cache; names every version that matters.
    pub(crate) key: &'static str,
    /// The contents of `go.mod`: its `tool` lines are what is built.
    pub(crate) go_mod: &'static str,
    /// The contents of `go.sum`.
    pub(crate) go_sum: &'static str,
    /// Linker flags beside those that strip symbols.
    pub(crate) ldflags: &'static str,
    /// Programs whose built name says too little: from, to.
    pub(crate) renamed: &'static [(&'static str, &'static str)],
    /// How long the first build takes on two cores.
    pub(crate) minutes: &'static str,
}

const LOG: &str = "build.log";
const EVERY: Duration = Duration::from_secs(10);

/// Returns the folder with the module's programs, building them if they are not there yet.
pub(crate) fn find_or_build(module: &Module, progress: Progress<'_>) -> Result<PathBuf, Error> {
    let cache = cache_folder()?;
    let ready = cache.join(module.key);
    if ready.is_dir() {
        return Ok(ready);
    }
    fs::create_dir_all(&cache).map_err(Error::file("create", &cache))?;
    let _lock = lock(&cache.join("lock"), progress)?;
    if ready.is_dir() {
        return Ok(ready);
    }
    let building = tempfile::Builder::new()
        .prefix("building-")
        .tempdir_in(&cache)
        .map_err(Error::file("create a folder in", &cache))?;
    build(module, building.path(), progress)?;
    fs::rename(building.path().join("bin"), &ready).map_err(Error::file("create", &ready))?;
    Ok(ready)
}

/// Returns `$XDG_CACHE_HOME/ku8-playground` or what stands for it.
fn cache_folder() -> Result<PathBuf, Error> {
    std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| std::env::home_dir().map(|home| home.join(".cache")))
        .map(|cache| cache.join("ku8-playground"))
        .ok_or(Error::NoCacheFolder)
}

/// Takes the cache's lock, which a second test run started at the same moment waits for.
/// What killed builds left behind is removed while nobody else can be building.
fn lock(path: &Path, progress: Progress<'_>) -> Result<File, Error> {
    let file = File::create(path).map_err(Error::file("create", path))?;
    if file.try_lock().is_err() {
        progress("waiting for another build of the playground's programs");
        file.lock().map_err(Error::file("lock", path))?;
    }
    let beside = path.parent().into_iter().flat_map(fs::read_dir).flatten().flatten();
    for entry in beside.filter(|entry| entry.file_name().to_string_lossy().starts_with("building-")) {
        // Rubbish that cannot be removed is only rubbish.
        let _ = fs::remove_dir_all(entry.path());
    }
    Ok(file)
}

/// Builds into `folder/bin`.
fn build(module: &Module, folder: &Path, progress: Progress<'_>) -> Result<(), Error> {
    let source = folder.join("src");
    let bin = folder.join("bin");
    for new in [&source, &bin] {
        fs::create_dir(new).map_err(Error::file("create", new))?;
    }
    for (name, text) in [("go.mod", module.go_mod), ("go.sum", module.go_sum)] {
        fs::write(source.join(name), text).map_err(Error::file("write", source.join(name)))?;
    }
    let started = Instant::now();
    let log = folder.join(LOG);
    if !go_build(module, &source, &bin, &log, progress)?.success() {
        return Err(Error::Build { what: module.what, tail: tail(&log) });
    }
    for (from, to) in module.renamed {
        fs::rename(bin.join(from), bin.join(to)).map_err(Error::file("rename", bin.join(from)))?;
    }
    progress(&format!("built {} in {} s", module.what, started.elapsed().as_secs()));
    Ok(())
}

/// Runs `go build` and reports while it runs.
fn go_build(
    module: &Module,
    source: &Path,
    bin: &Path,
    log: &Path,
    progress: Progress<'_>,
) -> Result<ExitStatus, Error> {
    let output = File::create(log).map_err(Error::file("create", log))?;
    // The trailing separator tells go that this is a folder.
    let into = bin.join("");
    let mut go = Command::new("go")
        .args(["build", "-v", "-trimpath", "-ldflags"])
        .arg(format!("-s -w {}", module.ldflags))
        .arg("-o")
        .arg(into)
        .arg("tool")
        .current_dir(source)
        .env("GOWORK", "off")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(output)
        .spawn()
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Error::GoMissing { what: module.what },
            _ => Error::run("go")(error),
        })?;
    progress(&format!(
        "building {} from pinned Go modules into the cache; this happens once and takes about {}",
        module.what, module.minutes
    ));
    let started = Instant::now();
    let mut reported = Duration::ZERO;
    loop {
        if let Some(status) = go.try_wait().map_err(Error::run("go"))? {
            return Ok(status);
        }
        if started.elapsed() >= reported + EVERY {
            reported = started.elapsed();
            // One line of the log per package fetched or compiled.
            let packages = fs::read_to_string(log).unwrap_or_default().lines().count();
            progress(&format!("  {} s: {packages} packages so far", reported.as_secs()));
        }
        thread::sleep(Duration::from_millis(100));
    }
}
