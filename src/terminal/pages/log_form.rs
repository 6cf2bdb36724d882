//! The form of 8 操作ログ: what to look for.

use super::super::app::Shell;
use super::sheet;
use crate::log::search::{Draft, DraftField, Group};
use crate::protocol::Refusal;
use crate::terminal::event_loop::Pasted;
use crate::terminal::keymap::{Meaning, Offers};
use crate::terminal::theme::Role;
use crate::terminal::widgets::{Change, Choice, Editor, Field, Form, Prompt};
use ratatui::Frame;
use ratatui::layout::Rect;

/// The fields of text: which, its label, the longest text, its width on the screen.
const TEXTS: [(DraftField, &str, usize, u16); 10] = [
    (DraftField::PatientId, "患者ID", 20, 22),
    (DraftField::Name, "氏名・カナ", 60, 30),
    (DraftField::Birthdate, "生年月日", 20, 22),
    (DraftField::InsurerNumber, "保険者番号", 8, 10),
    (DraftField::Number, "番号", 40, 22),
    (DraftField::ReferenceNumber, "照会番号", 40, 22),
    (DraftField::User, "利用者ID", 32, 22),
    (DraftField::From, "期間の始め", 30, 22),
    (DraftField::To, "期間の終わり", 30, 22),
    (DraftField::Case, "症例（仮番号）", 20, 22),
];

/// The form.
#[derive(Debug)]
pub(super) struct LogForm {
    form: Form<DraftField>,
}

impl LogForm {
    /// With what was looked for before.
    pub(super) fn new(draft: &Draft, own: bool) -> Self {
        let shown = TEXTS.iter().filter(|(field, ..)| !own || *field != DraftField::User);
        let mut fields: Vec<Field<DraftField>> = shown
            .map(|(field, label, limit, cells)| {
                Field::text(*field, label, Editor::with(*limit, text_of(draft, *field)), *cells)
            })
            .collect();
        let mut kinds = Choice::any_of(Group::ALL.map(Group::label));
        for (place, group) in Group::ALL.into_iter().enumerate() {
            if draft.kinds.iter().any(|kind| kind == group.tag()) {
                kinds.choose(place, true);
            }
        }
        fields.push(Field::choice(DraftField::Kinds, "種別", kinds));
        let mut form = Self { form: Form::new(fields) };
        for (field, ..) in &TEXTS {
            form.echo(*field);
        }
        form
    }

    pub(super) fn draft(&self) -> Draft {
        let text = |field| self.form.text(field).trim().to_owned();
        let chosen = self.form.choice(DraftField::Kinds);
        let kinds = Group::ALL.into_iter().enumerate();
        let kinds = kinds.filter(|(place, _)| chosen.is_some_and(|choice| choice.is_chosen(*place)));
        Draft {
            patient_id: text(DraftField::PatientId),
            insurer_number: text(DraftField::InsurerNumber),
            number: text(DraftField::Number),
            reference_number: text(DraftField::ReferenceNumber),
            name: text(DraftField::Name),
            birthdate: text(DraftField::Birthdate),
            user: text(DraftField::User),
            from: text(DraftField::From),
            to: text(DraftField::To),
            kinds: kinds.map(|(_, group)| group.tag().to_owned()).collect(),
            case: text(DraftField::Case),
        }
    }

    pub(super) fn offers(&self, shell: &Shell) -> Offers {
        sheet::offers(shell, &self.form, "検索する", "一覧へ")
    }

    /// Says what is wrong beside each field; whether nothing is.
    pub(super) fn is_right(&mut self) -> bool {
        let Err(wrong) = self.draft().check() else { return true };
        self.form.say_wrong(wrong);
        false
    }

    /// What the station found wrong.
    pub(super) fn refused(&mut self, refusal: &Refusal) {
        for (name, words) in &refusal.fields {
            let field = TEXTS.iter().map(|(field, ..)| *field).chain([DraftField::Kinds]);
            if let Some(field) = field.into_iter().find(|field| field.name() == name.as_str()) {
                self.form.say(field, Some((Role::Danger, words.to_string())));
            }
        }
    }

    pub(super) fn press(&mut self, meaning: Meaning) {
        if let Change::Edited(field) = self.form.press_saying(meaning) {
            self.echo(field);
        }
    }

    pub(super) fn paste(&mut self, pasted: &Pasted) {
        if let Change::Edited(field) = self.form.paste(pasted) {
            self.echo(field);
        }
    }

    pub(super) fn prompt(&self) -> Option<Prompt> {
        self.form.prompt()
    }

    pub(super) fn draw(&self, shell: &Shell, frame: &mut Frame<'_>, area: Rect) {
        self.form.draw(frame, area, shell.theme);
    }

    /// What was understood of a date; while it is being typed it is not wrong yet.
    fn echo(&mut self, field: DraftField) {
        if field == DraftField::Name {
            self.form.say(field, Some((Role::Text, "全体を入力（完全一致）".to_owned())));
            return;
        }
        let said = field.echo(self.form.text(field)).and_then(Result::ok);
        self.form.say(field, said.map(|words| (Role::Good, words)));
    }
}

fn text_of(draft: &Draft, field: DraftField) -> &str {
    match field {
        DraftField::PatientId => &draft.patient_id,
        DraftField::InsurerNumber => &draft.insurer_number,
        DraftField::Number => &draft.number,
        DraftField::ReferenceNumber => &draft.reference_number,
        DraftField::Name => &draft.name,
        DraftField::Birthdate => &draft.birthdate,
        DraftField::User => &draft.user,
        DraftField::From => &draft.from,
        DraftField::To => &draft.to,
        DraftField::Case => &draft.case,
        DraftField::Kinds => "",
    }
}
