//! The log beyond one machine: rows go to a PostgreSQL table or to syslog, in order, at least once.
//!
//! A [`Target`] takes a run of rows and says yes only when the other side has them for good; the station then moves its
//! cursor. What is sent twice must do no harm: the table knows a row by store and number, syslog messages carry both.
//! A target that holds another row under the same number is never overwritten: that is [`ShipError::Forked`].
//!
//! Used by the station alone, on tasks of their own: nothing here may hold up an act.

pub mod checkpoint;
pub mod message;
pub mod postgres;
mod relp;
pub mod syslog;
mod tls;
mod wire;

pub use tls::available as tls_available;

use crate::log::{ChainHash, StoreId};
use std::path::PathBuf;
use std::time::Duration;
use zeroize::Zeroizing;

/// Rows in one delivery: one transaction of the database, one wait for syslog.
pub const BATCH: usize = 500;

/// A connection that is not there by then is tried again later.
pub(super) const CONNECT: Duration = Duration::from_secs(10);
/// The same for a delivery; a server that is stopped holds up its own task only.
pub(super) const DELIVER: Duration = Duration::from_mins(1);

/// One row of the log on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parcel {
    /// Its number.
    pub seq: u64,
    /// The hash before it.
    pub prev: ChainHash,
    /// Its hash.
    pub hash: ChainHash,
    /// Its canonical bytes.
    pub body: Vec<u8>,
}

/// Why rows were not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShipError {
    /// To be tried again; the sentence says what to do.
    #[error("{0}")]
    Away(String),
    /// The target has lost what it had: a backup was put back, or a replica took over. To be sent again from there.
    #[error("送信先の記録が{held}番までしかありません")]
    Behind {
        /// The last number that it has.
        held: u64,
    },
    /// The target holds another history under this number. Nothing is sent any more.
    #[error("{seq}番の記録が送信先の記録と異なります（履歴の分岐, forked history）。送信を停止しました")]
    Forked {
        /// The first number that differs.
        seq: u64,
    },
}

/// Where the files for TLS are. They are read anew for each connection, so that they can be renewed at any time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// Certificates of those who may sign the server's, PEM. Nobody else is trusted.
    pub ca: PathBuf,
    /// Our certificate and its key, PEM.
    pub own: Option<(PathBuf, PathBuf)>,
    /// The name that the server's certificate must have.
    pub server_name: String,
}

/// Whoever takes rows.
#[derive(Debug)]
pub enum Target {
    /// A table of the group's database.
    Postgres(postgres::Postgres),
    /// A collector of audit messages.
    Syslog(syslog::Syslog),
}

impl Target {
    /// The key of its cursor, and its word in the log.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Postgres(_) => "postgres",
            Self::Syslog(_) => "syslog",
        }
    }

    /// Where it is: another place gets the log from its beginning.
    pub fn place(&self) -> String {
        match self {
            Self::Postgres(target) => target.place(),
            Self::Syslog(target) => target.place(),
        }
    }

    /// Brings rows, in order and without gaps; when it returns they are there. After an error the connection is dropped.
    pub async fn deliver(&mut self, store: &StoreId, parcels: &[Parcel]) -> Result<(), ShipError> {
        match self {
            Self::Postgres(target) => target.deliver(store, parcels).await,
            Self::Syslog(target) => target.deliver(store, parcels).await,
        }
    }
}

/// Whether the other end of an unencrypted connection is this very host.
pub fn is_local(host: &str) -> bool {
    host == "localhost"
        || host.starts_with('/')
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A secret from a file of the site, without its line end; readable by others it is refused.
fn secret(path: &std::path::Path) -> Result<Zeroizing<Vec<u8>>, ShipError> {
    use std::io::Read as _;
    use std::os::unix::fs::PermissionsExt as _;
    let unread = || ShipError::Away(format!("{} を読めません。場所と権限を確認してください", path.display()));
    let mut file = std::fs::File::open(path).map_err(|_| unread())?;
    let about = file.metadata().map_err(|_| unread())?;
    if about.permissions().mode() & 0o007 != 0 {
        let words = "は他の利用者からも読めます。「chmod o= 」で権限を外してください";
        return Err(ShipError::Away(format!("{} {words}", path.display())));
    }
    // Room from the beginning: growing would leave copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(64 * 1024));
    file.by_ref().take(64 * 1024).read_to_end(&mut bytes).map_err(|_| unread())?;
    while bytes.last().is_some_and(|last| matches!(last, b'\n' | b'\r')) {
        bytes.pop();
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn only_this_host_is_spoken_to_in_the_clear() {
        for host in ["localhost", "127.0.0.1", "127.8.8.8", "::1", "/run/postgresql"] {
            assert!(is_local(host), "{host}");
        }
        for host in ["db.example.jp", "10.0.0.1", "localhost.example.jp", "0.0.0.0", ""] {
            assert!(!is_local(host), "{host}");
        }
    }

    #[test]
    fn a_secret_is_read_without_its_line_end_and_not_when_others_can() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        std::fs::write(&path, "ひみつ\r\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o604)).unwrap();
        let said = secret(&path).unwrap_err().to_string();
        assert!(said.contains("chmod") && !said.contains("ひみつ"), "{said}");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert_eq!(secret(&path).unwrap().as_slice(), "ひみつ".as_bytes());
        assert!(secret(&folder.path().join("nowhere")).unwrap_err().to_string().contains("nowhere"));
    }
}
