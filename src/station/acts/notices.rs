//! What a person must know about the cards of the session, in words: on the screen, and never the ground of a right.

use super::card_list::day;
use crate::clock;
use crate::domain::SafeText;
use crate::identity::{CardUsed, Enrolment, RevocationStatus, Session};
use crate::protocol::cards::CardNote;
use crate::station::desk::Desk;

/// The card that was proved.
pub(super) fn card(desk: &Desk<'_, '_>, session: &Session, cards: &[Enrolment]) -> Option<Box<CardNote>> {
    let used = session.card()?;
    let enrolled = cards.iter().find(|card| card.spki_sha256 == used.key)?;
    Some(Box::new(CardNote {
        factor: enrolled.factor(),
        hc_role: enrolled.hc_role.clone(),
        grace_until: grace_until(desk, used),
    }))
}

/// Until when a lapsed list is still used, where the card was checked against one.
fn grace_until(desk: &Desk<'_, '_>, used: &CardUsed) -> Option<SafeText> {
    let RevocationStatus::Grace { lapsed } = used.revocation else { return None };
    let until = lapsed.0.saturating_add(desk.shop.config.crl_grace_hours * 3_600);
    Some(clock::minute(i64::try_from(until).unwrap_or(i64::MAX).saturating_mul(1_000)))
}

/// The sentences.
pub(super) fn of(desk: &Desk<'_, '_>, session: &Session, cards: &[Enrolment]) -> Vec<SafeText> {
    let mut notices = Vec::new();
    if let Some(until) = session.card().and_then(|used| grace_until(desk, used)) {
        notices.push(format!(
            "カードの失効リスト期限切れ・猶予中（{until}まで）。施設管理者に失効リストの更新を依頼してください"
        ));
    }
    let unchecked = session.card().is_some_and(|used| used.revocation == RevocationStatus::NotChecked);
    if unchecked && !desk.shop.training {
        notices.push("カードの失効は確認していません（マイナンバーカード）".to_owned());
    }
    let now = desk.when().wall;
    for card in cards.iter().filter(|card| card.ends_soon(now)) {
        let (label, date) = (card.factor().label(), day(card.not_after));
        notices.push(match card.days_left(now) {
            left @ 0.. => format!(
                "カード（{label}）の有効期限まであと{left}日です（{date}まで）。更新し、新しいカードの登録を施設管理者に依頼してください"
            ),
            _ => format!(
                "カード（{label}）の有効期限が切れています（{date}まで）。新しいカードの登録を施設管理者に依頼してください"
            ),
        });
    }
    notices.iter().map(|words| SafeText::new(words)).collect()
}
