//! From the configuration to targets. What would send names of patients over a network in the clear is refused.

use crate::archive::Source;
use crate::archive::ship::{self, Target, TlsFiles, postgres, syslog};
use crate::config::Config;
use crate::config::archive::{Tls, Transport};
use crate::log::StoreId;

/// Why the station does not start with this configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// Neither TLS nor this very host nor leave to do without.
    #[error(
        "設定の {0} は暗号化せずに別のホストへ送る指定になっています。tls の節を書くか、トンネル等で保護されている場合は allow_unencrypted = true を指定してください"
    )]
    InTheClear(&'static str),
    /// The program cannot do it.
    #[error(
        "設定の {0} に tls の節がありますが、この kyukyu は TLS なしで作られています。TLS 付き（--features archive-tls）の kyukyu に替えるか、stunnel 等のトンネルを使ってください"
    )]
    NoTls(&'static str),
}

/// Whether a station can start with it.
pub(crate) fn check(config: &Config) -> Result<(), SettingsError> {
    let refused = |key, host: &str, tls: Option<&Tls>, allowed: bool| match tls {
        Some(_) if !ship::tls_available() => Err(SettingsError::NoTls(key)),
        None if !allowed && !ship::is_local(host) => Err(SettingsError::InTheClear(key)),
        _ => Ok(()),
    };
    if let Some(p) = &config.archive.postgres {
        refused("archive.postgres", &p.host, p.tls.as_ref(), p.allow_unencrypted)?;
    }
    if let Some(s) = &config.archive.syslog {
        refused("archive.syslog", &s.host, s.tls.as_ref(), s.allow_unencrypted)?;
    }
    Ok(())
}

/// The targets of a site.
pub(crate) fn targets(config: &Config, store: StoreId) -> Vec<Target> {
    let mut targets = Vec::new();
    if let Some(p) = &config.archive.postgres {
        targets.push(Target::Postgres(postgres::Postgres::new(postgres::Settings {
            host: p.host.clone(),
            port: p.port,
            database: p.database.clone(),
            user: p.user.clone(),
            password: p.password_file.clone(),
            tls: p.tls.as_ref().map(|tls| files(tls, &p.host)),
        })));
    }
    if let Some(s) = &config.archive.syslog {
        let settings = syslog::Settings {
            transport: match s.transport {
                Transport::Relp => syslog::Transport::Relp,
                Transport::Tcp => syslog::Transport::Tcp,
            },
            host: s.host.clone(),
            port: s.port,
            tls: s.tls.as_ref().map(|tls| files(tls, &s.host)),
        };
        let source = Source {
            facility: config.facility.clone(),
            institution_code: config.institution_code.as_str().into(),
            store_id: store.to_string().as_str().into(),
        };
        targets.push(Target::Syslog(syslog::Syslog::new(settings, source)));
    }
    targets
}

fn files(tls: &Tls, host: &str) -> TlsFiles {
    TlsFiles {
        ca: tls.ca_file.clone(),
        own: tls.certificate_file.clone().zip(tls.key_file.clone()),
        server_name: tls.server_name.clone().unwrap_or_else(|| host.to_owned()),
    }
}
