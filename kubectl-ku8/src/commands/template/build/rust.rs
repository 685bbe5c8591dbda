//! Rust: cargo builds the crate for wasm32-unknown-unknown, with the target of rustup or with Debian's compiler.
//! It never lets a folder's name into the bytes, so that another machine with the same tools builds the same.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Module;
use super::tools::{Call, missing, words};
use crate::commands::Context;
use crate::error::{CommandError, id};

const TARGET: &str = "wasm32-unknown-unknown";
const INSTALL: &[&str] = &["install Rust: https://rustup.rs"];
const INSTALL_TARGET: &[&str] = &[
    "with rustup: rustup target add wasm32-unknown-unknown",
    "or on Debian and Ubuntu: apt-get install rustc-web rust-web-src lld",
];
/// Where Debian keeps its compiler; one of rustup may stand before it on the path.
const DEBIAN: &str = "/usr/bin/rustc";

/// Builds the module.
///
/// # Errors
/// When cargo, or a compiler for the target, is missing, or cargo does not build it.
pub(super) async fn build(context: &Context, folder: &Path) -> Result<Module, CommandError> {
    let compiler = Compiler::find(folder).await?;
    let mut arguments = words(&["build", "--release", "--lib", "--target", TARGET, "--message-format=json"]);
    let mut variables = vec![("CARGO_ENCODED_RUSTFLAGS", compiler.flags(context, folder))];
    if let Some(linker) = &compiler.linker {
        // The standard library is built from its sources, with the compiler they belong to.
        arguments.extend(words(&["-Zbuild-std=std,panic_abort", "-Zbuild-std-features=optimize_for_size"]));
        variables.push(("RUSTC", DEBIAN.into()));
        variables.push(("RUSTC_BOOTSTRAP", "1".into()));
        variables.push(("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker.into()));
    }
    let call = Call { program: "cargo".into(), arguments, folder, variables, install: INSTALL };
    let messages = call.run_reading_messages().await?;
    let (name, file) = library(&messages).ok_or_else(|| {
        CommandError::new("cargo built no WebAssembly library of this project")
            .id(id::NO_PROJECT)
            .hint("Cargo.toml wants: [lib] crate-type = [\"cdylib\", \"rlib\"]")
    })?;
    Ok(Module { bytes: crate::files::read_bytes(&file)?, own: vec!["template_".to_owned(), name] })
}

/// A compiler with the target's standard library, or its sources.
struct Compiler {
    sysroot: PathBuf,
    /// Only where the standard library is built from its sources.
    linker: Option<PathBuf>,
}

impl Compiler {
    async fn find(folder: &Path) -> Result<Self, CommandError> {
        let own = sysroot("rustc", folder).await?;
        if crate::files::exists(&own.join("lib/rustlib").join(TARGET).join("lib")) {
            return Ok(Self { sysroot: own, linker: None });
        }
        let failed = || missing(&format!("the Rust compiler here cannot build for {TARGET}"), INSTALL_TARGET);
        if !crate::files::exists(Path::new(DEBIAN)) {
            return Err(failed());
        }
        let debian = sysroot(DEBIAN, folder).await?;
        let sources = crate::files::exists(&debian.join("lib/rustlib/src/rust/library/std/Cargo.toml"));
        let linker = [&own, &debian].into_iter().find_map(|sysroot| linker(sysroot)).filter(|_| sources);
        linker.map(|linker| Self { sysroot: debian, linker: Some(linker) }).ok_or_else(failed)
    }

    /// Every folder that could reach the bytes gets a name that is the same everywhere.
    fn flags(&self, context: &Context, folder: &Path) -> OsString {
        let home = context.cargo_home();
        let standard = self.sysroot.join("lib/rustlib/src/rust");
        let real = standard.canonicalize().unwrap_or_else(|_| standard.clone());
        let mut places = vec![(folder.to_owned(), "/project")];
        places.extend(folder.canonicalize().ok().map(|folder| (folder, "/project")));
        places.extend(home.iter().map(|home| (home.clone(), "/cargo")));
        // The last that fits wins: registries have folders named after their address.
        places
            .extend(home.iter().flat_map(|home| inside(&home.join("registry/src"))).map(|folder| (folder, "/crates")));
        places.extend([(standard, "/rust"), (real, "/rust")]);
        let mut flags = OsString::new();
        for (place, name) in places {
            if !flags.is_empty() {
                flags.push("\u{1f}");
            }
            flags.push("--remap-path-prefix=");
            flags.push(place);
            flags.push("=");
            flags.push(name);
        }
        flags
    }
}

async fn sysroot(compiler: &str, folder: &Path) -> Result<PathBuf, CommandError> {
    let arguments = words(&["--print", "sysroot"]);
    let call = Call { program: compiler.into(), arguments, folder, variables: Vec::new(), install: INSTALL };
    Ok(PathBuf::from(String::from_utf8_lossy(&call.run().await?).trim()))
}

/// The folders in a folder; one that cannot be read has none.
fn inside(folder: &Path) -> Vec<PathBuf> {
    crate::files::folders_in(folder).unwrap_or_default().into_iter().map(|(_, path)| path).collect()
}

/// The linker that comes with a toolchain, whatever machine that is for; else one on the path of Debian's packages.
fn linker(sysroot: &Path) -> Option<PathBuf> {
    let own = inside(&sysroot.join("lib/rustlib")).into_iter().map(|folder| folder.join("bin/rust-lld"));
    let others = ["/usr/bin/rust-lld", "/usr/bin/wasm-ld"].map(PathBuf::from);
    own.chain(others).find(|linker| crate::files::exists(linker))
}

/// The last library cargo made for the target: its name and its file, as cargo's messages tell them.
fn library(messages: &[u8]) -> Option<(String, PathBuf)> {
    let text = String::from_utf8_lossy(messages);
    let made = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut made = made.filter(|message| message["reason"] == "compiler-artifact").filter_map(|message| {
        let mut files = message["filenames"].as_array()?.iter().filter_map(Value::as_str).map(PathBuf::from);
        let file = files.find(|file| file.extension().is_some_and(|ending| ending == "wasm"))?;
        Some((message["target"]["name"].as_str()?.replace('-', "_"), file))
    });
    made.next_back()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_is_found_among_cargos_messages() {
        let messages = br#"{"reason":"compiler-artifact","target":{"name":"serde"},"filenames":["/t/libserde.rlib"]}
{"reason":"compiler-artifact","target":{"name":"my-queue"},"filenames":["/t/my_queue.wasm","/t/libmy_queue.rlib"]}
{"reason":"build-finished","success":true}"#;
        assert_eq!(library(messages), Some(("my_queue".to_owned(), PathBuf::from("/t/my_queue.wasm"))));
        assert_eq!(library(b"nothing of it"), None);
    }
}
