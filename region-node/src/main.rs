//! The program of a regional or municipal node: its life from the arguments to the last task.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use region_node::aggregate::AggregateError;
use region_node::cli::serve::{ServeArgs, announcement};
use region_node::cli::{self, Cli, Command, Failure, Voice, output};
use region_node::node::Node;
use runtime::connect::TcpDialer;
use runtime::tasks::TaskFailure;
use runtime::telemetry::{self, Format};
use runtime::{Exit, Shutdown, SystemClock, SystemRandom, tls};
use tokio::net::TcpListener;

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
                cli::run(command, cli.voice).await
            }
        }
    });
    // Whatever holds the node's files is dropped with its task before the process says how it ended.
    drop(runtime);
    ended(result)
}

async fn serve(args: ServeArgs, voice: Voice) -> Result<(), Failure> {
    let config = args.config()?;
    telemetry::init(config.log_format, &config.log_filter).map_err(|error| unset(&error))?;
    let (clock, random, dialer) = (Arc::new(SystemClock), Arc::new(SystemRandom), Arc::new(TcpDialer));
    let node = Node::open_with(args.dir(), config, clock, random, dialer);
    let node = node.map_err(|error| Failure::new(error.exit(), error.to_string()))?;
    let shutdown = Shutdown::new();
    shutdown.on_signals()?;
    let wanted = &node.config().listen;
    let listener = TcpListener::bind(wanted).await;
    let listener = listener.map_err(|error| Failure::new(Exit::Configuration, format!("{wanted}: {error}")))?;
    let address = listener.local_addr()?.to_string();
    let started = node.start(listener, address.clone(), &shutdown).await;
    let mut tasks = started.map_err(|error| Failure::new(Exit::Failure, error.to_string()))?;
    output::line(&announcement(
        &node.name().node_label().to_string(),
        &address,
        voice.json,
        voice.lang,
    ))?;
    tasks.watch().await;
    tasks.drain(DRAIN).await.map_err(|failure| stopped(&failure))
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
