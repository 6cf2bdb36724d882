//! Sealing of records: XChaCha20-Poly1305 with a random nonce for every writing.
//!
//! ```text
//! record = 0x01 ‖ nonce[24] ‖ ciphertext ‖ tag[16]
//! AAD    = "kyukyu-seal-v1\0" ‖ store_id[16] ‖ length of table name[1] ‖ table name ‖ key
//! ```
//! The associated data nails a record to its place: a record copied to another key, table or store, such as
//! one account's password under another's name, does not open.

use super::error::{Cause, StoreError};
use super::key::StationKey;
use crate::json;
use crate::log::StoreId;
use chacha20poly1305::{AeadInOut as _, KeyInit as _, XChaCha20Poly1305, XNonce};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::atomic::{AtomicU64, Ordering};
use zeroize::Zeroizing;

const DOMAIN: &[u8] = b"kyukyu-seal-v1\0";
const VERSION: u8 = 1;
const NONCE: usize = 24;
const TAG: usize = 16;

pub(super) struct Sealer {
    cipher: XChaCha20Poly1305,
    store: StoreId,
    /// Records opened so far.
    opened: AtomicU64,
}

/// A record that does not open.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unopened;

impl Sealer {
    pub(super) fn new(key: &StationKey, store: StoreId) -> Self {
        Self { cipher: XChaCha20Poly1305::new(key.bytes().into()), store, opened: AtomicU64::new(0) }
    }

    /// How many records were opened so far.
    pub(super) fn opened(&self) -> u64 {
        self.opened.load(Ordering::Relaxed)
    }

    pub(super) fn seal(&self, table: &str, key: &str, value: &impl Serialize) -> Result<Vec<u8>, StoreError> {
        let text = json::to_vec_within(value, 0, TAG)
            .map_err(|cause| StoreError::Unwritable { cause: Cause::new(cause) })?;
        self.close(table, key, text)
    }

    /// The record as it is to stand in another store, under the same table and key; none where it does not open.
    pub(super) fn reseal(
        &self,
        other: &Self,
        table: &str,
        key: &str,
        record: &[u8],
    ) -> Result<Option<Vec<u8>>, StoreError> {
        // What was opened in place has the room of its tag left.
        self.text(table, key, record).ok().map(|text| other.close(table, key, text)).transpose()
    }

    /// Seals a text whose buffer has room for the tag.
    fn close(&self, table: &str, key: &str, mut text: Zeroizing<Vec<u8>>) -> Result<Vec<u8>, StoreError> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce)
            .map_err(|cause| StoreError::Host { cause: Cause::words(&cause.to_string()) })?;
        self.cipher
            .encrypt_in_place(&XNonce::from(nonce), &self.place(table, key), &mut *text)
            .map_err(|_| StoreError::Unwritable { cause: Cause::words("too long to seal") })?;
        let mut record = Vec::with_capacity(text.len().saturating_add(1).saturating_add(NONCE));
        record.push(VERSION);
        record.extend_from_slice(&nonce);
        record.extend_from_slice(&text);
        Ok(record)
    }

    pub(super) fn open<T: DeserializeOwned>(
        &self,
        table: &str,
        key: &str,
        record: &[u8],
    ) -> Result<T, Unopened> {
        json::from_slice(&self.text(table, key, record)?).map_err(|_| Unopened)
    }

    /// What a record says.
    fn text(&self, table: &str, key: &str, record: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unopened> {
        self.opened.fetch_add(1, Ordering::Relaxed);
        let (version, rest) = record.split_first().ok_or(Unopened)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE>().ok_or(Unopened)?;
        if *version != VERSION {
            return Err(Unopened);
        }
        let mut text = Zeroizing::new(sealed.to_vec());
        self.cipher
            .decrypt_in_place(&XNonce::from(*nonce), &self.place(table, key), &mut *text)
            .map_err(|_| Unopened)?;
        Ok(text)
    }

    fn place(&self, table: &str, key: &str) -> Vec<u8> {
        let length = u8::try_from(table.len()).unwrap_or(u8::MAX);
        [DOMAIN, &self.store.0, &[length], table.as_bytes(), key.as_bytes()].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer(key: u8, store: u8) -> Sealer {
        Sealer::new(&StationKey::from_bytes([key; 32]), StoreId([store; 16]))
    }

    #[test]
    fn opens_only_where_and_with_what_it_was_sealed() {
        let ours = sealer(1, 1);
        let record = ours.seal("accounts", "sato", &"secret").unwrap();
        assert_eq!(ours.open::<String>("accounts", "sato", &record).as_deref(), Ok("secret"));
        let table = [
            sealer(2, 1).open::<String>("accounts", "sato", &record),
            sealer(1, 2).open::<String>("accounts", "sato", &record),
            ours.open::<String>("accounts", "tanaka", &record),
            ours.open::<String>("sessions", "sato", &record),
            ours.open::<String>("account", "ssato", &record),
            ours.open::<String>("accounts", "sato", &record[..record.len() - 1]),
            ours.open::<String>("accounts", "sato", &[]),
        ];
        for refused in table {
            assert_eq!(refused, Err(Unopened));
        }
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let ours = sealer(1, 1);
        let record = ours.seal("accounts", "sato", &"secret").unwrap();
        for at in 0..record.len() {
            let mut changed = record.clone();
            changed[at] ^= 1;
            assert_eq!(ours.open::<String>("accounts", "sato", &changed), Err(Unopened), "byte {at}");
        }
    }

    #[test]
    fn no_two_seals_are_alike_and_none_shows_its_text() {
        let ours = sealer(1, 1);
        let one = ours.seal("accounts", "sato", &"secret").unwrap();
        assert_ne!(one, ours.seal("accounts", "sato", &"secret").unwrap());
        assert_eq!(one.len(), 1 + NONCE + "\"secret\"".len() + TAG);
        assert!(!one.windows(6).any(|window| window == b"secret"));
    }
}
