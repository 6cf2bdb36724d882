//! How the model changes. No input or output happens here.

use super::Word;
use super::act::{Act, CardAsk, Goto};
use super::model::{ALIVE_EVERY, Effect, Leaving, Model, Over, Waiting};
use crate::protocol::{EndCause, Event, Refusal, RefusalCode, Reply, Request, StationFrame, Welcome};
use crate::terminal::card::{FromCard, Left};
use crate::terminal::event_loop::{Incoming, Stop};
use crate::terminal::keymap::{Command, Key, Meaning, Offers, Place};
use crate::terminal::link::FromStation;
use crate::terminal::probe;
use crate::terminal::theme::Role;
use crate::terminal::widgets::{Dialog, Paragraph};
use std::time::Instant;

/// Takes one thing in.
pub(super) fn update(model: &mut Model, now: Instant, incoming: Incoming<Word>) -> Vec<Effect> {
    model.shell.look_at_clocks(now);
    match incoming {
        Incoming::Key(key) => press(model, key),
        Incoming::Paste(pasted) => {
            model.last_key = now;
            model.shell.said = None;
            let mut effects = alive(model);
            if model.over.is_none() && !model.small.get() {
                let acts = model.page.paste(&model.shell, &pasted);
                effects.extend(perform(model, acts));
            }
            effects
        }
        Incoming::Column(column) => match probe::understood(column).filter(|_| !model.probed) {
            Some(known) => {
                model.probed = true;
                vec![Effect::Widths(known)]
            }
            None => Vec::new(),
        },
        Incoming::Tick if model.lock_at().is_some_and(|at| at <= now) => lock_now(model),
        Incoming::Tick if model.page.deadline().is_none_or(|deadline| deadline > now) => Vec::new(),
        Incoming::Tick => {
            let acts = model.page.tick(&model.shell);
            perform(model, acts)
        }
        Incoming::Stop(stop) => {
            let cause = match stop {
                Stop::LineLost => EndCause::Hangup,
                Stop::Signal(signal) if signal == signal_hook::consts::SIGHUP => EndCause::Hangup,
                Stop::Signal(_) => EndCause::Terminated,
            };
            let mut effects = keep_draft(model);
            effects.push(Effect::End(Some(cause)));
            effects
        }
        // Only the last question has an answer that counts.
        Incoming::Station(Word::Card(number, said)) if model.asked_card == Some(number) => {
            model.asked_card = None;
            if matches!(said, FromCard::Signed(_) | FromCard::Unsigned(_)) {
                model.shell.busy = None;
            }
            let acts = model.page.card(&model.shell, said);
            perform(model, acts)
        }
        Incoming::Station(Word::Left(number, left)) if model.watched == Some(number) => {
            let request = match left {
                Left::Gone(_) => Request::Lock { card_gone: true },
                Left::OutOfSight(_) => Request::LockUnseen,
            };
            lock(model, request, Some(left.words()))
        }
        // Answers that come too late; and lines, which the linear mode takes itself.
        Incoming::Resize
        | Incoming::Station(Word::Card(..) | Word::Left(..) | Word::Line(_) | Word::LinesEnd) => Vec::new(),
        Incoming::Station(Word::Station(said)) => match said {
            FromStation::Welcome(welcome) => welcomed(model, *welcome),
            FromStation::Lost => {
                let since = model.shell.hour_minute();
                model.shell.away_since.get_or_insert(since);
                model.away_at.get_or_insert(now);
                Vec::new()
            }
            FromStation::Frame(StationFrame::Answer { number, outcome }) => answered(model, number, outcome),
            FromStation::Frame(StationFrame::Event(event)) => happened(model, *event),
            FromStation::Frame(StationFrame::Welcome(_)) => Vec::new(),
        },
    }
}

fn press(model: &mut Model, key: Key) -> Vec<Effect> {
    model.last_key = model.shell.now;
    model.shell.said = None;
    let offers = model.offers();
    let mut effects = alive(model);
    model.shell.lock_in = None;
    let meaning = model.presses.press(&model.shell.keymap, &offers, key);
    if meaning == Meaning::Nothing && offers.place == Place::Dialog && !model.small.get() {
        model.shell.said = how_to_answer(model, &offers);
    }
    effects.extend(mean(model, meaning));
    effects
}

/// A key that answers no question, such as the one that sends, is not passed over in silence.
fn how_to_answer(model: &Model, offers: &Offers) -> Option<(Role, String)> {
    let key = |command| {
        let hint = model.shell.keymap.keys_for(offers, command)?;
        Some(hint.keys.first()?.clone())
    };
    let (choose, accept) = (key(Command::NextChoice)?, key(Command::Accept)?);
    let words = format!("まだ決まっていません。{choose} で答えを選び、{accept} で決定してください");
    Some((Role::Caution, words))
}

/// What a person means, however it was put: by a key, or in the linear mode by a line.
pub(super) fn mean(model: &mut Model, meaning: Meaning) -> Vec<Effect> {
    let mut effects = Vec::new();
    let quitting = std::mem::take(&mut model.quitting);
    if model.small.get() {
        effects.extend(match meaning {
            Meaning::Command(Command::Redraw) => vec![Effect::Redraw],
            Meaning::Command(Command::Lock) => lock_now(model),
            // The question cannot be shown here: a second press is the answer to it.
            Meaning::Command(Command::Quit) if quitting || model.shell.session.is_none() => {
                farewell(model, Leaving::Quit)
            }
            Meaning::Command(Command::Quit) => {
                model.quitting = true;
                Vec::new()
            }
            _ => Vec::new(),
        });
        return effects;
    }
    if model.over.is_some() {
        effects.extend(press_over(model, meaning));
        return effects;
    }
    effects.extend(match meaning {
        Meaning::Command(Command::Help) => {
            model.over = Some(Over::Help(Paragraph::default()));
            Vec::new()
        }
        Meaning::Command(Command::Redraw) => vec![Effect::Redraw],
        Meaning::Command(Command::Lock) => lock_now(model),
        Meaning::Command(Command::Logout) => leave(model, Leaving::Logout),
        Meaning::Command(Command::Quit) => leave(model, Leaving::Quit),
        Meaning::Nothing | Meaning::First(_) => Vec::new(),
        meaning => {
            let acts = model.page.press(&model.shell, meaning);
            perform(model, acts)
        }
    });
    effects
}

/// Locks by hand, or because nobody was there.
fn lock_now(model: &mut Model) -> Vec<Effect> {
    lock(model, Request::Lock { card_gone: false }, None)
}

/// Locks here and now, and tells the station: the screen is dark even while the station is away.
fn lock(model: &mut Model, request: Request, because: Option<String>) -> Vec<Effect> {
    match &mut model.shell.session {
        Some(session) if !session.locked => session.locked = true,
        _ => return Vec::new(),
    }
    // The draft goes out with the page, before the lock that would refuse it.
    let mut effects = perform(model, vec![Act::Go(Goto::Lock(because))]);
    effects.extend(ask(model, request, Waiting::Nobody));
    effects
}

fn press_over(model: &mut Model, meaning: Meaning) -> Vec<Effect> {
    let Meaning::Command(command) = meaning else { return Vec::new() };
    if command == Command::Redraw {
        return vec![Effect::Redraw];
    }
    match model.over.take() {
        Some(Over::Help(scroll)) => {
            if !matches!(command, Command::Back | Command::Help) {
                scroll.scroll(command);
                model.over = Some(Over::Help(scroll));
            }
            Vec::new()
        }
        Some(Over::Leave(mut dialog, leaving)) => match (command, dialog.press(command)) {
            (_, Some(1)) => farewell(model, leaving),
            (_, Some(_)) | (Command::Back, _) => Vec::new(),
            _ => {
                model.over = Some(Over::Leave(dialog, leaving));
                Vec::new()
            }
        },
        None => Vec::new(),
    }
}

/// Asks before leaving; at the login page there is nothing to lose.
fn leave(model: &mut Model, leaving: Leaving) -> Vec<Effect> {
    if model.shell.session.is_none() {
        return farewell(model, leaving);
    }
    let (title, text, answer) = match leaving {
        Leaving::Logout => ("ログアウト", "ログアウトします。", "ログアウトする"),
        Leaving::Quit => ("終了", "ログアウトして終了します。", "終了する"),
    };
    let unsent = match (model.page.unsent(), model.page.draft()) {
        (true, Some(_)) => {
            "まだ送信していない入力があります。入力は保管され、次回のログイン後に続きから使えます。\n"
        }
        (true, None) => "まだ登録していない入力があります。この入力は失われます。\n",
        (false, _) => "",
    };
    let text = format!("{unsent}{text}");
    model.over = Some(Over::Leave(Dialog::new(title, &text, &["戻る", answer]), leaving));
    Vec::new()
}

fn farewell(model: &mut Model, leaving: Leaving) -> Vec<Effect> {
    if model.shell.session.is_none() {
        return vec![Effect::End(None)];
    }
    let mut effects = keep_draft(model);
    if model.shell.away_since.is_some() {
        match leaving {
            Leaving::Quit => {
                effects.push(Effect::End(Some(EndCause::Asked)));
                return effects;
            }
            Leaving::Logout => {
                let words = "ステーションに再接続したときにログアウトします。離れるときは終了してください";
                model.shell.said = Some((Role::Caution, words.to_owned()));
            }
        }
    }
    effects.extend(ask(model, Request::Logout { cause: EndCause::Asked }, Waiting::Leave(leaving)));
    effects
}

fn keep_draft(model: &mut Model) -> Vec<Effect> {
    match model.page.draft().filter(|_| model.shell.session.is_some()) {
        Some(request) => ask(model, request, Waiting::Nobody),
        None => Vec::new(),
    }
}

/// Tells the station now and then that somebody is there.
pub(super) fn alive(model: &mut Model) -> Vec<Effect> {
    let warned = model.shell.lock_in.is_some();
    let due =
        warned || model.alive_told.is_none_or(|told| model.shell.now.duration_since(told) >= ALIVE_EVERY);
    let inside = model.shell.session.as_ref().is_some_and(|session| !session.locked);
    if !due || !inside || model.shell.away_since.is_some() {
        return Vec::new();
    }
    model.alive_told = Some(model.shell.now);
    ask(model, Request::Alive, Waiting::Nobody)
}

fn ask(model: &mut Model, request: Request, who: Waiting) -> Vec<Effect> {
    let number = model.number();
    model.waiting.insert(number, who);
    vec![Effect::Ask(number, Box::new(request))]
}

/// Nobody waits for the card any longer.
fn leave_card(model: &mut Model) -> Option<Effect> {
    model.asked_card.take().map(|_| Effect::CardCancel)
}

/// Does what a page wished, in order.
pub(super) fn perform(model: &mut Model, acts: Vec<Act>) -> Vec<Effect> {
    let mut effects = Vec::new();
    for act in acts {
        match act {
            // One question at a time: a second press must not ask twice.
            Act::Ask(request) if model.shell.busy.is_some() && !matches!(request, Request::Home) => {}
            Act::Ask(request) => {
                model.shell.busy.get_or_insert(model.shell.now);
                let who = Waiting::Page(model.generation);
                effects.extend(ask(model, request, who));
            }
            Act::Look(request) if model.looking.is_some() => model.look = Some(request),
            Act::Look(request) => {
                model.looking = Some(request.clone());
                let who = Waiting::Look(model.generation);
                effects.extend(ask(model, request, who));
            }
            Act::Tell(request) => effects.extend(ask(model, request, Waiting::Nobody)),
            Act::Card(CardAsk::Sign(..)) if model.shell.busy.is_some() => {}
            Act::Card(question) => {
                if matches!(question, CardAsk::Sign(..)) {
                    model.shell.busy = Some(model.shell.now);
                }
                let number = model.number();
                model.asked_card = Some(number);
                model.looks_at_cards = matches!(question, CardAsk::Look);
                effects.push(Effect::Card(number, question));
            }
            Act::CardCancel => {
                model.shell.busy = None;
                effects.extend(leave_card(model));
            }
            Act::Watch(watched) => {
                let number = model.number();
                model.watched = Some(number);
                effects.push(Effect::Watch(number, watched));
            }
            Act::Go(to) => {
                if matches!(to, Goto::Lock(_) | Goto::Login) {
                    effects.push(Effect::Wipe);
                    effects.extend(model.watched.take().map(|_| Effect::Unwatch));
                }
                effects.extend(leave_card(model));
                effects.extend(keep_draft(model));
                model.go(to);
                let acts = model.page.opened(&model.shell);
                effects.extend(perform(model, acts));
            }
            Act::Say(role, words) => model.shell.said = Some((role, words)),
            Act::Unsay => model.shell.said = None,
            Act::Session(session) => model.shell.session = session,
            Act::Token(token) => effects.push(Effect::Token(token)),
            Act::Unlocked if model.unpark() => {
                effects.extend(leave_card(model));
                let acts = model.page.reconnected(&model.shell);
                effects.extend(perform(model, acts));
            }
            Act::Unlocked => effects.extend(perform(model, vec![Act::Ask(Request::Home)])),
            Act::Wipe => effects.push(Effect::Wipe),
            Act::Quit => effects.push(Effect::End(None)),
        }
    }
    effects
}

/// Said once to every screen; the mark above stays until an administrator takes it away.
const DAMAGE: &str = "保管庫に異常があり、新しい操作ログで続けています。管理者に知らせてください";

fn welcomed(model: &mut Model, welcome: Welcome) -> Vec<Effect> {
    let was_away = model.shell.away_since.take().is_some();
    model.away_at = None;
    model.shell.link = welcome.link.clone();
    let session = welcome.session.clone();
    if welcome.damage && !model.shell.damage() {
        model.shell.said = Some((Role::Caution, DAMAGE.to_owned()));
    }
    model.shell.welcome = Some(welcome);
    match (&model.shell.session, session) {
        (Some(before), Some(mut now)) if before.id == now.id => {
            // A lock of this screen is told to the station anew; until then it holds here.
            now.locked |= before.locked;
            let locked = now.locked && !before.locked;
            model.shell.session = Some(now);
            if locked {
                return perform(model, vec![Act::Go(Goto::Lock(None))]);
            }
            if was_away {
                model.shell.said = Some((Role::Good, "ステーションに再接続しました".to_owned()));
            }
            let acts = model.page.reconnected(&model.shell);
            perform(model, acts)
        }
        // What was asked before there was a line goes out now.
        (None, _) if !was_away => Vec::new(),
        (None, _) => {
            // A login that was under way is not repeated by itself: the password would be sent twice.
            let asked = model.shell.busy.take().is_some();
            model.waiting.clear();
            if asked {
                let words = "ステーションに再接続しました。もう一度操作してください";
                model.shell.said = Some((Role::Caution, words.to_owned()));
            }
            Vec::new()
        }
        (Some(_), _) if model.shell.damage() => ended(
            model,
            "保管庫に異常があり、新しい操作ログに替わりました。もう一度ログインしてください。入力中の内容は引き継がれていないことがあります",
        ),
        (Some(_), _) => ended(
            model,
            "セッションが終了しました。入力中の内容は保管されています。もう一度ログインしてください",
        ),
    }
}

/// Back to the login page; nothing of what was there stays.
fn ended(model: &mut Model, words: &str) -> Vec<Effect> {
    model.shell.session = None;
    model.shell.lock_in = None;
    model.waiting.clear();
    let mut effects = perform(model, vec![Act::Token(None), Act::Go(Goto::Login)]);
    model.shell.said = Some((Role::Caution, words.to_owned()));
    effects.push(Effect::Wipe);
    effects
}

fn answered(model: &mut Model, number: u64, outcome: Result<Box<Reply>, Refusal>) -> Vec<Effect> {
    let Some(who) = model.waiting.remove(&number) else {
        // Number 0: the station did not even understand. Without a welcome it is the versions.
        if let (0, Err(refusal)) = (number, &outcome) {
            model.shell.said = Some((Role::Danger, refusal.words.to_string()));
        }
        return Vec::new();
    };
    if let Waiting::Leave(leaving) = who {
        return match leaving {
            Leaving::Quit => vec![Effect::End(None)],
            Leaving::Logout => ended(model, "ログアウトしました"),
        };
    }
    if let Err(refusal) = &outcome {
        match refusal.code {
            RefusalCode::NoSession if model.shell.session.is_some() => {
                return ended(model, refusal.words.as_str());
            }
            _ => {}
        }
    }
    match who {
        Waiting::Page(generation) if generation == model.generation => {
            model.shell.busy = None;
            let acts = told(model, outcome);
            let mut effects = perform(model, acts);
            if generation == model.generation && model.looking.is_none() {
                let look = model.look.take().map(Act::Look);
                effects.extend(perform(model, look.into_iter().collect()));
            }
            effects
        }
        Waiting::Look(generation) if generation == model.generation => {
            let (looked_at, next) = (model.looking.take(), model.look.take());
            let mut acts: Vec<Act> = Vec::new();
            if model.shell.busy.is_some() && outcome.is_ok() {
                // What was asked by hand must find its page still there; the look comes after it.
                if next.is_none() {
                    model.look = looked_at;
                }
                acts.extend(next.map(Act::Look));
            } else {
                acts.extend(next.map(Act::Look));
                acts.extend(told(model, outcome));
            }
            perform(model, acts)
        }
        _ => Vec::new(),
    }
}

/// What the page makes of an answer.
fn told(model: &mut Model, outcome: Result<Box<Reply>, Refusal>) -> Vec<Act> {
    match outcome {
        Ok(reply) => model.page.reply(&model.shell, *reply),
        Err(refusal) => model.page.refused(&model.shell, &refusal),
    }
}

fn happened(model: &mut Model, event: Event) -> Vec<Effect> {
    match event {
        Event::Locked(session) => {
            // The station keeps drafts of a locked session too: what was typed in the last moment is not lost.
            model.shell.lock_in = None;
            let already = model.shell.session.replace(session).is_some_and(|before| before.locked);
            if already {
                return Vec::new();
            }
            perform(model, vec![Act::Go(Goto::Lock(None))])
        }
        Event::Ended { words } => ended(model, words.as_str()),
        Event::IdleSoon { minutes } => {
            // It may come after one's own lock.
            let open = model.shell.session.as_ref().is_some_and(|session| !session.locked);
            model.shell.lock_in = Some(minutes).filter(|_| open);
            Vec::new()
        }
        Event::Link(link) => {
            model.shell.link = link;
            Vec::new()
        }
        Event::Damage(damage) => {
            if let Some(welcome) = &mut model.shell.welcome {
                welcome.damage = damage;
            }
            Vec::new()
        }
        event => {
            if let Event::Banner { words } = &event {
                model.shell.said = Some((Role::Caution, words.to_string()));
            }
            let acts = model.page.event(&model.shell, &event);
            perform(model, acts)
        }
    }
}
