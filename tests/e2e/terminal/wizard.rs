//! The wizard at a keyboard: from nothing to a definition, with wrong answers on the way and steps back.
//! What it stores is what the command it shows stores, byte for byte.

use serde_json::Value;

use super::screen::Screen;
use crate::stage::{Space, text};

/// The stored document of a definition.
fn stored(space: &Space, name: &str) -> String {
    text(&space.get(&format!("configmap/ku8.{name}"))["data"]["definition"]).to_owned()
}

#[test]
fn a_service_is_defined_question_by_question_and_the_shown_command_stores_the_same() {
    let Some(space) = Space::new("wizard") else { return };
    let Some(screen) = Screen::open(&space, &[]) else { return };
    screen.line("kubectl-ku8 new");
    screen.shows("What do you want to run?");
    // A choice is taken with arrows, by its number, or by its first letter.
    screen.shows("> 1 kafka");
    // What is beta is not what Enter takes.
    screen.shows("  8 fastdfs");
    screen.keys(&["Down"]);
    screen.shows("> 2 memcached");
    screen.letters("r");
    screen.shows("> 5 redis");
    screen.keys(&["Up"]);
    screen.shows("> 4 mysql");
    screen.keys(&["Enter"]);

    // A wrong name is told as it is typed, refused on Enter, and stays to be mended.
    screen.shows("[my-mysql]");
    screen.letters("Orders");
    screen.shows("lower-case");
    screen.keys(&["Enter"]);
    screen.shows("> Orders");
    screen.keys(&["C-u"]);
    screen.letters("orders-db");
    screen.loses("lower-case");
    screen.keys(&["Enter"]);

    // The size comes first, with what each choice costs.
    let sizes = screen.shows("Size (1/");
    assert!(sizes.contains("> 2 small"), "{sizes}");
    assert!(sizes.matches(" memory, ").count() >= 4, "each preset has its cost:\n{sizes}");
    screen.letters("5");
    screen.shows("> 5 custom");
    screen.keys(&["Enter"]);

    // Back, by Escape, to the size; what was chosen is still chosen.
    screen.shows("Topology (2/");
    screen.keys(&["Escape"]);
    screen.shows("> 5 custom");
    screen.keys(&["Enter"]);
    screen.shows("Topology (2/");
    screen.keys(&["Enter"]);
    screen.shows("Version (3/");
    screen.letters("9");
    screen.shows("> 9.7");
    screen.keys(&["Enter"]);

    // The schema's words for a wrong text; `<` on an empty line goes back.
    screen.shows("Database (4/");
    screen.keys(&["Enter"]);
    screen.shows("needs an answer");
    screen.letters("<");
    screen.shows("> 9.7");
    screen.keys(&["Enter"]);
    screen.shows("Database (4/");
    screen.letters("orders!");
    screen.keys(&["Enter"]);
    screen.shows("> orders!");
    screen.keys(&["BSpace", "Enter"]);
    screen.shows("User name (5/");
    screen.keys(&["Enter"]);

    screen.shows("Replicas (6/");
    screen.keys(&["Enter"]);

    // Only custom asks for amounts; a wrong one is mended where it stands.
    screen.shows("(7/");
    screen.keys(&["Enter"]);
    screen.shows("Memory limit (8/");
    screen.letters("2gb");
    screen.shows("2Gi");
    screen.keys(&["Enter"]);
    screen.shows("> 2gb");
    screen.keys(&["BSpace", "BSpace"]);
    screen.letters("Gi");
    screen.keys(&["Enter"]);
    screen.shows("(9/");
    screen.keys(&["Enter"]);
    screen.shows("(10/");
    screen.keys(&["Enter"]);
    screen.shows("Storage class (11/");
    screen.keys(&["Enter"]);
    screen.shows("Volume size (12/");
    screen.letters("30Gi");
    screen.keys(&["Enter"]);
    // Whatever else is asked has a default.
    let end = answer_the_rest(&screen, 13, "Answer advanced questions too?");
    assert!(end.contains("Volume size: 30Gi"), "{end}");
    screen.keys(&["Enter"]);
    let end = screen.shows("What next?");
    assert!(end.contains("It takes: 1 × "), "{end}");
    assert!(end.contains("2Gi memory, 30Gi disk"), "{end}");
    assert!(end.contains("Plan for wizard/orders-db"), "{end}");
    let command =
        end.lines().find(|line| line.trim_start().starts_with("kubectl ku8 define ")).unwrap().trim().to_owned();
    assert!(command.contains("--set-string version=9.7"), "{command}");
    assert!(space.find("configmap/ku8.orders-db").is_none(), "nothing is stored before it is chosen");
    screen.keys(&["Enter"]);
    screen.shows("definition wizard/orders-db created");
    assert_eq!(screen.code(), "0");

    let first = stored(&space, "orders-db");
    space.kubectl(&["delete", "configmap", "ku8.orders-db"]);
    space.shell(&command).ok();
    assert_eq!(stored(&space, "orders-db"), first, "{command}");
    space.run("plan orders-db").ok();
}

/// Takes the defaults from the numbered question on, until another one.
fn answer_the_rest(screen: &Screen, from: usize, last: &str) -> String {
    for number in from..from + 20 {
        if screen.shows_one_of(&[last, &format!("({number}/")]) == 0 {
            break;
        }
        screen.keys(&["Enter"]);
    }
    screen.shows(last)
}

#[test]
fn answers_outlive_steps_back_and_nothing_is_stored_when_nothing_is_wanted() {
    let Some(space) = Space::new("wizard-back") else { return };
    let Some(screen) = Screen::open(&space, &[]) else { return };
    screen.line("kubectl-ku8 new -t zookeeper");
    screen.shows("[my-zookeeper]");
    screen.letters("keeper");
    screen.keys(&["Enter"]);
    screen.shows("Size (1/");
    // Back to the name: it still stands there, and Enter keeps it.
    screen.keys(&["Escape"]);
    screen.shows("> keeper");
    screen.keys(&["Enter"]);
    screen.shows("Size (1/");
    screen.keys(&["Enter"]);
    // Choices that are numbers are chosen by themselves.
    screen.shows("Members (2/");
    screen.letters("5");
    let members = screen.shows("> 5 ");
    assert!(members.contains("5 × "), "{members}");
    screen.keys(&["Enter"]);
    let end = answer_the_rest(&screen, 3, "Answer advanced questions too?");
    assert!(end.contains("Members: 5"), "{end}");
    screen.keys(&["Enter"]);
    screen.shows("What next?");
    // From the end back into the questions, and to the end again with all answers kept.
    screen.keys(&["Escape"]);
    screen.shows("> 1 no");
    screen.keys(&["Enter"]);
    screen.until_count("It takes:", 2);
    screen.shows("What next?");
    screen.letters("n");
    screen.shows("> 5 nothing");
    screen.keys(&["Enter"]);
    screen.shows("nothing was saved");
    assert_eq!(screen.code(), "0");
    assert!(space.find("configmap/ku8.keeper").is_none());
}

#[test]
fn the_template_itself_answers_at_the_question_and_flags_that_do_not_fit_are_asked_again() {
    let Some(space) = Space::new("wizard-rules") else { return };
    let Some(screen) = Screen::open(&space, &[]) else { return };
    // Too little memory is a rule of the template, and no word of its schema.
    screen.line(
        "kubectl-ku8 new shop-db -t mysql --set database=shop --set size=custom --set resources.limits.memory=400Mi",
    );
    for number in 1..20 {
        if screen.shows_one_of(&["Answer advanced questions too?", &format!("({number}/")]) == 0 {
            break;
        }
        screen.keys(&["Enter"]);
    }
    screen.keys(&["Enter"]);
    screen.shows("Please look at this answer again.");
    screen.shows("> 400Mi");
    screen.keys(&["Enter"]);
    screen.shows("use 1Gi or more");
    screen.keys(&["C-u"]);
    screen.letters("2Gi");
    screen.keys(&["Enter"]);
    let end = screen.shows("What next?");
    assert!(end.contains("resources.limits.memory=2Gi"), "{end}");
    screen.keys(&["C-c"]);
    screen.shows("nothing was changed");
    assert_eq!(screen.code(), "130");
}

#[test]
fn a_taken_name_and_a_taken_file_are_refused_and_a_file_is_written() {
    let Some(space) = Space::new("wizard-file") else { return };
    let Some(screen) = Screen::open(&space, &[]) else { return };
    space.run("define orders-db -t redis").ok();
    space.file("cache.yaml", "mine\n");
    screen.line("kubectl-ku8 new -t redis");
    screen.shows("[my-redis]");
    screen.letters("orders-db");
    screen.keys(&["Enter"]);
    screen.shows("there is a definition of that name already");
    screen.keys(&["C-u"]);
    screen.letters("cache");
    screen.keys(&["Enter"]);
    screen.shows("Size (1/");
    answer_the_rest(&screen, 1, "Answer advanced questions too?");
    screen.keys(&["Enter"]);
    screen.shows("What next?");
    screen.letters("f");
    screen.shows("> 3 file");
    screen.keys(&["Enter"]);
    screen.shows("[cache.yaml]");
    screen.keys(&["Enter"]);
    screen.shows("a file of that name is there already");
    screen.letters("mine.yaml");
    screen.keys(&["Enter"]);
    screen.shows("written to mine.yaml");
    assert_eq!(screen.code(), "0");
    assert!(space.find("configmap/ku8.cache").is_none(), "a file is written and nothing else");
    assert_eq!(std::fs::read_to_string(space.folder.join("cache.yaml")).unwrap(), "mine\n");
    space.run("define -f mine.yaml").ok();
    space.run("show cache").ok().says(&["redis"]);
}

#[test]
fn without_a_terminal_every_question_is_a_flag() {
    let Some(space) = Space::new("wizard-flags") else { return };
    space.run("new").fails(1, &["the template is missing", "-t TEMPLATE"]).hints();
    space.run("new -t mysql").fails(1, &["the name is missing", "NAME"]).hints();
    space.run("new orders-db -t mysql").fails(1, &["database is missing", "--set database=…"]).hints();
    let line = "new orders-db -t mysql --set database=orders";
    space.run(line).fails(1, &["what to do with it is missing", "--save, --publish or -o FILE"]).hints();
    space.run(&format!("{line} --set size=tiny --save")).fails(1, &["tiny"]);
    assert!(space.find("configmap/ku8.orders-db").is_none());
    // A file needs no cluster.
    let written = space.run(&format!("{line} --kubeconfig /nowhere -o -")).ok().stdout;
    assert!(written.contains("kind: Definition") && written.contains("database: orders"), "{written}");
    space.run(&format!("{line} -o orders.yaml")).ok();
    space.run(&format!("{line} --set size=dev -o orders.yaml")).fails(1, &["orders.yaml", "there already"]);
    let file = std::fs::read_to_string(space.folder.join("orders.yaml")).unwrap();
    let modeline = file.lines().next().unwrap_or_default();
    let schema = modeline.strip_prefix("# yaml-language-server: $schema=").unwrap_or_default();
    assert!(space.folder.join(schema).is_file(), "{modeline}");
    space.run("plan -f orders.yaml").ok();
    space.run(&format!("{line} --save")).ok();
    space.run(&format!("{line} --save")).fails(1, &["exists already"]).hints();
    let head: Value = space.get("configmap/ku8.orders-db");
    assert_eq!(head["metadata"]["labels"]["ku8.dev/status"], "Draft");
}

#[test]
fn a_terminal_that_only_writes_is_asked_line_by_line_without_an_escape() {
    let Some(space) = Space::new("wizard-dumb") else { return };
    let Some(screen) = Screen::open(&space, &[("TERM", "dumb")]) else { return };
    screen.line("kubectl-ku8 new");
    screen.shows("Number or word [1]:");
    screen.line("postgres");
    screen.shows("answer with one of the numbers or words above");
    screen.line("redis");
    screen.shows("Name [my-redis] (<):");
    screen.line("Bad");
    screen.shows("lower-case");
    screen.line("<");
    screen.until_count("Number or word", 3);
    screen.line("2");
    screen.until_count("Name [", 3);
    screen.line("cache");
    let sizes = screen.shows("Size (1/");
    assert!(sizes.contains("  2) small"), "{sizes}");
    screen.shows("Number or word [2] (<):");
    screen.line("large");
    for number in 2..20 {
        if screen.shows_one_of(&["Answer advanced questions too?", &format!("({number}/")]) == 0 {
            break;
        }
        screen.line("");
    }
    screen.shows("Answer advanced questions too?");
    screen.line("");
    screen.shows("What next?");
    screen.line("save");
    screen.shows("definition wizard-dumb/cache created");
    assert_eq!(screen.code(), "0");
    let raw = screen.raw();
    let ours = raw.split("ended with").next().unwrap_or_default();
    assert!(!ours.contains('\u{1b}'), "an escape in {:?}", ours.split('\u{1b}').nth(1).map(|text| text.get(..20)));
    assert!(stored(&space, "cache").contains("size: large"));
}

#[test]
fn questions_are_asked_in_chinese_and_chinese_text_is_edited_letter_by_letter() {
    let Some(space) = Space::new("wizard-zh") else { return };
    let Some(screen) = Screen::open(&space, &[("LC_ALL", "zh_CN.UTF-8")]) else { return };
    screen.line("kubectl-ku8 new -t mysql");
    screen.shows("名称");
    screen.letters("订单数据库");
    screen.keys(&["Enter"]);
    screen.shows("> 订单数据库");
    screen.keys(&["BSpace", "BSpace"]);
    screen.shows("> 订单数");
    screen.loses("> 订单数据");
    screen.keys(&["C-u"]);
    screen.letters("orders-db");
    screen.keys(&["Enter"]);
    let sizes = screen.shows("规格 (1/");
    assert!(sizes.contains("每个 Pod") && sizes.contains("> 2 small"), "{sizes}");
    // No row is wider than the terminal, so none was wrapped.
    let rows = screen.rows();
    let joined = screen.text();
    for row in rows.iter().filter(|row| !row.trim().is_empty()) {
        assert!(joined.lines().any(|line| line.trim_end() == row.trim_end()), "`{row}` was wrapped in\n{joined}");
    }
    screen.keys(&["C-c"]);
    screen.shows("nothing was changed");
    assert_eq!(screen.code(), "130");
    // A flag and the variable of our own win over the locale.
    screen.line("kubectl-ku8 new --lang en");
    screen.shows("What do you want to run?");
    screen.keys(&["C-c"]);
    screen.shows("nothing was changed");
    assert_eq!(screen.code(), "130");
    space.run("new --lang fr").fails(1, &["en, zh"]);
}
