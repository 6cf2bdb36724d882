//! The log of a site: filled, read, and how far it has come.

use super::process::until;
use super::support::person::Person;
use super::support::site::Site;
use kyukyu::domain::SafeText;
use kyukyu::log::{Act, ClockNote, NewEntry, Stamp};
use kyukyu::protocol::view::{ShippingRow, ShippingState, ShippingView};
use kyukyu::protocol::{Reply, Request};
use kyukyu::store::{Logged, StoreError};

/// What people type and what devices send, at its worst.
pub const ODD: &str = "a\u{0}\t\r\n\u{1b}[31m\u{7f}\u{85}\u{202e}'\"\\;--%s<&>髙﨑\u{20bb7}";

/// Entries of days, in the store of a station that does not run.
pub fn fill(site: &Site, entries: u64) {
    let store = site.store();
    let filled = store.transact(move |tx| {
        for number in 0..entries {
            let at = Stamp {
                utc_ms: 1_795_000_000_000 + i64::try_from(number).unwrap() * 1_000,
                boot_ms: number,
                boot_id: "b00".into(),
                clock: ClockNote::Steady,
            };
            let file = SafeText::new(&format!("{number} {ODD}"));
            let act = Act::AnswerRefused { request: None, file, sha256: None, why: SafeText::new(ODD) };
            tx.log(&NewEntry::of_station(at, "er-1".into(), act))?;
        }
        Ok::<_, StoreError>(())
    });
    filled.unwrap();
    store.close().unwrap();
}

/// Every row of a station that does not run.
pub fn rows(site: &Site) -> Vec<Logged> {
    let store = site.store();
    let rows: Result<Vec<Logged>, StoreError> = store.read(|tx| tx.log_rows(1..=u64::MAX)?.collect());
    store.close().unwrap();
    rows.unwrap()
}

pub fn status(person: &mut Person) -> ShippingView {
    match person.ask(Request::ShippingStatus) {
        Reply::Shipping(view) => view,
        other => panic!("{other:?}"),
    }
}

/// Waits until the only target stands as wanted.
pub fn until_row(person: &mut Person, what: &str, wanted: impl Fn(&ShippingRow) -> bool) -> ShippingRow {
    until(what, || {
        let view = status(person);
        let [row] = view.targets.as_slice() else { panic!("{view:?}") };
        if wanted(row) { Ok(row.clone()) } else { Err(format!("{view:?}")) }
    })
}

/// Waits until everything was sent; the number of the last entry.
pub fn until_sent(person: &mut Person) -> u64 {
    let sent = |row: &ShippingRow| row.behind == 0 && row.state == ShippingState::Sending;
    until_row(person, "the log was not sent", sent).sent
}
