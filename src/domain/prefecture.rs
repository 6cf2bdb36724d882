//! 都道府県番号 (JIS X 0401), part of insurer numbers and institution codes: 01 北海道 to 47 沖縄県.

/// In the order of their numbers.
const NAMES: [&str; 47] = [
    "北海道",
    "青森県",
    "岩手県",
    "宮城県",
    "秋田県",
    "山形県",
    "福島県",
    "茨城県",
    "栃木県",
    "群馬県",
    "埼玉県",
    "千葉県",
    "東京都",
    "神奈川県",
    "新潟県",
    "富山県",
    "石川県",
    "福井県",
    "山梨県",
    "長野県",
    "岐阜県",
    "静岡県",
    "愛知県",
    "三重県",
    "滋賀県",
    "京都府",
    "大阪府",
    "兵庫県",
    "奈良県",
    "和歌山県",
    "鳥取県",
    "島根県",
    "岡山県",
    "広島県",
    "山口県",
    "徳島県",
    "香川県",
    "愛媛県",
    "高知県",
    "福岡県",
    "佐賀県",
    "長崎県",
    "熊本県",
    "大分県",
    "宮崎県",
    "鹿児島県",
    "沖縄県",
];

/// 都道府県 of its two-digit number, `01` to `47`.
pub fn name(number: &str) -> Option<&'static str> {
    if number.len() != 2 || !number.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let place = number.parse::<usize>().ok()?.checked_sub(1)?;
    NAMES.get(place).copied()
}

#[cfg(test)]
mod tests {
    #[test]
    fn prefectures_by_number() {
        let table = [("01", Some("北海道")), ("13", Some("東京都")), ("47", Some("沖縄県"))];
        for (number, name) in table.into_iter().chain(["00", "48", "1", "", "+1", "１３"].map(|n| (n, None)))
        {
            assert_eq!(super::name(number), name, "{number}");
        }
    }
}
