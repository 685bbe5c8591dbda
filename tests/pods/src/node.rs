//! The namespaces a whole stage lives in: network, mounts, processes. When they end, everything in them ends.
//! It never outlives this process: it waits for the end of a pipe that closes with us, however we end.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::process::Process;

/// Programs everything here is made of.
pub(crate) const PROGRAMS: [&str; 9] =
    ["ip", "nft", "unshare", "nsenter", "setpriv", "mount", "chroot", "timeout", "bash"];

/// The address of the node in every pod's network.
pub(crate) const GATEWAY: &str = "169.254.1.1";

/// Makes the network, tries what pods will need, and waits.
const SCRIPT: &str = r#"set -eu
exec 3<&0 </dev/null
read -r pid _ </proc/self/stat
ip link set lo up
echo 1 >/proc/sys/net/ipv4/ip_forward
for name in all default; do echo 0 >"/proc/sys/net/ipv4/conf/$name/rp_filter"; done
nft add table ip pods
mount -t tmpfs layer "$1/layer"
mkdir "$1/layer/upper" "$1/layer/work" "$1/layer/root"
mount -t overlay -o "lowerdir=/,upperdir=$1/layer/upper,workdir=$1/layer/work" overlay "$1/layer/root"
umount "$1/layer/root" "$1/layer"
echo "$pid" >"$1/node.pid"
read -r _ <&3 || :
"#;

/// The namespaces of a stage.
#[derive(Debug)]
pub(crate) struct Node(Process);

impl Node {
    /// Makes them, or says in one line why that is not possible here.
    pub(crate) fn new(folder: &Path) -> Result<Self, String> {
        if !rustix::process::geteuid().is_root() {
            return Err("namespaces need root".to_owned());
        }
        if let Some(what) = crate::missing(&PROGRAMS) {
            return Err(format!("{what}; apt-get install iproute2 nftables util-linux"));
        }
        let failed = |error: std::io::Error| error.to_string();
        fs::create_dir_all(folder.join("layer")).map_err(failed)?;
        let log = folder.join("node.log");
        let mut command = Command::new("unshare");
        command.args([
            "--net",
            "--mount",
            "--ipc",
            "--pid",
            "--fork",
            "--propagation",
            "private",
            "sh",
            "-c",
            SCRIPT,
            "-",
        ]);
        command.arg(folder).stdin(Stdio::piped()).stdout(Stdio::null());
        command.stderr(File::create(&log).map_err(failed)?);
        let reason = |why| match fs::read_to_string(&log).unwrap_or_default().lines().next() {
            Some(line) => format!("namespaces cannot be made here: {line}"),
            None => why,
        };
        Process::start(&mut command, &folder.join("node.pid")).map(Self).map_err(reason)
    }

    /// A command in the namespaces of a process of this stage.
    pub(crate) fn beside(pid: i32) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["-t", &pid.to_string(), "--mount", "--net", "--uts", "--ipc", "--pid", "--"]);
        command.stdin(Stdio::null());
        command
    }

    /// Number of the first process.
    pub(crate) fn pid(&self) -> i32 {
        self.0.pid
    }

    /// Runs a shell script in the node's network, where the machine's own /proc is.
    pub(crate) fn run(&self, script: &str) -> Result<(), String> {
        let output = Command::new("nsenter")
            .args(["-t", &self.0.pid.to_string(), "--net", "--mount", "--", "sh", "-euc", script])
            .stdin(Stdio::null())
            .output()
            .map_err(|error| error.to_string())?;
        let errors = String::from_utf8_lossy(&output.stderr);
        if output.status.success() { Ok(()) } else { Err(format!("{script}: {errors}")) }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.0.close();
    }
}
