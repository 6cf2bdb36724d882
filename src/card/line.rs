//! The line protocol between whoever needs a card and the helper that has one: one JSON object a line, over stdio or
//! a Unix socket. The helper speaks first, with its hello; then every question has one answer, in order.
//!
//! ```text
//! < {"hello":{"program":"kyukyu-card","version":1,"pin":"in_request"}}
//! > {"identify":{}}
//! < {"identity":{"reader":"…","card":{"profile":"hpki","kind":"hpki","spki_sha256":"…", …}}}
//! > {"sign":{"challenge_hex":"…","enrolled":["…"],"pin_hex":"31323334","allow_last_try":false}}
//! < {"signed":{"reader":"…","certificate_hex":"…","signature_hex":"…","hash":"sha256","profile":"hpki"}}
//! < {"error":{"code":"wrong_pin","message":"PINが違います。残り14回です","tries_left":14}}
//! > {"await":{"occupied":[]}}
//! < {"moved":{}}
//! > {"watch":{"reader":"…","spki_sha256":"…"}}
//! < {"still_there":{}}
//! > {"watch":{"reader":"…","spki_sha256":"…"}}
//! < {"gone":{"reader":"…","why":"removed"}}
//! ```
//! The challenge is sent as text, not as a digest, so that the helper can see what it has signed. A PIN is sent as
//! hexadecimal, because JSON escapes would leave copies of it in the parser's buffers.

use super::{CardError, ChallengeText, Gone, Hash, Identity, Signed, SpkiHash, hex};
use crate::domain::SafeText;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

/// Version of the protocol. A helper of another version is not used.
pub const VERSION: u32 = 1;

/// Longest line in bytes, line end included.
pub const LONGEST_LINE: usize = 64 * 1024;

/// A question to the helper.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Ask {
    /// Which readers, and what lies in them.
    List {},
    /// Tries left of the card in a reader.
    Tries(InReader),
    /// Which card it is.
    Identify(InReader),
    /// Sign a challenge.
    Sign(SignAsk),
    /// Say when a card leaves its reader.
    Watch(WatchAsk),
    /// Say when a card is put into a reader, or taken out.
    Await(AwaitAsk),
}

/// A reader by name; without a name, the first in which a card lies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InReader {
    /// Name as in the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reader: Option<String>,
}

/// Sign a challenge with one of the enrolled keys.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignAsk {
    /// Name as in the list; without, every reader is searched for an enrolled card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reader: Option<String>,
    /// The challenge's text, hexadecimal.
    #[serde(rename = "challenge_hex", with = "hex")]
    pub challenge: Vec<u8>,
    /// Keys enrolled for the account: no other card's PIN is touched.
    pub enrolled: Vec<SpkiHash>,
    /// The PIN, if the hello said `in_request`. A helper that asks for the PIN itself refuses one that is sent.
    #[serde(rename = "pin_hex", default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<Pin>,
    /// That a person confirmed spending the last try.
    #[serde(default)]
    pub allow_last_try: bool,
}

impl SignAsk {
    /// For a challenge and the enrolled keys; PIN to follow with [`with_pin`](Self::with_pin).
    pub fn new(challenge: &ChallengeText, enrolled: Vec<SpkiHash>) -> Self {
        Self {
            reader: None,
            challenge: challenge.as_bytes().to_vec(),
            enrolled,
            pin: None,
            allow_last_try: false,
        }
    }

    /// With a PIN, and whether the last try may be spent.
    #[must_use]
    pub fn with_pin(mut self, pin: SecretString, allow_last_try: bool) -> Self {
        self.pin = Some(Pin(pin));
        self.allow_last_try = allow_last_try;
        self
    }
}

/// Watch the card with a key in a reader. Asked again on the same connection, it goes on where it was, without
/// touching the card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WatchAsk {
    /// Name as in the list, or in the report of the signature.
    pub reader: String,
    /// The card's key.
    pub spki_sha256: SpkiHash,
}

/// Wait until cards lie in other readers than these. For as long as somebody looks at a screen that asks for a card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AwaitAsk {
    /// The readers in which a card lies as far as the asker knows, in the order of the list.
    pub occupied: Vec<SafeText>,
}

/// A PIN on its way. Never printed; wiped on drop.
#[derive(Clone, Debug)]
pub struct Pin(pub SecretString);

impl Serialize for Pin {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let text = Zeroizing::new(hex::encode(self.0.expose_secret().as_bytes()));
        to.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for Pin {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let refused = || serde::de::Error::custom("not a PIN in hexadecimal");
        let text = Zeroizing::new(String::deserialize(from)?);
        let bytes = Zeroizing::new(hex::decode(&text).ok_or_else(refused)?);
        let pin = std::str::from_utf8(&bytes).map_err(|_| refused())?;
        Ok(Self(SecretString::from(pin)))
    }
}

/// What the helper says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Answer {
    /// First line of every connection.
    Hello(Hello),
    /// The readers.
    Readers(Vec<ReaderReport>),
    /// Tries left.
    Tries {
        /// Reader.
        reader: SafeText,
        /// Absent when the card does not say.
        tries_left: Option<u8>,
    },
    /// The card in a reader.
    Identity {
        /// Reader.
        reader: SafeText,
        /// What is known of the card.
        card: Identity,
    },
    /// The signature.
    Signed(SignedReport),
    /// Other readers have a card now; look at them.
    Moved {},
    /// Nothing has changed; ask again. Comes after at most 90 seconds.
    StillThere {},
    /// The watched card is gone.
    Gone {
        /// Reader.
        reader: SafeText,
        /// How.
        why: Gone,
    },
    /// Why not.
    Error(ErrorReport),
}

/// Who speaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// `kyukyu-card`.
    pub program: String,
    /// [`VERSION`].
    pub version: u32,
    /// Who asks for the PIN.
    pub pin: PinFrom,
}

/// Who asks the person for the PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PinFrom {
    /// The asking side; it comes with the question.
    InRequest,
    /// The helper, beside the reader; it never crosses this connection.
    AtTheReader,
}

/// One reader.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReaderReport {
    /// Name of the reader.
    pub reader: SafeText,
    /// The card in it, if it could be identified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<Identity>,
    /// Why not, otherwise; `no_card` for an empty reader.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<ErrorReport>,
}

/// A signed challenge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedReport {
    /// The reader in which the card lies.
    pub reader: SafeText,
    /// The card's certificate, DER.
    #[serde(rename = "certificate_hex", with = "hex")]
    pub certificate: Vec<u8>,
    /// The signature over the challenge.
    #[serde(rename = "signature_hex", with = "hex")]
    pub signature: Vec<u8>,
    /// Hash that was signed.
    pub hash: Hash,
    /// Name of the card's profile.
    pub profile: String,
}

impl SignedReport {
    /// What a card in a reader has signed.
    pub fn new(reader: &str, signed: Signed) -> Self {
        Self {
            reader: SafeText::new(reader),
            certificate: signed.certificate.der().to_vec(),
            signature: signed.signature,
            hash: signed.hash,
            profile: signed.profile,
        }
    }
}

/// An error as it crosses the line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorReport {
    /// Stable word, see [`CardError::code`]; also `bad_request`, `pin_not_here`, `pin_missing`, `pin_cancelled`.
    pub code: String,
    /// The sentence for the person.
    pub message: SafeText,
    /// Tries left, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tries_left: Option<u8>,
}

impl ErrorReport {
    /// Whether it says that no card lies there.
    pub fn says_absent(&self) -> bool {
        matches!(self.code.as_str(), "no_card" | "no_reader" | "unknown_reader" | "no_service")
    }
}

impl From<CardError> for ErrorReport {
    fn from(error: CardError) -> Self {
        Self {
            code: error.code().to_owned(),
            message: SafeText::new(&error.to_string()),
            tries_left: error.tries_left(),
        }
    }
}

impl std::fmt::Display for ErrorReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.message.fmt(f)
    }
}

impl std::error::Error for ErrorReport {}
