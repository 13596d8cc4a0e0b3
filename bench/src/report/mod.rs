//! Reports: a table for people on stdout, JSON for programs in a file.

mod fault;
mod footprint;
mod overload;
mod run;
mod table;

use std::path::Path;

use serde::Serialize;

pub(crate) use fault::FaultReport;
pub(crate) use footprint::{FootprintReport, NodeFootprint};
pub(crate) use overload::{Crowded, OverloadReport};
pub(crate) use run::{Loaded, RunReport, Setup};

use crate::error::Failure;

/// A report that people can read.
pub(crate) trait Readable: Serialize {
    /// The text.
    fn text(&self) -> String;
}

/// Prints a report, and writes it as JSON where that is wanted.
pub(crate) fn emit(report: &impl Readable, json: Option<&Path>) -> Result<(), Failure> {
    println!("{}", report.text());
    if let Some(path) = json {
        std::fs::write(path, serde_json::to_vec_pretty(report)?)?;
    }
    Ok(())
}
