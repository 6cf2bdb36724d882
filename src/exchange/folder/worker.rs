//! The work itself: one command or one poll at a time, time passed in, events handed to a callback.

use super::file::{OpenFolder, reason};
use super::link::Link;
use super::message::{ContentHash, Expected, FolderCommand, FolderEvent, LinkTrouble};
use super::scan::OddNames;
use super::tracked::{Round, Stage, Tracked};
use super::watch::Watch;
use super::{FolderConfig, face};
use crate::domain::SafeText;
use crate::exchange::request::RequestFile;
use rustix::io::Errno;
use std::collections::HashSet;
use std::path::Path;
use std::time::{Duration, Instant};

/// Names are read this often while something is waited for; the answers themselves are opened by name.
const SCAN_EVERY: Duration = Duration::from_secs(5);

const SAME_NAME: &str = "同じ名前の要求がすでにあるため書き込みません。照会をやり直してください";

/// Everything that the folder's thread owns.
pub(super) struct Worker {
    config: FolderConfig,
    watch: Watch,
    tell: Box<dyn FnMut(FolderEvent) + Send>,
    tracked: Vec<Tracked>,
    link: Link,
    odd: OddNames,
    next_scan: Option<Instant>,
    /// Leftovers were removed and writing was tried.
    prepared: bool,
}

impl Worker {
    pub(super) fn new(config: FolderConfig, watch: Watch, tell: Box<dyn FnMut(FolderEvent) + Send>) -> Self {
        Self {
            config,
            watch,
            tell,
            tracked: Vec::new(),
            link: Link::default(),
            odd: OddNames::default(),
            next_scan: None,
            prepared: false,
        }
    }

    /// A wake-up was received.
    pub(super) fn woken(&self) {
        self.watch.woken();
    }

    /// How long to wait before the next poll.
    pub(super) fn pace(&self) -> Duration {
        let awaiting = self.tracked.iter().any(Tracked::awaiting);
        if awaiting { self.config.poll_awaiting } else { self.config.poll_idle }
    }

    /// Has the state of the link said again.
    pub(super) fn say_link_again(&mut self, now: Instant) {
        self.link.again();
        self.link.say(now, &mut *self.tell);
    }

    /// Does one command.
    pub(super) fn handle(&mut self, command: FolderCommand, now: Instant) {
        match command {
            FolderCommand::Write(request) => self.write(request, now),
            FolderCommand::Withdraw { name } => self.withdraw(name),
            FolderCommand::Expect(expected) => {
                for one in expected {
                    self.expect(one);
                }
                self.poll(now);
            }
            FolderCommand::Forget(names) => self.tracked.retain(|tracked| !names.contains(&tracked.request)),
            FolderCommand::CountFaces => {
                let count = self.faces().and_then(|folder| face::names(&folder, &self.config.dialect));
                (self.tell)(FolderEvent::FaceCount(count.map_or(0, |names| names.len())));
            }
            FolderCommand::ListFaces { newest } => {
                let list = self.faces().and_then(|folder| face::list(&folder, &self.config.dialect, newest));
                (self.tell)(FolderEvent::Faces(list.unwrap_or_default()));
            }
            FolderCommand::CopyFace { name } => self.copy_face(name),
        }
        self.link.say(now, &mut *self.tell);
    }

    /// Looks at everything once.
    pub(super) fn poll(&mut self, now: Instant) {
        match self.open_both() {
            Ok([requests, answers]) => {
                self.prepare(&requests, now);
                let folders = [self.config.requests.as_path(), self.config.answers.as_path()];
                self.watch.keep(folders, [requests.id, answers.id], now);
                self.look(&requests, &answers, now);
            }
            Err(trouble) => self.link.folder_trouble(trouble, now),
        }
        self.link.say(now, &mut *self.tell);
    }

    fn open_both(&self) -> Result<[OpenFolder; 2], LinkTrouble> {
        Ok([open(&self.config.requests)?, open(&self.config.answers)?])
    }

    fn faces(&self) -> Result<OpenFolder, Errno> {
        OpenFolder::open(&self.config.face)
    }

    /// Once: takes away what a crash of this station has left. At the start and after a failure: tries to write.
    fn prepare(&mut self, requests: &OpenFolder, now: Instant) {
        let dialect = &self.config.dialect;
        if !self.prepared {
            let mut leftovers = Vec::new();
            let listed = requests.names(|name| {
                let name = std::str::from_utf8(name).unwrap_or_default();
                if dialect.temporary_parts(name).is_some_and(|parts| parts.station == self.config.station) {
                    leftovers.push(name.to_owned());
                }
            });
            for name in &leftovers {
                requests.remove(name);
            }
            self.prepared = listed.is_ok();
        } else if !self.link.unwritable() {
            return self.link.folders_fine();
        }
        let files = &dialect.files;
        let (before, after) = (files.temporary_prefix.first(), files.temporary_ending.first());
        match requests.probe(&format!("{before}probe-{}{after}", self.config.station)) {
            Ok(()) => self.link.folders_fine(),
            Err(errno) => self.link.folder_trouble(LinkTrouble::Unwritable { why: reason(errno) }, now),
        }
    }

    fn look(&mut self, requests: &OpenFolder, answers: &OpenFolder, now: Instant) {
        let Self { config, tell, tracked, link, .. } = self;
        let round = Round { now, whole_within: config.whole_within, dialect: &config.dialect };
        let mut told = |event: FolderEvent| {
            if matches!(event, FolderEvent::Taken { .. } | FolderEvent::Answer { .. }) {
                link.alive();
            }
            tell(event);
        };
        for one in tracked.iter_mut() {
            one.look_request(requests, now, &mut told);
            let mut found = Vec::new();
            one.look_answers(answers, &round, &mut |event| found.push(event));
            if !found.is_empty() {
                // It may have been taken and answered since the look above; that is told in its order.
                one.look_request(requests, now, &mut told);
            }
            found.into_iter().for_each(&mut told);
        }
        let oldest = tracked.iter().filter_map(|one| match one.stage {
            Stage::Waiting(since) => Some((since, &one.request)),
            _ => None,
        });
        if let Some((since, request)) = oldest.min()
            && now.saturating_duration_since(since) >= config.taken_within
        {
            link.untaken(request, since);
        }
        self.scan(answers, now);
    }

    fn scan(&mut self, answers: &OpenFolder, now: Instant) {
        if self.tracked.is_empty() || self.next_scan.is_some_and(|at| now < at) {
            return;
        }
        self.next_scan = Some(now + SCAN_EVERY);
        let dialect = &self.config.dialect;
        let ids: Vec<String> = self
            .tracked
            .iter()
            .filter_map(|one| dialect.request_parts(&one.request).map(|parts| parts.id.as_str().to_owned()))
            .collect();
        let names: HashSet<&str> =
            self.tracked.iter().flat_map(|one| &one.slots).map(|slot| slot.name.as_str()).collect();
        self.odd.scan(answers, dialect, &ids, &names, &mut *self.tell);
    }

    fn write(&mut self, request: RequestFile, now: Instant) {
        let RequestFile { name, bytes } = request;
        let dialect = &self.config.dialect;
        let names = (dialect.answer_names(&name), dialect.temporary_name(&name));
        let (Some(answers), Some(temporary)) = names else {
            let why = "要求ファイルの名前が正しくないため書き込みません。管理者に知らせてください".to_owned();
            return (self.tell)(FolderEvent::WriteFailed { name, why });
        };
        if self.tracked.iter().any(|one| one.request == name) {
            return (self.tell)(FolderEvent::WriteFailed { name, why: SAME_NAME.to_owned() });
        }
        let folder = match open(&self.config.requests) {
            Ok(folder) => folder,
            Err(trouble) => {
                (self.tell)(FolderEvent::WriteFailed { name, why: trouble.to_string() });
                return self.link.folder_trouble(trouble, now);
            }
        };
        match folder.write_new(&temporary, &name, &bytes) {
            Ok(()) => {
                self.tracked.push(Tracked::new(name.clone(), answers, Stage::Waiting(now)));
                (self.tell)(FolderEvent::Written { name });
            }
            Err(Errno::EXIST) => {
                (self.tell)(FolderEvent::WriteFailed { name, why: SAME_NAME.to_owned() });
            }
            Err(errno) => {
                let trouble = LinkTrouble::Unwritable { why: reason(errno) };
                (self.tell)(FolderEvent::WriteFailed { name, why: trouble.to_string() });
                self.link.folder_trouble(trouble, now);
            }
        }
    }

    fn withdraw(&mut self, name: String) {
        let dialect = &self.config.dialect;
        let ours = dialect.request_parts(&name).is_some_and(|parts| parts.station == self.config.station);
        let (true, Some(temporary)) = (ours, dialect.temporary_name(&name)) else {
            let why = "この施設のこのステーションが出した要求ではないため取り下げません".to_owned();
            return (self.tell)(FolderEvent::WithdrawUnclear { name, why });
        };
        let outcome = OpenFolder::open(&self.config.requests).and_then(|f| f.withdraw(&name, &temporary));
        let event = match outcome {
            Ok(true) => {
                self.tracked.retain(|one| one.request != name);
                FolderEvent::Withdrawn { name }
            }
            Ok(false) => {
                if let Some(one) = self.tracked.iter_mut().find(|one| one.request == name) {
                    one.stage = Stage::Gone;
                }
                FolderEvent::AlreadyTaken { name }
            }
            Err(errno) => {
                let why = format!(
                    "取り下げられたか確かめられません（{}）。送信されたものとして扱ってください",
                    reason(errno)
                );
                FolderEvent::WithdrawUnclear { name, why }
            }
        };
        (self.tell)(event);
    }

    fn expect(&mut self, expected: Expected) {
        let Some(answers) = self.config.dialect.answer_names(&expected.request) else { return };
        if self.tracked.iter().any(|one| one.request == expected.request) {
            return;
        }
        let mut tracked = Tracked::new(expected.request, answers, Stage::Unknown);
        for (name, hash) in expected.seen {
            tracked.hold(&name, hash);
        }
        self.tracked.push(tracked);
    }

    fn copy_face(&mut self, name: String) {
        let dialect = &self.config.dialect;
        let copied = match self.faces() {
            Ok(folder) => face::copy(&folder, dialect, &name),
            Err(errno) => Err(unreachable_folder(&self.config.face, errno).to_string()),
        };
        (self.tell)(match copied {
            Ok(bytes) => FolderEvent::FaceCopied { name, hash: ContentHash::of(&bytes), bytes },
            Err(why) => FolderEvent::FaceFailed { name: SafeText::new(&name), why },
        });
    }
}

fn open(path: &Path) -> Result<OpenFolder, LinkTrouble> {
    OpenFolder::open(path).map_err(|errno| unreachable_folder(path, errno))
}

fn unreachable_folder(path: &Path, errno: Errno) -> LinkTrouble {
    LinkTrouble::Unreachable { folder: SafeText::new(&path.to_string_lossy()), why: reason(errno) }
}
