//! 5 照会中: the steps with their times, seconds elapsed, cancel. The only screen that ticks.

use super::super::app::{Act, Goto, Page, Shell};
use super::lines::{self, Line};
use super::words;
use crate::domain::enquiry::{Delivery, Purpose};
use crate::protocol::view::{EnquiryView, Stage};
use crate::protocol::{Event, Reply, Request};
use crate::terminal::keymap::{Command, Meaning, Offers, Place};
use crate::terminal::theme::Role;
use crate::terminal::widgets::{Dialog, Prompt};
use ratatui::Frame;
use ratatui::layout::Rect;
use std::time::{Duration, Instant};

/// The page.
#[derive(Debug)]
pub(super) struct Waiting {
    view: EnquiryView,
    began: Instant,
    next_tick: Instant,
    /// The question before a request is cancelled. It lies over the page, so that an answer that comes meanwhile is
    /// shown at once.
    asking: Option<Dialog>,
}

impl Waiting {
    pub(super) fn new(view: EnquiryView, shell: &Shell) -> Self {
        let elapsed = match &view.stage {
            Stage::Sent { elapsed_ms, .. } => Duration::from_millis(*elapsed_ms),
            _ => Duration::ZERO,
        };
        let began = shell.now.checked_sub(elapsed).unwrap_or(shell.now);
        Self { view, began, next_tick: shell.now + Duration::from_secs(1), asking: None }
    }

    /// What cancelling can still do.
    fn warning(&self) -> &'static str {
        match &self.view.stage {
            Stage::Sent { delivery, .. } if *delivery >= Delivery::Taken => {
                "照会要求は連携ソフトが受け取ったあとのため、取り下げられません。中止しても照会は行われ、\
                 患者のマイナポータルに履歴が残ることがあります。遅れて届いた応答は保管してお知らせします。"
            }
            _ => {
                "照会要求は書き込み済みです。連携ソフトが受け取る前であれば取り下げますが、間に合わないことがあります。\
                 その場合は照会が行われ、患者のマイナポータルに履歴が残ることがあります。"
            }
        }
    }

    fn look(&self) -> Vec<Act> {
        vec![Act::Look(Request::ShowEnquiry { enquiry: self.view.id.clone() })]
    }
}

/// Where an enquiry goes on from an answer: the person is shown alone first.
pub(super) fn go_on(view: Box<EnquiryView>) -> Vec<Act> {
    match view.stage {
        Stage::Answered | Stage::Reading => {
            vec![Act::Ask(Request::ShowPerson { enquiry: view.id.clone() })]
        }
        _ => vec![Act::Go(Goto::Enquiry(view))],
    }
}

impl Page for Waiting {
    fn title(&self) -> String {
        match &self.view.stage {
            Stage::Sent { purpose: Purpose::Search, .. } => "照会中（患者の検索）".to_owned(),
            _ => "照会中（救急時医療情報）".to_owned(),
        }
    }

    fn offers(&self, shell: &Shell) -> Offers {
        if self.asking.is_some() {
            return shell.offers(Place::Dialog, Dialog::COMMANDS).named(Command::Back, "待ち続ける");
        }
        shell
            .offers(Place::Waiting, [Command::Cancel, Command::Back])
            .named(Command::Cancel, "照会を中止")
            .named(Command::Back, "待ったままホームへ")
    }

    fn press(&mut self, _shell: &Shell, meaning: Meaning) -> Vec<Act> {
        match meaning {
            Meaning::Command(command) if self.asking.is_some() => {
                if Dialog::press_open(&mut self.asking, command) {
                    vec![Act::Ask(Request::Cancel { enquiry: self.view.id.clone() })]
                } else {
                    Vec::new()
                }
            }
            Meaning::Command(Command::Cancel) => {
                self.asking =
                    Some(Dialog::new("照会の中止", self.warning(), &["待ち続ける", "照会を中止する"]));
                Vec::new()
            }
            Meaning::Command(Command::Back) => vec![Act::Ask(Request::Home)],
            _ => Vec::new(),
        }
    }

    fn reply(&mut self, shell: &Shell, reply: Reply) -> Vec<Act> {
        match reply {
            Reply::Enquiry(view) => {
                if let Stage::Sent { .. } = view.stage {
                    let asking = self.asking.take();
                    *self = Self { asking, ..Self::new(*view, shell) };
                    return Vec::new();
                }
                self.view = (*view).clone();
                go_on(view)
            }
            Reply::Person(person) => vec![Act::Go(Goto::Person(Box::new(self.view.clone()), person))],
            Reply::Home(home) => vec![Act::Go(Goto::Home(home))],
            _ => Vec::new(),
        }
    }

    fn event(&mut self, _shell: &Shell, event: &Event) -> Vec<Act> {
        match event {
            Event::EnquiryChanged { enquiry } if *enquiry == self.view.id => self.look(),
            _ => Vec::new(),
        }
    }

    fn reconnected(&mut self, _shell: &Shell) -> Vec<Act> {
        self.look()
    }

    fn deadline(&self) -> Option<Instant> {
        Some(self.next_tick)
    }

    fn tick(&mut self, shell: &Shell) -> Vec<Act> {
        self.next_tick = shell.now + Duration::from_secs(1);
        Vec::new()
    }

    fn patient(&self, _shell: &Shell) -> Vec<String> {
        vec![words::case(&self.view.case)]
    }

    fn prompt(&self) -> Option<Prompt> {
        self.asking.as_ref().map(Dialog::prompt)
    }

    fn draw(&self, shell: &Shell, frame: &mut Frame<'_>, area: Rect) {
        let Stage::Sent { delivery, timeout_s, sent_at, .. } = &self.view.stage else { return };
        let elapsed = shell.now.saturating_duration_since(self.began).as_secs();
        let mark = |done: bool| if done { "[x]" } else { "[ ]" };
        let mut lines: Vec<Line> = words::key_of(&self.view, shell.today());
        lines.extend([
            lines::blank(),
            (Role::Text, format!("[x] 照会要求を記録  {sent_at}")),
            (Role::Text, format!("{} 照会要求を書き込み", mark(*delivery >= Delivery::Written))),
            (Role::Text, format!("{} 連携ソフトが受領", mark(*delivery >= Delivery::Taken))),
        ]);
        if *delivery == Delivery::Processing {
            lines.push((Role::Text, "[x] オンライン資格確認等システムが処理中".to_owned()));
        }
        lines.push((Role::Text, "[ ] 応答".to_owned()));
        lines.push(lines::blank());
        // A screen reader must not be told every second.
        lines.push((
            Role::Strong,
            if shell.theme.linear() {
                format!("応答を待っています（{timeout_s}秒で待つのを打ち切ります）")
            } else {
                format!("経過 {elapsed}秒（{timeout_s}秒で待つのを打ち切ります）")
            },
        ));
        lines.push((Role::Text, "ホームへ戻っても待ち続け、応答が届くとホームに表示します。".to_owned()));
        lines::draw(frame, area, shell.theme, &lines);
        if let Some(dialog) = &self.asking {
            dialog.draw(frame, shell.theme);
        }
    }
}
