//! A connection: TCP, with TLS around it where the site wants it.

use super::{CONNECT, ShipError, TlsFiles, tls};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// A stream of bytes, whatever is around it.
pub(super) trait Wire: AsyncRead + AsyncWrite + Send + Sync + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Wire for T {}

/// Connects over TCP in time.
pub(super) async fn dial(host: &str, port: u16) -> Result<TcpStream, ShipError> {
    let away = |why: &dyn std::fmt::Display| {
        let words = "サーバーが動いているか、ネットワークと設定を確認してください";
        ShipError::Away(format!("{host}:{port} に接続できません（{why}）。{words}"))
    };
    let dialled = tokio::time::timeout(CONNECT, TcpStream::connect((host, port))).await;
    let stream = dialled.map_err(|_| away(&"応答なし"))?.map_err(|error| away(&error.kind()))?;
    // Small deliveries wait for nobody.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

/// The same with TLS around it where there are files for it.
pub(super) async fn dial_with(
    host: &str,
    port: u16,
    files: Option<&TlsFiles>,
) -> Result<Box<dyn Wire>, ShipError> {
    let stream = dial(host, port).await?;
    match files {
        None => Ok(Box::new(stream)),
        Some(files) => {
            let wrapped = tls::Connector::read(files)?.wrap(stream);
            let wrapped = tokio::time::timeout(CONNECT, wrapped).await;
            wrapped.unwrap_or_else(|_| Err(tls::failed(&"応答なし")))
        }
    }
}
