//! Contexts that a person's configuration protects: `y` and `--yes` are not enough there.
//! A configuration that cannot be read protects by stopping.

use super::screen::Screen;
use crate::stage::{Space, config_map, yaml};

fn protect(space: &Space, text: &str) {
    let folder = space.folder.join("home/.config/ku8");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("config.yaml"), text).expect("a file");
}

#[test]
fn a_script_must_name_the_namespace_it_means() {
    let Some(space) = Space::new("protect-yes") else { return };
    space.feed(&yaml(&[config_map("conf", "1")]), &["define", "web", "-f", "-"]).ok();
    protect(&space, "protected: ['play*']\n");
    space.run("publish web --yes").fails(1, &["context playground is protected", "--protected-ok protect-yes"]).hints();
    space.run("publish web --yes --protected-ok default").fails(1, &["--protected-ok names namespace `default`"]);
    space.run("publish web").fails(1, &["nobody can be asked here, and context playground is protected"]).hints();
    assert!(space.find("configmap/conf").is_none());
    space.run("plan web --out web.plan").ok();
    space.run("apply web.plan").fails(1, &["protected"]).hints();
    assert!(space.find("configmap/conf").is_none());
    space.run("apply web.plan --protected-ok protect-yes").ok();
    space.run("delete web --yes").fails(1, &["protected"]);
    space.run("delete web --yes --protected-ok protect-yes").ok();
    // Others are as ever.
    protect(&space, "protected: [prod, '*-live']\n");
    space.feed(&yaml(&[config_map("conf", "1")]), &["define", "web", "-f", "-"]).ok();
    space.run("publish web --yes").ok();
}

#[test]
fn a_configuration_that_does_not_read_stops_what_it_might_protect() {
    let Some(space) = Space::new("protect-bad") else { return };
    space.feed(&yaml(&[config_map("conf", "1")]), &["define", "web", "-f", "-"]).ok();
    for (text, words) in [
        ("protectd: [play*]\n", "protectd"),
        ("protected: play\n", "config.yaml"),
        ("protected: [\n", "config.yaml: line"),
    ] {
        protect(&space, text);
        space.run("publish web --yes").fails(1, &[words]).hints();
        assert!(space.find("configmap/conf").is_none(), "{text}");
    }
    // Reading is no danger.
    space.run("plan web").ok();
}

#[test]
fn a_person_types_the_namespace() {
    let Some(space) = Space::new("protect-type") else { return };
    let Some(screen) = Screen::open(&space, &[]) else { return };
    space.feed(&yaml(&[config_map("conf", "1")]), &["define", "web", "-f", "-"]).ok();
    protect(&space, "protected: [playground]\n");
    screen.line("kubectl-ku8 publish web");
    screen.shows("type the namespace to go on");
    screen.letters("y");
    screen.keys(&["Enter"]);
    screen.shows("type the namespace, protect-type, or press Ctrl-C");
    assert!(space.find("configmap/conf").is_none());
    screen.keys(&["C-c"]);
    screen.shows("nothing was changed");
    assert_eq!(screen.code(), "130");
    screen.line("kubectl-ku8 publish web");
    screen.shows("type the namespace to go on");
    screen.letters("protect-type");
    screen.keys(&["Enter"]);
    screen.shows("Published");
    assert_eq!(screen.code(), "0");
    assert!(space.find("configmap/conf").is_some());
    // The wizard's own way to publish is asked as well.
    screen.line("kubectl-ku8 new cache -t redis --publish");
    for number in 1..20 {
        let asked = screen.shows_one_of(&["Answer advanced questions too?", &format!("({number}/")]);
        screen.keys(&["Enter"]);
        if asked == 0 {
            break;
        }
    }
    screen.shows("--protected-ok protect-type");
    assert_eq!(screen.code(), "1");
    assert!(space.find("configmap/ku8.cache").is_none(), "nothing is stored before it is refused");
}
