//! The secret of a token, and how codes are made of it.

use super::Code;
use crate::domain::UserId;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt::Write as _;
use subtle::{Choice, ConstantTimeEq};
use totp_rs::{Algorithm, Builder, Totp};
use zeroize::Zeroizing;

/// 160 bits, as RFC 4226 recommends.
pub const SEED_BYTES: usize = 20;

/// The secret that token and station share. Not printed, wiped on drop.
#[derive(Clone)]
pub struct Seed(Zeroizing<[u8; SEED_BYTES]>);

/// The hash within the HMAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hash {
    /// SHA-1: what authenticator apps and hardware tokens do, and no weakness within an HMAC.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

/// How codes are made; kept with each token, so that another kind of token is data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// Hash.
    pub hash: Hash,
    /// Digits of a code, 6 to 8.
    pub digits: u8,
    /// Seconds of a step.
    pub period_s: u64,
}

impl Parameters {
    /// What every app and hardware token understands, and what an otpauth URI means where it says nothing else.
    pub const STANDARD: Self = Self { hash: Hash::Sha1, digits: 6, period_s: 30 };

    /// The step of a moment.
    pub(super) fn step(&self, seconds: u64) -> u64 {
        seconds.checked_div(self.period_s).unwrap_or_default()
    }
}

impl Seed {
    /// From random bytes of the kernel.
    pub fn from_random(bytes: [u8; SEED_BYTES]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Base32, as apps take it: 32 characters.
    pub fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(data_encoding::BASE32_NOPAD.encode(self.0.as_slice()))
    }

    /// The otpauth URI of a QR code. The issuer stands in its parameter only: in the label once more it would make the
    /// picture higher than a terminal, and apps prefer the parameter.
    pub fn uri(&self, parameters: &Parameters, issuer: &str, user: &UserId) -> Zeroizing<String> {
        let mut uri = Zeroizing::new(String::with_capacity(512));
        uri.push_str("otpauth://totp/");
        percent(&mut uri, user.as_str());
        uri.push_str("?secret=");
        uri.push_str(&self.text());
        uri.push_str("&issuer=");
        percent(&mut uri, issuer);
        let usual = Parameters::STANDARD;
        if parameters.hash != usual.hash {
            uri.push_str("&algorithm=");
            uri.push_str(algorithm(parameters.hash).as_str());
        }
        if parameters.digits != usual.digits {
            uri.push_str(&format!("&digits={}", parameters.digits));
        }
        if parameters.period_s != usual.period_s {
            uri.push_str(&format!("&period={}", parameters.period_s));
        }
        uri
    }

    /// The steps out of `steps` whose code this is, oldest first; all are computed and compared, whatever matches.
    /// Parameters that make no codes match nothing.
    pub(super) fn matching(
        &self,
        parameters: &Parameters,
        code: &Code,
        steps: impl Iterator<Item = u64>,
    ) -> Vec<u64> {
        let Some(generator) = self.generator(parameters) else { return Vec::new() };
        let compared: Vec<(u64, Choice)> = steps
            .map(|step| {
                let mut right = Zeroizing::new(String::with_capacity(8));
                let _ = write!(right, "{}", generator.generate(step.saturating_mul(parameters.period_s)));
                (step, right.as_bytes().ct_eq(code.digits().as_bytes()))
            })
            .collect();
        compared.into_iter().filter(|(_, same)| bool::from(*same)).map(|(step, _)| step).collect()
    }

    fn generator(&self, parameters: &Parameters) -> Option<Totp> {
        let secret = totp_rs::Secret::new_stack(*self.0);
        let builder = Builder::new()
            .with_algorithm(algorithm(parameters.hash))
            .with_digits(parameters.digits)
            .with_step_duration(parameters.period_s)
            .with_secret(secret);
        builder.build().ok()
    }
}

fn algorithm(hash: Hash) -> Algorithm {
    match hash {
        Hash::Sha1 => Algorithm::SHA1,
        Hash::Sha256 => Algorithm::SHA256,
        Hash::Sha512 => Algorithm::SHA512,
    }
}

/// RFC 3986: everything but the unreserved characters.
fn percent(uri: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
}

impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seed(…)")
    }
}

impl Serialize for Seed {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.text())
    }
}

impl<'de> Deserialize<'de> for Seed {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(from)?);
        let mut bytes = Zeroizing::new([0; SEED_BYTES]);
        let base32 = data_encoding::BASE32_NOPAD;
        let whole = base32.decode_len(text.len()) == Ok(SEED_BYTES)
            && base32.decode_mut(text.as_bytes(), bytes.as_mut_slice()).is_ok();
        if whole { Ok(Self(bytes)) } else { Err(serde::de::Error::custom("not a seed")) }
    }
}
