//! P9: edits of definitions are never lost, however many people make them at once.
//! Each edit that said it was made is there at the end; none that said it was not is.

use std::collections::BTreeSet;
use std::sync::Mutex;

use crate::stage::{Space, full};

const WRITERS: usize = 8;
const DEFINITIONS: usize = 10;

#[test]
fn p9_edits_made_at_once_are_never_lost() {
    let Some(space) = Space::new("p9") else { return };
    let edits = if full() { 250 } else { 25 };
    for n in 0..DEFINITIONS {
        space.ku8(&["define", &format!("d{n}"), "-t", "redis"]).ok();
    }
    let begun = std::time::Instant::now();
    let outcomes: Mutex<Vec<(usize, String, i32)>> = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (space, outcomes) = (&space, &outcomes);
            scope.spawn(move || {
                for edit in 0..edits {
                    let definition = (writer * 7 + edit * 3) % DEFINITIONS;
                    let label = format!("w{writer}-e{edit}");
                    let ran = space.ku8(&["define", &format!("d{definition}"), "--label", &format!("{label}=yes")]);
                    outcomes.lock().expect("no other thread failed").push((definition, label, ran.code));
                }
            });
        }
    });
    let took = begun.elapsed();
    let outcomes = outcomes.into_inner().expect("no thread failed");
    let (mut made, mut refused) = (0, 0);
    for n in 0..DEFINITIONS {
        let shown = space.ku8(&["show", &format!("d{n}"), "-o", "json"]).ok().json();
        let document = shown.to_string();
        let found: BTreeSet<&str> =
            document.split('"').filter(|word| word.starts_with('w') && word.contains("-e")).collect();
        for (_, label, code) in outcomes.iter().filter(|(definition, _, _)| *definition == n) {
            assert_eq!(*code == 0, found.contains(label.as_str()), "d{n}: {label} ended with {code}");
            if *code == 0 { made += 1 } else { refused += 1 }
        }
    }
    let rate = f64::from(made) / took.as_secs_f64();
    println!(
        "P9: {WRITERS} writers, {} edits: {made} made and there, {refused} refused and not there, 0 lost, {rate:.0} a second",
        made + refused
    );
    assert!(made > 0);
}
