//! The private key of a software card.

use crate::card::profile::SignatureVariant;
use p384::ecdsa::signature::hazmat::PrehashSigner;
use rsa::{Pkcs1v15Sign, RsaPrivateKey, pkcs8::DecodePrivateKey, traits::PublicKeyParts};

/// RSA or P-384.
pub enum CardKey {
    /// RSA, any size.
    Rsa(Box<RsaPrivateKey>),
    /// ECDSA on P-384.
    P384(Box<p384::ecdsa::SigningKey>),
}

/// Not a private key of a software card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("訓練カードの秘密鍵を読み取れません（PKCS#8のRSAまたはP-384が必要です）")]
pub struct KeyRefused;

impl CardKey {
    /// From PKCS#8 DER.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, KeyRefused> {
        if let Ok(key) = RsaPrivateKey::from_pkcs8_der(der) {
            return Ok(Self::Rsa(Box::new(key)));
        }
        let key = p384::ecdsa::SigningKey::from_pkcs8_der(der).map_err(|_| KeyRefused)?;
        Ok(Self::P384(Box::new(key)))
    }

    /// Signs what the variant sends; `None` when the data do not fit the variant or the key.
    pub(super) fn sign(&self, variant: SignatureVariant, data: &[u8]) -> Option<Vec<u8>> {
        match (self, variant) {
            (Self::Rsa(key), SignatureVariant::DigestInfo) => raw(key, data),
            (Self::Rsa(key), SignatureVariant::PaddedBlock) => {
                // The library pads by itself, so the block is taken apart, and only the right padding is accepted.
                let info = unpad(data)?;
                (data.len() == key.size()).then(|| raw(key, info)).flatten()
            }
            (Self::P384(key), SignatureVariant::Digest) => {
                let signature: p384::ecdsa::Signature = key.sign_prehash(data).ok()?;
                (data.len() == 48).then(|| signature.to_bytes().to_vec())
            }
            _ => None,
        }
    }
}

fn raw(key: &RsaPrivateKey, info: &[u8]) -> Option<Vec<u8>> {
    key.sign(Pkcs1v15Sign::new_unprefixed(), info).ok()
}

/// `00 01 FF … FF 00 info`, at least eight FF.
fn unpad(block: &[u8]) -> Option<&[u8]> {
    let body = block.strip_prefix(&[0x00, 0x01])?;
    let padding = body.iter().take_while(|byte| **byte == 0xFF).count();
    let info = body.get(padding..)?.strip_prefix(&[0x00])?;
    (padding >= 8 && !info.is_empty()).then_some(info)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_padding_comes_off() {
        let block = |ff: usize, info: &[u8]| {
            let mut block = vec![0, 1];
            block.extend(std::iter::repeat_n(0xFF, ff));
            block.push(0);
            block.extend_from_slice(info);
            block
        };
        assert_eq!(unpad(&block(8, b"x")), Some(&b"x"[..]));
        assert_eq!(unpad(&block(7, b"x")), None);
        assert_eq!(unpad(&block(8, b"")), None);
        assert_eq!(unpad(&[0, 2, 0xFF]), None);
        assert_eq!(unpad(&[]), None);
    }

    #[test]
    fn what_is_no_key() {
        assert!(CardKey::from_pkcs8(b"").is_err());
        assert!(
            CardKey::from_pkcs8(include_bytes!("../../../fixtures/cards/training/doctor-1.der")).is_err()
        );
        let p384 =
            CardKey::from_pkcs8(include_bytes!("../../../fixtures/cards/chains/p384.key.der")).unwrap();
        assert!(p384.sign(SignatureVariant::Digest, &[0; 47]).is_none());
        assert!(p384.sign(SignatureVariant::DigestInfo, &[0; 51]).is_none());
    }
}
