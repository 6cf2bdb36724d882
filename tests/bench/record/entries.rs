//! Entries as a station writes them: whole enquiries, one after the other, always the same.

use kyukyu::domain::SafeText;
use kyukyu::domain::account::Profession;
use kyukyu::domain::factor::Factor;
use kyukyu::log::{
    Act, Actor, ClockNote, Consent, LogKey, Method, Moment, NewEntry, Revocation, SessionCause, Stamp,
    Subject, canonical,
};
use zeroize::Zeroizing;

/// Patients.
const PATIENTS: u64 = 30_000;
/// People who enquire.
const PEOPLE: u64 = 40;
/// Acts of one enquiry.
pub const ACTS: u64 = 18;
/// Between two acts, so that a million of them are a year.
const STEP_MS: u64 = 31_000;
/// When the first one was: 2025-11-23.
const BEGIN_MS: u64 = 1_763_856_000_000;

const FAMILY: [&str; 20] = [
    "佐藤",
    "鈴木",
    "高橋",
    "田中",
    "伊藤",
    "渡邊",
    "山本",
    "中村",
    "小林",
    "加藤",
    "吉田",
    "山田",
    "佐々木",
    "山口",
    "松本",
    "井上",
    "木村",
    "林",
    "斎藤",
    "清水",
];
const GIVEN: [&str; 20] = [
    "太郎",
    "花子",
    "一郎",
    "美咲",
    "健",
    "陽子",
    "翔太",
    "さくら",
    "大輔",
    "恵子",
    "誠",
    "由美",
    "直樹",
    "久美子",
    "拓也",
    "真由美",
    "茂",
    "幸子",
    "和夫",
    "千代",
];
const KANA: [&str; 20] = [
    "ｻﾄｳ",
    "ｽｽﾞｷ",
    "ﾀｶﾊｼ",
    "ﾀﾅｶ",
    "ｲﾄｳ",
    "ﾜﾀﾅﾍﾞ",
    "ﾔﾏﾓﾄ",
    "ﾅｶﾑﾗ",
    "ｺﾊﾞﾔｼ",
    "ｶﾄｳ",
    "ﾖｼﾀﾞ",
    "ﾔﾏﾀﾞ",
    "ｻｻｷ",
    "ﾔﾏｸﾞﾁ",
    "ﾏﾂﾓﾄ",
    "ｲﾉｳｴ",
    "ｷﾑﾗ",
    "ﾊﾔｼ",
    "ｻｲﾄｳ",
    "ｼﾐｽﾞ",
];

/// Numbers spread out, always the same ones.
fn spread(n: u64) -> u64 {
    n.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 16
}

fn text(plain: &str) -> SafeText {
    SafeText::new(plain)
}

fn hexadecimal(n: u64, digits: usize) -> SafeText {
    let parts = [0, 1, 2, 3].map(|part| format!("{:016x}", spread(n ^ (part << 56))));
    text(&parts.concat()[..digits])
}

fn pick<'a>(of: &[&'a str], n: u64) -> &'a str {
    of[usize::try_from(n).unwrap() % of.len()]
}

/// Whom a case is about.
pub fn patient_of(case: u64) -> u64 {
    spread(case) % PATIENTS
}

/// 番号 of a patient, by which nobody else is found.
pub fn number(patient: u64) -> String {
    format!("{:07}", patient * 31 % 9_999_991)
}

/// 氏名 of a patient, which one in 400 has.
pub fn name(patient: u64) -> String {
    format!("{}　{}", pick(&FAMILY, patient), pick(&GIVEN, patient / 20))
}

/// 生年月日 of a patient.
pub fn birthdate(patient: u64) -> String {
    format!("{}-{:02}-{:02}", 1930 + patient % 90, 1 + patient % 12, 1 + patient % 28)
}

fn typed(patient: u64) -> Subject {
    Subject {
        insurer_number: Some(text(&format!("06{:06}", 139_000 + patient % 47))),
        symbol: Some(text(&format!("記{}", patient % 1000))),
        number: Some(text(&number(patient))),
        branch: Some(text(&format!("{:02}", patient % 4))),
        birthdate: Some(text(&birthdate(patient))),
        ..Subject::default()
    }
}

fn returned(patient: u64) -> Subject {
    Subject {
        patient_id: Some(text(&format!("{patient:010}"))),
        name: Some(text(&name(patient))),
        kana: Some(text(&format!("{} {}", pick(&KANA, patient), "ﾀﾛｳ"))),
        sex: Some(text(if patient.is_multiple_of(2) { "1" } else { "2" })),
        address: Some(text("東京都千代田区霞が関一丁目二番二号")),
        ..typed(patient)
    }
}

fn act(case: u64, step: u64, patient: u64) -> Act {
    let request = hexadecimal(case, 16);
    let file = || text(&format!("EMSsiquc01req_{:017}.xml", 20_251_123_000_000_000 + case));
    let certificate = || hexadecimal(case % PEOPLE, 64);
    match step {
        0 => Act::LoginPasswordOk {},
        1 => Act::CardChallengeIssued { challenge: hexadecimal(case + 1, 64) },
        2 => Act::CardAccepted {
            challenge: hexadecimal(case + 1, 64),
            factor: Factor::HpkiCard,
            certificate: certificate(),
            hc_role: Some(text("Medical Doctor")),
            revocation: Some(Revocation::Fresh { until: 1_800_000_000 }),
        },
        3 => Act::SessionStarted { factors: vec![Factor::Password, Factor::HpkiCard] },
        4 => Act::CaseOpened {},
        5 => {
            Act::KeyConfirmed { method: Method::InsuranceKey, on_file: None, sent: Box::new(typed(patient)) }
        }
        6 => Act::CautionShown { moment: Moment::BeforeRequest, caution: text("照会前の注意（1）") },
        7 => Act::ConsentRecorded {
            necessity: true,
            consent: Consent::Unobtainable,
            how: text("意識なし。家族と連絡がつかない"),
            tried: Some(text("携帯電話に2回発信")),
            priority_review: false,
        },
        8 => Act::RequestIntended {
            request,
            file: file(),
            method: Method::InsuranceKey,
            key: Box::new(typed(patient)),
            consent: Consent::Unobtainable,
            information: text("1"),
            factors: vec![Factor::Password, Factor::HpkiCard],
        },
        9 => Act::RequestWritten { request, file: file() },
        10 => Act::RequestTaken { request },
        11 => Act::AnswerArrived {
            request,
            file: text(&format!("EMSsiquc01res_{:017}.xml", 20_251_123_000_000_000 + case)),
            sha256: hexadecimal(case + 2, 64),
            bytes: 20_000 + spread(case) % 90_000,
            hits: Some(1),
            result: text("0000 正常終了"),
        },
        12 => Act::PersonShown { person: Box::new(returned(patient)) },
        13 => Act::PersonConfirmed { against: text("運転免許証の氏名・生年月日") },
        14 => Act::SummaryDisplayed {
            request,
            information: ["診療情報", "薬剤情報", "健診情報"].map(text).to_vec(),
            sections: ["傷病名", "アレルギー", "処方", "手術", "検査"].map(text).to_vec(),
        },
        15 => Act::LogSearched { filter: text("患者: 自分の操作のみ") },
        16 => Act::CaseClosed { reason: text("診療を引き継いだため") },
        _ => Act::SessionEnded { cause: SessionCause::CardWithdrawn },
    }
}

/// The entry with this number from 0, of one enquiry after the other.
pub fn entry(n: u64) -> NewEntry {
    entry_of(n / ACTS, n % ACTS, n)
}

/// A step of an enquiry, written as the one with this number.
pub fn entry_of(case: u64, step: u64, n: u64) -> NewEntry {
    let (patient, person) = (patient_of(case), case % PEOPLE);
    let at = Stamp {
        utc_ms: i64::try_from(BEGIN_MS + n * STEP_MS).unwrap(),
        boot_ms: n * STEP_MS,
        boot_id: text("3f1c9a52-7c0e-4f0b-9d6e-2b8f8f6f0a11"),
        clock: ClockNote::Steady,
    };
    let actor = Actor {
        user: text(&format!("user{person}")),
        name: text(&name(person * 7)),
        profession: Some(Profession::Doctor),
        record_user: Some(text(&format!("E{:05}", 10_000 + person))),
    };
    let about = (5..17).contains(&step) && step != 15;
    let in_case = (4..17).contains(&step) && step != 15;
    NewEntry {
        actor: Some(actor),
        terminal: Some(text(&format!("uid{} pts/{}", 1000 + person, person % 16))),
        session: (step > 2).then(|| hexadecimal(case + 3, 16)),
        case: in_case.then(|| text(&format!("20251123-{case:06}"))),
        enquiry: about.then(|| hexadecimal(case + 4, 16)),
        subject: about.then(|| Box::new(if step > 11 { returned(patient) } else { typed(patient) })),
        ..NewEntry::of_station(at, text("er-station-1"), act(case, step, patient))
    }
}

/// Its bytes, with a hash before them: what a peer writes.
pub fn bytes(new: &NewEntry) -> Vec<u8> {
    let body = canonical::encode_bounded(new, 1_000_000, true).unwrap();
    [[7; 32].as_slice(), &body].concat()
}

/// The key that signs.
pub fn log_key() -> LogKey {
    LogKey::from_seed(&Zeroizing::new([7; 32]))
}
