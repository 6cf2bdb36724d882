//! What came of an enquiry when it is not a result: said in full, with what to do next.

use super::super::app::{Act, Goto, Page, Shell};
use super::lines::{self, Line};
use super::{waiting, words};
use crate::domain::caution::{Button, Moment};
use crate::domain::enquiry::CancelOutcome;
use crate::domain::key::IdentificationMethod;
use crate::protocol::view::{EnquiryView, Stage};
use crate::protocol::{Event, Reply, Request};
use crate::terminal::keymap::{Command, Meaning, Offers, Place};
use crate::terminal::theme::Role;
use crate::terminal::widgets::Paragraph;
use ratatui::Frame;
use ratatui::layout::Rect;

/// The page.
#[derive(Debug)]
pub(super) struct Outcome {
    view: EnquiryView,
    scroll: Paragraph,
}

impl Outcome {
    pub(super) fn new(view: EnquiryView) -> Self {
        Self { view, scroll: Paragraph::default() }
    }

    fn can_refine(&self) -> bool {
        let pending = CancelOutcome::Pending;
        !matches!(&self.view.stage, Stage::Closed | Stage::Answered | Stage::Reading)
            && !matches!(&self.view.stage, Stage::Cancelled { outcome } | Stage::TimedOut { outcome } if *outcome == pending)
    }

    /// How to ask again, with the key for it; nothing is lost by that but the ticks.
    fn again(&self, shell: &Shell) -> Line {
        let key = shell.key(&self.offers(shell), Command::Refine);
        let key = key.map(|key| format!("（{key}）")).unwrap_or_default();
        let words = format!(
            "同じ内容で照会し直すときも、直して照会し直すときも、条件再指定{key}を押してください。入力した内容は残っています（確認の印だけ付け直します）。"
        );
        (Role::Text, words)
    }

    fn lines(&self, shell: &Shell) -> Vec<Line> {
        let moment = |moment: Moment| -> Vec<Line> {
            moment.sentences().iter().map(|sentence| (Role::Strong, sentence.clone())).collect()
        };
        let text = |words: &str| (Role::Text, words.to_owned());
        let mut lines = match &self.view.stage {
            Stage::NoMatch => {
                let mut lines = moment(Moment::NoMatch);
                let method = self.view.key.as_ref().map(crate::domain::EnquiryKey::method);
                if method == Some(IdentificationMethod::Certificate) {
                    lines.push(text(
                        "記号・番号は、全角・半角が違うだけでも0件になることがあります。資格確認書等の表記どおりに入力したかを確かめ、もう一方（全角なら半角、半角なら全角）でも照会してみてください。",
                    ));
                }
                if method != Some(IdentificationMethod::FourItems) {
                    lines.push(text("資格確認書等情報で見つからないときは、条件再指定で4情報のタブに切り替えて照会できます。"));
                }
                lines
            }
            Stage::TooMany => moment(Moment::TooMany),
            Stage::Failed { code, message } => vec![
                (Role::Danger, "照会はエラーになりました。".to_owned()),
                (Role::Strong, format!("{code} {message}").trim().to_owned()),
                // The message is another program's: it may be about what was typed or about the hour.
                text(
                    "混雑・更新中など待てばよい理由のときは、あとで同じ内容で照会し直してください。内容が違うときは、直して照会し直してください。",
                ),
                self.again(shell),
                text("繰り返すときは、上のエラーの表示をシステム管理者に伝えてください。"),
            ],
            Stage::Cancelled { outcome } => vec![
                (Role::Strong, format!("照会を中止しました（{}）。", outcome.label())),
                text(about_withdrawal(*outcome)),
            ],
            Stage::TimedOut { outcome } => {
                let mut lines = vec![
                    (Role::Strong, format!("時間内に応答がありませんでした（{}）。", outcome.label())),
                    text(about_withdrawal(*outcome)),
                ];
                if *outcome == CancelOutcome::MaybeSent {
                    lines.push(text(TWICE));
                }
                lines.push(if self.can_refine() {
                    self.again(shell)
                } else {
                    text("確認が終わると、この画面から照会し直せます。")
                });
                lines
            }
            Stage::Mismatch { why } => vec![
                (
                    Role::Danger,
                    "停止：応答が別人のものである可能性があるため、内容は表示しません。".to_owned(),
                ),
                (Role::Strong, format!("{why}。")),
                text("応答は記録・保管しました。患者とキーを確かめ、条件再指定で照会し直してください。"),
                text("繰り返すときはシステム管理者に連絡してください。"),
            ],
            Stage::Rejected => vec![
                (
                    Role::Strong,
                    "目の前の患者と一致しないと記録しました。医療情報は表示していません。".to_owned(),
                ),
                text("患者とキーを確かめ、条件再指定で照会し直してください。"),
            ],
            Stage::DeliveryUnknown => vec![
                (
                    Role::Caution,
                    "ステーションが途中で停止したため、照会要求を送信できたか不明です。".to_owned(),
                ),
                text("自動では再送信しません。もう一度送信するか、入力に戻るかを選んでください。"),
                text(TWICE),
            ],
            Stage::Drafting => vec![text("条件を見直している照会です。入力の続きに戻ることもできます。")],
            Stage::Closed => vec![text("この照会は終了しています。")],
            _ => Vec::new(),
        };
        for held in &self.view.held {
            lines.push((Role::Caution, format!("{} {}", held.at, held.because.label())));
        }
        if self.view.late_to_open {
            lines.push(text("遅れて届いた応答を開くことができます（本人確認のあとに表示します）。"));
        }
        lines
    }
}

/// What asking once more can leave behind.
const TWICE: &str = "もう一度照会すると、患者のマイナポータルに2回分の履歴が表示されることがあります（前の要求が送信済みだった場合）。";

fn about_withdrawal(outcome: CancelOutcome) -> &'static str {
    match outcome {
        CancelOutcome::Withdrawn => "照会要求は連携ソフトに渡る前に取り下げました。閲覧の履歴は残りません。",
        CancelOutcome::MaybeSent => {
            "連携ソフトがすでに受け取っていました。照会は行われた可能性があり、遅れて届いた応答は保管してお知らせします。"
        }
        CancelOutcome::Pending => "取り下げられたかを確認しています。",
        CancelOutcome::Unanswered => {
            "連携フォルダが応答しないため、取り下げられたか分かりません。照会は行われた可能性があります。待たずに条件再指定で照会し直すか、ほかの方法で確認してください。フォルダが応答したら結果を記録してお知らせします。"
        }
    }
}

impl Page for Outcome {
    fn title(&self) -> String {
        match &self.view.stage {
            Stage::NoMatch => "照会結果 0件",
            Stage::TooMany => "照会結果 6件以上",
            Stage::Mismatch { .. } => "照会結果 不一致",
            Stage::Answered | Stage::Reading => "照会結果",
            _ => "照会の状況",
        }
        .to_owned()
    }

    fn opened(&mut self, _shell: &Shell) -> Vec<Act> {
        match self.view.stage {
            Stage::Answered | Stage::Reading => {
                vec![Act::Ask(Request::ShowPerson { enquiry: self.view.id.clone() })]
            }
            _ => Vec::new(),
        }
    }

    fn offers(&self, shell: &Shell) -> Offers {
        let mut commands = vec![Command::Back];
        if self.can_refine() {
            commands.push(Command::Refine);
        }
        if self.view.late_to_open {
            commands.push(Command::View);
        }
        if self.scroll.overflows() {
            commands.extend([Command::Up, Command::Down, Command::PageUp, Command::PageDown]);
        }
        let resend = matches!(self.view.stage, Stage::DeliveryUnknown);
        if resend {
            commands.push(Command::Send);
        }
        let refine =
            if self.view.stage == Stage::Drafting { "入力の続きへ" } else { Button::Refine.label() };
        shell
            .offers(Place::Candidates, commands)
            .named(Command::Refine, refine)
            .named(Command::Back, "ホームへ")
            .named(Command::View, "遅れて届いた応答を開く")
            .named(Command::Send, "もう一度送信する")
    }

    fn press(&mut self, _shell: &Shell, meaning: Meaning) -> Vec<Act> {
        let enquiry = self.view.id.clone();
        match meaning {
            Meaning::Command(command) if self.scroll.scroll(command) => Vec::new(),
            Meaning::Command(Command::Back) => vec![Act::Ask(Request::Home)],
            Meaning::Command(Command::Refine) if self.view.stage == Stage::Drafting => {
                vec![Act::Go(Goto::Identify(Box::new(self.view.clone())))]
            }
            Meaning::Command(Command::Refine) => vec![Act::Ask(Request::Redraft { enquiry })],
            Meaning::Command(Command::View) => vec![Act::Ask(Request::OpenLate { enquiry })],
            Meaning::Command(Command::Send) => vec![Act::Ask(Request::SendAgain { enquiry })],
            _ => Vec::new(),
        }
    }

    fn reply(&mut self, _shell: &Shell, reply: Reply) -> Vec<Act> {
        match reply {
            Reply::Enquiry(view) => {
                self.view = (*view).clone();
                waiting::go_on(view)
            }
            Reply::Person(person) => vec![Act::Go(Goto::Person(Box::new(self.view.clone()), person))],
            Reply::Home(home) => vec![Act::Go(Goto::Home(home))],
            _ => Vec::new(),
        }
    }

    fn event(&mut self, _shell: &Shell, event: &Event) -> Vec<Act> {
        match event {
            Event::EnquiryChanged { enquiry } if *enquiry == self.view.id => {
                vec![Act::Look(Request::ShowEnquiry { enquiry: enquiry.clone() })]
            }
            _ => Vec::new(),
        }
    }

    fn patient(&self, _shell: &Shell) -> Vec<String> {
        vec![words::case(&self.view.case)]
    }

    fn draw(&self, shell: &Shell, frame: &mut Frame<'_>, area: Rect) {
        // All that was asked: what is to be looked at anew must stand there.
        let key = self.view.key.as_ref().map(|key| words::labelled(key, shell.today())).unwrap_or_default();
        let mut lines: Vec<Line> = key.into_iter().map(|line| (Role::Strong, line)).collect();
        lines.push(lines::blank());
        lines.extend(self.lines(shell));
        let inner =
            Rect { x: area.x + lines::INDENT, width: area.width.saturating_sub(lines::INDENT), ..area };
        let parts: Vec<(Role, &str)> = lines.iter().map(|(role, line)| (*role, line.as_str())).collect();
        self.scroll.draw_parts(frame, inner, shell.theme, &parts);
    }
}
