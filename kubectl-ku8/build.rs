//! Embeds every component in `templates-wasm/dist`, checked against `SHA256SUMS` when that is there, and what `version`
//! says of this build, and the skeletons of `template new`. It never compiles a template and never needs a WebAssembly toolchain.

#[path = "build/skeletons.rs"]
mod skeletons;

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

use sha2::{Digest, Sha256};

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let dist = root.join("../templates-wasm/dist");
    // A missing path is dirty for ever: until the folder exists, its parent is watched.
    let watched = if dist.is_dir() { dist.clone() } else { root.join("../templates-wasm") };
    println!("cargo::rerun-if-changed={}", watched.display());
    println!("cargo::rerun-if-changed=build.rs");
    // The bindings are generated from this file by a macro, whose inputs cargo does not see.
    println!("cargo::rerun-if-changed=../template-sdk/wit");

    println!("cargo::rustc-env=KU8_TARGET={}", env::var("TARGET")?);
    println!("cargo::rustc-env=KU8_BUILT_FROM={}", commit(&root));
    println!("cargo::rustc-env=KU8_WASMTIME={}", locked(&root, "wasmtime").unwrap_or_default());

    let sums = sums(&dist.join("SHA256SUMS"))?;
    let mut table = String::from("static BUILT_IN: &[BuiltIn] = &[\n");
    for (name, path) in components(&dist)? {
        println!("cargo::rerun-if-changed={}", path.display());
        let sha256 = hex(&Sha256::digest(fs::read(&path)?))?;
        if let Some(sums) = &sums {
            let listed = sums.get(&format!("{name}.wasm"));
            if listed != Some(&sha256) {
                return Err(format!("{name}.wasm has SHA-256 {sha256}, SHA256SUMS says {listed:?}").into());
            }
        }
        let path = path.canonicalize()?;
        let path = path.to_str().ok_or("the path of a template is not UTF-8")?;
        writeln!(table, "    BuiltIn {{ name: {name:?}, bytes: include_bytes!({path:?}), sha256: {sha256:?} }},")?;
    }
    table.push_str("];\n");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("builtin.rs"), table)?;
    fs::write(out.join("skeletons.rs"), skeletons::table(&root)?)?;
    Ok(())
}

/// The commit this is built from, as the release workflow or cargo's package says; empty from a working tree, whose
/// commit would say too much of it.
fn commit(root: &Path) -> String {
    println!("cargo::rerun-if-env-changed=KU8_COMMIT");
    if let Some(commit) = env::var("KU8_COMMIT").ok().filter(|commit| is_commit(commit)) {
        return commit;
    }
    let packaged = fs::read_to_string(root.join(".cargo_vcs_info.json")).unwrap_or_default();
    let commit = packaged.split("\"sha1\": \"").nth(1).and_then(|rest| rest.split('"').next());
    commit.filter(|commit| is_commit(commit)).unwrap_or_default().to_owned()
}

fn is_commit(text: &str) -> bool {
    (7..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The version of a dependency in the lock file, of the workspace or of a package.
fn locked(root: &Path, name: &str) -> Option<String> {
    let file = [root.join("../Cargo.lock"), root.join("Cargo.lock")].into_iter().find(|file| file.is_file())?;
    println!("cargo::rerun-if-changed={}", file.display());
    let text = fs::read_to_string(file).ok()?;
    let entry = text.split(&format!("name = \"{name}\"\nversion = \"")).nth(1)?;
    entry.split('"').next().map(str::to_owned)
}

/// Components by name, sorted.
fn components(dist: &Path) -> Result<BTreeMap<String, PathBuf>, Box<dyn Error>> {
    let mut found = BTreeMap::new();
    if !dist.is_dir() {
        return Ok(found);
    }
    for entry in fs::read_dir(dist)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "wasm") {
            let name = path.file_stem().and_then(|name| name.to_str()).ok_or("a template's name is not UTF-8")?;
            found.insert(name.to_owned(), path.clone());
        }
    }
    Ok(found)
}

/// File name to digest, as `sha256sum` writes them; none without the file.
fn sums(path: &Path) -> Result<Option<BTreeMap<String, String>>, Box<dyn Error>> {
    if !path.is_file() {
        return Ok(None);
    }
    let text = fs::read_to_string(path)?;
    let pairs = text.lines().filter_map(|line| line.split_once(char::is_whitespace));
    let tidy = |name: &str| name.trim().trim_start_matches('*').trim_start_matches("./").to_owned();
    Ok(Some(pairs.map(|(sum, name)| (tidy(name), sum.to_owned())).collect()))
}

fn hex(bytes: &[u8]) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    for byte in bytes {
        write!(text, "{byte:02x}")?;
    }
    Ok(text)
}
