//! P19: a hostile registry gains nothing: no login, no endless reading, no waiting, no terminal.
//! Each behaviour is one server that lies in one way; what the client does with it is compared with what is written here.

mod behaviours;
mod downgrade;
mod stub;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kubectl_ku8::registry::{Reference, Registry, RegistryError, Settings};

use behaviours::{Action, Behaviour, Wanted, World};
use stub::{Say, Stub};

/// The password that no bystander may hear and no message may hold.
const PASSWORD: &str = "canary-Hostile-4711";
const USER: &str = "ku8";
/// What one behaviour may cost.
const MOST_READ: u64 = 64 * 1024 * 1024;
/// What lies in the buffers of a connection that was cut was sent, and not read.
const IN_FLIGHT: u64 = 16 * 1024 * 1024;
const DEADLINE: Duration = Duration::from_secs(4);
const SILENCE: Duration = Duration::from_millis(700);
/// The machine may be busy; a wait without an end is longer than any of that.
const SLACK: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hostile_registry_gains_nothing() {
    let all = behaviours::all();
    let count = all.len();
    assert!(count >= 40, "only {count} behaviours");
    let mut failed = Vec::new();
    // A few at a time: each waits most of its time.
    let mut running = tokio::task::JoinSet::new();
    for behaviour in all {
        if running.len() == 8 {
            failed.extend(running.join_next().await.unwrap().unwrap());
        }
        running.spawn(async move { meet(&behaviour).await.err().map(|why| format!("{}: {why}", behaviour.name)) });
    }
    while let Some(done) = running.join_next().await {
        failed.extend(done.unwrap());
    }
    println!("P19 registry: {count} behaviours, {} failed", failed.len());
    assert!(failed.is_empty(), "\n{}", failed.join("\n"));
}

/// Meets one behaviour; what it gained is the error.
async fn meet(behaviour: &Behaviour) -> Result<(), String> {
    let bystander = |_: &str| -> Arc<dyn Fn(&stub::Heard) -> Say + Send + Sync> {
        // It would take a login if one came.
        Arc::new(|heard| {
            if heard.target.contains("login") {
                Say::Full(401, vec![("WWW-Authenticate".into(), "Basic realm=\"x\"".into())], Vec::new())
            } else {
                Say::Full(
                    200,
                    vec![("Content-Type".into(), behaviours::MANIFEST.into())],
                    behaviours::COMPONENT.to_vec(),
                )
            }
        })
    };
    let other = Stub::start(bystander).await;
    let third = Stub::start(bystander).await;
    let act = behaviour.act.clone();
    let (one, two) = (other.host.clone(), third.host.clone());
    let registry = Stub::start(|host| {
        let world = World { host: host.to_owned(), other: one, third: two };
        Arc::new(move |heard| act(&world, heard))
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let logins = folder.path().join("config.json");
    let auth = "a3U4OmNhbmFyeS1Ib3N0aWxlLTQ3MTE=";
    std::fs::write(&logins, format!("{{\"auths\": {{\"{}\": {{\"auth\": \"{auth}\"}}}}}}", registry.host)).unwrap();
    let settings = Settings {
        // All but the third are plain, so that it is the place that is refused and not the missing TLS.
        plain_http: vec![registry.host.clone(), other.host.clone()],
        auth_files: vec![logins.clone()],
        deadline: DEADLINE,
        silence: SILENCE,
        connect: SILENCE,
        ..Settings::default()
    };
    let client = Registry::new(settings).unwrap();
    let reference = Reference::parse(&format!("oci://{}/acme/x:1.0.0", registry.host)).unwrap();
    let started = Instant::now();
    let result = tokio::time::timeout(Duration::from_mins(1), perform(behaviour.action, &client, &reference))
        .await
        .map_err(|_| "it hangs".to_owned())?;
    let took = started.elapsed();
    judge(&result, &behaviour.wanted)?;
    if took > DEADLINE + SLACK {
        return Err(format!("it took {took:?}"));
    }
    let secrets = [PASSWORD, auth, behaviours::TOKEN];
    for (name, bystander) in [("other", &other), ("third", &third)] {
        if let Some(heard) = bystander.heard().iter().find(|heard| heard.has_credential(&secrets)) {
            return Err(format!("the {name} host was sent a credential: {}", heard.target));
        }
        if behaviour.silent && !bystander.heard().is_empty() {
            return Err(format!("the {name} host was asked at all: {}", bystander.heard()[0].target));
        }
    }
    let sent = registry.sent() + other.sent() + third.sent();
    if sent > MOST_READ + IN_FLIGHT {
        return Err(format!("{} MiB were sent", sent / (1024 * 1024)));
    }
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().flatten().map(|entry| entry.path()).collect();
    if left != [Path::new(&logins)] {
        return Err(format!("files appeared: {left:?}"));
    }
    Ok(())
}

/// What a client may be asked for, told in one line.
async fn perform(action: Action, client: &Registry, reference: &Reference) -> Result<String, RegistryError> {
    match action {
        Action::Pull => {
            let resolved = client.resolve(reference).await?;
            let artifact = client.pull(&resolved, None).await?;
            assert_eq!(artifact.component, behaviours::COMPONENT, "other bytes than the digest's");
            Ok("pulled".into())
        }
        Action::Pinned => {
            let pinned = reference.with_digest(&behaviours::good().digest)?;
            let resolved = client.resolve(&pinned).await?;
            client.pull(&resolved, None).await.map(|_| "pulled".into())
        }
        Action::Push => {
            let annotations = BTreeMap::from([("org.opencontainers.image.title".to_owned(), "x".to_owned())]);
            client.push(reference, behaviours::COMPONENT, &annotations, None).await.map(|_| "pushed".into())
        }
        Action::Tags => client.tags(reference).await.map(|tags| format!("{} tags", tags.len())),
        Action::Signatures => {
            let found = client.signatures(reference, &behaviours::good().digest).await?;
            Ok(format!("{} signatures", found.len()))
        }
    }
}

fn judge(result: &Result<String, RegistryError>, wanted: &Wanted) -> Result<(), String> {
    let told = match result {
        Ok(done) => done.clone(),
        Err(error) => error.to_string(),
    };
    let steers = |letter: char| letter.is_control() || letter == '\u{202e}';
    if told.contains(PASSWORD) || told.contains(behaviours::TOKEN) || told.contains(steers) || told.len() > 2000 {
        return Err(format!("the message holds what it must not: {told:?}"));
    }
    match (result, wanted) {
        (Ok(_), Wanted::Done(words)) | (Err(_), Wanted::Error(words)) if told.contains(words) => Ok(()),
        (Ok(_), _) => Err(format!("it was taken: {told}; wanted {wanted:?}")),
        (Err(_), _) => Err(format!("another error: {told}; wanted {wanted:?}")),
    }
}

#[test]
fn the_login_in_the_file_is_the_canary() {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(format!("{USER}:{PASSWORD}"));
    assert_eq!(text, "a3U4OmNhbmFyeS1Ib3N0aWxlLTQ3MTE=");
}
