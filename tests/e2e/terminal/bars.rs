//! Progress in a real terminal: nothing of what was drawn is left behind between the lines that stay.
//! Elsewhere the same commands print lines, which other tests read.

use super::screen::Screen;
use crate::registries::Hub;

#[test]
fn a_warning_in_the_middle_of_work_leaves_no_half_drawn_line() {
    let Some(hub) = Hub::new("terminal-bars") else { return };
    let references: Vec<String> = ["1.0.0", "1.1.0"].map(|version| hub.push(version, &["echo"], &[])).into();
    let Some(screen) = Screen::open(&hub.space, &[]) else { return };
    // The warning about plain HTTP comes while the line of the whole is on the screen.
    screen.line(&format!("kubectl-ku8 template save {} -o all.tar", references.join(" ")));
    let text = screen.shows("2 templates written to all.tar");
    assert!(text.contains("is spoken to over plain HTTP"), "{text}");
    let drawn = text.lines().find(|line| line.starts_with("saving ["));
    assert_eq!(drawn, None, "{text}");
    assert_eq!(screen.code(), "0");
}
