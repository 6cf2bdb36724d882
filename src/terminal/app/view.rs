//! How the whole screen is laid out: who and whom on top, the page, how things stand and the keys below.

use super::model::{Model, Over};
use super::shell::Shell;
use crate::protocol::view::{Link, SessionView};
use crate::terminal::keymap::Command;
use crate::terminal::put::put_marked;
use crate::terminal::theme::Role;
use crate::terminal::widgets::{Footer, Header, banner, help, small};
use ratatui::Frame;
use ratatui::layout::Rect;

/// Draws the model.
pub(super) fn view(model: &Model, frame: &mut Frame<'_>) {
    model.small.set(small::is_small(frame.area()));
    if small::draw_with(frame, &in_a_small_window(model)) {
        return;
    }
    let (shell, theme) = (&model.shell, model.shell.theme);
    let above = header(model).draw(frame, frame.area(), theme);
    let mut footer = Footer { status: status(shell), keys: Vec::new() };
    let area = match &shell.away_since {
        Some(since) => {
            let words = format!(
                "ステーションに接続できません（{since}から）。再接続しています。入力した内容は失われません。"
            );
            banner::draw(frame, footer.above(above), theme, Role::Danger, &words)
        }
        None => footer.above(above),
    };
    let body = Rect { y: area.y.saturating_add(1), height: area.height.saturating_sub(1), ..area };
    // Before the page says which keys do anything.
    shell.room.set((body.width, body.height));
    let offers = model.offers();
    footer.keys = match model.presses.first() {
        // The linear mode names what can be done at its prompt.
        _ if theme.linear() => Vec::new(),
        Some(first) => model.shell.keymap.after(&offers, first),
        None => model.shell.keymap.footer(&offers),
    };
    footer.draw(frame, above, theme);
    put_marked(
        frame.buffer_mut(),
        area.x,
        area.y,
        area.width,
        &model.page.title(),
        theme.style(Role::Strong),
    );
    match &model.over {
        Some(Over::Help(scroll)) => {
            help::draw(frame, body, theme, &model.shell.keymap.help(&model.page.offers(shell)), scroll);
        }
        Some(Over::Leave(dialog, _)) => {
            model.page.draw(shell, frame, body);
            dialog.draw(frame, theme);
        }
        None => {
            model.page.draw(shell, frame, body);
            if let Some(first) = model.presses.first() {
                help::draw_after(
                    frame,
                    body,
                    theme,
                    &first.to_string(),
                    &model.shell.keymap.after(&offers, first),
                );
            }
        }
    }
}

/// What still works in a window that is too small.
fn in_a_small_window(model: &Model) -> Vec<String> {
    let offers = model.offers();
    let key = |command| {
        let hint = model.shell.keymap.keys_for(&offers, command)?;
        hint.keys.first().map(|key| format!("{key} {}", hint.text))
    };
    let keys = [Command::Lock, Command::Quit, Command::Redraw].into_iter().filter_map(key);
    let mut lines = vec!["窓を広げると続きに戻ります。".to_owned(), keys.collect::<Vec<_>>().join("  ")];
    if model.quitting {
        lines.insert(0, "もう一度押すと、ログアウトして終了します。".to_owned());
    }
    lines
}

fn header(model: &Model) -> Header {
    let shell = &model.shell;
    let mut banners = Vec::new();
    if shell.training() {
        banners.push("【訓練】".to_owned());
    }
    if shell.damage() {
        banners.push("【操作ログ異常】".to_owned());
    }
    if shell
        .session
        .as_ref()
        .and_then(|session| session.card.as_ref())
        .is_some_and(|c| c.grace_until.is_some())
    {
        banners.push("【失効リスト猶予中】".to_owned());
    }
    Header {
        facility: shell.welcome.as_ref().map(|welcome| welcome.facility.to_string()).unwrap_or_default(),
        banners,
        user: shell.session.as_ref().map(user).unwrap_or_default(),
        lock_in: shell.lock_in,
        patient: model.page.patient(shell),
    }
}

fn user(session: &SessionView) -> String {
    let factors: Vec<&str> = session.factors.iter().map(|factor| factor.label()).collect();
    let account = &session.account;
    format!("{} {}  {}", account.name.as_str(), account.profession.label(), factors.join("+"))
}

fn status(shell: &Shell) -> Vec<(Role, String)> {
    let mut status = vec![match &shell.link {
        // Only the station knows how the link software is.
        _ if shell.away_since.is_some() => (Role::Caution, "連携:不明".to_owned()),
        Link::Ok => (Role::Text, "連携:正常".to_owned()),
        Link::NotResponding { since, .. } => (Role::Caution, format!("連携:応答なし {since}から")),
        Link::Unknown => (Role::Text, "連携:確認中".to_owned()),
    }];
    if shell.busy_shows() {
        status.push((Role::Text, "処理中…".to_owned()));
    }
    status.extend(shell.said.clone());
    status
}
