//! The Merkle tree over the entries (RFC 9162, section 2.1), kept as its frontier only.
//!
//! The root sums up the whole log in 32 bytes that a witness can hold, and lets a later checkpoint be proved
//! to extend an earlier one without the entries. The leaves are the chain hashes, so one root fixes the chain
//! as well. A frontier is at most 64 hashes, whatever the size of the log.

use sha2::{Digest, Sha256};

/// A node of the tree.
pub type Node = [u8; 32];

/// The roots of the perfect subtrees, largest first: one for every bit set in the size.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Node>,
}

/// Stored bytes are not a frontier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("操作ログの要約（ハッシュ木）の形が正しくありません")]
pub struct NotAFrontier;

impl Frontier {
    /// How many leaves there are.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds one leaf.
    pub fn append(&mut self, leaf: &[u8]) {
        let mut node = hash_leaf(leaf);
        let mut full = self.size;
        while full & 1 == 1 {
            if let Some(left) = self.peaks.pop() {
                node = hash_children(&left, &node);
            }
            full >>= 1;
        }
        self.peaks.push(node);
        self.size = self.size.saturating_add(1);
    }

    /// The root of the tree; of the empty tree, the hash of nothing.
    pub fn root(&self) -> Node {
        let mut smaller_first = self.peaks.iter().rev();
        let Some(last) = smaller_first.next() else { return Sha256::digest([]).into() };
        smaller_first.fold(*last, |right, left| hash_children(left, &right))
    }

    /// For the store: the size (8 bytes, big-endian), then the peaks.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.size.to_be_bytes().to_vec();
        bytes.extend_from_slice(self.peaks.as_flattened());
        bytes
    }

    /// Reads what [`Self::to_bytes`] writes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NotAFrontier> {
        let (size, peaks) = bytes.split_first_chunk::<8>().ok_or(NotAFrontier)?;
        let size = u64::from_be_bytes(*size);
        let (peaks, rest) = peaks.as_chunks::<32>();
        if rest.is_empty() && peaks.len() == size.count_ones() as usize {
            Ok(Self { size, peaks: peaks.to_vec() })
        } else {
            Err(NotAFrontier)
        }
    }
}

/// `HASH(0x00 ‖ leaf)`
pub fn hash_leaf(leaf: &[u8]) -> Node {
    Sha256::new().chain_update([0]).chain_update(leaf).finalize().into()
}

/// `HASH(0x01 ‖ left ‖ right)`
pub fn hash_children(left: &Node, right: &Node) -> Node {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::HEXLOWER;
    use proptest::prelude::*;

    /// The definition of RFC 9162, section 2.1.1, word for word.
    fn naive(leaves: &[Vec<u8>]) -> Node {
        match leaves {
            [] => Sha256::digest([]).into(),
            [leaf] => hash_leaf(leaf),
            _ => {
                let split = leaves.len().next_power_of_two() / 2;
                hash_children(&naive(&leaves[..split]), &naive(&leaves[split..]))
            }
        }
    }

    /// The eight leaves and their roots from the test suite of the Certificate Transparency reference
    /// implementation (RFC 6962; github.com/google/certificate-transparency, merkle_tree_test).
    #[test]
    fn published_roots() {
        let leaves = [
            "",
            "00",
            "10",
            "2021",
            "3031",
            "40414243",
            "5051525354555657",
            "606162636465666768696a6b6c6d6e6f",
        ];
        let roots = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let mut frontier = Frontier::default();
        assert_eq!(
            HEXLOWER.encode(&frontier.root()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        for (leaf, root) in leaves.iter().zip(roots) {
            frontier.append(&HEXLOWER.decode(leaf.as_bytes()).unwrap());
            assert_eq!(HEXLOWER.encode(&frontier.root()), root, "size {}", frontier.size());
        }
    }

    #[test]
    fn agrees_with_the_definition_at_every_size() {
        let leaves: Vec<Vec<u8>> = (0..200_u32).map(|i| i.to_be_bytes().to_vec()).collect();
        let mut frontier = Frontier::default();
        for size in 0..leaves.len() {
            assert_eq!(frontier.root(), naive(&leaves[..size]), "size {size}");
            assert_eq!(frontier.peaks.len(), size.count_ones() as usize);
            assert_eq!(Frontier::from_bytes(&frontier.to_bytes()).as_ref(), Ok(&frontier));
            frontier.append(&leaves[size]);
        }
    }

    #[test]
    fn stored_bytes_are_checked() {
        let three = [3_u64.to_be_bytes().as_slice(), &[7; 64]].concat();
        assert!(Frontier::from_bytes(&three).is_ok());
        for bad in [&three[..71], &three[..40], &three[..7], &[three.as_slice(), &[0]].concat(), &[]] {
            assert_eq!(Frontier::from_bytes(bad), Err(NotAFrontier));
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_definition(leaves in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..70)) {
            let mut frontier = Frontier::default();
            for leaf in &leaves {
                frontier.append(leaf);
            }
            prop_assert_eq!(frontier.root(), naive(&leaves));
        }
    }
}
