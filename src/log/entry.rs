//! What one line of the log holds beside the act itself.

use super::Act;
use crate::domain::SafeText;
use crate::domain::account::Profession;
use serde::{Deserialize, Serialize};

/// One numbered entry of the log, as it is kept, hashed, shipped and exported.
///
/// The order of the fields is the order of the canonical bytes; see [`super::canonical`] before changing it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The place in this store's log, from 1, without gaps. The only order that counts.
    pub seq: u64,
    /// Whether the store is of training kind; set by the store, never by the caller.
    pub training: bool,
    /// When it happened.
    pub at: Stamp,
    /// The station, by host name.
    pub host: SafeText,
    /// Who acted; nobody for the station's own acts and for failed logins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<Actor>,
    /// 代行: who judged, where it is not the one who operates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<Actor>,
    /// The registered terminal, as the station knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terminal: Option<SafeText>,
    /// The session's public id; never its token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SafeText>,
    /// 仮番号 of the case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<SafeText>,
    /// The enquiry's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enquiry: Option<SafeText>,
    /// The patient whom the act concerns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Box<Subject>>,
    /// What was done.
    pub act: Act,
}

/// An entry before the store gives it its number and its training mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEntry {
    /// See [`Entry::at`].
    pub at: Stamp,
    /// See [`Entry::host`].
    pub host: SafeText,
    /// See [`Entry::actor`].
    pub actor: Option<Actor>,
    /// See [`Entry::on_behalf_of`].
    pub on_behalf_of: Option<Actor>,
    /// See [`Entry::terminal`].
    pub terminal: Option<SafeText>,
    /// See [`Entry::session`].
    pub session: Option<SafeText>,
    /// See [`Entry::case`].
    pub case: Option<SafeText>,
    /// See [`Entry::enquiry`].
    pub enquiry: Option<SafeText>,
    /// See [`Entry::subject`].
    pub subject: Option<Box<Subject>>,
    /// See [`Entry::act`].
    pub act: Act,
}

impl NewEntry {
    /// An act of the station itself: nobody's session, no patient. Fill in the other fields with `..`.
    pub fn of_station(at: Stamp, host: SafeText, act: Act) -> Self {
        Self {
            at,
            host,
            actor: None,
            on_behalf_of: None,
            terminal: None,
            session: None,
            case: None,
            enquiry: None,
            subject: None,
            act,
        }
    }

    /// The entry with its number and mark.
    pub fn numbered(&self, seq: u64, training: bool) -> Entry {
        let new = self.clone();
        Entry {
            seq,
            training,
            at: new.at,
            host: new.host,
            actor: new.actor,
            on_behalf_of: new.on_behalf_of,
            terminal: new.terminal,
            session: new.session,
            case: new.case,
            enquiry: new.enquiry,
            subject: new.subject,
            act: new.act,
        }
    }
}

/// The clocks at one moment. Wall clocks jump; the boot-time clock does not, but begins anew with each boot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Wall clock: milliseconds since 1970-01-01T00:00:00Z.
    pub utc_ms: i64,
    /// Boot-time clock (it counts while the host is suspended): milliseconds since boot.
    pub boot_ms: u64,
    /// The kernel's id of this boot; boot-time clocks compare only where it is equal.
    pub boot_id: SafeText,
    /// What is known about the wall clock; absent when nothing is wrong with it.
    #[serde(default, skip_serializing_if = "ClockNote::is_steady")]
    pub clock: ClockNote,
}

/// What is known about the wall clock at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockNote {
    /// Synchronised, and moving with the boot-time clock.
    #[default]
    Steady,
    /// The host says that nobody keeps it right.
    Unsynchronised,
    /// Moved against the boot-time clock since the entry before, by so many milliseconds.
    Stepped(i64),
}

impl ClockNote {
    fn is_steady(&self) -> bool {
        *self == Self::Steady
    }
}

/// A person with an account, as the log names one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// User id.
    pub user: SafeText,
    /// 氏名.
    pub name: SafeText,
    /// 資格/職種, where it is known: who judged may be somebody without an account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profession: Option<Profession>,
    /// 電子カルテ user id (A9), where it differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record_user: Option<SafeText>,
}

/// A patient, by whatever identifies one: plain texts, as they were sent, typed or returned.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// 患者番号 of the hospital.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patient_id: Option<SafeText>,
    /// 照会番号.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference_number: Option<SafeText>,
    /// 保険者番号.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub insurer_number: Option<SafeText>,
    /// 保険者名.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub insurer_name: Option<SafeText>,
    /// 記号.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symbol: Option<SafeText>,
    /// 番号.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<SafeText>,
    /// 枝番.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<SafeText>,
    /// 氏名.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<SafeText>,
    /// 氏名カナ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kana: Option<SafeText>,
    /// 生年月日, yyyy-MM-dd.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birthdate: Option<SafeText>,
    /// 性別, as a code of the exchange (1 男, 2 女, 3 未設定).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sex: Option<SafeText>,
    /// 住所.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<SafeText>,
}

impl Entry {
    /// Every patient the entry names: its own, and those within the act (a key, candidates). For indexes.
    pub fn subjects(&self) -> impl Iterator<Item = &Subject> {
        self.subject.as_deref().into_iter().chain(self.act.subjects())
    }
}
