//! One Japanese line per entry, for screens and `log show`.

use super::{Act, Consent, Entry, Link, Subject, words};
use crate::domain::SafeText;
use crate::domain::factor::Factor;
use crate::domain::hc_role;

/// What was done, in one line; who, when and on whom stand in columns of their own.
pub fn describe(entry: &Entry) -> SafeText {
    let act = act(&entry.act);
    match &entry.on_behalf_of {
        None => SafeText::from(act),
        Some(judge) => SafeText::from(format!("{act}（判断者: {}）", judge.name)),
    }
}

fn act(act: &Act) -> String {
    match act {
        Act::StoreCreated { previous: None, .. } => "ログを新しく作成".to_owned(),
        Act::StoreCreated { previous: Some(previous), .. } => {
            let of = previous.store_id.as_str().get(..8).unwrap_or_default();
            let seen = previous.witnessed.as_ref();
            let seen = seen.map(|seen| format!("、{}は{}番まで", seen.by, seen.size)).unwrap_or_default();
            format!("ログを新しく作成（保管庫{of}の{}番までの旧ログに続く{seen}）", previous.seq)
        }
        Act::StoreOpened { checked, faults: 0, unclean, .. } => {
            format!("ステーション起動（記録{checked}件を確認・異常なし{}）", after_crash(*unclean))
        }
        Act::StoreOpened { checked, faults, unclean, .. } => {
            format!("ステーション起動（記録{checked}件を確認・異常{faults}件{}）", after_crash(*unclean))
        }
        Act::StoreClosed { cause } => format!("ステーション停止（{cause}）"),
        Act::Heartbeat { sessions, waiting } => format!("稼働中（利用中{sessions}・照会待ち{waiting}）"),
        Act::StationState { part, state, detail } => {
            let word = match state {
                Link::Alive => "復旧",
                Link::Dead => "異常",
            };
            format!("{}: {word}{}", part.label(), in_brackets(detail))
        }
        Act::Damage { what, done } => format!("破損を検出: {what}（対処: {done}）"),
        Act::DamageAcknowledged { words } => format!("破損・巻戻しの確認（{words}）"),
        Act::LogKeyCreated { key, replaces: None } => format!("操作ログの署名鍵を作成（{key}）"),
        Act::LogKeyCreated { key, replaces: Some(_) } => {
            format!("操作ログの署名鍵を交換（{key}。以前の鍵の署名は以前の検証鍵で確かめてください）")
        }
        Act::SettingChanged { changes } => format!("設定の変更（{}）", fields(changes)),
        Act::AuthorityAdded { factor, subject, .. } => {
            format!("認証局の登録（{}・{subject}）", factor.label())
        }
        Act::AuthorityRemoved { factor, subject, reason, .. } => {
            format!("認証局の登録取消（{}・{subject}・{reason}）", factor.label())
        }
        Act::RevocationListsRead { lists, refused } if refused.is_empty() => {
            format!("失効リストの読込み（{lists}件）")
        }
        Act::RevocationListsRead { lists, refused } => {
            format!("失効リストの読込み（{lists}件・使えないもの{}件）", refused.len())
        }
        Act::MyNumberAllowed { basis } => {
            format!("マイナンバーカードでのログインを有効にして起動（{basis}）")
        }

        Act::LoginPasswordOk {} => "ログイン（PW）".to_owned(),
        Act::LoginPasswordFailed { typed_user, why, failures } => {
            format!("ログイン失敗（{typed_user}・{}・連続{failures}回）", why.label())
        }
        Act::CardChallengeIssued { .. } => "カード認証の開始".to_owned(),
        Act::CardAccepted { factor, hc_role, revocation, .. } => {
            let revocation = revocation.map(super::Revocation::label);
            format!(
                "カード認証（{}{}{}）",
                factor.label(),
                also(role(hc_role.as_ref()).as_ref()),
                also(revocation.as_ref())
            )
        }
        Act::CardRefused { why, user: Some(user), .. } => format!("登録するカードの拒否（{user}・{why}）"),
        Act::CardRefused { why, .. } => format!("カード認証の拒否（{why}）"),
        Act::SessionStarted { factors } => format!("セッション開始（{}）", factor_words(factors)),
        Act::SessionResumed {} => "セッション再開（再接続）".to_owned(),
        Act::SessionLocked { cause } => format!("画面ロック（{}）", cause.label()),
        Act::SessionUnlocked { factors } => format!("ロック解除（{}）", factor_words(factors)),
        Act::SessionEnded { cause } => format!("ログアウト（{}）", cause.label()),
        Act::AccountAdded { user, name, profession, .. } => {
            format!("利用者の登録（{user} {name}・{}）", profession.label())
        }
        Act::AccountChanged { user, changes } => format!("利用者の変更（{user}・{}）", fields(changes)),
        Act::PermissionGranted { user, permission } => {
            format!("権限の付与（{user}・{}）", permission.label())
        }
        Act::PermissionRevoked { user, permission } => {
            format!("権限の取消（{user}・{}）", permission.label())
        }
        Act::AccountDisabled { user } => format!("利用者の停止（{user}）"),
        Act::AccountLocked { user, seconds } => format!("利用者の一時ロック（{user}・{seconds}秒）"),
        Act::AccountUnlocked { user } => format!("利用者のロック解除（{user}）"),
        Act::PasswordSet { user } => format!("パスワードの設定（{user}）"),
        Act::CardEnrolled { user, factor, hc_role, by, .. } => format!(
            "カードの登録（{user}・{}{}{}）",
            factor.label(),
            also(role(hc_role.as_ref()).as_ref()),
            also(by.as_ref().map(super::EnrolledBy::label).as_ref())
        ),
        Act::CardRemoved { user, reason, .. } => {
            format!("カードの登録取消（{user}{}）", also(reason.as_ref()))
        }
        Act::EnrolmentChallengeIssued { user, .. } => format!("カード登録の開始（{user}）"),
        Act::CardProposed { user, factor, .. } => {
            format!("カード登録の申請（{user}・{}・承認待ち）", factor.label())
        }
        Act::CardRejected { user, reason, .. } => format!("カード登録の却下（{user}・{reason}）"),
        Act::TokenSecretShown { user, token, emergency } => {
            format!("{}の登録を開始（{user}・{token}）", token_word(*emergency))
        }
        Act::TokenEnrolled { user, token } => format!("トークンの登録（{user}・{token}）"),
        Act::EmergencyTokenIssued { user, token, reason, until, priority_review } => format!(
            "緊急トークンの発行（{user}・{token}・{reason}・{until}まで）{}",
            review(*priority_review)
        ),
        Act::TokenAccepted { token, emergency, priority_review, .. } => format!(
            "ワンタイムパスワード認証（{}{token}）{}",
            if *emergency { "緊急トークン " } else { "" },
            review(*priority_review)
        ),
        Act::TokenRefused { why, failures } => {
            format!("ワンタイムパスワード認証の拒否（{why}・連続{failures}回）")
        }
        Act::TokenRevoked { user, token, reason } => format!("トークンの失効（{user}・{token}・{reason}）"),
        Act::EmergencyTokenExpired { user, token } => format!("緊急トークンの期限切れ（{user}・{token}）"),
        Act::RecoveryDeclared { words, tokens, sessions, priority_review } => format!(
            "復旧の宣言（{words}・緊急トークン{tokens}件を失効・セッション{sessions}件を終了）{}",
            review(*priority_review)
        ),
        Act::Refusal { act, reason, .. } => format!("拒否: {}（{reason}）", words::act_label(act.as_str())),
        Act::RefusalsCounted { act, reason: Some(reason), times, seconds, .. } => {
            let act = words::act_label(act.as_str());
            format!("同じ拒否がさらに{times}回: {act}（{reason}・{seconds}秒間）")
        }
        Act::RefusalsCounted { act, reason: None, times, seconds, .. } => {
            let act = words::act_label(act.as_str());
            format!("【警告】多数の拒否のうち記録を省いたもの{times}回: {act}（{seconds}秒間）")
        }

        Act::CaseOpened {} => "症例の開始".to_owned(),
        Act::CaseChanged { changes } => format!("症例の変更（{}）", fields(changes)),
        Act::CaseClosed { reason } => format!("症例の終了（{reason}）"),
        Act::DraftSaved {} => "入力中のキーを保存".to_owned(),
        Act::DraftDropped {} => "入力中のキーを破棄".to_owned(),
        Act::KeyConfirmed { method, on_file: None, sent } => {
            format!("照会キーの確認（{}・{}）", method.label(), person(sent))
        }
        Act::KeyConfirmed { method, on_file: Some(on_file), sent } => format!(
            "照会キーの確認（{}・登録値 {} → 送信値 {}）",
            method.label(),
            person(on_file),
            person(sent)
        ),
        Act::CautionShown { moment, .. } => format!("注意事項の表示（{}）", moment.label()),
        Act::ConsentRecorded { necessity, consent, how, priority_review, .. } => format!(
            "必要性{}・{}（{how}）{}",
            if *necessity { "あり" } else { "なし" },
            consent.label(),
            review(*priority_review)
        ),
        Act::RequestIntended { request, method, consent, factors, .. } => format!(
            "照会要求 {request}（{}{}・{}）",
            method.label(),
            if *consent == Consent::Unobtainable { "・同意取得困難" } else { "・同意あり" },
            factor_words(factors)
        ),
        Act::RequestWritten { request, .. } => format!("照会要求を書き出し（{request}）"),
        Act::RequestWriteFailed { request, why } => format!("照会要求を書き出せず（{request}・{why}）"),
        Act::RequestWithdrawn { request } => format!("取下げ済（{request}）"),
        Act::RequestMaybeSent { request, why } => format!("送信済の可能性（{request}・{why}）"),
        Act::RequestTaken { request } => format!("連携ソフトが受取り（{request}）"),
        Act::AnswerArrived { request, hits, result, .. } => {
            let hits = hits.map_or_else(String::new, |hits| format!("・{hits}件"));
            format!("応答を受信（{request}・{result}{hits}）")
        }
        Act::AnswerRefused { file, why, .. } => format!("応答を不採用（{file}・{why}）"),
        Act::AnswerLate { request, .. } => format!("遅れて届いた応答を保管（{request}）"),
        Act::AnswerConflict { request, .. } => format!("【警告】内容の異なる二つ目の応答（{request}）"),
        Act::AnswerMismatch { request, fields, .. } => {
            let fields: Vec<&str> = fields.iter().map(SafeText::as_str).collect();
            format!("【警告】別人の応答の疑い（{request}・{}）", fields.join("・"))
        }
        Act::CandidatesShown { candidates } => format!("候補{}名を表示", candidates.len()),
        Act::CandidateChosen { index, field, typed, candidate } => {
            format!("候補{index}を選択（{}「{typed}」・{}）", field.label(), person(candidate))
        }
        Act::CandidateChoiceRefused { index, why, .. } => format!("候補{index}の選択を拒否（{why}）"),
        Act::SearchRefined { next: None } => "絞り込んで再検索".to_owned(),
        Act::SearchRefined { next: Some(next) } => format!("条件を再指定（別の照会 {next} として）"),
        Act::EnquiryCancelled {} => "照会の中止".to_owned(),
        Act::EnquiryTimedOut { seconds } => format!("時間切れ（{seconds}秒応答なし）"),
        Act::EnquiryAbandoned {} => "照会の終了（結果を使わず）".to_owned(),
        Act::FileNoted { file, why } => format!("連携フォルダのファイルを記録（{file}・{}）", why.label()),
        Act::FaceListShown { shown, .. } => format!("カードリーダー結果の一覧を表示（{shown}件）"),
        Act::FaceResultCopied { file, .. } => format!("カードリーダー結果を取込み（{file}）"),

        Act::PersonShown { person: shown } => format!("本人確認画面の表示（{}）", person(shown)),
        Act::PersonConfirmed { against } => format!("本人であることを確認（{against}）"),
        Act::PersonRejected { why } => format!("本人ではないと判断（{why}）"),
        Act::SummaryDisplayed { sections, .. } => {
            let sections: Vec<&str> = sections.iter().map(SafeText::as_str).collect();
            format!("救急用サマリーを表示（{}）", sections.join("・"))
        }
        Act::SummarySearched { sections, .. } => {
            let sections: Vec<&str> = sections.iter().map(SafeText::as_str).collect();
            let found = if sections.is_empty() { "該当なし".to_owned() } else { sections.join("・") };
            format!("救急用サマリーを絞り込み（{found}）")
        }
        Act::DocumentDisplayed { information, .. } => format!("文書を表示（{information}）"),
        Act::DocumentExported { document, to, .. } => format!("文書を書き出し（{document}→{to}）"),
        Act::DocumentPrinted { document, printer, pages, .. } => {
            format!("文書を印刷（{document}・{printer}・{pages}頁）")
        }
        Act::DocumentDeleted { document, why, .. } => format!("文書を削除（{document}・{why}）"),

        Act::ReviewListShown { open, overdue } => {
            format!("事後確認の一覧を表示（未了{open}件・期限超過{overdue}件）")
        }
        Act::ClosedReviewsShown { month } => {
            format!("完了した事後確認の一覧を表示{}", month.as_ref().map(in_brackets).unwrap_or_default())
        }
        Act::ReviewShown { review } => format!("事後確認を表示（{review}）"),
        Act::ReviewClosed { review, about, verdict, words } => {
            format!("事後確認の判定（{review}・{about}・{}・{words}）", verdict.label())
        }
        Act::ReviewFollowed { review, follows, words } => {
            format!("再確認を開始（{follows}に続く{review}・{words}）")
        }
        Act::ReviewReported { month, format } => format!("事後確認の月次報告を書き出し（{month}・{format}）"),
        Act::ExplanationListShown {} => "事後説明の一覧を表示".to_owned(),
        Act::ExplanationSlipShown {} => "事後説明書を表示".to_owned(),
        Act::ExplanationGiven { to, by, words } => format!("事後説明（{to}・説明者 {by}・{words}）"),
        Act::ObjectionRaised { review, words, priority_review } => {
            format!("異議の申し出（{words}・事後確認 {review}）{}", self::review(*priority_review))
        }

        Act::LogOpened {} => "操作ログを表示".to_owned(),
        Act::LogSearched { filter } => format!("操作ログを検索（{filter}）"),
        Act::LogExported { format, first, last, period, .. } => {
            format!("操作ログを書き出し（{format}・{first}～{last}番{}）", also(period.as_ref()))
        }
        Act::LogExportEnded { format, rows, whole, sha256, .. } => {
            let end = if *whole { "完了" } else { "中断" };
            let hash = sha256.as_ref().map(|hash| format!("SHA-256 {hash}"));
            format!("操作ログの書き出しが{end}（{format}・{rows}件{}）", also(hash.as_ref()))
        }
        Act::LogVerified { entries, faults: 0 } => format!("操作ログを検証（{entries}件・異常なし）"),
        Act::LogVerified { entries, faults } => format!("操作ログを検証（{entries}件・異常{faults}件）"),
    }
}

fn after_crash(unclean: bool) -> &'static str {
    if unclean { "・前回は異常終了" } else { "" }
}

/// One more word in a list.
fn also(word: Option<&impl std::fmt::Display>) -> String {
    word.map(|word| format!("・{word}")).unwrap_or_default()
}

/// The profession that a card names.
fn role(hc_role: Option<&SafeText>) -> Option<&str> {
    hc_role.map(|role| hc_role::label(role.as_str()))
}

fn review(priority: bool) -> &'static str {
    if priority { "【優先確認】" } else { "" }
}

fn token_word(emergency: bool) -> &'static str {
    if emergency { "緊急トークン" } else { "トークン" }
}

fn in_brackets(detail: &SafeText) -> String {
    if detail.is_empty() { String::new() } else { format!("（{detail}）") }
}

fn fields(changes: &[super::Change]) -> String {
    let fields: Vec<&str> = changes.iter().map(|change| change.field.as_str()).collect();
    fields.join("・")
}

fn factor_words(factors: &[Factor]) -> String {
    let words: Vec<&str> = factors.iter().map(|factor| factor.label()).collect();
    words.join("＋")
}

/// The shortest thing that tells a person: the name, else the key, else the hospital's number.
fn person(subject: &Subject) -> String {
    let key = [&subject.insurer_number, &subject.symbol, &subject.number, &subject.branch];
    let key: Vec<&str> = key.into_iter().flatten().map(SafeText::as_str).collect();
    match (&subject.name, &subject.patient_id) {
        (Some(name), _) => name.to_string(),
        (None, _) if !key.is_empty() => key.join("-"),
        (None, Some(id)) => format!("患者番号{id}"),
        (None, None) => "特定情報なし".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::account::Profession;
    use crate::log::{Actor, ClockNote, LoginFailure, Method, NewEntry, Revocation, SessionCause, Stamp};

    fn text(plain: &str) -> SafeText {
        SafeText::new(plain)
    }

    fn line(act: Act, judge: Option<&str>) -> String {
        let at = Stamp { utc_ms: 0, boot_ms: 0, boot_id: text("b"), clock: ClockNote::Steady };
        let mut new = NewEntry::of_station(at, text("er"), act);
        new.on_behalf_of = judge.map(|name| Actor {
            user: text("dr.sato"),
            name: text(name),
            profession: Some(Profession::Doctor),
            record_user: None,
        });
        describe(&new.numbered(1, false)).to_string()
    }

    #[test]
    fn lines() {
        let key = Subject {
            insurer_number: Some(text("06139999")),
            number: Some(text("12")),
            branch: Some(text("01")),
            ..Subject::default()
        };
        let named = Subject { name: Some(text("山田　太郎")), ..key.clone() };
        let table = [
            (Act::LoginPasswordOk {}, None, "ログイン（PW）"),
            (
                Act::LoginPasswordFailed {
                    typed_user: text("root\u{1b}[2J"),
                    why: LoginFailure::UnknownUser,
                    failures: 3,
                },
                None,
                "ログイン失敗（root<U+001B>[2J・未登録の利用者ID・連続3回）",
            ),
            (
                Act::SessionStarted { factors: vec![Factor::Password, Factor::SoftwareCard] },
                None,
                "セッション開始（PW＋訓練カード）",
            ),
            (Act::SessionEnded { cause: SessionCause::LineLost }, None, "ログアウト（回線断）"),
            (
                Act::Refusal {
                    act: text("read_summary"),
                    reason: text("本人確認が済んでいません"),
                    input: false,
                },
                None,
                "拒否: サマリーの表示（本人確認が済んでいません）",
            ),
            (
                Act::Refusal { act: text("later_act"), reason: text("理由"), input: true },
                None,
                "拒否: later_act（理由）",
            ),
            (
                Act::RefusalsCounted {
                    act: text("login"),
                    reason: Some(text("sato・接続元の待ち時間中")),
                    times: 41,
                    seconds: 60,
                    input: false,
                },
                None,
                "同じ拒否がさらに41回: ログイン（sato・接続元の待ち時間中・60秒間）",
            ),
            (
                Act::RefusalsCounted { act: text("home"), reason: None, times: 2, seconds: 3, input: false },
                None,
                "【警告】多数の拒否のうち記録を省いたもの2回: ホーム画面の表示（3秒間）",
            ),
            (
                Act::RequestIntended {
                    request: text("r1"),
                    file: text("f"),
                    method: Method::InsuranceKey,
                    key: Box::new(key.clone()),
                    consent: Consent::Unobtainable,
                    information: text("1"),
                    factors: vec![Factor::Password, Factor::HpkiCard],
                },
                Some("佐藤"),
                "照会要求 r1（資格確認書等情報・同意取得困難・PW＋HPKI）（判断者: 佐藤）",
            ),
            (
                Act::KeyConfirmed {
                    method: Method::InsuranceKey,
                    on_file: Some(Box::new(named)),
                    sent: Box::new(key),
                },
                None,
                "照会キーの確認（資格確認書等情報・登録値 山田　太郎 → 送信値 06139999-12-01）",
            ),
            (
                Act::CardAccepted {
                    challenge: text("c"),
                    factor: Factor::HpkiCard,
                    certificate: text("k"),
                    hc_role: Some(text("General Nurse")),
                    revocation: Some(Revocation::Grace { lapsed: 1 }),
                },
                None,
                "カード認証（HPKI・看護師・失効リスト期限切れ・猶予中）",
            ),
            (
                Act::CardAccepted {
                    challenge: text("c"),
                    factor: Factor::HpkiCard,
                    certificate: text("k"),
                    hc_role: None,
                    revocation: None,
                },
                None,
                "カード認証（HPKI）",
            ),
            (
                Act::CardRemoved { user: text("sato"), certificate: text("k"), reason: None },
                None,
                "カードの登録取消（sato）",
            ),
            (
                Act::RevocationListsRead { lists: 1, refused: vec![text("a.crl: 壊れています")] },
                None,
                "失効リストの読込み（1件・使えないもの1件）",
            ),
            (
                Act::EmergencyTokenIssued {
                    user: text("dr.sato"),
                    token: text("k7m2p4qx"),
                    reason: text("リーダー故障"),
                    until: text("2026-11-24 03:12"),
                    priority_review: true,
                },
                None,
                "緊急トークンの発行（dr.sato・k7m2p4qx・リーダー故障・2026-11-24 03:12まで）【優先確認】",
            ),
            (
                Act::TokenAccepted {
                    token: text("k7m2p4qx"),
                    factor: Factor::OneTimePassword,
                    emergency: true,
                    priority_review: true,
                },
                None,
                "ワンタイムパスワード認証（緊急トークン k7m2p4qx）【優先確認】",
            ),
            (Act::LogVerified { entries: 10, faults: 2 }, None, "操作ログを検証（10件・異常2件）"),
        ];
        for (act, judge, expected) in table {
            assert_eq!(line(act, judge), expected);
        }
    }
}
