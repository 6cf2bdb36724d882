//! What the item of an objection (D8) tells of the enquiry that is objected to, over the raw socket.

use crate::review::{close, kansa, list, only, read_of, show, view};
use crate::support::patients::patient;
use crate::support::person::Person;
use crate::support::site::Site;
use kyukyu::domain::period::Section;
use kyukyu::domain::review::PersonConfirmed;
use kyukyu::protocol::reviews::{ReviewRow, ReviewView};
use kyukyu::protocol::{Reply, Request};

/// What was done is told of an objection as of the access itself, however much of it comes to light afterwards; a closed
/// objection stays as it was judged.
#[test]
fn an_objection_tells_what_was_done_and_stands_beside_it() {
    let site = Site::running();
    let (mut sato, enquiry) = read_of(&site, "P01");
    let mut auditor = kansa(&site);
    let object = |words: &str| Request::RaiseObjection { enquiry: enquiry.clone(), words: words.into() };
    let access = only(&mut auditor).item;
    let Reply::Objected { review } = auditor.ask(object("知らせてほしくなかった")) else {
        panic!()
    };
    let objection = show(&mut auditor, &review);
    assert_eq!(objection.item.facts, access.facts, "no fact of its own");
    assert_eq!(objection.item.parts, access.parts);
    assert_eq!(objection.item.facts.requests, 1);
    assert_eq!(objection.item.facts.person, PersonConfirmed::Same);
    let lines = |view: &ReviewView| {
        view.lines().iter().map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>()
    };
    let (of_objection, of_access) = (lines(&objection), lines(&show(&mut auditor, &access.id)));
    for line in ["異議の内容 知らせてほしくなかった", "対象の事後確認 R000001"] {
        assert!(of_objection.contains(&line.to_owned()), "{of_objection:#?}");
        assert!(!of_access.contains(&line.to_owned()), "{of_access:#?}");
    }
    for name in ["患者", "試みたこと", "照会要求", "結果", "本人確認", "表示した情報", "認証"]
    {
        let line = of_access.iter().find(|line| line.starts_with(name)).unwrap();
        assert!(of_objection.contains(line), "{line} is not in {of_objection:#?}");
    }
    let rows = list(&mut auditor).rows;
    let told = |row: &ReviewRow| [row.patient.clone(), row.consent.clone(), row.outcome.clone()];
    assert_eq!(told(&rows[0]), told(&rows[1]), "{rows:?}");
    // He goes on reading: both learn of it.
    sato.read(&enquiry, Section::Drugs);
    let displayed = |auditor: &mut Person, review| show(auditor, review).item.facts.displayed.len();
    assert_eq!((displayed(&mut auditor, &access.id), displayed(&mut auditor, &review)), (2, 2));
    // After the access was judged there is a second item about it; the objection tells of both together.
    auditor.ask(close(&access.id, "確認した"));
    sato.read(&enquiry, Section::Visits);
    let facts = show(&mut auditor, &review).item.facts;
    assert_eq!((facts.requests, facts.displayed.len()), (1, 2), "{facts:?}");
    let judged = view(&mut auditor, close(&review, "申し出を聞いた")).item;
    assert_eq!(judged.about.objection().1, "R000001・R000003");
    // Asked again after the information came, it is another access.
    let other = sato.ask_again(&enquiry, patient("P01").certificate());
    sato.settled(&other);
    assert_eq!(show(&mut auditor, &review).item, judged);
    let Reply::Objected { review } = auditor.ask(object("二度目")) else { panic!() };
    assert_eq!(show(&mut auditor, &review).item.facts.requests, 1);
}
