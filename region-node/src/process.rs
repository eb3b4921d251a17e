//! The node at work: the listeners, the loops, and what the failure of each means.
//!
//! Every loop knows *when*; *what* is a step of [`Node`]. A loop that cannot go on ends with an error, which stops the
//! whole process: it starts again by the way of recovery. Knows no command line.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use federation::{MESSAGE_BYTES, held};
use ledger::LedgerError;
use runtime::accept::{Door, Limits, serve};
use runtime::health::{self, Health};
use runtime::listener::Listener;
use runtime::traced::traced;
use runtime::{Shutdown, Tasks};
use tonic::service::Routes;
use tracing::{error, warn};
use wire::pb::correction_service_server::CorrectionServiceServer;
use wire::pb::ingest_service_server::IngestServiceServer;
use wire::pb::intake_service_server::IntakeServiceServer;
use wire::pb::members_service_server::MembersServiceServer;
use wire::pb::parent_service_server::ParentServiceServer;
use wire::pb::process_service_server::ProcessServiceServer;
use wire::pb::report_service_server::ReportServiceServer;

use crate::admin::Admin;
use crate::aggregate::{AggregateError, Mode};
use crate::door::{DoorError, IngestDoor};
use crate::intake::IntakeError;
use crate::members::MembersAdmin;
use crate::node::Node;
use crate::reports::Reports;
use crate::service::IngestGrpc;

/// Full name of the ingest service in health answers.
const INGEST: &str = "svodka.v1.IngestService";
/// Codes of failures that leave everything as it is: making room mends one, the parent's answer the other.
const WAITS: [&str; 2] = ["DISK_FULL", "RESTORE_PENDING"];
/// Between looks at the listener's own certificate, which is renewed ten days after it was made.
const CERTIFICATE_LOOK: Duration = Duration::from_hours(1);
/// Between looks at whether the storage still takes what comes: a node that is up and takes nothing looks healthy.
const STORAGE_LOOK: Duration = Duration::from_secs(5);

/// Why the node cannot begin to work.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The ingest listener's certificate.
    #[error(transparent)]
    Door(#[from] DoorError),
    /// The admin socket.
    #[error("управляющий сокет: {0}")]
    Admin(#[from] io::Error),
}

impl Node {
    /// The services of the admin socket.
    pub fn admin_router(self: &Arc<Self>) -> Router {
        let admin = Admin(Arc::clone(self));
        let members = MembersAdmin(Arc::clone(self));
        Routes::new(ProcessServiceServer::new(admin.clone()))
            .add_service(ParentServiceServer::new(members.clone()))
            .add_service(MembersServiceServer::new(members))
            .add_service(IntakeServiceServer::new(admin.clone()))
            .add_service(CorrectionServiceServer::new(admin))
            .add_service(IngestServiceServer::new(self.ingest()))
            .add_service(ReportServiceServer::new(Reports(Arc::clone(self))))
            .into_axum_router()
            .layer(axum::middleware::from_fn(traced))
    }

    fn ingest(&self) -> IngestGrpc {
        IngestGrpc::new(Arc::clone(&self.intake), self.name.clone(), self.sources.clone())
    }

    /// The door of the listener.
    pub fn door(&self) -> Result<IngestDoor, DoorError> {
        let (name, hosts) = (self.name.clone(), self.config.certificate_hosts());
        IngestDoor::new(&self.identity.authority, name, hosts, Arc::clone(&self.clock))
    }

    /// What stands behind the door: ingest for sources, and the end for members below.
    pub fn doorway(&self, routes: Routes) -> Router {
        // The listener has its own bound on messages, and refuses with a reason.
        let ingest = IngestServiceServer::new(self.ingest()).max_decoding_message_size(MESSAGE_BYTES);
        self.parent
            .routes(routes.add_service(ingest))
            .into_axum_router()
            .layer(axum::middleware::from_fn(traced))
    }

    /// Begins to work: takes incidents in from `listener`, which sources reach at `address`, and runs every loop until
    /// `shutdown`. The tasks are the caller's to watch and to drain.
    pub async fn start<L: Listener + 'static>(
        self: &Arc<Self>,
        listener: L,
        address: String,
        shutdown: &Shutdown,
    ) -> Result<Tasks, StartError> {
        let door = self.door()?;
        let admin = runtime::admin::listen(&self.lock)?;
        // A second start in one process would find its admin socket taken over; the first address stays.
        let _ = self.address.set(address);
        let _ = self.door.set(door.tls());
        let mut tasks = Tasks::new(shutdown.clone());
        let (health, health_service) = health::new(&[INGEST]).await;
        let router = self.doorway(Routes::new(health_service));
        let (tls, limits) = (Door::Tls(door.tls()), Limits::default());
        tasks.spawn(
            "ingest",
            endless(serve(listener, tls, router, limits, shutdown.clone())),
        );
        let admin = serve(admin, Door::Local, self.admin_router(), limits, shutdown.clone());
        tasks.spawn("admin", endless(admin));
        tasks.spawn("seal", Arc::clone(self).run_sealing(shutdown.clone()));
        tasks.spawn("storage", Arc::clone(self).watch_storage(shutdown.clone()));
        let node = Arc::clone(self);
        let stop = shutdown.clone();
        let pushing = async move { node.pusher.run(node.config.push_interval, stop).await };
        tasks.spawn("uplink", endless(pushing));
        tasks.spawn("verdicts", endless(Arc::clone(self).run_verdicts(shutdown.clone())));
        tasks.spawn(
            "certificate",
            endless(Arc::clone(self).run_certificate(door, shutdown.clone())),
        );
        tasks.spawn("health", endless(run_health(health, shutdown.clone())));
        Ok(tasks)
    }

    /// Seals by the timer. A day that does not fit a sheet is told and waits; so does a full disk; failed
    /// storage ends the process.
    async fn run_sealing(self: Arc<Self>, shutdown: Shutdown) -> Result<(), AggregateError> {
        loop {
            tokio::select! {
                () = shutdown.wait() => return Ok(()),
                () = self.meet_parent() => {}
            }
            let node = Arc::clone(&self);
            match tokio::task::spawn_blocking(move || node.seal(Mode::Timer)).await {
                Ok(Ok(sealed)) if sealed.sheets > 0 => self.pusher.nudge(),
                Ok(Ok(_)) => {}
                // Nothing was appended and the days stay marked; incidents are still taken in.
                Ok(Err(AggregateError::Ledger(waits))) if WAITS.contains(&waits.code()) => {
                    warn!(error = %waits, "nothing is sealed for now");
                }
                Ok(Err(failed @ (AggregateError::Intake(_) | AggregateError::Ledger(_)))) => return Err(failed),
                Ok(Err(waits)) => error!(error = %waits, "a day is not sealed"),
                Err(panicked) => error!(%panicked, "sealing was cut off"),
            }
            tokio::select! {
                () = shutdown.wait() => return Ok(()),
                // Nothing more is taken in: the process ends now, not when the next sheet is due.
                () = self.intake.failure() => {}
                () = tokio::time::sleep(self.config.push_interval) => {}
            }
        }
    }

    /// Ends the process when a write has failed: only a new start, which reads the files again, tells what stands.
    async fn watch_storage(self: Arc<Self>, shutdown: Shutdown) -> Result<(), AggregateError> {
        loop {
            if self.intake.failed() {
                return Err(IntakeError::Failed("сбой диска при записи журнала приёма".to_owned()).into());
            }
            if held(&self.ledger).is_stopped() {
                return Err(LedgerError::Stopped.into());
            }
            tokio::select! {
                () = shutdown.wait() => return Ok(()),
                () = tokio::time::sleep(STORAGE_LOOK) => {}
            }
        }
    }

    /// Takes up what every exchange with the parent brought.
    async fn run_verdicts(self: Arc<Self>, shutdown: Shutdown) {
        let mut state = self.pusher.watch();
        loop {
            let changed = tokio::select! {
                () = shutdown.wait() => return,
                changed = state.changed() => changed,
            };
            if changed.is_err() {
                return shutdown.wait().await;
            }
            let node = Arc::clone(&self);
            if let Err(panicked) = tokio::task::spawn_blocking(move || node.catch_up()).await {
                error!(%panicked, "taking up verdicts was cut off");
            }
        }
    }

    async fn run_certificate(self: Arc<Self>, mut door: IngestDoor, shutdown: Shutdown) {
        loop {
            if let Err(failed) = door.renew(&self.identity.authority) {
                warn!(error = %failed, "the listener's certificate is not renewed");
            }
            tokio::select! {
                () = shutdown.wait() => return,
                () = tokio::time::sleep(CERTIFICATE_LOOK) => {}
            }
        }
    }
}

/// Serving from now until the stop: a balancer sends nobody here while requests under way are finished.
async fn run_health(health: Health, shutdown: Shutdown) {
    for name in ["", INGEST] {
        health.set(name, true).await;
    }
    shutdown.wait().await;
    for name in ["", INGEST] {
        health.set(name, false).await;
    }
}

/// A task that cannot fail.
async fn endless(task: impl Future<Output = ()>) -> Result<(), std::convert::Infallible> {
    task.await;
    Ok(())
}
