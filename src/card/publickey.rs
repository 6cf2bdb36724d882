//! Public keys of certificates and the signatures they verify: RSA 2048–4096 with exponent 65 537, and P-384.

use super::Hash;
use p384::ecdsa::signature::hazmat::PrehashVerifier;
use rsa::{Pkcs1v15Sign, RsaPublicKey, traits::PublicKeyParts};
use sha2::{Sha256, Sha384, Sha512};
use x509_cert::der::Decode;
use x509_cert::der::asn1::{AnyRef, ObjectIdentifier};
use x509_cert::spki::SubjectPublicKeyInfoRef;

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const SECP384R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");

/// A key of an accepted kind and size.
#[derive(Clone, Debug)]
pub enum PublicKey {
    /// RSA, 2048 to 4096 bits, exponent 65 537, PKCS#1 v1.5.
    Rsa(Box<RsaPublicKey>),
    /// ECDSA on P-384.
    P384(Box<p384::ecdsa::VerifyingKey>),
}

/// Why a key or a signature was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Neither RSA nor P-384.
    #[error("key is neither RSA nor P-384")]
    Algorithm,
    /// An RSA key of another size or exponent.
    #[error("RSA key is not 2048 to 4096 bits with e=65537")]
    RsaParameters,
    /// Not decodable.
    #[error("key is malformed")]
    Malformed,
    /// The signature is not this key's.
    #[error("signature does not verify")]
    Signature,
}

impl PublicKey {
    /// From the DER of a SubjectPublicKeyInfo.
    pub fn from_spki(der: &[u8]) -> Result<Self, KeyError> {
        let spki = SubjectPublicKeyInfoRef::from_der(der).map_err(|_| KeyError::Malformed)?;
        match spki.algorithm.oid {
            RSA_ENCRYPTION => rsa_key(spki).map(|key| Self::Rsa(Box::new(key))),
            EC_PUBLIC_KEY => {
                let curve = spki.algorithm.parameters.and_then(|p: AnyRef<'_>| p.decode_as().ok());
                if curve != Some(SECP384R1) {
                    return Err(KeyError::Algorithm);
                }
                let point = spki.subject_public_key.as_bytes().ok_or(KeyError::Malformed)?;
                let key =
                    p384::ecdsa::VerifyingKey::from_sec1_bytes(point).map_err(|_| KeyError::Malformed)?;
                Ok(Self::P384(Box::new(key)))
            }
            _ => Err(KeyError::Algorithm),
        }
    }

    /// Verifies a signature over `message`: PKCS#1 v1.5, or ECDSA as DER or as r and s of 48 bytes each.
    pub fn verify(&self, hash: Hash, message: &[u8], signature: &[u8]) -> Result<(), KeyError> {
        let digest = hash.digest(message);
        match self {
            Self::Rsa(key) => {
                let scheme = match hash {
                    Hash::Sha256 => Pkcs1v15Sign::new::<Sha256>(),
                    Hash::Sha384 => Pkcs1v15Sign::new::<Sha384>(),
                    Hash::Sha512 => Pkcs1v15Sign::new::<Sha512>(),
                };
                key.verify(scheme, &digest, signature).map_err(|_| KeyError::Signature)
            }
            Self::P384(key) => {
                let parsed = if signature.len() == 96 {
                    p384::ecdsa::Signature::from_slice(signature)
                } else {
                    p384::ecdsa::Signature::from_der(signature)
                };
                let signature = parsed.map_err(|_| KeyError::Signature)?;
                key.verify_prehash(&digest, &signature).map_err(|_| KeyError::Signature)
            }
        }
    }

    /// Length of an RSA signature in bytes; `None` for other keys.
    pub fn rsa_length(&self) -> Option<usize> {
        match self {
            Self::Rsa(key) => Some(key.size()),
            Self::P384(_) => None,
        }
    }
}

fn rsa_key(spki: SubjectPublicKeyInfoRef<'_>) -> Result<RsaPublicKey, KeyError> {
    // A key below the library's own minimum already fails here, hence the same reason.
    let key = RsaPublicKey::try_from(spki).map_err(|_| KeyError::RsaParameters)?;
    let bits = key.n().bits_vartime();
    if (2048..=4096).contains(&bits) && *key.e_bytes() == [1, 0, 1] {
        Ok(key)
    } else {
        Err(KeyError::RsaParameters)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::Certificate;

    #[test]
    fn which_keys_are_accepted() {
        let table: [(&[u8], Result<(), KeyError>); 5] = [
            (include_bytes!("../../fixtures/cards/training/doctor-1.der"), Ok(())),
            (include_bytes!("../../fixtures/cards/chains/p384.der"), Ok(())),
            (include_bytes!("../../fixtures/cards/chains/p256.der"), Err(KeyError::Algorithm)),
            (include_bytes!("../../fixtures/cards/chains/rsa-1024.der"), Err(KeyError::RsaParameters)),
            (include_bytes!("../../fixtures/cards/chains/rsa-e3.der"), Err(KeyError::RsaParameters)),
        ];
        for (i, (der, expected)) in table.into_iter().enumerate() {
            let spki = Certificate::parse(der).unwrap();
            assert_eq!(PublicKey::from_spki(spki.spki()).map(|_| ()), expected, "row {i}");
        }
    }

    #[test]
    fn an_issuers_signature_verifies_over_the_signed_part_only() {
        let leaf = Certificate::parse(include_bytes!("../../fixtures/cards/training/doctor-1.der")).unwrap();
        let issuing =
            Certificate::parse(include_bytes!("../../fixtures/cards/training/issuing.der")).unwrap();
        let key = PublicKey::from_spki(issuing.spki()).unwrap();
        let signature = leaf.fields().signature().raw_bytes();
        assert_eq!(key.verify(Hash::Sha256, leaf.tbs(), signature), Ok(()));
        assert_eq!(key.verify(Hash::Sha384, leaf.tbs(), signature), Err(KeyError::Signature));
        assert_eq!(key.verify(Hash::Sha256, leaf.der(), signature), Err(KeyError::Signature));
    }
}
