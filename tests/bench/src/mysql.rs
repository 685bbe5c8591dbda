//! One MySQL against the cluster: its plan, its first publication and a change, beside kubectl and helm.
//! Nothing here waits for pods: what is compared is the tools' own work.

use serde_json::Value;

use crate::Error;
use crate::measure::{Samples, Work, in_turn};
use crate::options::Options;
use crate::peers::{as_list, published_objects};
use crate::requests::count;
use crate::table::Table;
use crate::world::World;

const OURS: &str = "ours";
const HELM: &str = "helm";

/// Measures and adds the rows.
pub(crate) fn measure(world: &World, options: &Options, table: &mut Table) -> Result<(), Error> {
    plan(world, options, table)?;
    publish(world, options, table)?;
    change(world, options, table)
}

fn plan(world: &World, options: &Options, table: &mut Table) -> Result<(), Error> {
    let chart = world.path("chart");
    let chart = chart.display();
    Work::new(world.ours(OURS, "define orders -t mysql --set database=orders")).time()?;
    Work::new(world.ours(OURS, "publish orders --yes --wait-timeout 2m")).time()?;
    Work::new(world.helm(HELM, &format!("install orders {chart} --set database=orders"))).time()?;
    let mut objects = published_objects(world, OURS, "orders")?;
    change_my_cnf(&mut objects)?;
    let file = world.write("orders.json", &as_list(&objects))?;
    Work::new(world.ours(OURS, "define orders --set maxConnections=300")).time()?;
    let diff = format!("diff --server-side --force-conflicts --field-manager ku8 --filename {}", file.display());
    let upgrade = format!("upgrade orders {chart} --set database=orders --set maxConnections=300 --dry-run=server");
    let [ours, kubectl, helm] = in_turn(
        options.cluster_runs(),
        [
            &mut |_| Work::new(world.ours(OURS, "plan orders")).time(),
            &mut |_| Work::with_differences(world.kubectl(OURS, &diff)).time(),
            &mut |_| Work::new(world.helm(HELM, &upgrade)).time(),
        ],
    )?;
    table.times("plan", "plan one MySQL, one value changed", &ours, Some(("kubectl diff", &kubectl)));
    table.times("plan-helm", "the same", &ours, Some(("helm upgrade --dry-run=server", &helm)));
    let ours = count(world, "plan-ours", world.ours(OURS, "plan orders"), Work::new)?;
    let kubectl = count(world, "plan-kubectl", world.kubectl(OURS, &diff), Work::with_differences)?;
    table.value("plan-requests", "requests of the plan", ours, Some(("kubectl diff", kubectl)), "");
    Ok(())
}

/// Does to the files what `maxConnections=300` does to the definition.
fn change_my_cnf(objects: &mut [Value]) -> Result<(), Error> {
    let text = objects
        .iter_mut()
        .filter(|object| object["kind"] == "ConfigMap")
        .find_map(|object| object["data"].get_mut("my.cnf"))
        .ok_or("the published MySQL has no my.cnf")?;
    *text = text.as_str().unwrap_or_default().replace("max-connections=151", "max-connections=300").into();
    Ok(())
}

fn publish(world: &World, options: &Options, table: &mut Table) -> Result<(), Error> {
    let chart = world.path("chart");
    let mut define = Samples::default();
    let [ours, helm] = in_turn(
        options.cluster_runs() / 2,
        [
            &mut |run| {
                let words = format!("define db-{run} -t mysql --set database=orders");
                define.add(Work::new(world.ours(OURS, &words)).time()?);
                Work::new(world.ours(OURS, &format!("publish db-{run} --yes --no-wait"))).time()
            },
            &mut |run| {
                let words = format!("install db-{run} {} --set database=orders", chart.display());
                Work::new(world.helm(HELM, &words)).time()
            },
        ],
    )?;
    table.times("define", "define one MySQL", &define, None);
    table.times("publish", "publish one MySQL, no wait", &ours, Some(("helm install", &helm)));
    Work::new(world.ours(OURS, "define counted -t mysql --set database=orders")).time()?;
    let ours = count(world, "publish-ours", world.ours(OURS, "publish counted --yes --no-wait"), Work::new)?;
    let words = format!("install counted {} --set database=orders", chart.display());
    let helm = count(world, "publish-helm", world.helm(HELM, &words), Work::new)?;
    table.value("publish-requests", "requests of the publish", ours, Some(("helm install", helm)), "");
    Ok(())
}

fn change(world: &World, options: &Options, table: &mut Table) -> Result<(), Error> {
    let chart = world.path("chart");
    let [ours, helm] = in_turn(
        options.cluster_runs() / 2,
        [
            &mut |run| {
                let value = 400 + run;
                Work::new(world.ours(OURS, &format!("define db-0 --set maxConnections={value}"))).time()?;
                Work::new(world.ours(OURS, "publish db-0 --yes --no-wait")).time()
            },
            &mut |run| {
                let value = 400 + run;
                let set = format!("--set database=orders --set maxConnections={value}");
                Work::new(world.helm(HELM, &format!("upgrade db-0 {} {set}", chart.display()))).time()
            },
        ],
    )?;
    table.times("publish-change", "publish one changed value, no wait", &ours, Some(("helm upgrade", &helm)));
    Ok(())
}
