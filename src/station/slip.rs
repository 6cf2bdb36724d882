//! The slip that a patient is given (D8): who looked, when, why, at what kinds of information, what マイナポータル shows,
//! whom to ask and how to object. Plain words, one page. No medical content: the patient's own copy may lie about.

use super::desk::{Desk, Stop};
use super::reviews;
use crate::clock;
use crate::domain::SafeText;
use crate::domain::consent::{Consent, UnobtainableReason};
use crate::domain::enquiry::Enquiry;
use crate::domain::explanation::Explanation;
use crate::domain::review::{About, Item, Part, PersonConfirmed, Role};
use crate::protocol::reviews::SlipView;

/// Whom to ask where the site has not said.
const USUAL_CONTACT: &str = "当院の患者相談窓口";

/// To whom it happened that another patient was taken for him or her.
const SOMEBODY_ELSE: &str = "【取り違え】別の患者さんについての照会でしたが、あなたの情報が届きました。本人確認で別の方と分かったため、医療情報は表示していません。";

/// The slip of an enquiry.
pub(super) fn of(desk: &Desk<'_, '_>, enquiry: &Enquiry, kept: &Explanation) -> Result<SlipView, Stop> {
    let items: Vec<Item> = reviews::all_of(desk, &enquiry.id)?;
    let items: Vec<&Item> = items.iter().filter(|i| matches!(i.about, About::Enquiry { .. })).collect();
    let training = if desk.shop.training { "【訓練】" } else { "" };
    let patient = items.iter().map(|item| &item.facts.patient).rfind(|name| !name.is_empty());
    let patient = patient.unwrap_or(&kept.patient);
    let mut lines = vec![
        format!("{patient}　様"),
        String::new(),
        format!("{}　　{}", desk.shop.config.facility, japanese_day(desk.now.utc_ms)),
        String::new(),
        "救急の場面で、オンライン資格確認等システムを通じて、あなたの医療情報を照会しました。いつ、誰が、なぜ、どのような情報を見たかをお知らせします。".to_owned(),
        String::new(),
        format!("【日時】{}", times(enquiry)),
        format!("【照会・閲覧者】{}", people(&items, Role::Looked)),
    ];
    match people(&items, Role::Judged) {
        judge if judge.is_empty() => {}
        judge => lines.push(format!("【判断した者】{judge}")),
    }
    lines.push("【理由】患者さんの生命、身体の保護のために必要であると判断しました。".to_owned());
    lines.extend(consent(enquiry));
    lines.push(format!("【見た情報】{}", seen(&items, kept)));
    if items.iter().any(|item| item.facts.person == PersonConfirmed::Other) {
        lines.push(SOMEBODY_ELSE.to_owned());
    }
    lines.push(format!("【マイナポータル】{}", portal(enquiry, kept)));
    lines.push(String::new());
    let contact = desk.shop.config.explanation_contact.as_ref().map_or(USUAL_CONTACT, SafeText::as_str);
    lines.push(format!("【お問い合わせ】{contact}"));
    lines.push("【ご異議】ご納得いただけないときは、お問い合わせ先にお申し出ください。お申し出は記録し、閲覧に関わっていない担当者が優先して確認します。".to_owned());
    lines.push(String::new());
    lines.push("説明を受けた方　＿＿＿＿＿＿＿＿＿＿＿＿（本人・家族・代理人）".to_owned());
    lines.push("説明した者　　　＿＿＿＿＿＿＿＿＿＿＿＿　　　　　　年　　月　　日".to_owned());
    lines.push(String::new());
    lines.push(format!("（照会の番号 {}　症例 {}）", enquiry.id, enquiry.case));
    let history = kept
        .given
        .iter()
        .map(|given| {
            let (at, to) = (clock::minute(given.at_ms), given.to.label());
            format!("{at} 説明（{to}・説明者 {}）{}", given.by, given.words)
        })
        .chain(kept.objections.iter().map(|o| format!("{} 異議　{}", clock::minute(o.at_ms), o.words)));
    Ok(SlipView {
        title: SafeText::new(&format!("{training}救急時の医療情報の閲覧についてのご説明")),
        history: history.map(|line| SafeText::new(&line)).collect(),
        paragraphs: lines.iter().map(|line| SafeText::new(line)).collect(),
    })
}

fn japanese_day(ms: i64) -> String {
    let at = clock::jst(ms);
    format!("{}年{}月{}日", at.year(), at.month(), at.day())
}

fn japanese(ms: i64) -> String {
    let at = clock::jst(ms);
    format!("{} {}時{:02}分", japanese_day(ms), at.hour(), at.minute())
}

/// When it was asked first, and last where that is another minute.
fn times(enquiry: &Enquiry) -> String {
    let first = enquiry.requests.first().map(|past| japanese(past.sent.at_ms)).unwrap_or_default();
    let last = enquiry.requests.last().map(|past| japanese(past.sent.at_ms)).unwrap_or_default();
    if first == last {
        first
    } else {
        format!("{first}から {last}まで（{}回）", enquiry.requests.len())
    }
}

fn people(items: &[&Item], role: Role) -> String {
    let mut names: Vec<String> = Vec::new();
    for part in items.iter().flat_map(|item| &item.parts).filter(|part| part.role == role) {
        let words = Part::words(part);
        if !names.contains(&words) {
            names.push(words);
        }
    }
    names.join("、")
}

/// 同意, in the patient's words; what was tried, where it could not be had.
fn consent(enquiry: &Enquiry) -> Vec<String> {
    let Some(confirmation) = &enquiry.confirmation else { return Vec::new() };
    let said = |words: &str| format!("【同意】{words}");
    match &confirmation.consent {
        Consent::Given { how } => vec![said(&format!("あなたの同意をいただきました（{}）。", how.label()))],
        Consent::Unobtainable { reason, tried, words } => {
            let why = match reason {
                UnobtainableReason::ImpairedConsciousness => {
                    "意識の状態により、同意をいただくことができませんでした。"
                }
                UnobtainableReason::NoTime => "治療を急ぐ必要があり、同意をいただく時間がありませんでした。",
                UnobtainableReason::FamilyOnly => {
                    "あなたから同意をいただくことができず、ご家族の同意をいただきました。"
                }
                UnobtainableReason::Refused => {
                    "同意をいただけませんでしたが、生命、身体の保護のために必要と判断しました。"
                }
                UnobtainableReason::Other => "次の事情により、同意をいただくことができませんでした。",
            };
            let mut lines = vec![said(why)];
            lines.push(format!("　（同意をいただくために試みたこと）{tried}"));
            if !words.is_empty() {
                lines.push(format!("　（事情）{words}"));
            }
            lines
        }
    }
}

fn seen(items: &[&Item], kept: &Explanation) -> String {
    let mut kinds: Vec<&str> = Vec::new();
    for kind in items.iter().flat_map(|item| &item.facts.displayed) {
        if !kinds.contains(&kind.as_str()) && kind.as_str() != reviews::SEARCHED {
            kinds.push(kind.as_str());
        }
    }
    match (kinds.is_empty(), kept.arrived) {
        (false, _) => format!("救急用サマリーのうち、{}", kinds.join("・")),
        (true, true) => "救急用サマリーを受け取りましたが、画面には表示していません。".to_owned(),
        (true, false) => "医療情報は受け取っていません。".to_owned(),
    }
}

/// What the guide says of it (T4.1.4-2): one person found and the information shown there leaves a trace.
fn portal(enquiry: &Enquiry, kept: &Explanation) -> String {
    if kept.arrived {
        return "当院があなたの医療情報を閲覧した履歴を、マイナポータルから確認できます。".to_owned();
    }
    let answered = enquiry.requests.iter().all(|past| past.answer_sha256.is_some());
    if answered {
        "医療情報を受け取っていないため、閲覧の履歴は表示されない見込みです。".to_owned()
    } else {
        "照会の結果を受け取れていません。閲覧の履歴が表示されることがあります。".to_owned()
    }
}
