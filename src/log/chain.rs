//! The hash chain: every entry's hash covers its bytes, its place, its store and the hash before it.
//!
//! ```text
//! h_i = SHA-256( "kyukyu-log-v1\0" ‖ store_id[16] ‖ seq[8, big-endian] ‖ h_(i-1)[32] ‖ len[8, big-endian] ‖ body )
//! h_0 = 32 zero bytes, seq counts from 1
//! ```
//! SHA-256 because PostgreSQL, Python and openssl can check it without our program; `len` and the fixed
//! widths make the concatenation unambiguous; the store's id keeps a stretch of one hospital's log from being
//! passed off as another's.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// Separates these hashes from every other use of SHA-256.
pub const DOMAIN: &[u8; 14] = b"kyukyu-log-v1\0";

/// The hash of one entry, and so of everything before it.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct ChainHash(pub [u8; 32]);

/// The random id of one store, written once for ever.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct StoreId(pub [u8; 16]);

/// Where a log stands: its last number and that entry's hash. `seq` 0 with a zero hash is the empty log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The last number.
    pub seq: u64,
    /// Its hash.
    pub hash: ChainHash,
}

impl Head {
    /// The head after one more entry with this body.
    #[must_use]
    pub fn append(self, store: &StoreId, body: &[u8]) -> Self {
        let seq = self.seq.saturating_add(1);
        Self { seq, hash: link(store, seq, &self.hash, body) }
    }
}

/// The hash of the entry `seq` with `body`, after the entry with the hash `prev`.
pub fn link(store: &StoreId, seq: u64, prev: &ChainHash, body: &[u8]) -> ChainHash {
    let mut sha = Sha256::new();
    sha.update(DOMAIN);
    sha.update(store.0);
    sha.update(seq.to_be_bytes());
    sha.update(prev.0);
    sha.update((body.len() as u64).to_be_bytes());
    sha.update(body);
    ChainHash(sha.finalize().into())
}

macro_rules! hexadecimal {
    ($name:ident, $bytes:literal) => {
        impl $name {
            /// Reads what `Display` writes.
            pub fn parse(hex: &str) -> Option<Self> {
                HEXLOWER.decode(hex.as_bytes()).ok()?.try_into().ok().map(Self)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&HEXLOWER.encode(&self.0))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }
    };
}

hexadecimal!(ChainHash, 32);
hexadecimal!(StoreId, 16);

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with Python's hashlib from the formula above, so that the published recipe is the tested one.
    #[test]
    fn known_links() {
        let store = StoreId(*b"0123456789abcdef");
        let one = Head::default().append(&store, b"{}");
        let two = one.append(&store, b"{\"seq\":2}");
        assert_eq!(one.hash.to_string(), "6b1d4fb91f625b0e75a4a601821b3a3d36edd32186e57e46dcdb537ea95b6ee6");
        assert_eq!(two.hash.to_string(), "96f72e6874c2767be2886c69d94a45986921758a12595723055171d32094e2b7");
        assert_eq!(two.seq, 2);
    }

    #[test]
    fn every_input_counts() {
        let store = StoreId([1; 16]);
        let prev = ChainHash([2; 32]);
        let base = link(&store, 3, &prev, b"body");
        let table = [
            link(&StoreId([9; 16]), 3, &prev, b"body"),
            link(&store, 4, &prev, b"body"),
            link(&store, 3, &ChainHash([9; 32]), b"body"),
            link(&store, 3, &prev, b"bodz"),
            link(&store, 3, &prev, b"body\0"),
        ];
        assert!(table.iter().all(|other| *other != base));
    }

    #[test]
    fn hexadecimal_round_trip() {
        let hash = ChainHash([0xa5; 32]);
        assert_eq!(ChainHash::parse(&hash.to_string()), Some(hash));
        for bad in ["", "a5", "A5", &"A5".repeat(32), &"g5".repeat(32)] {
            assert_eq!(ChainHash::parse(bad), None, "{bad}");
        }
        assert_eq!(StoreId::parse(&"00".repeat(16)), Some(StoreId([0; 16])));
    }
}
