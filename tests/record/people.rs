//! Who asks what while the station is killed again and again. Each writes down only what was answered: that, and no
//! more, is what the station has promised.

use crate::support::card::prove;
use crate::support::patients::patient;
use crate::support::site::{PASSWORD, Site};
use kyukyu::client::{Client, ClientFault};
use kyukyu::domain::case::{CaseDraft, CaseNumber};
use kyukyu::domain::enquiry::EnquiryId;
use kyukyu::domain::key::KeyDraft;
use kyukyu::domain::{Permission, UserId};
use kyukyu::log::search::Draft;
use kyukyu::protocol::{Hello, IdempotencyKey, RefusalCode, Reply, Request, Secret, VERSION};
use std::collections::BTreeMap;
use std::path::Path;

/// What a person does all day.
#[derive(Clone, Copy, PartialEq)]
enum Role {
    /// Opens cases, corrects them, opens enquiries, confirms keys.
    Doctor,
    /// Gives somebody a permission and takes it back.
    Administrator,
    /// Searches the log, and tries to open a case, which is refused.
    Auditor,
}

/// What was answered, by what tells it in the record.
#[derive(Default)]
pub(crate) struct Heard {
    pub(crate) resumed: u64,
    /// Cases that were opened, by number.
    pub(crate) cases: Vec<String>,
    /// Corrections of cases, by the new place, which no other has.
    pub(crate) beds: Vec<String>,
    /// Enquiries that were opened.
    pub(crate) enquiries: Vec<String>,
    /// Enquiries whose key was confirmed.
    pub(crate) confirmed: Vec<String>,
    /// Changes of the permission.
    pub(crate) permissions: u64,
    /// Searches, by the case that was looked for.
    pub(crate) searches: Vec<String>,
    pub(crate) refusals: u64,
}

impl Heard {
    /// All that was promised.
    pub(crate) fn count(&self) -> u64 {
        let lists = [&self.cases, &self.beds, &self.enquiries, &self.confirmed, &self.searches];
        let listed: usize = lists.iter().map(|list| list.len()).sum();
        listed as u64 + self.resumed + self.permissions + self.refusals
    }
}

/// By what an answered act is found again.
#[derive(Clone, PartialEq)]
pub(crate) enum Mark {
    Opened,
    Changed(String),
    Enquiry,
    Confirmed(EnquiryId),
    Permission,
    Searched(String),
    Refused,
}

/// An act under way.
struct Asked {
    key: IdempotencyKey,
    request: Request,
    mark: Mark,
}

/// One session, over all the lives of the station.
pub(crate) struct Person {
    pub(crate) user: &'static str,
    role: Role,
    place: u8,
    token: Secret,
    number: u64,
    case: Option<CaseNumber>,
    enquiry: Option<EnquiryId>,
    open: Option<Asked>,
    pub(crate) heard: Heard,
    /// How often a session was asked to go on.
    pub(crate) resumes: u64,
    /// How often each search was asked: it is not remembered by a key, for it only shows.
    pub(crate) searched: BTreeMap<String, u64>,
    /// How often the refused act was asked: what was only counted may be counted again.
    pub(crate) tried: u64,
}

/// Sixteen sessions of four people: doctors at twelve screens, an administrator, an auditor at three. They log in once.
pub(crate) fn log_in(site: &Site) -> Vec<Person> {
    let mut everybody = vec![("kanri", Role::Administrator, None)];
    everybody.extend([("sato", Role::Doctor, Some("doctor-1")); 6]);
    everybody.extend([("tanaka", Role::Doctor, Some("doctor-2")); 6]);
    everybody.extend([("kansa", Role::Auditor, None); 3]);
    let logged_in = everybody.into_iter().zip(1..).map(|((user, role, card), place)| {
        let mut client = Client::connect(&site.socket()).unwrap();
        let login = Request::Login { user: user.into(), password: Secret::new(PASSWORD.into()) };
        let Reply::LoggedIn { session, token } = client.ask(login).unwrap() else { panic!() };
        if let Some(card) = card {
            prove(site, card, &mut client, &session);
        }
        // The line stays open until the station is dead: nobody says goodbye.
        std::mem::forget(client);
        Person {
            user,
            role,
            place,
            token,
            number: 0,
            case: None,
            enquiry: None,
            open: None,
            heard: Heard::default(),
            resumes: 0,
            searched: BTreeMap::new(),
            tried: 0,
        }
    });
    logged_in.collect()
}

impl Person {
    /// Acts until the station dies. What had no answer is asked again first, under the same key.
    pub(crate) fn round(mut self, socket: &Path) -> Self {
        self.resumes += 1;
        let hello = Hello { version: VERSION, resume: Some(self.token.clone()) };
        let Ok(mut client) = Client::connect_as(socket, hello) else { return self };
        assert!(client.welcome().session.is_some(), "{}: the session is lost", self.user);
        self.heard.resumed += 1;
        loop {
            let asked = self.open.take().unwrap_or_else(|| self.next());
            self.note_asked(&asked.mark);
            match client.ask_once(asked.request.clone(), asked.key.clone()) {
                Ok(reply) => self.hear(asked.mark, reply),
                Err(ClientFault::Refused(refusal))
                    if asked.mark == Mark::Refused && refusal.code == RefusalCode::NoPermission =>
                {
                    self.heard.refusals += 1;
                }
                Err(ClientFault::Refused(refusal)) => panic!("{}: {refusal}", self.user),
                Err(_) => {
                    self.open = Some(asked);
                    return self;
                }
            }
        }
    }

    /// What was asked last and never answered: it may be done or not.
    pub(crate) fn unanswered(&self) -> Option<&Mark> {
        self.open.as_ref().map(|asked| &asked.mark)
    }

    fn next(&mut self) -> Asked {
        self.number += 1;
        let number = self.number;
        let bed =
            |what: &str| CaseDraft { bed: format!("{what}{}-{number}", self.place), ..CaseDraft::default() };
        let (request, mark) = match (self.role, number % 4) {
            (Role::Doctor, 1) => (Request::OpenCase { draft: bed("初療室") }, Mark::Opened),
            (Role::Doctor, 2) => {
                let (case, draft) = (self.case.clone().unwrap(), bed("病棟"));
                let mark = Mark::Changed(draft.bed.clone());
                (Request::ChangeCase { case, draft }, mark)
            }
            (Role::Doctor, 3) => (Request::OpenEnquiry { case: self.case.clone().unwrap() }, Mark::Enquiry),
            (Role::Doctor, _) => {
                let enquiry = self.enquiry.clone().unwrap();
                // A number of its own, so that no two are about the same person.
                let insured_number = format!("{}{number:06}", self.place);
                let key = KeyDraft { insured_number, ..patient("P01").certificate() };
                (Request::ConfirmKey { enquiry: enquiry.clone(), key }, Mark::Confirmed(enquiry))
            }
            (Role::Administrator, _) => {
                let user = UserId::parse("suzuki").unwrap();
                let granted = number % 2 == 1;
                (Request::SetPermission { user, permission: Permission::Audit, granted }, Mark::Permission)
            }
            (Role::Auditor, 0 | 2) => (Request::OpenCase { draft: bed("受付") }, Mark::Refused),
            (Role::Auditor, _) => {
                let (year, month) = (2000 + u64::from(self.place), 1 + number / 1_000);
                let case = format!("{year:04}{month:02}01-{:03}", number % 1_000);
                let filter = Box::new(Draft { case: case.clone(), ..Draft::default() });
                (Request::SearchLog { filter, before: None, own: false }, Mark::Searched(case))
            }
        };
        let bits = u128::from(self.place) << 64 | u128::from(number);
        Asked { key: IdempotencyKey::from_bits(bits.to_be_bytes()), request, mark }
    }

    fn note_asked(&mut self, mark: &Mark) {
        match mark {
            Mark::Searched(case) => *self.searched.entry(case.clone()).or_default() += 1,
            Mark::Refused => self.tried += 1,
            _ => {}
        }
    }

    fn hear(&mut self, mark: Mark, reply: Reply) {
        match (mark, reply) {
            (Mark::Opened, Reply::Case(number)) => {
                self.heard.cases.push(number.to_string());
                self.case = Some(number);
            }
            (Mark::Changed(bed), Reply::Case(_)) => self.heard.beds.push(bed),
            (Mark::Enquiry, Reply::Enquiry(view)) => {
                self.heard.enquiries.push(view.id.to_string());
                self.enquiry = Some(view.id);
            }
            (Mark::Confirmed(enquiry), Reply::KeyConfirmed(view)) if view.id == enquiry => {
                self.heard.confirmed.push(enquiry.to_string());
            }
            (Mark::Permission, Reply::Done) => self.heard.permissions += 1,
            (Mark::Searched(case), Reply::Log(_)) => self.heard.searches.push(case),
            (_, other) => panic!("{}: {other:?}", self.user),
        }
    }
}
