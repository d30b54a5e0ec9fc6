//! In which order writes run, and on which thread.
//!
//! Work is put into *lanes*. A lane runs one job after the other in the order they came; different lanes run side by
//! side on a fixed number of threads. A lane takes what has gathered in it as one batch, so that many small writes
//! share one durable commit (SQLite's lanes) or each have their own (PostgreSQL's).

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use super::{StoreError, Tx};

/// One write. It may be run more than once (a deadlock's victim runs again), and is told at last how the commit went.
pub(super) trait Job: Send {
    /// Runs inside a transaction; `false` means that what it wrote is to be undone.
    fn run(&mut self, tx: &mut dyn Tx) -> Result<bool, StoreError>;
    fn finish(self: Box<Self>, committed: Result<(), StoreError>);
}

/// Runs the batch of one lane in as few transactions as it likes, and finishes each job.
pub(super) trait Runner: Send + Sync {
    fn run(&self, batch: Vec<Box<dyn Job>>);
    fn batch_size(&self) -> usize;
}

pub(super) struct Lane {
    runner: Arc<dyn Runner>,
    state: Mutex<LaneState>,
}

#[derive(Default)]
struct LaneState {
    jobs: VecDeque<Box<dyn Job>>,
    /// In the pool's queue or on a thread just now.
    scheduled: bool,
}

impl Lane {
    pub fn new(runner: Arc<dyn Runner>) -> Arc<Self> {
        Arc::new(Self { runner, state: Mutex::default() })
    }

    pub fn waiting(&self) -> usize {
        lock(&self.state).jobs.len()
    }
}

/// The threads that all lanes share.
pub(super) struct Workers {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

#[derive(Default)]
struct Shared {
    ready: Mutex<Ready>,
    wake: Condvar,
}

#[derive(Default)]
struct Ready {
    lanes: VecDeque<Arc<Lane>>,
    stopping: bool,
}

impl Workers {
    /// `prepare` runs once on each thread before its first job.
    pub fn start(threads: usize, prepare: fn()) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let threads = (0..threads)
            .map(|number| {
                let shared = Arc::clone(&shared);
                std::thread::Builder::new().name(format!("lane-{number}")).spawn(move || {
                    prepare();
                    work(&shared);
                })
            })
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self { shared, threads: Mutex::new(threads) })
    }

    pub fn submit(&self, lane: &Arc<Lane>, job: Box<dyn Job>) {
        let mut state = lock(&lane.state);
        state.jobs.push_back(job);
        if !state.scheduled {
            state.scheduled = true;
            drop(state);
            self.shared.schedule(Arc::clone(lane));
        }
    }
}

/// Runs what is waiting, then ends the threads.
impl Drop for Workers {
    fn drop(&mut self) {
        lock(&self.shared.ready).stopping = true;
        self.shared.wake.notify_all();
        let own = std::thread::current().id();
        // The last to let go of the host may be a job whose caller went away: a thread cannot wait for itself.
        for thread in lock(&self.threads).drain(..).filter(|thread| thread.thread().id() != own) {
            // A lane's thread catches the panics of its jobs; its own end carries no news.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn schedule(&self, lane: Arc<Lane>) {
        lock(&self.ready).lanes.push_back(lane);
        self.wake.notify_one();
    }

    fn next(&self) -> Option<Arc<Lane>> {
        let mut ready = lock(&self.ready);
        loop {
            if let Some(lane) = ready.lanes.pop_front() {
                return Some(lane);
            }
            if ready.stopping {
                return None;
            }
            ready = self.wake.wait(ready).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn work(shared: &Shared) {
    while let Some(lane) = shared.next() {
        let batch: Vec<_> = {
            let mut state = lock(&lane.state);
            let size = state.jobs.len().min(lane.runner.batch_size());
            state.jobs.drain(..size).collect()
        };
        // Jobs guard themselves; should a runner panic all the same, its lane must not stay "scheduled" for ever.
        if catch_unwind(AssertUnwindSafe(|| lane.runner.run(batch))).is_err() {
            tracing::error!("a batch of writes panicked; its callers are told that nothing was kept");
        }
        let mut state = lock(&lane.state);
        if state.jobs.is_empty() {
            state.scheduled = false;
        } else {
            drop(state);
            shared.schedule(lane);
        }
    }
}

/// A poisoned lock only says that some thread panicked; the queues behind these locks are whole at every moment.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
