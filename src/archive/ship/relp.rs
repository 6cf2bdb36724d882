//! RELP, the protocol of rsyslog's imrelp, as a client: every message is acknowledged, so what was not is sent again.
//!
//! A frame is `NUMBER SP COMMAND SP LENGTH [SP DATA] LF`. We `open`, send `syslog` frames, some at once, and take the
//! `rsp` to each. librelp's documentation is the reference; of its commands we need these and `serverclose`.

use super::ShipError;
use super::wire::Wire;
use std::collections::BTreeSet;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufStream};

/// Messages that may wait for their acknowledgement, as librelp has it.
const WINDOW: usize = 128;
/// Numbers begin again after this one.
const LAST: u32 = 999_999_999;
/// More than any answer.
const LONGEST_ANSWER: usize = 128 * 1024;
const OFFER: &str = "relp_version=0\nrelp_software=kyukyu\ncommands=syslog";

/// An open session.
pub(super) struct Session {
    stream: BufStream<Box<dyn Wire>>,
    number: u32,
}

impl Session {
    /// Opens one over a connection.
    pub(super) async fn open(stream: Box<dyn Wire>) -> Result<Self, ShipError> {
        let mut session = Self { stream: BufStream::new(stream), number: 0 };
        let number = session.send("open", OFFER.as_bytes()).await?;
        session.flush().await?;
        session.acknowledged(&mut BTreeSet::from([number])).await?;
        Ok(session)
    }

    /// Sends messages; when it returns the server has acknowledged every one.
    pub(super) async fn deliver(&mut self, messages: &[Vec<u8>]) -> Result<(), ShipError> {
        for some in messages.chunks(WINDOW) {
            let mut waiting = BTreeSet::new();
            for message in some {
                waiting.insert(self.send("syslog", message).await?);
            }
            self.flush().await?;
            while !waiting.is_empty() {
                self.acknowledged(&mut waiting).await?;
            }
        }
        Ok(())
    }

    async fn send(&mut self, command: &str, data: &[u8]) -> Result<u32, ShipError> {
        self.number = if self.number >= LAST { 1 } else { self.number + 1 };
        let head = format!("{} {command} {} ", self.number, data.len());
        for part in [head.as_bytes(), data, b"\n"] {
            self.stream.write_all(part).await.map_err(|error| lost(&error))?;
        }
        Ok(self.number)
    }

    async fn flush(&mut self) -> Result<(), ShipError> {
        self.stream.flush().await.map_err(|error| lost(&error))
    }

    /// Takes one answer, and what it answers off the list.
    async fn acknowledged(&mut self, waiting: &mut BTreeSet<u32>) -> Result<(), ShipError> {
        let number = self.word().await?;
        let command = self.word().await?;
        let length: usize = self.word().await?.parse().map_err(|_| confused())?;
        if length > LONGEST_ANSWER {
            return Err(confused());
        }
        let mut data = vec![0; length];
        self.stream.read_exact(&mut data).await.map_err(|error| lost(&error))?;
        let end = self.stream.read_u8().await.map_err(|error| lost(&error))?;
        match command.as_str() {
            "serverclose" => return Err(lost(&std::io::ErrorKind::ConnectionReset.into())),
            "rsp" if end == b'\n' => {}
            _ => return Err(confused()),
        }
        if !(data == b"200" || data.starts_with(b"200 ")) {
            let words = "メッセージを受け取りませんでした。rsyslog の設定とログを確認してください";
            return Err(ShipError::Away(format!("syslog（RELP）の相手が{words}")));
        }
        let answered = number.parse().is_ok_and(|number| waiting.remove(&number));
        if answered { Ok(()) } else { Err(confused()) }
    }

    /// Up to the next blank; a frame without data has its LF at once, which stays for the caller.
    async fn word(&mut self) -> Result<String, ShipError> {
        let mut word = String::new();
        loop {
            let bytes = self.stream.fill_buf().await.map_err(|error| lost(&error))?;
            match bytes.first().copied() {
                None => return Err(lost(&std::io::ErrorKind::UnexpectedEof.into())),
                Some(b'\n') if !word.is_empty() => return Ok(word),
                Some(byte) => {
                    self.stream.consume(1);
                    match byte {
                        b' ' => return Ok(word),
                        byte if byte.is_ascii_graphic() && word.len() < 32 => word.push(char::from(byte)),
                        _ => return Err(confused()),
                    }
                }
            }
        }
    }
}

fn lost(error: &std::io::Error) -> ShipError {
    let advice = "相手の状態を確認してください（自動で再接続します）";
    ShipError::Away(format!("syslog（RELP）の接続が切れました（{}）。{advice}", error.kind()))
}

fn confused() -> ShipError {
    ShipError::Away(
        "syslog の相手が RELP を話していません。ポートと transport の設定を確認してください".into(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::DuplexStream;

    /// What the server says after reading so many frames; what it read.
    async fn against(
        answers: &'static [u8],
        messages: &'static [&'static [u8]],
    ) -> (Result<(), ShipError>, String) {
        let (ours, mut theirs): (DuplexStream, DuplexStream) = tokio::io::duplex(64 * 1024);
        let server = tokio::spawn(async move {
            theirs.write_all(answers).await.unwrap();
            let mut read = Vec::new();
            theirs.read_to_end(&mut read).await.unwrap();
            String::from_utf8(read).unwrap()
        });
        let sent = async {
            let mut session = Session::open(Box::new(ours)).await?;
            session.deliver(&messages.iter().map(|message| message.to_vec()).collect::<Vec<_>>()).await
        };
        let sent = sent.await;
        (sent, server.await.unwrap())
    }

    #[tokio::test]
    async fn frames_are_as_rsyslog_has_them_and_acknowledgements_come_in_any_order() {
        let answers = b"1 rsp 6 200 OK\n3 rsp 6 200 OK\n2 rsp 6 200 OK\n";
        let (sent, read) = against(answers, &[b"<85>1 a", b"<85>1 bc"]).await;
        assert_eq!(sent, Ok(()));
        assert_eq!(read, format!("1 open 51 {OFFER}\n2 syslog 7 <85>1 a\n3 syslog 8 <85>1 bc\n"));
    }

    #[tokio::test]
    async fn what_is_not_acknowledged_was_not_sent() {
        let table: [(&[u8], &str); 9] = [
            (b"", "切れました"),
            (b"1 rsp 6 200 OK\n2 rsp 6 200 OK\n", "切れました"),
            (b"1 rsp 6 200 OK\n2 rsp 9 500 ERROR\n", "受け取りませんでした"),
            (b"1 rsp 8 2000 ODD\n", "受け取りませんでした"),
            (b"1 rsp 6 200 OK\n0 serverclose 0\n", "切れました"),
            (b"1 rsp 6 200 OK\n9 rsp 6 200 OK\n", "RELP"),
            (b"HTTP/1.1 400 Bad Request\r\n", "RELP"),
            (b"1 rsp 999999999 200 OK\n", "RELP"),
            (b"1 rsp 6 200 OKx", "RELP"),
        ];
        for (answers, words) in table {
            let (ours, mut theirs) = tokio::io::duplex(64 * 1024);
            theirs.write_all(answers).await.unwrap();
            theirs.shutdown().await.unwrap();
            let reader = tokio::spawn(async move {
                let mut read = Vec::new();
                let _ = theirs.read_to_end(&mut read).await;
            });
            let sent = async {
                let mut session = Session::open(Box::new(ours)).await?;
                session.deliver(&[b"a".to_vec(), b"b".to_vec()]).await
            };
            let said = sent.await.unwrap_err().to_string();
            assert!(said.contains(words), "{}: {said}", String::from_utf8_lossy(answers));
            reader.await.unwrap();
        }
    }
}
