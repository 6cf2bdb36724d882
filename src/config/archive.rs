//! Where the log goes beyond this machine: `[archive.postgres]` and `[archive.syslog]`. Passwords and keys stand in
//! files of their own, never here.

use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Nothing is sent anywhere unless it stands here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Archive {
    /// The group's database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postgres: Option<Postgres>,
    /// A collector of audit messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub syslog: Option<Syslog>,
}

/// PostgreSQL, or what speaks its wire protocol.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Postgres {
    /// Host name or address, or the folder of a Unix socket.
    pub host: String,
    /// Port.
    #[serde(default = "postgres_port")]
    pub port: u16,
    /// Database.
    pub database: String,
    /// Role with INSERT and SELECT.
    pub user: String,
    /// Its password, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
    /// The network between is encrypted by something else (a tunnel) or trusted.
    #[serde(default)]
    pub allow_unencrypted: bool,
    /// TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls>,
}

/// How messages travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// Acknowledged.
    Relp,
    /// Not acknowledged.
    Tcp,
}

/// Syslog.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Syslog {
    /// How messages travel.
    pub transport: Transport,
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// The network between is encrypted by something else (a tunnel) or trusted.
    #[serde(default)]
    pub allow_unencrypted: bool,
    /// TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls>,
}

/// Whom we trust, and who we are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// PEM of the authority that signed the server's certificate.
    pub ca_file: PathBuf,
    /// PEM of our certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_file: Option<PathBuf>,
    /// PEM of its key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_file: Option<PathBuf>,
    /// The name in the server's certificate, where it is not the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_name: Option<String>,
}

fn postgres_port() -> u16 {
    5432
}

impl Archive {
    /// Whether nothing is sent.
    pub fn is_empty(&self) -> bool {
        self.postgres.is_none() && self.syslog.is_none()
    }

    /// Relative paths are relative to the configuration file.
    pub(super) fn below(&mut self, base: &Path) {
        let mut files: Vec<&mut PathBuf> = Vec::new();
        if let Some(postgres) = &mut self.postgres {
            files.extend(&mut postgres.password_file);
            files.extend(postgres.tls.iter_mut().flat_map(Tls::files));
        }
        if let Some(syslog) = &mut self.syslog {
            files.extend(syslog.tls.iter_mut().flat_map(Tls::files));
        }
        for file in files {
            *file = base.join(&*file);
        }
    }

    /// The first key that makes no sense, and what to do.
    pub(super) fn check(&self) -> Result<(), (&'static str, &'static str)> {
        for tls in self.postgres.iter().flat_map(|p| &p.tls).chain(self.syslog.iter().flat_map(|s| &s.tls)) {
            if tls.certificate_file.is_some() != tls.key_file.is_some() {
                return Err((
                    "archive の tls",
                    "certificate_file と key_file は両方指定するか、両方省略してください",
                ));
            }
        }
        let Some(postgres) = &self.postgres else { return Ok(()) };
        if postgres.host.starts_with('/') && postgres.tls.is_some() {
            return Err((
                "archive.postgres.tls",
                "UNIXソケットでは使えません。tls の節を削除するか、host をホスト名にしてください",
            ));
        }
        Ok(())
    }
}

impl Tls {
    fn files(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        std::iter::once(&mut self.ca_file).chain(&mut self.certificate_file).chain(&mut self.key_file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Archive {
        let mut archive: Archive = toml::from_str(text).unwrap();
        archive.below(Path::new("/etc/kyukyu"));
        archive
    }

    #[test]
    fn files_are_beside_the_configuration_and_ports_are_the_usual_ones() {
        let archive = parsed(
            "[postgres]\nhost = \"db.example.jp\"\ndatabase = \"audit\"\nuser = \"er\"\npassword_file = \"pw\"\n\
             [postgres.tls]\nca_file = \"ca.pem\"\ncertificate_file = \"/own.pem\"\nkey_file = \"own.key\"\n",
        );
        let postgres = archive.postgres.as_ref().unwrap();
        assert_eq!((postgres.port, postgres.allow_unencrypted), (5432, false));
        assert_eq!(postgres.password_file.as_deref(), Some(Path::new("/etc/kyukyu/pw")));
        let tls = postgres.tls.as_ref().unwrap();
        assert_eq!(tls.ca_file, Path::new("/etc/kyukyu/ca.pem"));
        assert_eq!(tls.certificate_file.as_deref(), Some(Path::new("/own.pem")));
        assert_eq!(tls.key_file.as_deref(), Some(Path::new("/etc/kyukyu/own.key")));
        assert!(archive.check().is_ok() && !archive.is_empty() && Archive::default().is_empty());
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let half = "[syslog]\ntransport = \"relp\"\nhost = \"h\"\nport = 1\n[syslog.tls]\nca_file = \"a\"\nkey_file = \"b\"\n";
        let socket = "[postgres]\nhost = \"/run/postgresql\"\ndatabase = \"d\"\nuser = \"u\"\n[postgres.tls]\nca_file = \"a\"\n";
        for text in [half, socket] {
            assert!(parsed(text).check().is_err(), "{text}");
        }
        for text in [
            "[postgres]\nhost = \"h\"\ndatabase = \"d\"\nuser = \"u\"\npassword = \"secret\"\n",
            "[syslog]\ntransport = \"udp\"\nhost = \"h\"\nport = 514\n",
            "[mysql]\n",
        ] {
            assert!(toml::from_str::<Archive>(text).is_err(), "{text}");
        }
    }
}
