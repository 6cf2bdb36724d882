//! The desk at which one act is done: a transaction, the caller, the moment, and what is to happen afterwards.

use super::effect::{Audience, Effect};
use super::records::{Authority, Credential, DraftRecord};
use super::repeats;
use super::shop::Shop;
use crate::clock::Now;
use crate::domain::case::{Case, CaseNumber};
use crate::domain::enquiry::{Enquiry, EnquiryId, IllegalStep};
use crate::domain::factor::TwoFactors;
use crate::domain::{Account, Permission, SafeText, UserId};
use crate::identity::{self, Phase, Session, SessionLimits};
use crate::log::{Act, Actor, NewEntry, Subject};
use crate::protocol::{Event, Refusal, RefusalCode, Reply};
use crate::store::{StoreError, Table, Tx};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// An idle deadline that moved less than this, in milliseconds, is not written down.
const TOUCH_MS: u64 = 20_000;

/// Why an act stopped: the caller is told, or nothing was done because the store failed.
pub(crate) enum Stop {
    /// A rule refused; its log entry is committed.
    Refused(Refusal),
    /// The store failed; the whole transaction is undone.
    Store(StoreError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// What an act comes to.
pub(crate) type Outcome = Result<Reply, Stop>;

/// Where the act comes from, as the station itself knows it.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    /// The line's number.
    pub(crate) line: u64,
    /// Terminal by peer credentials, never by the client's word.
    pub(crate) terminal: SafeText,
    /// For lock-out tallies: the peer's uid.
    pub(crate) source: SafeText,
    /// The session that the line holds.
    pub(crate) session: Option<SafeText>,
}

/// One act's desk.
pub(crate) struct Desk<'a, 'tx> {
    pub(crate) tx: &'a mut Tx<'tx>,
    pub(crate) shop: &'a Shop,
    pub(crate) now: Now,
    pub(crate) origin: Option<&'a Origin>,
    pub(crate) session: Option<Session>,
    pub(crate) account: Option<Account>,
    effects: Vec<Effect>,
    wrote: bool,
    counted: bool,
    case: Option<SafeText>,
    enquiry: Option<SafeText>,
    subject: Option<Box<Subject>>,
    judge: Option<Actor>,
}

/// A person who passed the doors of an act.
pub(crate) struct Caller {
    pub(crate) session: Session,
    pub(crate) account: Account,
}

/// A caller who may look: permission and two factors, both proved to the type system.
pub(crate) struct Viewer {
    pub(crate) caller: Caller,
    pub(crate) factors: TwoFactors,
}

impl<'a, 'tx> Desk<'a, 'tx> {
    /// A desk for a line's act, or (without an origin) for the station's own.
    pub(crate) fn new(tx: &'a mut Tx<'tx>, shop: &'a Shop, origin: Option<&'a Origin>) -> Self {
        Self {
            tx,
            shop,
            now: shop.now(),
            origin,
            session: None,
            account: None,
            effects: Vec::new(),
            wrote: false,
            counted: false,
            case: None,
            enquiry: None,
            subject: None,
            judge: None,
        }
    }

    /// What is to happen after the commit.
    pub(crate) fn into_effects(self) -> Vec<Effect> {
        self.effects
    }

    pub(crate) fn afterwards(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    pub(crate) fn push(&mut self, audience: Audience, event: Event) {
        self.effects.push(Effect::Push(audience, event));
    }

    // -- the log ---------------------------------------------------------------------------------------

    /// Puts an act on record, with all that the desk knows about its circumstances.
    pub(crate) fn log(&mut self, act: Act) -> Result<(), StoreError> {
        let entry = self.entry(act);
        self.wrote = true;
        self.tx.log(&entry).map(drop)
    }

    fn entry(&self, act: Act) -> NewEntry {
        let of_line = self.origin.and_then(|origin| origin.session.clone());
        let terminal = self.origin.map(|origin| origin.terminal.clone());
        let session = self.session.as_ref();
        NewEntry {
            at: self.shop.stamp(&self.now),
            host: self.shop.host.clone(),
            actor: self.account.as_ref().map(actor),
            on_behalf_of: self.judge.clone(),
            terminal: terminal.or_else(|| session.map(|session| session.terminal().clone())),
            session: of_line.or_else(|| session.map(public_id)),
            case: self.case.clone(),
            enquiry: self.enquiry.clone(),
            subject: self.subject.clone(),
            act,
        }
    }

    /// Puts on record what happens to a session that is not the caller's own.
    pub(crate) fn log_of(&mut self, session: &Session, act: Act) -> Result<(), StoreError> {
        let entry = self.entry(act);
        self.wrote = true;
        self.tx.log(&NewEntry { session: Some(public_id(session)), ..entry }).map(drop)
    }

    /// Puts on record what happens to a case that is not the one at hand.
    pub(crate) fn log_about(&mut self, case: &Case, act: Act) -> Result<(), StoreError> {
        let entry = self.entry(act);
        let subject = case.patient_id.clone();
        let subject = subject.map(|id| Box::new(Subject { patient_id: Some(id), ..Subject::default() }));
        let case = Some(SafeText::new(case.number.as_str()));
        self.wrote = true;
        self.tx.log(&NewEntry { case, enquiry: None, subject, on_behalf_of: None, ..entry }).map(drop)
    }

    /// From here on the entries are about this enquiry, its case and its patient.
    pub(crate) fn about(&mut self, enquiry: &Enquiry) -> Result<(), StoreError> {
        self.case = Some(SafeText::new(enquiry.case.as_str()));
        self.enquiry = Some(SafeText::new(enquiry.id.as_str()));
        self.subject = super::cut::subject_of(enquiry).map(Box::new);
        let judge = enquiry.confirmation.as_ref().and_then(|c| c.judged_by.clone());
        self.judge = judge.map(|name| self.judge_of(&name)).transpose()?;
        Ok(())
    }

    /// The same for somebody who looks back at it: who judged then did not judge this.
    pub(crate) fn about_past(&mut self, enquiry: &Enquiry) {
        self.case = Some(SafeText::new(enquiry.case.as_str()));
        self.enquiry = Some(SafeText::new(enquiry.id.as_str()));
        self.subject = super::cut::subject_of(enquiry).map(Box::new);
    }

    /// Who judged, as typed: a user id of this station names its account; of anybody else only the name is known.
    pub(crate) fn judge_of(&self, typed: &SafeText) -> Result<Actor, StoreError> {
        let account: Option<Account> = match UserId::parse(typed.as_str()) {
            Ok(user) => self.get(Table::Accounts, user.as_str())?,
            Err(_) => None,
        };
        let unknown =
            || Actor { user: typed.clone(), name: typed.clone(), profession: None, record_user: None };
        Ok(account.as_ref().map_or_else(unknown, actor))
    }

    /// From here on the entries are about this case.
    pub(crate) fn about_case(&mut self, case: &Case) {
        self.case = Some(SafeText::new(case.number.as_str()));
        self.subject = case
            .patient_id
            .clone()
            .map(|id| Box::new(Subject { patient_id: Some(id), ..Subject::default() }));
    }

    /// From here on the entries name this patient, as returned.
    pub(crate) fn about_subject(&mut self, subject: Subject) {
        self.subject = Some(Box::new(subject));
    }

    /// The enquiry that the entries are about.
    pub(crate) fn enquiry_at_hand(&self) -> Option<SafeText> {
        self.enquiry.clone()
    }

    /// Puts refusals that were counted on record, with the circumstances of the first.
    pub(crate) fn log_counted(
        &mut self,
        act: Act,
        terminal: SafeText,
        session: Option<SafeText>,
        actor: Option<Actor>,
        enquiry: Option<SafeText>,
    ) -> Result<(), StoreError> {
        let entry = self.entry(act);
        self.wrote = true;
        self.tx.log(&NewEntry { terminal: Some(terminal), session, actor, enquiry, ..entry }).map(drop)
    }

    /// Puts on record that something was refused: as an entry, or counted with others like it (see `repeats`).
    pub(crate) fn log_refusal(&mut self, act: Act) -> Result<(), StoreError> {
        let Some(origin) = self.origin else { return self.log(act) };
        self.counted |= repeats::note(self, origin, act)? == repeats::Noted::Counted;
        Ok(())
    }

    /// Whether what was refused was only counted.
    pub(crate) fn counted(&self) -> bool {
        self.counted
    }

    /// A refusal on record.
    pub(crate) fn refuse(&mut self, act: &'static str, refusal: Refusal) -> Stop {
        let input = refusal.code == RefusalCode::BadInput;
        let entry = Act::Refusal { act: act.into(), reason: refusal.words.clone(), input };
        match self.log_refusal(entry) {
            Ok(()) => Stop::Refused(refusal),
            Err(error) => Stop::Store(error),
        }
    }

    /// The same from a code and a sentence.
    pub(crate) fn stop(
        &mut self,
        act: &'static str,
        code: RefusalCode,
        words: impl std::fmt::Display,
    ) -> Stop {
        self.refuse(act, Refusal::new(code, words))
    }

    /// A step that the checks before it had allowed was not possible: on record, and nobody is misled.
    pub(crate) fn illegal(&mut self, illegal: &IllegalStep) -> Stop {
        self.stop("step", RefusalCode::WrongState, illegal)
    }

    // -- doors -----------------------------------------------------------------------------------------

    /// Whose line it is, where anybody is logged in, so that what is refused before any door names him.
    pub(crate) fn know_caller(&mut self) -> Result<(), StoreError> {
        let Some(id) = self.origin.and_then(|origin| origin.session.clone()) else { return Ok(()) };
        self.session = self.get(Table::Sessions, id.as_str())?;
        self.account = match &self.session {
            Some(session) => self.get(Table::Accounts, session.user().as_str())?,
            None => None,
        };
        Ok(())
    }

    /// The caller: logged in, not locked, account still in use. Read anew in every act, so that a disabled
    /// account or a revoked permission ends at the next act.
    pub(crate) fn caller(&mut self, act: &'static str) -> Result<Caller, Stop> {
        let mut caller = self.caller_even_locked(act)?;
        if let Phase::Locked(_) = caller.session.phase(&self.when()) {
            let words = "画面がロックされています。パスワードとカード（またはワンタイムパスワード）でロックを解除してください";
            return Err(self.stop(act, RefusalCode::Locked, words));
        }
        self.touch(&mut caller.session)?;
        Ok(caller)
    }

    /// The same, a locked session included.
    pub(crate) fn caller_even_locked(&mut self, act: &'static str) -> Result<Caller, Stop> {
        let gone = "ログインしていません。利用者IDとパスワードでログインしてください";
        let Some(id) = self.origin.and_then(|origin| origin.session.clone()) else {
            return Err(self.stop(act, RefusalCode::NoSession, gone));
        };
        let session: Option<Session> = self.get(Table::Sessions, id.as_str())?;
        let Some(session) = session.filter(|s| s.phase(&self.when()) != Phase::Ended) else {
            let words = "セッションが終了しています。もう一度ログインしてください";
            return Err(self.stop(act, RefusalCode::NoSession, words));
        };
        let account: Option<Account> = self.get(Table::Accounts, session.user().as_str())?;
        let Some(account) = account.filter(|account| !account.disabled) else {
            let words = "この利用者は停止されています。施設管理者に連絡してください";
            return Err(self.stop(act, RefusalCode::NoSession, words));
        };
        self.session = Some(session.clone());
        self.account = Some(account.clone());
        Ok(Caller { session, account })
    }

    /// The idle time begins anew. Written down only when it has moved by [`TOUCH_MS`], to spare the disk.
    fn touch(&mut self, session: &mut Session) -> Result<(), StoreError> {
        let before = session.idle_deadline();
        let limits = self.session_limits();
        if session.touch(&self.when(), &limits).is_ok() && session.idle_deadline().since(before) >= TOUCH_MS {
            self.save_session(session)?;
        }
        Ok(())
    }

    /// Keeps a session under its public id.
    pub(crate) fn save_session(&mut self, session: &Session) -> Result<(), StoreError> {
        self.session = Some(session.clone());
        self.put(Table::Sessions, public_id(session).as_str(), session)
    }

    /// How long sessions last here.
    pub(crate) fn session_limits(&self) -> SessionLimits {
        self.shop.session_limits()
    }

    /// The present moment in the words of `identity`.
    pub(crate) fn when(&self) -> identity::session::Now<'a> {
        self.shop.when(&self.now)
    }

    /// A caller with two factors of different kinds and 救急時閲覧権限 (A2, A3).
    pub(crate) fn viewer(&mut self, act: &'static str) -> Result<Viewer, Stop> {
        let caller = self.caller(act)?;
        if !caller.account.may(Permission::EmergencyView) {
            let words = "救急時閲覧権限がないため照会・閲覧はできません。必要なときは施設管理者に付与を依頼してください";
            return Err(self.stop(act, RefusalCode::NoPermission, words));
        }
        match TwoFactors::of(caller.session.factors()) {
            Ok(factors) => Ok(Viewer { caller, factors }),
            Err(missing) => Err(self.stop(act, RefusalCode::OneFactor, missing)),
        }
    }

    /// A caller with another permission, and with the second factor where one is enrolled for the account.
    pub(crate) fn with_permission(
        &mut self,
        act: &'static str,
        permission: Permission,
    ) -> Result<Caller, Stop> {
        let caller = self.caller(act)?;
        if !caller.account.may(permission) {
            let words = format!("{}がないため、この操作はできません", permission.label());
            return Err(self.stop(act, RefusalCode::NoPermission, words));
        }
        self.card_where_enrolled(act, &caller)?;
        Ok(caller)
    }

    /// An account with a card or a token manages nothing, nor reads the log, with its password alone.
    pub(crate) fn card_where_enrolled(&mut self, act: &'static str, caller: &Caller) -> Result<(), Stop> {
        let user = &caller.account.user;
        // Also where a card was taken away: that must not make less proof enough.
        let enrolled =
            self.credential(user)?.is_some_and(|c| c.had_card()) || super::acts::tokens::has_one(self, user)?;
        match TwoFactors::of(caller.session.factors()) {
            Err(missing) if enrolled => Err(self.stop(act, RefusalCode::OneFactor, missing)),
            _ => Ok(()),
        }
    }

    /// One's own enquiry; another's is answered as if it were not there, and the attempt is on record.
    pub(crate) fn own_enquiry(
        &mut self,
        act: &'static str,
        caller: &Caller,
        id: &EnquiryId,
    ) -> Result<Enquiry, Stop> {
        let found: Option<Enquiry> = self.get(Table::Enquiries, id.as_str())?;
        match found {
            Some(enquiry) if enquiry.owner == caller.account.user => {
                self.about(&enquiry)?;
                Ok(enquiry)
            }
            _ => {
                self.enquiry = Some(SafeText::new(id.as_str()));
                let words = "その照会は見つかりません。ホーム画面から選び直してください";
                Err(self.stop(act, RefusalCode::NotFound, words))
            }
        }
    }

    // -- records ---------------------------------------------------------------------------------------

    pub(crate) fn get<T: DeserializeOwned>(&self, table: Table, key: &str) -> Result<Option<T>, StoreError> {
        self.tx.get(table, key)
    }

    pub(crate) fn put<T: Serialize>(&mut self, table: Table, key: &str, value: &T) -> Result<(), StoreError> {
        self.wrote = true;
        self.tx.put(table, key, value)
    }

    pub(crate) fn remove(&mut self, table: Table, key: &str) -> Result<(), StoreError> {
        self.wrote = true;
        self.tx.remove(table, key).map(drop)
    }

    /// Whether anything is to be committed.
    pub(crate) fn wrote(&self) -> bool {
        self.wrote
    }

    pub(crate) fn save(&mut self, enquiry: &Enquiry) -> Result<(), StoreError> {
        self.put(Table::Enquiries, enquiry.id.as_str(), enquiry)?;
        super::shelf::keep(self, enquiry)?;
        super::claims::follow(self, enquiry)?;
        super::reviews::follow(self, enquiry)
    }

    /// Keeps the enquiry and tells its owner's screens that it moved.
    pub(crate) fn save_and_tell(&mut self, enquiry: &Enquiry) -> Result<(), StoreError> {
        self.save(enquiry)?;
        let event = Event::EnquiryChanged { enquiry: enquiry.id.clone() };
        self.push(Audience::User(enquiry.owner.clone()), event);
        Ok(())
    }

    pub(crate) fn draft(&self, id: &EnquiryId) -> Result<DraftRecord, StoreError> {
        Ok(self.get(Table::Drafts, id.as_str())?.unwrap_or_default())
    }

    /// A case, for anybody who passed the doors of the act.
    pub(crate) fn case(&mut self, act: &'static str, number: &CaseNumber) -> Result<Case, Stop> {
        let found: Option<Case> = self.get(Table::Cases, number.as_str())?;
        let words = "その症例は見つかりません。ホーム画面から選び直してください";
        found.ok_or_else(|| self.stop(act, RefusalCode::NotFound, words))
    }

    /// The authorities that administrators pinned, by fingerprint.
    pub(crate) fn authorities(&self) -> Result<Vec<(String, Authority)>, StoreError> {
        self.tx.scan_prefix(Table::Authorities, "")
    }

    pub(crate) fn credential(&self, user: &UserId) -> Result<Option<Credential>, StoreError> {
        self.get(Table::Credentials, user.as_str())
    }
}

/// The id under which a session is kept, shown and logged: the beginning of its token's hash. Never the token.
pub(crate) fn public_id(session: &Session) -> SafeText {
    id_of_token(&session.token())
}

/// The same from a token's hash.
pub(crate) fn id_of_token(hash: &identity::TokenHash) -> SafeText {
    let text = data_encoding::HEXLOWER.encode(hash.as_bytes());
    SafeText::new(text.get(..16).unwrap_or_default())
}

/// A person as the log names one.
pub(crate) fn actor(account: &Account) -> Actor {
    Actor {
        user: account.user.as_str().into(),
        name: account.name.as_str().into(),
        profession: Some(account.profession),
        record_user: account.record_user.clone(),
    }
}
