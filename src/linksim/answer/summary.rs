//! One person's medical information as XML.

use super::super::book::Book;
use super::super::calendar;
use super::super::coding::Coding;
use super::super::patient::Patient;
use super::super::rows::{self, Day, Month, Periods};
use super::super::xml_write::Writer;
use super::{Envelope, header};

/// Header and body.
pub(super) fn write(
    w: &mut Writer,
    book: &Book,
    envelope: &Envelope,
    coding: Coding,
    patient: &Patient,
    full: bool,
) {
    w.element("MessageHeader", |w| {
        header::write_medical(w, envelope, coding);
        w.leaf("ResultCode", "1");
        let insurer = book.insurer.get(&patient.insurer).map_or("", |insurer| &insurer.number);
        w.leaf("InsurerNumber", &format!("{insurer:>8}"));
        w.optional("InsuranceCardSymbol", patient.symbol.as_deref());
        w.leaf("InsuredPersonIdentificationNumber", &patient.number);
        w.optional("BranchNumber", patient.branch.as_deref());
        w.optional("ReferenceNumber", patient.reference.as_deref());
        w.element("QuaInf", |w| {
            w.leaf("Name", patient.sent_name());
            w.leaf("KanaName", &patient.kana);
            w.leaf("Birth", &patient.birth);
            w.leaf("AdmGendCode", &patient.sex.to_string());
        });
    });
    w.element("MessageBody", |w| {
        w.element("EmergencySummary", |w| body(w, book, envelope, patient, full));
    });
}

fn body(w: &mut Writer, book: &Book, envelope: &Envelope, patient: &Patient, full: bool) {
    let today = envelope.time.date();
    w.leaf("CreationDate", &calendar::compact(today));
    let Some(record) = patient.record.as_ref().and_then(|key| book.record.get(key)) else { return };
    let tables = rows::tables(book, record, today, if full { Periods::FULL } else { Periods::SUMMARY });
    section(w, "VisHisInf", &tables.visits, |w, month| {
        w.element("VisHisMonthInf", |w| {
            place(w, month);
            days(w, month, |_, _| {});
        });
    });
    section(w, "CzDiInf", &tables.dispensed, |w, month| {
        w.element("CzDiMonthInf", |w| prescription_month(w, envelope, month, &DISPENSED));
    });
    section(w, "ShPrInf", &tables.prescribed, |w, month| {
        w.element("ShPrMonthInf", |w| prescription_month(w, envelope, month, &PRESCRIBED));
    });
    for month in &tables.receipts {
        w.element("MeTrMonthInf", |w| receipt(w, envelope, month));
    }
    for (outer, inner, months) in
        [("OpeInf", "OpeMonthInf", &tables.operations), ("DialysisInf", "DialysisMonthInf", &tables.dialysis)]
    {
        section(w, outer, months, |w, month| {
            w.element(inner, |w| {
                place(w, month);
                days(w, month, |w, day| treatments(w, day, false));
            });
        });
    }
    if !tables.checkups.is_empty() {
        w.element("SpecificHealthCheckupInfos", |w| {
            for day in &tables.checkups {
                w.element("SpecificHealthCheckupInfo", |w| w.leaf("EffectiveTime", &calendar::compact(*day)));
            }
        });
    }
}

/// The name of an element in each of the two prescription trees.
struct Names {
    kind: &'static str,
    place: [&'static str; 2],
    prescriber: [&'static str; 2],
    month: &'static str,
    own: &'static str,
    in_out: &'static str,
    day: [&'static str; 2],
    date: &'static str,
    prescribed: Option<&'static str>,
    drugs: [&'static str; 2],
    drug: [&'static str; 8],
    class: &'static str,
}

const DISPENSED: Names = Names {
    kind: "CzDiOrg",
    place: ["CzMeTrDiHCd", "CzMeTrDiHNm"],
    prescriber: ["CzPrlsHCd", "CzPrlsHNm"],
    month: "CzDiMonth",
    own: "CzPrIsOrg",
    in_out: "CzPrCl",
    day: ["CzDiDateInfs", "CzDiDateInf"],
    date: "CzDiDate",
    prescribed: Some("CzPrDate"),
    drugs: ["CzDrugInfs", "CzDrugInf"],
    drug: ["CzDrugC", "CzDrugN", "CzIngreN", "CzQua1", "CzUnit", "CzUsageN", "CzSpInst", "CzTimes"],
    class: "CzUsageCl",
};

const PRESCRIBED: Names = Names {
    kind: "ShPrOrg",
    place: ["ShMeTrDiHCd", "ShMeTrDiHNm"],
    prescriber: ["ShPrHCd", "ShPrHNm"],
    month: "ShPrMonth",
    own: "ShPrIsOrg",
    in_out: "ShPrCl",
    day: ["ShPrDateInfs", "ShPrDateInf"],
    date: "ShPrDate",
    prescribed: None,
    drugs: ["ShDrugInfs", "ShDrugInf"],
    drug: ["ShDrugC", "ShDrugN", "ShIngreN", "ShQua1", "ShUnit", "ShUsageN", "ShSpInst", "ShTimes"],
    class: "ShUsageCl",
};

const RECEIPT_DRUG: [&str; 8] = ["DrugC", "DrugN", "IngreN", "Qua1", "Unit", "UsageN", "SpInst", "Times"];

fn section(w: &mut Writer, name: &str, months: &[Month<'_>], mut each: impl FnMut(&mut Writer, &Month<'_>)) {
    if months.is_empty() {
        return;
    }
    w.element(name, |w| {
        for month in months {
            each(w, month);
        }
    });
}

fn place(w: &mut Writer, month: &Month<'_>) {
    w.leaf("MeTrDiHCd", &month.at.code);
    w.leaf("MeTrDiHNm", &month.at.name);
    w.leaf("MeTrMonth", &month.when);
    w.leaf("InOut", &month.in_out.to_string());
}

fn days(w: &mut Writer, month: &Month<'_>, each: impl Fn(&mut Writer, &Day<'_>)) {
    w.element("DiDateInfs", |w| {
        for day in &month.days {
            w.element("DiDateInf", |w| {
                w.leaf("DiDate", &calendar::compact(day.date));
                each(w, day);
            });
        }
    });
}

fn receipt(w: &mut Writer, envelope: &Envelope, month: &Month<'_>) {
    w.leaf("DiOrg", &month.at.kind);
    w.leaf("MeTrDiHCd", &month.at.code);
    w.leaf("MeTrDiHNm", &month.at.name);
    w.optional("PrlsHCd", month.by.map(|by| by.code.as_str()));
    w.optional("PrlsHNm", month.by.map(|by| by.name.as_str()));
    w.leaf("MeTrMonth", &month.when);
    w.leaf("PrIsOrg", own(envelope, month));
    w.leaf("InOut", &month.in_out.to_string());
    days(w, month, |w, day| {
        if month.by.is_some() {
            w.leaf("PrDate", &calendar::compact(day.date));
        }
        drugs(w, day, ["DrugInfs", "DrugInf"], &RECEIPT_DRUG, "MeTrIdCl");
        treatments(w, day, true);
    });
}

fn prescription_month(w: &mut Writer, envelope: &Envelope, month: &Month<'_>, names: &Names) {
    let [code, name] = names.place;
    let [prescriber_code, prescriber_name] = names.prescriber;
    let [days, day_name] = names.day;
    w.leaf(names.kind, &month.at.kind);
    w.leaf(code, &month.at.code);
    w.leaf(name, &month.at.name);
    w.optional(prescriber_code, month.by.map(|by| by.code.as_str()));
    w.optional(prescriber_name, month.by.map(|by| by.name.as_str()));
    w.leaf(names.month, &month.when);
    w.leaf(names.own, own(envelope, month));
    w.leaf(names.in_out, &month.in_out.to_string());
    w.element(days, |w| {
        for day in &month.days {
            w.element(day_name, |w| {
                let date = calendar::compact(day.date);
                w.leaf(names.date, &date);
                if let Some(prescribed) = names.prescribed {
                    w.leaf(prescribed, &date);
                }
                drugs(w, day, names.drugs, &names.drug, names.class);
            });
        }
    });
}

/// Whether the asking institution itself treated or prescribed.
fn own(envelope: &Envelope, month: &Month<'_>) -> &'static str {
    let ours = |code: &str| code == envelope.institution;
    if ours(&month.at.code) || month.by.is_some_and(|by| ours(&by.code)) { "1" } else { "0" }
}

fn drugs(w: &mut Writer, day: &Day<'_>, outer: [&str; 2], names: &[&str; 8], class: &str) {
    if day.drugs.is_empty() {
        return;
    }
    let [list, item] = outer;
    let [code, name, general, amount, unit, usage, note, times] = *names;
    w.element(list, |w| {
        for (line, drug) in &day.drugs {
            w.element(item, |w| {
                w.leaf(code, &drug.code);
                w.leaf(name, &drug.name);
                w.optional(general, drug.general.as_deref());
                w.leaf(amount, &line.amount);
                w.leaf(unit, &drug.unit);
                w.optional(usage, line.usage.as_deref().or(drug.usage.as_deref()));
                w.optional(note, line.note.as_deref());
                w.leaf(times, &line.times.to_string());
                w.leaf(class, &drug.class);
            });
        }
    });
}

fn treatments(w: &mut Writer, day: &Day<'_>, with_class: bool) {
    if day.treatments.is_empty() {
        return;
    }
    w.element("MeTrInfs", |w| {
        for (line, treatment) in &day.treatments {
            w.element("MeTrInf", |w| {
                w.leaf("SinInfN", &treatment.name);
                w.leaf("SinInfCd", &treatment.code);
                if with_class {
                    w.leaf("MeTrIdCl", &treatment.class);
                }
                w.optional("Qua1", line.amount.as_deref());
                w.leaf("Times", &line.times.to_string());
                w.optional("Unit", treatment.unit.as_deref());
            });
        }
    });
}
