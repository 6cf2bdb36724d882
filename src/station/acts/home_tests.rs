//! What the home screen costs: counted in records opened, over a store full of old enquiries.

use super::*;
use crate::domain::UserId;
use crate::domain::enquiry::{Enquiry, EnquiryId, State};
use crate::protocol::Refusal;
use crate::station::acts::drafting;
use crate::station::desk::Origin;
use crate::station::test_site::TestSite;
use crate::store::Store;

const DAYS: u32 = 20;
const CASES_A_DAY: u32 = 6;
const OLD: u32 = 2_000;

fn case(day: u32, number: u32) -> Case {
    Case {
        number: CaseNumber::parse(&format!("202611{:02}-{:03}", day + 1, number + 1)).unwrap(),
        bed: "初療室1".into(),
        arrived: "2026-11-01 03:00".into(),
        apparent_age: None,
        apparent_sex: None,
        patient_id: None,
        evidence: None,
        opened_by: UserId::parse("sato").unwrap(),
        same_identity_as: Vec::new(),
    }
}

/// 120 cases, 2,000 closed enquiries spread over them, and two open ones in each of the newest three.
fn years_of_work(store: &Store) {
    let filled = store.transact(|tx| {
        let all: Vec<Case> =
            (0..DAYS).flat_map(|day| (0..CASES_A_DAY).map(move |number| case(day, number))).collect();
        for case in &all {
            tx.put(Table::Cases, case.number.as_str(), case)?;
        }
        let mut enquiry = |number: u32, case: &Case, closed: bool| {
            let id = EnquiryId::parse(&format!("{number:012}")).unwrap();
            let owner = UserId::parse("sato").unwrap();
            let mut enquiry = Enquiry::open(id, case.number.clone(), owner, i64::from(number));
            if closed {
                enquiry.state = State::Closed;
            }
            tx.put(Table::Enquiries, enquiry.id.as_str(), &enquiry)
        };
        for (number, case) in (0..OLD).zip(all.iter().cycle()) {
            enquiry(number, case, true)?;
        }
        for (number, case) in (OLD..OLD + 6).zip(all.iter().rev().take(3).cycle()) {
            enquiry(number, case, false)?;
        }
        Ok::<_, StoreError>(())
    });
    filled.unwrap();
}

async fn home(site: &TestSite, origin: &Origin) -> (HomeView, u64) {
    let before = site.station.store.records_opened();
    let Ok(Reply::Home(view)) = site.station.line_act(origin, None, show).await else { panic!() };
    (*view, site.station.store.records_opened() - before)
}

#[tokio::test]
async fn home_costs_what_it_shows_and_not_what_was_ever_asked() {
    let site = TestSite::prepared(years_of_work).await;
    let sato = site.session();
    let (view, opened) = home(&site, &sato).await;
    let enquiries: usize = view.cases.iter().map(|row| row.enquiries.len()).sum();
    assert_eq!((view.cases.len(), enquiries, view.more), (CASES, 6, true));
    // Session and account, and one case more, to know whether there are more.
    assert!(opened <= (CASES + enquiries + 4) as u64, "{opened} records for {CASES} cases");
    // Newest first in both.
    let first = &view.cases[0];
    assert_eq!(first.case.number.as_str(), "20261120-006");
    let ids: Vec<&str> = first.enquiries.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(ids, ["000000002003", "000000002000"]);

    // The rest, page by page, each case once.
    let mut numbers: Vec<CaseNumber> = view.cases.iter().map(|row| row.case.number.clone()).collect();
    let mut more = view.more;
    while more {
        let before = numbers.last().cloned().unwrap();
        let opened = site.station.store.records_opened();
        let page = site.station.line_act(&sato, None, move |desk| older(desk, &before)).await;
        let Ok(Reply::OlderCases { cases, more: follows }) = page else { panic!() };
        assert!(site.station.store.records_opened() - opened <= (CASES + 4) as u64);
        assert!(!cases.is_empty());
        numbers.extend(cases.into_iter().map(|row| row.case.number));
        more = follows;
    }
    let mut all: Vec<CaseNumber> =
        (0..DAYS).flat_map(|day| (0..CASES_A_DAY).map(move |number| case(day, number).number)).collect();
    all.reverse();
    assert_eq!(numbers, all);
}

#[tokio::test]
async fn a_row_follows_its_enquiry() {
    let site = TestSite::prepared(years_of_work).await;
    let sato = site.session();
    let number = case(DAYS - 1, CASES_A_DAY - 1).number;
    let opening = number.clone();
    let reply = site.station.line_act(&sato, None, move |desk| drafting::open(desk, &opening)).await;
    let Ok(Reply::Enquiry(opened)) = reply else { panic!() };
    let rows = home(&site, &sato).await.0.cases.remove(0).enquiries;
    assert_eq!((rows.len(), &rows[0].id, rows[0].state.as_str()), (3, &opened.id, "入力中"));
    let id = opened.id.clone();
    site.station.line_act(&sato, None, move |desk| drafting::close(desk, &id)).await.unwrap();
    let rows = home(&site, &sato).await.0.cases.remove(0).enquiries;
    assert!(rows.len() == 2 && rows.iter().all(|row| row.id != opened.id), "{rows:?}");
}

#[tokio::test]
async fn who_may_not_look_gets_no_page_of_cases_either() {
    let site = TestSite::prepared(years_of_work).await;
    let stranger = Origin { session: None, ..site.session() };
    let before = case(3, 3).number;
    let asked = site.station.line_act(&stranger, None, move |desk| older(desk, &before)).await;
    assert!(matches!(asked, Err(Refusal { code: RefusalCode::NoSession, .. })));
}
