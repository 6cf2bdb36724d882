//! A store is opened only if it is whole, the one it was, and as far as anybody else has seen it. Else it is put aside,
//! and a new one goes on in its place: people must be able to work, and the evidence must stay as it is.

use super::acts::cases::skip_numbers;
use super::acts::damage::{Damage, KEY};
use super::sealing::created;
use super::shop::host;
use super::start::StartError;
use super::witness::{self, Beside, FolderWitness, Witness as _};
use crate::clock::Now;
use crate::config::Config;
use crate::domain::SafeText;
use crate::log::{
    Act, ClockNote, LogKey, NewEntry, PreviousStore, SignedCheckpoint, Stamp, StoreId, Witnessed, origin,
};
use crate::store::{
    Before, Carried, Opened, ReadTx, StationKey, Store, StoreError, Table, Tx, finish_renewal, has_spare,
    renew,
};
use data_encoding::HEXLOWER;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

/// A witness that does not answer within this is asked again when the station runs: who waits has a patient.
const WITNESS: Duration = Duration::from_secs(3);
/// How often a disk that cannot be read is tried.
const TRIES: u32 = 3;
const BETWEEN_TRIES: Duration = Duration::from_secs(1);

/// What the checkpoint beside the store is called.
const BESIDE: &str = "保管庫の隣の控え";

/// Why a store cannot be gone on with.
struct Cause {
    what: String,
    /// What somebody else has seen of its log.
    witnessed: Option<(StoreId, Witnessed)>,
}

/// Opens the store or, where it cannot be trusted, a new one in its place.
pub(super) fn open(config: &Config, key: &LogKey, now: &Now) -> Result<(Store, Opened), StartError> {
    let (path, station_key) = (config.store_path(), StationKey::load(&config.key_path())?);
    finish_renewal(&path, &station_key)?;
    let beside = witness::head(&path, key);
    let judge = |tx: &ReadTx, opened: &Opened| distrust(tx, opened, beside.as_ref(), config, key);
    let cause = match patiently(|| Store::open_if(&path, &station_key, judge)) {
        Ok(Ok(opened)) => return Ok(opened),
        Ok(Err(cause)) => cause,
        Err(error) if is_lost(&error, &path, &station_key) => {
            let what = match &error {
                StoreError::Missing { .. } => "保管庫がなくなっています".to_owned(),
                StoreError::WrongKey => "別の保管庫に入れ替わっています".to_owned(),
                StoreError::Io { .. } => "保管庫に読み取れない部分があります".to_owned(),
                StoreError::Damaged { what, .. } => format!("保管庫が壊れています（{what}）"),
                _ => "保管庫が壊れています".to_owned(),
            };
            Cause { what, witnessed: beside.as_ref().map(|(id, head)| (*id, seen(head, BESIDE))) }
        }
        Err(error) => return Err(error.into()),
    };
    tracing::error!(what = cause.what, "the store cannot be trusted");
    follow(config, &station_key, key, &cause, now)
        .map_err(|source| StartError::Renewal { what: cause.what, source })?;
    witness::forget_conflict(&path);
    let (store, opened) = Store::open(&path, &station_key)?;
    // What lies beside it is still of the one before. Where it cannot be written now, the first checkpoint brings it.
    if let Err(error) = Beside::new(store.clone(), &path).keep_newest() {
        tracing::warn!(%error, "what lies beside the store is not up to date");
    }
    Ok((store, opened))
}

/// A disk that fails once may not fail twice.
fn patiently<T>(open: impl Fn() -> Result<T, StoreError>) -> Result<T, StoreError> {
    for _ in 1..TRIES {
        match open() {
            Err(StoreError::Io { .. }) => std::thread::sleep(BETWEEN_TRIES),
            opened => return opened,
        }
    }
    open()
}

/// Whether the store itself is lost. With another key than it was sealed with nothing is wrong with it: unless that key
/// opens what lies beside it.
fn is_lost(error: &StoreError, path: &Path, key: &StationKey) -> bool {
    let not_ours = matches!(error, StoreError::Missing { .. } | StoreError::WrongKey);
    error.is_loss() || matches!(error, StoreError::Io { .. }) || not_ours && has_spare(path, key)
}

/// What speaks against a store that can be opened.
fn distrust(
    tx: &ReadTx,
    opened: &Opened,
    beside: Option<&(StoreId, SignedCheckpoint)>,
    config: &Config,
    key: &LogKey,
) -> Result<Option<Cause>, StoreError> {
    let id = tx.store_id();
    let first = tx.log_rows(1..=1)?.next().transpose()?.and_then(|row| row.entry().ok());
    let follows = first.and_then(|entry| entry.act.follows());
    // After a crash just behind a renewal, what lies beside the store is still of the one before.
    let beside = beside.filter(|(known, _)| follows != Some(*known));
    if let Some((known, head)) = beside
        && *known != id
    {
        let what = "別の保管庫に入れ替わっています".to_owned();
        return Ok(Some(Cause { what, witnessed: Some((*known, seen(head, BESIDE))) }));
    }
    if let Some(fault) = opened.check.faults.first() {
        let what = format!("操作ログに異常があります（{}件。最初: {fault}）", opened.check.fault_count);
        return Ok(Some(Cause { what, witnessed: beside.map(|(id, head)| (*id, seen(head, BESIDE))) }));
    }
    let folder = config.witness_folder.as_ref().and_then(|_| asked(config, id, key));
    let heads = [(beside.map(|(_, head)| head.clone()), BESIDE), (folder, "控えのフォルダ")];
    for (head, by) in heads {
        if let Some(head) = head
            && !witness::is_in(tx, &head)?
        {
            return Ok(Some(older(id, seen(&head, by))));
        }
    }
    Ok(witness::conflict(&config.store_path(), tx).map(|witnessed| older(id, witnessed)))
}

fn older(id: StoreId, witnessed: Witnessed) -> Cause {
    let what = format!(
        "操作ログが{}（{}番まで）と一致しません。古い複製への巻戻し、または書換えの疑いがあります",
        witnessed.by, witnessed.size
    );
    Cause { what, witnessed: Some((id, witnessed)) }
}

/// The newest checkpoint in the folder of the witness, if it answers in time.
fn asked(config: &Config, id: StoreId, key: &LogKey) -> Option<SignedCheckpoint> {
    let verifier = key.verifier(&origin(&id)).ok()?;
    let mut folder = FolderWitness::new(config.witness_folder.as_ref()?, &config.data, id);
    let (answer, answered) = mpsc::sync_channel(1);
    let ask = move || {
        let newest = folder.newest(&|signed| witness::is_ours(signed, &verifier));
        let _ = answer.send(newest.ok().flatten());
    };
    std::thread::Builder::new().name("witness".to_owned()).spawn(ask).ok()?;
    answered.recv_timeout(WITNESS).ok().flatten()
}

fn seen(head: &SignedCheckpoint, by: &str) -> Witnessed {
    let root = Some(SafeText::new(&HEXLOWER.encode(&head.checkpoint.root)));
    Witnessed { size: head.checkpoint.size, root, by: by.into() }
}

/// Puts the store aside and makes the one that follows it.
fn follow(
    config: &Config,
    key: &StationKey,
    log_key: &LogKey,
    cause: &Cause,
    now: &Now,
) -> Result<Carried, StoreError> {
    let entry = |act| {
        let stamp = Stamp {
            utc_ms: now.utc_ms,
            boot_ms: now.boot_ms,
            boot_id: now.boot_id.clone(),
            clock: ClockNote::Steady,
        };
        NewEntry::of_station(stamp, host(), act)
    };
    let first = |id: StoreId, before: &Before| {
        let previous = Some(previous(before, cause));
        entry(Act::StoreCreated { store_id: SafeText::new(&id.to_string()), previous })
    };
    let last = |tx: &mut Tx<'_>, before: &Before, carried: &Carried| {
        let damage = Damage::of(&cause.what, now.utc_ms, &previous(before, cause), carried);
        tx.log(&entry(Act::Damage { what: damage.what.clone(), done: SafeText::new(&damage.done()) }))?;
        let mut found: Vec<Damage> = tx.get(Table::Settings, KEY)?.unwrap_or_default();
        found.push(damage);
        tx.put(Table::Settings, KEY, &found)?;
        if carried.accounts_of.is_some() || carried.torn.contains(&Table::Settings) {
            skip_numbers(tx, now.today())?;
        }
        let verifier = log_key.verifier(&origin(&tx.store_id()));
        let verifier = verifier.map_err(|error| StoreError::unwritable(&error))?;
        tx.log(&entry(created(&verifier, None)))?;
        tx.adopt_log_key(&verifier)?;
        // So that the start does not find a log that ends as after a crash.
        tx.log(&entry(Act::StoreClosed { cause: "新しい操作ログの用意".into() }))?;
        tx.checkpoint(log_key).map(drop)
    };
    renew(&config.store_path(), key, first, last)
}

/// The last known head: the store's own and, where somebody has seen more or it cannot say, theirs.
fn previous(before: &Before, cause: &Cause) -> PreviousStore {
    let (id, witnessed) = match &cause.witnessed {
        Some((id, witnessed)) => (*id, Some(witnessed)),
        None => (before.store, None),
    };
    let own = before.head.filter(|_| before.store == id);
    let further = witnessed.filter(|seen| own.is_none_or(|own| seen.size > own.seq));
    PreviousStore {
        store_id: SafeText::new(&id.to_string()),
        seq: own.map_or_else(|| further.map_or(0, |seen| seen.size), |head| head.seq),
        hash: own.map(|head| SafeText::new(&head.hash.to_string())),
        witnessed: further.cloned(),
    }
}
