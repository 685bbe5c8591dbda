//! A pod's sandbox: its network, its host name, its files in /etc, its cable to the node.
//! It never starts a container.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use crate::manifest::Plan;
use crate::node::{GATEWAY, Node};
use crate::process::Process;
use crate::stage::Inner;
use crate::state::{Info, Pod};
use crate::volumes;

/// Names the pod, says its number, and holds its namespaces.
const HOLD: &str = r#"read -r pid _ </proc/self/stat
echo "$1" >/proc/sys/kernel/hostname
echo "$pid" >"$2"
exec sleep infinity
"#;

impl Inner {
    /// Makes the sandbox and volumes of a pod; its number is returned.
    pub(crate) fn sandbox(&self, plan: Plan) -> Result<Arc<Info>, String> {
        let mut state = self.state();
        if state.pods.contains_key(&plan.name) {
            return Err(format!("{} is there already", plan.name));
        }
        state.counter += 1;
        let generation = state.counter;
        let folder = self.folder.path().join("pods").join(format!("{}.{generation}", plan.name));
        etc(&folder, &plan.name).map_err(|error| format!("{}: {error}", folder.display()))?;
        let address = format!("10.244.{}.{}", generation / 250, generation % 250 + 1);
        let sandbox = hold(self.node_pid, &folder, &plan.name)?;
        let info = Arc::new(Info { plan, generation, address, folder, sandbox: sandbox.pid });
        self.on_node(&wire(&info))?;
        volumes::make(&state, &info, &self.folder.path().join("claims"));
        let (containers, ready, stopping) = (Vec::new(), false, false);
        let pod = Pod { info: Arc::clone(&info), sandbox, containers, ready, stopping };
        state.pods.insert(info.plan.name.clone(), pod);
        self.publish(&state);
        Ok(info)
    }

    /// Takes the cable out, or plugs it in again.
    pub(crate) fn cable(&self, info: &Info, plugged: bool) -> Result<(), String> {
        let (link, address) = (format!("v{}", info.generation), &info.address);
        self.on_node(&if plugged {
            format!("ip link set {link} up; ip route replace {address}/32 dev {link}")
        } else {
            format!("ip link set {link} down")
        })
    }
}

fn etc(folder: &Path, name: &str) -> std::io::Result<()> {
    for inner in ["etc", "volumes", "run"] {
        fs::create_dir_all(folder.join(inner))?;
    }
    fs::write(folder.join("etc/hosts"), "127.0.0.1 localhost\n")?;
    fs::write(folder.join("etc/hostname"), format!("{name}\n"))?;
    // Nobody answers there, so that a name that is in no file is refused at once.
    fs::write(folder.join("etc/resolv.conf"), "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
}

fn hold(node: i32, folder: &Path, name: &str) -> Result<Process, String> {
    let file = folder.join("run/sandbox.pid");
    let mut command = Node::beside(node);
    command.args(["unshare", "--net", "--uts", "--ipc", "sh", "-c", HOLD, "-", name]).arg(&file);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    Process::start(&mut command, &file)
}

/// A cable from the node to the pod, and the way to everybody else over the node.
fn wire(info: &Info) -> String {
    let (link, pid, address) = (format!("v{}", info.generation), info.sandbox, &info.address);
    format!(
        "ip link add {link} type veth peer name eth0 netns {pid}\n\
         ip addr add {GATEWAY}/32 dev {link}\n\
         ip link set {link} up\n\
         ip route add {address}/32 dev {link}\n\
         nsenter -t {pid} --net sh -euc '\n\
         ip link set lo up\n\
         ip addr add {address}/32 dev eth0\n\
         ip link set eth0 up\n\
         ip route add {GATEWAY} dev eth0 scope link\n\
         ip route add default via {GATEWAY} dev eth0'\n"
    )
}
