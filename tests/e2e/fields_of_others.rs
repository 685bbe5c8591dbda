//! P5: no field that somebody else holds is taken without being asked for by name; every conflict names its holder.
//! Random owners and wishes are compared with a small model of who holds what.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::stage::{Space, full, text, yaml};

const KEYS: [&str; 5] = ["a", "b", "c", "d", "e"];

struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// One key of a ConfigMap: its value and who holds it.
#[derive(Clone, Default)]
struct Cell {
    value: String,
    holders: BTreeSet<&'static str>,
}

type Model = BTreeMap<&'static str, Cell>;

fn wish(chance: &mut Chance) -> BTreeMap<&'static str, String> {
    let mut data = BTreeMap::new();
    for key in KEYS {
        if chance.below(3) > 0 {
            data.insert(key, format!("v{}", chance.below(3)));
        }
    }
    data
}

fn object(name: &str, data: &BTreeMap<&'static str, String>) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})
}

/// Somebody applies with force, as `kubectl apply --server-side --force-conflicts` does.
fn applied(model: &mut Model, by: &'static str, data: &BTreeMap<&'static str, String>) {
    for key in KEYS {
        let cell = model.entry(key).or_default();
        match data.get(key) {
            Some(value) if cell.value == *value && !cell.holders.is_empty() => drop(cell.holders.insert(by)),
            Some(value) => *cell = Cell { value: value.clone(), holders: BTreeSet::from([by]) },
            None => {
                cell.holders.remove(by);
                if cell.holders.is_empty() {
                    *cell = Cell::default();
                }
            }
        }
    }
}

/// Somebody writes by hand, as `kubectl patch` does: what changes is theirs alone.
fn patched(model: &mut Model, data: &BTreeMap<&'static str, String>) {
    for (key, value) in data {
        let cell = model.entry(key).or_default();
        if cell.value != *value || cell.holders.is_empty() {
            *cell = Cell { value: value.clone(), holders: BTreeSet::from(["by-hand"]) };
        }
    }
}

/// Keys we want to change that others hold. What was written by hand and is what we had published is ours again.
fn conflicts(
    model: &Model,
    published: &BTreeMap<&'static str, String>,
    wanted: &BTreeMap<&'static str, String>,
) -> BTreeSet<(String, &'static str)> {
    let mut found = BTreeSet::new();
    for (key, value) in wanted {
        let Some(cell) = model.get(key).filter(|cell| cell.value != *value) else { continue };
        for holder in cell.holders.iter().filter(|holder| **holder != "ku8") {
            if *holder == "by-hand" && published.get(key) == Some(&cell.value) {
                continue;
            }
            found.insert((format!("data.{key}"), *holder));
        }
    }
    found
}

/// Who is told to hold which field.
fn told_of(plan: &Value) -> BTreeSet<String> {
    let problems = plan["problems"].as_array().expect("a list");
    let line = |problem: &Value| {
        let message = text(&problem["message"]);
        let (field, rest) = message.split_once(" is held by ").unwrap_or((message, "?"));
        let holder = rest.split(" since").next().unwrap_or_default();
        format!("{} {field} held by {holder}", text(&problem["object"]))
    };
    problems.iter().map(line).collect()
}

fn data_of_all(space: &Space) -> BTreeMap<String, BTreeMap<String, String>> {
    let data = |one: &Value| serde_json::from_value(one["data"].clone()).unwrap_or_default();
    let found = space.list("configmap", "ku8.dev/owner=web");
    found.iter().map(|one| (text(&one["metadata"]["name"]).to_owned(), data(one))).collect()
}

#[test]
fn p5_fields_of_others_are_never_taken_in_silence() {
    let Some(space) = Space::new("p5") else { return };
    let (rounds, count) = if full() { (50, 200) } else { (5, 200) };
    let (mut cases, mut told, mut kept) = (0, 0, 0);
    for round in 0..rounds {
        let mut chance = Chance(0x2545_f491_4f6c_dd1d ^ (round + 1));
        let names: Vec<String> = (0..count).map(|n| format!("c{n}")).collect();
        let first: Vec<_> = names.iter().map(|_| wish(&mut chance)).collect();
        let all = |data: &[BTreeMap<&'static str, String>]| -> Vec<Value> {
            names.iter().zip(data).map(|(name, data)| object(name, data)).collect()
        };
        space.feed(&yaml(&all(&first)), &["define", "web", "-f", "-"]).ok();
        space.run("publish web --yes --no-wait").ok();
        let mut models: Vec<Model> = first
            .iter()
            .map(|data| {
                let mut model = Model::new();
                applied(&mut model, "ku8", data);
                model
            })
            .collect();
        let theirs: Vec<_> = names.iter().map(|_| wish(&mut chance)).collect();
        let path = space.file("theirs.yaml", yaml(&all(&theirs)));
        space.kubectl(&["apply", "--server-side", "--force-conflicts", "--field-manager=night-shift", "-f", &path]);
        models.iter_mut().zip(&theirs).for_each(|(model, data)| applied(model, "night-shift", data));
        let by_hand = wish(&mut chance);
        let half: Vec<String> = names.iter().step_by(2).map(|name| format!("configmap/{name}")).collect();
        let change = json!({"data": by_hand}).to_string();
        let mut words: Vec<&str> = vec!["patch", "--field-manager=by-hand", "--type", "merge", "--patch", &change];
        words.extend(half.iter().map(String::as_str));
        space.kubectl(&words);
        models.iter_mut().step_by(2).for_each(|model| patched(model, &by_hand));

        let second: Vec<_> = names.iter().map(|_| wish(&mut chance)).collect();
        space.feed(&yaml(&all(&second)), &["define", "web", "-f", "-"]).ok();
        let planned = space.run("plan web -o json");
        let plan: Value = serde_json::from_str(&planned.stdout).unwrap();
        let mut expected = BTreeSet::new();
        for (place, name) in names.iter().enumerate() {
            for (field, holder) in conflicts(&models[place], &first[place], &second[place]) {
                expected.insert(format!("ConfigMap/{name} {field} held by {holder}"));
            }
        }
        let found = told_of(&plan);
        // Where two hold a field, one of them is named.
        let fields = |set: &BTreeSet<String>| -> BTreeSet<String> {
            set.iter().map(|line| line.split(" held by").next().unwrap().to_owned()).collect()
        };
        assert_eq!(fields(&found), fields(&expected), "round {round}");
        assert!(found.is_subset(&expected), "round {round}: {:?}", found.difference(&expected).collect::<Vec<_>>());
        told += found.len();

        let before = space.list("configmap", "ku8.dev/owner=web");
        if !expected.is_empty() {
            space.run("publish web --yes --no-wait").exits(6);
            assert_eq!(
                space.list("configmap", "ku8.dev/owner=web"),
                before,
                "round {round}: refused, and nothing is written"
            );
        }
        space.run("publish web --yes --no-wait --force-conflicts").ok();
        let live = data_of_all(&space);
        for (place, name) in names.iter().enumerate() {
            let live = &live[name];
            for key in &KEYS {
                let cell = models[place].get(key).cloned().unwrap_or_default();
                let others = cell.holders.iter().any(|holder| *holder != "ku8");
                let hand_of_ours = cell.holders.iter().all(|holder| matches!(*holder, "ku8" | "by-hand"))
                    && first[place].get(key) == Some(&cell.value);
                let wanted = match second[place].get(key) {
                    Some(value) => Some(value.clone()),
                    None if others && !hand_of_ours => Some(cell.value.clone()),
                    None => None,
                };
                assert_eq!(
                    live.get(*key),
                    wanted.as_ref(),
                    "round {round}: ConfigMap/{name} {key}, was {:?} held by {:?}",
                    cell.value,
                    cell.holders
                );
                kept += usize::from(wanted.is_some() && !second[place].contains_key(key));
            }
            cases += 1;
        }
        space.run("delete web --yes").ok();
    }
    println!(
        "P5: {cases} cases, {told} conflicts told as the model has them, {kept} fields of others kept, 0 taken in silence"
    );
}
