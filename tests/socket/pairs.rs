//! An answer for another patient (C5): every pair of twenty. Each answer is laid under every other request, with that
//! request's file name and identifier, so that nothing but the person is left to tell.

use crate::support::patients::{Patient, checked, patient};
use kyukyu::domain::candidate::Person;
use kyukyu::domain::factor::{Factor, TwoFactors};
use kyukyu::domain::institution::InstitutionCode;
use kyukyu::domain::key::EnquiryKey;
use kyukyu::domain::matching::{compare_people, compare_person};
use kyukyu::domain::medical::{AnswerContent, InformationKind};
use kyukyu::exchange::{
    AnswerFile, ConsentFlag, Dialect, Matching, MismatchReason, Outstanding, RequestId, RequestKey,
    RequestKind, RequestSpec, StationTag, match_answer,
};
use kyukyu::linksim;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Twins, namesakes with one birth date, the same signs read otherwise, a name returned with ●, lapsed insurance.
const TWENTY: [&str; 20] = [
    "P01", "P02", "P03", "P05", "P06", "P07", "P08", "P09", "P10", "P11", "P12", "P13", "P14", "P15", "P16",
    "P17", "P28", "P29", "P30", "P53",
];

const SUMMARY: RequestKind = RequestKind::EmergencyInformation {
    information: InformationKind::EmergencySummary,
    file: AnswerFile::Xml,
};

/// One request with its key and its own, right answer.
struct Asked {
    patient: Patient,
    key: EnquiryKey,
    outstanding: Outstanding,
    answer_name: String,
    answer: Vec<u8>,
}

/// Has the stand-in answer one request for each of the twenty.
fn ask(dialect: &Dialect, root: &Path, kind: RequestKind, draft: fn(&Patient) -> EnquiryKey) -> Vec<Asked> {
    let tag = StationTag::parse("test").unwrap();
    let institution = InstitutionCode::parse("1311234567").unwrap();
    let mut asked: Vec<Asked> = TWENTY
        .iter()
        .map(|id| {
            let patient = patient(id);
            let key = draft(&patient);
            let number =
                RequestId::from_random(0x0005_EED0 + u64::from(patient.id[1..].parse::<u8>().unwrap()));
            let spec = RequestSpec {
                kind,
                key: RequestKey::Enquiry(key.clone()),
                institution: institution.clone(),
                at: jiff::Timestamp::now(),
                factors: TwoFactors::of(&[Factor::Password, Factor::SoftwareCard]).unwrap(),
                consent: ConsentFlag::Unobtainable,
                authority: true,
                request_id: number.clone(),
            };
            let file = spec.write(dialect, &tag).unwrap();
            let aside = root.join(&file.name);
            fs::write(&aside, &file.bytes).unwrap();
            fs::rename(aside, root.join("req").join(&file.name)).unwrap();
            let answer_name = file.name.replace("req_", "res_");
            let outstanding = Outstanding {
                request: file.name,
                id: number,
                institution: institution.clone(),
                form: AnswerFile::Xml,
            };
            Asked { patient, key, outstanding, answer_name, answer: Vec::new() }
        })
        .collect();
    let deadline = Instant::now() + Duration::from_secs(15);
    for one in &mut asked {
        let path = root.join("res").join(&one.answer_name);
        while !path.exists() {
            assert!(Instant::now() < deadline, "no {}", one.answer_name);
            std::thread::sleep(Duration::from_millis(5));
        }
        one.answer = fs::read(path).unwrap();
    }
    asked
}

/// What the bytes say, as the answer to this request; `true` lays them there with its identifier as well.
fn read(
    dialect: &Dialect,
    of: &Asked,
    answer: &Asked,
    disguised: bool,
) -> Result<AnswerContent, MismatchReason> {
    let bytes = if disguised {
        replaced(&answer.answer, answer.outstanding.id.as_str(), of.outstanding.id.as_str())
    } else {
        answer.answer.clone()
    };
    match match_answer(std::slice::from_ref(&of.outstanding), &of.answer_name, &bytes, dialect) {
        Matching::Matched { parsed, .. } => Ok(parsed.content),
        Matching::Mismatch { why, .. } => Err(why),
        Matching::Unreadable { error, .. } => panic!("{error}"),
    }
}

fn replaced(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let at = bytes.windows(from.len()).position(|window| window == from.as_bytes()).unwrap();
    [&bytes[..at], to.as_bytes(), &bytes[at + from.len()..]].concat()
}

#[test]
fn no_answer_fits_any_request_but_its_own() {
    let dialect = Dialect::builtin().unwrap();
    let root = tempfile::tempdir().unwrap();
    for part in ["req", "res", "face"] {
        fs::create_dir(root.path().join(part)).unwrap();
    }
    let stop = Arc::new(AtomicBool::new(false));
    let (stopped, mut options) = (Arc::clone(&stop), linksim::Options::new(root.path()));
    (options.delay_ms, options.poll_ms) = (Some(0), Some(5));
    let stand_in = std::thread::spawn(move || linksim::run(&options, &stopped, &mut |_| {}).unwrap());
    let medical = ask(&dialect, root.path(), SUMMARY, Patient::key);
    let search = ask(&dialect, root.path(), RequestKind::PersonSearch, |p| checked(&p.four_items()));
    stop.store(true, Ordering::Relaxed);
    stand_in.join().unwrap();

    let found: Vec<Person> = search
        .iter()
        .map(|one| match read(&dialect, one, one, false).unwrap() {
            AnswerContent::People(people) if people.len() == 1 => people.into_iter().next().unwrap(),
            other => panic!("{}: {other:?}", one.patient.id),
        })
        .collect();
    let mut told_apart = 0;
    for (i, of) in medical.iter().enumerate() {
        for (j, answer) in medical.iter().enumerate() {
            let pair = format!("{} under {}", answer.patient.id, of.patient.id);
            let AnswerContent::Summary(summary) = read(&dialect, of, answer, i != j).unwrap() else {
                panic!("{pair}")
            };
            // By what was typed from a certificate, and by the person whom a search had found.
            let by_certificate = compare_person(&of.key, None, &summary.person);
            let by_candidate = compare_person(&search[i].key, Some(&found[i]), &summary.person);
            assert_eq!((by_certificate.is_ok(), by_candidate.is_ok()), (i == j, i == j), "{pair}");
            if i != j {
                let honest = read(&dialect, of, answer, false);
                assert!(matches!(honest, Err(MismatchReason::Identifier(_))), "{pair}: {honest:?}");
                told_apart += 1;
            }
        }
    }
    assert_eq!(told_apart, 380);
    // A list is held against the four items that were asked with. Namesakes of one sex and birth date are the same
    // there: between them only the file's name and its identifier tell, and then the person at the bedside.
    let four = |p: &Patient| (p.name, p.birth, p.sex.code());
    for (i, of) in search.iter().enumerate() {
        for (j, answer) in search.iter().enumerate() {
            let pair = format!("{} under {}", answer.patient.id, of.patient.id);
            let AnswerContent::People(people) = read(&dialect, of, answer, i != j).unwrap() else {
                panic!("{pair}")
            };
            let namesakes = four(&of.patient) == four(&answer.patient);
            assert_eq!(compare_people(&of.key, &people).is_ok(), namesakes, "{pair}");
        }
    }
}
