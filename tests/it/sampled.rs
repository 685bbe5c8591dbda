//! What must hold of every template for any values its schema takes, not only for those somebody thought of: it
//! renders or refuses with reasons, never traps, says the same twice, and what it renders fits together.

use kubectl_ku8::object::GroupKind;
use kubectl_ku8::render::{Diagnostic, RenderError, builtin, render};
use kubectl_ku8::schema::{Group, Kind, Question, Schema, check_answer, parameters, questions};
use serde_json::{Map, Value, json};
use template_sdk::{Request, testing};

use super::golden::{RUNTIME, crate_of};

/// Sets of values for each template that its schema takes, and how many are thrown for them at most.
const SAMPLES: u64 = 60;
const THROWS: u64 = 400;

/// Texts of which some fit most questions.
const TEXTS: [&str; 12] =
    ["app", "orders", "x1", "/shop", "1Gi", "3Gi", "500m", "64Mi", "docker.io/acme/shop:1.2", "1.30", "a.b.c", "0"];

/// A small generator with a seed, so that a failure can be had again.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end.max(1) as u64).unwrap()
    }
}

fn words(question: &Question) -> Vec<String> {
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match question.kind {
        Kind::Choice => question.choices.iter().map(plain).collect(),
        Kind::Boolean => vec!["true".into(), "false".into()],
        Kind::Integer | Kind::Number => {
            let bound = |value: &Option<Value>, other: i64| value.as_ref().and_then(Value::as_i64).unwrap_or(other);
            let (low, high) = (bound(&question.minimum, 0), bound(&question.maximum, 100_000));
            [low, low + 1, i64::midpoint(low, high), high - 1, high].iter().map(ToString::to_string).collect()
        }
        Kind::Text | Kind::Quantity => TEXTS.iter().map(|text| (*text).to_owned()).collect(),
    }
}

/// What everybody is asked for and the schema has an example of.
pub(crate) fn examples(schema: &Schema) -> Value {
    let mut values = Value::Object(Map::new());
    let asked =
        parameters(schema, None).into_iter().filter(|one| one.group == Group::Basic && one.told.default.is_none());
    for (pointer, example) in asked.filter_map(|one| Some((one.told.pointer, one.told.examples.first()?.clone()))) {
        put(&mut values, &pointer, example);
    }
    values
}

fn put(values: &mut Value, pointer: &str, value: Value) {
    let place = pointer.split('/').skip(1).fold(values, |place, name| &mut place[name]);
    *place = value;
}

/// Values the schema takes: what must be given, and some of the rest.
fn sample(schema: &Schema, chance: &mut Chance) -> Value {
    let mut values = examples(schema);
    let few = 2 + chance.below(8);
    for question in questions(schema, None) {
        let wanted = question.required && question.default.is_none() || chance.below(10) < few / 2;
        let fitting: Vec<Value> =
            words(&question).iter().filter_map(|word| check_answer(schema, &question, word).ok()).collect();
        // What somebody else made is not among the objects that are checked.
        let elsewhere = question.path.ends_with("configMap") || question.path.ends_with("existingSecret");
        if !wanted || fitting.is_empty() || question.secret || elsewhere {
            continue;
        }
        let value = fitting[chance.below(fitting.len())].clone();
        put(&mut values, &question.pointer, value);
    }
    values
}

fn request(values: &Value, previous: &Value) -> Value {
    json!({
        "apiVersion": "ku8/v1", "name": "sampled", "namespace": "prod", "values": values,
        "cluster": {"version": "1.30"}, "previous": previous, "bindings": {},
        "images": {"registryMap": {"docker.io": "mirror.example"}, "pullSecrets": ["login"]},
    })
}

#[test]
fn any_values_render_or_are_refused_with_reasons_and_what_is_rendered_fits_together() {
    for entry in builtin::all() {
        let template = RUNTIME.load_builtin(entry.name).unwrap().unwrap();
        let native = crate_of(entry.name);
        let known: Vec<String> = (native.rules)().into_iter().map(|rule| rule.code).collect();
        let kinds: Vec<GroupKind> = template.metadata().produces.clone();
        let (mut rendered, mut refused) = (0, 0);
        let mut before = Value::Null;
        for seed in 1..=THROWS {
            if rendered + refused == SAMPLES {
                break;
            }
            let values = sample(template.schema(), &mut Chance(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15)));
            let at = format!("{} seed {seed}: {values}", entry.name);
            // Rules between fields are the schema's too; what it refuses never reaches the template.
            let Ok(checked) = RUNTIME.check(&template, values) else { continue };
            // Half of them follow other values, so that changes are judged as well.
            let state = json!({"templateVersion": "1.0.0", "values": before, "outputs": []});
            let previous = json!({"current": state, "attempted": null, "observed": {"replicas": {}, "pvcs": []}});
            let previous = if before.is_null() || seed % 2 == 0 { Value::Null } else { previous };
            let request = request(&checked.values, &previous);
            let answer = render(&RUNTIME, &template, &request, &kinds);
            let again = render(&RUNTIME, &template, &request, &kinds);
            assert_eq!(format!("{answer:?}"), format!("{again:?}"), "{at}");
            let explained = |found: &[Diagnostic]| {
                for one in found {
                    assert!(known.contains(&one.code), "{at}: {} is no rule", one.code);
                }
            };
            match answer {
                Ok(answer) => {
                    explained(&answer.warnings);
                    let read = Request::parse(&request.to_string()).unwrap();
                    let objects = (native.render)(&read).unwrap_or_else(|found| panic!("{at}: {found:?}"));
                    let broken = testing::check(&(native.metadata)(), &objects);
                    assert!(broken.is_empty(), "{at}: {broken:?}");
                    before = checked.values;
                    rendered += 1;
                }
                Err(RenderError::Diagnostics(found)) => {
                    explained(&found);
                    refused += 1;
                }
                Err(other) => panic!("{at}: {other}"),
            }
        }
        // Both happen, or the samples prove nothing.
        assert!(rendered >= 5 && refused >= 3, "{}: {rendered} rendered, {refused} refused", entry.name);
        println!("{}: {rendered} rendered, {refused} refused", entry.name);
    }
}
