//! Session tokens: 32 random bytes that the terminal holds, of which the store keeps only the hash.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// The secret half. Not printed, wiped on drop.
#[derive(Clone)]
pub struct SessionToken(Zeroizing<[u8; 32]>);

/// Text that is not 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("セッションの情報が正しくありません。もう一度ログインしてください")]
pub struct NotAToken;

impl SessionToken {
    /// From 32 random bytes.
    pub fn from_random(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// From its text.
    pub fn parse(text: &str) -> Result<Self, NotAToken> {
        let mut bytes = Zeroizing::new([0; 32]);
        let decoder = data_encoding::HEXLOWER;
        if decoder.decode_len(text.len()) != Ok(32) {
            return Err(NotAToken);
        }
        decoder.decode_mut(text.as_bytes(), bytes.as_mut_slice()).map_err(|_| NotAToken)?;
        Ok(Self(bytes))
    }

    /// As it crosses the protocol: 64 hexadecimal digits.
    pub fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(data_encoding::HEXLOWER.encode(self.0.as_slice()))
    }

    /// What the store keeps.
    pub fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.0.as_slice()).into())
    }
}

impl std::fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionToken(…)")
    }
}

/// SHA-256 of a token.
#[derive(Clone, Copy, Debug, Eq, PartialOrd, Ord)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// The 32 bytes, as a key of the store.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl PartialEq for TokenHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl std::hash::Hash for TokenHash {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl Serialize for TokenHash {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for TokenHash {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let bytes = data_encoding::HEXLOWER.decode(text.as_bytes()).ok();
        bytes
            .and_then(|b| b.try_into().ok())
            .map(Self)
            .ok_or_else(|| serde::de::Error::custom("not a token hash"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_hash() {
        let token = SessionToken::from_random([0xAB; 32]);
        assert_eq!(*token.text(), "ab".repeat(32));
        assert_eq!(SessionToken::parse(&token.text()).unwrap().hash(), token.hash());
        assert_ne!(SessionToken::from_random([0xAC; 32]).hash(), token.hash());
        assert_eq!(format!("{token:?}"), "SessionToken(…)");
        let long = "ab".repeat(33);
        for text in ["", "ab", &"zz".repeat(32), &long, &"AB".repeat(32), "あ"] {
            assert_eq!(SessionToken::parse(text).map(|_| ()), Err(NotAToken), "{text}");
        }
        let json = serde_json::to_string(&token.hash()).unwrap();
        assert_eq!(serde_json::from_str::<TokenHash>(&json).unwrap(), token.hash());
        assert!(serde_json::from_str::<TokenHash>("\"00\"").is_err());
    }
}
