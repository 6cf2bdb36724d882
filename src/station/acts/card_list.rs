//! The cards of the house: whose, until when; and the end of one.

use super::{enrol, sessions};
use crate::card::SpkiHash;
use crate::clock;
use crate::domain::{Permission, SafeText, UserId};
use crate::identity::{Enrolment, UnixSeconds};
use crate::log::Act;
use crate::protocol::cards::{CardView, PendingView};
use crate::protocol::{RefusalCode, Reply};
use crate::station::desk::{Desk, Outcome};
use crate::station::records::{Credential, PendingCard};
use crate::store::Table;

/// A page ends with the person who brings it to so many cards: what a frame carries with ease.
const PAGE: usize = 40;

/// Cards, a page of people at a time, for an administrator.
pub(crate) fn list(desk: &mut Desk<'_, '_>, user: Option<&UserId>, after: Option<&UserId>) -> Outcome {
    const ACT: &str = "list_cards";
    desk.with_permission(ACT, Permission::Administer)?;
    let now = desk.when().wall;
    let credentials: Vec<(String, Credential)> = desk.tx.scan_prefix(Table::Credentials, "")?;
    if user.is_some_and(|user| credentials.iter().all(|(of, _)| of != user.as_str())) {
        return Err(desk.stop(ACT, RefusalCode::NotFound, "その利用者は登録されていません"));
    }
    let mut waiting: Vec<(String, PendingCard)> = desk.tx.scan_prefix(Table::PendingCards, "")?;
    let (mut cards, mut next) = (Vec::new(), None);
    for (of, credential) in credentials {
        let Ok(of) = UserId::parse(&of) else { continue };
        if user.is_some_and(|user| *user != of) || after.is_some_and(|after| of <= *after) {
            continue;
        }
        cards.extend(credential.cards.iter().map(|card| view(&of, card, None, now)));
        let own = format!("{of}/");
        for (_, one) in waiting.extract_if(.., |(key, _)| key.starts_with(&own)) {
            let (by, at) = (one.by.clone(), clock::minute(one.at_ms));
            cards.push(view(&of, &one.card, Some(PendingView { by, at, signed: one.signed }), now));
        }
        if cards.len() >= PAGE {
            next = Some(of);
            break;
        }
    }
    Ok(Reply::Cards { cards, next })
}

fn view(user: &UserId, card: &Enrolment, pending: Option<PendingView>, now: UnixSeconds) -> CardView {
    CardView {
        user: user.clone(),
        fingerprint: SafeText::new(&card.spki_sha256.to_string()),
        factor: card.factor(),
        issuer: card.issuer.clone(),
        not_after: day(card.not_after),
        days_left: card.days_left(now),
        ends_soon: card.ends_soon(now),
        hc_role: card.hc_role.clone(),
        pending,
    }
}

/// `yyyy-MM-dd` in Japan.
pub(super) fn day(at: UnixSeconds) -> SafeText {
    let minute = clock::minute(i64::try_from(at.0).unwrap_or(i64::MAX).saturating_mul(1_000));
    SafeText::new(minute.as_str().get(..10).unwrap_or_default())
}

/// Ends the enrolment of a card, at once: whoever works with it is logged out.
pub(crate) fn revoke(desk: &mut Desk<'_, '_>, user: &UserId, card: SpkiHash, typed: &str) -> Outcome {
    const ACT: &str = "revoke_card";
    let mut credential = enrol::others_cards(desk, ACT, user)?;
    let reason = enrol::reason(desk, ACT, typed)?;
    if credential.cards.iter().all(|there| there.spki_sha256 != card) {
        let words = "そのカードは、この利用者に登録されていません。kyukyu admin card list で確かめてください";
        return Err(desk.stop(ACT, RefusalCode::NotFound, words));
    }
    desk.log(Act::CardRemoved {
        user: user.as_str().into(),
        certificate: SafeText::new(&card.to_string()),
        reason: Some(reason),
    })?;
    credential.cards.retain(|there| there.spki_sha256 != card);
    credential.former.push(card);
    desk.put(Table::Credentials, user.as_str(), &credential)?;
    let words =
        "使用中のカードの登録が取り消されたため、セッションを終了しました。施設管理者に連絡してください";
    sessions::end_resting_on(desk, &SafeText::new(&card.to_string()), words)?;
    Ok(Reply::Done)
}
