//! The tasks of a process in one hand: each has a name, the failure of any stops them all and is reported, and
//! nothing outlives the owner.
//!
//! A task that ends well before the stop is simply done; a loop that must not end says so with an error of its own.

use std::collections::HashMap;
use std::error::Error;
use std::time::Duration;

use tokio::task::{Id, JoinError, JoinSet};
use tracing::{error, warn};

use crate::shutdown::Shutdown;

/// Any error a task may end with.
pub type TaskError = Box<dyn Error + Send + Sync>;

/// The owner of the process's tasks. Dropping it aborts them.
#[derive(Debug)]
pub struct Tasks {
    set: JoinSet<Result<(), TaskError>>,
    names: HashMap<Id, String>,
    shutdown: Shutdown,
    failure: Option<TaskFailure>,
}

/// What went wrong with the tasks.
#[derive(Debug, thiserror::Error)]
pub enum TaskFailure {
    /// A task ended with an error.
    #[error("задача «{name}» завершилась с ошибкой: {source}")]
    Failed {
        /// The task.
        name: String,
        /// Its error.
        source: TaskError,
    },
    /// A task panicked.
    #[error("задача «{name}» аварийно прервана")]
    Panicked {
        /// The task.
        name: String,
    },
    /// Tasks did not stop in the time given and were cut off.
    #[error("задачи не остановились за {} с: {}", waited.as_secs(), names.join(", "))]
    Stuck {
        /// Those tasks, in alphabetical order.
        names: Vec<String>,
        /// The time given.
        waited: Duration,
    },
}

impl Tasks {
    /// No tasks yet; the first failure will trigger `shutdown`.
    pub fn new(shutdown: Shutdown) -> Self {
        Self {
            set: JoinSet::new(),
            names: HashMap::new(),
            shutdown,
            failure: None,
        }
    }

    /// Starts a task. Its error or panic triggers the shutdown at once, whether or not anybody is watching.
    pub fn spawn<F, E>(&mut self, name: impl Into<String>, task: F)
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<TaskError>,
    {
        let alarm = Alarm(Some(self.shutdown.clone()));
        let handle = self.set.spawn(async move {
            let mut alarm = alarm;
            let result = task.await.map_err(Into::into);
            if result.is_ok() {
                alarm.0 = None;
            }
            result
        });
        self.names.insert(handle.id(), name.into());
    }

    /// Waits until the shutdown is triggered, by a signal or by a failed task.
    pub async fn watch(&mut self) {
        let shutdown = self.shutdown.clone();
        loop {
            tokio::select! {
                () = shutdown.wait() => return,
                Some(ended) = self.set.join_next_with_id() => self.note(ended),
            }
        }
    }

    /// Triggers the shutdown, waits up to `timeout` for every task, and cuts off the rest. The first failure of the
    /// whole life is the answer; tasks that had to be cut off are one when there was none before.
    pub async fn drain(mut self, timeout: Duration) -> Result<(), TaskFailure> {
        self.shutdown.trigger();
        let all = async {
            while let Some(ended) = self.set.join_next_with_id().await {
                self.note(ended);
            }
        };
        if tokio::time::timeout(timeout, all).await.is_err() {
            let mut names: Vec<_> = self.names.values().cloned().collect();
            names.sort();
            warn!(tasks = ?names, "tasks did not stop in time");
            self.failure
                .get_or_insert(TaskFailure::Stuck { names, waited: timeout });
        }
        self.set.shutdown().await;
        self.failure.map_or(Ok(()), Err)
    }

    fn note(&mut self, ended: Result<(Id, Result<(), TaskError>), JoinError>) {
        let id = ended.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
        let name = self.names.remove(&id).unwrap_or_default();
        let failure = match ended {
            Ok((_, Ok(()))) => return,
            Ok((_, Err(source))) => TaskFailure::Failed { name, source },
            Err(_) => TaskFailure::Panicked { name },
        };
        error!(error = %failure, "task failed");
        self.failure.get_or_insert(failure);
    }
}

/// Triggers the shutdown when a task is dropped before it ended well.
struct Alarm(Option<Shutdown>);

impl Drop for Alarm {
    fn drop(&mut self) {
        if let Some(shutdown) = &self.0 {
            shutdown.trigger();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::io;

    use super::*;

    fn failed(outcome: Result<(), TaskFailure>) -> String {
        outcome.expect_err("the tasks failed").to_string()
    }

    #[tokio::test]
    async fn a_failed_task_stops_the_others_and_is_named() {
        let shutdown = Shutdown::new();
        let mut tasks = Tasks::new(shutdown.clone());
        let waiting = shutdown.clone();
        tasks.spawn("loop", async move {
            waiting.wait().await;
            Ok::<_, Infallible>(())
        });
        tasks.spawn("uplink", async { Err(io::Error::other("нет места")) });
        tasks.watch().await;
        assert_eq!(
            failed(tasks.drain(Duration::from_secs(5)).await),
            "задача «uplink» завершилась с ошибкой: нет места"
        );
    }

    #[tokio::test]
    async fn a_panic_stops_the_others_though_nobody_watches() {
        let shutdown = Shutdown::new();
        let mut tasks = Tasks::new(shutdown.clone());
        tasks.spawn::<_, Infallible>("sealer", async { panic!("expected in this test") });
        shutdown.wait().await;
        assert_eq!(
            failed(tasks.drain(Duration::from_secs(5)).await),
            "задача «sealer» аварийно прервана"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_will_not_stop_is_cut_off_and_named() {
        let mut tasks = Tasks::new(Shutdown::new());
        tasks.spawn("done", async { Ok::<_, Infallible>(()) });
        tasks.spawn("deaf", std::future::pending::<Result<(), Infallible>>());
        assert_eq!(
            failed(tasks.drain(Duration::from_secs(9)).await),
            "задачи не остановились за 9 с: deaf"
        );
    }

    #[tokio::test]
    async fn tasks_that_end_well_are_no_failure() {
        let shutdown = Shutdown::new();
        let mut tasks = Tasks::new(shutdown.clone());
        tasks.spawn("once", async { Ok::<_, Infallible>(()) });
        tasks.drain(Duration::from_secs(5)).await.unwrap();
        assert!(shutdown.is_triggered());
    }
}
