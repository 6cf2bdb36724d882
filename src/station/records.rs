//! What the station keeps in the store beside domain's own types. All of it is sealed.

use crate::card::{CardKind, SpkiHash};
use crate::domain::case::CaseNumber;
use crate::domain::consent::ConsentDraft;
use crate::domain::enquiry::EnquiryId;
use crate::domain::key::KeyDraft;
use crate::domain::medical::AnswerContent;
use crate::domain::{CalendarDate, IdentificationMethod, SafeText, UserId};
use crate::identity::{Enrolment, StoredPassword};
use crate::protocol::Refusal;
use crate::protocol::view::ReadingView;
use serde::{Deserialize, Serialize};

/// The secrets of an account.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Credential {
    /// argon2id.
    pub(crate) password: StoredPassword,
    /// Enrolled cards.
    pub(crate) cards: Vec<Enrolment>,
    /// Keys of cards that were enrolled once. Who ever had a card gets the next one as a renewal: an administrator who
    /// takes a card away could otherwise give another, alone, as if it were the first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) former: Vec<SpkiHash>,
}

impl Credential {
    /// For a new account.
    pub(crate) fn new(password: StoredPassword, cards: Vec<Enrolment>) -> Self {
        Self { password, cards, former: Vec::new() }
    }

    /// Whether a card is, or ever was, enrolled.
    pub(crate) fn had_card(&self) -> bool {
        !self.cards.is_empty() || !self.former.is_empty()
    }
}

/// An authority of cards that an administrator pinned.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Authority {
    /// For which kind of card.
    pub(crate) card: CardKind,
    /// Certificate, DER in base64.
    pub(crate) certificate: String,
    /// Who added it.
    pub(crate) by: UserId,
    /// When.
    pub(crate) at_ms: i64,
}

impl Authority {
    /// Certificate, DER.
    pub(crate) fn der(&self) -> Vec<u8> {
        data_encoding::BASE64.decode(self.certificate.as_bytes()).unwrap_or_default()
    }
}

/// A card that is to be enrolled beside or instead of another, and waits for a second administrator.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PendingCard {
    /// The card.
    pub(crate) card: Enrolment,
    /// It has signed; otherwise only its certificate was seen.
    pub(crate) signed: bool,
    /// Who proposed it.
    pub(crate) by: UserId,
    /// When.
    pub(crate) at_ms: i64,
}

/// The last 復旧 that was declared.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Recovery {
    /// How many there have been.
    pub(crate) count: u64,
    pub(crate) at_ms: i64,
    pub(crate) by: Option<UserId>,
    pub(crate) words: SafeText,
}

/// What was typed of an enquiry, kept whatever is wrong with it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct DraftRecord {
    /// The forms under the tab that is open: on the card's, with the numbers of the chosen reading.
    pub(crate) key: KeyDraft,
    pub(crate) consent: ConsentDraft,
    /// The key as a card reading gave it, before corrections (B6).
    pub(crate) on_file: Option<KeyDraft>,
    /// Whom that reading names.
    #[serde(default)]
    pub(crate) reading: Option<Holder>,
    /// On the card's tab, what the other tabs hold: what a card fills in is never taken for typed by hand.
    #[serde(default)]
    pub(crate) by_hand: Option<KeyDraft>,
}

/// Whom a card reading names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Holder {
    pub(crate) name: SafeText,
    pub(crate) kana: SafeText,
    pub(crate) birthdate: Option<CalendarDate>,
}

impl DraftRecord {
    /// Takes up the forms as they stand, from whatever tab.
    pub(crate) fn take(&mut self, key: KeyDraft) {
        self.by_hand = (key.method == IdentificationMethod::MyNumberCard).then(|| {
            let kept = self.by_hand();
            KeyDraft {
                // 4情報 are nobody's but the typist's.
                name: key.name.clone(),
                sex: key.sex,
                address: key.address.clone(),
                insurer_name: key.insurer_name.clone(),
                ..kept
            }
        });
        self.key = key;
    }

    /// What was typed by hand.
    pub(crate) fn by_hand(&self) -> KeyDraft {
        match &self.by_hand {
            Some(typed) => typed.clone(),
            // An older version kept a reading in place of what had been typed.
            None if self.key.method == IdentificationMethod::MyNumberCard => KeyDraft {
                name: self.key.name.clone(),
                sex: self.key.sex,
                address: self.key.address.clone(),
                insurer_name: self.key.insurer_name.clone(),
                ..KeyDraft::default()
            },
            None => self.key.clone(),
        }
    }

    /// The chosen reading, while its tab is open.
    pub(crate) fn reading(&self) -> Option<ReadingView> {
        let on_file = self.on_file.as_ref().filter(|_| self.key.method == IdentificationMethod::MyNumberCard);
        let (filed, holder) = (on_file?, self.reading.as_ref()?);
        Some(ReadingView {
            person_name: holder.name.clone(),
            kana: holder.kana.clone(),
            birthdate: holder.birthdate,
            corrected: filed.differing(&self.key),
        })
    }
}

/// An answer as kept. Its bytes are kept whatever they say; its content only where it was believed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Document {
    pub(crate) enquiry: EnquiryId,
    pub(crate) request: SafeText,
    pub(crate) file_name: SafeText,
    pub(crate) sha256: SafeText,
    /// The bytes as received, base64.
    pub(crate) raw: String,
    /// What it says; nothing of an answer that was refused, which is kept shut.
    pub(crate) content: Option<AnswerContent>,
    pub(crate) retrieved_ms: i64,
    pub(crate) late: bool,
}

/// What an act came to, for when it is asked again. Nothing that was shown is kept here.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Done {
    /// It was done, and there is nothing more to say.
    Nothing,
    /// A case was opened or changed.
    Case(CaseNumber),
    /// An enquiry was moved.
    Enquiry(EnquiryId),
    /// The key of an enquiry was confirmed.
    KeyConfirmed(EnquiryId),
    /// A card waits for a second administrator; its fingerprint.
    CardProposed(SafeText),
    /// It was refused.
    Refused(Refusal),
}

/// The same with its time.
#[derive(Serialize, Deserialize)]
pub(crate) struct DoneBefore {
    pub(crate) done: Done,
    /// On the boot-time clock: a wall clock that is set right must not make anybody do a thing twice. Absent in what an
    /// older version wrote.
    #[serde(default)]
    pub(crate) boot_ms: u64,
}

impl DoneBefore {
    /// Whether it is older than that. Where the host was started anew since, it is at least as old as this boot.
    pub(crate) fn is_older_than(&self, keep_ms: u64, now_boot_ms: u64) -> bool {
        now_boot_ms.checked_sub(self.boot_ms).unwrap_or(now_boot_ms) > keep_ms
    }
}

/// Which enquiry a request file belongs to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RequestOf {
    pub(crate) enquiry: EnquiryId,
}
