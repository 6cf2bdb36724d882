//! Challenges that a station has issued: each is for one account and one connection, used once, dead after a minute.

use super::{BootMillis, UnixSeconds};
use crate::card::ChallengeText;
use crate::domain::account::UserId;

/// How long a challenge may be answered, in milliseconds.
pub const LIFETIME_MS: u64 = 60_000;
/// How many a connection may have open; the oldest goes when one more is issued.
const OPEN_PER_HOLDER: usize = 4;

/// Why an answer to a challenge was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChallengeError {
    /// Not issued here, already used, or issued for somebody else. Which of them is not said.
    #[error("カード認証の要求が無効です（使用済みなど）。もう一度カード認証をやり直してください")]
    Unknown,
    /// Too late.
    #[error("カード認証の制限時間（60秒）を過ぎました。もう一度カード認証をやり直してください")]
    Expired,
    /// The station's name cannot stand in a challenge.
    #[error("端末管理の設定（ステーション名）に使えない文字があります。管理者に連絡してください")]
    Station,
}

#[derive(Debug)]
struct Open {
    text: ChallengeText,
    account: UserId,
    holder: u64,
    expires: BootMillis,
}

/// The open challenges of a station. They are not stored: after a restart one simply asks again.
#[derive(Debug, Default)]
pub struct Challenges {
    open: Vec<Open>,
}

impl Challenges {
    /// Issues a challenge from 32 fresh random bytes. `holder` is the connection (or session) that asked.
    pub fn issue(
        &mut self,
        station: &str,
        account: &UserId,
        holder: u64,
        now: (UnixSeconds, BootMillis),
        random: &[u8; 32],
    ) -> Result<ChallengeText, ChallengeError> {
        let (wall, boot) = now;
        let text = ChallengeText::compose(station, account.as_str(), wall.0, random)
            .map_err(|_| ChallengeError::Station)?;
        self.open.retain(|open| boot <= open.expires);
        let mut of_holder = self.open.iter().filter(|open| open.holder == holder).count();
        self.open.retain(|open| {
            let oldest = open.holder == holder && of_holder >= OPEN_PER_HOLDER;
            of_holder -= usize::from(oldest);
            !oldest
        });
        let expires = boot.plus(LIFETIME_MS);
        self.open.push(Open { text: text.clone(), account: account.clone(), holder, expires });
        Ok(text)
    }

    /// Takes a challenge out: whatever comes of it, it cannot be used again.
    pub fn take(
        &mut self,
        text: &[u8],
        account: &UserId,
        holder: u64,
        now: BootMillis,
    ) -> Result<ChallengeText, ChallengeError> {
        let at = self
            .open
            .iter()
            .position(|open| open.holder == holder && open.text.as_bytes() == text)
            .ok_or(ChallengeError::Unknown)?;
        let open = self.open.remove(at);
        if open.account != *account {
            Err(ChallengeError::Unknown)
        } else if now > open.expires {
            Err(ChallengeError::Expired)
        } else {
            Ok(open.text)
        }
    }

    /// Forgets what a closed connection had open.
    pub fn forget(&mut self, holder: u64) {
        self.open.retain(|open| open.holder != holder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(id: &str) -> UserId {
        UserId::parse(id).unwrap()
    }

    fn issue(challenges: &mut Challenges, holder: u64, at: u64, random: u8) -> ChallengeText {
        let now = (UnixSeconds(1_763_856_000), BootMillis(at));
        challenges.issue("st-1", &user("dr.sato"), holder, now, &[random; 32]).unwrap()
    }

    #[test]
    fn once_in_time_by_the_same() {
        // account, holder, after milliseconds → expected
        let table = [
            ("dr.sato", 1, 0, Ok(())),
            ("dr.sato", 1, 60_000, Ok(())),
            ("dr.sato", 1, 60_001, Err(ChallengeError::Expired)),
            ("dr.kato", 1, 0, Err(ChallengeError::Unknown)),
            ("dr.sato", 2, 0, Err(ChallengeError::Unknown)),
        ];
        for (account, holder, after, expected) in table {
            let mut challenges = Challenges::default();
            let text = issue(&mut challenges, 1, 1000, 1);
            let now = BootMillis(1000 + after);
            let taken = challenges.take(text.as_bytes(), &user(account), holder, now);
            assert_eq!(taken.map(|_| ()), expected, "{account} {holder} {after}");
            if holder == 1 {
                let again = challenges.take(text.as_bytes(), &user("dr.sato"), 1, BootMillis(1000));
                assert_eq!(again.map(|_| ()), Err(ChallengeError::Unknown), "used once, however it ended");
            }
        }
    }

    #[test]
    fn made_up_texts_and_closed_connections() {
        let mut challenges = Challenges::default();
        let text = issue(&mut challenges, 1, 0, 1);
        let forged = ChallengeText::compose("st-1", "dr.sato", 1_763_856_000, &[9; 32]).unwrap();
        let take = |challenges: &mut Challenges, text: &[u8]| {
            challenges.take(text, &user("dr.sato"), 1, BootMillis(1)).map(|_| ())
        };
        assert_eq!(take(&mut challenges, forged.as_bytes()), Err(ChallengeError::Unknown));
        assert_eq!(take(&mut challenges, b""), Err(ChallengeError::Unknown));
        challenges.forget(1);
        assert_eq!(take(&mut challenges, text.as_bytes()), Err(ChallengeError::Unknown));
        let now = (UnixSeconds(0), BootMillis(0));
        let bad = challenges.issue("st 1\n", &user("a"), 1, now, &[0; 32]);
        assert_eq!(bad.map(|_| ()), Err(ChallengeError::Station));
    }

    #[test]
    fn one_connection_cannot_push_out_anothers_nor_pile_up() {
        let mut challenges = Challenges::default();
        let quiet = issue(&mut challenges, 1, 0, 1);
        let noisy: Vec<ChallengeText> = (0..50).map(|i| issue(&mut challenges, 2, 0, i)).collect();
        assert_eq!(challenges.open.len(), 1 + OPEN_PER_HOLDER);
        let take = |challenges: &mut Challenges, text: &ChallengeText, holder| {
            challenges.take(text.as_bytes(), &user("dr.sato"), holder, BootMillis(0)).is_ok()
        };
        assert!(take(&mut challenges, &quiet, 1));
        assert!(take(&mut challenges, &noisy[49], 2));
        assert!(take(&mut challenges, &noisy[46], 2));
        assert!(!take(&mut challenges, &noisy[45], 2));
        issue(&mut challenges, 3, LIFETIME_MS + 1, 1);
        assert_eq!(challenges.open.len(), 1, "what expired is forgotten");
    }
}
