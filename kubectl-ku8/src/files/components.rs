//! Components that came from registries, kept on this machine: blobs by their digest, and small notes beside them.
//! It never returns bytes whose digest it did not compute, nor a file that somebody else could have written.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::{FilesError, MAX_INPUT};

/// Largest note.
const NOTE_BYTES: u64 = 4 * 1024 * 1024;

/// A folder of components, with its rules: owned by the user, writable by nobody else, every file written whole.
#[derive(Clone, Debug)]
pub struct ComponentStore {
    folder: PathBuf,
}

impl ComponentStore {
    /// A store in this folder, which is made at the first write.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The blob with this digest (`sha256:` and 64 hex digits), if a sound one is here.
    pub fn blob(&self, digest: &str) -> Option<Vec<u8>> {
        let name = hex_of(digest)?;
        let bytes = read(&self.folder.join("sha256"), name, MAX_INPUT)?;
        (digest_of(&bytes) == digest).then_some(bytes)
    }

    /// Keeps a blob under its own digest, which is returned.
    ///
    /// # Errors
    /// When the folder is not ours, or cannot be written.
    pub fn keep_blob(&self, bytes: &[u8]) -> Result<String, FilesError> {
        let digest = digest_of(bytes);
        if self.blob(&digest).is_none() {
            self.write("sha256", digest.trim_start_matches("sha256:"), bytes)?;
        }
        Ok(digest)
    }

    /// A note of some kind about something, such as what a tag named when it was last used.
    pub fn note(&self, kind: &str, about: &str) -> Option<Vec<u8>> {
        read(&self.folder.join(kind), &note_name(about), NOTE_BYTES)
    }

    /// Writes a note; what was noted before is replaced.
    ///
    /// # Errors
    /// When the folder is not ours, or cannot be written.
    pub fn keep_note(&self, kind: &str, about: &str, bytes: &[u8]) -> Result<(), FilesError> {
        self.write(kind, &note_name(about), bytes)
    }

    fn write(&self, kind: &str, name: &str, bytes: &[u8]) -> Result<(), FilesError> {
        let folder = self.folder.join(kind);
        let failed = |reason: String| FilesError::Write { path: folder.join(name).display().to_string(), reason };
        make(&folder).map_err(|error| failed(error.to_string()))?;
        for part in [&self.folder, &folder] {
            if !is_ours(part) {
                return Err(failed(format!("{} is not yours alone to write", part.display())));
            }
        }
        // Private from the start, and never half there.
        let mut file = tempfile::Builder::new().prefix(".").tempfile_in(&folder).map_err(|e| failed(e.to_string()))?;
        file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(|error| failed(error.to_string()))?;
        file.persist(folder.join(name)).map(|_| ()).map_err(|error| failed(error.error.to_string()))
    }
}

/// `sha256:` and the digest of these bytes.
fn digest_of(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes).iter().fold("sha256:".to_owned(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The digits of a digest; nothing else ever becomes part of a path.
fn hex_of(digest: &str) -> Option<&str> {
    let hex = digest.strip_prefix("sha256:")?;
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    (hex.len() == 64 && hex.bytes().all(is_digit)).then_some(hex)
}

fn note_name(about: &str) -> String {
    format!("{}.json", digest_of(about.as_bytes()).trim_start_matches("sha256:"))
}

fn read(folder: &Path, name: &str, most: u64) -> Option<Vec<u8>> {
    if !folder.parent().is_some_and(is_ours) || !is_ours(folder) {
        return None;
    }
    let file = open(&folder.join(name))?;
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).ok()?;
    (u64::try_from(bytes.len()).ok()? <= most).then_some(bytes)
}

#[cfg(unix)]
fn open(path: &Path) -> Option<File> {
    use std::os::unix::fs::MetadataExt as _;

    use rustix::fs::{CWD, Mode, OFlags};
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let file = File::from(rustix::fs::openat(CWD, path, flags, Mode::empty()).ok()?);
    let found = file.metadata().ok()?;
    let ours = found.is_file() && found.uid() == rustix::process::geteuid().as_raw() && found.mode() & 0o022 == 0;
    ours.then_some(file)
}

#[cfg(not(unix))]
fn open(path: &Path) -> Option<File> {
    File::open(path).ok().filter(|file| file.metadata().is_ok_and(|found| found.is_file()))
}

#[cfg(unix)]
fn is_ours(folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    folder.symlink_metadata().is_ok_and(|found| {
        found.is_dir() && found.uid() == rustix::process::geteuid().as_raw() && found.mode() & 0o022 == 0
    })
}

#[cfg(not(unix))]
fn is_ours(folder: &Path) -> bool {
    folder.symlink_metadata().is_ok_and(|found| found.is_dir())
}

fn make(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(home: &Path) -> ComponentStore {
        ComponentStore::new(home.join("components"))
    }

    #[test]
    fn a_blob_is_found_by_its_digest_until_a_byte_of_it_changes() {
        let home = tempfile::tempdir().unwrap();
        let store = store(home.path());
        let digest = store.keep_blob(b"component").unwrap();
        assert_eq!(store.blob(&digest).unwrap(), b"component");
        let file = store.folder().join("sha256").join(&digest[7..]);
        std::fs::write(&file, b"componenT").unwrap();
        assert_eq!(store.blob(&digest), None);
        // It is written anew, not believed to be there.
        assert_eq!(store.keep_blob(b"component").unwrap(), digest);
        assert_eq!(store.blob(&digest).unwrap(), b"component");
    }

    #[test]
    fn what_is_no_digest_names_no_file() {
        let home = tempfile::tempdir().unwrap();
        let store = store(home.path());
        store.keep_blob(b"x").unwrap();
        let up = format!("sha256:{}", "../".repeat(21));
        for odd in ["", "sha256:", "sha512:00", "sha256:../../etc/passwd", up.as_str(), &"sha256:A".repeat(8)] {
            assert_eq!(store.blob(odd), None, "{odd}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_others_could_have_written_is_not_read() {
        use std::os::unix::fs::PermissionsExt as _;
        let home = tempfile::tempdir().unwrap();
        let store = store(home.path());
        let digest = store.keep_blob(b"component").unwrap();
        store.keep_note("tags", "a:1", b"{}").unwrap();
        let mode = |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        let folder = store.folder().join("sha256");
        assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        let file = folder.join(&digest[7..]);
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o077, 0);
        mode(&file, 0o666);
        assert_eq!(store.blob(&digest), None);
        mode(&file, 0o600);
        mode(&folder, 0o777);
        assert_eq!(store.blob(&digest), None);
        mode(&folder, 0o700);
        mode(store.folder(), 0o777);
        assert_eq!((store.blob(&digest), store.note("tags", "a:1")), (None, None));
        assert!(store.keep_blob(b"another").is_err());
        mode(store.folder(), 0o700);
        assert_eq!(store.note("tags", "a:1").unwrap(), b"{}");
        // A link is not followed.
        std::fs::rename(&file, home.path().join("moved")).unwrap();
        std::os::unix::fs::symlink(home.path().join("moved"), &file).unwrap();
        assert_eq!(store.blob(&digest), None);
    }
}
