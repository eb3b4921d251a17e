//! The program of a regional or municipal node: its life from the arguments to the last task.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use region_node::aggregate::AggregateError;
use region_node::cli::serve::{ServeArgs, announcement};
use region_node::cli::{self, Cli, Command, Failure, Voice, output};
use region_node::inspect::{self, Inspection};
use region_node::node::Node;
use runtime::connect::TcpDialer;
use runtime::inspect::Inspected;
use runtime::tasks::TaskFailure;
use runtime::telemetry::{self, Format};
use runtime::{Exit, Shutdown, SystemClock, SystemRandom, admin_http, supervisor, tls};
use tokio::net::TcpListener;

/// How the life of a process ended.
enum Life {
    /// Everything was finished and closed.
    Whole,
    /// It was asked to stop while it still read its files: nothing was begun, and the reading is not waited for.
    CutShort,
}

/// For everything to stop after SIGTERM: requests under way get eight seconds of it.
const DRAIN: Duration = Duration::from_secs(9);

fn main() -> ExitCode {
    let cli = Cli::parse();
    tls::install_provider();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return ended(Err(error.into())),
    };
    let result = runtime.block_on(async {
        match cli.command {
            Command::Serve(args) => serve(args, cli.voice).await,
            command => {
                telemetry::init(Format::Text, "warn").map_err(|error| unset(&error))?;
                cli::run(command, cli.voice).await.map(|()| Life::Whole)
            }
        }
    });
    // Whatever holds the node's files is dropped with its task before the process says how it ended.
    match result {
        Ok(Life::CutShort) => runtime.shutdown_background(),
        _ => drop(runtime),
    }
    ended(result.map(|_| ()))
}

async fn serve(args: ServeArgs, voice: Voice) -> Result<Life, Failure> {
    let config = args.config()?;
    telemetry::init(config.log_format, &config.log_filter).map_err(|error| unset(&error))?;
    let (clock, random, dialer) = (Arc::new(SystemClock), Arc::new(SystemRandom), Arc::new(TcpDialer));
    let shutdown = Shutdown::new();
    shutdown.on_signals()?;
    let window = admin_http::open(config.admin.as_deref(), inspect::PREFIX, &shutdown).await;
    let window = window.map_err(|error| Failure::new(Exit::Configuration, error.to_string()))?;
    supervisor::starting();
    let dir = args.dir().to_owned();
    let opening = shutdown.unless_asked(move || Node::open_with(&dir, config, clock, random, dialer));
    let Some(node) = opening.await else {
        return Ok(Life::CutShort);
    };
    let node = node.map_err(|error| Failure::new(error.exit(), error.to_string()))?;
    let wanted = &node.config().listen;
    let listener = TcpListener::bind(wanted).await;
    let listener = listener.map_err(|error| Failure::new(Exit::Configuration, format!("{wanted}: {error}")))?;
    let address = listener.local_addr()?.to_string();
    let started = node.start(listener, address.clone(), &shutdown).await;
    let mut tasks = started.map_err(|error| Failure::new(Exit::Failure, error.to_string()))?;
    let pages = node.serve_pages(&node.config().pages, Arc::new(SystemRandom), &mut tasks, &shutdown);
    let pages = pages
        .await
        .map_err(|error| Failure::new(Exit::Configuration, error.to_string()))?;
    let inspection = Arc::new(Inspection::new(&node));
    supervisor::ready(&inspection.summary());
    window.show(inspection);
    output::line(&announcement(
        &node.name().node_label().to_string(),
        &address,
        (window.address(), pages.as_deref()),
        voice,
    ))?;
    tasks.watch().await;
    let drained = tasks.drain(DRAIN).await;
    drained.map_err(|failure| stopped(&failure))?;
    Ok(Life::Whole)
}

fn unset(error: &telemetry::TelemetryError) -> Failure {
    Failure::new(Exit::Configuration, error.to_string())
}

/// Failed storage has a code of its own, so that the unit file does not restart into it for ever.
fn stopped(failure: &TaskFailure) -> Failure {
    let exit = match failure {
        TaskFailure::Failed { source, .. } if source.is::<AggregateError>() => Exit::Damaged,
        _ => Exit::Failure,
    };
    Failure::new(exit, failure.to_string())
}

fn ended(result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => Exit::Ok.into(),
        Err(failure) => {
            eprintln!("region-node: {failure}");
            failure.exit().into()
        }
    }
}
