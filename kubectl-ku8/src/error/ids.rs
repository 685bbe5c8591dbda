//! Every error's id, and the page built in for it; the letter names the room it comes from.
//! An id is never given to another error later: people search for it and link to it.

/// Makes a constant for each id and takes its page from `docs/errors/`, so that an id without a page does not compile.
macro_rules! ids {
    ($($name:ident = $id:literal,)*) => {
        /// The ids, by what they stand for.
        pub mod id {
            $(#[doc = concat!("See `docs/errors/", $id, ".md`.")] pub const $name: &str = $id;)*
        }

        const PAGES: &[(&str, &str)] = &[$(($id, include_str!(concat!("../../../docs/errors/", $id, ".md")))),*];
    };
}

ids! {
    // General: the command line, questions, the editor.
    GENERAL = "KU8-G001",
    INTERRUPTED = "KU8-G002",
    NOT_CONFIRMED = "KU8-G003",
    ANSWER_MISSING = "KU8-G004",
    NOTHING_NAMED = "KU8-G005",
    NOT_STARTED = "KU8-G006",
    EDITOR = "KU8-G007",
    TERMINAL = "KU8-G008",
    USAGE = "KU8-G009",
    FAULT = "KU8-G010",
    WARNINGS = "KU8-G011",
    OUTPUT_FORM = "KU8-G012",
    COMMAND_LINE = "KU8-G013",
    NO_TOPIC = "KU8-G014",
    PROTECTED = "KU8-G015",
    CONFIG = "KU8-G016",
    SETTING = "KU8-G020",
    // Files.
    FILE_READ = "KU8-F001",
    FILE_WRITE = "KU8-F002",
    FILE_TOO_LARGE = "KU8-F003",
    FILE_NOT_TEXT = "KU8-F004",
    FILE_EXISTS = "KU8-F005",
    // Definitions and what is set on the command line.
    SYNTAX = "KU8-D001",
    EMPTY = "KU8-D002",
    SHAPE = "KU8-D003",
    NAME = "KU8-D004",
    SECRET_DATA = "KU8-D005",
    SET_FORM = "KU8-D006",
    SET_PATH = "KU8-D007",
    SET_JSON = "KU8-D008",
    NO_DEFINITION = "KU8-D009",
    OTHER_TEMPLATE = "KU8-D010",
    CONTRADICTION = "KU8-D011",
    EXISTS = "KU8-D012",
    LABEL = "KU8-D013",
    // Values against a template's schema.
    VALUES = "KU8-V001",
    UNKNOWN_PARAMETER = "KU8-V002",
    MISSING_PARAMETER = "KU8-V003",
    WRONG_TYPE = "KU8-V004",
    NOT_ALLOWED = "KU8-V005",
    QUANTITY = "KU8-V006",
    SECRET_VALUE = "KU8-V007",
    // Templates.
    NO_TEMPLATE = "KU8-T001",
    NOT_A_TEMPLATE = "KU8-T002",
    TEMPLATE_LIMIT = "KU8-T003",
    TEMPLATE_CRASHED = "KU8-T004",
    TEMPLATE_REFUSES = "KU8-T005",
    TEMPLATE_BROKE_RULES = "KU8-T006",
    OTHER_DIGEST = "KU8-T007",
    SANDBOX = "KU8-T008",
    CONTRACT = "KU8-T009",
    TEMPLATE_TOO_LARGE = "KU8-T011",
    KUBERNETES_VERSION = "KU8-T012",
    OTHER_HOST = "KU8-T020",
    MIGRATION = "KU8-T021",
    DOWNGRADE = "KU8-T022",
    NO_UPGRADE = "KU8-T023",
    // Writing templates: projects, their tools, packing.
    NO_TOOL = "KU8-B001",
    TOOL_FAILED = "KU8-B002",
    NO_PROJECT = "KU8-B003",
    FOLDER_IN_USE = "KU8-B004",
    NOT_PACKED = "KU8-B005",
    TEMPLATE_NAME = "KU8-B006",
    COMPILED_CODE = "KU8-T013",
    NEWER_CONTRACT = "KU8-T014",
    COSTLY_COMPONENT = "KU8-T015",
    // Registries and archives.
    REFERENCE = "KU8-O001",
    REGISTRY_UNREACHABLE = "KU8-O002",
    REGISTRY_TIMEOUT = "KU8-O003",
    REGISTRY_CERTIFICATE = "KU8-O004",
    PLAIN_HTTP = "KU8-O005",
    REGISTRY_LOGIN = "KU8-O006",
    REGISTRY_ELSEWHERE = "KU8-O007",
    NOT_IN_REGISTRY = "KU8-O008",
    DIGEST = "KU8-O009",
    REGISTRY_TOO_LARGE = "KU8-O010",
    ARTIFACT = "KU8-O011",
    REGISTRY_REPLY = "KU8-O012",
    REGISTRY_REFUSED = "KU8-O013",
    REGISTRY_CREDENTIALS = "KU8-O014",
    REGISTRY_SETTING = "KU8-O015",
    ARCHIVE = "KU8-O016",
    // Making templates.
    NO_COMPONENT = "KU8-B020",
    NO_CASE = "KU8-B021",
    CASE = "KU8-B022",
    // Templates of registries.
    TAG_MOVED = "KU8-O030",
    NO_TAG = "KU8-O031",
    NOT_HERE = "KU8-O032",
    TAG_TAKEN = "KU8-O033",
    OTHER_COMPONENT = "KU8-O034",
    NOT_ASKED = "KU8-O035",
    // Trust: policies, keys, signatures.
    POLICY_FILE = "KU8-U001",
    POLICY = "KU8-U002",
    UNSIGNED = "KU8-U003",
    WRONGLY_SIGNED = "KU8-U004",
    POLICY_REFUSES = "KU8-U005",
    KEY = "KU8-U006",
    TOO_OLD = "KU8-U007",
    NOT_JUDGED = "KU8-U008",
    // Plain manifests on their way to objects.
    OTHER_NAMESPACE = "KU8-X001",
    DUPLICATE_OBJECT = "KU8-X002",
    NOT_AN_OBJECT = "KU8-X003",
    RESERVED_OBJECT = "KU8-X004",
    DEPENDS_ON = "KU8-X005",
    // Plans.
    PLAN_BLOCKED = "KU8-P001",
    OWNERSHIP = "KU8-P002",
    NOT_IN_PLAN = "KU8-P003",
    PLAN_FILE = "KU8-P004",
    PLAN_STALE = "KU8-P005",
    PLAN_SECRET = "KU8-P006",
    ONE_PLAN = "KU8-P007",
    // Writing, and waiting for what was written.
    OBJECT_CHANGED = "KU8-A001",
    STUCK = "KU8-A002",
    NOT_SERVED = "KU8-A003",
    PUT_BACK = "KU8-A004",
    LOST_OBJECT = "KU8-A005",
    RANDOMNESS = "KU8-A006",
    PARTIAL = "KU8-A007",
    ROLLED_BACK = "KU8-A008",
    NOT_READY = "KU8-W001",
    // Records in the cluster.
    RECORD_DAMAGED = "KU8-R001",
    RECORD_NEWER = "KU8-R002",
    RECORD_TOO_LARGE = "KU8-R003",
    DEFINITION_CHANGED = "KU8-R004",
    NO_REVISION = "KU8-R005",
    NO_GOOD_REVISION = "KU8-R006",
    REVISION_DOUBTFUL = "KU8-R007",
    QUORUM = "KU8-R008",
    NEVER_PUBLISHED = "KU8-R009",
    // The lock.
    LOCKED = "KU8-L001",
    LOCK_LOST = "KU8-L002",
    LOCK_MOVED = "KU8-L003",
    // Secrets.
    SECRET_KEY = "KU8-K001",
    SECRET_ELSEWHERE = "KU8-K002",
    SECRET_NOT_GENERATED = "KU8-K003",
    SECRET_MISSING = "KU8-K004",
    SECRET_CHANGED = "KU8-K005",
    SECRET_OF_ANOTHER = "KU8-K006",
    // The cluster.
    NO_KUBECONFIG = "KU8-C001",
    KUBECONFIG = "KU8-C002",
    CONTEXT = "KU8-C003",
    UNREACHABLE = "KU8-C004",
    TIMEOUT = "KU8-C005",
    UNAUTHORIZED = "KU8-C006",
    FORBIDDEN = "KU8-C007",
    NO_NAMESPACE = "KU8-C008",
    UNKNOWN_KIND = "KU8-C009",
    REFUSED = "KU8-C010",
    NOT_KUBERNETES = "KU8-C011",
    CREDENTIALS = "KU8-C012",
}

/// The page of an id, in Markdown: what it means, why it happens, what to do. Case does not matter, nor does `KU8-`.
pub fn page(id: &str) -> Option<&'static str> {
    let wanted = id.to_ascii_uppercase();
    let wanted = wanted.strip_prefix("KU8-").unwrap_or(&wanted);
    PAGES.iter().find(|(known, _)| known.strip_prefix("KU8-") == Some(wanted)).map(|(_, text)| *text)
}

/// The first line of an id's page without the id: what kind of error it is.
pub fn title(id: &str) -> Option<&'static str> {
    let heading = page(id)?.lines().next()?.trim_start_matches("# ");
    Some(heading.split_once(": ").map_or(heading, |(_, words)| words))
}

/// Every id with its page.
pub fn pages() -> &'static [(&'static str, &'static str)] {
    PAGES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_found_however_it_is_typed() {
        for typed in ["KU8-C004", "ku8-c004", "C004", "c004"] {
            assert!(page(typed).is_some_and(|text| text.starts_with("# KU8-C004: ")), "{typed}");
        }
        assert_eq!(page("KU8-Z999"), None);
        assert_eq!(page(""), None);
    }

    #[test]
    fn no_id_is_given_twice_and_every_page_is_help() {
        for (index, (id, text)) in pages().iter().enumerate() {
            assert!(pages()[..index].iter().all(|(other, _)| other != id), "{id} is there twice");
            assert!(text.starts_with(&format!("# {id}: ")), "{id}: the page begins with another heading");
            for part in ["## Why", "## What to do", "## Example"] {
                assert!(text.contains(part), "{id}: the page has no `{part}`");
            }
            assert!(text.split_whitespace().count() > 45, "{id}: the page is too short to help");
            assert!(text.lines().all(|line| line.chars().count() <= 160), "{id}: a line is too long");
        }
    }
}
