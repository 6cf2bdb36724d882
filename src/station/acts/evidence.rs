//! The log as evidence: checked whole, alone or against what somebody outside has kept; and where it stands.

use crate::domain::SafeText;
use crate::log::{Act, Checked, Outside};
use crate::protocol::view::{LogHeadView, VerifyView, WitnessView};
use crate::protocol::{Refusal, RefusalCode, Reply};
use crate::station::acts::logs::may_see_all;
use crate::station::desk::Origin;
use crate::station::start::Station;
use crate::station::transact::store_failed;
use crate::station::witness::Standing;
use crate::store::{ReadTx, Store, StoreError};

const INDEX: &str = "操作ログの検索用の索引";
const ANEW: &str = "使用を止め、次のステーション起動時に作り直します。それまで検索は全件を読みます";

impl Station {
    /// Checks the whole chain; for auditors and administrators.
    pub(in crate::station) async fn verify_log(
        &self,
        origin: &Origin,
        outside: Option<String>,
    ) -> Result<Reply, Refusal> {
        let act = if outside.is_some() { "verify_log_against" } else { "verify_log" };
        let outside = self
            .line_value(origin, move |desk| {
                let caller = desk.caller(act)?;
                may_see_all(desk, act, &caller, "操作ログの検証はできません")?;
                let parsed = outside.as_deref().map(Outside::parse).transpose();
                parsed.map_err(|error| desk.stop(act, RefusalCode::BadInput, error))
            })
            .await?;
        let checked = self.check(outside).await?;
        let view = VerifyView::of(&checked);
        let (entries, faults) = (checked.report.entries, checked.report.fault_count);
        // What only the witness tells is a fault as well.
        let faults = if view.verdict.exit_code() == 0 { faults } else { faults.max(1) };
        let index = checked.is_index_wrong();
        self.line_act(origin, None, move |desk| {
            desk.caller(act)?;
            desk.log(Act::LogVerified { entries, faults })?;
            if index {
                desk.tx.forget_index()?;
                desk.log(Act::Damage { what: INDEX.into(), done: ANEW.into() })?;
            }
            Ok(Reply::Done)
        })
        .await?;
        Ok(Reply::Verified(view))
    }

    async fn check(&self, outside: Option<Outside>) -> Result<Checked, Refusal> {
        let look = move |store: &Store| -> Result<Checked, StoreError> {
            let mut checked = store.check_log(outside.as_ref())?;
            checked.add_index(store.read(ReadTx::check_index)?.faults);
            Ok(checked)
        };
        match self.look(look).await {
            Some(checked) => checked.map_err(|error| store_failed(&error)),
            None => {
                let words = "検証が中断されました。もう一度実行してください";
                Err(Refusal::new(RefusalCode::Unavailable, words))
            }
        }
    }

    /// Where the log stands. Not on record: to look at the code would change it.
    pub(in crate::station) async fn log_head(&self, origin: &Origin) -> Result<Reply, Refusal> {
        self.line_act(origin, None, |desk| {
            let caller = desk.caller("log_head")?;
            may_see_all(desk, "log_head", &caller, "照合コードの表示はできません")?;
            Ok(Reply::Done)
        })
        .await?;
        let standings = self.witnesses.standings();
        let head = self.store.read(|tx| head(tx, standings)).map_err(|error| store_failed(&error))?;
        Ok(Reply::LogHead(Box::new(head)))
    }
}

fn head(tx: &ReadTx, standings: Vec<Standing>) -> Result<LogHeadView, StoreError> {
    let (head, newest) = (tx.head()?, tx.newest_checkpoint()?);
    let key = tx.log_key()?.map(|key| key.to_string()).unwrap_or_default();
    let witnesses = standings.into_iter().map(|standing| witness(tx, standing));
    Ok(LogHeadView {
        size: head.seq,
        head: SafeText::new(&head.hash.to_string()),
        code: SafeText::new(&tx.code()?.to_string()),
        key: SafeText::new(&key),
        sealed: newest.as_ref().map_or(0, |signed| signed.checkpoint.size),
        note: newest.map(|signed| signed.note).unwrap_or_default(),
        witnesses: witnesses.collect::<Result<_, _>>()?,
    })
}

/// A witness and how many checkpoints it has not seen; where it was never reached, those are all.
fn witness(tx: &ReadTx, standing: Standing) -> Result<WitnessView, StoreError> {
    let behind = tx.count_checkpoints(standing.kept.unwrap_or_default().saturating_add(1))?;
    Ok(WitnessView {
        name: standing.name.into(),
        kept: standing.kept,
        behind,
        trouble: standing.trouble,
        conflict: standing.conflict.is_some(),
    })
}
