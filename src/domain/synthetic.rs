//! People who do not exist, for the tests of several files here: every pair of them differs, some in one thing only.

use super::candidate::{Person, Validity};
use super::key::Sex;
use super::{CalendarDate, SafeText};
use std::sync::LazyLock;

/// Today, for whatever is typed in a test.
pub(super) fn today() -> CalendarDate {
    CalendarDate::from_compact("20261123").unwrap()
}

static PEOPLE: LazyLock<Vec<(&'static str, Person)>> = LazyLock::new(make);

/// What each is called in the tests, and the person as the service would return them.
pub(super) fn people() -> Vec<(&'static str, Person)> {
    PEOPLE.clone()
}

/// One of them.
pub(super) fn someone(tag: &str) -> Person {
    PEOPLE.iter().find_map(|(t, person)| (*t == tag).then(|| person.clone())).unwrap()
}

fn make() -> Vec<(&'static str, Person)> {
    use Sex::{Female, Male, Unset};
    let police = ["33120015", "12-34", "567"];
    let table = [
        // One household: the twins and their sister share everything but name, sex and 枝番.
        ("太郎", police, "01", "山田　太郎", "ﾔﾏﾀﾞ ﾀﾛｳ", "19640107", Male, "千葉県架空市1-2-3"),
        ("花子", police, "02", "山田　花子", "ﾔﾏﾀﾞ ﾊﾅｺ", "19660520", Female, "千葉県架空市1-2-3"),
        ("双子一郎", police, "03", "山田　一郎", "ﾔﾏﾀﾞ ｲﾁﾛｳ", "20000302", Male, "千葉県架空市1-2-3"),
        ("双子二郎", police, "04", "山田　二郎", "ﾔﾏﾀﾞ ｼﾞﾛｳ", "20000302", Male, "千葉県架空市1-2-13"),
        ("双子の妹", police, "05", "山田　一子", "ﾔﾏﾀﾞ ｲﾁｺ", "20000302", Female, "千葉県架空市1-2-3"),
        ("枝番なし", police, "", "山田　三郎", "ﾔﾏﾀﾞ ｻﾌﾞﾛｳ", "20000302", Male, "千葉県架空市1-2-3"),
        // The same name; then also the same birth date.
        (
            "同姓同名",
            ["138057", "", "7654321"],
            "01",
            "山田　太郎",
            "ﾔﾏﾀﾞ ﾀﾛｳ",
            "19700707",
            Male,
            "東京都架空区1",
        ),
        (
            "同日国保",
            ["138057", "", "7654322"],
            "",
            "山田　太郎",
            "ﾔﾏﾀﾞ ﾀﾛｳ",
            "19640107",
            Male,
            "東京都架空区2",
        ),
        (
            "同日協会",
            ["01130012", "1234", "567"],
            "01",
            "山田　太郎",
            "ﾔﾏﾀﾞ ﾀﾛｳ",
            "19640107",
            Male,
            "東京都架空区12",
        ),
        (
            "同日別記号",
            ["01130012", "1235", "567"],
            "01",
            "山田　太郎",
            "ﾔﾏﾀﾞ ﾀﾛｳ",
            "19640107",
            Male,
            "東京都架空区12",
        ),
        (
            "失効",
            ["06130017", "9", "88"],
            "01",
            "山田　太郎",
            "ﾔﾏﾀﾞ ﾀﾛｳ",
            "19640107",
            Male,
            "千葉県架空市1-2-3",
        ),
        // Characters that look alike, and one that the service could not express.
        (
            "髙橋",
            ["34130013", "学", "12"],
            "01",
            "髙橋　花子",
            "ﾀｶﾊｼ ﾊﾅｺ",
            "19800615",
            Female,
            "神奈川県架空町7",
        ),
        (
            "高橋",
            ["34130013", "学", "13"],
            "01",
            "高橋　花子",
            "ﾀｶﾊｼ ﾊﾅｺ",
            "19800615",
            Female,
            "神奈川県架空町8",
        ),
        ("●橋", ["488056", "", "5"], "01", "●橋　花子", "ﾀｶﾊｼ ﾊﾅｺ", "19800615", Female, "神奈川県架空町9"),
        ("渡邊", ["01270016", "77", "1"], "01", "渡邊　健", "ﾜﾀﾅﾍﾞ ｹﾝ", "19901231", Male, "大阪府架空市1丁目"),
        ("渡邉", ["01270016", "77", "1"], "02", "渡邉　健", "ﾜﾀﾅﾍﾞ ｹﾝ", "19901231", Male, "大阪府架空市1丁目"),
        ("渡部", ["01270016", "77", "2"], "01", "渡部　健", "ﾜﾀﾍﾞ ｹﾝ", "19901231", Male, "大阪府架空市11丁目"),
        // Kana that differ by a mark or by size.
        ("ﾊﾟｸ", ["06130017", "外", "31"], "01", "朴　智賢", "ﾊﾟｸ ﾁｹﾝ", "19950228", Female, "愛知県架空市A-1"),
        ("ﾊﾞｸ", ["06130017", "外", "32"], "01", "朴　智賢", "ﾊﾞｸ ﾁｹﾝ", "19950228", Female, "愛知県架空市A-2"),
        (
            "ヤッダ",
            ["138057", "1", "0099"],
            "01",
            "ヤッダ　ミカ",
            "ﾔｯﾀﾞ ﾐｶ",
            "19990909",
            Female,
            "東京都架空区5",
        ),
        (
            "ヤツダ",
            ["138057", "1", "099"],
            "01",
            "ヤツダ　ミカ",
            "ﾔﾂﾀﾞ ﾐｶ",
            "19990909",
            Female,
            "東京都架空区6",
        ),
        // 後期高齢: neither 記号 nor 枝番.
        (
            "トメ",
            ["39131156", "", "01234567"],
            "",
            "架空　トメ",
            "ｶｸｳ ﾄﾒ",
            "19350911",
            Female,
            "沖縄県架空村1",
        ),
        (
            "トメ２",
            ["39131156", "", "01234568"],
            "",
            "架空　トメ",
            "ｶｸｳ ﾄﾒ",
            "19350911",
            Female,
            "沖縄県架空村2",
        ),
        (
            "未設定",
            ["34130013", "A", "1"],
            "01",
            "ＤＯＥ　ＲＯＢＩＮ",
            "ﾄﾞｳ ﾛﾋﾞﾝ",
            "19881111",
            Unset,
            "北海道架空町",
        ),
    ];
    let some = |text: &str| (!text.is_empty()).then(|| SafeText::from(text));
    table
        .into_iter()
        .map(|(tag, [insurer, symbol, number], branch, name, kana, birthdate, sex, address)| {
            let person = Person {
                reference_number: None,
                insurer_number: insurer.into(),
                insurer_name: format!("架空保険者{insurer}").into(),
                symbol: some(symbol),
                insured_number: number.into(),
                branch_number: some(branch),
                name: name.into(),
                kana: kana.into(),
                birthdate: Some(CalendarDate::from_compact(birthdate).unwrap()),
                sex: Some(sex),
                address: address.into(),
                validity: if tag == "失効" { Validity::LatestLapsed } else { Validity::Valid },
            };
            (tag, person)
        })
        .collect()
}
