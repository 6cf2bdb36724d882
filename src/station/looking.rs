//! Acts that look at something slow or outside: the face-reader folder, the whole log. Their doors are transactions
//! like all others; the looking itself happens between them.

use super::acts;
use super::cut;
use super::desk::Origin;
use super::faces::Kind;
use super::records::Holder;
use super::start::Station;
use crate::domain::candidate::Person;
use crate::domain::enquiry::EnquiryId;
use crate::domain::key::{IdentificationMethod, KeyDraft};
use crate::domain::medical::AnswerContent;
use crate::domain::{CalendarDate, SafeText};
use crate::exchange::answer;
use crate::exchange::folder::{FaceEntry, FolderCommand, FolderEvent};
use crate::exchange::request::AnswerFile;
use crate::log::Subject;
use crate::protocol::view::FaceResultView;
use crate::protocol::{IdempotencyKey, Refusal, RefusalCode, Reply};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// The folder may hang; a screen may not.
const FOLDER_DEADLINE: Duration = Duration::from_secs(2);
/// Results listed.
const FACES: usize = 20;

impl Station {
    /// The home screen, with the count of card results where the folder answers in time.
    pub(super) async fn home(&self, origin: &Origin) -> Result<Reply, Refusal> {
        let reply = self.line_act(origin, None, acts::home::show).await?;
        let Reply::Home(mut home) = reply else { return Ok(reply) };
        if home.methods.contains(&IdentificationMethod::MyNumberCard)
            && !self.folder_hangs.load(Ordering::Relaxed)
            && let Ok(FolderEvent::FaceCount(count)) =
                self.ask_folder(Kind::Count, FolderCommand::CountFaces).await
        {
            home.face_results = Some(count);
        }
        Ok(Reply::Home(home))
    }

    /// The newest results of the face-authentication reader, read in place (B1).
    pub(super) async fn face_results(&self, origin: &Origin) -> Result<Reply, Refusal> {
        self.line_act(origin, None, acts::faces::may_list).await?;
        let list = FolderCommand::ListFaces { newest: FACES };
        let FolderEvent::Faces(faces) = self.ask_folder(Kind::List, list).await? else {
            let why = folder_failed("カードの読取結果を一覧できませんでした");
            return Err(self.refuse(origin, "face_results", why).await);
        };
        let people: Vec<Subject> = faces.iter().map(subject).collect();
        self.line_act(origin, None, move |desk| acts::faces::listed(desk, &people)).await?;
        Ok(Reply::FaceResults(faces.into_iter().map(face).collect()))
    }

    /// Copies the chosen result into the enquiry's form.
    pub(super) async fn use_face_result(
        &self,
        origin: &Origin,
        key: &IdempotencyKey,
        enquiry: EnquiryId,
        name: SafeText,
    ) -> Result<Reply, Refusal> {
        const ACT: &str = "use_face_result";
        if let Some(reply) = self.done_before(origin, key).await? {
            return Ok(reply);
        }
        let wanted = enquiry.clone();
        self.line_act(origin, None, move |desk| acts::faces::may_choose(desk, &wanted)).await?;
        let copy = FolderCommand::CopyFace { name: name.as_str().to_owned() };
        let (bytes, hash) = match self.ask_folder(Kind::Copy, copy).await? {
            // By its name: another's card result must never fill this form.
            FolderEvent::FaceCopied { name: copied, bytes, hash } if copied == name.as_str() => (bytes, hash),
            FolderEvent::FaceFailed { why, .. } => {
                return Err(self.refuse(origin, ACT, folder_failed(&why)).await);
            }
            _ => {
                let why = folder_failed("カードの読取結果を取り込めませんでした");
                return Err(self.refuse(origin, ACT, why).await);
            }
        };
        let (draft, holder) = match self.person_of_face(&bytes) {
            Ok(person) => (draft_of(&person), holder_of(&person)),
            Err(why) => return Err(self.refuse(origin, ACT, why).await),
        };
        let sha256 = SafeText::new(&hash.to_string());
        self.line_act(origin, Some(key), move |desk| {
            acts::faces::chosen(desk, &enquiry, &name, &sha256, &draft, &holder)
        })
        .await
    }

    /// Puts a refusal of the folder on record.
    async fn refuse(&self, origin: &Origin, act: &'static str, refusal: Refusal) -> Refusal {
        let words = refusal.clone();
        let on_record = self
            .line_act(origin, None, move |desk| {
                desk.know_caller()?;
                Err(desk.refuse(act, words.clone()))
            })
            .await;
        on_record.err().unwrap_or(refusal)
    }

    /// The one person of a 資格確認 result.
    fn person_of_face(&self, bytes: &[u8]) -> Result<Person, Refusal> {
        let parsed =
            answer::read(bytes, AnswerFile::Xml, &self.shop.dialect).map_err(|e| folder_failed(&e))?;
        let person = match parsed.content {
            AnswerContent::People(people) if people.len() == 1 => people.into_iter().next(),
            _ => None,
        };
        person.ok_or_else(|| {
            folder_failed("この読取結果には1人分の資格情報がありません。カードを読み取り直してください")
        })
    }

    async fn ask_folder(&self, kind: Kind, command: FolderCommand) -> Result<FolderEvent, Refusal> {
        let hangs = || folder_failed("連携フォルダが応答しません。しばらく待ってからやり直してください");
        let answer = self.faces.ask(kind, || self.tell_folder(command)).ok_or_else(hangs)?;
        match tokio::time::timeout(FOLDER_DEADLINE, answer).await {
            Ok(Ok(event)) => Ok(event),
            _ => Err(hangs()),
        }
    }
}

/// The key that a card reading holds.
fn draft_of(person: &Person) -> KeyDraft {
    let text = |value: &Option<SafeText>| value.as_ref().map(ToString::to_string).unwrap_or_default();
    KeyDraft {
        method: IdentificationMethod::MyNumberCard,
        insurer_number: person.insurer_number.to_string(),
        symbol: text(&person.symbol),
        insured_number: person.insured_number.to_string(),
        branch_number: text(&person.branch_number),
        birthdate: person.birthdate.map(CalendarDate::compact).unwrap_or_default(),
        ..KeyDraft::default()
    }
}

/// Whom it names.
fn holder_of(person: &Person) -> Holder {
    Holder { name: person.name.clone(), kana: person.kana.clone(), birthdate: person.birthdate }
}

fn folder_failed(why: &(impl std::fmt::Display + ?Sized)) -> Refusal {
    Refusal::new(RefusalCode::FolderFailed, why)
}

/// Whom a listed result names, for the log.
fn subject(entry: &FaceEntry) -> Subject {
    let person = entry.person.as_ref().ok();
    Subject {
        name: person.map(|person| person.name.clone()),
        kana: person.map(|person| person.kana.clone()),
        birthdate: person.and_then(|p| p.birthdate).map(|date| SafeText::new(&date.civil().to_string())),
        ..Subject::default()
    }
}

fn face(entry: FaceEntry) -> FaceResultView {
    let (person, unusable) = match entry.person {
        Ok(person) => (Some(person), None),
        Err(why) => (None, Some(SafeText::new(&why))),
    };
    FaceResultView {
        name: SafeText::new(&entry.name),
        at: cut::stamp_of_name(&entry.at),
        person_name: person.as_ref().map(|p| p.name.clone()).unwrap_or_default(),
        kana: person.as_ref().map(|p| p.kana.clone()).unwrap_or_default(),
        birthdate: person.and_then(|p| p.birthdate),
        unusable,
    }
}
