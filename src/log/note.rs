//! Signed notes (C2SP `signed-note`) with Ed25519: the form in which a checkpoint leaves the station.
//!
//! ```text
//! <text, ends with a line feed>
//! <empty line>
//! — <key name> <base64( key hash[4] ‖ signature[64] )>
//! ```
//! The key hash is the beginning of `SHA-256(name ‖ "\n" ‖ 0x01 ‖ public key)`; a verifier key is written
//! `<name>+<key hash, hex>+<base64( 0x01 ‖ public key )>`. Go's `sumdb/note`, the tools of transparency logs and
//! thirty lines around openssl read the same bytes.

use super::checkpoint::is_name;
use data_encoding::{BASE64, HEXLOWER};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// Ed25519, in the key material of a verifier key.
const ALGORITHM: u8 = 1;

/// The longest note that is read: ours have 250 bytes, and witnesses may add lines.
pub(super) const LONGEST: usize = 8 * 1024;

/// What begins a line of signature.
const DASH: &str = "\u{2014} ";

/// The key that signs the checkpoints of one station: wiped when dropped, never printed.
pub struct LogKey(SigningKey);

impl LogKey {
    /// The key of a seed; 32 bytes that were random once.
    pub fn from_seed(seed: &Zeroizing<[u8; 32]>) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// What others need to check signatures made under `name`.
    pub fn verifier(&self, name: &str) -> Result<VerifierKey, NoteError> {
        VerifierKey::new(name, self.0.verifying_key())
    }

    /// Signs a text under a name.
    ///
    /// # Errors
    /// The name cannot be a key's, or the text does not end with a line feed.
    pub fn sign(&self, name: &str, text: &str) -> Result<String, NoteError> {
        let verifier = self.verifier(name)?;
        if !text.ends_with('\n') {
            return Err(NoteError::Form);
        }
        let signature = self.0.sign(text.as_bytes()).to_bytes();
        let signed = BASE64.encode(&[verifier.hash().as_slice(), &signature].concat());
        Ok(format!("{text}\n{DASH}{name} {signed}\n"))
    }
}

impl std::fmt::Debug for LogKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LogKey(..)")
    }
}

/// Why a note or a key was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Not the form of a signed note.
    #[error(
        "署名付きの控え（署名付きノート）として読み取れません。保存したファイルをそのまま指定してください"
    )]
    Form,
    /// Not the form of a verifier key.
    #[error("検証鍵の形が正しくありません。kyukyu log key の出力を1行そのまま指定してください")]
    Key,
    /// There is no signature of this key.
    #[error("この検証鍵による署名がありません")]
    OtherKey,
    /// The signature of this key does not fit the text.
    #[error("署名が本文と一致しません。控えの本文が書き換えられた疑いがあります")]
    Signature,
}

/// A key for checking, and its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    key: VerifyingKey,
}

impl VerifierKey {
    fn new(name: &str, key: VerifyingKey) -> Result<Self, NoteError> {
        if is_name(name) { Ok(Self { name: name.to_owned(), key }) } else { Err(NoteError::Key) }
    }

    /// The name: the origin of the log.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn hash(&self) -> [u8; 4] {
        let digest = Sha256::new()
            .chain_update(self.name.as_bytes())
            .chain_update([b'\n', ALGORITHM])
            .chain_update(self.key.as_bytes())
            .finalize();
        digest.first_chunk().copied().unwrap_or_default()
    }

    /// Reads what `Display` writes.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        // The base64 of the last part may hold `+` itself.
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(hash), Some(material)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteError::Key);
        };
        let material = BASE64.decode(material.as_bytes()).map_err(|_| NoteError::Key)?;
        let Some((&ALGORITHM, public)) = material.split_first() else { return Err(NoteError::Key) };
        let public: [u8; 32] = public.try_into().map_err(|_| NoteError::Key)?;
        let key = VerifyingKey::from_bytes(&public).map_err(|_| NoteError::Key)?;
        let read = Self::new(name, key)?;
        if HEXLOWER.encode(&read.hash()) == hash { Ok(read) } else { Err(NoteError::Key) }
    }
}

impl std::fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let material = BASE64.encode(&[[ALGORITHM].as_slice(), self.key.as_bytes()].concat());
        write!(f, "{}+{}+{material}", self.name, HEXLOWER.encode(&self.hash()))
    }
}

/// A note, taken apart but not yet believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<(String, [u8; 4], Vec<u8>)>,
}

impl Note {
    /// Takes a note apart.
    pub fn parse(note: &str) -> Result<Self, NoteError> {
        let control = |c: char| c.is_control() && c != '\n';
        if note.len() > LONGEST || note.contains(control) {
            return Err(NoteError::Form);
        }
        let (text, lines) = note.rsplit_once("\n\n").ok_or(NoteError::Form)?;
        let lines = lines.strip_suffix('\n').ok_or(NoteError::Form)?;
        let signatures = lines.split('\n').map(signature).collect::<Option<_>>().ok_or(NoteError::Form)?;
        Ok(Self { text: format!("{text}\n"), signatures })
    }

    /// The text, whoever signed it.
    pub fn unproved_text(&self) -> &str {
        &self.text
    }

    /// The text, if a signature of this key is there and fits.
    pub fn proved_by(&self, key: &VerifierKey) -> Result<&str, NoteError> {
        let mut ours =
            self.signatures.iter().filter(|(name, hash, _)| *name == key.name && *hash == key.hash());
        let (_, _, signature) = ours.next().ok_or(NoteError::OtherKey)?;
        let signature = Signature::from_slice(signature).map_err(|_| NoteError::Signature)?;
        key.key.verify_strict(self.text.as_bytes(), &signature).map_err(|_| NoteError::Signature)?;
        Ok(&self.text)
    }
}

/// `— <name> <base64>`
fn signature(line: &str) -> Option<(String, [u8; 4], Vec<u8>)> {
    let (name, signed) = line.strip_prefix(DASH)?.split_once(' ')?;
    let signed = BASE64.decode(signed.as_bytes()).ok()?;
    let (hash, signature) = signed.split_first_chunk::<4>()?;
    (is_name(name) && !signature.is_empty()).then(|| (name.to_owned(), *hash, signature.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Go's `golang.org/x/mod/sumdb/note`.
    const NAME: &str = "PeterNeumann";
    const SEED: &str = "gQoUAtUUbI2E8kQzMPVAgOv5juF9nHT2JS/F1ccoMXM=";
    const KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const TEXT: &str = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
    const SIGNED: &str = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    fn other_key() -> LogKey {
        LogKey::from_seed(&Zeroizing::new([9; 32]))
    }

    #[test]
    fn the_published_note_is_believed() {
        let key = VerifierKey::parse(KEY).unwrap();
        assert_eq!((key.name(), key.to_string().as_str()), (NAME, KEY));
        let note = Note::parse(&format!("{TEXT}\n{SIGNED}")).unwrap();
        assert_eq!(note.proved_by(&key), Ok(TEXT));
    }

    #[test]
    fn what_is_signed_is_believed_with_its_key_only() {
        let name = "kyukyu/00";
        let ours = LogKey::from_seed(&Zeroizing::new([7; 32]));
        let note = Note::parse(&ours.sign(name, "a\n\nb\n").unwrap()).unwrap();
        assert_eq!(note.proved_by(&ours.verifier(name).unwrap()), Ok("a\n\nb\n"));
        let other = other_key();
        let table = [other.verifier(name).unwrap(), ours.verifier("kyukyu/01").unwrap()];
        for key in table {
            assert_eq!(note.proved_by(&key), Err(NoteError::OtherKey), "{key}");
        }
        assert_eq!(ours.sign("a b", TEXT), Err(NoteError::Key));
        assert_eq!(ours.sign(name, "no end"), Err(NoteError::Form));
        assert_eq!(format!("{ours:?}"), "LogKey(..)");
    }

    #[test]
    fn every_changed_byte_of_a_text_is_noticed() {
        let key = VerifierKey::parse(KEY).unwrap();
        for at in 0..TEXT.len() - 1 {
            let mut changed = TEXT.as_bytes().to_vec();
            changed[at] ^= 1;
            let Ok(changed) = String::from_utf8(changed) else { continue };
            let said =
                Note::parse(&format!("{changed}\n{SIGNED}")).map(|note| note.proved_by(&key).map(str::len));
            assert!(!matches!(said, Ok(Ok(_))), "{at}");
        }
    }

    #[test]
    fn what_is_no_note_or_no_key_is_refused() {
        let whole = format!("{TEXT}\n{SIGNED}");
        let notes = [
            String::new(),
            TEXT.to_owned(),
            format!("{TEXT}\n"),
            whole.trim_end().to_owned(),
            whole.replace("— ", "- "),
            whole.replace('\n', "\r\n"),
            whole.replace("x08go", "x08g"),
            format!("{TEXT}\n{SIGNED}what else\n"),
            format!("{TEXT}\n— PeterNeumann AAAA\n"),
            format!("{}\n{SIGNED}", "x\n".repeat(LONGEST)),
        ];
        for note in notes {
            assert_eq!(Note::parse(&note), Err(NoteError::Form), "{note:?}");
        }
        let keys = ["", "a", "a+b", &KEY[..60], &KEY.replace("c74f", "c74e"), &KEY.replace("+ARp", "+ABp")];
        for key in keys {
            assert_eq!(VerifierKey::parse(key), Err(NoteError::Key), "{key}");
        }
    }

    #[test]
    fn a_cosigned_note_is_believed_too() {
        let other = other_key();
        let signed = other.sign("witness.example", TEXT).unwrap();
        let line = signed.rsplit_once("\n\n").unwrap().1;
        let note = Note::parse(&format!("{TEXT}\n{line}{SIGNED}")).unwrap();
        assert_eq!(note.proved_by(&VerifierKey::parse(KEY).unwrap()), Ok(TEXT));
        assert_eq!(note.proved_by(&other.verifier("witness.example").unwrap()), Ok(TEXT));
    }

    #[test]
    fn the_published_seed_makes_the_published_signature() {
        let seed: [u8; 32] = BASE64.decode(SEED.as_bytes()).unwrap().try_into().unwrap();
        let key = LogKey::from_seed(&Zeroizing::new(seed));
        assert_eq!(key.verifier(NAME).unwrap().to_string(), KEY);
        assert_eq!(key.sign(NAME, TEXT).unwrap(), format!("{TEXT}\n{SIGNED}"));
    }
}
