//! 保険者番号 as the service checks it.

/// Whether a number is 8 digits, or 6 left-padded with two spaces, and its check digit agrees. There is no
/// 法別番号 00, so two zeros in front are a padding of the wrong kind.
pub(super) fn is_valid_as_sent(text: &str) -> bool {
    let digits = text.strip_prefix("  ").unwrap_or(text);
    text.len() == 8 && !digits.starts_with("00") && is_valid(digits)
}

/// Whether 6 or 8 digits end with their check digit: weights 2, 1, 2 … from the right of the body, the digits
/// of each product added, and the whole brought up to the next ten.
pub(super) fn is_valid(digits: &str) -> bool {
    if !matches!(digits.len(), 6 | 8) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let value = u32::from(digit - b'0');
            match (place % 2, value) {
                (0, value) => value,
                (_, value @ 0..=4) => value * 2,
                (_, value) => value * 2 - 9,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_example_and_its_neighbours() {
        assert!(is_valid_as_sent("33120015"));
        assert!(is_valid_as_sent("  139907"));
        for wrong in ["33120016", "00139907", "139907", "139907  ", " 3312001", "３３１２００１５", ""]
        {
            assert!(!is_valid_as_sent(wrong), "{wrong:?}");
        }
    }
}
