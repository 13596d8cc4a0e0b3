//! What can be typed: nouns, then verbs. Each verb declares its own flags in its own file.

use clap::{Parser, Subcommand};

use crate::{demo, verbs};

/// Stoa's command line: a local cluster to try, and the operator's view of a running one.
#[derive(Debug, Parser)]
#[command(name = "stoa", version, about, arg_required_else_help = true, max_term_width = 100)]
pub struct Cli {
    /// Print data as one JSON document
    #[arg(long, global = true)]
    pub json: bool,
    /// What to work on.
    #[command(subcommand)]
    pub noun: Noun,
}

/// What to work on.
#[derive(Debug, Subcommand)]
pub enum Noun {
    /// Run a cluster with a real catalog on this machine, until Ctrl-C
    Demo(demo::Args),
    /// Who did what to what, when and from where
    #[command(subcommand, arg_required_else_help = true)]
    AuditTrail(AuditTrail),
    /// Certificates: the cluster's own CA, and a pair for each node
    #[command(subcommand, arg_required_else_help = true)]
    Cert(Cert),
    /// The cluster's nodes and shards
    #[command(subcommand, arg_required_else_help = true)]
    Cluster(Cluster),
    /// Events: what happens, as it happens
    #[command(subcommand, arg_required_else_help = true)]
    Event(Event),
    /// Bring data in
    #[command(subcommand, arg_required_else_help = true)]
    Import(Import),
    /// API keys: who may do what
    #[command(subcommand, arg_required_else_help = true)]
    Key(Key),
    /// Locations: where units are
    #[command(subcommand, arg_required_else_help = true)]
    Location(Location),
    /// Notices: what customers are told of their orders by mail, and is not sent
    #[command(subcommand, arg_required_else_help = true)]
    Notice(Notice),
    /// Orders
    #[command(subcommand, arg_required_else_help = true)]
    Order(Order),
    /// Payments at the provider, compared with orders
    #[command(subcommand, arg_required_else_help = true)]
    Payment(Payment),
    /// The search index of each node, and the settings of search
    #[command(subcommand, arg_required_else_help = true)]
    Search(Search),
    /// Stock levels, and the proof that they are right
    #[command(subcommand, arg_required_else_help = true)]
    Stock(Stock),
    /// What the nodes do just now: rates, times, queues and what waits
    Top(verbs::top::Args),
    /// Webhooks: who is told of events, and what they have not taken
    #[command(subcommand, arg_required_else_help = true)]
    Webhook(Webhook),
}

/// Certificates.
#[derive(Debug, Subcommand)]
pub enum Cert {
    /// Make the cluster's CA, once
    Init(verbs::cert::InitArgs),
    /// Make a node's certificate and key, for both of its ports
    Issue(verbs::cert::IssueArgs),
    /// Print a token that works once, and wait for the new node that gets a certificate by it
    Invite(verbs::cert_join::InviteArgs),
    /// On a new node: make a key, and get a certificate by a token
    Join(verbs::cert_join::JoinArgs),
    /// Replace a node's certificate, or the CA, while the cluster runs
    Rotate(verbs::cert::RotateArgs),
    /// What each certificate is for and until when; exit 1 when one ends soon or does not fit
    Status(verbs::cert_status::Args),
}

/// The audit trail.
#[derive(Debug, Subcommand)]
pub enum AuditTrail {
    /// The newest rows
    List(verbs::audit_trail::ListArgs),
    /// Every row, oldest first, one JSON object per line; resumable
    Export(verbs::audit_trail::ExportArgs),
}

/// The cluster's nodes and shards.
#[derive(Debug, Subcommand)]
pub enum Cluster {
    /// Make the first API key, once, from a node's own machine
    Init(verbs::cluster_init::Args),
    /// Who is alive, who leads what
    Status(verbs::cluster_status::Args),
}

/// Events.
#[derive(Debug, Subcommand)]
pub enum Event {
    /// Print each event, one per line, until Ctrl-C; resumable
    Tail(verbs::event::TailArgs),
}

/// Bring data in.
#[derive(Debug, Subcommand)]
pub enum Import {
    /// Create products from a file, one JSON object per line, plain or gzipped
    Products(verbs::import_products::Args),
}

/// API keys.
#[derive(Debug, Subcommand)]
pub enum Key {
    /// Make a key; its secret is shown this once
    Create(verbs::key::CreateArgs),
    /// Every key, without secrets
    List(verbs::key::ListArgs),
    /// Give a key a new secret; the old one works for a while yet
    Rotate(verbs::key::RotateArgs),
    /// End a key for good, on every node
    Revoke(verbs::key::RevokeArgs),
}

/// Orders.
#[derive(Debug, Subcommand)]
pub enum Order {
    /// One order, with its history
    Show(verbs::order_show::Args),
    /// What has happened to an order, or had by a time
    History(verbs::order_history::Args),
    /// Every order that somebody should look at; exit 1 when there is one
    Stuck(verbs::order_recover::StuckArgs),
    /// Have the payment provider asked about an order now, and settle its review
    Recover(verbs::order_recover::RecoverArgs),
    /// Check every invariant over all shards, those of orders among them
    Audit(verbs::stock_audit::Args),
}

/// Payments.
#[derive(Debug, Subcommand)]
pub enum Payment {
    /// Compare orders with the provider's own lists, both ways, and mend what differs; exit 1 when
    /// something does
    Reconcile(verbs::payment::ReconcileArgs),
    /// Money at the provider that no order knows, and what becomes of it; exit 1 when the provider
    /// refuses to give it back
    Orphans(verbs::payment::OrphansArgs),
}

/// Search.
#[derive(Debug, Subcommand)]
pub enum Search {
    /// Compare every node's index with its rows; exit 1 when one differs
    Verify(verbs::search_verify::Args),
    /// Make a node's index anew from its rows, while the old one answers
    Rebuild(verbs::search_rebuild::Args),
    /// Print the settings of search, or replace them
    Settings(verbs::search_settings::Args),
}

/// Stock.
#[derive(Debug, Subcommand)]
pub enum Stock {
    /// The level of a product, with its last movements
    Show(verbs::stock_show::Args),
    /// Check every invariant over all shards
    Audit(verbs::stock_audit::Args),
    /// Show or change what is kept back, sold on backorder, and told to be low
    Policy(verbs::stock_policy::Args),
    /// Move free units of a product from one location to another
    Transfer(verbs::stock_transfer::Args),
}

/// Locations.
#[derive(Debug, Subcommand)]
pub enum Location {
    /// Every location, the default one first
    List(verbs::location::ListArgs),
    /// Make a location
    Add(verbs::location::AddArgs),
    /// Change a location's name or priority, or whether it is active
    Set(verbs::location::SetArgs),
}

/// Notices.
#[derive(Debug, Subcommand)]
pub enum Notice {
    /// Print what waits, or with --dead what was given up
    List(verbs::notice::ListArgs),
    /// Have what was given up tried once more
    Replay(verbs::notice::ReplayArgs),
}

/// Webhooks.
#[derive(Debug, Subcommand)]
pub enum Webhook {
    /// Every endpoint, without secrets; exit 1 when one is disabled and nobody has done it
    List(verbs::webhook::ListArgs),
    /// Have an endpoint told of events; its secret is shown this once
    Create(verbs::webhook::CreateArgs),
    /// Tell a disabled endpoint again, of what happens from now on
    Enable(verbs::webhook::OneArgs),
    /// Tell an endpoint nothing any more
    Disable(verbs::webhook::OneArgs),
    /// Give an endpoint a new secret; the old one signs beside it for a while yet
    Rotate(verbs::webhook::RotateArgs),
    /// What an endpoint has never taken; exit 1 when there is something
    DeadLetters(verbs::webhook::OneArgs),
    /// Send what an endpoint has never taken once more
    Replay(verbs::webhook::OneArgs),
    /// Delete an endpoint, with all that it has not taken
    Delete(verbs::webhook::OneArgs),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn flags_do_not_contradict_one_another() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_verb_is_typed_after_its_noun() {
        let typed = ["stoa", "cluster", "status", "--url", "http://127.0.0.1:7101", "--json"];
        let cli = Cli::try_parse_from(typed).unwrap();
        assert!(cli.json);
        assert!(matches!(cli.noun, Noun::Cluster(Cluster::Status(_))));
    }
}
