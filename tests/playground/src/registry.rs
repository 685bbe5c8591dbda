//! A real OCI registry on loopback: the CNCF's distribution, in the clear, over TLS, with and without a login.
//! It never holds anything but what a test pushes, and leaves no process behind when the one that started it ends.

use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::certificates::{Authority, CA, SERVING_CERT, SERVING_KEY};
use crate::error::Error;
use crate::server::Server;
use crate::{Binaries, Progress};

const NAME: &str = "registry";
const CONFIG: &str = "registry.yaml";
const LOGINS: &str = "htpasswd";
const STORAGE: &str = "storage";
const DEADLINE: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(20);
const TRIES: u32 = 3;

/// Who may use a registry with a login. The password is a canary: no output may hold it.
pub const REGISTRY_USER: &str = "ku8";
/// See [`REGISTRY_USER`].
pub const REGISTRY_PASSWORD: &str = "canary-Registry-4711";
/// bcrypt of [`REGISTRY_PASSWORD`], with its smallest work factor.
const HASH: &str = "$2a$05$/uK645nqMS13Rlqxa8hKYOAYtUsGwnvl8q8mmaLx1aVZK8sPBWbqy";

/// How a registry is spoken to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RegistryOptions {
    /// Over TLS, with a certificate of [`Registry::authority`].
    pub tls: bool,
    /// Only as [`REGISTRY_USER`].
    pub login: bool,
}

/// A running registry. Dropping it ends its process and removes what was pushed.
pub struct Registry {
    // The server ends before its folder goes.
    server: Server,
    port: u16,
    options: RegistryOptions,
    path: PathBuf,
    program: PathBuf,
    _folder: TempDir,
}

impl Registry {
    /// Starts a registry and returns when it answers.
    pub fn start(options: RegistryOptions, progress: Progress<'_>) -> Result<Self, Error> {
        let program = Binaries::registry(progress)?;
        let mut tried = 1;
        loop {
            match Self::try_start(&program, options) {
                Err(error) if error.is_port_taken() && tried < TRIES => tried += 1,
                result => return result,
            }
        }
    }

    /// Returns `127.0.0.1:PORT`.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Returns the PEM file of the authority that signed its certificate.
    pub fn authority(&self) -> PathBuf {
        self.path.join(CA)
    }

    /// Returns the folder its blobs lie in, so that a test may damage one.
    pub fn storage(&self) -> PathBuf {
        self.path.join(STORAGE)
    }

    /// Returns the file of a blob, by the hexadecimal digits of its digest.
    pub fn blob(&self, hex: &str) -> PathBuf {
        let first = hex.get(..2).unwrap_or_default();
        self.storage().join("docker/registry/v2/blobs/sha256").join(first).join(hex).join("data")
    }

    /// Returns a file of logins in docker's form that fits this registry.
    pub fn logins(&self, file: &Path, password: &str) -> Result<(), Error> {
        let auth = base64(&format!("{REGISTRY_USER}:{password}"));
        let text = serde_json::json!({"auths": {self.host(): {"auth": auth}}}).to_string();
        fs::write(file, text).map_err(Error::file("write", file))
    }

    /// Starts it again after [`Registry::stop`], on its port and with what was pushed.
    pub fn resume(&mut self) -> Result<(), Error> {
        self.server = Server::start(NAME, &self.program, self.args(), &self.path)?;
        self.wait()
    }

    /// Ends its process; the port stays its own as long as nobody else takes it.
    pub fn stop(&mut self) {
        self.server.end();
    }

    fn try_start(program: &Path, options: RegistryOptions) -> Result<Self, Error> {
        let folder = tempfile::Builder::new()
            .prefix("ku8-registry-")
            .tempdir()
            .map_err(Error::file("create a folder in", std::env::temp_dir()))?;
        let path = folder.path().canonicalize().map_err(Error::file("find", folder.path()))?;
        if options.tls {
            Authority::create(&path)?;
        }
        let port = free_port()?;
        let write = |name: &str, text: &str| {
            let file = path.join(name);
            fs::write(&file, text).map_err(Error::file("write", &file))
        };
        write(LOGINS, &format!("{REGISTRY_USER}:{HASH}\n"))?;
        write(CONFIG, &config(&path, port, options))?;
        let args = vec!["serve".into(), path.join(CONFIG).into()];
        let server = Server::start(NAME, program, args, &path)?;
        let program = program.to_owned();
        let mut registry = Self { server, port, options, path, program, _folder: folder };
        registry.wait()?;
        Ok(registry)
    }

    fn args(&self) -> Vec<std::ffi::OsString> {
        vec!["serve".into(), self.path.join(CONFIG).into()]
    }

    fn wait(&mut self) -> Result<(), Error> {
        let started = Instant::now();
        loop {
            let Err(last) = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)) else { return Ok(()) };
            self.server.check()?;
            if started.elapsed() > DEADLINE {
                return Err(Error::Deadline {
                    what: if self.options.tls { "the registry over TLS" } else { "the registry" },
                    seconds: DEADLINE.as_secs(),
                    last: last.to_string(),
                    server: NAME,
                    tail: self.server.tail(),
                });
            }
            thread::sleep(POLL);
        }
    }
}

/// Its settings file. JSON is YAML.
fn config(folder: &Path, port: u16, options: RegistryOptions) -> String {
    let mut config = serde_json::json!({
        "version": 0.1,
        "log": {"level": "warn", "accesslog": {"disabled": true}},
        "storage": {
            "filesystem": {"rootdirectory": folder.join(STORAGE)},
            "delete": {"enabled": true},
        },
        "http": {"addr": format!("127.0.0.1:{port}"), "secret": "one process, one secret"},
    });
    if options.tls {
        config["http"]["tls"] =
            serde_json::json!({"certificate": folder.join(SERVING_CERT), "key": folder.join(SERVING_KEY)});
    }
    if options.login {
        config["auth"] = serde_json::json!({"htpasswd": {"realm": "ku8", "path": folder.join(LOGINS)}});
    }
    config.to_string()
}

fn free_port() -> Result<u16, Error> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(Error::Port)?;
    Ok(listener.local_addr().map_err(Error::Port)?.port())
}

/// RFC 4648, section 4.
fn base64(text: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let bits = (0..3).fold(0_u32, |bits, at| bits << 8 | u32::from(chunk.get(at).copied().unwrap_or(0)));
        for at in 0..4 {
            let index = (bits >> (18 - 6 * at) & 63) as usize;
            out.push(if at > chunk.len() { '=' } else { char::from(LETTERS[index]) });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_are_written_as_docker_reads_them() {
        for (text, wanted) in [("", ""), ("a", "YQ=="), ("ab", "YWI="), ("abc", "YWJj"), ("ku8:x", "a3U4Ong=")] {
            assert_eq!(base64(text), wanted);
        }
    }
}
