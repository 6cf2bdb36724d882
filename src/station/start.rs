//! Starting a station, and the one way in for an act.

use super::acts;
use super::acts::cards::Proof;
use super::acts::export::Exports;
use super::damage;
use super::desk::{Desk, Origin, Outcome, Stop};
use super::effect::Audience;
use super::faces::Faces;
use super::left_open::left_open;
use super::lines::Lines;
use super::places::Places;
use super::repeats;
use super::sealing::Seen;
use super::shipping;
use super::shop::{Parts, Shop};
use super::transact::Need;
use super::trust::Trust;
use super::waiting::Waiting;
use super::witness::Witnesses;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::SafeText;
use crate::exchange::dialect::TagError;
use crate::exchange::folder::{Expected, Folder, FolderCommand, FolderConfig, FolderEvent};
use crate::exchange::{Dialect, DialectError, StationTag};
use crate::identity::otp::Offers;
use crate::identity::{Challenges, HashError, Passwords, PinError};
use crate::log::search::Draft;
use crate::log::{Act, NoteError, SessionCause, origin};
use crate::protocol::view::Link;
use crate::protocol::{
    Event, IdempotencyKey, Refusal, RefusalCode, Reply, Request, Secret, VERSION, Welcome,
};
use crate::store::{Store, StoreError, Table, open_log_key};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use tokio::sync::{Notify, RwLock, Semaphore, SemaphorePermit, mpsc};

/// Password hashes at once: twenty logins must not take 1.3 GiB.
const HASHES_AT_ONCE: usize = 2;

/// Looks over the whole log at once: they take long, and password hashes need threads too.
const LOOKS_AT_ONCE: usize = 2;

/// Why a station does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A store that cannot be trusted, and none can be made in its place.
    #[error(
        "{what}。引き継げるもの（隣の控え store.redb.accounts など）もそろわないため、新しい保管庫で始められません。今のファイルは消さずに保全し、バックアップから保管庫のフォルダ（data）を戻して、もう一度起動してください"
    )]
    Renewal {
        /// What is wrong with it.
        what: String,
        /// Why none can be made.
        #[source]
        source: StoreError,
    },
    /// The dialect file.
    #[error(transparent)]
    Dialect(#[from] DialectError),
    /// The exchange folder's thread.
    #[error("連携フォルダの監視を開始できません。システム管理者に連絡してください")]
    Folder(#[source] std::io::Error),
    /// The threads of the witnesses.
    #[error("控えのフォルダへの書込みを開始できません。システム管理者に連絡してください")]
    Witness(#[source] std::io::Error),
    /// The key of the log.
    #[error(transparent)]
    LogKey(#[from] NoteError),
    /// The training anchors.
    #[error(transparent)]
    Anchors(#[from] PinError),
    /// Where the log is to go.
    #[error(transparent)]
    Archive(#[from] shipping::SettingsError),
    /// The station's tag.
    #[error(transparent)]
    Tag(#[from] TagError),
    /// The password hash.
    #[error(transparent)]
    Hash(#[from] HashError),
}

/// Why a station must end, for the next start to go on with another store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MustEnd {
    /// A witness holds another history of the log.
    OtherHistory,
    /// The store cannot be read any more.
    Damaged,
}

/// A running station.
pub struct Station {
    pub(super) store: Store,
    pub(super) folder: Folder,
    pub(super) shop: Arc<Shop>,
    hashing: Semaphore,
    looking: Semaphore,
    challenges: Mutex<Challenges>,
    /// Those of cards that are to be enrolled. Apart, so that what was signed for one purpose never serves the other.
    enrolments: Mutex<Challenges>,
    offers: Mutex<Offers>,
    pub(super) link: Mutex<Link>,
    pub(super) faces: Faces,
    pub(super) folder_hangs: AtomicBool,
    pub(super) reports: Mutex<Option<mpsc::UnboundedReceiver<FolderEvent>>>,
    pub(super) waiting: Waiting,
    /// Acts go on while it is true; whoever closes waits for those at work.
    pub(super) open: RwLock<bool>,
    pub(super) disk_full: AtomicBool,
    pub(super) witnesses: Witnesses,
    pub(super) seen: Mutex<Seen>,
    pub(super) exports: Exports,
    end: Notify,
    why: OnceLock<MustEnd>,
    lines: Lines,
    pub(super) places: Arc<Places>,
}

impl Station {
    /// Opens the store (checking it), the dialect and the folder, and goes on with what was left open.
    pub async fn start(
        config: Config,
        clock: Arc<dyn Clock>,
        training_hints: Vec<SafeText>,
    ) -> Result<Arc<Self>, StartError> {
        Self::start_with(config, clock, training_hints, None).await
    }

    /// The same with folder work in a process of its own: the program and arguments that call
    /// [`crate::exchange::folder::work`].
    pub async fn start_with(
        config: Config,
        clock: Arc<dyn Clock>,
        training_hints: Vec<SafeText>,
        folder_worker: Option<(PathBuf, Vec<String>)>,
    ) -> Result<Arc<Self>, StartError> {
        shipping::check(&config)?;
        let dialect = Arc::new(match &config.dialect {
            Some(path) => Dialect::load(path)?,
            None => Dialect::builtin()?,
        });
        let (log_key, _) = open_log_key(&config.log_key_path())?;
        let (store, opened) = damage::open(&config, &log_key, &clock.now())?;
        let verifier = log_key.verifier(&origin(&store.store_id()))?;
        let witnesses = Witnesses::start(&store, &config);
        let witnesses = witnesses.map_err(StartError::Witness)?;
        let training = store.kind().is_training();
        let trust = Trust::new(&config, training)?;
        let hints = if training { training_hints } else { Vec::new() };
        let (reported, reports) = mpsc::unbounded_channel();
        let station_tag = StationTag::parse(config.station_tag.as_str())?;
        let mut folder_config =
            FolderConfig::below(&config.exchange_root, Arc::clone(&dialect), station_tag.clone());
        folder_config.watch = !config.poll_only;
        let sink = move |event| drop(reported.send(event));
        let folder = match folder_worker {
            Some((program, arguments)) => {
                Folder::start_worker(folder_config, program, arguments, Box::new(sink))
            }
            None => Folder::start(folder_config, Box::new(sink)),
        };
        let folder = folder.map_err(StartError::Folder)?;
        let waiting = Waiting::new(config.answer_timeout_s * 1000);
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
                log_key,
                training_hints: hints,
            })),
            challenges: Mutex::new(Challenges::default()),
            enrolments: Mutex::new(Challenges::default()),
            offers: Mutex::new(Offers::default()),
            hashing: Semaphore::new(HASHES_AT_ONCE),
            looking: Semaphore::new(LOOKS_AT_ONCE),
            link: Mutex::new(Link::Unknown),
            faces: Faces::default(),
            folder_hangs: AtomicBool::new(false),
            reports: Mutex::new(Some(reports)),
            waiting,
            open: RwLock::new(true),
            disk_full: AtomicBool::new(false),
            witnesses,
            seen: Mutex::default(),
            exports: Exports::default(),
            end: Notify::new(),
            why: OnceLock::new(),
            lines: Lines::default(),
            places: Places::of_this_process(),
        });
        station
            .own_act(Need::Usual, move |desk| {
                let version = env!("CARGO_PKG_VERSION").into();
                let (checked, faults) = (opened.check.entries, opened.check.fault_count);
                desk.log(Act::StoreOpened { version, checked, faults, unclean: !opened.ended_in_order })?;
                desk.adopt_log_key(&verifier)?;
                // Counted before the last end, and not yet entries.
                repeats::close_all(desk, "")
            })
            .await?;
        station.note_my_number().await?;
        station.look_at_lists(true).await;
        station.go_on().await?;
        Ok(station)
    }

    /// Looks out again for what was asked and not answered before the last stop, and finds out what became of what
    /// was to be withdrawn. Nothing is sent again.
    async fn go_on(&self) -> Result<(), StoreError> {
        let left = self.own_act(Need::Usual, left_open).await?.unwrap_or_default();
        let now = self.shop.now();
        for one in &left.expected {
            let age_ms = u64::try_from(now.utc_ms.saturating_sub(one.at_ms)).unwrap_or_default();
            self.waiting.go_on(one.file.to_string(), now.boot_ms, age_ms, one.awaited);
        }
        let expected = left.expected.iter().map(|one| one.file.to_string());
        let expected = expected.map(|request| Expected { request, seen: Vec::new() }).collect();
        self.tell_folder(FolderCommand::Expect(expected));
        for name in left.withdrawn {
            self.tell_folder(FolderCommand::Withdraw { name: name.to_string() });
        }
        Ok(())
    }

    /// What to tell whoever starts it, where damage was found that nobody has acknowledged.
    pub fn damage_in_words(&self) -> Option<String> {
        self.store.read(acts::damage::newest_in_words).ok().flatten()
    }

    /// Where terminals come in.
    pub fn socket(&self) -> &Path {
        &self.shop.config.socket
    }

    pub(super) fn lines(&self) -> &Lines {
        &self.lines
    }

    /// The last entry, and the store shut. From then on no act is taken, and every line ends with its session kept.
    pub(super) async fn close(self: &Arc<Self>) {
        let words = "ステーションが停止します。再開後に自動で再接続します";
        self.lines.push(&Audience::All, &Event::Banner { words: words.into() });
        if let Err(error) = self.look_at_places(true).await {
            tracing::error!(%error, "lines that were turned away are not on record");
        }
        *self.open.write().await = false;
        let station = Arc::clone(self);
        let closed = tokio::task::spawn_blocking(move || {
            let shop = Arc::clone(&station.shop);
            let last = station.store.transact_essential(move |tx| {
                let mut desk = Desk::new(tx, &shop, None);
                match repeats::close_all(&mut desk, "") {
                    Err(Stop::Store(error)) => return Err(error),
                    Err(Stop::Refused(_)) | Ok(()) => {}
                }
                desk.log(Act::StoreClosed { cause: "停止の指示".into() })?;
                desk.seal()
            });
            station.last_word();
            last.and(station.store.close())
        });
        if !matches!(closed.await, Ok(Ok(()))) {
            tracing::error!("the store could not be closed in order");
        }
        self.lines.end_all();
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
            idle_lock_min: self.shop.config.idle_lock_min,
            training_hints: self.shop.training_hints.clone(),
            link: self.link_now(),
            damage: self.is_damaged(),
            session,
        }
    }

    /// The station must end, and why: the first word counts.
    pub(super) fn must_end(&self, why: MustEnd) {
        let _ = self.why.set(why);
        self.end.notify_one();
    }

    /// Waits until it must.
    pub(super) async fn until_it_must_end(&self) -> MustEnd {
        self.end.notified().await;
        self.why.get().copied().unwrap_or(MustEnd::Damaged)
    }

    /// Whether the store was found damaged and nobody has acknowledged it.
    fn is_damaged(&self) -> bool {
        let found = self.store.read(|tx| tx.get::<serde::de::IgnoredAny>(Table::Settings, acts::damage::KEY));
        found.is_ok_and(|found: Option<_>| found.is_some())
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
            Request::EnrolChallenge { user } => self.enrol_challenge(origin, user).await,
            Request::EnrolCard { .. } | Request::EnrolSigned { .. } => self.enrol(origin, key, request).await,
            Request::ListTrust => self.list_trust(origin).await,
            Request::BeginToken { user } => self.begin_token(origin, user, None).await,
            Request::BeginEmergencyToken { user, reason, hours } => {
                self.begin_token(origin, user, Some((reason, hours))).await
            }
            Request::ConfirmToken { code } => self.confirm_token(origin, code).await,
            // Asked again it is judged again: a code counts once in any case.
            Request::OneTimeProof { .. } => {
                self.line_act(origin, None, move |desk| dispatch(desk, &request)).await
            }
            Request::AddAccount { .. } | Request::SetPassword { .. } => {
                self.with_hash(origin, key, request).await
            }
            Request::FaceResults => self.face_results(origin).await,
            Request::UseFaceResult { enquiry, name } => {
                self.use_face_result(origin, key, enquiry, name).await
            }
            Request::VerifyLog => self.verify_log(origin, None).await,
            Request::VerifyLogAgainst { outside } => self.verify_log(origin, Some(outside)).await,
            Request::LogHead => self.log_head(origin).await,
            Request::ExportLog { to } => self.export_log(origin, &to).await,
            Request::ExportRows { from } => self.export_rows(origin, from).await,
            Request::ExportLogAs { format, to, from, until } => {
                self.export_log_as(origin, format, &to, Draft { from, to: until, ..Draft::default() }).await
            }
            Request::EndExport { whole, sha256 } => self.end_export(origin, whole, sha256).await,
            Request::Home => self.home(origin).await,
            Request::Logout { cause } => {
                self.export_left(origin).await;
                let outcome =
                    self.line_essential(origin, move |desk| acts::sessions::logout(desk, cause)).await;
                // A session whose end is not on record goes on being this line's.
                if !matches!(&outcome, Err(refusal) if refusal.code == RefusalCode::StoreFailed) {
                    self.close_repeats_of(origin).await;
                    origin.session = None;
                    self.lines.hold(origin.line, None);
                }
                outcome
            }
            Request::Lock { card_gone } => {
                let cause = if card_gone { SessionCause::CardWithdrawn } else { SessionCause::Asked };
                self.line_essential(origin, move |desk| acts::sessions::lock(desk, cause)).await
            }
            Request::LockUnseen => {
                let cause = SessionCause::CardOutOfSight;
                self.line_essential(origin, move |desk| acts::sessions::lock(desk, cause)).await
            }
            Request::ReviewReport { month, csv, after } => {
                self.review_report(origin, month, csv, after).await
            }
            Request::ReadLog { before, own } => self.read_log(origin, before, own).await,
            Request::SearchLog { filter, before, own } => self.search_log(origin, *filter, before, own).await,
            Request::ShowLogEntry { seq, own } => self.show_log_entry(origin, seq, own).await,
            request => {
                let once = (!request.only_shows()).then_some(key);
                self.line_act(origin, once, move |desk| dispatch(desk, &request)).await
            }
        }
    }

    /// A turn to compute a password hash: few at once.
    pub(super) async fn turn(&self) -> Result<SemaphorePermit<'_>, Refusal> {
        self.hashing.acquire().await.map_err(|_| stopping())
    }

    /// A look that may go through the whole log, off the async threads, in one's turn. `None` where it was broken off.
    pub(super) async fn look<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> T + Send + 'static,
    ) -> Option<T> {
        let turn = self.looking.acquire().await.ok()?;
        let store = self.store.clone();
        let looked = tokio::task::spawn_blocking(move || work(&store)).await;
        drop(turn);
        looked.ok()
    }

    /// A password hash, off the async threads, within one's turn.
    pub(super) async fn hash<T: Send + 'static>(
        &self,
        turn: SemaphorePermit<'_>,
        work: impl FnOnce(&Passwords) -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let shop = Arc::clone(&self.shop);
        let worked = tokio::task::spawn_blocking(move || work(&shop.passwords)).await;
        drop(turn);
        worked.map_err(|_| stopping())
    }

    pub(super) fn challenges(&self) -> MutexGuard<'_, Challenges> {
        self.challenges.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn enrolments(&self) -> MutexGuard<'_, Challenges> {
        self.enrolments.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn offers(&self) -> MutexGuard<'_, Offers> {
        self.offers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was refused before it became an act is on record, with whoever sent it.
    pub(super) async fn note_refusal(&self, origin: &Origin, act: &'static str, words: &'static str) {
        let refuse = move |desk: &mut Desk<'_, '_>| {
            desk.know_caller()?;
            Err(desk.stop(act, RefusalCode::BadRequest, words))
        };
        let _ = self.line_essential(origin, refuse).await;
    }

    /// The line is gone: its session ends with it, unless it was ended or resumed elsewhere.
    pub(super) async fn line_ended(&self, origin: &Origin) {
        self.challenges().forget(origin.line);
        self.enrolments().forget(origin.line);
        self.offers().forget(origin.line);
        self.lines.close(origin.line);
        if !*self.open.read().await {
            return;
        }
        self.close_repeats_of(origin).await;
        let Some(session) = &origin.session else { return };
        if self.lines.is_held(session) {
            return;
        }
        self.export_left(origin).await;
        let ended = self.line_essential(origin, acts::sessions::line_lost).await;
        if let Err(refusal) = ended {
            tracing::warn!(%refusal, "the end of a line could not be put on record");
        }
    }
}

fn stopping() -> Refusal {
    Refusal::new(RefusalCode::Unavailable, "ステーションが停止中です。少し待ってやり直してください")
}

/// The acts that are one transaction and nothing else.
fn dispatch(desk: &mut Desk<'_, '_>, request: &Request) -> Outcome {
    match request {
        Request::Alive => acts::sessions::alive(desk),
        Request::OlderCases { before } => acts::home::older(desk, before),
        Request::OpenCase { draft } => acts::cases::open(desk, draft),
        Request::ChangeCase { case, draft } => acts::cases::change(desk, case, draft),
        Request::OpenEnquiry { case } => acts::drafting::open(desk, case),
        Request::ShowEnquiry { enquiry } => acts::drafting::show(desk, enquiry),
        Request::SaveDraft { enquiry, key, consent } => acts::drafting::save(desk, enquiry, key, consent),
        Request::ConfirmKey { enquiry, key } => acts::drafting::confirm_key(desk, enquiry, key),
        Request::Send { enquiry, key, consent } => acts::asking::send(desk, enquiry, key, consent),
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
        Request::ConfirmPerson { enquiry, document, same } => {
            acts::reading::confirm_person(desk, enquiry, document, *same)
        }
        Request::ReadSummary { enquiry, section, from } => {
            acts::reading::read(desk, enquiry, *section, *from)
        }
        Request::FindInSummary { enquiry, text } => acts::reading::find(desk, enquiry, text),
        Request::ListAccounts { after } => acts::accounts::list(desk, after.as_ref()),
        Request::SetPermission { user, permission, granted } => {
            acts::accounts::set_permission(desk, user, *permission, *granted)
        }
        Request::SetDisabled { user, disabled } => acts::accounts::set_disabled(desk, user, *disabled),
        Request::UnlockAccount { user } => acts::accounts::unlock(desk, user),
        Request::ListCards { user, after } => acts::card_list::list(desk, user.as_ref(), after.as_ref()),
        Request::RevokeCard { user, fingerprint, reason } => {
            acts::card_list::revoke(desk, user, *fingerprint, reason)
        }
        Request::ApproveCard { user, fingerprint } => acts::enrol::approve(desk, user, *fingerprint),
        Request::RejectCard { user, fingerprint, reason } => {
            acts::enrol::reject(desk, user, *fingerprint, reason)
        }
        Request::AddAuthority { card, certificate, sha256 } => {
            acts::authorities::add(desk, *card, certificate, sha256)
        }
        Request::RemoveAuthority { sha256, reason } => acts::authorities::remove(desk, sha256, reason),
        Request::OneTimeProof { code } => acts::tokens::prove(desk, code),
        Request::ListTokens { user, after } => acts::tokens::list(desk, user.as_ref(), after.as_ref()),
        Request::RevokeToken { user, token, reason } => acts::tokens::revoke(desk, user, token, reason),
        Request::DeclareRecovery { words } => acts::recovery::declare(desk, words),
        Request::RecoveryStatus => acts::recovery::status(desk),
        Request::Damage(request) => acts::damage::answer(desk, request),
        Request::ListReviews { overdue, after } => acts::reviews::list(desk, *overdue, after.as_ref()),
        Request::ListClosedReviews { month, before } => {
            acts::closed_reviews::list(desk, *month, before.as_ref())
        }
        Request::ShowReview { review } => acts::reviews::show(desk, review),
        Request::CloseReview { review, verdict, words } => {
            acts::reviews::close(desk, review, *verdict, words)
        }
        Request::ReviewAgain { review, words } => acts::reviews::again(desk, review, words),
        Request::ListExplanations { given, after } => acts::explanations::list(desk, *given, after.as_ref()),
        Request::ShowSlip { enquiry } => acts::explanations::show_slip(desk, enquiry),
        Request::GiveExplanation { enquiry, to, by, words } => {
            acts::explanations::give(desk, enquiry, *to, by, words)
        }
        Request::RaiseObjection { enquiry, words } => acts::explanations::object(desk, enquiry, words),
        Request::ShippingStatus => acts::shipping::status(desk),
        // These need the folder or a password hash and have ways of their own in `Station::act`.
        Request::Login { .. }
        | Request::Unlock { .. }
        | Request::CardChallenge
        | Request::CardProof { .. }
        | Request::Lock { .. }
        | Request::LockUnseen
        | Request::Logout { .. }
        | Request::ReadLog { .. }
        | Request::SearchLog { .. }
        | Request::ShowLogEntry { .. }
        | Request::ReviewReport { .. }
        | Request::Home
        | Request::FaceResults
        | Request::UseFaceResult { .. }
        | Request::VerifyLog
        | Request::EnrolChallenge { .. }
        | Request::EnrolCard { .. }
        | Request::EnrolSigned { .. }
        | Request::ListTrust
        | Request::VerifyLogAgainst { .. }
        | Request::LogHead
        | Request::ExportLog { .. }
        | Request::ExportRows { .. }
        | Request::ExportLogAs { .. }
        | Request::EndExport { .. }
        | Request::BeginToken { .. }
        | Request::BeginEmergencyToken { .. }
        | Request::ConfirmToken { .. }
        | Request::AddAccount { .. }
        | Request::SetPassword { .. } => {
            Err(desk.stop(request.name(), RefusalCode::BadRequest, "この要求はここでは扱えません"))
        }
    }
}
