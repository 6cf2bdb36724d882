//! The configuration file of a station: read once at start, checked whole, errors with their line.

pub mod archive;

use crate::data_file::{self, DataFileError};
use crate::domain::institution::{InstitutionCode, InstitutionKind};
use crate::domain::{IdentificationMethod, SafeText};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Everything that a site may set. Unknown keys are errors, so that a misspelt one is not silently ignored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Name of the facility, for line 1.
    pub facility: SafeText,
    /// 10 digits.
    pub institution_code: InstitutionCode,
    /// Hospitals only (A8).
    pub institution_kind: InstitutionKind,
    /// Where the terminals come in.
    pub socket: PathBuf,
    /// Folder of the store and the keys; relative paths are relative to this file.
    pub data: PathBuf,
    /// Root of the exchange folder (`req`, `res`, `face`).
    pub exchange_root: PathBuf,
    /// A dialect file instead of the built-in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dialect: Option<PathBuf>,
    /// Four of `0-9a-z` that make this station's request files unlike any other's.
    pub station_tag: SafeText,
    /// Which methods may be used here.
    #[serde(default = "all_methods")]
    pub methods: Vec<IdentificationMethod>,
    /// Seconds until an unanswered request is given up.
    #[serde(default = "ninety")]
    pub answer_timeout_s: u64,
    /// Minutes without a key until a session is locked.
    #[serde(default = "ten")]
    pub idle_lock_min: u64,
    /// Minutes after which a locked session ends.
    #[serde(default = "sixty")]
    pub locked_end_min: u64,
    /// Hours after which any session ends.
    #[serde(default = "twelve")]
    pub session_hours: u64,
    /// Folder off this host (a USB stick, a share) in which every signed checkpoint of the log is kept as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub witness_folder: Option<PathBuf>,
    /// Hours for which an emergency token may be issued at most.
    #[serde(default = "twenty_four")]
    pub emergency_token_hours: u64,
    /// Days after which an access that nobody has reviewed is overdue (E4).
    #[serde(default = "seven")]
    pub review_due_days: u64,
    /// Whom a patient may ask about an access, for the slip (D8): desk, telephone, hours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation_contact: Option<SafeText>,
    /// Polls the folder only, without inotify (for shares on which it is useless anyway).
    #[serde(default)]
    pub poll_only: bool,
    /// Folder of the revocation lists (`*.crl`) of the card authorities; `crl` below `data` where it is not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crl_folder: Option<PathBuf>,
    /// Hours for which a revocation list that has lapsed is still used. 0: a card without a fresh list is refused.
    #[serde(default)]
    pub crl_grace_hours: u64,
    /// Accepts My Number cards of staff. Off, unless the facility may check them: see `my_number_basis`.
    #[serde(default)]
    pub my_number_login: bool,
    /// On what legal grounds My Number cards are accepted, in words. They are put on record at every start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub my_number_basis: Option<SafeText>,
    /// Where the log goes beyond this machine.
    #[serde(default, skip_serializing_if = "archive::Archive::is_empty")]
    pub archive: archive::Archive,
}

/// Thirty days: beyond that a list says too little.
const LONGEST_GRACE_HOURS: u64 = 720;
/// Fewer characters name no legal grounds.
const SHORTEST_BASIS: usize = 10;

fn all_methods() -> Vec<IdentificationMethod> {
    IdentificationMethod::ALL.to_vec()
}

fn ninety() -> u64 {
    90
}

fn ten() -> u64 {
    10
}

fn sixty() -> u64 {
    60
}

fn twelve() -> u64 {
    12
}

fn seven() -> u64 {
    7
}

fn twenty_four() -> u64 {
    24
}

/// Why a configuration was refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Cannot be read.
    #[error("設定ファイル {path} を読めません。{}", data_file::what_to_do(source))]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Not understood; the text holds the line and the column.
    #[error("設定ファイル {path} に誤りがあります。次の行を直してください:\n{fault}")]
    Parse {
        /// Which.
        path: PathBuf,
        /// Line, column and what is wrong; part of the sentence, so no cause behind it.
        fault: DataFileError,
    },
    /// A value that makes no sense.
    #[error("設定ファイルの {key} が正しくありません: {why}")]
    Value {
        /// Which key.
        key: &'static str,
        /// What to do.
        why: &'static str,
    },
}

impl Config {
    /// Reads and checks.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        let mut config: Self = data_file::from_str(&text)
            .map_err(|fault| ConfigError::Parse { path: path.to_owned(), fault })?;
        let base = path.parent().unwrap_or(Path::new("."));
        for place in [&mut config.socket, &mut config.data, &mut config.exchange_root] {
            *place = base.join(&*place);
        }
        config.dialect = config.dialect.map(|dialect| base.join(dialect));
        config.archive.below(base);
        config.crl_folder = config.crl_folder.map(|folder| base.join(folder));
        config.witness_folder = config.witness_folder.map(|folder| base.join(folder));
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), ConfigError> {
        let bad = |key, why| Err(ConfigError::Value { key, why });
        if self.institution_kind != InstitutionKind::Hospital {
            return bad("institution_kind", "救急時医療情報閲覧は病院（hospital）だけが利用できます");
        }
        let tag = self.station_tag.as_str();
        if tag.len() != 4 || !tag.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase()) {
            return bad("station_tag", "半角英小文字・数字の4文字で指定してください");
        }
        if self.methods.is_empty() {
            return bad("methods", "患者特定方式を1つ以上指定してください");
        }
        if !(5..=600).contains(&self.answer_timeout_s) {
            return bad("answer_timeout_s", "5～600秒で指定してください");
        }
        if !(1..=60).contains(&self.idle_lock_min) {
            return bad("idle_lock_min", "1～60分で指定してください");
        }
        if !(1..=24).contains(&self.session_hours) || !(1..=1440).contains(&self.locked_end_min) {
            return bad(
                "session_hours",
                "session_hours は1～24時間、locked_end_min は1～1440分で指定してください",
            );
        }
        if self.crl_grace_hours > LONGEST_GRACE_HOURS {
            return bad("crl_grace_hours", "0（猶予なし）～720時間で指定してください");
        }
        let basis = self.my_number_basis.as_ref().map_or("", |words| words.as_str().trim());
        if self.my_number_login && basis.chars().count() < SHORTEST_BASIS {
            return bad(
                "my_number_basis",
                "my_number_login = true にするには、法令上の根拠（署名検証者の認定・大臣の承認など）を10文字以上の言葉で書いてください",
            );
        }
        if !(1..=168).contains(&self.emergency_token_hours) {
            return bad("emergency_token_hours", "1～168時間で指定してください");
        }
        if !(1..=90).contains(&self.review_due_days) {
            return bad("review_due_days", "1～90日で指定してください");
        }
        if self.explanation_contact.as_ref().is_some_and(|contact| contact.as_str().chars().count() > 100) {
            return bad("explanation_contact", "窓口・電話番号・受付時間を100文字以内で書いてください");
        }
        self.archive.check().or_else(|(key, why)| bad(key, why))
    }

    /// The store's file.
    pub fn store_path(&self) -> PathBuf {
        self.data.join("store.redb")
    }

    /// The folder of the revocation lists.
    pub fn crl_path(&self) -> PathBuf {
        self.crl_folder.clone().unwrap_or_else(|| self.data.join("crl"))
    }

    /// The grounds on which My Number cards are accepted, where they are.
    pub fn my_number(&self) -> Option<&SafeText> {
        self.my_number_basis.as_ref().filter(|_| self.my_number_login)
    }

    /// The station key's file.
    pub fn key_path(&self) -> PathBuf {
        self.data.join("station.key")
    }

    /// The file of the key that signs the log's checkpoints.
    pub fn log_key_path(&self) -> PathBuf {
        self.data.join("log.key")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"facility = "架空総合病院"
institution_code = "1311234567"
institution_kind = "hospital"
socket = "station.sock"
data = "/var/lib/kyukyu"
exchange_root = "../exchange"
station_tag = "st01"
"#;

    fn load(text: &str) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kyukyu.toml");
        std::fs::write(&path, text).unwrap();
        Config::load(&path).map(|mut config| {
            for place in [&mut config.socket, &mut config.data, &mut config.exchange_root] {
                *place = place.strip_prefix(folder.path()).unwrap_or(place).to_owned();
            }
            config
        })
    }

    #[test]
    fn what_is_left_out_has_its_usual_value_and_places_are_relative_to_the_file() {
        let config = load(GOOD).unwrap();
        assert_eq!(config.methods, IdentificationMethod::ALL);
        assert_eq!((config.answer_timeout_s, config.idle_lock_min, config.locked_end_min), (90, 10, 60));
        assert_eq!((config.session_hours, config.poll_only, config.dialect.is_none()), (12, false, true));
        assert_eq!((config.crl_grace_hours, config.my_number_login, config.my_number()), (0, false, None));
        assert_eq!(config.crl_path(), Path::new("/var/lib/kyukyu/crl"));
        assert_eq!(config.emergency_token_hours, 24);
        assert_eq!((config.review_due_days, &config.explanation_contact), (7, &None));
        assert_eq!(config.socket, Path::new("station.sock"));
        assert_eq!(config.store_path(), Path::new("/var/lib/kyukyu/store.redb"));
        assert_eq!(config.exchange_root, Path::new("../exchange"));
        assert_eq!(config.witness_folder, None);
        let config = load(&format!("{GOOD}witness_folder = \"/media/kyukyu\"\n")).unwrap();
        assert_eq!(config.witness_folder.as_deref(), Some(Path::new("/media/kyukyu")));
        assert_eq!(config.log_key_path(), Path::new("/var/lib/kyukyu/log.key"));
    }

    #[test]
    fn each_mistake_has_its_sentence() {
        let with = |line: &str| format!("{GOOD}{line}\n");
        let table = [
            (with("idle_lock_mins = 5"), "「idle_lock_mins」という項目はありません"),
            (with("facility = \"別の病院\""), "同じ名前の項目"),
            (GOOD.replace("1311234567", "131123456"), "10桁"),
            (GOOD.replace("1311234567", "1341234567"), "点数表"),
            (GOOD.replace("facility = \"架空総合病院\"\n", ""), "「facility」がありません"),
            (GOOD.replace("hospital", "clinic"), "病院（hospital）だけ"),
            (GOOD.replace("hospital", "school"), "「school」は使えません"),
            (GOOD.replace("st01", "ST01"), "station_tag"),
            (GOOD.replace("st01", "st１"), "station_tag"),
            (with("methods = []"), "methods"),
            (with("answer_timeout_s = 4"), "5～600秒"),
            (with("answer_timeout_s = 601"), "5～600秒"),
            (with("idle_lock_min = 0"), "1～60分"),
            (with("idle_lock_min = 61"), "1～60分"),
            (with("session_hours = 25"), "1～24時間"),
            (with("locked_end_min = 0"), "1～1440分"),
            (with("crl_grace_hours = 721"), "0（猶予なし）～720時間"),
            (with("crl_grace_hours = -1"), "-1 はここでは使えない値です"),
            (with("my_number_login = true"), "法令上の根拠"),
            (with("my_number_login = true\nmy_number_basis = \"はい          \""), "法令上の根拠"),
            (with("emergency_token_hours = 0"), "1～168時間"),
            (with("emergency_token_hours = 169"), "1～168時間"),
            (with("review_due_days = 0"), "1～90日"),
            (with("review_due_days = 91"), "1～90日"),
            (with(&format!("explanation_contact = \"{}\"", "窓".repeat(101))), "100文字以内"),
        ];
        for (text, words) in table {
            let said = load(&text).unwrap_err().to_string();
            assert!(said.contains(words), "{words}: {said}");
        }
        let allowed =
            load(&with("my_number_login = true\nmy_number_basis = \"総務大臣認定 第0号（架空）\"")).unwrap();
        assert_eq!(allowed.my_number().map(SafeText::as_str), Some("総務大臣認定 第0号（架空）"));
        let unused = load(&with("my_number_basis = \"総務大臣認定 第0号（架空）\"")).unwrap();
        assert_eq!(unused.my_number(), None);
        let misspelt = load(&with("idle_lock_mins = 5")).unwrap_err().to_string();
        assert!(misspelt.contains("8行目の1文字目"), "the line is named: {misspelt}");
        let nowhere = Config::load(Path::new("/nowhere/kyukyu.toml")).unwrap_err();
        assert!(nowhere.to_string().contains("/nowhere/kyukyu.toml"));
        assert!(nowhere.to_string().ends_with("場所と権限を確認してください"), "{nowhere}");
    }

    #[test]
    fn what_is_said_once_is_not_its_own_cause() {
        use std::error::Error as _;
        assert!(load("facility = ").unwrap_err().source().is_none());
    }

    #[test]
    fn another_encoding_is_named_and_not_blamed_on_place_or_permission() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kyukyu.toml");
        // 「病院」 in Shift_JIS, and the whole in the "Unicode" of Windows.
        let wide: Vec<u8> = format!("\u{feff}{GOOD}").encode_utf16().flat_map(u16::to_le_bytes).collect();
        for bytes in [b"facility = \"\x95\x61\x89\x40\"\n".to_vec(), wide] {
            std::fs::write(&path, bytes).unwrap();
            let said = Config::load(&path).unwrap_err().to_string();
            assert!(said.contains("UTF-8を選んで保存し直してください"), "{said}");
            assert!(said.contains("kyukyu.toml") && !said.contains("権限"), "{said}");
        }
        // What some editors put before UTF-8 is no mistake.
        std::fs::write(&path, format!("\u{feff}{GOOD}")).unwrap();
        assert!(Config::load(&path).is_ok());
    }
}
