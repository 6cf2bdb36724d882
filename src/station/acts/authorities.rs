//! The authorities that the house believes about cards. An administrator pins one by the fingerprint that its
//! authority publishes; a file alone is never believed.

use super::card_list::day;
use super::enrol;
use crate::card::{CardKind, Certificate};
use crate::clock;
use crate::domain::factor::Factor;
use crate::domain::{Permission, SafeText};
use crate::identity::enrolment::days_until;
use crate::identity::{Fingerprint, PinError, TrustStore, UnixSeconds};
use crate::log::Act;
use crate::protocol::cards::{AuthorityView, IssuedCard, ListView, TrustView};
use crate::protocol::{Refusal, RefusalCode, Reply};
use crate::station::desk::{Desk, Origin, Outcome};
use crate::station::records::Authority;
use crate::station::start::Station;
use crate::store::Table;

/// More authorities than there are issuers of cards in the country.
const MOST: usize = 32;
/// Longest name in the log and on a list.
const LONGEST_NAME: usize = 200;

/// Pins one. It counts from the next act on.
pub(crate) fn add(desk: &mut Desk<'_, '_>, card: IssuedCard, certificate: &str, sha256: &str) -> Outcome {
    const ACT: &str = "add_authority";
    let caller = desk.with_permission(ACT, Permission::Administer)?;
    let Some(expected) = Fingerprint::parse(sha256) else {
        let words = "SHA-256は、発行元が公表している16進64桁で指定してください（「:」は入れても入れなくてもかまいません）";
        return Err(desk.stop(ACT, RefusalCode::BadInput, words));
    };
    let there = desk.authorities()?;
    let key = expected.to_string();
    if there.iter().any(|(known, _)| *known == key) {
        return Err(desk.stop(ACT, RefusalCode::BadInput, "その認証局はすでに登録されています"));
    }
    if there.len() >= MOST {
        let words = "登録できる認証局の数を超えます。使わない認証局の登録を取り消してください";
        return Err(desk.stop(ACT, RefusalCode::BadInput, words));
    }
    let authority = Authority {
        card: kind(card),
        certificate: certificate.to_owned(),
        by: caller.account.user.clone(),
        at_ms: desk.now.utc_ms,
    };
    let subject = match check(&authority, &key) {
        Ok(subject) => subject,
        Err(why) => return Err(desk.stop(ACT, RefusalCode::BadInput, why)),
    };
    desk.log(Act::AuthorityAdded { sha256: SafeText::new(&key), factor: factor(authority.card), subject })?;
    desk.put(Table::Authorities, &key, &authority)?;
    Ok(Reply::Done)
}

/// By the rules of the room that will judge cards with it; the training authority enters no store as a site's own.
fn check(authority: &Authority, key: &str) -> Result<SafeText, PinError> {
    authority.pin(&mut TrustStore::live(), key)?;
    Ok(subject(&Certificate::parse(&authority.der())?))
}

fn subject(certificate: &Certificate) -> SafeText {
    let name = certificate.fields().tbs_certificate().subject().to_string();
    SafeText::new(&name.chars().take(LONGEST_NAME).collect::<String>())
}

fn kind(card: IssuedCard) -> CardKind {
    match card {
        IssuedCard::Hpki => CardKind::Hpki,
        IssuedCard::MyNumber => CardKind::MyNumber,
    }
}

fn factor(kind: CardKind) -> Factor {
    match kind {
        CardKind::Hpki => Factor::HpkiCard,
        CardKind::MyNumber => Factor::MyNumberCard,
        CardKind::Training => Factor::SoftwareCard,
    }
}

/// Believes one no longer, from the next act on.
pub(crate) fn remove(desk: &mut Desk<'_, '_>, sha256: &str, typed: &str) -> Outcome {
    const ACT: &str = "remove_authority";
    let caller = desk.with_permission(ACT, Permission::Administer)?;
    let reason = enrol::reason(desk, ACT, typed)?;
    let key = Fingerprint::parse(sha256).map(|fingerprint| fingerprint.to_string()).unwrap_or_default();
    let found: Option<Authority> = desk.get(Table::Authorities, &key)?;
    let Some(authority) = found else {
        let words = "その認証局は登録されていません。kyukyu admin trust list で確かめてください";
        return Err(desk.stop(ACT, RefusalCode::NotFound, words));
    };
    // Whoever removes one can go on afterwards: otherwise nobody might be left who can add another.
    if caller.session.card().is_some_and(|used| used.authorities.contains(&key)) {
        let words = "ご自身のカードを発行した認証局の登録は取り消せません。新しい認証局とカードを先に登録し、そのカードで認証してから取り消してください";
        return Err(desk.stop(ACT, RefusalCode::WrongState, words));
    }
    let subject = Certificate::parse(&authority.der()).map(|known| subject(&known)).unwrap_or_default();
    let factor = factor(authority.card);
    desk.log(Act::AuthorityRemoved { sha256: SafeText::new(&key), factor, subject, reason })?;
    desk.remove(Table::Authorities, &key)?;
    Ok(Reply::Done)
}

/// What is believed, and what is known of revoked cards.
fn list(desk: &mut Desk<'_, '_>) -> Outcome {
    desk.with_permission("list_trust", Permission::Administer)?;
    let (held, now) = (desk.shop.trust.folder.held(), desk.when().wall);
    let authorities =
        desk.authorities()?.into_iter().filter_map(|(key, one)| view(&key, &one, now)).collect();
    let lists = held.lists.iter().map(|list| ListView {
        issuer: list.issuer_text(),
        this_update: minute(list.this_update()),
        next_update: minute(list.next_update()),
        lapsed: list.next_update() < now,
    });
    let config = &desk.shop.config;
    Ok(Reply::Trust(Box::new(TrustView {
        authorities,
        lists: lists.collect(),
        refused: held.refused.clone(),
        folder: SafeText::new(&desk.shop.trust.folder.path().display().to_string()),
        grace_hours: config.crl_grace_hours,
        my_number: config.my_number().cloned(),
    })))
}

fn minute(at: UnixSeconds) -> SafeText {
    clock::minute(i64::try_from(at.0).unwrap_or(i64::MAX).saturating_mul(1_000))
}

fn view(key: &str, authority: &Authority, now: UnixSeconds) -> Option<AuthorityView> {
    let certificate = Certificate::parse(&authority.der()).ok()?;
    let card = match authority.card {
        CardKind::Hpki => IssuedCard::Hpki,
        CardKind::MyNumber => IssuedCard::MyNumber,
        CardKind::Training => return None,
    };
    Some(AuthorityView {
        sha256: SafeText::new(key),
        card,
        subject: subject(&certificate),
        root: certificate.issuer() == certificate.subject(),
        not_after: day(UnixSeconds(certificate.not_after())),
        days_left: days_until(UnixSeconds(certificate.not_after()), now),
        by: authority.by.clone(),
        at: clock::minute(authority.at_ms),
    })
}

impl Station {
    /// The same, with the folder of lists as it stands now.
    pub(in crate::station) async fn list_trust(&self, origin: &Origin) -> Result<Reply, Refusal> {
        self.line_value(origin, |desk| desk.with_permission("list_trust", Permission::Administer).map(drop))
            .await?;
        self.look_at_lists(true).await;
        self.line_act(origin, None, list).await
    }
}
