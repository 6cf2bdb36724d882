//! Bytes to text, strictly: a wrong byte is an error and never a substitute character in a clinical field.

use super::AnswerError;
use crate::domain::SafeText;
use crate::exchange::dialect::Dialect;
use encoding_rs::SHIFT_JIS;

const BOM: &[u8] = b"\xEF\xBB\xBF";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Utf8,
    ShiftJis,
}

/// Decodes by byte order mark, declaration, `CharacterCodeIdentifier`, UTF-8, in this order. The mark is taken off.
pub(super) fn decode(bytes: &[u8], dialect: &Dialect) -> Result<String, AnswerError> {
    refuse_wide(bytes)?;
    if let Some(rest) = bytes.strip_prefix(BOM) {
        return utf8(rest);
    }
    if BOM.starts_with(bytes) {
        return Err(AnswerError::Incomplete);
    }
    let encoding = match declared(bytes)? {
        Some(encoding) => encoding,
        None => identified(bytes, dialect).unwrap_or(Encoding::Utf8),
    };
    match encoding {
        Encoding::Utf8 => utf8(bytes),
        Encoding::ShiftJis => shift_jis(bytes),
    }
}

/// UTF-16 and UTF-32, with a mark or without: an XML text begins with `<` or a blank.
fn refuse_wide(bytes: &[u8]) -> Result<(), AnswerError> {
    let marked = bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF");
    let zeroes = bytes.iter().take(4).any(|&b| b == 0);
    if marked || zeroes { Err(AnswerError::Encoding("UTF-16".into())) } else { Ok(()) }
}

fn utf8(bytes: &[u8]) -> Result<String, AnswerError> {
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|error| match error.error_len() {
        None => AnswerError::Incomplete,
        Some(_) => AnswerError::Undecodable("UTF-8"),
    })
}

fn shift_jis(bytes: &[u8]) -> Result<String, AnswerError> {
    let strict = |bytes| SHIFT_JIS.decode_without_bom_handling_and_without_replacement(bytes);
    let Some(text) = strict(bytes) else {
        // Half a double-byte character at the very end is a file that is still growing.
        let cut = bytes.split_last().is_some_and(|(&last, rest)| last >= 0x80 && strict(rest).is_some());
        return Err(if cut { AnswerError::Incomplete } else { AnswerError::Undecodable("Shift_JIS") });
    };
    // UTF-8 Japanese often passes as Shift_JIS rubbish (縺ゅ); the reverse practically never happens, because a
    // full-width blank is 81 40, which UTF-8 cannot begin with.
    let really_utf8 =
        std::str::from_utf8(bytes).is_ok_and(|text| text.chars().any(|c| u32::from(c) >= 0x800));
    if really_utf8 { Err(AnswerError::Undecodable("Shift_JIS")) } else { Ok(text.into_owned()) }
}

/// The encoding of the XML declaration; `None` where there is none.
fn declared(bytes: &[u8]) -> Result<Option<Encoding>, AnswerError> {
    const OPEN: &[u8] = b"<?xml";
    if !bytes.starts_with(OPEN) {
        return if OPEN.starts_with(bytes) { Err(AnswerError::Incomplete) } else { Ok(None) };
    }
    let head = bytes.get(..bytes.len().min(512)).unwrap_or(bytes);
    let Some(end) = head.windows(2).position(|pair| pair == b"?>") else {
        let whole = bytes.len() < 512;
        return Err(if whole {
            AnswerError::Incomplete
        } else {
            AnswerError::Malformed("XML宣言が閉じていない")
        });
    };
    let declaration = head.get(..end).and_then(|head| std::str::from_utf8(head).ok());
    let declaration = declaration.ok_or(AnswerError::Malformed("XML宣言が読めない"))?;
    let Some(value) = pseudo_attribute(declaration, "encoding") else { return Ok(None) };
    match value.to_ascii_lowercase().as_str() {
        "utf-8" | "utf8" => Ok(Some(Encoding::Utf8)),
        "shift_jis" | "shift-jis" | "sjis" | "x-sjis" | "windows-31j" | "ms932" | "cp932" | "ms_kanji" => {
            Ok(Some(Encoding::ShiftJis))
        }
        _ => Err(AnswerError::Encoding(SafeText::new(value))),
    }
}

fn pseudo_attribute<'a>(declaration: &'a str, name: &str) -> Option<&'a str> {
    let after = declaration.split_once(name)?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = after.chars().next().filter(|c| *c == '"' || *c == '\'')?;
    after.get(1..)?.split(quote).next()
}

/// The code of `<CharacterCodeIdentifier>`, found in the bytes before they are text.
fn identified(bytes: &[u8], dialect: &Dialect) -> Option<Encoding> {
    let head = bytes.get(..bytes.len().min(16 * 1024)).unwrap_or(bytes);
    let head = String::from_utf8_lossy(head);
    let codes = &dialect.codes.character;
    dialect.answer.character_code.all().iter().find_map(|name| {
        let value = head.split_once(&format!("<{name}>"))?.1.split('<').next()?.trim();
        if codes.shift_jis.has(value) {
            Some(Encoding::ShiftJis)
        } else if codes.utf8.has(value) {
            Some(Encoding::Utf8)
        } else {
            None
        }
    })
}
