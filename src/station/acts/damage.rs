//! Damage of the store: what was found when a new one had to be made, until an administrator acknowledges it.

use crate::clock;
use crate::domain::{Account, Permission, SafeText};
use crate::log::{Act, PreviousStore};
use crate::protocol::damage::Acknowledged;
use crate::protocol::{DamageRequest, DamageRow, DamageView, Event, RefusalCode, Reply};
use crate::station::desk::{Desk, Outcome};
use crate::station::effect::Audience;
use crate::store::{Carried, ReadTx, StoreError, Table};
use serde::{Deserialize, Serialize};

/// Where they are kept.
pub(in crate::station) const KEY: &str = "damage";
/// Where those are that somebody has acknowledged.
const SEEN: &str = "damage_seen";

/// A new store in the place of one that could not be trusted, as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::station) struct Damage {
    at_ms: i64,
    pub(in crate::station) what: SafeText,
    aside: Option<SafeText>,
    store_id: SafeText,
    /// The last number that the old log itself could tell.
    readable: Option<u64>,
    last_known: u64,
    carried: u64,
    lost: u64,
    torn: Vec<SafeText>,
    accounts_of: Option<u64>,
    #[serde(default)]
    seen: Option<Acknowledged>,
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
            readable: previous.hash.as_ref().map(|_| previous.seq),
            last_known: previous.seq.max(witnessed),
            carried: carried.records,
            lost: carried.lost,
            torn,
            accounts_of: carried.accounts_of,
            seen: None,
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
            readable: self.readable,
            last_known: self.last_known,
            carried: self.carried,
            lost: self.lost,
            torn: self.torn,
            accounts_of: self.accounts_of,
            acknowledged: self.seen,
        }
    }
}

pub(crate) fn answer(desk: &mut Desk<'_, '_>, request: &DamageRequest) -> Outcome {
    match request {
        DamageRequest::Status => status(desk),
        DamageRequest::Acknowledge { words } => acknowledge(desk, words),
    }
}

/// For whoever starts the station.
pub(in crate::station) fn newest_in_words(tx: &ReadTx) -> Result<Option<String>, StoreError> {
    let found: Vec<Damage> = tx.get(Table::Settings, KEY)?.unwrap_or_default();
    Ok(found.last().map(|damage| {
        let (what, done) = (&damage.what, damage.done());
        format!(
            "【操作ログ異常】{what}（{done}）。利用は続けられます。施設管理者は kyukyu admin damage status で内容を確認してください"
        )
    }))
}

/// For the home screen: what it means for whoever looks at it.
pub(crate) fn news(desk: &Desk<'_, '_>, account: &Account) -> Result<Option<SafeText>, StoreError> {
    let found: Vec<Damage> = desk.get(Table::Settings, KEY)?.unwrap_or_default();
    let Some(newest) = found.last() else { return Ok(None) };
    let at = clock::minute(newest.at_ms);
    let is_torn = |table: Table| found.iter().any(|damage| damage.torn.contains(&table.label().into()));
    Ok(Some(SafeText::new(&if account.may(Permission::Administer) {
        format!("{at} 保管庫の異常が未確認です。kyukyu admin damage status で確認してください")
    } else if is_torn(Table::Cases) {
        format!("{at} 保管庫が壊れ、それより前の症例を引き継げていません。施設管理者に知らせてください")
    } else {
        format!("{at} 保管庫に異常があり、新しい操作ログに替わりました。施設管理者に知らせてください")
    })))
}

fn status(desk: &mut Desk<'_, '_>) -> Outcome {
    desk.with_permission("damage_status", Permission::Administer)?;
    let open: Vec<Damage> = desk.get(Table::Settings, KEY)?.unwrap_or_default();
    let seen: Vec<Damage> = desk.get(Table::Settings, SEEN)?.unwrap_or_default();
    let found = seen.into_iter().chain(open).map(Damage::row).collect();
    Ok(Reply::Damage(DamageView { found }))
}

fn acknowledge(desk: &mut Desk<'_, '_>, words: &str) -> Outcome {
    const ACT: &str = "acknowledge_damage";
    let caller = desk.with_permission(ACT, Permission::Administer)?;
    let words = super::tokens::reason_of(desk, ACT, words)?;
    let Some(open) = desk.get::<Vec<Damage>>(Table::Settings, KEY)? else {
        return Err(desk.stop(ACT, RefusalCode::BadInput, "確認の済んでいない異常はありません"));
    };
    desk.log(Act::DamageAcknowledged { words: words.clone() })?;
    let seen = Acknowledged { at: clock::minute(desk.now.utc_ms), by: caller.account.user, words };
    let mut all: Vec<Damage> = desk.get(Table::Settings, SEEN)?.unwrap_or_default();
    all.extend(open.into_iter().map(|damage| Damage { seen: Some(seen.clone()), ..damage }));
    desk.put(Table::Settings, SEEN, &all)?;
    desk.remove(Table::Settings, KEY)?;
    desk.push(Audience::All, Event::Damage(false));
    desk.push(Audience::All, Event::HomeChanged);
    Ok(Reply::Done)
}
