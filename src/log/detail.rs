//! Every field of one entry with its Japanese name, for whoever looks at it alone. None is left out, and none is cut.

use super::search::Group;
use super::words::{
    ChoiceField, Consent, EnrolledBy, Link, LoginFailure, Method, Moment, Oddity, Part, ReviewVerdict,
    Revocation, SessionCause, act_label,
};
use super::{Entry, describe};
use crate::domain::account::{Permission, Profession};
use crate::domain::factor::Factor;
use crate::domain::key::Sex;
use crate::domain::{SafeText, hc_role};
use serde::de::DeserializeOwned;
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
    ("sex", "性別"),
    ("address", "住所"),
    ("kind", "種別"),
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
    ("about", "対象"),
    ("against", "身元の根拠"),
    ("basis", "根拠"),
    ("by", "説明者・方法"),
    ("caution", "注意事項"),
    ("checked", "確認した件数"),
    ("detail", "詳細"),
    ("done", "対処"),
    ("emergency", "緊急トークン"),
    ("failures", "連続した失敗の回数"),
    ("fields", "項目"),
    ("first", "最初の番号"),
    ("first_sha256", "先に届いた応答のSHA-256"),
    ("follows", "もとの事後確認"),
    ("fresh", "有効なリスト"),
    ("grace", "期限切れのリスト（猶予中）"),
    ("hash", "ハッシュ値"),
    ("hc_role", "カードの資格"),
    ("how", "方法・理由"),
    ("index", "候補の番号"),
    ("lapsed", "期限（UNIX秒）"),
    ("last", "最後の番号"),
    ("lists", "失効リストの数"),
    ("moment", "表示の場面"),
    ("next", "続きの照会"),
    ("open", "未了の件数"),
    ("overdue", "期限超過の件数"),
    ("pages", "頁数"),
    ("part", "対象"),
    ("previous", "以前の保管庫"),
    ("printer", "印刷先"),
    ("priority_review", "優先の事後確認"),
    ("proposed", "申請者"),
    ("refused", "使えないもの"),
    ("replaces", "以前の鍵"),
    ("revocation", "失効確認"),
    ("review", "事後確認"),
    ("root", "ルートハッシュ"),
    ("seconds", "秒数"),
    ("seq", "番号"),
    ("sessions", "セッション数"),
    ("shown", "表示した件数"),
    ("size", "件数"),
    ("state", "状態"),
    ("stepped", "時計のずれ（ミリ秒）"),
    ("store_id", "保管庫の識別子"),
    ("times", "回数"),
    ("tokens", "トークン数"),
    ("tried", "同意を得るための試み"),
    ("two_persons", "2人の管理者"),
    ("typed", "入力値"),
    ("unclean", "前回は異常終了"),
    ("until", "期限"),
    ("verdict", "判定"),
    ("version", "版"),
    ("waiting", "照会待ちの件数"),
    ("what", "内容"),
    ("witnessed", "外部の控え"),
    ("words", "記載"),
];

/// What stands first, who and where and about whom before what.
const ORDER: &[&str] = &["actor", "on_behalf_of", "terminal", "case", "enquiry", "subject", "act"];

/// The fields, all but number and 訓練 which stand above: name and text.
pub fn details(entry: &Entry) -> Vec<(SafeText, SafeText)> {
    let mut found = vec![(SafeText::from("内容"), describe(entry))];
    if let Value::Object(mut members) = serde_json::to_value(entry).unwrap_or_default() {
        for name in ORDER {
            if let Some(value) = members.remove(*name) {
                flatten(&mut found, label(name).to_owned(), name, &value);
            }
        }
        members.retain(|name, _| name != "seq" && name != "training");
        members.iter().for_each(|(name, value)| flatten(&mut found, label(name).to_owned(), name, value));
    }
    found
}

fn label(name: &str) -> &str {
    NAMES.iter().find(|(known, _)| *known == name).map_or(name, |(_, label)| label)
}

fn flatten(found: &mut Vec<(SafeText, SafeText)>, name: String, member: &str, value: &Value) {
    match value {
        Value::Null => {}
        Value::Object(members) => {
            members.iter().for_each(|(member, value)| {
                flatten(found, format!("{name} {}", label(member)), member, value);
            });
        }
        Value::Array(values) => {
            for (value, place) in values.iter().zip(1..) {
                flatten(found, format!("{name} {place}"), member, value);
            }
        }
        Value::String(text) => {
            let words = words(member, text).unwrap_or_else(|| text.clone());
            found.push((name.into(), SafeText::new(&words)));
        }
        Value::Bool(yes) => found.push((name.into(), if *yes { "はい" } else { "いいえ" }.into())),
        Value::Number(number) => found.push((name.into(), number.to_string().into())),
    }
}

/// The Japanese words for a code, by the member that holds it. Texts of people are no codes, and stand as they are;
/// so does a code that this version does not know. What programs are asked by, and what a card says, keep their code.
fn words(member: &str, code: &str) -> Option<String> {
    let label = match member {
        "kind" => {
            let group = Group::ALL.into_iter().find(|group| group.kinds().contains(&code))?;
            return Some(format!("{}（{code}）", group.label()));
        }
        "hc_role" => {
            let known = Some(hc_role::label(code)).filter(|label| *label != code)?;
            return Some(format!("{known}（{code}）"));
        }
        "act" => act_label(code),
        "sex" => Sex::from_code(code)?.label(),
        "profession" => read::<Profession>(code)?.label(),
        "permission" | "permissions" => read::<Permission>(code)?.label(),
        "factor" | "factors" => read::<Factor>(code)?.label(),
        "method" => read::<Method>(code)?.label(),
        "consent" => read::<Consent>(code)?.label(),
        "moment" => read::<Moment>(code)?.label(),
        "verdict" => read::<ReviewVerdict>(code)?.label(),
        "field" => read::<ChoiceField>(code)?.label(),
        "part" => read::<Part>(code)?.label(),
        "state" => match read::<Link>(code)? {
            Link::Alive => "復旧",
            Link::Dead => "異常",
        },
        "cause" => read::<SessionCause>(code)?.label(),
        "why" => {
            let failure = read::<LoginFailure>(code).map(LoginFailure::label);
            failure.or_else(|| read::<Oddity>(code).map(Oddity::label))?
        }
        "revocation" => read::<Revocation>(code)?.label(),
        "by" => return read::<EnrolledBy>(code).map(|by| by.label().to_owned()),
        "clock" if code == "unsynchronised" => "同期されていない",
        _ => return None,
    };
    Some(label.to_owned())
}

fn read<T: DeserializeOwned>(code: &str) -> Option<T> {
    serde_json::from_value(Value::String(code.to_owned())).ok()
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
                "操作 種別: 照会・応答（candidates_shown）",
                "時刻 起動の識別子: b",
                "時刻 起動からの時間（ミリ秒）: 2",
                "時刻 UTC（ミリ秒）: 1",
                "ステーション: er",
            ]
        );
    }

    /// Nobody has to know a code: not one name of a member, and no word of a vocabulary but what programs ask for.
    #[test]
    fn codes_are_said_in_japanese() {
        let at = Stamp { utc_ms: 1, boot_ms: 2, boot_id: "B".into(), clock: ClockNote::Unsynchronised };
        let snake = |text: &str| text.bytes().any(|b| b.is_ascii_lowercase()) && !text.contains('（');
        let plain = ["UTC", "SHA-256", "UNIX", "ID"];
        let mut lines = Vec::new();
        for line in include_str!("../../fixtures/log/acts.jsonl").lines() {
            let act: Act = serde_json::from_str(line).unwrap();
            let entry = NewEntry::of_station(at.clone(), "ER".into(), act).numbered(7, true);
            for (name, text) in details(&entry) {
                let rest = plain.iter().fold(name.to_string(), |rest, known| rest.replace(known, ""));
                assert!(!rest.bytes().any(|b| b.is_ascii_alphabetic()), "{name}: {text}");
                lines.push(format!("{name}: {text}"));
            }
        }
        for said in [
            "操作 種別: 表示・持ち出し（summary_searched）",
            "操作 資格・職種: 医師",
            "操作 照会キー 性別: 男",
            "操作 カードの資格: 医師（Medical Doctor）",
            "操作 理由: 未登録の利用者ID",
            "操作 理由: カード抜去",
            "操作 理由: 停止の指示",
            "操作 身元の根拠: 家族",
            "操作 操作: 照会要求",
            "操作 認証要素 2: HPKI",
            "操作 項目: 枝番",
            "操作 判定: 要確認",
            "時刻 時計の状態: 同期されていない",
        ] {
            assert!(lines.iter().any(|line| line == said), "{said} is not in {lines:#?}");
        }
        let vocabularies = ["権限", "要素", "特定方法", "同意", "場面", "対象", "状態", "判定"];
        for line in lines.iter().filter(|line| line.starts_with("操作 ")) {
            let (name, text) = line.split_once(": ").unwrap();
            let coded = vocabularies.iter().any(|word| name.contains(word)) && !name.contains("試み");
            assert!(!coded || !snake(text), "{line}");
        }
    }
}
