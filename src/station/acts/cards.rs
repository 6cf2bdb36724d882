//! The second factor: a signature over the station's own challenge, verified against the enrolled key (A3).

use super::factor::{self, Found};
use crate::card::{ChallengeText, Hash};
use crate::domain::{Permission, SafeText, UserId};
use crate::identity::{self, BootMillis, CardAnswer, CardProof, Cards, Enrolment, UnixSeconds};
use crate::log::Act;
use crate::protocol::{Refusal, RefusalCode, Reply};
use crate::station::desk::{Desk, Origin, Outcome};
use crate::station::records::Credential;
use crate::station::shop::random;
use crate::station::start::Station;
use crate::store::Table;
use sha2::{Digest, Sha256};

/// What a line sends as proof.
pub(crate) struct Proof {
    pub(crate) challenge: String,
    pub(crate) certificate: String,
    pub(crate) signature: String,
    pub(crate) hash: Hash,
}

/// How a challenge is named in the log: the beginning of its digest.
fn name(challenge: &str) -> SafeText {
    let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(challenge.as_bytes()));
    SafeText::new(digest.get(..16).unwrap_or_default())
}

/// How an enrolled key is named in the log: SHA-256 of the public key; never a serial number (J-LIS).
pub(crate) fn fingerprint(enrolment: &Enrolment) -> SafeText {
    SafeText::new(&enrolment.spki_sha256.to_string())
}

/// Verifies a proof whose challenge was taken out and cannot be used again.
fn proof(desk: &mut Desk<'_, '_>, proof: &CardProof, challenge: &ChallengeText) -> Outcome {
    let caller = desk.caller_even_locked("card_proof")?;
    let enrolled = desk.credential(&caller.account.user)?.map(|c| c.cards.clone()).unwrap_or_default();
    let mut cards = Cards { enrolled: &enrolled, trust: &desk.shop.trust };
    let answer = CardAnswer { challenge, proof };
    let named = name(challenge.as_str());
    factor::enter(desk, ("card_proof", RefusalCode::BadCard), &mut cards, &answer, |found| match found {
        Found::Proved(card) => Act::CardAccepted {
            challenge: named.clone(),
            factor: card.factor(),
            certificate: card.means().clone(),
        },
        Found::Not(why, _) => {
            let certificate = data_encoding::HEXLOWER.encode(&Sha256::digest(&proof.certificate));
            let certificate = Some(SafeText::new(&certificate));
            Act::CardRefused { challenge: named.clone(), certificate, why: why.clone() }
        }
    })
}

/// Enrols a card by its certificate. An administrator does it, and never for himself.
pub(crate) fn enrol(desk: &mut Desk<'_, '_>, user: &UserId, certificate: &str) -> Outcome {
    const ACT: &str = "enrol_card";
    let caller = desk.with_permission(ACT, Permission::Administer)?;
    if caller.account.user == *user {
        let words = "自分のカードを自分で登録することはできません。ほかの施設管理者に依頼してください";
        return Err(desk.stop(ACT, RefusalCode::NoPermission, words));
    }
    let Ok(der) = data_encoding::BASE64.decode(certificate.as_bytes()) else {
        return Err(desk.stop(ACT, RefusalCode::BadInput, "証明書（DER）の形が正しくありません"));
    };
    let Some(before) = desk.credential(user)? else {
        return Err(desk.stop(ACT, RefusalCode::NotFound, "その利用者は登録されていません"));
    };
    let enrolment = identity::check_certificate(&der, &desk.shop.trust, desk.when().wall)
        .map_err(|why| desk.stop(ACT, RefusalCode::BadCard, why))?;
    let mut cards = before.cards.clone();
    cards.retain(|card| card.spki_sha256 != enrolment.spki_sha256);
    desk.log(Act::CardEnrolled {
        user: user.as_str().into(),
        factor: enrolment.factor(),
        certificate: fingerprint(&enrolment),
    })?;
    cards.push(enrolment);
    desk.put(Table::Credentials, user.as_str(), &Credential { password: before.password.clone(), cards })?;
    Ok(Reply::Done)
}

impl Station {
    /// A fresh challenge for this line and account.
    pub(in crate::station) async fn card_challenge(&self, origin: &Origin) -> Result<Reply, Refusal> {
        let account = self
            .line_value(origin, |desk| desk.caller_even_locked("card_challenge").map(|c| c.account.user))
            .await?;
        let bytes = random().map_err(|e| Refusal::new(RefusalCode::StoreFailed, e))?;
        let now = self.shop.now();
        let wall = UnixSeconds(u64::try_from(now.utc_ms / 1000).unwrap_or_default());
        let issued = self.challenges().issue(
            self.shop.config.station_tag.as_str(),
            &account,
            origin.line,
            (wall, BootMillis(now.boot_ms)),
            &bytes,
        );
        let challenge = issued.map_err(|e| Refusal::new(RefusalCode::Unavailable, e))?;
        let text = challenge.as_str().to_owned();
        self.line_act(origin, None, move |desk| {
            desk.caller_even_locked("card_challenge")?;
            desk.log(Act::CardChallengeIssued { challenge: name(&text) })?;
            Ok(Reply::Challenge { text: text.clone() })
        })
        .await
    }

    /// The card's answer. The challenge is spent whatever comes of it.
    pub(in crate::station) async fn card_proof(
        &self,
        origin: &Origin,
        sent: Proof,
    ) -> Result<Reply, Refusal> {
        let account = self
            .line_value(origin, |desk| desk.caller_even_locked("card_proof").map(|c| c.account.user))
            .await?;
        let boot = BootMillis(self.shop.now().boot_ms);
        let taken = self.challenges().take(sent.challenge.as_bytes(), &account, origin.line, boot);
        let challenge = match taken {
            Ok(challenge) => challenge,
            Err(why) => {
                return self
                    .line_act(origin, None, move |desk| {
                        desk.caller_even_locked("card_proof")?;
                        let challenge = name(&sent.challenge);
                        let words = SafeText::new(&why.to_string());
                        desk.log_refusal(Act::CardRefused {
                            challenge,
                            certificate: None,
                            why: words.clone(),
                        })?;
                        Err(crate::station::desk::Stop::Refused(Refusal::new(RefusalCode::BadCard, words)))
                    })
                    .await;
            }
        };
        let decode = |text: &str| data_encoding::BASE64.decode(text.as_bytes()).unwrap_or_default();
        let card = CardProof {
            certificate: decode(&sent.certificate),
            signature: decode(&sent.signature),
            hash: sent.hash,
        };
        self.line_act(origin, None, move |desk| proof(desk, &card, &challenge)).await
    }
}
