//! The guides in docs/ do what they say: their shell blocks run, line for line, as a reader would run them.
//! A line that ends in `# exit N` must end so; every other one must succeed.

use crate::stage::Space;

/// The commands of a guide: a here-document belongs to the line that opens it.
fn commands(guide: &str) -> Vec<(String, i32)> {
    let mut found = Vec::new();
    let mut lines = guide.lines();
    while let Some(fence) = lines.next() {
        if fence != "```sh" {
            continue;
        }
        while let Some(line) = lines.next().filter(|line| *line != "```") {
            let mut command = line.to_owned();
            if line.ends_with("<<'YAML'") {
                for text in lines.by_ref() {
                    command.push('\n');
                    command.push_str(text);
                    if text == "YAML" {
                        break;
                    }
                }
            }
            let code = line.rsplit_once("# exit ").and_then(|(_, code)| code.trim().parse().ok()).unwrap_or(0);
            found.push((command, code));
        }
    }
    found
}

#[test]
fn the_guide_about_plans_runs_as_it_is_written() {
    let Some(space) = Space::new("guide-plans") else { return };
    let commands = commands(include_str!("../../docs/plans.md"));
    assert!(commands.len() > 12, "the guide lost its commands");
    for (command, code) in commands {
        let ran = space.shell(&command);
        assert_eq!(ran.code, code, "{command}\n{}{}", ran.stdout, ran.stderr);
    }
}
