//! The text that a card signs for a login.
//!
//! A card signs any digest it is given, so a stranger could pass off a document as a challenge. Hence the challenge
//! travels as text, every helper checks its shape, and only such a text is hashed and signed. Nothing else that is
//! ever signed begins with these words.

/// First line of every challenge: program, purpose and version.
pub const PREFIX: &str = "kyukyu-login-v1";

/// A well-formed challenge: the prefix, station, account, time and 32 random bytes, one line each.
#[derive(Clone, PartialEq, Eq)]
pub struct ChallengeText(String);

/// Bytes that are not a challenge of this program; nothing was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("署名を求められた内容がログイン用のものではないため、署名しませんでした。管理者に連絡してください")]
pub struct ChallengeRefused;

impl ChallengeText {
    /// Writes a challenge. `station` and `account` are 1 to 64 of `A-Z a-z 0-9 . _ -`; `unix_seconds` is the time of
    /// issue.
    pub fn compose(
        station: &str,
        account: &str,
        unix_seconds: u64,
        random: &[u8; 32],
    ) -> Result<Self, ChallengeRefused> {
        let random = super::hex::encode(random);
        let text =
            format!("{PREFIX}\nstation={station}\naccount={account}\ntime={unix_seconds}\nrandom={random}\n");
        Self::parse(text.as_bytes())
    }

    /// Checks the shape to the last byte.
    pub fn parse(bytes: &[u8]) -> Result<Self, ChallengeRefused> {
        let text = std::str::from_utf8(bytes).map_err(|_| ChallengeRefused)?;
        let body = text.strip_suffix('\n').ok_or(ChallengeRefused)?;
        let lines: [&str; 5] =
            body.split('\n').collect::<Vec<_>>().try_into().map_err(|_| ChallengeRefused)?;
        let [prefix, station, account, time, random] = lines;
        let good = prefix == PREFIX
            && station.strip_prefix("station=").is_some_and(is_name)
            && account.strip_prefix("account=").is_some_and(is_name)
            && time.strip_prefix("time=").is_some_and(is_time)
            && random.strip_prefix("random=").is_some_and(is_random);
        if good { Ok(Self(text.to_owned())) } else { Err(ChallengeRefused) }
    }

    /// The bytes that are hashed and signed.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

fn is_time(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_random(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'))
}

impl std::fmt::Debug for ChallengeText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ChallengeText({:?})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shape() {
        let good = ChallengeText::compose("st-1", "dr.sato", 1_763_856_000, &[7; 32]).unwrap();
        let text = good.as_str().to_owned();
        assert_eq!(
            text,
            format!(
                "kyukyu-login-v1\nstation=st-1\naccount=dr.sato\ntime=1763856000\nrandom={}\n",
                "07".repeat(32)
            )
        );
        assert_eq!(ChallengeText::parse(text.as_bytes()), Ok(good));

        let refused = [
            String::new(),
            "契約書".into(),
            text.replace("login-v1", "login-v2"),
            text.replace("login-v1", "sign-v1"),
            format!(" {text}"),
            format!("{text}\n"),
            format!("{text}amount=1\n"),
            text.trim_end().to_owned(),
            text.replace("st-1", ""),
            text.replace("st-1", "st 1"),
            text.replace("st-1", "st-1\nstation=2"),
            text.replace("dr.sato", &"x".repeat(65)),
            text.replace("1763856000", "-1"),
            text.replace("0707", "07"),
            text.replace("07", "0G"),
            text.replace('\n', "\r\n"),
            text.replace("account=", "user="),
        ];
        for text in refused {
            assert_eq!(ChallengeText::parse(text.as_bytes()), Err(ChallengeRefused), "{text:?}");
        }
        assert_eq!(ChallengeText::parse(&[0x30, 0x31, 0xFF]), Err(ChallengeRefused));
        assert_eq!(ChallengeText::compose("a\nb", "c", 0, &[0; 32]), Err(ChallengeRefused));
    }
}
