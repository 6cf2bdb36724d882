//! What was judged before, over the raw socket: who sees it, in which order, how far a page goes.

use crate::review::{close, kansa, list, read_of};
use crate::support::audit::Audit;
use crate::support::person::Person;
use crate::support::site::Site;
use kyukyu::domain::Month;
use kyukyu::domain::review::{ReviewId, Verdict};
use kyukyu::protocol::reviews::{ClosedList, ClosedRow};
use kyukyu::protocol::{RefusalCode, Reply, Request};
use kyukyu::store::{StoreError, Table};
use serde_json::{Value, json};

fn page(person: &mut Person, month: Option<Month>, before: Option<ReviewId>) -> ClosedList {
    match person.ask(Request::ListClosedReviews { month, before }) {
        Reply::ClosedReviews(list) => *list,
        other => panic!("{other:?}"),
    }
}

/// All of them, and in how many pages.
fn all(person: &mut Person, month: Option<Month>) -> (Vec<ClosedRow>, usize) {
    let (mut rows, mut pages, mut before) = (Vec::new(), 0, None);
    loop {
        let page = page(person, month, before);
        rows.extend(page.rows);
        pages += 1;
        before = page.next;
        if before.is_none() {
            return (rows, pages);
        }
    }
}

#[test]
fn a_closed_item_leaves_one_list_and_is_in_the_other_with_verdict_reviewer_and_words() {
    let site = Site::running();
    let (mut sato, _) = read_of(&site, "P01");
    let mut auditor = kansa(&site);
    assert_eq!(page(&mut auditor, None, None).rows, []);
    auditor.ask(close(&ReviewId::of(1), "経緯を確認した"));
    assert_eq!(list(&mut auditor).open, 0);
    let (rows, _) = all(&mut auditor, None);
    let [row] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!((row.review.as_str(), row.verdict, row.by.as_str()), ("R000001", Verdict::Proper, "kansa"));
    assert_eq!((row.name.as_str(), row.words.as_str()), ("監査 四郎", "経緯を確認した"));
    assert_eq!((row.people.as_str(), row.about.as_str()), ("佐藤 一郎", "救急時の照会・閲覧"));
    assert!(row.closed >= row.at && row.follows.is_none());
    let month = Month::from_compact(&row.at.as_str()[..7].replace('-', "")).unwrap();
    assert_eq!(all(&mut auditor, Some(month)).0, rows);
    assert_eq!(all(&mut auditor, Some(month.previous())).0, []);
    // 再確認 is open again, and follows when it is closed.
    auditor.ask(Request::ReviewAgain { review: ReviewId::of(1), words: "聞き取りができた".into() });
    assert_eq!(all(&mut auditor, None).0.len(), 1);
    auditor.ask(close(&ReviewId::of(2), "確認した"));
    let (rows, _) = all(&mut auditor, None);
    let follows: Vec<_> = rows.iter().map(|row| row.follows.as_ref().map(ReviewId::as_str)).collect();
    assert_eq!(follows, [Some("R000001"), None], "newest first");

    let request = || Request::ListClosedReviews { month: None, before: None };
    sato.refused_as(request(), RefusalCode::NoPermission);
    Person::with_password(&site, "kanri").refused_as(request(), RefusalCode::NoPermission);
    let mut audit = Audit::new(&site);
    let of_month = format!("（{}）", month.first_day().civil().strftime("%Y-%m"));
    for words in [of_month.as_str(), "完了した事後確認の一覧を表示"] {
        assert_eq!(audit.find("closed_reviews_shown", words).user.as_str(), "kansa");
    }
    audit.find("refusal", "完了した事後確認の一覧");
}

/// Seven hundred open ones between do not make a page long, and hide no closed one.
#[test]
fn every_closed_one_is_found_newest_first_page_by_page() {
    let mut site = Site::running();
    let (sato, _) = read_of(&site, "P01");
    drop(sato);
    let mut auditor = kansa(&site);
    auditor.ask(close(&ReviewId::of(1), "経緯を確認した"));
    drop(auditor);
    site.stop_station();
    let store = site.store();
    let filled = store.transact(|tx| {
        let item: Value = tx.get(Table::Reviews, "R000001")?.unwrap();
        let month = tx.scan_prefix::<Value>(Table::ReviewIndex, "month/")?[0].0.clone();
        let month = month.split('/').nth(1).unwrap().to_owned();
        for n in 2..=900_u64 {
            let id = format!("R{n:06}");
            let mut item = item.clone();
            item["id"] = json!(id);
            if (100..800).contains(&n) {
                item["closing"] = Value::Null;
            }
            tx.put(Table::Reviews, &id, &item)?;
            let of = if n <= 50 { "190001" } else { month.as_str() };
            tx.put(Table::ReviewIndex, &format!("month/{of}/{id}"), &())?;
        }
        Ok::<_, StoreError>(month)
    });
    let month = Month::from_compact(&filled.unwrap()).unwrap();
    store.close().unwrap();
    site.start_station();
    let mut auditor = kansa(&site);
    let numbers = |rows: &[ClosedRow]| rows.iter().map(|row| row.review.to_string()).collect::<Vec<_>>();
    let wanted = |n: &mut dyn Iterator<Item = u64>| n.map(|n| format!("R{n:06}")).collect::<Vec<_>>();
    let (rows, pages) = all(&mut auditor, None);
    assert_eq!(numbers(&rows), wanted(&mut (1..100).chain(800..=900).rev()));
    assert!(pages > 3, "{pages}");
    let (rows, _) = all(&mut auditor, Some(month));
    assert_eq!(numbers(&rows), wanted(&mut std::iter::once(1).chain(51..100).chain(800..=900).rev()));
    // Nothing of the index beside the months is taken for one.
    assert_eq!(numbers(&all(&mut auditor, Some(Month::from_compact("190001").unwrap())).0).len(), 49);
    assert_eq!(all(&mut auditor, Some(Month::from_compact("999912").unwrap())).0, []);
    let far = page(&mut auditor, None, Some(ReviewId::of(1)));
    assert!(far.rows.is_empty() && far.next.is_none());
}
