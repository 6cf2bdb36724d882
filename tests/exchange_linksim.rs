//! The exchange against the stand-in link software: two writers and two readers that share no code, over a real
//! folder. Each of the synthetic patients is asked for, and what each misbehaviour comes to is a table.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use kyukyu::domain::CalendarDate;
use kyukyu::domain::factor::{Factor, TwoFactors};
use kyukyu::domain::institution::InstitutionCode;
use kyukyu::domain::insurer::InsurerNumber;
use kyukyu::domain::key::{
    BranchNumber, EnquiryKey, FourItems, InsuranceKey, InsuredNumber, Place, SendableName, Sex, Symbol,
};
use kyukyu::domain::medical::{AnswerContent, EmergencySummary, InformationKind};
use kyukyu::exchange::folder::FolderEvent as Event;
use kyukyu::exchange::{
    AnswerFile, ConsentFlag, Dialect, Folder, FolderCommand, FolderConfig, LinkState, Matching,
    MismatchReason, Outstanding, RequestId, RequestKey, RequestKind, RequestSpec, StationTag, Steps,
    match_answer,
};
use kyukyu::linksim;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, LazyLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Everything that takes the stand-in seconds, in fractions of one.
const QUICK: &str =
    "[timing]\nlate_ms = 1200\nprocessing_ms = 600\nhalf_written_ms = 500\nduplicate_ms = 600\n";

struct Patient {
    id: String,
    name: String,
    kana: String,
    key: InsuranceKey,
}

/// The patients of the fixtures, as a tester would type them.
static PATIENTS: LazyLock<Vec<Patient>> = LazyLock::new(|| {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/patients");
    let read = |name: &str| -> toml::Table {
        toml::from_str(&std::fs::read_to_string(fixtures.join(name)).unwrap()).unwrap()
    };
    let insurers = read("masters.toml")["insurer"].clone();
    let mut patients = Vec::new();
    for file in ["people.toml", "trouble.toml"] {
        for patient in read(file)["patient"].as_array().unwrap() {
            patients.push(typed(patient, &insurers));
        }
    }
    patients
});

fn typed(patient: &toml::Value, insurers: &toml::Value) -> Patient {
    let text = |field: &str| patient.get(field).and_then(|v| v.as_str()).unwrap_or_default();
    let birthdate = CalendarDate::from_compact(text("birth")).unwrap();
    Patient {
        id: text("id").to_owned(),
        name: text("name").to_owned(),
        kana: text("kana").to_owned(),
        key: InsuranceKey {
            insurer_number: InsurerNumber::parse(insurers[text("insurer")]["number"].as_str().unwrap())
                .unwrap(),
            symbol: Symbol::parse(text("symbol")).ok(),
            insured_number: InsuredNumber::parse(text("number")).unwrap(),
            branch_number: BranchNumber::parse(text("branch")).ok(),
            birthdate,
        },
    }
}

fn four(name: &str, birth: &str, sex: &str, address: &str) -> FourItems {
    FourItems {
        name: SendableName::parse(name).unwrap(),
        birthdate: CalendarDate::from_compact(birth).unwrap(),
        sex: Sex::from_code(sex).unwrap(),
        place: Place::Address(address.to_owned().try_into().unwrap()),
    }
}

fn patient(id: &str) -> &'static Patient {
    PATIENTS.iter().find(|patient| patient.id == id).unwrap()
}

/// A folder of ours, the stand-in beside it, and all that was heard.
struct Hospital {
    root: tempfile::TempDir,
    dialect: Arc<Dialect>,
    folder: Folder,
    events: Receiver<Event>,
    stop: Arc<AtomicBool>,
    linksim: Option<JoinHandle<()>>,
    asked: Vec<Outstanding>,
    heard: BTreeMap<String, Vec<Event>>,
}

impl Hospital {
    fn open(encoding: linksim::Encoding, steps: Steps) -> Self {
        let root = tempfile::tempdir().unwrap();
        for folder in ["req", "res", "face"] {
            std::fs::create_dir(root.path().join(folder)).unwrap();
        }
        let scenario = root.path().join("scenario.toml");
        std::fs::write(&scenario, QUICK).unwrap();
        let mut options = linksim::Options::new(root.path());
        options.scenario = Some(scenario);
        options.encoding = Some(encoding);
        options.delay_ms = Some(0);
        options.poll_ms = Some(5);
        options.steps = Some(if steps == Steps::One { linksim::Steps::One } else { linksim::Steps::Two });
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let linksim = std::thread::spawn(move || linksim::run(&options, &stopped, &mut |_| {}).unwrap());

        let text = include_str!("../fixtures/dialects/one-step.toml");
        let dialect = if steps == Steps::One { Dialect::parse(text) } else { Dialect::builtin() };
        let dialect = Arc::new(dialect.unwrap());
        let mut config =
            FolderConfig::below(root.path(), Arc::clone(&dialect), StationTag::parse("test").unwrap());
        config.poll_awaiting = Duration::from_millis(50);
        config.taken_within = Duration::from_secs(2);
        config.whole_within = Duration::from_secs(2);
        let (sender, events) = mpsc::channel();
        let sink = Box::new(move |event| {
            let _ = sender.send(event);
        });
        let folder = Folder::start(config, sink).unwrap();
        Self {
            root,
            dialect,
            folder,
            events,
            stop,
            linksim: Some(linksim),
            asked: Vec::new(),
            heard: BTreeMap::new(),
        }
    }

    /// Asks, and gives back the name of the request file.
    fn ask(&mut self, key: EnquiryKey, kind: RequestKind) -> String {
        let request_id = RequestId::from_random(0x00C0_FFEE + self.asked.len() as u64);
        let institution = InstitutionCode::parse("1311234567").unwrap();
        let spec = RequestSpec {
            kind,
            key: RequestKey::Enquiry(key),
            institution: institution.clone(),
            at: jiff::Timestamp::now(),
            factors: TwoFactors::of(&[Factor::Password, Factor::SoftwareCard]).unwrap(),
            consent: ConsentFlag::Unobtainable,
            authority: true,
            request_id: request_id.clone(),
        };
        let file = spec.write(&self.dialect, &StationTag::parse("test").unwrap()).unwrap();
        let request = file.name.clone();
        let form = match kind {
            RequestKind::EmergencyInformation { file, .. } => file,
            RequestKind::PersonSearch => AnswerFile::Xml,
        };
        self.asked.push(Outstanding { request: request.clone(), id: request_id, institution, form });
        self.folder.send(FolderCommand::Write(file)).unwrap();
        request
    }

    /// Listens until every request fits, or for a quarter of a minute.
    fn listen(&mut self, enough: impl Fn(&str, &[Event]) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(15);
        let names: Vec<String> = self.asked.iter().map(|one| one.request.clone()).collect();
        let quiet = |heard: &BTreeMap<String, Vec<Event>>| {
            names.iter().all(|name| enough(name, heard.get(name).map_or(&[], Vec::as_slice)))
        };
        while Instant::now() < deadline && !quiet(&self.heard) {
            let Ok(event) = self.events.recv_timeout(Duration::from_millis(200)) else { continue };
            let name = match &event {
                Event::Answer { request, .. }
                | Event::Conflict { request, .. }
                | Event::Incomplete { request, .. } => request.clone(),
                Event::Written { name } | Event::Taken { name } | Event::WriteFailed { name, .. } => {
                    name.clone()
                }
                _ => String::new(),
            };
            self.heard.entry(name).or_default().push(event);
        }
    }

    /// What the last answer to a request is.
    fn answer(&self, request: &str) -> Matching {
        let heard = self.heard.get(request).map_or(&[][..], Vec::as_slice);
        let (name, bytes) = heard
            .iter()
            .rev()
            .find_map(|event| match event {
                Event::Answer { name, bytes, .. } => Some((name, bytes)),
                _ => None,
            })
            .unwrap_or_else(|| panic!("no answer to {request}: {heard:?}"));
        match_answer(&self.asked, name, bytes, &self.dialect)
    }

    fn content(&self, request: &str) -> AnswerContent {
        match self.answer(request) {
            Matching::Matched { request: matched, parsed } => {
                assert_eq!((matched.as_str(), parsed.unknown.as_slice()), (request, &[][..]));
                parsed.content
            }
            other => panic!("{request}: {other:?}"),
        }
    }

    fn count(&self, request: &str, fits: impl Fn(&Event) -> bool) -> usize {
        self.heard.get(request).map_or(0, |heard| heard.iter().filter(|event| fits(event)).count())
    }
}

impl Drop for Hospital {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = self.linksim.take().map(JoinHandle::join);
    }
}

fn is_final(event: &Event) -> bool {
    matches!(event, Event::Answer { interim: false, .. } | Event::Incomplete { .. })
}

fn answered(_: &str, heard: &[Event]) -> bool {
    heard.iter().any(is_final)
}

const SUMMARY: RequestKind = RequestKind::EmergencyInformation {
    information: InformationKind::EmergencySummary,
    file: AnswerFile::Xml,
};

fn summary(content: AnswerContent) -> EmergencySummary {
    match content {
        AnswerContent::Summary(summary) => *summary,
        other => panic!("{other:?}"),
    }
}

fn certificate(patient: &Patient) -> EnquiryKey {
    EnquiryKey::Certificate(patient.key.clone())
}

#[test]
fn every_patient_is_read_in_both_encodings() {
    for encoding in [linksim::Encoding::ShiftJis, linksim::Encoding::Utf8] {
        let mut hospital = Hospital::open(encoding, Steps::Two);
        let trouble = |id: &str| {
            ("P40".."P99").contains(&id) && !["P45", "P46", "P53", "P54", "P58", "P59"].contains(&id)
        };
        let asked: Vec<(&Patient, String)> = PATIENTS
            .iter()
            .filter(|patient| !trouble(&patient.id))
            .map(|patient| (patient, hospital.ask(certificate(patient), SUMMARY)))
            .collect();
        assert!(asked.len() >= 20);
        hospital.listen(answered);
        let mut summaries = 0;
        for (patient, request) in &asked {
            match hospital.content(request) {
                AnswerContent::Summary(summary) => {
                    summaries += 1;
                    // A name may hold what the service cannot express (●) or what is shown as a mark.
                    assert_eq!(summary.person.kana.as_str(), patient.kana, "{}", patient.id);
                    assert_eq!(summary.person.birthdate, Some(patient.key.birthdate), "{}", patient.id);
                }
                AnswerContent::People(people) => assert_eq!(people.len(), 2, "{}", patient.id),
                other => panic!("{}: {other:?}", patient.id),
            }
        }
        assert!(summaries >= 20, "{summaries}");
        let heart = summary(hospital.content(&asked[0].1));
        assert!(
            heart.e_prescriptions.iter().any(|row| row.also_from.is_some()),
            "one dispensing, two sources"
        );
        assert!(!heart.visits.is_empty() && !heart.drugs.is_empty() && !heart.operations.is_empty());
        let dialysis = &asked.iter().find(|(patient, _)| patient.id == "P03").unwrap().1;
        assert!(summary(hospital.content(dialysis)).treatments.iter().any(|row| row.dialysis));
    }
}

#[test]
fn four_items_find_none_one_some_and_too_many() {
    let table = [
        ("該当　なし", "19800101", "1", "東京都架空区", 0),
        ("青葉　太郎", "19551103", "1", "東京都架空区本町１－２－３", 1),
        ("鈴木　一郎", "19500101", "1", "大阪府模擬市", 2),
        ("田中　実", "19480505", "1", "大阪府模擬市", 3),
        ("佐藤　和子", "19450303", "2", "大阪府模擬市", 5),
        ("高橋　清", "19471010", "1", "大阪府模擬市", 6),
    ];
    for steps in [Steps::Two, Steps::One] {
        let mut hospital = Hospital::open(linksim::Encoding::ShiftJis, steps);
        let requests: Vec<String> = table
            .iter()
            .map(|(name, birth, sex, address, _)| {
                let key = EnquiryKey::FourItems(four(name, birth, sex, address));
                hospital.ask(key, RequestKind::PersonSearch)
            })
            .collect();
        hospital.listen(answered);
        for (request, (name, .., hits)) in requests.iter().zip(&table) {
            match (hospital.content(request), hits) {
                (AnswerContent::NoMatch, 0) | (AnswerContent::TooMany, 6) => {}
                (AnswerContent::Summary(summary), 1) if steps == Steps::One => {
                    assert_eq!(summary.person.name.as_str(), *name);
                }
                (AnswerContent::People(people), hits)
                    if people.len() == *hits && !(steps == Steps::One && *hits == 1) => {}
                (other, _) => panic!("{steps:?} {name}: {other:?}"),
            }
        }
    }
}

#[test]
fn each_misbehaviour_comes_to_what_it_should() {
    let mut hospital = Hospital::open(linksim::Encoding::ShiftJis, Steps::Two);
    let ids = [
        "P40", "P41", "P42", "P43", "P44", "P47", "P48", "P49", "P50", "P51", "P52", "P55", "P56", "P57",
        "P60", "P61", "P62",
    ];
    let requests: BTreeMap<&str, String> =
        ids.into_iter().map(|id| (id, hospital.ask(certificate(patient(id)), SUMMARY))).collect();
    let silent = ["P41", "P56", "P57"].map(|id| requests[id].clone());
    hospital.listen(|name, heard| silent.iter().any(|s| s == name) || answered(name, heard));
    let conflicting = requests["P48"].clone();
    hospital.listen(|name, heard| {
        name != conflicting || heard.iter().any(|event| matches!(event, Event::Conflict { .. }))
    });
    let of = |id: &str| requests[id].as_str();
    let count = |id: &str, fits: fn(&Event) -> bool| hospital.count(of(id), fits);
    let interim = |event: &Event| matches!(event, Event::Answer { interim: true, .. });
    let whole = |event: &Event| matches!(event, Event::Answer { interim: false, .. });
    let half = |event: &Event| matches!(event, Event::Incomplete { .. });

    assert_eq!((count("P40", interim), count("P40", whole)), (1, 1), "処理中, then the answer");
    summary(hospital.content(of("P40")));
    assert_eq!((count("P41", interim), count("P41", whole)), (1, 0));
    for (id, code) in [("P42", "EMS30001"), ("P43", "EMS30002"), ("P44", "2")] {
        let AnswerContent::Failed { code: found, message } = hospital.content(of(id)) else { panic!("{id}") };
        assert_eq!(found.as_str(), code);
        assert!(!message.is_empty());
    }
    assert_eq!((count("P47", whole), count("P47", |e| matches!(e, Event::Conflict { .. }))), (1, 0));
    assert_eq!((count("P48", whole), count("P48", |e| matches!(e, Event::Conflict { .. }))), (1, 1));
    assert_eq!((count("P49", whole), count("P49", half)), (1, 0), "it was waited for");
    for id in ["P50", "P51", "P61", "P62"] {
        assert_eq!((count(id, whole), count(id, half)), (0, 1), "{id}");
    }
    let other = summary(hospital.content(of("P52"))).person;
    assert_eq!(other.name.as_str(), patient("P53").name, "the person is for the domain to refuse");
    let refused = hospital.answer(of("P55"));
    assert!(matches!(refused, Matching::Mismatch { why: MismatchReason::Identifier(_), .. }), "{refused:?}");
    let taken = |event: &Event| matches!(event, Event::Taken { .. });
    assert_eq!((count("P56", taken), count("P56", is_final)), (1, 0));
    assert_eq!((count("P57", taken), count("P57", is_final)), (0, 0));
    let escapes = summary(hospital.content(of("P60")));
    let names: Vec<&str> =
        escapes.drugs.iter().chain(&escapes.e_prescriptions).map(|d| d.name.as_str()).collect();
    assert!(names.iter().any(|name| name.contains("<U+001B>[2J")), "{names:?}");

    // P57 lies there, and nothing is taken after it: that is said, and it can be taken back.
    hospital.folder.send(FolderCommand::Withdraw { name: of("P57").to_owned() }).unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    let withdrawn = std::iter::from_fn(|| hospital.events.recv_timeout(deadline - Instant::now()).ok())
        .any(|event| event == Event::Withdrawn { name: of("P57").to_owned() });
    assert!(withdrawn && !hospital.root.path().join("req").join(of("P57")).exists());
    let link = hospital.heard.get("").map_or(&[][..], Vec::as_slice);
    assert!(link.contains(&Event::Link(LinkState::Ok)), "{link:?}");
}

#[test]
fn a_pdf_is_kept_as_it_is() {
    let mut hospital = Hospital::open(linksim::Encoding::ShiftJis, Steps::Two);
    let kind = RequestKind::EmergencyInformation {
        information: InformationKind::EmergencySummary,
        file: AnswerFile::Pdf,
    };
    let request = hospital.ask(certificate(patient("P01")), kind);
    hospital.listen(answered);
    assert!(matches!(hospital.content(&request), AnswerContent::Pdf(bytes) if bytes.starts_with(b"%PDF-")));
}

#[test]
fn card_results_are_listed() {
    let hospital = Hospital::open(linksim::Encoding::Utf8, Steps::Two);
    let deadline = Instant::now() + Duration::from_secs(10);
    while std::fs::read_dir(hospital.root.path().join("face")).unwrap().count() < 3 {
        assert!(Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(20));
    }
    hospital.folder.send(FolderCommand::ListFaces { newest: 10 }).unwrap();
    let faces = std::iter::from_fn(|| hospital.events.recv_timeout(Duration::from_secs(5)).ok())
        .find_map(|event| if let Event::Faces(faces) = event { Some(faces) } else { None })
        .unwrap();
    let names: Vec<&str> = faces.iter().map(|face| face.person.as_ref().unwrap().name.as_str()).collect();
    assert_eq!(
        names,
        [patient("P02"), patient("P01"), patient("P03")].map(|p| p.name.as_str()),
        "newest first"
    );
}
