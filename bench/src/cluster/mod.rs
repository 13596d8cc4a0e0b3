//! The cluster under load: three `stoad` processes of our own, or somebody's URLs.

mod local;
mod machine;
mod process;
mod status;
mod stripe;
mod target;
mod usage;

pub(crate) use local::{LocalCluster, Shape};
pub(crate) use machine::Machine;
pub(crate) use process::NodeProcess;
pub(crate) use status::{cluster_status, wait_caught_up, wait_ready};
pub(crate) use target::Target;
pub(crate) use usage::{Meter, Process, Usage, children_of, parent_of, rss_bytes};
