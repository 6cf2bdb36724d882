use super::*;
use serde::Deserialize;
use std::path::Path;

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Station {
    name: String,
    beds: u16,
    #[serde(default)]
    night: Option<bool>,
    #[serde(default)]
    shifts: Vec<Shift>,
    #[serde(default)]
    rest: Vec<Rest>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Shift {
    Day,
    Night,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Rest {
    None,
    Hours(u8),
    Between { from: String, to: String },
}

const GOOD: &str = "name = \"救急\" # 一階\nbeds = 0x20\nnight = true\nshifts = [\"day\",\n  \"night\"]\n\
                    rest = [\"none\", { hours = 8 }, { between = { from = \"1\", to = \"2\" } }]\n";

#[test]
fn a_file_becomes_a_type() {
    let rest = vec![Rest::None, Rest::Hours(8), Rest::Between { from: "1".into(), to: "2".into() }];
    let shifts = vec![Shift::Day, Shift::Night];
    let station = Station { name: "救急".into(), beds: 32, night: Some(true), shifts, rest };
    assert_eq!(from_str::<Station>(GOOD).unwrap(), station);
}

#[test]
fn each_mistake_has_its_place_and_its_sentence() {
    let table = [
        (
            "night = true",
            "nihgt = true",
            (3, 1),
            "「nihgt」という項目はありません。書けるのは name、beds、night",
        ),
        ("night = true", "beds = 3", (3, 1), "同じ名前の項目が前にもあります"),
        ("beds = 0x20\n", "", (1, 1), "「beds」がありません"),
        ("beds = 0x20", "beds = \"32\"", (2, 8), "整数を書いてください"),
        ("beds = 0x20", "beds = -1", (2, 8), "-1 はここでは使えない値です"),
        ("beds = 0x20", "beds = 65536", (2, 8), "65536 はここでは使えない値です"),
        ("beds = 0x20", "beds = 99999999999999999999", (2, 8), "もっと小さい整数"),
        ("beds = 0x20", "beds = 3.5", (2, 8), "整数を"),
        ("beds = 0x20", "beds = 2026-01-01", (2, 8), "整数を"),
        ("true", "\"true\"", (3, 9), "true か false"),
        ("\"救急\"", "119", (1, 8), "\" \" で囲んだ文字列"),
        ("\"救急\"", "\"救急", (1, 16), "TOMLとして読めません"),
        ("\"救急\"", "[\"救急\"]", (1, 8), "文字列"),
        ("[\"day\",\n  \"night\"]", "\"day\"", (4, 10), "[ ] で囲んだ並び"),
        ("\"night\"]", "\"nigth\"]", (5, 3), "「nigth」は使えません。day、night のどれか"),
        ("\"night\"]", "{ night = 1 }]", (5, 13), "値を付けずに \"night\" とだけ"),
        ("{ hours = 8 }", "\"hours\"", (6, 17), "{ hours = 値 }"),
        ("{ hours = 8 }", "{ hours = 256 }", (6, 27), "256 はここでは使えない値です"),
        ("from = \"1\", ", "", (6, 44), "「from」がありません"),
    ];
    for (from, to, place, words) in table {
        assert!(GOOD.contains(from), "{from}");
        let error = from_str::<Station>(&GOOD.replacen(from, to, 1)).unwrap_err();
        assert!(error.what.contains(words), "{to}: {error}");
        assert_eq!((error.line, error.column), place, "{to}: {error}");
    }
    let error = from_str::<Station>(&GOOD.replace("0x20", "yes")).unwrap_err().to_string();
    assert!(error.starts_with("2行目の8文字目: ") && error.ends_with("\n    beds = yes"), "{error}");
}

#[test]
fn entries_know_their_lines() {
    let text = "# zwei\n[[bind]]\nx = 1\n\n[[bind]]\nx = 2\n";
    assert_eq!(DataFile::parse(text).unwrap().lines_of("bind"), [2, 5]);
    assert_eq!(DataFile::parse("bind = [\n  { x = 1 },\n  { x = 2 }]").unwrap().lines_of("bind"), [2, 3]);
    assert_eq!(DataFile::parse("bind = 3").unwrap().lines_of("bind"), [0; 0]);
}

/// The crate's own reading is the judge: every file of the project comes out the same.
#[test]
fn every_file_reads_as_the_crate_reads_it() {
    let mut seen = 0;
    let mut folders = vec!["src", "keymaps", "fixtures", "packaging"]
        .into_iter()
        .map(Path::new)
        .map(Path::to_owned)
        .collect::<Vec<_>>();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "toml") {
                let text = std::fs::read_to_string(&path).unwrap();
                let judge: toml::Table = toml::from_str(&text).unwrap();
                assert_eq!(from_str::<toml::Table>(&text).unwrap(), judge, "{}", path.display());
                seen += 1;
            }
        }
    }
    assert!(seen >= 10, "{seen}");
}
