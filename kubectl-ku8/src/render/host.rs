//! Whether this program is one that a template was written for (`requires` of its metadata).
//! It never looks at anything but two version numbers.

use semver::{Version, VersionReq};

use super::error::Problem;
use super::{RenderError, TemplateMetadata};

/// The version templates ask for: this program's.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Refuses a template that asks for another host, or asks in words that are no range.
pub(super) fn check(metadata: &TemplateMetadata) -> Result<(), RenderError> {
    match &metadata.requires {
        Some(range) => compare(&metadata.name, range, VERSION),
        None => Ok(()),
    }
}

fn compare(name: &str, range: &str, host: &str) -> Result<(), RenderError> {
    let wanted = VersionReq::parse(range).map_err(|error| {
        let problem = Problem::new("metadata", format!("requires `{range}` is not a range of versions: {error}"));
        RenderError::Refused(vec![problem.hint("for example: >=0.3, <1")])
    })?;
    let host = Version::parse(host).expect("the version of a package is one");
    // What is about to become 0.3.0 has all of it.
    let released = Version::new(host.major, host.minor, host.patch);
    if wanted.matches(&host) || wanted.matches(&released) {
        return Ok(());
    }
    Err(RenderError::OtherHost {
        template: name.to_owned(),
        requires: wanted.to_string(),
        host: host.to_string(),
        outdated: !could_come(&wanted, &released),
    })
}

/// Says whether a later version than `host` could be in the range.
fn could_come(wanted: &VersionReq, host: &Version) -> bool {
    let later = |major: u64, minor: u64, patch: u64| {
        let version = Version::new(major, minor, patch);
        version > *host && wanted.matches(&version)
    };
    wanted.comparators.iter().any(|one| {
        let (major, minor, patch) = (one.major, one.minor.unwrap_or(0), one.patch.unwrap_or(0));
        later(major, minor, patch) || later(major, minor, patch + 1) || later(major, minor + 1, 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(range: &str, host: &str) -> Result<(), Option<bool>> {
        compare("demo", range, host).map_err(|error| match error {
            RenderError::OtherHost { outdated, .. } => Some(outdated),
            _ => None,
        })
    }

    #[test]
    fn a_host_in_the_range_is_taken_and_the_others_know_which_side_is_behind() {
        for range in [">=0.3, <1", "^0.3", "*", "0.3.x", ">0.2.9", "=0.3.1"] {
            assert_eq!(judge(range, "0.3.1"), Ok(()), "{range}");
        }
        assert_eq!(judge(">=0.3", "0.3.0-rc.1"), Ok(()));
        for (range, host) in
            [(">=0.3, <1", "0.2.9"), ("^2", "1.9.0"), ("=0.3.1", "0.3.0"), (">0.3", "0.3.9"), (">=1", "0.1.0")]
        {
            assert_eq!(judge(range, host), Err(Some(false)), "{range} {host}");
        }
        for (range, host) in [(">=0.3, <1", "1.0.0"), ("<0.2", "0.3.0"), ("^1.2", "2.0.0"), ("~1.2.3", "1.3.0")] {
            assert_eq!(judge(range, host), Err(Some(true)), "{range} {host}");
        }
        for range in ["", "newest", ">=0.3 and more", "\u{1b}[2J"] {
            assert_eq!(judge(range, "0.3.0"), Err(None), "{range:?}");
        }
    }
}
