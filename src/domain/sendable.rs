//! What Windows-31J (CP932) can carry, character by character, so that nothing is ever sent as `?`.

use encoding_rs::SHIFT_JIS;

/// A full-width digit becomes the half-width one; everything else stays.
pub fn halve_digit(c: char) -> char {
    match c {
        '０'..='９' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        other => other,
    }
}

/// The first character that CP932 cannot carry unchanged, if any.
///
/// The encoder would silently send `¥` as `\` and `‾` as `~`, hence the round trip.
pub fn first_unsendable(text: &str) -> Option<char> {
    text.chars().find(|c| !round_trips(*c))
}

fn round_trips(c: char) -> bool {
    let mut buffer = [0; 4];
    let one: &str = c.encode_utf8(&mut buffer);
    let (bytes, _, lost) = SHIFT_JIS.encode(one);
    if lost {
        return false;
    }
    let (back, _, broken) = SHIFT_JIS.decode(&bytes);
    !broken && back == one
}

/// placeholder until merged
pub fn halve(t: &str) -> String {
    t.chars().map(halve_digit).collect()
}
/// placeholder
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// placeholder
    #[error("姓と名")]
    Missing,
}
/// placeholder
pub fn parse_person_name(t: &str) -> Result<String, NameError> {
    Ok(t.to_owned())
}
