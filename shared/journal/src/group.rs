//! Group commit: many submitters, one thread, one sync for all that came together.
//!
//! It owns a bounded queue and the thread that empties it. It promises that every item it took is handed to the
//! handler exactly once and in order, also while it is being closed, and that a full queue refuses at once instead of
//! waiting. It does not know what an item is, what the handler does with a group, or what a journal is.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Bounds of the queue and of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupOptions {
    /// Items that may wait; the next one is refused. Times the size of an item, this bounds the memory of the queue.
    pub capacity: usize,
    /// Items of one group at most.
    pub max_items: usize,
    /// How long the first item of a group waits for others at most.
    pub max_wait: Duration,
}

impl Default for GroupOptions {
    /// Groups of at most 4,096 items or 5 ms, and room for one group more while one is being synced.
    fn default() -> Self {
        Self {
            capacity: 4_096,
            max_items: 4_096,
            max_wait: Duration::from_millis(5),
        }
    }
}

/// Why an item was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// The queue is full: the caller is faster than the disk and should ask again later.
    #[error("очередь записи заполнена")]
    Full,
    /// The handler is gone; nothing will be written any more.
    #[error("очередь записи закрыта")]
    Closed,
}

/// The queue and its thread. Dropping it closes the queue and waits until the handler has had everything.
#[derive(Debug)]
pub struct Committer<T> {
    /// None once closed: the thread ends when the last sender is gone and the queue is empty.
    queue: Option<SyncSender<T>>,
    thread: Option<JoinHandle<()>>,
}

impl<T: Send + 'static> Committer<T> {
    /// Starts the thread, named `name`, that hands groups to `handler`. Fails only if the system gives no thread.
    pub fn spawn(
        name: &str,
        options: GroupOptions,
        mut handler: impl FnMut(Vec<T>) + Send + 'static,
    ) -> io::Result<Self> {
        let (queue, items) = sync_channel(options.capacity);
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || {
            while let Some(group) = next_group(&items, options) {
                handler(group);
            }
        })?;
        Ok(Self {
            queue: Some(queue),
            thread: Some(thread),
        })
    }
}

impl<T> Committer<T> {
    /// Queues one item, or refuses it at once. Taken means queued, not written: the handler answers for that.
    pub fn submit(&self, item: T) -> Result<(), SubmitError> {
        let queue = self.queue.as_ref().ok_or(SubmitError::Closed)?;
        queue.try_send(item).map_err(|error| match error {
            TrySendError::Full(_) => SubmitError::Full,
            TrySendError::Disconnected(_) => SubmitError::Closed,
        })
    }

    /// Refuses further items and waits until the handler has had all that were taken.
    ///
    /// Says [`SubmitError::Closed`] if the handler panicked before that.
    pub fn close(mut self) -> Result<(), SubmitError> {
        self.finish()
    }

    fn finish(&mut self) -> Result<(), SubmitError> {
        self.queue = None;
        match self.thread.take().map(JoinHandle::join) {
            Some(Err(_)) => Err(SubmitError::Closed),
            Some(Ok(())) | None => Ok(()),
        }
    }
}

impl<T> Drop for Committer<T> {
    fn drop(&mut self) {
        if self.finish().is_err() {
            tracing::error!("the group commit handler panicked; queued items were not written");
        }
    }
}

/// Waits for the first item, then takes what comes until the group is full, the wait is over or the queue is closed.
/// None when the queue is closed and empty.
fn next_group<T>(items: &Receiver<T>, options: GroupOptions) -> Option<Vec<T>> {
    let mut group = vec![items.recv().ok()?];
    let deadline = Instant::now() + options.max_wait;
    while group.len() < options.max_items {
        match items.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(item) => group.push(item),
            Err(_) => break,
        }
    }
    Some(group)
}
