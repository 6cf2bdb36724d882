//! 3 患者特定: three tabs, each field checked as it is typed, nothing ever lost.

use super::super::app::{Act, Goto, Page, Shell};
use super::lines::{self, Line};
use super::{tabs, words};
use crate::domain::CalendarDate;
use crate::domain::insurer::InsurerNumber;
use crate::domain::key::{IdentificationMethod, KeyDraft, KeyField, Sex};
use crate::protocol::view::{EnquiryView, FaceResultView};
use crate::protocol::{Event, Refusal, RefusalCode, Reply, Request};
use crate::terminal::event_loop::Pasted;
use crate::terminal::keymap::{Command, Meaning, Offers, Place};
use crate::terminal::theme::Role;
use crate::terminal::widgets::{
    Change, Choice, Column, Editor, Extent, Field, Fit, Form, Prompt, Selection, Table, Total, Untyped,
};
use ratatui::Frame;
use ratatui::layout::Rect;
use std::borrow::Cow;

const SEXES: [Sex; 3] = [Sex::Male, Sex::Female, Sex::Unset];

/// The page.
#[derive(Debug)]
pub(super) struct Identify {
    view: EnquiryView,
    method: IdentificationMethod,
    /// The numbers of the chosen card reading. They stay on its tab: on the others only what was typed by hand stands.
    card: Form<KeyField>,
    insurance: Form<KeyField>,
    four_items: Form<KeyField>,
    faces: Option<Vec<FaceResultView>>,
    selection: Selection,
    /// On the card's tab: the list of results rather than the key of the chosen one.
    listing: bool,
    /// A character was typed into this field that it did not take: said until the field is left or emptied, for an
    /// input method sends what follows in the same moment.
    untyped: Option<(KeyField, Untyped)>,
}

impl Identify {
    pub(super) fn new(view: EnquiryView, shell: &Shell) -> Self {
        let method = view.draft.method;
        let chosen = method == IdentificationMethod::MyNumberCard && !view.draft.insurer_number.is_empty();
        let empty = KeyDraft::default();
        let of_card = if method == IdentificationMethod::MyNumberCard { &view.draft } else { &empty };
        let mut page = Self {
            method,
            card: form(IdentificationMethod::MyNumberCard, of_card),
            insurance: form(IdentificationMethod::Certificate, &view.by_hand),
            four_items: form(IdentificationMethod::FourItems, &view.by_hand),
            faces: None,
            selection: Selection::default(),
            untyped: None,
            listing: !chosen,
            view,
        };
        for method in IdentificationMethod::ALL {
            for field in KeyField::of(method) {
                page.echo(method, *field, shell.today(), false);
            }
        }
        page
    }

    /// Whether the list of card results is shown rather than the form of the chosen one.
    fn lists_faces(&self) -> bool {
        self.method == IdentificationMethod::MyNumberCard && self.listing
    }

    fn form_of(&self, method: IdentificationMethod) -> &Form<KeyField> {
        match method {
            IdentificationMethod::MyNumberCard => &self.card,
            IdentificationMethod::Certificate => &self.insurance,
            IdentificationMethod::FourItems => &self.four_items,
        }
    }

    fn form_mut(&mut self, method: IdentificationMethod) -> &mut Form<KeyField> {
        match method {
            IdentificationMethod::MyNumberCard => &mut self.card,
            IdentificationMethod::Certificate => &mut self.insurance,
            IdentificationMethod::FourItems => &mut self.four_items,
        }
    }

    fn form(&mut self) -> &mut Form<KeyField> {
        self.form_mut(self.method)
    }

    /// The forms as they stand, under the tab that is open.
    fn key(&self) -> KeyDraft {
        self.key_of(self.method)
    }

    fn key_of(&self, method: IdentificationMethod) -> KeyDraft {
        let numbers = if method == IdentificationMethod::MyNumberCard { &self.card } else { &self.insurance };
        let insurance = |field| numbers.text(field).to_owned();
        let items = |field| self.four_items.text(field).to_owned();
        let birthdate = self.form_of(method).text(KeyField::Birthdate).to_owned();
        KeyDraft {
            method,
            insurer_number: insurance(KeyField::InsurerNumber),
            symbol: insurance(KeyField::Symbol),
            insured_number: insurance(KeyField::InsuredNumber),
            branch_number: insurance(KeyField::BranchNumber),
            birthdate,
            name: items(KeyField::Name),
            sex: self.four_items.chosen(KeyField::Sex, &SEXES),
            address: items(KeyField::Address),
            insurer_name: items(KeyField::InsurerName),
        }
    }

    /// What stands beside a field: an error, or an echo that shows what was understood.
    fn echo(&mut self, method: IdentificationMethod, field: KeyField, today: CalendarDate, insist: bool) {
        let draft = self.key_of(method);
        let typed = draft.text(field).trim().to_owned();
        let untouched = typed.is_empty() && !insist && field != KeyField::Sex;
        let message = match draft.check_field(field, today) {
            _ if let Some((_, why)) = self.untyped.filter(|(at, _)| *at == field) => {
                Some((Role::Danger, why.to_string()))
            }
            _ if untouched => hint(draft.method, field),
            Ok(()) => understood(field, &typed, today)
                .map(|words| (Role::Good, words))
                .or_else(|| hint(draft.method, field)),
            Err(_) if field == KeyField::Sex && !insist => None,
            Err(error) => Some((Role::Danger, error.to_string())),
        };
        self.form_mut(method).say(field, message);
    }

    fn switch(&mut self, forward: bool) -> Vec<Act> {
        let all = IdentificationMethod::ALL;
        let at = all.iter().position(|method| *method == self.method).unwrap_or(0);
        let to = if forward { (at + 1) % all.len() } else { (at + all.len() - 1) % all.len() };
        // The field is left with its tab, and what was typed there kept.
        let kept = if self.lists_faces() { None } else { self.draft() };
        let from = std::mem::replace(&mut self.method, all.get(to).copied().unwrap_or_default());
        // A birth date typed by hand is the same person's whatever the tab; that of a card reading is the card's.
        let birthdate = match (from, self.method) {
            (IdentificationMethod::MyNumberCard, _) | (_, IdentificationMethod::MyNumberCard) => None,
            (from, _) => Some(self.form_of(from).text(KeyField::Birthdate).to_owned()),
        };
        if let Some(birthdate) = birthdate
            && let Some(editor) = self.form().editor_mut(KeyField::Birthdate)
            && editor.is_empty()
        {
            editor.set(&birthdate);
        }
        kept.map(Act::Tell).into_iter().chain(self.look_for_faces()).collect()
    }

    fn look_for_faces(&self) -> Vec<Act> {
        let wanted = self.lists_faces() && self.faces.is_none();
        if wanted { vec![Act::Look(Request::FaceResults)] } else { Vec::new() }
    }

    fn send(&mut self, shell: &Shell) -> Vec<Act> {
        let today = shell.today();
        self.untyped = self.untyped.filter(|(at, _)| !self.form_of(self.method).text(*at).trim().is_empty());
        for field in KeyField::of(self.method) {
            self.echo(self.method, *field, today, true);
        }
        if let Err(wrong) = self.key().check(today)
            && let Some((field, _)) = wrong.first()
        {
            let field = *field;
            self.form().focus(field);
        }
        // Wrong input goes to the station too: that it happened is on record, and the rules are its own.
        vec![Act::Ask(Request::ConfirmKey { enquiry: self.view.id.clone(), key: self.key() })]
    }

    fn press_list(&mut self, command: Command) -> Vec<Act> {
        let faces = self.faces.as_deref().unwrap_or_default();
        if self.selection.go(command, faces.len()) {
            return Vec::new();
        }
        match (command, faces.get(self.selection.row())) {
            (Command::Accept, Some(face)) => match &face.unusable {
                Some(why) => vec![Act::Say(Role::Danger, why.to_string())],
                None => vec![Act::Ask(Request::UseFaceResult {
                    enquiry: self.view.id.clone(),
                    name: face.name.clone(),
                })],
            },
            (Command::Refresh, _) => vec![Act::Look(Request::FaceResults)],
            _ => Vec::new(),
        }
    }

    fn draw_faces(&self, shell: &Shell, frame: &mut Frame<'_>, area: Rect) {
        let faces = self.faces.as_deref().unwrap_or_default();
        let columns = [
            Column { title: "読取時刻（新しい順）", extent: Extent::Cells(20), fit: Fit::Must },
            Column { title: "氏名・カナ", extent: Extent::Rest, fit: Fit::Must },
            Column { title: "生年月日", extent: Extent::Cells(18), fit: Fit::Must },
        ];
        let today = shell.today();
        let cell = |row: usize, column: usize| -> (Cow<'_, str>, Role) {
            let Some(face) = faces.get(row) else { return (Cow::Borrowed(""), Role::Text) };
            let text = match column {
                0 => face.at.to_string(),
                1 => match &face.unusable {
                    Some(why) => why.to_string(),
                    None if shell.latin => {
                        let latin = words::latin(&face.kana, face.birthdate, None, today);
                        format!("{} {}\n{latin}", face.person_name, face.kana)
                    }
                    None => format!("{} {}", face.person_name, face.kana),
                },
                _ => face.birthdate.map(CalendarDate::western).unwrap_or_default(),
            };
            (Cow::Owned(text), Role::Text)
        };
        let empty = match self.faces {
            Some(_) => {
                "顔認証付きカードリーダーの読取結果はありません。カードを読み取ってから「最新にする」を押してください。"
            }
            None => "読取結果を確認しています…",
        };
        let table = Table { columns: &columns, rows: faces.len(), total: Total::Here, cell: &cell, empty };
        table.draw(frame, area, shell.theme, &self.selection);
    }
}

fn form(method: IdentificationMethod, draft: &KeyDraft) -> Form<KeyField> {
    let fields = KeyField::of(method).iter().map(|&field| {
        if field == KeyField::Sex {
            let sex = Choice::among(&SEXES, Sex::label, draft.sex);
            return Field::choice(field, field.label(), sex);
        }
        let (limit, cells) = match field {
            KeyField::InsurerNumber => (12, 18),
            KeyField::BranchNumber => (4, 6),
            KeyField::Symbol | KeyField::InsuredNumber => (40, 24),
            KeyField::Birthdate => (24, 24),
            _ => (200, 44),
        };
        Field::text(field, field.label(), Editor::with(limit, draft.text(field)), cells)
    });
    Form::new(fields.collect())
}

/// What is to be known before a value is typed from paper: it is sent in the width it is typed in, for nobody knows how
/// it is registered.
fn hint(method: IdentificationMethod, field: KeyField) -> Option<(Role, String)> {
    let typed = method == IdentificationMethod::Certificate;
    let width = matches!(field, KeyField::Symbol | KeyField::InsuredNumber);
    (typed && width).then(|| (Role::Text, "全角・半角は資格確認書等の表記どおりに".to_owned()))
}

/// What was understood of a good value.
fn understood(field: KeyField, typed: &str, today: CalendarDate) -> Option<String> {
    match field {
        KeyField::InsurerNumber => {
            let number = InsurerNumber::parse(typed).ok()?;
            let place = number.prefecture().unwrap_or("都道府県不明");
            Some(format!("{} {place}", number.kind()))
        }
        KeyField::Birthdate => {
            let date = CalendarDate::parse(typed, today).ok()?;
            Some(format!("{} {}歳", date.both(), date.age_on(today)))
        }
        _ => None,
    }
}

impl Page for Identify {
    fn title(&self) -> String {
        "患者特定".to_owned()
    }

    fn opened(&mut self, _shell: &Shell) -> Vec<Act> {
        self.look_for_faces()
    }

    fn offers(&self, shell: &Shell) -> Offers {
        let mut commands = vec![Command::NextTab, Command::PrevTab, Command::Back];
        if self.lists_faces() {
            commands.extend([Command::Up, Command::Down, Command::PageUp, Command::PageDown]);
            commands.push(Command::Refresh);
            if self.faces.as_ref().is_some_and(|faces| !faces.is_empty()) {
                commands.push(Command::Accept);
            }
            return shell
                .offers(Place::List, commands)
                .named(Command::Accept, "この人の資格情報を使う")
                .named(Command::NextTab, "次の方式")
                .named(Command::PrevTab, "前の方式");
        }
        let form = self.form_of(self.method);
        commands.extend(form.commands());
        commands.push(Command::Send);
        let back = if self.method == IdentificationMethod::MyNumberCard {
            "読取結果の一覧へ"
        } else {
            "ホームへ"
        };
        shell
            .offers(form.place(), commands)
            .named(Command::Send, "確認画面へ")
            .named(Command::Back, back)
            .named(Command::NextTab, "次の方式")
            .named(Command::PrevTab, "前の方式")
    }

    fn press(&mut self, shell: &Shell, meaning: Meaning) -> Vec<Act> {
        match meaning {
            Meaning::Command(Command::Back)
                if self.method == IdentificationMethod::MyNumberCard && !self.listing =>
            {
                self.listing = true;
                return self.look_for_faces();
            }
            Meaning::Command(Command::Back) => return vec![Act::Ask(Request::Home)],
            Meaning::Command(Command::NextTab) => return self.switch(true),
            Meaning::Command(Command::PrevTab) => return self.switch(false),
            Meaning::Command(command) if self.lists_faces() => return self.press_list(command),
            Meaning::Command(Command::Send) => return self.send(shell),
            _ => {}
        }
        let method = self.method;
        match self.form().press(meaning) {
            Change::Edited(field) => {
                self.untyped = self.untyped.filter(|_| !self.form_of(method).text(field).trim().is_empty());
                self.echo(method, field, shell.today(), false);
                Vec::new()
            }
            Change::Refused(field, why) => {
                self.untyped = Some((field, why));
                self.echo(method, field, shell.today(), false);
                Vec::new()
            }
            Change::Left(field) => {
                self.untyped = None;
                self.echo(method, field, shell.today(), false);
                self.draft().map(Act::Tell).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    fn paste(&mut self, shell: &Shell, pasted: &Pasted) -> Vec<Act> {
        let method = self.method;
        match self.form().paste(pasted) {
            Change::Edited(field) => self.echo(method, field, shell.today(), false),
            Change::Refused(field, why) => {
                self.untyped = Some((field, why));
                self.echo(method, field, shell.today(), false);
                let words = "貼り付けた文字は長すぎるため、途中までしか入っていません。入力し直してください";
                return vec![Act::Say(Role::Danger, words.to_owned())];
            }
            _ => {}
        }
        Vec::new()
    }

    fn reply(&mut self, shell: &Shell, reply: Reply) -> Vec<Act> {
        match reply {
            Reply::FaceResults(faces) => {
                self.faces = Some(faces);
                Vec::new()
            }
            Reply::KeyConfirmed(view) => vec![Act::Go(Goto::Confirm(view))],
            // A card result was copied: its key stands in the form, to be seen and corrected.
            Reply::Enquiry(view) => {
                let (faces, selection) = (self.faces.take(), std::mem::take(&mut self.selection));
                *self = Self { faces, selection, ..Self::new(*view, shell) };
                Vec::new()
            }
            Reply::Home(home) => vec![Act::Go(Goto::Home(home))],
            _ => Vec::new(),
        }
    }

    fn refused(&mut self, shell: &Shell, refusal: &Refusal) -> Vec<Act> {
        if refusal.code == RefusalCode::FolderFailed {
            self.faces.get_or_insert_default();
        }
        let mut wrong = self.key().check(shell.today()).err().unwrap_or_default();
        // 住所 and 保険者名称 both empty are one thing to be mended, in either of them.
        wrong.dedup_by(|later, earlier| later.1 == earlier.1);
        vec![Act::Say(Role::Danger, words::refused(refusal, wrong.len()))]
    }

    fn event(&mut self, _shell: &Shell, event: &Event) -> Vec<Act> {
        match event {
            Event::EnquiryChanged { enquiry } if *enquiry == self.view.id => {
                let words = "前の照会への応答が届きました。ホームに戻ってこの照会を開くと確認できます";
                vec![Act::Say(Role::Caution, words.to_owned())]
            }
            _ => Vec::new(),
        }
    }

    fn patient(&self, _shell: &Shell) -> Vec<String> {
        vec![words::case(&self.view.case)]
    }

    fn draft(&self) -> Option<Request> {
        let (enquiry, consent) = (self.view.id.clone(), self.view.consent.clone());
        Some(Request::SaveDraft { enquiry, key: self.key(), consent })
    }

    fn resumes(&self) -> bool {
        true
    }

    fn unsent(&self) -> bool {
        let is_empty = |method| self.key_of(method) == KeyDraft { method, ..KeyDraft::default() };
        !IdentificationMethod::ALL.into_iter().all(is_empty)
    }

    fn prompt(&self) -> Option<Prompt> {
        if self.lists_faces() { None } else { self.form_of(self.method).prompt() }
    }

    fn draw(&self, shell: &Shell, frame: &mut Frame<'_>, area: Rect) {
        let tabs = IdentificationMethod::ALL.map(|method| (method == self.method, method.label().to_owned()));
        tabs::draw(frame, area, shell.theme, &tabs);
        let rest = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        let warnings = words::warnings(&self.view).map(|warning| (Role::Caution, warning.to_owned()));
        let whose = self.view.reading.iter().filter(|_| {
            // Only over the form that it filled in.
            self.method == IdentificationMethod::MyNumberCard && !self.listing
        });
        let whose = whose.flat_map(|reading| words::reading(reading, shell.today()));
        let warnings: Vec<Line> = whose.chain(warnings).collect();
        let rest = lines::draw(frame, rest, shell.theme, &warnings);
        let rest = Rect { y: rest.y + 1, height: rest.height.saturating_sub(1), ..rest };
        if self.lists_faces() {
            self.draw_faces(shell, frame, rest);
        } else {
            self.form_of(self.method).draw(frame, rest, shell.theme);
        }
    }
}
