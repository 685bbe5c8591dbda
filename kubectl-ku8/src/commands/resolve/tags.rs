//! What a tag named when it was last used: a released tag that names something else is an error until it is accepted.
//! It never asks a registry; it compares what one said with what is known.

use serde::{Deserialize, Serialize};

use crate::error::{CommandError, id};
use crate::files::ComponentStore;
use crate::registry::Reference;

/// Kind of the notes in the store.
const KIND: &str = "tags";

/// One note.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    /// `HOST/REPOSITORY:TAG`, so that a note about another tag is not believed.
    tag: String,
    /// Digest of the manifest.
    digest: String,
}

/// What to do with a tag that was moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::commands) enum Moved {
    /// Nothing is taken, by a command that has no flag to be told otherwise.
    #[default]
    Refuse,
    /// Nothing is taken, unless the same command is told with `--accept-moved-tag`.
    Ask,
    /// `--accept-moved-tag`.
    Accept,
}

impl Moved {
    /// What the flag says, of a command that has it.
    pub(in crate::commands) fn of(accepted: bool) -> Self {
        if accepted { Self::Accept } else { Self::Ask }
    }
}

fn name(reference: &Reference) -> Option<String> {
    Some(format!("{}:{}", reference.repository(), reference.tag()?))
}

/// The manifest a tag named when it was last used on this machine.
pub(in crate::commands) fn last_used(store: Option<&ComponentStore>, reference: &Reference) -> Option<String> {
    let tag = name(reference)?;
    let record: Record = serde_json::from_slice(&store?.note(KIND, &tag)?).ok()?;
    (record.tag == tag).then_some(record.digest)
}

/// Remembers what a tag names; a folder that cannot be written only means that nothing is remembered.
pub(in crate::commands) fn remember(store: Option<&ComponentStore>, pinned: &Reference) {
    let (Some(store), Some(tag), Some(digest)) = (store, name(pinned), pinned.digest()) else { return };
    if last_used(Some(store), pinned).as_deref() == Some(digest) {
        return;
    }
    let record = Record { tag: tag.clone(), digest: digest.to_owned() };
    let _ = store.keep_note(KIND, &tag, &serde_json::to_vec(&record).expect("a record is plain data"));
}

/// Compares what a tag names with what it named before: in the definition, or when it was last used here.
///
/// # Errors
/// When it is something else, and that was not accepted.
pub(super) fn check(
    found: &Reference,
    stored: Option<&Reference>,
    last_used: Option<&str>,
    moved: Moved,
) -> Result<(), CommandError> {
    let same_tag = |stored: &&Reference| stored.without_digest() == found.without_digest();
    let stored = stored.filter(same_tag).and_then(Reference::digest);
    let (before, whose) = match (stored, last_used) {
        (Some(digest), _) => (digest, "in the definition"),
        (None, Some(digest)) => (digest, "when it was last used on this machine"),
        (None, None) => return Ok(()),
    };
    let unpinned = found.without_digest();
    let now = found.digest().unwrap_or_default();
    if before == now || moved == Moved::Accept {
        return Ok(());
    }
    let tag = found.tag().unwrap_or_default();
    Err(CommandError::new(format!(
        "tag `{tag}` of {} was moved to another template; nothing was changed\n  before  {before}   {whose}\n  now     {now}",
        found.repository()
    ))
    .id(id::TAG_MOVED)
    .hint("a version that was released never changes: ask its publisher before you take the new one")
    .hint(format!("go on with the one before: {unpinned}@{before}"))
    .hint(match (moved, stored) {
        (Moved::Refuse, Some(_)) => {
            format!("take the new one: kubectl ku8 define NAME -t {unpinned} --accept-moved-tag")
        }
        (Moved::Refuse, None) => {
            format!("take the new one: kubectl ku8 template pull {unpinned} --accept-moved-tag, then again")
        }
        _ => "take the new one: add --accept-moved-tag".to_owned(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pinned(tag: &str, letter: char) -> Reference {
        let digest = format!("sha256:{}", letter.to_string().repeat(64));
        Reference::parse(&format!("oci://ghcr.io/acme/kafka:{tag}@{digest}")).unwrap()
    }

    #[test]
    fn a_moved_tag_is_refused_until_it_is_accepted() {
        let (old, new) = (pinned("1.0.0", 'a'), pinned("1.0.0", 'b'));
        let was = old.digest().unwrap();
        for (stored, last) in [(Some(&old), None), (None, Some(was)), (Some(&old), new.digest())] {
            let error = check(&new, stored, last, Moved::Refuse).unwrap_err();
            assert_eq!((error.id, error.code), (id::TAG_MOVED, 1));
            for digest in [was, new.digest().unwrap()] {
                assert!(error.message.contains(digest), "{}", error.message);
            }
            check(&new, stored, last, Moved::Accept).unwrap();
        }
        // Another tag of the definition says nothing about this one, and the same manifest is not moved.
        check(&new, Some(&pinned("0.9.0", 'a')), None, Moved::Refuse).unwrap();
        check(&new, Some(&new), Some(was), Moved::Refuse).unwrap();
        check(&new, None, None, Moved::Refuse).unwrap();
    }

    #[test]
    fn the_hint_is_one_the_command_understands() {
        let (new, was) = (pinned("1.0.0", 'b'), pinned("1.0.0", 'a'));
        let hint = |stored, moved| check(&new, stored, was.digest(), moved).unwrap_err().hints[2].clone();
        assert!(hint(None, Moved::Ask).ends_with(": add --accept-moved-tag"));
        let tag = "oci://ghcr.io/acme/kafka:1.0.0 --accept-moved-tag";
        assert!(hint(None, Moved::Refuse).contains(&format!("template pull {tag}")));
        assert!(hint(Some(&was), Moved::Refuse).contains(&format!("define NAME -t {tag}")));
    }

    #[test]
    fn a_tag_is_remembered_for_its_own_repository() {
        let home = tempfile::tempdir().unwrap();
        let store = ComponentStore::new(home.path().join("components"));
        let one = pinned("1.0.0", 'a');
        remember(Some(&store), &one);
        assert_eq!(last_used(Some(&store), &one.without_digest()).as_deref(), one.digest());
        let other = Reference::parse("oci://ghcr.io/acme-evil/kafka:1.0.0").unwrap();
        assert_eq!(last_used(Some(&store), &other), None);
        remember(Some(&store), &pinned("1.0.0", 'b'));
        assert_eq!(last_used(Some(&store), &one).as_deref(), pinned("1.0.0", 'b').digest());
        remember(None, &one);
    }
}
