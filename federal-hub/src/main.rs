//! The program of a federal hub: its life from the arguments to the last task.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use federal_hub::cli::serve::{ServeArgs, announcement};
use federal_hub::cli::{self, Cli, Command, Failure, Voice, output};
use federal_hub::hub::Hub;
use federal_hub::process::LedgerStopped;
use runtime::tasks::TaskFailure;
use runtime::telemetry::{self, Format};
use runtime::{Exit, Shutdown, SystemClock, SystemRandom, tls};
use tokio::net::TcpListener;

/// For everything to stop after SIGTERM: streams under way get eight seconds of it.
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
                telemetry::init(Format::Text, "warn").map_err(unset)?;
                cli::run(command, cli.voice).await
            }
        }
    });
    // Whatever holds the hub's files is dropped with its task before the process says how it ended.
    drop(runtime);
    ended(result)
}

async fn serve(args: ServeArgs, voice: Voice) -> Result<(), Failure> {
    let config = args.config()?;
    telemetry::init(config.log_format, &config.log_filter).map_err(unset)?;
    let hub = Hub::open(args.dir(), Arc::new(SystemClock), Arc::new(SystemRandom));
    let hub = hub.map_err(|error| Failure::new(error.exit(), error.to_string()))?;
    let shutdown = Shutdown::new();
    shutdown.on_signals()?;
    let listener = TcpListener::bind(&config.listen).await;
    let listener = listener.map_err(|e| Failure::new(Exit::Configuration, format!("{}: {e}", config.listen)))?;
    let address = listener.local_addr()?.to_string();
    let started = hub.start(listener, &shutdown).await;
    let mut tasks = started.map_err(|error| Failure::new(Exit::Failure, error.to_string()))?;
    output::line(&announcement(
        hub.federation_id().as_str(),
        &address,
        voice.json,
        voice.lang,
    ))?;
    tasks.watch().await;
    tasks.drain(DRAIN).await.map_err(|failure| stopped(&failure))
}

#[expect(clippy::needless_pass_by_value, reason = "it is the shape that `map_err` asks for")]
fn unset(error: telemetry::TelemetryError) -> Failure {
    Failure::new(Exit::Configuration, error.to_string())
}

/// Failed storage has a code of its own, so that the unit file does not restart into it for ever.
fn stopped(failure: &TaskFailure) -> Failure {
    let exit = match failure {
        TaskFailure::Failed { source, .. } if source.is::<LedgerStopped>() => Exit::Damaged,
        _ => Exit::Failure,
    };
    Failure::new(exit, failure.to_string())
}

fn ended(result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => Exit::Ok.into(),
        Err(failure) => {
            eprintln!("federal-hub: {failure}");
            failure.exit().into()
        }
    }
}
