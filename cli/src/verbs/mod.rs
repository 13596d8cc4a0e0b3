//! One file per verb; this one only says which noun and verb it is.

pub mod audit_trail;
pub mod cert;
pub mod cert_join;
pub mod cert_status;
pub mod cluster_init;
pub mod cluster_status;
pub mod event;
pub mod import_products;
pub mod key;
pub mod location;
pub mod notice;
pub mod order_history;
pub mod order_recover;
pub mod order_show;
pub mod payment;
pub mod search_rebuild;
pub mod search_settings;
pub mod search_verify;
pub mod stock_audit;
pub mod stock_policy;
pub mod stock_show;
pub mod stock_transfer;
pub mod top;
pub mod webhook;

use crate::{
    args::{
        AuditTrail, Cert, Cluster, Event, Import, Key, Location, Notice, Noun, Order, Payment,
        Search, Stock, Webhook,
    },
    demo,
    failure::{Exit, Failure},
    output::Output,
};

/// Does what was typed.
pub async fn run(noun: Noun, output: &Output) -> Result<Exit, Failure> {
    match noun {
        Noun::Demo(args) => demo::run(&args, output).await,
        Noun::AuditTrail(AuditTrail::List(args)) => audit_trail::list(&args, output).await,
        Noun::AuditTrail(AuditTrail::Export(args)) => audit_trail::export(&args, output).await,
        Noun::Cert(Cert::Init(args)) => cert::init(&args, output),
        Noun::Cert(Cert::Issue(args)) => cert::issue(&args, output),
        Noun::Cert(Cert::Invite(args)) => cert_join::invite(&args, output).await,
        Noun::Cert(Cert::Join(args)) => cert_join::join(&args, output).await,
        Noun::Cert(Cert::Rotate(args)) => cert::rotate(&args, output),
        Noun::Cert(Cert::Status(args)) => cert_status::run(&args, output),
        Noun::Cluster(Cluster::Init(args)) => cluster_init::run(&args, output).await,
        Noun::Cluster(Cluster::Status(args)) => cluster_status::run(&args, output).await,
        Noun::Event(Event::Tail(args)) => event::tail(&args, output).await,
        Noun::Import(Import::Products(args)) => import_products::run(&args, output).await,
        Noun::Key(Key::Create(args)) => key::create(&args, output).await,
        Noun::Key(Key::List(args)) => key::list(&args, output).await,
        Noun::Key(Key::Rotate(args)) => key::rotate(&args, output).await,
        Noun::Key(Key::Revoke(args)) => key::revoke(&args, output).await,
        Noun::Location(Location::List(args)) => location::list(&args, output).await,
        Noun::Location(Location::Add(args)) => location::add(&args, output).await,
        Noun::Location(Location::Set(args)) => location::set(&args, output).await,
        Noun::Notice(Notice::List(args)) => notice::list(&args, output).await,
        Noun::Notice(Notice::Replay(args)) => notice::replay(&args, output).await,
        Noun::Order(Order::Show(args)) => order_show::run(&args, output).await,
        Noun::Order(Order::History(args)) => order_history::run(&args, output).await,
        Noun::Order(Order::Stuck(args)) => order_recover::stuck(&args, output).await,
        Noun::Order(Order::Recover(args)) => order_recover::recover(&args, output).await,
        Noun::Order(Order::Audit(args)) => stock_audit::run(&args, output).await,
        Noun::Payment(Payment::Reconcile(args)) => payment::reconcile(&args, output).await,
        Noun::Payment(Payment::Orphans(args)) => payment::orphans(&args, output).await,
        Noun::Search(Search::Verify(args)) => search_verify::run(&args, output).await,
        Noun::Search(Search::Rebuild(args)) => search_rebuild::run(&args, output).await,
        Noun::Search(Search::Settings(args)) => search_settings::run(&args, output).await,
        Noun::Stock(Stock::Show(args)) => stock_show::run(&args, output).await,
        Noun::Stock(Stock::Audit(args)) => stock_audit::run(&args, output).await,
        Noun::Stock(Stock::Policy(args)) => stock_policy::run(&args, output).await,
        Noun::Stock(Stock::Transfer(args)) => stock_transfer::run(&args, output).await,
        Noun::Top(args) => top::run(&args, output).await,
        Noun::Webhook(verb) => webhooks(verb, output).await,
    }
}

async fn webhooks(verb: Webhook, output: &Output) -> Result<Exit, Failure> {
    match verb {
        Webhook::List(args) => webhook::list(&args, output).await,
        Webhook::Create(args) => webhook::create(&args, output).await,
        Webhook::Enable(args) => webhook::enable(&args, true, output).await,
        Webhook::Disable(args) => webhook::enable(&args, false, output).await,
        Webhook::Rotate(args) => webhook::rotate(&args, output).await,
        Webhook::DeadLetters(args) => webhook::dead_letters(&args, output).await,
        Webhook::Replay(args) => webhook::replay(&args, output).await,
        Webhook::Delete(args) => webhook::delete(&args, output).await,
    }
}
