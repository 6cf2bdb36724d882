//! The second factor: a signature over the station's own challenge, verified against the enrolled key (A3).

use super::factor::{self, Found};
use crate::card::{ChallengeText, Hash};
use crate::domain::SafeText;
use crate::identity::{
    self, BootMillis, CardAnswer, CardProof, Cards, ChallengeError, Enrolment, RevocationStatus, UnixSeconds,
};
use crate::log::{Act, Revocation};
use crate::protocol::{Refusal, RefusalCode, Reply};
use crate::station::desk::{Desk, Origin, Outcome, Stop};
use crate::station::shop::random;
use crate::station::start::Station;
use sha2::{Digest, Sha256};

/// What a line sends as proof.
pub(crate) struct Proof {
    pub(crate) challenge: String,
    pub(crate) certificate: String,
    pub(crate) signature: String,
    pub(crate) hash: Hash,
}

impl Proof {
    /// The card's part of it.
    pub(crate) fn card(&self) -> CardProof {
        let decode = |text: &str| data_encoding::BASE64.decode(text.as_bytes()).unwrap_or_default();
        CardProof {
            certificate: decode(&self.certificate),
            signature: decode(&self.signature),
            hash: self.hash,
        }
    }
}

/// How a challenge is named in the log: the beginning of its digest.
pub(crate) fn name(challenge: &str) -> SafeText {
    let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(challenge.as_bytes()));
    SafeText::new(digest.get(..16).unwrap_or_default())
}

/// How an enrolled key is named in the log: SHA-256 of the public key; never a serial number (J-LIS).
pub(crate) fn fingerprint(enrolment: &Enrolment) -> SafeText {
    SafeText::new(&enrolment.spki_sha256.to_string())
}

/// How revocation was checked, in the words of the log.
fn revocation(status: RevocationStatus) -> Revocation {
    match status {
        RevocationStatus::NotChecked => Revocation::NotChecked,
        RevocationStatus::Fresh { until } => Revocation::Fresh { until: until.0 },
        RevocationStatus::Grace { lapsed } => Revocation::Grace { lapsed: lapsed.0 },
    }
}

/// Verifies a proof whose challenge was taken out and cannot be used again.
fn proof(desk: &mut Desk<'_, '_>, proof: &CardProof, challenge: &ChallengeText) -> Outcome {
    let caller = desk.caller_even_locked("card_proof")?;
    let enrolled = desk.credential(&caller.account.user)?.map(|c| c.cards.clone()).unwrap_or_default();
    let trust = desk.trust()?;
    let mut cards = Cards { enrolled: &enrolled, trust: &trust };
    let answer = CardAnswer { challenge, proof };
    let named = name(challenge.as_str());
    factor::enter(desk, ("card_proof", RefusalCode::BadCard), &mut cards, &answer, |found| match found {
        Found::Proved(proved) => Act::CardAccepted {
            challenge: named.clone(),
            factor: proved.factor(),
            certificate: proved.means().clone(),
            hc_role: proved.card().and_then(|card| card.enrolment().hc_role.clone()),
            revocation: proved.card().map(|card| revocation(card.revocation())),
        },
        Found::Not(why, _) => {
            let certificate = identity::shown_key(proof, &enrolled);
            let certificate = certificate.map(|key| SafeText::new(&key.to_string()));
            Act::CardRefused { challenge: named.clone(), certificate, why: why.clone(), user: None }
        }
    })
}

/// A challenge that was not given out here, or not to this line, or is over.
fn spent(desk: &mut Desk<'_, '_>, challenge: &str, why: ChallengeError) -> Outcome {
    desk.caller_even_locked("card_proof")?;
    let words = SafeText::new(&why.to_string());
    let act =
        Act::CardRefused { challenge: name(challenge), certificate: None, why: words.clone(), user: None };
    desk.log_refusal(act)?;
    Err(Stop::Refused(Refusal::new(RefusalCode::BadCard, words)))
}

impl Station {
    /// A fresh challenge for this line and account.
    pub(in crate::station) async fn card_challenge(&self, origin: &Origin) -> Result<Reply, Refusal> {
        let account = self
            .line_value(origin, |desk| desk.caller_even_locked("card_challenge").map(|c| c.account.user))
            .await?;
        let (bytes, now) =
            (random().map_err(|e| Refusal::new(RefusalCode::StoreFailed, e))?, self.shop.now());
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
        match taken {
            Ok(challenge) => {
                self.look_at_lists(false).await;
                let card = sent.card();
                self.line_act(origin, None, move |desk| proof(desk, &card, &challenge)).await
            }
            Err(why) => self.line_act(origin, None, move |desk| spent(desk, &sent.challenge, why)).await,
        }
    }
}
