//! Damage of the store: what was found when a new one had to be made, until an administrator acknowledges it.

use crate::clock;
use crate::domain::{Account, Permission, SafeText};
use crate::log::{Act, PreviousStore};
use crate::protocol::{DamageRequest, DamageRow, DamageView, Event, RefusalCode, Reply};
use crate::station::desk::{Desk, Outcome};
use crate::station::effect::Audience;
use crate::store::{Carried, StoreError, Table};
use serde::{Deserialize, Serialize};

/// Where they are kept.
pub(in crate::station) const KEY: &str = "damage";

/// A new store in the place of one that could not be trusted, as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::station) struct Damage {
    at_ms: i64,
    pub(in crate::station) what: SafeText,
    aside: Option<SafeText>,
    store_id: SafeText,
    last_known: u64,
    carried: u64,
    lost: u64,
    torn: Vec<SafeText>,
    accounts_of: Option<u64>,
}

impl Damage {
    pub(in crate::station) fn of(
        what: &str,
        at_ms: i64,
        previous: &PreviousStore,
        carried: &Carried,
    ) -> Self {
        let mut torn: Vec<SafeText> = carried.torn.iter().map(|table| table.label().into()).collect();
        torn.dedup();
        let witnessed = previous.witnessed.as_ref().map_or(0, |seen| seen.size);
        Self {
            at_ms,
            what: SafeText::new(what),
            aside: carried.aside.as_ref().map(|path| SafeText::new(&path.display().to_string())),
            store_id: previous.store_id.clone(),
            last_known: previous.seq.max(witnessed),
            carried: carried.records,
            lost: carried.lost,
            torn,
            accounts_of: carried.accounts_of,
        }
    }

    /// What was done about it.
    pub(in crate::station) fn done(&self) -> String {
        let aside = match &self.aside {
            Some(aside) => format!("{aside} に退避し、"),
            None => String::new(),
        };
        let lost = match (self.lost, self.torn.len()) {
            (0, 0) => String::new(),
            (lost, 0) => format!("、{lost}件は読めず"),
            (lost, torn) => format!("、{lost}件と{torn}種類の残りは読めず"),
        };
        format!("{aside}新しい操作ログで開始（{}件を引継ぎ{lost}）", self.carried)
    }

    fn row(self) -> DamageRow {
        DamageRow {
            at: clock::minute(self.at_ms),
            what: self.what,
            aside: self.aside,
            store_id: self.store_id,
            last_known: self.last_known,
            carried: self.carried,
            lost: self.lost,
            torn: self.torn,
            accounts_of: self.accounts_of,
        }
    }
}

pub(crate) fn answer(desk: &mut Desk<'_, '_>, request: &DamageRequest) -> Outcome {
    match request {
        DamageRequest::Status => status(desk),
        DamageRequest::Acknowledge { words } => acknowledge(desk, words),
    }
}

/// For an administrator's home screen.
pub(crate) fn news(desk: &Desk<'_, '_>, account: &Account) -> Result<Option<SafeText>, StoreError> {
    if !account.may(Permission::Administer) {
        return Ok(None);
    }
    let found: Option<Vec<Damage>> = desk.get(Table::Settings, KEY)?;
    let newest = found.and_then(|found| found.last().map(|damage| damage.at_ms));
    Ok(newest.map(|at_ms| {
        let at = clock::minute(at_ms);
        format!("{at} 保管庫の異常が未確認です。kyukyu admin damage status で確認してください").into()
    }))
}

fn status(desk: &mut Desk<'_, '_>) -> Outcome {
    desk.with_permission("damage_status", Permission::Administer)?;
    let found: Vec<Damage> = desk.get(Table::Settings, KEY)?.unwrap_or_default();
    Ok(Reply::Damage(DamageView { found: found.into_iter().map(Damage::row).collect() }))
}

fn acknowledge(desk: &mut Desk<'_, '_>, words: &str) -> Outcome {
    const ACT: &str = "acknowledge_damage";
    desk.with_permission(ACT, Permission::Administer)?;
    let words = super::tokens::reason_of(desk, ACT, words)?;
    if desk.get::<Vec<Damage>>(Table::Settings, KEY)?.is_none() {
        return Err(desk.stop(ACT, RefusalCode::BadInput, "確認の済んでいない異常はありません"));
    }
    desk.log(Act::DamageAcknowledged { words })?;
    desk.remove(Table::Settings, KEY)?;
    desk.push(Audience::All, Event::Damage(false));
    Ok(Reply::Done)
}
