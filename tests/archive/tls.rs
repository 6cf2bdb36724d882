//! TLS with certificates on both sides, to both servers.

use super::database::{Database, done};
use super::log::{fill, rows, until_sent};
use super::process::until;
use super::refused::{deliver, parcels};
use super::rsyslog::Rsyslog;
use super::support::person::Person;
use super::syslog::assert_all_there;
use kyukyu::archive::ship::TlsFiles;
use kyukyu::archive::ship::postgres::Settings;
use kyukyu::config::archive::{Tls, Transport};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// An authority, a server `archive.test` and a station `kyukyu_er1`, made by openssl.
struct Certificates(tempfile::TempDir);

impl Certificates {
    fn new() -> Self {
        let certificates = Self(tempfile::Builder::new().prefix("kyukyu-tls-").tempdir().unwrap());
        // Servers of other users read them.
        fs::set_permissions(certificates.0.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"];
        for ca in ["ca", "other"] {
            let (key, out) =
                (certificates.path(&format!("{ca}.key")), certificates.path(&format!("{ca}.pem")));
            let mut openssl = Command::new("openssl");
            openssl.args(["req", "-x509"]).args(ec).args(["-subj", &format!("/CN={ca}")]);
            openssl.args(["-addext", "keyUsage=critical,keyCertSign"]);
            done(openssl.arg("-keyout").arg(key).arg("-out").arg(out));
        }
        for (name, subject) in [("server", "archive.test"), ("station", "kyukyu_er1")] {
            let (key, out) =
                (certificates.path(&format!("{name}.key")), certificates.path(&format!("{name}.pem")));
            let mut openssl = Command::new("openssl");
            openssl.args(["req", "-x509"]).args(ec).args(["-subj", &format!("/CN={subject}")]);
            openssl
                .arg("-CA")
                .arg(certificates.path("ca.pem"))
                .arg("-CAkey")
                .arg(certificates.path("ca.key"));
            openssl.args(["-addext", &format!("subjectAltName=DNS:{subject}")]);
            openssl.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
            done(openssl.arg("-keyout").arg(&key).arg("-out").arg(out));
            fs::set_permissions(key, fs::Permissions::from_mode(0o600)).unwrap();
        }
        certificates
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn files(&self) -> TlsFiles {
        TlsFiles {
            ca: self.path("ca.pem"),
            own: Some((self.path("station.pem"), self.path("station.key"))),
            server_name: "archive.test".into(),
        }
    }

    fn configuration(&self) -> Tls {
        Tls {
            ca_file: self.path("ca.pem"),
            certificate_file: Some(self.path("station.pem")),
            key_file: Some(self.path("station.key")),
            server_name: Some("archive.test".into()),
        }
    }
}

/// The server's key, for the user that runs PostgreSQL.
fn given_to(database_folder: &Path, certificates: &Certificates) -> PathBuf {
    let key = database_folder.join("server.key");
    fs::copy(certificates.path("server.key"), &key).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    if rustix::process::geteuid().is_root() {
        done(Command::new("chown").arg("postgres:").arg(&key));
    }
    key
}

#[test]
fn the_database_is_reached_with_certificates_on_both_sides_and_nobody_else_is_believed() {
    let certificates = Certificates::new();
    let keys = tempfile::Builder::new().prefix("kyukyu-key-").tempdir().unwrap();
    fs::set_permissions(keys.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let settings = format!(
        "ssl = on\nssl_ca_file = '{}'\nssl_cert_file = '{}'\nssl_key_file = '{}'",
        certificates.path("ca.pem").display(),
        certificates.path("server.pem").display(),
        given_to(keys.path(), &certificates).display(),
    );
    let database = Database::with(&settings, "hostssl all all 127.0.0.1/32 cert");
    let good = Settings {
        host: "127.0.0.1".into(),
        password: None,
        tls: Some(certificates.files()),
        ..database.settings()
    };
    let parcels = parcels(2);
    deliver(good.clone(), &parcels).unwrap();
    assert_eq!((database.rows(), database.check()), (2, String::new()));

    let with = |files: TlsFiles| Settings { tls: Some(files), ..good.clone() };
    let files = || certificates.files();
    let table = [
        ("TLS", with(TlsFiles { ca: certificates.path("other.pem"), ..files() })),
        ("TLS", with(TlsFiles { server_name: "other.test".into(), ..files() })),
        ("認証", with(TlsFiles { own: None, ..files() })),
        ("PEM", with(TlsFiles { ca: certificates.path("station.key"), ..files() })),
        ("PEM", with(TlsFiles { ca: certificates.path("nowhere.pem"), ..files() })),
        ("認証", Settings { user: "postgres".into(), ..good.clone() }),
    ];
    for (words, settings) in table {
        let said = deliver(settings, &parcels).unwrap_err().to_string();
        assert!(said.contains(words) && said.contains("ください"), "{words}: {said}");
    }
}

#[test]
fn rsyslog_takes_rfc_5425_with_certificates_on_both_sides() {
    let certificates = Certificates::new();
    let rsyslog = Rsyslog::with(|folder, port| {
        format!(
            "global(DefaultNetstreamDriver=\"ossl\" DefaultNetstreamDriverCAFile=\"{}\" \
             DefaultNetstreamDriverCertFile=\"{}\" DefaultNetstreamDriverKeyFile=\"{}\")\n\
             module(load=\"imtcp\" StreamDriver.Name=\"ossl\" StreamDriver.Mode=\"1\" \
             StreamDriver.AuthMode=\"x509/name\" PermittedPeer=[\"kyukyu_er1\"])\n\
             template(name=\"kyukyu\" type=\"string\" string=\"%rawmsg%\\n\")\n\
             ruleset(name=\"kyukyu\" queue.type=\"Direct\") {{\n\
             action(type=\"omfile\" file=\"{}\" template=\"kyukyu\" asyncWriting=\"off\" flushOnTXEnd=\"on\")\n}}\n\
             input(type=\"imtcp\" address=\"127.0.0.1\" port=\"{port}\" ruleset=\"kyukyu\")\n",
            certificates.path("ca.pem").display(),
            certificates.path("server.pem").display(),
            certificates.path("server.key").display(),
            folder.join("log").display()
        )
    });
    let mut site = rsyslog.site(Transport::Tcp, Some(certificates.configuration()));
    fill(&site, 600);
    site.start_station();
    let sent = until_sent(&mut Person::with_password(&site, "kanri"));
    until("not all has arrived", || {
        let lines = rsyslog.lines().len() as u64;
        if lines >= sent { Ok(()) } else { Err(format!("{lines} of {sent}")) }
    });
    site.stop_station();
    assert_all_there(&rsyslog.lines(), &rows(&site), sent);
}
