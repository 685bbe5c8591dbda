//! Files that decide whom this machine trusts: read only where nobody else can have written them.
//! It never repairs a right and never follows a name to a device or a pipe.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::Path;

use super::FilesError;

/// Bytes of the longest such file.
const MAX_BYTES: u64 = 1024 * 1024;

/// Says whether there is surely nothing of that name: what cannot be looked at may be there.
pub fn is_absent(path: &Path) -> bool {
    let missing = |error: std::io::Error| matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory);
    path.symlink_metadata().is_err_and(missing)
}

/// Reads a text file that belongs to this user or to root, and that neither everybody can write nor replace.
///
/// # Errors
/// When it cannot be read, is no plain file, or others could have written it.
pub fn read_guarded(path: &Path) -> Result<String, FilesError> {
    let shown = path.display().to_string();
    let refused = |reason: String| FilesError::Read { path: shown.clone(), reason };
    let failed = |error: std::io::Error| refused(error.to_string());
    // A pipe would wait for a writer, so it is looked at before it is opened; what was opened is judged.
    if !path.metadata().map_err(failed)?.is_file() {
        return Err(refused("not a plain file".to_owned()));
    }
    let file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err(refused("not a plain file".to_owned()));
    }
    #[cfg(unix)]
    rights::check(path, &metadata).map_err(&refused)?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAX_BYTES {
        return Err(refused("larger than 1 MiB".to_owned()));
    }
    String::from_utf8(bytes).map_err(|_| FilesError::NotText(shown))
}

#[cfg(unix)]
mod rights {
    use std::fs::Metadata;
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    use std::path::Path;

    const EVERYBODY_WRITES: u32 = 0o002;
    /// In such a folder only the owner of a file replaces it.
    const STICKY: u32 = 0o1000;

    /// Looks at the file, and at the folders of its name and of what that leads to.
    pub(super) fn check(path: &Path, file: &Metadata) -> Result<(), String> {
        if file.permissions().mode() & EVERYBODY_WRITES != 0 {
            return Err(format!("everybody on this machine can write it: chmod go-w {}", path.display()));
        }
        owned(file)?;
        let target = path.canonicalize().map_err(|error| error.to_string())?;
        for path in [path, target.as_path()] {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let metadata = folder.metadata().map_err(|error| error.to_string())?;
            let mode = metadata.permissions().mode();
            if mode & EVERYBODY_WRITES != 0 && mode & STICKY == 0 {
                return Err(format!("everybody on this machine can replace it: chmod go-w {}", folder.display()));
            }
        }
        // A link in a folder of all is replaced by its owner, who may be anybody.
        owned(&path.symlink_metadata().map_err(|error| error.to_string())?)
    }

    fn owned(metadata: &Metadata) -> Result<(), String> {
        let own = rustix::process::geteuid().as_raw();
        match metadata.uid() {
            0 => Ok(()),
            uid if uid == own => Ok(()),
            uid => Err(format!("it belongs to another user (uid {uid})")),
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn set(path: &Path, mode: u32) {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("a mode is set");
    }

    #[test]
    fn only_what_nobody_else_can_write_is_read() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("policy.yaml");
        std::fs::write(&file, "x").unwrap();
        for (mode, reads) in [(0o600, true), (0o644, true), (0o664, true), (0o666, false), (0o602, false)] {
            set(&file, mode);
            assert_eq!(read_guarded(&file).is_ok(), reads, "{mode:o}");
        }
        set(&file, 0o600);
        for (mode, reads) in [(0o777, false), (0o1777, true), (0o755, true)] {
            set(home.path(), mode);
            assert_eq!(read_guarded(&file).is_ok(), reads, "folder {mode:o}");
        }
        let link = home.path().join("link.yaml");
        symlink(&file, &link).unwrap();
        assert_eq!(read_guarded(&link).unwrap(), "x");
    }

    #[test]
    fn a_link_is_as_safe_as_where_it_leads() {
        let (home, open) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let file = open.path().join("policy.yaml");
        std::fs::write(&file, "x").unwrap();
        set(open.path(), 0o777);
        let link = home.path().join("policy.yaml");
        symlink(&file, &link).unwrap();
        let error = read_guarded(&link).unwrap_err().to_string();
        assert!(error.contains("can replace it"), "{error}");
    }

    #[test]
    fn what_is_no_plain_file_is_not_waited_for() {
        let home = tempfile::tempdir().unwrap();
        for path in [home.path(), Path::new("/dev/null"), Path::new("/dev/zero"), &home.path().join("none")] {
            assert!(read_guarded(path).is_err(), "{}", path.display());
        }
        let large = home.path().join("large");
        std::fs::write(&large, vec![b'x'; 1024 * 1024 + 1]).unwrap();
        assert!(read_guarded(&large).unwrap_err().to_string().contains("larger than 1 MiB"));
    }
}
