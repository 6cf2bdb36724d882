//! A question over the screen. The first answer is the harmless one, and it is marked at first.

use super::choice::draw_marked;
use super::paragraph::Paragraph;
use super::prompt::{Prompt, Wants};
use crate::terminal::keymap::Command;
use crate::terminal::put::{clear, put, put_marked};
use crate::terminal::theme::{Role, Theme};
use crate::terminal::width;
use ratatui::Frame;
use ratatui::layout::Rect;

/// A question with its answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialog {
    title: String,
    text: String,
    answers: Vec<String>,
    at: usize,
    scroll: Paragraph,
}

impl Dialog {
    /// A question. Of the answers, the first must be the one that changes nothing.
    pub fn new(title: &str, text: &str, answers: &[&str]) -> Self {
        Self {
            title: title.to_owned(),
            text: text.to_owned(),
            answers: answers.iter().map(ToString::to_string).collect(),
            at: 0,
            scroll: Paragraph::default(),
        }
    }

    /// The commands that [`Dialog::press`] answers, and the one that leaves the question.
    pub const COMMANDS: [Command; 4] =
        [Command::Accept, Command::NextChoice, Command::PrevChoice, Command::Back];

    /// Answers a key while a question is open, and closes it once it is answered or left; whether it was answered
    /// otherwise than with the harmless first answer.
    pub fn press_open(open: &mut Option<Self>, command: Command) -> bool {
        let answer = open.as_mut().and_then(|dialog| dialog.press(command));
        if answer.is_some() || command == Command::Back {
            *open = None;
        }
        answer.is_some_and(|answer| answer > 0)
    }

    /// Moves between the answers. [`Command::Accept`] gives the number of the marked one.
    pub fn press(&mut self, command: Command) -> Option<usize> {
        match command {
            Command::PrevChoice => self.at = self.at.saturating_sub(1),
            Command::NextChoice => self.at = (self.at + 1).min(self.answers.len().saturating_sub(1)),
            Command::Accept => return Some(self.at),
            _ => {}
        }
        None
    }

    /// Draws the question in the middle of the frame, over everything else.
    pub fn draw(&self, frame: &mut Frame<'_>, theme: Theme) {
        if theme.linear() {
            return self.draw_linear(frame, theme);
        }
        let screen = frame.area();
        let inner_width = 60.min(screen.width.saturating_sub(4));
        let lines = u16::try_from(width::wrap(&self.text, inner_width).len()).unwrap_or(u16::MAX);
        let answers = u16::try_from(self.answers.len()).unwrap_or(u16::MAX);
        let wanted = lines.saturating_add(answers).saturating_add(3);
        let height = wanted.min(screen.height);
        let width = (inner_width + 4).min(screen.width);
        let area = Rect::new((screen.width - width) / 2, (screen.height - height) / 2, width, height);
        frame_box(frame, area, theme, &self.title);
        let inner = inside(area);
        let answers = answers.min(inner.height);
        let text = Rect { height: inner.height.saturating_sub(answers + 1), ..inner };
        self.scroll.draw(frame, text, theme, &self.text);
        for (index, (answer, y)) in
            self.answers.iter().zip(inner.bottom() - answers..inner.bottom()).enumerate()
        {
            draw_marked(frame, Rect { y, height: 1, ..inner }, theme, answer, index == self.at);
        }
    }
}

impl Dialog {
    /// What it asks for.
    pub fn prompt(&self) -> Prompt {
        Prompt { label: self.title.clone(), wants: Wants::Answer(self.answers.clone()) }
    }

    /// Title, question and answers one below the other, and nothing else.
    fn draw_linear(&self, frame: &mut Frame<'_>, theme: Theme) {
        let area = frame.area();
        clear(frame.buffer_mut(), area);
        let mut lines = vec![format!("質問: {}", self.title), self.text.clone()];
        lines.extend(
            self.answers.iter().enumerate().map(|(at, answer)| {
                format!("{} {}. {answer}", if at == self.at { ">" } else { " " }, at + 1)
            }),
        );
        self.scroll.draw(frame, area, theme, &lines.join("\n"));
    }
}

/// An empty box of ASCII with a title, over what was there.
pub fn frame_box(frame: &mut Frame<'_>, area: Rect, theme: Theme, title: &str) {
    let area = area.intersection(frame.area());
    if area.width < 2 || area.height < 2 {
        return;
    }
    let buf = frame.buffer_mut();
    clear(buf, area);
    let style = theme.style(Role::Text);
    let edge = format!("+{}+", "-".repeat(usize::from(area.width - 2)));
    for y in [area.top(), area.bottom() - 1] {
        put(buf, area.x, y, area.width, &edge, style);
    }
    for y in area.top() + 1..area.bottom() - 1 {
        put(buf, area.x, y, 1, "|", style);
        put(buf, area.right() - 1, y, 1, "|", style);
    }
    if !title.is_empty() {
        let title = format!(" {title} ");
        put_marked(buf, area.x + 2, area.y, area.width.saturating_sub(4), &title, theme.style(Role::Strong));
    }
}

/// The inside of a box, with a blank column at both sides.
pub fn inside(area: Rect) -> Rect {
    Rect {
        x: area.x.saturating_add(2),
        y: area.y.saturating_add(1),
        width: area.width.saturating_sub(4),
        height: area.height.saturating_sub(2),
    }
}
