//! Every rule that a modified terminal may try to get past: refused, and on record with who tried.

use crate::support::audit::Audit;
use crate::support::card::{log_in, proof, sign};
use crate::support::patients::patient;
use crate::support::person::{Person, consent};
use crate::support::site::Site;
use kyukyu::domain::candidate::PersonField::{self, Address, BranchNumber, InsuredNumber, Name};
use kyukyu::domain::case::{CaseDraft, CaseNumber};
use kyukyu::domain::consent::{ConsentChoice, ConsentDraft, UnobtainableReason};
use kyukyu::domain::enquiry::EnquiryId;
use kyukyu::domain::explanation::ExplainedTo;
use kyukyu::domain::key::{IdentificationMethod, KeyDraft};
use kyukyu::domain::period::Section;
use kyukyu::domain::review::{ReviewId, Verdict};
use kyukyu::domain::{Month, Permission, UserId};
use kyukyu::log::act_label;
use kyukyu::protocol::view::Stage;
use kyukyu::protocol::{RefusalCode, Reply, Request, ViewFormat};

/// Everything that can be asked about an enquiry, none of it harmless.
fn acts_on(enquiry: &EnquiryId) -> Vec<Request> {
    let enquiry = || enquiry.clone();
    let key = || patient("P01").certificate();
    vec![
        Request::ShowEnquiry { enquiry: enquiry() },
        Request::SaveDraft { enquiry: enquiry(), key: key(), consent: consent() },
        Request::ConfirmKey { enquiry: enquiry(), key: key() },
        Request::Send { enquiry: enquiry(), key: patient("P01").key(), consent: consent() },
        Request::Cancel { enquiry: enquiry() },
        Request::Redraft { enquiry: enquiry() },
        Request::ShowCandidate { enquiry: enquiry(), row: 0 },
        Request::Choose { enquiry: enquiry(), row: 0, typed: Vec::new(), caution: true },
        Request::SendAgain { enquiry: enquiry() },
        Request::OpenLate { enquiry: enquiry() },
        Request::ShowPerson { enquiry: enquiry() },
        Request::ConfirmPerson { enquiry: enquiry(), document: "x".into(), same: true },
        Request::ReadSummary { enquiry: enquiry(), section: Section::Drugs, from: 0 },
        Request::FindInSummary { enquiry: enquiry(), text: "x".into() },
        Request::CloseEnquiry { enquiry: enquiry() },
    ]
}

/// What needs 救急時閲覧権限 and two factors, whatever it is about.
fn viewers_acts(case: &CaseNumber, enquiry: &EnquiryId) -> Vec<Request> {
    let mut acts = acts_on(enquiry);
    acts.push(Request::OpenEnquiry { case: case.clone() });
    acts.push(Request::FaceResults);
    acts.push(Request::UseFaceResult { enquiry: enquiry.clone(), name: "x".into() });
    acts
}

fn cases_acts(case: &CaseNumber) -> [Request; 2] {
    let draft = CaseDraft { bed: "初療室2".into(), ..CaseDraft::default() };
    [Request::OpenCase { draft: draft.clone() }, Request::ChangeCase { case: case.clone(), draft }]
}

/// The acts of an export, each of which looks at everybody's log.
pub(crate) fn exports() -> [Request; 4] {
    let (to, from, until) = (String::new(), String::new(), String::new());
    [
        Request::ExportLog { to: to.clone() },
        Request::ExportRows { from: 1 },
        Request::ExportLogAs { format: ViewFormat::Csv, to, from, until },
        Request::EndExport { whole: true, sha256: None },
    ]
}

/// Each act is refused with this code, and its refusal stands on record under its name and the person's.
fn all_refused(person: &mut Person, audit: &mut Audit, acts: Vec<Request>, code: RefusalCode) {
    for act in acts {
        let (mark, name) = (audit.mark(), act.name());
        let refusal = person.refused_as(act, code);
        let user = person.session.account.user.as_str();
        let on_record = audit.lines().into_iter().any(|line| {
            line.seq > mark
                && line.kind.as_str() == "refusal"
                && line.user.as_str() == user
                && line.words.as_str().contains(refusal.words.as_str())
        });
        assert!(on_record, "the refusal of {name} is not on record");
    }
}

#[test]
fn without_the_permission_nothing_can_be_asked_even_with_two_factors() {
    let site = Site::running();
    let mut sato = Person::sato(&site);
    let (case, enquiry) = (sato.case(), sato.enquiry());
    let mut suzuki = Person::with_card(&site, "suzuki", "doctor-3");
    assert!(suzuki.session.two_factors && !suzuki.session.may_enquire);
    let mut audit = Audit::new(&site);
    let mut acts = viewers_acts(&case, &enquiry);
    acts.extend(cases_acts(&case));
    all_refused(&mut suzuki, &mut audit, acts, RefusalCode::NoPermission);
    let Reply::Home(home) = suzuki.ask(Request::Home) else { panic!() };
    assert!(home.cases.is_empty(), "the cases are for those who may look");
}

#[test]
fn with_one_factor_nothing_can_be_asked() {
    let site = Site::running();
    let mut sato = Person::sato(&site);
    let (case, enquiry) = (sato.case(), sato.enquiry());
    let mut half = Person::with_password(&site, "sato");
    assert!(!half.session.two_factors && !half.session.may_enquire);
    let mut audit = Audit::new(&site);
    let mut acts = viewers_acts(&case, &enquiry);
    acts.extend(cases_acts(&case));
    all_refused(&mut half, &mut audit, acts, RefusalCode::OneFactor);
    let Reply::Home(home) = half.ask(Request::Home) else { panic!() };
    assert!(home.cases.is_empty() && home.face_results.is_some(), "a count, and nothing about patients");
    let Reply::Log(page) = half.ask(Request::ReadLog { before: None, own: true }) else { panic!() };
    assert!(page.lines.iter().all(|line| line.user.as_str() == "sato"), "one's own log can be read");
}

#[test]
fn nobody_acts_without_a_session() {
    let site = Site::running();
    let mut sato = Person::sato(&site);
    let (case, enquiry) = (sato.case(), sato.enquiry());
    let session = sato.session.clone();
    let client = kyukyu::client::Client::connect(&site.socket()).unwrap();
    let mut nobody = Person { client, session };
    let mut audit = Audit::new(&site);
    let mut acts = viewers_acts(&case, &enquiry);
    acts.extend(cases_acts(&case));
    acts.extend([
        Request::Home,
        Request::CardChallenge,
        Request::ListAccounts { after: None },
        Request::VerifyLog,
        Request::VerifyLogAgainst { outside: String::new() },
        Request::LogHead,
        Request::ListClosedReviews { month: None, before: None },
        Request::RecoveryStatus,
        Request::ShippingStatus,
        Request::ListTokens { user: None, after: None },
        crate::support::token::one_time("123456"),
        crate::support::token::confirm("123456"),
        crate::support::token::emergency("sato", 2),
        Request::BeginToken { user: UserId::parse("sato").unwrap() },
        Request::DeclareRecovery { words: "復旧".into() },
        Request::ListReviews { overdue: false, after: None },
        Request::ShowReview { review: ReviewId::of(1) },
        Request::CloseReview { review: ReviewId::of(1), verdict: Verdict::Proper, words: "x".into() },
        Request::ReviewAgain { review: ReviewId::of(1), words: "x".into() },
        Request::ReviewReport { month: Month::from_compact("202611").unwrap(), csv: false, after: None },
        Request::ListExplanations { given: false, after: None },
        Request::ShowSlip { enquiry: enquiry.clone() },
        Request::GiveExplanation {
            enquiry: enquiry.clone(),
            to: ExplainedTo::Patient,
            by: "x".into(),
            words: "x".into(),
        },
        Request::RaiseObjection { enquiry: enquiry.clone(), words: "x".into() },
    ]);
    acts.extend(exports());
    acts.push(Request::ReadLog { before: None, own: true });
    acts.push(Request::SearchLog { filter: Box::default(), before: None, own: true });
    acts.push(Request::ShowLogEntry { seq: 1, own: true });
    for act in acts {
        let name = act.name();
        let refusal = nobody.refused_as(act, RefusalCode::NoSession);
        assert_ne!(act_label(name), name, "it has no Japanese name");
        let line = audit.find("refusal", act_label(name));
        assert!(line.user.is_empty() && line.words.as_str().contains(refusal.words.as_str()), "{line:?}");
    }
}

#[test]
fn necessity_consent_and_caution_must_all_be_given() {
    let site = Site::running();
    let mut sato = Person::sato(&site);
    let enquiry = sato.enquiry();
    sato.confirm(&enquiry, patient("P01").certificate());
    let mut audit = Audit::new(&site);
    let good = consent;
    let table: [(ConsentDraft, &str); 7] = [
        (ConsentDraft { caution: false, ..good() }, "caution"),
        (ConsentDraft { necessity: false, ..good() }, "necessity"),
        (ConsentDraft { choice: None, ..good() }, "choice"),
        (ConsentDraft { choice: Some(ConsentChoice::Given), how: None, ..good() }, "how"),
        (ConsentDraft { reason: None, ..good() }, "reason"),
        (ConsentDraft { tried: " ".into(), ..good() }, "tried"),
        (ConsentDraft { reason: Some(UnobtainableReason::Refused), ..good() }, "words"),
    ];
    for (consent, field) in table {
        let send = Request::Send { enquiry: enquiry.clone(), key: patient("P01").key(), consent };
        let refusal = sato.refused_as(send, RefusalCode::NoConsent);
        assert_eq!(refusal.fields.len(), 1, "{field}");
        assert_eq!(refusal.fields[0].0.as_str(), field);
        audit.find("refusal", refusal.words.as_str());
    }
    let requests = std::fs::read_dir(site.exchange().join("req")).unwrap().count();
    assert_eq!((requests, sato.show(&enquiry).stage), (0, Stage::Drafting), "nothing was asked");
    assert!(matches!(sato.send(&enquiry).stage, Stage::Sent { .. }));
}

#[test]
fn a_key_must_be_confirmed_and_right_before_anything_is_asked() {
    let site = Site::running();
    let mut sato = Person::sato(&site);
    let mut audit = Audit::new(&site);
    let enquiry = sato.enquiry();
    let send = || Request::Send { enquiry: enquiry.clone(), key: patient("P01").key(), consent: consent() };
    sato.refused_as(send(), RefusalCode::WrongState);
    audit.find("refusal", "照会キーが確認されていません");
    let wrong = KeyDraft { insurer_number: "139908".into(), ..patient("P01").certificate() };
    let key = |key: KeyDraft| Request::ConfirmKey { enquiry: enquiry.clone(), key };
    let refusal = sato.refused_as(key(wrong.clone()), RefusalCode::BadInput);
    assert_eq!(refusal.fields.len(), 1);
    audit.find("refusal", refusal.words.as_str());
    assert_eq!(sato.show(&enquiry).draft, wrong, "what was typed is kept");
    sato.refused_as(send(), RefusalCode::WrongState);
    // The card method without a card's result is a lie about how the patient was identified.
    let no_card = KeyDraft { method: IdentificationMethod::MyNumberCard, ..patient("P01").certificate() };
    sato.refused_as(key(no_card), RefusalCode::WrongState);
    audit.find("refusal", "読取結果");
}

#[test]
fn what_is_sent_is_the_key_that_was_on_the_screen() {
    let site = Site::running();
    let mut sato = Person::sato(&site);
    let mut elsewhere = Person::sato(&site);
    let enquiry = sato.enquiry();
    sato.confirm(&enquiry, patient("P01").certificate());
    // On another screen of the same person the enquiry is given another key.
    elsewhere.confirm(&enquiry, patient("P02").certificate());
    let send =
        |id: &str| Request::Send { enquiry: enquiry.clone(), key: patient(id).key(), consent: consent() };
    sato.refused_as(send("P01"), RefusalCode::WrongState);
    Audit::new(&site).find("refusal", "ほかの画面で照会キーが変更されました");
    elsewhere.ask(send("P02"));
    assert_eq!(sato.settled(&enquiry).stage, Stage::Answered);
    assert_eq!(sato.person(&enquiry).person.name.as_str(), "若草　春子");
}

#[test]
fn a_challenge_is_for_one_line_one_account_and_once() {
    let site = Site::running();
    let mut audit = Audit::new(&site);
    let (mut client, session) = log_in(&site, "sato");
    let challenge = |client: &mut kyukyu::client::Client| match client.ask(Request::CardChallenge).unwrap() {
        Reply::Challenge { text } => text,
        other => panic!("{other:?}"),
    };
    let text = challenge(&mut client);
    let good = proof(&text, &sign(&site, "doctor-1", &text, &session));
    // Another line of the same account: it was not given out there.
    let mut other = Person::with_password(&site, "sato");
    other.refused_as(good.clone(), RefusalCode::BadCard);
    // A card that is not this person's: it is enrolled for somebody else.
    let (_, tanaka) = log_in(&site, "tanaka");
    let strange = challenge(&mut client);
    let foreign = proof(&strange, &sign(&site, "doctor-2", &strange, &tanaka));
    let mut sato = Person { client, session };
    let refusal = sato.refused_as(foreign, RefusalCode::BadCard);
    audit.find("card_refused", refusal.words.as_str());
    // A signature over another challenge.
    let fresh = challenge(&mut sato.client);
    let Request::CardProof { certificate, signature, hash, .. } = good.clone() else { panic!() };
    let crossed = Request::CardProof { challenge: fresh, certificate, signature, hash };
    sato.refused_as(crossed, RefusalCode::BadCard);
    assert!(matches!(sato.ask(good.clone()), Reply::Session(session) if session.two_factors));
    // Replayed: on the same line, which it is good for no longer.
    let refusal = sato.refused_as(good, RefusalCode::BadCard);
    let line = audit.find("card_refused", refusal.words.as_str());
    assert_eq!(line.user.as_str(), "sato");
    let refused = audit.lines().iter().filter(|line| line.kind.as_str() == "card_refused").count();
    assert_eq!(refused, 4, "each attempt is on record");
}

#[test]
fn another_persons_enquiry_is_not_there() {
    let site = Site::running();
    let (mut sato, mut tanaka) = (Person::sato(&site), Person::tanaka(&site));
    let mut audit = Audit::new(&site);
    let (enquiry, stage) = sato.outcome(patient("P01").certificate());
    assert_eq!(stage, Stage::Answered);
    sato.same_person(&enquiry);
    all_refused(&mut tanaka, &mut audit, acts_on(&enquiry), RefusalCode::NotFound);
    let nowhere = EnquiryId::parse("000000000000").unwrap();
    let show = |enquiry: &EnquiryId| Request::ShowEnquiry { enquiry: enquiry.clone() };
    let words = |person: &mut Person, id: &EnquiryId| person.refused(show(id)).words;
    assert_eq!(words(&mut tanaka, &enquiry), words(&mut tanaka, &nowhere), "no hint that it exists");
    assert_eq!(sato.show(&enquiry).stage, Stage::Reading, "and it did not move");
}

#[test]
fn nothing_medical_before_the_person_was_confirmed() {
    let site = Site::running();
    let mut sato = Person::sato(&site);
    let mut audit = Audit::new(&site);
    let (enquiry, stage) = sato.outcome(patient("P01").certificate());
    assert_eq!(stage, Stage::Answered);
    let read = || Request::ReadSummary { enquiry: enquiry.clone(), section: Section::Drugs, from: 0 };
    sato.refused_as(read(), RefusalCode::WrongState);
    audit.find("refusal", "本人確認が済んでいない");
    // What is shown until then holds a person and nothing else.
    let (person, view) = (sato.person(&enquiry), sato.show(&enquiry));
    let shown = serde_json::to_string(&(person, view)).unwrap();
    for medical in ["ワーファリン", "錠", "クリニック", "薬局", "手術"] {
        assert!(!shown.contains(medical), "{medical} in {shown}");
    }
    let document = sato.person(&enquiry).document;
    let judge = |same| Request::ConfirmPerson { enquiry: enquiry.clone(), document: document.clone(), same };
    // Shown to this session; another of the same person has not seen whom it confirms.
    let mut elsewhere = Person::sato(&site);
    elsewhere.refused_as(judge(true), RefusalCode::WrongState);
    sato.ask(judge(false));
    sato.refused_as(read(), RefusalCode::WrongState);
    sato.refused_as(judge(true), RefusalCode::WrongState);
    audit.find("person_rejected", "");
    assert_eq!(sato.show(&enquiry).stage, Stage::Rejected);
}

#[test]
fn a_candidate_is_chosen_only_by_what_is_its_own() {
    let site = Site::running();
    let mut sato = Person::sato(&site);
    let mut audit = Audit::new(&site);
    let key =
        crate::support::patients::four_items("鈴木　一郎", "1950-01-01", patient("P08").sex, "大阪府模擬市");
    let (enquiry, stage) = sato.outcome(key);
    let Stage::Candidates { people, .. } = stage else { panic!("{stage:?}") };
    let of_p08 = people.iter().position(|p| p.insured_number.as_str() == "0801").unwrap();
    let choose = |row: usize, field: PersonField, text: &str, caution: bool| Request::Choose {
        enquiry: enquiry.clone(),
        row,
        typed: vec![(field, text.to_owned())],
        caution,
    };
    // Nothing typed that both share, nothing of the other, no row that is not there, no caution left out.
    let table = [
        (choose(of_p08, Name, "鈴木　一郎", true), RefusalCode::NotDistinguished),
        (choose(of_p08, BranchNumber, "01", true), RefusalCode::NotDistinguished),
        (choose(of_p08, Address, "栄町４－４－４", true), RefusalCode::NotDistinguished),
        (choose(of_p08, Address, "4-4-4", true), RefusalCode::NotDistinguished),
        (choose(of_p08, Address, "大阪府模擬市", true), RefusalCode::NotDistinguished),
        (choose(of_p08, Address, "　", true), RefusalCode::NotDistinguished),
        (choose(of_p08, InsuredNumber, "0902", true), RefusalCode::NotDistinguished),
        (choose(of_p08, Address, "本町３－３－３", false), RefusalCode::NoConsent),
        (choose(7, Address, "本町３－３－３", true), RefusalCode::NotDistinguished),
        (choose(usize::MAX, Address, "本町３－３－３", true), RefusalCode::NotDistinguished),
    ];
    for (act, code) in table {
        let refusal = sato.refused_as(act, code);
        audit.find("candidate_choice_refused", refusal.words.as_str());
    }
    assert!(matches!(sato.show(&enquiry).stage, Stage::Candidates { .. }));
    sato.enquiry_view(choose(of_p08, Address, "本町３－３－３", true));
    assert_eq!(sato.settled(&enquiry).stage, Stage::Answered);
    assert_eq!(sato.person(&enquiry).person.insured_number.as_str(), "0801");
}

#[test]
fn a_locked_session_shows_nothing_until_the_same_person_proves_everything_again() {
    let site = Site::running();
    let mut sato = Person::sato(&site);
    let mut audit = Audit::new(&site);
    let (enquiry, _) = sato.outcome(patient("P01").certificate());
    let case = sato.case();
    sato.ask(Request::Lock { card_gone: true });
    audit.find("session_locked", "カード抜去");
    let mut acts = viewers_acts(&case, &enquiry);
    acts.extend(cases_acts(&case));
    acts.extend([Request::Home, Request::Alive, Request::ReadLog { before: None, own: true }]);
    all_refused(&mut sato, &mut audit, acts, RefusalCode::Locked);
    let unlock =
        |password: &str| Request::Unlock { password: kyukyu::protocol::Secret::new(password.to_owned()) };
    sato.refused_as(unlock("chigau-password-1"), RefusalCode::BadCredentials);
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    let Reply::Session(half) = sato.ask(unlock(crate::support::site::PASSWORD)) else { panic!() };
    assert!(half.locked, "one factor does not unlock");
    sato.refused_as(Request::ShowEnquiry { enquiry: enquiry.clone() }, RefusalCode::Locked);
    let session = crate::support::card::prove(&site, "doctor-1", &mut sato.client, &half);
    assert!(!session.locked && session.may_enquire);
    audit.find("session_unlocked", "");
    assert_eq!(sato.show(&enquiry).stage, Stage::Answered);
}

#[test]
fn what_an_administrator_takes_away_ends_at_the_next_act() {
    let site = Site::running();
    let (mut sato, mut tanaka) = (Person::sato(&site), Person::tanaka(&site));
    let (case, enquiry) = (sato.case(), sato.enquiry());
    let mut kanri = Person::with_password(&site, "kanri");
    let mut audit = Audit::new(&site);
    let user = |id: &str| UserId::parse(id).unwrap();
    let view = Permission::EmergencyView;
    kanri.ask(Request::SetPermission { user: user("sato"), permission: view, granted: false });
    sato.refused_as(Request::ShowEnquiry { enquiry: enquiry.clone() }, RefusalCode::NoSession);
    audit.find("session_ended", "権限の変更");
    let mut sato = Person::sato(&site);
    all_refused(&mut sato, &mut audit, viewers_acts(&case, &enquiry), RefusalCode::NoPermission);
    kanri.ask(Request::SetPermission { user: user("sato"), permission: view, granted: true });
    assert_eq!(sato.show(&enquiry).stage, Stage::Drafting);

    kanri.ask(Request::SetDisabled { user: user("tanaka"), disabled: true });
    tanaka.refused_as(Request::Home, RefusalCode::NoSession);
    audit.find("session_ended", "利用者の停止");
    let mut client = kyukyu::client::Client::connect(&site.socket()).unwrap();
    let disabled = crate::support::card::password(&mut client, "tanaka", crate::support::site::PASSWORD);
    let unknown = crate::support::card::password(&mut client, "nanashi", crate::support::site::PASSWORD);
    assert_eq!(disabled.unwrap_err().to_string(), unknown.unwrap_err().to_string());
    audit.find("login_password_failed", "停止中");
}

#[test]
fn nobody_changes_his_own_rights_and_only_an_administrator_anybodys() {
    let site = Site::running();
    let mut audit = Audit::new(&site);
    let user = |id: &str| UserId::parse(id).unwrap();
    let changes = |of: &str| {
        vec![
            Request::SetPermission { user: user(of), permission: Permission::EmergencyView, granted: true },
            Request::SetDisabled { user: user(of), disabled: false },
            Request::UnlockAccount { user: user(of) },
            Request::EnrolCard { user: user(of), certificate: String::new() },
        ]
    };
    let mut kanri = Person::with_password(&site, "kanri");
    all_refused(&mut kanri, &mut audit, changes("kanri"), RefusalCode::NoPermission);
    all_refused(&mut Person::sato(&site), &mut audit, changes("sato"), RefusalCode::NoPermission);
    // On a line of its own: on one line the same refusal again would be counted, not written.
    let mut sato = Person::sato(&site);
    let mut everybody = changes("suzuki");
    everybody.extend([Request::ListAccounts { after: None }, Request::VerifyLog]);
    everybody.push(Request::VerifyLogAgainst { outside: String::new() });
    everybody.push(Request::LogHead);
    everybody.extend(exports());
    everybody.push(Request::ListClosedReviews { month: None, before: None });
    everybody.push(Request::ReadLog { before: None, own: false });
    everybody.push(Request::AddAccount {
        user: user("tsuika"),
        name: "追加 五郎".into(),
        profession: kyukyu::domain::Profession::Doctor,
        record_user: None,
        password: kyukyu::protocol::Secret::new("atarashii-yoru-9".into()),
    });
    everybody.push(Request::SetPassword {
        user: user("suzuki"),
        password: kyukyu::protocol::Secret::new("atarashii-yoru-9".into()),
    });
    all_refused(&mut sato, &mut audit, everybody, RefusalCode::NoPermission);
}

#[test]
fn who_confirmed_an_identity_is_not_lost_for_want_of_what_was_confirmed() {
    let site = Site::running();
    let mut sato = Person::sato(&site);
    let case = sato.case();
    let draft = || CaseDraft {
        bed: "初療室2".into(),
        evidence: None,
        evidence_by: "看護師 鈴木".into(),
        ..CaseDraft::default()
    };
    for act in
        [Request::OpenCase { draft: draft() }, Request::ChangeCase { case: case.clone(), draft: draft() }]
    {
        let refusal = sato.refused_as(act, RefusalCode::BadInput);
        assert!(refusal.words.as_str().contains("「身元の根拠」も選んでください"), "{}", refusal.words);
        let fields: Vec<&str> = refusal.fields.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(fields, ["evidence"]);
    }
}
