//! What the page of the template says beside its parameters: rules and operations.
//! It never judges; `rules.rs` does, with the codes named here.

use template_sdk::prelude::*;

use crate::SPEC;

/// Every rule of the template's own.
const RULES: [(&str, &str); 7] = [
    ("rabbitmq.memory.too-small", "The memory limit is at least 512Mi."),
    ("rabbitmq.storage.below-memory", "A volume is at least twice as large as the memory limit."),
    ("rabbitmq.image.too-old", "The image is of version 4.2 or newer."),
    ("rabbitmq.username.changed", "The user is made at the first start and keeps its name."),
    ("rabbitmq.scale.not-forgotten", "A node is taken away only after it has left the cluster."),
    ("rabbitmq.scale.list-stale", "Nodes that stay are not listed as gone."),
    ("rabbitmq.scale.grows", "Pointed out: queues get members on new nodes within minutes."),
];

/// Returns the template's own rules and those of the shared parameters.
pub(crate) fn rules() -> Vec<Rule> {
    block::rules(&SPEC, &RULES)
}

/// Returns what people do with the running software.
pub(crate) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(
            "Fewer nodes",
            "A node that is only switched off stays a member: the others go on counting it, and two such nodes of five \
             leave nothing to lose. Empty the nodes with the highest numbers first, one after the other, then publish:\n\n\
             ```sh\nkubectl exec NAME-4 -- sh /config/leave.sh\nkubectl exec NAME-3 -- sh /config/leave.sh\n\
             kubectl ku8 define NAME --set replicas=3 --set-json 'forgotten=[3,4]'\nkubectl ku8 publish NAME\n```",
        ),
        Operation::new(
            "A new version",
            "Set `image.tag` to the next minor version and publish: nodes restart one after the other, each waits until \
             the queues can do without it. Afterwards run `rabbitmqctl enable_feature_flag all` in one of the pods; the \
             next version may need it.",
        ),
        Operation::new(
            "A lost volume",
            "A node that comes back empty has itself forgotten by the others and joins them again; queues copy their \
             messages to it. When a majority is empty, nothing starts by itself: the empty nodes wait, and their log says \
             for whom.",
        ),
        Operation::new(
            "Another password",
            "The Secret is read at the first start. Change the password in the broker (`rabbitmqctl change_password`) and \
             in the Secret.",
        ),
    ]
}
