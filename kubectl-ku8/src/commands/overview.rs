//! A bare `kubectl ku8`: what it is, how to begin, and the definitions at hand if the cluster answers quickly.
//! It never fails: without a cluster it is still useful.

use std::time::Duration;

use super::Context;
use crate::cluster::RecordSummary;
use crate::error::{CommandError, exit};
use crate::release::{head_selector, list_phase};

/// Longest wait for the cluster.
const PATIENCE: Duration = Duration::from_millis(500);

/// Prints the overview.
///
/// # Errors
/// None.
pub async fn run(context: &Context) -> Result<u8, CommandError> {
    let ui = &context.ui;
    ui.print(
        "kubectl ku8 plans and publishes middleware on any Kubernetes cluster, with nothing installed in it.\n\n\
         \u{20} kubectl ku8 template list       what can be run\n\
         \u{20} kubectl ku8 new                 define a service, question by question\n\
         \u{20} kubectl ku8 define NAME -t …    define it in one line\n\
         \u{20} kubectl ku8 plan NAME           what would change, field by field\n\
         \u{20} kubectl ku8 publish NAME        change it\n\
         \u{20} kubectl ku8 status              how everything is doing\n\n\
         All commands: kubectl ku8 --help",
    );
    if let Ok(cluster) = context.cluster() {
        let target = cluster.reader().target();
        let selector = head_selector();
        // Nobody is asked to log in for an overview.
        if target.runs_plugin() {
            return Ok(exit::DONE);
        }
        let asked = cluster.reader().record_summaries(&target.namespace, &selector);
        if let Ok(Ok(records)) = tokio::time::timeout(PATIENCE, asked).await {
            let good: Vec<&RecordSummary> =
                records.iter().filter(|record| list_phase(&record.metadata).is_some()).collect();
            ui.print(&format!("\ncontext {}, namespace {}:", target.context, target.namespace));
            if good.is_empty() {
                ui.print("  no definitions yet");
            } else {
                ui.show(&super::list::listing(context, &good, false).table(false, true));
            }
        }
    }
    Ok(exit::DONE)
}
