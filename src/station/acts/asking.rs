//! Asking (C1, C3): consent and necessity on record, the request on record, and only then the file.

use crate::domain::SafeText;
use crate::domain::candidate::Person;
use crate::domain::consent::{Consent, ConsentDraft, ConsentError, ConsentField};
use crate::domain::enquiry::{
    CancelOutcome, Delivery, Enquiry, EnquiryId, PastRequest, Purpose, Sent, State, Step,
};
use crate::domain::factor::TwoFactors;
use crate::domain::key::{EnquiryKey, ReferenceNumber};
use crate::domain::medical::InformationKind;
use crate::exchange::folder::FolderCommand;
use crate::exchange::request::{AnswerFile, ConsentFlag, RequestFile, RequestKey, RequestKind, RequestSpec};
use crate::exchange::{RequestId, Steps};
use crate::log::{Act, Consent as LogConsent, Method};
use crate::protocol::{Refusal, RefusalCode, Reply};
use crate::station::acts::drafting::{self, step};
use crate::station::cut;
use crate::station::desk::{Desk, Outcome, Stop, public_id};
use crate::station::effect::Effect;
use crate::station::records::RequestOf;
use crate::station::reviews;
use crate::station::shop::random;
use crate::store::Table;
use jiff::Timestamp;

/// 「注意事項を確認の上、照会する」
pub(crate) fn send(
    desk: &mut Desk<'_, '_>,
    id: &EnquiryId,
    shown: &EnquiryKey,
    consent: &ConsentDraft,
) -> Outcome {
    const ACT: &str = "send";
    let viewer = desk.viewer(ACT)?;
    let mut enquiry = desk.own_enquiry(ACT, &viewer.caller, id)?;
    let mut record = desk.draft(&enquiry.id)?;
    record.consent = ConsentDraft { caution: false, necessity: false, ..consent.clone() };
    desk.put(Table::Drafts, enquiry.id.as_str(), &record)?;
    if !matches!(enquiry.state, State::Drafting { .. }) {
        let words =
            "この照会はすでに送信されています。新しく照会するには「条件再指定」で入力に戻ってください";
        return Err(desk.stop(ACT, RefusalCode::WrongState, words));
    }
    let Some(key) = enquiry.key.clone() else {
        let words = "照会キーが確認されていません。患者特定の画面で入力を確認してください";
        return Err(desk.stop(ACT, RefusalCode::WrongState, words));
    };
    if key != *shown {
        let words = "ほかの画面で照会キーが変更されました。患者特定の画面に戻り、キーを確認し直してください";
        return Err(desk.stop(ACT, RefusalCode::WrongState, words));
    }
    drafting::method_is_on(desk, ACT, key.method())?;
    let confirmation = consent.check().map_err(|wrong| refuse_consent(desk, ACT, &wrong))?;
    enquiry.confirmation = Some(confirmation.clone());
    desk.about(&enquiry)?;
    desk.log(consent_entry(&confirmation.consent))?;
    put_on_record(desk, ACT, &mut enquiry, viewer.factors, None)?;
    Ok(Reply::Enquiry(Box::new(cut::enquiry(desk, &enquiry)?)))
}

/// Sends once more what may not have gone out: the owner's decision, never the program's.
pub(crate) fn send_again(desk: &mut Desk<'_, '_>, id: &EnquiryId) -> Outcome {
    const ACT: &str = "send_again";
    let viewer = desk.viewer(ACT)?;
    let mut enquiry = desk.own_enquiry(ACT, &viewer.caller, id)?;
    let State::DeliveryUnknown(lost) = enquiry.state.clone() else {
        let words = "送信できたか不明な照会だけが再送信できます。画面を更新してください";
        return Err(desk.stop(ACT, RefusalCode::WrongState, words));
    };
    put_on_record(desk, ACT, &mut enquiry, viewer.factors, lost.chosen)?;
    Ok(Reply::Enquiry(Box::new(cut::enquiry(desk, &enquiry)?)))
}

/// Stops waiting. What became of the request file is found out by the folder and told afterwards.
pub(crate) fn cancel(desk: &mut Desk<'_, '_>, id: &EnquiryId) -> Outcome {
    const ACT: &str = "cancel";
    let viewer = desk.viewer(ACT)?;
    let mut enquiry = desk.own_enquiry(ACT, &viewer.caller, id)?;
    let file = enquiry.state.awaiting().map(|sent| sent.file_name.clone());
    step(desk, ACT, &mut enquiry, Step::Cancel)?;
    desk.log(Act::EnquiryCancelled {})?;
    if let Some(file) = &file {
        enquiry.note_withdrawal(file, CancelOutcome::Pending);
    }
    desk.save(&enquiry)?;
    if let Some(file) = file {
        desk.afterwards(Effect::Folder(FolderCommand::Withdraw { name: file.as_str().to_owned() }));
    }
    Ok(Reply::Enquiry(Box::new(cut::enquiry(desk, &enquiry)?)))
}

/// Puts a request on record and asks for its file to be written after the commit.
///
/// `chosen` is the person that a search found or the user chose; then the request is about that person.
pub(crate) fn put_on_record(
    desk: &mut Desk<'_, '_>,
    act: &'static str,
    enquiry: &mut Enquiry,
    factors: TwoFactors,
    chosen: Option<Box<Person>>,
) -> Result<(), Stop> {
    let (Some(key), Some(confirmation)) = (enquiry.key.clone(), enquiry.confirmation.clone()) else {
        return Err(desk.stop(act, RefusalCode::NoConsent, "必要性と同意の記録がないため照会できません"));
    };
    let of_chosen = chosen.as_ref().map(|person| person.insurance_key()).transpose();
    let of_chosen = of_chosen.map_err(|e| desk.stop(act, RefusalCode::NotDistinguished, e))?;
    let bits = random().map_err(|e| desk.stop(act, RefusalCode::StoreFailed, e))?;
    let request = RequestId::from_random(u64::from_be_bytes(bits));
    let one_step = desk.shop.dialect.steps() == Steps::One;
    let purpose = match (&of_chosen, &key) {
        (None, EnquiryKey::FourItems(_)) if !one_step => Purpose::Search,
        _ => Purpose::Medical,
    };
    let asked = match (of_chosen, &chosen) {
        (Some(insurance), Some(person)) => {
            RequestKey::Chosen { key: insurance, reference_number: reference(person) }
        }
        _ => RequestKey::Enquiry(key.clone()),
    };
    let kind = match (purpose, &asked) {
        (Purpose::Search, _) | (_, RequestKey::Enquiry(EnquiryKey::FourItems(_))) => {
            RequestKind::PersonSearch
        }
        (Purpose::Medical, _) => RequestKind::EmergencyInformation {
            information: InformationKind::EmergencySummary,
            file: AnswerFile::Xml,
        },
    };
    let spec = RequestSpec {
        kind,
        key: asked,
        institution: desk.shop.config.institution_code.clone(),
        at: Timestamp::from_millisecond(desk.now.utc_ms).unwrap_or(Timestamp::UNIX_EPOCH),
        factors,
        consent: match confirmation.consent {
            Consent::Given { .. } => ConsentFlag::Given,
            Consent::Unobtainable { .. } => ConsentFlag::Unobtainable,
        },
        authority: true,
        request_id: request.clone(),
    };
    let written = spec.write(&desk.shop.dialect, &desk.shop.station_tag);
    let file: RequestFile = written.map_err(|e| desk.stop(act, RefusalCode::BadInput, e))?;
    let sent = Sent {
        purpose,
        request: request.as_str().into(),
        file_name: file.name.as_str().into(),
        at_ms: desk.now.utc_ms,
        delivery: Delivery::Intended,
        chosen,
        session: desk.session.as_ref().map(public_id),
    };
    step(desk, act, enquiry, Step::Send(sent.clone()))?;
    enquiry.requests.push(PastRequest {
        sent: sent.clone(),
        key: key.clone(),
        answer_sha256: None,
        withdrawal: None,
    });
    desk.about(enquiry)?;
    desk.log(Act::RequestIntended {
        request: sent.request.clone(),
        file: sent.file_name.clone(),
        method: if sent.chosen.is_some() { Method::Candidate } else { cut::method(key.method()) },
        key: Box::new(
            sent.chosen.as_deref().map_or_else(|| cut::subject_of_key(&key), cut::subject_of_person),
        ),
        consent: log_consent(&confirmation.consent),
        information: information(purpose).into(),
        factors: factors.both().to_vec(),
    })?;
    reviews::asked(desk, enquiry, factors)?;
    let owner = RequestOf { enquiry: enquiry.id.clone() };
    desk.put(Table::Requests, sent.file_name.as_str(), &owner)?;
    desk.save_and_tell(enquiry)?;
    desk.afterwards(Effect::Folder(FolderCommand::Write(file)));
    Ok(())
}

/// 照会番号 of a returned person, where it can be sent back.
fn reference(person: &Person) -> Option<ReferenceNumber> {
    person.reference_number.as_ref().and_then(|number| ReferenceNumber::parse(number.as_str()).ok())
}

/// What is asked for, in the words of the log.
fn information(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Search => "患者特定（4情報）",
        Purpose::Medical => InformationKind::EmergencySummary.label(),
    }
}

fn consent_entry(consent: &Consent) -> Act {
    let (how, tried) = match consent {
        Consent::Given { how } => (SafeText::from(how.label()), None),
        Consent::Unobtainable { reason, tried, words } if words.is_empty() => {
            (SafeText::from(reason.label()), Some(tried.clone()))
        }
        Consent::Unobtainable { reason, tried, words } => {
            (SafeText::new(&format!("{}：{words}", reason.label())), Some(tried.clone()))
        }
    };
    Act::ConsentRecorded {
        necessity: true,
        consent: log_consent(consent),
        how,
        tried,
        priority_review: consent.priority_review(),
    }
}

fn log_consent(consent: &Consent) -> LogConsent {
    match consent {
        Consent::Given { .. } => LogConsent::Given,
        Consent::Unobtainable { .. } => LogConsent::Unobtainable,
    }
}

fn refuse_consent(
    desk: &mut Desk<'_, '_>,
    act: &'static str,
    wrong: &[(ConsentField, ConsentError)],
) -> Stop {
    let name = |field: ConsentField| match field {
        ConsentField::Caution => "caution",
        ConsentField::Necessity => "necessity",
        ConsentField::Choice => "choice",
        ConsentField::How => "how",
        ConsentField::Reason => "reason",
        ConsentField::Tried => "tried",
        ConsentField::Words => "words",
        ConsentField::JudgedBy => "judged_by",
    };
    let fields = wrong.iter().map(|(f, e)| (name(*f).into(), SafeText::new(&e.to_string()))).collect();
    let words = wrong.first().map(|(_, e)| e.to_string()).unwrap_or_default();
    desk.refuse(act, Refusal { fields, ..Refusal::new(RefusalCode::NoConsent, words) })
}
