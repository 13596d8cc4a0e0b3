//! `stoad`: reads flags, starts a node, waits for a signal, stops the node.

use std::process::ExitCode;

use api_server::{Args, Server};
use clap::Parser as _;
use tokio::signal::unix::{SignalKind, signal};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let args = Args::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return unlogged(&error),
    };
    let started = {
        let _known = runtime.enter();
        api_server::start_log(&args)
    };
    let tracing = match started {
        Ok(tracing) => tracing,
        Err(error) => return unlogged(&error),
    };
    let ended = runtime.block_on(run(args));
    // It needs the runtime still.
    tracing.shutdown();
    match ended {
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

fn unlogged(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("stoad: {error}");
    ExitCode::FAILURE
}

fn failed(error: &(impl std::fmt::Display + ?Sized)) -> ExitCode {
    tracing::error!("{error}");
    ExitCode::FAILURE
}
