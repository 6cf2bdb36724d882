//! Accounts, professions and permissions (T4.1.4-1(1)).

use super::SafeText;
use serde::{Deserialize, Serialize};

/// A user id: 1 to 32 of `a-z 0-9 . _ -`, beginning with a letter or digit; typed capitals are lowered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UserId(String);

/// A person's name as shown: 1 to 40 characters, safe.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PersonName(SafeText);

/// Why an account's field was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// Not a user id.
    #[error("利用者IDは半角英小文字・数字・「.」「_」「-」の1～32文字で入力してください")]
    UserId,
    /// Not a name.
    #[error("氏名を1～40文字で入力してください")]
    Name,
    /// Not a profession.
    #[error(
        "職種は doctor・dentist・nurse・pharmacist・clerk・administrator・auditor のいずれかで指定してください"
    )]
    Profession,
    /// Not a permission.
    #[error("権限は view・admin・audit のいずれかで指定してください")]
    Permission,
    /// Not a record user id.
    #[error("電子カルテ利用者IDは空白を含まない1～32文字の半角英数記号で指定してください")]
    RecordUserId,
}

impl UserId {
    /// Checks and lowers.
    pub fn parse(typed: &str) -> Result<Self, AccountError> {
        let id = typed.trim().to_ascii_lowercase();
        let first_ok = id.bytes().next().is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        let all_ok = id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b));
        if first_ok && all_ok && id.len() <= 32 { Ok(Self(id)) } else { Err(AccountError::UserId) }
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for UserId {
    type Err = AccountError;
    fn from_str(typed: &str) -> Result<Self, Self::Err> {
        Self::parse(typed)
    }
}

impl std::fmt::Display for UserId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for UserId {
    type Error = AccountError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<UserId> for String {
    fn from(id: UserId) -> Self {
        id.0
    }
}

impl PersonName {
    /// Trims and checks the length.
    pub fn parse(typed: &str) -> Result<Self, AccountError> {
        let name = typed.trim();
        if name.is_empty() || name.chars().count() > 40 {
            return Err(AccountError::Name);
        }
        Ok(Self(SafeText::new(name)))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl TryFrom<String> for PersonName {
    type Error = AccountError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<PersonName> for String {
    fn from(name: PersonName) -> Self {
        name.0.as_str().to_owned()
    }
}

/// 資格/職種.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profession {
    /// 医師
    Doctor,
    /// 歯科医師
    Dentist,
    /// 看護師
    Nurse,
    /// 薬剤師
    Pharmacist,
    /// 医療事務
    Clerk,
    /// 管理者
    Administrator,
    /// 監査担当
    Auditor,
}

impl Profession {
    /// The Japanese word.
    pub fn label(self) -> &'static str {
        match self {
            Self::Doctor => "医師",
            Self::Dentist => "歯科医師",
            Self::Nurse => "看護師",
            Self::Pharmacist => "薬剤師",
            Self::Clerk => "医療事務",
            Self::Administrator => "管理者",
            Self::Auditor => "監査担当",
        }
    }
}

impl std::str::FromStr for Profession {
    type Err = AccountError;
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Ok(match word {
            "doctor" => Self::Doctor,
            "dentist" => Self::Dentist,
            "nurse" => Self::Nurse,
            "pharmacist" => Self::Pharmacist,
            "clerk" => Self::Clerk,
            "administrator" => Self::Administrator,
            "auditor" => Self::Auditor,
            _ => return Err(AccountError::Profession),
        })
    }
}

/// A permission that only an administrator grants or revokes, and nobody to himself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// 救急時医療情報閲覧権限 (OQSCD043).
    EmergencyView,
    /// 施設管理者: accounts and settings.
    Administer,
    /// 監査: the whole log.
    Audit,
}

impl Permission {
    /// The Japanese word.
    pub fn label(self) -> &'static str {
        match self {
            Self::EmergencyView => "救急時閲覧権限",
            Self::Administer => "施設管理者権限",
            Self::Audit => "監査権限",
        }
    }
}

impl std::str::FromStr for Permission {
    type Err = AccountError;
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Ok(match word {
            // As it is typed, and as `--json` gives it.
            "view" | "emergency_view" => Self::EmergencyView,
            "admin" | "administer" => Self::Administer,
            "audit" => Self::Audit,
            _ => return Err(AccountError::Permission),
        })
    }
}

/// The permissions of an account.
pub type Permissions = std::collections::BTreeSet<Permission>;

/// An account without its secrets (those are kept by the store and judged by `identity`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Unique and never reused.
    pub user: UserId,
    /// As shown and logged.
    pub name: PersonName,
    /// 資格/職種.
    pub profession: Profession,
    /// 電子カルテ user id (A9), where it differs.
    pub record_user: Option<SafeText>,
    /// What the person may do.
    pub permissions: Permissions,
    /// A disabled account keeps its history and cannot log in.
    pub disabled: bool,
}

impl Account {
    /// Whether the permission was granted and the account is in use.
    pub fn may(&self, permission: Permission) -> bool {
        !self.disabled && self.permissions.contains(&permission)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permission_is_understood_as_it_is_written_out() {
        for permission in [Permission::EmergencyView, Permission::Administer, Permission::Audit] {
            let written = serde_json::to_string(&permission).unwrap();
            assert_eq!(written.trim_matches('"').parse(), Ok(permission));
        }
        assert_eq!("view".parse(), Ok(Permission::EmergencyView));
        assert_eq!("admin".parse(), Ok(Permission::Administer));
        assert_eq!("see".parse::<Permission>(), Err(AccountError::Permission));
    }

    #[test]
    fn user_ids() {
        let table = [
            ("dr.sato", true),
            ("  Dr.Sato ", true),
            ("", false),
            ("-x", false),
            ("佐藤", false),
            ("a b", false),
            ("a\u{1b}[2J", false),
        ];
        for (typed, good) in table {
            assert_eq!(UserId::parse(typed).is_ok(), good, "{typed:?}");
        }
        assert!(UserId::parse(&"x".repeat(33)).is_err());
    }
}
