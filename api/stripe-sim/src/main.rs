//! `stoa-stripe-sim`: a stand-in for Stripe's test mode at an address of this machine.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use stripe_sim::Config;
use stripe_sim::hooks::Endpoint;
use stripe_sim::knobs::Knobs;

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
    /// Where to send webhooks
    #[arg(long, env = "STOA_STRIPE_SIM_WEBHOOK", requires = "webhook_secret")]
    webhook: Option<String>,
    /// What to sign them with: whsec_…
    #[arg(long, env = "STOA_STRIPE_SIM_WEBHOOK_SECRET", hide_env_values = true)]
    webhook_secret: Option<String>,
}

fn knobs(text: &str) -> Result<Knobs, String> {
    let knobs: Knobs = serde_json::from_str(text).map_err(|error| error.to_string())?;
    knobs.check().map(|()| knobs)
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let endpoint = args.webhook.zip(args.webhook_secret);
    let config = Config {
        key: args.key,
        dir: args.dir,
        seed: args.seed,
        knobs: args.knobs,
        endpoint: endpoint.map(|(url, secret)| Endpoint { url, secret }),
    };
    let running = match stripe_sim::start(args.listen, config).await {
        Ok(running) => running,
        Err(error) => {
            eprintln!("stoa-stripe-sim: {}: {error}", args.listen);
            return ExitCode::FAILURE;
        }
    };
    println!("ready {}", running.url);
    match tokio::signal::ctrl_c().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
