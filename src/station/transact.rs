//! The one way from an act to the store: a transaction at a desk, and its effects only after the commit.

use super::acts;
use super::desk::{Desk, Origin, Outcome, Stop};
use super::effect::Effect;
use super::records::{Done, DoneBefore};
use super::start::Station;
use crate::exchange::folder::FolderCommand;
use crate::protocol::{IdempotencyKey, Refusal, RefusalCode, Reply};
use crate::store::{StoreError, Table, Tx};
use std::sync::Arc;

/// Whether an act may use the space that is held back for when the disk is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// It may not: it is refused and can be asked again.
    Usual,
    /// It may: the end of a session, a lock, a refusal that nothing else says.
    Essential,
}

impl Station {
    /// One transaction for a line, done once for one key: asked again it answers what it answered before.
    pub(super) async fn line_act(
        &self,
        origin: &Origin,
        once: Option<&IdempotencyKey>,
        act: impl Fn(&mut Desk<'_, '_>) -> Outcome + Send + 'static,
    ) -> Result<Reply, Refusal> {
        let key = once.and_then(|key| name_of(origin, key));
        let at_desk = move |desk: &mut Desk<'_, '_>| {
            let Some(key) = &key else { return act(desk) };
            if let Some(before) = desk.get::<DoneBefore>(Table::Idempotency, key)? {
                return repeat(desk, before.done);
            }
            let outcome = match act(desk) {
                Err(Stop::Store(error)) => return Err(Stop::Store(error)),
                outcome => outcome,
            };
            // A refusal that was only counted can be refused again.
            if desk.wrote() && !desk.counted() {
                let boot_ms = desk.now.boot_ms;
                desk.put(Table::Idempotency, key, &DoneBefore { done: done(&outcome), boot_ms })?;
            }
            outcome
        };
        self.line_value(origin, at_desk).await
    }

    /// The same for what must be on record even when the disk is full; it is not remembered by a key.
    pub(super) async fn line_essential(
        &self,
        origin: &Origin,
        act: impl Fn(&mut Desk<'_, '_>) -> Outcome + Send + 'static,
    ) -> Result<Reply, Refusal> {
        let done = self.at_desk(Need::Essential, Some(origin.clone()), act).await;
        done.map_err(|error| store_failed(&error))?
    }

    /// What an act under this key came to, if it was done.
    pub(super) async fn done_before(
        &self,
        origin: &Origin,
        key: &IdempotencyKey,
    ) -> Result<Option<Reply>, Refusal> {
        let Some(key) = name_of(origin, key) else { return Ok(None) };
        let look = move |desk: &mut Desk<'_, '_>| match desk.get::<DoneBefore>(Table::Idempotency, &key)? {
            Some(before) => repeat(desk, before.done).map(Some),
            None => Ok(None),
        };
        self.line_value(origin, look).await
    }

    /// One transaction at a desk for a line that gives a value instead of a reply.
    pub(super) async fn line_value<T: Send + 'static>(
        &self,
        origin: &Origin,
        act: impl Fn(&mut Desk<'_, '_>) -> Result<T, Stop> + Send + 'static,
    ) -> Result<T, Refusal> {
        let done = self.at_desk(Need::Usual, Some(origin.clone()), act).await;
        done.map_err(|error| store_failed(&error))?
    }

    /// One transaction of the station's own. A refusal is on record; there is nobody to tell.
    pub(super) async fn own_act<T: Send + 'static>(
        &self,
        need: Need,
        act: impl Fn(&mut Desk<'_, '_>) -> Result<T, Stop> + Send + 'static,
    ) -> Result<Option<T>, StoreError> {
        let done = self.at_desk(need, None, act).await?;
        Ok(done.inspect_err(|refusal| tracing::warn!(%refusal, "an act of the station was refused")).ok())
    }

    async fn at_desk<T: Send + 'static>(
        &self,
        need: Need,
        origin: Option<Origin>,
        act: impl Fn(&mut Desk<'_, '_>) -> Result<T, Stop> + Send + 'static,
    ) -> Result<Result<T, Refusal>, StoreError> {
        let open = self.open.read().await;
        if !*open {
            return Err(StoreError::Closed);
        }
        let shop = Arc::clone(&self.shop);
        let job = move |tx: &mut Tx<'_>| {
            let mut desk = Desk::new(tx, &shop, origin.as_ref());
            let outcome = match act(&mut desk) {
                Ok(value) => Ok(value),
                Err(Stop::Refused(refusal)) => Err(refusal),
                Err(Stop::Store(error)) => return Err(error),
            };
            desk.seal_when_due()?;
            Ok((outcome, desk.into_effects()))
        };
        let (outcome, effects) = match need {
            Need::Usual => self.store.transact_async(job).await?,
            Need::Essential => self.store.transact_essential_async(job).await?,
        };
        self.run(effects);
        drop(open);
        Ok(outcome)
    }

    /// What an act wanted done: only ever called after its commit.
    fn run(&self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Folder(command) => self.tell_folder(command),
                Effect::Sealed => self.witnesses.wake(),
                Effect::Push(audience, event) => self.lines().push(&audience, &event),
            }
        }
    }

    /// A request that the folder can no longer take is on record as intended, and its owner sees it time out.
    pub(super) fn tell_folder(&self, command: FolderCommand) {
        match &command {
            FolderCommand::Write(file) => self.waiting.begin(file.name.clone(), self.shop.now().boot_ms),
            FolderCommand::Withdraw { name } => {
                self.waiting.withdraw(name.clone(), self.shop.now().boot_ms);
            }
            _ => {}
        }
        if let Err(error) = self.folder.send(command) {
            tracing::error!(%error, "the folder's thread is gone");
        }
    }
}

/// A key counts within one session: nobody can ask for what another's key had brought.
fn name_of(origin: &Origin, key: &IdempotencyKey) -> Option<String> {
    origin.session.as_ref().map(|session| format!("{session}/{}", key.as_str()))
}

/// What is remembered of an outcome: which record it was about, not what was shown of it.
fn done(outcome: &Outcome) -> Done {
    match outcome {
        Ok(Reply::Case(number)) => Done::Case(number.clone()),
        Ok(Reply::Enquiry(view)) => Done::Enquiry(view.id.clone()),
        Ok(Reply::KeyConfirmed(view)) => Done::KeyConfirmed(view.id.clone()),
        Ok(Reply::CardProposed { fingerprint }) => Done::CardProposed(fingerprint.clone()),
        Ok(_) | Err(Stop::Store(_)) => Done::Nothing,
        Err(Stop::Refused(refusal)) => Done::Refused(refusal.clone()),
    }
}

/// Answers an act that was done before: through the doors of today, and with the record as it stands now.
fn repeat(desk: &mut Desk<'_, '_>, done: Done) -> Outcome {
    desk.caller("repeat")?;
    match done {
        Done::Nothing => Ok(Reply::Done),
        Done::Case(number) => Ok(Reply::Case(number)),
        Done::Enquiry(id) => acts::drafting::show(desk, &id),
        Done::KeyConfirmed(id) => acts::drafting::show_confirmed(desk, &id),
        Done::CardProposed(fingerprint) => Ok(Reply::CardProposed { fingerprint }),
        Done::Refused(refusal) => Err(Stop::Refused(refusal)),
    }
}

/// What a person is told when the record could not be kept: nothing was done.
pub(super) fn store_failed(error: &StoreError) -> Refusal {
    tracing::error!(%error, "store");
    Refusal::new(RefusalCode::StoreFailed, error)
}
