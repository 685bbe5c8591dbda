//! Makes the keys, certificates and kubeconfig files of one cluster in its folder.
//! It never writes outside that folder and keeps the authority's key in memory only as long as the cluster lives.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use serde_json::json;

use crate::error::Error;

/// A name no resolver knows, which certificates are for all the same: only a proxy leads there.
pub const BEHIND_PROXY: &str = "registry.corp.invalid";

/// Each certificate or key file, in the cluster's folder.
pub(crate) const CA: &str = "ca.crt";
pub(crate) const SERVING_CERT: &str = "serving.crt";
pub(crate) const SERVING_KEY: &str = "serving.key";
pub(crate) const ACCOUNTS_KEY: &str = "service-accounts.key";
pub(crate) const ACCOUNTS_PUBLIC: &str = "service-accounts.pub";

/// The name of the cluster's administrator and of the files that belong to it.
pub(crate) const ADMIN: &str = "admin";
/// The files of the servers that are clients too, and the name they go by in the audit log.
pub(crate) const SERVERS: &str = "servers";
pub(crate) const SERVERS_USER: &str = "system:playground";

/// The cluster's certificate authority.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: PathBuf,
}

impl Authority {
    /// Makes the authority, the serving certificate and the service-account key pair.
    pub(crate) fn create(folder: &Path) -> Result<Self, Error> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        params.distinguished_name.push(DnType::CommonName, "ku8 playground");
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
        let authority = Self { issuer, folder: folder.to_owned() };
        authority.write(CA, &authority.issuer.pem())?;
        authority.create_serving()?;
        let accounts = KeyPair::generate()?;
        authority.write(ACCOUNTS_KEY, &accounts.serialize_pem())?;
        authority.write(ACCOUNTS_PUBLIC, &accounts.public_key_pem())?;
        Ok(authority)
    }

    fn create_serving(&self) -> Result<(), Error> {
        // Only a proxy finds the last one. 10.0.0.1 is the first address of the service range: `kubernetes.default`.
        let names = ["localhost", "127.0.0.1", "10.0.0.1", "kubernetes.default.svc", BEHIND_PROXY];
        let mut params = CertificateParams::new(names.map(str::to_owned))?;
        params.distinguished_name.push(DnType::CommonName, "kube-apiserver");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self.sign(&params, SERVING_CERT, SERVING_KEY)
    }

    /// Writes a client certificate and a kubeconfig that uses it, and returns the kubeconfig.
    pub(crate) fn create_kubeconfig(
        &self,
        file: &str,
        user: &str,
        groups: &[&str],
        server: &str,
    ) -> Result<PathBuf, Error> {
        // rcgen keeps one value per kind of name, and a group is an organisation: the second one goes by its number.
        let kinds = [DnType::OrganizationName, DnType::CustomDnType(vec![2, 5, 4, 10])];
        if groups.len() > kinds.len() {
            return Err(Error::TooManyGroups { user: user.to_owned(), count: groups.len() });
        }
        let mut params = CertificateParams::new(Vec::new())?;
        for (kind, group) in kinds.into_iter().zip(groups) {
            params.distinguished_name.push(kind, *group);
        }
        params.distinguished_name.push(DnType::CommonName, user);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let (certificate, key) = (format!("{file}.crt"), format!("{file}.key"));
        self.sign(&params, &certificate, &key)?;
        let config = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "playground", "cluster": {
                "server": server,
                "certificate-authority": self.folder.join(CA),
            }}],
            "users": [{"name": user, "user": {
                "client-certificate": self.folder.join(certificate),
                "client-key": self.folder.join(key),
            }}],
            "contexts": [{"name": "playground", "context": {"cluster": "playground", "user": user}}],
            "current-context": "playground",
        });
        // JSON is YAML.
        self.write(&format!("{file}.kubeconfig"), &format!("{config:#}\n"))
    }

    fn sign(&self, params: &CertificateParams, certificate: &str, key: &str) -> Result<(), Error> {
        let pair = KeyPair::generate()?;
        let signed = params.signed_by(&pair, &self.issuer)?;
        self.write(certificate, &signed.pem())?;
        self.write(key, &pair.serialize_pem())?;
        Ok(())
    }

    fn write(&self, name: &str, text: &str) -> Result<PathBuf, Error> {
        let path = self.folder.join(name);
        fs::write(&path, text).map_err(Error::file("write", &path))?;
        Ok(path)
    }
}
