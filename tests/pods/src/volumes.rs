//! Volumes as folders: files of ConfigMaps and Secrets with the modes kubelet gives them, scratch space, claims.
//! It never empties a claim.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::environment::field;
use crate::manifest::{find, text};
use crate::state::{Info, State};

/// One file of a volume.
struct Entry {
    path: String,
    content: String,
    mode: u32,
}

/// Makes all volumes of a pod; those of claims only where they are not there yet.
pub(crate) fn make(state: &State, info: &Info, claims: &Path) {
    let group = info.group();
    for volume in info.plan.spec()["volumes"].as_array().into_iter().flatten() {
        let folder = info.volume(&text(&volume["name"]));
        fs::create_dir_all(&folder).expect("a folder for a volume");
        match entries(state, info, volume) {
            Some(entries) => files(&folder, &entries, group),
            None => own(&folder, group, 0o777),
        }
    }
    for claim in &info.plan.claims {
        let folder = claims.join(format!("{claim}-{}", info.plan.name));
        if !folder.is_dir() {
            fs::create_dir_all(folder.join("lost+found")).expect("a folder for a claim");
            own(&folder, group, 0o755);
            own(&folder.join("lost+found"), group, 0o700);
        }
        symlink(&folder, info.volume(claim)).expect("a name for a claim");
    }
}

/// Where a mount comes from on this machine.
pub(crate) fn source(info: &Info, mount: &Value) -> PathBuf {
    let volume = info.volume(&text(&mount["name"]));
    let volume = fs::canonicalize(&volume).unwrap_or(volume);
    let Some(inside) = mount["subPath"].as_str() else { return volume };
    let path = volume.join(inside);
    if !path.exists() {
        fs::create_dir_all(&path).expect("a folder in a volume");
        own(&path, info.group(), 0o755);
    }
    fs::canonicalize(&path).expect("a path in a volume")
}

/// True when the pods may never write there.
pub(crate) fn is_read_only(info: &Info, mount: &Value) -> bool {
    let volumes = info.plan.spec()["volumes"].as_array().into_iter().flatten();
    let mut of_files = volumes.filter(|volume| volume["emptyDir"].is_null() && volume["name"] == mount["name"]);
    mount["readOnly"] == true || of_files.next().is_some()
}

/// The files of a volume; `None` where it is scratch space.
fn entries(state: &State, info: &Info, volume: &Value) -> Option<Vec<Entry>> {
    let whole = |name: &str| volume.get(name).map(|source| one(state, info, name, source, mode(source, 0o644)));
    if let Some(projected) = volume.get("projected") {
        let all = projected["sources"].as_array().into_iter().flatten();
        let of = |source: &Value| {
            let names = ["configMap", "secret", "downwardAPI"].into_iter();
            let known = names.filter_map(|name| Some((name, source.get(name)?.clone())));
            known.flat_map(|(name, inner)| one(state, info, name, &inner, mode(projected, 0o644))).collect::<Vec<_>>()
        };
        return Some(all.flat_map(of).collect());
    }
    whole("configMap").or_else(|| whole("secret")).or_else(|| whole("downwardAPI"))
}

fn mode(source: &Value, default: u32) -> u32 {
    source["defaultMode"].as_u64().and_then(|mode| u32::try_from(mode).ok()).unwrap_or(default)
}

fn one(state: &State, info: &Info, kind: &str, source: &Value, default: u32) -> Vec<Entry> {
    let name = text(&source["name"]);
    let name = if name.is_empty() { text(&source["secretName"]) } else { name };
    let map = find(&state.objects, "ConfigMap", &name);
    assert!(kind != "configMap" || map.is_some() || source["optional"] == true, "no ConfigMap {name}");
    let secret = state.secrets.keys(&name);
    assert!(kind != "secret" || secret.is_some() || source["optional"] == true, "no Secret {name}");
    let value = |key: &str| match kind {
        "configMap" => map.and_then(|map| map["data"][key].as_str()).map(str::to_owned),
        _ => state.secrets.get(&name, key).map(str::to_owned),
    };
    let keys: Vec<String> = match kind {
        "configMap" => {
            map.and_then(|map| map["data"].as_object()).into_iter().flatten().map(|(key, _)| key.clone()).collect()
        }
        _ => secret.into_iter().flatten().map(|(key, _)| key.clone()).collect(),
    };
    let Some(items) = source["items"].as_array() else {
        let all = keys.into_iter().filter_map(|key| Some(Entry { content: value(&key)?, path: key, mode: default }));
        return all.collect();
    };
    let chosen = items.iter().filter_map(|item| {
        let content = match item["fieldRef"]["fieldPath"].as_str() {
            Some(path) => Some(field(info, path)),
            None => value(&text(&item["key"])),
        };
        assert!(content.is_some() || source["optional"] == true, "{kind} {name} has no key {}", item["key"]);
        let mode = item["mode"].as_u64().and_then(|mode| u32::try_from(mode).ok()).unwrap_or(default);
        Some(Entry { path: text(&item["path"]), content: content?, mode })
    });
    chosen.collect()
}

/// Writes the files as kubelet does: into a folder that `..data` points to, and links to them.
fn files(folder: &Path, entries: &[Entry], group: Option<u32>) {
    let inner = folder.join("..2026_01_01");
    fs::create_dir_all(&inner).expect("a folder for files");
    symlink("..2026_01_01", folder.join("..data")).expect("the link ..data");
    for entry in entries {
        let file = inner.join(&entry.path);
        fs::create_dir_all(file.parent().unwrap_or(&inner)).expect("a folder for a file");
        fs::write(&file, &entry.content).expect("a file of a volume");
        let mode = if group.is_some() { entry.mode | 0o440 } else { entry.mode };
        set_mode(&file, mode);
        chown(&file, Some(0), group.or(Some(0))).expect("an owner");
        let first = entry.path.split('/').next().unwrap_or_default();
        // A second file of the same folder finds the link there.
        let _ = symlink(format!("..data/{first}"), folder.join(first));
    }
    own(&inner, group, 0o755);
    own(folder, group, 0o777);
}

/// What fsGroup does to the root of a volume.
fn own(path: &Path, group: Option<u32>, mode: u32) {
    chown(path, Some(0), group.or(Some(0))).expect("an owner");
    set_mode(path, if group.is_some() { mode | 0o2770 } else { mode });
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a mode");
}
