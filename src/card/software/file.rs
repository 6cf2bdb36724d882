//! The file of a software card, kept by the helper process that plays the card. The only I/O of this room.

use super::watcher::FileWatcher;
use super::{CardContents, CardKey, KeyRefused, SoftwareCard, TriesNotKept, TriesStore, training_card};
use crate::card::{Profiles, Readers, Transport, TransportError, Watcher, hex};
use crate::json;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Name of the one reader in which a software card lies.
pub const SOFTWARE_READER: &str = "訓練用リーダー";

/// The file: JSON, mode 0600. Deleting it is pulling the card.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardFile {
    version: u32,
    profile: String,
    card: Source,
    #[serde(with = "plain_secret")]
    pin: SecretString,
    tries_left: u8,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Source {
    Training(String),
    Embedded {
        #[serde(with = "hex")]
        certificate: Vec<u8>,
        #[serde(with = "hex")]
        key: Vec<u8>,
    },
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Training(name) => write!(f, "Training({name:?})"),
            Self::Embedded { certificate, .. } => {
                write!(f, "Embedded({} bytes of certificate)", certificate.len())
            }
        }
    }
}

mod plain_secret {
    use super::{ExposeSecret, SecretString};
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(secret: &SecretString, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(secret.expose_secret())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<SecretString, D::Error> {
        String::deserialize(from).map(SecretString::from)
    }
}

/// Why the file of a software card could not be used.
#[derive(Debug, thiserror::Error)]
pub enum CardFileError {
    /// There is none: no card in the reader.
    #[error("訓練カードのファイル {} がありません。ファイルの場所を確かめてください", .0.display())]
    Missing(PathBuf),
    /// Reading or writing failed.
    #[error("訓練カードのファイルを読み書きできません。場所と権限を確かめてください")]
    Io(#[source] io::Error),
    /// Not such a file.
    #[error("訓練カードのファイルの内容が正しくありません。訓練をやり直してください")]
    Format(#[source] serde_json::Error),
    /// Another version, an unknown profile or an unknown training card.
    #[error("訓練カードのファイルの「{0}」に対応していません。訓練をやり直してください")]
    Unknown(String),
    /// The key in the file is none.
    #[error(transparent)]
    Key(#[from] KeyRefused),
}

impl CardFile {
    /// A compiled-in training card (`doctor-1` to `doctor-3`) with a PIN of 4 to 16 ASCII characters and all its tries.
    pub fn training(name: &str, pin: SecretString) -> Result<Self, CardFileError> {
        training_card(name).ok_or_else(|| CardFileError::Unknown(name.to_owned()))?;
        Self::with("training", Source::Training(name.to_owned()), pin)
    }

    /// A card of any profile with its own certificate and PKCS#8 key, both DER.
    pub fn embedded(
        profile: &str,
        certificate: &[u8],
        key: &[u8],
        pin: SecretString,
    ) -> Result<Self, CardFileError> {
        CardKey::from_pkcs8(key)?;
        Self::with(profile, Source::Embedded { certificate: certificate.to_vec(), key: key.to_vec() }, pin)
    }

    fn with(profile: &str, card: Source, pin: SecretString) -> Result<Self, CardFileError> {
        let profiles = Profiles::builtin();
        let known = profiles.get(profile).ok_or_else(|| CardFileError::Unknown(profile.to_owned()))?;
        Ok(Self { version: 1, profile: profile.to_owned(), card, pin, tries_left: known.pin.tries })
    }

    /// Tries left.
    pub fn tries_left(&self) -> u8 {
        self.tries_left
    }

    /// The same card with another number of tries left.
    #[must_use]
    pub fn with_tries_left(mut self, tries_left: u8) -> Self {
        self.tries_left = tries_left;
        self
    }

    /// Reads the file.
    pub fn load(path: &Path) -> Result<Self, CardFileError> {
        let text = std::fs::read(path).map(Zeroizing::new).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => CardFileError::Missing(path.to_owned()),
            _ => CardFileError::Io(error),
        })?;
        let file: Self = json::from_slice(&text).map_err(CardFileError::Format)?;
        if file.version == 1 {
            Ok(file)
        } else {
            Err(CardFileError::Unknown(format!("version {}", file.version)))
        }
    }

    /// Writes the file whole or not at all, mode 0600, on disk when this returns.
    pub fn save(&self, path: &Path) -> Result<(), CardFileError> {
        self.write(path).map_err(CardFileError::Io)
    }

    fn write(&self, path: &Path) -> io::Result<()> {
        let text = json::to_vec(self)?;
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.tmp", std::process::id()));
        let temporary = folder.join(name);
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
        file.write_all(&text)?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)?;
        File::open(folder)?.sync_all()
    }

    /// Whether both are the same card, however many tries are left.
    pub(super) fn is_same_card(&self, other: &Self) -> bool {
        self.profile == other.profile && self.card == other.card
    }

    fn contents(&self) -> Result<CardContents, CardFileError> {
        let profiles = Profiles::builtin();
        let profile =
            profiles.get(&self.profile).ok_or_else(|| CardFileError::Unknown(self.profile.clone()))?;
        let (certificate, key) = match &self.card {
            Source::Training(name) => {
                let card = training_card(name).ok_or_else(|| CardFileError::Unknown(name.clone()))?;
                (card.certificate, card.key)
            }
            Source::Embedded { certificate, key } => (certificate.as_slice(), key.as_slice()),
        };
        Ok(CardContents {
            profile: profile.clone(),
            key: CardKey::from_pkcs8(key)?,
            certificate: certificate.to_vec(),
            pin: self.pin.clone(),
        })
    }
}

/// Tries kept in the file.
pub struct TriesInFile {
    path: PathBuf,
    file: CardFile,
}

impl TriesStore for TriesInFile {
    fn tries_left(&self) -> u8 {
        self.file.tries_left
    }

    fn keep(&mut self, tries_left: u8) -> Result<(), TriesNotKept> {
        self.file.tries_left = tries_left;
        self.file.save(&self.path).map_err(|_| TriesNotKept)
    }
}

/// One reader, in which the card lies as long as its file exists.
pub struct SoftwareReaders {
    path: PathBuf,
}

impl SoftwareReaders {
    /// With the file of the card; it need not exist yet.
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// The card as its file says now.
    pub fn card(&self) -> Result<SoftwareCard<TriesInFile>, CardFileError> {
        let file = CardFile::load(&self.path)?;
        let contents = file.contents()?;
        Ok(SoftwareCard::new(contents, TriesInFile { path: self.path.clone(), file }))
    }
}

impl Readers for SoftwareReaders {
    fn names(&mut self) -> Result<Vec<String>, TransportError> {
        Ok(vec![SOFTWARE_READER.to_owned()])
    }

    fn open(&mut self, reader: &str) -> Result<Box<dyn Transport + '_>, TransportError> {
        if reader != SOFTWARE_READER {
            return Err(TransportError::UnknownReader(reader.to_owned()));
        }
        match self.card() {
            Ok(card) => Ok(Box::new(card)),
            Err(CardFileError::Missing(_)) => Err(TransportError::NoCard),
            Err(error) => Err(TransportError::Other(error.to_string())),
        }
    }

    fn watcher(&mut self, reader: &str) -> Result<Box<dyn Watcher + Send>, TransportError> {
        if reader != SOFTWARE_READER {
            return Err(TransportError::UnknownReader(reader.to_owned()));
        }
        Ok(Box::new(FileWatcher::new(&self.path)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_file_survives_and_shows_no_secret() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("card.json");
        let card = CardFile::training("doctor-2", "2468-x".into()).unwrap().with_tries_left(7);
        card.save(&path).unwrap();
        let back = CardFile::load(&path).unwrap();
        assert_eq!((back.tries_left(), back.pin.expose_secret()), (7, "2468-x"));
        assert!(!format!("{back:?}").contains("2468"));
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file stays");
    }

    #[test]
    fn what_is_no_card_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("card.json");
        assert!(matches!(CardFile::load(&path), Err(CardFileError::Missing(_))));
        let good = serde_json::to_string(&CardFile::training("doctor-1", "1234".into()).unwrap()).unwrap();
        let table = [
            (String::new(), "Format"),
            (good.replace("doctor-1", "doctor-9"), "Unknown"),
            (good.replace("\"version\":1", "\"version\":2"), "Unknown"),
            (good.replace("\"profile\":\"training\"", "\"profile\":\"none\""), "Unknown"),
            (good.replace("\"version\":1", "\"version\":1,\"more\":1"), "Format"),
        ];
        for (text, kind) in table {
            std::fs::write(&path, &text).unwrap();
            let error = CardFile::load(&path).and_then(|f| f.contents()).map(|_| ()).unwrap_err();
            assert!(format!("{error:?}").starts_with(kind), "{text}: {error:?}");
        }
        assert!(matches!(CardFile::training("doctor-9", "1234".into()), Err(CardFileError::Unknown(_))));
        assert!(matches!(CardFile::embedded("jpki", b"", b"", "1234".into()), Err(CardFileError::Key(_))));
    }

    #[test]
    fn a_deleted_file_is_a_pulled_card() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("card.json");
        let mut readers = SoftwareReaders::new(path.clone());
        assert_eq!(readers.open(SOFTWARE_READER).map(|_| ()).unwrap_err(), TransportError::NoCard);
        CardFile::training("doctor-1", "1234".into()).unwrap().save(&path).unwrap();
        assert!(readers.open(SOFTWARE_READER).is_ok());
        assert!(matches!(readers.open("other").map(|_| ()), Err(TransportError::UnknownReader(_))));
        std::fs::remove_file(&path).unwrap();
        assert_eq!(readers.open(SOFTWARE_READER).map(|_| ()).unwrap_err(), TransportError::NoCard);
    }
}
