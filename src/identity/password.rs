//! Password hashes: argon2id, 64 MiB, three passes, one lane, as a PHC string.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordVerifier, Version};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;

/// A stored hash (PHC string). Not printed: it is what an attacker would take away.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StoredPassword(String);

impl std::fmt::Debug for StoredPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StoredPassword(…)")
    }
}

/// Hashing failed: too little memory, or parameters that argon2 does not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("パスワードを処理できませんでした。少し待ってやり直し、続くときは管理者に連絡してください")]
pub struct HashError(#[source] argon2::Error);

/// Hashes and verifies with one set of parameters.
#[derive(Clone, Debug)]
pub struct Passwords {
    params: Params,
    dummy: StoredPassword,
}

impl Passwords {
    /// The decided parameters. One verification takes 64 MiB and some 100 ms; the caller limits how many run at once.
    pub fn standard() -> Result<Self, HashError> {
        Self::with(64 * 1024, 3, 1)
    }

    /// Other parameters: memory in KiB, passes, lanes. For tests, and for hosts that can afford more.
    pub fn with(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, HashError> {
        let params = Params::new(memory_kib, passes, lanes, Some(HASH_BYTES)).map_err(HashError)?;
        // Nobody knows a password for it: it was not made from one.
        let dummy = phc(&params, &[0; SALT_BYTES], &[0; HASH_BYTES]);
        Ok(Self { params, dummy })
    }

    /// Hashes a password with 16 random bytes as salt.
    pub fn hash(
        &self,
        password: &SecretString,
        salt: &[u8; SALT_BYTES],
    ) -> Result<StoredPassword, HashError> {
        let mut output = Zeroizing::new([0; HASH_BYTES]);
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, self.params.clone());
        argon2
            .hash_password_into(normal_form(password).as_bytes(), salt, output.as_mut_slice())
            .map_err(HashError)?;
        Ok(phc(&self.params, salt, &*output))
    }

    /// Whether the password is the stored one. Without a stored one (no such user, or no password set) the same work
    /// is done and the answer is no, so that the time does not tell who exists.
    pub fn verify(&self, password: &SecretString, stored: Option<&StoredPassword>) -> bool {
        let readable = stored.and_then(|s| PasswordHash::new(&s.0).ok());
        let known = readable.is_some();
        let Some(hash) = readable.or_else(|| PasswordHash::new(&self.dummy.0).ok()) else { return false };
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, self.params.clone());
        // Compares in constant time, with the parameters written in the hash.
        let equal = argon2.verify_password(normal_form(password).as_bytes(), &hash).is_ok();
        equal && known
    }

    /// Whether a hash was made with other parameters than these and should be made anew at the next login.
    pub fn needs_rehash(&self, stored: &StoredPassword) -> bool {
        let Ok(hash) = PasswordHash::new(&stored.0) else { return true };
        let same = |p: Params| {
            (p.m_cost(), p.t_cost(), p.p_cost())
                == (self.params.m_cost(), self.params.t_cost(), self.params.p_cost())
        };
        hash.algorithm.as_str() != "argon2id" || !Params::try_from(&hash).is_ok_and(same)
    }
}

fn phc(params: &Params, salt: &[u8], output: &[u8]) -> StoredPassword {
    let base64 = data_encoding::BASE64_NOPAD;
    StoredPassword(format!(
        "$argon2id$v=19$m={},t={},p={}${}${}",
        params.m_cost(),
        params.t_cost(),
        params.p_cost(),
        base64.encode(salt),
        base64.encode(output),
    ))
}

/// NFKC, so that a password typed with the input method left on (ａｂｃ) is the same password.
pub(super) fn normal_form(password: &SecretString) -> Zeroizing<String> {
    let typed = password.expose_secret();
    // Room for the longest expansion, so that growing leaves no copy behind.
    let mut normal = Zeroizing::new(String::with_capacity(typed.len() * 18));
    normal.extend(typed.nfkc());
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quick() -> Passwords {
        Passwords::with(64, 1, 1).unwrap()
    }

    #[test]
    fn right_wrong_and_unknown() {
        let passwords = quick();
        let stored = passwords.hash(&"正しい馬 42".into(), &[1; 16]).unwrap();
        assert!(passwords.verify(&"正しい馬 42".into(), Some(&stored)));
        assert!(!passwords.verify(&"正しい馬 43".into(), Some(&stored)));
        assert!(!passwords.verify(&"".into(), Some(&stored)));
        assert!(!passwords.verify(&"正しい馬 42".into(), None));
        assert!(!passwords.verify(&"x".into(), Some(&StoredPassword("broken".into()))));
        let full_width = passwords.hash(&"ａｂｃ１２３".into(), &[1; 16]).unwrap();
        assert!(passwords.verify(&"abc123".into(), Some(&full_width)));
    }

    #[test]
    fn nobody_can_log_in_with_the_dummy() {
        let passwords = quick();
        assert!(PasswordHash::new(&passwords.dummy.0).is_ok(), "the dummy does the same work");
        for guess in ["", "\0", "dummy"] {
            assert!(!passwords.verify(&guess.into(), None));
            assert!(!passwords.verify(&guess.into(), Some(&passwords.dummy)));
        }
    }

    #[test]
    fn the_string_is_standard_argon2id() {
        let stored = quick().hash(&"password".into(), b"aaaaaaaaaaaaaaaa").unwrap();
        assert!(stored.0.starts_with("$argon2id$v=19$m=64,t=1,p=1$YWFhYWFhYWFhYWFhYWFhYQ$"), "{}", stored.0);
        // From the test program of the reference implementation (P-H-C/phc-winner-argon2, src/test.c).
        let reference =
            "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
        assert!(quick().verify(&"password".into(), Some(&StoredPassword(reference.into()))));
        assert_eq!(stored, quick().hash(&"password".into(), b"aaaaaaaaaaaaaaaa").unwrap());
        assert_ne!(stored, quick().hash(&"password".into(), b"aaaaaaaaaaaaaaab").unwrap());
        assert_eq!(format!("{stored:?}"), "StoredPassword(…)");
    }

    #[test]
    fn other_parameters_are_still_verified_and_then_renewed() {
        let stored = quick().hash(&"abc".into(), &[2; 16]).unwrap();
        let stronger = Passwords::with(128, 1, 1).unwrap();
        assert!(stronger.verify(&"abc".into(), Some(&stored)));
        assert!(stronger.needs_rehash(&stored));
        assert!(!quick().needs_rehash(&stored));
        assert!(quick().needs_rehash(&StoredPassword("$argon2i$v=19$m=64,t=1,p=1$YWFhYWFhYWE$".into())));
    }

    #[test]
    fn the_standard_parameters() {
        let params = Passwords::standard().unwrap().params;
        assert_eq!((params.m_cost(), params.t_cost(), params.p_cost()), (65_536, 3, 1));
    }
}
