//! What nobody may print.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

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

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}
