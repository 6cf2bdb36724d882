//! The form of a case (B9): which stretcher, and on what its identity rests.

use super::super::app::{Act, Page, Shell};
use super::sheet::{Leaving, Pressed, Sheet};
use super::words;
use crate::domain::case::{Case, CaseDraft, CaseField, EvidenceKind};
use crate::domain::key::Sex;
use crate::protocol::{Refusal, Reply, Request};
use crate::terminal::app::Goto;
use crate::terminal::event_loop::Pasted;
use crate::terminal::keymap::{Meaning, Offers};
use crate::terminal::theme::Role;
use crate::terminal::widgets::{Choice, Editor, Field, Form, Prompt};
use ratatui::Frame;
use ratatui::layout::Rect;

const SEXES: [Sex; 2] = [Sex::Male, Sex::Female];

/// The page.
#[derive(Debug)]
pub(super) struct CaseForm {
    case: Option<Case>,
    sheet: Sheet<CaseField>,
    before: CaseDraft,
}

impl CaseForm {
    pub(super) fn new(case: Option<Case>) -> Self {
        let known = |value: Option<String>| value.unwrap_or_default();
        let bed = case.as_ref().map(|case| case.bed.to_string());
        let age = case.as_ref().and_then(|case| case.apparent_age).map(|age| age.to_string());
        let id = case.as_ref().and_then(|case| case.patient_id.as_ref()).map(ToString::to_string);
        let evidence = case.as_ref().and_then(|case| case.evidence.clone());
        let sex = Choice::among(&SEXES, Sex::label, case.as_ref().and_then(|case| case.apparent_sex));
        let kind = evidence.as_ref().map(|evidence| evidence.kind);
        let kinds = Choice::among(&EvidenceKind::ALL, EvidenceKind::label, kind);
        let by = evidence.map(|evidence| evidence.by.to_string());
        let form = Form::new(vec![
            Field::text(CaseField::Bed, "ベッド・場所", Editor::with(30, &known(bed)), 30),
            Field::text(CaseField::Age, "見た目の年齢", Editor::with(20, &known(age)), 24),
            Field::choice(CaseField::Sex, "見た目の性別", sex),
            Field::text(CaseField::PatientId, "患者ID", Editor::with(20, &known(id)), 22),
            Field::choice(CaseField::Evidence, "身元の根拠", kinds),
            Field::text(CaseField::EvidenceBy, "確認した人", Editor::with(40, &known(by)), 30),
        ]);
        let mut page = Self { case, sheet: Sheet::new(form), before: CaseDraft::default() };
        page.before = page.draft();
        page
    }

    fn draft(&self) -> CaseDraft {
        let text = |field| self.sheet.form.text(field).to_owned();
        CaseDraft {
            bed: text(CaseField::Bed),
            apparent_age: text(CaseField::Age),
            apparent_sex: self.sheet.form.chosen(CaseField::Sex, &SEXES),
            patient_id: text(CaseField::PatientId),
            evidence: self.sheet.form.chosen(CaseField::Evidence, &EvidenceKind::ALL),
            evidence_by: text(CaseField::EvidenceBy),
        }
    }
}

impl Page for CaseForm {
    fn title(&self) -> String {
        match &self.case {
            Some(case) => format!("症例 {} の登録内容", case.number),
            None => "新しい症例（仮番号は登録時に付きます）".to_owned(),
        }
    }

    fn offers(&self, shell: &Shell) -> Offers {
        let send = if self.case.is_some() { "変更を登録" } else { "登録して患者特定へ" };
        self.sheet.offers(shell, send, "ホームへ")
    }

    fn press(&mut self, shell: &Shell, meaning: Meaning) -> Vec<Act> {
        let leaving = Leaving { done: "登録して", back: "ホーム" };
        match self.sheet.press(shell, meaning, self.unsent(), leaving) {
            Pressed::Done(acts) => acts,
            Pressed::Back => vec![Act::Ask(Request::Home)],
            // Nothing is asked once more: a case can be corrected.
            Pressed::Send | Pressed::Agreed => {
                let draft = self.draft();
                if let Err(wrong) = draft.check() {
                    self.sheet.form.say_wrong(wrong);
                }
                vec![Act::Ask(match &self.case {
                    Some(case) => Request::ChangeCase { case: case.number.clone(), draft },
                    None => Request::OpenCase { draft },
                })]
            }
        }
    }

    fn paste(&mut self, _shell: &Shell, pasted: &Pasted) -> Vec<Act> {
        self.sheet.paste(pasted)
    }

    fn reply(&mut self, shell: &Shell, reply: Reply) -> Vec<Act> {
        match reply {
            Reply::Case(number) if self.case.is_none() && shell.may_enquire() => {
                vec![Act::Ask(Request::OpenEnquiry { case: number })]
            }
            Reply::Case(number) => {
                vec![Act::Say(Role::Good, format!("症例 {number} を登録しました")), Act::Ask(Request::Home)]
            }
            Reply::Enquiry(view) => vec![Act::Go(Goto::Identify(view))],
            Reply::Home(home) => vec![Act::Go(Goto::Home(home))],
            _ => Vec::new(),
        }
    }

    /// What is wrong was said beside the fields when the key was pressed; the person may be typing elsewhere by now.
    fn refused(&mut self, _shell: &Shell, refusal: &Refusal) -> Vec<Act> {
        let wrong = self.draft().check().err().map_or(0, |wrong| wrong.len());
        vec![Act::Say(Role::Danger, words::refused(refusal, wrong))]
    }

    fn resumes(&self) -> bool {
        true
    }

    fn unsent(&self) -> bool {
        self.draft() != self.before
    }

    fn prompt(&self) -> Option<Prompt> {
        self.sheet.prompt()
    }

    fn draw(&self, shell: &Shell, frame: &mut Frame<'_>, area: Rect) {
        self.sheet.draw(shell, frame, area);
    }
}
