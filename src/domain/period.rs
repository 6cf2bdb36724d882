//! How far back each section reaches, and what it cannot show yet (表4.1.4-3; D3b).
//!
//! An empty list is read as "nothing was taken". So every section says its period, and computes from today the
//! days on which nothing *can* be listed. Both are shown; neither is a judgement about the patient.

use super::{CalendarDate, caution};
use crate::data_file;
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// A section of 救急時医療情報, in the order of the guide's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Section {
    /// 受診歴
    Visits,
    /// 電子処方箋情報
    EPrescription,
    /// 薬剤情報
    Drugs,
    /// 手術情報
    Operations,
    /// 診療情報（透析含む）
    Treatments,
    /// 特定健診等情報
    Checkups,
}

/// Which edition of the information.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 救急用サマリー
    Summary,
    /// 全量版: 診療/薬剤情報 and 特定健診等情報
    Full,
}

/// How far back a section reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Period {
    /// ●年分
    Years(u8),
    /// ●か月分
    Months(u8),
    /// ●日分
    Days(u8),
    /// Only the day of the event is shown, and the guide states no length.
    DateOnly,
}

/// Whether a hidden interval lacks everything or only a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Nothing of these days can be listed.
    Whole,
    /// Some of these days' events can never be listed, others are.
    Partly,
}

/// What a section cannot show, whatever happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hidden {
    /// The first day of it.
    pub from: CalendarDate,
    /// The last day of it, which is today.
    pub to: CalendarDate,
    /// Whether all of it is missing or a part: hatched or lightly marked on the timeline.
    pub extent: Extent,
    /// The same in words, for a person who is looking for something.
    pub words: String,
}

impl Section {
    /// Every section, in the order of the guide's table.
    pub const ALL: [Self; 6] =
        [Self::Visits, Self::EPrescription, Self::Drugs, Self::Operations, Self::Treatments, Self::Checkups];

    /// The heading, as the guide's table has it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Visits => "受診歴",
            Self::EPrescription => "電子処方箋情報",
            Self::Drugs => "薬剤情報",
            Self::Operations => "手術情報",
            Self::Treatments => "診療情報(透析含む)",
            Self::Checkups => "特定健診等情報",
        }
    }

    /// What must not be concluded from an empty list.
    fn not_concluded(self) -> &'static str {
        match self {
            Self::Visits => "受診がなかった",
            Self::EPrescription | Self::Drugs => "薬が出ていない",
            Self::Operations => "手術を受けていない",
            Self::Treatments => "診療（透析を含む）を受けていない",
            Self::Checkups => "健診を受けていない",
        }
    }

    fn row(self) -> &'static Row {
        match self {
            Self::Visits => &PERIODS.visits,
            Self::EPrescription => &PERIODS.e_prescription,
            Self::Drugs => &PERIODS.drugs,
            Self::Operations => &PERIODS.operations,
            Self::Treatments => &PERIODS.treatments,
            Self::Checkups => &PERIODS.checkups,
        }
    }
}

impl Period {
    /// As in `3か月`.
    pub fn label(self) -> String {
        match self {
            Self::Years(years) => format!("{years}年"),
            Self::Months(months) => format!("{months}か月"),
            Self::Days(days) => format!("{days}日"),
            Self::DateOnly => "健診実施日を表示".to_owned(),
        }
    }
}

/// How far back a section reaches in an edition.
pub fn period(section: Section, kind: Kind) -> Period {
    match kind {
        Kind::Summary => section.row().summary,
        Kind::Full => section.row().full,
    }
}

/// Whether 注1 applies: made from claims, updated once a month.
pub fn from_receipts(section: Section) -> bool {
    section.row().receipt
}

/// The caution of 表4.1.4-2 that stands over a section, its name and period filled in.
pub fn notice(section: Section, kind: Kind) -> String {
    let span = match period(section, kind) {
        Period::DateOnly => Period::DateOnly.label(),
        length => format!("{}の記録を表示", span(length)),
    };
    caution::section_sentence(section.label(), &span)
}

/// As in `直近3か月分`.
fn span(length: Period) -> String {
    format!("直近{}分", length.label())
}

/// What a section cannot show and how far back it reaches, on one line: for whoever has read the sentences of
/// [`hidden`] and [`notice`] and needs the room for rows.
pub fn in_brief(section: Section, kind: Kind, today: CalendarDate) -> String {
    let missing = match section {
        Section::Checkups => "見えないもの: 保険者が登録していない健診".to_owned(),
        Section::EPrescription => "見えないもの: 電子処方箋に対応していない機関の分".to_owned(),
        _ => format!("見えない期間: {}から今日まで", hidden(section, kind, today).from.western()),
    };
    let shown = match period(section, kind) {
        Period::DateOnly => "健診実施日".to_owned(),
        length => span(length),
    };
    format!("{missing}／表示は{shown}")
}

/// The oldest day a section can show today; `None` where the guide states no length.
///
/// Sections made from claims count whole months back from the newest that is there. Days and the years of
/// check-ups count back from today; where the guide leaves a day open, the shorter reading is taken, so that a
/// day is not said to be covered when it may not be.
pub fn oldest_shown(section: Section, kind: Kind, today: CalendarDate) -> Option<CalendarDate> {
    let length = period(section, kind);
    let months = match length {
        Period::DateOnly => return None,
        Period::Days(days) => return Some(today.days_before(u16::from(days.saturating_sub(1)))),
        Period::Years(years) if !from_receipts(section) => return Some(today.years_before(years)),
        Period::Years(years) => i32::from(years) * 12,
        Period::Months(months) => i32::from(months),
    };
    Some(newest_receipts(today).plus(1 - months).first_day())
}

/// What a section cannot show today (D3b).
pub fn hidden(section: Section, kind: Kind, today: CalendarDate) -> Hidden {
    if from_receipts(section) {
        let from = newest_receipts(today).next().first_day();
        return Hidden { from, to: today, extent: Extent::Whole, words: receipt_words(section, from) };
    }
    let words = match section {
        Section::Checkups => {
            "保険者が結果を登録するまで、健診は表示されません。表示がなくても「健診を受けていない」とは限りません。"
        }
        _ => {
            "電子処方箋に対応していない医療機関・薬局の処方・調剤は、時期にかかわらず表示されません。\
             表示がなくても「薬が出ていない」とは限りません。"
        }
    };
    let from = oldest_shown(section, kind, today).unwrap_or(today);
    Hidden { from, to: today, extent: Extent::Partly, words: words.to_owned() }
}

fn receipt_words(section: Section, from: CalendarDate) -> String {
    let day = PERIODS.receipt_update_day;
    let elsewhere = match section {
        Section::Drugs => "電子処方箋に対応した機関の調剤は「電子処方箋情報」をご覧ください。",
        _ => "",
    };
    format!(
        "{}から今日までの分は、まだ表示されません（レセプトに基づく情報は、原則毎月{day}日以降に前月分が加わります）。\
         表示がなくても「{}」とは限りません。{elsewhere}",
        from.western(),
        section.not_concluded(),
    )
}

/// The newest month whose claims are there, in principle.
fn newest_receipts(today: CalendarDate) -> super::Month {
    let month = today.month();
    if today.civil().day() < PERIODS.receipt_update_day { month.plus(-2) } else { month.previous() }
}

static PERIODS: LazyLock<Periods> =
    LazyLock::new(|| data_file::from_str(include_str!("periods.toml")).unwrap_or(Periods::NOTHING_KNOWN));

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Periods {
    receipt_update_day: i8,
    visits: Row,
    e_prescription: Row,
    drugs: Row,
    operations: Row,
    treatments: Row,
    checkups: Row,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    receipt: bool,
    summary: Period,
    full: Period,
}

impl Periods {
    /// Claims nothing about coverage. The tests see to it that no build gets here.
    const NOTHING_KNOWN: Self = {
        let row = Row { receipt: true, summary: Period::Days(0), full: Period::Days(0) };
        Self {
            receipt_update_day: i8::MAX,
            visits: row,
            e_prescription: row,
            drugs: row,
            operations: row,
            treatments: row,
            checkups: row,
        }
    };
}

#[cfg(test)]
mod tests;
