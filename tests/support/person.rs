//! A person with a line to the station: the steps of the job, asked directly.

use super::card::{log_in, prove};
use super::site::Site;
use kyukyu::client::{Client, ClientFault};
use kyukyu::domain::case::{CaseDraft, CaseNumber, EvidenceKind};
use kyukyu::domain::consent::{ConsentChoice, ConsentDraft, UnobtainableReason};
use kyukyu::domain::enquiry::EnquiryId;
use kyukyu::domain::key::KeyDraft;
use kyukyu::domain::period::Section;
use kyukyu::protocol::view::{EnquiryView, PersonView, SessionView, Stage, SummaryPage};
use kyukyu::protocol::{Refusal, RefusalCode, Reply, Request};
use std::time::{Duration, Instant};

/// No answer of the stand-in takes longer in these tests.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A line with a session.
pub struct Person {
    pub client: Client,
    pub session: SessionView,
}

impl Person {
    /// Logged in with the password alone.
    pub fn with_password(site: &Site, user: &str) -> Self {
        let (client, session) = log_in(site, user);
        Self { client, session }
    }

    /// Logged in with password and card.
    pub fn with_card(site: &Site, user: &str, card: &str) -> Self {
        let (mut client, session) = log_in(site, user);
        let session = prove(site, card, &mut client, &session);
        Self { client, session }
    }

    /// The doctor of most tests.
    pub fn sato(site: &Site) -> Self {
        Self::with_card(site, "sato", "doctor-1")
    }

    /// Another doctor.
    pub fn tanaka(site: &Site) -> Self {
        Self::with_card(site, "tanaka", "doctor-2")
    }

    pub fn ask(&mut self, request: Request) -> Reply {
        self.client.ask(request).unwrap()
    }

    /// Asks what must be refused.
    pub fn refused(&mut self, request: Request) -> Refusal {
        let name = request.name();
        match self.client.ask(request) {
            Err(ClientFault::Refused(refusal)) => refusal,
            other => panic!("{name} was not refused: {other:?}"),
        }
    }

    /// The same with its code.
    pub fn refused_as(&mut self, request: Request, code: RefusalCode) -> Refusal {
        let name = request.name();
        let refusal = self.refused(request);
        assert_eq!(refusal.code, code, "{name}: {refusal}");
        refusal
    }

    pub fn case(&mut self) -> CaseNumber {
        let draft = CaseDraft {
            bed: "初療室1".into(),
            evidence: Some(EvidenceKind::Belongings),
            evidence_by: "救急隊".into(),
            ..CaseDraft::default()
        };
        match self.ask(Request::OpenCase { draft }) {
            Reply::Case(number) => number,
            other => panic!("{other:?}"),
        }
    }

    /// A new enquiry of a new case, with the form open.
    pub fn enquiry(&mut self) -> EnquiryId {
        let case = self.case();
        self.enquiry_view(Request::OpenEnquiry { case }).id
    }

    /// Asks what is answered by an enquiry.
    pub fn enquiry_view(&mut self, request: Request) -> EnquiryView {
        match self.ask(request) {
            Reply::Enquiry(view) => *view,
            other => panic!("{other:?}"),
        }
    }

    pub fn show(&mut self, enquiry: &EnquiryId) -> EnquiryView {
        self.enquiry_view(Request::ShowEnquiry { enquiry: enquiry.clone() })
    }

    pub fn confirm(&mut self, enquiry: &EnquiryId, key: KeyDraft) -> EnquiryView {
        match self.ask(Request::ConfirmKey { enquiry: enquiry.clone(), key }) {
            Reply::KeyConfirmed(view) => *view,
            other => panic!("{other:?}"),
        }
    }

    /// Sends the key that is on the screen.
    pub fn send(&mut self, enquiry: &EnquiryId) -> EnquiryView {
        let key = self.show(enquiry).key.expect("a confirmed key");
        self.enquiry_view(Request::Send { enquiry: enquiry.clone(), key, consent: consent() })
    }

    /// From a new case to a request that is out.
    pub fn ask_for(&mut self, key: KeyDraft) -> EnquiryId {
        let enquiry = self.enquiry();
        self.confirm(&enquiry, key);
        let view = self.send(&enquiry);
        assert!(matches!(view.stage, Stage::Sent { .. }), "{view:?}");
        enquiry
    }

    /// The same once more, for an enquiry that is not at its form. The enquiry in which it was asked: another one where
    /// information had come to this.
    pub fn ask_again(&mut self, enquiry: &EnquiryId, key: KeyDraft) -> EnquiryId {
        let form = self.enquiry_view(Request::Redraft { enquiry: enquiry.clone() });
        self.confirm(&form.id, key);
        self.send(&form.id);
        form.id
    }

    /// Waits until the enquiry is as wanted.
    pub fn until(&mut self, enquiry: &EnquiryId, wanted: impl Fn(&EnquiryView) -> bool) -> EnquiryView {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let view = self.show(enquiry);
            if wanted(&view) {
                return view;
            }
            assert!(Instant::now() < deadline, "still {view:#?}");
            self.client.event(Duration::from_millis(100)).unwrap();
        }
    }

    /// Waits until no request is out.
    pub fn settled(&mut self, enquiry: &EnquiryId) -> EnquiryView {
        self.until(enquiry, |view| !matches!(view.stage, Stage::Sent { .. }))
    }

    /// From a key to what became of the request.
    pub fn outcome(&mut self, key: KeyDraft) -> (EnquiryId, Stage) {
        let enquiry = self.ask_for(key);
        let stage = self.settled(&enquiry).stage;
        (enquiry, stage)
    }

    pub fn person(&mut self, enquiry: &EnquiryId) -> PersonView {
        match self.ask(Request::ShowPerson { enquiry: enquiry.clone() }) {
            Reply::Person(person) => *person,
            other => panic!("{other:?}"),
        }
    }

    /// The person present is the one returned, or is not.
    pub fn judge_person(&mut self, enquiry: &EnquiryId, same: bool) {
        let document = self.person(enquiry).document;
        self.ask(Request::ConfirmPerson { enquiry: enquiry.clone(), document, same });
    }

    /// The person present is the one returned.
    pub fn same_person(&mut self, enquiry: &EnquiryId) {
        self.judge_person(enquiry, true);
    }

    pub fn read(&mut self, enquiry: &EnquiryId, section: Section) -> SummaryPage {
        match self.ask(Request::ReadSummary { enquiry: enquiry.clone(), section, from: 0 }) {
            Reply::Summary(page) => *page,
            other => panic!("{other:?}"),
        }
    }
}

/// 必要性 and 同意取得困難, all confirmed.
pub fn consent() -> ConsentDraft {
    ConsentDraft {
        caution: true,
        necessity: true,
        choice: Some(ConsentChoice::Unobtainable),
        reason: Some(UnobtainableReason::ImpairedConsciousness),
        tried: "呼びかけに応答なし".into(),
        ..ConsentDraft::default()
    }
}
