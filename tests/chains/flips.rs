//! Bytes changed at random: whatever comes, nothing panics and nothing is accepted.

use super::fixture;
use kyukyu::card::CardKind;
use kyukyu::identity::{Crl, Fingerprint, ProofError, TrustStore, UnixSeconds, check_certificate};
use proptest::prelude::*;

/// 2025-11-23
const NOW: UnixSeconds = UnixSeconds(1_763_856_000);

/// Every how many bytes one is changed: P-384 takes its time in a debug build.
const STEPS: [usize; 2] = [1, 7];

/// A leaf, its authorities and its lists; once with RSA, once with P-384.
const CHAINS: [(&str, [&str; 2], [&str; 2]); 2] = [
    ("good", ["root", "issuing"], ["root", "issuing"]),
    ("under-issuing-p384", ["root-p384", "issuing-p384"], ["root-p384", "issuing-p384"]),
];

fn lists(of: [&str; 2]) -> Vec<Vec<u8>> {
    of.iter().map(|name| fixture(&format!("oracle/{name}.crl"))).collect()
}

fn judge(leaf: &[u8], authorities: [&str; 2], lists: &[Vec<u8>]) -> Result<(), ProofError> {
    let mut trust = TrustStore::live();
    for name in authorities {
        let der = fixture(&format!("oracle/{name}.der"));
        trust.pin(&der, CardKind::Hpki, Fingerprint::of(&der)).unwrap();
    }
    let lists = lists.iter().filter_map(|der| Crl::parse(der).ok()).collect();
    check_certificate(leaf, &trust.with_revocation_lists(lists, 0), NOW).map(|_| ())
}

#[test]
fn one_bit_of_a_byte_of_a_leaf() {
    for ((leaf, authorities, of), step) in CHAINS.into_iter().zip(STEPS) {
        let (good, lists) = (fixture(&format!("oracle/{leaf}.der")), lists(of));
        assert_eq!(judge(&good, authorities, &lists), Ok(()));
        for at in (0..good.len()).step_by(step) {
            let mut changed = good.clone();
            changed[at] ^= 1 << (at % 8);
            assert!(judge(&changed, authorities, &lists).is_err(), "{leaf}: byte {at}");
        }
    }
}

#[test]
fn one_bit_of_a_byte_of_a_list() {
    for ((leaf, authorities, of), step) in CHAINS.into_iter().zip(STEPS) {
        let good = fixture(&format!("oracle/{leaf}.der"));
        for which in 0..2 {
            let lists = lists(of);
            for at in (0..lists[which].len()).step_by(step) {
                let mut changed = lists.clone();
                changed[which][at] ^= 1 << (at % 8);
                if Crl::parse(&changed[which]).is_err() {
                    continue;
                }
                let found = judge(&good, authorities, &changed);
                assert_eq!(found, Err(ProofError::RevocationUnknown), "{leaf}: list {which}, byte {at}");
            }
        }
    }
}

#[derive(Clone, Debug)]
enum Change {
    Set(prop::sample::Index, u8),
    Insert(prop::sample::Index, u8),
    Remove(prop::sample::Index),
    Cut(prop::sample::Index),
    Append(Vec<u8>),
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let at = any::<prop::sample::Index>;
    let one = prop_oneof![
        (at(), any::<u8>()).prop_map(|(at, byte)| Change::Set(at, byte)),
        (at(), any::<u8>()).prop_map(|(at, byte)| Change::Insert(at, byte)),
        at().prop_map(Change::Remove),
        at().prop_map(Change::Cut),
        prop::collection::vec(any::<u8>(), 1..9).prop_map(Change::Append),
    ];
    prop::collection::vec(one, 1..6)
}

fn apply(changes: &[Change], to: &[u8]) -> Vec<u8> {
    let mut bytes = to.to_vec();
    for change in changes {
        if bytes.is_empty() {
            break;
        }
        match change {
            Change::Set(at, byte) => {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            Change::Insert(at, byte) => bytes.insert(at.index(bytes.len()), *byte),
            Change::Remove(at) => drop(bytes.remove(at.index(bytes.len()))),
            Change::Cut(at) => bytes.truncate(at.index(bytes.len())),
            Change::Append(more) => bytes.extend(more),
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn several_changes_of_a_leaf(which in 0..2_usize, changes in changes()) {
        let (leaf, authorities, of) = CHAINS[which];
        let good = fixture(&format!("oracle/{leaf}.der"));
        let changed = apply(&changes, &good);
        prop_assume!(changed != good);
        prop_assert!(judge(&changed, authorities, &lists(of)).is_err());
    }

    #[test]
    fn several_changes_of_a_list(which in 0..2_usize, of_root: bool, changes in changes()) {
        let (leaf, authorities, of) = CHAINS[which];
        let mut lists = lists(of);
        let list = &mut lists[usize::from(!of_root)];
        let changed = apply(&changes, list);
        prop_assume!(changed != *list);
        *list = changed;
        let leaf = fixture(&format!("oracle/{leaf}.der"));
        prop_assert_eq!(judge(&leaf, authorities, &lists), Err(ProofError::RevocationUnknown));
    }

    #[test]
    fn bytes_of_no_meaning(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let (_, authorities, of) = CHAINS[0];
        prop_assert!(Crl::parse(&bytes).is_err());
        prop_assert!(judge(&bytes, authorities, &lists(of)).is_err());
    }
}
