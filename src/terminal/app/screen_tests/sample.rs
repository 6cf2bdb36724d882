//! Fixed data for the screens: people who do not exist, on 2026-11-23 at 03:12.

use crate::card::line::{PinFrom, ReaderReport, SignedReport};
use crate::card::{CardError, CardKind, ChallengeText, Identity, TransportError};
use crate::domain::candidate::{ChoiceError, Person, PersonField, Validity, differing};
use crate::domain::case::{Case, CaseNumber, Evidence, EvidenceKind};
use crate::domain::consent::ConsentDraft;
use crate::domain::enquiry::{EnquiryId, HeldBecause};
use crate::domain::factor::Factor;
use crate::domain::key::{KeyDraft, Sex};
use crate::domain::matching::Agreement;
use crate::domain::medical::{AnswerPerson, DrugRow, Facility, InOut, Source};
use crate::domain::period::Section;
use crate::domain::{
    Account, CalendarDate, IdentificationMethod, Permission, PersonName, Profession, SafeText, UserId,
};
use crate::protocol::Welcome;
use crate::protocol::view::{
    CandidateView, CaseRow, EnquiryRow, EnquiryView, FaceResultView, HeldView, HomeView, Link, LogEntryView,
    LogLine, LogPage, PersonView, Rows, SessionView, Stage, SummaryPage, VerifyView,
};
use crate::terminal::app::Shell;
use crate::terminal::card::{CardPlaces, Found, FromCard, HelperCommand};
use crate::terminal::keymap::{Base, Keymap};
use crate::terminal::theme::Theme;

pub(in super::super) fn day(text: &str) -> CalendarDate {
    CalendarDate::from_compact(text).unwrap()
}

fn safe(text: &str) -> SafeText {
    SafeText::new(text)
}

fn some(text: &str) -> Option<SafeText> {
    Some(safe(text)).filter(|text| !text.is_empty())
}

pub(in super::super) fn shell() -> Shell {
    let mut shell = Shell::new(Theme::Colour, Keymap::load(Base::Default, None).unwrap());
    shell.jst = jiff::civil::date(2026, 11, 23).at(3, 12, 0, 0);
    shell.welcome = Some(welcome());
    shell.link = Link::Ok;
    shell.session = Some(session());
    shell
}

pub(in super::super) fn welcome() -> Welcome {
    Welcome {
        version: crate::protocol::VERSION,
        facility: safe("架空総合病院"),
        training: true,
        training_hints: vec![safe("医師: sato  管理者: kanri"), safe("パスワード: kunren  PIN: 2468")],
        idle_lock_min: 10,
        link: Link::Ok,
        damage: false,
        session: None,
    }
}

pub(in super::super) fn session() -> SessionView {
    SessionView {
        id: safe("s0000001"),
        account: Account {
            user: UserId::parse("sato").unwrap(),
            name: PersonName::parse("佐藤 一郎").unwrap(),
            profession: Profession::Doctor,
            record_user: None,
            permissions: [Permission::EmergencyView].into(),
            disabled: false,
        },
        factors: vec![Factor::Password, Factor::SoftwareCard],
        two_factors: true,
        may_enquire: true,
        locked: false,
        card: None,
        notices: Vec::new(),
        card_keys: vec![safe(&"0".repeat(64))],
        has_token: false,
    }
}

pub(in super::super) fn identity(tries_left: u8) -> Identity {
    Identity {
        profile: "training".into(),
        kind: CardKind::Training,
        spki_sha256: "0".repeat(64).parse().unwrap(),
        // 2028-03-31 in Japan.
        not_after: 1_838_127_599,
        hc_role: some("Medical Doctor"),
        tries_left: Some(tries_left),
        pin_format: "半角英数記号4～16桁".into(),
    }
}

fn report(reader: &str, content: Result<Identity, CardError>) -> ReaderReport {
    let (card, problem) = match content {
        Ok(card) => (Some(card), None),
        Err(error) => (None, Some(error.into())),
    };
    ReaderReport { reader: safe(reader), card, problem }
}

const READER: &str = "ACS ACR39U ICC Reader 00 00";

fn here() -> CardPlaces {
    let helper = HelperCommand { program: "kyukyu-card".into(), arguments: vec!["helper".into()] };
    CardPlaces::of_environment(helper, 1000, |_| None)
}

/// The person's card in a reader of this machine.
pub(in super::super) fn own_card(card: Identity) -> FromCard {
    found(&here(), PinFrom::InRequest, vec![report(READER, Ok(card))])
}

/// The person's card at another terminal.
pub(in super::super) fn card_at_an_agent() -> FromCard {
    let places = CardPlaces::agent("/run/user/1000/kyukyu-card.sock".into());
    found(&places, PinFrom::AtTheReader, vec![report(READER, Ok(identity(15)))])
}

/// A patient's card in the first reader, the person's own in the second.
pub(in super::super) fn own_card_in_the_second_reader() -> FromCard {
    let readers = vec![report(READER, Ok(patient())), report("SONY FeliCa RC-S300/P", Ok(identity(15)))];
    found(&here(), PinFrom::InRequest, readers)
}

fn patient() -> Identity {
    Identity {
        profile: "jpki".into(),
        kind: CardKind::MyNumber,
        spki_sha256: "1".repeat(64).parse().unwrap(),
        ..identity(3)
    }
}

/// Three readers, none with the person's card, and an agent that does not answer.
pub(in super::super) fn no_own_card() -> FromCard {
    let unknown = CardError::UnknownCard { atr: "3b8f8001804f0ca000000306030001000000006a".into() };
    let readers = vec![
        report(READER, Ok(patient())),
        report("SONY FeliCa RC-S300/P", Err(unknown)),
        report("Alcor Micro AU9540 00 00", Err(TransportError::NoCard.into())),
    ];
    let FromCard::Found(mut found) = found(&here(), PinFrom::InRequest, readers) else { unreachable!() };
    found.passed_over = some("/run/user/1000/kyukyu-card.sock");
    FromCard::Found(found)
}

fn found(places: &CardPlaces, pin: PinFrom, readers: Vec<ReaderReport>) -> FromCard {
    FromCard::Found(Box::new(Found { place: places.last(), passed_over: None, pin, readers }))
}

/// What a card signs.
pub(in super::super) fn signed() -> FromCard {
    let certificate = crate::card::software::TRAINING_CARDS[0].certificate.to_vec();
    FromCard::Signed(Box::new(SignedReport {
        reader: safe(READER),
        certificate,
        signature: vec![0; 256],
        hash: crate::card::Hash::Sha256,
        profile: "training".into(),
    }))
}

pub(in super::super) fn challenge() -> String {
    let text = ChallengeText::compose("station-1", "sato", 1_763_856_000, &[7; 32]).unwrap();
    String::from_utf8(text.as_bytes().to_vec()).unwrap()
}

pub(in super::super) fn case(n: u32) -> Case {
    let weak = Evidence { kind: EvidenceKind::ALL[3], by: safe("救急隊 高橋") };
    Case {
        number: CaseNumber::of(day("20261123"), n),
        bed: safe("初療室2"),
        arrived: safe("2026-11-23 02:58"),
        apparent_age: Some(70),
        apparent_sex: Some(Sex::Male),
        patient_id: None,
        evidence: (n > 1).then_some(weak),
        opened_by: UserId::parse("sato").unwrap(),
        same_identity_as: if n == 3 { vec![CaseNumber::of(day("20261123"), 1)] } else { Vec::new() },
    }
}

fn enquiry_id() -> EnquiryId {
    EnquiryId::parse("0upm0prr40jz").unwrap()
}

pub(in super::super) fn certificate() -> KeyDraft {
    KeyDraft {
        method: IdentificationMethod::Certificate,
        insurer_number: "139907".into(),
        symbol: "架空１２".into(),
        insured_number: "0012345".into(),
        branch_number: "01".into(),
        birthdate: "S30.11.3".into(),
        ..KeyDraft::default()
    }
}

/// Everything as long as it may be.
pub(in super::super) fn four_items() -> KeyDraft {
    KeyDraft {
        method: IdentificationMethod::FourItems,
        birthdate: "昭和45年7月1日".into(),
        name: "ジャン＝バティスト・エマニュエル　サン＝テグジュペリ＝ウェリントン".into(),
        sex: Some(Sex::Male),
        address: "東京都架空区寿限無町五劫の擦り切れ海砂利水魚３２丁目３２番地３２号　パイポ・グーリンダイ・ハイツ壱号館３２０３号室".into(),
        insurer_name: "架空電機健康保険組合".into(),
        ..KeyDraft::default()
    }
}

pub(in super::super) fn enquiry(stage: Stage, draft: KeyDraft) -> EnquiryView {
    let key = draft.check(day("20261123")).ok();
    EnquiryView {
        id: enquiry_id(),
        case: case(1),
        stage,
        key,
        by_hand: draft.clone(),
        draft,
        reading: None,
        consent: ConsentDraft::default(),
        confirmation: None,
        held: Vec::new(),
        late_to_open: false,
        warnings: Vec::new(),
    }
}

pub(in super::super) fn with_late_answer(stage: Stage) -> EnquiryView {
    let held = HeldView { because: HeldBecause::Late, at: safe("03:11:40") };
    EnquiryView { held: vec![held], late_to_open: true, ..enquiry(stage, certificate()) }
}

pub(in super::super) fn home() -> HomeView {
    let row = |state: &str, method, opened: &str, held| EnquiryRow {
        id: enquiry_id(),
        state: safe(state),
        method,
        opened: safe(opened),
        held,
    };
    HomeView {
        more: false,
        cases: vec![
            CaseRow {
                case: case(3),
                enquiries: vec![
                    row("照会中", Some(IdentificationMethod::FourItems), "03:10", 0),
                    row("時間切れ（送信済の可能性）", Some(IdentificationMethod::Certificate), "03:01", 1),
                ],
            },
            CaseRow { case: case(2), enquiries: vec![row("入力中", None, "02:59", 0)] },
            CaseRow { case: case(1), enquiries: Vec::new() },
        ],
        face_results: Some(3),
        methods: IdentificationMethod::ALL.to_vec(),
        news: vec![safe("20261123-003：中止・時間切れの後に応答が届いています")],
    }
}

pub(in super::super) fn faces() -> Vec<FaceResultView> {
    let face = |at: &str, name: &str, kana: &str, birth: &str, unusable: Option<&str>| FaceResultView {
        name: safe(at),
        at: safe(at),
        person_name: safe(name),
        kana: safe(kana),
        birthdate: Some(day(birth)),
        unusable: unusable.map(safe),
    };
    vec![
        face("2026-11-23 03:07:10", "若草　春子", "ﾜｶｸｻ ﾊﾙｺ", "19780421", None),
        face("2026-11-23 03:00:10", "青葉　太郎", "ｱｵﾊﾞ ﾀﾛｳ", "19551103", None),
        face(
            "2026-11-23 02:41:10",
            "",
            "",
            "19410107",
            Some("読み取れない結果です。カードを読み直してください"),
        ),
    ]
}

pub(in super::super) fn people() -> Vec<Person> {
    let person = |number: &str, town: &str, kana: &str, validity| Person {
        reference_number: some("4012345678"),
        insurer_number: safe("279901"),
        insurer_name: safe("模擬市"),
        symbol: some("模擬"),
        insured_number: safe(number),
        branch_number: None,
        name: safe("田中　実"),
        kana: safe(kana),
        birthdate: Some(day("19480505")),
        sex: Some(Sex::Male),
        address: safe(&format!("大阪府模擬市{town}")),
        validity,
    };
    vec![
        person("1001", "北町１－１０", "ﾀﾅｶ ﾐﾉﾙ", Validity::Valid),
        person("1102", "南町２－１１", "ﾀﾅｶ ﾐﾉﾙ", Validity::LatestLapsed),
        person("1203", "東町３－１２", "ﾀﾅｶ ﾏｺﾄ", Validity::Unknown),
    ]
}

pub(in super::super) fn candidates() -> Stage {
    let people = people();
    Stage::Candidates { differing: differing(&people), people }
}

pub(in super::super) fn candidate(refused: bool) -> CandidateView {
    CandidateView {
        row: 1,
        person: people().remove(1),
        to_type: if refused { Vec::new() } else { vec![PersonField::Address] },
        refused: refused.then(|| safe(&ChoiceError::NothingDiffers.to_string())),
    }
}

fn answer_person() -> AnswerPerson {
    AnswerPerson {
        name: safe("青葉　太郎"),
        kana: safe("ｱｵﾊﾞ ﾀﾛｳ"),
        birthdate: Some(day("19551103")),
        sex: Some(Sex::Male),
        insurer_number: safe("139907"),
        symbol: some("架空１２"),
        insured_number: safe("0012345"),
        branch_number: some("01"),
        reference_number: None,
    }
}

pub(in super::super) fn person() -> PersonView {
    let agreement =
        Agreement { name_not_in_key: true, name_not_fully_compared: true, sex_not_compared: true };
    PersonView { document: safe("d0000001"), person: answer_person(), agreement, case: case(1) }
}

fn drug(date: &str, name: &str, ingredient: &str, source: Source) -> DrugRow {
    DrugRow {
        source,
        also_from: (source == Source::Dispensing).then_some(Source::Receipt),
        facility: Facility { code: safe("1340000001"), name: safe("架空あおい薬局") },
        prescriber: Some(Facility {
            code: safe("1310000001"), name: safe("架空みなと内科クリニック")
        }),
        month: None,
        date: Some(day(date)),
        prescribed: None,
        in_out: InOut::Unknown,
        category: safe("21"),
        code: safe("613330003"),
        name: safe(name),
        ingredient: safe(ingredient),
        amount: safe("2"),
        unit: safe("錠"),
        usage: safe("１日１回夕食後服用"),
        instruction: safe(""),
        times: safe(" 28"),
    }
}

pub(in super::super) fn summary(rows: Vec<DrugRow>) -> SummaryPage {
    let count = |section| (section, if section == Section::Drugs { rows.len() } else { 3 });
    SummaryPage {
        person: answer_person(),
        agreement: person().agreement,
        case: case(1),
        created: Some(day("20261123")),
        as_of: day("20261123"),
        counts: Section::ALL.map(count).to_vec(),
        section: Section::Drugs,
        from: 0,
        rows: Rows::Drugs(rows),
        unknown: Vec::new(),
        late: true,
        retrieved: safe("2026-11-23 03:11"),
    }
}

pub(in super::super) fn drugs() -> Vec<DrugRow> {
    vec![
        drug("20261119", "ワーファリン錠１ｍｇ", "【般】ワルファリンＫ錠１ｍｇ", Source::Dispensing),
        drug(
            "20261012",
            "ニフェジピンＣＲ錠２０ｍｇ「日医工」",
            "【般】ニフェジピン徐放錠２０ｍｇ（２４時間持続）",
            Source::Receipt,
        ),
        drug("20261012", "オメプラゾール錠２０ｍｇ「ケミファ」", "", Source::Receipt),
    ]
}

pub(in super::super) fn log() -> LogPage {
    let line = |seq: u64, user: &str, words: &str| LogLine {
        seq,
        at: safe("2026-11-23 03:11:09"),
        user: safe(user),
        terminal: safe("uid 1001"),
        words: safe(words),
        training: true,
        kind: safe("kind"),
    };
    LogPage {
        lines: vec![
            line(1042, "sato", "救急用サマリーを表示（薬剤情報）"),
            line(
                1041,
                "sato",
                "照会キーの確認（4情報・ジャン＝バティスト・エマニュエル　サン＝テグジュペリ＝ウェリントン）",
            ),
            line(1040, "sato", "ログイン（PW）"),
        ],
        more: true,
        total: Some(1042),
        words: SafeText::default(),
        code: safe("1042-RWRT-JXPM-NH59-FJX6-MPKY-A9XK"),
    }
}

/// What a search found.
pub(in super::super) fn log_found() -> LogPage {
    let words = "患者: 氏名・カナ 山田 太郎・生年月日 1955年11月3日（昭和30年11月3日）／利用者: sato／種別: 表示・持ち出し";
    LogPage { words: safe(words), total: None, ..log() }
}

pub(in super::super) fn log_entry() -> LogEntryView {
    let fields = [
        ("内容", "本人確認画面の表示（山田　太郎）"),
        ("ステーション", "er-1"),
        ("利用者 利用者ID", "sato"),
        ("利用者 氏名", "佐藤 一郎"),
        ("端末", "uid 1001"),
        ("症例", "20261123-001"),
        ("操作 種別", "表示・持ち出し（person_shown）"),
        ("操作 患者 氏名", "山田　太郎"),
        ("操作 患者 氏名カナ", "ヤマダ　タロウ"),
        ("操作 患者 生年月日", "1955-11-03"),
        (
            "操作 患者 住所",
            "東京都架空区架空一丁目２番３号　架空マンション第二別館　１２３４号室（管理人室の隣）",
        ),
    ];
    LogEntryView {
        seq: 1041,
        at: safe("2026-11-23 03:11:09"),
        training: true,
        fields: fields.map(|(name, text)| (safe(name), safe(text))).to_vec(),
        hash: safe(&"6b1d4fb9".repeat(8)),
    }
}

pub(in super::super) fn log_verified() -> VerifyView {
    VerifyView {
        entries: 1042,
        head: safe(&"6b1d4fb9".repeat(8)),
        faults: vec![safe("1041番: 検索用の索引にないため、検索で見つかりません。")],
        checkpoints: 3,
        sealed: 1000,
        keys: Vec::new(),
        verdict: crate::log::Verdict::Changed { before: 1041 },
    }
}
