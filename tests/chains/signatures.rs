//! Signatures over a challenge: those that openssl makes are accepted, each malformed one is refused, and openssl,
//! asked about the same bytes, says the same.

use super::{fixture, openssl};
use kyukyu::card::{ChallengeText, Hash, KeyError};
use kyukyu::identity::{CardProof, ProofError, TrustStore, UnixSeconds, check_card};
use p384::ecdsa::Signature;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// 2025-11-23
const NOW: UnixSeconds = UnixSeconds(1_763_856_000);
const RSA: Signer =
    Signer { certificate: "training/doctor-1.der", key: "training/doctor-1.key.der", hash: Hash::Sha256 };
const P384: Signer =
    Signer { certificate: "chains/p384.der", key: "chains/p384.key.der", hash: Hash::Sha384 };
/// The order of the group of P-384.
const ORDER: &str =
    "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973";
/// What stands before a digest of SHA-256, of SHA-384 and of SHA-1 in PKCS#1 v1.5.
const SHA256_INFO: &str = "3031300d060960864801650304020105000420";
const SHA384_INFO: &str = "3041300d060960864801650304020205000430";
const SHA1_INFO: &str = "3021300906052b0e03021a05000414";

/// A card whose key is at hand.
#[derive(Clone, Copy)]
struct Signer {
    certificate: &'static str,
    key: &'static str,
    hash: Hash,
}

fn challenge(random: u8) -> ChallengeText {
    ChallengeText::compose("st-1", "dr.sato", NOW.0, &[random; 32]).unwrap()
}

fn hex(text: &str) -> Vec<u8> {
    data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap()
}

impl Signer {
    fn key_file(self) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/cards").join(self.key)
    }

    fn digest_option(hash: Hash) -> &'static str {
        match hash {
            Hash::Sha256 => "-sha256",
            Hash::Sha384 => "-sha384",
            Hash::Sha512 => "-sha512",
        }
    }

    /// As a card signs: `openssl dgst -sign`.
    fn sign(self, folder: &Path, hash: Hash, text: &ChallengeText) -> Vec<u8> {
        let message = openssl::put(folder, "message", text.as_bytes());
        let (key, message) = (self.key_file(), message.to_str().unwrap());
        let key = key.to_str().unwrap();
        openssl::make(["dgst", Self::digest_option(hash), "-keyform", "DER", "-sign", key, message])
    }

    /// The private operation of RSA over a block that need not be well-formed. (`-sign` takes digests only.)
    fn raw(self, folder: &Path, block: &[u8]) -> Vec<u8> {
        let block = openssl::put(folder, "block", block);
        let (key, block) = (self.key_file(), block.to_str().unwrap());
        let key = ["-keyform", "DER", "-inkey", key.to_str().unwrap()];
        let none = ["-pkeyopt", "rsa_padding_mode:none", "-in", block];
        openssl::make(["pkeyutl", "-decrypt"].into_iter().chain(key).chain(none))
    }

    fn ours(self, signature: &[u8], hash: Hash) -> Result<(), ProofError> {
        let trust = TrustStore::training().unwrap();
        let proof = CardProof { certificate: fixture(self.certificate), signature: signature.to_vec(), hash };
        check_card(&proof, &challenge(1), &trust, NOW).map(|_| ())
    }

    fn openssl(self, folder: &Path, signature: &[u8], hash: Hash) -> bool {
        let certificate = openssl::put(folder, "certificate", &fixture(self.certificate));
        let certificate = certificate.to_str().unwrap();
        let key = openssl::make(["x509", "-inform", "DER", "-in", certificate, "-noout", "-pubkey"]);
        let key = openssl::put(folder, "public", &key);
        let signature = openssl::put(folder, "signature", signature);
        let message = openssl::put(folder, "message", challenge(1).as_bytes());
        let files = [&key, &signature, &message].map(|path| path.to_str().unwrap());
        let [key, signature, message] = files;
        let digest = Self::digest_option(hash).trim_start_matches('-');
        // Not `dgst -verify`, which reads no more of a signature than the key is long.
        let what = ["-rawin", "-digest", digest, "-in", message, "-sigfile", signature];
        openssl::run(["pkeyutl", "-verify", "-pubin", "-inkey", key].into_iter().chain(what)).status.success()
    }

    /// That both say `good` of a signature.
    fn expect(self, folder: &Path, name: &str, signature: &[u8], good: bool) {
        let expected = if good { Ok(()) } else { Err(ProofError::Signature(KeyError::Signature)) };
        assert_eq!(self.ours(signature, self.hash), expected, "{name}");
        assert_eq!(self.openssl(folder, signature, self.hash), good, "openssl: {name}");
    }
}

#[test]
fn what_openssl_signs_is_accepted_with_its_hash_and_over_its_challenge_only() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let refused = Err(ProofError::Signature(KeyError::Signature));
    for signer in [RSA, P384] {
        for hash in [Hash::Sha256, Hash::Sha384, Hash::Sha512] {
            let signature = signer.sign(folder, hash, &challenge(1));
            for claimed in [Hash::Sha256, Hash::Sha384, Hash::Sha512] {
                let expected = if claimed == hash { Ok(()) } else { refused.clone() };
                let name = format!("{} {hash:?} as {claimed:?}", signer.key);
                assert_eq!(signer.ours(&signature, claimed), expected, "{name}");
            }
        }
        let other = signer.sign(folder, signer.hash, &challenge(2));
        signer.expect(folder, "another challenge", &other, false);
    }
    // Each key's signature under the other's certificate.
    let (rsa, p384) =
        (RSA.sign(folder, RSA.hash, &challenge(1)), P384.sign(folder, P384.hash, &challenge(1)));
    RSA.expect(folder, "ECDSA under RSA", &p384, false);
    P384.expect(folder, "RSA under ECDSA", &rsa, false);
}

/// `00 kind padding… 00 rest`, or with `fill` bytes of padding and garbage behind the rest.
fn block(kind: u8, padding: u8, fill: Option<usize>, rest: &[u8]) -> Vec<u8> {
    let fill = fill.unwrap_or(256 - 3 - rest.len());
    let mut block = vec![0, kind];
    block.resize(2 + fill, padding);
    block.push(0);
    block.extend(rest);
    block.resize(256, 0x5A);
    block
}

#[test]
fn rsa_blocks_that_are_not_pkcs1() {
    let folder = tempfile::tempdir().unwrap();
    let digest = Sha256::digest(challenge(1).as_bytes()).to_vec();
    let info = |prefix: &str, digest: &[u8]| [hex(prefix), digest.to_vec()].concat();
    let good = info(SHA256_INFO, &digest);
    // An algorithm without its NULL, lengths in two bytes, another algorithm over the right digest.
    let without_null = info("302f300b0609608648016503040201 0420".replace(' ', "").as_str(), &digest);
    let long_length = info("308131300d060960864801650304020105000420", &digest);
    let mut one_odd = block(1, 0xFF, None, &good);
    one_odd[100] = 0xFE;
    let mut no_separator = block(1, 0xFF, None, &good);
    no_separator[256 - good.len() - 1] = 0xFF;
    let table: Vec<(&str, Vec<u8>, bool)> = vec![
        ("as it should be", block(1, 0xFF, None, &good), true),
        ("block type 2", block(2, 0xFF, None, &good), false),
        ("block type 0", block(0, 0x00, None, &good), false),
        ("padding of other bytes", block(1, 0x11, None, &good), false),
        ("one other byte of padding", one_odd, false),
        ("no separator", no_separator, false),
        ("short padding, garbage behind", block(1, 0xFF, Some(8), &good), false),
        ("one byte behind", block(1, 0xFF, Some(256 - 3 - good.len() - 1), &good), false),
        ("no padding at all", block(1, 0xFF, Some(0), &good), false),
        ("the digest alone", block(1, 0xFF, None, &digest), false),
        ("algorithm without NULL", block(1, 0xFF, None, &without_null), false),
        ("a length in two bytes", block(1, 0xFF, None, &long_length), false),
        (
            "called SHA-384",
            block(1, 0xFF, None, &info(SHA384_INFO, &[&digest[..], &[0; 16]].concat())),
            false,
        ),
        ("called SHA-1", block(1, 0xFF, None, &info(SHA1_INFO, &digest[..20])), false),
        (
            "a bit of the digest",
            block(1, 0xFF, None, &info(SHA256_INFO, &[&[digest[0] ^ 1], &digest[1..]].concat())),
            false,
        ),
        ("a digest one byte short", block(1, 0xFF, None, &info(SHA256_INFO, &digest[..31])), false),
    ];
    for (name, block, good) in table {
        let signature = RSA.raw(folder.path(), &block);
        RSA.expect(folder.path(), name, &signature, good);
    }
}

#[test]
fn rsa_signatures_of_another_length() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let good = RSA.sign(folder, RSA.hash, &challenge(1));
    let table: Vec<(&str, Vec<u8>)> = vec![
        ("empty", vec![]),
        ("a byte short", good[..255].to_vec()),
        ("the first byte missing", good[1..].to_vec()),
        ("a byte behind", [&good[..], &[0]].concat()),
        ("a zero before", [&[0], &good[..]].concat()),
        ("twice", [&good[..], &good[..]].concat()),
        ("zero", vec![0; 256]),
        ("one", [vec![0; 255], vec![1]].concat()),
        ("above the modulus", vec![0xFF; 256]),
    ];
    for (name, signature) in table {
        RSA.expect(folder, name, &signature, false);
    }
}

/// A DER INTEGER with these content bytes, minimal or not.
fn integer(content: &[u8]) -> Vec<u8> {
    [&[2, u8::try_from(content.len()).unwrap()], content].concat()
}

/// r and s as DER, each with a zero before it where its first bit is set.
fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
    let minimal = |number: &[u8]| {
        let number: Vec<u8> = number.iter().copied().skip_while(|byte| *byte == 0).collect();
        let sign = number.first().is_none_or(|first| first & 0x80 != 0);
        integer(&[vec![0; usize::from(sign)], number].concat())
    };
    sequence(&[minimal(r), minimal(s)].concat())
}

fn sequence(content: &[u8]) -> Vec<u8> {
    [&[0x30, u8::try_from(content.len()).unwrap()], content].concat()
}

#[test]
fn ecdsa_numbers_and_forms() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let good = P384.sign(folder, P384.hash, &challenge(1));
    let raw = Signature::from_der(&good).unwrap().to_bytes().to_vec();
    let (r, s) = raw.split_at(48);
    let (zero, order) = ([0; 48], hex(ORDER));
    let padded = |number: &[u8]| integer(&[&[0, 0], number].concat());
    // What is true of an encoding in DER is true for openssl too.
    let table: Vec<(&str, Vec<u8>, bool)> = vec![
        ("as openssl made it", good.clone(), true),
        ("encoded again", der(r, s), true),
        ("r and s exchanged", der(s, r), false),
        ("r = 0", der(&zero, s), false),
        ("s = 0", der(r, &zero), false),
        ("both 0", der(&zero, &zero), false),
        ("r = n", der(&order, s), false),
        ("s = n", der(r, &order), false),
        ("r of 49 bytes", der(&[&[1], r].concat(), s), false),
        ("both 1", der(&[1], &[1]), false),
        ("not minimal", sequence(&[padded(r), padded(s)].concat()), false),
        ("negative", sequence(&[integer(&[&[0x80], &r[1..]].concat()), integer(&[1])].concat()), false),
        ("s missing", sequence(&integer(&[1])), false),
        ("a third number", sequence(&[&good[2..], &integer(&[1])].concat()), false),
        ("a byte behind", [&good[..], &[0]].concat(), false),
        ("cut", good[..good.len() - 1].to_vec(), false),
        ("empty", vec![], false),
    ];
    for (name, signature, accepted) in table {
        P384.expect(folder, name, &signature, accepted);
    }
    // As cards give it: 48 bytes each. openssl reads DER only, so these are ours alone.
    let table: Vec<(&str, Vec<u8>, bool)> = vec![
        ("raw", raw.clone(), true),
        ("raw, exchanged", [s, r].concat(), false),
        ("raw, r = 0", [&zero, s].concat(), false),
        ("raw, s = 0", [r, &zero].concat(), false),
        ("raw, r = n", [&order, s].concat(), false),
        ("raw, s = n", [r, &order].concat(), false),
        ("raw, all ones", vec![0xFF; 96], false),
        ("raw, a byte short", raw[..95].to_vec(), false),
        ("raw, a byte behind", [&raw[..], &[0]].concat(), false),
        ("raw, a zero before", [&[0], &raw[..]].concat(), false),
    ];
    let refused = Err(ProofError::Signature(KeyError::Signature));
    for (name, signature, accepted) in table {
        let expected = if accepted { Ok(()) } else { refused.clone() };
        assert_eq!(P384.ours(&signature, P384.hash), expected, "{name}");
    }
}
