//! Two to five people (C4): one shown alone, and chosen only by typing what differs.

use crate::domain::SafeText;
use crate::domain::candidate::{self, ChoiceError, Person, PersonField};
use crate::domain::enquiry::{Enquiry, EnquiryId, State};
use crate::log::{Act, ChoiceField, Moment};
use crate::protocol::view::CandidateView;
use crate::protocol::{RefusalCode, Reply};
use crate::station::acts::asking;
use crate::station::cut;
use crate::station::desk::{Desk, Outcome, Stop};

/// One candidate alone; the reply says what must be typed to choose it.
pub(crate) fn show(desk: &mut Desk<'_, '_>, id: &EnquiryId, row: usize) -> Outcome {
    const ACT: &str = "show_candidate";
    let viewer = desk.viewer(ACT)?;
    let enquiry = desk.own_enquiry(ACT, &viewer.caller, id)?;
    let people = people(desk, ACT, &enquiry)?;
    let Some(person) = people.get(row).cloned() else {
        return Err(desk.stop(ACT, RefusalCode::NotFound, ChoiceError::NoSuchCandidate));
    };
    desk.log(Act::CandidatesShown { candidates: vec![cut::subject_of_person(&person)] })?;
    let to_type = candidate::way_to_choose(&people, row);
    let refused = to_type.as_ref().err().map(|e| SafeText::new(&e.to_string()));
    let view = CandidateView { row, person, to_type: to_type.unwrap_or_default(), refused };
    Ok(Reply::Candidate(Box::new(view)))
}

/// 「閲覧」: the typed values must be this candidate's and nobody else's; then the second request goes out.
pub(crate) fn choose(
    desk: &mut Desk<'_, '_>,
    id: &EnquiryId,
    row: usize,
    typed: &[(PersonField, String)],
    caution: bool,
) -> Outcome {
    const ACT: &str = "choose";
    let viewer = desk.viewer(ACT)?;
    let mut enquiry = desk.own_enquiry(ACT, &viewer.caller, id)?;
    let people = people(desk, ACT, &enquiry)?;
    let index = u32::try_from(row.saturating_add(1)).unwrap_or(u32::MAX);
    let words = typed.iter().map(|(field, text)| format!("{}={text}", field.label())).collect::<Vec<_>>();
    let words = SafeText::new(&words.join(" "));
    if !caution {
        let missing = "一覧の注意事項を確認してから選択してください";
        return Err(refuse(desk, RefusalCode::NoConsent, index, words, missing));
    }
    if let Err(error) = candidate::confirm(&people, row, typed, desk.now.today()) {
        return Err(refuse(desk, RefusalCode::NotDistinguished, index, words, error));
    }
    let Some(person) = people.get(row).cloned() else {
        return Err(desk.stop(ACT, RefusalCode::NotFound, ChoiceError::NoSuchCandidate));
    };
    let field = typed.first().map_or(ChoiceField::Address, |(field, _)| log_field(*field));
    desk.log(Act::CautionShown {
        moment: Moment::Candidates,
        caution: SafeText::new(&cut::caution(Moment::Candidates).join(" ")),
    })?;
    desk.log(Act::CandidateChosen {
        index,
        field,
        typed: words,
        candidate: Box::new(cut::subject_of_person(&person)),
    })?;
    asking::put_on_record(desk, ACT, &mut enquiry, viewer.factors, Some(Box::new(person)))?;
    Ok(Reply::Enquiry(Box::new(cut::enquiry(desk, &enquiry)?)))
}

fn people(desk: &mut Desk<'_, '_>, act: &'static str, enquiry: &Enquiry) -> Result<Vec<Person>, Stop> {
    match &enquiry.state {
        State::Candidates { people } => Ok(people.clone()),
        _ => Err(desk.stop(act, RefusalCode::WrongState, "候補一覧はもうありません。画面を更新してください")),
    }
}

fn refuse(
    desk: &mut Desk<'_, '_>,
    code: RefusalCode,
    index: u32,
    typed: SafeText,
    why: impl std::fmt::Display,
) -> Stop {
    let why = SafeText::new(&why.to_string());
    match desk.log_refusal(Act::CandidateChoiceRefused { index, typed, why: why.clone() }) {
        Ok(()) => Stop::Refused(crate::protocol::Refusal::new(code, why)),
        Err(error) => Stop::Store(error),
    }
}

fn log_field(field: PersonField) -> ChoiceField {
    match field {
        PersonField::BranchNumber => ChoiceField::Branch,
        PersonField::Sex => ChoiceField::Sex,
        PersonField::Birthdate => ChoiceField::Birthdate,
        PersonField::InsuredNumber => ChoiceField::Number,
        PersonField::Symbol => ChoiceField::Symbol,
        PersonField::InsurerNumber => ChoiceField::InsurerNumber,
        PersonField::Address => ChoiceField::Address,
        PersonField::InsurerName => ChoiceField::InsurerName,
        PersonField::Name => ChoiceField::Name,
        PersonField::Kana => ChoiceField::Kana,
    }
}
