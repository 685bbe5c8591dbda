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
