//! What the folder reports, taken in: each report is one transaction, on record before any screen hears of it.

use super::acts::asking;
use super::desk::{Desk, Stop};
use super::effect::{Audience, Effect};
use super::kept::{keep, quarantine};
use super::records::RequestOf;
use crate::domain::candidate::Person;
use crate::domain::enquiry::{
    CancelOutcome, Delivery, Enquiry, Held, HeldBecause, PastRequest, Purpose, State, Step,
};
use crate::domain::factor::TwoFactors;
use crate::domain::matching::{self as whose, PersonMismatch};
use crate::domain::medical::{AnswerContent, EmergencySummary};
use crate::domain::{Account, Permission, SafeText};
use crate::exchange::RequestId;
use crate::exchange::folder::FolderCommand;
use crate::exchange::matching::{self, Matching, Outstanding};
use crate::exchange::request::AnswerFile;
use crate::identity::Session;
use crate::log::Act;
use crate::protocol::Event;
use crate::store::Table;
use std::fmt::Display;

/// An answer file as the folder hands it over: whole, but not yet believed.
pub(crate) struct Arrived {
    /// Name of the answer file.
    pub(crate) file: SafeText,
    /// Name of the request file that it should belong to, by its own name.
    pub(crate) asked: SafeText,
    pub(crate) bytes: Vec<u8>,
    pub(crate) sha256: SafeText,
}

/// The enquiry of a request file, if this store asked it, and which of its requests it is.
fn enquiry_of(desk: &mut Desk<'_, '_>, file: &SafeText) -> Result<Option<(Enquiry, usize)>, Stop> {
    let owner: Option<RequestOf> = desk.get(Table::Requests, file.as_str())?;
    let Some(owner) = owner else { return Ok(None) };
    let found: Option<Enquiry> = desk.get(Table::Enquiries, owner.enquiry.as_str())?;
    let Some(enquiry) = found else { return Ok(None) };
    desk.account = desk.get(Table::Accounts, enquiry.owner.as_str())?;
    desk.about(&enquiry)?;
    let place = enquiry.requests.iter().position(|past| past.sent.file_name == *file);
    Ok(place.map(|place| (enquiry, place)))
}

/// The same with the request itself.
fn request_of(desk: &mut Desk<'_, '_>, file: &SafeText) -> Result<Option<(Enquiry, PastRequest)>, Stop> {
    let found = enquiry_of(desk, file)?;
    Ok(found.and_then(|(enquiry, place)| {
        let past = enquiry.requests.get(place).cloned()?;
        Some((enquiry, past))
    }))
}

/// Whether the enquiry still waits for this very request.
fn is_awaited(enquiry: &Enquiry, past: &PastRequest) -> bool {
    enquiry.state.awaiting().is_some_and(|sent| sent.request == past.sent.request)
}

/// Whether a request is still waited for.
pub(crate) fn awaits(desk: &mut Desk<'_, '_>, file: &SafeText) -> Result<bool, Stop> {
    Ok(request_of(desk, file)?.is_some_and(|(enquiry, past)| is_awaited(&enquiry, &past)))
}

/// The request file stands in the folder.
pub(crate) fn written(desk: &mut Desk<'_, '_>, file: &SafeText) -> Result<(), Stop> {
    delivery(desk, file, Step::Written, |past| Act::RequestWritten {
        request: past.sent.request.clone(),
        file: past.sent.file_name.clone(),
    })
}

/// The link software took it.
pub(crate) fn taken(desk: &mut Desk<'_, '_>, file: &SafeText) -> Result<(), Stop> {
    delivery(desk, file, Step::Taken, |past| Act::RequestTaken { request: past.sent.request.clone() })
}

fn delivery(
    desk: &mut Desk<'_, '_>,
    file: &SafeText,
    step: Step,
    entry: impl Fn(&PastRequest) -> Act,
) -> Result<(), Stop> {
    let Some((mut enquiry, past)) = request_of(desk, file)? else { return Ok(()) };
    let before = enquiry.state.clone();
    if is_awaited(&enquiry, &past) && enquiry.take(step).is_ok() {
        // After a restart the folder says again what was on record already.
        if enquiry.state == before {
            return Ok(());
        }
        desk.save_and_tell(&enquiry)?;
    }
    Ok(desk.log(entry(&past))?)
}

/// The request file could not be written: nothing was asked.
pub(crate) fn write_failed(desk: &mut Desk<'_, '_>, file: &SafeText, why: &str) -> Result<(), Stop> {
    let Some((mut enquiry, past)) = request_of(desk, file)? else { return Ok(()) };
    let why = SafeText::new(why);
    desk.log(Act::RequestWriteFailed { request: past.sent.request.clone(), why: why.clone() })?;
    if is_awaited(&enquiry, &past) {
        let message = SafeText::new(&format!("照会要求を書き込めませんでした（送信されていません）：{why}"));
        if enquiry.take(Step::Fail { code: SafeText::default(), message }).is_ok() {
            desk.save_and_tell(&enquiry)?;
        }
    }
    Ok(())
}

/// What became of a request that was to be withdrawn.
pub(crate) fn withdrawal(
    desk: &mut Desk<'_, '_>,
    file: &SafeText,
    outcome: CancelOutcome,
    why: &str,
) -> Result<(), Stop> {
    let Some((mut enquiry, past)) = request_of(desk, file)? else { return Ok(()) };
    let request = past.sent.request;
    desk.log(match outcome {
        CancelOutcome::Withdrawn => Act::RequestWithdrawn { request },
        CancelOutcome::MaybeSent | CancelOutcome::Pending | CancelOutcome::Unanswered => {
            Act::RequestMaybeSent { request, why: why.into() }
        }
    })?;
    enquiry.note_withdrawal(file, outcome);
    let is_last = enquiry.requests.last().is_some_and(|last| last.sent.file_name == *file);
    if !is_last || enquiry.take(Step::Withdrawal(outcome)).is_err() {
        // Its owner went on while the folder did not answer, and hears the truth all the same.
        let (case, became) = (&enquiry.case, outcome.label());
        let words = SafeText::new(&format!("症例 {case}：先に中止した照会要求は「{became}」と分かりました"));
        desk.push(Audience::User(enquiry.owner.clone()), Event::Banner { words });
    }
    Ok(desk.save_and_tell(&enquiry)?)
}

/// The folder does not say what became of a request that is to be withdrawn: its owner may go on meanwhile.
pub(crate) fn unanswered(desk: &mut Desk<'_, '_>, file: &SafeText) -> Result<(), Stop> {
    let Some((mut enquiry, past)) = request_of(desk, file)? else { return Ok(()) };
    if enquiry.take(Step::Withdrawal(CancelOutcome::Unanswered)).is_err() {
        return Ok(());
    }
    enquiry.note_withdrawal(file, CancelOutcome::Unanswered);
    let why = "連携フォルダが応答しないため、取り下げられたか確かめられません".into();
    desk.log(Act::RequestMaybeSent { request: past.sent.request, why })?;
    Ok(desk.save_and_tell(&enquiry)?)
}

/// No answer in time: the request is withdrawn if it can be, and the owner told the truth about it.
pub(crate) fn timed_out(desk: &mut Desk<'_, '_>, file: &SafeText) -> Result<(), Stop> {
    let Some((mut enquiry, past)) = request_of(desk, file)? else { return Ok(()) };
    // What may not have gone out waits for its owner's decision, however long.
    let under_way = matches!(enquiry.state, State::Sent(_)) && is_awaited(&enquiry, &past);
    if !under_way || enquiry.take(Step::TimeOut).is_err() {
        return Ok(());
    }
    desk.log(Act::EnquiryTimedOut { seconds: desk.shop.config.answer_timeout_s })?;
    enquiry.note_withdrawal(file, CancelOutcome::Pending);
    desk.save_and_tell(&enquiry)?;
    let name = past.sent.file_name.as_str().to_owned();
    desk.afterwards(Effect::Folder(FolderCommand::Withdraw { name }));
    Ok(())
}

/// After a restart the file is not in the folder. If it is on record that it stood there, it was taken meanwhile; if
/// not, it may never have been written, and what to do is for its owner to decide.
pub(crate) fn lost(desk: &mut Desk<'_, '_>, file: &SafeText) -> Result<(), Stop> {
    let Some((mut enquiry, past)) = request_of(desk, file)? else { return Ok(()) };
    if !is_awaited(&enquiry, &past) {
        return Ok(());
    }
    if matches!(&enquiry.state, State::Sent(sent) if sent.delivery == Delivery::Written) {
        return taken(desk, file);
    }
    if enquiry.take(Step::Lost).is_ok() {
        desk.log(Act::RequestMaybeSent {
            request: past.sent.request,
            why: "書き込みの途中で中断したため、送信できたか不明です".into(),
        })?;
        desk.save_and_tell(&enquiry)?;
    }
    Ok(())
}

/// A whole answer file came.
pub(crate) fn arrived(desk: &mut Desk<'_, '_>, answer: &Arrived) -> Result<(), Stop> {
    let Some((mut enquiry, past)) = request_of(desk, &answer.asked)? else { return Ok(()) };
    match &past.answer_sha256 {
        Some(first) if *first == answer.sha256 => return Ok(()),
        Some(_) => return conflict(desk, answer),
        None => {}
    }
    let outstanding = [Outstanding {
        request: past.sent.file_name.as_str().to_owned(),
        id: RequestId::parse(past.sent.request.as_str()).map_err(|e| unreadable(desk, &e))?,
        institution: desk.shop.config.institution_code.clone(),
        form: AnswerFile::Xml,
    }];
    let file = answer.file.as_str();
    let content = match matching::match_answer(&outstanding, file, &answer.bytes, &desk.shop.dialect) {
        Matching::Matched { parsed, .. } => parsed.content,
        Matching::Mismatch { why, .. } => return not_ours(desk, enquiry, &past, answer, &why),
        Matching::Unreadable { error, .. } => {
            refused(desk, &mut enquiry, &past, answer, &error)?;
            return Ok(desk.save_and_tell(&enquiry)?);
        }
    };
    log_arrival(desk, &past, answer, &content)?;
    if matches!(content, AnswerContent::Processing) {
        if is_awaited(&enquiry, &past) && enquiry.take(Step::Processing).is_ok() {
            desk.save_and_tell(&enquiry)?;
        }
        return Ok(());
    }
    note_answer(&mut enquiry, &past, answer);
    if let Err(why) = judge(&past, &content) {
        return mismatch(desk, enquiry, &past, answer, why);
    }
    if is_awaited(&enquiry, &past) {
        take_in(desk, enquiry, &past, answer, content)
    } else {
        desk.log(Act::AnswerLate {
            request: past.sent.request.clone(),
            file: answer.file.clone(),
            sha256: answer.sha256.clone(),
        })?;
        let medical = matches!(content, AnswerContent::Summary(_));
        let document = keep(desk, &enquiry, &past, answer, content, true)?;
        // Of a late search only the bytes are kept: a list of people from then is not shown now.
        hold(desk, &mut enquiry, &past, HeldBecause::Late, Some(document).filter(|_| medical))
    }
}

/// A second, different answer to one request: neither is shown in its place, and it is on record.
pub(crate) fn conflict(desk: &mut Desk<'_, '_>, answer: &Arrived) -> Result<(), Stop> {
    let Some((mut enquiry, past)) = request_of(desk, &answer.asked)? else { return Ok(()) };
    desk.log(Act::AnswerConflict {
        request: past.sent.request.clone(),
        file: answer.file.clone(),
        sha256: answer.sha256.clone(),
        first_sha256: past.answer_sha256.clone().unwrap_or_default(),
    })?;
    let document = quarantine(desk, &enquiry, &past, answer)?;
    hold(desk, &mut enquiry, &past, HeldBecause::Conflict, Some(document))
}

/// An answer that does not become whole: said while it is waited for; nothing is decided by it.
pub(crate) fn incomplete(desk: &mut Desk<'_, '_>, answer: &Arrived, why: &str) -> Result<(), Stop> {
    let Some((enquiry, past)) = request_of(desk, &answer.asked)? else { return Ok(()) };
    desk.log(Act::AnswerRefused {
        request: Some(past.sent.request),
        file: answer.file.clone(),
        sha256: None,
        why: why.into(),
    })?;
    desk.push(Audience::User(enquiry.owner), Event::Banner { words: why.into() });
    Ok(())
}

/// So that the same bytes are not taken in twice, and other bytes are a conflict.
fn note_answer(enquiry: &mut Enquiry, past: &PastRequest, answer: &Arrived) {
    let own = enquiry.requests.iter_mut().find(|own| own.sent.request == past.sent.request);
    if let Some(own) = own {
        own.answer_sha256 = Some(answer.sha256.clone());
    }
}

fn unreadable(desk: &mut Desk<'_, '_>, why: &dyn Display) -> Stop {
    desk.stop("answer", crate::protocol::RefusalCode::WrongState, why)
}

/// Whether everything that the answer says about people agrees with what was asked (C5).
fn judge(past: &PastRequest, content: &AnswerContent) -> Result<(), PersonMismatch> {
    match content {
        AnswerContent::People(people) => whose::compare_people(&past.key, people),
        AnswerContent::Summary(summary) => {
            whose::compare_person(&past.key, past.sent.chosen.as_deref(), &summary.person).map(drop)
        }
        _ => Ok(()),
    }
}

fn take_in(
    desk: &mut Desk<'_, '_>,
    mut enquiry: Enquiry,
    past: &PastRequest,
    answer: &Arrived,
    content: AnswerContent,
) -> Result<(), Stop> {
    let step = match content {
        AnswerContent::NoMatch => Step::FoundNobody,
        AnswerContent::TooMany => Step::FoundTooMany,
        AnswerContent::Failed { code, message } => Step::Fail { code, message },
        AnswerContent::People(people) if people.len() == 1 && past.sent.purpose == Purpose::Search => {
            return go_on(desk, enquiry, past, people);
        }
        AnswerContent::People(people) => Step::FoundSeveral(people),
        AnswerContent::Summary(summary) => return answered(desk, enquiry, past, answer, *summary),
        AnswerContent::Processing | AnswerContent::Pdf(_) => Step::Fail {
            code: SafeText::default(),
            message: "求めていない種類の応答でした。条件を確かめてもう一度照会してください".into(),
        },
    };
    if enquiry.take(step).is_err() {
        let message = "連携ソフトの応答を、この照会の結果として扱えません。もう一度照会してください".into();
        let fail = Step::Fail { code: SafeText::default(), message };
        enquiry.take(fail).map_err(|illegal| desk.illegal(&illegal))?;
    }
    Ok(desk.save_and_tell(&enquiry)?)
}

fn answered(
    desk: &mut Desk<'_, '_>,
    mut enquiry: Enquiry,
    past: &PastRequest,
    answer: &Arrived,
    summary: EmergencySummary,
) -> Result<(), Stop> {
    let compared = whose::compare_person(&past.key, past.sent.chosen.as_deref(), &summary.person);
    let agreement = match compared {
        Ok(agreement) => agreement,
        Err(why) => return mismatch(desk, enquiry, past, answer, why),
    };
    let content = AnswerContent::Summary(Box::new(summary));
    let document = keep(desk, &enquiry, past, answer, content, false)?;
    enquiry.take(Step::Answer { document, agreement }).map_err(|illegal| desk.illegal(&illegal))?;
    Ok(desk.save_and_tell(&enquiry)?)
}

/// A search found exactly one: the second request goes out at once, as the caution had said, provided that its
/// owner may still look.
fn go_on(
    desk: &mut Desk<'_, '_>,
    mut enquiry: Enquiry,
    past: &PastRequest,
    people: Vec<Person>,
) -> Result<(), Stop> {
    let person = people.into_iter().next().map(Box::new);
    let why = match askers_factors(desk, &enquiry, past)? {
        Some(factors) => match asking::put_on_record(desk, "send", &mut enquiry, factors, person) {
            Err(Stop::Refused(refusal)) => format!(
                "患者は1件に特定されましたが、救急時医療情報は照会していません。{}",
                refusal.words
            ),
            done => return done,
        },
        None => "患者は1件に特定されましたが、照会した利用者のセッションが終了したかロックされているため、救急時医療情報は照会していません。もう一度照会してください".to_owned(),
    };
    let fail = Step::Fail { code: SafeText::default(), message: why.into() };
    enquiry.take(fail).map_err(|illegal| desk.illegal(&illegal))?;
    Ok(desk.save_and_tell(&enquiry)?)
}

/// The two factors of the session that asked, if it is still in use and its owner may still look. From here on the
/// entries are its own.
fn askers_factors(
    desk: &mut Desk<'_, '_>,
    enquiry: &Enquiry,
    past: &PastRequest,
) -> Result<Option<TwoFactors>, Stop> {
    let account: Option<Account> = desk.get(Table::Accounts, enquiry.owner.as_str())?;
    if !account.is_some_and(|account| account.may(Permission::EmergencyView)) {
        return Ok(None);
    }
    let Some(id) = &past.sent.session else { return Ok(None) };
    let session: Option<Session> = desk.get(Table::Sessions, id.as_str())?;
    let own = session.filter(|session| *session.user() == enquiry.owner);
    let factors = own.as_ref().and_then(|session| session.two_factors(&desk.when()).ok());
    desk.session = own;
    Ok(factors)
}

fn mismatch(
    desk: &mut Desk<'_, '_>,
    mut enquiry: Enquiry,
    past: &PastRequest,
    answer: &Arrived,
    why: PersonMismatch,
) -> Result<(), Stop> {
    desk.log(Act::AnswerMismatch {
        request: past.sent.request.clone(),
        file: answer.file.clone(),
        sha256: answer.sha256.clone(),
        fields: vec![SafeText::new(&why.to_string())],
    })?;
    if is_awaited(&enquiry, past) {
        enquiry.take(Step::Mismatch(why)).map_err(|illegal| desk.illegal(&illegal))?;
    }
    let document = quarantine(desk, &enquiry, past, answer)?;
    hold(desk, &mut enquiry, past, HeldBecause::Mismatch, Some(document))
}

/// An answer that says of itself that it belongs to another request: kept shut.
fn not_ours(
    desk: &mut Desk<'_, '_>,
    mut enquiry: Enquiry,
    past: &PastRequest,
    answer: &Arrived,
    why: &dyn Display,
) -> Result<(), Stop> {
    refused(desk, &mut enquiry, past, answer, why)?;
    let document = quarantine(desk, &enquiry, past, answer)?;
    hold(desk, &mut enquiry, past, HeldBecause::Mismatch, Some(document))
}

/// An answer that cannot be believed as a file: not ours by its own words, or not readable.
fn refused(
    desk: &mut Desk<'_, '_>,
    enquiry: &mut Enquiry,
    past: &PastRequest,
    answer: &Arrived,
    why: &dyn Display,
) -> Result<(), Stop> {
    let why = SafeText::new(&why.to_string());
    desk.log(Act::AnswerRefused {
        request: Some(past.sent.request.clone()),
        file: answer.file.clone(),
        sha256: Some(answer.sha256.clone()),
        why: why.clone(),
    })?;
    note_answer(enquiry, past, answer);
    if is_awaited(enquiry, past) {
        let fail = Step::Fail { code: SafeText::default(), message: why };
        enquiry.take(fail).map_err(|illegal| desk.illegal(&illegal))?;
    }
    Ok(())
}

fn hold(
    desk: &mut Desk<'_, '_>,
    enquiry: &mut Enquiry,
    past: &PastRequest,
    because: HeldBecause,
    document: Option<SafeText>,
) -> Result<(), Stop> {
    let at_ms = desk.now.utc_ms;
    let request = past.sent.request.clone();
    enquiry.held.push(Held { because, request, document, at_ms, noticed: false });
    let words = SafeText::new(&format!("症例 {}：{}を保管しました", enquiry.case, because.label()));
    desk.push(Audience::User(enquiry.owner.clone()), Event::Banner { words });
    Ok(desk.save_and_tell(enquiry)?)
}

fn log_arrival(
    desk: &mut Desk<'_, '_>,
    past: &PastRequest,
    answer: &Arrived,
    content: &AnswerContent,
) -> Result<(), Stop> {
    let (hits, result) = match content {
        AnswerContent::Processing => (None, "処理中".to_owned()),
        AnswerContent::NoMatch => (Some(0), "0件".to_owned()),
        AnswerContent::TooMany => (None, "6件以上".to_owned()),
        AnswerContent::People(people) => (u32::try_from(people.len()).ok(), format!("{}件", people.len())),
        AnswerContent::Summary(_) => (Some(1), "救急用サマリー".to_owned()),
        AnswerContent::Pdf(_) => (Some(1), "PDF".to_owned()),
        AnswerContent::Failed { code, message } => (None, format!("エラー {code} {message}")),
    };
    Ok(desk.log(Act::AnswerArrived {
        request: past.sent.request.clone(),
        file: answer.file.clone(),
        sha256: answer.sha256.clone(),
        bytes: u64::try_from(answer.bytes.len()).unwrap_or(u64::MAX),
        hits,
        result: SafeText::new(&result),
    })?)
}
