//! Making the index: of a log that grows, of one that was there before it, or whose index is not what it should be.

use super::super::error::StoreError;
use super::super::meta::{Identity, Tail};
use super::super::rows;
use super::super::table::{LOG, META};
use super::{CHUNK, Fresh, Recent, State, TERMS, TERMS_1, TIMES};
use crate::log::canonical;
use redb::{Database, ReadableDatabase as _, ReadableTable, ReadableTableMetadata as _, WriteTransaction};

/// So many entries go into the index together: their rows share pages, and reading so many takes a millisecond. Few in
/// the tests, so that short logs have both an index and entries behind it.
pub(super) const TOGETHER: u64 = if cfg!(test) { 8 } else { 256 };

/// Brings the index up to the end of the log, if it is further behind than it is in daily use: a start must not change a
/// file that may turn out to be an older copy or another's. `progress` is told how far it is, and how far it has to go; whole
/// transactions at a time, so that it goes on from there after a kill.
pub(in super::super) fn build(
    database: &Database,
    identity: Identity,
    mut progress: impl FnMut(u64, u64),
) -> Result<(), StoreError> {
    let txn = database.begin_read()?;
    let meta = txn.open_table(META)?;
    let head = Tail::read(&meta)?.head.seq;
    let state = State::read(&meta)?;
    // A row that was put in or taken away behind our back shows in their number.
    let rows = txn.open_table(TERMS).map_or(Ok(0), |terms| terms.len())?;
    drop((meta, txn));
    let sound = state.filter(|state| state.upto <= head && state.rows == rows && state.upto > 0);
    if sound.is_some_and(|state| head.saturating_sub(state.upto) < TOGETHER) {
        return Ok(());
    }
    let mut state = sound.unwrap_or_default();
    if sound.is_none() {
        begin_anew(database)?;
    }
    while state.upto < head {
        progress(state.upto, head);
        state = chunk(database, identity, state, head)?;
    }
    progress(state.upto, head);
    Ok(())
}

/// Makes the index of a new log, up to its entry `head`, in the transaction of that.
pub(in super::super) fn begin(
    txn: &WriteTransaction,
    identity: Identity,
    head: u64,
) -> Result<(), StoreError> {
    clear(txn)?;
    let mut fresh = read(&txn.open_table(LOG)?, identity, 0, head)?;
    fresh.put(txn, State::default(), head).map(drop)
}

fn clear(txn: &WriteTransaction) -> Result<(), StoreError> {
    txn.delete_table(TERMS_1)?;
    txn.delete_table(TERMS)?;
    txn.delete_table(TIMES)?;
    txn.open_table(TERMS)?;
    txn.open_table(TIMES)?;
    State::default().write(txn)
}

/// Brings the index up to the end of a log to which entries were added after `before`, in their transaction, once enough
/// have come together. One that lags far behind is left to [`build`] at the next start, for that would take long.
pub(in super::super) fn follow(
    txn: &WriteTransaction,
    identity: Identity,
    recent: &mut Recent,
    before: u64,
    head: u64,
) -> Result<(), StoreError> {
    let Some(state) = State::read(&txn.open_table(META)?)? else { return Ok(()) };
    let follows = before.checked_sub(state.upto).is_some_and(|behind| behind < CHUNK);
    if !follows || head.saturating_sub(state.upto) < TOGETHER {
        return Ok(());
    }
    let mut fresh = match recent.take(state.upto, head) {
        Some(fresh) => fresh,
        None => read(&txn.open_table(LOG)?, identity, state.upto, head)?,
    };
    fresh.put(txn, state, head).map(drop)
}

fn begin_anew(database: &Database) -> Result<(), StoreError> {
    let txn = write(database)?;
    clear(&txn)?;
    Ok(txn.commit()?)
}

fn chunk(database: &Database, identity: Identity, state: State, head: u64) -> Result<State, StoreError> {
    let last = state.upto.saturating_add(CHUNK).min(head);
    let mut fresh = read(&database.begin_read()?.open_table(LOG)?, identity, state.upto, last)?;
    let txn = write(database)?;
    let state = fresh.put(&txn, state, last)?;
    txn.commit()?;
    Ok(state)
}

/// What the entries after `upto` come to, to the one with the number `last`.
fn read(
    log: &impl ReadableTable<u64, &'static [u8]>,
    identity: Identity,
    upto: u64,
    last: u64,
) -> Result<Fresh, StoreError> {
    let mut fresh = Fresh::default();
    for row in log.range(upto.saturating_add(1)..=last)? {
        let (seq, row) = row?;
        let (seq, (_, body)) = (seq.value(), rows::split(row.value())?);
        match canonical::decode(body).ok().filter(|entry| entry.seq == seq) {
            Some(entry) => fresh.add(&identity.store, &entry),
            None => fresh.add_unreadable(&identity.store, seq),
        }
    }
    Ok(fresh)
}

fn write(database: &Database) -> Result<WriteTransaction, StoreError> {
    let mut txn = database.begin_write()?;
    txn.set_quick_repair(true);
    Ok(txn)
}
