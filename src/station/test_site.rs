//! A station within a test, on a clock that the test moves: for what cannot be seen through a socket.

use super::desk::{Origin, public_id};
use super::init::{FirstAccount, NewStation, initialise};
use super::start::Station;
use crate::clock::{Clock as _, ShiftedClock};
use crate::config::Config;
use crate::domain::factor::Factor;
use crate::domain::institution::{InstitutionCode, InstitutionKind};
use crate::domain::{Permission, PersonName, Profession, UserId};
use crate::identity::session::Now;
use crate::identity::{BootId, BootMillis, Session, SessionLimits, SessionToken, UnixSeconds};
use crate::log::Entry;
use crate::protocol::Secret;
use crate::store::{StationKey, Store, StoreError, Table};
use std::sync::Arc;

pub(super) struct TestSite {
    pub(super) station: Arc<Station>,
    pub(super) clock: ShiftedClock,
    pub(super) user: UserId,
    _folder: tempfile::TempDir,
}

impl TestSite {
    pub(super) async fn new() -> Self {
        Self::prepared(|_| ()).await
    }

    /// The same with something in its store before it starts.
    pub(super) async fn prepared(prepare: impl FnOnce(&Store)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let user = UserId::parse("sato").unwrap();
        let exchange_root = folder.path().join("exchange");
        for part in ["req", "res", "face"] {
            std::fs::create_dir_all(exchange_root.join(part)).unwrap();
        }
        let clock = ShiftedClock::default();
        let config_path = folder.path().join("site/kyukyu.toml");
        let new = NewStation {
            config_path: config_path.clone(),
            facility: "架空総合病院".into(),
            kind: InstitutionKind::Hospital,
            code: InstitutionCode::parse("1311234567").unwrap(),
            exchange_root,
            training: true,
            accounts: vec![FirstAccount {
                user: user.clone(),
                name: PersonName::parse("佐藤 一郎").unwrap(),
                profession: Profession::Doctor,
                permissions: [Permission::EmergencyView].into_iter().collect(),
                password: Secret::new("yoru-no-kyukyu-3ji".to_owned()),
                card: None,
            }],
        };
        initialise(new, &clock.now()).unwrap();
        let config = Config::load(&config_path).unwrap();
        {
            let key = StationKey::load(&config.key_path()).unwrap();
            let store = Store::open(&config.store_path(), &key).unwrap().0;
            prepare(&store);
            store.close().unwrap();
        }
        let station = Station::start(config, Arc::new(clock.clone()), Vec::new()).await.unwrap();
        Self { station, clock, user, _folder: folder }
    }

    /// A session of its person with both factors, and a line that holds it.
    pub(super) fn session(&self) -> Origin {
        let now = self.clock.now();
        let boot_id = BootId(now.boot_id.to_string());
        let wall = UnixSeconds(u64::try_from(now.utc_ms / 1000).unwrap());
        let when = Now { wall, boot: BootMillis(now.boot_ms), boot_id: &boot_id };
        let limits = SessionLimits { idle_ms: 600_000, longest_ms: 3_600_000 };
        let token = SessionToken::from_random([7; 32]);
        let terminal = "uid0 pts/0".into();
        let mut session =
            Session::open(&token, self.user.clone(), terminal, Factor::Password, &when, &limits);
        session.prove(&self.user, Factor::SoftwareCard, &when, &limits).unwrap();
        let id = public_id(&session);
        let key = id.clone();
        let kept = self.station.store.transact(move |tx| tx.put(Table::Sessions, key.as_str(), &session));
        kept.map_err(|error: StoreError| error).unwrap();
        Origin { line: 1, terminal: "uid0 pts/0".into(), source: "uid0".into(), session: Some(id) }
    }

    /// The whole log, oldest first.
    pub(super) fn entries(&self) -> Vec<Entry> {
        let page = self.station.store.read(|tx| tx.log_page(None, 10_000, |_| true));
        let mut entries = page.map_err(|error: StoreError| error).unwrap().entries;
        entries.reverse();
        entries
    }
}
