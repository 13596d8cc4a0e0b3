//! `stoa-stripe-sim`: a stand-in for Stripe's test mode at an address of this machine.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use stripe_sim::Config;
use stripe_sim::hooks::Endpoint;
use stripe_sim::knobs::Knobs;
use tokio::signal::unix::{SignalKind, signal};

/// A stand-in for Stripe's test mode
#[derive(Debug, Parser)]
#[command(name = "stoa-stripe-sim", version)]
struct Args {
    /// Where to listen
    #[arg(long, env = "STOA_STRIPE_SIM_LISTEN", default_value = "127.0.0.1:12111")]
    listen: SocketAddr,
    /// The secret key that callers show
    #[arg(
        long,
        env = "STOA_STRIPE_SIM_KEY",
        default_value = "sk_test_stoa",
        hide_env_values = true
    )]
    key: String,
    /// A file with that key, alone: others see no file's contents in the list of processes
    #[arg(long, env = "STOA_STRIPE_SIM_KEY_FILE", value_name = "FILE", conflicts_with = "key")]
    key_file: Option<PathBuf>,
    /// Where to keep the journal; without it everything is forgotten at the end
    #[arg(long, env = "STOA_STRIPE_SIM_DIR")]
    dir: Option<PathBuf>,
    /// From what chance is drawn
    #[arg(long, env = "STOA_STRIPE_SIM_SEED", default_value_t = 1)]
    seed: u64,
    /// What goes wrong, as JSON: {"answer_lost": 20} loses 20 answers in 1,000. GET /_sim/knobs
    /// lists them
    #[arg(long, env = "STOA_STRIPE_SIM_KNOBS", value_parser = knobs, default_value = "{}")]
    knobs: Knobs,
    /// Where to send webhooks; several URLs, with commas between, are tried in turn
    #[arg(long, env = "STOA_STRIPE_SIM_WEBHOOK", requires = "secret")]
    webhook: Option<String>,
    /// What to sign them with: whsec_…
    #[arg(long, env = "STOA_STRIPE_SIM_WEBHOOK_SECRET", hide_env_values = true, group = "secret")]
    webhook_secret: Option<String>,
    /// A file with that secret, alone
    #[arg(
        long,
        env = "STOA_STRIPE_SIM_WEBHOOK_SECRET_FILE",
        value_name = "FILE",
        group = "secret"
    )]
    webhook_secret_file: Option<PathBuf>,
    /// CAs to trust there beside the public ones, PEM
    #[arg(long, env = "STOA_STRIPE_SIM_WEBHOOK_CA", value_name = "FILE", requires = "webhook")]
    webhook_ca: Option<PathBuf>,
}

impl Args {
    /// What the simulator is told; why not, if a file cannot be read.
    fn config(self) -> Result<(SocketAddr, Config), String> {
        let key = self.key_file.as_deref().map(first_line).transpose()?.unwrap_or(self.key);
        let secret = self.webhook_secret_file.as_deref().map(first_line).transpose()?;
        let secret = secret.or(self.webhook_secret);
        let endpoint = self.webhook.zip(secret).map(|(url, secret)| Endpoint { url, secret });
        let read = |path: &PathBuf| {
            std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
        };
        let ca = self.webhook_ca.as_ref().map(read).transpose()?;
        let Self { listen, dir, seed, knobs, .. } = self;
        Ok((listen, Config { key, dir, seed, knobs, endpoint, ca }))
    }
}

/// What a file says in its first line.
fn first_line(path: &Path) -> Result<String, String> {
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|error| format!("{}: {error}", path.display()))?;
    let line = text.lines().next().unwrap_or_default().trim();
    match line.is_empty() {
        true => Err(format!("{} is empty", path.display())),
        false => Ok(line.to_owned()),
    }
}

fn knobs(text: &str) -> Result<Knobs, String> {
    let knobs: Knobs = serde_json::from_str(text).map_err(|error| error.to_string())?;
    knobs.check().map(|()| knobs)
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    match run(args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("stoa-stripe-sim: {why}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> Result<(), String> {
    let (listen, config) = args.config()?;
    let mut terminate = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
    let started = stripe_sim::start(listen, config).await;
    let running = started.map_err(|error| format!("{listen}: {error}"))?;
    println!("ready {}", running.url);
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        ended = tokio::signal::ctrl_c() => ended.map_err(|error| error.to_string()),
    }
}
