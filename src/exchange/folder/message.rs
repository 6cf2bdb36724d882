//! What passes through the door: plain data in both directions, so that the room behind it can be a process.

use crate::domain::{CalendarDate, SafeText};
use crate::exchange::request::{AnswerFile, RequestFile};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// SHA-256 of a file's bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ContentHash(pub [u8; 32]);

impl ContentHash {
    /// The hash of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::Digest as _;
        Self(sha2::Sha256::digest(bytes).into())
    }
}

impl std::fmt::Display for ContentHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl std::fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ContentHash({self})")
    }
}

/// A request of an earlier run whose answer is still waited for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    /// Name of the request file.
    pub request: String,
    /// Answers that the station already holds, by file name: the same bytes are not reported again, others are a
    /// conflict.
    pub seen: Vec<(String, ContentHash)>,
}

/// What the station asks of the folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FolderCommand {
    /// Write a request and wait for its answers. Answered by [`FolderEvent::Written`] or
    /// [`FolderEvent::WriteFailed`], and then by what happens.
    Write(RequestFile),
    /// Take a request of ours back, as long as nobody took it. Answered by [`FolderEvent::Withdrawn`],
    /// [`FolderEvent::AlreadyTaken`] or [`FolderEvent::WithdrawUnclear`]. Its answers are still waited for until
    /// [`FolderCommand::Forget`], unless it was withdrawn.
    Withdraw {
        /// Name of the request file.
        name: String,
    },
    /// After a restart: wait for these. Each is answered once by [`FolderEvent::Found`].
    Expect(Vec<Expected>),
    /// Stop looking for the answers to these request files.
    Forget(Vec<String>),
    /// How many results of the face-authentication reader are there; nothing is opened.
    CountFaces,
    /// Read the newest results of the face-authentication reader, in place.
    ListFaces {
        /// At most so many; never more than [`MAX_FACES`](super::MAX_FACES).
        newest: usize,
    },
    /// Copy one result of the face-authentication reader.
    CopyFace {
        /// Name from the list.
        name: String,
    },
}

/// What the folder tells the station.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FolderEvent {
    /// The request is in the folder, whole, under its name.
    Written {
        /// Name of the request file.
        name: String,
    },
    /// Nothing of the request is in the folder.
    WriteFailed {
        /// Name of the request file.
        name: String,
        /// A sentence for the person who waits.
        why: String,
    },
    /// Taken back before anybody took it; its answers are forgotten.
    Withdrawn {
        /// Name of the request file.
        name: String,
    },
    /// It was no longer there: it may have been sent.
    AlreadyTaken {
        /// Name of the request file.
        name: String,
    },
    /// The folder did not let us find out; it may have been sent.
    WithdrawUnclear {
        /// Name of the request file.
        name: String,
        /// A sentence for the person who waits.
        why: String,
    },
    /// The first look at a request of an earlier run.
    Found {
        /// Name of the request file.
        name: String,
        /// Still in the folder. If not, it was taken or never written: 送信できたか不明.
        waiting: bool,
    },
    /// The link software took the request.
    Taken {
        /// Name of the request file.
        name: String,
    },
    /// A whole answer. Not parsed for its content, not matched.
    Answer {
        /// Name of the request file that it should belong to, by name.
        request: String,
        /// Name of the answer file.
        name: String,
        /// Its form, by the extension.
        form: AnswerFile,
        /// Its bytes.
        #[serde(with = "in_base64")]
        bytes: Vec<u8>,
        /// Their hash, to be kept for [`Expected::seen`].
        hash: ContentHash,
        /// It says 処理中: another one follows under the same name, and that is no conflict.
        interim: bool,
    },
    /// An answer did not become whole in time. If it still does, [`FolderEvent::Answer`] follows.
    Incomplete {
        /// Name of the request file.
        request: String,
        /// Name of the answer file.
        name: String,
        /// A sentence for the person who waits.
        why: String,
    },
    /// Another content under the name of an answer that was reported.
    Conflict {
        /// Name of the request file.
        request: String,
        /// Name of the answer file.
        name: String,
        /// The other bytes.
        #[serde(with = "in_base64")]
        bytes: Vec<u8>,
        /// Their hash.
        hash: ContentHash,
    },
    /// Something in the answer folder that looks like ours and was not opened.
    Odd {
        /// Its name, safe to show.
        name: SafeText,
        /// What is odd.
        why: OddReason,
    },
    /// How many results of the face-authentication reader are there.
    FaceCount(usize),
    /// The newest results of the face-authentication reader, newest first.
    Faces(Vec<FaceEntry>),
    /// A copy of the chosen one.
    FaceCopied {
        /// Name of the file.
        name: String,
        /// Its bytes, one whole XML document.
        #[serde(with = "in_base64")]
        bytes: Vec<u8>,
        /// Their hash.
        hash: ContentHash,
    },
    /// The chosen one cannot be copied.
    FaceFailed {
        /// The name that was asked for, safe to show.
        name: SafeText,
        /// A sentence for the person who waits.
        why: String,
    },
    /// A question about card results has no answer, and none follows.
    Unanswered(Question),
    /// How the link software and its folder are, at the start and at every change.
    Link(LinkState),
}

/// A question about the results of the face-authentication reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// [`FolderCommand::CountFaces`]
    Count,
    /// [`FolderCommand::ListFaces`]
    List,
    /// [`FolderCommand::CopyFace`]
    Copy,
}

/// What is odd about a file that looks like ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum OddReason {
    /// A symbolic link.
    #[error("応答の名前のシンボリックリンクがあります。開いていません。管理者に知らせてください")]
    Symlink,
    /// More than one name for one file.
    #[error("応答ファイルに別名（ハードリンク）があります。開いていません。管理者に知らせてください")]
    HardLink,
    /// A directory, FIFO, socket or device.
    #[error("応答の名前の、ファイルではないものがあります。開いていません。管理者に知らせてください")]
    NotAFile,
    /// Larger than an answer may be.
    #[error("応答ファイルが大きすぎるため開いていません。連携ソフトの管理者に知らせてください")]
    TooLarge,
    /// Our request's number in a name that is not an answer's.
    #[error(
        "応答に似た名前のファイルがあります。開いていません。連携ソフトの設定を管理者に確かめてもらってください"
    )]
    Name,
}

/// How the link software is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkState {
    /// The folder can be read and written, and nothing waits too long to be taken.
    Ok,
    /// It cannot be worked with.
    NotResponding {
        /// Why.
        trouble: LinkTrouble,
        /// How long that had lasted when this was said, by the monotonic clock.
        lasted: Duration,
    },
}

/// Why the link software cannot be worked with.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum LinkTrouble {
    /// A folder cannot be opened.
    #[error("交換フォルダ「{folder}」を開けません（{why}）。共有の接続を確かめてください")]
    Unreachable {
        /// Its path, safe to show.
        folder: SafeText,
        /// The system's answer.
        why: SafeText,
    },
    /// The request folder cannot be written.
    #[error("交換フォルダに書き込めません（{why}）。空き容量と書き込み権限を確かめてください")]
    Unwritable {
        /// The system's answer.
        why: SafeText,
    },
    /// A request lies there untaken.
    #[error("連携ソフトが要求を受け取りません。資格確認端末と連携ソフトが動いているか確かめてください")]
    NotTaken {
        /// Name of the oldest such request file.
        request: String,
    },
    /// A call to the file system does not return.
    #[error("交換フォルダが応答しません。ネットワークと資格確認端末を確かめてください")]
    Hanging,
}

/// One result of the face-authentication reader.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaceEntry {
    /// Name of the file, to be asked for with [`FolderCommand::CopyFace`].
    pub name: String,
    /// When it was made, `yyyyMMddHHmmss` in Japanese time, from the name.
    pub at: String,
    /// Whose it is, or a sentence that says why that cannot be read.
    pub person: Result<FaceIdentity, String>,
}

/// Enough to tell people apart in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaceIdentity {
    /// 氏名
    pub name: SafeText,
    /// カナ
    pub kana: SafeText,
    /// 生年月日
    pub birthdate: Option<CalendarDate>,
}

/// Bytes on their way to another process: a list of numbers would be three times as long.
mod in_base64 {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&data_encoding::BASE64.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        data_encoding::BASE64.decode(text.as_bytes()).map_err(D::Error::custom)
    }
}
