//! Each thing that is wrong with an archive has its own sentence, and none of them holds a secret.

use super::database::Database;
use super::process::free_port;
use super::support::site::Site;
use kyukyu::archive::ship::postgres::{Postgres, Settings};
use kyukyu::archive::ship::{Parcel, ShipError, Target};
use kyukyu::config::Config;
use kyukyu::config::archive::{Syslog, Tls, Transport};
use kyukyu::log::{Head, StoreId};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

const STORE: StoreId = StoreId(*b"0123456789abcdef");

/// A chain of so many rows.
pub fn parcels(rows: u64) -> Vec<Parcel> {
    let mut head = Head::default();
    let row = |seq: u64| {
        let body = format!("{{\"seq\":{seq}}}").into_bytes();
        let next = head.append(&STORE, &body);
        let prev = std::mem::replace(&mut head, next).hash;
        Parcel { seq, prev, hash: head.hash, body }
    };
    (1..=rows).map(row).collect()
}

pub fn deliver(settings: Settings, parcels: &[Parcel]) -> Result<(), ShipError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(Target::Postgres(Postgres::new(settings)).deliver(&STORE, parcels))
}

#[test]
fn each_trouble_of_the_database_has_its_sentence() {
    let database = Database::new();
    let good = database.settings();
    let parcels = parcels(3);
    deliver(good.clone(), &parcels).unwrap();
    deliver(good.clone(), &parcels).unwrap();
    assert_eq!((database.rows(), database.check()), (3, String::new()));

    let wrong = database.socket().join("wrong");
    fs::write(&wrong, "not the password").unwrap();
    fs::set_permissions(&wrong, fs::Permissions::from_mode(0o600)).unwrap();
    let open = database.socket().join("open");
    fs::write(&open, "for everybody").unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o644)).unwrap();
    database.ask("CREATE ROLE stranger LOGIN PASSWORD 'archive-no-password'");
    database.ask("CREATE DATABASE empty");
    let nobody = free_port();
    let table: [(&str, Settings); 8] = [
        ("28P01", Settings { password: Some(wrong), ..good.clone() }),
        ("認証", Settings { password: None, ..good.clone() }),
        ("権限を外してください", Settings { password: Some(open), ..good.clone() }),
        ("データベースがありません", Settings { database: "nowhere".into(), ..good.clone() }),
        ("archive.sql を実行", Settings { database: "empty".into(), ..good.clone() }),
        ("GRANT を確認", Settings { user: "stranger".into(), ..good.clone() }),
        ("に接続できません", Settings { port: nobody, ..good.clone() }),
        ("に接続できません", Settings { host: "127.0.0.1".into(), port: nobody, ..good.clone() }),
    ];
    for (words, settings) in table {
        let said = deliver(settings, &parcels).unwrap_err().to_string();
        assert!(said.contains(words), "{words}: {said}");
        assert!(said.contains("ください"), "what to do: {said}");
        assert!(!said.contains("not the password") && !said.contains("everybody"), "{said}");
    }
    database.ask("ALTER DATABASE audit SET default_transaction_read_only = on");
    assert!(deliver(good, &parcels).unwrap_err().to_string().contains("読取り専用"));
    assert_eq!(database.rows(), 3);
}

#[test]
fn the_database_keeps_one_checkpoint_a_size_and_never_another() {
    let database = Database::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let note = |size: u64| format!("kyukyu/{STORE}\n{size}\nroot\n\n\u{2014} kyukyu/{STORE} signature\n");
    runtime.block_on(async {
        let mut target = Postgres::new(database.settings());
        assert_eq!(target.newest_checkpoints(&STORE, 3).await.unwrap(), Vec::<String>::new());
        for size in [256, 512, 1024, 512] {
            assert_eq!(target.keep_checkpoint(&STORE, size, &note(size)).await, Ok(None));
        }
        let newest = target.newest_checkpoints(&STORE, 2).await.unwrap();
        assert_eq!(newest, [note(1024), note(512)]);
        let other = target.keep_checkpoint(&STORE, 512, "another").await;
        assert_eq!(other, Ok(Some(note(512))), "what it holds, for whoever can tell whose it is");
        assert_eq!(target.newest_checkpoints(&StoreId([9; 16]), 3).await.unwrap(), Vec::<String>::new());
    });
    assert_eq!(database.ask("SELECT count(*) FROM kyukyu_checkpoint"), "3");
}

#[test]
fn names_of_patients_do_not_leave_the_host_in_the_clear_by_mistake() {
    let tls =
        || Some(Tls { ca_file: "ca.pem".into(), certificate_file: None, key_file: None, server_name: None });
    let syslog = |host: &str, allow_unencrypted, tls| Syslog {
        transport: Transport::Relp,
        host: host.to_owned(),
        port: 2514,
        allow_unencrypted,
        tls,
    };
    let refused = |config: &mut dyn FnMut(&mut Config)| {
        let site = Site::new();
        site.configure(config);
        let output = Site::try_serve(&site.config());
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let said =
        refused(&mut |config| config.archive.syslog = Some(syslog("collector.example.jp", false, None)));
    assert!(said.contains("archive.syslog") && said.contains("allow_unencrypted"), "{said}");
    if !cfg!(feature = "archive-tls") {
        let said = refused(&mut |config| config.archive.syslog = Some(syslog("127.0.0.1", false, tls())));
        assert!(said.contains("TLS なしで作られています"), "{said}");
    }
    // Allowed, it starts, with nobody there.
    let mut site = Site::new();
    site.configure(|config| config.archive.syslog = Some(syslog("192.0.2.1", true, None)));
    site.start_station();
    site.stop_station();
}
