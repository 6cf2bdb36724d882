//! Fields one below the other: text, choices, buttons and notes, with the message beside or under the field.

use super::choice::Choice;
use super::editor::{Editor, Untyped};
use super::prompt::{Prompt, Wants};
use super::scroll::Window;
use crate::terminal::event_loop::Pasted;
use crate::terminal::keymap::{Command, Meaning, Place};
use crate::terminal::theme::Role;
use std::fmt::Display;
use zeroize::Zeroizing;

/// What a field is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A line of text, drawn so many cells wide.
    Text(Editor, u16),
    /// Choices.
    Choice(Choice),
    /// Something to be done by Enter. Never for what cannot be undone: that is [`Command::Send`].
    Button,
    /// Text to be read; it has no focus.
    Note(Role),
}

/// A field of a form. `K` names it for the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field<K> {
    /// The screen's name for it.
    pub id: K,
    /// What stands before it; for notes and buttons, what is drawn.
    pub label: String,
    /// What it is.
    pub kind: Kind,
    /// What is to be said about the input: an error, or an echo such as both calendars.
    pub message: Option<(Role, String)>,
}

/// What a key did to the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change<K> {
    /// The content of a field.
    Edited(K),
    /// The focus left a field: time to check it, and to keep a draft.
    Left(K),
    /// A button was pressed.
    Pressed(K),
    /// A character or a paste was not taken, or not all of it.
    Refused(K, Untyped),
    /// Nothing that the screen needs to know.
    Nothing,
    /// The form has no use for it; the screen may have.
    Unused,
}

/// Fields, and which one has the focus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form<K> {
    pub(super) fields: Vec<Field<K>>,
    pub(super) focus: usize,
    pub(super) window: Window,
    /// The person pages through the form and looks at another part than the field that has the focus.
    pub(super) paging: bool,
}

impl<K: Copy + PartialEq> Field<K> {
    /// A text field.
    pub fn text(id: K, label: &str, editor: Editor, cells: u16) -> Self {
        Self { id, label: label.to_owned(), kind: Kind::Text(editor, cells), message: None }
    }

    /// A choice.
    pub fn choice(id: K, label: &str, choice: Choice) -> Self {
        Self { id, label: label.to_owned(), kind: Kind::Choice(choice), message: None }
    }

    /// A button.
    pub fn button(id: K, label: &str) -> Self {
        Self { id, label: label.to_owned(), kind: Kind::Button, message: None }
    }

    /// A note.
    pub fn note(id: K, text: &str) -> Self {
        Self::note_as(id, Role::Text, text)
    }

    /// A note that means something.
    pub fn note_as(id: K, role: Role, text: &str) -> Self {
        Self { id, label: text.to_owned(), kind: Kind::Note(role), message: None }
    }

    pub(super) fn is_note(&self) -> bool {
        matches!(self.kind, Kind::Note(_))
    }

    pub(super) fn takes_focus(&self) -> bool {
        !self.is_note()
    }
}

impl<K: Copy + PartialEq> Form<K> {
    /// A form with the focus on its first field.
    pub fn new(fields: Vec<Field<K>>) -> Self {
        let focus = fields.iter().position(Field::takes_focus).unwrap_or(0);
        Self { fields, focus, window: Window::default(), paging: false }
    }

    /// All fields.
    pub fn fields(&self) -> &[Field<K>] {
        &self.fields
    }

    /// A field by its name.
    pub fn field(&self, id: K) -> Option<&Field<K>> {
        self.fields.iter().find(|field| field.id == id)
    }

    /// A field by its name.
    pub fn field_mut(&mut self, id: K) -> Option<&mut Field<K>> {
        self.fields.iter_mut().find(|field| field.id == id)
    }

    /// The text of a text field; empty for others.
    pub fn text(&self, id: K) -> &str {
        match self.field(id).map(|field| &field.kind) {
            Some(Kind::Text(editor, _)) => editor.text(),
            _ => "",
        }
    }

    /// The editor of a text field.
    pub fn editor_mut(&mut self, id: K) -> Option<&mut Editor> {
        match self.field_mut(id).map(|field| &mut field.kind) {
            Some(Kind::Text(editor, _)) => Some(editor),
            _ => None,
        }
    }

    /// The choice of a choice field.
    pub fn choice(&self, id: K) -> Option<&Choice> {
        match self.field(id).map(|field| &field.kind) {
            Some(Kind::Choice(choice)) => Some(choice),
            _ => None,
        }
    }

    /// The chosen one of `all`, which a choice field offers in this order.
    pub fn chosen<T: Copy>(&self, id: K, all: &[T]) -> Option<T> {
        let at = self.choice(id)?.chosen()?;
        all.get(at).copied()
    }

    /// Says something about a field, or nothing any more.
    pub fn say(&mut self, id: K, message: Option<(Role, String)>) {
        if let Some(field) = self.field_mut(id) {
            field.message = message;
        }
    }

    /// Says what is wrong beside each field, and gives the first of them the focus.
    pub fn say_wrong(&mut self, wrong: impl IntoIterator<Item = (K, impl Display)>) {
        let mut first = None;
        for (id, why) in wrong {
            first.get_or_insert(id);
            self.say(id, Some((Role::Danger, why.to_string())));
        }
        if let Some(first) = first {
            self.focus(first);
        }
    }

    /// The field that has the focus.
    pub fn focused(&self) -> Option<K> {
        self.fields.get(self.focus).map(|field| field.id)
    }

    /// Gives a field the focus.
    pub fn focus(&mut self, id: K) {
        if let Some(index) = self.fields.iter().position(|field| field.id == id && field.takes_focus()) {
            self.focus = index;
        }
    }

    /// What the field that has the focus asks for.
    pub fn prompt(&self) -> Option<Prompt> {
        let field = self.fields.get(self.focus)?;
        let wants = match &field.kind {
            Kind::Text(editor, _) if editor.is_masked() => Wants::Secret,
            Kind::Text(..) => Wants::Text,
            Kind::Choice(choice) => choice.wants(),
            Kind::Button => Wants::Button,
            Kind::Note(_) => return None,
        };
        Some(Prompt { label: field.label.clone(), wants })
    }

    /// Where the user is, for [`crate::terminal::keymap::Offers`].
    pub fn place(&self) -> Place {
        match self.fields.get(self.focus).map(|field| &field.kind) {
            Some(Kind::Text(..)) => Place::TextField,
            Some(Kind::Choice(_)) => Place::ChoiceField,
            Some(Kind::Button | Kind::Note(_)) | None => Place::Button,
        }
    }

    /// The commands that [`Form::press`] answers now.
    pub fn commands(&self) -> Vec<Command> {
        let mut commands = vec![Command::Accept, Command::NextField, Command::PrevField];
        if self.place() == Place::ChoiceField {
            commands.extend([Command::Toggle, Command::PrevChoice, Command::NextChoice]);
        }
        if self.window.overflows() {
            commands.extend([Command::PageUp, Command::PageDown]);
        }
        commands
    }

    /// Answers a key. Enter goes to the next field, or presses the button.
    pub fn press(&mut self, meaning: Meaning) -> Change<K> {
        let page = isize::try_from(self.window.height()).unwrap_or(isize::MAX);
        let rows = match meaning {
            Meaning::Command(Command::PageUp) => 1 - page,
            Meaning::Command(Command::PageDown) => page - 1,
            _ => 0,
        };
        self.paging = rows != 0;
        if self.paging {
            self.window.by(rows);
            return Change::Nothing;
        }
        let last = self.fields.iter().rposition(Field::takes_focus);
        let Some(field) = self.fields.get_mut(self.focus) else { return Change::Unused };
        let id = field.id;
        match (meaning, &mut field.kind) {
            (Meaning::Text(c), Kind::Text(editor, _)) => {
                editor.insert(c).map_or_else(|why| Change::Refused(id, why), |()| Change::Edited(id))
            }
            (Meaning::Command(Command::Accept), Kind::Button) => Change::Pressed(id),
            (Meaning::Command(Command::Accept), _) if last == Some(self.focus) => Change::Left(id),
            (Meaning::Command(Command::Accept | Command::NextField), _) => self.step(true),
            (Meaning::Command(Command::PrevField), _) => self.step(false),
            (Meaning::Command(command), Kind::Text(editor, _)) => {
                let before = Zeroizing::new(editor.text().to_owned());
                match (editor.edit(command), editor.text() == before.as_str()) {
                    (false, _) => Change::Unused,
                    (true, true) => Change::Nothing,
                    (true, false) => Change::Edited(id),
                }
            }
            (Meaning::Command(command), Kind::Choice(choice)) => match (choice.edit(command), command) {
                (false, _) => Change::Unused,
                (true, Command::Toggle) => Change::Edited(id),
                (true, _) => Change::Nothing,
            },
            _ => Change::Unused,
        }
    }

    /// Answers a key, and says beside the field that a character cannot be typed; whatever was said there is over once
    /// the field is edited.
    pub fn press_saying(&mut self, meaning: Meaning) -> Change<K> {
        let change = self.press(meaning);
        self.say_untyped(change)
    }

    /// Pastes, and says beside the field that not all of it had room.
    pub fn paste_saying(&mut self, pasted: &Pasted) -> Change<K> {
        let change = self.paste(pasted);
        self.say_untyped(change)
    }

    fn say_untyped(&mut self, change: Change<K>) -> Change<K> {
        match change {
            Change::Edited(id) => self.say(id, None),
            Change::Refused(id, why) => self.say(id, Some((Role::Danger, why.to_string()))),
            _ => {}
        }
        change
    }

    /// Pastes into the field that has the focus.
    pub fn paste(&mut self, pasted: &Pasted) -> Change<K> {
        match self.fields.get_mut(self.focus) {
            Some(Field { id, kind: Kind::Text(editor, _), .. }) => {
                let done = editor.paste(pasted.as_str());
                done.map_or_else(|why| Change::Refused(*id, why), |()| Change::Edited(*id))
            }
            _ => Change::Unused,
        }
    }

    /// Moves the focus; stays at either end.
    fn step(&mut self, forward: bool) -> Change<K> {
        let mut candidates = self.fields.iter().enumerate().filter(|(_, field)| field.takes_focus());
        let to = if forward {
            candidates.find(|(index, _)| *index > self.focus)
        } else {
            candidates.rfind(|(index, _)| *index < self.focus)
        };
        let (Some((to, _)), Some(from)) = (to, self.focused()) else { return Change::Nothing };
        self.focus = to;
        Change::Left(from)
    }
}
