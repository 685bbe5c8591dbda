//! One server as a child process on a leash: it ends with us, also when we are killed and run no code of our own.
//! It knows nothing about Kubernetes, and never signals a process it did not start.

use std::ffi::OsString;
use std::fs::File;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::error::{Error, tail};

/// The leash. `$0` is the cluster's folder, `$@` the server.
///
/// The shell becomes the server, so the child's process id is the server's; beside it waits a reader on a pipe whose
/// other end only we hold. Any line lets the reader go; the end of the pipe means that we are gone without a word
/// (killed, crashed, or a test process that ended with the cluster in a static), and it ends the server and removes
/// the folder. The reader sits in the server's process group, so that the id it kills cannot have been reused. Ctrl-C
/// reaches neither: it goes to the terminal's foreground group. A closed terminal (HUP) is ignored.
const LEASH: &str = r#"
trap '' HUP
exec 3<&0
( ( IFS= read -r word <&3 || { kill -9 $$; rm -rf "$0"; } ) & )
exec "$@" </dev/null 3<&-
"#;

/// A running server.
#[derive(Debug)]
pub(crate) struct Server {
    name: &'static str,
    log: PathBuf,
    child: Child,
    leash: Option<ChildStdin>,
}

impl Server {
    /// Starts `program`; its output goes to `<name>.log` in the cluster's folder.
    pub(crate) fn start(name: &'static str, program: &Path, args: Vec<OsString>, folder: &Path) -> Result<Self, Error> {
        let log = folder.join(format!("{name}.log"));
        let out = File::create(&log).map_err(Error::file("create", &log))?;
        let err = out.try_clone().map_err(Error::file("open", &log))?;
        let mut child = Command::new("sh")
            .arg("-c")
            .arg(LEASH)
            .arg(folder)
            .arg(program)
            .args(args)
            // Servers look for settings at home; ours have none.
            .env("HOME", folder)
            .current_dir(folder)
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(out)
            .stderr(err)
            .spawn()
            .map_err(Error::run("sh"))?;
        let leash = child.stdin.take();
        Ok(Self { name, log, child, leash })
    }

    /// Returns the name used in messages.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Returns the last lines of the log.
    pub(crate) fn tail(&self) -> String {
        tail(&self.log)
    }

    /// Fails if the server has ended.
    pub(crate) fn check(&mut self) -> Result<(), Error> {
        match self.child.try_wait() {
            Ok(None) => Ok(()),
            Ok(Some(_)) | Err(_) => Err(Error::Ended { server: self.name, tail: self.tail() }),
        }
    }

    /// Ends the server now.
    pub(crate) fn end(&mut self) {
        if self.leash.is_some() {
            let _ = self.child.kill();
            let _ = self.child.wait();
            self.let_go();
        }
    }

    /// Lets the server live on after us.
    pub(crate) fn keep(mut self) {
        self.let_go();
    }

    /// Ends the leash's reader without ending the server.
    fn let_go(&mut self) -> bool {
        self.leash.take().is_some_and(|mut pipe| {
            // A reader that is gone needs no word.
            let _ = pipe.write_all(b"go\n");
            true
        })
    }
}

impl Drop for Server {
    /// Ends the server unless it was kept. KILL, because nothing of a playground is worth writing down.
    fn drop(&mut self) {
        self.end();
    }
}
