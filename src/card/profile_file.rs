//! A file of further card profiles, so that a new kind of card needs no new program.
//!
//! The file has the shape of `profiles.toml`. A profile under a name that is compiled in takes that one's place, any
//! other comes after those. What is wrong is told with its line, before any card is touched.

use super::{Profile, Profiles, profile::SignatureVariant};
use crate::data_file::{DataFile, DataFileError};
use serde::Deserialize;

/// What is wrong with a file of profiles.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line} 行目: {what}。直してからやり直してください")]
pub struct ProfilesRefused {
    /// Line, from 1.
    pub line: usize,
    /// What.
    pub what: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entries {
    profile: Vec<Profile>,
}

impl Profiles {
    /// These and those of a file.
    pub fn with_file(mut self, text: &str) -> Result<Self, ProfilesRefused> {
        let refused = |error: DataFileError| ProfilesRefused {
            line: error.line,
            what: format!("書き方が正しくありません（{}）", error.what),
        };
        let file = DataFile::parse(text).map_err(refused)?;
        let entries: Entries = file.read().map_err(refused)?;
        let mut names: Vec<String> = Vec::new();
        for (profile, line) in entries.profile.into_iter().zip(file.lines_of("profile")) {
            let refused = |what| ProfilesRefused { line, what };
            if names.contains(&profile.name) {
                return Err(refused(format!("プロファイル「{}」が2つあります", profile.name)));
            }
            names.push(profile.name.clone());
            check(&profile).map_err(refused)?;
            self.put(profile).map_err(refused)?;
        }
        Ok(self)
    }

    /// In the place of the one of that name, or at the end.
    fn put(&mut self, profile: Profile) -> Result<(), String> {
        let others = self.iter().filter(|other| other.name != profile.name);
        for other in others {
            // A card answers to the beginning of an application's name as well.
            if other.aid.starts_with(&profile.aid) || profile.aid.starts_with(&other.aid) {
                return Err(format!("「{}」の aid は「{}」のものと区別できません", profile.name, other.name));
            }
        }
        self.replace(profile);
        Ok(())
    }
}

fn check(profile: &Profile) -> Result<(), String> {
    let Profile { name, pin, signature, .. } = profile;
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || !name.chars().all(word) {
        return Err("name は半角の英小文字・数字・- だけで書きます".to_owned());
    }
    if profile.label.is_empty() || profile.unlock.is_empty() {
        return Err(format!("「{name}」の label と unlock に、画面に出す文が必要です"));
    }
    if pin.min == 0 || pin.min > pin.max || pin.max > 16 {
        return Err(format!("「{name}」の pin の min と max は 1 から 16 の間で、min ≦ max とします"));
    }
    if !(2..=15).contains(&pin.tries) {
        return Err(format!("「{name}」の pin の tries は 2 から 15 の間です"));
    }
    if !(0x80..=0x9F).contains(&pin.p2) {
        return Err(format!("「{name}」の pin の p2 は 0x80 から 0x9F の間です"));
    }
    let ecdsa = signature.contains(&SignatureVariant::Digest);
    if signature.is_empty() || (ecdsa && signature.len() > 1) {
        return Err(format!(
            "「{name}」の signature には署名の方法が必要です（digest はほかの方法と並べられません）"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW: &str = r#"
# A card of the year 2028.
[[profile]]
name = "next"
kind = "my_number"
label = "次期カード"
unlock = "窓口で手続きしてください"
aid = "A000000999"
select_p2 = 0x0C
select_expects_answer = false
certificate_ef = 0x0001
key_ef = 0x0002
pin = { ef = 0x0003, p2 = 0x81, min = 6, max = 8, characters = "digits", tries = 5 }
signature = ["digest"]
hash = "sha384"
"#;

    #[test]
    fn a_new_profile_comes_after_the_others_and_a_known_one_in_its_place() {
        let builtin: Vec<String> = Profiles::builtin().iter().map(|p| p.name.clone()).collect();
        let profiles = Profiles::builtin().with_file(NEW).unwrap();
        let names: Vec<String> = profiles.iter().map(|p| p.name.clone()).collect();
        assert_eq!(names, [builtin.clone(), vec!["next".to_owned()]].concat());
        assert_eq!(profiles.get("next").unwrap().pin.tries, 5);

        let other = NEW.replace("\"next\"", "\"jpki\"");
        let profiles = Profiles::builtin().with_file(&other).unwrap();
        assert_eq!(profiles.iter().map(|p| p.name.clone()).collect::<Vec<_>>(), builtin);
        assert_eq!(profiles.get("jpki").unwrap().aid, [0xA0, 0, 0, 0x09, 0x99]);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let twice = format!("{NEW}{NEW}");
        // (what stands there, what is written instead, line, words)
        let table = [
            ("0x0C", "0x10C", 9, "書き方"),
            ("A000000999", "A0", 8, "5 to 16 bytes"),
            ("sha384", "md5", 15, "書き方"),
            ("label =", "lable =", 6, "書き方"),
            ("[[profile]]", "[[profiles]]", 3, "書き方"),
            ("\"next\"", "\"Next card\"", 3, "name"),
            ("次期カード", "", 3, "label"),
            ("min = 6", "min = 9", 3, "min"),
            ("max = 8", "max = 17", 3, "max"),
            ("tries = 5", "tries = 1", 3, "tries"),
            ("0x81", "0x01", 3, "p2"),
            ("[\"digest\"]", "[]", 3, "signature"),
            ("[\"digest\"]", "[\"digest\", \"digest-info\"]", 3, "digest"),
            ("A000000999", "D392F00026", 3, "「jpki」のものと区別できません"),
            ("A000000999", "D392F00026010000000101", 3, "「jpki」のものと区別できません"),
        ];
        for (there, instead, line, words) in table {
            let error = Profiles::builtin().with_file(&NEW.replace(there, instead)).unwrap_err();
            assert_eq!(error.line, line, "{instead}: {error}");
            assert!(error.to_string().contains(words), "{instead}: {error}");
        }
        let error = Profiles::builtin().with_file(&twice).unwrap_err();
        assert_eq!(
            error.to_string(),
            "18 行目: プロファイル「next」が2つあります。直してからやり直してください"
        );
    }
}
