//! Every field of one entry with its Japanese name, for whoever looks at it alone. None is left out, and none is cut.

use super::{Entry, describe};
use crate::domain::SafeText;
use serde_json::Value;

/// Names of members, wherever they stand. A member without a name here is shown by the one in the bytes.
const NAMES: &[(&str, &str)] = &[
    ("act", "操作"),
    ("actor", "利用者"),
    ("on_behalf_of", "判断者"),
    ("at", "時刻"),
    ("utc_ms", "UTC（ミリ秒）"),
    ("boot_ms", "起動からの時間（ミリ秒）"),
    ("boot_id", "起動の識別子"),
    ("clock", "時計の状態"),
    ("host", "ステーション"),
    ("terminal", "端末"),
    ("session", "セッション"),
    ("case", "症例"),
    ("enquiry", "照会"),
    ("subject", "患者"),
    ("key", "照会キー"),
    ("sent", "送信値"),
    ("on_file", "登録値"),
    ("person", "患者"),
    ("people", "患者"),
    ("candidate", "候補"),
    ("candidates", "候補"),
    ("user", "利用者ID"),
    ("typed_user", "入力された利用者ID"),
    ("name", "氏名"),
    ("profession", "資格・職種"),
    ("record_user", "電子カルテ利用者ID"),
    ("patient_id", "患者ID"),
    ("reference_number", "照会番号"),
    ("insurer_number", "保険者番号"),
    ("insurer_name", "保険者名"),
    ("symbol", "記号"),
    ("number", "番号"),
    ("branch", "枝番"),
    ("kana", "氏名カナ"),
    ("birthdate", "生年月日"),
    ("sex", "性別（コード）"),
    ("address", "住所"),
    ("kind", "種別（コード）"),
    ("request", "照会要求"),
    ("file", "ファイル"),
    ("method", "特定方法"),
    ("consent", "同意"),
    ("necessity", "必要性"),
    ("information", "情報の種類"),
    ("sections", "区分"),
    ("factors", "認証要素"),
    ("factor", "認証要素"),
    ("filter", "条件"),
    ("reason", "理由"),
    ("why", "理由"),
    ("changes", "変更"),
    ("field", "項目"),
    ("from", "変更前"),
    ("to", "変更後・宛先"),
    ("permission", "権限"),
    ("permissions", "権限"),
    ("certificate", "証明書"),
    ("challenge", "チャレンジ"),
    ("token", "トークン"),
    ("cause", "理由"),
    ("entries", "件数"),
    ("faults", "異常の件数"),
    ("document", "文書"),
    ("hits", "該当数"),
    ("result", "結果"),
    ("bytes", "バイト数"),
    ("format", "形式"),
    ("period", "期間"),
    ("rows", "件数"),
    ("whole", "最後まで"),
    ("sha256", "SHA-256"),
    ("month", "月"),
];

/// What stands first, who and where and about whom before what.
const ORDER: &[&str] = &["actor", "on_behalf_of", "terminal", "case", "enquiry", "subject", "act"];

/// The fields, all but number and 訓練 which stand above: name and text.
pub fn details(entry: &Entry) -> Vec<(SafeText, SafeText)> {
    let mut found = vec![(SafeText::from("内容"), describe(entry))];
    if let Value::Object(mut members) = serde_json::to_value(entry).unwrap_or_default() {
        for name in ORDER {
            if let Some(value) = members.remove(*name) {
                flatten(&mut found, label(name).to_owned(), &value);
            }
        }
        members.retain(|name, _| name != "seq" && name != "training");
        members.iter().for_each(|(name, value)| flatten(&mut found, label(name).to_owned(), value));
    }
    found
}

fn label(name: &str) -> &str {
    NAMES.iter().find(|(known, _)| *known == name).map_or(name, |(_, label)| label)
}

fn flatten(found: &mut Vec<(SafeText, SafeText)>, name: String, value: &Value) {
    match value {
        Value::Null => {}
        Value::Object(members) => {
            members.iter().for_each(|(member, value)| {
                flatten(found, format!("{name} {}", label(member)), value);
            });
        }
        Value::Array(values) => {
            for (value, place) in values.iter().zip(1..) {
                flatten(found, format!("{name} {place}"), value);
            }
        }
        Value::String(text) => found.push((name.into(), SafeText::new(text))),
        Value::Bool(yes) => found.push((name.into(), if *yes { "はい" } else { "いいえ" }.into())),
        Value::Number(number) => found.push((name.into(), number.to_string().into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::{Act, ClockNote, NewEntry, Stamp, Subject};

    #[test]
    fn every_field_has_its_line() {
        let at = Stamp { utc_ms: 1, boot_ms: 2, boot_id: "b".into(), clock: ClockNote::Steady };
        let people = ["山田　太郎", "鈴木　花子"].map(|name| Subject {
            name: Some(name.into()),
            birthdate: Some("1955-11-03".into()),
            ..Subject::default()
        });
        let act = Act::CandidatesShown { candidates: people.to_vec() };
        let entry = NewEntry::of_station(at, "er".into(), act).numbered(7, true);
        let lines: Vec<String> =
            details(&entry).iter().map(|(name, text)| format!("{name}: {text}")).collect();
        assert_eq!(
            lines,
            [
                "内容: 候補2名を表示",
                "操作 候補 1 生年月日: 1955-11-03",
                "操作 候補 1 氏名: 山田　太郎",
                "操作 候補 2 生年月日: 1955-11-03",
                "操作 候補 2 氏名: 鈴木　花子",
                "操作 種別（コード）: candidates_shown",
                "時刻 起動の識別子: b",
                "時刻 起動からの時間（ミリ秒）: 2",
                "時刻 UTC（ミリ秒）: 1",
                "ステーション: er",
            ]
        );
    }
}
