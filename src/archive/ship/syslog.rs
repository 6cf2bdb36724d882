//! Syslog: RELP, acknowledged, or TCP, where the last messages before a break may be lost without anybody knowing.
//!
//! With TLS, TCP is RFC 5425 (what DICOM PS3.15 and IHE ATNA call SYSLOG-TLS); without, it is RFC 6587 with counted
//! octets. Neither acknowledges: a message counts as delivered when the kernel took it. So RELP is what we advise.

use super::relp::Session;
use super::wire::{self, Wire};
use super::{DELIVER, Parcel, ShipError, TlsFiles, message};
use crate::archive::Source;
use crate::log::StoreId;
use tokio::io::AsyncWriteExt as _;

/// How messages travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Acknowledged: at least once.
    Relp,
    /// Counted octets, without acknowledgement: may lose.
    Tcp,
}

/// Where the collector is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How messages travel.
    pub transport: Transport,
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// TLS around either.
    pub tls: Option<TlsFiles>,
}

/// The collector as a target.
pub struct Syslog {
    settings: Settings,
    source: Source,
    connected: Option<Connected>,
}

enum Connected {
    Relp(Session),
    Tcp(Box<dyn Wire>),
}

impl Syslog {
    /// Nothing is connected before the first delivery.
    pub fn new(settings: Settings, source: Source) -> Self {
        Self { settings, source, connected: None }
    }

    /// Transport, host and port.
    pub fn place(&self) -> String {
        let Settings { transport, host, port, .. } = &self.settings;
        let transport = match transport {
            Transport::Relp => "relp",
            Transport::Tcp => "tcp",
        };
        format!("{transport}://{host}:{port}")
    }

    /// See [`super::Target::deliver`]. Which store they are of stands in the messages.
    pub async fn deliver(&mut self, store: &StoreId, parcels: &[Parcel]) -> Result<(), ShipError> {
        self.source.store_id = store.to_string().as_str().into();
        let messages: Vec<Vec<u8>> =
            parcels.iter().map(|parcel| message::message(parcel, &self.source)).collect();
        self.send(&messages).await
    }

    /// Sends messages as they are; to be called again with the same ones where it fails.
    pub(super) async fn send(&mut self, messages: &[Vec<u8>]) -> Result<(), ShipError> {
        let sent = async {
            let mut connected = match self.connected.take() {
                Some(connected) => connected,
                None => connect(&self.settings).await?,
            };
            match &mut connected {
                Connected::Relp(session) => session.deliver(messages).await?,
                Connected::Tcp(stream) => counted(stream, messages).await?,
            }
            Ok(connected)
        };
        let hangs = || {
            ShipError::Away(
                "syslog の相手から応答がありません。相手の状態を確認してください（自動で再接続します）"
                    .into(),
            )
        };
        // Kept only when all went well.
        let connected = tokio::time::timeout(DELIVER, sent).await.unwrap_or_else(|_| Err(hangs()))?;
        self.connected = Some(connected);
        Ok(())
    }
}

async fn connect(settings: &Settings) -> Result<Connected, ShipError> {
    let stream = wire::dial_with(&settings.host, settings.port, settings.tls.as_ref()).await?;
    Ok(match settings.transport {
        Transport::Relp => Connected::Relp(Session::open(stream).await?),
        Transport::Tcp => Connected::Tcp(stream),
    })
}

/// `LENGTH SP MESSAGE`, without anything between.
async fn counted(stream: &mut Box<dyn Wire>, messages: &[Vec<u8>]) -> Result<(), ShipError> {
    let mut bytes = Vec::new();
    for message in messages {
        bytes.extend_from_slice(format!("{} ", message.len()).as_bytes());
        bytes.extend_from_slice(message);
    }
    let written = async {
        stream.write_all(&bytes).await?;
        stream.flush().await
    };
    written.await.map_err(|error| {
        let advice = "相手の状態を確認してください（自動で再接続します）";
        ShipError::Away(format!("syslog（TCP）の接続が切れました（{}）。{advice}", error.kind()))
    })
}

impl std::fmt::Debug for Syslog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Syslog").field("settings", &self.settings).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn octets_are_counted() {
        let (ours, mut theirs) = tokio::io::duplex(1024);
        let mut stream: Box<dyn Wire> = Box::new(ours);
        counted(&mut stream, &[b"<85>1 a".to_vec(), b"<85>1 bc".to_vec()]).await.unwrap();
        drop(stream);
        let mut read = String::new();
        tokio::io::AsyncReadExt::read_to_string(&mut theirs, &mut read).await.unwrap();
        assert_eq!(read, "7 <85>1 a8 <85>1 bc");
    }
}
