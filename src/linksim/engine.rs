//! The loop's body: look, take, plan, deliver, delete. Time is passed in.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use jiff::civil::DateTime;

use super::book::Book;
use super::check;
use super::coding::{self, Coding};
use super::error::LinksimError;
use super::face;
use super::folder::{self, Folder};
use super::options::{Encoding, Steps};
use super::plan::{self, Plan};
use super::request::{Kind, Refusal};
use super::scenario::Settings;
use super::script::Act;
use super::xml_read::{self, Broken, Element};

/// A file that is not whole is looked at again for so long before it is answered with an error.
const PATIENCE: Duration = Duration::from_secs(1);

/// A line of the report, in Japanese.
pub(super) type Report<'r> = &'r mut dyn FnMut(&str);

/// The stand-in at work.
#[derive(Debug)]
pub(super) struct Engine {
    folder: Folder,
    settings: Settings,
    book: Book,
    queue: Vec<Due>,
    first_seen: HashMap<String, Instant>,
    left_lying: HashSet<String>,
    answered: usize,
    faces: usize,
    next_face: Option<Instant>,
}

/// Something to do at a time.
#[derive(Debug)]
struct Due {
    at: Instant,
    name: String,
    todo: Todo,
}

#[derive(Debug)]
enum Todo {
    Deliver(Act),
    Delete,
}

impl Engine {
    /// Starts with what lies in the folders by itself.
    pub(super) fn start(
        folder: Folder,
        settings: Settings,
        book: Book,
        now: Instant,
        wall: DateTime,
        report: Report<'_>,
    ) -> Self {
        let mut engine = Self {
            folder,
            settings,
            book,
            queue: Vec::new(),
            first_seen: HashMap::new(),
            left_lying: HashSet::new(),
            answered: 0,
            faces: 0,
            next_face: None,
        };
        engine.next_face = engine.face_interval().map(|interval| now + interval);
        if engine.settings.face.at_start {
            match face::drop_first(&engine.folder, &engine.book, &engine.settings.institution, wall) {
                Ok(names) => report(&format!("顔認証の結果を{}件置きました", names.len())),
                Err(error) => report(&format!("顔認証の結果を置けません: {error}")),
            }
        }
        if engine.settings.face.foreign
            && let Err(error) = face::drop_foreign(&engine.folder, wall)
        {
            report(&format!("他システムのファイルを置けません: {error}"));
        }
        engine
    }

    /// Takes a changed scenario over. What is already on its way stays as planned.
    pub(super) fn change(&mut self, settings: Settings, book: Book, now: Instant) {
        self.settings = settings;
        self.book = book;
        self.left_lying.clear();
        self.next_face = self.face_interval().map(|interval| now + interval);
    }

    /// Looks once.
    pub(super) fn step(
        &mut self,
        now: Instant,
        wall: DateTime,
        report: Report<'_>,
    ) -> Result<(), LinksimError> {
        let names = self.folder.requests()?;
        self.first_seen.retain(|name, _| names.contains(name));
        self.left_lying.retain(|name| names.contains(name));
        for name in names {
            self.look_at(&name, now, wall, report);
        }
        self.deliver_due(now, report);
        self.drop_face_due(now, wall, report);
        Ok(())
    }

    fn look_at(&mut self, name: &str, now: Instant, wall: DateTime, report: Report<'_>) {
        let seen = *self.first_seen.entry(name.to_owned()).or_insert(now);
        let waited = now.saturating_duration_since(seen);
        if waited < Duration::from_millis(self.settings.timing.take_after_ms)
            || self.left_lying.contains(name)
        {
            return;
        }
        let patient = waited < PATIENCE;
        let bytes = match self.folder.read_request(name) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return,
            Err(_) if patient => return,
            Err(error) => {
                report(&format!("要求を読めません {name}: {error}"));
                self.left_lying.insert(name.to_owned());
                return;
            }
        };
        let document = match coding::decode(&bytes) {
            Ok(text) => match xml_read::read(&text) {
                Err(Broken::Unfinished) if patient => return,
                Err(_) => Err(Refusal::new("EMS10001", "要求ファイルをＸＭＬとして読み取れません")),
                Ok(root) => Ok(root),
            },
            // The last character may still be on its way.
            Err(_) if patient => return,
            Err(reason) => Err(Refusal::new("EMS10001", reason)),
        };
        let coding = self.next_coding();
        let plan = self.plan(name, document, wall, coding);
        if plan.leave {
            self.left_lying.insert(name.to_owned());
            report(&format!("取り込まずに放置します {name} {}", plan.story));
            return;
        }
        if !self.folder.take(name) {
            report(&format!("取り込む前に取り下げられました {name}"));
            return;
        }
        self.answered += 1;
        report(&format!("取り込みました {name} {}", plan.story));
        if plan.deliveries.is_empty() {
            report(&format!("応答しません {name}"));
        }
        for delivery in plan.deliveries {
            let pdf = match &delivery.act {
                Act::Whole(rendered) => rendered.pdf,
                Act::Part { pdf, .. } => *pdf,
            };
            let name = folder::answer_name(name, pdf);
            self.queue.push(Due { at: now + delivery.after, name, todo: Todo::Deliver(delivery.act) });
        }
    }

    fn plan(&self, name: &str, document: Result<Element, Refusal>, wall: DateTime, coding: Coding) -> Plan {
        let (book, settings) = (&self.book, &self.settings);
        let one_step = settings.steps == Steps::One;
        let kind = match name.split_once("req_") {
            Some(("EMSsiquc01", _)) if !one_step => Some(Kind::Search),
            Some(("EMSsimed01", _)) => Some(Kind::Medical),
            _ => None,
        };
        let root = match document {
            Ok(root) => root,
            Err(refusal) => return plan::refuse(book, settings, refusal, (None, None), wall, coding),
        };
        let checked = match kind {
            Some(kind) => check::check(&root, kind, one_step),
            None => Err(Refusal::new("EMS90001", "この業務の要求は模擬の連携ソフトでは扱えません")),
        };
        match checked {
            Ok(request) => plan::answer(book, settings, &request, wall, coding),
            Err(refusal) => plan::refuse(book, settings, refusal, check::identifiers(&root), wall, coding),
        }
    }

    fn next_coding(&self) -> Coding {
        match self.settings.encoding {
            Encoding::ShiftJis => Coding::ShiftJis,
            Encoding::Utf8 => Coding::Utf8,
            Encoding::Mixed => match self.answered % 3 {
                0 => Coding::ShiftJis,
                1 => Coding::Utf8,
                _ => Coding::Utf8Bom,
            },
        }
    }

    fn deliver_due(&mut self, now: Instant, report: Report<'_>) {
        let mut due: Vec<Due> = self.queue.extract_if(.., |due| due.at <= now).collect();
        due.sort_by_key(|due| due.at);
        for Due { name, todo, .. } in due {
            let (done, what, last) = match todo {
                Todo::Deliver(Act::Whole(rendered)) => {
                    let what = format!("応答を書きました {name}（{}バイト）", rendered.bytes.len());
                    (self.folder.publish(&name, &rendered.bytes), what, true)
                }
                Todo::Deliver(Act::Part { bytes, first, .. }) => {
                    let what = format!("応答を途中まで書きました {name}（{}バイト）", bytes.len());
                    (self.folder.scribble(&name, &bytes, first), what, first)
                }
                Todo::Delete => {
                    if self.folder.discard(&name) {
                        report(&format!("応答を削除しました {name}"));
                    }
                    continue;
                }
            };
            match done {
                Ok(()) => report(&what),
                Err(error) => report(&format!("応答を書けません {name}: {error}")),
            }
            if last {
                self.queue.push(Due { at: now + self.settings.delete_after, name, todo: Todo::Delete });
            }
        }
    }

    fn face_interval(&self) -> Option<Duration> {
        let seconds = self.settings.face.every_s;
        (seconds > 0).then(|| Duration::from_secs(seconds))
    }

    fn drop_face_due(&mut self, now: Instant, wall: DateTime, report: Report<'_>) {
        let (Some(at), Some(interval)) = (self.next_face, self.face_interval()) else { return };
        if now < at {
            return;
        }
        self.next_face = Some(now + interval);
        let chosen = &self.settings.face.patients;
        let candidates: Vec<_> = self
            .book
            .patient
            .iter()
            .filter(|p| if chosen.is_empty() { p.face_minutes_ago.is_some() } else { chosen.contains(&p.id) })
            .collect();
        let Some(patient) = candidates.get(self.faces % candidates.len().max(1)) else { return };
        self.faces += 1;
        match face::drop_result(&self.folder, &self.book, patient, &self.settings.institution, wall) {
            Ok(name) => report(&format!("顔認証の結果を置きました {name}")),
            Err(error) => report(&format!("顔認証の結果を置けません: {error}")),
        }
    }
}
