//! What is said of the cards that were found: where, whose, until when, and how many tries are left.

use super::lines::{Line, blank};
use crate::card::line::ReaderReport;
use crate::card::{CardKind, Identity, Profiles};
use crate::domain::{CalendarDate, SafeText, hc_role};
use crate::terminal::card::Found;
use crate::terminal::theme::Role;
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, civil::Date};

/// So many days before its end a certificate is worth a word.
const SOON: i32 = 60;

/// Where the card is looked for.
pub(super) fn place(found: &Found) -> Vec<Line> {
    let mut lines = vec![(Role::Text, format!("カードの読取り: {}", found.place.label()))];
    if let Some(socket) = &found.passed_over {
        let words = format!(
            "（{socket} のエージェントは応答がないため使っていません。使うときは手元の端末で kyukyu-card agent を起動し、カードを再確認してください）"
        );
        lines.push((Role::Caution, words));
    }
    lines
}

/// The card with which the person can log in.
pub(super) fn own(reader: &SafeText, card: &Identity, today: CalendarDate) -> Vec<Line> {
    let role = card
        .hc_role
        .as_ref()
        .map(|role| format!("（{}）", hc_role::label(role.as_str())))
        .unwrap_or_default();
    vec![
        (Role::Text, format!("リーダー: {reader}")),
        (Role::Text, format!("カード: {}{role}", card.kind.label())),
        expiry(card.not_after, today),
        tries(card),
    ]
}

/// What a PIN of the card looks like.
pub(super) fn pin_format(card: &Identity) -> Line {
    (Role::Text, format!("PINは{}です。", card.pin_format))
}

fn expiry(not_after: u64, today: CalendarDate) -> Line {
    let Some(last) = day(not_after) else {
        return (Role::Caution, "有効期限: 読み取れません".to_owned());
    };
    let left = (last - today.civil()).get_days();
    let date = CalendarDate::from_civil(last).western();
    match left {
        ..0 => (
            Role::Danger,
            format!("有効期限: {date}（切れています。カードの更新を管理者に相談してください）"),
        ),
        0..=SOON => {
            (Role::Caution, format!("有効期限: {date}（あと{left}日です。早めに更新の手続きをしてください）"))
        }
        _ => (Role::Text, format!("有効期限: {date}")),
    }
}

/// The day in Japan.
fn day(unix_seconds: u64) -> Option<Date> {
    let seconds = i64::try_from(unix_seconds).ok()?;
    let time = Timestamp::from_second(seconds).ok()?;
    Some(time.to_zoned(TimeZone::fixed(Offset::constant(9))).date())
}

fn tries(card: &Identity) -> Line {
    match card.tries_left {
        Some(0) => (Role::Danger, locked(card)),
        Some(1) => (Role::Danger, "PINの残り回数: 1回（まちがえるとロックされます）".to_owned()),
        Some(left) => (Role::Text, format!("PINの残り回数: {left}回")),
        None => (Role::Caution, "PINの残り回数: カードから読み取れません".to_owned()),
    }
}

/// That the PIN is locked, and who unlocks it.
pub(super) fn locked(card: &Identity) -> String {
    let profiles = Profiles::builtin();
    let unlock = profiles.get(&card.profile).map_or("カードの発行元に相談してください", |p| &p.unlock);
    format!("PINはロックされています。{unlock}")
}

/// What lies in the readers, where none of it is the person's card.
pub(super) fn others(readers: &[ReaderReport]) -> Vec<Line> {
    let ask = "ご自身のカードを置いてください。置くと自動で確認します。";
    let mut lines = vec![(Role::Strong, ask.to_owned()), blank()];
    if readers.is_empty() {
        let words = "カードリーダーが見つかりません。リーダーの接続を確認してください。";
        lines.push((Role::Caution, words.to_owned()));
    }
    for report in readers {
        let words = match (&report.card, &report.problem) {
            (Some(card), _) => stranger(card.kind),
            (None, Some(problem)) => problem.to_string(),
            (None, None) => "カードがありません".to_owned(),
        };
        lines.push((Role::Caution, format!("{}: {words}", report.reader)));
    }
    lines
}

/// A card that is not enrolled. It may be a patient's, which was put into the wrong reader.
fn stranger(kind: CardKind) -> String {
    let label = kind.label();
    let patient = match kind {
        CardKind::MyNumber => "患者さんのカードでしたら、お返しください。",
        CardKind::Hpki | CardKind::Training => "",
    };
    format!("この{label}は、この利用者に登録されたカードではありません。PINは使っていません。{patient}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_days_of_a_certificate() {
        let today = CalendarDate::from_compact("20261123").unwrap();
        // 2026-11-23 12:00 in Japan.
        let noon = 1_795_402_800_u64;
        let said = |days: i64| {
            let (role, words) = expiry(noon.saturating_add_signed(days * 86_400), today);
            (role, words.split_once('（').map(|(_, more)| more.to_owned()))
        };
        assert_eq!(said(61), (Role::Text, None));
        let soon =
            |left: &str| (Role::Caution, Some(format!("{left}です。早めに更新の手続きをしてください）")));
        assert_eq!(said(60), soon("あと60日"));
        assert_eq!(said(0), soon("あと0日"));
        assert_eq!(said(-1).0, Role::Danger);
        assert_eq!(expiry(u64::MAX, today).0, Role::Caution);
    }
}
