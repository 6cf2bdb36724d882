//! `kyukyu demo --script`: the main job, unattended, over the same socket, folder and card helper as on the screen.

use super::site::{DOCTOR, PASSWORD, PIN, Site};
use crate::card::client::{ClientError, HelperClient};
use crate::card::line::SignAsk;
use crate::card::{ChallengeRefused, ChallengeText, SpkiHash};
use crate::client::{Client, ClientFault};
use crate::domain::case::{CaseDraft, EvidenceKind};
use crate::domain::consent::{ConsentChoice, ConsentDraft, UnobtainableReason};
use crate::domain::key::{IdentificationMethod, KeyDraft};
use crate::domain::period::Section;
use crate::protocol::view::{EnquiryView, Rows, SessionView, Stage};
use crate::protocol::{Event, Refusal, Reply, Request, Secret};
use std::io;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Why the script stopped.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    /// The line to the station.
    #[error(transparent)]
    Line(#[from] ClientFault),
    /// The card.
    #[error(transparent)]
    Card(#[from] ClientError),
    /// The challenge.
    #[error(transparent)]
    Challenge(#[from] ChallengeRefused),
    /// The helper process.
    #[error("カードの補助プログラムを起動できません")]
    Helper(#[from] io::Error),
    /// Something else came than was expected.
    #[error("想定と違う結果になりました: {0}")]
    Unexpected(String),
}

impl From<Refusal> for ScriptError {
    fn from(refusal: Refusal) -> Self {
        Self::Unexpected(refusal.to_string())
    }
}

/// No answer of the stand-in takes longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Plays the main job and says what happens, a line a step.
pub fn play(site: &Site, say: &mut dyn FnMut(&str)) -> Result<(), ScriptError> {
    let mut client = Client::connect(&site.socket())?;
    say(&format!("【訓練】{} に接続しました", client.welcome().facility));
    let session = log_in(&mut client, site, say)?;
    let case = open_case(&mut client, say)?;
    let Reply::Enquiry(view) = client.ask(Request::OpenEnquiry { case })? else {
        return unexpected("照会");
    };
    let enquiry = view.id.clone();
    let key = KeyDraft {
        method: IdentificationMethod::Certificate,
        insurer_number: "139907".into(),
        symbol: "架空１２".into(),
        insured_number: "0012345".into(),
        branch_number: "01".into(),
        birthdate: "昭和30年11月3日".into(),
        ..KeyDraft::default()
    };
    let Reply::KeyConfirmed(confirmed) = client.ask(Request::ConfirmKey { enquiry: enquiry.clone(), key })?
    else {
        return unexpected("照会キーの確認");
    };
    let Some(key) = confirmed.key else { return unexpected("照会キーの確認") };
    say("資格確認書等情報を確認し、注意事項を表示しました");
    let consent = ConsentDraft {
        caution: true,
        necessity: true,
        choice: Some(ConsentChoice::Unobtainable),
        reason: Some(UnobtainableReason::ImpairedConsciousness),
        tried: "呼びかけに応答なし".into(),
        ..ConsentDraft::default()
    };
    client.ask(Request::Send { enquiry: enquiry.clone(), key, consent })?;
    say("必要性と同意取得困難（意識障害）を記録し、照会要求を送りました");
    let view = wait_for_answer(&mut client, &view, say)?;
    if view.stage != Stage::Answered {
        return unexpected(&format!("{:?}", view.stage));
    }
    let Reply::Person(person) = client.ask(Request::ShowPerson { enquiry: enquiry.clone() })? else {
        return unexpected("本人確認");
    };
    let shown = &person.person;
    say(&format!("本人確認: {} {}", shown.name, shown.kana));
    let document = person.document.clone();
    client.ask(Request::ConfirmPerson { enquiry: enquiry.clone(), document, same: true })?;
    for section in Section::ALL {
        let read = Request::ReadSummary { enquiry: enquiry.clone(), section, from: 0 };
        let Reply::Summary(page) = client.ask(read)? else { return unexpected("救急用サマリー") };
        let count = page.counts.iter().find(|(of, _)| *of == section).map_or(0, |(_, count)| *count);
        say(&format!("  {} {count}件{}", section.label(), first_of(&page.rows)));
    }
    client.ask(Request::Logout { cause: crate::protocol::EndCause::Asked })?;
    say(&format!("{} さんがログアウトしました", session.account.name.as_str()));
    verify(site, say)
}

fn first_of(rows: &Rows) -> String {
    match rows {
        Rows::Drugs(rows) => rows.first().map(|row| format!("（例: {}）", row.name)),
        Rows::Treatments(rows) => rows.first().map(|row| format!("（例: {}）", row.name)),
        Rows::Visits(rows) => rows.first().map(|row| format!("（例: {}）", row.facility.name)),
        Rows::Checkups(rows) => rows.first().map(|date| format!("（例: {}）", date.western())),
    }
    .unwrap_or_default()
}

fn log_in(client: &mut Client, site: &Site, say: &mut dyn FnMut(&str)) -> Result<SessionView, ScriptError> {
    let login = Request::Login { user: DOCTOR.into(), password: Secret::new(PASSWORD.into()) };
    let Reply::LoggedIn { session, .. } = client.ask(login)? else { return unexpected("ログイン") };
    say(&format!("パスワードで認証しました: {}", session.account.name.as_str()));
    let Reply::Challenge { text } = client.ask(Request::CardChallenge)? else {
        return unexpected("カード認証");
    };
    let challenge = ChallengeText::parse(text.as_bytes())?;
    let enrolled: Vec<SpkiHash> =
        session.card_keys.iter().filter_map(|key| key.as_str().parse().ok()).collect();
    let helper = site.helper()?;
    let mut child = Command::new(helper.program)
        .args(helper.arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let signed = match (child.stdout.take(), child.stdin.take()) {
        (Some(output), Some(input)) => HelperClient::connect(output, input).and_then(|mut helper| {
            helper.sign(SignAsk::new(&challenge, enrolled).with_pin(PIN.into(), false))
        }),
        _ => return unexpected("カードの補助プログラム"),
    };
    let _ = child.kill();
    let _ = child.wait();
    let signed = signed?;
    let proof = Request::CardProof {
        challenge: text,
        certificate: data_encoding::BASE64.encode(&signed.certificate),
        signature: data_encoding::BASE64.encode(&signed.signature),
        hash: signed.hash,
    };
    let Reply::Session(session) = client.ask(proof)? else { return unexpected("カード認証") };
    say("訓練カードの署名を検証し、二要素認証が済みました");
    Ok(session)
}

fn open_case(
    client: &mut Client,
    say: &mut dyn FnMut(&str),
) -> Result<crate::domain::case::CaseNumber, ScriptError> {
    let draft = CaseDraft {
        bed: "初療室1".into(),
        apparent_age: "70".into(),
        evidence: Some(EvidenceKind::Belongings),
        evidence_by: "救急隊（財布の診察券）".into(),
        ..CaseDraft::default()
    };
    let Reply::Case(number) = client.ask(Request::OpenCase { draft })? else {
        return unexpected("症例の登録");
    };
    say(&format!("症例 {number} を登録しました（身元の根拠: 所持品のみ）"));
    Ok(number)
}

/// Waits for events of the enquiry until a request is no longer out.
fn wait_for_answer(
    client: &mut Client,
    view: &EnquiryView,
    say: &mut dyn FnMut(&str),
) -> Result<EnquiryView, ScriptError> {
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        let show = Request::ShowEnquiry { enquiry: view.id.clone() };
        let Reply::Enquiry(now) = client.ask(show)? else { return unexpected("照会") };
        if !matches!(now.stage, Stage::Sent { .. }) {
            say(&format!("応答を受け取りました（{:.1}秒）", began.elapsed().as_secs_f64()));
            return Ok(*now);
        }
        while !matches!(client.event(PATIENCE)?, Some(Event::EnquiryChanged { .. }) | None) {}
    }
    unexpected("応答がありません")
}

fn verify(site: &Site, say: &mut dyn FnMut(&str)) -> Result<(), ScriptError> {
    let mut auditor = Client::connect(&site.socket())?;
    auditor.ask(Request::Login { user: "kansa".into(), password: Secret::new(PASSWORD.into()) })?;
    let Reply::Verified(found) = auditor.ask(Request::VerifyLog)? else {
        return unexpected("操作ログの検証");
    };
    if !found.faults.is_empty() {
        return unexpected("操作ログに異常があります");
    }
    say(&format!("操作ログ {}件を検証しました。異常はありません", found.entries));
    auditor.ask(Request::Logout { cause: crate::protocol::EndCause::Asked })?;
    Ok(())
}

fn unexpected<T>(what: &str) -> Result<T, ScriptError> {
    Err(ScriptError::Unexpected(what.to_owned()))
}
