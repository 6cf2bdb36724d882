//! Binding a card to a person. An administrator does it, never for himself; a further card needs the one that is there,
//! or a second administrator, so that nobody can alone slip his own card under another's name.

use super::cards::{Proof, fingerprint, name};
use crate::card::{ChallengeText, SpkiHash};
use crate::domain::{Account, Permission, SafeText, UserId};
use crate::identity::{self, BootMillis, CardProof, Enrolment, ProofError, UnixSeconds};
use crate::log::{Act, EnrolledBy};
use crate::protocol::{IdempotencyKey, Refusal, RefusalCode, Reply, Request, SignedChallenge};
use crate::station::desk::{Caller, Desk, Origin, Outcome, Stop};
use crate::station::records::{Credential, PendingCard};
use crate::station::shop::random;
use crate::station::start::Station;
use crate::store::Table;

/// Cards of one person that may wait at once.
const MOST_PENDING: usize = 4;
/// Longest reason, in characters.
const LONGEST_REASON: usize = 200;

/// What speaks for a card that is to be enrolled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grounds {
    /// Its certificate, in a file.
    Certificate,
    /// It signed the station's challenge.
    Signature,
    /// It did, and the card that is enrolled did too.
    OldCard,
}

/// The doors: an administrator, and somebody else who has an account.
fn doors(desk: &mut Desk<'_, '_>, act: &'static str, user: &UserId) -> Result<(Caller, Credential), Stop> {
    let caller = desk.with_permission(act, Permission::Administer)?;
    if caller.account.user == *user {
        let words = "自分のカードの登録・承認・取消はできません。ほかの施設管理者に依頼してください";
        return Err(desk.stop(act, RefusalCode::NoPermission, words));
    }
    let account: Option<Account> = desk.get(Table::Accounts, user.as_str())?;
    match (account, desk.credential(user)?) {
        (Some(_), Some(credential)) => Ok((caller, credential)),
        _ => Err(desk.stop(act, RefusalCode::NotFound, "その利用者は登録されていません")),
    }
}

/// The same for the acts about a card that is there.
pub(super) fn others_cards(
    desk: &mut Desk<'_, '_>,
    act: &'static str,
    user: &UserId,
) -> Result<Credential, Stop> {
    doors(desk, act, user).map(|(_, credential)| credential)
}

/// A reason in words: there must be one, and it must fit into the log.
pub(super) fn reason(desk: &mut Desk<'_, '_>, act: &'static str, typed: &str) -> Result<SafeText, Stop> {
    let typed = typed.trim();
    if typed.is_empty() || typed.chars().count() > LONGEST_REASON {
        let words = format!("理由を1～{LONGEST_REASON}文字で入力してください");
        return Err(desk.stop(act, RefusalCode::BadInput, words));
    }
    Ok(SafeText::new(typed))
}

/// By its certificate, before the card is there.
fn by_certificate(desk: &mut Desk<'_, '_>, user: &UserId, certificate: &str) -> Outcome {
    const ACT: &str = "enrol_card";
    let (caller, before) = doors(desk, ACT, user)?;
    let Ok(der) = data_encoding::BASE64.decode(certificate.as_bytes()) else {
        return Err(desk.stop(
            ACT,
            RefusalCode::BadInput,
            "証明書の形が正しくありません。DERまたはPEMのファイルを指定してください",
        ));
    };
    let card =
        identity::check_certificate(&der, &*desk.trust()?, desk.when().wall).map_err(|why| match why {
            // There is no card that could be put back: it is a file.
            ProofError::Certificate(_) => desk.stop(
                ACT,
                RefusalCode::BadCard,
                "証明書として読めません。カードの証明書のファイル（DERまたはPEM）を指定してください",
            ),
            why => desk.stop(ACT, RefusalCode::BadCard, why),
        })?;
    decide(desk, ACT, &caller, user, before, card, Grounds::Certificate)
}

/// What a card signed, with its challenge taken out.
#[derive(Clone)]
struct Taken {
    card: CardProof,
    challenge: ChallengeText,
}

/// The card that signed, and where it is not the first the card that is enrolled already.
fn by_signature(desk: &mut Desk<'_, '_>, user: &UserId, new: &Taken, old: Option<&Taken>) -> Outcome {
    const ACT: &str = "enrol_signed";
    let (caller, before) = doors(desk, ACT, user)?;
    let (trust, now) = (desk.trust()?, desk.when().wall);
    if let Some(old) = old {
        identity::prove(&old.card, &old.challenge, &before.cards, &trust, now)
            .map_err(|why| refused(desk, user, &before, old, &why, "登録済みのカード: "))?;
    }
    let checked = identity::check_card(&new.card, &new.challenge, &trust, now)
        .map_err(|why| refused(desk, user, &before, new, &why, ""))?;
    let grounds = if old.is_some() { Grounds::OldCard } else { Grounds::Signature };
    decide(desk, ACT, &caller, user, before, checked.enrolment().clone(), grounds)
}

/// A card that is not taken, on record with the person for whom it was shown.
fn refused(
    desk: &mut Desk<'_, '_>,
    user: &UserId,
    before: &Credential,
    shown: &Taken,
    why: &ProofError,
    which: &str,
) -> Stop {
    let certificate = identity::shown_key(&shown.card, &before.cards);
    let words = SafeText::new(&format!("{which}{why}"));
    let act = Act::CardRefused {
        challenge: name(shown.challenge.as_str()),
        certificate: certificate.map(|key| SafeText::new(&key.to_string())),
        why: words.clone(),
        user: Some(user.as_str().into()),
    };
    match desk.log_refusal(act) {
        Ok(()) => Stop::Refused(Refusal::new(RefusalCode::BadCard, words)),
        Err(error) => Stop::Store(error),
    }
}

/// Enrols, or has it wait for a second administrator.
fn decide(
    desk: &mut Desk<'_, '_>,
    act: &'static str,
    caller: &Caller,
    user: &UserId,
    before: Credential,
    card: Enrolment,
    grounds: Grounds,
) -> Outcome {
    free(desk, act, user, &card)?;
    let by = match grounds {
        _ if before.cards.contains(&card) => {
            return Err(desk.stop(
                act,
                RefusalCode::BadInput,
                "このカードは、この利用者にすでに登録されています",
            ));
        }
        Grounds::OldCard => EnrolledBy::OldCard,
        Grounds::Certificate if !before.had_card() => EnrolledBy::Certificate,
        Grounds::Signature if !before.had_card() => EnrolledBy::Signature,
        Grounds::Certificate | Grounds::Signature => {
            return propose(desk, act, caller, user, card, grounds == Grounds::Signature);
        }
    };
    enrol(desk, user, before, card, by)?;
    Ok(Reply::Done)
}

/// A card belongs to one person.
fn free(desk: &mut Desk<'_, '_>, act: &'static str, user: &UserId, card: &Enrolment) -> Result<(), Stop> {
    let credentials: Vec<(String, Credential)> = desk.tx.scan_prefix(Table::Credentials, "")?;
    let waiting: Vec<(String, PendingCard)> = desk.tx.scan_prefix(Table::PendingCards, "")?;
    let key = card.spki_sha256;
    let enrolled = credentials
        .iter()
        .any(|(of, credential)| of != user.as_str() && credential.cards.iter().any(|c| c.spki_sha256 == key));
    let own = format!("{user}/");
    let proposed = waiting.iter().any(|(of, one)| !of.starts_with(&own) && one.card.spki_sha256 == key);
    if enrolled || proposed {
        let words = "このカードは、ほかの利用者に登録されているか、登録の承認待ちです。カードの持ち主を確かめてください";
        return Err(desk.stop(act, RefusalCode::BadCard, words));
    }
    Ok(())
}

fn enrol(
    desk: &mut Desk<'_, '_>,
    user: &UserId,
    mut credential: Credential,
    card: Enrolment,
    by: EnrolledBy,
) -> Result<(), Stop> {
    desk.log(Act::CardEnrolled {
        user: user.as_str().into(),
        factor: card.factor(),
        certificate: fingerprint(&card),
        hc_role: card.hc_role.clone(),
        by: Some(by),
    })?;
    let key = card.spki_sha256;
    // The same key under a new certificate takes the old one's place.
    credential.cards.retain(|old| old.spki_sha256 != key);
    credential.former.retain(|former| *former != key);
    credential.cards.push(card);
    desk.put(Table::Credentials, user.as_str(), &credential)?;
    let waiting = pending_key(user, key);
    if desk.get::<PendingCard>(Table::PendingCards, &waiting)?.is_some() {
        desk.remove(Table::PendingCards, &waiting)?;
    }
    Ok(())
}

/// Under which key a waiting card is kept.
fn pending_key(user: &UserId, card: SpkiHash) -> String {
    format!("{user}/{card}")
}

fn propose(
    desk: &mut Desk<'_, '_>,
    act: &'static str,
    caller: &Caller,
    user: &UserId,
    card: Enrolment,
    signed: bool,
) -> Outcome {
    let waiting: Vec<(String, PendingCard)> =
        desk.tx.scan_prefix(Table::PendingCards, &format!("{user}/"))?;
    let key = pending_key(user, card.spki_sha256);
    if waiting.iter().any(|(there, _)| *there == key) {
        let words = "このカードはすでに承認待ちです。ほかの施設管理者が承認または却下してください";
        return Err(desk.stop(act, RefusalCode::WrongState, words));
    }
    if waiting.len() >= MOST_PENDING {
        let words = "この利用者には承認待ちのカードが多すぎます。先に承認または却下してください";
        return Err(desk.stop(act, RefusalCode::WrongState, words));
    }
    desk.log(Act::CardProposed {
        user: user.as_str().into(),
        factor: card.factor(),
        certificate: fingerprint(&card),
        hc_role: card.hc_role.clone(),
    })?;
    let fingerprint = fingerprint(&card);
    let by = caller.account.user.clone();
    let pending = PendingCard { card, signed, by, at_ms: desk.now.utc_ms };
    desk.put(Table::PendingCards, &key, &pending)?;
    Ok(Reply::CardProposed { fingerprint })
}

/// A waiting card, for an administrator who neither proposed it nor would get it.
fn second(
    desk: &mut Desk<'_, '_>,
    act: &'static str,
    user: &UserId,
    card: SpkiHash,
) -> Result<(Credential, PendingCard), Stop> {
    let (caller, credential) = doors(desk, act, user)?;
    let found: Option<PendingCard> = desk.get(Table::PendingCards, &pending_key(user, card))?;
    let Some(pending) = found else {
        let words = "そのカードは承認待ちではありません。kyukyu admin card list で確かめてください";
        return Err(desk.stop(act, RefusalCode::NotFound, words));
    };
    if pending.by == caller.account.user {
        let words =
            "自分が申請したカードを自分で承認・却下することはできません。ほかの施設管理者に依頼してください";
        return Err(desk.stop(act, RefusalCode::NoPermission, words));
    }
    Ok((credential, pending))
}

/// Yes.
pub(crate) fn approve(desk: &mut Desk<'_, '_>, user: &UserId, card: SpkiHash) -> Outcome {
    const ACT: &str = "approve_card";
    let (credential, pending) = second(desk, ACT, user, card)?;
    free(desk, ACT, user, &pending.card)?;
    if pending.card.not_after < desk.when().wall {
        return Err(desk.stop(ACT, RefusalCode::BadCard, ProofError::Expired));
    }
    let by = EnrolledBy::TwoPersons { proposed: pending.by.as_str().into() };
    enrol(desk, user, credential, pending.card, by)?;
    Ok(Reply::Done)
}

/// No.
pub(crate) fn reject(desk: &mut Desk<'_, '_>, user: &UserId, card: SpkiHash, typed: &str) -> Outcome {
    const ACT: &str = "reject_card";
    let (_, pending) = second(desk, ACT, user, card)?;
    let reason = reason(desk, ACT, typed)?;
    let certificate = fingerprint(&pending.card);
    desk.log(Act::CardRejected { user: user.as_str().into(), certificate, reason })?;
    desk.remove(Table::PendingCards, &pending_key(user, card))?;
    Ok(Reply::Done)
}

impl Station {
    /// A fresh challenge for a card of somebody else, on this administrator's line.
    pub(in crate::station) async fn enrol_challenge(
        &self,
        origin: &Origin,
        user: UserId,
    ) -> Result<Reply, Refusal> {
        const ACT: &str = "enrol_challenge";
        let checked = user.clone();
        self.line_value(origin, move |desk| doors(desk, ACT, &checked).map(drop)).await?;
        let (bytes, now) =
            (random().map_err(|e| Refusal::new(RefusalCode::StoreFailed, e))?, self.shop.now());
        let wall = UnixSeconds(u64::try_from(now.utc_ms / 1000).unwrap_or_default());
        let tag = self.shop.config.station_tag.as_str();
        let moment = (wall, BootMillis(now.boot_ms));
        let issued = self.enrolments().issue(tag, &user, origin.line, moment, &bytes);
        let challenge = issued.map_err(|e| Refusal::new(RefusalCode::Unavailable, e))?;
        let text = challenge.as_str().to_owned();
        self.line_act(origin, None, move |desk| {
            doors(desk, ACT, &user)?;
            let (user, challenge) = (user.as_str().into(), name(&text));
            desk.log(Act::EnrolmentChallengeIssued { user, challenge })?;
            Ok(Reply::Challenge { text: text.clone() })
        })
        .await
    }

    /// Enrolments that judge a card: with the lists of revoked ones at hand.
    pub(in crate::station) async fn enrol(
        &self,
        origin: &Origin,
        key: &IdempotencyKey,
        request: Request,
    ) -> Result<Reply, Refusal> {
        if let Some(reply) = self.done_before(origin, key).await? {
            return Ok(reply);
        }
        let user = match &request {
            Request::EnrolCard { user, .. } | Request::EnrolSigned { user, .. } => user.clone(),
            _ => return Err(Refusal::new(RefusalCode::BadRequest, "この要求はここでは扱えません")),
        };
        let (checked, act) = (user.clone(), request.name());
        self.line_value(origin, move |desk| doors(desk, act, &checked).map(drop)).await?;
        // An administrator who has just laid lists there need not wait for the minute.
        self.look_at_lists(true).await;
        match request {
            Request::EnrolSigned { card, old, .. } => {
                // All challenges are spent before any is judged.
                let new = self.taken(origin, &user, card);
                let old = old.map(|old| self.taken(origin, &user, old));
                self.line_act(origin, Some(key), move |desk| match (&new, old.as_ref()) {
                    (Err(spent), _) | (_, Some(Err(spent))) => Err(spent_stop(desk, &user, spent)),
                    (Ok(new), None) => by_signature(desk, &user, new, None),
                    (Ok(new), Some(Ok(old))) => by_signature(desk, &user, new, Some(old)),
                })
                .await
            }
            Request::EnrolCard { certificate, .. } => {
                self.line_act(origin, Some(key), move |desk| by_certificate(desk, &user, &certificate)).await
            }
            _ => Err(Refusal::new(RefusalCode::BadRequest, "この要求はここでは扱えません")),
        }
    }

    /// Takes the challenge out: whatever comes of it, it cannot be used again.
    fn taken(&self, origin: &Origin, user: &UserId, sent: SignedChallenge) -> Result<Taken, Spent> {
        let boot = BootMillis(self.shop.now().boot_ms);
        let challenge =
            self.enrolments().take(sent.challenge.as_bytes(), user, origin.line, boot).map_err(|why| {
                Spent { challenge: name(&sent.challenge), why: SafeText::new(&why.to_string()) }
            })?;
        let SignedChallenge { challenge: text, certificate, signature, hash } = sent;
        let card = Proof { challenge: text, certificate, signature, hash }.card();
        Ok(Taken { card, challenge })
    }
}

/// A challenge that was not given out for this, or is over.
struct Spent {
    challenge: SafeText,
    why: SafeText,
}

fn spent_stop(desk: &mut Desk<'_, '_>, user: &UserId, spent: &Spent) -> Stop {
    if let Err(stop) = doors(desk, "enrol_signed", user) {
        return stop;
    }
    let act = Act::CardRefused {
        challenge: spent.challenge.clone(),
        certificate: None,
        why: spent.why.clone(),
        user: Some(user.as_str().into()),
    };
    match desk.log_refusal(act) {
        Ok(()) => Stop::Refused(Refusal::new(RefusalCode::BadCard, &spent.why)),
        Err(error) => Stop::Store(error),
    }
}
