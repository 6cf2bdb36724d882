//! 4 確認: the whole key, the caution word for word, necessity and consent. Nothing is preselected, and the key that
//! sends is not one that moves.

use super::super::app::{Act, Goto, Page, Shell};
use super::lines::WIDE;
use super::{sheet, words};
use crate::domain::CalendarDate;
use crate::domain::caution::{Button, Moment};
use crate::domain::consent::{ConsentChoice, ConsentDraft, ConsentField, ConsentHow, UnobtainableReason};
use crate::protocol::view::EnquiryView;
use crate::protocol::{Refusal, Reply, Request};
use crate::terminal::event_loop::Pasted;
use crate::terminal::keymap::{Command, Meaning, Offers};
use crate::terminal::theme::Role;
use crate::terminal::widgets::{Change, Choice, Editor, Field, Form, Prompt};
use ratatui::Frame;
use ratatui::layout::Rect;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Id {
    Note(usize),
    Field(ConsentField),
}

/// The page.
#[derive(Debug)]
pub(super) struct Confirm {
    view: EnquiryView,
    form: Form<Id>,
    today: CalendarDate,
    sent: bool,
}

impl Confirm {
    pub(super) fn new(view: EnquiryView, shell: &Shell) -> Self {
        let today = shell.today();
        let form = form(&view, &view.consent, today);
        Self { view, form, today, sent: false }
    }

    fn consent(&self) -> ConsentDraft {
        let text = |field| self.form.text(Id::Field(field)).to_owned();
        let ticked = |field| self.form.choice(Id::Field(field)).is_some_and(|choice| choice.is_chosen(0));
        ConsentDraft {
            caution: ticked(ConsentField::Caution),
            necessity: ticked(ConsentField::Necessity),
            choice: self.form.chosen(Id::Field(ConsentField::Choice), &CHOICES).map(|(choice, _)| choice),
            how: self.form.chosen(Id::Field(ConsentField::How), &ConsentHow::ALL),
            reason: self.form.chosen(Id::Field(ConsentField::Reason), &UnobtainableReason::ALL),
            tried: text(ConsentField::Tried),
            words: text(ConsentField::Words),
            judged_by: text(ConsentField::JudgedBy),
        }
    }

    /// Fields appear and go with 同意あり / 同意取得困難; what was typed stays.
    fn rebuild(&mut self) {
        let (consent, focus) = (self.consent(), self.form.focused());
        self.form = form(&self.view, &consent, self.today);
        if let Some(focus) = focus {
            self.form.focus(focus);
        }
    }
}

const CHOICES: [(ConsentChoice, &str); 2] =
    [(ConsentChoice::Given, "同意あり（患者本人）"), (ConsentChoice::Unobtainable, "同意取得困難")];

/// Whom a card reading names, key, warnings and caution stand above the first box to tick, in one form with it:
/// whoever ticks it has had them on the screen, however small that is.
fn form(view: &EnquiryView, consent: &ConsentDraft, today: CalendarDate) -> Form<Id> {
    let key = view.key.as_ref().map(|key| words::labelled(key, today)).unwrap_or_default();
    let key = key.into_iter().map(|line| (Role::Strong, line));
    let whose = view.reading.iter().flat_map(|reading| words::reading(reading, today));
    let warnings = words::warnings(view).map(|warning| (Role::Caution, warning.to_owned()));
    let caution = Moment::BeforeRequest.sentences().iter().map(|sentence| (Role::Caution, sentence.clone()));
    let mut fields: Vec<Field<Id>> = whose
        .chain(key)
        .chain(warnings)
        .chain(caution)
        .enumerate()
        .map(|(at, (role, text))| Field::note_as(Id::Note(at), role, &text))
        .collect();
    let tick = |label: &str, on: bool| {
        let mut choice = Choice::any_of([label]);
        choice.choose(0, on);
        choice
    };
    let editor = |text: &str| Editor::with(200, text);
    let id = Id::Field;
    for field in consent.fields() {
        fields.push(match field {
            ConsentField::Caution => {
                Field::choice(id(field), "注意事項", tick("注意事項を確認した", consent.caution))
            }
            ConsentField::Necessity => {
                let label = "患者の生命、身体の保護のために必要";
                Field::choice(id(field), "必要性", tick(label, consent.necessity))
            }
            ConsentField::Choice => {
                let known = CHOICES.into_iter().find(|(choice, _)| Some(*choice) == consent.choice);
                Field::choice(id(field), "同意", Choice::among(&CHOICES, |(_, label)| label, known))
            }
            ConsentField::How => {
                let how = Choice::among(&ConsentHow::ALL, ConsentHow::label, consent.how);
                Field::choice(id(field), "同意の方法", how)
            }
            ConsentField::Reason => {
                let all = UnobtainableReason::ALL;
                let reason = Choice::among(&all, UnobtainableReason::label, consent.reason);
                let mut field = Field::choice(id(field), "理由", reason);
                field.message = against_a_refusal(consent);
                field
            }
            ConsentField::Tried => Field::text(id(field), "試みたこと", editor(&consent.tried), 50),
            ConsentField::Words => Field::text(id(field), "具体的な事情", editor(&consent.words), 50),
            ConsentField::JudgedBy => {
                let mut judge = Field::text(id(field), "判断した人", editor(&consent.judged_by), 30);
                judge.message = Some((Role::Text, "自分で判断したときは空欄".to_owned()));
                judge
            }
        });
    }
    Form::new(fields)
}

/// What a refusal makes of the enquiry (C1, E4): said before it goes out.
fn against_a_refusal(consent: &ConsentDraft) -> Option<(Role, String)> {
    let words = "患者の拒否に反する照会です。送信すると優先の事後確認の対象になります。事情を「具体的な事情」に入力してください";
    (consent.reason == Some(UnobtainableReason::Refused)).then(|| (Role::Caution, words.to_owned()))
}

impl Page for Confirm {
    fn title(&self) -> String {
        let method = self.view.key.as_ref().map_or("", |key| key.method().label());
        format!("照会内容の確認（{method}）")
    }

    fn offers(&self, shell: &Shell) -> Offers {
        sheet::offers(shell, &self.form, Button::Ask.label(), "入力へ戻る")
    }

    fn press(&mut self, _shell: &Shell, meaning: Meaning) -> Vec<Act> {
        match meaning {
            Meaning::Command(Command::Back) => return vec![Act::Go(Goto::Identify(Box::new(self.kept())))],
            Meaning::Command(Command::Send) => {
                let consent = self.consent();
                if let Err(wrong) = consent.check() {
                    self.form.say_wrong(wrong.into_iter().map(|(field, why)| (Id::Field(field), why)));
                }
                let Some(key) = self.view.key.clone() else { return Vec::new() };
                let enquiry = self.view.id.clone();
                return vec![Act::Ask(Request::Send { enquiry, key, consent })];
            }
            _ => {}
        }
        match self.form.press_saying(meaning) {
            Change::Edited(Id::Field(ConsentField::Choice)) => {
                self.rebuild();
                Vec::new()
            }
            Change::Edited(id @ Id::Field(ConsentField::Reason)) => {
                let message = against_a_refusal(&self.consent());
                self.form.say(id, message);
                Vec::new()
            }
            Change::Left(_) => self.draft().map(Act::Tell).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    fn paste(&mut self, _shell: &Shell, pasted: &Pasted) -> Vec<Act> {
        self.form.paste_saying(pasted);
        Vec::new()
    }

    fn reply(&mut self, _shell: &Shell, reply: Reply) -> Vec<Act> {
        match reply {
            Reply::Enquiry(view) => {
                self.sent = true;
                vec![Act::Go(Goto::Enquiry(view))]
            }
            _ => Vec::new(),
        }
    }

    /// What is wrong was said beside the fields when the key was pressed; the person may be typing elsewhere by now.
    fn refused(&mut self, _shell: &Shell, refusal: &Refusal) -> Vec<Act> {
        vec![Act::Say(
            Role::Danger,
            words::refused(refusal, self.consent().check().err().map_or(0, |e| e.len())),
        )]
    }

    fn patient(&self, _shell: &Shell) -> Vec<String> {
        vec![words::case(&self.view.case)]
    }

    fn draft(&self) -> Option<Request> {
        if self.sent {
            return None;
        }
        let (enquiry, key) = (self.view.id.clone(), self.view.draft.clone());
        Some(Request::SaveDraft { enquiry, key, consent: self.consent() })
    }

    fn resumes(&self) -> bool {
        true
    }

    fn unsent(&self) -> bool {
        true
    }

    fn prompt(&self) -> Option<Prompt> {
        self.form.prompt()
    }

    fn draw(&self, shell: &Shell, frame: &mut Frame<'_>, area: Rect) {
        if area.width >= WIDE && !shell.theme.linear() {
            self.form.draw_beside_notes(frame, area, shell.theme);
        } else {
            self.form.draw(frame, area, shell.theme);
        }
    }
}

impl Confirm {
    /// The view with what was filled in here, so that going back and forth loses nothing.
    fn kept(&self) -> EnquiryView {
        EnquiryView { consent: self.consent(), ..self.view.clone() }
    }
}
