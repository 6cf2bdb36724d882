//! The strict verifier: from a card's certificate to a pinned root, at most one pinned authority in between.
//!
//! Its own, because the real HPKI authorities mark certificatePolicies as critical, which rustls-webpki refuses.

use super::UnixSeconds;
use super::anchors::{Anchor, TrustStore};
use super::extensions::Extensions;
use crate::card::{CardKind, Certificate, Hash, KeyError, PublicKey};
use x509_cert::der::asn1::ObjectIdentifier;

/// Which rule a certificate breaks. Technical; the sentences for people are in
/// [`ProofError`](super::ProofError).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainFault {
    /// Not decodable, or an extension twice.
    #[error("certificate is malformed")]
    Malformed,
    /// Not X.509 version 3.
    #[error("certificate is not version 3")]
    Version,
    /// A critical extension outside the list.
    #[error("unknown critical extension {0}")]
    UnknownCritical(String),
    /// The key is of an unaccepted kind.
    #[error("public key not accepted")]
    Key(#[source] KeyError),
    /// Signed with an algorithm that is not accepted, or named twice differently.
    #[error("signature algorithm not accepted")]
    Algorithm,
    /// Before its time.
    #[error("not yet valid")]
    NotYetValid,
    /// After its time.
    #[error("expired")]
    Expired,
    /// keyUsage without digitalSignature, or absent.
    #[error("leaf may not sign")]
    NoDigitalSignature,
    /// The leaf is an authority or may sign certificates.
    #[error("leaf is an authority")]
    LeafIsAuthority,
    /// extendedKeyUsage names other purposes only.
    #[error("extended key usage excludes client authentication")]
    OtherPurpose,
    /// No policy of the accepted set, such as the policy of signing certificates.
    #[error("certificate policy is not that of authentication")]
    Policy,
    /// No authorityKeyIdentifier.
    #[error("no authority key identifier")]
    NoAuthorityKey,
    /// No pinned authority has this name and key identifier.
    #[error("issuer is not pinned")]
    UnknownIssuer,
    /// A pinned authority has name and identifier, but the signature is not its.
    #[error("issuer's signature does not verify")]
    IssuerSignature,
    /// An authority without CA:TRUE or keyCertSign.
    #[error("issuer may not issue")]
    IssuerMayNotIssue,
    /// More authorities than one below the root, or than the root allows.
    #[error("chain too long")]
    TooLong,
    /// A My Number card, and they are switched off.
    #[error("My Number cards are switched off")]
    MyNumberOff,
}

const CLIENT_AUTH: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.2");
const ANY_PURPOSE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37.0");
/// HPKI, authentication, individual.
const HPKI_AUTH_INDIVIDUAL: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.392.100495.1.5.1.2.3.1");
/// JPKI, user authentication.
pub(super) const JPKI_AUTH: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.392.200149.8.5.1.3.30");

fn policies(kind: CardKind) -> &'static [ObjectIdentifier] {
    match kind {
        CardKind::Hpki | CardKind::Training => &[HPKI_AUTH_INDIVIDUAL],
        CardKind::MyNumber => &[JPKI_AUTH],
    }
}

/// A chain that was followed to its root.
#[derive(Debug)]
pub(super) struct Chain<'s> {
    /// What the anchors make of the card.
    pub(super) kind: CardKind,
    /// The key of the card.
    pub(super) key: PublicKey,
    /// Who issued the card's certificate.
    pub(super) issuer: &'s Anchor,
    /// The root, where it is another.
    pub(super) root: Option<&'s Anchor>,
}

/// Follows the chain of a card's certificate at `now`.
pub(super) fn follow<'s>(
    leaf: &Certificate,
    store: &'s TrustStore,
    now: UnixSeconds,
) -> Result<Chain<'s>, ChainFault> {
    let says = Extensions::read(leaf)?;
    check_leaf(leaf, &says)?;
    let key = PublicKey::from_spki(leaf.spki()).map_err(ChainFault::Key)?;
    in_time(leaf, now)?;

    let (issuer, root) = first(issuers(leaf, &says, store)?, |issuer| {
        in_time(&issuer.certificate, now)?;
        let root = if issuer.is_root() { None } else { Some(find_root(issuer, store, now)?) };
        Ok((issuer, root))
    })?;

    if issuer.kind == CardKind::MyNumber && !store.my_number_allowed() {
        return Err(ChainFault::MyNumberOff);
    }
    if !says.policies.iter().any(|policy| policies(issuer.kind).contains(policy)) {
        return Err(ChainFault::Policy);
    }
    Ok(Chain { kind: issuer.kind, key, issuer, root })
}

fn check_leaf(leaf: &Certificate, says: &Extensions) -> Result<(), ChainFault> {
    if leaf.fields().tbs_certificate().version() != x509_cert::Version::V3 {
        return Err(ChainFault::Version);
    }
    if says.basic.as_ref().is_some_and(|basic| basic.ca) {
        return Err(ChainFault::LeafIsAuthority);
    }
    let usage = says.key_usage.ok_or(ChainFault::NoDigitalSignature)?;
    if usage.key_cert_sign() || usage.crl_sign() {
        return Err(ChainFault::LeafIsAuthority);
    }
    if !usage.digital_signature() {
        return Err(ChainFault::NoDigitalSignature);
    }
    match &says.purposes {
        Some(purposes) if !purposes.iter().any(|p| [CLIENT_AUTH, ANY_PURPOSE].contains(p)) => {
            Err(ChainFault::OtherPurpose)
        }
        _ => Ok(()),
    }
}

/// That an anchor may issue certificates; checked when it is pinned.
pub(super) fn check_authority(authority: &Certificate) -> Result<Extensions, ChainFault> {
    let says = Extensions::read(authority)?;
    let may_issue = says.basic.as_ref().is_some_and(|basic| basic.ca)
        && says.key_usage.is_some_and(|usage| usage.key_cert_sign());
    if !may_issue {
        return Err(ChainFault::IssuerMayNotIssue);
    }
    if says.subject_key.is_none() {
        return Err(ChainFault::NoAuthorityKey);
    }
    PublicKey::from_spki(authority.spki()).map_err(ChainFault::Key)?;
    Ok(says)
}

/// The pinned authorities whose key signed this certificate, at least one. More than one where an authority was
/// certified anew over the same key.
fn issuers<'s>(
    certificate: &Certificate,
    says: &Extensions,
    store: &'s TrustStore,
) -> Result<Vec<&'s Anchor>, ChainFault> {
    let wanted = says.authority_key.as_ref().ok_or(ChainFault::NoAuthorityKey)?;
    // Several generations share one name, so the name alone never chooses.
    let named = store.anchors().iter().filter(|anchor| {
        anchor.certificate.subject() == certificate.issuer()
            && anchor.says.subject_key.as_ref() == Some(wanted)
    });
    let mut found = Vec::new();
    let mut fault = ChainFault::UnknownIssuer;
    for anchor in named {
        match signed_by(certificate, &anchor.certificate) {
            Ok(()) => found.push(anchor),
            Err(cause) => fault = cause,
        }
    }
    if found.is_empty() { Err(fault) } else { Ok(found) }
}

/// The first of them that will do; if none, why the last will not.
fn first<'s, T>(
    anchors: Vec<&'s Anchor>,
    judge: impl Fn(&'s Anchor) -> Result<T, ChainFault>,
) -> Result<T, ChainFault> {
    let mut fault = ChainFault::UnknownIssuer;
    for anchor in anchors {
        match judge(anchor) {
            Ok(judged) => return Ok(judged),
            Err(cause) => fault = cause,
        }
    }
    Err(fault)
}

fn find_root<'s>(
    authority: &Anchor,
    store: &'s TrustStore,
    now: UnixSeconds,
) -> Result<&'s Anchor, ChainFault> {
    first(issuers(&authority.certificate, &authority.says, store)?, |root| {
        in_time(&root.certificate, now)?;
        let room_below = root.says.basic.as_ref().and_then(|basic| basic.path_len_constraint);
        if !root.is_root() || room_below == Some(0) || root.kind != authority.kind {
            return Err(ChainFault::TooLong);
        }
        Ok(root)
    })
}

/// That `issuer`'s key signed `certificate`, with an accepted algorithm.
fn signed_by(certificate: &Certificate, issuer: &Certificate) -> Result<(), ChainFault> {
    let fields = certificate.fields();
    if fields.signature_algorithm() != fields.tbs_certificate().signature() {
        return Err(ChainFault::Algorithm);
    }
    let key = PublicKey::from_spki(issuer.spki()).map_err(ChainFault::Key)?;
    let hash = signature_hash(&fields.signature_algorithm().oid, &key).ok_or(ChainFault::Algorithm)?;
    let signature = fields.signature().as_bytes().ok_or(ChainFault::Malformed)?;
    key.verify(hash, certificate.tbs(), signature).map_err(|_| ChainFault::IssuerSignature)
}

/// The hash of a signature algorithm, if it fits the key.
pub(super) fn signature_hash(algorithm: &ObjectIdentifier, key: &PublicKey) -> Option<Hash> {
    let text = algorithm.to_string();
    let (of_rsa, hash) = match text.as_str() {
        "1.2.840.113549.1.1.11" => (true, Hash::Sha256),
        "1.2.840.113549.1.1.12" => (true, Hash::Sha384),
        "1.2.840.113549.1.1.13" => (true, Hash::Sha512),
        "1.2.840.10045.4.3.2" => (false, Hash::Sha256),
        "1.2.840.10045.4.3.3" => (false, Hash::Sha384),
        "1.2.840.10045.4.3.4" => (false, Hash::Sha512),
        _ => return None,
    };
    (of_rsa == matches!(key, PublicKey::Rsa(_))).then_some(hash)
}

fn in_time(certificate: &Certificate, now: UnixSeconds) -> Result<(), ChainFault> {
    if now.0 < certificate.not_before() {
        Err(ChainFault::NotYetValid)
    } else if now.0 > certificate.not_after() {
        Err(ChainFault::Expired)
    } else {
        Ok(())
    }
}
