//! The log searched (E3): who may, what is on record of it, and that no page passes an entry over.

use crate::support::audit::Audit;
use crate::support::patients::patient;
use crate::support::person::Person;
use crate::support::site::Site;
use kyukyu::log::search::Draft;
use kyukyu::protocol::view::{LogLine, LogPage};
use kyukyu::protocol::{RefusalCode, Reply, Request};

fn search(person: &mut Person, filter: &Draft, before: Option<u64>, own: bool) -> LogPage {
    let request = Request::SearchLog { filter: Box::new(filter.clone()), before, own };
    let Reply::Log(page) = person.ask(request) else { panic!("not a page of the log") };
    page
}

fn all(person: &mut Person, filter: &Draft) -> Vec<LogLine> {
    let (mut lines, mut before) = (Vec::new(), None);
    loop {
        let page = search(person, filter, before, false);
        before = page.lines.last().map(|line| line.seq);
        lines.extend(page.lines);
        if !page.more {
            return lines;
        }
    }
}

#[test]
fn whoever_looked_at_a_patient_is_found_and_so_is_whoever_asked() {
    let site = Site::running();
    let mut sato = Person::sato(&site);
    let enquiry = sato.ask_for(patient("P01").certificate());
    sato.settled(&enquiry);
    sato.same_person(&enquiry);
    let mut audit = Audit::new(&site);
    let mut kansa = Person::with_password(&site, "kansa");
    let of_patient =
        Draft { number: "００１２３４５".into(), birthdate: "S30.11.3".into(), ..Draft::default() };
    let found = all(&mut kansa, &of_patient);
    let kinds: Vec<&str> = found.iter().map(|line| line.kind.as_str()).collect();
    assert!(kinds.contains(&"request_intended") && kinds.contains(&"person_shown"), "{kinds:?}");
    assert!(found.iter().all(|line| line.user.is_empty() || line.user.as_str() == "sato"), "{found:?}");
    let line = audit.find("log_searched", "番号 ００１２３４５・生年月日 1955年11月3日");
    assert_eq!(line.user.as_str(), "kansa");
    // The same by everything at once, and nobody by what is another's.
    let narrow =
        Draft { user: "sato".into(), kinds: vec!["viewing".into()], from: "20200101".into(), ..of_patient };
    let found = all(&mut kansa, &narrow);
    assert!(
        !found.is_empty() && found.iter().all(|line| line.kind.as_str().starts_with("person_")),
        "{found:?}"
    );
    assert_eq!(all(&mut kansa, &Draft { user: "tanaka".into(), ..narrow }), []);
    // From the answer on the name is known, also where it was asked by a key that holds none.
    let found = all(&mut kansa, &Draft { name: "青葉太郎".into(), ..Draft::default() });
    let kinds: Vec<&str> = found.iter().map(|line| line.kind.as_str()).collect();
    assert_eq!(kinds, ["person_confirmed", "person_shown"]);
}

#[test]
fn pages_pass_no_entry_over() {
    let site = Site::running();
    let mut kansa = Person::with_password(&site, "kansa");
    let wrong = Draft { case: "1".into(), ..Draft::default() };
    for _ in 0..70 {
        kansa.ask(Request::ReadLog { before: None, own: false });
    }
    let opened = Draft { kinds: vec!["log_opened".into()], user: "kansa".into(), ..Draft::default() };
    let first = search(&mut kansa, &opened, None, false);
    assert!(first.lines.len() == 60 && first.more && first.words.as_str().contains("利用者: kansa"));
    let found: Vec<u64> = all(&mut kansa, &opened).iter().map(|line| line.seq).collect();
    assert_eq!(found.len(), 70);
    assert!(found.windows(2).all(|pair| pair[0] > pair[1]), "{found:?}");
    // A wrong form is refused beside its field, and that is on record.
    let request = Request::SearchLog { filter: Box::new(wrong), before: None, own: false };
    let refusal = kansa.refused_as(request, RefusalCode::BadInput);
    assert_eq!(refusal.fields[0].0.as_str(), "case");
    Audit::new(&site).find("refusal", "操作ログの検索（検索条件に誤りがあります");
}

#[test]
fn without_the_permission_one_finds_ones_own_only() {
    let site = Site::running();
    let mut sato = Person::sato(&site);
    let tanaka = Person::tanaka(&site);
    let everything = Request::SearchLog { filter: Box::default(), before: None, own: false };
    sato.refused_as(everything, RefusalCode::NoPermission);
    sato.refused_as(Request::ShowLogEntry { seq: 1, own: false }, RefusalCode::NoPermission);
    let sneaky = Draft { user: "tanaka".into(), ..Draft::default() };
    let page = search(&mut sato, &sneaky, None, true);
    assert!(!page.lines.is_empty());
    assert!(page.lines.iter().all(|line| line.user.as_str() == "sato"), "{page:?}");
    let own = page.lines[0].seq;
    let Reply::LogEntry(entry) = sato.ask(Request::ShowLogEntry { seq: own, own: true }) else { panic!() };
    assert!(entry.seq == own && entry.hash.as_str().len() == 64, "{entry:?}");
    assert!(
        entry.fields.iter().any(|(name, text)| name.as_str() == "利用者 利用者ID" && text.as_str() == "sato")
    );
    drop(tanaka);
    let others = Audit::new(&site).find("session_started", "").seq;
    let others = [1, others].into_iter().filter(|seq| page.lines.iter().all(|line| line.seq != *seq));
    for seq in others {
        sato.refused_as(Request::ShowLogEntry { seq, own: true }, RefusalCode::NotFound);
    }
    Audit::new(&site).find("log_searched", &format!("番号 {own} の詳細"));
}
