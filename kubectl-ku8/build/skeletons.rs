//! Embeds the project skeletons of `skeletons/` and what they carry of this repository: the contract, and for Rust the kit.
//! It never changes a skeleton's text; only the kit's manifest is written anew, because it leans on this workspace.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// A skeleton's files: path in the project to where the text is, or the text itself.
type Files = BTreeMap<String, Text>;

enum Text {
    At(PathBuf),
    Own(String),
}

/// The Rust source of the table; `root` is this crate's folder.
pub(crate) fn table(root: &Path) -> Result<String, Box<dyn Error>> {
    let (skeletons, sdk) = (root.join("skeletons"), root.join("../template-sdk"));
    println!("cargo::rerun-if-changed={}", skeletons.display());
    for part in ["Cargo.toml", "src", "wit"] {
        println!("cargo::rerun-if-changed={}", sdk.join(part).display());
    }
    println!("cargo::rerun-if-changed={}", root.join("../Cargo.toml").display());

    let mut table = String::from("static SKELETONS: &[(&str, &[(&str, &str)])] = &[\n");
    for language in ["rust", "go", "javascript", "python"] {
        let mut files = Files::new();
        collect(&skeletons.join(language), "", &mut files)?;
        match language {
            "rust" => {
                let manifest = standalone(&sdk.join("Cargo.toml"), &root.join("../Cargo.toml"))?;
                files.insert("vendor/template-sdk/Cargo.toml".into(), Text::Own(manifest));
                collect(&sdk.join("src"), "vendor/template-sdk/src/", &mut files)?;
                collect(&sdk.join("wit"), "vendor/template-sdk/wit/", &mut files)?;
            }
            // Their tools read the contract; Go's exports are written out in its kit.
            "javascript" | "python" => {
                files.insert("wit/template.wit".into(), Text::At(sdk.join("wit/template.wit")));
            }
            _ => {}
        }
        writeln!(table, "    ({language:?}, &[")?;
        for (path, text) in files {
            match text {
                Text::Own(text) => writeln!(table, "        ({path:?}, {text:?}),")?,
                Text::At(file) => {
                    let file = file.canonicalize()?;
                    let file = file.to_str().ok_or("the path of a skeleton is not UTF-8")?;
                    writeln!(table, "        ({path:?}, include_str!({file:?})),")?;
                }
            }
        }
        table.push_str("    ]),\n");
    }
    table.push_str("];\n");
    Ok(table)
}

/// Every file below a folder. One that a tool would take for its own here, such as `Cargo.toml`, has `.in` after its name.
fn collect(folder: &Path, prefix: &str, files: &mut Files) -> Result<(), Box<dyn Error>> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name =
            path.file_name().and_then(|name| name.to_str()).ok_or("the name of a skeleton's file is not UTF-8")?;
        if path.is_dir() {
            collect(&path, &format!("{prefix}{name}/"), files)?;
        } else {
            files.insert(format!("{prefix}{}", name.strip_suffix(".in").unwrap_or(name)), Text::At(path));
        }
    }
    Ok(())
}

/// The kit's manifest as it stands outside of this workspace.
fn standalone(manifest: &Path, workspace: &Path) -> Result<String, Box<dyn Error>> {
    let workspace = fs::read_to_string(workspace)?;
    let mut text = String::from("# The kit of kubectl ku8, as it was when this project was made.\n");
    let (mut section, mut skipped) = (String::new(), false);
    for line in fs::read_to_string(manifest)?.lines() {
        if line.starts_with('[') {
            section = line.trim_matches(['[', ']']).to_owned();
            skipped = section == "dev-dependencies" || section.starts_with("lints");
        }
        if skipped {
            continue;
        }
        if let Some(key) = line.strip_suffix(".workspace = true") {
            let from = if section == "package" { "[workspace.package]" } else { "[workspace.dependencies]" };
            let value = value(&workspace, from, key).ok_or_else(|| format!("{from} has no {key}"))?;
            writeln!(text, "{key} = {value}")?;
        } else if line.contains("workspace = true") {
            return Err(
                format!("{}: cannot be written for outside of the workspace: {line}", manifest.display()).into()
            );
        } else {
            writeln!(text, "{line}")?;
        }
    }
    Ok(text)
}

/// The value of a key in a section of a manifest; keys and sections stand on lines of their own.
fn value<'t>(manifest: &'t str, section: &str, key: &str) -> Option<&'t str> {
    let body = manifest.split_once(&format!("\n{section}\n"))?.1;
    let lines = body.lines().take_while(|line| !line.starts_with('['));
    lines.filter_map(|line| line.split_once(" = ")).find(|(name, _)| *name == key).map(|(_, value)| value)
}
