//! The client of one command and the credential in it, renewed before it expires and when it is refused.
//! It never sends a request itself, and asks for a credential once however many requests wait for it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;

use super::connect::Link;
use super::exec_credential::Issued;
use super::exec_plugin::Failure;
use super::lock::Clock;
use super::login::{Authorization, Credential, Proof, read_token};
use super::transport::connect;
use super::wire::root_cause;
use super::{ClusterError, Target};

/// A credential is renewed this long before it expires.
const MARGIN: jiff::SignedDuration = jiff::SignedDuration::from_secs(60);
/// A token file is read again after this.
const FILE: jiff::SignedDuration = jiff::SignedDuration::from_secs(50);

/// The client, made at the first request.
pub(super) struct Session {
    link: Arc<Link>,
    timeout: Duration,
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    live: Option<Live>,
    /// What failed once fails for the requests that waited, too.
    failed: Option<Failure>,
    made: u64,
}

struct Live {
    lent: Arc<Lent>,
    authorization: Authorization,
    renew_at: Option<jiff::Timestamp>,
}

/// A client, and which one it is.
pub(super) struct Lent {
    pub(super) client: kube::Client,
    number: u64,
}

impl Session {
    pub(super) fn new(target: &Target) -> Self {
        Self {
            link: Arc::clone(&target.link),
            timeout: target.request_timeout,
            clock: target.clock,
            state: Mutex::default(),
        }
    }

    pub(super) fn link(&self) -> &Link {
        &self.link
    }

    /// The client, with a credential that is good for another minute.
    ///
    /// # Errors
    /// When there is no credential, or certificates cannot be used.
    pub(super) async fn client(&self) -> Result<Arc<Lent>, ClusterError> {
        let mut state = self.state.lock().await;
        let due = |live: &Live| live.renew_at.is_some_and(|at| at <= (self.clock)());
        if state.live.as_ref().is_none_or(due) {
            // Boxed: every request's future would hold a whole plugin's.
            Box::pin(self.renew(&mut state)).await?;
        }
        lend(&state)
    }

    /// After a refusal: another client with another credential, or `None` if there is none to be had.
    ///
    /// # Errors
    /// As [`Session::client`].
    pub(super) async fn other_than(&self, refused: &Lent) -> Result<Option<Arc<Lent>>, ClusterError> {
        if matches!(self.link.login.proof, Proof::Fixed(_)) {
            return Ok(None);
        }
        let mut state = self.state.lock().await;
        // Somebody else was refused as well, and has asked already.
        if state.live.as_ref().is_some_and(|live| live.lent.number == refused.number) {
            let number = refused.number;
            Box::pin(self.renew(&mut state)).await?;
            if state.live.as_ref().is_some_and(|live| live.lent.number == number) {
                return Ok(None);
            }
        }
        lend(&state).map(Some)
    }

    async fn renew(&self, state: &mut State) -> Result<(), ClusterError> {
        let login = &self.link.login;
        if let Some(failure) = &state.failed {
            return Err(self.refused(failure));
        }
        let now = (self.clock)();
        let (credential, renew_at) = match &login.proof {
            Proof::Fixed(credential) => (credential.clone(), None),
            Proof::TokenFile { path, certificate } => {
                let renew_at = now.checked_add(FILE).ok();
                match (read_token(path), &mut state.live) {
                    // The last token may still be good: files are written anew at any moment.
                    (Err(_), Some(live)) => {
                        live.renew_at = renew_at;
                        return Ok(());
                    }
                    (Err(reason), None) => {
                        let next = login.again();
                        return Err(self.refused(&Failure { reason, next }));
                    }
                    (Ok(token), Some(live)) if live.authorization == Authorization::Bearer(token.clone()) => {
                        live.renew_at = renew_at;
                        return Ok(());
                    }
                    (Ok(token), _) => {
                        let authorization = Authorization::Bearer(token);
                        (Credential { authorization, certificate: certificate.clone() }, renew_at)
                    }
                }
            }
            Proof::Plugin(plugin) => match plugin.run().await {
                Ok(issued) => {
                    let renew_at = issued.expires.map(|expires| renewal((self.clock)(), expires));
                    (of(issued), renew_at)
                }
                Err(failure) => {
                    state.failed = Some(failure.clone());
                    return Err(self.refused(&failure));
                }
            },
        };
        let client = connect(&self.link, &credential, self.timeout)
            .map_err(|error| ClusterError::Kubeconfig(format!("user `{}`: {}", login.user, root_cause(&error))))?;
        state.made += 1;
        let lent = Arc::new(Lent { client, number: state.made });
        state.live = Some(Live { lent, authorization: credential.authorization, renew_at });
        Ok(())
    }

    fn refused(&self, failure: &Failure) -> ClusterError {
        ClusterError::Credentials {
            user: self.link.login.user.clone(),
            reason: failure.reason.clone(),
            next: Some(failure.next.clone()),
        }
    }
}

fn lend(state: &State) -> Result<Arc<Lent>, ClusterError> {
    let live = state.live.as_ref().ok_or_else(|| ClusterError::Kubeconfig("there is no client".into()))?;
    Ok(Arc::clone(&live.lent))
}

fn of(issued: Issued) -> Credential {
    let authorization = issued.token.map_or(Authorization::None, Authorization::Bearer);
    Credential { authorization, certificate: issued.certificate }
}

/// A minute before it expires; one that lives shorter is used for half of its life, and not asked for without end.
fn renewal(now: jiff::Timestamp, expires: jiff::Timestamp) -> jiff::Timestamp {
    let life = expires.duration_since(now);
    let half = life.checked_div(2).unwrap_or(life);
    now.checked_add((life - MARGIN).max(half).max(jiff::SignedDuration::ZERO)).unwrap_or(expires)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_renewed_a_minute_before_it_expires() {
        let now: jiff::Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
        let after = |seconds: i64| {
            let expires = now.checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap();
            renewal(now, expires).duration_since(now).as_secs()
        };
        assert_eq!(after(3600), 3540);
        assert_eq!(after(90), 45, "a short one is not asked for at every request");
        assert_eq!(after(20), 10);
        assert_eq!(after(-5), 0);
    }
}
