//! The caller's end of a write: a job with its result, and the wait for it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::sync::oneshot;

use super::lane::Job;
use super::{StoreError, Tx};

/// A write that was handed in. Its result arrives after the commit, never before. Dropping it does not undo the write.
pub struct Pending<T, E>(oneshot::Receiver<Result<T, E>>);

impl<T, E: From<StoreError>> Pending<T, E> {
    /// Waits on this thread; not for use on an async one.
    pub fn wait(self) -> Result<T, E> {
        self.0.blocking_recv().unwrap_or_else(|_| Err(lost()))
    }

    pub async fn done(self) -> Result<T, E> {
        self.0.await.unwrap_or_else(|_| Err(lost()))
    }
}

fn lost<E: From<StoreError>>() -> E {
    StoreError::Unavailable("the write was given up before it was committed".into()).into()
}

pub(super) fn job<T, E, F>(work: F) -> (Box<dyn Job>, Pending<T, E>)
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
    F: FnMut(&mut dyn Tx) -> Result<T, E> + Send + 'static,
{
    let (sender, receiver) = oneshot::channel();
    (Box::new(Work { work, result: None, sender }), Pending(receiver))
}

struct Work<T, E, F> {
    work: F,
    result: Option<Result<T, E>>,
    sender: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Job for Work<T, E, F>
where
    T: Send,
    E: From<StoreError> + Send,
    F: FnMut(&mut dyn Tx) -> Result<T, E> + Send,
{
    fn run(&mut self, tx: &mut dyn Tx) -> Result<bool, StoreError> {
        let result = catch_unwind(AssertUnwindSafe(|| (self.work)(tx))).unwrap_or_else(|_| {
            tracing::error!("a write panicked; it was undone");
            Err(StoreError::Unavailable("an error inside the host; nothing was changed".into()).into())
        });
        let keep = result.is_ok();
        self.result = Some(result);
        Ok(keep)
    }

    fn finish(self: Box<Self>, committed: Result<(), StoreError>) {
        let Self { work, result, sender } = *self;
        // What the work held is let go before anybody hears of its end: it may hold the host itself.
        drop(work);
        let result = match (committed, result) {
            (_, Some(Err(error))) => Err(error),
            (Err(error), _) => Err(error.into()),
            (Ok(()), Some(ok)) => ok,
            (Ok(()), None) => Err(lost()),
        };
        // A caller that went away has no use for the answer; the write stands.
        let _ = sender.send(result);
    }
}
