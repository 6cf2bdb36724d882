//! What nobody may print.

use data_encoding::BASE64URL_NOPAD;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use zeroize::Zeroizing;

/// A password or a token on its way: wiped after use, unprintable.
#[derive(Clone, Debug)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes a secret in.
    pub fn new(text: String) -> Self {
        Self(text.into())
    }

    /// Shows it to the one who needs it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// As base64url: what has a character that JSON escapes would pass through a buffer of the parser, which wipes nothing.
impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Zeroizing::new(BASE64URL_NOPAD.encode(self.expose().as_bytes())))
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        // What the decoder and the text's check say of it may quote it.
        let unreadable = || de::Error::custom("not a secret in base64url");
        let bytes = Zeroizing::new(BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| unreadable())?);
        let secret = std::str::from_utf8(&bytes).map_err(|_| unreadable())?;
        Ok(Self(secret.into()))
    }
}
