//! The order of plain manifests: each waits for what its annotation `ku8.dev/depends-on` names.
//! It never orders what a template rendered; a template says its stages itself.

use super::TransformError;
use crate::object::labels;
use crate::render::RenderedObject;

/// Gives every object the stage after the last of those it depends on.
///
/// # Errors
/// A name nobody has, or a circle.
pub(super) fn order(objects: &mut [RenderedObject]) -> Result<(), TransformError> {
    let names: Vec<String> = objects.iter().map(|object| object.manifest.key().to_string()).collect();
    let mut waits: Vec<Vec<usize>> = Vec::with_capacity(objects.len());
    for object in objects.iter() {
        let text = object.manifest.annotation(labels::DEPENDS_ON).unwrap_or_default();
        let mut places = Vec::new();
        for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            let place = names.iter().position(|known| known == name).ok_or_else(|| TransformError::DependsOn {
                key: object.manifest.key().clone(),
                name: name.to_owned(),
            })?;
            places.push(place);
        }
        waits.push(places);
    }
    // Every round settles at least one stage, so more rounds than objects mean a circle.
    for _ in 0..=objects.len() {
        let mut moved = None;
        for (index, places) in waits.iter().enumerate() {
            let least = places.iter().map(|place| objects[*place].stage + 1).max().unwrap_or(0);
            if objects[index].stage < least {
                objects[index].stage = least;
                moved = Some(index);
            }
        }
        let Some(index) = moved else { return Ok(()) };
        if objects[index].stage as usize > objects.len() {
            return Err(TransformError::Circle(objects[index].manifest.key().clone()));
        }
    }
    Err(TransformError::Circle(objects[0].manifest.key().clone()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::from_manifests;
    use super::*;

    fn stages(objects: &[(&str, &str)]) -> Result<Vec<u32>, TransformError> {
        let values: Vec<_> = objects
            .iter()
            .map(|(name, depends)| {
                json!({"apiVersion": "v1", "kind": "ConfigMap",
                "metadata": {"name": name, "annotations": {"ku8.dev/depends-on": depends}}})
            })
            .collect();
        Ok(from_manifests(&values)?.objects.iter().map(|object| object.stage).collect())
    }

    #[test]
    fn each_comes_after_what_it_depends_on() {
        let found = stages(&[("c", "ConfigMap/b, ConfigMap/a"), ("b", "ConfigMap/a"), ("a", ""), ("free", "")]);
        assert_eq!(found.unwrap(), [2, 1, 0, 0]);
    }

    #[test]
    fn unknown_names_and_circles_are_refused() {
        let unknown = stages(&[("a", "Service/nobody")]).unwrap_err().to_string();
        assert!(unknown.contains("ConfigMap/a") && unknown.contains("Service/nobody"), "{unknown}");
        for circle in [vec![("a", "ConfigMap/a")], vec![("a", "ConfigMap/b"), ("b", "ConfigMap/a"), ("c", "")]] {
            assert!(matches!(stages(&circle), Err(TransformError::Circle(_))), "{circle:?}");
        }
    }
}
