//! The standard gRPC health service: whether each service of this process is serving.
//!
//! Everything begins as not serving, so a balancer sends nobody here before start-up has finished.

use tonic_health::ServingStatus;
use tonic_health::pb::health_server::{Health as HealthApi, HealthServer};
use tonic_health::server::{HealthReporter, HealthService};

/// The handle that says what is serving; clones speak of the same process.
#[derive(Debug, Clone)]
pub struct Health(HealthReporter);

/// A handle and the service to add to `tonic::service::Routes`. The process as a whole (the empty name) and every
/// service in `names` (full gRPC names) begin as not serving.
pub async fn new(names: &[&str]) -> (Health, HealthServer<impl HealthApi>) {
    let reporter = HealthReporter::new();
    let health = Health(reporter.clone());
    for name in names.iter().copied().chain([""]) {
        health.set(name, false).await;
    }
    (health, HealthServer::new(HealthService::from_health_reporter(reporter)))
}

impl Health {
    /// Says whether the service of that full name serves; the empty name is the whole process.
    pub async fn set(&self, name: &str, serving: bool) {
        let status = if serving {
            ServingStatus::Serving
        } else {
            ServingStatus::NotServing
        };
        self.0.set_service_status(name, status).await;
    }
}
