//! The fault proxy: plain HTTP towards the command, TLS towards the API server, and at a chosen request a fault.
//! It writes down every request it saw and what became of it, and ends with the value that holds it.

use std::io::{self, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::api::{Api, Secure};
use super::wire::{Message, Wire};

/// What happens to a request.
#[derive(Clone)]
pub(super) enum Fault {
    /// The connection breaks; the server never hears of it.
    Reset,
    /// The server does it; the connection breaks before the answer.
    DropReply,
    /// The server does it; somebody in between answers 504.
    GatewayTimeout,
    /// The server does it; half of the answer arrives, then the connection breaks.
    Truncate,
    /// The server does it twice; the second answer is passed on.
    Twice,
    /// Somebody in between answers; the server never hears of it. With a number of seconds in `Retry-After`, or none.
    Answer(u16, Option<u64>),
    /// The server does it; half of the answer arrives, then nothing, for ever.
    HangMidBody,
    /// The server does it; the answer comes at one byte a second.
    Drip,
    /// Nothing at all ever comes back, and the server never hears of it.
    BlackHole,
    /// It takes this much longer.
    Delay(Duration),
    /// Something else happens at this moment; when it says so, the request goes no further.
    Meanwhile(Moment, Arc<dyn Fn() -> Next + Send + Sync>),
}

/// A boundary of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// It was sent, and has not reached the server.
    Before,
    /// The server has answered, and the answer is still on its way.
    Carried,
    /// The answer was passed on.
    After,
}

/// What a request does after [`Fault::Meanwhile`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// As if nothing had been.
    GoOn,
    /// It ends there, and its connection with it.
    Break,
}

/// Which requests a fault is for.
#[derive(Clone)]
pub(super) struct Aim {
    /// Says whether a request counts.
    pub(super) counts: fn(&Seen) -> bool,
    /// The first one that is hit, from 1.
    pub(super) first: usize,
    /// How many are hit from there on.
    pub(super) times: usize,
}

impl Aim {
    /// The n-th request of all.
    pub(super) fn at(first: usize) -> Self {
        Self { counts: |_| true, first, times: 1 }
    }

    /// The n-th request that changes something.
    pub(super) fn write(first: usize) -> Self {
        Self { counts: Seen::writes, first, times: 1 }
    }

    /// Every request from the n-th on.
    pub(super) fn from(first: usize) -> Self {
        Self { times: usize::MAX, ..Self::at(first) }
    }
}

/// One request, as the proxy saw it.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: String,
    /// What the server answered; 0 when it was not asked, or did not answer.
    pub(super) status: u16,
    /// A fault was for it.
    pub(super) hit: bool,
}

impl Seen {
    /// Whether it could change what the server stores.
    pub(super) fn writes(&self) -> bool {
        self.method != "GET" && !self.query.contains("dryRun=All") && !self.path.ends_with("reviews")
    }

    /// Whether it is about a Lease.
    pub(super) fn is_lease(&self) -> bool {
        self.path.contains("/leases")
    }
}

#[derive(Default)]
struct Plan {
    fault: Option<(Aim, Fault)>,
    counted: usize,
    trace: Vec<Seen>,
}

/// A running proxy.
pub(super) struct Proxy {
    address: SocketAddr,
    plan: Arc<Mutex<Plan>>,
    ended: Arc<AtomicBool>,
    pub(super) kubeconfig: PathBuf,
}

impl Proxy {
    /// Stands in front of the server of a kubeconfig, as its user, and writes a kubeconfig that leads here.
    pub(super) fn start(kubeconfig: &Path, name: &str) -> Self {
        let api = Api::new(kubeconfig);
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        let text = std::fs::read_to_string(kubeconfig).expect("a kubeconfig");
        let mut config: Value = serde_json::from_str(&text).expect("JSON");
        config["clusters"][0]["cluster"] = json!({"server": format!("http://{address}")});
        config["users"][0]["user"] = json!({});
        let path = kubeconfig.with_extension(format!("{name}.proxy"));
        std::fs::write(&path, config.to_string()).expect("a file");
        let (plan, ended) = (Arc::<Mutex<Plan>>::default(), Arc::<AtomicBool>::default());
        let (planned, over) = (Arc::clone(&plan), Arc::clone(&ended));
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                let (api, planned) = (api.clone(), Arc::clone(&planned));
                thread::spawn(move || {
                    let Ok(other) = client.try_clone() else { return };
                    // A connection that ends early is what this is for.
                    let _ = serve(client, &api, &planned);
                    let _ = other.shutdown(Shutdown::Both);
                });
            }
        });
        Self { address, plan, ended, kubeconfig: path }
    }

    /// From now on, counted anew, this fault hits these requests.
    pub(super) fn set(&self, aim: Aim, fault: Fault) {
        *self.plan.lock().expect("no thread panics") = Plan { fault: Some((aim, fault)), ..Plan::default() };
    }

    /// From now on everything passes; returns what passed since the last change.
    pub(super) fn clear(&self) -> Vec<Seen> {
        std::mem::take(&mut *self.plan.lock().expect("no thread panics")).trace
    }

    /// What was seen since the last change.
    pub(super) fn trace(&self) -> Vec<Seen> {
        self.plan.lock().expect("no thread panics").trace.clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        // Wakes the listener, which then ends.
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(client: TcpStream, api: &Api, plan: &Mutex<Plan>) -> io::Result<()> {
    client.set_nodelay(true)?;
    let mut client = Wire::new(client);
    let mut server: Option<Secure> = None;
    while let Some(request) = client.message()? {
        let (number, fault) = note(plan, &request);
        let answered = |status: u16| {
            if let Some(seen) = plan.lock().expect("no thread panics").trace.get_mut(number) {
                seen.status = status;
            }
        };
        if !pass(&request, fault.as_ref(), &mut client, &mut server, api, &answered)? {
            return Ok(());
        }
    }
    Ok(())
}

/// Writes a request down and says whether it is hit.
fn note(plan: &Mutex<Plan>, request: &Message) -> (usize, Option<Fault>) {
    let words = request.words();
    let (path, query) = words[1].split_once('?').unwrap_or((words[1], ""));
    let mut seen = Seen { method: words[0].into(), path: path.into(), query: query.into(), status: 0, hit: false };
    let mut plan = plan.lock().expect("no thread panics");
    let counts = plan.fault.as_ref().is_some_and(|(aim, _)| (aim.counts)(&seen));
    plan.counted += usize::from(counts);
    let counted = plan.counted;
    let hit = plan.fault.as_ref();
    let hit = hit.filter(|(aim, _)| counts && counted >= aim.first && counted - aim.first < aim.times);
    let fault = hit.map(|(_, fault)| fault.clone());
    seen.hit = fault.is_some();
    plan.trace.push(seen);
    (plan.trace.len() - 1, fault)
}

/// Carries one request through; `false` ends the connection.
fn pass(
    request: &Message,
    fault: Option<&Fault>,
    client: &mut Wire<TcpStream>,
    server: &mut Option<Secure>,
    api: &Api,
    answered: &dyn Fn(u16),
) -> io::Result<bool> {
    let at = |moment: Moment| match fault {
        Some(Fault::Meanwhile(when, what)) if *when == moment => what(),
        _ => Next::GoOn,
    };
    match fault {
        Some(Fault::Reset) => return Ok(false),
        Some(Fault::BlackHole) => return silence(client),
        Some(Fault::Delay(time)) => thread::sleep(*time),
        Some(Fault::Answer(code, wish)) => {
            client.send(&made_up(*code, *wish))?;
            return Ok(true);
        }
        _ => {}
    }
    if at(Moment::Before) == Next::Break {
        return Ok(false);
    }
    if request.words()[1].contains("watch=") {
        return match fault {
            None | Some(Fault::Meanwhile(..) | Fault::Delay(_)) => stream(request, client, api, &at),
            _ => silence(client),
        };
    }
    let mut reply = ask(request, server, api)?;
    if matches!(fault, Some(Fault::Twice)) {
        reply = ask(request, server, api)?;
    }
    answered(reply.status());
    if at(Moment::Carried) == Next::Break {
        return Ok(false);
    }
    let bytes = reply.bytes();
    // Somewhere in the body, if there is one.
    let half = reply.head.len() + reply.body.len() / 2;
    match fault {
        Some(Fault::DropReply) => return Ok(false),
        Some(Fault::GatewayTimeout) => client.send(&made_up(504, None))?,
        Some(Fault::Truncate) => {
            client.send(&bytes[..half])?;
            return Ok(false);
        }
        Some(Fault::HangMidBody) => {
            client.send(&bytes[..half])?;
            return silence(client);
        }
        Some(Fault::Drip) => {
            for byte in bytes {
                client.send(&[byte])?;
                thread::sleep(Duration::from_secs(1));
            }
        }
        _ => client.send(&bytes)?,
    }
    Ok(at(Moment::After) == Next::GoOn)
}

fn ask(request: &Message, server: &mut Option<Secure>, api: &Api) -> io::Result<Message> {
    // An idle connection may have been closed by the server; what it never took is sent again on a new one.
    for fresh in [server.is_none(), true] {
        if fresh {
            *server = Some(api.connect()?);
        }
        let wire = server.as_mut().expect("just connected");
        let reply = wire.send(&request.bytes()).and_then(|()| wire.message());
        match reply {
            Ok(Some(reply)) => return Ok(reply),
            Ok(None) if !fresh => {}
            Ok(None) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Err(error) if fresh => return Err(error),
            Err(_) => {}
        }
    }
    Err(io::ErrorKind::UnexpectedEof.into())
}

/// A reply without an end is passed on as it comes; its boundaries are around the first of it.
fn stream(request: &Message, client: &mut Wire<TcpStream>, api: &Api, at: &dyn Fn(Moment) -> Next) -> io::Result<bool> {
    let mut server = api.connect()?;
    server.send(&request.bytes())?;
    let mut first = true;
    loop {
        let bytes = server.some()?;
        if bytes.is_empty() || first && at(Moment::Carried) == Next::Break {
            return Ok(false);
        }
        client.send(&bytes)?;
        if first && at(Moment::After) == Next::Break {
            return Ok(false);
        }
        first = false;
    }
}

/// Says nothing more until the other side gives up.
fn silence(client: &mut Wire<TcpStream>) -> io::Result<bool> {
    while !client.some()?.is_empty() {}
    Ok(false)
}

/// A reply as the API server or a load balancer in front of it makes them when it does not do what was asked.
fn made_up(code: u16, wish: Option<u64>) -> Vec<u8> {
    let (content, body) = match code {
        500 => (
            "application/json",
            json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "InternalError", "code": 500,
                   "message": "Internal error occurred: made up by the fault proxy"})
            .to_string(),
        ),
        _ => ("text/plain", format!("{code}, says the fault proxy\n")),
    };
    let mut reply = Vec::new();
    let wish = wish.map(|seconds| format!("retry-after: {seconds}\r\n")).unwrap_or_default();
    write!(
        reply,
        "HTTP/1.1 {code} Fault\r\ncontent-type: {content}\r\n{wish}content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .expect("memory");
    reply
}
