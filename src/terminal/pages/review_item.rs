//! 9 事後確認, one item: who looked, when, why, at what; the slip for the patient; and the way to the verdict.

use super::super::app::{Act, Goto, Page, Shell, Telling, Told};
use crate::protocol::reviews::{ReviewView, SlipView};
use crate::protocol::{Reply, Request};
use crate::terminal::keymap::{Command, Meaning, Offers, Place};
use crate::terminal::theme::Role;
use crate::terminal::widgets::Paragraph;
use crate::terminal::width;
use ratatui::Frame;
use ratatui::layout::Rect;

/// Cells of the names on the left.
const NAME: usize = 16;

/// The commands that only scroll.
const SCROLLS: [Command; 6] =
    [Command::Up, Command::Down, Command::PageUp, Command::PageDown, Command::Top, Command::Bottom];

/// The page.
#[derive(Debug)]
pub(super) struct OneReview {
    view: ReviewView,
    text: Paragraph,
}

impl OneReview {
    pub(super) fn new(view: ReviewView) -> Self {
        Self { view, text: Paragraph::default() }
    }

    fn may_judge(&self) -> bool {
        self.view.item.is_open() && self.view.refused.is_none()
    }
}

impl Page for OneReview {
    fn title(&self) -> String {
        let item = &self.view.item;
        let state = match (&item.closing, self.view.overdue) {
            (Some(closing), _) => format!("確認済（{}）", closing.verdict.label()),
            (None, true) => "未了・期限超過".to_owned(),
            (None, false) => "未了".to_owned(),
        };
        format!("事後確認 {}  {}  {state}", item.id, item.about.label())
    }

    fn offers(&self, shell: &Shell) -> Offers {
        let mut commands = vec![Command::Back];
        commands.extend(SCROLLS);
        if self.may_judge() {
            commands.push(Command::Accept);
        }
        if self.view.item.about.enquiry().is_some() {
            commands.extend([Command::NextTab, Command::PrevTab]);
        }
        shell
            .offers(Place::List, commands)
            .named(Command::Accept, "判定へ")
            .named(Command::NextTab, "患者への説明書")
            .named(Command::PrevTab, "患者への説明書")
            .named(Command::Back, "一覧へ")
    }

    fn press(&mut self, _shell: &Shell, meaning: Meaning) -> Vec<Act> {
        let Meaning::Command(command) = meaning else { return Vec::new() };
        if self.text.scroll(command) {
            return Vec::new();
        }
        match command {
            // Back among those that are like it.
            Command::Back if self.view.item.is_open() => {
                vec![Act::Ask(Request::ListReviews { overdue: false, after: None })]
            }
            Command::Back => vec![Act::Ask(Request::ListClosedReviews { month: None, before: None })],
            Command::Accept if self.may_judge() => {
                vec![Act::Go(Goto::Verdict(Box::new(self.view.clone())))]
            }
            Command::NextTab | Command::PrevTab => match self.view.item.about.enquiry() {
                Some(enquiry) => vec![Act::Ask(Request::ShowSlip { enquiry: enquiry.clone() })],
                None => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    fn reply(&mut self, _shell: &Shell, reply: Reply) -> Vec<Act> {
        match reply {
            Reply::Reviews(list) => vec![Act::Go(Goto::Reviews(list))],
            Reply::ClosedReviews(list) => vec![Act::Go(Goto::ClosedReviews(list))],
            Reply::Slip(slip) => {
                let told = Told::of_review(&self.view).map(Box::new);
                told.map(|told| Act::Go(Goto::Slip(slip, told))).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    fn draw(&self, shell: &Shell, frame: &mut Frame<'_>, area: Rect) {
        let text = names_and_values(&self.view, area.width);
        let refused = self.view.refused.as_ref().map(|why| format!("※ {why}")).unwrap_or_default();
        let parts = [(Role::Caution, refused.as_str()), (Role::Text, text.as_str())];
        let parts = parts.get(usize::from(refused.is_empty())..).unwrap_or_default();
        self.text.draw_parts(frame, area, shell.theme, parts);
    }
}

/// Names on the left, values beside them, long ones below themselves.
fn names_and_values(view: &ReviewView, columns: u16) -> String {
    let room = columns.saturating_sub(u16::try_from(NAME).unwrap_or_default()).max(20);
    let mut lines = Vec::new();
    for (name, value) in view.lines() {
        let gap = " ".repeat(NAME.saturating_sub(usize::from(width::cells(name))));
        for (place, part) in width::wrap(&value, room).into_iter().enumerate() {
            lines.push(if place == 0 { format!("{name}{gap}{part}") } else { format!("{:NAME$}{part}", "") });
        }
    }
    lines.join("\n")
}

/// The slip, as it would be printed, and what was recorded about it.
#[derive(Debug)]
pub(super) struct Slip {
    view: SlipView,
    told: Told,
    text: Paragraph,
}

impl Slip {
    pub(super) fn new(slip: SlipView, told: Told) -> Self {
        Self { view: slip, told, text: Paragraph::default() }
    }

    fn record(&self, telling: Telling) -> Vec<Act> {
        vec![Act::Go(Goto::Telling(telling, Box::new(self.told.clone()), true))]
    }
}

impl Page for Slip {
    fn title(&self) -> String {
        "患者への説明書（印刷は kyukyu review slip）".to_owned()
    }

    fn offers(&self, shell: &Shell) -> Offers {
        let mut commands = vec![Command::Back, Command::Explained, Command::Objection];
        commands.extend(SCROLLS);
        let back = if self.told.from.is_some() { "事後確認へ" } else { "一覧へ" };
        shell.offers(Place::Explanations, commands).named(Command::Back, back)
    }

    fn press(&mut self, _shell: &Shell, meaning: Meaning) -> Vec<Act> {
        let Meaning::Command(command) = meaning else { return Vec::new() };
        match (command, &self.told.from) {
            (Command::Back, Some(review)) => {
                vec![Act::Ask(Request::ShowReview { review: review.clone() })]
            }
            (Command::Back, None) => vec![Act::Ask(Request::ListExplanations { after: None })],
            (Command::Explained, _) => self.record(Telling::Explained),
            (Command::Objection, _) => self.record(Telling::Objection),
            (command, _) => {
                self.text.scroll(command);
                Vec::new()
            }
        }
    }

    fn reply(&mut self, _shell: &Shell, reply: Reply) -> Vec<Act> {
        match reply {
            Reply::Review(view) => vec![Act::Go(Goto::Review(view))],
            Reply::Explanations { rows, more } => vec![Act::Go(Goto::Explanations(rows, more))],
            _ => Vec::new(),
        }
    }

    fn draw(&self, shell: &Shell, frame: &mut Frame<'_>, area: Rect) {
        let lines = |lines: &[crate::domain::SafeText]| {
            lines.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        };
        let (body, history) = (lines(&self.view.paragraphs), lines(&self.view.history));
        let mut parts = vec![(Role::Strong, self.view.title.as_str()), (Role::Text, body.as_str())];
        if !history.is_empty() {
            parts.extend([
                (Role::Strong, "これまでの記録（説明書には印刷されません）"),
                (Role::Text, &history),
            ]);
        }
        self.text.draw_parts(frame, area, shell.theme, &parts);
    }
}
