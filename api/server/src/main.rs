//! `stoad`: reads flags, starts a node, waits for a signal, stops the node.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use api_server::{Args, LogFormat, Server};
use clap::Parser as _;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let args = Args::parse();
    start_log(args.log_format);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    match runtime.block_on(run(args)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&*error),
    }
}

async fn run(args: Args) -> Result<(), Box<dyn std::error::Error>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let server = Server::start(args).await?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    server.shutdown().await;
    Ok(())
}

/// The log goes to stderr; `STOA_LOG` filters it, e.g. `debug` or `raft=debug,info`.
fn start_log(format: LogFormat) {
    let filter = EnvFilter::try_from_env("STOA_LOG");
    let filter = filter.unwrap_or_else(|_| EnvFilter::new("info,openraft=warn"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let log = log.with_ansi(std::io::stderr().is_terminal());
    match format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
}

fn failed(error: &(impl std::fmt::Display + ?Sized)) -> ExitCode {
    tracing::error!("{error}");
    ExitCode::FAILURE
}
