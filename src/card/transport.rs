//! The seam between the card's rules and whatever moves bytes: PC/SC, a forwarded reader, the software card.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What can go wrong between this program and a card, one variant a row of the error table in the specification.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// pcscd is absent, or ended while it was in use. Only a *new* context recovers.
    #[error("カード読取りサービス（pcscd）が動いていません。端末の管理者に起動を依頼してください")]
    NoService,
    /// A forwarded socket of another pcsc-lite generation.
    #[error(
        "端末のpcscdとこのホストのlibpcscliteの版が合いません。管理者に連絡し、kyukyu-card agent による転送に切り替えてください"
    )]
    VersionMismatch,
    /// pcscd does not answer within the deadline.
    #[error(
        "カード読取りサービスが応答しません。リーダーを差し直し、続くときは端末の管理者に連絡してください"
    )]
    NoAnswer,
    /// No reader at all.
    #[error("カードリーダーが見つかりません。リーダーの接続を確認してください")]
    NoReader,
    /// The named reader is not there any more.
    #[error("カードリーダー「{0}」が見つかりません。リーダーの接続を確認してください")]
    UnknownReader(String),
    /// A reader without a card.
    #[error("カードがありません。カードをリーダーに置いて（挿して）ください")]
    NoCard,
    /// The card was pulled while it was being used.
    #[error(
        "処理の途中でカードが離れました。カードを置き直し、PINの残り回数を確かめてからやり直してください"
    )]
    Pulled,
    /// Another program holds the card.
    #[error("ほかのプログラムがカードを使用中です。終わるのを待ってからやり直してください")]
    InUse,
    /// The card service refuses this user, as polkit does with people who are not at the machine itself.
    #[error("このユーザーはカードリーダーを使えません。端末の管理者に許可（polkitの設定）を依頼してください")]
    NotAllowed,
    /// The connection to the reader broke.
    #[error("カードリーダーとの通信が切れました。もう一度やり直してください")]
    Broken,
    /// Anything else, with what the layer below said.
    #[error("カードリーダーのエラーです（{0}）。カードとリーダーを確かめ、やり直してください")]
    Other(String),
}

impl TransportError {
    /// Whether it is the service that fails, so that asking it about another reader is of no use.
    pub fn is_of_the_service(&self) -> bool {
        matches!(self, Self::NoService | Self::VersionMismatch | Self::NoAnswer | Self::NotAllowed)
    }
}

/// Why a card is not where it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gone {
    /// It left the reader, be it only for a moment.
    Removed,
    /// Another card lies there.
    Changed,
    /// The reader is not there any more.
    ReaderGone,
    /// The service that knew is not there any more: where the card is, nobody can say.
    ServiceGone,
}

/// A card to which bytes can be sent.
pub trait Transport {
    /// The card's answer to reset.
    fn atr(&self) -> Vec<u8>;

    /// Begins an exclusive transaction. No other program reaches the card until it is ended.
    fn begin(&mut self) -> Result<(), TransportError>;

    /// Sends one command and returns the answer with its status word, as it came.
    ///
    /// Implementations neither log nor keep the bytes: they may hold a PIN.
    fn transmit(&mut self, apdu: &[u8]) -> Result<Vec<u8>, TransportError>;

    /// Ends the transaction and resets the card, so that no verified PIN stays behind for another program.
    fn end_with_reset(&mut self) -> Result<(), TransportError>;
}

/// What gives access to cards: the readers of this machine, or the file of a software card.
pub trait Readers {
    /// The names of the readers, in a stable order. Empty when there is none.
    fn names(&mut self) -> Result<Vec<String>, TransportError>;

    /// The card in a reader.
    fn open(&mut self, reader: &str) -> Result<Box<dyn Transport + '_>, TransportError>;

    /// The readers in which a card lies, each with a number that changes whenever one comes or goes; `None` where only
    /// looking at the cards themselves would tell. Touches no card.
    fn lying(&mut self) -> Option<Result<Vec<(String, u32)>, TransportError>> {
        None
    }

    /// A watcher with a context of its own, so that waiting never blocks work. What it compares with is how things
    /// are when it is made.
    fn watcher(&mut self, reader: &str) -> Result<Box<dyn Watcher + Send>, TransportError>;
}

/// Waits for a card to leave its reader.
pub trait Watcher {
    /// Waits until the card leaves the reader, at most `longest`; `None` when it still lies there. What happened
    /// between two waits is found by the second.
    fn wait(&mut self, longest: Duration) -> Option<Gone>;
}

/// An exclusive transaction that resets the card however it ends.
pub(super) struct Transaction<'t> {
    transport: &'t mut dyn Transport,
}

impl<'t> Transaction<'t> {
    pub(super) fn begin(transport: &'t mut dyn Transport) -> Result<Self, TransportError> {
        transport.begin()?;
        Ok(Self { transport })
    }

    pub(super) fn transmit(&mut self, apdu: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.transport.transmit(apdu)
    }

    pub(super) fn atr(&self) -> Vec<u8> {
        self.transport.atr()
    }

    /// Resets the card and goes on in a new transaction.
    pub(super) fn restart(&mut self) -> Result<(), TransportError> {
        self.transport.end_with_reset()?;
        self.transport.begin()
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        // A card that is gone cannot be reset and needs none.
        let _ = self.transport.end_with_reset();
    }
}
