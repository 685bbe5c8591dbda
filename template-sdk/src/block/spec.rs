//! What a template tells the shared block about its software.
//! It never holds values of a request.

/// One size preset: memory is reserved and capped, CPU only reserved.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// Reserved CPU.
    pub cpu: &'static str,
    /// Memory.
    pub memory: &'static str,
    /// Volume size.
    pub storage: &'static str,
}

impl Preset {
    /// Returns a preset.
    pub const fn new(cpu: &'static str, memory: &'static str, storage: &'static str) -> Self {
        Self { cpu, memory, storage }
    }
}

/// Whether the software asks for a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthMode {
    /// It has none.
    None,
    /// `auth.enabled` switches it, with this default.
    Optional(bool),
    /// Always.
    Required,
}

/// The metrics exporter a template can add.
#[derive(Clone, Copy, Debug)]
pub struct Exporter {
    /// Full image name with tag; empty where the software exports by itself.
    pub image: &'static str,
    /// Port of the metrics.
    pub port: u16,
}

/// What differs between templates in the shared block.
///
/// ```
/// use template_sdk::block::{AuthMode, Preset, Spec};
/// const SPEC: Spec = Spec {
///     template: "redis",
///     repository: "docker.io/library/redis",
///     tag: "8.2",
///     user: 999,
///     group: 999,
///     presets: [
///         Preset::new("100m", "256Mi", "1Gi"),
///         Preset::new("250m", "1Gi", "4Gi"),
///         Preset::new("500m", "4Gi", "16Gi"),
///         Preset::new("1", "16Gi", "64Gi"),
///     ],
///     storage_per_memory: 3,
///     stateful: true,
///     auth: AuthMode::Optional(true),
///     exporter: None,
///     extra_config: Some("lines of redis.conf"),
///     major_downgrade: false,
/// };
/// assert!(template_sdk::block::schema(&SPEC, &template_sdk::json!({}))["properties"]["size"].is_object());
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// Plain name of the template; the first part of its finding codes and the `name` label.
    pub template: &'static str,
    /// Full image name without tag; empty where any image can be run: then the block has no `image`, and the template has
    /// a parameter of its own.
    pub repository: &'static str,
    /// Default tag: a minor version, never `latest`; empty beside an empty repository.
    pub tag: &'static str,
    /// User the pods run as.
    pub user: u32,
    /// Group the pods run as.
    pub group: u32,
    /// dev, small, medium, large.
    pub presets: [Preset; 4],
    /// Volume size for `size: custom` without `storage.size`: this many times the memory limit.
    pub storage_per_memory: u64,
    /// Whether it keeps data: storage parameters exist.
    pub stateful: bool,
    /// Whether it asks for a password.
    pub auth: AuthMode,
    /// The metrics exporter, if there is one.
    pub exporter: Option<Exporter>,
    /// What `extraConfig` holds, if the template takes it: "lines of redis.conf".
    pub extra_config: Option<&'static str>,
    /// Whether data of a newer major version can be read by an older one.
    pub major_downgrade: bool,
}

impl Spec {
    /// Returns what a template of one stateless program without a password says: user and group 1000, small presets.
    ///
    /// ```
    /// use template_sdk::block::{AuthMode, Exporter, Preset, Spec};
    /// const SPEC: Spec = Spec::new("rabbitmq", "docker.io/library/rabbitmq", "4.1")
    ///     .user(999, 999)
    ///     .presets([
    ///         Preset::new("100m", "512Mi", "2Gi"),
    ///         Preset::new("250m", "1Gi", "8Gi"),
    ///         Preset::new("1", "4Gi", "32Gi"),
    ///         Preset::new("2", "16Gi", "128Gi"),
    ///     ])
    ///     .stateful(4)
    ///     .auth(AuthMode::Required)
    ///     .exporter(Exporter { image: "", port: 15692 })
    ///     .extra_config("lines of rabbitmq.conf")
    ///     .no_major_downgrade();
    /// assert!(SPEC.stateful && !SPEC.major_downgrade);
    /// ```
    #[inline]
    pub const fn new(template: &'static str, repository: &'static str, tag: &'static str) -> Self {
        Self {
            template,
            repository,
            tag,
            user: 1000,
            group: 1000,
            presets: [
                Preset::new("50m", "128Mi", "1Gi"),
                Preset::new("100m", "256Mi", "4Gi"),
                Preset::new("250m", "1Gi", "16Gi"),
                Preset::new("1", "4Gi", "64Gi"),
            ],
            storage_per_memory: 0,
            stateful: false,
            auth: AuthMode::None,
            exporter: None,
            extra_config: None,
            major_downgrade: true,
        }
    }

    /// Sets the user and group the pods run as: those of the image.
    #[inline]
    pub const fn user(mut self, user: u32, group: u32) -> Self {
        self.user = user;
        self.group = group;
        self
    }

    /// Sets what the sizes dev, small, medium and large mean.
    #[inline]
    pub const fn presets(mut self, presets: [Preset; 4]) -> Self {
        self.presets = presets;
        self
    }

    /// It keeps data: storage parameters exist; `size: custom` gets a volume of this many times the memory limit.
    #[inline]
    pub const fn stateful(mut self, storage_per_memory: u64) -> Self {
        self.stateful = true;
        self.storage_per_memory = storage_per_memory;
        self
    }

    /// Sets whether it asks for a password.
    #[inline]
    pub const fn auth(mut self, auth: AuthMode) -> Self {
        self.auth = auth;
        self
    }

    /// It can export metrics.
    #[inline]
    pub const fn exporter(mut self, exporter: Exporter) -> Self {
        self.exporter = Some(exporter);
        self
    }

    /// It takes further configuration: "lines of redis.conf".
    #[inline]
    pub const fn extra_config(mut self, syntax: &'static str) -> Self {
        self.extra_config = Some(syntax);
        self
    }

    /// Data of a newer major version cannot be read by an older one: going back is refused.
    #[inline]
    pub const fn no_major_downgrade(mut self) -> Self {
        self.major_downgrade = false;
        self
    }
}
