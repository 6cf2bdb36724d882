//! Bytes to text and back: CP932 under the name `Shift_JIS`, or UTF-8, and nothing guessed.

use encoding_rs::SHIFT_JIS;

/// How an answer is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    /// CP932, declared `Shift_JIS`; CharacterCodeIdentifier 1.
    ShiftJis,
    /// UTF-8; CharacterCodeIdentifier 0.
    Utf8,
    /// UTF-8 with a byte order mark.
    Utf8Bom,
}

impl Coding {
    /// The name in the XML declaration.
    pub(super) fn declared(self) -> &'static str {
        match self {
            Self::ShiftJis => "Shift_JIS",
            Self::Utf8 | Self::Utf8Bom => "UTF-8",
        }
    }

    /// CharacterCodeIdentifier.
    pub(super) fn identifier(self) -> &'static str {
        match self {
            Self::ShiftJis => "1",
            Self::Utf8 | Self::Utf8Bom => "0",
        }
    }

    /// The bytes, or nothing where a character has no place in CP932 (外字 above all).
    pub(super) fn encode(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Self::ShiftJis => cp932(text),
            Self::Utf8 => Some(text.as_bytes().to_vec()),
            Self::Utf8Bom => Some([b"\xef\xbb\xbf", text.as_bytes()].concat()),
        }
    }
}

/// CP932 in which every character survives the way back.
pub(super) fn cp932(text: &str) -> Option<Vec<u8>> {
    let (bytes, _, lost) = SHIFT_JIS.encode(text);
    let (back, _, broken) = SHIFT_JIS.decode(&bytes);
    (!lost && !broken && back == text).then(|| bytes.into_owned())
}

/// The text of a request: by its byte order mark, else by its declaration; strict. The error is what is wrong,
/// in words for the answer's ErrorMessage.
pub(super) fn decode(bytes: &[u8]) -> Result<String, String> {
    if let Some(rest) = bytes.strip_prefix(b"\xef\xbb\xbf") {
        return utf8(rest);
    }
    match declared(bytes).as_deref() {
        None | Some("utf-8") => utf8(bytes),
        Some("shift_jis" | "windows-31j") => {
            let (text, _, broken) = SHIFT_JIS.decode(bytes);
            if broken {
                return Err("Ｓｈｉｆｔ＿ＪＩＳとして読めない文字が含まれています".into());
            }
            Ok(text.into_owned())
        }
        Some(_) => Err("文字コードはＳｈｉｆｔ＿ＪＩＳまたはＵＴＦ－８にしてください".into()),
    }
}

fn utf8(bytes: &[u8]) -> Result<String, String> {
    String::from_utf8(bytes.to_vec()).map_err(|_| "ＵＴＦ－８として読めない文字が含まれています".to_owned())
}

/// The encoding name inside `<?xml … ?>`, in lower case.
fn declared(bytes: &[u8]) -> Option<String> {
    let head: String = bytes.iter().take(200).map(|b| char::from(*b)).collect();
    let (declaration, _) = head.strip_prefix("<?xml")?.split_once("?>")?;
    let (_, after) = declaration.split_once("encoding")?;
    let value = after.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value.split(quote).nth(1).map(str::to_ascii_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_as_it_declares() {
        let declared = |name: &str, body: &[u8]| {
            [format!("<?xml version=\"1.0\" encoding=\"{name}\" standalone=\"no\"?>").as_bytes(), body]
                .concat()
        };
        let sjis = cp932("髙橋ｶﾞ").unwrap();
        assert!(decode(&declared("Shift_JIS", &sjis)).unwrap().ends_with("髙橋ｶﾞ"));
        assert!(decode(&declared("UTF-8", "髙橋".as_bytes())).unwrap().ends_with("髙橋"));
        assert!(decode(&[b"\xef\xbb\xbf".as_slice(), &declared("UTF-8", "髙".as_bytes())].concat()).is_ok());
        assert!(decode(&declared("Shift_JIS", b"\x81")).is_err(), "half a character");
        assert!(decode(&declared("Shift_JIS", b"\xa0\xff")).is_err(), "not in CP932");
        assert!(decode(&declared("UTF-8", &sjis)).is_err());
        assert!(decode(&declared("EUC-JP", b"")).is_err());
    }

    #[test]
    fn what_cp932_cannot_carry_is_refused() {
        for text in ["\u{e0a1}", "¥", "‾", "𠮷", "\u{200b}", "\u{9b}"] {
            assert_eq!(cp932(text), None, "{text:?}");
        }
        assert!(cp932("髙﨑①㈱ﾊﾟ").is_some());
    }
}
