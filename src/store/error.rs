//! What can go wrong with the store, as a sentence for whoever is at the screen.

use super::Table;
use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// The technical cause of a [`StoreError`], shared by everybody who waited for the same commit.
#[derive(Clone, Debug)]
pub struct Cause(Arc<dyn Error + Send + Sync>);

impl Cause {
    pub(super) fn new(cause: impl Error + Send + Sync + 'static) -> Self {
        Self(Arc::new(cause))
    }

    pub(super) fn words(cause: &str) -> Self {
        Self(Arc::from(Box::<dyn Error + Send + Sync>::from(cause)))
    }
}

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Cause {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

/// Why the store refused or failed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// There is a store already; it is never overwritten.
    #[error("保管庫 {} は既にあります。上書きはしません。別の場所を指定してください", path.display())]
    Exists {
        /// Where.
        path: PathBuf,
    },
    /// There is none.
    #[error(
        "保管庫 {} がありません。場所を確認してください。使っていたものがなくなったときは、控えから戻してください（kyukyu init は、初めて設置するときだけ使います）",
        path.display()
    )]
    Missing {
        /// Where.
        path: PathBuf,
    },
    /// Another process owns the store.
    #[error("ステーションは既に動いています（プロセス番号 {}）。二重に起動する必要はありません",
        pid.map_or_else(|| "不明".to_owned(), |pid| pid.to_string()))]
    AlreadyRunning {
        /// Its process id, as far as it wrote it down.
        pid: Option<u32>,
    },
    /// A file or folder with a mode that lets others in, or not even us.
    #[error("{} の権限が {mode:04o} です。{wanted} にしてから起動してください", path.display())]
    Mode {
        /// Which.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// What they ought to be.
        wanted: &'static str,
    },
    /// A file of somebody else.
    #[error("{} の所有者（uid {uid}）がステーションの利用者ではありません。所有者を直してから起動してください", path.display())]
    Owner {
        /// Which.
        path: PathBuf,
        /// Whose it is.
        uid: u32,
    },
    /// A link, a folder, a pipe where a plain file must be.
    #[error("{} は通常のファイルではないため開きません。実体のファイルを指定してください", path.display())]
    NotRegular {
        /// Which.
        path: PathBuf,
    },
    /// A file that cannot be opened or made.
    #[error("{} を読み書きできません。ファイルとディスクの状態を確認してください", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        cause: Cause,
    },
    /// There is no key file.
    #[error(
        "鍵ファイル {} がありません。控えから元の場所に戻してください。kyukyu init は実行しないでください（今の保管庫を開けない別の鍵ができます）",
        path.display()
    )]
    NoKey {
        /// Which.
        path: PathBuf,
    },
    /// The key file holds no key.
    #[error("鍵ファイル {} が正しくありません（32バイトではありません）。控えから戻してください", path.display())]
    KeyFile {
        /// Which.
        path: PathBuf,
    },
    /// The key is not this store's.
    #[error("鍵がこの保管庫のものと一致しません。設定の鍵ファイルを確認してください")]
    WrongKey,
    /// The store's bytes are not what was written.
    #[error("保管庫が壊れています（{what}）。管理者に連絡してください。ファイルは消さずに保全してください")]
    Damaged {
        /// What is wrong.
        what: String,
        /// How it was noticed.
        #[source]
        cause: Option<Cause>,
    },
    /// Written by another version of the program. Nothing is wrong with it.
    #[error(
        "保管庫は、このプログラムと異なる版の形式です。保管庫を作った版以降のプログラムで起動してください"
    )]
    Version,
    /// A sealed record does not open: altered, or moved from another place.
    #[error("保存された記録（{}）を開けません。改ざんまたは破損の疑いがあります。管理者に連絡してください", table.label())]
    Record {
        /// In which table.
        table: Table,
    },
    /// A value cannot be written as a record or an entry.
    #[error("記録の形式に変換できないため保存しませんでした。管理者に連絡してください")]
    Unwritable {
        /// Why.
        #[source]
        cause: Cause,
    },
    /// No space. What was asked was not done.
    #[error("ディスクの空きがないため記録できず、操作を中止しました。管理者に連絡し、空きを作ってください")]
    DiskFull {
        /// How it was noticed.
        #[source]
        cause: Cause,
    },
    /// The disk failed while writing or reading. What was asked must be taken as not done.
    #[error(
        "ディスクの読み書きに失敗したため、操作を中止しました。もう一度操作してください。続くときは管理者に連絡してください"
    )]
    Io {
        /// How it failed.
        #[source]
        cause: Cause,
    },
    /// The host gives no thread or no random numbers. Nothing is wrong with the store.
    #[error(
        "このコンピュータの資源（スレッド・乱数）が足りないため、操作を中止しました。もう一度操作してください。続くときは管理者に連絡してください"
    )]
    Host {
        /// What it said.
        #[source]
        cause: Cause,
    },
    /// A fault in the program; nothing of what was asked was kept.
    #[error("プログラムの内部エラーのため、操作を中止しました。管理者に連絡してください")]
    Panicked,
    /// The station is stopping.
    #[error("ステーションが停止中のため、操作を受け付けられません。しばらくしてからやり直してください")]
    Closed,
}

impl StoreError {
    /// What cannot be written down, and why not.
    pub fn unwritable(why: &impl std::fmt::Display) -> Self {
        Self::Unwritable { cause: Cause::words(&why.to_string()) }
    }

    pub(super) fn damaged(what: &str) -> Self {
        Self::Damaged { what: what.to_owned(), cause: None }
    }

    pub(super) fn file(path: &std::path::Path, cause: io::Error) -> Self {
        match cause.kind() {
            io::ErrorKind::NotFound => Self::Missing { path: path.to_owned() },
            kind if is_full(kind) => Self::DiskFull { cause: Cause::new(cause) },
            _ => Self::File { path: path.to_owned(), cause: Cause::new(cause) },
        }
    }

    /// Whether what was kept is not whole: where trying again, more space or another version would not help.
    pub fn is_loss(&self) -> bool {
        matches!(self, Self::Damaged { .. } | Self::Record { .. } | Self::Panicked)
    }

    /// Whether the handle on the database can no longer be trusted and must be opened anew.
    pub(super) fn spoils_handle(&self) -> bool {
        matches!(self, Self::Damaged { .. } | Self::DiskFull { .. } | Self::Io { .. } | Self::Panicked)
    }
}

fn is_full(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

impl From<redb::StorageError> for StoreError {
    fn from(error: redb::StorageError) -> Self {
        let cause = Cause::words(&error.to_string());
        match error {
            redb::StorageError::Io(io) if is_full(io.kind()) => Self::DiskFull { cause },
            redb::StorageError::Corrupted(_) => {
                Self::Damaged { what: "データベースの構造".to_owned(), cause: Some(cause) }
            }
            // What redb says of a file that is none of its own, or ends too early.
            redb::StorageError::Io(io)
                if matches!(io.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof) =>
            {
                Self::Damaged { what: "データベースの構造".to_owned(), cause: Some(cause) }
            }
            redb::StorageError::ValueTooLarge(_) => Self::Unwritable { cause },
            _ => Self::Io { cause },
        }
    }
}

impl From<redb::TableError> for StoreError {
    fn from(error: redb::TableError) -> Self {
        match error {
            redb::TableError::Storage(storage) => storage.into(),
            other => Self::Damaged {
                what: "表の定義".to_owned(),
                cause: Some(Cause::words(&other.to_string())),
            },
        }
    }
}

impl From<redb::TransactionError> for StoreError {
    fn from(error: redb::TransactionError) -> Self {
        match error {
            redb::TransactionError::Storage(storage) => storage.into(),
            other => Self::Io { cause: Cause::words(&other.to_string()) },
        }
    }
}

impl From<redb::CommitError> for StoreError {
    fn from(error: redb::CommitError) -> Self {
        match error {
            redb::CommitError::Storage(storage) => storage.into(),
            other => Self::Io { cause: Cause::words(&other.to_string()) },
        }
    }
}

impl From<redb::DatabaseError> for StoreError {
    fn from(error: redb::DatabaseError) -> Self {
        match error {
            redb::DatabaseError::Storage(storage) => storage.into(),
            redb::DatabaseError::DatabaseAlreadyOpen | redb::DatabaseError::LockProtocolMismatch => {
                Self::AlreadyRunning { pid: None }
            }
            redb::DatabaseError::UpgradeRequired(_) => Self::Version,
            other => Self::Damaged {
                what: "データベースの修復".to_owned(),
                cause: Some(Cause::words(&other.to_string())),
            },
        }
    }
}
