//! `serve` and `demo`: a server until it is told to stop.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};

use super::Place;
use super::client::{DOOR, Door};
use crate::app::{App, Settings};
use crate::clock::SystemClock;
use crate::demo::Demo;
use crate::tenant::{Secret, hash_of};
use crate::web::{Front, serve};

/// Serves until SIGINT or SIGTERM; with `demo` the folder of the built modules of the demo's tenants.
pub(super) fn run(place: &Place, listen: SocketAddr, demo: Option<PathBuf>) -> Result<()> {
    let settings = Settings { database_url: place.database_url.clone(), ..Settings::new(&place.data) };
    let app = Arc::new(App::open(&settings, Arc::new(SystemClock))?);
    let demo = demo.map(|rules| Demo::set_up(&app, &rules)).transpose()?;
    let secret = Secret::new("")?;
    let is_demo = demo.is_some();
    // The last reference goes after the runtime, on this thread: connections to PostgreSQL wait while they close, which
    // a thread of the runtime may not.
    let front = Front { app: Arc::clone(&app), demo: demo.map(Arc::new), operator: hash_of(secret.reveal()).into() };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let door = place.data.join(DOOR);
    let result = runtime.block_on(async {
        let stop = stopped()?;
        let announce = |address: SocketAddr| {
            let written = write_door(&door, address, &secret);
            if let Err(error) = written {
                tracing::warn!(%error, "commands on this machine will not find the server");
            }
            if is_demo {
                println!("The demo is ready: http://{address}/phone");
                println!(
                    "Two tenants, two rule modules. Stop it with Ctrl-C; what you did stays in {}.",
                    place.data.display()
                );
            } else {
                println!("Listening on http://{address}");
            }
        };
        serve(front, listen, announce, stop).await.map_err(anyhow::Error::from)
    });
    // A file that is left behind would only be stale: the lock on the folder says whether a server lives.
    let _ = fs::remove_file(&door);
    result
}

fn stopped() -> Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping: the turns in flight are finished first");
    })
}

fn write_door(path: &Path, address: SocketAddr, secret: &Secret) -> Result<()> {
    // A server that listens everywhere is reached on loopback from here.
    let reached =
        if address.ip().is_unspecified() { SocketAddr::from(([127, 0, 0, 1], address.port())) } else { address };
    let door = Door { address: reached.to_string(), secret: secret.reveal().to_owned(), pid: std::process::id() };
    let _ = fs::remove_file(path);
    let file = fs::File::options().create_new(true).write(true).mode(0o600).open(path);
    let file = file.with_context(|| path.display().to_string())?;
    Ok(serde_json::to_writer(file, &door)?)
}
