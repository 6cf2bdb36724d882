//! Tests over a real folder, with a clock that the tests turn.

mod behaviours;
mod checks;
mod contents;
mod people;
mod running;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use jiff::civil::{DateTime, date};
use tempfile::TempDir;

use super::engine::Engine;
use super::folder::Folder;
use super::options::Options;
use super::xml_read::{self, Element};
use super::{coding, scenario};

/// A stand-in over a temporary folder.
struct Bench {
    dir: TempDir,
    engine: Engine,
    begin: Instant,
    elapsed: Duration,
    wall: DateTime,
    lines: Vec<String>,
    requests: usize,
}

/// The usual declarations of a request.
const DECLARED: &str = "<EmergencyViewAuthority>1</EmergencyViewAuthority>\
    <TwoFactorAuthInfos>\
    <TwoFactorAuthInfo><AuthElement>1</AuthElement><AuthMethod>01</AuthMethod></TwoFactorAuthInfo>\
    <TwoFactorAuthInfo><AuthElement>3</AuthElement><AuthMethod>01</AuthMethod></TwoFactorAuthInfo>\
    </TwoFactorAuthInfos><EmergencyConsFlg>3</EmergencyConsFlg>";

const SUMMARY: &str = "<MedicalTreatmentFlag>4</MedicalTreatmentFlag>\
    <InfoRequestPattern>1</InfoRequestPattern><FileCategory>2</FileCategory>";

impl Bench {
    /// With a scenario's text, if any; answers come after 100 ms unless it says otherwise.
    fn new(text: &str) -> Self {
        Self::on(text, date(2026, 11, 23).at(11, 30, 0, 0))
    }

    fn on(text: &str, wall: DateTime) -> Self {
        let dir = TempDir::new().unwrap();
        let file = dir.path().join("scenario.toml");
        std::fs::write(&file, text).unwrap();
        let mut options = Options::new(dir.path());
        options.scenario = Some(file);
        options.delay_ms = Some(100);
        let (settings, book) = scenario::load(&options).unwrap();
        let mut lines = Vec::new();
        let begin = Instant::now();
        let folder = Folder::open(dir.path()).unwrap();
        let engine =
            Engine::start(folder, settings, book, begin, wall, &mut |line| lines.push(line.to_owned()));
        Self { dir, engine, begin, elapsed: Duration::ZERO, wall, lines, requests: 0 }
    }

    /// Lets milliseconds pass and looks once.
    fn pass(&mut self, ms: u64) {
        self.elapsed += Duration::from_millis(ms);
        let wall = self.wall.checked_add(self.elapsed).unwrap();
        let lines = &mut self.lines;
        self.engine.step(self.begin + self.elapsed, wall, &mut |line| lines.push(line.to_owned())).unwrap();
    }

    fn path(&self, folder: &str, name: &str) -> PathBuf {
        self.dir.path().join(folder).join(name)
    }

    fn names(&self, folder: &str, prefix: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.dir.path().join(folder)).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.retain(|name| name.starts_with(prefix));
        names.sort();
        names
    }

    /// Puts the bytes of a request there; returns its suffix.
    fn put(&mut self, operation: &str, bytes: &[u8]) -> String {
        self.requests += 1;
        let suffix = format!("20261123113000t001{:012}", self.requests);
        std::fs::write(self.path("req", &format!("{operation}req_{suffix}.xml")), bytes).unwrap();
        suffix
    }

    /// Puts a request in CP932 there.
    fn ask(&mut self, operation: &str, header: &str, body: &str) -> String {
        let text = document(header, body);
        self.put(operation, &coding::cp932(&text).unwrap())
    }

    /// 4情報.
    fn ask_person(&mut self, name: &str, birth: &str, sex: &str, place: &str) -> String {
        let header = format!(
            "<QualificationConfirmationDate>20261123</QualificationConfirmationDate>\
             <MedicalInstitutionCode>1311234567</MedicalInstitutionCode>\
             <ArbitraryFileIdentifier>req1</ArbitraryFileIdentifier>{DECLARED}"
        );
        self.ask("EMSsiquc01", &header, &person_body(name, birth, sex, place))
    }

    /// An insurance key, by the id of the patient, with or without 枝番.
    fn ask_medical(&mut self, id: &str, branch: bool, body: &str) -> String {
        let (header, _) = medical_header(id, branch);
        self.ask("EMSsimed01", &header, body)
    }

    /// The answer's bytes, if there is one.
    fn answer_bytes(&self, operation: &str, suffix: &str) -> Option<Vec<u8>> {
        std::fs::read(self.path("res", &format!("{operation}res_{suffix}.xml"))).ok()
    }

    /// The answer as a tree.
    fn answer(&self, operation: &str, suffix: &str) -> Element {
        let bytes = self.answer_bytes(operation, suffix).expect("an answer");
        xml_read::read(&coding::decode(&bytes).unwrap()).unwrap()
    }

    /// Asks for medical information and takes the answer that comes after the usual delay.
    fn medical(&mut self, id: &str) -> Element {
        let suffix = self.ask_medical(id, true, SUMMARY);
        self.pass(0);
        self.pass(100);
        self.answer("EMSsimed01", &suffix)
    }

    /// Asks by 4情報 and takes the answer that comes after the usual delay.
    fn person(&mut self, name: &str, birth: &str, sex: &str, place: &str) -> Element {
        let suffix = self.ask_person(name, birth, sex, place);
        self.pass(0);
        self.pass(100);
        self.answer("EMSsiquc01", &suffix)
    }
}

fn document(header: &str, body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"Shift_JIS\" standalone=\"no\"?>\r\n\
         <XmlMsg><MessageHeader>{header}</MessageHeader><MessageBody>{body}</MessageBody></XmlMsg>"
    )
}

fn person_body(name: &str, birth: &str, sex: &str, place: &str) -> String {
    format!(
        "<PersonSearchInfo><Name>{name}</Name><Birthdate>{birth}</Birthdate><Sex>{sex}</Sex>{place}\
         </PersonSearchInfo>"
    )
}

/// `<Address>` with a text.
fn at(address: &str) -> String {
    format!("<Address>{address}</Address>")
}

/// `<InsurerName>` with a text.
fn insured_by(name: &str) -> String {
    format!("<InsurerName>{name}</InsurerName>")
}

/// The header of a request for a patient's medical information, and the request id in it.
fn medical_header(id: &str, branch: bool) -> (String, String) {
    let book = super::book::Book::built_in().unwrap();
    let patient = book.patient(id).unwrap();
    let tag = |name: &str, value: Option<&str>| {
        value.map(|value| format!("<{name}>{value}</{name}>")).unwrap_or_default()
    };
    let identifier = format!("id{}", id.to_lowercase());
    let header = [
        tag("MedicalInstitutionCode", Some("1311234567")),
        tag("InsurerNumber", Some(&format!("{:>8}", book.insurer[&patient.insurer].number))),
        tag("InsuranceCardSymbol", patient.symbol.as_deref()),
        tag("InsuredPersonIdentificationNumber", Some(&patient.number)),
        tag("BranchNumber", patient.branch.as_deref().filter(|_| branch)),
        tag("Birthdate", Some(&patient.birth)),
        tag("ArbitraryFileIdentifier", Some(&identifier)),
        DECLARED.to_owned(),
    ]
    .concat();
    (header, identifier)
}

/// The text of the element at a path below the root.
fn at_path<'e>(root: &'e Element, path: &str) -> Option<&'e str> {
    let mut element = root;
    for name in path.split('/') {
        element = element.child(name)?;
    }
    Some(&element.text)
}

/// Every element of that name, at any depth.
fn all<'e>(root: &'e Element, name: &str) -> Vec<&'e Element> {
    let mut found = Vec::new();
    for child in &root.children {
        if child.name == name {
            found.push(child);
        }
        found.extend(all(child, name));
    }
    found
}

/// The persons in an answer.
fn persons(root: &Element) -> Vec<&Element> {
    all(root, "ResultOfQualificationConfirmation")
}
