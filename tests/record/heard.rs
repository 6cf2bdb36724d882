//! What was answered against what is on record: all of it there, and once.

use crate::people::{Mark, Person};
use crate::support::site::Site;
use kyukyu::log::{Act, Entry, Verdict};
use kyukyu::store::{ReadTx, Store, StoreError, Table};
use std::collections::BTreeMap;

/// How often something is on record.
#[derive(Default)]
struct Counts(BTreeMap<String, u64>);

impl Counts {
    fn add(&mut self, what: impl Into<String>) {
        *self.0.entry(what.into()).or_default() += 1;
    }

    fn of(&self, what: &str) -> u64 {
        self.0.get(what).copied().unwrap_or_default()
    }

    fn all(&self) -> u64 {
        self.0.values().sum()
    }
}

/// The record of a station that does not run, counted by what tells one act from another.
#[derive(Default)]
struct OnRecord {
    cases: Counts,
    beds: Counts,
    enquiries: Counts,
    confirmed: Counts,
    permissions: u64,
    searches: Counts,
    refusals: u64,
    resumed: Counts,
    starts: u64,
    others: Vec<String>,
}

/// A whole check of the store as it lies there after a kill: chain, root, signatures, index, and every promise.
/// Gives how many starts and entries are on record.
pub(crate) fn check(site: &Site, people: &[Person], context: &str) -> (u64, u64) {
    let store = site.store();
    let checked = store.check_log(None).unwrap();
    assert_eq!(checked.verdict, Verdict::Sound, "{context}: {:?}", checked.report.faults);
    assert_eq!(store.read(ReadTx::check_index).unwrap().faults, [], "{context}");
    let found = OnRecord::of(&store);
    assert!(found.others.is_empty(), "{context}: {:?}", found.others);
    found.keeps(people, context);
    let entries = checked.report.head.seq;
    store.close().unwrap();
    (found.starts, entries)
}

impl OnRecord {
    fn of(store: &Store) -> Self {
        let mut found = Self::default();
        let rows =
            store.read(|tx| tx.log_rows(1..=u64::MAX)?.collect::<Result<Vec<_>, StoreError>>()).unwrap();
        for (row, seq) in rows.iter().zip(1..) {
            assert_eq!(row.seq, seq, "a gap");
            found.take(row.entry().unwrap());
        }
        let kept = |table| -> Vec<(String, serde_json::Value)> {
            store.read(|tx| tx.scan_prefix(table, "")).map_err(|error: StoreError| error).unwrap()
        };
        // Refusals that were counted and are not yet an entry.
        for (_, row) in kept(Table::Repeats) {
            let counted = &row["counted"];
            if counted["act"] == "open_case" {
                found.refusals += counted["times"].as_u64().unwrap();
            }
        }
        for (id, _) in kept(Table::Enquiries) {
            found.enquiries.add(id);
        }
        found
    }

    fn take(&mut self, entry: Entry) {
        let text = |text: Option<kyukyu::domain::SafeText>| text.unwrap_or_default().to_string();
        match entry.act {
            Act::StoreOpened { faults: 0, .. } => self.starts += 1,
            Act::StoreOpened { .. } | Act::Damage { .. } => self.others.push(format!("{:?}", entry.act)),
            Act::SessionResumed {} => self.resumed.add(text(entry.session)),
            Act::CaseOpened {} => self.cases.add(text(entry.case)),
            Act::CaseChanged { changes } => self.beds.add(text(changes[0].to.clone())),
            Act::KeyConfirmed { .. } => self.confirmed.add(text(entry.enquiry)),
            Act::PermissionGranted { .. } | Act::PermissionRevoked { .. } => {
                let granted = matches!(entry.act, Act::PermissionGranted { .. });
                assert_eq!(
                    granted,
                    self.permissions.is_multiple_of(2),
                    "{}: given and taken in turn",
                    entry.seq
                );
                self.permissions += 1;
            }
            Act::LogSearched { filter } => {
                self.searches.add(filter.as_str().rsplit(' ').next().unwrap_or_default());
            }
            Act::Refusal { act, .. } if act.as_str() == "open_case" => self.refusals += 1,
            Act::RefusalsCounted { act, times, .. } if act.as_str() == "open_case" => self.refusals += times,
            _ => {}
        }
    }

    /// Everything that was answered is there once; beyond that, at most what nobody heard the answer of.
    fn keeps(&self, people: &[Person], context: &str) {
        let unanswered = |wanted: fn(&Mark) -> bool| {
            people.iter().filter(|person| person.unanswered().is_some_and(wanted)).count() as u64
        };
        let lists: [(&str, &Counts, Vec<&String>, u64); 4] = [
            (
                "case opened",
                &self.cases,
                people.iter().flat_map(|person| &person.heard.cases).collect(),
                unanswered(|mark| *mark == Mark::Opened),
            ),
            (
                "case changed",
                &self.beds,
                people.iter().flat_map(|person| &person.heard.beds).collect(),
                unanswered(|mark| matches!(mark, Mark::Changed(_))),
            ),
            (
                "enquiry opened",
                &self.enquiries,
                people.iter().flat_map(|person| &person.heard.enquiries).collect(),
                unanswered(|mark| *mark == Mark::Enquiry),
            ),
            (
                "key confirmed",
                &self.confirmed,
                people.iter().flat_map(|person| &person.heard.confirmed).collect(),
                unanswered(|mark| matches!(mark, Mark::Confirmed(_))),
            ),
        ];
        for (what, on_record, heard, open) in lists {
            for one in &heard {
                assert_eq!(on_record.of(one), 1, "{context}: {what} {one}");
            }
            let heard = heard.len() as u64;
            assert!(
                (heard..=heard + open).contains(&on_record.all()),
                "{context}: {what} without being asked"
            );
        }
        for person in people {
            for case in &person.heard.searches {
                let (times, asked) = (self.searches.of(case), person.searched[case]);
                assert!((1..=asked).contains(&times), "{context}: search {case}: {times} of {asked}");
            }
        }
        let sum = |count: fn(&Person) -> u64| people.iter().map(count).sum::<u64>();
        let permissions = sum(|person| person.heard.permissions);
        let open = unanswered(|mark| *mark == Mark::Permission);
        let table = [
            ("permissions", self.permissions, permissions, permissions + open),
            ("refusals", self.refusals, sum(|person| person.heard.refusals), sum(|person| person.tried)),
            ("resumed", self.resumed.all(), sum(|person| person.heard.resumed), sum(|person| person.resumes)),
        ];
        for (what, on_record, least, most) in table {
            assert!(
                (least..=most).contains(&on_record),
                "{context}: {what}: {on_record} of {least} to {most}"
            );
        }
    }
}
