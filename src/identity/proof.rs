//! The proof of something held: a signature over this station's challenge, by the key enrolled for the account, in a
//! certificate whose chain ends at a pinned root.

use super::chain::{self, Chain, ChainFault};
use super::crl::{self, RevocationFault, RevocationRule};
use super::extensions::Extensions;
use super::{Enrolment, Fingerprint, RevocationStatus, TrustStore, UnixSeconds};
use crate::card::line::SignedReport;
use crate::card::{CardKind, Certificate, CertificateError, ChallengeText, Hash, KeyError, SpkiHash};

/// What a terminal hands in. Nothing in it is believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardProof {
    /// Certificate, DER.
    pub certificate: Vec<u8>,
    /// Signature over the challenge.
    pub signature: Vec<u8>,
    /// Hash that the card signed.
    pub hash: Hash,
}

impl From<SignedReport> for CardProof {
    fn from(report: SignedReport) -> Self {
        Self { certificate: report.certificate, signature: report.signature, hash: report.hash }
    }
}

/// Why a card was not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// Not a certificate.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// No card of this account has this key.
    #[error(
        "このカードは、この利用者に登録されていません。ご自身のカードを使うか、施設管理者に登録を依頼してください"
    )]
    NotEnrolled,
    /// No card of this account, and a My Number card: most likely a patient's.
    #[error(
        "置かれているのは、この利用者に登録されていないマイナンバーカードです。職員の認証には、ご自身に登録されたカードを置いてください。患者さんのカードは、顔認証付きカードリーダーで読み取ってください"
    )]
    OthersMyNumber,
    /// The key is enrolled, but under another certificate.
    #[error("カードの証明書が登録時から変わっています。施設管理者に再登録を依頼してください")]
    Changed,
    /// Expired.
    #[error(
        "カードの証明書の有効期限が切れています。カードの更新を発行機関に申請し、施設管理者に連絡してください"
    )]
    Expired,
    /// Not yet valid.
    #[error(
        "カードの証明書の有効期間がまだ始まっていません。この端末の日時とカードを確かめ、管理者に連絡してください"
    )]
    NotYetValid,
    /// Not an authentication certificate.
    #[error("ログインに使える証明書ではありません。認証用の証明書が入ったご自身のカードを使ってください")]
    NotForLogin(#[source] ChainFault),
    /// No trusted chain.
    #[error("カードの発行元を確認できません。施設管理者に認証局の登録を確かめてもらってください")]
    Untrusted(#[source] ChainFault),
    /// My Number cards are off, with the reason.
    #[error(
        "マイナンバーカードでのログインは、この施設では有効になっていません（失効確認には認定を受けた検証者であることが必要です）。HPKIカードを使ってください"
    )]
    MyNumberOff,
    /// Revoked.
    #[error("このカードは失効しています。使用をやめ、発行機関と施設管理者に連絡してください")]
    Revoked,
    /// No list, or one that lapsed too long ago.
    #[error(
        "カードの失効を確認できません（失効リストがないか、期限が切れています）。施設管理者に失効リストの更新を依頼してください"
    )]
    RevocationUnknown,
    /// The signature is not that of the certificate's key over this challenge.
    #[error("カードの署名を確認できません。もう一度カード認証をやり直してください")]
    Signature(#[source] KeyError),
}

/// A card that proved itself over a challenge. Only the checks here make one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedCard {
    enrolment: Enrolment,
    revocation: RevocationStatus,
    authorities: Vec<Fingerprint>,
}

impl CheckedCard {
    /// What to keep when the card is enrolled; its [`factor`](Enrolment::factor) is what was proved.
    pub fn enrolment(&self) -> &Enrolment {
        &self.enrolment
    }

    /// How revocation was checked, to be shown and logged.
    pub fn revocation(&self) -> RevocationStatus {
        self.revocation
    }

    /// Whom it rests on: who issued its certificate, and the root where that is another.
    pub fn authorities(&self) -> &[Fingerprint] {
        &self.authorities
    }
}

/// Checks a card for which there is no enrolment yet: chain, validity, revocation, and the signature over the challenge.
/// For enrolling; a login goes through [`prove`].
pub fn check_card(
    proof: &CardProof,
    challenge: &ChallengeText,
    trust: &TrustStore,
    now: UnixSeconds,
) -> Result<CheckedCard, ProofError> {
    check(&Certificate::parse(&proof.certificate)?, proof, challenge, trust, now)
}

/// Checks a login: one of the account's `enrolments`, and all of [`check_card`].
pub fn prove(
    proof: &CardProof,
    challenge: &ChallengeText,
    enrolments: &[Enrolment],
    trust: &TrustStore,
    now: UnixSeconds,
) -> Result<CheckedCard, ProofError> {
    let certificate = Certificate::parse(&proof.certificate)?;
    let hash = certificate.spki_sha256();
    let Some(enrolled) = enrolments.iter().find(|e| e.spki_sha256 == hash) else {
        let patients = claims_my_number(&certificate);
        return Err(if patients { ProofError::OthersMyNumber } else { ProofError::NotEnrolled });
    };
    let checked = check(&certificate, proof, challenge, trust, now)?;
    // Renewal means enrolling again, even where an authority certifies the same key once more.
    if checked.enrolment == *enrolled { Ok(checked) } else { Err(ProofError::Changed) }
}

/// Checks a certificate that an administrator enrols without its card: chain, validity, revocation. That the person
/// holds the card is proved at every login, by [`prove`].
pub fn check_certificate(der: &[u8], trust: &TrustStore, now: UnixSeconds) -> Result<Enrolment, ProofError> {
    let certificate = Certificate::parse(der)?;
    let chain = chain::follow(&certificate, trust, now).map_err(sentence)?;
    revocation(&certificate, &chain, trust, now)?;
    Ok(Enrolment::of(&certificate, chain.kind))
}

/// SHA-256 of the public key of what was shown, for the log of a refusal. Of a My Number card that is not enrolled
/// nothing at all is kept: it is most likely a patient's.
pub fn shown_key(proof: &CardProof, enrolments: &[Enrolment]) -> Option<SpkiHash> {
    let certificate = Certificate::parse(&proof.certificate).ok()?;
    let key = certificate.spki_sha256();
    let enrolled = enrolments.iter().any(|enrolment| enrolment.spki_sha256 == key);
    (enrolled || !claims_my_number(&certificate)).then_some(key)
}

/// Whether a certificate says of itself that it is a My Number card's, whoever issued it.
fn claims_my_number(certificate: &Certificate) -> bool {
    Extensions::read(certificate).is_ok_and(|says| says.policies.contains(&chain::JPKI_AUTH))
}

fn check(
    certificate: &Certificate,
    proof: &CardProof,
    challenge: &ChallengeText,
    trust: &TrustStore,
    now: UnixSeconds,
) -> Result<CheckedCard, ProofError> {
    let chain = chain::follow(certificate, trust, now).map_err(sentence)?;
    let revocation = revocation(certificate, &chain, trust, now)?;
    chain.key.verify(proof.hash, challenge.as_bytes(), &proof.signature).map_err(ProofError::Signature)?;
    let above = [Some(chain.issuer), chain.root];
    let authorities =
        above.iter().flatten().map(|anchor| Fingerprint::of(anchor.certificate.der())).collect();
    Ok(CheckedCard { enrolment: Enrolment::of(certificate, chain.kind), revocation, authorities })
}

fn revocation(
    certificate: &Certificate,
    chain: &Chain<'_>,
    trust: &TrustStore,
    now: UnixSeconds,
) -> Result<RevocationStatus, ProofError> {
    let RevocationRule::Lists { lists, grace_seconds } = trust.revocation() else {
        return Ok(RevocationStatus::NotChecked);
    };
    if trust.spares(chain.kind) {
        return Ok(RevocationStatus::NotChecked);
    }
    // J-LIS gives lists to certified verifiers only: with them switched on, the log says "not checked".
    if chain.kind == CardKind::MyNumber {
        return Ok(RevocationStatus::NotChecked);
    }
    let check = |certificate, issuer| crl::check(certificate, issuer, lists, *grace_seconds, now);
    let issuer = &chain.issuer.certificate;
    let leaf = check(certificate, issuer);
    let both = match chain.root {
        Some(root) => leaf.and_then(|status| Ok(status.weaker(check(issuer, &root.certificate)?))),
        None => leaf,
    };
    both.map_err(|fault| match fault {
        RevocationFault::Revoked => ProofError::Revoked,
        RevocationFault::NoList | RevocationFault::Lapsed => ProofError::RevocationUnknown,
    })
}

fn sentence(fault: ChainFault) -> ProofError {
    use ChainFault as F;
    match fault {
        F::Expired => ProofError::Expired,
        F::NotYetValid => ProofError::NotYetValid,
        F::MyNumberOff => ProofError::MyNumberOff,
        F::NoDigitalSignature
        | F::LeafIsAuthority
        | F::OtherPurpose
        | F::Policy
        | F::Version
        | F::Malformed
        | F::UnknownCritical(_)
        | F::Key(_) => ProofError::NotForLogin(fault),
        F::NoAuthorityKey
        | F::UnknownIssuer
        | F::IssuerSignature
        | F::Algorithm
        | F::IssuerMayNotIssue
        | F::TooLong => ProofError::Untrusted(fault),
    }
}

#[cfg(test)]
#[path = "proof_tests.rs"]
mod tests;
