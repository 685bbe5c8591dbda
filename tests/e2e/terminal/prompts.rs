//! Leaving any prompt: the terminal is as it was, the cursor is to be seen, and nothing was changed.
//! Questions say where, and how much goes or restarts.

use super::screen::Screen;
use crate::stage::{Space, config_map, stateful_set, yaml};
use serde_json::json;

/// Runs a command up to a prompt, presses Ctrl-C there, and looks at what is left.
#[track_caller]
fn leave(space: &Space, screen: &Screen, before: &str, command: &str, go: &[&str], prompt: &str) {
    screen.line(command);
    for words in go {
        screen.shows(words);
        screen.keys(&["Enter"]);
    }
    screen.shows(prompt);
    assert!(screen.has_cursor(), "{command}: the cursor is hidden at the prompt");
    screen.keys(&["C-c"]);
    screen.shows("nothing was changed");
    assert_eq!(screen.code(), "130", "{command} at `{prompt}`");
    assert!(screen.has_cursor(), "{command}: the cursor stays hidden");
    assert_eq!(screen.settings(space), before, "{command}: the terminal is set otherwise");
}

#[test]
fn ctrl_c_leaves_every_kind_of_prompt_and_the_terminal_as_it_was() {
    let Some(space) = Space::new("prompt-leave") else { return };
    let Some(screen) = Screen::open(&space, &[]) else { return };
    space.run("define shop-db -t mysql --set database=shop").ok();
    space.run("publish shop-db --yes").ok();
    let before = screen.settings(&space);
    let inventory = space.inventory();
    // One of several, a line of text, yes or no, a value nobody may see.
    leave(&space, &screen, &before, "kubectl-ku8 new", &[], "What do you want to run?");
    leave(&space, &screen, &before, "kubectl-ku8 new", &["What do you want to run?"], "[my-kafka]");
    leave(&space, &screen, &before, "kubectl-ku8 new x-db -t mysql", &[], "Size (1/");
    leave(&space, &screen, &before, "kubectl-ku8 delete shop-db", &[], "[y/N]");
    leave(&space, &screen, &before, "kubectl-ku8 secret set shop-db shop-db-auth/extra", &[], "(not shown)");
    // The same where the terminal only writes.
    leave(&space, &screen, &before, "TERM=dumb kubectl-ku8 new", &[], "Number or word");
    leave(&space, &screen, &before, "TERM=dumb kubectl-ku8 delete shop-db", &[], "[y/N]");
    leave(&space, &screen, &before, "TERM=dumb kubectl-ku8 secret set shop-db shop-db-auth/extra", &[], "(not shown)");
    assert_eq!(space.inventory(), inventory);
}

#[test]
fn a_question_says_where_and_how_much_and_only_a_word_is_a_yes() {
    let Some(space) = Space::new("prompt-ask") else { return };
    let Some(screen) = Screen::open(&space, &[]) else { return };
    let objects = [config_map("conf", "1"), config_map("more", "1"), stateful_set("web", &json!({}))];
    space.feed(&yaml(&objects), &["define", "web", "-f", "-"]).ok();
    space.run("publish web --yes").ok();
    screen.line("kubectl-ku8 delete web");
    let text = screen.shows("[y/N]");
    assert!(text.contains("Delete prompt-ask/web?"), "{text}");
    assert!(text.contains("context playground, namespace prompt-ask: 3 objects deleted"), "{text}");
    // Enter alone is no.
    screen.keys(&["Enter"]);
    screen.shows("declined; nothing was changed");
    assert_eq!(screen.code(), "1");
    screen.line("kubectl-ku8 delete web");
    screen.shows("[y/N]");
    screen.letters("maybe");
    screen.keys(&["Enter"]);
    screen.shows("answer y or n");
    screen.keys(&["C-u"]);
    screen.letters("yes");
    screen.keys(&["Enter"]);
    screen.shows("Deleted prompt-ask/web");
    assert_eq!(screen.code(), "0");
    assert!(space.find("configmap/ku8.web").is_none());
}

#[test]
fn a_no_to_the_second_does_not_hide_that_the_first_was_published() {
    let Some(space) = Space::new("prompt-second") else { return };
    let Some(screen) = Screen::open(&space, &[]) else { return };
    for name in ["one", "two"] {
        space.feed(&yaml(&[config_map(name, "1")]), &["define", name, "-f", "-"]).ok();
    }
    screen.line("kubectl-ku8 publish one two");
    screen.shows("[y/N]");
    screen.letters("y");
    screen.keys(&["Enter"]);
    screen.shows("Publish prompt-second/two?");
    screen.keys(&["C-c"]);
    screen.shows("interrupted; two was not changed");
    assert_eq!(screen.code(), "130");
    assert!(space.find("configmap/one").is_some() && space.find("configmap/two").is_none());
}

#[test]
fn a_hidden_value_is_not_shown_and_is_taken_when_both_agree() {
    let Some(space) = Space::new("prompt-hidden") else { return };
    let Some(screen) = Screen::open(&space, &[]) else { return };
    space.run("define shop-db -t mysql --set database=shop").ok();
    screen.line("kubectl-ku8 secret set shop-db password");
    screen.shows("(not shown)");
    screen.line("canary-of-the-hidden-prompt");
    screen.shows("Once more:");
    screen.line("another");
    screen.shows("the two values differ; nothing was changed");
    assert_eq!(screen.code(), "1");
    screen.line("kubectl-ku8 secret set shop-db password");
    screen.shows("(not shown)");
    screen.line("canary-of-the-hidden-prompt");
    screen.shows("Once more:");
    screen.line("canary-of-the-hidden-prompt");
    screen.shows("key password set");
    assert_eq!(screen.code(), "0");
    assert!(!screen.raw().contains("canary-of"), "it was echoed");
    let value = space.get("secret/shop-db-auth")["data"]["password"].clone();
    assert_eq!(value, "Y2FuYXJ5LW9mLXRoZS1oaWRkZW4tcHJvbXB0");
}
