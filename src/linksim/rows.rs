//! A record with its relative dates, made into the dated tables of an answer.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::book::{Book, Drug, Institution, Treatment};
use super::calendar;
use super::record::{DrugLine, Receipt, Record, TreatmentLine};

/// How far back an answer goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Periods {
    /// Receipt months, from the newest one.
    receipt_months: u8,
    /// Days of 電子処方箋情報.
    prescription_days: u32,
    /// Days of 手術 (5 years).
    operation_days: u32,
}

impl Periods {
    /// 表4.1.4-3 of the guide: 救急用サマリー.
    pub(super) const SUMMARY: Self = Self { receipt_months: 3, prescription_days: 45, operation_days: 1826 };
    /// 表4.1.4-3 of the guide: 診療/薬剤情報.
    pub(super) const FULL: Self = Self { receipt_months: 60, prescription_days: 100, operation_days: 1826 };
}

/// One institution's month: where, for whom, which month, 入外, and its days.
#[derive(Debug)]
pub(super) struct Month<'b> {
    /// The institution that reports.
    pub(super) at: &'b Institution,
    /// The prescribing institution.
    pub(super) by: Option<&'b Institution>,
    /// `yyyyMM`.
    pub(super) when: String,
    /// 1 入院, 2 外来.
    pub(super) in_out: u8,
    /// In ascending order.
    pub(super) days: Vec<Day<'b>>,
}

/// What happened on a day.
#[derive(Debug)]
pub(super) struct Day<'b> {
    /// The day.
    pub(super) date: Date,
    /// 薬剤.
    pub(super) drugs: Vec<(&'b DrugLine, &'b Drug)>,
    /// 診療行為.
    pub(super) treatments: Vec<(&'b TreatmentLine, &'b Treatment)>,
}

/// Everything that an answer shows of a record.
#[derive(Debug, Default)]
pub(super) struct Tables<'b> {
    /// 受診歴.
    pub(super) visits: Vec<Month<'b>>,
    /// 調剤結果.
    pub(super) dispensed: Vec<Month<'b>>,
    /// 処方.
    pub(super) prescribed: Vec<Month<'b>>,
    /// レセプト.
    pub(super) receipts: Vec<Month<'b>>,
    /// 手術.
    pub(super) operations: Vec<Month<'b>>,
    /// 透析.
    pub(super) dialysis: Vec<Month<'b>>,
    /// 健診実施日.
    pub(super) checkups: Vec<Date>,
}

/// Newest month first, then the institution's code: the order of the real thing is not known.
type Key<'b> = (std::cmp::Reverse<String>, &'b str, Option<&'b str>, u8);

#[derive(Default)]
struct Gathered<'b>(BTreeMap<Key<'b>, (Where<'b>, BTreeMap<Date, Day<'b>>)>);

type Where<'b> = (&'b Institution, Option<&'b Institution>);

impl<'b> Gathered<'b> {
    fn day(&mut self, at: Where<'b>, in_out: u8, date: Date) -> &mut Day<'b> {
        let key = (
            std::cmp::Reverse(calendar::month_of(date)),
            at.0.code.as_str(),
            at.1.map(|by| by.code.as_str()),
            in_out,
        );
        let (_, days) = self.0.entry(key).or_insert_with(|| (at, BTreeMap::new()));
        days.entry(date).or_insert_with(|| Day { date, drugs: Vec::new(), treatments: Vec::new() })
    }

    fn finish(self) -> Vec<Month<'b>> {
        self.0
            .into_iter()
            .map(|((month, _, _, in_out), ((at, by), days))| Month {
                at,
                by,
                when: month.0,
                in_out,
                days: days.into_values().collect(),
            })
            .collect()
    }
}

/// Makes the tables of a record as of `today`.
pub(super) fn tables<'b>(book: &'b Book, record: &'b Record, today: Date, periods: Periods) -> Tables<'b> {
    let mut visits = Gathered::default();
    let mut receipts = Gathered::default();
    let mut dispensed = Gathered::default();
    let mut prescribed = Gathered::default();
    for receipt in &record.receipt {
        let Some(at) = place(book, &receipt.at, receipt.by.as_ref()) else { continue };
        for date in dates(receipt, today, periods) {
            if let Some(visited) = visited(at) {
                visits.day((visited, None), receipt.in_out, date);
            }
            let day = receipts.day(at, receipt.in_out, date);
            day.drugs.extend(drugs(book, &receipt.drugs));
            day.treatments.extend(treatments(book, &receipt.treatments));
            if receipt.also_dispensed && date >= calendar::days_before(today, periods.prescription_days) {
                dispensed.day(at, receipt.in_out, date).drugs.extend(drugs(book, &receipt.drugs));
            }
        }
    }
    for (source, table) in [(&record.dispensing, &mut dispensed), (&record.prescription, &mut prescribed)] {
        for line in source.iter().filter(|line| line.days_ago <= periods.prescription_days) {
            let Some(at) = place(book, &line.at, line.by.as_ref()) else { continue };
            let date = calendar::days_before(today, line.days_ago);
            table.day(at, 2, date).drugs.extend(drugs(book, &line.drugs));
        }
    }
    let mut operations = Gathered::default();
    for operation in record.operation.iter().filter(|o| o.days_ago <= periods.operation_days) {
        let Some(at) = place(book, &operation.at, None) else { continue };
        let day = operations.day(at, 1, calendar::days_before(today, operation.days_ago));
        day.treatments.extend(treatments(book, &operation.treatments));
    }
    let mut dialysis = Gathered::default();
    for course in &record.dialysis {
        let Some(at) = place(book, &course.at, None) else { continue };
        for back in course.months.iter().filter(|back| **back < periods.receipt_months) {
            for date in calendar::weekdays_in(calendar::receipt_month(today, *back), &course.weekdays) {
                visits.day(at, 2, date);
                dialysis.day(at, 2, date).treatments.extend(treatments(book, &course.treatments));
            }
        }
    }
    Tables {
        visits: visits.finish(),
        dispensed: dispensed.finish(),
        prescribed: prescribed.finish(),
        receipts: receipts.finish(),
        operations: operations.finish(),
        dialysis: dialysis.finish(),
        checkups: record.checkups.iter().map(|days| calendar::days_before(today, *days)).collect(),
    }
}

fn place<'b>(book: &'b Book, at: &str, by: Option<&String>) -> Option<Where<'b>> {
    Some((book.institution.get(at)?, by.and_then(|by| book.institution.get(by))))
}

/// Who was visited: a pharmacy's receipt speaks of a visit to the prescriber.
fn visited((at, by): Where<'_>) -> Option<&Institution> {
    if at.kind == "4" { by } else { Some(at) }
}

fn dates(receipt: &Receipt, today: Date, periods: Periods) -> BTreeSet<Date> {
    let mut dates = BTreeSet::new();
    for back in receipt.months.iter().filter(|back| **back < periods.receipt_months) {
        let first = calendar::receipt_month(today, *back);
        dates.extend(receipt.days.iter().map(|day| calendar::day_in(first, *day)));
        dates.extend(calendar::weekdays_in(first, &receipt.weekdays));
    }
    dates
}

fn drugs<'b>(
    book: &'b Book,
    lines: &'b [DrugLine],
) -> impl Iterator<Item = (&'b DrugLine, &'b Drug)> + use<'b> {
    lines.iter().filter_map(|line| Some((line, book.drug.get(&line.drug)?)))
}

fn treatments<'b>(
    book: &'b Book,
    lines: &'b [TreatmentLine],
) -> impl Iterator<Item = (&'b TreatmentLine, &'b Treatment)> + use<'b> {
    lines.iter().filter_map(|line| Some((line, book.treatment.get(&line.treatment)?)))
}
