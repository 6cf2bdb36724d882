//! Starting a station, and the one way in for an act.

use super::acts;
use super::acts::cards::Proof;
use super::answers;
use super::desk::{Desk, Origin, Outcome, Stop};
use super::effect::Effect;
use super::faces::Faces;
use super::lines::Lines;
use super::records::DoneBefore;
use super::shop::{Parts, Shop};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::SafeText;
use crate::exchange::dialect::TagError;
use crate::exchange::folder::{Expected, Folder, FolderCommand, FolderConfig, FolderEvent};
use crate::exchange::{Dialect, DialectError, StationTag};
use crate::identity::{Challenges, HashError, Passwords, PinError, TrustStore};
use crate::log::Act;
use crate::protocol::view::Link;
use crate::protocol::{IdempotencyKey, Refusal, RefusalCode, Reply, Request, Secret, VERSION, Welcome};
use crate::store::{StationKey, Store, StoreError, Table, Tx};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Semaphore, mpsc};

/// Password hashes at once: twenty logins must not take 1.3 GiB.
const HASHES_AT_ONCE: usize = 2;

/// Why a station does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The dialect file.
    #[error(transparent)]
    Dialect(#[from] DialectError),
    /// The exchange folder's thread.
    #[error("連携フォルダの監視を開始できません。システム管理者に連絡してください")]
    Folder(#[source] std::io::Error),
    /// The training anchors.
    #[error(transparent)]
    Anchors(#[from] PinError),
    /// The station's tag.
    #[error(transparent)]
    Tag(#[from] TagError),
    /// The password hash.
    #[error(transparent)]
    Hash(#[from] HashError),
}

/// A running station.
pub struct Station {
    pub(super) store: Store,
    pub(super) folder: Folder,
    pub(super) shop: Arc<Shop>,
    hashing: Semaphore,
    challenges: Mutex<Challenges>,
    pub(super) link: Mutex<Link>,
    pub(super) faces: Faces,
    pub(super) reports: Mutex<Option<mpsc::UnboundedReceiver<FolderEvent>>>,
    lines: Lines,
}

impl Station {
    /// Opens the store (checking it), the dialect and the folder, and goes on with what was left open.
    pub async fn start(
        config: Config,
        clock: Arc<dyn Clock>,
        training_hints: Vec<SafeText>,
    ) -> Result<Arc<Self>, StartError> {
        let dialect = Arc::new(match &config.dialect {
            Some(path) => Dialect::load(path)?,
            None => Dialect::builtin()?,
        });
        let key = StationKey::load(&config.key_path())?;
        let (store, opened) = Store::open(&config.store_path(), &key)?;
        let training = store.kind().is_training();
        let trust = if training { TrustStore::training()? } else { TrustStore::live() };
        let hints = if training { training_hints } else { Vec::new() };
        let (reported, reports) = mpsc::unbounded_channel();
        let station_tag = StationTag::parse(config.station_tag.as_str())?;
        let mut folder_config =
            FolderConfig::below(&config.exchange_root, Arc::clone(&dialect), station_tag.clone());
        folder_config.watch = !config.poll_only;
        let sink = move |event| drop(reported.send(event));
        let folder = Folder::start(folder_config, Box::new(sink)).map_err(StartError::Folder)?;
        let station = Arc::new(Self {
            store,
            folder,
            shop: Arc::new(Shop::new(Parts {
                station_tag,
                passwords: Passwords::standard()?,
                config,
                dialect,
                clock,
                trust,
                training,
                training_hints: hints,
            })),
            challenges: Mutex::new(Challenges::default()),
            hashing: Semaphore::new(HASHES_AT_ONCE),
            link: Mutex::new(Link::Unknown),
            faces: Faces::default(),
            reports: Mutex::new(Some(reports)),
            lines: Lines::default(),
        });
        station
            .own_act(move |desk| {
                let version = env!("CARGO_PKG_VERSION").into();
                let (checked, faults) = (opened.check.entries, opened.check.fault_count);
                desk.log(Act::StoreOpened { version, checked, faults, unclean: !opened.ended_in_order })?;
                for fault in &opened.check.faults {
                    let what = SafeText::new(&fault.to_string());
                    desk.log(Act::Damage { what, done: "記録は変えずに起動しました".into() })?;
                }
                Ok(())
            })
            .await?;
        station.go_on().await?;
        Ok(station)
    }

    /// Looks out again for what was asked and not answered before the last stop. Nothing is sent again.
    async fn go_on(&self) -> Result<(), StoreError> {
        let outstanding = self.own_act(answers::outstanding).await?.unwrap_or_default();
        let expected = outstanding
            .into_iter()
            .map(|past| Expected { request: past.sent.file_name.as_str().to_owned(), seen: Vec::new() })
            .collect();
        self.tell_folder(FolderCommand::Expect(expected));
        Ok(())
    }

    /// Where terminals come in.
    pub fn socket(&self) -> &Path {
        &self.shop.config.socket
    }

    pub(super) fn lines(&self) -> &Lines {
        &self.lines
    }

    /// The last entry, and the store shut.
    pub(super) async fn close(&self) {
        let closed = self
            .own_act(|desk| {
                acts::sessions::station_stops(desk);
                Ok(desk.log(Act::StoreClosed { cause: "停止の指示".into() })?)
            })
            .await;
        if let Err(error) = closed {
            tracing::error!(%error, "the log could not be closed in order");
        }
        if let Err(error) = self.store.close() {
            tracing::error!(%error, "the store could not be closed in order");
        }
    }

    /// The station's first word on a line; goes on with a session where the token is good.
    pub(super) async fn welcome(&self, origin: &mut Origin, resume: Option<Secret>) -> Welcome {
        let session = match resume {
            Some(token) => self.resume(origin, token).await,
            None => None,
        };
        Welcome {
            version: VERSION,
            facility: self.shop.config.facility.clone(),
            training: self.shop.training,
            training_hints: self.shop.training_hints.clone(),
            link: self.link_now(),
            session,
        }
    }

    pub(super) fn link_now(&self) -> Link {
        self.link.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Does an act for a line, once: asked again with the same key it answers what it answered before.
    pub(super) async fn act(
        &self,
        origin: &mut Origin,
        key: &IdempotencyKey,
        request: Request,
    ) -> Result<Reply, Refusal> {
        match request {
            Request::Login { user, password } => self.login(origin, &user, password).await,
            Request::Unlock { password } => self.unlock(origin, password).await,
            Request::CardChallenge => self.card_challenge(origin).await,
            Request::CardProof { challenge, certificate, signature, hash } => {
                self.card_proof(origin, Proof { challenge, certificate, signature, hash }).await
            }
            Request::AddAccount { .. } | Request::SetPassword { .. } => {
                self.with_hash(origin, key, request).await
            }
            Request::FaceResults => self.face_results(origin).await,
            Request::UseFaceResult { enquiry, name } => {
                self.use_face_result(origin, key, enquiry, name).await
            }
            Request::VerifyLog => self.verify_log(origin).await,
            Request::Home => self.home(origin).await,
            Request::Logout { cause } => {
                let outcome =
                    self.line_act(origin, None, move |desk| acts::sessions::logout(desk, cause)).await;
                origin.session = None;
                self.lines.hold(origin.line, None);
                outcome
            }
            request => self.line_act(origin, Some(key), move |desk| dispatch(desk, &request)).await,
        }
    }

    /// One transaction at a desk for a line, its effects after the commit.
    pub(super) async fn line_act(
        &self,
        origin: &Origin,
        once: Option<&IdempotencyKey>,
        act: impl Fn(&mut Desk<'_, '_>) -> Outcome + Send + 'static,
    ) -> Result<Reply, Refusal> {
        let shop = Arc::clone(&self.shop);
        let origin = origin.clone();
        let once = once.zip(origin.session.as_ref()).map(|(k, s)| format!("{s}/{}", k.as_str()));
        let job = move |tx: &mut Tx<'_>| {
            let mut desk = Desk::new(tx, &shop, Some(&origin));
            if let Some(once) = &once {
                let before: Option<DoneBefore> = desk.get(Table::Idempotency, once)?;
                if let Some(before) = before {
                    return Ok((before.outcome, Vec::new()));
                }
            }
            let outcome = match act(&mut desk) {
                Ok(reply) => Ok(reply),
                Err(Stop::Refused(refusal)) => Err(refusal),
                Err(Stop::Store(error)) => return Err(error),
            };
            if let Some(once) = &once
                && desk.wrote()
            {
                let at_ms = desk.now.utc_ms;
                let done = DoneBefore { outcome: outcome.clone(), at_ms };
                desk.put(Table::Idempotency, once, &done)?;
            }
            Ok((outcome, desk.into_effects()))
        };
        match self.store.transact_async(job).await {
            Ok((outcome, effects)) => {
                self.run(effects);
                outcome
            }
            Err(error) => Err(store_failed(&error)),
        }
    }

    /// One transaction at a desk for a line that gives a value instead of a reply.
    pub(super) async fn line_value<T: Send + 'static>(
        &self,
        origin: &Origin,
        act: impl Fn(&mut Desk<'_, '_>) -> Result<T, Stop> + Send + 'static,
    ) -> Result<T, Refusal> {
        let shop = Arc::clone(&self.shop);
        let origin = origin.clone();
        let job = move |tx: &mut Tx<'_>| {
            let mut desk = Desk::new(tx, &shop, Some(&origin));
            match act(&mut desk) {
                Ok(value) => Ok((Ok(value), desk.into_effects())),
                Err(Stop::Refused(refusal)) => Ok((Err(refusal), desk.into_effects())),
                Err(Stop::Store(error)) => Err(error),
            }
        };
        let (outcome, effects) =
            self.store.transact_async(job).await.map_err(|e: StoreError| store_failed(&e))?;
        self.run(effects);
        outcome
    }

    /// A password hash, off the async threads and few at once.
    pub(super) async fn hash<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Passwords) -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let stopping = || {
            Refusal::new(RefusalCode::Unavailable, "ステーションが停止中です。少し待ってやり直してください")
        };
        let _turn = self.hashing.acquire().await.map_err(|_| stopping())?;
        let shop = Arc::clone(&self.shop);
        tokio::task::spawn_blocking(move || work(&shop.passwords)).await.map_err(|_| stopping())
    }

    pub(super) fn challenges(&self) -> MutexGuard<'_, Challenges> {
        self.challenges.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One transaction of the station's own.
    pub(super) async fn own_act<T: Send + 'static>(
        &self,
        act: impl Fn(&mut Desk<'_, '_>) -> Result<T, Stop> + Send + 'static,
    ) -> Result<Option<T>, StoreError> {
        let shop = Arc::clone(&self.shop);
        let job = move |tx: &mut Tx<'_>| {
            let mut desk = Desk::new(tx, &shop, None);
            match act(&mut desk) {
                Ok(value) => Ok((Some(value), desk.into_effects())),
                Err(Stop::Store(error)) => Err(error),
                // Its refusal is on record; there is nobody to tell.
                Err(Stop::Refused(refusal)) => {
                    tracing::warn!(%refusal, "an act of the station was refused");
                    Ok((None, desk.into_effects()))
                }
            }
        };
        let (value, effects) = self.store.transact_async(job).await?;
        self.run(effects);
        Ok(value)
    }

    /// What an act wanted done: only ever called after its commit.
    pub(super) fn run(&self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Folder(command) => self.tell_folder(command),
                Effect::Push(audience, event) => self.lines.push(&audience, &event),
            }
        }
    }

    /// A request that the folder can no longer take is on record as intended, and its owner sees it time out.
    pub(super) fn tell_folder(&self, command: FolderCommand) {
        if let Err(error) = self.folder.send(command) {
            tracing::error!(%error, "the folder's thread is gone");
        }
    }

    /// A frame that was not understood is on record, with whoever sent it.
    pub(super) async fn note_bad_request(&self, origin: &Origin) {
        let _ = self
            .line_act(origin, None, |desk| {
                let words = "要求の形が正しくありません";
                Err(desk.stop("bad_request", RefusalCode::BadRequest, words))
            })
            .await;
    }

    /// The line is gone: its session ends with it, unless it was ended or resumed elsewhere.
    pub(super) async fn line_ended(&self, origin: &Origin) {
        self.challenges().forget(origin.line);
        if origin.session.is_none() {
            return;
        }
        let ended = self.line_act(origin, None, acts::sessions::line_lost).await;
        if let Err(refusal) = ended {
            tracing::warn!(%refusal, "the end of a line could not be put on record");
        }
    }
}

/// What a person is told when the record could not be kept: nothing was done.
pub(super) fn store_failed(error: &StoreError) -> Refusal {
    tracing::error!(%error, "store");
    Refusal::new(RefusalCode::StoreFailed, error)
}

/// The acts that are one transaction and nothing else.
fn dispatch(desk: &mut Desk<'_, '_>, request: &Request) -> Outcome {
    match request {
        Request::Alive => acts::sessions::alive(desk),
        Request::Lock { card_gone } => acts::sessions::lock(desk, *card_gone),
        Request::OpenCase { draft } => acts::cases::open(desk, draft),
        Request::ChangeCase { case, draft } => acts::cases::change(desk, case, draft),
        Request::OpenEnquiry { case } => acts::drafting::open(desk, case),
        Request::ShowEnquiry { enquiry } => acts::drafting::show(desk, enquiry),
        Request::SaveDraft { enquiry, key, consent } => acts::drafting::save(desk, enquiry, key, consent),
        Request::ConfirmKey { enquiry, key } => acts::drafting::confirm_key(desk, enquiry, key),
        Request::Send { enquiry, consent } => acts::asking::send(desk, enquiry, consent),
        Request::Cancel { enquiry } => acts::asking::cancel(desk, enquiry),
        Request::SendAgain { enquiry } => acts::asking::send_again(desk, enquiry),
        Request::Redraft { enquiry } => acts::drafting::redraft(desk, enquiry),
        Request::CloseEnquiry { enquiry } => acts::drafting::close(desk, enquiry),
        Request::ShowCandidate { enquiry, row } => acts::candidates::show(desk, enquiry, *row),
        Request::Choose { enquiry, row, typed, caution } => {
            acts::candidates::choose(desk, enquiry, *row, typed, *caution)
        }
        Request::OpenLate { enquiry } => acts::reading::open_late(desk, enquiry),
        Request::ShowPerson { enquiry } => acts::reading::show_person(desk, enquiry),
        Request::ConfirmPerson { enquiry, same } => acts::reading::confirm_person(desk, enquiry, *same),
        Request::ReadSummary { enquiry, section, from } => {
            acts::reading::read(desk, enquiry, *section, *from)
        }
        Request::ReadLog { before, own } => acts::logs::read(desk, *before, *own),
        Request::ListAccounts => acts::accounts::list(desk),
        Request::SetPermission { user, permission, granted } => {
            acts::accounts::set_permission(desk, user, *permission, *granted)
        }
        Request::SetDisabled { user, disabled } => acts::accounts::set_disabled(desk, user, *disabled),
        Request::UnlockAccount { user } => acts::accounts::unlock(desk, user),
        Request::EnrolCard { user, certificate } => acts::cards::enrol(desk, user, certificate),
        // These need the folder or a password hash and have ways of their own in `Station::act`.
        Request::Login { .. }
        | Request::Unlock { .. }
        | Request::CardChallenge
        | Request::CardProof { .. }
        | Request::Logout { .. }
        | Request::Home
        | Request::FaceResults
        | Request::UseFaceResult { .. }
        | Request::VerifyLog
        | Request::AddAccount { .. }
        | Request::SetPassword { .. } => {
            Err(desk.stop(request.name(), RefusalCode::BadRequest, "この要求はここでは扱えません"))
        }
    }
}
