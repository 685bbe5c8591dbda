//! What a command may ask for: the cluster, the template runtime, the time, who is asking.
//! The only file that reads the clock and the environment.

use std::cell::OnceCell;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::images::{self, Images};
use super::interrupt::Interrupt;
use super::place::{is_gone, place};
use crate::cli::{GlobalArgs, Lang};
use crate::cluster::{
    Claim, Cluster, ConnectOptions, Entries, Impersonation, LockEvent, Pod, ProxyVariables, connect_target, entries,
    person, service_account,
};
use crate::error::{CommandError, id};
use crate::render::child::Launch;
use crate::render::{Isolation, Limits, Runtime, Settings};
use crate::terminal::{Surroundings, Ui};
use crate::wait::WaitLimits;

/// How long a lease lasts without renewal (decisions.md, 25).
const LEASE_SECONDS: u64 = 30;

/// Everything a command needs beside its own arguments.
pub struct Context {
    /// Global flags.
    pub globals: GlobalArgs,
    /// Where output goes.
    pub ui: Ui,
    around: Surroundings,
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
            lang: globals.lang.unwrap_or_else(locale),
        };
        Self {
            globals,
            ui: Ui::new(around),
            around,
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
        let program = own_file()?;
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
        let cluster = Cluster::connect(connect_target(&self.connect_options())?);
        Ok(self.cluster.get_or_init(|| cluster))
    }

    /// The namespace commands work in.
    ///
    /// # Errors
    /// When there is no usable kubeconfig.
    pub fn namespace(&self) -> Result<String, CommandError> {
        Ok(self.cluster()?.reader().target().namespace.clone())
    }

    /// Where images come from: `KU8_IMAGE_REGISTRY` and `KU8_IMAGE_PULL_SECRETS`.
    ///
    /// # Errors
    /// When one of them cannot be what it should be.
    pub fn images(&self) -> Result<Images, CommandError> {
        let read = |name: &str| std::env::var(name).unwrap_or_default();
        Images::parse(&read(images::REGISTRY), &read(images::PULL_SECRETS))
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

    /// Who holds an operation: `user@host/pid/place`, never given twice.
    pub fn holder(&self) -> String {
        format!("{}/{}/{}", self.who(), std::process::id(), place(std::process::id()))
    }

    /// How this process takes a lock, and tells what happens on the way. `KU8_LEASE_SECONDS` shortens the lease for
    /// tests.
    pub fn claim(&self) -> Claim {
        let seconds =
            std::env::var("KU8_LEASE_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(LEASE_SECONDS);
        let around = self.around;
        let tell = Arc::new(move |event: &LockEvent| Ui::new(around).say(&lock_words(event)));
        Claim { holder: self.holder(), lasts: Duration::from_secs(seconds), wait: None, clock: now, is_gone, tell }
    }

    /// How long to wait. `KU8_UNSCHEDULABLE_SECONDS` shortens the patience with pods no node has room for, for tests.
    pub fn wait_limits(&self, total: Duration, per_object: Option<Duration>) -> WaitLimits {
        let mut limits = WaitLimits::new(total, per_object);
        let seconds = std::env::var("KU8_UNSCHEDULABLE_SECONDS").ok().and_then(|text| text.parse().ok());
        limits.unschedulable = seconds.map_or(limits.unschedulable, Duration::from_secs);
        limits
    }

    /// `$KUBE_EDITOR`, `$EDITOR`, or `vi`, as kubectl has it.
    pub fn editor(&self) -> String {
        let named = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
        named("KUBE_EDITOR").or_else(|| named("EDITOR")).unwrap_or_else(|| "vi".into())
    }

    /// The names in the kubeconfig.
    pub(super) fn kubeconfig_names(&self) -> Entries {
        let options = self.connect_options();
        entries(options.kubeconfig.as_deref(), &options.kubeconfig_list, options.default_kubeconfig.as_deref())
    }

    /// kubectl's own settings: `$KUBERC`, else `~/.kube/kuberc`; none with `KUBERC=off`.
    pub fn kuberc(&self) -> Option<PathBuf> {
        let named = std::env::var_os("KUBERC").filter(|name| !name.is_empty()).map(PathBuf::from);
        named.or_else(|| home().map(|home| home.join(".kube/kuberc"))).filter(|path| path.as_os_str() != "off")
    }

    fn connect_options(&self) -> ConnectOptions {
        let flags = &self.globals.connection;
        let list = std::env::var_os("KUBECONFIG").filter(|list| !list.is_empty());
        let list = list.map(|list| std::env::split_paths(&list).filter(|path| !path.as_os_str().is_empty()).collect());
        let around = self.around;
        ConnectOptions {
            kubeconfig: flags.kubeconfig.clone().filter(|path| !path.as_os_str().is_empty()),
            kubeconfig_list: list.unwrap_or_default(),
            default_kubeconfig: home().map(|home| home.join(".kube/config")),
            context: flags.context.clone(),
            cluster: flags.cluster.clone(),
            user: flags.user.clone(),
            namespace: self.globals.namespace.clone(),
            server: flags.server.clone(),
            token: flags.token.clone(),
            impersonate: Impersonation {
                user: flags.as_user.clone(),
                uid: flags.as_uid.clone(),
                groups: flags.as_groups.clone(),
                extra: flags.as_user_extra.clone(),
            },
            certificate_authority: flags.certificate_authority.clone(),
            client_certificate: flags.client_certificate.clone(),
            client_key: flags.client_key.clone(),
            insecure_skip_tls_verify: flags.insecure_skip_tls_verify,
            tls_server_name: flags.tls_server_name.clone(),
            disable_compression: flags.disable_compression,
            request_timeout: flags.request_timeout,
            pod: pod(),
            proxies: proxies(),
            terminal: crate::terminal::stdin_is_terminal() && !self.globals.no_input && !stdin_is_read(),
            clock: now,
            notice: Some(Arc::new(move |text: &str| Ui::new(around).say(&crate::object::printable(text)))),
            plugin_stderr: Some(Arc::new(crate::terminal::pass_on)),
        }
    }
}

/// This program's own file, where the system can say it.
pub(super) fn own_file() -> Result<PathBuf, CommandError> {
    std::env::current_exe()
        .map_err(|error| CommandError::new(format!("cannot find this program's own file: {error}")).id(id::NOT_STARTED))
}

/// Where programs are found.
pub(super) fn path_folders() -> Vec<PathBuf> {
    std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default()
}

/// What every pod is told about its own cluster.
fn pod() -> Option<Pod> {
    let text = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    Some(Pod {
        host: text("KUBERNETES_SERVICE_HOST")?,
        port: text("KUBERNETES_SERVICE_PORT")?,
        namespace: text("POD_NAMESPACE"),
        folder: service_account(),
    })
}

/// Upper case before lower case, as Go reads them. In a CGI program `HTTP_PROXY` is a client's header.
fn proxies() -> ProxyVariables {
    let first = |names: [&str; 2]| {
        names.iter().find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty())).unwrap_or_default()
    };
    let http =
        if std::env::var_os("REQUEST_METHOD").is_some() { String::new() } else { first(["HTTP_PROXY", "http_proxy"]) };
    ProxyVariables { https: first(["HTTPS_PROXY", "https_proxy"]), http, none: first(["NO_PROXY", "no_proxy"]) }
}

/// Whether the command line reads standard input itself, as `-f -` does: nobody else may then.
fn stdin_is_read() -> bool {
    std::env::args().skip(1).any(|word| word == "-" || word == "-f-" || word.ends_with("=-"))
}

/// `$XDG_CACHE_HOME/ku8`, or `~/.cache/ku8`; compiled templates live below it.
fn cache_dir() -> Option<PathBuf> {
    let base = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    base.or_else(|| home().map(|home| home.join(".cache"))).map(|base| base.join("ku8"))
}

/// The first of `LC_ALL`, `LC_MESSAGES` and `LANG` that is set says the language, as for every program.
fn locale() -> Lang {
    let set = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(|name| std::env::var(name).ok());
    set.into_iter().find(|value| !value.is_empty()).map(|value| Lang::of_locale(&value)).unwrap_or_default()
}

/// `$XDG_CONFIG_HOME/ku8/config.yaml`, or `~/.config/ku8/config.yaml`.
pub(super) fn config_file() -> Option<PathBuf> {
    let base = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    base.or_else(|| home().map(|home| home.join(".config"))).map(|base| base.join("ku8/config.yaml"))
}

fn home() -> Option<PathBuf> {
    std::env::var_os("HOME").map(PathBuf::from).filter(|path| path.is_absolute())
}

fn lock_words(event: &LockEvent) -> String {
    match event {
        LockEvent::Waiting { name, holder, limit } => {
            format!("Waiting up to {} s for {} to end its operation on {name}", limit.as_secs(), person(holder))
        }
        LockEvent::TakenOver { holder, gone: true } => {
            format!("Taking over from {}, which has ended", person(holder))
        }
        LockEvent::TakenOver { holder, gone: false } => format!("Taking over from {} (expired)", person(holder)),
    }
}

/// The time; a test may have this machine's clock go wrong.
fn now() -> jiff::Timestamp {
    let offset = std::env::var("KU8_CLOCK_OFFSET_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    jiff::Timestamp::now() + jiff::SignedDuration::from_secs(offset)
}

/// No core dump and no other process may read passwords out of this one's memory.
pub(super) fn keep_memory_private() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    // A system that does not let us is no worse than before.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}
