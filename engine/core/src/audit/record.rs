//! What apply writes into the trail: who sent the command, and what it has changed.

use super::{Actor, AuditRow, CHANGES_BYTES_MAX, Change, Value, fields, rows};
use crate::apply::{Ctx, Outcome};
use crate::command::Command;
use crate::fault::Fault;
use crate::txn::Txn;

/// Records a command that was run just now: what was staged since its savepoint is its own.
///
/// A repeat leaves no second row: neither one that was answered from memory, nor one that goes by
/// its own id and found everything done.
pub(crate) fn record(
    ctx: &mut Ctx<'_, '_>,
    actor: Actor,
    command: &Command,
    outcome: &Outcome,
) -> Result<(), Fault> {
    if ctx.replayed {
        return Ok(());
    }
    let mut changes = match outcome {
        Ok(_) => [changes(ctx.txn)?, command.changes_of_no_row()].concat(),
        Err(_) => Vec::new(),
    };
    if outcome.is_ok() && changes.is_empty() && command.is_idempotent() {
        return Ok(());
    }
    let bytes: usize = changes.iter().map(bytes).sum();
    let too_large = bytes > CHANGES_BYTES_MAX;
    if too_large {
        changes.iter_mut().for_each(leave_out);
    }
    let row = AuditRow {
        at: ctx.now(),
        actor,
        command: command.name().to_owned(),
        target: command.target(ctx.shard.id),
        refused: outcome.as_ref().err().cloned(),
        changes,
        left_out_bytes: if too_large { bytes as u64 } else { 0 },
    };
    rows::append(ctx.txn, &row)
}

/// What has become of the rows that the trail tells of, in the order of their keys.
fn changes(txn: &Txn<'_>) -> Result<Vec<Change>, Fault> {
    let mut changes = Vec::new();
    for (key, before, after) in txn.changes(fields::is_told)? {
        changes.extend(fields::change(key, before.as_deref(), after)?);
    }
    Ok(changes)
}

/// How much a change takes: its names and values.
fn bytes(change: &Change) -> usize {
    let sides = change.before.iter().chain(&change.after).flatten();
    sides.map(|(name, value)| name.len() + value_bytes(value)).sum()
}

fn value_bytes(value: &Value) -> usize {
    match value {
        Value::Text(text) => text.len(),
        Value::Number(_) | Value::Time(_) => 8,
        Value::Flag(_) => 1,
        Value::Texts(texts) => texts.iter().map(String::len).sum(),
        Value::Pairs(pairs) => pairs.iter().map(|(name, text)| name.len() + text.len()).sum(),
    }
}

/// Keeps what a change is about, and whether that was made, changed or removed.
fn leave_out(change: &mut Change) {
    for fields in [&mut change.before, &mut change.after].into_iter().flatten() {
        *fields = Vec::new();
    }
}
