//! The hub at work: the listeners, the loop that renews the certificate, and what the failure of each means.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use federation::{SharedLedger, held};
use runtime::accept::{Door, Limits, serve};
use runtime::health::{self, Health};
use runtime::listener::Listener;
use runtime::tls::TlsDoor;
use runtime::traced::traced;
use runtime::{Certificate, Shutdown, Tasks};
use tonic::service::Routes;
use wire::pb::parent_service_server::ParentServiceServer;
use wire::pb::process_service_server::ProcessServiceServer;
use wire::pb::report_service_server::ReportServiceServer;

use crate::admin::Admin;
use crate::door::{DoorError, MemberDoor};
use crate::hub::{Hub, OpenError};
use crate::reports::Reports;

/// Full name of the replication service in health answers.
const REPLICATION: &str = "svodka.v1.ReplicationService";
/// Between looks at the listener's own certificate, which is renewed ten days after it was made.
const CERTIFICATE_LOOK: Duration = Duration::from_hours(1);

/// Between looks at whether the ledger still takes entries.
const LEDGER_LOOK: Duration = Duration::from_secs(5);

/// Why the hub cannot begin to work.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The listener's certificate.
    #[error(transparent)]
    Door(#[from] DoorError),
    /// The hub's own CA.
    #[error(transparent)]
    Keys(#[from] OpenError),
    /// The admin socket.
    #[error("управляющий сокет: {0}")]
    Admin(#[from] io::Error),
}

impl Hub {
    /// The services of the admin socket.
    pub fn admin_router(self: &Arc<Self>) -> Router {
        let admin = Admin(Arc::clone(self));
        Routes::new(ProcessServiceServer::new(admin.clone()))
            .add_service(ParentServiceServer::new(admin))
            .add_service(ReportServiceServer::new(Reports(Arc::clone(self))))
            .into_axum_router()
            .layer(axum::middleware::from_fn(traced))
    }

    /// Begins to work: takes members' ledgers from `listener` until `shutdown`. The tasks are the caller's to watch.
    pub async fn start<L: Listener + 'static>(
        self: &Arc<Self>,
        listener: L,
        shutdown: &Shutdown,
    ) -> Result<Tasks, StartError> {
        let member_door = self.door()?;
        let (tls, certificate) = member_door.open()?;
        // A second start in one process shows the numbers of the first.
        let _ = self.members_door.set(Arc::clone(&tls));
        let admin = runtime::admin::listen(&self.lock)?;
        let mut tasks = Tasks::new(shutdown.clone());
        let (health, health_service) = health::new(&[REPLICATION]).await;
        let router = self
            .parent
            .routes(Routes::new(health_service))
            .into_axum_router()
            .layer(axum::middleware::from_fn(traced));
        let limits = Limits::default();
        let members = serve(listener, Door::Tls(Arc::clone(&tls)), router, limits, shutdown.clone());
        tasks.spawn("members", endless(members));
        let admin = serve(admin, Door::Local, self.admin_router(), limits, shutdown.clone());
        tasks.spawn("admin", endless(admin));
        tasks.spawn(
            "certificate",
            endless(Arc::clone(self).renew(member_door, tls, certificate, shutdown.clone())),
        );
        tasks.spawn("ledger", watch_ledger(Arc::clone(&self.ledger), shutdown.clone()));
        tasks.spawn("health", endless(announce(health, shutdown.clone())));
        let size = held(&self.ledger).size();
        tracing::info!(federation = %self.federation_id(), entries = size, "the hub is up");
        Ok(tasks)
    }

    async fn renew(
        self: Arc<Self>,
        door: MemberDoor,
        tls: Arc<TlsDoor>,
        mut certificate: Certificate,
        shutdown: Shutdown,
    ) {
        loop {
            if let Err(error) = door.renew(&tls, &mut certificate) {
                tracing::warn!(%error, "the listener's certificate is not renewed");
            }
            self.door_until_s
                .store(certificate.not_after.as_second(), Ordering::Relaxed);
            tokio::select! {
                () = shutdown.wait() => return,
                () = tokio::time::sleep(CERTIFICATE_LOOK) => {}
            }
        }
    }
}

/// The ledger takes nothing more after a failed write; only a new start tells what stands.
#[derive(Debug, thiserror::Error)]
#[error("журнал больше не пишется (сбой диска); перезапустите хаб, когда диск исправен")]
pub struct LedgerStopped;

/// Ends the process when the ledger has stopped: a hub that is up and takes nothing would look healthy to everyone.
async fn watch_ledger(ledger: SharedLedger, shutdown: Shutdown) -> Result<(), LedgerStopped> {
    loop {
        if held(&ledger).is_stopped() {
            return Err(LedgerStopped);
        }
        tokio::select! {
            () = shutdown.wait() => return Ok(()),
            () = tokio::time::sleep(LEDGER_LOOK) => {}
        }
    }
}

/// Serving from now until the stop: a balancer sends nobody here while streams under way are finished.
async fn announce(health: Health, shutdown: Shutdown) {
    for name in ["", REPLICATION] {
        health.set(name, true).await;
    }
    shutdown.wait().await;
    for name in ["", REPLICATION] {
        health.set(name, false).await;
    }
}

/// A task that cannot fail.
async fn endless(task: impl Future<Output = ()>) -> Result<(), std::convert::Infallible> {
    task.await;
    Ok(())
}
