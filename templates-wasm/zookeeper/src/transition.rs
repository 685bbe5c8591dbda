//! Which sizes can follow which: a wrong step lets empty members outvote the ones that hold the data.
//! It never trusts the record alone; claims that outlived a delete are judged too.

use template_sdk::{Finding, Findings, Request, State};

use crate::values::{Mode, Values, members_of};

/// Smallest number of members that may decide.
pub(crate) fn quorum(members: u32) -> u32 {
    members / 2 + 1
}

/// True when every majority of the old size and every majority of the new one share a member.
pub(crate) fn majorities_meet(old: u32, new: u32) -> bool {
    quorum(old) + quorum(new) > old.max(new)
}

/// True when a running ensemble may be made smaller: fewer members leave than could have decided alone.
pub(crate) fn may_shrink(old: u32, new: u32) -> bool {
    old - new < quorum(old)
}

/// True when a rollout cannot go on once the leader has restarted: the others choose one among themselves by the old
/// size, and are too few for a member that asks for a majority of the new one.
pub(crate) fn stops_at_leader(old: u32, new: u32) -> bool {
    new > old && old - 1 < quorum(new)
}

/// Judges the change from every earlier state.
pub(crate) fn judge(request: &Request, values: &Values) -> Findings {
    let mut findings = Findings::new();
    let new = values.members();
    let mut known = false;
    for old in request.states().filter_map(members_of) {
        known = true;
        findings.extend(running(&request.name, old, new, values.scaling.mode));
    }
    if !known {
        findings.extend(from_volumes(request, new, values.scaling.mode));
        findings.extend(beginning(request, values));
    }
    for state in request.states() {
        findings.extend(same_mode(state, values));
        findings.extend(same_ids(state.at("/firstServerId"), values.first_server_id));
        findings.extend(same_log(state.at("/storage/dataLog/enabled"), values.data_log().is_some()));
    }
    findings
}

/// The change of a running ensemble.
fn running(name: &str, old: u32, new: u32, mode: Mode) -> Option<Finding> {
    if new > old {
        if mode == Mode::Reconfig {
            return Some(joining(old, new));
        }
        if old < 3 || !majorities_meet(old, new) {
            return Some(growth(name, old, new));
        }
        return stops_at_leader(old, new).then(|| leader_first(name, old));
    }
    (new < old && !may_shrink(old, new)).then(|| {
        let left = old - new;
        let why = match mode {
            Mode::Static => {
                format!(
                    "any {} of the {old} may be the only ones that hold a confirmed write, so it could be lost",
                    quorum(old)
                )
            }
            Mode::Reconfig => format!(
                "{left} volumes that did not hear of it could form a majority of the old {old} when they come back"
            ),
        };
        let message = format!("going from {old} to {new} members takes away {left} at once; {why}");
        Finding::error("/replicas", "zookeeper.scale.shrink-jump", message).hint(shrink_path(old, new))
    })
}

/// Those who join know the old members and themselves, not each other, so they can never decide without the old ones.
fn joining(old: u32, new: u32) -> Finding {
    let message = format!(
        "{} members join the {old}: they copy the data without a vote, and a Job puts them on the member list when all \
         are ready",
        new - old
    );
    let finding = Finding::info("/replicas", "zookeeper.scale.joining", message);
    finding.hint("nothing to do; nobody restarts, and the Job's log says what it did")
}

/// The first publish in mode reconfig: who may start without asking is decided once.
fn beginning(request: &Request, values: &Values) -> Option<Finding> {
    let (begun, new) = (values.scaling.initial_replicas, values.members());
    (values.reconfigures() && begun != new && members_with_volumes(request) == 0).then(|| {
        let message = format!("the ensemble would wait for ever: it begins with {begun} members, and there are {new}");
        let finding = Finding::error("/scaling/initialReplicas", "zookeeper.scale.initial", message);
        finding.hint(format!("set scaling.initialReplicas: {new}, and keep it when replicas changes later"))
    })
}

/// Where the member list lives, and how it began, is on the volumes.
fn same_mode(state: &State, values: &Values) -> Option<Finding> {
    let before = state.at::<Mode>("/scaling/mode").unwrap_or_default();
    if before != values.scaling.mode {
        let message = "the member list is in the configuration in one mode and on the volumes in the other; members of \
                       both kinds would not agree who they are";
        let finding = Finding::error("/scaling/mode", "zookeeper.scale.mode", message);
        return Some(finding.hint("put the old mode back, or publish a second definition and copy the znodes"));
    }
    let begun = state.at::<u32>("/scaling/initialReplicas").filter(|begun| *begun != values.scaling.initial_replicas);
    begun.filter(|_| values.reconfigures()).map(|begun| {
        let message =
            format!("the ensemble began with {begun} members; a member that lost its volume could begin another");
        let finding = Finding::error("/scaling/initialReplicas", "zookeeper.scale.initial", message);
        finding.hint(format!("keep scaling.initialReplicas: {begun}; replicas alone is the size"))
    })
}

/// The first member the rollout restarts must not lead, because it would not find its way back.
fn leader_first(name: &str, old: u32) -> Finding {
    let last = old - 1;
    let message = format!(
        "the rollout stops if {name}-{last} leads when it restarts: the other {last} choose a leader by the old size, and \
         it waits for {quorum} supporters; they go on serving and nothing is lost, but it never becomes ready",
        quorum = quorum(old + 1)
    );
    Finding::warning("/replicas", "zookeeper.scale.leader", message).hint(format!(
        "before publishing, ask {name}-{last} for `srvr`; if it says `Mode: leader`, delete that pod and wait until it is \
         ready. If the rollout has stopped, delete the pod of the member that leads, and again until all are ready"
    ))
}

fn growth(name: &str, old: u32, new: u32) -> Finding {
    let message = format!(
        "going from {old} to {new} members can lose data: a majority of the new size ({}) can be formed without meeting \
         a majority of the old one ({}) while members restart one by one, so empty members may outvote the full ones",
        quorum(new),
        quorum(old)
    );
    let hint = if old < 3 {
        format!(
            "keep {old}; publish a second definition with {new} members (or one that can grow, with scaling.mode: \
             reconfig), copy the znodes, then let the clients use it instead of `{name}`"
        )
    } else {
        format!("grow one member at a time, publishing each step: {}", growth_path(old, new))
    };
    Finding::error("/replicas", "zookeeper.scale.odd-jump", message).hint(hint)
}

/// The steps of a growth in the words of the values: sizes, the even ones by `scaling.via`.
fn growth_path(old: u32, new: u32) -> String {
    let step = |size: u32| {
        if size.is_multiple_of(2) {
            format!("replicas: {}, scaling.via: {size}", size + 1)
        } else {
            format!("replicas: {size}, scaling.via: null")
        }
    };
    (old + 1..=new).map(step).collect::<Vec<_>>().join("; then ")
}

fn shrink_path(old: u32, new: u32) -> String {
    let mut sizes = vec![];
    let mut size = old;
    while size > new && size > 3 {
        size -= 2;
        sizes.push(size.to_string());
    }
    if new < 3 {
        return format!("keep at least 3 members, or publish a second definition with {new} and copy the znodes");
    }
    format!("shrink by two and wait until all members are ready each time: {}", sizes.join(", then "))
}

/// The start of an ensemble over claims an earlier one left behind.
fn from_volumes(request: &Request, new: u32, mode: Mode) -> Option<Finding> {
    let old = members_with_volumes(request).max(request.observed_replicas(&request.name).unwrap_or(0));
    if old == 0 || old == new || mode == Mode::Static && majorities_meet(old, new) {
        return None;
    }
    let message = format!(
        "volumes of {old} members of an earlier `{}` remain; starting {new} members over them can lose data, because a \
         majority of {new} can be formed by members that never saw what a majority of {old} confirmed",
        request.name
    );
    let hint = format!(
        "start with {old} members and change the size afterwards, or, if the data is not wanted, delete the claims \
         data-{name}-0 to data-{name}-{last} first",
        name = request.name,
        last = old - 1
    );
    Some(Finding::error("/replicas", "zookeeper.scale.volumes-remain", message).hint(hint))
}

/// One more than the highest ordinal that has a data volume.
fn members_with_volumes(request: &Request) -> u32 {
    let prefix = format!("data-{}-", request.name);
    let ordinal = |claim: &String| claim.strip_prefix(&prefix)?.parse::<u32>().ok();
    request.observed_pvcs().iter().filter_map(ordinal).max().map_or(0, |ordinal| ordinal + 1)
}

fn same_ids(old: Option<u32>, new: u32) -> Option<Finding> {
    let old = old.filter(|old| *old != new)?;
    let message = format!("the volumes carry ids that begin at {old}; with {new} every member would refuse to start");
    let finding = Finding::error("/firstServerId", "zookeeper.ids.immutable", message);
    Some(finding.hint(format!("keep firstServerId: {old}")))
}

/// A log that moves is a log that is not found: the transactions in it would be missing.
fn same_log(old: Option<bool>, new: bool) -> Option<Finding> {
    let old = old.filter(|old| *old != new)?;
    let message = "the transaction log would be looked for on another volume, without what it holds now";
    let finding = Finding::error("/storage/dataLog/enabled", "zookeeper.storage.log-moved", message);
    Some(
        finding
            .hint(format!("keep storage.dataLog.enabled: {old}, or publish a second definition and copy the znodes")),
    )
}

#[cfg(test)]
mod tests {
    use template_sdk::Severity;

    use super::*;

    #[test]
    fn growth_by_one_from_three_keeps_majorities_together() {
        for old in 3..9 {
            assert!(majorities_meet(old, old + 1), "{old}");
            let refused = running("zk", old, old + 1, Mode::Static).filter(|one| one.severity == Severity::Error);
            assert_eq!(refused, None);
        }
    }

    #[test]
    fn the_leader_must_not_restart_first_where_the_others_are_too_few() {
        let finding = running("zk", 3, 4, Mode::Static).unwrap();
        assert_eq!((finding.code.as_str(), finding.severity), ("zookeeper.scale.leader", Severity::Warning));
        assert!(finding.message.contains("zk-2 leads") && finding.message.contains("3 supporters"));
        for (old, new) in [(4, 5), (5, 6), (6, 7), (5, 3), (4, 3)] {
            assert_eq!(running("zk", old, new, Mode::Static), None, "{old} {new}");
        }
        assert!(running("zk", 3, 4, Mode::Reconfig).is_none_or(|finding| finding.code != "zookeeper.scale.leader"));
    }

    #[test]
    fn growth_from_odd_to_odd_never_does() {
        for (old, new) in [(1, 3), (1, 5), (3, 5), (3, 7), (5, 7)] {
            assert!(!majorities_meet(old, new), "{old} {new}");
            let finding = running("zk", old, new, Mode::Static).unwrap();
            assert_eq!(finding.code, "zookeeper.scale.odd-jump");
        }
    }

    #[test]
    fn the_refusal_names_every_step() {
        let hint = running("zk", 3, 7, Mode::Static).unwrap().hint.unwrap();
        assert!(hint.ends_with(
            "replicas: 5, scaling.via: 4; then replicas: 5, scaling.via: null; \
             then replicas: 7, scaling.via: 6; then replicas: 7, scaling.via: null"
        ));
    }

    #[test]
    fn one_member_never_grows_even_where_the_formula_would_hold() {
        assert!(majorities_meet(1, 2));
        assert!(running("zk", 1, 2, Mode::Static).unwrap().hint.unwrap().contains("second definition"));
    }

    #[test]
    fn shrinking_is_allowed_while_those_who_leave_could_not_decide() {
        for (old, new) in [(5, 3), (7, 5), (4, 3), (3, 3)] {
            assert_eq!(running("zk", old, new, Mode::Static), None, "{old} {new}");
        }
        for (old, new) in [(3, 1), (5, 1), (7, 3), (7, 1)] {
            assert_eq!(
                running("zk", old, new, Mode::Static).unwrap().code,
                "zookeeper.scale.shrink-jump",
                "{old} {new}"
            );
        }
        assert!(running("zk", 7, 3, Mode::Static).unwrap().hint.unwrap().ends_with("5, then 3"));
    }
}
