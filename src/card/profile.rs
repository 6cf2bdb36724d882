//! Card profiles: what differs between kinds of cards, as data (`profiles.toml`).

use super::hex;
use crate::data_file::{self, DataFileError};
use serde::{Deserialize, Deserializer, Serialize};
use sha2::{Digest, Sha256, Sha384, Sha512};

/// Whose card it is. What a card counts for is decided by the trust anchors of its certificate, not by this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardKind {
    /// HPKI card of a health profession.
    Hpki,
    /// My Number card (JPKI, user authentication).
    MyNumber,
    /// A card of the training mode.
    Training,
}

impl CardKind {
    /// The Japanese word.
    pub fn label(self) -> &'static str {
        match self {
            Self::Hpki => "HPKIカード",
            Self::MyNumber => "マイナンバーカード",
            Self::Training => "【訓練】カード",
        }
    }
}

/// One way to have a digest signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignatureVariant {
    /// Variant A: the card pads the DigestInfo.
    DigestInfo,
    /// Variant B: this side pads; extended length.
    PaddedBlock,
    /// The bare digest (ECDSA); the answer is r and s, 48 bytes each.
    Digest,
}

/// The hash of the challenge that a card signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Hash {
    /// SHA-256
    Sha256,
    /// SHA-384
    Sha384,
    /// SHA-512
    Sha512,
}

impl Hash {
    /// The digest of `message`.
    pub fn digest(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(message).to_vec(),
            Self::Sha384 => Sha384::digest(message).to_vec(),
            Self::Sha512 => Sha512::digest(message).to_vec(),
        }
    }

    /// The DigestInfo of a digest (RFC 8017, 9.2 note 1).
    pub fn digest_info(self, digest: &[u8]) -> Vec<u8> {
        let (prefix_end, length) = match self {
            Self::Sha256 => (0x01, 0x20),
            Self::Sha384 => (0x02, 0x30),
            Self::Sha512 => (0x03, 0x40),
        };
        let mut info = vec![0x30, 0x11 + length, 0x30, 0x0D, 0x06, 0x09];
        info.extend([0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, prefix_end, 0x05, 0x00, 0x04, length]);
        info.extend_from_slice(digest);
        info
    }
}

/// Which characters a PIN may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PinCharacters {
    /// 0–9
    Digits,
    /// Printable ASCII.
    Ascii,
}

/// Where the PIN is and what it looks like.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinRule {
    /// The file of the PIN. Selecting it is a condition where `p2` is 80; elsewhere a card may do without.
    pub ef: u16,
    /// P2 of VERIFY.
    pub p2: u8,
    /// Fewest characters.
    pub min: usize,
    /// Most characters.
    pub max: usize,
    /// Which characters.
    pub characters: PinCharacters,
    /// Tries of a fresh card.
    pub tries: u8,
}

impl PinRule {
    /// Whether a PIN can be right at all; one that cannot is not sent, so it costs no try.
    pub fn accepts(&self, pin: &str) -> bool {
        let right = match self.characters {
            PinCharacters::Digits => pin.bytes().all(|b| b.is_ascii_digit()),
            PinCharacters::Ascii => pin.bytes().all(|b| b.is_ascii_graphic()),
        };
        right && (self.min..=self.max).contains(&pin.len())
    }

    /// What to type, in words.
    pub fn describe(&self) -> String {
        let characters = match self.characters {
            PinCharacters::Digits => "半角数字",
            PinCharacters::Ascii => "半角英数記号",
        };
        if self.min == self.max {
            format!("{characters}{}桁", self.min)
        } else {
            format!("{characters}{}～{}桁", self.min, self.max)
        }
    }
}

/// One kind of card.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Short name, as in logs.
    pub name: String,
    /// Whose card.
    pub kind: CardKind,
    /// As shown.
    pub label: String,
    /// What to do when the PIN is locked, in words.
    pub unlock: String,
    /// Application identifier.
    #[serde(deserialize_with = "aid")]
    pub aid: Vec<u8>,
    /// P2 when selecting the application.
    pub select_p2: u8,
    /// Whether Le is sent when selecting the application.
    pub select_expects_answer: bool,
    /// File of the authentication certificate.
    pub certificate_ef: u16,
    /// File of the authentication key.
    pub key_ef: u16,
    /// The PIN.
    pub pin: PinRule,
    /// Ways to sign, best first.
    pub signature: Vec<SignatureVariant>,
    /// Hash of what is signed.
    pub hash: Hash,
}

fn aid<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
    let bytes = hex::deserialize(from)?;
    // ISO/IEC 7816-4, 8.2.1.2
    if (5..=16).contains(&bytes.len()) {
        Ok(bytes)
    } else {
        Err(serde::de::Error::custom("an AID has 5 to 16 bytes"))
    }
}

/// The profiles in the order in which they are tried.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profiles {
    profile: Vec<Profile>,
}

impl Profiles {
    /// The profiles compiled in. A test proves that they are well formed.
    pub fn builtin() -> Self {
        Self::parse(include_str!("profiles.toml")).unwrap_or_default()
    }

    /// Profiles from the text of a file; errors name the line.
    pub fn parse(text: &str) -> Result<Self, DataFileError> {
        data_file::from_str(text)
    }

    /// Puts a profile in the place of the one of that name, or at the end.
    pub(super) fn replace(&mut self, profile: Profile) {
        match self.profile.iter_mut().find(|known| known.name == profile.name) {
            Some(known) => *known = profile,
            None => self.profile.push(profile),
        }
    }

    /// By name.
    pub fn get(&self, name: &str) -> Option<&Profile> {
        self.profile.iter().find(|p| p.name == name)
    }

    /// In order.
    pub fn iter(&self) -> impl Iterator<Item = &Profile> {
        self.profile.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compiled_profiles_are_well_formed_and_distinct() {
        let profiles = Profiles::parse(include_str!("profiles.toml")).unwrap();
        let names: Vec<&str> = profiles.iter().map(|p| p.name.as_str()).collect();
        assert_eq!(names, ["hpki", "jpki", "training", "p384"]);
        for (i, one) in profiles.iter().enumerate() {
            assert!(!one.signature.is_empty());
            assert!(one.pin.min <= one.pin.max && one.pin.tries > 1);
            for other in profiles.iter().skip(i + 1) {
                assert!(!one.aid.starts_with(&other.aid) && !other.aid.starts_with(&one.aid), "{}", one.name);
            }
        }
    }

    #[test]
    fn a_slip_in_a_profile_is_named_with_its_line() {
        let broken = include_str!("profiles.toml").replace("select_p2 = 0x0C", "select_p2 = 0x10C");
        let message = Profiles::parse(&broken).unwrap_err().to_string();
        assert!(message.starts_with("32行目の"), "{message}");
        let short = include_str!("profiles.toml").replace("D392F000260100000001", "D392");
        assert!(Profiles::parse(&short).unwrap_err().to_string().contains("5 to 16 bytes"));
    }

    #[test]
    fn pins() {
        let profiles = Profiles::builtin();
        let table = [
            ("jpki", "1234", true),
            ("jpki", "123", false),
            ("jpki", "12345", false),
            ("jpki", "12a4", false),
            ("jpki", "１２３４", false),
            ("hpki", "1234", true),
            ("hpki", "Abc-123456789012", true),
            ("hpki", "Abc-1234567890123", false),
            ("hpki", "12 4", false),
            ("hpki", "", false),
        ];
        for (name, pin, good) in table {
            assert_eq!(profiles.get(name).unwrap().pin.accepts(pin), good, "{name} {pin}");
        }
    }

    #[test]
    fn digest_info_of_sha256() {
        let info = Hash::Sha256.digest_info(&Hash::Sha256.digest(b""));
        assert_eq!(
            hex::encode(&info),
            "3031300d060960864801650304020105000420\
             e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        assert_eq!(Hash::Sha384.digest_info(&Hash::Sha384.digest(b"")).len(), 67);
        assert_eq!(Hash::Sha512.digest_info(&Hash::Sha512.digest(b"")).len(), 83);
    }
}
