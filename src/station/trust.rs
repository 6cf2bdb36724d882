//! Which authorities of cards this station believes: those that its administrators pinned, with the lists of what they
//! revoked. One snapshot is held and made anew when the store or the folder of lists says something else, so that a
//! change counts from the very next act, and an act never sees half of one.

use super::crls::{CrlFolder, Lists};
use super::desk::Desk;
use super::records::Authority;
use super::start::Station;
use super::transact::Need;
use crate::card::CardKind;
use crate::config::Config;
use crate::domain::SafeText;
use crate::identity::{Fingerprint, PinError, TrustStore};
use crate::log::Act;
use crate::store::StoreError;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A folder that hangs is not waited for; the lists that are there are used.
const FOLDER_DEADLINE: Duration = Duration::from_secs(3);

/// What a station believes.
#[derive(Debug)]
pub(crate) struct Trust {
    training: bool,
    my_number: bool,
    grace_seconds: u64,
    pub(crate) folder: CrlFolder,
    current: Mutex<Option<Snapshot>>,
}

#[derive(Debug)]
struct Snapshot {
    of: Vec<(String, CardKind)>,
    lists: Arc<Lists>,
    store: Arc<TrustStore>,
}

impl Trust {
    /// By the configuration; a training store believes the training authority as well.
    pub(crate) fn new(config: &Config, training: bool) -> Result<Self, PinError> {
        let trust = Self {
            training,
            my_number: config.my_number().is_some(),
            grace_seconds: config.crl_grace_hours * 3_600,
            folder: CrlFolder::new(config.crl_path()),
            current: Mutex::default(),
        };
        trust.bare().map(|_| trust)
    }

    /// The snapshot for these authorities, as the act's own transaction reads them.
    pub(crate) fn snapshot(&self, authorities: &[(String, Authority)]) -> Arc<TrustStore> {
        let of: Vec<_> = authorities.iter().map(|(key, authority)| (key.clone(), authority.card)).collect();
        let lists = self.folder.held();
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(now) = current.as_ref().filter(|now| now.of == of && Arc::ptr_eq(&now.lists, &lists)) {
            return Arc::clone(&now.store);
        }
        let store = Arc::new(self.build(authorities, &lists));
        *current = Some(Snapshot { of, lists, store: Arc::clone(&store) });
        store
    }

    /// Before any authority of the site.
    fn bare(&self) -> Result<TrustStore, PinError> {
        if self.training {
            TrustStore::training().map(TrustStore::sparing_training)
        } else {
            Ok(TrustStore::live())
        }
    }

    fn build(&self, authorities: &[(String, Authority)], lists: &Lists) -> TrustStore {
        // `new` has shown that it can be made.
        let mut store = self.bare().unwrap_or_else(|_| TrustStore::live());
        for (key, authority) in authorities {
            let pinned = authority.pin(&mut store, key);
            if let Err(error) = pinned {
                tracing::error!(%error, sha256 = %key, "an authority of the store is not believed");
            }
        }
        if self.my_number {
            store = store.allowing_my_number();
        }
        store.with_revocation_lists(lists.lists.clone(), self.grace_seconds)
    }
}

impl Authority {
    /// Pins itself under its own key in the store, which is its fingerprint.
    pub(crate) fn pin(&self, store: &mut TrustStore, key: &str) -> Result<(), PinError> {
        let der = self.der();
        let expected = Fingerprint::parse(key).unwrap_or(Fingerprint([0; 32]));
        store.pin(&der, self.card, expected)
    }
}

impl Desk<'_, '_> {
    /// Whom this station believes, as this act's transaction knows it.
    pub(crate) fn trust(&self) -> Result<Arc<TrustStore>, StoreError> {
        Ok(self.shop.trust.snapshot(&self.authorities()?))
    }
}

impl Station {
    /// Looks at the folder of revocation lists where a minute has passed (or `at_once`), before cards are judged.
    pub(super) async fn look_at_lists(&self, at_once: bool) {
        let now = self.shop.now().boot_ms;
        if self.shop.trust.folder.begin(now, at_once) {
            let shop = Arc::clone(&self.shop);
            let (done, read) = tokio::sync::oneshot::channel();
            // A thread of its own: one of the runtime's that hangs would keep the station from ending.
            let spawned = std::thread::Builder::new().name("kyukyu-crl".into()).spawn(move || {
                shop.trust.folder.read();
                let _ = done.send(());
            });
            if spawned.is_err() {
                self.shop.trust.folder.give_up();
            }
            if !matches!(tokio::time::timeout(FOLDER_DEADLINE, read).await, Ok(Ok(()))) {
                tracing::error!("the folder of revocation lists does not answer");
            }
        }
        let Some(news) = self.shop.trust.folder.take_news() else { return };
        for refused in &news.refused {
            tracing::warn!(%refused, "a revocation list is not used");
        }
        let act = Act::RevocationListsRead {
            lists: u64::try_from(news.lists.len()).unwrap_or(u64::MAX),
            refused: news.refused.clone(),
        };
        let noted = self.own_act(Need::Usual, move |desk| Ok(desk.log(act.clone())?)).await;
        if noted.is_err() {
            self.shop.trust.folder.again();
        }
    }

    /// Puts on record that My Number cards are accepted here, and why.
    pub(super) async fn note_my_number(&self) -> Result<(), StoreError> {
        let Some(basis) = self.shop.config.my_number().map(|basis| SafeText::new(basis.as_str())) else {
            return Ok(());
        };
        tracing::warn!(%basis, "My Number cards are accepted; their revocation is not checked");
        let act = Act::MyNumberAllowed { basis };
        self.own_act(Need::Usual, move |desk| Ok(desk.log(act.clone())?)).await.map(drop)
    }
}
