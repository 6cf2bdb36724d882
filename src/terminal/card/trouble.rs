//! Why a conversation about a card failed, one sentence each.

use super::line::Side;
use crate::card::client::ClientError;
use crate::card::line::{ErrorReport, VERSION};
use crate::domain::SafeText;
use std::io;

/// Why there is no answer, or no good one.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The helper's program is not there.
    #[error(
        "カードの補助プログラム（kyukyu-card）が見つかりません。kyukyuと同じフォルダに置くよう、システム管理者に依頼してください"
    )]
    HelperMissing,
    /// It cannot be started.
    #[error(
        "カードの補助プログラム（kyukyu-card）を起動できません。権限を確かめるよう、システム管理者に依頼してください"
    )]
    HelperNotStarted(#[source] io::Error),
    /// The dynamic linker found no library for it.
    #[error(
        "カード読取りのライブラリ（libpcsclite）がないため、カードを使えません。libpcsclite1 の導入をシステム管理者に依頼してください"
    )]
    LibraryMissing,
    /// It ended before it said anything.
    #[error(
        "カードの補助プログラムが始まってすぐに終了しました（終了コード{0}）。システム管理者に連絡してください"
    )]
    HelperEndedAtOnce(i32),
    /// It ended in the middle.
    #[error("カードの補助プログラムが途中で終了しました。カードの再確認からやり直してください")]
    HelperEnded,
    /// It did not answer in time.
    #[error("カードリーダーが応答しません。カードとリーダーを確かめ、カードの再確認からやり直してください")]
    HelperSilent,
    /// It speaks something else.
    #[error(
        "カードの補助プログラムの応答を理解できません。kyukyu-cardの更新をシステム管理者に依頼してください"
    )]
    HelperNotUnderstood,
    /// Another version.
    #[error(
        "カードの補助プログラムの版が合いません（版{found}、必要な版{VERSION}）。kyukyu-cardの更新をシステム管理者に依頼してください"
    )]
    HelperVersion {
        /// What it said.
        found: u32,
    },
    /// Nobody answers at the agent's socket.
    #[error(
        "カードのエージェント（{0}）につながりません。手元の端末で kyukyu-card agent を起動し、sshの転送を確かめてから、カードを再確認してください"
    )]
    AgentAbsent(SafeText),
    /// The agent's line is lost.
    #[error(
        "手元の端末のエージェント（kyukyu-card agent）との接続が切れました。手元の端末で起動し直してから、カードを再確認してください"
    )]
    AgentLost,
    /// The agent did not answer in time.
    #[error(
        "手元の端末のエージェント（kyukyu-card agent）が応答しません。PINの入力画面が残っていれば閉じてから、カードを再確認してください"
    )]
    AgentSilent,
    /// The agent speaks something else.
    #[error(
        "手元の端末のエージェントの応答を理解できません。手元の端末のkyukyu-cardを更新するよう、システム管理者に依頼してください"
    )]
    AgentNotUnderstood,
    /// Another version.
    #[error(
        "手元の端末のエージェントの版が合いません（版{found}、必要な版{VERSION}）。手元の端末のkyukyu-cardの更新をシステム管理者に依頼してください"
    )]
    AgentVersion {
        /// What it said.
        found: u32,
    },
    /// Nobody typed the PIN beside the reader in time.
    #[error(
        "手元の端末で時間内（{}秒）にPINが入力されませんでした。もう一度カードで認証してください",
        super::PERSON.as_secs()
    )]
    PinLate,
    /// The helper or the agent said why not.
    #[error(transparent)]
    Refused(#[from] ErrorReport),
    /// The service behind the readers is gone.
    #[error("カード読取りサービス（pcscd）が応答しません。端末の管理者に起動を依頼してください")]
    ServiceGone,
}

impl Trouble {
    /// From what the line protocol says.
    pub(super) fn of(error: ClientError, side: Side) -> Self {
        match (error, side) {
            (ClientError::Refused(report), _) => Self::Refused(report),
            (ClientError::Ended(Some(cause)), _) if cause.kind() == io::ErrorKind::TimedOut => match side {
                Side::Helper => Self::HelperSilent,
                Side::Agent => Self::AgentSilent,
            },
            (ClientError::Ended(_), Side::Helper) => Self::HelperEnded,
            (ClientError::Ended(_), Side::Agent) => Self::AgentLost,
            (ClientError::NotUnderstood, Side::Helper) => Self::HelperNotUnderstood,
            (ClientError::NotUnderstood, Side::Agent) => Self::AgentNotUnderstood,
            (ClientError::Version { found }, Side::Helper) => Self::HelperVersion { found },
            (ClientError::Version { found }, Side::Agent) => Self::AgentVersion { found },
        }
    }

    /// The sentence.
    pub(super) fn words(&self) -> SafeText {
        SafeText::new(&self.to_string())
    }
}
