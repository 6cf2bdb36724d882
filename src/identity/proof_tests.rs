//! The verifier against chains with one rule broken each, and proofs replayed, forged and outdated.

use super::*;
use crate::card::software::{CardKey, TRAINING_CARDS};
use crate::domain::factor::Factor;
use crate::identity::{Crl, Fingerprint};
use rsa::Pkcs1v15Sign;
use sha2::Sha256;

/// 2025-11-23
const NOW: UnixSeconds = UnixSeconds(1_763_856_000);

macro_rules! chain {
    ($name:literal) => {
        include_bytes!(concat!("../../fixtures/cards/chains/", $name)).as_slice()
    };
}

const DOCTOR_KEY: &[u8] = include_bytes!("../../fixtures/cards/training/doctor-1.key.der");

fn challenge(random: u8) -> ChallengeText {
    ChallengeText::compose("st-1", "dr.sato", NOW.0, &[random; 32]).unwrap()
}

fn sign(key: &[u8], challenge: &ChallengeText) -> Vec<u8> {
    match CardKey::from_pkcs8(key).unwrap() {
        CardKey::Rsa(key) => {
            let digest = Hash::Sha256.digest(challenge.as_bytes());
            key.sign(Pkcs1v15Sign::new::<Sha256>(), &digest).unwrap()
        }
        CardKey::P384(key) => {
            use p384::ecdsa::signature::hazmat::PrehashSigner;
            let digest = Hash::Sha384.digest(challenge.as_bytes());
            let signature: p384::ecdsa::Signature = key.sign_prehash(&digest).unwrap();
            signature.to_der().as_bytes().to_vec()
        }
    }
}

fn proof_with(certificate: &[u8], key: &[u8]) -> CardProof {
    let hash = if key == chain!("p384.key.der") { Hash::Sha384 } else { Hash::Sha256 };
    CardProof { certificate: certificate.to_vec(), signature: sign(key, &challenge(1)), hash }
}

fn judge(certificate: &[u8], key: &[u8], trust: &TrustStore) -> Result<CheckedCard, ProofError> {
    check_card(&proof_with(certificate, key), &challenge(1), trust, NOW)
}

fn pin(store: &mut TrustStore, der: &[u8], kind: CardKind) {
    store.pin(der, kind, Fingerprint::of(der)).unwrap();
}

#[test]
fn each_rule_broken_once() {
    use ChainFault as F;
    let wrong = |fault| Err(ProofError::NotForLogin(fault));
    let untrusted = |fault| Err(ProofError::Untrusted(fault));
    let table: Vec<(&str, &[u8], Result<(), ProofError>)> = vec![
        ("good", TRAINING_CARDS[0].certificate, Ok(())),
        ("role absent", chain!("role-absent.der"), Ok(())),
        ("role critical", chain!("role-critical.der"), Ok(())),
        ("client auth", chain!("client-auth.der"), Ok(())),
        ("expired", chain!("expired.der"), Err(ProofError::Expired)),
        ("not yet", chain!("not-yet-valid.der"), Err(ProofError::NotYetValid)),
        ("signing policy", chain!("signing-policy.der"), wrong(F::Policy)),
        ("no policy", chain!("no-policy.der"), wrong(F::Policy)),
        ("keyCertSign", chain!("leaf-with-cert-sign.der"), wrong(F::LeafIsAuthority)),
        ("CA:TRUE", chain!("leaf-is-a-ca.der"), wrong(F::LeafIsAuthority)),
        ("nonRepudiation only", chain!("no-digital-signature.der"), wrong(F::NoDigitalSignature)),
        ("no key usage", chain!("no-key-usage.der"), wrong(F::NoDigitalSignature)),
        ("e-mail only", chain!("other-purpose.der"), wrong(F::OtherPurpose)),
        (
            "critical",
            chain!("unknown-critical-extension.der"),
            wrong(F::UnknownCritical("1.2.392.99999.1".into())),
        ),
        ("no AKI", chain!("no-authority-key-identifier.der"), untrusted(F::NoAuthorityKey)),
        ("same name, other key", chain!("issued-by-the-impostor.der"), untrusted(F::UnknownIssuer)),
        ("not pinned", chain!("site-leaf.der"), untrusted(F::UnknownIssuer)),
        ("SHA-1", chain!("sha1.der"), untrusted(F::Algorithm)),
        ("straight below the root", chain!("issued-by-the-root.der"), Ok(())),
        ("under a non-CA", chain!("under-issuer-not-a-ca.der"), untrusted(F::UnknownIssuer)),
    ];
    let trust = TrustStore::training().unwrap();
    for (name, certificate, expected) in table {
        let found = judge(certificate, DOCTOR_KEY, &trust);
        assert_eq!(found.map(|_| ()), expected, "{name}");
    }
}

#[test]
fn keys_of_other_kinds() {
    let trust = TrustStore::training().unwrap();
    let refused = |error| Err(ProofError::NotForLogin(ChainFault::Key(error)));
    let table = [
        (chain!("p384.der"), chain!("p384.key.der"), Ok(())),
        (chain!("p256.der"), chain!("p384.key.der"), refused(KeyError::Algorithm)),
        (chain!("rsa-1024.der"), DOCTOR_KEY, refused(KeyError::RsaParameters)),
        (chain!("rsa-e3.der"), DOCTOR_KEY, refused(KeyError::RsaParameters)),
    ];
    for (i, (certificate, key, expected)) in table.into_iter().enumerate() {
        assert_eq!(judge(certificate, key, &trust).map(|_| ()), expected, "row {i}");
    }
}

#[test]
fn a_changed_byte_anywhere_is_refused() {
    let trust = TrustStore::training().unwrap();
    let good = proof_with(TRAINING_CARDS[0].certificate, DOCTOR_KEY);
    for at in (0..good.certificate.len()).step_by(7) {
        let mut changed = good.clone();
        changed.certificate[at] ^= 0x01;
        assert!(check_card(&changed, &challenge(1), &trust, NOW).is_err(), "byte {at}");
    }
    for at in 0..good.signature.len() {
        let mut changed = good.clone();
        changed.signature[at] ^= 0x80;
        let found = check_card(&changed, &challenge(1), &trust, NOW);
        assert_eq!(found, Err(ProofError::Signature(KeyError::Signature)), "byte {at}");
    }
}

#[test]
fn an_issuer_pinned_by_mistake_still_needs_its_root_and_its_time() {
    let fault = |issuer: &[u8], leaf: &[u8]| {
        let mut trust = TrustStore::training().unwrap();
        pin(&mut trust, issuer, CardKind::Hpki);
        judge(leaf, DOCTOR_KEY, &trust).map(|_| ())
    };
    let too_long = Err(ProofError::Untrusted(ChainFault::TooLong));
    // Two authorities below the root; an authority of another kind than its root; one that lapsed.
    assert_eq!(
        fault(chain!("issuer-below-pathlen0.der"), chain!("under-issuer-below-pathlen0.der")),
        too_long
    );
    assert_eq!(
        fault(chain!("issuer-lapsed.der"), chain!("under-issuer-lapsed.der")),
        Err(ProofError::Expired)
    );

    // Without the root, an issuing authority is nothing.
    let mut trust = TrustStore::live().with_revocation_lists(vec![], 0);
    pin(&mut trust, chain!("site-issuing.der"), CardKind::Hpki);
    let unknown = Err(ProofError::Untrusted(ChainFault::UnknownIssuer));
    assert_eq!(judge(chain!("site-leaf.der"), DOCTOR_KEY, &trust).map(|_| ()), unknown);
}

#[test]
fn the_impostor_pinned_beside_the_real_one_takes_over_nothing() {
    let mut trust = TrustStore::training().unwrap();
    pin(&mut trust, chain!("impostor-issuing.der"), CardKind::Hpki);
    // Chosen by key identifier, not by name: each leaf meets its own issuer.
    let good = judge(TRAINING_CARDS[0].certificate, DOCTOR_KEY, &trust).unwrap();
    assert_eq!(good.enrolment().kind, CardKind::Training);
    let impostor = judge(chain!("issued-by-the-impostor.der"), DOCTOR_KEY, &trust).unwrap();
    assert_eq!(impostor.enrolment().kind, CardKind::Hpki, "as the administrator pinned it");
}

#[test]
fn training_cards_are_nothing_to_a_live_store() {
    let mut trust = TrustStore::live();
    pin(&mut trust, chain!("site-root.der"), CardKind::Hpki);
    pin(&mut trust, chain!("site-issuing.der"), CardKind::Hpki);
    for card in TRAINING_CARDS {
        let found = judge(card.certificate, card.key, &trust);
        assert_eq!(found.map(|_| ()), Err(ProofError::Untrusted(ChainFault::UnknownIssuer)));
    }
}

#[test]
fn my_number_cards_are_off_until_allowed() {
    let (leaf, key) = (chain!("jpki-leaf.der"), chain!("jpki-leaf.key.der"));
    let store = || {
        let mut trust = TrustStore::live();
        pin(&mut trust, chain!("jpki-ca-1.der"), CardKind::MyNumber);
        pin(&mut trust, chain!("jpki-ca-2.der"), CardKind::MyNumber);
        trust
    };
    assert_eq!(judge(leaf, key, &store()), Err(ProofError::MyNumberOff));
    let checked = judge(leaf, key, &store().allowing_my_number()).unwrap();
    assert_eq!(checked.enrolment().factor(), Factor::MyNumberCard);
    assert_eq!(checked.revocation(), RevocationStatus::NotChecked);
    // An HPKI anchor does not accept the policy of a My Number card.
    let mut trust = TrustStore::live();
    pin(&mut trust, chain!("jpki-ca-2.der"), CardKind::Hpki);
    assert_eq!(judge(leaf, key, &trust), Err(ProofError::NotForLogin(ChainFault::Policy)));
}

#[test]
fn a_login_needs_the_enrolled_key_and_this_challenge() {
    let trust = TrustStore::training().unwrap();
    let card = TRAINING_CARDS[0];
    let proof = proof_with(card.certificate, card.key);
    let enrolment = check_card(&proof, &challenge(1), &trust, NOW).unwrap().enrolment().clone();
    assert_eq!(enrolment.factor(), Factor::SoftwareCard);
    let mine = [enrolment.clone()];
    let login = |proof: &CardProof, text: &ChallengeText, enrolled: &[Enrolment]| {
        prove(proof, text, enrolled, &trust, NOW).map(|_| ())
    };
    assert_eq!(login(&proof, &challenge(1), &mine), Ok(()));

    let signature = Err(ProofError::Signature(KeyError::Signature));
    assert_eq!(login(&proof, &challenge(2), &mine), signature, "a replay over another challenge");
    let other = proof_with(TRAINING_CARDS[1].certificate, TRAINING_CARDS[1].key);
    assert_eq!(login(&other, &challenge(1), &mine), Err(ProofError::NotEnrolled));
    assert_eq!(login(&proof, &challenge(1), &[]), Err(ProofError::NotEnrolled));
    let stolen = CardProof { certificate: card.certificate.to_vec(), ..other };
    assert_eq!(login(&stolen, &challenge(1), &mine), signature, "another key with my certificate");
    let rehashed = CardProof { hash: Hash::Sha512, ..proof.clone() };
    assert_eq!(login(&rehashed, &challenge(1), &mine), signature);

    // The same key under another certificate is a renewed card.
    let renewed = proof_with(chain!("role-absent.der"), DOCTOR_KEY);
    assert_eq!(login(&renewed, &challenge(1), &mine), Err(ProofError::Changed));
    let later = Enrolment { not_after: UnixSeconds(1), ..enrolment };
    assert_eq!(login(&proof, &challenge(1), &[later]), Err(ProofError::Changed));
}

#[test]
fn revocation_lists() {
    let list = |der: &[u8]| Crl::parse(der).unwrap();
    let (none, one) = (list(chain!("nothing-revoked.crl")), list(chain!("one-revoked.crl")));
    let (lapsed, impostor) = (list(chain!("lapsed.crl")), list(chain!("impostor.crl")));
    let root = list(chain!("root.crl"));
    let year = 365 * 86_400;
    let until = none.next_update();
    let fresh = Ok(RevocationStatus::Fresh { until });
    let unknown = Err(ProofError::RevocationUnknown);
    let grace = Ok(RevocationStatus::Grace { lapsed: lapsed.next_update() });
    let good = TRAINING_CARDS[0].certificate;
    let bad = chain!("revoked.der");
    let table = [
        ("fresh", good, vec![&none, &root], 0, fresh.clone()),
        ("another is revoked", good, vec![&one, &root], 0, fresh),
        ("revoked", bad, vec![&one, &root], 0, Err(ProofError::Revoked)),
        ("no list", good, vec![], year, unknown.clone()),
        ("no list of the root", good, vec![&none], year, unknown.clone()),
        ("no list of the issuer", good, vec![&root], year, unknown.clone()),
        ("list of the impostor", good, vec![&impostor, &root], year, unknown.clone()),
        ("lapsed", good, vec![&lapsed, &root], 0, unknown),
        ("lapsed, in grace", good, vec![&lapsed, &root], year, grace),
        ("revoked on a lapsed list", bad, vec![&lapsed, &root], 0, Err(ProofError::Revoked)),
    ];
    for (name, certificate, lists, grace, expected) in table {
        let lists = lists.into_iter().cloned().collect();
        let trust = TrustStore::training().unwrap().with_revocation_lists(lists, grace);
        let found = judge(certificate, DOCTOR_KEY, &trust).map(|checked| checked.revocation());
        assert_eq!(found, expected, "{name}");
    }
    assert!(Crl::parse(b"").is_err());
    assert!(one.issuer_text().as_str().contains("TRAINING AuthCA"));
}
