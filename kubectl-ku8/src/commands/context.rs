//! What a command may ask for: the cluster, the template runtime, the time, who is asking.
//! With `environment.rs` the only file that reads the clock and the environment.

use std::cell::{Cell, OnceCell, RefCell};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::environment::{cache_dir, home, now, path_folders, proxies, surroundings};
use super::images::{self, Images};
use super::interrupt::Interrupt;
use super::lock_words::lock_words;
use super::place::{is_gone, nameless, place};
use crate::cli::GlobalArgs;
use crate::cluster::{
    Claim, Cluster, ConnectOptions, Entries, Impersonation, LockEvent, Pod, connect_target, entries, service_account,
};
use crate::error::CommandError;
use crate::plan::Plan;
use crate::render::child::{Compiling, Launch};
use crate::render::{Isolation, Limits, Runtime, Settings};
use crate::terminal::{CompileView, Surroundings, Ui};
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
    /// Warnings of the server that a plan has shown.
    told: RefCell<Vec<String>>,
    warned: Cell<bool>,
}

impl Context {
    /// Looks at the environment once. `document` says that the command was asked for JSON or YAML.
    pub fn new(globals: GlobalArgs, document: bool) -> Self {
        let around = Surroundings { document, ..surroundings(&globals) };
        Self {
            globals,
            ui: Ui::new(around.clone()),
            around,
            interrupt: Interrupt::default(),
            runtime: OnceCell::new(),
            cluster: OnceCell::new(),
            told: RefCell::default(),
            warned: Cell::new(false),
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
        // An empty container has no /proc; only templates of others need a second process, and say so when it fails.
        let program = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("/proc/self/exe"));
        let settings =
            Settings { limits: Limits::default(), cache: cache_dir(), foreign: Isolation::Child(Launch::new(program)) };
        let view = CompileView::new(self.around.clone());
        let runtime =
            Runtime::new(settings)?.watched_by(Arc::new(move |compiling: &Compiling<'_>| view.show(compiling)));
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

    /// What the server warned of and no plan has shown. A document carries all of it.
    pub(super) fn server_warnings(&self) -> Vec<String> {
        let mut found = self.cluster.get().map(|cluster| cluster.reader().warnings()).unwrap_or_default();
        found.retain(|warning| self.ui.wants_document() || !self.told.borrow().contains(warning));
        found
    }

    /// A plan says what it warns of itself.
    pub(super) fn note_warnings(&self, plan: &Plan) {
        self.told.borrow_mut().extend(plan.warnings.iter().cloned());
        self.warned.set(self.warned.get() || super::warnings::warns(plan));
    }

    /// Says whether a plan warned of anything.
    pub(super) fn has_warned(&self) -> bool {
        self.warned.get()
    }

    /// The namespace commands work in.
    ///
    /// # Errors
    /// When there is no usable kubeconfig.
    pub fn namespace(&self) -> Result<String, CommandError> {
        Ok(self.cluster()?.reader().target().namespace.clone())
    }

    /// The flags that led here, for a command that is told to come next: ` -n shop`; nothing where the kubeconfig says it.
    pub(super) fn again(&self) -> String {
        let places = [("--context", &self.globals.connection.context), ("-n", &self.globals.namespace)];
        let given =
            places.iter().filter_map(|(flag, value)| Some((flag, value.as_ref().filter(|name| !name.is_empty())?)));
        let words: Vec<String> =
            given.map(|(flag, name)| format!(" {flag} {}", crate::object::printable(name))).collect();
        words.concat()
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
        let user = user.ok().filter(|user| !user.is_empty()).unwrap_or_else(nameless);
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
        let around = self.around.clone();
        let tell = Arc::new(move |event: &LockEvent| Ui::new(around.clone()).say(&lock_words(event)));
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
        entries(&self.connect_options())
    }

    /// kubectl's own settings: `$KUBERC`, else `~/.kube/kuberc`; none with `KUBERC=off`.
    pub fn kuberc(&self) -> Option<PathBuf> {
        let named = std::env::var_os("KUBERC").filter(|name| !name.is_empty()).map(PathBuf::from);
        named.or_else(|| home().map(|home| home.join(".kube/kuberc"))).filter(|path| path.as_os_str() != "off")
    }

    /// The file that runs, behind all links; `None` when the system does not say.
    pub fn program(&self) -> Option<PathBuf> {
        let program = std::env::current_exe().ok()?;
        Some(program.canonicalize().unwrap_or(program))
    }

    /// Folders of `PATH`, in their order.
    pub fn program_folders(&self) -> Vec<PathBuf> {
        path_folders().into_iter().filter(|folder| folder.is_absolute()).collect()
    }

    /// Where package managers keep programs when they were told another place than their own: krew's and cargo's.
    pub fn package_roots(&self) -> (Option<PathBuf>, Option<PathBuf>) {
        let folder = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        (folder("KREW_ROOT"), folder("CARGO_HOME"))
    }

    /// Where cargo keeps what it fetched: `$CARGO_HOME`, else `~/.cargo`.
    pub fn cargo_home(&self) -> Option<PathBuf> {
        self.package_roots().1.or_else(|| home().map(|home| home.join(".cargo")))
    }

    /// Where k9s reads its settings and its plugins.
    pub fn k9s_folders(&self) -> Option<(PathBuf, PathBuf)> {
        let named = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let library = cfg!(target_os = "macos").then(|| home().map(|home| home.join("Library/Application Support")));
        let below_home = |path: &str| library.clone().flatten().or_else(|| home().map(|home| home.join(path)));
        let config = named("XDG_CONFIG_HOME").or_else(|| below_home(".config")).map(|base| base.join("k9s"));
        let data = named("XDG_DATA_HOME").or_else(|| below_home(".local/share")).map(|base| base.join("k9s"));
        Some((named("K9S_CONFIG_DIR").or(config)?, data?.join("plugins")))
    }

    fn connect_options(&self) -> ConnectOptions {
        let flags = &self.globals.connection;
        let list = std::env::var_os("KUBECONFIG").filter(|list| !list.is_empty());
        let list = list.map(|list| std::env::split_paths(&list).filter(|path| !path.as_os_str().is_empty()).collect());
        let around = self.around.clone();
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
            terminal: crate::terminal::stdin_is_terminal() && !self.around.no_input && !stdin_is_read(),
            clock: now,
            notice: Some(Arc::new(move |text: &str| Ui::new(around.clone()).say(&crate::object::printable(text)))),
            plugin_stderr: Some(Arc::new(crate::terminal::pass_on)),
        }
    }
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

/// Whether the command line reads standard input itself, as `-f -` does: nobody else may then.
fn stdin_is_read() -> bool {
    std::env::args().skip(1).any(|word| word == "-" || word == "-f-" || word.ends_with("=-"))
}
