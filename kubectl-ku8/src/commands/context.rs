//! What a command may ask for: the cluster, the template runtime, the time, who is asking.
//! The only file that reads the clock and the environment.

use std::cell::OnceCell;
use std::path::PathBuf;
use std::time::Duration;

use super::interrupt::Interrupt;
use crate::cli::GlobalArgs;
use crate::cluster::{Claim, Cluster, ConnectOptions, connect_target};
use crate::error::CommandError;
use crate::render::child::Launch;
use crate::render::{Isolation, Limits, Runtime, Settings};
use crate::terminal::{Surroundings, Ui};

/// How long a lease lasts without renewal (decisions.md, 25).
const LEASE_SECONDS: u64 = 30;

/// Everything a command needs beside its own arguments.
pub struct Context {
    /// Global flags.
    pub globals: GlobalArgs,
    /// Where output goes.
    pub ui: Ui,
    /// Ctrl-C.
    pub interrupt: Interrupt,
    runtime: OnceCell<Runtime>,
    cluster: OnceCell<Cluster>,
}

impl Context {
    /// Looks at the environment once.
    pub fn new(globals: GlobalArgs) -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let around = Surroundings {
            color: globals.color,
            no_color: set("NO_COLOR"),
            dumb: std::env::var_os("TERM").is_some_and(|term| term == "dumb"),
            quiet: globals.quiet,
            no_input: globals.no_input,
        };
        Self {
            globals,
            ui: Ui::new(around),
            interrupt: Interrupt::default(),
            runtime: OnceCell::new(),
            cluster: OnceCell::new(),
        }
    }

    /// The template runtime; built at the first use.
    ///
    /// # Errors
    /// When this machine cannot run templates.
    pub fn runtime(&self) -> Result<&Runtime, CommandError> {
        if let Some(runtime) = self.runtime.get() {
            return Ok(runtime);
        }
        let program = std::env::current_exe()
            .map_err(|error| CommandError::new(format!("cannot find this program's own file: {error}")))?;
        let settings =
            Settings { limits: Limits::default(), cache: cache_dir(), foreign: Isolation::Child(Launch::new(program)) };
        let runtime = Runtime::new(settings)?;
        Ok(self.runtime.get_or_init(|| runtime))
    }

    /// The cluster; resolved at the first use, nothing is sent yet.
    ///
    /// # Errors
    /// When there is no usable kubeconfig.
    pub fn cluster(&self) -> Result<&Cluster, CommandError> {
        if let Some(cluster) = self.cluster.get() {
            return Ok(cluster);
        }
        let cluster = Cluster::connect(connect_target(&self.connect_options())?)?;
        Ok(self.cluster.get_or_init(|| cluster))
    }

    /// The namespace commands work in.
    ///
    /// # Errors
    /// When there is no usable kubeconfig.
    pub fn namespace(&self) -> Result<String, CommandError> {
        Ok(self.cluster()?.reader().target().namespace.clone())
    }

    /// The namespace for rendering without a cluster.
    pub fn offline_namespace(&self) -> String {
        self.globals.namespace.clone().unwrap_or_else(|| "default".to_owned())
    }

    /// Now, in RFC 3339 with whole seconds.
    pub fn now(&self) -> String {
        now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    /// Seconds since a time in RFC 3339; `None` when it is not one.
    pub fn seconds_since(&self, time: &str) -> Option<i64> {
        let then: jiff::Timestamp = time.parse().ok()?;
        Some(now().as_second() - then.as_second())
    }

    /// Who is asking, for people to read: `user@host`.
    pub fn who(&self) -> String {
        let user = std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).or_else(|_| std::env::var("USERNAME"));
        let user =
            user.ok().filter(|user| !user.is_empty()).unwrap_or_else(|| match rustix::process::getuid().as_raw() {
                0 => "root".to_owned(),
                number => format!("uid-{number}"),
            });
        let named = std::env::var("HOSTNAME").or_else(|_| std::env::var("COMPUTERNAME")).ok();
        let host = named.or_else(|| crate::files::read_text(std::path::Path::new("/etc/hostname")).ok());
        let host = host.as_deref().map(str::trim).filter(|host| !host.is_empty()).unwrap_or("unknown").to_owned();
        format!("{user}@{host}")
    }

    /// Who holds an operation: `user@host/pid/boot`.
    pub fn holder(&self) -> String {
        format!("{}/{}/{}", self.who(), std::process::id(), boot())
    }

    /// How this process takes a lock. `KU8_LEASE_SECONDS` shortens the lease for tests.
    pub fn claim(&self) -> Claim {
        let seconds =
            std::env::var("KU8_LEASE_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(LEASE_SECONDS);
        Claim { holder: self.holder(), lasts: Duration::from_secs(seconds), clock: now, is_gone }
    }

    /// `$VISUAL`, `$EDITOR`, or `vi`.
    pub fn editor(&self) -> String {
        let named = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
        named("KUBE_EDITOR").or_else(|| named("VISUAL")).or_else(|| named("EDITOR")).unwrap_or_else(|| "vi".into())
    }

    fn connect_options(&self) -> ConnectOptions {
        let list = std::env::var_os("KUBECONFIG").filter(|list| !list.is_empty());
        ConnectOptions {
            kubeconfig: self.globals.kubeconfig.clone(),
            kubeconfig_list: list.map(|list| std::env::split_paths(&list).collect()).unwrap_or_default(),
            default_kubeconfig: home().map(|home| home.join(".kube/config")),
            context: self.globals.context.clone(),
            cluster: self.globals.cluster.clone(),
            user: self.globals.user.clone(),
            namespace: self.globals.namespace.clone(),
            request_timeout: self.globals.request_timeout,
            in_cluster: std::env::var_os("KUBERNETES_SERVICE_HOST").is_some(),
        }
    }
}

/// `$XDG_CACHE_HOME/ku8`, or `~/.cache/ku8`; compiled templates live below it.
fn cache_dir() -> Option<PathBuf> {
    let base = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    base.or_else(|| home().map(|home| home.join(".cache"))).map(|base| base.join("ku8"))
}

fn home() -> Option<PathBuf> {
    std::env::var_os("HOME").map(PathBuf::from).filter(|path| path.is_absolute())
}

/// Tells one boot of one machine from all others, as far as the system says.
fn boot() -> String {
    let id = crate::files::read_text(std::path::Path::new("/proc/sys/kernel/random/boot_id")).unwrap_or_default();
    id.trim().chars().take(8).collect()
}

/// A holder of this boot whose process has ended can no longer write (decisions.md, 25).
fn is_gone(holder: &str) -> bool {
    let mut parts = holder.rsplit('/');
    let (Some(theirs), Some(process)) = (parts.next(), parts.next()) else { return false };
    let here = boot();
    let process = process.parse().ok().and_then(rustix::process::Pid::from_raw);
    !here.is_empty()
        && theirs == here
        && process.is_some_and(|process| rustix::process::test_kill_process(process).is_err())
}

fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
