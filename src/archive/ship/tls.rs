//! TLS with a certificate of our own, by rustls. Only in programs built with the feature `archive-tls`: its arithmetic
//! (ring) is C and assembly, which the program is otherwise free of.

use super::ShipError;

#[cfg(feature = "archive-tls")]
pub(super) use with::Connector;
#[cfg(not(feature = "archive-tls"))]
pub(super) use without::Connector;

/// A handshake that did not come about.
pub(super) fn failed(why: &dyn std::fmt::Display) -> ShipError {
    ShipError::Away(format!(
        "TLS の接続を確立できません（{why}）。ca_file・certificate_file・key_file・server_name と相手の証明書を確認してください"
    ))
}

/// Whether this program can do it.
pub const fn available() -> bool {
    cfg!(feature = "archive-tls")
}

#[cfg(feature = "archive-tls")]
mod with {
    use super::super::wire::Wire;
    use super::super::{ShipError, TlsFiles, secret};
    use super::failed;
    use rustls::RootCertStore;
    use rustls::pki_types::pem::PemObject as _;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
    use std::io;
    use std::path::Path;
    use std::pin::Pin;
    use std::sync::Arc;
    use std::task::{Context, Poll};
    use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
    use tokio::net::TcpStream;
    use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};
    use tokio_rustls::{TlsConnector, rustls};

    /// What a handshake needs.
    pub(in super::super) struct Connector {
        connector: TlsConnector,
        name: ServerName<'static>,
    }

    impl Connector {
        /// Reads the files of the site.
        pub(in super::super) fn read(files: &TlsFiles) -> Result<Self, ShipError> {
            let mut roots = RootCertStore::empty();
            for certificate in certificates(&files.ca)? {
                roots.add(certificate).map_err(|_| unfit(&files.ca))?;
            }
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            let config = rustls::ClientConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .map_err(|error| failed(&error))?
                .with_root_certificates(roots);
            let config = match &files.own {
                None => config.with_no_client_auth(),
                Some((certificate, key)) => {
                    let pem = secret(key)?;
                    let own = PrivateKeyDer::from_pem_slice(&pem).map_err(|_| unfit(key))?;
                    config
                        .with_client_auth_cert(certificates(certificate)?, own)
                        .map_err(|error| failed(&error))?
                }
            };
            let name = ServerName::try_from(files.server_name.clone()).map_err(|error| failed(&error))?;
            Ok(Self { connector: TlsConnector::from(Arc::new(config)), name })
        }

        /// TLS from the first byte on.
        pub(in super::super) async fn wrap(self, stream: TcpStream) -> Result<Box<dyn Wire>, ShipError> {
            let wrapped = self.connector.connect(self.name, stream).await;
            Ok(Box::new(wrapped.map_err(|error| failed(&error))?))
        }
    }

    fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, ShipError> {
        let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        read.ok().filter(|all| !all.is_empty()).ok_or_else(|| unfit(path))
    }

    fn unfit(path: &Path) -> ShipError {
        let words = "を PEM 形式の証明書または鍵として読めません。ファイルを確認してください";
        ShipError::Away(format!("{} {words}", path.display()))
    }

    /// PostgreSQL asks for TLS within its own protocol.
    impl TlsConnect<TcpStream> for Connector {
        type Stream = Wrapped;
        type Error = io::Error;
        type Future = Pin<Box<dyn Future<Output = io::Result<Wrapped>> + Send>>;

        fn connect(self, stream: TcpStream) -> Self::Future {
            Box::pin(async move { self.connector.connect(self.name, stream).await.map(Wrapped) })
        }
    }

    /// The stream, as tokio-postgres wants it.
    pub(in super::super) struct Wrapped(tokio_rustls::client::TlsStream<TcpStream>);

    impl TlsStream for Wrapped {
        /// The server's certificate is checked against the site's own authority; nothing is bound to the channel.
        fn channel_binding(&self) -> ChannelBinding {
            ChannelBinding::none()
        }
    }

    impl AsyncRead for Wrapped {
        fn poll_read(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            Pin::new(&mut self.0).poll_read(cx, buffer)
        }
    }

    impl AsyncWrite for Wrapped {
        fn poll_write(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            Pin::new(&mut self.0).poll_write(cx, bytes)
        }

        fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.0).poll_flush(cx)
        }

        fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.0).poll_shutdown(cx)
        }
    }
}

#[cfg(not(feature = "archive-tls"))]
mod without {
    use super::super::wire::Wire;
    use super::super::{ShipError, TlsFiles};
    use tokio::net::TcpStream;

    /// There is none: the station does not start with files for TLS, and nothing can be sent in the clear instead.
    pub(in super::super) enum Connector {}

    impl Connector {
        pub(in super::super) fn read(files: &TlsFiles) -> Result<Self, ShipError> {
            let words = "この kyukyu は TLS なしで作られているため使えません";
            Err(ShipError::Away(format!("{}: {words}", files.ca.display())))
        }

        #[allow(clippy::unused_async)] // as the other one
        pub(in super::super) async fn wrap(self, _stream: TcpStream) -> Result<Box<dyn Wire>, ShipError> {
            match self {}
        }
    }
}
