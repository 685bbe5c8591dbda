//! Compiled components on disk, so that a template is compiled once: the one place in this room that touches files,
//! under a directory the caller gives it.
//! It never loads what another user could have written, and every failure only means compiling again.

use std::fs::{DirBuilder, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::Path;
use std::time::SystemTime;

use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat, Timespec, Timestamps, UTIME_NOW};
use sha2::{Digest, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

const MAGIC: &[u8; 8] = b"KU8AOT1\n";
const HEADER: usize = MAGIC.len() + 32;
/// Bytes of one entry; a large JavaScript template compiles to 40 MiB.
const ENTRY_BYTES: u64 = 256 * 1024 * 1024;
/// Bytes of all entries; the least recently used go first.
const TOTAL_BYTES: u64 = 512 * 1024 * 1024;

/// The compiled form of the component with this digest, if a sound one is there.
pub(super) fn load(engine: &Engine, directory: &Path, digest: &str) -> Option<Component> {
    deserialize(engine, read(engine, directory, digest)?.get(HEADER..)?)
}

/// Keeps the code of one component for another one too, whose code is the same.
pub(super) fn copy(engine: &Engine, directory: &Path, from: &str, to: &str) {
    let Some(content) = read(engine, directory, from) else { return };
    let _ = write(&directory.join(folder_name(engine)), to, &content[HEADER..]);
    evict(directory);
}

/// A sound entry, with its header.
fn read(engine: &Engine, directory: &Path, digest: &str) -> Option<Vec<u8>> {
    let folder = open_folder(&directory.join(folder_name(engine)))?;
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let file = rustix::fs::openat(&folder, file_name(digest), flags, Mode::empty()).ok()?;
    let stat = rustix::fs::fstat(&file).ok()?;
    let size = u64::try_from(stat.st_size).ok()?;
    if !is_ours(&stat, FileType::RegularFile) || size > ENTRY_BYTES {
        return None;
    }
    let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
    let _ = rustix::fs::futimens(&file, &Timestamps { last_access: now, last_modification: now });
    let mut content = Vec::with_capacity(usize::try_from(size).ok()?);
    File::from(file).take(ENTRY_BYTES).read_to_end(&mut content).ok()?;
    (content.get(..HEADER)? == header(digest, &content[HEADER..])).then_some(content)
}

/// Keeps a compiled component; what cannot be kept is compiled again next time.
pub(super) fn store(engine: &Engine, directory: &Path, digest: &str, component: &Component) {
    let Ok(body) = component.serialize() else { return };
    let _ = write(&directory.join(folder_name(engine)), digest, &body);
    evict(directory);
}

/// Turns bytes this program compiled and wrote back into code.
#[expect(unsafe_code, reason = "wasmtime cannot verify native code; the checks in `load` are what makes it ours")]
fn deserialize(engine: &Engine, body: &[u8]) -> Option<Component> {
    // SAFETY: `body` is the output of `Component::serialize`. It was read whole into memory from a regular file that
    // is not a link, belongs to the effective user and is writable by nobody else, in a directory of which the same
    // holds; its SHA-256 in the header matches. Whoever could forge that may already run programs as this user.
    unsafe { Component::deserialize(engine, body) }.ok()
}

fn header(digest: &str, body: &[u8]) -> [u8; HEADER] {
    // The component's digest is hashed too, so that one entry under another's name is not believed.
    let sum = Sha256::new().chain_update(digest).chain_update(body).finalize();
    let mut header = [0; HEADER];
    header[..MAGIC.len()].copy_from_slice(MAGIC);
    header[MAGIC.len()..].copy_from_slice(&sum);
    header
}

/// Code of another wasmtime version or configuration lives in another folder.
fn folder_name(engine: &Engine) -> String {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

fn file_name(digest: &str) -> String {
    format!("{digest}.cwasm")
}

fn open_folder(path: &Path) -> Option<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let folder = rustix::fs::openat(CWD, path, flags, Mode::empty()).ok()?;
    let stat = rustix::fs::fstat(&folder).ok()?;
    is_ours(&stat, FileType::Directory).then_some(folder)
}

fn is_ours(stat: &Stat, kind: FileType) -> bool {
    FileType::from_raw_mode(stat.st_mode) == kind
        && stat.st_uid == rustix::process::geteuid().as_raw()
        && stat.st_mode & 0o022 == 0
}

fn write(folder: &Path, digest: &str, body: &[u8]) -> Option<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder).ok()?;
    let folder = open_folder(folder)?;
    let unfinished = format!(".{digest}.{}", std::process::id());
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let create = || rustix::fs::openat(&folder, &unfinished, flags, Mode::RUSR | Mode::WUSR);
    // Left over by a process of this number that was stopped while it wrote.
    let file = create().or_else(|_| {
        let _ = rustix::fs::unlinkat(&folder, &unfinished, AtFlags::empty());
        create()
    });
    let mut file = File::from(file.ok()?);
    let written = file
        .write_all(&header(digest, body))
        .and_then(|()| file.write_all(body))
        .and_then(|()| file.sync_all())
        .and_then(|()| Ok(rustix::fs::renameat(&folder, &unfinished, &folder, file_name(digest))?));
    if written.is_err() {
        let _ = rustix::fs::unlinkat(&folder, &unfinished, AtFlags::empty());
    }
    written.ok()
}

/// Removes the least recently used entries until the rest fits.
fn evict(directory: &Path) {
    let mut entries: Vec<(SystemTime, u64, std::path::PathBuf)> = Vec::new();
    for folder in children(directory) {
        if open_folder(&folder).is_none() {
            continue;
        }
        for path in children(&folder) {
            let Ok(metadata) = path.symlink_metadata() else { continue };
            if metadata.is_file() && metadata.uid() == rustix::process::geteuid().as_raw() {
                entries.push((metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH), metadata.len(), path));
            }
        }
    }
    let mut total: u64 = entries.iter().map(|(_, size, _)| size).sum();
    entries.sort();
    for (_, size, path) in entries {
        if total <= TOTAL_BYTES {
            return;
        }
        total -= size;
        let _ = std::fs::remove_file(path);
    }
}

fn children(directory: &Path) -> Vec<std::path::PathBuf> {
    std::fs::read_dir(directory).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::render::engine::engine;

    /// The smallest component: a header.
    const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

    #[test]
    fn what_was_stored_is_loaded_until_something_is_wrong_with_it() {
        let home = tempfile::tempdir().unwrap();
        let engine = engine().unwrap();
        let component = Component::from_binary(&engine, EMPTY).unwrap();
        assert!(load(&engine, home.path(), "aa").is_none());
        store(&engine, home.path(), "aa", &component);
        assert!(load(&engine, home.path(), "aa").is_some());
        let folder = home.path().join(folder_name(&engine));
        let file = folder.join("aa.cwasm");
        assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(children(&folder), std::slice::from_ref(&file));

        // Under another's name, flipped, cut off, writable by others, a link: all are compiled again.
        std::fs::copy(&file, folder.join("bb.cwasm")).unwrap();
        assert!(load(&engine, home.path(), "bb").is_none());
        copy(&engine, home.path(), "aa", "dd");
        assert!(load(&engine, home.path(), "dd").is_some());
        copy(&engine, home.path(), "bb", "ee");
        assert!(!folder.join("ee.cwasm").exists(), "what is not believed is not copied");
        let sound = std::fs::read(&file).unwrap();
        let mut flipped = sound.clone();
        flipped[HEADER + 100] ^= 1;
        for content in [&flipped[..], &sound[..sound.len() - 1], &sound[..10], b""] {
            std::fs::write(&file, content).unwrap();
            assert!(load(&engine, home.path(), "aa").is_none());
        }
        std::fs::write(&file, &sound).unwrap();
        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o666)).unwrap();
        assert!(load(&engine, home.path(), "aa").is_none());
        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
        assert!(load(&engine, home.path(), "aa").is_some());
        std::os::unix::fs::symlink(&file, folder.join("cc.cwasm")).unwrap();
        assert!(load(&engine, home.path(), "cc").is_none());
        std::fs::set_permissions(&folder, PermissionsExt::from_mode(0o777)).unwrap();
        assert!(load(&engine, home.path(), "aa").is_none());
    }

    #[test]
    fn a_directory_that_cannot_be_used_is_no_error() {
        let engine = engine().unwrap();
        let component = Component::from_binary(&engine, EMPTY).unwrap();
        let nowhere = Path::new("/proc/nowhere");
        store(&engine, nowhere, "aa", &component);
        assert!(load(&engine, nowhere, "aa").is_none());
    }
}
