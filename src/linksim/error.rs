//! What stops the stand-in altogether; what goes wrong with one request is an answer, not an error.

use crate::data_file;
use std::path::PathBuf;

/// Why the stand-in could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum LinksimError {
    /// A folder could not be made or read.
    #[error("フォルダ {path} を作成または読み取りできません。場所と権限を確認してください")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The system's word.
        #[source]
        source: std::io::Error,
    },
    /// The scenario, or a file that it names, could not be read.
    #[error("シナリオのファイル {path} を読めません。{}", data_file::what_to_do(source))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's word.
        #[source]
        source: std::io::Error,
    },
    /// The scenario, or a file that it names, is not as documented.
    #[error("シナリオのファイル {path} の書き方に誤りがあります: {reason}")]
    Scenario {
        /// The file.
        path: PathBuf,
        /// Which line, what is wrong.
        reason: String,
    },
    /// The data compiled into the program is damaged.
    #[error("組み込みの患者データに誤りがあります: {0}")]
    BuiltIn(String),
}
