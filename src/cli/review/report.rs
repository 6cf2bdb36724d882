//! The report of a month, page by page from the station: as text for a printer, as a table, or as JSON lines. Nothing of
//! it is kept but the sums.

use super::super::client::ask;
use super::super::{Failure, out};
use super::month::ReportMonth;
use super::paper::Paper;
use crate::archive::csv::Sheet;
use crate::client::{Client, ClientFault};
use crate::domain::SafeText;
use crate::domain::enquiry::EnquiryId;
use crate::domain::review::{About, Priority, Role, Verdict};
use crate::protocol::reviews::{ReportPage, ReviewView};
use crate::protocol::{Reply, Request};
use std::collections::BTreeSet;

/// Until there is a register of the hospital's patients to compare with.
const REGISTER: &str = "患者登録なし（未導入）";

const COLUMNS: [&str; 29] = [
    "番号",
    "内容",
    "優先の理由",
    "日時",
    "閲覧者等ID",
    "閲覧者等",
    "職種",
    "判断者",
    "患者",
    "病院の患者登録にあるか",
    "必要性",
    "同意",
    "試みたこと",
    "事情・理由",
    "特定の方法",
    "身元の根拠",
    "認証",
    "照会要求の回数",
    "結果",
    "本人確認",
    "表示した情報",
    "確認の期限",
    "確認の状況",
    "判定",
    "確認者",
    "所見",
    "再確認元",
    "異議の内容",
    "異議の対象",
];

/// What the end of the report says.
#[derive(Default)]
struct Sums {
    items: usize,
    /// Each once, however many items are about it.
    enquiries: BTreeSet<EnquiryId>,
    /// Of them those on which the patient had refused.
    refused: BTreeSet<EnquiryId>,
    again: usize,
    tokens: usize,
    objections: usize,
    open: usize,
    overdue: usize,
    verdicts: [usize; 3],
    refusals: Vec<(SafeText, u64)>,
    inputs: Vec<(SafeText, u64)>,
}

pub(super) fn run(client: &mut Client, month: ReportMonth, csv: bool, json: bool) -> Result<(), Failure> {
    let mut pages = Pages { client, month, csv, after: None, more: true };
    if json {
        while let Some(page) = pages.next()? {
            page.items.iter().for_each(out::json);
        }
        return Ok(());
    }
    if csv {
        let mut sheet = Sheet::begin(std::io::stdout().lock(), &COLUMNS)?;
        while let Some(page) = pages.next()? {
            for view in &page.items {
                sheet.write(&cells(view))?;
            }
        }
        return Ok(sheet.end()?);
    }
    let Some(mut page) = pages.next()? else { return Ok(()) };
    let heading = format!("事後確認 月次報告 {}", month.0.label());
    let below = format!("{}  作成 {}", page.facility, page.made);
    let (refusals, inputs) = (std::mem::take(&mut page.refusals), std::mem::take(&mut page.inputs));
    let mut sums = Sums { refusals, inputs, ..Sums::default() };
    let mut put = |line: &str| match line.strip_prefix('\u{c}') {
        Some(line) => out::own(&format!("\u{c}{}", SafeText::new(line))),
        None => out::line(line),
    };
    let mut paper = Paper::begin(heading, below, &mut put);
    let mut page = Some(page);
    while let Some(of) = page {
        for view in &of.items {
            sums.add(view);
            paper.block(&block(view));
        }
        page = pages.next()?;
    }
    paper.block(&sums.lines());
    Ok(())
}

/// The pages of the station.
struct Pages<'a> {
    client: &'a mut Client,
    month: ReportMonth,
    csv: bool,
    after: Option<crate::domain::review::ReviewId>,
    more: bool,
}

impl Pages<'_> {
    fn next(&mut self) -> Result<Option<ReportPage>, Failure> {
        if !self.more {
            return Ok(None);
        }
        let request = Request::ReviewReport { month: self.month.0, csv: self.csv, after: self.after.clone() };
        let Reply::Report(page) = ask(self.client, request)? else {
            return Err(Box::new(ClientFault::NotUnderstood));
        };
        self.after = page.items.last().map(|view| view.item.id.clone());
        self.more = page.more && self.after.is_some();
        Ok(Some(*page))
    }
}

fn state(view: &ReviewView) -> &'static str {
    match (&view.item.closing, view.overdue) {
        (Some(_), _) => "確認済",
        (None, true) => "未確認（期限超過）",
        (None, false) => "未確認",
    }
}

fn priority(view: &ReviewView) -> String {
    view.item.priority.iter().map(|why| why.label()).collect::<Vec<_>>().join("・")
}

/// One item as a row.
fn cells(view: &ReviewView) -> [String; 29] {
    let (item, facts) = (&view.item, &view.item.facts);
    let of_patient = item.about.enquiry().is_some();
    let if_patient = |text: String| if of_patient { text } else { String::new() };
    let parts: Vec<_> = item.parts.iter().filter(|part| part.role != Role::Judged).collect();
    let joined = |words: Vec<String>| words.join("・");
    let closing = item.closing.as_ref();
    let (objection, accesses) = item.about.objection();
    [
        item.id.to_string(),
        item.about.label().to_owned(),
        priority(view),
        view.at.to_string(),
        joined(parts.iter().map(|part| part.user.to_string()).collect()),
        joined(parts.iter().map(|part| part.name.to_string()).collect()),
        joined(parts.iter().filter_map(|part| part.profession).map(|p| p.label().to_owned()).collect()),
        joined(item.parts.iter().filter(|p| p.role == Role::Judged).map(|p| p.name.to_string()).collect()),
        facts.patient.to_string(),
        if_patient(REGISTER.to_owned()),
        if_patient(if facts.necessity { "確認あり" } else { "確認なし" }.to_owned()),
        facts.consent.to_string(),
        facts.tried.to_string(),
        facts.words.to_string(),
        facts.method.to_string(),
        facts.evidence.to_string(),
        facts.factor_words().to_string(),
        if_patient(facts.requests.to_string()),
        facts.outcome.to_string(),
        if_patient(facts.person.label().to_owned()),
        if_patient(facts.displayed_words().to_string()),
        view.due.to_string(),
        state(view).to_owned(),
        closing.map(|closing| closing.verdict.label().to_owned()).unwrap_or_default(),
        closing.map(|closing| format!("{} {}", closing.by, closing.name)).unwrap_or_default(),
        closing.map(|closing| closing.words.to_string()).unwrap_or_default(),
        item.follows.as_ref().map(ToString::to_string).unwrap_or_default(),
        objection.to_owned(),
        accesses,
    ]
}

/// One item on paper.
fn block(view: &ReviewView) -> Vec<String> {
    let mark = priority(view);
    let mark = if mark.is_empty() { mark } else { format!("【優先：{mark}】") };
    let (item, facts) = (&view.item, &view.item.facts);
    let mut lines = vec![format!("{}  {}  {}{mark}", item.id, view.at, item.about.label())];
    let people: Vec<String> = item
        .parts
        .iter()
        .map(|part| format!("{} {}（{}）", part.role.label(), part.words(), part.user))
        .collect();
    lines.push(format!("  {}", people.join("、")));
    let (objection, accesses) = item.about.objection();
    if !objection.is_empty() {
        lines.push(format!("  異議の内容 {objection}"));
    }
    if !accesses.is_empty() {
        lines.push(format!("  対象の事後確認 {accesses}（以下はその照会・閲覧について）"));
    }
    if item.about.enquiry().is_some() {
        lines.push(format!("  患者 {}  [{REGISTER}]  特定 {}", facts.patient, facts.method));
        lines.push(format!("  {}  試みたこと {}", facts.consent, or_none(&facts.tried)));
        lines.push(format!("  身元の根拠 {}  {}", facts.evidence, facts.person.label()));
        lines.push(format!(
            "  結果 {}（照会要求{}回）  表示 {}",
            or_none(&facts.outcome),
            facts.requests,
            facts.displayed_words()
        ));
    }
    if !facts.words.is_empty() {
        lines.push(format!("  事情・理由 {}", facts.words));
    }
    lines.push(match &item.closing {
        Some(closing) => format!(
            "  確認済 {}  {}（{} {}）",
            closing.verdict.label(),
            closing.words,
            closing.by,
            closing.name
        ),
        None => format!("  {}  期限 {}", state(view), view.due),
    });
    lines.push(String::new());
    lines
}

fn or_none(text: &SafeText) -> &str {
    if text.is_empty() { "なし" } else { text.as_str() }
}

impl Sums {
    fn add(&mut self, view: &ReviewView) {
        let item = &view.item;
        self.items += 1;
        match &item.about {
            // Looked at once more: it happened before, and was counted then.
            _ if item.follows.is_some() => self.again += 1,
            About::Enquiry { enquiry, .. } => {
                if item.priority.contains(&Priority::ConsentRefused) {
                    self.refused.insert(enquiry.clone());
                }
                self.enquiries.insert(enquiry.clone());
            }
            About::TokenIssued { .. } | About::TokenUsed { .. } => self.tokens += 1,
            About::Objection { .. } => self.objections += 1,
            About::Recovery => {}
        }
        self.open += usize::from(item.is_open());
        self.overdue += usize::from(view.overdue);
        for (place, verdict) in Verdict::ALL.into_iter().enumerate() {
            let is = item.closing.as_ref().is_some_and(|closing| closing.verdict == verdict);
            if let Some(count) = self.verdicts.get_mut(place) {
                *count += usize::from(is);
            }
        }
    }

    fn lines(&self) -> Vec<String> {
        let verdicts: Vec<String> = Verdict::ALL
            .into_iter()
            .zip(self.verdicts)
            .map(|(verdict, count)| format!("{} {count}件", verdict.label()))
            .collect();
        let mut lines = vec![
            format!("合計 {}件（未確認 {}件・うち期限超過 {}件）", self.items, self.open, self.overdue),
            format!(
                "  照会・閲覧 {}件（うち同意の拒否 {}件）、異議の申し出 {}件",
                self.enquiries.len(),
                self.refused.len(),
                self.objections
            ),
            format!("  緊急トークンの発行・使用 {}件、再確認 {}件", self.tokens, self.again),
            format!("  判定 {}", verdicts.join("・")),
        ];
        for (name, acts) in [
            ("規則により拒否した操作", &self.refusals),
            ("入力の不足・誤りで受け付けなかった操作", &self.inputs),
        ] {
            let acts: Vec<String> = acts.iter().map(|(act, times)| format!("{act} {times}回")).collect();
            let acts = if acts.is_empty() { "なし".to_owned() } else { acts.join("・") };
            lines.push(format!("  {name} {acts}"));
        }
        lines
    }
}
