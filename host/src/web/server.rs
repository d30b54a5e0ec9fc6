//! A listening server: from bind to the last reply of a graceful stop.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;

use super::router::{Front, router};
use crate::app::{AppError, blocking};

#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("cannot listen on {address}: {error}; is another server there?")]
    Listen { address: SocketAddr, error: std::io::Error },
    #[error("the server stopped: {0}")]
    Stopped(std::io::Error),
}

/// How often silent debtors are looked for.
const TICK: Duration = Duration::from_secs(1);
/// How often databases that nobody uses are closed.
const SWEEP: Duration = Duration::from_secs(60);
/// How long the turns in flight may take once the server is told to stop.
const GRACE: Duration = Duration::from_secs(20);

/// Serves until `stop` is done, then finishes the turns in flight. `ready` is told the address once it listens.
///
/// # Errors
/// [`ServeError`].
pub async fn serve(
    front: Front,
    address: SocketAddr,
    ready: impl FnOnce(SocketAddr),
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let failed = |error| ServeError::Listen { address, error };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    ready(listener.local_addr().map_err(failed)?);
    let timers = tokio::spawn(timers(front.clone()));
    let app: Router = router(front);
    let (stopping, stopped) = tokio::sync::oneshot::channel::<()>();
    let stop = async move {
        stop.await;
        // The receiver waits as long as the server runs.
        let _ = stopping.send(());
    };
    let server = async move { axum::serve(listener, app).with_graceful_shutdown(stop).await };
    let deadline = async move {
        let _ = stopped.await;
        tokio::time::sleep(GRACE).await;
    };
    let result = tokio::select! {
        result = server => result.map_err(ServeError::Stopped),
        () = deadline => {
            tracing::warn!("connections were still open {GRACE:?} after the stop; they are dropped");
            Ok(())
        }
    };
    timers.abort();
    result
}

async fn timers(front: Front) {
    let mut tick = tokio::time::interval(TICK);
    let mut since_sweep = Duration::ZERO;
    loop {
        tick.tick().await;
        let app = std::sync::Arc::clone(&front.app);
        if let Err(error) = blocking(move || app.tick()).await {
            tracing::error!(%error, "the timers could not run");
        }
        since_sweep += TICK;
        if since_sweep >= SWEEP {
            since_sweep = Duration::ZERO;
            let app = std::sync::Arc::clone(&front.app);
            // Closing files waits for the disk.
            if let Err(error) = blocking(move || {
                app.close_idle();
                Ok::<_, AppError>(())
            })
            .await
            {
                tracing::error!(%error, "databases that nobody uses could not be closed");
            }
        }
    }
}
