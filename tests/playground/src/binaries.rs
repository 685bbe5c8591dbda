//! Finds the programs a cluster is made of: installed ones, ones built before, or ones built now.
//! It never downloads a binary; whatever is not installed is compiled from pinned sources.

use std::env;
use std::path::{Path, PathBuf};

use crate::Progress;
use crate::error::Error;
use crate::go_build::{self, Module};

/// The Kubernetes version built when none is installed.
pub const KUBERNETES_VERSION: &str = "v1.36.3";

const CONTROL_PLANE: Module = Module {
    what: "the control plane (etcd, Kubernetes, kwok)",
    key: "kubernetes-1.36.3_etcd-3.6.8_kwok-0.8.0",
    go_mod: include_str!("../go/control-plane/go.mod"),
    go_sum: include_str!("../go/control-plane/go.sum"),
    ldflags: "-X k8s.io/component-base/version.gitVersion=v1.36.3",
    renamed: &[("server", "etcd")],
    minutes: "five minutes on two cores",
};

const HELM: Module = Module {
    what: "helm",
    key: "helm-4.3.1",
    go_mod: include_str!("../go/helm/go.mod"),
    go_sum: include_str!("../go/helm/go.sum"),
    ldflags: "-X helm.sh/helm/v4/internal/version.version=v4.3.1",
    renamed: &[],
    minutes: "two minutes on two cores",
};

const REGISTRY: Module = Module {
    what: "the OCI registry (distribution)",
    key: "distribution-3.1.2",
    go_mod: include_str!("../go/registry/go.mod"),
    go_sum: include_str!("../go/registry/go.sum"),
    ldflags: "-X github.com/distribution/distribution/v3/version.version=v3.1.2",
    renamed: &[],
    minutes: "two minutes on two cores",
};

/// Where each program of the control plane lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaries {
    pub(crate) etcd: PathBuf,
    pub(crate) apiserver: PathBuf,
    pub(crate) controller_manager: PathBuf,
    pub(crate) scheduler: PathBuf,
    pub(crate) kwok: PathBuf,
    kubectl: PathBuf,
}

impl Binaries {
    /// Returns the programs: all of them in the folder `KUBEBUILDER_ASSETS` names, else all of them on `PATH`, else
    /// those in the cache, else newly built ones.
    pub fn find_or_build(progress: Progress<'_>) -> Result<Self, Error> {
        let assets = env::var_os("KUBEBUILDER_ASSETS").map(PathBuf::from);
        let path: Vec<PathBuf> = env::var_os("PATH").iter().flat_map(env::split_paths).collect();
        if let Some(found) = assets.and_then(|folder| Self::among(&[folder])).or_else(|| Self::among(&path)) {
            return Ok(found);
        }
        let folder = go_build::find_or_build(&CONTROL_PLANE, progress)?;
        Self::among(std::slice::from_ref(&folder)).ok_or(Error::CacheDamaged(folder))
    }

    /// Returns the pinned helm of the cache, building it if it is not there.
    /// An installed helm is not considered: comparisons are only worth something with a known version.
    pub fn helm(progress: Progress<'_>) -> Result<PathBuf, Error> {
        Ok(go_build::find_or_build(&HELM, progress)?.join("helm"))
    }

    /// Returns the pinned OCI registry of the cache, building it if it is not there.
    pub fn registry(progress: Progress<'_>) -> Result<PathBuf, Error> {
        Ok(go_build::find_or_build(&REGISTRY, progress)?.join("registry"))
    }

    /// Returns the kubectl that fits the API server.
    pub fn kubectl(&self) -> &Path {
        &self.kubectl
    }

    /// Finds every program in one of `folders`.
    fn among(folders: &[PathBuf]) -> Option<Self> {
        let find = |name| {
            let mut paths = folders.iter().map(|folder| folder.join(name));
            // Servers are started in a folder of their own.
            std::path::absolute(paths.find(|path| path.is_file())?).ok()
        };
        Some(Self {
            etcd: find("etcd")?,
            apiserver: find("kube-apiserver")?,
            controller_manager: find("kube-controller-manager")?,
            scheduler: find("kube-scheduler")?,
            kwok: find("kwok")?,
            kubectl: find("kubectl")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A changed pin with an unchanged cache key would go on using the old programs.
    #[test]
    fn cache_keys_name_the_pinned_versions() {
        for (module, pins) in [
            (
                &CONTROL_PLANE,
                &["k8s.io/kubernetes v1.36.3", "go.etcd.io/etcd/server/v3 v3.6.8", "sigs.k8s.io/kwok v0.8.0"][..],
            ),
            (&HELM, &["helm.sh/helm/v4 v4.3.1"][..]),
            (&REGISTRY, &["github.com/distribution/distribution/v3 v3.1.2"][..]),
        ] {
            for pin in pins {
                assert!(module.go_mod.contains(pin), "{pin} is not what go.mod pins");
                let version = pin.rsplit_once(" v").unwrap().1;
                assert!(module.key.contains(version), "{} does not name {version}", module.key);
            }
        }
        assert!(CONTROL_PLANE.ldflags.ends_with(KUBERNETES_VERSION));
    }

    #[test]
    fn a_folder_with_half_the_programs_is_no_hit() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("etcd"), "").unwrap();
        assert_eq!(Binaries::among(&[folder.path().to_owned()]), None);
    }
}
